package resource_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestPages goes through a list place by place, in each order, where not all of
// it may be read: pages are full, and what one may not read is not counted.
func TestPages(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		top := w.branch(w.city.Num)
		shown := []rbac.Node{}
		for i := range 14 {
			class := []string{"leaf", resource.ResourceGroup, "lookup_table"}[i%3]
			who := []workspace.Actor{w.editor, w.boss, w.admin}[i%3]
			w.pass(time.Duration(i%2) * time.Second)
			n := w.make(who, resource.Draft{Class: class, Parent: top, DisplayName: fmt.Sprintf("%c%d", []rune("ÉeEzZ")[i%5], i)}).Num
			if i%4 == 3 {
				w.deny(n, w.viewer.Principal, resource.Read, false)
			} else {
				shown = append(shown, n)
			}
		}
		_, err := w.update(w.boss, shown[2], rename("renamed"))
		w.ok(err)
		for _, by := range append([]string{""}, resource.Filter{}.Sortable()...) {
			for _, descending := range []bool{false, true} {
				f := resource.Filter{Parents: []rbac.Node{top}, Order: resource.Order{By: by, Descending: descending}, Limit: 4}
				var seen []rbac.Node
				for {
					list, n, err := w.resources.Resources(w.Context(), w.viewer, f)
					w.ok(err)
					if n != len(shown) {
						w.Errorf("%+v: %d in all, want %d", f.Order, n, len(shown))
					}
					for _, r := range list {
						seen = append(seen, r.Num)
					}
					if len(list) < f.Limit {
						break
					}
					mark := list[len(list)-1].Mark(f.Order)
					f.After = &mark
				}
				sorted := slices.Sorted(slices.Values(seen))
				if !slices.Equal(sorted, shown) {
					w.Errorf("%+v: seen %v, want each of %v once", f.Order, seen, shown)
				}
			}
		}
	})
}

func TestFilters(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.make(w.editor, resource.Draft{
			Class: resource.ResourceGroup, Parent: w.city.Num, DisplayName: "Straße", Keyname: "street", Meta: map[string]any{"lanes": int64(2)},
		})
		b := w.make(w.boss, resource.Draft{Class: "leaf", Parent: a.Num, DisplayName: "Baum", Meta: map[string]any{"lanes": 2.0, "kind": "Eiche"}})
		w.make(w.admin, resource.Draft{Class: "leaf", Parent: w.club.Num, DisplayName: "Strauch"})
		hidden := w.make(w.boss, resource.Draft{Class: "leaf", Parent: a.Num, DisplayName: "Blatt"})
		w.deny(hidden.Num, w.viewer.Principal, resource.Read, false)
		yes := true
		for _, c := range []struct {
			f    resource.Filter
			want []string
		}{
			{resource.Filter{}, []string{"Straße", "Baum"}},
			{resource.Filter{Tops: true}, []string{"city", "Straße", "Baum"}},
			{resource.Filter{Under: &a.Num}, []string{"Straße", "Baum"}},
			{resource.Filter{Under: &hidden.Num}, nil},
			{resource.Filter{Parents: []rbac.Node{a.Num}}, []string{"Baum"}},
			{resource.Filter{Parents: []rbac.Node{rbac.Root}, Tops: true}, []string{"city"}},
			{resource.Filter{Parents: []rbac.Node{1 << 40}}, nil},
			{resource.Filter{Workspaces: []rbac.Node{w.club.Num}}, nil},
			{resource.Filter{Nums: []rbac.Node{b.Num, hidden.Num, a.Num}}, []string{"Straße", "Baum"}},
			{resource.Filter{IDs: []resource.ID{b.ID, "x"}}, []string{"Baum"}},
			{resource.Filter{Classes: []string{"leaf"}}, []string{"Baum"}},
			{resource.Filter{Owners: []rbac.Principal{w.editor.Principal}}, []string{"Straße"}},
			{resource.Filter{Keynames: []string{"street"}}, []string{"Straße"}},
			{resource.Filter{DisplayNames: []string{"baum", "Straße"}}, []string{"Straße"}},
			{resource.Filter{Like: "%tra_e"}, []string{"Straße"}},
			{resource.Filter{ILike: "STRASSE"}, []string{"Straße"}},
			{resource.Filter{ILike: "b%"}, []string{"Baum"}},
			{resource.Filter{Meta: []resource.MetaCondition{{Key: "lanes", Equals: int64(2)}}}, []string{"Straße", "Baum"}},
			{resource.Filter{Meta: []resource.MetaCondition{{Key: "lanes", Has: &yes}, {Key: "kind", ILike: "ei%"}}}, []string{"Baum"}},
			{resource.Filter{Order: resource.Order{By: "name"}}, []string{"Baum", "Straße"}},
			{resource.Filter{Limit: 1, Offset: 1}, []string{"Baum"}},
		} {
			w.lists(w.viewer, c.f, c.want...)
		}
		w.lists(w.mallory, resource.Filter{})
		w.lists(w.guest, resource.Filter{Tops: true})
		if list, n, err := w.resources.Resources(w.Context(), w.viewer, resource.Filter{Uncounted: true}); err != nil || n != 0 || len(list) != 2 {
			w.Errorf("uncounted: %d, %d, %v", len(list), n, err)
		}
		no := false
		long := strings.Repeat("x", 256)
		for field, f := range map[string]resource.Filter{
			"like":   {Like: long},
			"ilike":  {ILike: long},
			"meta.a": {Meta: []resource.MetaCondition{{Key: "a"}}},
			"meta.b": {Meta: []resource.MetaCondition{{Key: "b", Has: &no, Null: true}}},
			"meta.c": {Meta: []resource.MetaCondition{{Key: "c", Equals: []int{1}}}},
			"meta.d": {Meta: []resource.MetaCondition{{Key: "d", Like: long}}},
		} {
			_, _, err := w.resources.Resources(w.Context(), w.viewer, f)
			w.invalid(err, field)
		}
		_, _, err := w.resources.Resources(w.Context(), w.viewer, resource.Filter{Order: resource.Order{By: "description"}})
		w.wants(err, resource.ErrInvalid)
		for _, who := range []rbac.Principal{0, rbac.Everyone, rbac.Authenticated, rbac.Owner} {
			_, _, err := w.resources.Resources(w.Context(), workspace.Actor{Principal: who}, resource.Filter{})
			w.wants(err, rbac.ErrDenied)
		}
	})
}

// TestChildren wants nobody to be told that there is what he does not see.
func TestChildren(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.group(w.city.Num, "a")
		b := w.group(a.Num, "b")
		told := func(what string, who workspace.Actor, n rbac.Node, want bool) {
			w.Helper()
			list, _, err := w.resources.Resources(w.Context(), who, resource.Filter{Nums: []rbac.Node{n}, Tops: true})
			w.ok(err)
			path, err := w.resources.Path(w.Context(), who, n)
			w.ok(err)
			if one := w.get(who, n); one.Children != want || list[0].Children != want || path[len(path)-1].Children != want {
				w.Errorf("%s: %t alone, %t in a list, %t on a path, want %t", what, one.Children, list[0].Children, path[len(path)-1].Children, want)
			}
		}
		told("with a group in it", w.viewer, a.Num, true)
		told("with nothing in it", w.viewer, b.Num, false)
		w.deny(b.Num, w.viewer.Principal, resource.Read, false)
		told("with one in it that he does not see", w.viewer, a.Num, false)
		told("with one in it that somebody else does not see", w.editor, a.Num, true)
		told("the workspace, in which he sees that", w.viewer, w.city.Num, true)
		w.deny(a.Num, w.viewer.Principal, resource.Read, false)
		told("the workspace, in which he sees nothing any more", w.viewer, w.city.Num, false)
		c := w.group(a.Num, "c")
		changed, err := w.resources.Move(w.Context(), w.boss, c.Num, b.Num)
		w.ok(err)
		if changed.Children {
			w.Errorf("what was moved: %+v", changed)
		}
		told("what it was moved into", w.boss, b.Num, true)
		root, err := w.resources.Resource(w.Context(), w.admin, rbac.Root)
		w.ok(err)
		if !root.Children {
			w.Error("the root has nothing in it for its administrator")
		}
		w.grant(rbac.Root, rbac.Guest, resource.Read, false)
		if root, err = w.resources.Resource(w.Context(), w.guest, rbac.Root); err != nil || root.Children {
			w.Errorf("the root, of whose workspaces a guest sees none: %+v, %v", root, err)
		}
	})
}

func TestPath(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.group(w.city.Num, "a")
		b := w.group(a.Num, "b")
		_, err := w.update(w.boss, a.Num, func(r *resource.Resource) { r.Description = "words" })
		w.ok(err)
		list, err := w.resources.Path(w.Context(), w.viewer, b.Num)
		w.ok(err)
		if !slices.Equal(names(list), []string{"city", "a", "b"}) || list[1].Description != "words" || !list[1].Children || list[2].Children {
			w.Errorf("path %+v", list)
		}
		for i, r := range list {
			if diff := compare(w.get(w.viewer, r.Num), list[i]); diff != "" {
				w.Errorf("on the path (-want +got):\n%s", diff)
			}
		}
		list, err = w.resources.Path(w.Context(), w.viewer, w.city.Num)
		w.ok(err)
		if len(list) != 1 || list[0].Class != workspace.ClassWorkspace || list[0].Num != w.city.Num || list[0].Parent != rbac.Root {
			w.Errorf("path of the workspace %+v", list)
		}
		list, err = w.resources.Path(w.Context(), w.mallory, rbac.Root)
		w.ok(err)
		if len(list) != 1 || list[0].Class != workspace.ClassPlatform {
			w.Errorf("path of the root %+v", list)
		}
		_, err = w.resources.Path(w.Context(), w.member, b.Num)
		w.denied(err, b.Num, resource.Read)
		w.deny(a.Num, w.viewer.Principal, resource.Read, false) // not on b itself, which needs it
		_, err = w.resources.Path(w.Context(), w.viewer, b.Num)
		w.denied(err, b.Num, resource.Read)
		_, err = w.resources.Path(w.Context(), w.viewer, 1<<40)
		w.wants(err, resource.ErrNotFound)
	})
}
