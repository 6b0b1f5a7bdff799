package storage

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed migrations
var migrations embed.FS

// Errors of migrations.
var (
	// ErrNewer is returned when the database was migrated by a newer version
	// of this package than the one at hand.
	ErrNewer = errors.New("storage: the database is newer than this program")
	// ErrChanged is returned when a migration that was applied is not the one
	// at hand.
	ErrChanged = errors.New("storage: a migration was changed after it was applied")
	// ErrNotMigrated is returned by [DB.Migrated] when migrations are missing.
	ErrNotMigrated = errors.New("storage: the database needs migrating")
)

// A migration is a file of SQL statements, numbered alike for both databases.
type migration struct {
	version int64
	name    string
	text    string
}

func (m migration) checksum() string {
	sum := sha256.Sum256([]byte(m.text))
	return hex.EncodeToString(sum[:])
}

func (db *DB) migrations() ([]migration, error) {
	dir := "migrations/sqlite"
	if db.postgres() {
		dir = "migrations/postgres"
	}
	entries, err := fs.ReadDir(migrations, dir)
	if err != nil {
		return nil, fmt.Errorf("storage: migrations: %w", err)
	}
	var list []migration
	for _, entry := range entries {
		number, name, _ := strings.Cut(strings.TrimSuffix(entry.Name(), ".sql"), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("storage: migration %s: %w", entry.Name(), err)
		}
		text, err := fs.ReadFile(migrations, dir+"/"+entry.Name())
		if err != nil {
			return nil, fmt.Errorf("storage: migration %s: %w", entry.Name(), err)
		}
		list = append(list, migration{version: version, name: name, text: string(text)})
	}
	slices.SortFunc(list, func(a, b migration) int { return int(a.version - b.version) })
	return list, nil
}

// Migrate brings the database to the state that this package needs, and
// returns the names of the migrations it applied, which it notes as applied
// now. Each is one transaction,
// which holds a row that others wait for, so that any number of servers may
// start at once and one that dies leaves neither half a migration nor a lock.
// Migrations go forward only.
func (db *DB) Migrate(ctx context.Context, now time.Time) ([]string, error) {
	list, err := db.migrations()
	if err != nil {
		return nil, err
	}
	if err := db.prepareMigrations(ctx); err != nil {
		return nil, err
	}
	var applied []string
	for _, m := range list {
		done, err := db.apply(ctx, m, now)
		if err != nil {
			return applied, err
		}
		if done {
			applied = append(applied, fmt.Sprintf("%04d_%s", m.version, m.name))
		}
	}
	return applied, db.Migrated(ctx)
}

// apply applies one migration unless it was, and reports whether it did.
func (db *DB) apply(ctx context.Context, m migration, now time.Time) (bool, error) {
	done := false
	err := db.Tx(ctx, func(ctx context.Context) error {
		done = false
		s, err := db.writing(ctx)
		if err != nil {
			return err
		}
		if _, err := s.raw("UPDATE schema_lock SET id = id").Exec(ctx); err != nil {
			return fmt.Errorf("storage: lock for migrations: %w", err)
		}
		sums, err := s.checksums(ctx)
		if err != nil {
			return err
		}
		if sum, ok := sums[m.version]; ok {
			if sum != m.checksum() {
				return fmt.Errorf("%w: %04d_%s", ErrChanged, m.version, m.name)
			}
			return nil
		}
		if _, err := s.conn.ExecContext(ctx, m.text); err != nil {
			return fmt.Errorf("storage: migration %04d_%s: %w", m.version, m.name, err)
		}
		_, err = s.raw("INSERT INTO schema_migrations (version, name, checksum, applied) VALUES (?, ?, ?, ?)",
			m.version, m.name, m.checksum(), instantOf(now)).Exec(ctx)
		done = true
		return err
	})
	return done, err
}

// prepareMigrations makes the two tables that migrating itself needs. Two
// servers may do so at once: the one that comes second tries again and finds
// them.
func (db *DB) prepareMigrations(ctx context.Context) error {
	const tables = `
CREATE TABLE IF NOT EXISTS schema_lock (id BIGINT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS schema_migrations (
	version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied BIGINT NOT NULL);
INSERT INTO schema_lock (id) VALUES (1) ON CONFLICT (id) DO NOTHING;`
	var err error
	for range attempts {
		err = db.Tx(ctx, func(ctx context.Context) error {
			s, err := db.writing(ctx)
			if err != nil {
				return err
			}
			_, err = s.conn.ExecContext(ctx, tables)
			return err //nolint:wrapcheck // wrapped below
		})
		if !madeMeanwhile(err) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("storage: prepare migrations: %w", err)
	}
	return nil
}

func (s session) checksums(ctx context.Context) (map[int64]string, error) {
	var rows []struct {
		Version  int64
		Checksum string
	}
	if err := s.raw("SELECT version, checksum FROM schema_migrations").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("storage: migrations: %w", err)
	}
	sums := map[int64]string{}
	for _, r := range rows {
		sums[r.Version] = r.Checksum
	}
	return sums, nil
}

// Migrated returns nil when the database is in the state that this package
// needs, else ErrNotMigrated, ErrNewer or ErrChanged.
func (db *DB) Migrated(ctx context.Context) error {
	list, err := db.migrations()
	if err != nil {
		return err
	}
	s, err := db.reading(ctx)
	if err != nil {
		return err
	}
	sums, err := s.checksums(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotMigrated, err)
	}
	for _, m := range list {
		sum, ok := sums[m.version]
		if !ok {
			return fmt.Errorf("%w: %04d_%s is missing", ErrNotMigrated, m.version, m.name)
		}
		if sum != m.checksum() {
			return fmt.Errorf("%w: %04d_%s", ErrChanged, m.version, m.name)
		}
		delete(sums, m.version)
	}
	for version := range sums {
		return fmt.Errorf("%w: it has migration %04d", ErrNewer, version)
	}
	return nil
}
