package storage

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A comparison is how the values of a column compare.
type comparison int

const (
	// numbers are integers, times, and truths as 0 and 1.
	numbers comparison = iota + 1
	// folded texts stand folded in a column that compares bytes on both
	// databases. Marks have them as they are shown.
	folded
	// exact texts, such as codes, compare as they are.
	exact
)

// A key is an expression that a list can be put in order by. No expression
// means the number alone.
type key struct {
	expr string
	as   comparison // 0 for a key that there is not
}

// flag makes a key of a condition.
func flag(condition string) key { return key{"CASE WHEN " + condition + " THEN 1 ELSE 0 END", numbers} }

// A listing is what can be put in order.
type listing struct {
	// key returns what an [paging.Order] names; the empty name is the order of
	// the list itself.
	key func(by string) key
	// names are those that key knows, for who named another.
	names []string
	// num is the column of the number, unique in the list.
	num     string
	invalid func(field, expected string) error
}

// order puts a query in order, lets it begin after a mark, and bounds it.
// Newest turns round the order of the list itself.
func (db *DB) order(
	q *bun.SelectQuery, l listing, o paging.Order, newest bool, after *paging.Mark, offset, limit int,
) (*bun.SelectQuery, error) {
	k := l.key(o.By)
	if k.as == 0 {
		return nil, l.invalid("sort", "one of "+strings.Join(l.names, ", "))
	}
	if o == (paging.Order{}) {
		o.Descending = newest
	}
	direction, behind := "ASC", ">"
	if o.Descending {
		direction, behind = "DESC", "<"
	}
	num := bun.Ident(l.num)
	if k.expr == "" {
		if after != nil {
			q = q.Where("? ? ?", num, bun.Safe(behind), after.Num)
		}
		return bounds(q.OrderExpr("? ?", num, bun.Safe(direction)), offset, limit), nil
	}
	if k.as == exact {
		k.expr = db.bytewise(k.expr)
	}
	expr := bun.Safe(k.expr)
	if after != nil {
		value, err := k.value(after.Value)
		if err != nil {
			return nil, l.invalid("after", "the place of a row in a list of this order")
		}
		// Both databases find the place of a pair in an index that has both.
		q = q.Where("(?, ?) ? (?, ?)", expr, num, bun.Safe(behind), value, after.Num)
	}
	return bounds(q.OrderExpr("? ?1, ?2 ?1", expr, bun.Safe(direction), num), offset, limit), nil
}

// bytewise makes PostgreSQL compare a text as SQLite does.
func (db *DB) bytewise(expr string) string {
	if db.postgres() {
		return "(" + expr + `) COLLATE "C"`
	}
	return expr
}

var errMark = errors.New("storage: no text of a mark")

// value reads what a mark says of a column.
func (k key) value(text string) (any, error) {
	switch {
	case k.as == numbers:
		return strconv.ParseInt(text, 10, 64) //nolint:wrapcheck // told as an invalid mark
	case !storable(text):
		return nil, errMark
	case k.as == folded:
		return fold(text), nil
	}
	return text, nil
}

// storable reports whether both databases could have kept a text.
func storable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// during adds a condition on a column of times.
func during(q *bun.SelectQuery, column string, p workspace.Period) *bun.SelectQuery {
	if !p.From.IsZero() {
		q = q.Where("? >= ?", bun.Ident(column), instantOf(p.From))
	}
	if !p.Before.IsZero() {
		q = q.Where("? < ?", bun.Ident(column), instantOf(p.Before))
	}
	return q
}

func invalidWorkspace(field, expected string) error {
	return &workspace.InvalidError{Field: field, Expected: expected}
}

func invalidQuota(field, expected string) error {
	return fmt.Errorf("%w: %s: %s expected", quota.ErrInvalid, field, expected)
}

func invalidRule(field, expected string) error {
	return fmt.Errorf("%w: %s: expected %s", rbac.ErrInvalid, field, expected)
}
