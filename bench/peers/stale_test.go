package peers_test

import (
	"context"
	"testing"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	"github.com/openfga/openfga/pkg/storage/memory"

	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// granted returns a question whose answer yes is due to one rule, for the user
// himself, and that rule.
func granted(t *testing.T, w *workload.World) (workload.Question, rbac.Rule) {
	t.Helper()
	for _, r := range w.Space.Rules {
		if isGroup(w, r.Principal) || r.Effect != rbac.Allow || r.Permission != "read" {
			continue
		}
		above := false
		for n := r.Node; n != workload.Workspace; {
			n = w.Space.Places[n-workload.Workspace].Parent
			above = above || w.Allowed(r.Principal, n, workload.Read)
		}
		if !above && w.Allowed(r.Principal, r.Node, workload.Read) {
			return workload.Question{User: r.Principal, Node: r.Node, Permission: workload.Read, Want: true}, r
		}
	}
	t.Fatal("no rule decides alone")
	return workload.Question{}, rbac.Rule{}
}

func wants(t *testing.T, when string, ask func() (bool, error), want bool) {
	t.Helper()
	if got, err := ask(); err != nil || got != want {
		t.Errorf("%s: %v, %v, want %v", when, got, err, want)
	}
}

// TestStale takes a right away in the same process and shows which of those with
// a cache still say yes, as the table does.
func TestStale(t *testing.T) {
	w := workload.New(1, &workload.Options{Depth: 4})
	q, r := granted(t, w)
	t.Run("casbin", func(t *testing.T) {
		for _, p := range casbins() {
			loaded, err := p.load(context.Background(), w, &scratch{})
			if err != nil {
				t.Fatal(err)
			}
			e := loaded.(*casbinEngine)
			ask := e.Prepare(q)
			wants(t, p.name+" before", ask, true)
			if _, err := e.enforcer.RemovePolicy(text(r.Principal), "n"+text(r.Node), casbinAct(r), string(r.Effect)); err != nil {
				t.Fatal(err)
			}
			wants(t, p.name+" after", ask, e.cached)
		}
	})
	t.Run("openfga", func(t *testing.T) {
		s := &scratch{}
		defer func() {
			if err := s.clean(); err != nil {
				t.Error(err)
			}
		}()
		base, err := newOpenFGA(context.Background(), w, s, memory.New())
		if err != nil {
			t.Fatal(err)
		}
		cache, err := cached(openfgav1.ConsistencyPreference_MINIMIZE_LATENCY)(base, s)
		if err != nil {
			t.Fatal(err)
		}
		higher := *cache.(*openfgaEngine)
		higher.consistency = openfgav1.ConsistencyPreference_HIGHER_CONSISTENCY
		for _, e := range []engine{base, cache, &higher} {
			wants(t, "before", e.Prepare(q), true)
		}
		e := base.(*openfgaEngine)
		if _, err := e.server.Write(context.Background(), &openfgav1.WriteRequest{
			StoreId: e.store, AuthorizationModelId: e.model,
			Deletes: &openfgav1.WriteRequestDeletes{TupleKeys: []*openfgav1.TupleKeyWithoutCondition{{
				User: "user:" + text(r.Principal), Relation: openfgaName(workload.Read) + "_allow", Object: "node:" + text(r.Node),
			}}},
		}); err != nil {
			t.Fatal(err)
		}
		wants(t, "without cache", base.Prepare(q), false)
		wants(t, "from the cache", cache.Prepare(q), true)
		wants(t, "past the cache", higher.Prepare(q), false)
	})
}
