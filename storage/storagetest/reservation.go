package storagetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
)

func freshReservation(a quota.AllocationID, key string, lease time.Duration) quota.Reservation {
	return quota.Reservation{
		ID: quota.ReservationID(uid.New()), Allocation: a, Amount: 4, Key: key, State: quota.Held,
		Reason:  quota.Reason{Kind: "upload", Ref: "u'1"},
		Expires: dawn().Add(lease), Created: dawn(), Updated: dawn(),
	}
}

// ledger: Append adds a line, Entries lists what a filter chooses, by Num.
func (q *quotas) ledger(t *testing.T) {
	one, two := quota.AllocationID(uid.New()), quota.AllocationID(uid.New())
	entries := []quota.Entry{
		{Allocation: one, Amount: 5, Reason: quota.Reason{Kind: "upload", Ref: "1"}, At: dawn()},
		{Allocation: two, Amount: 1<<63 - 1, Reason: quota.Reason{Kind: "upload", Ref: "2"}, At: dawn().Add(time.Microsecond)},
		{Allocation: one, Amount: -5, Reason: quota.Reason{Kind: "backup", Ref: "1"}, Reservation: "r", At: dawn()},
	}
	q.must(func(ctx context.Context) error {
		for _, e := range entries {
			if err := q.Quotas.Append(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	all, err := q.Quotas.Entries(t.Context(), quota.EntryFilter{})
	if err != nil || len(all) != len(entries) {
		t.Fatalf("Entries = %v, %v", all, err)
	}
	for i := range entries {
		entries[i].Num = all[i].Num
		if i > 0 && all[i].Num <= all[i-1].Num {
			t.Errorf("Num %d after %d", all[i].Num, all[i-1].Num)
		}
	}
	for _, c := range []struct {
		name string
		f    quota.EntryFilter
		want []quota.Entry
	}{
		{"everything", quota.EntryFilter{}, entries},
		{"allocation", quota.EntryFilter{Allocation: one}, []quota.Entry{entries[0], entries[2]}},
		{"reason kind", quota.EntryFilter{Reason: quota.Reason{Kind: "upload"}}, entries[:2]},
		{"reason", quota.EntryFilter{Reason: quota.Reason{Kind: "upload", Ref: "1"}}, entries[:1]},
		{"after", quota.EntryFilter{After: entries[0].Num}, entries[1:]},
		{"limit", quota.EntryFilter{Limit: 2}, entries[:2]},
	} {
		got, err := q.Quotas.Entries(t.Context(), c.f)
		if err != nil {
			t.Fatal(err)
		}
		q.equal(c.name, got, c.want)
	}
}

// tallies: what every counter is made of.
func (q *quotas) tallies(t *testing.T) {
	p, a := q.share(100, 100)
	inner := q.saveAllocation(freshAllocation(p.ID, "inner", a.ID, 100))
	other := q.savePool(freshPool(quota.Storage, "other", 100))
	across := q.saveAllocation(freshAllocation(other.ID, "across", a.ID, 100))
	q.set(a.ID, 7, 4)
	q.set(inner.ID, 3, 1)
	q.set(across.ID, 2, 0)
	settled := freshReservation(a.ID, "b", time.Hour)
	q.must(func(ctx context.Context) error {
		for _, amount := range []int64{5, -1} {
			if err := q.Quotas.Append(ctx, quota.Entry{Allocation: a.ID, Amount: amount, At: dawn()}); err != nil {
				return err
			}
		}
		if err := q.Quotas.AddReservation(ctx, freshReservation(a.ID, "a", time.Hour)); err != nil {
			return err
		}
		if err := q.Quotas.AddReservation(ctx, settled); err != nil {
			return err
		}
		return q.Quotas.Settle(ctx, settled.ID, quota.Cancelled, 0, dawn())
	})
	all, err := q.Quotas.Tallies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[quota.Tally]bool{}
	for _, tally := range all {
		got[tally] = true
	}
	for _, want := range []quota.Tally{
		{Pool: p.ID, Allocation: a.ID, Counter: quota.UseCounter, Counted: 7, Own: 4, Within: 5},
		{Pool: p.ID, Allocation: a.ID, Counter: quota.HeldCounter, Counted: 4, Own: 4, Within: 1},
		{Pool: p.ID, Allocation: inner.ID, Counter: quota.UseCounter, Counted: 3},
		{Pool: p.ID, Allocation: inner.ID, Counter: quota.HeldCounter, Counted: 1},
		{Pool: other.ID, Allocation: across.ID, Counter: quota.UseCounter, Counted: 2},
		{Pool: p.ID, Counter: quota.UseCounter, Within: 11},
		{Pool: other.ID, Counter: quota.UseCounter, Within: 2},
	} {
		if !got[want] {
			t.Errorf("no tally %+v among %+v", want, all)
		}
	}
}

// reservations: by id and key, each key once, settled once.
func (q *quotas) reservations(t *testing.T) {
	_, a := q.share(10, 10)
	r := freshReservation(a.ID, "key'é", time.Hour)
	q.must(func(ctx context.Context) error { return q.Quotas.AddReservation(ctx, r) })
	get := func() quota.Reservation {
		t.Helper()
		got, err := q.Quotas.Reservation(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	q.equal("Reservation", get(), r)
	if got, err := q.Quotas.ReservationByKey(t.Context(), r.Key); err != nil || got != r {
		t.Errorf("ReservationByKey = %+v, %v", got, err)
	}
	if _, err := q.Quotas.Reservation(t.Context(), quota.ReservationID(uid.New())); !errors.Is(err, quota.ErrNotFound) {
		t.Errorf("Reservation of nothing = %v", err)
	}
	if _, err := q.Quotas.ReservationByKey(t.Context(), "else"); !errors.Is(err, quota.ErrNotFound) {
		t.Errorf("ReservationByKey of nothing = %v", err)
	}
	q.want(quota.ErrNotFound, "AddReservation in nothing", func(ctx context.Context) error {
		return q.Quotas.AddReservation(ctx, freshReservation(quota.AllocationID(uid.New()), "x", time.Hour))
	})

	// A taken key is ErrConflict, and the unit of work goes on and commits.
	next := freshReservation(a.ID, "next", time.Hour)
	q.must(func(ctx context.Context) error {
		if err := q.Quotas.AddReservation(ctx, freshReservation(a.ID, r.Key, time.Hour)); !errors.Is(err, quota.ErrConflict) {
			t.Errorf("AddReservation of a taken key = %v", err)
		}
		return q.Quotas.AddReservation(ctx, next)
	})
	q.equal("Reservation after the conflict", get(), r)

	// Settling twice is ErrSettled, and the unit of work goes on and commits.
	at := dawn().Add(time.Minute)
	q.must(func(ctx context.Context) error { return q.Quotas.Settle(ctx, r.ID, quota.Committed, 3, at) })
	want := r
	want.State, want.Settled, want.Updated = quota.Committed, 3, at
	q.equal("Reservation after Settle", get(), want)
	q.must(func(ctx context.Context) error {
		for _, to := range []quota.State{quota.Committed, quota.Cancelled, quota.Expired} {
			if err := q.Quotas.Settle(ctx, r.ID, to, 0, at.Add(time.Minute)); !errors.Is(err, quota.ErrSettled) {
				t.Errorf("Settle again = %v", err)
			}
		}
		if err := q.Quotas.Settle(ctx, quota.ReservationID(uid.New()), quota.Cancelled, 0, at); !errors.Is(err, quota.ErrNotFound) {
			t.Errorf("Settle of nothing = %v", err)
		}
		return q.Quotas.Settle(ctx, next.ID, quota.Expired, 0, at)
	})
	q.equal("Reservation after Settle again", get(), want)
	if got, err := q.Quotas.ReservationByKey(t.Context(), "next"); err != nil || got.State != quota.Expired {
		t.Errorf("ReservationByKey = %+v, %v", got, err)
	}
}

// lapsed: what is held though its lease ended at or before now, the oldest
// first, at most limit.
func (q *quotas) lapsed(t *testing.T) {
	_, a := q.share(10, 10)
	late := freshReservation(a.ID, "late", 2*time.Second)
	early := freshReservation(a.ID, "early", time.Second)
	running := freshReservation(a.ID, "running", 3*time.Second+time.Microsecond)
	exact := freshReservation(a.ID, "exact", 3*time.Second)
	settled := freshReservation(a.ID, "settled", time.Second)
	q.must(func(ctx context.Context) error {
		for _, r := range []quota.Reservation{late, early, running, exact, settled} {
			if err := q.Quotas.AddReservation(ctx, r); err != nil {
				return err
			}
		}
		return q.Quotas.Settle(ctx, settled.ID, quota.Cancelled, 0, dawn())
	})
	for limit, want := range map[int][]quota.Reservation{
		10: {early, late, exact},
		2:  {early, late},
	} {
		got, err := q.Quotas.Lapsed(t.Context(), dawn().Add(3*time.Second), limit)
		if err != nil {
			t.Fatal(err)
		}
		q.equal("Lapsed", got, want)
	}
}

// sweep: whatever statement fails, nothing is kept and somebody is told.
func (q *quotas) sweep(t *testing.T) {
	now := dawn()
	service := quota.New(q.Quotas, &quota.Options{Now: func() time.Time { return now }})
	p := q.savePool(freshPool(quota.Storage, "sweep", 1000))
	outer := q.saveAllocation(freshAllocation(p.ID, "outer", "", 100))
	beside := q.saveAllocation(freshAllocation(p.ID, "beside", "", 100))
	inner := q.saveAllocation(freshAllocation(p.ID, "inner", outer.ID, 50))
	spare := q.saveAllocation(freshAllocation(p.ID, "spare", "", 50))
	empty := q.savePool(freshPool(quota.Storage, "empty", 1))
	why := quota.Reason{Kind: "test", Ref: "1"}
	sweep := func(name string, operation func(ctx context.Context) error) {
		t.Helper()
		ok := t.Run(name, func(t *testing.T) { Sweep(t, q.Backend, operation) })
		if !ok {
			t.FailNow()
		}
	}
	unit := func(fn func(ctx context.Context) error) func(ctx context.Context) error {
		return func(ctx context.Context) error { return q.Tx(ctx, fn) }
	}
	var first, second, third quota.Reservation
	reserve := func(r *quota.Reservation, key string, n int64) func(ctx context.Context) error {
		return func(ctx context.Context) (err error) {
			*r, err = service.Reserve(ctx, inner.ID, n, key, time.Minute, why)
			return err
		}
	}
	sweep("SavePool", unit(func(ctx context.Context) error { _, err := q.Quotas.SavePool(ctx, freshPool("k", "n", 1)); return err }))
	sweep("SaveAllocation", unit(func(ctx context.Context) error {
		_, err := q.Quotas.SaveAllocation(ctx, freshAllocation(p.ID, "new", "", 1))
		return err
	}))
	sweep("DeleteAllocation", unit(func(ctx context.Context) error { return q.Quotas.DeleteAllocation(ctx, spare.ID) }))
	sweep("DeletePool", unit(func(ctx context.Context) error { return q.Quotas.DeletePool(ctx, empty.ID) }))
	sweep("Book", unit(func(ctx context.Context) error {
		ok, err := q.Quotas.Book(ctx, quota.Booking{
			Levels: []quota.Level{
				{Allocation: inner.ID, Pool: p.ID, Within: outer.ID, Use: 2, Bound: true},
				{Allocation: outer.ID, Pool: p.ID, Use: 2, Bound: true},
			},
			Draws:   []quota.Draw{{Pool: p.ID, Amount: 2, Bound: true}},
			Entries: []quota.Entry{{Allocation: inner.ID, Amount: 1, At: now}, {Allocation: inner.ID, Amount: 1, At: now}},
		})
		if err == nil && !ok {
			err = errors.New("what fits was refused")
		}
		return err
	}))
	sweep("Consume", func(ctx context.Context) error { return service.Consume(ctx, inner.ID, 10, why) })
	sweep("Release", func(ctx context.Context) error { return service.Release(ctx, inner.ID, 3, why) })
	sweep("Reserve", reserve(&first, "first", 5))
	sweep("Commit", func(ctx context.Context) error { return service.Commit(ctx, first.ID, 6) })
	sweep("Reserve again", reserve(&second, "second", 5))
	sweep("Cancel", func(ctx context.Context) error { return service.Cancel(ctx, second.ID) })
	sweep("Reserve once more", reserve(&third, "third", 30))
	now = now.Add(time.Hour)
	// What lapsed is expired apart, unless it is all in a unit of the caller's.
	sweep("Consume what lapsed", unit(func(ctx context.Context) error { return service.Consume(ctx, inner.ID, 30, why) }))
	sweep("Move", func(ctx context.Context) error {
		_, err := service.UpdateAllocation(ctx, inner.ID, func(a *quota.Allocation) error { a.Within = beside.ID; return nil })
		return err
	})
	sweep("UpdatePool", func(ctx context.Context) error {
		_, err := service.UpdatePool(ctx, p.ID, func(p *quota.Pool) error { p.Capacity = 1; return nil })
		return err
	})
	if r, err := service.Reservation(t.Context(), third.ID); err != nil || r.State != quota.Expired {
		t.Errorf("Reservation = %+v, %v; want it expired", r, err)
	}
	if got := q.allocation(beside.ID); got.Use != 45 || got.Held != 0 {
		t.Errorf("moved: %+v, want 45 used", got)
	}
	if found, err := service.Reconcile(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("Reconcile = %+v, %v", found, err)
	}
}
