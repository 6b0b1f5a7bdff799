package signin_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

var _ signin.Reach = (*workspace.Service)(nil)

// Whom somebody administers he may kick, and nothing more: his password is his
// own, and so is who he is elsewhere.
func TestKickWithinReach(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db, signin.Options{})
		ann, both, root := w.with(t, "ann", right), w.with(t, "both", right), w.add(t, "root", func(u *workspace.User) { u.Administrator = true })
		chief, manager, head, other, stranger := w.add(t, "chief", nil), w.add(t, "manager", nil), w.add(t, "head", nil), w.add(t, "other", nil), w.add(t, "stranger", nil)
		w.set(t, root, right)
		o := w.organization(t, "o", head)
		a := w.project(t, "a", o.ID, chief, ann.Num, both.Num, root.Num)
		w.project(t, "b", "", other, both.Num)
		w.member(t, a, manager.Num, workspace.RoleProjectAdministrator)
		identity := w.link(t, ann, "a1")
		for _, who := range []workspace.Actor{actor(chief), actor(manager), actor(head)} {
			s, token := w.start(t, "ann", right), issue(t, w, "ann")
			if list, err := w.Sessions(t.Context(), who, ann.ID); err != nil || len(list) != 1 || list[0].ID != s.ID {
				t.Errorf("Sessions by %s = %v, %v; want one", who.Name, list, err)
			}
			if err := w.End(t.Context(), who, s.ID); err != nil {
				t.Errorf("End by %s = %v", who.Name, err)
			}
			w.wantSession(t, s, false)
			w.wantToken(t, token, true)
			s = w.start(t, "ann", right)
			if err := w.Kick(t.Context(), who, ann.ID); err != nil {
				t.Errorf("Kick by %s = %v", who.Name, err)
			}
			w.wantSession(t, s, false)
			w.wantToken(t, token, false)

			before := dbtest.Fingerprint(t, db)
			for what, err := range map[string]error{
				"SetPassword": w.SetPassword(t.Context(), who, ann.ID, wrong), "Unlink": w.Unlink(t.Context(), who, identity.ID),
				"Identities": second(w.Identities(t.Context(), who, ann.ID)),
			} {
				if !errors.Is(err, rbac.ErrDenied) && !errors.Is(err, workspace.ErrNotFound) {
					t.Errorf("%s by %s = %v, want a refusal", what, who.Name, err)
				}
			}
			if dbtest.Fingerprint(t, db) != before {
				t.Error("something was kept of what was refused")
			}
		}
		events, err := db.Trail().List(t.Context(), audit.Filter{Actions: []string{"user.kick"}})
		if err != nil || len(events) != 3 || events[0].Actor != "chief" || events[0].Object.ID != string(ann.ID) {
			t.Errorf("events %+v, %v", events, err)
		}
		// Who is in another's workspace too he sees, and does not kick; who
		// administers the platform neither.
		s, roots := w.start(t, "both", right), w.start(t, "root", right)
		before := dbtest.Fingerprint(t, db)
		for _, whose := range []signin.Session{s, roots} {
			for _, who := range []workspace.Actor{actor(chief), actor(manager), actor(head)} {
				for what, err := range map[string]error{
					"Kick": w.Kick(t.Context(), who, whose.User), "Sessions": second(w.Sessions(t.Context(), who, whose.User)),
				} {
					if !errors.Is(err, rbac.ErrDenied) {
						t.Errorf("%s by %s = %v, want a DeniedError", what, who.Name, err)
					}
				}
				if err := w.End(t.Context(), who, whose.ID); !errors.Is(err, workspace.ErrNotFound) {
					t.Errorf("End by %s = %v, want ErrNotFound", who.Name, err)
				}
			}
			// Whom somebody does not see there is not.
			for _, err := range []error{
				w.Kick(t.Context(), actor(stranger), whose.User), second(w.Sessions(t.Context(), actor(stranger), whose.User)), w.End(t.Context(), actor(stranger), whose.ID),
				w.Kick(t.Context(), actor(stranger), "nobody"),
			} {
				if !errors.Is(err, workspace.ErrNotFound) {
					t.Errorf("by a stranger = %v, want ErrNotFound", err)
				}
			}
			for _, who := range []workspace.Actor{workspace.Guest(""), {}, {Principal: 1 << 40}, {Principal: stranger.Num, User: whose.User}} {
				for _, err := range []error{w.Kick(t.Context(), who, whose.User), second(w.Sessions(t.Context(), who, whose.User))} {
					if !errors.Is(err, rbac.ErrDenied) {
						t.Errorf("by %+v = %v, want a refusal", who, err)
					}
				}
			}
		}
		if dbtest.Fingerprint(t, db) != before {
			t.Error("something was kept of what was refused")
		}
	})
}

// A willing is a reach that everybody is in. It stands for one that is mistaken.
type willing struct{ asked int }

func (w *willing) Administers(context.Context, workspace.Actor, workspace.UserID) error {
	w.asked++
	return nil
}

// However far a reach goes, an administrator of the platform is beyond it, nobody
// who has not said who he is has one, and who manages users needs none.
func TestReachEnds(t *testing.T) {
	t.Parallel()
	reach := &willing{}
	w := settle(t, dbtest.New(t), signin.Options{Reach: reach})
	ann, eve, manager := w.with(t, "ann", right), w.add(t, "eve", nil), w.add(t, "manager", nil)
	root := w.add(t, "root", func(u *workspace.User) { u.Administrator = true })
	w.set(t, root, right)
	s, roots := w.start(t, "ann", right), w.start(t, "root", right)
	for what, err := range map[string]error{
		"Kick of an administrator": w.Kick(t.Context(), actor(eve), root.ID), "his End": w.End(t.Context(), actor(eve), roots.ID),
		"a guest's Kick": w.Kick(t.Context(), workspace.Guest(""), ann.ID), "an impostor's": w.Kick(t.Context(), workspace.Actor{Principal: eve.Num, User: ann.ID}, ann.ID),
		"SetPassword": w.SetPassword(t.Context(), actor(eve), ann.ID, wrong), "Identities": second(w.Identities(t.Context(), actor(eve), ann.ID)),
	} {
		if !errors.Is(err, rbac.ErrDenied) {
			t.Errorf("%s = %v, want a DeniedError", what, err)
		}
	}
	w.wantSession(t, roots, true)
	w.wantSession(t, s, true)
	err := w.db.Tx(t.Context(), func(ctx context.Context) error {
		_, err := w.db.Rules().AddRule(ctx, rbac.Rule{
			ID: "m", Node: rbac.Root, Effect: rbac.Allow, Principal: manager.Num,
			Scope: workspace.ManageUsers.Scope(), Permission: workspace.ManageUsers.Name(), Created: w.Now(),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	reach.asked = 0
	if err := w.Kick(t.Context(), actor(manager), root.ID); !errors.Is(err, rbac.ErrDenied) {
		t.Errorf("Kick of an administrator by who manages users = %v, want a DeniedError", err)
	}
	if err := w.Kick(t.Context(), actor(manager), ann.ID); err != nil {
		t.Error(err)
	}
	if reach.asked > 0 {
		t.Error("who manages users was asked for more")
	}
}

func issue(t *testing.T, w *town, name string) signin.Token {
	t.Helper()
	token, err := w.Issue(t.Context(), name, right, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestKickMembers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db, signin.Options{})
		ann, bob, out, root := w.with(t, "ann", right), w.with(t, "bob", right), w.with(t, "out", right), w.add(t, "root", func(u *workspace.User) { u.Administrator = true })
		chief, head, viewer := w.with(t, "chief", right), w.with(t, "head", right), w.add(t, "viewer", nil)
		w.set(t, root, right)
		o := w.organization(t, "o", head)
		g, err := w.people.CreateGroup(t.Context(), w.admin, workspace.Group{Name: "some"})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.people.AddToGroup(t.Context(), w.admin, g.ID, bob.ID); err != nil {
			t.Fatal(err)
		}
		a := w.project(t, "a", o.ID, chief, ann.Num, g.Num, root.Num, viewer.Num)
		b := w.project(t, "b", o.ID, head, bob.Num)
		c := w.project(t, "c", "", w.add(t, "other", nil), out.Num)
		everybody := func() map[string]signin.Session {
			all := map[string]signin.Session{}
			for _, name := range []string{"ann", "bob", "out", "root", "chief", "head"} {
				all[name] = w.start(t, name, right)
			}
			return all
		}
		check := func(what string, all map[string]signin.Session, left ...string) {
			t.Helper()
			for name, s := range all {
				want := false
				for _, l := range left {
					want = want || l == name
				}
				if _, _, err := w.Session(t.Context(), s.Secret); (err == nil) != want {
					t.Errorf("%s: the session of %s: %v, want it there: %v", what, name, err, want)
				}
			}
		}
		ids := func(list ...workspace.Workspace) []workspace.ID {
			var ids []workspace.ID
			for _, v := range list {
				ids = append(ids, v.ID)
			}
			return ids
		}
		all := everybody()
		token := issue(t, w, "ann")
		before := dbtest.Fingerprint(t, db)
		for name, r := range map[string]struct {
			who  workspace.Actor
			in   []workspace.ID
			want error
		}{
			"a member":         {actor(viewer), ids(a), rbac.ErrDenied},
			"another's":        {actor(chief), ids(b), workspace.ErrNotFound},
			"one of two":       {actor(chief), ids(a, b), workspace.ErrNotFound},
			"beside his own":   {actor(head), ids(a, b, c), workspace.ErrNotFound},
			"none":             {w.admin, append(ids(a), "none"), workspace.ErrNotFound},
			"a stranger":       {actor(out), ids(a), workspace.ErrNotFound},
			"an impostor":      {workspace.Actor{Principal: out.Num, User: chief.ID}, ids(a), workspace.ErrNotFound},
			"a guest":          {workspace.Guest(""), ids(a), rbac.ErrDenied},
			"nobody":           {workspace.Actor{Principal: 1 << 40}, ids(a), workspace.ErrNotFound},
			"zero":             {workspace.Actor{}, nil, rbac.ErrDenied},
			"no workspace":     {actor(chief), nil, nil},
			"no workspace too": {actor(chief), []workspace.ID{}, nil},
		} {
			if n, err := w.KickMembers(t.Context(), r.who, r.in); n != 0 || !errors.Is(err, r.want) {
				t.Errorf("%s = %d, %v; want %v", name, n, err, r.want)
			}
		}
		if dbtest.Fingerprint(t, db) != before {
			t.Error("something was kept of what was refused")
		}
		// Who administers the platform is not for the supervisor of a workspace to
		// end, and nobody ends himself.
		kick := func(what string, who workspace.Actor, want int, in ...workspace.ID) {
			t.Helper()
			if n, err := w.KickMembers(t.Context(), who, in); n != want || err != nil {
				t.Errorf("%s kicks %d, %v; want %d", what, n, err, want)
			}
		}
		kick("chief", actor(chief), 2, a.ID)
		check("chief", all, "out", "root", "chief", "head")
		w.wantToken(t, token, false)
		w.wantSession(t, w.start(t, "ann", right), true) // may sign in again
		all = everybody()
		kick("head", actor(head), 3, b.ID, a.ID, b.ID)
		check("head", all, "out", "root", "head")
		all = everybody()
		kick("a key of the head", workspace.Actor{Principal: head.Num, Behalf: head.ID, Via: "key"}, 3, a.ID, b.ID)
		check("a key", all, "out", "root", "head")
		all = everybody()
		kick("an administrator", w.admin, 5, a.ID, b.ID)
		check("an administrator", all, "out")
		kick("again", w.admin, 0, a.ID, b.ID)

		events, err := db.Trail().List(t.Context(), audit.Filter{Actions: []string{"workspace.kick"}})
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, e := range events {
			if e.Workspace != e.Object.ID || e.Organization != string(o.ID) || e.Object.Kind != "workspace" {
				t.Errorf("the event is %+v", e)
			}
			told = append(told, e.Actor+" "+e.Object.Name+" "+string(e.Detail))
		}
		want := []string{
			`chief a {"people":"2"}`, `head a {"people":"3"}`, `head b {"people":"1"}`,
			` a {"people":"3"}`, ` b {"people":"1"}`, `admin a {"people":"4"}`, `admin b {"people":"2"}`,
		}
		if strings.Join(told, "\n") != strings.Join(want, "\n") {
			t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestKickMembersSweep(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			fault := &dbtest.Fault{}
			db := dbtest.OpenWith(t, kind.Make(t), &storage.Options{Connector: fault.Connector})
			w := settle(t, db, signin.Options{})
			rights := rbac.New(db.Rules(), workspace.Schema(), &rbac.Options{Budget: -1}) // reads nothing beside what it is asked
			w.people = workspace.New(db.Workspaces(), rights, quota.New(db.Quotas(), nil), db.Trail(), nil)
			w.Service = signin.New(db.SignIn(), rights, db.Trail(), &signin.Options{Now: w.Now, Reach: w.people})
			ann, chief := w.with(t, "ann", right), w.add(t, "chief", nil)
			a, b := w.project(t, "a", "", chief, ann.Num), w.project(t, "b", "", chief, ann.Num)
			w.wantIn(t, "ann", right, ann.ID) // is remembered: what is tried has units of its own
			sweep(t, w.db, fault, func() error { return second(w.Start(t.Context(), "ann", right, "curl/8", "")) })
			sweep(t, w.db, fault, func() error { return second(w.Issue(t.Context(), "ann", right, "curl/8", "")) })
			sweep(t, w.db, fault, func() error { return w.Visit(t.Context(), actor(ann), a.ID, "Revit") })
			sweep(t, w.db, fault, func() error {
				return second(w.KickMembers(t.Context(), actor(chief), []workspace.ID{a.ID, b.ID}))
			})
			w.start(t, "ann", right)
			sweep(t, w.db, fault, func() error { return w.Kick(t.Context(), actor(chief), ann.ID) })
		})
	}
}
