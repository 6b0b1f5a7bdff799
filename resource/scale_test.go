package resource_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
)

// sow plants very many leaves at once: parent returns what the i-th lies in, by
// the number that the first of them has.
func (w *world) sow(n int, parent func(first rbac.Node, i int) rbac.Node) (first rbac.Node) {
	w.Helper()
	first = w.leaf(w.club.Num) + 1
	places := make([]rbac.Place, 0, n)
	rows := make([]string, 0, n)
	for i := range n {
		num, in := first+rbac.Node(i), parent(first, i)
		places = append(places, rbac.Place{Node: num, Parent: in, Class: "leaf", Workspace: w.city.Num})
		rows = append(rows, fmt.Sprintf("('%s', %d, '00000000-0000-7000-9000-%012d', %d, 'leaf', 'sown %07d', 'sown %07d', '', '{}', '{}', 1, 1)",
			w.city.ID, num, num, in, i, i))
	}
	dbtest.Sow(w, w.address, places)
	var statements []string
	if !strings.HasPrefix(w.address, "sqlite:") {
		statements = append(statements, "ANALYZE nodes") // or each row would be looked for among all
	}
	for some := range slices.Chunk(rows, 1000) {
		statements = append(statements, `INSERT INTO resources (workspace_id, num, id, parent, class, display_name, name_fold, description, meta,
			settings, created, updated) VALUES `+strings.Join(some, ", "))
	}
	scribe, err := dbtest.NewScribe(w.address)
	w.ok(err)
	w.ok(scribe.Write(w.Context(), statements))
	w.ok(scribe.Close())
	return first
}

// TestDeep does everything with a tree of ten thousand levels.
func TestDeep(t *testing.T) {
	t.Parallel()
	const depth = 10_000
	each(t, func(w *world) {
		top, to := w.branch(w.city.Num), w.branch(w.city.Num)
		first := w.sow(depth, func(first rbac.Node, i int) rbac.Node {
			if i == 0 {
				return top
			}
			return first + rbac.Node(i) - 1
		})
		deepest, middle := first+depth-1, first+depth/2
		w.grant(middle, w.member.Principal, resource.Update, true)
		if path := w.path(deepest); len(path) != depth+2 || path[0] != w.city.Num || path[2] != first || path[depth+1] != deepest {
			w.Errorf("%d on the path", len(path))
		}
		if r := w.get(w.viewer, deepest); r.Parent != deepest-1 || r.Children {
			w.Errorf("the deepest is %+v", r)
		}
		w.lists(w.viewer, resource.Filter{Under: &middle, Limit: 2, Offset: depth/2 - 1}, fmt.Sprintf("sown %07d", depth-1))
		if bytes, err := w.resources.Volume(w.Context(), w.viewer, top, true); err != nil || bytes != 3*depth {
			w.Errorf("volume %d, %v", bytes, err)
		}
		w.move(w.boss, first, deepest, resource.ErrCycle)
		told, err := w.resources.SimulateMove(w.Context(), w.boss, first, to)
		w.ok(err)
		if len(told.Differences) > 0 {
			w.Errorf("a move between alike makes differences: %+v", told.Differences[:1])
		}
		w.move(w.editor, middle, to, nil)
		w.move(w.editor, first, deepest, nil) // the other half under what was below it
		if path := w.path(middle - 1); len(path) != depth+2 || path[2] != middle || path[1] != to {
			w.Errorf("%d on the path after moves", len(path))
		}
		w.give(w.boss, middle, w.editor.Principal, true, depth)
		w.owners(w.editor.Principal, deepest, first)
		for _, who := range []struct {
			may   bool
			actor rbac.Principal
		}{{true, w.editor.Principal}, {false, w.viewer.Principal}} {
			got, err := w.rights.Check(w.Context(), who.actor, middle-1, resource.Update, rbac.Latest())
			if err != nil || got != who.may {
				w.Errorf("%d may change the deepest: %t, %v", who.actor, got, err)
			}
		}
		w.fells(w.editor, only(middle))
		w.went(middle, deepest, first)
		w.stay(top, to)
		if w.keeper.most > 1000 {
			w.Errorf("the keeper was told of %d at once", w.keeper.most)
		}
	})
}

// TestWide deletes a resource in which very many lie, a million when
// BAILIWICK_SCALE is set, in bounded statements, and shows a page of them.
func TestWide(t *testing.T) {
	t.Parallel()
	wide := 20_000
	if os.Getenv("BAILIWICK_SCALE") != "" {
		wide = 1_000_000
	}
	each(t, func(w *world) {
		top := w.branch(w.city.Num)
		first := w.sow(wide, func(rbac.Node, int) rbac.Node { return top })
		for i := range 40 { // so that what may be read is in many pieces
			w.deny(first+rbac.Node(2*i+1), w.viewer.Principal, resource.Read, false)
		}
		w.ok(w.rights.Warm(w.Context(), w.city.Num))
		f := resource.Filter{Parents: []rbac.Node{top}, Order: resource.Order{By: "name"}, Limit: 50, Uncounted: true}
		page := func() (list []resource.Resource, statements int64) {
			w.Helper()
			w.fault.Set(0)
			list, _, err := w.resources.Resources(w.Context(), w.viewer, f)
			statements = w.fault.Clear()
			if err != nil || len(list) != f.Limit {
				w.Fatalf("%d rows, %v", len(list), err)
			}
			return list, statements
		}
		// Until the tree is loaded, each question asks the database.
		for list, n := page(); n > 20; list, n = page() {
			if w.Context().Err() != nil || len(list) == 0 {
				w.Fatal("it never was loaded")
			}
			time.Sleep(20 * time.Millisecond)
		}
		list, _ := page()
		if list[0].Num != first || list[39].Num != first+78 || list[49].Num != first+89 {
			w.Errorf("the page has %v", names(list))
		}
		mark := list[49].Mark(f.Order)
		f.After = &mark
		if next, statements := page(); next[0].Num != list[49].Num+1 || statements > 20 {
			w.Errorf("the next page begins with %d, behind %d, in %d statements", next[0].Num, list[49].Num, statements)
		}
		f.After, f.Limit, f.Uncounted = nil, 1, false
		if _, n, err := w.resources.Resources(w.Context(), w.viewer, f); err != nil || n != wide-40 {
			w.Errorf("%d in all, %v; want %d", n, err, wide-40)
		}
		plan, err := w.resources.PlanDelete(w.Context(), w.editor, only(top))
		w.ok(err)
		w.counts(plan.Affected, map[string]int{"resource_group": 1, "leaf": wide})
		w.fault.Set(0)
		done, err := w.fell(w.editor, only(top))
		statements := w.fault.Clear()
		w.ok(err)
		if diff := compare(plan, done); diff != "" || done.Bytes != int64(3*wide) {
			w.Errorf("done otherwise than planned:\n%s", diff)
		}
		if most := int64(100 + wide/50); statements > most || w.keeper.most > 1000 {
			w.Errorf("%d statements, %d resources at once", statements, w.keeper.most)
		}
		w.went(top, first)
	})
}
