package ngw_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
)

const (
	current = "/api/component/auth/current_user"
	profile = "/api/component/auth/profile"
	login   = "/api/component/auth/login"
	logout  = "/api/component/auth/logout"
)

// TestCurrentUser says who is calling, and how that is known.
func TestCurrentUser(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		w.Call(w.Guest, http.MethodGet, current, nil).Wants(http.StatusOK).Same(
			`{"id":1,"keyname":"guest","display_name":"Guest","language":null,"auth_medium":null,"auth_provider":null}`)
		w.Call(w.Guest, http.MethodGet, current+"?require_authenticated=true", nil).Refused(http.StatusUnauthorized, "InvalidCredentialsException")
		w.Call(w.Guest, http.MethodGet, current+"?require_authenticated=no&refresh_session=yes", nil).Wants(http.StatusOK)
		w.Call(w.Viewer, http.MethodGet, current+"?require_authenticated=true", nil).Wants(http.StatusOK).Same(fmt.Sprintf(
			`{"id":%d,"keyname":"viewer","display_name":"Viewer Test","language":"en","auth_medium":"basic","auth_provider":"local_pw"}`, w.Viewer.Num))
		for _, bad := range []string{"require_authenticated", "refresh_session"} {
			w.Call(w.Viewer, http.MethodGet, current+"?"+bad+"=perhaps", nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		}
	})
}

// TestLogin begins and ends sessions, whatever the body is said to be
// (spec/ngw.md §0, row 2; §4.4).
func TestLogin(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		var cookies []*http.Cookie
		for media, body := range map[string]string{
			"application/json": `{"login":"Viewer","password":"` + ngwtest.Password + `"}`, "application/x-www-form-urlencoded": "login=viewer&password=correct%3Ahorse+battery",
			"text/plain": `{"login":"viewer@example.org","password":"` + ngwtest.Password + `"}`, "application/octet-stream": "password=correct%3Ahorse%20battery&login=VIEWER",
		} {
			if strings.Contains(body, "@") {
				continue // NextGIS Web knows no addresses, and neither do its clients
			}
			a := w.Call(w.Guest, http.MethodPost, login, body, "Content-Type", media).Wants(http.StatusOK)
			a.Same(fmt.Sprintf(`{"id":%d,"keyname":"viewer","display_name":"Viewer Test"}`, w.Viewer.Num))
			if cookies = (&http.Response{Header: a.Header}).Cookies(); len(cookies) != 1 {
				t.Fatalf("%s: cookies %v", media, cookies)
			}
			if c := cookies[0]; !c.HttpOnly || c.Path != "/" || c.SameSite != http.SameSiteLaxMode {
				t.Errorf("the cookie is %v", c)
			}
		}
		// With a password in the header alone, as some programs do.
		w.Call(w.Viewer, http.MethodPost, login, nil).Wants(http.StatusOK)

		with := func(method, path string) ngwtest.Answer {
			r := w.Request(w.Guest, method, path, nil)
			r.AddCookie(cookies[0])
			return w.Serve(r)
		}
		if got := with(http.MethodGet, current); got.At("keyname") != "viewer" || got.At("auth_medium") != "session" {
			t.Errorf("in a session: %s", got.Text)
		}
		// What a program says of itself is stronger than what a browser keeps.
		r := w.Request(w.Boss, http.MethodGet, current, nil)
		r.AddCookie(cookies[0])
		if got := w.Serve(r); got.At("keyname") != "boss" {
			t.Errorf("a session and a password: %s", got.Text)
		}
		with(http.MethodPost, logout).Wants(http.StatusOK).Same(`{}`)
		if got := with(http.MethodGet, current); got.Status == http.StatusOK && got.At("keyname") == "viewer" {
			t.Errorf("after leaving: %s", got.Text)
		}
		w.Call(w.Guest, http.MethodPost, logout, nil).Wants(http.StatusOK).Same(`{}`)

		for _, body := range []string{`{"login":"viewer"}`, `{"password":"x"}`, `login=viewer`, `{}`, ``, `{"login":5,"password":"x"}`, `[]`, `"x"`, "login=viewer&password=%ff"} {
			w.Call(w.Guest, http.MethodPost, login, body).Refused(http.StatusUnprocessableEntity, "ValidationError")
		}
		w.Call(w.Guest, http.MethodPost, login, `{"login":`).Refused(http.StatusBadRequest, "MalformedJSONBody")
		w.Call(w.Guest, http.MethodPost, login, "login=viewer&password="+strings.Repeat("x", 1<<20)).Wants(http.StatusRequestEntityTooLarge)
		for _, body := range []string{"login=viewer&password=wrong", "login=nobody&password=wrong", "login=&password="} {
			w.Call(w.Guest, http.MethodPost, login, body).Refused(http.StatusUnauthorized, "InvalidCredentialsException")
			w.Pass(time.Hour) // nobody is to wait for the next try
		}
		// Who comes with what does not count any more can still sign in.
		r = w.Request(w.Guest, http.MethodPost, login, "login=viewer&password=correct%3Ahorse+battery")
		r.AddCookie(cookies[0])
		w.Serve(r).Wants(http.StatusOK)
	})
}

// TestProfile is what somebody may change of himself.
func TestProfile(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		w.Call(w.Guest, http.MethodGet, profile, nil).Refused(http.StatusUnauthorized, "InvalidCredentialsException")
		w.Call(w.Guest, http.MethodPut, profile, `{}`).Refused(http.StatusUnauthorized, "InvalidCredentialsException")
		w.Call(w.Viewer, http.MethodGet, profile, nil).Wants(http.StatusOK).Same(`{"keyname":"viewer","oauth_subject":null,"language":"en"}`)
		for language, want := range map[string]string{`"fr"`: `"fr"`, `null`: `"en"`} {
			w.Call(w.Viewer, http.MethodPut, profile, `{"language":`+language+`}`).Wants(http.StatusOK).Same(`{}`)
			w.Call(w.Viewer, http.MethodGet, profile, nil).Wants(http.StatusOK).Same(`{"keyname":"viewer","oauth_subject":null,"language":` + want + `}`)
		}
		w.Call(w.Viewer, http.MethodPut, profile, `{"language":"fr"}`).Wants(http.StatusOK)
		w.Call(w.Viewer, http.MethodPut, profile, `{}`).Wants(http.StatusOK)
		w.Call(w.Viewer, http.MethodPut, profile, `{"language":5}`).Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Viewer, http.MethodPut, profile, `{"language":"not a language at all"}`).Refused(http.StatusUnprocessableEntity, "ValidationError")
		// Labels are in the language that somebody chose.
		if got := w.Call(w.Viewer, http.MethodGet, "/resource/schema", nil).At("resources.vector_layer.label"); got == "Vector layer" {
			t.Errorf("in French: %v", got)
		}
		w.Call(w.Guest, http.MethodGet, "/api/component/auth/permission", nil).Wants(http.StatusOK).Same(`{
			"auth.view":"Users and groups: View","auth.manage":"Users and groups: Manage","pyramid.cors.view":"CORS: View",
			"pyramid.cors.manage":"CORS: Manage","spatial_ref_sys.view":"Spatial reference systems: View",
			"spatial_ref_sys.manage":"Spatial reference systems: Manage"}`)
	})
}
