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

// identityRow is who somebody is at an identity provider.
type identityRow struct {
	bun.BaseModel `bun:"table:identities,alias:i"`

	ID      signin.IdentityID `bun:"id,pk"`
	User    workspace.UserID  `bun:"user_id"`
	Issuer  string            `bun:"issuer"`
	Subject string            `bun:"subject"`
	Name    string            `bun:"name"`
	Created instant           `bun:"created"`
}

func (r identityRow) identity() signin.Identity {
	return signin.Identity{ID: r.ID, User: r.User, Issuer: r.Issuer, Subject: r.Subject, Name: r.Name, Created: r.Created.time()}
}

// AddIdentity stores an identity. It returns a *workspace.TakenError of
// "subject" where it is somebody's, and workspace.ErrNotFound for the user.
func (t *SignIn) AddIdentity(ctx context.Context, i signin.Identity) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	row := identityRow{ID: i.ID, User: i.User, Issuer: i.Issuer, Subject: i.Subject, Name: i.Name, Created: instantOf(i.Created)}
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		switch {
		case isUnique(err, "identities", "issuer_subject"):
			return &workspace.TakenError{Field: "subject", Value: i.Subject}
		case isForeign(err):
			return fmt.Errorf("%w: user", workspace.ErrNotFound)
		}
		return fmt.Errorf("storage: add identity: %w", err)
	}
	return nil
}

// IdentityLogin returns the login of whom a subject of an issuer is, and the
// identity, or workspace.ErrNotFound. Both are compared letter by letter.
func (t *SignIn) IdentityLogin(ctx context.Context, issuer, subject string) (signin.Login, signin.Identity, error) {
	return t.identityBy(ctx, "i.issuer = ? AND i.subject = ?", issuer, subject)
}

// FindIdentity returns an identity by its id, and the login of whom it is, or
// workspace.ErrNotFound.
func (t *SignIn) FindIdentity(ctx context.Context, id signin.IdentityID) (signin.Login, signin.Identity, error) {
	return t.identityBy(ctx, "i.id = ?", id)
}

func (t *SignIn) identityBy(ctx context.Context, where string, args ...any) (signin.Login, signin.Identity, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return signin.Login{}, signin.Identity{}, err
	}
	var r struct {
		loginRow

		IdentityID signin.IdentityID `bun:"identity_id"`
		Issuer     string            `bun:"identity_issuer"`
		Subject    string            `bun:"identity_subject"`
		Name       string            `bun:"identity_name"`
		Since      instant           `bun:"identity_created"`
	}
	err = s.raw("SELECT "+loginColumns+`, i.id AS identity_id, i.issuer AS identity_issuer, i.subject AS identity_subject,
		i.name AS identity_name, i.created AS identity_created
		FROM identities i JOIN users u ON u.id = i.user_id JOIN principals p ON p.num = u.num WHERE `+where,
		append([]any{rbac.Administrators}, args...)...).Scan(ctx, &r)
	if err != nil {
		return signin.Login{}, signin.Identity{}, loginError(err)
	}
	return signin.Login{User: r.user(), Hash: r.Hash}, signin.Identity{
		ID: r.IdentityID, User: r.ID, Issuer: r.Issuer, Subject: r.Subject, Name: r.Name, Created: r.Since.time(),
	}, nil
}

// ListIdentities returns the identities of a user, the first to be linked first.
func (t *SignIn) ListIdentities(ctx context.Context, user workspace.UserID) ([]signin.Identity, error) {
	s, err := t.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []identityRow
	if err := s.selects().Model(&rows).Where("i.user_id = ?", user).Order("i.created", "i.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: identities: %w", err)
	}
	list := make([]signin.Identity, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.identity())
	}
	return list, nil
}

// RemoveIdentity removes an identity, or returns workspace.ErrNotFound.
func (t *SignIn) RemoveIdentity(ctx context.Context, id signin.IdentityID) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	res, err := s.raw("DELETE FROM identities WHERE id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: remove identity: %w", err)
	}
	return found(res, "identity", id)
}

// EndVia ends the sessions of a user that began in one way.
func (t *SignIn) EndVia(ctx context.Context, user workspace.UserID, via string, why signin.Ending) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	_, err = s.endSessions(ctx, why, "user_id = ? AND via = ?", user, via)
	return err
}

// Spend notes by its digest that something was used, until it expires, and
// forgets what expired at or before now. It returns workspace.ErrTaken for what
// was used before.
func (t *SignIn) Spend(ctx context.Context, digest string, expires, now time.Time) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	if _, err := s.raw("DELETE FROM spent WHERE expires <= ?", instantOf(now)).Exec(ctx); err != nil {
		return fmt.Errorf("storage: forget what was spent: %w", err)
	}
	res, err := s.raw("INSERT INTO spent (hash, expires) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING", digest, instantOf(expires)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: spend: %w", err)
	}
	first, err := changed(res)
	if err == nil && !first {
		err = workspace.ErrTaken
	}
	return err
}
