package rbac

import (
	"context"
	"fmt"
	"maps"
	"math/bits"
	"slices"
)

// Covers makes sure that a principal holds all that a rule would give, on the
// rule's node and, where the rule propagates, on whatever lies below: nobody
// gives more than he has. The effect and the principal of the rule mean
// nothing here.
//
// What is below is not gone through. Whoever is denied something there, for
// himself or for a group of his, does not cover a rule that gives it; otherwise
// what he holds on the node is taken to hold for every class that could be
// below it, as the rules on the way say. Requirements on other nodes count as
// met, since a rule does not meet them either.
//
// It returns a *[DeniedError] of cause [ByGiving] for the first permission that
// is missing, ErrNoRole for a role that does not exist, ErrNoNode and
// ErrNoPrincipal. It asks the database.
func (e *Engine) Covers(ctx context.Context, p Principal, r Rule) error {
	roles, err := e.named(ctx, r)
	if err != nil {
		return err
	}
	facts, err := e.read(ctx, p, r.Node, Latest())
	if err != nil {
		return err
	}
	now := e.now()
	places := maps.Clone(facts.Places)
	if r.Propagate {
		for i, class := range e.schema.Classes() {
			n := Node(-1 - i) // no node has such a number
			places[n] = Place{Node: n, Parent: r.Node, Class: class, Workspace: facts.Places[r.Node].Workspace}
		}
	}
	facts.Places = places
	for who := &facts.Subject; who != nil; who = who.Behalf {
		v := e.schema.evaluate(facts, *who, now)
		for _, s := range v.standings {
			if s.place.Node > 0 && s.place.Node != r.Node || s.place.Node == 0 && r.Node != Root || s.class == nil {
				continue
			}
			if missing := e.schema.named(r, roles, s.class) &^ s.could(); missing != 0 {
				return uncovered(p, r.Node, s.class, missing)
			}
		}
		if err := e.undenied(ctx, p, who, r, roles); err != nil {
			return err
		}
	}
	return nil
}

// named returns the stored role that a rule names.
func (e *Engine) named(ctx context.Context, r Rule) (map[RoleName]Role, error) {
	if r.Role == "" {
		return nil, nil //nolint:nilnil // a rule without a role needs none
	}
	if _, builtin := e.schema.Role(r.Role); builtin {
		return nil, nil //nolint:nilnil // the schema knows it
	}
	stored, err := e.store.Roles(ctx, r.Role)
	if err != nil {
		return nil, fmt.Errorf("rbac: roles: %w", err)
	}
	if len(stored) == 0 {
		return nil, fmt.Errorf("%w: %q", ErrNoRole, r.Role)
	}
	return map[RoleName]Role{r.Role: stored[0]}, nil
}

// undenied refuses a rule that gives, somewhere below its node, what an
// identity is denied there. Who is denied it as everybody is, is no other than
// whom the rule would give it to.
func (e *Engine) undenied(ctx context.Context, p Principal, who *Identity, r Rule, roles map[RoleName]Role) error {
	if !r.Propagate {
		return nil
	}
	denies, err := e.store.Rules(ctx, RuleFilter{Principals: append(slices.Clone(who.Groups), who.Principal), Effect: Deny})
	if err != nil {
		return fmt.Errorf("rbac: denials: %w", err)
	}
	now := e.now()
	seen := map[Node]bool{r.Node: true}
	for _, d := range denies {
		if seen[d.Node] || !d.Expires.IsZero() && !now.Before(d.Expires) {
			continue
		}
		seen[d.Node] = true
		facts, err := e.read(ctx, p, d.Node, Latest())
		if err != nil {
			return err
		}
		v := e.schema.evaluate(facts, *who, now)
		s := v.at[d.Node]
		if s == nil || !s.below(r.Node) {
			continue
		}
		// A denial that propagates concerns whatever may be below it too.
		classes := []*class{s.class}
		if d.Propagate {
			classes = slices.Collect(maps.Values(e.schema.classes))
		}
		for _, c := range classes {
			if c == nil || s.reigns {
				continue
			}
			denied := Rule{Role: d.Role, Scope: d.Scope, Permission: d.Permission, Class: d.Class}
			if missing := e.schema.named(r, roles, c) & e.schema.named(denied, facts.Roles, c); missing != 0 {
				return uncovered(p, d.Node, c, missing)
			}
		}
	}
	return nil
}

// could returns what is held on a place were all requirements on other places
// met.
func (s *standing) could() uint64 {
	held := s.allow&^s.deny | s.given
	for changed := true; changed; {
		changed = false
		for _, r := range s.class.requires {
			bit := uint64(1) << s.class.bit[r.Permission]
			if r.Relation == "" && held&bit&^s.given != 0 && held&(1<<s.class.bit[r.Needs]) == 0 {
				held &^= bit
				changed = true
			}
		}
	}
	return held
}

// below reports whether a place lies below a node.
func (s *standing) below(n Node) bool {
	for above := s.above; above != nil; above = above.above {
		if above.place.Node == n {
			return true
		}
	}
	return false
}

// uncovered refuses to give the first of some permissions of a class.
func uncovered(p Principal, n Node, c *class, missing uint64) error {
	return &DeniedError{Explanation: Explanation{
		Principal: p, Node: n, Permission: c.permissions[bits.TrailingZeros64(missing)], Cause: ByGiving,
	}}
}
