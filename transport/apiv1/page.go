package apiv1

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// maxPage is the longest page that a client may ask for.
const maxPage = 200

// byCreation is what lists are in order of when a client does not say.
const byCreation = "created"

// page is which part of a list is wanted, and in which order.
type page struct {
	list  string
	order workspace.Order
	after *workspace.Mark // nil for the beginning
	limit int
}

// cursor is what a client gets to go on with, and hands back unread: the list
// that it is of, its order, and the place of the last row that was shown.
type cursor struct {
	List  string `json:"l"`
	Order string `json:"o"`
	Value string `json:"v"`
	Num   int64  `json:"n"`
}

func (k cursor) String() string {
	text, err := json.Marshal(k)
	if err != nil {
		return "" // it holds texts, of a database, and a number
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// errCursor refuses what is no cursor of the list in that order.
func errCursor() error {
	return invalid("cursor", "what next said, for the same list in the same order")
}

// page reads limit, sort and cursor. A list can be put in order by the columns
// that are given, and is by the first of them when the client does not say.
func (c *call) page(columns ...string) (page, error) {
	limit, err := c.number("limit", c.pageSize, 1, maxPage)
	if err != nil {
		return page{}, err
	}
	sort, err := c.text("sort")
	if err != nil {
		return page{}, err
	}
	if sort == "" {
		sort = columns[0]
	}
	by, descending := strings.CutPrefix(sort, "-")
	if !slices.Contains(columns, by) {
		return page{}, invalid("sort", "one of "+strings.Join(columns, ", ")+", or with a minus before it")
	}
	p := page{
		list: digest([]byte(c.URL.Path), 6), order: workspace.Order{By: by, Descending: descending}, limit: limit,
	}
	text, err := c.text("cursor")
	if err != nil || text == "" {
		return p, err
	}
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return page{}, errCursor()
	}
	var k cursor
	if err := json.Unmarshal(decoded, &k, json.RejectUnknownMembers(true)); err != nil {
		return page{}, errCursor()
	}
	if k.List != p.list || k.Order != p.sort() || strings.ContainsRune(k.Value, 0) {
		return page{}, errCursor()
	}
	p.after = &workspace.Mark{Value: k.Value, Num: k.Num}
	return p, nil
}

// byCreationFirst puts the column that most lists are in order of anyway before
// the others.
func byCreationFirst(columns []string) []string {
	others := slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return c == byCreation })
	return append([]string{byCreation}, others...)
}

// sort is the order as a client writes it.
func (p page) sort() string {
	if p.order.Descending {
		return "-" + p.order.By
	}
	return p.order.By
}

// more is how many rows to read: one of the next page tells that there is one.
func (p page) more() int { return p.limit + 1 }

// behind is the number that a list of events goes on behind, 0 for the beginning.
func (p page) behind() (int64, error) {
	if p.after == nil {
		return 0, nil
	}
	if p.after.Num < 1 {
		return 0, errCursor()
	}
	return p.after.Num, nil
}

// list is a page of a list.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitzero"`
	Total *int   `json:"total,omitzero"`
}

// choose leaves of each item the fields that are named, all when none is.
func (l list[T]) choose(fields []string) (any, error) {
	if len(fields) == 0 {
		return l, nil
	}
	if err := knownFields(reflect.TypeFor[T](), fields); err != nil {
		return nil, err
	}
	some := list[map[string]jsontext.Value]{Next: l.Next, Total: l.Total}
	for _, item := range l.Items {
		picked, err := chosen(item, fields)
		if err != nil {
			return nil, err
		}
		some.Items = append(some.Items, picked)
	}
	return some, nil
}

// chosen leaves of something the fields that are named.
func chosen(item any, fields []string) (map[string]jsontext.Value, error) {
	if err := knownFields(reflect.TypeOf(item), fields); err != nil {
		return nil, err
	}
	text, err := written(item)
	if err != nil {
		return nil, err
	}
	all := map[string]jsontext.Value{}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("apiv1: fields: %w", err)
	}
	for name := range all {
		if !slices.Contains(fields, name) {
			delete(all, name)
		}
	}
	return all, nil
}

// knownFields refuses what a type has not.
func knownFields(t reflect.Type, fields []string) error {
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	for _, field := range fields {
		if !slices.Contains(names, field) {
			return invalid("fields", "some of "+strings.Join(names, ", "))
		}
	}
	return nil
}

// marked is a row that knows its place in a list.
type marked interface {
	Mark(order workspace.Order) workspace.Mark
}

// trim leaves of the rows that were read those of the page, and tells how to go
// on.
func trim[R any](p page, rows []R, mark func(R) workspace.Mark) (shown []R, next string) {
	if len(rows) <= p.limit {
		return rows, ""
	}
	shown = rows[:p.limit]
	at := mark(shown[p.limit-1])
	return shown, cursor{List: p.list, Order: p.sort(), Value: at.Value, Num: at.Num}.String()
}

// placed is the place of a row in the order of a page.
func placed[R marked](p page) func(R) workspace.Mark {
	return func(row R) workspace.Mark { return row.Mark(p.order) }
}

// paged answers a page of a list of which there are total, and of which one row
// more than the page holds was read.
func paged[R marked, T any](p page, rows []R, total int, translate func(R) T) reply {
	shown, next := trim(p, rows, placed[R](p))
	return ok(list[T]{Items: all(shown, translate), Next: next, Total: &total})
}

// column is what a list that is all there can be put in order by: a text, or a
// number. No two rows have the same of both and num.
type column[T any] struct {
	name   string
	text   func(T) string
	number func(T) int64
}

func names[T any](columns []column[T]) []string {
	return all(columns, func(c column[T]) string { return c.name })
}

// mark is the place of a row in the order by a column.
func (c column[T]) mark(num func(T) int64) func(T) workspace.Mark {
	return func(row T) workspace.Mark {
		if c.text != nil {
			return workspace.Mark{Value: c.text(row), Num: num(row)}
		}
		return workspace.Mark{Value: strconv.FormatInt(c.number(row), 10), Num: num(row)}
	}
}

// compare puts places in order.
func (c column[T]) compare(a, b workspace.Mark) int {
	value := strings.Compare(a.Value, b.Value)
	if c.number != nil {
		// Both were written by mark, or found to be numbers.
		first, _ := strconv.ParseInt(a.Value, 10, 64)
		second, _ := strconv.ParseInt(b.Value, 10, 64)
		value = cmp.Compare(first, second)
	}
	return cmp.Or(value, cmp.Compare(a.Num, b.Num))
}

// cut takes a page out of a list that is all there, of rows with numbers.
func cut[T any](p page, rows []T, columns []column[T], num func(T) int64) (reply, error) {
	by := columns[slices.IndexFunc(columns, func(c column[T]) bool { return c.name == p.order.By })]
	if p.after != nil && by.number != nil {
		if _, err := strconv.ParseInt(p.after.Value, 10, 64); err != nil {
			return reply{}, errCursor()
		}
	}
	compare, mark := by.compare, by.mark(num)
	if p.order.Descending {
		compare = func(a, b workspace.Mark) int { return by.compare(b, a) }
	}
	total := len(rows)
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b T) int { return compare(mark(a), mark(b)) })
	if p.after != nil {
		rows = slices.DeleteFunc(rows, func(row T) bool { return compare(mark(row), *p.after) <= 0 })
	}
	shown, next := trim(p, rows, mark)
	return ok(list[T]{Items: all(shown, func(t T) T { return t }), Next: next, Total: &total}), nil
}

// all translates a list.
func all[From, To any](from []From, translate func(From) To) []To {
	to := make([]To, 0, len(from))
	for _, f := range from {
		to = append(to, translate(f))
	}
	return to
}
