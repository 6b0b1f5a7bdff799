package apiv1_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

func TestResourceRules(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		at := w.at("/rules")
		was := w.call(w.viewer, get, at, "", 200)
		read := fmt.Sprintf(`{"effect": "allow", "principal": %d, "scope": "resource", "permission": "read"}`, w.member.Num)
		told := w.call(w.boss, post, at+"?dry_run=true", read, 200)
		if !strings.Contains(told.text, fmt.Sprintf(`"differences":[{"principal":%d,"node":%d,"given":["resource.read"],"taken":[]}]`, w.member.Num, w.tree.layer.Num)) {
			t.Errorf("%s", told.text)
		}
		made := w.call(w.boss, post, at, read, 201)
		id := made.value(t)["id"].(string)
		if made.value(t)["node"] != float64(w.tree.layer.Num) || made.value(t)["origin"] != "manual" {
			t.Errorf("%s", made.text)
		}
		if again := w.call(w.boss, post, at, read, 200); again.value(t)["id"] != id {
			t.Errorf("made twice: %s", again.text)
		}
		w.call(w.member, get, w.at(""), "", 200)
		w.refused(w.member, get, w.at("/features"), "", 403, "forbidden", "")
		for body, field := range map[string]string{
			strings.Replace(read, "allow", "deny", 1):                             "effect",
			`{"effect": "allow"}`:                                                 "principal",
			`{"effect": "maybe", "principal": 3}`:                                 "effect",
			`{"effect": "allow", "principal": 999999}`:                            "principal",
			`{"effect": "allow", "principal": 3, "role": "Viewer", "scope": "a"}`: "scope",
			`{"effect": "allow", "principal": 3, "expires": "2020-01-01"}`:        "expires",
		} {
			w.refused(w.boss, post, at, body, 400, "invalid", field)
		}
		w.refused(w.editor, post, at, read, 403, "forbidden", "")
		w.refused(w.boss, put, at, `{}`, 400, "invalid", "rules")
		w.refused(w.boss, put, at, `{"rules": [`+read+`, {"effect": "allow", "principal": 999999}]}`, 400, "invalid", "rules[1].principal")
		w.refused(w.boss, put, at, `{"rules": [`+read+`, {"effect": "allow"}]}`, 400, "invalid", "rules[1].principal")
		w.refused(w.boss, put, at, `{"rules": []}`, 412, "precondition_failed", "", "If-Match", was.header.Get("ETag"))
		lost := w.refused(w.boss, put, at, fmt.Sprintf(`{"rules": [{"effect": "deny", "principal": %d}]}`, rbac.Everyone), 409, "lockout", "")
		if lost.value(t)["principal"] == nil || lost.value(t)["node"] != float64(w.tree.layer.Num) {
			t.Errorf("%s", lost.text)
		}

		would := w.call(w.boss, put, at+"?dry_run=true", `{"rules": []}`, 200)
		if fmt.Sprint(would.field(t, "rules")) != "[]" || len(would.value(t)["differences"].([]any)) == 0 {
			t.Errorf("%s", would.text)
		}
		now := w.call(w.boss, put, at, `{"rules": [`+read+`]}`, 200, "If-Match", w.call(w.boss, get, at, "", 200).header.Get("ETag"))
		rules, _ := now.value(t)["rules"].([]any)
		if len(rules) != 1 || rules[0].(map[string]any)["id"] != id || now.value(t)["differences"] != nil {
			t.Errorf("%s", now.text)
		}
		gone := w.call(w.boss, remove, at+"/"+id+"?dry_run=true", "", 200)
		if gone.field(t, "rule.id") != id || len(gone.value(t)["differences"].([]any)) != 1 {
			t.Errorf("%s", gone.text)
		}
		w.refused(w.boss, remove, at+"/"+id, "", 412, "precondition_failed", "", "If-Match", `"x"`)
		w.call(w.boss, remove, at+"/"+id, "", 204)
		w.refused(w.boss, remove, at+"/"+id, "", 404, "not_found", "")
		w.refused(w.member, get, w.at(""), "", 404, "not_found", "")
	})
}

func TestResourceRights(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		mine := map[string]map[string]any{}
		for _, item := range w.call(w.viewer, get, w.at("/rights?limit=200"), "", 200).items(t) {
			mine[item["permission"].(string)] = item
		}
		if len(mine) != 12 || mine["data.read"]["allowed"] != true || mine["data.write"]["allowed"] != false || mine["data.write"]["cause"] != "default" {
			t.Errorf("%v", mine)
		}
		of := func(who rbac.Principal) string { return w.at(fmt.Sprintf("/rights?limit=1&principal=%d", who)) }
		w.refused(w.viewer, get, of(w.editor.Num), "", 403, "forbidden", "")
		w.call(w.boss, get, of(w.editor.Num), "", 200)
		w.call(w.boss, get, of(rbac.Guest), "", 200)
		w.refused(w.boss, get, of(999999), "", 400, "invalid", "principal")
		w.refused(w.boss, get, w.at("/rights?principal=1,2"), "", 400, "invalid", "principal")
	})
}

// TestExplainedChange asks why something in the tree is refused, does what is
// suggested, by the rules of the nodes that are named, and tries again: all of
// it is needed, and it is enough.
func TestExplainedChange(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		group := w.group
		w.must(w.services.Workspaces.AddToGroup(t.Context(), root(), group.ID, w.viewer.ID))
		outsider := w.user("outsider", false)
		for _, c := range []struct {
			name       string
			who        *someone // nil for the guest
			permission string
			inner      string // a rule on the folder, outer one on the workspace, own one on the layer
			outer, own string
			kinds      string
		}{
			{name: "a member may nothing", who: w.member, permission: "data.write"},
			{name: "a viewer may not write", who: w.viewer, permission: "data.write", kinds: "grant"},
			{name: "an editor may not give", who: w.editor, permission: "resource.change_permissions", kinds: "grant"},
			{name: "somebody who is no member", who: outsider, permission: "data.read"},
			{name: "the guest", permission: "metadata.read"},
			{
				name: "denied on the layer", who: w.editor, permission: "data.write", kinds: "revoke",
				own: fmt.Sprintf(`{"effect": "deny", "principal": %d, "scope": "data", "permission": "write"}`, w.editor.Num),
			},
			{
				name: "denied what it needs, from above", who: w.editor, permission: "data.write", kinds: "revoke",
				inner: fmt.Sprintf(`{"effect": "deny", "principal": %d, "scope": "data", "permission": "read"}`, w.editor.Num),
			},
			{
				name: "the folder is hidden", who: w.viewer, permission: "data.read", kinds: "revoke",
				inner: fmt.Sprintf(`{"effect": "deny", "principal": %d, "scope": "resource", "permission": "read", "propagate": false}`, group.Num),
			},
			{
				name: "denied to a group, and given by nobody", who: w.viewer, permission: "data.write",
				own: fmt.Sprintf(`{"effect": "deny", "principal": %d, "scope": "data"}`, group.Num),
			},
			{
				name: "denied in all of the workspace", who: w.editor, permission: "data.read", kinds: "revoke",
				outer: fmt.Sprintf(`{"effect": "deny", "principal": %d, "scope": "data"}`, w.editor.Num),
			},
			{
				name: "given without what it needs", who: w.member, permission: "data.write",
				own: fmt.Sprintf(`{"effect": "allow", "principal": %d, "scope": "data", "permission": "write"}`, w.member.Num),
			},
		} {
			folder := w.made(w.editor, `{"parent": %d, "class": "resource_group", "display_name": %q}`, w.here.Num, c.name)
			layer := w.layer(w.editor, folder, "layer").Num
			for at, rule := range map[rbac.Node]string{layer: c.own, folder: c.inner, w.here.Num: c.outer} {
				if rule != "" {
					w.call(w.boss, post, num(at)+"/rules", rule, 201)
				}
			}
			who := rbac.Guest
			if c.who != nil {
				who = c.who.Num
			}
			asks := fmt.Sprintf(`{"node": %d, "permission": %q}`, layer, c.permission)
			allowed := func() bool { return w.call(c.who, post, "/check", asks, 200).value(t)["allowed"] == true }
			if allowed() {
				t.Errorf("%s: allowed before", c.name)
			}
			told := w.call(w.boss, post, "/explain", fmt.Sprintf(`{"node": %d, "permission": %q, "principal": %d}`, layer, c.permission, who), 200)
			var x struct {
				Allowed bool        `json:"allowed"`
				Flip    []suggested `json:"flip"`
			}
			w.must(json.Unmarshal([]byte(told.text), &x))
			var kinds []string
			for i, change := range x.Flip {
				if i > 0 && allowed() {
					t.Errorf("%s: %s is more than is needed", c.name, told.text)
				}
				kinds = append(kinds, change.Kind)
				w.apply(change)
			}
			if got := strings.Join(kinds, " "); x.Allowed || got == "" || c.kinds != "" && got != c.kinds {
				t.Errorf("%s: %q, want %q: %s", c.name, got, c.kinds, told.text)
			}
			if !allowed() {
				t.Errorf("%s: refused after what was suggested: %s", c.name, told.text)
			}
		}
	})
}

// suggested is a change that an explanation names.
type suggested struct {
	Kind string `json:"kind"`
	Rule struct {
		ID         string         `json:"id"`
		Node       rbac.Node      `json:"node"`
		Effect     string         `json:"effect"`
		Principal  rbac.Principal `json:"principal"`
		Scope      string         `json:"scope"`
		Permission string         `json:"permission"`
		Propagate  bool           `json:"propagate"`
	} `json:"rule"`
}

// apply does what was suggested, as a client would.
func (w *wood) apply(change suggested) {
	w.t.Helper()
	r, at := change.Rule, num(change.Rule.Node)+"/rules"
	switch change.Kind {
	case "grant":
		w.call(w.boss, post, at, fmt.Sprintf(`{"effect": %q, "principal": %d, "scope": %q, "permission": %q, "propagate": %v}`,
			r.Effect, r.Principal, r.Scope, r.Permission, r.Propagate), 201)
	case "revoke":
		w.call(w.boss, remove, at+"/"+r.ID, "", 204)
	default:
		w.t.Errorf("what is %s?", change.Kind)
	}
}

// TestExplainedTo asks about others: who may is whoever manages the rules there,
// or sees the members of the workspace, and about who is nobody whoever may read.
func TestExplainedTo(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		ask := func(as *someone, who rbac.Principal, status int) {
			t.Helper()
			w.call(as, post, "/explain", fmt.Sprintf(`{"node": %d, "permission": "data.read", "principal": %d}`, w.tree.layer.Num, who), status)
		}
		ask(w.viewer, w.viewer.Num, 200)
		outsider := w.user("outsider", false)
		ask(w.boss, outsider.Num, 200)
		ask(w.boss, rbac.Guest, 200)
		for _, special := range []rbac.Principal{rbac.Guest, rbac.Authenticated, rbac.Everyone} {
			ask(w.viewer, special, 200)
			ask(outsider, special, 404)
		}
		ask(w.editor, rbac.Owner, 403)
		ask(w.editor, w.here.Audience, 403)
		ask(w.viewer, outsider.Num, 403)
		ask(outsider, outsider.Num, 404)
		ask(outsider, w.viewer.Num, 404)
		w.call(w.boss, post, w.at("/rules"), fmt.Sprintf(`{"effect": "allow", "principal": %d, "scope": "resource", "permission": "change_permissions"}`, w.editor.Num), 201)
		ask(w.editor, rbac.Owner, 200)
		ask(w.editor, outsider.Num, 200)
	})
}
