package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// signed gives a user sessions and tokens.
func (s *sample) signed(u workspace.User, sessions, tokens int) {
	s.t.Helper()
	s.must(func(ctx context.Context) error {
		for range sessions {
			if err := s.SignIn.AddSession(ctx, uid.New(), signInSession(u, signInStart(), time.Hour), signInStart()); err != nil {
				return err
			}
		}
		for range tokens {
			token := signin.Token{User: u.ID, Expires: signInStart().Add(time.Hour)}
			if err := s.SignIn.AddToken(ctx, uid.New(), token, "c", signInStart()); err != nil {
				return err
			}
		}
		return nil
	})
}

// open wants a user to have sessions and tokens.
func (s *sample) open(u workspace.User, want int) {
	s.t.Helper()
	got, err := s.Workspaces.CountOf(s.t.Context(), u.ID)
	if err != nil || got["sessions"] != want {
		s.t.Errorf("%s has %d sessions and tokens, %v; want %d", u.Username, got["sessions"], err, want)
	}
}

func loginEndMembers(s *sample) {
	in, beside, empty := s.place(), s.place(), s.place()
	direct, through, both, spared, idle, out := s.user("direct"), s.user("through"), s.user("both"), s.user("spared"), s.user("idle"), s.user("out")
	admin := signInUser(s.t, s.Backend, "admin", func(u *workspace.User) { u.Administrator = true })
	near, above := s.group("near", ""), s.group("above", in.ID)
	s.join(near.Num, through.Num)
	s.join(above.Num, near.Num)
	for in, who := range map[workspace.ID][]rbac.Principal{
		in.ID:     {direct.Num, above.Num, both.Num, spared.Num, idle.Num, admin.Num},
		beside.ID: {both.Num, near.Num, out.Num},
		empty.ID:  {idle.Num},
	} {
		for _, p := range who {
			s.put(workspace.Member{Workspace: in, Principal: p})
		}
	}
	s.give(s.rule(in.Num, direct.Num, "", "suspension"))
	s.must(func(ctx context.Context) error {
		begins, theirs := signInSession(through, signInStart(), time.Hour), signInSession(spared, signInStart(), time.Hour)
		return errors.Join(
			s.SignIn.AddSession(ctx, "through", begins, signInStart()), s.SignIn.AddSession(ctx, "spared", theirs, signInStart()),
		)
	})
	for _, u := range []workspace.User{direct, through, both, spared, out, admin} {
		s.signed(u, 2, 1)
	}
	end := func(what string, in []workspace.ID, spared signin.Spared, people int, want map[workspace.ID]int) {
		s.t.Helper()
		s.must(func(ctx context.Context) error {
			each, n, err := s.SignIn.EndMembers(ctx, in, spared, signin.Kicked)
			if err != nil {
				return err
			}
			if n != people {
				s.t.Errorf("%s: of %d people, want %d", what, n, people)
			}
			equal(s.t, what, each, want)
			return nil
		})
	}
	none := map[workspace.ID]int{}
	before := s.Fingerprint(s.t)
	end("nowhere", nil, signin.Spared{}, 0, none)
	end("no workspace", []workspace.ID{}, signin.Spared{}, 0, none)
	end("an unknown one", []workspace.ID{"none", ""}, signin.Spared{}, 0, none)
	end("where nobody is signed in", []workspace.ID{empty.ID}, signin.Spared{}, 0, none)
	if s.Fingerprint(s.t) != before {
		s.t.Error("something ended of nobody")
	}
	end("two workspaces", []workspace.ID{in.ID, beside.ID, empty.ID}, signin.Spared{User: spared.ID, Administrators: true}, 4,
		map[workspace.ID]int{in.ID: 3, beside.ID: 3})
	for u, want := range map[workspace.User]int{direct: 0, through: 0, both: 0, out: 0, spared: 4, admin: 3} {
		s.open(u, want)
	}
	signInEnded(s.t, s.Backend, map[string]signin.Ending{"through": signin.Kicked, "spared": ""})
	s.signed(out, 1, 0)
	s.signed(direct, 0, 1)
	end("and of all in one", []workspace.ID{in.ID}, signin.Spared{}, 3, map[workspace.ID]int{in.ID: 3})
	for u, want := range map[workspace.User]int{direct: 0, out: 1, spared: 0, admin: 0} {
		s.open(u, want)
	}
}

// loginEndWaits has a member sign in while all members end: his session is there
// to be ended, or begins after.
func loginEndWaits(s *sample) {
	u, in := s.user("u"), s.place()
	s.put(workspace.Member{Workspace: in.ID, Principal: u.Num})
	ended := make(chan error, 1)
	var once sync.Once // a unit of work may be repeated
	end := func() {
		ended <- s.Tx(context.WithoutCancel(s.t.Context()), func(ctx context.Context) error {
			_, n, err := s.SignIn.EndMembers(ctx, []workspace.ID{in.ID}, signin.Spared{}, signin.Kicked)
			if err == nil && n != 1 {
				err = fmt.Errorf("of %d people, want 1", n)
			}
			return err
		})
	}
	s.must(func(ctx context.Context) error {
		if err := s.SignIn.SetLogin(ctx, u.ID, at(0)); err != nil {
			return err
		}
		once.Do(func() { go end() })
		time.Sleep(200 * time.Millisecond) // for the other to come as far as it can
		return s.SignIn.AddSession(ctx, "d", signInSession(u, signInStart(), time.Hour), signInStart())
	})
	if err := <-ended; err != nil {
		s.t.Error(err)
	}
	s.open(u, 0)
	signInEnded(s.t, s.Backend, map[string]signin.Ending{"d": signin.Kicked})
}
