package ngw_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
)

// found lists the numbers that a list of resources tells.
func found(a ngwtest.Answer, path string) []int64 {
	v := a.Wants(http.StatusOK).Value()
	if path != "" {
		v = ngwtest.Within(v, path)
	}
	nums := []int64{}
	list, _ := v.([]any)
	for _, one := range list {
		n, _ := ngwtest.Within(one, "resource.id").(float64)
		nums = append(nums, int64(n))
	}
	return nums
}

// TestSearch looks for resources by all that can be looked for.
func TestSearch(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		a := w.Plant(w.Ada, "resource_group", top, "Roads", object{"resource": object{"keyname": "roads"}, "resmeta": object{"items": object{
			"kind": "public", "n": 5, "f": 1.5, "b": true, "z": nil,
		}}})
		b := w.Plant(w.Editor, "lookup_table", a, "roads of old", object{"lookup_table": object{"items": object{"k": "v"}}})
		c := w.Plant(w.Editor, "resource_group", a, "100%_sure")
		hidden := w.Plant(w.Ada, "resource_group", a, "Roads, hidden", object{"resource": object{"keyname": "hidden"}})
		d := w.Plant(w.Ada, "resource_group", hidden, "below")
		rule(w, hidden, entry("deny", w.Viewer.Num, "", "resource", "read", false))
		everything := []int64{0, top, a, b, c}
		owners := fmt.Sprintf("%d", w.Editor.Num)
		for query, want := range map[string][]int64{
			"": everything, "id=" + fmt.Sprint(b): {b}, fmt.Sprintf("id__in=%d,%d,%d", b, hidden, d): {b}, "id__eq=" + fmt.Sprint(c): {c},
			fmt.Sprintf("id=%d&id__in=%d,%d", b, b, c): {b}, fmt.Sprintf("id=%d&id=%d", b, c): {c}, "id=999999": {},
			"cls=lookup_table": {b}, "cls__in=lookup_table,webmap": {b}, "cls=resource_group": {0, top, a, c}, "cls=nothing": {},
			"cls__like=lookup%25": {b}, "cls__ilike=LOOKUP_T%25": {b}, "cls__like=LOOKUP%25": {},
			"parent=" + fmt.Sprint(a): {b, c}, "parent__in=" + fmt.Sprint(a): {b, c}, "parent_id=" + fmt.Sprint(a): {b, c}, "parent_id__eq=" + fmt.Sprint(top): {a},
			"parent=0": {top}, "parent=" + fmt.Sprint(hidden): {}, "keyname=roads": {a}, "keyname__in=roads,hidden": {a}, "keyname__eq=Roads": {},
			"display_name=Roads": {a}, "display_name=roads": {}, "display_name__in=Roads,below": {a}, "display_name__like=Roads%25": {a},
			"display_name__ilike=roads%25": {a, b}, "display_name__eq=Roads": {a}, "display_name__like=oads": {},
			"owner_user=" + owners: {b, c}, "owner_user__in=" + owners + ",999999": {b, c}, "owner_user_id=" + owners: {b, c},
			"owner_user_id__in=" + owners: {b, c}, "root=" + fmt.Sprint(a): {a, b, c}, "parent_id__recursive=" + fmt.Sprint(a): {a, b, c},
			"root=0": everything, "root=" + fmt.Sprint(hidden): {}, "root=999999": {}, "resmeta__has[kind]=true": {a}, "resmeta__has[kind]=false": {0, top, b, c},
			"resmeta__json[n]=5": {a}, "resmeta__json[n]=6": {}, "resmeta__json[kind]=%22public%22": {a}, "resmeta__json[f]=1.5": {a},
			"resmeta__json[b]=true": {a}, "resmeta__json[b]=false": {}, "resmeta__json[z]=null": {a},
			"resmeta__like[kind]=pub%25": {a}, "resmeta__like[kind]=PUB%25": {}, "resmeta__ilike[kind]=PUB%25": {a},
			"nobody=knows": everything, "cls=resource_group&root=" + fmt.Sprint(a) + "&display_name__ilike=%25sure": {c},
			"display_name=Main+resource+group": {0},
		} {
			got := found(w.Call(w.Viewer, http.MethodGet, "/api/resource/search/?"+query, nil), "")
			slices.Sort(got)
			if !slices.Equal(got, slices.Sorted(slices.Values(want))) {
				t.Errorf("%s: %v, want %v", query, got, want)
			}
		}
		for _, bad := range []string{
			"id=x", "id__in=1,x", "parent=x", "parent=-1", "owner_user=x", "root=x", "limit=x", "limit=0", "limit=-1", "offset=-1", "order=size", "order=name,size",
			"serialization=none", "breadcrumb=perhaps", "resmeta__json[n]=[1]", "resmeta__json[n]={", "resmeta__has[n]=perhaps", "parent=0,1",
		} {
			f := w.Call(w.Viewer, http.MethodGet, "/api/resource/search/?"+bad, nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
			name, _, _ := strings.Cut(bad, "=")
			if location, _ := f.Data["location"].([]any); len(location) != 2 || location[0] != "query" || location[1] != name {
				t.Errorf("%s: %v", bad, f.Data)
			}
		}
		if f := w.Call(w.Viewer, http.MethodGet, "/api/resource/search/?order=name,size", nil).Failure(); !strings.HasPrefix(f.Message, "Invalid order token 'size'") {
			t.Errorf("%q", f.Message)
		}
		// A guest finds nothing, a workspace alone only what is in it.
		w.Call(w.Guest, http.MethodGet, "/api/resource/search/", nil).Wants(http.StatusOK).Same(`[]`)
		w.Plant(w.Neighbour, "resource_group", int64(w.Elsewhere.Num), "Roads")
		if got := found(w.Call(w.Boss, http.MethodGet, "/w/survey/api/resource/search/?display_name=Roads", nil), ""); !slices.Equal(got, []int64{a}) {
			t.Errorf("alone: %v", got)
		}
		if got := found(w.Call(w.Boss, http.MethodGet, "/w/survey/api/resource/search/?parent=0", nil), ""); !slices.Equal(got, []int64{a}) {
			t.Errorf("alone, below the root: %v", got)
		}
	})
}

// TestSearchPages answers pages that are full, totals that are true, and where
// each lies, of what may be read.
func TestSearchPages(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		folder := w.Plant(w.Ada, "resource_group", top, "folder")
		var readable []int64
		for i := range 9 {
			n := w.Plant(w.Ada, "resource_group", folder, fmt.Sprintf("n%d", i))
			if i%3 == 1 {
				rule(w, n, entry("deny", w.Viewer.Num, "", "resource", "read", true))
				continue
			}
			readable = append(readable, n)
		}
		all := append([]int64{0, top, folder}, readable...)
		search := func(query url.Values) ngwtest.Answer {
			return w.Call(w.Viewer, http.MethodGet, "/api/resource/search/?"+query.Encode(), nil).Wants(http.StatusOK)
		}
		for limit := 1; limit <= len(all)+1; limit++ {
			var got []int64
			for offset := 0; offset < len(all); offset += limit {
				a := search(url.Values{"limit": {fmt.Sprint(limit)}, "offset": {fmt.Sprint(offset)}})
				page := found(a, "items")
				if want := min(limit, len(all)-offset); len(page) != want {
					t.Errorf("limit %d, offset %d: %d on the page, want %d", limit, offset, len(page), want)
				}
				if a.At("total_count") != float64(len(all)) || a.At("limit") != float64(limit) || a.At("offset") != float64(offset) {
					t.Errorf("limit %d, offset %d: %s", limit, offset, a.Text)
				}
				got = append(got, page...)
			}
			if slices.Sort(got); !slices.Equal(got, all) {
				t.Errorf("limit %d: %v, want %v", limit, got, all)
			}
		}
		a := search(url.Values{"order": {"-name"}, "parent": {fmt.Sprint(folder)}, "breadcrumb": {"yes"}, "serialization": {"full"}})
		got := found(a, "items")
		slices.Reverse(got)
		if !slices.Equal(got, readable) {
			t.Errorf("by name: %v, want %v the other way round", got, readable)
		}
		w.Contains("envelope", a.Value(), object{"total_count": len(readable), "limit": nil, "offset": 0, "order": []any{"-name"}, "breadcrumb": object{
			fmt.Sprint(readable[0]): []any{
				object{"id": 0, "display_name": "Main resource group"}, object{"id": top, "display_name": "Survey"}, object{"id": folder, "display_name": "folder"},
			},
		}})
		if a.At("items.0.resmeta.items") == nil || search(url.Values{}).At("0.resmeta") != nil {
			t.Error("members: full has all, otherwise it is resource alone")
		}
		for order, first := range map[string]int64{"created": top, "name": folder, "type": top, "-owner,name": 0} {
			if list := found(search(url.Values{"order": {order}, "limit": {"100"}}), "items"); len(list) != len(all) || order == "name" && list[1] != first {
				t.Errorf("%s: %v", order, list)
			}
		}
		alone := w.Call(w.Viewer, http.MethodGet, "/w/survey/api/resource/search/?breadcrumb=true&id="+fmt.Sprint(readable[0]), nil).Wants(http.StatusOK)
		w.Contains("alone", alone.At("breadcrumb"), object{fmt.Sprint(readable[0]): []any{
			object{"id": 0, "display_name": "Survey"}, object{"id": folder, "display_name": "folder"},
		}})
	})
}
