package apiv1

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// featureSearch is what features are looked for with.
type featureSearch struct {
	IDs        []int64         `json:"ids"`
	Filter     *expressionWire `json:"filter"`
	Q          string          `json:"q"`
	Box        []float64       `json:"bbox"`
	Intersects jsontext.Value  `json:"intersects"`
}

// expressionWire is a condition on a property, or all or any of several.
type expressionWire struct {
	Field *string           `json:"field"`
	Op    feature.Operator  `json:"op"`
	Value jsontext.Value    `json:"value"`
	All   *[]expressionWire `json:"all"`
	Any   *[]expressionWire `json:"any"`
}

// expression reads one. That it is one of the three, and of bounded size, is for
// the layer to say.
func (w expressionWire) expression() (feature.Expression, error) {
	var e feature.Expression
	if w.Field == nil && (w.Op != "" || w.Value != nil) {
		return e, invalid("filter", "a field beside op and value")
	}
	if w.Field != nil {
		value, err := comparedIn(w.Value)
		if err != nil {
			return e, err
		}
		e.Condition = &feature.Condition{Field: *w.Field, Op: w.Op, Value: value}
	}
	parts := func(list *[]expressionWire) ([]feature.Expression, error) {
		if list == nil {
			return nil, nil
		}
		made := make([]feature.Expression, 0, len(*list))
		for _, part := range *list {
			one, err := part.expression()
			if err != nil {
				return nil, err
			}
			made = append(made, one)
		}
		return made, nil
	}
	var err error
	if e.All, err = parts(w.All); err != nil {
		return e, err
	}
	e.Any, err = parts(w.Any)
	return e, err
}

// comparedIn reads what a property is compared with: a value, or a list of them.
func comparedIn(text jsontext.Value) (any, error) {
	if text == nil {
		return nil, invalid("filter", "a value beside field and op")
	}
	if text.Kind() != jsontext.KindBeginArray {
		return valueIn(text)
	}
	var parts []jsontext.Value
	if err := json.Unmarshal(text, &parts); err != nil {
		return nil, invalid("filter", "a list of values")
	}
	list := make([]any, 0, len(parts))
	for _, part := range parts {
		value, err := valueIn(part)
		if err != nil {
			return nil, err //nolint:wrapcheck // of this package
		}
		list = append(list, value)
	}
	return list, nil
}

// query is the search as the layer takes it.
func (s featureSearch) query(srs int) (feature.Query, error) {
	q := feature.Query{IDs: s.IDs, ILike: s.Q, IntersectsSRS: srs}
	if s.Filter != nil {
		e, err := s.Filter.expression()
		if err != nil {
			return q, err
		}
		q.Filter = &e
	}
	var err error
	switch {
	case s.Box != nil && s.Intersects != nil:
		return q, invalid("intersects", "none beside bbox")
	case s.Box != nil:
		q.Intersects, err = boxOf(s.Box, srs)
	case s.Intersects != nil:
		q.Intersects, err = geometryIn("intersects", s.Intersects)
	}
	return q, err
}

// featureQuery reads what features are looked for with out of the query.
func (c *call) featureQuery() (feature.Query, error) {
	var s featureSearch
	srs, err := c.srs()
	if err != nil {
		return feature.Query{}, err
	}
	if s.IDs, err = c.numbers("ids"); err != nil {
		return feature.Query{}, err
	}
	if s.Q, err = c.text("q"); err != nil {
		return feature.Query{}, err
	}
	text, err := c.text("filter")
	if err != nil {
		return feature.Query{}, err
	}
	if text != "" {
		s.Filter = &expressionWire{}
		if err := json.Unmarshal([]byte(text), s.Filter, json.RejectUnknownMembers(true)); err != nil {
			return feature.Query{}, invalid("filter", `JSON as {"field": "name", "op": "eq", "value": "a"}`)
		}
	}
	q, err := s.query(srs)
	if err != nil {
		return q, err
	}
	box, err := c.text("bbox")
	if err != nil {
		return q, err
	}
	area, err := c.text("intersects")
	switch {
	case err != nil:
		return q, err
	case box != "" && area != "":
		return q, invalid("intersects", "none beside bbox")
	case box != "":
		q.Intersects, err = boxText(box, srs)
	case area != "":
		q.Intersects, err = geometryText("intersects", area)
	}
	return q, err
}

// refusal names the field of what a layer refused of a query.
func queryRefusal(err error) error {
	return renamed(err, func(field string) string {
		switch field {
		case "intersects", "srs", "filter":
			return field
		case "geom":
			return "intersects"
		case "id":
			return "ids"
		}
		return "filter." + field
	})
}

// featurePage reads which part of the features is wanted. In another order than
// that of numbers, what is behind a feature has a higher value, or the same and
// a higher number; null comes before all.
func (c *call) featurePage(t layerTable, q *feature.Query) (page, error) {
	var sortable []string
	for _, name := range t.names {
		if t.types[name] != feature.JSON && name != byNumber {
			sortable = append(sortable, name)
		}
	}
	p, err := c.page(append([]string{byNumber}, sortable...)...)
	if err != nil {
		return p, err
	}
	q.Limit = p.more()
	if p.order.By != byNumber || p.order.Descending {
		q.Order = []paging.Order{p.order}
	}
	if p.after == nil {
		return p, nil
	}
	if p.after.Num < 1 {
		return p, errCursor()
	}
	op := feature.Gt
	if p.order.Descending {
		op = feature.Lt
	}
	beyond := condition(byNumber, op, p.after.Num)
	if p.order.By != byNumber {
		value, err := comparedIn(jsontext.Value(p.after.Value))
		if err != nil || !jsontext.Value(p.after.Value).IsValid() {
			return p, errCursor()
		}
		beyond = behind(p.order, value, beyond)
	}
	if q.Filter != nil {
		beyond = feature.Expression{All: []feature.Expression{*q.Filter, beyond}}
	}
	q.Filter = &beyond
	return p, nil
}

// byNumber is the order of features themselves.
const byNumber = "id"

func condition(field string, op feature.Operator, value any) feature.Expression {
	return feature.Expression{Condition: &feature.Condition{Field: field, Op: op, Value: value}}
}

// behind is what comes after a value in an order, where beyond is what comes
// after a number.
func behind(order workspace.Order, value any, beyond feature.Expression) feature.Expression {
	either := func(parts ...feature.Expression) feature.Expression { return feature.Expression{Any: parts} }
	both := func(parts ...feature.Expression) feature.Expression { return feature.Expression{All: parts} }
	switch {
	case value == nil && order.Descending: // null comes last
		return both(condition(order.By, feature.IsNull, true), beyond)
	case value == nil:
		return either(condition(order.By, feature.IsNull, false), both(condition(order.By, feature.IsNull, true), beyond))
	case order.Descending:
		return either(
			condition(order.By, feature.Lt, value), condition(order.By, feature.IsNull, true),
			both(condition(order.By, feature.Eq, value), beyond),
		)
	}
	return either(condition(order.By, feature.Gt, value), both(condition(order.By, feature.Eq, value), beyond))
}

// featureList answers a page of the features that a query chooses.
func (l *lens) featureList(c *call, t layerTable, q feature.Query) (reply, error) {
	p, err := c.featurePage(t, &q)
	if err != nil {
		return reply{}, err
	}
	fields, err := c.fields()
	if err != nil {
		return reply{}, err
	}
	wants := func(name string) bool { return fields == nil || slices.Contains(fields, name) }
	q.Fields = []string{}
	switch {
	case wants("properties") && t.wanted == nil:
		q.Fields = nil
	case wants("properties"):
		q.Fields = slices.Clone(t.wanted)
	}
	if q.Fields != nil && p.order.By != byNumber && !slices.Contains(q.Fields, p.order.By) {
		q.Fields = append(q.Fields, p.order.By) // it tells the place
	}
	q.Geometry = t.format != asNothing && wants("geometry")
	q.Descriptions, q.Attachments, q.OutSRS = wants("description"), wants("attachments"), t.srs
	var rows []feature.Feature
	err = l.Features.Features(c.Context(), c.actor, t.node, q, func(f feature.Feature) error {
		rows = append(rows, f)
		return nil
	})
	if bad, is := errors.AsType[*workspace.InvalidError](err); is && p.after != nil && bad.Field == p.order.By {
		return reply{}, errCursor() // whose value is none of the field
	}
	if err != nil {
		return reply{}, queryRefusal(err)
	}
	marks := map[int64]string{}
	for _, f := range rows {
		if p.order.By == byNumber {
			break
		}
		text, err := valueOut(t.types[p.order.By], f.Fields[p.order.By])
		if err != nil {
			return reply{}, err
		}
		marks[f.ID] = string(text)
	}
	rows, next := trim(p, rows, func(f feature.Feature) workspace.Mark { return workspace.Mark{Value: marks[f.ID], Num: f.ID} })
	answer := list[featureWire]{Items: []featureWire{}, Next: next}
	for _, f := range rows {
		wire, err := t.wire(f)
		if err != nil {
			return reply{}, err
		}
		answer.Items = append(answer.Items, wire)
	}
	return ok(answer), nil
}

func (l *lens) features(c *call) (reply, error) {
	t, err := l.layer(c.Context(), c)
	if err != nil {
		return reply{}, err
	}
	q, err := c.featureQuery()
	if err != nil {
		return reply{}, err
	}
	return l.featureList(c, t, q)
}

func (l *lens) searchFeatures(c *call) (reply, error) {
	var body featureSearch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	t, err := l.layer(c.Context(), c)
	if err != nil {
		return reply{}, err
	}
	q, err := body.query(t.srs)
	if err != nil {
		return reply{}, err
	}
	return l.featureList(c, t, q)
}

// featureCount is how many features there are, and are chosen.
type featureCount struct {
	Total int64 `json:"total"`
	Count int64 `json:"count"`
}

func (l *lens) countFeatures(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	q, err := c.featureQuery()
	if err != nil {
		return reply{}, err
	}
	total, chosen, err := l.Features.Count(c.Context(), c.actor, n, q)
	if err != nil {
		return reply{}, queryRefusal(err)
	}
	return ok(featureCount{Total: total, Count: chosen}), nil
}

// extentWire is a box in degrees.
type extentWire struct {
	MinLon float64 `json:"min_lon"`
	MinLat float64 `json:"min_lat"`
	MaxLon float64 `json:"max_lon"`
	MaxLat float64 `json:"max_lat"`
}

type featuresExtent struct {
	Extent *extentWire `json:"extent"`
}

func (l *lens) featuresExtent(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	q, err := c.featureQuery()
	if err != nil {
		return reply{}, err
	}
	found, err := l.Features.Extent(c.Context(), c.actor, n, q)
	switch {
	case err != nil:
		return reply{}, queryRefusal(err)
	case found == nil:
		return ok(featuresExtent{}), nil
	}
	return ok(featuresExtent{&extentWire{found.MinLon, found.MinLat, found.MaxLon, found.MaxLat}}), nil
}
