package workspace_test

import (
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func TestOrganizations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, adaActor := w.user("ada")
	bob, bobActor := w.user("bob")
	var o workspace.Organization
	w.leaves(func() { o = w.organization("IGN", 100) }, "organization.create")
	update := func(actor workspace.Actor, change func(o *workspace.Organization)) error {
		_, err := w.UpdateOrganization(w.ctx(), actor, o.ID, func(o *workspace.Organization) error { change(o); return nil })
		return err
	}
	before := dbtest.Fingerprint(t, w.db)
	_, err := w.CreateOrganization(w.ctx(), w.admin, workspace.Organization{Name: "ign"})
	wantErr(t, err, workspace.ErrTaken)
	_, err = w.CreateOrganization(w.ctx(), adaActor, workspace.Organization{Name: "mine"})
	wantErr(t, err, rbac.ErrDenied)
	for field, bad := range map[string]workspace.Organization{
		"name":           {Name: strings.Repeat("a", 100)},
		"siren":          {Name: "a", Siren: "12345678"},
		"siret":          {Name: "a", Siret: "1234567890123x"},
		"vat":            {Name: "a", VAT: "\n" + "FR\n1"},
		"economic_model": {Name: "a", EconomicModel: "\x00"},
		"uploads_quota":  {Name: "a", UploadsQuota: -1},
	} {
		_, err := w.CreateOrganization(w.ctx(), w.admin, bad)
		wantInvalid(t, err, field)
	}
	wantInvalid(t, update(w.admin, func(o *workspace.Organization) { o.Num++ }), "num")
	wantErr(t, update(adaActor, func(*workspace.Organization) {}), workspace.ErrNotFound)
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("a refusal left something")
	}
	w.leaves(func() {
		w.must(w.AddOrganizationUser(w.ctx(), w.admin, o.ID, bob.ID))
		w.must(w.AddOrganizationUser(w.ctx(), w.admin, o.ID, bob.ID))
	}, "organization.add_user")
	users, n, err := w.OrganizationUsers(w.ctx(), bobActor, o.ID, workspace.UserFilter{})
	w.must(err)
	if n != 1 || users[0].ID != bob.ID {
		t.Errorf("users %+v", users)
	}
	w.leaves(func() {
		w.must(update(bobActor, func(o *workspace.Organization) { o.Siren = "123456789" }))
		w.must(update(bobActor, func(o *workspace.Organization) { o.Siren = "123456789" }))
		wantErr(t, update(bobActor, func(o *workspace.Organization) { o.UploadsQuota++ }), rbac.ErrDenied)
		wantErr(t, w.DeleteOrganization(w.ctx(), bobActor, o.ID), rbac.ErrDenied)
	}, "organization.update")
	in := w.workspace("here", bob, o.ID)
	w.workspace("there", bob, "")
	list, n, err := w.OrganizationWorkspaces(w.ctx(), bobActor, o.ID, workspace.Filter{})
	w.must(err)
	if n != 1 || list[0].ID != in.ID {
		t.Errorf("workspaces %+v", list)
	}
	wantErr(t, w.DeleteOrganization(w.ctx(), w.admin, o.ID), workspace.ErrInUse)
	catalog, _, err := w.OrganizationCatalog(w.ctx(), adaActor, workspace.OrganizationFilter{})
	w.must(err)
	if len(catalog) != 1 || catalog[0] != (workspace.Organization{ID: o.ID, Num: o.Num, Name: "IGN"}) {
		t.Errorf("catalogue %+v", catalog)
	}
	w.leaves(func() {
		w.must(w.RemoveOrganizationUser(w.ctx(), w.admin, o.ID, bob.ID))
		wantErr(t, w.RemoveOrganizationUser(w.ctx(), w.admin, o.ID, bob.ID), workspace.ErrNotFound)
	}, "organization.remove_user")
	users, n, err = w.OrganizationUsers(w.ctx(), w.admin, o.ID, workspace.UserFilter{})
	w.must(err)
	if n != 0 || len(users) != 0 {
		t.Errorf("users %+v", users)
	}
	_, err = w.Organization(w.ctx(), bobActor, o.ID)
	wantErr(t, err, workspace.ErrNotFound)
	if _, err = w.Update(w.ctx(), w.admin, in.ID, func(n *workspace.Workspace) error { n.Organization = ""; return nil }); err != nil {
		t.Fatal(err)
	}
	w.must(w.AddOrganizationUser(w.ctx(), w.admin, o.ID, bob.ID))
	w.leaves(func() { w.must(w.DeleteOrganization(w.ctx(), w.admin, o.ID)) }, "organization.delete")
	rules, err := w.rights.Rules(w.ctx(), rbac.RuleFilter{Principals: []rbac.Principal{bob.Num}, Origin: "organization"})
	w.must(err)
	if len(rules) != 0 {
		t.Errorf("rules left: %+v", rules)
	}
}

// TestUploadsQuota follows where the uploads of a workspace count.
func TestUploadsQuota(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, _ := w.user("ada")
		bounded, free := w.organization("bounded", 500), w.organization("free", quota.NoLimit)
		in := w.workspace("here", ada, free.ID)
		d := w.open(in)
		uploads := func() quota.Allocation {
			t.Helper()
			list, _, err := w.meter.Allocations(w.ctx(), quota.AllocationFilter{Holders: []quota.Holder{quota.Holder(in.ID)}, Slot: workspace.SlotUploads})
			w.must(err)
			return list[0]
		}
		bound := func(o workspace.Organization) quota.Allocation {
			t.Helper()
			list, n, err := w.meter.Allocations(w.ctx(), quota.AllocationFilter{Holders: []quota.Holder{quota.Holder(o.ID)}})
			w.must(err)
			if n == 0 {
				return quota.Allocation{}
			}
			return list[0]
		}
		move := func(to workspace.OrganizationID) {
			t.Helper()
			_, err := w.Update(w.ctx(), w.admin, in.ID, func(n *workspace.Workspace) error { n.Organization = to; return nil })
			w.must(err)
		}
		set := func(o workspace.Organization, limit int64) {
			t.Helper()
			_, err := w.UpdateOrganization(w.ctx(), w.admin, o.ID, func(o *workspace.Organization) error { o.UploadsQuota = limit; return nil })
			w.must(err)
		}
		w.must(w.meter.Consume(w.ctx(), uploads().ID, 60, quota.Reason{Kind: "upload", Ref: "1"}))
		if uploads().Within != "" || bound(bounded).Limit != 500 || bound(free).ID != "" {
			t.Fatalf("uploads %+v, bounds %+v %+v", uploads(), bound(bounded), bound(free))
		}
		move(bounded.ID)
		if b := bound(bounded); uploads().Within != b.ID || b.Use != 60 {
			t.Errorf("moved: uploads %+v in %+v", uploads(), b)
		}
		set(bounded, 70)
		if err := w.meter.Consume(w.ctx(), uploads().ID, 20, quota.Reason{Kind: "upload", Ref: "2"}); err == nil {
			t.Error("the organization's quota bounds nothing")
		}
		set(bounded, quota.NoLimit)
		if uploads().Within != "" || bound(bounded).ID != "" {
			t.Errorf("lifted: uploads %+v in %+v", uploads(), bound(bounded))
		}
		move(free.ID)
		set(free, 1000)
		if b := bound(free); uploads().Within != b.ID || b.Use != 60 {
			t.Errorf("set: uploads %+v in %+v", uploads(), b)
		}
		// A new storage for uploads lies within as well.
		w.must(w.meter.Release(w.ctx(), uploads().ID, 60, quota.Reason{Kind: "upload", Ref: "1"}))
		_, err := w.UpdateDatastore(w.ctx(), w.admin, d.ID, workspace.Plan{Uploads: &workspace.Portion{Pool: w.pool(quota.Storage, "new"), Limit: 5}})
		w.must(err)
		if uploads().Within != bound(free).ID {
			t.Errorf("replaced: uploads %+v", uploads())
		}
		w.must(w.CloseDatastore(w.ctx(), w.admin, d.ID))
		move("")
		w.must(w.DeleteOrganization(w.ctx(), w.admin, free.ID))
		if bound(free).ID != "" {
			t.Error("the organization is gone and its quota is not")
		}
	})
}
