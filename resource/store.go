package resource

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A Store keeps resources. Methods that change something are called inside a
// unit of work.
type Store interface {
	// Tx runs fn in a unit of work that everything called with its context takes
	// part in.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	// Lock keeps everybody else from locking the same workspace until the unit of
	// work ends, and returns it. It returns ErrNotFound.
	Lock(ctx context.Context, top rbac.Node) (workspace.Workspace, error)
	// Resources and CountResources return what a filter chooses. Equal ones come
	// in order of Num, and texts compare byte by byte, or folded where an order
	// says so. ErrInvalid is returned for an order that is not Sortable and for a
	// mark of another one.
	Resources(ctx context.Context, f Filter) ([]Resource, error)
	CountResources(ctx context.Context, f Filter) (int, error)
	// Path returns the nodes from below a workspace's down to a node, itself
	// included, the workspace's own left out. It is empty for that, and for what
	// is not there.
	Path(ctx context.Context, n rbac.Node) ([]Resource, error)
	// Add stores a new resource with a node of its own, and returns it with Num,
	// Top and Workspace. It returns ErrNotFound where there is no Parent that is a
	// resource or a workspace, or no owner, and a TakenError for display_name
	// among its siblings and for keyname in its workspace.
	Add(ctx context.Context, r Resource) (Resource, error)
	// Save stores a change of anything but ID, Num, Workspace, Class and Created;
	// a changed Parent moves it with all below it. It returns ErrNotFound for it,
	// the parent or the owner, ErrCycle for a parent at or below it, ErrElsewhere
	// for one in another workspace, and a TakenError.
	Save(ctx context.Context, r Resource) error
	// SetReferences stores what a resource refers to, in place of what it
	// referred to. It takes Name, To and Decides, and returns ErrNotFound for it
	// and for what is not in its workspace.
	SetReferences(ctx context.Context, n rbac.Node, list []Reference) error
	Estates
	Parties
}

// Parties tell whom rules in a workspace can name, as [workspace.Parties] does.
type Parties interface {
	// Parties returns what a filter chooses.
	Parties(ctx context.Context, f workspace.PartyFilter) ([]workspace.Party, error)
	// PartyNums returns the numbers of what a filter chooses, in ascending order
	// and whatever its bounds.
	PartyNums(ctx context.Context, f workspace.PartyFilter) ([]rbac.Principal, error)
	// Workspace returns the workspace whose own node it is. It returns
	// ErrNotFound.
	Workspace(ctx context.Context, top rbac.Node) (workspace.Workspace, error)
}

// Estates are what goes with a resource, and who may have to do with it.
type Estates interface {
	// Below calls yield for chunks of the resources at or below a node, in order
	// of Num, without Description, Meta, Settings and Children. It does nothing
	// for a node that does not exist, and a workspace's own node is none of them.
	Below(ctx context.Context, n rbac.Node, yield func([]Resource) error) error
	// Referrers returns the references from elsewhere to nodes at or below some
	// nodes, in order of their From, Name and To, without Decides.
	Referrers(ctx context.Context, nodes []rbac.Node) ([]Reference, error)
	// Delete deletes a resource and all below it, with rules, references and
	// links, those that lead there too, and returns how many there were. It
	// returns ErrNotFound and, for what is more than a resource,
	// workspace.ErrInUse.
	Delete(ctx context.Context, n rbac.Node) (int, error)
	// SetOwner makes somebody the owner of resources, and Updated that moment. It
	// returns ErrNotFound where one of them does not exist.
	SetOwner(ctx context.Context, nodes []rbac.Node, to rbac.Principal, at time.Time) error
	// Known returns which of some principals exist and are users, groups or
	// keys that belong to a workspace, or to the platform, as everybody who has
	// no workspace does. The audience of a workspace is a group of it.
	Known(ctx context.Context, in workspace.ID, principals []rbac.Principal) (map[rbac.Principal]rbac.Kind, error)
	// Belongs reports whether a principal is a member of a workspace himself, a
	// group of it or a key of it.
	Belongs(ctx context.Context, in workspace.ID, p rbac.Principal) (bool, error)
	// Administrators returns the enabled users who administer the platform, in
	// ascending order.
	Administrators(ctx context.Context) ([]rbac.Principal, error)
	// Names returns what some nodes are called, by node: resources, workspaces and
	// organizations. Others are left out.
	Names(ctx context.Context, nodes []rbac.Node) (map[rbac.Node]string, error)
}

// A Reference says that a resource needs another.
type Reference struct {
	From rbac.Node
	// Name says what for: the member and the attribute, "webmap.root_item".
	Name string
	To   rbac.Node
	// Decides is set where a permission on From needs one on To: what may be done
	// with the one depends on the other.
	Decides bool
}
