package bench_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// crowd are the members of a workspace of unusual size.
const crowd = 100_000

// BenchmarkMembersPage lists 50 of 100,000 members with their names and roles,
// in each order, first those at the beginning and then those in the middle: raw
// reads as many rows by number. What takes as long in the middle is read where
// it is, and does not grow with the list; the first role is no column and grows
// with it.
func BenchmarkMembersPage(b *testing.B) {
	each(b, func(b *testing.B, w *world) {
		ctx := b.Context()
		w.gather(b)
		store := w.db.Workspaces()
		list := func(o paging.Order, after *paging.Mark, limit int) ([]workspace.Member, error) {
			return store.Members(ctx, workspace.MemberFilter{Workspace: w.workspace.ID, Order: o, After: after, Limit: limit})
		}
		for _, by := range (workspace.MemberFilter{}).Sortable() {
			o := paging.Order{By: by}
			whole, err := list(o, nil, 0)
			if err != nil || len(whole) < crowd {
				b.Fatal(len(whole), err)
			}
			middle := whole[crowd/2].Mark(o)
			for _, c := range []struct {
				name  string
				after *paging.Mark
				want  []workspace.Member
			}{{"first", nil, whole[:50]}, {"middle", &middle, whole[crowd/2+1:][:50]}} {
				got, err := list(o, c.after, 50)
				same := slices.EqualFunc(got, c.want, func(a, b workspace.Member) bool { return a.Principal == b.Principal })
				if err != nil || !same {
					b.Fatalf("by %s, %s: %d other rows, %v", by, c.name, len(got), err)
				}
				b.Run(by+"/"+c.name, func(b *testing.B) {
					w.rate(b, func() error {
						_, err := list(o, c.after, 50)
						return err
					})
				})
			}
		}
		b.Run("raw", func(b *testing.B) {
			w.rate(b, func() error {
				return w.readOne(ctx, statement{w.query(`SELECT m.principal, u.username, u.email, u.first_name, u.last_name
					FROM members m JOIN users u ON u.num = m.principal
					WHERE m.workspace_id = ? ORDER BY m.principal LIMIT 50`), string(w.workspace.ID)})
			})
		})
	})
}

// gather makes the crowd, by statements of its own: who they are matters here
// and how they came does not.
func (w *world) gather(b *testing.B) {
	b.Helper()
	ctx := context.Background()
	var next, node int64
	err := cmp.Or(
		w.raw.QueryRowContext(ctx, "SELECT max(num) + 1 FROM principals").Scan(&next),
		w.raw.QueryRowContext(ctx, w.query("SELECT num FROM workspaces WHERE id = ?"), string(w.workspace.ID)).Scan(&node),
	)
	if err != nil {
		b.Fatal(err)
	}
	series := fmt.Sprintf("WITH RECURSIVE i (n) AS (SELECT %d UNION ALL SELECT n + 1 FROM i WHERE n < %d)", next, next+crowd-1)
	text, hash := "CAST(i.n AS TEXT)", "CAST(i.n * 7919 % 100003 AS TEXT)" // in no order
	for _, statement := range []string{
		"INSERT INTO principals (num, id, kind) " + series + " SELECT n, " + text + ", 'user' FROM i",
		`INSERT INTO users (id, num, username, username_fold, email, email_fold, first_name, last_name, name_fold, search_fold,
			language, technical, created, updated) ` + series + ` SELECT ` + text + `, n, 'u' || ` + hash + `, 'u' || ` + hash + `,
			'e' || ` + hash + `, 'e' || ` + hash + `, 'first', 'n' || ` + hash + `, 'n' || ` + hash + ` || ' first', 'u' || ` + hash + `,
			'fr', FALSE, n % 1000, n FROM i`,
		`INSERT INTO members (workspace_id, principal, created, updated, name_fold, username_fold, email_fold, kind)
			SELECT '` + string(w.workspace.ID) + `', num, created, updated, name_fold, username_fold, email_fold, 'user'
			FROM users WHERE num >= ` + fmt.Sprint(next),
		fmt.Sprintf(`INSERT INTO rules (id, workspace, node, effect, principal, role, propagate, origin, created)
			SELECT id, %d, %d, 'allow', num, 'upload', TRUE, 'member', 0 FROM users WHERE num >= %d`, node, node, next),
		"ANALYZE",
	} {
		if _, err := w.raw.ExecContext(ctx, statement); err != nil {
			b.Fatal(statement, err)
		}
	}
}
