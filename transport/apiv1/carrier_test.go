package apiv1_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// A carrier is a way in which a request carries a credential.
type carrier struct {
	name    string
	headers map[string]string
}

// A credential is one who calls, with everything that can carry him.
type credential struct {
	name     string
	like     *persona // whose things are his own
	carriers []carrier
}

func basicAuth(name, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+secret))
}

func keyCarriers(secret string) []carrier {
	return []carrier{
		{"Bearer", map[string]string{"Authorization": "Bearer " + secret}},
		{"Api-Key", map[string]string{"Api-Key": secret}},
		{"X-API-Key", map[string]string{"X-API-Key": secret}},
		{"Basic, as password", map[string]string{"Authorization": basicAuth("anything", secret)}},
		{"Basic, as name", map[string]string{"Authorization": basicAuth(secret, "")}},
	}
}

func userCarriers(name, token, cookie string) []carrier {
	return []carrier{
		{"access token", map[string]string{"Authorization": "Bearer " + token}},
		{"Basic", map[string]string{"Authorization": basicAuth(name, password)}},
		{"session", map[string]string{"Cookie": "__Host-bailiwick=" + cookie, "X-Requested-With": "bailiwick"}},
	}
}

// credentials returns a workspace's key, an administrator's own key, and an
// editor himself.
func (m *matrix) credentials() []credential {
	m.t.Helper()
	ctx, s := m.t.Context(), m.services
	var editor, administrator *persona
	for _, p := range m.personas {
		switch p.name {
		case "member with role " + string(workspace.RoleEditor):
			editor = p
		case "member with role " + string(workspace.RoleAdministrator):
			administrator = p
		}
	}
	_, robot, err := s.AccessKeys.Create(ctx, root(), accesskey.Key{
		Workspace: editor.home.ID, Title: "carried", Role: workspace.RoleEditor, Expires: m.soon(),
	})
	m.must(err)
	token, err := s.SignIn.Issue(ctx, editor.Username, password, "", "")
	m.must(err)
	list := []credential{
		{"workspace key", editor, keyCarriers(robot)},
		{"personal key", administrator, keyCarriers(administrator.things.secret)},
		{"user", editor, userCarriers(editor.Username, token.Secret, editor.things.cookie)},
	}
	for _, c := range list { // whoever was used this minute leaves no trace by it again
		for _, by := range c.carriers {
			m.ask(ctx, sent{method: http.MethodGet, path: "/me", header: by.headers})
		}
	}
	return list
}

// outcome is the status and the code of a problem; successes are all alike but
// for their status.
func (a answer) outcome() string {
	var p struct {
		Code string `json:"code"`
	}
	if a.status > 299 {
		_ = json.Unmarshal([]byte(a.text), &p)
	}
	return fmt.Sprint(a.status, " ", p.Code)
}

// undone asks in a unit of work that is undone.
func (m *matrix) undone(route apiv1.Route, s sent) answer {
	m.t.Helper()
	var got answer
	err := m.undo(route, func(ctx context.Context) error {
		got = m.ask(ctx, s)
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		m.t.Errorf("%s %s: %v", s.method, s.path, err)
	}
	return got
}

// keysMay lists what a workspace's key may call, that of an editor: it changes
// what lies in the tree, and nothing in it administers.
func keysMay() []string {
	return []string{
		"addAttachment", "beginUpload", "changeFeatures", "countFeatures", "createFeature", "createResource", "deleteAttachment", "deleteFeature",
		"deleteFeatures", "deleteResource", "deleteResources", "explain", "getAllocationHistory", "getAttachment", "getAttachmentContent",
		"getAttachmentThumbnail", "getFeature", "getFeaturesExtent", "getResource", "getResourceClass", "getResourcePath",
		"getResourceRules", "getResourceVolume", "getRole", "getWorkspace", "listActivity", "listAllocations", "listAttachments",
		"listBackups", "listDatabaseTemplates", "listDatabases", "listFeatures", "listLoginUsers", "listLogins", "listOrganizations", "listResourceAccess", "listResourceClasses", "listResourceLimits", "listResourceRights", "listResources",
		"listRoles", "listWorkspaces", "moveResource", "searchFeatures", "searchResources", "updateAttachment", "updateFeature",
		"updateResource",
	}
}

// aboutSessions lists what is about the very session that calls: with another
// carrier there is none.
func aboutSessions() []string { return []string{"getSession", "signIn", "signOut"} }

// TestCarriers calls every operation with each credential by each of its
// carriers: how a credential comes changes nothing about what it may.
func TestCarriers(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string, db *storage.DB) {
		t.Helper()
		m := newMatrix(t, address, db)
		list := m.credentials()
		var may []string
		calls := 0
		each := func(route apiv1.Route) {
			variants := [][2]string{{own, own}}
			if strings.Contains(route.Path, "{") {
				variants = append(variants, [2]string{foreign, foreign}, [2]string{absent, absent})
			}
			for _, c := range list {
				for i, v := range variants {
					by := c.carriers
					if i > 0 { // what is refused is refused to the first and, in turn, to the others
						by = []carrier{by[0], by[1+(i+len(route.Operation))%(len(by)-1)]}
					}
					status := m.carriersAgree(route, c, by, v)
					calls += len(by)
					if c.name == "workspace key" && status < 300 && route.Policy.Who != apiv1.Public && !slices.Contains(may, route.Operation) {
						may = append(may, route.Operation)
					}
				}
			}
			m.two(route, list)
			m.crossOrigin(route, list[2])
		}
		for _, route := range apiv1.Routes() {
			t.Run(route.Operation, func(t *testing.T) {
				m.t = t
				each(route)
			})
			m.t = t
		}
		if whole := flag.Lookup("test.run").Value.String(); strings.Count(whole, "/") > 1 {
			return // some of them were asked for
		}
		slices.Sort(may)
		if !slices.Equal(may, keysMay()) {
			t.Errorf("a workspace's key may call %q, want %q", may, keysMay())
		}
		if calls < 3000 {
			t.Errorf("only %d calls", calls)
		}
	})
}

// carriersAgree compares the answers to one credential and returns the status.
func (m *matrix) carriersAgree(route apiv1.Route, c credential, carriers []carrier, v [2]string) int {
	m.t.Helper()
	s := sent{method: route.Method, path: m.path(route, c.like, v), body: m.body(route, c.like, v)}
	var first answer
	for i, by := range carriers {
		s.header = by.headers
		got := m.undone(route, s)
		if i == 0 {
			first = got
		}
		if got.outcome() != first.outcome() && !slices.Contains(aboutSessions(), route.Operation) {
			m.t.Errorf("%s (%s) with a %s: %s by %s, and %s by %s", route.Operation, v[0], c.name,
				first.outcome(), carriers[0].name, got.outcome(), by.name)
		}
	}
	return first.status
}

// two wants requests with two keys, or a key and a password, refused.
func (m *matrix) two(route apiv1.Route, list []credential) {
	m.t.Helper()
	if route.Policy.Who == apiv1.Public {
		return
	}
	key := list[0].carriers
	s := sent{method: route.Method, path: m.path(route, list[0].like, [2]string{own, own}), body: m.body(route, list[0].like, [2]string{own, own})}
	for _, pair := range [][2]carrier{{key[0], key[1]}, {key[1], key[2]}, {list[2].carriers[1], key[1]}} {
		s.header = map[string]string{}
		for _, by := range pair {
			for name, value := range by.headers {
				s.header[name] = value
			}
		}
		if got := m.undone(route, s); got.status != http.StatusUnauthorized {
			m.t.Errorf("%s with %s and %s: %s", route.Operation, pair[0].name, pair[1].name, got.outcome())
		}
	}
}

// crossOrigin wants changes refused whose cookie may come from a page of
// somebody else's.
func (m *matrix) crossOrigin(route apiv1.Route, c credential) {
	m.t.Helper()
	if route.Method == http.MethodGet {
		return
	}
	v := [2]string{own, own}
	s := sent{method: route.Method, path: m.path(route, c.like, v), body: m.body(route, c.like, v)}
	s.header = map[string]string{"Cookie": c.carriers[2].headers["Cookie"]}
	if got := m.undone(route, s); got.outcome() != "403 cross_origin" {
		m.t.Errorf("%s with the cookie alone: %s", route.Operation, got.outcome())
	}
}
