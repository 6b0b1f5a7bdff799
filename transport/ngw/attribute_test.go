package ngw_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
)

// TestAttributes asks attributes of several resources at once.
func TestAttributes(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		const path = "/api/component/resource/attr"
		top := int64(w.Survey.Num)
		folder := w.Plant(w.Editor, "resource_group", top, "folder", object{"resource": object{"description": "words", "keyname": "f"}})
		hidden := w.Plant(w.Editor, "resource_group", top, "hidden")
		rule(w, hidden, entry("deny", w.Viewer.Num, "", "resource", "read", true))
		rule(w, folder, entry("deny", w.Viewer.Num, "", "metadata", "", true))
		ask := func(who ngwtest.Person, resources any, attributes ...any) ngwtest.Answer {
			return w.Call(who, http.MethodPost, path, object{"resources": resources, "attributes": attributes})
		}
		a := ask(w.Viewer, []any{folder, hidden, 0, folder, 999999}, []any{"resource.cls"}, []any{"resource.has_permission", "resource.read"},
			[]any{"resource.has_permission", "resource.update"}, []any{"resource.display_name"}, []any{"resource.description"},
			[]any{"resource.is_deletable"}, []any{"resource.children_creatable"}, []any{"resource.keyname"}).Wants(http.StatusOK)
		w.Contains("items", a.At("items"), []any{
			[]any{folder, []any{
				[]any{0, "resource_group"}, []any{0, true}, []any{0, false}, []any{0, "folder"}, []any{1}, []any{0, false}, []any{0, []any{}}, []any{0, "f"},
			}},
			[]any{0, []any{
				[]any{0, "resource_group"}, []any{0, true}, []any{0, false}, []any{0, "Main resource group"}, []any{1}, []any{0, false}, []any{0, []any{}}, []any{0, nil},
			}},
		})
		b := ask(w.Editor, object{"type": "search", "root": folder}, []any{"resource.is_deletable"}, []any{"resource.children_creatable"},
			[]any{"resource.summary"}, []any{"resource.description"}).Wants(http.StatusOK)
		if b.At("items.0.0") != float64(folder) || b.At("items.1") != nil || b.At("items.0.1.0.1") != true || b.At("items.0.1.3.1") != "words" {
			t.Errorf("%s", b.Text)
		}
		if creatable := fmt.Sprint(b.At("items.0.1.1.1")); creatable == "[]" || creatable == "<nil>" {
			t.Errorf("creatable: %s", creatable)
		}
		if summary, _ := b.At("items.0.1.2.1").([]any); len(summary) == 0 {
			t.Errorf("summary: %s", b.Text)
		}
		if got := ask(w.Boss, []any{0}, []any{"resource.children_creatable"}).At("items.0.1.0.1"); fmt.Sprint(got) != "[resource_group]" {
			t.Errorf("below the root: %v", got)
		}
		if got := ask(w.Boss, []any{top, 0, folder}, []any{"resource.is_deletable"}); got.At("items.0.1.0.1") != false || got.At("items.1.1.0.1") != false || got.At("items.2.1.0.1") != true {
			t.Errorf("deletable: %s", got.Text)
		}
		ask(w.Guest, []any{folder, top, 0}, []any{"resource.cls"}).Wants(http.StatusOK).Same(`{"items":[]}`)
		ask(w.Viewer, []any{}, []any{"resource.cls"}).Wants(http.StatusOK).Same(`{"items":[]}`)
		foreign := w.Plant(w.Neighbour, "resource_group", int64(w.Elsewhere.Num), "foreign")
		if got := w.Call(w.Boss, http.MethodPost, "/w/survey"+path, object{"resources": []any{foreign, 0}, "attributes": []any{[]any{"resource.id"}}}).
			Wants(http.StatusOK); fmt.Sprint(got.At("items")) != "[[0 [[0 0]]]]" {
			t.Errorf("alone: %s", got.Text)
		}
		for _, bad := range []any{nil, "all", object{"type": "magic"}, []any{"x"}} {
			ask(w.Viewer, bad, []any{"resource.cls"}).Refused(http.StatusUnprocessableEntity, "ValidationError")
		}
		for _, bad := range []any{[]any{}, []any{"cls"}, []any{"resource.fly"}, []any{"resource.has_permission"}, []any{"resource.cls", "more"}} {
			ask(w.Viewer, []any{folder}, bad).Refused(http.StatusUnprocessableEntity, "ValidationError")
		}
		w.Call(w.Viewer, http.MethodGet, "/api/resource/favorite/", nil).Wants(http.StatusOK).Same(`[]`)
	})
}

// TestUnread leaves out what may not be read, in lists as in one (spec/ngw.md §2).
func TestUnread(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		n := w.Plant(w.Editor, "postgis_connection", top, "connection", object{"postgis_connection": object{
			"hostname": "db.example.org", "port": 5432, "username": "me", "password": "secret", "database": "gis",
		}, "resource": object{"description": "words"}, "resmeta": object{"items": object{"k": "v"}}})
		rule(w, n, entry("deny", w.Viewer.Num, "", "metadata", "", true))
		list := fmt.Sprintf("/api/resource/?parent=%d", top)
		for _, told := range []any{
			w.Call(w.Viewer, http.MethodGet, ngwtest.Item(n), nil).Wants(http.StatusOK).Value(),
			w.Call(w.Viewer, http.MethodGet, list, nil).Wants(http.StatusOK).At("0"),
			w.Call(w.Viewer, http.MethodGet, "/api/resource/search/?serialization=full&id="+fmt.Sprint(n), nil).Wants(http.StatusOK).At("0"),
		} {
			of := told.(object)
			if _, there := of["resource"].(object)["description"]; there {
				t.Errorf("the description: %v", told)
			}
			if meta, there := of["resmeta"].(object); !there || len(meta) != 0 {
				t.Errorf("metadata: %v", told)
			}
			if connection, there := of["postgis_connection"].(object); !there || len(connection) != 0 {
				t.Errorf("parameters of a connection: %v", told)
			}
		}
		editor := w.Call(w.Editor, http.MethodGet, ngwtest.Item(n), nil).Wants(http.StatusOK)
		w.Contains("connection", editor.At("postgis_connection"), object{"hostname": "db.example.org", "username": "me", "password": "secret"})
		// Sending back what was shown changes nothing of what was not.
		w.Call(w.Editor, http.MethodPut, ngwtest.Item(n), object{"postgis_connection": object{"hostname": "other.example.org"}}).Wants(http.StatusOK)
		again := w.Call(w.Editor, http.MethodGet, ngwtest.Item(n), nil).Wants(http.StatusOK)
		w.Contains("connection", again.At("postgis_connection"), object{"hostname": "other.example.org", "password": "secret"})
	})
}

// TestHidden lets nothing out about what may not be read: no names, no counts.
func TestHidden(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		folder := w.Plant(w.Ada, "resource_group", top, "folder")
		hidden := w.Plant(w.Ada, "resource_group", folder, "hush", object{"resource": object{"keyname": "hush-key"}})
		below := w.Plant(w.Ada, "resource_group", hidden, "hush-below")
		rule(w, hidden, entry("deny", w.Viewer.Num, "", "resource", "read", true))
		quiet := func(a ngwtest.Answer) {
			t.Helper()
			if a.Status != http.StatusOK {
				t.Errorf("%d: %s", a.Status, a.Text)
			}
			if contains(a.Text, "hush") {
				t.Errorf("told: %s", a.Text)
			}
		}
		nums := fmt.Sprintf("%d,%d", hidden, below)
		for _, path := range []string{
			fmt.Sprintf("/api/resource/?parent=%d", folder), fmt.Sprintf("/api/resource/?parent=%d", hidden), "/api/resource/search/", "/api/resource/search/?id__in=" + nums,
			"/api/resource/search/?keyname=hush-key", "/api/resource/search/?display_name__ilike=%25", "/api/resource/search/?breadcrumb=true&limit=100",
			fmt.Sprintf("/resource/%d/child/", folder), fmt.Sprintf("/resource/%d/child/", hidden), fmt.Sprintf("/resource/%d/child/%d", folder, hidden),
			"/resource/store/", fmt.Sprintf("/resource/store/%d", hidden), fmt.Sprintf("/resource/store/?id=%d", hidden), fmt.Sprintf("/resource/store/?parent_id=%d", folder),
			"/api/resource/delete?resources=" + nums, ngwtest.Item(folder), "/w/survey/api/resource/search/", "/w/survey/resource/store/",
		} {
			quiet(w.Call(w.Viewer, http.MethodGet, path, nil))
		}
		quiet(w.Call(w.Viewer, http.MethodPost, "/api/component/resource/attr", object{"resources": []any{hidden, below}, "attributes": []any{[]any{"resource.display_name"}}}))
		a := w.Call(w.Viewer, http.MethodGet, "/api/resource/search/?limit=100", nil).Wants(http.StatusOK)
		if a.At("total_count") != 3.0 { // the root, the workspace, the folder
			t.Errorf("counted: %s", a.Text)
		}
		if got := w.Call(w.Viewer, http.MethodGet, ngwtest.Item(folder)+"/volume", nil).Wants(http.StatusOK).At("volume"); got != 0.0 {
			t.Errorf("volume: %v", got)
		}
		f := w.Call(w.Viewer, http.MethodGet, ngwtest.Item(hidden), nil).Refused(http.StatusForbidden, "InsufficientPermissions")
		if contains(fmt.Sprint(f), "hush") {
			t.Errorf("told: %v", f)
		}
		// What has the name already is told by number, which is no secret.
		rule(w, folder, entry("allow", w.Viewer.Num, "", "", "", true))
		f = w.Call(w.Viewer, http.MethodPost, "/api/resource/", object{"resource": object{
			"cls": "resource_group", "parent": object{"id": folder}, "display_name": "hush",
		}}).Refused(http.StatusUnprocessableEntity, "DisplayNameNotUnique")
		if f.Data["resource_id"] != float64(hidden) {
			t.Errorf("%v", f)
		}
	})
}
