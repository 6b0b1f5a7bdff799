package ngw

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// maxFilterDepth bounds how deep an expression nests.
const maxFilterDepth = 32

// filter reads the expression of the query, nil for none.
func (c *call) filter(layer feature.Layer) (*feature.Expression, error) {
	text := jsontext.Value(c.last("filter"))
	if len(text) == 0 {
		return nil, nil //nolint:nilnil // no expression is what it is
	}
	if bare := strings.Join(strings.Fields(string(text)), ""); bare == "[]" || bare == "{}" {
		return nil, nil //nolint:nilnil // as above
	}
	e, err := expressionIn(layer, text, 0)
	if err != nil {
		f := invalid("Invalid filter expression: the query's 'filter' must have " + err.Error() + ".")
		f.Data = map[string]any{"location": []any{"query", "filter"}}
		return nil, f
	}
	return &e, nil
}

// expressionIn reads an expression such as
// ["all", ["==", ["get", "name"], "x"], ["!is_null", ["get", "height"]]].
func expressionIn(layer feature.Layer, text jsontext.Value, depth int) (feature.Expression, error) {
	var parts []jsontext.Value
	if depth > maxFilterDepth {
		return feature.Expression{}, expectation("expressions that nest less deep")
	}
	if text.Kind() != '[' || json.Unmarshal(text, &parts) != nil || len(parts) == 0 {
		return feature.Expression{}, expectation("an expression in JSON such as [\"==\", [\"get\", \"keyname\"], 5]")
	}
	name := ""
	if parts[0].Kind() == '"' {
		name = textOf(parts[0])
	}
	if name != "all" && name != "any" {
		return comparison(layer, name, parts[1:])
	}
	list := []feature.Expression{}
	for _, part := range parts[1:] {
		e, err := expressionIn(layer, part, depth+1)
		if err != nil {
			return feature.Expression{}, err
		}
		list = append(list, e)
	}
	// Any of nothing is nothing in logic, and everything in NextGIS Web.
	if name == "all" || len(list) == 0 {
		return feature.Expression{All: list}, nil
	}
	return feature.Expression{Any: list}, nil
}

// comparing are the operators of expressions, and turned those that mean the
// same with their operands the other way round.
func comparing() (ops, turned map[string]feature.Operator) {
	ops = map[string]feature.Operator{
		"==": feature.Eq, "!=": feature.Ne, ">": feature.Gt, ">=": feature.Ge, "<": feature.Lt, "<=": feature.Le,
		"in": feature.In, "!in": feature.NotIn, "like": feature.Like, "ilike": feature.ILike,
		"is_null": feature.IsNull, "!is_null": feature.IsNull, "!has": feature.IsNull, "has": feature.IsNull,
	}
	turned = map[string]feature.Operator{
		"==": feature.Eq, "!=": feature.Ne, ">": feature.Lt, ">=": feature.Le, "<": feature.Gt, "<=": feature.Ge,
	}
	return ops, turned
}

// comparison reads one condition of an expression.
func comparison(layer feature.Layer, name string, operands []jsontext.Value) (feature.Expression, error) {
	ops, turned := comparing()
	op, known := ops[name]
	if !known {
		return feature.Expression{}, expectation("the operators all, any, ==, !=, >, >=, <, <=, in, !in, like, ilike, is_null and !is_null")
	}
	if other, both := turned[name]; both && len(operands) == 2 && operands[0].Kind() != '[' {
		op = other
		operands = []jsontext.Value{operands[1], operands[0]}
	}
	if len(operands) == 0 {
		return feature.Expression{}, expectation("operands behind " + name)
	}
	field, err := fieldOf(layer, operands[0])
	if err != nil {
		return feature.Expression{}, err
	}
	c := &feature.Condition{Field: field.Keyname, Op: op}
	switch values := operands[1:]; {
	case op == feature.IsNull && len(values) == 0:
		c.Value = name == "is_null" || name == "!has"
	case op == feature.In || op == feature.NotIn:
		c.Value, err = several(field, values)
	case op == feature.IsNull || len(values) != 1:
		err = expectation("as many operands behind " + name + " as it takes")
	default:
		if c.Value, err = compared(field.Type, values[0]); err == nil && c.Value == nil {
			err = nullity(c)
		}
	}
	return feature.Expression{Condition: c}, err
}

// fieldOf reads ["get", "keyname"], or ["fid"] for the number.
func fieldOf(layer feature.Layer, text jsontext.Value) (feature.Field, error) {
	number := feature.Field{Keyname: "id", Type: feature.BigInt}
	var got []string
	if text.Kind() != '[' || json.Unmarshal(text, &got) != nil || len(got) == 0 {
		return feature.Field{}, expectation("a field and a value to compare it with: [\"get\", \"keyname\"] and 5")
	}
	switch {
	case len(got) == 1 && got[0] == "fid":
		return number, nil
	case len(got) != 2 || got[0] != "get":
		return feature.Field{}, expectation("[\"get\", \"keyname\"] or [\"fid\"] for what is compared")
	}
	if i := slices.IndexFunc(layer.Fields, named(got[1])); i >= 0 {
		return layer.Fields[i], nil
	}
	if got[1] == "id" {
		return number, nil
	}
	return feature.Field{}, expectation("fields of the layer")
}

// several reads what stands behind in and !in: values, or one list of them.
func several(field feature.Field, list []jsontext.Value) ([]any, error) {
	var inner []jsontext.Value
	if len(list) == 1 && json.Unmarshal(list[0], &inner) == nil && inner != nil {
		if len(inner) > 0 && inner[0].Kind() == '"' && textOf(inner[0]) == "get" {
			return nil, expectation("values behind in and !in, and not fields")
		}
		list = inner
	}
	if len(list) == 0 {
		return nil, expectation("values behind in and !in")
	}
	values := make([]any, 0, len(list))
	for _, text := range list {
		value, err := compared(field.Type, text)
		if err == nil && value == nil {
			err = expectation("no null behind in and !in")
		}
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// nullity turns a comparison with null into the question whether there is a
// value.
func nullity(c *feature.Condition) error {
	switch c.Op {
	case feature.Eq:
		c.Value = true
	case feature.Ne:
		c.Value = false
	default:
		return expectation("null behind == and != only")
	}
	c.Op = feature.IsNull
	return nil
}

// compared reads what an expression compares a field with. Texts may be written
// as numbers there.
func compared(kind feature.FieldType, text jsontext.Value) (any, error) {
	scalar := text.Kind() == '0' || text.Kind() == 't' || text.Kind() == 'f'
	switch {
	case text.Kind() == '[':
		return nil, expectation("values to compare fields with: no field, and no list")
	case kind == feature.String && scalar:
		return string(text), nil
	}
	return comparableOf(kind, text)
}
