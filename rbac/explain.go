package rbac

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Cause is why an answer is what it is.
type Cause string

// The causes. The first two allow, the others refuse.
const (
	// BySupervision: the subject owns a sovereign node on the path.
	BySupervision Cause = "supervision"
	// ByRule: a rule allows it and nothing stands against that.
	ByRule Cause = "rule"
	// ByDeny: a rule denies it.
	ByDeny Cause = "deny"
	// ByRequirement: it is allowed, but something it requires is missing.
	ByRequirement Cause = "requirement"
	// BySeal: it would be allowed, were a node on the path not sealed.
	BySeal Cause = "seal"
	// ByDefault: nothing allows it.
	ByDefault Cause = "default"
	// ByDisabling: the subject, or the user a key acts for, is disabled.
	ByDisabling Cause = "disabled"
	// ByOwner: the user that a key acts for may not.
	ByOwner Cause = "behalf"
	// ByGiving: the subject may, but would give what he does not hold himself,
	// see [Engine.Covers].
	ByGiving Cause = "giving"
)

// An Explanation says why a subject may or may not.
type Explanation struct {
	Principal  Principal
	Node       Node
	Permission Permission
	Allowed    bool
	Cause      Cause
	// Path is the way from the root to the node, with the rules that speak of
	// the permission and of the subject at each place.
	Path []Step
	// Missing is the requirement that is unmet, and At the node where what it
	// needs is missing. Why explains that in turn. Where parents require it of
	// their parents, it is told of the one where it begins to be missing. Why is
	// nil when At is no node that exists, or its explanation would come back
	// to this one.
	Missing *Requirement
	At      Node
	Why     *Explanation
	// Sealed is the topmost sealed node on the path, meaningful with BySeal.
	Sealed Node
	// Behalf explains for the user that a key acts for.
	Behalf *Explanation
	// Flip is the smallest change that would turn the answer round, told by
	// [Engine.Explain] only: the fewest grants, rules less, seals and disablings
	// undone, owners replaced. Grants are on the nodes where something is
	// missing, not further up where they would give more. It is empty where nothing of the kind helps.
	Flip []Change
}

// A Step is a place on the path with what counts there.
type Step struct {
	Place Place
	Rules []Rule
	// Sovereign is set where the subject owns a sovereign node.
	Sovereign bool
}

// A DeniedError is the refusal of a permission, with its reason. It matches
// [ErrDenied].
type DeniedError struct{ Explanation Explanation }

// Error tells the permission, the node and the cause.
func (e *DeniedError) Error() string {
	x := e.Explanation
	text := fmt.Sprintf("rbac: principal %d has no %s on node %d (%s)", x.Principal, x.Permission, x.Node, x.Cause)
	if x.Missing != nil {
		text += fmt.Sprintf(": it needs %s on node %d", x.Missing.Needs, x.At)
	}
	return text
}

// Unwrap makes errors.Is(err, ErrDenied) true.
func (e *DeniedError) Unwrap() error { return ErrDenied }

// Explain says why the subject of the facts may or may not do something on a
// node at a moment. It allows what [Schema.Evaluate] does.
func (s *Schema) Explain(f Facts, now time.Time, n Node, p Permission) Explanation {
	return s.explain(f, f.Subject, now, n, p)
}

func (s *Schema) explain(f Facts, who Identity, now time.Time, n Node, p Permission) Explanation {
	x := (&explainer{evaluation: s.evaluate(f, who, now), facts: f, now: now}).explain(n, p)
	if who.Disabled {
		x = Explanation{Principal: x.Principal, Node: n, Permission: p, Cause: ByDisabling, Path: x.Path}
	}
	if who.Behalf == nil {
		return x
	}
	user := s.explain(f, *who.Behalf, now, n, p)
	switch {
	case user.Cause == ByDisabling:
		x = Explanation{Principal: x.Principal, Node: n, Permission: p, Cause: ByDisabling, Path: x.Path}
	case x.Allowed && !user.Allowed:
		x.Allowed, x.Cause = false, ByOwner
	}
	x.Behalf = &user
	return x
}

// An explainer explains an evaluation.
type explainer struct {
	*evaluation

	facts Facts
	now   time.Time
	// asked are the questions on the way to the present one.
	asked []question
}

type question struct {
	node       Node
	permission Permission
}

func (e *explainer) explain(n Node, p Permission) Explanation {
	x := Explanation{Principal: e.who.Principal, Node: n, Permission: p, Cause: ByDefault}
	s := e.at[n]
	if s == nil {
		return x
	}
	x.Path = e.path(s, p)
	if s.class == nil {
		return x
	}
	index, known := s.class.bit[p]
	if !known {
		return x
	}
	bit := uint64(1) << index
	switch {
	case s.held&s.given&bit != 0:
		x.Allowed, x.Cause = true, BySupervision
	case s.held&bit != 0:
		x.Allowed, x.Cause = true, ByRule
	case s.seal != nil && e.unsealed(s).set(n).Has(p):
		x.Cause, x.Sealed = BySeal, s.seal.place.Node
	case s.deny&bit != 0:
		x.Cause = ByDeny
	case s.allow&bit != 0:
		x.Cause = ByRequirement
		e.missing(&x, s)
	}
	return x
}

// path returns the way to a place with the rules that speak of a permission.
func (e *explainer) path(s *standing, p Permission) []Step {
	rules := map[Node][]Rule{}
	if s.class != nil {
		if index, known := s.class.bit[p]; known {
			for w := range e.speaking(s) {
				if e.says(w, s.class)&(1<<index) != 0 {
					rules[w.rule.Node] = append(rules[w.rule.Node], w.rule)
				}
			}
		}
	}
	var path []Step
	for here := s; here != nil; here = here.above {
		spoke := rules[here.place.Node]
		slices.SortFunc(spoke, func(a, b Rule) int { return int(a.Num - b.Num) })
		path = append(path, Step{Place: here.place, Rules: spoke, Sovereign: e.sovereign(here)})
	}
	slices.Reverse(path)
	return path
}

// unsealed evaluates as if nothing on the path to a place were sealed.
func (e *explainer) unsealed(s *standing) *evaluation {
	facts := e.facts
	facts.Places = maps.Clone(facts.Places)
	for here := s; here != nil; here = here.above {
		place := here.place
		place.Sealed = false
		facts.Places[place.Node] = place
	}
	return e.schema.evaluate(facts, e.who, e.now)
}

// missing completes the explanation of something that is allowed and not held.
func (e *explainer) missing(x *Explanation, s *standing) {
	r, unmet := e.unmet(s, x.Permission)
	if !unmet {
		return
	}
	// A path may be long: it is climbed here, in one explanation.
	for r.Relation == Parent && s.above != nil {
		next, unmet := e.unmet(s.above, r.Needs)
		if !unmet || next.Relation != Parent || s.above.above == nil {
			break
		}
		r, s = next, s.above
	}
	x.Missing, x.At = &r, s.place.Node
	node, leads := s.place.Node, true
	if r.Relation != "" {
		node, leads = s.leads(r.Relation)
	}
	if !leads {
		return
	}
	x.At = node
	asks := question{node: node, permission: r.Needs}
	if e.at[node] == nil || slices.Contains(e.asked, asks) || asks == (question{x.Node, x.Permission}) {
		return
	}
	e.asked = append(e.asked, question{x.Node, x.Permission})
	why := e.explain(node, r.Needs)
	e.asked = e.asked[:len(e.asked)-1]
	x.Why = &why
}

// unmet returns the first requirement that keeps something from being held
// that the rules allow.
func (e *explainer) unmet(s *standing, p Permission) (Requirement, bool) {
	if s.class == nil {
		return Requirement{}, false
	}
	index, known := s.class.bit[p]
	if !known || (s.allow&^s.deny)&(1<<index) == 0 {
		return Requirement{}, false
	}
	for _, r := range s.class.requires {
		if r.Permission == p && !e.met(s, r, s.held) {
			return r, true
		}
	}
	return Requirement{}, false
}
