package idempotency_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
)

// world is a service with a clock that the test moves.
type world struct {
	*idempotency.Service

	t   *testing.T
	db  *storage.DB
	now time.Time
}

func newWorld(t *testing.T, db *storage.DB, sealer idempotency.Sealer) *world {
	t.Helper()
	w := &world{t: t, db: db, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	w.Service = idempotency.New(db.Idempotency(), &idempotency.Options{Now: func() time.Time { return w.now }, Sealer: sealer})
	return w
}

func sealer(t *testing.T, key string) idempotency.Sealer {
	t.Helper()
	s, err := apikey.NewSealer([]byte(strings.Repeat(key, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var errAct = errors.New("act")

// do asks and wants an answer that was given now, or again.
func (w *world) do(q idempotency.Request, text string, again bool) {
	w.t.Helper()
	done := 0
	a, repeated, err := w.Do(w.t.Context(), q, func(context.Context) (idempotency.Answer, error) {
		done++
		return idempotency.Answer{Text: []byte(text), Made: "made"}, nil
	})
	if err != nil || repeated != again || string(a.Text) != text || a.Made != "made" || (done == 0) != again {
		w.t.Errorf("%+v: %q, %q, again %v, done %d, %v; want %q, again %v", q, a.Text, a.Made, repeated, done, err, text, again)
	}
}

// refused asks and wants an error and that nothing was done.
func (w *world) refused(q idempotency.Request, want error) error {
	w.t.Helper()
	_, _, err := w.Do(w.t.Context(), q, func(context.Context) (idempotency.Answer, error) {
		w.t.Error("it was done")
		return idempotency.Answer{}, nil
	})
	if !errors.Is(err, want) {
		w.t.Errorf("%+v: %v, want %v", q, err, want)
	}
	return err
}

func TestDo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db, nil)
		q := idempotency.Request{Principal: 70, Key: "a", Digest: "x"}
		w.do(q, "answer", false)
		w.do(q, "answer", true)
		other := q
		other.Digest = "y"
		w.refused(other, idempotency.ErrMismatch)
		other.Principal = 71
		w.do(other, "somebody else's", false)
		w.now = w.now.Add(24*time.Hour - time.Microsecond)
		w.do(q, "answer", true)
		// Another server, and the same one after it was started anew.
		newWorld(t, db, nil).do(q, "answer", true)
		w.now = w.now.Add(time.Microsecond)
		w.do(q, "anew", false)
	})
}

// TestRefusal wants a request that failed to leave nothing, its key included.
func TestRefusal(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db, nil)
		q := idempotency.Request{Principal: 70, Key: "a", Digest: "x"}
		before := dbtest.Fingerprint(t, db)
		_, _, err := w.Do(t.Context(), q, func(context.Context) (idempotency.Answer, error) { return idempotency.Answer{}, errAct })
		if !errors.Is(err, errAct) || dbtest.Fingerprint(t, db) != before {
			t.Errorf("%v, and the database changed: %v", err, dbtest.Fingerprint(t, db) != before)
		}
		q.Digest = "y"
		w.do(q, "answer", false)
	})
}

// TestTogether asks for the same a hundred times at once, of two servers.
func TestTogether(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		var done, again atomic.Int64
		var wait sync.WaitGroup
		for range 2 {
			w := newWorld(t, db, nil)
			for range 50 {
				wait.Go(func() {
					a, repeated, err := w.Do(t.Context(), idempotency.Request{Principal: 70, Key: "a", Digest: "x"},
						func(context.Context) (idempotency.Answer, error) {
							done.Add(1)
							time.Sleep(time.Millisecond)
							return idempotency.Answer{Text: []byte("answer")}, nil
						})
					if err != nil || string(a.Text) != "answer" {
						t.Errorf("%q, %v", a.Text, err)
					}
					if repeated {
						again.Add(1)
					}
				})
			}
		}
		wait.Wait()
		if done.Load() != 1 || again.Load() != 99 {
			t.Errorf("done %d times, answered again %d times", done.Load(), again.Load())
		}
	})
}

// TestSecret wants secrets sealed, or not kept at all.
func TestSecret(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		const canary = "canary-of-a-secret"
		w := newWorld(t, db, sealer(t, "k"))
		q := idempotency.Request{Principal: 70, Key: "a", Digest: "x", Secret: true}
		w.do(q, canary, false)
		w.do(q, canary, true)
		bare := newWorld(t, db, nil)
		without := q
		without.Key = "b"
		bare.do(without, canary, false)
		for _, c := range []struct {
			w *world
			q idempotency.Request
		}{{bare, without}, {w, without}, {bare, q}, {newWorld(t, db, sealer(t, "l")), q}} {
			err := c.w.refused(c.q, idempotency.ErrDone)
			if done, is := errors.AsType[*idempotency.DoneError](err); !is || done.ID != "made" {
				t.Errorf("%v, want a DoneError of what was made", err)
			}
		}
		without.Digest = "y"
		w.refused(without, idempotency.ErrMismatch)
		// One row put in the place of another is worth nothing.
		var dump strings.Builder
		dbtest.Dump(t, db, &dump)
		if strings.Contains(dump.String(), canary) {
			t.Error("the database holds a secret")
		}
	})
}

// TestForget wants what is past gone, once in a while.
func TestForget(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db, nil)
		w.do(idempotency.Request{Principal: 70, Key: "a", Digest: "x"}, "answer", false)
		w.now = w.now.Add(25 * time.Hour)
		w.do(idempotency.Request{Principal: 71, Key: "b", Digest: "x"}, "answer", false)
		var dump strings.Builder
		dbtest.Dump(t, db, &dump)
		if n := strings.Count(dump.String(), "idempotency answer="); n != 1 {
			t.Errorf("%d records are left, want one", n)
		}
	})
}
