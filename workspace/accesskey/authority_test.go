package accesskey_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// Who manages keys, and who does not, is the same for everything.
func TestAuthority(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		w.Join(w.Club, w.Author, workspace.RoleAdministrator)
		editor := w.User("editor")
		w.Join(w.Club, editor, workspace.RoleEditor, workspace.RoleCommunity)
		k, personal := w.ofClub(), w.key(w.Bob, accesskey.Key{})
		program, powerful := w.actor(k.secret), w.actor(personal.secret)
		tries := func(who workspace.Actor, id accesskey.ID, in workspace.ID) map[string]error {
			fresh := accesskey.Key{Workspace: in, Title: "x", Expires: w.Now().Add(day)}
			if in != "" {
				fresh.Role = workspace.RoleViewer
			}
			_, _, created := w.keys.Create(ctx, who, fresh)
			_, _, rotated := w.keys.Rotate(ctx, who, id, time.Hour, "")
			_, read := w.keys.Key(ctx, who, id)
			_, _, listed := w.keys.Keys(ctx, who, accesskey.Filter{Workspace: in})
			return map[string]error{
				"Create": created, "Rotate": rotated, "Key": read, "Keys": listed,
				"Revoke": w.keys.Revoke(ctx, who, id), "Delete": w.keys.Delete(ctx, who, id),
			}
		}
		none := workspace.ErrNotFound
		other := w.ofClub()
		for _, c := range []struct {
			name string
			who  workspace.Actor
			id   accesskey.ID
			in   workspace.ID
			want error
		}{
			{"nobody", workspace.Actor{}, k.ID, w.Club.ID, rbac.ErrDenied},
			{"a guest", workspace.Guest(""), k.ID, w.Club.ID, rbac.ErrDenied},
			{"a stranger", w.Mallory, k.ID, w.Club.ID, none},
			{"a member", w.Alice, k.ID, w.Club.ID, rbac.ErrDenied},
			{"an editor who manages members", editor, k.ID, w.Club.ID, rbac.ErrDenied},
			{"a key of the workspace", program, other.ID, w.Club.ID, rbac.ErrDenied},
			{"the key of one who may", powerful, k.ID, w.Club.ID, rbac.ErrDenied},
			{"somebody who is no more", workspace.Actor{Principal: 4711, User: "x"}, k.ID, w.Club.ID, none},
			{"a guest of his own", workspace.Guest(""), personal.ID, "", rbac.ErrDenied},
		} {
			for what, err := range tries(c.who, c.id, c.in) {
				if !errors.Is(err, c.want) {
					w.Errorf("%s by %s: %v, want %v", what, c.name, err, c.want)
				}
			}
		}
		for what, err := range tries(w.Alice, personal.ID, "") { // Bob's
			if what != "Create" && what != "Keys" {
				w.Wants(err, none)
			}
		}
		second := w.key(w.Bob, accesskey.Key{})
		for what, err := range tries(powerful, second.ID, "") {
			if err == nil {
				w.Errorf("%s of another key of the user by a key", what)
			}
		}
		w.OK(w.keys.Delete(ctx, w.Bob, second.ID))
		for what, err := range tries(w.Author, k.ID, w.Club.ID) { // an administrator
			if err != nil && !errors.Is(err, none) { // once it is deleted
				w.Errorf("%s by an administrator: %v", what, err)
			}
		}
	})
}

// Who is refused changes nothing.
func TestRefusalsChangeNothing(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		k := w.ofClub()
		before := dbtest.Fingerprint(w, w.DB)
		for _, who := range []workspace.Actor{{}, workspace.Guest(""), w.Mallory, w.Alice} {
			_, _, err := w.keys.Create(ctx, who, accesskey.Key{Workspace: w.Club.ID, Title: "x", Role: workspace.RoleViewer, Expires: w.Now().Add(day)})
			_, _, again := w.keys.Rotate(ctx, who, k.ID, 0, "")
			if err == nil || again == nil || w.keys.Revoke(ctx, who, k.ID) == nil || w.keys.Delete(ctx, who, k.ID) == nil {
				w.Errorf("%s was let in", who.Name)
			}
		}
		if dbtest.Fingerprint(w, w.DB) != before {
			w.Error("something was kept")
		}
	})
}

// A key may end itself, and look at itself, and nothing more.
func TestItself(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		for _, k := range []made{w.ofClub(), w.key(w.Bob, accesskey.Key{})} {
			self := w.actor(k.secret)
			got, err := w.keys.Key(ctx, self, k.ID)
			if w.OK(err); got.ID != k.ID {
				w.Errorf("it sees %+v", got)
			}
			if _, _, err := w.keys.Rotate(ctx, self, k.ID, 0, ""); err == nil {
				w.Error("it rotated itself")
			}
			if err := w.keys.Delete(ctx, self, k.ID); err == nil {
				w.Error("it deleted itself")
			}
			// Whoever says that he is that key without being it.
			for _, other := range []workspace.Actor{
				{Principal: w.Mallory.Principal, Via: "key", Credential: string(k.ID)},
				{Principal: k.Num, Via: "session", Credential: string(k.ID)},
				{Principal: k.Num, Via: "key", Credential: "other"},
			} {
				if err := w.keys.Revoke(ctx, other, k.ID); err == nil {
					w.Errorf("%+v revoked it", other)
				}
			}
			w.OK(w.keys.Revoke(ctx, self, k.ID))
			w.refused("revoked by itself", k.secret, somewhere())
		}
	})
}

// A coverer is asked about everything that a workspace's key is given.
type miser struct{ asked []rbac.Rule }

var errMiser = errors.New("nobody gives more than he has")

func (m *miser) Covers(_ context.Context, p rbac.Principal, r rbac.Rule) error {
	m.asked = append(m.asked, r)
	if p == 0 || r.Permission == workspace.Broadcast.Name() || r.Role == workspace.RoleEditor {
		return errMiser
	}
	return nil
}

func TestCoverer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	m := &miser{}
	s := w.service(accesskey.Options{Coverer: m})
	before := dbtest.Fingerprint(t, w.DB)
	k := accesskey.Key{Workspace: w.Club.ID, Title: "x", Role: workspace.RoleEditor, Expires: w.Now().Add(day)}
	_, _, err := s.Create(t.Context(), w.Bob, k)
	w.Wants(err, errMiser)
	k.Scopes = []string{"datastore"}
	_, _, err = s.Create(t.Context(), w.Bob, k)
	w.Wants(err, errMiser)
	if dbtest.Fingerprint(t, w.DB) != before {
		t.Error("refused, and something was kept")
	}
	m.asked = nil
	k.Role, k.Scopes = workspace.RoleViewer, nil
	made, _, err := s.Create(t.Context(), w.Bob, k)
	if w.OK(err); len(m.asked) != 1 || m.asked[0].Principal != made.Num || m.asked[0].Role != workspace.RoleViewer || m.asked[0].Node != w.Club.Num {
		t.Errorf("it was asked about %+v", m.asked)
	}
	m.asked = nil
	_, _, err = s.Create(t.Context(), w.Alice, accesskey.Key{Title: "x", Expires: w.Now().Add(day)})
	if w.OK(err); len(m.asked) != 0 {
		t.Errorf("it was asked about a personal key: %+v", m.asked)
	}
}
