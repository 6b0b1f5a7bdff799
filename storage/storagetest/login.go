package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// Logins tests what [signin.Visits] counts, and whom [signin.Sessions] ends
// together.
func Logins(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"where a login counts":       loginPlaces,
		"into one workspace":         loginVisit,
		"each day":                   loginDays,
		"what is chosen":             loginChoice,
		"different people":           loginPeople,
		"at the same time":           loginAtOnce,
		"beside a departure":         loginBesideDeparture,
		"departures wait":            loginDepartureWaits,
		"of who was deleted":         loginOfNobody,
		"into what was deleted":      loginIntoNothing,
		"workspaces":                 loginWorkspaces,
		"members end":                loginEndMembers,
		"who ends waits for who is":  loginEndWaits,
		"outside a unit":             loginOutsideUnit,
		"nothing is kept of a half":  loginSweep,
		"with many bounds of places": loginManyNodes,
	})
}

// counted wants the logins that a filter chooses to be as they are written:
// workspace, client and count.
func (s *sample) counted(what string, f signin.LoginFilter, want ...signin.LoginCount) {
	s.t.Helper()
	got, err := s.SignIn.LoginCounts(s.t.Context(), f)
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
	equal(s.t, what, got, append([]signin.LoginCount{}, want...))
}

// people wants the different users that a filter chooses, of workspaces.
func (s *sample) people(what string, f signin.LoginFilter, want ...signin.UserCount) {
	s.t.Helper()
	got, err := s.SignIn.UserCounts(s.t.Context(), f)
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
	equal(s.t, what, got, append([]signin.UserCount{}, want...))
}

func (s *sample) login(u workspace.User, client string, at time.Time) {
	s.t.Helper()
	s.must(func(ctx context.Context) error { return s.SignIn.CountLogin(ctx, u.ID, client, at) })
}

func (s *sample) visit(u workspace.User, in workspace.Workspace, client string, at time.Time) {
	s.t.Helper()
	s.must(func(ctx context.Context) error { return s.SignIn.CountVisit(ctx, u.ID, in.ID, client, at) })
}

func loginPlaces(s *sample) {
	u, other := s.user("u"), s.user("other")
	direct, through, far, twice, no := s.place(), s.place(), s.place(), s.place(), s.place()
	closed, banned, away := s.place(), s.place(), s.place()
	near, above, outcast := s.group("near", ""), s.group("above", ""), s.group("outcast", "")
	s.join(near.Num, u.Num)
	s.join(above.Num, near.Num)
	s.join(outcast.Num, u.Num)
	for in, who := range map[workspace.ID][]rbac.Principal{
		direct.ID: {u.Num}, through.ID: {near.Num}, far.ID: {above.Num}, twice.ID: {u.Num, near.Num, above.Num},
		no.ID: {other.Num}, closed.ID: {u.Num}, banned.ID: {u.Num, near.Num}, away.ID: {u.Num, outcast.Num},
	} {
		for _, p := range who {
			s.put(workspace.Member{Workspace: in, Principal: p})
		}
	}
	closed.Active = false
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, closed) })
	s.give(s.rule(banned.Num, u.Num, "", "suspension"))
	s.give(s.rule(away.Num, outcast.Num, "", "suspension"))
	s.give(s.rule(direct.Num, other.Num, "", "suspension")) // is another's
	s.login(u, "Revit", at(0))
	s.counted("a login", signin.LoginFilter{},
		signin.LoginCount{Workspace: direct.ID, Client: "Revit", Count: 1}, signin.LoginCount{Workspace: through.ID, Client: "Revit", Count: 1},
		signin.LoginCount{Workspace: far.ID, Client: "Revit", Count: 1}, signin.LoginCount{Workspace: twice.ID, Client: "Revit", Count: 1})
	before := s.Fingerprint(s.t)
	s.login(workspace.User{ID: "nobody"}, "Revit", at(0))
	if s.Fingerprint(s.t) != before {
		s.t.Error("a login of nobody was counted")
	}
	// Who came later was not a member then, and who has left was.
	s.put(workspace.Member{Workspace: no.ID, Principal: u.Num})
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteMember(ctx, direct.ID, u.Num) })
	s.login(u, "Revit", at(1))
	s.counted("in what he has left and come to", signin.LoginFilter{Workspaces: []workspace.ID{direct.ID, no.ID}},
		signin.LoginCount{Workspace: direct.ID, Client: "Revit", Count: 1}, signin.LoginCount{Workspace: no.ID, Client: "Revit", Count: 1})
}

func loginVisit(s *sample) {
	u, in, other := s.user("u"), s.place(), s.place()
	s.put(workspace.Member{Workspace: other.ID, Principal: u.Num})
	for range 2 {
		s.visit(u, in, "ArchiCAD", at(0))
	}
	s.counted("visits", signin.LoginFilter{}, signin.LoginCount{Workspace: in.ID, Client: "ArchiCAD", Count: 2})
	for _, c := range []struct {
		user workspace.UserID
		in   workspace.ID
	}{{"nobody", in.ID}, {u.ID, "nowhere"}, {"", ""}} {
		s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.SignIn.CountVisit(ctx, c.user, c.in, "x", at(0)) })
	}
}

func loginDays(s *sample) {
	u, in := s.user("u"), s.place()
	day := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	east := time.FixedZone("east", 14*3600)
	for _, at := range []time.Time{
		day.Add(-time.Microsecond), day, day.Add(12 * time.Hour), day.Add(12 * time.Hour).In(east), day.Add(24*time.Hour - time.Microsecond), day.Add(24 * time.Hour),
		time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		s.visit(u, in, "x", at)
	}
	count := func(n int64) []signin.LoginCount {
		if n == 0 {
			return nil
		}
		return []signin.LoginCount{{Workspace: in.ID, Client: "x", Count: n}}
	}
	old := time.Date(1970, 1, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		from, to time.Time
		want     int64
	}{
		{time.Time{}, time.Time{}, 8},
		{day, day, 4},
		{day.Add(23 * time.Hour), day, 4}, // the time of day is nothing
		{day.Add(12 * time.Hour).In(east), day.Add(13 * time.Hour).In(east), 4}, // there it is tomorrow
		{day.Add(-24 * time.Hour), day, 5},
		{day, day.Add(24 * time.Hour), 5},
		{day.Add(24 * time.Hour), time.Time{}, 1},
		{time.Time{}, day.Add(-24 * time.Hour), 3},
		{day.Add(48 * time.Hour), time.Time{}, 0},
		{old, old, 1},
		{old.Add(-24 * time.Hour), old.Add(-24 * time.Hour), 1},
		{day, day.Add(-24 * time.Hour), 0},
	} {
		f := signin.LoginFilter{From: c.from, To: c.to}
		s.counted(fmt.Sprintf("from %v to %v", c.from, c.to), f, count(c.want)...)
	}
}

func loginChoice(s *sample) {
	u, a, b, c := s.user("u"), s.place(), s.place(), s.place()
	for _, client := range []string{"curl", "Zed", "Ærø", "curl", "a"} {
		s.visit(u, b, client, at(0))
	}
	s.visit(u, a, "curl", at(0))
	row := func(in workspace.Workspace, client string, n int64) signin.LoginCount {
		return signin.LoginCount{Workspace: in.ID, Client: client, Count: n}
	}
	all := []signin.LoginCount{row(a, "curl", 1), row(b, "Zed", 1), row(b, "a", 1), row(b, "curl", 2), row(b, "Ærø", 1)}
	nodes := func(n ...rbac.Node) *rbac.Condition { c := rbac.Only(n...); return &c }
	s.counted("all", signin.LoginFilter{}, all...)
	s.counted("one client", signin.LoginFilter{Clients: []string{"curl"}}, all[0], all[3])
	s.counted("two clients", signin.LoginFilter{Clients: []string{"a", "Ærø", "CURL"}}, all[2], all[4])
	s.counted("no client", signin.LoginFilter{Clients: []string{}})
	s.counted("one workspace", signin.LoginFilter{Workspaces: []workspace.ID{a.ID, c.ID, "none"}}, all[0])
	s.counted("no workspace", signin.LoginFilter{Workspaces: []workspace.ID{}})
	s.counted("one node", signin.LoginFilter{Nodes: nodes(a.Num, c.Num)}, all[0])
	s.counted("no node", signin.LoginFilter{Nodes: &rbac.Condition{}})
	s.counted("a workspace beside the node", signin.LoginFilter{Nodes: nodes(a.Num), Workspaces: []workspace.ID{b.ID}})
	some := func(in workspace.Workspace, n int64) signin.UserCount {
		return signin.UserCount{Workspace: in.ID, Users: n}
	}
	s.people("all", signin.LoginFilter{}, some(a, 1), some(b, 1), some(c, 0))
	s.people("one client", signin.LoginFilter{Clients: []string{"Zed"}}, some(a, 0), some(b, 1), some(c, 0))
	s.people("no client", signin.LoginFilter{Clients: []string{}}, some(a, 0), some(b, 0), some(c, 0))
	s.people("one workspace", signin.LoginFilter{Workspaces: []workspace.ID{c.ID, b.ID}}, some(b, 1), some(c, 0))
	s.people("no workspace", signin.LoginFilter{Workspaces: []workspace.ID{}})
	s.people("one node", signin.LoginFilter{Nodes: nodes(a.Num)}, some(a, 1))
	s.people("no node", signin.LoginFilter{Nodes: &rbac.Condition{}})
	s.people("another day", signin.LoginFilter{To: at(-2 * 24 * 60)}, some(a, 0), some(b, 0), some(c, 0))
}

// loginManyNodes chooses with more bounds than are written out one by one.
func loginManyNodes(s *sample) {
	u := s.user("u")
	var nodes []rbac.Node
	var want []signin.LoginCount
	var users []signin.UserCount
	for i := range 40 {
		in := s.place()
		s.visit(u, in, "x", at(0))
		if i%2 == 0 {
			nodes = append(nodes, in.Num)
			want = append(want, signin.LoginCount{Workspace: in.ID, Client: "x", Count: 1})
			users = append(users, signin.UserCount{Workspace: in.ID, Users: 1})
		}
	}
	some := rbac.Only(nodes...)
	s.counted("every second", signin.LoginFilter{Nodes: &some}, want...)
	s.people("every second", signin.LoginFilter{Nodes: &some}, users...)
}

func loginPeople(s *sample) {
	u, other, in := s.user("u"), s.user("other"), s.place()
	for n, who := range []workspace.User{u, u, u, other} {
		for _, client := range []string{"x", "y"} {
			s.visit(who, in, client, at(n*24*60))
		}
	}
	s.people("in four days", signin.LoginFilter{}, signin.UserCount{Workspace: in.ID, Users: 2})
	s.people("in three", signin.LoginFilter{To: at(2 * 24 * 60)}, signin.UserCount{Workspace: in.ID, Users: 1})
	s.people("on one", signin.LoginFilter{From: at(3 * 24 * 60)}, signin.UserCount{Workspace: in.ID, Users: 1})
	s.counted("logins", signin.LoginFilter{}, signin.LoginCount{Workspace: in.ID, Client: "x", Count: 4}, signin.LoginCount{Workspace: in.ID, Client: "y", Count: 4})
}

func loginAtOnce(s *sample) {
	u, in, other := s.user("u"), s.place(), s.place()
	s.put(workspace.Member{Workspace: in.ID, Principal: u.Num})
	s.put(workspace.Member{Workspace: other.ID, Principal: u.Num})
	const times = 100
	var all sync.WaitGroup
	failed := make(chan error, times)
	for range times {
		all.Go(func() {
			failed <- s.Tx(context.WithoutCancel(s.t.Context()), func(ctx context.Context) error {
				if err := s.SignIn.CountLogin(ctx, u.ID, "x", at(0)); err != nil {
					return err
				}
				return s.SignIn.SetLogin(ctx, u.ID, at(0))
			})
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			s.t.Error(err)
		}
	}
	s.counted("at once", signin.LoginFilter{},
		signin.LoginCount{Workspace: in.ID, Client: "x", Count: times}, signin.LoginCount{Workspace: other.ID, Client: "x", Count: times})
}

// loginBesideDeparture has somebody come at the moment when he, or the workspace,
// is deleted: whichever is first, nothing is left of him.
func loginBesideDeparture(s *sample) {
	in := s.place()
	for i := range 20 {
		u, gone := s.user(fmt.Sprintf("u%d", i)), s.place()
		g := s.group(fmt.Sprintf("g%d", i), "")
		s.join(g.Num, u.Num)
		for _, id := range []workspace.ID{in.ID, gone.ID} {
			s.put(workspace.Member{Workspace: id, Principal: g.Num})
		}
		ctx := context.WithoutCancel(s.t.Context())
		var both sync.WaitGroup
		for what, do := range map[string]func(ctx context.Context) error{
			"CountLogin":      func(ctx context.Context) error { return s.SignIn.CountLogin(ctx, u.ID, "x", at(0)) },
			"CountVisit":      func(ctx context.Context) error { return s.SignIn.CountVisit(ctx, u.ID, in.ID, "x", at(0)) },
			"DeleteUser":      func(ctx context.Context) error { return s.Workspaces.DeleteUser(ctx, u.ID) },
			"DeleteWorkspace": func(ctx context.Context) error { return s.Workspaces.DeleteWorkspace(ctx, gone.ID) },
		} {
			both.Go(func() {
				if err := s.Tx(ctx, do); err != nil && (what != "CountVisit" || !errors.Is(err, workspace.ErrNotFound)) {
					s.t.Errorf("%s: %v", what, err)
				}
			})
		}
		both.Wait()
		before := s.Fingerprint(s.t)
		s.must(func(ctx context.Context) error { return s.SignIn.CountLogin(ctx, u.ID, "x", at(0)) })
		if s.Fingerprint(s.t) != before {
			s.t.Error("who was deleted is counted")
		}
		s.leaves(u)
	}
}

// loginDepartureWaits has a user, and a workspace, deleted while a login of his
// into it is counted and is not committed.
func loginDepartureWaits(s *sample) {
	for what, count := range map[string]func(ctx context.Context, u workspace.User, in workspace.Workspace) error{
		"login": func(ctx context.Context, u workspace.User, _ workspace.Workspace) error {
			return s.SignIn.CountLogin(ctx, u.ID, "x", at(0))
		},
		"visit": func(ctx context.Context, u workspace.User, in workspace.Workspace) error {
			return s.SignIn.CountVisit(ctx, u.ID, in.ID, "x", at(0))
		},
	} {
		u, in, gone, g := s.user(what), s.place(), s.place(), s.group(what, "")
		s.join(g.Num, u.Num)
		for _, w := range []workspace.Workspace{in, gone} {
			s.put(workspace.Member{Workspace: w.ID, Principal: g.Num})
		}
		left := make(chan error, 2)
		var once sync.Once // a unit of work may be repeated
		leave := func(do func(ctx context.Context) error) {
			left <- s.Tx(context.WithoutCancel(s.t.Context()), do)
		}
		s.must(func(ctx context.Context) error {
			if err := errors.Join(count(ctx, u, in), count(ctx, u, gone)); err != nil {
				return err
			}
			once.Do(func() {
				go leave(func(ctx context.Context) error { return s.Workspaces.DeleteUser(ctx, u.ID) })
				go leave(func(ctx context.Context) error { return s.Workspaces.DeleteWorkspace(ctx, gone.ID) })
			})
			time.Sleep(200 * time.Millisecond) // for the others to come as far as they can
			return nil
		})
		if err := errors.Join(<-left, <-left); err != nil {
			s.t.Errorf("%s: %v", what, err)
		}
		s.people(what, signin.LoginFilter{Workspaces: []workspace.ID{in.ID, gone.ID}}, signin.UserCount{Workspace: in.ID, Users: 1})
		s.leaves(u)
	}
}

// leaves wants nothing of a deleted user to be left in what was counted: one of
// the same identifier would be somebody else there.
func (s *sample) leaves(u workspace.User) {
	s.t.Helper()
	before, err := s.SignIn.UserCounts(s.t.Context(), signin.LoginFilter{})
	if err != nil {
		s.t.Fatal(err)
	}
	errUndo := errors.New("undone")
	err = s.Tx(s.t.Context(), func(ctx context.Context) error {
		again := workspace.User{ID: u.ID, Username: uid.New(), Email: uid.New() + "@example.org", Created: at(1), Updated: at(1)}
		if _, err := s.Workspaces.AddUser(ctx, again); err != nil {
			return err
		}
		for _, c := range before {
			if err := s.SignIn.CountVisit(ctx, u.ID, c.Workspace, "again", at(0)); err != nil {
				return err
			}
		}
		after, err := s.SignIn.UserCounts(ctx, signin.LoginFilter{})
		if err != nil {
			return err
		}
		for i, c := range after {
			if c.Users != before[i].Users+1 {
				s.t.Errorf("in %s there are %d people and were %d: something of him was left", c.Workspace, c.Users, before[i].Users)
			}
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		s.t.Error(err)
	}
}

func loginOfNobody(s *sample) {
	u, next, other, in, beside := s.user("u"), s.user("next"), s.user("other"), s.place(), s.place()
	for n, who := range []workspace.User{u, u, next, other} {
		s.visit(who, in, "x", at(n*24*60))
		s.visit(who, beside, "x", at(0))
	}
	logins := []signin.LoginCount{{Workspace: in.ID, Client: "x", Count: 4}, {Workspace: beside.ID, Client: "x", Count: 4}}
	people := []signin.UserCount{{Workspace: in.ID, Users: 3}, {Workspace: beside.ID, Users: 3}}
	// Two who go are still two, and each is one in all of his days and places.
	for _, who := range []workspace.User{u, next} {
		s.must(func(ctx context.Context) error { return s.Workspaces.DeleteUser(ctx, who.ID) })
		s.counted("logins", signin.LoginFilter{}, logins...)
		s.people("people", signin.LoginFilter{Workspaces: []workspace.ID{in.ID, beside.ID}}, people...)
		s.people("people of two days", signin.LoginFilter{To: at(24 * 60), Workspaces: []workspace.ID{in.ID}}, signin.UserCount{Workspace: in.ID, Users: 1})
		s.leaves(who)
	}
}

func loginIntoNothing(s *sample) {
	u, in, other := s.user("u"), s.place(), s.place()
	s.visit(u, in, "x", at(0))
	s.visit(u, other, "x", at(0))
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteWorkspace(ctx, in.ID) })
	s.counted("what is left", signin.LoginFilter{}, signin.LoginCount{Workspace: other.ID, Client: "x", Count: 1})
	s.people("who is left", signin.LoginFilter{}, signin.UserCount{Workspace: other.ID, Users: 1})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.SignIn.CountVisit(ctx, u.ID, in.ID, "x", at(0)) })
}

func loginWorkspaces(s *sample) {
	a, b, c := s.place(), s.place(), s.place()
	for _, ids := range [][]workspace.ID{nil, {}} {
		list, err := s.SignIn.FindWorkspaces(s.t.Context(), ids)
		if err != nil || len(list) > 0 {
			s.t.Errorf("FindWorkspaces(%v) = %v, %v; want none", ids, list, err)
		}
	}
	list, err := s.SignIn.FindWorkspaces(s.t.Context(), []workspace.ID{c.ID, "none", a.ID, c.ID})
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "workspaces", list, []workspace.Workspace{a, c})
	_ = b
}

func loginOutsideUnit(s *sample) {
	u, in := s.user("u"), s.place()
	before, ctx := s.Fingerprint(s.t), s.t.Context()
	_, _, ended := s.SignIn.EndMembers(ctx, []workspace.ID{in.ID}, signin.Spared{}, signin.Kicked)
	for what, err := range map[string]error{
		"EndMembers": ended,
		"CountLogin": s.SignIn.CountLogin(ctx, u.ID, "x", at(0)),
		"CountVisit": s.SignIn.CountVisit(ctx, u.ID, in.ID, "x", at(0)),
	} {
		if !errors.Is(err, s.NoUnit) {
			s.t.Errorf("%s outside a unit of work = %v", what, err)
		}
	}
	if s.Fingerprint(s.t) != before {
		s.t.Error("something was kept")
	}
}

func loginSweep(s *sample) {
	u, in := s.user("u"), s.place()
	g := s.group("g", "")
	s.join(g.Num, u.Num)
	s.put(workspace.Member{Workspace: in.ID, Principal: g.Num})
	s.sweep(func(ctx context.Context) error {
		return errors.Join(s.SignIn.CountLogin(ctx, u.ID, "x", at(0)), s.SignIn.CountVisit(ctx, u.ID, in.ID, "y", at(0)))
	})
	s.signed(u, 1, 1)
	s.sweep(func(ctx context.Context) error {
		_, _, err := s.SignIn.EndMembers(ctx, []workspace.ID{in.ID}, signin.Spared{}, signin.Kicked)
		return err
	})
	s.sweep(func(ctx context.Context) error { return s.Workspaces.DeleteUser(ctx, u.ID) })
	s.sweep(func(ctx context.Context) error { return s.Workspaces.DeleteWorkspace(ctx, in.ID) })
}
