package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
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

// BenchmarkLoad loads 111,111 nodes from the database until they answer from
// memory, and tells what is kept of them; raw reads the rows through the bare
// driver and keeps nothing.
func BenchmarkLoad(b *testing.B) {
	ctx := context.Background()
	onEach(b, nil, func(b *testing.B, r *realm, raw *sql.DB) {
		load := func() *rbac.Engine {
			engine := rbac.New(r.db.Rules(), r.Schema(), &rbac.Options{Budget: 4 << 30})
			if err := engine.Warm(ctx, workload.Workspace); err != nil {
				b.Fatal(err)
			}
			return engine
		}
		b.Run("engine", func(b *testing.B) {
			for b.Loop() {
				load()
			}
			before := kept()
			engine := load()
			b.ReportMetric((kept()-before)/1e6, "MB")
			for _, q := range r.asked[:64] {
				if got, err := engine.Check(ctx, q.User, q.Node, q.Permission, rbac.Within(within)); err != nil || got != q.Want {
					b.Fatal(got, err)
				}
			}
		})
		b.Run("raw", func(b *testing.B) {
			for b.Loop() {
				if err := readRows(ctx, raw, len(r.Space.Places), len(r.Space.Rules)); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// readRows reads what an engine needs of a workspace.
func readRows(ctx context.Context, raw *sql.DB, places, rules int) error {
	n := 0
	rows, err := raw.QueryContext(ctx, "SELECT num, workspace, parent, class, owner, sealed FROM nodes WHERE workspace = 2")
	if err != nil {
		return err
	}
	defer rows.Close()
	for ; rows.Next(); n++ {
		var num, workspace, parent int64
		var class sql.RawBytes
		var owner sql.NullInt64
		var sealed bool
		if err := rows.Scan(&num, &workspace, &parent, &class, &owner, &sealed); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil || n != places {
		return fmt.Errorf("%d nodes: %w", n, err)
	}
	n = 0
	rows, err = raw.QueryContext(ctx, `SELECT num, id, node, effect, principal, role, scope, permission, class, propagate, expires, origin, created
		FROM rules WHERE workspace = 2 ORDER BY num`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for ; rows.Next(); n++ {
		var num, node, principal, created int64
		var id, effect, role, scope, permission, class, origin sql.RawBytes
		var propagate bool
		var expires sql.NullInt64
		if err := rows.Scan(&num, &id, &node, &effect, &principal, &role, &scope, &permission, &class, &propagate, &expires, &origin, &created); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil || n != rules {
		return fmt.Errorf("%d rules: %w", n, err)
	}
	return nil
}

// BenchmarkRuleChange gives and takes a rule on a random node of 111,111, and on
// the workspace itself, through the engine and the database, where it is durable,
// and asks about a node below, which must see it; raw is the bare commit of as
// many rows.
func BenchmarkRuleChange(b *testing.B) {
	ctx := context.Background()
	r := newRealm(b, dbtest.SQLite(b), nil, nil)
	who := r.Users[len(r.Users)-1]
	random := rand.New(rand.NewPCG(3, 3))
	readable := r.Readable(who)
	change := func(b *testing.B, node rbac.Node, below func() rbac.Node) {
		b.Helper()
		given := rbac.Rule{}
		target := node
		for b.Loop() {
			if given.Num == 0 {
				if target = node; node == 0 {
					target = below()
				}
				r := rbac.Rule{
					ID: "00000000-0000-7000-8003-000000000000", Node: target, Effect: rbac.Allow, Principal: who, Scope: "resource",
					Permission: "read", Propagate: true, Origin: "benchmark",
				}
				given = r
			}
			grant := given.Num == 0
			err := r.db.Tx(ctx, func(ctx context.Context) (err error) {
				if grant {
					given, err = r.db.Rules().AddRule(ctx, given)
					return err
				}
				_, err = r.db.Rules().DeleteRules(ctx, rbac.RuleFilter{Origin: "benchmark"})
				given = rbac.Rule{}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			asked := target
			if node != 0 {
				asked = below()
			}
			if got, err := r.engine.Check(ctx, who, asked, workload.Read, rbac.Latest()); err != nil || got != grant {
				b.Fatal(got, grant, err)
			}
		}
		if given.Num != 0 {
			err := r.db.Tx(ctx, func(ctx context.Context) error {
				_, err := r.db.Rules().DeleteRules(ctx, rbac.RuleFilter{Origin: "benchmark"})
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	// A node that he cannot read, and that nobody denies him.
	free := func() rbac.Node {
		for {
			n := workload.Workspace + rbac.Node(random.IntN(len(r.Space.Places)))
			if _, can := slices.BinarySearch(readable, n); !can && !r.denied(who, n) {
				return n
			}
		}
	}
	b.Run("node", func(b *testing.B) { change(b, 0, free) })
	b.Run("workspace", func(b *testing.B) { change(b, workload.Workspace, free) })
	b.Run("raw", func(b *testing.B) {
		raw := bareSQLite(b, r.address)
		given := false
		for b.Loop() {
			tx, err := raw.BeginTx(ctx, nil)
			if err != nil {
				b.Fatal(err)
			}
			statements := []string{"DELETE FROM rules WHERE origin = 'raw'"}
			if !given {
				statements[0] = `INSERT INTO rules (id, workspace, node, effect, principal, scope, permission, propagate, origin, created)
					VALUES ('raw', 2, 3, 'allow', 101, 'resource', 'read', TRUE, 'raw', 0)`
			}
			given = !given
			statements = append(statements,
				"INSERT INTO revisions (workspace, revision) VALUES (2, 1) ON CONFLICT (workspace) DO UPDATE SET revision = revision + 1",
				"INSERT INTO changes (workspace, revision, kind, num, name) SELECT workspace, revision, 'nothing', 0, '' FROM revisions WHERE workspace = 2")
			for _, statement := range statements {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					b.Fatal(err)
				}
			}
			if err := tx.Commit(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// denied reports whether a rule denies somebody reading on a node or above.
func (r *realm) denied(who rbac.Principal, n rbac.Node) bool {
	held := r.flat.chain[n-workload.Workspace]
	for _, e := range r.flat.entries[r.flat.start[held]:r.flat.start[held+1]] {
		if (e.principal == int32(who) || e.principal == int32(r.Group(who))) && e.deny&flatRead != 0 {
			return true
		}
	}
	return false
}
