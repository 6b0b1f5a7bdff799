package apiv1_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func jmapKeys() []requirement {
	return []requirement{
		{"J-20", func(t *testing.T, c *console) {
			has(t, c.robot("ETL", workspace.RoleEditor).value, map[string]any{"title": "ETL", "role": "Editor", "expires": "2026-06-02T00:00:00Z", "state": "active"})
			for body, field := range map[string]string{
				`{"role": "Editor", "expires": "2026-06-01"}`: "title",
				`{"title": "x", "expires": "2026-06-01"}`:     "role",
				`{"title": "x", "role": "Editor"}`:            "expires",
			} {
				c.refused(c.amy, post, c.at("/keys"), body, 400, "invalid", field)
			}
		}},
		{"J-21", func(t *testing.T, c *console) {
			for _, role := range []rbac.RoleName{workspace.RoleEditor, workspace.RoleViewer} {
				has(t, c.robot("as "+string(role), role).value, map[string]any{"role": role})
			}
			for _, role := range []rbac.RoleName{workspace.RoleAdministrator, workspace.RoleCommunity, workspace.RoleOwner, "nothing"} {
				c.refused(c.amy, post, c.at("/keys"), fmt.Sprintf(`{"title": "x", "role": %q, "expires": "2026-06-01"}`, role), 400, "invalid", "role")
			}
		}},
		{"J-22", func(t *testing.T, c *console) {
			k := c.robot("Once", workspace.RoleViewer)
			if !strings.HasPrefix(k.secret, "bwk_") || len(k.secret) != 65 {
				t.Errorf("secret %q", k.secret)
			}
			doc, err := parsed()
			c.must(err)
			told := doc.Paths.Value("/workspaces/{workspace}/keys").Post.Description
			if !strings.Contains(told, "It is private: keep it secret") || !strings.Contains(told, "It cannot be seen again") {
				t.Errorf("the document says of it: %s", told)
			}
		}},
		{"J-23", func(t *testing.T, c *console) {
			// What the window copies is in the answer whole, and works.
			k := c.robot("Copied", workspace.RoleViewer)
			has(t, c.call(nil, get, k.path, "", 200, c.carry(k)...).value(t), map[string]any{"id": k.id, "title": "Copied"})
		}},
		{"J-24", func(t *testing.T, c *console) {
			k := c.robot("Listed", workspace.RoleViewer)
			row := found(t, c.call(c.amy, get, c.at("/keys?q=listed"), "", 200).items(t), "id", k.id)
			has(t, row, map[string]any{"title": "Listed", "role": "Viewer", "state": "active"})
		}},
		{"J-25", func(t *testing.T, c *console) {
			k := c.robot("Never again", workspace.RoleViewer)
			answers := []answer{
				c.call(c.amy, get, k.path, "", 200), c.call(nil, get, k.path, "", 200, c.carry(k)...),
				c.call(c.amy, get, c.at("/keys?limit=200"), "", 200), c.call(c.amy, get, c.at("/audit?limit=200"), "", 200),
				c.call(c.amy, post, k.path+"/revoke", "", 200), c.call(c.amy, remove, k.path+"?dry_run=true", "", 200),
			}
			for _, a := range answers {
				if strings.Contains(a.text, k.secret) || strings.Contains(a.text, k.secret[16:]) {
					t.Errorf("the secret is told again: %s", a.text)
				}
			}
		}},
		{"J-26", func(t *testing.T, c *console) {
			k := c.robot("Info", workspace.RoleEditor)
			info := c.call(c.amy, get, k.path, "", 200).value(t)
			has(t, info, map[string]any{"title": "Info", "role": "Editor", "expires": "2026-06-02T00:00:00Z", "email": k.value["email"]})
			creator, _ := info["creator"].(map[string]any)
			has(t, creator, map[string]any{"name": "amy Lopper"})
			if email, _ := info["email"].(string); !strings.Contains(email, "@") {
				t.Errorf("e-mail %q", email)
			}
		}},
		{"J-27", func(t *testing.T, c *console) {
			k := c.robot("Owner", workspace.RoleEditor)
			project := c.plant(k.num)
			layer := c.below(project, k.num)
			c.owned(project, k.num)
			c.owned(layer, k.num)
			owned := c.call(c.amy, get, c.at(fmt.Sprintf("/members/%d/holdings", k.num)), "", 200).items(t)
			if len(owned) != 2 {
				t.Errorf("%v", owned)
			}
			has(t, found(t, owned, "node", project), map[string]any{"class": "group", "below": 1, "others": []any{}})
		}},
		{"J-28", func(t *testing.T, c *console) {
			k := c.robot("Empty-handed", workspace.RoleEditor)
			before := dbtest.Fingerprint(t, c.db)
			has(t, c.call(c.amy, remove, k.path+"?dry_run=true", "", 200).value(t), map[string]any{"id": k.id})
			if dbtest.Fingerprint(t, c.db) != before {
				t.Error("asking left something")
			}
			c.call(c.amy, remove, k.path, "", 204)
			c.refused(c.amy, get, k.path, "", 404, "not_found", "")
		}},
		{"J-29", func(t *testing.T, c *console) {
			k := c.robot("Rich", workspace.RoleEditor)
			house := c.plant(k.num)
			for _, path := range []string{k.path + "?dry_run=true", k.path} {
				p := c.refused(c.amy, remove, path, "", 409, "owns_resources", "").value(t)
				has(t, p, map[string]any{"holdings": map[string]int{"group": 1}})
				if got := usernames(p["heirs"]); !slices.Equal(got, []string{"amy", "boss", "ed", "eva"}) {
					t.Errorf("offered %v", got)
				}
			}
			c.owned(house, k.num)
			heirs := c.call(c.amy, get, c.at(fmt.Sprintf("/members/%d/heirs", k.num)), "", 200).items(t)
			has(t, found(t, heirs, "username", "ed"), map[string]any{"name": "Lopper ed", "email": "ed@example.org", "principal": c.ed.Num, "roles": []string{"Editor"}})
		}},
		{"J-30", func(t *testing.T, c *console) {
			k := c.robot("Giver", workspace.RoleEditor)
			source, project, shared := c.plant(k.num), c.plant(k.num), c.plant(k.num, c.eva.Num)
			to := fmt.Sprintf("%s?transfer_to=%d", k.path, c.ed.Num)
			c.call(c.amy, remove, to+"&dry_run=true", "", 200)
			c.owned(source, k.num)
			c.call(c.amy, remove, to, "", 204)
			c.owned(source, c.ed.Num)
			c.owned(project, c.ed.Num)
			c.owned(shared, c.ed.Num, c.eva.Num)
		}},
		{"J-31", func(t *testing.T, c *console) {
			k := c.robot("Granted", workspace.RoleEditor)
			foreign := c.plant(c.eva.Num)
			c.grant(foreign, k.num)
			c.call(c.amy, remove, k.path, "", 204)
			c.ruleless(k.num)
			c.owned(foreign, c.eva.Num)
		}},
		{"J-32", func(t *testing.T, c *console) {
			k := c.robot("Sole", workspace.RoleEditor)
			alone, shared := c.plant(k.num), c.plant(k.num, c.eva.Num)
			layer := c.below(alone, k.num)
			c.call(c.amy, remove, k.path+"?delete_resources=true", "", 204)
			c.owned(alone)
			c.owned(layer)
			c.owned(shared, c.eva.Num)
		}},
		{"J-33", func(t *testing.T, c *console) {
			k := c.robot("Gone", workspace.RoleEditor)
			c.call(nil, get, c.at(""), "", 200, c.carry(k)...)
			c.call(c.amy, remove, k.path, "", 204)
			c.refused(nil, get, c.at(""), "", 401, "unauthenticated", "", c.carry(k)...)
			c.refused(c.amy, get, k.path, "", 404, "not_found", "")
			c.refused(c.amy, remove, k.path, "", 404, "not_found", "")
			for _, state := range []string{"active", "rotating", "expired", "revoked"} {
				if a := c.call(c.amy, get, c.at("/keys?limit=200&state="+state), "", 200); strings.Contains(a.text, k.id) {
					t.Errorf("it is still listed as %s", state)
				}
			}
			c.refused(c.amy, get, c.at(fmt.Sprintf("/members/%d/holdings", k.num)), "", 404, "not_found", "")
		}},
	}
}

// usernames lists who is on a list, in order.
func usernames(list any) []string {
	var names []string
	items, _ := list.([]any)
	for _, item := range items {
		who, _ := item.(map[string]any)
		names = append(names, fmt.Sprint(who["username"]))
	}
	slices.Sort(names)
	return names
}
