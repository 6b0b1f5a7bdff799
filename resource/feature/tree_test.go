package feature_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// planted is a world with a tree of real resources, whose keeper is the service.
type planted struct {
	*world

	resources  *resource.Service
	workspaces *workspace.Service
}

// grown gives a world a tree of real resources.
func grown(w *world) *planted {
	p := &planted{world: w}
	quotas := quota.New(w.db.Quotas(), &quota.Options{Now: now})
	keepers := map[string]resource.Keeper{}
	p.resources = resource.New(w.db.Resources(), resource.Default(), w.rights, quotas, w.db.Trail(), keepers, &resource.Options{Now: now})
	w.features = feature.New(w.db.Features(), w.uploads, p.resources, w.rights, quotas, w.db.Trail(), &feature.Options{Now: now})
	keepers["vector_layer"] = w.features
	p.workspaces = workspace.New(w.db.Workspaces(), w.rights, quotas, w.db.Trail(), &workspace.Options{Now: now, Contents: p.resources})
	return p
}

func (p *planted) make(parent rbac.Node, class string, settings resource.Settings) resource.Resource {
	p.Helper()
	p.next++
	r, err := p.resources.Create(p.Context(), p.owner, resource.Draft{
		Parent: parent, Class: class, DisplayName: fmt.Sprint(class, p.next), Settings: settings,
	})
	p.ok(err)
	return r
}

func (p *planted) layer(parent rbac.Node) resource.Resource {
	p.Helper()
	r := p.make(parent, "vector_layer", resource.Settings{"vector_layer": {
		"srs": map[string]any{"id": int64(3857)}, "geometry_type": "POINT", "fields": []any{field("a", feature.String)},
	}})
	p.put(r.Num, feature.Draft{
		SetGeometry: true, Geometry: wkt(p, "POINT(1 1)"), Fields: map[string]any{"a": "x"},
	})
	return r
}

// tables are the tables of layers that there are.
func (p *planted) tables() (names []string) {
	p.Helper()
	var dump strings.Builder
	dbtest.Dump(p, p.db, &dump)
	seen := map[string]bool{}
	for line := range strings.SplitSeq(dump.String(), "\n") {
		name, _, _ := strings.Cut(line, " ")
		if (strings.HasPrefix(name, "layer_") || name == "feature_layers") && !seen[name] {
			seen[name], names = true, append(names, name)
		}
	}
	return names
}

// The features of a layer go with it, whatever it goes with.
func TestLayersGoWithTheirResources(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(p *planted, group, layer rbac.Node) error{
		"alone": func(p *planted, _, layer rbac.Node) error {
			_, err := p.resources.Delete(p.Context(), p.owner, resource.Deletion{Nodes: []rbac.Node{layer}})
			return err
		},
		"with a subtree": func(p *planted, group, _ rbac.Node) error {
			_, err := p.resources.Delete(p.Context(), p.owner, resource.Deletion{Nodes: []rbac.Node{group}})
			return err
		},
		"with the workspace": func(p *planted, _, _ rbac.Node) error {
			_, err := p.workspaces.Depart(p.Context(), workspace.Command("test"), workspace.Departure{Workspace: p.home.ID}, workspace.Disposal{}, "")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				p := grown(w)
				group := p.make(p.home.Num, "resource_group", nil)
				inner := p.make(group.Num, "resource_group", nil)
				layer := p.layer(inner.Num)
				if len(p.tables()) < 2 {
					p.Fatalf("tables %v", p.tables())
				}
				p.ok(remove(p, group.Num, layer.Num))
				if left := p.tables(); len(left) != 0 {
					p.Errorf("tables %v are left", left)
				}
				_, err := p.features.Layer(p.Context(), p.owner, layer.Num)
				p.wants(err, resource.ErrNotFound)
			})
		})
	}
}

// Fields of a layer come, go and change their names through its resource, and
// what is kept keeps its values.
func TestFieldsChangeThroughTheTree(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		p := grown(w)
		r := p.layer(p.home.Num)
		update := func(actor workspace.Actor, change func(list []any) []any) (resource.Resource, error) {
			return p.resources.Update(p.Context(), actor, r.Num, func(r *resource.Resource) error {
				list, _ := r.Settings["feature_layer"]["fields"].([]any)
				r.Settings["feature_layer"]["fields"] = change(list)
				return nil
			})
		}
		more := func(list []any) []any {
			list[0].(map[string]any)["keyname"], list[0].(map[string]any)["display_name"] = "b", "B"
			return append(list, field("a", feature.Integer))
		}
		before := dbtest.Fingerprint(p, p.db)
		_, err := update(p.viewer, more)
		p.wants(err, rbac.ErrDenied)
		if dbtest.Fingerprint(p, p.db) != before {
			p.Error("something was changed")
		}
		_, err = update(p.owner, more)
		p.ok(err)
		p.put(r.Num, feature.Draft{ID: 1, Fields: map[string]any{"a": int64(5)}})
		f := p.list(r.Num, feature.Query{})[0]
		if f.Fields["b"] != "x" || f.Fields["a"] != int64(5) {
			p.Errorf("%+v", f)
		}
		l, err := p.features.Layer(p.Context(), p.viewer, r.Num)
		if err != nil || len(l.Fields) != 2 || l.Fields[0].ID != 1 || l.Fields[1].ID != 2 {
			p.Errorf("%+v, %v", l, err)
		}
		stored, err := update(p.owner, func(list []any) []any { return list[1:] })
		p.ok(err)
		fields, _ := stored.Settings["feature_layer"]["fields"].([]any)
		if f := p.list(r.Num, feature.Query{})[0]; len(f.Fields) != 1 || f.Fields["a"] != int64(5) || len(fields) != 1 {
			p.Errorf("%+v, %+v", f, fields)
		}
		// Only what changes the geometry is refused.
		_, err = p.resources.Update(p.Context(), p.owner, r.Num, func(r *resource.Resource) error {
			r.Settings["vector_layer"]["geometry_type"] = "POLYGON"
			return nil
		})
		p.invalid(err, "vector_layer.geometry_type")
		plan, err := p.resources.PlanDelete(p.Context(), p.owner, resource.Deletion{Nodes: []rbac.Node{r.Num}})
		if err != nil || plan.Bytes < 20 {
			p.Errorf("%+v, %v", plan, err)
		}
	})
}
