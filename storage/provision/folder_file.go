package provision

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// A file is a SQLite database that is there, as drivers open it. Nothing else of
// this process may open one that SQLite has open: SQLite's locks are the
// process's, and would end when another closes the file.
type file struct {
	path    string
	lock    string // what transactions begin with
	wait    time.Duration
	pragmas []string
}

// distrustful are how a file is opened that a stranger may have made: what is
// in its schema may not call what it should not, and pages are looked at twice.
func distrustful(path string, wait time.Duration) file {
	return file{path: path, lock: "deferred", wait: wait, pragmas: []string{"trusted_schema(0)", "cell_size_check(1)"}}
}

func (f file) Connect(context.Context) (driver.Conn, error) {
	query := url.Values{"mode": {"rw"}, "_txlock": {f.lock}}
	query["_pragma"] = append([]string{"busy_timeout(" + strconv.FormatInt(f.wait.Milliseconds(), 10) + ")"}, f.pragmas...)
	conn, err := sqliteshim.Driver().Open("file:" + (&url.URL{Path: f.path}).EscapedPath() + "?" + query.Encode())
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	return conn, nil
}

func (f file) Driver() driver.Driver { return sqliteshim.Driver() }

// with runs something with one connection.
func (f file) with(what func(*sql.DB) error) error {
	db := sql.OpenDB(f)
	db.SetMaxOpenConns(1)
	err := what(db)
	return errors.Join(err, db.Close())
}

// emptied makes an empty file for SQLite to write, which only this user can read.
func emptied(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // our own
	if err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	return nil
}

// copied copies a database as it is at one instant to a new file.
func copied(ctx context.Context, from, to string) error {
	if err := emptied(to); err != nil {
		return err
	}
	err := distrustful(from, patience).with(func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "VACUUM INTO ?", to)
		return err //nolint:wrapcheck // below
	})
	if errors.Is(err, fs.ErrNotExist) {
		return database.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("provision: copy: %w", err)
	}
	return nil
}

// logged leaves a file with a write-ahead log: who reads such a one is seen by
// who wants it alone, and what is empty gets its first page.
func logged(ctx context.Context, path string) error {
	err := distrustful(path, patience).with(func(db *sql.DB) error {
		return journal(ctx, db, "wal")
	})
	if err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	return nil
}

// unlogged leaves all of a database in one file, and returns ErrBusy where
// another has it open.
func unlogged(ctx context.Context, path string, wait time.Duration) error {
	err := distrustful(path, wait).with(func(db *sql.DB) error {
		if err := journal(ctx, db, "delete"); err != nil {
			return err
		}
		_, err := db.ExecContext(ctx, "BEGIN EXCLUSIVE; COMMIT")
		return err //nolint:wrapcheck // below
	})
	if refusal(err) == busy {
		return database.ErrBusy
	}
	if err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	return nil
}

// errJournal is returned where SQLite keeps to its way of logging without an error.
var errJournal = errors.New("sqlite: the way of logging stayed as it was")

func journal(ctx context.Context, db *sql.DB, mode string) error {
	var got string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode = "+mode).Scan(&got); err != nil {
		return err //nolint:wrapcheck // by the caller
	}
	if got != mode {
		return errJournal
	}
	return nil
}

// sound returns ErrBackup for a file that is no SQLite database, or a damaged one.
func sound(ctx context.Context, path string) error {
	err := distrustful(path, patience).with(func(db *sql.DB) error {
		var said string
		if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said); err != nil {
			return err //nolint:wrapcheck // below
		}
		if said != "ok" {
			return database.ErrBackup
		}
		return nil
	})
	switch {
	case errors.Is(err, database.ErrBackup), damaged(err):
		return fmt.Errorf("%w: %w", database.ErrBackup, err)
	case err != nil:
		return fmt.Errorf("provision: restore: %w", err)
	}
	return nil
}

// What SQLite's errors are told apart by.
const (
	busy    = 5
	corrupt = 11
	notADB  = 26
)

// refusal returns what an error of SQLite is told apart by.
func refusal(err error) int {
	var refused interface{ Code() int }
	if errors.As(err, &refused) {
		return refused.Code() & 0xff // without what is more exact
	}
	return 0
}

func damaged(err error) bool { return refusal(err) == corrupt || refusal(err) == notADB }
