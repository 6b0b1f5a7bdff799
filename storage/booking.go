package storage

import (
	"context"
	"fmt"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// Book implements [quota.Counters].
//
// The statements are put together by hand: this is what is called most often,
// and a template would be read again for every level. What they say is what
// [Quotas.Add], [Quotas.AddPool] and [Quotas.Append] say.
func (q *Quotas) Book(ctx context.Context, b quota.Booking) (bool, error) {
	s, err := q.db.writing(ctx)
	if err != nil {
		return false, err
	}
	steps, possible := s.steps(b, q.db.postgres())
	if !possible {
		return false, nil
	}
	if q.db.postgres() {
		return s.bookAtOnce(ctx, steps)
	}
	return s.book(ctx, steps)
}

// A step is a statement that must change as many rows as it says.
type step struct {
	text []byte
	rows int64
	// also goes before what else the statement asks for: WHERE or AND.
	also string
}

// steps returns what a booking takes, unless the counters cannot change so.
func (s session) steps(b quota.Booking, postgres bool) ([]step, bool) {
	steps := make([]step, 0, len(b.Levels)+len(b.Draws)+1)
	for _, l := range b.Levels {
		c := counting{use: l.Use, held: l.Held, bound: l.Bound}
		if !c.possible() {
			return nil, false
		}
		text := []byte("UPDATE allocations SET used = used + ")
		text = strconv.AppendInt(text, l.Use, 10)
		text = append(text, ", held = held + "...)
		text = strconv.AppendInt(text, l.Held, 10)
		text = append(text, " WHERE id = "...)
		text = s.quote(text, string(l.Allocation))
		text = append(text, " AND pool_id = "...)
		text = s.quote(text, string(l.Pool))
		if l.Within == "" {
			text = append(text, " AND within_id IS NULL AND "...)
		} else {
			text = append(text, " AND within_id = "...)
			text = append(s.quote(text, string(l.Within)), " AND "...)
		}
		text = append(text, c.room("used + held", "bound")...)
		steps = append(steps, step{text, 1, " AND "})
	}
	for _, d := range b.Draws {
		c := counting{use: d.Amount, bound: d.Bound}
		if !c.possible() {
			return nil, false
		}
		text := []byte("UPDATE pools SET used = used + ")
		text = strconv.AppendInt(text, d.Amount, 10)
		text = append(text, " WHERE id = "...)
		text = append(s.quote(text, string(d.Pool)), " AND "...)
		if d.Bound {
			text = append(text, "unit <> 'none' AND "...)
		}
		text = append(text, c.room("used", "capacity")...)
		steps = append(steps, step{text, 1, " AND "})
	}
	if len(b.Entries) > 0 {
		steps = append(steps, step{s.entries(b.Entries, postgres), int64(len(b.Entries)), " WHERE "})
	}
	return steps, true
}

// entries returns the statement that appends to the ledger, in the order they
// are in. PostgreSQL's can be told to append nothing; in SQLite's, rows from
// VALUES need no place to come back to, which a SELECT does.
func (s session) entries(list []quota.Entry, postgres bool) []byte {
	const line = 200
	text := make([]byte, 0, line*(1+len(list)))
	text = append(text, "INSERT INTO ledger (allocation_id, amount, reason_kind, reason_ref, reservation_id, at) "...)
	if postgres {
		text = append(text, "SELECT column1, column2, column3, column4, column5, column6 FROM ("...)
	}
	text = append(text, "VALUES "...)
	for i, e := range list {
		if i > 0 {
			text = append(text, ", "...)
		}
		text = s.quote(append(text, '('), string(e.Allocation))
		text = strconv.AppendInt(append(text, ", "...), e.Amount, 10)
		text = s.quote(append(text, ", "...), e.Reason.Kind)
		text = s.quote(append(text, ", "...), e.Reason.Ref)
		text = s.quote(append(text, ", "...), string(e.Reservation))
		text = strconv.AppendInt(append(text, ", "...), int64(instantOf(e.At)), 10)
		text = append(text, ')')
	}
	if postgres {
		text = append(text, ") AS v"...)
	}
	return text
}

// quote appends a text as the dialect writes it.
func (s session) quote(to []byte, text string) []byte { return s.db.Dialect().AppendString(to, text) }

// book takes one step after another, until one does not change what it should.
func (s session) book(ctx context.Context, steps []step) (bool, error) {
	for _, step := range steps {
		result, err := s.raw(string(step.text)).Exec(ctx)
		if err != nil {
			return false, fmt.Errorf("storage: book: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return false, fmt.Errorf("storage: book: %w", err)
		}
		if n != step.rows {
			return false, nil
		}
	}
	return true, nil
}

// together is how many steps go into one statement at most, lest planning it
// take longer than the round trips it saves.
const together = 16

// bookAtOnce takes the steps in as few statements as can be: each step is a
// part of one that looks for what the part before it returned. So they lock in
// their order, and after one that changed nothing none does anything.
func (s session) bookAtOnce(ctx context.Context, steps []step) (bool, error) {
	for len(steps) > 0 {
		some := steps[:min(together, len(steps))]
		steps = steps[len(some):]
		var text []byte
		for i, step := range some {
			if i == 0 {
				text = append(text, "WITH s0 AS ("...)
			} else {
				text = fmt.Appendf(text, ", s%d AS (", i)
			}
			text = append(text, step.text...)
			if i > 0 {
				text = fmt.Appendf(text, "%sEXISTS (SELECT 1 FROM s%d)", step.also, i-1)
			}
			text = append(text, " RETURNING 1)"...)
		}
		text = fmt.Appendf(text, " SELECT count(*) FROM s%d", len(some)-1)
		var n int64
		if err := s.raw(string(text)).Scan(ctx, &n); err != nil {
			return false, fmt.Errorf("storage: book: %w", err)
		}
		if n != some[len(some)-1].rows {
			return false, nil
		}
	}
	return true, nil
}
