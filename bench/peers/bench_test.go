package peers_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// check asks the questions one after the other, over and over.
func check(b *testing.B, l *loaded) {
	asks := l.asks
	if l.hot > 0 {
		asks = asks[:l.hot]
		for _, ask := range asks {
			if _, err := ask(); err != nil {
				b.Fatal(err)
			}
		}
	}
	i := 0
	for b.Loop() {
		if _, err := asks[i%len(asks)](); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func list(b *testing.B, l *loaded) {
	for b.Loop() {
		if _, err := l.List(l.run.reader); errors.Is(err, errNone) {
			b.Skip(err)
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

func children(b *testing.B, l *loaded) {
	for b.Loop() {
		if _, err := l.Children(l.run.reader, l.run.folder); errors.Is(err, errNone) {
			b.Skip(err)
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

// kept are the peers that benchmarks have loaded, for the next benchmark.
var kept = struct {
	scratch

	loaded map[string]*loaded
}{loaded: map[string]*loaded{}}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := kept.clean(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// each runs a benchmark for every peer, in its world, which each is loaded
// with once and has answered the questions about.
func each(b *testing.B, measure func(b *testing.B, l *loaded)) {
	once := func(b *testing.B, name string, get func() (*loaded, error)) *loaded {
		l := kept.loaded[name]
		if l == nil {
			var err error
			if l, err = get(); err != nil {
				b.Fatal(err)
			}
			kept.loaded[name] = l
		}
		return l
	}
	for _, p := range peers() {
		load := func(b *testing.B) *loaded {
			return once(b, p.name, func() (*loaded, error) { return runOf(p).load(p, &kept.scratch) })
		}
		b.Run(p.name, func(b *testing.B) { measure(b, load(b)) })
		for _, v := range p.variants {
			b.Run(v.name, func(b *testing.B) {
				base := load(b)
				measure(b, once(b, v.name, func() (*loaded, error) { return base.run.derive(v, base, &kept.scratch) }))
			})
		}
	}
}

// BenchmarkCheck asks one question.
func BenchmarkCheck(b *testing.B) { each(b, check) }

// BenchmarkList asks for everything that the reader may read.
func BenchmarkList(b *testing.B) { each(b, list) }

// BenchmarkChildren asks which of ten children the reader may read.
func BenchmarkChildren(b *testing.B) { each(b, children) }

// BenchmarkLoad loads the world from memory, databases and processes included.
func BenchmarkLoad(b *testing.B) {
	for _, p := range peers() {
		b.Run(p.name, func(b *testing.B) {
			for b.Loop() {
				s := &scratch{}
				_, err := p.load(b.Context(), runOf(p).world, s)
				b.StopTimer()
				if err := errors.Join(err, s.clean()); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(len(runOf(p).world.Space.Places)), "nodes")
		})
	}
}
