package peers_test

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// ours are the ways to ask Bailiwick itself: the plain meaning, and the engine
// over a database.
func ours() []peer {
	const latest = "none: every change acknowledged anywhere before the question"
	return []peer{
		{name: "reference", stale: "none: facts handed in per call", load: func(_ context.Context, w *workload.World, _ *scratch) (engine, error) {
			return reference{w}, nil
		}},
		{name: "bailiwick/sqlite", stale: latest, load: func(ctx context.Context, w *workload.World, s *scratch) (engine, error) {
			dir, err := os.MkdirTemp("", "peers")
			if err != nil {
				return nil, err
			}
			s.later(func() error { return os.RemoveAll(dir) })
			return newBailiwick(ctx, w, s, "sqlite:"+filepath.Join(dir, "bailiwick.db"))
		}, variants: within()},
		{name: "bailiwick/postgres", stale: latest, load: func(ctx context.Context, w *workload.World, s *scratch) (engine, error) {
			cluster, err := cluster()
			if err != nil {
				return nil, err
			}
			name, err := cluster.Create(ctx, "")
			if err != nil {
				return nil, err
			}
			s.later(func() error { return cluster.Drop(context.Background(), name) })
			return newBailiwick(ctx, w, s, cluster.Address(name))
		}, variants: within()},
	}
}

// within asks the same engine for answers of a lease.
func within() []variant {
	return []variant{{
		name: "within", stale: "at most 10 s, or refused", from: func(base engine, _ *scratch) (engine, error) {
			b := base.(bailiwick) //nolint:forcetypeassert // it is
			b.fresh = rbac.Within(10 * time.Second)
			return b, nil
		},
	}}
}

// bailiwick is the engine, asked by handles.
type bailiwick struct {
	engine *rbac.Engine
	fresh  rbac.Consistency
}

func newBailiwick(ctx context.Context, w *workload.World, s *scratch, address string) (engine, error) {
	db, err := storage.Open(ctx, address, nil)
	if err != nil {
		return nil, err
	}
	s.later(db.Close)
	if _, err := db.Migrate(ctx, time.Now()); err != nil {
		return nil, err
	}
	if err := dbtest.WriteState(address, w.Top, w.Space); err != nil {
		return nil, err
	}
	e := rbac.New(db.Rules(), w.Schema(), nil)
	return bailiwick{engine: e}, e.Warm(ctx, workload.Workspace)
}

func (b bailiwick) Prepare(q workload.Question) func() (bool, error) {
	subject, target, action := b.engine.Subject(q.User), b.engine.Target(q.Node), b.engine.Schema().Action(q.Permission)
	return func() (bool, error) {
		return b.engine.Allowed(context.Background(), subject, target, action, b.fresh)
	}
}

func (b bailiwick) List(user rbac.Principal) ([]rbac.Node, error) {
	return b.engine.List(context.Background(), user, workload.Read, rbac.ListFilter{Under: workload.Workspace}, b.fresh)
}

func (b bailiwick) Children(user rbac.Principal, folder rbac.Node) ([]rbac.Node, error) {
	return b.engine.List(context.Background(), user, workload.Read, rbac.ListFilter{Under: folder, Children: true}, b.fresh)
}

// reference evaluates the facts of each question from scratch, the way that
// every compiled answer is compared with.
type reference struct{ world *workload.World }

func (e reference) Prepare(q workload.Question) func() (bool, error) {
	return func() (bool, error) {
		sets := e.world.Schema().Evaluate(e.world.Facts(q.User, q.Node), time.Now())
		return sets[q.Node].Has(q.Permission), nil
	}
}

func (e reference) List(user rbac.Principal) ([]rbac.Node, error) {
	all := make([]rbac.Node, len(e.world.Space.Places))
	for i, p := range e.world.Space.Places {
		all[i] = p.Node
	}
	return e.readable(user, all), nil
}

func (e reference) Children(user rbac.Principal, folder rbac.Node) ([]rbac.Node, error) {
	return e.readable(user, e.world.Children(folder)), nil
}

func (e reference) readable(user rbac.Principal, among []rbac.Node) []rbac.Node {
	sets := e.world.Schema().Evaluate(e.world.Facts(user, among...), time.Now())
	var nodes []rbac.Node
	for _, n := range among {
		if sets[n].Has(workload.Read) {
			nodes = append(nodes, n)
		}
	}
	return nodes
}
