package oidc_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/transport/oidc"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const api = "https://api.example.org"

func (w *world) bearer(token string) shown {
	w.Helper()
	return w.browser().get("/x", "Authorization", "Bearer "+token)
}

func (w *world) wantBearer(what, token string, status int, text string) {
	w.Helper()
	if p := w.bearer(token); p.status != status || !strings.Contains(p.text, text) {
		w.Errorf("%s: %d %s; want %d %s", what, p.status, p.text, status, text)
	}
}

func TestBearer(t *testing.T) {
	t.Parallel()
	w, f := forgedWorld(t, nil)
	u := w.linked("ann", f.srv.URL, "ann-there")
	right := f.signed(f.good("ann-there", api))
	w.wantBearer("what is right", right, 200, `ann by "oidc"`)
	w.wantBearer("one of two audiences", f.signed(func() map[string]any {
		c := f.good("ann-there", "x")
		c["aud"] = []string{"other", api}
		return c
	}()), 200, "ann")
	w.wantBearer("nobody's", f.signed(f.good("nobody", api)), 401, "unknown_identity")
	now := time.Now()
	for what, change := range map[string]func(map[string]any){
		"for a client":      func(c map[string]any) { c["aud"] = clientID },
		"for another":       func(c map[string]any) { c["aud"] = "https://api.example.org/" },
		"for nobody":        func(c map[string]any) { delete(c, "aud") },
		"another issuer":    func(c map[string]any) { c["iss"] = "https://other.example.org" },
		"issuer with slash": func(c map[string]any) { c["iss"] = f.srv.URL + "/" },
		"no issuer":         func(c map[string]any) { delete(c, "iss") },
		"odd issuer":        func(c map[string]any) { c["iss"] = 7 },
		"expired":           func(c map[string]any) { c["exp"] = now.Add(-time.Second).Unix() },
		"without end":       func(c map[string]any) { delete(c, "exp") },
		"not yet":           func(c map[string]any) { c["nbf"] = now.Add(time.Hour).Unix() },
		"nobody":            func(c map[string]any) { delete(c, "sub") },
	} {
		claims := f.good("ann-there", api)
		change(claims)
		w.wantBearer(what, f.signed(claims), 401, "unauthenticated")
	}
	for what, sign := range f.wrong() {
		if token := sign(f.good("ann-there", api)); token != "" {
			w.wantBearer(what, token, 401, "unauthenticated")
		}
	}
	for _, token := range []string{"..", "a..b", "...", right + ".", right + ".x.y", right[:len(right)-4], strings.Repeat("A", 43)} {
		w.wantBearer(token, token, 401, "unauthenticated")
	}
	// In two minutes it is over by our own clock.
	w.turned.Store(int64(time.Hour + time.Second))
	w.wantBearer("later", right, 401, "unauthenticated")
	w.turned.Store(0)

	// Keys rotate: the new one is found, the old one goes.
	next := rsaKey(t, "two")
	f.bend(func() { f.published = append(f.published, next) })
	claims := f.good("ann-there", api)
	w.wantBearer("the next key", signedWith(t, jose.RS256, next, claims), 200, "ann")
	f.bend(func() { f.published = []jose.JSONWebKey{next} })
	w.wantBearer("an unknown key has them looked at", signedWith(t, jose.RS256, rsaKey(t, "three"), claims), 401, "unauthenticated")
	w.wantBearer("the key of before", right, 401, "unauthenticated")
	w.wantBearer("the next key", signedWith(t, jose.RS256, next, claims), 200, "ann")

	// Whatever happens to the user happens at once.
	token := signedWith(t, jose.RS256, next, claims)
	disable := func(yes bool) {
		t.Helper()
		if _, err := w.people.UpdateUser(t.Context(), workspace.Command("x"), u.ID, func(u *workspace.User) error { u.Disabled = yes; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	disable(true)
	w.wantBearer("disabled", token, 401, "unauthenticated")
	disable(false)
	w.wantBearer("enabled", token, 200, "ann")
	if err := w.SignIn.Unlink(t.Context(), workspace.Command("x"), w.identity(u).ID); err != nil {
		t.Fatal(err)
	}
	w.wantBearer("unlinked", token, 401, "unknown_identity")
}

// A provider without audiences signs people in and no requests.
func TestNoAudience(t *testing.T) {
	t.Parallel()
	w, f := forgedWorld(t, func(p *oidc.Provider) { p.Audiences = nil })
	w.linked("ann", f.srv.URL, "ann-there")
	for _, audience := range []string{clientID, "", api} {
		w.wantBearer(audience, f.signed(f.good("ann-there", audience)), 401, "unauthenticated")
	}
	if n := f.count("/.well-known/openid-configuration"); n != 0 {
		t.Errorf("it was asked %d times for nothing", n)
	}
}

// Each provider speaks for itself alone.
func TestTwoProviders(t *testing.T) {
	t.Parallel()
	one, two := newForge(t), newForge(t)
	w := newWorld(t, dbtest.New(t), oidc.PartyOptions{KeysEvery: time.Nanosecond}, func(string) []oidc.Provider {
		return []oidc.Provider{one.provider(nil), two.provider(func(p *oidc.Provider) { p.Name, p.Audiences = "two", []string{"two"} })}
	})
	w.linked("ann", one.srv.URL, "1")
	w.linked("bob", two.srv.URL, "1")
	w.wantBearer("of one", one.signed(one.good("1", api)), 200, "ann by")
	w.wantBearer("of two", two.signed(two.good("1", "two")), 200, "bob by")
	w.wantBearer("of one, for two", one.signed(one.good("1", "two")), 401, "unauthenticated")
	w.wantBearer("of two, for one", two.signed(two.good("1", api)), 401, "unauthenticated")
	w.wantBearer("two as one", two.signed(one.good("1", api)), 401, "unauthenticated")
}

// A provider that is away keeps nothing from starting, and is asked again.
func TestAway(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	broken := func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, "canary-in-a-page")
		return true
	}
	f.bend(func() { f.serve = broken })
	w := newWorld(t, dbtest.New(t), oidc.PartyOptions{Retry: time.Minute, KeysEvery: time.Nanosecond, Timeout: 500 * time.Millisecond}, func(string) []oidc.Provider {
		return []oidc.Provider{f.provider(nil)}
	})
	w.linked("ann", f.srv.URL, "ann-there")
	b := w.browser()
	token := f.signed(f.good("ann-there", api))
	for range 5 {
		p := b.get(startAt)
		b.wantRefusal("away", p, 503, "unavailable")
		if p.header.Get("Retry-After") == "" {
			t.Error("it does not say when to try again")
		}
		w.wantBearer("away", token, 503, "unavailable")
	}
	const discovery = "/.well-known/openid-configuration"
	if n := f.count(discovery); n != 1 {
		t.Errorf("it was asked %d times within a minute", n)
	}
	f.bend(func() {})
	b.wantRefusal("within a minute", b.get(startAt), 503, "unavailable")
	w.turned.Add(int64(time.Minute))
	if p := b.get(startAt); p.status != http.StatusSeeOther {
		t.Errorf("back again: %d %s", p.status, p.text)
	}
	b.get(startAt)
	if n := f.count(discovery); n != 2 {
		t.Errorf("it was asked %d times in all", n)
	}

	// It has keys that cannot be had: not the fault of who comes.
	slow := make(chan struct{})
	defer close(slow)
	for what, serve := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"broken":  broken,
		"garbage": func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, "<html>canary"); return true },
		"moved": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
			return true
		},
		"endless": func(w http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprint(w, `{"keys":[]`, strings.Repeat(" ", 2<<20), `}`)
			return true
		},
		"slow": func(_ http.ResponseWriter, r *http.Request) bool {
			select {
			case <-slow:
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
			return true
		},
	} {
		f.bend(func() {
			f.serve = func(w http.ResponseWriter, r *http.Request) bool { return r.URL.Path == "/keys" && serve(w, r) }
		})
		w.wantBearer("keys are "+what, token, 503, "unavailable")
		b := w.browser()
		b.wantRefusal("keys are "+what, b.get(b.follow(b.get(startAt))), 503, "unavailable")
	}
	f.bend(func() {
		f.serve = func(w http.ResponseWriter, r *http.Request) bool { return r.URL.Path == "/token" && broken(w, r) }
	})
	b.wantRefusal("no tokens", b.get(b.follow(b.get(startAt))), 503, "unavailable")
	// A code, and our secret with it, goes to nobody else.
	f.bend(func() {
		f.serve = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/token" {
				http.Redirect(w, r, "/token-elsewhere", http.StatusTemporaryRedirect)
			}
			return r.URL.Path == "/token"
		}
	})
	b.wantRefusal("tokens elsewhere", b.get(b.follow(b.get(startAt))), 503, "unavailable")
	if n := f.count("/token-elsewhere"); n != 0 {
		t.Errorf("it was sent elsewhere %d times", n)
	}
	f.bend(func() {})
	w.wantBearer("all is well", token, 200, "ann")
	if strings.Contains(w.log.String(), "canary-in") {
		t.Errorf("what it answered is in the log:\n%s", w.log)
	}
}

// An operator's mistake is not who signs in's.
func TestWrongSecret(t *testing.T) {
	t.Parallel()
	w, _ := forgedWorld(t, func(p *oidc.Provider) { p.ClientSecret = "another" })
	b := w.browser()
	b.wantRefusal("our secret is wrong", b.get(b.follow(b.get(startAt))), 503, "unavailable")
}

// Whoever sends tokens that no key fits has the provider asked no more often.
func TestKeysAreAskedForSparsely(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	w := newWorld(t, dbtest.New(t), oidc.PartyOptions{KeysEvery: time.Minute}, func(string) []oidc.Provider {
		return []oidc.Provider{f.provider(nil)}
	})
	w.linked("ann", f.srv.URL, "ann-there")
	wrong, right := signedWith(t, jose.RS256, rsaKey(t, "odd"), f.good("ann-there", api)), f.signed(f.good("ann-there", api))
	flood := func() {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 25 {
					w.wantBearer("wrong", wrong, 401, "unauthenticated")
				}
			})
		}
		all.Wait()
		w.wantBearer("right", right, 200, "ann")
	}
	flood()
	if n := f.count("/keys"); n != 1 {
		t.Errorf("the keys were asked for %d times", n)
	}
	w.turned.Add(int64(time.Minute))
	flood()
	if n := f.count("/keys"); n != 2 {
		t.Errorf("the keys were asked for %d times after a minute", n)
	}
}

// A provider that says it is another, or is not reached over TLS, is none.
func TestOddProviders(t *testing.T) {
	t.Parallel()
	for what, more := range map[string]map[string]any{
		"another issuer": {"issuer": "https://other.example.org"},
		"open tokens":    {"token_endpoint": "http://other.example.org/token"},
		"open keys":      {"jwks_uri": "http://other.example.org/keys"},
		"no keys":        {"jwks_uri": ""},
		"open question":  {"authorization_endpoint": "javascript:alert(1)"},
		"open people":    {"userinfo_endpoint": "http://other.example.org/people"},
	} {
		w, f := forgedWorld(t, nil)
		f.more = more
		b := w.browser()
		b.wantRefusal(what, b.get(startAt), 503, "unavailable")
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	good := oidc.Provider{Name: "a-1", Issuer: "https://id.example.org/realms/x", ClientID: "c"}
	for what, change := range map[string]func(*oidc.Provider){
		"name: empty":      func(p *oidc.Provider) { p.Name = "" },
		"name: odd":        func(p *oidc.Provider) { p.Name = "a/b" },
		"name: long":       func(p *oidc.Provider) { p.Name = strings.Repeat("a", 33) },
		"issuer: empty":    func(p *oidc.Provider) { p.Issuer = "" },
		"issuer: open":     func(p *oidc.Provider) { p.Issuer = "http://id.example.org" },
		"issuer: query":    func(p *oidc.Provider) { p.Issuer += "?x" },
		"issuer: user":     func(p *oidc.Provider) { p.Issuer = "https://a:b@id.example.org" },
		"issuer: relative": func(p *oidc.Provider) { p.Issuer = "id.example.org" },
		"client_id: empty": func(p *oidc.Provider) { p.ClientID = "" },
		"audiences: empty": func(p *oidc.Provider) { p.Audiences = []string{""} },
		"algorithms: none": func(p *oidc.Provider) { p.Algorithms = []string{"none"} },
		"algorithms: mac":  func(p *oidc.Provider) { p.Algorithms = []string{"RS256", "HS256"} },
	} {
		p := good
		change(&p)
		_, err := oidc.New([]oidc.Provider{p}, nil)
		field, _, _ := strings.Cut(what, ":")
		if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Field != field {
			t.Errorf("%s: %v", what, err)
		}
	}
	local, second := good, good
	local.Issuer, local.Name, local.Algorithms = "http://[::1]:8080", "b", []string{"ES256", "EdDSA"}
	if _, err := oidc.New([]oidc.Provider{good, local}, nil); err != nil {
		t.Error(err)
	}
	second.Name = "c"
	for _, other := range []oidc.Provider{good, second} {
		if _, err := oidc.New([]oidc.Provider{good, other}, nil); !errors.Is(err, workspace.ErrInvalid) {
			t.Errorf("twice = %v, want an InvalidError", err)
		}
	}
}

// Without anybody to ask, what looks like a token is no secret of ours either.
func TestWithoutParty(t *testing.T) {
	t.Parallel()
	w, f := forgedWorld(t, nil)
	w.linked("ann", f.srv.URL, "ann-there")
	token := f.signed(f.good("ann-there", api))
	w.External = nil
	w.wantBearer("nobody is asked", token, 401, "unauthenticated")
}
