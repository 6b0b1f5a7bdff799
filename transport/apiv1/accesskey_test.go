package apiv1_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestKeys follows a key of a workspace (spec/jmap.md J-20 to J-33, JA-2).
func TestKeys(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		s.manage()
		body := `{"title": "robot", "role": "Viewer", "expires": "2026-06-01", "networks": ["192.0.2.0/24", "2001:db8::1"]}`
		made := s.call(s.member, post, s.at("/keys"), body, 201, "Idempotency-Key", "one")
		k := made.value(t)
		path := s.at(fmt.Sprintf("/keys/%v", k["id"]))
		secret := k["secret"].(string)
		if k["expires"] != "2026-06-02T00:00:00Z" || k["creator"].(map[string]any)["name"] != "member Lopper" || k["state"] != "active" {
			t.Errorf("%s", made.text)
		}
		if again := s.call(s.member, post, s.at("/keys"), body, 409, "Idempotency-Key", "one").value(t); again["code"] != "already_done" || again["id"] != k["id"] {
			t.Errorf("%v", again)
		}
		for _, path := range []string{path, s.at("/keys?q=ROBOT&state=active&role=Viewer")} {
			if a := s.call(s.member, get, path, "", 200); strings.Contains(a.text, secret) || strings.Contains(a.text, "secret") || !strings.Contains(a.text, "robot") {
				t.Errorf("%s", a.text)
			}
		}
		if none := s.call(s.member, get, s.at("/keys?role=Editor"), "", 200).items(t); len(none) != 0 {
			t.Errorf("%v", none)
		}
		s.refused(s.member, get, s.at("/keys?state=new"), "", 400, "invalid", "state")
		s.refused(s.member, post, s.at("/keys"), `{"title": "x", "role": "Administrator", "expires": "2026-06-01"}`, 400, "invalid", "role")
		s.refused(s.member, post, s.at("/keys"), `{"title": "x", "role": "Viewer", "networks": ["here"]}`, 400, "invalid", "networks")
		s.refused(s.member, post, s.at("/keys"), `{"title": "x", "role": "Viewer"}`, 400, "invalid", "expires")
		key := func(secret string) []string { return []string{"Api-Key", secret} }
		s.services.TrustProxy = true
		from := append(key(secret), "X-Forwarded-For", "192.0.2.7")
		itself := s.call(nil, get, path, "", 200, from...).value(t)
		if itself["id"] != k["id"] {
			t.Errorf("%v", itself)
		}
		s.refused(nil, get, s.at("/keys"), "", 403, "forbidden", "", from...)

		rotated := s.call(s.member, post, path+"/rotate", `{"overlap": 3600}`, 200).value(t)
		tag := s.call(s.member, get, path, "", 200).header.Get("ETag")
		if rotated["secret"] == secret || rotated["state"] != "rotating" {
			t.Errorf("%v", rotated)
		}
		s.refused(s.member, post, path+"/rotate", `{"overlap": 3600}`, 409, "key_rotating", "")
		s.refused(s.member, post, path+"/rotate", `{"overlap": -1}`, 400, "invalid", "overlap")
		s.call(nil, get, s.at(""), "", 200, from...)
		s.call(s.member, post, path+"/rotate", "", 200)
		s.call(nil, get, s.at(""), "", 401, from...)
		s.refused(s.member, remove, path, "", 412, "precondition_failed", "", "If-Match", tag)
		if was := s.call(s.member, remove, path+"?dry_run=true", "", 200).value(t); was["title"] != "robot" {
			t.Errorf("%v", was)
		}
		if revoked := s.call(s.member, post, path+"/revoke", "", 200).value(t); revoked["state"] != "revoked" || revoked["revoked_by"] != "member" {
			t.Errorf("%v", revoked)
		}
		s.refused(s.member, post, path+"/rotate", "", 409, "key_ended", "")
		s.refused(s.member, remove, path+"?transfer_to=x", "", 400, "invalid", "transfer_to")
		s.call(s.member, remove, path+"?delete_resources=true&dry_run=true", "", 200)
		s.call(s.member, remove, path+"?delete_resources=true", "", 204)
		if events := s.call(s.member, get, s.at("/audit?action=access_key.depart"), "", 200).items(t); len(events) != 1 {
			t.Errorf("%v", events)
		}
		s.refused(s.member, remove, path, "", 404, "not_found", "")
	})
}

// TestKeyElsewhere finds no key under the path of another's.
func TestKeyElsewhere(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		s.manage()
		other := s.workspace("other", s.pays.ID, s.member)
		made := s.call(s.member, post, s.at("/keys"), `{"title": "a", "role": "Viewer", "expires": "2026-06-01"}`, 201).value(t)
		mine := s.call(s.member, post, "/me/keys", `{"title": "b", "expires": "2026-06-01"}`, 201).value(t)
		elsewhere := "/workspaces/" + string(other.ID) + fmt.Sprintf("/keys/%v", made["id"])
		for _, path := range []string{elsewhere, fmt.Sprintf("/me/keys/%v", made["id"]), s.at(fmt.Sprintf("/keys/%v", mine["id"]))} {
			s.refused(s.member, get, path, "", 404, "not_found", "")
			s.refused(s.member, post, path+"/revoke", "", 404, "not_found", "")
			s.refused(s.member, post, path+"/rotate", "", 404, "not_found", "")
			s.refused(s.member, remove, path, "", 404, "not_found", "")
		}
		s.refused(s.member, post, "/me/keys", `{"title": "b", "role": "Viewer", "expires": "2026-06-01"}`, 400, "invalid", "role")
		// With a session of its own credentials a key still is no user.
		s.refused(nil, get, "/me/keys", "", 403, "forbidden", "", "Authorization", "Bearer "+mine["secret"].(string))
		s.refused(s.member, get, fmt.Sprintf("/workspaces/%s/keys", workspace.ID("0192f1a0-7c3e-7d52-9f0a-5d0c9c1b2a31")), "", 404, "not_found", "")
	})
}
