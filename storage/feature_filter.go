package storage

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// A featureFilter writes the conditions of a choice.
type featureFilter struct {
	featureTable

	layer feature.Layer
	// unindexed keeps SQLite from looking the conditions up in indexes, but for
	// those on the column that rows are put in order by, whatever else holds.
	unindexed bool
	sorted    string
	b         []byte

	either int  // how many alternatives are around
	free   bool // the condition may be looked up all the same,
	ranged bool // as one was
}

func (f *featureFilter) add(parts ...string) {
	for _, part := range parts {
		f.b = append(f.b, part...)
	}
}

// column returns what a condition on a column begins with.
func (f *featureFilter) column(name string) string {
	if f.unindexed && !f.free && !f.postgres {
		return "+t." + name
	}
	return "t." + name
}

// choice adds the conditions of a choice, but for After.
func (f *featureFilter) choice(c feature.Choice) {
	f.add("1 = 1")
	if c.IDs != nil {
		f.add(" AND ", f.column("id"), " IN (")
		f.b = append(appendNums(f.b, c.IDs), ')')
	}
	if c.Where != nil {
		f.add(" AND ")
		f.expression(*c.Where)
	}
	if c.Box != nil {
		f.box(*c.Box, c.Inside)
	}
}

func (f *featureFilter) box(box feature.Box, inside *bool) {
	bound := func(column, operator string, value float64) {
		f.add(f.column(column), operator)
		f.b = f.literal(f.b, value)
	}
	bounds := func(bounds [4]struct {
		column, operator string
		value            float64
	},
	) {
		for i, b := range bounds {
			if i > 0 {
				f.add(" AND ")
			}
			bound(b.column, b.operator, b.value)
		}
	}
	type list = [4]struct {
		column, operator string
		value            float64
	}
	within := list{
		{"minx", " >= ", box.MinX},
		{"maxx", " <= ", box.MaxX},
		{"miny", " >= ", box.MinY},
		{"maxy", " <= ", box.MaxY},
	}
	f.add(" AND ")
	if inside != nil && *inside {
		bounds(within)
		return
	}
	bounds(list{
		{"minx", " <= ", box.MaxX},
		{"maxx", " >= ", box.MinX},
		{"miny", " <= ", box.MaxY},
		{"maxy", " >= ", box.MinY},
	})
	if inside != nil {
		f.add(" AND NOT (")
		bounds(within)
		f.add(")")
	}
}

func (f *featureFilter) expression(e feature.Expression) {
	if e.Condition != nil {
		f.condition(*e.Condition)
		return
	}
	list, word, none := e.All, " AND ", "1 = 1"
	if e.All == nil {
		list, word, none = e.Any, " OR ", never
	}
	if len(list) == 0 {
		f.add(none)
		return
	}
	if e.All == nil {
		f.either++
		defer func() { f.either-- }()
	}
	f.side(list, word)
}

// side adds expressions side by side, as halves of halves: SQLite counts how
// deep they lie in one another.
func (f *featureFilter) side(list []feature.Expression, word string) {
	if len(list) == 1 {
		f.expression(list[0])
		return
	}
	half := len(list) / 2
	f.add("(")
	f.side(list[:half], word)
	f.add(word)
	f.side(list[half:], word)
	f.add(")")
}

func (f *featureFilter) condition(c feature.Condition) {
	name, text := "id", false
	for _, field := range f.layer.Fields {
		if field.Keyname == c.Field && c.Field != "id" {
			name, text = column(field.ID), field.Type == feature.String
		}
	}
	switch c.Op {
	case feature.Eq, feature.Lt, feature.Le, feature.Gt, feature.Ge, feature.StartsWith:
		f.free = name == f.sorted && f.either == 0
		f.ranged = f.ranged || f.free
	case feature.Ne, feature.In, feature.NotIn, feature.Like, feature.ILike, feature.IsNull:
	}
	defer func() { f.free = false }()
	switch c.Op {
	case feature.IsNull:
		f.add(f.column(name), map[any]string{true: " IS NULL", false: " IS NOT NULL"}[c.Value])
	case feature.Like, feature.ILike:
		f.like(name, c)
	case feature.StartsWith:
		f.startsWith(name, fmt.Sprint(c.Value))
	case feature.In, feature.NotIn:
		f.in(name, text, c)
	default:
		f.compare(name, text, operators()[c.Op], c.Value)
	}
}

func operators() map[feature.Operator]string {
	return map[feature.Operator]string{
		feature.Eq: " = ", feature.Ne: " <> ", feature.Lt: " < ", feature.Le: " <= ", feature.Gt: " > ", feature.Ge: " >= ",
	}
}

// left is a value as PostgreSQL's index of a text has it, whose order is that of
// the texts themselves as far as it goes.
func left(value any) string {
	runes := []rune(fmt.Sprint(value))
	return string(runes[:min(len(runes), prefix)])
}

func (f *featureFilter) leftColumn(name string) string {
	return "left(t." + name + ", " + strconv.Itoa(prefix) + ")"
}

func (f *featureFilter) compare(name string, text bool, operator string, value any) {
	if text && f.postgres && operator != " <> " {
		rough := strings.TrimSpace(operator)
		if rough != "=" {
			rough = rough[:1] + "="
		}
		f.add(f.leftColumn(name), " ", rough, " ")
		f.b = f.literal(f.b, left(value))
		f.add(" AND ")
	}
	f.add(f.column(name), operator)
	f.b = f.literal(f.b, value)
}

func (f *featureFilter) in(name string, text bool, c feature.Condition) {
	values, _ := c.Value.([]any)
	if len(values) == 0 {
		f.add(map[feature.Operator]string{feature.In: never, feature.NotIn: f.column(name) + " IS NOT NULL"}[c.Op])
		return
	}
	list := func(of func(v any) any) {
		for i, v := range values {
			if i > 0 {
				f.add(", ")
			}
			f.b = f.literal(f.b, of(v))
		}
		f.add(")")
	}
	if text && f.postgres && c.Op == feature.In {
		f.add(f.leftColumn(name), " IN (")
		list(func(v any) any { return left(v) })
		f.add(" AND ")
	}
	f.add(f.column(name), map[feature.Operator]string{feature.In: " IN (", feature.NotIn: " NOT IN ("}[c.Op])
	list(func(v any) any { return v })
}

// like adds a condition in which % and _ have their meaning, and nothing else
// has.
func (f *featureFilter) like(name string, c feature.Condition) {
	pattern := fmt.Sprint(c.Value)
	switch {
	case c.Op == feature.ILike:
		f.add("COALESCE(t.g", name[1:], ", t.", name, ") LIKE ")
		pattern = fold(pattern)
	case f.postgres:
		f.add("t.", name, " LIKE ")
	default: // SQLite's LIKE does not mind the case
		f.add("t.", name, " GLOB ")
		f.b = f.quote(f.b, strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]", "%", "*", "_", "?").Replace(pattern))
		return
	}
	f.b = f.quote(f.b, pattern)
	if f.postgres {
		f.add(" ESCAPE ''")
	}
}

// startsWith adds a condition that an index can answer: texts that begin with
// another are those from that on and before what comes behind all of them.
func (f *featureFilter) startsWith(name, text string) {
	f.add("(")
	f.compare(name, true, " >= ", text)
	if end, ok := behind(text); ok {
		f.add(" AND ")
		f.compare(name, true, " < ", end)
	}
	f.add(")")
}

// behind returns the first text behind all that begin with one, by code points.
func behind(text string) (string, bool) {
	runes := []rune(text)
	for len(runes) > 0 {
		last := &runes[len(runes)-1]
		if *last < 0x10FFFF {
			*last++
			if *last == 0xD800 { // which are no characters
				*last = 0xE000
			}
			return string(runes), true
		}
		runes = runes[:len(runes)-1]
	}
	return "", false
}
