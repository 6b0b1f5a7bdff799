package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bailiwick-sdk/bailiwick/internal/flock"
)

// ErrOwned is wrapped by the refusal of [Open] to open a SQLite file that
// another process, or another DB of this one, has to itself, or to have one to
// itself that another has open. The error names the file.
var ErrOwned = errors.New("storage: the database cannot be shared")

// own locks the file beside a SQLite database that says who has it open: all
// who have, together, or one alone. The lock ends with the file, or with the
// process.
func own(database string, alone bool) (*os.File, error) {
	// The database may have several names, and the lock only one.
	name, err := filepath.EvalSymlinks(database)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		name = database
		if folder, err := filepath.EvalSymlinks(filepath.Dir(database)); err == nil {
			name = filepath.Join(folder, filepath.Base(database))
		}
	case err != nil:
		return nil, fmt.Errorf("storage: open: %w", err)
	}
	// Whoever may read the database may lock: nothing is ever written here.
	file, err := os.OpenFile(name+"-owner", os.O_RDONLY|os.O_CREATE, 0o644) //nolint:gosec // see above
	if err != nil {
		return nil, fmt.Errorf("storage: open: %w", err)
	}
	if err := flock.Lock(file, alone); err != nil {
		who := "another has %s to itself"
		if alone {
			who = "another has %s open"
		}
		if errors.Is(err, flock.ErrLocked) {
			err = fmt.Errorf("%w: "+who, ErrOwned, database)
		} else {
			err = fmt.Errorf("storage: lock %s: %w", file.Name(), err)
		}
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
