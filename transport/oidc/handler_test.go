package oidc_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/transport/oidc"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

func split(token string) []string { return strings.Split(token, ".") }

const startAt = "/oidc/forge/start"

// An ID token that is not exactly right signs nobody in.
func TestIDTokens(t *testing.T) {
	t.Parallel()
	w, f := forgedWorld(t, nil)
	w.linked("ann", f.srv.URL, "ann-there")
	b := w.browser()
	if p := b.get(b.follow(b.get(startAt))); p.status != http.StatusSeeOther {
		t.Fatalf("what is right: %d %s", p.status, p.text)
	}
	b.wantWho("ann")
	now := time.Now()
	for name, claims := range map[string]func(map[string]any){
		"nonce of another":   func(c map[string]any) { c["nonce"] = "another" },
		"no nonce":           func(c map[string]any) { delete(c, "nonce") },
		"another issuer":     func(c map[string]any) { c["iss"] = "https://other.example.org" },
		"issuer with slash":  func(c map[string]any) { c["iss"] = f.srv.URL + "/" },
		"no issuer":          func(c map[string]any) { delete(c, "iss") },
		"another audience":   func(c map[string]any) { c["aud"] = "another" },
		"no audience":        func(c map[string]any) { delete(c, "aud") },
		"two, without party": func(c map[string]any) { c["aud"] = []string{clientID, "another"} },
		"two, party another": func(c map[string]any) { c["aud"], c["azp"] = []string{clientID, "another"}, "another" },
		"one, party another": func(c map[string]any) { c["azp"] = "another" },
		"expired":            func(c map[string]any) { c["exp"] = now.Add(-time.Second).Unix() },
		"without end":        func(c map[string]any) { delete(c, "exp") },
		"not yet":            func(c map[string]any) { c["nbf"] = now.Add(time.Hour).Unix() },
		"nobody":             func(c map[string]any) { delete(c, "sub") },
		"empty subject":      func(c map[string]any) { c["sub"] = "" },
		"another token":      func(c map[string]any) { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" },
	} {
		f.bend(func() { f.claims = claims })
		b := w.browser()
		b.wantRefusal(name, b.get(b.follow(b.get(startAt))), 401, "unauthenticated")
	}
	for name, sign := range f.wrong() {
		f.bend(func() { f.sign = sign })
		b := w.browser()
		b.wantRefusal(name, b.get(b.follow(b.get(startAt))), 401, "unauthenticated")
	}
	f.bend(func() {
		f.claims = func(c map[string]any) { c["aud"], c["azp"] = []string{clientID, "another"}, clientID }
	})
	b = w.browser()
	if p := b.get(b.follow(b.get(startAt))); p.status != http.StatusSeeOther {
		t.Errorf("two audiences and we are meant: %d %s", p.status, p.text)
	}
	// An address, verified or not, and a name are nobody.
	f.bend(func() {
		f.claims = func(c map[string]any) {
			c["sub"], c["email"], c["email_verified"], c["preferred_username"] = "eve-there", "ann@example.org", true, "ann"
		}
	})
	b = w.browser()
	b.wantRefusal("her address", b.get(b.follow(b.get(startAt))), 401, "unknown_identity")
	if log := w.log.String(); strings.Contains(log, "canary") || !strings.Contains(log, "answers another question") {
		t.Errorf("the log tells a secret, or nothing:\n%s", log)
	}
}

// What comes back is taken from the browser that asked, once, and soon.
func TestState(t *testing.T) {
	t.Parallel()
	other := newForge(t)
	f := newForge(t)
	w := newWorld(t, dbtest.New(t), oidc.PartyOptions{}, func(string) []oidc.Provider {
		return []oidc.Provider{f.provider(nil), other.provider(func(p *oidc.Provider) { p.Name = "other" })}
	})
	w.linked("ann", f.srv.URL, "ann-there")
	refused := func(what string, b *browser, at string) {
		t.Helper()
		b.wantRefusal(what, b.get(at), 400, "invalid")
		b.wantWho("guest")
	}
	// The answer to somebody else's question: this is how a browser would be signed
	// in as its attacker.
	eve, ann := w.browser(), w.browser()
	theirs := eve.follow(eve.get(startAt))
	refused("no question", ann, theirs)
	ann.get(startAt)
	refused("another's question", ann, theirs)

	b := w.browser()
	back := b.follow(b.get(startAt))
	at, _ := url.Parse(back)
	for what, change := range map[string]func(url.Values){
		"another state": func(q url.Values) { q.Set("state", strings.Repeat("A", 43)) },
		"no state":      func(q url.Values) { q.Del("state") },
		"empty state":   func(q url.Values) { q.Set("state", "") },
		"two states":    func(q url.Values) { q.Add("state", "x") },
	} {
		q := at.Query()
		change(q)
		refused(what, b, at.Scheme+"://"+at.Host+at.Path+"?"+q.Encode())
	}
	refused("at another provider", b, strings.Replace(back, "/forge/", "/other/", 1))
	whole := *b.cookie()
	changed := []byte(whole.Value)
	if last := &changed[len(changed)-1]; *last == 'A' {
		*last = 'B'
	} else {
		*last = 'A'
	}
	for what, value := range map[string]string{
		"changed": string(changed), "cut": whole.Value[:20], "none": "x", "empty": "",
	} {
		b.setCookie(&http.Cookie{Name: whole.Name, Value: value})
		refused("a cookie that is "+what, b, back)
	}
	// Nobody reads in it, and nobody makes one.
	inside, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(whole.Value, "v1."))
	if err != nil || bytes.Contains(inside, []byte("state")) || bytes.Contains(inside, []byte(at.Query().Get("state"))) {
		t.Errorf("the cookie can be read: %q, %v", inside, err)
	}
	made, err := json.Marshal(map[string]any{
		"provider": "forge", "state": at.Query().Get("state"), "nonce": "n", "verifier": "v", "return": "https://evil.example", "expires": time.Now().Add(time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{string(made), base64.RawURLEncoding.EncodeToString(made), "v1." + base64.RawURLEncoding.EncodeToString(made)} {
		b.setCookie(&http.Cookie{Name: whole.Name, Value: value})
		refused("a cookie of his own making", b, back)
	}
	b.setCookie(&whole)
	// A second cookie by the name was planted.
	double := w.browser()
	refusedTwice := double.get(back, "Cookie", whole.Name+"="+whole.Value+"; "+whole.Name+"=x")
	double.wantRefusal("two cookies", refusedTwice, 400, "invalid")
	if p := b.get(back); p.status != http.StatusSeeOther {
		t.Fatalf("what is right, after all: %d %s", p.status, p.text)
	}
	b.wantWho("ann")
	// Again, by whoever kept the cookie; this provider would give tokens twice.
	thief := w.browser()
	thief.setCookie(&whole)
	refused("replayed", thief, back)

	late := w.browser()
	back = late.follow(late.get(startAt))
	w.turned.Store(int64(10*time.Minute - time.Second))
	kept := *late.cookie()
	w.turned.Store(int64(10 * time.Minute))
	late.setCookie(&kept)
	refused("too late", late, back)
	w.turned.Store(0)

	for what, c := range map[string]struct {
		bend   func(url.Values)
		status int
		code   string
	}{
		"an error":         {func(q url.Values) { q.Set("error", "access_denied"); q.Del("code") }, 401, "unauthenticated"},
		"another provider": {func(q url.Values) { q.Set("iss", other.srv.URL) }, 401, "unauthenticated"},
		"no code":          {func(q url.Values) { q.Del("code") }, 400, "invalid"},
		"two codes":        {func(q url.Values) { q.Add("code", "x") }, 400, "invalid"},
		"another code":     {func(q url.Values) { q.Set("code", "canary-code-of-nobody") }, 401, "unauthenticated"},
	} {
		f.bend(func() { f.callback = c.bend })
		b := w.browser()
		b.wantRefusal(what, b.get(b.follow(b.get(startAt))), c.status, c.code)
		b.wantWho("guest")
	}
	f.bend(func() { f.callback = func(q url.Values) { q.Set("iss", f.srv.URL) } })
	b = w.browser()
	if p := b.get(b.follow(b.get(startAt))); p.status != http.StatusSeeOther {
		t.Errorf("it names itself: %d %s", p.status, p.text)
	}
	if strings.Contains(w.log.String(), "canary") {
		t.Errorf("a secret is in the log:\n%s", w.log)
	}
}

// A provider that says that it names itself has to.
func TestNamelessAnswers(t *testing.T) {
	t.Parallel()
	w, f := forgedWorld(t, nil)
	f.more = map[string]any{"authorization_response_iss_parameter_supported": true}
	w.linked("ann", f.srv.URL, "ann-there")
	b := w.browser()
	b.wantRefusal("without a name", b.get(b.follow(b.get(startAt))), 401, "unauthenticated")
}

// Of twenty answers at once one is taken.
func TestAnswersAtOnce(t *testing.T) {
	t.Parallel()
	w, f := forgedWorld(t, nil)
	w.linked("ann", f.srv.URL, "ann-there")
	b := w.browser()
	back := b.follow(b.get(startAt))
	cookie := b.cookie()
	var all sync.WaitGroup
	answers := make(chan int, 20)
	for range 20 {
		all.Go(func() {
			other := w.browser()
			other.setCookie(cookie)
			answers <- other.get(back).status
		})
	}
	all.Wait()
	close(answers)
	count := map[int]int{}
	for status := range answers {
		count[status]++
	}
	if count[303] != 1 || count[400] != 19 {
		t.Errorf("the answers are %v", count)
	}
}

func TestReturn(t *testing.T) {
	t.Parallel()
	w, _ := forgedWorld(t, nil)
	b := w.browser()
	for _, path := range []string{
		"", "x", "//evil.example", "///evil.example", `/\evil.example`, `\/evil.example`, "https://evil.example", "javascript:alert(1)",
		"/\t/evil.example", "/\n/evil.example", "/\r\nSet-Cookie:x", " /x", "/x y", "/\u2028", "/é", "/%zz", "/" + strings.Repeat("x", 1024), "?x", "#x", "/\x00",
	} {
		b.wantRefusal(fmt.Sprintf("%q", path), b.get(startAt+"?return="+url.QueryEscape(path)), 400, "invalid")
	}
	for _, path := range []string{"/", "/x", "/a/b?c=//d&e=https://f#g", "/%2F", "/a:b"} {
		if p := b.get(startAt + "?return=" + url.QueryEscape(path)); p.status != http.StatusSeeOther {
			t.Errorf("%q: %d %s", path, p.status, p.text)
		}
	}
}

// Nobody has another link what he signs in with.
func TestLinking(t *testing.T) {
	t.Parallel()
	w, _ := forgedWorld(t, nil)
	ann, bob := w.user("ann"), w.user("bob")
	const link = startAt + "?link=1"
	b := w.browser()
	b.enter("ann")
	for _, site := range []string{"cross-site", "same-site", "", "x"} {
		b.wantRefusal("from "+site, b.get(link, "Sec-Fetch-Site", site), 403, "cross_origin")
	}
	if list, _ := w.SignIn.Identities(t.Context(), workspace.Command("x"), ann.ID); len(list) != 0 {
		t.Errorf("linked: %+v", list)
	}
	guest := w.browser()
	guest.wantRefusal("a guest", guest.get(link, "Sec-Fetch-Site", "same-origin"), 401, "unauthenticated")

	// Who signed in meanwhile is not who asked.
	back := b.follow(b.get(link, "Sec-Fetch-Site", "same-origin"))
	b.enter("bob")
	b.wantRefusal("another session", b.get(back), 401, "unauthenticated")
	b.enter("ann")
	back = b.follow(b.get(link, "Sec-Fetch-Site", "none"))
	if p := b.get(back); p.status != http.StatusSeeOther {
		t.Fatalf("linking: %d %s", p.status, p.text)
	}
	b.wantWho("ann")
	if i := w.identity(ann); i.Subject != "ann-there" {
		t.Errorf("linked %+v", i)
	}
	other := w.browser()
	other.enter("bob")
	p := other.get(other.follow(other.get(link, "Sec-Fetch-Site", "same-origin")))
	other.wantRefusal("another's identity", p, 409, "taken")
	if !strings.Contains(p.text, "linked to another account") || strings.Contains(p.text, "ann") {
		t.Errorf("told %s", p.text)
	}
	// Signing in by it in a browser where somebody else is, is a change of people.
	if p := other.get(other.follow(other.get(startAt))); p.status != http.StatusSeeOther {
		t.Errorf("signing in: %d %s", p.status, p.text)
	}
	other.wantWho("ann")
	if list, err := w.SignIn.Sessions(t.Context(), workspace.Command("x"), bob.ID); err != nil || len(list) != 0 {
		t.Errorf("bob's sessions are %+v, %v; want none in a browser that is ann's now", list, err)
	}
}

// Beside pages where people sign in they are told there why they were not, and
// where they wanted to be; who links an identity is signed in and is told here.
func TestToldElsewhere(t *testing.T) {
	t.Parallel()
	w, f := forgedWorld(t, nil)
	ann := w.user("ann")
	b := w.browser()
	told := func(what string, p shown, want string) {
		t.Helper()
		if p.status != http.StatusSeeOther || p.to != w.front.URL+"/pages/signin?"+want {
			t.Errorf("%s: %d %s, want %s", what, p.status, p.to, want)
		}
	}
	const deep = startAt + "?return=" + "%2Fmaps%3Fa%3Db%26c"
	const back = "back=%2Fmaps%3Fa%3Db%26c&refused="
	answer := b.follow(b.get(deep))
	told("a stranger", b.get(answer, besidePages, "1"), back+"unknown")
	told("the same again", b.get(answer, besidePages, "1"), "refused=over")
	f.bend(func() {
		f.callback = func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }
	})
	told("who turned back", b.get(b.follow(b.get(deep)), besidePages, "1"), back+"refused")
	f.bend(func() {
		f.serve = func(rw http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/token" {
				rw.WriteHeader(http.StatusBadGateway)
			}
			return r.URL.Path == "/token"
		}
	})
	told("a provider that is away", b.get(b.follow(b.get(deep)), besidePages, "1"), back+"away")
	f.bend(func() {})
	b.wantRefusal("a return elsewhere", b.get(startAt+"?return=//evil.example", besidePages, "1"), 400, "invalid")
	b.wantWho("guest")

	b.enter("ann")
	link := b.follow(b.get(startAt+"?link=1", "Sec-Fetch-Site", "same-origin"))
	if err := w.SignIn.LinkFor(t.Context(), workspace.Command("x"), w.user("bob").ID, signin.Claims{Issuer: f.srv.URL, Subject: "ann-there"}); err != nil {
		t.Fatal(err)
	}
	b.wantRefusal("another's identity", b.get(link, besidePages, "1"), 409, "taken")
	if list, _ := w.SignIn.Identities(t.Context(), workspace.Command("x"), ann.ID); len(list) != 0 {
		t.Errorf("linked: %+v", list)
	}
}

// Every refusal is told in words.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for reason, text := range oidc.Refusals() {
		if reason == "" || !strings.HasSuffix(text, ".") {
			t.Errorf("%q: %q", reason, text)
		}
	}
}

// A disabled user is refused, and who comes with a session that has ended can sign
// in again.
func TestWhoMayEnter(t *testing.T) {
	t.Parallel()
	w, f := forgedWorld(t, nil)
	u := w.linked("ann", f.srv.URL, "ann-there")
	b := w.browser()
	b.enter("ann")
	if err := w.SignIn.Kick(t.Context(), workspace.Command("x"), u.ID); err != nil {
		t.Fatal(err)
	}
	if p := b.get(b.follow(b.get(startAt))); p.status != http.StatusSeeOther {
		t.Errorf("after a kick: %d %s", p.status, p.text)
	}
	b.wantWho("ann")
	if _, err := w.people.UpdateUser(t.Context(), workspace.Command("x"), u.ID, func(u *workspace.User) error { u.Disabled = true; return nil }); err != nil {
		t.Fatal(err)
	}
	b = w.browser()
	b.wantRefusal("disabled", b.get(b.follow(b.get(startAt))), 401, "unauthenticated")
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	w, _ := forgedWorld(t, nil)
	b := w.browser()
	b.wantRefusal("an unknown provider", b.get("/oidc/nobody/start"), 404, "not_found")
	b.wantRefusal("an unknown callback", b.get("/oidc/nobody/callback?state=x&code=y"), 404, "not_found")
	b.wantRefusal("nothing", b.get("/oidc/forge"), 404, "not_found")
	r, _ := http.NewRequest(http.MethodPost, w.front.URL+startAt, nil)
	p := b.do(r)
	b.wantRefusal("POST", p, 405, "method_not_allowed")
	if p.header.Get("Allow") != "GET" || p.header.Get("Content-Security-Policy") == "" {
		t.Errorf("headers %v", p.header)
	}
	// Anywhere, under either router, and without a party.
	party, err := oidc.New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := apikey.NewSealer(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, opts := range []*oidc.Options{nil, {}, {Party: party, URL: "https://example.org", Sealer: sealer}} {
		handler := oidc.Handler(w.Services, opts)
		gorilla := mux.NewRouter()
		gorilla.PathPrefix("/a/b/").Handler(http.StripPrefix("/a/b", handler))
		for prefix, under := range map[string]http.Handler{"": handler, "/a/b": gorilla, "/c": http.StripPrefix("/c", handler)} {
			for path, status := range map[string]int{"/": 200, "/x/start": 404} {
				rec := httptest.NewRecorder()
				under.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, prefix+path, nil))
				if rec.Code != status {
					t.Errorf("%s%s: %d, want %d", prefix, path, rec.Code, status)
				}
			}
		}
	}
}
