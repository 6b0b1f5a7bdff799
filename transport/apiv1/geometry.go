package apiv1

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// The ways in which geometries are answered.
const (
	asGeoJSON = "geojson"
	asWKT     = "wkt"
	asNothing = "none"
)

// srs reads what coordinates are in: degrees, which GeoJSON has, unless the
// client says so.
func (c *call) srs() (int, error) {
	text, err := c.text("srs")
	switch {
	case err != nil:
		return 0, err
	case text == "" && !c.query.Has("srs"), text == strconv.Itoa(feature.WGS84):
		return feature.WGS84, nil
	case text == strconv.Itoa(feature.Mercator):
		return feature.Mercator, nil
	}
	return 0, invalid("srs", "4326 or 3857")
}

// geometryFormat reads how geometries are answered.
func (c *call) geometryFormat() (string, error) {
	text, err := c.text("geometry")
	if err != nil || text == "" && !c.query.Has("geometry") {
		return asGeoJSON, err
	}
	return text, oneOf("geometry", text, asGeoJSON, asWKT, asNothing)
}

// geometryIn reads a geometry, nil for none.
func geometryIn(field string, text jsontext.Value) (*geom.Geometry, error) {
	var g geom.Geometry
	var err error
	switch text.Kind() {
	case jsontext.KindNull:
		return nil, nil //nolint:nilnil // none is one that can be
	case jsontext.KindString:
		var wkt string
		if err = json.Unmarshal(text, &wkt); err == nil {
			g, err = geom.UnmarshalWKT(wkt, geom.NoValidate{})
		}
	case jsontext.KindBeginObject:
		g, err = geom.UnmarshalGeoJSON(text, geom.NoValidate{})
	default:
		return nil, invalid(field, "a geometry as GeoJSON or WKT")
	}
	if err != nil {
		return nil, invalid(field, "a geometry as GeoJSON or WKT")
	}
	return &g, nil
}

// geometryText reads a geometry out of a query.
func geometryText(field, text string) (*geom.Geometry, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return geometryIn(field, jsontext.Value(text))
	}
	g, err := geom.UnmarshalWKT(text, geom.NoValidate{})
	if err != nil {
		return nil, invalid(field, "a geometry as GeoJSON or WKT")
	}
	return &g, nil
}

// geometryOut writes a geometry.
func geometryOut(g *geom.Geometry, format string) (jsontext.Value, error) {
	if g == nil || format == asNothing {
		return jsontext.Value("null"), nil
	}
	if format == asWKT {
		return written(g.AsText())
	}
	text, err := g.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("apiv1: geometry as GeoJSON: %w", err)
	}
	return text, nil
}

// boxText reads a box out of a query.
func boxText(text string, srs int) (*geom.Geometry, error) {
	var numbers []float64
	for part := range strings.SplitSeq(text, ",") {
		x, err := strconv.ParseFloat(part, 64)
		if err != nil || strings.ContainsAny(part, "xX_") {
			return nil, errBox()
		}
		numbers = append(numbers, x)
	}
	return boxOf(numbers, srs)
}

func errBox() error { return invalid("bbox", "the lowest x and y and the highest, as numbers") }

// boxOf returns a box as a geometry. One of degrees that begins east of where it
// ends crosses the antimeridian (RFC 7946 §5.2).
func boxOf(numbers []float64, srs int) (*geom.Geometry, error) {
	if len(numbers) != 4 {
		return nil, errBox()
	}
	for _, x := range numbers {
		if x-x != 0 { // no number, or without end
			return nil, errBox()
		}
	}
	west, south, east, north := numbers[0], numbers[1], numbers[2], numbers[3]
	box := func(west, east float64) geom.Geometry {
		return geom.NewEnvelope(geom.XY{X: west, Y: south}, geom.XY{X: east, Y: north}).AsGeometry()
	}
	switch {
	case south > north, west > east && srs != feature.WGS84:
		return nil, errBox()
	case west <= east:
		return new(box(west, east)), nil
	}
	const antimeridian = 180
	if west > antimeridian || east < -antimeridian {
		return nil, errBox()
	}
	return new(geom.NewGeometryCollection([]geom.Geometry{box(west, antimeridian), box(-antimeridian, east)}).AsGeometry()), nil
}
