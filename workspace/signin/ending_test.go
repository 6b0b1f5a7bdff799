package signin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// wantEnded wants who comes with a secret told why its session ended, and nothing
// where that is empty.
func (b *bench) wantEnded(t *testing.T, what, secret string, want signin.Ending) {
	t.Helper()
	u, session, err := b.Session(t.Context(), secret)
	if !errors.Is(err, signin.ErrRefused) || u != (workspace.User{}) || session != (signin.Session{}) {
		t.Errorf("%s: Session = %v, %+v, %v; want ErrRefused and nobody", what, u, session, err)
	}
	ended, is := errors.AsType[*signin.EndedError](err)
	if is != (want != "") || is && ended.Why != want {
		t.Errorf("%s: Session = %v, want it ended by %q", what, err, want)
	}
}

// Who holds a session that has ended is told why, on whichever server, and nobody
// else is.
func TestWhySessionsEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		there := serve(db, signin.Options{})
		u, boss := b.with(t, "ann", right), b.add(t, "boss", func(u *workspace.User) { u.Administrator = true })
		command := workspace.Command("x")
		identity := func() {
			who := signin.Claims{Issuer: "https://id.example.org", Subject: "1"}
			if err := b.LinkFor(t.Context(), command, u.ID, who); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			what string
			end  func(s signin.Session) error
			want signin.Ending
		}{
			{"his end", func(s signin.Session) error { return b.End(t.Context(), actor(u), s.ID) }, signin.SignedOut},
			{"his kick", func(signin.Session) error { return b.Kick(t.Context(), actor(u), u.ID) }, signin.SignedOut},
			{"another's end", func(s signin.Session) error { return b.End(t.Context(), actor(boss), s.ID) }, signin.Kicked},
			{"another's kick", func(signin.Session) error { return b.Kick(t.Context(), actor(boss), u.ID) }, signin.Kicked},
			{"a command's", func(s signin.Session) error { return b.End(t.Context(), command, s.ID) }, signin.Kicked},
			{"a password", func(signin.Session) error { return b.SetPassword(t.Context(), command, u.ID, right) }, signin.PasswordChanged},
			{"an identity", func(signin.Session) error {
				identity()
				list, err := b.Identities(t.Context(), actor(u), u.ID)
				if err != nil {
					return err
				}
				return b.Unlink(t.Context(), actor(u), list[0].ID)
			}, signin.IdentityUnlinked},
		} {
			s, err := b.StartFor(t.Context(), u.ID, "oidc", "Firefox", "")
			if err != nil {
				t.Fatal(err)
			}
			other := b.start(t, "ann", right)
			if err := c.end(s); err != nil {
				t.Errorf("%s: %v", c.what, err)
			}
			b.wantEnded(t, c.what, s.Secret, c.want)
			there.wantEnded(t, c.what+", elsewhere", s.Secret, c.want)
			for _, secret := range []string{string(s.ID), s.Secret[1:] + "A", "", strings.Repeat("A", 43)} {
				b.wantEnded(t, c.what+", with another secret", secret, "")
			}
			if _, err := b.Bearer(t.Context(), s.Secret); errors.Unwrap(err) != nil {
				t.Errorf("%s: as a token it is told more: %v", c.what, err)
			}
			// It cannot be ended again, nor otherwise.
			if err := b.End(t.Context(), actor(boss), s.ID); !errors.Is(err, workspace.ErrNotFound) {
				t.Errorf("%s: End again = %v, want ErrNotFound", c.what, err)
			}
			_ = b.Kick(t.Context(), actor(boss), u.ID)
			b.wantEnded(t, c.what+", and a kick", s.Secret, c.want)
			if c.want != signin.Kicked && c.what != "his kick" && c.what != "a password" {
				b.wantEnded(t, c.what+", the other", other.Secret, signin.Kicked)
			}
		}
	})
}

// A session that was not used, or lasted too long, has expired; that of somebody
// disabled has ended as long as he is.
func TestExpiredSessions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{SessionIdle: time.Hour, SessionLife: 3 * time.Hour})
		u := b.with(t, "ann", right)
		idle, used := b.start(t, "ann", right), b.start(t, "ann", right)
		b.save(t, u, func(u *workspace.User) { u.Disabled = true })
		b.wantEnded(t, "disabled", idle.Secret, signin.UserDisabled)
		b.save(t, u, func(u *workspace.User) { u.Disabled = false })
		for range 4 {
			b.pass(40 * time.Minute)
			b.wantSession(t, used, true)
		}
		b.wantEnded(t, "not used", idle.Secret, signin.Expired)
		b.pass(20 * time.Minute)
		b.wantEnded(t, "three hours later", used.Secret, signin.Expired)
		// Who signs in has what is over put away.
		b.start(t, "ann", right)
		b.wantEnded(t, "put away", used.Secret, signin.Expired)
		b.wantEnded(t, "put away as well", idle.Secret, signin.Expired)
	})
}

// What ended a session is forgotten a day after it would have ended by itself.
func TestEndingsAreForgotten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{SessionLife: 3 * time.Hour})
		u := b.with(t, "ann", right)
		s := b.start(t, "ann", right)
		if err := b.End(t.Context(), actor(u), s.ID); err != nil {
			t.Fatal(err)
		}
		guess := func() {
			t.Helper()
			if _, err := b.Password(t.Context(), "nobody", wrong, ""); !errors.Is(err, signin.ErrRefused) {
				t.Fatal(err)
			}
		}
		b.pass(27*time.Hour - time.Minute)
		guess() // has what is old tidied up
		b.wantEnded(t, "a day later", s.Secret, signin.SignedOut)
		b.pass(27 * time.Hour)
		guess()
		b.wantEnded(t, "much later", s.Secret, "")
	})
}
