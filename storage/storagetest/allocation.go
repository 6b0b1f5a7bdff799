package storagetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
)

// allocations: SaveAllocation stores, new when the Num is 0, returns the Num,
// and leaves the counters alone, and with a Num identifier, holder, pool, slot
// and creation.
func (q *quotas) allocations(t *testing.T) {
	p, outer := q.share(10, 10)
	a := freshAllocation(p.ID, "holder'é", outer.ID, 5)
	a.Position, a.Use, a.Held = -3, 50, 60
	saved := q.saveAllocation(a)
	if saved.Num <= outer.Num {
		t.Fatalf("Num = %d after %d", saved.Num, outer.Num)
	}
	a.Num, a.Use, a.Held = saved.Num, 0, 0
	q.equal("SaveAllocation", saved, a)
	q.equal("Allocations", q.allocation(a.ID), a)
	q.set(a.ID, 3, 1)

	other := q.savePool(freshPool(quota.Storage, "other", 1))
	next := freshAllocation(other.ID, "else", "", 1)
	next.Num, next.Slot, next.Position, next.Use, next.Held = a.Num, "annexes", 9, 7, 7
	next.Created, next.Updated = dawn().Add(time.Hour), dawn().Add(time.Hour)
	want := a
	want.Within, want.Limit, want.Position, want.Use, want.Held, want.Updated = "", 1, 9, 3, 1, next.Updated
	q.equal("SaveAllocation with a Num", q.saveAllocation(next), want)
	q.equal("Allocations after SaveAllocation", q.allocation(a.ID), want)

	refused := func(want error, what string, a quota.Allocation) {
		t.Helper()
		q.want(want, what, func(ctx context.Context) error { _, err := q.Quotas.SaveAllocation(ctx, a); return err })
	}
	next.Num = 1 << 40
	refused(quota.ErrNotFound, "SaveAllocation with a strange Num", next)
	refused(quota.ErrNotFound, "SaveAllocation in no pool", freshAllocation(quota.PoolID(uid.New()), "h", "", 1))
	refused(quota.ErrNotFound, "SaveAllocation within nothing", freshAllocation(p.ID, "x", quota.AllocationID(uid.New()), 1))
	want.Within = quota.AllocationID(uid.New())
	refused(quota.ErrNotFound, "SaveAllocation into nothing", want)
	refused(quota.ErrConflict, "SaveAllocation of a taken slot", freshAllocation(p.ID, "h", "", 1))

	another := freshAllocation(p.ID, "h", "", 1)
	another.Slot = "uploads"
	q.saveAllocation(another)
	q.saveAllocation(freshAllocation(other.ID, "h", "", 1))
}

// allocationFilter: Allocations and CountAllocations list what a filter chooses.
func (q *quotas) allocationFilter(t *testing.T) {
	one := q.savePool(freshPool(quota.Storage, "one", 1))
	two := q.savePool(freshPool(quota.Endpoint, "two", 1))
	var ids []quota.AllocationID
	for i, a := range []quota.Allocation{
		{Pool: one.ID, Holder: "c", Slot: "data"},
		{Pool: one.ID, Holder: "b", Slot: "data", Position: 2},
		{Pool: one.ID, Holder: "b", Slot: "uploads", Position: 1},
		{Pool: two.ID, Holder: "b", Slot: "data", Position: 1},
		{Pool: two.ID, Holder: "a", Slot: ""},
	} {
		fresh := freshAllocation(a.Pool, a.Holder, "", 1)
		fresh.Slot, fresh.Position = a.Slot, a.Position
		if i == 2 {
			fresh.Within = ids[0]
		}
		ids = append(ids, q.saveAllocation(fresh).ID)
	}
	q.set(ids[0], 1, 0)
	q.set(ids[1], 1, 1)
	for _, c := range []struct {
		name string
		f    quota.AllocationFilter
		want []int
	}{
		{"everything", quota.AllocationFilter{}, []int{4, 2, 3, 1, 0}},
		{"ids", quota.AllocationFilter{IDs: []quota.AllocationID{ids[0], ids[1]}}, []int{1, 0}},
		{"no ids", quota.AllocationFilter{IDs: []quota.AllocationID{}}, nil},
		{"holders", quota.AllocationFilter{Holders: []quota.Holder{"a", "c"}}, []int{4, 0}},
		{"no holders", quota.AllocationFilter{Holders: []quota.Holder{}}, nil},
		{"pools", quota.AllocationFilter{Pools: []quota.PoolID{two.ID}}, []int{4, 3}},
		{"no pools", quota.AllocationFilter{Pools: []quota.PoolID{}}, nil},
		{"kind", quota.AllocationFilter{Kind: quota.Endpoint}, []int{4, 3}},
		{"slot", quota.AllocationFilter{Slot: "data"}, []int{3, 1, 0}},
		{"within", quota.AllocationFilter{Within: ids[0]}, []int{2}},
		{"over", quota.AllocationFilter{Over: true}, []int{1}},
		{"several", quota.AllocationFilter{Kind: quota.Storage, Slot: "data", Holders: []quota.Holder{"b"}}, []int{1}},
		{"page", quota.AllocationFilter{Offset: 1, Limit: 2}, []int{2, 3}},
		{"offset", quota.AllocationFilter{Offset: 4}, []int{0}},
	} {
		list, err := q.Quotas.Allocations(t.Context(), c.f)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, a := range list {
			got = append(got, slices.Index(ids, a.ID))
		}
		q.equal(c.name, got, c.want)
		all := c.f
		all.Offset, all.Limit = 0, 0
		everything, err := q.Quotas.Allocations(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := q.Quotas.CountAllocations(t.Context(), c.f); err != nil || n != len(everything) {
			t.Errorf("%s: CountAllocations = %d, %v, want %d", c.name, n, err, len(everything))
		}
	}
}

// deleteAllocation: ErrNotFound, ErrInUse; settled reservations go with it, the
// ledger stays.
func (q *quotas) deleteAllocation(t *testing.T) {
	p, a := q.share(10, 10)
	remove := func(ctx context.Context) error { return q.Quotas.DeleteAllocation(ctx, a.ID) }
	inner := q.saveAllocation(freshAllocation(p.ID, "inner", a.ID, 1))
	q.want(quota.ErrInUse, "DeleteAllocation around another", remove)
	q.must(func(ctx context.Context) error { return q.Quotas.DeleteAllocation(ctx, inner.ID) })

	q.set(a.ID, 1, 0)
	q.want(quota.ErrInUse, "DeleteAllocation in use", remove)
	q.set(a.ID, 0, 1)
	q.want(quota.ErrInUse, "DeleteAllocation that holds", remove)
	q.set(a.ID, 0, 0)

	r := freshReservation(a.ID, "key", time.Hour)
	q.must(func(ctx context.Context) error {
		if err := q.Quotas.AddReservation(ctx, r); err != nil {
			return err
		}
		if err := q.Quotas.Append(ctx, quota.Entry{Allocation: a.ID, Amount: 1, At: dawn()}); err != nil {
			return err
		}
		return q.Quotas.Settle(ctx, r.ID, quota.Cancelled, 0, dawn())
	})
	q.must(remove)
	q.want(quota.ErrNotFound, "DeleteAllocation again", remove)
	q.want(quota.ErrNotFound, "Reservation of what is gone", func(ctx context.Context) error {
		_, err := q.Quotas.Reservation(ctx, r.ID)
		return err
	})
	if entries, err := q.Quotas.Entries(t.Context(), quota.EntryFilter{Allocation: a.ID}); err != nil || len(entries) != 1 {
		t.Errorf("Entries = %v, %v; want the ledger to stay", entries, err)
	}
}
