package upload

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const (
	// maxPieces bounds in how many pieces a file is sent.
	maxPieces = 10000
	// pendingLife is how long a blob may be pending, and pieceTime how long
	// writing one may take: when it is given up, nobody writes to it any more.
	pendingLife = 2 * time.Hour
	pieceTime   = pendingLife / 2
)

// Append adds a piece that begins at an offset. With last set, the file ends
// with it. What was read before an error is kept, as far as it is whole.
//
// It returns ErrNotFound, ErrOffset, ErrTooLarge for more than was announced or
// is taken, ErrBudget, ErrIncomplete where the last piece ends before what was
// announced, and the error of the reader.
func (s *Service) Append(ctx context.Context, actor workspace.Actor, id ID, offset int64, from io.Reader, last bool) (File, error) {
	u, err := s.own(ctx, actor, id, s.store.Upload)
	if err != nil {
		return File{}, err
	}
	if u.Received != offset {
		return u.file(id), wrongOffset(u.Received)
	}
	in := &intake{Service: s, Upload: u, hash: id.hash(), last: last, ctx: ctx}
	if in.who, err = s.sender(actor); err != nil {
		return File{}, err
	}
	if u.guest() { // however it is continued
		in.who = sender{u.Source, s.opts.GuestSize, s.opts.GuestBytes, s.opts.GuestFiles}
	}
	in.from = bufio.NewReaderSize(&heeding{ctx: ctx, from: from}, 64<<10)
	// The caller going away ends the reading, and what was read is kept.
	err = in.all(context.WithoutCancel(ctx))
	return in.file(id), err
}

func wrongOffset(at int64) error { return fmt.Errorf("%w: %d bytes are there", ErrOffset, at) }

// heeding reads until the context of who reads has ended.
type heeding struct {
	ctx  context.Context //nolint:containedctx // readers are given none
	from io.Reader
}

func (h *heeding) Read(p []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, err
	}
	return h.from.Read(p)
}

// An intake takes the pieces of an upload.
type intake struct {
	*Service
	Upload

	ctx  context.Context //nolint:containedctx // the caller's, beside that of the work
	who  sender
	hash string
	from *bufio.Reader
	last bool
}

// all takes everything, in blobs of a piece each.
func (in *intake) all(ctx context.Context) error {
	for {
		switch _, err := in.from.Peek(1); {
		case errors.Is(err, io.EOF):
			return in.end(ctx)
		case err != nil:
			return fmt.Errorf("upload: reading: %w", err)
		}
		limit := in.who.size
		if in.Size >= 0 {
			limit = in.Size
		}
		if in.Received >= limit {
			return tooLarge(limit)
		}
		if err := in.piece(ctx, min(limit-in.Received, in.opts.Piece)); err != nil {
			return err
		}
	}
}

// end is called when there is no more to read.
func (in *intake) end(ctx context.Context) error {
	if !in.last || in.complete() {
		return nil
	}
	if in.Size >= 0 && in.Size != in.Received {
		return fmt.Errorf("%w: %d of %d bytes are there", ErrIncomplete, in.Received, in.Size)
	}
	looked, err := in.look(ctx, in.Upload, nil)
	if err != nil {
		return err
	}
	looked.Size = looked.Received
	return in.change(ctx, func(_ context.Context, u *Upload) error {
		u.Size, u.MediaType, u.Width, u.Height = looked.Size, looked.MediaType, looked.Width, looked.Height
		return nil
	})
}

// piece takes up to so many bytes as a blob. The bytes come first and what is
// known of them second, so that nothing is known that is not there.
func (in *intake) piece(ctx context.Context, most int64) error {
	ctx, cancel := context.WithTimeout(ctx, pieceTime)
	defer cancel()
	b := Blob{Name: newName(), Content: in.Content, Begins: in.Received}
	charged, err := in.admit(ctx, b, most)
	if err != nil {
		return err
	}
	read := &counter{from: in.from, left: charged.bytes}
	err = in.blobs.Write(ctx, b.Name, read)
	b.Size = read.n
	if err == nil {
		err = in.keep(ctx, b, charged, read)
	}
	if err != nil {
		return errors.Join(err, in.giveUp(ctx, b, charged))
	}
	if read.err != nil && !errors.Is(read.err, io.EOF) {
		return fmt.Errorf("upload: reading: %w", read.err)
	}
	return nil
}

// An admission is how many bytes may be read, and how many of them were charged
// for.
type admission struct{ bytes, charged int64 }

// admit announces a blob, and charges for it what was not charged when the file
// was begun.
func (in *intake) admit(ctx context.Context, b Blob, most int64) (a admission, err error) {
	err = in.change(ctx, func(ctx context.Context, u *Upload) error {
		a = admission{bytes: most}
		if u.Pieces >= maxPieces {
			return fmt.Errorf("%w: in more than %d pieces", ErrTooLarge, maxPieces)
		}
		if u.Size < 0 {
			granted, err := in.charge(ctx, most)
			if err != nil {
				return err
			}
			a = admission{granted, granted}
			u.Charged += granted
		}
		u.Pieces++
		return in.store.Announce(ctx, b, in.clock())
	})
	return a, err
}

// charge charges for as much as there is room, up to an amount.
func (in *intake) charge(ctx context.Context, most int64) (int64, error) {
	for range 3 { // others take what there is meanwhile
		ok, err := in.store.Charge(ctx, in.Source, most, 0, in.who.bytes, in.who.files)
		if err != nil || ok {
			return most, err
		}
		used, _, err := in.store.Charged(ctx, in.Source)
		if err != nil {
			return 0, err
		}
		if used >= in.who.bytes {
			break
		}
		most = min(most, in.who.bytes-used)
	}
	return 0, ErrBudget
}

// keep makes a blob that was written a part of the file, and gives back what
// was charged for too much.
func (in *intake) keep(ctx context.Context, b Blob, a admission, read *counter) error {
	after := in.Upload
	after.Received += b.Size
	if in.ends(after.Received, read) {
		after.Size = after.Received
		var err error
		if after, err = in.look(ctx, after, &b); err != nil {
			return err
		}
	}
	return in.change(ctx, func(ctx context.Context, u *Upload) error {
		if err := in.store.Keep(ctx, b.Name, b.Size); err != nil {
			return err
		}
		if back := a.charged - b.Size; a.charged > 0 && back > 0 {
			if err := in.store.Refund(ctx, u.Source, back, 0); err != nil {
				return err
			}
			u.Charged -= back
		}
		u.Size, u.Received = after.Size, after.Received
		u.MediaType, u.Width, u.Height = after.MediaType, after.Width, after.Height
		return nil
	})
}

// ends reports whether the file ends where it is now.
func (in *intake) ends(received int64, read *counter) bool {
	if in.Size >= 0 {
		return received == in.Size
	}
	if !in.last {
		return false
	}
	if read.err == nil {
		_, read.err = in.from.Peek(1)
	}
	return errors.Is(read.err, io.EOF)
}

// look looks at a file with a blob behind what is kept, nil for none.
func (in *intake) look(ctx context.Context, u Upload, behind *Blob) (Upload, error) {
	blobs, err := in.store.Blobs(ctx, u.Content, "")
	if err != nil {
		return u, err
	}
	if behind != nil {
		blobs = append(blobs, *behind)
	}
	content := &sequence{ctx: ctx, from: in.blobs, blobs: blobs}
	defer func() { _ = content.Close() }()
	u = u.looked(content)
	return u, content.failed
}

// change changes the upload in a unit of work, if it is still where it was.
func (in *intake) change(ctx context.Context, fn func(ctx context.Context, u *Upload) error) error {
	var after Upload
	err := in.store.Tx(ctx, func(ctx context.Context) error {
		u, err := in.store.LockUpload(ctx, in.hash)
		if err != nil {
			return err
		}
		if u.Deleted || !in.clock().Before(u.Expires) {
			return ErrNotFound
		}
		if u.Received != in.Received || u.complete() {
			return wrongOffset(u.Received)
		}
		if err := fn(ctx, &u); err != nil {
			return err
		}
		after = u
		return in.store.SaveUpload(ctx, u)
	})
	if err == nil {
		in.Upload = after
	}
	return err
}

// giveUp has a blob deleted and gives back what was charged for it. If it does
// not come to that, sweeping does it.
func (in *intake) giveUp(ctx context.Context, b Blob, a admission) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return in.store.Tx(ctx, func(ctx context.Context) error {
		doomed, err := in.store.DoomBlob(ctx, b.Name, in.clock())
		if err != nil || !doomed { // or it was kept, and nobody said so
			return err
		}
		u, err := in.store.LockUpload(ctx, in.hash)
		if errors.Is(err, ErrNotFound) || err == nil && u.Deleted {
			return nil // all was given back with it
		}
		if err != nil || a.charged == 0 {
			return err
		}
		u.Charged -= a.charged
		if err := in.store.Refund(ctx, u.Source, a.charged, 0); err != nil {
			return err
		}
		return in.store.SaveUpload(ctx, u)
	})
}

// A counter reads up to so many bytes, counts them, and ends where reading
// fails: what came before is whole.
type counter struct {
	from    io.Reader
	left, n int64
	err     error
}

func (c *counter) Read(p []byte) (int, error) {
	if c.left <= 0 || c.err != nil {
		return 0, io.EOF
	}
	n, err := c.from.Read(p[:min(int64(len(p)), c.left)])
	c.n, c.left, c.err = c.n+int64(n), c.left-int64(n), err
	if err != nil {
		return n, io.EOF
	}
	return n, nil
}
