package quota_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// A gate is a store whose units of work can be stopped before they begin and
// before they commit.
type gate struct {
	quota.Store

	units  atomic.Int64
	begin  atomic.Pointer[func()]
	commit atomic.Pointer[func() error]
}

func (g *gate) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	if g.InUnit(ctx) {
		return g.Store.Tx(ctx, fn)
	}
	g.units.Add(1)
	if f := g.begin.Load(); f != nil {
		(*f)()
	}
	return g.Store.Tx(ctx, func(ctx context.Context) error {
		err := fn(ctx)
		if f := g.commit.Load(); f != nil && err == nil {
			err = (*f)()
		}
		return err
	})
}

func newGate(t testing.TB, db *storage.DB) (*desk, *gate) {
	t.Helper()
	g, c := &gate{Store: db.Quotas()}, newClock()
	return &desk{Service: quota.New(g, &quota.Options{Now: c.now}), clock: c, t: t}, g
}

// A crowd is callers who wait in one line, the first of them leading a batch
// that is stopped.
type crowd struct {
	*desk

	open  chan struct{}
	first error // of the leader's
	wg    sync.WaitGroup
}

// gather has one caller consume 1 of an allocation and stops him as his unit
// begins, so that whoever comes now forms the next batch.
func (d *desk) gather(g *gate, id quota.AllocationID) *crowd {
	d.t.Helper()
	c := &crowd{desk: d, open: make(chan struct{})}
	begun := make(chan struct{})
	stop := sync.OnceFunc(func() {
		close(begun)
		<-c.open
	})
	g.begin.Store(&stop)
	c.wg.Go(func() { c.first = d.consume(id, 1) })
	<-begun
	return c
}

// comes has one more caller come, and returns when he is in line.
func (c *crowd) comes(call func() error, err *error) {
	c.t.Helper()
	before := c.Waiting()
	c.wg.Go(func() { *err = call() })
	c.until(func() bool { return c.Waiting() == before+1 })
}

// goes lets them all go and waits until they have their answers.
func (c *crowd) goes() {
	close(c.open)
	c.wg.Wait()
}

func (d *desk) until(done func() bool) {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			d.t.Fatal("it does not come to that")
		}
	}
}

// TestEverybodyHisOwnAnswer has callers of all sorts share one commit.
func TestEverybodyHisOwnAnswer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		d, g := newGate(t, db)
		ctx := t.Context()
		p := d.pool(100)
		outer := d.share(p, "outer", "", 50)
		a, b := d.share(p, "a", outer, 20), d.share(p, "b", outer, 45)
		gone := d.share(p, "gone", outer, 45)
		d.must(d.consume(a, 5))
		d.must(d.consume(gone, 1))
		d.must(d.release(gone, 1))
		more := d.reserve(a, 2, "more")
		less := d.reserve(a, 4, "less")
		back := d.reserve(b, 10, "back")
		reserve := func(key string, n int64, into *quota.Reservation) func() error {
			return func() (err error) {
				*into, err = d.Reserve(ctx, a, n, key, time.Minute, quota.Reason{Kind: "reserved"})
				return err
			}
		}

		c := d.gather(g, a) // 6 used and 6 held of 20
		var made, again, known quota.Reservation
		answers := map[string]*error{}
		for _, m := range []struct {
			name string
			call func() error
			want error
		}{
			{"fits", func() error { return d.consume(a, 4) }, nil},
			{"is too much", func() error { return d.consume(a, 5) }, quota.ErrExceeded},
			{"fits still", func() error { return d.consume(a, 3) }, nil},
			{"is too much further out", func() error { return d.consume(b, 22) }, quota.ErrExceeded},
			{"is another's", func() error { return d.release(outer, 1) }, quota.ErrInvalid},
			{"gives back", func() error { return d.release(a, 5) }, nil},
			{"has room now", func() error { return d.consume(a, 4) }, nil},
			{"gives back what came with them", func() error { return d.release(a, 7) }, nil},
			{"takes it again", func() error { return d.consume(a, 7) }, nil},
			{"is gone", func() error { return d.consume(gone, 1) }, quota.ErrNotFound},
			{"reserves", reserve("new", 2, &made), nil},
			{"reserves again", reserve("new", 2, &again), nil},
			{"reserves another amount", reserve("new", 1, new(quota.Reservation)), quota.ErrConflict},
			{"reserves what is known", reserve("less", 4, &known), nil},
			{"reserves too much", reserve("big", 20, new(quota.Reservation)), quota.ErrExceeded},
			{"settles at too much", func() error { return d.Commit(ctx, more.ID, 5) }, quota.ErrExceeded},
			{"settles at less", func() error { return d.Commit(ctx, less.ID, 1) }, nil},
			{"settles twice", func() error { return d.Cancel(ctx, less.ID) }, quota.ErrSettled},
			{"settles at more", func() error { return d.Commit(ctx, more.ID, 4) }, nil},
			{"cancels", func() error { return d.Cancel(ctx, back.ID) }, nil},
			{"has room at another", func() error { return d.consume(b, 29) }, nil},
		} {
			err := new(error)
			answers[m.name] = err
			c.comes(m.call, err)
			t.Cleanup(func() {
				if !errors.Is(*err, m.want) || m.want == nil && *err != nil {
					t.Errorf("who %s was told %v, want %v", m.name, *err, m.want)
				}
			})
		}
		// Behind the back of those who know where it was.
		d.must(db.Tx(ctx, func(ctx context.Context) error { return db.Quotas().DeleteAllocation(ctx, gone) }))
		before := g.units.Load()
		c.goes()
		d.must(c.first)
		if n := g.units.Load() - before; n > 3 { // in trust, then weighed, where routes have changed twice
			t.Errorf("%d units of work for one batch", n)
		}
		d.counts(a, 6+4+3-5+4+1+4, 2)
		d.counts(b, 29, 0)
		d.counts(outer, 17+29, 2)
		d.poolCounts(p.ID, 17+29+2)
		d.balanced()
		if e := d.refused(*answers["is too much"], a); e.Use != 16 || e.Asked != 5 || e.Limit != 20 || e.Holder != "a" {
			t.Errorf("who came second was told %+v", e)
		}
		if e := d.refused(*answers["is too much further out"], outer); e.Use != 29 || e.Asked != 22 {
			t.Errorf("who came fourth was told %+v", e)
		}
		if made.ID == "" || again != made || known.ID != less.ID {
			t.Errorf("reserved %+v, %+v and %+v", made, again, known)
		}
		if r, err := d.Reservation(ctx, made.ID); err != nil || r != made {
			t.Errorf("Reservation = %+v, %v; want %+v", r, err, made)
		}
		if d.Lanes() != 0 {
			t.Errorf("%d lanes are left", d.Lanes())
		}
	})
}

// TestSharedCommits: many who fit are a unit of work of few statements, and
// each has his line of the ledger.
func TestSharedCommits(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			fault := &dbtest.Fault{}
			d, g := newGate(t, dbtest.OpenWith(t, kind.Make(t), &storage.Options{Connector: fault.Connector}))
			a := d.share(d.pool(2000), "a", d.share(d.pool(2000), "outer", "", 2000), 2000)
			c := d.gather(g, a)
			const many = 50
			var errs [many]error
			for i := range errs {
				c.comes(func() error {
					return d.Consume(t.Context(), a, int64(i+1), quota.Reason{Kind: "many", Ref: fmt.Sprint(i)})
				}, &errs[i])
			}
			g.units.Store(0)
			fault.Set(1 << 40)
			c.goes()
			// Two batches, each begins, counts at two levels and in two pools,
			// appends and commits.
			if n := fault.Clear(); n > 2*7 {
				t.Errorf("%d statements", n)
			}
			d.must(errors.Join(append(errs[:], c.first)...))
			if n := g.units.Load(); n != 1 {
				t.Errorf("%d units of work for one batch", n)
			}
			d.counts(a, 1+many*(many+1)/2, 0)
			entries, err := d.Ledger(t.Context(), quota.EntryFilter{Reason: quota.Reason{Kind: "many"}})
			d.must(err)
			for i, e := range entries {
				if e.Amount != int64(i+1) || e.Reason.Ref != fmt.Sprint(i) || e.Allocation != a {
					t.Errorf("line %d: %+v", i, e)
				}
			}
			if len(entries) != many {
				t.Errorf("%d lines", len(entries))
			}
			d.balanced()
		})
	}
}

// TestNobodyIsToldYes fails every statement of a batch in turn: nobody is told
// yes, and nothing is kept.
func TestNobodyIsToldYes(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		for name, amounts := range map[string][]int64{"all fit": {1, 2, 3, 4}, "some do not": {5, 1000, 6, -2}} {
			t.Run(kind.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				fault := &dbtest.Fault{}
				db := dbtest.OpenWith(t, kind.Make(t), &storage.Options{Connector: fault.Connector})
				d, g := newGate(t, db)
				a := d.share(d.pool(1000), "a", d.share(d.pool(1000), "outer", "", 500), 1000)
				for n := int64(1); ; n++ {
					c := d.gather(g, a)
					errs := make([]error, len(amounts)+1)
					for i, amount := range amounts {
						c.comes(func() error {
							if amount < 0 {
								return d.release(a, -amount)
							}
							return d.consume(a, amount)
						}, &errs[i])
					}
					c.comes(func() error {
						_, err := d.Reserve(context.Background(), a, 1, fmt.Sprint(n), time.Minute, quota.Reason{})
						return err
					}, &errs[len(amounts)])
					var before string
					arm := sync.OnceFunc(func() { // when the first batch is done
						before = dbtest.Fingerprint(t, db)
						fault.Set(n)
					})
					g.begin.Store(&arm)
					c.goes()
					d.must(c.first)
					if fault.Clear() < n {
						yes := 0
						for _, err := range errs {
							if err == nil {
								yes++
							}
						}
						if yes < 4 || n < 5 {
							t.Fatalf("without a fault %d were told yes: %v", yes, errs)
						}
						break
					}
					for i, err := range errs {
						if !errors.Is(err, dbtest.ErrFault) {
							t.Fatalf("statement %d failed, and the %d. was told %v", n, i, err)
						}
					}
					if dbtest.Fingerprint(t, db) != before {
						t.Fatalf("statement %d failed, and something was kept", n)
					}
				}
				d.balanced()
			})
		}
	}
}

// A silent context ends without waking anybody.
type silent struct {
	context.Context //nolint:containedctx // it is one

	gone atomic.Bool
}

func (c *silent) Done() <-chan struct{} { return nil }

func (c *silent) Err() error {
	if c.gone.Load() {
		return context.Canceled
	}
	return nil
}

func TestCancelledMembers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		d, g := newGate(t, db)
		a := d.share(d.pool(1000), "a", "", 1000)
		consume := func(ctx context.Context) func() error {
			return func() error { return d.Consume(ctx, a, 10, quota.Reason{}) }
		}

		// Who goes before his batch begins is left out, at once.
		ctx, cancel := context.WithCancel(t.Context())
		c := d.gather(g, a)
		var left, stays, late error
		c.comes(consume(ctx), &left)
		c.comes(consume(t.Context()), &stays)
		cancel()
		d.until(func() bool { return d.Waiting() == 1 })
		late = consume(ctx)()
		c.goes()
		d.must(errors.Join(c.first, stays))
		for _, err := range []error{left, late} {
			if !errors.Is(err, context.Canceled) || errors.Is(err, quota.ErrUnknown) {
				t.Errorf("who left was told %v", err)
			}
		}
		d.counts(a, 11, 0)

		// Who goes later gets the answer, the leader and the others: here both go
		// when their batch is about to commit.
		ctx, cancel = context.WithCancel(t.Context())
		c = d.gather(g, a)
		var leader, follower error
		c.comes(consume(ctx), &leader)
		c.comes(consume(ctx), &follower)
		batches := 0
		leaves := func() error {
			if batches++; batches == 2 {
				cancel()
				time.Sleep(50 * time.Millisecond)
			}
			return nil
		}
		g.commit.Store(&leaves)
		c.goes()
		d.must(errors.Join(c.first, leader, follower))
		d.counts(a, 32, 0)
		g.commit.Store(nil)

		// Nobody waits for ever.
		ctx, cancel = context.WithCancel(t.Context())
		c = d.gather(g, a)
		told := make(chan error)
		c.comes(consume(t.Context()), &leader)
		c.comes(func() error {
			err := consume(ctx)()
			told <- err
			return err
		}, &follower)
		batches = 0
		hangs := func() error {
			if batches++; batches == 2 {
				cancel()
				if err := <-told; !errors.Is(err, quota.ErrUnknown) || !errors.Is(err, context.Canceled) {
					t.Errorf("who could not wait was told %v", err)
				}
			}
			return nil
		}
		g.commit.Store(&hangs)
		c.goes()
		d.must(errors.Join(c.first, leader))
		d.counts(a, 53, 0)
		g.commit.Store(nil)

		// Who has gone without a sound is left out when his batch begins. If it was
		// his to lead, the next one does.
		for _, first := range []bool{true, false} {
			quiet := &silent{Context: t.Context()}
			c = d.gather(g, a)
			if first {
				gone := make(chan struct{})
				c.comes(func() error { defer close(gone); return consume(quiet)() }, &left)
				leads := func() {
					select {
					case <-gone:
					case <-time.After(5 * time.Second):
						t.Error("who has gone leads those behind him")
					}
				}
				g.begin.Store(&leads)
			}
			c.comes(consume(t.Context()), &stays)
			if !first {
				c.comes(consume(quiet), &left)
			}
			quiet.gone.Store(true)
			c.goes()
			d.must(errors.Join(c.first, stays))
			if !errors.Is(left, context.Canceled) || errors.Is(left, quota.ErrUnknown) {
				t.Errorf("who left in silence was told %v", left)
			}
		}
		d.counts(a, 75, 0)
		if d.Lanes() != 0 {
			t.Errorf("%d lanes are left", d.Lanes())
		}
		d.balanced()
	})
}

// TestPanics: when the store panics, only its caller does, and nobody waits for
// ever.
func TestPanics(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		for name, panics := range map[string]func() error{
			"panic": func() error { panic("of the store") },
			"exit":  func() error { runtime.Goexit(); return nil },
		} {
			d, g := newGate(t, db)
			a := d.share(d.pool(1000), "a", "", 1000)
			before := dbtest.Fingerprint(t, db)
			g.commit.Store(&panics)
			done := make(chan any)
			begun := make(chan struct{})
			open := make(chan struct{})
			hold := sync.OnceFunc(func() { close(begun); <-open })
			g.begin.Store(&hold)
			errs := make([]error, 3)
			go func() {
				defer func() { done <- recover() }()
				errs[0] = d.consume(a, 1)
			}()
			<-begun
			for i := range 2 {
				go func() {
					defer func() { done <- recover() }()
					errs[i+1] = d.consume(a, 1)
				}()
			}
			d.until(func() bool { return d.Waiting() == 2 })
			close(open)
			panicked := 0
			for range errs {
				if <-done != nil {
					panicked++
				}
			}
			want := 2 // the leaders of two batches
			if name == "exit" {
				want = 0
			}
			told := 0
			for _, err := range errs {
				if err != nil {
					told++
				}
			}
			if panicked != want || told != 1 {
				t.Errorf("%s: %d panicked, %d were told: %v", name, panicked, told, errs)
			}
			if dbtest.Fingerprint(t, db) != before {
				t.Errorf("%s: something was kept", name)
			}
			g.commit.Store(nil)
			d.must(d.consume(a, 1))
			d.counts(a, 1, 0)
			if d.Lanes() != 0 {
				t.Errorf("%d lanes are left", d.Lanes())
			}
		}
	})
}
