package rbac

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
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
	// Rules lists rules in the filter's order, that of Num without one, equal
	// ones in order of Num. Texts compare byte by byte. It returns ErrInvalid
	// for an order that is not Sortable, and for a mark of another order.
	Rules(ctx context.Context, f RuleFilter) ([]Rule, error)
	// CountRules returns how many rules a filter chooses, wherever the list
	// begins and ends.
	CountRules(ctx context.Context, f RuleFilter) (int, error)
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
	// Budget is how many bytes of memory may be taken by workspaces and by what is
	// above them, who is who included; 256 MiB when 0.
	// Who was not asked about for longest is dropped first, and is answered for
	// by the database until loaded again. Nothing is kept when it is negative.
	Budget int64
}

// An Engine answers questions about permissions. It is safe for concurrent use.
//
// Workspaces that are asked about are kept in memory, prepared for answering,
// and follow every change by what changed. How fresh an answer is, the
// [Consistency] of the question says, and the engine would rather refuse than
// answer from anything older. Inside a unit of work questions are answered from
// the database, and see what the unit did.
type Engine struct {
	store  Store
	schema *Schema
	now    func() time.Time
	budget int64
	start  time.Time

	summit   atomic.Pointer[summit]
	summitMu sync.Mutex
	realms   sync.Map // Node → *realm
	atlas    atlas
	probe    probe
	// told counts what this process changed above workspaces, turn how often
	// something was loaded, and used the bytes that are in use.
	told, turn atomic.Uint64
	used       atomic.Int64
	gate       chan struct{}
}

// New makes an engine over a store and a schema.
func New(store Store, schema *Schema, opts *Options) *Engine {
	if opts == nil {
		opts = &Options{}
	}
	e := &Engine{
		store: store, schema: schema, now: opts.Now, budget: opts.Budget, start: time.Now(),
		probe: probe{ask: store.Revisions}, gate: make(chan struct{}, loaders),
	}
	if e.now == nil {
		e.now = time.Now
	}
	if e.budget == 0 {
		e.budget = defaultBudget
	}
	if e.budget > 0 {
		store.Watch(e.hear)
	}
	return e
}

// hear notes what this process changed: whoever changed it shall see it in the
// answers to his next questions, however old they may be.
func (e *Engine) hear(changed []Token) {
	for _, t := range changed {
		if t.Workspace == Root {
			e.told.Add(1)
		} else if known, ok := e.realms.Load(t.Workspace); ok {
			known.(*realm).told.Add(1) //nolint:forcetypeassert // nothing else is stored
		}
	}
}

// Schema returns the schema the engine decides by.
func (e *Engine) Schema() *Schema { return e.schema }

// Warm loads the workspace that a node lies in, so that the questions to come
// need not wait for that. It returns ErrNoNode when the node does not exist.
// Inside a unit of work nothing is loaded, since what is seen there may be undone.
func (e *Engine) Warm(ctx context.Context, n Node) error {
	token, err := e.Revision(ctx, n)
	if err != nil || e.budget < 0 || e.store.InUnit(ctx) {
		return err
	}
	return e.load(ctx, e.realm(token.Workspace))
}

// Revision returns the present moment of the workspace that a node lies in, for
// [AtLeast]. Inside a unit of work it is the moment when that is committed. It
// returns ErrNoNode when the node does not exist.
func (e *Engine) Revision(ctx context.Context, n Node) (Token, error) {
	token, err := e.store.Revision(ctx, n)
	if err != nil {
		return Token{}, fmt.Errorf("rbac: revision: %w", err)
	}
	return token, nil
}

// read returns the facts about a question as the database has them, which is as
// fresh as can be.
func (e *Engine) read(ctx context.Context, p Principal, n Node, c Consistency) (Facts, error) {
	if err := e.reached(ctx, c); err != nil {
		return Facts{}, err
	}
	facts, err := e.store.Facts(ctx, p, n)
	if err != nil {
		return Facts{}, fmt.Errorf("rbac: facts: %w", err)
	}
	return facts, nil
}

// reached makes sure that the database has seen what a token stands for.
func (e *Engine) reached(ctx context.Context, c Consistency) error {
	if c.mode != atLeast {
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

// valid refuses what cannot be asked for.
func (c Consistency) valid() error {
	if c.mode == within && c.within < 0 {
		return fmt.Errorf("%w: consistency: within %s, expected no negative duration", ErrInvalid, c.within)
	}
	return nil
}
