package rbac_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// drawWorld lets rapid choose a world and somebody in it.
func drawWorld(t *rapid.T) (world, rbac.Identity, func(n int) int) {
	pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
	w := randomWorld(pick)
	return w, w.subjects[pick(len(w.subjects))], pick
}

// holdings are all that is allowed, as questions in order.
func holdings(s *rbac.Schema, f rbac.Facts) []question {
	var list []question
	sets := s.Evaluate(f, t0)
	for _, n := range f.Targets {
		for _, p := range sets[n].List() {
			list = append(list, question{n, p})
		}
	}
	return list
}

func TestDenyNeverAdds(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		w, who, pick := drawWorld(t)
		before := holdings(schema, w.facts(who))
		more := randomRule(pick, w, 1000)
		more.Effect = rbac.Deny
		w.rules = append(w.rules, more)
		for _, q := range holdings(schema, w.facts(who)) {
			if !slices.Contains(before, q) {
				t.Fatalf("deny %+v adds %s on %d", more, q.permission, q.node)
			}
		}
	})
}

func TestAllowNeverTakes(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		w, who, pick := drawWorld(t)
		before := holdings(schema, w.facts(who))
		more := randomRule(pick, w, 1000)
		more.Effect = rbac.Allow
		w.rules = append(w.rules, more)
		after := holdings(schema, w.facts(who))
		for _, q := range before {
			if !slices.Contains(after, q) {
				t.Fatalf("allow %+v takes %s on %d", more, q.permission, q.node)
			}
		}
	})
}

// reach returns the nodes that can matter to a node: those above it and those
// that links lead to.
func reach(f rbac.Facts, n rbac.Node, seen map[rbac.Node]bool) {
	p, exists := f.Places[n]
	if !exists || seen[n] {
		return
	}
	seen[n] = true
	reach(f, p.Parent, seen)
	for _, target := range p.Links {
		reach(f, target, seen)
	}
}

func TestRulesElsewhereChangeNothing(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		w, who, pick := drawWorld(t)
		before := w.facts(who)
		target := w.places[pick(len(w.places))].Node
		matters := map[rbac.Node]bool{}
		reach(before, target, matters)
		var more []rbac.Rule
		for i := range 5 {
			if r := randomRule(pick, w, int64(1000+i)); !matters[r.Node] {
				more = append(more, r)
			}
		}
		w.rules = append(more, w.rules...)
		want, got := schema.Evaluate(before, t0)[target], schema.Evaluate(w.facts(who), t0)[target]
		if !slices.Equal(want.List(), got.List()) {
			t.Fatalf("on %d: %v became %v by %+v", target, want.List(), got.List(), more)
		}
	})
}

func TestNumbersMeanNothing(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		w, who, pick := drawWorld(t)
		shift := 1 + pick(1000)
		node := func(n rbac.Node) rbac.Node {
			if n == rbac.Root {
				return n
			}
			return 1_000_000 - n*rbac.Node(shift)
		}
		principal := func(p rbac.Principal) rbac.Principal {
			if p <= rbac.Owner { // the system principals, and nobody
				return p
			}
			return 1_000_000 - p*rbac.Principal(shift)
		}
		renumbered := world{roles: w.roles}
		for _, p := range w.places {
			p.Node, p.Parent, p.Owner, p.Workspace = node(p.Node), node(p.Parent), principal(p.Owner), node(p.Workspace)
			links := p.Links
			p.Links = map[string]rbac.Node{}
			for relation, target := range links {
				p.Links[relation] = node(target)
			}
			renumbered.places = append(renumbered.places, p)
		}
		for _, r := range w.rules {
			r.Num, r.Node, r.Principal = -r.Num, node(r.Node), principal(r.Principal)
			renumbered.rules = append(renumbered.rules, r)
		}
		slices.Reverse(renumbered.rules)
		var rename func(rbac.Identity) rbac.Identity
		rename = func(i rbac.Identity) rbac.Identity {
			i.Principal = principal(i.Principal)
			i.Groups = slices.Clone(i.Groups)
			for g := range i.Groups {
				i.Groups[g] = principal(i.Groups[g])
			}
			if i.Behalf != nil {
				behalf := rename(*i.Behalf)
				i.Behalf = &behalf
			}
			return i
		}
		want := holdings(schema, w.facts(who))
		for i := range want {
			want[i].node = node(want[i].node)
		}
		if got := holdings(schema, renumbered.facts(rename(who))); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}
