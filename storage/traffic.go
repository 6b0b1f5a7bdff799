package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

type trafficRow struct {
	bun.BaseModel `bun:"table:traffic,alias:t"`

	Day        instant               `bun:"day"`
	Offering   offering.ID           `bun:"offering_id"`
	Key        string                `bun:"key_id"`
	Permission offering.PermissionID `bun:"permission_id"`
	User       workspace.UserID      `bun:"user_id"`
	Workspace  workspace.ID          `bun:"workspace_id"`
	Endpoint   quota.PoolID          `bun:"endpoint_id"`
	Hits       int64                 `bun:"hits"`
	Bytes      int64                 `bun:"bytes"`
}

// dayOf returns the first instant of a day in UTC. A day before 1970 or at its
// beginning is a day like any other.
func dayOf(t time.Time) instant { return instant(t.UTC().Truncate(24 * time.Hour).UnixMicro()) }

// AddTraffic adds to what was counted that day.
func (o *Offerings) AddTraffic(ctx context.Context, t offering.Traffic) error {
	s, err := o.db.writing(ctx)
	if err != nil {
		return err
	}
	row := trafficRow{
		Day: dayOf(t.At), Offering: t.Offering, Key: t.Key, Permission: t.Permission, User: t.User,
		Workspace: t.Workspace, Endpoint: t.Endpoint, Hits: t.Hits, Bytes: t.Bytes,
	}
	_, err = s.inserts().Model(&row).
		On("CONFLICT (workspace_id, day, offering_id, key_id, permission_id) DO UPDATE").
		Set("hits = t.hits + EXCLUDED.hits").
		Set("bytes = t.bytes + EXCLUDED.bytes").
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: add traffic: %w", err)
	}
	return nil
}

// Days sums up traffic by day, in order.
func (o *Offerings) Days(ctx context.Context, f offering.TrafficFilter) ([]offering.Day, error) {
	s, err := o.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Day   int64
		Hits  int64
		Bytes int64
	}
	// PostgreSQL sums BIGINT up to NUMERIC.
	q := s.selects().Model((*trafficRow)(nil)).
		ColumnExpr("t.day, CAST(SUM(t.hits) AS BIGINT) AS hits, CAST(SUM(t.bytes) AS BIGINT) AS bytes").
		GroupExpr("t.day").OrderExpr("t.day")
	equal := func(column, value string) {
		if value != "" {
			q = q.Where("? = ?", bun.Ident(column), value)
		}
	}
	equal("t.user_id", string(f.User))
	equal("t.key_id", f.Key)
	equal("t.permission_id", string(f.Permission))
	equal("t.workspace_id", string(f.Workspace))
	equal("t.endpoint_id", string(f.Endpoint))
	if !f.Since.IsZero() {
		q = q.Where("t.day >= ?", dayOf(f.Since))
	}
	if !f.Until.IsZero() {
		q = q.Where("t.day <= ?", dayOf(f.Until))
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("storage: traffic: %w", err)
	}
	days := make([]offering.Day, 0, len(rows))
	for _, r := range rows {
		days = append(days, offering.Day{Day: time.UnixMicro(r.Day).UTC(), Hits: r.Hits, Bytes: r.Bytes})
	}
	return days, nil
}
