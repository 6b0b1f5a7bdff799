package rbac_test

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// kept returns how many bytes are in use, as near as the runtime tells.
func kept() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// BenchmarkLoadMemory makes 111,111 rows that are in memory ready for questions:
// first, as far as the first of them needs it, and whole, until every node was
// asked about. Raw is the least: the same rows as arrays, every node with its
// own rules.
func BenchmarkLoadMemory(b *testing.B) {
	w := workload.New(1, nil)
	questions := w.Questions(4096, 7)
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c := rbac.Compile(w.Schema(), w.Top, &w.Space, t0)
			q := questions[0]
			if got, sure := c.Decide(q.User, q.Node, q.Permission); !sure || got != q.Want {
				b.Fatal(got, sure)
			}
		}
		before := kept()
		c := rbac.Compile(w.Schema(), w.Top, &w.Space, t0)
		b.ReportMetric((kept()-before)/1e6, "MB")
		runtime.KeepAlive(c)
	})
	b.Run("whole", func(b *testing.B) {
		whole := func() *rbac.Compiled {
			c := rbac.Compile(w.Schema(), w.Top, &w.Space, t0)
			for i := range w.Space.Places {
				c.Decide(w.Users[0], w.Space.Places[i].Node, workload.Read)
			}
			return c
		}
		for b.Loop() {
			whole()
		}
		before := kept()
		c := whole()
		b.ReportMetric((kept()-before)/1e6, "MB")
		for _, q := range questions {
			if got, sure := c.Decide(q.User, q.Node, q.Permission); !sure || got != q.Want {
				b.Fatal(got, sure)
			}
		}
	})
	b.Run("raw", func(b *testing.B) {
		type flat struct {
			parent, first []int32
			class         []uint8
			principal     []int32
			allow, deny   []uint8
		}
		classes := map[string]uint8{"workspace": 0, "folder": 1, "layer": 2}
		load := func() *flat {
			n := len(w.Space.Places)
			f := &flat{parent: make([]int32, n), first: make([]int32, n+1), class: make([]uint8, n)}
			for i := range w.Space.Places {
				p := &w.Space.Places[i]
				f.parent[i], f.class[i] = int32(p.Parent-workload.Workspace), classes[p.Class]
			}
			for i := range w.Space.Rules {
				f.first[w.Space.Rules[i].Node-workload.Workspace+1]++
			}
			for i := range n {
				f.first[i+1] += f.first[i]
			}
			f.principal = make([]int32, len(w.Space.Rules))
			f.allow, f.deny = make([]uint8, len(w.Space.Rules)), make([]uint8, len(w.Space.Rules))
			next := append([]int32{}, f.first...)
			for i := range w.Space.Rules {
				r := &w.Space.Rules[i]
				at := &next[r.Node-workload.Workspace]
				f.principal[*at] = int32(r.Principal)
				if r.Effect == rbac.Deny {
					f.deny[*at] = 255
				} else {
					f.allow[*at] = 255
				}
				*at++
			}
			return f
		}
		for b.Loop() {
			load()
		}
		before := kept()
		f := load()
		b.ReportMetric((kept()-before)/1e6, "MB")
		runtime.KeepAlive(f)
	})
}

// BenchmarkRuleChange1M gives and takes a rule among 1,111,111 nodes, and asks
// about a node below, which must see it: on a random node, on a folder right
// below the workspace, and on the workspace, below which is everything. Every
// node was asked about before. Raw is the least for who leaves the version before
// as it is: a page of an array, and the list of its pages, copied.
func BenchmarkRuleChange1M(b *testing.B) {
	w := workload.New(1, &workload.Options{Depth: 7})
	c := rbac.Compile(w.Schema(), w.Top, &w.Space, t0)
	for i := range w.Space.Places {
		c.Decide(w.Users[0], w.Space.Places[i].Node, workload.Read)
	}
	random := rand.New(rand.NewPCG(3, 3))
	change := func(b *testing.B, pick func() (rule, below rbac.Node)) {
		b.Helper()
		b.ReportAllocs()
		moving, given := c, rbac.Rule{}
		for b.Loop() {
			delta := &rbac.Delta{Workspace: workload.Workspace}
			node, below := pick()
			if given.Num == 0 {
				given = rbac.Rule{Num: 1 << 40, Node: node, Effect: rbac.Allow, Principal: newcomer, Propagate: true, Created: t0}
				delta.Rules = []rbac.Rule{given}
			} else {
				delta.GoneRules = []int64{given.Num}
				given = rbac.Rule{}
			}
			moving = moving.After(nil, delta, t0)
			if got, sure := moving.Decide(newcomer, below, workload.Read); !sure || got != (given.Num != 0) {
				b.Fatal(got, sure)
			}
		}
	}
	b.Run("node", func(b *testing.B) {
		nodes := []rbac.Node{3}
		i := 0
		change(b, func() (rule, below rbac.Node) {
			if i++; i%2 == 1 {
				nodes[0] = workload.Workspace + rbac.Node(random.IntN(len(w.Space.Places)))
			}
			return nodes[0], nodes[0]
		})
	})
	last := w.Space.Places[len(w.Space.Places)-1].Node
	top := w.Children(workload.Workspace)[w.Options.Fanout-1]
	b.Run("folder", func(b *testing.B) { change(b, func() (rule, below rbac.Node) { return top, last }) })
	b.Run("workspace", func(b *testing.B) { change(b, func() (rule, below rbac.Node) { return workload.Workspace, last }) })
	b.Run("raw", func(b *testing.B) {
		pages := make([]*[1024]int64, len(w.Space.Places)/1024+1)
		for i := range pages {
			pages[i] = new([1024]int64)
		}
		for b.Loop() {
			at := random.IntN(len(w.Space.Places))
			next := append([]*[1024]int64{}, pages...)
			page := *pages[at/1024]
			page[at%1024]++
			next[at/1024] = &page
			pages = next
		}
	})
}

// newcomer is nobody to whom anything was given: a system principal, so that he
// is in every world.
const newcomer = rbac.Everyone
