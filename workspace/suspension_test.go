package workspace_test

import (
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func TestSuspend(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, adaActor := w.user("ada")
		o := w.organization("o", 0)
		in := w.workspace("here", ada, o.ID)
		bob, bobActor := w.member(in, "bob", workspace.RoleAdministrator)
		g, err := w.CreateGroup(w.ctx(), adaActor, workspace.Group{Workspace: in.ID, Name: "editors"})
		w.must(err)
		w.must(w.AddToGroup(w.ctx(), adaActor, g.ID, bob.ID))
		_, err = w.PutMember(w.ctx(), adaActor, in.ID, g.Num, []rbac.RoleName{workspace.RoleEditor})
		w.must(err)
		holds := func(perm rbac.Permission) bool {
			t.Helper()
			may, err := w.rights.Check(w.ctx(), bob.Num, in.Num, perm, rbac.Latest())
			w.must(err)
			return may
		}
		var m workspace.Member
		w.leaves(func() {
			m, err = w.Suspend(w.ctx(), adaActor, in.ID, bob.Num)
			w.must(err)
			_, err = w.Suspend(w.ctx(), adaActor, in.ID, bob.Num)
			w.must(err)
		}, "member.suspend")
		if !m.Suspended || len(m.Roles) != 1 {
			t.Errorf("suspended %+v", m)
		}
		for _, perm := range []rbac.Permission{workspace.Read, workspace.ManageMembers, workspace.Upload} {
			if holds(perm) {
				t.Errorf("he still holds %s", perm)
			}
		}
		_, err = w.Resume(w.ctx(), bobActor, in.ID, bob.Num)
		wantErr(t, err, workspace.ErrNotFound)
		list, _, err := w.Members(w.ctx(), adaActor, in.ID, workspace.MemberFilter{Suspended: ptr(true)})
		w.must(err)
		if len(list) != 1 || list[0].User != bob.ID || !list[0].Suspended {
			t.Errorf("listed %+v", list)
		}
		w.leaves(func() {
			m, err = w.Resume(w.ctx(), adaActor, in.ID, bob.Num)
			w.must(err)
		}, "member.resume")
		if m.Suspended || !holds(workspace.ManageMembers) || !holds(workspace.Upload) {
			t.Errorf("let in again: %+v", m)
		}
		// The group as one.
		_, err = w.Suspend(w.ctx(), adaActor, in.ID, g.Num)
		w.must(err)
		if holds(workspace.Read) {
			t.Error("suspending the group did not suspend who is in it")
		}
		_, err = w.Resume(w.ctx(), adaActor, in.ID, g.Num)
		w.must(err)

		boss, _ := w.member(in, "boss")
		w.must(w.AddOrganizationUser(w.ctx(), w.admin, o.ID, boss.ID))
		root, err := w.Me(w.ctx(), w.admin)
		w.must(err)
		_, err = w.PutMember(w.ctx(), w.admin, in.ID, root.Num, nil)
		w.must(err)
		before := dbtest.Fingerprint(t, w.db)
		_, err = w.Suspend(w.ctx(), bobActor, in.ID, ada.Num)
		wantErr(t, err, workspace.ErrSupervisor)
		for _, p := range []rbac.Principal{boss.Num, root.Num} {
			_, err = w.Suspend(w.ctx(), bobActor, in.ID, p)
			wantErr(t, err, workspace.ErrSuperior)
		}
		_, err = w.Suspend(w.ctx(), bobActor, in.ID, 4711)
		wantErr(t, err, workspace.ErrNotFound)
		if dbtest.Fingerprint(t, w.db) != before {
			t.Error("a refusal left something")
		}
		w.must(w.AddToGroup(w.ctx(), adaActor, g.ID, boss.ID))
		_, err = w.Suspend(w.ctx(), bobActor, in.ID, g.Num)
		wantErr(t, err, workspace.ErrSuperior)

		// Who leaves and comes back is suspended no more.
		_, err = w.Suspend(w.ctx(), adaActor, in.ID, bob.Num)
		w.must(err)
		w.must(w.RemoveMember(w.ctx(), adaActor, in.ID, bob.Num))
		m, err = w.PutMember(w.ctx(), adaActor, in.ID, bob.Num, nil)
		w.must(err)
		if m.Suspended || !holds(workspace.Read) {
			t.Errorf("back again: %+v", m)
		}
	})
}
