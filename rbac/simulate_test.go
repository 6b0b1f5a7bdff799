package rbac_test

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// suppose picks a change, and does it to a world. It is not invalid.
func (m *moving) suppose(workspace rbac.Node) (rbac.Change, bool) {
	pick := m.rng.IntN
	place := m.some()
	if place.Workspace != workspace {
		return rbac.Change{}, false
	}
	c := rbac.Change{Node: place.Node}
	switch pick(8) {
	case 0, 1:
		c.Kind, c.Rule = rbac.ChangeGrant, randomRule(pick, world{places: []rbac.Place{place}, roles: m.roles}, 0)
		m.next++
		r := c.Rule
		r.Num = m.next + 1<<40
		m.rules[r.Num] = r
	case 2:
		for num, r := range m.rules {
			if m.places[r.Node].Workspace == workspace && num < 1<<40 && (r.Expires.IsZero() || r.Expires.After(m.now)) {
				delete(m.rules, num)
				return rbac.Change{Kind: rbac.ChangeRevoke, Rule: r}, true
			}
		}
		return c, false
	case 3:
		c.Kind, c.Principal, c.Group = rbac.ChangeJoin, bob, crew
		p := m.people[bob]
		p.Groups = append(slices.DeleteFunc(slices.Clone(p.Groups), func(g rbac.Principal) bool { return g == crew }), crew)
		m.people[bob] = p
	case 4:
		c.Kind, c.Principal = rbac.ChangeDisable, alice
		p := m.people[alice]
		p.Disabled = true
		m.people[alice] = p
	case 5:
		to := m.some()
		if place.Node == workspace || to.Workspace != workspace || m.below(to.Node, place.Node) {
			return c, false
		}
		c.Kind, c.Parent = rbac.ChangeMove, to.Node
		place.Parent = to.Node
		m.places[place.Node] = place
	case 6:
		c.Kind, c.Principal = rbac.ChangeOwn, bob
		place.Owner = bob
		m.places[place.Node] = place
	case 7:
		c.Kind = rbac.ChangeSeal
		place.Sealed = true
		m.places[place.Node] = place
	}
	return c, true
}

func TestSimulationIsWhatHappens(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	differences, worlds := 0, 0
	for seed := range uint64(3000) {
		m := newMoving(schema, rand.New(rand.NewPCG(21, seed)))
		list := m.workspaces()
		w := list[m.rng.IntN(len(list))]
		compiled := m.compiled[w]
		want := map[rbac.Principal]map[rbac.Node]rbac.Set{}
		people := []rbac.Principal{rbac.Guest, alice, bob, key}
		for _, p := range people {
			want[p] = schema.Evaluate(m.facts(p), m.now)
		}
		was := maps.Clone(m.places)
		var changes []rbac.Change
		for range 1 + m.rng.IntN(3) {
			if c, ok := m.suppose(w); ok {
				changes = append(changes, c)
			}
		}
		got, err := compiled.Simulate(changes, rbac.SimulationFilter{Under: w, Principals: people}, m.now)
		if err != nil {
			t.Fatalf("%v: %v in %+v", changes, err, m)
		}
		worlds++
		var all []rbac.Difference
		for _, n := range slices.Sorted(maps.Keys(was)) {
			if was[n].Workspace != w || slices.Contains(got.Unknown, n) {
				continue
			}
			for _, p := range people {
				after := schema.Evaluate(m.facts(p), m.now)[n]
				d := rbac.Difference{Principal: p, Node: n}
				for _, perm := range schema.Permissions(m.places[n].Class) {
					switch before, is := want[p][n].Has(perm), after.Has(perm); {
					case is && !before:
						d.Given = append(d.Given, perm)
					case before && !is:
						d.Taken = append(d.Taken, perm)
					}
				}
				if d.Given != nil || d.Taken != nil {
					all = append(all, d)
				}
			}
		}
		known := slices.DeleteFunc(got.Differences, func(d rbac.Difference) bool { return slices.Contains(got.Unknown, d.Node) })
		if diff := cmp.Diff(all, known); diff != "" && len(all)+len(known) > 0 {
			t.Fatalf("%v (-happens +simulated):\n%s in %+v", changes, diff, m)
		}
		differences += len(all)
	}
	if differences < worlds {
		t.Errorf("only %d differences in %d worlds", differences, worlds)
	}
}

func TestSimulateRefusesNonsense(t *testing.T) {
	t.Parallel()
	w := tree()
	engine, db := open(t, w)
	before := fingerprint(t, db)
	grant := rule()
	for name, c := range map[string]rbac.Change{
		"no kind":                {},
		"a rule on no node":      {Kind: rbac.ChangeGrant, Rule: rule(on(999))},
		"a rule for nobody":      {Kind: rbac.ChangeGrant, Rule: rule(to(999))},
		"a rule of no effect":    {Kind: rbac.ChangeGrant, Rule: rule(func(r *rbac.Rule) { r.Effect = "perhaps" })},
		"a rule that is not":     {Kind: rbac.ChangeRevoke, Rule: rbac.Rule{Num: 999}},
		"nobody":                 {Kind: rbac.ChangeDisable, Principal: 999},
		"no group":               {Kind: rbac.ChangeJoin, Principal: alice, Group: bob},
		"no node":                {Kind: rbac.ChangeSeal, Node: 999},
		"a parent that is not":   {Kind: rbac.ChangeMove, Node: grant.Node, Parent: 999},
		"a parent that is below": {Kind: rbac.ChangeMove, Node: grant.Node, Parent: grant.Node},
	} {
		if _, err := engine.Simulate(t.Context(), []rbac.Change{c}, rbac.SimulationFilter{Under: grant.Node}, rbac.Latest()); !errors.Is(err, rbac.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := engine.Simulate(t.Context(), []rbac.Change{{Kind: rbac.ChangeGrant, Rule: grant}}, rbac.SimulationFilter{Under: grant.Node, Limit: 1}, rbac.Latest())
	if err != nil || len(s.Differences) != 1 || s.Differences[0].Principal != grant.Principal {
		t.Errorf("Simulate = %+v, %v", s, err)
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}
