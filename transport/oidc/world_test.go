package oidc_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/logtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/oidc"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

const (
	password     = "correct horse: battery staple"
	clientID     = "bailiwick"
	clientSecret = "canary-client-secret"
)

// A world is a server with a handler for signing in, over TLS.
type world struct {
	*transport.Services
	*testing.T

	db     *storage.DB
	people *workspace.Service
	front  *httptest.Server
	log    *logtest.Journal
	turned atomic.Int64 // how far its clock is ahead
	issuer string       // the real provider, if there is one
}

// besidePages is a header that has a request be answered by a handler beside pages
// where people sign in.
const besidePages = "X-Beside-Pages"

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.turned.Load())) }

// newWorld serves on a database. The providers are told where it is.
func newWorld(t *testing.T, db *storage.DB, opts oidc.PartyOptions, providers func(front string) []oidc.Provider) *world {
	t.Helper()
	w := &world{T: t, db: db, log: &logtest.Journal{}}
	rights := rbac.New(db.Rules(), workspace.Schema(), nil)
	w.people = workspace.New(db.Workspaces(), rights, quota.New(db.Quotas(), nil), db.Trail(), nil)
	w.Services = &transport.Services{
		SignIn: signin.New(db.SignIn(), rights, db.Trail(), &signin.Options{Now: w.now, Accounts: w.people}),
		Log:    zerolog.New(w.log), Now: w.now,
	}
	var handler http.Handler
	w.front = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	t.Cleanup(w.front.Close)
	opts.Now = w.now
	party, err := oidc.New(providers(w.front.URL), &opts)
	if err != nil {
		t.Fatal(err)
	}
	w.External = party.External(w.SignIn)
	sealer, err := apikey.NewSealer(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	options := oidc.Options{Party: party, URL: w.front.URL + "/oidc", Sealer: sealer}
	alone := oidc.Handler(w.Services, &options)
	options.SignIn = "/pages/signin"
	beside := oidc.Handler(w.Services, &options)
	mux.Handle("/oidc/", http.StripPrefix("/oidc", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get(besidePages) != "" {
			beside.ServeHTTP(rw, r)
			return
		}
		alone.ServeHTTP(rw, r)
	})))
	mux.Handle("/session", transport.SessionHandler(w.Services))
	mux.Handle("/", w.Middleware(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		who := transport.Actor(r.Context())
		fmt.Fprintf(rw, "%s by %q at %s", who.Name, who.Via, r.URL.RequestURI())
	}), func(rw http.ResponseWriter, _ *http.Request, p transport.Problem) {
		transport.WriteJSON(rw, p.Status, map[string]string{"code": p.Code})
	}))
	handler = mux
	return w
}

// user makes a user with a password.
func (w *world) user(name string) workspace.User {
	w.Helper()
	u, err := w.people.CreateUser(w.Context(), workspace.Command("test"), workspace.User{Username: name, Email: name + "@example.org"})
	if err != nil {
		w.Fatal(err)
	}
	if err := w.SignIn.SetPassword(w.Context(), workspace.Command("test"), u.ID, password); err != nil {
		w.Fatal(err)
	}
	return u
}

func (w *world) linked(name, issuer, subject string) workspace.User {
	w.Helper()
	u := w.user(name)
	if err := w.SignIn.LinkFor(w.Context(), workspace.Command("test"), u.ID, signin.Claims{Issuer: issuer, Subject: subject}); err != nil {
		w.Fatal(err)
	}
	return u
}

func (w *world) identity(u workspace.User) signin.Identity {
	w.Helper()
	list, err := w.SignIn.Identities(w.Context(), workspace.Command("test"), u.ID)
	if err != nil || len(list) != 1 {
		w.Fatalf("identities %+v, %v; want one", list, err)
	}
	return list[0]
}

// A browser keeps cookies and follows no redirect by itself.
type browser struct {
	*world
	*http.Client

	there string // who uses it, at the provider
}

func (w *world) browser() *browser {
	jar, _ := cookiejar.New(nil)
	client := w.front.Client()
	return &browser{world: w, Client: &http.Client{Transport: client.Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// shown is what a browser is shown.
type shown struct {
	status int
	to     string // where it is sent on to
	text   string
	header http.Header
}

func (b *browser) do(r *http.Request) shown {
	b.Helper()
	answer, err := b.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.Fatal(err)
	}
	to := ""
	if at, err := answer.Location(); err == nil {
		to = at.String()
	}
	return shown{answer.StatusCode, to, string(text), answer.Header}
}

func (b *browser) get(address string, headers ...string) shown {
	b.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.front.URL + address
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(b.Context()), http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.do(r)
}

// follow goes from where it is sent on, until it is sent back to the callback,
// and returns the address of that.
func (b *browser) follow(p shown) string {
	b.Helper()
	for range 10 {
		if p.to == "" {
			b.Fatalf("it ends at %d %s", p.status, p.text)
		}
		if strings.HasPrefix(p.to, b.front.URL+"/oidc/") {
			return p.to
		}
		p = b.get(p.to)
		if strings.Contains(p.text, "password") { // the form of the real one
			p = b.fill(p)
		}
	}
	b.Fatal("it does not end")
	return ""
}

// enter signs in by password.
func (b *browser) enter(name string) {
	b.Helper()
	r, _ := http.NewRequestWithContext(context.WithoutCancel(b.Context()), http.MethodPost, b.front.URL+"/session",
		strings.NewReader(fmt.Sprintf(`{"username":%q,"password":%q}`, name, password)))
	r.Header.Set("X-Requested-With", "bailiwick")
	if p := b.do(r); p.status != http.StatusOK {
		b.Fatalf("signing in: %d %s", p.status, p.text)
	}
}

// wantWho wants somebody to be signed in.
func (b *browser) wantWho(want string) {
	b.Helper()
	p := b.get("/who")
	if want == "guest" {
		want = `guest by ""`
	} else {
		want += ` by "session"`
	}
	if !strings.HasPrefix(p.text, want+" ") {
		b.Errorf("signed in is %d %s, want %s", p.status, p.text, want)
	}
}

// wantRefusal wants a page for people and nobody signed in.
func (b *browser) wantRefusal(what string, p shown, status int, code string) {
	b.Helper()
	if p.status != status || !strings.Contains(p.text, "<small>"+code+"</small>") || p.to != "" {
		b.Errorf("%s: %d, %q, %s; want %d %s", what, p.status, p.to, p.text, status, code)
	}
	for _, c := range p.header["Set-Cookie"] {
		if strings.HasPrefix(c, "__Host-bailiwick=") {
			b.Errorf("%s: a session began: %s", what, c)
		}
	}
}

// cookie returns the cookie of the flow that the browser holds.
func (b *browser) cookie() *http.Cookie {
	at, _ := url.Parse(b.front.URL)
	for _, c := range b.Jar.Cookies(at) {
		if c.Name == "__Host-bailiwick-oidc" {
			return c
		}
	}
	return nil
}

func (b *browser) setCookie(c *http.Cookie) {
	at, _ := url.Parse(b.front.URL)
	b.Jar.SetCookies(at, []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/", Secure: true}})
}

func forgedWorld(t *testing.T, change func(*oidc.Provider)) (*world, *forge) {
	t.Helper()
	f := newForge(t)
	w := newWorld(t, dbtest.New(t), oidc.PartyOptions{KeysEvery: time.Nanosecond, Retry: time.Nanosecond, Timeout: 5 * time.Second}, func(string) []oidc.Provider {
		return []oidc.Provider{f.provider(change)}
	})
	return w, f
}
