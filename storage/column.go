package storage

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// An instant is a time as a column keeps it on both databases: microseconds
// since 1970 in UTC. The zero time is 0, and NULL in columns tagged nullzero.
type instant int64

func instantOf(t time.Time) instant {
	if t.IsZero() {
		return 0
	}
	return instant(t.UnixMicro())
}

func (i instant) time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(i)).UTC()
}

// fold returns a text as comparisons regardless of case see it. SQLite's own
// lower() knows ASCII only.
func fold(s string) string { return cases.Fold().String(norm.NFKC.String(s)) }

// likeEscaper keeps what LIKE gives a meaning, but for %.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `_`, `\_`) //nolint:gochecknoglobals // immutable

// like adds a condition on a folded column: the pattern regardless of case, %
// standing for any text.
func like(q *bun.SelectQuery, column, pattern string) *bun.SelectQuery {
	if pattern == "" {
		return q
	}
	return q.Where(`? LIKE ? ESCAPE '\'`, bun.Ident(column), likeEscaper.Replace(fold(pattern)))
}

// contains adds a condition on a folded column: the text is somewhere in it.
func contains(q *bun.SelectQuery, column, text string) *bun.SelectQuery {
	if text == "" {
		return q
	}
	quoted := strings.ReplaceAll(likeEscaper.Replace(fold(text)), "%", `\%`)
	return q.Where(`? LIKE ? ESCAPE '\'`, bun.Ident(column), "%"+quoted+"%")
}

// nodesIn adds a condition on a column of node numbers: those that c holds for,
// none when it is empty, and all when it is nil.
func nodesIn(q *bun.SelectQuery, column string, c *rbac.Condition) *bun.SelectQuery {
	if c == nil {
		return q
	}
	ranges := c.Ranges()
	if len(ranges) == 0 {
		return q.Where("1 = 0")
	}
	return q.Where("?", between{column: bun.Ident(column), ranges: ranges})
}

// between is the condition that a column lies in one of some ranges. It is
// halved again and again, since SQLite bounds how deep an expression may be.
type between struct {
	column bun.Ident
	ranges []rbac.Range
}

// AppendQuery writes the condition.
func (w between) AppendQuery(gen schema.QueryGen, b []byte) ([]byte, error) {
	if len(w.ranges) == 1 {
		return gen.AppendQuery(b, "(? BETWEEN ? AND ?)", w.column, w.ranges[0].First, w.ranges[0].Last), nil
	}
	half := len(w.ranges) / 2
	return gen.AppendQuery(b, "(? OR ?)",
		between{column: w.column, ranges: w.ranges[:half]}, between{column: w.column, ranges: w.ranges[half:]}), nil
}

// oneOf adds a condition on a column: one of the values, none when there are
// none, and anything when the list is nil.
func oneOf[T any](q *bun.SelectQuery, column string, values []T) *bun.SelectQuery {
	switch {
	case values == nil:
		return q
	case len(values) == 0:
		return q.Where("1 = 0")
	}
	return q.Where("? IN (?)", bun.Ident(column), bun.List(values))
}

// page adds order and bounds: by num, or the other way round.
func page(q *bun.SelectQuery, column string, newest bool, offset, limit int) *bun.SelectQuery {
	if newest {
		q = q.OrderExpr("? DESC", bun.Ident(column))
	} else {
		q = q.OrderExpr("? ASC", bun.Ident(column))
	}
	return bounds(q, offset, limit)
}

// bounds adds OFFSET and LIMIT.
func bounds(q *bun.SelectQuery, offset, limit int) *bun.SelectQuery {
	if limit > 0 {
		q = q.Limit(int64(limit))
	}
	if offset > 0 {
		if limit <= 0 {
			q = q.Limit(1<<31 - 1) // SQLite has no OFFSET without LIMIT
		}
		q = q.Offset(int64(offset))
	}
	return q
}

// encode returns a value as the JSON that a text column keeps.
func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("storage: encode: %w", err)
	}
	return string(b), nil
}

// decode reads what encode wrote.
func decode(text string, v any) error {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("storage: decode: %w", err)
	}
	return nil
}
