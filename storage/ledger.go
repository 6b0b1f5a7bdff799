package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// entryRow is a line of the ledger.
type entryRow struct {
	bun.BaseModel `bun:"table:ledger"`

	Num         int64   `bun:"num,pk,autoincrement"`
	Allocation  string  `bun:"allocation_id"`
	Amount      int64   `bun:"amount"`
	ReasonKind  string  `bun:"reason_kind"`
	ReasonRef   string  `bun:"reason_ref"`
	Reservation string  `bun:"reservation_id"`
	At          instant `bun:"at"`
}

// Append implements [quota.Counters].
func (q *Quotas) Append(ctx context.Context, e quota.Entry) error {
	s, err := q.db.writing(ctx)
	if err != nil {
		return err
	}
	_, err = s.raw(`INSERT INTO ledger (allocation_id, amount, reason_kind, reason_ref, reservation_id, at)
		VALUES (?, ?, ?, ?, ?, ?)`, e.Allocation, e.Amount, e.Reason.Kind, e.Reason.Ref, e.Reservation, instantOf(e.At)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: append to the ledger: %w", err)
	}
	return nil
}

// Entries implements [quota.Counters].
func (q *Quotas) Entries(ctx context.Context, f quota.EntryFilter) ([]quota.Entry, error) {
	s, err := q.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []entryRow
	chosen := s.selects().Model(&rows)
	if f.Allocation != "" {
		chosen = chosen.Where("allocation_id = ?", f.Allocation)
	}
	if f.Reason.Kind != "" {
		chosen = chosen.Where("reason_kind = ?", f.Reason.Kind)
	}
	if f.Reason.Ref != "" {
		chosen = chosen.Where("reason_ref = ?", f.Reason.Ref)
	}
	if f.After > 0 {
		chosen = chosen.Where("num > ?", f.After)
	}
	if err := page(chosen, "num", false, 0, f.Limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: ledger: %w", err)
	}
	list := make([]quota.Entry, 0, len(rows))
	for _, r := range rows {
		list = append(list, quota.Entry{
			Num: r.Num, Allocation: quota.AllocationID(r.Allocation), Amount: r.Amount,
			Reason:      quota.Reason{Kind: r.ReasonKind, Ref: r.ReasonRef},
			Reservation: quota.ReservationID(r.Reservation), At: r.At.time(),
		})
	}
	return list, nil
}

// tallies is one statement, which sees one state of the database, whatever is
// going on beside it.
const tallies = `
SELECT a.pool_id AS pool, a.id AS allocation, 'use' AS counter, a.used AS counted,
	CAST(COALESCE((SELECT SUM(l.amount) FROM ledger l WHERE l.allocation_id = a.id), 0) AS BIGINT) AS own,
	CAST(COALESCE((SELECT SUM(i.used) FROM allocations i WHERE i.within_id = a.id), 0) AS BIGINT) AS within
FROM allocations a
UNION ALL
SELECT a.pool_id, a.id, 'held', a.held,
	CAST(COALESCE((SELECT SUM(r.amount) FROM reservations r WHERE r.allocation_id = a.id AND r.state = 'held'), 0) AS BIGINT),
	CAST(COALESCE((SELECT SUM(i.held) FROM allocations i WHERE i.within_id = a.id), 0) AS BIGINT)
FROM allocations a
UNION ALL
SELECT p.id, '', 'use', p.used, 0,
	CAST(COALESCE((SELECT SUM(a.used + a.held) FROM allocations a WHERE a.pool_id = p.id AND NOT EXISTS (
		SELECT 1 FROM allocations o WHERE o.id = a.within_id AND o.pool_id = a.pool_id)), 0) AS BIGINT)
FROM pools p
ORDER BY 1, 2, 3`

// Tallies implements [quota.Counters].
func (q *Quotas) Tallies(ctx context.Context) ([]quota.Tally, error) {
	s, err := q.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var list []quota.Tally
	if err := s.raw(tallies).Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("storage: tallies: %w", err)
	}
	return list, nil
}
