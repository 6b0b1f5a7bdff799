package rbac

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A realm is a workspace, or what is above all, as far as an engine knows it. It
// is loaded when somebody asks and dropped when memory is short.
type realm struct {
	node Node
	// view is the present one, as far as is known; nil while nothing is loaded.
	view atomic.Pointer[view]
	// told counts what this process changed in the workspace.
	told atomic.Uint64
	// used is when it was last asked, in turns of the engine.
	used    atomic.Uint64
	loading atomic.Bool
	// retry is when loading may be tried again, after it failed.
	retry atomic.Int64

	mu    sync.Mutex // held while the view is being advanced
	bytes int
	// loadMu is held while it is being loaded, before mu.
	loadMu sync.Mutex
}

// Memory and patience of an engine.
const (
	defaultBudget = 256 << 20
	loaders       = 2
	loadTimeout   = 2 * time.Minute
	probeTimeout  = 10 * time.Second
	retryAfter    = time.Second
)

// realm returns what is known of a workspace, which may be nothing.
func (e *Engine) realm(workspace Node) *realm {
	if known, ok := e.realms.Load(workspace); ok {
		return known.(*realm) //nolint:forcetypeassert // nothing else is stored
	}
	made, _ := e.realms.LoadOrStore(workspace, &realm{node: workspace})
	return made.(*realm) //nolint:forcetypeassert // nothing else is stored
}

// uptime is the engine's monotonic clock.
func (e *Engine) uptime() int64 { return int64(time.Since(e.start)) }

// see returns a view of a workspace that is as fresh as is asked, nil while
// nothing is loaded.
func (e *Engine) see(ctx context.Context, r *realm, c Consistency) (*view, error) {
	v := r.view.Load()
	if v == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	if turn := e.turn.Load(); r.used.Load() != turn {
		r.used.Store(turn)
	}
	if c.mode == within && v.until == forever && e.leased(r, v, c) {
		return v, nil // what most questions come to
	}
	return e.look(ctx, r, v, c)
}

// leased reports whether a view was confirmed recently enough, and nothing was
// changed here since.
func (e *Engine) leased(r *realm, v *view, c Consistency) bool {
	return v.told.Load() == r.told.Load() && v.toldAbove.Load() == e.told.Load() && e.uptime()-v.confirmed.Load() <= int64(c.within)
}

// look is see for a view that is loaded.
func (e *Engine) look(ctx context.Context, r *realm, v *view, c Consistency) (*view, error) {
	var err error
	switch fresh, bad := e.fresh(ctx, r, v, c); {
	case bad != nil:
		return nil, bad
	case !fresh:
		if v, err = e.advance(ctx, r, e.uptime()); err != nil || v == nil {
			return nil, err
		}
	}
	if c.mode == atLeast {
		if err := v.reaches(ctx, e, c); err != nil {
			return nil, err
		}
	}
	if v.until != forever {
		if now := e.now().UnixMicro(); now >= v.until {
			return e.expire(r, now), nil
		}
	}
	return v, nil
}

// fresh reports whether a view is as fresh as is asked.
func (e *Engine) fresh(ctx context.Context, r *realm, v *view, c Consistency) (bool, error) {
	left := int64(-1)
	switch c.mode {
	case atLeast:
		if v.covers(c.token) {
			return true, nil
		}
	case within:
		left = e.uptime()
		if e.leased(r, v, c) {
			return true, nil
		}
	}
	told, toldAbove := r.told.Load(), e.told.Load()
	pulse, beats, err := e.store.Pulse(ctx)
	if err != nil {
		return false, fmt.Errorf("rbac: pulse: %w", err)
	}
	if beats {
		if pulse != v.pulse.Load() {
			return false, nil
		}
		v.confirm(left, told, toldAbove)
		return true, nil
	}
	left = e.uptime()
	above, revision, err := e.probe.read(ctx, r.node)
	if err != nil {
		return false, fmt.Errorf("rbac: revisions: %w", err)
	}
	if above != v.summit.revision || revision != v.revision {
		return false, nil
	}
	v.confirm(left, told, toldAbove)
	return true, nil
}

// confirm notes that a view was the present moment when a question left, if
// that is known, and what had been told of before: that is in the view.
func (v *view) confirm(left int64, told, toldAbove uint64) {
	for left >= 0 {
		// Less than somebody else noted just now only costs a question.
		v.told.Store(told)
		v.toldAbove.Store(toldAbove)
		was := v.confirmed.Load()
		if was >= left || v.confirmed.CompareAndSwap(was, left) {
			return
		}
	}
}

// covers reports whether a view is certainly no older than a token.
func (v *view) covers(t Token) bool {
	switch t.Workspace {
	case v.ground.workspace:
		return v.token().Reaches(t)
	case Root:
		return v.summit.revision >= t.Revision
	}
	return false
}

// reaches returns ErrStale when even the present moment is older than asked.
func (v *view) reaches(ctx context.Context, e *Engine, c Consistency) error {
	if v.covers(c.token) {
		return nil
	}
	return e.reached(ctx, c)
}

// advance makes the view of a workspace one that was the present moment after a
// time on the engine's clock, and returns it; nil when nothing is loaded.
func (e *Engine) advance(ctx context.Context, r *realm, after int64) (*view, error) {
	v, err := e.advanced(ctx, r, after)
	if v != nil && e.held() > e.budget {
		_ = e.fit(r) // the answer stands, though it may be the last from memory
	}
	return v, err
}

// advanced is advance, whatever the memory it takes.
func (e *Engine) advanced(ctx context.Context, r *realm, after int64) (*view, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.view.Load()
	if v == nil || v.confirmed.Load() >= after {
		return v, nil // somebody else did
	}
	n := &view{summit: v.summit, ground: v.ground, revision: v.revision}
	if latest := e.summit.Load(); latest.revision > n.summit.revision {
		n.summit = latest
	}
	err := e.catchUp(ctx, r, n)
	if errors.Is(err, ErrNoNode) {
		e.unload(r)     // the workspace is gone, and what was in it may be elsewhere
		return nil, nil //nolint:nilnil // nothing is loaded
	}
	return n, err
}

// catchUp brings a view that nobody else can see yet to the present moment and
// publishes it. The realm is locked.
func (e *Engine) catchUp(ctx context.Context, r *realm, n *view) error {
	for {
		n.told.Store(r.told.Load())
		n.toldAbove.Store(e.told.Load())
		left := e.uptime()
		pulse, _, err := e.store.Pulse(ctx)
		if err != nil {
			return fmt.Errorf("rbac: pulse: %w", err)
		}
		have := map[Node]int64{Root: n.summit.revision}
		if r.node != Root {
			have[r.node] = n.revision
		}
		deltas, err := e.store.Since(ctx, have)
		if err != nil {
			return fmt.Errorf("rbac: since: %w", err)
		}
		whole, err := e.apply(ctx, n, r.node, deltas)
		if err != nil {
			return err
		}
		if !whole {
			continue // what was loaded anew is of another moment
		}
		n.pulse.Store(pulse)
		n.confirmed.Store(left)
		e.publish(r, n)
		return nil
	}
}

// apply brings a view that nobody else can see yet forward by deltas. It reports
// whether all of it is of one moment then.
func (e *Engine) apply(ctx context.Context, v *view, workspace Node, deltas []Delta) (bool, error) {
	now := e.now().UnixMicro()
	whole := true
	for i := range deltas {
		d := &deltas[i]
		if d.Workspace != Root {
			continue
		}
		if d.Unknown {
			state, err := e.store.Load(ctx, Root)
			if err != nil {
				return false, fmt.Errorf("rbac: load: %w", err)
			}
			v.summit, whole = newSummit(e.schema, &state, now), false
		} else {
			v.summit = v.summit.after(d, now)
		}
	}
	v.summit = v.summit.expire(now)
	if workspace == Root {
		v.ground, v.revision = v.summit.ground, v.summit.revision
		return whole, nil
	}
	v.ground = v.ground.over(v.summit.ground, v.summit.namings)
	for i := range deltas {
		d := &deltas[i]
		if d.Workspace != workspace {
			continue
		}
		if d.Unknown {
			state, err := e.store.Load(ctx, workspace)
			if err != nil {
				return false, fmt.Errorf("rbac: load: %w", err)
			}
			v.ground = newGround(e.schema, &state, v.summit.ground, v.summit.namings, now)
			v.revision, whole = state.At.Revision, false
		} else {
			v.ground, v.revision = v.ground.after(d, now), d.To
			for _, p := range d.Places {
				e.atlas.put(p.Node, e.realm(workspace))
			}
		}
	}
	v.ground = v.ground.expire(now)
	return whole, nil
}

// publish makes a view the present one.
func (e *Engine) publish(r *realm, v *view) {
	v.until = min(v.ground.until, v.summit.ground.until)
	for {
		latest := e.summit.Load()
		if latest != nil && latest.revision >= v.summit.revision || e.summit.CompareAndSwap(latest, v.summit) {
			break
		}
	}
	r.view.Store(v)
	bytes := 0
	if r.node != Root { // whose part held counts
		bytes = v.ground.bytes
	}
	e.used.Add(int64(bytes - r.bytes))
	r.bytes = bytes
}

// held is how many bytes are taken, with what is above workspaces, which whoever
// asks about any has loaded.
func (e *Engine) held() int64 {
	bytes := e.used.Load() + e.atlas.bytes()
	if top := e.summit.Load(); top != nil {
		bytes += int64(top.ground.bytes + top.directory.bytes)
	}
	return bytes
}

// expire makes the view of a workspace one without the rules that have ceased
// to count, and returns it; nil when nothing is loaded.
func (e *Engine) expire(r *realm, now int64) *view {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.view.Load()
	if v == nil || now < v.until {
		return v
	}
	n := &view{summit: v.summit.expire(now), revision: v.revision}
	n.told.Store(v.told.Load())
	n.toldAbove.Store(v.toldAbove.Load())
	if r.node == Root {
		n.ground = n.summit.ground
	} else {
		n.ground = v.ground.over(n.summit.ground, n.summit.namings).expire(now)
	}
	n.confirmed.Store(v.confirmed.Load())
	n.pulse.Store(v.pulse.Load())
	e.publish(r, n)
	return n
}

// wake has a workspace loaded while others answer for it.
func (e *Engine) wake(r *realm) {
	if r.view.Load() != nil || e.uptime() < r.retry.Load() || !r.loading.CompareAndSwap(false, true) {
		return
	}
	go func() {
		e.gate <- struct{}{}
		defer func() { <-e.gate }()
		defer r.loading.Store(false)
		ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
		defer cancel()
		if err := e.load(ctx, r); err != nil {
			r.retry.Store(e.uptime() + int64(retryAfter))
		}
	}()
}

// errTooLarge is why a workspace is not kept in memory.
var errTooLarge = errors.New("rbac: the workspace is larger than the budget")

// load reads a workspace, and what is above it, and makes a view of them.
func (e *Engine) load(ctx context.Context, r *realm) error {
	r.loadMu.Lock()
	defer r.loadMu.Unlock()
	if r.view.Load() != nil {
		return nil // somebody else was faster
	}
	above, err := e.loadSummit(ctx)
	if err != nil {
		return err
	}
	n := &view{summit: above, ground: above.ground, revision: above.revision}
	if r.node != Root {
		state, err := e.store.Load(ctx, r.node)
		if err != nil {
			return fmt.Errorf("rbac: load: %w", err)
		}
		n.ground = newGround(e.schema, &state, above.ground, above.namings, e.now().UnixMicro())
		n.revision = state.At.Revision
	}
	for at := range n.ground.inOrder(-1) {
		e.atlas.put(n.ground.nums.at(at), r)
	}
	if err := e.settle(ctx, r, n); err != nil {
		return err
	}
	return e.fit(r)
}

// settle makes a view that was just loaded the first one of its realm.
func (e *Engine) settle(ctx context.Context, r *realm, n *view) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used.Store(e.turn.Add(1))
	return e.catchUp(ctx, r, n)
}

// loadSummit returns what is above workspaces, reading it when nobody has.
func (e *Engine) loadSummit(ctx context.Context) (*summit, error) {
	if known := e.summit.Load(); known != nil {
		return known, nil
	}
	e.summitMu.Lock()
	defer e.summitMu.Unlock()
	if known := e.summit.Load(); known != nil {
		return known, nil
	}
	state, err := e.store.Load(ctx, Root)
	if err != nil {
		return nil, fmt.Errorf("rbac: load: %w", err)
	}
	made := newSummit(e.schema, &state, e.now().UnixMicro())
	e.summit.Store(made)
	return made, nil
}

// drop forgets a workspace.
func (e *Engine) drop(r *realm) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.unload(r)
}

// unload is drop for a realm that is locked.
func (e *Engine) unload(r *realm) {
	r.view.Store(nil)
	e.used.Add(-int64(r.bytes))
	r.bytes = 0
}

// fit drops the workspaces that were asked longest ago until the budget holds,
// and the given one when it does not fit alone.
func (e *Engine) fit(given *realm) error {
	if e.atlas.bytes() > e.budget/4 {
		e.atlas.clear()
	}
	for e.held() > e.budget {
		var oldest *realm
		e.realms.Range(func(_, value any) bool {
			r := value.(*realm) //nolint:forcetypeassert // nothing else is stored
			if r.view.Load() != nil && r != given && r.node != Root &&
				(oldest == nil || r.used.Load() < oldest.used.Load()) {
				oldest = r
			}
			return true
		})
		if oldest == nil {
			e.drop(given)
			return errTooLarge
		}
		e.drop(oldest)
	}
	return nil
}
