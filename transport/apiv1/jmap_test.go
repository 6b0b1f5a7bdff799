package apiv1_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestJMap has an administrator, an editor, a viewer, a key and somebody invited
// live every requirement of spec/jmap.md, by its id. docs/jmap.md is the list.
func TestJMap(t *testing.T) {
	t.Parallel()
	for part, list := range map[string][]requirement{
		"access": jmapAccess(), "tables": jmapTables(), "keys": jmapKeys(), "members": jmapMembers(),
		"organization": jmapOrganization(), "invitations": jmapInvitations(), "readings": jmapReadings(),
		"readings of departures": jmapDepartures(),
	} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			eachAddress(t, func(t *testing.T, address string, db *storage.DB) {
				t.Helper()
				c := newConsole(t, address, db)
				for _, r := range list {
					t.Run(r.id, func(t *testing.T) { //nolint:paralleltest // they share a world, one after another
						c.t = t
						r.test(t, c)
					})
				}
				c.t = t
			})
		})
	}
}

// requirement is one of the spec's with what holds it.
type requirement struct {
	id   string
	test func(t *testing.T, c *console)
}

// console is what JMap's console sees: a workspace, which is the organisation,
// with its administrator amy. boss supervises it.
type console struct {
	*small

	address           string
	amy, ed, eva, vic *someone
	last              rbac.Node
}

func newConsole(t *testing.T, address string, db *storage.DB) *console {
	t.Helper()
	c := &console{small: newSmall(t, db), address: address, last: 7000}
	c.amy = c.newcomer("amy", workspace.RoleAdministrator)
	c.ed, c.eva = c.newcomer("ed", workspace.RoleEditor), c.newcomer("eva", workspace.RoleEditor)
	c.vic = c.newcomer("vic", workspace.RoleViewer)
	return c
}

// newcomer is somebody else with a role, who called this minute.
func (c *console) newcomer(name string, role rbac.RoleName) *someone {
	c.t.Helper()
	u := c.user(name, false)
	c.join(c.here.ID, u, role)
	c.call(u, get, "/me", "", 200)
	return u
}

func (c *console) of(who *someone, rest string) string {
	return c.at(fmt.Sprintf("/members/%d%s", who.Num, rest))
}

// plant has somebody own something new, alone or with others.
func (c *console) plant(owner rbac.Principal, others ...rbac.Principal) rbac.Node {
	c.t.Helper()
	return c.below(c.here.Num, owner, others...)
}

func (c *console) below(parent rbac.Node, owner rbac.Principal, others ...rbac.Principal) rbac.Node {
	c.t.Helper()
	c.last++
	n := c.last
	dbtest.Sow(c.t, c.address, []rbac.Place{{Node: n, Parent: parent, Class: "group", Workspace: c.here.Num, Owner: owner}})
	for _, p := range others {
		_, err := c.services.Workspaces.AddRule(c.t.Context(), root(), c.here.ID, rbac.Rule{
			Node: n, Effect: rbac.Allow, Principal: p, Role: workspace.RoleOwner, Propagate: true,
		})
		c.must(err)
	}
	return n
}

// owned wants something to be owned by some, and to be gone for none.
func (c *console) owned(n rbac.Node, want ...rbac.Principal) {
	c.t.Helper()
	got, err := c.db.Workspaces().Owners(c.t.Context(), c.here.Num, n)
	if len(want) > 0 {
		c.must(err)
	}
	if !slices.Equal(got, want) {
		c.t.Errorf("%d is owned by %v, want %v", n, got, want)
	}
	if _, err := c.services.Rules.Check(c.t.Context(), c.boss.Num, n, workspace.Read, rbac.Latest()); (err == nil) != (len(want) > 0) {
		c.t.Errorf("%d: %v", n, err)
	}
}

// ruleless wants nothing to be left that gives somebody anything.
func (c *console) ruleless(p rbac.Principal) {
	c.t.Helper()
	list, err := c.services.Rules.Rules(c.t.Context(), rbac.RuleFilter{Principals: []rbac.Principal{p}})
	c.must(err)
	if len(list) != 0 {
		c.t.Errorf("rules of %d are left: %v", p, list)
	}
}

// grant gives somebody the permission to read something.
func (c *console) grant(n rbac.Node, p rbac.Principal) {
	c.t.Helper()
	_, err := c.services.Workspaces.AddRule(c.t.Context(), root(), c.here.ID, rbac.Rule{
		Node: n, Effect: rbac.Allow, Principal: p, Role: workspace.RoleViewer, Propagate: true,
	})
	c.must(err)
}

// robot is a key as it is answered once.
type robot struct {
	value  map[string]any
	id     string
	num    rbac.Principal
	secret string
	path   string
}

func (c *console) carry(k robot) []string { return []string{"Api-Key", k.secret} }

// robot makes a key.
func (c *console) robot(title string, role rbac.RoleName) robot {
	c.t.Helper()
	v := c.call(c.amy, post, c.at("/keys"), fmt.Sprintf(`{"title": %q, "role": %q, "expires": "2026-06-01"}`, title, role), 201).value(c.t)
	id, _ := v["id"].(string)
	num, _ := v["num"].(float64)
	secret, _ := v["secret"].(string)
	return robot{value: v, id: id, num: rbac.Principal(num), secret: secret, path: c.at("/keys/" + id)}
}

// invite invites an address.
func (c *console) invite(email string, role rbac.RoleName, language string) map[string]any {
	c.t.Helper()
	return c.call(c.amy, post, c.at("/invitations"), fmt.Sprintf(`{"email": %q, "roles": [%q], "language": %q}`, email, role, language), 201).value(c.t)
}

func tokenOf(invitation map[string]any) string {
	link, _ := invitation["link"].(string)
	return tokenIn(link)
}

// has compares some of what an answer has with what it is to have.
func has(t *testing.T, got, want map[string]any) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if g, w := fmt.Sprint(got[name]), fmt.Sprint(want[name]); g != w {
			t.Errorf("%s is %s, want %s", name, g, w)
		}
	}
}

// found returns the one on a list that has an id.
func found(t *testing.T, items []map[string]any, key string, id any) map[string]any {
	t.Helper()
	for _, item := range items {
		if fmt.Sprint(item[key]) == fmt.Sprint(id) {
			return item
		}
	}
	t.Errorf("no %s %v on %v", key, id, items)
	return map[string]any{}
}

func jmapAccess() []requirement {
	return []requirement{
		{"J-01", func(t *testing.T, c *console) {
			k, i := c.robot("probe", workspace.RoleEditor), c.invite("probe@example.org", workspace.RoleViewer, "en")
			c.call(nil, get, c.at(""), "", 200, c.carry(k)...)
			calls := [][3]string{
				{patch, c.at(""), `{"description": "changed"}`},
				{get, c.at("/keys"), ""},
				{post, c.at("/keys"), `{"title": "x", "role": "Viewer", "expires": "2026-06-01"}`},
				{get, c.at("/keys/" + c.robot("other", workspace.RoleViewer).id), ""},
				{remove, c.at("/keys/" + c.robot("third", workspace.RoleViewer).id), ""},
				{get, c.at("/members"), ""},
				{get, c.of(c.vic, ""), ""},
				{put, c.of(c.vic, ""), `{"roles": ["Editor"]}`},
				{remove, c.of(c.vic, ""), ""},
				{get, c.at("/invitations"), ""},
				{post, c.at("/invitations"), `{"email": "x@example.org", "roles": ["Viewer"]}`},
				{get, fmt.Sprintf("/invitations/%v", i["id"]), ""},
				{post, fmt.Sprintf("/invitations/%v/link", i["id"]), ""},
				{remove, fmt.Sprintf("/invitations/%v", i["id"]), ""},
				{get, c.at("/audit"), ""},
			}
			before := dbtest.Fingerprint(t, c.db)
			for _, call := range calls {
				for _, who := range []*someone{c.ed, c.vic} {
					c.refused(who, call[0], call[1], call[2], 403, "forbidden", "")
				}
				c.refused(nil, call[0], call[1], call[2], 403, "forbidden", "", c.carry(k)...)
				c.refused(nil, call[0], call[1], call[2], 401, "unauthenticated", "")
			}
			for _, who := range []*someone{c.ed, c.vic, c.amy} { // what is subscribed to comes from above
				c.refused(who, put, c.at("/seats"), `{"limit": 100}`, 403, "forbidden", "")
			}
			if dbtest.Fingerprint(t, c.db) != before {
				t.Error("a refusal left something")
			}
			for _, call := range calls {
				path := call[1]
				if call[0] != get && !strings.HasSuffix(path, "/link") {
					path += "?dry_run=true"
				}
				a := c.ask(t.Context(), sent{as: c.amy, method: call[0], path: path, body: call[2]})
				if a.status >= http.StatusMultipleChoices {
					t.Errorf("the administrator: %s %s: %d %s", call[0], path, a.status, a.text)
				}
			}
		}},
		{"J-02", func(t *testing.T, c *console) {
			has(t, c.call(c.amy, get, c.at(""), "", 200).value(t), map[string]any{"id": string(c.here.ID), "name": "here"})
			for _, part := range []string{"/keys", "/members", "/invitations"} {
				if v := c.call(c.amy, get, c.at(part), "", 200).value(t); v["items"] == nil || v["total"] == nil {
					t.Errorf("%s: %v", part, v)
				}
			}
		}},
		{"J-03", func(t *testing.T, c *console) {
			items := c.call(c.amy, get, "/roles?limit=200", "", 200).items(t)
			lower := []any{}
			for _, name := range []rbac.RoleName{workspace.RoleViewer, workspace.RoleEditor, workspace.RoleAdministrator} {
				role := found(t, items, "name", name)
				has(t, role, map[string]any{"title": name, "builtin": true, "everything": false})
				permissions, _ := role["permissions"].([]any)
				for _, p := range lower {
					if !slices.Contains(permissions, p) {
						t.Errorf("%s lacks %v of the role below", name, p)
					}
				}
				if len(permissions) <= len(lower) {
					t.Errorf("%s has no more than the role below: %v", name, permissions)
				}
				lower = permissions
				c.call(c.amy, put, c.of(c.eva, "?dry_run=true"), fmt.Sprintf(`{"roles": [%q]}`, name), 200)
			}
			for _, name := range []string{"Visualizer", "editor", "owner", "member", "platform administrator"} {
				a := c.ask(t.Context(), sent{as: c.amy, method: put, path: c.of(c.eva, ""), body: fmt.Sprintf(`{"roles": [%q]}`, name)})
				if p := a.value(t); a.status < 400 || p["code"] != "invalid" && p["code"] != "forbidden" && p["code"] != "not_found" {
					t.Errorf("role %s: %d %s", name, a.status, a.text)
				}
			}
		}},
	}
}

func jmapOrganization() []requirement {
	return []requirement{
		{"J-50", func(t *testing.T, c *console) {
			has(t, c.call(c.amy, patch, c.at(""), `{"name": "K2 Géospatial"}`, 200).value(t), map[string]any{"name": "K2 Géospatial", "technical_name": "here"})
			has(t, c.call(c.vic, get, c.at(""), "", 200).value(t), map[string]any{"name": "K2 Géospatial"})
			c.refused(c.amy, patch, c.at(""), `{"name": ""}`, 400, "invalid", "name")
			c.refused(c.ed, patch, c.at(""), `{"name": "Mine"}`, 403, "forbidden", "")
			has(t, c.call(c.vic, get, c.at(""), "", 200).value(t), map[string]any{"name": "K2 Géospatial"})
		}},
		{"J-51", func(t *testing.T, c *console) {
			id := string(c.here.ID)
			c.refused(c.amy, patch, c.at(""), `{"id": "0192f1a0-7c3e-7d52-9f0a-5d0c9c1b2a31"}`, 400, "invalid", "id")
			has(t, c.call(c.amy, patch, c.at(""), `{"name": "Renamed"}`, 200).value(t), map[string]any{"id": id, "name": "Renamed"})
			// What connects from outside names it by that, with a key.
			k := c.robot("JMap Server", workspace.RoleEditor)
			has(t, c.call(nil, get, c.at(""), "", 200, c.carry(k)...).value(t), map[string]any{"id": id, "name": "Renamed"})
			has(t, k.value, map[string]any{"workspace": id})
		}},
	}
}
