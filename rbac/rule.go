package rbac

import (
	"errors"
	"time"
)

// Errors of rules and the engine.
var (
	// ErrDenied is wrapped by every refusal; see [DeniedError].
	ErrDenied = errors.New("rbac: not permitted")
	// ErrNoNode is returned when asked about a node that does not exist.
	ErrNoNode = errors.New("rbac: no such node")
	// ErrNoPrincipal is returned when asked about a principal that does not
	// exist.
	ErrNoPrincipal = errors.New("rbac: no such principal")
	// ErrNoRole is returned for a role that is neither built in nor stored.
	ErrNoRole = errors.New("rbac: no such role")
	// ErrInvalid is wrapped by the refusal of a malformed rule or role; the
	// error names the field and what was expected.
	ErrInvalid = errors.New("rbac: invalid")
	// ErrBuiltin is returned for an attempt to change a built-in role.
	ErrBuiltin = errors.New("rbac: the role is built in")
	// ErrRoleInUse is returned for an attempt to delete a role that a rule
	// still names.
	ErrRoleInUse = errors.New("rbac: the role is in use")
)

// An Effect is what a rule does with what it names.
type Effect string

// The two effects.
const (
	Allow Effect = "allow"
	Deny  Effect = "deny"
)

// A RuleID identifies a rule.
type RuleID string

// A Rule allows or denies a principal something on a node.
//
// What it names is a role, or a scope and permission in the manner of NextGIS
// Web (spec/ngw.md §3.1): both empty mean every permission of every scope, a
// scope alone all of that scope, both exactly that one. An empty scope with a
// permission matches nothing, as does a name that a class does not know.
type Rule struct {
	ID        RuleID
	Num       int64
	Node      Node
	Effect    Effect
	Principal Principal
	// Role, when set, is what the rule names; Scope and Permission are empty.
	Role       RoleName
	Scope      string
	Permission string
	// Class restricts the rule to nodes of exactly that class; empty for any.
	Class string
	// Propagate makes the rule hold for everything below its node too.
	Propagate bool
	// Expires is when the rule ceases to count, never when zero. At that
	// instant it has ceased.
	Expires time.Time
	// Origin says what the rule is kept for, for example "member" or
	// "permission/0190…", so that whoever made it can find and remove it.
	Origin  string
	Created time.Time
}

// A RuleFilter chooses rules. Its zero value chooses all; conditions add up.
type RuleFilter struct {
	IDs        []RuleID
	Nodes      []Node
	Principals []Principal
	Roles      []RoleName
	Origin     string
	// Named keeps only rules that name a role.
	Named bool
	// After continues behind the rule with that Num; Limit bounds the answer,
	// 0 for no bound.
	After int64
	Limit int
}

// A Token marks a state of the facts: the revision of a workspace (or, for
// [Root], of everything above workspaces). Tokens of one node are ordered.
type Token struct {
	Workspace Node
	Revision  int64
}

// A Consistency says how fresh the facts behind an answer must be. The zero
// value is [Latest].
type Consistency struct {
	token  Token
	within time.Duration
	mode   mode
}

type mode int

const (
	latest mode = iota
	atLeast
	within
)

// Latest asks for an answer that reflects every change acknowledged, on any
// server, before the question was asked.
func Latest() Consistency { return Consistency{} }

// AtLeast asks for an answer no older than the token.
func AtLeast(t Token) Consistency { return Consistency{mode: atLeast, token: t} }

// Within asks for an answer no older than d. Where that cannot be shown, the
// engine refuses rather than guesses.
func Within(d time.Duration) Consistency { return Consistency{mode: within, within: d} }
