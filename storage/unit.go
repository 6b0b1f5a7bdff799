package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// A unit is a unit of work: a transaction, and whether anything in it failed.
type unit struct {
	tx     *sql.Tx
	joined bool // the transaction is a host's, which commits it

	mu     sync.Mutex
	failed error
	ended  bool

	// changes are those whose revisions were not raised yet, raised the
	// revisions that were: both by workspace.
	changes map[rbac.Node]map[change]bool
	raised  map[rbac.Node]int64
	// events are those that were appended and not written yet.
	events []audit.Event
}

// unitKey finds the unit of one database in a context: a program may use two.
type unitKey struct{ db *DB }

func (db *DB) unit(ctx context.Context) *unit {
	u, _ := ctx.Value(unitKey{db}).(*unit)
	return u
}

func (db *DB) enter(ctx context.Context, u *unit) context.Context {
	return context.WithValue(ctx, unitKey{db}, u)
}

func (u *unit) fail(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.failed == nil {
		u.failed = err
	}
}

func (u *unit) state() (ended bool, failed error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.ended, u.failed
}

// over reports whether there is nothing more to be done in a unit.
func (u *unit) over() bool {
	ended, failed := u.state()
	return ended || failed != nil
}

// end closes the unit to further use and returns what failed in it.
func (u *unit) end() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ended = true
	return u.failed
}

// conclude does what is left to the end of a unit, so that what everybody
// changes is locked for as short as can be, and in one order: the revisions,
// which may have been raised before, and then the heads of the trail.
func (db *DB) conclude(ctx context.Context, u *unit) error {
	if err := db.raise(ctx, u); err != nil {
		return err
	}
	return db.chain(ctx, u)
}

// failures is the bun hook that remembers a failed statement in its unit, so
// that no caller can commit past an error he overlooked.
type failures struct{ db *DB }

func (failures) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (f failures) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	if e.Err == nil || errors.Is(e.Err, sql.ErrNoRows) {
		return
	}
	if u := f.db.unit(ctx); u != nil {
		u.fail(e.Err)
	}
}

// attempts bounds how often a unit is tried when the database says that it
// collided with another.
const attempts = 12

// Tx runs fn in a unit of work. Inside another one it joins that: if fn
// returns an error there, the whole unit will refuse to commit. Where the
// database reports that two units collided (a serialization failure, a
// deadlock, a locked file), fn runs again in a new one, so it must not do
// anything that cannot be repeated or rolled back.
func (db *DB) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	if u := db.unit(ctx); u != nil {
		return db.nested(ctx, u, fn)
	}
	for try := 1; ; try++ {
		err := db.once(ctx, fn)
		if err == nil || try == attempts || !collided(err) {
			return err
		}
		pause := time.Duration(1<<min(try, 7))*time.Millisecond + rand.N(10*time.Millisecond) //nolint:gosec // jitter needs no secrecy
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

func (db *DB) once(ctx context.Context, fn func(ctx context.Context) error) (err error) {
	tx, err := db.write.DB.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("storage: begin: %w", err)
	}
	u := &unit{tx: tx}
	committed := false
	defer func() {
		_ = u.end()
		if !committed { // also when fn panics
			if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
				err = errors.Join(err, fmt.Errorf("storage: roll back: %w", undo))
			}
		}
	}()
	if err := fn(db.enter(ctx, u)); err != nil {
		return err
	}
	if failed := u.end(); failed != nil {
		return fmt.Errorf("%w: %w", ErrUnitFailed, failed)
	}
	if err := db.conclude(ctx, u); err != nil {
		return err
	}
	if db.pulse != nil {
		db.pulse.committing.Add(1)
	}
	err = tx.Commit()
	if db.pulse != nil { // also after an error: who knows what came of it
		db.pulse.commits.Add(1)
		db.pulse.committing.Add(-1)
	}
	if err != nil {
		return fmt.Errorf("storage: commit: %w", err)
	}
	committed = true
	db.watchers.tell(ctx, u.raised)
	return nil
}

func (db *DB) nested(ctx context.Context, u *unit, fn func(ctx context.Context) error) error {
	ended, failed := u.state()
	switch {
	case ended:
		return ErrUnitEnded
	case failed != nil:
		return fmt.Errorf("%w: %w", ErrUnitFailed, failed)
	case u.joined:
		return db.savepoint(ctx, u, fn)
	}
	err := errPanic // unless fn returns: somebody may recover further out
	defer func() {
		if err != nil {
			u.fail(err)
		}
	}()
	err = fn(ctx)
	return err
}

// errPanic is what fails a unit in which a part of it panicked.
var errPanic = errors.New("storage: a panic in the unit of work")

// Join returns a context in which everything of db takes part in a transaction
// of the host's own, which the host commits or rolls back. Each change is done
// whole or not at all: one that fails leaves the host's transaction usable, as
// if it had not been tried. The transaction must be one of the same database,
// and SQLite's must be able to write.
func (db *DB) Join(ctx context.Context, tx bun.Tx) context.Context {
	if db.pulse != nil {
		db.pulse.joined.Store(true)
	}
	return db.enter(ctx, &unit{tx: tx.Tx, joined: true})
}

// savepoint runs fn in a part of a host's transaction that can be undone alone.
func (db *DB) savepoint(ctx context.Context, host *unit, fn func(ctx context.Context) error) (err error) {
	if _, err := host.tx.ExecContext(ctx, "SAVEPOINT bailiwick"); err != nil {
		return fmt.Errorf("storage: savepoint: %w", err)
	}
	u := &unit{tx: host.tx}
	kept := false
	defer func() {
		_ = u.end()
		if !kept {
			_, undo := host.tx.ExecContext(context.WithoutCancel(ctx),
				"ROLLBACK TO SAVEPOINT bailiwick; RELEASE SAVEPOINT bailiwick")
			if undo != nil && !errors.Is(undo, sql.ErrTxDone) {
				err = errors.Join(err, fmt.Errorf("storage: roll back: %w", undo))
			}
		}
	}()
	if err := fn(db.enter(ctx, u)); err != nil {
		return err
	}
	if failed := u.end(); failed != nil {
		return fmt.Errorf("%w: %w", ErrUnitFailed, failed)
	}
	if err := db.conclude(ctx, u); err != nil {
		return err
	}
	if _, err := host.tx.ExecContext(ctx, "RELEASE SAVEPOINT bailiwick"); err != nil {
		return fmt.Errorf("storage: release: %w", err)
	}
	kept = true
	return nil
}

// A session builds statements that run where its context says: in the unit of
// work, or on a connection of their own.
type session struct {
	db   *bun.DB
	conn bun.IConn
	unit *unit // nil where it reads on a connection of its own
}

// reading returns a session for statements that change nothing.
func (db *DB) reading(ctx context.Context) (session, error) {
	if u := db.unit(ctx); u != nil {
		if ended, _ := u.state(); ended {
			return session{}, ErrUnitEnded
		}
		return session{db: db.write, conn: u.tx, unit: u}, nil
	}
	return session{db: db.read, conn: db.read.DB}, nil
}

// writing returns a session for statements that change something.
func (db *DB) writing(ctx context.Context) (session, error) {
	u := db.unit(ctx)
	if u == nil || u.joined {
		return session{}, ErrNoUnit
	}
	return db.reading(ctx)
}

// snapshot runs fn with a session whose statements all see the same state of
// the database.
func (db *DB) snapshot(ctx context.Context, fn func(s session) error) (err error) {
	if db.unit(ctx) != nil {
		s, err := db.reading(ctx)
		if err != nil {
			return err
		}
		return fn(s)
	}
	tx, err := db.read.DB.BeginTx(ctx, &sql.TxOptions{Isolation: db.snapshotLevel(), ReadOnly: true})
	if err != nil {
		return fmt.Errorf("storage: begin: %w", err)
	}
	defer func() {
		if undo := tx.Rollback(); undo != nil && err == nil {
			err = fmt.Errorf("storage: end of reading: %w", undo)
		}
	}()
	return fn(session{db: db.read, conn: tx})
}

// snapshotLevel is the isolation in which one transaction sees one state:
// SQLite's only one, PostgreSQL's second.
func (db *DB) snapshotLevel() sql.IsolationLevel {
	if db.postgres() {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

func (s session) selects() *bun.SelectQuery { return s.db.NewSelect().Conn(s.conn) }
func (s session) inserts() *bun.InsertQuery { return s.db.NewInsert().Conn(s.conn) }
func (s session) updates() *bun.UpdateQuery { return s.db.NewUpdate().Conn(s.conn) }
func (s session) deletes() *bun.DeleteQuery { return s.db.NewDelete().Conn(s.conn) }
func (s session) raw(query string, args ...any) *bun.RawQuery {
	return s.db.NewRaw(query, args...).Conn(s.conn)
}
