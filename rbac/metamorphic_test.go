package rbac_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// An outcome is what the compiled workspaces say everybody has, and of what they
// are unsure.
type outcome map[rbac.Principal]map[rbac.Node]verdict

type verdict struct {
	set  rbac.Set
	sure bool
}

func (m *moving) outcome() outcome {
	all := outcome{}
	for _, p := range m.subjects() {
		all[p] = map[rbac.Node]verdict{}
		for _, n := range m.nodes() {
			set, sure := m.compiled[m.places[n].Workspace].Effective(p, n)
			all[p][n] = verdict{set, sure}
		}
	}
	return all
}

// lost returns a permission that somebody had and has not any more.
func (o outcome) lost(now outcome, except ...rbac.Node) (rbac.Principal, rbac.Node, rbac.Permission, bool) {
	for p, nodes := range o {
		for n, was := range nodes {
			is, there := now[p][n]
			if !there || !was.sure || !is.sure || slices.Contains(except, n) {
				continue
			}
			for _, perm := range was.set.List() {
				if !is.set.Has(perm) {
					return p, n, perm, true
				}
			}
		}
	}
	return 0, 0, "", false
}

// same wants two outcomes to be one, also in what they are unsure of.
func (m *moving) same(t *testing.T, what string, was, is outcome) {
	t.Helper()
	for p, nodes := range was {
		for n, v := range nodes {
			if w := is[p][n]; v.sure != w.sure || !slices.Equal(v.set.List(), w.set.List()) {
				t.Fatalf("%s: %d on %d: %v (%v), was %v (%v) in %v", what, p, n, w.set.List(), w.sure, v.set.List(), v.sure, m)
			}
		}
	}
}

// worlds gives a test worlds that have changed for a while.
func worlds(t *testing.T, seed uint64, test func(m *moving)) {
	t.Helper()
	t.Parallel()
	schema := newSchema(t)
	for i := range uint64(effort(t, "BAILIWICK_METAMORPHOSES", 600)) {
		m := newMoving(schema, rand.New(rand.NewPCG(seed, i)))
		for range m.rng.IntN(12) {
			m.grow()
		}
		m.tell()
		for range m.rng.IntN(4) {
			m.step()
			m.outcome()
		}
		test(m)
	}
}

func TestCompiledDenyNeverAdds(t *testing.T) {
	worlds(t, 41, func(m *moving) {
		before := m.outcome()
		m.next++
		r := m.newRule(m.next)
		r.Effect = rbac.Deny
		m.rule(r)
		m.tell()
		if p, n, perm, more := m.outcome().lost(before); more {
			t.Fatalf("deny %+v gives %d %s on %d in %v", r, p, perm, n, m)
		}
	})
}

func TestCompiledAllowNeverTakes(t *testing.T) {
	worlds(t, 42, func(m *moving) {
		before := m.outcome()
		m.next++
		r := m.newRule(m.next)
		r.Effect = rbac.Allow
		m.rule(r)
		m.tell()
		if p, n, perm, less := before.lost(m.outcome()); less {
			t.Fatalf("allow %+v takes from %d %s on %d in %v", r, p, perm, n, m)
		}
	})
}

// TestCompiledTenants puts rules on one workspace's nodes and wants nothing to
// change in others.
func TestCompiledTenants(t *testing.T) {
	tried := 0
	worlds(t, 43, func(m *moving) {
		before := m.outcome()
		in := m.some().Workspace
		if in == rbac.Root {
			return
		}
		for range 3 {
			m.next++
			if r := m.newRule(m.next); m.places[r.Node].Workspace == in {
				m.rule(r)
			}
		}
		m.tell()
		after := m.outcome()
		for p := range before {
			for n := range before[p] {
				if m.places[n].Workspace == in {
					delete(before[p], n)
				}
			}
		}
		m.same(t, "rules elsewhere", before, after)
		tried++
	})
	if tried < 10 {
		t.Errorf("only %d worlds had rules in a workspace", tried)
	}
}

// renumbered is the same world with other numbers, in the opposite order.
func (m *moving) renumbered(node func(rbac.Node) rbac.Node, principal func(rbac.Principal) rbac.Principal) *moving {
	n := &moving{
		schema: m.schema, rng: m.rng, places: map[rbac.Node]rbac.Place{}, rules: map[int64]rbac.Rule{}, roles: m.roles,
		people: map[rbac.Principal]rbac.Profile{}, now: m.now, log: map[rbac.Node]*lines{}, compiled: map[rbac.Node]*rbac.Compiled{},
	}
	for _, p := range m.places {
		p.Node, p.Parent, p.Workspace, p.Owner = node(p.Node), node(p.Parent), node(p.Workspace), principal(p.Owner)
		links := map[string]rbac.Node{}
		for relation, target := range p.Links {
			links[relation] = node(target)
		}
		p.Links = links
		n.places[p.Node] = p
	}
	for num, r := range m.rules {
		r.Num, r.Node, r.Principal = 1<<40-num, node(r.Node), principal(r.Principal)
		n.rules[r.Num] = r
	}
	for _, p := range m.people {
		p.Principal, p.Behalf = principal(p.Principal), principal(p.Behalf)
		p.Groups = slices.Clone(p.Groups)
		for i := range p.Groups {
			p.Groups[i] = principal(p.Groups[i])
		}
		slices.Sort(p.Groups)
		n.people[p.Principal] = p
	}
	n.compile()
	return n
}

func TestCompiledNumbersMeanNothing(t *testing.T) {
	worlds(t, 44, func(m *moving) {
		node := func(n rbac.Node) rbac.Node {
			if n == rbac.Root {
				return n
			}
			return 1_000_000_000 - 37*n
		}
		principal := func(p rbac.Principal) rbac.Principal {
			if p <= rbac.Owner {
				return p
			}
			return 100_000 - 65*p
		}
		other := m.renumbered(node, principal)
		want := outcome{}
		for p, nodes := range m.outcome() {
			want[principal(p)] = map[rbac.Node]verdict{}
			for n, v := range nodes {
				want[principal(p)][node(n)] = v
			}
		}
		other.same(t, "other numbers", want, other.outcome())
	})
}

// TestCompiledThereAndBack moves nodes away and back, within their workspace and
// to others.
func TestCompiledThereAndBack(t *testing.T) {
	moved := 0
	worlds(t, 45, func(m *moving) {
		before := m.outcome()
		for range 4 {
			p, to := m.some(), m.some()
			if p.Workspace == rbac.Root || p.Node == p.Workspace || to.Workspace == rbac.Root || m.below(to.Node, p.Node) {
				continue
			}
			moved++
			m.carry(p.Node, to.Node)
			m.tell()
			if m.rng.IntN(2) == 0 {
				m.outcome()
			}
			m.carry(p.Node, p.Parent)
			m.tell()
			m.same(t, "moved away and back", before, m.outcome())
		}
	})
	if moved < 20 {
		t.Errorf("only %d nodes moved", moved)
	}
}

// TestCompiledByDeltas wants what deltas lead to to be what is compiled anew,
// laid in order again, and asked in any order.
func TestCompiledByDeltas(t *testing.T) {
	worlds(t, 46, func(m *moving) {
		for range 3 {
			m.step()
			by := maps.Clone(m.compiled)
			asked := m.rng.IntN(2) == 0 // so that caches are cold below, or warm
			var first outcome
			if asked {
				first = m.outcome()
			}
			for w, c := range by {
				m.compiled[w] = c.Relaid(m.now)
			}
			relaid := m.outcome()
			m.compile()
			anew := m.outcome()
			m.same(t, "laid again", anew, relaid)
			m.compiled = by
			if asked {
				m.same(t, "asked again", first, m.outcome())
			}
			// One after another in another order.
			subjects, nodes := m.subjects(), slices.Clone(m.nodes())
			m.rng.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
			for _, n := range nodes {
				for _, p := range subjects {
					set, sure := m.compiled[m.places[n].Workspace].Effective(p, n)
					if want := anew[p][n]; sure != want.sure || !slices.Equal(set.List(), want.set.List()) {
						t.Fatalf("by deltas %d has %v (%v) on %d, anew %v (%v) in %v", p, set.List(), sure, n, want.set.List(), want.sure, m)
					}
				}
			}
		}
	})
}

// TestCompiledGrows appends so many nodes that they are laid in order again, and
// takes many away.
func TestCompiledGrows(t *testing.T) {
	t.Parallel()
	m := newMoving(newSchema(t), rand.New(rand.NewPCG(47, 1)))
	m.next++
	space := rbac.Place{Node: rbac.Node(m.next), Class: "space", Workspace: rbac.Node(m.next)}
	m.put(space)
	m.tell()
	var list []rbac.Node
	for round := range 8 {
		for range 1000 {
			m.next++
			parent := space.Node
			if len(list) > 0 && m.rng.IntN(3) > 0 {
				parent = list[m.rng.IntN(len(list))]
			}
			p := rbac.Place{Node: rbac.Node(m.next), Parent: parent, Workspace: space.Node, Class: []string{"group", "layer", "plain"}[m.rng.IntN(3)]}
			m.places[p.Node] = p
			m.named(p.Workspace).nodes[p.Node] = true
			list = append(list, p.Node)
		}
		m.order = nil
		for range 60 {
			m.next++
			r := m.newRule(m.next)
			m.rule(r)
		}
		if round%3 == 2 { // the last leaves go
			parents := map[rbac.Node]bool{}
			for _, p := range m.places {
				parents[p.Parent] = true
			}
			var gone []rbac.Node
			for _, n := range slices.Backward(list) {
				if !parents[n] && len(gone) < 1500 {
					gone = append(gone, n)
				}
			}
			m.remove(gone)
			list = slices.DeleteFunc(list, func(n rbac.Node) bool { _, there := m.places[n]; return !there })
		}
		m.tell()
		for _, p := range []rbac.Principal{alice, bob, key} {
			want := m.schema.Evaluate(m.facts(p), m.now)
			for _, n := range list {
				set, sure := m.compiled[space.Node].Effective(p, n)
				if !sure || set != want[n] {
					t.Fatalf("round %d: %d has %v (%v) on %d, want %v", round, p, set.List(), sure, n, want[n].List())
				}
			}
			var shown []rbac.Node
			for _, n := range m.nodes() {
				if want[n].Has("resource.read") && m.places[n].Workspace == space.Node {
					shown = append(shown, n)
				}
			}
			if got, sure := m.compiled[space.Node].List(p, "resource.read", rbac.ListFilter{Under: space.Node}); !sure || !slices.Equal(got, shown) {
				t.Fatalf("round %d: a list of %d nodes, want %d", round, len(got), len(shown))
			}
		}
	}
}

// TestListBelowWhatMoved lists for somebody who has little in a large workspace,
// so that only what lies below his rules is gone through, while nodes move into
// it and out of it and nothing else changes.
func TestListBelowWhatMoved(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	listed := 0
	for seed := range uint64(effort(t, "BAILIWICK_METAMORPHOSES", 60)) {
		m := newMoving(schema, rand.New(rand.NewPCG(48, seed)))
		m.places = map[rbac.Node]rbac.Place{rbac.Root: {Class: "platform"}, 10: {Node: 10, Class: "space", Workspace: 10}}
		m.rules, m.order = map[int64]rbac.Rule{}, nil
		for n := rbac.Node(11); n < 200; n++ {
			m.places[n] = rbac.Place{Node: n, Parent: 10 + rbac.Node(m.rng.IntN(int(n-10))), Class: "plain", Workspace: 10} // needs nothing above
		}
		for num := range int64(3) {
			n := rbac.Node(100 + m.rng.IntN(100))
			m.rules[num+1] = rbac.Rule{Num: num + 1, Node: n, Effect: rbac.Allow, Principal: bob, Scope: "resource", Propagate: true}
		}
		m.compile()
		for range 6 {
			if p, to := m.places[rbac.Node(11+m.rng.IntN(189))], m.places[rbac.Node(10+m.rng.IntN(190))]; !m.below(to.Node, p.Node) {
				p.Parent = to.Node
				m.put(p)
			}
			if r, some := m.someRule(); some && m.rng.IntN(2) == 0 { // one into what is given
				if p := m.places[rbac.Node(11+m.rng.IntN(189))]; !m.below(r.Node, p.Node) {
					p.Parent = r.Node
					m.put(p)
				}
			}
			m.tell()
			want := m.schema.Evaluate(m.facts(bob), m.now)
			for _, under := range []rbac.Node{10, rbac.Node(10 + m.rng.IntN(190)), m.rules[1].Node} {
				f := rbac.ListFilter{Under: under}
				got, sure := m.compiled[10].List(bob, "resource.read", f)
				if shown := m.shown(want, "resource.read", f, 10); !sure || !slices.Equal(got, shown) {
					t.Fatalf("List below %d = %v, %v, want %v in %v", under, got, sure, shown, m)
				}
				listed += len(got)
			}
		}
	}
	if listed < 1000 {
		t.Errorf("only %d nodes were listed", listed)
	}
}

// TestNodeComesBack takes a node that was there at first to another workspace
// and back, each time told by itself.
func TestNodeComesBack(t *testing.T) {
	t.Parallel()
	m := newMoving(newSchema(t), rand.New(rand.NewPCG(1, 1)))
	m.places = map[rbac.Node]rbac.Place{
		rbac.Root: {Class: "platform"},
		10:        {Node: 10, Class: "space", Workspace: 10}, 11: {Node: 11, Parent: 10, Class: "group", Workspace: 10},
		20: {Node: 20, Class: "space", Workspace: 20}, 21: {Node: 21, Parent: 20, Class: "group", Workspace: 20},
		22: {Node: 22, Parent: 21, Class: "group", Workspace: 20},
	}
	m.rules = map[int64]rbac.Rule{
		1: {Num: 1, Effect: rbac.Allow, Principal: rbac.Everyone, Scope: "resource", Permission: "read", Propagate: true},
		2: {Num: 2, Node: 21, Effect: rbac.Allow, Principal: bob, Propagate: true},
	}
	m.order = nil
	m.compile()
	var count tally
	for _, to := range []rbac.Node{11, 20, 10, 20, 20} {
		m.carry(21, to)
		m.tell()
		m.compare(t, m.wanted(), &count)
	}
	if _, sure := m.compiled[20].Decide(bob, 22, "resource.update"); !sure {
		t.Error("what was below it did not come back")
	}
}
