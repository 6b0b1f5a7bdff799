package database

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Names are used again: what is called so when somebody is let pass could be
// another's when it is done. So whoever does something with a real database holds
// its name, and makes sure of his rights once he does.
//
// Who backs up holds one of a few names made of it instead, so that a download
// that takes long keeps nobody from locking; and who takes the name away from a
// database holds all of these as well.

// readers is how many may back up a database at a time.
const readers = 3

// reading returns what those hold who back up the database of a name. No two
// names have one in common.
func (n Name) reading() []Name {
	sum := sha256.Sum256([]byte(n))
	names := make([]Name, 0, readers)
	for i := range readers {
		names = append(names, Name(fmt.Sprintf("backup-%s-%d", hex.EncodeToString(sum[:16]), i)))
	}
	return names
}

// alone returns all that is held of a name by who takes it away.
func (n Name) alone() []Name { return append([]Name{n}, n.reading()...) }

// hold keeps everybody else away from names, waiting for a while for who is
// there. It returns ErrBusy.
func (s *Service) hold(ctx context.Context, names ...Name) (release func(), err error) {
	return s.patiently(ctx, func() (func(), error) { return s.seize(ctx, names) })
}

// holdOne is like hold for any one of the names.
func (s *Service) holdOne(ctx context.Context, names []Name) (release func(), err error) {
	return s.patiently(ctx, func() (func(), error) {
		for _, name := range names {
			release, err := s.provisioner.Hold(ctx, name)
			if !errors.Is(err, ErrBusy) {
				return release, err
			}
		}
		return nil, ErrBusy
	})
}

// seize holds all of some names, or none.
func (s *Service) seize(ctx context.Context, names []Name) (release func(), err error) {
	var held []func()
	release = func() {
		for _, let := range slices.Backward(held) {
			let()
		}
	}
	for _, name := range names {
		let, err := s.provisioner.Hold(ctx, name)
		if err != nil {
			release()
			return nil, err
		}
		held = append(held, let)
	}
	return release, nil
}

// patiently tries again for a while what is refused with ErrBusy.
func (s *Service) patiently(ctx context.Context, try func() (func(), error)) (func(), error) {
	end := time.NewTimer(s.opts.Patience)
	defer end.Stop()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		release, err := try()
		if !errors.Is(err, ErrBusy) {
			return release, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-end.C:
			return nil, err
		case <-time.After(pause):
		}
	}
}

// aftermath returns a context for putting right what went wrong, also where the
// caller has gone.
func aftermath(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
}
