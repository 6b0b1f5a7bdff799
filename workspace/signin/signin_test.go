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
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

const (
	right = "correct horse: battery staple é"
	wrong = "correct horse: battery stapler"
)

// A bench is one server: a service over a database, and a clock to turn.
type bench struct {
	*signin.Service

	db *storage.DB

	mu  sync.Mutex
	now time.Time
}

func (b *bench) Now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func serve(db *storage.DB, opts signin.Options) *bench {
	b := &bench{db: db, now: time.Date(2026, 5, 6, 7, 8, 9, 1234, time.UTC)}
	opts.Now = b.Now
	// Nothing is read beside what is asked: no fault of a sweep may hit that.
	rights := rbac.New(db.Rules(), workspace.Schema(), &rbac.Options{Now: b.Now, Budget: -1})
	b.Service = signin.New(db.SignIn(), rights, db.Trail(), &opts)
	return b
}

func (b *bench) add(t *testing.T, name string, change func(*workspace.User)) workspace.User {
	t.Helper()
	u := workspace.User{ID: workspace.UserID(uid.New()), Username: name, Email: name + "@example.org", Created: b.Now(), Updated: b.Now()}
	if change != nil {
		change(&u)
	}
	err := b.db.Tx(t.Context(), func(ctx context.Context) error {
		var err error
		u, err = b.db.Workspaces().AddUser(ctx, u)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// with adds a user with a password.
func (b *bench) with(t *testing.T, name, password string) workspace.User {
	t.Helper()
	u := b.add(t, name, nil)
	b.set(t, u, password)
	return u
}

func (b *bench) set(t *testing.T, u workspace.User, password string) {
	t.Helper()
	if err := b.SetPassword(t.Context(), workspace.Command("test"), u.ID, password); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) save(t *testing.T, u workspace.User, change func(*workspace.User)) {
	t.Helper()
	change(&u)
	if err := b.db.Tx(t.Context(), func(ctx context.Context) error { return b.db.Workspaces().SaveUser(ctx, u) }); err != nil {
		t.Fatal(err)
	}
}

func actor(u workspace.User) workspace.Actor {
	return workspace.Actor{Principal: u.Num, User: u.ID, Name: u.Username, Via: "basic", Address: "192.0.2.1"}
}

func (b *bench) wantIn(t *testing.T, name, password string, want workspace.UserID) {
	t.Helper()
	if u, err := b.Password(t.Context(), name, password, ""); err != nil || u.ID != want {
		t.Errorf("Password(%q) = %v, %v; want %v", name, u.ID, err, want)
	}
}

func (b *bench) wantOut(t *testing.T, name, password string) {
	t.Helper()
	if u, err := b.Password(t.Context(), name, password, ""); !errors.Is(err, signin.ErrRefused) || u != (workspace.User{}) {
		t.Errorf("Password(%q) = %v, %v; want ErrRefused and nobody", name, u.ID, err)
	}
}

func (b *bench) wantToken(t *testing.T, token signin.Token, want bool) {
	t.Helper()
	u, err := b.Bearer(t.Context(), token.Secret)
	switch {
	case want && (err != nil || u.ID != token.User):
		t.Errorf("Bearer = %v, %v; want %v", u.ID, err, token.User)
	case !want && (!errors.Is(err, signin.ErrRefused) || u != workspace.User{}):
		t.Errorf("Bearer = %v, %v; want ErrRefused and nobody", u.ID, err)
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		u := b.with(t, "Ann", right)
		b.add(t, "bare", nil)
		b.wantIn(t, "Ann", right, u.ID)
		b.wantIn(t, "aNN", right, u.ID)
		// One letter, one code point or two.
		b.wantIn(t, "ann", strings.Replace(right, "é", "e\u0301", 1), u.ID)
		b.wantOut(t, "Ann", wrong)
		b.wantOut(t, "nobody", right)
		b.wantOut(t, "bare", right)
		b.wantOut(t, "bare", "")
		b.wantOut(t, "", right)
		b.wantOut(t, "Ann\x00", right)
		b.wantOut(t, "Ann", right+"\x00")
		b.wantOut(t, "\xff", right)
		b.wantOut(t, strings.Repeat("a", 1<<20), right)
		b.wantOut(t, "Ann", strings.Repeat("a", 1<<20))
	})
}

func TestSetPasswordOfOthers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		root := b.add(t, "root", func(u *workspace.User) { u.Administrator = true })
		manager, stranger, u := b.add(t, "manager", nil), b.add(t, "stranger", nil), b.with(t, "ann", right)
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
		before := dbtest.Fingerprint(t, db)
		for name, who := range map[string]workspace.Actor{
			"stranger": actor(stranger), "guest": workspace.Guest(""), "zero": {},
			"half":     {Principal: stranger.Num},
			"manager":  actor(manager), // whoever he could set it of he could become
			"impostor": {Principal: manager.Num, User: u.ID + "x"},
			"himself":  actor(u), // by ChangePassword
		} {
			for _, whose := range []workspace.UserID{root.ID, u.ID, ""} {
				if err := b.SetPassword(t.Context(), who, whose, wrong); !errors.Is(err, rbac.ErrDenied) && !errors.Is(err, rbac.ErrNoPrincipal) {
					t.Errorf("%s sets the password of %q: %v, want a refusal", name, whose, err)
				}
			}
		}
		if dbtest.Fingerprint(t, db) != before {
			t.Error("something was kept of what was refused")
		}
		b.wantIn(t, "ann", right, u.ID)
		if err := b.SetPassword(t.Context(), actor(manager), manager.ID, wrong); err != nil {
			t.Error(err)
		}
		b.wantIn(t, "manager", wrong, manager.ID)
		if err := b.SetPassword(t.Context(), actor(root), u.ID, right); err != nil {
			t.Error(err)
		}
		b.wantIn(t, "ann", right, u.ID)
		if err := b.SetPassword(t.Context(), actor(root), workspace.UserID(uid.New()), right); !errors.Is(err, workspace.ErrNotFound) {
			t.Errorf("SetPassword of nobody = %v, want ErrNotFound", err)
		}
	})
}

// Whatever is not right, one password is computed, and none where nobody could
// be meant.
func TestRefusalsCostTheSame(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{})
	b.with(t, "ann", right)
	b.add(t, "bare", nil)
	gone := b.with(t, "gone", right)
	b.wantIn(t, "gone", right, gone.ID) // is remembered, and must not count
	b.save(t, gone, func(u *workspace.User) { u.Disabled = true })
	g := signin.Watch(b.Service, nil)
	for _, c := range [][2]string{{"ann", wrong}, {"nobody", right}, {"gone", right}, {"gone", wrong}, {"bare", right}} {
		before := g.Computed.Load()
		b.wantOut(t, c[0], c[1])
		if n := g.Computed.Load() - before; n != 1 {
			t.Errorf("%s cost %d computations, want 1", c[0], n)
		}
	}
}

func TestRemembers(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{})
	u := b.with(t, "ann", right)
	g := signin.Watch(b.Service, nil)
	for range 5 {
		b.wantIn(t, "ann", right, u.ID)
	}
	if n := g.Computed.Load(); n != 1 {
		t.Errorf("five sign-ins within a minute cost %d computations, want 1", n)
	}
	b.wantOut(t, "ann", wrong)
	b.wantOut(t, "ann", wrong)
	if n := g.Computed.Load(); n != 3 {
		t.Errorf("a wrong password was remembered: %d computations, want 3", n)
	}
	b.pass(time.Minute)
	b.wantIn(t, "ann", right, u.ID)
	if n := g.Computed.Load(); n != 4 {
		t.Errorf("%d computations, want one more after a minute", n)
	}

	never := serve(b.db, signin.Options{Remember: -1})
	g = signin.Watch(never.Service, nil)
	never.wantIn(t, "ann", right, u.ID)
	never.wantIn(t, "ann", right, u.ID)
	if n := g.Computed.Load(); n != 2 {
		t.Errorf("%d computations with a negative Remember, want 2", n)
	}
}

// A second server over the same database changes something, and the first,
// which remembers, refuses with the next call.
func TestChangesElsewhereCountAtOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			here := serve(dbtest.Open(t, address), signin.Options{Remember: time.Hour})
			there := serve(dbtest.Open(t, address), signin.Options{Remember: time.Hour})
			u := here.with(t, "ann", right)
			here.wantIn(t, "ann", right, u.ID)
			there.wantIn(t, "ann", right, u.ID)
			token, err := here.Issue(t.Context(), "ann", right, "qgis", "")
			if err != nil {
				t.Fatal(err)
			}
			here.wantToken(t, token, true)
			there.wantToken(t, token, true)

			there.save(t, u, func(u *workspace.User) { u.Disabled = true })
			here.wantOut(t, "ann", right)
			here.wantToken(t, token, false)
			there.save(t, u, func(u *workspace.User) { u.Disabled = false })
			here.wantIn(t, "ann", right, u.ID)
			here.wantToken(t, token, true)

			there.save(t, u, func(u *workspace.User) { u.Username = "anna" })
			here.wantOut(t, "ann", right)
			here.wantIn(t, "anna", right, u.ID)

			there.set(t, u, wrong)
			here.wantOut(t, "anna", right)
			here.wantIn(t, "anna", wrong, u.ID)
			here.wantToken(t, token, false)
			// Back to the former password, with another hash.
			there.set(t, u, right)
			here.wantOut(t, "anna", wrong)
			here.wantIn(t, "anna", right, u.ID)
			here.wantToken(t, token, false)
		})
	}
}

// What changes while a password is computed counts as well.
func TestChangesWhileComputing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b, other := serve(db, signin.Options{Remember: -1}), serve(db, signin.Options{})
		u := b.with(t, "ann", right)
		var once sync.Once
		signin.Watch(b.Service, func() { once.Do(func() { other.set(t, u, wrong) }) })
		b.wantOut(t, "ann", right)
		once = sync.Once{}
		signin.Watch(b.Service, func() {
			once.Do(func() { other.save(t, u, func(u *workspace.User) { u.Disabled = true }) })
		})
		b.wantOut(t, "ann", wrong)
	})
}

func TestFlood(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{Workers: 2, Waiting: 8})
	u := b.with(t, "ann", right)
	b.wantIn(t, "ann", right, u.ID)
	g := signin.Watch(b.Service, func() { time.Sleep(5 * time.Millisecond) })
	var wait sync.WaitGroup
	results := make(chan error, 200)
	for i := range cap(results) {
		wait.Go(func() {
			_, err := b.Password(context.WithoutCancel(t.Context()), fmt.Sprintf("ann%d", i), wrong, "")
			results <- err
		})
	}
	// Who is known gets in through the flood.
	for range 20 {
		b.wantIn(t, "ann", right, u.ID)
	}
	wait.Wait()
	close(results)
	busy, refused := 0, 0
	for err := range results {
		switch {
		case errors.Is(err, signin.ErrBusy):
			busy++
		case errors.Is(err, signin.ErrRefused):
			refused++
		default:
			t.Errorf("Password = %v", err)
		}
	}
	if busy == 0 || refused < 10 {
		t.Errorf("%d busy and %d refused of 200, want some busy and at least 10 computed", busy, refused)
	}
	if peak := g.Peak.Load(); peak > 2 {
		t.Errorf("%d passwords were computed at once, want at most 2", peak)
	}
	b.wantOut(t, "ann", wrong) // and then there is room again
}

// After a wrong password a worker rests for as long as it took, and after a right
// one not at all.
func TestWorkersRest(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{Workers: 1, Remember: -1})
	u := b.with(t, "ann", right)
	const work = 300 * time.Millisecond
	var began []time.Time
	signin.Watch(b.Service, func() {
		began = append(began, time.Now())
		time.Sleep(work)
	})
	b.wantIn(t, "ann", right, u.ID)
	b.wantOut(t, "ann", wrong)
	answered := time.Now()
	b.wantIn(t, "ann", right, u.ID)
	if rest := began[2].Sub(answered); rest < work/2 {
		t.Errorf("the worker went on after %v, want a rest of %v", rest, work)
	}
	if rest := began[2].Sub(began[1]); rest < 2*work {
		t.Errorf("from one to the next it took %v, want twice %v", rest, work)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	b := serve(dbtest.New(t), signin.Options{Workers: 1, Waiting: 4, Remember: -1})
	b.with(t, "ann", right)
	started, proceed := make(chan struct{}), make(chan struct{})
	g := signin.Watch(b.Service, func() { close(started); <-proceed })
	first := make(chan error, 1)
	go func() {
		_, err := b.Password(context.WithoutCancel(t.Context()), "ann", wrong, "")
		first <- err
	}()
	<-started
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := b.Password(ctx, "ann", right, ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting = %v, want DeadlineExceeded", err)
	}
	close(proceed)
	if err := <-first; !errors.Is(err, signin.ErrRefused) {
		t.Errorf("the first = %v, want ErrRefused", err)
	}
	if n := g.Computed.Load(); n != 1 {
		t.Errorf("%d computed, want only the first", n)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{TokenLife: time.Hour})
		u := b.with(t, "ann", right)
		if _, err := b.Issue(t.Context(), "ann", wrong, "", ""); !errors.Is(err, signin.ErrRefused) {
			t.Errorf("Issue = %v, want ErrRefused", err)
		}
		first, err := b.Issue(t.Context(), "ANN", right, "qgis \x00\u202e\nplugin"+strings.Repeat("x", 200), "192.0.2.7")
		if err != nil {
			t.Fatal(err)
		}
		if want := b.Now().Truncate(time.Microsecond).Add(time.Hour); first.User != u.ID || !first.Expires.Equal(want) || len(first.Secret) != 43 {
			t.Errorf("Issue = %d characters for %s until %v, want 43 for %s until %v", len(first.Secret), first.User, first.Expires, u.ID, want)
		}
		b.wantToken(t, first, true)
		for _, secret := range []string{"", "x", first.Secret + "=", first.Secret[1:], strings.Repeat("A", 43), strings.Repeat("A", 1<<20)} {
			b.wantToken(t, signin.Token{Secret: secret}, false)
		}
		if l, err := db.SignIn().Login(t.Context(), "ann"); err != nil || !l.User.LastLogin.Equal(b.Now().Truncate(time.Microsecond)) {
			t.Errorf("LastLogin = %v, %v; want now", l.User.LastLogin, err)
		}
		events, err := db.Trail().List(t.Context(), audit.Filter{Actions: []string{"user.sign_in"}})
		if err != nil || len(events) != 1 {
			t.Fatalf("List = %v, %v; want one event", events, err)
		}
		if e := events[0]; e.Actor != "ann" || e.Address != "192.0.2.7" || e.Object.ID != string(u.ID) || !strings.Contains(string(e.Detail), `"qgis plugin`) {
			t.Errorf("the event is %+v %s", e, e.Detail)
		}
		b.pass(first.Expires.Sub(b.Now()) - 1)
		b.wantToken(t, first, true)
		b.pass(1)
		b.wantToken(t, first, false)

		second, err := b.Issue(t.Context(), "ann", right, "", "")
		if err != nil {
			t.Fatal(err)
		}
		b.wantToken(t, second, true)
		b.set(t, u, wrong)
		b.wantToken(t, second, false)

		if _, err := b.IssueTechnical(t.Context(), "ann", wrong, ""); !errors.Is(err, signin.ErrRefused) {
			t.Errorf("IssueTechnical for a person = %v, want ErrRefused", err)
		}
		robot := b.add(t, "robot", func(u *workspace.User) { u.Technical = true })
		b.set(t, robot, right)
		third, err := b.IssueTechnical(t.Context(), "robot", right, "")
		if err != nil {
			t.Fatal(err)
		}
		b.wantToken(t, third, true)
	})
}

// Nothing that was said in confidence is anywhere in the database.
func TestSecretsAreNotKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		b := serve(db, signin.Options{})
		b.with(t, "ann", "canary-password-123")
		token, err := b.Issue(t.Context(), "ann", "canary-password-123", "qgis", "")
		if err != nil {
			t.Fatal(err)
		}
		var dump strings.Builder
		dbtest.Dump(t, db, &dump)
		if !strings.Contains(dump.String(), "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Error("the dump has no hash: is it one?")
		}
		for _, secret := range []string{"canary", token.Secret} {
			if strings.Contains(dump.String(), secret) {
				t.Errorf("%q is in the database", secret)
			}
		}
	})
}
