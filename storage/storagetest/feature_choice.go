package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

func featureConditions(s *sample) {
	l := s.layer(s.place(), "POINT", feature.Integer, feature.Real, feature.String, feature.Boolean)
	long := strings.Repeat("x", 300)
	texts := []any{nil, "", "a", "A", "ä", "Ä", "a%b", "a_b", "a*b", "a?b", "[a]", `a\b`, "a'b", "ß", "SS", long + "1", long + "2"}
	var list []feature.Change
	for i, text := range texts {
		list = append(list, values(l, int64(i), float64(i)/2, text, i%2 == 0))
	}
	list[1].Values = map[int64]any{3: ""}
	s.add(l, list...) // the i-th has the ID i + 1
	check := func(field string, op feature.Operator, value any, want ...int64) {
		s.t.Helper()
		s.picks(fmt.Sprintf("%s %s %.20v", field, op, value), l, is(field, op, value), want...)
	}
	from := func(first int64) (ids []int64) {
		for id := first; id <= int64(len(texts)); id++ {
			ids = append(ids, id)
		}
		return ids
	}
	check("f1", feature.Eq, int64(4), 5)
	check("f1", feature.Eq, 4.0, 5)
	check("f1", feature.Eq, 4.5)
	check("f1", feature.Lt, 3.5, 1, 3, 4)
	check("f1", feature.Le, int64(3), 1, 3, 4)
	check("f1", feature.Gt, int64(14), 16, 17)
	check("f1", feature.Ge, 14.5, 16, 17)
	check("f1", feature.Ne, int64(0), from(3)...) // null is nothing else either
	check("f1", feature.In, []any{int64(3), 2.0, 7.5, int64(1 << 40)}, 3, 4)
	check("f1", feature.In, []any{})
	check("f1", feature.NotIn, []any{int64(0), int64(2)}, from(4)...)
	check("f1", feature.NotIn, []any{}, append([]int64{1}, from(3)...)...)
	check("f1", feature.IsNull, true, 2)
	check("f1", feature.IsNull, false, append([]int64{1}, from(3)...)...)
	check("f2", feature.Eq, 1.5, 4)
	check("f2", feature.Gt, 7.25, 16, 17)
	check("f4", feature.Eq, false, 4, 6, 8, 10, 12, 14, 16)
	check("f4", feature.Ne, false, 1, 3, 5, 7, 9, 11, 13, 15, 17)
	check("f4", feature.In, []any{true, false}, append([]int64{1}, from(3)...)...)
	check("id", feature.Ge, int64(16), 16, 17)
	check("id", feature.In, []any{int64(3), int64(99)}, 3)
	check("id", feature.IsNull, false, from(1)...)

	check("f3", feature.Eq, "a", 3)
	check("f3", feature.Eq, "", 2)
	check("f3", feature.Ne, "a", append([]int64{2}, from(4)...)...)
	check("f3", feature.Lt, "A", 2)
	check("f3", feature.Le, "A", 2, 4)
	check("f3", feature.Gt, long+"1", 5, 6, 14, 17)
	check("f3", feature.Ge, long+"1", 5, 6, 14, 16, 17)
	check("f3", feature.In, []any{"a'b", "ä", "no"}, 5, 13)
	check("f3", feature.In, []any{long + "1"}, 16)
	check("f3", feature.NotIn, []any{long + "1", "a"}, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17)
	check("f3", feature.IsNull, true, 1)
	check("f3", feature.StartsWith, "a", 3, 7, 8, 9, 10, 12, 13)
	check("f3", feature.StartsWith, "", from(2)...)
	check("f3", feature.StartsWith, "a%", 7)
	check("f3", feature.StartsWith, long, 16, 17)
	check("f3", feature.Like, "a", 3)
	check("f3", feature.Like, "a_b", 7, 8, 9, 10, 12, 13)
	check("f3", feature.Like, "a%", 3, 7, 8, 9, 10, 12, 13)
	check("f3", feature.Like, "%", from(2)...)
	check("f3", feature.Like, "", 2)
	check("f3", feature.Like, "a*b", 9)
	check("f3", feature.Like, "a?b", 10)
	check("f3", feature.Like, "[a]", 11)
	check("f3", feature.Like, `a\b`, 12)
	check("f3", feature.Like, `a\%`, 12)
	check("f3", feature.Like, "%'%", 13)
	check("f3", feature.Like, "A", 4)
	check("f3", feature.ILike, "A", 3, 4)
	check("f3", feature.ILike, "Ä", 5, 6)
	check("f3", feature.ILike, "ss", 14, 15)
	check("f3", feature.ILike, "A_B", 7, 8, 9, 10, 12, 13)
	check("f3", feature.ILike, `A\B`, 12)
	check("f3", feature.ILike, "[A]", 11)
	check("f3", feature.ILike, "", 2)

	part := func(field string, op feature.Operator, value any) feature.Expression {
		return *is(field, op, value).Where
	}
	small, texted, ten := part("f1", feature.Lt, int64(3)), part("f3", feature.IsNull, false), part("id", feature.Eq, int64(10))
	combined := func(what string, e feature.Expression, want ...int64) {
		s.t.Helper()
		s.picks(what, l, feature.Choice{Where: &e}, want...)
	}
	combined("all", feature.Expression{All: []feature.Expression{small, texted}}, 3)
	combined("any", feature.Expression{Any: []feature.Expression{small, ten}}, 1, 3, 10)
	combined("any in all", feature.Expression{All: []feature.Expression{texted, {Any: []feature.Expression{small, ten}}}}, 3, 10)
	combined("all of nothing", feature.Expression{All: []feature.Expression{}}, from(1)...)
	combined("any of nothing", feature.Expression{Any: []feature.Expression{}})
	s.picks("by IDs", l, feature.Choice{IDs: []int64{9, 3, 3, 99}}, 3, 9)
	s.picks("by no IDs", l, feature.Choice{IDs: []int64{}})
	s.picks("by IDs and more", l, feature.Choice{IDs: []int64{9, 3}, Where: &small}, 3)
}

// What comes behind a text is a text too, also where there are no characters.
func featureBeginnings(s *sample) {
	l := s.layer(s.place(), "POINT", feature.String)
	var list []feature.Change
	for _, text := range []string{"\uD7FF", "\uD7FFa", "\uE000", "\U0010FFFF", "\U0010FFFFa", "a\U0010FFFF", "b", "a", "\uFFFD"} {
		list = append(list, values(l, text))
	}
	s.add(l, list...)
	for text, want := range map[string][]int64{
		"\uD7FF": {1, 2}, "\uE000": {3}, "\U0010FFFF": {4, 5}, "\U0010FFFFa": {5}, "a\U0010FFFF": {6}, "a": {6, 8},
	} {
		s.picks(fmt.Sprintf("beginning with %q", text), l, is("f1", feature.StartsWith, text), want...)
	}
}

// As many conditions as a service lets through, side by side and one in another.
func featureManyConditions(s *sample) {
	l := s.layer(s.place(), "POINT", feature.String)
	s.add(l, values(l, "a"), values(l, "b"))
	for _, op := range []feature.Operator{feature.Eq, feature.Like, feature.ILike, feature.StartsWith, feature.Ge, feature.In} {
		var list []feature.Expression
		for range 1000 {
			c := feature.Condition{Field: "f1", Op: op, Value: "b"}
			if op == feature.In {
				c.Value = []any{"b", "c"}
			}
			list = append(list, feature.Expression{Condition: &c})
		}
		s.picks("all of many "+string(op), l, feature.Choice{Where: &feature.Expression{All: list}}, 2)
		s.picks("any of many "+string(op), l, feature.Choice{Where: &feature.Expression{Any: list}}, 2)
	}
	deep := *is("f1", feature.Eq, "b").Where
	for i := range 34 {
		if i%2 == 0 {
			deep = feature.Expression{All: []feature.Expression{deep}}
		} else {
			deep = feature.Expression{Any: []feature.Expression{*is("f1", feature.Eq, "no").Where, deep}}
		}
	}
	s.picks("deep", l, feature.Choice{Where: &deep}, 2)
	var many []any
	for i := range 10_000 {
		many = append(many, fmt.Sprintf("b%d", i))
	}
	s.picks("one of many", l, is("f1", feature.In, append(many, "b")), 2)
	s.picks("none of many", l, is("f1", feature.NotIn, append(many, "b")), 1)
}

func featureBoxes(s *sample) {
	l := s.layer(s.place(), "POLYGON", feature.Integer)
	s.add(l, boxed(0, 0, 10, 10), boxed(5, 5, 6, 6), boxed(20, 20, 30, 30), feature.Change{}, boxed(-5, -5, -5, -5), boxed(0.1, 0.1, 0.1, 0.1))
	box := func(minX, minY, maxX, maxY float64) *feature.Box {
		return &feature.Box{MinX: minX, MinY: minY, MaxX: maxX, MaxY: maxY}
	}
	yes, no := true, false
	for _, c := range []struct {
		box                 *feature.Box
		all, inside, across []int64
	}{
		{box(4, 4, 7, 7), []int64{1, 2}, []int64{2}, []int64{1}},
		{box(10, 10, 20, 20), []int64{1, 3}, nil, []int64{1, 3}}, // an edge is enough
		{box(-5, -5, -5, -5), []int64{5}, []int64{5}, nil},
		{box(-100, -100, 100, 100), []int64{1, 2, 3, 5, 6}, []int64{1, 2, 3, 5, 6}, nil},
		{box(11, 0, 19, 40), nil, nil, nil},
		{box(0.1, 0.1, 0.1, 0.1), []int64{1, 6}, []int64{6}, []int64{1}},
		{box(0.1000001, -1, 1, 1), []int64{1}, nil, []int64{1}}, // which single precision could not tell
	} {
		what := fmt.Sprint("in ", *c.box)
		s.picks(what, l, feature.Choice{Box: c.box}, c.all...)
		s.picks(what+" inside", l, feature.Choice{Box: c.box, Inside: &yes}, c.inside...)
		s.picks(what+" across", l, feature.Choice{Box: c.box, Inside: &no}, c.across...)
		s.picks(what+" turned round", l, feature.Choice{Box: c.box, Order: []paging.Order{{By: "id", Descending: true}}}, reversed(c.all)...)
	}
	bounds := func(what string, l feature.Stored, c feature.Choice, want *feature.Box) {
		s.t.Helper()
		got, err := s.Features.Bounds(s.t.Context(), l, c)
		if err != nil {
			s.t.Fatal(err)
		}
		equal(s.t, what, got, want)
	}
	bounds("all", l, feature.Choice{Limit: 1, Offset: 1, After: 3}, box(-5, -5, 30, 30))
	bounds("some", l, feature.Choice{IDs: []int64{2, 4, 5}}, box(-5, -5, 6, 6))
	bounds("one without", l, feature.Choice{IDs: []int64{4}}, nil)
	bounds("none", l, feature.Choice{IDs: []int64{}}, nil)
	bounds("in a box", l, feature.Choice{Box: box(5, 5, 5, 5)}, box(0, 0, 10, 10))
	table := s.layer(s.place(), feature.NoGeometry)
	s.add(table, feature.Change{})
	bounds("a table", table, feature.Choice{}, nil)
	s.picks("a table", table, feature.Choice{Box: box(-1, -1, 1, 1)})
}

func reversed(ids []int64) []int64 {
	var list []int64
	for _, id := range ids {
		list = append([]int64{id}, list...)
	}
	return list
}

func featureOrders(s *sample) {
	l := s.layer(s.place(), "POINT", feature.String, feature.Integer)
	long := strings.Repeat("ä", 250)
	s.add(l, values(l, "b", int64(1)), values(l, nil, int64(2)), values(l, "B", int64(1)), values(l, "", nil), values(l, "b", int64(2)),
		values(l, long+"2", int64(1)), values(l, long+"1", int64(1)), values(l, nil, int64(1)))
	up := func(by string) paging.Order { return paging.Order{By: by} }
	down := func(by string) paging.Order { return paging.Order{By: by, Descending: true} }
	for _, c := range []struct {
		orders []paging.Order
		want   []int64
	}{
		{nil, []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		{[]paging.Order{up("id")}, []int64{1, 2, 3, 4, 5, 6, 7, 8}},
		{[]paging.Order{down("id"), up("f1")}, []int64{8, 7, 6, 5, 4, 3, 2, 1}},
		{[]paging.Order{up("f1")}, []int64{2, 8, 4, 3, 1, 5, 7, 6}},
		{[]paging.Order{down("f1")}, []int64{6, 7, 5, 1, 3, 4, 8, 2}},
		{[]paging.Order{up("f2"), down("f1")}, []int64{4, 6, 7, 1, 3, 8, 5, 2}},
		{[]paging.Order{down("f2"), up("f1")}, []int64{2, 5, 8, 3, 1, 7, 6, 4}},
		{[]paging.Order{down("f2"), up("id")}, []int64{2, 5, 1, 3, 6, 7, 8, 4}},
	} {
		for _, where := range []*feature.Expression{nil, is("id", feature.Gt, int64(0)).Where} {
			choice := feature.Choice{Order: c.orders, Where: where}
			what := fmt.Sprintf("%v where %v", c.orders, where != nil)
			s.picks(what, l, choice, c.want...)
			for _, page := range [][2]int{{0, 3}, {2, 3}, {6, 3}, {8, 1}, {99, 1}, {3, 0}} {
				choice.Offset, choice.Limit = page[0], page[1]
				want := c.want[min(page[0], len(c.want)):]
				if page[1] > 0 {
					want = want[:min(page[1], len(want))]
				}
				s.picks(fmt.Sprint(what, " page ", page), l, choice, want...)
			}
		}
	}
	s.picks("after", l, feature.Choice{After: 3, Limit: 2}, 4, 5)
	s.picks("after and offset", l, feature.Choice{After: 3, Limit: 2, Offset: 2}, 6, 7)
	s.picks("after the last", l, feature.Choice{After: 8})
	s.picks("before the first", l, feature.Choice{After: -5, Limit: 1}, 1)
	// Where numbers tell no places.
	s.must(func(ctx context.Context) error {
		_, err := s.Features.Remove(ctx, l, []int64{2, 3, 8})
		return err
	})
	s.picks("offset with gaps", l, feature.Choice{Offset: 1, Limit: 2}, 4, 5)
	s.picks("offset behind the last", l, feature.Choice{Offset: 5, Limit: 2})
	s.picks("after and offset with gaps", l, feature.Choice{After: 1, Offset: 2, Limit: 1}, 6)
}

// Rows may call whatever it likes, and ends with the first error.
func featureRows(s *sample) {
	l := s.layer(s.place(), "POINT", feature.Integer, feature.String)
	var list []feature.Change
	for i := range 1500 {
		list = append(list, values(l, int64(i), strings.Repeat("x", 100)))
	}
	s.add(l, list...)
	l = s.readLayer(l.Node)
	next := int64(1)
	err := s.Features.Rows(s.t.Context(), l, feature.Choice{Fields: l.Fields[:1]}, func(r feature.Row) error {
		if r.ID > 1500 { // which came meanwhile
			return nil
		}
		if r.ID != next || len(r.Values) != 1 || r.Values[0] != r.ID-1 || r.Geometry != nil || r.Description != nil {
			s.t.Fatalf("row %+v, want %d", r, next)
		}
		next++
		if r.ID%500 == 0 {
			n, err := s.Features.Count(s.t.Context(), l, is("f1", feature.Lt, int64(10)))
			if err != nil || n != 10 {
				s.t.Fatal(n, err)
			}
			s.add(l, feature.Change{})
		}
		return nil
	})
	if err != nil || next != 1501 {
		s.t.Errorf("%d rows came, %v", next-1, err)
	}
	stop, came := errors.New("stop"), 0 //nolint:err113 // compared with itself
	err = s.Features.Rows(s.t.Context(), l, feature.Choice{}, func(r feature.Row) error {
		came++
		if len(r.Values) != 0 {
			s.t.Errorf("values came that nobody asked for: %+v", r)
		}
		if came == 3 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || came != 3 {
		s.t.Errorf("%d rows came, %v", came, err)
	}
	// Inside of a unit of work, what it did is seen.
	s.must(func(ctx context.Context) error {
		if _, err := s.Features.Remove(ctx, l, nil); err != nil {
			return err
		}
		locked, err := s.Features.Lock(ctx, l.Node)
		if err != nil {
			return err
		}
		n, err := s.Features.Count(ctx, locked, feature.Choice{})
		if n != 0 {
			s.t.Errorf("%d are counted", n)
		}
		return errors.Join(err, s.Features.Rows(ctx, locked, feature.Choice{}, func(r feature.Row) error {
			return fmt.Errorf("row %d came", r.ID) //nolint:err113 // shown
		}))
	})
}

func featureSweep(s *sample) {
	w := s.place()
	l := s.layer(w, "POINT", feature.Integer, feature.String)
	n := s.vacant(w)
	s.sweep(func(ctx context.Context) error {
		made := l.Layer
		made.Node = n
		_, err := s.Features.Make(ctx, w.ID, made)
		return err
	})
	one := boxed(1, 2, 3, 4)
	one.Values = map[int64]any{1: int64(1), 2: "Ä"}
	s.sweep(func(ctx context.Context) error {
		_, err := s.Features.Add(ctx, l, []feature.Change{one, one, one})
		return err
	})
	s.sweep(func(ctx context.Context) error {
		c := boxed(5, 5, 5, 5)
		c.ID = 1
		return s.Features.Change(ctx, l, c)
	})
	s.sweep(func(ctx context.Context) error {
		next := l.Layer
		next.Fields = []feature.Field{
			{ID: 1, Keyname: "a", DisplayName: "a", Type: feature.String}, {Keyname: "b", DisplayName: "b", Type: feature.String},
		}
		_, err := s.Features.Alter(ctx, next)
		return err
	})
	l = s.readLayer(l.Node)
	s.sweep(func(ctx context.Context) error {
		_, err := s.Features.Remove(ctx, l, []int64{1, 2})
		return err
	})
	s.sweep(func(ctx context.Context) error {
		_, err := s.Features.Remove(ctx, l, nil)
		return err
	})
	s.sweep(func(ctx context.Context) error { return s.Features.Drop(ctx, w.ID, []rbac.Node{l.Node, n}) })
}
