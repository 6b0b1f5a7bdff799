package peers_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	"github.com/openfga/language/pkg/go/transformer"
	"github.com/openfga/openfga/pkg/server"
	"github.com/openfga/openfga/pkg/storage"
	"github.com/openfga/openfga/pkg/storage/memory"
	"github.com/openfga/openfga/pkg/storage/migrate"
	"github.com/openfga/openfga/pkg/storage/postgres"
	"github.com/openfga/openfga/pkg/storage/sqlcommon"
	"github.com/openfga/openfga/pkg/storage/sqlite"

	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// openfgaModel returns the model: for each permission, who is allowed and who is
// denied, here or above, and what follows with what it requires. What a rule
// names is written out as one tuple a permission.
func openfgaModel(w *workload.World) string {
	var b strings.Builder
	b.WriteString("model\n  schema 1.1\ntype user\ntype group\n  relations\n    define member: [user]\ntype node\n  relations\n    define parent: [node]\n")
	for _, p := range w.Schema().Permissions("layer") {
		name := openfgaName(p)
		fmt.Fprintf(&b, "    define %s_allow: [user, group#member] or %[1]s_allow from parent\n", name)
		fmt.Fprintf(&b, "    define %s_deny: [user, group#member] or %[1]s_deny from parent\n", name)
		if needed := needs(p); len(needed) == 1 {
			fmt.Fprintf(&b, "    define can_%s: %[1]s_allow but not %[1]s_deny\n", name)
		} else {
			fmt.Fprintf(&b, "    define %s_given: %[1]s_allow but not %[1]s_deny\n", name)
			fmt.Fprintf(&b, "    define can_%s: %[1]s_given and can_%s\n", name, openfgaName(needed[1]))
		}
	}
	return b.String()
}

func openfgaName(p rbac.Permission) string { return strings.ReplaceAll(string(p), ".", "_") }

// openfgas are a datastore each, with no cache, with the check cache, and with
// the cache and the consistency that passes it by.
func openfgas() []peer {
	var all []peer
	for _, d := range []struct {
		name string
		open func(context.Context, *scratch) (storage.OpenFGADatastore, error)
		// The datastore in memory looks through all tuples for each that it
		// wants, also for each that it writes: with a hundred thousand of them
		// loading alone takes more than ten minutes.
		levels int
	}{{"memory", openfgaMemory, 5}, {"sqlite", openfgaSQLite, 0}, {"postgres", openfgaPostgres, 0}} {
		p := peer{name: "openfga/" + d.name, stale: "latest committed", levels: d.levels}
		p.load = func(ctx context.Context, w *workload.World, s *scratch) (engine, error) {
			store, err := d.open(ctx, s)
			if err != nil {
				return nil, err
			}
			return newOpenFGA(ctx, w, s, store)
		}
		if d.levels == 0 { // what comes from the cache is the same from any
			p.variants = []variant{
				{name: p.name + "/cache", stale: "TTL 10 s", hot: 100, from: cached(openfgav1.ConsistencyPreference_MINIMIZE_LATENCY)},
				{name: p.name + "/cache+higher", stale: "latest committed", from: cached(openfgav1.ConsistencyPreference_HIGHER_CONSISTENCY)},
			}
		}
		all = append(all, p)
	}
	return all
}

// cached makes a server with the check cache over the same tuples.
func cached(consistency openfgav1.ConsistencyPreference) func(engine, *scratch) (engine, error) {
	return func(base engine, s *scratch) (engine, error) {
		e := *base.(*openfgaEngine)
		e.consistency = consistency
		var err error
		e.server, err = openfgaServer(s, e.datastore, server.WithCheckQueryCacheEnabled(true),
			server.WithCheckQueryCacheTTL(10*time.Second), server.WithCheckCacheLimit(1_000_000))
		return &e, err
	}
}

func openfgaMemory(context.Context, *scratch) (storage.OpenFGADatastore, error) {
	return memory.New(), nil
}

func openfgaSQLite(_ context.Context, s *scratch) (storage.OpenFGADatastore, error) {
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return nil, err
	}
	s.later(func() error { return os.RemoveAll(dir) })
	uri := "file:" + filepath.Join(dir, "openfga.db")
	if err := migrate.RunMigrations(migrate.MigrationConfig{Engine: "sqlite", URI: uri, Timeout: time.Minute, PingTimeout: time.Second}); err != nil {
		return nil, err
	}
	return sqlite.New(uri, sqlcommon.NewConfig())
}

func openfgaPostgres(ctx context.Context, s *scratch) (storage.OpenFGADatastore, error) {
	cluster, err := cluster()
	if err != nil {
		return nil, err
	}
	name, err := cluster.Create(ctx, "")
	if err != nil {
		return nil, err
	}
	s.later(func() error { return cluster.Drop(context.Background(), name) })
	uri := cluster.Address(name)
	if err := migrate.RunMigrations(migrate.MigrationConfig{Engine: "postgres", URI: uri, Username: "postgres", Timeout: time.Minute, PingTimeout: time.Second}); err != nil {
		return nil, err
	}
	return postgres.New(uri, sqlcommon.NewConfig(sqlcommon.WithUsername("postgres")))
}

type openfgaEngine struct {
	world        *workload.World
	server       *server.Server
	datastore    storage.OpenFGADatastore
	store, model string
	consistency  openfgav1.ConsistencyPreference
}

// patient is how long a listing may take; by default OpenFGA stops after three
// seconds and answers with what it has found by then.
const patient = 5 * time.Minute

func openfgaServer(s *scratch, store storage.OpenFGADatastore, options ...server.OpenFGAServiceV1Option) (*server.Server, error) {
	srv, err := server.NewServerWithOpts(append([]server.OpenFGAServiceV1Option{
		server.WithDatastore(store), server.WithListObjectsDeadline(patient), server.WithRequestTimeout(patient),
		server.WithListObjectsMaxResults(0), // as many as there are
	}, options...)...)
	if err != nil {
		return nil, err
	}
	s.later(func() error { srv.Close(); return nil }) // and with it the datastore
	return srv, nil
}

func newOpenFGA(ctx context.Context, w *workload.World, s *scratch, store storage.OpenFGADatastore) (engine, error) {
	srv, err := openfgaServer(s, store)
	if err != nil {
		return nil, err
	}
	made, err := srv.CreateStore(ctx, &openfgav1.CreateStoreRequest{Name: "peers"})
	if err != nil {
		return nil, err
	}
	parsed, err := transformer.TransformDSLToProto(openfgaModel(w))
	if err != nil {
		return nil, err
	}
	model, err := srv.WriteAuthorizationModel(ctx, &openfgav1.WriteAuthorizationModelRequest{
		StoreId: made.GetId(), SchemaVersion: parsed.GetSchemaVersion(), TypeDefinitions: parsed.GetTypeDefinitions(),
	})
	if err != nil {
		return nil, err
	}
	e := &openfgaEngine{world: w, server: srv, datastore: store, store: made.GetId(), model: model.GetAuthorizationModelId()}
	// A hundred tuples are the most that one write may have.
	for batch := range slices.Chunk(openfgaTuples(w), 100) {
		if _, err := srv.Write(ctx, &openfgav1.WriteRequest{
			StoreId: e.store, AuthorizationModelId: e.model, Writes: &openfgav1.WriteRequestWrites{TupleKeys: batch},
		}); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func openfgaTuples(w *workload.World) []*openfgav1.TupleKey {
	var tuples []*openfgav1.TupleKey
	add := func(object, relation, user string) {
		tuples = append(tuples, &openfgav1.TupleKey{Object: object, Relation: relation, User: user})
	}
	for _, user := range w.Users {
		add("group:"+text(w.Group(user)), "member", "user:"+text(user))
	}
	for _, p := range w.Space.Places[1:] {
		add("node:"+text(p.Node), "parent", "node:"+text(p.Parent))
	}
	for _, r := range w.Space.Rules {
		who := "user:" + text(r.Principal)
		if isGroup(w, r.Principal) {
			who = "group:" + text(r.Principal) + "#member"
		}
		for _, p := range grants(w, r) {
			add("node:"+text(r.Node), openfgaName(p)+"_"+string(r.Effect), who)
		}
	}
	return tuples
}

func (e *openfgaEngine) Prepare(q workload.Question) func() (bool, error) {
	request := &openfgav1.CheckRequest{
		StoreId: e.store, AuthorizationModelId: e.model, Consistency: e.consistency,
		TupleKey: &openfgav1.CheckRequestTupleKey{
			User: "user:" + text(q.User), Relation: "can_" + openfgaName(q.Permission), Object: "node:" + text(q.Node),
		},
	}
	return func() (bool, error) {
		answer, err := e.server.Check(context.Background(), request)
		return answer.GetAllowed(), err
	}
}

func (e *openfgaEngine) List(user rbac.Principal) ([]rbac.Node, error) {
	answer, err := e.server.ListObjects(context.Background(), &openfgav1.ListObjectsRequest{
		StoreId: e.store, AuthorizationModelId: e.model, Consistency: e.consistency,
		Type: "node", Relation: "can_" + openfgaName(workload.Read), User: "user:" + text(user),
	})
	if err != nil {
		return nil, err
	}
	var nodes []rbac.Node
	for _, object := range answer.GetObjects() {
		n, err := node(strings.TrimPrefix(object, "node:"))
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

func (e *openfgaEngine) Children(user rbac.Principal, folder rbac.Node) ([]rbac.Node, error) {
	children := e.world.Children(folder)
	request := &openfgav1.BatchCheckRequest{StoreId: e.store, AuthorizationModelId: e.model, Consistency: e.consistency}
	for _, child := range children {
		request.Checks = append(request.Checks, &openfgav1.BatchCheckItem{
			CorrelationId: text(child),
			TupleKey: &openfgav1.CheckRequestTupleKey{
				User: "user:" + text(user), Relation: "can_" + openfgaName(workload.Read), Object: "node:" + text(child),
			},
		})
	}
	answer, err := e.server.BatchCheck(context.Background(), request)
	if err != nil {
		return nil, err
	}
	answers := make([]bool, len(children))
	for i, child := range children {
		result := answer.GetResult()[text(child)]
		if result.GetError() != nil {
			return nil, errors.New(result.GetError().GetMessage())
		}
		answers[i] = result.GetAllowed()
	}
	return chosen(children, answers), nil
}

// cluster is a PostgreSQL of this process that waits for the disk.
var cluster = sync.OnceValues(func() (*pgtest.Cluster, error) { return pgtest.Start(true) })
