package storage_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// since returns what Since tells of one workspace.
func since(t *testing.T, db *storage.DB, workspace rbac.Node, from int64) rbac.Delta {
	t.Helper()
	list, err := db.Rules().Since(t.Context(), map[rbac.Node]int64{workspace: from})
	if err != nil || len(list) != 1 {
		t.Fatalf("Since(%d, %d) = %v, %v", workspace, from, list, err)
	}
	return list[0]
}

func putRole(t *testing.T, db *storage.DB) int64 {
	t.Helper()
	err := db.Tx(t.Context(), func(ctx context.Context) error { return db.Rules().PutRole(ctx, rbac.Role{Name: "r"}) })
	if err != nil {
		t.Fatal(err)
	}
	token, err := db.Rules().Revision(t.Context(), rbac.Root)
	if err != nil {
		t.Fatal(err)
	}
	return token.Revision
}

// TestSinceKnowsWhatItDoesNot damages the log in every way.
func TestSinceKnowsWhatItDoesNot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		// The first revision is older than the log, the second a migration's.
		if diff := cmp.Diff(rbac.Delta{To: 2, Unknown: true}, since(t, db, rbac.Root, 0)); diff != "" {
			t.Errorf("since before the log (-want +got):\n%s", diff)
		}
		first := putRole(t, db)
		putRole(t, db)
		last := putRole(t, db)
		if d := since(t, db, rbac.Root, first-1); d.Unknown || len(d.Roles) != 1 || d.To != last {
			t.Fatalf("the delta is %+v", d)
		}
		for what, c := range map[string]struct{ damage, repair string }{
			"a line of an unknown kind": {
				"INSERT INTO changes (workspace, revision, kind, num, name) VALUES (0, %d, 'other', 0, '')",
				"DELETE FROM changes WHERE kind = 'other'",
			},
			"a line of everything": {
				"INSERT INTO changes (workspace, revision, kind, num, name) VALUES (0, %d, 'everything', 0, '')",
				"DELETE FROM changes WHERE kind = 'everything'",
			},
			"a revision without a line": {"UPDATE changes SET revision = -1 WHERE revision = %d", "UPDATE changes SET revision = " + fmt.Sprint(first+1) + " WHERE revision = -1"},
			"a last revision without a line": {
				"UPDATE revisions SET revision = %d + 2 WHERE workspace = 0", "UPDATE revisions SET revision = " + fmt.Sprint(last) + " WHERE workspace = 0",
			},
		} {
			exec(t, db, fmt.Sprintf(c.damage, first+1))
			want := rbac.Delta{From: first, To: last, Unknown: true}
			if what == "a last revision without a line" {
				want.To = first + 3
			}
			if diff := cmp.Diff(want, since(t, db, rbac.Root, first)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
			exec(t, db, c.repair)
			if d := since(t, db, rbac.Root, first); d.Unknown {
				t.Fatalf("%s: not repaired", what)
			}
		}
		// Too much to read.
		for i := range 21 {
			statement := "INSERT INTO changes (workspace, revision, kind, num, name) VALUES "
			for j := range 1000 {
				if j > 0 {
					statement += ", "
				}
				statement += fmt.Sprintf("(0, %d, 'rule', %d, '')", last, 1000*i+j)
			}
			exec(t, db, statement)
		}
		if d := since(t, db, rbac.Root, first); !d.Unknown || d.To != last || len(d.GoneRules) > 0 {
			t.Errorf("since very much: unknown %v, to %d", d.Unknown, d.To)
		}
		exec(t, db, "DELETE FROM changes WHERE kind = 'rule' AND num >= 19000")
		if d := since(t, db, rbac.Root, first); d.Unknown || len(d.GoneRules)+len(d.Rules) != 19000 {
			t.Errorf("since much: unknown %v, %d rules", d.Unknown, len(d.GoneRules))
		}
	})
}

// TestChangesArePruned raises a revision to a multiple of 1024.
func TestChangesArePruned(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		old := putRole(t, db)
		exec(t, db, fmt.Sprintf("UPDATE changes SET revision = %d WHERE revision = %d", 20*1024-16384-1, old))
		exec(t, db, fmt.Sprintf("INSERT INTO changes (workspace, revision, kind, num, name) VALUES (0, %d, 'nothing', 0, ''), (5, 1, 'nothing', 0, '')", 20*1024-16384))
		exec(t, db, "UPDATE revisions SET revision = 20478 WHERE workspace = 0")
		lines := "SELECT workspace || ' ' || revision || ' ' || kind FROM changes WHERE revision < 20479 ORDER BY 1"
		putRole(t, db)
		if got := texts(t, db, lines); len(got) != 4 { // one is a migration's
			t.Errorf("before, there are %v", got)
		}
		if last := putRole(t, db); last != 20480 {
			t.Fatalf("the revision is %d", last)
		}
		if diff := cmp.Diff([]string{"0 4096 nothing", "5 1 nothing"}, texts(t, db, lines)); diff != "" {
			t.Errorf("what is left (-want +got):\n%s", diff)
		}
		if d := since(t, db, rbac.Root, 4094); !d.Unknown || d.To != 20480 {
			t.Errorf("since what was pruned: %+v", d)
		}
		if d := since(t, db, rbac.Root, 20478); d.Unknown || len(d.Roles) != 1 {
			t.Errorf("since what was kept: %+v", d)
		}
	})
}

// TestSinceTellsOfMoves moves a node with its rule to another workspace.
func TestSinceTellsOfMoves(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			dbtest.Plant(t, address, []rbac.Place{
				{Node: 11, Class: "workspace", Workspace: 11},
				{Node: 12, Class: "workspace", Workspace: 12},
				{Node: 13, Parent: 11, Class: "offering", Workspace: 11, Links: map[string]rbac.Node{"peer": 12}},
			}, []rbac.Identity{{Principal: 21, Kind: rbac.Group}})
			db := dbtest.Open(t, address)
			var rule rbac.Rule
			err := db.Tx(t.Context(), func(ctx context.Context) (err error) {
				rule, err = db.Rules().AddRule(ctx, rbac.Rule{ID: "r", Node: 13, Effect: rbac.Allow, Principal: 21, Created: t0})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			exec(t, db, "DELETE FROM rules WHERE principal = 21")
			exec(t, db, "UPDATE nodes SET workspace = 12, parent = 12 WHERE num = 13")
			exec(t, db, fmt.Sprintf(`INSERT INTO rules (num, id, workspace, node, effect, principal, propagate, created)
				VALUES (%d, 'r', 12, 13, 'allow', 21, FALSE, %d)`, rule.Num, t0.UnixMicro()))
			exec(t, db, "UPDATE revisions SET revision = revision + 1 WHERE workspace IN (11, 12)")
			exec(t, db, fmt.Sprintf(`INSERT INTO changes (workspace, revision, kind, num, name)
				SELECT workspace, revision, 'node', 13, '' FROM revisions WHERE workspace IN (11, 12) UNION ALL
				SELECT workspace, revision, 'rule', %d, '' FROM revisions WHERE workspace IN (11, 12)`, rule.Num))
			want := []rbac.Delta{
				{Workspace: 11, From: 2, To: 3, GonePlaces: []rbac.Node{13}, GoneRules: []int64{rule.Num}},
				{
					Workspace: 12, From: 1, To: 2, Rules: []rbac.Rule{rule},
					Places: []rbac.Place{{Node: 13, Parent: 12, Class: "offering", Workspace: 12, Links: map[string]rbac.Node{"peer": 12}}},
				},
			}
			got, err := db.Rules().Since(t.Context(), map[rbac.Node]int64{11: 2, 12: 1})
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestAwaitLosesItsConnection ends the connection that listens: whoever waits
// is told, and who waits again is woken by the next.
func TestAwaitLosesItsConnection(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.Postgres(t))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := db.Rules().Await(ctx); err != nil { // it begins to listen
		t.Fatal(err)
	}
	lost := make(chan error, 1)
	go func() { lost <- db.Rules().Await(ctx) }()
	time.Sleep(50 * time.Millisecond)
	exec(t, db, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
	if err := <-lost; err == nil {
		t.Error("nobody was told that the connection was lost")
	}
	for db.Rules().Await(ctx) != nil { // until it listens again
		if ctx.Err() != nil {
			t.Fatal("it never listens again")
		}
	}
	woken := make(chan error, 1)
	go func() { woken <- db.Rules().Await(ctx) }()
	putRole(t, db)
	if err := <-woken; err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if err := db.Rules().Await(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("Await of what is closed = %v", err)
	}
}
