package resource_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func (w *world) fell(who workspace.Actor, d resource.Deletion) (resource.DeletionPlan, error) {
	w.Helper()
	return w.resources.Delete(w.Context(), who, d)
}

// fells wants a deletion to do what it was planned to.
func (w *world) fells(who workspace.Actor, d resource.Deletion) resource.DeletionPlan {
	w.Helper()
	var planned resource.DeletionPlan
	w.untouched(func() {
		var err error
		planned, err = w.resources.PlanDelete(w.Context(), who, d)
		w.ok(err)
	})
	done, err := w.fell(who, d)
	w.ok(err)
	if diff := compare(planned, done); diff != "" {
		w.Errorf("done otherwise than planned:\n%s", diff)
	}
	return done
}

// refuses wants a deletion to be refused, and nothing to happen.
func (w *world) refuses(who workspace.Actor, d resource.Deletion, want error) {
	w.Helper()
	w.unchanged(want, func() error {
		_, err := w.fell(who, d)
		return err
	})
}

func (w *world) counts(got, want map[string]int) {
	w.Helper()
	if diff := compare(want, got); diff != "" {
		w.Errorf("counts (-want +got):\n%s", diff)
	}
}

func only(n ...rbac.Node) resource.Deletion { return resource.Deletion{Nodes: n} }

func TestDelete(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		top := w.branch(w.city.Num)
		a, other := w.branch(top), w.leaf(top)
		b := w.leaf(a)
		c := w.leaf(b)
		w.grant(c, w.viewer.Principal, resource.Update, false)
		for _, who := range []workspace.Actor{w.mallory, w.member, w.viewer, {}} {
			w.refuses(who, only(a), rbac.ErrDenied)
			w.refuses(who, only(a, other), rbac.ErrDenied)
			w.untouched(func() {
				plan, err := w.resources.PlanDelete(w.Context(), who, only(a))
				w.ok(err)
				class := "resource" // of what he may not even see
				if who == w.viewer {
					class = "resource_group"
				}
				w.counts(plan.Unaffected, map[string]int{class: 1})
				w.counts(plan.Affected, map[string]int{})
			})
		}
		since := len(w.trail())
		plan := w.fells(w.editor, only(a))
		w.counts(plan.Affected, map[string]int{"resource_group": 1, "leaf": 2})
		w.counts(plan.Unaffected, map[string]int{})
		if plan.Bytes != 6 {
			w.Errorf("%d bytes, want 6", plan.Bytes)
		}
		w.went(a, b, c)
		w.stay(top, other)
		if !w.keeper.deleted[b] || !w.keeper.deleted[c] || w.keeper.deleted[other] {
			w.Errorf("the keeper was told of %v", w.keeper.deleted)
		}
		events := w.trail()[since:]
		if len(events) != 1 || events[0].Action != "resource.delete" || events[0].Principal != int64(w.editor.Principal) ||
			!containsAll(string(events[0].Before), `"leaf":2`, `"resource_group":1`, `"display_name"`) || string(events[0].Detail) != "{}" {
			w.Errorf("events %+v", events)
		}
		rules, err := w.rights.Rules(w.Context(), rbac.RuleFilter{Nodes: []rbac.Node{c}})
		w.ok(err)
		if len(rules) > 0 {
			w.Errorf("rules that are left: %v", rules)
		}
		w.refuses(w.editor, only(a), resource.ErrNotFound)
		w.refuses(w.root, only(w.city.Num), resource.ErrRoot)
		w.refuses(w.root, only(rbac.Root), resource.ErrRoot)
		_, err = w.fell(w.root, only())
		w.invalid(err, "nodes")
		_, err = w.fell(w.root, only(make([]rbac.Node, 5)...))
		w.wants(err, resource.ErrRoot)
		many := make([]rbac.Node, 1001)
		for i := range many {
			many[i] = rbac.Node(i + 1000)
		}
		_, err = w.fell(w.root, only(many...))
		w.invalid(err, "nodes")
	})
}

func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// The seed's rule: delete on every node of the subtree, and manage_children on
// the parent of the top.
func TestDeleteNeeds(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		top := w.branch(w.city.Num)
		a := w.branch(top)
		b := w.leaf(a)
		w.grant(top, w.member.Principal, resource.Read, true)
		w.refuses(w.member, only(a), rbac.ErrDenied)
		w.grant(a, w.member.Principal, resource.Delete, false)
		w.refuses(w.member, only(a), rbac.ErrDenied)
		w.grant(a, w.member.Principal, resource.ManageChildren, true)
		w.refuses(w.member, only(a), rbac.ErrDenied)
		w.grant(top, w.member.Principal, resource.ManageChildren, false)
		_, err := w.fell(w.member, only(a))
		denied, ok := errors.AsType[*rbac.DeniedError](err)
		if !ok || denied.Explanation.Node != b || denied.Explanation.Permission != resource.Delete {
			w.Errorf("without what lies below: %v", err)
		}
		w.stay(a, b)
		w.grant(b, w.member.Principal, resource.Delete, false)
		w.fells(w.member, only(a))
		w.went(a, b)

		// A denial somewhere below is enough.
		c := w.branch(top)
		d := w.leaf(c)
		w.deny(d, w.editor.Principal, resource.Delete, false)
		w.refuses(w.editor, only(c), rbac.ErrDenied)
		// What goes with something else needs nothing of its own parent.
		w.deny(c, w.manager.Principal, resource.ManageChildren, false)
		w.refuses(w.manager, only(d), rbac.ErrDenied)
		plan := w.fells(w.manager, only(d, c, d))
		w.counts(plan.Affected, map[string]int{"resource_group": 1, "leaf": 1})
	})
}

func TestDeletePartly(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		top := w.branch(w.city.Num)
		a, b, c := w.branch(top), w.branch(top), w.branch(top)
		inB := w.leaf(b)
		w.deny(inB, w.editor.Principal, resource.Delete, false)
		w.deny(c, w.editor.Principal, resource.Read, false)
		w.refuses(w.editor, only(a, b), rbac.ErrDenied)
		w.refuses(w.editor, only(a, 99999), resource.ErrNotFound)
		d := only(a, b, c, 99999, w.city.Num)
		d.Partial = true
		plan := w.fells(w.editor, d)
		w.counts(plan.Affected, map[string]int{"resource_group": 1})
		w.counts(plan.Unaffected, map[string]int{"resource_group": 1, "resource": 2, "workspace": 1})
		w.went(a)
		w.stay(b, c, inB)
		w.untouched(func() {
			plan, err := w.fell(w.mallory, resource.Deletion{Nodes: []rbac.Node{b, c}, Partial: true})
			w.ok(err)
			w.counts(plan.Unaffected, map[string]int{"resource": 2})
		})
	})
}

func TestDeleteReferred(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		top := w.branch(w.city.Num)
		inner := w.branch(top)
		x, y, z := w.leaf(inner), w.leaf(top), w.leaf(top)
		within := w.grow("needer", inner, map[string]any{"must": int64(x)})
		needer := w.grow("needer", top, map[string]any{"must": int64(x), "may": int64(y), "some": []any{int64(y), int64(z)}, "word": "secret"})
		_, err := w.fell(w.editor, only(inner))
		referred, ok := errors.AsType[*resource.ReferredError](err)
		if !ok || !reflect.DeepEqual(referred.By, []resource.Reference{{From: needer, Name: "needer.must", To: x}}) {
			w.Fatalf("error %v, want what refers to it", err)
		}
		w.stay(inner, x, within, needer)
		w.refuses(w.editor, only(y), resource.ErrReferred)
		// Together they can go, and partly the one can that nothing refers to.
		plan := w.fells(w.editor, resource.Deletion{Nodes: []rbac.Node{y, within}, Partial: true})
		w.counts(plan.Affected, map[string]int{"needer": 1})
		w.counts(plan.Unaffected, map[string]int{"leaf": 1})
		if len(plan.Referrers) > 0 {
			w.Errorf("what refers to what goes: %v", plan.Referrers)
		}
		plan = w.fells(w.editor, only(inner, needer))
		w.counts(plan.Affected, map[string]int{"resource_group": 1, "leaf": 1, "needer": 1})
	})
}

func TestDeleteCascading(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		top := w.branch(w.city.Num)
		x, y, z := w.leaf(top), w.leaf(top), w.leaf(top)
		needer := w.grow("needer", top, map[string]any{"must": int64(x)})
		chained := w.grow("needer", top, map[string]any{"must": int64(needer), "may": int64(z)})
		wisher := w.grow("wisher", top, map[string]any{
			"may": int64(chained), "some": []any{int64(y), int64(x), int64(z), int64(needer)}, "word": "secret",
		})
		cascade := func(n ...rbac.Node) resource.Deletion { return resource.Deletion{Nodes: n, Cascade: true} }
		// What lets go is changed, and what cannot is deleted.
		w.deny(wisher, w.editor.Principal, resource.Update, false)
		w.refuses(w.editor, cascade(x), rbac.ErrDenied)
		w.deny(chained, w.manager.Principal, resource.Delete, false)
		w.refuses(w.manager, cascade(x), rbac.ErrDenied)
		partly := cascade(x, z)
		partly.Partial = true
		plan := w.fells(w.manager, partly)
		w.counts(plan.Affected, map[string]int{"leaf": 1})
		w.counts(plan.Unaffected, map[string]int{"leaf": 1})
		w.went(z)
		w.stay(x, needer, chained, wisher)
		r, err := w.resources.Resource(w.Context(), w.root, wisher)
		w.ok(err)
		want := map[string]any{"may": int64(chained), "some": []any{int64(y), int64(x), int64(needer)}, "word": "secret"}
		if !reflect.DeepEqual(r.Settings["wisher"], want) {
			w.Errorf("settings %v, want %v", r.Settings["wisher"], want)
		}

		since := len(w.trail())
		plan = w.fells(w.root, cascade(x))
		w.counts(plan.Affected, map[string]int{"leaf": 1, "needer": 2})
		w.went(x, needer, chained)
		if want := []resource.Reference{
			{From: wisher, Name: "wisher.some", To: x}, {From: wisher, Name: "wisher.some", To: needer}, {From: wisher, Name: "wisher.may", To: chained},
		}; !reflect.DeepEqual(plan.Referrers, want) {
			w.Errorf("what lets go: %v, want %v", plan.Referrers, want)
		}
		r, err = w.resources.Resource(w.Context(), w.root, wisher)
		w.ok(err)
		want = map[string]any{"may": nil, "some": []any{int64(y)}, "word": "secret"}
		if !reflect.DeepEqual(r.Settings["wisher"], want) {
			w.Errorf("settings %v, want %v", r.Settings["wisher"], want)
		}
		actions := map[string]int{}
		for _, e := range w.trail()[since:] {
			actions[e.Action]++
		}
		w.counts(actions, map[string]int{"resource.release": 1, "resource.delete": 3})
		w.refuses(w.root, only(y), resource.ErrReferred)
	})
}

func TestDeleteFailing(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		top := w.branch(w.city.Num)
		x := w.leaf(top)
		w.grow("needer", top, map[string]any{"must": int64(x)})
		w.grow("wisher", top, map[string]any{"may": int64(x)})
		limit := int64(100)
		w.ok(w.resources.SetLimit(w.Context(), w.root, w.city.Num, "", &limit))
		w.keeper.fails = errors.New("no")
		w.refuses(w.root, resource.Deletion{Nodes: []rbac.Node{x}, Cascade: true}, w.keeper.fails)
		w.keeper.fails = nil
		w.sweep(func(ctx context.Context) error {
			_, err := w.resources.Delete(ctx, w.editor, resource.Deletion{Nodes: []rbac.Node{x}, Cascade: true})
			return err
		})
	})
}
