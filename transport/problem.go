package transport

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// Errors of the package itself.
var (
	// ErrUnrecognised is what [Services.Host] returns for a request that it
	// leaves to the other ways of recognising who is calling.
	ErrUnrecognised = errors.New("transport: not recognised")
	// ErrPrecondition is what a change is refused with that was asked for on the
	// condition that something is still what it was.
	ErrPrecondition = errors.New("transport: it has changed meanwhile")
	// ErrMedia is what a body is refused with that is not of a kind that is read.
	ErrMedia = errors.New("transport: the body is of another media type")
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
	codeUnknown  = "unauthenticated"
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
	// RetryAfter is how long to wait before trying again, where the error says.
	RetryAfter time.Duration
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
		{signin.ErrThrottled, http.StatusTooManyRequests, "too_many_tries"},
		{signin.ErrNoMail, http.StatusServiceUnavailable, "no_mail"},
		{signin.ErrBusy, http.StatusServiceUnavailable, "busy"},
		{signin.ErrRefused, http.StatusUnauthorized, codeUnknown},
		{signin.ErrNoIdentity, http.StatusUnauthorized, "unknown_identity"},
		{signin.ErrLastIdentity, http.StatusConflict, "last_identity"},
		{apikey.ErrRefused, http.StatusUnauthorized, codeUnknown},
		{accesskey.ErrRefused, http.StatusUnauthorized, codeUnknown},
		{ErrCredentials, http.StatusUnauthorized, codeUnknown},
		{ErrUnrecognised, http.StatusUnauthorized, codeUnknown},
		{ErrCrossOrigin, http.StatusForbidden, "cross_origin"},
		{errMethod, http.StatusMethodNotAllowed, "method_not_allowed"},
		{ErrPath, http.StatusBadRequest, "bad_path"},
		{ErrJSON, http.StatusBadRequest, codeInvalid},
		{ErrMedia, http.StatusUnsupportedMediaType, "unsupported_media_type"},
		{ErrPrecondition, http.StatusPreconditionFailed, "precondition_failed"},

		{idempotency.ErrMismatch, http.StatusUnprocessableEntity, "idempotency_mismatch"},
		{idempotency.ErrDone, http.StatusConflict, "already_done"},

		{quota.ErrExceeded, http.StatusBadRequest, "quota_exceeded"},
		{workspace.ErrInactive, http.StatusForbidden, codeInactive},
		{rbac.ErrDenied, http.StatusForbidden, "forbidden"},

		{workspace.ErrNotFound, http.StatusNotFound, "not_found"},
		{offering.ErrNotFound, http.StatusNotFound, "not_found"},
		{apikey.ErrNotFound, http.StatusNotFound, "not_found"},
		{quota.ErrNotFound, http.StatusNotFound, "not_found"},
		{mail.ErrNotFound, http.StatusNotFound, "not_found"},
		{rbac.ErrNoNode, http.StatusNotFound, "not_found"},
		{rbac.ErrNoPrincipal, http.StatusNotFound, "not_found"},
		{rbac.ErrNoRole, http.StatusNotFound, "not_found"},

		{workspace.ErrInvalid, http.StatusBadRequest, codeInvalid},
		{quota.ErrInvalid, http.StatusBadRequest, codeInvalid},
		{mail.ErrInvalid, http.StatusBadRequest, codeInvalid},
		{rbac.ErrInvalid, http.StatusBadRequest, codeInvalid},

		{workspace.ErrTaken, http.StatusConflict, "taken"},
		{workspace.ErrInUse, http.StatusConflict, "in_use"},
		{workspace.ErrSupervisor, http.StatusConflict, "supervisor"},
		{workspace.ErrHeir, http.StatusConflict, "heir"},
		{workspace.ErrOwns, http.StatusConflict, "owns_resources"},
		{workspace.ErrBlocked, http.StatusConflict, "blocked"},
		{workspace.ErrChanged, http.StatusPreconditionFailed, "precondition_failed"},
		{workspace.ErrSuperior, http.StatusConflict, "superior"},
		{workspace.ErrLastAdministrator, http.StatusConflict, "last_administrator"},
		{workspace.ErrPending, http.StatusConflict, "invited_already"},
		{workspace.ErrSettled, http.StatusConflict, "settled"},
		{workspace.ErrExpired, http.StatusGone, "expired"},
		{workspace.ErrInviter, http.StatusConflict, "inviter_lost_power"},
		{workspace.ErrSignIn, http.StatusUnauthorized, "sign_in_first"},
		{workspace.ErrNoLink, http.StatusConflict, "no_link"},
		{offering.ErrPersonal, http.StatusConflict, "not_personal"},
		{accesskey.ErrEnded, http.StatusConflict, "key_ended"},
		{accesskey.ErrRotating, http.StatusConflict, "key_rotating"},
		{accesskey.ErrRotated, http.StatusConflict, "key_rotated"},
		{accesskey.ErrOwns, http.StatusConflict, "owns_resources"},
		{quota.ErrInUse, http.StatusConflict, "in_use"},
		{quota.ErrConflict, http.StatusConflict, "conflict"},
		{quota.ErrSettled, http.StatusConflict, "settled"},
		{rbac.ErrBuiltin, http.StatusConflict, "builtin"},
		{mail.ErrBuiltin, http.StatusConflict, "builtin"},
		{rbac.ErrRoleInUse, http.StatusConflict, "in_use"},

		{resource.ErrNotFound, http.StatusNotFound, "not_found"},
		{feature.ErrNoLayer, http.StatusNotFound, "no_layer"},
		{feature.ErrNotFound, http.StatusNotFound, "not_found"},
		{feature.ErrNoAttachment, http.StatusNotFound, "not_found"},
		{upload.ErrNotFound, http.StatusNotFound, "not_found"},
		{resource.ErrInvalid, http.StatusBadRequest, codeInvalid},
		{resource.ErrNoClass, http.StatusBadRequest, "no_class"},
		{feature.ErrNoImage, http.StatusBadRequest, "no_image"},
		{feature.ErrTooLarge, http.StatusRequestEntityTooLarge, "too_large"},
		{upload.ErrTooLarge, http.StatusRequestEntityTooLarge, "too_large"},
		{upload.ErrBudget, http.StatusTooManyRequests, "too_many_uploads"},
		{resource.ErrCycle, http.StatusConflict, "cycle"},
		{resource.ErrElsewhere, http.StatusConflict, "elsewhere"},
		{resource.ErrHierarchy, http.StatusConflict, "hierarchy"},
		{resource.ErrRoot, http.StatusConflict, "root"},
		{resource.ErrReferred, http.StatusConflict, "referred"},
		{resource.ErrLockout, http.StatusConflict, "lockout"},
		{resource.ErrTaken, http.StatusConflict, "taken"},
		{upload.ErrOffset, http.StatusConflict, "offset"},
		{upload.ErrIncomplete, http.StatusConflict, "incomplete"},
		{resource.ErrNoSealer, http.StatusServiceUnavailable, "no_sealer"},
		{resource.ErrCatalog, http.StatusInternalServerError, codeInternal},

		{database.ErrName, http.StatusBadRequest, codeInvalid},
		{database.ErrNotFound, http.StatusNotFound, "not_found"},
		{database.ErrBackup, http.StatusBadRequest, "no_backup"},
		{database.ErrExists, http.StatusConflict, "taken"},
		{database.ErrInUse, http.StatusConflict, "in_use"},
		{database.ErrLocked, http.StatusConflict, "locked"},
		{database.ErrState, http.StatusConflict, "under_way"},
		{database.ErrBusy, http.StatusServiceUnavailable, "busy"},
		{database.ErrNoProvisioner, http.StatusServiceUnavailable, "no_databases"},
		{database.ErrNoFiles, http.StatusServiceUnavailable, "no_backups"},

		{audit.ErrBroken, http.StatusConflict, "broken_trail"},

		// A schema is the host's program, not a caller's request, and so is who
		// signs.
		{rbac.ErrSchema, http.StatusInternalServerError, codeInternal},
		{audit.ErrNoSigner, http.StatusInternalServerError, codeInternal},

		// The host asked for fresher facts than this server has.
		{workspace.ErrNoMailer, http.StatusServiceUnavailable, "no_mail"},
		{mail.ErrNoSealer, http.StatusServiceUnavailable, "no_mail"},
		{rbac.ErrStale, http.StatusServiceUnavailable, "stale"},
		{quota.ErrUnknown, http.StatusServiceUnavailable, "outcome_unknown"},
		// Nobody who calls is told what became of a mail.
		{mail.ErrRefused, http.StatusInternalServerError, codeInternal},
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
	if invalid, ok := errors.AsType[*mail.InvalidError](p.Err); ok && p.Code == codeInvalid {
		p.Field, p.Expected = invalid.Field, invalid.Expected
	}
	if malformed, ok := errors.AsType[*JSONError](p.Err); ok && p.Code == codeInvalid {
		p.Field, p.Expected = malformed.Field, malformed.Expected
	}
	if throttled, ok := errors.AsType[*signin.ThrottledError](p.Err); ok && p.Status == http.StatusTooManyRequests {
		p.RetryAfter = throttled.After
	}
	if taken, ok := errors.AsType[*workspace.TakenError](p.Err); ok && p.Status == http.StatusConflict {
		p.Field = taken.Field
	}
	if taken, ok := errors.AsType[*resource.TakenError](p.Err); ok && p.Status == http.StatusConflict {
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
		p.Status, p.Code = http.StatusUnauthorized, codeUnknown
	}
	return p
}
