package workspace_test

import (
	"context"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// grant makes a rule that no service would.
func (w *world) grant(r rbac.Rule) rbac.Rule {
	w.t.Helper()
	var made rbac.Rule
	w.must(w.db.Tx(w.ctx(), func(ctx context.Context) (err error) {
		made, err = w.rights.Grant(ctx, r)
		return err
	}))
	return made
}

// TestNobodyEditsHisWayUp tries every path by which rights are given.
func TestNobodyEditsHisWayUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, adaActor := w.user("ada")
		bob, _ := w.user("bob")
		o := w.organization("o", 0)
		in := w.workspace("here", ada, o.ID)
		host, manager := w.member(in, "host", workspace.RoleCommunity)
		chief, administrator := w.member(in, "chief", workspace.RoleAdministrator)
		strong, err := w.CreateGroup(w.ctx(), adaActor, workspace.Group{Workspace: in.ID, Name: "strong"})
		w.must(err)
		_, err = w.PutMember(w.ctx(), adaActor, in.ID, strong.Num, []rbac.RoleName{workspace.RoleEditor})
		w.must(err)
		platform, err := w.CreateGroup(w.ctx(), w.admin, workspace.Group{Name: "platform"})
		w.must(err)
		w.grant(rbac.Rule{Node: rbac.Root, Effect: rbac.Allow, Principal: platform.Num, Scope: "platform", Propagate: true})
		clerk, clerkActor := w.user("clerk")
		for _, scope := range []string{"manage_users", "administer", "manage_roles"} {
			w.grant(rbac.Rule{Node: rbac.Root, Effect: rbac.Allow, Principal: clerk.Num, Scope: "platform", Permission: scope})
		}
		w.grant(rbac.Rule{Node: o.Num, Effect: rbac.Allow, Principal: clerk.Num, Scope: "organization"})
		outside, outsider := w.user("outsider") // manages members and is none
		w.grant(rbac.Rule{Node: in.Num, Effect: rbac.Allow, Principal: outside.Num, Scope: "workspace", Propagate: true})
		w.grant(rbac.Rule{Node: in.Num, Effect: rbac.Allow, Principal: in.Audience, Scope: "offering", Propagate: true})

		put := func(actor workspace.Actor, p rbac.Principal, roles ...rbac.RoleName) error {
			_, err := w.PutMember(w.ctx(), actor, in.ID, p, roles)
			return err
		}
		rule := func(actor workspace.Actor, r rbac.Rule) error {
			r.Effect = rbac.Allow
			_, err := w.AddRule(w.ctx(), actor, in.ID, r)
			return err
		}
		before := dbtest.Fingerprint(t, w.db)
		for name, try := range map[string]func() error{
			"a role to another":               func() error { return put(manager, bob.Num, workspace.RoleUpload) },
			"a role to oneself":               func() error { return put(manager, host.Num, workspace.RoleCommunity, workspace.RoleUpload) },
			"a role to a group":               func() error { return put(manager, strong.Num, workspace.RoleEditor, workspace.RoleAdministrator) },
			"administrator to oneself":        func() error { return put(manager, host.Num, workspace.RoleAdministrator) },
			"a place in a group":              func() error { return w.AddToGroup(w.ctx(), manager, strong.ID, host.ID) },
			"a place in a platform group":     func() error { return w.AddToGroup(w.ctx(), clerkActor, platform.ID, clerk.ID) },
			"membership to oneself":           func() error { return put(outsider, outside.Num) },
			"an administrator's successor":    func() error { return w.supervise(administrator, in, chief) },
			"administration of organizations": func() error { return w.AddOrganizationUser(w.ctx(), clerkActor, o.ID, clerk.ID) },
			"a role by enrolling": func() error {
				_, err := w.Enrol(w.ctx(), manager, in.ID, workspace.Enrolment{
					User: workspace.Person{Username: "new", Email: ptr("new@example.org")}, Roles: []rbac.RoleName{workspace.RoleUpload},
				})
				return err
			},
			"a place in a group by enrolling": func() error {
				_, err := w.Enrol(w.ctx(), manager, in.ID, workspace.Enrolment{
					User: workspace.Person{Username: "bob"}, Groups: []workspace.GroupID{strong.ID},
				})
				return err
			},
			"membership by enrolling": func() error {
				_, err := w.Enrol(w.ctx(), outsider, in.ID, workspace.Enrolment{User: workspace.Person{Username: "bob"}})
				return err
			},
			"a role by another enrolment": func() error {
				return w.reenrol(manager, in, host.Num, func(e *workspace.Enrolment) { e.Roles = append(e.Roles, workspace.RoleUpload) })
			},
			"a place in a group by another enrolment": func() error {
				return w.reenrol(manager, in, host.Num, func(e *workspace.Enrolment) { e.Groups = append(e.Groups, strong.ID) })
			},
			"a new administrator": func() error {
				_, err := w.CreateUser(w.ctx(), clerkActor, workspace.User{Username: "x", Email: "x@example.org", Administrator: true})
				return err
			},
			"administration to oneself": func() error {
				_, err := w.UpdateUser(w.ctx(), clerkActor, clerk.ID, func(u *workspace.User) error { u.Administrator = true; return nil })
				return err
			},
			"a role with more in it": func() error {
				return w.PutRole(w.ctx(), clerkActor, rbac.Role{Name: "r", Title: "R", Permissions: []rbac.Permission{workspace.ManageUsers, workspace.Allocate}})
			},
			"a rule for more": func() error {
				return rule(administrator, rbac.Rule{Node: in.Num, Principal: chief.Num, Scope: "workspace", Permission: "transfer"})
			},
			"a rule for everything": func() error {
				return rule(administrator, rbac.Rule{Node: in.Num, Principal: chief.Num, Propagate: true})
			},
			"a rule without the right": func() error {
				return rule(manager, rbac.Rule{Node: in.Num, Principal: host.Num, Scope: "workspace", Permission: "update"})
			},
		} {
			if err := try(); err == nil {
				t.Errorf("%s was given", name)
			} else {
				wantErr(t, err, rbac.ErrDenied)
			}
		}
		if dbtest.Fingerprint(t, w.db) != before {
			t.Error("a refusal left something")
		}
		w.must(put(manager, bob.Num, workspace.RoleCommunity))
		w.must(put(manager, chief.Num, workspace.RoleAdministrator)) // what he has already
		w.must(put(administrator, bob.Num, workspace.RoleAdministrator))
		w.must(w.AddToGroup(w.ctx(), administrator, strong.ID, bob.ID))
		w.must(rule(administrator, rbac.Rule{Node: in.Num, Principal: bob.Num, Scope: "workspace", Permission: "update"}))
		w.must(w.supervise(adaActor, in, chief))
	})
}

func (w *world) supervise(actor workspace.Actor, in workspace.Workspace, u workspace.User) error {
	_, err := w.Update(w.ctx(), actor, in.ID, func(n *workspace.Workspace) error { n.Supervisor = u.ID; return nil })
	return err
}

// TestTwoAdministratorsDemoteEachOther lets two administrators demote each
// other at once: whoever comes second has lost the right.
func TestTwoAdministratorsDemoteEachOther(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, adaActor := w.user("ada")
		in := w.workspace("here", ada, "")
		one, oneActor := w.member(in, "one", workspace.RoleAdministrator)
		two, twoActor := w.member(in, "two", workspace.RoleAdministrator)
		put := func(actor workspace.Actor, u workspace.User, roles ...rbac.RoleName) func() error {
			return func() error {
				_, err := w.PutMember(w.ctx(), actor, in.ID, u.Num, roles)
				return err
			}
		}
		for i := range rounds {
			w.must(put(adaActor, one, workspace.RoleAdministrator)())
			w.must(put(adaActor, two, workspace.RoleAdministrator)())
			errs := race(put(oneActor, two, workspace.RoleViewer), put(twoActor, one, workspace.RoleViewer))
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("round %d: %v", i, errs)
			}
			for _, err := range errs {
				if err != nil {
					wantErr(t, err, rbac.ErrDenied)
				}
			}
		}
	})
}
