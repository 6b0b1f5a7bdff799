package rbac

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// A ListFilter chooses the nodes that [Engine.List] goes through. Its zero value
// chooses all.
type ListFilter struct {
	// Under chooses the nodes at or below a node.
	Under Node
	// Children chooses those right below Under instead.
	Children bool
	// Class chooses the nodes of exactly that class, empty for any.
	Class string
	// From is the first node to go through. The page behind one begins at its
	// last node + 1.
	From Node
	// Limit bounds the answer, 0 for no bound.
	Limit int
}

// List returns the nodes on which a principal has a permission, exactly those
// for which [Engine.Check] reports true, in ascending order. It fails as that
// does, and with ErrInvalid for a limit below 0.
func (e *Engine) List(ctx context.Context, p Principal, perm Permission, f ListFilter, c Consistency) ([]Node, error) {
	if f.Limit < 0 {
		return nil, fmt.Errorf("%w: limit: %d, expected no negative number", ErrInvalid, f.Limit)
	}
	q, ok, err := e.ask(ctx, p, f.Under, c)
	if err != nil {
		return nil, err
	}
	// What is below the nodes above workspaces is in all of them.
	if ok && q.view.ground.workspace != Root {
		if list, ok := q.list(e.schema.verbs[perm], f); ok {
			return list, nil
		}
	}
	if err := e.reached(ctx, c); err != nil {
		return nil, err
	}
	facts, err := e.store.FactsBelow(ctx, p, f.Under, f.Class)
	if err != nil {
		return nil, fmt.Errorf("rbac: facts: %w", err)
	}
	sets := e.schema.Evaluate(facts, e.now())
	var list []Node
	for _, n := range facts.Targets {
		if f.Children && (facts.Places[n].Parent != f.Under || n == Root) {
			continue
		}
		if n >= f.From && sets[n].Has(perm) {
			if list = append(list, n); len(list) == f.Limit {
				break
			}
		}
	}
	return list, nil
}

// Filter returns the nodes of a class at or below a node on which a principal
// has a permission: exactly those for which [Engine.Check] reports true. An
// empty class means all. It fails as [Engine.Check] does. A listing that puts the
// condition into its query has full pages and true totals.
func (e *Engine) Filter(ctx context.Context, p Principal, perm Permission, under Node, class string, c Consistency) (Condition, error) {
	list, err := e.List(ctx, p, perm, ListFilter{Under: under, Class: class}, c)
	if err != nil {
		return Condition{}, err
	}
	return ascending(list), nil
}

// A sieve lets through the places on which a subject has something. Nodes that
// share a list mostly follow each other, and are answered alike.
type sieve struct {
	*asking

	verb   Action
	class  uint16 // as the table keeps it, 0 for any
	under  int32
	from   Node
	last   *list
	answer answer
	lost   bool
}

// passes reports whether a place is chosen and allowed.
func (s *sieve) passes(at int32) bool {
	g := s.view.ground
	c := g.classes.at(at)
	if c&goneFlag != 0 || s.class != 0 && c&classBits != s.class || g.nums.at(at) < s.from {
		return false
	}
	l := g.list(at)
	if l != s.last {
		s.last, s.answer = l, l.allowsFor(s.who, s.verb)
	}
	a := s.answer
	if a == unsure {
		if a = s.view.decide(s.who, g, at, s.verb); a == unsure {
			s.lost = true
		}
	}
	return a == yes
}

// allowsFor answers for a subject and whom he acts for, from lists alone.
func (l *list) allowsFor(s *subject, verb Action) answer {
	for ; s != nil; s = s.behalf {
		if s.disabled {
			return no
		}
		if a := l.allows(s, verb); a != yes {
			return a
		}
	}
	return yes
}

// list answers from memory; ok is false when that does not tell.
func (q *asking) list(verb Action, f ListFilter) (list []Node, ok bool) {
	g := q.view.ground
	s := &sieve{asking: q, verb: verb, under: q.at, from: f.From}
	if f.Class != "" {
		c := g.schema.classes[f.Class]
		if c == nil {
			return nil, true // whose nodes have no permissions
		}
		s.class = uint16(c.number + 1)
	}
	switch {
	case f.Children:
		for at := range g.children(q.at) {
			if s.passes(at) {
				list = append(list, g.nums.at(at))
			}
		}
	default:
		roots, some := q.reach()
		if some {
			list = s.gather(roots)
		} else {
			return s.scan(f.Limit)
		}
	}
	slices.Sort(list)
	if f.Limit > 0 && len(list) > f.Limit {
		list = list[:f.Limit]
	}
	return list, !s.lost
}

// scan goes through all places in order until the page is full.
func (s *sieve) scan(limit int) (list []Node, ok bool) {
	g := s.view.ground
	whole := g.nums.at(s.under) == g.workspace
	for at := range g.inOrder(s.from - 1) {
		if (whole || g.within(at, s.under)) && s.passes(at) {
			if list = append(list, g.nums.at(at)); len(list) == limit {
				break
			}
		}
	}
	return list, !s.lost
}

// within reports whether a place is another or below it.
func (g *ground) within(at, under int32) bool {
	if len(g.moved) == 0 && at < g.base {
		return under <= at && under < g.base && at < g.ends[under]
	}
	for ; at >= 0; at = g.parents.at(at) {
		if at == under {
			return true
		}
	}
	return false
}

// gather goes through what lies below some places, each once.
func (s *sieve) gather(roots []int32) (list []Node) {
	g := s.view.ground
	seen := map[int32]bool{}
	still := g.size == g.base && len(g.moved) == 0
	var done int32 // places before are done
	for _, root := range roots {
		switch {
		case g.within(root, s.under):
		case g.within(s.under, root):
			root = s.under
		default:
			continue
		}
		if still {
			for at := max(root, done); at < g.ends[root]; at++ {
				if s.passes(at) {
					list = append(list, g.nums.at(at))
				}
			}
			done = max(done, g.ends[root])
			continue
		}
		for stack := []int32{root}; len(stack) > 0; {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[at] {
				continue
			}
			seen[at] = true
			if s.passes(at) {
				list = append(list, g.nums.at(at))
			}
			for child := range g.children(at) {
				stack = append(stack, child)
			}
		}
	}
	return list
}

// reach returns the places, in ascending order, at or below which everything is
// that can be allowed to a subject at all. some is false when that is not worth
// having: what lies below them is most of the nodes.
func (q *asking) reach() (roots []int32, some bool) {
	g := q.view.ground
	for _, t := range g.tops {
		if l := g.hang(t.at); l != nil && l.leaves.speaks(g.schema, q.who) {
			return nil, false
		}
	}
	g.once.Do(g.grant)
	add := func(p Principal) {
		if places, ok := g.granted.Load(p); ok {
			roots = append(roots, places.([]int32)...) //nolint:forcetypeassert // nothing else is stored
		}
	}
	for _, name := range q.who.names {
		add(name)
	}
	if !slices.Contains(q.who.names, q.who.principal) {
		add(q.who.principal)
	}
	add(Owner)
	slices.Sort(roots)
	roots = slices.Compact(roots)
	var below int32
	for _, root := range roots {
		if root < g.base {
			below += g.ends[root] - root
		}
	}
	return roots, below <= g.size/4
}

// speaks reports whether anything that is inherited may allow a subject
// something.
func (b *bequest) speaks(s *Schema, who *subject) bool {
	for _, r := range b.reigns {
		if r.principal == who.principal {
			return true
		}
	}
	for _, c := range s.list {
		f := b.fold(c)
		if f.ownAllow != 0 {
			return true
		}
		l := list{class: c, said: f.said, leaves: b}
		if base, _ := l.heard(who); base != 0 {
			return true
		}
	}
	return false
}

// grant notes which places have rules that allow a principal something, and
// which are his to reign over.
func (g *ground) grant() {
	by := map[Principal][]int32{}
	note := func(p Principal, at int32) {
		if list := by[p]; len(list) == 0 || list[len(list)-1] != at {
			by[p] = append(list, at)
		}
	}
	for at := range g.size {
		c := g.classes.at(at)
		if c&goneFlag != 0 {
			continue
		}
		for _, d := range g.rules.at(at) {
			if !d.deny {
				note(d.principal, at)
			}
		}
		if c &= classBits; c > 0 && g.schema.list[c-1].Sovereign && g.owners.at(at) != 0 {
			note(g.owners.at(at), at)
		}
	}
	for p, list := range by {
		g.granted.Store(p, list)
	}
}

// A Question is a permission on a node.
type Question struct {
	Node       Node
	Permission Permission
}

// CheckMany answers several questions about a principal at once, in their
// order, each as [Engine.Check] would. It fails as that does, with the first
// question that it fails with, and then returns the answers to those before.
func (e *Engine) CheckMany(ctx context.Context, p Principal, questions []Question, c Consistency) ([]bool, error) {
	answers := make([]bool, len(questions))
	var q asking
	var perm Permission
	var verb Action
	for i, asked := range questions {
		if i == 0 || asked.Permission != perm {
			perm, verb = asked.Permission, e.schema.verbs[asked.Permission]
		}
		// What is in a view that was fresh after the call began is in that
		// workspace, and is answered from it.
		if q.view != nil {
			if at := q.view.ground.find(asked.Node); at >= 0 {
				if a := q.view.decide(q.who, q.view.ground, at, verb); a != unsure {
					answers[i] = a == yes
					continue
				}
			}
		}
		found, ok, err := e.ask(ctx, p, asked.Node, c)
		if err != nil {
			return answers[:i], err
		}
		if ok {
			q = found
			if a := q.view.decide(q.who, q.view.ground, q.at, verb); a != unsure {
				answers[i] = a == yes
				continue
			}
		}
		set, err := e.cold(ctx, p, asked.Node, c)
		if err != nil {
			return answers[:i], err
		}
		answers[i] = set.has(verb)
	}
	return answers, nil
}

// A PrincipalFilter chooses the principals that [Engine.Principals] goes
// through. Its zero value chooses all.
type PrincipalFilter struct {
	// Kind chooses those of a kind, empty for any.
	Kind Kind
	// From is the first principal to go through. The page behind one begins at
	// its last principal + 1.
	From Principal
	// Limit bounds the answer, 0 for no bound.
	Limit int
}

// Principals returns who has a permission on a node, exactly those for whom
// [Engine.Check] reports true, in ascending order. It returns ErrNoNode when the
// node does not exist, and ErrInvalid for a limit below 0. It answers from
// memory, and loads the workspace when it must.
func (e *Engine) Principals(ctx context.Context, n Node, perm Permission, f PrincipalFilter, c Consistency) ([]Principal, error) {
	if f.Limit < 0 {
		return nil, fmt.Errorf("%w: limit: %d, expected no negative number", ErrInvalid, f.Limit)
	}
	v, at, err := e.behold(ctx, n, c)
	if err != nil {
		return nil, err
	}
	d, verb := v.summit.directory, e.schema.verbs[perm]
	var list []Principal
	for p := range d.chosen(f) {
		a := v.decide(d.subject(p), v.ground, at, verb)
		if a == unsure {
			set, err := e.cold(ctx, p, n, c)
			if err != nil {
				return nil, err
			}
			a = yesIf(set.Has(perm))
		}
		if a == yes {
			if list = append(list, p); len(list) == f.Limit {
				break
			}
		}
	}
	return list, nil
}

// behold returns a view of the workspace that a node lies in, and its place
// there, loading what is not in memory. A view that does not fit in the budget,
// or that is of a unit of work, is this caller's alone.
func (e *Engine) behold(ctx context.Context, n Node, c Consistency) (*view, int32, error) {
	if err := c.valid(); err != nil {
		return nil, -1, err
	}
	// It may be elsewhere than it was last seen.
	for range 2 {
		if e.budget < 0 || e.store.InUnit(ctx) {
			break
		}
		v, at, err := e.catch(ctx, n, c)
		if err != nil || v != nil {
			return v, at, err
		}
		if err := e.Warm(ctx, n); err != nil {
			break // it does not fit, or the node does not exist
		}
	}
	if err := e.reached(ctx, c); err != nil {
		return nil, -1, err
	}
	return e.glance(ctx, n)
}

// catch returns a view with a node in it from memory, nil when it is not there.
func (e *Engine) catch(ctx context.Context, n Node, c Consistency) (*view, int32, error) {
	r := e.atlas.find(n)
	if r == nil {
		return nil, -1, nil
	}
	v, err := e.see(ctx, r, c)
	if err != nil || v == nil {
		return nil, -1, err
	}
	at := v.ground.find(n)
	if at < 0 {
		return nil, -1, nil
	}
	return v, at, nil
}

// errUnsteady is what looking at a workspace ends with while others change what
// is above it all the time.
var errUnsteady = errors.New("rbac: the facts keep changing while they are read")

// glance loads the workspace that a node lies in for one question.
func (e *Engine) glance(ctx context.Context, n Node) (*view, int32, error) {
	for range 12 {
		token, err := e.Revision(ctx, n)
		if err != nil {
			return nil, -1, err
		}
		above, err := e.store.Load(ctx, Root)
		if err != nil {
			return nil, -1, fmt.Errorf("rbac: load: %w", err)
		}
		now := e.now().UnixMicro()
		v := &view{summit: newSummit(e.schema, &above, now), until: forever}
		v.ground, v.revision = v.summit.ground, v.summit.revision
		if token.Workspace != Root {
			state, err := e.store.Load(ctx, token.Workspace)
			if err != nil {
				return nil, -1, fmt.Errorf("rbac: load: %w", err)
			}
			if state.At.Above != v.summit.revision {
				continue // the two are of different moments
			}
			v.ground = newGround(e.schema, &state, v.summit.ground, v.summit.namings, now)
			v.revision = state.At.Revision
		}
		if at := v.ground.find(n); at >= 0 {
			return v, at, nil
		}
	}
	return nil, -1, errUnsteady
}
