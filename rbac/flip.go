package rbac

import (
	"slices"
	"time"
)

// How far the search for the smallest change goes.
const (
	flipRounds = 24 // fixes that are looked for, one behind another
	flipPool   = 16 // of which subsets are tried
	flipSize   = 3  // changes in a subset
)

// flip returns the fewest changes that turn the answer to a question round: a
// grant, a rule less, a seal or a disabling undone, another owner. Where it would
// take more than a few, those that it finds do, though fewer might. It returns
// nothing where no such change helps: nobody has a permission that the class
// lacks.
func (s *Schema) flip(f Facts, now time.Time, n Node, p Permission) []Change {
	turned := func(g Facts) bool { return s.Evaluate(g, now)[n].Has(p) }
	f.Targets = []Node{n}
	allowed := turned(f)
	var pool []Change
	if allowed {
		pool = s.losses(f, now, n, p)
	} else {
		pool = s.gains(f, now, n, p)
	}
	return smallest(pool, func(some []Change) bool { return turned(f.with(some...)) != allowed })
}

// smallest returns the first of the smallest subsets of a pool that will do,
// preferring what comes first, and else as much of the pool as it takes.
func smallest(pool []Change, does func(some []Change) bool) []Change {
	few := pool[:min(len(pool), flipPool)]
	for size := 1; size <= min(flipSize, len(few)); size++ {
		if found := subset(few, nil, size, does); found != nil {
			return found
		}
	}
	if !does(pool) {
		return nil
	}
	for i := range slices.Backward(pool) {
		if less := slices.Delete(slices.Clone(pool), i, i+1); does(less) {
			pool = less
		}
	}
	return pool
}

func subset(pool, chosen []Change, size int, does func([]Change) bool) []Change {
	if size == 0 {
		if does(chosen) {
			return slices.Clone(chosen)
		}
		return nil
	}
	for i := range pool {
		if found := subset(pool[i+1:], append(slices.Clip(chosen), pool[i]), size-1, does); found != nil {
			return found
		}
	}
	return nil
}

// losses returns what could take a permission away: a rule that allows it, a
// rule that denies it, another supervisor.
func (s *Schema) losses(f Facts, now time.Time, n Node, p Permission) []Change {
	x := s.Explain(f, now, n, p)
	var pool []Change
	for _, step := range x.Path {
		for _, r := range step.Rules {
			if r.Effect == Allow {
				pool = append(pool, Change{Kind: ChangeRevoke, Rule: r})
			}
		}
	}
	pool = append(pool, Change{Kind: ChangeGrant, Rule: exactly(Deny, f.Subject.Principal, n, p)})
	for _, step := range x.Path {
		if step.Sovereign {
			pool = append(pool, Change{Kind: ChangeOwn, Node: step.Place.Node})
		}
	}
	return append(pool, Change{Kind: ChangeDisable, Principal: f.Subject.Principal})
}

func exactly(e Effect, who Principal, n Node, p Permission) Rule {
	return Rule{Node: n, Effect: e, Principal: who, Scope: p.Scope(), Permission: p.Name()}
}

// gains returns what could give a permission, by removing what stands in its
// way again and again until nothing does.
func (s *Schema) gains(f Facts, now time.Time, n Node, p Permission) []Change {
	var pool []Change
	for range flipRounds {
		x := s.Explain(f, now, n, p)
		if x.Allowed {
			break
		}
		fixes := s.fixes(x)
		fixes = slices.DeleteFunc(fixes, func(c Change) bool { return slices.Contains(pool, c) })
		if len(fixes) == 0 {
			break
		}
		pool = append(pool, fixes...)
		f = f.with(fixes...)
	}
	// One grant that reaches down may do for several that do not.
	for _, c := range slices.Clone(pool) {
		if c.Kind == ChangeGrant {
			c.Rule.Propagate = true
			pool = append(pool, c)
		}
	}
	return pool
}

// fixes returns what removes the cause of one refusal.
func (s *Schema) fixes(x Explanation) []Change {
	switch x.Cause {
	case ByDisabling:
		// Who is disabled is explained so himself, and whoever acts for him.
		if x.Behalf != nil && x.Behalf.Cause == ByDisabling {
			return append(s.fixes(*x.Behalf), Change{Kind: ChangeEnable, Principal: x.Principal})
		}
		return []Change{{Kind: ChangeEnable, Principal: x.Principal}}
	case ByOwner:
		return s.fixes(*x.Behalf)
	case BySeal:
		return []Change{{Kind: ChangeUnseal, Node: x.Sealed}}
	case ByDeny:
		var list []Change
		for _, step := range x.Path {
			for _, r := range step.Rules {
				if r.Effect == Deny {
					list = append(list, Change{Kind: ChangeRevoke, Rule: r})
				}
			}
		}
		return list
	case ByRequirement:
		if x.Why != nil {
			return s.fixes(*x.Why)
		}
	case ByDefault:
		if len(x.Path) == 0 || !slices.Contains(s.Permissions(x.Path[len(x.Path)-1].Place.Class), x.Permission) {
			return nil
		}
		for _, step := range x.Path {
			if step.Place.Sealed {
				// What is granted below a seal does not count either.
				return []Change{
					{Kind: ChangeGrant, Rule: exactly(Allow, x.Principal, x.Node, x.Permission)},
					{Kind: ChangeUnseal, Node: step.Place.Node},
				}
			}
		}
		return []Change{{Kind: ChangeGrant, Rule: exactly(Allow, x.Principal, x.Node, x.Permission)}}
	case ByRule, BySupervision:
	}
	return nil
}
