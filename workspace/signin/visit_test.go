package signin_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// A town is a server with people who are members of workspaces.
type town struct {
	*bench

	people *workspace.Service
	admin  workspace.Actor
}

func settle(t *testing.T, db *storage.DB, opts signin.Options) *town {
	t.Helper()
	rights := rbac.New(db.Rules(), workspace.Schema(), nil)
	people := workspace.New(db.Workspaces(), rights, quota.New(db.Quotas(), nil), db.Trail(), nil)
	if opts.Reach == nil {
		opts.Reach = people
	}
	w := &town{bench: serve(db, opts), people: people}
	w.admin = actor(w.add(t, "admin", func(u *workspace.User) { u.Administrator = true }))
	return w
}

func (w *town) organization(t *testing.T, name string, administrators ...workspace.User) workspace.Organization {
	t.Helper()
	o, err := w.people.CreateOrganization(t.Context(), w.admin, workspace.Organization{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range administrators {
		w.grant(t, o.Num, u.Num, workspace.RoleOrganizationAdministrator)
	}
	return o
}

func (w *town) grant(t *testing.T, n rbac.Node, p rbac.Principal, role rbac.RoleName) {
	t.Helper()
	err := w.db.Tx(t.Context(), func(ctx context.Context) error {
		_, err := w.db.Rules().AddRule(ctx, rbac.Rule{
			ID: rbac.RuleID(uid.New()), Node: n, Effect: rbac.Allow, Principal: p, Role: role, Propagate: true, Created: w.Now(),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// project makes a workspace with members, who hold nothing more.
func (w *town) project(t *testing.T, name string, in workspace.OrganizationID, supervisor workspace.User, members ...rbac.Principal) workspace.Workspace {
	t.Helper()
	d, err := w.people.Create(t.Context(), w.admin, workspace.Workspace{
		Name: name, TechnicalName: name, Organization: in, Supervisor: supervisor.ID, Contact: "x@example.org",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range members {
		w.member(t, d.Workspace, p)
	}
	return d.Workspace
}

func (w *town) member(t *testing.T, in workspace.Workspace, p rbac.Principal, roles ...rbac.RoleName) {
	t.Helper()
	if _, err := w.people.PutMember(t.Context(), w.admin, in.ID, p, roles); err != nil {
		t.Fatal(err)
	}
}

// wantLogins wants what an actor is shown of logins.
func (w *town) wantLogins(t *testing.T, who workspace.Actor, f signin.LoginFilter, want ...signin.LoginCount) {
	t.Helper()
	got, err := w.Logins(t.Context(), who, f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append([]signin.LoginCount{}, want...), got); diff != "" {
		t.Errorf("Logins of %s (-want +got):\n%s", who.Name, diff)
	}
}

func (w *town) wantUsers(t *testing.T, who workspace.Actor, f signin.LoginFilter, want ...signin.UserCount) {
	t.Helper()
	got, err := w.UniqueUsers(t.Context(), who, f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append([]signin.UserCount{}, want...), got); diff != "" {
		t.Errorf("UniqueUsers of %s (-want +got):\n%s", who.Name, diff)
	}
}

// What begins a session and what is exchanged for a token is a login, into each
// workspace; a call with a password or a token is none.
func TestLoginsAreCounted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db, signin.Options{})
		ann, bob, chief := w.with(t, "ann", right), w.with(t, "bob", right), w.add(t, "chief", nil)
		a := w.project(t, "a", "", chief, ann.Num, bob.Num)
		b := w.project(t, "b", "", chief, ann.Num)
		w.project(t, "c", "", chief)
		const agent = "Mozilla/5.0 (canary 4711) dRofus/2.5"
		session, err := w.Start(t.Context(), "ann", right, agent, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.StartFor(t.Context(), ann.ID, "invitation", "Mozilla/5.0", ""); err != nil {
			t.Fatal(err)
		}
		w.link(t, bob, "b1")
		if _, err := w.Enter(t.Context(), claims("b1"), "Mozilla/5.0", ""); err != nil {
			t.Fatal(err)
		}
		token, err := w.Issue(t.Context(), "ann", right, "gpf-warehouse", "")
		if err != nil {
			t.Fatal(err)
		}
		want := []signin.LoginCount{
			{Workspace: a.ID, Client: "Browser", Count: 2},
			{Workspace: a.ID, Client: "dRofus", Count: 1},
			{Workspace: a.ID, Client: "gpf-warehouse", Count: 1},
			{Workspace: b.ID, Client: "Browser", Count: 1},
			{Workspace: b.ID, Client: "dRofus", Count: 1},
			{Workspace: b.ID, Client: "gpf-warehouse", Count: 1},
		}
		w.wantLogins(t, w.admin, signin.LoginFilter{}, want...)
		// None of these is one.
		w.wantIn(t, "ann", right, ann.ID)
		w.wantOut(t, "ann", wrong)
		w.wantToken(t, token, true)
		w.wantSession(t, session, true)
		for _, err := range []error{
			second(w.Start(t.Context(), "ann", wrong, agent, "")), second(w.Issue(t.Context(), "bob", wrong, "x", "")),
			second(w.IssueTechnical(t.Context(), "ann", right, "")), second(w.StartFor(t.Context(), "nobody", "oidc", agent, "")),
			second(w.Enter(t.Context(), claims("nobody"), agent, "")),
		} {
			if err == nil {
				t.Error("a login that is to be refused was not")
			}
		}
		w.save(t, bob, func(u *workspace.User) { u.Disabled = true })
		if _, err := w.StartFor(t.Context(), bob.ID, "oidc", agent, ""); !errors.Is(err, signin.ErrRefused) {
			t.Errorf("StartFor a disabled user = %v", err)
		}
		w.wantLogins(t, w.admin, signin.LoginFilter{}, want...)
		// What a service account is called says who it is.
		robot := w.add(t, "robot", func(u *workspace.User) { u.Technical = true })
		w.set(t, robot, right)
		w.member(t, b, robot.Num)
		if _, err := w.IssueTechnical(t.Context(), "robot", right, ""); err != nil {
			t.Fatal(err)
		}
		w.wantLogins(t, w.admin, signin.LoginFilter{Clients: []string{"unknown", "robot"}}, signin.LoginCount{Workspace: b.ID, Client: "unknown", Count: 1})
		if strings.Contains(logins(t, db), "canary") {
			t.Error("what the client calls itself is kept with the logins")
		}
	})
}

func second[T any](_ T, err error) error { return err }

// logins returns what is kept of logins, as text.
func logins(t *testing.T, db *storage.DB) string {
	t.Helper()
	var all bytes.Buffer
	dbtest.Dump(t, db, &all)
	var kept []string
	for line := range strings.Lines(all.String()) {
		if strings.HasPrefix(line, "logins") {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		t.Fatal("a dump has no logins")
	}
	return strings.Join(kept, "")
}

// Each of a hundred sign-ins at once counts, of one and of many.
func TestLoginsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db, signin.Options{})
		ann, bob, chief := w.with(t, "ann", right), w.with(t, "bob", right), w.add(t, "chief", nil)
		a := w.project(t, "a", "", chief, ann.Num, bob.Num)
		b := w.project(t, "b", "", chief, bob.Num, ann.Num)
		w.wantIn(t, "ann", right, ann.ID) // is remembered from here on
		w.wantIn(t, "bob", right, bob.ID)
		const times = 50
		var all sync.WaitGroup
		ctx := context.WithoutCancel(t.Context())
		for range times {
			for _, name := range []string{"ann", "bob"} {
				all.Go(func() {
					if _, err := w.Start(ctx, name, right, "curl/8", ""); err != nil {
						t.Error(err)
					}
				})
			}
		}
		// Members come and go meanwhile, which locks the workspace and the user.
		all.Go(func() {
			for range 20 {
				if _, err := w.people.PutMember(ctx, w.admin, a.ID, ann.Num, []rbac.RoleName{workspace.RoleViewer}); err != nil {
					t.Error(err)
				}
			}
		})
		all.Wait()
		w.wantLogins(t, w.admin, signin.LoginFilter{}, signin.LoginCount{Workspace: a.ID, Client: "curl", Count: 2 * times}, signin.LoginCount{Workspace: b.ID, Client: "curl", Count: 2 * times})
		w.wantUsers(t, w.admin, signin.LoginFilter{Workspaces: []workspace.ID{b.ID}}, signin.UserCount{Workspace: b.ID, Users: 2})
	})
}

// Statistics are shown to who may read the trail, of what he may read it of.
func TestLoginsAreShown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db, signin.Options{})
		ann, chief, other := w.with(t, "ann", right), w.add(t, "chief", nil), w.add(t, "other", nil)
		head, manager, stranger := w.add(t, "head", nil), w.add(t, "manager", nil), w.add(t, "stranger", nil)
		o := w.organization(t, "o", head)
		a := w.project(t, "a", o.ID, chief, ann.Num)
		b := w.project(t, "b", o.ID, other, ann.Num)
		c := w.project(t, "c", "", other, ann.Num)
		w.member(t, c, manager.Num, workspace.RoleProjectAdministrator)
		for range 3 {
			if _, err := w.Start(t.Context(), "ann", right, "curl/8", ""); err != nil {
				t.Fatal(err)
			}
		}
		row := func(in workspace.Workspace) signin.LoginCount {
			return signin.LoginCount{Workspace: in.ID, Client: "curl", Count: 3}
		}
		one := func(in workspace.Workspace) signin.UserCount { return signin.UserCount{Workspace: in.ID, Users: 1} }
		all := signin.LoginFilter{}
		for who, of := range map[workspace.User][]workspace.Workspace{
			ann: nil, stranger: nil, chief: {a}, other: {b, c}, head: {a, b}, manager: {c},
		} {
			rows, users := []signin.LoginCount{}, []signin.UserCount{}
			for _, in := range of {
				rows, users = append(rows, row(in)), append(users, one(in))
			}
			w.wantLogins(t, actor(who), all, rows...)
			w.wantUsers(t, actor(who), all, users...)
		}
		w.wantLogins(t, w.admin, all, row(a), row(b), row(c))
		w.wantLogins(t, workspace.Command("x"), all, row(a), row(b), row(c))
		// To ask for another's is to ask for nothing, and what he sets is not his to set.
		w.wantLogins(t, actor(chief), signin.LoginFilter{Workspaces: []workspace.ID{b.ID, c.ID}})
		w.wantUsers(t, actor(chief), signin.LoginFilter{Workspaces: []workspace.ID{b.ID, c.ID}})
		everywhere := rbac.Only(a.Num, b.Num, c.Num)
		w.wantLogins(t, actor(chief), signin.LoginFilter{Nodes: &everywhere}, row(a))
		for _, f := range []signin.LoginFilter{{Workspaces: []workspace.ID{}}, {Clients: []string{}}, {Clients: []string{"Revit"}}, {To: w.Now().Add(-24 * time.Hour)}, {From: w.Now().Add(24 * time.Hour)}} {
			w.wantLogins(t, w.admin, f)
		}
		w.wantLogins(t, w.admin, signin.LoginFilter{From: w.Now(), To: w.Now().Add(-time.Hour), Workspaces: []workspace.ID{a.ID}}, row(a)) // one day
		for _, f := range []signin.LoginFilter{{From: w.Now(), To: w.Now().Add(-24 * time.Hour)}} {
			for _, err := range []error{second(w.Logins(t.Context(), w.admin, f)), second(w.UniqueUsers(t.Context(), w.admin, f))} {
				if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Field != "from_date" {
					t.Errorf("a period that ends before it begins = %v, want an InvalidError of from_date", err)
				}
			}
		}
		for name, who := range map[string]workspace.Actor{
			"guest": workspace.Guest(""), "zero": {}, "nobody": {Principal: 1 << 40}, "only a name": {User: head.ID},
		} {
			for _, err := range []error{second(w.Logins(t.Context(), who, all)), second(w.UniqueUsers(t.Context(), who, all))} {
				if !errors.Is(err, rbac.ErrDenied) {
					t.Errorf("%s = %v, want a refusal", name, err)
				}
			}
		}
		// Who is disabled, or has gone, is shown nothing.
		w.save(t, head, func(u *workspace.User) { u.Disabled = true })
		if got, err := w.Logins(t.Context(), actor(head), all); len(got) > 0 || err != nil && !errors.Is(err, rbac.ErrDenied) {
			t.Errorf("Logins of who is disabled = %v, %v", got, err)
		}
	})
}

func TestVisit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db, signin.Options{})
		ann, chief, stranger := w.add(t, "ann", nil), w.add(t, "chief", nil), w.add(t, "stranger", nil)
		a := w.project(t, "a", "", chief, ann.Num)
		b := w.project(t, "b", "", chief, ann.Num)
		before := dbtest.Fingerprint(t, db)
		for name, who := range map[string]workspace.Actor{
			"stranger": actor(stranger), "guest": workspace.Guest(""), "zero": {}, "nobody": {Principal: 1 << 40, User: ann.ID},
			"impostor": {Principal: stranger.Num, User: ann.ID},
		} {
			if err := w.Visit(t.Context(), who, a.ID, "Revit"); !errors.Is(err, workspace.ErrNotFound) {
				t.Errorf("Visit of %s = %v, want ErrNotFound", name, err)
			}
		}
		for _, in := range []workspace.ID{"", "none"} {
			if err := w.Visit(t.Context(), actor(ann), in, "Revit"); !errors.Is(err, workspace.ErrNotFound) {
				t.Errorf("Visit of %q = %v, want ErrNotFound", in, err)
			}
		}
		// Nobody comes by a command, or by a key that acts for nobody.
		for _, who := range []workspace.Actor{workspace.Command("x"), {Principal: ann.Num, Via: "key"}} {
			if err := w.Visit(t.Context(), who, a.ID, "Revit"); err != nil {
				t.Error(err)
			}
		}
		errUndo := errors.New("undone")
		err := w.db.Tx(t.Context(), func(ctx context.Context) error {
			if err := w.Visit(ctx, actor(ann), a.ID, "Revit"); err != nil {
				t.Error(err)
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) || dbtest.Fingerprint(t, db) != before {
			t.Errorf("a visit that is none is counted: %v", err)
		}
		for _, who := range []workspace.Actor{actor(ann), {Principal: ann.Num, Behalf: ann.ID, Via: "key"}, w.admin} {
			if err := w.Visit(t.Context(), who, a.ID, "dRofus/2 (Revit 2024)"); err != nil {
				t.Error(err)
			}
		}
		w.wantLogins(t, w.admin, signin.LoginFilter{}, signin.LoginCount{Workspace: a.ID, Client: "Revit", Count: 3})
		w.wantUsers(t, w.admin, signin.LoginFilter{}, signin.UserCount{Workspace: a.ID, Users: 2}, signin.UserCount{Workspace: b.ID})
	})
}
