package feature_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// allFields is a field of each type, called by it in lower case.
func allFields() []map[string]any {
	var list []map[string]any
	for _, t := range feature.FieldTypes() {
		list = append(list, field(strings.ToLower(string(t)), t))
	}
	return list
}

func TestValuesComeBack(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.layer(4326, "POINT", allFields()...).Num
		given := map[string]any{
			"integer": int64(-1 << 31), "bigint": int64(-1 << 63), "real": 0.1, "string": "Ünïcode 'quoted' \\ ? $1 🌍",
			"date": feature.Moment{Year: 1, Month: 2, Day: 28}, "time": feature.Moment{Hour: 23, Minute: 59, Second: 59, Microsecond: 999999},
			"datetime": feature.Moment{Year: 1969, Month: 12, Day: 31, Hour: 23, Minute: 59, Second: 59, Microsecond: 1},
			"boolean":  false, "json": json.RawMessage(`{"a":[1,2.50,"\u0000"]}`),
		}
		text := map[string]any{
			"integer": json.Number("7"), "bigint": "9223372036854775807", "real": json.Number("1e3"), "string": "",
			"date": "2024-02-29", "time": "07:08:09.5", "datetime": "2024-02-29T07:08:09.123456Z", "boolean": true,
			"json": map[string]any{"x": nil},
		}
		want := []map[string]any{given, {
			"integer": int64(7), "bigint": int64(1<<63 - 1), "real": 1000.0, "string": "",
			"date": feature.Moment{Year: 2024, Month: 2, Day: 29}, "time": feature.Moment{Hour: 7, Minute: 8, Second: 9, Microsecond: 500000},
			"datetime": feature.Moment{Year: 2024, Month: 2, Day: 29, Hour: 7, Minute: 8, Second: 9, Microsecond: 123456}, "boolean": true,
			"json": json.RawMessage(`{"x":null}`),
		}, {}}
		for name := range given {
			want[2][name] = nil
		}
		ids := w.put(n, feature.Draft{Fields: given}, feature.Draft{Fields: text}, feature.Draft{})
		for i, f := range w.list(n, feature.Query{}) {
			if f.ID != ids[i] || !reflect.DeepEqual(f.Fields, want[i]) || f.Geometry != nil || f.Description != nil {
				w.Errorf("feature %d is %+v, want %+v", i, f, want[i])
			}
		}
		if f, err := w.features.Feature(w.Context(), w.viewer, n, ids[1], feature.Query{Fields: []string{"bigint"}}); err != nil ||
			!reflect.DeepEqual(f.Fields, map[string]any{"bigint": int64(1<<63 - 1)}) {
			w.Errorf("one field is %+v, %v", f, err)
		}
		_, err := w.features.Feature(w.Context(), w.viewer, n, 99, feature.Query{})
		w.wants(err, feature.ErrNotFound)
	})
}

func TestWrongValuesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	n := w.layer(4326, "POINT", allFields()...).Num
	w.put(n, feature.Draft{})
	before := dbtest.Fingerprint(w, w.db)
	for name, values := range map[string][]any{
		"integer": {int64(1 << 31), 1.5, "x", true, 1e300, "0x10"}, "bigint": {"9223372036854775808", 9.3e18, "1.5", json.Number("1e19")},
		"real": {"NaN", "Inf", true, "x", json.Number("1e999")}, "string": {1.0, "a\x00b", "\xff", strings.Repeat("x", 1<<20+1)},
		"date":     {"2024-02-30", "2024-02-29T01:00:00", feature.Moment{Year: 2023, Month: 2, Day: 29}, feature.Moment{}, 1.0},
		"time":     {"24:00:00", "x", feature.Moment{Hour: -1}, feature.Moment{Year: 2000, Month: 1, Day: 1}},
		"datetime": {"2024-13-01T00:00:00", "2024-01-01T00:00:00.1234567", feature.Moment{Year: 10000, Month: 1, Day: 1}},
		"boolean":  {"true", 1.0}, "json": {json.RawMessage(`{`), func() {}, strings.Repeat("x", 1<<20)}, "nothing": {1.0}, "id": {1.0},
	} {
		for _, v := range values {
			_, err := w.features.Put(w.Context(), w.owner, n, []feature.Draft{{}, {Fields: map[string]any{name: v}}})
			w.invalid(err, name)
			if b, ok := errors.AsType[*feature.BatchError](err); !ok || b.Index != 1 {
				w.Errorf("%s %v: %v, want a BatchError of 1", name, v, err)
			}
		}
	}
	if dbtest.Fingerprint(w, w.db) != before {
		w.Error("something was kept")
	}
}

func TestGeometries(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for _, c := range []struct {
			layer, given, want string // an empty want is a refusal
		}{
			{"POINT", "POINT(1 2)", "POINT(1 2)"},
			{"POINT", "POINT EMPTY", "null"},
			{"POINT", "POINT Z(1 2 3)", ""},
			{"POINT", "MULTIPOINT((1 2))", ""},
			{"POINT", "POINT M(1 2 3)", ""},
			{"POINTZ", "POINT Z(1 2 3)", "POINT Z (1 2 3)"},
			{"POINTZ", "POINT(1 2)", "POINT Z (1 2 0)"},
			{"MULTIPOINT", "POINT(1 2)", "MULTIPOINT((1 2))"},
			{"MULTIPOINTZ", "POINT Z(1 2 3)", "MULTIPOINT Z ((1 2 3))"},
			{"LINESTRING", "LINESTRING(1 2,3 4)", "LINESTRING(1 2,3 4)"},
			{"LINESTRING", "POINT(1 2)", ""},
			{"MULTILINESTRING", "LINESTRING(1 2,3 4)", "MULTILINESTRING((1 2,3 4))"},
			{"POLYGON", "POLYGON((0 0,1 0,1 1,0 0))", "POLYGON((0 0,1 0,1 1,0 0))"},
			{"POLYGON", "POLYGON((0 0,1 1,1 0,0 1,0 0))", "POLYGON((0 0,1 1,1 0,0 1,0 0))"}, // people draw such
			{"POLYGON", "POLYGON((0 0,1 0,1 1,0 1))", ""},
			{"POLYGON", "POLYGON((0 0,1 0,0 0))", ""},
			{"POLYGON", "GEOMETRYCOLLECTION(POLYGON((0 0,1 0,1 1,0 0)))", ""},
			{"MULTIPOLYGON", "POLYGON((0 0,1 0,1 1,0 0))", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"},
			{"MULTIPOLYGON", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),EMPTY)", ""},
			{"MULTIPOLYGONZ", "POLYGON Z((0 0 1,1 0 1,1 1 1,0 0 1))", "MULTIPOLYGON Z (((0 0 1,1 0 1,1 1 1,0 0 1)))"},
			{"NONE", "POINT(1 2)", ""},
			{"NONE", "POINT EMPTY", "null"},
			{"POINT", "POINT(1 91)", ""},
			{"POINT", "POINT(1e300 1)", ""},
		} {
			n := w.layer(4326, c.layer).Num
			ids, err := w.features.Put(w.Context(), w.owner, n, []feature.Draft{{SetGeometry: true, Geometry: wkt(w, c.given)}})
			if c.want == "" {
				w.invalid(err, "geom")
				continue
			}
			if err != nil {
				w.Errorf("%s in %s: %v", c.given, c.layer, err)
				continue
			}
			f, err := w.features.Feature(w.Context(), w.owner, n, ids[0], feature.Query{Geometry: true})
			w.ok(err)
			got := "null"
			if f.Geometry != nil {
				got = f.Geometry.AsText()
			}
			if got != c.want {
				w.Errorf("%s in %s is %s, want %s", c.given, c.layer, got, c.want)
			}
		}
	})
}

func TestPutIsAllOrNone(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.layer(3857, "POINT", field("a", feature.Integer)).Num
		at := func(i int) feature.Draft {
			return feature.Draft{SetGeometry: true, Geometry: wkt(w, fmt.Sprintf("POINT(%d 0)", i)), Fields: map[string]any{"a": float64(i)}}
		}
		ids := w.put(n, at(1), at(2), at(3))
		change := at(20)
		change.ID = ids[1]
		got := w.put(n, at(4), change, feature.Draft{ID: ids[0], Delete: true}, at(5))
		if !slices.Equal(got, []int64{4, 2, 1, 5}) {
			w.Errorf("ids %v", got)
		}
		if got := w.ids(n, feature.Query{}); !slices.Equal(got, []int64{2, 3, 4, 5}) {
			w.Errorf("left are %v", got)
		}
		if got := w.ids(n, feature.Query{Intersects: wkt(w, "POINT(20 0)")}); !slices.Equal(got, []int64{2}) {
			w.Errorf("where it was moved to is %v", got)
		}
		if got := w.ids(n, feature.Query{Intersects: wkt(w, "POLYGON((0 -1,2 -1,2 1,0 1,0 -1))")}); len(got) != 0 {
			w.Errorf("where they were is %v", got)
		}
		if e := w.events("feature.put"); len(e) != 2 || string(e[1].Detail) != `{"added":2,"changed":1,"deleted":1}` ||
			e[1].Workspace != string(w.home.ID) || e[1].Actor != "owner" || e[1].Object.Name == "" {
			w.Errorf("events %+v", e)
		}
		before := dbtest.Fingerprint(w, w.db)
		gone := feature.Draft{ID: 4, Delete: true}
		for _, list := range [][]feature.Draft{
			{at(6), {ID: 99}}, {at(6), {ID: 99, Delete: true}}, {gone, gone}, {gone, {ID: 4}}, {at(6), {Delete: true}},
		} {
			_, err := w.features.Put(w.Context(), w.owner, n, list)
			w.wants(err, feature.ErrNotFound)
			if b, ok := errors.AsType[*feature.BatchError](err); !ok || b.Index != 1 {
				w.Errorf("%v, want a BatchError of 1", err)
			}
		}
		if dbtest.Fingerprint(w, w.db) != before {
			w.Error("something was kept")
		}
		all, err := w.features.Clear(w.Context(), w.owner, n)
		if total, _, counting := w.features.Count(w.Context(), w.owner, n, feature.Query{}); err != nil || all != 4 || total != 0 || counting != nil {
			w.Errorf("cleared %d, %v, left %d, %v", all, err, total, counting)
		}
		if got := w.put(n, at(7)); got[0] <= 5 {
			w.Errorf("the number %d is used again", got[0])
		}
		if e := w.events("feature.clear"); len(e) != 1 || string(e[0].Detail) != `{"deleted":4}` {
			w.Errorf("events %+v", e)
		}
	})
}

func TestDescriptionsAreHarmless(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	n := w.layer(3857, "NONE").Num
	text := `<b>x</b><script>alert(1)</script><a href="javascript:x">y</a>`
	ids := w.put(n, feature.Draft{SetDescription: true, Description: &text})
	f, err := w.features.Feature(w.Context(), w.owner, n, ids[0], feature.Query{Descriptions: true})
	if err != nil || f.Description == nil || *f.Description != "<b>x</b>y" {
		w.Errorf("%+v, %v", f, err)
	}
	w.put(n, feature.Draft{ID: ids[0]})
	if f := w.list(n, feature.Query{Descriptions: true})[0]; f.Description == nil {
		w.Error("what was not set was changed")
	}
	w.put(n, feature.Draft{ID: ids[0], SetDescription: true})
	if f := w.list(n, feature.Query{Descriptions: true})[0]; f.Description != nil {
		w.Errorf("%+v", f)
	}
}

// Who may what: readers read, and nobody is told more than that there is nothing.
func TestPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	n, group := w.layer(3857, "POINT").Num, w.node("resource_group").Num
	ctx := w.Context()
	read := func(a workspace.Actor, n rbac.Node) []error {
		_, structure := w.features.Layer(ctx, a, n)
		_, one := w.features.Feature(ctx, a, n, 1, feature.Query{})
		_, _, count := w.features.Count(ctx, a, n, feature.Query{})
		_, extent := w.features.Extent(ctx, a, n, feature.Query{})
		return []error{
			structure, one, count, extent, w.features.Features(ctx, a, n, feature.Query{}, func(feature.Feature) error { return nil }),
		}
	}
	w.put(n, feature.Draft{})
	for _, err := range read(w.viewer, n) {
		w.ok(err)
	}
	for _, err := range read(w.stranger, n) {
		w.wants(err, rbac.ErrDenied)
	}
	for _, err := range read(w.viewer, group) {
		w.wants(err, feature.ErrNoLayer)
	}
	for _, err := range read(w.stranger, group) {
		w.wants(err, rbac.ErrDenied)
	}
	for _, err := range read(w.viewer, 999_999) {
		w.wants(err, resource.ErrNotFound)
	}
	before := dbtest.Fingerprint(w, w.db)
	_, err := w.features.Put(ctx, w.viewer, n, []feature.Draft{{}})
	w.wants(err, rbac.ErrDenied)
	_, err = w.features.Put(ctx, w.viewer, n, nil)
	w.wants(err, rbac.ErrDenied)
	_, err = w.features.Clear(ctx, w.viewer, n)
	w.wants(err, rbac.ErrDenied)
	if dbtest.Fingerprint(w, w.db) != before {
		w.Error("something was changed")
	}
}

func TestNothingIsKeptOfAHalf(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		made := w.node("vector_layer")
		r := w.layer(3857, "POINT", field("a", feature.Integer), field("b", feature.String), field("c", feature.Date))
		put := func(drafts ...feature.Draft) {
			w.sweep(func(ctx context.Context) error {
				_, err := w.features.Put(ctx, w.owner, r.Num, drafts)
				return err
			})
		}
		point := wkt(w, "POINT(1 1)")
		one := feature.Draft{SetGeometry: true, Geometry: point, Fields: map[string]any{"a": 1.0, "b": "Ä"}}
		put(one, one)
		changed := one
		changed.ID = 1
		put(changed, feature.Draft{ID: 2, Delete: true}, one)
		w.sweep(func(ctx context.Context) error {
			r := made
			r.Settings = resource.Settings{"vector_layer": {"geometry_type": "POINTZ", "fields": []any{field("x", feature.String)}}}
			return w.db.Tx(ctx, func(ctx context.Context) error { return w.features.Create(ctx, &r) })
		})
		w.sweep(func(ctx context.Context) error {
			to := r
			fields := slices.Clone(r.Settings["feature_layer"]["fields"].([]any))
			first := map[string]any{"id": int64(1), "keyname": "aa", "display_name": "AA", "datatype": "BIGINT"}
			to.Settings = resource.Settings{"vector_layer": r.Settings["vector_layer"], "feature_layer": {
				"fields": []any{first, fields[2], field("new", feature.String)},
			}}
			return w.db.Tx(ctx, func(ctx context.Context) error { return w.features.Update(ctx, r, &to) })
		})
		w.sweep(func(ctx context.Context) error {
			_, err := w.features.Clear(ctx, w.owner, r.Num)
			return err
		})
		w.sweep(func(ctx context.Context) error {
			return w.db.Tx(ctx, func(ctx context.Context) error {
				return w.features.Delete(ctx, w.home.ID, []rbac.Node{r.Num, made.Num, w.home.Num})
			})
		})
		_, err := w.features.Layer(w.Context(), w.owner, r.Num)
		w.wants(err, feature.ErrNoLayer)
	})
}

func TestQueriesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	n := w.layer(3857, "POINT", allFields()...).Num
	is := func(f string, op feature.Operator, v any) feature.Query {
		return feature.Query{Conditions: []feature.Condition{{Field: f, Op: op, Value: v}}}
	}
	deep := feature.Expression{Condition: &feature.Condition{Field: "id", Op: feature.Eq, Value: 1.0}}
	for range 40 {
		deep = feature.Expression{All: []feature.Expression{deep}}
	}
	for _, c := range []struct {
		q     feature.Query
		field string
	}{
		{is("nothing", feature.Eq, 1.0), "nothing"},
		{is("integer", feature.Eq, "x"), "integer"},
		{is("integer", "contains", "x"), "integer"},
		{is("integer", feature.Like, "x"), "integer"},
		{is("integer", feature.In, "x"), "integer"},
		{is("integer", feature.In, []any{1.0, "x"}), "integer"},
		{is("date", feature.Gt, "yesterday"), "date"},
		{is("boolean", feature.Eq, "maybe"), "boolean"},
		{is("json", feature.Eq, "x"), "json"},
		{is("string", feature.ILike, strings.Repeat("x", 1001)), "string"},
		{is("string", feature.IsNull, "x"), "string"},
		{is("id", feature.Eq, "x"), "id"},
		{feature.Query{Order: []paging.Order{{By: "nothing"}}}, "nothing"},
		{feature.Query{Order: []paging.Order{{By: "json"}}}, "json"},
		{feature.Query{Order: []paging.Order{{By: "id"}}, After: 1}, "after"},
		{feature.Query{Fields: []string{"nothing"}}, "nothing"},
		{feature.Query{Limit: -1}, "limit"},
		{feature.Query{OutSRS: 2154}, "srs"},
		{feature.Query{Intersects: wkt(w, "POINT(1 1)"), IntersectsSRS: 1}, "intersects"},
		{feature.Query{Intersects: wkt(w, "POLYGON((0 0,1 1,1 0,0 1,0 0))")}, "intersects"},
		{feature.Query{Filter: &deep}, "filter"},
		{feature.Query{Filter: &feature.Expression{}}, "filter"},
	} {
		err := w.features.Features(w.Context(), w.owner, n, c.q, func(feature.Feature) error { return nil })
		w.invalid(err, c.field)
	}
}

// busy is an authorizer during whose decisions something happens.
type busy struct {
	feature.Authorizer

	meanwhile func()
}

func (b busy) Require(ctx context.Context, p rbac.Principal, n rbac.Node, perm rbac.Permission, c rbac.Consistency) error {
	b.meanwhile()
	return b.Authorizer.Require(ctx, p, n, perm, c) //nolint:wrapcheck // as it is
}

// What changes between looking at a layer and locking it counts.
func TestPutKnowsTheFieldsThatThereAre(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		r := w.layer(3857, "POINT", field("a", feature.Integer), field("b", feature.String))
		given := feature.Draft{Fields: map[string]any{"a": 1.0}}
		w.put(r.Num, given)
		// meanwhile has the fields changed after the layer was looked at.
		meanwhile := func(change func(fields []any) []any) error {
			w.Helper()
			busy := busy{w.rights, func() { w.ok(w.alter(&r, change)) }}
			quotas := quota.New(w.db.Quotas(), nil)
			features := feature.New(w.db.Features(), w.uploads, w.tree, busy, quotas, w.db.Trail(), &feature.Options{Now: now})
			_, err := features.Put(w.Context(), w.owner, r.Num, []feature.Draft{given})
			return err
		}
		w.ok(meanwhile(func(fields []any) []any { // the names change places
			fields[0].(map[string]any)["keyname"], fields[1].(map[string]any)["keyname"] = "c", "a"
			fields[1].(map[string]any)["datatype"] = "REAL"
			return fields
		}))
		if f := w.list(r.Num, feature.Query{})[1]; f.Fields["a"] != 1.0 || f.Fields["c"] != nil {
			w.Errorf("%+v", f)
		}
		w.invalid(meanwhile(func(fields []any) []any { return fields[:1] }), "a")
		if got := w.list(r.Num, feature.Query{}); len(got) != 2 {
			w.Errorf("%+v", got)
		}
	})
}
