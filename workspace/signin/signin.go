// Package signin says who somebody is: passwords, and the access tokens that
// they are exchanged for.
//
// Passwords are kept as argon2id hashes and checked by a bounded number of
// workers, so that a flood of wrong ones does not take the machine; one that
// was right is remembered for a short while together with the hash it was
// right for, so that a changed password, a disabled or removed user is refused
// at once, on every server. Access tokens are random, kept as hashes, and end
// with a change of password. Start with [New].
package signin

import (
	"context"
	"errors"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Errors that the package returns, besides those of workspace.
var (
	// ErrRefused is returned for a name or password, or a token, that is not
	// right, whatever of it is wrong.
	ErrRefused = errors.New("signin: refused")
	// ErrBusy is returned when too many passwords are waiting to be checked.
	ErrBusy = errors.New("signin: too many sign-ins at once")
)

// A Login is what the store knows for signing in.
type Login struct {
	User workspace.User
	// Hash is the password's, in the PHC string format; empty for none.
	Hash string
}

// A Store keeps what signing in needs. Methods that change something are
// called inside a unit of work and fail outside one.
type Store interface {
	// Tx runs fn in a unit of work, joining the one that ctx is in.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	// Login returns the login of a username, regardless of case, or
	// workspace.ErrNotFound.
	Login(ctx context.Context, username string) (Login, error)
	// SetHash sets the hash of a user's password, ends his tokens, and returns
	// him. It returns workspace.ErrNotFound.
	SetHash(ctx context.Context, id workspace.UserID, hash string, at time.Time) (workspace.User, error)
	// SetLogin notes when a user last signed in, and keeps everybody else from
	// setting his hash until the unit of work ends. It returns
	// workspace.ErrNotFound.
	SetLogin(ctx context.Context, id workspace.UserID, at time.Time) error
	// AddToken stores a token by its digest and forgets those of the user that
	// ended at or before now. It returns workspace.ErrNotFound for the user.
	AddToken(ctx context.Context, digest string, t Token, client string, now time.Time) error
	// TokenUser returns the user of a token by its digest and when it ends, or
	// workspace.ErrNotFound.
	TokenUser(ctx context.Context, digest string) (workspace.User, time.Time, error)
}

// A Trail records; an [audit.Store] does.
type Trail interface {
	Append(ctx context.Context, e audit.Event) error
}

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// TokenLife is how long an access token lasts, an hour when 0.
	TokenLife time.Duration
	// Workers bounds how many passwords are checked at once, the number of
	// processors when 0; Waiting how many more may wait, 64 when 0.
	Workers int
	Waiting int
	// Remember is how long a password that was right is remembered, a minute
	// when 0, not at all when negative.
	Remember time.Duration
}
