package rbac

import (
	"context"
	"sync"
)

// A probe reads the revisions of workspaces for everybody who waits for them.
// Whoever asks while a question is under way waits for the next one, which
// leaves when that comes back and answers all who were waiting by then: each
// answer is of a question that left after it was asked for, and costs a part.
type probe struct {
	ask func(ctx context.Context, workspaces ...Node) ([]int64, error)

	mu     sync.Mutex
	flying bool
	next   *flight
}

// A flight is one question for several workspaces.
type flight struct {
	workspaces []Node
	done       chan struct{}
	// above and revisions are the answer when done is closed, unless err is not
	// nil.
	above     int64
	revisions []int64
	err       error
}

// seat returns the position of a workspace in the question.
func (f *flight) seat(workspace Node) int {
	for i, w := range f.workspaces {
		if w == workspace {
			return i
		}
	}
	f.workspaces = append(f.workspaces, workspace)
	return len(f.workspaces) - 1
}

// read returns the revisions of the root and of a workspace as they were at a
// moment after the call.
func (p *probe) read(ctx context.Context, workspace Node) (above, revision int64, err error) {
	p.mu.Lock()
	f := p.next
	if f == nil {
		f = &flight{done: make(chan struct{})}
	}
	seat := f.seat(workspace)
	if p.next = f; !p.flying {
		p.next, p.flying = nil, true
		go p.fly(f) //nolint:gosec,contextcheck // everybody's question, which outlives who was first
	}
	p.mu.Unlock()
	select {
	case <-f.done:
	case <-ctx.Done():
		return 0, 0, ctx.Err() //nolint:wrapcheck // the caller's own
	}
	if f.err != nil {
		return 0, 0, f.err
	}
	return f.above, f.revisions[seat], nil
}

// fly asks, and sends the next question off when there is one. The question is
// everybody's who waits for it, and does not end because one of them gives up.
func (p *probe) fly(f *flight) {
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	revisions, err := p.ask(ctx, f.workspaces...)
	if err == nil {
		f.above, f.revisions = revisions[0], revisions[1:]
	}
	f.err = err
	p.mu.Lock()
	next := p.next
	p.next, p.flying = nil, next != nil
	p.mu.Unlock()
	if next != nil {
		go p.fly(next)
	}
	close(f.done)
}
