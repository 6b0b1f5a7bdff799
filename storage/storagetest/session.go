package storagetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// signInSession returns a session of a user that ends after a while.
func signInSession(u workspace.User, begins time.Time, lasts time.Duration) signin.Session {
	return signin.Session{
		ID: signin.SessionID(uid.New()), User: u.ID, Via: "password", Client: "Firefox", Address: "192.0.2.1",
		Created: begins, Seen: begins, Expires: begins.Add(lasts),
	}
}

// signInWants wants a session to be there as it is, or not at all.
func signInWants(t *testing.T, b *Backend, digest string, u workspace.User, session *signin.Session) {
	t.Helper()
	who, got, err := b.SignIn.SessionUser(t.Context(), digest)
	if session == nil {
		if !errors.Is(err, workspace.ErrNotFound) {
			t.Errorf("SessionUser(%q) = %+v, %v; want ErrNotFound", digest, got, err)
		}
		return
	}
	if err != nil || who != u || got != *session {
		t.Errorf("SessionUser(%q) = %+v, %+v, %v; want %+v, %+v", digest, who, got, err, u, *session)
	}
	who, got, err = b.SignIn.FindSession(t.Context(), session.ID)
	if err != nil || who != u || got != *session {
		t.Errorf("FindSession(%q) = %+v, %+v, %v; want %+v, %+v", session.ID, who, got, err, u, *session)
	}
}

func signInSessions(t *testing.T, b *Backend) {
	u, other := signInUser(t, b, "ann", nil), signInUser(t, b, "bob", func(u *workspace.User) { u.Disabled = true })
	now := signInStart()
	before := now.Add(-time.Hour)
	past, ending, open := signInSession(u, before, time.Hour-1), signInSession(u, before, time.Hour), signInSession(u, before, time.Hour+time.Microsecond)
	theirs := signInSession(other, before, time.Minute)
	signInDo(t, b, func(ctx context.Context) error {
		return errors.Join(
			b.SignIn.AddSession(ctx, "past", past, before), b.SignIn.AddSession(ctx, "ending", ending, before),
			b.SignIn.AddSession(ctx, "open", open, before), b.SignIn.AddSession(ctx, "theirs", theirs, before),
		)
	})
	// It does not judge: neither that it has ended nor who is disabled.
	signInWants(t, b, "theirs", other, &theirs)
	fresh := signInSession(u, now, time.Hour)
	kept := fresh
	kept.Secret = "canary"
	signInDo(t, b, func(ctx context.Context) error { return b.SignIn.AddSession(ctx, "fresh", kept, now) })
	signInWants(t, b, "fresh", u, &fresh)
	signInWants(t, b, "open", u, &open)
	signInWants(t, b, "theirs", other, &theirs)
	for _, digest := range []string{"past", "ending", "", "none", string(fresh.ID)} {
		signInWants(t, b, digest, u, nil)
	}
	if _, _, err := b.SignIn.FindSession(t.Context(), "fresh"); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("FindSession by a digest = %v, want ErrNotFound", err)
	}
	for at, want := range map[time.Time][]signin.Session{
		now: {fresh, open}, open.Expires: {fresh}, fresh.Expires: {}, before: {fresh, open},
	} {
		list, err := b.SignIn.ListSessions(t.Context(), u.ID, at)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "ListSessions", list, want)
	}
	err := b.Tx(t.Context(), func(ctx context.Context) error {
		return b.SignIn.AddSession(ctx, "x", signInSession(workspace.User{ID: "nobody"}, now, 1), now)
	})
	if !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("AddSession for nobody = %v, want ErrNotFound", err)
	}
}

func signInSeeSession(t *testing.T, b *Backend) {
	u := signInUser(t, b, "ann", nil)
	now := signInStart()
	session, other := signInSession(u, now, time.Hour), signInSession(u, now, time.Hour)
	signInDo(t, b, func(ctx context.Context) error {
		return errors.Join(b.SignIn.AddSession(ctx, "d", session, now), b.SignIn.AddSession(ctx, "o", other, now))
	})
	for _, at := range []time.Duration{time.Minute, time.Second, -time.Hour} {
		signInDo(t, b, func(ctx context.Context) error { return b.SignIn.SeeSession(ctx, session.ID, now.Add(at)) })
	}
	session.Seen = now.Add(time.Minute)
	signInWants(t, b, "d", u, &session)
	signInWants(t, b, "o", u, &other)
	before := b.Fingerprint(t)
	signInDo(t, b, func(ctx context.Context) error { return b.SignIn.SeeSession(ctx, "ended", now.Add(time.Hour)) })
	if b.Fingerprint(t) != before {
		t.Error("a session that has ended changed something")
	}
}

func signInEndSession(t *testing.T, b *Backend) {
	u, other := signInUser(t, b, "ann", nil), signInUser(t, b, "bob", nil)
	now := signInStart()
	first, second, third, theirs := signInSession(u, now, time.Hour), signInSession(u, now, time.Hour), signInSession(u, now, time.Hour), signInSession(other, now, time.Hour)
	signInDo(t, b, func(ctx context.Context) error {
		return errors.Join(
			b.SignIn.AddSession(ctx, "1", first, now), b.SignIn.AddSession(ctx, "2", second, now), b.SignIn.AddSession(ctx, "3", third, now),
			b.SignIn.AddSession(ctx, "theirs", theirs, now),
			b.SignIn.AddToken(ctx, "token", signin.Token{User: u.ID, Expires: now.Add(time.Hour)}, "", now),
			b.SignIn.AddToken(ctx, "theirs", signin.Token{User: other.ID, Expires: now.Add(time.Hour)}, "", now),
		)
	})
	signInDo(t, b, func(ctx context.Context) error { return b.SignIn.EndSession(ctx, first.ID) })
	signInWants(t, b, "1", u, nil)
	signInWants(t, b, "2", u, &second)
	err := b.Tx(t.Context(), func(ctx context.Context) error { return b.SignIn.EndSession(ctx, first.ID) })
	if !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("EndSession again = %v, want ErrNotFound", err)
	}
	signInDo(t, b, func(ctx context.Context) error {
		n, err := b.SignIn.EndAll(ctx, u.ID)
		if n != 3 {
			t.Errorf("EndAll ended %d, want two sessions and a token", n)
		}
		return err
	})
	signInWants(t, b, "2", u, nil)
	signInWants(t, b, "3", u, nil)
	signInWants(t, b, "theirs", other, &theirs)
	if _, _, err := b.SignIn.TokenUser(t.Context(), "token"); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("a token after EndAll: %v", err)
	}
	if _, _, err := b.SignIn.TokenUser(t.Context(), "theirs"); err != nil {
		t.Errorf("the token of somebody else after EndAll: %v", err)
	}
	signInDo(t, b, func(ctx context.Context) error {
		n, err := b.SignIn.EndAll(ctx, u.ID)
		if n != 0 {
			t.Errorf("EndAll ended %d where there is nothing", n)
		}
		return err
	})
}

func signInSessionSweep(t *testing.T, b *Backend) {
	u := signInUser(t, b, "ann", nil)
	now := signInStart()
	session := signInSession(u, now, time.Hour)
	Sweep(t, b, func(ctx context.Context) error {
		return b.SignIn.Tx(ctx, func(ctx context.Context) error {
			if err := b.SignIn.SetLogin(ctx, u.ID, now); err != nil {
				return err
			}
			if err := b.SignIn.AddToken(ctx, "t", signin.Token{User: u.ID, Expires: now.Add(time.Hour)}, "", now); err != nil {
				return err
			}
			return b.SignIn.AddSession(ctx, "d", session, now)
		})
	})
	Sweep(t, b, func(ctx context.Context) error {
		return b.SignIn.Tx(ctx, func(ctx context.Context) error {
			_, err := b.SignIn.EndAll(ctx, u.ID)
			return err
		})
	})
}
