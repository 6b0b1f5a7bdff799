package feature

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// What a query may have: values of one condition, levels and parts of an
// expression, and characters of a pattern.
const (
	maxValues  = 10_000
	maxDepth   = 32
	maxParts   = 1000
	maxPattern = 1000
)

// field returns a field by keyname. "id" is the ID, an integer.
func (l Layer) field(keyname string) (Field, error) {
	if keyname == "id" {
		return Field{Keyname: "id", Type: BigInt}, nil
	}
	i := slices.IndexFunc(l.Fields, func(f Field) bool { return f.Keyname == keyname })
	if i < 0 {
		return Field{}, &workspace.InvalidError{Field: keyname, Expected: "a field of the layer"}
	}
	return l.Fields[i], nil
}

// where returns the conditions of a query with values as they are kept, nil for
// none.
func (l Layer) where(q Query) (*Expression, error) {
	all := []Expression{}
	for _, c := range q.Conditions {
		all = append(all, Expression{Condition: &c})
	}
	if q.Filter != nil {
		all = append(all, *q.Filter)
	}
	for _, text := range []struct {
		op    Operator
		value string
	}{{Like, q.Like}, {ILike, q.ILike}} {
		if text.value == "" {
			continue
		}
		anywhere := Expression{Any: []Expression{}}
		for _, f := range l.Fields {
			if f.Type == String && f.Search {
				c := Condition{Field: f.Keyname, Op: text.op, Value: "%" + text.value + "%"}
				anywhere.Any = append(anywhere.Any, Expression{Condition: &c})
			}
		}
		all = append(all, anywhere)
	}
	if len(all) == 0 {
		return nil, nil //nolint:nilnil // no condition is what it is
	}
	parts := 0
	e, err := l.expression(Expression{All: all}, 0, &parts)
	return &e, err
}

func (l Layer) expression(e Expression, depth int, parts *int) (Expression, error) {
	if *parts++; *parts > maxParts || depth > maxDepth {
		return e, &workspace.InvalidError{Field: "filter", Expected: "at most 1000 conditions, nested at most 30 times"}
	}
	if (e.Condition != nil && (e.All != nil || e.Any != nil)) || (e.All != nil && e.Any != nil) ||
		(e.Condition == nil && e.All == nil && e.Any == nil) {
		return e, &workspace.InvalidError{Field: "filter", Expected: "a condition, or all or any of several"}
	}
	if e.Condition != nil {
		c, err := l.condition(*e.Condition)
		return Expression{Condition: &c}, err
	}
	list := func(from []Expression) ([]Expression, error) {
		if from == nil {
			return nil, nil
		}
		made := make([]Expression, 0, len(from))
		for _, part := range from {
			p, err := l.expression(part, depth+1, parts)
			if err != nil {
				return nil, err
			}
			made = append(made, p)
		}
		return made, nil
	}
	all, err := list(e.All)
	if err != nil {
		return e, err
	}
	either, err := list(e.Any)
	return Expression{All: all, Any: either}, err
}

func (l Layer) condition(c Condition) (Condition, error) {
	f, err := l.field(c.Field)
	if err != nil {
		return c, err
	}
	switch c.Op {
	case IsNull:
		if _, ok := c.Value.(bool); !ok {
			return c, f.invalid("true or false for isnull")
		}
	case Like, ILike, StartsWith:
		text, ok := c.Value.(string)
		if f.Type != String {
			return c, f.invalid("a field of texts for " + string(c.Op))
		}
		if !ok || utf8.RuneCountInString(text) > maxPattern || !storable(text) {
			return c, f.invalid("a text of at most 1000 characters for " + string(c.Op))
		}
	case In, NotIn:
		values, ok := c.Value.([]any)
		if !ok || len(values) > maxValues {
			return c, f.invalid("a list of at most 10000 values for " + string(c.Op))
		}
		made := make([]any, 0, len(values))
		for _, v := range values {
			kept, err := f.compared(v)
			if err != nil {
				return c, err
			}
			made = append(made, kept)
		}
		c.Value = made
	case Eq, Ne, Lt, Le, Gt, Ge:
		if c.Value, err = f.compared(c.Value); err != nil {
			return c, err
		}
	default:
		return c, f.invalid("an operator: eq, ne, lt, le, gt, ge, like, ilike, in, notin, isnull or startswith")
	}
	return c, nil
}

// compared returns a value to compare those of the field with. Numbers compare
// with all numbers, and truths may be written as texts and numbers.
func (f Field) compared(value any) (any, error) {
	switch f.Type {
	case Integer, BigInt:
		if n, ok := integer(value); ok {
			return n, nil
		}
		if x, ok := number(value); ok && math.Abs(x) < 1e300 {
			return x, nil
		}
		return nil, f.invalid("a number")
	case Boolean:
		if text, ok := value.(string); ok {
			switch strings.ToLower(text) {
			case "true", "yes", "1":
				return true, nil
			case "false", "no", "0":
				return false, nil
			}
		}
		if n, ok := integer(value); ok && (n == 0 || n == 1) {
			return n == 1, nil
		}
	case JSON:
		return nil, f.invalid("a field that is compared: of JSON there is isnull only")
	case String:
		switch v := value.(type) { // of a query in a language without types
		case int64:
			value = strconv.FormatInt(v, 10)
		case float64:
			value = strconv.FormatFloat(v, 'g', -1, 64)
		}
	case Real, Date, Time, DateTime:
	}
	return f.kept(value)
}
