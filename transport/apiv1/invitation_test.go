package apiv1_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// manage makes the member of a small world an administrator of its workspace.
func (s *small) manage() {
	s.t.Helper()
	s.join(s.here.ID, s.member, workspace.RoleAdministrator)
}

// TestInvitations follows one from being made to being accepted (spec/jmap.md
// J-60 to J-66, JA-13).
func TestInvitations(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		s.manage()
		made := s.call(s.member, post, s.at("/invitations"), `{"email": "New@Example.org", "roles": ["Viewer"], "language": "fr", "expires": "2026-05-31"}`, 201)
		i := made.value(t)
		path := fmt.Sprintf("/invitations/%v", i["id"])
		if i["mailed"] != true || i["expires"] != "2026-06-01T00:00:00Z" || i["state"] != "pending" || made.header.Get("Location") != "../.."+path ||
			i["inviter"].(map[string]any)["email"] != "member@example.org" {
			t.Errorf("%s %v", made.text, made.header)
		}
		token := tokenIn(i["link"].(string))
		if mailed := s.mails.last.Load(); mailed.Language != "fr" || mailed.Data["link"] != i["link"] {
			t.Errorf("mailed %+v", mailed)
		}
		listed := s.call(s.member, get, s.at("/invitations?q=NEW@&state=pending,accepted&kind=personal"), "", 200)
		if items := listed.items(t); len(items) != 1 || items[0]["link"] != nil || strings.Contains(listed.text, token) {
			t.Errorf("%s", listed.text)
		}
		s.refused(s.member, get, s.at("/invitations?state=gone"), "", 400, "invalid", "state")
		s.refused(s.member, get, s.at("/invitations?inviter=x"), "", 400, "invalid", "inviter")

		again := s.refused(s.member, post, s.at("/invitations"), `{"email": "new@example.org"}`, 409, "invited_already", "")
		if again.value(t)["id"] != i["id"] {
			t.Errorf("%s", again.text)
		}
		s.refused(s.member, post, s.at("/invitations"), `{"email": "boss@example.org"}`, 409, "taken", "email")
		s.refused(s.member, post, s.at("/invitations"), `{"email": "x@example.org", "expires": "soon"}`, 400, "invalid", "expires")
		resent := s.call(s.member, post, s.at("/invitations"), `{"email": "new@example.org", "resend": true}`, 200).value(t)
		if resent["id"] != i["id"] || resent["link"] == i["link"] {
			t.Errorf("sent again: %v", resent)
		}
		s.refused(nil, post, "/invitations/offer", `{"token": "`+token+`"}`, 404, "not_found", "")
		token = tokenIn(resent["link"].(string))
		shown := s.call(s.member, post, path+"/link", "", 200).value(t)
		if shown["link"] != resent["link"] {
			t.Errorf("shown %v", shown)
		}
		s.refused(s.member, post, path+"/link?dry_run=true", "", 400, "invalid", "dry_run")
		if events := s.call(s.member, get, s.at("/audit?action=invitation.show_link"), "", 200).items(t); len(events) != 1 {
			t.Errorf("%d events of showing the link", len(events))
		}

		tag := s.call(s.member, get, path, "", 200).header.Get("ETag")
		s.call(s.member, patch, path, `{"roles": ["Editor"]}`, 200, "If-Match", tag)
		s.refused(s.member, patch, path, `{"roles": null}`, 412, "precondition_failed", "", "If-Match", tag)
		s.refused(s.member, remove, path, "", 412, "precondition_failed", "", "If-Match", tag)
		s.refused(s.member, patch, path, `{"email": "other@example.org"}`, 400, "invalid", "email")

		offer := s.call(nil, post, "/invitations/offer", `{"token": "`+token+`"}`, 200).value(t)
		if offer["email"] != "New@example.org" || offer["account"] != false || offer["workspace"] != "here" {
			t.Errorf("%v", offer)
		}
		accept := fmt.Sprintf(`{"token": %q, "first_name": "New", "password": %q}`, token, password)
		s.refused(nil, post, "/invitations/accept", fmt.Sprintf(`{"token": %q, "password": "short"}`, token), 400, "invalid", "password")
		s.call(nil, post, "/invitations/accept?dry_run=true", accept, 200)
		joined := s.call(nil, post, "/invitations/accept", accept, 200).value(t)
		if joined["workspace"] != string(s.here.ID) || fmt.Sprint(joined["roles"]) == "[]" {
			t.Errorf("%v", joined)
		}
		s.refused(nil, post, "/invitations/accept", accept, 404, "not_found", "")
		s.refused(s.member, remove, path, "", 409, "settled", "")
	})
}

// TestInvitationEnds tells who holds a token why it opens nothing.
func TestInvitationEnds(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		s.manage()
		body := func(a answer) string { return fmt.Sprintf(`{"token": %q}`, tokenIn(a.value(t)["link"].(string))) }
		known := body(s.call(s.member, post, s.at("/invitations"), `{"email": "admin@example.org"}`, 201))
		s.refused(nil, post, "/invitations/accept", known, 401, "sign_in_first", "")
		s.refused(s.boss, post, "/invitations/accept", known, 401, "sign_in_first", "")
		s.call(s.admin, post, "/invitations/accept", known, 200)
		declined := body(s.call(s.member, post, s.at("/invitations"), `{"email": "b@example.org"}`, 201))
		s.call(nil, post, "/invitations/decline", declined, 204)
		s.refused(nil, post, "/invitations/decline", declined, 404, "not_found", "")
		late := body(s.call(s.member, post, s.at("/invitations"), `{"email": "c@example.org"}`, 201))
		s.must(s.services.Workspaces.Deactivate(t.Context(), root(), s.here.ID))
		s.refused(nil, post, "/invitations/offer", late, 403, "inactive", "")
		s.must(s.services.Workspaces.Activate(t.Context(), root(), s.here.ID))
		s.clock.Add((8 * 24 * time.Hour).Microseconds())
		s.refused(nil, post, "/invitations/offer", late, 410, "expired", "")
		s.refused(nil, post, "/invitations/offer", `{"token": "x"}`, 404, "not_found", "")
	})
}

// TestInvitationsBulk answers for each of many.
func TestInvitationsBulk(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		s.manage()
		s.call(s.member, post, s.at("/invitations"), `{"email": "a@example.org"}`, 201)
		a := s.call(s.member, post, s.at("/invitations/bulk"), `{"invitations": [{"email": "b@example.org"}, {"email": "a@example.org"},
			{"email": "a@example.org", "resend": true}, {"email": "c@example.org", "expires": "x"}, {"email": "none"},
			{"kind": "open", "max_uses": 2}]}`, 200)
		var got []string
		for _, item := range a.items(t) {
			code := "-"
			if p, is := item["problem"].(map[string]any); is {
				code = p["code"].(string)
			}
			got = append(got, fmt.Sprintf("%v %s", item["status"], code))
		}
		if strings.Join(got, "|") != "201 -|409 invited_already|200 -|400 invalid|400 invalid|201 -" {
			t.Errorf("%v", got)
		}
		s.refused(s.member, post, s.at("/invitations/bulk"), `{"invitations": []}`, 400, "invalid", "Idempotency-Key", "Idempotency-Key", "k")
		many, _ := json.Marshal(map[string]any{"invitations": make([]struct{}, 501)})
		s.refused(s.member, post, s.at("/invitations/bulk"), string(many), 400, "invalid", "invitations")
	})
}
