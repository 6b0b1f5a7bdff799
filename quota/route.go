package quota

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
)

// A route is where the use of an allocation counts: itself and those around it,
// from within outwards.
type route []stop

// A stop is an allocation on a route.
type stop struct {
	id     AllocationID
	pool   PoolID
	within AllocationID
}

// pools are those in which what is taken along the route counts, as [counted]
// has them.
func (r route) pools() []PoolID {
	pools := make([]PoolID, 0, len(r))
	for _, s := range r {
		pools = append(pools, s.pool)
	}
	return distinct(pools)
}

// lane is the pool where all routes that may wait for each other meet at the
// latest.
func (r route) lane() PoolID { return r[len(r)-1].pool }

// distinct returns each pool once, in an order that is everywhere the same, so
// that no two units of work lock them the other way round.
func distinct(pools []PoolID) []PoolID {
	slices.SortFunc(pools, func(a, b PoolID) int { return strings.Compare(string(a), string(b)) })
	return slices.Compact(pools)
}

// An atlas remembers routes. It may be out of date and does no harm: whatever
// is done along a route makes sure, at every stop, that it still leads there.
type atlas struct {
	mu     sync.Mutex
	routes map[AllocationID]route
}

// pages bounds how many routes are remembered.
const pages = 10_000

func (a *atlas) find(id AllocationID) (route, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, ok := a.routes[id]
	return r, ok
}

func (a *atlas) put(r route) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.routes == nil || len(a.routes) >= pages {
		a.routes = map[AllocationID]route{}
	}
	a.routes[r[0].id] = r
}

func (a *atlas) forget(id AllocationID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.routes, id)
}

// route returns the route of an allocation as it is remembered, or else as it
// is, or ErrNotFound.
func (s *Service) route(ctx context.Context, id AllocationID) (route, error) {
	if !uid.Valid(string(id)) {
		return nil, ErrNotFound
	}
	if r, ok := s.atlas.find(id); ok {
		return r, nil
	}
	return s.explore(ctx, id)
}

// explore reads the route of an allocation, or returns ErrNotFound. Read level
// by level it may be one that never was, should something be moved meanwhile.
func (s *Service) explore(ctx context.Context, id AllocationID) (route, error) {
	s.atlas.forget(id)
	var r route
	for next := id; next != ""; {
		if slices.ContainsFunc(r, func(s stop) bool { return s.id == next }) {
			return s.explore(ctx, id)
		}
		a, err := s.Allocation(ctx, next)
		if errors.Is(err, ErrNotFound) && len(r) > 0 { // what it lay within is gone
			return s.explore(ctx, id)
		}
		if err != nil {
			return nil, err
		}
		r = append(r, stop{a.ID, a.Pool, a.Within})
		next = a.Within
	}
	s.atlas.put(r)
	return r, nil
}
