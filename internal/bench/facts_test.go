package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// The tree of the workload: a workspace with five levels of ten nodes each
// below it, thousand users in a hundred groups, a rule on every twentieth node.
const (
	treeSpace  rbac.Node      = 1001
	treeNodes                 = 11_111
	treeUsers  rbac.Principal = 10_000
	treeGroups rbac.Principal = 20_000
)

// tree plants the workload and returns the user and the node, six levels below
// the root, that are asked about.
func (w *world) tree(b *testing.B) (rbac.Principal, rbac.Node) {
	b.Helper()
	places := []rbac.Place{
		{Node: 1000, Class: "organization"},
		{Node: treeSpace, Parent: 1000, Class: "workspace", Workspace: treeSpace},
	}
	for n := treeSpace + 1; n < treeSpace+treeNodes; n++ {
		places = append(places, rbac.Place{Node: n, Parent: treeSpace + (n-treeSpace-1)/10, Class: "offering", Workspace: treeSpace})
	}
	var subjects []rbac.Identity
	for g := treeGroups; g < treeGroups+100; g++ {
		subjects = append(subjects, rbac.Identity{Principal: g, Kind: rbac.Group})
	}
	for u := treeUsers; u < treeUsers+1000; u++ {
		subjects = append(subjects, rbac.Identity{
			Principal: u, Kind: rbac.User, Groups: []rbac.Principal{treeGroups + u%100, treeGroups + (u+1+u/100%50)%100},
		})
	}
	dbtest.Plant(b, w.address, places, subjects)
	asked := treeUsers + 33
	node := places[len(places)-2_000].Node
	err := w.db.Tx(b.Context(), func(ctx context.Context) error {
		rule := rbac.Rule{Effect: rbac.Allow, Scope: "offering", Propagate: true, Created: time.Unix(0, 0)}
		for i := range treeNodes / 20 {
			rule.ID, rule.Node, rule.Principal = rbac.RuleID(fmt.Sprintf("many%d", i)), treeSpace+rbac.Node(20*i), treeUsers+rbac.Principal(i%1000)
			if _, err := w.db.Rules().AddRule(ctx, rule); err != nil {
				return err
			}
		}
		path := []rbac.Node{treeSpace, places[1+111].Node, node}
		for i, p := range []rbac.Principal{asked, treeGroups + 33, rbac.Everyone} {
			rule.ID, rule.Node, rule.Principal = rbac.RuleID(fmt.Sprintf("path%d", i)), path[i], p
			if _, err := w.db.Rules().AddRule(ctx, rule); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	statement := "ANALYZE"
	if _, err := w.raw.ExecContext(b.Context(), statement); err != nil {
		b.Fatal(err)
	}
	return asked, node
}

// BenchmarkColdFacts reads what decides about one user on one node; raw is a
// recursive statement that reads the same rules and nothing else.
func BenchmarkColdFacts(b *testing.B) {
	each(b, func(b *testing.B, w *world) {
		user, node := w.tree(b)
		b.Run("store", func(b *testing.B) {
			w.rate(b, func() error {
				_, err := w.db.Rules().Facts(b.Context(), user, node)
				return err
			})
		})
		b.Run("raw", func(b *testing.B) {
			rules := "CROSS JOIN rules r ON r.node = path.num"
			if w.postgres {
				rules = "CROSS JOIN LATERAL (SELECT num, node, effect, principal, role, scope, permission, class, propagate, expires FROM rules WHERE node = path.num OFFSET 0) r"
			}
			query := w.query(`WITH RECURSIVE mine (num) AS (
				SELECT CAST(? AS BIGINT) UNION SELECT m.group_num FROM mine JOIN group_members m ON m.member_num = mine.num
			), path (num, parent) AS (
				SELECT num, parent FROM nodes WHERE num = ?
				UNION SELECT n.num, n.parent FROM path p JOIN nodes n ON n.num = p.parent
			)
			SELECT r.num, r.node, r.effect, r.principal, r.role, r.scope, r.permission, r.class, r.propagate, r.expires
			FROM path ` + rules + `
			WHERE r.principal IN (2, 3, 6) OR r.principal IN (SELECT num FROM mine)`)
			w.rate(b, func() error {
				rows, err := w.raw.QueryContext(b.Context(), query, int64(user), int64(node))
				if err != nil {
					return err
				}
				return discard(rows, 10)
			})
		})
	})
}

// discard reads rows to their end.
func discard(rows *sql.Rows, columns int) error {
	defer rows.Close()
	into := make([]any, columns)
	for i := range into {
		into[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// BenchmarkLoadState reads the state of a workspace of 111,111 nodes; raw reads the
// same rows of nodes and keeps none.
func BenchmarkLoadState(b *testing.B) {
	each(b, func(b *testing.B, w *world) {
		w.tree(b)
		b.Run("store", func(b *testing.B) {
			w.rate(b, func() error {
				state, err := w.db.Rules().Load(b.Context(), treeSpace)
				if len(state.Places) != treeNodes {
					b.Fatalf("%d places, %v", len(state.Places), err)
				}
				return err
			})
		})
		b.Run("raw", func(b *testing.B) {
			query := w.query("SELECT num, parent, class, owner, sealed FROM nodes WHERE workspace = ?")
			w.rate(b, func() error {
				rows, err := w.raw.QueryContext(b.Context(), query, int64(treeSpace))
				if err != nil {
					return err
				}
				return discard(rows, 5)
			})
		})
	})
}

// BenchmarkRevisions reads the revisions that a check depends on, and
// BenchmarkPulse asks whether there can be another.
func BenchmarkRevisions(b *testing.B) {
	each(b, func(b *testing.B, w *world) {
		b.Run("store", func(b *testing.B) {
			w.rate(b, func() error {
				_, err := w.db.Rules().Revisions(b.Context(), w.workspace.Num)
				return err
			})
		})
		b.Run("raw", func(b *testing.B) {
			query := fmt.Sprintf("SELECT workspace, revision FROM revisions WHERE workspace IN (0, %d)", w.workspace.Num)
			w.rate(b, func() error {
				rows, err := w.raw.QueryContext(b.Context(), query)
				if err != nil {
					return err
				}
				return discard(rows, 2)
			})
		})
	})
}

// BenchmarkPulse is described at [BenchmarkRevisions].
func BenchmarkPulse(b *testing.B) {
	each(b, func(b *testing.B, w *world) {
		if _, ok, err := w.db.Rules().Pulse(b.Context()); err != nil || !ok {
			b.Skip("the database has none")
		}
		w.rate(b, func() error {
			_, _, err := w.db.Rules().Pulse(b.Context())
			return err
		})
	})
}
