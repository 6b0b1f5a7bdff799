package upload

import (
	"context"
	"errors"
	"time"
)

const (
	// linger is how long what is doomed stays, so that who reads it can go on.
	linger = 10 * time.Minute
	// sweeping is how much is deleted at once.
	sweeping = 500
)

// Sweep deletes what has expired, and returns how many files that were. It also
// deletes blobs that nothing needs any more, for some minutes, and what is left
// of those whose writing was cut off. Any number of servers may call it, as
// often as they like.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	expired := 0
	now := s.clock()
	for {
		n := 0
		err := s.store.Tx(ctx, func(ctx context.Context) (err error) {
			n, err = s.store.Expire(ctx, now, sweeping)
			return err
		})
		if err != nil {
			return expired, err
		}
		if expired += n; n < sweeping {
			break
		}
	}
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		return s.store.DoomPending(ctx, now.Add(-pendingLife), now)
	})
	if err != nil {
		return expired, err
	}
	return expired, s.sweepBlobs(ctx, now.Add(-linger))
}

// sweepBlobs deletes what was doomed before a time. What cannot be deleted does
// not keep the rest.
func (s *Service) sweepBlobs(ctx context.Context, before time.Time) error {
	var failed error
	for after := ""; ; {
		names, err := s.store.Doomed(ctx, before, after, sweeping)
		if err != nil || len(names) == 0 {
			return errors.Join(failed, err)
		}
		after = names[len(names)-1]
		gone := make([]string, 0, len(names))
		for _, name := range names {
			if err := s.blobs.Delete(ctx, name); err != nil {
				failed = err
				continue
			}
			gone = append(gone, name)
		}
		if len(gone) > 0 {
			err = s.store.Tx(ctx, func(ctx context.Context) error { return s.store.Forget(ctx, gone) })
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return errors.Join(failed, err)
		}
	}
}
