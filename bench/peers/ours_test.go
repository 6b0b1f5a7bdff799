package peers_test

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// ours are the ways to ask Bailiwick itself. An engine over loaded states is one
// more row: a load that takes World.Top and World.Space, and the three methods.
func ours() []peer {
	return []peer{
		{name: "reference", stale: "none: facts handed in per call", load: func(_ context.Context, w *workload.World, _ *scratch) (engine, error) {
			return reference{w}, nil
		}},
	}
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
