package rbac

import "time"

// A Compiled is one moment compiled, without an engine around it.
type Compiled struct{ view *view }

// Compile compiles the state of the root and of a workspace, or of the root
// alone when state is nil.
func Compile(s *Schema, above State, state *State, now time.Time) *Compiled {
	v := &view{summit: newSummit(s, &above, now.UnixMicro())}
	v.ground = v.summit.ground
	if state != nil {
		v.ground = newGround(s, state, v.summit.ground, v.summit.namings, now.UnixMicro())
	}
	return &Compiled{v}
}

// After returns the moment that deltas lead to.
func (c *Compiled) After(above, delta *Delta, now time.Time) *Compiled {
	v := &view{summit: c.view.summit}
	if above != nil {
		v.summit = v.summit.after(above, now.UnixMicro())
	}
	v.summit = v.summit.expire(now.UnixMicro())
	v.ground = v.summit.ground
	if c.view.ground.workspace != Root {
		v.ground = c.view.ground.over(v.summit.ground, v.summit.namings)
		if delta != nil {
			v.ground = v.ground.after(delta, now.UnixMicro())
		}
		v.ground = v.ground.expire(now.UnixMicro())
	}
	return &Compiled{v}
}

// Decide answers one question; sure is false where it cannot.
func (c *Compiled) Decide(p Principal, n Node, perm Permission) (allowed, sure bool) {
	who, at := c.view.summit.directory.subject(p), c.view.ground.find(n)
	if who == nil || at < 0 {
		return false, false
	}
	a := c.view.decide(who, c.view.ground, at, c.view.ground.schema.verbs[perm])
	return a == yes, a != unsure
}

// Effective answers everything about a node.
func (c *Compiled) Effective(p Principal, n Node) (set Set, sure bool) {
	who, at := c.view.summit.directory.subject(p), c.view.ground.find(n)
	if who == nil || at < 0 {
		return Set{}, false
	}
	set, a := c.view.effective(who, c.view.ground, at)
	return set, a != unsure
}

// List answers which nodes.
func (c *Compiled) List(p Principal, perm Permission, f ListFilter) (list []Node, sure bool) {
	q := &asking{view: c.view, who: c.view.summit.directory.subject(p), at: c.view.ground.find(f.Under)}
	if q.who == nil || q.at < 0 {
		return nil, false
	}
	return q.list(c.view.ground.schema.verbs[perm], f)
}

// Lists tells how many lists are remembered, and Bytes how many bytes are taken.
func (c *Compiled) Lists() int {
	seen := map[*list]bool{}
	for at := range c.view.ground.size {
		if l := c.view.ground.lists.get(at); l != nil {
			seen[l] = true
		}
	}
	return len(seen)
}

// Bytes tells how many bytes the engine believes the nodes take.
func (c *Compiled) Bytes() int { return c.view.ground.bytes }

// Simulate tells what changes would do at and below a node.
func (c *Compiled) Simulate(changes []Change, f SimulationFilter, now time.Time) (Simulation, error) {
	return c.view.simulate(c.view.ground.find(f.Under), changes, f, now.UnixMicro())
}

// Flip is what an explanation says would turn the answer round, and With the
// facts after it.
func (s *Schema) Flip(f Facts, now time.Time, n Node, p Permission) []Change {
	return s.flip(f, now, n, p)
}

// With returns facts as they would be after changes.
func (f Facts) With(changes ...Change) Facts { return f.with(changes...) }

// Relaid returns the same moment with all places laid in order again.
func (c *Compiled) Relaid(now time.Time) *Compiled {
	v := &view{summit: c.view.summit, ground: c.view.ground.relaid(now.UnixMicro())}
	if v.ground.workspace == Root {
		above := *v.summit
		above.ground = v.ground
		v.summit = &above
	}
	return &Compiled{v}
}
