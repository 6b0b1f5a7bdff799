package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// changes is one statement, which sees one state of the database. What lies
// within is counted in what is around it: of what is used now, only what lies
// within nothing that is chosen is to be added up.
const changes = `
WITH RECURSIVE chosen (id, within_id, used) AS (
	SELECT a.id, a.within_id, a.used FROM allocations AS a WHERE ?0
	UNION
	SELECT a.id, a.within_id, a.used FROM chosen AS c JOIN allocations AS a ON a.within_id = c.id)
SELECT -1 AS step, CAST(COALESCE(SUM(c.used), 0) AS BIGINT) AS amount FROM chosen AS c
	WHERE c.within_id IS NULL OR c.within_id NOT IN (SELECT id FROM chosen)
UNION ALL
SELECT CASE WHEN l.at > ?2 THEN ?4 ELSE (l.at - ?1 - 1) / ?3 END, CAST(SUM(l.amount) AS BIGINT)
	FROM ledger AS l WHERE l.allocation_id IN (SELECT id FROM chosen) AND l.at > ?1
	GROUP BY 1`

// Changes implements [quota.Counters].
func (q *Quotas) Changes(ctx context.Context, f quota.ChangeFilter) (int64, []int64, error) {
	s, err := q.db.reading(ctx)
	if err != nil {
		return 0, nil, err
	}
	chosen := s.db.QueryGen().FormatQuery("a.pool_id = ?", f.Pool)
	if f.Allocation != "" {
		chosen = s.db.QueryGen().FormatQuery("a.id = ?", f.Allocation)
	}
	var rows []struct {
		Step   int
		Amount int64
	}
	steps := f.Steps()
	err = s.raw(changes, bun.Safe(chosen), f.From.UnixMicro(), f.To.UnixMicro(), f.Step.Microseconds(), steps).Scan(ctx, &rows)
	if err != nil {
		return 0, nil, fmt.Errorf("storage: changes of use: %w", err)
	}
	var use int64
	sums := make([]int64, steps+1)
	for _, r := range rows {
		if r.Step < 0 {
			use = r.Amount
			continue
		}
		sums[r.Step] = r.Amount
	}
	return use, sums, nil
}
