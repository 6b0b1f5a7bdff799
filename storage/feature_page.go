package storage

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// A page of what some conditions choose is found in one of three ways, and which
// is best the databases cannot know of so young a table. What is narrow is
// looked up and put in order: they are asked for that many. What is not is gone
// through in order and looked at, since a page is soon full of it. Unless it all
// comes late: then, after so many that were looked at, it is looked up after all,
// where anything of it can be.
const (
	narrow = 10_000
	soon   = 20_000
)

// pages returns what gives the numbers of the features in order, as many as it
// likes at a time, and none in the end.
func (r *featureReader) pages(ctx context.Context) (func() ([]int64, error), error) {
	c := &r.choice
	if len(c.Order) > 0 || (c.Offset > 0 && r.filtered) {
		return r.ordered(ctx)
	}
	p := &byNumber{featureReader: r, left: c.Limit}
	if c.Offset > 0 {
		if err := r.skip(ctx); err != nil {
			return nil, err
		}
	}
	return func() ([]int64, error) { return p.next(ctx) }, nil
}

// A byNumber gives features in order of their numbers.
type byNumber struct {
	*featureReader

	left   int     // of the limit
	sought bool    // it was found out how to go on
	ahead  []int64 // is what comes next,
	last   bool    // and nothing behind it
}

func (p *byNumber) next(ctx context.Context) ([]int64, error) {
	c := &p.choice
	want := 1000
	if n := max(c.Limit, c.Ahead); n > 0 {
		want = min(n, want)
	}
	if c.Limit > 0 {
		want = min(want, p.left)
	}
	if want == 0 {
		return nil, nil
	}
	list, err := p.some(ctx, want)
	if len(list) > 0 {
		c.After = list[len(list)-1]
	}
	p.left -= len(list)
	return list, err
}

func (p *byNumber) some(ctx context.Context, want int) ([]int64, error) {
	after := p.choice.After
	if !p.filtered {
		return p.ids(ctx, fmt.Sprintf("SELECT id FROM %s WHERE id > %d ORDER BY id LIMIT %d", p.name(), after, want))
	}
	if !p.sought {
		if p.choice.IDs == nil { // what is named is found by name
			list, err := p.window(ctx, 20*want, want)
			if err != nil || len(list) == want {
				return list, err
			}
		}
		if err := p.seek(ctx, want); err != nil {
			return nil, err
		}
	}
	if p.last || len(p.ahead) > 0 {
		n := min(want, len(p.ahead))
		list := p.ahead[:n]
		p.ahead = p.ahead[n:]
		return list, nil
	}
	through, _ := p.through("id")
	return p.ids(ctx, fmt.Sprintf("SELECT t.id FROM %s AND t.id > %d ORDER BY t.id LIMIT %d", through, after, want))
}

// seek finds out how to go on where the next few features did not fill a page.
func (p *byNumber) seek(ctx context.Context, want int) (err error) {
	c := p.choice
	p.sought = true
	if err := p.box(ctx); err != nil {
		return err
	}
	after := fmt.Sprintf(" AND %st.id > %d", p.plus(), c.After)
	if p.ahead, err = p.ids(ctx, fmt.Sprintf("SELECT t.id FROM %s%s LIMIT %d", p.from(), after, p.narrow)); err != nil {
		return err
	}
	if p.last = len(p.ahead) < p.narrow; p.last {
		slices.Sort(p.ahead)
		return nil
	}
	p.ahead = nil
	_, ranged := p.through("id")
	far := max(p.left, 4*c.Ahead)
	if far == 0 || far > p.soon || ranged || !p.indexable() {
		return nil
	}
	if p.ahead, err = p.window(ctx, p.soon, far); err != nil || len(p.ahead) >= want {
		return err
	}
	p.boxed = c.Box != nil && p.stored.Geometry != feature.NoGeometry
	p.ahead, err = p.ids(ctx, fmt.Sprintf("SELECT t.id FROM %s%s ORDER BY t.id + 0 LIMIT %d", p.from(), after, far))
	p.last = len(p.ahead) < far
	return err
}

// plus keeps SQLite from using an index on what it stands before.
func (r *featureReader) plus() string {
	if r.postgres {
		return ""
	}
	return "+"
}

// through is from for who goes through the rows in order of a column, and looks
// at the conditions. Ranged says that one of them tells where to begin or end.
func (r *featureReader) through(sorted string) (from string, ranged bool) {
	f := &featureFilter{featureTable: r.featureTable, layer: r.stored.Layer, unindexed: true, sorted: sorted}
	f.add(r.name(), " AS t WHERE ")
	f.choice(r.choice)
	return string(f.b), f.ranged
}

// window looks at the next features for those that are chosen.
func (r *featureReader) window(ctx context.Context, wide, want int) ([]int64, error) {
	f := &featureFilter{featureTable: r.featureTable, layer: r.stored.Layer, unindexed: true}
	f.choice(r.choice)
	//nolint:unqueryvet // whatever the conditions are on
	return r.ids(ctx, fmt.Sprintf("SELECT t.id FROM (SELECT * FROM %s WHERE id > %d ORDER BY id LIMIT %d) AS t WHERE %s ORDER BY t.id LIMIT %d",
		r.name(), r.choice.After, wide, f.b, want))
}

// skip makes After what Offset says, in a choice without conditions. Where
// nothing was ever deleted, numbers tell places.
func (r *featureReader) skip(ctx context.Context) error {
	c := &r.choice
	if r.stored.Features == r.stored.Last && c.After >= 0 {
		c.After = min(c.After, r.stored.Last) + min(int64(c.Offset), r.stored.Last)
		return nil
	}
	list, err := r.ids(ctx, fmt.Sprintf("SELECT id FROM %s WHERE id > %d ORDER BY id LIMIT 1 OFFSET %d", r.name(), c.After, c.Offset-1))
	if err != nil {
		return err
	}
	c.After = r.stored.Last
	if len(list) > 0 {
		c.After = list[0]
	}
	return nil
}

// ordered returns what gives numbers in an order of its own: few at first, and
// all others if those are not enough.
func (r *featureReader) ordered(ctx context.Context) (func() ([]int64, error), error) {
	few, err := r.few(ctx)
	if err != nil {
		return nil, err
	}
	c := r.choice
	_, order := r.order("t.", c.Order)
	through, ranged := r.through(r.first())
	query := fmt.Sprintf("SELECT t.id FROM %s AND %st.id > %d ORDER BY %s", through, r.plus(), c.After, order)
	if few {
		query = r.gathered()
	}
	offset, limit := c.Offset, c.Limit
	first := limit
	if limit == 0 {
		first = max(1000, 4*c.Ahead)
	}
	page := func(query string, limit, offset int) ([]int64, error) {
		return r.ids(ctx, fmt.Sprintf("%s LIMIT %d OFFSET %d", query, limit, offset))
	}
	step := 0
	return func() ([]int64, error) {
		step++
		switch {
		case step == 1:
			if r.filtered && !few && !ranged && r.indexable() && offset+first <= r.soon {
				list, err := page(r.beginning(order), first, offset)
				if err != nil || len(list) == first {
					return list, err
				}
				r.boxed = c.Box != nil && r.stored.Geometry != feature.NoGeometry
				query = r.gathered()
			}
			return page(query, first, offset)
		case step == 2 && limit == 0:
			return page(query, 1<<62, offset+first)
		}
		return nil, nil
	}, nil
}

// indexable reports whether there may be an index on anything that a choice
// chooses by.
func (r *featureReader) indexable() bool {
	if r.choice.Box != nil {
		return true
	}
	list := []feature.Expression{}
	if r.choice.Where != nil {
		list = append(list, *r.choice.Where)
	}
	for len(list) > 0 {
		e := list[0]
		list = append(list[1:], e.All...)
		if e.Condition == nil {
			continue
		}
		switch e.Condition.Op {
		case feature.Eq, feature.Lt, feature.Le, feature.Gt, feature.Ge, feature.In, feature.StartsWith:
			return true
		case feature.Ne, feature.NotIn, feature.Like, feature.ILike, feature.IsNull:
		}
	}
	return false
}

// few reports whether what is chosen is narrow.
func (r *featureReader) few(ctx context.Context) (bool, error) {
	if err := r.box(ctx); err != nil {
		return false, err
	}
	switch {
	case r.boxed || r.choice.IDs != nil:
		return true, nil
	case r.choice.Where == nil:
		return false, nil
	}
	n, err := r.atMost(ctx, r.from(), r.narrow)
	return n < r.narrow, err
}

// gathered looks everything up that is chosen, and puts it in order then.
func (r *featureReader) gathered() string {
	columns, _ := r.order("t.", r.choice.Order)
	named := make([]string, 0, len(columns))
	for i, column := range columns {
		named = append(named, fmt.Sprintf("%s AS o%d", column, i))
	}
	_, order := r.order("", r.choice.Order)
	return fmt.Sprintf("WITH chosen AS MATERIALIZED (SELECT %s FROM %s AND %st.id > %d) SELECT o%d FROM chosen ORDER BY %s",
		strings.Join(named, ", "), r.from(), r.plus(), r.choice.After, len(columns)-1, order)
}

// beginning looks at the first features in an order for those that are chosen.
func (r *featureReader) beginning(order string) string {
	f := &featureFilter{featureTable: r.featureTable, layer: r.stored.Layer, unindexed: true}
	f.choice(r.choice)
	//nolint:unqueryvet // whatever the conditions are on
	return fmt.Sprintf("SELECT t.id FROM (SELECT * FROM %s AS t WHERE %st.id > %d ORDER BY %s LIMIT %d) AS t WHERE %s ORDER BY %s",
		r.name(), r.plus(), r.choice.After, order, r.soon, f.b, order)
}

// first is the column that rows are put in order by first.
func (r *featureReader) first() string {
	for _, f := range r.stored.Fields {
		if len(r.choice.Order) > 0 && f.Keyname == r.choice.Order[0].By {
			return column(f.ID)
		}
	}
	return "id"
}

// order returns the columns that rows are put in order by, the id last, and the
// order; by their places, o0 and so on, where there is no alias.
func (r *featureReader) order(alias string, orders []paging.Order) (columns []string, clause string) {
	var words []string
	descending := false
	add := func(name string, down, nullable bool) {
		expression := name
		if alias == "" {
			expression = "o" + strconv.Itoa(len(columns))
		}
		columns = append(columns, name)
		switch {
		case down && nullable && r.postgres:
			expression += " DESC NULLS LAST"
		case down:
			expression += " DESC"
		case nullable && r.postgres:
			expression += " NULLS FIRST"
		}
		words = append(words, expression)
	}
	for _, o := range orders {
		descending = o.Descending
		if o.By == "id" {
			break // nothing comes behind it
		}
		for _, f := range r.stored.Fields {
			if f.Keyname != o.By {
				continue
			}
			if r.postgres && f.Type == feature.String { // as the index has it
				add("left(t."+column(f.ID)+", "+strconv.Itoa(prefix)+")", o.Descending, true)
			}
			add("t."+column(f.ID), o.Descending, true)
		}
	}
	add("t.id", descending, false)
	return columns, strings.Join(words, ", ")
}
