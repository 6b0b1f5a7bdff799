package rbac

import (
	"context"
	"fmt"
	"time"
)

// A Store keeps the facts that decisions follow from. Methods that change
// something are called inside a unit of work; reads may be, and then see it.
//
// Every change to what a decision can depend on (nodes, links, groups,
// principals, rules, roles), made through this interface or beside it, raises
// the revision of the workspace it belongs to, or of [Root], in the same unit.
// Who is in a group belongs to [Root], whosever the group is: rules anywhere may
// name it.
type Store interface {
	// Facts returns, read in one snapshot, what decides about a principal on a
	// node: see [Facts]. It returns ErrNoPrincipal or ErrNoNode when one of
	// them does not exist.
	Facts(ctx context.Context, p Principal, n Node) (Facts, error)
	// FactsBelow is like Facts for every node of a class at or below a node;
	// an empty class means all.
	FactsBelow(ctx context.Context, p Principal, under Node, class string) (Facts, error)
	// Rules lists rules in order of Num.
	Rules(ctx context.Context, f RuleFilter) ([]Rule, error)
	// AddRule stores a rule, and returns it with its Num. It returns ErrNoNode
	// or ErrNoPrincipal when what it names does not exist.
	AddRule(ctx context.Context, r Rule) (Rule, error)
	// DeleteRules deletes the rules that a filter chooses and returns how
	// many. A filter that chooses everything is refused with ErrInvalid.
	DeleteRules(ctx context.Context, f RuleFilter) (int, error)
	// Roles lists the stored roles, or those of them that are named, by name.
	// Inside a unit of work, nobody else can delete those that are named until
	// it ends.
	Roles(ctx context.Context, names ...RoleName) ([]Role, error)
	// PutRole stores a role under its name, replacing what was there.
	PutRole(ctx context.Context, r Role) error
	// DeleteRole deletes a role. It returns ErrNoRole when there is none and
	// ErrRoleInUse while a rule names it.
	DeleteRole(ctx context.Context, name RoleName) error
	// Revision returns the present state of the workspace that a node lies in,
	// see [Token]. It returns ErrNoNode when the node does not exist.
	Revision(ctx context.Context, n Node) (Token, error)

	Feed
}

// Facts are everything that an answer follows from, read in one snapshot.
type Facts struct {
	// Subject is who asks.
	Subject Identity
	// Places are the nodes asked about, all their ancestors, and the nodes
	// (with ancestors) that their links lead to, through any number of links.
	Places map[Node]Place
	// Targets are the nodes asked about, in ascending order.
	Targets []Node
	// Rules are the rules on those places that can concern the subject: those
	// for himself, his groups, the user he acts for and that user's groups, and
	// the system principals. Expired ones may be among them.
	Rules []Rule
	// Roles are the stored roles that those rules name.
	Roles map[RoleName]Role
}

// Options are what an [Engine] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil. Rules expire by it.
	Now func() time.Time
}

// An Engine answers questions about permissions. It is safe for concurrent use
// and keeps no state that could be out of date.
type Engine struct {
	store  Store
	schema *Schema
	now    func() time.Time
}

// New makes an engine over a store and a schema.
func New(store Store, schema *Schema, opts *Options) *Engine {
	e := &Engine{store: store, schema: schema, now: time.Now}
	if opts != nil && opts.Now != nil {
		e.now = opts.Now
	}
	return e
}

// Schema returns the schema the engine decides by.
func (e *Engine) Schema() *Schema { return e.schema }

// Check reports whether a principal has a permission on a node. It returns
// ErrNoPrincipal or ErrNoNode when one of them does not exist. A permission
// that the node's class lacks nobody has.
func (e *Engine) Check(ctx context.Context, p Principal, n Node, perm Permission, c Consistency) (bool, error) {
	set, err := e.Effective(ctx, p, n, c)
	if err != nil {
		return false, err
	}
	return set.Has(perm), nil
}

// Require returns nil where [Engine.Check] reports true, and otherwise a
// [*DeniedError] that says why not.
func (e *Engine) Require(ctx context.Context, p Principal, n Node, perm Permission, c Consistency) error {
	facts, err := e.facts(ctx, p, n, c)
	if err != nil {
		return err
	}
	now := e.now()
	// Most questions are answered with yes, which needs no reasons.
	if e.schema.Evaluate(facts, now)[n].Has(perm) {
		return nil
	}
	return &DeniedError{Explanation: e.schema.Explain(facts, now, n, perm)}
}

// Effective returns all that a principal may do on a node. It fails as
// [Engine.Check] does.
func (e *Engine) Effective(ctx context.Context, p Principal, n Node, c Consistency) (Set, error) {
	facts, err := e.facts(ctx, p, n, c)
	if err != nil {
		return Set{}, err
	}
	return e.schema.Evaluate(facts, e.now())[n], nil
}

// Explain says why a principal may or may not, and agrees with [Engine.Check].
// It fails as that does.
func (e *Engine) Explain(ctx context.Context, p Principal, n Node, perm Permission, c Consistency) (Explanation, error) {
	facts, err := e.facts(ctx, p, n, c)
	if err != nil {
		return Explanation{}, err
	}
	return e.schema.Explain(facts, e.now(), n, perm), nil
}

// Filter returns the nodes of a class at or below a node on which a principal
// has a permission: exactly those for which [Engine.Check] reports true. An
// empty class means all. It fails as [Engine.Check] does.
func (e *Engine) Filter(ctx context.Context, p Principal, perm Permission, under Node, class string, c Consistency) (Condition, error) {
	if err := e.fresh(ctx, c); err != nil {
		return Condition{}, err
	}
	facts, err := e.store.FactsBelow(ctx, p, under, class)
	if err != nil {
		return Condition{}, fmt.Errorf("rbac: facts: %w", err)
	}
	sets := e.schema.Evaluate(facts, e.now())
	nodes := make([]Node, 0, len(facts.Targets))
	for _, n := range facts.Targets {
		if sets[n].Has(perm) {
			nodes = append(nodes, n)
		}
	}
	return Only(nodes...), nil
}

// Revision returns the present state of the workspace that a node lies in, for
// [AtLeast]. It returns ErrNoNode when the node does not exist.
func (e *Engine) Revision(ctx context.Context, n Node) (Token, error) {
	token, err := e.store.Revision(ctx, n)
	if err != nil {
		return Token{}, fmt.Errorf("rbac: revision: %w", err)
	}
	return token, nil
}

func (e *Engine) facts(ctx context.Context, p Principal, n Node, c Consistency) (Facts, error) {
	if err := e.fresh(ctx, c); err != nil {
		return Facts{}, err
	}
	facts, err := e.store.Facts(ctx, p, n)
	if err != nil {
		return Facts{}, fmt.Errorf("rbac: facts: %w", err)
	}
	return facts, nil
}

// fresh makes sure that facts read from now on are as fresh as is asked. They
// come from the store itself, as fresh as can be, so that all that can go
// wrong is a token of a state that this store has not seen.
func (e *Engine) fresh(ctx context.Context, c Consistency) error {
	switch {
	case c.mode == within && c.within < 0:
		return fmt.Errorf("%w: consistency: within %s, expected no negative duration", ErrInvalid, c.within)
	case c.mode != atLeast:
		return nil
	}
	present, err := e.Revision(ctx, c.token.Workspace)
	if err != nil {
		return err
	}
	if !present.Reaches(c.token) {
		return fmt.Errorf("%w: they are of %+v, asked for %+v", ErrStale, present, c.token)
	}
	return nil
}
