package apiv1_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestProjectFields changes what a workspace is where it is about a building.
func TestProjectFields(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		r := s.build(s.here)
		for _, c := range []struct{ body, want string }{
			{`{"project": {"number": "01", "type": 7, "gross_area": "12.50"}}`, `"number":"01","constructor":"","type":7,"gross_area":"12.5","status":""`},
			{`{"project": {"status": "built", "type": null}}`, `"number":"01","constructor":"","type":null,"gross_area":"12.5","status":"built"`},
			{`{"description": "x"}`, `"number":"01","constructor":"","type":null,"gross_area":"12.5","status":"built"`},
			{`{"project": null}`, `"number":"","constructor":"","type":null,"gross_area":"","status":""`},
		} {
			a := s.call(s.boss, patch, s.at(""), c.body, 200)
			if want := `"project":{` + c.want + `,"database":"` + string(r.used) + `"}`; !strings.Contains(a.text, want) {
				t.Errorf("%s: %s, want %s", c.body, a.text, want)
			}
			if a.field(t, "updated_by") != "boss" || a.field(t, "created_by") == "boss" {
				t.Errorf("%s", a.text)
			}
		}
		for body, field := range map[string]string{
			`{"project": {"number": "` + strings.Repeat("x", 31) + `"}}`: "project.number", `{"project": {"type": -1}}`: "project.type",
			`{"project": {"gross_area": "many"}}`: "project.gross_area", `{"project": {"database": "x"}}`: "project.database",
			`{"project": {"type": "3"}}`: "project.type", `{"project": []}`: "project", `{"project": {"status": "` + strings.Repeat("x", 100) + `"}}`: "project.status",
		} {
			s.refused(s.boss, patch, s.at(""), body, 400, "invalid", field)
		}
		tag := s.call(s.boss, get, s.at(""), "", 200).header.Get("ETag")
		s.call(s.admin, put, s.at("/database"), `{"database": null}`, 200)
		s.refused(s.boss, patch, s.at(""), `{"project": {"number": "02"}}`, 412, "precondition_failed", "", "If-Match", tag)
	})
}

// TestOrganizationFields changes what is known of an organization.
func TestOrganizationFields(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		texts := map[string]string{
			"address": "1 Way\n2 Street", "billing_address": "Box 3", "contact": "Ada", "tech_contact": "Bob", "image": "https://example.org/a.png",
			"network": "10.0.0.0/8", "note": "A note.",
		}
		body := `{"name": "Full", "databases_quota": 5`
		for name, value := range texts {
			body += fmt.Sprintf(`, %q: %s`, name, pretty(value))
		}
		a := s.call(s.admin, post, "/organizations", body+"}", 201)
		path := "/organizations/" + a.field(t, "id").(string)
		got := s.call(s.admin, get, path, "", 200)
		for name, value := range texts {
			if got.field(t, name) != value {
				t.Errorf("%s is %v", name, got.field(t, name))
			}
			if b := s.call(s.admin, patch, path, fmt.Sprintf(`{%q: null}`, name), 200); b.field(t, name) != "" {
				t.Errorf("%s is %v", name, b.field(t, name))
			}
		}
		if got.field(t, "databases_quota") != 5.0 || s.call(s.admin, patch, path, `{"databases_quota": null}`, 200).field(t, "databases_quota") != nil {
			t.Errorf("%s", got.text)
		}
		s.refused(s.admin, patch, path, `{"image": "javascript:alert(1)"}`, 400, "invalid", "image")
		s.refused(s.admin, patch, path, `{"databases_quota": -5}`, 400, "invalid", "databases_quota")
	})
}

// TestLogins counts who came with what.
func TestLogins(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		for _, client := range []string{"Revit/1", "Revit/2", "curl/8", "Curl/9"} {
			s.must(s.services.SignIn.Visit(t.Context(), s.actor(s.boss), s.here.ID, client))
		}
		s.must(s.services.SignIn.Visit(t.Context(), s.actor(s.member), s.here.ID, "Revit/1"))
		other := s.workspace("other", "", s.boss)
		for query, want := range map[string]string{
			"": "curl 2, Revit 3", "?client=curl": "curl 2", "?client=Revit,nothing": "Revit 3", "?from=2026-05-05": "", "?to=2026-05-03": "",
			"?from=2026-05-04&to=2026-05-04T23:00:00Z": "curl 2, Revit 3", "?workspace=" + string(other.ID): "", "?sort=-count&limit=1": "Revit 3",
			"?workspace=" + string(s.here.ID) + "," + string(other.ID) + "&sort=client": "curl 2, Revit 3",
		} {
			var rows []string
			for _, item := range s.call(s.boss, get, "/login-statistics"+query, "", 200).items(t) {
				if w := item["workspace"].(map[string]any); w["id"] != string(s.here.ID) {
					t.Errorf("%s: %v", query, w)
				}
				rows = append(rows, fmt.Sprint(item["client"], " ", item["count"]))
			}
			if got := strings.Join(rows, ", "); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		var users []string
		for _, item := range s.call(s.boss, get, "/login-statistics/users", "", 200).items(t) {
			users = append(users, fmt.Sprint(item["workspace"].(map[string]any)["technical_name"], " ", item["users"]))
		}
		if got := strings.Join(users, ", "); got != "here 2, other 0" {
			t.Errorf("%s", got)
		}
		if list := s.call(s.member, get, "/login-statistics", "", 200); list.text != `{"items":[],"total":0}` {
			t.Errorf("%s", list.text)
		}
		for query, field := range map[string]string{
			"from=yesterday": "from", "to=x": "to", "from=2026-05-05&to=2026-05-04": "from", "workspace=x": "workspace", "client=,": "client",
		} {
			s.refused(s.boss, get, "/login-statistics?"+query, "", 400, "invalid", field)
			s.refused(s.boss, get, "/login-statistics/users?"+query, "", 400, "invalid", field)
		}
		if who := s.call(s.admin, get, "/login-statistics/users?sort=-users", "", 200).items(t); len(who) != 2 || who[0]["users"] != 2.0 {
			t.Errorf("%v", who)
		}
	})
}
