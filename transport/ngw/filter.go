package ngw

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// A selection is which features of a layer are asked for.
type selection struct {
	feature.Query

	// filtered is whether there is any condition.
	filtered bool
	// none is set where a limit of 0 asks for nothing.
	none bool
}

// selection reads conditions, order and page out of the query, and conditions of
// the body where there is one.
func (c *call) selection(layer feature.Layer) (selection, error) {
	var q selection
	if err := c.conditions(layer, &q); err != nil {
		return selection{}, err
	}
	q.Like, q.ILike = c.last("like"), c.last("ilike")
	var err error
	if q.Filter, err = c.filter(layer); err != nil {
		return selection{}, err
	}
	if err := c.intersects(&q); err != nil {
		return selection{}, err
	}
	q.filtered = len(q.Conditions) > 0 || q.Filter != nil || q.Like != "" || q.ILike != "" || q.Intersects != nil
	if q.Order, err = c.order(layer); err != nil {
		return selection{}, err
	}
	if q.Limit, err = c.amount("limit"); err != nil {
		return selection{}, err
	}
	q.none = q.Limit == 0 && c.last("limit") != ""
	q.Offset, err = c.amount("offset")
	return q, err
}

// amount reads a number that is not negative, 0 where it is not given.
func (c *call) amount(name string) (int, error) {
	text := c.last(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > math.MaxInt32 {
		return 0, queryError(name, "a number that is not negative")
	}
	return n, nil
}

func (c *call) order(layer feature.Layer) ([]paging.Order, error) {
	text := c.last("order_by")
	if text == "" {
		return nil, nil
	}
	var list []paging.Order
	for part := range strings.SplitSeq(text, ",") {
		name, descending := strings.CutPrefix(strings.TrimSpace(part), "-")
		if !descending {
			name = strings.TrimPrefix(name, "+")
		}
		if name != "id" && !slices.ContainsFunc(layer.Fields, named(name)) {
			return nil, queryError("order_by", "keynames of fields, - before those that go down, with commas between them")
		}
		list = append(list, paging.Order{By: name, Descending: descending})
	}
	return list, nil
}

// conditions reads fld_<keyname>[__operator] and id[__operator].
func (c *call) conditions(layer feature.Layer, q *selection) error {
	for _, key := range c.keys() {
		field, op, ok := conditionOf(layer, key)
		if !ok {
			continue
		}
		if field.Keyname == "" {
			return queryError(key, "a field of the layer and one of the operators")
		}
		for _, text := range c.query[key] {
			value, err := operand(field.Type, op, text)
			if err != nil {
				return queryError(key, err.Error())
			}
			q.Conditions = append(q.Conditions, feature.Condition{Field: field.Keyname, Op: op, Value: value})
		}
	}
	return nil
}

// keys are the names in the query, in an order that is always the same.
func (c *call) keys() []string {
	list := make([]string, 0, len(c.query))
	for key := range c.query {
		list = append(list, key)
	}
	slices.Sort(list)
	return list
}

// conditionOf says which field a name in the query compares, and how. It is not
// ok where the name is no condition, and the field is empty where it is unknown.
func conditionOf(layer feature.Layer, key string) (feature.Field, feature.Operator, bool) {
	number := feature.Field{Keyname: "id", Type: feature.BigInt}
	if key == "id" {
		return number, feature.Eq, true
	}
	if op, ok := strings.CutPrefix(key, "id__"); ok {
		if !slices.Contains(operators(), feature.Operator(op)) {
			return feature.Field{}, "", true
		}
		return number, feature.Operator(op), true
	}
	name, ok := strings.CutPrefix(key, "fld_")
	if !ok {
		return feature.Field{}, "", false
	}
	// A keyname may hold two underscores itself.
	if i := slices.IndexFunc(layer.Fields, named(name)); i >= 0 {
		return layer.Fields[i], feature.Eq, true
	}
	at := strings.LastIndex(name, "__")
	if at < 0 {
		return feature.Field{}, "", true
	}
	op := feature.Operator(name[at+2:])
	i := slices.IndexFunc(layer.Fields, named(name[:at]))
	if i < 0 || !slices.Contains(operators(), op) {
		return feature.Field{}, "", true
	}
	return layer.Fields[i], op, true
}

func operators() []feature.Operator {
	return []feature.Operator{
		feature.Eq, feature.Ne, feature.Lt, feature.Le, feature.Gt, feature.Ge, feature.Like, feature.ILike,
		feature.In, feature.NotIn, feature.IsNull, feature.StartsWith,
	}
}

// operand reads what a field is compared with.
func operand(kind feature.FieldType, op feature.Operator, text string) (any, error) {
	switch op {
	case feature.IsNull:
		switch strings.ToLower(text) {
		case "yes", "true", "1":
			return true, nil
		case "no", "false", "0":
			return false, nil
		}
		return nil, expectation("yes or no")
	case feature.Like, feature.ILike, feature.StartsWith:
		return text, nil
	case feature.In, feature.NotIn:
		list := []any{}
		for part := range strings.SplitSeq(text, ",") {
			value, err := comparableOf(kind, appendText(nil, part))
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	}
	return comparableOf(kind, appendText(nil, text))
}

// comparableOf reads a value that a field is compared with. Whole numbers compare
// with all numbers.
func comparableOf(kind feature.FieldType, text jsontext.Value) (any, error) {
	value, err := valueOf(kind, text)
	if err != nil && (kind == feature.Integer || kind == feature.BigInt) {
		if x, realErr := valueOf(feature.Real, text); realErr == nil {
			return x, nil
		}
		return nil, expectation("a number")
	}
	return value, err
}

// intersects reads the geometry that features are to have a point in common
// with, out of the query or out of a body: {"intersects": "POLYGON …"}.
func (c *call) intersects(q *selection) error {
	wkt := c.last("intersects")
	if wkt == "" && c.Body != nil && c.ContentLength != 0 {
		var body struct {
			Intersects string `json:"intersects"`
		}
		if err := c.readOptional(&body); err != nil {
			return err
		}
		wkt = body.Intersects
	}
	if wkt == "" {
		return nil
	}
	g, err := geometryOf(wkt)
	if err == nil {
		err = g.Validate()
	}
	if err != nil {
		return queryError("intersects", "a geometry as WKT")
	}
	q.Intersects = &g
	q.IntersectsSRS, err = c.srs("intersects_srs")
	return err
}
