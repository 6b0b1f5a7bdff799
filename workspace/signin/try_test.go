package signin_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// guess tries a password that is wrong, another each time, and returns how long
// it has to wait, nothing when it was tried.
func (b *bench) guess(t *testing.T, name, address string, i int) time.Duration {
	t.Helper()
	_, err := b.Password(t.Context(), name, fmt.Sprintf("%s %d", wrong, i), address)
	if throttled, ok := errors.AsType[*signin.ThrottledError](err); ok {
		if !errors.Is(err, signin.ErrThrottled) || throttled.After <= 0 || throttled.Until.Sub(b.Now().Truncate(time.Microsecond)) != throttled.After {
			t.Errorf("throttled until %v, after %v", throttled.Until, throttled.After)
		}
		return throttled.After
	}
	if !errors.Is(err, signin.ErrRefused) {
		t.Errorf("a wrong password: %v", err)
	}
	return 0
}

// The waits grow, and ten tries are all there are; a name that nobody has is
// treated alike.
func TestWaitsGrow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		ann := b.with(t, "ann", right)
		signin.Cheapen(b.Service)
		g := signin.Watch(b.Service, nil)
		waits := []time.Duration{
			0, 0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, time.Minute,
			15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour, 24 * time.Hour, 24 * time.Hour,
		}
		for _, name := range []string{"ann", "nobody"} {
			before := g.Computed.Load()
			for i, want := range waits {
				if got := b.guess(t, name, "", i); got != 0 {
					t.Fatalf("%s: guess %d has to wait %v", name, i, got)
				}
				if want == 0 {
					continue
				}
				for range 3 { // asking again makes it no longer
					if got := b.guess(t, strings.ToUpper(name), "", i+100); got != want {
						t.Errorf("%s: after %d failures the wait is %v, want %v", name, i+1, got, want)
					}
				}
				b.pass(want - time.Microsecond)
				if got := b.guess(t, name, "", i+200); got != time.Microsecond {
					t.Errorf("%s: at the end of the wait it is %v", name, got)
				}
				b.pass(time.Microsecond)
			}
			if n := g.Computed.Load() - before; n != int64(len(waits)) {
				t.Errorf("%s: %d passwords were computed for %d tries", name, n, len(waits))
			}
		}
		signin.Restore(b.Service)
		// One that is right is not looked at either while it has to wait, and then
		// clears all.
		b.wantIn(t, "ann", right, ann.ID)
		for i := range 3 {
			if got := b.guess(t, "ann", "", i); got != 0 {
				t.Errorf("after a success guess %d waits %v", i, got)
			}
		}
		if _, err := b.Password(t.Context(), "ann", right+"!", ""); !errors.Is(err, signin.ErrThrottled) {
			t.Errorf("the fourth = %v, want ErrThrottled", err)
		}
		// Whoever is remembered does not wait, nor do tokens and sessions.
		b.wantIn(t, "ann", right, ann.ID)
		// A day without a failure, and the next is the first.
		b.pass(24*time.Hour + time.Second)
		for i := range 3 {
			if got := b.guess(t, "ann", "", i); got != 0 {
				t.Errorf("a day later guess %d waits %v", i, got)
			}
		}
	})
}

// Ten guesses lock the name, and what its owner has goes on working.
func TestLockedNameKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{Remember: -1, TokenLife: 24 * time.Hour})
		ann := b.with(t, "ann", right)
		token, err := b.Issue(t.Context(), "ann", right, "", "")
		if err != nil {
			t.Fatal(err)
		}
		session, err := b.Start(t.Context(), "ann", right, "", "")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			b.pass(b.guess(t, "ann", "", 1000+i))
			b.guess(t, "ann", "", i)
		}
		for what, err := range map[string]error{
			"Password": errOf(b.Password(t.Context(), "ann", right, "192.0.2.7")),
			"Issue":    errOf(b.Issue(t.Context(), "ann", right, "", "192.0.2.7")),
			"Start":    errOf(b.Start(t.Context(), "ann", right, "", "192.0.2.7")),
			"Change":   b.ChangePassword(t.Context(), actor(ann), right, wrong),
		} {
			if !errors.Is(err, signin.ErrThrottled) {
				t.Errorf("%s of a locked name = %v, want ErrThrottled", what, err)
			}
		}
		b.wantToken(t, token, true)
		b.wantSession(t, session, true)
		// An administrator who sets a password has it forgotten.
		b.set(t, ann, wrong)
		b.wantIn(t, "ann", wrong, ann.ID)
	})
}

// cheapHash is the hash of a password at a cost that a test can bear.
func cheapHash(password string) string {
	salt := []byte("salt-of-everybody")
	key := argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, 1, 8, 1, 32)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, encode(salt), encode(key))
}

func errOf[T any](_ T, err error) error { return err }

// Who tries many names from one network has to wait, whatever the names; of
// IPv6 a network is 64 bits.
func TestNetworksWait(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, same, other string }{
		{"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"},
	} {
		t.Run(c.first, func(t *testing.T) {
			t.Parallel()
			b := serve(dbtest.New(t), signin.Options{})
			ann := b.with(t, "ann", right)
			signin.Cheapen(b.Service)
			for i := range 50 {
				if got := b.guess(t, fmt.Sprintf("user%d", i), c.first, i); got != 0 {
					t.Fatalf("guess %d waits %v", i, got)
				}
			}
			if got := b.guess(t, "another", c.same, 0); got != time.Second {
				t.Errorf("after 50 failures the wait is %v, want a second", got)
			}
			if got := b.guess(t, "another", c.other, 1); got != 0 {
				t.Errorf("another network waits %v", got)
			}
			if got := b.guess(t, "another", "", 2); got != 0 {
				t.Errorf("no network waits %v", got)
			}
			for i := range 50 {
				b.pass(time.Minute)
				if got := b.guess(t, fmt.Sprintf("more%d", i), c.first, i); got != 0 {
					t.Fatalf("guess %d, a minute later, waits %v", i, got)
				}
			}
			if got := b.guess(t, "ann", c.same, 0); got != 15*time.Minute {
				t.Errorf("after 100 failures the wait is %v, want a window", got)
			}
			// What is right counts for the name, not against the network.
			b.pass(time.Hour + 15*time.Minute)
			signin.Restore(b.Service)
			err := b.db.Tx(t.Context(), func(ctx context.Context) error {
				_, err := b.db.SignIn().SetHash(ctx, ann.ID, cheapHash(right), b.Now())
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for range 60 {
				b.pass(2 * time.Minute)
				if _, err := b.Password(t.Context(), "ann", right, c.first); err != nil {
					t.Fatal(err)
				}
			}
			b.wantIn(t, "ann", right, ann.ID)
		})
	}
}

// A hundred guesses at the same moment, at two servers, are as many as one after
// the other.
func TestGuessesAtOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			opts := signin.Options{Workers: 8, Waiting: 1000}
			servers := []*bench{serve(dbtest.Open(t, address), opts), serve(dbtest.Open(t, address), opts)}
			servers[0].with(t, "ann", right)
			var computed atomic.Int64
			for _, b := range servers {
				signin.Watch(b.Service, func() { computed.Add(1) })
			}
			round := func(round int) {
				var all sync.WaitGroup
				for i := range 100 {
					all.Go(func() {
						_, err := servers[i%2].Password(context.WithoutCancel(t.Context()), "ann", fmt.Sprintf("%s %d %d", wrong, round, i), "")
						if !errors.Is(err, signin.ErrRefused) && !errors.Is(err, signin.ErrThrottled) {
							t.Error(err)
						}
					})
				}
				all.Wait()
			}
			round(0)
			if n := computed.Load(); n != 3 {
				t.Errorf("%d passwords were computed, want 3", n)
			}
			for i := range 7 {
				for _, b := range servers {
					b.pass(time.Minute)
				}
				round(i + 1)
			}
			if n := computed.Load(); n != 10 {
				t.Errorf("%d passwords were computed, want 10", n)
			}
			for _, b := range servers {
				b.pass(time.Minute)
			}
			round(9)
			if n := computed.Load(); n != 10 {
				t.Errorf("%d passwords were computed after the tenth", n)
			}
		})
	}
}

// A program that begins with many calls at once makes one try, and is let in.
func TestManyCallsAreOneTry(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		for _, remember := range []time.Duration{0, -1} {
			b := serve(db, signin.Options{Remember: remember})
			ann := b.with(t, fmt.Sprintf("ann%d", remember), right)
			proceed := make(chan struct{})
			g := signin.Watch(b.Service, func() { <-proceed })
			var all sync.WaitGroup
			var asked atomic.Int64
			for range 40 {
				all.Go(func() {
					asked.Add(1)
					u, err := b.Password(context.WithoutCancel(t.Context()), ann.Username, right, "192.0.2.1")
					if err != nil || u.ID != ann.ID {
						t.Errorf("Password = %v, %v", u.ID, err)
					}
				})
			}
			for asked.Load() < 40 {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(50 * time.Millisecond)
			close(proceed)
			all.Wait()
			if n := g.Computed.Load(); n > 3 || remember == 0 && n != 1 {
				t.Errorf("%d passwords were computed for 40 calls", n)
			}
		}
	})
}

// Who goes away before his password is looked at has not tried.
func TestWhoLeavesHasNotTried(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{Workers: 1, Waiting: 4, Remember: -1})
	ann := b.with(t, "ann", right)
	started, proceed := make(chan struct{}), make(chan struct{})
	signin.Watch(b.Service, func() { started <- struct{}{}; <-proceed })
	first := make(chan error, 1)
	go func() {
		_, err := b.Password(context.WithoutCancel(t.Context()), "somebody", wrong, "")
		first <- err
	}()
	<-started
	for range 12 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := b.Password(ctx, "ann", right, "192.0.2.1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting = %v, want DeadlineExceeded", err)
		}
		cancel()
	}
	close(proceed)
	if err := <-first; !errors.Is(err, signin.ErrRefused) {
		t.Error(err)
	}
	go func() { <-started }()
	b.wantIn(t, "ann", right, ann.ID)
}

// What was typed where a name belongs is in no table.
func TestTriesHideNames(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{})
	b.guess(t, "canary-typed-as-name", "192.0.2.77", 0)
	var dump strings.Builder
	dbtest.Dump(t, b.db, &dump)
	if !strings.Contains(dump.String(), "tries ") || strings.Contains(dump.String(), "canary") || strings.Contains(dump.String(), "192.0.2.77") {
		t.Error("a name is kept with the tries, or there are none")
	}
}

// What counts no more is not kept for good.
func TestTriesAreClearedAway(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{})
	signin.Cheapen(b.Service)
	for i := range 20 {
		b.guess(t, fmt.Sprintf("nobody%d", i), "", i)
	}
	b.pass(25 * time.Hour)
	b.guess(t, "last", "", 0)
	var dump strings.Builder
	dbtest.Dump(t, b.db, &dump)
	if n := strings.Count(dump.String(), "tries "); n != 1 {
		t.Errorf("%d subjects are left, want the last", n)
	}
}

// The tenth wrong password locks a user out, which the trail tells once, and of
// names that nobody has never.
func TestLockoutsAreTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		ann := b.with(t, "ann", right)
		signin.Cheapen(b.Service)
		told := func() (list []audit.Event) {
			list, err := db.Trail().List(t.Context(), audit.Filter{Actions: []string{"user.lock"}})
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		for _, name := range []string{"nobody", "ann"} {
			for i := range 12 {
				if n := len(told()); i == 9 && n != 0 {
					t.Fatalf("%d lockouts were told of before the tenth try", n)
				}
				if b.guess(t, name, "192.0.2.7", i) != 0 {
					t.Fatalf("try %d of %s has to wait", i, name)
				}
				b.pass(25 * time.Hour / 2)
			}
		}
		events := told()
		if len(events) != 1 || events[0].Object.ID != string(ann.ID) || events[0].Address != "192.0.2.7" || events[0].Actor != "guest" {
			t.Errorf("told %+v, want one lockout of ann, by a guest, from 192.0.2.7", events)
		}
	})
}
