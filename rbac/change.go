package rbac

import (
	"fmt"
	"maps"
	"slices"
)

// A ChangeKind says what a [Change] does.
type ChangeKind string

// The kinds of changes.
const (
	// ChangeGrant adds Rule, ChangeRevoke takes the one of its Num away.
	ChangeGrant  ChangeKind = "grant"
	ChangeRevoke ChangeKind = "revoke"
	// ChangeJoin puts Principal into Group, ChangePart takes him out.
	ChangeJoin ChangeKind = "join"
	ChangePart ChangeKind = "part"
	// ChangeDisable and ChangeEnable are about Principal.
	ChangeDisable ChangeKind = "disable"
	ChangeEnable  ChangeKind = "enable"
	// ChangeMove hangs Node from Parent, ChangeDelete takes it away with all
	// below, ChangeOwn gives it to Principal, and the others seal and unseal it.
	ChangeMove   ChangeKind = "move"
	ChangeDelete ChangeKind = "delete"
	ChangeOwn    ChangeKind = "own"
	ChangeSeal   ChangeKind = "seal"
	ChangeUnseal ChangeKind = "unseal"
)

// A Change is something that could be done, which nobody does: it is what
// [Engine.Simulate] supposes, and what [Explanation.Flip] suggests.
type Change struct {
	Kind      ChangeKind
	Rule      Rule
	Principal Principal
	Group     Principal
	Node      Node
	Parent    Node
}

// String tells the change in words.
func (c Change) String() string {
	switch c.Kind {
	case ChangeGrant:
		what := "everything"
		switch {
		case c.Rule.Role != "":
			what = "role " + string(c.Rule.Role)
		case c.Rule.Scope != "" || c.Rule.Permission != "":
			what = string(Of(c.Rule.Scope, c.Rule.Permission))
		}
		return fmt.Sprintf("%s principal %d %s on node %d", c.Rule.Effect, c.Rule.Principal, what, c.Rule.Node)
	case ChangeRevoke:
		return fmt.Sprintf("revoke rule %d on node %d", c.Rule.Num, c.Rule.Node)
	case ChangeJoin, ChangePart:
		return fmt.Sprintf("%s principal %d, group %d", c.Kind, c.Principal, c.Group)
	case ChangeDisable, ChangeEnable:
		return fmt.Sprintf("%s principal %d", c.Kind, c.Principal)
	case ChangeMove:
		return fmt.Sprintf("move node %d below node %d", c.Node, c.Parent)
	case ChangeOwn:
		return fmt.Sprintf("give node %d to principal %d", c.Node, c.Principal)
	}
	return fmt.Sprintf("%s node %d", c.Kind, c.Node)
}

// with returns the facts as they would be after changes of rules, of what is
// sealed, of who owns what, and of who is disabled.
func (f Facts) with(changes ...Change) Facts {
	f.Rules, f.Places = slices.Clone(f.Rules), maps.Clone(f.Places)
	for _, c := range changes {
		place := f.Places[c.Node]
		switch c.Kind {
		case ChangeGrant:
			f.Rules = append(f.Rules, c.Rule)
		case ChangeRevoke:
			f.Rules = slices.DeleteFunc(f.Rules, func(r Rule) bool { return r.Num == c.Rule.Num })
		case ChangeSeal, ChangeUnseal:
			place.Sealed = c.Kind == ChangeSeal
			f.Places[c.Node] = place
		case ChangeOwn:
			place.Owner = c.Principal
			f.Places[c.Node] = place
		case ChangeDisable, ChangeEnable:
			f.Subject = f.Subject.disabled(c.Principal, c.Kind == ChangeDisable)
		case ChangeJoin, ChangePart, ChangeMove, ChangeDelete:
		}
	}
	return f
}

// disabled returns an identity in which a principal is disabled, or not.
func (i Identity) disabled(p Principal, so bool) Identity {
	if i.Principal == p {
		i.Disabled = so
	}
	if i.Behalf != nil {
		behalf := i.Behalf.disabled(p, so)
		i.Behalf = &behalf
	}
	return i
}
