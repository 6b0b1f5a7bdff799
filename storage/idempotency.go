package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
)

// Idempotency is the store of requests that are done once.
type Idempotency struct{ db *DB }

// Idempotency returns the store of requests that are done once.
func (db *DB) Idempotency() *Idempotency { return &Idempotency{db: db} }

var _ idempotency.Store = (*Idempotency)(nil)

type idempotencyRow struct {
	bun.BaseModel `bun:"table:idempotency"`

	Principal rbac.Principal `bun:"principal,pk"`
	Key       string         `bun:"key,pk"`
	Digest    string         `bun:"digest"`
	Made      string         `bun:"made"`
	Answer    string         `bun:"answer"`
	Sealed    bool           `bun:"sealed"`
	Created   instant        `bun:"created"`
	Expires   instant        `bun:"expires"`
}

// Tx runs fn in a unit of work, see [DB.Tx].
func (i *Idempotency) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return i.db.Tx(ctx, fn)
}

// Claim stores a record unless there is one of its principal and key that is
// not past, which it returns instead.
func (i *Idempotency) Claim(
	ctx context.Context, r idempotency.Record, now time.Time,
) (idempotency.Record, bool, error) {
	s, err := i.db.writing(ctx)
	if err != nil {
		return idempotency.Record{}, false, err
	}
	_, err = s.raw("DELETE FROM idempotency WHERE principal = ? AND key = ? AND expires <= ?",
		r.Principal, r.Key, instantOf(now)).Exec(ctx)
	if err != nil {
		return idempotency.Record{}, false, fmt.Errorf("storage: claim: %w", err)
	}
	row := idempotencyRow{
		Principal: r.Principal, Key: r.Key, Digest: r.Digest, Made: r.Made, Answer: r.Answer, Sealed: r.Sealed,
		Created: instantOf(r.Created), Expires: instantOf(r.Expires),
	}
	// Where somebody else has the row and has not committed, this waits for him,
	// and sees what he committed.
	res, err := s.inserts().Model(&row).On("CONFLICT DO NOTHING").Exec(ctx)
	if err != nil {
		return idempotency.Record{}, false, fmt.Errorf("storage: claim: %w", err)
	}
	if claimed, err := changed(res); err != nil || claimed {
		return r, claimed, err
	}
	var there idempotencyRow
	if err := s.selects().Model(&there).Where("principal = ? AND key = ?", r.Principal, r.Key).Scan(ctx); err != nil {
		return idempotency.Record{}, false, fmt.Errorf("storage: claim: %w", err)
	}
	return idempotency.Record{
		Principal: there.Principal, Key: there.Key, Digest: there.Digest, Made: there.Made, Answer: there.Answer,
		Sealed: there.Sealed, Created: there.Created.time(), Expires: there.Expires.time(),
	}, false, nil
}

// Complete stores what came of a record that was claimed.
func (i *Idempotency) Complete(ctx context.Context, r idempotency.Record) error {
	s, err := i.db.writing(ctx)
	if err != nil {
		return err
	}
	_, err = s.raw("UPDATE idempotency SET made = ?, answer = ?, sealed = ? WHERE principal = ? AND key = ?",
		r.Made, r.Answer, r.Sealed, r.Principal, r.Key).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: complete: %w", err)
	}
	return nil
}

// Forget deletes the records that are past.
func (i *Idempotency) Forget(ctx context.Context, now time.Time) (int, error) {
	s, err := i.db.writing(ctx)
	if err != nil {
		return 0, err
	}
	res, err := s.raw("DELETE FROM idempotency WHERE expires <= ?", instantOf(now)).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: forget: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}
