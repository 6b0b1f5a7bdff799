package quota

import (
	"context"
	"errors"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
)

// Reserve holds n of an allocation, of every allocation around it and of the
// pool, until the reservation is settled or its lease ends, or returns an
// [*ExceededError] as [Service.Consume] does.
//
// The key names the attempt: while the reservation is known, the same key with
// the same allocation and amount returns it as it is, whatever became of it,
// and takes nothing; with others it returns ErrConflict.
//
// Nobody has to look for leases that have ended: who needs the room finds them,
// and gives it back first.
func (s *Service) Reserve(ctx context.Context, id AllocationID, n int64, key string, lease time.Duration, why Reason) (Reservation, error) {
	if err := errors.Join(checkAmount(n), checkName("key", key), why.check()); err != nil {
		return Reservation{}, err
	}
	if lease <= 0 {
		return Reservation{}, invalid("lease", "more than 0 expected, not %s", lease)
	}
	c := claim{verb: reserving, n: n, key: key, lease: lease, why: why}
	if !s.store.InUnit(ctx) {
		return s.share(ctx, id, c)
	}
	if !uid.Valid(string(id)) {
		return Reservation{}, ErrNotFound
	}
	var reserved Reservation
	err := s.patiently(ctx, func(ctx context.Context, now time.Time) error {
		known, err := s.store.ReservationByKey(ctx, key)
		if errors.Is(err, ErrNotFound) {
			if err := s.take(ctx, id, 0, n, now, ""); err != nil {
				return err
			}
			reserved = c.reserves(id, now)
			err = s.store.AddReservation(ctx, reserved)
			if !errors.Is(err, ErrConflict) {
				return err
			}
			// Somebody came first since we looked.
			if err := s.give(ctx, id, 0, -n); err != nil {
				return err
			}
			known, err = s.store.ReservationByKey(ctx, key)
		}
		if err != nil {
			return err
		}
		if known.Allocation != id || known.Amount != n {
			return ErrConflict
		}
		reserved = known
		return nil
	})
	if err != nil {
		return Reservation{}, err
	}
	return reserved, nil
}

// Commit settles a reservation at the amount that was consumed in truth, 0 and
// more: what is less than reserved is given back, what is more must have room,
// else Commit returns an [*ExceededError] and the amount stays held. It returns
// ErrSettled when the reservation is no longer held; one whose lease has ended
// is held until somebody needed its room.
func (s *Service) Commit(ctx context.Context, id ReservationID, actual int64) error {
	if actual < 0 {
		return invalid("amount", "at least 0 expected, not %d", actual)
	}
	if !s.store.InUnit(ctx) {
		return s.settle(ctx, id, Committed, actual)
	}
	return s.patiently(ctx, func(ctx context.Context, now time.Time) error {
		r, err := s.held(ctx, id)
		if err != nil {
			return err
		}
		// What is not more than was held always fits, limits lowered or not.
		if actual <= r.Amount {
			err = s.give(ctx, r.Allocation, actual, -r.Amount)
		} else {
			err = s.take(ctx, r.Allocation, actual, -r.Amount, now, r.ID)
		}
		if err != nil {
			return err
		}
		if err := s.store.Settle(ctx, r.ID, Committed, actual, now); err != nil || actual == 0 {
			return err
		}
		return s.store.Append(ctx, Entry{
			Allocation: r.Allocation, Amount: actual, Reason: r.Reason, Reservation: r.ID, At: now,
		})
	})
}

// Cancel gives back what a reservation holds. It returns ErrSettled when it
// holds nothing any more.
func (s *Service) Cancel(ctx context.Context, id ReservationID) error {
	if !s.store.InUnit(ctx) {
		return s.settle(ctx, id, Cancelled, 0)
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		r, err := s.held(ctx, id)
		if err != nil {
			return err
		}
		return s.end(ctx, r, Cancelled, s.clock())
	})
}

// settle settles a reservation in a commit that is shared.
func (s *Service) settle(ctx context.Context, id ReservationID, to State, n int64) error {
	r, err := s.Reservation(ctx, id)
	if err == nil && r.State != Held {
		err = ErrSettled
	}
	if err == nil {
		_, err = s.share(ctx, r.Allocation, claim{verb: settling, n: n, reservation: r, to: to})
	}
	return err
}

// Reservation returns one reservation, or ErrNotFound.
func (s *Service) Reservation(ctx context.Context, id ReservationID) (Reservation, error) {
	if !uid.Valid(string(id)) {
		return Reservation{}, ErrNotFound
	}
	return s.store.Reservation(ctx, id)
}

// held returns a reservation that is held, and stays so until the unit of work
// ends, since whoever settles one locks its allocation first. It returns
// ErrSettled for one that is not.
func (s *Service) held(ctx context.Context, id ReservationID) (Reservation, error) {
	r, err := s.Reservation(ctx, id)
	if err != nil {
		return r, err
	}
	if r.State == Held {
		if _, _, err := s.store.Add(ctx, r.Allocation, 0, 0, false); err != nil {
			return r, err
		}
		if r, err = s.store.Reservation(ctx, id); err != nil {
			return r, err
		}
	}
	if r.State != Held {
		return r, ErrSettled
	}
	return r, nil
}

// end gives back what a reservation holds.
func (s *Service) end(ctx context.Context, r Reservation, to State, now time.Time) error {
	if err := s.store.Settle(ctx, r.ID, to, 0, now); err != nil {
		return err
	}
	return s.give(ctx, r.Allocation, 0, -r.Amount)
}

// lapsing is how many reservations are expired at a time, at most.
const lapsing = 1000

// expire gives back what a reservation holds whose lease has ended, unless
// somebody else settled it by now.
func (s *Service) expire(ctx context.Context, r Reservation, now time.Time) error {
	return s.store.Tx(ctx, func(ctx context.Context) error {
		r, err := s.held(ctx, r.ID)
		if errors.Is(err, ErrSettled) || errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.end(ctx, r, Expired, now)
	})
}
