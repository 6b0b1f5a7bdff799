package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// preferenceRow is what somebody wants kept of a page.
type preferenceRow struct {
	bun.BaseModel `bun:"table:preferences,alias:pr"`

	User    workspace.UserID `bun:"user_id,pk"`
	Name    string           `bun:"name,pk"`
	Value   string           `bun:"value"`
	Updated instant          `bun:"updated"`
}

// Preferences returns those of a user in order of name.
func (w *Workspaces) Preferences(ctx context.Context, user workspace.UserID) ([]workspace.Preference, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []preferenceRow
	err = s.selects().Model(&rows).Where("pr.user_id = ?", user).OrderExpr(w.db.bytewise("pr.name")).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("storage: preferences: %w", err)
	}
	list := make([]workspace.Preference, 0, len(rows))
	for _, r := range rows {
		list = append(list, workspace.Preference{Name: r.Name, Value: json.RawMessage(r.Value), Updated: r.Updated.time()})
	}
	return list, nil
}

// LockPreferences keeps everybody else from locking those of a user.
func (w *Workspaces) LockPreferences(ctx context.Context, user workspace.UserID) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	statement := "SELECT 1 FROM users WHERE id = ?"
	if w.db.postgres() {
		statement += " FOR NO KEY UPDATE"
	}
	var there int
	switch err := s.raw(statement, user).Scan(ctx, &there); {
	case none(err):
		return fmt.Errorf("%w: user %s", workspace.ErrNotFound, user)
	case err != nil:
		return fmt.Errorf("storage: lock preferences: %w", err)
	}
	return nil
}

// PutPreference stores a preference in place of the one of its name.
func (w *Workspaces) PutPreference(ctx context.Context, user workspace.UserID, p workspace.Preference) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	row := preferenceRow{User: user, Name: p.Name, Value: string(p.Value), Updated: instantOf(p.Updated)}
	_, err = s.inserts().Model(&row).On("CONFLICT (user_id, name) DO UPDATE").
		Set("value = excluded.value, updated = excluded.updated").Exec(ctx)
	if isForeign(err) {
		return fmt.Errorf("%w: user %s: %w", workspace.ErrNotFound, user, err)
	}
	if err != nil {
		return fmt.Errorf("storage: preference %s: %w", p.Name, err)
	}
	return nil
}

// DeletePreference deletes a preference.
func (w *Workspaces) DeletePreference(ctx context.Context, user workspace.UserID, name string) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	res, err := s.raw("DELETE FROM preferences WHERE user_id = ? AND name = ?", user, name).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: delete preference: %w", err)
	}
	return found(res, "preference", name)
}
