package transport

import "errors"

// ErrUnrecognised is what [Services.Host] returns for a request that it leaves
// to the other ways of recognising who is calling.
var ErrUnrecognised = errors.New("transport: not recognised")

// A Problem is an error as HTTP tells it. Lenses render it and never classify.
type Problem struct {
	Status int
	// Code is stable and meant for programs: "not_found".
	Code string
	// Field is the field of the domain that was malformed, if one was, and
	// Expected what was expected there.
	Field    string
	Expected string
	// Err is what it was made of, for lenses that have words of their own for
	// quota.ExceededError or rbac.DeniedError. Never show it for Status ≥ 500.
	Err error
}
