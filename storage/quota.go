package storage

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// Quotas keeps pools, allocations, reservations and their ledger. It is a
// [quota.Store].
type Quotas struct{ db *DB }

var _ quota.Store = (*Quotas)(nil)

// Quotas returns the store for quota.
func (db *DB) Quotas() *Quotas { return &Quotas{db} }

// Tx runs fn in a unit of work, as [DB.Tx] does.
func (q *Quotas) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return q.db.Tx(ctx, fn)
}

// InUnit implements [quota.Store].
func (q *Quotas) InUnit(ctx context.Context) bool { return q.db.unit(ctx) != nil }
