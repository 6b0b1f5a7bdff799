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

// signInStart is when the tests of signing in begin.
func signInStart() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC) }

// SignIn tests the store of package signin.
func SignIn(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	parts := []struct {
		name string
		test func(t *testing.T, b *Backend)
	}{
		{"Login", signInLogin},
		{"SetHash", signInSetHash},
		{"SetLogin", signInSetLogin},
		{"Tokens", signInTokens},
		{"OutsideUnit", signInOutsideUnit},
		{"Lock", signInLock},
		{"Sweep", signInSweep},
		{"Account", signInAccount},
		{"Hold", signInHold},
		{"Sessions", signInSessions},
		{"SeeSession", signInSeeSession},
		{"EndSession", signInEndSession},
		{"EndedSession", signInEndedSession},
		{"SessionSweep", signInSessionSweep},
		{"Resets", signInResets},
		{"Tries", signInTries},
		{"TriesAtOnce", signInTriesAtOnce},
		{"Tidy", signInTidy},
		{"Identities", signInIdentities},
		{"EndVia", signInEndVia},
		{"Spend", signInSpend},
		{"IdentitySweep", signInIdentitySweep},
	}
	for _, part := range parts {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, open(t))
		})
	}
}

// signInUser stores a user for the tests of signing in.
func signInUser(t *testing.T, b *Backend, name string, change func(*workspace.User)) workspace.User {
	t.Helper()
	u := workspace.User{
		ID: workspace.UserID(uid.New()), Username: name, Email: name + "@example.org",
		FirstName: "Zoë", LastName: "Ng", Language: "fr", Created: signInStart(), Updated: signInStart(),
	}
	if change != nil {
		change(&u)
	}
	err := b.Tx(t.Context(), func(ctx context.Context) error {
		var err error
		u, err = b.Workspaces.AddUser(ctx, u)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// signInDo runs one change in a unit of its own.
func signInDo(t *testing.T, b *Backend, change func(ctx context.Context) error) {
	t.Helper()
	if err := b.Tx(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

func signInLogin(t *testing.T, b *Backend) {
	plain := signInUser(t, b, "Ægir", nil)
	odd := signInUser(t, b, "odd", func(u *workspace.User) { u.Technical, u.Disabled, u.Administrator = true, true, true })
	for name, want := range map[string]workspace.User{"Ægir": plain, "ÆGIR": plain, "ægir": plain, "ODD": odd} {
		got, err := b.SignIn.Login(t.Context(), name)
		if err != nil || got.User != want || got.Hash != "" {
			t.Errorf("Login(%q) = %+v, %v; want %+v without hash", name, got, err, want)
		}
	}
	for _, name := range []string{"", "nobody", "ægi", "odd ", "%", "o_d"} {
		if got, err := b.SignIn.Login(t.Context(), name); !errors.Is(err, workspace.ErrNotFound) {
			t.Errorf("Login(%q) = %+v, %v; want ErrNotFound", name, got, err)
		}
	}
}

func signInSetHash(t *testing.T, b *Backend) {
	u, other := signInUser(t, b, "ann", nil), signInUser(t, b, "bob", nil)
	now := signInStart().Add(time.Hour)
	signInDo(t, b, func(ctx context.Context) error {
		return errors.Join(
			b.SignIn.AddToken(ctx, "a1", signin.Token{User: u.ID, Expires: now.Add(time.Hour)}, "", now),
			b.SignIn.AddToken(ctx, "a2", signin.Token{User: u.ID, Expires: now.Add(time.Hour)}, "", now),
			b.SignIn.AddToken(ctx, "b1", signin.Token{User: other.ID, Expires: now.Add(time.Hour)}, "", now),
		)
	})
	signInDo(t, b, func(ctx context.Context) error {
		got, err := b.SignIn.SetHash(ctx, u.ID, "$hash$", now)
		want := u
		want.Updated = now
		if err == nil && got != want {
			t.Errorf("SetHash = %+v, want %+v", got, want)
		}
		return err
	})
	if l, err := b.SignIn.Login(t.Context(), "ann"); err != nil || l.Hash != "$hash$" {
		t.Errorf("Login = %+v, %v; want the new hash", l, err)
	}
	if l, err := b.SignIn.Login(t.Context(), "bob"); err != nil || l.Hash != "" {
		t.Errorf("the hash of somebody else changed: %+v, %v", l, err)
	}
	for _, digest := range []string{"a1", "a2"} {
		if _, _, err := b.SignIn.TokenUser(t.Context(), digest); !errors.Is(err, workspace.ErrNotFound) {
			t.Errorf("TokenUser(%q) after SetHash: %v, want ErrNotFound", digest, err)
		}
	}
	if got, _, err := b.SignIn.TokenUser(t.Context(), "b1"); err != nil || got.ID != other.ID {
		t.Errorf("the token of somebody else: %+v, %v", got, err)
	}
	err := b.Tx(t.Context(), func(ctx context.Context) error {
		_, err := b.SignIn.SetHash(ctx, workspace.UserID(uid.New()), "h", now)
		return err
	})
	if !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("SetHash of nobody = %v, want ErrNotFound", err)
	}
}

func signInSetLogin(t *testing.T, b *Backend) {
	u := signInUser(t, b, "ann", nil)
	at := signInStart().Add(time.Minute)
	signInDo(t, b, func(ctx context.Context) error { return b.SignIn.SetLogin(ctx, u.ID, at) })
	u.LastLogin = at
	if l, err := b.SignIn.Login(t.Context(), "ann"); err != nil || l.User != u {
		t.Errorf("Login = %+v, %v; want %+v", l.User, err, u)
	}
	err := b.Tx(t.Context(), func(ctx context.Context) error { return b.SignIn.SetLogin(ctx, "nobody", at) })
	if !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("SetLogin of nobody = %v, want ErrNotFound", err)
	}
}

func signInTokens(t *testing.T, b *Backend) {
	u, other := signInUser(t, b, "ann", nil), signInUser(t, b, "bob", func(u *workspace.User) { u.Disabled = true })
	now := signInStart()
	ends := map[string]time.Time{"past": now.Add(-1), "now": now, "later": now.Add(time.Microsecond)}
	signInDo(t, b, func(ctx context.Context) error {
		for digest, end := range ends {
			if err := b.SignIn.AddToken(ctx, digest, signin.Token{User: u.ID, Expires: end}, "qgis", now.Add(-time.Hour)); err != nil {
				return err
			}
		}
		return b.SignIn.AddToken(ctx, "others", signin.Token{User: other.ID, Expires: now.Add(-time.Minute)}, "", now.Add(-time.Hour))
	})
	signInDo(t, b, func(ctx context.Context) error {
		return b.SignIn.AddToken(ctx, "new", signin.Token{User: u.ID, Expires: now.Add(time.Hour)}, "", now)
	})
	for _, digest := range []string{"past", "now", "", "none"} {
		if _, _, err := b.SignIn.TokenUser(t.Context(), digest); !errors.Is(err, workspace.ErrNotFound) {
			t.Errorf("TokenUser(%q) = %v, want ErrNotFound", digest, err)
		}
	}
	if got, end, err := b.SignIn.TokenUser(t.Context(), "later"); err != nil || got != u || !end.Equal(ends["later"]) {
		t.Errorf("TokenUser = %+v, %v, %v; want %+v, %v", got, end, err, u, ends["later"])
	}
	// It says when a token ends and who is disabled, and leaves judging to the
	// service.
	if got, end, err := b.SignIn.TokenUser(t.Context(), "others"); err != nil || got != other || !end.Before(now) {
		t.Errorf("TokenUser = %+v, %v, %v; want %+v before %v", got, end, err, other, now)
	}
	err := b.Tx(t.Context(), func(ctx context.Context) error {
		return b.SignIn.AddToken(ctx, "x", signin.Token{User: "nobody", Expires: now}, "", now)
	})
	if !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("AddToken for nobody = %v, want ErrNotFound", err)
	}
}

func signInOutsideUnit(t *testing.T, b *Backend) {
	u := signInUser(t, b, "ann", nil)
	before := b.Fingerprint(t)
	now := signInStart()
	if _, err := b.SignIn.SetHash(t.Context(), u.ID, "h", now); err == nil {
		t.Error("SetHash worked outside a unit of work")
	}
	if err := b.SignIn.SetLogin(t.Context(), u.ID, now); err == nil {
		t.Error("SetLogin worked outside a unit of work")
	}
	if err := b.SignIn.AddToken(t.Context(), "d", signin.Token{User: u.ID, Expires: now}, "", now); err == nil {
		t.Error("AddToken worked outside a unit of work")
	}
	ctx := t.Context()
	_, held := b.SignIn.Hold(ctx, u.ID)
	_, ended := b.SignIn.EndAll(ctx, u.ID, signin.Kicked)
	_, _, counted := b.SignIn.CountTry(ctx, "a", now, now)
	for what, err := range map[string]error{
		"Hold": held, "EndAll": ended, "CountTry": counted,
		"AddSession":  b.SignIn.AddSession(ctx, "d", signInSession(u, now, time.Hour), now),
		"SeeSession":  b.SignIn.SeeSession(ctx, "s", now),
		"EndSession":  b.SignIn.EndSession(ctx, "s", signin.Kicked),
		"AddReset":    b.SignIn.AddReset(ctx, "d", u.ID, now, now),
		"EndReset":    b.SignIn.EndReset(ctx, "d"),
		"DelayTry":    b.SignIn.DelayTry(ctx, "a", now),
		"ReturnTry":   b.SignIn.ReturnTry(ctx, "a", now, now),
		"ForgetTries": b.SignIn.ForgetTries(ctx, "a"),
		"Tidy":        b.SignIn.Tidy(ctx, now, now),

		"AddIdentity":    b.SignIn.AddIdentity(ctx, signInIdentity(u, "i", "s", 0)),
		"RemoveIdentity": b.SignIn.RemoveIdentity(ctx, "i"),
		"EndVia":         b.SignIn.EndVia(ctx, u.ID, "oidc", signin.IdentityUnlinked),
		"Spend":          b.SignIn.Spend(ctx, "d", now, now),
	} {
		if !errors.Is(err, b.NoUnit) {
			t.Errorf("%s outside a unit of work = %v", what, err)
		}
	}
	if b.Fingerprint(t) != before {
		t.Error("something was kept")
	}
}

// signInLock makes sure that whoever noted a login is not overtaken by a change
// of the password.
func signInLock(t *testing.T, b *Backend) {
	u := signInUser(t, b, "ann", nil)
	now := signInStart()
	changed := make(chan error, 1)
	outside := context.WithoutCancel(t.Context())
	change := func(ctx context.Context) error {
		return b.Tx(ctx, func(ctx context.Context) error {
			_, err := b.SignIn.SetHash(ctx, u.ID, "new", now)
			return err
		})
	}
	signInDo(t, b, func(ctx context.Context) error {
		if err := b.SignIn.SetLogin(ctx, u.ID, now); err != nil {
			return err
		}
		go func() { changed <- change(outside) }()
		select {
		case err := <-changed:
			t.Errorf("the password changed meanwhile: %v", err)
		case <-time.After(200 * time.Millisecond):
		}
		return b.SignIn.AddToken(ctx, "d", signin.Token{User: u.ID, Expires: now.Add(time.Hour)}, "", now)
	})
	if err := <-changed; err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.SignIn.TokenUser(t.Context(), "d"); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("a token outlived the change of the password: %v", err)
	}
}

func signInSweep(t *testing.T, b *Backend) {
	u := signInUser(t, b, "ann", nil)
	now := signInStart()
	Sweep(t, b, func(ctx context.Context) error {
		return b.SignIn.Tx(ctx, func(ctx context.Context) error {
			if err := b.SignIn.SetLogin(ctx, u.ID, now); err != nil {
				return err
			}
			return b.SignIn.AddToken(ctx, "d", signin.Token{User: u.ID, Expires: now.Add(time.Hour)}, "", now)
		})
	})
	Sweep(t, b, func(ctx context.Context) error {
		return b.SignIn.Tx(ctx, func(ctx context.Context) error {
			_, err := b.SignIn.SetHash(ctx, u.ID, "h", now)
			return err
		})
	})
}
