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
	signInDo(t, b, func(ctx context.Context) error { return b.SignIn.EndSession(ctx, first.ID, signin.SignedOut) })
	signInWants(t, b, "1", u, nil)
	signInWants(t, b, "2", u, &second)
	err := b.Tx(t.Context(), func(ctx context.Context) error { return b.SignIn.EndSession(ctx, first.ID, signin.SignedOut) })
	if !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("EndSession again = %v, want ErrNotFound", err)
	}
	signInDo(t, b, func(ctx context.Context) error {
		n, err := b.SignIn.EndAll(ctx, u.ID, signin.Kicked)
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
		n, err := b.SignIn.EndAll(ctx, u.ID, signin.Kicked)
		if n != 0 {
			t.Errorf("EndAll ended %d where there is nothing", n)
		}
		return err
	})
}

// signInEnded wants what is known of what ended sessions, by their digests;
// nothing where it is empty.
func signInEnded(t *testing.T, b *Backend, want map[string]signin.Ending) {
	t.Helper()
	for digest, why := range want {
		got, err := b.SignIn.EndedSession(t.Context(), digest)
		if got != why || why != "" && err != nil || why == "" && !errors.Is(err, workspace.ErrNotFound) {
			t.Errorf("EndedSession(%q) = %q, %v; want %q, or ErrNotFound where that is empty", digest, got, err, why)
		}
	}
}

// signInEndedSession ends sessions in each way that there is.
func signInEndedSession(t *testing.T, b *Backend) {
	u, leaver := signInUser(t, b, "ann", nil), signInUser(t, b, "bob", nil)
	now := signInStart()
	before := now.Add(-time.Hour)
	add := func(digest string, u workspace.User, lasts time.Duration) signin.SessionID {
		t.Helper()
		session := signInSession(u, before, lasts)
		signInDo(t, b, func(ctx context.Context) error { return b.SignIn.AddSession(ctx, digest, session, before) })
		return session.ID
	}
	one, past := add("one", u, 2*time.Hour), add("past", u, time.Hour)
	add("hash", leaver, 2*time.Hour)
	add("theirs", leaver, time.Hour)
	signInEnded(t, b, map[string]signin.Ending{"one": "", "past": "", "": "", "none": "", string(one): "", string(past): ""})
	signInDo(t, b, func(ctx context.Context) error { return b.SignIn.EndSession(ctx, one, signin.SignedOut) })
	// The other's is as old, and not his.
	fresh := signInSession(u, now, time.Hour)
	signInDo(t, b, func(ctx context.Context) error { return b.SignIn.AddSession(ctx, "fresh", fresh, now) })
	signInEnded(t, b, map[string]signin.Ending{"one": signin.SignedOut, "past": signin.Expired, "fresh": "", "theirs": ""})
	signInDo(t, b, func(ctx context.Context) error {
		_, err := b.SignIn.EndAll(ctx, u.ID, signin.Kicked)
		return err
	})
	signInDo(t, b, func(ctx context.Context) error {
		_, err := b.SignIn.SetHash(ctx, leaver.ID, "$hash$", now)
		return err
	})
	// What ended once ends in no other way.
	want := map[string]signin.Ending{
		"one": signin.SignedOut, "past": signin.Expired, "fresh": signin.Kicked, "hash": signin.PasswordChanged, "theirs": signin.PasswordChanged,
		string(one): "",
	}
	signInEnded(t, b, want)
	add("last", leaver, 2*time.Hour)
	signInDo(t, b, func(ctx context.Context) error { return b.Workspaces.DeleteUser(ctx, leaver.ID) })
	want["last"] = ""
	signInEnded(t, b, want)
	// Each is forgotten at its own time.
	for _, lasts := range []time.Duration{time.Hour - time.Microsecond, time.Hour, 2*time.Hour - time.Microsecond, 2 * time.Hour} {
		old := before.Add(lasts)
		signInDo(t, b, func(ctx context.Context) error { return b.SignIn.Tidy(ctx, old, old) })
		if lasts >= time.Hour {
			want["past"], want["theirs"] = "", ""
		}
		if lasts >= 2*time.Hour {
			want["one"], want["hash"], want["fresh"] = "", "", ""
		}
		signInEnded(t, b, want)
	}
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
			_, err := b.SignIn.EndAll(ctx, u.ID, signin.Kicked)
			return err
		})
	})
}
