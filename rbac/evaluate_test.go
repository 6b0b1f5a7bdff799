package rbac_test

import (
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Nodes of the tables: root ← group ← layer and group ← cable, which the layer
// is linked to; root ← space ← folder; root ← raster, without links; twins that
// are linked to each other.
const (
	group  rbac.Node = 1
	layer  rbac.Node = 2
	cable  rbac.Node = 3
	space  rbac.Node = 4
	folder rbac.Node = 5
	raster rbac.Node = 6
	twinA  rbac.Node = 7
	twinB  rbac.Node = 8
	plain  rbac.Node = 9  // in group, requires nothing
	lost   rbac.Node = 10 // a layer linked to what is not there
	lonely rbac.Node = 11 // a layer without links
	alien  rbac.Node = 12 // of a class that the schema lacks
)

func tables() world {
	peer := func(n rbac.Node) map[string]rbac.Node { return map[string]rbac.Node{"peer": n} }
	return world{places: []rbac.Place{
		{Class: "platform"},
		{Node: group, Class: "group"},
		{Node: layer, Parent: group, Class: "layer", Links: map[string]rbac.Node{"connection": cable}},
		{Node: cable, Parent: group, Class: "connection"},
		{Node: space, Class: "space", Owner: alice},
		{Node: folder, Parent: space, Class: "group"},
		{Node: raster, Class: "raster"},
		{Node: twinA, Class: "connection", Links: peer(twinB)},
		{Node: twinB, Class: "connection", Links: peer(twinA)},
		{Node: plain, Parent: group, Class: "plain"},
		{Node: lost, Class: "layer", Links: map[string]rbac.Node{"connection": 999}},
		{Node: lonely, Class: "layer"},
		{Node: alien, Class: "alien"},
	}, roles: map[rbac.RoleName]rbac.Role{"stored": {Name: "stored", Permissions: []rbac.Permission{"resource.read", "no.such"}}}}
}

type change func(r *rbac.Rule)

func on(n rbac.Node) change      { return func(r *rbac.Rule) { r.Node = n } }
func deny(r *rbac.Rule)          { r.Effect = rbac.Deny }
func here(r *rbac.Rule)          { r.Propagate = false }
func to(p rbac.Principal) change { return func(r *rbac.Rule) { r.Principal = p } }
func class(name string) change   { return func(r *rbac.Rule) { r.Class = name } }
func of(scope, permission string) change {
	return func(r *rbac.Rule) { r.Scope, r.Permission = scope, permission }
}
func role(name rbac.RoleName) change { return func(r *rbac.Rule) { r.Role = name } }
func until(t time.Time) change       { return func(r *rbac.Rule) { r.Expires = t } }

// rule is one that allows alice everything everywhere, but for the changes.
func rule(changes ...change) rbac.Rule {
	r := rbac.Rule{Effect: rbac.Allow, Principal: alice, Propagate: true}
	for _, c := range changes {
		c(&r)
	}
	return r
}

func user() rbac.Identity {
	return rbac.Identity{Principal: alice, Kind: rbac.User, Groups: []rbac.Principal{staff}}
}

// sealedAt seals a place, ownedBy gives it to somebody.
func sealedAt(n rbac.Node) func(*rbac.Facts) {
	return func(f *rbac.Facts) { p := f.Places[n]; p.Sealed = true; f.Places[n] = p }
}

func ownedBy(n rbac.Node, owner rbac.Principal) func(*rbac.Facts) {
	return func(f *rbac.Facts) { p := f.Places[n]; p.Owner = owner; f.Places[n] = p }
}

func as(who rbac.Identity) func(*rbac.Facts) { return func(f *rbac.Facts) { f.Subject = who } }

func TestMeaning(t *testing.T) {
	t.Parallel()
	const (
		read    rbac.Permission = "resource.read"
		update  rbac.Permission = "resource.update"
		data    rbac.Permission = "data.read"
		write   rbac.Permission = "data.write"
		connect rbac.Permission = "connection.connect"
	)
	guest := rbac.Identity{Principal: rbac.Guest, Kind: rbac.System}
	other := rbac.Identity{Principal: bob, Kind: rbac.User}
	disabled := user()
	disabled.Disabled = true
	human := user()
	robot := rbac.Identity{Principal: key, Kind: rbac.Key, Behalf: &human}
	robotOf := func(u rbac.Identity) rbac.Identity { r := robot; r.Behalf = &u; return r }
	type rules = []rbac.Rule
	type tweaks = []func(*rbac.Facts)
	for _, test := range []struct {
		name   string
		rules  rules
		tweaks tweaks
		node   rbac.Node
		perm   rbac.Permission
		want   rbac.Cause
	}{
		{"the default is no", nil, nil, group, read, rbac.ByDefault},
		{"scope and permission empty mean every permission", rules{rule()}, nil, layer, write, rbac.ByRule},
		{"a scope alone means all of it", rules{rule(of("resource", ""))}, nil, group, update, rbac.ByRule},
		{"a scope alone means nothing of others", rules{rule(of("resource", ""))}, nil, raster, data, rbac.ByDefault},
		{"both mean exactly that one", rules{rule(of("resource", "read"))}, nil, group, read, rbac.ByRule},
		{"both mean no other", rules{rule(of("resource", "read"))}, nil, group, update, rbac.ByDefault},
		{"a permission without scope matches nothing", rules{rule(of("", "read"))}, nil, group, read, rbac.ByDefault},
		{"an unknown name matches nothing", rules{rule(of("resource", "smell"))}, nil, group, read, rbac.ByDefault},
		{"a permission that the class lacks nobody has", rules{rule()}, nil, group, data, rbac.ByDefault},
		{"a class that the schema lacks gives nothing", rules{rule()}, nil, alien, read, rbac.ByDefault},

		{"a class restricts to that class", rules{rule(class("plain"))}, nil, plain, read, rbac.ByRule},
		{"a class matches no other", rules{rule(class("group"))}, nil, plain, read, rbac.ByDefault},
		{"a class is that of the node asked about, not of the rule's", rules{rule(on(group), class("plain"))}, nil, plain, read, rbac.ByRule},
		{"a requirement elsewhere compares with that node's class", rules{rule(class("layer")), rule(class("connection"))}, nil, layer, data, rbac.ByRequirement},
		{"what does not propagate counts on its node", rules{rule(on(plain), here)}, nil, plain, read, rbac.ByRule},
		{"what does not propagate counts not below", rules{rule(on(group), here)}, nil, plain, read, rbac.ByDefault},
		{"what propagates counts below", rules{rule(on(group))}, nil, plain, read, rbac.ByRule},
		{"a rule counts nowhere above", rules{rule(on(plain))}, nil, group, read, rbac.ByDefault},

		{"a group's rule counts for who is in it", rules{rule(to(staff))}, nil, group, read, rbac.ByRule},
		{"a group's rule counts for nobody else", rules{rule(to(crew))}, nil, group, read, rbac.ByDefault},
		{"another's rule does not count", rules{rule(to(bob))}, nil, group, read, rbac.ByDefault},
		{"everyone is a user", rules{rule(to(rbac.Everyone))}, nil, group, read, rbac.ByRule},
		{"everyone is the guest", rules{rule(to(rbac.Everyone))}, tweaks{as(guest)}, group, read, rbac.ByRule},
		{"authenticated is a user", rules{rule(to(rbac.Authenticated))}, nil, group, read, rbac.ByRule},
		{"authenticated is not the guest", rules{rule(to(rbac.Authenticated))}, tweaks{as(guest)}, group, read, rbac.ByDefault},
		{"guest is the guest", rules{rule(to(rbac.Guest))}, tweaks{as(guest)}, group, read, rbac.ByRule},
		{"guest is no user", rules{rule(to(rbac.Guest))}, nil, group, read, rbac.ByDefault},
		{"guest is no user, even through a group", rules{rule(to(rbac.Guest))}, tweaks{as(rbac.Identity{Principal: alice, Groups: []rbac.Principal{rbac.Guest}})}, group, read, rbac.ByDefault},
		{"a group is itself", rules{rule(to(rbac.Administrators))}, tweaks{as(rbac.Identity{Principal: rbac.Administrators, Kind: rbac.Group})}, group, read, rbac.ByRule},
		{"owner is who owns the node", rules{rule(to(rbac.Owner))}, tweaks{ownedBy(plain, alice)}, plain, read, rbac.ByRule},
		{"owner is nobody else", rules{rule(to(rbac.Owner))}, tweaks{ownedBy(plain, bob)}, plain, read, rbac.ByDefault},
		{"owner is nobody where nobody owns it", rules{rule(to(rbac.Owner))}, nil, plain, read, rbac.ByDefault},
		{"owner is not who owns the node of the rule", rules{rule(on(group), to(rbac.Owner))}, tweaks{ownedBy(group, alice)}, plain, read, rbac.ByDefault},
		{"owner can be denied", rules{rule(), rule(to(rbac.Owner), deny)}, tweaks{ownedBy(plain, alice)}, plain, read, rbac.ByDeny},
		{"the guest owns nothing", rules{rule(to(rbac.Owner))}, tweaks{as(guest), ownedBy(plain, rbac.Guest)}, plain, read, rbac.ByDefault},
		{"the guest reigns nowhere", nil, tweaks{as(guest), ownedBy(space, rbac.Guest)}, folder, read, rbac.ByDefault},

		{"a deny below wins", rules{rule(), rule(on(plain), deny)}, nil, plain, read, rbac.ByDeny},
		{"a deny above wins: there is no nearest", rules{rule(deny), rule(on(plain))}, nil, plain, read, rbac.ByDeny},
		{"order does not matter", rules{rule(on(plain)), rule(deny)}, nil, plain, read, rbac.ByDeny},
		{"a deny of one permission leaves the others", rules{rule(), rule(of("resource", "update"), deny)}, nil, group, read, rbac.ByRule},
		{"a deny that does not propagate leaves what is below", rules{rule(), rule(on(group), here, deny)}, nil, plain, read, rbac.ByRule},

		{"it has ceased at that instant", rules{rule(until(t0))}, nil, group, read, rbac.ByDefault},
		{"it has not ceased before", rules{rule(until(t0.Add(1)))}, nil, group, read, rbac.ByRule},
		{"a deny expires too", rules{rule(), rule(deny, until(t0))}, nil, group, read, rbac.ByRule},

		{"a role gives what it holds", rules{rule(role("reader"))}, nil, raster, data, rbac.ByRule},
		{"a role gives nothing else", rules{rule(role("reader"))}, nil, raster, update, rbac.ByDefault},
		{"a role can hold everything", rules{rule(role("everything"))}, nil, layer, write, rbac.ByRule},
		{"a stored role counts", rules{rule(role("stored"))}, nil, group, read, rbac.ByRule},
		{"a role that is gone gives nothing", rules{rule(role("gone"))}, nil, group, read, rbac.ByDefault},
		{"a role can be denied", rules{rule(), rule(role("reader"), deny)}, nil, group, read, rbac.ByDeny},

		{"what requires an own permission is masked without it", rules{rule(of("resource", "update"))}, nil, group, update, rbac.ByRequirement},
		{"what requires a denied permission is masked", rules{rule(), rule(of("resource", "read"), deny)}, nil, group, update, rbac.ByRequirement},
		{"what requires a masked permission is masked", rules{rule(on(plain)), rule(on(layer))}, nil, layer, write, rbac.ByRequirement},
		{"reading needs reading the parent", rules{rule(on(layer))}, nil, layer, read, rbac.ByRequirement},
		{"the parent's need not propagate", rules{rule(on(layer)), rule(on(group), here), rule(here)}, nil, layer, read, rbac.ByRule},
		{"the root has no parent, which is fine", rules{rule(here)}, nil, rbac.Root, read, rbac.ByRule},
		{"a link needs its permission there", rules{rule(), rule(on(cable), of("connection", ""), deny)}, nil, layer, data, rbac.ByRequirement},
		{"a link that leads nowhere is unmet", rules{rule()}, nil, lonely, data, rbac.ByRequirement},
		{"a link that leads nowhere may be fine", rules{rule()}, nil, raster, data, rbac.ByRule},
		{"a link to what is not there is unmet", rules{rule()}, nil, lost, data, rbac.ByRequirement},
		{"links in a circle are unmet", rules{rule()}, nil, twinA, connect, rbac.ByRequirement},
		{"the mask leaves what requires nothing", rules{rule(on(plain))}, nil, plain, update, rbac.ByRule},

		{"a sovereign holds everything", nil, nil, space, write, rbac.BySupervision},
		{"a sovereign holds everything below", nil, nil, folder, update, rbac.BySupervision},
		{"a sovereign holds it whatever a deny says", rules{rule(deny), rule(on(folder), deny)}, nil, folder, update, rbac.BySupervision},
		{"a sovereign holds nothing beside", nil, nil, group, read, rbac.ByDefault},
		{"nobody else is sovereign", nil, tweaks{as(other)}, folder, read, rbac.ByDefault},
		{"owning another class is not sovereign", nil, tweaks{ownedBy(group, alice)}, group, read, rbac.ByDefault},
		{"a group's sovereignty is not its members'", nil, tweaks{ownedBy(space, staff)}, folder, read, rbac.ByDefault},

		{"a seal takes what is given on it", rules{rule(here, of("resource", "read")), rule(on(space))}, tweaks{sealedAt(space), as(user()), ownedBy(space, bob)}, space, update, rbac.BySeal},
		{"a seal takes what is given below it", rules{rule(of("resource", "read")), rule(on(folder))}, tweaks{sealedAt(space), ownedBy(space, bob)}, folder, update, rbac.BySeal},
		{"a seal leaves what is given above it", rules{rule()}, tweaks{sealedAt(space), ownedBy(space, bob)}, folder, update, rbac.ByRule},
		{"a seal leaves what the class keeps open", rules{rule(here), rule(on(space))}, tweaks{sealedAt(space), ownedBy(space, bob)}, folder, read, rbac.ByRule},
		{"what is open is that of the class asked about", rules{rule(here), rule(on(space)), rule(on(raster))}, tweaks{sealedAt(raster)}, raster, read, rbac.BySeal},
		{"a seal takes sovereignty", nil, tweaks{sealedAt(space)}, folder, update, rbac.BySeal},
		{"a seal above takes sovereignty", nil, tweaks{sealedAt(rbac.Root)}, folder, update, rbac.BySeal},
		{"a seal leaves a sovereign what is open", rules{rule(deny)}, tweaks{sealedAt(space)}, folder, read, rbac.BySupervision},
		{"a seal below leaves a sovereign everything", nil, tweaks{sealedAt(folder)}, folder, update, rbac.BySupervision},
		{"a deny below a seal counts", rules{rule(), rule(on(folder), deny)}, tweaks{sealedAt(space), ownedBy(space, bob)}, folder, read, rbac.ByDeny},
		{"the topmost seal counts", rules{rule(here), rule(on(space))}, tweaks{sealedAt(space), sealedAt(folder), ownedBy(space, bob)}, folder, update, rbac.BySeal},

		{"a disabled subject is refused", rules{rule(), rule(to(rbac.Everyone))}, tweaks{as(disabled)}, group, read, rbac.ByDisabling},
		{"a disabled sovereign is refused", nil, tweaks{as(disabled)}, folder, read, rbac.ByDisabling},
		{"a key needs rules of its own", rules{rule()}, tweaks{as(robot)}, group, read, rbac.ByDefault},
		{"a key needs what its user needs", rules{rule(to(key))}, tweaks{as(robot)}, group, read, rbac.ByOwner},
		{"a key with both may", rules{rule(), rule(to(key))}, tweaks{as(robot)}, group, read, rbac.ByRule},
		{"a deny of the user is the key's", rules{rule(), rule(deny), rule(to(key))}, tweaks{as(robot)}, group, read, rbac.ByOwner},
		{"a deny of the key is its own", rules{rule(), rule(to(key)), rule(to(key), deny)}, tweaks{as(robot)}, group, read, rbac.ByDeny},
		{"a key does not reign with its user", nil, tweaks{as(robot)}, folder, read, rbac.ByDefault},
		{"a key has its user's reign within its rules", rules{rule(to(key))}, tweaks{as(robot)}, folder, update, rbac.ByRule},
		{"a key is refused with its user", rules{rule(), rule(to(key))}, tweaks{as(robotOf(disabled))}, group, read, rbac.ByDisabling},
		{"a key without user has what its rules say", rules{rule(to(key))}, tweaks{as(rbac.Identity{Principal: key, Kind: rbac.Key})}, group, update, rbac.ByRule},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := tables()
			w.rules = test.rules
			f := w.facts(user())
			for _, tweak := range test.tweaks {
				tweak(&f)
			}
			schema := newSchema(t)
			x := schema.Explain(f, t0, test.node, test.perm)
			if x.Cause != test.want {
				t.Errorf("the cause is %s, want %s: %+v", x.Cause, test.want, x)
			}
			allows := test.want == rbac.ByRule || test.want == rbac.BySupervision
			if got := schema.Evaluate(f, t0)[test.node].Has(test.perm); got != allows || x.Allowed != allows {
				t.Errorf("Evaluate = %v, Explain = %v, want %v", got, x.Allowed, allows)
			}
		})
	}
}

func TestExplainTells(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	w := tables()
	w.rules = []rbac.Rule{
		rule(func(r *rbac.Rule) { r.Num = 2 }), rule(on(group), deny, of("resource", "read"), func(r *rbac.Rule) { r.Num = 1 }),
	}
	x := schema.Explain(w.facts(user()), t0, layer, "data.write")
	if len(x.Path) != 3 || x.Path[2].Place.Node != layer || len(x.Path[0].Rules) != 1 || len(x.Path[1].Rules) != 0 {
		t.Errorf("Path = %+v, want the way with the rule that speaks of it", x.Path)
	}
	// data.write needs data.read, that resource.read, which is denied.
	var trail []string
	for why := &x; why != nil; why = why.Why {
		step := string(why.Cause)
		if why.Missing != nil {
			step += " " + string(why.Missing.Needs)
		}
		trail = append(trail, step)
	}
	want := []string{"requirement data.read", "requirement resource.read", "deny"}
	if len(trail) != len(want) {
		t.Fatalf("trail = %q, want %q", trail, want)
	}
	for i := range want {
		if trail[i] != want[i] {
			t.Errorf("trail = %q, want %q", trail, want)
		}
	}
	err := &rbac.DeniedError{Explanation: x}
	if got := err.Error(); got != "rbac: principal 100 has no data.write on node 2 (requirement): it needs data.read on node 2" {
		t.Errorf("Error() = %q", got)
	}
}
