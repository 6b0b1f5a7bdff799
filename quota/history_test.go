package quota_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
)

// A call is what somebody asks in a history: of one of two leaves, which lie
// within one allocation in one pool.
type call struct {
	verb        string
	leaf        int // 2 is what they lie within
	n           int64
	reservation int
}

// A reply is what he was told: ok, or which error, and what a refusal or a look
// at the counters showed.
type reply struct {
	told      string
	by        int // who refused: a leaf, 2, or 3 for the pool
	use, held int64
}

// A book is what the calls of a history change, one after another.
type book struct {
	limits       [4]int64
	own          [2]int64
	reservations [slots]slot
}

// slots is how many reservations a history has room for.
const slots = 96

type slot struct {
	state  byte // 0 for unknown, then held and settled
	leaf   int
	amount int64
}

func (b *book) counters(leaf int) (use, held int64) {
	for i, own := range b.own {
		if leaf == i || leaf >= 2 {
			use += own
		}
	}
	for _, s := range b.reservations {
		if s.state == 1 && (leaf == s.leaf || leaf >= 2) {
			held += s.amount
		}
	}
	return use, held
}

// refusal is where there is no room for a growth, if there is none.
func (b *book) refusal(leaf int, growth int64) (reply, bool) {
	for _, level := range []int{leaf, 2, 3} {
		use, held := b.counters(level)
		if use+held+growth > b.limits[level] {
			return reply{told: "exceeded", by: level, use: use + held}, true
		}
	}
	return reply{}, false
}

// next returns what a call is told, and does what it does.
func (b *book) next(c call) reply {
	s := &b.reservations[c.reservation]
	done := reply{told: "ok"}
	switch c.verb {
	case "look":
		done.use, done.held = b.counters(c.leaf)
	case "consume":
		if no, refused := b.refusal(c.leaf, c.n); refused {
			return no
		}
		b.own[c.leaf] += c.n
	case "release":
		if b.own[c.leaf] < c.n {
			return reply{told: "invalid"}
		}
		b.own[c.leaf] -= c.n
	case "reserve":
		if no, refused := b.refusal(c.leaf, c.n); refused {
			return no
		}
		*s = slot{1, c.leaf, c.n}
	case "commit", "cancel":
		if s.state != 1 {
			return reply{told: "settled"}
		}
		if no, refused := b.refusal(s.leaf, c.n-s.amount); refused && c.n > s.amount {
			return no
		}
		s.state = 2
		b.own[s.leaf] += c.n
	}
	return done
}

// sequential is a quota that answers one call after another.
func sequential(limits [4]int64) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return book{limits: limits} },
		Step: func(state, input, output any) (bool, any) {
			b := state.(book)
			ok := b.next(input.(call)) == output.(reply)
			return ok, b
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %+v", input, output) },
	}
}

// A playhouse is where a history is played: two services over one database.
type playhouse struct {
	desks  [2]*desk
	ids    [3]quota.AllocationID
	limits [4]int64

	began time.Time
	mu    sync.Mutex
	past  []porcupine.Operation
	known []quota.ReservationID
}

func newPlayhouse(t *testing.T, kind dbtest.Kind, wrap func(quota.Store) quota.Store) *playhouse {
	t.Helper()
	address := kind.Make(t)
	h := &playhouse{limits: [4]int64{30, 40, 50, 45}, began: time.Now()}
	for i := range h.desks {
		c := newClock()
		h.desks[i] = &desk{Service: quota.New(wrap(dbtest.Open(t, address).Quotas()), &quota.Options{Now: c.now}), clock: c, t: t}
	}
	plain := newDesk(t, dbtest.Open(t, address))
	p := plain.pool(h.limits[3])
	h.ids[2] = plain.share(p, "outer", "", h.limits[2])
	h.ids[0], h.ids[1] = plain.share(p, "0", h.ids[2], h.limits[0]), plain.share(p, "1", h.ids[2], h.limits[1])
	return h
}

// play has callers ask at random, and looks at everything when they have gone.
func (h *playhouse) play(ctx context.Context, callers, calls int) []porcupine.Operation {
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for range calls {
				h.ask(ctx, i, h.choose())
			}
		})
	}
	wg.Wait()
	for leaf := range h.ids {
		h.ask(ctx, 0, call{verb: "look", leaf: leaf})
	}
	return h.past
}

func (h *playhouse) choose() call {
	c := call{leaf: rand.IntN(2), n: 1 + rand.Int64N(12)}
	switch rand.IntN(10) {
	case 0:
		c.verb, c.leaf, c.n = "look", rand.IntN(3), 0
	case 1, 2:
		c.verb = "release"
	case 3, 4:
		c.verb = "reserve"
	case 5, 6, 7:
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.known) > 0 {
			// Of the latest, which somebody else may settle at this moment.
			c.reservation = max(0, len(h.known)-1-rand.IntN(4))
			c.verb = "commit"
			if rand.IntN(3) == 0 {
				c.verb, c.n = "cancel", 0
			}
			return c
		}
		c.verb = "consume"
	default:
		c.verb = "consume"
	}
	return c
}

// ask makes a call and writes it down with what was told.
func (h *playhouse) ask(ctx context.Context, client int, c call) {
	d := h.desks[client%2]
	why := quota.Reason{Kind: "history", Ref: c.verb}
	op := porcupine.Operation{ClientId: client, Call: time.Since(h.began).Nanoseconds()}
	var err error
	var told reply
	var made quota.Reservation
	switch c.verb {
	case "look":
		var a quota.Allocation
		a, err = d.Allocation(ctx, h.ids[c.leaf])
		told.use, told.held = a.Use, a.Held
	case "consume":
		err = d.Consume(ctx, h.ids[c.leaf], c.n, why)
	case "release":
		err = d.Release(ctx, h.ids[c.leaf], c.n, why)
	case "reserve":
		made, err = d.Reserve(ctx, h.ids[c.leaf], c.n, uid.New(), time.Hour, why)
	case "commit":
		err = d.Commit(ctx, h.reservation(c.reservation), c.n)
	case "cancel":
		err = d.Cancel(ctx, h.reservation(c.reservation))
	}
	op.Return = time.Since(h.began).Nanoseconds()
	exceeded := &quota.ExceededError{}
	switch {
	case err == nil:
		told.told = "ok"
	case errors.As(err, &exceeded):
		told = reply{told: "exceeded", by: h.who(exceeded.Allocation), use: exceeded.Use}
	case errors.Is(err, quota.ErrInvalid):
		told.told = "invalid"
	case errors.Is(err, quota.ErrSettled):
		told.told = "settled"
	default:
		told.told = err.Error()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.verb == "reserve" {
		c.reservation = slots - 1 // refused: it does not matter which
		if err == nil {
			h.known = append(h.known, made.ID)
			c.reservation = len(h.known) - 1
		}
	}
	op.Input, op.Output = c, told
	h.past = append(h.past, op)
}

func (h *playhouse) reservation(i int) quota.ReservationID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.known[i]
}

func (h *playhouse) who(id quota.AllocationID) int {
	for i, known := range h.ids {
		if id == known {
			return i
		}
	}
	return 3
}

// judge asks the checker for an order in which a history is sequential.
func judge(h *playhouse, past []porcupine.Operation) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(sequential(h.limits), past, 20*time.Second)
}

// TestHistories has many ask at once, of two services, and wants their answers
// to be those of an order in which they could have been asked one after another.
func TestHistories(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			for range 12 {
				h := newPlayhouse(t, kind, func(s quota.Store) quota.Store { return s })
				past := h.play(t.Context(), 10, 8)
				if got := judge(h, past); got != porcupine.Ok {
					for _, op := range past {
						t.Logf("%d: %d–%d %+v: %+v", op.ClientId, op.Call, op.Return, op.Input, op.Output)
					}
					t.Fatalf("the checker says %s", got)
				}
			}
		})
	}
}

// A forgetful store says that units were committed which were not.
type forgetful struct {
	quota.Store

	units atomic.Int64
}

var errForgotten = errors.New("forgotten")

func (s *forgetful) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	forget := s.units.Add(1)%5 == 0
	err := s.Store.Tx(ctx, func(ctx context.Context) error {
		err := fn(ctx)
		if err == nil && forget {
			err = errForgotten
		}
		return err
	})
	if errors.Is(err, errForgotten) {
		err = nil
	}
	return err
}

// A generous store books sums that do not fit.
type generous struct{ quota.Store }

func (s generous) Book(ctx context.Context, b quota.Booking) (bool, error) {
	for i := range b.Levels {
		b.Levels[i].Bound = false
	}
	for i := range b.Draws {
		b.Draws[i].Bound = false
	}
	return s.Store.Book(ctx, b)
}

// A careless store counts nothing for the last one of a batch.
type careless struct{ quota.Store }

func (s careless) Book(ctx context.Context, b quota.Booking) (bool, error) {
	if len(b.Entries) > 1 {
		for i := range b.Levels {
			b.Levels[i].Use -= b.Entries[len(b.Entries)-1].Amount
		}
	}
	return s.Store.Book(ctx, b)
}

// TestHistoriesOfBrokenStores makes sure that the checker would notice: the
// same histories over stores that break their promises are refused.
func TestHistoriesOfBrokenStores(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(quota.Store) quota.Store{
		"forgetful": func(s quota.Store) quota.Store { return &forgetful{Store: s} },
		"generous":  func(s quota.Store) quota.Store { return generous{s} },
		"careless":  func(s quota.Store) quota.Store { return careless{s} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 20 {
				h := newPlayhouse(t, dbtest.OnSQLite(), wrap)
				if judge(h, h.play(t.Context(), 10, 8)) == porcupine.Illegal {
					return
				}
			}
			t.Error("nobody noticed")
		})
	}
}

// TestTheCheckerItself: histories that never were.
func TestTheCheckerItself(t *testing.T) {
	t.Parallel()
	h := &playhouse{limits: [4]int64{10, 10, 15, 15}}
	at := func(client int, from, to int64, c call, r reply) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Call: from, Return: to, Input: c, Output: r}
	}
	ok, full := reply{told: "ok"}, reply{told: "exceeded", by: 0, use: 6}
	take := call{verb: "consume", n: 6}
	look := call{verb: "look"}
	for _, c := range []struct {
		name string
		past []porcupine.Operation
		want porcupine.CheckResult
	}{
		{"one of two fits", []porcupine.Operation{at(0, 0, 9, take, ok), at(1, 1, 8, take, full)}, porcupine.Ok},
		{"both are told yes", []porcupine.Operation{at(0, 0, 9, take, ok), at(1, 1, 8, take, ok)}, porcupine.Illegal},
		{"both are told no", []porcupine.Operation{at(0, 0, 9, take, full), at(1, 1, 8, take, full)}, porcupine.Illegal},
		{"no before yes", []porcupine.Operation{at(0, 0, 1, take, full), at(1, 2, 8, take, ok)}, porcupine.Illegal},
		{"yes is forgotten", []porcupine.Operation{at(0, 0, 1, take, ok), at(1, 2, 3, look, reply{told: "ok"})}, porcupine.Illegal},
		{"yes is seen", []porcupine.Operation{at(0, 0, 1, take, ok), at(1, 2, 3, look, reply{told: "ok", use: 6})}, porcupine.Ok},
	} {
		if got := judge(h, c.past); got != c.want {
			t.Errorf("%s: the checker says %s, want %s", c.name, got, c.want)
		}
	}
}
