package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// WaitUntil returns the latest time before which one of the subjects may not be
// tried, zero when all are unknown.
func (t *SignIn) WaitUntil(ctx context.Context, subjects []string) (time.Time, error) {
	s, err := t.db.reading(ctx)
	if err != nil || len(subjects) == 0 {
		return time.Time{}, err
	}
	var until instant
	err = s.raw("SELECT COALESCE(MAX(until), 0) FROM tries WHERE subject IN (?)", bun.List(subjects)).Scan(ctx, &until)
	if err != nil {
		return time.Time{}, fmt.Errorf("storage: wait of tries: %w", err)
	}
	return until.time(), nil
}

// CountTry counts a try of a subject, keeps everybody else from counting one
// until the unit of work ends, and returns how many there were. Where the
// subject may not be tried before a later time it counts nothing and returns 0
// and that time. A subject that could be tried since forget or longer begins
// anew.
func (t *SignIn) CountTry(ctx context.Context, subject string, now, forget time.Time) (int, time.Time, error) {
	s, err := t.db.writing(ctx)
	if err != nil {
		return 0, time.Time{}, err
	}
	var n int
	err = s.raw(`INSERT INTO tries AS t (subject, failures, until) VALUES (?, 1, ?)
		ON CONFLICT (subject) DO UPDATE SET failures = CASE WHEN t.until <= ? THEN 1 ELSE t.failures + 1 END, until = EXCLUDED.until
		WHERE t.until <= EXCLUDED.until RETURNING failures`, subject, instantOf(now), instantOf(forget)).Scan(ctx, &n)
	if none(err) {
		until, err := t.WaitUntil(ctx, []string{subject})
		return 0, until, err
	}
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("storage: count try: %w", err)
	}
	return n, now, nil
}

// DelayTry sets the time before which a subject may not be tried.
func (t *SignIn) DelayTry(ctx context.Context, subject string, until time.Time) error {
	return t.tries(ctx, "delay try", "UPDATE tries SET until = ? WHERE subject = ?", instantOf(until), subject)
}

// ReturnTry takes back a try that was counted, and the wait until a time when it
// is that one that the subject has.
func (t *SignIn) ReturnTry(ctx context.Context, subject string, until, now time.Time) error {
	return t.tries(ctx, "return try", `UPDATE tries SET failures = failures - 1, until = CASE WHEN until = ? THEN ? ELSE until END
		WHERE subject = ? AND failures > 0`, instantOf(until), instantOf(now), subject)
}

// ForgetTries forgets a subject.
func (t *SignIn) ForgetTries(ctx context.Context, subject string) error {
	return t.tries(ctx, "forget tries", "DELETE FROM tries WHERE subject = ?", subject)
}

func (t *SignIn) tries(ctx context.Context, what, statement string, args ...any) error {
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	if _, err := s.raw(statement, args...).Exec(ctx); err != nil {
		return fmt.Errorf("storage: %s: %w", what, err)
	}
	return nil
}

// Tidy forgets the subjects that could be tried since old or longer, the tokens
// and resets that ended at or before now, and what ended the sessions that would
// have ended by themselves at or before old. Sessions that ended at or before now
// it ends as signin.Expired.
func (t *SignIn) Tidy(ctx context.Context, old, now time.Time) error {
	if err := t.tries(ctx, "tidy tries", "DELETE FROM tries WHERE until <= ?", instantOf(old)); err != nil {
		return err
	}
	s, err := t.db.writing(ctx)
	if err != nil {
		return err
	}
	if _, err := s.endSessions(ctx, signin.Expired, "expires <= ?", instantOf(now)); err != nil {
		return err
	}
	err = t.tries(ctx, "tidy why sessions ended", "DELETE FROM ended_sessions WHERE expires <= ?", instantOf(old))
	if err != nil {
		return err
	}
	for _, table := range []string{"tokens", "resets"} {
		if err := t.tries(ctx, "tidy "+table, "DELETE FROM ? WHERE expires <= ?", bun.Ident(table), instantOf(now)); err != nil {
			return err
		}
	}
	return nil
}
