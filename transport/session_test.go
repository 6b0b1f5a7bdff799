package transport_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// page makes the request that a script of our own page makes.
func page(method, body string, cookies []*http.Cookie, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "https://example.org/anywhere", strings.NewReader(body))
	r.Header.Set("X-Requested-With", "bailiwick")
	r.Header.Set("User-Agent", "Firefox")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func serveOne(handler http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result()
}

const credentials = `{"username":"ANN","password":"` + secret + `"}`

// enter signs Ann in and returns the cookies that her browser holds.
func (h *house) enter(t *testing.T, cookies ...*http.Cookie) []*http.Cookie {
	t.Helper()
	answer := serveOne(transport.SessionHandler(h.Services), page(http.MethodPost, credentials, cookies))
	if answer.StatusCode != http.StatusOK || len(answer.Cookies()) != 1 {
		t.Fatalf("signing in: %d, %v", answer.StatusCode, answer.Header)
	}
	return answer.Cookies()
}

func TestSessionHandler(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	handler := transport.SessionHandler(h.Services)
	answer := serveOne(handler, page(http.MethodPost, credentials, nil))
	line := answer.Header.Get("Set-Cookie")
	cookies := answer.Cookies()
	if answer.StatusCode != http.StatusOK || len(cookies) != 1 || line != "__Host-bailiwick="+cookies[0].Value+"; Path=/; HttpOnly; Secure; SameSite=Lax" || len(cookies[0].Value) != 43 {
		t.Fatalf("%d, %q", answer.StatusCode, line)
	}
	if answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", answer.Header.Get("Cache-Control"))
	}
	who := func(answer *http.Response) string {
		var body struct {
			User struct {
				ID       string `json:"id"`
				Username string `json:"username"`
				Email    string `json:"email"`
			} `json:"user"`
			Session struct {
				ID      string `json:"id"`
				Created string `json:"created"`
				Expires string `json:"expires"`
			} `json:"session"`
		}
		if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
			return err.Error()
		}
		if body.Session.ID == "" || body.User.Email != "ann@example.org" || body.User.ID != string(h.users["ann"].ID) {
			return "somebody else"
		}
		begin, err := time.Parse(time.RFC3339, body.Session.Created)
		if end, wrong := time.Parse(time.RFC3339, body.Session.Expires); err != nil || wrong != nil || end.Sub(begin) != 12*time.Hour {
			return "another time"
		}
		return body.User.Username
	}
	if got := who(answer); got != "ann" {
		t.Errorf("signed in as %s", got)
	}
	answer = serveOne(handler, page(http.MethodGet, "", cookies, "X-Requested-With", ""))
	if answer.StatusCode != http.StatusOK || who(answer) != "ann" {
		t.Errorf("who is it: %d", answer.StatusCode)
	}

	// Signing in again takes the place of the session.
	again := h.enter(t, cookies...)
	if again[0].Value == cookies[0].Value {
		t.Error("signing in again keeps the secret")
	}
	if answer := serveOne(handler, page(http.MethodGet, "", cookies)); answer.StatusCode != http.StatusUnauthorized || !forgotten(answer) || answer.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("the session of before: %d, %v", answer.StatusCode, answer.Header)
	}
	// A secret that somebody planted is not taken over.
	planted := []*http.Cookie{{Name: "__Host-bailiwick", Value: strings.Repeat("A", 43)}}
	if fresh := h.enter(t, planted...); fresh[0].Value == planted[0].Value {
		t.Error("a planted secret is a session's")
	}
	if answer := serveOne(handler, page(http.MethodDelete, "", again, "Sec-Fetch-Site", "same-origin", "Origin", "https://example.org")); answer.StatusCode != http.StatusNoContent || !forgotten(answer) {
		t.Errorf("signing out: %d, %v", answer.StatusCode, answer.Header)
	}
	if answer := serveOne(handler, page(http.MethodGet, "", again)); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", answer.StatusCode)
	}
	if answer := serveOne(handler, page(http.MethodDelete, "", nil)); answer.StatusCode != http.StatusNoContent {
		t.Errorf("signing out as nobody: %d", answer.StatusCode)
	}
	if strings.Contains(h.log.String(), again[0].Value) || strings.Contains(h.log.String(), "canary") {
		t.Error("a secret is in the log")
	}
}

// What is refused sets no cookie and ends no session.
func TestSessionHandlerRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	handler := transport.SessionHandler(h.Services)
	again := h.enter(t)
	for name, c := range map[string]struct {
		r      *http.Request
		status int
		code   string
	}{
		"wrong":        {page(http.MethodPost, `{"username":"ann","password":"wrong, wrong, wrong"}`, nil), 401, "unauthenticated"},
		"unknown":      {page(http.MethodPost, `{"username":"nobody","password":"wrong, wrong, wrong"}`, nil), 401, "unauthenticated"},
		"disabled":     {page(http.MethodPost, `{"username":"gone","password":"`+secret+`"}`, nil), 401, "unauthenticated"},
		"malformed":    {page(http.MethodPost, `{"username":"ann"`, nil), 400, "invalid"},
		"more":         {page(http.MethodPost, `{"username":"ann","password":"x","admin":true}`, nil), 400, "invalid"},
		"method":       {page(http.MethodPut, "", nil), 405, "method_not_allowed"},
		"guest":        {page(http.MethodGet, "", nil), 401, "unauthenticated"},
		"no header":    {page(http.MethodPost, credentials, nil, "X-Requested-With", ""), 403, "cross_origin"},
		"other header": {page(http.MethodPost, credentials, nil, "X-Requested-With", "XMLHttpRequest"), 403, "cross_origin"},
		"other site":   {page(http.MethodPost, credentials, nil, "Sec-Fetch-Site", "cross-site"), 403, "cross_origin"},
		"sister":       {page(http.MethodPost, credentials, nil, "Sec-Fetch-Site", "same-site"), 403, "cross_origin"},
		"other origin": {page(http.MethodDelete, "", again, "Origin", "https://evil.example"), 403, "cross_origin"},
	} {
		answer := serveOne(handler, c.r)
		var body struct {
			Code string `json:"code"`
		}
		if err := json.NewDecoder(answer.Body).Decode(&body); err != nil || answer.StatusCode != c.status || body.Code != c.code {
			t.Errorf("%s: %d %s, %v; want %d %s", name, answer.StatusCode, body.Code, err, c.status, c.code)
		}
		for _, cookie := range answer.Cookies() {
			t.Errorf("%s: sets %v", name, cookie)
		}
	}
	if answer := serveOne(handler, page(http.MethodGet, "", again)); answer.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d", answer.StatusCode)
	}
}

// forgotten reports whether an answer has the browser forget the session.
func forgotten(answer *http.Response) bool {
	list := answer.Cookies()
	return len(list) == 1 && list[0].Name == "__Host-bailiwick" && list[0].MaxAge < 0 && list[0].Value == "" && list[0].Secure
}

// A session is as good as a password, for who it is of, on our own pages.
func TestSessionRecognition(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	ann := h.users["ann"]
	cookies := h.enter(t)
	list, err := h.SignIn.Sessions(t.Context(), workspace.Command("test"), ann.ID)
	if err != nil || len(list) != 1 || list[0].Client != "Firefox" || list[0].Address != "192.0.2.1" {
		t.Fatalf("Sessions = %+v, %v", list, err)
	}
	want := workspace.Actor{Principal: ann.Num, User: ann.ID, Name: "ann", Via: "session", Address: "192.0.2.1", Credential: string(list[0].ID)}
	guest := workspace.Guest("192.0.2.1")
	stale := []*http.Cookie{{Name: "__Host-bailiwick", Value: strings.Repeat("A", 43)}}
	for name, c := range map[string]struct {
		r      *http.Request
		status int
		want   workspace.Actor
	}{
		"reading":             {page(http.MethodGet, "", cookies, "X-Requested-With", ""), 200, want},
		"reading for another": {page(http.MethodGet, "", cookies, "X-Requested-With", "", "Sec-Fetch-Site", "cross-site"), 200, want},
		"writing":             {page(http.MethodPost, "", cookies), 200, want},
		"patching":            {page(http.MethodPatch, "", cookies, "Sec-Fetch-Site", "same-origin"), 200, want},
		"without header":      {page(http.MethodPost, "", cookies, "X-Requested-With", ""), 403, workspace.Actor{}},
		"a form of another":   {page(http.MethodPost, "", cookies, "X-Requested-With", "", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"), 403, workspace.Actor{}},
		"a script of another": {page(http.MethodDelete, "", cookies, "Sec-Fetch-Site", "cross-site"), 403, workspace.Actor{}},
		"an old browser's":    {page(http.MethodPut, "", cookies, "Origin", "https://evil.example"), 403, workspace.Actor{}},
		"a sister's":          {page(http.MethodPost, "", cookies, "Sec-Fetch-Site", "same-site"), 403, workspace.Actor{}},
		"stale":               {page(http.MethodGet, "", stale), 401, workspace.Actor{}},
		"two":                 {page(http.MethodGet, "", append(cookies, stale...)), 200, guest},
		"another name":        {page(http.MethodGet, "", []*http.Cookie{{Name: "bailiwick", Value: cookies[0].Value}}), 200, guest},
		"a password as well":  {page(http.MethodGet, "", stale, "Authorization", basic("ann:"+secret)), 200, workspace.Actor{Principal: ann.Num, User: ann.ID, Name: "ann", Via: "basic", Address: "192.0.2.1"}},
		"a wrong one as well": {page(http.MethodGet, "", cookies, "Authorization", basic("ann:wrong, wrong, wrong")), 401, workspace.Actor{}},
		"guest":               {page(http.MethodPost, "", nil, "X-Requested-With", ""), 200, guest},
		"a secret as token":   {page(http.MethodGet, "", nil, "Authorization", "Bearer "+cookies[0].Value), 401, workspace.Actor{}},
	} {
		var got workspace.Actor
		w := handle(h.Services, c.r, func(w http.ResponseWriter, r *http.Request) { got = transport.Actor(r.Context()); fine(w, r) })
		if w.Code != c.status || got != c.want {
			t.Errorf("%s: %d, %+v; want %d, %+v", name, w.Code, got, c.status, c.want)
		}
		if set := w.Result().Cookies(); (len(set) == 1 && forgotten(w.Result())) != (name == "stale") {
			t.Errorf("%s: sets %v", name, set)
		}
	}
	if err := h.SignIn.Kick(t.Context(), workspace.Command("test"), ann.ID); err != nil {
		t.Fatal(err)
	}
	if w := handle(h.Services, page(http.MethodGet, "", cookies), fine); w.Code != 401 {
		t.Errorf("after a kick: %d", w.Code)
	}
}

// Without TLS, on this machine alone, the cookie has another name.
func TestInsecureCookies(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *transport.Services) { s.InsecureCookies = true })
	answer := serveOne(transport.SessionHandler(h.Services), page(http.MethodPost, credentials, nil))
	cookies := answer.Cookies()
	if line := answer.Header.Get("Set-Cookie"); len(cookies) != 1 || line != "bailiwick="+cookies[0].Value+"; Path=/; HttpOnly; SameSite=Lax" {
		t.Fatalf("%q", line)
	}
	for name, via := range map[string]string{"bailiwick": "session", "__Host-bailiwick": ""} {
		var got workspace.Actor
		handle(h.Services, page(http.MethodGet, "", []*http.Cookie{{Name: name, Value: cookies[0].Value}}), func(_ http.ResponseWriter, r *http.Request) { got = transport.Actor(r.Context()) })
		if got.Via != via {
			t.Errorf("%s is recognised by %q, want %q", name, got.Via, via)
		}
	}
}

// Whoever has to wait is told how long, whichever way he comes.
func TestTooManyTries(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	cookies := h.enter(t)
	h.SignIn = signin.New(h.db.SignIn(), rbac.New(h.db.Rules(), workspace.Schema(), nil), h.db.Trail(), nil) // forgets who was right
	for i := range 3 {
		if w := handle(h.Services, get("/", "Authorization", basic("ann:wrong, wrong, "+strings.Repeat("g", i+9))), fine); w.Code != 401 {
			t.Fatalf("guess %d: %d", i, w.Code)
		}
	}
	err := h.db.Tx(t.Context(), func(ctx context.Context) error {
		// A clock that goes on while the test runs must not end the wait.
		for _, subject := range subjects(t, h) {
			if err := h.db.SignIn().DelayTry(ctx, subject, time.Now().Add(30*time.Minute)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	form := func(text string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(text))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	}
	w := handle(h.Services, get("/", "Authorization", basic("ann:"+secret)), fine)
	answers := map[string]*http.Response{
		"basic":   w.Result(),
		"token":   serveOne(transport.TokenHandler(h.Services), form("grant_type=password&username=ann&password=canary:+pass+word+%C3%A9")),
		"session": serveOne(transport.SessionHandler(h.Services), page(http.MethodPost, credentials, nil)),
	}
	for way, answer := range answers {
		if retry := answer.Header.Get("Retry-After"); answer.StatusCode != http.StatusTooManyRequests || retry != "1800" && retry != "1799" && retry != "1798" {
			t.Errorf("%s: %d, Retry-After %q; want 429 and half an hour", way, answer.StatusCode, retry)
		}
	}
	if w := handle(h.Services, page(http.MethodGet, "", cookies), fine); w.Code != 200 {
		t.Errorf("with the session that she has: %d", w.Code)
	}
}

// subjects returns what tries are counted of.
func subjects(t *testing.T, h *house) (list []string) {
	t.Helper()
	var dump strings.Builder
	if _, err := h.db.Fingerprint(t.Context(), &dump); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(dump.String()) {
		if strings.HasPrefix(line, "tries ") {
			_, rest, _ := strings.Cut(line, `subject="`)
			subject, _, _ := strings.Cut(rest, `"`)
			list = append(list, subject)
		}
	}
	return list
}

// letters are what was sent.
type letters []mail.Message

func (l *letters) Enqueue(_ context.Context, m mail.Message) error {
	*l = append(*l, m)
	return nil
}

func TestResetHandler(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	handler := transport.ResetHandler(h.Services)
	ask := func(method, body string) int {
		t.Helper()
		return serveOne(handler, httptest.NewRequest(method, "/x", strings.NewReader(body))).StatusCode
	}
	// Without mail the answer is the same, and the log tells.
	if status := ask(http.MethodPost, `{"name":"ann"}`); status != 202 || !strings.Contains(h.log.String(), signin.ErrNoMail.Error()) {
		t.Errorf("without mail: %d, %s", status, h.log)
	}
	var sent letters
	h.SignIn = signin.New(h.db.SignIn(), rbac.New(h.db.Rules(), workspace.Schema(), nil), h.db.Trail(), &signin.Options{
		Mail: &sent, ResetURL: "https://example.org/{token}", ResetTime: -1,
	})
	for _, name := range []string{"nobody", "gone", "ANN@example.org"} {
		if status := ask(http.MethodPost, `{"name":"`+name+`"}`); status != 202 {
			t.Errorf("%s: %d, want 202", name, status)
		}
	}
	if len(sent) != 1 {
		t.Fatalf("%d were sent, want one", len(sent))
	}
	token := strings.TrimPrefix(sent[0].Data["link"], "https://example.org/")
	for body, status := range map[string]int{
		`{"token":"` + token + `","password":"short"}`: 400, `{"token":"x","password":"a new one that is long"}`: 400, `{`: 400, `{"tokens":1}`: 400,
	} {
		if got := ask(http.MethodPut, body); got != status {
			t.Errorf("%s: %d, want %d", body, got, status)
		}
	}
	if got := ask(http.MethodGet, ""); got != 405 {
		t.Errorf("GET: %d", got)
	}
	if got := ask(http.MethodPut, `{"token":"`+token+`","password":"a new one that is long"}`); got != 204 {
		t.Errorf("resetting: %d", got)
	}
	if _, err := h.SignIn.Password(t.Context(), "ann", "a new one that is long", ""); err != nil {
		t.Error(err)
	}
	if strings.Contains(h.log.String(), token) || strings.Contains(h.log.String(), "a new one") {
		t.Error("a secret is in the log")
	}
}
