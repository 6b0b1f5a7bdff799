package storage

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// watchers are those who are told of what was committed.
type watchers struct {
	mu   sync.Mutex
	last int
	list map[int]func(changed []rbac.Token)
	// above is the highest revision of the root that a unit here raised it to.
	above int64
}

// Watch has fn called with the tokens of what a unit of work of this process
// changed. What is done in a host's transaction, see [DB.Join], is not told:
// only the host knows when it commits.
func (r *Rules) Watch(fn func(changed []rbac.Token)) (cancel func()) {
	w := &r.db.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	number := w.last
	if w.list == nil {
		w.list = map[int]func([]rbac.Token){}
	}
	w.list[number] = fn
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.list, number)
	}
}

// tell calls everybody with the revisions that a committed unit raised, and
// notes them for whoever tracks the context.
func (w *watchers) tell(ctx context.Context, raised map[rbac.Node]int64) {
	if len(raised) == 0 {
		return
	}
	w.mu.Lock()
	w.above = max(w.above, raised[rbac.Root])
	above := raised[rbac.Root]
	if above == 0 {
		above = w.above
	}
	list := make([]func([]rbac.Token), 0, len(w.list))
	for _, number := range slices.Sorted(maps.Keys(w.list)) {
		list = append(list, w.list[number])
	}
	w.mu.Unlock()
	tokens := make([]rbac.Token, 0, len(raised))
	for _, workspace := range slices.Sorted(maps.Keys(raised)) {
		tokens = append(tokens, rbac.Token{Workspace: workspace, Revision: raised[workspace], Above: above})
	}
	rbac.Note(ctx, tokens)
	for _, fn := range list {
		fn(slices.Clone(tokens))
	}
}

// pollEvery is how often a SQLite file is asked whether anybody committed.
const pollEvery = 50 * time.Millisecond

// Await returns when something may have changed that decisions depend on, when
// it cannot be told that nothing did, with the reason, or with the context's
// error.
func (r *Rules) Await(ctx context.Context) error {
	if r.db.listener != nil {
		return r.db.listener.await(ctx)
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	last := r.db.awaited.Load() // when somebody last stopped waiting: see bell
	for {
		now, _, err := r.Pulse(ctx)
		if err != nil {
			return err
		}
		if now != last {
			r.db.awaited.Store(now)
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
