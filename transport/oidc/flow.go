package oidc

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	coreos "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// flowLife is how long somebody may take at his provider.
const flowLife = 10 * time.Minute

// The cookie that holds a flow. The prefix keeps other hosts from setting one.
const (
	flowCookie         = "__Host-bailiwick-oidc"
	insecureFlowCookie = "bailiwick-oidc"
)

// A flow is a sign-in under way. The browser that began it holds it, sealed.
type flow struct {
	Provider string    `json:"provider"`
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Return   string    `json:"return"`
	Session  string    `json:"session,omitempty"` // of who links an identity to his account
	Expires  time.Time `json:"expires"`
}

// unguessable returns 256 random bits as text.
func unguessable() string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(random)
}

// errFlow is the refusal of an answer to a question that this browser did not ask,
// asked too long ago, or had answered.
func errFlow() error {
	return &workspace.InvalidError{Field: "state", Expected: "that of a sign-in that this browser began a moment ago"}
}

// sealedFor is what a sealed flow is bound to.
func sealedFor(provider string) []byte { return []byte("oidc flow " + provider) }

// keep has the browser hold a flow, in place of another that it held.
func (h *handler) keep(w http.ResponseWriter, f flow) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	sealed, err := h.opts.Sealer.Seal(text, sealedFor(f.Provider))
	if err != nil {
		return err
	}
	h.setCookie(w, sealed, int(flowLife/time.Second))
	return nil
}

func (h *handler) setCookie(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure only where nobody but this machine can listen
		Name: h.cookieName(), Value: value, Path: "/", MaxAge: age,
		// Lax, since it is the provider's page that sends the browser back.
		Secure: !h.services.InsecureCookies, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (h *handler) cookieName() string {
	if h.services.InsecureCookies {
		return insecureFlowCookie
	}
	return flowCookie
}

// held returns the flow that an answer belongs to, once. Of two cookies by the
// same name one was planted.
func (h *handler) held(r *http.Request, name string) (flow, error) {
	cookies := r.CookiesNamed(h.cookieName())
	if len(cookies) != 1 {
		return flow{}, errFlow()
	}
	text, err := h.opts.Sealer.Open(cookies[0].Value, sealedFor(name))
	if err != nil {
		return flow{}, errFlow()
	}
	var f flow
	if err := json.Unmarshal(text, &f); err != nil {
		return flow{}, errFlow()
	}
	state, err := single(r, "state")
	if err != nil {
		return flow{}, err
	}
	if f.Provider != name || subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) != 1 || !h.now().Before(f.Expires) {
		return flow{}, errFlow()
	}
	// Forgetting the cookie is the browser's good will; this is not.
	if err := h.services.SignIn.SpendOnce(r.Context(), f.State, f.Expires); err != nil {
		if errors.Is(err, signin.ErrRefused) {
			return flow{}, errFlow()
		}
		return flow{}, err
	}
	return f, nil
}

// single returns a parameter that is there once.
func single(r *http.Request, name string) (string, error) {
	values := r.URL.Query()[name]
	if len(values) != 1 || values[0] == "" || len(values[0]) > 4096 {
		return "", &workspace.InvalidError{Field: name, Expected: "one value"}
	}
	return values[0], nil
}

// local returns a path of this host to go on to: one that a browser cannot read as
// the name of another host.
func local(path string) (string, error) {
	refused := &workspace.InvalidError{Field: "return", Expected: `a path of this host that begins with one "/"`}
	if len(path) > 1024 || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return "", refused
	}
	for i := range len(path) {
		if path[i] <= ' ' || path[i] >= 0x7f || path[i] == '\\' {
			return "", refused
		}
	}
	if u, err := url.Parse(path); err != nil || u.Host != "" || u.Scheme != "" || u.User != nil {
		return "", refused
	}
	return path, nil
}

// question returns the address where the provider asks who it is.
func (r *relation) question(m *metadata, f flow, back string) string {
	return r.oauth(m, back).AuthCodeURL(f.State, coreos.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier))
}

func (r *relation) oauth(m *metadata, back string) *oauth2.Config {
	return &oauth2.Config{ClientID: r.ClientID, ClientSecret: r.ClientSecret, Endpoint: m.endpoint, RedirectURL: back, Scopes: r.scopes()}
}

// answer exchanges a code for who somebody is.
func (r *relation) answer(ctx context.Context, m *metadata, f flow, code, back string) (signin.Claims, error) {
	ctx, cancel := context.WithTimeout(coreos.ClientContext(ctx, r.client), 2*r.opts.Timeout)
	defer cancel()
	tokens, err := r.oauth(m, back).Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return signin.Claims{}, exchangeError(err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return signin.Claims{}, fmt.Errorf("%w: the provider sent no ID token", signin.ErrRefused)
	}
	token, err := r.verify(ctx, m, raw)
	if err != nil {
		return signin.Claims{}, err
	}
	var said claims
	if err := token.Claims(&said); err != nil {
		return signin.Claims{}, fmt.Errorf("%w: the ID token cannot be read", signin.ErrRefused)
	}
	if err := r.meant(token, said, f, tokens.AccessToken); err != nil {
		return signin.Claims{}, err
	}
	if r.Provision && (said.Email == "" || said.Username == "") {
		// Many providers tell more only where they are asked for it.
		info, err := m.provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		switch away, ok := errors.AsType[*UnavailableError](err); {
		case ok:
			return signin.Claims{}, away
		case err != nil: // it has none, or none for us
		case info.Subject != token.Subject:
			return signin.Claims{}, fmt.Errorf("%w: the provider speaks of two people", signin.ErrRefused)
		default:
			var more claims
			if err := info.Claims(&more); err != nil {
				return signin.Claims{}, fmt.Errorf("%w: what the provider says cannot be read", signin.ErrRefused)
			}
			said = said.with(more)
		}
	}
	return said.of(r.Issuer, token.Subject), nil
}

// meant refuses an ID token that is not for us, or not the answer to this
// question.
func (r *relation) meant(token *coreos.IDToken, said claims, f flow, access string) error {
	forUs := false
	for _, audience := range token.Audience {
		forUs = forUs || audience == r.ClientID
	}
	switch {
	case !forUs,
		said.Party != "" && said.Party != r.ClientID,
		said.Party == "" && len(token.Audience) > 1:
		return fmt.Errorf("%w: the ID token is for somebody else", signin.ErrRefused)
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1:
		return fmt.Errorf("%w: the ID token answers another question", signin.ErrRefused)
	case token.AccessTokenHash != "" && token.VerifyAccessToken(access) != nil:
		return fmt.Errorf("%w: the ID token goes with another access token", signin.ErrRefused)
	}
	return nil
}

// exchangeError tells what the provider has against a code, and nothing else of
// what it answers.
func exchangeError(err error) error {
	if away, ok := errors.AsType[*UnavailableError](err); ok {
		return away
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	refusal, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return &UnavailableError{Err: errors.New("the answer to a code cannot be read")}
	}
	switch refusal.ErrorCode {
	case "invalid_client", "unauthorized_client": // our operator's mistake, not who signs in's
		return &UnavailableError{Err: errors.New("the provider refuses this client: " + refusal.ErrorCode)}
	case "":
		return &UnavailableError{Err: errors.New("the answer to a code says nothing")}
	}
	return fmt.Errorf("%w: the provider refuses the code: %q", signin.ErrRefused, short(refusal.ErrorCode))
}

// claims are what a provider says of somebody, as it writes it.
type claims struct {
	Party     string `json:"azp"`
	Username  string `json:"preferred_username"`
	Email     string `json:"email"`
	Verified  yes    `json:"email_verified"`
	FirstName string `json:"given_name"`
	LastName  string `json:"family_name"`
	Language  string `json:"locale"`
}

// with returns claims completed by others. Whether an address is verified belongs
// to the address.
func (c claims) with(more claims) claims {
	if c.Email == "" {
		c.Email, c.Verified = more.Email, more.Verified
	}
	c.Username, c.Language = cmp.Or(c.Username, more.Username), cmp.Or(c.Language, more.Language)
	c.FirstName, c.LastName = cmp.Or(c.FirstName, more.FirstName), cmp.Or(c.LastName, more.LastName)
	return c
}

func (c claims) of(issuer, subject string) signin.Claims {
	return signin.Claims{
		Issuer: issuer, Subject: subject, Username: c.Username, Email: c.Email, EmailVerified: bool(c.Verified),
		FirstName: c.FirstName, LastName: c.LastName, Language: c.Language,
	}
}

// A yes is a truth value, which some providers write as a text.
type yes bool

// UnmarshalJSON takes true and "true" for yes and all else for no.
func (y *yes) UnmarshalJSON(text []byte) error {
	*y = string(text) == "true" || string(text) == `"true"`
	return nil
}
