package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// Read opens a complete file for reading, whoever sent it: the ID is enough. It
// returns ErrNotFound and ErrIncomplete.
func (s *Service) Read(ctx context.Context, id ID) (File, io.ReadCloser, error) {
	u, err := s.find(ctx, id, s.store.Upload)
	if err != nil {
		return File{}, nil, err
	}
	if !u.complete() {
		return File{}, nil, ErrIncomplete
	}
	content, err := s.Open(ctx, u.Content)
	return u.file(id), content, err
}

// Take makes the bytes of a complete file somebody else's, who has them deleted
// with [Service.Drop], and forgets the rest. The ID is enough. It is called
// inside a unit of work; of two who take the same file, one gets ErrNotFound. It
// returns ErrIncomplete as well.
func (s *Service) Take(ctx context.Context, id ID) (File, Content, error) {
	var u Upload
	err := s.store.Tx(ctx, func(ctx context.Context) (err error) {
		if u, err = s.find(ctx, id, s.store.LockUpload); err != nil {
			return err
		}
		if !u.complete() {
			return ErrIncomplete
		}
		if err := s.store.Refund(ctx, u.Source, u.Charged, 1); err != nil {
			return err
		}
		return s.store.RemoveUpload(ctx, u.Hash)
	})
	if err != nil {
		return File{}, "", err
	}
	return u.file(id), u.Content, nil
}

// Drop has a content deleted that was taken, with its variants, once the unit of
// work is done and some time has passed in which reading it can come to an end.
func (s *Service) Drop(ctx context.Context, c Content) error {
	return s.store.Tx(ctx, func(ctx context.Context) error { return s.store.Doom(ctx, c, s.clock()) })
}

// Open reads a content.
func (s *Service) Open(ctx context.Context, c Content) (io.ReadCloser, error) {
	return s.open(ctx, c, "")
}

// Variant reads what [Service.PutVariant] kept. It returns ErrNotFound.
func (s *Service) Variant(ctx context.Context, c Content, name string) (io.ReadCloser, error) {
	r, err := s.open(ctx, c, name)
	if errors.Is(err, fs.ErrNotExist) { // it was deleted meanwhile
		err = fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return r, err
}

func (s *Service) open(ctx context.Context, c Content, variant string) (io.ReadCloser, error) {
	blobs, err := s.store.Blobs(ctx, c, variant)
	if err != nil {
		return nil, err
	}
	if len(blobs) == 0 && variant != "" {
		return nil, ErrNotFound
	}
	r := &sequence{ctx: ctx, from: s.blobs, blobs: blobs}
	if len(blobs) > 0 { // what is missing is said now and not halfway
		if err := r.next(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// PutVariant keeps something that was made of a content, under a name, as long
// as the content. Of one content it keeps so many at most; it returns
// ErrNotFound where it keeps none, also because there is one of the name.
func (s *Service) PutVariant(ctx context.Context, c Content, name string, most int, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, pieceTime)
	defer cancel()
	b := Blob{Name: newName(), Content: c, Variant: name}
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		n, err := s.store.Variants(ctx, c)
		if err != nil {
			return err
		}
		if n >= most {
			return ErrNotFound
		}
		return s.store.Announce(ctx, b, s.clock())
	})
	if err != nil {
		return err
	}
	err = s.blobs.Write(ctx, b.Name, bytes.NewReader(data))
	if err == nil {
		err = s.store.Tx(ctx, func(ctx context.Context) error {
			if err := s.store.Keep(ctx, b.Name, int64(len(data))); err != nil {
				return err
			}
			// Keep has locked the content: others may have been kept meanwhile.
			n, err := s.store.Variants(ctx, c)
			if err == nil && n > most {
				err = ErrNotFound
			}
			return err
		})
	}
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrOffset) {
		err = ErrNotFound
	}
	ctx, cancelUndoing := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancelUndoing()
	return errors.Join(err, s.store.Tx(ctx, func(ctx context.Context) error {
		_, err := s.store.DoomBlob(ctx, b.Name, s.clock())
		return err
	}))
}

// A sequence reads blobs one behind the other, and makes sure that each is as
// long as it is known to be.
type sequence struct {
	ctx    context.Context //nolint:containedctx // readers are given none
	from   Blobs
	blobs  []Blob
	open   io.ReadCloser
	left   int64
	failed error
}

// next opens the next blob.
func (s *sequence) next() error {
	b := s.blobs[0]
	open, err := s.from.Open(s.ctx, b.Name)
	if err != nil {
		return err
	}
	s.blobs, s.open, s.left = s.blobs[1:], open, b.Size
	return nil
}

// Read reads on, in the next blob where one has ended. What failed once goes on
// to fail.
func (s *sequence) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil && s.failed == nil {
		if err = s.reach(); err != nil || len(p) == 0 {
			break
		}
		n, err = s.open.Read(p[:min(int64(len(p)), s.left)])
		s.left -= int64(n)
		switch {
		case errors.Is(err, io.EOF) && s.left > 0:
			err = io.ErrUnexpectedEOF
		case errors.Is(err, io.EOF):
			err = nil
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	if err == nil && n == 0 {
		err = s.failed
	}
	return n, err
}

// reach opens the blob that has what comes next. It returns io.EOF behind the
// last.
func (s *sequence) reach() error {
	for s.open == nil || s.left == 0 {
		if err := s.leave(); err != nil {
			return err
		}
		if len(s.blobs) == 0 {
			return io.EOF
		}
		if err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the blob that is open, after which there is nothing more to read.
func (s *sequence) Close() error {
	s.blobs = nil
	return s.leave()
}

// leave closes the blob that is open.
func (s *sequence) leave() error {
	if s.open == nil {
		return nil
	}
	open := s.open
	s.open = nil
	return open.Close()
}
