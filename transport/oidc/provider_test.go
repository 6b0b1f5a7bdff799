package oidc_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"golang.org/x/oauth2"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/oidctest"
	bailiwick "github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/oidc"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// one keeps real providers from running at once: making one changes globals of
// its library that another reads.
var one sync.Mutex

// realProvider runs a certified provider and returns its issuer.
func realProvider(t *testing.T, callback func() string) string {
	t.Helper()
	one.Lock()
	t.Cleanup(one.Unlock)
	var handler http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	users := oidctest.Users{
		"id-ann": {ID: "id-ann", Username: "ann", Password: oidctest.Password, FirstName: "Ann", LastName: "There", Email: "ann@example.org", EmailVerified: true},
		"id-bob": {ID: "id-bob", Username: "bob", Password: oidctest.Password, FirstName: "Bob", LastName: "There", Email: "bob@elsewhere.example", EmailVerified: true},
		"id-eve": {ID: "id-eve", Username: "eve", Password: oidctest.Password, FirstName: "Eve", LastName: "There", Email: "eve@elsewhere.example"},
	}
	handler = oidctest.Handler(srv.URL, users, clientID, storage.WebClient(clientID, clientSecret, callback()))
	return srv.URL
}

var formID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// fill signs in with the form of the real provider.
func (b *browser) fill(p shown) shown {
	b.Helper()
	id := formID.FindStringSubmatch(p.text)
	if id == nil {
		b.Fatalf("no form: %s", p.text)
	}
	form := url.Values{"username": {b.there}, "password": {oidctest.Password}, "id": {id[1]}}
	r, _ := http.NewRequestWithContext(context.WithoutCancel(b.Context()), http.MethodPost, b.issuer+"/login/username", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func realWorld(t *testing.T, db *bailiwick.DB, change func(*oidc.Provider)) *world {
	t.Helper()
	issuer := ""
	w := newWorld(t, db, oidc.PartyOptions{}, func(front string) []oidc.Provider {
		issuer = realProvider(t, func() string { return front + "/oidc/real/callback" })
		p := oidc.Provider{Name: "real", Title: "The real one", Issuer: issuer, ClientID: clientID, ClientSecret: clientSecret, Audiences: []string{clientID}}
		if change != nil {
			change(&p)
		}
		return []oidc.Provider{p}
	})
	w.issuer = issuer
	return w
}

// Against a certified provider: who is nobody here is told so, links his identity
// while signed in, and comes in by it from then on.
func TestFlow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bailiwick.DB) {
		w := realWorld(t, db, nil)
		u := w.user("ann") // with the address that she has there
		b := w.browser()
		b.there = "ann"
		if p := b.get("/oidc/"); p.status != http.StatusOK || p.text != `{"providers":[{"name":"real","title":"The real one","start":"real/start"}]}` {
			t.Errorf("the list is %d %s", p.status, p.text)
		}
		b.wantRefusal("a stranger with her address", b.get(b.follow(b.get("/oidc/real/start"))), 401, "unknown_identity")
		b.wantWho("guest")

		b.enter("ann")
		p := b.get(b.follow(b.get("/oidc/real/start?link=1&return=/profile", "Sec-Fetch-Site", "same-origin")))
		if p.status != http.StatusSeeOther || p.to != w.front.URL+"/profile" {
			t.Fatalf("linking: %d %s %s", p.status, p.to, p.text)
		}
		if i := w.identity(u); i.Issuer != w.issuer || i.Subject != "id-ann" {
			t.Errorf("linked is %+v", i)
		}

		fresh := w.browser()
		fresh.there = "ann"
		start := fresh.get("/oidc/real/start?return=" + url.QueryEscape("/maps?layer=a&b=c"))
		line := start.header.Get("Set-Cookie")
		if !strings.HasPrefix(line, "__Host-bailiwick-oidc=v1.") || !strings.HasSuffix(line, "; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax") {
			t.Errorf("the cookie of a flow is %q", line)
		}
		p = fresh.get(fresh.follow(start))
		if p.status != http.StatusSeeOther || p.to != w.front.URL+"/maps?layer=a&b=c" || p.header.Get("Cache-Control") != "no-store" || p.header.Get("Referrer-Policy") != "no-referrer" {
			t.Fatalf("signing in: %d %s %v", p.status, p.to, p.header)
		}
		if fresh.cookie() != nil {
			t.Error("the browser keeps the flow")
		}
		fresh.wantWho("ann")
		list, err := w.SignIn.Sessions(t.Context(), workspace.Command("test"), u.ID)
		if err != nil || len(list) != 2 || list[0].Via != "oidc" || list[0].Address != "127.0.0.1" || !strings.Contains(list[0].Client, "Go") {
			t.Errorf("sessions %+v, %v", list, err)
		}

		// Unlinked she is out at once.
		if err := w.SignIn.Unlink(t.Context(), workspace.Command("test"), w.identity(u).ID); err != nil {
			t.Fatal(err)
		}
		if p := fresh.get("/who"); p.status != http.StatusUnauthorized {
			t.Errorf("after unlinking: %d %s", p.status, p.text)
		}
		fresh.wantRefusal("after unlinking", fresh.get(fresh.follow(fresh.get("/oidc/real/start"))), 401, "unknown_identity")
		b.wantWho("ann") // who came by password
		if strings.Contains(w.log.String(), "canary") {
			t.Errorf("a secret is in the log:\n%s", w.log)
		}
	})
}

// Where the operator wants it, who comes first gets an account: with an address
// that is verified and nobody's.
func TestProvision(t *testing.T) {
	t.Parallel()
	w := realWorld(t, dbtest.New(t), func(p *oidc.Provider) { p.Provision = true })
	w.user("ann")
	w.user("bob")
	for there, c := range map[string]struct {
		status int
		code   string
		here   string
	}{
		"ann": {409, "taken", ""},
		"bob": {303, "", "bob-2"},
		"eve": {400, "invalid", ""},
	} {
		for range 2 {
			b := w.browser()
			b.there = there
			p := b.get(b.follow(b.get("/oidc/real/start")))
			if c.code != "" {
				b.wantRefusal(there, p, c.status, c.code)
				b.wantWho("guest")
				continue
			}
			if p.status != c.status || p.to != w.front.URL+"/" {
				t.Errorf("%s: %d %s", there, p.status, p.text)
			}
			b.wantWho(c.here)
		}
	}
}

// The access tokens of a certified provider are taken in the header.
func TestRealBearer(t *testing.T) {
	t.Parallel()
	w := realWorld(t, dbtest.New(t), nil)
	w.linked("ann", w.issuer, "id-ann")
	// Its code is exchanged by a program of somebody else's here.
	b := w.browser()
	b.there = "ann"
	client := oauth2.Config{
		ClientID: clientID, ClientSecret: clientSecret, RedirectURL: w.front.URL + "/oidc/real/callback", Scopes: []string{"openid"},
		Endpoint: oauth2.Endpoint{AuthURL: w.issuer + "/auth", TokenURL: w.issuer + "/oauth/token"},
	}
	verifier := oauth2.GenerateVerifier()
	back, err := url.Parse(b.follow(shown{to: client.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier))}))
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := client.Exchange(t.Context(), back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	p := w.browser().get("/x", "Authorization", "Bearer "+tokens.AccessToken)
	if p.status != http.StatusOK || p.text != `ann by "oidc" at /x` {
		t.Errorf("%d %s", p.status, p.text)
	}
	if err := w.SignIn.LinkFor(t.Context(), workspace.Command("test"), w.user("other").ID, signin.Claims{Issuer: w.issuer, Subject: "id-ann"}); err == nil {
		t.Error("an identity is two people's")
	}
}
