package bench_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// A realm is an engine over a workload that is in a database.
type realm struct {
	*workload.World

	db       *storage.DB
	engine   *rbac.Engine
	handled  []handled
	numbered []workload.Question
}

type handled struct {
	subject *rbac.Subject
	target  *rbac.Target
	action  rbac.Action
}

// within is how old answers may be where nobody else may say.
const within = time.Hour

func newRealm(b *testing.B, address string, opts *workload.Options, more *storage.Options) *realm {
	b.Helper()
	r := &realm{World: workload.New(1, opts)}
	dbtest.PlantState(b, address, r.Top, r.Space)
	r.db = dbtest.OpenWith(b, address, more)
	r.engine = rbac.New(r.db.Rules(), r.Schema(), &rbac.Options{Budget: 4 << 30})
	if err := r.engine.Warm(context.Background(), workload.Workspace); err != nil {
		b.Fatal(err)
	}
	r.numbered = r.Questions(4096, 7)
	for _, q := range r.numbered {
		h := handled{r.engine.Subject(q.User), r.engine.Target(q.Node), r.Schema().Action(q.Permission)}
		r.handled = append(r.handled, h)
		for range 2 {
			got, err := r.engine.Allowed(context.Background(), h.subject, h.target, h.action, rbac.Latest())
			if err != nil || got != q.Want {
				b.Fatalf("%+v: %v, %v", q, got, err)
			}
		}
	}
	return r
}

func (r *realm) check(b *testing.B, c rbac.Consistency) {
	b.Helper()
	ctx := context.Background()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		h := &r.handled[i&4095]
		i++
		if _, err := r.engine.Allowed(ctx, h.subject, h.target, h.action, c); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheckWarm asks a workspace that is in memory, by handles, by numbers,
// and by the texts that a host would know things by; raw is the least that a
// decision could be: arrays and integers.
func BenchmarkCheckWarm(b *testing.B) {
	for _, share := range []float64{0.05, 0.5, 1} {
		r := newRealm(b, dbtest.SQLite(b), &workload.Options{RuleShare: share}, nil)
		b.Run(fmt.Sprintf("within/rules=%v", share), func(b *testing.B) { r.check(b, rbac.Within(within)) })
		if share != 0.05 {
			continue
		}
		b.Run("numbers", func(b *testing.B) {
			ctx, i := context.Background(), 0
			b.ReportAllocs()
			for b.Loop() {
				q := &r.numbered[i&4095]
				i++
				if _, err := r.engine.Check(ctx, q.User, q.Node, q.Permission, rbac.Within(within)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var _ = rand.N[int]
var _ = runtime.GC
var _ sync.Mutex
var _ atomic.Int64
