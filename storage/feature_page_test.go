package storage_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// TestFeaturePagesAgree asks for pages of few features as if they were many, in
// every way in which pages are found, and wants what is found otherwise.
func TestFeaturePagesAgree(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			q := newQuarry(t, kind, 400)
			plain := q.db.Features()
			r := rand.New(rand.NewPCG(1, 2))
			late := feature.Condition{Field: "size", Op: feature.Ge, Value: 250.0}
			choices := []feature.Choice{ // with much behind what is looked for ahead
				{Where: &feature.Expression{Condition: &late}, Ahead: 3},
				{Where: &feature.Expression{Condition: &late}, Limit: 12},
				{Box: &feature.Box{MinX: 0, MinY: 3, MaxX: 90, MaxY: 3}, Ahead: 2},
			}
			for range 300 {
				choices = append(choices, q.draw(r))
			}
			for _, c := range choices {
				want := q.numbers(plain, c)
				for _, narrow := range [][2]int{{1, 1}, {1, 40}, {5, 100}, {50, 20}, {30, 1000}} {
					if got := q.numbers(storage.Narrow(plain, narrow[0], narrow[1]), c); !slices.Equal(got, want) {
						t.Fatalf("%v of %s: %v, want %v", narrow, shown(c), got, want)
					}
				}
			}
		})
	}
}

func (q *quarry) numbers(f *storage.Features, c feature.Choice) []int64 {
	q.Helper()
	ids := []int64{}
	err := f.Rows(q.Context(), q.layer, c, func(row feature.Row) error {
		ids = append(ids, row.ID)
		return nil
	})
	if err != nil {
		q.Fatalf("%s: %v", shown(c), err)
	}
	return ids
}

// draw returns a choice of the features of a quarry of 400.
func (q *quarry) draw(r *rand.Rand) feature.Choice {
	one := func(list ...feature.Condition) *feature.Expression {
		return &feature.Expression{Condition: &list[r.IntN(len(list))]}
	}
	number := float64(r.IntN(400))
	conditions := func() *feature.Expression {
		return one(
			feature.Condition{Field: "size", Op: feature.Ge, Value: number}, feature.Condition{Field: "size", Op: feature.Lt, Value: number},
			feature.Condition{Field: "id", Op: feature.Gt, Value: int64(number)}, feature.Condition{Field: "half", Op: feature.Eq, Value: true},
			feature.Condition{Field: "name", Op: feature.StartsWith, Value: "name 1"}, feature.Condition{Field: "name", Op: feature.Like, Value: "%7%"},
			feature.Condition{Field: "rare", Op: feature.In, Value: []any{int64(1), int64(number), int64(399)}},
			feature.Condition{Field: "name", Op: feature.IsNull, Value: false},
		)
	}
	var c feature.Choice
	switch r.IntN(5) {
	case 0:
		c.Where = conditions()
	case 1:
		c.Where = &feature.Expression{All: []feature.Expression{*conditions(), *conditions()}}
	case 2:
		c.Where = &feature.Expression{All: []feature.Expression{*conditions(), {Any: []feature.Expression{*conditions(), *conditions()}}}}
	case 3:
		x, y := float64(r.IntN(100)), float64(r.IntN(4))
		c.Box = &feature.Box{MinX: x, MinY: y, MaxX: x + float64(r.IntN(100)), MaxY: y + 2}
		if r.IntN(2) == 0 {
			c.Where = conditions()
		}
	}
	for range r.IntN(3) {
		c.Order = append(c.Order, paging.Order{By: []string{"size", "name", "half", "rare", "id"}[r.IntN(5)], Descending: r.IntN(2) == 0})
	}
	if r.IntN(3) == 0 {
		c.Offset = r.IntN(60)
	}
	switch r.IntN(4) {
	case 0:
		c.Ahead = 1 + r.IntN(30)
	case 1, 2:
		c.Limit = 1 + r.IntN(30)
	}
	if len(c.Order) == 0 && r.IntN(3) == 0 {
		c.After = int64(r.IntN(300))
	}
	return c
}

func shown(c feature.Choice) string {
	text := fmt.Sprintf("%+v", c)
	for _, e := range expressions(c.Where) {
		text += fmt.Sprintf(" %+v", *e.Condition)
	}
	return text
}

func expressions(e *feature.Expression) []feature.Expression {
	if e == nil {
		return nil
	}
	if e.Condition != nil {
		return []feature.Expression{*e}
	}
	var list []feature.Expression
	for _, part := range append(slices.Clone(e.All), e.Any...) {
		list = append(list, expressions(&part)...)
	}
	return list
}

// TestFeatureBoxesGo looks at SQLite's index of boxes, which nothing else tells
// of features that are gone.
func TestFeatureBoxesGo(t *testing.T) {
	t.Parallel()
	q := newQuarry(t, dbtest.OnSQLite(), 400)
	boxes := func() int {
		var dump strings.Builder
		dbtest.Dump(t, q.db, &dump)
		return strings.Count("\n"+dump.String(), "\nlayer_5000_box ")
	}
	for _, step := range []struct {
		gone []int64
		left int
	}{{[]int64{}, 400}, {[]int64{1, 2, 400}, 397}, {nil, 0}} {
		q.must(func(ctx context.Context) error {
			_, err := q.db.Features().Remove(ctx, q.layer, step.gone)
			return err
		})
		if got := boxes(); got != step.left {
			t.Errorf("%d boxes are left, want %d", got, step.left)
		}
	}
}
