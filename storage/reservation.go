package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// reservationRow is an amount that is held for a while.
type reservationRow struct {
	bun.BaseModel `bun:"table:reservations"`

	ID         string  `bun:"id,pk"`
	Allocation string  `bun:"allocation_id"`
	Amount     int64   `bun:"amount"`
	Key        string  `bun:"idempotency"`
	State      string  `bun:"state"`
	Settled    int64   `bun:"settled"`
	ReasonKind string  `bun:"reason_kind"`
	ReasonRef  string  `bun:"reason_ref"`
	Expires    instant `bun:"expires"`
	Created    instant `bun:"created"`
	Updated    instant `bun:"updated"`
}

func (r reservationRow) reservation() quota.Reservation {
	return quota.Reservation{
		ID: quota.ReservationID(r.ID), Allocation: quota.AllocationID(r.Allocation), Amount: r.Amount, Key: r.Key,
		State: quota.State(r.State), Settled: r.Settled, Reason: quota.Reason{Kind: r.ReasonKind, Ref: r.ReasonRef},
		Expires: r.Expires.time(), Created: r.Created.time(), Updated: r.Updated.time(),
	}
}

// Reservation implements [quota.Reservations].
func (q *Quotas) Reservation(ctx context.Context, id quota.ReservationID) (quota.Reservation, error) {
	return q.reservation(ctx, "id = ?", string(id))
}

// ReservationByKey implements [quota.Reservations].
func (q *Quotas) ReservationByKey(ctx context.Context, key string) (quota.Reservation, error) {
	return q.reservation(ctx, "idempotency = ?", key)
}

func (q *Quotas) reservation(ctx context.Context, where, arg string) (quota.Reservation, error) {
	s, err := q.db.reading(ctx)
	if err != nil {
		return quota.Reservation{}, err
	}
	var row reservationRow
	err = s.selects().Model(&row).Where(where, arg).Scan(ctx)
	if none(err) {
		return quota.Reservation{}, quota.ErrNotFound
	}
	if err != nil {
		return quota.Reservation{}, fmt.Errorf("storage: reservation: %w", err)
	}
	return row.reservation(), nil
}

// AddReservation implements [quota.Reservations].
func (q *Quotas) AddReservation(ctx context.Context, r quota.Reservation) error {
	s, err := q.db.writing(ctx)
	if err != nil {
		return err
	}
	row := reservationRow{
		ID: string(r.ID), Allocation: string(r.Allocation), Amount: r.Amount, Key: r.Key, State: string(r.State),
		Settled: r.Settled, ReasonKind: r.Reason.Kind, ReasonRef: r.Reason.Ref,
		Expires: instantOf(r.Expires), Created: instantOf(r.Created), Updated: instantOf(r.Updated),
	}
	// A conflict must not be a statement that failed: the unit goes on.
	result, err := s.inserts().Model(&row).On("CONFLICT (idempotency) DO NOTHING").Exec(ctx)
	if isForeign(err) {
		return quota.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("storage: add reservation: %w", err)
	}
	if ok, err := changed(result); ok || err != nil {
		return err
	}
	return fmt.Errorf("%w: the key is taken", quota.ErrConflict)
}

// Settle implements [quota.Reservations].
func (q *Quotas) Settle(ctx context.Context, id quota.ReservationID, to quota.State, amount int64, at time.Time) error {
	s, err := q.db.writing(ctx)
	if err != nil {
		return err
	}
	result, err := s.raw("UPDATE reservations SET state = ?, settled = ?, updated = ? WHERE id = ? AND state = ?",
		to, amount, instantOf(at), id, quota.Held).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: settle reservation: %w", err)
	}
	if ok, err := changed(result); ok || err != nil {
		return err
	}
	if _, err := q.Reservation(ctx, id); err != nil {
		return err
	}
	return quota.ErrSettled
}

// Lapsed implements [quota.Reservations].
func (q *Quotas) Lapsed(ctx context.Context, now time.Time, limit int) ([]quota.Reservation, error) {
	s, err := q.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []reservationRow
	// The state is written out for the partial index's sake.
	err = s.selects().Model(&rows).Where("state = 'held' AND expires <= ?", instantOf(now)).
		OrderExpr("expires, id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("storage: lapsed reservations: %w", err)
	}
	list := make([]quota.Reservation, 0, len(rows))
	for _, row := range rows {
		list = append(list, row.reservation())
	}
	return list, nil
}
