package apiv1_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func (c *console) now() time.Time { return time.UnixMicro(c.clock.Load()).UTC() }

func jmapReadings() []requirement {
	return []requirement{
		{"JA-1", func(t *testing.T, c *console) {
			expires := func(at string) string { return fmt.Sprintf(`{"title": "x", "role": "Viewer", "expires": %s}`, at) }
			for _, at := range []string{"null", `"2027-06-01"`, `"2026-05-01"`} { // never, later than a year, already over
				c.refused(c.amy, post, c.at("/keys"), expires(at), 400, "invalid", "expires")
			}
			c.call(c.amy, post, c.at("/keys"), expires(`"2027-05-01"`), 201)
		}},
		{"JA-2", func(t *testing.T, c *console) {
			k := c.robot("A day", workspace.RoleViewer)
			has(t, k.value, map[string]any{"expires": "2026-06-02T00:00:00Z"})
			here := c.clock.Load()
			end := time.Date(2026, 6, 2, 0, 0, 0, 0, time.UTC).UnixMicro()
			c.clock.Store(end - 1)
			c.call(nil, get, c.at(""), "", 200, c.carry(k)...)
			c.clock.Store(end)
			c.refused(nil, get, c.at(""), "", 401, "unauthenticated", "", c.carry(k)...)
			has(t, c.call(c.amy, get, k.path, "", 200).value(t), map[string]any{"state": "expired"})
			c.clock.Store(here)
			exact := c.call(c.amy, post, c.at("/keys"), `{"title": "x", "role": "Viewer", "expires": "2026-06-01T12:00:00+02:00"}`, 201).value(t)
			has(t, exact, map[string]any{"expires": "2026-06-01T10:00:00Z"})
		}},
		{"JA-3", func(t *testing.T, c *console) {
			one, other := c.robot("Twin", workspace.RoleViewer), c.robot("Twin", workspace.RoleViewer)
			if one.value["email"] == other.value["email"] || one.num == other.num || one.num == 0 || one.value["email"] == "amy@example.org" {
				t.Errorf("%v\n%v", one.value, other.value)
			}
			creator, _ := one.value["creator"].(map[string]any)
			has(t, creator, map[string]any{"email": "amy@example.org", "name": "amy Lopper"})
		}},
		{"JA-4", func(t *testing.T, c *console) {
			k := c.robot("Kept", workspace.RoleViewer) // 201, and nothing else is to be said
			c.call(nil, get, c.at(""), "", 200, c.carry(k)...)
		}},
		{"JA-13", func(t *testing.T, c *console) {
			c.refused(c.amy, post, c.at("/invitations"), `{"email": "ed@example.org", "roles": ["Viewer"]}`, 409, "taken", "email")
			made := c.invite("thirteen@example.org", workspace.RoleViewer, "en")
			again := `{"email": "Thirteen@Example.org", "roles": ["Viewer"], "resend": %t}`
			has(t, c.refused(c.amy, post, c.at("/invitations"), fmt.Sprintf(again, false), 409, "invited_already", "").value(t), map[string]any{"id": made["id"]})
			has(t, c.call(c.amy, post, c.at("/invitations"), fmt.Sprintf(again, true), 200).value(t), map[string]any{"id": made["id"], "sent": 2})
			outsider := c.user("outsider", false)
			known := c.invite("outsider@example.org", workspace.RoleViewer, "en")
			token := fmt.Sprintf(`{"token": %q}`, tokenOf(known))
			has(t, c.call(nil, post, "/invitations/offer", token, 200).value(t), map[string]any{"account": true})
			has(t, c.call(outsider, post, "/invitations/accept", token, 200).value(t), map[string]any{"user": string(outsider.ID), "roles": []string{"Viewer"}})
		}},
		{"JA-14", func(t *testing.T, c *console) {
			made, late := c.invite("Fourteen@Example.org", workspace.RoleViewer, "en"), c.invite("late@example.org", workspace.RoleViewer, "en")
			has(t, made, map[string]any{"expires": c.now().Add(7 * 24 * time.Hour).Format(time.RFC3339Nano)})
			accept := fmt.Sprintf(`{"token": %q, "password": %q}`, tokenOf(made), password)
			c.call(nil, post, "/invitations/accept", accept, 200)
			c.refused(nil, post, "/invitations/accept", accept, 404, "not_found", "")
			has(t, c.call(c.amy, get, fmt.Sprintf("/invitations/%v", made["id"]), "", 200).value(t), map[string]any{"state": "accepted"})
			c.refused(c.amy, post, c.at("/invitations"), `{"email": "fourteen@example.org"}`, 409, "taken", "email")
			here := c.clock.Load()
			c.clock.Add((7 * 24 * time.Hour).Microseconds())
			c.refused(nil, post, "/invitations/offer", fmt.Sprintf(`{"token": %q}`, tokenOf(late)), 410, "expired", "")
			row := found(t, c.call(c.amy, get, c.at("/invitations?state=expired"), "", 200).items(t), "id", late["id"])
			has(t, row, map[string]any{"state": "expired"})
			c.clock.Store(here)
		}},
		{"JA-15", func(t *testing.T, c *console) {
			made := c.invite("fifteen@example.org", workspace.RoleViewer, "en")
			path := fmt.Sprintf("/invitations/%v", made["id"])
			has(t, c.call(c.amy, post, path+"/link", "", 200).value(t), map[string]any{"link": made["link"]})
			events := c.call(c.amy, get, c.at("/audit?action=invitation.show_link"), "", 200).items(t)
			object, _ := events[0]["object"].(map[string]any)
			has(t, object, map[string]any{"id": made["id"]})
			c.refused(c.ed, post, path+"/link", "", 403, "forbidden", "")
			c.call(c.amy, remove, path, "", 204)
			c.refused(c.amy, post, path+"/link", "", 409, "settled", "")
		}},
		{"JA-16", func(t *testing.T, c *console) {
			list := c.call(c.admin, get, "/organizations/"+string(c.pays.ID)+"/mail-templates?limit=200", "", 200).items(t)
			var languages []string
			for _, item := range list {
				if item["kind"] == "invitation" {
					languages = append(languages, fmt.Sprint(item["language"]))
				}
			}
			for _, want := range []string{"en", "es", "fr"} {
				if !slices.Contains(languages, want) {
					t.Errorf("no invitation in %s, only %v", want, languages)
				}
			}
			has(t, c.invite("sixteen@example.org", workspace.RoleViewer, "pt"), map[string]any{"language": "pt"})
		}},
		{"JA-17", func(t *testing.T, c *console) {
			u := c.newcomer("seventeen", workspace.RoleViewer)
			c.call(c.amy, remove, c.of(u, ""), "", 204)
			c.call(c.admin, post, "/users/"+string(u.ID)+"/departure", `{}`, 200)
			c.refused(c.admin, get, "/users/"+string(u.ID), "", 404, "not_found", "")
			a := c.call(c.amy, get, c.at(fmt.Sprintf("/audit?limit=200&action=member.remove&q=%s", "amy")), "", 200)
			if !strings.Contains(a.text, "seventeen") {
				t.Errorf("the trail does not tell his name: %s", a.text)
			}
		}},
		{"JA-18", func(t *testing.T, c *console) {
			up := c.call(c.amy, get, c.at("/members?sort=username&kind=user&fields=username"), "", 200)
			var names []string
			for _, item := range up.items(t) {
				names = append(names, strings.ToLower(fmt.Sprint(item["username"])))
				if len(item) != 1 {
					t.Errorf("%v", item)
				}
			}
			if len(names) < 4 || !slices.IsSorted(names) {
				t.Errorf("%v", names)
			}
			// Which columns he hides is kept for him, and for nobody else.
			c.call(c.amy, put, "/me/preferences/members.columns", `{"value": {"hidden": ["email"]}}`, 200)
			kept := c.call(c.amy, get, "/me/preferences", "", 200).text
			if want := `{"preferences":{"members.columns":{"hidden":["email"]}}}`; kept != want {
				t.Errorf("%s, want %s", kept, want)
			}
			if others := c.call(c.ed, get, "/me/preferences", "", 200).text; others != `{"preferences":{}}` {
				t.Errorf("%s", others)
			}
			if all := c.call(c.amy, get, c.at("/members?fields=email"), "", 200).items(t); len(all) == 0 || all[0]["email"] == nil {
				t.Errorf("what is hidden is not answered: %v", all)
			}
		}},
		{"JA-19", func(t *testing.T, c *console) {
			// What modifies a member says nothing of invitations.
			u := c.newcomer("nineteen", workspace.RoleViewer)
			before := c.call(c.amy, get, c.at("/invitations?limit=200"), "", 200).text
			c.call(c.amy, put, c.of(u, ""), `{"roles": ["Editor"]}`, 200)
			if after := c.call(c.amy, get, c.at("/invitations?limit=200"), "", 200).text; after != before {
				t.Errorf("%s", after)
			}
		}},
	}
}

// jmapDepartures are the readings of what becomes of what somebody owned.
func jmapDepartures() []requirement {
	return []requirement{
		{"JA-5", func(t *testing.T, c *console) {
			k, other := c.robot("Five", workspace.RoleEditor), c.robot("Other", workspace.RoleEditor)
			c.plant(k.num)
			u := c.newcomer("five", workspace.RoleEditor)
			c.plant(u.Num)
			for _, to := range []rbac.Principal{c.vic.Num, k.num, other.num} {
				c.refused(c.amy, remove, fmt.Sprintf("%s?transfer_to=%d", k.path, to), "", 409, "blocked", "")
			}
			for _, to := range []rbac.Principal{c.vic.Num, other.num, u.Num} {
				c.refused(c.amy, post, c.of(u, "/departure"), fmt.Sprintf(`{"transfer_to": %d}`, to), 409, "blocked", "")
			}
			c.call(c.amy, remove, fmt.Sprintf("%s?transfer_to=%d", k.path, c.amy.Num), "", 204) // an administrator
			c.call(c.amy, post, c.of(u, "/departure"), fmt.Sprintf(`{"transfer_to": %d}`, c.eva.Num), 200)
		}},
		{"JA-6", func(t *testing.T, c *console) {
			k, u := c.robot("Six", workspace.RoleEditor), c.newcomer("six", workspace.RoleEditor)
			keys, members := c.plant(k.num, c.eva.Num), c.plant(u.Num, c.eva.Num)
			keyAlone, memberAlone := c.plant(k.num), c.plant(u.Num)
			c.call(c.amy, remove, k.path+"?delete_resources=true", "", 204)
			c.call(c.amy, post, c.of(u, "/departure"), `{"delete": true}`, 200)
			c.owned(keys, c.eva.Num)
			c.owned(members, c.eva.Num)
			c.owned(keyAlone)
			c.owned(memberAlone)
		}},
		{"JA-7", func(t *testing.T, c *console) {
			u := c.newcomer("seven", workspace.RoleEditor)
			shared, both := c.plant(u.Num, c.eva.Num), c.plant(u.Num, c.ed.Num)
			c.call(c.amy, post, c.of(u, "/departure"), fmt.Sprintf(`{"transfer_to": %d}`, c.ed.Num), 200)
			c.owned(shared, c.ed.Num, c.eva.Num)
			c.owned(both, c.ed.Num) // no owner twice
		}},
		{"JA-8", func(t *testing.T, c *console) {
			u := c.newcomer("eight", workspace.RoleEditor)
			source, project := c.plant(u.Num), c.plant(c.eva.Num)
			layer := c.below(source, u.Num)
			c.link(project, source)
			plan := c.call(c.amy, post, c.of(u, "/departure?dry_run=true"), `{"delete": true}`, 200).value(t)
			fates, _ := plan["holdings"].([]any)
			first, _ := fates[0].(map[string]any)
			has(t, first, map[string]any{"node": source, "deleted": true, "below": 1, "foreign": []any{int64(project)}})
			p := c.refused(c.amy, post, c.of(u, "/departure"), `{"delete": true}`, 409, "blocked", "").value(t)
			blockers, _ := p["blockers"].([]any)
			blocker, _ := blockers[0].(map[string]any)
			has(t, blocker, map[string]any{"code": "needed", "node": source})
			c.owned(source, u.Num)
			c.call(c.amy, post, c.of(u, "/departure"), `{"delete": true, "cascade": true}`, 200)
			c.owned(source)
			c.owned(layer)
			c.owned(project, c.eva.Num)
		}},
		{"JA-9", func(t *testing.T, c *console) {
			// One rule for whatever is owned, of whichever class.
			k, u := c.robot("Nine", workspace.RoleEditor), c.newcomer("nine", workspace.RoleEditor)
			one, other := c.plant(k.num), c.plant(u.Num)
			c.call(c.amy, remove, fmt.Sprintf("%s?transfer_to=%d", k.path, c.ed.Num), "", 204)
			c.call(c.amy, post, c.of(u, "/departure"), fmt.Sprintf(`{"transfer_to": %d}`, c.ed.Num), 200)
			c.owned(one, c.ed.Num)
			c.owned(other, c.ed.Num)
		}},
		{"JA-10", func(t *testing.T, c *console) {
			u := c.newcomer("ten", workspace.RoleAdministrator)
			made := c.call(u, post, c.at("/keys"), `{"title": "Outlives", "role": "Viewer", "expires": "2026-06-01"}`, 201).value(t)
			c.call(c.amy, post, c.of(u, "/departure"), `{}`, 200)
			c.call(c.admin, post, "/users/"+string(u.ID)+"/departure", `{}`, 200)
			left := c.call(c.amy, get, c.at(fmt.Sprintf("/keys/%v", made["id"])), "", 200).value(t)
			creator, _ := left["creator"].(map[string]any)
			has(t, creator, map[string]any{"name": "ten Lopper", "email": ""})
			has(t, left, map[string]any{"state": "active"})
			c.call(nil, get, c.at(""), "", 200, "Api-Key", fmt.Sprint(made["secret"]))
		}},
		{"JA-11", func(t *testing.T, c *console) {
			// Without its administrators there is still the supervisor, and he can
			// only be replaced.
			u := c.newcomer("eleven", workspace.RoleAdministrator)
			has(t, c.call(u, put, c.of(u, ""), `{"roles": ["Viewer"]}`, 200).value(t), map[string]any{"roles": []string{"Viewer"}})
			has(t, c.call(c.amy, get, c.of(u, ""), "", 200).value(t), map[string]any{"roles": []string{"Viewer"}})
			before := dbtest.Fingerprint(t, c.db)
			c.refused(c.amy, remove, c.of(c.boss, ""), "", 409, "supervisor", "")
			c.refused(c.boss, remove, "/me"+c.at(""), "", 409, "supervisor", "")
			p := c.refused(c.boss, post, c.of(c.boss, "/departure"), `{}`, 409, "blocked", "").value(t)
			blockers, _ := p["blockers"].([]any)
			first, _ := blockers[0].(map[string]any)
			has(t, first, map[string]any{"code": "supervisor"})
			if dbtest.Fingerprint(t, c.db) != before {
				t.Error("a refusal left something")
			}
			has(t, c.call(c.amy, get, c.of(c.boss, ""), "", 200).value(t), map[string]any{"supervisor": true})
		}},
		{"JA-12", func(t *testing.T, c *console) {
			u := c.newcomer("twelve", workspace.RoleEditor)
			house := c.plant(u.Num)
			c.refused(c.amy, put, c.of(u, ""), `{"roles": ["Viewer"]}`, 409, "owns_resources", "")
			has(t, c.call(c.amy, get, c.of(u, ""), "", 200).value(t), map[string]any{"roles": []string{"Editor"}})
			c.owned(house, u.Num)
			c.call(c.amy, put, c.of(u, ""), fmt.Sprintf(`{"roles": ["Viewer"], "transfer_to": %d}`, c.ed.Num), 200)
			has(t, c.call(c.amy, get, c.of(u, ""), "", 200).value(t), map[string]any{"roles": []string{"Viewer"}})
			c.owned(house, c.ed.Num)
		}},
	}
}

// link has something need another.
func (c *console) link(from, to rbac.Node) {
	c.t.Helper()
	scribe, err := dbtest.NewScribe(c.address)
	c.must(err)
	defer scribe.Close()
	c.must(scribe.Write(c.t.Context(), []string{
		fmt.Sprintf("INSERT INTO node_links (workspace, node, name, target) VALUES (%d, %d, 'way', %d)", c.here.Num, from, to),
	}, dbtest.Line{Workspace: c.here.Num, Kind: "node", Num: int64(from)}))
}
