package workspace_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestExplain asks why as whoever may ask and whoever may not.
func TestExplain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, adaActor := w.user("ada")
		o := w.organization("o", 100)
		in := w.workspace("here", ada, o.ID)
		bob, bobActor := w.member(in, "bob")
		_, chief := w.member(in, "chief", workspace.RoleAdministrator)
		eve, stranger := w.user("eve")
		g, err := w.CreateGroup(w.ctx(), w.admin, workspace.Group{Workspace: in.ID, Name: "group"})
		w.must(err)
		_, err = w.PutMember(w.ctx(), w.admin, in.ID, g.Num, []rbac.RoleName{workspace.RoleEditor})
		w.must(err)
		for _, c := range []struct {
			what  string
			actor workspace.Actor
			who   rbac.Principal
			node  rbac.Node
			want  error
		}{
			{"oneself at home", bobActor, bob.Num, in.Num, nil},
			{"oneself on the platform", bobActor, bob.Num, rbac.Root, nil},
			{"oneself in an organization that one may not see", bobActor, bob.Num, o.Num, workspace.ErrNotFound},
			{"oneself abroad", stranger, eve.Num, in.Num, workspace.ErrNotFound},
			{"oneself nowhere", stranger, eve.Num, 999_999, workspace.ErrNotFound},
			{"a fellow by who may not see members", bobActor, ada.Num, in.Num, rbac.ErrDenied},
			{"a fellow by an administrator", chief, bob.Num, in.Num, nil},
			{"a group by an administrator", chief, g.Num, in.Num, nil},
			{"a stranger by an administrator", chief, eve.Num, in.Num, workspace.ErrNotFound},
			{"nobody by an administrator", chief, 999_999, in.Num, workspace.ErrNotFound},
			{"a fellow on the platform", chief, bob.Num, rbac.Root, workspace.ErrNotFound},
			{"a fellow in the organization", chief, bob.Num, o.Num, workspace.ErrNotFound},
			{"a member by a stranger", stranger, bob.Num, in.Num, workspace.ErrNotFound},
			{"a stranger by the supervisor", adaActor, eve.Num, in.Num, workspace.ErrNotFound},
			{"anybody by the platform's administrator", w.admin, eve.Num, o.Num, nil},
			{"nobody by the platform's administrator", w.admin, 999_999, o.Num, workspace.ErrNotFound},
			{"nowhere by the platform's administrator", w.admin, eve.Num, 999_999, workspace.ErrNotFound},
		} {
			x, err := w.Explain(w.ctx(), c.actor, c.who, c.node, workspace.Update)
			if c.want != nil {
				wantErr(t, err, c.want)
				continue
			}
			if err != nil || x.Principal != c.who || x.Node != c.node {
				t.Errorf("%s: %+v, %v", c.what, x, err)
			}
		}
		x, err := w.Explain(w.ctx(), bobActor, bob.Num, in.Num, workspace.Update)
		w.must(err)
		if x.Allowed || len(x.Flip) != 1 || x.Flip[0].Kind != rbac.ChangeGrant {
			t.Errorf("%+v", x)
		}
	})
}

func TestMemberRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, supervisor := w.user("ada")
	in := w.workspace("here", ada, "")
	bob, bobActor := w.member(in, "bob", workspace.RoleEditor)
	eve, stranger := w.user("eve")
	rights, err := w.MemberRights(w.ctx(), supervisor, in.ID, bob.Num)
	w.must(err)
	var held []rbac.Permission
	for _, x := range rights {
		if x.Allowed {
			held = append(held, x.Permission)
		}
	}
	want := []rbac.Permission{
		workspace.Read, workspace.ReadActivity, workspace.ReadDatastore, workspace.Annex, workspace.Upload,
		workspace.Broadcast, workspace.Process,
	}
	slices.Sort(held)
	slices.Sort(want)
	if !slices.Equal(held, want) || len(rights) <= len(held) {
		t.Errorf("he holds %v, want %v", held, want)
	}
	_, err = w.MemberRights(w.ctx(), bobActor, in.ID, bob.Num)
	w.must(err)
	for _, c := range []struct {
		actor workspace.Actor
		who   rbac.Principal
		want  error
	}{
		{bobActor, ada.Num, rbac.ErrDenied},
		{supervisor, eve.Num, workspace.ErrNotFound},
		{stranger, bob.Num, workspace.ErrNotFound},
		{stranger, eve.Num, workspace.ErrNotFound},
	} {
		_, err := w.MemberRights(w.ctx(), c.actor, in.ID, c.who)
		wantErr(t, err, c.want)
	}
}

// TestVisible lists what each may see, and nothing else.
func TestVisible(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, adaActor := w.user("ada")
		o, other := w.organization("o", 100), w.organization("other", 100)
		here, there := w.workspace("here", ada, o.ID), w.workspace("there", ada, other.ID)
		chief, chiefActor := w.user("chief")
		w.must(w.AddOrganizationUser(w.ctx(), w.admin, o.ID, chief.ID))
		_, bobActor := w.member(there, "bob")
		_, stranger := w.user("eve")
		for _, c := range []struct {
			actor         workspace.Actor
			workspaces    []workspace.ID
			organizations []workspace.OrganizationID
		}{
			{w.admin, []workspace.ID{here.ID, there.ID}, []workspace.OrganizationID{o.ID, other.ID}},
			{adaActor, []workspace.ID{here.ID, there.ID}, nil},
			{chiefActor, []workspace.ID{here.ID}, []workspace.OrganizationID{o.ID}},
			{bobActor, []workspace.ID{there.ID}, nil},
			{stranger, nil, nil},
		} {
			list, total, err := w.Visible(w.ctx(), c.actor, workspace.Filter{})
			w.must(err)
			var ids []workspace.ID
			for _, d := range list {
				ids = append(ids, d.ID)
			}
			if !slices.Equal(ids, c.workspaces) || total != len(ids) {
				t.Errorf("%s sees workspaces %v of %d, want %v", c.actor.Name, ids, total, c.workspaces)
			}
			payers, total, err := w.VisibleOrganizations(w.ctx(), c.actor, workspace.OrganizationFilter{})
			w.must(err)
			var paying []workspace.OrganizationID
			for _, o := range payers {
				paying = append(paying, o.ID)
			}
			if !slices.Equal(paying, c.organizations) || total != len(paying) {
				t.Errorf("%s sees organizations %v of %d, want %v", c.actor.Name, paying, total, c.organizations)
			}
		}
	})
}

// TestAllot gives shares one by one, and takes them away.
func TestAllot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, supervisor := w.user("ada")
		o := w.organization("o", 100)
		in := w.workspace("here", ada, o.ID)
		store, check := w.pool(quota.Storage, "s"), w.pool(quota.Check, "c")
		second := w.pool(quota.Storage, "t")
		ctx := w.ctx()
		w.leaves(func() {
			made, err := w.Allot(ctx, w.admin, in.ID, store, workspace.SlotUploads, 7)
			w.must(err)
			if made.Limit != 7 || made.Within == "" || made.From.ID != store {
				t.Errorf("%+v, want uploads within those of the organization", made)
			}
			again, err := w.Allot(ctx, w.admin, in.ID, store, workspace.SlotUploads, 7)
			if err != nil || again.Updated != made.Updated {
				t.Errorf("%+v, %v", again, err)
			}
			changed, err := w.Allot(ctx, w.admin, in.ID, store, workspace.SlotUploads, 9)
			if err != nil || changed.ID != made.ID || changed.Limit != 9 {
				t.Errorf("%+v, %v", changed, err)
			}
			_, err = w.Allot(ctx, w.admin, in.ID, check, "", 1)
			w.must(err)
		}, "workspace.allot", "workspace.allot", "workspace.allot")
		_, err := w.Allot(ctx, w.admin, in.ID, second, workspace.SlotUploads, 7)
		wantErr(t, err, workspace.ErrTaken)
		for _, c := range []struct {
			pool  quota.PoolID
			slot  string
			limit int64
			field string
		}{{store, "", 1, "slot"}, {store, "x", 1, "slot"}, {check, "data", 1, "slot"}, {store, "data", -1, "limit"}} {
			_, err := w.Allot(ctx, w.admin, in.ID, c.pool, c.slot, c.limit)
			wantInvalid(t, err, c.field)
		}
		_, err = w.Allot(ctx, w.admin, in.ID, "0192f1a0-7c3e-7d52-9f0a-5d0c9c1b2a31", "", 1)
		wantErr(t, err, workspace.ErrNotFound)
		_, err = w.Allot(ctx, supervisor, in.ID, store, "data", 1)
		wantErr(t, err, rbac.ErrDenied)
		shares, err := w.Shares(ctx, supervisor, in.ID)
		if err != nil || len(shares) != 2 {
			t.Errorf("%+v, %v; want two shares", shares, err)
		}
		w.leaves(func() { w.must(w.Withdraw(ctx, w.admin, in.ID, check, "")) }, "workspace.withdraw")
		wantErr(t, w.Withdraw(ctx, w.admin, in.ID, check, ""), workspace.ErrNotFound)
	})
}

// TestHold wants everybody else to wait.
func TestHold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, _ := w.user("ada")
		o := w.organization("o", 100)
		in := w.workspace("here", ada, o.ID)
		w.must(w.PutRole(w.ctx(), w.admin, rbac.Role{Name: "role", Title: "T"}))
		for _, c := range []struct {
			what   string
			hold   func(fn func(ctx context.Context) error) error
			change func() error
		}{
			{"a workspace", func(fn func(context.Context) error) error { return w.Hold(w.ctx(), w.admin, in.ID, fn) }, func() error {
				_, err := w.Update(w.ctx(), w.admin, in.ID, func(n *workspace.Workspace) error { n.Description += "x"; return nil })
				return err
			}},
			{"an organization", func(fn func(context.Context) error) error { return w.HoldOrganization(w.ctx(), w.admin, o.ID, fn) }, func() error {
				_, err := w.UpdateOrganization(w.ctx(), w.admin, o.ID, func(n *workspace.Organization) error { n.VAT += "x"; return nil })
				return err
			}},
			{"roles", func(fn func(context.Context) error) error { return w.HoldRoles(w.ctx(), w.admin, fn) }, func() error {
				return w.PutRole(w.ctx(), w.admin, rbac.Role{Name: "role", Title: "U"})
			}},
			{"users", func(fn func(context.Context) error) error { return w.HoldUsers(w.ctx(), w.admin, fn) }, func() error {
				_, err := w.UpdateUser(w.ctx(), w.admin, ada.ID, func(u *workspace.User) error { u.FirstName += "x"; return nil })
				return err
			}},
		} {
			held, changed := make(chan struct{}), make(chan error, 1)
			go func() {
				<-held
				changed <- c.change()
			}()
			w.must(c.hold(func(context.Context) error {
				close(held)
				select {
				case err := <-changed:
					t.Errorf("%s: it was changed (%v) while it was held", c.what, err)
					changed <- err
				case <-time.After(200 * time.Millisecond):
				}
				return nil
			}))
			w.must(<-changed)
		}
	})
}

// TestDeletePoolIf asks about a facility before it is deleted.
func TestDeletePoolIf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(quota.Check, "c")
	before := dbtest.Fingerprint(t, w.db)
	err := w.DeletePoolIf(w.ctx(), w.admin, pool, func(p quota.Pool) error {
		if p.ID != pool || p.Name != "c" {
			t.Errorf("asked about %+v", p)
		}
		return workspace.ErrInUse
	})
	wantErr(t, err, workspace.ErrInUse)
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("a refusal left something")
	}
	w.must(w.DeletePoolIf(w.ctx(), w.admin, pool, func(quota.Pool) error { return nil }))
	_, err = w.Pool(w.ctx(), w.admin, pool)
	wantErr(t, err, workspace.ErrNotFound)
}
