package resource_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// path returns the numbers of what lies above a resource, its own last.
func (w *world) path(n rbac.Node) []rbac.Node {
	w.Helper()
	list, err := w.resources.Path(w.Context(), w.root, n)
	w.ok(err)
	nums := make([]rbac.Node, 0, len(list))
	for _, r := range list {
		nums = append(nums, r.Num)
	}
	return nums
}

// move moves a resource, or wants that to be refused with an error and to change
// nothing, and its simulation to fail alike.
func (w *world) move(who workspace.Actor, n, to rbac.Node, want error) error {
	w.Helper()
	if want == nil {
		_, err := w.resources.Move(w.Context(), who, n, to)
		w.ok(err)
		return nil
	}
	return w.unchanged(want, func() error {
		_, supposed := w.resources.SimulateMove(w.Context(), who, n, to)
		_, err := w.resources.Move(w.Context(), who, n, to)
		if fmt.Sprint(supposed) != fmt.Sprint(err) {
			w.Errorf("the simulation fails with %v, the move with %v", supposed, err)
		}
		return err
	})
}

func TestMove(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		from, to := w.branch(w.city.Num), w.branch(w.city.Num)
		r := w.connection(from)
		group := w.group(from, "group")
		leaf := w.leaf(group.Num)
		since := len(w.trail())
		at := w.pass(time.Hour)
		moved, err := w.resources.Move(w.Context(), w.editor, group.Num, to)
		w.ok(err)
		group.Parent, group.Updated, group.Children = to, at, true
		if diff := compare(group, moved); diff != "" {
			w.Errorf("moved (-want +got):\n%s", diff)
		}
		if got, want := w.path(leaf), []rbac.Node{w.city.Num, to, group.Num, leaf}; !slices.Equal(got, want) {
			w.Errorf("path %v, want %v", got, want)
		}
		events := w.trail()[since:]
		if len(events) != 1 || events[0].Action != "resource.move" || events[0].Principal != int64(w.editor.Principal) {
			w.Fatalf("trail %+v", events)
		}
		var before, after map[string]any
		w.ok(errors.Join(json.Unmarshal(events[0].Before, &before), json.Unmarshal(events[0].Detail, &after)))
		if before["parent"] != float64(from) || after["parent"] != float64(to) {
			w.Errorf("the trail tells %v and %v", before, after)
		}
		// What is sealed is readable where it is then.
		w.move(w.editor, r.Num, w.city.Num, nil)
		if values := w.get(w.boss, r.Num).Settings["postgis_connection"]; values["password"] != "s3cret&word" {
			w.Errorf("settings %v", values)
		}
		w.pass(time.Hour)
		w.untouched(func() { w.move(w.viewer, r.Num, w.city.Num, nil) }) // where it is
	})
}

// TestMoveNeeds goes through what a move needs, here and there.
func TestMoveNeeds(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		from, to := w.branch(w.city.Num), w.branch(w.city.Num)
		n := w.leaf(from)
		refused := func(on rbac.Node, perm rbac.Permission) {
			w.Helper()
			w.denied(w.move(w.member, n, to, rbac.ErrDenied), on, perm)
		}
		refused(n, resource.Read)
		w.grant(from, w.member.Principal, resource.Read, true)
		refused(from, resource.ManageChildren)
		w.grant(from, w.member.Principal, resource.ManageChildren, false)
		refused(to, resource.ManageChildren)
		w.grant(to, w.member.Principal, resource.Read, true)
		w.grant(to, w.member.Principal, resource.ManageChildren, false)
		refused(to, resource.Create)
		w.grant(from, w.member.Principal, resource.Create, true) // it is asked there, not here
		refused(to, resource.Create)
		w.grant(to, w.member.Principal, resource.Create, true)
		deny := w.rule(rbac.Rule{
			Node: to, Effect: rbac.Deny, Principal: w.member.Principal, Scope: "resource", Permission: "create", Class: "leaf", Propagate: true,
		})
		refused(to, resource.Create)
		w.ok(w.db.Tx(w.Context(), func(ctx context.Context) error {
			_, err := w.rights.Revoke(ctx, rbac.RuleFilter{IDs: []rbac.RuleID{deny.ID}})
			return err
		}))
		w.move(w.member, n, to, nil)
	})
}

func TestMoveRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a, to := w.branch(w.city.Num), w.group(w.city.Num, "to").Num
		b := w.branch(a)
		c := w.branch(b)
		for _, below := range []rbac.Node{a, b, c} {
			w.move(w.boss, a, below, resource.ErrCycle)
		}
		w.move(w.boss, a, 1<<40, resource.ErrNotFound)
		w.move(w.boss, 1<<40, a, resource.ErrNotFound)
		w.move(w.root, a, w.club.Num, resource.ErrElsewhere)
		w.move(w.root, w.city.Num, w.club.Num, resource.ErrRoot)
		w.move(w.root, rbac.Root, a, resource.ErrRoot)
		w.move(w.root, a, rbac.Root, resource.ErrHierarchy)
		w.move(w.root, a, w.leaf(to), resource.ErrHierarchy)
		w.make(w.boss, draft(to, "name"))
		twin := w.make(w.boss, draft(a, "name"))
		w.move(w.boss, twin.Num, to, resource.ErrTaken)
	})
}

// TestMovesCross has servers move at the same moment what would close a circle
// together: one of the moves is refused.
func TestMovesCross(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		servers := []*resource.Service{w.resources, w.another(), w.another()}
		for round := range 12 {
			n := 2 + round%2
			tops, inner := make([]rbac.Node, n), make([]rbac.Node, n)
			for i := range n {
				tops[i] = w.branch(w.city.Num)
				inner[i] = w.branch(tops[i])
			}
			errs := at(n, func(i int) error {
				_, err := servers[i].Move(context.WithoutCancel(w.Context()), w.boss, tops[i], inner[(i+1)%n])
				return err
			})
			refused := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err == nil })
			if len(refused) != 1 || !errors.Is(refused[0], resource.ErrCycle) {
				w.Errorf("round %d ends with %v", round, errs)
			}
			for i := range n {
				if path := w.path(inner[i]); path[0] != w.city.Num || path[len(path)-1] != inner[i] {
					w.Errorf("round %d: what lies above %d: %v", round, inner[i], path)
				}
			}
		}
	})
}

// holding is what somebody holds on some nodes.
func (w *world) holding(who workspace.Actor, nodes ...rbac.Node) map[rbac.Node][]rbac.Permission {
	w.Helper()
	held := map[rbac.Node][]rbac.Permission{}
	for _, n := range nodes {
		set, err := w.rights.Effective(w.Context(), who.Principal, n, rbac.Latest())
		w.ok(err)
		held[n] = set.List()
	}
	return held
}

// TestSimulateMove tells who would lose and gain what, which is what happens.
func TestSimulateMove(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		from, to := w.branch(w.city.Num), w.branch(w.city.Num)
		n := w.branch(from)
		leaf := w.leaf(n)
		w.grant(from, w.member.Principal, resource.Read, true)
		w.grant(from, w.member.Principal, resource.Update, true)
		w.grant(to, w.member.Principal, resource.Read, true)
		w.grant(to, w.member.Principal, resource.ReadMetadata, true)
		w.deny(to, w.viewer.Principal, resource.Read, true)
		people := []workspace.Actor{w.root, w.boss, w.manager, w.editor, w.viewer, w.member, w.mallory, w.guest}
		before := map[rbac.Principal]map[rbac.Node][]rbac.Permission{}
		for _, who := range people {
			before[who.Principal] = w.holding(who, n, leaf)
		}
		var told rbac.Simulation
		w.untouched(func() {
			var err error
			told, err = w.resources.SimulateMove(w.Context(), w.boss, n, to)
			w.ok(err)
			same, err := w.resources.SimulateMove(w.Context(), w.boss, n, from) // where it is
			w.ok(err)
			if len(same.Differences) > 0 {
				w.Errorf("staying makes a difference: %+v", same)
			}
		})
		w.move(w.boss, n, to, nil)
		want := 0
		for _, who := range people {
			for on, is := range w.holding(who, n, leaf) {
				was := before[who.Principal][on]
				given := slices.DeleteFunc(slices.Clone(is), func(p rbac.Permission) bool { return slices.Contains(was, p) })
				taken := slices.DeleteFunc(slices.Clone(was), func(p rbac.Permission) bool { return slices.Contains(is, p) })
				if len(given)+len(taken) == 0 {
					continue
				}
				want++
				i := slices.IndexFunc(told.Differences, func(d rbac.Difference) bool { return d.Principal == who.Principal && d.Node == on })
				if i < 0 {
					w.Errorf("%s on %d: nothing was told, given %v, taken %v", who.Name, on, given, taken)
					continue
				}
				slices.Sort(given)
				slices.Sort(taken)
				d := told.Differences[i]
				slices.Sort(d.Given)
				slices.Sort(d.Taken)
				if !slices.Equal(d.Given, given) || !slices.Equal(d.Taken, taken) {
					w.Errorf("%s on %d: told %+v; given %v, taken %v", who.Name, on, d, given, taken)
				}
			}
		}
		if want != 4 || len(told.Differences) < want || told.More {
			w.Errorf("%d differences, told %+v", want, told)
		}
	})
}

func TestMoveSweep(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		from, to := w.branch(w.city.Num), w.branch(w.city.Num)
		n := w.leaf(from)
		w.sweep(func(ctx context.Context) error {
			return w.db.Tx(ctx, func(ctx context.Context) error {
				_, err := w.resources.Move(ctx, w.boss, n, to)
				return err
			})
		})
	})
}
