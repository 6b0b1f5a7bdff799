package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// poolRow is a shared facility.
type poolRow struct {
	bun.BaseModel `bun:"table:pools"`

	Num           int64   `bun:"num,pk,autoincrement"`
	ID            string  `bun:"id"`
	Kind          string  `bun:"kind"`
	Unit          string  `bun:"unit"`
	Type          string  `bun:"type"`
	Name          string  `bun:"name"`
	NameFold      string  `bun:"name_fold"`
	TechnicalName string  `bun:"technical_name,nullzero"`
	Description   string  `bun:"description"`
	Labels        string  `bun:"labels"`
	URLs          string  `bun:"urls"`
	Open          bool    `bun:"open"`
	Capacity      int64   `bun:"capacity"`
	Used          int64   `bun:"used"`
	Details       string  `bun:"details"`
	Created       instant `bun:"created"`
	Updated       instant `bun:"updated"`
}

func poolRowOf(p quota.Pool) (poolRow, error) {
	labels, urls, details := p.Labels, p.URLs, string(p.Details)
	if labels == nil {
		labels = []string{}
	}
	if urls == nil {
		urls = []quota.URL{}
	}
	if details == "" {
		details = "{}"
	}
	labelText, err := encode(labels)
	if err != nil {
		return poolRow{}, err
	}
	urlText, err := encode(urls)
	if err != nil {
		return poolRow{}, err
	}
	return poolRow{
		Num: p.Num, ID: string(p.ID), Kind: string(p.Kind), Unit: string(p.Unit), Type: p.Type, Name: p.Name,
		NameFold: fold(p.Name), TechnicalName: p.TechnicalName, Description: p.Description, Labels: labelText,
		URLs: urlText, Open: p.Open, Capacity: p.Capacity, Details: details,
		Created: instantOf(p.Created), Updated: instantOf(p.Updated),
	}, nil
}

func (r poolRow) pool() (quota.Pool, error) {
	p := quota.Pool{
		ID: quota.PoolID(r.ID), Num: r.Num, Kind: quota.Kind(r.Kind), Unit: quota.Unit(r.Unit), Type: r.Type,
		Name: r.Name, TechnicalName: r.TechnicalName, Description: r.Description, Open: r.Open,
		Capacity: r.Capacity, Use: r.Used, Details: json.RawMessage(r.Details),
		Created: r.Created.time(), Updated: r.Updated.time(),
	}
	if err := decode(r.Labels, &p.Labels); err != nil {
		return p, err
	}
	return p, decode(r.URLs, &p.URLs)
}

// poolColumns are what is read of a pool, in statements that are written out.
const poolColumns = `num, id, kind, unit, type, name, name_fold, technical_name, description, labels, urls, open,
	capacity, used, details, created, updated`

func choosePools(f quota.PoolFilter) func(*bun.SelectQuery) *bun.SelectQuery {
	return func(q *bun.SelectQuery) *bun.SelectQuery {
		q = oneOf(q, "id", f.IDs)
		if f.Kind != "" {
			q = q.Where("kind = ?", f.Kind)
		}
		q = oneOf(q, "kind", f.Kinds)
		if f.Type != "" {
			q = q.Where("type = ?", f.Type)
		}
		if f.Open != nil {
			q = q.Where("open = ?", *f.Open)
		}
		// Technical names are ASCII, which both databases know the case of.
		q = contains(q, f.Search, "name_fold", "lower(technical_name)")
		return like(q, "name_fold", f.Name)
	}
}

func (q *Quotas) poolListing() listing {
	return listing{key: poolKey, names: quota.PoolFilter{}.Sortable(), num: "num", invalid: invalidQuota}
}

func poolKey(by string) key {
	switch by {
	case "":
		return key{"", numbers}
	case "name":
		return key{"name_fold", folded}
	case "kind", "type":
		return key{by, exact}
	case "capacity", "used", "created":
		return key{by, numbers}
	}
	return key{}
}

// Pools implements [quota.Store].
func (q *Quotas) Pools(ctx context.Context, f quota.PoolFilter) ([]quota.Pool, error) {
	s, err := q.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []poolRow
	chosen, err := q.db.order(s.selects().Model(&rows).Apply(choosePools(f)), q.poolListing(), f.Order, f.Newest, f.After, f.Offset, f.Limit)
	if err != nil {
		return nil, err
	}
	if err := chosen.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: pools: %w", err)
	}
	pools := make([]quota.Pool, 0, len(rows))
	for _, row := range rows {
		p, err := row.pool()
		if err != nil {
			return nil, err
		}
		pools = append(pools, p)
	}
	return pools, nil
}

// CountPools implements [quota.Store].
func (q *Quotas) CountPools(ctx context.Context, f quota.PoolFilter) (int, error) {
	s, err := q.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := s.selects().Model((*poolRow)(nil)).Apply(choosePools(f)).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count pools: %w", err)
	}
	return int(n), nil
}

// SavePool implements [quota.Store].
func (q *Quotas) SavePool(ctx context.Context, p quota.Pool) (quota.Pool, error) {
	s, err := q.db.writing(ctx)
	if err != nil {
		return quota.Pool{}, err
	}
	row, err := poolRowOf(p)
	if err != nil {
		return quota.Pool{}, err
	}
	var saved poolRow
	if row.Num == 0 {
		err = s.inserts().Model(&row).ExcludeColumn("used").Returning(poolColumns).Scan(ctx, &saved)
	} else {
		err = s.updates().Model(&row).
			Column("type", "name", "name_fold", "technical_name", "description", "labels", "urls", "open", "capacity", "details", "updated").
			WherePK().Returning(poolColumns).Scan(ctx, &saved)
	}
	switch {
	case none(err):
		return quota.Pool{}, quota.ErrNotFound
	case isUnique(err, "pools"):
		return quota.Pool{}, fmt.Errorf("%w: technical name %q is taken", quota.ErrConflict, p.TechnicalName)
	case err != nil:
		return quota.Pool{}, fmt.Errorf("storage: save pool: %w", err)
	}
	return saved.pool()
}

// DeletePool implements [quota.Store].
func (q *Quotas) DeletePool(ctx context.Context, id quota.PoolID) error {
	s, err := q.db.writing(ctx)
	if err != nil {
		return err
	}
	result, err := s.raw(`DELETE FROM pools WHERE id = ?
		AND NOT EXISTS (SELECT 1 FROM allocations WHERE pool_id = pools.id)`, id).Exec(ctx)
	if isForeign(err) { // an offering's, or an allocation's that came this moment
		return quota.ErrInUse
	}
	if err != nil {
		return fmt.Errorf("storage: delete pool: %w", err)
	}
	if ok, err := changed(result); ok || err != nil {
		return err
	}
	if _, err := s.pool(ctx, id); err != nil {
		return err
	}
	return quota.ErrInUse
}

// pool returns one pool, or ErrNotFound.
func (s session) pool(ctx context.Context, id quota.PoolID) (quota.Pool, error) {
	var row poolRow
	err := s.selects().Model(&row).Where("id = ?", id).Scan(ctx)
	if none(err) {
		return quota.Pool{}, quota.ErrNotFound
	}
	if err != nil {
		return quota.Pool{}, fmt.Errorf("storage: pool: %w", err)
	}
	return row.pool()
}

// AddPool implements [quota.Counters].
func (q *Quotas) AddPool(ctx context.Context, id quota.PoolID, amount int64, bound bool) (quota.Pool, bool, error) {
	s, err := q.db.writing(ctx)
	if err != nil {
		return quota.Pool{}, false, err
	}
	c := counting{use: amount, bound: bound}
	if c.possible() {
		var row poolRow
		err := s.raw("UPDATE pools SET used = used + ? WHERE id = ? AND ? RETURNING "+poolColumns,
			amount, id, bun.Safe(c.room("used", "capacity"))).Scan(ctx, &row)
		if err == nil {
			p, err := row.pool()
			return p, err == nil, err
		}
		if !none(err) {
			return quota.Pool{}, false, fmt.Errorf("storage: add to pool: %w", err)
		}
	}
	p, err := s.pool(ctx, id)
	if err != nil {
		return p, false, err
	}
	if !bound || c.below(p.Use, 0) {
		return p, false, fmt.Errorf("%w: amount: %d used in the pool cannot change by %d", quota.ErrInvalid, p.Use, amount)
	}
	return p, false, nil
}
