package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/resource/upload"
)

type blobRow struct {
	bun.BaseModel `bun:"table:blobs,alias:b"`

	Name    string         `bun:"name,pk"`
	State   string         `bun:"state"`
	Content upload.Content `bun:"content"`
	Variant string         `bun:"variant"`
	Begins  int64          `bun:"begins"`
	Size    int64          `bun:"size"`
	Since   instant        `bun:"since"`
}

// Announce stores that a blob is going to be written.
func (u *Uploads) Announce(ctx context.Context, b upload.Blob, now time.Time) error {
	s, err := u.db.writing(ctx)
	if err != nil {
		return err
	}
	row := blobRow{
		Name: b.Name, State: "pending", Content: b.Content, Variant: b.Variant, Begins: b.Begins, Size: b.Size, Since: instantOf(now),
	}
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("storage: announce blob: %w", err)
	}
	return nil
}

// Keep stores that a pending blob was written.
func (u *Uploads) Keep(ctx context.Context, name string, size int64) error {
	s, err := u.db.writing(ctx)
	if err != nil {
		return err
	}
	// The beginning of the content is locked before the variant is kept, so that
	// who dooms the one either finds the other or is seen to have doomed it.
	lock := ""
	if u.db.postgres() {
		lock = " FOR UPDATE"
	}
	var whole []string
	err = s.raw(`SELECT name FROM blobs WHERE state = 'kept' AND variant = ''
		AND content = (SELECT content FROM blobs WHERE name = ?) ORDER BY begins LIMIT 1`+lock, name).Scan(ctx, &whole)
	if err != nil && !none(err) {
		return fmt.Errorf("storage: keep blob: %w", err)
	}
	res, err := s.raw("UPDATE blobs SET state = 'kept', size = ? WHERE name = ? AND state = 'pending' AND (variant = '' OR ?)",
		size, name, len(whole) > 0).Exec(ctx)
	if isUnique(err, "blobs") {
		return fmt.Errorf("%w: something is kept there", upload.ErrOffset)
	}
	if err != nil {
		return fmt.Errorf("storage: keep blob: %w", err)
	}
	ok, err := changed(res)
	if err == nil && !ok {
		err = fmt.Errorf("%w: blob %s is not pending", upload.ErrNotFound, name)
	}
	return err
}

// Blobs returns what is kept of a content in a variant, in order.
func (u *Uploads) Blobs(ctx context.Context, c upload.Content, variant string) ([]upload.Blob, error) {
	s, err := u.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []blobRow
	err = s.selects().Model(&rows).Where("content = ? AND variant = ? AND state = 'kept'", c, variant).Order("begins").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("storage: blobs: %w", err)
	}
	list := make([]upload.Blob, 0, len(rows))
	for _, r := range rows {
		list = append(list, upload.Blob{Name: r.Name, Content: r.Content, Variant: r.Variant, Begins: r.Begins, Size: r.Size})
	}
	return list, nil
}

// Variants returns how many variants are kept of a content.
func (u *Uploads) Variants(ctx context.Context, c upload.Content) (int, error) {
	s, err := u.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := s.selects().Model((*blobRow)(nil)).Where("content = ? AND variant <> '' AND state = 'kept'", c).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: variants: %w", err)
	}
	return int(n), nil
}

// doom has what is kept of the contents that a condition chooses deleted. Blobs of
// the contents themselves come first, see [Uploads.Keep].
func (s session) doom(ctx context.Context, now time.Time, where string, args ...any) error {
	for _, variants := range []string{"variant = ''", "variant <> ''"} {
		_, err := s.updates().Model((*blobRow)(nil)).Set("state = 'doomed', since = ?", instantOf(now)).
			Where("state = 'kept' AND "+variants).Where(where, args...).Exec(ctx)
		if err != nil {
			return fmt.Errorf("storage: doom blobs: %w", err)
		}
	}
	return nil
}

// Doom has all that is kept of a content deleted, its variants included.
func (u *Uploads) Doom(ctx context.Context, c upload.Content, now time.Time) error {
	s, err := u.db.writing(ctx)
	if err != nil {
		return err
	}
	return s.doom(ctx, now, "content = ?", c)
}

// DoomBlob has a blob deleted if it is pending.
func (u *Uploads) DoomBlob(ctx context.Context, name string, now time.Time) (bool, error) {
	s, err := u.db.writing(ctx)
	if err != nil {
		return false, err
	}
	res, err := s.raw("UPDATE blobs SET state = 'doomed', since = ? WHERE name = ? AND state = 'pending'",
		instantOf(now), name).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("storage: doom blob: %w", err)
	}
	return changed(res)
}

// DoomPending has blobs deleted that are pending since before a time.
func (u *Uploads) DoomPending(ctx context.Context, before, now time.Time) error {
	return u.exec(ctx, "doom pending blobs", "UPDATE blobs SET state = 'doomed', since = ? WHERE state = 'pending' AND since < ?",
		instantOf(now), instantOf(before))
}

// Doomed returns names of blobs that were doomed before a time, in order.
func (u *Uploads) Doomed(ctx context.Context, before time.Time, after string, limit int) ([]string, error) {
	s, err := u.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	err = s.selects().Model((*blobRow)(nil)).Column("name").Where("state = 'doomed' AND since < ?", instantOf(before)).
		Where("name > ?", after).Order("name").Limit(int64(limit)).Scan(ctx, &names)
	if err != nil {
		return nil, fmt.Errorf("storage: doomed blobs: %w", err)
	}
	return names, nil
}

// Forget removes blobs that are doomed.
func (u *Uploads) Forget(ctx context.Context, names []string) error {
	return u.exec(ctx, "forget blobs", "DELETE FROM blobs WHERE state = 'doomed' AND name IN (?)", bun.List(names))
}
