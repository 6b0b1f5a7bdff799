package storage

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

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

// never is a condition that nothing meets.
const never = "1 = 0"

// like adds a condition on a folded column: the pattern regardless of case, %
// standing for any text.
func like(q *bun.SelectQuery, column, pattern string) *bun.SelectQuery {
	switch {
	case pattern == "":
		return q
	case !storable(pattern): // PostgreSQL would refuse the statement
		return q.Where(never)
	}
	return q.Where(`? LIKE ? ESCAPE '\'`, bun.Ident(column), likeEscaper.Replace(fold(pattern)))
}

// begins adds a condition on a column: the text is what it begins with, exactly.
func begins(q *bun.SelectQuery, column, text string) *bun.SelectQuery {
	switch {
	case text == "":
		return q
	case !storable(text):
		return q.Where(never)
	}
	// LIKE knows no case on one of the two databases.
	return q.Where("substr(?, 1, ?) = ?", bun.Ident(column), utf8.RuneCountInString(text), text)
}

// contains adds a condition on folded expressions: the text is somewhere in
// one.
func contains(q *bun.SelectQuery, text string, folded ...string) *bun.SelectQuery {
	switch {
	case text == "":
		return q
	case !storable(text): // PostgreSQL would refuse the statement
		return q.Where(never)
	}
	pattern := "%" + strings.ReplaceAll(likeEscaper.Replace(fold(text)), "%", `\%`) + "%"
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		for _, column := range folded {
			q = q.WhereOr(`? LIKE ? ESCAPE '\'`, bun.Safe(column), pattern)
		}
		return q
	})
}

// nodesIn adds a condition on a column of node numbers, unique in its table:
// those that c holds for, none when it is empty, and all when it is nil.
func nodesIn(q *bun.SelectQuery, table, column string, c *rbac.Condition) *bun.SelectQuery {
	if c == nil {
		return q
	}
	return q.Where("?", onNodes{table, column, *c})
}

// onNodes is a condition on a column of node numbers, unique in its table, as a
// part of a statement.
type onNodes struct {
	table, column string
	nodes         rbac.Condition
}

// AppendQuery writes the condition.
func (c onNodes) AppendQuery(_ schema.QueryGen, b []byte) ([]byte, error) {
	ranges := c.nodes.Ranges()
	if len(ranges) == 0 {
		return append(b, never...), nil
	}
	const few = 16
	if len(ranges) <= few {
		b = append(b, '(')
		for i, r := range ranges {
			if i > 0 {
				b = append(b, " OR "...)
			}
			b = fmt.Appendf(b, "%s BETWEEN %d AND %d", c.column, r.First, r.Last)
		}
		return append(b, ')'), nil
	}
	// What SQLite takes to plan many alternatives grows with their square, so
	// they are a table of their own, each row of which is looked up.
	b = fmt.Appendf(b, "%s IN (SELECT many.num FROM (VALUES ", c.column)
	for i, r := range ranges {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = fmt.Appendf(b, "(%d, %d)", r.First, r.Last)
	}
	return fmt.Appendf(b, ") AS r JOIN %s AS many ON many.num BETWEEN r.column1 AND r.column2)", c.table), nil
}

// An alternative is a condition with what stands for ? in it.
type alternative struct {
	condition string
	nodes     onNodes
}

// either is the condition that one of some holds.
type either []alternative

// AppendQuery writes the condition.
func (e either) AppendQuery(gen schema.QueryGen, b []byte) ([]byte, error) {
	b = append(b, '(')
	for i, a := range e {
		if i > 0 {
			b = append(b, " OR "...)
		}
		b = gen.AppendQuery(b, a.condition, a.nodes)
	}
	return append(b, ')'), nil
}

// oneOf adds a condition on a column: one of the values, none when there are
// none, and anything when the list is nil.
func oneOf[T any](q *bun.SelectQuery, column string, values []T) *bun.SelectQuery {
	switch {
	case values == nil:
		return q
	case len(values) == 0:
		return q.Where(never)
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
