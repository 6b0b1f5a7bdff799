package upload

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Store keeps what was uploaded, but for the bytes. Methods that change
// something are called inside a unit of work.
type Store interface {
	// Tx runs fn in a unit of work that everything called with its context takes
	// part in.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	// AddUpload stores a new upload.
	AddUpload(ctx context.Context, u Upload) error
	// Upload returns one by its hash. LockUpload keeps everybody else from
	// locking it until the unit of work ends. They return ErrNotFound.
	Upload(ctx context.Context, hash string) (Upload, error)
	LockUpload(ctx context.Context, hash string) (Upload, error)
	// SaveUpload stores a change of Size, Received, Charged, Pieces, MediaType,
	// Width, Height and Deleted. It returns ErrNotFound.
	SaveUpload(ctx context.Context, u Upload) error
	// RemoveUpload deletes one that was locked, but not its content.
	RemoveUpload(ctx context.Context, hash string) error
	// Expire deletes up to so many uploads that are past at a time, gives back
	// what they were charged, has their contents deleted as Doom does, and returns
	// how many there were.
	Expire(ctx context.Context, now time.Time, limit int) (int, error)
	// Charge adds bytes and files to what a source has, unless it would then have
	// more than is allowed: it reports whether it would not. However many ask at
	// once, what is allowed is never passed.
	Charge(ctx context.Context, source string, bytes int64, files int, maxBytes int64, maxFiles int) (bool, error)
	// Refund gives back what was charged.
	Refund(ctx context.Context, source string, bytes int64, files int) error
	// Charged returns what a source has.
	Charged(ctx context.Context, source string) (bytes int64, files int, err error)
	Shelf
}

// A Shelf knows which blobs there are.
type Shelf interface {
	// Announce stores that a blob is going to be written. It is pending.
	Announce(ctx context.Context, b Blob, now time.Time) error
	// Keep stores that a pending blob was written, and its size. It returns
	// ErrNotFound for one that is not pending, also where nothing is kept any
	// more of the content that a variant is of, and ErrOffset where the content
	// has a blob there already.
	Keep(ctx context.Context, name string, size int64) error
	// Blobs returns what is kept of a content in a variant, in order of where
	// they begin, and Variants how many variants are kept of it.
	Blobs(ctx context.Context, c Content, variant string) ([]Blob, error)
	Variants(ctx context.Context, c Content) (int, error)
	// Doom has all that is kept of a content deleted, its variants included. What
	// is pending stays that: somebody may be writing it, and would write it again
	// after it was deleted. DoomBlob has a blob deleted that is pending, and
	// reports whether it was; DoomPending those that are pending since before a
	// time.
	Doom(ctx context.Context, c Content, now time.Time) error
	DoomBlob(ctx context.Context, name string, now time.Time) (bool, error)
	DoomPending(ctx context.Context, before, now time.Time) error
	// Doomed returns the names of blobs that were doomed before a time, in order
	// and from behind a name on. Forget removes those that are doomed.
	Doomed(ctx context.Context, before time.Time, after string, limit int) ([]string, error)
	Forget(ctx context.Context, names []string) error
}

// An Upload is a file as it is kept while it is nobody's.
type Upload struct {
	Hash    string // the SHA-256 of the ID, in hexadecimal
	Content Content
	// Source is who is charged.
	Source    string
	Principal rbac.Principal
	// Size is -1 while it is not known. Charged is what the source is charged
	// for it, Received how much is there, in how many Pieces.
	Size, Received, Charged int64
	Pieces                  int
	Name                    string
	MediaType               string // empty until it is complete
	Width, Height           int
	// Deleted says that it is there only to be charged for.
	Deleted bool
	Created time.Time
	Expires time.Time
}

func (u Upload) guest() bool { return u.Principal == rbac.Guest }

// complete reports whether it is all there, and was looked at.
func (u Upload) complete() bool { return u.MediaType != "" && u.Size == u.Received }

func (u Upload) file(id ID) File {
	if u.Hash == "" {
		return File{}
	}
	return File{
		ID: id, Size: u.Size, Offset: u.Received, Name: u.Name, MediaType: u.MediaType,
		Width: u.Width, Height: u.Height, Created: u.Created, Expires: u.Expires,
	}
}

// A Blob is a part of a content, or a variant of it.
type Blob struct {
	Name    string
	Content Content
	// Variant is empty for the content itself.
	Variant string
	// Begins is where in the content it begins, Size how long it is.
	Begins, Size int64
}
