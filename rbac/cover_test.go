package rbac_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// told is what a world tells an engine that asks the store.
type told struct {
	rbac.Store

	w world
}

func (s told) Facts(_ context.Context, p rbac.Principal, n rbac.Node) (rbac.Facts, error) {
	i := slices.IndexFunc(s.w.subjects, func(who rbac.Identity) bool { return who.Principal == p })
	if i < 0 {
		return rbac.Facts{}, rbac.ErrNoPrincipal
	}
	f := s.w.facts(s.w.subjects[i])
	if _, ok := f.Places[n]; !ok {
		return rbac.Facts{}, rbac.ErrNoNode
	}
	return f, nil
}

// Watch watches nothing: the world stands still.
func (s told) Watch(func([]rbac.Token)) func() { return func() {} }

func (s told) Rules(_ context.Context, f rbac.RuleFilter) ([]rbac.Rule, error) {
	var list []rbac.Rule
	for _, r := range s.w.rules {
		if slices.Contains(f.Principals, r.Principal) && (f.Effect == "" || r.Effect == f.Effect) {
			list = append(list, r)
		}
	}
	return list, nil
}

func (s told) Roles(_ context.Context, names ...rbac.RoleName) ([]rbac.Role, error) {
	var list []rbac.Role
	for _, name := range names {
		if r, ok := s.w.roles[name]; ok {
			list = append(list, r)
		}
	}
	return list, nil
}

// Whoever is given what somebody covers can do nothing, anywhere, that neither
// of them could do before.
func TestNobodyGivesMoreThanHeHas(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	covered, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
		w := randomWorld(pick)
		giver := w.subjects[pick(3)]
		given := randomRule(pick, w, 500)
		given.Effect, given.Principal, given.Expires = rbac.Allow, 300, time.Time{}
		engine := rbac.New(told{w: w}, schema, &rbac.Options{Now: func() time.Time { return t0 }})
		err := engine.Covers(t.Context(), giver.Principal, given)
		if errors.Is(err, rbac.ErrNoRole) {
			if given.Role != "gone" {
				t.Fatalf("no role %q", given.Role)
			}
			return
		}
		if err != nil {
			denied, ok := errors.AsType[*rbac.DeniedError](err)
			if !ok || denied.Explanation.Cause != rbac.ByGiving || denied.Explanation.Permission == "" {
				t.Fatalf("refused with %v", err)
			}
			refused++
			return
		}
		covered++
		fresh := rbac.Identity{Principal: 300, Kind: rbac.User}
		before := schema.Evaluate(w.facts(fresh), t0)
		his := schema.Evaluate(w.facts(giver), t0)
		w.rules = append(w.rules, given)
		for n, after := range schema.Evaluate(w.facts(fresh), t0) {
			for _, p := range after.List() {
				if !before[n].Has(p) && !his[n].Has(p) {
					t.Fatalf("on node %d %s was given, which the giver does not hold there, by %+v", n, p, given)
				}
			}
		}
	})
	if covered == 0 || refused == 0 {
		t.Errorf("%d rules were covered and %d refused", covered, refused)
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	const space, folder = 1001, 1002
	w := world{
		places: []rbac.Place{
			{Class: "platform"},
			{Node: space, Class: "space", Owner: bob, Workspace: space},
			{Node: folder, Parent: space, Class: "group", Workspace: space},
		},
		subjects: []rbac.Identity{
			{Principal: alice, Kind: rbac.User, Groups: []rbac.Principal{staff}},
			{Principal: bob, Kind: rbac.User},
			{Principal: key, Kind: rbac.Key, Behalf: &rbac.Identity{Principal: alice, Kind: rbac.User}},
		},
	}
	all := rbac.Rule{Node: rbac.Root, Effect: rbac.Allow, Principal: rbac.Everyone, Scope: "resource", Permission: "read", Propagate: true}
	here := func(r rbac.Rule) rbac.Rule { r.Node = space; return r }
	reading := rbac.Rule{Node: space, Role: "reader", Propagate: true}
	own := rbac.Rule{Effect: rbac.Allow, Principal: alice, Role: "reader", Propagate: true}
	everything := rbac.Rule{Node: space, Propagate: true}
	deny := rbac.Rule{Node: folder, Effect: rbac.Deny, Principal: staff, Scope: "resource", Permission: "read"}
	over := deny
	over.Expires = t0
	still := own
	still.Propagate = false
	tests := []struct {
		name  string
		who   rbac.Principal
		rules []rbac.Rule
		gives rbac.Rule
		want  error
	}{
		{"nothing held", alice, nil, reading, rbac.ErrDenied},
		{"the same role", alice, []rbac.Rule{all, here(own)}, reading, nil},
		{"more than the role", alice, []rbac.Rule{all, here(own)}, everything, rbac.ErrDenied},
		{"a role that has ended", alice, []rbac.Rule{all, func() rbac.Rule { r := here(own); r.Expires = t0; return r }()}, reading, rbac.ErrDenied},
		{"held on the node alone, given below too", alice, []rbac.Rule{all, here(still)}, reading, rbac.ErrDenied},
		{"held on the node alone, given there alone", alice, []rbac.Rule{all, here(still)}, rbac.Rule{Node: space, Role: "reader"}, nil},
		{"denied to a group of his below", alice, []rbac.Rule{all, here(own), deny}, reading, rbac.ErrDenied},
		{"denied beside what is given", alice, []rbac.Rule{all, here(own), deny}, rbac.Rule{Node: space, Scope: "data", Permission: "read", Propagate: true}, nil},
		{"a denial that has ended", alice, []rbac.Rule{all, here(own), over}, reading, nil},
		{"the supervisor gives everything", bob, nil, everything, nil},
		{"the supervisor gives everything below", bob, []rbac.Rule{deny}, rbac.Rule{Node: folder, Propagate: true}, nil},
		{"the supervisor gives nothing above", bob, nil, rbac.Rule{Node: rbac.Root, Role: "reader"}, rbac.ErrDenied},
		{"a key of somebody who may", key, []rbac.Rule{all, here(own), func() rbac.Rule { r := here(own); r.Principal = key; return r }()}, reading, nil},
		{"a key of somebody who may not", key, []rbac.Rule{all, func() rbac.Rule { r := here(own); r.Principal = key; return r }()}, reading, rbac.ErrDenied},
		{"a role that is not there", bob, nil, rbac.Rule{Node: space, Role: "gone"}, rbac.ErrNoRole},
		{"a node that is not there", bob, nil, rbac.Rule{Node: 7}, rbac.ErrNoNode},
		{"nobody", 7, nil, reading, rbac.ErrNoPrincipal},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := w
			w.rules = test.rules
			engine := rbac.New(told{w: w}, newSchema(t), &rbac.Options{Now: func() time.Time { return t0 }})
			if err := engine.Covers(t.Context(), test.who, test.gives); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}
