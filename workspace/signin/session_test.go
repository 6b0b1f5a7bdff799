package signin_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

func (b *bench) wantSession(t *testing.T, s signin.Session, want bool) {
	t.Helper()
	u, got, err := b.Session(t.Context(), s.Secret)
	switch {
	case want && (err != nil || u.ID != s.User || got.ID != s.ID || got.Secret != ""):
		t.Errorf("Session = %v, %+v, %v; want %v", u.ID, got, err, s.User)
	case !want && (!errors.Is(err, signin.ErrRefused) || u != workspace.User{} || got != signin.Session{}):
		t.Errorf("Session = %v, %+v, %v; want ErrRefused and nobody", u.ID, got, err)
	}
}

func (b *bench) start(t *testing.T, name, password string) signin.Session {
	t.Helper()
	s, err := b.Start(t.Context(), name, password, "Firefox \x00on\n Linux", "192.0.2.9")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSessions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		u := b.with(t, "ann", right)
		for _, c := range [][2]string{{"ann", wrong}, {"nobody", right}, {"", right}} {
			if s, err := b.Start(t.Context(), c[0], c[1], "", ""); !errors.Is(err, signin.ErrRefused) || s != (signin.Session{}) {
				t.Errorf("Start(%q) = %+v, %v; want ErrRefused", c, s, err)
			}
		}
		first := b.start(t, "ANN", right)
		now := b.Now().Truncate(time.Microsecond)
		want := signin.Session{
			ID: first.ID, User: u.ID, Secret: first.Secret, Via: "password", Client: "Firefox on Linux", Address: "192.0.2.9",
			Created: now, Seen: now, Expires: now.Add(12 * time.Hour),
		}
		if first != want || len(first.Secret) != 43 {
			t.Errorf("Start = %+v, want %+v", first, want)
		}
		second := b.start(t, "ann", right)
		if second.Secret == first.Secret || second.ID == first.ID {
			t.Error("two sessions are one")
		}
		b.wantSession(t, first, true)
		b.wantSession(t, second, true)
		for _, secret := range []string{"", "x", first.Secret + "=", first.Secret[1:], string(first.ID), strings.Repeat("A", 43), strings.Repeat("A", 1<<20)} {
			b.wantSession(t, signin.Session{Secret: secret}, false)
		}
		// A session is no access token, nor the other way round.
		b.wantToken(t, signin.Token{Secret: first.Secret}, false)

		// Used now and then it lasts half a day, and not used an hour.
		for range 23 {
			b.pass(30 * time.Minute)
			b.wantSession(t, first, true)
		}
		b.wantSession(t, second, false)
		list, err := b.Sessions(t.Context(), actor(u), u.ID)
		if err != nil || len(list) != 1 || list[0].ID != first.ID || list[0].Secret != "" || !list[0].Seen.Equal(b.Now().Truncate(time.Microsecond)) {
			t.Errorf("Sessions = %+v, %v; want the first", list, err)
		}
		b.pass(30*time.Minute - time.Microsecond)
		b.wantSession(t, first, true)
		b.pass(2 * time.Microsecond)
		b.wantSession(t, first, false)

		if l, err := db.SignIn().Login(t.Context(), "ann"); err != nil || !l.User.LastLogin.Equal(now) {
			t.Errorf("LastLogin = %v, %v; want %v", l.User.LastLogin, err, now)
		}
		events, err := db.Trail().List(t.Context(), audit.Filter{Actions: []string{"user.sign_in"}})
		if err != nil || len(events) != 2 {
			t.Fatalf("List = %v, %v; want two events", events, err)
		}
		for _, e := range events {
			if e.Actor != "ann" || e.Address != "192.0.2.9" || e.Object.ID != string(u.ID) || !strings.Contains(string(e.Detail), `"client":"Firefox on Linux"`) {
				t.Errorf("the event is %+v %s", e, e.Detail)
			}
		}
	})
}

// What is used every second is written every minute.
func TestSeenIsSparse(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{})
	b.with(t, "ann", right)
	s := b.start(t, "ann", right)
	before, writes := dbtest.Fingerprint(t, b.db), 0
	for range 120 {
		b.pass(time.Second)
		b.wantSession(t, s, true)
		if after := dbtest.Fingerprint(t, b.db); after != before {
			before, writes = after, writes+1
		}
	}
	if writes != 2 {
		t.Errorf("%d writes in two minutes, want 2", writes)
	}
}

// Whatever ends a session ends it on every server with the next call.
func TestSessionsEndEverywhere(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			here, there := serve(dbtest.Open(t, address), signin.Options{}), serve(dbtest.Open(t, address), signin.Options{})
			u, bob := here.with(t, "ann", right), here.with(t, "bob", right)
			theirs := here.start(t, "bob", right)
			password := right
			for what, end := range map[string]func(s signin.Session) error{
				"the end":       func(s signin.Session) error { return there.End(t.Context(), actor(u), s.ID) },
				"a kick":        func(signin.Session) error { return there.Kick(t.Context(), actor(u), u.ID) },
				"a command":     func(signin.Session) error { return there.Kick(t.Context(), workspace.Command("x"), u.ID) },
				"another's end": func(s signin.Session) error { return there.End(t.Context(), workspace.Command("x"), s.ID) },
				"a password":    func(signin.Session) error { return there.SetPassword(t.Context(), workspace.Command("x"), u.ID, right) },
				"a change": func(signin.Session) error {
					old := password
					password += "!"
					defer func() { there.set(t, u, right); password = right }()
					return there.ChangePassword(t.Context(), actor(u), old, password)
				},
			} {
				s := here.start(t, "ann", right)
				here.wantSession(t, s, true)
				if err := end(s); err != nil {
					t.Errorf("%s: %v", what, err)
				}
				here.wantSession(t, s, false)
				there.wantSession(t, s, false)
			}
			s := here.start(t, "ann", right)
			there.save(t, u, func(u *workspace.User) { u.Disabled = true })
			here.wantSession(t, s, false)
			if _, err := here.StartFor(t.Context(), u.ID, "oidc", "", ""); !errors.Is(err, signin.ErrRefused) {
				t.Errorf("StartFor a disabled user = %v, want ErrRefused", err)
			}
			there.save(t, u, func(u *workspace.User) { u.Disabled = false })
			here.wantSession(t, s, true)
			here.wantSession(t, theirs, true)
			if list, err := there.Sessions(t.Context(), actor(bob), bob.ID); err != nil || len(list) != 1 {
				t.Errorf("Sessions = %v, %v; want one", list, err)
			}
		})
	}
}

// A kick ends tokens as well, and one that ends nothing is not told of.
func TestKick(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{})
	u := b.with(t, "ann", right)
	token, err := b.Issue(t.Context(), "ann", right, "", "")
	if err != nil {
		t.Fatal(err)
	}
	s := b.start(t, "ann", right)
	for range 2 {
		if err := b.Kick(t.Context(), workspace.Command("x"), u.ID); err != nil {
			t.Fatal(err)
		}
	}
	b.wantToken(t, token, false)
	b.wantSession(t, s, false)
	events, err := b.db.Trail().List(t.Context(), audit.Filter{Actions: []string{"user.kick"}})
	if err != nil || len(events) != 1 || !strings.Contains(string(events[0].Detail), `"ended":"2"`) {
		t.Errorf("List = %v, %v; want one event that ended two", events, err)
	}
}

func TestStartFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		u := b.add(t, "ann", nil) // without password
		s, err := b.StartFor(t.Context(), u.ID, "oidc", "Chrome", "192.0.2.1")
		if err != nil || s.Via != "oidc" {
			t.Fatalf("StartFor = %+v, %v", s, err)
		}
		b.wantSession(t, s, true)
		if _, err := b.StartFor(t.Context(), workspace.UserID(uid.New()), "oidc", "", ""); !errors.Is(err, signin.ErrRefused) {
			t.Errorf("StartFor nobody = %v, want ErrRefused", err)
		}
	})
}

// Strangers, guests, keys and who only says who he is get nothing.
func TestSessionsOfOthers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		u, stranger, manager := b.with(t, "ann", right), b.with(t, "eve", right), b.with(t, "manager", right)
		root := b.add(t, "root", func(u *workspace.User) { u.Administrator = true })
		b.set(t, root, right)
		err := db.Tx(t.Context(), func(ctx context.Context) error {
			_, err := db.Rules().AddRule(ctx, rbac.Rule{
				ID: rbac.RuleID(uid.New()), Node: rbac.Root, Effect: rbac.Allow, Principal: manager.Num,
				Scope: workspace.ManageUsers.Scope(), Permission: workspace.ManageUsers.Name(), Created: b.Now(),
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s, roots := b.start(t, "ann", right), b.start(t, "root", right)
		refused := func(err error) bool {
			return errors.Is(err, rbac.ErrDenied) || errors.Is(err, rbac.ErrNoPrincipal) || errors.Is(err, workspace.ErrNotFound)
		}
		before := dbtest.Fingerprint(t, db)
		for who, eve := range map[string]workspace.Actor{
			"stranger": actor(stranger), "guest": workspace.Guest(""), "zero": {}, "impostor": {Principal: stranger.Num, User: u.ID},
			"a key": {Principal: stranger.Num, Behalf: u.ID, Via: "key"},
		} {
			list, listed := b.Sessions(t.Context(), eve, u.ID)
			for what, err := range map[string]error{
				"Sessions": listed, "Kick": b.Kick(t.Context(), eve, u.ID), "ChangePassword": b.ChangePassword(t.Context(), workspace.Actor{Principal: eve.Principal, User: u.ID}, right, wrong+" new"),
			} {
				if !refused(err) || len(list) > 0 {
					t.Errorf("%s by %s = %v, want a refusal", what, who, err)
				}
			}
			// What there is he is not told.
			for _, id := range []signin.SessionID{s.ID, roots.ID, "none", ""} {
				if err := b.End(t.Context(), eve, id); !errors.Is(err, workspace.ErrNotFound) {
					t.Errorf("End(%q) by %s = %v, want ErrNotFound", id, who, err)
				}
			}
		}
		key := workspace.Actor{Principal: u.Num, Behalf: u.ID, BehalfName: "ann", Via: "key"}
		if err := b.ChangePassword(t.Context(), key, right, wrong+" new"); !errors.Is(err, rbac.ErrDenied) {
			t.Errorf("ChangePassword by a key = %v, want a DeniedError", err)
		}
		for what, err := range map[string]error{
			"Kick": b.Kick(t.Context(), actor(manager), root.ID), "End": b.End(t.Context(), actor(manager), roots.ID),
		} {
			if !errors.Is(err, rbac.ErrDenied) {
				t.Errorf("%s of an administrator by who manages users = %v, want a DeniedError", what, err)
			}
		}
		if dbtest.Fingerprint(t, db) != before {
			t.Error("something was kept of what was refused")
		}
		b.wantSession(t, s, true)
		if list, err := b.Sessions(t.Context(), actor(manager), u.ID); err != nil || len(list) != 1 {
			t.Errorf("Sessions by who manages users = %v, %v", list, err)
		}
		if err := b.End(t.Context(), actor(manager), s.ID); err != nil {
			t.Error(err)
		}
		b.wantSession(t, s, false)
		b.wantSession(t, roots, true)
	})
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		u := b.with(t, "ann", right)
		s := b.start(t, "ann", right)
		for _, c := range []struct{ old, password, field string }{
			{wrong, "another one, quite long", "old_password"}, {"", "another one, quite long", "old_password"}, {right, "short", "password"}, {right, "annannannannannann", "password"},
		} {
			err := b.ChangePassword(t.Context(), actor(u), c.old, c.password)
			if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Field != c.field {
				t.Errorf("ChangePassword(%q, %q) = %v, want an InvalidError of %s", c.old, c.password, err, c.field)
			}
		}
		b.wantSession(t, s, true)
		if err := b.ChangePassword(t.Context(), actor(u), right, "another one, quite long"); err != nil {
			t.Fatal(err)
		}
		b.wantSession(t, s, false)
		b.wantOut(t, "ann", right)
		b.wantIn(t, "ann", "another one, quite long", u.ID)
		// Ten guesses at the old one are all there are, here too.
		throttled := false
		for range 4 {
			throttled = errors.Is(b.ChangePassword(t.Context(), actor(u), wrong+strings.Repeat("!", len(wrong)), "yet another one, long"), signin.ErrThrottled)
		}
		if !throttled {
			t.Error("guesses at the old password are not counted")
		}
	})
}

// Of two who change a password at once, both of whom know it, one does.
func TestChangePasswordAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{Workers: 4})
		u := b.with(t, "ann", right)
		b.wantIn(t, "ann", right, u.ID)
		results := make(chan error, 4)
		var all sync.WaitGroup
		for i := range cap(results) {
			all.Go(func() {
				results <- b.ChangePassword(context.WithoutCancel(t.Context()), actor(u), right, "a new one, number "+strings.Repeat("i", i+1))
			})
		}
		all.Wait()
		close(results)
		done := 0
		for err := range results {
			if err == nil {
				done++
			} else if !errors.Is(err, workspace.ErrInvalid) {
				t.Error(err)
			}
		}
		if done != 1 {
			t.Errorf("%d changed it, want 1", done)
		}
	})
}
