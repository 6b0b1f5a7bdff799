package transport_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

func basic(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }

func TestAuthorization(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ header, scheme, name, secret string }{
		{basic("ann:secret"), "basic", "ann", "secret"},
		{basic("ann:a:b::"), "basic", "ann", "a:b::"},
		{basic("Zoë:pässword"), "basic", "Zoë", "pässword"},
		{basic(":"), "basic", "", ""},
		{strings.Replace(basic("ann:x"), "Basic", "bAsIc", 1), "basic", "ann", "x"},
		{strings.Replace(basic("ann:x"), " ", "   ", 1), "basic", "ann", "x"},
		{"Bearer abc", "bearer", "", "abc"},
		{"bearer abc-_~+/=", "bearer", "", "abc-_~+/="},
	} {
		scheme, name, secret, err := transport.ParseAuthorization(c.header)
		if err != nil || scheme != c.scheme || name != c.name || secret != c.secret {
			t.Errorf("%q = %q, %q, %q, %v", c.header, scheme, name, secret, err)
		}
	}
	for _, header := range []string{
		"", " ", "Basic", "Basic ", "Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer\tabc", "Digest abc", "abc", "Basic !!!",
		basic("ann"), basic("ann:\xff"), basic("a\x00n:x"), basic("ann:x\x00"), "Basic " + base64.RawURLEncoding.EncodeToString([]byte("ann:\u00ff\u00fe")),
		basic("a:" + strings.Repeat("x", 10_000)), "Negotiate " + strings.Repeat("A", 100),
	} {
		scheme, name, secret, err := transport.ParseAuthorization(header)
		if !errors.Is(err, transport.ErrCredentials) || scheme+name+secret != "" {
			t.Errorf("%.50q = %q, %q, %q, %v; want ErrCredentials", header, scheme, name, secret, err)
		}
		if p := transport.ProblemOf(err); p.Status != 401 {
			t.Errorf("%.50q is %d", header, p.Status)
		}
	}
}

func FuzzAuthorization(f *testing.F) {
	for _, seed := range []string{basic("a:b"), "Bearer x", "Basic", "basic  !", "", "Bearer a b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		scheme, name, secret, err := transport.ParseAuthorization(header)
		if err != nil {
			if !errors.Is(err, transport.ErrCredentials) || err.Error() != transport.ErrCredentials.Error() {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		switch scheme {
		case "basic":
			if !utf8.ValidString(name+secret) || strings.ContainsRune(name+secret, 0) || strings.Contains(name, ":") {
				t.Fatalf("%q gave %q, %q", header, name, secret)
			}
			again, n, s, err := transport.ParseAuthorization(basic(name + ":" + secret))
			if err == nil && (again != scheme || n != name || s != secret) {
				t.Fatalf("%q, %q came back as %q, %q", name, secret, n, s)
			}
		case "bearer":
			if secret == "" || name != "" || strings.ContainsAny(secret, " \t,") {
				t.Fatalf("%q gave %q, %q", header, name, secret)
			}
		default:
			t.Fatalf("%q gave scheme %q", header, scheme)
		}
	})
}

// What has the form of somebody else's token is asked of nobody but him, and what
// has not of nobody but us.
func TestExternal(t *testing.T) {
	t.Parallel()
	var asked []string
	var answer error
	h := newHouse(t, nil)
	ann := h.users["ann"]
	h.External = func(_ context.Context, token string) (workspace.User, error) {
		asked = append(asked, token)
		return ann, answer
	}
	token, err := h.SignIn.Issue(t.Context(), "ann", secret, "", "")
	if err != nil {
		t.Fatal(err)
	}
	var who workspace.Actor
	call := func(headers ...string) int {
		who = workspace.Actor{}
		return handle(h.Services, get("/x", headers...), func(w http.ResponseWriter, r *http.Request) {
			who = transport.Actor(r.Context())
			fine(w, r)
		}).Code
	}
	for header, via := range map[string]string{
		"Bearer " + token.Secret: "bearer", basic("ann:" + secret): "basic", "Bearer a.b": "", "Bearer a.b.c.d": "", basic("a.b.c:" + secret): "",
	} {
		call("Authorization", header)
		if who.Via != via || len(asked) != 0 {
			t.Errorf("%.20q is recognised as %+v, asked for %q", header, who, asked)
		}
	}
	if status := call("Authorization", "Bearer a.b.c"); status != http.StatusOK || who.Via != "oidc" || who.User != ann.ID || who.Principal != ann.Num || who.Name != "ann" || len(asked) != 1 || asked[0] != "a.b.c" {
		t.Errorf("%d, %+v, asked for %q", status, who, asked)
	}
	answer = signin.ErrRefused
	if status := call("Authorization", "Bearer a.b.c"); status != http.StatusUnauthorized || who != (workspace.Actor{}) {
		t.Errorf("refused: %d, %+v", status, who)
	}
}

// Who signs in is not kept from it by a session that has ended, nor by other
// credentials, and is known by his session alone.
func TestVisitor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	cookies := h.enter(t)
	visit := func(cookies []*http.Cookie, headers ...string) workspace.Actor {
		t.Helper()
		actor, err := h.Visitor(page(http.MethodGet, "", cookies, headers...))
		if err != nil {
			t.Error(err)
		}
		return actor
	}
	if actor := visit(cookies); actor.User != h.users["ann"].ID || actor.Via != "session" || actor.Credential == "" {
		t.Errorf("with a session: %+v", actor)
	}
	guest := workspace.Guest("192.0.2.1")
	for what, actor := range map[string]workspace.Actor{
		"without":       visit(nil),
		"by a password": visit(nil, "Authorization", basic("ann:"+secret)),
		"planted":       visit([]*http.Cookie{{Name: "__Host-bailiwick", Value: strings.Repeat("A", 43)}}),
		"two":           visit(append(cookies, cookies...)),
	} {
		if actor != guest {
			t.Errorf("%s: %+v, want a guest", what, actor)
		}
	}
	if err := h.SignIn.Kick(t.Context(), workspace.Command("x"), h.users["ann"].ID); err != nil {
		t.Fatal(err)
	}
	if actor := visit(cookies); actor != guest {
		t.Errorf("kicked: %+v, want a guest", actor)
	}
}
