package storage

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Writer and Reader return the connections of a database, for tests that look
// at them or past the stores.
func Writer(db *DB) *bun.DB { return db.write }

// Reader is described at [Writer].
func Reader(db *DB) *bun.DB { return db.read }

// Narrow has a store take fewer features for many, so that few are enough to
// test what it does with many.
func Narrow(f *Features, narrow, soon int) *Features {
	return &Features{db: f.db, narrow: narrow, soon: soon}
}

// Migration is one file of migrations/.
type Migration struct {
	Version int64
	Name    string
	Text    string
}

// Migrations returns the migrations of a database's kind.
func Migrations(db *DB) ([]Migration, error) {
	list, err := db.migrations()
	if err != nil {
		return nil, err
	}
	var out []Migration
	for _, m := range list {
		out = append(out, Migration{Version: m.version, Name: m.name, Text: m.text})
	}
	return out, nil
}

// Prepare makes what migrating itself needs.
func Prepare(ctx context.Context, db *DB) error { return db.prepareMigrations(ctx) }

// Apply applies one migration.
func Apply(ctx context.Context, db *DB, m Migration, now time.Time) (bool, error) {
	return db.apply(ctx, migration{version: m.Version, name: m.Name, text: m.Text}, now)
}

// LosePulse closes the connection that the pulse is felt on.
func LosePulse(db *DB) error {
	db.pulse.mu.Lock()
	defer db.pulse.mu.Unlock()
	return db.pulse.shut()
}

// SendsWhole reports whether a database has given up on prepared statements.
func SendsWhole(db *DB) bool { return db.kept.whole.Load() }
