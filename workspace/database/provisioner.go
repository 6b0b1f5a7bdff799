package database

import (
	"context"
	"io"
	"time"
)

// A Provisioner makes real databases, and is the only one that touches them. It
// keeps nothing but them: which there are, it reads from where they are. All
// names are [Name]s; one that is none is refused with ErrName before anything
// else happens.
//
// Each method is whole or nothing, also when the process is killed in it: what
// is left of a half-made database is seen by nobody, and cleared away by the
// next call that makes, restores, renames or drops one of its name, or by
// Databases. Those four exclude all others about the name, in whatever process,
// which wait for a while before they return ErrBusy; Stats and Databases only
// look, and wait for nobody. A backup may take hours, and keeps nobody from Lock,
// Unlock, EndSessions and Access, nor is it ended by them.
type Provisioner interface {
	// Create makes a database from a template, which is a database itself and
	// stays as it is, or an empty one where template is "". It returns ErrExists,
	// ErrNotFound for the template, or ErrBusy for one that is being written to
	// and cannot be copied so.
	Create(ctx context.Context, name, template Name) error
	// Databases lists the names of all databases, in order.
	Databases(ctx context.Context) ([]Name, error)
	// Stats returns what is known of a database. It returns ErrNotFound.
	Stats(ctx context.Context, name Name) (Stats, error)
	// Backup writes what a database is at one instant, consistent whatever is
	// written meanwhile, in a format that Restore of the same provisioner reads.
	// It returns ErrNotFound before it writes anything. What was written before
	// another error is worth nothing.
	Backup(ctx context.Context, name Name, to io.Writer) error
	// Restore makes a database what it was when it was backed up; one that does
	// not exist is made. Its sessions are ended, and a lock stays as it is. It
	// returns ErrBackup for what is no backup of this kind or is cut short, and
	// the database is what it was.
	Restore(ctx context.Context, name Name, from io.Reader) error
	// Lock keeps everybody from connecting, but the provisioner; sessions that
	// there are go on until they are ended. Unlock undoes it. Doing either twice
	// changes nothing. Both return ErrNotFound.
	Lock(ctx context.Context, name Name) error
	Unlock(ctx context.Context, name Name) error
	// EndSessions ends all sessions, and returns how many there were. It returns
	// ErrNotFound.
	EndSessions(ctx context.Context, name Name) (int, error)
	// Rename gives a database another name, after ending its sessions. It returns
	// ErrNotFound or ErrExists.
	Rename(ctx context.Context, name, to Name) error
	// Drop deletes a database with all that belongs to it, after ending its
	// sessions. It returns ErrNotFound.
	Drop(ctx context.Context, name Name) error
	// Access returns how clients reach a database: with a password made for the
	// occasion where there are passwords, which the ones made before do not
	// outlive. It returns ErrNotFound, or ErrLocked while it is locked.
	Access(ctx context.Context, name Name) (Access, error)
	// Hold says that somebody is at something longer about a name, over several
	// of the other methods, which it does not exclude. It returns ErrBusy at once
	// where another holds it, in whatever process. The hold ends with release, or
	// with the process: who gets it knows that whoever had it is gone.
	Hold(ctx context.Context, name Name) (release func(), err error)
}

// Stats are what a provisioner knows of a database.
type Stats struct {
	Name     Name
	Size     int64 // in bytes, as it takes up room
	Sessions int   // of others than the provisioner
	Locked   bool
	// Changed is when it was last written to, as far as that is known; zero where
	// it is not.
	Changed time.Time
}

// Access is how clients reach a database.
type Access struct {
	// Address is what drivers connect to: a postgres:// URL, with the password, or
	// the path of a SQLite file.
	Address  string
	Username string // empty where there are none
	Password string
}
