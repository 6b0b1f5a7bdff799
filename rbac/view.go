package rbac

import (
	"maps"
	"math/bits"
	"slices"
	"sync/atomic"
)

// A summit is what lies above workspaces, in one version: the topmost nodes,
// who is who, and what roles hold.
type summit struct {
	ground    *ground
	directory *directory
	namings   *namings
	revision  int64
}

// newSummit builds a summit of the state of the root.
func newSummit(s *Schema, state *State, now int64) *summit {
	names := &namings{schema: s, roles: rolesOf(state.Roles)}
	return &summit{
		ground:    newGround(s, state, nil, names, now),
		directory: newDirectory(state.Profiles),
		namings:   names,
		revision:  state.At.Revision,
	}
}

func rolesOf(list []Role) map[RoleName]Role {
	roles := make(map[RoleName]Role, len(list))
	for _, r := range list {
		roles[r.Name] = r
	}
	return roles
}

// after returns the summit with the changes of a delta.
func (m *summit) after(delta *Delta, now int64) *summit {
	n := &summit{
		ground: m.ground, directory: m.directory.after(delta), namings: m.namings, revision: delta.To,
	}
	if len(delta.Roles)+len(delta.GoneRoles) > 0 {
		roles := make(map[RoleName]Role, len(m.namings.roles)+len(delta.Roles))
		maps.Copy(roles, m.namings.roles)
		for _, name := range delta.GoneRoles {
			delete(roles, name)
		}
		for _, r := range delta.Roles {
			roles[r.Name] = r
		}
		n.namings = &namings{schema: m.namings.schema, roles: roles}
		n.ground = n.ground.over(nil, n.namings)
	}
	n.ground = n.ground.after(delta, now)
	return n
}

// expire returns the summit without the rules that have ceased to count.
func (m *summit) expire(now int64) *summit {
	if now < m.ground.until {
		return m
	}
	n := *m
	n.ground = m.ground.expire(now)
	return &n
}

// A view is one moment of a workspace and of what is above it, from which
// everything about its nodes can be answered. For the nodes above workspaces
// both are the same.
type view struct {
	summit   *summit
	ground   *ground
	revision int64
	// confirmed is when the last question left, on the engine's monotonic clock,
	// that showed this to be the present moment, and pulse the database's just
	// before, where it has one.
	confirmed atomic.Int64
	pulse     atomic.Uint64
	// told says how many changes of this process had been told of by then, to
	// the workspace and above.
	told, toldAbove atomic.Uint64
	// until is when the first rule ceases to count.
	until int64
}

func (v *view) token() Token {
	return Token{Workspace: v.ground.workspace, Revision: v.revision, Above: v.summit.revision}
}

// decide answers whether a subject has something on a place of a ground. It is
// unsure where a link leads to another workspace.
func (v *view) decide(s *subject, g *ground, at int32, verb Action) answer {
	for ; s != nil; s = s.behalf {
		if s.disabled {
			return no
		}
		a := g.list(at).allows(s, verb)
		if a == unsure {
			a = v.follow(s, g, at, verb)
		}
		if a != yes {
			return a
		}
	}
	return yes
}

// effective returns everything that a subject has on a place.
func (v *view) effective(s *subject, g *ground, at int32) (Set, answer) {
	l := g.list(at)
	if l.class == nil {
		return Set{}, yes
	}
	set := Set{class: l.class, mask: l.class.all()}
	for ; s != nil; s = s.behalf {
		if s.disabled {
			return Set{class: l.class}, yes
		}
		mask, a := v.holds(s, g, at, l)
		if a == unsure {
			return Set{}, unsure
		}
		set.mask &= mask
	}
	return set, yes
}

// holds returns everything that a subject has, leaving whom he acts for aside.
func (v *view) holds(s *subject, g *ground, at int32, l *list) (uint64, answer) {
	base, given := l.heard(s)
	if given == l.class.all() {
		return given, yes
	}
	var unmet uint64 // of what is needed on the parent
	apart := given != 0
	if !apart && l.above != nil {
		for i, verb := range l.class.above {
			switch l.above.allows(s, verb) {
			case no:
				unmet |= 1 << i
			case unsure:
				apart = true
			case yes:
			}
		}
	}
	var held uint64
	for rest := base | given; rest != 0; rest &= rest - 1 {
		bit := bits.TrailingZeros64(rest)
		need := &l.class.needs[bit]
		if !apart && l.free>>bit&1 != 0 {
			met := need.above&unmet == 0
			if l.above == nil && !l.satisfied {
				met = need.without == 0
			}
			if met && base&need.within == need.within {
				held |= 1 << bit
			}
			continue
		}
		verb := v.summit.namings.schema.verbs[l.class.permissions[bit]]
		a := l.allows(s, verb)
		if a == unsure {
			a = v.follow(s, g, at, verb)
		}
		switch a {
		case yes:
			held |= 1 << bit
		case unsure:
			return 0, unsure
		case no:
		}
	}
	return held, yes
}

// A pursuit answers from the nodes themselves, one question after another,
// where lists do not suffice: links lead from nodes, not from lists.
type pursuit struct {
	view *view
	who  *subject
	// asked are the questions on the way to the present one: nothing is held
	// because it needs itself.
	asked []pursued
	left  int
	lost  bool
}

type pursued struct {
	ground *ground
	at     int32
	verb   Action
}

// patience bounds how many questions one answer may take; what takes more is
// left to the reference, whose cost does not grow with the ways there are.
const patience = 10_000

// follow answers where links have a say.
func (v *view) follow(s *subject, g *ground, at int32, verb Action) answer {
	p := &pursuit{view: v, who: s, left: patience}
	held := p.held(g, at, verb)
	if p.lost {
		return unsure
	}
	return yesIf(held)
}

func (p *pursuit) held(g *ground, at int32, verb Action) bool {
	l := g.list(at)
	if a := l.allows(p.who, verb); a != unsure {
		return a == yes
	}
	here := pursued{g, at, verb}
	if slices.Contains(p.asked, here) {
		return false
	}
	if p.left--; p.left < 0 {
		p.lost = true
	}
	if p.lost {
		return false
	}
	p.asked = append(p.asked, here)
	defer func() { p.asked = p.asked[:len(p.asked)-1] }()
	for _, d := range l.class.needs[l.class.index[verb.verb]].direct {
		if !p.met(g, at, d) {
			return false
		}
	}
	return true
}

func (p *pursuit) met(g *ground, at int32, d condition) bool {
	switch d.relation {
	case "":
		return p.held(g, at, d.needs)
	case Parent:
		if parent := g.parents.at(at); parent >= 0 {
			return p.held(g, parent, d.needs)
		}
		if g.from == nil {
			return d.orNone
		}
		for _, t := range g.tops {
			if above := g.from.find(t.above); t.at == at && above >= 0 {
				return p.held(g.from, above, d.needs)
			}
		}
		return false
	}
	for _, l := range g.links.at(at) {
		if l.relation != d.relation {
			continue
		}
		if to, there := p.view.spot(p.view.ground, l.target); there {
			return p.held(to.ground, to.at, d.needs)
		}
		p.lost = true // it is in another workspace, or gone
		return false
	}
	return d.orNone
}
