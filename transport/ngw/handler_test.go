package ngw_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/transport/ngw"
)

// TestEnvelope looks at everything around the bodies.
func TestEnvelope(t *testing.T) {
	w := small(t, nil)
	me := w.Call(w.Member, http.MethodGet, "//api//component/auth/current_user", "").Wants(http.StatusOK)
	if got := me.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	if head := w.Call(w.Member, http.MethodHead, "/api/component/auth/current_user", "").Wants(http.StatusOK); head.Header.Get("Content-Type") != "application/json" {
		t.Errorf("HEAD: %v", head.Header)
	}
	w.Call(w.Guest, http.MethodGet, "/api/nothing", "").Wants(http.StatusNotFound).Failure()
	for path, allow := range map[string]string{
		"/api/component/auth/current_user": "GET, HEAD", "/api/component/auth/user/4": "GET, HEAD, PUT, DELETE",
		"/w/survey/api/component/auth/user/": "GET, HEAD, POST",
	} {
		if got := w.Call(w.Guest, "BREW", path, "").Wants(http.StatusMethodNotAllowed).Header.Get("Allow"); got != allow {
			t.Errorf("%s: Allow %q, want %q", path, got, allow)
		}
	}
}

// TestCredentials tells apart what is wrong with who is calling (spec/ngw.md §4.1,
// §4.4).
func TestCredentials(t *testing.T) {
	w := small(t, nil)
	const current = "/api/component/auth/current_user"
	for header, want := range map[string]struct {
		status    int
		exception string
	}{
		"Basic YWRhOndyb25n":    {401, "InvalidCredentialsException"}, // ada:wrong
		"Basic bm9ib2R5Ong=":    {401, "InvalidCredentialsException"}, // nobody:x
		"Bearer nothing":        {401, "InvalidCredentialsException"},
		"Negotiate TlRMTVNTUAA": {401, "InvalidCredentialsException"},
		"Basic %%%":             {400, "InvalidAuthorizationHeader"},
		"Basic bm9jb2xvbg==":    {400, "InvalidAuthorizationHeader"}, // nocolon
		"Basic":                 {400, "InvalidAuthorizationHeader"},
		"nonsense":              {400, "InvalidAuthorizationHeader"},
	} {
		r := w.Request(w.Guest, http.MethodGet, current, "")
		r.Header.Set("Authorization", header)
		a := w.Serve(r)
		if f := a.Failure(); a.Status != want.status || !strings.HasSuffix(f.Exception, "."+want.exception) {
			t.Errorf("%s: %d %s, want %d %s", header, a.Status, f.Exception, want.status, want.exception)
		}
		// A path that is none is none for whoever.
		r = w.Request(w.Guest, http.MethodGet, "/api/nothing", "")
		r.Header.Set("Authorization", header)
		if a := w.Serve(r); a.Status != http.StatusNotFound {
			t.Errorf("%s at no path: %d", header, a.Status)
		}
		w.Pass(time.Hour) // nobody is to wait for the next try
	}
	r := w.Request(w.Guest, http.MethodGet, current, "")
	r.SetBasicAuth("MEMBER", ngwtest.Password)
	if a := w.Serve(r); a.Status != http.StatusOK || a.At("keyname") != "member" {
		t.Errorf("a login in capitals: %d %s", a.Status, a.Text)
	}
}

// TestPlace shows one workspace as a NextGIS Web of its own, to who may see it.
func TestPlace(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		const ping = "/api/component/pyramid/ping"
		for _, who := range []ngwtest.Person{w.Boss, w.Ada, w.Member} {
			w.Call(who, http.MethodGet, "/w/survey"+ping, "").Wants(http.StatusOK)
			w.Call(who, http.MethodGet, "/w/SURVEY"+ping, "").Wants(http.StatusOK)
		}
		hidden := w.Call(w.Outsider, http.MethodGet, "/w/survey"+ping, "").Wants(http.StatusNotFound).Failure()
		none := w.Call(w.Outsider, http.MethodGet, "/w/village"+ping, "").Wants(http.StatusNotFound).Failure()
		if hidden.Message != none.Message || hidden.Exception != none.Exception {
			t.Errorf("what is hidden is told apart from what is not there: %v, %v", hidden, none)
		}
		w.Call(w.Guest, http.MethodGet, "/w/survey"+ping, "").Wants(http.StatusNotFound).Failure()
		w.Call(w.Boss, http.MethodGet, "/w/survey/w/survey"+ping, "").Wants(http.StatusNotFound).Failure()
		// Who signs in has not been seen yet.
		w.Call(w.Guest, http.MethodPost, "/w/survey/api/component/auth/login", "login=member&password="+ngwtest.Password).Wants(http.StatusOK)

		w.Open()
		w.Call(w.Guest, http.MethodGet, "/w/survey"+ping, "").Wants(http.StatusOK)
		w.Call(w.Outsider, http.MethodGet, "/w/survey"+ping, "").Wants(http.StatusOK)
	})
}

// TestMount mounts the lens under both routers and at two prefixes, for the
// platform and for a workspace alone.
func TestMount(t *testing.T) {
	w := small(t, nil)
	w.Open()
	for _, prefix := range []string{"", "/deep/er"} {
		for _, top := range []string{"", "survey"} {
			lens := http.StripPrefix(prefix, ngw.Handler(w.Services, &ngw.Options{Root: top}))
			router := mux.NewRouter().SkipClean(true)
			router.PathPrefix(prefix + "/").Handler(lens)
			plain := http.NewServeMux()
			plain.Handle(prefix+"/", lens)
			for name, handler := range map[string]http.Handler{"gorilla/mux": router, "net/http": plain} {
				for path, want := range map[string]int{
					"/api/component/pyramid/ping": 200, "/api/component/auth/user/": 403, "/api/nothing": 404,
					"/w/survey/api/component/pyramid/ping": map[string]int{"": 200, "survey": 404}[top],
				} {
					rec := httptest.NewRecorder()
					handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, prefix+path, nil))
					if rec.Code != want || rec.Header().Get("Content-Type") != "application/json" {
						t.Errorf("%s at %q, root %q: %s: %d, want %d", name, prefix, top, path, rec.Code, want)
					}
				}
			}
		}
	}
	// One that there is not is nowhere.
	alone := ngw.Handler(w.Services, &ngw.Options{Root: "village"})
	rec := httptest.NewRecorder()
	alone.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/component/pyramid/ping", nil))
	if rec.Code != http.StatusNotFound {
		t.Errorf("a root that there is not: %d", rec.Code)
	}
}

// TestOrigins holds pages of other sites off, and lets those that are allowed in.
func TestOrigins(t *testing.T) {
	w := small(t, &ngw.Options{AllowOrigin: []string{"https://map.example.org", "https://*.maps.example.com"}})
	const path = "/api/component/auth/profile"
	for origin, allowed := range map[string]bool{
		"https://map.example.org": true, "https://a.maps.example.com": true, "https://a.b.maps.example.com": true,
		"https://maps.example.com": false, "http://map.example.org": false, "https://evilmaps.example.com": false,
		"https://map.example.org.evil.net": false, "https://evil.net#.maps.example.com": false, "null": false,
		"https://u@a.maps.example.com": false, "https://map.example.org:8443": false,
	} {
		r := w.Request(w.Guest, http.MethodOptions, path, "")
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "PUT")
		a := w.Serve(r)
		if got := a.Header.Get("Access-Control-Allow-Origin") == origin && a.Status == http.StatusNoContent; got != allowed {
			t.Errorf("preflight from %s: %d %v", origin, a.Status, a.Header)
		}
		r = w.Request(w.Member, http.MethodPut, path, `{"language":"fr"}`)
		r.Header.Set("Origin", origin)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		a = w.Serve(r)
		if (a.Status == http.StatusOK) != allowed || !allowed && a.Status != http.StatusForbidden {
			t.Errorf("a change from %s: %d %s", origin, a.Status, a.Text)
		}
	}
	// A page that sends only what it may without asking is told nothing.
	r := w.Request(w.Guest, http.MethodGet, "/api/component/pyramid/ping", "")
	r.Header.Set("Origin", "https://evil.net")
	if a := w.Serve(r); a.Header.Get("Access-Control-Allow-Origin") != "" || a.Header.Get("Vary") != "Origin" {
		t.Errorf("a stranger's page: %v", a.Header)
	}
}

// TestBodies refuses bodies that are none, in the words for each.
func TestBodies(t *testing.T) {
	w := small(t, nil)
	const path = "/api/component/auth/user/"
	for body, want := range map[string]struct {
		status    int
		exception string
	}{
		`{`:                                  {400, "MalformedJSONBody"},
		``:                                   {400, "MalformedJSONBody"},
		`{"keyname":"a","keyname":"b"}`:      {400, "MalformedJSONBody"},
		`{} {}`:                              {400, "MalformedJSONBody"},
		"{\"keyname\":\"\xff\"}":             {400, "MalformedJSONBody"},
		`{"keyname":5}`:                      {422, "ValidationError"},
		`[]`:                                 {422, "ValidationError"},
		`null`:                               {422, "ValidationError"},
		`{"keyname":"a"}`:                    {422, "ValidationError"},
		`{"keyname":"1","display_name":"x"}`: {422, "ValidationError"},
	} {
		f := w.Call(w.Boss, http.MethodPost, path, body).Wants(want.status).Failure()
		if !strings.HasSuffix(f.Exception, "."+want.exception) {
			t.Errorf("%s: %s", body, f.Exception)
		}
	}
	// GDAL says that its JSON is a form (spec/ngw.md §0, row 2).
	r := w.Request(w.Member, http.MethodPut, "/api/component/auth/profile", `{"language":"fr"}`)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := w.Serve(r); a.Status != http.StatusOK {
		t.Errorf("JSON as a form: %d %s", a.Status, a.Text)
	}
	long := `{"language":"` + strings.Repeat("a", 2<<20) + `"}`
	w.Call(w.Member, http.MethodPut, "/api/component/auth/profile", long).Wants(http.StatusUnprocessableEntity).Failure()
	w.Call(w.Guest, http.MethodPost, path, long).Wants(http.StatusRequestEntityTooLarge).Failure()
}

// TestUnserved answers what NextGIS Web has and is not here as what is nowhere,
// and not with silence (docs/ngw.md).
func TestUnserved(t *testing.T) {
	w := small(t, nil)
	for call, want := range map[string]int{
		"POST /api/resource/favorite/": http.StatusMethodNotAllowed, "GET /api/resource/favorite/schema": http.StatusNotFound,
		"DELETE /api/resource/favorite/1": http.StatusNotFound, "POST /api/component/auth/register": http.StatusNotFound,
		"GET /alink/token": http.StatusNotFound, "GET /api/component/render/tile": http.StatusNotFound, "GET /resource/0": http.StatusNotFound,
	} {
		method, path, _ := strings.Cut(call, " ")
		w.Call(w.Boss, method, path, nil).Wants(want)
	}
}
