// Package provision makes the real databases of a platform's projects: it is the
// [database.Provisioner] of PostgreSQL, and that of SQLite files.
//
// A [Server] makes databases on a PostgreSQL server, each with a role of its own
// that owns what is in it and can reach nothing else of ours. A [Folder] makes
// SQLite files in a folder. Both keep nothing but the databases: which there
// are, which are locked and which are half made is read from where they are, so
// that no two records of it can disagree, and a process may be killed at any
// moment.
//
// What a database is made of is a stranger's. Nothing in it, and nothing in a
// backup, runs with more rights than the role of its database has.
//
// The package does not decide who may do any of it, keeps no list of backups, and
// encrypts none. Start with [Open] or [OpenFolder].
package provision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// Errors of the package itself; the others are those of [database].
var (
	// ErrOptions is returned by [Open] and [OpenFolder] for what they cannot be
	// told, or for a server that does not let us do what is needed.
	ErrOptions = errors.New("provision: not possible so")
	// ErrEnded is returned by a session that [Folder.EndSessions] has ended, or
	// that was closed.
	ErrEnded = errors.New("provision: the session has ended")
)

// patience is how long others are waited for, where nothing else was asked for.
const patience = 10 * time.Second

// errPatience is why a wait was given up, where it was not for the caller's.
var errPatience = errors.New("waited for long enough")

// waiting bounds what is waited for by the patience.
func waiting(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, errPatience)
}

// until asks again and again whether something is so, and returns ErrBusy when
// it is still not when the patience is over.
func until(ctx context.Context, d time.Duration, so func() (bool, error)) error {
	ctx, cancel := waiting(ctx, d)
	defer cancel()
	pause := 2 * time.Millisecond
	for {
		if ok, err := so(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), errPatience) {
				return database.ErrBusy
			}
			return fmt.Errorf("provision: %w", ctx.Err())
		case <-time.After(pause):
		}
		pause = min(2*pause, 50*time.Millisecond)
	}
}

// check refuses what is no name; "" is one where none is a choice.
func check(names ...database.Name) error {
	for _, name := range names {
		if err := name.Check(); err != nil {
			return err //nolint:wrapcheck // says all
		}
	}
	return nil
}
