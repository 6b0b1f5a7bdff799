package database

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Measure reads how large databases are and charges their organizations with the
// difference. What has grown past the limit stays charged with less than it takes
// up. It goes on with the others where something fails with one, and returns all
// errors.
func (s *Service) Measure(ctx context.Context) error {
	if s.provisioner == nil {
		return nil
	}
	list, err := s.store.Databases(ctx, Filter{States: []State{Ready}})
	if err != nil {
		return err
	}
	var failed []error
	for _, d := range list {
		if ctx.Err() != nil {
			return errors.Join(append(failed, ctx.Err())...)
		}
		if _, err := s.weigh(ctx, d); err != nil {
			failed = append(failed, fmt.Errorf("database: measuring %s: %w", d.Name, err))
		}
	}
	return errors.Join(failed...)
}

// measured is how long it goes unsaid that nothing has changed.
const measured = time.Hour

// weigh reads how large a database is and charges for the difference, as far as
// there is room.
func (s *Service) weigh(ctx context.Context, d Database) (Database, error) {
	stats, err := s.provisioner.Stats(ctx, d.Name)
	if errors.Is(err, ErrNotFound) { // it is called otherwise now, or was dropped
		return d, nil
	}
	if err != nil {
		return Database{}, err
	}
	if grown := stats.Size - d.Size; grown == 0 && d.Size == d.Counted && s.clock().Sub(d.Measured) < measured {
		return d, nil
	}
	// All of it, what there is room for, nothing: somebody else takes room meanwhile.
	for _, most := range []func(context.Context, Database, int64) (int64, error){s.wholly, s.partly, s.barely} {
		weighed, err := s.put(ctx, d, stats.Size, most)
		if errors.Is(err, quota.ErrExceeded) {
			continue
		}
		return weighed, err
	}
	return Database{}, quota.ErrExceeded // it does not come to this: giving back always works
}

func (s *Service) wholly(_ context.Context, _ Database, more int64) (int64, error) { return more, nil }

func (s *Service) partly(ctx context.Context, d Database, more int64) (int64, error) {
	share, err := s.share(ctx, d.Organization)
	return min(more, share.Free()), err
}

func (s *Service) barely(_ context.Context, _ Database, more int64) (int64, error) {
	return min(more, 0), nil
}

// put keeps the size of a database that is what it was, and charges for as much
// more as most says.
func (s *Service) put(
	ctx context.Context, d Database, size int64, most func(ctx context.Context, d Database, more int64) (int64, error),
) (Database, error) {
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		now, err := one(s.store.Databases(ctx, Filter{
			IDs: []workspace.DatabaseID{d.ID}, Names: []Name{d.Name}, States: []State{Ready}, Lock: true,
		}))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		more, err := most(ctx, now, size-now.Counted)
		if err != nil {
			return err
		}
		if err := s.charge(ctx, now.Organization, more, now.reason()); err != nil {
			return err
		}
		now.Size, now.Counted, now.Measured = size, now.Counted+more, s.clock()
		d = now
		return s.store.SaveDatabase(ctx, now, Ready)
	})
	return d, err
}
