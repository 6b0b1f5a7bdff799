package transport_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/logtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// A house is services over a fresh database with some people, and their log.
type house struct {
	*transport.Services

	db    *storage.DB
	log   *logtest.Journal
	users map[string]workspace.User
}

const secret = "canary: pass word é"

func newHouse(t *testing.T, change func(*transport.Services)) *house {
	t.Helper()
	h := &house{db: dbtest.New(t), log: &logtest.Journal{}, users: map[string]workspace.User{}}
	rights := rbac.New(h.db.Rules(), workspace.Schema(), nil)
	h.Services = &transport.Services{
		SignIn: signin.New(h.db.SignIn(), rights, h.db.Trail(), nil),
		Log:    zerolog.New(h.log),
	}
	if change != nil {
		change(h.Services)
	}
	for _, name := range []string{"ann", "robot", "gone"} {
		u := workspace.User{ID: workspace.UserID(uid.New()), Username: name, Email: name + "@example.org", Technical: name == "robot"}
		err := h.db.Tx(t.Context(), func(ctx context.Context) error {
			var err error
			u, err = h.db.Workspaces().AddUser(ctx, u)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		h.users[name] = u
		if err := h.SignIn.SetPassword(t.Context(), workspace.Command("test"), u.ID, secret); err != nil {
			t.Fatal(err)
		}
	}
	gone := h.users["gone"]
	gone.Disabled = true
	if err := h.db.Tx(t.Context(), func(ctx context.Context) error { return h.db.Workspaces().SaveUser(ctx, gone) }); err != nil {
		t.Fatal(err)
	}
	return h
}

// render answers with a problem as plainly as can be.
func render(w http.ResponseWriter, _ *http.Request, p transport.Problem) {
	transport.WriteJSON(w, p.Status, map[string]string{"code": p.Code})
}

// handle passes one request through the middleware.
func handle(s *transport.Services, r *http.Request, next http.HandlerFunc) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Middleware(next, render).ServeHTTP(w, r)
	return w
}

func get(path string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func fine(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

func TestRecognition(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	ann := h.users["ann"]
	token, err := h.SignIn.Issue(t.Context(), "ann", secret, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		headers []string
		status  int
		want    workspace.Actor
	}{
		{"guest", nil, 200, workspace.Guest("192.0.2.1")},
		{"basic", []string{"Authorization", basic("ANN:" + secret)}, 200, workspace.Actor{Principal: ann.Num, User: ann.ID, Name: "ann", Via: "basic", Address: "192.0.2.1"}},
		{"bearer", []string{"Authorization", "Bearer " + token.Secret}, 200, workspace.Actor{Principal: ann.Num, User: ann.ID, Name: "ann", Via: "bearer", Address: "192.0.2.1"}},
		{"proxy not trusted", []string{"X-Forwarded-For", "203.0.113.9"}, 200, workspace.Guest("192.0.2.1")},
		{"wrong password", []string{"Authorization", basic("ann:wrong password")}, 401, workspace.Actor{}},
		{"unknown", []string{"Authorization", basic("nobody:" + secret)}, 401, workspace.Actor{}},
		{"disabled", []string{"Authorization", basic("gone:" + secret)}, 401, workspace.Actor{}},
		{"wrong token", []string{"Authorization", "Bearer " + token.Secret[1:] + "A"}, 401, workspace.Actor{}},
		{"empty", []string{"Authorization", ""}, 401, workspace.Actor{}},
		{"other scheme", []string{"Authorization", "Digest x"}, 401, workspace.Actor{}},
		{"malformed", []string{"Authorization", "Basic !"}, 401, workspace.Actor{}},
		{"two", []string{"Authorization", basic("ann:" + secret), "Authorization", "Bearer " + token.Secret}, 401, workspace.Actor{}},
	} {
		var got workspace.Actor
		w := handle(h.Services, get("/whatever", c.headers...), func(w http.ResponseWriter, r *http.Request) {
			got = transport.Actor(r.Context())
			fine(w, r)
		})
		if w.Code != c.status || got != c.want {
			t.Errorf("%s: %d, %+v; want %d, %+v", c.name, w.Code, got, c.status, c.want)
		}
		if challenge := w.Header().Get("WWW-Authenticate"); (challenge == `Bearer, Basic realm="bailiwick", charset="UTF-8"`) != (c.status == 401) {
			t.Errorf("%s: WWW-Authenticate %q with %d", c.name, challenge, w.Code)
		}
	}
	if (transport.Actor(t.Context()) != workspace.Actor{}) {
		t.Error("outside a request somebody is calling")
	}
}

func TestTrustProxy(t *testing.T) {
	t.Parallel()
	s := &transport.Services{TrustProxy: true}
	for forwarded, want := range map[string]string{
		"203.0.113.9":                       "203.0.113.9",
		"6.6.6.6, 203.0.113.9":              "203.0.113.9",
		"6.6.6.6,::ffff:203.0.113.9":        "203.0.113.9",
		"2001:db8::1":                       "2001:db8::1",
		"evil":                              "192.0.2.1",
		"":                                  "192.0.2.1",
		"203.0.113.9, <script>":             "192.0.2.1",
		"fe80::1%" + strings.Repeat("x", 9): "fe80::1",
	} {
		var got string
		handle(s, get("/", "X-Forwarded-For", forwarded), func(_ http.ResponseWriter, r *http.Request) {
			got = transport.Actor(r.Context()).Address
		})
		if got != want {
			t.Errorf("X-Forwarded-For %q is %q, want %q", forwarded, got, want)
		}
	}
	r := get("/", "X-Forwarded-For", "6.6.6.6")
	r.Header.Add("X-Forwarded-For", "203.0.113.9")
	handle(s, r, func(_ http.ResponseWriter, r *http.Request) {
		if got := transport.Actor(r.Context()).Address; got != "203.0.113.9" {
			t.Errorf("of two headers %q counts, want the last", got)
		}
	})
}

func TestHost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		actor  workspace.Actor
		err    error
		status int
		want   workspace.Actor
	}{
		{"recognised", workspace.Actor{Principal: 70, User: "u"}, nil, 200, workspace.Actor{Principal: 70, User: "u", Via: "host", Address: "192.0.2.1"}},
		{"left to others", workspace.Actor{Principal: 70}, transport.ErrUnrecognised, 200, workspace.Guest("192.0.2.1")},
		{"refused", workspace.Actor{Principal: 70}, errors.New("the session ended"), 401, workspace.Actor{}},
		{"refused in words of ours", workspace.Actor{Principal: 70}, rbac.ErrDenied, 403, workspace.Actor{}},
		{"busy", workspace.Actor{Principal: 70}, signin.ErrBusy, 503, workspace.Actor{}},
	} {
		s := &transport.Services{Host: func(*http.Request) (workspace.Actor, error) { return c.actor, c.err }}
		var got workspace.Actor
		w := handle(s, get("/"), func(_ http.ResponseWriter, r *http.Request) { got = transport.Actor(r.Context()) })
		if w.Code != c.status || got != c.want {
			t.Errorf("%s: %d, %+v; want %d, %+v", c.name, w.Code, got, c.status, c.want)
		}
		if retry := w.Header().Get("Retry-After"); (retry != "") != (c.status == 503) {
			t.Errorf("%s: Retry-After %q", c.name, retry)
		}
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	s := &transport.Services{}
	for given, kept := range map[string]bool{
		"abc-DEF_1.2": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "a\"b": false, "é": false, "a\tb": false,
	} {
		var inside string
		w := handle(s, get("/", "X-Request-Id", given), func(_ http.ResponseWriter, r *http.Request) { inside = transport.RequestID(r.Context()) })
		id := w.Header().Get("X-Request-ID")
		if id == "" || id != inside || (id == given) != kept {
			t.Errorf("X-Request-Id %q became %q, inside %q", given, id, inside)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	s := &transport.Services{}
	for _, c := range []struct{ path, raw, wantPath, wantEscaped string }{
		{"/a/b", "", "/a/b", "/a/b"},
		{"//a///b//", "", "/a/b/", "/a/b/"},
		{"/a//b/c", "/a%2F/b/c", "/a//b/c", "/a%2F/b/c"},
		{"//x/a%", "//x%2Fa%25", "/x/a%", "/x%2Fa%25"},
		{"", "", "/", "/"},
		{"a", "", "/a", "/a"},
		{"/a/../b/./c", "", "/a/../b/./c", "/a/../b/./c"},
		{"/é b", "", "/é b", "/%C3%A9%20b"},
		{"//a", "/other%2F", "/a", "/a"}, // not the same path: does not count
	} {
		r := get("/")
		r.URL = &url.URL{Path: c.path, RawPath: c.raw}
		var path, escaped string
		w := handle(s, r, func(_ http.ResponseWriter, r *http.Request) { path, escaped = r.URL.Path, r.URL.EscapedPath() })
		if w.Code != 200 || path != c.wantPath || escaped != c.wantEscaped {
			t.Errorf("%q (%q) became %d %q (%q), want %q (%q)", c.path, c.raw, w.Code, path, escaped, c.wantPath, c.wantEscaped)
		}
	}
	for _, path := range []string{"/a\x00b", "/\xff", "/" + strings.Repeat("a", 2048), "/" + strings.Repeat("é", 700)} {
		r := get("/", "Authorization", "Basic !")
		r.URL = &url.URL{Path: path}
		w := handle(s, r, func(http.ResponseWriter, *http.Request) { t.Errorf("%.20q got in", path) })
		if w.Code != http.StatusBadRequest {
			t.Errorf("%.20q is %d, want 400", path, w.Code)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	s := &transport.Services{BodyLimit: 10}
	read := func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			render(w, r, transport.ProblemOf(err))
		}
	}
	r := post("0123456789")
	if w := handle(s, r, read); w.Code != 200 {
		t.Errorf("10 bytes: %d", w.Code)
	}
	if w := handle(s, post("0123456789x"), func(http.ResponseWriter, *http.Request) { t.Error("11 bytes got in") }); w.Code != 413 {
		t.Errorf("11 bytes, announced: %d, want 413", w.Code)
	}
	r = post("0123456789x")
	r.ContentLength = -1
	if w := handle(s, r, read); w.Code != 413 {
		t.Errorf("11 bytes, not announced: %d, want 413", w.Code)
	}
	var b body
	r = post(`{"name":"a"}`)
	r.ContentLength = -1
	handle(s, r, func(_ http.ResponseWriter, r *http.Request) {
		if err := transport.ReadJSON(r, &b); transport.ProblemOf(orNothing(err)).Status != 413 {
			t.Errorf("ReadJSON over the limit = %v, want 413", err)
		}
	})
	s.BodyLimit = 2 << 20
	long := `{"name":"` + strings.Repeat("x", 3<<19) + `"}`
	handle(s, post(long), func(_ http.ResponseWriter, r *http.Request) {
		if err := transport.ReadJSON(r, &b); err != nil {
			t.Errorf("ReadJSON below a higher limit = %v", err)
		}
	})
}

func TestPanics(t *testing.T) {
	t.Parallel()
	log := &logtest.Journal{}
	s := &transport.Services{Log: zerolog.New(log)}
	server := httptest.NewServer(s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/early":
			w.Header().Set("Content-Length", "10000")
			panic("canary before")
		case "/late":
			w.WriteHeader(http.StatusOK)
			_, _ = io.WriteString(w, "half")
			panic(errors.New("canary after"))
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/odd":
			panic(42)
		}
	}), render))
	defer server.Close()
	// On a connection that was used before, a client would try once more.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, status := range map[string]int{"/early": 500, "/odd": 500, "/late": 0, "/abort": 0, "/": 200} {
		resp, err := client.Get(server.URL + path)
		if err == nil {
			var text []byte
			text, err = io.ReadAll(resp.Body)
			resp.Body.Close()
			if status != 0 && (err != nil || resp.StatusCode != status || (status == 500) != (string(text) == `{"code":"internal"}`)) {
				t.Errorf("%s: %d %q, %v; want %d", path, resp.StatusCode, text, err, status)
			}
		}
		if status == 0 && err == nil {
			t.Errorf("%s looks like a whole answer", path)
		}
	}
	deadline := time.Now().Add(5 * time.Second)
	for strings.Count(log.String(), `"message":"request"`) < 5 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	text := log.String()
	for _, want := range []string{"canary before", "canary after", "middleware_test.go", `"status":500`} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not tell %q", want)
		}
	}
	if n := strings.Count(text, `"message":"panic"`); n != 3 {
		t.Errorf("%d panics in the log, want 3", n)
	}
}

// A render that panics itself is contained as well.
func TestPanicInRender(t *testing.T) {
	t.Parallel()
	s := &transport.Services{}
	w := httptest.NewRecorder()
	s.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") }),
		func(http.ResponseWriter, *http.Request, transport.Problem) { panic("y") }).ServeHTTP(w, get("/"))
	if w.Code != 500 {
		t.Errorf("status %d, want 500", w.Code)
	}
}

func TestLogLine(t *testing.T) {
	t.Parallel()
	log := &logtest.Journal{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := &transport.Services{
		Log: zerolog.New(log), Now: func() time.Time { now = now.Add(3 * time.Millisecond); return now },
		Host: func(*http.Request) (workspace.Actor, error) { return workspace.Actor{Principal: 77}, nil },
	}
	handle(s, get("/a//b/0123456789abcdef0123456789abcdef/"+strings.Repeat("s", 41)+"/01a2190c-e30e-7634-b17e-a09177513415?x=canary", "X-Request-Id", "id1", "Cookie", "canary"), func(w http.ResponseWriter, r *http.Request) {
		transport.NoteError(r.Context(), errors.New("the disk is full"))
		w.WriteHeader(http.StatusInsufficientStorage)
		_, _ = io.WriteString(w, "twelve bytes")
	})
	want := `{"level":"info","id":"id1","method":"GET","path":"/a//b/…/…/01a2190c-e30e-7634-b17e-a09177513415","status":507,"bytes":12,"ms":3,"actor":77,"cause":"the disk is full","message":"request"}` + "\n"
	if log.String() != want {
		t.Errorf("the log is\n%swant\n%s", log, want)
	}
}

// A handler that streams can, and a lens that wants no challenge gets none.
func TestRecorder(t *testing.T) {
	t.Parallel()
	w := handle(&transport.Services{}, get("/"), func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Www-Authenticate"] = nil
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "x")
		w.(http.Flusher).Flush()
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	})
	if !w.Flushed || len(w.Result().Header["Www-Authenticate"]) != 0 {
		t.Errorf("flushed %v, challenge %q", w.Flushed, w.Header()["Www-Authenticate"])
	}
}

// Neither a password nor a token nor a header, query or body reaches the log,
// whatever is done with them.
func TestSecretsStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	token, err := h.SignIn.Issue(t.Context(), "ann", secret, "", "")
	if err != nil {
		t.Fatal(err)
	}
	lens := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic("by design")
		}
		var b body
		if err := transport.ReadJSON(r, &b); err != nil {
			transport.NoteError(r.Context(), err)
			render(w, r, transport.ProblemOf(err))
		}
	}
	for _, path := range []string{"/", "/panic", "//x?password=canary", "/" + strings.Repeat("x", 3000) + "?canary"} {
		for _, auth := range []string{
			basic("ann:" + secret), basic("ann:canary wrong"), "Bearer " + token.Secret, "Bearer canary", "Canary canary", "Basic canary", basic("canary"),
		} {
			for _, text := range []string{"", `{"name":"canary"}`, `{"name":"canary`, `{"size":"canary"}`, `{"name":"canary\u0000"}`} {
				r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(text))
				r.Header.Set("Authorization", auth)
				r.Header.Set("Cookie", "canary")
				r.Header.Set("X-Request-ID", "canary canary")
				handle(h.Services, r, lens)
			}
		}
	}
	tokens := transport.TokenHandler(h.Services)
	for _, form := range []string{
		"grant_type=password&username=ann&password=" + url.QueryEscape(secret), "grant_type=password&username=ann&password=canary%20wrong",
		"grant_type=canary", "canary=%ZZ", "grant_type=client_credentials&client_id=robot&client_secret=canary",
	} {
		r := httptest.NewRequest(http.MethodPost, "/token?password=canary", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		tokens.ServeHTTP(httptest.NewRecorder(), r)
	}
	text := h.log.String()
	if n := strings.Count(text, `"message":"request"`); n != 4*7*5+5 {
		t.Errorf("%d lines, want one a request", n)
	}
	if strings.Contains(strings.ToLower(text), "canary") || strings.Contains(text, token.Secret) {
		t.Errorf("a secret is in the log:\n%s", text)
	}
	if strings.Contains(text, "YW5uOm") {
		t.Error("an encoded password is in the log")
	}
}
