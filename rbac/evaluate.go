package rbac

import (
	"iter"
	"time"
)

// Evaluate returns what the subject of the facts can do on each of their
// targets at a moment. It is the meaning of the package written down as
// plainly as it goes, from the facts and nothing else: every faster way to the
// same answers is compared with it.
func (s *Schema) Evaluate(f Facts, now time.Time) map[Node]Set {
	answers := make(map[Node]Set, len(f.Targets))
	own := s.evaluate(f, f.Subject, now)
	for _, n := range f.Targets {
		answers[n] = own.set(n)
	}
	for who := f.Subject.Behalf; who != nil; who = who.Behalf {
		user := s.evaluate(f, *who, now)
		for _, n := range f.Targets {
			set := answers[n]
			set.mask &= user.set(n).mask
			answers[n] = set
		}
	}
	return answers
}

// An evaluation is what one identity, without the user it may act for, can do
// on all places of some facts.
type evaluation struct {
	schema *Schema
	roles  map[RoleName]Role
	who    Identity
	// names are the principals in whose name the identity has what rules give,
	// but for Owner, who is somebody else on every node.
	names map[Principal]bool
	// standings are the places that hang from the root, parents first.
	standings []*standing
	at        map[Node]*standing
}

// A standing is a place and where the identity stands there.
type standing struct {
	place Place
	class *class    // nil when the schema lacks it
	above *standing // nil for the root
	// seal is the topmost sealed place on the path, nil when there is none.
	seal *standing
	// reigns is set when the identity owns a sovereign place on the path,
	// interned when it owns one at the seal or below.
	reigns, interned bool
	// own are the rules on this place that can concern the identity; bequest
	// leads through those that hold below it too, from here to the root.
	own     []*voice
	bequest *voice
	// allow and deny are what the rules say, given is what sovereignty gives,
	// held is the answer.
	allow, deny, given, held uint64
}

// A voice is a rule on a place.
type voice struct {
	rule Rule
	// sealed is set for a rule on the topmost sealed place or below.
	sealed bool
	next   *voice
	// says keeps the permissions that the rule names in a class.
	says map[*class]uint64
}

func (s *Schema) evaluate(f Facts, who Identity, now time.Time) *evaluation {
	v := &evaluation{schema: s, roles: f.Roles, who: who, names: namesOf(who), at: map[Node]*standing{}}
	rules := map[Node][]Rule{}
	for _, r := range f.Rules {
		expired := !r.Expires.IsZero() && !now.Before(r.Expires)
		if !expired && (r.Principal == Owner || v.names[r.Principal]) {
			rules[r.Node] = append(rules[r.Node], r)
		}
	}
	below := map[Node][]Place{}
	for _, place := range f.Places {
		if place.Node != Root {
			below[place.Parent] = append(below[place.Parent], place)
		}
	}
	if root, ok := f.Places[Root]; ok {
		v.stand(root, nil, rules[Root])
	}
	for i := 0; i < len(v.standings); i++ { //nolint:intrange // there are more of them every time
		above := v.standings[i]
		for _, place := range below[above.place.Node] {
			v.stand(place, above, rules[place.Node])
		}
	}
	v.settle()
	return v
}

// namesOf returns in whose name an identity has what rules give.
func namesOf(who Identity) map[Principal]bool {
	switch {
	case who.Disabled:
		return nil
	case who.Principal == Guest:
		return map[Principal]bool{Everyone: true, Guest: true}
	}
	names := map[Principal]bool{Everyone: true, Authenticated: true, who.Principal: true}
	for _, group := range who.Groups {
		names[group] = true
	}
	// Whoever has said who he is is no guest, whatever groups he is in.
	delete(names, Guest)
	return names
}

// stand adds a place below another that was added before, with all that
// follows from the rules and from who owns what, but not yet the requirements.
func (v *evaluation) stand(place Place, above *standing, rules []Rule) {
	s := &standing{place: place, class: v.schema.classes[place.Class], above: above}
	if above != nil {
		s.seal, s.reigns, s.interned, s.bequest = above.seal, above.reigns, above.interned, above.bequest
	}
	if s.seal == nil && place.Sealed {
		s.seal = s
	}
	if v.sovereign(s) {
		if s.seal == nil {
			s.reigns = true
		} else {
			s.interned = true
		}
	}
	for _, r := range rules {
		w := &voice{rule: r, sealed: s.seal != nil, says: map[*class]uint64{}}
		s.own = append(s.own, w)
		if r.Propagate {
			w.next = s.bequest
			s.bequest = w
		}
	}
	v.standings = append(v.standings, s)
	v.at[place.Node] = s
	if s.class == nil {
		return
	}
	for w := range v.speaking(s) {
		says := v.says(w, s.class)
		switch {
		case w.rule.Effect == Deny:
			s.deny |= says
		case w.rule.Effect == Allow && w.sealed:
			s.allow |= says & s.class.open
		case w.rule.Effect == Allow:
			s.allow |= says
		}
	}
	switch {
	case s.reigns:
		s.given = s.class.all()
	case s.interned:
		s.given = s.class.open
	}
}

// owns reports whether the identity owns a place. The guest is nobody in
// particular and owns nothing.
func (v *evaluation) owns(p Place) bool {
	return p.Owner != 0 && p.Owner == v.who.Principal && p.Owner != Guest && !v.who.Disabled
}

// sovereign reports whether the identity owns a place of a sovereign class.
func (v *evaluation) sovereign(s *standing) bool {
	return s.class != nil && s.class.Sovereign && v.owns(s.place)
}

// speaking goes through the rules that count on a place: those on it, and
// those above it that propagate.
func (v *evaluation) speaking(s *standing) iter.Seq[*voice] {
	return func(yield func(*voice) bool) {
		counts := func(w *voice) bool { return w.rule.Principal != Owner || v.owns(s.place) }
		for _, w := range s.own {
			if counts(w) && !yield(w) {
				return
			}
		}
		if s.above == nil {
			return
		}
		for w := s.above.bequest; w != nil; w = w.next {
			if counts(w) && !yield(w) {
				return
			}
		}
	}
}

// says returns the permissions of a class that a rule names.
func (v *evaluation) says(w *voice, c *class) uint64 {
	mask, known := w.says[c]
	if !known {
		mask = v.schema.named(w.rule, v.roles, c)
		w.says[c] = mask
	}
	return mask
}

func (s *Schema) named(r Rule, roles map[RoleName]Role, c *class) uint64 {
	var mask uint64
	switch {
	case r.Class != "" && r.Class != c.Name:
	case r.Role != "":
		role, builtin := s.roles[r.Role]
		if !builtin {
			role = roles[r.Role]
		}
		if role.Everything {
			return c.all()
		}
		for _, p := range role.Permissions {
			if bit, ok := c.bit[p]; ok {
				mask |= 1 << bit
			}
		}
	case r.Scope == "" && r.Permission == "":
		return c.all()
	case r.Scope == "":
	default:
		for bit, p := range c.permissions {
			if p.Scope() == r.Scope && (r.Permission == "" || p.Name() == r.Permission) {
				mask |= 1 << bit
			}
		}
	}
	return mask
}

// settle finds out what is held, given the requirements. It starts with
// nothing and adds what has all that it requires until there is no more to
// add, so that nothing is ever held because it requires itself. As parents
// come before children, only links make a second round do anything.
func (v *evaluation) settle() {
	for changed := true; changed; {
		changed = false
		for _, s := range v.standings {
			if s.class == nil {
				continue
			}
			if held := v.hold(s); held != s.held {
				s.held = held
				changed = true
			}
		}
	}
}

// hold returns what is held on a place as far as is known of the others.
func (v *evaluation) hold(s *standing) uint64 {
	held := s.allow&^s.deny | s.given
	for _, r := range s.class.requires {
		bit := uint64(1) << s.class.bit[r.Permission]
		if held&bit&^s.given != 0 && !v.met(s, r, held) {
			held &^= bit
		}
	}
	return held
}

// met reports whether a requirement of a place is met, where held is held on
// the place itself.
func (v *evaluation) met(s *standing, r Requirement, held uint64) bool {
	if r.Relation == "" {
		return held&(1<<s.class.bit[r.Needs]) != 0
	}
	node, leads := s.leads(r.Relation)
	if !leads {
		return r.OrNone
	}
	return v.set(node).Has(r.Needs)
}

// leads returns the node that a relation leads to, and whether it does.
func (s *standing) leads(relation string) (Node, bool) {
	if relation == Parent {
		return s.place.Parent, s.above != nil
	}
	node, ok := s.place.Links[relation]
	return node, ok
}

// set returns what is held on a node, nothing on one that is not there.
func (v *evaluation) set(n Node) Set {
	s := v.at[n]
	if s == nil || s.class == nil {
		return Set{}
	}
	return Set{class: s.class, mask: s.held}
}

// all returns the mask of all permissions of a class.
func (c *class) all() uint64 {
	if c == nil {
		return 0
	}
	return 1<<len(c.permissions) - 1
}
