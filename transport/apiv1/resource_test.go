package apiv1_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// wood is a small world with a tree.
type wood struct {
	*small

	editor, viewer *someone
	tree           grown
}

// woods runs a test in one on each kind of database.
func woods(t *testing.T, test func(t *testing.T, w *wood)) {
	t.Helper()
	each(t, func(t *testing.T, s *small) {
		t.Helper()
		w := &wood{small: s, editor: s.user("editor", false), viewer: s.user("viewer", false)}
		s.join(s.here.ID, w.editor, workspace.RoleEditor)
		s.join(s.here.ID, w.viewer, workspace.RoleViewer)
		w.tree = s.grow(s.here, w.editor)
		test(t, w)
	})
}

// layer and folder are paths.
func (w *wood) at(rest string) string     { return num(w.tree.layer.Num) + rest }
func (w *wood) folder(rest string) string { return num(w.tree.folder.Num) + rest }

// made makes a resource over HTTP and returns its number.
func (w *wood) made(as *someone, body string, args ...any) rbac.Node {
	w.t.Helper()
	return rbac.Node(w.call(as, post, "/resources", fmt.Sprintf(body, args...), 201).value(w.t)["num"].(float64))
}

// field is a part of an answer: "settings.webmap.title".
func (a answer) field(t *testing.T, path string) any {
	t.Helper()
	var v any = a.value(t)
	for name := range strings.SplitSeq(path, ".") {
		object, is := v.(map[string]any)
		if !is {
			return nil
		}
		v = object[name]
	}
	return v
}

func TestResourceClasses(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		c := w.call(w.member, get, "/resource-classes/vector_layer", "", 200)
		if c.header.Get("ETag") == "" || c.field(t, "labels.fr") != "Couche vectorielle" || fmt.Sprint(c.field(t, "parents")) != "[resource_group]" {
			t.Errorf("%s", c.text)
		}
		if !strings.Contains(c.text, `"data.read"`) || !strings.Contains(c.text, `"resource.manage_children"`) || strings.Contains(c.text, `"webmap.display"`) {
			t.Errorf("scopes: %s", c.text)
		}
		if n := len(w.call(w.member, get, "/resource-classes?limit=200", "", 200).items(t)); n != len(resource.Builtin()) {
			t.Errorf("%d classes", n)
		}
		w.refused(w.member, get, "/resource-classes/nothing", "", 404, "not_found", "")
	})
}

// TestResourceLife makes, reads, changes, moves and deletes.
func TestResourceLife(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		here := w.here.Num
		a := w.call(w.editor, post, "/resources", fmt.Sprintf(`{"parent": %d, "class": "webmap", "display_name": "Map", "keyname": "map",
			"description": "<b>x</b><script>y</script>", "meta": {"a": 1, "b": "two", "c": null},
			"settings": {"webmap": {"extent_left": 1.5, "extent_right": 20}}}`, here), 201, "Idempotency-Key", "k")
		n := rbac.Node(a.field(t, "num").(float64))
		if a.header.Get("Location") != fmt.Sprintf("resources/%d", n) || a.field(t, "description") != "<b>x</b>" || a.field(t, "meta.a") != 1.0 ||
			a.field(t, "settings.webmap.extent_left") != 1.5 || a.field(t, "owner") != float64(w.editor.Num) {
			t.Errorf("%v %s", a.header, a.text)
		}
		again := w.call(w.editor, post, "/resources", fmt.Sprintf(`{"parent": %d, "class": "webmap", "display_name": "Map", "keyname": "map",
			"description": "<b>x</b><script>y</script>", "meta": {"a": 1, "b": "two", "c": null},
			"settings": {"webmap": {"extent_left": 1.5, "extent_right": 20}}}`, here), 409, "Idempotency-Key", "k")
		if again.value(t)["code"] != "already_done" || again.value(t)["id"] != fmt.Sprint(n) {
			t.Errorf("%s", again.text)
		}
		at := num(n)
		got := w.call(w.editor, get, at, "", 200)
		tag := got.header.Get("ETag")
		if got.text != a.text || tag != a.header.Get("ETag") {
			t.Errorf("made\n%s %s\nread\n%s %s", a.text, a.header.Get("ETag"), got.text, tag)
		}
		w.call(w.editor, get, at, "", 304, "If-None-Match", tag)
		if f := w.call(w.editor, get, at+"?fields=num,class", "", 200).text; f != fmt.Sprintf(`{"class":"webmap","num":%d}`, n) {
			t.Errorf("fields: %s", f)
		}

		// What is not there stays, null empties, and nothing is lost.
		b := w.call(w.editor, patch, at, `{"keyname": null, "meta": {"a": null, "d": true}, "settings": {"webmap": {"extent_left": 3}}}`, 200, "If-Match", tag)
		if b.field(t, "keyname") != nil || fmt.Sprint(b.field(t, "meta")) != "map[b:two c:<nil> d:true]" || b.field(t, "settings.webmap.extent_left") != 3.0 ||
			b.field(t, "settings.webmap.extent_right") != 20.0 || b.field(t, "display_name") != "Map" {
			t.Errorf("%s", b.text)
		}
		w.refused(w.editor, patch, at, `{"display_name": "Other"}`, 412, "precondition_failed", "", "If-Match", tag)
		w.call(w.editor, patch, at, `{"display_name": "Tried"}`, 200, "If-Match", b.header.Get("ETag"))
		tried := w.call(w.editor, patch, at+"?dry_run=true", `{"display_name": "Other"}`, 200)
		if tried.field(t, "display_name") != "Other" || w.call(w.editor, get, at, "", 200).field(t, "display_name") != "Tried" {
			t.Errorf("%s", tried.text)
		}
		for body, field := range map[string]string{
			`{"settings": null}`: "settings", `{"settings": {"webmap": null}}`: "settings.webmap", `{"settings": {"webmap": {"extent_left": "x"}}}`: "settings.webmap.extent_left",
			`{"display_name": ""}`: "display_name", `{"keyname": "1 x"}`: "keyname", `{"meta": {"": 1}}`: "meta", `{"class": "x"}`: "class",
		} {
			w.refused(w.editor, patch, at, body, 400, "invalid", field)
		}
		w.refused(w.editor, patch, fmt.Sprintf("/resources/%d", here), `{"display_name": "x"}`, 409, "root", "")

		// What it cannot be made of.
		for body, want := range map[string]string{
			`{"parent": %d, "class": "nothing", "display_name": "x"}`:                                                               "400 no_class",
			`{"parent": %d, "class": "qgis_vector_style", "display_name": "x"}`:                                                     "409 hierarchy",
			`{"parent": %d, "class": "resource_group", "display_name": "layer"}`:                                                    "409 taken",
			`{"parent": %d, "class": "vector_layer", "display_name": "x", "settings": {"vector_layer": {"geometry_type": "OVAL"}}}`: "400 invalid",
			`{"parent": %d, "class": "resource_group", "display_name": "x", "rules": [{"effect": "allow"}]}`:                        "400 invalid",
			`{"parent": %d, "class": "resource_group", "display_name": "x", "rules": [{"effect": "so", "principal": 3}]}`:           "403 forbidden",
		} {
			if a := w.ask(t.Context(), sent{as: w.editor, method: post, path: "/resources", body: fmt.Sprintf(body, here)}); a.outcome() != want {
				t.Errorf("%s: %s, want %s: %s", body, a.outcome(), want, a.text)
			}
		}
		w.refused(w.editor, post, "/resources", `{"class": "webmap", "display_name": "x"}`, 400, "invalid", "parent")
		w.refused(w.editor, post, "/resources", `{"parent": 999999, "class": "webmap", "display_name": "x"}`, 404, "not_found", "")
		w.refused(w.viewer, post, "/resources", fmt.Sprintf(`{"parent": %d, "class": "webmap", "display_name": "x"}`, here), 403, "forbidden", "")
		w.refused(w.member, get, at, "", 404, "not_found", "") // who holds nothing in the tree
		w.refused(w.member, get, "/resources/0", "", 404, "not_found", "")
		w.refused(w.member, get, "/resources/1x", "", 404, "not_found", "")
	})
}

func TestResourceLists(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		here := w.here.Num
		inner := w.made(w.editor, `{"parent": %d, "class": "resource_group", "display_name": "Inner", "keyname": "inner", "meta": {"year": 1999}}`, w.tree.folder.Num)
		for query, want := range map[string]string{
			"":                                   "folder layer Inner",
			"?parent=%[1]d":                      "folder layer",
			"?under=%[2]d":                       "folder Inner",
			"?class=vector_layer":                "layer",
			"?class=vector_layer,webmap":         "layer",
			"?owner=%[3]d&sort=-name":            "layer Inner folder",
			"?owner=1":                           "",
			"?keyname=inner":                     "Inner",
			"?display_name=inner":                "",
			"?q=NN":                              "Inner",
			"?parent=%[1]d,%[2]d&q=er&sort=name": "folder Inner layer",
		} {
			if strings.Contains(query, "%") {
				query = fmt.Sprintf(query+"%[4]s", here, w.tree.folder.Num, w.editor.Num, "")
			}
			var names []string
			for _, item := range w.call(w.viewer, get, "/resources"+query, "", 200).items(t) {
				names = append(names, item["display_name"].(string))
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		first := w.call(w.viewer, get, "/resources?limit=2", "", 200)
		if first.value(t)["total"] != 3.0 || len(first.items(t)) != 2 {
			t.Errorf("%s", first.text)
		}
		next := w.call(w.viewer, get, "/resources?limit=2&cursor="+first.value(t)["next"].(string), "", 200)
		if items := next.items(t); len(items) != 1 || items[0]["num"] != float64(inner) || next.value(t)["total"] != nil {
			t.Errorf("%s", next.text)
		}
		if n := len(w.call(w.member, get, "/resources", "", 200).items(t)); n != 0 {
			t.Errorf("who may read none is listed %d", n)
		}
		for body, want := range map[string]int{
			`{"meta": [{"key": "year", "equals": 1999}]}`: 1, `{"meta": [{"key": "year", "has": false}]}`: 2, `{"like": "inn%"}`: 0, `{"ilike": "inn%"}`: 1,
			`{"class": ["resource_group"], "display_name": ["folder"]}`: 1, fmt.Sprintf(`{"under": %d, "parent": [%d]}`, here, here): 2,
		} {
			if n := len(w.call(w.viewer, post, "/resources/search?sort=name", body, 200).items(t)); n != want {
				t.Errorf("%s: %d, want %d", body, n, want)
			}
		}
		w.refused(w.viewer, post, "/resources/search", `{"meta": [{"key": "year"}]}`, 400, "invalid", "meta.year")
		w.refused(w.viewer, get, "/resources?parent=x", "", 400, "invalid", "parent")
		w.refused(w.viewer, get, "/resources?under=1,2", "", 400, "invalid", "under")
		w.refused(w.viewer, get, "/resources?q="+strings.Repeat("x", 300), "", 400, "invalid", "q")

		var path []string
		for _, item := range w.call(w.viewer, get, num(inner)+"/path?fields=display_name", "", 200).items(t) {
			path = append(path, item["display_name"].(string))
		}
		if got := strings.Join(path, "/"); got != "here/folder/Inner" {
			t.Errorf("path %s", got)
		}
		if v := w.call(w.viewer, get, w.at("/volume"), "", 200).field(t, "bytes"); v.(float64) < 77 {
			t.Errorf("volume %v", v)
		}
	})
}

func TestResourceMoves(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		// Whoever may read the folder gains what is moved there.
		w.call(w.boss, post, w.folder("/rules"), fmt.Sprintf(`{"effect": "allow", "principal": %d, "scope": "resource", "permission": "read"}`, w.member.Num), 201)
		into := fmt.Sprintf(`{"parent": %d}`, w.tree.folder.Num)
		told := w.call(w.editor, post, w.at("/move?dry_run=true"), into, 200)
		differences, _ := told.value(t)["differences"].([]any)
		if len(differences) != 1 || fmt.Sprint(differences[0]) != fmt.Sprintf("map[given:[resource.read] node:%d principal:%d taken:[]]", w.tree.layer.Num, w.member.Num) {
			t.Errorf("%s", told.text)
		}
		w.refused(w.member, get, w.at(""), "", 404, "not_found", "")
		moved := w.call(w.editor, post, w.at("/move"), into, 200)
		if moved.field(t, "resource.parent") != float64(w.tree.folder.Num) {
			t.Errorf("%s", moved.text)
		}
		w.call(w.member, get, w.at(""), "", 200)
		w.refused(w.editor, post, w.folder("/move"), into, 409, "cycle", "")
		w.refused(w.editor, post, w.folder("/move"), fmt.Sprintf(`{"parent": %d}`, w.tree.layer.Num), 409, "hierarchy", "")
		other := w.workspace("other", w.pays.ID, w.boss)
		w.join(other.ID, w.editor, workspace.RoleEditor)
		w.refused(w.editor, post, w.at("/move"), fmt.Sprintf(`{"parent": %d}`, other.Num), 409, "elsewhere", "")
		w.refused(w.editor, post, w.at("/move"), `{}`, 400, "invalid", "parent")
		w.refused(w.editor, post, w.at("/move"), `{"parent": 999999}`, 404, "not_found", "")
		strange := w.workspace("strange", w.pays.ID, w.boss)
		w.refused(w.editor, post, w.at("/move"), fmt.Sprintf(`{"parent": %d}`, strange.Num), 404, "not_found", "")

		given := fmt.Sprintf(`{"to": %d, "below": true}`, w.boss.Num)
		if n := w.call(w.boss, post, w.folder("/transfer?dry_run=true"), given, 200).field(t, "transferred"); n != 2.0 {
			t.Errorf("%v would be given", n)
		}
		w.refused(w.editor, post, w.folder("/transfer"), given, 403, "forbidden", "")
		w.refused(w.boss, post, w.folder("/transfer"), fmt.Sprintf(`{"to": %d}`, w.viewer.Num), 409, "heir", "")
		w.refused(w.boss, post, w.folder("/transfer"), `{}`, 400, "invalid", "to")
		w.call(w.boss, post, w.folder("/transfer"), given, 200)
		if o := w.call(w.boss, get, w.at(""), "", 200).field(t, "owner"); o != float64(w.boss.Num) {
			t.Errorf("it is owned by %v", o)
		}
	})
}

// TestResourceDeletions deletes what nothing refers to, and lets go of the rest.
func TestResourceDeletions(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		style := w.made(w.editor, `{"parent": %d, "class": "qgis_vector_style", "display_name": "Style"}`, w.tree.layer.Num)
		webmap := w.made(w.editor, `{"parent": %d, "class": "webmap", "display_name": "Map", "settings": {"webmap": {"root_item": {"item_type": "root",
			"children": [{"item_type": "layer", "display_name": "l", "layer_style_id": %d}]}}}}`, w.here.Num, style)
		told := w.call(w.editor, remove, w.at("?dry_run=true"), "", 200)
		if told.field(t, "deletable") != false || !strings.Contains(told.text, fmt.Sprintf(`"from":%d`, webmap)) || told.field(t, "affected.vector_layer") != 1.0 {
			t.Errorf("%s", told.text)
		}
		refused := w.refused(w.editor, remove, w.at(""), "", 409, "referred", "")
		references, _ := refused.value(t)["references"].([]any)
		if len(references) != 1 || references[0].(map[string]any)["to"] != float64(style) {
			t.Errorf("%s", refused.text)
		}
		told = w.call(w.editor, remove, w.at("?cascade=true&dry_run=true"), "", 200)
		if told.field(t, "deletable") != true || told.field(t, "affected.qgis_vector_style") != 1.0 {
			t.Errorf("%s", told.text)
		}
		w.refused(w.viewer, remove, w.at("?dry_run=true"), "", 403, "forbidden", "")
		w.refused(w.member, remove, w.at("?dry_run=true"), "", 404, "not_found", "")
		tag := w.call(w.editor, get, w.at(""), "", 200).header.Get("ETag")
		w.refused(w.editor, remove, w.at("?cascade=true"), "", 412, "precondition_failed", "", "If-Match", `"other"`)
		w.call(w.editor, remove, w.at("?cascade=true"), "", 204, "If-Match", tag)
		w.refused(w.editor, get, w.at(""), "", 404, "not_found", "")
		w.call(w.editor, get, num(webmap), "", 200)

		both := fmt.Sprintf(`{"nodes": [%d, %d, 999999]}`, webmap, w.tree.folder.Num)
		w.refused(w.editor, post, "/resources/delete", both, 404, "not_found", "")
		done := w.call(w.editor, post, "/resources/delete", strings.Replace(both, "}", `, "partial": true}`, 1), 200)
		if done.field(t, "affected.webmap") != 1.0 || done.field(t, "affected.resource_group") != 1.0 || done.field(t, "unaffected.resource") != 1.0 {
			t.Errorf("%s", done.text)
		}
		w.refused(w.editor, post, "/resources/delete", `{"nodes": []}`, 400, "invalid", "nodes")
		w.refused(w.boss, remove, fmt.Sprintf("/resources/%d", w.here.Num), "", 409, "root", "")
	})
}

func TestResourceLimits(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		at := w.small.at("/resource-limits")
		a := w.call(w.admin, put, at+"/resource", `{"limit": 3}`, 200)
		if a.text != `{"class":"resource","used":2,"limit":3}` {
			t.Errorf("%s", a.text)
		}
		w.call(w.admin, put, at+"/webmap?dry_run=true", `{"limit": 0}`, 200)
		w.refused(w.admin, put, at+"/webmap", `{"limit": 0}`, 412, "precondition_failed", "", "If-Match", a.header.Get("ETag"))
		w.call(w.admin, put, at+"/webmap", `{"limit": 0}`, 200)
		if items := w.call(w.member, get, at, "", 200).items(t); len(items) != 2 || items[1]["class"] != "webmap" {
			t.Errorf("%v", items)
		}
		body := fmt.Sprintf(`{"parent": %d, "class": "webmap", "display_name": "x"}`, w.here.Num)
		full := w.refused(w.editor, post, "/resources", body, 400, "quota_exceeded", "")
		if full.value(t)["limit"] != 0.0 || full.value(t)["asked"] != 1.0 {
			t.Errorf("%s", full.text)
		}
		w.refused(w.boss, remove, at+"/webmap", "", 403, "forbidden", "")
		w.refused(w.admin, put, at+"/webmap", `{"limit": -1}`, 400, "invalid", "limit")
		w.refused(w.admin, put, at+"/nothing", `{"limit": 1}`, 404, "not_found", "")
		if was := w.call(w.admin, remove, at+"/webmap?dry_run=true", "", 200).field(t, "limit"); was != 0.0 {
			t.Errorf("%v", was)
		}
		w.call(w.admin, remove, at+"/webmap", "", 204)
		w.refused(w.admin, remove, at+"/webmap", "", 404, "not_found", "")
		w.call(w.editor, post, "/resources", body, 201)
		w.refused(w.editor, post, "/resources", strings.Replace(body, `"x"`, `"y"`, 1), 400, "quota_exceeded", "")
	})
}
