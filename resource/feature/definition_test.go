package feature_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// with returns a field with other attributes.
func with(f map[string]any, pairs ...any) map[string]any {
	for i := 0; i < len(pairs); i += 2 {
		f[pairs[i].(string)] = pairs[i+1]
	}
	return f
}

func TestLayersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	many := []any{}
	for i := range 501 {
		many = append(many, field(fmt.Sprint("f", i), feature.Integer))
	}
	named := func(name any) map[string]any { return with(field("a", feature.String), "keyname", name) }
	for _, c := range []struct {
		attribute string
		value     any
		field     string
	}{
		{"srs", map[string]any{"id": int64(2154)}, "vector_layer.srs"},
		{"srs", "x", "vector_layer.srs"},
		{"geometry_type", "CIRCLE", "vector_layer.geometry_type"},
		{"geometry_type", "point", "vector_layer.geometry_type"},
		{"geometry_type", 5.0, "vector_layer.geometry_type"},
		{"fields", "x", "vector_layer.fields"},
		{"fields", many, "vector_layer.fields"},
		{"fields", []any{named("")}, "vector_layer.fields[0].keyname"},
		{"fields", []any{named("id")}, "vector_layer.fields[0].keyname"},
		{"fields", []any{named("a\x00")}, "vector_layer.fields[0].keyname"},
		{"fields", []any{named(strings.Repeat("x", 256))}, "vector_layer.fields[0].keyname"},
		{"fields", []any{field("b", feature.Date), field("b", feature.Date)}, "vector_layer.fields[1].keyname"},
		{"fields", []any{field("b", feature.Date), with(field("c", feature.Date), "display_name", "The b")}, "vector_layer.fields[1].display_name"},
		{"fields", []any{with(field("b", feature.Date), "display_name", strings.Repeat("x", 256))}, "vector_layer.fields[0].display_name"},
		{"fields", []any{field("b", "VARCHAR")}, "vector_layer.fields[0].datatype"},
		{"fields", []any{field("b", "integer")}, "vector_layer.fields[0].datatype"},
		{"fields", []any{with(field("b", feature.Date), "label_field", true), with(field("c", feature.Date), "label_field", true)}, "vector_layer.fields[1].label_field"},
	} {
		r := w.node("vector_layer")
		r.Settings = resource.Settings{"vector_layer": {
			"srs": map[string]any{"id": int64(3857)}, "geometry_type": "POINT", "fields": []any{}, c.attribute: c.value,
		}}
		before := dbtest.Fingerprint(w, w.db)
		w.invalid(w.create(&r), c.field)
		if dbtest.Fingerprint(w, w.db) != before {
			w.Errorf("%s %v: something was kept", c.attribute, c.value)
		}
	}
}

// As many fields as a layer can have hold values on both databases, if not as
// long ones as elsewhere.
func TestLayersWithManyFields(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for of, value := range map[feature.FieldType]any{feature.String: "A text", feature.DateTime: "2026-01-02T03:04:05"} {
			var fields []map[string]any
			values, long := map[string]any{}, map[string]any{}
			for i := range 500 {
				name := fmt.Sprint("f", i)
				fields = append(fields, field(name, of))
				values[name], long[name] = value, strings.Repeat("A text", 100)
			}
			n := w.layer(3857, "POINT", fields...).Num
			w.put(n, feature.Draft{Fields: values}, feature.Draft{Fields: map[string]any{"f499": value}})
			list := w.list(n, feature.Query{})
			if len(list) != 2 || len(list[0].Fields) != 500 || list[0].Fields["f499"] == nil || list[1].Fields["f0"] != nil {
				w.Errorf("%s: %d features", of, len(list))
			}
			if of != feature.String {
				continue
			}
			before := dbtest.Fingerprint(w, w.db)
			for _, d := range []feature.Draft{{Fields: long}, {ID: 2, Fields: long}} {
				if _, err := w.features.Put(w.Context(), w.owner, n, []feature.Draft{{}, d}); err != nil {
					w.wants(err, feature.ErrTooLarge)
					if dbtest.Fingerprint(w, w.db) != before {
						w.Error("something was kept")
					}
				} else if w.kind != "sqlite" {
					w.Error("the page of PostgreSQL is larger than it was: tell so")
				}
			}
		}
	})
}

// What would lose values, or leave a required one without, is refused, and
// changes nothing; what loses none is done.
func TestFieldsChange(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		r := w.layer(3857, "POINT", allFields()...)
		at := map[string]int{}
		for i, f := range feature.FieldTypes() {
			at[strings.ToLower(string(f))] = i
		}
		w.put(r.Num, feature.Draft{Fields: map[string]any{
			"integer": 1.0, "bigint": json.Number("9007199254740993"), "real": 1.5, "string": "1", "date": "2026-01-02", "time": "01:02:03",
			"datetime": "2026-01-02T03:04:05", "boolean": true, "json": json.RawMessage(`1`),
		}}, feature.Draft{})
		change := func(name string, pairs ...any) error {
			return w.alter(&r, func(fields []any) []any {
				fields[at[name]] = with(fields[at[name]].(map[string]any), pairs...)
				return fields
			})
		}
		path := func(name, attribute string) string {
			return fmt.Sprintf("feature_layer.fields[%d].%s", at[name], attribute)
		}
		before := dbtest.Fingerprint(w, w.db)
		for _, c := range [][3]string{
			{"bigint", "datatype", "INTEGER"},
			{"bigint", "datatype", "REAL"},
			{"real", "datatype", "INTEGER"},
			{"real", "datatype", "STRING"},
			{"string", "datatype", "INTEGER"},
			{"date", "datatype", "STRING"},
			{"datetime", "datatype", "DATE"},
			{"time", "datatype", "DATETIME"},
			{"boolean", "datatype", "STRING"},
			{"json", "datatype", "STRING"},
			{"integer", "datatype", "BOOLEAN"},
			{"integer", "datatype", "DATE"},
			{"integer", "datatype", "NUMBER"},
			{"json", "keyname", "real"},
			{"json", "display_name", "The real"},
			{"integer", "keyname", "id"},
		} {
			w.invalid(change(c[0], c[1], c[2]), path(c[0], c[1]))
		}
		w.invalid(change("integer", "required", true), path("integer", "required"))
		w.invalid(change("integer", "id", int64(99)), path("integer", "id"))
		w.invalid(change("integer", "id", int64(2)), "feature_layer.fields[1].id")
		w.invalid(w.alter(&r, func(fields []any) []any {
			return append(fields, with(field("new", feature.Date), "required", true))
		}), "feature_layer.fields[9].required")
		for _, attribute := range []string{"srs", "geometry_type"} {
			changed := r
			changed.Settings = resource.Settings{"vector_layer": {"srs": r.Settings["vector_layer"]["srs"], "geometry_type": "POINT", attribute: "x"}}
			w.invalid(w.db.Tx(w.Context(), func(ctx context.Context) error { return w.features.Update(ctx, r, &changed) }), "vector_layer."+attribute)
		}
		if dbtest.Fingerprint(w, w.db) != before {
			w.Error("something was changed")
		}
		w.ok(change("integer", "datatype", "STRING"))
		w.ok(change("bigint", "datatype", "STRING"))
		w.ok(change("date", "datatype", "DATETIME"))
		w.ok(change("boolean", "datatype", "REAL", "keyname", "truth"))
		f := w.list(r.Num, feature.Query{})[0].Fields
		if f["integer"] != "1" || f["bigint"] != "9007199254740993" || f["date"] != (feature.Moment{Year: 2026, Month: 1, Day: 2}) || f["truth"] != 1.0 {
			w.Errorf("%+v", f)
		}
		// Once it has a value everywhere it can be required, and then is.
		w.put(r.Num, feature.Draft{ID: 2, Fields: map[string]any{"integer": "x"}})
		w.ok(change("integer", "required", true))
		for _, d := range []feature.Draft{{}, {ID: 1, Fields: map[string]any{"integer": nil}}, {Fields: map[string]any{"integer": nil}}} {
			_, err := w.features.Put(w.Context(), w.owner, r.Num, []feature.Draft{d})
			w.invalid(err, "integer")
		}
		w.put(r.Num, feature.Draft{ID: 1, Fields: map[string]any{"string": "y"}}, feature.Draft{Fields: map[string]any{"integer": "z"}})
	})
}
