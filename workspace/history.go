package workspace

import (
	"context"
	"errors"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// A Span is when a history is told of.
type Span struct {
	// From is the first moment: 30 days before the end, or 7 where Step is
	// shorter than a day, when it is zero. To is the last, the present when it is
	// zero or later. Moments are whole steps in UTC, but for the last one.
	From, To time.Time
	// Step is what lies between two moments, a day when 0.
	Step time.Duration
}

// A History is how a use went.
type History struct {
	Pool quota.Pool
	// Limit is what may be used at present.
	Limit  int64
	Step   time.Duration
	Points []quota.Point
}

// ShareHistory tells how the use of a share of a workspace went, at most 400
// points of it, see [quota.Service.History]. It needs [ReadDatastore], and
// returns ErrNotFound for a share that the workspace does not have, and an
// InvalidError for "from" and for "step".
func (s *Service) ShareHistory(ctx context.Context, actor Actor, id ID, pool quota.PoolID, slot string, span Span) (History, error) {
	shares, err := s.Shares(ctx, actor, id)
	if err != nil {
		return History{}, err
	}
	for _, share := range shares {
		if share.Pool == pool && share.Slot == slot {
			return s.history(ctx, share.From, share.Limit, quota.HistoryFilter{Allocation: share.ID}, span)
		}
	}
	return History{}, ErrNotFound
}

// PoolHistory does the same for all shares of a facility together. It needs
// [Administer].
func (s *Service) PoolHistory(ctx context.Context, actor Actor, id quota.PoolID, span Span) (History, error) {
	p, err := s.Pool(ctx, actor, id)
	if err != nil {
		return History{}, err
	}
	return s.history(ctx, p, p.Capacity, quota.HistoryFilter{Pool: p.ID}, span)
}

func (s *Service) history(ctx context.Context, p quota.Pool, limit int64, f quota.HistoryFilter, span Span) (History, error) {
	const (
		day              = 24 * time.Hour
		ofDays, ofOthers = 30 * day, 7 * day
	)
	if span.Step == 0 {
		span.Step = day
	}
	if span.Step < 0 {
		return History{}, &InvalidError{Field: "step", Expected: "a positive duration"}
	}
	now := s.clock()
	if span.To.IsZero() || now.Before(span.To) {
		span.To = now
	}
	if span.From.IsZero() {
		if span.From = span.To.Add(-ofDays); span.Step < day {
			span.From = span.To.Add(-ofOthers)
		}
	}
	f.From, f.To, f.Step = span.From.UTC().Truncate(span.Step), span.To, span.Step
	if !span.From.Before(span.To) {
		return History{}, &InvalidError{Field: "from", Expected: "a time before the end"}
	}
	points, err := s.meter.History(ctx, f)
	switch {
	case errors.Is(err, quota.ErrInvalid):
		return History{}, &InvalidError{Field: "step", Expected: "one that makes at most 400 points"}
	case errors.Is(err, quota.ErrNotFound): // it went meanwhile
		return History{}, ErrNotFound
	}
	return History{Pool: p, Limit: limit, Step: span.Step, Points: points}, err
}
