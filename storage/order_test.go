package storage_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/storagetest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestOrdersOfAnyLocale runs the contract of orders in a database that compares
// texts as the French do: the order is that of the bytes all the same.
func TestOrdersOfAnyLocale(t *testing.T) {
	t.Parallel()
	french := func(t *testing.T) *storagetest.Backend {
		t.Helper()
		return backend(t, dbtest.Kind{Name: "french", Make: func(tb testing.TB) string {
			tb.Helper()
			cluster := pgtest.Shared(tb)
			name, err := cluster.Create(context.Background(), "template0 LOCALE_PROVIDER icu ICU_LOCALE 'fr'")
			if err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(func() {
				if err := cluster.Drop(context.Background(), name); err != nil {
					tb.Error(err)
				}
			})
			address := cluster.Address(name)
			if _, err := dbtest.Open(tb, address).Migrate(context.Background(), t0); err != nil {
				tb.Fatal(err)
			}
			return address
		}})
	}
	storagetest.Orders(t, french)
	storagetest.Preferences(t, french)
}

// migrated migrates a database of each kind that has something in it before a
// version, and looks at what came of it.
func migrated(t *testing.T, version int64, before, after func(t *testing.T, db *storage.DB)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.Open(t, empty(t, kind.Name))
			list, err := storage.Migrations(db)
			if err != nil {
				t.Fatal(err)
			}
			if err := storage.Prepare(t.Context(), db); err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				if m.Version == version {
					before(t, db)
				}
				if _, err := storage.Apply(t.Context(), db, m, t0); err != nil {
					t.Fatal(m.Name, err)
				}
			}
			after(t, db)
		})
	}
}

// TestOrdersOfWhatWasThere migrates a database that has users, groups and
// members.
func TestOrdersOfWhatWasThere(t *testing.T) {
	t.Parallel()
	const orders = 9
	migrated(t, orders, func(t *testing.T, db *storage.DB) {
		t.Helper()
		exec(t, db, `INSERT INTO principals (num, id, kind) VALUES
			(101, 'a', 'group'), (102, 'u', 'user'), (103, 'v', 'user'), (104, 'g', 'group')`)
		exec(t, db, `INSERT INTO users (id, num, username, username_fold, email, email_fold, first_name, last_name, search_fold,
				language, technical, created, updated) VALUES
			('u', 102, 'Zoë', 'zoë', 'Z@x', 'z@x', 'Éva', 'Größe', 'zoë
z@x
éva grösse
grösse éva', 'fr', FALSE, 0, 0),
			('v', 103, 'robot', 'robot', 'r', 'r', '', '', 'robot
r
 
 ', 'fr', TRUE, 0, 0)`)
		exec(t, db, `INSERT INTO groups (id, num, name, name_fold, description, created, updated) VALUES ('g', 104, 'Été', 'été', '', 0, 0)`)
		exec(t, db, `INSERT INTO workspaces (id, num, name, name_fold, technical_name, technical_fold, description, contact, public,
			audience, created, updated) VALUES ('w', 1, 'W', 'w', 'W', 'w', '', '', FALSE, 101, 0, 0)`)
		exec(t, db, `INSERT INTO members (workspace_id, principal, created, updated) VALUES ('w', 102, 0, 0), ('w', 103, 0, 0), ('w', 104, 0, 0)`)
	}, func(t *testing.T, db *storage.DB) {
		t.Helper()
		got := texts(t, db, "SELECT name_fold || '|' || username_fold || '|' || email_fold || '|' || kind FROM members ORDER BY principal")
		if diff := cmp.Diff([]string{"grösse éva|zoë|z@x|user", "|robot|r|user", "été|||group"}, got); diff != "" {
			t.Errorf("members differ (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"grösse éva", ""}, texts(t, db, "SELECT name_fold FROM users ORDER BY num")); diff != "" {
			t.Errorf("users differ (-want +got):\n%s", diff)
		}
	})
}

// TestInvitersOfWhatWasThere migrates a database that has an invitation: it is
// found by the address of who invited.
func TestInvitersOfWhatWasThere(t *testing.T) {
	t.Parallel()
	const console = 16
	migrated(t, console, func(t *testing.T, db *storage.DB) {
		t.Helper()
		exec(t, db, `INSERT INTO principals (num, id, kind) VALUES (101, 'a', 'group')`)
		exec(t, db, `INSERT INTO workspaces (id, num, name, name_fold, technical_name, technical_fold, description, contact, public,
			audience, created, updated) VALUES ('w', 1, 'W', 'w', 'W', 'w', '', '', FALSE, 101, 0, 0)`)
		exec(t, db, `INSERT INTO invitations (workspace_id, id, kind, email, email_fold, domains, uses, max_uses, roles, language,
			inviter_id, inviter_num, inviter_name, inviter_email, state, sent, mailed, accepted_by, expires, created, updated,
			digest, sealed, version, hold) VALUES
			('w', 'i', 'personal', 'a@x', 'a@x', '[]', 0, 0, '[]', 'en', 'u', 7, 'Ann', 'Ann@X.org', 'pending', 0, FALSE, '', 0, 0, 0, 'd', '', 1, '')`)
	}, func(t *testing.T, db *storage.DB) {
		t.Helper()
		for has, want := range map[string]int{"ANN@x": 1, "bob": 0} {
			n, err := db.Workspaces().CountInvitations(t.Context(), workspace.InvitationFilter{InviterEmailHas: has})
			if err != nil || n != want {
				t.Errorf("by %s: %d, %v; want %d", has, n, err, want)
			}
		}
	})
}
