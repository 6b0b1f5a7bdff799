package resource_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// allow is a rule that allows something and holds below, and forbid the
// opposite.
func allow(p rbac.Principal, perm rbac.Permission) rbac.Rule {
	return rbac.Rule{Effect: rbac.Allow, Principal: p, Scope: perm.Scope(), Permission: perm.Name(), Propagate: true}
}

func forbid(p rbac.Principal, perm rbac.Permission) rbac.Rule {
	r := allow(p, perm)
	r.Effect = rbac.Deny
	return r
}

// sets puts rules on a resource that must be allowed.
func (w *world) sets(who workspace.Actor, n rbac.Node, rules ...rbac.Rule) []rbac.Rule {
	w.Helper()
	set, err := w.resources.SetRules(w.Context(), who, n, rules)
	w.ok(err)
	return set
}

// setting wants rules to be refused.
func (w *world) setting(who workspace.Actor, n rbac.Node, want error, rules ...rbac.Rule) error {
	w.Helper()
	return w.unchanged(want, func() error {
		_, err := w.resources.SetRules(w.Context(), who, n, rules)
		return err
	})
}

// plain is what a rule was asked to be.
func plain(rules []rbac.Rule) []rbac.Rule {
	list := []rbac.Rule{}
	for _, r := range rules {
		list = append(list, rbac.Rule{
			Effect: r.Effect, Principal: r.Principal, Role: r.Role, Scope: r.Scope, Permission: r.Permission, Class: r.Class,
			Propagate: r.Propagate, Expires: r.Expires,
		})
	}
	return list
}

func TestRules(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.branch(w.city.Num)
		leaf := w.leaf(n)
		until := w.clock().Add(time.Hour).Truncate(time.Microsecond)
		read := allow(w.member.Principal, resource.Read)
		write := rbac.Rule{Effect: rbac.Allow, Principal: w.mallory.Principal, Scope: "resource", Class: "leaf", Propagate: true, Expires: until}
		role := rbac.Rule{Effect: rbac.Allow, Principal: w.member.Principal, Role: workspace.RoleEditor, Propagate: true}
		since := len(w.trail())
		set := w.sets(w.manager, n, read, write, read) // one of them once
		if diff := compare([]rbac.Rule{read, write}, plain(set)); diff != "" {
			w.Errorf("set (-want +got):\n%s", diff)
		}
		for _, r := range set {
			if r.Node != n || r.Origin != workspace.OriginManual || r.ID == "" {
				w.Errorf("rule %+v", r)
			}
		}
		got, err := w.resources.Rules(w.Context(), w.viewer, n)
		w.ok(err)
		if diff := compare(set, got); diff != "" {
			w.Errorf("read (-want +got):\n%s", diff)
		}
		w.may(w.member, leaf, resource.Read, true)
		w.may(w.mallory, leaf, resource.Update, false) // he does not see the workspace
		w.untouched(func() { w.sets(w.manager, n, write, read) })
		again := w.sets(w.manager, n, read, role)
		if diff := compare([]rbac.Rule{read, role}, plain(again)); diff != "" || again[0].ID != set[0].ID {
			w.Errorf("set again (-want +got):\n%s", diff)
		}
		w.may(w.member, leaf, resource.Update, true)
		w.sets(w.manager, n)
		w.may(w.member, leaf, resource.Read, false)
		events := w.trail()[since:]
		if len(events) != 3 || events[1].Action != "resource.set_rules" || events[1].Principal != int64(w.manager.Principal) ||
			!containsAll(string(events[1].Detail), `"role":"Editor"`) || !containsAll(string(events[1].Before), `"class":"leaf"`) {
			w.Errorf("trail %+v", events)
		}
		// What is there for another reason is none of theirs.
		list, err := w.resources.Rules(w.Context(), w.boss, w.city.Num)
		w.ok(err)
		if len(list) > 0 {
			w.Errorf("rules of the workspace: %+v", list)
		}
		w.sets(w.boss, w.city.Num, read)
		w.may(w.editor, w.city.Num, resource.Update, true)
		w.sets(w.boss, w.city.Num)
		w.may(w.editor, w.city.Num, resource.Update, true)
	})
}

func TestRulesNeed(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.branch(w.city.Num)
		read := allow(w.member.Principal, resource.Read)
		for _, who := range []workspace.Actor{w.editor, w.viewer, w.member, w.mallory, w.guest} {
			w.denied(w.setting(who, n, rbac.ErrDenied, read), n, resource.ChangePermissions)
		}
		_, err := w.resources.Rules(w.Context(), w.member, n)
		w.denied(err, n, resource.Read)
		w.grant(w.city.Num, w.viewer.Principal, resource.ChangePermissions, true)
		w.sets(w.viewer, n, read)
		w.denied(w.setting(w.viewer, w.city.Num, rbac.ErrDenied, read), w.city.Num, workspace.ManageRules)
		w.setting(w.root, rbac.Root, resource.ErrRoot, read)
		w.setting(w.root, 1<<40, resource.ErrNotFound, read)
	})
}

// TestRulesGive no more than who makes them has, and free nobody who cannot free
// himself.
func TestRulesGive(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.branch(w.city.Num)
		leaf := w.leaf(n)
		w.grant(w.city.Num, w.viewer.Principal, resource.ChangePermissions, true)
		editor := rbac.Rule{Effect: rbac.Allow, Principal: w.member.Principal, Role: workspace.RoleEditor, Propagate: true}
		everything := rbac.Rule{Effect: rbac.Allow, Principal: w.member.Principal, Propagate: true}
		for _, r := range []rbac.Rule{
			allow(w.member.Principal, resource.Update), allow(w.viewer.Principal, resource.Update), allow(rbac.Owner, resource.Delete), editor, everything,
			{Effect: rbac.Allow, Principal: w.member.Principal, Scope: "resource", Propagate: true},
		} {
			w.setting(w.viewer, n, rbac.ErrDenied, r)
		}
		w.sets(w.viewer, n, allow(w.member.Principal, resource.Read), forbid(w.member.Principal, resource.Update))
		// Nobody frees himself, or others, from what he could not give.
		w.sets(w.manager, leaf, forbid(w.viewer.Principal, resource.Update), forbid(w.member.Principal, resource.Read))
		w.setting(w.viewer, leaf, rbac.ErrDenied)
		w.sets(w.viewer, leaf, forbid(w.viewer.Principal, resource.Update)) // this he has
		// An end that comes later gives more, one that has come denies nothing.
		w.sets(w.manager, leaf, func() rbac.Rule {
			r := forbid(w.viewer.Principal, resource.Update)
			r.Expires = w.clock().Add(time.Hour)
			return r
		}())
		w.setting(w.viewer, leaf, rbac.ErrDenied)
		w.pass(2 * time.Hour)
		w.sets(w.viewer, leaf)
		w.sets(w.manager, n, editor)
		w.may(w.member, leaf, resource.Update, true)
	})
}

// TestRulesInvalid names what makes no sense.
func TestRulesInvalid(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.branch(w.city.Num)
		theirs, err := w.workspaces.CreateGroup(w.Context(), w.admin, workspace.Group{Workspace: w.club.ID, Name: "theirs"})
		w.ok(err)
		ours, err := w.workspaces.CreateGroup(w.Context(), w.admin, workspace.Group{Workspace: w.city.ID, Name: "ours"})
		w.ok(err)
		all, err := w.workspaces.CreateGroup(w.Context(), w.admin, workspace.Group{Name: "all"})
		w.ok(err)
		good := allow(w.member.Principal, resource.Read)
		for field, change := range map[string]func(r *rbac.Rule){
			"effect":      func(r *rbac.Rule) { r.Effect = "perhaps" },
			"principal":   func(r *rbac.Rule) { r.Principal = 1 << 40 },
			"principal ":  func(r *rbac.Rule) { r.Principal = theirs.Num },
			"principal  ": func(r *rbac.Rule) { r.Principal = 0 },
			"scope":       func(r *rbac.Rule) { r.Role = workspace.RoleViewer },
			"scope ":      func(r *rbac.Rule) { r.Scope = strings.Repeat("x", 256) },
			"permission":  func(r *rbac.Rule) { r.Role, r.Scope = workspace.RoleViewer, "" },
			"class":       func(r *rbac.Rule) { r.Class = "nothing" },
			"expires":     func(r *rbac.Rule) { r.Expires = w.clock() },
			"role":        func(r *rbac.Rule) { *r = rbac.Rule{Effect: rbac.Allow, Principal: r.Principal, Role: "nothing"} },
			"role ": func(r *rbac.Rule) {
				*r = rbac.Rule{Effect: rbac.Allow, Principal: r.Principal, Role: workspace.RolePlatformAdministrator}
			},
			"role  ": func(r *rbac.Rule) {
				*r = rbac.Rule{Effect: rbac.Allow, Principal: r.Principal, Role: workspace.RoleMember}
			},
			"role   ": func(r *rbac.Rule) {
				*r = rbac.Rule{Effect: rbac.Allow, Principal: r.Principal, Role: workspace.RoleOwner}
			},
		} {
			bad := good
			change(&bad)
			w.invalid(w.setting(w.root, n, workspace.ErrInvalid, allow(w.viewer.Principal, resource.Read), bad),
				"permissions[1]."+strings.TrimRight(field, " "))
		}
		w.invalid(w.setting(w.root, n, workspace.ErrInvalid, good, forbid(good.Principal, resource.Read)), "permissions[1]")
		many := make([]rbac.Rule, 1001)
		w.invalid(w.setting(w.root, n, workspace.ErrInvalid, many...), "permissions")
		w.invalid(w.setting(w.root, w.city.Num, workspace.ErrInvalid, forbid(w.viewer.Principal, workspace.Read)), "permissions[0].scope")
		w.setting(w.root, rbac.Root, resource.ErrRoot, good)
		for _, p := range []rbac.Principal{
			rbac.Everyone, rbac.Authenticated, rbac.Guest, rbac.Owner, ours.Num, all.Num, w.mallory.Principal, w.city.Audience, rbac.Administrators,
			w.key(w.boss, w.city.ID, workspace.RoleViewer).Principal,
		} {
			w.sets(w.root, n, allow(p, resource.Read))
		}
		w.sets(w.root, n, rbac.Rule{Effect: rbac.Allow, Principal: w.editor.Principal, Role: workspace.RoleOwner, Propagate: true})
	})
}

// TestRulesLockNobodyOut who could mend them.
func TestRulesLockNobodyOut(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.branch(w.city.Num)
		for _, perm := range []rbac.Permission{resource.Read, resource.Update, resource.ChangePermissions} {
			w.setting(w.manager, n, resource.ErrLockout, forbid(w.root.Principal, perm))
			w.setting(w.boss, n, resource.ErrLockout, forbid(rbac.Everyone, perm))
			w.setting(w.root, n, resource.ErrLockout, forbid(rbac.Administrators, perm))
			// The supervisor holds everything, whatever a rule denies.
			w.may(w.boss, n, perm, true)
		}
		w.sets(w.manager, n, forbid(w.root.Principal, resource.Delete), forbid(w.manager.Principal, resource.Update))
		w.setting(w.manager, n, rbac.ErrDenied) // who locked himself out
		w.sets(w.boss, n)
		// Who is locked out already keeps nobody from anything.
		w.deny(n, w.root.Principal, resource.Read, false)
		w.sets(w.boss, n, forbid(w.root.Principal, resource.Read), forbid(w.root.Principal, resource.Update))
	})
}

// TestRulesKeepAnOwner where a rule says who owns something.
func TestRulesKeepAnOwner(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.make(w.admin, draft(w.city.Num, "nobody's")).Num
		owns := rbac.Rule{Effect: rbac.Allow, Principal: w.editor.Principal, Role: workspace.RoleOwner, Propagate: true}
		w.sets(w.boss, n, owns)
		w.invalid(w.setting(w.boss, n, workspace.ErrInvalid), "permissions")
		w.invalid(w.setting(w.boss, n, workspace.ErrInvalid, allow(w.member.Principal, resource.Read)), "permissions")
		owns.Principal = w.manager.Principal
		w.sets(w.boss, n, owns)
		w.give(w.boss, n, w.editor.Principal, false, 1)
		w.sets(w.boss, n)
	})
}

// TestAsking is for what one holds oneself, or may change.
func TestAsking(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.branch(w.city.Num)
		set, err := w.resources.Effective(w.Context(), w.viewer, n, w.viewer.Principal)
		w.ok(err)
		if !slices.Equal(set.List(), w.holding(w.viewer, n)[n]) || !set.Has(resource.Read) || set.Has(resource.Update) {
			w.Errorf("the viewer holds %v", set.List())
		}
		x, err := w.resources.Explain(w.Context(), w.manager, n, w.viewer.Principal, resource.Update)
		w.ok(err)
		if x.Allowed || x.Principal != w.viewer.Principal || len(x.Flip) == 0 {
			w.Errorf("explained %+v", x)
		}
		_, err = w.resources.Effective(w.Context(), w.viewer, n, w.editor.Principal)
		w.denied(err, n, resource.ChangePermissions)
		_, err = w.resources.Explain(w.Context(), w.viewer, n, w.editor.Principal, resource.Read)
		w.denied(err, n, resource.ChangePermissions)
		_, err = w.resources.Explain(w.Context(), w.member, n, w.member.Principal, resource.Read)
		w.denied(err, n, resource.Read)
		_, err = w.resources.Effective(w.Context(), w.manager, n, 1<<40)
		w.invalid(err, "principal")
		_, err = w.resources.Explain(w.Context(), w.manager, n, 1<<40, resource.Read)
		w.invalid(err, "principal")
		_, err = w.resources.Effective(w.Context(), w.manager, 1<<40, w.manager.Principal)
		w.wants(err, resource.ErrNotFound)
	})
}

func TestRulesSweep(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.branch(w.city.Num)
		w.sets(w.boss, n, allow(w.member.Principal, resource.Read), forbid(w.member.Principal, resource.Update))
		w.sweep(func(ctx context.Context) error {
			_, err := w.resources.SetRules(ctx, w.boss, n, []rbac.Rule{
				allow(w.member.Principal, resource.Update), {Effect: rbac.Allow, Principal: w.editor.Principal, Role: workspace.RoleOwner, Propagate: true},
			})
			return err
		})
	})
}
