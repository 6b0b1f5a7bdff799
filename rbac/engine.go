package rbac

import (
	"context"
	"time"
)

// A Store keeps the facts that decisions follow from. Methods that change
// something are called inside a unit of work; reads may be, and then see it.
//
// Every change to what a decision can depend on (nodes, links, groups,
// principals, rules, roles), made through this interface or beside it, raises
// the revision of the workspace it belongs to, or of [Root], in the same unit.
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
	Roles(ctx context.Context, names ...RoleName) ([]Role, error)
	// PutRole stores a role under its name, replacing what was there.
	PutRole(ctx context.Context, r Role) error
	// DeleteRole deletes a role. It returns ErrNoRole when there is none and
	// ErrRoleInUse while a rule names it.
	DeleteRole(ctx context.Context, name RoleName) error
	// Revision returns the present revision of the workspace that a node lies
	// in. It returns ErrNoNode when the node does not exist.
	Revision(ctx context.Context, n Node) (Token, error)
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
