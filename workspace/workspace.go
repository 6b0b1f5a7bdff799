// Package workspace says who and where: organizations pay and group
// workspaces; a workspace has a supervisor and members with roles; users and
// groups are whom roles are given to; a workspace may have a datastore, its
// share of the platform's facilities.
//
// The rules it keeps: only who holds the right may act; the supervisor of a
// workspace holds everything in it and can only be replaced; a workspace may
// live without a datastore; deactivating a workspace refuses every new call on
// it at once, deletes nothing, and can be undone; every change is one unit of
// work that leaves an audit event.
//
// Authority is not kept here: being a member is a group, a role is a rule on
// the workspace's node, and [rbac.Engine] decides. Amounts are not counted
// here: a datastore's shares are allocations of [quota.Service]. What somebody
// may not see answers [ErrNotFound], what he may see and not do
// *[rbac.DeniedError]. Start with [New].
package workspace

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Identifiers are UUIDs in lower case, made by the service.
type (
	// An ID identifies a workspace.
	ID string
	// An OrganizationID identifies an organization.
	OrganizationID string
	// A UserID identifies a user.
	UserID string
	// A GroupID identifies a group.
	GroupID string
	// A DatastoreID identifies a datastore.
	DatastoreID string
)

// A Workspace is where people work together: a community with its datastore in
// the words of Géoplateforme, an organisation of JMap, a project of dRofus.
type Workspace struct {
	ID ID
	// Num is the workspace's node in the tree of authority.
	Num rbac.Node
	// Organization is who pays, empty for nobody.
	Organization OrganizationID
	Name         string // 1 to 99 characters
	// TechnicalName appears in addresses: unique regardless of case, 1 to 30
	// of A-Z a-z 0-9 _ - . (spec/entrepot.md §4.4).
	TechnicalName string
	Description   string
	Contact       string
	// Public workspaces are listed in the catalogue.
	Public bool
	// Active is false while the workspace is deactivated.
	Active bool
	// Supervisor is the user who holds everything and can only be replaced.
	Supervisor UserID
	// Audience is the group of all members, for rules that concern them all.
	Audience rbac.Principal
	// Datastore is empty for a workspace without one.
	Datastore DatastoreID
	Created   time.Time
	Updated   time.Time
}

// A Filter chooses workspaces. Its zero value chooses all, in order of
// creation.
type Filter struct {
	IDs          []ID
	Organization OrganizationID
	// Nodes keeps workspaces whose node satisfies the condition.
	Nodes *rbac.Condition
	// TechnicalName matches exactly, regardless of case.
	TechnicalName string
	// Name matches regardless of case; % stands for any text.
	Name   string
	Public *bool
	// Member keeps the workspaces that the principal is a member of, himself
	// or through a group.
	Member rbac.Principal
	// Supervisor keeps the workspaces that the principal supervises.
	Supervisor rbac.Principal
	// WithDatastore keeps workspaces that have, or have not, a datastore.
	WithDatastore *bool
	// Newest turns the order round.
	Newest bool
	Offset int
	Limit  int // 0 for no bound
}

// An Authorizer decides; [rbac.Engine] does.
type Authorizer interface {
	Check(ctx context.Context, p rbac.Principal, n rbac.Node, perm rbac.Permission, c rbac.Consistency) (bool, error)
	Require(ctx context.Context, p rbac.Principal, n rbac.Node, perm rbac.Permission, c rbac.Consistency) error
	Effective(ctx context.Context, p rbac.Principal, n rbac.Node, c rbac.Consistency) (rbac.Set, error)
	Filter(ctx context.Context, p rbac.Principal, perm rbac.Permission, under rbac.Node, class string, c rbac.Consistency) (rbac.Condition, error)
	Rules(ctx context.Context, f rbac.RuleFilter) ([]rbac.Rule, error)
	Grant(ctx context.Context, r rbac.Rule) (rbac.Rule, error)
	Revoke(ctx context.Context, f rbac.RuleFilter) (int, error)
	Roles(ctx context.Context) ([]rbac.Role, error)
	PutRole(ctx context.Context, r rbac.Role) error
	DeleteRole(ctx context.Context, name rbac.RoleName) error
}

// A Meter shares facilities out; [quota.Service] does.
type Meter interface {
	Pools(ctx context.Context, f quota.PoolFilter) ([]quota.Pool, int, error)
	CreatePool(ctx context.Context, p quota.Pool) (quota.Pool, error)
	UpdatePool(ctx context.Context, id quota.PoolID, change func(*quota.Pool) error) (quota.Pool, error)
	DeletePool(ctx context.Context, id quota.PoolID) error
	Allocations(ctx context.Context, f quota.AllocationFilter) ([]quota.Allocation, int, error)
	Allocate(ctx context.Context, a quota.Allocation) (quota.Allocation, error)
	UpdateAllocation(ctx context.Context, id quota.AllocationID, change func(*quota.Allocation) error) (quota.Allocation, error)
	Deallocate(ctx context.Context, id quota.AllocationID) error
}

// A Trail records; an [audit.Store] does.
type Trail interface {
	Append(ctx context.Context, e audit.Event) error
	List(ctx context.Context, f audit.Filter) ([]audit.Event, error)
	Count(ctx context.Context, f audit.Filter) (int, error)
}

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// KeysQuota and DocumentsQuota are what a new user may have: keys, 1000
	// when 0, and bytes of documents, 50,000,000 when 0.
	KeysQuota      int64
	DocumentsQuota int64
}

// A Service keeps the rules of organizations, workspaces, users, groups,
// members and datastores. It is safe for concurrent use.
type Service struct {
	store          Store
	rights         Authorizer
	meter          Meter
	trail          Trail
	now            func() time.Time
	keysQuota      int64
	documentsQuota int64
}

// New makes a service of its collaborators.
func New(store Store, rights Authorizer, meter Meter, trail Trail, opts *Options) *Service {
	s := &Service{
		store: store, rights: rights, meter: meter, trail: trail,
		now: time.Now, keysQuota: 1000, documentsQuota: 50_000_000,
	}
	if opts == nil {
		return s
	}
	if opts.Now != nil {
		s.now = opts.Now
	}
	if opts.KeysQuota != 0 {
		s.keysQuota = opts.KeysQuota
	}
	if opts.DocumentsQuota != 0 {
		s.documentsQuota = opts.DocumentsQuota
	}
	return s
}

// Details are a workspace with whom it names.
type Details struct {
	Workspace
	SupervisedBy User
	// PaidBy is nil for a workspace without organization.
	PaidBy *Organization
}

// Create makes a workspace. Of what is given it takes Organization, Name,
// TechnicalName, Description, Contact, Public and Supervisor; the new
// workspace is active, has no datastore, and the supervisor is its first
// member. It needs [ManageWorkspaces] on the organization, or on the root.
func (s *Service) Create(ctx context.Context, actor Actor, w Workspace) (Details, error) {
	panic("unbuilt")
}

// Update changes Name, Description, Contact and Public, which needs [Update],
// Supervisor, which needs [Transfer], and TechnicalName and Organization, which
// need [ManageWorkspaces] above the workspace, and above the new organization.
// A new supervisor becomes a member if he is none; the former one stays a
// member with the roles that he was given.
func (s *Service) Update(ctx context.Context, actor Actor, id ID, change func(*Workspace) error) (Details, error) {
	panic("unbuilt")
}

// Activate and Deactivate open and close a workspace: while it is closed, its
// members and its supervisor can read that it exists and nothing else,
// whatever server they ask. Nothing is deleted. They need [ManageWorkspaces]
// above the workspace, so that a supervisor cannot reopen what was closed.
func (s *Service) Activate(ctx context.Context, actor Actor, id ID) error { panic("unbuilt") }

// Deactivate is described at [Service.Activate].
func (s *Service) Deactivate(ctx context.Context, actor Actor, id ID) error { panic("unbuilt") }

// Workspace returns one. It needs [Read].
func (s *Service) Workspace(ctx context.Context, actor Actor, id ID) (Details, error) {
	panic("unbuilt")
}

// Workspaces lists all workspaces, and how many there are. It needs
// [Administer].
func (s *Service) Workspaces(ctx context.Context, actor Actor, f Filter) ([]Details, int, error) {
	panic("unbuilt")
}

// Catalog lists the public workspaces, and how many there are, for everybody
// who is signed in.
func (s *Service) Catalog(ctx context.Context, actor Actor, f Filter) ([]Details, int, error) {
	panic("unbuilt")
}

// Activity lists what happened in a workspace. It needs [ReadActivity], and
// [ReadMembers] besides for events about members.
func (s *Service) Activity(ctx context.Context, actor Actor, id ID, f audit.Filter) ([]audit.Event, error) {
	panic("unbuilt")
}

// PublicActivity lists what was published by a public workspace, named by its
// technical name, for everybody, without the names of who did it. Workspaces
// that are not public, or not active, answer ErrNotFound.
func (s *Service) PublicActivity(ctx context.Context, actor Actor, technicalName string, f audit.Filter) (Workspace, []audit.Event, error) {
	panic("unbuilt")
}
