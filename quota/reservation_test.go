package quota_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

func (d *desk) reserve(id quota.AllocationID, n int64, key string) quota.Reservation {
	d.t.Helper()
	r, err := d.Reserve(context.Background(), id, n, key, time.Minute, quota.Reason{Kind: "upload", Ref: key})
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

func TestReservations(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		d := newDesk(t, db)
		ctx := t.Context()
		p := d.pool(100)
		outer := d.share(p, "o", "", 20)
		a := d.share(p, "a", outer, 20)

		first := d.reserve(a, 12, "first")
		if first.State != quota.Held || !first.Expires.Equal(first.Created.Add(time.Minute)) {
			t.Errorf("Reserve = %+v", first)
		}
		d.counts(outer, 0, 12)
		d.poolCounts(p.ID, 12)
		if e := d.refused(d.consume(a, 9), a); e.Use != 12 {
			t.Errorf("refusal %+v", e)
		}
		if again := d.reserve(a, 12, "first"); again != first {
			t.Errorf("Reserve again = %+v, want %+v", again, first)
		}
		for id, n := range map[quota.AllocationID]int64{a: 11, outer: 12} {
			if _, err := d.Reserve(ctx, id, n, "first", time.Minute, quota.Reason{}); !errors.Is(err, quota.ErrConflict) {
				t.Errorf("Reserve with the key of another = %v, want ErrConflict", err)
			}
		}
		d.counts(a, 0, 12)

		d.must(d.consume(a, 5))
		d.refused(d.Commit(ctx, first.ID, 16), a) // and stays held
		d.counts(a, 5, 12)
		d.must(d.Commit(ctx, first.ID, 15))
		d.counts(a, 20, 0)
		d.counts(outer, 20, 0)
		d.poolCounts(p.ID, 20)
		d.balanced()
		for _, err := range []error{d.Commit(ctx, first.ID, 15), d.Cancel(ctx, first.ID)} {
			if !errors.Is(err, quota.ErrSettled) {
				t.Errorf("settling again = %v, want ErrSettled", err)
			}
		}
		settled := d.reserve(a, 12, "first") // whatever became of it
		if settled.ID != first.ID || settled.State != quota.Committed || settled.Settled != 15 {
			t.Errorf("Reserve again = %+v", settled)
		}

		d.must(d.release(a, 20))
		less := d.reserve(a, 10, "less")
		d.must(d.Commit(ctx, less.ID, 3))
		nothing := d.reserve(a, 10, "nothing")
		d.must(d.Commit(ctx, nothing.ID, 0))
		cancelled := d.reserve(a, 17, "cancelled")
		d.must(d.Cancel(ctx, cancelled.ID))
		d.counts(a, 3, 0)
		d.poolCounts(p.ID, 3)
		entries, err := d.Ledger(ctx, quota.EntryFilter{Reason: quota.Reason{Kind: "upload"}})
		if err != nil || len(entries) != 2 || entries[0].Amount != 15 || entries[1].Amount != 3 || entries[1].Reservation != less.ID {
			t.Errorf("Ledger = %+v, %v", entries, err)
		}
		d.balanced()
	})
}

func TestLeasesEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		d := newDesk(t, db)
		ctx := t.Context()
		p := d.pool(30)
		a := d.share(p, "a", "", 20)
		b := d.share(p, "b", "", 20)
		one := d.reserve(a, 10, "one")
		two := d.reserve(a, 10, "two")
		d.at = d.at.Add(time.Minute - time.Microsecond)
		d.refused(d.consume(a, 1), a)
		d.at = d.at.Add(time.Microsecond)

		// Nobody needed the room yet.
		d.must(d.Commit(ctx, one.ID, 10))
		d.must(d.consume(a, 1))
		d.counts(a, 11, 0)
		if err := d.Commit(ctx, two.ID, 10); !errors.Is(err, quota.ErrSettled) {
			t.Errorf("Commit of what expired = %v, want ErrSettled", err)
		}
		if r, err := d.Reservation(ctx, two.ID); err != nil || r.State != quota.Expired {
			t.Errorf("Reservation = %+v, %v", r, err)
		}

		// A lease that ended elsewhere does not block the pool either, nor
		// growing at a commit or reserving.
		d.reserve(b, 19, "three") // 30 of 30
		d.at = d.at.Add(time.Hour)
		d.must(d.consume(a, 9))
		d.counts(b, 0, 0)
		four := d.reserve(b, 5, "four")
		d.reserve(b, 5, "five") // 30 of 30
		d.at = d.at.Add(time.Hour)
		d.must(d.Commit(ctx, four.ID, 10))
		d.counts(b, 10, 0)
		d.must(d.release(b, 10))
		d.reserve(b, 10, "six")
		d.at = d.at.Add(time.Hour)
		d.reserve(b, 10, "seven")
		d.counts(b, 0, 10)

		// What lapsed is expired even if that is not enough.
		d.at = d.at.Add(time.Hour)
		d.refused(d.consume(b, 21), b)
		d.counts(b, 0, 0)
		d.balanced()

		// The shortest lease is one.
		r, err := d.Reserve(ctx, b, 10, "short", 1, quota.Reason{})
		if err != nil || !r.Expires.After(r.Created) {
			t.Errorf("Reserve = %+v, %v", r, err)
		}
	})
}

// TestManyLeasesEnd: those in the way are not among the first batch.
func TestManyLeasesEnd(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	d := newDesk(t, db)
	p := d.pool(quota.NoLimit)
	elsewhere := d.share(p, "elsewhere", "", quota.NoLimit)
	d.must(db.Tx(t.Context(), func(ctx context.Context) error {
		for i := range 1100 {
			if _, err := d.Reserve(ctx, elsewhere, 1, fmt.Sprint(i), time.Second, quota.Reason{}); err != nil {
				return err
			}
		}
		return nil
	}))
	a := d.share(p, "a", "", 1)
	d.reserve(a, 1, "last")
	d.at = d.at.Add(time.Hour)
	d.must(d.consume(a, 1))
	d.counts(elsewhere, 0, 0)
	d.balanced()
}

// TestRacing: two services at once, with one key, and settling one reservation.
func TestRacing(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			d, other := newDesk(t, dbtest.Open(t, address)), newDesk(t, dbtest.Open(t, address))
			p := d.pool(quota.NoLimit)
			a := d.share(p, "a", "", quota.NoLimit)
			for round := range 40 {
				key := fmt.Sprint("key", round)
				var reserved [4]quota.Reservation
				both(func(i int, d *desk) {
					r, err := d.Reserve(context.Background(), a, 5, key, time.Minute, quota.Reason{})
					if err != nil {
						t.Errorf("Reserve = %v", err)
					}
					reserved[i] = r
				}, d, other, d, other)
				for _, r := range reserved {
					if r.ID != reserved[0].ID {
						t.Fatalf("one key, reservations %v and %v", r, reserved[0])
					}
				}
				d.counts(a, 0, 5)
				var errs [4]error
				both(func(i int, d *desk) {
					if i%2 == 0 {
						errs[i] = d.Cancel(context.Background(), reserved[0].ID)
					} else {
						errs[i] = d.Commit(context.Background(), reserved[0].ID, 0)
					}
				}, d, other, other, d)
				done := 0
				for _, err := range errs {
					switch {
					case err == nil:
						done++
					case !errors.Is(err, quota.ErrSettled):
						t.Errorf("settling = %v", err)
					}
				}
				if done != 1 {
					t.Fatalf("settled %d times", done)
				}
				d.counts(a, 0, 0)
			}
			d.balanced()
		})
	}
}

// both runs fn for each desk at once.
func both(fn func(i int, d *desk), desks ...*desk) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i, d := range desks {
		wg.Go(func() {
			<-start
			fn(i, d)
		})
	}
	close(start)
	wg.Wait()
}

// TestRefusedTogether: many are refused at once while others settle, and all
// get past each other. What lapsed is given back once.
func TestRefusedTogether(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			d, other := newDesk(t, dbtest.Open(t, address)), newDesk(t, dbtest.Open(t, address))
			p := d.pool(quota.NoLimit)
			outer := d.share(p, "o", "", 40)
			a, b := d.share(p, "a", outer, 20), d.share(p, "b", outer, 20)
			for round := range 10 {
				var last quota.Reservation
				for i := range 10 {
					last = d.reserve(a, 2, fmt.Sprint(round, "a", i))
					d.reserve(b, 2, fmt.Sprint(round, "b", i))
				}
				d.at = d.at.Add(time.Hour)
				other.at = d.at
				id := []quota.AllocationID{a, b}
				both(func(i int, d *desk) {
					if i == 0 {
						if err := d.Cancel(context.Background(), last.ID); err != nil && !errors.Is(err, quota.ErrSettled) {
							t.Errorf("Cancel = %v", err)
						}
					} else if err := d.consume(id[i%2], 5); err != nil {
						t.Errorf("consume = %v", err)
					}
				}, d, other, d, other, d, other, d, other, d)
				d.counts(a, 20, 0)
				d.counts(b, 20, 0)
				d.balanced()
				d.must(d.release(a, 20))
				d.must(d.release(b, 20))
			}
		})
	}
}
