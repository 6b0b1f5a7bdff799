package resource_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
)

func TestDefault(t *testing.T) {
	if _, err := resource.Schema(resource.Default()); err != nil {
		t.Fatal(err)
	}
}

// seeded is the schema that the seed of spec/ngw.md shows.
type seeded struct {
	Resources map[string]struct {
		Label  string
		Scopes []string
	}
	Scopes map[string]struct {
		Label       string
		Permissions map[string]struct{ Label string }
	}
}

func TestSeedSchema(t *testing.T) {
	text, err := os.ReadFile("testdata/seed_schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var seed seeded
	if err := json.Unmarshal(text, &seed); err != nil { //nolint:musttag // as the seed spells it
		t.Fatal(err)
	}
	catalog := resource.Default()
	for name, want := range seed.Resources {
		class, ok := catalog.Class(name)
		if name == resource.Base().Name {
			class, ok = resource.Base(), true
		}
		if !ok || class.Labels["ru"] != want.Label {
			t.Errorf("%s is called %q, not %q", name, class.Labels["ru"], want.Label)
		}
		scopes := append([]string{resource.ScopeResource, resource.ScopeMetadata}, class.Scopes...)
		if strings.HasSuffix(name, "_service") {
			// The seed's own examples of services have the scope that its schema lacks.
			want.Scopes = append(want.Scopes, resource.ScopeService)
		}
		slices.Sort(scopes)
		slices.Sort(want.Scopes)
		if !slices.Equal(scopes, want.Scopes) {
			t.Errorf("%s has scopes %v, not %v", name, scopes, want.Scopes)
		}
	}
	for name, want := range seed.Scopes {
		i := slices.IndexFunc(catalog.Scopes(), func(s resource.Scope) bool { return s.Name == name })
		if i < 0 {
			t.Errorf("no scope %s", name)
			continue
		}
		scope := catalog.Scopes()[i]
		if scope.Labels["ru"] != want.Label {
			t.Errorf("%s is called %q, not %q", name, scope.Labels["ru"], want.Label)
		}
		for permission, want := range want.Permissions {
			if !slices.ContainsFunc(scope.Permissions, func(p resource.PermissionLabel) bool {
				return p.Name == permission && p.Labels["ru"] == want.Label
			}) {
				t.Errorf("%s.%s is not called %q", name, permission, want.Label)
			}
		}
	}
}

// The classes that the seed lists, and those of spec/ngw.md §1.3.
func TestClasses(t *testing.T) {
	catalog := resource.Default()
	for _, name := range []string{
		"resource_group", "postgis_layer", "wmsserver_service", "baselayers", "postgis_connection", "webmap", "wfsserver_service",
		"vector_layer", "raster_layer", "vector_style", "raster_style", "file_bucket", "lookup_table", "mapserver_style",
		"wmsclient_connection", "wmsclient_layer", "raster_mosaic", "tileset", "wfsclient_layer", "tmsclient_layer", "basemap_layer",
		"wfsclient_connection", "tmsclient_connection", "raster_layer_storage", "ogcfserver_service", "svg_marker_library",
		"qgis_vector_style", "qgis_raster_style", "formbuilder_form",
	} {
		if _, ok := catalog.Class(name); !ok {
			t.Errorf("no class %s", name)
		}
	}
	if _, ok := catalog.Class("resource"); ok {
		t.Error("nothing is made of the class resource")
	}
	categories := map[string]bool{}
	for _, c := range resource.Categories() {
		categories[c.Name] = true
		spoken(t, c.Name, c.Labels)
	}
	orders := map[int]string{}
	for _, class := range catalog.Classes() {
		spoken(t, class.Name, class.Labels)
		if !categories[class.Category] {
			t.Errorf("%s has the category %q", class.Name, class.Category)
		}
		if other, ok := orders[class.Order]; ok || class.Order == 0 {
			t.Errorf("%s has the order of %s", class.Name, other)
		}
		orders[class.Order] = class.Name
	}
	for _, scope := range catalog.Scopes() {
		spoken(t, scope.Name, scope.Labels)
		for _, p := range scope.Permissions {
			spoken(t, scope.Name+"."+p.Name, p.Labels)
		}
	}
	if label := (resource.Labels{"en": "Map"}).In("ru"); label != "Map" {
		t.Errorf("without a label in a language: %q", label)
	}
}

func spoken(t *testing.T, name string, labels resource.Labels) {
	t.Helper()
	for _, language := range []string{"en", "fr", "es", "ru"} {
		if labels.In(language) == "" || labels[language] == "" {
			t.Errorf("%s has no label in %s", name, language)
		}
	}
}

// The permissions that data behind a connection needs.
func TestRequirements(t *testing.T) {
	schema, err := resource.Schema(resource.Default())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]rbac.Requirement{
		"postgis_layer":   {Permission: resource.ReadData, Needs: resource.Connect, Relation: "postgis_layer.connection"},
		"wmsclient_layer": {Permission: resource.ReadData, Needs: resource.Connect, Relation: "wmsclient_layer.connection"},
		"wfsclient_layer": {Permission: resource.ReadData, Needs: resource.Connect, Relation: "wfsclient_layer.connection"},
		"tmsclient_layer": {Permission: resource.ReadData, Needs: resource.Connect, Relation: "tmsclient_layer.connection"},
		"raster_layer":    {Permission: resource.ReadData, Needs: resource.Connect, Relation: "raster_layer.storage", OrNone: true},
	} {
		class, _ := schema.Class(name)
		if !slices.Contains(class.Requires, want) {
			t.Errorf("%s does not need %+v", name, want)
		}
	}
}

// valid returns a class to spoil.
func valid(attributes ...resource.Attribute) resource.Class {
	return resource.Class{
		Name: "sensor", Labels: resource.Labels{"en": "Sensor"}, Scopes: []string{resource.ScopeData},
		Parents: []string{resource.ResourceGroup}, Interfaces: []string{"ISensor"},
		Members: []resource.Member{{Name: "sensor", Attributes: attributes}},
	}
}

func TestNewCatalogRefuses(t *testing.T) {
	type spoil func(*resource.Class)
	with := func(a ...resource.Attribute) spoil {
		return func(c *resource.Class) { c.Members[0].Attributes = a }
	}
	text := resource.Attribute{Name: "kind", Kind: resource.Text, Required: true, OneOf: []any{"a", "b"}}
	deep := resource.Attribute{Name: "in", Kind: resource.Flag}
	for range 40 {
		deep = resource.Attribute{Name: "in", Kind: resource.Object, Of: []resource.Attribute{deep}}
	}
	round := []resource.Attribute{{Name: "in", Kind: resource.Object}}
	round[0].Of = round
	for name, test := range map[string]struct {
		spoil spoil
		says  string
	}{
		"no name":               {func(c *resource.Class) { c.Name = "" }, "no name of a class"},
		"a bad name":            {func(c *resource.Class) { c.Name = "Sensor.1" }, "no name of a class"},
		"named twice":           {func(c *resource.Class) { c.Name = "webmap" }, "named twice"},
		"the base":              {func(c *resource.Class) { c.Name = "resource" }, "something else"},
		"a node of ours":        {func(c *resource.Class) { c.Name = "workspace" }, "something else"},
		"no label":              {func(c *resource.Class) { c.Labels = resource.Labels{"fr": "Capteur"} }, "label"},
		"no scope":              {func(c *resource.Class) { c.Scopes = []string{"sensing"} }, "no scope"},
		"scope twice":           {func(c *resource.Class) { c.Scopes = []string{"data", "data"} }, "twice"},
		"scope of all":          {func(c *resource.Class) { c.Scopes = []string{"metadata"} }, "every class has"},
		"nowhere":               {func(c *resource.Class) { c.Parents = nil }, "lie in nothing"},
		"no parent":             {func(c *resource.Class) { c.Parents = []string{"shelf"} }, `no class "shelf"`},
		"no permission":         {require("data.fly", resource.Read, ""), "no permission"},
		"another's permission":  {require("webmap.display", resource.Read, ""), "no permission"},
		"no relation":           {require(resource.ReadData, resource.Connect, "sensor.station"), "no attribute that refers"},
		"member named twice":    {func(c *resource.Class) { c.Members = append(c.Members, c.Members[0]) }, "named twice"},
		"member of all":         {func(c *resource.Class) { c.Members[0].Name = "resmeta" }, "no name of a member"},
		"attribute twice":       {with(text, text), "named twice"},
		"attribute unnamed":     {with(resource.Attribute{Kind: resource.Flag}), "no name of an attribute"},
		"no kind":               {with(resource.Attribute{Name: "a", Kind: "colour"}), `no kind "colour"`},
		"inner permission":      {with(object(resource.Attribute{Name: "a", Kind: resource.Flag, Read: resource.ReadData})), "member's own"},
		"permission not had":    {with(resource.Attribute{Name: "a", Kind: resource.Flag, Read: resource.Display}), "which the class has not"},
		"required and readonly": {with(resource.Attribute{Name: "a", Kind: resource.Flag, Required: true, ReadOnly: true}), "nobody could say"},
		"bounds":                {with(resource.Attribute{Name: "a", Kind: resource.Integer, Min: 3, Max: 2}), "nothing lies between"},
		"a minimum alone":       {with(resource.Attribute{Name: "a", Kind: resource.Integer, Min: 3}), "nothing lies between"},
		"bounds of a flag":      {with(resource.Attribute{Name: "a", Kind: resource.Flag, Max: 3}), "no bounds"},
		"pattern of a flag":     {with(resource.Attribute{Name: "a", Kind: resource.Flag, Pattern: "x"}), "pattern"},
		"a bad pattern":         {with(resource.Attribute{Name: "a", Kind: resource.Text, Pattern: "("}), "its pattern"},
		"one of wrong ones":     {with(resource.Attribute{Name: "a", Kind: resource.Integer, OneOf: []any{"x"}}), "is no integer"},
		"parts of a text":       {with(resource.Attribute{Name: "a", Kind: resource.Text, Of: []resource.Attribute{text}}), "has no attributes"},
		"an empty object":       {with(resource.Attribute{Name: "a", Kind: resource.Object}), "without attributes"},
		"a list of nothing":     {with(resource.Attribute{Name: "a", Kind: resource.List}), "of objects or of values"},
		"a list of both":        {with(resource.Attribute{Name: "a", Kind: resource.List, Items: resource.Text, Of: []resource.Attribute{text}}), "of objects or of values"},
		"a list of lists":       {with(resource.Attribute{Name: "a", Kind: resource.List, Items: resource.List}), "no kind of a list's values"},
		"values of a text":      {with(resource.Attribute{Name: "a", Kind: resource.Text, Items: resource.Text}), "has no values"},
		"a recursive object":    {with(resource.Attribute{Name: "a", Kind: resource.Object, Of: []resource.Attribute{text}, Recursive: "b"}), "is recursive"},
		"no target":             {with(resource.Attribute{Name: "a", Kind: resource.Link, Classes: []string{"station"}}), `no class "station"`},
		"no interface":          {with(resource.Attribute{Name: "a", Kind: resource.Link, Interfaces: []string{"IStation"}}), `interface "IStation"`},
		"target of a text":      {with(resource.Attribute{Name: "a", Kind: resource.Text, Classes: []string{"webmap"}}), "refers to nothing"},
		"a wrong default":       {with(resource.Attribute{Name: "a", Kind: resource.Integer, Default: "x"}), "its default"},
		"a secret default":      {with(resource.Attribute{Name: "a", Kind: resource.Secret, Default: "x"}), "no default"},
		"when never":            {with(text, resource.Attribute{Name: "a", Kind: resource.Flag, When: "c"}), "comes first"},
		"when of itself":        {with(resource.Attribute{Name: "a", Kind: resource.Flag, When: "c"}), "comes first"},
		"a secret in a list":    {with(list(resource.Attribute{Name: "a", Kind: resource.Secret})), "told apart"},
		"fixed deep in a list":  {with(list(object(resource.Attribute{Name: "a", Kind: resource.Flag, Fixed: true}))), "told apart"},
		"too deep":              {with(deep), "levels"},
		"round":                 {with(round...), "levels"},
	} {
		t.Run(name, func(t *testing.T) {
			class := valid(resource.Attribute{Name: "interval", Kind: resource.Integer})
			test.spoil(&class)
			_, err := resource.NewCatalog(append(resource.Builtin(), class))
			if !errors.Is(err, resource.ErrCatalog) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, not one that says %q", err, test.says)
			}
		})
	}
	for name, scope := range map[string]resource.Scope{
		"named twice": {Name: "data"}, "unnamed": {}, "dotted": {Name: "a.b"},
		"a permission twice": {Name: "sensing", Permissions: []resource.PermissionLabel{{Name: "a"}, {Name: "a"}}},
	} {
		if _, err := resource.NewCatalog(nil, scope); !errors.Is(err, resource.ErrCatalog) {
			t.Errorf("a scope %s: %v", name, err)
		}
	}
}

func require(p, needs rbac.Permission, relation string) func(*resource.Class) {
	return func(c *resource.Class) {
		c.Requires = []rbac.Requirement{{Permission: p, Needs: needs, Relation: relation}}
	}
}

func object(a ...resource.Attribute) resource.Attribute {
	return resource.Attribute{Name: "object", Kind: resource.Object, Of: a}
}

func list(a ...resource.Attribute) resource.Attribute {
	return resource.Attribute{Name: "list", Kind: resource.List, Of: a}
}

func TestCatalogKeepsItsOwn(t *testing.T) {
	classes := []resource.Class{
		{Name: "resource_group", Labels: resource.Labels{"en": "Group"}, Parents: []string{"resource_group"}},
		valid(resource.Attribute{Name: "interval", Kind: resource.Integer, OneOf: []any{1, 2}}),
	}
	catalog, err := resource.NewCatalog(classes)
	if err != nil {
		t.Fatal(err)
	}
	classes[1].Labels["en"], classes[1].Parents[0] = "spoiled", "spoiled"
	classes[1].Members[0].Attributes[0].OneOf[0] = "spoiled"
	class, _ := catalog.Class("sensor")
	if class.Labels["en"] != "Sensor" || class.Parents[0] != "resource_group" || class.Members[0].Attributes[0].OneOf[0] != 1 {
		t.Errorf("changed from outside: %+v", class)
	}
	if _, ok := catalog.Class("webmap"); ok {
		t.Error("a catalog has classes that nobody gave it")
	}
}
