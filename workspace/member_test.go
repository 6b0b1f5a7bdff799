package workspace_test

import (
	"slices"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func TestPutMember(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, adaActor := w.user("ada")
		bob, bobActor := w.user("bob")
		in := w.workspace("here", ada, "")
		put := func(roles ...rbac.RoleName) workspace.Member {
			t.Helper()
			m, err := w.PutMember(w.ctx(), adaActor, in.ID, bob.Num, roles)
			w.must(err)
			list, n, err := w.Members(w.ctx(), adaActor, in.ID, workspace.MemberFilter{Principals: []rbac.Principal{bob.Num}})
			w.must(err)
			if n != 1 || !slices.Equal(list[0].Roles, m.Roles) || !slices.Equal(list[0].Rights, m.Rights) || !list[0].Created.Equal(m.Created) || !list[0].Updated.Equal(m.Updated) {
				t.Errorf("read %+v, put %+v", list, m)
			}
			return m
		}
		var first workspace.Member
		w.leaves(func() {
			first = put(workspace.RoleUpload, workspace.RoleAnnex, workspace.RoleUpload)
			put(workspace.RoleAnnex, workspace.RoleUpload) // the same
		}, "member.put")
		if !slices.Equal(first.Roles, []rbac.RoleName{workspace.RoleAnnex, workspace.RoleUpload}) {
			t.Errorf("roles %v", first.Roles)
		}
		rules := func() []rbac.Rule {
			list, err := w.rights.Rules(w.ctx(), rbac.RuleFilter{Nodes: []rbac.Node{in.Num}, Principals: []rbac.Principal{bob.Num}, Origin: "member"})
			w.must(err)
			return list
		}
		kept := rules()[0]
		w.clock.pass(time.Minute)
		second := put(kept.Role, workspace.RoleCommunity)
		if !second.Created.Equal(first.Created) || !second.Updated.After(first.Updated) {
			t.Errorf("first %+v, second %+v", first, second)
		}
		if now := rules(); len(now) != 2 || now[0].ID != kept.ID || !now[1].Propagate {
			t.Errorf("rules %+v: only what differs is to change", now)
		}
		holds, err := w.rights.Check(w.ctx(), bob.Num, in.Num, workspace.ManageMembers, rbac.Latest())
		w.must(err)
		if !holds {
			t.Error("the role is without effect")
		}
		put()
		_, _, err = w.Members(w.ctx(), bobActor, in.ID, workspace.MemberFilter{})
		wantErr(t, err, rbac.ErrDenied)
		_, err = w.Workspace(w.ctx(), bobActor, in.ID)
		w.must(err)
	})
}

func TestPutMemberRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, adaActor := w.user("ada")
	bob, _ := w.user("bob")
	in, other := w.workspace("here", ada, ""), w.workspace("there", ada, "")
	foreign, err := w.CreateGroup(w.ctx(), w.admin, workspace.Group{Workspace: other.ID, Name: "theirs"})
	w.must(err)
	_, member := w.member(in, "member", workspace.RoleBroadcast)
	before := dbtest.Fingerprint(t, w.db)
	for _, role := range []rbac.RoleName{workspace.RoleMember, workspace.RoleOrganizationAdministrator, workspace.RolePlatformAdministrator, "", "none"} {
		_, err := w.PutMember(w.ctx(), w.admin, in.ID, bob.Num, []rbac.RoleName{workspace.RoleAnnex, role})
		wantInvalid(t, err, "roles")
	}
	for _, p := range []rbac.Principal{0, rbac.Guest, rbac.Everyone, rbac.Authenticated, rbac.Administrators, rbac.Owner, 4711, in.Audience, other.Audience, foreign.Num} {
		_, err := w.PutMember(w.ctx(), w.admin, in.ID, p, nil)
		wantErr(t, err, workspace.ErrNotFound)
	}
	_, err = w.PutMember(w.ctx(), member, in.ID, bob.Num, nil)
	wantErr(t, err, rbac.ErrDenied)
	_, err = w.PutMember(w.ctx(), member, other.ID, bob.Num, nil)
	wantErr(t, err, workspace.ErrNotFound)
	wantErr(t, w.RemoveMember(w.ctx(), adaActor, in.ID, bob.Num), workspace.ErrNotFound)
	wantErr(t, w.Leave(w.ctx(), as(bob), in.ID), workspace.ErrNotFound)
	wantErr(t, w.Leave(w.ctx(), w.admin, in.ID), workspace.ErrNotFound)
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("a refusal left something")
	}
	w.must(w.PutRole(w.ctx(), w.admin, rbac.Role{Name: "publisher", Title: "P", Permissions: []rbac.Permission{workspace.Broadcast, workspace.Annex}}))
	m, err := w.PutMember(w.ctx(), w.admin, in.ID, bob.Num, []rbac.RoleName{"publisher"})
	w.must(err)
	if !slices.Equal(m.Rights, []rbac.RoleName{workspace.RoleAnnex, workspace.RoleBroadcast}) {
		t.Errorf("rights %v", m.Rights)
	}
}

// TestMembersOfOne lists one workspace among several.
func TestMembersOfOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, adaActor := w.user("ada")
	bob, _ := w.user("bob")
	in, other := w.workspace("here", ada, ""), w.workspace("there", bob, "")
	w.member(other, "theirs", workspace.RoleUpload)
	mine, _ := w.member(in, "mine", workspace.RoleUpload)
	list, n, err := w.Members(w.ctx(), adaActor, in.ID, workspace.MemberFilter{Workspace: other.ID})
	w.must(err)
	if n != 2 || len(list) != 2 || list[0].User != ada.ID || list[1].User != mine.ID {
		t.Errorf("%d members: %+v", n, list)
	}
	people, err := w.People(w.ctx(), adaActor, in.ID, []rbac.Principal{mine.Num, bob.Num, ada.Num})
	w.must(err)
	if len(people) != 2 || people[mine.Num].Username != "mine" || people[ada.Num].Username != "ada" {
		t.Errorf("people %+v", people)
	}
	people, err = w.People(w.ctx(), adaActor, in.ID, nil)
	w.must(err)
	if len(people) != 0 {
		t.Errorf("asked for nobody, got %+v", people)
	}
}

// TestShown looks at what fellow members are told of an administrator.
func TestShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root, err := w.Me(w.ctx(), w.admin)
	w.must(err)
	w.must(w.Touch(w.ctx(), w.admin))
	in := w.workspace("here", root, "")
	_, actor := w.member(in, "bob", workspace.RoleCommunity)
	g, err := w.CreateGroup(w.ctx(), actor, workspace.Group{Workspace: in.ID, Name: "group"})
	w.must(err)
	w.must(w.AddToGroup(w.ctx(), actor, g.ID, root.ID))
	people, err := w.People(w.ctx(), actor, in.ID, []rbac.Principal{root.Num})
	w.must(err)
	d, err := w.Workspace(w.ctx(), actor, in.ID)
	w.must(err)
	users, _, err := w.GroupUsers(w.ctx(), actor, g.ID, workspace.UserFilter{Administrator: ptr(false)})
	w.must(err)
	if len(users) != 1 {
		t.Fatalf("asking who is an administrator is answered: %+v", users)
	}
	for _, u := range []workspace.User{people[root.Num], d.SupervisedBy, users[0]} {
		if u.Email != root.Email || u.Administrator || !u.LastCall.IsZero() {
			t.Errorf("shown %+v", u)
		}
	}
}

func TestRemoveMember(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, adaActor := w.user("ada")
		in := w.workspace("here", ada, "")
		bob, bobActor := w.member(in, "bob", workspace.RoleEditor)
		g, err := w.CreateGroup(w.ctx(), adaActor, workspace.Group{Workspace: in.ID, Name: "editors"})
		w.must(err)
		w.must(w.AddToGroup(w.ctx(), adaActor, g.ID, bob.ID))
		_, err = w.PutMember(w.ctx(), adaActor, in.ID, g.Num, []rbac.RoleName{workspace.RoleCommunity})
		w.must(err)
		w.leaves(func() { w.must(w.RemoveMember(w.ctx(), adaActor, in.ID, bob.Num)) }, "member.remove")
		_, err = w.Workspace(w.ctx(), bobActor, in.ID)
		wantErr(t, err, workspace.ErrNotFound)
		users, _, err := w.GroupUsers(w.ctx(), adaActor, g.ID, workspace.UserFilter{})
		w.must(err)
		if len(users) != 0 {
			t.Errorf("he is still in a group: %+v", users)
		}
		rules, err := w.rights.Rules(w.ctx(), rbac.RuleFilter{Principals: []rbac.Principal{bob.Num}})
		w.must(err)
		if len(rules) != 0 {
			t.Errorf("rules left: %+v", rules)
		}
		// Who comes back has nothing of before.
		m, err := w.PutMember(w.ctx(), adaActor, in.ID, bob.Num, nil)
		w.must(err)
		if len(m.Roles) != 0 {
			t.Errorf("roles %v", m.Roles)
		}
		w.must(w.Deactivate(w.ctx(), w.admin, in.ID))
		w.leaves(func() { wantErr(t, w.Leave(w.ctx(), bobActor, in.ID), workspace.ErrInactive) })
		w.must(w.Activate(w.ctx(), w.admin, in.ID))
		w.leaves(func() { w.must(w.Leave(w.ctx(), bobActor, in.ID)) }, "member.leave")
	})
}

func TestMemberships(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, adaActor := w.user("ada")
	bob, bobActor := w.user("bob")
	one, two, three := w.workspace("one", ada, ""), w.workspace("two", ada, ""), w.workspace("three", bob, "")
	w.workspace("four", ada, "")
	g, err := w.CreateGroup(w.ctx(), w.admin, workspace.Group{Name: "team"})
	w.must(err)
	w.must(w.AddToGroup(w.ctx(), w.admin, g.ID, bob.ID))
	_, err = w.PutMember(w.ctx(), adaActor, two.ID, g.Num, []rbac.RoleName{workspace.RoleAdministrator})
	w.must(err)
	_, err = w.PutMember(w.ctx(), adaActor, one.ID, bob.Num, []rbac.RoleName{workspace.RoleUpload})
	w.must(err)
	list, err := w.Memberships(w.ctx(), bobActor, bob.ID)
	w.must(err)
	if len(list) != 3 || list[0].Workspace.ID != one.ID || list[1].Workspace.ID != two.ID || list[2].Workspace.ID != three.ID {
		t.Fatalf("memberships %+v", list)
	}
	for i, want := range [][]rbac.RoleName{{workspace.RoleUpload}, workspace.Rights(), workspace.Rights()} {
		if !slices.Equal(list[i].Rights, want) {
			t.Errorf("rights in %s: %v", list[i].Workspace.Name, list[i].Rights)
		}
	}
	if !slices.Equal(list[1].Roles, []rbac.RoleName{workspace.RoleAdministrator}) || len(list[2].Roles) != 0 {
		t.Errorf("roles %+v", list)
	}
	_, err = w.Memberships(w.ctx(), bobActor, ada.ID)
	wantErr(t, err, rbac.ErrDenied)
	_, err = w.Memberships(w.ctx(), w.admin, bob.ID)
	w.must(err)
}

func TestGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, adaActor := w.user("ada")
	in := w.workspace("here", ada, "")
	bob, bobActor := w.member(in, "bob")
	eve, eveActor := w.user("eve")
	var g workspace.Group
	w.leaves(func() {
		var err error
		g, err = w.CreateGroup(w.ctx(), adaActor, workspace.Group{Workspace: in.ID, Name: " Editors "})
		w.must(err)
		w.must(w.AddToGroup(w.ctx(), adaActor, g.ID, bob.ID))
		w.must(w.AddToGroup(w.ctx(), adaActor, g.ID, bob.ID))
		_, err = w.UpdateGroup(w.ctx(), adaActor, g.ID, func(g *workspace.Group) error { g.Description = "d"; return nil })
		w.must(err)
		_, err = w.UpdateGroup(w.ctx(), adaActor, g.ID, func(*workspace.Group) error { return nil })
		w.must(err)
	}, "group.create", "group.add_user", "group.update")
	before := dbtest.Fingerprint(t, w.db)
	_, err := w.CreateGroup(w.ctx(), adaActor, workspace.Group{Workspace: in.ID, Name: "EDITORS"})
	wantErr(t, err, workspace.ErrTaken)
	_, err = w.CreateGroup(w.ctx(), adaActor, workspace.Group{Workspace: in.ID, Name: "x"})
	wantInvalid(t, err, "name")
	_, err = w.UpdateGroup(w.ctx(), adaActor, g.ID, func(g *workspace.Group) error { g.Workspace = ""; return nil })
	wantInvalid(t, err, "workspace")
	wantErr(t, w.AddToGroup(w.ctx(), adaActor, g.ID, eve.ID), workspace.ErrNotFound)
	wantErr(t, w.RemoveFromGroup(w.ctx(), adaActor, g.ID, eve.ID), workspace.ErrNotFound)
	wantErr(t, w.AddToGroup(w.ctx(), bobActor, g.ID, bob.ID), rbac.ErrDenied)
	wantErr(t, w.AddToGroup(w.ctx(), eveActor, g.ID, eve.ID), workspace.ErrNotFound)
	_, err = w.CreateGroup(w.ctx(), adaActor, workspace.Group{Name: "platform"})
	wantErr(t, err, rbac.ErrDenied)
	_, _, err = w.Groups(w.ctx(), adaActor, workspace.GroupFilter{})
	wantErr(t, err, rbac.ErrDenied)
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("a refusal left something")
	}
	platform, err := w.CreateGroup(w.ctx(), w.admin, workspace.Group{Name: "platform"})
	w.must(err)
	_, _, err = w.GroupUsers(w.ctx(), adaActor, platform.ID, workspace.UserFilter{})
	wantErr(t, err, workspace.ErrNotFound)
	list, n, err := w.Groups(w.ctx(), w.admin, workspace.GroupFilter{})
	w.must(err)
	if n != 1 || list[0].ID != platform.ID {
		t.Errorf("groups of the platform: %+v", list)
	}
	list, n, err = w.Groups(w.ctx(), adaActor, workspace.GroupFilter{Workspace: in.ID, Platform: true})
	w.must(err)
	if n != 1 || list[0].ID != g.ID {
		t.Errorf("groups of the workspace: %+v", list)
	}
	w.leaves(func() {
		w.must(w.RemoveFromGroup(w.ctx(), adaActor, g.ID, bob.ID))
		w.must(w.DeleteGroup(w.ctx(), adaActor, g.ID))
		wantErr(t, w.DeleteGroup(w.ctx(), adaActor, g.ID), workspace.ErrNotFound)
	}, "group.remove_user", "group.delete")
}
