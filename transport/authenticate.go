package transport

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// maxCredentials bounds the header Authorization.
const maxCredentials = 8192

// ErrCredentials is returned for credentials that are malformed, of an unknown
// scheme, or refused by [Services.Host] for a reason of its own.
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
	values, given := r.Header["Authorization"]
	if !given {
		return workspace.Guest(address), nil
	}
	if len(values) != 1 || s.SignIn == nil {
		return workspace.Actor{}, ErrCredentials
	}
	c, err := parseAuthorization(values[0])
	if err != nil {
		return workspace.Actor{}, err
	}
	var u workspace.User
	if c.scheme == "basic" {
		u, err = s.SignIn.Password(r.Context(), c.name, c.secret)
	} else {
		u, err = s.SignIn.Bearer(r.Context(), c.secret)
	}
	if err != nil {
		return workspace.Actor{}, err
	}
	return workspace.Actor{Principal: u.Num, User: u.ID, Name: u.Username, Via: c.scheme, Address: address}, nil
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

// credentials are what a header Authorization holds.
type credentials struct {
	scheme string // "basic" or "bearer"
	name   string
	secret string
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
	case "bearer":
		if rest == "" || strings.ContainsAny(rest, " \t,") {
			return credentials{}, ErrCredentials
		}
		return c, nil
	case "basic":
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
