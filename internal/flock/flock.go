// Package flock has processes exclude each other with the locks of files, which
// end with the process that has them, however it ends.
//
// [Lock] locks a file that is open; [Take] and [Share] do so by a name, for locks
// that come and go with what they are about. No lock is waited for: whoever is
// refused with [ErrLocked] may ask again. Nothing is locked against programs
// that do not ask. Where a system knows no such locks, what is shared is not
// locked at all, and nobody gets anything alone.
package flock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrLocked is returned where another's lock does not permit one's own.
var ErrLocked = errors.New("flock: the file is locked")

// Lock locks an open file alone, or together with others who do not want it
// alone. The lock ends with the file, or with the process. An open file has one
// lock: what is locked once more is locked as the last one said.
func Lock(file *os.File, alone bool) error { return lock(file, alone) }

// A Held is a lock by a name.
type Held struct{ file *os.File }

// Take locks a name alone. Its file is made where it is not there.
func Take(name string) (*Held, error) { return take(name, true) }

// Share locks a name together with others who share it.
func Share(name string) (*Held, error) { return take(name, false) }

func take(name string, alone bool) (*Held, error) {
	for {
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the caller's
		if err != nil {
			return nil, fmt.Errorf("flock: %w", err)
		}
		if err := Lock(file, alone); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		held := &Held{file}
		// Whoever had it may have removed the file since it was opened, and another
		// may have locked the next of that name.
		same, err := held.named()
		if same {
			return held, nil
		}
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, fmt.Errorf("flock: %w", err)
		}
	}
}

// named reports whether the file that is locked still has its name.
func (h *Held) named() (bool, error) {
	mine, err := h.file.Stat()
	if err != nil {
		return false, err //nolint:wrapcheck // by the caller
	}
	there, err := os.Lstat(h.file.Name())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(mine, there), err //nolint:wrapcheck // by the caller
}

// Removed reports whether somebody removed the file, locked as it is.
func (h *Held) Removed() bool {
	same, err := h.named()
	return err == nil && !same
}

// Close ends the lock, and removes the file unless another shares it.
func (h *Held) Close() error {
	err := Lock(h.file, true)
	if err == nil {
		// On the way from one lock to the other somebody may have had it alone, and
		// the next of its name is not ours to remove.
		if same, failed := h.named(); same {
			err = os.Remove(h.file.Name())
		} else {
			err = failed
		}
	}
	if errors.Is(err, ErrLocked) {
		err = nil
	}
	if err := errors.Join(err, h.file.Close()); err != nil {
		return fmt.Errorf("flock: %w", err)
	}
	return nil
}
