package storage

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// SignIn is the store of signing in: the hashes of passwords, access tokens,
// sessions, resets, and who tried how often.
type SignIn struct{ db *DB }

// SignIn returns the store of signing in.
func (db *DB) SignIn() *SignIn { return &SignIn{db: db} }

var _ signin.Store = (*SignIn)(nil)

// tokenRow is an access token.
type tokenRow struct {
	bun.BaseModel `bun:"table:tokens"`

	Hash    string  `bun:"hash,pk"`
	User    string  `bun:"user_id"`
	Client  string  `bun:"client"`
	Created instant `bun:"created"`
	Expires instant `bun:"expires"`
}

// loginRow is a user with the hash of his password.
type loginRow struct {
	userRow

	Hash string `bun:"password_hash"`
}

const loginColumns = userColumns + ", u.password_hash"

// Tx runs fn in a unit of work, see [DB.Tx].
func (t *SignIn) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return t.db.Tx(ctx, fn)
}

// Login returns the login of a username, regardless of case, or
// workspace.ErrNotFound.
func (t *SignIn) Login(ctx context.Context, username string) (signin.Login, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return signin.Login{}, err
	}
	r, err := s.login(ctx, "u.username_fold = ?", fold(username))
	return signin.Login{User: r.user(), Hash: r.Hash}, err
}

func loginError(err error) error {
	switch {
	case err == nil:
		return nil
	case none(err):
		return workspace.ErrNotFound
	}
	return fmt.Errorf("storage: login: %w", err)
}

func (s session) login(ctx context.Context, where string, arg any) (loginRow, error) {
	var r loginRow
	err := s.raw("SELECT "+loginColumns+" FROM users u JOIN principals p ON p.num = u.num WHERE "+where,
		rbac.Administrators, arg).Scan(ctx, &r)
	return r, loginError(err)
}

// Account returns the login of a user, or workspace.ErrNotFound.
func (t *SignIn) Account(ctx context.Context, id workspace.UserID) (signin.Login, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return signin.Login{}, err
	}
	r, err := s.login(ctx, "u.id = ?", id)
	return signin.Login{User: r.user(), Hash: r.Hash}, err
}

// Hold returns the login of a user and keeps everybody else from setting his
// hash until the unit of work ends. It returns workspace.ErrNotFound.
func (t *SignIn) Hold(ctx context.Context, id workspace.UserID) (signin.Login, error) {
	s, err := t.db.writing(ctx)
	if err != nil {
		return signin.Login{}, err
	}
	if _, err := s.raw("UPDATE users SET id = id WHERE id = ?", id).Exec(ctx); err != nil {
		return signin.Login{}, fmt.Errorf("storage: hold user: %w", err)
	}
	return t.Account(ctx, id)
}

// SetHash sets the hash of a user's password, ends his tokens, sessions and
// resets, and returns him. It returns workspace.ErrNotFound.
func (t *SignIn) SetHash(ctx context.Context, id workspace.UserID, hash string, at time.Time) (workspace.User, error) {
	s, err := t.db.writing(ctx)
	if err != nil {
		return workspace.User{}, err
	}
	// The row first: a token issued at the same time is there by the time
	// tokens are ended, or is not issued.
	res, err := s.raw("UPDATE users SET password_hash = ?, updated = ? WHERE id = ?", hash, instantOf(at), id).Exec(ctx)
	if err != nil {
		return workspace.User{}, fmt.Errorf("storage: set hash: %w", err)
	}
	if err := found(res, "user", id); err != nil {
		return workspace.User{}, err
	}
	if _, err := s.endSessions(ctx, signin.PasswordChanged, "user_id = ?", id); err != nil {
		return workspace.User{}, err
	}
	for _, table := range []string{"tokens", "resets"} {
		if _, err := s.raw("DELETE FROM ? WHERE user_id = ?", bun.Ident(table), id).Exec(ctx); err != nil {
			return workspace.User{}, fmt.Errorf("storage: end %s: %w", table, err)
		}
	}
	r, err := s.login(ctx, "u.id = ?", id)
	return r.user(), err
}

// SetLogin notes when a user last signed in, and keeps everybody else from
// setting his hash until the unit of work ends. It returns
// workspace.ErrNotFound.
func (t *SignIn) SetLogin(ctx context.Context, id workspace.UserID, at time.Time) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	res, err := s.raw("UPDATE users SET last_login = ? WHERE id = ?", instantOf(at), id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: set login: %w", err)
	}
	return found(res, "user", id)
}

// AddToken stores a token by its digest and forgets those of the user that
// ended at or before now. It returns workspace.ErrNotFound for the user.
func (t *SignIn) AddToken(ctx context.Context, digest string, token signin.Token, client string, now time.Time) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	if _, err := s.raw("DELETE FROM tokens WHERE user_id = ? AND expires <= ?", token.User, instantOf(now)).Exec(ctx); err != nil {
		return fmt.Errorf("storage: forget tokens: %w", err)
	}
	row := tokenRow{
		Hash: digest, User: string(token.User), Client: client,
		Created: instantOf(now), Expires: instantOf(token.Expires),
	}
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		if isForeign(err) {
			return fmt.Errorf("%w: user", workspace.ErrNotFound)
		}
		return fmt.Errorf("storage: add token: %w", err)
	}
	return nil
}

// userNumbered are userColumns for a statement past bun.
func userNumbered() string {
	return strings.Replace(userColumns, "?", strconv.FormatInt(int64(rbac.Administrators), 10), 1)
}

// tokenQuery is what every call with a token asks, past bun.
func tokenQuery() string {
	return "SELECT " + userNumbered() + ", t.expires FROM tokens t JOIN users u ON u.id = t.user_id JOIN principals p ON p.num = u.num WHERE t.hash = $1"
}

// TokenUser returns the user of a token by its digest and when it ends, or
// workspace.ErrNotFound.
func (t *SignIn) TokenUser(ctx context.Context, digest string) (workspace.User, time.Time, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return workspace.User{}, time.Time{}, err
	}
	var u workspace.User
	var end time.Time
	found := sql.ErrNoRows
	err = t.db.eachKept(ctx, s, tokenQuery(), 15, func(r *record) { u, end, found = r.user(), instant(r.num(14)).time(), nil }, digest)
	if err == nil {
		err = found
	}
	return u, end, loginError(err)
}
