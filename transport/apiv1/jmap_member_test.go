package apiv1_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// gone wants somebody to belong to nothing any more, and nothing to be his.
func (c *console) gone(who *someone) {
	c.t.Helper()
	c.refused(c.amy, get, c.of(who, ""), "", 404, "not_found", "")
	c.refused(c.amy, get, c.of(who, "/holdings"), "", 404, "not_found", "")
	c.ruleless(who.Num)
}

func jmapMembers() []requirement {
	return []requirement{
		{"J-40", func(t *testing.T, c *console) {
			has(t, c.call(c.amy, get, c.of(c.ed, ""), "", 200).value(t), map[string]any{"name": "Lopper ed", "email": "ed@example.org", "roles": []string{"Editor"}})
		}},
		{"J-41", func(t *testing.T, c *console) {
			u := c.newcomer("forty-one", workspace.RoleViewer)
			for _, field := range []string{"name", "email", "username", "principal"} {
				c.refused(c.amy, put, c.of(u, ""), fmt.Sprintf(`{"roles": ["Editor"], %q: "x"}`, field), 400, "invalid", field)
			}
			has(t, c.call(c.amy, get, c.of(u, ""), "", 200).value(t), map[string]any{"roles": []string{"Viewer"}})
			saved := c.call(c.amy, put, c.of(u, ""), `{"roles": ["Editor"]}`, 200).value(t)
			for _, v := range []map[string]any{saved, c.call(c.amy, get, c.of(u, ""), "", 200).value(t)} {
				has(t, v, map[string]any{"roles": []string{"Editor"}, "name": "Lopper forty-one", "email": "forty-one@example.org"})
			}
		}},
		{"J-42", func(t *testing.T, c *console) {
			house := c.plant(c.ed.Num)
			give := func(to *someone) string { return fmt.Sprintf(`{"to": %d}`, to.Num) }
			c.refused(c.amy, post, c.of(c.ed, "/holdings/transfer"), give(c.vic), 409, "heir", "")
			c.owned(house, c.ed.Num)
			has(t, c.call(c.amy, post, c.of(c.ed, "/holdings/transfer"), give(c.amy), 200).value(t), map[string]any{"transferred": 1})
			c.owned(house, c.amy.Num)
			c.call(c.amy, post, c.of(c.amy, "/holdings/transfer"), give(c.eva), 200)
			c.owned(house, c.eva.Num)
			if none := c.call(c.amy, get, c.of(c.vic, "/holdings"), "", 200).items(t); len(none) != 0 {
				t.Errorf("the viewer owns %v", none)
			}
		}},
		{"J-43", func(t *testing.T, c *console) {
			for _, u := range []*someone{c.newcomer("forty-three", workspace.RoleEditor), c.newcomer("forty-three-a", workspace.RoleAdministrator)} {
				house := c.plant(u.Num)
				before := dbtest.Fingerprint(t, c.db)
				plan := c.call(c.amy, post, c.of(u, "/departure?dry_run=true"), `{}`, 200).value(t)
				blockers, _ := plan["blockers"].([]any)
				if len(blockers) != 1 {
					t.Fatalf("%v", plan)
				}
				first, _ := blockers[0].(map[string]any)
				has(t, first, map[string]any{"code": "owns_resources", "node": house})
				p := c.refused(c.amy, remove, c.of(u, ""), "", 409, "owns_resources", "").value(t)
				names := usernames(p["heirs"])
				if !slices.Contains(names, "ed") || !slices.Contains(names, "amy") || slices.Contains(names, "vic") || slices.Contains(names, u.Username) {
					t.Errorf("offered %v", names)
				}
				// Either decision is shown before it is made.
				for how, want := range map[string]map[string]any{
					fmt.Sprintf(`{"transfer_to": %d}`, c.ed.Num): {"node": house, "to": c.ed.Num, "deleted": false},
					`{"delete": true}`:                           {"node": house, "to": nil, "deleted": true},
				} {
					shown := c.call(c.amy, post, c.of(u, "/departure?dry_run=true"), how, 200).value(t)
					fates, _ := shown["holdings"].([]any)
					if len(fates) != 1 || count(shown["blockers"]) != 0 {
						t.Fatalf("%s: %v", how, shown)
					}
					fate, _ := fates[0].(map[string]any)
					has(t, fate, want)
				}
				if dbtest.Fingerprint(t, c.db) != before {
					t.Error("asking left something")
				}
			}
		}},
		{"J-44", func(t *testing.T, c *console) {
			u := c.newcomer("forty-four", workspace.RoleEditor)
			mine, shared, foreign := c.plant(u.Num), c.plant(u.Num, c.eva.Num), c.plant(c.eva.Num)
			c.grant(foreign, u.Num)
			done := c.call(c.amy, post, c.of(u, "/departure"), fmt.Sprintf(`{"transfer_to": %d}`, c.ed.Num), 200).value(t)
			if count(done["holdings"]) != 2 {
				t.Errorf("%v", done)
			}
			c.owned(mine, c.ed.Num)
			c.owned(shared, c.ed.Num, c.eva.Num)
			c.owned(foreign, c.eva.Num)
			c.gone(u)
		}},
		{"J-45", func(t *testing.T, c *console) {
			u := c.newcomer("forty-five", workspace.RoleEditor)
			mine, shared, foreign := c.plant(u.Num), c.plant(u.Num, c.eva.Num), c.plant(c.eva.Num)
			layer := c.below(mine, u.Num)
			c.grant(foreign, u.Num)
			c.call(c.amy, post, c.of(u, "/departure"), `{"delete": true}`, 200)
			c.owned(mine)
			c.owned(layer)
			c.owned(shared, c.eva.Num)
			c.owned(foreign, c.eva.Num)
			c.gone(u)
		}},
		{"J-46", func(t *testing.T, c *console) {
			u := c.newcomer("forty-six", workspace.RoleEditor)
			things := c.pocket(u)
			page := []string{"X-Requested-With", "bailiwick"}
			in := fmt.Sprintf(`{"username": "forty-six", "password": %q}`, password)
			c.call(nil, post, "/session", in, 200, page...)
			c.call(c.amy, remove, c.of(u, ""), "", 204)
			// What he had of the organisation is closed to him at once.
			c.refused(u, get, c.at(""), "", 404, "not_found", "")
			c.refused(nil, get, c.at(""), "", 404, "not_found", "", "Api-Key", things.secret)
			if left := c.call(u, get, "/me/workspaces", "", 200).items(t); len(left) != 0 {
				t.Errorf("%v", left)
			}
			// His account is the platform's, and goes with the user.
			c.call(c.admin, post, "/users/"+string(u.ID)+"/departure", `{"delete": true}`, 200)
			c.refused(nil, post, "/session", in, 401, "unauthenticated", "", page...)
			c.refused(nil, get, "/me", "", 401, "unauthenticated", "", "Api-Key", things.secret)
			c.refused(nil, get, "/session", "", 401, "unauthenticated", "", "Cookie", "__Host-bailiwick="+things.cookie)
		}},
		{"J-47", func(t *testing.T, c *console) {
			u := c.newcomer("forty-seven", workspace.RoleViewer)
			c.call(c.amy, remove, c.of(u, ""), "", 204)
			c.gone(u)
			c.refused(c.amy, remove, c.of(u, ""), "", 404, "not_found", "")
			if left := c.call(c.amy, get, c.at("/members?q=forty-seven"), "", 200).items(t); len(left) != 0 {
				t.Errorf("%v", left)
			}
			c.call(c.admin, post, "/users/"+string(u.ID)+"/departure", `{}`, 200)
			c.refused(c.admin, get, "/users/"+string(u.ID), "", 404, "not_found", "")
			if left := c.call(c.admin, get, "/users?q=forty-seven", "", 200).items(t); len(left) != 0 {
				t.Errorf("%v", left)
			}
		}},
	}
}
