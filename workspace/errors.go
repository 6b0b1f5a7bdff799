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
	// ErrHeir is returned for naming somebody an owner who may own nothing: who
	// is not a member himself, or holds less than an editor.
	ErrHeir = errors.New("workspace: only members who are editors or more may own something")
	// ErrOwns is wrapped by [OwnsError].
	ErrOwns = errors.New("workspace: he owns something")
	// ErrBlocked is wrapped by [BlockedError].
	ErrBlocked = errors.New("workspace: something stands against it")
	// ErrChanged is returned for doing what was planned before something changed
	// that the plan depends on.
	ErrChanged = errors.New("workspace: something has changed since")
	// ErrSuperior is returned for an attempt to deny something in a workspace to
	// who manages workspaces above it: he could not put right what is wrong.
	ErrSuperior = errors.New("workspace: he manages the workspace from above")
	// ErrInactive is returned for an act in a workspace that is deactivated.
	ErrInactive = errors.New("workspace: deactivated")
	// ErrLastAdministrator is returned for an attempt to leave the platform
	// without an administrator who can sign in.
	ErrLastAdministrator = errors.New("workspace: the platform needs an administrator")
	// ErrNoMailer is returned for what is about mails where there are none.
	ErrNoMailer = errors.New("workspace: no mails are written here")
	// ErrPending is wrapped by [PendingError].
	ErrPending = errors.New("workspace: invited already")
	// ErrSettled is returned for a change of an invitation that was answered or
	// revoked, or has expired.
	ErrSettled = errors.New("workspace: the invitation is settled")
	// ErrExpired is returned to who holds an invitation that has expired.
	ErrExpired = errors.New("workspace: the invitation has expired")
	// ErrInviter is returned for accepting an invitation of somebody who may no
	// longer admit anybody, or not to so much.
	ErrInviter = errors.New("workspace: who invited may no longer admit")
	// ErrSignIn is returned for accepting an invitation that only the account
	// that it is for can accept.
	ErrSignIn = errors.New("workspace: sign in with the invited account first")
	// ErrNoLink is returned where the link of an invitation cannot be shown
	// again.
	ErrNoLink = errors.New("workspace: the link cannot be shown again")
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

// An OwnsError says how much somebody owns who is about to lose the right to:
// it is to be transferred, or deleted, first.
type OwnsError struct{ Holdings int }

// Error tells how much it is.
func (e *OwnsError) Error() string { return fmt.Sprintf("workspace: he owns %d things", e.Holdings) }

// Unwrap makes errors.Is(err, ErrOwns) true.
func (e *OwnsError) Unwrap() error { return ErrOwns }

// A BlockedError names what stands against a departure.
type BlockedError struct{ Blockers []Blocker }

// Error tells the first.
func (e *BlockedError) Error() string {
	if len(e.Blockers) == 0 {
		return ErrBlocked.Error()
	}
	return fmt.Sprintf("workspace: %s (%d in all)", e.Blockers[0].Text, len(e.Blockers))
}

// Unwrap makes errors.Is(err, ErrBlocked) true.
func (e *BlockedError) Unwrap() error { return ErrBlocked }

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

// A PendingError names the invitation that an address has already, which
// [Service.ResendInvitation] sends again.
type PendingError struct{ ID InvitationID }

// Error tells the invitation.
func (e *PendingError) Error() string {
	return fmt.Sprintf("workspace: invited already: invitation %s", e.ID)
}

// Unwrap makes errors.Is(err, ErrPending) true.
func (e *PendingError) Unwrap() error { return ErrPending }
