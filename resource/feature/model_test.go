package feature_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/peterstace/simplefeatures/geom"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// A model is a layer as a plain slice, in order of ID.
type model struct {
	types map[string]feature.FieldType
	rows  []feature.Feature
}

func fold(s string) string { return cases.Fold().String(norm.NFKC.String(s)) }

// matches is LIKE by hand.
func matches(text, pattern []rune) bool {
	ends := make([]bool, len(text)+1) // of what the pattern so far matches
	ends[0] = true
	for _, p := range pattern {
		next := make([]bool, len(ends))
		for i := range ends {
			switch {
			case p == '%':
				next[i] = ends[i] || (i > 0 && next[i-1])
			case i > 0:
				next[i] = ends[i-1] && (p == '_' || p == text[i-1])
			}
		}
		ends = next
	}
	return ends[len(text)]
}

// compare compares two values of a field that are not null.
func compare(a, b any) int {
	switch a := a.(type) {
	case int64:
		if f, ok := b.(float64); ok {
			return cmp.Compare(float64(a), f)
		}
		return cmp.Compare(a, b.(int64))
	case float64:
		return cmp.Compare(a, b.(float64))
	case string:
		return cmp.Compare(a, b.(string))
	case bool:
		return cmp.Compare(map[bool]int{true: 1}[a], map[bool]int{true: 1}[b.(bool)])
	case feature.Moment:
		b := b.(feature.Moment)
		return slices.Compare(
			[]int{a.Year, a.Month, a.Day, a.Hour, a.Minute, a.Second, a.Microsecond},
			[]int{b.Year, b.Month, b.Day, b.Hour, b.Minute, b.Second, b.Microsecond})
	}
	panic(fmt.Sprintf("%T", a))
}

func holds(f feature.Feature, c feature.Condition) bool {
	value := f.Fields[c.Field]
	if c.Field == "id" {
		value = f.ID
	}
	if c.Op == feature.IsNull {
		return (value == nil) == c.Value.(bool)
	}
	if value == nil {
		return false
	}
	in := func() bool {
		return slices.ContainsFunc(c.Value.([]any), func(v any) bool { return compare(value, v) == 0 })
	}
	switch c.Op {
	case feature.Like:
		return matches([]rune(value.(string)), []rune(c.Value.(string)))
	case feature.ILike:
		return matches([]rune(fold(value.(string))), []rune(fold(c.Value.(string))))
	case feature.StartsWith:
		return strings.HasPrefix(value.(string), c.Value.(string))
	case feature.In:
		return in()
	case feature.NotIn:
		return !in()
	case feature.Eq:
		return compare(value, c.Value) == 0
	case feature.Ne:
		return compare(value, c.Value) != 0
	case feature.Lt:
		return compare(value, c.Value) < 0
	case feature.Le:
		return compare(value, c.Value) <= 0
	case feature.Gt:
		return compare(value, c.Value) > 0
	default:
		return compare(value, c.Value) >= 0
	}
}

func satisfies(f feature.Feature, e feature.Expression) bool {
	if e.Condition != nil {
		return holds(f, *e.Condition)
	}
	part := func(e feature.Expression) bool { return satisfies(f, e) }
	if e.All != nil {
		return !slices.ContainsFunc(e.All, func(e feature.Expression) bool { return !part(e) })
	}
	return slices.ContainsFunc(e.Any, part)
}

// names are the fields' keynames.
func (m *model) names() []string { return slices.Sorted(maps.Keys(m.types)) }

// chosen is what a query chooses, by hand.
func (m *model) chosen(q feature.Query, bounds bool) []feature.Feature {
	list := []feature.Feature{}
	for _, f := range m.rows {
		ok := q.IDs == nil || slices.Contains(q.IDs, f.ID)
		for _, c := range q.Conditions {
			ok = ok && holds(f, c)
		}
		ok = ok && (q.Filter == nil || satisfies(f, *q.Filter))
		for _, text := range []struct {
			op      feature.Operator
			pattern string
		}{{feature.Like, q.Like}, {feature.ILike, q.ILike}} {
			found := text.pattern == ""
			for name, t := range m.types {
				found = found || (t == feature.String && holds(f, feature.Condition{Field: name, Op: text.op, Value: "%" + text.pattern + "%"}))
			}
			ok = ok && found
		}
		ok = ok && (q.Intersects == nil || (f.Geometry != nil && geom.Intersects(*f.Geometry, *q.Intersects)))
		if bounds {
			ok = ok && f.ID > q.After
		}
		if ok {
			list = append(list, f)
		}
	}
	if !bounds {
		return list
	}
	slices.SortFunc(list, func(a, b feature.Feature) int {
		down := false
		for _, o := range q.Order {
			down = o.Descending
			var c int
			x, y := a.Fields[o.By], b.Fields[o.By]
			switch {
			case o.By == "id":
				c = cmp.Compare(a.ID, b.ID)
			case x == nil || y == nil:
				c = map[bool]int{true: 1}[x != nil] - map[bool]int{true: 1}[y != nil]
			default:
				c = compare(x, y)
			}
			if c != 0 {
				return c * map[bool]int{true: -1, false: 1}[down]
			}
		}
		return cmp.Compare(a.ID, b.ID) * map[bool]int{true: -1, false: 1}[down]
	})
	list = list[min(q.Offset, len(list)):]
	if q.Limit > 0 {
		list = list[:min(q.Limit, len(list))]
	}
	return list
}

// step changes the layer and the model alike.
func (m *model) step(t *rapid.T, w *world, n rbac.Node, shape string) {
	var drafts []feature.Draft
	rows := slices.Clone(m.rows)
	for range rapid.IntRange(1, 12).Draw(t, "drafts") {
		kind := rapid.IntRange(0, 4).Draw(t, "kind")
		if kind == 4 && len(rows) > 0 {
			i := rapid.IntRange(0, len(rows)-1).Draw(t, "which")
			if rows[i].ID == 0 {
				continue // it is new itself, and has no number
			}
			drafts = append(drafts, feature.Draft{ID: rows[i].ID, Delete: true})
			rows = slices.Delete(slices.Clone(rows), i, i+1)
			continue
		}
		d := feature.Draft{Fields: map[string]any{}, SetGeometry: rapid.Bool().Draw(t, "geometry")}
		if d.SetGeometry && rapid.IntRange(0, 4).Draw(t, "empty") > 0 {
			d.Geometry = drawShape(t, shape)
		}
		for _, name := range m.names() {
			of := m.types[name]
			switch rapid.IntRange(0, 4).Draw(t, "set") {
			case 0:
			case 1:
				d.Fields[name] = nil
			default:
				d.Fields[name] = drawValue(t, of)
			}
		}
		f := feature.Feature{Fields: map[string]any{}}
		for name := range m.types {
			f.Fields[name] = nil
		}
		at := len(rows)
		if kind == 3 && len(rows) > 0 {
			at = rapid.IntRange(0, len(rows)-1).Draw(t, "which")
			f.ID, f.Geometry = rows[at].ID, rows[at].Geometry
			for name, v := range rows[at].Fields {
				f.Fields[name] = v
			}
			if d.ID = f.ID; d.ID == 0 {
				continue // it is new itself, and has no number to be changed by
			}
		}
		for name, v := range d.Fields {
			f.Fields[name] = v
		}
		if d.SetGeometry {
			f.Geometry = d.Geometry
		}
		rows = append(slices.Clone(rows[:at]), append([]feature.Feature{f}, rows[min(at+1, len(rows)):]...)...)
		drafts = append(drafts, d)
	}
	ids, err := w.features.Put(w.Context(), w.owner, n, drafts)
	if err != nil {
		t.Fatal(err)
	}
	// What is new got its number in order.
	var made []int64
	for i, d := range drafts {
		if d.ID == 0 {
			made = append(made, ids[i])
		}
	}
	for i := range rows {
		if rows[i].ID == 0 {
			rows[i].ID, made = made[0], made[1:]
		}
	}
	m.rows = rows
}

// A random layer answers as a slice does, whatever happened to it.
func TestLayersAreSlices(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		shapes := []string{"POINT", "LINESTRING", "POLYGON"}
		var nodes []rbac.Node
		types := map[string]feature.FieldType{}
		for _, t := range feature.FieldTypes() {
			types[strings.ToLower(string(t))] = t
		}
		for _, shape := range shapes {
			nodes = append(nodes, w.layer(3857, shape, allFields()...).Num)
		}
		rapid.Check(w.TB.(*testing.T), func(t *rapid.T) {
			kind := rapid.IntRange(0, 2).Draw(t, "shape")
			n := nodes[kind]
			if _, err := w.features.Clear(w.Context(), w.owner, n); err != nil {
				t.Fatal(err)
			}
			first, err := w.features.Put(w.Context(), w.owner, n, []feature.Draft{{}})
			if err != nil {
				t.Fatal(err)
			}
			m := &model{types: types, rows: []feature.Feature{{ID: first[0], Fields: map[string]any{}}}}
			for name := range types {
				m.rows[0].Fields[name] = nil
			}
			for range 3 {
				m.step(t, w, n, shapes[kind])
				for range 4 {
					m.ask(t, w, n, m.drawQuery(t), first[0])
				}
			}
		})
	})
}

// ask compares what is answered. Numbers in the query are counted from the first
// there is.
func (m *model) ask(t *rapid.T, w *world, n rbac.Node, q feature.Query, first int64) {
	for i := range q.IDs {
		q.IDs[i] += first
	}
	if q.After > 0 {
		q.After += first
	}
	got := []string{}
	err := w.features.Features(w.Context(), w.owner, n, q, func(f feature.Feature) error {
		got = append(got, shown(f))
		return nil
	})
	want := []string{}
	for _, f := range m.chosen(q, true) {
		want = append(want, shown(f))
	}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%v\n%s\ngot  %s\nwant %s", err, asked(q), strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	total, chosen, err := w.features.Count(w.Context(), w.owner, n, q)
	all := m.chosen(q, false)
	if err != nil || total != int64(len(m.rows)) || chosen != int64(len(all)) {
		t.Fatalf("%s: %d of %d, %v; want %d of %d", asked(q), chosen, total, err, len(all), len(m.rows))
	}
	extent, err := w.features.Extent(w.Context(), w.owner, n, q)
	var box geom.Envelope
	for _, f := range all {
		if f.Geometry != nil {
			box = box.ExpandToIncludeEnvelope(f.Geometry.Envelope())
		}
	}
	low, high, located := box.MinMaxXYs()
	if err != nil || (extent != nil) != located {
		t.Fatalf("%s: extent %+v, %v; want %v", asked(q), extent, err, box)
	}
	if located {
		const metre = 111319.49079327358
		for i, got := range []float64{extent.MinLon, extent.MinLat, extent.MaxLon, extent.MaxLat} {
			if want := []float64{low.X, low.Y, high.X, high.Y}[i] / metre; math.Abs(got-want) > 1e-9 {
				t.Fatalf("%s: extent %+v, want %v", asked(q), extent, box)
			}
		}
	}
}

func asked(q feature.Query) string {
	text := fmt.Sprintf("%+v", q)
	if q.Intersects != nil {
		text += " " + q.Intersects.AsText()
	}
	if q.Filter != nil {
		text += " " + spelled(*q.Filter)
	}
	return text
}

func spelled(e feature.Expression) string {
	if e.Condition != nil {
		return fmt.Sprintf("%+v", *e.Condition)
	}
	word, list := "any", []string{}
	if e.All != nil {
		word = "all"
	}
	for _, part := range append(slices.Clone(e.All), e.Any...) {
		list = append(list, spelled(part))
	}
	return word + "(" + strings.Join(list, ", ") + ")"
}

func shown(f feature.Feature) string {
	shape := "-"
	if f.Geometry != nil {
		shape = f.Geometry.AsText()
	}
	return fmt.Sprintf("%d %s %v", f.ID, shape, f.Fields)
}
