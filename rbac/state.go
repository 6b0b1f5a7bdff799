package rbac

import "context"

// A Profile is what decisions need to know of a principal, as it is kept: the
// groups he is in directly, not those that he is in through them.
type Profile struct {
	Principal Principal
	Kind      Kind
	Disabled  bool
	// Behalf is the user that a key acts for, 0 for everybody else.
	Behalf Principal
	// Groups are in ascending order.
	Groups []Principal
}

// A State is everything that decisions on the nodes of one workspace follow
// from, at one moment: its nodes with their links, and the rules on them. That
// of [Root] has the nodes above workspaces with the rules on those, and besides
// all principals and all stored roles, who may matter anywhere.
type State struct {
	// At is the moment.
	At     Token
	Places []Place // in ascending order of Node
	Rules  []Rule  // in ascending order of Num
	// Profiles, ascending, and Roles, by name, are those of Root only.
	Profiles []Profile
	Roles    []Role
}

// A Delta is what became of a [State] between two moments: what is new or
// another, as it is now, and what is gone. A node that moved to another
// workspace is gone from the one and new in the other, and so are its rules.
type Delta struct {
	// From is the revision that it leads on from, To the one that it leads to.
	Workspace Node
	From, To  int64

	Places     []Place
	GonePlaces []Node
	Rules      []Rule
	GoneRules  []int64
	// The rest is of Root only.
	Profiles     []Profile
	GoneProfiles []Principal
	Roles        []Role
	GoneRoles    []RoleName

	// Unknown is set when the log does not tell what happened, since it does
	// not reach back that far or holds what nobody here understands. The rest
	// is empty then: the state must be loaded anew.
	Unknown bool
}

// A Feed tells what changes, for an engine that keeps states in memory. Every
// change that a decision can depend on leaves a line in a log of its workspace,
// in the unit of work that raises the revision.
type Feed interface {
	// Load returns the present state of a workspace, or of Root, read in one
	// snapshot. It returns ErrNoNode when the node is not that of a workspace.
	Load(ctx context.Context, workspace Node) (State, error)
	// Since returns, read in one snapshot, a delta for each workspace named, or
	// Root, that has another revision than it is named with. Each is named once.
	Since(ctx context.Context, have map[Node]int64) ([]Delta, error)
	// Revisions returns, from one statement, the present revisions of Root,
	// first, and of workspaces, in their order: 0 for one that never was.
	Revisions(ctx context.Context, workspaces ...Node) ([]int64, error)
	// Pulse returns a number that is another whenever anybody committed
	// anything to the database since it was last returned, and the same where
	// nobody did. ok is false where the database knows no such number.
	Pulse(ctx context.Context) (pulse uint64, ok bool, err error)
	// Watch has fn called with the tokens of what a unit of work of this
	// process changed, each time one was committed and before its Tx returns.
	// It is never called while a transaction is open, and must not block. What
	// is done in a transaction that a host commits is not told.
	Watch(fn func(changed []Token)) (cancel func())
	// Await returns when somebody, in any process, may have changed something
	// that decisions depend on, with the context's error, or with that of a
	// connection that was lost, where nobody knows. It is a hint: it may return
	// for nothing, and must not be waited for without an end.
	Await(ctx context.Context) error
	// InUnit reports whether a context is in a unit of work, whose own changes
	// its questions must see.
	InUnit(ctx context.Context) bool
}
