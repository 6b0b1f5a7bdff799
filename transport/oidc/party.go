package oidc

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	coreos "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// A relation is a provider with what is known of it.
type relation struct {
	Provider

	opts    PartyOptions
	client  *http.Client
	courier *courier
	known   atomic.Pointer[metadata]

	turn     chan struct{} // held by who asks the provider about itself
	failedAt time.Time     // guarded by turn, as the failure
	failure  error
}

// The metadata is what a provider says about itself.
type metadata struct {
	provider *coreos.Provider
	endpoint oauth2.Endpoint
	keys     keys
	// names is whether it names itself beside its codes (RFC 9207).
	names bool
}

func newRelation(p Provider, opts PartyOptions) *relation {
	c := &courier{next: opts.Transport, every: opts.KeysEvery, now: opts.Now}
	return &relation{
		Provider: p, opts: opts, courier: c, turn: make(chan struct{}, 1),
		client: &http.Client{
			Transport: c, Timeout: opts.Timeout,
			// Elsewhere is not whom the operator named.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// discover returns what the provider says about itself, asking when that is not
// known. Who comes while somebody asks waits for his answer.
func (r *relation) discover(ctx context.Context) (*metadata, error) {
	if m := r.known.Load(); m != nil {
		return m, nil
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if m := r.known.Load(); m != nil {
		return m, nil
	}
	if r.failure != nil && r.opts.Now().Sub(r.failedAt) < r.opts.Retry {
		return nil, r.failure
	}
	// The answer is everybody's, so it does not matter who asked has gone.
	m, err := r.ask(context.WithoutCancel(ctx))
	if err != nil {
		r.failedAt, r.failure = r.opts.Now(), &UnavailableError{Err: err}
		return nil, r.failure
	}
	r.courier.from(m.keysAt())
	r.known.Store(m)
	return m, nil
}

// spoken are the parts of a provider's metadata that go-oidc leaves out.
type spoken struct {
	Keys    string   `json:"jwks_uri"`
	Methods []string `json:"token_endpoint_auth_methods_supported"`
	Names   bool     `json:"authorization_response_iss_parameter_supported"`
}

func (r *relation) ask(ctx context.Context) (*metadata, error) {
	ctx = coreos.ClientContext(ctx, r.client)
	provider, err := coreos.NewProvider(ctx, r.Issuer)
	if err != nil {
		return nil, err
	}
	var said spoken
	if err := provider.Claims(&said); err != nil {
		return nil, err
	}
	endpoint := provider.Endpoint()
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL, said.Keys, cmp.Or(provider.UserInfoEndpoint(), r.Issuer)} {
		if !trusted(address) {
			return nil, fmt.Errorf("the provider names %q, which is not reached over TLS", address)
		}
	}
	// Said once, and not found out by trying: a code is good for one try.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if r.ClientSecret == "" || len(said.Methods) > 0 && !slices.Contains(said.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &metadata{
		provider: provider, endpoint: endpoint, names: said.Names,
		keys: keys{remote: coreos.NewRemoteKeySet(ctx, said.Keys), at: said.Keys},
	}, nil
}

func (m *metadata) keysAt() string { return m.keys.at }

// Keys are those of a provider, as go-oidc keeps them.
type keys struct {
	remote *coreos.RemoteKeySet
	at     string
}

type outageKey struct{}

// VerifySignature verifies, and tells keys that could not be had from a signature
// that is not right.
func (k keys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.remote.VerifySignature(ctx, jwt)
	if err != nil && strings.HasPrefix(err.Error(), "fetching keys") {
		if outage, ok := ctx.Value(outageKey{}).(*error); ok {
			*outage = err
		}
	}
	return payload, err
}

// verify returns what a token says that the provider has signed and that has not
// ended. For whom it is remains to be looked at.
func (r *relation) verify(ctx context.Context, m *metadata, raw string) (*coreos.IDToken, error) {
	var outage error
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, outageKey{}, &outage), r.opts.Timeout)
	defer cancel()
	token, err := coreos.NewVerifier(r.Issuer, m.keys, &coreos.Config{
		SkipClientIDCheck: true, SupportedSigningAlgs: r.algorithms(), Now: r.opts.Now,
	}).Verify(ctx, raw)
	switch {
	case errors.Is(outage, context.Canceled):
		return nil, outage
	case outage != nil:
		return nil, &UnavailableError{Err: outage}
	case err != nil:
		return nil, fmt.Errorf("%w: %s", signin.ErrRefused, short(err.Error()))
	case token.Subject == "":
		return nil, fmt.Errorf("%w: the token names nobody", signin.ErrRefused)
	}
	return token, nil
}

// External returns how requests are recognised that come with a token of one of
// the providers, for transport.Services: one that is signed by a key that the
// provider publishes, is for one of its audiences, has not ended, and whose
// subject is somebody's identity. It returns signin.ErrRefused and
// signin.ErrNoIdentity otherwise, and an [*UnavailableError] where the keys cannot
// be had.
func (p *Party) External(signIn *signin.Service) func(ctx context.Context, token string) (workspace.User, error) {
	return func(ctx context.Context, token string) (workspace.User, error) {
		r := p.issuer(token)
		if r == nil {
			return workspace.User{}, fmt.Errorf("%w: a token of nobody whose tokens are taken", signin.ErrRefused)
		}
		m, err := r.discover(ctx)
		if err != nil {
			return workspace.User{}, err
		}
		verified, err := r.verify(ctx, m, token)
		if err != nil {
			return workspace.User{}, err
		}
		if !slices.ContainsFunc(verified.Audience, func(a string) bool { return slices.Contains(r.Audiences, a) }) {
			return workspace.User{}, fmt.Errorf("%w: the token is for somebody else", signin.ErrRefused)
		}
		return signIn.Identify(ctx, r.Issuer, verified.Subject)
	}
}

// issuer returns the provider that a token says it is of, nil where no tokens of
// that one are taken. Nothing is verified yet.
func (p *Party) issuer(token string) *relation {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var says struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(payload, &says) != nil {
		return nil
	}
	i := slices.IndexFunc(p.relations, func(r *relation) bool { return r.Issuer == says.Issuer && len(r.Audiences) > 0 })
	if i < 0 {
		return nil
	}
	return p.relations[i]
}
