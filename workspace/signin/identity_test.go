package signin_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

const issuer = "https://id.example.org"

func claims(subject string) signin.Claims {
	return signin.Claims{Issuer: issuer, Subject: subject, Username: subject, Email: subject + "@example.org", EmailVerified: true}
}

// enrolling serves a database to whose people accounts are made.
func enrolling(db *storage.DB) *bench {
	rights := rbac.New(db.Rules(), workspace.Schema(), &rbac.Options{Budget: -1})
	people := workspace.New(db.Workspaces(), rights, quota.New(db.Quotas(), nil), db.Trail(), nil)
	return serve(db, signin.Options{Accounts: people})
}

func (b *bench) link(t *testing.T, u workspace.User, subject string) signin.Identity {
	t.Helper()
	if err := b.Link(t.Context(), actor(u), claims(subject)); err != nil {
		t.Fatal(err)
	}
	list, err := b.Identities(t.Context(), actor(u), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if i.Subject == subject {
			return i
		}
	}
	t.Fatalf("%s is not among %+v", subject, list)
	return signin.Identity{}
}

func (b *bench) wantIdentity(t *testing.T, subject string, want workspace.UserID, refusal error) {
	t.Helper()
	u, err := b.Identify(t.Context(), issuer, subject)
	if u.ID != want || !errors.Is(err, refusal) {
		t.Errorf("Identify(%q) = %v, %v; want %v, %v", subject, u.ID, err, want, refusal)
	}
	s, err := b.Enter(t.Context(), claims(subject), "Firefox", "192.0.2.1")
	if s.User != want || !errors.Is(err, refusal) {
		t.Errorf("Enter(%q) = %v, %v; want %v, %v", subject, s.User, err, want, refusal)
	}
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		ann, bob := b.with(t, "ann", right), b.with(t, "bob", right)
		// Neither a name nor an address says who somebody is.
		b.wantIdentity(t, "ann", "", signin.ErrNoIdentity)
		i := b.link(t, ann, "a1")
		b.link(t, ann, "a1") // again is no error, and no second one
		if list, err := b.Identities(t.Context(), actor(ann), ann.ID); err != nil || len(list) != 1 || list[0] != i || i.Name != "a1" || i.User != ann.ID {
			t.Errorf("Identities = %+v, %v", list, err)
		}
		b.wantIdentity(t, "a1", ann.ID, nil)
		for _, other := range []signin.Claims{{Issuer: issuer + "/", Subject: "a1"}, {Issuer: issuer, Subject: "A1"}, {Issuer: issuer}, {Subject: "a1"}, {Issuer: issuer, Subject: "a1\x00"}} {
			if u, err := b.Identify(t.Context(), other.Issuer, other.Subject); !errors.Is(err, signin.ErrNoIdentity) || u.ID != "" {
				t.Errorf("Identify(%+v) = %v, %v; want ErrNoIdentity", other, u.ID, err)
			}
		}
		err := b.Link(t.Context(), actor(bob), claims("a1"))
		if taken, ok := errors.AsType[*workspace.TakenError](err); !ok || taken.Field != "subject" {
			t.Errorf("linking what is somebody's = %v", err)
		}
		for field, c := range map[string]signin.Claims{
			"issuer": {Subject: "x"}, "subject": {Issuer: issuer, Subject: strings.Repeat("x", 256)},
		} {
			err := b.Link(t.Context(), actor(bob), c)
			if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Field != field {
				t.Errorf("linking %+v = %v, want an InvalidError of %s", c, err, field)
			}
		}
		// The trail tells which, and which session it was for.
		events, err := db.Trail().List(t.Context(), audit.Filter{Actions: []string{"user.link_identity"}})
		if err != nil || len(events) != 1 || !strings.Contains(string(events[0].Detail), `"subject":"a1"`) || events[0].Object.ID != string(ann.ID) {
			t.Errorf("events %+v, %v", events, err)
		}
		s, err := b.Enter(t.Context(), claims("a1"), "Firefox", "192.0.2.1")
		if err != nil || s.Via != "oidc" || s.Address != "192.0.2.1" || s.Client != "Firefox" {
			t.Errorf("Enter = %+v, %v", s, err)
		}
		b.wantSession(t, s, true)
		b.save(t, ann, func(u *workspace.User) { u.Disabled = true })
		b.wantIdentity(t, "a1", "", signin.ErrRefused)
	})
}

// Who takes his identity away is refused at once, with what he began by it.
func TestUnlink(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		ann := b.with(t, "ann", right)
		i := b.link(t, ann, "a1")
		elsewhere, err := b.Enter(t.Context(), claims("a1"), "", "")
		if err != nil {
			t.Fatal(err)
		}
		here := b.start(t, "ann", right)
		if err := b.Unlink(t.Context(), actor(ann), i.ID); err != nil {
			t.Fatal(err)
		}
		b.wantIdentity(t, "a1", "", signin.ErrNoIdentity)
		b.wantSession(t, elsewhere, false)
		b.wantSession(t, here, true)
		if err := b.Unlink(t.Context(), actor(ann), i.ID); !errors.Is(err, workspace.ErrNotFound) {
			t.Errorf("Unlink again = %v, want ErrNotFound", err)
		}
		events, err := db.Trail().List(t.Context(), audit.Filter{Actions: []string{"user.unlink_identity"}})
		if err != nil || len(events) != 1 {
			t.Errorf("events %+v, %v", events, err)
		}
	})
}

// The last way in of who has no password stays, also where two are taken away at
// once.
func TestLastIdentity(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		bare := b.add(t, "bare", nil)
		one := b.link(t, bare, "1")
		for _, who := range []workspace.Actor{actor(bare), workspace.Command("x")} {
			if err := b.Unlink(t.Context(), who, one.ID); !errors.Is(err, signin.ErrLastIdentity) {
				t.Errorf("Unlink of the last = %v, want ErrLastIdentity", err)
			}
		}
		ids := []signin.IdentityID{one.ID, b.link(t, bare, "2").ID, b.link(t, bare, "3").ID}
		var all sync.WaitGroup
		errs := make([]error, len(ids))
		for n, id := range ids {
			all.Go(func() { errs[n] = b.Unlink(context.WithoutCancel(t.Context()), actor(bare), id) })
		}
		all.Wait()
		refused := 0
		for _, err := range errs {
			if errors.Is(err, signin.ErrLastIdentity) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if list, err := b.Identities(t.Context(), actor(bare), bare.ID); err != nil || len(list) != 1 || refused != 1 {
			t.Errorf("%d refused, %+v left, %v", refused, list, err)
		}
		b.set(t, bare, right)
		list, _ := b.Identities(t.Context(), actor(bare), bare.ID)
		if err := b.Unlink(t.Context(), actor(bare), list[0].ID); err != nil {
			t.Errorf("with a password: %v", err)
		}
	})
}

// A session that begins while its identity is taken away does not outlive it.
func TestEnterWhileUnlinking(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			here, there := serve(dbtest.Open(t, address), signin.Options{}), serve(dbtest.Open(t, address), signin.Options{})
			ann := here.with(t, "ann", right)
			for n := range 20 {
				i := here.link(t, ann, fmt.Sprint(n))
				var all sync.WaitGroup
				sessions := make(chan signin.Session, 4)
				for range 4 {
					all.Go(func() {
						s, err := there.Enter(context.WithoutCancel(t.Context()), claims(i.Subject), "", "")
						switch {
						case err == nil:
							sessions <- s
						case !errors.Is(err, signin.ErrNoIdentity):
							t.Error(err)
						}
					})
				}
				all.Go(func() {
					if err := here.Unlink(context.WithoutCancel(t.Context()), actor(ann), i.ID); err != nil {
						t.Error(err)
					}
				})
				all.Wait()
				close(sessions)
				for s := range sessions {
					here.wantSession(t, s, false)
				}
			}
		})
	}
}

func TestWhoMayLink(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{})
	ann, eve, manager := b.with(t, "ann", right), b.with(t, "eve", right), b.with(t, "manager", right)
	admin := b.add(t, "admin", func(u *workspace.User) { u.Administrator = true })
	err := b.db.Tx(t.Context(), func(ctx context.Context) error {
		_, err := b.db.Rules().AddRule(ctx, rbac.Rule{
			ID: rbac.RuleID(uid.New()), Node: rbac.Root, Effect: rbac.Allow, Principal: manager.Num,
			Scope: workspace.ManageUsers.Scope(), Permission: workspace.ManageUsers.Name(), Created: b.Now(),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	i := b.link(t, ann, "a1")
	impostor := workspace.Actor{Principal: eve.Num, User: ann.ID}
	for name, c := range map[string]struct {
		who    workspace.Actor
		list   error
		forHim error
		unlink error
	}{
		"stranger": {actor(eve), rbac.ErrDenied, rbac.ErrDenied, workspace.ErrNotFound},
		"guest":    {workspace.Guest(""), rbac.ErrDenied, rbac.ErrDenied, workspace.ErrNotFound},
		"zero":     {workspace.Actor{}, rbac.ErrDenied, rbac.ErrDenied, workspace.ErrNotFound},
		"impostor": {impostor, rbac.ErrDenied, rbac.ErrDenied, workspace.ErrNotFound},
		"his key":  {workspace.Actor{Principal: eve.Num, Behalf: ann.ID, Via: "key"}, rbac.ErrDenied, rbac.ErrDenied, workspace.ErrNotFound},
		"manager":  {actor(manager), nil, rbac.ErrDenied, rbac.ErrDenied},
		"himself":  {actor(ann), nil, rbac.ErrDenied, nil},
		"admin":    {actor(admin), nil, nil, nil},
	} {
		if _, err := b.Identities(t.Context(), c.who, ann.ID); !errors.Is(err, c.list) || c.list == nil && err != nil {
			t.Errorf("%s: Identities = %v, want %v", name, err, c.list)
		}
		before := dbtest.Fingerprint(t, b.db)
		err := b.LinkFor(t.Context(), c.who, ann.ID, claims("for "+name))
		if !errors.Is(err, c.forHim) || c.forHim == nil && err != nil {
			t.Errorf("%s: LinkFor = %v, want %v", name, err, c.forHim)
		}
		if c.unlink != nil {
			if err := b.Unlink(t.Context(), c.who, i.ID); !errors.Is(err, c.unlink) {
				t.Errorf("%s: Unlink = %v, want %v", name, err, c.unlink)
			}
		}
		if c.forHim != nil && dbtest.Fingerprint(t, b.db) != before {
			t.Errorf("%s changed something", name)
		}
	}
	for name, who := range map[string]workspace.Actor{"guest": workspace.Guest(""), "impostor": impostor, "a key": {Principal: ann.Num, Behalf: ann.ID}} {
		if err := b.Link(t.Context(), who, claims("own "+name)); !errors.Is(err, rbac.ErrDenied) {
			t.Errorf("%s: Link = %v, want a denial", name, err)
		}
	}
	if err := b.LinkFor(t.Context(), workspace.Command("x"), "nobody", claims("x")); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("LinkFor nobody = %v, want ErrNotFound", err)
	}
	// The administrator can take it away again.
	if err := b.Unlink(t.Context(), actor(admin), i.ID); err != nil {
		t.Error(err)
	}
}

func TestEnroll(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := enrolling(db)
		ann := b.with(t, "ann", right)
		enroll := func(c signin.Claims) error { return b.Enroll(t.Context(), c, "192.0.2.1") }
		who := signin.Claims{
			Issuer: issuer, Subject: "1", Username: "ANN@corp.example:8080", Email: "other@example.org", EmailVerified: true,
			FirstName: "Ann\x00" + strings.Repeat("n", 200), LastName: " B ", Language: "de-AT",
		}
		if err := enroll(who); err != nil {
			t.Fatal(err)
		}
		u, err := b.Identify(t.Context(), issuer, "1")
		if err != nil || u.ID == ann.ID || u.Username != "ANN-2" || u.Email != "other@example.org" || u.Language != "de-AT" || u.LastName != "B" || u.Administrator {
			t.Errorf("enrolled %+v, %v", u, err)
		}
		if list, err := b.Identities(t.Context(), workspace.Command("x"), u.ID); err != nil || len(list) != 1 {
			t.Errorf("Identities = %+v, %v", list, err)
		}
		for name, c := range map[string]struct {
			who   signin.Claims
			field string
			taken bool
		}{
			"unverified": {signin.Claims{Issuer: issuer, Subject: "2", Username: "x", Email: "new@example.org"}, "email", false},
			"without":    {signin.Claims{Issuer: issuer, Subject: "2", Username: "x", EmailVerified: true}, "email", false},
			"no address": {signin.Claims{Issuer: issuer, Subject: "2", Username: "x", Email: "x", EmailVerified: true}, "email", false},
			"ann's":      {signin.Claims{Issuer: issuer, Subject: "2", Username: "x", Email: "ANN@example.org", EmailVerified: true}, "email", true},
			"no subject": {signin.Claims{Issuer: issuer, Username: "x", Email: "y@example.org", EmailVerified: true}, "subject", false},
		} {
			before := dbtest.Fingerprint(t, db)
			err := enroll(c.who)
			invalid, isInvalid := errors.AsType[*workspace.InvalidError](err)
			taken, isTaken := errors.AsType[*workspace.TakenError](err)
			if isTaken != c.taken || isInvalid == c.taken || isInvalid && invalid.Field != c.field || isTaken && taken.Field != c.field {
				t.Errorf("%s: %v", name, err)
			}
			if dbtest.Fingerprint(t, db) != before {
				t.Errorf("%s: something was kept", name)
			}
		}
		// Odd wishes give usable names.
		for wish, want := range map[string]string{"": "mail3", "\t:\t": "-", "@@": "user", "a\tb\x00c": "abc", "ann": "ann-3"} {
			subject := "wish " + want
			c := signin.Claims{Issuer: issuer, Subject: subject, Username: wish, Email: want + "@example.net", EmailVerified: true, Language: "not a language"}
			if err := enroll(c); err != nil {
				t.Errorf("%q: %v", wish, err)
			}
			if u, err := b.Identify(t.Context(), issuer, subject); err != nil || u.Username != want || u.Language != "en" {
				t.Errorf("%q became %q, %q, %v; want %q", wish, u.Username, u.Language, err, want)
			}
		}
		// Without somebody who makes accounts nobody gets one.
		if err := serve(db, signin.Options{}).Enroll(t.Context(), claims("new"), ""); !errors.Is(err, signin.ErrNoIdentity) {
			t.Errorf("Enroll without accounts = %v, want ErrNoIdentity", err)
		}
	})
}

// Who comes for the first time in many windows at once gets one account.
func TestEnrollAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := enrolling(db)
		var all sync.WaitGroup
		for n := range 12 {
			all.Go(func() {
				// Three people of one name, each four times.
				c := claims(fmt.Sprint(n % 3))
				c.Username = "same"
				err := b.Enroll(context.WithoutCancel(t.Context()), c, "")
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		names := map[string]bool{}
		for n := range 3 {
			u, err := b.Identify(t.Context(), issuer, fmt.Sprint(n))
			if err != nil {
				t.Error(err)
			}
			names[u.Username] = true
		}
		if len(names) != 3 {
			t.Errorf("the names are %v", names)
		}
	})
}

func TestSpendOnce(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{})
	end := b.Now().Add(time.Minute)
	if err := b.SpendOnce(t.Context(), "canary-of-a-state", end); err != nil {
		t.Fatal(err)
	}
	if err := b.SpendOnce(t.Context(), "canary-of-a-state", end); !errors.Is(err, signin.ErrRefused) {
		t.Errorf("twice = %v, want ErrRefused", err)
	}
	if err := b.SpendOnce(t.Context(), "another", end); err != nil {
		t.Error(err)
	}
	var dump strings.Builder
	dbtest.Dump(t, b.db, &dump)
	if strings.Contains(dump.String(), "canary") {
		t.Error("the secret itself is kept")
	}
}
