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

func signInAccount(t *testing.T, b *Backend) {
	u := signInUser(t, b, "Ægir", nil)
	// His name is another's address.
	clever := signInUser(t, b, "ægir@EXAMPLE.org", func(u *workspace.User) { u.Email = "clever@example.org" })
	now := signInStart()
	signInDo(t, b, func(ctx context.Context) (err error) {
		u, err = b.SignIn.SetHash(ctx, u.ID, "$hash$", now)
		return err
	})
	want := signin.Login{User: u, Hash: "$hash$"}
	for _, text := range []string{"ægir", "ÆGIR@example.ORG", "Ægir@example.org"} {
		if got, err := b.SignIn.Addressee(t.Context(), text); err != nil || got != want {
			t.Errorf("Addressee(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
	if got, err := b.SignIn.Addressee(t.Context(), "clever@example.org"); err != nil || got.User != clever {
		t.Errorf("Addressee = %+v, %v; want %+v", got, err, clever)
	}
	for _, text := range []string{"", "nobody", "ægir@", "@example.org", "%"} {
		if got, err := b.SignIn.Addressee(t.Context(), text); !errors.Is(err, workspace.ErrNotFound) {
			t.Errorf("Addressee(%q) = %+v, %v; want ErrNotFound", text, got, err)
		}
	}
	if got, err := b.SignIn.Account(t.Context(), u.ID); err != nil || got != want {
		t.Errorf("Account = %+v, %v; want %+v", got, err, want)
	}
	if _, err := b.SignIn.Account(t.Context(), workspace.UserID(uid.New())); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("Account of nobody = %v, want ErrNotFound", err)
	}
	signInDo(t, b, func(ctx context.Context) error {
		got, err := b.SignIn.Hold(ctx, u.ID)
		if got != want {
			t.Errorf("Hold = %+v, want %+v", got, want)
		}
		return err
	})
	err := b.Tx(t.Context(), func(ctx context.Context) error {
		_, err := b.SignIn.Hold(ctx, workspace.UserID(uid.New()))
		return err
	})
	if !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("Hold of nobody = %v, want ErrNotFound", err)
	}
}

// signInHold makes sure that whoever holds a user is not overtaken.
func signInHold(t *testing.T, b *Backend) {
	u := signInUser(t, b, "ann", nil)
	now := signInStart()
	changed := make(chan error, 1)
	outside := context.WithoutCancel(t.Context())
	signInDo(t, b, func(ctx context.Context) error {
		if _, err := b.SignIn.Hold(ctx, u.ID); err != nil {
			return err
		}
		go func() {
			changed <- b.Tx(outside, func(ctx context.Context) error {
				_, err := b.SignIn.SetHash(ctx, u.ID, "new", now)
				return err
			})
		}()
		select {
		case err := <-changed:
			t.Errorf("the password changed meanwhile: %v", err)
			changed <- err
		case <-time.After(200 * time.Millisecond):
		}
		return nil
	})
	if err := <-changed; err != nil {
		t.Fatal(err)
	}
}

func signInResets(t *testing.T, b *Backend) {
	u, other := signInUser(t, b, "ann", nil), signInUser(t, b, "bob", nil)
	now := signInStart()
	add := func(digest string, u workspace.User, expires time.Time) {
		t.Helper()
		signInDo(t, b, func(ctx context.Context) error { return b.SignIn.AddReset(ctx, digest, u.ID, now, expires) })
	}
	add("past", u, now.Add(-time.Second))
	add("now", u, now)
	add("later", u, now.Add(time.Microsecond))
	add("tomorrow", u, now.Add(24*time.Hour))
	add("theirs", other, now.Add(time.Hour))
	for at, want := range map[time.Time]int{now: 2, now.Add(-time.Hour): 4, now.Add(time.Hour): 1, now.Add(24 * time.Hour): 0} {
		if n, err := b.SignIn.CountResets(t.Context(), u.ID, at); err != nil || n != want {
			t.Errorf("CountResets = %d, %v; want %d", n, err, want)
		}
	}
	// It says when one ends and leaves judging to the service.
	got, end, err := b.SignIn.ResetLogin(t.Context(), "past")
	if err != nil || got != (signin.Login{User: u}) || !end.Equal(now.Add(-time.Second)) {
		t.Errorf("ResetLogin = %+v, %v, %v; want %+v", got, end, err, u)
	}
	if _, _, err := b.SignIn.ResetLogin(t.Context(), "none"); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("ResetLogin of none = %v, want ErrNotFound", err)
	}
	signInDo(t, b, func(ctx context.Context) error { return b.SignIn.EndReset(ctx, "later") })
	err = b.Tx(t.Context(), func(ctx context.Context) error { return b.SignIn.EndReset(ctx, "later") })
	if !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("EndReset again = %v, want ErrNotFound", err)
	}
	if _, _, err := b.SignIn.ResetLogin(t.Context(), "later"); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("ResetLogin of one that ended = %v, want ErrNotFound", err)
	}
	session := signInSession(u, now, time.Hour)
	signInDo(t, b, func(ctx context.Context) error {
		if err := b.SignIn.AddSession(ctx, "session", session, now); err != nil {
			return err
		}
		_, err := b.SignIn.SetHash(ctx, u.ID, "new", now)
		return err
	})
	signInWants(t, b, "session", u, nil)
	if _, _, err := b.SignIn.ResetLogin(t.Context(), "tomorrow"); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("a reset after SetHash: %v, want ErrNotFound", err)
	}
	if _, _, err := b.SignIn.ResetLogin(t.Context(), "theirs"); err != nil {
		t.Errorf("the reset of somebody else after SetHash: %v", err)
	}
	err = b.Tx(t.Context(), func(ctx context.Context) error { return b.SignIn.AddReset(ctx, "x", "nobody", now, now) })
	if !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("AddReset for nobody = %v, want ErrNotFound", err)
	}
}
