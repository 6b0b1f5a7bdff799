package feature

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// The settings that make a resource a layer: vector_layer has the attributes srs
// and geometry_type, and fields when it is made; feature_layer has fields.
const (
	memberVector  = "vector_layer"
	memberFeature = "feature_layer"
)

const (
	// maxFields is how many fields a layer has at most.
	maxFields = 500
	// maxName is how long the names of fields and attachments are at most, in characters.
	maxName = 255
)

// A fieldSetting is a field as the settings have it.
type fieldSetting struct {
	ID       int64     `json:"id"`
	Keyname  string    `json:"keyname"`
	Name     string    `json:"display_name"`
	Type     FieldType `json:"datatype"`
	Label    bool      `json:"label_field"`
	Grid     *bool     `json:"grid_visibility"`
	Search   *bool     `json:"text_search"`
	Required bool      `json:"required"`
	Lookup   reference `json:"lookup_table"`
}

// A reference is a number, or an object with the number as id.
type reference struct{ id int64 }

// UnmarshalJSON reads either.
func (r *reference) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var object struct {
			ID int64 `json:"id"`
		}
		err := json.Unmarshal(b, &object)
		r.id = object.ID
		return err //nolint:wrapcheck // by the caller
	}
	return json.Unmarshal(b, &r.id) //nolint:wrapcheck // by the caller
}

// read reads an attribute of the settings, and reports whether it is there.
func read(s resource.Settings, member, attribute string, into any) (bool, error) {
	value, ok := s[member][attribute]
	if !ok || value == nil {
		return false, nil
	}
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return false, &workspace.InvalidError{Field: member + "." + attribute, Expected: "what a layer is made of"}
	}
	return true, nil
}

// layerOf returns what the settings of a new resource say.
func layerOf(n rbac.Node, s resource.Settings) (Layer, error) {
	l := Layer{Node: n}
	var srs reference
	if _, err := read(s, memberVector, "srs", &srs); err != nil {
		return l, err
	}
	var err error
	if l.SRS, err = known(memberVector+".srs", int(srs.id), Mercator); err != nil {
		return l, err
	}
	if _, err := read(s, memberVector, "geometry_type", &l.Geometry); err != nil {
		return l, err
	}
	if l.Geometry == "" {
		l.Geometry = NoGeometry
	}
	if !slices.Contains(GeometryTypes(), l.Geometry) {
		return l, &workspace.InvalidError{
			Field: memberVector + ".geometry_type", Expected: "one of " + strings.Join(GeometryTypes(), ", "),
		}
	}
	fields, _, err := fieldsOf(s, memberVector)
	if err == nil && fields == nil {
		fields, _, err = fieldsOf(s, memberFeature)
	}
	for i := range fields {
		fields[i].ID = 0 // is given
	}
	l.Fields = fields
	return l, err
}

// fieldsOf returns the fields that a member has, and whether it has any list of
// them.
func fieldsOf(s resource.Settings, member string) ([]Field, bool, error) {
	var list []fieldSetting
	there, err := read(s, member, "fields", &list)
	if err != nil || !there {
		return nil, false, err
	}
	fields := make([]Field, 0, len(list))
	for _, f := range list {
		name := strings.TrimSpace(f.Name)
		if name == "" {
			name = f.Keyname
		}
		fields = append(fields, Field{
			ID: f.ID, Keyname: f.Keyname, DisplayName: name, Type: f.Type, Label: f.Label,
			Grid: f.Grid == nil || *f.Grid, Search: f.Search == nil || *f.Search, Required: f.Required,
			Lookup: rbac.Node(f.Lookup.id),
		})
	}
	return fields, true, checkFields(member, fields)
}

func checkFields(member string, fields []Field) error {
	if len(fields) > maxFields {
		return &workspace.InvalidError{Field: member + ".fields", Expected: fmt.Sprintf("at most %d fields", maxFields)}
	}
	keynames, names, numbers, label := map[string]bool{}, map[string]bool{}, map[int64]bool{}, false
	for i, f := range fields {
		wrong := func(attribute, expected string) error {
			return &workspace.InvalidError{Field: fmt.Sprintf("%s.fields[%d].%s", member, i, attribute), Expected: expected}
		}
		named := func(name string) bool {
			n := utf8.RuneCountInString(name)
			return n > 0 && n <= maxName && storable(name)
		}
		switch {
		case !named(f.Keyname) || f.Keyname == "id":
			return wrong("keyname", "1 to 255 characters, and not id")
		case keynames[f.Keyname]:
			return wrong("keyname", "one that no other field of the layer has")
		case !named(f.DisplayName):
			return wrong("display_name", "1 to 255 characters")
		case names[f.DisplayName]:
			return wrong("display_name", "one that no other field of the layer has")
		case !slices.Contains(FieldTypes(), f.Type):
			return wrong("datatype", "INTEGER, BIGINT, REAL, STRING, DATE, TIME, DATETIME, BOOLEAN or JSON")
		case f.Label && label:
			return wrong("label_field", "one label of a layer at most")
		case f.ID < 0 || (f.ID != 0 && numbers[f.ID]):
			return wrong("id", "the number of a field, once, or none for a new one")
		}
		keynames[f.Keyname], names[f.DisplayName], numbers[f.ID], label = true, true, true, label || f.Label
	}
	return nil
}

// settled puts the fields of a layer into settings, in place of what was there.
func (l Layer) settled(s resource.Settings) {
	list := make([]any, 0, len(l.Fields))
	for _, f := range l.Fields {
		var lookup any
		if f.Lookup != 0 {
			lookup = int64(f.Lookup)
		}
		list = append(list, map[string]any{
			"id": f.ID, "keyname": f.Keyname, "display_name": f.DisplayName, "datatype": string(f.Type), "typemod": nil,
			"label_field": f.Label, "grid_visibility": f.Grid, "text_search": f.Search, "required": f.Required,
			"lookup_table": lookup,
		})
	}
	delete(s[memberVector], "fields") // which is for making it
	if s[memberFeature] == nil {
		s[memberFeature] = map[string]any{}
	}
	s[memberFeature]["fields"] = list
}
