package rbac_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A mirrored world is a moving one that a database is kept up with, and several
// engines on that.
type mirrored struct {
	*moving

	t       *testing.T
	scribe  *dbtest.Scribe
	clock   atomic.Int64
	engines []*looker
	asked   int
	allowed int
}

// A looker is an engine with handles that it was asked with before.
type looker struct {
	*rbac.Engine

	name     string
	store    *counted
	subjects map[rbac.Principal]*rbac.Subject
	targets  map[rbac.Node]*rbac.Target
}

func mirror(t *testing.T, kind dbtest.Kind, rng *rand.Rand) *mirrored {
	t.Helper()
	address := kind.Make(t)
	m := &mirrored{moving: newMoving(newSchema(t), rng), t: t}
	for range 3 {
		m.next++
		n := rbac.Node(m.next)
		m.put(rbac.Place{Node: n, Class: "space", Workspace: n})
		m.carryOn(n)
	}
	scribe, err := dbtest.NewScribe(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { scribe.Close() })
	m.scribe = scribe
	// All of it is new.
	for _, p := range m.places {
		m.named(p.Workspace).nodes[p.Node] = true
	}
	for num, r := range m.rules {
		m.named(m.places[r.Node].Workspace).rules[num] = true
	}
	for name := range m.roles {
		m.named(rbac.Root).roles[name] = true
	}
	for p := range m.people {
		m.named(rbac.Root).people[p] = true
	}
	m.named(rbac.Root)
	m.write("DELETE FROM rules")
	for name, budget := range map[string]int64{"warm": 0, "cold": -1, "tight": 400 << 10, "none": 1} {
		db := dbtest.Open(t, address)
		store := &counted{Store: db.Rules()}
		m.engines = append(m.engines, &looker{
			Engine: rbac.New(store, m.schema, &rbac.Options{Budget: budget, Now: func() time.Time { return time.UnixMicro(m.clock.Load()).UTC() }}),
			name:   name, store: store, subjects: map[rbac.Principal]*rbac.Subject{}, targets: map[rbac.Node]*rbac.Target{},
		})
	}
	return m
}

// carryOn grows some nodes below one.
func (m *moving) carryOn(n rbac.Node) {
	for range 2 + m.rng.IntN(3) {
		m.next++
		p := rbac.Place{Node: rbac.Node(m.next), Parent: n, Workspace: m.places[n].Workspace, Class: []string{"group", "layer", "connection"}[m.rng.IntN(3)]}
		if m.rng.IntN(2) == 0 {
			m.link(&p)
		}
		m.put(p)
		if m.rng.IntN(2) == 0 {
			n = p.Node
		}
	}
}

// write brings the database to what the world is.
func (m *mirrored) write(statements ...string) {
	m.t.Helper()
	var places []rbac.Place
	var rules []rbac.Rule
	var profiles []rbac.Profile
	var roles []rbac.Role
	var gonePlaces []rbac.Node
	var goneRules []int64
	var gonePeople []rbac.Principal
	var goneRoles []rbac.RoleName
	var told []dbtest.Line
	nodes, nums := map[rbac.Node]bool{}, map[int64]bool{}
	for _, w := range slices.Sorted(maps.Keys(m.log)) {
		log := m.log[w]
		told = append(told, dbtest.Line{Workspace: w, Kind: "nothing"})
		for n := range log.nodes {
			nodes[n] = true
			told = append(told, dbtest.Line{Workspace: w, Kind: "node", Num: int64(n)})
		}
		for num := range log.rules {
			nums[num] = true
			told = append(told, dbtest.Line{Workspace: w, Kind: "rule", Num: num})
		}
		for _, p := range slices.Sorted(maps.Keys(log.people)) {
			told = append(told, dbtest.Line{Kind: "principal", Num: int64(p)})
			if profile, there := m.people[p]; there {
				profiles = append(profiles, profile)
			} else {
				gonePeople = append(gonePeople, p)
			}
		}
		for name := range log.roles {
			told = append(told, dbtest.Line{Kind: "role", Name: string(name)})
			if role, there := m.roles[name]; there {
				roles = append(roles, role)
			} else {
				goneRoles = append(goneRoles, name)
			}
		}
	}
	for _, n := range slices.Sorted(maps.Keys(nodes)) {
		if p, there := m.places[n]; there {
			places = append(places, p)
		} else {
			gonePlaces = append(gonePlaces, n)
		}
	}
	for _, num := range slices.Sorted(maps.Keys(nums)) {
		if r, there := m.rules[num]; there {
			rules = append(rules, r)
		} else {
			goneRules = append(goneRules, num)
		}
	}
	clear(m.log)
	statements = slices.Concat(
		statements, dbtest.PutPrincipals(profiles, nil), dbtest.PutRoles(roles, goneRoles),
		dbtest.Put(places, gonePlaces, rules, goneRules, func(n rbac.Node) rbac.Node { return m.places[n].Workspace }),
		dbtest.PutPrincipals(nil, gonePeople),
	)
	if err := m.scribe.Write(m.t.Context(), statements, told...); err != nil {
		m.t.Fatalf("%v in %v", err, m)
	}
	m.clock.Store(m.now.UnixMicro())
}

func (m *mirrored) subject(e *looker, p rbac.Principal) *rbac.Subject {
	if e.subjects[p] == nil {
		e.subjects[p] = e.Subject(p)
	}
	return e.subjects[p]
}

func (m *mirrored) target(e *looker, n rbac.Node) *rbac.Target {
	if e.targets[n] == nil {
		e.targets[n] = e.Target(n)
	}
	return e.targets[n]
}

// wrongf ends the test.
func (m *mirrored) wrongf(e *looker, format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("%s engine: %s in %v", e.name, fmt.Sprintf(format, args...), m)
}

// one wants all questions about one thing to be answered as is wanted.
func (m *mirrored) one(e *looker, p rbac.Principal, n rbac.Node, perm rbac.Permission, want bool) {
	m.t.Helper()
	ctx := m.t.Context()
	c := rbac.Latest()
	if m.rng.IntN(4) == 0 {
		c = rbac.Within(0)
	}
	for _, way := range m.rng.Perm(6) {
		var got bool
		var err error
		switch way {
		case 0:
			got, err = e.Check(ctx, p, n, perm, c)
		case 1:
			got, err = e.Allowed(ctx, m.subject(e, p), m.target(e, n), m.schema.Action(perm), c)
		case 2:
			var set rbac.Set
			set, err = e.Effective(ctx, p, n, c)
			got = set.Has(perm)
		case 3:
			var x rbac.Explanation
			x, err = e.Explain(ctx, p, n, perm, c)
			got = x.Allowed
		case 4:
			err = e.Require(ctx, p, n, perm, c)
			if got = err == nil; errors.Is(err, rbac.ErrDenied) {
				if errorsAs(m.t, err).Allowed {
					m.wrongf(e, "Require(%d, %d, %s) refuses and says that it is allowed", p, n, perm)
				}
				err = nil
			}
		case 5:
			var list []bool
			list, err = e.CheckMany(ctx, p, []rbac.Question{{Node: m.some().Node, Permission: perm}, {Node: n, Permission: perm}, {Node: n, Permission: perm}}, c)
			got = err == nil && list[1] && list[2]
		}
		if err != nil || got != want {
			m.wrongf(e, "question %d, %d, %s on %d: %v, %v, want %v", way, p, perm, n, got, err, want)
		}
		m.asked++
		if got {
			m.allowed++
		}
	}
}

// ask wants all engines to answer as the reference does.
func (m *mirrored) ask() {
	m.t.Helper()
	ctx := m.t.Context()
	want := everything{}
	for p := range m.people {
		want[p] = m.schema.Evaluate(m.facts(p), m.now)
	}
	subjects := m.subjects()
	for range 6 {
		p, place := subjects[m.rng.IntN(len(subjects))], m.some()
		perm := permissions[m.rng.IntN(len(permissions))]
		if known := m.schema.Permissions(place.Class); len(known) > 0 && m.rng.IntN(8) > 0 {
			perm = known[m.rng.IntN(len(known))]
		}
		for _, i := range m.rng.Perm(len(m.engines)) {
			e := m.engines[i]
			m.one(e, p, place.Node, perm, want[p][place.Node].Has(perm))
			f := m.someFilter(place.Node)
			shown := m.shown(want[p], perm, f)
			if got, err := e.List(ctx, p, perm, f, rbac.Latest()); err != nil || !slices.Equal(got, shown) {
				m.wrongf(e, "List(%d, %s, %+v) = %v, %v, want %v", p, perm, f, got, err, shown)
			}
		}
		e := m.engines[m.rng.IntN(len(m.engines))]
		filter, err := e.Filter(ctx, p, perm, rbac.Root, "", rbac.Latest())
		if shown := m.shown(want[p], perm, rbac.ListFilter{}); err != nil || !slices.Equal(filter.Ranges(), rbac.Only(shown...).Ranges()) {
			m.wrongf(e, "Filter(%d, %s) = %v, %v, want %v", p, perm, filter, err, shown)
		}
		m.principals(e, place.Node, perm, want)
	}
	m.strangers()
}

// principals wants a list of those who may to be that.
func (m *mirrored) principals(e *looker, n rbac.Node, perm rbac.Permission, want everything) {
	m.t.Helper()
	f := rbac.PrincipalFilter{Limit: m.rng.IntN(3), From: rbac.Principal(m.rng.IntN(3) * 60)}
	if m.rng.IntN(2) == 0 {
		f.Kind = rbac.User
	}
	var may []rbac.Principal
	for _, p := range slices.Sorted(maps.Keys(m.people)) {
		if want[p][n].Has(perm) && p >= f.From && (f.Kind == "" || m.people[p].Kind == f.Kind) && (f.Limit == 0 || len(may) < f.Limit) {
			may = append(may, p)
		}
	}
	if got, err := e.Principals(m.t.Context(), n, perm, f, rbac.Latest()); err != nil || !slices.Equal(got, may) {
		m.wrongf(e, "Principals(%d, %s, %+v) = %v, %v, want %v", n, perm, f, got, err, may)
	}
	m.holders(e, n, f, want)
}

// holders wants a list of those who hold anything to be that, with all of it.
func (m *mirrored) holders(e *looker, n rbac.Node, f rbac.PrincipalFilter, want everything) {
	m.t.Helper()
	said := func(p rbac.Principal, kind rbac.Kind, set rbac.Set) string { return fmt.Sprint(p, kind, set.List()) }
	var may, got []string
	for _, p := range slices.Sorted(maps.Keys(m.people)) {
		set, kind := want[p][n], m.people[p].Kind
		if set.Len() > 0 && p >= f.From && (f.Kind == "" || kind == f.Kind) && (f.Limit == 0 || len(may) < f.Limit) {
			may = append(may, said(p, kind, set))
		}
	}
	list, err := e.Holders(m.t.Context(), n, f, rbac.Latest())
	for _, h := range list {
		got = append(got, said(h.Principal, h.Kind, h.Set))
		who := m.identity(h.Principal)
		for p := range m.people {
			named := p == rbac.Everyone || p == h.Principal ||
				h.Principal != rbac.Guest && p != rbac.Guest && (p == rbac.Authenticated || slices.Contains(who.Groups, p))
			if h.Named(p) != named {
				m.wrongf(e, "Holders(%d): rules for %d are for %d: %v", n, p, h.Principal, h.Named(p))
			}
		}
	}
	if err != nil || !slices.Equal(got, may) {
		m.wrongf(e, "Holders(%d, %+v) = %v, %v, want %v", n, f, got, err, may)
	}
}

// strangers wants whom and what there is not to be nobody and nothing, also
// when there was.
func (m *mirrored) strangers() {
	m.t.Helper()
	ctx := m.t.Context()
	for _, e := range m.engines {
		for n, handle := range e.targets {
			if _, there := m.places[n]; !there {
				_, err := e.Allowed(ctx, m.subject(e, bob), handle, m.schema.Action("resource.read"), rbac.Latest())
				_, err2 := e.Check(ctx, bob, n, "resource.read", rbac.Latest())
				if !errors.Is(err, rbac.ErrNoNode) || !errors.Is(err2, rbac.ErrNoNode) {
					m.wrongf(e, "Allowed on node %d, which is gone: %v, %v", n, err, err2)
				}
				delete(e.targets, n)
				break
			}
		}
		for p, handle := range e.subjects {
			if _, there := m.people[p]; !there {
				if _, err := e.Allowed(ctx, handle, m.target(e, rbac.Root), m.schema.Action("resource.read"), rbac.Latest()); !errors.Is(err, rbac.ErrNoPrincipal) {
					m.wrongf(e, "Allowed for %d, who is gone: %v", p, err)
				}
			}
		}
	}
}

// TestEnginesAgree asks engines that have everything in memory, nothing, and not
// enough memory the same questions, on both databases, while what they are about
// changes: BAILIWICK_WORLDS worlds on each, or few.
func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	worlds := effort(t, "BAILIWICK_WORLDS", 3)
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			asked, allowed := 0, 0
			facts := map[string]int64{}
			for seed := range uint64(worlds) {
				t.Run(fmt.Sprint(seed), func(t *testing.T) { // which closes its connections
					m := mirror(t, kind, rand.New(rand.NewPCG(31, seed)))
					m.ask()
					for range 12 {
						m.change()
						m.write()
						m.ask()
					}
					asked, allowed = asked+m.asked, allowed+m.allowed
					for _, e := range m.engines {
						facts[e.name] += e.store.facts.Load()
					}
				})
			}
			t.Logf("%d answers, %d yes, facts read: %v", asked, allowed, facts)
			if share := float64(allowed) / float64(asked); asked > 5000 && (share < 0.1 || share > 0.7) {
				t.Errorf("%.0f %% of the answers allow", 100*share)
			}
			if facts["warm"]*3 > facts["cold"] || facts["tight"] >= facts["cold"] {
				t.Errorf("the engines did not answer from memory what they should: %v", facts)
			}
		})
	}
}
