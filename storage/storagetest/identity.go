package storagetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// signInIdentity returns an identity of a user.
func signInIdentity(u workspace.User, issuer, subject string, minutes int) signin.Identity {
	return signin.Identity{
		ID: signin.IdentityID(uid.New()), User: u.ID, Issuer: issuer, Subject: subject, Name: "Zoë",
		Created: signInStart().Add(time.Duration(minutes) * time.Minute),
	}
}

func signInAdd(t *testing.T, b *Backend, list ...signin.Identity) {
	t.Helper()
	for _, i := range list {
		signInDo(t, b, func(ctx context.Context) error { return b.SignIn.AddIdentity(ctx, i) })
	}
}

func signInIdentities(t *testing.T, b *Backend) {
	ann, bob := signInUser(t, b, "ann", nil), signInUser(t, b, "bob", func(u *workspace.User) { u.Disabled = true })
	const one, two = "https://one.example.org", "https://one.example.org/"
	second, first := signInIdentity(ann, one, "s", 2), signInIdentity(ann, two, "s", 1)
	theirs := signInIdentity(bob, one, "S", 0)
	signInAdd(t, b, second, first, theirs)
	signInDo(t, b, func(ctx context.Context) (err error) {
		ann, err = b.SignIn.SetHash(ctx, ann.ID, "$hash$", signInStart())
		return err
	})
	logins := map[workspace.UserID]signin.Login{ann.ID: {User: ann, Hash: "$hash$"}, bob.ID: {User: bob}}
	for _, want := range []signin.Identity{second, first, theirs} {
		l, got, err := b.SignIn.IdentityLogin(t.Context(), want.Issuer, want.Subject)
		if err != nil || got != want || l != logins[want.User] {
			t.Errorf("IdentityLogin = %+v, %+v, %v; want %+v", l, got, err, want)
		}
		l, got, err = b.SignIn.FindIdentity(t.Context(), want.ID)
		if err != nil || got != want || l != logins[want.User] {
			t.Errorf("FindIdentity = %+v, %+v, %v; want %+v", l, got, err, want)
		}
	}
	// Nearly right is not right.
	for _, c := range [][2]string{
		{one, "t"}, {one, "s "}, {one, " s"}, {one, ""}, {"", "s"}, {strings.ToUpper(one), "s"}, {one + "//", "s"}, {"s", one}, {one, "%"}, {two, "S"},
	} {
		if l, got, err := b.SignIn.IdentityLogin(t.Context(), c[0], c[1]); !errors.Is(err, workspace.ErrNotFound) || l != (signin.Login{}) || got != (signin.Identity{}) {
			t.Errorf("IdentityLogin(%q) = %+v, %+v, %v; want ErrNotFound", c, l, got, err)
		}
	}
	if _, _, err := b.SignIn.FindIdentity(t.Context(), "s"); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("FindIdentity of none = %v, want ErrNotFound", err)
	}
	for user, want := range map[workspace.UserID][]signin.Identity{ann.ID: {first, second}, bob.ID: {theirs}, "nobody": {}} {
		list, err := b.SignIn.ListIdentities(t.Context(), user)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "ListIdentities", list, want)
	}
	// Somebody's is nobody else's, and not his twice either.
	for _, u := range []workspace.User{ann, bob} {
		err := b.Tx(t.Context(), func(ctx context.Context) error {
			return b.SignIn.AddIdentity(ctx, signInIdentity(u, one, "s", 3))
		})
		if taken, ok := errors.AsType[*workspace.TakenError](err); !ok || taken.Field != "subject" || taken.Value != "s" {
			t.Errorf("AddIdentity of what is taken = %v, want a TakenError of subject", err)
		}
	}
	err := b.Tx(t.Context(), func(ctx context.Context) error {
		return b.SignIn.AddIdentity(ctx, signInIdentity(workspace.User{ID: "nobody"}, one, "n", 0))
	})
	if !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("AddIdentity for nobody = %v, want ErrNotFound", err)
	}
	remove := func(ctx context.Context) error { return b.SignIn.RemoveIdentity(ctx, first.ID) }
	signInDo(t, b, remove)
	if err := b.Tx(t.Context(), remove); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("RemoveIdentity again = %v, want ErrNotFound", err)
	}
	list, err := b.SignIn.ListIdentities(t.Context(), ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "ListIdentities after removing", list, []signin.Identity{second})
	// What was removed can be somebody else's.
	again := first
	again.User = bob.ID
	signInAdd(t, b, again)
}

func signInEndVia(t *testing.T, b *Backend) {
	u, other := signInUser(t, b, "ann", nil), signInUser(t, b, "bob", nil)
	now := signInStart()
	password, elsewhere, theirs := signInSession(u, now, time.Hour), signInSession(u, now, time.Hour), signInSession(other, now, time.Hour)
	elsewhere.Via, theirs.Via = "oidc", "oidc"
	signInDo(t, b, func(ctx context.Context) error {
		return errors.Join(
			b.SignIn.AddSession(ctx, "password", password, now), b.SignIn.AddSession(ctx, "elsewhere", elsewhere, now),
			b.SignIn.AddSession(ctx, "theirs", theirs, now),
		)
	})
	signInDo(t, b, func(ctx context.Context) error { return b.SignIn.EndVia(ctx, u.ID, "oidc", signin.IdentityUnlinked) })
	signInWants(t, b, "elsewhere", u, nil)
	signInWants(t, b, "password", u, &password)
	signInWants(t, b, "theirs", other, &theirs)
	signInEnded(t, b, map[string]signin.Ending{"elsewhere": signin.IdentityUnlinked, "password": "", "theirs": ""})
	signInDo(t, b, func(ctx context.Context) error { return b.SignIn.EndVia(ctx, u.ID, "oidc", signin.IdentityUnlinked) })
}

func signInSpend(t *testing.T, b *Backend) {
	now := signInStart()
	spend := func(digest string, lasts time.Duration, at time.Time) error {
		return b.Tx(context.WithoutCancel(t.Context()), func(ctx context.Context) error {
			return b.SignIn.Spend(ctx, digest, now.Add(lasts), at)
		})
	}
	for digest, lasts := range map[string]time.Duration{"short": time.Minute, "long": time.Minute + time.Microsecond} {
		if err := spend(digest, lasts, now); err != nil {
			t.Fatal(err)
		}
		if err := spend(digest, lasts, now.Add(time.Minute-time.Microsecond)); !errors.Is(err, workspace.ErrTaken) {
			t.Errorf("%s again = %v, want ErrTaken", digest, err)
		}
	}
	later := now.Add(time.Minute)
	if err := spend("short", time.Hour, later); err != nil {
		t.Errorf("what expired is not forgotten: %v", err)
	}
	if err := spend("long", time.Hour, later); !errors.Is(err, workspace.ErrTaken) {
		t.Errorf("what has not expired = %v, want ErrTaken", err)
	}
	var all sync.WaitGroup
	var firsts atomic.Int64
	for range 20 {
		all.Go(func() {
			switch err := spend("once", time.Hour, now); {
			case err == nil:
				firsts.Add(1)
			case !errors.Is(err, workspace.ErrTaken):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := firsts.Load(); n != 1 {
		t.Errorf("%d were the first of twenty", n)
	}
}

func signInIdentitySweep(t *testing.T, b *Backend) {
	u := signInUser(t, b, "ann", nil)
	now := signInStart()
	i, session := signInIdentity(u, "https://one.example.org", "s", 0), signInSession(u, now, time.Hour)
	session.Via = "oidc"
	signInDo(t, b, func(ctx context.Context) error { return b.SignIn.Spend(ctx, "old", now, now.Add(-time.Hour)) })
	Sweep(t, b, func(ctx context.Context) error {
		return b.SignIn.Tx(ctx, func(ctx context.Context) error {
			if err := b.SignIn.Spend(ctx, "x", now.Add(time.Hour), now); err != nil {
				return err
			}
			if err := b.SignIn.AddIdentity(ctx, i); err != nil {
				return err
			}
			return b.SignIn.AddSession(ctx, "d", session, now)
		})
	})
	Sweep(t, b, func(ctx context.Context) error {
		return b.SignIn.Tx(ctx, func(ctx context.Context) error {
			if err := b.SignIn.RemoveIdentity(ctx, i.ID); err != nil {
				return err
			}
			return b.SignIn.EndVia(ctx, u.ID, "oidc", signin.IdentityUnlinked)
		})
	})
}
