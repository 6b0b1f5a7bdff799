package rbac

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Follow keeps the workspaces that are in memory up to date until the context
// ends, which it returns the error of: it looks for changes when the database
// hints at some, and at least as often as it is told. Answers are the same
// without it. It spares who asks [Within] a while the waiting, as long as that
// is longer than the time between two looks.
//
// Where the database cannot be reached it goes on trying.
func (e *Engine) Follow(ctx context.Context, every time.Duration) error {
	if every <= 0 {
		return fmt.Errorf("%w: every: %s, expected a positive duration", ErrInvalid, every)
	}
	for ctx.Err() == nil {
		hint, cancel := context.WithTimeout(ctx, every)
		err := e.store.Await(hint)
		if err != nil && hint.Err() == nil {
			<-hint.Done() // there are no hints to be had
		}
		cancel()
		_ = e.lookAround(ctx) // the next look may go better
	}
	return ctx.Err() //nolint:wrapcheck // the caller's own
}

// lookAround advances every workspace in memory that changed, and confirms the
// others, by one question for all.
func (e *Engine) lookAround(ctx context.Context) error {
	var realms []*realm
	e.realms.Range(func(_, value any) bool {
		if r := value.(*realm); r.view.Load() != nil { //nolint:forcetypeassert // nothing else is stored
			realms = append(realms, r)
		}
		return true
	})
	var failed error
	for some := range slices.Chunk(realms, many) {
		views := make([]*view, len(some))
		asked := make([]Node, len(some))
		told, toldAbove := make([]uint64, len(some)), e.told.Load()
		for i, r := range some {
			views[i], asked[i], told[i] = r.view.Load(), r.node, r.told.Load()
		}
		left := e.uptime()
		revisions, err := e.store.Revisions(ctx, asked...)
		if err != nil {
			return errors.Join(failed, fmt.Errorf("rbac: revisions: %w", err))
		}
		for i, r := range some {
			v := views[i]
			switch {
			case v == nil: // dropped meanwhile
			case v.summit.revision == revisions[0] && v.revision == revisions[i+1]:
				v.confirm(left, told[i], toldAbove)
			default:
				_, err := e.advance(ctx, r, left)
				failed = errors.Join(failed, err)
			}
		}
	}
	return failed
}

// many is how many workspaces one question is about at most.
const many = 1000
