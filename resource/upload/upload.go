// Package upload keeps files for a while that clients send before they say what
// for. A file is in one piece or in several, each behind the last; it is gone
// after an hour unless something takes it.
//
// NextGIS Web takes uploads from everybody, and some of its clients count on
// that (spec/ngw.md §0, row 11). Here whoever has not said who he is has a small
// budget of bytes and files by his address; who has, a larger one. Budgets are
// counted in the database, for all servers together, before bytes are taken.
//
// What is read is kept in [Blobs], a blob for each piece, and listed in the
// [Store], which knows of each blob before there is one: whatever ends in the
// middle is found and deleted by [Service.Sweep]. Who takes a file gets its
// [Content] and has the blobs from then on. Start with [New].
package upload

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Errors that the package returns.
var (
	// ErrNotFound is returned for what is not there, or is somebody else's.
	ErrNotFound = errors.New("upload: not found")
	// ErrBudget is returned to who has sent too much in the last hour.
	ErrBudget = errors.New("upload: too much was uploaded from there")
	// ErrTooLarge is returned for a file larger than is taken, or in more pieces.
	ErrTooLarge = errors.New("upload: too large")
	// ErrOffset is returned for a piece that does not begin where the last ended.
	ErrOffset = errors.New("upload: it does not continue there")
	// ErrIncomplete is returned for taking a file of which a piece is missing.
	ErrIncomplete = errors.New("upload: not complete")
)

// An ID identifies a file and is the right to use it: 32 hexadecimal digits,
// made of 128 random bits. The store has its SHA-256 only.
type ID string

// A Content identifies the bytes of a file, whoever has them. It is no right to
// anything.
type Content string

// A File is one that was uploaded, or is being uploaded.
type File struct {
	ID ID
	// Size is how long it is or, while it is uploaded, will be; -1 while nobody
	// has said. Offset is how much is there.
	Size, Offset int64
	// Name is 0 to 255 characters without a slash: what is left of the name that
	// was sent, when everything is taken out that could make it a path.
	Name string
	// MediaType is what its bytes say, not who sent it; empty until all are there.
	MediaType string
	// Width and Height are those of a JPEG, PNG, GIF or WebP, 0 for what is none.
	Width, Height int
	Created       time.Time
	Expires       time.Time
}

// Complete reports whether all of it is there.
func (f File) Complete() bool { return f.Size == f.Offset }

// Blobs keep files by name. A name is made by the service: lower-case letters,
// digits and slashes.
type Blobs interface {
	// Write stores what it reads until the end, whole or not at all. It stores
	// nothing once ctx has ended.
	Write(ctx context.Context, name string, from io.Reader) error
	// Open reads a file. It returns an error that wraps [io/fs.ErrNotExist].
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// Delete deletes a file, and what attempts to write it have left. It is no
	// error that there is none.
	Delete(ctx context.Context, name string) error
}

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// Life is how long a file is kept, an hour when 0.
	Life time.Duration
	// MaxSize bounds one file in bytes, 1 GiB when 0, and GuestSize one of who
	// has not said who he is, 16 MiB when 0.
	MaxSize, GuestSize int64
	// GuestBytes and GuestFiles are what an address may have uploaded at a time
	// without saying who it is, 64 MiB and 32 when 0; UserBytes is what a user
	// may have, with his keys, 8 GiB when 0. What is deleted counts until it
	// would have expired; what is taken no longer does. Addresses of IPv6 are
	// one as far as their first 64 bits are.
	GuestBytes, UserBytes int64
	GuestFiles            int
	// Piece is how many bytes a blob has at most, 8 MiB when 0.
	Piece int64
}

func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Life == 0 {
		o.Life = time.Hour
	}
	for _, amount := range []struct {
		at     *int64
		normal int64
	}{
		{&o.MaxSize, 1 << 30},
		{&o.GuestSize, 16 << 20},
		{&o.GuestBytes, 64 << 20},
		{&o.UserBytes, 8 << 30},
		{&o.Piece, 8 << 20},
	} {
		if *amount.at == 0 {
			*amount.at = amount.normal
		}
	}
	if o.GuestFiles == 0 {
		o.GuestFiles = 32
	}
	return o
}

// A Service keeps uploads. It is safe for concurrent use.
type Service struct {
	store Store
	blobs Blobs
	opts  Options
}

// New makes a service of its collaborators.
func New(store Store, blobs Blobs, opts *Options) *Service {
	if opts == nil {
		opts = &Options{}
	}
	return &Service{store: store, blobs: blobs, opts: opts.filled()}
}

func (s *Service) clock() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }

// Begin starts a file of a size, which may be 0, and -1 where [Service.Append]
// with last set is to say. It returns ErrTooLarge and ErrBudget.
func (s *Service) Begin(ctx context.Context, actor workspace.Actor, size int64, name string) (File, error) {
	who, err := s.sender(actor)
	if err != nil {
		return File{}, err
	}
	if size < -1 {
		return File{}, &workspace.InvalidError{Field: "size", Expected: "a number of bytes, or -1 for one that is not known"}
	}
	if size > who.size {
		return File{}, tooLarge(who.size)
	}
	id, content := newID(), Content(newID())
	now := s.clock()
	u := Upload{
		Hash: id.hash(), Content: content, Source: who.source, Principal: actor.Principal,
		Size: size, Charged: max(size, 0), Name: cleanName(name), Created: now, Expires: now.Add(s.opts.Life),
	}
	if size == 0 {
		u = u.looked(strings.NewReader(""))
	}
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		ok, err := s.store.Charge(ctx, who.source, u.Charged, 1, who.bytes, who.files)
		if err != nil {
			return err
		}
		if !ok {
			return ErrBudget
		}
		return s.store.AddUpload(ctx, u)
	})
	if err != nil {
		return File{}, err
	}
	return u.file(id), nil
}

// File returns one. It returns ErrNotFound, also for what a user sent to
// everybody but him.
func (s *Service) File(ctx context.Context, actor workspace.Actor, id ID) (File, error) {
	u, err := s.own(ctx, actor, id, s.store.Upload)
	return u.file(id), err
}

// Delete deletes one. It returns ErrNotFound.
func (s *Service) Delete(ctx context.Context, actor workspace.Actor, id ID) error {
	return s.store.Tx(ctx, func(ctx context.Context) error {
		u, err := s.own(ctx, actor, id, s.store.LockUpload)
		if err != nil {
			return err
		}
		// It goes on to count with what was received, or deleting would be a way
		// to send without end.
		if back := u.Charged - u.Received; back != 0 {
			if err := s.store.Refund(ctx, u.Source, back, 0); err != nil {
				return err
			}
		}
		u.Deleted, u.Charged = true, u.Received
		if err := s.store.SaveUpload(ctx, u); err != nil {
			return err
		}
		return s.store.Doom(ctx, u.Content, s.clock())
	})
}

// own returns an upload to who may continue it: a user's to him, and a guest's
// to who has the ID, since nothing else is known of guests.
func (s *Service) own(
	ctx context.Context, actor workspace.Actor, id ID, find func(context.Context, string) (Upload, error),
) (Upload, error) {
	who, err := s.sender(actor)
	if err != nil {
		return Upload{}, err
	}
	u, err := s.find(ctx, id, find)
	if err == nil && !u.guest() && u.Source != who.source {
		return Upload{}, ErrNotFound
	}
	return u, err
}

// find returns an upload that is still there.
func (s *Service) find(ctx context.Context, id ID, find func(context.Context, string) (Upload, error)) (Upload, error) {
	if !id.valid() {
		return Upload{}, ErrNotFound
	}
	u, err := find(ctx, id.hash())
	if err == nil && (u.Deleted || !s.clock().Before(u.Expires)) {
		return Upload{}, ErrNotFound
	}
	return u, err
}
