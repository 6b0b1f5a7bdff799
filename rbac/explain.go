package rbac

import "fmt"

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
	// needs is missing. Why explains that in turn.
	Missing *Requirement
	At      Node
	Why     *Explanation
	// Sealed is the topmost sealed node on the path, meaningful with BySeal.
	Sealed Node
	// Behalf explains for the user that a key acts for.
	Behalf *Explanation
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
