package rbac

import (
	"context"
	"slices"
	"sync"
)

type trackKey struct{}

// A track is the tokens that units of work left.
type track struct {
	mu     sync.Mutex
	tokens []Token
}

// Track returns a context in which every unit of work notes what it changed, and
// a function that returns the tokens noted so far, the newest for each
// workspace: whoever asks later with [AtLeast] one of them sees those changes,
// on any server. A change in a host's own transaction leaves none, since nobody
// here knows when that is committed.
func Track(ctx context.Context) (tracked context.Context, tokens func() []Token) {
	t := &track{}
	return context.WithValue(ctx, trackKey{}, t), func() []Token {
		t.mu.Lock()
		defer t.mu.Unlock()
		return slices.Clone(t.tokens)
	}
}

// Note adds the tokens of what a unit of work changed to the context's track, if
// it has one. Stores call it when the unit was committed.
func Note(ctx context.Context, changed []Token) {
	t, ok := ctx.Value(trackKey{}).(*track)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range changed {
		i := slices.IndexFunc(t.tokens, func(k Token) bool { return k.Workspace == c.Workspace })
		if i < 0 {
			t.tokens = append(t.tokens, c)
			continue
		}
		known := &t.tokens[i]
		known.Revision, known.Above = max(known.Revision, c.Revision), max(known.Above, c.Above)
	}
}
