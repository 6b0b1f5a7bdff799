package drofus_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/transport/drofus"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

const (
	host  = "http://example.com"
	asks  = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
)

// samplePath fills in what a route names with what there is in a world.
func (w *world) samplePath(route drofus.Route) string {
	path := route.Path
	switch {
	case strings.HasPrefix(path, "/owners"):
		path = strings.ReplaceAll(path, "{id}", fmt.Sprint(int64(w.akl.Num)))
	case strings.HasPrefix(path, "/projects"):
		path = strings.ReplaceAll(path, "{id}", projectID(w.template))
	case strings.HasPrefix(path, "/emails"):
		path = strings.ReplaceAll(path, "{id}", "3")
	}
	return strings.NewReplacer("{username}", w.member.Username, "{member}", w.member.Username+","+projectID(w.template), "{name}", "akl-test").Replace(path)
}

// marks are what tells a browser, each alone.
func marks() map[string]map[string]string {
	return map[string]map[string]string{
		"cookie":         {"Cookie": "theme=dark"},
		"origin":         {"Origin": "https://evil.example"},
		"hidden origin":  {"Origin": "null"},
		"own origin":     {"Origin": host},
		"referrer":       {"Referer": "https://evil.example/page"},
		"own referrer":   {"Referer": host + prefix + "/users"},
		"fetch site":     {"Sec-Fetch-Site": "cross-site"},
		"typed":          {"Sec-Fetch-Site": "none"},
		"fetch dest":     {"Sec-Fetch-Dest": "image"},
		"fetch mode":     {"Sec-Fetch-Mode": "no-cors"},
		"fetch user":     {"Sec-Fetch-User": "?1"},
		"client hint":    {"Sec-Ch-Ua": `"Chromium";v="140"`},
		"wants a page":   {"Accept": asks},
		"wants HTML":     {"Accept": "text/html"},
		"calls itself":   {"User-Agent": agent},
		"all of it":      {"Accept": asks, "User-Agent": agent, "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
		"an image's GET": {"Accept": "image/avif,image/webp,*/*", "User-Agent": agent},
	}
}

// TestBrowserGets has browsers follow links to what does something: whoever made
// them do so, they are asked first, and a HEAD does nothing at all
// (spec/drofus.md DA-11).
func TestBrowserGets(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.must(w.disable(w.member))
		w.json(w.server, "", "/", "").wants(200) // that he came is kept
		before, routes := dbtest.Fingerprint(w, w.db), 0
		for _, route := range drofus.Routes() {
			if route.Method != http.MethodGet || !acting(route) {
				continue
			}
			routes++
			path := w.samplePath(route)
			for name, header := range marks() {
				for _, accept := range []string{"*/*", "application/json", "application/xml"} {
					got := w.do(request{path: path, as: w.server, accept: accept, header: header})
					if got.status != http.StatusForbidden {
						w.Fatalf("%s with %s as %s: status %d", path, name, accept, got.status)
					}
					if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
						continue
					}
					form := one(w, got.parse(path).forms, "form")
					if form.method != http.MethodPost || form.action != prefix+path || got.header.Get("Cache-Control") != "no-store" {
						w.Fatalf("%s with %s: a form to %s %s", path, name, form.method, form.action)
					}
				}
			}
			for _, accept := range []string{"*/*", "application/json"} {
				if got := w.do(request{method: http.MethodHead, path: path, as: w.server, accept: accept}); got.status != http.StatusForbidden {
					w.Errorf("HEAD %s: status %d", path, got.status)
				}
			}
			// The suffix is no excuse.
			if got := w.do(request{path: path + ".json", as: w.server, header: map[string]string{"Cookie": "a=b"}}); got.status != http.StatusForbidden {
				w.Errorf("%s.json: status %d", path, got.status)
			}
		}
		if routes != 6 {
			w.Errorf("%d routes", routes)
		}
		if dbtest.Fingerprint(w, w.db) != before {
			w.Error("something was changed")
		}
		// A script's does.
		w.do(request{path: "/users/test.user/enable", as: w.server}).wants(303)
		w.do(request{path: "/users/test.user/enable.json", as: w.server, accept: asks}).wants(200)
		if dbtest.Fingerprint(w, w.db) == before {
			w.Error("nothing was changed")
		}
	})
}

func (w *world) disable(u *someone) error {
	w.Helper()
	_, err := w.services.Workspaces.UpdateUser(w.Context(), root(), u.ID, func(u *workspace.User) error { u.Disabled = true; return nil })
	return err //nolint:wrapcheck // shown as it is
}

// TestOtherSites has the pages of other sites send whatever changes something, with
// the password that the browser keeps.
func TestOtherSites(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.json(w.server, "", "/", "").wants(200)
		before, calls := dbtest.Fingerprint(w, w.db), 0
		databases := func() string {
			list, err := w.provision.Databases(w.Context())
			w.must(err)
			slices.Sort(list)
			return fmt.Sprint(list)
		}
		names := databases()
		for _, route := range drofus.Routes() {
			if route.Method == http.MethodGet {
				continue
			}
			path := w.samplePath(route)
			for name, header := range map[string]map[string]string{
				"origin":        {"Origin": "https://evil.example"},
				"port":          {"Origin": host + ":8080"},
				"hidden origin": {"Origin": "null"},
				"cross-site":    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
				"sister":        {"Sec-Fetch-Site": "same-site", "Origin": "https://evil.example.com"},
				"old browser":   {"Referer": "https://evil.example/" + host},
			} {
				form := request{
					method: route.Method, path: path, as: w.server, accept: asks, header: header,
					content: "application/x-www-form-urlencoded", body: "project[active]=0&user[disabled]=1&user[username]=test.user",
				}
				if route.Method != http.MethodPost { // which a form says by a field
					form.method = http.MethodPost
					form.body = "_method=" + strings.ToLower(route.Method) + "&" + form.body
				}
				script := form
				script.method, script.accept, script.content, script.body = route.Method, "application/json", "application/json", `{"x":{"active":false}}`
				for _, r := range []request{form, script} {
					if got := w.do(r); got.status != http.StatusForbidden {
						w.Errorf("%s %s with %s: status %d", route.Method, path, name, got.status)
					}
					calls++
				}
			}
		}
		if dbtest.Fingerprint(w, w.db) != before || databases() != names {
			w.Error("something was changed")
		}
		if calls < 300 {
			w.Errorf("%d calls", calls)
		}
		// Our own page may.
		w.do(request{
			method: http.MethodPost, path: "/users/test.user", as: w.server, accept: asks, content: "application/x-www-form-urlencoded",
			body: "_method=patch&user[first_name]=Grace&user[email]=test.user%40example.org", header: map[string]string{"Origin": host, "Sec-Fetch-Site": "same-origin"},
		}).wants(303)
		w.json(w.server, "", "/users/test.user", "").has(`"first_name":"Grace"`)
	})
}

// TestSite goes everywhere as people of each kind do: what they are offered is
// there, every form can be sent as it is shown, and comes back with what is wrong.
func TestSite(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		letter, err := w.services.Workspaces.AddNotice(w.Context(), root(), mail.Notice{
			Organization: string(w.akl.ID), Name: "Bonjour", Occasion: mail.NewUser, Subject: "Bienvenue", Body: "<p>Bonjour {{ user.name }}</p>",
		})
		w.must(err)
		_, err = w.services.Workspaces.CreateGroup(w.Context(), root(), workspace.Group{Workspace: w.template.ID, Name: "Architects"})
		w.must(err)
		w.must(w.services.Workspaces.Deactivate(w.Context(), root(), w.second.ID))
		odd, err := w.services.Workspaces.CreateUser(w.Context(), root(), workspace.User{Username: "a/b c,d%25.json", Email: "odd@example.org"})
		w.must(err)
		w.join(w.foreign, &someone{odd})
		for _, c := range []struct {
			as    *someone
			pages int // at least
			has   []string
			not   []string
		}{
			{w.server, 60, []string{"/projects/new", "/owners/new", "/database/new", "/emails/new", "/project_users/new", "/emails/1/preview"}, []string{"/emails/1/edit"}},
			{w.owner, 35, []string{"/projects/new", "/database/new", "/emails/new", fmt.Sprintf("/emails/%d/edit", letter.Num), "/database/akl-test/get_backup_now"}, []string{"/owners/new", "/emails/1/preview", "/database/beta-test"}},
			{
				w.project, 20,
				[]string{"/project_users/new", "/project_users/test.user," + projectID(w.template) + "/edit", "/users/test.user/edit"},
				[]string{"/projects/new", "/owners/new", "/database/new", "/emails/new", "/projects/" + projectID(w.template) + "/edit", "/database/akl-test/get_backup_now", "/users/testadmin/edit"},
			},
			{w.user("loner", false), 9, nil, []string{"/projects/new", "/owners/new", "/database/new", "/emails/new", "/project_users/new"}},
		} {
			b := browser{w, c.as}
			seen, forms := b.crawl()
			if len(seen) < c.pages {
				w.Errorf("%s comes to %d pages: %v", c.as.Username, len(seen), slices.Sorted(maps.Keys(seen)))
			}
			for _, path := range c.has {
				if !seen[path] {
					w.Errorf("%s finds no way to %s", c.as.Username, path)
				}
			}
			for _, path := range c.not {
				if seen[path] {
					w.Errorf("%s is led to %s", c.as.Username, path)
				}
			}
			b.sendAll(forms)
		}
	})
}

// sendAll sends every form as it is shown, and takes back what that did.
func (b browser) sendAll(forms map[string][]form) {
	b.Helper()
	for _, at := range slices.Sorted(maps.Keys(forms)) {
		for _, f := range forms[at] {
			if strings.HasPrefix(f.action, prefix+"/database/") && f.values.Get("_method") == "delete" {
				continue // nothing brings it back, see TestHierarchy
			}
			err := b.db.Tx(b.Context(), func(ctx context.Context) error {
				sent, to, then := b.send(ctx, f)
				switch sent.status {
				case http.StatusSeeOther:
					if then.status != http.StatusOK {
						b.Errorf("%s, %s: leads to %s: status %d", at, f.action, to, then.status)
					}
				case http.StatusUnprocessableEntity:
					if len(f.controls) == 0 {
						b.Errorf("%s offers %s %s: %s", at, f.action, f.values.Encode(), all(sent.sound(f.action).root, "main")[0].FirstChild.Data)
						break
					}
					b.wrong(f, sent.sound(strings.TrimPrefix(f.action, prefix)))
				default:
					b.Errorf("%s, %s %s as %s: status %d", at, f.action, f.values.Encode(), b.as.Username, sent.status)
				}
				return errUndo
			})
			if !errors.Is(err, errUndo) {
				b.Error(err)
			}
		}
	}
}
