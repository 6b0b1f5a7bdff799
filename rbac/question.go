package rbac

import (
	"context"
	"sync/atomic"
)

// A Target is a handle of a node, which [Engine.Target] gives. It is good for any
// number of questions, whatever becomes of the node.
type Target struct {
	node  Node
	realm atomic.Pointer[realm]
	// known is where it was when somebody last looked.
	known atomic.Pointer[position]
}

type position struct {
	ground *ground
	at     int32
	list   *list
}

// Node returns what the handle is for.
func (t *Target) Node() Node { return t.node }

// in returns where the node is in a ground, nil when it is not there.
func (t *Target) in(g *ground) *position {
	known := t.known.Load()
	if known != nil && known.ground == g {
		return known
	}
	var at int32
	if known != nil && known.ground.index == g.index && known.ground.gone == g.gone {
		at = known.at // places keep their numbers until they are laid anew
	} else {
		at = g.find(t.node)
	}
	if at < 0 {
		return nil
	}
	known = &position{g, at, g.list(at)}
	t.known.Store(known)
	return known
}

// Subject returns a handle of a principal. That he exists is found out when it
// is asked with.
func (e *Engine) Subject(p Principal) *Subject { return &Subject{principal: p} }

// Target returns a handle of a node. That it exists is found out when it is
// asked about.
func (e *Engine) Target(n Node) *Target { return &Target{node: n} }

// Allowed is like [Engine.Check] with handles, which saves looking names up: it
// is the fastest way to ask the same thing again and again.
func (e *Engine) Allowed(ctx context.Context, s *Subject, t *Target, a Action, c Consistency) (bool, error) {
	if c.within < 0 {
		return false, c.valid()
	}
	if r := t.realm.Load(); r != nil && !e.store.InUnit(ctx) {
		v, err := e.see(ctx, r, c)
		if err != nil {
			return false, err
		}
		if v != nil {
			if who, where := s.in(v.summit.directory), t.in(v.ground); who != nil && where != nil {
				if answer := v.judge(who, where, a); answer != unsure {
					return answer == yes, nil
				}
			}
		}
	}
	set, err := e.effective(ctx, s.principal, t.node, c)
	if err != nil {
		return false, err
	}
	if r := e.atlas.find(t.node); r != nil {
		t.realm.Store(r)
	}
	return set.has(a), nil
}

// judge is decide for a place that is known.
func (v *view) judge(s *subject, where *position, verb Action) answer {
	if a := where.list.allowsFor(s, verb); a != unsure {
		return a
	}
	return v.decide(s, where.ground, where.at, verb)
}

// has reports whether an action's permission is in the set.
func (s Set) has(a Action) bool {
	if s.class == nil {
		return false
	}
	bit := s.class.index[a.verb]
	return bit >= 0 && s.mask&(1<<bit) != 0
}

// located notes where a node was found, and has its workspace loaded for the
// next question.
func (e *Engine) located(ctx context.Context, n, workspace Node) {
	if e.budget < 0 || e.store.InUnit(ctx) {
		return
	}
	r := e.realm(workspace)
	e.atlas.put(n, r)
	e.wake(r) //nolint:contextcheck // outlives the question
}

// An asking is a place in a view, with who asks about it.
type asking struct {
	view *view
	who  *subject
	at   int32
}

// ask finds what answers a question, as fresh as is asked. ok is false when
// nothing in memory does.
func (e *Engine) ask(ctx context.Context, p Principal, n Node, c Consistency) (q asking, ok bool, err error) {
	if err := c.valid(); err != nil {
		return q, false, err
	}
	if e.budget < 0 || e.store.InUnit(ctx) {
		return q, false, nil
	}
	r := e.atlas.find(n)
	if r == nil {
		return q, false, nil
	}
	if q.view, err = e.see(ctx, r, c); err != nil {
		return q, false, err
	}
	if q.view == nil {
		e.wake(r) //nolint:contextcheck // outlives the question
		return q, false, nil
	}
	q.who, q.at = q.view.summit.directory.subject(p), q.view.ground.find(n)
	return q, q.who != nil && q.at >= 0, nil
}

// Check reports whether a principal has a permission on a node. It returns
// ErrNoPrincipal or ErrNoNode when one of them does not exist. A permission
// that the node's class lacks nobody has.
func (e *Engine) Check(ctx context.Context, p Principal, n Node, perm Permission, c Consistency) (bool, error) {
	q, ok, err := e.ask(ctx, p, n, c)
	if err != nil {
		return false, err
	}
	if ok {
		if a := q.view.decide(q.who, q.view.ground, q.at, e.schema.verbs[perm]); a != unsure {
			return a == yes, nil
		}
	}
	set, err := e.cold(ctx, p, n, c)
	return set.Has(perm), err
}

// Effective returns all that a principal may do on a node. It fails as
// [Engine.Check] does.
func (e *Engine) Effective(ctx context.Context, p Principal, n Node, c Consistency) (Set, error) {
	return e.effective(ctx, p, n, c)
}

func (e *Engine) effective(ctx context.Context, p Principal, n Node, c Consistency) (Set, error) {
	q, ok, err := e.ask(ctx, p, n, c)
	if err != nil {
		return Set{}, err
	}
	if ok {
		if set, a := q.view.effective(q.who, q.view.ground, q.at); a != unsure {
			return set, nil
		}
	}
	return e.cold(ctx, p, n, c)
}

// cold answers from the database, and has the workspace loaded for next time.
func (e *Engine) cold(ctx context.Context, p Principal, n Node, c Consistency) (Set, error) {
	facts, err := e.read(ctx, p, n, c)
	if err != nil {
		return Set{}, err
	}
	e.located(ctx, n, facts.Places[n].Workspace)
	return e.schema.Evaluate(facts, e.now())[n], nil
}

// Require returns nil where [Engine.Check] reports true, and otherwise a
// [*DeniedError] that says why not.
func (e *Engine) Require(ctx context.Context, p Principal, n Node, perm Permission, c Consistency) error {
	q, ok, err := e.ask(ctx, p, n, c)
	if err != nil {
		return err
	}
	if ok {
		switch q.view.decide(q.who, q.view.ground, q.at, e.schema.verbs[perm]) {
		case yes:
			return nil
		case no:
			if facts, known := q.view.facts(p, q.view.ground, q.at); known {
				return &DeniedError{Explanation: e.schema.Explain(facts, e.now(), n, perm)}
			}
		case unsure:
		}
	}
	facts, err := e.read(ctx, p, n, c)
	if err != nil {
		return err
	}
	e.located(ctx, n, facts.Places[n].Workspace)
	now := e.now()
	// Most questions are answered with yes, which needs no reasons.
	if e.schema.Evaluate(facts, now)[n].Has(perm) {
		return nil
	}
	return &DeniedError{Explanation: e.schema.Explain(facts, now, n, perm)}
}

// Explain says why a principal may or may not, and what would change that. It
// agrees with [Engine.Check], and fails as that does.
func (e *Engine) Explain(ctx context.Context, p Principal, n Node, perm Permission, c Consistency) (Explanation, error) {
	q, ok, err := e.ask(ctx, p, n, c)
	if err != nil {
		return Explanation{}, err
	}
	var facts Facts
	if ok {
		facts, ok = q.view.facts(p, q.view.ground, q.at)
	}
	if !ok {
		if facts, err = e.read(ctx, p, n, c); err != nil {
			return Explanation{}, err
		}
		e.located(ctx, n, facts.Places[n].Workspace)
	}
	now := e.now()
	x := e.schema.Explain(facts, now, n, perm)
	x.Flip = e.schema.flip(facts, now, n, perm)
	return x, nil
}
