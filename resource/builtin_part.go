package resource

import (
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// member makes a member.
func member(name string, attributes ...Attribute) Member {
	return Member{Name: name, Attributes: attributes}
}

// needing gives attributes the permissions that reading and writing them needs.
func needing(read, write rbac.Permission, attributes ...Attribute) []Attribute {
	for i := range attributes {
		attributes[i].Read, attributes[i].Write = read, write
	}
	return attributes
}

// to makes an object that holds the number of one resource: {"id": 7}.
func to(name string, a Attribute) Attribute {
	of := Attribute{Name: "id", Kind: Link, Required: true, Classes: a.Classes, Interfaces: a.Interfaces}
	a.Name, a.Kind, a.Of, a.Classes, a.Interfaces = name, Object, []Attribute{of}, nil, nil
	return a
}

// system makes the spatial reference system of a layer, {"id": 3857}, which
// stays what it is.
func system() Attribute {
	id := Attribute{Name: "id", Kind: Integer, Required: true, OneOf: []any{3857, 4326}}
	return Attribute{Name: "srs", Kind: Object, Of: []Attribute{id}, Fixed: true, Default: map[string]any{"id": 3857}}
}

// address makes a text that is an address on the web.
func address(name string) Attribute {
	return Attribute{Name: name, Kind: Text, Pattern: `^https?://[^\s/]+[^\s]*$`, Min: 1, Max: 2048}
}

// required and nullable make an attribute so.
func required(a Attribute) Attribute { a.Required = true; return a }
func nullable(a Attribute) Attribute { a.Nullable = true; return a }

// line makes a short text.
func line(name string) Attribute { return Attribute{Name: name, Kind: Text, Min: 1, Max: 255} }

// degrees makes a longitude or latitude that is within a bound.
func degrees(name string, bound, otherwise float64) Attribute {
	return Attribute{Name: name, Kind: Number, Nullable: true, Default: otherwise, Min: -bound, Max: bound}
}

// extent makes the four attributes of a box, the whole world when nobody says
// anything. Which way round they are is not looked at: boxes may cross the
// antimeridian, and clients send them upside down.
func extent() []Attribute {
	return []Attribute{
		degrees("extent_left", 360, -180), degrees("extent_right", 360, 180),
		degrees("extent_bottom", 90, -90), degrees("extent_top", 90, 90),
	}
}

// geometries and datatypes are what layers of features know.
func geometries() []any {
	var list []any
	for _, suffix := range []string{"", "Z"} {
		for _, kind := range []string{"POINT", "LINESTRING", "POLYGON"} {
			list = append(list, kind+suffix, "MULTI"+kind+suffix)
		}
	}
	return append(list, "NONE")
}

func datatypes() []any {
	return []any{"INTEGER", "BIGINT", "REAL", "STRING", "DATE", "TIME", "DATETIME", "BOOLEAN", "JSON"}
}

// field returns the attributes of a field that those who make one can say.
func field() []Attribute {
	return []Attribute{
		required(line("keyname")),
		line("display_name"),
		{Name: "datatype", Kind: Text, Required: true, OneOf: datatypes()},
		{Name: "typemod", Kind: Any, Nullable: true},
		{Name: "label_field", Kind: Flag, Default: false},
		{Name: "grid_visibility", Kind: Flag, Default: true},
		{Name: "text_search", Kind: Flag, Default: true},
		{Name: "required", Kind: Flag, Default: false},
		to("lookup_table", Attribute{Nullable: true, Classes: []string{"lookup_table"}}),
	}
}

// features returns what layers of features have in common.
func features() Member {
	fields := append([]Attribute{{Name: "id", Kind: Integer, ReadOnly: true, Min: 1, Max: exact}}, field()...)
	return member("feature_layer",
		Attribute{Name: "srs", Kind: Object, ReadOnly: true, Of: []Attribute{{Name: "id", Kind: Integer, Required: true}}},
		Attribute{Name: "geometry_type", Kind: Text, ReadOnly: true},
		Attribute{Name: "fields", Kind: List, Of: fields, Max: 500, Default: []any{}, Write: WriteStructure},
		Attribute{Name: "versioning", Kind: Object, Default: map[string]any{}, Of: []Attribute{
			{Name: "enabled", Kind: Flag, Default: false},
		}},
		Attribute{Name: "aggregations", Kind: List, Items: Text, ReadOnly: true, Default: []any{"min_max", "unique_values"}},
	)
}

// checkFeatures refuses what no layer of features can have.
func checkFeatures(_, after Settings) error {
	versioning, _ := after["feature_layer"]["versioning"].(map[string]any)
	if versioning["enabled"] == true {
		return invalid("feature_layer.versioning.enabled", "false: versions of features are not kept")
	}
	for _, path := range []struct{ member, name string }{{"vector_layer", "fields"}, {"feature_layer", "fields"}} {
		list, _ := after[path.member][path.name].([]any)
		if err := checkFields(path.member+"."+path.name, list); err != nil {
			return err
		}
	}
	return nil
}

// checkFields refuses fields that are called the same, and more than one that
// names a feature.
func checkFields(path string, list []any) error {
	keynames, names, labels := map[any]bool{}, map[any]bool{}, 0
	for i, v := range list {
		field, _ := v.(map[string]any)
		at := path + "[" + strconv.Itoa(i) + "]"
		switch name := field["display_name"]; {
		case keynames[field["keyname"]]:
			return invalid(at+".keyname", "one that no other field of the layer has")
		case name != nil && names[name]:
			return invalid(at+".display_name", "one that no other field of the layer has")
		default:
			keynames[field["keyname"]], names[name] = true, true
		}
		if field["label_field"] == true {
			labels++
		}
		if labels > 1 {
			return invalid(at+".label_field", "true for one field at most")
		}
	}
	return nil
}
