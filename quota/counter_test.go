package quota_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

func TestConsumeCountsAtEveryLevel(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		d := newDesk(t, db)
		p := d.pool(100)
		outer := d.share(p, "platform", "", 50)
		middle := d.share(p, "organization", outer, 40)
		inner := d.share(p, "workspace", middle, 30)
		beside := d.share(p, "other", outer, quota.NoLimit)
		alone := d.share(p, "alone", "", quota.NoLimit)

		d.must(d.consume(inner, 30))
		e := d.refused(d.consume(inner, 1), inner)
		if e.Holder != "workspace" || e.Limit != 30 || e.Use != 30 || e.Asked != 1 || e.PoolName != "pool" || e.Unit != quota.Bytes || e.Pool != p.ID {
			t.Errorf("refusal %+v", e)
		}
		if want := `quota: storage "pool": 30 of 30 bytes used, 1 more asked for`; e.Error() != want {
			t.Errorf("%q, want %q", e.Error(), want)
		}
		d.must(d.consume(middle, 5))
		d.refused(d.consume(middle, 6), middle)
		d.must(d.consume(beside, 15))
		d.refused(d.consume(beside, 1), outer)
		d.refused(d.consume(middle, 5), outer)
		d.must(d.consume(alone, 50))
		if e := d.refused(d.consume(alone, 1), ""); e.Limit != 100 || e.Use != 100 {
			t.Errorf("refusal %+v", e)
		}
		d.counts(inner, 30, 0)
		d.counts(middle, 35, 0)
		d.counts(outer, 50, 0)
		d.poolCounts(p.ID, 100)
		d.balanced()

		// What was consumed within is not the outer one's to give back.
		if err := d.release(middle, 6); !errors.Is(err, quota.ErrInvalid) || !strings.Contains(err.Error(), "amount") {
			t.Errorf("releasing what is another's = %v, want ErrInvalid for the amount", err)
		}
		d.must(d.release(middle, 5))
		d.must(d.release(inner, 30))
		d.counts(outer, 15, 0)
		d.counts(middle, 0, 0)
		d.poolCounts(p.ID, 65)
		d.balanced()
		entries, err := d.Ledger(t.Context(), quota.EntryFilter{Allocation: inner})
		if err != nil || len(entries) != 2 || entries[0].Amount != 30 || entries[1].Amount != -30 || entries[0].Reason.Kind != "test" {
			t.Errorf("Ledger = %+v, %v", entries, err)
		}
	})
}

func TestLimitsBelowTheUse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, dbtest.New(t))
	p := d.pool(100)
	outer := d.share(p, "o", "", 50)
	inner := d.share(p, "i", outer, 50)
	d.must(d.consume(inner, 40))
	for _, id := range []quota.AllocationID{inner, outer} {
		_, err := d.UpdateAllocation(t.Context(), id, func(a *quota.Allocation) error { a.Limit = 10; return nil })
		d.must(err)
	}
	_, err := d.UpdatePool(t.Context(), p.ID, func(p *quota.Pool) error { p.Capacity = 5; return nil })
	d.must(err)
	d.refused(d.consume(inner, 1), inner)
	d.must(d.release(inner, 1))
	d.counts(inner, 39, 0)
	d.must(d.release(inner, 34))
	d.refused(d.consume(inner, 1), "")
	d.must(d.release(inner, 5))
	d.must(d.consume(inner, 5))
	d.balanced()
}

func TestEntitlementsDoNotCount(t *testing.T) {
	t.Parallel()
	d := newDesk(t, dbtest.New(t))
	p, err := d.CreatePool(t.Context(), quota.Pool{Kind: quota.Check, Unit: quota.None, Name: "check", Capacity: quota.NoLimit})
	d.must(err)
	for holder, limit := range map[quota.Holder]int64{"a": 0, "b": quota.NoLimit} {
		a := d.share(p, holder, "", limit)
		if err := d.consume(a, 1); !errors.Is(err, quota.ErrInvalid) {
			t.Errorf("consume with limit %d = %v, want ErrInvalid", limit, err)
		}
		d.counts(a, 0, 0)
	}
	d.balanced()
}

func TestTheGreatestNumber(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		d := newDesk(t, db)
		p := d.pool(quota.NoLimit)
		outer := d.share(p, "o", "", quota.NoLimit)
		a := d.share(p, "a", outer, quota.NoLimit)
		b := d.share(p, "b", outer, quota.NoLimit)
		d.must(d.consume(a, math.MaxInt64-5))
		d.refused(d.consume(a, 6), a)
		d.refused(d.consume(b, 6), outer)
		d.refused(d.consume(b, math.MaxInt64), outer)
		d.must(d.consume(b, 5))
		d.refused(d.consume(b, 1), outer)
		d.counts(outer, math.MaxInt64, 0)
		d.poolCounts(p.ID, math.MaxInt64)
		d.must(d.release(a, math.MaxInt64-5))
		d.must(d.release(b, 5))
		d.balanced()

		// Nor by moving.
		full := d.share(d.pool(quota.NoLimit), "full", "", quota.NoLimit)
		d.must(d.consume(full, math.MaxInt64))
		d.must(d.consume(outer, 1))
		_, err := d.UpdateAllocation(t.Context(), full, func(a *quota.Allocation) error { a.Within = outer; return nil })
		if !errors.Is(err, quota.ErrInvalid) {
			t.Errorf("moving past the greatest number = %v, want ErrInvalid", err)
		}
		d.balanced()
	})
}

func TestMoving(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		d := newDesk(t, db)
		ctx := t.Context()
		p, elsewhere := d.pool(100), d.pool(100)
		left := d.share(p, "left", "", 50)
		right := d.share(p, "right", "", 5)
		across := d.share(elsewhere, "across", "", 50)
		a := d.share(p, "a", left, 50)
		within := d.share(p, "within", a, 50)
		d.must(d.consume(a, 3))
		d.must(d.consume(within, 4))
		_, err := d.Reserve(ctx, within, 2, "k", 1000, quota.Reason{})
		d.must(err)
		move := func(id, to quota.AllocationID) error {
			_, err := d.UpdateAllocation(ctx, id, func(a *quota.Allocation) error { a.Within = to; return nil })
			return err
		}
		d.counts(left, 7, 2)

		d.must(move(a, right)) // over its limit
		d.counts(left, 0, 0)
		d.counts(right, 7, 2)
		d.poolCounts(p.ID, 9)
		d.refused(d.consume(within, 1), right)
		d.balanced()

		d.must(move(a, across)) // the other pool counts it as well
		d.counts(right, 0, 0)
		d.counts(across, 7, 2)
		d.poolCounts(p.ID, 9)
		d.poolCounts(elsewhere.ID, 9)
		d.must(d.consume(within, 1))
		d.poolCounts(p.ID, 10)
		d.poolCounts(elsewhere.ID, 10)
		d.balanced()

		for name, err := range map[string]error{
			"into itself":                move(a, a),
			"into what lies within":      move(a, within),
			"around what it lies within": move(across, within),
			"back to a pool it left":     move(across, right),
		} {
			if !errors.Is(err, quota.ErrInvalid) || !strings.Contains(err.Error(), "within") {
				t.Errorf("moving %s = %v, want ErrInvalid for within", name, err)
			}
		}
		if _, err := d.Allocate(ctx, quota.Allocation{Pool: elsewhere.ID, Holder: "x", Within: a, Limit: 1}); !errors.Is(err, quota.ErrInvalid) {
			t.Errorf("Allocate back to a pool that was left = %v, want ErrInvalid", err)
		}

		d.must(move(a, ""))
		d.counts(across, 0, 0)
		d.poolCounts(p.ID, 10)
		d.poolCounts(elsewhere.ID, 0)
		d.must(move(within, left))
		d.counts(a, 3, 0)
		d.counts(left, 5, 2)
		d.balanced()

		if err := d.Deallocate(ctx, left); !errors.Is(err, quota.ErrInUse) {
			t.Errorf("Deallocate = %v, want ErrInUse", err)
		}
		d.must(d.release(within, 5))
		d.at = d.at.Add(1000) // the lease ends
		d.must(d.Deallocate(ctx, within))
		d.must(d.Deallocate(ctx, left))
		for _, id := range []quota.AllocationID{left, "\x00"} {
			if err := d.Deallocate(ctx, id); !errors.Is(err, quota.ErrNotFound) {
				t.Errorf("Deallocate(%q) = %v, want ErrNotFound", id, err)
			}
		}
		d.poolCounts(p.ID, 3)
		d.balanced()
	})
}

func TestRefusalLeavesTheCallersUnit(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	d := newDesk(t, db)
	a := d.share(d.pool(10), "a", "", 10)
	err := db.Tx(t.Context(), func(ctx context.Context) error {
		if err := d.Consume(ctx, a, 4, quota.Reason{}); err != nil {
			return err
		}
		return d.Consume(ctx, a, 7, quota.Reason{})
	})
	d.refused(err, a)
	d.counts(a, 0, 0)
	d.balanced()
}

func TestReconcileFinds(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	d := newDesk(t, db)
	p := d.pool(100)
	outer := d.share(p, "o", "", 50)
	inner := d.share(p, "i", outer, 50)
	d.must(d.consume(inner, 4))
	store := db.Quotas()
	d.must(db.Tx(t.Context(), func(ctx context.Context) error {
		if _, _, err := store.Add(ctx, inner, 1, 2, false); err != nil {
			return err
		}
		_, _, err := store.AddPool(ctx, p.ID, 7, false)
		return err
	}))
	found, err := d.Reconcile(t.Context())
	d.must(err)
	want := map[quota.Discrepancy]bool{
		{Pool: p.ID, Counter: quota.UseCounter, Counted: 11, Expected: 4}:                    true,
		{Pool: p.ID, Allocation: inner, Counter: quota.UseCounter, Counted: 5, Expected: 4}:  true,
		{Pool: p.ID, Allocation: inner, Counter: quota.HeldCounter, Counted: 2, Expected: 0}: true,
		{Pool: p.ID, Allocation: outer, Counter: quota.UseCounter, Counted: 4, Expected: 5}:  true,
		{Pool: p.ID, Allocation: outer, Counter: quota.HeldCounter, Counted: 0, Expected: 2}: true,
	}
	for _, f := range found {
		if !want[f] {
			t.Errorf("found %+v", f)
		}
		delete(want, f)
	}
	for f := range want {
		t.Errorf("did not find %+v", f)
	}
}
