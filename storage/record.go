package storage

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A record is a row of a statement that bun has no part in: where a hundred
// thousand rows are read, or a single one as fast as can be, what bun does for
// each would be most of the work.
type record struct {
	values []any
	into   []any
	err    error
}

func newRecord(columns int) *record {
	r := &record{values: make([]any, columns), into: make([]any, columns)}
	for i := range r.values {
		r.into[i] = &r.values[i]
	}
	return r
}

func (r *record) unexpected(i int) {
	if r.err == nil {
		r.err = fmt.Errorf("storage: column %d is %T", i, r.values[i])
	}
}

// num returns a number, 0 for NULL.
func (r *record) num(i int) int64 {
	switch v := r.values[i].(type) {
	case int64:
		return v
	case nil:
		return 0
	}
	r.unexpected(i)
	return 0
}

// text returns a text, empty for NULL.
func (r *record) text(i int) string {
	switch v := r.values[i].(type) {
	case string:
		return v
	case nil:
		return ""
	}
	r.unexpected(i)
	return ""
}

// flag returns a truth, which SQLite also tells as a number.
func (r *record) flag(i int) bool {
	switch v := r.values[i].(type) {
	case bool:
		return v
	case int64:
		return v != 0
	case nil:
		return false
	}
	r.unexpected(i)
	return false
}

// each runs a statement and hands over its rows, which have that many columns.
// Like a statement of bun's, it fails its unit of work when it fails.
func (s session) each(ctx context.Context, query string, columns int, row func(r *record), args ...any) error {
	rows, err := s.conn.QueryContext(ctx, query, args...)
	return s.scan(rows, err, columns, row)
}

func (s session) scan(rows *sql.Rows, err error, columns int, row func(r *record)) error {
	if err == nil {
		err = scan(rows, columns, row)
	}
	if err != nil && s.unit != nil {
		s.unit.fail(err)
	}
	return err
}

func scan(rows *sql.Rows, columns int, row func(r *record)) error {
	defer rows.Close()
	r := newRecord(columns)
	for rows.Next() {
		if err := rows.Scan(r.into...); err != nil {
			return err
		}
		if row(r); r.err != nil {
			return r.err
		}
	}
	return rows.Err()
}

// exec is like each for a statement without rows.
func (s session) exec(ctx context.Context, query []byte) error {
	_, err := s.conn.ExecContext(ctx, string(query))
	if err != nil && s.unit != nil {
		s.unit.fail(err)
	}
	return err
}

// appendNums adds numbers with commas between them, and none as NULL, so that
// IN has something to be false of.
func appendNums[N ~int64](b []byte, nums []N) []byte {
	if len(nums) == 0 {
		return append(b, "NULL"...)
	}
	for i, n := range nums {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return b
}

// ruleColumns are those of a rule, in the order that ruleOf reads them in.
const ruleColumns = "r.num, r.node, r.principal, r.expires, r.created, r.propagate, r.effect, r.id, r.role, r.scope, r.permission, r.class, r.origin"

// ruleOf returns the rule that begins in a column. Words that come again and
// again are kept once.
func (r *record) ruleOf(i int, w words) rbac.Rule {
	return rbac.Rule{
		Num: r.num(i), Node: rbac.Node(r.num(i + 1)), Principal: rbac.Principal(r.num(i + 2)),
		Expires: instant(r.num(i + 3)).time(), Created: instant(r.num(i + 4)).time(), Propagate: r.flag(i + 5),
		Effect: rbac.Effect(w.one(r.text(i + 6))), ID: rbac.RuleID(r.text(i + 7)), Role: rbac.RoleName(w.one(r.text(i + 8))),
		Scope: w.one(r.text(i + 9)), Permission: w.one(r.text(i + 10)), Class: w.one(r.text(i + 11)), Origin: w.one(r.text(i + 12)),
	}
}

// words keep one copy of each text.
type words map[string]string

func (w words) one(text string) string {
	kept, ok := w[text]
	if !ok {
		w[text], kept = text, text
	}
	return kept
}
