package quota

import (
	"context"
	"errors"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
)

// Consume takes n from an allocation, from every allocation around it and from
// the pool, or nothing at all: where one of them has no room it returns an
// [*ExceededError] that names it. A reservation whose lease has ended does not
// stand in the way. It returns ErrInvalid where the pool's unit is [None].
func (s *Service) Consume(ctx context.Context, id AllocationID, n int64, why Reason) error {
	if err := errors.Join(checkAmount(n), why.check()); err != nil {
		return err
	}
	return s.refusing(ctx, func(ctx context.Context, now time.Time) error {
		if err := s.count(ctx, id, n, 0, true, now); err != nil {
			return err
		}
		return s.store.Append(ctx, Entry{Allocation: id, Amount: n, Reason: why, At: now})
	})
}

// Release gives back n of what was consumed from the allocation itself, also
// where that is over its limit. It returns ErrInvalid when less than n was:
// what was consumed from an allocation within is given back there.
func (s *Service) Release(ctx context.Context, id AllocationID, n int64, why Reason) error {
	if err := errors.Join(checkAmount(n), why.check()); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		now := s.clock()
		if err := s.owns(ctx, id, n); err != nil {
			return err
		}
		if err := s.count(ctx, id, -n, 0, false, now); err != nil {
			return err
		}
		return s.store.Append(ctx, Entry{Allocation: id, Amount: -n, Reason: why, At: now})
	})
}

// owns makes sure that at least n of an allocation's use is its own. It locks
// the allocation first: whoever changes the use of one within must change its
// own too, so that the two cannot be seen apart.
func (s *Service) owns(ctx context.Context, id AllocationID, n int64) error {
	if !uid.Valid(string(id)) {
		return ErrNotFound
	}
	a, _, err := s.store.Add(ctx, id, 0, 0, false)
	if err != nil {
		return err
	}
	within, err := s.store.Allocations(ctx, AllocationFilter{Within: id})
	if err != nil {
		return err
	}
	own := a.Use
	for _, w := range within {
		own -= w.Use
	}
	if n > own {
		return invalid("amount", "at most %d expected, which is what was consumed here, not %d", own, n)
	}
	return nil
}

// refusing runs a unit of work that takes something and may be refused. What
// lapsed and was expired in a unit that then was refused is expired again by
// one of its own, lest every refusal do the same work in vain.
func (s *Service) refusing(ctx context.Context, fn func(ctx context.Context, now time.Time) error) error {
	err := s.store.Tx(ctx, func(ctx context.Context) error { return fn(ctx, s.clock()) })
	if errors.Is(err, ErrExceeded) {
		// Inside a caller's unit this cannot succeed and need not: the answer
		// is the refusal.
		_ = s.store.Tx(ctx, func(ctx context.Context) error {
			_, err := s.expire(ctx, s.clock())
			return err
		})
	}
	return err
}

// count adds to the counters of an allocation, of those around it, from within
// outwards, and of their pools. With bound it returns an *ExceededError where
// there is no room, and whoever called must give up his unit of work.
//
// Each level's answer says what is around it, while its row is locked: an
// allocation that is being moved is counted either in its old place or its new.
func (s *Service) count(ctx context.Context, id AllocationID, use, held int64, bound bool, now time.Time) error {
	var chain []Allocation
	for id != "" {
		if !uid.Valid(string(id)) {
			return ErrNotFound
		}
		a, err := s.add(ctx, id, use, held, bound, now)
		if err != nil {
			return err
		}
		chain = append(chain, a)
		id = a.Within
	}
	for _, pool := range counted(chain) {
		if err := s.addPool(ctx, pool, use+held, bound, now); err != nil {
			return err
		}
	}
	return nil
}

// add changes the counters of one allocation, after expiring what lapsed if
// need be.
func (s *Service) add(ctx context.Context, id AllocationID, use, held int64, bound bool, now time.Time) (Allocation, error) {
	for {
		a, ok, err := s.store.Add(ctx, id, use, held, bound)
		if ok || err != nil {
			return a, err
		}
		lapsed, err := s.expire(ctx, now)
		if err != nil {
			return a, err
		}
		if lapsed {
			continue
		}
		pool, err := s.Pool(ctx, a.Pool)
		if err != nil {
			return a, err
		}
		if pool.Unit == None {
			return a, nothingToCount(pool)
		}
		return a, &ExceededError{
			Pool: pool.ID, PoolName: pool.Name, Kind: pool.Kind, Unit: pool.Unit,
			Allocation: a.ID, Holder: a.Holder, Slot: a.Slot,
			Limit: a.Limit, Use: a.Use + a.Held, Asked: use + held,
		}
	}
}

// addPool does the same for a pool.
func (s *Service) addPool(ctx context.Context, id PoolID, amount int64, bound bool, now time.Time) error {
	for {
		pool, ok, err := s.store.AddPool(ctx, id, amount, bound)
		switch {
		case err != nil:
			return err
		case pool.Unit == None:
			return nothingToCount(pool)
		case ok:
			return nil
		}
		lapsed, err := s.expire(ctx, now)
		if err != nil {
			return err
		}
		if !lapsed {
			return &ExceededError{
				Pool: pool.ID, PoolName: pool.Name, Kind: pool.Kind, Unit: pool.Unit,
				Limit: pool.Capacity, Use: pool.Use, Asked: amount,
			}
		}
	}
}

func nothingToCount(p Pool) error {
	return invalid("allocation", "one of a pool that counts expected: %s %q is an entitlement", p.Kind, p.Name)
}
