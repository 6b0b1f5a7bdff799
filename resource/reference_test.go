package resource_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const mapOfThree = `{"webmap": {"bookmark_resource": {"id": 9}, "root_item": {"item_type": "root", "children": [
	{"item_type": "layer", "display_name": "A", "layer_style_id": 3},
	{"item_type": "group", "display_name": "G", "children": [
		{"item_type": "group", "display_name": "H", "children": [
			{"item_type": "layer", "display_name": "B", "layer_style_id": 4},
			{"item_type": "layer", "display_name": "C", "layer_style_id": 3}]}]}]}},
	"basemap_webmap": {"basemaps": [{"resource_id": 7, "display_name": "D"}, {"resource_id": 4, "display_name": "E"}]}}`

func TestReferences(t *testing.T) {
	got := resource.References(class(t, "webmap"), conform(t, "webmap", nil, mapOfThree))
	want := []resource.Reference{
		{Name: "webmap.bookmark_resource", To: 9},
		{Name: "webmap.root_item", To: 3},
		{Name: "webmap.root_item", To: 4},
		{Name: "basemap_webmap.basemaps", To: 7},
		{Name: "basemap_webmap.basemaps", To: 4},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	layer := conform(t, "tmsclient_layer", nil, `{"tmsclient_layer": {"connection": {"id": 5}}}`)
	want = []resource.Reference{{Name: "tmsclient_layer.connection", To: 5, Decides: true}}
	if diff := cmp.Diff(want, resource.References(class(t, "tmsclient_layer"), layer)); diff != "" {
		t.Error(diff)
	}
	// As a store reads it that knows only floats.
	layer["tmsclient_layer"]["connection"] = map[string]any{"id": 5.0}
	if diff := cmp.Diff(want, resource.References(class(t, "tmsclient_layer"), layer)); diff != "" {
		t.Error(diff)
	}
}

func TestLeads(t *testing.T) {
	classes := map[rbac.Node]string{3: "qgis_vector_style", 4: "tileset", 5: "tmsclient_connection", 7: "basemap_layer", 9: "vector_layer"}
	for _, test := range []struct {
		class, in string
		spoil     func(map[rbac.Node]string)
		field     string
	}{
		{"webmap", mapOfThree, func(m map[rbac.Node]string) { m[4] = "basemap_layer" }, "webmap.root_item.children[1].children[0].children[0].layer_style_id"},
		{"webmap", mapOfThree, func(m map[rbac.Node]string) { delete(m, 3) }, "webmap.root_item.children[0].layer_style_id"},
		{"webmap", mapOfThree, func(m map[rbac.Node]string) { m[9] = "raster_layer" }, "webmap.bookmark_resource.id"},
		{"webmap", mapOfThree, nil, "basemap_webmap.basemaps[1].resource_id"}, // 4 is no basemap
		{"tmsclient_layer", `{"tmsclient_layer": {"connection": {"id": 5}}}`, nil, ""},
		{"tmsclient_layer", `{"tmsclient_layer": {"connection": {"id": 3}}}`, nil, "tmsclient_layer.connection.id"},
	} {
		at := func(n rbac.Node) (string, bool) { name, ok := classes[n]; return name, ok }
		if test.spoil != nil {
			spoiled := map[rbac.Node]string{}
			for n, name := range classes {
				spoiled[n] = name
			}
			test.spoil(spoiled)
			at = func(n rbac.Node) (string, bool) { name, ok := spoiled[n]; return name, ok }
		}
		err := resource.Default().Leads(class(t, test.class), conform(t, test.class, nil, test.in), at)
		var bad *workspace.InvalidError
		if errors.As(err, &bad) && bad.Field != test.field || !errors.As(err, &bad) && test.field != "" {
			t.Errorf("%s: got %v, not one about %q", test.class, err, test.field)
		}
	}
}

func TestWithout(t *testing.T) {
	s := conform(t, "webmap", nil, mapOfThree)
	left, lost := resource.Without(class(t, "webmap"), s, map[rbac.Node]bool{3: true, 9: true, 7: true})
	if lost {
		t.Error("a map without layers is none")
	}
	want := conform(t, "webmap", nil, `{"webmap": {"root_item": {"item_type": "root", "children": [
		{"item_type": "group", "display_name": "G", "children": [
			{"item_type": "group", "display_name": "H", "children": [{"item_type": "layer", "display_name": "B", "layer_style_id": 4}]}]}]}},
		"basemap_webmap": {"basemaps": [{"resource_id": 4, "display_name": "E"}]}}`)
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(s, conform(t, "webmap", nil, mapOfThree)); diff != "" {
		t.Errorf("what came in was changed: %s", diff)
	}
	layer := conform(t, "tmsclient_layer", nil, `{"tmsclient_layer": {"connection": {"id": 5}}}`)
	if _, lost := resource.Without(class(t, "tmsclient_layer"), layer, map[rbac.Node]bool{5: true}); !lost {
		t.Error("a layer without its connection is left")
	}
	if _, lost := resource.Without(class(t, "tmsclient_layer"), layer, map[rbac.Node]bool{6: true}); lost {
		t.Error("a layer is lost with what it does not need")
	}
	raster := conform(t, "raster_layer", nil, `{"raster_layer": {"storage": {"id": 5}}}`)
	left, lost = resource.Without(class(t, "raster_layer"), raster, map[rbac.Node]bool{5: true})
	if _, there := left["raster_layer"]["storage"]; there || lost {
		t.Errorf("a raster without its storage: %v, lost %v", left, lost)
	}
}

// A list that needs a number of values is lost with them, one of plain values
// loses them one by one.
func TestWithoutLists(t *testing.T) {
	c := valid(
		resource.Attribute{Name: "near", Kind: resource.List, Items: resource.Link, Default: []any{}},
		resource.Attribute{Name: "pair", Kind: resource.List, Items: resource.Link, Min: 2, Max: 2, Nullable: true},
	)
	catalog, err := resource.NewCatalog(append(resource.Builtin(), c))
	if err != nil {
		t.Fatal(err)
	}
	c, _ = catalog.Class("sensor")
	s, err := catalog.Conform(c, nil, parse(t, `{"sensor": {"near": [1, 2, 3], "pair": [2, 4]}}`))
	if err != nil {
		t.Fatal(err)
	}
	left, lost := resource.Without(c, s, map[rbac.Node]bool{2: true})
	if diff := same(t, left, parse(t, `{"sensor": {"near": [1, 3], "pair": null}}`)); diff != "" || lost {
		t.Errorf("lost %v: %s", lost, diff)
	}
	if refs := resource.References(c, s); !slices.Contains(refs, resource.Reference{Name: "sensor.pair", To: 4}) || len(refs) != 5 {
		t.Errorf("it refers to %v", refs)
	}
}
