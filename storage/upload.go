package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
)

// Uploads is the [upload.Store] of a database.
type Uploads struct{ db *DB }

// Uploads returns the store of what was uploaded.
func (db *DB) Uploads() *Uploads { return &Uploads{db: db} }

var _ upload.Store = (*Uploads)(nil)

// Tx runs fn in a unit of work, see [DB.Tx].
func (u *Uploads) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return u.db.Tx(ctx, fn)
}

type uploadRow struct {
	bun.BaseModel `bun:"table:uploads,alias:u"`

	Hash      string         `bun:"hash,pk"`
	Content   upload.Content `bun:"content"`
	Source    string         `bun:"source"`
	Principal rbac.Principal `bun:"principal"`
	Size      int64          `bun:"size"`
	Received  int64          `bun:"received"`
	Charged   int64          `bun:"charged"`
	Pieces    int            `bun:"pieces"`
	Name      string         `bun:"name"`
	MediaType string         `bun:"media_type"`
	Width     int            `bun:"width"`
	Height    int            `bun:"height"`
	Deleted   bool           `bun:"deleted"`
	Created   instant        `bun:"created"`
	Expires   instant        `bun:"expires"`
}

func uploadRowOf(u upload.Upload) uploadRow {
	return uploadRow{
		Hash: u.Hash, Content: u.Content, Source: u.Source, Principal: u.Principal, Size: u.Size, Received: u.Received,
		Charged: u.Charged, Pieces: u.Pieces, Name: u.Name, MediaType: u.MediaType, Width: u.Width, Height: u.Height,
		Deleted: u.Deleted, Created: instantOf(u.Created), Expires: instantOf(u.Expires),
	}
}

func (r uploadRow) upload() upload.Upload {
	return upload.Upload{
		Hash: r.Hash, Content: r.Content, Source: r.Source, Principal: r.Principal, Size: r.Size, Received: r.Received,
		Charged: r.Charged, Pieces: r.Pieces, Name: r.Name, MediaType: r.MediaType, Width: r.Width, Height: r.Height,
		Deleted: r.Deleted, Created: r.Created.time(), Expires: r.Expires.time(),
	}
}

// AddUpload stores a new upload.
func (u *Uploads) AddUpload(ctx context.Context, made upload.Upload) error {
	s, err := u.db.writing(ctx)
	if err != nil {
		return err
	}
	row := uploadRowOf(made)
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("storage: add upload: %w", err)
	}
	return nil
}

// Upload returns one by its hash.
func (u *Uploads) Upload(ctx context.Context, hash string) (upload.Upload, error) {
	s, err := u.db.reading(ctx)
	if err != nil {
		return upload.Upload{}, err
	}
	return findUpload(ctx, s.selects(), hash)
}

// LockUpload returns one by its hash, and keeps everybody else from locking it
// until the unit of work ends.
func (u *Uploads) LockUpload(ctx context.Context, hash string) (upload.Upload, error) {
	s, err := u.db.writing(ctx)
	if err != nil {
		return upload.Upload{}, err
	}
	q, err := u.db.locking(ctx, s.selects())
	if err != nil {
		return upload.Upload{}, err
	}
	return findUpload(ctx, q, hash)
}

func findUpload(ctx context.Context, q *bun.SelectQuery, hash string) (upload.Upload, error) {
	var row uploadRow
	err := q.Model(&row).Where("hash = ?", hash).Scan(ctx)
	if none(err) {
		return upload.Upload{}, upload.ErrNotFound
	}
	if err != nil {
		return upload.Upload{}, fmt.Errorf("storage: upload: %w", err)
	}
	return row.upload(), nil
}

// SaveUpload stores a change of how much is there, and what it is.
func (u *Uploads) SaveUpload(ctx context.Context, made upload.Upload) error {
	s, err := u.db.writing(ctx)
	if err != nil {
		return err
	}
	row := uploadRowOf(made)
	res, err := s.updates().Model(&row).
		Column("size", "received", "charged", "pieces", "media_type", "width", "height", "deleted").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: save upload: %w", err)
	}
	ok, err := changed(res)
	if err == nil && !ok {
		err = upload.ErrNotFound
	}
	return err
}

// RemoveUpload deletes one, but not its content.
func (u *Uploads) RemoveUpload(ctx context.Context, hash string) error {
	return u.exec(ctx, "remove upload", "DELETE FROM uploads WHERE hash = ?", hash)
}

// exec runs a statement that changes something.
func (u *Uploads) exec(ctx context.Context, what, statement string, args ...any) error {
	s, err := u.db.writing(ctx)
	if err != nil {
		return err
	}
	if _, err := s.raw(statement, args...).Exec(ctx); err != nil {
		return fmt.Errorf("storage: %s: %w", what, err)
	}
	return nil
}

// Expire deletes uploads that are past, with what they were charged and their
// contents.
func (u *Uploads) Expire(ctx context.Context, now time.Time, limit int) (int, error) {
	s, err := u.db.writing(ctx)
	if err != nil {
		return 0, err
	}
	var rows []uploadRow
	// Who looks after another has looked waits for him, and does not find what he
	// has deleted.
	err = s.raw(`DELETE FROM uploads WHERE expires <= ? AND hash IN
		(SELECT hash FROM uploads WHERE expires <= ? ORDER BY expires, hash LIMIT ?) RETURNING source, charged, content`,
		instantOf(now), instantOf(now), limit).Scan(ctx, &rows)
	if err != nil && !none(err) {
		return 0, fmt.Errorf("storage: expire uploads: %w", err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	// In one order, so that two who do this do not wait for each other.
	slices.SortFunc(rows, func(a, b uploadRow) int { return cmp.Compare(a.Source, b.Source) })
	contents := make([]upload.Content, 0, len(rows))
	for i, bytes, files := 0, int64(0), 0; i < len(rows); i++ {
		contents = append(contents, rows[i].Content)
		bytes, files = bytes+rows[i].Charged, files+1
		if i+1 < len(rows) && rows[i+1].Source == rows[i].Source {
			continue
		}
		if err := u.Refund(ctx, rows[i].Source, bytes, files); err != nil {
			return 0, err
		}
		bytes, files = 0, 0
	}
	return len(rows), s.doom(ctx, now, "content IN (?)", bun.List(contents))
}

// Charge adds to what a source has, unless that would be more than is allowed.
func (u *Uploads) Charge(
	ctx context.Context, source string, bytes int64, files int, maxBytes int64, maxFiles int,
) (bool, error) {
	s, err := u.db.writing(ctx)
	if err != nil {
		return false, err
	}
	if bytes > maxBytes || files > maxFiles {
		return false, nil
	}
	res, err := s.raw(`INSERT INTO upload_budgets (source, bytes, files) VALUES (?, ?, ?)
		ON CONFLICT (source) DO UPDATE SET bytes = upload_budgets.bytes + excluded.bytes, files = upload_budgets.files + excluded.files
		WHERE upload_budgets.bytes <= ? AND upload_budgets.files <= ?`,
		source, bytes, files, maxBytes-bytes, maxFiles-files).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("storage: charge upload: %w", err)
	}
	return changed(res)
}

// Refund gives back what was charged.
func (u *Uploads) Refund(ctx context.Context, source string, bytes int64, files int) error {
	err := u.exec(ctx, "refund upload", "UPDATE upload_budgets SET bytes = bytes - ?, files = files - ? WHERE source = ?",
		bytes, files, source)
	if err != nil {
		return err
	}
	return u.exec(ctx, "refund upload", "DELETE FROM upload_budgets WHERE source = ? AND bytes <= 0 AND files <= 0", source)
}

// Charged returns what a source has.
func (u *Uploads) Charged(ctx context.Context, source string) (bytes int64, files int, err error) {
	s, err := u.db.reading(ctx)
	if err != nil {
		return 0, 0, err
	}
	err = s.raw("SELECT bytes, files FROM upload_budgets WHERE source = ?", source).Scan(ctx, &bytes, &files)
	if err != nil && !none(err) {
		return 0, 0, fmt.Errorf("storage: charged for uploads: %w", err)
	}
	return bytes, files, nil
}
