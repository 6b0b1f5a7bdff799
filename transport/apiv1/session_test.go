package apiv1_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
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

// TestEndedSessions tells who comes with a session that has ended why it has, and
// nobody else.
func TestEndedSessions(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		s.pocket(s.member)
		page := []string{"X-Requested-With", "bailiwick"}
		enter := func() (with []string, id any) {
			t.Helper()
			a := s.call(nil, post, "/session", fmt.Sprintf(`{"username": "member", "password": %q}`, password), 200, page...)
			held, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
			return append([]string{"Cookie", held}, page...), a.value(t)["session"].(map[string]any)["id"]
		}
		user := "/users/" + string(s.member.ID)
		for _, c := range []struct {
			want string
			end  func(with []string, id any)
		}{
			{"signed_out", func(with []string, _ any) { s.call(nil, remove, "/session", "", 204, with...) }},
			{"signed_out", func(_ []string, id any) { s.call(s.member, remove, fmt.Sprint("/me/sessions/", id), "", 204) }},
			{"kicked", func([]string, any) { s.call(s.admin, post, user+"/kick", "", 200) }},
			{"password", func([]string, any) {
				s.call(s.admin, put, user+"/password", fmt.Sprintf(`{"password": %q}`, password), 204)
			}},
			{"expired", func([]string, any) { s.clock.Add(3600e6) }},
			{"disabled", func([]string, any) { s.call(s.admin, post, user+"/disable", "", 200) }},
		} {
			with, id := enter()
			s.call(nil, get, "/me", "", 200, with...)
			c.end(with, id)
			for _, path := range []string{"/session", "/me", s.at("")} {
				got := s.refused(nil, get, path, "", 401, "unauthenticated", "", with...)
				if p := got.value(t); p["ended"] != c.want || p["detail"] == "" || p["title"] != "Sign in" || !strings.Contains(got.header.Get("Set-Cookie"), "Max-Age=0") {
					t.Errorf("%s: %s %v", path, got.text, got.header)
				}
			}
			changing := s.refused(nil, patch, "/me", `{"language": "fr"}`, 401, "unauthenticated", "", with...)
			if changing.value(t)["ended"] != c.want {
				t.Errorf("%s", changing.text)
			}
			// Ways to sign in are for whoever needs one.
			s.call(nil, get, "/sign-in", "", 200, with...)
			// Without its secret nobody is told.
			for _, other := range [][]string{nil, page, {"Cookie", "__Host-bailiwick=" + strings.Repeat("A", 43)}, {"Cookie", with[1][:len(with[1])-2] + "AA"}, {"Cookie", fmt.Sprint("__Host-bailiwick=", id)}} {
				got := s.refused(nil, get, "/session", "", 401, "unauthenticated", "", other...)
				if _, told := got.value(t)["ended"]; told {
					t.Errorf("%v: %s", other, got.text)
				}
			}
		}
	})
}

// TestWaysToSignIn tells everybody how.
func TestWaysToSignIn(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		if got := s.call(nil, get, "/sign-in", "", 200); got.text != `{"password":true,"reset":true,"providers":[]}` {
			t.Errorf("%s", got.text)
		}
		s.services.Providers = []transport.Provider{{Name: "corp", Title: "The Corp", Start: portal + "/oidc/corp/start"}}
		other := *s.services
		other.SignIn = nil
		for want, services := range map[string]*transport.Services{
			`{"password":true,"reset":true,"providers":[{"name":"corp","title":"The Corp","start":"https://portal.example.org/oidc/corp/start"}]}`:   s.services,
			`{"password":false,"reset":false,"providers":[{"name":"corp","title":"The Corp","start":"https://portal.example.org/oidc/corp/start"}]}`: &other,
		} {
			s.handler = watched(t, http.StripPrefix(prefix, apiv1.Handler(services, nil)))
			for _, headers := range [][]string{nil, {"Authorization", "Bearer nonsense"}, {"Api-Key", "x"}, {"Cookie", "__Host-bailiwick=x"}} {
				if got := s.call(nil, get, "/sign-in", "", 200, headers...); got.text != want {
					t.Errorf("%s, want %s", got.text, want)
				}
			}
		}
		s.refused(nil, get, "/sign-in?x=1", "", 400, "invalid", "x")
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
