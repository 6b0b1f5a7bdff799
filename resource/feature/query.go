package feature

import (
	"context"
	"errors"
	"fmt"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A plan is a query of a layer, checked.
type plan struct {
	layer  Stored
	choice Choice
	// area is what geometries must have a point in common with, nil for nothing;
	// whole says that it is a box, so that what lies within that is known to.
	area  *geom.Geometry
	whole bool
	// srs is what geometries are wanted in, and wanted that they are.
	srs    int
	wanted bool
	// attached says that attachments are wanted.
	attached bool
}

// errFull ends reading when nothing more is wanted.
var errFull = errors.New("feature: that is all")

// plan checks a query.
func (l Stored) plan(q Query) (plan, error) {
	p := plan{layer: l, wanted: q.Geometry, attached: q.Attachments}
	var err error
	if p.srs, err = known("srs", q.OutSRS, l.SRS); err != nil {
		return p, err
	}
	if q.Offset < 0 || q.Limit < 0 {
		return p, &workspace.InvalidError{Field: "limit", Expected: "no negative limit or offset"}
	}
	if len(q.IDs) > maxValues {
		return p, &workspace.InvalidError{Field: "id", Expected: "at most 10000 numbers"}
	}
	c := Choice{
		IDs: q.IDs, Order: q.Order, After: q.After, Offset: q.Offset, Limit: q.Limit,
		Geometry: q.Geometry, Descriptions: q.Descriptions,
	}
	if c.Where, err = l.where(q); err != nil {
		return p, err
	}
	if q.After != 0 && len(q.Order) > 0 {
		return p, &workspace.InvalidError{Field: "after", Expected: "no order beside it: it goes by number"}
	}
	for _, o := range q.Order {
		f, err := l.field(o.By)
		if err != nil {
			return p, err
		}
		if f.Type == JSON {
			return p, f.invalid("a field to put in order by: JSON has no order")
		}
	}
	if len(q.Order) > maxOrders {
		return p, &workspace.InvalidError{Field: "order_by", Expected: fmt.Sprintf("at most %d fields", maxOrders)}
	}
	c.Fields = l.Fields
	if q.Fields != nil {
		c.Fields = nil
		for _, name := range q.Fields {
			f, err := l.field(name)
			if err != nil {
				return p, err
			}
			if f.ID != 0 {
				c.Fields = append(c.Fields, f)
			}
		}
	}
	p.choice = c
	return p, p.within(q)
}

// maxOrders bounds by how many fields features are put in order.
const maxOrders = 16

// within adds the area of a query.
func (p *plan) within(q Query) error {
	if q.Intersects == nil {
		return nil
	}
	srs, err := known("intersects", q.IntersectsSRS, p.layer.SRS)
	if err != nil {
		return err
	}
	area := q.Intersects.Force2D()
	if points := area.DumpCoordinates().Length(); points > maxPoints {
		return fmt.Errorf("%w: a geometry of more than %d points", ErrTooLarge, maxPoints)
	}
	box := boxOf(area)
	if err := area.Validate(); err != nil {
		return &workspace.InvalidError{Field: "intersects", Expected: "a valid geometry: " + err.Error()}
	}
	if box == nil || p.layer.Geometry == NoGeometry { // nothing has a point in common with nothing
		p.choice.IDs = []int64{}
		return nil
	}
	area = projected(area, srs, p.layer.SRS)
	box = boxOf(area)
	p.area, p.choice.Box = &area, box
	// A rectangle is one in both systems.
	p.whole = rectangle(area)
	return nil
}

// rectangle reports whether a geometry is its own box.
func rectangle(g geom.Geometry) bool {
	if !g.IsPolygon() || g.MustAsPolygon().NumInteriorRings() > 0 {
		return false
	}
	ring := g.MustAsPolygon().ExteriorRing().Coordinates()
	box := boxOf(g)
	if ring.Length() != 5 || box == nil {
		return false
	}
	for i := range 5 {
		at := ring.GetXY(i)
		if (at.X != box.MinX && at.X != box.MaxX) || (at.Y != box.MinY && at.Y != box.MaxY) {
			return false
		}
		if i > 0 { // along a side
			before := ring.GetXY(i - 1)
			if (at.X != before.X) == (at.Y != before.Y) {
				return false
			}
		}
	}
	return true
}

func (b Box) contains(o Box) bool {
	return b.MinX <= o.MinX && b.MaxX >= o.MaxX && b.MinY <= o.MinY && b.MaxY >= o.MaxY
}

// meets reports whether a geometry of the layer has a point in common with the
// area.
func (p *plan) meets(g geom.Geometry) bool {
	if box := boxOf(g); p.whole && box != nil && p.choice.Box.contains(*box) {
		return true
	}
	return geom.Intersects(g.Force2D(), *p.area)
}

// each calls yield for each feature, with its geometry as it is kept.
func (s *Service) each(ctx context.Context, p plan, yield func(Row, *geom.Geometry) error) error {
	c := p.choice
	if p.area == nil {
		return s.store.Rows(ctx, p.layer, c, func(row Row) error {
			g, err := p.layer.read(row.Geometry, p.layer.SRS)
			if err != nil {
				return err
			}
			return yield(row, g)
		})
	}
	offset, limit := c.Offset, c.Limit
	c.Geometry, c.Offset, c.Limit = true, 0, 0
	if limit > 0 {
		c.Ahead = offset + limit
	}
	given := 0
	err := s.store.Rows(ctx, p.layer, c, func(row Row) error {
		g, err := p.layer.read(row.Geometry, p.layer.SRS)
		if err != nil || g == nil || !p.meets(*g) {
			return err
		}
		if offset > 0 {
			offset--
			return nil
		}
		if err := yield(row, g); err != nil {
			return err
		}
		if given++; given == limit {
			return errFull
		}
		return nil
	})
	if errors.Is(err, errFull) {
		return nil
	}
	return err
}

// Features calls yield for each feature that a query chooses, in its order. It
// needs resource.ReadData. Null comes before everything in an order, texts are
// compared byte by byte, and equal ones come in order of ID, turned round where
// the last order is. Features that come or go meanwhile may be among them or
// not.
func (s *Service) Features(ctx context.Context, actor workspace.Actor, n rbac.Node, q Query, yield func(Feature) error) error {
	l, err := s.find(ctx, actor, n, resource.ReadData)
	if err != nil {
		return err
	}
	p, err := l.plan(q)
	if err != nil {
		return err
	}
	if !p.attached {
		return s.each(ctx, p, func(row Row, g *geom.Geometry) error { return yield(p.feature(row, g)) })
	}
	const together = 100
	var waiting []Feature
	flush := func() error {
		list := waiting
		waiting = nil
		return s.withAttachments(ctx, n, list, yield)
	}
	err = s.each(ctx, p, func(row Row, g *geom.Geometry) error {
		if waiting = append(waiting, p.feature(row, g)); len(waiting) < together {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// withAttachments hands features over with what is attached to them.
func (s *Service) withAttachments(ctx context.Context, n rbac.Node, list []Feature, yield func(Feature) error) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(list))
	for _, f := range list {
		ids = append(ids, f.ID)
	}
	attached, err := s.attached(ctx, n, ids)
	if err != nil {
		return err
	}
	for _, f := range list {
		f.Attachments = attached[f.ID]
		if err := yield(f); err != nil {
			return err
		}
	}
	return nil
}

// feature returns a row as it was asked for.
func (p *plan) feature(row Row, g *geom.Geometry) Feature {
	f := Feature{ID: row.ID, Fields: make(map[string]any, len(p.choice.Fields)), Description: row.Description}
	for i, field := range p.choice.Fields {
		f.Fields[field.Keyname] = field.read(row.Values[i])
	}
	if p.wanted && g != nil {
		made := projected(*g, p.layer.SRS, p.srs)
		f.Geometry = &made
	}
	return f
}

// Feature returns one, with what the query says is wanted. It needs
// resource.ReadData, and returns ErrNotFound.
func (s *Service) Feature(ctx context.Context, actor workspace.Actor, n rbac.Node, id int64, q Query) (Feature, error) {
	q = Query{
		IDs: []int64{id}, Fields: q.Fields, Geometry: q.Geometry, Descriptions: q.Descriptions,
		Attachments: q.Attachments, OutSRS: q.OutSRS,
	}
	var found *Feature
	err := s.Features(ctx, actor, n, q, func(f Feature) error {
		found = &f
		return nil
	})
	if err == nil && found == nil {
		err = fmt.Errorf("%w: %d", ErrNotFound, id)
	}
	if err != nil {
		return Feature{}, err
	}
	return *found, nil
}

// counted returns the choice of what is known to be chosen, and the one of what
// must be looked at.
func (p *plan) counted() (sure *Choice, rest *plan) {
	c, looked := p.choice, *p
	c.Fields, c.Descriptions, c.Geometry, c.Order, c.Offset, c.Limit, c.After = nil, false, false, nil, 0, 0, 0
	looked.choice = c
	switch {
	case p.area == nil:
		return &c, nil
	case !p.whole:
		return nil, &looked
	}
	yes, no := true, false
	c.Inside, looked.choice.Inside = &yes, &no
	return &c, &looked
}

// Count returns how many features there are, and how many a query chooses,
// whatever its bounds. It needs resource.ReadData.
func (s *Service) Count(ctx context.Context, actor workspace.Actor, n rbac.Node, q Query) (total, chosen int64, err error) {
	l, err := s.find(ctx, actor, n, resource.ReadData)
	if err != nil {
		return 0, 0, err
	}
	p, err := l.plan(q)
	if err != nil {
		return 0, 0, err
	}
	sure, rest := p.counted()
	if sure != nil {
		if chosen, err = s.store.Count(ctx, l, *sure); err != nil {
			return 0, 0, err
		}
	}
	if rest != nil {
		err = s.each(ctx, *rest, func(Row, *geom.Geometry) error {
			chosen++
			return nil
		})
	}
	return l.Features, chosen, err
}

// Extent returns what the geometries of a query's features lie in, nil for none.
// It needs resource.ReadData.
func (s *Service) Extent(ctx context.Context, actor workspace.Actor, n rbac.Node, q Query) (*Extent, error) {
	l, err := s.find(ctx, actor, n, resource.ReadData)
	if err != nil {
		return nil, err
	}
	p, err := l.plan(q)
	if err != nil {
		return nil, err
	}
	var box *Box
	sure, rest := p.counted()
	if sure != nil {
		if box, err = s.store.Bounds(ctx, l, *sure); err != nil {
			return nil, err
		}
	}
	if rest != nil {
		err = s.each(ctx, *rest, func(_ Row, g *geom.Geometry) error {
			if b := boxOf(*g); b != nil && box == nil {
				box = b
			} else if b != nil {
				box = &Box{min(box.MinX, b.MinX), min(box.MinY, b.MinY), max(box.MaxX, b.MaxX), max(box.MaxY, b.MaxY)}
			}
			return nil
		})
	}
	if err != nil || box == nil {
		return nil, err
	}
	return box.extent(l.SRS), nil
}
