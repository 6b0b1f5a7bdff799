package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// A realm is an engine over a workload that is in a database, with questions
// that it answered rightly already.
type realm struct {
	*workload.World

	address  string
	db       *storage.DB
	engine   *rbac.Engine
	flat     *flat
	asked    []workload.Question
	handled  []handled
	numbered []numbered
	texts    []texts
}

type handled struct {
	subject *rbac.Subject
	target  *rbac.Target
	action  rbac.Action
}

// A numbered is a question to a [flat].
type numbered struct {
	user, node int32
	need       uint8
}

// Texts are what a host would know things by.
type texts struct{ user, node, permission string }

func userID(p rbac.Principal) string { return fmt.Sprintf("00000000-0000-7000-8001-%012x", int64(p)) }

func nodeID(n rbac.Node) string { return fmt.Sprintf("00000000-0000-7000-8002-%012x", int64(n)) }

// within is how old answers may be where nobody else may say.
const within = time.Hour

// asked is how many questions there are: a power of two.
const asked = 4096

func newRealm(b *testing.B, address string, opts *workload.Options, more *storage.Options) *realm {
	b.Helper()
	r := &realm{World: workload.New(1, opts), address: address}
	dbtest.PlantState(b, address, r.Top, r.Space)
	r.open(b, more)
	r.flat = newFlat(r.World)
	r.asked = r.Questions(asked, 7)
	for _, q := range r.asked {
		r.handled = append(r.handled, handled{r.engine.Subject(q.User), r.engine.Target(q.Node), r.Schema().Action(q.Permission)})
		r.numbered = append(r.numbered, numbered{int32(q.User - workload.Supervisor - 1), int32(q.Node - workload.Workspace), flatNeed(q.Permission)})
		r.texts = append(r.texts, texts{userID(q.User), nodeID(q.Node), string(q.Permission)})
	}
	r.verify(b, rbac.Latest())
	r.verify(b, rbac.Within(within))
	return r
}

// open opens the database and loads the workspace.
func (r *realm) open(b *testing.B, more *storage.Options) {
	b.Helper()
	r.db = dbtest.OpenWith(b, r.address, more)
	r.engine = rbac.New(r.db.Rules(), r.Schema(), &rbac.Options{Budget: 4 << 30})
	if err := r.engine.Warm(context.Background(), workload.Workspace); err != nil {
		b.Fatal(err)
	}
}

// verify asks everything once, of the engine and of the arrays.
func (r *realm) verify(b *testing.B, c rbac.Consistency) {
	b.Helper()
	ctx := context.Background()
	for i, q := range r.asked {
		h, n := r.handled[i], r.numbered[i]
		byHandle, err := r.engine.Allowed(ctx, h.subject, h.target, h.action, c)
		if err != nil {
			b.Fatal(err)
		}
		byNumber, err := r.engine.Check(ctx, q.User, q.Node, q.Permission, c)
		if err != nil {
			b.Fatal(err)
		}
		if raw := r.flat.allowed(n.user, n.node, n.need); byHandle != q.Want || byNumber != q.Want || raw != q.Want {
			b.Fatalf("%+v: %v by handles, %v by numbers, %v by arrays", q, byHandle, byNumber, raw)
		}
	}
}

// check asks by handles, the questions in turn from i on.
func (r *realm) check(ctx context.Context, i int, c rbac.Consistency) error {
	h := &r.handled[i&(asked-1)]
	_, err := r.engine.Allowed(ctx, h.subject, h.target, h.action, c)
	return err
}

// processor tells how much time of a processor one operation took, by all of this
// process: on a machine that others use too that says more than the clock.
func processor(b *testing.B) (tell func()) {
	b.Helper()
	used := func() float64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return float64(u.Utime.Nano() + u.Stime.Nano())
	}
	from := used()
	return func() { b.ReportMetric((used()-from)/float64(b.N), "cpu-ns/op") }
}

// inTurn runs an operation on one question after another.
func inTurn(b *testing.B, operation func(i int) error) {
	b.Helper()
	b.ReportAllocs()
	defer processor(b)()
	i := 0
	for b.Loop() {
		if err := operation(i); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// together runs an operation by several callers at once and tells how many a
// second that were.
func together(b *testing.B, callers int, operation func(i int) error) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	tell := processor(b)
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	share, rest := b.N/callers, b.N%callers
	for caller := range callers {
		n := share
		if caller < rest {
			n++
		}
		all.Go(func() {
			from := int(next.Add(int64(n)))
			for i := range n {
				if err := operation(from + i); err != nil {
					failure := err // which is kept, alone
					failed.Store(&failure)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	tell()
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "checks/s")
}

// worlds are the ones that questions are asked in.
func worlds() []struct {
	name string
	opts *workload.Options
} {
	return []struct {
		name string
		opts *workload.Options
	}{
		{"rules5", nil},
		{"rules50", &workload.Options{RuleShare: 0.5}},
		{"rules100", &workload.Options{RuleShare: 1}},
		{"ngw", &workload.Options{NGW: true}},
	}
}

// BenchmarkCheckWarm asks a workspace that is in memory: by handles, by numbers,
// and by the three texts that a host would know things by, of answers that may
// be of some time ago. Raw is the least that a decision could be, arrays and
// integers folded for good; raw-texts looks the texts up first.
func BenchmarkCheckWarm(b *testing.B) {
	ctx := context.Background()
	for _, w := range worlds() {
		b.Run(w.name, func(b *testing.B) {
			r := newRealm(b, dbtest.SQLite(b), w.opts, &storage.Options{Exclusive: true})
			for _, c := range []struct {
				name  string
				fresh rbac.Consistency
			}{{"handles", rbac.Within(within)}, {"latest-exclusive", rbac.Latest()}} {
				b.Run(c.name, func(b *testing.B) {
					b.ReportAllocs()
					defer processor(b)()
					for i := 0; b.Loop(); i++ {
						h := &r.handled[i&(asked-1)]
						if _, err := r.engine.Allowed(ctx, h.subject, h.target, h.action, c.fresh); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			b.Run("numbers", func(b *testing.B) {
				inTurn(b, func(i int) error {
					q := &r.asked[i&(asked-1)]
					_, err := r.engine.Check(ctx, q.User, q.Node, q.Permission, rbac.Within(within))
					return err
				})
			})
			b.Run("raw", func(b *testing.B) {
				defer processor(b)()
				yes := 0
				for i := 0; b.Loop(); i++ {
					if q := &r.numbered[i&(asked-1)]; r.flat.allowed(q.user, q.node, q.need) {
						yes++
					}
				}
			})
			if w.opts != nil {
				return
			}
			users, nodes := map[string]rbac.Principal{}, map[string]rbac.Node{}
			for _, user := range r.Users {
				users[userID(user)] = user
			}
			for _, p := range r.Space.Places {
				nodes[nodeID(p.Node)] = p.Node
			}
			b.Run("texts", func(b *testing.B) {
				inTurn(b, func(i int) error {
					q := &r.texts[i&(asked-1)]
					_, err := r.engine.Check(ctx, users[q.user], nodes[q.node], rbac.Permission(q.permission), rbac.Within(within))
					return err
				})
			})
			b.Run("raw-texts", func(b *testing.B) {
				defer processor(b)()
				yes := 0
				for i := 0; b.Loop(); i++ {
					q := &r.texts[i&(asked-1)]
					if r.flat.allowed(r.flat.users[q.user], r.flat.nodes[q.node], r.flat.permissions[q.permission]) {
						yes++
					}
				}
			})
		})
	}
}

// BenchmarkCheckLatestSQLite asks of the present moment on a file that other
// processes may write; raw asks the file alone, through the bare driver, whether
// anybody did.
func BenchmarkCheckLatestSQLite(b *testing.B) {
	ctx := context.Background()
	r := newRealm(b, dbtest.SQLite(b), nil, nil)
	b.Run("handles", func(b *testing.B) {
		inTurn(b, func(i int) error { return r.check(ctx, i, rbac.Latest()) })
	})
	b.Run("raw", func(b *testing.B) {
		raw := bareSQLite(b, r.address)
		conn, err := raw.Conn(ctx)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { conn.Close() })
		statement, err := conn.PrepareContext(ctx, "PRAGMA data_version")
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { statement.Close() })
		inTurn(b, func(int) error {
			var version int64
			return statement.QueryRowContext(ctx).Scan(&version)
		})
	})
}

// BenchmarkCheckParallel asks by handles with several callers at once.
func BenchmarkCheckParallel(b *testing.B) {
	ctx := context.Background()
	r := newRealm(b, dbtest.SQLite(b), nil, &storage.Options{Exclusive: true})
	for _, callers := range []int{1, 2, 8, 64} {
		b.Run(fmt.Sprintf("within/callers=%d", callers), func(b *testing.B) {
			together(b, callers, func(i int) error { return r.check(ctx, i, rbac.Within(within)) })
		})
	}
	for _, callers := range []int{1, 2, 8, 64} {
		b.Run(fmt.Sprintf("latest-exclusive/callers=%d", callers), func(b *testing.B) {
			together(b, callers, func(i int) error { return r.check(ctx, i, rbac.Latest()) })
		})
	}
	for _, callers := range []int{1, 2, 8, 64} {
		b.Run(fmt.Sprintf("raw/callers=%d", callers), func(b *testing.B) {
			together(b, callers, func(i int) error {
				q := &r.numbered[i&(asked-1)]
				r.flat.allowed(q.user, q.node, q.need)
				return nil
			})
		})
	}
}

// coldSQL decides one question as somebody would write it who knows the tables
// and what is in them: the rules of the path that concern the principal or one
// of his groups.
const coldSQL = `
WITH RECURSIVE path (num, parent) AS (
	SELECT num, parent FROM nodes WHERE num = ?
	UNION ALL
	SELECT n.num, n.parent FROM nodes n JOIN path p ON n.num = p.parent AND p.num <> 0
)
SELECT COALESCE(MIN(CASE r.effect WHEN 'allow' THEN 1 ELSE 0 END), 0)
FROM path p JOIN rules r ON r.node = p.num
WHERE r.principal IN (SELECT CAST(? AS BIGINT) UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT group_num FROM group_members WHERE member_num = ?)
	AND (r.propagate OR r.node = ?) AND r.scope IN ('', 'resource') AND r.permission IN ('', 'read')`

// BenchmarkCheckCold asks the database every time, as while nothing is in memory
// yet; raw is one hand-written statement for the same question.
func BenchmarkCheckCold(b *testing.B) {
	ctx := context.Background()
	onEach(b, nil, func(b *testing.B, r *realm, raw *sql.DB) {
		engine := rbac.New(r.db.Rules(), r.Schema(), &rbac.Options{Budget: -1})
		var reads []workload.Question
		for _, q := range r.asked {
			if q.Permission == workload.Read && len(reads) < asked/2 {
				reads = append(reads, q)
			}
		}
		statement, err := raw.PrepareContext(ctx, bound(r.address, coldSQL))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { statement.Close() })
		byEngine := func(i int) error {
			q := &reads[i&(asked/2-1)]
			got, err := engine.Check(ctx, q.User, q.Node, q.Permission, rbac.Latest())
			if err == nil && got != q.Want {
				err = fmt.Errorf("%+v is answered with %v", *q, got)
			}
			return err
		}
		byHand := func(i int) error {
			q := &reads[i&(asked/2-1)]
			var got int
			err := statement.QueryRowContext(ctx, int64(q.Node), int64(q.User), int64(q.User), int64(q.Node)).Scan(&got)
			if err == nil && (got == 1) != q.Want {
				err = fmt.Errorf("%+v is answered with %v by hand", *q, got)
			}
			return err
		}
		for i := range asked / 8 {
			if err := byHand(i); err != nil {
				b.Fatal(err)
			}
		}
		b.Run("engine", func(b *testing.B) { inTurn(b, byEngine) })
		b.Run("raw", func(b *testing.B) { inTurn(b, byHand) })
	})
}

func BenchmarkCheckLatestPostgres64(b *testing.B)   { latestPostgres(b, 64) }
func BenchmarkCheckLatestPostgres1024(b *testing.B) { latestPostgres(b, 1024) }

// latestPostgres asks of the present moment with many callers at once. Raw reads
// the version by a statement for every caller, over as many connections as the
// engine may have; raw-shared by one at a time, whose answer is for all who were
// waiting when it left.
func latestPostgres(b *testing.B, callers int) {
	b.Helper()
	ctx := context.Background()
	r := newRealm(b, dbtest.Postgres(b), nil, nil)
	raw := barePostgres(b, r.address)
	raw.SetMaxOpenConns(16)
	raw.SetMaxIdleConns(16)
	read := func() (revision int64, err error) {
		err = raw.QueryRowContext(ctx, "SELECT revision FROM revisions WHERE workspace = 0").Scan(&revision)
		return revision, err
	}
	b.Run("handles", func(b *testing.B) {
		together(b, callers, func(i int) error { return r.check(ctx, i, rbac.Latest()) })
	})
	b.Run("raw", func(b *testing.B) {
		together(b, callers, func(int) error {
			_, err := read()
			return err
		})
	})
	b.Run("raw-shared", func(b *testing.B) {
		// Whoever finds nobody reading reads, for all who came until then.
		type reading struct {
			done chan struct{}
			err  error
		}
		door := make(chan struct{}, 1)
		var mu sync.Mutex
		next := &reading{done: make(chan struct{})}
		together(b, callers, func(int) error {
			mu.Lock()
			mine := next
			mu.Unlock()
			select {
			case <-mine.done:
				return mine.err
			case door <- struct{}{}:
			}
			defer func() { <-door }()
			select {
			case <-mine.done: // by who was at the door before
				return mine.err
			default:
			}
			mu.Lock()
			next = &reading{done: make(chan struct{})}
			mu.Unlock()
			_, mine.err = read()
			close(mine.done)
			return mine.err
		})
	})
}

// bareSQLite opens a file through the bare driver, as storage does.
func bareSQLite(b *testing.B, address string) *sql.DB {
	b.Helper()
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}}
	raw, err := sql.Open(sqliteshim.ShimName, "file:"+strings.TrimPrefix(address, "sqlite:")+"?"+query.Encode())
	if err != nil {
		b.Fatal(err)
	}
	raw.SetMaxOpenConns(1)
	b.Cleanup(func() { raw.Close() })
	return raw
}

// barePostgres opens a database through the bare driver, with its prepared
// statements.
func barePostgres(b *testing.B, address string) *sql.DB {
	b.Helper()
	config, err := pgx.ParseConfig(address)
	if err != nil {
		b.Fatal(err)
	}
	config.RuntimeParams["jit"] = "off" // it would compile for longer than it runs
	raw := stdlib.OpenDB(*config)
	if _, err := raw.Exec("ANALYZE"); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { raw.Close() })
	return raw
}

// bound returns a statement with the placeholders of a database's driver.
func bound(address, query string) string {
	w := world{postgres: !strings.HasPrefix(address, "sqlite:")}
	return w.query(query)
}

// onEach runs a benchmark on a workload in each kind of database.
func onEach(b *testing.B, opts *workload.Options, run func(b *testing.B, r *realm, raw *sql.DB)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) {
		r := newRealm(b, dbtest.SQLite(b), opts, nil)
		run(b, r, bareSQLite(b, r.address))
	})
	b.Run("postgres", func(b *testing.B) {
		r := newRealm(b, dbtest.Postgres(b), opts, nil)
		run(b, r, barePostgres(b, r.address))
	})
}
