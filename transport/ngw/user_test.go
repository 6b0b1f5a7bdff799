package ngw_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

const (
	users  = "/api/component/auth/user/"
	groups = "/api/component/auth/group/"
)

// keynames lists what the members of a list are called.
func keynames(a ngwtest.Answer) string {
	var names []string
	for _, one := range a.Wants(http.StatusOK).List() {
		names = append(names, one.(object)["keyname"].(string))
	}
	return strings.Join(names, " ")
}

// TestUserLists shows users to who may see them, briefly to everybody.
func TestUserLists(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		const system = "guest everyone authenticated owner"
		all := w.Call(w.Boss, http.MethodGet, users, nil)
		if got, want := keynames(all), system+" boss ada admin editor viewer member neighbour outsider"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		var boss object
		for _, one := range all.List() {
			if one.(object)["keyname"] == "boss" {
				boss = one.(object)
			}
		}
		w.Contains("boss", boss, object{
			"id": w.Boss.Num, "system": false, "keyname": "boss", "display_name": "Boss Test", "is_administrator": true, "superuser": false, "disabled": false,
			"password": true, "alink": nil, "description": nil, "language": "en", "oauth_subject": nil, "oauth_tstamp": nil,
			"member_of": []any{rbac.Administrators}, "permissions": []any{"auth.manage", "auth.view"},
		})
		brief := w.Call(w.Boss, http.MethodGet, users+"?brief=true", nil).Wants(http.StatusOK).List()
		for _, one := range brief {
			if of := one.(object); len(of) != 9 || of["member_of"] != nil {
				t.Errorf("brief: %v", of)
			}
		}
		for who, want := range map[*ngwtest.Person]string{&w.Guest: system, &w.Outsider: system + " outsider", &w.Ada: system + " ada"} {
			w.Call(*who, http.MethodGet, users, nil).Refused(http.StatusForbidden, "ForbiddenError")
			if got := keynames(w.Call(*who, http.MethodGet, users+"?brief=yes", nil)); got != want {
				t.Errorf("brief: %s, want %s", got, want)
			}
			w.Call(*who, http.MethodGet, fmt.Sprintf("%s%d", users, w.Boss.Num), nil).Refused(http.StatusForbidden, "ForbiddenError")
		}
		// A workspace alone is shown its members, by who may see them.
		want := system + " ada admin editor viewer member"
		for _, who := range []ngwtest.Person{w.Boss, w.Ada, w.Admin} {
			if got := keynames(w.Call(who, http.MethodGet, "/w/survey"+users, nil)); got != want {
				t.Errorf("in the workspace, %s: %s, want %s", who.Username, got, want)
			}
		}
		w.Call(w.Member, http.MethodGet, "/w/survey"+users, nil).Refused(http.StatusForbidden, "ForbiddenError")
		w.Call(w.Ada, http.MethodGet, fmt.Sprintf("/w/survey%s%d", users, w.Outsider.Num), nil).Refused(http.StatusNotFound, "PrincipalNotFound")
		w.Call(w.Boss, http.MethodGet, users+"999999", nil).Refused(http.StatusNotFound, "PrincipalNotFound")
		w.Call(w.Boss, http.MethodGet, users+"?brief=perhaps", nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		if got := w.Call(w.Boss, http.MethodGet, users+"1", nil).Wants(http.StatusOK); got.At("keyname") != "guest" || got.At("system") != true {
			t.Errorf("%s", got.Text)
		}
	})
}

// TestUserChanges makes, changes and deletes users.
func TestUserChanges(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		group := int64(w.Call(w.Boss, http.MethodPost, groups, object{"keyname": "crew", "display_name": "Crew"}).Wants(http.StatusCreated).At("id").(float64))
		a := w.Call(w.Boss, http.MethodPost, users, object{
			"keyname": "newcomer", "display_name": "Nina New Comer", "password": "a fine:password indeed", "language": "ru", "member_of": []any{group},
			"description": nil, "alink": false, "disabled": false, "permissions": []any{},
		}).Wants(http.StatusCreated)
		n := int64(a.At("id").(float64))
		a.Same(fmt.Sprintf(`{"id":%d}`, n))
		item := fmt.Sprintf("%s%d", users, n)
		got := w.Call(w.Boss, http.MethodGet, item, nil).Wants(http.StatusOK)
		w.Contains("user", got.Value(), object{
			"id": n, "keyname": "newcomer", "display_name": "Nina New Comer", "language": "ru", "member_of": []any{group}, "is_administrator": false, "disabled": false,
		})
		w.Call(w.Guest, http.MethodPost, login, "login=NEWCOMER&password=a+fine%3Apassword+indeed").Wants(http.StatusOK)
		// What was shown is accepted, and changes nothing.
		w.Call(w.Boss, http.MethodPut, item, got.Value()).Wants(http.StatusOK).Same(fmt.Sprintf(`{"id":%d}`, n))
		if again := w.Call(w.Boss, http.MethodGet, item, nil); again.Text != got.Text {
			t.Errorf("%s\n%s", again.Text, got.Text)
		}
		w.Call(w.Boss, http.MethodPut, item, object{"display_name": "N. N.", "member_of": []any{rbac.Administrators}, "language": nil}).Wants(http.StatusOK)
		w.Contains("user", w.Call(w.Boss, http.MethodGet, item, nil).Value(), object{
			"display_name": "N. N.", "member_of": []any{rbac.Administrators}, "is_administrator": true, "language": "en",
		})
		w.Call(w.Boss, http.MethodPut, item, object{"member_of": []any{}, "disabled": true, "password": "another:fine password"}).Wants(http.StatusOK)
		w.Call(w.Guest, http.MethodPost, login, "login=newcomer&password=another%3Afine+password").Wants(http.StatusUnauthorized)

		before := dbtest.Fingerprint(t, w.DB)
		for what, bad := range map[string]object{
			"no keyname": {"display_name": "x"}, "no name": {"keyname": "x"}, "a keyname that is none": {"keyname": "1x", "display_name": "x"},
			"a keyname that somebody has": {"keyname": "VIEWER", "display_name": "x"}, "a description": {"keyname": "x1", "display_name": "x", "description": "y"},
			"a link": {"keyname": "x1", "display_name": "x", "alink": true}, "a permission": {"keyname": "x1", "display_name": "x", "permissions": []any{"auth.view"}},
			"a group that there is not": {"keyname": "x1", "display_name": "x", "member_of": []any{999999}}, "a password to keep": {"keyname": "x1", "display_name": "x", "password": true},
			"a password that is none": {"keyname": "x1", "display_name": "x", "password": 5}, "a keyname of 5": {"keyname": 5, "display_name": "x"},
		} {
			if f := w.Call(w.Boss, http.MethodPost, users, bad).Refused(http.StatusUnprocessableEntity, "ValidationError"); f.Message == "" {
				t.Error(what)
			}
		}
		w.Call(w.Boss, http.MethodPut, item, object{"keyname": "viewer"}).Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Boss, http.MethodPut, item, object{"password": false}).Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Boss, http.MethodPut, users+"2", object{"display_name": "Somebody"}).Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Boss, http.MethodPut, users+"999999", object{}).Refused(http.StatusNotFound, "PrincipalNotFound")
		w.Call(w.Boss, http.MethodDelete, users+"1", nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Boss, http.MethodDelete, fmt.Sprintf("%s%d", users, w.Boss.Num), nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Boss, http.MethodPut, fmt.Sprintf("%s%d", users, w.Boss.Num), object{"member_of": []any{}}).Refused(http.StatusUnprocessableEntity, "AdministratorRequired")
		w.Call(w.Boss, http.MethodPut, fmt.Sprintf("%s%d", users, w.Boss.Num), object{"disabled": true}).Refused(http.StatusUnprocessableEntity, "AdministratorRequired")
		for _, who := range []ngwtest.Person{w.Guest, w.Ada, w.Viewer} {
			w.Call(who, http.MethodPost, users, object{"keyname": "x1", "display_name": "x"}).Wants(http.StatusForbidden)
			w.Call(who, http.MethodPut, item, object{"display_name": "x"}).Wants(http.StatusForbidden)
			w.Call(who, http.MethodDelete, item, nil).Wants(http.StatusForbidden)
		}
		if dbtest.Fingerprint(t, w.DB) != before {
			t.Error("a refusal changed something")
		}
		if got := w.Call(w.Boss, http.MethodPut, users+"2", w.Call(w.Boss, http.MethodGet, users+"2", nil).Value()); got.Status != http.StatusOK {
			t.Errorf("a system user as it is: %s", got.Text)
		}
		// Who owns resources stays until they are somebody else's.
		owned := w.Plant(w.Editor, "resource_group", int64(w.Survey.Num), "owned")
		f := w.Call(w.Boss, http.MethodDelete, fmt.Sprintf("%s%d", users, w.Editor.Num), nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Contains("references", f.Data, object{"references_data": []any{[]any{"resource", owned}}})
		w.Call(w.Boss, http.MethodDelete, item, nil).Wants(http.StatusOK).Same(`{}`)
		w.Call(w.Boss, http.MethodGet, item, nil).Refused(http.StatusNotFound, "PrincipalNotFound")
	})
}

// TestGroups makes, changes and deletes groups; that of the administrators is the
// platform's.
func TestGroups(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		if got := keynames(w.Call(w.Boss, http.MethodGet, groups, nil)); got != "administrators" {
			t.Errorf("%s", got)
		}
		n := int64(w.Call(w.Boss, http.MethodPost, groups, object{
			"keyname": "field_crew", "display_name": "Field crew", "description": "Who is outside", "members": []any{w.Editor.Num, w.Viewer.Num},
			"register": false, "oauth_mapping": false, "permissions": []any{},
		}).Wants(http.StatusCreated).At("id").(float64))
		item := fmt.Sprintf("%s%d", groups, n)
		got := w.Call(w.Boss, http.MethodGet, item, nil).Wants(http.StatusOK)
		w.Contains("group", got.Value(), object{
			"id": n, "system": false, "display_name": "Field crew", "description": "Who is outside", "register": false, "oauth_mapping": false,
			"members": []any{w.Editor.Num, w.Viewer.Num}, "permissions": []any{},
		})
		w.Call(w.Boss, http.MethodPut, item, got.Value()).Wants(http.StatusOK)
		if again := w.Call(w.Boss, http.MethodGet, item, nil); again.Text != got.Text {
			t.Errorf("%s\n%s", again.Text, got.Text)
		}
		w.Call(w.Boss, http.MethodPut, item, object{"display_name": "Crew", "description": nil, "members": []any{w.Viewer.Num, w.Ada.Num}}).Wants(http.StatusOK)
		w.Contains("group", w.Call(w.Boss, http.MethodGet, item, nil).Value(), object{"display_name": "Crew", "description": nil, "members": []any{w.Ada.Num, w.Viewer.Num}})
		// Rules can be for it.
		folder := w.Plant(w.Ada, "resource_group", int64(w.Survey.Num), "folder")
		rule(w, folder, entry("allow", rbac.Principal(n), "", "data", "", true))

		admins := fmt.Sprintf("%s%d", groups, rbac.Administrators)
		w.Contains("administrators", w.Call(w.Boss, http.MethodGet, admins, nil).Wants(http.StatusOK).Value(), object{
			"id": rbac.Administrators, "system": true, "keyname": "administrators", "members": []any{w.Boss.Num},
		})
		w.Call(w.Boss, http.MethodPut, admins, object{"members": []any{w.Boss.Num, w.Ada.Num}}).Wants(http.StatusOK)
		if got := w.Call(w.Ada, http.MethodGet, fmt.Sprintf("%s%d", users, w.Ada.Num), nil).Wants(http.StatusOK).At("is_administrator"); got != true {
			t.Error("ada is no administrator")
		}
		w.Call(w.Boss, http.MethodPut, admins, object{"members": []any{w.Boss.Num}}).Wants(http.StatusOK)

		w.Call(w.Outsider, http.MethodGet, current, nil).Wants(http.StatusOK) // when somebody called last is kept
		before := dbtest.Fingerprint(t, w.DB)
		w.Call(w.Boss, http.MethodPut, admins, object{"members": []any{}}).Refused(http.StatusUnprocessableEntity, "AdministratorRequired")
		w.Call(w.Boss, http.MethodPut, admins, object{"display_name": "Bosses"}).Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Boss, http.MethodPut, admins, object{"members": []any{w.Boss.Num, 999999}}).Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Boss, http.MethodDelete, admins, nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		for _, bad := range []object{
			{"display_name": "x"},
			{"keyname": "x"},
			{"keyname": "1", "display_name": "x"},
			{"keyname": "x", "display_name": "x", "register": true},
			{"keyname": "x", "display_name": "x", "oauth_mapping": true},
			{"keyname": "x", "display_name": "x", "permissions": []any{"auth.view"}},
			{"keyname": "x", "display_name": "x", "members": []any{999999}},
			{"keyname": "x", "display_name": "x", "members": []any{1}},
			{"keyname": "x", "display_name": "CREW"},
			{"keyname": "x", "display_name": ""},
		} {
			if f := w.Call(w.Boss, http.MethodPost, groups, bad).Refused(http.StatusUnprocessableEntity, "ValidationError"); f.Message == "" {
				t.Errorf("%v", bad)
			}
		}
		w.Call(w.Boss, http.MethodGet, groups+"999999", nil).Refused(http.StatusNotFound, "PrincipalNotFound")
		for _, who := range []ngwtest.Person{w.Guest, w.Outsider, w.Ada} {
			w.Call(who, http.MethodGet, groups, nil).Refused(http.StatusForbidden, "ForbiddenError")
			w.Call(who, http.MethodGet, item, nil).Wants(http.StatusForbidden)
			w.Call(who, http.MethodPost, groups, object{"keyname": "x", "display_name": "x"}).Wants(http.StatusForbidden)
			w.Call(who, http.MethodPut, item, object{"display_name": "x"}).Wants(http.StatusForbidden)
			w.Call(who, http.MethodDelete, item, nil).Wants(http.StatusForbidden)
			if got := keynames(w.Call(who, http.MethodGet, groups+"?brief=true", nil)); got != "administrators" {
				t.Errorf("brief: %s", got)
			}
		}
		if dbtest.Fingerprint(t, w.DB) != before {
			t.Error("a refusal changed something")
		}
		w.Call(w.Boss, http.MethodDelete, item, nil).Wants(http.StatusOK).Same(`{}`)
		w.Call(w.Boss, http.MethodGet, item, nil).Refused(http.StatusNotFound, "PrincipalNotFound")

		// A workspace has groups of its own, kept by who keeps its members.
		own := w.Call(w.Ada, http.MethodPost, "/w/survey"+groups, object{"keyname": "own", "display_name": "Own", "members": []any{w.Viewer.Num}}).Wants(http.StatusCreated)
		inside := fmt.Sprintf("/w/survey%s%v", groups, own.At("id"))
		if got := w.Call(w.Ada, http.MethodGet, inside, nil).Wants(http.StatusOK); got.At("members.0") != float64(w.Viewer.Num) {
			t.Errorf("%s", got.Text)
		}
		if got := keynames(w.Call(w.Ada, http.MethodGet, "/w/survey"+groups, nil)); got != "Own" {
			t.Errorf("in the workspace: %s", got)
		}
		w.Call(w.Viewer, http.MethodDelete, inside, nil).Wants(http.StatusForbidden)
		w.Call(w.Ada, http.MethodDelete, inside, nil).Wants(http.StatusOK)
	})
}
