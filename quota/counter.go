package quota

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
)

// Consume takes n from an allocation, from every allocation around it and from
// the pool, or nothing at all: where one of them has no room it returns an
// [*ExceededError] that names it. A reservation whose lease has ended does not
// stand in the way. It returns ErrInvalid where the pool's unit is [None].
//
// Outside a unit of work, callers share commits: all of Consume, Release,
// Reserve, Commit and Cancel. Each gets his own answer, as if they had been asked one
// after another, and none is told yes before the commit has succeeded; when it
// fails, all are told that. A caller whose context ends before his batch has
// begun is left out of it, and told so by an error that wraps the context's.
// When it has begun he is told what became of it, if that is known within a
// second; else his error wraps [ErrUnknown] as well. Inside a unit of work
// nothing is shared, and all of it stays or goes with the unit.
func (s *Service) Consume(ctx context.Context, id AllocationID, n int64, why Reason) error {
	if err := errors.Join(checkAmount(n), why.check()); err != nil {
		return err
	}
	if !s.store.InUnit(ctx) {
		_, err := s.share(ctx, id, claim{verb: consuming, n: n, why: why})
		return err
	}
	return s.patiently(ctx, func(ctx context.Context, now time.Time) error {
		if err := s.take(ctx, id, n, 0, now, ""); err != nil {
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
	if !s.store.InUnit(ctx) {
		_, err := s.share(ctx, id, claim{verb: releasing, n: n, why: why})
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		now := s.clock()
		if err := s.owns(ctx, id, n); err != nil {
			return err
		}
		if err := s.give(ctx, id, -n, 0); err != nil {
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
		return notConsumedHere(own, n)
	}
	return nil
}

func notConsumedHere(own, n int64) error {
	return invalid("amount", "at most %d expected, which is what was consumed here, not %d", own, n)
}

// A lapse is the answer of an attempt that had no room while reservations held
// some though their leases had ended. The attempt has undone what it did.
type lapse struct{ reservations []Reservation }

func (*lapse) Error() string { return "quota: leases have ended" }

// patiently runs a unit of work that takes something, and where leases that
// ended were in the way, expires them and runs it again.
//
// They are expired between the attempts, each in a unit of its own, since an
// attempt has locked allocations of its own by then: two that were refused
// together would wait for each other. Inside a caller's unit all is one.
func (s *Service) patiently(ctx context.Context, attempt func(ctx context.Context, now time.Time) error) error {
	now := s.clock()
	for {
		var found *lapse
		err := s.store.Tx(ctx, func(ctx context.Context) error {
			found = nil
			err := attempt(ctx, now)
			if errors.As(err, &found) {
				return nil
			}
			return err
		})
		if err != nil || found == nil {
			return err
		}
		for _, r := range found.reservations {
			if err := s.expire(ctx, r, now); err != nil {
				return err
			}
		}
	}
}

// lapsed returns a lapse when there is one besides a reservation, else the
// refusal.
func (s *Service) lapsed(ctx context.Context, now time.Time, besides ReservationID, refusal error) error {
	// One more, lest besides be the only one in many.
	list, err := s.store.Lapsed(ctx, now, lapsing+1)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(r Reservation) bool { return r.ID == besides })
	if len(list) == 0 {
		return refusal
	}
	return &lapse{list}
}

// take adds to the counters of an allocation, of those around it, from within
// outwards, and of their pools, where there is room at every level. Where there
// is none it returns a lapse, or else an *ExceededError, for which the unit of
// work must be given up. A reservation that is being settled is in nobody's way.
func (s *Service) take(ctx context.Context, id AllocationID, use, held int64, now time.Time, settling ReservationID) error {
	done, refusal, err := s.count(ctx, id, use, held, true)
	if err != nil || refusal == nil {
		return err
	}
	err = s.lapsed(ctx, now, settling, refusal)
	if _, ok := errors.AsType[*lapse](err); !ok {
		return err
	}
	for _, undo := range slices.Backward(done) {
		if err := undo(ctx); err != nil {
			return err
		}
	}
	return err
}

// give adds to the same counters whether there is room or not.
func (s *Service) give(ctx context.Context, id AllocationID, use, held int64) error {
	_, _, err := s.count(ctx, id, use, held, false)
	return err
}

// count adds to counters until one refuses, and returns what undoes it.
//
// Each level's answer says what is around it, while its row is locked: an
// allocation that is being moved is counted either in its old place or its new.
func (s *Service) count(ctx context.Context, id AllocationID, use, held int64, bound bool) (undo []func(context.Context) error, refusal, err error) {
	if !uid.Valid(string(id)) {
		return nil, nil, ErrNotFound
	}
	var chain []Allocation
	for id != "" {
		a, ok, err := s.store.Add(ctx, id, use, held, bound)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			refusal, err := s.exceeded(ctx, a, use+held)
			return undo, refusal, err
		}
		undo = append(undo, func(ctx context.Context) error {
			_, _, err := s.store.Add(ctx, a.ID, -use, -held, false)
			return err
		})
		chain = append(chain, a)
		id = a.Within
	}
	for _, pool := range counted(chain) {
		p, ok, err := s.store.AddPool(ctx, pool, use+held, bound)
		switch {
		case err != nil:
			return nil, nil, err
		case p.Unit == None:
			return nil, nil, nothingToCount(p)
		case !ok:
			return undo, exceededIn(p, use+held), nil
		}
		undo = append(undo, func(ctx context.Context) error {
			_, _, err := s.store.AddPool(ctx, p.ID, -(use + held), false)
			return err
		})
	}
	return undo, nil, nil
}

// exceeded returns the refusal of an allocation.
func (s *Service) exceeded(ctx context.Context, a Allocation, asked int64) (refusal, err error) {
	p, err := s.Pool(ctx, a.Pool)
	if err != nil {
		return nil, err
	}
	if p.Unit == None {
		return nil, nothingToCount(p)
	}
	return exceededAt(a, p, asked), nil
}

// exceededAt is the refusal of an allocation, exceededIn that of a pool.
func exceededAt(a Allocation, p Pool, asked int64) *ExceededError {
	return &ExceededError{
		Pool: p.ID, PoolName: p.Name, Kind: p.Kind, Unit: p.Unit,
		Allocation: a.ID, Holder: a.Holder, Slot: a.Slot,
		Limit: a.Limit, Use: a.Use + a.Held, Asked: asked,
	}
}

func exceededIn(p Pool, asked int64) *ExceededError {
	return &ExceededError{
		Pool: p.ID, PoolName: p.Name, Kind: p.Kind, Unit: p.Unit,
		Limit: p.Capacity, Use: p.Use, Asked: asked,
	}
}

func nothingToCount(p Pool) error {
	return invalid("allocation", "one of a pool that counts expected: %s %q is an entitlement", p.Kind, p.Name)
}
