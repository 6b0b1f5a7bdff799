package storagetest

import (
	"context"
	"errors"
	"math"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
)

// inUnit: InUnit tells whether Tx would join.
func (q *quotas) inUnit(t *testing.T) {
	if q.Quotas.InUnit(t.Context()) {
		t.Error("in a unit of work outside one")
	}
	var ended context.Context
	q.must(func(ctx context.Context) error {
		ended = ctx //nolint:fatcontext // used when it has ended
		if !q.Quotas.InUnit(ctx) {
			t.Error("not in the unit of work of the backend")
		}
		return q.Quotas.Tx(ctx, func(ctx context.Context) error {
			if !q.Quotas.InUnit(ctx) {
				t.Error("not in a part of a unit of work")
			}
			return nil
		})
	})
	if !q.Quotas.InUnit(ended) {
		t.Error("what has ended is no unit of work: a change in it would be one of its own")
	}
}

// book: Book does all of a booking, or reports false.
func (q *quotas) book(t *testing.T) {
	const most = math.MaxInt64
	p, outer := q.share(10, 10)
	inner := q.saveAllocation(freshAllocation(p.ID, "inner", outer.ID, 10))
	other := q.savePool(freshPool(quota.Storage, "other", 10))
	entitlement := freshPool(quota.Check, "none", quota.NoLimit)
	entitlement.Unit = quota.None
	entitlement = q.savePool(entitlement)
	level := func(use, held int64) []quota.Level {
		return []quota.Level{{Allocation: inner.ID, Pool: p.ID, Within: outer.ID, Use: use, Held: held, Bound: use+held > 0}}
	}
	line := func(n int64) quota.Entry {
		return quota.Entry{Allocation: inner.ID, Amount: n, Reason: quota.Reason{Kind: "it's", Ref: "a?é"}, Reservation: "r", At: dawn()}
	}
	draw := func(pool quota.PoolID, n int64) quota.Draw {
		return quota.Draw{Pool: pool, Amount: n, Bound: n > 0}
	}
	strange := uid.New()
	for _, c := range []struct {
		name string
		b    quota.Booking
		ok   bool
	}{
		{"nothing", quota.Booking{}, true},
		{"everything", quota.Booking{
			Levels: append(level(3, 1), quota.Level{Allocation: outer.ID, Pool: p.ID, Use: 3, Held: 1, Bound: true}),
			Draws:  []quota.Draw{draw(p.ID, 4), draw(other.ID, 5)}, Entries: []quota.Entry{line(1), line(2)},
		}, true},
		{"lines alone", quota.Booking{Entries: []quota.Entry{line(most), line(-most)}}, true},
		{"fits exactly", quota.Booking{Levels: level(2, 4)}, true},
		{"over the limit, back", quota.Booking{Levels: level(-1, -1), Draws: []quota.Draw{draw(p.ID, -2)}}, true},
		{"pool fits exactly", quota.Booking{Draws: []quota.Draw{draw(p.ID, 6)}}, true},
		{"bound though it shrinks", quota.Booking{Levels: []quota.Level{{Allocation: inner.ID, Pool: p.ID, Within: outer.ID, Use: -1, Bound: true}}}, true},
		{"unbound", quota.Booking{Levels: []quota.Level{{Allocation: inner.ID, Pool: p.ID, Within: outer.ID, Use: 10}}, Draws: []quota.Draw{{Pool: entitlement.ID, Amount: 1}}}, true},

		{"one too many", quota.Booking{Levels: level(7, 0)}, false},
		{"one too many held", quota.Booking{Levels: level(0, 7)}, false},
		{"one too many further out", quota.Booking{Levels: append(level(1, 0), quota.Level{Allocation: outer.ID, Pool: p.ID, Use: 11, Bound: true})}, false},
		{"pool full", quota.Booking{Levels: level(1, 0), Draws: []quota.Draw{draw(p.ID, 11)}, Entries: []quota.Entry{line(1)}}, false},
		{"second pool full", quota.Booking{Levels: level(1, 0), Draws: []quota.Draw{draw(p.ID, 1), draw(other.ID, 11)}, Entries: []quota.Entry{line(1)}}, false},
		{"entitlement", quota.Booking{Levels: level(1, 0), Draws: []quota.Draw{draw(entitlement.ID, 1)}}, false},
		{"of another pool", quota.Booking{Levels: []quota.Level{{Allocation: inner.ID, Pool: other.ID, Within: outer.ID, Use: 1}}}, false},
		{"lies elsewhere", quota.Booking{Levels: []quota.Level{{Allocation: inner.ID, Pool: p.ID, Within: inner.ID, Use: 1}}}, false},
		{"lies within nothing", quota.Booking{Levels: []quota.Level{{Allocation: inner.ID, Pool: p.ID, Use: 1}}}, false},
		{"lies within something", quota.Booking{Levels: []quota.Level{{Allocation: outer.ID, Pool: p.ID, Within: inner.ID, Use: 1}}}, false},
		{"no such allocation", quota.Booking{Levels: []quota.Level{{Allocation: quota.AllocationID(strange), Pool: p.ID, Use: 1}}, Entries: []quota.Entry{line(1)}}, false},
		{"no such pool", quota.Booking{Draws: []quota.Draw{draw(quota.PoolID(strange), 1)}, Entries: []quota.Entry{line(1)}}, false},
		{"use below 0", quota.Booking{Levels: level(-6, 0)}, false},
		{"held below 0", quota.Booking{Levels: level(0, -6)}, false},
		{"pool below 0", quota.Booking{Draws: []quota.Draw{draw(p.ID, -6)}}, false},
		{"least number", quota.Booking{Levels: level(math.MinInt64, 0)}, false},
		{"overflow", quota.Booking{Levels: []quota.Level{{Allocation: inner.ID, Pool: p.ID, Within: outer.ID, Use: most, Held: most}}}, false},
		{"past the greatest number", quota.Booking{Levels: []quota.Level{{Allocation: inner.ID, Pool: p.ID, Within: outer.ID, Use: most}}}, false},
		{"pool past the greatest number", quota.Booking{Draws: []quota.Draw{{Pool: p.ID, Amount: most}}}, false},
	} {
		q.set(inner.ID, 2, 2)
		q.set(outer.ID, 2, 2)
		q.must(func(ctx context.Context) error {
			_, _, err := q.Quotas.AddPool(ctx, p.ID, 4-q.pool(p.ID).Use, false) //nolint:contextcheck // reads beside
			return err
		})
		q.must(func(ctx context.Context) error {
			_, _, err := q.Quotas.AddPool(ctx, other.ID, -q.pool(other.ID).Use, false) //nolint:contextcheck // reads beside
			return err
		})
		wantInner, wantOuter, wantPool, wantOther := q.allocation(inner.ID), q.allocation(outer.ID), q.pool(p.ID), q.pool(other.ID)
		wantLines, err := q.Quotas.Entries(t.Context(), quota.EntryFilter{})
		if err != nil {
			t.Fatal(err)
		}
		no := errors.New("no")
		err = q.unit(func(ctx context.Context) error {
			ok, err := q.Quotas.Book(ctx, c.b)
			if ok != c.ok || err != nil {
				t.Errorf("%s: Book = %v, %v; want %v", c.name, ok, err, c.ok)
			}
			if !ok {
				return no
			}
			return err
		})
		if c.ok != (err == nil) {
			t.Errorf("%s: the unit = %v", c.name, err)
		}
		if c.ok {
			for _, l := range c.b.Levels {
				a := &wantInner
				if l.Allocation == outer.ID {
					a = &wantOuter
				}
				a.Use += l.Use
				a.Held += l.Held
			}
			for _, d := range c.b.Draws {
				switch d.Pool {
				case p.ID:
					wantPool.Use += d.Amount
				case other.ID:
					wantOther.Use += d.Amount
				}
			}
			wantLines = append(wantLines, c.b.Entries...)
		}
		q.equal(c.name+": inner", q.allocation(inner.ID), wantInner)
		q.equal(c.name+": outer", q.allocation(outer.ID), wantOuter)
		q.equal(c.name+": pool", q.pool(p.ID), wantPool)
		q.equal(c.name+": other pool", q.pool(other.ID), wantOther)
		lines, err := q.Quotas.Entries(t.Context(), quota.EntryFilter{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantLines, lines, cmpopts.IgnoreFields(quota.Entry{}, "Num"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: ledger (-want +got):\n%s", c.name, diff)
		}
	}
}

// bookTogether: bookings of many levels, which several units of work want at
// once, pass no limit, and what one changed is locked until it ends.
func (q *quotas) bookTogether(t *testing.T) {
	const callers, rounds, levels = 8, 10, 40
	p := q.savePool(freshPool(quota.Storage, "p", callers*rounds*levels-levels))
	var b quota.Booking
	for i := range levels {
		a := q.saveAllocation(freshAllocation(p.ID, quota.Holder(strconv.Itoa(i)), "", callers*rounds-1))
		b.Levels = append(b.Levels, quota.Level{Allocation: a.ID, Pool: p.ID, Use: 1, Bound: true})
		b.Entries = append(b.Entries, quota.Entry{Allocation: a.ID, Amount: 1, At: dawn()})
	}
	b.Draws = []quota.Draw{{Pool: p.ID, Amount: levels, Bound: true}}
	var wg sync.WaitGroup
	var mu sync.Mutex
	yes := 0
	no := errors.New("no")
	for range callers {
		wg.Go(func() {
			for range rounds {
				err := q.unit(func(ctx context.Context) error {
					ok, err := q.Quotas.Book(ctx, b)
					if err == nil && !ok {
						err = no
					}
					return err
				})
				mu.Lock()
				if err == nil {
					yes++
				} else if !errors.Is(err, no) {
					t.Errorf("Book = %v", err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if yes != callers*rounds-1 {
		t.Errorf("%d bookings, want %d", yes, callers*rounds-1)
	}
	for _, l := range b.Levels {
		if a := q.allocation(l.Allocation); a.Use != int64(yes) {
			t.Errorf("%d used after %d bookings", a.Use, yes)
		}
	}
	if got := q.pool(p.ID); got.Use != int64(yes*levels) {
		t.Errorf("%d of the pool used after %d bookings", got.Use, yes)
	}
}
