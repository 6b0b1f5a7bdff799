package resource_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// throng fills the city with those whom rules can name: users in groups of it
// and of the platform, and keys.
func (w *world) throng() (groups []rbac.Principal) {
	w.Helper()
	for _, in := range []workspace.ID{w.city.ID, ""} {
		g, err := w.workspaces.CreateGroup(w.Context(), w.admin, workspace.Group{Workspace: in, Name: "group" + string(in)})
		w.ok(err)
		groups = append(groups, g.Num)
		for _, u := range []workspace.Actor{w.editor, w.member} {
			w.ok(w.workspaces.AddToGroup(w.Context(), w.admin, g.ID, u.User))
		}
		if in == "" {
			w.ok(w.workspaces.AddToGroup(w.Context(), w.admin, g.ID, w.user("cousin").User))
			_, err := w.workspaces.PutMember(w.Context(), w.admin, w.city.ID, g.Num, nil)
			w.ok(err)
		}
	}
	w.key(w.manager, w.city.ID, workspace.RoleEditor)
	w.key(w.manager, w.city.ID, workspace.RoleViewer)
	w.key(w.editor, "", "")
	w.user("stranger")
	gone := w.user("gone")
	w.join(w.city, gone, workspace.RoleEditor)
	_, err := w.workspaces.UpdateUser(w.Context(), w.admin, gone.User, func(u *workspace.User) error { u.Disabled = true; return nil })
	w.ok(err)
	return groups
}

// perms are all permissions that there are on some resources, as somebody holds
// them whom nobody has denied any yet.
func (w *world) perms(nodes []rbac.Node) map[rbac.Node][]rbac.Permission {
	w.Helper()
	perms := map[rbac.Node][]rbac.Permission{}
	for _, n := range nodes {
		set, err := w.rights.Effective(w.Context(), w.boss.Principal, n, rbac.Latest())
		w.ok(err)
		perms[n] = set.List()
	}
	return perms
}

// everybody are all principals that there are.
func (w *world) everybody() []rbac.Principal {
	list := make([]rbac.Principal, 0, 80)
	for p := range rbac.Principal(80) {
		if _, err := w.rights.Check(w.Context(), p, rbac.Root, resource.Read, rbac.Latest()); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// TestAccessAgrees compares who is listed with what each of them is answered, in
// trees with rules at random, for every permission.
func TestAccessAgrees(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		groups := w.throng()
		inner := w.branch(w.city.Num)
		nodes := []rbac.Node{w.city.Num, inner, w.leaf(inner)}
		everybody := w.everybody()
		named := append(slices.Clone(everybody), groups...)
		random := rand.New(rand.NewPCG(1, 7))
		perms := w.perms(nodes)
		for round := range 12 {
			// Who has said who he is sees the city from some time on, and guests from a later one.
			for at, who := range map[int]rbac.Principal{2: rbac.Authenticated, 7: rbac.Guest} {
				if round == at {
					w.grant(w.city.Num, who, workspace.Read, true)
					w.grant(w.city.Num, who, resource.Read, true)
				}
			}
			for range 1 + random.IntN(4) {
				on, who := nodes[random.IntN(3)], named[random.IntN(len(named))]
				perm := perms[nodes[2]][random.IntN(len(perms[nodes[2]]))]
				if random.IntN(4) == 0 {
					who = []rbac.Principal{rbac.Guest, rbac.Everyone, rbac.Authenticated, rbac.Owner, w.city.Audience}[random.IntN(5)]
				}
				if random.IntN(4) == 0 {
					w.deny(on, who, perm, random.IntN(2) == 0)
				} else {
					w.grant(on, who, perm, random.IntN(4) > 0)
				}
			}
			for _, n := range nodes {
				w.agrees(n, everybody, perms[n])
			}
		}
	})
}

// agrees wants everybody to be listed with what he is answered yes to, and
// nobody else.
func (w *world) agrees(n rbac.Node, everybody []rbac.Principal, perms []rbac.Permission) {
	w.Helper()
	keys, err := w.db.Resources().PartyNums(w.Context(), workspace.PartyFilter{Workspace: w.city.ID, Kinds: []rbac.Kind{rbac.Key}})
	w.ok(err)
	members, _, err := w.workspaces.Users(w.Context(), w.admin, workspace.UserFilter{})
	w.ok(err)
	users := map[rbac.Principal]bool{}
	for _, u := range members {
		in, err := w.db.Workspaces().Workspaces(w.Context(), workspace.Filter{IDs: []workspace.ID{w.city.ID}, Member: u.Num})
		w.ok(err)
		users[u.Num] = len(in) > 0
	}
	may := func(p rbac.Principal, perm rbac.Permission) bool {
		w.Helper()
		yes, err := w.rights.Check(w.Context(), p, n, perm, rbac.Latest())
		w.ok(err)
		return yes
	}
	for _, perm := range append(slices.Clip(perms), "data.nonsense") {
		want := []rbac.Principal{}
		for _, p := range everybody {
			member, user := users[p]
			switch {
			case p == rbac.Everyone && may(rbac.Guest, perm) && may(rbac.Authenticated, perm),
				p == rbac.Guest && may(p, perm), p == rbac.Authenticated && may(p, perm),
				slices.Contains(keys, p) && may(p, perm),
				user && member && may(p, perm):
				want = append(want, p)
			case user && !member && may(p, perm) && slices.ContainsFunc(perms, func(perm rbac.Permission) bool {
				return may(p, perm) && !may(rbac.Authenticated, perm)
			}):
				want = append(want, p)
			}
		}
		got := []rbac.Principal{}
		list, total, err := w.resources.Access(w.Context(), w.boss, n, resource.AccessFilter{Permission: perm})
		w.ok(err)
		for _, a := range list {
			if got = append(got, a.Num); !a.Set.Has(perm) {
				w.Errorf("%d is listed with %v, and not %s", a.Num, a.Set.List(), perm)
			}
		}
		if !slices.Equal(got, want) || total != len(want) {
			w.Fatalf("%s on %d: %v of %d, want %v", perm, n, got, total, want)
		}
	}
	w.whole(n, perms, may)
}

// whole wants all that somebody has to be listed at once, and the same in pages.
func (w *world) whole(n rbac.Node, perms []rbac.Permission, may func(p rbac.Principal, perm rbac.Permission) bool) {
	w.Helper()
	list, total, err := w.resources.Access(w.Context(), w.boss, n, resource.AccessFilter{})
	w.ok(err)
	var rows []string
	for _, a := range list {
		var has []rbac.Permission
		for _, perm := range perms {
			if may(a.Num, perm) && (a.Num != rbac.Everyone || may(rbac.Guest, perm)) {
				has = append(has, perm)
			}
		}
		if !slices.Equal(a.Set.List(), has) || len(has) == 0 {
			w.Fatalf("%d has %v on %d, want %v", a.Num, a.Set.List(), n, has)
		}
		supervises, above := a.Num == w.boss.Principal, a.Num == w.root.Principal
		if a.Supervisor != supervises || a.Administrator != above {
			w.Errorf("%d: supervisor %v, administrator %v", a.Num, a.Supervisor, a.Administrator)
		}
		rows = append(rows, fmt.Sprint(a))
	}
	for _, descending := range []bool{false, true} {
		var pages []string
		f := resource.AccessFilter{Descending: descending, Limit: 2}
		for range total { // pages that do not go on are no reason to do so
			page, n, err := w.resources.Access(w.Context(), w.boss, n, f)
			if w.ok(err); n != total || len(page) > 2 {
				w.Fatalf("%d of %d, want %d", len(page), n, total)
			}
			if len(page) == 0 {
				break
			}
			for _, a := range page {
				pages = append(pages, fmt.Sprint(a))
			}
			f.After = &page[len(page)-1].Num
		}
		if descending {
			slices.Reverse(pages)
		}
		if !slices.Equal(pages, rows) {
			w.Fatalf("in pages\n%v\nat once\n%v", pages, rows)
		}
	}
}

// TestAccessIsShown lists as people who may know more and less of others.
func TestAccessIsShown(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.throng()
		n := w.branch(w.city.Num)
		w.grant(n, rbac.Everyone, resource.Read, true)
		w.grant(w.city.Num, rbac.Everyone, workspace.Read, true)
		w.grant(w.city.Num, rbac.Everyone, resource.Read, true)
		special := "special guest, special everyone, special authenticated"
		listed := func(who workspace.Actor, f resource.AccessFilter) string {
			w.Helper()
			list, total, err := w.resources.Access(w.Context(), who, n, f)
			w.ok(err)
			if total != len(list) {
				w.Errorf("%d of %d", len(list), total)
			}
			text := ""
			for _, a := range list {
				name := a.Name
				if name == "" {
					name = "?"
				}
				if a.Member != (a.Kind == rbac.User && name != "?" && a.Num != w.root.Principal) {
					w.Errorf("%+v", a)
				}
				kind := string(a.Kind)
				if a.Kind == rbac.System {
					kind = "special"
				}
				text += ", " + kind + " " + name
			}
			return text[min(len(text), 2):]
		}
		robot := w.key(w.manager, w.city.ID, workspace.RoleEditor)
		w.grant(w.city.Num, robot.Principal, workspace.ReadMembers, false)
		w.grant(w.city.Num, robot.Principal, workspace.ManageKeys, false)
		w.grant(n, robot.Principal, resource.ChangePermissions, false)
		people := "user Test boss, user Test manager, user Test editor, user Test viewer, user Test member"
		for _, c := range []struct {
			name string
			who  workspace.Actor
			f    resource.AccessFilter
			want string
		}{
			{"the guest", w.guest, resource.AccessFilter{}, special},
			{"a stranger", w.mallory, resource.AccessFilter{}, special},
			{"who may only read", w.viewer, resource.AccessFilter{}, special + ", user ?"},
			{
				"who manages all", w.manager,
				resource.AccessFilter{},
				special + ", user ?, " + people + ", user ?, key key, key key, key key",
			},
			{
				"the platform's", w.root,
				resource.AccessFilter{},
				special + ", user ?, " + people + ", user ?, key key, key key, key key",
			},
			{"a key that manages all", robot, resource.AccessFilter{}, special + ", user ?, " + people + ", user ?, key ?, key ?, key ?"},
			{"by name", w.manager, resource.AccessFilter{Search: "VIEW"}, "user Test viewer"},
			{"by an address", w.manager, resource.AccessFilter{Search: "viewer@"}, "user Test viewer"},
			{"by the name of who has none here", w.manager, resource.AccessFilter{Search: "cousin"}, ""},
			{"by name, of a stranger", w.mallory, resource.AccessFilter{Search: "viewer"}, ""},
			{"by name, of a special one", w.mallory, resource.AccessFilter{Search: "AUTH"}, "special authenticated"},
			{"keys", w.manager, resource.AccessFilter{Kinds: []rbac.Kind{rbac.Key}}, "key key, key key, key key"},
			{"users", w.manager, resource.AccessFilter{Kinds: []rbac.Kind{rbac.User}, Search: "test e"}, "user Test editor"},
			{"special ones", w.manager, resource.AccessFilter{Kinds: []rbac.Kind{rbac.System}}, special},
			{"no kind", w.manager, resource.AccessFilter{Kinds: []rbac.Kind{}}, ""},
			{"who may nothing of the kind", w.manager, resource.AccessFilter{Permission: "nonsense"}, ""},
			{"who may change", w.manager, resource.AccessFilter{Permission: resource.Update, Search: "e"}, "user Test boss, user Test manager, user Test editor, key key, key key"},
		} {
			if got := listed(c.who, c.f); got != c.want {
				w.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}

		// Somebody who sees the members, or makes the rules, without the other.
		clerk, ruler, warden := w.user("clerk"), w.user("ruler"), w.user("warden")
		for _, u := range []workspace.Actor{clerk, ruler, warden} {
			w.join(w.city, u)
		}
		w.grant(w.city.Num, clerk.Principal, workspace.ReadMembers, false)
		w.grant(n, ruler.Principal, resource.ChangePermissions, false)
		w.grant(w.city.Num, warden.Principal, workspace.ManageKeys, false)
		more := ", user Test clerk, user Test ruler, user Test warden"
		if got, want := listed(clerk, resource.AccessFilter{}), special+", "+people+", user ?"+more; got != want {
			w.Errorf("who sees members: %s, want %s", got, want)
		}
		unnamed := ", user ?, user ?, user ?, user ?, user ?, user ?, user ?"
		if got, want := listed(ruler, resource.AccessFilter{}), special+unnamed+", key ?, key ?, key ?, user ?, user ?, user ?"; got != want {
			w.Errorf("who makes the rules: %s, want %s", got, want)
		}
		if got, want := listed(warden, resource.AccessFilter{}), special+", key key, key key, key key, user ?"; got != want {
			w.Errorf("who manages keys: %s, want %s", got, want)
		}
		if got := listed(ruler, resource.AccessFilter{Search: "viewer"}); got != "" {
			w.Errorf("who knows no names finds %s", got)
		}
	})
}

// TestAccessOfTheRoot lists who has what on the platform.
func TestAccessOfTheRoot(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		list, total, err := w.resources.Access(w.Context(), w.root, rbac.Root, resource.AccessFilter{})
		w.ok(err)
		if total != 2 || list[0].Name != "authenticated" || list[0].Administrator ||
			list[1].Num != w.root.Principal || !list[1].Administrator || list[1].Supervisor || list[1].Name != "" {
			w.Errorf("%+v", list)
		}
		list, total, err = w.resources.Access(w.Context(), w.boss, rbac.Root, resource.AccessFilter{})
		if w.ok(err); total != 1 || list[0].Num != rbac.Authenticated {
			w.Errorf("%+v", list)
		}
		_, _, err = w.resources.Access(w.Context(), w.guest, rbac.Root, resource.AccessFilter{})
		w.wants(err, rbac.ErrDenied)
		_, _, err = w.resources.Access(w.Context(), w.root, 1<<40, resource.AccessFilter{})
		w.wants(err, resource.ErrNotFound)
		_, _, err = w.resources.Access(w.Context(), w.member, w.branch(w.city.Num), resource.AccessFilter{})
		w.wants(err, rbac.ErrDenied)
	})
}
