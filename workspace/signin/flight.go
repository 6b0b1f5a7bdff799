package signin

import (
	"context"
	"errors"
	"sync"
)

// Flights keep one guess from being computed, and counted, more than once at a
// time: a program that begins with twenty calls at once makes one.
type flights struct {
	mu  sync.Mutex
	now map[mark]*flight
}

type flight struct {
	over  chan struct{}
	right bool
	err   error
}

// do runs fn, or waits for the one that runs for the same guess and returns
// what that did. Where its caller has gone before, somebody else goes on.
func (f *flights) do(ctx context.Context, guess mark, fn func() (bool, error)) (bool, error) {
	for {
		f.mu.Lock()
		other := f.now[guess]
		if other == nil {
			mine := &flight{over: make(chan struct{}), err: errGone}
			if f.now == nil {
				f.now = map[mark]*flight{}
			}
			f.now[guess] = mine
			f.mu.Unlock()
			defer func() {
				f.mu.Lock()
				delete(f.now, guess)
				f.mu.Unlock()
				close(mine.over)
			}()
			mine.right, mine.err = fn()
			return mine.right, mine.err
		}
		f.mu.Unlock()
		select {
		case <-other.over:
		case <-ctx.Done():
			return false, ctx.Err()
		}
		if gone := errors.Is(other.err, context.Canceled) || errors.Is(other.err, context.DeadlineExceeded) || errors.Is(other.err, errGone); !gone {
			return other.right, other.err
		}
	}
}

// errGone is what a flight ends with that panicked.
var errGone = errors.New("signin: the check did not end")
