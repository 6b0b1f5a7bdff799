package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/oidc"
)

// A forge is a provider that does what a test wants, wrong things above all.
type forge struct {
	t   *testing.T
	srv *httptest.Server

	mu        sync.Mutex
	key       jose.JSONWebKey
	published []jose.JSONWebKey
	hits      map[string]int
	codes     map[string]url.Values
	// What is bent; nil and empty for what is right.
	claims   func(map[string]any)               // of ID tokens
	sign     func(claims map[string]any) string // in place of the key
	callback func(url.Values)                   // what the browser brings back
	serve    func(w http.ResponseWriter, r *http.Request) bool
	more     map[string]any // metadata
}

func rsaKey(t *testing.T, kid string) jose.JSONWebKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key, KeyID: kid, Algorithm: "RS256", Use: "sig"}
}

func newForge(t *testing.T) *forge {
	t.Helper()
	f := &forge{t: t, key: rsaKey(t, "one"), hits: map[string]int{}, codes: map[string]url.Values{}}
	f.published = []jose.JSONWebKey{f.key}
	f.srv = httptest.NewServer(f)
	t.Cleanup(f.srv.Close)
	return f
}

func (f *forge) provider(change func(*oidc.Provider)) oidc.Provider {
	p := oidc.Provider{
		Name: "forge", Issuer: f.srv.URL, ClientID: clientID, ClientSecret: clientSecret,
		Audiences: []string{"https://api.example.org"},
	}
	if change != nil {
		change(&p)
	}
	return p
}

func (f *forge) bend(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.claims, f.sign, f.callback, f.serve = nil, nil, nil, nil
	change()
}

func (f *forge) count(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hits[path]
}

func (f *forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hits[r.URL.Path]++
	if f.serve != nil && f.serve(w, r) {
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		said := map[string]any{
			"issuer": f.srv.URL, "authorization_endpoint": f.srv.URL + "/authorize", "token_endpoint": f.srv.URL + "/token",
			"jwks_uri": f.srv.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
		}
		maps.Copy(said, f.more)
		transport.WriteJSON(w, http.StatusOK, said)
	case "/keys":
		set := jose.JSONWebKeySet{}
		for _, key := range f.published {
			set.Keys = append(set.Keys, key.Public())
		}
		transport.WriteJSON(w, http.StatusOK, set)
	case "/authorize":
		q := r.URL.Query()
		code := fmt.Sprintf("canary-code-%d", len(f.codes))
		f.codes[code] = q
		back := url.Values{"code": {code}, "state": {q.Get("state")}}
		if f.callback != nil {
			f.callback(back)
		}
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
	case "/token", "/token-elsewhere":
		f.token(w, r)
	default:
		http.NotFound(w, r)
	}
}

// token exchanges a code, as strictly as it has to. It does so again and again,
// as a sloppy one would.
func (f *forge) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	asked := f.codes[r.FormValue("code")]
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	w.Header().Set("Content-Type", "application/json")
	switch {
	case id != clientID || secret != clientSecret:
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"invalid_client"}`)
		return
	case asked == nil || asked.Get("code_challenge_method") != "S256" || asked.Get("redirect_uri") != r.FormValue("redirect_uri") ||
		asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]):
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"canary-description"}`)
		return
	}
	claims := f.good("ann-there", clientID)
	claims["nonce"] = asked.Get("nonce")
	if f.claims != nil {
		f.claims(claims)
	}
	answer := map[string]any{"access_token": "canary-access", "token_type": "Bearer", "id_token": f.signed(claims)}
	transport.WriteJSON(w, http.StatusOK, answer)
}

// good are the claims of a token that is right.
func (f *forge) good(subject, audience string) map[string]any {
	return map[string]any{
		"iss": f.srv.URL, "sub": subject, "aud": audience, "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(),
	}
}

func (f *forge) signed(claims map[string]any) string {
	if f.sign != nil {
		return f.sign(claims)
	}
	return signedWith(f.t, jose.RS256, f.key, claims)
}

func signedWith(t *testing.T, alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// unsigned returns a token of the algorithm "none".
func unsigned(claims map[string]any) string {
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none"}`)) + "." + encode(text) + "."
}

// wrong are ways to sign that must not be taken.
func (f *forge) wrong() map[string]func(map[string]any) string {
	stranger := rsaKey(f.t, "one")
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	modulus := f.key.Key.(*rsa.PrivateKey).N.Bytes()
	return map[string]func(map[string]any) string{
		"none":           unsigned,
		"another key":    func(c map[string]any) string { return signedWith(f.t, jose.RS256, stranger, c) },
		"an unknown key": func(c map[string]any) string { return signedWith(f.t, jose.RS256, rsaKey(f.t, "two"), c) },
		"the secret": func(c map[string]any) string {
			return signedWith(f.t, jose.HS256, append([]byte(clientSecret), make([]byte, 16)...), c)
		},
		"the public key": func(c map[string]any) string { return signedWith(f.t, jose.HS256, modulus, c) },
		"a curve":        func(c map[string]any) string { return signedWith(f.t, jose.ES256, curve, c) },
		"not allowed": func(c map[string]any) string {
			return signedWith(f.t, jose.PS256, jose.JSONWebKey{Key: f.key.Key, KeyID: "one"}, c)
		},
		"no token":         func(map[string]any) string { return "a.b.c" },
		"nothing":          func(map[string]any) string { return "" },
		"another's claims": func(c map[string]any) string { return f.spliced(c) },
	}
}

// spliced has the signature of one token and the claims of another.
func (f *forge) spliced(claims map[string]any) string {
	other := f.good("somebody", "else")
	head, tail := []byte(signedWith(f.t, jose.RS256, f.key, other)), signedWith(f.t, jose.RS256, f.key, claims)
	parts, theirs := split(string(head)), split(tail)
	return parts[0] + "." + theirs[1] + "." + parts[2]
}
