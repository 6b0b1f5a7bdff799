package resource_test

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func draft(parent rbac.Node, name string) resource.Draft {
	return resource.Draft{Class: resource.ResourceGroup, Parent: parent, DisplayName: name}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		at := w.pass(time.Hour)
		meta := map[string]any{"text": "t", "int": int64(5), "float": 2.0, "half": 1.5, "flag": true, "none": nil}
		r := w.make(w.editor, resource.Draft{
			Class: resource.ResourceGroup, Parent: w.city.Num, DisplayName: "  Roads ", Keyname: "roads",
			Description: `<b onclick="x()">all</b><script>alert(1)</script>`, Meta: meta,
		})
		want := resource.Resource{
			ID: r.ID, Num: r.Num, Workspace: w.city.ID, Top: w.city.Num, Parent: w.city.Num, Class: resource.ResourceGroup,
			Owner: w.editor.Principal, Keyname: "roads", DisplayName: "Roads", Description: "<b>all</b>", Meta: meta,
			Settings: resource.Settings{}, Created: at, Updated: at,
		}
		want.Meta = maps.Clone(meta)
		want.Meta["float"] = int64(2) // what has no fraction is an integer
		if diff := compare(want, r); diff != "" {
			w.Errorf("made (-want +got):\n%s", diff)
		}
		got, err := w.resources.Resource(w.Context(), w.viewer, r.Num)
		w.ok(err)
		if diff := compare(want, got); diff != "" {
			w.Errorf("read (-want +got):\n%s", diff)
		}
		below := w.make(w.editor, draft(r.Num, "below"))
		if got, err = w.resources.Resource(w.Context(), w.viewer, r.Num); err != nil || !got.Children || below.Parent != r.Num {
			w.Errorf("with something in it: %+v, %v", got, err)
		}
		events := w.trail()
		if len(events) != 2 || events[0].Action != "resource.create" || events[0].Workspace != string(w.city.ID) ||
			events[0].Principal != int64(w.editor.Principal) || events[0].Object.ID != string(r.ID) {
			w.Fatalf("trail %+v", events)
		}
		var detail map[string]any
		w.ok(json.Unmarshal(events[0].Detail, &detail))
		if detail["display_name"] != "Roads" || detail["keyname"] != "roads" || detail["class"] != resource.ResourceGroup {
			w.Errorf("detail %v", detail)
		}
	})
}

// TestCreateNeeds goes through what creating needs, which is asked on the
// resource as it inherits it from its parent.
func TestCreateNeeds(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.group(w.city.Num, "group").Num
		create := func(d resource.Draft) error {
			_, err := w.resources.Create(w.Context(), w.member, d)
			return err
		}
		refused := func(on rbac.Node, perm rbac.Permission, d resource.Draft) {
			w.Helper()
			w.denied(w.unchanged(rbac.ErrDenied, func() error { return create(d) }), on, perm)
		}
		plain, described := draft(n, "new"), draft(n, "described")
		described.Meta = map[string]any{"k": "v"}
		refused(n, resource.ManageChildren, plain)
		w.grant(n, w.member.Principal, resource.Read, true)
		w.grant(n, w.member.Principal, resource.ManageChildren, false)
		refused(n, resource.Create, plain)
		w.grant(n, w.member.Principal, resource.Create, false) // of no use: it does not hold below
		refused(n, resource.Create, plain)
		w.grant(n, w.member.Principal, resource.Create, true)
		refused(n, resource.Update, plain)
		w.grant(n, w.member.Principal, resource.Update, true)
		w.ok(create(plain))
		refused(n, resource.WriteMetadata, described)
		w.grant(n, w.member.Principal, resource.ReadMetadata, true)
		w.grant(n, w.member.Principal, resource.WriteMetadata, true)
		w.ok(create(described))
		// A rule of one class is nothing to another.
		w.rule(rbac.Rule{
			Node: n, Effect: rbac.Deny, Principal: w.member.Principal, Scope: "resource", Permission: "create",
			Class: "lookup_table", Propagate: true,
		})
		table := draft(n, "table")
		table.Class = "lookup_table"
		refused(n, resource.Create, table)
		w.ok(create(draft(n, "another")))
	})
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.group(w.city.Num, "group").Num
		table := w.make(w.boss, resource.Draft{Class: "lookup_table", Parent: n, DisplayName: "table"}).Num
		w.make(w.boss, resource.Draft{Class: resource.ResourceGroup, Parent: n, DisplayName: "key", Keyname: "key"})
		refused := func(want error, d resource.Draft) error {
			w.Helper()
			return w.unchanged(want, func() error {
				_, err := w.resources.Create(w.Context(), w.boss, d)
				return err
			})
		}
		refused(resource.ErrNotFound, draft(1<<40, "new"))
		refused(resource.ErrHierarchy, draft(table, "new"))
		refused(resource.ErrNoClass, resource.Draft{Class: "nothing", Parent: n, DisplayName: "new"})
		refused(resource.ErrNoClass, resource.Draft{Class: workspace.ClassWorkspace, Parent: n, DisplayName: "new"})
		w.invalid(refused(workspace.ErrInvalid, draft(n, "")), "display_name")
		w.invalid(refused(workspace.ErrInvalid, draft(n, strings.Repeat("é", 256))), "display_name")
		w.invalid(refused(workspace.ErrInvalid, resource.Draft{
			Class: resource.ResourceGroup, Parent: n, DisplayName: "new", Keyname: "1",
		}), "keyname")
		w.invalid(refused(workspace.ErrInvalid, resource.Draft{
			Class: resource.ResourceGroup, Parent: n, DisplayName: "new", Settings: resource.Settings{"webmap": {}},
		}), "webmap")
		err := refused(resource.ErrTaken, draft(n, "table"))
		w.taken(err, "display_name", table)
		d := draft(w.city.Num, "new")
		d.Keyname = "key"
		w.taken(refused(resource.ErrTaken, d), "keyname", table+1)
		_, err = w.resources.Create(w.Context(), w.admin, draft(rbac.Root, "new"))
		w.wants(err, resource.ErrHierarchy)
		// By case, and elsewhere, a name is another.
		w.group(n, "Table")
		w.group(w.city.Num, "table")
		d.Parent = w.club.Num
		w.make(w.admin, d)
	})
}

// taken wants the refusal of a value that another resource has.
func (w *world) taken(err error, field string, by rbac.Node) {
	w.Helper()
	taken, ok := asTaken(err)
	if !ok || taken.Field != field || taken.By != by {
		w.Errorf("error %v, want a TakenError of %s, that of %d", err, field, by)
	}
}

// TestOwners tells who owns what somebody makes.
func TestOwners(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ours, mine := w.key(w.boss, w.city.ID, workspace.RoleEditor), w.key(w.editor, "", "")
		w.grant(w.city.Num, rbac.Guest, workspace.Read, false)
		for _, perm := range []rbac.Permission{resource.Read, resource.ManageChildren, resource.Create, resource.Update} {
			w.grant(w.city.Num, rbac.Guest, perm, true)
		}
		for i, c := range []struct {
			who  workspace.Actor
			want rbac.Principal
		}{
			{w.editor, w.editor.Principal},
			{ours, ours.Principal},
			{mine, w.editor.Principal},
			{w.admin, 0},
			{w.guest, 0},
		} {
			r := w.make(c.who, draft(w.city.Num, strings.Repeat("x", i+1)))
			if r.Owner != c.want {
				w.Errorf("what %s made is owned by %d, want %d", c.who.Name, r.Owner, c.want)
			}
		}
	})
}

// TestCreateWithMore makes a resource with an owner and rules of its own, which
// hold before the rest of it is asked about.
func TestCreateWithMore(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		d := draft(w.city.Num, "theirs")
		d.Owner = w.boss.Principal
		d.Rules = []rbac.Rule{{Effect: rbac.Allow, Principal: w.member.Principal, Scope: "resource", Permission: "read", Propagate: true}}
		w.denied(w.unchanged(rbac.ErrDenied, func() error {
			_, err := w.resources.Create(w.Context(), w.editor, d)
			return err
		}), w.city.Num, resource.ChangePermissions)
		d.Owner = w.viewer.Principal
		w.unchanged(workspace.ErrHeir, func() error {
			_, err := w.resources.Create(w.Context(), w.manager, d)
			return err
		})
		d.Owner = w.editor.Principal
		r := w.make(w.manager, d)
		if r.Owner != w.editor.Principal {
			w.Errorf("owner %d", r.Owner)
		}
		w.may(w.member, r.Num, resource.Read, true)
		// Who forbids himself to write cannot give it a name.
		d.DisplayName, d.Owner = "mine", 0
		d.Rules = []rbac.Rule{{Effect: rbac.Deny, Principal: w.manager.Principal, Scope: "resource", Permission: "update", Propagate: true}}
		w.denied(w.unchanged(rbac.ErrDenied, func() error {
			_, err := w.resources.Create(w.Context(), w.manager, d)
			return err
		}), w.city.Num, resource.Update)
	})
}

// TestCreateReferences refuses what refers to nothing, to something of another
// workspace or of another kind, or to what its maker does not see.
func TestCreateReferences(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		group, connection := w.group(w.city.Num, "group"), w.connection(w.city.Num)
		elsewhere := w.connection(w.club.Num)
		layer := func(to rbac.Node) resource.Draft {
			return resource.Draft{
				Class: "postgis_layer", Parent: group.Num, DisplayName: "layer",
				Settings: resource.Settings{"postgis_layer": {
					"connection": map[string]any{"id": int64(to)}, "schema": "public", "table": "t", "column_id": "id", "column_geom": "geom",
					"geometry_type": "POINT", "geometry_srid": int64(4326), "srs": map[string]any{"id": int64(3857)},
				}},
			}
		}
		for _, to := range []rbac.Node{1 << 40, elsewhere.Num, group.Num, w.city.Num} {
			w.invalid(w.unchanged(workspace.ErrInvalid, func() error {
				_, err := w.resources.Create(w.Context(), w.boss, layer(to))
				return err
			}), "postgis_layer.connection.id")
		}
		w.rule(rbac.Rule{
			Node: connection.Num, Effect: rbac.Deny, Principal: w.editor.Principal, Scope: "resource", Permission: "read", Propagate: true,
		})
		w.denied(w.unchanged(rbac.ErrDenied, func() error {
			_, err := w.resources.Create(w.Context(), w.editor, layer(connection.Num))
			return err
		}), connection.Num, resource.Read)
		r := w.make(w.boss, layer(connection.Num))
		refs, err := w.db.Resources().Referrers(w.Context(), []rbac.Node{connection.Num})
		w.ok(err)
		if len(refs) != 1 || refs[0].From != r.Num || refs[0].Name != "postgis_layer.connection" {
			w.Errorf("referrers %+v", refs)
		}
		// What may be read of the layer depends on the connection.
		w.may(w.viewer, r.Num, resource.ReadData, true)
		w.rule(rbac.Rule{
			Node: connection.Num, Effect: rbac.Deny, Principal: w.viewer.Principal, Scope: "connection", Permission: "connect", Propagate: true,
		})
		w.may(w.viewer, r.Num, resource.ReadData, false)
	})
}

// connection makes a connection with a password.
func (w *world) connection(parent rbac.Node) resource.Resource {
	w.Helper()
	return w.make(w.admin, resource.Draft{
		Class: "postgis_connection", Parent: parent, DisplayName: "connection",
		Settings: resource.Settings{"postgis_connection": {
			"hostname": "db.example.org", "port": int64(5432), "username": "gis", "password": "s3cret&word", "database": "gis",
		}},
	})
}

func TestCreateSweep(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		limit := int64(10)
		w.ok(w.resources.SetLimit(w.Context(), w.root, w.city.Num, "", &limit))
		since := len(w.trail())
		w.sweep(func(ctx context.Context) error {
			return w.db.Tx(ctx, func(ctx context.Context) error {
				_, err := w.resources.Create(ctx, w.boss, resource.Draft{
					Class: resource.ResourceGroup, Parent: w.city.Num, DisplayName: "new", Keyname: "k", Meta: map[string]any{"a": "b"},
				})
				return err
			})
		})
		if n := len(w.trail()) - since; n != 1 {
			w.Errorf("%d events", n)
		}
	})
}
