package storagetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Users tests [workspace.Users].
func Users(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"filters choose":                     userFilters,
		"filters choose by where they are":   userPlaces,
		"adding gives a principal":           userAdd,
		"names and e-mails are taken":        userTaken,
		"saving stores a change":             userSave,
		"disabling and demoting are decided": userRevisions,
		"touching sets the last call alone":  userTouch,
		"locking administrators counts":      userAdministrators,
		"locking administrators is alone":    userLocked,
		"what is not there":                  userMissing,
		"nothing is kept of a half":          userSweep,
	})
}

func (s *sample) users(what string, f workspace.UserFilter, want ...string) {
	s.t.Helper()
	chooses(s.t, what, func(u workspace.User) string { return u.Username }, want,
		func(offset, limit int) ([]workspace.User, error) {
			f.Offset, f.Limit = offset, limit
			return s.Workspaces.Users(s.t.Context(), f)
		}, func(offset, limit int) (int, error) {
			f.Offset, f.Limit = offset, limit
			return s.Workspaces.CountUsers(s.t.Context(), f)
		})
}

func userFilters(s *sample) {
	s.users("none yet", workspace.UserFilter{})
	yes, no := true, false
	a, b, c := s.user("Zoë"), s.user("b_b"), s.user("carl")
	b.FirstName, b.LastName, b.Administrator = "Éva", "Größe", true
	c.Disabled = true
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, b) })
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, c) })
	g := s.group("g", "")
	s.must(func(ctx context.Context) error {
		_, err := s.Workspaces.Join(ctx, g.Num, c.Num)
		return err
	})
	s.users("all", workspace.UserFilter{}, "Zoë", "b_b", "carl")
	s.users("newest", workspace.UserFilter{Newest: true}, "carl", "b_b", "Zoë")
	s.users("by id", workspace.UserFilter{IDs: []workspace.UserID{c.ID, a.ID}}, "Zoë", "carl")
	s.users("by no id", workspace.UserFilter{IDs: []workspace.UserID{}})
	s.users("by number", workspace.UserFilter{Nums: []rbac.Principal{b.Num, g.Num}}, "b_b")
	s.users("by no number", workspace.UserFilter{Nums: []rbac.Principal{}})
	s.users("by username", workspace.UserFilter{Username: "ZOË"}, "Zoë")
	s.users("by username, exactly", workspace.UserFilter{Username: "b%"})
	s.users("by e-mail", workspace.UserFilter{Email: "Carl@Example.ORG"}, "carl")
	s.users("by part of the username", workspace.UserFilter{Search: "OË"}, "Zoë")
	s.users("by part of the e-mail", workspace.UserFilter{Search: "b@EX"}, "b_b")
	s.users("by part of the first name", workspace.UserFilter{Search: "éva"}, "b_b")
	s.users("by part of the last name", workspace.UserFilter{Search: "GRÖSS"}, "b_b")
	s.users("by both names", workspace.UserFilter{Search: "éva grö"}, "b_b")
	s.users("by text with a percent sign", workspace.UserFilter{Search: "%"})
	s.users("by text with an underscore", workspace.UserFilter{Search: "b_b"}, "b_b")
	s.users("by text with only an underscore", workspace.UserFilter{Search: "_"}, "b_b")
	s.users("by group", workspace.UserFilter{Group: g.Num}, "carl")
	s.users("administrators", workspace.UserFilter{Administrator: &yes}, "b_b")
	s.users("others", workspace.UserFilter{Administrator: &no}, "Zoë", "carl")
	s.users("disabled", workspace.UserFilter{Disabled: &yes}, "carl")
	s.users("enabled", workspace.UserFilter{Disabled: &no}, "Zoë", "b_b")
	s.users("by text that cannot be", workspace.UserFilter{Search: "\xff"})
	d := workspace.User{
		ID: workspace.UserID(uid.New()), Username: "robot", Email: "r", Technical: true, LastCall: at(7), Created: at(8),
	}
	s.must(func(ctx context.Context) error {
		_, err := s.Workspaces.AddUser(ctx, d)
		return err
	})
	s.users("service accounts", workspace.UserFilter{Technical: &yes}, "robot")
	s.users("persons", workspace.UserFilter{Technical: &no}, "Zoë", "b_b", "carl")
	s.users("by creation", workspace.UserFilter{Created: workspace.Period{From: at(8)}}, "robot")
	s.users("by earlier creation", workspace.UserFilter{Created: workspace.Period{Before: at(8)}}, "Zoë", "b_b", "carl")
	s.users("who did nothing", workspace.UserFilter{IdleSince: at(7)}, "Zoë", "b_b", "carl")
	s.users("who did nothing since", workspace.UserFilter{IdleSince: at(8)}, "Zoë", "b_b", "carl", "robot")
	s.users("by all", workspace.UserFilter{
		IDs: []workspace.UserID{c.ID}, Nums: []rbac.Principal{c.Num}, Username: "CARL", Email: "CARL@example.org",
		Search: "first last", Group: g.Num, Administrator: &no, Disabled: &yes, Newest: true,
		Technical: &no, Created: workspace.Period{From: at(1), Before: at(2)}, IdleSince: at(1),
	}, "carl")
}

func userPlaces(s *sample) {
	w, v := s.place(), s.place()
	o, other := s.organization("O"), s.organization("Other")
	direct, deep, chief, lost := s.user("direct"), s.user("deep"), s.user("chief"), s.user("lost")
	inner, outer := s.group("inner", ""), s.group("outer", "")
	s.join(inner.Num, deep.Num)
	s.join(outer.Num, inner.Num)
	s.join(inner.Num, outer.Num)
	s.put(workspace.Member{Workspace: w.ID, Principal: direct.Num})
	s.put(workspace.Member{Workspace: w.ID, Principal: outer.Num})
	s.put(workspace.Member{Workspace: v.ID, Principal: lost.Num})
	s.give(s.rule(o.Num, chief.Num, workspace.RoleOrganizationAdministrator, "organization"))
	s.give(s.rule(other.Num, lost.Num, workspace.RoleOrganizationAdministrator, "organization"))
	s.give(s.rule(o.Num, lost.Num, workspace.RoleOrganizationAdministrator, "manual"))
	only := func(nodes ...rbac.Node) *rbac.Condition { c := rbac.Only(nodes...); return &c }
	s.users("members", workspace.UserFilter{MemberOf: only(w.Num, o.Num)}, "direct", "deep")
	s.users("administrators", workspace.UserFilter{AdministratorOf: only(w.Num, o.Num)}, "chief")
	s.users("either", workspace.UserFilter{MemberOf: only(w.Num), AdministratorOf: only(o.Num)}, "direct", "deep", "chief")
	s.users("members of none, or administrators", workspace.UserFilter{MemberOf: only(), AdministratorOf: only(o.Num)}, "chief")
	s.users("neither", workspace.UserFilter{MemberOf: only(), AdministratorOf: only()})
	s.users("either, by name", workspace.UserFilter{MemberOf: only(w.Num), AdministratorOf: only(o.Num), Username: "LOST"})
	s.users("members of many", workspace.UserFilter{MemberOf: only(spread(v.Num)...)}, "lost")
}

// spread returns a node among many that do not touch.
func spread(n rbac.Node) []rbac.Node {
	nodes := []rbac.Node{n}
	for i := range rbac.Node(100) {
		nodes = append(nodes, n+10+2*i)
	}
	return nodes
}

func (s *sample) readUser(id workspace.UserID) workspace.User {
	s.t.Helper()
	list, err := s.Workspaces.Users(s.t.Context(), workspace.UserFilter{IDs: []workspace.UserID{id}})
	return one(s.t, list, err)
}

func userAdd(s *sample) {
	w := s.place()
	for _, given := range []workspace.User{
		{
			Username: "plain", Email: "p@x", FirstName: "F", LastName: "L", Language: "fr", Technical: true,
			LastCall: at(3), LastLogin: at(4), Created: at(1), Updated: at(2),
		},
		{Username: "chief", Email: "c@x", Administrator: true, Created: at(1), Updated: at(2)},
		{Username: "off", Email: "o@x", Disabled: true, Created: at(1), Updated: at(2)},
	} {
		given.ID, given.Num = workspace.UserID(uid.New()), 999
		var added workspace.User
		s.must(func(ctx context.Context) (err error) {
			added, err = s.Workspaces.AddUser(ctx, given)
			return err
		})
		if added.Num == 999 || added.Num <= rbac.Owner {
			s.t.Errorf("Num %d was not given by the store", added.Num)
		}
		given.Num = added.Num
		equal(s.t, "what was added", added, given)
		equal(s.t, "what is read", s.readUser(given.ID), given)
		facts, err := s.Rules.Facts(s.t.Context(), added.Num, w.Num)
		if err != nil {
			s.t.Fatal(err)
		}
		if who := facts.Subject; who.Kind != rbac.User || who.Disabled != given.Disabled || (len(who.Groups) == 1) != given.Administrator {
			s.t.Errorf("the principal of %s is %+v", given.Username, who)
		}
	}
}

func userTaken(s *sample) {
	s.user("Straße")
	other := s.user("other")
	add := func(name, email string) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.Workspaces.AddUser(ctx, workspace.User{ID: workspace.UserID(uid.New()), Username: name, Email: email})
			return err
		}
	}
	save := func(name, email string) func(ctx context.Context) error {
		u := other
		u.Username, u.Email = name, email
		return func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, u) }
	}
	s.taken("username", "STRASSE", add("STRASSE", "new@x"))
	s.taken("email", "STRASSE@example.org", add("new", "STRASSE@example.org"))
	s.taken("username", "strasse", save("strasse", "new@x"))
	s.taken("email", "strasse@Example.org", save("new", "strasse@Example.org"))
}

func userSave(s *sample) {
	u, other := s.user("before"), s.user("other")
	u.Username, u.Email, u.FirstName, u.LastName, u.Language = "after", "A@x", "G", "M", "de"
	u.Technical, u.Disabled, u.Administrator, u.Updated = true, true, true, at(9)
	saved := u
	saved.Num, saved.Created, saved.LastCall, saved.LastLogin = 4711, at(8), at(8), at(8) // none changes
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, saved) })
	equal(s.t, "what is read", s.readUser(u.ID), u)
	equal(s.t, "the other", s.readUser(other.ID), other)
	s.users("by the new names", workspace.UserFilter{Search: "g m"}, "after")
	u.Disabled, u.Administrator = false, false
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, u) })
	equal(s.t, "what is read again", s.readUser(u.ID), u)
}

func userRevisions(s *sample) {
	u := s.user("u")
	save := func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, u) }
	for _, change := range []func(){
		func() { u.Disabled = true }, func() { u.Disabled = false },
		func() { u.Administrator = true }, func() { u.Administrator = false },
	} {
		change()
		s.raises(save, rbac.Root)
	}
}

func userTouch(s *sample) {
	u := s.user("u")
	touched := workspace.User{ID: u.ID, LastCall: at(7), Username: "x", Email: "y", Disabled: true}
	before := s.revision(rbac.Root)
	s.must(func(ctx context.Context) error { return s.Workspaces.TouchUser(ctx, touched) })
	u.LastCall = at(7)
	equal(s.t, "what is read", s.readUser(u.ID), u)
	equal(s.t, "the revision", s.revision(rbac.Root), before)
}

func (s *sample) administrators() (n int) {
	s.t.Helper()
	s.must(func(ctx context.Context) (err error) {
		n, err = s.Workspaces.LockAdministrators(ctx)
		return err
	})
	return n
}

func userAdministrators(s *sample) {
	equal(s.t, "of nobody", s.administrators(), 0)
	a, b := s.user("a"), s.user("b")
	s.user("c")
	for _, step := range []struct {
		change func()
		want   int
	}{
		{func() { a.Administrator, b.Administrator = true, true }, 2},
		{func() { a.Disabled = true }, 1},
		{func() { a.Disabled, b.Administrator = false, false }, 1},
		{func() { a.Administrator = false }, 0},
	} {
		step.change()
		s.must(func(ctx context.Context) error {
			if err := s.Workspaces.SaveUser(ctx, a); err != nil {
				return err
			}
			return s.Workspaces.SaveUser(ctx, b)
		})
		equal(s.t, "enabled administrators", s.administrators(), step.want)
	}
}

// userLocked has two administrators demote each other at once, each only if
// another is left, by every way there is.
func userLocked(s *sample) {
	a, b := s.user("a"), s.user("b")
	demotions := map[string]func(ctx context.Context, u workspace.User) error{
		"demoting": func(ctx context.Context, u workspace.User) error {
			u.Administrator = false
			return s.Workspaces.SaveUser(ctx, u)
		},
		"disabling": func(ctx context.Context, u workspace.User) error {
			u.Disabled = true
			return s.Workspaces.SaveUser(ctx, u)
		},
		"parting": func(ctx context.Context, u workspace.User) error {
			_, err := s.Workspaces.Part(ctx, rbac.Administrators, u.Num)
			return err
		},
	}
	for name, demote := range demotions {
		a.Administrator, b.Administrator = true, true
		s.must(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, a) })
		s.must(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, b) })
		var both sync.WaitGroup
		for _, u := range []workspace.User{a, b} {
			both.Go(func() {
				err := s.Tx(s.t.Context(), func(ctx context.Context) error {
					n, err := s.Workspaces.LockAdministrators(ctx)
					if err != nil || n < 2 {
						return err
					}
					time.Sleep(5 * time.Millisecond) // time to be overtaken
					return demote(ctx, u)
				})
				if err != nil {
					s.t.Error(err)
				}
			})
		}
		both.Wait()
		equal(s.t, "administrators left after "+name, s.administrators(), 1)
	}
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, a) })
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, b) })
	// Who demotes without asking how many there are waits for who asked.
	asked, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		<-asked
		if err := s.Tx(s.t.Context(), func(ctx context.Context) error { return demotions["parting"](ctx, b) }); err != nil {
			s.t.Error(err)
		}
	}()
	first := true
	s.must(func(ctx context.Context) error {
		before, err := s.Workspaces.LockAdministrators(ctx)
		if err != nil {
			return err
		}
		if first {
			close(asked)
			first = false
		}
		select {
		case <-done:
			s.t.Error("an administrator was taken away past the lock")
		case <-time.After(50 * time.Millisecond):
		}
		after, err := s.Workspaces.LockAdministrators(ctx)
		equal(s.t, "administrators under the lock", after, before)
		return err
	})
	<-done
	equal(s.t, "administrators in the end", s.administrators(), 1)
}

func userMissing(s *sample) {
	nobody := workspace.User{ID: "nobody", Username: "x", Email: "y"}
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, nobody) })
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.TouchUser(ctx, nobody) })
}

func userSweep(s *sample) {
	u := workspace.User{
		ID: workspace.UserID(uid.New()), Username: "u", Email: "e", Administrator: true, Disabled: true,
	}
	s.sweep(func(ctx context.Context) error {
		_, err := s.Workspaces.AddUser(ctx, u)
		return err
	})
	u.Administrator, u.Disabled, u.Username = false, false, "v"
	s.sweep(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, u) })
	u.LastCall = at(1)
	s.sweep(func(ctx context.Context) error { return s.Workspaces.TouchUser(ctx, u) })
	s.sweep(func(ctx context.Context) error {
		_, err := s.Workspaces.LockAdministrators(ctx)
		return err
	})
}
