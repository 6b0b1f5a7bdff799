package resource_test

import (
	"context"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestDeparture deletes what somebody owned who leaves: what is counted of that
// is given back, keepers let go, and so does what refers to it.
func TestDeparture(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.limits("", 100)
		w.limits("leaf", 100)
		theirs := w.make(w.editor, draft(w.city.Num, "theirs")).Num
		a := w.leaf(theirs)
		b := w.leaf(w.city.Num)
		w.grow("needer", theirs, map[string]any{"must": int64(a)})
		wisher := w.grow("wisher", w.city.Num, map[string]any{"may": int64(a), "some": []any{int64(a), int64(b)}, "word": "secret"})
		w.counted(resource.Limit{Used: 5, Limit: 100}, resource.Limit{Class: "leaf", Used: 2, Limit: 100})
		d := workspace.Departure{Workspace: w.city.ID, Member: w.editor.Principal}
		depart := func(ctx context.Context) error {
			_, err := w.workspaces.Depart(ctx, w.boss, d, workspace.Disposal{Delete: true, Cascade: true}, "")
			return err
		}
		w.keeper.fails = context.DeadlineExceeded
		w.unchanged(w.keeper.fails, func() error { return depart(w.Context()) })
		w.keeper.fails = nil
		w.sweep(depart)
		w.went(theirs, a)
		w.stay(b, wisher)
		if !w.keeper.deleted[a] || w.keeper.deleted[b] {
			w.Errorf("the keeper was told of %v", w.keeper.deleted)
		}
		want := map[string]any{"may": nil, "some": []any{int64(b)}, "word": "secret"}
		if diff := compare(want, w.get(w.root, wisher).Settings["wisher"]); diff != "" {
			w.Errorf("what is left (-want +got):\n%s", diff)
		}
		w.counted(resource.Limit{Used: 2, Limit: 100}, resource.Limit{Class: "leaf", Used: 1, Limit: 100})
	})
}

// TestWorkspaceDeparts with everything in it, the shares of it too.
func TestWorkspaceDeparts(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.limits("leaf", 100)
		top := w.branch(w.city.Num)
		leaf := w.leaf(top)
		w.grow("needer", top, map[string]any{"must": int64(leaf)})
		kept := w.leaf(w.club.Num)
		d := workspace.Departure{Workspace: w.city.ID}
		_, err := w.workspaces.Depart(w.Context(), w.root, d, workspace.Disposal{}, "")
		w.ok(err)
		w.went(w.city.Num, top, leaf)
		w.stay(kept)
		if !w.keeper.deleted[leaf] || w.keeper.deleted[kept] {
			w.Errorf("the keeper was told of %v", w.keeper.deleted)
		}
		w.lists(w.root, resource.Filter{}, "leaf 4")
		list, _, err := w.quotas.Allocations(w.Context(), quota.AllocationFilter{Holders: []quota.Holder{quota.Holder(w.city.ID)}})
		w.ok(err)
		if len(list) > 0 {
			w.Errorf("shares that are left: %+v", list)
		}
		// Of what is not there nothing is forgotten.
		w.untouched(func() {
			for _, n := range []rbac.Node{1 << 40, w.club.Num + 1000} {
				w.ok(w.db.Tx(w.Context(), func(ctx context.Context) error { return w.resources.Forget(ctx, n) }))
			}
		})
	})
}

// TestForgetLetsGo of what cannot be without, which keeps the number.
func TestForgetLetsGo(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.make(w.editor, resource.Draft{Class: "leaf", Parent: w.city.Num, DisplayName: "a"}).Num
		needer := w.grow("needer", w.city.Num, map[string]any{"must": int64(a)})
		d := workspace.Departure{Workspace: w.city.ID, Member: w.editor.Principal}
		_, err := w.workspaces.Depart(w.Context(), w.boss, d, workspace.Disposal{Delete: true, Cascade: true}, "")
		w.ok(err)
		w.went(a)
		if got := w.get(w.root, needer).Settings["needer"]["must"]; got != int64(a) {
			w.Errorf("it refers to %v", got)
		}
	})
}

// TestVolume is what keepers keep, of what one may read.
func TestVolume(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		top := w.branch(w.city.Num)
		a := w.leaf(top)
		b := w.leaf(a)
		w.leaf(w.club.Num)
		for _, c := range []struct {
			who   workspace.Actor
			n     rbac.Node
			below bool
			want  int64
		}{
			{w.viewer, top, false, 0}, {w.viewer, top, true, 6}, {w.viewer, a, false, 3}, {w.viewer, w.city.Num, true, 6}, {w.root, rbac.Root, true, 9},
		} {
			got, err := w.resources.Volume(w.Context(), c.who, c.n, c.below)
			w.ok(err)
			if got != c.want {
				w.Errorf("%s: volume of %d, %t: %d, want %d", c.who.Name, c.n, c.below, got, c.want)
			}
		}
		w.deny(b, w.viewer.Principal, resource.Read, false)
		if got, err := w.resources.Volume(w.Context(), w.viewer, top, true); err != nil || got != 0 {
			w.Errorf("of what is not all read: %d, %v", got, err)
		}
		_, err := w.resources.Volume(w.Context(), w.member, top, false)
		w.denied(err, top, resource.Read)
		_, err = w.resources.Volume(w.Context(), w.root, 1<<40, true)
		w.wants(err, resource.ErrNotFound)
	})
}
