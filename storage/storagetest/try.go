package storagetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// tried counts a try of a subject and wants its number, or 0 and a time.
func tried(t *testing.T, b *Backend, subject string, now, forget time.Time, want int, until time.Time) {
	t.Helper()
	signInDo(t, b, func(ctx context.Context) error {
		n, wait, err := b.SignIn.CountTry(ctx, subject, now, forget)
		if err == nil && (n != want || !wait.Equal(until)) {
			t.Errorf("CountTry(%s) = %d, %v; want %d, %v", subject, n, wait, want, until)
		}
		return err
	})
}

func signInTries(t *testing.T, b *Backend) {
	now := signInStart()
	long := now.Add(-time.Hour)
	wait := func(want time.Time, subjects ...string) {
		t.Helper()
		if until, err := b.SignIn.WaitUntil(t.Context(), subjects); err != nil || !until.Equal(want) {
			t.Errorf("WaitUntil(%q) = %v, %v; want %v", subjects, until, err, want)
		}
	}
	delay := func(subject string, until time.Time) {
		t.Helper()
		signInDo(t, b, func(ctx context.Context) error { return b.SignIn.DelayTry(ctx, subject, until) })
	}
	wait(time.Time{})
	wait(time.Time{}, "a", "b")
	tried(t, b, "a", now, long, 1, now)
	tried(t, b, "a", now, long, 2, now)
	tried(t, b, "b", now, long, 1, now)
	later := now.Add(time.Minute)
	delay("a", later)
	wait(later, "a", "b")
	wait(now, "b", "c")
	tried(t, b, "a", now, long, 0, later)
	tried(t, b, "a", later.Add(-time.Microsecond), long, 0, later)
	tried(t, b, "b", now, long, 2, now)
	tried(t, b, "a", later, long, 3, later)
	// What was tried long ago counts no more.
	next := later.Add(time.Hour)
	tried(t, b, "a", next, later.Add(-time.Microsecond), 4, next)
	tried(t, b, "a", next, next, 1, next)

	back := func(subject string, until, now time.Time) {
		t.Helper()
		signInDo(t, b, func(ctx context.Context) error { return b.SignIn.ReturnTry(ctx, subject, until, now) })
	}
	delay("a", next.Add(time.Minute))
	back("a", next, now) // somebody else's wait stays
	wait(next.Add(time.Minute), "a")
	back("a", next.Add(time.Minute), next) // there is none to take back
	wait(next.Add(time.Minute), "a")
	delay("b", later)
	back("b", later, now)
	tried(t, b, "b", now, long, 2, now)
	before := b.Fingerprint(t)
	back("unknown", later, now)
	delay("unknown", later)
	if b.Fingerprint(t) != before {
		t.Error("an unknown subject changed something")
	}
	signInDo(t, b, func(ctx context.Context) error { return b.SignIn.ForgetTries(ctx, "b") })
	wait(time.Time{}, "b")
	wait(next.Add(time.Minute), "a")
	tried(t, b, "b", now, long, 1, now)
}

// signInTriesAtOnce wants tries at the same moment to be counted one by one.
func signInTriesAtOnce(t *testing.T, b *Backend) {
	now := signInStart()
	var all sync.WaitGroup
	var admitted atomic.Int64
	for range 40 {
		all.Go(func() {
			err := b.Tx(context.WithoutCancel(t.Context()), func(ctx context.Context) error {
				n, _, err := b.SignIn.CountTry(ctx, "a", now, now.Add(-time.Hour))
				if err != nil || n == 0 {
					return errors.Join(err, errOwn)
				}
				if n >= 5 {
					return b.SignIn.DelayTry(ctx, "a", now.Add(time.Minute))
				}
				return nil
			})
			switch {
			case err == nil:
				admitted.Add(1)
			case !errors.Is(err, errOwn):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := admitted.Load(); n != 5 {
		t.Errorf("%d were admitted, want 5", n)
	}
}

func signInTidy(t *testing.T, b *Backend) {
	u := signInUser(t, b, "ann", nil)
	now := signInStart()
	old := now.Add(-time.Hour)
	before := now.Add(-2 * time.Hour)
	tried(t, b, "old", old, before, 1, old)
	tried(t, b, "new", old.Add(time.Microsecond), before, 1, old.Add(time.Microsecond))
	for digest, expires := range map[string]time.Time{"ended": now, "open": now.Add(time.Microsecond)} {
		session := signInSession(u, before, expires.Sub(before))
		signInDo(t, b, func(ctx context.Context) error {
			return errors.Join(
				b.SignIn.AddSession(ctx, digest, session, before),
				b.SignIn.AddReset(ctx, digest, u.ID, before, expires),
				b.SignIn.AddToken(ctx, digest, signin.Token{User: u.ID, Expires: expires}, "", before),
			)
		})
	}
	Sweep(t, b, func(ctx context.Context) error {
		return b.SignIn.Tx(ctx, func(ctx context.Context) error { return b.SignIn.Tidy(ctx, old, now) })
	})
	signInEnded(t, b, map[string]signin.Ending{"ended": signin.Expired, "open": ""})
	for digest, there := range map[string]bool{"ended": false, "open": true} {
		_, _, session := b.SignIn.SessionUser(t.Context(), digest)
		_, _, reset := b.SignIn.ResetLogin(t.Context(), digest)
		_, _, token := b.SignIn.TokenUser(t.Context(), digest)
		for _, err := range []error{session, reset, token} {
			if there != (err == nil) || !there && !errors.Is(err, workspace.ErrNotFound) {
				t.Errorf("%s: %v", digest, err)
			}
		}
	}
	for subject, want := range map[string]time.Time{"old": {}, "new": old.Add(time.Microsecond)} {
		if until, err := b.SignIn.WaitUntil(t.Context(), []string{subject}); err != nil || !until.Equal(want) {
			t.Errorf("%s: %v, %v; want %v", subject, until, err, want)
		}
	}
}
