package workspace_test

import (
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func TestRules(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, adaActor := w.user("ada")
		o := w.organization("o", 0)
		in, other := w.workspace("here", ada, o.ID), w.workspace("there", ada, o.ID)
		bob, bobActor := w.member(in, "bob", workspace.RoleAdministrator)
		eve, eveActor := w.user("eve")
		boss, _ := w.member(in, "boss")
		w.must(w.AddOrganizationUser(w.ctx(), w.admin, o.ID, boss.ID))
		upload := rbac.Rule{Node: in.Num, Effect: rbac.Allow, Principal: bob.Num, Scope: "datastore", Permission: "upload", Propagate: true}
		with := func(change func(r *rbac.Rule)) rbac.Rule { r := upload; change(&r); return r }
		deny := with(func(r *rbac.Rule) { r.Effect = rbac.Deny })
		before := dbtest.Fingerprint(t, w.db)
		for field, r := range map[string]rbac.Rule{
			"node":      with(func(r *rbac.Rule) { r.Node = other.Num }),
			"effect":    with(func(r *rbac.Rule) { r.Effect = "maybe" }),
			"principal": with(func(r *rbac.Rule) { r.Principal = eve.Num }),
			"role":      with(func(r *rbac.Rule) { r.Role, r.Scope, r.Permission = workspace.RoleOrganizationAdministrator, "", "" }),
			"expires":   with(func(r *rbac.Rule) { r.Expires = w.clock.now().Add(-time.Second) }),
		} {
			_, err := w.AddRule(w.ctx(), adaActor, in.ID, r)
			wantInvalid(t, err, field)
		}
		for _, n := range []rbac.Node{rbac.Root, o.Num, 4711} {
			_, err := w.AddRule(w.ctx(), adaActor, in.ID, with(func(r *rbac.Rule) { r.Node = n }))
			wantInvalid(t, err, "node")
		}
		for _, p := range []rbac.Principal{rbac.Everyone, rbac.Authenticated, rbac.Owner, in.Audience} {
			_, err := w.AddRule(w.ctx(), adaActor, in.ID, with(func(r *rbac.Rule) { r.Effect, r.Principal = rbac.Deny, p }))
			wantInvalid(t, err, "principal")
		}
		_, err := w.AddRule(w.ctx(), bobActor, in.ID, with(func(r *rbac.Rule) { r.Effect, r.Principal = rbac.Deny, ada.Num }))
		wantErr(t, err, workspace.ErrSupervisor)
		_, err = w.AddRule(w.ctx(), bobActor, in.ID, with(func(r *rbac.Rule) { r.Effect, r.Principal = rbac.Deny, boss.Num }))
		wantErr(t, err, workspace.ErrSuperior)
		_, err = w.AddRule(w.ctx(), eveActor, in.ID, upload)
		wantErr(t, err, workspace.ErrNotFound)
		if dbtest.Fingerprint(t, w.db) != before {
			t.Error("a refusal left something")
		}
		var made, denied rbac.Rule
		w.leaves(func() {
			made, err = w.AddRule(w.ctx(), adaActor, in.ID, with(func(r *rbac.Rule) { r.Expires = w.clock.now().Add(time.Hour) }))
			w.must(err)
			denied, err = w.AddRule(w.ctx(), adaActor, in.ID, deny)
			w.must(err)
		}, "rule.add", "rule.add")
		// Nobody frees himself, and nobody takes a membership apart.
		wantErr(t, w.DeleteRule(w.ctx(), bobActor, in.ID, denied.ID), rbac.ErrDenied)
		list, err := w.Rules(w.ctx(), bobActor, in.ID, rbac.RuleFilter{Principals: []rbac.Principal{bob.Num}})
		w.must(err)
		if len(list) != 3 {
			t.Errorf("rules %+v", list)
		}
		for _, r := range list {
			if r.Origin == "member" {
				wantErr(t, w.DeleteRule(w.ctx(), adaActor, in.ID, r.ID), workspace.ErrInUse)
			}
		}
		wantErr(t, w.DeleteRule(w.ctx(), adaActor, other.ID, made.ID), workspace.ErrNotFound)
		w.leaves(func() {
			w.must(w.DeleteRule(w.ctx(), adaActor, in.ID, denied.ID))
			w.must(w.DeleteRule(w.ctx(), bobActor, in.ID, made.ID))
		}, "rule.delete", "rule.delete")
	})
}
