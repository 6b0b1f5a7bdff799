package apiv1_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// estate is a small world in which the editor ed owns a house and a barn; the
// editor eva could own them too, and the viewer vic could not.
type estate struct {
	*small

	ed, eva, vic *someone
	house, barn  rbac.Node
}

// eachEstate runs a test on an estate on each kind of database.
func eachEstate(t *testing.T, test func(t *testing.T, e *estate)) {
	t.Helper()
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string, db *storage.DB) {
		t.Helper()
		e := &estate{small: newSmall(t, db), house: 7001, barn: 7002}
		e.ed, e.eva, e.vic = e.user("ed", false), e.user("eva", false), e.user("vic", false)
		e.join(e.here.ID, e.ed, workspace.RoleEditor)
		e.join(e.here.ID, e.eva, workspace.RoleEditor)
		e.join(e.here.ID, e.vic, workspace.RoleViewer)
		dbtest.Sow(t, address, []rbac.Place{
			{Node: e.house, Parent: e.here.Num, Class: "group", Workspace: e.here.Num, Owner: e.ed.Num},
			{Node: e.barn, Parent: e.here.Num, Class: "group", Workspace: e.here.Num, Owner: e.ed.Num},
		})
		for _, u := range []*someone{e.ed, e.eva, e.vic} { // who called this minute leaves no trace
			e.call(u, get, "/me", "", 200)
		}
		test(t, e)
	})
}

func (e *estate) of(who *someone, rest string) string {
	return e.at(fmt.Sprintf("/members/%d%s", who.Num, rest))
}

// owned returns how much somebody owns.
func (e *estate) owned(who *someone) int {
	e.t.Helper()
	return len(e.call(e.boss, get, e.of(who, "/holdings"), "", 200).items(e.t))
}

// count is how many there are in a list of something.
func count(v any) int {
	list, _ := v.([]any)
	return len(list)
}

// TestOwns refuses to let somebody go, or to make a viewer of him, who owns
// something, and tells what and who could have it instead.
func TestOwns(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		before := dbtest.Fingerprint(t, e.db)
		for _, a := range []answer{
			e.refused(e.boss, remove, e.of(e.ed, ""), "", 409, "owns_resources", ""),
			e.refused(e.boss, remove, e.of(e.ed, "?dry_run=true"), "", 409, "owns_resources", ""),
			e.refused(e.boss, put, e.of(e.ed, ""), `{"roles": ["Viewer"]}`, 409, "owns_resources", ""),
		} {
			p := a.value(t)
			if fmt.Sprint(p["holdings"]) != "map[group:2]" || count(p["heirs"]) != 2 {
				t.Errorf("%s", a.text)
			}
		}
		// Who may not see who is there is told no more than that.
		mine := e.refused(e.ed, remove, "/me"+e.at(""), "", 409, "owns_resources", "").value(t)
		if mine["holdings"] != nil || mine["heirs"] != nil {
			t.Errorf("%v", mine)
		}
		e.refused(e.boss, put, e.of(e.ed, ""), fmt.Sprintf(`{"roles": [], "transfer_to": %d}`, e.vic.Num), 409, "heir", "")
		heirs := e.call(e.boss, get, e.of(e.ed, "/heirs"), "", 200).items(t)
		if len(heirs) != 2 || heirs[0]["username"] != "boss" || heirs[1]["username"] != "eva" {
			t.Errorf("%v", heirs)
		}
		if found := e.call(e.boss, get, e.of(e.ed, "/heirs?q=EV"), "", 200).items(t); len(found) != 1 || found[0]["username"] != "eva" {
			t.Errorf("looked for: %v", found)
		}
		first := e.call(e.boss, get, e.of(e.ed, "/heirs?limit=1&sort=-username"), "", 200)
		second := e.call(e.boss, get, e.of(e.ed, "/heirs?limit=1&sort=-username&cursor="+first.field(t, "next").(string)), "", 200)
		if got := []any{first.items(t)[0]["username"], second.items(t)[0]["username"], second.value(t)["next"]}; !slices.Equal(got, []any{"eva", "boss", nil}) {
			t.Errorf("page by page: %v", got)
		}
		e.call(e.vic, get, e.of(e.ed, "/heirs"), "", 403)
		e.call(e.vic, get, e.of(e.ed, "/holdings"), "", 403)
		e.call(e.boss, get, e.of(e.admin, "/holdings"), "", 404)
		for body, code := range map[string]string{
			`{}`: "invalid", `{"to": "x"}`: "invalid", fmt.Sprintf(`{"to": %d}`, e.vic.Num): "heir", fmt.Sprintf(`{"to": %d}`, e.admin.Num): "heir",
		} {
			status := map[string]int{"invalid": 400, "heir": 409}[code]
			e.refused(e.boss, post, e.of(e.ed, "/holdings/transfer"), body, status, code, "")
		}
		if dbtest.Fingerprint(t, e.db) != before {
			t.Error("a refusal left something")
		}
		e.call(e.boss, put, e.of(e.ed, ""), fmt.Sprintf(`{"roles": ["Viewer"], "transfer_to": %d}`, e.eva.Num), 200)
		if e.owned(e.ed) != 0 || e.owned(e.eva) != 2 {
			t.Errorf("ed owns %d, eva %d", e.owned(e.ed), e.owned(e.eva))
		}
		moved := e.call(e.boss, post, e.of(e.eva, "/holdings/transfer"), fmt.Sprintf(`{"to": %d}`, e.boss.Num), 200)
		if moved.value(t)["transferred"] != float64(2) || e.owned(e.eva) != 0 {
			t.Errorf("%s", moved.text)
		}
		e.call(e.boss, remove, e.of(e.eva, ""), "", 204)
	})
}

// TestDeparture previews how a member leaves, and does it as it was seen.
func TestDeparture(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		path := e.of(e.ed, "/departure")
		before := dbtest.Fingerprint(t, e.db)
		blocked := e.call(e.boss, post, path+"?dry_run=true", `{}`, 200).value(t)
		if count(blocked["blockers"]) != 2 || count(blocked["holdings"]) != 2 || blocked["name"] != "ed" || count(blocked["memberships"]) != 1 {
			t.Errorf("%v", blocked)
		}
		told := e.refused(e.boss, post, path, `{}`, 409, "blocked", "").value(t)
		if first := told["blockers"].([]any)[0].(map[string]any); first["code"] != "owns_resources" || first["node"] != float64(e.house) {
			t.Errorf("%v", told)
		}
		how := fmt.Sprintf(`"delete": true, "transfers": [{"node": %d, "to": %d}]`, e.house, e.eva.Num)
		preview := e.call(e.boss, post, path+"?dry_run=true", "{"+how+"}", 200)
		plan := preview.value(t)
		token, _ := plan["token"].(string)
		if count(plan["blockers"]) != 0 || token == "" || preview.header.Get("ETag") != `"`+token+`"` {
			t.Errorf("%v %s", preview.header, preview.text)
		}
		fates := plan["holdings"].([]any)
		house, barn := fates[0].(map[string]any), fates[1].(map[string]any)
		if house["to"] != float64(e.eva.Num) || house["deleted"] != false || barn["to"] != nil || barn["deleted"] != true {
			t.Errorf("%v", fates)
		}
		for body, field := range map[string]string{
			`{"transfers": [{"to": 1}]}`:                "transfers",
			`{"transfers": [{"node": 1}, {"node": 1}]}`: "transfers",
			`{"successors": []}`:                        "successors",
		} {
			e.refused(e.boss, post, path, body, 400, "invalid", field)
		}
		e.refused(e.boss, post, path, "{"+how+"}", 412, "precondition_failed", "", "If-Match", `"x"`)
		e.refused(e.boss, post, path, "{"+how+"}", 412, "precondition_failed", "", "If-Match", `W/"`+token+`"`)
		e.refused(e.boss, post, path, "{"+how+"}", 412, "precondition_failed", "", "If-Match", `""`)
		e.refused(e.boss, post, path, "{"+how+`, "token": "x"}`, 412, "precondition_failed", "", "If-Match", `"`+token+`"`)
		e.refused(e.boss, post, path, "{"+how+`, "token": "x"}`, 412, "precondition_failed", "")
		e.refused(e.boss, post, path+"?dry_run=true", "{"+how+`, "token": "x"}`, 412, "precondition_failed", "")
		e.refused(e.boss, post, path, "{"+how+"}", 400, "invalid", "If-Match", "If-Match", `"x", "y"`)
		if dbtest.Fingerprint(t, e.db) != before {
			t.Error("a preview or a refusal left something")
		}
		// Something changes that it depends on.
		e.call(e.boss, put, e.of(e.ed, ""), `{"roles": ["Editor", "Viewer"]}`, 200)
		e.refused(e.boss, post, path, "{"+how+"}", 412, "precondition_failed", "", "If-Match", `"`+token+`"`)
		tag := e.call(e.boss, post, path+"?dry_run=true", "{"+how+"}", 200).header.Get("ETag")
		done := e.call(e.boss, post, path, "{"+how+"}", 200, "If-Match", tag, "Idempotency-Key", "k")
		again := e.call(e.boss, post, path, "{"+how+"}", 200, "If-Match", tag, "Idempotency-Key", "k")
		if again.text != done.text || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s\n%s", done.text, again.text)
		}
		if e.owned(e.eva) != 1 {
			t.Errorf("eva owns %d", e.owned(e.eva))
		}
		e.call(e.boss, get, e.of(e.ed, ""), "", 404)
		e.refused(e.boss, post, e.of(e.boss, "/departure"), `{}`, 409, "blocked", "")
	})
}

// TestUserLeaves deletes a user, and with him what is nobody else's.
func TestUserLeaves(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		path := "/users/" + string(e.boss.ID) + "/departure"
		plan := e.call(e.admin, post, path+"?dry_run=true", `{}`, 200).value(t)
		if count(plan["supervised"]) != 1 || plan["blockers"].([]any)[0].(map[string]any)["code"] != "supervisor" {
			t.Errorf("%v", plan)
		}
		for body, field := range map[string]string{
			`{"successors": [{"workspace": "x", "user": ""}]}`:                                   "successors",
			`{"successors": [{"workspace": "x", "user": "y"}, {"workspace": "x", "user": "y"}]}`: "successors",
		} {
			e.refused(e.admin, post, path, body, 400, "invalid", field)
		}
		body := fmt.Sprintf(`{"successors": [{"workspace": %q, "user": %q}]`, e.here.ID, e.eva.ID)
		token := e.call(e.admin, post, path+"?dry_run=true", body+"}", 200).value(t)["token"]
		e.call(e.admin, post, path, fmt.Sprintf(`%s, "token": %q}`, body, token), 200)
		e.call(e.admin, get, "/users/"+string(e.boss.ID), "", 404)
		if next := e.call(e.admin, get, e.at(""), "", 200).value(t)["supervisor"].(map[string]any); next["username"] != "eva" {
			t.Errorf("%v", next)
		}
		last := e.refused(e.admin, post, "/users/"+string(e.admin.ID)+"/departure", `{}`, 409, "blocked", "").value(t)
		if last["blockers"].([]any)[0].(map[string]any)["code"] != "last_administrator" {
			t.Errorf("%v", last)
		}
	})
}

// TestWorkspaceLeaves deletes a workspace with everything in it.
func TestWorkspaceLeaves(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		path := e.at("/departure")
		preview := e.call(e.admin, post, path+"?dry_run=true", `{}`, 200)
		if plan := preview.value(t); count(plan["memberships"]) != 5 || count(plan["groups"]) != 1 || plan["ended"].(map[string]any)["nodes"] == nil {
			t.Errorf("%s", preview.text)
		}
		e.call(e.boss, remove, e.of(e.vic, ""), "", 204)
		e.refused(e.admin, post, path, `{}`, 412, "precondition_failed", "", "If-Match", preview.header.Get("ETag"))
		e.refused(e.boss, post, path, `{}`, 403, "forbidden", "")
		e.call(e.admin, post, path, `{}`, 200, "If-Match", "*")
		e.call(e.admin, get, e.at(""), "", 404)
		e.call(e.admin, remove, "/organizations/"+string(e.pays.ID), "", 204)
	})
}

// TestRules makes rules, having tried what they do, and deletes them.
func TestRules(t *testing.T) {
	eachEstate(t, func(t *testing.T, e *estate) {
		rule := fmt.Sprintf(`{"node": %d, "effect": "allow", "principal": %d, "scope": "datastore", "permission": "upload"`, e.here.Num, e.vic.Num)
		before := dbtest.Fingerprint(t, e.db)
		preview := e.call(e.boss, post, e.at("/rules?dry_run=true"), rule+"}", 200).value(t)
		told := fmt.Sprint(preview["differences"])
		want := fmt.Sprintf("[map[given:[datastore.upload] node:%d principal:%d taken:[]]]", e.here.Num, e.vic.Num)
		if told != want || preview["more"] != false {
			t.Errorf("%s, want %s", told, want)
		}
		deny := fmt.Sprintf(`{"node": %d, "effect": "deny", "principal": %d, "permission": "upload", "scope": "datastore"}`, e.here.Num, e.eva.Num)
		if taken := e.call(e.boss, post, e.at("/rules?dry_run=true"), deny, 200).value(t); count(taken["differences"]) == 0 ||
			fmt.Sprint(taken["differences"].([]any)[0].(map[string]any)["taken"]) != "[datastore.upload]" {
			t.Errorf("%v", taken)
		}
		for body, field := range map[string]string{
			`{}`: "node", `{"node": 1}`: "principal", `{"node": 0, "effect": "allow", "principal": 1}`: "node",
			rule + `, "expires": "x"}`: "expires", rule + `, "expires": "2026-05-03"}`: "expires", rule + `, "origin": "member"}`: "origin",
			fmt.Sprintf(`{"node": %d, "effect": "allow", "principal": %d}`, e.here.Num, e.admin.Num):            "principal",
			fmt.Sprintf(`{"node": %d, "effect": "allows", "principal": %d}`, e.here.Num, e.vic.Num):             "effect",
			fmt.Sprintf(`{"node": %d, "effect": "allow", "principal": %d, "role": "x"}`, e.here.Num, e.vic.Num): "role",
		} {
			e.refused(e.boss, post, e.at("/rules"), body, 400, "invalid", field)
			e.refused(e.boss, post, e.at("/rules?dry_run=true"), body, 400, "invalid", field)
		}
		e.refused(e.boss, post, e.at("/rules"), fmt.Sprintf(`{"node": %d, "effect": "deny", "principal": %d}`, e.here.Num, e.boss.Num), 409, "supervisor", "")
		e.refused(e.boss, post, e.at("/rules"), fmt.Sprintf(`{"node": %d, "effect": "allow", "principal": %d, "role": %q}`, e.house, e.vic.Num, workspace.RoleOwner), 409, "heir", "")
		e.call(e.eva, post, e.at("/rules"), rule+"}", 403)
		e.call(e.eva, post, e.at("/rules?dry_run=true"), rule+"}", 403)
		if dbtest.Fingerprint(t, e.db) != before {
			t.Error("a trial or a refusal left something")
		}
		made := e.call(e.boss, post, e.at("/rules"), rule+`, "propagate": false, "expires": "2026-05-04"}`, 201)
		v := made.value(t)
		if v["origin"] != "manual" || v["propagate"] != false || v["expires"] != "2026-05-05T00:00:00Z" || made.header.Get("Location") != "rules/"+v["id"].(string) {
			t.Errorf("%v %s", made.header, made.text)
		}
		path := e.at("/rules/" + v["id"].(string))
		e.refused(e.boss, remove, path, "", 412, "precondition_failed", "", "If-Match", `"x"`)
		if would := e.call(e.boss, remove, path+"?dry_run=true", "", 200); would.text != made.text {
			t.Errorf("%s", would.text)
		}
		tag := e.call(e.boss, get, path, "", 200).header.Get("ETag")
		e.call(e.boss, remove, path, "", 204, "If-Match", tag)
		e.call(e.boss, get, path, "", 404)
		e.call(e.boss, get, e.at("/rules/x"), "", 404)
		part := e.call(e.boss, get, e.at(fmt.Sprintf("/rules?principal=%d", e.vic.Num)), "", 200).items(t)[0]
		e.refused(e.boss, remove, e.at("/rules/"+part["id"].(string)), "", 409, "in_use", "")
	})
}

// TestSuspended shuts a member out and lets him in again.
func TestSuspended(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		path := s.at(fmt.Sprintf("/members/%d", s.member.Num))
		s.call(s.member, get, s.at(""), "", 200)
		tag := s.call(s.boss, get, path, "", 200).header.Get("ETag")
		before := dbtest.Fingerprint(t, s.db)
		if m := s.call(s.boss, post, path+"/suspend?dry_run=true", "", 200).value(t); m["suspended"] != true {
			t.Errorf("%v", m)
		}
		s.refused(s.boss, post, path+"/suspend", "", 412, "precondition_failed", "", "If-Match", `"x"`)
		s.refused(s.boss, post, s.at(fmt.Sprintf("/members/%d/suspend", s.boss.Num)), "", 409, "supervisor", "")
		if dbtest.Fingerprint(t, s.db) != before {
			t.Error("a trial or a refusal left something")
		}
		a := s.call(s.boss, post, path+"/suspend", "", 200, "If-Match", tag)
		if a.value(t)["suspended"] != true || a.header.Get("ETag") != s.call(s.boss, get, path, "", 200).header.Get("ETag") {
			t.Errorf("%v %s", a.header, a.text)
		}
		s.call(s.member, get, s.at(""), "", 404)
		s.refused(s.boss, post, path+"/resume", "", 412, "precondition_failed", "", "If-Match", tag)
		s.call(s.boss, post, path+"/resume", "", 200)
		s.call(s.member, get, s.at(""), "", 200)
		chief := s.user("chief", false)
		s.join(s.here.ID, chief)
		s.must(s.services.Workspaces.AddOrganizationUser(t.Context(), root(), s.pays.ID, chief.ID))
		s.refused(s.boss, post, s.at(fmt.Sprintf("/members/%d/suspend", chief.Num)), "", 409, "superior", "")
	})
}

// TestSeats limits who may join.
func TestSeats(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		path := s.at("/seats")
		if a := s.call(s.boss, get, path, "", 200); a.text != `{"limit":null,"pending":0,"used":2}` && a.text != `{"used":2,"pending":0,"limit":null}` {
			t.Errorf("%s", a.text)
		}
		s.call(s.boss, put, path, `{"limit": 2}`, 403)
		s.refused(s.admin, put, path, `{}`, 400, "invalid", "limit")
		s.refused(s.admin, put, path, `{"limit": -1}`, 400, "invalid", "limit")
		tag := s.call(s.admin, put, path, `{"limit": 2}`, 200).header.Get("ETag")
		late := s.user("late", false)
		join := s.at(fmt.Sprintf("/members/%d", late.Num))
		s.refused(s.boss, put, join, `{"roles": []}`, 400, "quota_exceeded", "")
		s.refused(s.admin, put, path, `{"limit": 3}`, 412, "precondition_failed", "", "If-Match", `"x"`)
		tag = s.call(s.admin, put, path, `{"limit": 3}`, 200, "If-Match", tag).header.Get("ETag")
		s.call(s.boss, put, join, `{"roles": []}`, 200)
		if v := s.call(s.admin, put, path, `{"limit": null}`, 200, "If-Match", tag).value(t); v["used"] != float64(3) || v["limit"] != nil {
			t.Errorf("%v", v)
		}
	})
}
