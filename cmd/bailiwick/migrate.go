package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/storage"
)

// databaseFlag is shared by all commands that use the database.
type databaseFlag struct {
	Database string `default:"sqlite:bailiwick.db" help:"The database: sqlite:FILE or postgres://USER@HOST/NAME."`
}

// file returns the path of a SQLite database, empty for PostgreSQL.
func (d databaseFlag) file() string {
	file, ok := strings.CutPrefix(d.Database, "sqlite:")
	if !ok {
		return ""
	}
	return file
}

// open opens the database, which may still be empty.
func (d databaseFlag) open(ctx context.Context) (*storage.DB, error) {
	return d.openWith(ctx, nil)
}

func (d databaseFlag) openWith(ctx context.Context, opts *storage.Options) (*storage.DB, error) {
	db, err := storage.Open(ctx, d.Database, opts)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return db, nil
}

// existing opens a database that a server uses, or used: it neither makes one,
// which a mistyped name would, nor migrates one under the eyes of a server of
// another version.
func (d databaseFlag) existing(ctx context.Context) (*storage.DB, error) {
	if file := d.file(); file != "" {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no database %s: bailiwick serve or bailiwick migrate makes it", file)
		}
	}
	db, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := db.Migrated(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%w (bailiwick migrate brings it up to date)", err), db.Close())
	}
	return db, nil
}

type migrateCommand struct {
	databaseFlag
}

// Run migrates and prints what was done.
func (c migrateCommand) Run(ctx context.Context, s streams) (err error) {
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	applied, err := db.Migrate(ctx, time.Now())
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, name := range applied {
		fmt.Fprintln(s.out, "applied", name)
	}
	fmt.Fprintln(s.out, "the database is up to date")
	return nil
}
