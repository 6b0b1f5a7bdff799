package apiv1_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func jmapInvitations() []requirement {
	return []requirement{
		{"J-60", func(t *testing.T, c *console) {
			for n, role := range []string{"Administrator", "Editor", "Viewer"} {
				email := fmt.Sprintf("sixty-%d@example.org", n)
				made := c.call(c.amy, post, c.at("/invitations"), fmt.Sprintf(`{"email": %q, "roles": [%q], "language": "es"}`, email, role), 201).value(t)
				has(t, made, map[string]any{"email": email, "roles": []string{role}, "language": "es", "state": "pending", "kind": "personal"})
			}
			for body, field := range map[string]string{`{"email": "none"}`: "email", `{"email": "x@example.org", "language": "!"}`: "language"} {
				c.refused(c.amy, post, c.at("/invitations"), body, 400, "invalid", field)
			}
		}},
		{"J-61", func(t *testing.T, c *console) {
			made := c.invite("sixty-one@example.org", workspace.RoleViewer, "en")
			has(t, made, map[string]any{"mailed": true, "sent": 1})
			mailed := c.mails.last.Load()
			if mailed.To != "sixty-one@example.org" || mailed.Data["link"] != made["link"] || !strings.HasPrefix(mailed.Data["link"], portal+"/") {
				t.Errorf("mailed %+v", mailed)
			}
			c.call(nil, post, "/invitations/offer", fmt.Sprintf(`{"token": %q}`, tokenOf(made)), 200)
		}},
		{"J-62", func(t *testing.T, c *console) {
			made := c.invite("sixty-two@example.org", workspace.RoleViewer, "en")
			row := found(t, c.call(c.amy, get, c.at("/invitations?q=sixty-two"), "", 200).items(t), "id", made["id"])
			now := time.UnixMicro(c.clock.Load()).UTC()
			has(t, row, map[string]any{"created": now.Format(time.RFC3339Nano), "expires": now.Add(7 * 24 * time.Hour).Format(time.RFC3339Nano)})
		}},
		{"J-63", func(t *testing.T, c *console) {
			made := c.invite("sixty-three@example.org", workspace.RoleEditor, "fr")
			path := fmt.Sprintf("/invitations/%v", made["id"])
			info := c.call(c.amy, get, path, "", 200).value(t)
			has(t, info, map[string]any{
				"email": "sixty-three@example.org", "created": made["created"], "expires": made["expires"], "language": "fr", "roles": []string{"Editor"},
			})
			inviter, _ := info["inviter"].(map[string]any)
			has(t, inviter, map[string]any{"email": "amy@example.org"})
			for range 2 {
				has(t, c.call(c.amy, post, path+"/link", "", 200).value(t), map[string]any{"link": made["link"]})
			}
			c.call(nil, post, "/invitations/decline", fmt.Sprintf(`{"token": %q}`, tokenOf(made)), 204)
			c.refused(c.amy, post, path+"/link", "", 409, "settled", "")
		}},
		{"J-64", func(t *testing.T, c *console) {
			made := c.invite("sixty-four@example.org", workspace.RoleViewer, "en")
			path := fmt.Sprintf("/invitations/%v", made["id"])
			body := fmt.Sprintf(`{"token": %q, "password": %q}`, tokenOf(made), password)
			c.call(c.amy, remove, path, "", 204)
			c.refused(nil, post, "/invitations/offer", fmt.Sprintf(`{"token": %q}`, tokenOf(made)), 404, "not_found", "")
			c.refused(nil, post, "/invitations/accept", body, 404, "not_found", "")
			has(t, c.call(c.amy, get, path, "", 200).value(t), map[string]any{"state": "revoked"})
			if none := c.call(c.amy, get, c.at("/members?q=sixty-four"), "", 200).items(t); len(none) != 0 {
				t.Errorf("%v", none)
			}
		}},
		{"J-65", func(t *testing.T, c *console) {
			made := c.invite("sixty-five@example.org", workspace.RoleViewer, "fr")
			mailed := c.mails.last.Load()
			for name, want := range map[string]any{
				"inviter": "amy Lopper", "invitee": "sixty-five@example.org", "workspace": "here", "link": made["link"],
			} {
				if mailed.Data[name] != want {
					t.Errorf("the mail's %s is %q, want %q", name, mailed.Data[name], want)
				}
			}
			// How it reads is shown beforehand.
			seen := c.call(c.admin, get, "/organizations/"+string(c.pays.ID)+"/mail-templates/invitation.fr/preview", "", 200).value(t)
			html, _ := seen["html"].(string)
			at := strings.LastIndex(html, "<a href=")
			if at < 0 || !strings.Contains(html[at:], "Accepter l&#39;invitation</a>") && !strings.Contains(html[at:], "Accepter l'invitation</a>") {
				t.Errorf("%s", html)
			}
		}},
		{"J-66", func(t *testing.T, c *console) {
			made := c.invite("sixty-six@example.org", workspace.RoleViewer, "fr")
			link, _ := made["link"].(string)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimPrefix(link, portal), nil)
			rec := httptest.NewRecorder()
			transport.InvitationHandler(c.services, nil).ServeHTTP(rec, r)
			page := rec.Body.String()
			if rec.Code != http.StatusOK || !strings.Contains(page, "<title>Accepter l&#39;invitation à vous inscrire | Portal</title>") ||
				!strings.Contains(page, `type="password"`) {
				t.Errorf("%d %s", rec.Code, page)
			}
			if mailed := c.mails.last.Load(); mailed.Data["link"] != link {
				t.Errorf("the mail's link is %s", mailed.Data["link"])
			}
		}},
		{"J-67", func(t *testing.T, c *console) {
			for _, role := range []string{"Administrator", "Editor", "Viewer"} {
				name := "sixty-seven-" + strings.ToLower(role)
				made := c.call(c.amy, post, c.at("/invitations"), fmt.Sprintf(`{"email": "%s@example.org", "roles": [%q]}`, name, role), 201).value(t)
				joined := c.call(nil, post, "/invitations/accept", fmt.Sprintf(`{"token": %q, "username": %q, "password": %q}`, tokenOf(made), name, password), 200).value(t)
				has(t, joined, map[string]any{"workspace": string(c.here.ID), "roles": []string{role}})
				in := c.call(nil, post, "/session", fmt.Sprintf(`{"username": %q, "password": %q}`, name, password), 200, "X-Requested-With", "bailiwick")
				cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
				lands := c.call(nil, get, "/me/workspaces", "", 200, "Cookie", cookie, "X-Requested-With", "bailiwick").items(t)
				if len(lands) != 1 {
					t.Fatalf("%v", lands)
				}
				has(t, lands[0], map[string]any{"roles": []string{role}, "supervisor": false})
			}
		}},
		{"J-68", func(t *testing.T, c *console) {
			for _, language := range []string{"en", "fr", "es"} {
				c.invite("sixty-eight-"+language+"@example.org", workspace.RoleViewer, language)
				if mailed := c.mails.last.Load(); mailed.Language != language || mailed.To != "sixty-eight-"+language+"@example.org" {
					t.Errorf("mailed %+v", mailed)
				}
			}
		}},
	}
}
