package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
)

// changes: Changes adds up the use that there is, and the ledger by steps.
func (q *quotas) changes(t *testing.T) {
	one, outer := q.share(10, 10)
	middle := q.saveAllocation(freshAllocation(one.ID, "middle", outer.ID, 1))
	other := q.savePool(freshPool(quota.Storage, "other", 1))
	inner := q.saveAllocation(freshAllocation(other.ID, "inner", middle.ID, 1))
	alone := q.saveAllocation(freshAllocation(other.ID, "alone", "", 1))
	for _, a := range []struct {
		id        quota.AllocationID
		use, held int64
	}{{outer.ID, 111, 9}, {middle.ID, 11, 8}, {inner.ID, 1, 7}, {alone.ID, 1000, 6}} {
		q.set(a.id, a.use, a.held)
	}
	at := func(seconds float64) time.Time { return dawn().Add(time.Duration(seconds * float64(time.Second))) }
	q.must(func(ctx context.Context) error {
		for _, e := range []quota.Entry{
			{Allocation: outer.ID, Amount: 1, At: at(-100)},
			{Allocation: outer.ID, Amount: 2, At: at(0)},
			{Allocation: outer.ID, Amount: 4, At: at(0.000001)},
			{Allocation: outer.ID, Amount: -8, At: at(10)},
			{Allocation: outer.ID, Amount: 16, At: at(10.000001)},
			{Allocation: outer.ID, Amount: 32, At: at(25)},
			{Allocation: outer.ID, Amount: 64, At: at(25.000001)},
			{Allocation: outer.ID, Amount: 128, At: at(1000)},
			{Allocation: middle.ID, Amount: 1000, At: at(11)},
			{Allocation: inner.ID, Amount: 10000, At: at(12)},
			{Allocation: alone.ID, Amount: 100000, At: at(13)},
			{Allocation: quota.AllocationID(uid.New()), Amount: 1000000, At: at(14)},
			{Allocation: outer.ID, Amount: 3, At: at(5)}, // the clocks of servers differ
		} {
			if err := q.Quotas.Append(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		name   string
		f      quota.ChangeFilter
		use    int64
		sums   []int64
		from   float64
		to     float64
		length time.Duration
	}{
		{
			"steps have their ends, the last is shorter, and all later is apart",
			quota.ChangeFilter{Allocation: outer.ID},
			111,
			[]int64{-1, 11016, 32, 192},
			0, 25, 10 * time.Second,
		},
		{"whole steps", quota.ChangeFilter{Allocation: outer.ID}, 111, []int64{-1, 11016, 96, 128}, 0, 30, 10 * time.Second},
		{"one that is longer than all", quota.ChangeFilter{Allocation: outer.ID}, 111, []int64{11047, 192}, 0, 25, time.Hour},
		{"what lies within", quota.ChangeFilter{Allocation: middle.ID}, 11, []int64{0, 11000, 0, 0}, 0, 25, 10 * time.Second},
		{"nothing within", quota.ChangeFilter{Allocation: inner.ID}, 1, []int64{0, 10000, 0, 0}, 0, 25, 10 * time.Second},
		{"a pool, with what lies in one another", quota.ChangeFilter{Pool: one.ID}, 111, []int64{-1, 11016, 32, 192}, 0, 25, 10 * time.Second},
		{"a pool whose allocations lie in others'", quota.ChangeFilter{Pool: other.ID}, 1001, []int64{0, 110000, 0, 0}, 0, 25, 10 * time.Second},
		{"the allocation goes before the pool", quota.ChangeFilter{Allocation: alone.ID, Pool: one.ID}, 1000, []int64{0, 100000, 0, 0}, 0, 25, 10 * time.Second},
		{"no allocation", quota.ChangeFilter{Allocation: quota.AllocationID(uid.New())}, 0, []int64{0, 0, 0, 0}, 0, 25, 10 * time.Second},
		{"no pool", quota.ChangeFilter{Pool: quota.PoolID(uid.New())}, 0, []int64{0, 0, 0, 0}, 0, 25, 10 * time.Second},
		{"neither", quota.ChangeFilter{}, 0, []int64{0, 0, 0, 0}, 0, 25, 10 * time.Second},
		{"no steps", quota.ChangeFilter{Allocation: outer.ID}, 111, []int64{128}, 30, 30, time.Second},
	} {
		c.f.From, c.f.To, c.f.Step = at(c.from), at(c.to), c.length
		use, sums, err := q.Quotas.Changes(t.Context(), c.f)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		q.equal(c.name+": use", use, c.use)
		q.equal(c.name, sums, c.sums)
	}
	// A unit of work sees what it did.
	q.must(func(ctx context.Context) error {
		if _, _, err := q.Quotas.Add(ctx, outer.ID, 5, 0, false); err != nil {
			return err
		}
		if err := q.Quotas.Append(ctx, quota.Entry{Allocation: outer.ID, Amount: 5, At: at(30)}); err != nil {
			return err
		}
		use, sums, err := q.Quotas.Changes(ctx, quota.ChangeFilter{Allocation: outer.ID, From: at(29), To: at(31), Step: time.Second})
		q.equal("within a unit of work: use", use, int64(116))
		q.equal("within a unit of work", sums, []int64{5, 0, 128})
		return err
	})
}
