package ngw_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
)

// gone reports whether there is no such resource any more.
func gone(w *ngwtest.World, n int64) bool {
	w.Helper()
	return w.Call(w.Ada, http.MethodGet, ngwtest.Item(n), nil).Status == http.StatusNotFound
}

// TestDeletion deletes as the seed has it: delete on all of the subtree, and
// manage_children on what its top lies in (spec/ngw.md §7).
func TestDeletion(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		folder := w.Plant(w.Ada, "resource_group", top, "folder")
		n := w.Plant(w.Ada, "resource_group", folder, "n")
		deep := w.Plant(w.Ada, "resource_group", n, "deep")
		everything := entry("allow", w.Member.Num, "", "", "", true)
		reads := entry("allow", w.Member.Num, "", "resource", "read", false)
		remove := func(who ngwtest.Person, n int64) ngwtest.Answer {
			return w.Call(who, http.MethodDelete, ngwtest.Item(n), nil)
		}

		// All on the resource itself is not enough without the parent.
		rule(w, folder, reads)
		rule(w, n, everything)
		f := remove(w.Member, n).Refused(http.StatusForbidden, "InsufficientPermissions")
		if want := fmt.Sprintf("'manage_children' permission in scope 'resource' on resource id = %d", folder); !strings.Contains(f.Message, want) {
			t.Errorf("%q", f.Message)
		}
		// Nor is the parent without all that lies below.
		rule(w, folder, reads, entry("allow", w.Member.Num, "", "resource", "manage_children", false))
		rule(w, deep, entry("deny", w.Member.Num, "", "resource", "delete", true))
		before := dbtest.Fingerprint(t, w.DB)
		f = remove(w.Member, n).Refused(http.StatusForbidden, "InsufficientPermissions")
		if want := fmt.Sprintf("'delete' permission in scope 'resource' on resource id = %d", deep); !strings.Contains(f.Message, want) {
			t.Errorf("%q", f.Message)
		}
		if dbtest.Fingerprint(t, w.DB) != before {
			t.Error("a refusal deleted something")
		}
		// What its own children would need (manage_children on itself) it need not.
		rule(w, deep)
		rule(w, n, entry("allow", w.Member.Num, "", "resource", "delete", true), entry("allow", w.Member.Num, "", "resource", "read", true))
		remove(w.Member, n).Wants(http.StatusOK).Same(`{}`)
		if !gone(w, n) || !gone(w, deep) || gone(w, folder) {
			t.Error("not what was to go")
		}
		remove(w.Ada, n).Refused(http.StatusNotFound, "ResourceNotFound")
		remove(w.Guest, folder).Refused(http.StatusForbidden, "InsufficientPermissions")
		remove(w.Viewer, folder).Refused(http.StatusForbidden, "InsufficientPermissions")
	})
}

// TestDryRun tells what would go and what would stay, and does nothing.
func TestDryRun(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		a := w.Plant(w.Ada, "resource_group", top, "a")
		w.Plant(w.Ada, "lookup_table", a, "table", object{"lookup_table": object{"items": object{"k": "v"}}})
		b := w.Plant(w.Ada, "resource_group", top, "b")
		hidden := w.Plant(w.Ada, "resource_group", top, "hidden")
		rule(w, b, entry("deny", w.Editor.Num, "", "resource", "delete", true))
		rule(w, hidden, entry("deny", w.Editor.Num, "", "resource", "read", true))
		before := dbtest.Fingerprint(t, w.DB)
		path := fmt.Sprintf("/api/resource/delete?resources=%d,%d,%d", a, b, hidden)
		w.Call(w.Editor, http.MethodGet, path, nil).Wants(http.StatusOK).Same(`{
			"affected": {"count":2,"resources":{"resource_group":1,"lookup_table":1}},
			"unaffected": {"count":2,"resources":{"resource_group":1,"resource":1}}}`)
		// What is not there counts as what may not be seen does.
		w.Call(w.Guest, http.MethodGet, path+",999999", nil).Wants(http.StatusOK).Same(`{
			"affected": {"count":0,"resources":{}}, "unaffected": {"count":4,"resources":{"resource":4}}}`)
		// The last of two values counts.
		w.Call(w.Editor, http.MethodGet, fmt.Sprintf("/api/resource/delete?resources=%d&resources=%d", b, a), nil).Wants(http.StatusOK).Same(`{
			"affected": {"count":2,"resources":{"resource_group":1,"lookup_table":1}}, "unaffected": {"count":0,"resources":{}}}`)
		for _, bad := range []string{"", "?resources=", "?resources=x", fmt.Sprintf("?resources=%d&partial=perhaps", a)} {
			w.Call(w.Editor, http.MethodGet, "/api/resource/delete"+bad, nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
			w.Call(w.Editor, http.MethodPost, "/api/resource/delete"+bad, nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		}
		// Of another workspace nothing is told in this one, nor of the root.
		foreign := w.Plant(w.Neighbour, "resource_group", int64(w.Elsewhere.Num), "foreign")
		w.Call(w.Boss, http.MethodGet, fmt.Sprintf("/w/survey/api/resource/delete?resources=%d,0", foreign), nil).Wants(http.StatusOK).Same(`{
			"affected": {"count":0,"resources":{}}, "unaffected": {"count":2,"resources":{"resource":1,"resource_group":1}}}`)
		w.Call(w.Boss, http.MethodGet, fmt.Sprintf("/api/resource/delete?resources=0,%d", top), nil).Wants(http.StatusOK).Same(`{
			"affected": {"count":0,"resources":{}}, "unaffected": {"count":2,"resources":{"resource_group":2}}}`)
		w.Call(w.Neighbour, http.MethodDelete, ngwtest.Item(foreign), nil).Wants(http.StatusOK)
		if dbtest.Fingerprint(t, w.DB) == before {
			t.Error("the fingerprint says nothing")
		}
	})
}

// TestBatchDeletion deletes several at once: all, or those that may go.
func TestBatchDeletion(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		a, b := w.Plant(w.Ada, "resource_group", top, "a"), w.Plant(w.Ada, "resource_group", top, "b")
		c := w.Plant(w.Ada, "resource_group", top, "c")
		within := w.Plant(w.Ada, "resource_group", a, "within")
		rule(w, b, entry("deny", w.Editor.Num, "", "resource", "delete", true))
		path := fmt.Sprintf("/api/resource/delete?resources=%d,%d,%d", a, b, within)
		before := dbtest.Fingerprint(t, w.DB)
		w.Call(w.Editor, http.MethodPost, path, nil).Refused(http.StatusForbidden, "InsufficientPermissions")
		w.Call(w.Editor, http.MethodPost, path+"&partial=false", nil).Refused(http.StatusForbidden, "InsufficientPermissions")
		w.Call(w.Editor, http.MethodPost, fmt.Sprintf("/api/resource/delete?resources=%d,999999", a), nil).Refused(http.StatusNotFound, "ResourceNotFound")
		w.Call(w.Ada, http.MethodPost, fmt.Sprintf("/api/resource/delete?resources=%d,%d", a, top), nil).
			Refused(http.StatusUnprocessableEntity, "ResourceRootDeleteError")
		if dbtest.Fingerprint(t, w.DB) != before {
			t.Error("a refusal deleted something")
		}
		w.Call(w.Editor, http.MethodPost, path+",999999&partial=true", nil).Wants(http.StatusOK).Same(`{}`)
		if !gone(w, a) || !gone(w, within) || gone(w, b) {
			t.Error("not what was to go")
		}
		w.Call(w.Guest, http.MethodPost, fmt.Sprintf("/api/resource/delete?resources=%d&partial=yes", c), nil).Wants(http.StatusOK)
		if gone(w, c) {
			t.Error("a guest deleted something")
		}
		w.Call(w.Boss, http.MethodPost, fmt.Sprintf("/w/elsewhere/api/resource/delete?resources=%d&partial=true", c), nil).Wants(http.StatusOK)
		if gone(w, c) {
			t.Error("deleted from another workspace")
		}
	})
}

// TestUsed refuses to delete what something else shows, with the list of that,
// or lets go of it on demand.
func TestUsed(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		raster := w.Plant(w.Ada, "raster_layer", top, "raster", object{
			"raster_layer": object{"srs": object{"id": 3857}, "xsize": 10, "ysize": 10, "band_count": 3},
		})
		style := w.Plant(w.Ada, "raster_style", raster, "style")
		webmap := w.Plant(w.Ada, "webmap", top, "map", object{"webmap": object{"root_item": object{
			"item_type": "root", "children": []any{object{
				"item_type": "layer", "display_name": "l", "layer_style_id": style, "layer_enabled": true, "layer_adapter": "image",
			}},
		}}})
		for _, n := range []int64{style, raster} {
			f := w.Call(w.Ada, http.MethodDelete, ngwtest.Item(n), nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
			w.Contains("references", f.Data["references"], []any{object{
				"resource": object{"id": webmap}, "name": "webmap.root_item", "to": style,
			}})
			if !strings.Contains(f.Message, fmt.Sprint(webmap)) || !strings.Contains(f.Message, fmt.Sprint(style)) {
				t.Errorf("%q", f.Message)
			}
		}
		w.Call(w.Ada, http.MethodGet, fmt.Sprintf("/api/resource/delete?resources=%d", raster), nil).Wants(http.StatusOK).Same(`{
			"affected":{"count":0,"resources":{}},"unaffected":{"count":1,"resources":{"raster_layer":1}}}`)
		// Who uses it goes with it.
		w.Call(w.Ada, http.MethodGet, fmt.Sprintf("/api/resource/delete?resources=%d,%d", raster, webmap), nil).Wants(http.StatusOK).Same(`{
			"affected":{"count":3,"resources":{"raster_layer":1,"raster_style":1,"webmap":1}},"unaffected":{"count":0,"resources":{}}}`)
		w.Call(w.Ada, http.MethodDelete, ngwtest.Item(raster)+"?cascade=true", nil).Wants(http.StatusOK)
		if got := w.Call(w.Ada, http.MethodGet, ngwtest.Item(webmap), nil).At("webmap.root_item.children").([]any); !gone(w, style) || len(got) != 0 {
			t.Errorf("the map shows %v", got)
		}
	})
}

// TestChildDeletion is deleting as it was before 2.2.
func TestChildDeletion(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		a := w.Plant(w.Editor, "resource_group", top, "a")
		n := w.Plant(w.Editor, "resource_group", a, "n")
		w.Call(w.Editor, http.MethodDelete, fmt.Sprintf("/resource/%d/child/%d", top, n), nil).Refused(http.StatusNotFound, "ResourceNotFound")
		w.Call(w.Viewer, http.MethodDelete, fmt.Sprintf("/resource/%d/child/%d", a, n), nil).Refused(http.StatusForbidden, "InsufficientPermissions")
		if got := w.Call(w.Editor, http.MethodDelete, fmt.Sprintf("/resource/%d/child/%d", a, n), nil).Wants(http.StatusOK); got.Text != "null\n" && got.Text != "null" {
			t.Errorf("%q", got.Text)
		}
		if !gone(w, n) {
			t.Error("it is still there")
		}
	})
}
