package quota_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// TestLeasesEndForABatch: reservations whose leases have ended are in nobody's
// way, without anybody sweeping them up, when many ask at once.
func TestLeasesEndForABatch(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		d, g := newGate(t, db)
		ctx := t.Context()
		p := d.pool(100)
		outer := d.share(p, "outer", "", 40)
		a, b := d.share(p, "a", outer, 40), d.share(p, "b", outer, 40)
		mine, other := d.reserve(a, 10, "mine"), d.reserve(b, 9, "other")
		d.reserve(b, 20, "third") // 39 of 40
		d.at = d.at.Add(time.Hour)
		running := d.reserve(a, 1, "running") // and it is full

		free, err := d.Allocation(ctx, outer)
		if err != nil || free.Held != 40 || free.Free() != 0 {
			t.Errorf("%+v, %v: what lapsed is held until somebody needs it", free, err)
		}

		// Nobody needs room: what lapsed can be settled still.
		d.must(d.Cancel(ctx, running.ID))
		c := d.gather(g, a)
		var settles, takes, reserves, tooMuch, cancels error
		c.comes(func() error { return d.Commit(ctx, mine.ID, 12) }, &settles) // its own lease is not in its way, others are
		c.comes(func() error { return d.consume(b, 20) }, &takes)
		c.comes(func() error {
			_, err := d.Reserve(ctx, a, 7, "new", time.Minute, quota.Reason{})
			return err
		}, &reserves)
		c.comes(func() error { return d.consume(a, 1) }, &tooMuch)
		c.comes(func() error { return d.Cancel(ctx, other.ID) }, &cancels)
		c.goes()
		d.must(errors.Join(c.first, settles, takes, reserves))
		if e := d.refused(tooMuch, outer); e.Use != 40 {
			t.Errorf("refusal %+v", e)
		}
		if !errors.Is(cancels, quota.ErrSettled) {
			t.Errorf("Cancel of what expired = %v, want ErrSettled", cancels)
		}
		d.counts(outer, 33, 7)
		d.counts(b, 20, 0)
		if r, err := d.Reservation(ctx, other.ID); err != nil || r.State != quota.Expired {
			t.Errorf("Reservation = %+v, %v", r, err)
		}
		d.balanced()
	})
}

// TestLeasesEndEverywhere: two services whose callers all need what lapsed, and
// more of them than there is room for.
func TestLeasesEndEverywhere(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			d, other := newDesk(t, dbtest.Open(t, address)), newDesk(t, dbtest.Open(t, address))
			p := d.pool(30)
			a, b := d.share(p, "a", "", 30), d.share(p, "b", "", 30)
			for round := range 5 {
				for i := range 15 {
					d.reserve(a, 1, fmt.Sprint(round, "a", i))
					d.reserve(b, 1, fmt.Sprint(round, "b", i))
				}
				d.refused(d.consume(a, 1), "")
				d.at = d.at.Add(time.Hour)
				other.at = d.at
				var yes [40]bool
				desks := make([]*desk, len(yes))
				for i := range desks {
					desks[i] = []*desk{d, other}[i%2]
				}
				both(func(i int, d *desk) {
					switch err := d.consume([]quota.AllocationID{a, b}[i/2%2], 1); {
					case err == nil:
						yes[i] = true
					case !errors.Is(err, quota.ErrExceeded):
						t.Errorf("consume = %v", err)
					}
				}, desks...)
				var taken [2]int64
				for i, ok := range yes {
					if ok {
						taken[i/2%2]++
					}
				}
				if taken[0]+taken[1] != 30 {
					t.Errorf("%v of 30 were taken, though all leases had ended", taken)
				}
				d.counts(a, taken[0], 0)
				d.counts(b, taken[1], 0)
				d.poolCounts(p.ID, 30)
				d.balanced()
				for i, id := range []quota.AllocationID{a, b} {
					if taken[i] > 0 {
						d.must(d.release(id, taken[i]))
					}
				}
			}
		})
	}
}

// TestWhatMoved: those who remember where an allocation lay find out that it
// does not any more.
func TestWhatMoved(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			d, other := newDesk(t, dbtest.Open(t, address)), newDesk(t, dbtest.Open(t, address))
			ctx := t.Context()
			p, elsewhere := d.pool(100), d.pool(100)
			left, right := d.share(p, "left", "", 50), d.share(elsewhere, "right", "", 50)
			a := d.share(p, "a", left, 50)
			move := func(to quota.AllocationID) {
				_, err := other.UpdateAllocation(ctx, a, func(a *quota.Allocation) error { a.Within = to; return nil })
				d.must(err)
			}
			d.must(d.consume(a, 1))
			move(right)
			d.must(d.consume(a, 1))
			d.counts(left, 0, 0)
			d.counts(right, 2, 0)
			move("")
			d.must(d.release(a, 1))
			d.counts(right, 0, 0)
			move(left)
			r := d.reserve(a, 3, "k")
			move(right)
			d.must(d.Commit(ctx, r.ID, 2))
			d.counts(left, 0, 0)
			d.counts(right, 3, 0)
			d.refused(d.consume(a, 48), a)
			d.balanced()

			// And while callers are at it.
			places := []quota.AllocationID{left, right, ""}
			callers := []*desk{d}
			for range 12 {
				callers = append(callers, d, other)
			}
			both(func(i int, caller *desk) {
				for j := range 10 {
					if i == 0 {
						move(places[j%3])
					} else if err := caller.consume(a, 1); err != nil {
						if !errors.Is(err, quota.ErrExceeded) {
							t.Errorf("consume = %v", err)
						}
						d.must(caller.release(a, 1))
					}
				}
			}, callers...)
			d.balanced()
			got, err := d.Allocation(ctx, a)
			d.must(err)
			d.must(d.release(a, got.Use))
			d.must(other.Deallocate(ctx, a))
			if err := d.consume(a, 1); !errors.Is(err, quota.ErrNotFound) {
				t.Errorf("consume of what is gone = %v, want ErrNotFound", err)
			}
			d.balanced()
		})
	}
}
