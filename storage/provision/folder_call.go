package provision

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/flock"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// A folderCall is one that has its names to itself, or shares them with others
// that only read.
type folderCall struct {
	*Folder

	locks []*flock.Held
	names []database.Name
}

// call begins a call about names, and clears away what is half-made of them.
func (f *Folder) call(ctx context.Context, patience time.Duration, names exclusive, shared ...database.Name) (_ *folderCall, err error) {
	c := &folderCall{Folder: f, names: names}
	defer func() {
		if err != nil {
			c.end()
		}
	}()
	// All in one order: two calls about the same two would wait for each other.
	all := slices.Concat(names, shared)
	slices.Sort(all)
	for _, name := range slices.Compact(all) {
		if err := c.lock(ctx, patience, name, slices.Contains(names, name)); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		if err := c.clear(name); err != nil {
			return nil, fmt.Errorf("provision: clear away: %w", err)
		}
	}
	return c, nil
}

func (c *folderCall) lock(ctx context.Context, patience time.Duration, name database.Name, alone bool) error {
	return until(ctx, patience, func() (bool, error) {
		how := flock.Share
		if alone {
			how = flock.Take
		}
		held, err := how(c.beside(name, "call"))
		if errors.Is(err, flock.ErrLocked) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("provision: lock: %w", err)
		}
		c.locks = append(c.locks, held)
		return true, nil
	})
}

// end ends the call.
func (c *folderCall) end() {
	for _, held := range c.locks {
		_ = held.Close() // the lock ends all the same
	}
	c.locks = nil
}

// about begins a call about one database that there is, and reading one that
// changes nothing.
func (f *Folder) about(ctx context.Context, name database.Name) (*folderCall, error) {
	if err := check(name); err != nil {
		return nil, err
	}
	c, err := f.call(ctx, f.patience, exclusive{name})
	if err != nil {
		return nil, err
	}
	return c.existing(name)
}

func (f *Folder) reading(ctx context.Context, name database.Name) (*folderCall, error) {
	if err := check(name); err != nil {
		return nil, err
	}
	c, err := f.call(ctx, f.patience, nil, name)
	if err != nil {
		return nil, err
	}
	return c.existing(name)
}

// existing ends the call where the database is none.
func (c *folderCall) existing(name database.Name) (*folderCall, error) {
	ours, _, err := c.exists(name)
	if err == nil && !ours {
		err = database.ErrNotFound
	}
	if err != nil {
		c.end()
		return nil, err
	}
	return c, nil
}

// clear deletes what is half-made of a name, and what dead sessions left.
func (c *folderCall) clear(name database.Name) error {
	besides, err := c.besides()
	if err != nil {
		return err
	}
	var gone []string
	for _, what := range besides[name] {
		if strings.HasPrefix(what, "half.") {
			gone = append(gone, c.beside(name, what))
		}
	}
	alive, err := c.sessions(name, true)
	for _, one := range alive {
		_ = one.Close() // nothing was written
	}
	if err != nil {
		return err
	}
	_, taken, err := c.exists(name)
	if err != nil {
		return err
	}
	if !taken {
		// A log without its file would be read into the next one of the name.
		gone = append(gone, append(logs(c.path(name)), c.beside(name, "locked"))...)
	}
	for _, file := range gone {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err //nolint:wrapcheck // by the caller
		}
	}
	return nil
}

// half returns a path for something half-made of a name.
func (f *Folder) half(name database.Name) string {
	return f.beside(name, "half."+strings.ToLower(rand.Text()))
}

// remove removes a half-made file with its logs; what cannot be, the next call does.
func remove(half string) {
	for _, file := range append(logs(half), half) {
		_ = os.Remove(file) // see above
	}
}

// sync has what a folder lists outlive a power cut.
func (f *Folder) sync() error {
	dir, err := os.Open(f.dir)
	if err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	return nil
}

// synced has a file, which SQLite does not have open, outlive a power cut.
func synced(name string) error {
	file, err := os.OpenFile(name, os.O_RDWR, 0) //nolint:gosec // our own
	if err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	return nil
}

// sessions returns the files of the sessions that are alive, which whoever asks
// closes, and removes those of the dead where it is asked to.
func (f *Folder) sessions(name database.Name, removing bool) (alive []*os.File, err error) {
	besides, err := f.besides()
	if err != nil {
		return nil, err
	}
	for _, what := range besides[name] {
		if !strings.HasPrefix(what, "session.") {
			continue
		}
		file, err := os.OpenFile(f.beside(name, what), os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return alive, fmt.Errorf("provision: sessions: %w", err)
		}
		err = flock.Lock(file, true)
		if errors.Is(err, flock.ErrLocked) {
			alive = append(alive, file)
			continue
		}
		if err == nil && removing {
			err = os.Remove(file.Name())
		}
		if err := errors.Join(err, file.Close()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return alive, fmt.Errorf("provision: sessions: %w", err)
		}
	}
	return alive, nil
}

// endSessions tells all sessions to end, waits until they have, and returns how
// many there were. A session that finds its file gone ends.
func (c *folderCall) endSessions(ctx context.Context, name database.Name) (int, error) {
	alive, err := c.sessions(name, true)
	defer func() {
		for _, one := range alive {
			_ = one.Close() // nothing was written
		}
	}()
	if err != nil {
		return 0, err
	}
	for _, one := range alive {
		if err := os.Remove(one.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("provision: end sessions: %w", err)
		}
	}
	return len(alive), until(ctx, c.patience, func() (bool, error) {
		for _, one := range alive {
			if err := flock.Lock(one, true); err != nil {
				if errors.Is(err, flock.ErrLocked) {
					err = nil
				}
				return false, err
			}
		}
		return true, nil
	})
}
