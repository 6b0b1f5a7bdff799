package accesskey_test

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

func TestWorkspaceKey(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		asked := accesskey.Key{
			Workspace: w.Club.ID, Title: "Nightly ETL", Role: workspace.RoleEditor, Expires: w.Now().Add(30 * day),
			// What is not asked for but given.
			ID: "x", Num: 4711, User: "x", Address: "x", Prefix: "x", Creator: accesskey.Creator{Name: "x"},
			Created: w.Now().Add(day), Overlap: w.Now().Add(day), Revoked: w.Now(), RevokedBy: "x", LastUsed: w.Now(),
		}
		k, secret, err := w.keys.Create(w.Context(), w.Bob, asked)
		w.OK(err)
		prefix, _, err := accesskey.Parse(secret)
		w.OK(err)
		want := accesskey.Key{
			ID: k.ID, Num: k.Num, Workspace: w.Club.ID, Title: "Nightly ETL", Prefix: prefix,
			Address: "key-" + strings.ToLower(prefix[4:]) + "@keys.invalid",
			Creator: accesskey.Creator{User: w.Bob.User, Principal: w.Bob.Principal, Name: "bob Test", Email: "bob@example.org"},
			Role:    workspace.RoleEditor, Created: w.Now(), Expires: w.Now().Add(30 * day),
		}
		if diff := cmp.Diff(want, k); diff != "" || k.ID == "x" || k.Num == 4711 {
			w.Errorf("made (-want +got):\n%s", diff)
		}
		got, err := w.keys.Key(w.Context(), w.Bob, k.ID)
		w.OK(err)
		if diff := cmp.Diff(want, got); diff != "" {
			w.Errorf("read (-want +got):\n%s", diff)
		}
		w.holds(k.Num, w.Club.Num, workspace.Read, workspace.ReadActivity, workspace.ReadDatastore,
			workspace.Annex, workspace.Upload, workspace.Broadcast, workspace.Process)
		w.holds(k.Num, w.Publisher.Num)
		rules, err := w.Rights.Rules(w.Context(), rbac.RuleFilter{Principals: []rbac.Principal{k.Num}})
		w.OK(err)
		if len(rules) != 1 || rules[0].Origin != "key/"+string(k.ID) || !rules[0].Expires.Equal(k.Expires) || rules[0].Role != workspace.RoleEditor {
			w.Errorf("rules %+v", rules)
		}
		actor := w.actor(secret)
		if want := (workspace.Actor{
			Principal: k.Num, Name: "Nightly ETL", Via: "key", Credential: string(k.ID), Address: "192.0.2.7",
		}); actor != want {
			w.Errorf("the actor is %+v, want %+v", actor, want)
		}
		viewer := w.key(w.Bob, accesskey.Key{Workspace: w.Club.ID, Role: workspace.RoleViewer})
		w.holds(viewer.Num, w.Club.Num, workspace.Read, workspace.ReadActivity, workspace.ReadDatastore)

		// It outlives whoever made it, and what he could do.
		w.OK(w.Workspaces.RemoveMember(w.Context(), w.Admin, w.Club.ID, w.Alice.Principal))
		if _, err := w.Workspaces.Update(w.Context(), w.Admin, w.Club.ID, func(v *workspace.Workspace) error {
			v.Supervisor = w.Author.User
			return nil
		}); err != nil {
			w.Fatal(err)
		}
		if _, err := w.Workspaces.UpdateUser(w.Context(), w.Admin, w.Bob.User, func(u *workspace.User) error {
			u.Disabled = true
			return nil
		}); err != nil {
			w.Fatal(err)
		}
		w.actor(secret)
		w.holds(viewer.Num, w.Club.Num, workspace.Read, workspace.ReadActivity, workspace.ReadDatastore)
	})
}

func TestPersonalKey(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		k := w.key(w.Alice, accesskey.Key{Title: "laptop"})
		if k.User != w.Alice.User || k.Workspace != "" || k.Role != "" {
			w.Errorf("made %+v", k.Key)
		}
		actor := w.actor(k.secret)
		if want := (workspace.Actor{
			Principal: k.Num, Name: "laptop", Via: "key", Credential: string(k.ID), Address: "192.0.2.7",
			Behalf: w.Alice.User, BehalfName: "alice", BehalfPrincipal: w.Alice.Principal,
		}); actor != want {
			w.Errorf("the actor is %+v, want %+v", actor, want)
		}
		member := []rbac.Permission{workspace.Read, workspace.ReadActivity, workspace.ReadDatastore}
		w.holds(k.Num, w.Club.Num, member...)
		w.holds(k.Num, w.Publisher.Num)
		w.holds(k.Num, rbac.Root)
		// It follows what the user can do, both ways.
		w.Join(w.Club, w.Alice, workspace.RoleUpload)
		w.holds(k.Num, w.Club.Num, append(member, workspace.Upload)...)
		w.OK(w.Workspaces.RemoveMember(w.Context(), w.Admin, w.Club.ID, w.Alice.Principal))
		w.holds(k.Num, w.Club.Num)
		if use := w.use(w.Alice); use != 1 {
			w.Errorf("it takes %d units, want 1", use)
		}
		disable := func(disabled bool) {
			_, err := w.Workspaces.UpdateUser(w.Context(), w.Admin, w.Alice.User, func(u *workspace.User) error {
				u.Disabled = disabled
				return nil
			})
			w.OK(err)
		}
		disable(true)
		w.refused("of a user who is disabled", k.secret, somewhere())
		_, _, err := w.keys.Create(w.Context(), w.Alice, accesskey.Key{Title: "x", Expires: w.Now().Add(day)})
		w.denied("a user who is disabled", err)
		disable(false)
		w.actor(k.secret)
	})
}

func TestKeysQuota(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var keys []made
		for range 5 {
			keys = append(keys, w.key(w.Alice, accesskey.Key{}))
		}
		asked := accesskey.Key{Title: "x", Expires: w.Now().Add(day)}
		before := dbtest.Fingerprint(w, w.DB)
		_, _, err := w.keys.Create(w.Context(), w.Alice, asked)
		w.Wants(err, quota.ErrExceeded)
		if dbtest.Fingerprint(w, w.DB) != before {
			w.Error("refused, and something was kept")
		}
		// A key that was revoked is still there.
		w.OK(w.keys.Revoke(w.Context(), w.Alice, keys[0].ID))
		_, _, err = w.keys.Create(w.Context(), w.Alice, asked)
		w.Wants(err, quota.ErrExceeded)
		w.OK(w.keys.Delete(w.Context(), w.Alice, keys[0].ID))
		w.key(w.Alice, asked)
		w.key(w.Bob, accesskey.Key{Workspace: w.Club.ID})
		if use := w.use(w.Bob); use != 0 {
			w.Errorf("a workspace's key takes %d units of who made it", use)
		}
	})
}

func TestLists(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.key(w.Bob, accesskey.Key{Workspace: w.Club.ID, Title: "b"})
		b := w.key(w.Bob, accesskey.Key{Workspace: w.Club.ID, Title: "a", Role: workspace.RoleViewer})
		c := w.key(w.Bob, accesskey.Key{Workspace: w.Club.ID, Title: "c", Expires: w.Now().Add(time.Hour)})
		mine := w.key(w.Bob, accesskey.Key{Title: "mine"})
		w.key(w.Alice, accesskey.Key{Title: "hers"})
		w.key(w.Author, accesskey.Key{Workspace: w.Publisher.ID})
		w.OK(w.keys.Revoke(w.Context(), w.Bob, b.ID))
		w.SetNow(w.Now().Add(time.Hour))
		list := func(f accesskey.Filter, want ...made) {
			w.Helper()
			got, n, err := w.keys.Keys(w.Context(), w.Bob, f)
			w.OK(err)
			ids, wanted := []accesskey.ID{}, []accesskey.ID{}
			for _, k := range got {
				ids = append(ids, k.ID)
			}
			for _, k := range want {
				wanted = append(wanted, k.ID)
			}
			if diff := cmp.Diff(wanted, ids); diff != "" || n != len(want) {
				w.Errorf("%+v: %d (-want +got):\n%s", f, n, diff)
			}
		}
		list(accesskey.Filter{Workspace: w.Club.ID}, a, b, c)
		list(accesskey.Filter{Workspace: w.Club.ID, Order: accesskey.Order{By: "title"}}, b, a, c)
		list(accesskey.Filter{Workspace: w.Club.ID, States: []accesskey.State{accesskey.Active}}, a)
		list(accesskey.Filter{Workspace: w.Club.ID, States: []accesskey.State{accesskey.Revoked, accesskey.Expired}, At: w.Now().Add(-day)}, b, c)
		list(accesskey.Filter{}, mine)
		list(accesskey.Filter{User: w.Alice.User}, mine) // not hers
		list(accesskey.Filter{Workspace: w.Club.ID, User: w.Alice.User}, a, b, c)
		_, _, err := w.keys.Keys(w.Context(), w.Bob, accesskey.Filter{Order: accesskey.Order{By: "secret"}})
		w.Invalid(err, "sort")
		_, _, err = w.keys.Keys(w.Context(), w.Bob, accesskey.Filter{States: []accesskey.State{"gone"}})
		w.Invalid(err, "states[0]")
	})
}

// Whatever happens to a key leaves an event, and no event, and no row, holds
// its secret.
func TestTrail(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		k := w.key(w.Bob, accesskey.Key{
			Workspace: w.Club.ID, Scopes: []string{"datastore"}, Nodes: []rbac.Node{w.Club.Num},
			Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		})
		_, second, err := w.keys.Rotate(ctx, w.Bob, k.ID, time.Hour, "token")
		w.OK(err)
		w.actor(second)
		w.OK(w.keys.Revoke(ctx, w.Bob, k.ID))
		w.OK(w.keys.Revoke(ctx, w.Bob, k.ID))
		var dump strings.Builder
		dbtest.Dump(w, w.DB, &dump)
		w.OK(w.keys.Delete(ctx, w.Bob, k.ID))
		var actions []string
		for _, e := range w.Trail() {
			if e.Object.Kind != "access_key" {
				continue
			}
			actions = append(actions, e.Action)
			if e.Object.ID != string(k.ID) || e.Object.Name != k.Title || e.Workspace != string(w.Club.ID) || e.Principal != int64(w.Bob.Principal) || !json.Valid(e.Detail) {
				w.Errorf("event %+v", e)
			}
			dump.Write(e.Detail)
		}
		if diff := cmp.Diff([]string{"access_key.create", "access_key.rotate", "access_key.revoke", "access_key.delete"}, actions); diff != "" {
			w.Error(diff)
		}
		for _, secret := range []string{k.secret, second} {
			if _, part, _ := accesskey.Parse(secret); strings.Contains(dump.String(), part) || !strings.Contains(dump.String(), k.Prefix) {
				w.Error("the database holds a secret, or the dump nothing")
			}
		}
		for _, table := range []rbac.RuleFilter{{Principals: []rbac.Principal{k.Num}}, {Origin: "key/" + string(k.ID)}} {
			if rules, err := w.Rights.Rules(ctx, table); err != nil || len(rules) > 0 {
				w.Errorf("after it was deleted: %v, %v", rules, err)
			}
		}
		w.refused("deleted", second, somewhere())
		// Who may not see who is a member is not told of keys either.
		shown := func(who workspace.Actor) (n int) {
			list, err := w.Workspaces.Activity(ctx, who, w.Club.ID, audit.Filter{})
			w.OK(err)
			for _, e := range list {
				if e.Object.Kind == "access_key" {
					n++
				}
			}
			return n
		}
		if to, not := shown(w.Bob), shown(w.Alice); to != 4 || not != 0 {
			w.Errorf("%d events are shown to the supervisor, and %d to a member", to, not)
		}
	})
}

// Nothing is kept of what failed half way.
func TestSweeps(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		k, personal := w.ofClub(), w.key(w.Bob, accesskey.Key{})
		w.Sweep(func(ctx context.Context) error {
			_, _, err := w.keys.Create(ctx, w.Bob, accesskey.Key{
				Workspace: w.Club.ID, Title: "x", Role: workspace.RoleEditor, Scopes: []string{"workspace"}, Nodes: []rbac.Node{w.Club.Num}, Expires: w.Now().Add(day),
			})
			return err
		})
		w.Sweep(func(ctx context.Context) error {
			_, _, err := w.keys.Create(ctx, w.Bob, accesskey.Key{Title: "x", Expires: w.Now().Add(day)})
			return err
		})
		w.Sweep(func(ctx context.Context) error {
			_, _, err := w.keys.Rotate(ctx, w.Bob, k.ID, time.Hour, "token")
			return err
		})
		w.Sweep(func(ctx context.Context) error { return w.keys.Revoke(ctx, w.Bob, k.ID) })
		w.Sweep(func(ctx context.Context) error { return w.keys.Delete(ctx, w.Bob, personal.ID) })
	})
}
