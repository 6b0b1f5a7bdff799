// Package rbac decides who may do what, on which node of one tree.
//
// A [Node] has a parent, a class and an owner; a [Schema] says which
// permissions a class has and what each of them requires; a [Rule] allows or
// denies a [Principal] something on a node and, if it propagates, on everything
// below. An [Engine] answers from those facts alone: [Engine.Check] for one
// permission, [Engine.Effective] for all of them, [Engine.Explain] for the
// reason and for what would change it, [Engine.List] and [Engine.Filter] for
// whole listings, [Engine.Principals] for who may, [Engine.Holders] for what
// everybody may, and [Engine.Simulate] for what changes would do. All of them
// agree.
//
// The meaning, which no implementation may bend for speed: walk from the root
// to the node; every rule whose principal is the subject (himself, his groups,
// everyone, authenticated, guest, or owner where he owns the node), whose class
// fits the node asked about, and which sits on that node or propagates, adds
// its permissions to allow or to deny; then each permission whose requirement
// is unmet is masked; the answer is allow − mask − deny. Order and depth do not
// matter, a deny always wins, and the default is no. Two things stand outside
// the rules: the owner of a node of a sovereign class (the supervisor of a
// workspace) holds everything on it and below, whatever a deny says; and on a
// sealed node and below it only what comes from above the seal counts, save
// for the permissions that the class keeps open.
//
// How fresh an answer must be the question says, see [Consistency]: by default it
// reflects every change that was acknowledged, on any server, before it was
// asked. Who asks the same things often does so with handles, see
// [Engine.Allowed].
//
// The package knows nodes and principals as numbers only. It does not know
// what a workspace or a user is, keeps no users, and writes no audit: the
// packages that decide about those do. Start with [NewSchema] and [New].
package rbac

import "strings"

// A Node is the number of a place in the tree of resources. Numbers are given
// once and never used again.
type Node int64

// Root is the node that every other descends from: the platform.
const Root Node = 0

// A Principal is the number of someone who can be given something: a user, a
// group or a key, which share one number space, or one of the system
// principals below.
type Principal int64

// The system principals. They are named in rules, never signed in as.
const (
	// Guest is whoever has not said who he is.
	Guest Principal = 1
	// Everyone matches every subject, [Guest] too.
	Everyone Principal = 2
	// Authenticated matches every subject but [Guest].
	Authenticated Principal = 3
	// Administrators is the group of the platform's administrators.
	Administrators Principal = 5
	// Owner matches whoever owns the node that is asked about.
	Owner Principal = 6
)

// A Permission names one thing that can be done, as "scope.name", for example
// "workspace.update". Which permissions a node has is said by its class.
type Permission string

// Of returns the permission called name in a scope.
func Of(scope, name string) Permission { return Permission(scope + "." + name) }

// Scope returns the part before the first dot.
func (p Permission) Scope() string {
	scope, _, _ := strings.Cut(string(p), ".")
	return scope
}

// Name returns the part behind the first dot, empty when there is none.
func (p Permission) Name() string {
	_, name, _ := strings.Cut(string(p), ".")
	return name
}

// A Kind says what sort of principal a number is.
type Kind string

// The kinds of principals.
const (
	System Kind = "system"
	User   Kind = "user"
	Group  Kind = "group"
	Key    Kind = "key"
)

// A Place is what the engine knows of a node.
type Place struct {
	Node   Node
	Parent Node // itself for [Root]
	Class  string
	// Owner is the principal who owns the node, 0 when nobody does.
	Owner Principal
	// Workspace is the node of the workspace the node lies in, [Root] for
	// nodes above workspaces.
	Workspace Node
	// Sealed closes the node and all below it, see [Class.Open].
	Sealed bool
	// Links name other nodes that requirements may reach, by relation.
	Links map[string]Node
}

// An Identity is what the engine knows of a subject.
type Identity struct {
	Principal Principal
	Kind      Kind
	// Disabled subjects are refused everything.
	Disabled bool
	// Groups are all groups the subject is in, directly or through another.
	Groups []Principal
	// Behalf is the user that a personal key acts for: the key can do what its
	// own rules say and that user can do now. It is nil for everybody else.
	Behalf *Identity
}
