package transport

import (
	"context"
	"errors"
	"net/http"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// Errors of the package itself.
var (
	// ErrUnrecognised is what [Services.Host] returns for a request that it
	// leaves to the other ways of recognising who is calling.
	ErrUnrecognised = errors.New("transport: not recognised")
	// ErrPath is what a request is refused with whose path is too long, or no
	// text.
	ErrPath = errors.New("transport: the path must be UTF-8 without NUL, at most 2048 bytes")
)

// StatusCanceled is the status of a call whose caller has gone. Nobody reads
// it but the log.
const StatusCanceled = 499

// The codes that the package itself speaks of.
const (
	codeInternal = "internal"
	codeInactive = "inactive"
	codeInvalid  = "invalid"
)

// A Problem is an error as HTTP tells it. Lenses render it and never classify.
type Problem struct {
	Status int
	// Code is stable and meant for programs: "not_found".
	Code string
	// Field is the field of the domain that was malformed or taken, if one
	// was, and Expected what was expected there.
	Field    string
	Expected string
	// Err is what it was made of, for lenses that have words of their own for
	// quota.ExceededError or rbac.DeniedError. Never show it for Status ≥ 500.
	Err error
}

// A row says how HTTP tells an error.
type row struct {
	err    error
	status int
	code   string
}

// table classifies errors: the first row that matches counts. What is in no
// row is our own mistake, and 500.
func table() []row {
	return []row{
		{signin.ErrBusy, http.StatusServiceUnavailable, "busy"},
		{signin.ErrRefused, http.StatusUnauthorized, "unauthenticated"},
		{apikey.ErrRefused, http.StatusUnauthorized, "unauthenticated"},
		{ErrCredentials, http.StatusUnauthorized, "unauthenticated"},
		{ErrUnrecognised, http.StatusUnauthorized, "unauthenticated"},
		{ErrPath, http.StatusBadRequest, "bad_path"},
		{ErrJSON, http.StatusBadRequest, codeInvalid},

		{quota.ErrExceeded, http.StatusBadRequest, "quota_exceeded"},
		{workspace.ErrInactive, http.StatusForbidden, codeInactive},
		{rbac.ErrDenied, http.StatusForbidden, "forbidden"},

		{workspace.ErrNotFound, http.StatusNotFound, "not_found"},
		{offering.ErrNotFound, http.StatusNotFound, "not_found"},
		{apikey.ErrNotFound, http.StatusNotFound, "not_found"},
		{quota.ErrNotFound, http.StatusNotFound, "not_found"},
		{rbac.ErrNoNode, http.StatusNotFound, "not_found"},
		{rbac.ErrNoPrincipal, http.StatusNotFound, "not_found"},
		{rbac.ErrNoRole, http.StatusNotFound, "not_found"},

		{workspace.ErrInvalid, http.StatusBadRequest, codeInvalid},
		{quota.ErrInvalid, http.StatusBadRequest, codeInvalid},
		{rbac.ErrInvalid, http.StatusBadRequest, codeInvalid},

		{workspace.ErrTaken, http.StatusConflict, "taken"},
		{workspace.ErrInUse, http.StatusConflict, "in_use"},
		{workspace.ErrSupervisor, http.StatusConflict, "supervisor"},
		{workspace.ErrLastAdministrator, http.StatusConflict, "last_administrator"},
		{offering.ErrPersonal, http.StatusConflict, "not_personal"},
		{quota.ErrInUse, http.StatusConflict, "in_use"},
		{quota.ErrConflict, http.StatusConflict, "conflict"},
		{quota.ErrSettled, http.StatusConflict, "settled"},
		{rbac.ErrBuiltin, http.StatusConflict, "builtin"},
		{rbac.ErrRoleInUse, http.StatusConflict, "in_use"},

		// A schema is the host's program, not a caller's request.
		{rbac.ErrSchema, http.StatusInternalServerError, codeInternal},

		// The host asked for fresher facts than this server has.
		{rbac.ErrStale, http.StatusServiceUnavailable, "stale"},
		{quota.ErrUnknown, http.StatusServiceUnavailable, "outcome_unknown"},
		{context.Canceled, StatusCanceled, "canceled"},
		{context.DeadlineExceeded, http.StatusServiceUnavailable, "timeout"},
	}
}

// ProblemOf classifies an error. It is the only place that does. It must not
// be nil.
func ProblemOf(err error) Problem {
	p := Problem{Status: http.StatusInternalServerError, Code: codeInternal, Err: err}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		p.Status, p.Code = http.StatusRequestEntityTooLarge, "too_large"
		return p
	}
	// A store says so of errors that mean a database out of reach.
	if away, ok := errors.AsType[interface {
		error
		Unavailable() bool
	}](err); ok && away.Unavailable() {
		p.Status, p.Code = http.StatusServiceUnavailable, "unavailable"
		return p
	}
	for _, row := range table() {
		if errors.Is(err, row.err) {
			p.Status, p.Code = row.status, row.code
			break
		}
	}
	return p.detailed()
}

// detailed adds what an error carries besides its kind.
func (p Problem) detailed() Problem {
	if denied, ok := errors.AsType[*rbac.DeniedError](p.Err); ok && p.Status == http.StatusForbidden {
		if denied.Explanation.Cause == rbac.BySeal {
			p.Code = codeInactive
		}
	}
	if invalid, ok := errors.AsType[*workspace.InvalidError](p.Err); ok && p.Code == codeInvalid {
		p.Field, p.Expected = invalid.Field, invalid.Expected
	}
	if malformed, ok := errors.AsType[*JSONError](p.Err); ok && p.Code == codeInvalid {
		p.Field, p.Expected = malformed.Field, malformed.Expected
	}
	if taken, ok := errors.AsType[*workspace.TakenError](p.Err); ok && p.Status == http.StatusConflict {
		p.Field = taken.Field
	}
	return p
}

// Refusal is [ProblemOf] for an actor: a guest who may not is told to say who
// he is, 401 in place of 403.
func Refusal(actor workspace.Actor, err error) Problem {
	p := ProblemOf(err)
	guest := actor.Principal == 0 || actor.Principal == rbac.Guest
	if guest && p.Status == http.StatusForbidden {
		p.Status, p.Code = http.StatusUnauthorized, "unauthenticated"
	}
	return p
}
