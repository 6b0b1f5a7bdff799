package ngw_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
)

// TestLegacy makes the requests of versions before 2.2, which the seed has, with
// what may not be read left out (spec/ngw.md §4.3).
func TestLegacy(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		a := w.Plant(w.Ada, "resource_group", top, "a")
		c := w.Plant(w.Ada, "lookup_table", a, "c", object{"lookup_table": object{"items": object{"k": "v"}}})
		b := w.Plant(w.Ada, "resource_group", a, "b")
		hidden := w.Plant(w.Ada, "resource_group", a, "hidden")
		rule(w, hidden, entry("deny", w.Viewer.Num, "", "resource", "read", true))
		get := func(who ngwtest.Person, path string) ngwtest.Answer {
			t.Helper()
			return w.Call(who, http.MethodGet, path, nil).Wants(http.StatusOK)
		}
		whole := w.Call(w.Viewer, http.MethodGet, ngwtest.Item(b), nil).Wants(http.StatusOK)

		if got := found(get(w.Viewer, "/resource/-/child/"), ""); !slices.Equal(got, []int64{0}) {
			t.Errorf("the root: %v", got)
		}
		get(w.Guest, "/resource/-/child/").Same(`[]`)
		if got := get(w.Viewer, "/resource/-/child/0"); got.At("resource.id") != 0.0 || got.At("resmeta") == nil {
			t.Errorf("the root: %s", got.Text)
		}
		get(w.Viewer, fmt.Sprintf("/resource/-/child/%d", a)).Same(`[]`)
		if got := found(get(w.Viewer, fmt.Sprintf("/resource/%d/child/", a)), ""); !slices.Equal(got, []int64{b, c}) {
			t.Errorf("children: %v, want groups first", got)
		}
		if got := found(get(w.Viewer, "/resource/0/child/"), ""); !slices.Equal(got, []int64{top}) {
			t.Errorf("workspaces: %v", got)
		}
		if got := get(w.Viewer, fmt.Sprintf("/resource/%d/child/%d", a, b)); got.Text != whole.Text {
			t.Errorf("%s\n%s", got.Text, whole.Text)
		}
		get(w.Viewer, fmt.Sprintf("/resource/0/child/%d", top)).At("resource.id")
		for _, path := range []string{
			fmt.Sprintf("/resource/%d/child/%d", top, b), fmt.Sprintf("/resource/%d/child/%d", a, hidden), fmt.Sprintf("/resource/%d/child/999999", a),
			"/resource/999999/child/", fmt.Sprintf("/resource/%d/child/", hidden), "/resource/store/999999", fmt.Sprintf("/resource/store/%d", hidden),
			fmt.Sprintf("/resource/store/?id=%d", hidden), fmt.Sprintf("/resource/store/?parent_id=%d", hidden),
		} {
			get(w.Viewer, path).Same(`[]`)
		}

		flat := get(w.Viewer, "/resource/store/").List()
		var names []string
		for _, one := range flat {
			names = append(names, one.(object)["display_name"].(string))
		}
		if !slices.Equal(names, []string{"a", "b", "c", "Main resource group", "Survey"}) {
			t.Errorf("the store: %v", names)
		}
		if got := get(w.Viewer, fmt.Sprintf("/resource/store/%d", b)); fmt.Sprint(got.Value()) != fmt.Sprint(whole.At("resource")) {
			t.Errorf("%s\n%v", got.Text, whole.At("resource"))
		}
		if got := get(w.Viewer, fmt.Sprintf("/resource/store/?id=%d", b)); got.At("0.id") != float64(b) || got.At("1") != nil {
			t.Errorf("%s", got.Text)
		}
		if got := get(w.Viewer, fmt.Sprintf("/resource/store/?parent_id=%d", a)); got.At("0.id") != float64(b) || got.At("1.id") != float64(c) || got.At("2") != nil {
			t.Errorf("%s", got.Text)
		}
		if got := get(w.Viewer, "/resource/store/?id=0"); got.At("0.id") != 0.0 {
			t.Errorf("%s", got.Text)
		}
		for _, bad := range []string{"?id=x", "?parent_id=x"} {
			w.Call(w.Viewer, http.MethodGet, "/resource/store/"+bad, nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		}
		get(w.Guest, "/resource/store/").Same(`[]`)
		// A workspace alone.
		if got := found(get(w.Viewer, "/w/survey/resource/0/child/"), ""); !slices.Equal(got, []int64{a}) {
			t.Errorf("alone: %v", got)
		}
		if got := get(w.Viewer, fmt.Sprintf("/w/survey/resource/0/child/%d", a)); got.At("resource.id") != float64(a) {
			t.Errorf("alone: %s", got.Text)
		}
	})
}

// TestLegacyChanges creates and changes as they were before 2.2.
func TestLegacyChanges(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		other := w.Plant(w.Ada, "resource_group", top, "other")
		path := fmt.Sprintf("/resource/%d/child/", top)
		a := w.Call(w.Editor, http.MethodPost, path, object{"resource": object{
			"cls": "resource_group", "display_name": "n", "parent": object{"id": other}, // which the path is stronger than
		}}).Wants(http.StatusCreated)
		n := int64(a.At("id").(float64))
		a.Same(fmt.Sprintf(`{"id":%d,"parent":{"id":%d}}`, n, top))
		if a.Header.Get("Location") == "" {
			t.Errorf("no location: %v", a.Header)
		}
		item := fmt.Sprintf("%s%d", path, n)
		for method, name := range map[string]string{http.MethodPut: "by put", http.MethodPatch: "by patch"} {
			w.Call(w.Editor, method, item, object{"resource": object{"display_name": name}}).Wants(http.StatusOK).Same(`{}`)
			if got := w.Call(w.Editor, http.MethodGet, item, nil).At("resource.display_name"); got != name {
				t.Errorf("%s: %v", method, got)
			}
			w.Call(w.Viewer, method, item, object{"resource": object{"display_name": "x"}}).Refused(http.StatusForbidden, "InsufficientPermissions")
			w.Call(w.Editor, method, fmt.Sprintf("/resource/%d/child/%d", other, n), object{}).Refused(http.StatusNotFound, "ResourceNotFound")
		}
		w.Call(w.Viewer, http.MethodPost, path, object{"resource": object{"cls": "resource_group", "display_name": "x"}}).
			Refused(http.StatusForbidden, "InsufficientPermissions")
	})
}
