package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// The places and principals that the tests of rules plant.
const (
	org    rbac.Node = 1001
	space  rbac.Node = 1002 // a workspace below org
	folder rbac.Node = 1003 // in space
	layer  rbac.Node = 1004 // in folder, linked to cable
	other  rbac.Node = 1005 // another workspace below org
	cable  rbac.Node = 1006 // in other, linked to layer and to what is gone
	absent rbac.Node = 1999

	user    rbac.Principal = 2001 // in inner
	robot   rbac.Principal = 2002 // a key of user, in bots
	inner   rbac.Principal = 2003 // a group in outer
	outer   rbac.Principal = 2004 // a group in inner, to make a circle
	bots    rbac.Principal = 2005
	blocked rbac.Principal = 2006
	nobody  rbac.Principal = 2999
)

// Rules tests the store of rules, roles and facts.
func Rules(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	tests := []struct {
		name string
		test func(t *testing.T, b *Backend)
	}{
		{"FactsHoldIdentity", factsHoldIdentity},
		{"FactsHoldPlaces", factsHoldPlaces},
		{"FactsHoldRules", factsHoldRules},
		{"FactsSeeTheUnit", factsSeeTheUnit},
		{"FactsBelow", factsBelow},
		{"FactsReachDepth", factsReachDepth},
		{"FactsRefuse", factsRefuse},
		{"RulesKeepEverything", rulesKeepEverything},
		{"RulesAreChosen", rulesAreChosen},
		{"AddRuleRefuses", addRuleRefuses},
		{"DeleteRules", deleteRules},
		{"RolesAreKept", rolesAreKept},
		{"DeleteRoleRefuses", deleteRoleRefuses},
		{"RolesStayWhileNamed", rolesStayWhileNamed},
		{"RevisionRises", revisionRises},
		{"WritesNeedAUnit", ruleWritesNeedAUnit},
		{"Sweep", ruleSweep},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			plantTree(t, b)
			test.test(t, b)
		})
	}
}

func plantTree(t *testing.T, b *Backend) {
	t.Helper()
	b.Plant(t, []rbac.Place{
		{Node: org, Class: "organization"},
		{Node: space, Parent: org, Class: "workspace", Owner: user, Workspace: space, Sealed: true},
		{Node: folder, Parent: space, Class: "group", Workspace: space},
		{Node: layer, Parent: folder, Class: "layer", Workspace: space, Links: map[string]rbac.Node{"connection": cable, "style": absent}},
		{Node: other, Parent: org, Class: "workspace", Workspace: other},
		{Node: cable, Parent: other, Class: "connection", Workspace: other, Links: map[string]rbac.Node{"peer": layer}},
	}, []rbac.Identity{
		{Principal: inner, Kind: rbac.Group, Groups: []rbac.Principal{outer}},
		{Principal: outer, Kind: rbac.Group, Groups: []rbac.Principal{inner}},
		{Principal: bots, Kind: rbac.Group},
		{Principal: user, Kind: rbac.User, Groups: []rbac.Principal{inner}},
		{Principal: robot, Kind: rbac.Key, Groups: []rbac.Principal{bots}, Behalf: &rbac.Identity{Principal: user}},
		{Principal: blocked, Kind: rbac.User, Disabled: true},
	})
}

func ruleOf(n rbac.Node, p rbac.Principal) rbac.Rule {
	return rbac.Rule{ID: "some", Node: n, Effect: rbac.Allow, Principal: p, Created: moment()}
}

// add stores rules, each in the order given.
func add(t *testing.T, b *Backend, rules ...rbac.Rule) []rbac.Rule {
	t.Helper()
	var added []rbac.Rule
	err := b.Tx(t.Context(), func(ctx context.Context) error {
		added = nil
		for _, r := range rules {
			stored, err := b.Rules.AddRule(ctx, r)
			if err != nil {
				return err
			}
			added = append(added, stored)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("AddRule: %v", err)
	}
	return added
}

func facts(t *testing.T, b *Backend, p rbac.Principal, n rbac.Node) rbac.Facts {
	t.Helper()
	f, err := b.Rules.Facts(t.Context(), p, n)
	if err != nil {
		t.Fatalf("Facts(%d, %d): %v", p, n, err)
	}
	return f
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func wants(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func factsHoldIdentity(t *testing.T, b *Backend) {
	t.Helper()
	// Groups directly or through another, though they go in a circle.
	human := rbac.Identity{Principal: user, Kind: rbac.User, Groups: []rbac.Principal{inner, outer}}
	for _, want := range []rbac.Identity{
		human,
		{Principal: robot, Kind: rbac.Key, Groups: []rbac.Principal{bots}, Behalf: &human},
		{Principal: blocked, Kind: rbac.User, Disabled: true},
		{Principal: bots, Kind: rbac.Group},
		{Principal: rbac.Guest, Kind: rbac.System},
		{Principal: rbac.Administrators, Kind: rbac.Group},
	} {
		same(t, "Subject", facts(t, b, want.Principal, folder).Subject, want)
	}
}

func factsHoldPlaces(t *testing.T, b *Backend) {
	t.Helper()
	f := facts(t, b, user, folder)
	same(t, "Targets", f.Targets, []rbac.Node{folder})
	path := map[rbac.Node]rbac.Place{
		rbac.Root: {Class: "platform"},
		org:       {Node: org, Class: "organization"},
		space:     {Node: space, Parent: org, Class: "workspace", Owner: user, Workspace: space, Sealed: true},
		folder:    {Node: folder, Parent: space, Class: "group", Workspace: space},
	}
	same(t, "Places", f.Places, path)
	// A node with links has those they lead to, with their ancestors, and ends
	// though they go in a circle.
	path[layer] = rbac.Place{Node: layer, Parent: folder, Class: "layer", Workspace: space, Links: map[string]rbac.Node{"connection": cable, "style": absent}}
	path[other] = rbac.Place{Node: other, Parent: org, Class: "workspace", Workspace: other}
	path[cable] = rbac.Place{Node: cable, Parent: other, Class: "connection", Workspace: other, Links: map[string]rbac.Node{"peer": layer}}
	same(t, "Places of a node with links", facts(t, b, user, layer).Places, path)
	same(t, "Places of the root", facts(t, b, user, rbac.Root).Places, map[rbac.Node]rbac.Place{rbac.Root: {Class: "platform"}})
}

func factsHoldRules(t *testing.T, b *Backend) {
	t.Helper()
	expired := ruleOf(folder, user)
	expired.Expires = moment().Add(-time.Hour)
	named := ruleOf(cable, user)
	named.Role = "stored"
	concern := add(
		t, b, ruleOf(rbac.Root, user), ruleOf(org, inner), ruleOf(space, outer), expired, named,
		ruleOf(layer, rbac.Guest), ruleOf(layer, rbac.Everyone), ruleOf(layer, rbac.Authenticated), ruleOf(layer, rbac.Owner),
	)
	add(t, b, ruleOf(layer, blocked))
	keys := add(t, b, ruleOf(layer, robot), ruleOf(layer, bots))
	role := rbac.Role{Name: "stored", Permissions: []rbac.Permission{"data.read"}}
	if err := b.Tx(t.Context(), func(ctx context.Context) error {
		return errors.Join(b.Rules.PutRole(ctx, role), b.Rules.PutRole(ctx, rbac.Role{Name: "unnamed"}))
	}); err != nil {
		t.Fatal(err)
	}
	f := facts(t, b, user, layer)
	same(t, "Rules", f.Rules, concern)
	same(t, "Roles", f.Roles, map[rbac.RoleName]rbac.Role{"stored": role})
	same(t, "Rules of a key", facts(t, b, robot, layer).Rules, append(slices.Clip(concern), keys...))
	f = facts(t, b, user, folder)
	same(t, "Rules elsewhere", f.Rules, concern[:4])
	same(t, "Roles elsewhere", f.Roles, map[rbac.RoleName]rbac.Role{})
}

func factsSeeTheUnit(t *testing.T, b *Backend) {
	t.Helper()
	gone := errors.New("roll back")
	err := b.Tx(t.Context(), func(ctx context.Context) error {
		added, err := b.Rules.AddRule(ctx, ruleOf(folder, user))
		if err != nil {
			return err
		}
		f, err := b.Rules.Facts(ctx, user, layer)
		if err != nil {
			return err
		}
		same(t, "Rules inside the unit", f.Rules, []rbac.Rule{added})
		below, err := b.Rules.FactsBelow(ctx, user, space, "")
		if err != nil {
			return err
		}
		same(t, "Rules below inside the unit", below.Rules, []rbac.Rule{added})
		return gone
	})
	wants(t, "Tx", err, gone)
	same(t, "Rules after rolling back", len(facts(t, b, user, layer).Rules), 0)
}

func factsBelow(t *testing.T, b *Backend) {
	t.Helper()
	rules := add(t, b, ruleOf(org, user), ruleOf(space, user), ruleOf(layer, user), ruleOf(cable, user))
	all := func(nodes ...rbac.Node) []rbac.Node { return nodes }
	for _, test := range []struct {
		under           rbac.Node
		class           string
		targets, places []rbac.Node
		rules           int
	}{
		{rbac.Root, "", all(rbac.Root, org, space, folder, layer, other, cable), all(rbac.Root, org, space, folder, layer, other, cable), 4},
		{rbac.Root, "workspace", all(space, other), all(rbac.Root, org, space, other), 2},
		{rbac.Root, "platform", all(rbac.Root), all(rbac.Root), 0},
		{space, "", all(space, folder, layer), all(rbac.Root, org, space, folder, layer, other, cable), 4},
		{space, "group", all(folder), all(rbac.Root, org, space, folder), 2},
		{folder, "workspace", nil, all(), 0},
		{space, "workspace", all(space), all(rbac.Root, org, space), 2},
		{folder, "no such class", nil, all(), 0},
	} {
		f, err := b.Rules.FactsBelow(t.Context(), user, test.under, test.class)
		if err != nil {
			t.Fatal(err)
		}
		what := fmt.Sprintf("below %d of class %q", test.under, test.class)
		same(t, "Targets "+what, f.Targets, test.targets)
		places := all()
		for n, place := range f.Places {
			if place.Node != n {
				t.Errorf("place %d is kept as %d", place.Node, n)
			}
			places = append(places, n)
		}
		slices.Sort(places)
		same(t, "Places "+what, places, append(all(), test.places...))
		same(t, "Rules "+what, len(f.Rules), test.rules)
		same(t, "Subject "+what, f.Subject.Principal, user)
		for _, n := range f.Targets {
			for at, place := range facts(t, b, user, n).Places {
				same(t, "Place "+what, f.Places[at], place)
			}
		}
	}
	same(t, "Rules of the layer", facts(t, b, user, layer).Rules, rules)
}

// factsReachDepth plants a tree of ten thousand levels.
func factsReachDepth(t *testing.T, b *Backend) {
	t.Helper()
	const depth = 10_000
	var places []rbac.Place
	for n := rbac.Node(10_000); n < 10_000+depth; n++ {
		parent := n - 1
		if n == 10_000 {
			parent = other
		}
		places = append(places, rbac.Place{Node: n, Parent: parent, Class: "group", Workspace: other})
	}
	b.Plant(t, places, nil)
	deepest := places[depth-1].Node
	added := add(t, b, ruleOf(places[depth/2].Node, user))
	f := facts(t, b, user, deepest)
	same(t, "places of the deepest node", len(f.Places), depth+3)
	same(t, "Rules of the deepest node", f.Rules, added)
	f, err := b.Rules.FactsBelow(t.Context(), user, other, "group")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "nodes below", len(f.Targets), depth)
	same(t, "Rules below", f.Rules, added)
}

func factsRefuse(t *testing.T, b *Backend) {
	t.Helper()
	ctx := t.Context()
	_, err := b.Rules.Facts(ctx, nobody, folder)
	wants(t, "Facts about nobody", err, rbac.ErrNoPrincipal)
	_, err = b.Rules.Facts(ctx, user, absent)
	wants(t, "Facts about no node", err, rbac.ErrNoNode)
	_, err = b.Rules.FactsBelow(ctx, nobody, folder, "")
	wants(t, "FactsBelow about nobody", err, rbac.ErrNoPrincipal)
	for _, class := range []string{"", "group"} {
		_, err = b.Rules.FactsBelow(ctx, user, absent, class)
		wants(t, "FactsBelow about no node", err, rbac.ErrNoNode)
	}
	_, err = b.Rules.Revision(ctx, absent)
	wants(t, "Revision of no node", err, rbac.ErrNoNode)
}

// moment is the time at which the tests of rules play.
func moment() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC) }
