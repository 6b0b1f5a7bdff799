package resource_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// give has somebody give a resource to another, and wants how many that were.
func (w *world) give(who workspace.Actor, n rbac.Node, to rbac.Principal, below bool, want int) {
	w.Helper()
	got, err := w.resources.Transfer(w.Context(), who, n, to, below)
	w.ok(err)
	if got != want {
		w.Errorf("%d were given, want %d", got, want)
	}
}

// keeps wants a transfer to be refused.
func (w *world) keeps(who workspace.Actor, n rbac.Node, to rbac.Principal, below bool, want error) error {
	w.Helper()
	return w.unchanged(want, func() error {
		_, err := w.resources.Transfer(w.Context(), who, n, to, below)
		return err
	})
}

func (w *world) owners(want rbac.Principal, nodes ...rbac.Node) {
	w.Helper()
	for _, n := range nodes {
		if got := w.get(w.root, n).Owner; got != want {
			w.Errorf("%d is owned by %d, want %d", n, got, want)
		}
	}
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		top := w.make(w.editor, draft(w.city.Num, "top")).Num
		a := w.make(w.editor, draft(top, "a")).Num
		b := w.make(w.boss, draft(a, "b")).Num
		c := w.make(w.editor, draft(b, "c")).Num
		beside := w.make(w.editor, draft(w.city.Num, "beside")).Num
		since, at := len(w.trail()), w.pass(time.Hour)
		w.give(w.manager, top, w.manager.Principal, false, 1)
		w.owners(w.manager.Principal, top)
		w.owners(w.editor.Principal, a, c, beside)
		if r := w.get(w.root, top); !r.Updated.Equal(at) {
			w.Errorf("updated %v, want %v", r.Updated, at)
		}
		w.give(w.manager, top, w.editor.Principal, false, 1)
		w.give(w.boss, top, w.manager.Principal, true, 3) // that of the boss stays his
		w.owners(w.manager.Principal, top, a, c)
		w.owners(w.boss.Principal, b)
		w.owners(w.editor.Principal, beside)
		events := w.trail()[since:]
		if len(events) != 3 || events[2].Action != "resource.transfer" || !strings.Contains(string(events[2].Detail), `"resources":3`) {
			w.Errorf("trail %+v", events)
		}
		w.untouched(func() { w.give(w.boss, top, w.manager.Principal, true, 0) }) // whose it is
		w.lists(w.viewer, resource.Filter{Owners: []rbac.Principal{w.manager.Principal}}, "top", "a", "c")
	})
}

func TestTransferNeeds(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		top := w.branch(w.city.Num)
		inner := w.branch(top)
		to := w.editor.Principal
		for _, who := range []workspace.Actor{w.editor, w.viewer, w.member, w.mallory, w.guest} {
			w.denied(w.keeps(who, top, to, false, rbac.ErrDenied), top, resource.ChangePermissions)
		}
		w.deny(inner, w.manager.Principal, resource.ChangePermissions, false)
		w.denied(w.keeps(w.manager, top, to, true, rbac.ErrDenied), inner, resource.ChangePermissions)
		w.keeps(w.root, 1<<40, to, false, resource.ErrNotFound)
		w.keeps(w.root, w.city.Num, to, false, resource.ErrRoot)
		w.keeps(w.root, rbac.Root, to, false, resource.ErrRoot)
		// Who may own something is a member himself, and an editor at least.
		group, err := w.workspaces.CreateGroup(w.Context(), w.admin, workspace.Group{Workspace: w.city.ID, Name: "group"})
		w.ok(err)
		w.join(w.city, workspace.Actor{Principal: group.Num}, workspace.RoleEditor)
		for _, heir := range []rbac.Principal{
			0, rbac.Everyone, rbac.Owner, 1 << 40, w.viewer.Principal, w.member.Principal, w.mallory.Principal, w.root.Principal, group.Num,
			w.key(w.boss, w.city.ID, workspace.RoleEditor).Principal,
		} {
			w.keeps(w.boss, top, heir, false, workspace.ErrHeir)
		}
		w.give(w.boss, top, to, true, 2)
	})
}

// TestTransferGives no more than the giver has, by the rules for owners.
func TestTransferGives(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		top := w.branch(w.city.Num)
		n := w.branch(top)
		below := w.leaf(n)
		to := w.editor.Principal
		rule := rbac.Rule{Effect: rbac.Allow, Principal: rbac.Owner, Scope: "resource", Permission: "delete"}
		// What the owner would hold on it is what the manager lacks.
		w.deny(w.city.Num, w.manager.Principal, resource.Delete, true)
		for _, on := range []struct {
			node      rbac.Node
			propagate bool
			refused   bool
		}{
			{top, true, true}, {top, false, false}, {n, false, true}, {below, false, false},
		} {
			rule.Node, rule.Propagate = on.node, on.propagate
			made := w.rule(rule)
			if on.refused {
				w.keeps(w.manager, n, to, false, rbac.ErrDenied)
			} else {
				w.give(w.manager, n, to, false, 1)
				w.give(w.root, n, w.boss.Principal, false, 1)
			}
			w.ok(w.db.Tx(w.Context(), func(ctx context.Context) error {
				_, err := w.rights.Revoke(ctx, rbac.RuleFilter{IDs: []rbac.RuleID{made.ID}})
				return err
			}))
		}
		w.give(w.root, n, to, true, 1)
		rule.Node, rule.Propagate = below, false
		w.rule(rule)
		w.give(w.root, below, to, false, 1)
		w.keeps(w.manager, n, w.boss.Principal, true, rbac.ErrDenied) // with what is below
		w.give(w.boss, n, w.boss.Principal, true, 2)
	})
}

func TestTransferSweep(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.branch(w.city.Num)
		w.leaf(n)
		w.grant(w.city.Num, rbac.Owner, resource.Delete, true)
		w.sweep(func(ctx context.Context) error {
			_, err := w.resources.Transfer(ctx, w.boss, n, w.editor.Principal, true)
			return err
		})
	})
}
