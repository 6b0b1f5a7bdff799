package rbac

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
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
	// ErrStale is wrapped by the refusal to answer from facts that are older
	// than the token of [AtLeast].
	ErrStale = errors.New("rbac: the facts are older than asked for")
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
	// Within keeps the rules on nodes of one workspace, named by its node.
	Within Node
	Effect Effect
	Origin string
	// OriginPrefix is what the origin begins with: "permission/".
	OriginPrefix string
	// Named keeps only rules that name a role.
	Named bool
	// ExpiringBefore keeps rules that cease to count before then.
	ExpiringBefore time.Time
	// Order is that of Num when zero. After continues behind a rule in that
	// order; Limit bounds the answer, 0 for no bound.
	Order  Order
	After  *Mark
	Offset int
	Limit  int
}

// A Token marks a moment of a workspace, or, for [Root], of everything above
// workspaces. What is decided in a workspace depends on both, so a token has two
// revisions. They rise with every change that a decision can depend on.
type Token struct {
	Workspace Node
	// Revision is that of the workspace itself.
	Revision int64
	// Above is that of what lies above workspaces, which for Root is Revision
	// too.
	Above int64
}

// Reaches reports whether a token marks a moment of the same workspace that has
// seen all that another's had.
func (t Token) Reaches(other Token) bool {
	return t.Workspace == other.Workspace && t.Revision >= other.Revision && t.Above >= other.Above
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
//
// Age is counted by the machine's monotonic clock, which setting the time does
// not move, and which on Linux stands still while the machine sleeps: an answer
// given just after may be older by as long as it slept.
func Within(d time.Duration) Consistency { return Consistency{mode: within, within: d} }

// Rules lists rules in the filter's order, that of Num without one. It returns
// ErrInvalid for an order by what they cannot be put in order by, and for a
// mark of another order.
func (e *Engine) Rules(ctx context.Context, f RuleFilter) ([]Rule, error) {
	rules, err := e.store.Rules(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("rbac: rules: %w", err)
	}
	return rules, nil
}

// CountRules returns how many rules a filter chooses, wherever the list begins
// and ends.
func (e *Engine) CountRules(ctx context.Context, f RuleFilter) (int, error) {
	n, err := e.store.CountRules(ctx, f)
	if err != nil {
		return 0, fmt.Errorf("rbac: count rules: %w", err)
	}
	return n, nil
}

// Grant adds a rule and returns it with its ID, Num and Created, which it sets
// itself. It is called inside a unit of work, by whoever has made sure that the
// rule may be made. It returns ErrInvalid for a malformed rule, ErrNoRole,
// ErrNoNode or ErrNoPrincipal when what the rule names does not exist.
func (e *Engine) Grant(ctx context.Context, r Rule) (Rule, error) {
	now := e.now().UTC().Truncate(time.Microsecond)
	if !r.Expires.IsZero() {
		r.Expires = r.Expires.UTC().Truncate(time.Microsecond)
	}
	if err := e.validate(r, now); err != nil {
		return Rule{}, err
	}
	if err := e.known(ctx, r.Role); err != nil {
		return Rule{}, err
	}
	r.ID, r.Num, r.Created = RuleID(uid.New()), 0, now
	added, err := e.store.AddRule(ctx, r)
	if err != nil {
		return Rule{}, fmt.Errorf("rbac: grant: %w", err)
	}
	return added, nil
}

func (e *Engine) validate(r Rule, now time.Time) error {
	switch {
	case r.Effect != Allow && r.Effect != Deny:
		return fmt.Errorf("%w: effect: %q, expected allow or deny", ErrInvalid, r.Effect)
	case r.Principal <= 0:
		return fmt.Errorf("%w: principal: %d, expected a positive number", ErrInvalid, r.Principal)
	case r.Role != "" && r.Scope != "":
		return fmt.Errorf("%w: scope: %q, expected none beside a role", ErrInvalid, r.Scope)
	case r.Role != "" && r.Permission != "":
		return fmt.Errorf("%w: permission: %q, expected none beside a role", ErrInvalid, r.Permission)
	case r.Class != "" && e.schema.classes[r.Class] == nil:
		return fmt.Errorf("%w: class: %q, expected a class of the schema or none", ErrInvalid, r.Class)
	case !r.Expires.IsZero() && !r.Expires.After(now):
		return fmt.Errorf("%w: expires: %s, expected a moment to come", ErrInvalid, r.Expires.Format(time.RFC3339))
	}
	return nil
}

// known makes sure that there is a role, and goes on being until the unit of
// work ends. No role at all is fine.
func (e *Engine) known(ctx context.Context, name RoleName) error {
	if name == "" {
		return nil
	}
	if _, builtin := e.schema.roles[name]; builtin {
		return nil
	}
	stored, err := e.store.Roles(ctx, name)
	if err != nil {
		return fmt.Errorf("rbac: roles: %w", err)
	}
	if len(stored) == 0 {
		return fmt.Errorf("%w: %q", ErrNoRole, name)
	}
	return nil
}

// Revoke deletes the rules that a filter chooses and returns how many. It is
// called inside a unit of work. A filter that chooses everything is refused
// with ErrInvalid.
func (e *Engine) Revoke(ctx context.Context, f RuleFilter) (int, error) {
	n, err := e.store.DeleteRules(ctx, f)
	if err != nil {
		return 0, fmt.Errorf("rbac: revoke: %w", err)
	}
	return n, nil
}
