package workspace

import (
	"errors"
	"fmt"
)

// Errors that the package returns, besides *[rbac.DeniedError] for a missing
// right and *[quota.ExceededError] for a limit.
var (
	// ErrNotFound is returned for what does not exist, and for what the actor
	// may not know to exist.
	ErrNotFound = errors.New("workspace: not found")
	// ErrInvalid is wrapped by [InvalidError].
	ErrInvalid = errors.New("workspace: invalid")
	// ErrTaken is wrapped by [TakenError].
	ErrTaken = errors.New("workspace: taken")
	// ErrInUse is returned for an attempt to delete what still holds or is
	// referred to by something else; the error says by what.
	ErrInUse = errors.New("workspace: in use")
	// ErrSupervisor is returned for an attempt to remove the supervisor of a
	// workspace or to make nobody, a group or a disabled user one.
	ErrSupervisor = errors.New("workspace: the supervisor can only be replaced")
	// ErrInactive is returned for an act in a workspace that is deactivated.
	ErrInactive = errors.New("workspace: deactivated")
	// ErrLastAdministrator is returned for an attempt to leave the platform
	// without an administrator who can sign in.
	ErrLastAdministrator = errors.New("workspace: the platform needs an administrator")
)

// An InvalidError names the field that was malformed and what was expected.
type InvalidError struct {
	Field    string // as the domain calls it: "technical_name"
	Expected string // "1 to 30 of A-Z a-z 0-9 _ - ."
}

// Error tells the field and what was expected.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("workspace: invalid %s: expected %s", e.Field, e.Expected)
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e *InvalidError) Unwrap() error { return ErrInvalid }

// A TakenError names the field whose value somebody else has.
type TakenError struct {
	Field string
	Value string
}

// Error tells the field and the value.
func (e *TakenError) Error() string {
	return fmt.Sprintf("workspace: %s %q is taken", e.Field, e.Value)
}

// Unwrap makes errors.Is(err, ErrTaken) true.
func (e *TakenError) Unwrap() error { return ErrTaken }
