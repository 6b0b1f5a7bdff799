package signin

import (
	"context"
	"errors"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// An Ending is what ended a session.
type Ending string

// What ends sessions.
const (
	// SignedOut is what somebody did himself, there or elsewhere.
	SignedOut Ending = "signed_out"
	// Kicked is what somebody else did who may.
	Kicked Ending = "kicked"
	// PasswordChanged is that his password was changed, set or reset.
	PasswordChanged Ending = "password"
	// IdentityUnlinked is that an identity was taken away from him by which he
	// may have come.
	IdentityUnlinked Ending = "identity"
	// UserDisabled is that he is disabled.
	UserDisabled Ending = "disabled"
	// Expired is that it lasted as long as it can, or was not used for too long.
	Expired Ending = "expired"
)

// An EndedError is returned to who comes with the secret of a session that has
// ended, and to nobody else.
type EndedError struct {
	Why Ending
}

// Error tells what ended it.
func (e *EndedError) Error() string { return "signin: the session has ended: " + string(e.Why) }

// Unwrap makes errors.Is(err, ErrRefused) true.
func (e *EndedError) Unwrap() error { return ErrRefused }

// ended returns why a secret opens no session. Whose it was is not looked at: who
// holds the secret is the one who held the session.
func (s *Service) ended(ctx context.Context, secret string) error {
	why, err := s.store.EndedSession(ctx, digestOf(secret))
	switch {
	case errors.Is(err, workspace.ErrNotFound):
		return ErrRefused
	case err != nil:
		return err
	}
	return &EndedError{Why: why}
}

// endedBy is what ends a session of a user that an actor ends.
func endedBy(actor workspace.Actor, user workspace.UserID) Ending {
	if actor.User != "" && actor.User == user {
		return SignedOut
	}
	return Kicked
}
