package feature

import (
	"fmt"
	"math"
	"strings"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// maxPoints bounds one geometry.
const maxPoints = 1_000_000

// geometryTypes are those of layers, besides NoGeometry, without Z.
func geometryTypes() map[string]geom.GeometryType {
	return map[string]geom.GeometryType{
		"POINT": geom.TypePoint, "LINESTRING": geom.TypeLineString, "POLYGON": geom.TypePolygon,
		"MULTIPOINT": geom.TypeMultiPoint, "MULTILINESTRING": geom.TypeMultiLineString, "MULTIPOLYGON": geom.TypeMultiPolygon,
	}
}

// GeometryTypes returns all that [Layer.Geometry] can be.
func GeometryTypes() []string {
	var list []string
	for _, suffix := range []string{"", "Z"} {
		for _, prefix := range []string{"", "MULTI"} {
			for _, name := range []string{"POINT", "LINESTRING", "POLYGON"} {
				list = append(list, prefix+name+suffix)
			}
		}
	}
	return append(list, NoGeometry)
}

func wrongGeometry(expected string) error {
	return &workspace.InvalidError{Field: "geom", Expected: expected}
}

// kept returns a geometry as a layer keeps it, nil for an empty one, and its box.
func (l Layer) kept(g *geom.Geometry, srs int) ([]byte, *Box, error) {
	srs, err := known("srs", srs, l.SRS)
	switch {
	case err != nil:
		return nil, nil, err
	case g == nil || g.IsEmpty():
		return nil, nil, nil
	case l.Geometry == NoGeometry:
		return nil, nil, wrongGeometry("none: the layer is a table")
	}
	made, err := l.fitting(*g)
	if err != nil {
		return nil, nil, err
	}
	if err := checkGeometry(made, srs); err != nil {
		return nil, nil, err
	}
	if srs != l.SRS {
		if box := made.Envelope(); l.SRS == Mercator && outside(box, polar) {
			return nil, nil, wrongGeometry(fmt.Sprintf("latitudes from -%v to %v, which EPSG:3857 can have", polar, polar))
		}
		made = projected(made, srs, l.SRS)
		if err := checkGeometry(made, l.SRS); err != nil {
			return nil, nil, err
		}
	}
	return made.AsBinary(), boxOf(made), nil
}

func outside(e geom.Envelope, latitude float64) bool {
	low, high, ok := e.MinMaxXYs()
	return ok && (low.Y < -latitude || high.Y > latitude)
}

func boxOf(g geom.Geometry) *Box {
	low, high, ok := g.Envelope().MinMaxXYs()
	if !ok {
		return nil
	}
	return &Box{MinX: low.X, MinY: low.Y, MaxX: high.X, MaxY: high.Y}
}

// fitting returns a geometry of the layer's type: one alone is one of several.
// Heights are kept where the layer has them, and are 0 there where the geometry
// has none.
func (l Layer) fitting(g geom.Geometry) (geom.Geometry, error) {
	name := strings.TrimSuffix(l.Geometry, "Z")
	want, high := geometryTypes()[name], name != l.Geometry
	switch g.CoordinatesType() {
	case geom.DimXY, geom.DimXYZ:
		if g.CoordinatesType().Is3D() && !high {
			return g, wrongGeometry(l.Geometry + " without heights")
		}
	default:
		return g, wrongGeometry(l.Geometry + " without measures")
	}
	if high {
		g = g.ForceCoordinatesType(geom.DimXYZ)
	}
	switch {
	case g.Type() == want:
		return g, nil
	case want == geom.TypeMultiPoint && g.Type() == geom.TypePoint:
		return geom.NewMultiPoint([]geom.Point{g.MustAsPoint()}).AsGeometry(), nil
	case want == geom.TypeMultiLineString && g.Type() == geom.TypeLineString:
		return geom.NewMultiLineString([]geom.LineString{g.MustAsLineString()}).AsGeometry(), nil
	case want == geom.TypeMultiPolygon && g.Type() == geom.TypePolygon:
		return geom.NewMultiPolygon([]geom.Polygon{g.MustAsPolygon()}).AsGeometry(), nil
	}
	return g, wrongGeometry(l.Geometry)
}

// checkGeometry makes sure that a geometry can be kept and asked about. It may
// cross itself, as what people draw does.
func checkGeometry(g geom.Geometry, srs int) error {
	// Beyond, there is nothing on Earth, and squares of distances are no numbers.
	s := survey{srs: srs, across: 1e9, along: 1e9}
	if srs == WGS84 {
		s.across, s.along = 360, 90
	}
	for _, part := range g.Dump() {
		if err := s.part(part); err != nil {
			return err
		}
	}
	return nil
}

// A survey goes through the points of a geometry.
type survey struct {
	srs           int
	across, along float64
	points        int
}

// part looks at a point, a line or a polygon.
func (s *survey) part(g geom.Geometry) error {
	if g.IsEmpty() {
		return wrongGeometry("no empty parts")
	}
	switch g.Type() {
	case geom.TypePoint:
		return s.sequence(g.DumpCoordinates(), 1)
	case geom.TypeLineString:
		return s.sequence(g.MustAsLineString().Coordinates(), 2)
	case geom.TypePolygon:
		for _, ring := range g.MustAsPolygon().DumpRings() {
			if err := s.sequence(ring.Coordinates(), 4); err != nil {
				return err
			}
			if !ring.IsClosed() {
				return wrongGeometry("rings that end where they begin")
			}
		}
	case geom.TypeGeometryCollection, geom.TypeMultiPoint, geom.TypeMultiLineString, geom.TypeMultiPolygon:
	}
	return nil
}

// sequence looks at points, of which there are that many at least.
func (s *survey) sequence(list geom.Sequence, least int) error {
	if s.points += list.Length(); s.points > maxPoints {
		return fmt.Errorf("%w: a geometry of more than %d points", ErrTooLarge, maxPoints)
	}
	if list.Length() < least {
		return wrongGeometry(fmt.Sprintf("lines of at least 2 points and rings of at least 4, not %d", list.Length()))
	}
	for i := range list.Length() {
		c := list.Get(i)
		switch {
		case !(math.Abs(c.X) <= s.across && math.Abs(c.Y) <= s.along): // nor NaN
			return wrongGeometry(fmt.Sprintf("coordinates within ±%v and ±%v in EPSG:%d", s.across, s.along, s.srs))
		case math.IsNaN(c.Z) || math.IsInf(c.Z, 0):
			return wrongGeometry("finite heights")
		}
	}
	return nil
}

// read returns a geometry as it was kept, in another system.
func (l Layer) read(wkb []byte, srs int) (*geom.Geometry, error) {
	if wkb == nil {
		return nil, nil //nolint:nilnil // null is what it is
	}
	g, err := geom.UnmarshalWKB(wkb, geom.NoValidate{})
	if err != nil {
		return nil, fmt.Errorf("feature: geometry of layer %d: %w", l.Node, err)
	}
	g = projected(g, l.SRS, srs)
	return &g, nil
}
