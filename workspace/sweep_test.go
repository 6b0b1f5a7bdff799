package workspace_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/storagetest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// TestSweep makes every statement of every composed change fail in turn:
// either all of a change is kept, its event included, or nothing.
func TestSweep(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			fault := &dbtest.Fault{}
			db := dbtest.OpenWith(t, kind.Make(t), &storage.Options{Connector: fault.Connector})
			sweep(t, settle(t, db), fault)
		})
	}
}

func sweep(t *testing.T, w *world, fault *dbtest.Fault) {
	ada, _ := w.user("ada")
	bob, _ := w.user("bob")
	o := w.organization("o", 100)
	in := w.workspace("here", ada, o.ID)
	g, err := w.CreateGroup(w.ctx(), w.admin, workspace.Group{Workspace: in.ID, Name: "group"})
	w.must(err)
	first, second := w.plan("first"), w.plan("second")
	spare := w.pool(quota.Endpoint, "spare")
	var d workspace.Datastore
	w.realDatabase("real", in)
	_, err = w.meter.Allocate(w.ctx(), quota.Allocation{
		Pool: workspace.DatabasesPool, Holder: quota.Holder(o.ID), Slot: workspace.SlotDatabases, Limit: 1,
	})
	w.must(err)
	var added int64

	backend := &storagetest.Backend{
		Fingerprint: func(tb testing.TB) string { tb.Helper(); return dbtest.Fingerprint(tb, w.db) },
		Fault:       fault,
	}
	for _, step := range []struct {
		name string
		do   func(ctx context.Context) error
	}{
		{"CreateUser", func(ctx context.Context) error {
			_, err := w.CreateUser(ctx, w.admin, workspace.User{Username: "new", Email: "new@example.org", Administrator: true})
			return err
		}},
		{"PutPreference", func(ctx context.Context) error {
			_, err := w.PutPreference(ctx, as(ada), "size", json.RawMessage("50"))
			return err
		}},
		{"DeletePreference", func(ctx context.Context) error { return w.DeletePreference(ctx, as(ada), "size") }},
		{"CreateOrganization", func(ctx context.Context) error {
			_, err := w.CreateOrganization(ctx, w.admin, workspace.Organization{Name: "new", UploadsQuota: 5})
			return err
		}},
		{"AddOrganizationUser", func(ctx context.Context) error {
			return w.AddOrganizationUser(ctx, w.admin, o.ID, bob.ID)
		}},
		{"PutMailTemplate", func(ctx context.Context) error {
			_, err := w.PutMailTemplate(ctx, w.admin, o.ID, ownTemplate())
			return err
		}},
		{"DeleteMailTemplate", func(ctx context.Context) error {
			return w.DeleteMailTemplate(ctx, w.admin, o.ID, ownTemplate().Kind, ownTemplate().Language)
		}},
		{"AddNotice", func(ctx context.Context) error {
			n, err := w.AddNotice(ctx, w.admin, ownNotice(string(o.ID)))
			added = n.Num
			return err
		}},
		{"UpdateNotice", func(ctx context.Context) error {
			_, err := w.UpdateNotice(ctx, w.admin, added, func(n *mail.Notice) error { n.Name = "new"; return nil })
			return err
		}},
		{"DeleteNotice", func(ctx context.Context) error { return w.DeleteNotice(ctx, w.admin, added) }},
		{"Create", func(ctx context.Context) error {
			_, err := w.Create(ctx, w.admin, workspace.Workspace{Name: "new", TechnicalName: "new", Supervisor: ada.ID, Organization: o.ID})
			return err
		}},
		{"PutMember", func(ctx context.Context) error {
			_, err := w.PutMember(ctx, w.admin, in.ID, bob.Num, []rbac.RoleName{workspace.RoleUpload, workspace.RoleAnnex})
			return err
		}},
		{"PutMember again", func(ctx context.Context) error {
			_, err := w.PutMember(ctx, w.admin, in.ID, bob.Num, []rbac.RoleName{workspace.RoleCommunity})
			return err
		}},
		{"AddToGroup", func(ctx context.Context) error { return w.AddToGroup(ctx, w.admin, g.ID, bob.ID) }},
		{"RemoveMember", func(ctx context.Context) error { return w.RemoveMember(ctx, w.admin, in.ID, bob.Num) }},
		{"Enrol", func(ctx context.Context) error {
			_, err := w.Enrol(ctx, w.admin, in.ID, workspace.Enrolment{
				User: person("enrolled"), Roles: []rbac.RoleName{"room full", "tender read"}, Groups: []workspace.GroupID{g.ID}, Barred: true, Notice: 1,
			})
			return err
		}},
		{"UpdateEnrolment", func(ctx context.Context) error {
			list, err := w.db.Workspaces().Users(ctx, workspace.UserFilter{Username: "enrolled"})
			if err != nil {
				return err
			}
			_, err = w.UpdateEnrolment(ctx, w.admin, in.ID, list[0].Num, func(e *workspace.Enrolment) error {
				e.Roles, e.Groups, e.Barred = []rbac.RoleName{"room read"}, nil, false
				return nil
			})
			return err
		}},
		{"UpdateAdministered", func(ctx context.Context) error {
			_, err := w.UpdateAdministered(ctx, w.admin, bob.ID, func(u *workspace.User) error { u.FirstName, u.Disabled = "Bob", true; return nil })
			return err
		}},
		{"UpdateAdministered again", func(ctx context.Context) error {
			_, err := w.UpdateAdministered(ctx, w.admin, bob.ID, func(u *workspace.User) error { u.Disabled = false; return nil })
			return err
		}},
		{"SetDatabase", func(ctx context.Context) error { return w.SetDatabase(ctx, w.admin, in.ID, "") }},
		{"OpenDatastore", func(ctx context.Context) error {
			var err error
			d, err = w.OpenDatastore(ctx, w.admin, in.ID, first)
			return err
		}},
		{"UpdateDatastore", func(ctx context.Context) error {
			p := second
			p.Active = ptr(true)
			_, err := w.UpdateDatastore(ctx, w.admin, d.ID, p)
			return err
		}},
		{"Update", func(ctx context.Context) error {
			_, err := w.Update(ctx, w.admin, in.ID, func(n *workspace.Workspace) error {
				n.Supervisor, n.Organization, n.TechnicalName = bob.ID, "", "there"
				return nil
			})
			return err
		}},
		{"Allot", func(ctx context.Context) error {
			_, err := w.Allot(ctx, w.admin, in.ID, spare, "", 3)
			return err
		}},
		{"Withdraw", func(ctx context.Context) error { return w.Withdraw(ctx, w.admin, in.ID, spare, "") }},
		{"DeletePoolIf", func(ctx context.Context) error {
			return w.DeletePoolIf(ctx, w.admin, spare, func(quota.Pool) error { return nil })
		}},
		{"Deactivate", func(ctx context.Context) error { return w.Deactivate(ctx, w.admin, in.ID) }},
		{"CloseDatastore", func(ctx context.Context) error { return w.CloseDatastore(ctx, w.admin, d.ID) }},
		{"UpdateOrganization", func(ctx context.Context) error {
			_, err := w.UpdateOrganization(ctx, w.admin, o.ID, func(o *workspace.Organization) error { o.UploadsQuota, o.DatabasesQuota = quota.NoLimit, 5; return nil })
			return err
		}},
		{"UpdateUser", func(ctx context.Context) error {
			_, err := w.UpdateUser(ctx, w.admin, ada.ID, func(u *workspace.User) error { u.Disabled = true; return nil })
			return err
		}},
		{"DeleteGroup", func(ctx context.Context) error { return w.DeleteGroup(ctx, w.admin, g.ID) }},
	} {
		if step.name == "UpdateUser" { // whom nobody needs any more
			list, err := w.db.Workspaces().Workspaces(w.ctx(), workspace.Filter{Supervisor: ada.Num})
			w.must(err)
			for _, supervised := range list {
				_, err := w.Update(w.ctx(), w.admin, supervised.ID, func(n *workspace.Workspace) error { n.Supervisor = bob.ID; return nil })
				w.must(err)
			}
		}
		// So that no loading, begun by an earlier question, takes the fault.
		w.must(w.rights.Warm(w.ctx(), rbac.Root))
		all, err := w.db.Workspaces().Workspaces(w.ctx(), workspace.Filter{})
		w.must(err)
		for _, loaded := range all {
			w.must(w.rights.Warm(w.ctx(), loaded.Num))
		}
		ok := t.Run(step.name, func(t *testing.T) { storagetest.Sweep(t, backend, step.do) })
		if !ok {
			return
		}
	}
}
