package storage

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/quota"
)

// allocationRow is a holder's share of a pool.
type allocationRow struct {
	bun.BaseModel `bun:"table:allocations"`

	Num      int64   `bun:"num,pk,autoincrement"`
	ID       string  `bun:"id"`
	Holder   string  `bun:"holder"`
	Pool     string  `bun:"pool_id"`
	Slot     string  `bun:"slot"`
	Within   string  `bun:"within_id,nullzero"`
	Bound    int64   `bun:"bound"`
	Used     int64   `bun:"used"`
	Held     int64   `bun:"held"`
	Position int64   `bun:"position"`
	Created  instant `bun:"created"`
	Updated  instant `bun:"updated"`
}

func allocationRowOf(a quota.Allocation) allocationRow {
	return allocationRow{
		Num: a.Num, ID: string(a.ID), Holder: string(a.Holder), Pool: string(a.Pool), Slot: a.Slot,
		Within: string(a.Within), Bound: a.Limit, Position: int64(a.Position),
		Created: instantOf(a.Created), Updated: instantOf(a.Updated),
	}
}

func (r allocationRow) allocation() quota.Allocation {
	return quota.Allocation{
		ID: quota.AllocationID(r.ID), Num: r.Num, Pool: quota.PoolID(r.Pool), Holder: quota.Holder(r.Holder),
		Slot: r.Slot, Within: quota.AllocationID(r.Within), Limit: r.Bound, Use: r.Used, Held: r.Held,
		Position: int(r.Position), Created: r.Created.time(), Updated: r.Updated.time(),
	}
}

// allocationColumns are what is read of an allocation, in statements that are
// written out.
const allocationColumns = `num, id, holder, pool_id, slot, within_id, bound, used, held, position, created, updated`

func chooseAllocations(f quota.AllocationFilter) func(*bun.SelectQuery) *bun.SelectQuery {
	return func(q *bun.SelectQuery) *bun.SelectQuery {
		q = oneOf(q, "id", f.IDs)
		q = oneOf(q, "holder", f.Holders)
		q = oneOf(q, "pool_id", f.Pools)
		if f.Kind != "" {
			q = q.Where("pool_id IN (SELECT id FROM pools WHERE kind = ?)", f.Kind)
		}
		if f.Slot != "" {
			q = q.Where("slot = ?", f.Slot)
		}
		if f.Within != "" {
			q = q.Where("within_id = ?", f.Within)
		}
		if f.Over {
			q = q.Where("used + held > bound")
		}
		return q
	}
}

func (q *Quotas) allocationListing() listing {
	return listing{key: allocationKey, names: quota.AllocationFilter{}.Sortable(), num: "num", invalid: invalidQuota}
}

func allocationKey(by string) key {
	switch by {
	case "holder":
		return key{"holder", exact}
	case "pool":
		return key{"pool_id", exact}
	case "limit":
		return key{"bound", numbers}
	case "used", "created":
		return key{by, numbers}
	}
	return key{}
}

// Allocations implements [quota.Store].
func (q *Quotas) Allocations(ctx context.Context, f quota.AllocationFilter) ([]quota.Allocation, error) {
	s, err := q.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []allocationRow
	chosen := s.selects().Model(&rows).Apply(chooseAllocations(f))
	if f.Order == (paging.Order{}) && f.After == nil {
		chosen = bounds(chosen.OrderExpr("holder, position, num"), f.Offset, f.Limit)
	} else if chosen, err = q.db.order(chosen, q.allocationListing(), f.Order, false, f.After, f.Offset, f.Limit); err != nil {
		return nil, err
	}
	if err := chosen.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: allocations: %w", err)
	}
	list := make([]quota.Allocation, 0, len(rows))
	for _, row := range rows {
		list = append(list, row.allocation())
	}
	return list, nil
}

// CountAllocations implements [quota.Store].
func (q *Quotas) CountAllocations(ctx context.Context, f quota.AllocationFilter) (int, error) {
	s, err := q.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := s.selects().Model((*allocationRow)(nil)).Apply(chooseAllocations(f)).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count allocations: %w", err)
	}
	return int(n), nil
}

// SaveAllocation implements [quota.Store].
func (q *Quotas) SaveAllocation(ctx context.Context, a quota.Allocation) (quota.Allocation, error) {
	s, err := q.db.writing(ctx)
	if err != nil {
		return quota.Allocation{}, err
	}
	row := allocationRowOf(a)
	var saved allocationRow
	if row.Num == 0 {
		err = s.inserts().Model(&row).ExcludeColumn("used", "held").Returning(allocationColumns).Scan(ctx, &saved)
	} else {
		err = s.updates().Model(&row).Column("within_id", "bound", "position", "updated").
			WherePK().Returning(allocationColumns).Scan(ctx, &saved)
	}
	switch {
	case none(err), isForeign(err):
		return quota.Allocation{}, quota.ErrNotFound
	case isUnique(err, "allocations"):
		return quota.Allocation{}, fmt.Errorf("%w: %s has an allocation for the pool and slot", quota.ErrConflict, a.Holder)
	case err != nil:
		return quota.Allocation{}, fmt.Errorf("storage: save allocation: %w", err)
	}
	return saved.allocation(), nil
}

// DeleteAllocation implements [quota.Store].
func (q *Quotas) DeleteAllocation(ctx context.Context, id quota.AllocationID) error {
	s, err := q.db.writing(ctx)
	if err != nil {
		return err
	}
	// The lock comes first: with nothing held, nobody can add a reservation to
	// those that are about to go.
	result, err := s.raw(`UPDATE allocations SET used = used WHERE id = ? AND used = 0 AND held = 0
		AND NOT EXISTS (SELECT 1 FROM allocations a WHERE a.within_id = allocations.id)`, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: delete allocation: %w", err)
	}
	free, err := changed(result)
	if err != nil {
		return err
	}
	if !free {
		if _, err := s.allocation(ctx, id); err != nil {
			return err
		}
		return quota.ErrInUse
	}
	if _, err := s.raw("DELETE FROM reservations WHERE allocation_id = ? AND state <> ?", id, quota.Held).Exec(ctx); err != nil {
		return fmt.Errorf("storage: delete reservations: %w", err)
	}
	_, err = s.raw("DELETE FROM allocations WHERE id = ?", id).Exec(ctx)
	if isForeign(err) { // an offering's, or what came this moment
		return quota.ErrInUse
	}
	if err != nil {
		return fmt.Errorf("storage: delete allocation: %w", err)
	}
	return nil
}

// allocation returns one allocation, or ErrNotFound.
func (s session) allocation(ctx context.Context, id quota.AllocationID) (quota.Allocation, error) {
	var row allocationRow
	err := s.selects().Model(&row).Where("id = ?", id).Scan(ctx)
	if none(err) {
		return quota.Allocation{}, quota.ErrNotFound
	}
	if err != nil {
		return quota.Allocation{}, fmt.Errorf("storage: allocation: %w", err)
	}
	return row.allocation(), nil
}

// Add implements [quota.Counters].
func (q *Quotas) Add(ctx context.Context, id quota.AllocationID, use, held int64, bound bool) (quota.Allocation, bool, error) {
	s, err := q.db.writing(ctx)
	if err != nil {
		return quota.Allocation{}, false, err
	}
	c := counting{use: use, held: held, bound: bound}
	if c.possible() {
		var row allocationRow
		err := s.raw("UPDATE allocations SET used = used + ?, held = held + ? WHERE id = ? AND ? RETURNING "+allocationColumns,
			use, held, id, bun.Safe(c.room("used + held", "bound"))).Scan(ctx, &row)
		if err == nil {
			return row.allocation(), true, nil
		}
		if !none(err) {
			return quota.Allocation{}, false, fmt.Errorf("storage: add to allocation: %w", err)
		}
	}
	a, err := s.allocation(ctx, id)
	if err != nil {
		return a, false, err
	}
	if !bound || c.below(a.Use, a.Held) {
		return a, false, fmt.Errorf("%w: amount: %d used and %d held cannot change by %d and %d", quota.ErrInvalid, a.Use, a.Held, use, held)
	}
	return a, false, nil
}

// counting is a change of counters that never fall below 0 and whose sum never
// rises above the greatest number.
type counting struct {
	use, held int64
	bound     bool
}

// possible reports whether any counters could be changed so. What could not
// does not reach the database, where SQLite would go on in floating point.
func (c counting) possible() bool {
	if c.use >= 0 && c.held >= 0 {
		return c.use <= math.MaxInt64-c.held
	}
	// The sum of two counters that are at least so much is a number too.
	return c.use >= -math.MaxInt64 && c.held >= -math.MaxInt64 && (c.use >= 0 || c.held >= -math.MaxInt64-c.use)
}

// below reports whether counters would fall below 0.
func (c counting) below(used, held int64) bool {
	return c.use < 0 && (c.use == math.MinInt64 || used < -c.use) ||
		c.held < 0 && (c.held == math.MinInt64 || held < -c.held)
}

// room returns the condition that the change does what counters may. No term
// of it can overflow.
func (c counting) room(total, limit string) string {
	var terms []string
	if c.use < 0 {
		terms = append(terms, fmt.Sprintf("used >= %d", -c.use))
	}
	if c.held < 0 {
		terms = append(terms, fmt.Sprintf("held >= %d", -c.held))
	}
	switch growth := c.use + c.held; {
	case c.bound && growth < 0:
		terms = append(terms, fmt.Sprintf("%s - %d <= %s", total, -growth, limit))
	case c.bound:
		terms = append(terms, fmt.Sprintf("%s <= %s - %d", total, limit, growth))
	case growth > 0:
		terms = append(terms, fmt.Sprintf("%s <= %d", total, math.MaxInt64-growth))
	}
	if len(terms) == 0 {
		return "TRUE"
	}
	return strings.Join(terms, " AND ")
}
