package feature

import (
	"math"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// The systems that there are: degrees, and metres of the web's maps.
const (
	WGS84    = 4326
	Mercator = 3857
)

// radius is that of the sphere that Mercator is on.
const radius = 6378137.0

// polar is the latitude beyond which Mercator makes no sense: it has the poles
// nowhere.
const polar = 89.99

// mercator projects degrees, and degrees takes that back.
func mercator(p geom.XY) geom.XY {
	return geom.XY{X: radius * p.X * math.Pi / 180, Y: radius * math.Asinh(math.Tan(p.Y*math.Pi/180))}
}

func degrees(p geom.XY) geom.XY {
	return geom.XY{X: p.X / radius * 180 / math.Pi, Y: math.Atan(math.Sinh(p.Y/radius)) * 180 / math.Pi}
}

// clamped is mercator with the poles where it has them last.
func clamped(p geom.XY) geom.XY {
	return mercator(geom.XY{X: p.X, Y: min(max(p.Y, -polar), polar)})
}

// known checks the code of a system, and makes 0 that of the layer.
func known(field string, srs, layer int) (int, error) {
	switch srs {
	case 0:
		return layer, nil
	case WGS84, Mercator:
		return srs, nil
	}
	return 0, &workspace.InvalidError{Field: field, Expected: "3857 or 4326"}
}

// projected returns a geometry in another system. What Mercator has nowhere is
// brought to where it ends.
func projected(g geom.Geometry, from, to int) geom.Geometry {
	switch {
	case from == to:
		return g
	case to == Mercator:
		return g.TransformXY(clamped)
	default:
		return g.TransformXY(degrees)
	}
}

// extent returns a box of a layer in degrees.
func (b Box) extent(srs int) *Extent {
	low, high := geom.XY{X: b.MinX, Y: b.MinY}, geom.XY{X: b.MaxX, Y: b.MaxY}
	if srs == Mercator {
		low, high = degrees(low), degrees(high)
	}
	return &Extent{MinLon: low.X, MinLat: low.Y, MaxLon: high.X, MaxLat: high.Y}
}
