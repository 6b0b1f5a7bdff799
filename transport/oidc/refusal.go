package oidc

import (
	"net/http"
	"net/url"

	"github.com/bailiwick-sdk/bailiwick/transport"
)

// A refusalError is why somebody was not signed in, who is told so where he
// signs in.
type refusalError struct {
	error

	back string // where he wanted to go on to
}

func (e *refusalError) Unwrap() error { return e.error }

// query is what the page is told where people sign in.
func (e *refusalError) query() url.Values {
	q := url.Values{"refused": {reason(transport.ProblemOf(e.error))}}
	if e.back != "" {
		q.Set("back", e.back)
	}
	return q
}

// refused returns why a flow came to nothing. Who links an identity is signed in
// and stays where he is told so.
func (f flow) refused(err error) error {
	if f.Session != "" {
		return err
	}
	return &refusalError{error: err, back: f.Return}
}

// Refusals are why somebody was not signed in, each with what he is told in
// English.
func Refusals() map[string]string {
	return map[string]string{
		"away":       "The identity provider cannot be reached at the moment, or this server is overloaded. Please try again in a minute.",
		"failed":     "Something went wrong here. Please try again, and tell your administrator if it stays so.",
		"nowhere":    "There is no such identity provider.",
		"unknown":    "Your identity is linked to no account here. Sign in in another way and link it, or ask your administrator to.",
		"refused":    "You could not be signed in. Please begin again.",
		"origin":     "An identity is linked from the pages of this site only.",
		"linked":     "This identity is linked to another account.",
		"taken":      "An account here has your e-mail address already. Sign in to it in another way and link this identity there.",
		"unverified": "No account can be made for you: your identity provider has not verified an e-mail address of yours.",
		"return":     "The address does not say where on this site to go on to.",
		"over":       "This sign-in was not begun in this browser, took too long, or is over. Please begin again.",
	}
}

// told is what a person is told.
func told(reason string) string { return Refusals()[reason] }

// reason returns which of the refusals a problem is.
func reason(p transport.Problem) string {
	switch {
	case p.Status == http.StatusServiceUnavailable:
		return "away"
	case p.Status >= http.StatusInternalServerError:
		return "failed"
	}
	switch p.Code {
	case "not_found":
		return "nowhere"
	case "unknown_identity":
		return "unknown"
	case "unauthenticated":
		return "refused"
	case "cross_origin":
		return "origin"
	case "taken":
		if p.Field == "subject" {
			return "linked"
		}
		return "taken"
	}
	switch p.Field {
	case "email":
		return "unverified"
	case "return":
		return "return"
	}
	return "over"
}
