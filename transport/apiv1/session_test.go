package apiv1_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestSession signs a browser in and out.
func TestSession(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		s.pocket(s.member)
		right := fmt.Sprintf(`{"username": "MEMBER", "password": %q}`, password)
		page := []string{"X-Requested-With", "bailiwick"}
		s.refused(nil, post, "/session", right, 403, "cross_origin", "")
		s.refused(nil, post, "/session", right, 403, "cross_origin", "", append(page, "Sec-Fetch-Site", "cross-site")...)
		wrong := s.refused(nil, post, "/session", `{"username": "member", "password": "no"}`, 401, "unauthenticated", "", page...)
		if wrong.header.Get("Set-Cookie") != "" {
			t.Errorf("%v", wrong.header)
		}
		s.refused(nil, post, "/session?dry_run=true", right, 400, "invalid", "dry_run", page...)
		s.refused(nil, post, "/session", right, 400, "invalid", "Idempotency-Key", append(page, "Idempotency-Key", "k")...)
		a := s.call(nil, post, "/session", right, 200, page...)
		cookie := a.header.Get("Set-Cookie")
		if a.value(t)["user"].(map[string]any)["username"] != "member" ||
			!strings.HasPrefix(cookie, "__Host-bailiwick=") || !strings.Contains(cookie, "HttpOnly") {
			t.Errorf("%s %q", a.text, cookie)
		}
		held, _, _ := strings.Cut(cookie, ";")
		if strings.Contains(a.text, strings.TrimPrefix(held, "__Host-bailiwick=")) {
			t.Error("the secret of the session is in the body")
		}
		with := []string{"X-Requested-With", "bailiwick", "Cookie", held}
		s.call(nil, get, "/session", "", 200, with...)
		s.call(nil, get, "/me", "", 200, with...)
		sessions := s.call(nil, get, "/me/sessions?sort=-created", "", 200, with...).items(t)
		if len(sessions) != 2 || sessions[0]["current"] != true || sessions[1]["current"] != false {
			t.Errorf("%v", sessions)
		}
		other := fmt.Sprintf("/me/sessions/%v", sessions[1]["id"])
		s.refused(s.admin, remove, other, "", 404, "not_found", "")
		s.call(nil, remove, other, "", 204, with...)
		s.refused(nil, remove, "/session", "", 403, "cross_origin", "", "Cookie", held)
		s.call(nil, remove, "/session", "", 204, with...)
		if gone := s.call(nil, get, "/session", "", 401, with...); !strings.Contains(gone.header.Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("%v", gone.header)
		}
		// What has ended is no reason not to sign in again.
		s.call(nil, post, "/session", right, 200, with...)
		kicked := s.call(s.admin, post, "/users/"+string(s.member.ID)+"/kick", "", 200)
		if kicked.value(t)["total"] != float64(1) {
			t.Errorf("%s", kicked.text)
		}
		if left := s.call(s.member, get, "/me/sessions", "", 200).items(t); len(left) != 0 {
			t.Errorf("%v", left)
		}
		s.refused(nil, "BREW", "/session", "", 405, "method_not_allowed", "")
	})
}

// TestPasswords changes, sets and resets them. Whatever counts tries cannot be
// tried without being counted.
func TestPasswords(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		s.pocket(s.member)
		next := password + "!"
		change := func(old string) string { return fmt.Sprintf(`{"old_password": %q, "password": %q}`, old, next) }
		s.refused(s.member, post, "/me/password", change("wrong"), 400, "invalid", "old_password")
		s.refused(s.member, post, "/me/password?dry_run=true", change(password), 400, "invalid", "dry_run")
		s.call(s.member, post, "/me/password", change(password), 204)
		s.call(s.admin, put, "/users/"+string(s.member.ID)+"/password", fmt.Sprintf(`{"password": %q}`, password), 204)
		s.refused(s.admin, put, "/users/"+string(s.member.ID)+"/password", `{"password": "member"}`, 400, "invalid", "password")

		known := s.call(nil, post, "/password-resets", `{"name": "member"}`, 202)
		token := s.mails.token()
		nobody := s.call(nil, post, "/password-resets", `{"name": "nobody"}`, 202)
		if known.text != nobody.text || token == "" {
			t.Errorf("%q %q", known.text, nobody.text)
		}
		s.refused(nil, put, "/password-resets", fmt.Sprintf(`{"token": %q, "password": "short"}`, token), 400, "invalid", "password")
		s.call(nil, put, "/password-resets", fmt.Sprintf(`{"token": %q, "password": %q}`, token, next), 204)
		s.refused(nil, put, "/password-resets", fmt.Sprintf(`{"token": %q, "password": %q}`, token, next), 400, "invalid", "token")
		s.clock.Add(3600e6)
		s.limited(sent{method: http.MethodPost, path: "/session", body: `{"username": "member", "password": "wrong and long enough"}`, header: map[string]string{"X-Requested-With": "bailiwick"}})
		s.limited(sent{as: s.boss, method: http.MethodPost, path: "/me/password", body: change("wrong and long enough")})
		// A condition makes no unit of work of it, in which a try would be undone.
		s.limited(sent{method: http.MethodPut, path: "/password-resets", body: `{"token": "x", "password": "y"}`, header: map[string]string{"If-Match": "*"}})
	})
}

// limited wants who guesses to be told to wait.
func (s *small) limited(what sent) {
	s.t.Helper()
	for range 60 {
		a := s.ask(s.t.Context(), what)
		if a.status == http.StatusTooManyRequests && a.header.Get("Retry-After") != "" && a.value(s.t)["code"] == "too_many_tries" {
			return
		}
	}
	s.t.Errorf("%s %s: who guesses is never told to wait", what.method, what.path)
}
