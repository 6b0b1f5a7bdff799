package mail_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

func TestDelivered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db)
		w.enqueue(invitation())
		before := w.letter()
		if before.State != mail.Waiting || before.Language != "fr-CA" || before.To != "grace@example.org" {
			t.Errorf("the letter is %+v", before)
		}
		if strings.Contains(w.dump(), secret) {
			t.Error("the link is in the database")
		}
		w.pass(time.Second)
		w.deliver(1)
		w.deliver(0)
		after := w.letter()
		if after.State != mail.Sent || after.Attempts != 1 || !after.Ended.Equal(w.now()) || after.Reason != "" {
			t.Errorf("the letter is %+v", after)
		}
		// What was sealed is erased, in any form.
		if dump := w.dump(); strings.Contains(dump, "v1.") || strings.Contains(dump, secret) {
			t.Error("the letter is still in the database")
		}
		e := w.sent[0]
		if len(w.sent) != 1 || e.To != "grace@example.org" || e.From != "Maps <maps@example.org>" || e.Language != "fr" ||
			e.MessageID != string(after.ID)+"@example.org" || !e.Date.Equal(w.now()) {
			t.Errorf("sent %+v", w.sent)
		}
		w.pass(30 * 24 * time.Hour)
		n, err := w.Forget(t.Context())
		if w.must(err); n != 0 {
			t.Error("forgotten on the 30th day")
		}
		w.pass(time.Second)
		if n, err = w.Forget(t.Context()); err != nil || n != 1 {
			t.Errorf("forgot %d, %v; want 1", n, err)
		}
	})
}

func TestEnqueue(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db)
		if err := w.Enqueue(t.Context(), invitation()); !errors.Is(err, storage.ErrNoUnit) {
			t.Errorf("outside a unit of work: %v", err)
		}
		// What is rolled back is never sent.
		own := errors.New("own")
		err := db.Tx(t.Context(), func(ctx context.Context) error {
			w.must(w.Enqueue(ctx, invitation()))
			return own
		})
		if !errors.Is(err, own) {
			t.Error(err)
		}
		w.deliver(0)
		for field, change := range map[string]func(*mail.Message){
			"kind": func(m *mail.Message) { m.Kind = "other" },
			"data": func(m *mail.Message) { m.Data["token"] = "x" },
			"to":   func(m *mail.Message) { m.To = "grace@example.org\r\nBcc: eve@example.org" },
		} {
			m := invitation()
			change(&m)
			w.invalid(w.Enqueue(t.Context(), m), field)
		}
		for _, to := range []string{"", "grace", "Grace <grace@example.org>", "a@b, c@d", "a@b\u202e", strings.Repeat("a", 250) + "@example.org"} {
			m := invitation()
			m.To = to
			w.invalid(w.Enqueue(t.Context(), m), "to")
		}
		unsealed := w.server(func(o *mail.Options) { o.Sealer = nil })
		if err := unsealed.Enqueue(t.Context(), invitation()); !errors.Is(err, mail.ErrNoSealer) {
			t.Errorf("without a sealer: %v", err)
		}
		if _, err := unsealed.Deliver(t.Context()); !errors.Is(err, mail.ErrNoSealer) {
			t.Errorf("delivering without a sealer: %v", err)
		}
		if _, err := mail.New(db.Mail(), nil, &mail.Options{From: "a@b\r\nBcc: c@d"}); !errors.Is(err, mail.ErrInvalid) {
			t.Errorf("from somebody odd: %v", err)
		}
	})
}

// TestInjection sends names that would like to be headers and markup.
func TestInjection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	m := invitation()
	m.Data["inviter"] = "Ada\r\nBcc: eve@example.org\u2028\u202e<script>alert(1)</script>"
	m.Data["workspace"] = strings.Repeat("é", 4000)
	m.Data["link"] = "javascript:alert(1)"
	w.enqueue(m)
	w.deliver(1)
	e := w.sent[0]
	if strings.ContainsAny(e.Subject, "\r\n\u2028\u202e") || len(e.Subject) > 250 {
		t.Errorf("subject %q", e.Subject)
	}
	if strings.Contains(e.HTML, "<script>") || strings.Contains(e.HTML, `"javascript:`) {
		t.Errorf("html %s", e.HTML)
	}
	if strings.Contains(e.Text, "\nBcc") || strings.Contains(e.Text, "\r") {
		t.Errorf("text %s", e.Text)
	}
}

// TestAgain tries a letter for a day.
func TestAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db)
		var ids []string
		w.answer = func(_ context.Context, e mail.Email) error {
			ids = append(ids, e.MessageID)
			return fmt.Errorf("421 says the server about https://maps.example.org/i/%s for %s", secret, e.To)
		}
		w.enqueue(invitation())
		start := w.now()
		w.deliver(0)
		first := w.letter()
		if d := first.Due.Sub(start); first.State != mail.Waiting || d < 24*time.Second || d > 36*time.Second {
			t.Errorf("after the first attempt it is %+v, due in %v", first, d)
		}
		if strings.Contains(first.Reason, secret) || !strings.Contains(first.Reason, "421") {
			t.Errorf("the reason is %q", first.Reason)
		}
		before := len(ids)
		w.deliver(0)
		if len(ids) != before {
			t.Error("it was tried before it was due")
		}
		for w.letter().State == mail.Waiting {
			l := w.letter()
			if w.now().Sub(start) > 24*time.Hour || l.Due.Sub(w.now()) > 3*time.Hour {
				t.Fatalf("it is tried still: %+v", l)
			}
			w.pass(l.Due.Sub(w.now()))
			w.deliver(0)
		}
		last := w.letter()
		if last.State != mail.Failed || last.Attempts < 10 || last.Attempts > 40 || w.now().Sub(start) < 20*time.Hour {
			t.Errorf("in the end it is %+v after %v", last, w.now().Sub(start))
		}
		if last.Ended.Sub(start) > 24*time.Hour || last.Attempts != len(ids) {
			t.Errorf("it was given up after %v and tried %d of %d times", last.Ended.Sub(start), len(ids), last.Attempts)
		}
		if slices.Sort(ids); len(slices.Compact(ids)) != 1 {
			t.Error("it had several Message-IDs")
		}
		if strings.Contains(w.dump(), "v1.") {
			t.Error("what it said is kept")
		}
		if told := strings.Join(w.told, "\n"); strings.Contains(told, secret) || !strings.Contains(told, string(last.ID)) {
			t.Errorf("told %s", told)
		}
	})
}

func TestGivenUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		for _, c := range []struct {
			name, reason string
			before       func(w *world)
			tried        int
		}{
			{"refused for good", "550", func(w *world) {
				w.answer = func(context.Context, mail.Email) error { return fmt.Errorf("%w: 550 5.1.1", mail.ErrRefused) }
			}, 1},
			{"expired", "expired", func(w *world) { w.pass(7 * 24 * time.Hour) }, 0},
			{"another key", "key", func(w *world) {
				w.sealer = newSealer(w.t, 'b')
				w.Service = w.server(nil)
			}, 0},
			{"sent elsewhere", "key", func(w *world) {
				// As whoever can write to the database would have it.
				w.must(db.Tx(t.Context(), func(ctx context.Context) error {
					l := w.letter()
					l.ID, l.To = "00000000-0000-7000-8000-000000000000", "eve@example.org"
					sealed, err := w.sealer.Seal([]byte(`{"to":"grace@example.org"}`), []byte(l.ID))
					w.must(err)
					_, _, err = db.Mail().Claim(ctx, w.now(), w.now().Add(time.Hour))
					w.must(err)
					return db.Mail().AddLetter(ctx, l, sealed)
				}))
			}, 0},
		} {
			t.Run(c.name, func(t *testing.T) {
				w := newWorld(t, db)
				tried := 0
				w.enqueue(invitation())
				c.before(w)
				answer := w.answer
				w.answer = func(ctx context.Context, e mail.Email) error {
					tried++
					if answer == nil {
						return nil
					}
					return answer(ctx, e)
				}
				w.deliver(0)
				failed, _, err := w.Letters(t.Context(), mail.LetterFilter{States: []mail.State{mail.Failed}})
				if w.must(err); len(failed) != 1 || !strings.Contains(failed[0].Reason, c.reason) || tried != c.tried {
					t.Errorf("tried %d times: %+v", tried, failed)
				}
				// The next case begins anew.
				w.pass(1000 * time.Hour)
				w.Service = w.server(nil)
				w.answer = func(context.Context, mail.Email) error { return mail.ErrRefused }
				_, err = w.Deliver(t.Context())
				w.must(err)
				w.pass(1000 * time.Hour)
				_, err = w.Forget(t.Context())
				w.must(err)
			})
		}
	})
}

// TestDied has a server end while it is sending: the letter is taken up again
// when its lease is over, under the same Message-ID.
func TestDied(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db)
		w.enqueue(invitation())
		other := w.server(nil)
		// What a crash leaves: claimed, and nothing noted.
		w.must(db.Tx(t.Context(), func(ctx context.Context) error {
			_, _, err := db.Mail().Claim(ctx, w.now(), w.now().Add(time.Minute))
			return err
		}))
		w.deliver(0)
		if l := w.letter(); l.State != mail.Sending {
			t.Errorf("it is %+v", l)
		}
		w.pass(time.Minute)
		w.deliver(1)
		if n, err := other.Deliver(t.Context()); n != 0 || err != nil {
			t.Errorf("sent again: %d, %v", n, err)
		}
		if l := w.letter(); l.State != mail.Sent || l.Attempts != 2 {
			t.Errorf("it is %+v", l)
		}
		// One that ends the process each time is not tried for ever.
		w.enqueue(invitation())
		for range 3 {
			w.must(db.Tx(t.Context(), func(ctx context.Context) error {
				_, _, err := db.Mail().Claim(ctx, w.now(), w.now().Add(time.Minute))
				return err
			}))
			w.pass(10 * time.Hour)
		}
		w.deliver(0)
		list, _, err := w.Letters(t.Context(), mail.LetterFilter{States: []mail.State{mail.Failed}})
		if w.must(err); len(list) != 1 || len(w.sent) != 1 {
			t.Errorf("%v, %d sent", list, len(w.sent))
		}
	})
}

// TestSlow has one server take longer than its lease: what it notes then does not
// count, since another has the letter.
func TestSlow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db)
		w.enqueue(invitation())
		other := w.server(nil)
		w.Service = w.server(func(o *mail.Options) { o.Workers = 1 })
		slow := true
		w.answer = func(context.Context, mail.Email) error {
			if !slow {
				return nil
			}
			slow = false
			w.pass(2 * time.Minute)
			if n, err := other.Deliver(t.Context()); n != 1 || err != nil {
				t.Errorf("the other delivered %d, %v", n, err)
			}
			return errors.New("too late")
		}
		w.deliver(0)
		if l := w.letter(); l.State != mail.Sent || l.Attempts != 2 {
			t.Errorf("it is %+v", l)
		}
	})
}

// TestShared has two servers deliver the same letters at once: each is sent by
// one of them.
func TestShared(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db)
		const letters = 200
		for range letters / 20 {
			w.enqueue(slices.Repeat([]mail.Message{invitation()}, 20)...)
		}
		var wait sync.WaitGroup
		for range 2 {
			server := w.server(nil)
			wait.Go(func() {
				if _, err := server.Deliver(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		var ids []string
		for _, e := range w.sent {
			ids = append(ids, e.MessageID)
		}
		slices.Sort(ids)
		if n := len(slices.Compact(slices.Clone(ids))); n != letters || len(ids) != letters {
			t.Errorf("%d letters were sent %d times", n, len(ids))
		}
	})
}

// TestRun wants what is written in the process to be sent within a moment, what
// is due later at a later turn, and the end to leave nothing half.
func TestRun(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db)
		arrived := make(chan struct{}, 10)
		w.answer = func(context.Context, mail.Email) error { arrived <- struct{}{}; return nil }
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); w.Run(ctx, time.Hour) }()
		for range 2 {
			// By now it has gone to sleep for an hour.
			time.Sleep(300 * time.Millisecond)
			w.enqueue(invitation())
			select {
			case <-arrived:
			case <-time.After(30 * time.Second):
				t.Fatal("it was not woken")
			}
		}
		cancel()
		<-ended
		list, _, err := w.Letters(t.Context(), mail.LetterFilter{States: []mail.State{mail.Sent}})
		if w.must(err); len(list) != 2 {
			t.Errorf("%d are sent, want all that were handed over", len(list))
		}
		nothing, err := mail.New(db.Mail(), nil, nil)
		w.must(err)
		nothing.Run(t.Context(), time.Hour) // returns
	})
}

// TestStopped lets a mail that is being sent when delivering is to stop be sent,
// and noted.
func TestStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	w.enqueue(invitation(), invitation())
	ctx, cancel := context.WithCancel(t.Context())
	server := w.server(func(o *mail.Options) { o.Workers = 1 })
	w.answer = func(ctx context.Context, _ mail.Email) error {
		cancel()
		time.Sleep(50 * time.Millisecond)
		return ctx.Err()
	}
	if n, err := server.Deliver(ctx); n != 1 || err != nil {
		t.Errorf("delivered %d, %v", n, err)
	}
	sent, _, err := w.Letters(t.Context(), mail.LetterFilter{States: []mail.State{mail.Sent}})
	waiting, _, other := w.Letters(t.Context(), mail.LetterFilter{States: []mail.State{mail.Waiting}})
	if w.must(errors.Join(err, other)); len(sent) != 1 || len(waiting) != 1 {
		t.Errorf("sent %v, waiting %v", sent, waiting)
	}
}
