package provision

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// Create implements [database.Provisioner]. A template that is being written to
// is copied as it is at one instant.
func (f *Folder) Create(ctx context.Context, name, template database.Name) error {
	var from []database.Name
	if template != "" {
		from = append(from, template)
	}
	if err := check(slices.Concat([]database.Name{name}, from)...); err != nil {
		return err
	}
	c, err := f.call(ctx, f.patience, exclusive{name}, from...)
	if err != nil {
		return err
	}
	defer c.end()
	if _, taken, err := f.exists(name); taken || err != nil {
		if taken {
			return database.ErrExists
		}
		return err
	}
	half := f.half(name)
	defer remove(half)
	if template == "" {
		if err := emptied(half); err != nil {
			return err
		}
	} else {
		ours, _, err := f.exists(template)
		if err == nil && !ours {
			err = database.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := copied(ctx, f.path(template), half); err != nil {
			return err
		}
	}
	return c.publish(ctx, half, name)
}

// publish lets a half-made file be seen, as it is all at once.
func (c *folderCall) publish(ctx context.Context, half string, name database.Name) error {
	if err := logged(ctx, half); err != nil {
		return err
	}
	if err := synced(half); err != nil {
		return err
	}
	if err := os.Rename(half, c.path(name)); err != nil {
		return fmt.Errorf("provision: publish: %w", err)
	}
	return c.sync()
}

// desert ends the sessions of a database, and leaves all of it in one file that
// nobody has open.
func (c *folderCall) desert(ctx context.Context, name database.Name) error {
	if _, err := c.endSessions(ctx, name); err != nil {
		return err
	}
	err := unlogged(ctx, c.path(name), c.patience)
	if damaged(err) {
		// There is nothing to keep, and it must be possible to restore it.
		for _, file := range logs(c.path(name)) {
			if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("provision: %w", err)
			}
		}
		return nil
	}
	return err
}

// Restore implements [database.Provisioner]. The backup is copied, read to its
// end and checked by SQLite before anything is changed. Sessions and programs
// that have the old file open are ended or waited for first.
func (f *Folder) Restore(ctx context.Context, name database.Name, from io.Reader) error {
	if err := check(name); err != nil {
		return err
	}
	backup, err := kindFolder.spool(ctx, f.dir, from)
	if err != nil {
		return err
	}
	defer backup.Close() //nolint:errcheck // it has no name any more
	// SQLite takes an empty file for an empty database.
	const header = "SQLite format 3\x00"
	begins := make([]byte, len(header))
	if n, _ := backup.ReadAt(begins, 0); string(begins[:n]) != header {
		return database.ErrBackup
	}
	c, err := f.call(ctx, f.patience, exclusive{name})
	if err != nil {
		return err
	}
	defer c.end()
	ours, taken, err := f.exists(name)
	if err != nil {
		return err
	}
	if taken && !ours {
		return database.ErrExists
	}
	half := f.half(name)
	defer remove(half)
	if err := written(ctx, half, backup); err != nil {
		return err
	}
	if err := sound(ctx, half); err != nil {
		return err
	}
	if ours {
		if err := c.desert(ctx, name); err != nil {
			return err
		}
	}
	return c.publish(ctx, half, name)
}

// written copies a backup to a new file.
func written(ctx context.Context, half string, from io.Reader) error {
	file, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // our own
	if err != nil {
		return fmt.Errorf("provision: restore: %w", err)
	}
	_, err = io.Copy(file, reading{ctx, from})
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("provision: restore: %w", err)
	}
	return nil
}

// Lock implements [database.Provisioner]. It keeps out who comes through
// [Folder.Connect].
func (f *Folder) Lock(ctx context.Context, name database.Name) error {
	c, err := f.about(ctx, name)
	if err != nil {
		return err
	}
	defer c.end()
	return c.mark(name)
}

// mark leaves the file that says that a database is locked.
func (c *folderCall) mark(name database.Name) error {
	file, err := os.OpenFile(c.beside(name, "locked"), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("provision: lock: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("provision: lock: %w", err)
	}
	return c.sync()
}

// Unlock implements [database.Provisioner].
func (f *Folder) Unlock(ctx context.Context, name database.Name) error {
	c, err := f.about(ctx, name)
	if err != nil {
		return err
	}
	defer c.end()
	if err := os.Remove(f.beside(name, "locked")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("provision: unlock: %w", err)
	}
	return f.sync()
}

// EndSessions implements [database.Provisioner]. It returns ErrBusy when one has
// not ended in time, which still can do nothing any more.
func (f *Folder) EndSessions(ctx context.Context, name database.Name) (int, error) {
	c, err := f.about(ctx, name)
	if err != nil {
		return 0, err
	}
	defer c.end()
	return c.endSessions(ctx, name)
}

// Rename implements [database.Provisioner].
func (f *Folder) Rename(ctx context.Context, name, to database.Name) error {
	if err := check(name, to); err != nil {
		return err
	}
	c, err := f.call(ctx, f.patience, exclusive{name, to})
	if err != nil {
		return err
	}
	defer c.end()
	if ours, _, err := f.exists(name); err != nil || !ours {
		if err == nil {
			err = database.ErrNotFound
		}
		return err
	}
	if _, taken, err := f.exists(to); err != nil || taken {
		if taken {
			err = database.ErrExists
		}
		return err
	}
	locked, err := f.locked(name)
	if err != nil {
		return err
	}
	if err := c.desert(ctx, name); err != nil {
		return err
	}
	// Each is cleared away by who finds it without its database.
	if locked {
		if err := c.mark(to); err != nil {
			return err
		}
	}
	if err := os.Rename(f.path(name), f.path(to)); err != nil {
		return fmt.Errorf("provision: rename: %w", err)
	}
	if err := c.clear(name); err != nil {
		return err
	}
	if err := logged(ctx, f.path(to)); err != nil && !damaged(err) {
		return err
	}
	return f.sync()
}

// Drop implements [database.Provisioner].
func (f *Folder) Drop(ctx context.Context, name database.Name) error {
	c, err := f.about(ctx, name)
	if err != nil {
		return err
	}
	defer c.end()
	if err := c.desert(ctx, name); err != nil {
		return err
	}
	half := f.half(name)
	if err := os.Rename(f.path(name), half); err != nil {
		return fmt.Errorf("provision: drop: %w", err)
	}
	if err := c.clear(name); err != nil {
		return fmt.Errorf("provision: drop: %w", err)
	}
	return f.sync()
}
