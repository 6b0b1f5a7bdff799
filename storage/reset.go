package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// resetRow is a mail to choose a new password by.
type resetRow struct {
	bun.BaseModel `bun:"table:resets"`

	Hash    string           `bun:"hash,pk"`
	User    workspace.UserID `bun:"user_id"`
	Created instant          `bun:"created"`
	Expires instant          `bun:"expires"`
}

// Addressee returns the login of an e-mail address or else of a username,
// regardless of case, or workspace.ErrNotFound.
func (t *SignIn) Addressee(ctx context.Context, text string) (signin.Login, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return signin.Login{}, err
	}
	var r loginRow
	folded := fold(text)
	err = s.raw("SELECT "+loginColumns+` FROM users u JOIN principals p ON p.num = u.num
		WHERE u.email_fold = ? OR u.username_fold = ? ORDER BY CASE WHEN u.email_fold = ? THEN 0 ELSE 1 END LIMIT 1`,
		rbac.Administrators, folded, folded, folded).Scan(ctx, &r)
	return signin.Login{User: r.user(), Hash: r.Hash}, loginError(err)
}

// AddReset stores by its digest that a user may reset his password until it
// expires. It returns workspace.ErrNotFound for the user.
func (t *SignIn) AddReset(ctx context.Context, digest string, user workspace.UserID, now, expires time.Time) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	row := resetRow{Hash: digest, User: user, Created: instantOf(now), Expires: instantOf(expires)}
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		if isForeign(err) {
			return fmt.Errorf("%w: user", workspace.ErrNotFound)
		}
		return fmt.Errorf("storage: add reset: %w", err)
	}
	return nil
}

// CountResets returns how many resets of a user end after now.
func (t *SignIn) CountResets(ctx context.Context, user workspace.UserID, now time.Time) (int, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	var n int
	if err := s.raw("SELECT count(*) FROM resets WHERE user_id = ? AND expires > ?", user, instantOf(now)).Scan(ctx, &n); err != nil {
		return 0, fmt.Errorf("storage: count resets: %w", err)
	}
	return n, nil
}

// ResetLogin returns whose reset it is by its digest, and when it ends, or
// workspace.ErrNotFound.
func (t *SignIn) ResetLogin(ctx context.Context, digest string) (signin.Login, time.Time, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return signin.Login{}, time.Time{}, err
	}
	var r struct {
		loginRow

		End instant `bun:"reset_expires"`
	}
	err = s.raw("SELECT "+loginColumns+`, r.expires AS reset_expires FROM resets r JOIN users u ON u.id = r.user_id
		JOIN principals p ON p.num = u.num WHERE r.hash = ?`, rbac.Administrators, digest).Scan(ctx, &r)
	return signin.Login{User: r.user(), Hash: r.Hash}, r.End.time(), loginError(err)
}

// EndReset ends a reset, once: whoever comes second gets workspace.ErrNotFound.
func (t *SignIn) EndReset(ctx context.Context, digest string) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	res, err := s.raw("DELETE FROM resets WHERE hash = ?", digest).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: end reset: %w", err)
	}
	// The digest names nothing that anybody should read.
	return found(res, "reset", "")
}
