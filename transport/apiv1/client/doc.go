// Package client speaks the native API of a Bailiwick server.
//
// All of client.gen.go is made of the API's document by "make generate" and
// says what that says. A [ClientWithResponses] has a method an operation, which
// answers with a struct that holds what came, by status; [Dial] makes one that
// signs in. [Refused] turns an answer that is a problem into an error.
//
// Nothing is retried: a POST may be, with an Idempotency-Key, by the caller.
package client

import (
	"context"
	"fmt"
	"net/http"
)

// A SignIn adds to a request what it takes to be recognised.
type SignIn = RequestEditorFn

// Basic signs in with a username and a password, or with a key as the password.
func Basic(username, password string) SignIn {
	return func(_ context.Context, r *http.Request) error {
		r.SetBasicAuth(username, password)
		return nil
	}
}

// Bearer signs in with an access token, or with a key.
func Bearer(token string) SignIn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// Dial returns a client of the API at an address, as
// "https://example.org/api/v1/", that signs in each time; as nobody with nil. It
// connects when it is first used.
func Dial(address string, as SignIn) (*ClientWithResponses, error) {
	var opts []ClientOption
	if as != nil {
		opts = append(opts, WithRequestEditorFn(as))
	}
	c, err := NewClientWithResponses(address, opts...)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	return c, nil
}

// A RefusedError is the problem that a server answered with.
type RefusedError struct{ Problem Problem }

// Error tells what the server says for people, or the title.
func (e *RefusedError) Error() string {
	text := e.Problem.Title
	if e.Problem.Detail != nil && *e.Problem.Detail != "" {
		text = *e.Problem.Detail
	}
	return fmt.Sprintf("%s (%d %s)", text, e.Problem.Status, e.Problem.Code)
}

// Refused returns a [RefusedError] for the problem in an answer, and nil for an
// answer without: Refused(answer.ApplicationProblemJSONDefault).
func Refused(p *Problem) error {
	if p == nil {
		return nil
	}
	return &RefusedError{Problem: *p}
}
