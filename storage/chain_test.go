package storage_test

import (
	"context"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// TestChainsBeginAtTheMigration has events of before it.
func TestChainsBeginAtTheMigration(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.Open(t, empty(t, kind.Name))
			list, err := storage.Migrations(db)
			if err != nil {
				t.Fatal(err)
			}
			must := func(_ any, err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			w := storage.Writer(db)
			must(w.Exec("CREATE TABLE schema_lock (id BIGINT PRIMARY KEY)"))
			must(w.Exec("CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied BIGINT NOT NULL)"))
			for _, m := range list {
				if m.Name == "audit" {
					for id, chain := range map[string]string{"a": "w", "b": "w", "c": ""} {
						must(w.Exec(`INSERT INTO audit_events (id, at, principal, actor, via, address, action, workspace_id, organization_id,
							object_kind, object_id, object_name, detail) VALUES (?, 1, 7, 'Ada', '', '', 'x', ?, '', '', '', 'Roads', '')`, id, chain))
					}
				}
				must(storage.Apply(t.Context(), db, m, t0))
			}
			must(nil, db.Tx(t.Context(), func(ctx context.Context) error {
				return db.Trail().Append(ctx, audit.Event{ID: "d", At: t0, Action: "y", Workspace: "w"})
			}))
			s := audit.New(db.Trail(), nil)
			for chain, want := range map[string][2]int64{"w": {2, 1}, "": {1, 0}} {
				r, err := s.Verify(t.Context(), chain)
				if err != nil || r.Fault != nil || r.Unchained != want[0] || r.Checked != want[1] {
					t.Errorf("%q: %+v, %v", chain, r, err)
				}
			}
			found, err := db.Trail().List(t.Context(), audit.Filter{Search: "roads", Workspace: "w"})
			if err != nil || len(found) != 2 || found[0].Seq != 0 {
				t.Errorf("%+v, %v", found, err)
			}
		})
	}
}

// TestJoinedUnitsAreChained appends in a transaction of a host's.
func TestJoinedUnitsAreChained(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		event := func(ctx context.Context, id string, fail error) {
			t.Helper()
			err := db.Tx(ctx, func(ctx context.Context) error {
				if err := db.Trail().Append(ctx, audit.Event{ID: audit.EventID(id), At: t0, Action: "x", Workspace: "w"}); err != nil {
					return err
				}
				return fail
			})
			if (err == nil) != (fail == nil) {
				t.Errorf("%s: %v", id, err)
			}
		}
		tx, err := storage.Writer(db).BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		joined := db.Join(t.Context(), tx)
		event(joined, "a", nil)
		event(joined, "b", context.Canceled)
		event(joined, "c", nil)
		if n, err := db.Trail().Count(joined, audit.Filter{}); err != nil || n != 2 {
			t.Errorf("inside there are %d, %v", n, err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		event(t.Context(), "d", nil)
		if r, err := audit.New(db.Trail(), nil).Verify(t.Context(), "w"); err != nil || r.Fault != nil || r.Checked != 3 {
			t.Errorf("%+v, %v, %v", r, r.Fault, err)
		}
	})
}
