package apiv1_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// columns wants what is on a list with some fields to have these and no others.
func (c *console) columns(path, fields string) []map[string]any {
	c.t.Helper()
	items := c.call(c.amy, get, path+"?limit=200&fields="+fields, "", 200).items(c.t)
	want := strings.Split(fields, ",")
	slices.Sort(want)
	for _, item := range items {
		if got := slices.Sorted(maps.Keys(item)); !slices.Equal(got, want) {
			c.t.Errorf("%s: columns %v, want %v", path, got, want)
		}
	}
	return items
}

func jmapTables() []requirement {
	return []requirement{
		{"J-10", func(t *testing.T, c *console) {
			k := c.robot("Columns", workspace.RoleViewer)
			row := found(t, c.columns(c.at("/keys"), "id,title,creator,created,expires"), "id", k.id)
			has(t, row, map[string]any{"title": "Columns", "created": "2026-05-04T10:00:00.123456Z", "expires": "2026-06-02T00:00:00Z"})
			creator, _ := row["creator"].(map[string]any)
			has(t, creator, map[string]any{"name": "amy Lopper", "email": "amy@example.org", "user": string(c.amy.ID)})
		}},
		{"J-11", func(t *testing.T, c *console) {
			row := found(t, c.columns(c.at("/members"), "principal,name,email"), "principal", int64(c.ed.Num))
			has(t, row, map[string]any{"name": "Lopper ed", "email": "ed@example.org"})
		}},
		{"J-12", func(t *testing.T, c *console) {
			i := c.invite("columns@example.org", workspace.RoleViewer, "en")
			row := found(t, c.columns(c.at("/invitations"), "id,inviter,email,created,expires"), "id", i["id"])
			has(t, row, map[string]any{"email": "columns@example.org", "created": "2026-05-04T10:00:00.123456Z", "expires": "2026-05-11T10:00:00.123456Z"})
			inviter, _ := row["inviter"].(map[string]any)
			has(t, inviter, map[string]any{"email": "amy@example.org", "name": "amy Lopper"})
		}},
		{"J-13", jmapColumns},
		{"J-14", func(t *testing.T, c *console) {
			k, i := c.robot("Menu", workspace.RoleViewer), c.invite("menu@example.org", workspace.RoleViewer, "en")
			invitation := fmt.Sprintf("/invitations/%v", i["id"])
			for path, methods := range map[string]string{
				k.path: "DELETE, GET, HEAD", c.of(c.vic, ""): "DELETE, GET, HEAD, PUT",
				invitation: "DELETE, GET, HEAD, PATCH", // what was not accepted yet can be put right, which JMap lacks
			} {
				allowed := strings.Split(c.call(c.amy, "BREW", path, "", http.StatusMethodNotAllowed).header.Get("Allow"), ", ")
				slices.Sort(allowed)
				if got := strings.Join(allowed, ", "); got != methods {
					t.Errorf("%s: %s, want %s", path, got, methods)
				}
			}
			has(t, c.call(c.amy, get, k.path, "", 200).value(t), map[string]any{"id": k.id})
			c.refused(c.amy, patch, k.path, `{"title": "x"}`, 405, "method_not_allowed", "")
			c.call(c.amy, remove, k.path, "", 204)
			c.call(c.amy, remove, invitation, "", 204)
		}},
		{"J-15", func(t *testing.T, c *console) {
			one := c.invite("invitations-tab@example.org", workspace.RoleViewer, "en")
			many := c.call(c.amy, post, c.at("/invitations/bulk"), `{"invitations": [{"email": "members-tab@example.org", "roles": ["Editor"]}]}`, 200).items(t)
			other, _ := many[0]["invitation"].(map[string]any)
			items := c.call(c.amy, get, c.at("/invitations?limit=200"), "", 200).items(t)
			has(t, found(t, items, "id", one["id"]), map[string]any{"email": "invitations-tab@example.org", "state": "pending"})
			has(t, found(t, items, "id", other["id"]), map[string]any{"email": "members-tab@example.org", "state": "pending"})
		}},
		{"J-16", func(t *testing.T, c *console) {
			k := c.robot("Silent", workspace.RoleViewer)
			listed := c.call(c.amy, get, c.at("/keys?limit=200"), "", 200)
			if _, is := found(t, listed.items(t), "id", k.id)["secret"]; is || strings.Contains(listed.text, k.secret) {
				t.Errorf("the table has the secret: %s", listed.text)
			}
			if asked := c.call(c.amy, get, c.at("/keys?limit=200&fields=id,secret"), "", 200); strings.Contains(asked.text, k.secret) {
				t.Errorf("%s", asked.text)
			}
		}},
	}
}

// jmapColumns sorts each column both ways, filters by what can be filtered, and
// leaves columns out.
func jmapColumns(t *testing.T, c *console) {
	for n, name := range []string{"Bern", "arles", "Cork"} {
		c.robot(name, workspace.RoleViewer)
		c.invite(name+"@example.org", workspace.RoleViewer, "en")
		c.newcomer(name, workspace.RoleViewer)
		c.clock.Add(int64(n+1) * 1e6)
	}
	k, i := c.robot("Dover", workspace.RoleViewer), c.invite("dover@example.org", workspace.RoleViewer, "en")
	text := func(path ...string) func(item map[string]any) string {
		return func(item map[string]any) string {
			var v any = item
			for _, step := range path {
				v = v.(map[string]any)[step]
			}
			return strings.ToLower(fmt.Sprint(v))
		}
	}
	for list, columns := range map[string]map[string]func(item map[string]any) string{
		"/keys":        {"title": text("title"), "creator": text("creator", "name"), "created": text("created"), "expires": text("expires")},
		"/members":     {"name": nil, "username": text("username"), "email": text("email")},
		"/invitations": {"inviter": text("inviter", "email"), "email": text("email"), "created": text("created"), "expires": text("expires")},
	} {
		for column, of := range columns {
			up := c.call(c.amy, get, c.at(list+"?limit=200&sort="+column), "", 200).items(t)
			down := c.call(c.amy, get, c.at(list+"?limit=200&sort=-"+column), "", 200).items(t)
			if len(up) < 3 || len(up) != len(down) {
				t.Errorf("%s by %s: %d up and %d down", list, column, len(up), len(down))
			}
			if of == nil { // by last name, of which the tests have but one
				of = text("name")
			}
			order := func(items []map[string]any) (keys []string) {
				for _, item := range items {
					keys = append(keys, of(item))
				}
				return keys
			}
			first, second := order(up), order(down)
			slices.Reverse(second)
			if !slices.IsSorted(first) || !slices.IsSorted(second) {
				t.Errorf("%s by %s: %v and, reversed, %v", list, column, first, second)
			}
		}
		c.refused(c.amy, get, c.at(list+"?sort=colour"), "", 400, "invalid", "sort")
	}
	for query, want := range map[string]int{ // -1 for some
		"/keys?q=ARLES": 1, "/keys?q=amy@": -1, "/keys?creator=" + string(c.amy.ID): -1, "/keys?creator=" + string(c.ed.ID): 0,
		"/keys?role=Editor": 0, "/keys?role=Viewer&q=bern": 1, "/keys?state=expired": 0,
		"/members?q=cork": 1, "/members?q=arles@example": 1, "/members?role=Editor&q=ed@example": 1,
		"/members?kind=user&q=Bern": 1, "/members?kind=group&q=Bern": 0,
		"/invitations?q=BERN@": 1, "/invitations?state=accepted": 0, "/invitations?state=pending&q=cork": 1,
		fmt.Sprintf("/invitations?inviter=%d&q=cork", c.amy.Num): 1, fmt.Sprintf("/invitations?inviter=%d", c.ed.Num): 0,

		// Each column alone.
		"/keys?title=ARLES": 1, "/keys?title=amy": 0, "/keys?id=" + k.id: 1, "/keys?id=" + uid.New(): 0, "/keys?id=" + uid.New() + "," + k.id: 1,
		"/keys?creator_name=AMY lopper&title=cork": 1, "/keys?creator_name=amy@": 0,
		"/keys?created_from=2026-05-04T10:00:06Z": 1, "/keys?created_before=2026-05-04": 0, "/keys?created_before=2026-05-04T10:00:03.123457Z&title=cork": 1, "/keys?created_before=2026-05-04T10:00:03.123456Z&title=cork": 0,
		"/keys?expires_from=2026-07-01": 0, "/keys?expires_before=2026-07-01&title=dover": 1, "/keys?expires_before=2026-06-02&title=dover": 0,
		"/members?name=lopper BERN": 1, "/members?name=bern@": 0, "/members?username=CORK": 1, "/members?username=lopper": 0,
		"/members?email=arles@EXAMPLE": 1, "/members?email=lopper": 0,
		fmt.Sprintf("/members?principal=%d", c.ed.Num): 1, fmt.Sprintf("/members?principal=%d,%d", c.ed.Num, c.vic.Num): 2, "/members?principal=4711": 0,
		"/invitations?email=BERN@": 1, "/invitations?email=amy": 0, fmt.Sprintf("/invitations?id=%v", i["id"]): 1, "/invitations?id=" + uid.New(): 0,
		"/invitations?inviter_email=AMY@&q=cork": 1, "/invitations?inviter_email=cork": 0,
		"/invitations?role=Viewer&q=dover": 1, "/invitations?role=Editor,Administrator&q=dover": 0, "/invitations?role=View": 0,
		"/invitations?created_from=2026-05-04T10:00:06Z": 1, "/invitations?created_before=2026-05-04": 0,
		"/invitations?expires_from=2026-05-11T10:00:06Z": 1, "/invitations?expires_before=2026-05-11": 0, "/invitations?expires_before=2026-05-12&q=dover": 1,
	} {
		path, values, _ := strings.Cut(query, "?")
		parsed, err := url.ParseQuery(values)
		c.must(err)
		items := c.call(c.amy, get, c.at(path+"?limit=200&"+parsed.Encode()), "", 200).items(t)
		if want >= 0 && len(items) != want || want < 0 && len(items) == 0 {
			t.Errorf("%s: %d, want %d: %v", query, len(items), want, items)
		}
	}
	for list, fields := range map[string]string{"/keys": "id,title", "/members": "principal,email", "/invitations": "id,email"} {
		if len(c.columns(c.at(list), fields)) == 0 {
			t.Errorf("%s is empty", list)
		}
	}
	for list, names := range map[string][]string{
		"/keys":        {"created_from", "created_before", "expires_from", "expires_before"},
		"/me/keys":     {"created_from", "created_before", "expires_from", "expires_before"},
		"/invitations": {"created_from", "created_before", "expires_from", "expires_before"},
		"/members":     {"created_from", "created_before", "principal"},
	} {
		path := c.at(list)
		if strings.HasPrefix(list, "/me/") {
			path = list
		}
		for _, name := range names {
			c.refused(c.amy, get, path+"?"+name+"=yesterday", "", 400, "invalid", name)
		}
	}
	c.refused(c.amy, get, "/me/keys?creator_name=amy", "", 400, "invalid", "creator_name") // they are one's own
	c.refused(c.amy, get, c.at("/keys?fields=colour"), "", 400, "invalid", "fields")
}
