package ngw_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// entry is a rule as it is sent.
func entry(action string, principal rbac.Principal, class, scope, permission string, propagate bool) object {
	return object{
		"action": action, "principal": object{"id": principal}, "identity": class, "scope": scope, "permission": permission,
		"propagate": propagate,
	}
}

// rule puts rules on a resource, as the administrator of the workspace.
func rule(w *ngwtest.World, n int64, entries ...any) {
	w.Helper()
	w.Call(w.Ada, http.MethodPut, ngwtest.Item(n), object{"resource": object{"permissions": append([]any{}, entries...)}}).Wants(http.StatusOK)
}

// TestPermissions asks what somebody may, who may ask it.
func TestPermissions(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		folder := w.Plant(w.Editor, "resource_group", top, "folder")
		layer := w.Plant(w.Editor, "vector_layer", folder, "layer", object{
			"vector_layer": object{"srs": object{"id": 3857}, "geometry_type": "POINT"},
		})
		path := ngwtest.Item(layer) + "/permission"
		w.Call(w.Viewer, http.MethodGet, path, nil).Wants(http.StatusOK).Same(`{
			"resource": {"read":true,"create":false,"update":false,"delete":false,"manage_children":false,"change_permissions":false},
			"datastruct": {"read":true,"write":false}, "data": {"read":true,"write":false}, "metadata": {"read":true,"write":false}}`)
		for _, empty := range []string{"?user=", "?user=" + fmt.Sprint(w.Viewer.Num)} {
			if got := w.Call(w.Viewer, http.MethodGet, path+empty, nil).Wants(http.StatusOK).At("data.read"); got != true {
				t.Errorf("%s: %v", empty, got)
			}
		}
		// Another's is for who may change the permissions.
		of := fmt.Sprintf("%s?user=%d", path, w.Viewer.Num)
		w.Call(w.Editor, http.MethodGet, of, nil).Refused(http.StatusForbidden, "InsufficientPermissions")
		got := w.Call(w.Admin, http.MethodGet, of, nil).Wants(http.StatusOK)
		if got.At("data.read") != true || got.At("data.write") != false {
			t.Errorf("the viewer's, as the administrator sees them: %s", got.Text)
		}
		w.Call(w.Admin, http.MethodGet, path+"?user=999999", nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		for _, bad := range []string{"x", "-1", "0", "1.5"} {
			w.Call(w.Admin, http.MethodGet, path+"?user="+bad, nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		}
		w.Call(w.Member, http.MethodGet, path, nil).Refused(http.StatusForbidden, "InsufficientPermissions")
		w.Call(w.Guest, http.MethodGet, path, nil).Refused(http.StatusForbidden, "InsufficientPermissions")
		w.Call(w.Viewer, http.MethodGet, "/api/resource/999999/permission", nil).Refused(http.StatusNotFound, "ResourceNotFound")
		// The root and workspaces are groups.
		w.Call(w.Boss, http.MethodGet, "/api/resource/0/permission", nil).Wants(http.StatusOK).Same(`{
			"resource": {"read":true,"create":true,"update":true,"delete":true,"manage_children":true,"change_permissions":true},
			"metadata": {"read":true,"write":true}}`)
		if got := w.Call(w.Member, http.MethodGet, "/w/survey/api/resource/0/permission", nil).Wants(http.StatusOK); got.At("resource.read") != true {
			t.Errorf("a member: %s", got.Text)
		}
	})
}

// TestExplain tells why, without what may not be read.
func TestExplain(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		folder := w.Plant(w.Editor, "resource_group", top, "folder")
		secret := w.Plant(w.Editor, "resource_group", folder, "secret")
		n := w.Plant(w.Editor, "resource_group", secret, "n")
		rule(w, folder, entry("allow", w.Member.Num, "", "resource", "read", false))
		rule(w, n, entry("allow", w.Member.Num, "", "resource", "", false), entry("deny", rbac.Everyone, "", "resource", "delete", true))

		read := fmt.Sprintf("%s/permission/explain?user=%d&scope=resource&permission=", ngwtest.Item(n), w.Member.Num)
		a := w.Call(w.Ada, http.MethodGet, read+"read", nil).Wants(http.StatusOK)
		list, _ := a.At("resource.read.explain").([]any)
		if a.At("resource.read.result") != false || len(list) == 0 {
			t.Fatalf("%s", a.Text)
		}
		if first := list[0]; ngwtest.Within(first, "type") != "acl_rule" || ngwtest.Within(first, "result") != true ||
			ngwtest.Within(first, "resource.id") != float64(n) || ngwtest.Within(first, "acl_rule.principal.cls") != "user" ||
			ngwtest.Within(first, "acl_rule.principal.id") != float64(w.Member.Num) || ngwtest.Within(first, "acl_rule.principal.keyname") != nil {
			t.Errorf("the rule: %v", first)
		}
		last := list[len(list)-1]
		w.Contains("requirement", last, object{
			"type": "requirement", "result": false, "satisfied": false, "resource": object{"id": n},
			"requirement": object{"scope": "resource", "permission": "read", "attr": "parent", "attr_empty": true},
			"explain": object{"resource": object{"read": object{"result": false, "explain": []any{
				object{"result": false, "resource": object{"id": secret}, "type": "default"},
			}}}},
		})
		denied := w.Call(w.Ada, http.MethodGet, read+"delete", nil).Wants(http.StatusOK)
		if denied.At("resource.delete.result") != false || !strings.Contains(denied.Text, `"keyname":"everyone"`) || !strings.Contains(denied.Text, `"action":"deny"`) {
			t.Errorf("a rule that denies: %s", denied.Text)
		}
		// One scope, all scopes; what there is not.
		all := w.Call(w.Ada, http.MethodGet, ngwtest.Item(n)+"/permission/explain", nil).Wants(http.StatusOK).Value().(object)
		if len(all) != 2 || len(all["resource"].(object)) != 6 || len(all["metadata"].(object)) != 2 {
			t.Errorf("all: %v", all)
		}
		if one := w.Call(w.Ada, http.MethodGet, ngwtest.Item(n)+"/permission/explain?scope=metadata", nil).Wants(http.StatusOK).Value().(object); len(one) != 1 {
			t.Errorf("one scope: %v", one)
		}
		for _, bad := range []string{"?scope=nothing", "?permission=fly", "?scope=data&permission=read"} {
			w.Call(w.Ada, http.MethodGet, ngwtest.Item(n)+"/permission/explain"+bad, nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		}
		// Who may not change permissions asks about himself alone.
		w.Call(w.Viewer, http.MethodGet, read+"read", nil).Refused(http.StatusForbidden, "InsufficientPermissions")
		w.Call(w.Viewer, http.MethodGet, ngwtest.Item(n)+"/permission/explain", nil).Wants(http.StatusOK)
		w.Call(w.Member, http.MethodGet, ngwtest.Item(n)+"/permission/explain", nil).Refused(http.StatusForbidden, "InsufficientPermissions")
		w.Call(w.Guest, http.MethodGet, ngwtest.Item(n)+"/permission/explain", nil).Refused(http.StatusForbidden, "InsufficientPermissions")
	})
}

// TestExplainHidden keeps to itself what rules say where the caller may not read.
func TestExplainHidden(t *testing.T) {
	w := small(t, nil)
	top := int64(w.Survey.Num)
	connection := w.Plant(w.Ada, "postgis_connection", top, "connection", object{"postgis_connection": object{"hostname": "h", "database": "d", "username": "u"}})
	layer := w.Plant(w.Ada, "postgis_layer", top, "layer", object{"postgis_layer": object{
		"connection": object{"id": connection}, "schema": "s", "table": "t", "column_id": "id", "column_geom": "g",
		"srs": object{"id": 3857}, "geometry_type": "POINT", "geometry_srid": 3857,
	}})
	rule(w, connection, entry("deny", w.Viewer.Num, "", "resource", "read", true))
	path := ngwtest.Item(layer) + "/permission/explain?scope=data&permission=read"
	for who, told := range map[*ngwtest.Person]bool{&w.Viewer: false, &w.Ada: true} {
		a := w.Call(*who, http.MethodGet, fmt.Sprintf("%s&user=%d", path, w.Viewer.Num), nil).Wants(http.StatusOK)
		if a.At("data.read.result") != false || !strings.Contains(a.Text, fmt.Sprintf(`"resource":{"id":%d}`, connection)) {
			t.Errorf("%s: the connection is in the way: %s", who.Username, a.Text)
		}
		if got := strings.Contains(a.Text, `"action":"deny"`); got != told {
			t.Errorf("%s: the rule on the connection is told: %v, want %v: %s", who.Username, got, told, a.Text)
		}
	}
}

// TestRefusals names what is missing, and where (spec/ngw.md §6, 2 and 5).
func TestRefusals(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		folder := w.Plant(w.Editor, "resource_group", top, "folder")
		n := w.Plant(w.Editor, "resource_group", folder, "n")
		rule(w, n, entry("allow", w.Member.Num, "", "", "", true))
		f := w.Call(w.Member, http.MethodGet, ngwtest.Item(n), nil).Refused(http.StatusForbidden, "nextgisweb.core.exception.InsufficientPermissions")
		want := fmt.Sprintf("Insufficient 'read' permission in scope 'resource' on resource id = %d."+
			" It needs what is missing: missing resource.read on resource id = %d.", n, folder)
		if f.Message != want {
			t.Errorf("%q, want %q", f.Message, want)
		}
		w.Contains("data", f.Data, object{
			"resource": object{"id": n}, "scope": "resource", "permission": "read",
			"missing": object{"resource": object{"id": folder}, "scope": "resource", "permission": "read"},
		})
		// In the numbers of who is told.
		f = w.Call(w.Member, http.MethodPut, "/w/survey/api/resource/0", object{"resource": object{"permissions": []any{
			entry("allow", w.Member.Num, "", "", "", true),
		}}}).Refused(http.StatusForbidden, "InsufficientPermissions")
		if !strings.Contains(f.Message, "'change_permissions' permission in scope 'resource' on resource id = 0") {
			t.Errorf("%q", f.Message)
		}
		f = w.Call(w.Viewer, http.MethodPost, "/api/resource/", object{"resource": object{
			"cls": "resource_group", "parent": object{"id": folder}, "display_name": "x",
		}}).Refused(http.StatusForbidden, "InsufficientPermissions")
		if want := fmt.Sprintf("Insufficient 'manage_children' permission in scope 'resource' on resource id = %d.", folder); f.Message != want {
			t.Errorf("%q, want %q", f.Message, want)
		}
		f = w.Call(w.Viewer, http.MethodGet, "/api/resource/999999", nil).Refused(http.StatusNotFound, "nextgisweb.resource.exception.ResourceNotFound")
		if f.Data["resource_id"] != 999999.0 || !strings.Contains(f.Message, "999999") {
			t.Errorf("%v", f)
		}
	})
}

// TestRules replaces the rules of a resource, and refuses those that make no
// sense (spec/ngw.md §3.1, §3.4, §3.5).
func TestRules(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		n := w.Plant(w.Ada, "resource_group", int64(w.Survey.Num), "n")
		put := func(who ngwtest.Person, entries ...any) ngwtest.Answer {
			return w.Call(who, http.MethodPut, ngwtest.Item(n), object{"resource": object{"permissions": append([]any{}, entries...)}})
		}
		good := []any{
			entry("allow", w.Member.Num, "", "resource", "read", true),
			entry("deny", rbac.Guest, "webmap", "", "", false),
			entry("allow", rbac.Owner, "vector_layer", "data", "", true),
			entry("allow", rbac.Authenticated, "", "", "read", true), // matches nothing, and is kept (§3.1)
		}
		put(w.Ada, good...).Wants(http.StatusOK).Same(`{}`)
		told := w.Call(w.Ada, http.MethodGet, ngwtest.Item(n), nil).At("resource.permissions").([]any)
		if len(told) != len(good) {
			t.Fatalf("%v", told)
		}
		for _, one := range good {
			found := false
			for _, other := range told {
				found = found || fmt.Sprint(other) == fmt.Sprint(plain(w, one))
			}
			if !found {
				t.Errorf("%v is not among %v", one, told)
			}
		}
		for what, bad := range map[string]any{
			"nobody":        entry("allow", 999999, "", "", "", true),
			"administrator": object{"action": "allow", "principal": 4},
			"no principal":  object{"action": "allow"},
			"an action":     entry("maybe", w.Member.Num, "", "", "", true),
			"a class":       entry("allow", w.Member.Num, "spaceship", "", "", true),
			"a flag":        object{"action": "allow", "principal": object{"id": w.Member.Num}, "propagate": "yes"},
			"a scope":       object{"action": "allow", "principal": object{"id": w.Member.Num}, "scope": 5},
			"a rule":        "allow",
			"an end":        object{"action": "allow", "principal": object{"id": w.Member.Num}, "expires": "tomorrow"},
		} {
			if f := put(w.Ada, bad).Refused(http.StatusUnprocessableEntity, "ValidationError"); !strings.Contains(f.Message, "permissions") {
				t.Errorf("%s: %q", what, f.Message)
			}
		}
		put(w.Ada, entry("allow", w.Member.Num, "", "", "", true), entry("deny", w.Member.Num, "", "", "", true)).
			Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Ada, http.MethodPut, ngwtest.Item(n), object{"resource": object{"permissions": "none"}}).
			Refused(http.StatusUnprocessableEntity, "ValidationError")
		put(w.Editor, entry("allow", w.Editor.Num, "", "", "", true)).Refused(http.StatusForbidden, "InsufficientPermissions")
		// An administrator of the platform is not shut out.
		f := put(w.Ada, entry("deny", rbac.Administrators, "", "resource", "update", true)).Refused(http.StatusUnprocessableEntity, "ValidationError")
		if !strings.Contains(f.Message, "Unable to revoke 'resource.update'") {
			t.Errorf("%q", f.Message)
		}
		if got := w.Call(w.Ada, http.MethodGet, ngwtest.Item(n), nil).At("resource.permissions").([]any); len(got) != len(good) {
			t.Errorf("a refusal changed the rules: %v", got)
		}
		// One that ends, and one that gives a role, are told and taken back.
		ends := entry("allow", w.Member.Num, "", "resource", "read", true)
		ends["expires"] = "2024-05-07T00:00:00.000000"
		put(w.Ada, ends, entry("allow", w.Outsider.Num, "", "role", "Viewer", true)).Wants(http.StatusOK)
		again := w.Call(w.Ada, http.MethodGet, ngwtest.Item(n), nil).Wants(http.StatusOK)
		put(w.Ada, again.At("resource.permissions").([]any)...).Wants(http.StatusOK)
		if third := w.Call(w.Ada, http.MethodGet, ngwtest.Item(n), nil); third.Text != again.Text {
			t.Errorf("%s\n%s", again.Text, third.Text)
		}
		put(w.Ada).Wants(http.StatusOK)
		if got := w.Call(w.Ada, http.MethodGet, ngwtest.Item(n), nil).At("resource.permissions").([]any); len(got) != 0 {
			t.Errorf("none: %v", got)
		}
	})
}
