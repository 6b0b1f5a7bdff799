package quota

import (
	"context"
	"time"
)

// mostPoints is how many points [Service.History] tells at most.
const mostPoints = 400

// A HistoryFilter chooses whose use [Service.History] tells, and when.
type HistoryFilter struct {
	// Allocation is whose use it is. Where it is empty, it is that of all
	// allocations of Pool together.
	Allocation AllocationID
	Pool       PoolID
	// From is the first moment, To the last, which is the present where it is
	// zero or later than that.
	From, To time.Time
	// Step is what lies between two moments.
	Step time.Duration
}

// A Point is what was used at a moment, what happened at that moment included.
type Point struct {
	At  time.Time
	Use int64
}

// A ChangeFilter chooses the changes that [Counters.Changes] adds up.
type ChangeFilter struct {
	// Allocation is whose changes they are. Where it is empty, they are those of
	// all allocations of Pool.
	Allocation AllocationID
	Pool       PoolID
	// From and To bound the steps, the last of which may be shorter.
	From, To time.Time
	Step     time.Duration
}

// Steps returns how many steps there are, at least 0.
func (f ChangeFilter) Steps() int {
	span, step := f.To.UnixMicro()-f.From.UnixMicro(), f.Step.Microseconds()
	if step < 1 || span <= 0 {
		return 0
	}
	return int((span-1)/step) + 1
}

// History tells what was used at From, after every Step and at To, 400 points at
// most. It is added up from the ledger backwards from what is used now: what
// lies within counts where it lies now, and what reservations hold does not.
// What there was in allocations that are no more is not told, nor which limits
// there were.
//
// It returns ErrInvalid for a "from" that is not before "to" and for a "step"
// that is not positive or makes too many points, and ErrNotFound for an
// allocation or a pool that does not exist.
func (s *Service) History(ctx context.Context, f HistoryFilter) ([]Point, error) {
	if now := s.clock(); f.To.IsZero() || now.Before(f.To) {
		f.To = now
	}
	c := ChangeFilter{Allocation: f.Allocation, Pool: f.Pool, From: micro(f.From), To: micro(f.To), Step: f.Step}
	switch {
	case f.Step < time.Microsecond || f.Step%time.Microsecond != 0:
		return nil, invalid("step", "whole microseconds, at least 1, expected")
	case !c.From.Before(c.To):
		return nil, invalid("from", "a time before the end, %s, expected", c.To.Format(time.RFC3339))
	case c.Steps() >= mostPoints:
		return nil, invalid("step", "at most %d points expected", mostPoints)
	}
	if err := s.there(ctx, f); err != nil {
		return nil, err
	}
	use, changes, err := s.store.Changes(ctx, c)
	if err != nil {
		return nil, err
	}
	points := make([]Point, len(changes))
	for i := len(points) - 1; i >= 0; i-- {
		use -= changes[i]
		points[i] = Point{At: c.moment(i), Use: use}
	}
	return points, nil
}

// moment is when a step begins, the last one To.
func (f ChangeFilter) moment(step int) time.Time {
	if step == f.Steps() {
		return f.To
	}
	return time.UnixMicro(f.From.UnixMicro() + int64(step)*f.Step.Microseconds()).UTC()
}

func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// there makes sure that what a history is asked of exists.
func (s *Service) there(ctx context.Context, f HistoryFilter) error {
	if f.Allocation != "" {
		_, err := s.Allocation(ctx, f.Allocation)
		return err
	}
	_, err := s.Pool(ctx, f.Pool)
	return err
}
