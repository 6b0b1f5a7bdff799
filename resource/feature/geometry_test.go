package feature_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// shapes is a geometry of each type of layer, in degrees.
func shapes() map[string]string {
	return map[string]string{
		"POINT":            "POINT(2.5 48.25)",
		"LINESTRING":       "LINESTRING(0 0,-179.5 80,180 -85)",
		"POLYGON":          "POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,1 2,2 2,1 1))",
		"MULTIPOINT":       "MULTIPOINT((1 2),(-3 4))",
		"MULTILINESTRING":  "MULTILINESTRING((0 0,1 1),(2 2,3 3,4 2))",
		"MULTIPOLYGON":     "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,9 5,9 9,5 9,5 5),(6 6,6 7,7 7,6 6)))",
		"POINTZ":           "POINT Z(2.5 48.25 -7.5)",
		"LINESTRINGZ":      "LINESTRING Z(0 0 1,-179.5 80 2,180 -85 3)",
		"POLYGONZ":         "POLYGON Z((0 0 1,10 0 2,10 10 3,0 10 4,0 0 1))",
		"MULTIPOINTZ":      "MULTIPOINT Z((1 2 3),(-3 4 5))",
		"MULTILINESTRINGZ": "MULTILINESTRING Z((0 0 1,1 1 2),(2 2 3,3 3 4))",
		"MULTIPOLYGONZ":    "MULTIPOLYGON Z(((0 0 1,1 0 1,1 1 1,0 0 1)),((5 5 2,9 5 2,9 9 2,5 9 2,5 5 2)))",
	}
}

// onSphere projects degrees by the textbook.
func onSphere(p geom.XY) geom.XY {
	return geom.XY{X: 20037508.342789244 / 180 * p.X, Y: 6378137 * math.Log(math.Tan(math.Pi/4+p.Y*math.Pi/360))}
}

// near reports whether two geometries are of one shape, and no two points of
// them further from each other than that.
func near(a, b geom.Geometry, most float64) bool {
	if a.Type() != b.Type() || a.CoordinatesType() != b.CoordinatesType() {
		return false
	}
	x, y := a.DumpCoordinates(), b.DumpCoordinates()
	if x.Length() != y.Length() {
		return false
	}
	for i := range x.Length() {
		p, q := x.Get(i), y.Get(i)
		if math.Abs(p.X-q.X) > most || math.Abs(p.Y-q.Y) > most || p.Z != q.Z {
			return false
		}
	}
	return true
}

// Geometries of each type come back in either system, whichever they came in and
// whichever the layer has, and are the same as WKT and as GeoJSON.
func TestGeometriesThereAndBack(t *testing.T) {
	t.Parallel()
	if got := len(shapes()) + 1; got != len(feature.GeometryTypes()) {
		t.Fatalf("%d types are tried of %d", got, len(feature.GeometryTypes()))
	}
	systems := []int{feature.WGS84, feature.Mercator}
	each(t, func(w *world) {
		for kind, text := range shapes() {
			in := map[int]*geom.Geometry{feature.WGS84: wkt(w, text)}
			projected := in[feature.WGS84].TransformXY(onSphere)
			in[feature.Mercator] = &projected
			for _, layer := range systems {
				n := w.layer(layer, kind).Num
				for _, given := range systems {
					object, err := json.Marshal(in[given])
					w.ok(err)
					same, err := geom.UnmarshalGeoJSON(object, geom.NoValidate{})
					w.ok(err)
					ids := w.put(n, feature.Draft{SetGeometry: true, Geometry: in[given], SRS: given},
						feature.Draft{SetGeometry: true, Geometry: &same, SRS: given})
					for _, asked := range append(systems, 0) {
						srs, most := asked, 1e-6
						if asked == 0 {
							srs = layer
						}
						if srs == feature.WGS84 {
							most = 1e-11
						}
						for _, f := range w.list(n, feature.Query{IDs: ids, Geometry: true, OutSRS: asked}) {
							if f.Geometry == nil || !near(*f.Geometry, *in[srs], most) {
								w.Fatalf("%s in %d, kept in %d, as %d is %v, want %s", kind, given, layer, srs, f.Geometry, in[srs].AsText())
							}
							back, err := geom.UnmarshalWKT(f.Geometry.AsText())
							if object, wrong := json.Marshal(f.Geometry); err != nil || wrong != nil || !near(back, *f.Geometry, 0) ||
								!strings.Contains(string(object), `"coordinates"`) {
								w.Errorf("%s as text: %v, %v, %s", kind, err, wrong, object)
							}
						}
					}
					_, err = w.features.Clear(w.Context(), w.owner, n)
					w.ok(err)
				}
			}
		}
	})
}

// What EPSG itself gives as the example of how Mercator is to be calculated
// (guidance note 7-2, method 1024).
func TestProjectionIsThatOfEPSG(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	n := w.layer(feature.WGS84, "POINT").Num
	text := "POINT(-100.33333333333333 24.381786944444446)"
	w.put(n, feature.Draft{SetGeometry: true, Geometry: wkt(w, text)})
	f := w.list(n, feature.Query{Geometry: true, OutSRS: feature.Mercator})[0]
	if want := wkt(w, "POINT(-11169055.58 2800000.00)"); !near(*f.Geometry, *want, 0.01) {
		t.Errorf("%s, want %s", f.Geometry.AsText(), want.AsText())
	}
}

// What one system has and the other has not is refused when it comes in, and
// brought to the edge when it goes out.
func TestPolesInMercator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	pole := feature.Draft{SetGeometry: true, Geometry: wkt(w, "POINT(10 90)"), SRS: feature.WGS84}
	degrees, metres := w.layer(feature.WGS84, "POINT").Num, w.layer(feature.Mercator, "POINT").Num
	_, err := w.features.Put(w.Context(), w.owner, metres, []feature.Draft{pole})
	w.invalid(err, "geom")
	w.put(degrees, pole)
	f := w.list(degrees, feature.Query{Geometry: true, OutSRS: feature.Mercator})[0]
	if p := f.Geometry.DumpCoordinates().GetXY(0); math.IsInf(p.Y, 0) || math.IsNaN(p.Y) || p.Y < 5.9e7 || p.Y > 6e7 {
		t.Errorf("the pole is at %v", p)
	}
	for _, srs := range []int{-1, 1, 2154, 900913} {
		pole.SRS = srs
		_, err := w.features.Put(w.Context(), w.owner, degrees, []feature.Draft{pole})
		w.invalid(err, "srs")
	}
}

// What is asked in one system is found in a layer of the other.
func TestIntersectsInAnotherSystem(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for _, srs := range []int{feature.WGS84, feature.Mercator} {
			n := w.layer(srs, "LINESTRING").Num
			line := func(text string) feature.Draft {
				return feature.Draft{SetGeometry: true, Geometry: wkt(w, text), SRS: feature.WGS84}
			}
			// One within, one across, one whose box only, one beside, and none.
			w.put(n, line("LINESTRING(11 53,12 54)"), line("LINESTRING(0 55,30 55)"), line("LINESTRING(5 55,15 75)"),
				line("LINESTRING(40 50,41 51)"), feature.Draft{})
			area := wkt(w, "POLYGON((10 50,20 50,20 60,10 60,10 50))")
			triangle := wkt(w, "POLYGON((10 50,20 50,20 60,10 50))")
			for _, c := range []struct {
				what string
				area *geom.Geometry
				want []int64
			}{{"box", area, []int64{1, 2}}, {"triangle", triangle, []int64{2}}} {
				metres := c.area.TransformXY(onSphere)
				for asked, g := range map[int]*geom.Geometry{feature.WGS84: c.area, feature.Mercator: &metres} {
					q := feature.Query{Intersects: g, IntersectsSRS: asked}
					got := w.ids(n, q)
					total, chosen, err := w.features.Count(w.Context(), w.viewer, n, q)
					w.ok(err)
					if !slices.Equal(got, c.want) || total != 5 || chosen != int64(len(c.want)) {
						w.Errorf("%s of %d in %d: %v, %d of %d, want %v", c.what, asked, srs, got, chosen, total, c.want)
					}
				}
			}
			q := feature.Query{Intersects: area, IntersectsSRS: feature.WGS84}
			e, err := w.features.Extent(w.Context(), w.viewer, n, q)
			w.ok(err)
			for i, got := range []float64{e.MinLon, e.MinLat, e.MaxLon, e.MaxLat} {
				if want := []float64{0, 53, 30, 55}[i]; math.Abs(got-want) > 1e-9 {
					w.Errorf("extent %+v", e)
				}
			}
			if e, err := w.features.Extent(w.Context(), w.viewer, n, feature.Query{IDs: []int64{5}}); e != nil || err != nil {
				w.Errorf("extent of nothing: %+v, %v", e, err)
			}
		}
	})
}
