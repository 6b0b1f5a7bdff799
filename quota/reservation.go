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
func (s *Service) Reserve(ctx context.Context, id AllocationID, n int64, key string, lease time.Duration, why Reason) (Reservation, error) {
	if err := errors.Join(checkAmount(n), checkName("key", key), why.check()); err != nil {
		return Reservation{}, err
	}
	if lease <= 0 {
		return Reservation{}, invalid("lease", "more than 0 expected, not %s", lease)
	}
	if !uid.Valid(string(id)) {
		return Reservation{}, ErrNotFound
	}
	var reserved Reservation
	err := s.refusing(ctx, func(ctx context.Context, now time.Time) error {
		known, err := s.store.ReservationByKey(ctx, key)
		if errors.Is(err, ErrNotFound) {
			reserved = Reservation{
				ID: ReservationID(uid.New()), Allocation: id, Amount: n, Key: key, State: Held, Reason: why,
				// At least a microsecond, lest it be stored as having ended.
				Expires: now.Add(max(lease, time.Microsecond)).Truncate(time.Microsecond), Created: now, Updated: now,
			}
			err = s.store.AddReservation(ctx, reserved)
			if err == nil {
				return s.count(ctx, id, 0, n, true, now)
			}
			if errors.Is(err, ErrConflict) { // somebody came first since we looked
				known, err = s.store.ReservationByKey(ctx, key)
			}
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
	return s.refusing(ctx, func(ctx context.Context, now time.Time) error {
		r, err := s.Reservation(ctx, id)
		if err != nil {
			return err
		}
		return s.settle(ctx, r, Committed, actual, now)
	})
}

// Cancel gives back what a reservation holds. It returns ErrSettled when it
// holds nothing any more.
func (s *Service) Cancel(ctx context.Context, id ReservationID) error {
	return s.store.Tx(ctx, func(ctx context.Context) error {
		r, err := s.Reservation(ctx, id)
		if err != nil {
			return err
		}
		return s.settle(ctx, r, Cancelled, 0, s.clock())
	})
}

// Reservation returns one reservation, or ErrNotFound.
func (s *Service) Reservation(ctx context.Context, id ReservationID) (Reservation, error) {
	if !uid.Valid(string(id)) {
		return Reservation{}, ErrNotFound
	}
	return s.store.Reservation(ctx, id)
}

// settle ends a reservation at an amount. The allocation is locked before the
// reservation, as by whoever expires it while refusing somebody else, lest the
// two wait for each other.
func (s *Service) settle(ctx context.Context, r Reservation, to State, actual int64, now time.Time) error {
	if r.State != Held {
		return ErrSettled
	}
	if _, _, err := s.store.Add(ctx, r.Allocation, 0, 0, false); err != nil {
		return err
	}
	if err := s.store.Settle(ctx, r.ID, to, actual, now); err != nil {
		return err
	}
	if err := s.count(ctx, r.Allocation, actual, -r.Amount, actual > r.Amount, now); err != nil {
		return err
	}
	if actual == 0 {
		return nil
	}
	return s.store.Append(ctx, Entry{
		Allocation: r.Allocation, Amount: actual, Reason: r.Reason, Reservation: r.ID, At: now,
	})
}

// lapsing is how many reservations are expired at a time, at most.
const lapsing = 1000

// expire gives back what the oldest reservations hold whose lease has ended,
// and reports whether there were any. One that somebody else settles at the
// same time is given back once.
func (s *Service) expire(ctx context.Context, now time.Time) (bool, error) {
	lapsed, err := s.store.Lapsed(ctx, now, lapsing)
	if err != nil {
		return false, err
	}
	for _, r := range lapsed {
		if err := s.settle(ctx, r, Expired, 0, now); err != nil && !errors.Is(err, ErrSettled) {
			return false, err
		}
	}
	return len(lapsed) > 0, nil
}
