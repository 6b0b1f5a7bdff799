package resource_test

import (
	"context"
	"errors"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// limits sets a limit of the city, none below 0.
func (w *world) limits(class string, limit int64) {
	w.Helper()
	bound := &limit
	if limit < 0 {
		bound = nil
	}
	w.ok(w.resources.SetLimit(w.Context(), w.root, w.city.Num, class, bound))
}

// exceeds wants a creation to be refused for want of room.
func (w *world) exceeds(class string, parent rbac.Node, limit, use int64) {
	w.Helper()
	err := w.unchanged(quota.ErrExceeded, func() error {
		_, err := w.resources.Create(w.Context(), w.boss, resource.Draft{Class: class, Parent: parent, DisplayName: "too many"})
		return err
	})
	exceeded, ok := errors.AsType[*quota.ExceededError](err)
	if !ok || exceeded.Limit != limit || exceeded.Use != use || exceeded.Asked != 1 || exceeded.Kind != quota.Resources {
		w.Errorf("error %+v, want %d of %d used", err, use, limit)
	}
}

func (w *world) counted(want ...resource.Limit) {
	w.Helper()
	got, err := w.resources.Limits(w.Context(), w.viewer, w.city.Num)
	w.ok(err)
	if diff := compare(want, got); diff != "" {
		w.Errorf("limits (-want +got):\n%s", diff)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		top := w.branch(w.city.Num)
		w.leaf(w.club.Num) // counts elsewhere
		w.counted(resource.Limit{Used: 1, Limit: quota.NoLimit})
		since := len(w.trail())
		w.limits("leaf", 2)
		a, b := w.leaf(top), w.leaf(top)
		w.exceeds("leaf", top, 2, 2)
		w.branch(top) // another class
		w.limits("", 5)
		w.counted(resource.Limit{Used: 4, Limit: 5}, resource.Limit{Class: "leaf", Used: 2, Limit: 2})
		w.branch(top)
		w.exceeds(resource.ResourceGroup, top, 5, 5)
		// What goes gives back, and so does what goes with it.
		w.fells(w.boss, only(a))
		c := w.leaf(b)
		w.fells(w.boss, only(b))
		w.went(c)
		w.counted(resource.Limit{Used: 3, Limit: 5}, resource.Limit{Class: "leaf", Used: 0, Limit: 2})
		// A limit below what is there refuses more.
		w.limits("", 1)
		w.exceeds("leaf", top, 1, 3)
		w.limits("", -1)
		w.leaf(top)
		w.counted(resource.Limit{Used: 4, Limit: quota.NoLimit}, resource.Limit{Class: "leaf", Used: 1, Limit: 2})
		w.limits("leaf", 0)
		w.exceeds("leaf", top, 0, 1)
		w.limits("leaf", -1)
		w.leaf(top)
		w.counted(resource.Limit{Used: 5, Limit: quota.NoLimit})
		w.limits("leaf", 7) // it went on counting
		w.counted(resource.Limit{Used: 5, Limit: quota.NoLimit}, resource.Limit{Class: "leaf", Used: 2, Limit: 7})
		w.untouched(func() { w.limits("leaf", 7) })
		told := 0
		for _, e := range w.trail()[since:] {
			if e.Action == "resource.set_limit" {
				told++
			}
		}
		if told != 7 {
			w.Errorf("%d limits in the trail", told)
		}
	})
}

func TestLimitsRefuse(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.branch(w.city.Num)
		one, less := int64(1), int64(-1)
		set := func(who workspace.Actor, on rbac.Node, class string, limit *int64, want error) error {
			w.Helper()
			return w.unchanged(want, func() error { return w.resources.SetLimit(w.Context(), who, on, class, limit) })
		}
		for _, who := range []workspace.Actor{w.boss, w.manager, w.viewer} {
			w.denied(set(who, w.city.Num, "", &one, rbac.ErrDenied), rbac.Root, workspace.Allocate)
		}
		w.denied(set(w.mallory, w.city.Num, "", &one, rbac.ErrDenied), w.city.Num, workspace.Read)
		set(w.root, n, "", &one, resource.ErrNotFound)
		set(w.root, rbac.Root, "", &one, resource.ErrNotFound)
		set(w.root, w.city.Num, "nothing", &one, resource.ErrNoClass)
		w.invalid(set(w.root, w.city.Num, "", &less, workspace.ErrInvalid), "limit")
		_, err := w.resources.Limits(w.Context(), w.mallory, w.city.Num)
		w.denied(err, w.city.Num, workspace.Read)
		_, err = w.resources.Limits(w.Context(), w.root, n)
		w.wants(err, resource.ErrNotFound)
	})
}

// TestCheckQuota asks whether more would fit, and takes nothing.
func TestCheckQuota(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.leaf(w.city.Num)
		w.limits("leaf", 3)
		w.limits("", 4)
		check := func(class string, want error, more map[string]int64) error {
			w.Helper()
			return w.unchanged(want, func() error {
				got, err := w.resources.CheckQuota(w.Context(), w.city.Num, more)
				if got != class {
					w.Errorf("%v: class %q, want %q", more, got, class)
				}
				return err
			})
		}
		check("", nil, nil)
		check("", nil, map[string]int64{"leaf": 2, "webmap": 1})
		check("leaf", quota.ErrExceeded, map[string]int64{"leaf": 3})
		check("", quota.ErrExceeded, map[string]int64{"leaf": 2, "webmap": 2})
		check("nothing", resource.ErrNoClass, map[string]int64{"leaf": 1, "nothing": 0})
		w.invalid(check("webmap", workspace.ErrInvalid, map[string]int64{"webmap": -1}), "webmap")
		w.invalid(check("webmap", workspace.ErrInvalid, map[string]int64{"webmap": 1 << 62}), "webmap")
		_, err := w.resources.CheckQuota(w.Context(), rbac.Root, nil)
		w.wants(err, resource.ErrNotFound)
	})
}

// TestLimitsAtOnce has servers create at the same moment: never more than the
// limit.
func TestLimitsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.limits("", 3)
		servers := []*resource.Service{w.resources, w.another()}
		made := 0
		for _, err := range at(8, func(i int) error {
			_, err := servers[i%2].Create(context.WithoutCancel(w.Context()), w.boss, draft(w.city.Num, string(rune('a'+i))))
			return err
		}) {
			if err == nil {
				made++
			} else {
				w.wants(err, quota.ErrExceeded)
			}
		}
		if made != 3 {
			w.Errorf("%d were made of 3", made)
		}
		w.counted(resource.Limit{Used: 3, Limit: 3})
	})
}

func TestLimitsSweep(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.leaf(w.city.Num)
		one := int64(1)
		w.sweep(func(ctx context.Context) error { return w.resources.SetLimit(ctx, w.root, w.city.Num, "leaf", &one) })
	})
}
