// Package signin says who somebody is: passwords, the access tokens and the
// sessions that they are exchanged for, and new passwords by mail.
//
// Passwords are kept as argon2id hashes and checked by a bounded number of
// workers, so that a flood of wrong ones does not take the machine; one that
// was right is remembered for a short while together with the hash it was
// right for, so that a changed password, a disabled or removed user is refused
// at once, on every server. New ones follow NIST SP 800-63B-4: long, not widely
// known, and otherwise as one likes. Tokens, sessions and what is sent by mail
// are random, kept as hashes, and end with a change of password.
//
// Who guesses has to wait: tries are counted in the database, by name and by
// network, whichever way and whichever server they come to. A name that was
// tried too often can still use the sessions, tokens and keys that it has.
//
// Who signs in at an identity provider is known by its issuer and its subject,
// which are linked to a user, and never by an address of mail. What the provider
// said is verified elsewhere before it comes here.
//
// Cookies and forms are not known here. Start with [New].
package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// Errors that the package returns, besides those of workspace.
var (
	// ErrRefused is returned for a name or password, or a token, that is not
	// right, whatever of it is wrong.
	ErrRefused = errors.New("signin: refused")
	// ErrBusy is returned when too many passwords are waiting to be checked.
	ErrBusy = errors.New("signin: too many sign-ins at once")
	// ErrThrottled is wrapped by [ThrottledError].
	ErrThrottled = errors.New("signin: too many tries")
	// ErrNoMail is returned for a password to be reset by mail where there is
	// no mail, whoever asks for whom.
	ErrNoMail = errors.New("signin: there is no mail to reset a password by")
)

// A ThrottledError is returned to who tried too often, whether or not what he
// tried is right: it was not looked at.
type ThrottledError struct {
	// Until is when it may be tried again, and After how long that is from now.
	Until time.Time
	After time.Duration
}

// Error tells how long to wait.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("signin: too many tries: wait %s", e.After)
}

// Unwrap makes errors.Is(err, ErrThrottled) true.
func (e *ThrottledError) Unwrap() error { return ErrThrottled }

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
	// Account returns the login of a user, or workspace.ErrNotFound.
	Account(ctx context.Context, id workspace.UserID) (Login, error)
	// Hold returns the login of a user and keeps everybody else from setting
	// his hash until the unit of work ends. It returns workspace.ErrNotFound.
	Hold(ctx context.Context, id workspace.UserID) (Login, error)
	// SetHash sets the hash of a user's password, ends his tokens, sessions and
	// resets, and returns him. It returns workspace.ErrNotFound. What ended the
	// sessions is PasswordChanged.
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

	Sessions
	Resets
	Tries
	Identities
	Visits
}

// Sessions are the part of a [Store] that keeps sessions.
type Sessions interface {
	// AddSession stores a session by the digest of its secret, which it does
	// not keep, and ends those of the user, as Expired, that ended by themselves
	// at or before now. It returns workspace.ErrNotFound for the user.
	AddSession(ctx context.Context, digest string, s Session, now time.Time) error
	// SessionUser returns a session by its digest, without secret, and whose it
	// is, or workspace.ErrNotFound.
	SessionUser(ctx context.Context, digest string) (workspace.User, Session, error)
	// SeeSession notes when a session was last used. An earlier time than the
	// one that is noted, and a session that has ended, change nothing.
	SeeSession(ctx context.Context, id SessionID, at time.Time) error
	// FindSession returns a session by its id, without secret, and whose it is,
	// or workspace.ErrNotFound.
	FindSession(ctx context.Context, id SessionID) (workspace.User, Session, error)
	// ListSessions returns the sessions of a user that end after now, the last
	// to begin first.
	ListSessions(ctx context.Context, user workspace.UserID, now time.Time) ([]Session, error)
	// EndSession ends a session, or returns workspace.ErrNotFound.
	EndSession(ctx context.Context, id SessionID, why Ending) error
	// EndAll ends all sessions and tokens of a user, and returns how many those
	// were.
	EndAll(ctx context.Context, user workspace.UserID, why Ending) (int, error)
	// EndedSession returns what ended a session, by its digest. It returns
	// workspace.ErrNotFound for one that has not ended, or was forgotten. Of the
	// sessions that a user has when he is deleted nothing is kept.
	EndedSession(ctx context.Context, digest string) (Ending, error)
	// EndMembers ends all sessions and tokens of the members of workspaces,
	// directly or through groups, but for those who are spared. Nobody gets
	// another before the unit of work ends. It returns of how many people
	// something ended: of the members of each workspace, and in all, where who is
	// a member of two counts once. Nil for workspaces, like none, is none.
	EndMembers(
		ctx context.Context, in []workspace.ID, spared Spared, why Ending,
	) (each map[workspace.ID]int, people int, err error)
}

// Spared says whose sessions and tokens do not end with those of others.
type Spared struct {
	User           workspace.UserID // nobody's when empty
	Administrators bool             // those of the platform
}

// Resets are the part of a [Store] that keeps who was sent a mail to reset his
// password by.
type Resets interface {
	// Addressee returns the login of an e-mail address or else of a username,
	// regardless of case, or workspace.ErrNotFound.
	Addressee(ctx context.Context, text string) (Login, error)
	// AddReset stores by its digest that a user may reset his password until it
	// expires. It returns workspace.ErrNotFound for the user.
	AddReset(ctx context.Context, digest string, user workspace.UserID, now, expires time.Time) error
	// CountResets returns how many resets of a user end after now.
	CountResets(ctx context.Context, user workspace.UserID, now time.Time) (int, error)
	// ResetLogin returns whose reset it is by its digest, and when it ends, or
	// workspace.ErrNotFound.
	ResetLogin(ctx context.Context, digest string) (Login, time.Time, error)
	// EndReset ends a reset, once: whoever comes second gets
	// workspace.ErrNotFound.
	EndReset(ctx context.Context, digest string) error
}

// Tries are the part of a [Store] that counts who tried how often.
type Tries interface {
	// WaitUntil returns the latest time before which one of the subjects may
	// not be tried, zero when all are unknown.
	WaitUntil(ctx context.Context, subjects []string) (time.Time, error)
	// CountTry counts a try of a subject, keeps everybody else from counting
	// one until the unit of work ends, and returns how many there were. Where
	// the subject may not be tried before a later time it counts nothing and
	// returns 0 and that time. A subject that could be tried since forget or
	// longer begins anew.
	CountTry(ctx context.Context, subject string, now, forget time.Time) (int, time.Time, error)
	// DelayTry sets the time before which a subject may not be tried.
	DelayTry(ctx context.Context, subject string, until time.Time) error
	// ReturnTry takes back a try that was counted, and the wait until a time
	// when it is that one that the subject has.
	ReturnTry(ctx context.Context, subject string, until, now time.Time) error
	// ForgetTries forgets a subject.
	ForgetTries(ctx context.Context, subject string) error
	// Tidy forgets the subjects that could be tried since old or longer, the
	// tokens and resets that ended at or before now, and what ended the sessions
	// that would have ended by themselves at or before old. Sessions that ended
	// at or before now it ends as Expired.
	Tidy(ctx context.Context, old, now time.Time) error
}

// A Trail records; an [audit.Store] does.
type Trail interface {
	Append(ctx context.Context, e audit.Event) error
}

// A Mailer sends, in the unit of work that it is called in.
type Mailer interface {
	Enqueue(ctx context.Context, m mail.Message) error
}

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// TokenLife is how long an access token lasts, an hour when 0.
	TokenLife time.Duration
	// SessionLife is how long a session lasts at most, 12 hours when 0, and
	// SessionIdle how long one lasts that is not used, an hour when 0.
	SessionLife time.Duration
	SessionIdle time.Duration
	// Workers bounds how many passwords are checked at once, half the number of
	// processors when 0; Waiting how many more may wait, 64 when 0.
	Workers int
	Waiting int
	// Remember is how long a password that was right is remembered, a minute
	// when 0, not at all when negative.
	Remember time.Duration
	// MinLength is how many characters a new password has at least, 15 when 0.
	// NIST SP 800-63B-4 allows 8 where a password is one of two factors; less
	// than 8 is 8.
	MinLength int
	// Words are what this service is called, besides Bailiwick: no password is
	// made of them alone.
	Words []string
	// Mail sends what resets a password, and ResetURL is the address of the
	// page that does, in which {token} stands for what it needs. Without either
	// no password is reset by mail.
	Mail     Mailer
	ResetURL string
	// ResetTime is how long asking for a reset takes, whoever it is for: 250
	// milliseconds when 0, as long as it takes when negative.
	ResetTime time.Duration
	// Accounts makes the accounts of [Service.Enroll]. Without it nobody gets one
	// by coming.
	Accounts Enroller
	// Reach says whose sessions somebody may see and end who does not hold
	// workspace.ManageUsers. Without it nobody else may. Passwords and identities
	// are beyond it.
	Reach Reach
}
