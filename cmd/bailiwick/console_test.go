package main

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// browse asks as a browser does that follows no redirections, and returns the
// answer with its body.
func (p *process) browse(t *testing.T, path, accept string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

// TestConsole finds the console by the server's address, and by what it prints;
// links of invitations lead to a page of it, and no log has what is in them.
func TestConsole(t *testing.T) {
	eachDatabase(t, func(t *testing.T, address string) {
		dir := t.TempDir()
		p := serving(t, address, "--admin-password", "the-password-of-admin", "--mail-folder", dir, "--secret-file", filepath.Join(dir, "secret"))
		const html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
		for _, c := range []struct {
			path, accept string
			status       int
			leads, has   string
		}{
			{"/", html, http.StatusSeeOther, "/console/", ""},
			{"/", "*/*", http.StatusOK, "", "\n/console/ "},
			{"/", "", http.StatusOK, "", "\n/console/ "},
			{"/console", html, http.StatusPermanentRedirect, "/console/", ""},
			{"/console/", html, http.StatusOK, "", `<base href="./" />`},
			{"/console/workspaces/a%2Fb/members", "*/*", http.StatusOK, "", `<base href="../../" />`},
			{"/console/assets/none.js", "*/*", http.StatusNotFound, "", "Not Found"},
			{"/consoles", html, http.StatusNotFound, "", "nothing is here"},
		} {
			answer, text := p.browse(t, c.path, c.accept)
			if answer.StatusCode != c.status || answer.Header.Get("Location") != c.leads || !strings.Contains(text, c.has) {
				t.Errorf("%s as %s: %d to %q: %s", c.path, c.accept, answer.StatusCode, answer.Header.Get("Location"), text)
			}
			if c.path == "/" && answer.Header.Get("Vary") != "Accept" {
				t.Errorf("%s: Vary %q", c.path, answer.Header.Get("Vary"))
			}
		}
		// Of all that is there it is named first.
		_, list, _ := strings.Cut(p.out.String(), "\n  ")
		if !strings.HasPrefix(list, "console        http://"+p.address+"/console/ ") || !strings.Contains(list, "Sign in at http://"+p.address+"/console/") {
			t.Errorf("it prints:\n%s", p.out)
		}
		token := p.invited(t, dir)
		// Links from before lead to the page from before.
		if answer, text := p.browse(t, "/invitation?token="+token, html); answer.StatusCode != http.StatusOK || !strings.Contains(text, "<form") {
			t.Errorf("/invitation: %d %s", answer.StatusCode, text)
		}
		p.stop(t)
		if strings.Contains(p.log.String(), token) {
			t.Error("the log has the token")
		}
	})
}

// invited invites somebody, follows the link in the answer and in the mail as a
// browser does, and returns the token that it has.
func (p *process) invited(t *testing.T, mails string) string {
	t.Helper()
	const admin = "admin:the-password-of-admin"
	me := p.want(t, 200, http.MethodGet, "/api/v1/me", admin, nil)
	home := p.want(t, 201, http.MethodPost, "/api/v1/workspaces", admin, map[string]any{"name": "Maps", "technical_name": "maps", "supervisor": me["id"]})
	path := "/api/v1/workspaces/" + home["id"].(string) + "/invitations"
	made := p.want(t, 201, http.MethodPost, path, admin, map[string]any{"email": "nina@example.org", "roles": []string{"Viewer"}})
	link, _ := made["link"].(string)
	at, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	token, found := strings.CutPrefix(at.Fragment, "token=")
	if at.Host != p.address || at.Path != "/console/invitation" || at.RawQuery != "" || !found || token == "" {
		t.Fatalf("the link is %s", link)
	}
	// A browser asks for what is before the #.
	if answer, text := p.browse(t, at.Path, "text/html"); answer.StatusCode != http.StatusOK || !strings.Contains(text, `<base href="./" />`) {
		t.Errorf("%s: %d %s", at.Path, answer.StatusCode, text)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		list, err := filepath.Glob(filepath.Join(mails, "*.eml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range list {
			letter, err := os.ReadFile(name)
			// Lines of a mail are broken where they are long, and = is written =3D.
			text := strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=").Replace(string(letter))
			if err == nil && strings.Contains(text, link) {
				return token
			}
		}
		if time.Now().After(end) {
			t.Fatalf("no mail has the link: %v", list)
		}
	}
}
