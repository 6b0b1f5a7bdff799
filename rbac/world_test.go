package rbac_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Principals of the tests.
const (
	alice rbac.Principal = 100 + iota
	bob
	key
	staff // a group
	crew  // a group that staff is in
)

// newSchema returns a schema in the manner of spec/ngw.md §3.3, with a
// sovereign class, and a link ("peer") that may go in circles.
func newSchema(tb testing.TB) *rbac.Schema {
	tb.Helper()
	s, err := testSchema()
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func testSchema() (*rbac.Schema, error) {
	resource := rbac.Scope{Name: "resource", Permissions: []string{"read", "update"}}
	data := rbac.Scope{Name: "data", Permissions: []string{"read", "write"}}
	connection := rbac.Scope{Name: "connection", Permissions: []string{"read", "connect"}}
	readable := []rbac.Requirement{
		{Permission: "resource.update", Needs: "resource.read"},
		{Permission: "resource.read", Needs: "resource.read", Relation: rbac.Parent, OrNone: true},
	}
	with := func(more ...rbac.Requirement) []rbac.Requirement { return append(more, readable...) }
	return rbac.NewSchema([]rbac.Class{
		{Name: "platform", Scopes: []rbac.Scope{resource}, Requires: readable},
		{Name: "space", Scopes: []rbac.Scope{resource, data}, Requires: readable, Sovereign: true, Open: []rbac.Permission{"resource.read"}},
		{Name: "group", Scopes: []rbac.Scope{resource}, Requires: readable, Open: []rbac.Permission{"resource.read"}},
		{
			Name: "layer", Scopes: []rbac.Scope{resource, data}, Open: []rbac.Permission{"resource.read"},
			Requires: with(
				rbac.Requirement{Permission: "data.write", Needs: "data.read"},
				rbac.Requirement{Permission: "data.read", Needs: "resource.read"},
				rbac.Requirement{Permission: "data.read", Needs: "connection.connect", Relation: "connection"},
			),
		},
		{
			Name: "raster", Scopes: []rbac.Scope{resource, data},
			Requires: with(
				rbac.Requirement{Permission: "data.read", Needs: "connection.connect", Relation: "storage", OrNone: true},
			),
		},
		{
			Name: "connection", Scopes: []rbac.Scope{resource, connection},
			Requires: with(
				rbac.Requirement{Permission: "connection.read", Needs: "connection.connect"},
				rbac.Requirement{Permission: "connection.connect", Needs: "connection.connect", Relation: "peer", OrNone: true},
			),
		},
		{Name: "plain", Scopes: []rbac.Scope{resource}}, // requires nothing
	}, []rbac.Role{
		{Name: "reader", Permissions: []rbac.Permission{"resource.read", "data.read", "connection.connect"}},
		{Name: "everything", Everything: true},
	})
}

// permissions are all of the test's schema, and one that it lacks.
var permissions = []rbac.Permission{
	"resource.read", "resource.update", "data.read", "data.write", "connection.read", "connection.connect", "no.such",
}

// A world is a tree with everybody in it and all rules.
type world struct {
	places   []rbac.Place // parents first
	subjects []rbac.Identity
	rules    []rbac.Rule
	roles    map[rbac.RoleName]rbac.Role
}

// facts returns the world as the facts about somebody on all nodes. That there
// are more rules and places than matter must not make a difference.
func (w world) facts(who rbac.Identity) rbac.Facts {
	f := rbac.Facts{Subject: who, Places: map[rbac.Node]rbac.Place{}, Rules: w.rules, Roles: w.roles}
	for _, p := range w.places {
		f.Places[p.Node] = p
		f.Targets = append(f.Targets, p.Node)
	}
	return f
}

// randomWorld makes a world of choices: pick(n) answers from 0 to n-1, and an
// odd chance is taken where it answers 0.
func randomWorld(pick func(n int) int) world {
	classes := []string{"space", "group", "group", "layer", "raster", "connection", "plain", "unknown"}
	w := world{places: []rbac.Place{{Class: "platform", Sealed: pick(60) == 0}}, roles: map[rbac.RoleName]rbac.Role{
		"stored": {Name: "stored", Permissions: []rbac.Permission{"resource.read", "data.write"}},
	}}
	user := rbac.Identity{Principal: alice, Kind: rbac.User, Groups: []rbac.Principal{staff, crew}, Disabled: pick(20) == 0}
	w.subjects = []rbac.Identity{
		user,
		{Principal: bob, Kind: rbac.User},
		{Principal: key, Kind: rbac.Key, Behalf: &user},
		{Principal: rbac.Guest, Kind: rbac.System},
	}
	owners := []rbac.Principal{0, alice, bob, key, staff, 0, 0, 0}
	size := 3 + pick(10)
	for i := 1; i < size; i++ {
		parent := w.places[max(0, i-1-pick(3))]
		p := rbac.Place{
			Node: rbac.Node(1000 + i), Parent: parent.Node, Class: classes[pick(len(classes))],
			Owner: owners[pick(len(owners))], Sealed: pick(12) == 0, Workspace: parent.Workspace,
		}
		if p.Class == "space" && p.Workspace == rbac.Root {
			p.Workspace = p.Node
		}
		for _, relation := range []string{"connection", "storage", "peer"} {
			if pick(3) == 0 {
				if p.Links == nil {
					p.Links = map[string]rbac.Node{}
				}
				// May lead anywhere: to the root, to itself, to what is not there.
				p.Links[relation] = rbac.Node(1000 + pick(size+1))
			}
		}
		w.places = append(w.places, p)
	}
	for i := range pick(9) {
		w.rules = append(w.rules, randomRule(pick, w, int64(100+i)))
	}
	// One that allows much, so that there is something to take away.
	much := randomRule(pick, w, 99)
	much.Node, much.Effect, much.Propagate, much.Class, much.Role = rbac.Root, rbac.Allow, true, "", "everything"
	much.Scope, much.Permission, much.Expires = "", "", time.Time{}
	much.Principal = []rbac.Principal{rbac.Everyone, rbac.Everyone, rbac.Authenticated, staff}[pick(4)]
	w.rules = append(w.rules, much)
	return w
}

func randomRule(pick func(n int) int, w world, num int64) rbac.Rule {
	principals := []rbac.Principal{alice, alice, bob, key, staff, crew, rbac.Guest, rbac.Everyone, rbac.Authenticated, rbac.Owner, rbac.Administrators}
	names := []struct {
		role              rbac.RoleName
		scope, permission string
	}{
		{},
		{},
		{"", "resource", ""},
		{"", "resource", "read"},
		{"", "data", ""},
		{"", "data", "write"},
		{"", "connection", "connect"},
		{"", "", "read"},
		{"", "no", "such"},
		{"reader", "", ""},
		{"everything", "", ""},
		{"stored", "", ""},
		{"gone", "", ""},
	}
	name := names[pick(len(names))]
	r := rbac.Rule{
		ID: rbac.RuleID(fmt.Sprint(num)), Num: num, Node: w.places[pick(len(w.places))].Node, Effect: rbac.Allow,
		Principal: principals[pick(len(principals))], Role: name.role, Scope: name.scope, Permission: name.permission,
		Class:     []string{"", "", "", "layer", "group"}[pick(5)],
		Propagate: pick(3) != 0, Created: t0,
	}
	if pick(3) == 0 {
		r.Effect = rbac.Deny
	}
	switch pick(8) {
	case 0:
		r.Expires = t0
	case 1:
		r.Expires = t0.Add(time.Microsecond)
	}
	return r
}
