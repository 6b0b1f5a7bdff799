// Package oidc lets people sign in at identity providers, by OpenID Connect, and
// recognises the tokens that those issue.
//
// A [Party] is this server as its providers know it. It asks a provider about
// itself when that is first needed, so that one that is away keeps nothing from
// starting, and keeps its keys for as long as they fit. [Handler] signs browsers
// in: by the authorization code flow with state, nonce and PKCE, bound to the
// browser that began it and good for once. [Party.External] is for
// transport.Services and recognises who comes with a token of a provider in the
// header Authorization.
//
// Who somebody is, issuer and subject alone say; signin.Service knows whose they
// are. Roles and groups of a provider are not taken over, and signing out there
// ends nothing here but by the end of a session. Start with [New].
package oidc

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A Provider is an identity provider as its operator and ours agreed on.
type Provider struct {
	// Name stands in addresses: 1 to 32 of a-z 0-9 -.
	Name string `json:"name"`
	// Title is what people know it by, the name when empty.
	Title string `json:"title,omitempty"`
	// Issuer is its address as it writes it into tokens, over TLS unless it is on
	// this machine. No two providers have the same.
	Issuer string `json:"issuer"`
	// ClientID and ClientSecret are how it knows us. Public clients have no
	// secret.
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret,omitempty"`
	// Scopes are asked for besides openid; profile and email when nil.
	Scopes []string `json:"scopes,omitempty"`
	// Provision makes an account for whoever it recognises. Otherwise only those
	// come in whose identity was linked to an account before.
	Provision bool `json:"provision,omitempty"`
	// Audiences are whom tokens in the header Authorization may be for. Without
	// one no such token of this provider is taken.
	Audiences []string `json:"audiences,omitempty"`
	// Algorithms are what it may sign with, RS256 when empty. Those that a secret
	// or nothing signs with are not among them.
	Algorithms []string `json:"algorithms,omitempty"`
}

// PartyOptions are what [New] can be told; the zero value works.
type PartyOptions struct {
	// Transport reaches the providers, http.DefaultTransport when nil.
	Transport http.RoundTripper
	// Timeout bounds each question to a provider, 10 seconds when 0.
	Timeout time.Duration
	// Retry is how long a provider that could not be reached is not asked about
	// itself again, 5 seconds when 0.
	Retry time.Duration
	// KeysEvery is how often a provider is asked for its keys at most, whatever
	// tokens come: 5 seconds when 0.
	KeysEvery time.Duration
	// Now tells the time, time.Now when nil.
	Now func() time.Time
}

// A Party is this server as its providers know it. It is safe for concurrent use.
type Party struct {
	relations []*relation
}

// New makes a party of its providers, and asks none of them anything. It returns
// a *workspace.InvalidError for what cannot be one.
func New(providers []Provider, opts *PartyOptions) (*Party, error) {
	var o PartyOptions
	if opts != nil {
		o = *opts
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.Retry, o.KeysEvery = cmp.Or(o.Retry, 5*time.Second), cmp.Or(o.KeysEvery, 5*time.Second)
	p := &Party{}
	for _, provider := range providers {
		if err := provider.check(); err != nil {
			return nil, fmt.Errorf("oidc: provider %q: %w", provider.Name, err)
		}
		for _, other := range p.relations {
			if other.Name == provider.Name || other.Issuer == provider.Issuer {
				return nil, fmt.Errorf("oidc: provider %q: %w", provider.Name, &workspace.InvalidError{
					Field: "name", Expected: "a name and an issuer that no other provider has",
				})
			}
		}
		p.relations = append(p.relations, newRelation(provider, o))
	}
	return p, nil
}

// relation returns the provider of a name, nil for none.
func (p *Party) relation(name string) *relation {
	i := slices.IndexFunc(p.relations, func(r *relation) bool { return r.Name == name })
	if i < 0 {
		return nil
	}
	return p.relations[i]
}

var namePattern = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

func (p Provider) check() error {
	invalid := func(field, expected string) error {
		return &workspace.InvalidError{Field: field, Expected: expected}
	}
	switch {
	case !namePattern.MatchString(p.Name):
		return invalid("name", "1 to 32 of a-z 0-9 -")
	case !trusted(p.Issuer) || len(p.Issuer) > 255 || strings.ContainsAny(p.Issuer, "?#"):
		return invalid("issuer", "an https address without query")
	case p.ClientID == "":
		return invalid("client_id", "what the provider knows this server by")
	case slices.Contains(p.Audiences, ""):
		return invalid("audiences", "whom tokens are for, none of them empty")
	}
	for _, name := range p.Algorithms {
		if !slices.Contains(signatures(), name) {
			return invalid("algorithms", "some of "+strings.Join(signatures(), " "))
		}
	}
	return nil
}

// signatures are the algorithms whose keys can be published.
func signatures() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}

func (p Provider) algorithms() []string {
	if len(p.Algorithms) == 0 {
		return []string{"RS256"}
	}
	return p.Algorithms
}

func (p Provider) scopes() []string {
	if p.Scopes == nil {
		return []string{"openid", "profile", "email"}
	}
	return append([]string{"openid"}, slices.DeleteFunc(slices.Clone(p.Scopes), func(s string) bool { return s == "openid" })...)
}

// trusted reports whether nobody can listen on the way to an address: over TLS,
// or on this machine.
func trusted(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	if u.Scheme == "https" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}
