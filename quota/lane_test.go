package quota_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
)

// TestLanes: who waits for an allocation that somebody keeps locked is in
// nobody's way but his neighbours', where the database locks rows.
func TestLanes(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.Postgres(t))
	d := newDesk(t, db)
	a, b := d.share(d.pool(100), "a", "", 10), d.share(d.pool(100), "b", "", 10)
	stuck := make(chan error)
	d.must(db.Tx(t.Context(), func(ctx context.Context) error {
		if err := d.Consume(ctx, a, 1, quota.Reason{}); err != nil {
			return err
		}
		go func() { stuck <- d.consume(a, 1) }()
		d.until(func() bool { return d.Lanes() == 1 })
		for range 5 {
			d.must(d.consume(b, 1))
		}
		return nil
	}))
	d.must(<-stuck)
	d.counts(a, 2, 0)
	d.counts(b, 5, 0)
}

// TestNobodyWaitsForEachOther: batches of two services, of many allocations
// each, and units of work of callers' own beside them, lock in one order.
func TestNobodyWaitsForEachOther(t *testing.T) {
	t.Parallel()
	address := dbtest.Postgres(t)
	dbs := []*desk{}
	d := newDesk(t, dbtest.Open(t, address))
	p := d.pool(quota.NoLimit)
	outer := d.share(p, "outer", "", 400)
	var leaves []quota.AllocationID
	for i := range 8 {
		leaves = append(leaves, d.share(p, quota.Holder(fmt.Sprint(i)), outer, quota.NoLimit))
	}
	one, two := dbtest.Open(t, address), dbtest.Open(t, address)
	for range 16 {
		dbs = append(dbs, newDesk(t, one), newDesk(t, two))
	}
	shared := []*desk{dbs[0], dbs[1]}
	both(func(i int, own *desk) {
		for j := range 15 {
			leaf := leaves[(i+j)%len(leaves)]
			var err error
			if i < 8 {
				err = []func(context.Context, func(context.Context) error) error{one.Tx, two.Tx}[i%2](t.Context(), func(ctx context.Context) error {
					return own.Consume(ctx, leaf, 1, quota.Reason{})
				})
			} else {
				err = shared[i%2].consume(leaf, 1)
			}
			if err != nil && !errors.Is(err, quota.ErrExceeded) {
				t.Errorf("consume = %v", err)
			}
		}
	}, dbs...)
	d.counts(outer, 400, 0)
	d.balanced()
	noDeadlock(t, address)
}
