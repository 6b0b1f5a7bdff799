// Package dbtest gives tests migrated databases of both kinds, a fingerprint
// of everything in one, and connections that fail on demand.
package dbtest

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// A Kind is a kind of database with the way to make an empty, migrated one.
type Kind struct {
	Name string
	// Make returns the address of a fresh database that is gone after the test.
	Make func(tb testing.TB) string
}

// Kinds returns both kinds. No test may leave one of them out; a run of all
// tests that is not the only one may, by BAILIWICK_KINDS, the name of the other.
func Kinds() []Kind {
	kinds := []Kind{OnSQLite(), OnPostgres()}
	only := os.Getenv("BAILIWICK_KINDS")
	if only == "" {
		return kinds
	}
	for _, k := range kinds {
		if k.Name == only {
			return []Kind{k}
		}
	}
	panic("dbtest: BAILIWICK_KINDS is " + only + ", want sqlite or postgres")
}

// OnSQLite is the quicker kind, for what no database makes a difference to.
func OnSQLite() Kind { return Kind{"sqlite", SQLite} }

// OnPostgres is the other kind, for what only a server can be asked.
func OnPostgres() Kind { return Kind{"postgres", Postgres} }

// Each runs a test on a fresh database of each kind.
func Each(t *testing.T, test func(t *testing.T, db *storage.DB)) {
	t.Helper()
	for _, kind := range Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			test(t, Open(t, kind.Make(t)))
		})
	}
}

// New returns a fresh SQLite database, for tests of what is above storage.
func New(tb testing.TB) *storage.DB {
	tb.Helper()
	return Open(tb, SQLite(tb))
}

// Open opens a database until the test ends.
func Open(tb testing.TB, address string) *storage.DB {
	tb.Helper()
	return OpenWith(tb, address, nil)
}

// OpenWith opens a database with options until the test ends.
func OpenWith(tb testing.TB, address string, opts *storage.Options) *storage.DB {
	tb.Helper()
	db, err := storage.Open(context.Background(), address, opts)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("dbtest: %v", err)
		}
	})
	return db
}

func migrate(address string) error {
	ctx := context.Background()
	db, err := storage.Open(ctx, address, nil)
	if err != nil {
		return err //nolint:wrapcheck // shown as it is
	}
	if _, err := db.Migrate(ctx, time.Now()); err != nil {
		return err //nolint:wrapcheck // shown as it is
	}
	return db.Close() //nolint:wrapcheck // shown as it is
}

// The migrated databases that fresh ones are copies of, one a process.
//
//nolint:gochecknoglobals // one a process
var (
	sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
		dir, err := os.MkdirTemp("", "dbtest")
		if err != nil {
			return nil, err //nolint:wrapcheck // shown as it is
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		file := filepath.Join(dir, "template.db")
		if err := migrate("sqlite:" + file); err != nil {
			return nil, err
		}
		return os.ReadFile(file) //nolint:wrapcheck // shown as it is
	})
	postgresTemplate sync.Map // *pgtest.Cluster → func() (string, error)
)

// SQLite returns the address of a fresh migrated SQLite database.
func SQLite(tb testing.TB) string {
	tb.Helper()
	template, err := sqliteTemplate()
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	file := filepath.Join(tb.TempDir(), "bailiwick.db")
	if err := os.WriteFile(file, template, 0o600); err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	return "sqlite:" + file
}

// Postgres returns the address of a fresh migrated PostgreSQL database.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return PostgresIn(tb, pgtest.Shared(tb))
}

// PostgresIn is like [Postgres] in a cluster of one's own.
func PostgresIn(tb testing.TB, cluster *pgtest.Cluster) string {
	tb.Helper()
	return copied(tb, cluster, blank(tb, cluster))
}

// blank returns the name of a migrated database that nobody changes.
func blank(tb testing.TB, cluster *pgtest.Cluster) string {
	tb.Helper()
	ctx := context.Background()
	made, _ := postgresTemplate.LoadOrStore(cluster, sync.OnceValues(func() (string, error) {
		name, err := cluster.Create(ctx, "")
		if err != nil {
			return "", err //nolint:wrapcheck // shown as it is
		}
		return name, migrate(cluster.Address(name)) //nolint:contextcheck // outlives the test
	}))
	template, err := made.(func() (string, error))() //nolint:forcetypeassert // stored above
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	return template
}

// copied returns the address of a copy of a database that is gone after the test.
func copied(tb testing.TB, cluster *pgtest.Cluster, template string) string {
	tb.Helper()
	name, err := cluster.Create(context.Background(), template)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	tb.Cleanup(func() {
		if err := cluster.Drop(context.Background(), name); err != nil {
			tb.Errorf("dbtest: %v", err)
		}
	})
	return cluster.Address(name)
}

// Fingerprint returns a digest of everything in a database.
func Fingerprint(tb testing.TB, db *storage.DB) string {
	tb.Helper()
	sum, err := db.Fingerprint(context.Background(), nil)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	return sum
}

// Dump writes everything in a database, for comparing by eye.
func Dump(tb testing.TB, db *storage.DB, w io.Writer) {
	tb.Helper()
	if _, err := db.Fingerprint(context.Background(), w); err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
}
