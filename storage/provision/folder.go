package provision

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/flock"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// FolderOptions are what [OpenFolder] can be told; the zero value works.
type FolderOptions struct {
	// Patience is how long another's call about the same name is waited for, and
	// sessions that were told to end; 10 seconds when 0.
	Patience time.Duration
}

// A Folder makes SQLite databases, each a file NAME.sqlite that only this user
// can read. It is safe for concurrent use, by several processes as well: those of
// one machine, on a disk of its own.
//
// Beside the databases are files that begin with a dot and a name: .NAME.call
// and .NAME.hold, by the locks of which calls exclude each other, .NAME.locked
// while a database is locked, .NAME.session.… for each session, and .NAME.half.…
// for what is half-made.
//
// The sessions are those of [Folder.Connect]: they are refused while a database
// is locked, and end when they are told to, in whatever process. A program that
// opens the file itself is not a session, neither kept out by a lock nor ended;
// but while it has read from the database and not closed it, what would take the
// file from under it is refused with ErrBusy.
//
// A database with indexes that need functions or collations of a program's own
// cannot be copied, and so neither be a template nor be backed up.
type Folder struct {
	dir      string
	patience time.Duration
}

var _ database.Provisioner = (*Folder)(nil)

// OpenFolder returns a provisioner for a folder, which is made when it is not
// there, for this user alone.
func OpenFolder(dir string, opts *FolderOptions) (*Folder, error) {
	if opts == nil {
		opts = &FolderOptions{}
	}
	if dir == "" || strings.ContainsRune(dir, 0) {
		return nil, fmt.Errorf("%w: a folder is expected", ErrOptions)
	}
	dir, err := filepath.Abs(dir) // wherever the program goes
	if err != nil {
		return nil, fmt.Errorf("provision: open: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("provision: open: %w", err)
	}
	f := &Folder{dir: dir, patience: opts.Patience}
	if f.patience == 0 {
		f.patience = patience
	}
	return f, nil
}

const extension = ".sqlite"

// path is a database's file, and beside one of those that belong to it.
func (f *Folder) path(name database.Name) string {
	return filepath.Join(f.dir, string(name)+extension)
}

func (f *Folder) beside(name database.Name, what string) string {
	return filepath.Join(f.dir, "."+string(name)+"."+what)
}

// logs are what SQLite has beside a file.
func logs(file string) []string { return []string{file + "-wal", file + "-shm", file + "-journal"} }

// exists reports whether there is a database, and whether its name is taken by
// what is none.
func (f *Folder) exists(name database.Name) (ours, taken bool, err error) {
	info, err := os.Lstat(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("provision: %w", err)
	}
	return info.Mode().IsRegular(), true, nil
}

// locked reports whether a database is.
func (f *Folder) locked(name database.Name) (bool, error) {
	_, err := os.Lstat(f.beside(name, "locked"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("provision: %w", err)
	}
	return true, nil
}

// besides lists the files beside databases: their names, and the rest.
func (f *Folder) besides() (map[database.Name][]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, fmt.Errorf("provision: %w", err)
	}
	all := map[database.Name][]string{}
	for _, entry := range entries {
		rest, hidden := strings.CutPrefix(entry.Name(), ".")
		text, what, ok := strings.Cut(rest, ".")
		if name, err := database.ParseName(text); hidden && ok && err == nil {
			all[name] = append(all[name], what)
		}
	}
	return all, nil
}

// Databases implements [database.Provisioner].
func (f *Folder) Databases(ctx context.Context) ([]database.Name, error) {
	besides, err := f.besides()
	if err != nil {
		return nil, err
	}
	for name, all := range besides {
		ours, _, err := f.exists(name)
		if err != nil {
			return nil, err
		}
		half := slices.ContainsFunc(all, func(what string) bool {
			return strings.HasPrefix(what, "half.") || what == "locked" && !ours
		})
		if !half {
			continue
		}
		// Where somebody is at it, it is being made, and what cannot be cleared away
		// is not seen all the same.
		if c, err := f.call(ctx, time.Millisecond, exclusive{name}); err == nil {
			c.end()
		}
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, fmt.Errorf("provision: databases: %w", err)
	}
	found := []database.Name{}
	for _, entry := range entries {
		text, ok := strings.CutSuffix(entry.Name(), extension)
		if name, err := database.ParseName(text); ok && err == nil && entry.Type().IsRegular() {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found, nil
}

// Stats implements [database.Provisioner].
func (f *Folder) Stats(_ context.Context, name database.Name) (database.Stats, error) {
	if err := check(name); err != nil {
		return database.Stats{}, err
	}
	stats := database.Stats{Name: name}
	for i, file := range append([]string{f.path(name)}, logs(f.path(name))...) {
		info, err := os.Lstat(file)
		if i == 0 && (errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular()) {
			return database.Stats{}, database.ErrNotFound
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return database.Stats{}, fmt.Errorf("provision: stats: %w", err)
		}
		stats.Size += info.Size()
		// What is only looked at changes the time of the shared memory.
		if changed := info.ModTime().UTC(); !strings.HasSuffix(file, "-shm") && info.Size() > 0 && changed.After(stats.Changed) {
			stats.Changed = changed
		}
	}
	var err error
	if stats.Locked, err = f.locked(name); err != nil {
		return database.Stats{}, err
	}
	alive, err := f.sessions(name, false)
	stats.Sessions = len(alive)
	for _, one := range alive {
		_ = one.Close() // nothing was written
	}
	if err != nil {
		return database.Stats{}, err
	}
	return stats, nil
}

// Access implements [database.Provisioner]: it is the path of the file, which
// who may read it can open as ever, locked or not. See [Folder.Connect].
func (f *Folder) Access(ctx context.Context, name database.Name) (database.Access, error) {
	c, err := f.reading(ctx, name)
	if err != nil {
		return database.Access{}, err
	}
	defer c.end()
	if locked, err := f.locked(name); err != nil {
		return database.Access{}, err
	} else if locked {
		return database.Access{}, database.ErrLocked
	}
	return database.Access{Address: f.path(name)}, nil
}

// Hold implements [database.Provisioner].
func (f *Folder) Hold(_ context.Context, name database.Name) (func(), error) {
	if err := check(name); err != nil {
		return nil, err
	}
	held, err := flock.Take(f.beside(name, "hold"))
	if errors.Is(err, flock.ErrLocked) {
		return nil, database.ErrBusy
	}
	if err != nil {
		return nil, fmt.Errorf("provision: hold: %w", err)
	}
	return sync.OnceFunc(func() { _ = held.Close() }), nil // it ends all the same
}

// Backup implements [database.Provisioner]. It is a SQLite file, and then the
// seal. The name is not kept to oneself while it is written.
func (f *Folder) Backup(ctx context.Context, name database.Name, to io.Writer) error {
	file, err := f.snapshot(ctx, name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was read only
	sealed := kindFolder.sealer(to)
	if _, err := io.Copy(sealed, reading{ctx, file}); err != nil {
		return fmt.Errorf("provision: backup: %w", err)
	}
	if err := sealed.finish(); err != nil {
		return fmt.Errorf("provision: backup: %w", err)
	}
	return nil
}

// snapshot returns a copy of a database, a file that has no name any more.
func (f *Folder) snapshot(ctx context.Context, name database.Name) (*os.File, error) {
	c, err := f.reading(ctx, name)
	if err != nil {
		return nil, err
	}
	defer c.end()
	half := f.half(name)
	defer remove(half)
	if err := copied(ctx, f.path(name), half); err != nil {
		return nil, err
	}
	file, err := os.Open(half) //nolint:gosec // our own
	if err != nil {
		return nil, fmt.Errorf("provision: backup: %w", err)
	}
	return file, nil
}

// Connect opens a session: connections to a database that are refused with
// ErrLocked while it is locked, and that [Folder.EndSessions], and whatever ends
// sessions, closes: what was not committed is rolled back, and everything then
// fails with [ErrEnded]. The session is counted until it is closed. While it
// fetches a row it cannot be ended, nor while its process is stopped.
func (f *Folder) Connect(ctx context.Context, name database.Name) (*sql.DB, error) {
	c, err := f.reading(ctx, name)
	if err != nil {
		return nil, err
	}
	defer c.end()
	if locked, err := f.locked(name); err != nil {
		return nil, err
	} else if locked {
		return nil, database.ErrLocked
	}
	s, err := f.session(ctx, name)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(s)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("provision: connect: %w", err), db.Close())
	}
	return db, nil
}
