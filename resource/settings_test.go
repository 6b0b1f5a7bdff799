package resource_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// parse reads settings as a client writes them.
func parse(t testing.TB, text string) resource.Settings {
	t.Helper()
	var s resource.Settings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return s
}

// same compares settings as a client reads them.
func same(t testing.TB, got, want any) string {
	t.Helper()
	return cmp.Diff(again(t, want), again(t, got))
}

func again(t testing.TB, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back any
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func class(t testing.TB, name string) resource.Class {
	t.Helper()
	c, ok := resource.Default().Class(name)
	if !ok {
		t.Fatalf("no class %s", name)
	}
	return c
}

// conform conforms settings that are fine.
func conform(t testing.TB, name string, before resource.Settings, text string) resource.Settings {
	t.Helper()
	s, err := resource.Default().Conform(class(t, name), before, parse(t, text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

// The seed's examples come out as they went in, to the last attribute.
func TestSeedShapes(t *testing.T) {
	text, err := os.ReadFile("testdata/seed_resources.json")
	if err != nil {
		t.Fatal(err)
	}
	var examples []map[string]map[string]any
	if err := json.Unmarshal(text, &examples); err != nil {
		t.Fatal(err)
	}
	for _, example := range examples {
		name, _ := example["resource"]["cls"].(string)
		delete(example, "resource")
		delete(example, "resmeta")
		got, err := resource.Default().Conform(class(t, name), nil, resource.Settings(example))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := same(t, got, example); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What a client leaves out is there.
func TestDefaults(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"webmap": {`{}`, `{"webmap": {"extent_left": -180, "extent_right": 180, "extent_bottom": -90, "extent_top": 90,
			"bookmark_resource": null, "root_item": {"item_type": "root", "children": []}}, "basemap_webmap": {"basemaps": []}}`},
		"vector_layer": {`{"vector_layer": {"geometry_type": "POINT"}}`, `{"vector_layer": {"geometry_type": "POINT", "srs": {"id": 3857}},
			"feature_layer": {"fields": [], "versioning": {"enabled": false}, "aggregations": ["min_max", "unique_values"]}}`},
		"raster_layer":   {`{}`, `{"raster_layer": {"srs": {"id": 3857}, "xsize": null, "ysize": null, "band_count": null}}`},
		"lookup_table":   {`{"lookup_table": {"items": {"a": "A"}}}`, `{"lookup_table": {"items": {"a": "A"}, "sort": "KEY_ASC"}}`},
		"resource_group": {`{}`, `{}`},
		"postgis_connection": {
			`{"postgis_connection": {"hostname": "db", "database": "gis", "username": "u", "password": "p"}}`,
			`{"postgis_connection": {"hostname": "db", "port": null, "database": "gis", "username": "u", "password": "p"}}`,
		},
		"postgis_layer": {
			`{"postgis_layer": {"connection": {"id": 7}, "table": "roads", "column_id": "id", "column_geom": "geom"}}`,
			`{"postgis_layer": {"connection": {"id": 7}, "srs": {"id": 3857}, "schema": "public", "table": "roads", "column_id": "id",
				"column_geom": "geom", "geometry_type": null, "geometry_srid": null},
			  "feature_layer": {"fields": [], "versioning": {"enabled": false}, "aggregations": ["min_max", "unique_values"]}}`,
		},
		"wmsserver_service": {`{}`, `{"wmsserver_service": {"layers": []}}`},
	} {
		if diff := same(t, conform(t, name, nil, test.in), parse(t, test.want)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// The tree of a map has groups in groups, each kind of item with its own.
func TestWebmapTree(t *testing.T) {
	in := `{"webmap": {"root_item": {"item_type": "root", "children": [
		{"item_type": "group", "display_name": "G", "layer_style_id": null, "children": [
			{"item_type": "group", "display_name": "H", "group_expanded": true, "group_exclusive": true, "children": []},
			{"item_type": "layer", "display_name": "L", "layer_style_id": 5, "children": [], "layer_identifiable": true}]}]}}}`
	want := `{"item_type": "root", "children": [
		{"item_type": "group", "display_name": "G", "group_expanded": false, "children": [
			{"item_type": "group", "display_name": "H", "group_expanded": true, "group_exclusive": true, "children": []},
			{"item_type": "layer", "display_name": "L", "layer_style_id": 5, "layer_enabled": false, "layer_identifiable": true,
			 "layer_transparency": null, "layer_min_scale_denom": null, "layer_max_scale_denom": null, "layer_adapter": "image"}]}]}`
	got := conform(t, "webmap", nil, in)["webmap"]["root_item"]
	if diff := same(t, got, json.RawMessage(want)); diff != "" {
		t.Error(diff)
	}
}

func TestConformRefuses(t *testing.T) {
	deep := strings.Repeat(`{"item_type": "group", "display_name": "G", "children": [`, 40) + strings.Repeat(`]}`, 40)
	any64 := `"` + strings.Repeat("x", 1<<16) + `"`
	layer := func(rest string) string {
		return `{"webmap": {"root_item": {"item_type": "root", "children": [
			{"item_type": "group", "display_name": "G", "children": [{"item_type": "layer"` + rest + `}]}]}}}`
	}
	connection := func(rest string) string {
		return `{"postgis_connection": {"hostname": "h", "database": "d", "username": "u"` + rest + `}}`
	}
	for _, test := range []struct{ class, in, field, expected string }{
		{"webmap", `{"webmaps": {}}`, "webmaps", "webmap, basemap_webmap"},
		{"webmap", `{"webmap": {"extent": 1}}`, "webmap.extent", "extent_left"},
		{"webmap", `{"webmap": {"extent_left": "1"}}`, "webmap.extent_left", "number, -360 to 360"},
		{"webmap", `{"webmap": {"extent_top": 91}}`, "webmap.extent_top", "-90 to 90"},
		{"webmap", `{"webmap": {"root_item": {"children": []}}}`, "webmap.root_item.item_type", "one of root"},
		{"webmap", `{"webmap": {"root_item": []}}`, "webmap.root_item", "an object"},
		{"webmap", `{"webmap": {"root_item": {"item_type": "root", "children": {}}}}`, "webmap.root_item.children", "a list"},
		{"webmap", `{"webmap": {"root_item": {"item_type": "root", "children": [null]}}}`, "webmap.root_item.children[0]", "an object"},
		{"webmap", layer(``), "webmap.root_item.children[0].children[0].display_name", "1 to 255 characters"},
		{"webmap", layer(`, "display_name": "L"`), "webmap.root_item.children[0].children[0].layer_style_id", "the number of a resource"},
		{"webmap", layer(`, "display_name": "L", "layer_style_id": 0`), "webmap.root_item.children[0].children[0].layer_style_id", "the number"},
		{"webmap", layer(`, "display_name": "L", "layer_style_id": 1.5`), "webmap.root_item.children[0].children[0].layer_style_id", "the number"},
		{"webmap", layer(`, "display_name": "L", "layer_style_id": 1, "group_expanded": true`), "webmap.root_item.children[0].children[0].group_expanded", `item_type is "group"`},
		{"webmap", layer(`, "display_name": "L", "layer_style_id": 1, "layer_adapter": "carrier"`), "webmap.root_item.children[0].children[0].layer_adapter", "image, tile"},
		{"webmap", `{"webmap": {"root_item": {"item_type": "root", "children": [` + deep + `]}}}`, "webmap.root_item.children[0]" + strings.Repeat(".children[0]", 29) + ".children", "32 levels"},
		{"webmap", `{"basemap_webmap": {"basemaps": [{"resource_id": 3}]}}`, "basemap_webmap.basemaps[0].display_name", "characters"},
		{"webmap", `{"basemap_webmap": {"background_color": "red"}}`, "basemap_webmap.background_color", "[0-9a-f]"},
		{"vector_layer", `{}`, "vector_layer.geometry_type", "MULTIPOLYGONZ"},
		{"vector_layer", `{"vector_layer": {"geometry_type": "CURVE"}}`, "vector_layer.geometry_type", "POINT"},
		{"vector_layer", `{"vector_layer": {"geometry_type": "POINT", "srs": {"id": 2154}}}`, "vector_layer.srs.id", "3857, 4326"},
		{"vector_layer", `{"vector_layer": {"geometry_type": "POINT", "srs": 3857}}`, "vector_layer.srs", "an object"},
		{"vector_layer", `{"vector_layer": {"geometry_type": "POINT", "source": {}}}`, "vector_layer.source", "nothing of that name"},
		{"vector_layer", `{"vector_layer": {"geometry_type": "POINT", "fields": [{"keyname": "a", "datatype": "STRING"}, {"keyname": "b", "datatype": "COLOUR"}]}}`, "vector_layer.fields[1].datatype", "BIGINT"},
		{"vector_layer", `{"vector_layer": {"geometry_type": "POINT", "fields": [{"keyname": "a", "datatype": "STRING"}, {"keyname": "a", "datatype": "REAL"}]}}`, "vector_layer.fields[1].keyname", "no other field"},
		{"vector_layer", `{"vector_layer": {"geometry_type": "POINT"}, "feature_layer": {"versioning": {"enabled": true}}}`, "feature_layer.versioning.enabled", "false"},
		{"vector_layer", `{"vector_layer": {"geometry_type": "POINT"}, "feature_layer": {"geometry_type": "POINT"}}`, "feature_layer.geometry_type", "not set by hand"},
		{"vector_layer", `{"vector_layer": {"geometry_type": "POINT"}, "feature_layer": {"fields": [{"id": 3, "keyname": "a", "datatype": "STRING"}]}}`, "feature_layer.fields[0].id", "one that is there"},
		{"raster_layer", `{"raster_layer": {"xsize": 0}}`, "raster_layer.xsize", "an integer, 1 to"},
		{"raster_layer", `{"raster_layer": {"xsize": 1.5}}`, "raster_layer.xsize", "an integer"},
		{"wmsserver_service", `{"wmsserver_service": {"layers": [{"resource_id": 1, "keyname": "1", "display_name": "x"}]}}`, "wmsserver_service.layers[0].keyname", "a text like"},
		{"wfsserver_service", `{"wfsserver_service": {"layers": [{"resource_id": 1, "keyname": "a", "display_name": "x"}, {"resource_id": 2, "keyname": "a", "display_name": "x"}]}}`, "wfsserver_service.layers[1].keyname", "no other layer"},
		{"postgis_connection", `{}`, "postgis_connection.hostname", "1 to 255 characters"},
		{"postgis_connection", connection(`, "port": 65536`), "postgis_connection.port", "1 to 65535"},
		{"postgis_connection", connection(`, "password": 1`), "postgis_connection.password", "characters"},
		{"postgis_connection", connection(`, "password": "a\u0000b"`), "postgis_connection.password", "characters"},
		{"postgis_connection", connection(`, "sslmode": "maybe"`), "postgis_connection.sslmode", "verify-full"},
		{"wmsclient_connection", `{"wmsclient_connection": {"url": "ftp://example.org"}}`, "wmsclient_connection.url", "https?"},
		{"tmsclient_connection", `{}`, "tmsclient_connection.url_template", "an address"},
		{"tmsclient_layer", `{"tmsclient_layer": {"connection": {"id": 1}, "minzoom": 9, "maxzoom": 8}}`, "tmsclient_layer.minzoom", "no more than maxzoom"},
		{"tmsclient_layer", `{}`, "tmsclient_layer.connection", "an object"},
		{"tmsclient_layer", `{"tmsclient_layer": {"connection": {}}}`, "tmsclient_layer.connection.id", "the number"},
		{"basemap_layer", `{}`, "basemap_layer.url", "an address"},
		{"lookup_table", `{"lookup_table": {"items": {"a": 1}}}`, "lookup_table.items.a", "a text"},
		{"lookup_table", `{"lookup_table": {"items": {"a": "A", "b": "B"}, "order": ["a"]}}`, "lookup_table.order", "each key"},
		{"lookup_table", `{"lookup_table": {"items": {"a": "A", "b": "B"}, "order": ["a", "a"]}}`, "lookup_table.order", "each key"},
		{"file_bucket", `{"file_bucket": {"files": [{"name": "a"}]}}`, "file_bucket.files", "not set by hand"},
		{"formbuilder_form", `{"formbuilder_form": {"value": ` + any64 + `}}`, "formbuilder_form.value", "64 KiB"},
		{"formbuilder_form", `{"formbuilder_form": {"value": ` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}}`, "formbuilder_form.value", "32 levels"},
	} {
		_, err := resource.Default().Conform(class(t, test.class), nil, parse(t, test.in))
		var bad *workspace.InvalidError
		if !errors.As(err, &bad) || bad.Field != test.field || !strings.Contains(bad.Expected, test.expected) {
			t.Errorf("%s %s: got %v, not %s: %s", test.class, test.in, err, test.field, test.expected)
		}
	}
}

// What is fixed, kept and set by others, when settings change.
func TestConformAgain(t *testing.T) {
	refused := func(name string, before resource.Settings, text, field string) {
		t.Helper()
		_, err := resource.Default().Conform(class(t, name), before, parse(t, text))
		var bad *workspace.InvalidError
		if !errors.As(err, &bad) || bad.Field != field {
			t.Errorf("%s: got %v, not one about %s", text, err, field)
		}
	}
	layer := conform(t, "vector_layer", nil, `{"vector_layer": {"geometry_type": "POINT", "srs": {"id": 4326}}}`)
	layer["feature_layer"]["fields"] = []any{ // what a keeper does
		map[string]any{"id": float64(4), "keyname": "a", "datatype": "STRING", "display_name": "A"},
		map[string]any{"id": int64(5), "keyname": "b", "datatype": "REAL", "display_name": "B"},
	}
	layer["feature_layer"]["geometry_type"] = "POINT"
	refused("vector_layer", layer, `{"vector_layer": {"geometry_type": "POLYGON"}}`, "vector_layer.geometry_type")
	refused("vector_layer", layer, `{"vector_layer": {"srs": {"id": 3857}}}`, "vector_layer.srs")
	refused("vector_layer", layer, `{"feature_layer": {"geometry_type": "POLYGON"}}`, "feature_layer.geometry_type")
	refused("vector_layer", layer, `{"feature_layer": {"fields": [{"id": 6, "keyname": "c", "datatype": "REAL"}]}}`, "feature_layer.fields[0].id")
	refused("vector_layer", layer, `{"feature_layer": {"fields": [{"id": 4, "keyname": null}]}}`, "feature_layer.fields[0].keyname")
	refused("vector_layer", layer, `{"feature_layer": {"fields": [
		{"id": 4, "keyname": "a", "datatype": "STRING"}, {"id": 4, "keyname": "b", "datatype": "STRING"}]}}`, "feature_layer.fields[1].id")

	// The same again, in another order, with a new one, the type left out.
	changed := conform(t, "vector_layer", layer, `{"vector_layer": {"geometry_type": "POINT", "srs": {"id": 4326}},
		"feature_layer": {"geometry_type": "POINT", "fields": [
			{"id": 5, "keyname": "c"}, {"keyname": "d", "datatype": "DATE"}, {"id": 4}]}}`)
	var got []any
	for _, v := range changed["feature_layer"]["fields"].([]any) {
		field := v.(map[string]any)
		got = append(got, field["id"], field["keyname"], field["datatype"])
	}
	if want := []any{int64(5), "c", "REAL", nil, "d", "DATE", int64(4), "a", "STRING"}; !reflect.DeepEqual(got, want) {
		t.Errorf("fields are %v, not %v", got, want)
	}
	if kept := conform(t, "vector_layer", changed, `{}`); kept["vector_layer"]["geometry_type"] != "POINT" ||
		kept["feature_layer"]["geometry_type"] != "POINT" || same(t, kept["vector_layer"]["srs"], map[string]any{"id": 4326}) != "" {
		t.Errorf("what is fixed went: %v", kept)
	}

	base := `{"postgis_connection": {"hostname": "db", "database": "gis", "username": "u"%s}}`
	secret := conform(t, "postgis_connection", nil, strings.Replace(base, "%s", `, "password": "p"`, 1))
	for more, want := range map[string]any{``: "p", `, "password": "q"`: "q", `, "password": null`: nil} {
		if got := conform(t, "postgis_connection", secret, strings.Replace(base, "%s", more, 1))["postgis_connection"]["password"]; got != want {
			t.Errorf("after %q the password is %v, not %v", more, got, want)
		}
	}
}

func TestConformSharesNothing(t *testing.T) {
	options := map[string]any{"a": []any{map[string]any{"b": "c"}}}
	before := resource.Settings{"webmap": {"options": options}}
	got, err := resource.Default().Conform(class(t, "webmap"), nil, before)
	if err != nil {
		t.Fatal(err)
	}
	seen := resource.Visible(class(t, "webmap"), got, func(rbac.Permission) bool { return true })
	left, _ := resource.Without(class(t, "webmap"), got, nil)
	options["a"].([]any)[0].(map[string]any)["b"] = "spoiled"
	for _, s := range []resource.Settings{got, seen, left} {
		value := s["webmap"]["options"].(map[string]any)["a"].([]any)[0].(map[string]any)
		if value["b"] != "c" {
			t.Error("settings share memory")
		}
		value["b"] = "spoiled too"
		s["webmap"]["root_item"].(map[string]any)["children"] = nil
	}
	fresh, _ := resource.Default().Conform(class(t, "webmap"), nil, nil)
	if fresh["webmap"]["root_item"].(map[string]any)["children"] == nil {
		t.Error("a default is shared")
	}
}

func TestChanged(t *testing.T) {
	connection := `{"postgis_connection": {"hostname": "db", "database": "gis", "username": "u", "password": "p"}}`
	service := `{"wmsserver_service": {"layers": [{"resource_id": 1, "keyname": "a", "display_name": "A"}]}}`
	fields := `{"vector_layer": {"geometry_type": "POINT", "fields": [{"keyname": "a", "datatype": "STRING"}]}}`
	for _, test := range []struct {
		class, before, after string
		want                 []rbac.Permission
	}{
		{"webmap", "", `{}`, nil},
		{"webmap", "", `{"webmap": {"extent_left": -180}}`, nil},
		{"webmap", "", `{"webmap": {"extent_left": 1}}`, []rbac.Permission{resource.Update}},
		{"webmap", `{"webmap": {"extent_left": 1}}`, `{"webmap": {"extent_left": 1}}`, nil},
		{"webmap", `{"webmap": {"extent_left": 1}}`, `{}`, []rbac.Permission{resource.Update}},
		{"postgis_connection", "", connection, []rbac.Permission{resource.WriteConnection}},
		{"postgis_connection", connection, strings.Replace(connection, `"p"`, `"q"`, 1), []rbac.Permission{resource.WriteConnection}},
		{"postgis_connection", connection, connection, nil},
		{"wmsserver_service", "", service, []rbac.Permission{resource.ConfigureService}},
		{"wmsserver_service", service, `{}`, []rbac.Permission{resource.ConfigureService}},
		{"vector_layer", "", fields, []rbac.Permission{resource.Update, resource.WriteData}},
		{"vector_layer", `{"vector_layer": {"geometry_type": "POINT"}}`, `{"feature_layer": {"fields": [{"keyname": "a", "datatype": "STRING"}]}}`, []rbac.Permission{resource.WriteStructure}},
	} {
		var before resource.Settings
		if test.before != "" {
			before = conform(t, test.class, nil, test.before)
		}
		after := conform(t, test.class, before, test.after)
		if got := resource.Changed(class(t, test.class), before, after); !slices.Equal(got, test.want) {
			t.Errorf("%s from %q to %q needs %v, not %v", test.class, test.before, test.after, got, test.want)
		}
	}
}

func TestVisible(t *testing.T) {
	s := conform(t, "postgis_connection", nil, `{"postgis_connection": {"hostname": "db", "database": "gis", "username": "u", "password": "p"}}`)
	holding := func(list ...rbac.Permission) func(rbac.Permission) bool {
		return func(p rbac.Permission) bool { return slices.Contains(list, p) }
	}
	if got := resource.Visible(class(t, "postgis_connection"), s, holding(resource.Read, resource.Connect)); len(got) != 0 {
		t.Errorf("without reading the connection: %v", got)
	}
	if got := resource.Visible(class(t, "postgis_connection"), s, holding(resource.Read, resource.ReadConnection)); same(t, got, s) != "" {
		t.Errorf("with it: %v", got)
	}
	layer := conform(t, "mapserver_style", nil, `{"mapserver_style": {"xml": "<map/>"}}`)
	if got := resource.Visible(class(t, "mapserver_style"), layer, holding(resource.Read)); len(got) != 0 {
		t.Errorf("without reading data: %v", got)
	}
	stray := resource.Settings{"webmap": {"unknown": "x", "extent_left": 1.0}, "unknown": {"a": 1}}
	if got := resource.Visible(class(t, "webmap"), stray, func(rbac.Permission) bool { return true }); same(t, got, parse(t, `{"webmap": {"extent_left": 1}}`)) != "" {
		t.Errorf("what no class knows is shown: %v", got)
	}
}
