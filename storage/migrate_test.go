package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// empty returns the address of a database of a kind that was never migrated.
func empty(t *testing.T, kind string) string {
	t.Helper()
	if kind == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "empty & %20.db")
	}
	cluster := pgtest.Shared(t)
	name, err := cluster.Create(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Drop(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return cluster.Address(name)
}

func exec(t *testing.T, db *storage.DB, statement string) {
	t.Helper()
	if _, err := storage.Writer(db).ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func texts(t *testing.T, db *storage.DB, query string) []string {
	t.Helper()
	var list []string
	if err := storage.Reader(db).NewRaw(query).Scan(t.Context(), &list); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return list
}

func TestMigrateTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		before := dbtest.Fingerprint(t, db)
		applied, err := db.Migrate(t.Context(), t0)
		if err != nil || len(applied) != 0 {
			t.Fatalf("Migrate again = %v, %v; want nothing to do", applied, err)
		}
		if after := dbtest.Fingerprint(t, db); after != before {
			t.Fatal("the database changed")
		}
	})
}

func TestMigratedTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		check := func(what string, want error) {
			t.Helper()
			if err := db.Migrated(t.Context()); !errors.Is(err, want) {
				t.Errorf("Migrated with %s = %v, want %v", what, err, want)
			}
		}
		refuse := func(what string, want error) {
			t.Helper()
			check(what, want)
			if _, err := db.Migrate(t.Context(), t0); !errors.Is(err, want) {
				t.Errorf("Migrate with %s = %v, want %v", what, err, want)
			}
		}
		check("everything", nil)
		exec(t, db, "INSERT INTO schema_migrations (version, name, checksum, applied) VALUES (9999, 'later', 'x', 0)")
		refuse("a later migration", storage.ErrNewer)
		exec(t, db, "DELETE FROM schema_migrations WHERE version = 9999")
		check("everything again", nil)
		exec(t, db, "UPDATE schema_migrations SET checksum = 'other'")
		refuse("another checksum", storage.ErrChanged)
		exec(t, db, "DELETE FROM schema_migrations")
		check("nothing applied", storage.ErrNotMigrated)
		exec(t, db, "DROP TABLE schema_migrations")
		check("no list at all", storage.ErrNotMigrated)
	})
}

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := empty(t, kind.Name)
			const servers = 8
			var all sync.WaitGroup
			var mu sync.Mutex
			var applied []string
			for range servers {
				all.Go(func() {
					db, err := storage.Open(t.Context(), address, nil)
					if err != nil {
						t.Error(err)
						return
					}
					defer db.Close()
					names, err := db.Migrate(t.Context(), t0)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					applied = append(applied, names...)
				})
			}
			all.Wait()
			db := dbtest.Open(t, address)
			list, err := storage.Migrations(db)
			if err != nil {
				t.Fatal(err)
			}
			if len(applied) != len(list) {
				t.Errorf("%d servers applied %v, want each of %d migrations once", servers, applied, len(list))
			}
			if err := db.Migrated(t.Context()); err != nil {
				t.Error(err)
			}
			// All were told the time, so nothing but the order could differ.
			other := dbtest.Open(t, empty(t, kind.Name))
			if _, err := other.Migrate(t.Context(), t0); err != nil {
				t.Fatal(err)
			}
			if dbtest.Fingerprint(t, db) != dbtest.Fingerprint(t, other) {
				t.Error("the database is not the one that a single server makes")
			}
		})
	}
}

func TestMigrationThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		tables := "SELECT name FROM sqlite_schema ORDER BY name"
		if storage.Reader(db) == storage.Writer(db) {
			tables = "SELECT tablename FROM pg_tables ORDER BY tablename"
		}
		before, names := dbtest.Fingerprint(t, db), texts(t, db, tables)
		broken := storage.Migration{Version: 9000, Name: "broken", Text: `
			CREATE TABLE half (id BIGINT PRIMARY KEY);
			INSERT INTO half (id) VALUES (1);
			UPDATE users SET username = username;
			INSERT INTO half (id) VALUES (1);`}
		if done, err := storage.Apply(t.Context(), db, broken, t0); err == nil || done {
			t.Fatalf("a broken migration: %v, %v", done, err)
		}
		if dbtest.Fingerprint(t, db) != before {
			t.Error("the rows changed")
		}
		if diff := cmp.Diff(names, texts(t, db, tables)); diff != "" {
			t.Errorf("the tables changed (-before +after):\n%s", diff)
		}
		whole := storage.Migration{Version: 9000, Name: "whole", Text: "CREATE TABLE half (id BIGINT PRIMARY KEY);"}
		if done, err := storage.Apply(t.Context(), db, whole, t0); err != nil || !done {
			t.Errorf("the mended migration: %v, %v", done, err)
		}
		if done, err := storage.Apply(t.Context(), db, whole, t0); err != nil || done {
			t.Errorf("the mended migration again: %v, %v", done, err)
		}
	})
}

func TestMigrationsAreTwins(t *testing.T) {
	t.Parallel()
	lite, pg := dbtest.New(t), dbtest.Open(t, dbtest.Postgres(t))
	type file struct {
		Version int64
		Name    string
	}
	files := func(db *storage.DB) (list []file) {
		all, err := storage.Migrations(db)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			list = append(list, file{m.Version, m.Name})
		}
		return list
	}
	if diff := cmp.Diff(files(lite), files(pg)); diff != "" {
		t.Errorf("migrations differ (-sqlite +postgres):\n%s", diff)
	}
	var last int64
	for _, f := range files(lite) {
		if f.Version <= last {
			t.Errorf("migration %d comes after %d", f.Version, last)
		}
		last = f.Version
	}
	twins := []struct{ what, sqlite, postgres string }{
		{
			"columns",
			`SELECT t.name || '.' || c.name || CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN ' not null' ELSE '' END
				FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`,
			`SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END
				FROM information_schema.columns WHERE table_schema = current_schema()`,
		},
		{
			"named indexes",
			`SELECT name FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite_%'`,
			`SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()
				AND indexname NOT IN (SELECT conname FROM pg_constraint)`,
		},
		{
			"foreign keys",
			`SELECT t.name || '.' || f."from" || ' to ' || f."table" || '.' || f."to"
				FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'`,
			`SELECT r.relname || '.' || a.attname || ' to ' || fr.relname || '.' || fa.attname
				FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (col, fcol)
				JOIN pg_class r ON r.oid = c.conrelid JOIN pg_class fr ON fr.oid = c.confrelid
				JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.col
				JOIN pg_attribute fa ON fa.attrelid = c.confrelid AND fa.attnum = k.fcol
				WHERE c.contype = 'f'`,
		},
		{
			"unique constraints",
			`SELECT name || ' (' || columns || ')' FROM (
				SELECT t.name, i.name AS i, (SELECT group_concat(c.name, ', ') FROM
					(SELECT name FROM pragma_index_info(i.name) ORDER BY name) c) AS columns
				FROM sqlite_schema t JOIN pragma_index_list(t.name) i
				WHERE t.type = 'table' AND i."unique" = 1 AND i.origin IN ('u', 'pk')
				UNION SELECT t.name, t.name, (SELECT group_concat(c.name, ', ') FROM
					(SELECT name FROM pragma_table_info(t.name) WHERE pk > 0 ORDER BY name) c)
				FROM sqlite_schema t WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%')`,
			`SELECT r.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY a.attname) FROM pg_attribute a
					WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)) || ')'
				FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid WHERE c.contype IN ('u', 'p') AND r.relnamespace = current_schema()::regnamespace`,
		},
	}
	for _, twin := range twins {
		a, b := texts(t, lite, twin.sqlite), texts(t, pg, twin.postgres)
		// Numbers are unique alone; PostgreSQL clusters them by workspace besides.
		clustered := func(line string) bool { return line == "rules (num, workspace)" }
		a, b = slices.DeleteFunc(a, clustered), slices.DeleteFunc(b, clustered)
		slices.Sort(a)
		slices.Sort(b)
		a, b = slices.Compact(a), slices.Compact(b)
		if len(a) < 15 {
			t.Errorf("only %d %s: %v", len(a), twin.what, a)
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s differ (-sqlite +postgres):\n%s", twin.what, diff)
		}
	}
}

func TestSQLiteIsOpenedAsPromised(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for _, end := range []struct {
		name  string
		pool  *sql.DB
		query string
		conns int
	}{
		{"writer", storage.Writer(db).DB, "0", 1},
		{"reader", storage.Reader(db).DB, "1", 4},
	} {
		var conns []*sql.Conn
		for range end.conns { // every connection, not only the first
			conn, err := end.pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, conn)
			for pragma, want := range map[string]string{
				"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "query_only": end.query,
			} {
				var got string
				if err := conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s: %s is %s, %v; want %s", end.name, pragma, got, err, want)
				}
			}
		}
		if end.pool.Stats().MaxOpenConnections != end.conns {
			t.Errorf("%s: %d connections, want %d", end.name, end.pool.Stats().MaxOpenConnections, end.conns)
		}
		for _, conn := range conns {
			conn.Close()
		}
	}
	// A transaction takes the write lock when it begins.
	tx, err := storage.Writer(db).DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var file string
	if err := tx.QueryRowContext(t.Context(), "SELECT file FROM pragma_database_list").Scan(&file); err != nil {
		t.Fatal(err)
	}
	other := dbtest.Open(t, "sqlite:"+file)
	conn, err := storage.Writer(other).DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "PRAGMA busy_timeout = 10"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err == nil {
		t.Error("two transactions that can write at once")
	}
}

func TestOpenRefusesAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "sqlite:", "file.db", "mysql://x", "postgres://%zz"} {
		if db, err := storage.Open(t.Context(), address, nil); !errors.Is(err, storage.ErrAddress) || db != nil {
			t.Errorf("Open(%q) = %v, want ErrAddress", address, err)
		}
	}
	if _, err := storage.Open(t.Context(), "sqlite:"+t.TempDir()+"/no/such/folder.db", nil); err == nil {
		t.Error("a file in a folder that is not there was opened")
	}
}
