package feature_test

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// small is how many features the layer has that a large one is compared with.
const small = 1000

// A sheet is a layer of many features, on a square grid of points a metre apart.
type sheet struct {
	node rbac.Node
	n    int
	side int
}

// spread makes a sheet.
func (w *world) spread(n int) sheet {
	w.Helper()
	s := sheet{n: n, side: int(math.Ceil(math.Sqrt(float64(n))))}
	s.node = w.layer(feature.Mercator, "POINT", field("class", feature.Integer), field("code", feature.BigInt), field("name", feature.String),
		field("flag", feature.Boolean), field("size", feature.Real), field("day", feature.Date)).Num
	drafts := make([]feature.Draft, 0, 10_000)
	for i := range n {
		at := geom.XY{X: float64(i % s.side), Y: float64(i / s.side)}.AsPoint().AsGeometry()
		mixed := i * 7919 % n
		drafts = append(drafts, feature.Draft{SetGeometry: true, Geometry: &at, Fields: map[string]any{
			"class": int64(mixed % 100), "code": int64(i), "name": fmt.Sprintf("Name of %06d", mixed), "flag": mixed%2 == 0,
			"size": float64(mixed), "day": feature.Moment{Year: 2000 + i%20, Month: 1 + i%12, Day: 1 + i%28},
		}})
		if len(drafts) == cap(drafts) || i == n-1 {
			w.put(s.node, drafts...)
			drafts = drafts[:0]
		}
	}
	return s
}

// An inquiry is what is asked of a sheet, and how many features it finds.
type inquiry struct {
	name string
	ask  func(s sheet) feature.Query
	want int
}

const pageSize = 50

func inquiries() []inquiry {
	when := func(field string, op feature.Operator, value any) []feature.Condition {
		return []feature.Condition{{Field: field, Op: op, Value: value}}
	}
	area := func(text string, args ...any) *geom.Geometry {
		g, err := geom.UnmarshalWKT(fmt.Sprintf(text, args...))
		if err != nil {
			panic(err)
		}
		return &g
	}
	square := func(from, to float64) *geom.Geometry {
		return area("POLYGON((%[1]v %[1]v,%[2]v %[1]v,%[2]v %[2]v,%[1]v %[2]v,%[1]v %[1]v))", from, to)
	}
	by := func(name string, down bool) []paging.Order { return []paging.Order{{By: name, Descending: down}} }
	late := func(s sheet) int64 { return int64(s.n - s.n/10) }
	return []inquiry{
		{"page", func(sheet) feature.Query { return feature.Query{} }, pageSize},
		{"after", func(s sheet) feature.Query { return feature.Query{After: late(s)} }, pageSize},
		{"offset", func(s sheet) feature.Query { return feature.Query{Offset: int(late(s))} }, pageSize},
		{"one", func(s sheet) feature.Query { return feature.Query{IDs: []int64{late(s)}} }, 1},
		{"half", func(sheet) feature.Query { return feature.Query{Conditions: when("flag", feature.Eq, true)} }, pageSize},
		{"hundredth", func(sheet) feature.Query { return feature.Query{Conditions: when("class", feature.Eq, int64(7))} }, 10},
		{"single", func(s sheet) feature.Query { return feature.Query{Conditions: when("code", feature.Eq, late(s))} }, 1},
		{"none", func(sheet) feature.Query { return feature.Query{Conditions: when("code", feature.Eq, int64(-1))} }, 0},
		{"late", func(s sheet) feature.Query { return feature.Query{Conditions: when("code", feature.Ge, late(s))} }, pageSize},
		{"late-numbers", func(s sheet) feature.Query { return feature.Query{Conditions: when("id", feature.Gt, late(s))} }, pageSize},
		{"late-ordered", func(s sheet) feature.Query {
			return feature.Query{Conditions: when("code", feature.Ge, late(s)), Order: by("code", false)}
		}, pageSize},
		{"ordered", func(sheet) feature.Query { return feature.Query{Order: by("size", true)} }, pageSize},
		{"ordered-texts", func(sheet) feature.Query { return feature.Query{Order: by("name", false)} }, pageSize},
		{"half-ordered", func(sheet) feature.Query {
			return feature.Query{Conditions: when("flag", feature.Eq, true), Order: by("size", true)}
		}, pageSize},
		{"hundredth-ordered", func(sheet) feature.Query {
			return feature.Query{Conditions: when("class", feature.Eq, int64(7)), Order: by("size", true)}
		}, 10},
		{"beginning", func(sheet) feature.Query {
			return feature.Query{Conditions: when("name", feature.StartsWith, "Name of 00001")}
		}, 10},
		{"containing", func(sheet) feature.Query { return feature.Query{ILike: "OF 0"} }, pageSize},
		{"box", func(s sheet) feature.Query {
			at := float64(s.side / 2)
			return feature.Query{Intersects: square(at-0.5, at+6.5)}
		}, 49},
		{"triangle", func(s sheet) feature.Query {
			at := float64(s.side / 2)
			return feature.Query{Intersects: area("POLYGON((%[1]v %[1]v,%[2]v %[1]v,%[2]v %[2]v,%[1]v %[1]v))", at, at+6)}
		}, 28},
		{"box-half", func(s sheet) feature.Query {
			at := float64(s.side / 2)
			return feature.Query{Intersects: square(at-0.5, at+3.5), Conditions: when("class", feature.Lt, int64(1000))}
		}, 16},
		{"box-ordered", func(s sheet) feature.Query {
			at := float64(s.side / 2)
			return feature.Query{Intersects: square(at-0.5, at+6.5), Order: by("size", false)}
		}, 49},
		{"everywhere", func(sheet) feature.Query { return feature.Query{Intersects: square(-10, 1e6)} }, pageSize},
		{"late-half", func(s sheet) feature.Query {
			return feature.Query{Conditions: append(when("flag", feature.Eq, true), when("id", feature.Gt, late(s))...)}
		}, pageSize},
	}
}

// found asks a sheet for a page.
func (w *world) found(s sheet, q feature.Query) (n int) {
	w.Helper()
	q.Limit, q.Geometry = pageSize, true
	w.ok(w.features.Features(w.Context(), w.viewer, s.node, q, func(feature.Feature) error {
		n++
		return nil
	}))
	return n
}

// BenchmarkPage compares pages of a layer of many features with those of one of
// a thousand, in turn: ratio is how much longer the former take. There are
// BAILIWICK_FEATURES of them, 20,000 when nothing is said.
func BenchmarkPage(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("BAILIWICK_FEATURES"))
	if err != nil {
		n = 20_000
	}
	for _, kind := range dbtest.Kinds() {
		b.Run(kind.Name, func(b *testing.B) {
			w := newWorld(b, kind)
			began := time.Now()
			large := w.spread(n)
			b.Logf("%s: %d features stored in %v", kind.Name, n, time.Since(began))
			few := w.spread(small)
			for _, q := range inquiries() {
				b.Run(q.name, func(b *testing.B) { w.beside(b, q, few, large) })
			}
		})
	}
}

func (w *world) beside(b *testing.B, q inquiry, few, large sheet) {
	b.Helper()
	v := *w
	v.TB = b
	var took [2]time.Duration
	sheets := [2]sheet{few, large}
	for i, s := range sheets { // once before, so that nothing is read from the disk
		if got := v.found(s, q.ask(s)); got < q.want {
			b.Fatalf("%d features in the sheet %d, want %d", got, i, q.want)
		}
	}
	rounds := 0
	for b.Loop() {
		rounds++
		for i, s := range sheets {
			began := time.Now()
			v.found(s, q.ask(s))
			took[i] += time.Since(began)
		}
	}
	b.ReportMetric(0, "ns/op") // which would be of both
	b.ReportMetric(float64(took[0].Microseconds())/float64(rounds), "µs/small")
	b.ReportMetric(float64(took[1].Microseconds())/float64(rounds), "µs/large")
	b.ReportMetric(float64(took[1])/float64(took[0]), "ratio")
}

// Pages hold what they should, before anybody measures them.
func TestPages(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.spread(small)
		for _, q := range inquiries() {
			if got := w.found(s, q.ask(s)); got != q.want && (q.want != 10 || got != 10) {
				w.Errorf("%s: %d features, want %d", q.name, got, q.want)
			}
		}
	})
}
