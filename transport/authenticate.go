package transport

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// maxCredentials bounds the header Authorization.
const maxCredentials = 8192

// viaExternal is how an actor with the token of an identity provider was
// recognised.
const viaExternal = "oidc"

// ErrCredentials is returned for credentials that are malformed, of an unknown
// scheme or more than one, or refused by [Services.Host] for a reason of its own.
var ErrCredentials = errors.New("transport: the credentials cannot be used")

// recognise says who is calling.
func (s *Services) recognise(r *http.Request) (workspace.Actor, error) {
	address := s.address(r)
	if s.Host != nil {
		actor, err := s.Host(r)
		switch {
		case err == nil:
			return hosted(actor, address), nil
		case errors.Is(err, ErrUnrecognised):
		case ProblemOf(err).Code == codeInternal:
			return workspace.Actor{}, fmt.Errorf("%w: %w", ErrCredentials, err)
		default:
			return workspace.Actor{}, err
		}
	}
	c, err := carried(r.Header)
	if err != nil {
		return workspace.Actor{}, err
	}
	switch c.scheme {
	case "":
		if actor, here, err := s.session(r, address); here {
			return actor, err
		}
		return workspace.Guest(address), nil
	case schemeKey:
		return s.program(r, c.secret, address)
	}
	if s.SignIn == nil {
		return workspace.Actor{}, ErrCredentials
	}
	var u workspace.User
	switch {
	case c.scheme == schemeBasic:
		u, err = s.SignIn.Password(r.Context(), c.name, c.secret, address)
	case s.External != nil && strings.Count(c.secret, ".") == 2: // no secret of ours has a dot
		c.scheme = viaExternal
		u, err = s.External(r.Context(), c.secret)
	default:
		u, err = s.SignIn.Bearer(r.Context(), c.secret)
	}
	if err != nil {
		return workspace.Actor{}, err
	}
	return workspace.Actor{Principal: u.Num, User: u.ID, Name: u.Username, Via: c.scheme, Address: address}, nil
}

// program says which key is calling. No password is tried on the way, so that
// many wrong ones, each of which takes long, do not hold up programs.
func (s *Services) program(r *http.Request, secret, address string) (workspace.Actor, error) {
	if s.AccessKeys == nil {
		return workspace.Actor{}, ErrCredentials
	}
	from := accesskey.Origin{Origin: strings.Join(r.Header.Values("Origin"), ", ")}
	if at, err := netip.ParseAddr(address); err == nil {
		from.Address = at
	}
	actor, err := s.AccessKeys.Authenticate(r.Context(), secret, from)
	if err != nil {
		return workspace.Actor{}, err
	}
	actor.Address = address
	return actor, nil
}

// hosted completes an actor whom the host recognised.
func hosted(actor workspace.Actor, address string) workspace.Actor {
	if actor.Via == "" {
		actor.Via = "host"
	}
	if actor.Address == "" {
		actor.Address = address
	}
	return actor
}

// credentials are what a request carries.
type credentials struct {
	scheme string // one of those below, empty for none
	name   string
	secret string
}

// The schemes that credentials are of.
const (
	schemeBasic  = "basic"
	schemeBearer = "bearer"
	schemeKey    = "key"
)

// carriers are the headers that carry credentials, each in its own way. Those
// behind the first carry a key and nothing else. A query carries none:
// addresses end up in logs.
func carriers() []string { return []string{"Authorization", "Api-Key", "X-Api-Key"} }

// carried returns the credentials in the headers of a request. It refuses more
// than one of them: which counts would be a guess.
func carried(h http.Header) (credentials, error) {
	var found credentials
	for _, name := range carriers() {
		values, given := h[name]
		if !given {
			continue
		}
		if len(values) != 1 || found.scheme != "" {
			return credentials{}, ErrCredentials
		}
		found = credentials{scheme: schemeKey, secret: values[0]}
		if name == "Authorization" {
			c, err := parseAuthorization(values[0])
			if err != nil {
				return credentials{}, err
			}
			if found, err = c.unpacked(); err != nil {
				return credentials{}, err
			}
		}
	}
	return found, nil
}

// unpacked returns the key where credentials are one in the form of others: a
// bearer's, or for programs that only know names and passwords, one of the two.
func (c credentials) unpacked() (credentials, error) {
	key := credentials{scheme: schemeKey, secret: c.secret}
	switch {
	case c.scheme == schemeBearer && accesskey.Marked(c.secret):
		return key, nil
	case c.scheme != schemeBasic:
		return c, nil
	case accesskey.Shaped(c.secret):
		if accesskey.Shaped(c.name) && c.name != c.secret {
			return credentials{}, ErrCredentials
		}
		return key, nil
	case c.secret == "" && accesskey.Shaped(c.name):
		key.secret = c.name
		return key, nil
	}
	return c, nil
}

// parseAuthorization reads a header Authorization (RFC 7617, RFC 6750). No
// error tells what was in it.
func parseAuthorization(header string) (credentials, error) {
	if len(header) > maxCredentials {
		return credentials{}, ErrCredentials
	}
	scheme, rest, _ := strings.Cut(header, " ")
	rest = strings.Trim(rest, " ")
	c := credentials{scheme: strings.ToLower(scheme), secret: rest}
	switch c.scheme {
	case schemeBearer:
		if rest == "" || strings.ContainsAny(rest, " \t,") {
			return credentials{}, ErrCredentials
		}
		return c, nil
	case schemeBasic:
		decoded, err := base64.StdEncoding.DecodeString(rest)
		if err != nil {
			return credentials{}, ErrCredentials
		}
		text := string(decoded)
		// A username has no colon at its end, a password may have any.
		name, secret, found := strings.Cut(text, ":")
		if !found || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return credentials{}, ErrCredentials
		}
		c.name, c.secret = name, secret
		return c, nil
	}
	return credentials{}, ErrCredentials
}
