package bench_test

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A bitmap holds which nodes somebody can read, by number: what a host could
// prepare for one user, one permission and one moment.
type bitmap []uint64

func bitmapOf(nodes []rbac.Node) bitmap {
	m := make(bitmap, nodes[len(nodes)-1]/64+1)
	for _, n := range nodes {
		m[n/64] |= 1 << (n % 64)
	}
	return m
}

func (m bitmap) list(into []rbac.Node) []rbac.Node {
	for i, word := range m {
		for ; word != 0; word &= word - 1 {
			into = append(into, rbac.Node(i*64+bits.TrailingZeros64(word)))
		}
	}
	return into
}

func (m bitmap) has(n rbac.Node) bool { return n>>6 < rbac.Node(len(m)) && m[n>>6]>>(n&63)&1 != 0 }

// BenchmarkListReadable lists everything that a reader may read, 148 of 111,111
// nodes, and everything that the supervisor may, which is all of them; raw goes
// through a bitmap that was made before.
func BenchmarkListReadable(b *testing.B) {
	ctx := context.Background()
	r := newRealm(b, dbtest.SQLite(b), nil, nil)
	for _, w := range []struct {
		name string
		who  rbac.Principal
	}{{"some", r.Reader()}, {"all", workload.Supervisor}} {
		want := r.Readable(w.who)
		list := func() ([]rbac.Node, error) {
			return r.engine.List(ctx, w.who, workload.Read, rbac.ListFilter{Under: workload.Workspace}, rbac.Within(within))
		}
		if got, err := list(); err != nil || !slices.Equal(got, want) {
			b.Fatalf("%d nodes, want %d: %v", len(got), len(want), err)
		}
		b.Run(w.name+"/engine", func(b *testing.B) {
			inTurn(b, func(int) error {
				_, err := list()
				return err
			})
			b.ReportMetric(float64(len(want)), "nodes")
		})
		b.Run(w.name+"/raw", func(b *testing.B) {
			m := bitmapOf(want)
			if !slices.Equal(m.list(nil), want) {
				b.Fatal("the bitmap is wrong")
			}
			inTurn(b, func(int) error {
				m.list(nil)
				return nil
			})
		})
	}
}

// BenchmarkChildren lists those of ten children that a reader may read; raw looks the ten up in a bitmap that was made before.
func BenchmarkChildren(b *testing.B) {
	ctx := context.Background()
	r := newRealm(b, dbtest.SQLite(b), nil, nil)
	reader := r.Reader()
	folder := r.Mixed(reader)
	children := r.Children(folder)
	m := bitmapOf(r.Readable(reader))
	raw := func() (list []rbac.Node) {
		for _, n := range children {
			if m.has(n) {
				list = append(list, n)
			}
		}
		return list
	}
	filter := rbac.ListFilter{Under: folder, Children: true}
	got, err := r.engine.List(ctx, reader, workload.Read, filter, rbac.Within(within))
	if err != nil || !slices.Equal(got, raw()) || len(got) == 0 || len(got) == len(children) {
		b.Fatalf("%v, want %v: %v", got, raw(), err)
	}
	b.Run("engine", func(b *testing.B) {
		inTurn(b, func(int) error {
			_, err := r.engine.List(ctx, reader, workload.Read, filter, rbac.Within(within))
			return err
		})
		b.ReportMetric(float64(len(got)), "nodes")
	})
	b.Run("raw", func(b *testing.B) {
		inTurn(b, func(int) error {
			raw()
			return nil
		})
	})
}

// BenchmarkPrincipals lists who of 1,000 users may read a node; raw decides for
// each by arrays and integers.
func BenchmarkPrincipals(b *testing.B) {
	ctx := context.Background()
	r := newRealm(b, dbtest.SQLite(b), nil, nil)
	node := r.Readable(r.Reader())[0]
	raw := func() (list []rbac.Principal) {
		for i, user := range r.Users {
			if r.flat.allowed(int32(i), int32(node-workload.Workspace), flatRead) {
				list = append(list, user)
			}
		}
		return list
	}
	got, err := r.engine.Principals(ctx, node, workload.Read, rbac.PrincipalFilter{Kind: rbac.User, From: r.Users[0]}, rbac.Within(within))
	if err != nil || !slices.Equal(got, raw()) || len(got) == 0 {
		b.Fatalf("%v, want %v: %v", got, raw(), err)
	}
	b.Run("engine", func(b *testing.B) {
		inTurn(b, func(int) error {
			_, err := r.engine.Principals(ctx, node, workload.Read, rbac.PrincipalFilter{Kind: rbac.User}, rbac.Within(within))
			return err
		})
		b.ReportMetric(float64(len(got)), "principals")
	})
	b.Run("raw", func(b *testing.B) {
		inTurn(b, func(int) error {
			raw()
			return nil
		})
	})
}

// BenchmarkEffective asks for all permissions at once; raw is the same with
// arrays and integers.
func BenchmarkEffective(b *testing.B) {
	ctx := context.Background()
	r := newRealm(b, dbtest.SQLite(b), nil, nil)
	ask := func(i int) (rbac.Set, error) {
		q := &r.asked[i&(asked-1)]
		return r.engine.Effective(ctx, q.User, q.Node, rbac.Within(within))
	}
	for i, q := range r.asked {
		set, err := ask(i)
		for _, p := range []rbac.Permission{workload.Read, workload.Update, workload.DataRead, workload.DataWrite} {
			if want := r.Allowed(q.User, q.Node, p); err != nil || set.Has(p) != want {
				b.Fatalf("%+v: %v, want %v of %s: %v", q, set.List(), want, p, err)
			}
		}
	}
	b.Run("engine", func(b *testing.B) {
		inTurn(b, func(i int) error {
			_, err := ask(i)
			return err
		})
	})
	b.Run("raw", func(b *testing.B) {
		var all uint8
		inTurn(b, func(i int) error {
			q := &r.numbered[i&(asked-1)]
			all |= r.flat.held(q.user+int32(workload.Supervisor)+1, r.flat.group[q.user], q.node)
			return nil
		})
		if all == 0 {
			b.Fatal(fmt.Errorf("nobody holds anything"))
		}
	})
}

// BenchmarkCheckMany asks a hundred questions about one user at once, as a page
// of a listing does; raw decides each by arrays and integers.
func BenchmarkCheckMany(b *testing.B) {
	ctx := context.Background()
	r := newRealm(b, dbtest.SQLite(b), nil, nil)
	user := r.Reader()
	var questions []rbac.Question
	var want []bool
	for i := range 100 {
		n := workload.Workspace + rbac.Node(i*7919%len(r.Space.Places))
		questions = append(questions, rbac.Question{Node: n, Permission: workload.Read})
		want = append(want, r.Allowed(user, n, workload.Read))
	}
	got, err := r.engine.CheckMany(ctx, user, questions, rbac.Within(within))
	if err != nil || !slices.Equal(got, want) {
		b.Fatalf("%v, want %v: %v", got, want, err)
	}
	b.Run("engine", func(b *testing.B) {
		inTurn(b, func(int) error {
			_, err := r.engine.CheckMany(ctx, user, questions, rbac.Within(within))
			return err
		})
	})
	b.Run("raw", func(b *testing.B) {
		answers := make([]bool, len(questions))
		inTurn(b, func(int) error {
			for i, q := range questions {
				answers[i] = r.flat.allowed(int32(user-workload.Supervisor-1), int32(q.Node-workload.Workspace), flatRead)
			}
			return nil
		})
		if !slices.Equal(answers, want) {
			b.Fatal(answers)
		}
	})
}
