package storagetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Features tests [feature.Store], but for what is attached.
func Features(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"layers are made":              layerMake,
		"layers are locked":            layerLock,
		"fields change":                layerAlter,
		"values change their type":     layerRetype,
		"layers go with what they had": layerDrop,
		"layers have a volume":         layerVolume,
		"what is not there":            layerMissing,
		"features come and go":         featureLife,
		"values come back":             featureValues,
		"conditions choose":            featureConditions,
		"beginnings choose":            featureBeginnings,
		"many conditions choose":       featureManyConditions,
		"boxes choose":                 featureBoxes,
		"orders and pages":             featureOrders,
		"rows are handed over":         featureRows,
		"nothing is kept of a half":    featureSweep,
	})
}

// layer returns a layer with a field of each type, called f1 and so on.
func (s *sample) layer(w workspace.Workspace, geometry string, types ...feature.FieldType) feature.Stored {
	s.t.Helper()
	l := feature.Layer{Node: s.vacant(w), SRS: feature.Mercator, Geometry: geometry, Fields: []feature.Field{}}
	for i, t := range types {
		name := fmt.Sprintf("f%d", i+1)
		l.Fields = append(l.Fields, feature.Field{Keyname: name, DisplayName: "The " + name, Type: t})
	}
	s.must(func(ctx context.Context) error {
		_, err := s.Features.Make(ctx, w.ID, l)
		return err
	})
	return s.readLayer(l.Node)
}

// vacant returns a node that can be a layer's.
func (s *sample) vacant(w workspace.Workspace) rbac.Node {
	s.t.Helper()
	n := rbac.Node(5000 + s.number())
	s.Plant(s.t, []rbac.Place{{Node: n, Parent: w.Num, Workspace: w.Num, Class: "vector_layer"}}, nil)
	return n
}

func (s *sample) readLayer(n rbac.Node) feature.Stored {
	s.t.Helper()
	l, err := s.Features.Layer(s.t.Context(), n)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// add adds features and returns the ID of the first.
func (s *sample) add(l feature.Stored, list ...feature.Change) int64 {
	s.t.Helper()
	var first int64
	s.must(func(ctx context.Context) (err error) {
		first, err = s.Features.Add(ctx, l, list)
		return err
	})
	return first
}

// values are those of the fields of a layer, in their order.
func values(l feature.Stored, list ...any) feature.Change {
	c := feature.Change{Values: map[int64]any{}}
	for i, v := range list {
		c.Values[l.Fields[i].ID] = v
	}
	return c
}

// boxed is a feature with a geometry that lies in a box. What a geometry is, is
// nothing to a store.
func boxed(minX, minY, maxX, maxY float64) feature.Change {
	return feature.Change{
		SetGeometry: true, Geometry: fmt.Appendf(nil, "%v\x00%v", minX, minY),
		Box: &feature.Box{MinX: minX, MinY: minY, MaxX: maxX, MaxY: maxY},
	}
}

// rows are those that a choice chooses, with everything.
func (s *sample) rows(l feature.Stored, c feature.Choice) []feature.Row {
	s.t.Helper()
	l = s.readLayer(l.Node)
	c.Fields, c.Geometry, c.Descriptions = l.Fields, true, true
	list := []feature.Row{}
	err := s.Features.Rows(s.t.Context(), l, c, func(r feature.Row) error {
		list = append(list, r)
		return nil
	})
	if err != nil {
		s.t.Fatalf("%+v: %v", c, err)
	}
	return list
}

// picks wants a choice to choose features by their IDs, and to count as many.
func (s *sample) picks(what string, l feature.Stored, c feature.Choice, want ...int64) {
	s.t.Helper()
	ids := []int64{}
	for _, r := range s.rows(l, c) {
		ids = append(ids, r.ID)
	}
	equal(s.t, what, ids, append([]int64{}, want...))
	if c.After != 0 || c.Offset != 0 || c.Limit != 0 {
		return
	}
	n, err := s.Features.Count(s.t.Context(), s.readLayer(l.Node), c)
	if err != nil || n != int64(len(want)) {
		s.t.Errorf("%s: count %d, %v; want %d", what, n, err, len(want))
	}
}

func is(field string, op feature.Operator, value any) feature.Choice {
	return feature.Choice{Where: &feature.Expression{Condition: &feature.Condition{Field: field, Op: op, Value: value}}}
}

func layerMake(s *sample) {
	w := s.place()
	want := feature.Layer{Node: s.vacant(w), SRS: feature.WGS84, Geometry: "MULTIPOLYGONZ", Fields: []feature.Field{
		{Keyname: "name", DisplayName: "Name", Type: feature.String, Label: true, Grid: true, Search: true},
		{Keyname: `q"'; DROP TABLE feature_layers --`, DisplayName: "Õ", Type: feature.Integer, Required: true, Lookup: 7},
	}}
	var made feature.Layer
	s.must(func(ctx context.Context) (err error) {
		made, err = s.Features.Make(ctx, w.ID, want)
		return err
	})
	want.Fields[0].ID, want.Fields[1].ID = 1, 2
	equal(s.t, "made", made, want)
	equal(s.t, "stored", s.readLayer(want.Node), feature.Stored{Layer: want, Workspace: w.ID, Organization: w.Organization})
	made.Fields[0].Keyname = "changed by the caller"
	equal(s.t, "stored again", s.readLayer(want.Node).Layer, want)
	// One without anything.
	if l := s.layer(w, feature.NoGeometry); len(l.Fields) != 0 || l.Geometry != feature.NoGeometry {
		s.t.Errorf("%+v", l)
	}
}

// Who locks a layer has it to himself until the unit of work ends.
func layerLock(s *sample) {
	l := s.layer(s.place(), "POINT", feature.Integer)
	s.must(func(ctx context.Context) error {
		got, err := s.Features.Lock(ctx, l.Node)
		equal(s.t, "locked", got, l)
		return err
	})
	locked, other := make(chan struct{}), make(chan error, 1)
	go func() {
		<-locked
		other <- s.Tx(s.t.Context(), func(ctx context.Context) error {
			l, err := s.Features.Lock(ctx, l.Node)
			if err == nil && l.Features != 1 {
				err = fmt.Errorf("locked with %d features, want the one of who had it before", l.Features)
			}
			return err
		})
	}()
	s.must(func(ctx context.Context) error {
		l, err := s.Features.Lock(ctx, l.Node)
		if err != nil {
			return err
		}
		close(locked)
		select {
		case err := <-other:
			return fmt.Errorf("somebody else had the lock: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
		_, err = s.Features.Add(ctx, l, []feature.Change{values(l, int64(1))})
		return err
	})
	if err := <-other; err != nil {
		s.t.Error(err)
	}
}

func (s *sample) alter(l feature.Layer) feature.Stored {
	s.t.Helper()
	var altered feature.Layer
	s.must(func(ctx context.Context) (err error) {
		altered, err = s.Features.Alter(ctx, l)
		return err
	})
	stored := s.readLayer(l.Node)
	equal(s.t, "altered", altered, stored.Layer)
	return stored
}

func layerAlter(s *sample) {
	l := s.layer(s.place(), "POINT", feature.Integer, feature.String, feature.Date)
	s.add(l, values(l, int64(1), "Ä", int64(3)), values(l, int64(2), "b", nil))
	// The second and first change places and names, the third goes, others come.
	next := l.Layer
	next.Fields = []feature.Field{
		{ID: 2, Keyname: "f1", DisplayName: "renamed", Type: feature.String, Label: true},
		{Keyname: "f9", DisplayName: "new", Type: feature.String},
		{ID: 1, Keyname: "f2", DisplayName: "also", Type: feature.Integer, Required: true},
		{Keyname: "f3", DisplayName: "as that which went", Type: feature.Date},
	}
	next.SRS, next.Geometry = feature.WGS84, "POLYGON" // which stay what they are
	l2 := s.alter(next)
	next.Fields[1].ID, next.Fields[3].ID, next.SRS, next.Geometry = 4, 5, l.SRS, l.Geometry
	equal(s.t, "fields", l2.Layer, next)
	equal(s.t, "values", s.rows(l2, feature.Choice{}), []feature.Row{
		{ID: 1, Values: []any{"Ä", nil, int64(1), nil}}, {ID: 2, Values: []any{"b", nil, int64(2), nil}},
	})
	s.picks("by the new name", l2, is("f1", feature.ILike, "ä"), 1)
	s.add(l2, values(l2, "x", "y", int64(3), int64(4)))
	s.picks("in the new field", l2, is("f9", feature.Eq, "y"), 3)
	// What goes never comes back, and neither does its ID.
	next.Fields = next.Fields[:1]
	s.alter(next)
	next.Fields = append(next.Fields, feature.Field{Keyname: "f3", DisplayName: "x", Type: feature.Date})
	l3 := s.alter(next)
	if l3.Fields[1].ID != 6 {
		s.t.Errorf("the new field has the ID %d, want 6", l3.Fields[1].ID)
	}
	equal(s.t, "last", s.rows(l3, feature.Choice{IDs: []int64{3}}), []feature.Row{{ID: 3, Values: []any{"x", nil}}})
	s.refused(feature.ErrNoLayer, func(ctx context.Context) error {
		_, err := s.Features.Alter(ctx, feature.Layer{Node: 1})
		return err
	})
	s.stays(func(ctx context.Context) error {
		next.Fields = []feature.Field{{ID: 99, Keyname: "a", DisplayName: "a", Type: feature.Date}}
		_, err := s.Features.Alter(ctx, next)
		return err
	})
}

// stays wants a change to be refused, whatever with.
func (s *sample) stays(fn func(ctx context.Context) error) {
	s.t.Helper()
	before := s.Fingerprint(s.t)
	if err := s.Tx(s.t.Context(), fn); err == nil {
		s.t.Error("it was not refused")
	}
	if s.Fingerprint(s.t) != before {
		s.t.Error("something was kept")
	}
}

// Values are kept where integers, or truths, become other numbers, integers
// texts, and days the beginning of a day, and are dropped otherwise.
func layerRetype(s *sample) {
	w := s.place()
	given := map[feature.FieldType]any{
		feature.Integer: int64(-7), feature.BigInt: int64(1 << 40), feature.Real: 1.5, feature.String: "5",
		feature.Date: int64(-2), feature.Time: int64(9), feature.DateTime: int64(86400000000), feature.Boolean: true, feature.JSON: "[1]",
	}
	want := map[[2]feature.FieldType]any{
		{feature.Integer, feature.BigInt}: int64(-7), {feature.Integer, feature.Real}: -7.0, {feature.Integer, feature.String}: "-7",
		{feature.BigInt, feature.Integer}: int64(3), {feature.BigInt, feature.Real}: float64(1 << 40), {feature.BigInt, feature.String}: "1099511627776",
		{feature.Boolean, feature.Integer}: int64(1), {feature.Boolean, feature.BigInt}: int64(1), {feature.Boolean, feature.Real}: 1.0,
		{feature.Date, feature.DateTime}: int64(-2 * 86400000000),
	}
	for _, from := range feature.FieldTypes() {
		l := s.layer(w, feature.NoGeometry, slices.Repeat([]feature.FieldType{from}, len(given))...)
		first := feature.Change{Values: map[int64]any{}}
		next, row := l.Layer, feature.Row{ID: 1}
		next.Fields = slices.Clone(next.Fields)
		for i, to := range feature.FieldTypes() {
			first.Values[int64(i+1)] = given[from]
			if from == feature.BigInt && to == feature.Integer {
				first.Values[int64(i+1)] = int64(3) // others do not fit
			}
			next.Fields[i].Type = to
			value := want[[2]feature.FieldType{from, to}]
			if from == to {
				value = given[from]
			}
			row.Values = append(row.Values, value)
		}
		s.add(l, first, feature.Change{})
		l = s.alter(next)
		empty := feature.Row{ID: 2, Values: make([]any, len(given))}
		equal(s.t, "values that were "+string(from), s.rows(l, feature.Choice{}), []feature.Row{row, empty})
		s.picks("texts that were "+string(from), l, is("f4", feature.ILike, "%"), []int64{1}[:len(kept(row.Values[3]))]...)
	}
}

func kept(v any) []any {
	if v == nil {
		return nil
	}
	return []any{v}
}

func layerDrop(s *sample) {
	w, other := s.place(), s.place()
	before := s.Fingerprint(s.t)
	empty := s.vacant(w)
	l, table, elsewhere := s.layer(w, "POINT", feature.String), s.layer(w, feature.NoGeometry), s.layer(other, "POINT")
	s.add(l, boxed(1, 1, 1, 1))
	left := s.Fingerprint(s.t)
	s.must(func(ctx context.Context) error {
		return s.Features.Drop(ctx, w.ID, []rbac.Node{empty, w.Num, 999_999, elsewhere.Node})
	})
	if s.Fingerprint(s.t) != left {
		s.t.Error("what is no layer of the workspace was not left alone")
	}
	s.must(func(ctx context.Context) error {
		return s.Features.Drop(ctx, w.ID, []rbac.Node{l.Node, empty, table.Node})
	})
	for _, n := range []rbac.Node{l.Node, table.Node} {
		if _, err := s.Features.Layer(s.t.Context(), n); !errors.Is(err, feature.ErrNoLayer) {
			s.t.Errorf("layer %d: %v", n, err)
		}
	}
	equal(s.t, "elsewhere", s.readLayer(elsewhere.Node), elsewhere)
	// Nothing is in the way of the next one.
	s.must(func(ctx context.Context) error {
		_, err := s.Features.Make(ctx, w.ID, l.Layer)
		return err
	})
	s.picks("made again", l, feature.Choice{})
	if before == left {
		s.t.Error("layers leave no trace")
	}
}

func layerVolume(s *sample) {
	w, other := s.place(), s.place()
	l, second := s.layer(w, "POINT", feature.String, feature.JSON, feature.Integer), s.layer(w, feature.NoGeometry, feature.String)
	elsewhere := s.layer(other, feature.NoGeometry, feature.String)
	volume := func(want int64) {
		s.t.Helper()
		n, err := s.Features.Volume(s.t.Context(), w.ID, []rbac.Node{l.Node, second.Node, elsewhere.Node, w.Num, 999_999})
		if err != nil || n != want {
			s.t.Errorf("volume %d, %v; want %d", n, err, want)
		}
	}
	volume(0)
	c, text := values(l, "äöü", `{"a":1}`, int64(1<<30)), "Straße"
	c.SetGeometry, c.Geometry, c.Description = true, []byte{0, 1, 2, 255}, &text
	s.add(l, c, feature.Change{})
	s.add(second, values(second, "abc"))
	s.add(elsewhere, values(elsewhere, "abc"))
	volume(6 + 7 + 4 + 7 + 3)
}

func layerMissing(s *sample) {
	w := s.place()
	gone := feature.Stored{Layer: feature.Layer{Node: s.vacant(w)}}
	if _, err := s.Features.Layer(s.t.Context(), gone.Node); !errors.Is(err, feature.ErrNoLayer) {
		s.t.Error(err)
	}
	s.refused(feature.ErrNoLayer, func(ctx context.Context) error {
		_, err := s.Features.Lock(ctx, gone.Node)
		return err
	})
	s.refused(feature.ErrNoLayer, func(ctx context.Context) error {
		_, err := s.Features.Add(ctx, gone, []feature.Change{{}})
		return err
	})
	l := s.layer(w, "POINT", feature.Integer)
	s.add(l, feature.Change{})
	for _, c := range []feature.Change{{ID: 2}, {ID: 0}, boxed(1, 1, 1, 1), values(l, int64(1))} {
		s.refused(feature.ErrNotFound, func(ctx context.Context) error { return s.Features.Change(ctx, l, c) })
	}
}

func featureLife(s *sample) {
	l := s.layer(s.place(), "POINT", feature.Integer, feature.String)
	text, other := "<b>x</b>", "y"
	one := boxed(1, 2, 3, 4)
	one.Values, one.Description = map[int64]any{1: int64(1), 2: "one"}, &text
	if first := s.add(l, one, feature.Change{}, values(l, int64(3))); first != 1 {
		s.t.Errorf("the first is %d", first)
	}
	row := feature.Row{ID: 1, Geometry: one.Geometry, Values: []any{int64(1), "one"}, Description: &text}
	equal(s.t, "added", s.rows(l, feature.Choice{}), []feature.Row{
		row, {ID: 2, Values: []any{nil, nil}}, {ID: 3, Values: []any{int64(3), nil}},
	})
	if l = s.readLayer(l.Node); l.Features != 3 || l.Last != 3 {
		s.t.Errorf("%d features, the last %d", l.Features, l.Last)
	}
	change := func(what string, c feature.Change, want feature.Row) {
		s.t.Helper()
		s.must(func(ctx context.Context) error { return s.Features.Change(ctx, l, c) })
		equal(s.t, what, s.rows(l, feature.Choice{IDs: []int64{c.ID}}), []feature.Row{want})
	}
	change("nothing", feature.Change{ID: 1}, row)
	row.Values = []any{int64(1), nil}
	change("a value", feature.Change{ID: 1, Values: map[int64]any{2: nil}}, row)
	row.Description = &other
	change("the description", feature.Change{ID: 1, SetDescription: true, Description: &other}, row)
	moved := boxed(10, 10, 11, 11)
	moved.ID, row.Geometry = 1, moved.Geometry
	change("the geometry", moved, row)
	s.picks("where it is", l, feature.Choice{Box: moved.Box}, 1)
	s.picks("where it was", l, feature.Choice{Box: one.Box})
	row.Geometry, row.Description = nil, nil
	change("all is taken", feature.Change{ID: 1, SetGeometry: true, SetDescription: true}, row)
	s.picks("where it was", l, feature.Choice{Box: moved.Box})

	remove := func(want int64, ids []int64) {
		s.t.Helper()
		s.must(func(ctx context.Context) error {
			n, err := s.Features.Remove(ctx, l, ids)
			if n != want {
				s.t.Errorf("%d were deleted, want %d", n, want)
			}
			return err
		})
	}
	s.add(l, one)
	remove(0, []int64{})
	remove(2, []int64{3, 4, 4, 99})
	s.picks("what is left", l, feature.Choice{}, 1, 2)
	s.picks("where one was", l, feature.Choice{Box: one.Box})
	remove(2, nil)
	s.picks("nothing is left", l, feature.Choice{})
	if l = s.readLayer(l.Node); l.Features != 0 || l.Last != 4 {
		s.t.Errorf("%d features, the last %d", l.Features, l.Last)
	}
	if first := s.add(l, slices.Repeat([]feature.Change{one}, 1203)...); first != 5 {
		s.t.Errorf("the next is %d, want 5", first)
	}
	if got := s.rows(l, feature.Choice{IDs: []int64{5, 1207, 1208}}); len(got) != 2 {
		s.t.Errorf("of many came %v", got)
	}
	n, err := s.Features.Count(s.t.Context(), l, feature.Choice{Box: one.Box})
	if err != nil || n != 1203 {
		s.t.Errorf("%d are there, %v", n, err)
	}
}

func featureValues(s *sample) {
	l := s.layer(s.place(), "POINT", feature.FieldTypes()...)
	lists := [][]any{
		{
			int64(math.MinInt32), int64(math.MinInt64), -math.MaxFloat64, "", int64(-719162), int64(0),
			int64(-62135596800000000), false, "null",
		},
		{
			int64(math.MaxInt32), int64(math.MaxInt64), math.SmallestNonzeroFloat64, "'\\\"\n\r\t$1 ? %s :x 🌍\u0001\uFFFF", int64(2932896),
			int64(86399999999), int64(253402300799999999), true, `{"a":"\u0000'"}`,
		},
		{int64(0), int64(1<<53 + 1), 0.1, strings.Repeat("ÄÖ ", 10_000), int64(0), int64(1), int64(-1), true, "[]"},
		make([]any, 9),
	}
	var changes []feature.Change
	for _, list := range lists {
		changes = append(changes, values(l, list...))
	}
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	changes[0].SetGeometry, changes[0].Geometry = true, every
	s.add(l, changes...)
	got := s.rows(l, feature.Choice{})
	for i, list := range lists {
		equal(s.t, fmt.Sprintf("row %d", i), got[i].Values, list)
		for j, v := range list {
			if name := l.Fields[j].Keyname; v != nil && l.Fields[j].Type != feature.JSON {
				s.picks(fmt.Sprintf("row %d by %s", i, name), l, feature.Choice{
					IDs: []int64{int64(i + 1)}, Where: is(name, feature.Eq, v).Where,
				}, int64(i+1))
			}
		}
	}
	equal(s.t, "every byte", got[0].Geometry, every)
	// Changing says the same as adding.
	for i, c := range changes {
		c.ID = 4
		s.must(func(ctx context.Context) error { return s.Features.Change(ctx, l, c) })
		equal(s.t, fmt.Sprintf("changed to row %d", i), s.rows(l, feature.Choice{IDs: []int64{4}})[0].Values, lists[i])
	}
}
