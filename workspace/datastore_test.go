package workspace_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// told writes down the shares of a datastore.
func told(d workspace.Datastore) string {
	var parts []string
	for _, s := range d.Shares {
		parts = append(parts, fmt.Sprintf("%s:%s:%d", s.From.Name, s.Slot, s.Limit))
	}
	return strings.Join(parts, " ")
}

func ptr[T any](v T) *T { return &v }

func TestDatastore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, adaActor := w.user("ada")
		in := w.workspace("here", ada, "")
		s1, s2, s3 := w.pool(quota.Storage, "s1"), w.pool(quota.Storage, "s2"), w.pool(quota.Storage, "s3")
		e1, e2 := w.pool(quota.Endpoint, "e1"), w.pool(quota.Endpoint, "e2")
		p1, c1, c2 := w.pool(quota.Processing, "p1"), w.pool(quota.Check, "c1"), w.pool(quota.Check, "c2")
		var d workspace.Datastore
		w.leaves(func() {
			var err error
			d, err = w.OpenDatastore(w.ctx(), w.admin, in.ID, workspace.Plan{
				Data:    []workspace.Portion{{Pool: s2, Limit: 1}, {Pool: s1, Limit: 2}},
				Uploads: &workspace.Portion{Pool: s1, Limit: 3}, Annexes: &workspace.Portion{Pool: s1, Limit: 0},
				Endpoints: []workspace.Portion{{Pool: e2, Limit: 5}, {Pool: e1, Limit: 6}},
				Checks:    []quota.PoolID{c2, c1}, Processings: []quota.PoolID{p1},
				LayerPrefix: ptr(" L "), Sharings: ptr(true),
			})
			w.must(err)
		}, "datastore.open")
		if got := told(d); got != "s2:data:1 s1:data:2 s1:uploads:3 s1:annexes:0 e2::5 e1::6 p1::0 c2::0 c1::0" {
			t.Errorf("opened with %s", got)
		}
		if d.LayerPrefix != "L" || d.MetadataPrefix != "" || !d.Sharings || d.In.Active || d.In.Datastore != d.ID {
			t.Errorf("opened %+v in %+v", d.DatastoreSettings, d.In)
		}
		_, err := w.Datastore(w.ctx(), adaActor, d.ID)
		wantCause(t, err, rbac.BySeal)
		_, err = w.OpenDatastore(w.ctx(), w.admin, in.ID, workspace.Plan{})
		wantErr(t, err, workspace.ErrTaken)
		update := func(p workspace.Plan) workspace.Datastore {
			t.Helper()
			d, err := w.UpdateDatastore(w.ctx(), w.admin, d.ID, p)
			w.must(err)
			got, err := w.Datastore(w.ctx(), w.admin, d.ID)
			w.must(err)
			if told(got) != told(d) || got.DatastoreSettings != d.DatastoreSettings || got.In != d.In {
				t.Errorf("read %s, changed %s", told(got), told(d))
			}
			return got
		}
		w.leaves(func() {
			if got := told(update(workspace.Plan{Data: []workspace.Portion{{Pool: s3, Limit: 9}, {Pool: s2, Limit: 1}}})); got != "s3:data:9 s2:data:1 s1:uploads:3 s1:annexes:0 e2::5 e1::6 p1::0 c2::0 c1::0" {
				t.Errorf("data replaced: %s", got)
			}
			if got := told(update(workspace.Plan{Checks: []quota.PoolID{}, Endpoints: []workspace.Portion{{Pool: e1, Limit: 6}, {Pool: e2, Limit: 4}}})); got != "s3:data:9 s2:data:1 s1:uploads:3 s1:annexes:0 e1::6 e2::4 p1::0" {
				t.Errorf("checks taken: %s", got)
			}
			got := update(workspace.Plan{LayerPrefix: ptr(""), Active: ptr(true), Annexes: &workspace.Portion{Pool: s2, Limit: 1}})
			if got.LayerPrefix != "" || !got.In.Active || !got.Sharings {
				t.Errorf("settings %+v in %+v", got.DatastoreSettings, got.In)
			}
		}, "datastore.update", "datastore.update", "datastore.update")
		before := dbtest.Fingerprint(t, w.db)
		update(workspace.Plan{})
		update(workspace.Plan{Uploads: &workspace.Portion{Pool: s1, Limit: 3}, Sharings: ptr(true), Active: ptr(true), Processings: []quota.PoolID{p1}})
		if dbtest.Fingerprint(t, w.db) != before {
			t.Error("a change of nothing changed something")
		}
		d, err = w.Datastore(w.ctx(), adaActor, d.ID)
		w.must(err)

		// What is used stays.
		i := slices.IndexFunc(d.Shares, func(s workspace.Share) bool { return s.Slot == workspace.SlotUploads })
		w.must(w.meter.Consume(w.ctx(), d.Shares[i].ID, 2, quota.Reason{Kind: "upload", Ref: "1"}))
		before = dbtest.Fingerprint(t, w.db)
		_, err = w.UpdateDatastore(w.ctx(), w.admin, d.ID, workspace.Plan{
			Data: []workspace.Portion{}, Uploads: &workspace.Portion{Pool: s2, Limit: 3},
		})
		wantErr(t, err, workspace.ErrInUse)
		if err == nil || !strings.Contains(err.Error(), `storage "s1" for uploads`) {
			t.Errorf("%v does not say what", err)
		}
		err = w.CloseDatastore(w.ctx(), w.admin, d.ID)
		wantErr(t, err, workspace.ErrInUse)
		if dbtest.Fingerprint(t, w.db) != before {
			t.Error("a refusal left something")
		}
		got := update(workspace.Plan{Uploads: &workspace.Portion{Pool: s1, Limit: 1}})
		if s := got.Shares[i]; s.Limit != 1 || s.Use != 2 {
			t.Errorf("below the use: %+v", s)
		}
		w.must(w.meter.Release(w.ctx(), d.Shares[i].ID, 2, quota.Reason{Kind: "upload", Ref: "1"}))
		w.leaves(func() { w.must(w.CloseDatastore(w.ctx(), w.admin, d.ID)) }, "datastore.close")
		_, err = w.Datastore(w.ctx(), w.admin, d.ID)
		wantErr(t, err, workspace.ErrNotFound)
		_, n, err := w.meter.Allocations(w.ctx(), quota.AllocationFilter{Holders: []quota.Holder{quota.Holder(in.ID)}})
		w.must(err)
		if n != 0 {
			t.Errorf("%d shares left", n)
		}
		w.must(w.DeletePool(w.ctx(), w.admin, s1))
	})
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, adaActor := w.user("ada")
	in, other := w.workspace("here", ada, ""), w.workspace("there", ada, "")
	d := w.open(other)
	s, e, c := w.pool(quota.Storage, "s"), w.pool(quota.Endpoint, "e"), w.pool(quota.Check, "c")
	none := quota.PoolID(uid.New())
	portion := func(p quota.PoolID) workspace.Portion { return workspace.Portion{Pool: p, Limit: 1} }
	before := dbtest.Fingerprint(t, w.db)
	for field, change := range map[string]func(p *workspace.Plan){
		"storages.data":            func(p *workspace.Plan) { p.Data = nil },
		"storages.uploads":         func(p *workspace.Plan) { p.Uploads = nil },
		"storages.annexes":         func(p *workspace.Plan) { p.Annexes = nil },
		"endpoints":                func(p *workspace.Plan) { p.Endpoints = nil },
		"storages.data[0].storage": func(p *workspace.Plan) { p.Data = []workspace.Portion{portion(e)} },
		"storages.data[1].storage": func(p *workspace.Plan) { p.Data = []workspace.Portion{portion(s), portion(s)} },
		"storages.data[0].quota":   func(p *workspace.Plan) { p.Data = []workspace.Portion{{Pool: s, Limit: -1}} },
		"storages.uploads.storage": func(p *workspace.Plan) { p.Uploads = ptr(portion(none)) },
		"storages.uploads.quota":   func(p *workspace.Plan) { p.Uploads.Limit = -1 },
		"storages.annexes.storage": func(p *workspace.Plan) { p.Annexes = ptr(portion("")) },
		"endpoints[0].endpoint":    func(p *workspace.Plan) { p.Endpoints = []workspace.Portion{portion(s)} },
		"endpoints[0].quota":       func(p *workspace.Plan) { p.Endpoints = []workspace.Portion{{Pool: e, Limit: -1}} },
		"processings[0]":           func(p *workspace.Plan) { p.Processings = []quota.PoolID{c} },
		"checks[1]":                func(p *workspace.Plan) { p.Checks = []quota.PoolID{c, c} },
		"layer_prefix":             func(p *workspace.Plan) { p.LayerPrefix = ptr("a\nb") },
		"metadata_prefix":          func(p *workspace.Plan) { p.MetadataPrefix = ptr(strings.Repeat("a", 100)) },
	} {
		p := workspace.Plan{Data: []workspace.Portion{}, Uploads: ptr(portion(s)), Annexes: ptr(portion(s)), Endpoints: []workspace.Portion{}}
		change(&p)
		_, err := w.OpenDatastore(w.ctx(), w.admin, in.ID, p)
		wantInvalid(t, err, field)
	}
	_, err := w.OpenDatastore(w.ctx(), adaActor, in.ID, workspace.Plan{})
	wantErr(t, err, rbac.ErrDenied)
	_, err = w.UpdateDatastore(w.ctx(), adaActor, d.ID, workspace.Plan{})
	wantErr(t, err, rbac.ErrDenied)
	wantErr(t, w.CloseDatastore(w.ctx(), adaActor, d.ID), rbac.ErrDenied)
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("a refusal left something")
	}
	// Who administers the organization shares out nothing of the platform's.
	o := w.organization("o", 0)
	chief, chiefActor := w.user("chief")
	w.must(w.AddOrganizationUser(w.ctx(), w.admin, o.ID, chief.ID))
	paid := w.workspace("paid", ada, o.ID)
	_, err = w.OpenDatastore(w.ctx(), chiefActor, paid.ID, workspace.Plan{})
	wantErr(t, err, rbac.ErrDenied)
}

func TestDatastores(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, _ := w.user("ada")
		one, two := w.workspace("one", ada, ""), w.workspace("two", ada, "")
		w.workspace("none", ada, "")
		second, first := w.open(two), w.open(one) // the other way round than the workspaces
		list, n, err := w.Datastores(w.ctx(), w.admin, workspace.DatastoreFilter{})
		w.must(err)
		if n != 2 || list[0].ID != second.ID || list[1].ID != first.ID || list[1].In.ID != one.ID || list[0].Shares != nil {
			t.Errorf("%d: %+v", n, list)
		}
		list, n, err = w.Datastores(w.ctx(), w.admin, workspace.DatastoreFilter{Newest: true, Offset: 1, Limit: 1})
		w.must(err)
		if n != 2 || len(list) != 1 || list[0].ID != second.ID {
			t.Errorf("page %+v of %d", list, n)
		}
	})
}

func TestPools(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var id quota.PoolID
	update := func(change func(p *quota.Pool)) error {
		_, err := w.UpdatePool(w.ctx(), w.admin, id, func(p *quota.Pool) error { change(p); return nil })
		return err
	}
	w.leaves(func() {
		p, err := w.CreatePool(w.ctx(), w.admin, quota.Pool{
			Kind: quota.Storage, Unit: quota.Bytes, Type: "S3", Name: "s", TechnicalName: "s", Labels: []string{"a"},
			Capacity: 5, Details: []byte(`{"pot_name":"hidden"}`),
		})
		w.must(err)
		id = p.ID
		w.must(update(func(p *quota.Pool) { p.Labels[0] = "b" }))
	}, "pool.create", "pool.update")
	before := dbtest.Fingerprint(t, w.db)
	w.clock.pass(1e9)
	w.must(update(func(*quota.Pool) {}))
	_, err := w.CreatePool(w.ctx(), w.admin, quota.Pool{Kind: quota.Storage, Unit: quota.Bytes, Type: "S3", Name: "s", TechnicalName: "s"})
	wantErr(t, err, workspace.ErrTaken)
	wantErr(t, update(func(p *quota.Pool) { p.Kind = quota.Check }), quota.ErrInvalid)
	_, err = w.UpdatePool(w.ctx(), w.admin, quota.PoolID(uid.New()), func(*quota.Pool) error { return nil })
	wantErr(t, err, workspace.ErrNotFound)
	_, err = w.Pool(w.ctx(), w.admin, quota.PoolID(uid.New()))
	wantErr(t, err, workspace.ErrNotFound)
	wantErr(t, w.DeletePool(w.ctx(), w.admin, quota.PoolID(uid.New())), workspace.ErrNotFound)
	pools, _, err := w.Pools(w.ctx(), w.admin, quota.PoolFilter{})
	w.must(err)
	for _, p := range pools {
		if p.ID != id { // those that every database has
			wantErr(t, w.DeletePool(w.ctx(), w.admin, p.ID), workspace.ErrInUse)
		}
	}
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("a refusal left something")
	}
	list, err := w.db.Trail().List(w.ctx(), audit.Filter{Actions: []string{"pool."}})
	w.must(err)
	for _, e := range list {
		if strings.Contains(string(e.Detail), "hidden") {
			t.Errorf("the trail tells details: %s", e.Detail)
		}
	}
	if d := detail(t, list[0]); d["technical_name"] != "s" || list[0].Object.Kind != "storage" {
		t.Errorf("event %+v", list[0])
	}
	w.leaves(func() { w.must(w.DeletePool(w.ctx(), w.admin, id)) }, "pool.delete")
}

func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, adaActor := w.user("ada")
	in := w.workspace("here", ada, "")
	role := rbac.Role{Name: "a role", Title: "T", Permissions: []rbac.Permission{workspace.Annex}}
	w.leaves(func() {
		w.must(w.PutRole(w.ctx(), w.admin, role))
		w.must(w.PutRole(w.ctx(), w.admin, role))
	}, "role.put")
	bob, bobActor := w.member(in, "bob", role.Name)
	before := dbtest.Fingerprint(t, w.db)
	wantErr(t, w.PutRole(w.ctx(), adaActor, role), rbac.ErrDenied)
	wantErr(t, w.PutRole(w.ctx(), w.admin, rbac.Role{Name: workspace.RoleAnnex}), rbac.ErrBuiltin)
	wantErr(t, w.DeleteRole(w.ctx(), w.admin, role.Name), rbac.ErrRoleInUse)
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("a refusal left something")
	}
	role.Permissions = []rbac.Permission{workspace.Upload}
	w.must(w.PutRole(w.ctx(), w.admin, role))
	holds, err := w.rights.Check(w.ctx(), bob.Num, in.Num, workspace.Upload, rbac.Latest())
	w.must(err)
	if !holds {
		t.Error("the role was redefined without effect")
	}
	roles, err := w.Roles(w.ctx(), bobActor)
	w.must(err)
	if last := roles[len(roles)-1]; last.Name != role.Name || last.Builtin || !roles[0].Builtin {
		t.Errorf("roles %+v", roles)
	}
	w.must(w.RemoveMember(w.ctx(), adaActor, in.ID, bob.Num))
	w.leaves(func() { w.must(w.DeleteRole(w.ctx(), w.admin, role.Name)) }, "role.delete")
}
