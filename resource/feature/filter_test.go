package feature_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// hostile are texts that would end a statement, or be somebody else's column,
// if they were ever written into one.
func hostile() []string {
	return []string{
		`x"; DROP TABLE feature_layers; --`, `x'; DROP TABLE feature_layers; --`, `' OR '1'='1`, `" OR ""="`, `1 OR 1=1`, `) OR (1=1`,
		`f1`, `f2`, `g1`, `t.id`, `t.f2`, `geom`, `description`, `minx`, `rowid`, `o0`, `*`, `NULL`, `true`, `id `, `ID`, ` id`,
		`?`, `?0`, `$1`, `:a`, `@a`, `%`, `_`, `%s`, `%!d(string=)`, `\`, `\'`, `\" --`, `a\`, `''`, `'`, `"`, "`", `[a]`, `[`, `]`, `*a?`, `a--`, `/*`, `*/`,
		"a\nb", "a\tb", "\u200b", "é", "e\u0301", "ß", "％", "ｆ１", "🌍", "\U0010FFFF", `{"a":1}`, `\x41`, `\u0041`, `E'\x41'`, `x'41'`, `pg_sleep(5)`,
		"a\x00b", "\xff", "\xed\xa0\x80", "", strings.Repeat("x", 255), strings.Repeat("%", 300), strings.Repeat("%a", 400), strings.Repeat("x", 1001),
	}
}

func comparisons() []feature.Operator {
	return []feature.Operator{
		feature.Eq, feature.Ne, feature.Lt, feature.Le, feature.Gt, feature.Ge, feature.Like, feature.ILike, feature.StartsWith, feature.In, feature.NotIn,
	}
}

// named reports whether a field can be called so.
func named(name string) bool {
	n := utf8.RuneCountInString(name)
	return n > 0 && n <= 255 && utf8.ValidString(name) && !strings.ContainsRune(name, 0) && name != "id"
}

// FuzzFilter gives a field any name and any value, and asks for it in every way
// there is: it is refused, or found as a slice would be searched.
func FuzzFilter(f *testing.F) {
	texts := hostile()
	for i, text := range texts {
		value := texts[(i*7+3)%len(texts)]
		if f.Add(text, value); !named(text) { // then nothing is asked of the value
			f.Add("name", value)
		}
	}
	type subject struct {
		*world

		layer resource.Resource
	}
	var subjects []subject
	for _, kind := range dbtest.Kinds() {
		w := newWorld(f, kind)
		layer := w.layer(feature.Mercator, "POINT", field("name", feature.String), field("other", feature.Integer))
		w.put(layer.Num, feature.Draft{}, feature.Draft{Fields: map[string]any{"name": "a"}}, feature.Draft{Fields: map[string]any{"name": "A_b"}},
			feature.Draft{})
		subjects = append(subjects, subject{w, layer})
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		for i := range subjects {
			v := *subjects[i].world
			v.TB = t
			v.interrogate(&subjects[i].layer, name, value)
		}
	})
}

// interrogate gives the first field of a layer a name, and a value in its first
// feature, and asks for them.
func (w *world) interrogate(r *resource.Resource, name, value string) {
	w.Helper()
	ask := func(q feature.Query) error {
		return w.features.Features(w.Context(), w.viewer, r.Num, q, func(feature.Feature) error { return nil })
	}
	keyname := r.Settings["feature_layer"]["fields"].([]any)[0].(map[string]any)["keyname"]
	if name != keyname && name != "other" && name != "id" {
		w.invalid(ask(feature.Query{Conditions: []feature.Condition{{Field: name, Op: feature.IsNull, Value: true}}}), name)
		w.invalid(ask(feature.Query{Order: []paging.Order{{By: name}}}), name)
		w.invalid(ask(feature.Query{Fields: []string{name}}), name)
		_, err := w.features.Put(w.Context(), w.owner, r.Num, []feature.Draft{{Fields: map[string]any{name: nil}}})
		w.invalid(err, name)
	}
	if !utf8.ValidString(name) {
		return // settings are JSON, in which there is no such name
	}
	err := w.alter(r, func(fields []any) []any {
		fields[0].(map[string]any)["keyname"] = name
		return fields
	})
	if !named(name) || name == "other" {
		if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Field != "feature_layer.fields[0].keyname" {
			w.Fatalf("the name %q: %v", name, err)
		}
		return
	}
	w.ok(err)
	draft := feature.Draft{ID: 1, Fields: map[string]any{name: value}}
	fits := utf8.ValidString(value) && !strings.ContainsRune(value, 0)
	if _, err := w.features.Put(w.Context(), w.owner, r.Num, []feature.Draft{draft}); !fits {
		w.invalid(err, name)
		w.invalid(ask(feature.Query{Conditions: []feature.Condition{{Field: name, Op: feature.Eq, Value: value}}}), name)
		return
	} else if err != nil {
		w.Fatalf("the value %q: %v", value, err)
	}
	w.confront(r, name, value)
}

// confront compares what is found by a value with what a slice has.
func (w *world) confront(r *resource.Resource, name, value string) {
	w.Helper()
	m := &model{types: map[string]feature.FieldType{name: feature.String, "other": feature.Integer}, rows: w.list(r.Num, feature.Query{})}
	if len(m.rows) != 4 || m.rows[0].Fields[name] != value || m.rows[1].Fields[name] != "a" {
		w.Fatalf("the layer is %+v", m.rows)
	}
	queries := []feature.Query{
		{Like: value}, {ILike: value}, {Order: []paging.Order{{By: name}}}, {Order: []paging.Order{{By: name, Descending: true}}, Limit: 2, Offset: 1},
	}
	for _, op := range comparisons() {
		c := feature.Condition{Field: name, Op: op, Value: value}
		if op == feature.In || op == feature.NotIn {
			c.Value = []any{value, "A_b"}
		}
		queries = append(queries, feature.Query{Conditions: []feature.Condition{c}}, feature.Query{
			Filter: &feature.Expression{Any: []feature.Expression{{Condition: &c}, {Condition: &feature.Condition{Field: "id", Op: feature.Eq, Value: int64(4)}}}},
			Order:  []paging.Order{{By: name, Descending: true}},
		})
	}
	for _, q := range queries {
		got := []int64{}
		err := w.features.Features(w.Context(), w.viewer, r.Num, q, func(f feature.Feature) error {
			got = append(got, f.ID)
			return nil
		})
		if _, refused := errors.AsType[*workspace.InvalidError](err); refused && utf8.RuneCountInString(value) > 998 {
			continue // too long a pattern
		}
		want := []int64{}
		for _, f := range m.chosen(q, true) {
			want = append(want, f.ID)
		}
		if err != nil || !slices.Equal(got, want) {
			w.Errorf("%s: %v, %v, want %v", asked(q), got, err, want)
		}
	}
	got, err := w.features.Feature(w.Context(), w.viewer, r.Num, 1, feature.Query{Fields: []string{name}})
	if err != nil || !reflect.DeepEqual(got.Fields, map[string]any{name: value}) {
		w.Errorf("%+v, %v", got, err)
	}
}
