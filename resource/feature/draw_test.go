package feature_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/peterstace/simplefeatures/geom"
	"pgregory.net/rapid"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// What is drawn comes from few values, so that equal ones are often met.
func drawValue(t *rapid.T, of feature.FieldType) any {
	small := rapid.Int64Range(-3, 3)
	draw := func(label string) int64 { return small.Draw(t, label) }
	moment := feature.Moment{Hour: int(draw("hour") + 3), Microsecond: int(draw("µs") + 3)}
	switch of {
	case feature.Integer, feature.BigInt:
		if of == feature.BigInt && draw("large") == 3 {
			return rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, math.MaxInt64 - 1, 1 << 53, 1<<53 + 1}).Draw(t, "bigint")
		}
		return draw("integer")
	case feature.Real:
		return float64(draw("real")) / 2
	case feature.Boolean:
		return draw("boolean") > 0
	case feature.Time:
		return moment
	case feature.Date, feature.DateTime:
		m := feature.Moment{Year: 1970 + int(draw("year")), Month: 1 + int(draw("month")+3), Day: 1 + int(draw("day")+3)}
		if of == feature.DateTime {
			m.Hour, m.Microsecond = moment.Hour, moment.Microsecond
		}
		return m
	case feature.JSON:
		return json.RawMessage(`[1]`)
	}
	long := strings.Repeat("x", 199)
	return rapid.SampledFrom([]string{
		"", "a", "A", "ab", "aB", "ä", "Ä", "a%", "a_", "a*b", "a?b", "[a]", "ß", "SS", "\U0010FFFF", "a\U0010FFFF", "\uD7FF", "\uE000", "'", "b\\",
		long, long + "a", long + "ab", long + "b", long + "aa", "％", "1",
	}).Draw(t, "text")
}

func drawShape(t *rapid.T, kind string) *geom.Geometry {
	at := func() string {
		return fmt.Sprintf("%d %d", rapid.IntRange(-5, 5).Draw(t, "x"), rapid.IntRange(-5, 5).Draw(t, "y"))
	}
	var text string
	switch kind {
	case "POINT":
		text = "POINT(" + at() + ")"
	case "LINESTRING":
		text = "LINESTRING(" + at() + "," + at() + ".5)"
	default:
		x, y := rapid.IntRange(-5, 5).Draw(t, "x"), rapid.IntRange(-5, 5).Draw(t, "y")
		w, h := rapid.IntRange(1, 5).Draw(t, "w"), rapid.IntRange(1, 5).Draw(t, "h")
		text = fmt.Sprintf("POLYGON((%d %d,%d %d,%d %d,%d %d,%[1]d %[2]d))", x, y, x+w, y, x+w, y+h, x, y+h)
		if rapid.Bool().Draw(t, "triangle") {
			text = fmt.Sprintf("POLYGON((%d %d,%d %d,%d %d,%[1]d %[2]d))", x, y, x+w, y, x, y+h)
		}
	}
	g, err := geom.UnmarshalWKT(text)
	if err != nil {
		t.Fatal(err)
	}
	return &g
}

func (m *model) drawCondition(t *rapid.T) feature.Condition {
	names := append(m.names(), "id")
	c := feature.Condition{Field: rapid.SampledFrom(names).Draw(t, "field")}
	of := m.types[c.Field]
	if c.Field == "id" {
		of = feature.Integer
	}
	operators := []feature.Operator{feature.IsNull}
	if of != feature.JSON {
		operators = append(operators, feature.Eq, feature.Ne, feature.Lt, feature.Le, feature.Gt, feature.Ge, feature.In, feature.NotIn)
	}
	if of == feature.String {
		operators = append(operators, feature.Like, feature.ILike, feature.StartsWith)
	}
	switch c.Op = rapid.SampledFrom(operators).Draw(t, "operator"); c.Op {
	case feature.IsNull:
		c.Value = rapid.Bool().Draw(t, "null")
	case feature.In, feature.NotIn:
		values := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "values") {
			values = append(values, drawValue(t, of))
		}
		c.Value = values
	case feature.Like, feature.ILike:
		c.Value = rapid.SampledFrom([]string{"%", "a%", "%B", "_", "ä", "SS", "%*%", "[a]", "%?b", "a\\%", "", "%xa", "__%"}).Draw(t, "pattern")
	default:
		if c.Value = drawValue(t, of); of == feature.Integer && rapid.IntRange(0, 5).Draw(t, "half") == 0 {
			c.Value = float64(c.Value.(int64)) + 0.5
		}
	}
	return c
}

func (m *model) drawExpression(t *rapid.T, depth int) feature.Expression {
	if depth == 0 || rapid.IntRange(0, 2).Draw(t, "leaf") == 0 {
		c := m.drawCondition(t)
		return feature.Expression{Condition: &c}
	}
	list := []feature.Expression{}
	for range rapid.IntRange(0, 3).Draw(t, "parts") {
		list = append(list, m.drawExpression(t, depth-1))
	}
	if rapid.Bool().Draw(t, "all") {
		return feature.Expression{All: list}
	}
	return feature.Expression{Any: list}
}

func (m *model) drawQuery(t *rapid.T) feature.Query {
	var q feature.Query
	chance := func(label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }
	for chance("condition") {
		q.Conditions = append(q.Conditions, m.drawCondition(t))
	}
	if chance("filter") {
		e := m.drawExpression(t, 3)
		q.Filter = &e
	}
	if chance("like") {
		q.Like = rapid.SampledFrom([]string{"a", "A", "x", "*"}).Draw(t, "like")
	}
	if chance("ilike") {
		q.ILike = rapid.SampledFrom([]string{"a", "Ä", "ss"}).Draw(t, "ilike")
	}
	if chance("numbers") {
		q.IDs = rapid.SliceOfN(rapid.Int64Range(0, 40), 0, 10).Draw(t, "numbers")
	}
	if chance("intersects") {
		q.Intersects = drawShape(t, rapid.SampledFrom([]string{"POINT", "LINESTRING", "POLYGON"}).Draw(t, "area"))
	}
	if chance("order") {
		for _, name := range rapid.Permutation(m.names()).Draw(t, "by") {
			if of := m.types[name]; of != feature.JSON && len(q.Order) < 2 {
				q.Order = append(q.Order, paging.Order{By: name, Descending: rapid.Bool().Draw(t, "down")})
			}
		}
		if chance("by id") {
			q.Order = append(q.Order[:min(1, len(q.Order))], paging.Order{By: "id", Descending: rapid.Bool().Draw(t, "down")})
		}
	}
	if len(q.Order) == 0 && chance("after") {
		q.After = rapid.Int64Range(0, 30).Draw(t, "after")
	}
	if chance("offset") {
		q.Offset = rapid.IntRange(0, 20).Draw(t, "offset")
	}
	if !chance("limit") {
		q.Limit = rapid.IntRange(0, 10).Draw(t, "limit")
	}
	q.Geometry = true
	return q
}
