package feature_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/blob"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// A world is a workspace with nodes for layers, an owner who supervises it, a
// viewer and somebody who is in none.
type world struct {
	testing.TB

	kind     string
	db       *storage.DB
	fault    *dbtest.Fault
	address  string
	rights   *rbac.Engine
	uploads  *upload.Service
	features *feature.Service
	tree     *tree
	home     workspace.Workspace
	next     rbac.Node

	owner, viewer, stranger workspace.Actor
}

// A tree knows resources by what was planted.
type tree struct {
	rights *rbac.Engine
	nodes  map[rbac.Node]resource.Resource
}

func (t *tree) Resource(ctx context.Context, actor workspace.Actor, n rbac.Node) (resource.Resource, error) {
	r, ok := t.nodes[n]
	if !ok {
		return resource.Resource{}, resource.ErrNotFound
	}
	return r, t.rights.Require(ctx, actor.Principal, n, resource.Read, rbac.Latest())
}

func now() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC) }

func newWorld(tb testing.TB, kind dbtest.Kind) *world {
	tb.Helper()
	w := &world{TB: tb, kind: kind.Name, fault: &dbtest.Fault{}, address: kind.Make(tb), next: 1000}
	w.db = dbtest.OpenWith(tb, w.address, &storage.Options{Connector: w.fault.Connector})
	catalog, err := resource.NewCatalog(resource.Builtin())
	w.ok(err)
	schema, err := resource.Schema(catalog)
	w.ok(err)
	w.rights = rbac.New(w.db.Rules(), schema, &rbac.Options{Now: now})
	quotas := quota.New(w.db.Quotas(), &quota.Options{Now: now})
	workspaces := workspace.New(w.db.Workspaces(), w.rights, quotas, w.db.Trail(), &workspace.Options{Now: now})
	admin := workspace.Command("test")
	user := func(name string) workspace.Actor {
		u, err := workspaces.CreateUser(w.Context(), admin, workspace.User{
			Username: name, Email: name + "@example.org", FirstName: name, LastName: "Test", Language: "fr",
		})
		w.ok(err)
		return workspace.Actor{Principal: u.Num, User: u.ID, Name: name, Via: "basic"}
	}
	w.owner, w.viewer, w.stranger = user("owner"), user("viewer"), user("stranger")
	d, err := workspaces.Create(w.Context(), admin, workspace.Workspace{
		Name: "home", TechnicalName: "home", Contact: "home@example.org", Supervisor: w.owner.User,
	})
	w.ok(err)
	w.home = d.Workspace
	_, err = workspaces.PutMember(w.Context(), admin, w.home.ID, w.viewer.Principal, []rbac.RoleName{workspace.RoleViewer})
	w.ok(err)
	w.tree = &tree{rights: w.rights, nodes: map[rbac.Node]resource.Resource{}}
	bucket, err := blob.Folder(tb.TempDir())
	w.ok(err)
	tb.Cleanup(func() { _ = bucket.Close() })
	w.uploads = upload.New(w.db.Uploads(), bucket, &upload.Options{Now: now})
	w.features = feature.New(w.db.Features(), w.uploads, w.tree, w.rights, quotas, w.db.Trail(), &feature.Options{Now: now})
	return w
}

// each runs a test in a world on each kind of database.
func each(t *testing.T, test func(w *world)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, kind))
		})
	}
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) wants(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Errorf("error %v, want %v", err, want)
	}
}

func (w *world) invalid(err error, field string) {
	w.Helper()
	if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Field != field {
		w.Errorf("error %v, want an InvalidError of %s", err, field)
	}
}

// node plants a resource.
func (w *world) node(class string) resource.Resource {
	w.Helper()
	w.next++
	dbtest.Sow(w, w.address, []rbac.Place{
		{Node: w.next, Parent: w.home.Num, Workspace: w.home.Num, Class: class},
	})
	r := resource.Resource{
		ID: resource.ID(uid.New()), Num: w.next, Workspace: w.home.ID, Top: w.home.Num, Parent: w.home.Num, Class: class,
		DisplayName: fmt.Sprintf("%s %d", class, w.next), Settings: resource.Settings{},
	}
	w.tree.nodes[w.next] = r
	return r
}

// field is a field of settings.
func field(keyname string, t feature.FieldType) map[string]any {
	return map[string]any{"keyname": keyname, "display_name": "The " + keyname, "datatype": string(t)}
}

// layer makes a layer with fields, which are given as settings have them.
func (w *world) layer(srs int, geometry string, fields ...map[string]any) resource.Resource {
	w.Helper()
	list := make([]any, 0, len(fields))
	for _, f := range fields {
		list = append(list, f)
	}
	r := w.node("vector_layer")
	r.Settings = resource.Settings{"vector_layer": {
		"srs": map[string]any{"id": int64(srs)}, "geometry_type": geometry, "fields": list,
	}}
	w.ok(w.create(&r))
	w.tree.nodes[r.Num] = r
	return r
}

func (w *world) create(r *resource.Resource) error {
	return w.db.Tx(w.Context(), func(ctx context.Context) error { return w.features.Create(ctx, r) })
}

// alter changes the fields of a layer.
func (w *world) alter(r *resource.Resource, change func(fields []any) []any) error {
	w.Helper()
	changed := *r
	fields := []any{}
	for _, f := range r.Settings["feature_layer"]["fields"].([]any) {
		copied := map[string]any{}
		for k, v := range f.(map[string]any) {
			copied[k] = v
		}
		fields = append(fields, copied)
	}
	changed.Settings = resource.Settings{
		"vector_layer": r.Settings["vector_layer"], "feature_layer": {"fields": change(fields)},
	}
	err := w.db.Tx(w.Context(), func(ctx context.Context) error { return w.features.Update(ctx, *r, &changed) })
	if err == nil {
		*r = changed
	}
	return err
}

func (w *world) put(n rbac.Node, drafts ...feature.Draft) []int64 {
	w.Helper()
	ids, err := w.features.Put(w.Context(), w.owner, n, drafts)
	w.ok(err)
	return ids
}

func (w *world) list(n rbac.Node, q feature.Query) []feature.Feature {
	w.Helper()
	var list []feature.Feature
	w.ok(w.features.Features(w.Context(), w.owner, n, q, func(f feature.Feature) error {
		list = append(list, f)
		return nil
	}))
	return list
}

func (w *world) ids(n rbac.Node, q feature.Query) []int64 {
	w.Helper()
	ids := []int64{}
	for _, f := range w.list(n, q) {
		ids = append(ids, f.ID)
	}
	return ids
}

func wkt(tb testing.TB, text string) *geom.Geometry {
	tb.Helper()
	g, err := geom.UnmarshalWKT(text, geom.NoValidate{})
	if err != nil {
		tb.Fatal(err)
	}
	return &g
}

func (w *world) events(action string) []audit.Event {
	w.Helper()
	list, err := w.db.Trail().List(w.Context(), audit.Filter{Actions: []string{action}})
	w.ok(err)
	return list
}

func (w *world) sweep(operation func(ctx context.Context) error) {
	w.Helper()
	for _, n := range []rbac.Node{rbac.Root, w.home.Num} {
		w.ok(w.rights.Warm(w.Context(), n))
	}
	before := dbtest.Fingerprint(w, w.db)
	for n := int64(1); n < 500; n++ {
		w.fault.Set(n)
		err := operation(w.Context())
		seen := w.fault.Clear()
		if seen < n {
			w.ok(err)
			return
		}
		if err == nil {
			w.Fatalf("statement %d failed and nobody noticed", n)
		}
		if dbtest.Fingerprint(w, w.db) != before {
			w.Fatalf("statement %d failed (%v) and something was kept", n, err)
		}
	}
	w.Fatal("the operation has no end of statements")
}
