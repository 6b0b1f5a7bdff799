package rbac_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// TestNothingAllocated asks from memory, which must leave nothing for the
// collector: by handles and by numbers, allowed and refused. Asking for the
// latest leaves what the database's driver does when its pulse is felt.
func TestNothingAllocated(t *testing.T) {
	address := dbtest.SQLite(t)
	e := newEstate()
	e.build(t, address)
	t.Run("shared", func(t *testing.T) { nothingAllocated(t, e, dbtest.Open(t, address), 4) })
	t.Run("exclusive", func(t *testing.T) {
		nothingAllocated(t, e, dbtest.OpenWith(t, address, &storage.Options{Exclusive: true}), 0)
	})
}

func nothingAllocated(t *testing.T, e *estate, db *storage.DB, most float64) {
	store := &steady{Store: db.Rules()}
	engine := rbac.New(store, newSchema(t), nil)
	if err := engine.Warm(t.Context(), e.space(0)); err != nil {
		t.Fatal(err)
	}
	ctx, update := t.Context(), engine.Schema().Action("resource.update")
	subject, target, other := engine.Subject(e.user(0)), engine.Target(e.node(0, "rule")), engine.Target(e.refuge(0))
	pulse := testing.AllocsPerRun(1000, func() { _, _, _ = store.Pulse(ctx) })
	if pulse > most && !raced {
		t.Errorf("feeling the pulse: %v allocations, want at most %v", pulse, most)
	}
	for _, within := range []bool{true, false} {
		c, most := rbac.Latest(), pulse
		if within {
			c, most = rbac.Within(time.Hour), 0
		}
		for what, ask := range map[string]func() (bool, error){
			"Allowed, yes": func() (bool, error) { return engine.Allowed(ctx, subject, target, update, c) },
			"Allowed, no":  func() (bool, error) { yes, err := engine.Allowed(ctx, subject, other, update, c); return !yes, err },
			"Check, yes":   func() (bool, error) { return engine.Check(ctx, e.user(0), e.node(0, "rule"), "resource.update", c) },
			"Check, no": func() (bool, error) {
				yes, err := engine.Check(ctx, e.user(0), e.refuge(0), "resource.update", c)
				return !yes, err
			},
		} {
			for _, still := range []bool{false, true} {
				if store.still.Store(still); still {
					most = 0 // all but the driver's
				}
				allocated := testing.AllocsPerRun(1000, func() {
					if right, err := ask(); err != nil || !right {
						t.Errorf("%s: wrong, %v", what, err)
					}
				})
				if allocated > most && !raced { // which allocates for itself
					t.Errorf("%s, within %v, still %v: %v allocations, want at most %v", what, within, still, allocated, most)
				}
			}
			if !within {
				most = pulse
			}
		}
	}
}

// A steady store can have the pulse be what it was, without asking.
type steady struct {
	rbac.Store

	still atomic.Bool
	last  uint64
}

func (s *steady) Pulse(ctx context.Context) (uint64, bool, error) {
	if s.still.Load() {
		return s.last, true, nil
	}
	last, beats, err := s.Store.Pulse(ctx)
	s.last = last
	return last, beats, err
}

// heap returns how much memory is in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

const defaultBudget = 256 << 20

// TestMillionNodes compiles a workspace of a million nodes, which has to fit in
// the memory that an engine takes by default, and be right.
func TestMillionNodes(t *testing.T) {
	depth := 7
	if raced {
		depth = 5
	}
	w := workload.New(5, &workload.Options{Depth: depth})
	if nodes := len(w.Space.Places); nodes < 1_000_000 && !raced {
		t.Fatalf("only %d nodes", nodes)
	}
	schema := w.Schema()
	before, began := heap(), time.Now()
	c := rbac.Compile(schema, w.Top, &w.Space, time.Now())
	spent := time.Since(began)
	rng := rand.New(rand.NewPCG(5, 5))
	compare := func() {
		t.Helper()
		for range 3000 {
			p := w.Users[rng.IntN(len(w.Users))]
			n := w.Space.Places[rng.IntN(len(w.Space.Places))].Node
			want := schema.Evaluate(w.Facts(p, n), time.Now())[n]
			if set, sure := c.Effective(p, n); !sure || !slices.Equal(set.List(), want.List()) {
				t.Fatalf("%d has %v (%v) on %d, want %v", p, set.List(), sure, n, want.List())
			}
		}
	}
	compare()
	for _, place := range w.Space.Places { // everything that is found out later too
		c.Decide(w.Users[0], place.Node, "resource.read")
	}
	took := heap() - before
	t.Logf("%d nodes with %d rules compiled in %s: %d MB in use, %d by the engine's own account", len(w.Space.Places), len(w.Space.Rules), spent, took>>20, c.Bytes()>>20)
	if took > defaultBudget || int64(c.Bytes()) > defaultBudget {
		t.Errorf("%d bytes in use, %d by account, want them within the budget of %d", took, c.Bytes(), defaultBudget)
	}
	if took > 2*int64(c.Bytes()) {
		t.Errorf("%d bytes in use, %d by account", took, c.Bytes())
	}
	runtime.KeepAlive(w)
	runtime.KeepAlive(c)
}

// TestManyWorkspaces has an engine asked about more workspaces than it may keep
// in memory.
func TestManyWorkspaces(t *testing.T) {
	t.Parallel()
	spaces, asked := 10_000, 2500
	if raced {
		spaces, asked = 1000, 600
	}
	address := dbtest.SQLite(t)
	var places []rbac.Place
	var rules []rbac.Rule
	people := []rbac.Profile{{Principal: bob, Kind: rbac.User}}
	lines := []dbtest.Line{{Kind: "everything"}}
	const first = 1000
	space := func(i int) rbac.Node { return rbac.Node(first + 10*i) }
	user := func(i int) rbac.Principal { return rbac.Principal(10_000 + i) }
	num := int64(100)
	give := func(n rbac.Node, p rbac.Principal, what string) {
		num++
		rules = append(rules, rbac.Rule{Num: num, Node: n, Effect: rbac.Allow, Principal: p, Scope: "resource", Permission: what, Propagate: true, Created: t0})
	}
	give(rbac.Root, rbac.Everyone, "read")
	for i := range spaces {
		s := space(i)
		places = append(places, rbac.Place{Node: s, Class: "space", Workspace: s})
		for j := range rbac.Node(5) {
			places = append(places, rbac.Place{Node: s + 1 + j, Parent: s + j/2, Class: "group", Workspace: s})
		}
		people = append(people, rbac.Profile{Principal: user(i), Kind: rbac.User})
		give(s+1, user(i), "update")
		lines = append(lines, dbtest.Line{Workspace: s, Kind: "everything"})
	}
	in := func(n rbac.Node) rbac.Node {
		if n < first {
			return rbac.Root
		}
		return n - n%10
	}
	scribe, err := dbtest.NewScribe(address)
	if err != nil {
		t.Fatal(err)
	}
	defer scribe.Close()
	if err := scribe.Write(t.Context(), slices.Concat(dbtest.PutPrincipals(people, nil), dbtest.Put(places, nil, rules, nil, in)), lines...); err != nil {
		t.Fatal(err)
	}
	db := dbtest.Open(t, address)
	for name, budget := range map[string]int64{"default": 0, "tight": 2 << 20} {
		store := &loads{counted: &counted{Store: db.Rules()}}
		before := heap()
		engine := rbac.New(store, newSchema(t), &rbac.Options{Budget: budget})
		rng := rand.New(rand.NewPCG(6, 6))
		began := time.Now()
		right := func(i int) {
			t.Helper()
			// His own, and somebody else's.
			for _, who := range []int{i, (i + 1) % spaces} {
				yes, err := engine.Check(t.Context(), user(who), space(i)+4, "resource.update", rbac.Latest())
				if err != nil || yes != (who == i) {
					t.Fatalf("user of %d on %d: %v, %v", who, i, yes, err)
				}
			}
		}
		for n := range asked {
			i := rng.IntN(spaces)
			if n%10 == 0 { // wait for it
				if err := engine.Warm(t.Context(), space(i)); err != nil {
					t.Fatal(err)
				}
			}
			right(i)
			if n%50 == 0 { // again, which memory answers
				right(i)
			}
		}
		limit := budget
		if limit == 0 {
			limit = defaultBudget
		}
		took := heap() - before
		t.Logf("%s: %d questions about %d workspaces in %s, %d loads, %d by the database, %d MB in use", name, 2*asked, spaces, time.Since(began), store.loads.Load(), store.facts.Load(), took>>20)
		if budget > 0 && store.loads.Load() < int64(asked)/10 {
			t.Errorf("%s: only %d loads", name, store.loads.Load())
		}
		if took > 2*limit+8<<20 {
			t.Errorf("%s: %d bytes in use, want about %d", name, took, limit)
		}
		runtime.KeepAlive(engine)
	}
}

// TestGrowth has a workspace in memory outgrow the budget by what is added to
// it, and by nothing that is loaded: the other one there is dropped.
func TestGrowth(t *testing.T) {
	t.Parallel()
	address := dbtest.SQLite(t)
	people := []rbac.Profile{{Principal: bob, Kind: rbac.User}}
	spaces := []rbac.Node{100_000, 200_000}
	in := func(n rbac.Node) rbac.Node { return n - n%100_000 }
	places := []rbac.Place{{Node: spaces[0], Class: "space", Workspace: spaces[0]}, {Node: spaces[1], Class: "space", Workspace: spaces[1]}}
	rules := []rbac.Rule{{Num: 101, Node: rbac.Root, Effect: rbac.Allow, Principal: bob, Scope: "resource", Permission: "read", Propagate: true, Created: t0}}
	scribe, err := dbtest.NewScribe(address)
	if err != nil {
		t.Fatal(err)
	}
	defer scribe.Close()
	write := func(statements []string, lines ...dbtest.Line) {
		t.Helper()
		if err := scribe.Write(t.Context(), statements, lines...); err != nil {
			t.Fatal(err)
		}
	}
	write(slices.Concat(dbtest.PutPrincipals(people, nil), dbtest.Put(places, nil, rules, nil, in)), dbtest.Line{Kind: "everything"},
		dbtest.Line{Workspace: spaces[0], Kind: "everything"}, dbtest.Line{Workspace: spaces[1], Kind: "everything"})
	store := &loads{counted: &counted{Store: dbtest.Open(t, address).Rules()}}
	engine := rbac.New(store, newSchema(t), &rbac.Options{Budget: 1 << 20})
	// asked reports whether the database had to answer.
	asked := func(n rbac.Node) bool {
		t.Helper()
		before := store.facts.Load()
		if yes, err := engine.Check(t.Context(), bob, n, "resource.read", rbac.Latest()); !yes || err != nil {
			t.Fatal(yes, err)
		}
		return store.facts.Load() > before
	}
	for _, s := range spaces {
		if err := engine.Warm(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	last := spaces[0]
	grow := func(nodes int) {
		t.Helper()
		var more []rbac.Place
		var lines []dbtest.Line
		for range nodes {
			last++
			more = append(more, rbac.Place{Node: last, Parent: spaces[0], Class: "group", Workspace: spaces[0]})
			lines = append(lines, dbtest.Line{Workspace: spaces[0], Kind: "node", Num: int64(last)})
		}
		write(dbtest.Put(more, nil, nil, nil, in), lines...)
	}
	if asked(spaces[0]) || asked(spaces[1]) {
		t.Fatal("two small workspaces are not in memory")
	}
	loads := store.loads.Load()
	grow(100)
	if asked(spaces[0]) || asked(last) || asked(spaces[1]) || store.loads.Load() != loads {
		t.Error("a hundred nodes more, and something is not in memory or was loaded anew")
	}
	grown := 100
	for dropped := false; !dropped && grown < 60_000; grown += 1500 {
		grow(1500)
		if asked(spaces[0]) {
			t.Fatal("what grows is dropped before the other")
		}
		dropped = asked(spaces[1])
	}
	if grown < 3000 || grown >= 60_000 {
		t.Errorf("the other is dropped after %d nodes", grown)
	}
}

// TestSummitCounts has more people than the budget is for: no workspace is kept
// beside them, and everything is answered all the same.
func TestSummitCounts(t *testing.T) {
	t.Parallel()
	address := dbtest.SQLite(t)
	const space = 100_000
	people := []rbac.Identity{{Principal: bob, Kind: rbac.User}}
	for i := range rbac.Principal(20_000) {
		people = append(people, rbac.Identity{Principal: 10_000 + i, Kind: rbac.User})
	}
	dbtest.Plant(t, address, []rbac.Place{{Node: space, Class: "space", Workspace: space, Owner: bob}}, people)
	db := dbtest.Open(t, address)
	for budget, kept := range map[int64]bool{1 << 20: false, 0: true} {
		engine := rbac.New(db.Rules(), newSchema(t), &rbac.Options{Budget: budget})
		if err := engine.Warm(t.Context(), space); (err == nil) != kept {
			t.Errorf("budget %d: %v", budget, err)
		}
		for range 3 {
			if _, err := engine.Check(t.Context(), bob, space, "resource.read", rbac.Latest()); err != nil {
				t.Errorf("budget %d: %v", budget, err)
			}
		}
	}
}

// A loads store counts how often states are loaded.
type loads struct {
	*counted

	loads atomic.Int64
}

func (l *loads) Load(ctx context.Context, workspace rbac.Node) (rbac.State, error) {
	l.loads.Add(1)
	state, err := l.counted.Load(ctx, workspace)
	if err != nil {
		return state, fmt.Errorf("load %d: %w", workspace, err)
	}
	return state, nil
}
