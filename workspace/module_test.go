package workspace_test

import (
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func grades() []workspace.Grade {
	return []workspace.Grade{workspace.NoAccess, workspace.Reading, workspace.Limited, workspace.FullAccess}
}

// TestModules gives each grade in each module, and wants it to hold itself and
// what is below it, there and nowhere else.
func TestModules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.user("ada")
	in := w.workspace("here", ada, "")
	u, _ := w.member(in, "u")
	if len(workspace.Modules()) != 7 {
		t.Errorf("modules %v", workspace.Modules())
	}
	for _, m := range workspace.Modules() {
		for _, given := range grades() {
			var roles []rbac.RoleName
			if given != workspace.NoAccess {
				roles = append(roles, m.Role(given))
			}
			_, err := w.PutMember(w.ctx(), w.admin, in.ID, u.Num, roles)
			w.must(err)
			if got := m.Grade(roles); got != given {
				t.Errorf("%s: grade %d of %v, want %d", m, got, roles, given)
			}
			for _, other := range workspace.Modules() {
				for _, asked := range grades()[1:] {
					want := other == m && asked <= given
					if got := w.holds(u.Num, in.Num, other.Permission(asked)); got != want {
						t.Errorf("%s %d: holds %s: %t", m, given, other.Permission(asked), got)
					}
				}
				if other != m && other.Grade(roles) != workspace.NoAccess {
					t.Errorf("%s: a grade of %v", other, roles)
				}
			}
		}
		for _, no := range []workspace.Grade{workspace.NoAccess, workspace.FullAccess + 1, -1} {
			if m.Role(no) != "" || m.Permission(no) != "" {
				t.Errorf("%s: %q and %q for %d", m, m.Role(no), m.Permission(no), no)
			}
		}
	}
	if g := workspace.ModuleRoom.Grade([]rbac.RoleName{"room read", "tender full", "room limited"}); g != workspace.Limited {
		t.Errorf("the best of two is %d", g)
	}
	// Without what is below it, a grade is worth nothing.
	_, err := w.PutMember(w.ctx(), w.admin, in.ID, u.Num, nil)
	w.must(err)
	for _, m := range workspace.Modules() {
		full := m.Permission(workspace.FullAccess)
		w.grant(rbac.Rule{Node: in.Num, Effect: rbac.Allow, Principal: u.Num, Scope: full.Scope(), Permission: full.Name(), Origin: "manual"})
		if w.holds(u.Num, in.Num, full) {
			t.Errorf("%s without reading", full)
		}
	}
	// A project administrator holds all of them, and what it takes to administer.
	_, err = w.PutMember(w.ctx(), w.admin, in.ID, u.Num, []rbac.RoleName{workspace.RoleProjectAdministrator})
	w.must(err)
	for _, m := range workspace.Modules() {
		if !w.holds(u.Num, in.Num, m.Permission(workspace.FullAccess)) {
			t.Errorf("a project administrator lacks %s", m.Permission(workspace.FullAccess))
		}
	}
	for perm, want := range map[rbac.Permission]bool{
		workspace.Enter: true, workspace.ManageMembers: true, workspace.ReadAudit: true, workspace.BackUpDatabase: true,
		workspace.ConfigureBIM: true, workspace.ConnectDatabase: true,
		workspace.Update: false, workspace.Transfer: false, workspace.ManageKeys: false, workspace.ManageRules: false, workspace.Upload: false,
	} {
		if got := w.holds(u.Num, in.Num, perm); got != want {
			t.Errorf("a project administrator holds %s: %t", perm, got)
		}
	}
	if w.holds(ada.Num, rbac.Root, workspace.ManageWorkspaces) || !w.holds(ada.Num, in.Num, workspace.Enter) {
		t.Error("the supervisor enters, and no more than that")
	}
}

// TestModulesAreGivenByWhoHasThem gives every grade by somebody of every grade.
func TestModulesAreGivenByWhoHasThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, _ := w.user("ada")
	in := w.workspace("here", ada, "")
	giver, actor := w.member(in, "giver")
	taker, _ := w.member(in, "taker")
	m, other := workspace.ModuleEquipment, workspace.ModuleSystem
	for _, has := range grades() {
		roles := []rbac.RoleName{workspace.RoleCommunity}
		if has != workspace.NoAccess {
			roles = append(roles, m.Role(has))
		}
		_, err := w.PutMember(w.ctx(), w.admin, in.ID, giver.Num, roles)
		w.must(err)
		for _, gives := range grades()[1:] {
			_, err := w.PutMember(w.ctx(), w.admin, in.ID, taker.Num, nil)
			w.must(err)
			err = w.reenrol(actor, in, taker.Num, func(e *workspace.Enrolment) { e.Roles = []rbac.RoleName{m.Role(gives)} })
			if gives <= has {
				w.must(err)
			} else {
				wantErr(t, err, rbac.ErrDenied)
			}
			wantErr(t, w.reenrol(actor, in, taker.Num, func(e *workspace.Enrolment) {
				e.Roles = append(e.Roles, other.Role(gives))
			}), rbac.ErrDenied)
		}
	}
}
