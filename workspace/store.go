package workspace

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Store keeps everything of this package. Methods that change something are
// called inside a unit of work and fail outside one. What goes in and comes
// out shares no memory with the caller. A list in a filter chooses what is in
// it: nothing when it is empty, everything when it is nil.
type Store interface {
	// Tx runs fn in a unit of work, joining the one that ctx is in. If fn
	// returns an error, or any statement in it failed, nothing is kept.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	Organizations
	Workspaces
	Datastores
	Users
	Groups
	Members
}

// Organizations keep organizations.
type Organizations interface {
	// Organizations and CountOrganizations return what a filter chooses.
	Organizations(ctx context.Context, f OrganizationFilter) ([]Organization, error)
	CountOrganizations(ctx context.Context, f OrganizationFilter) (int, error)
	// LockOrganization reads an organization and keeps everybody else from
	// changing it until the unit of work ends. It returns ErrNotFound.
	LockOrganization(ctx context.Context, id OrganizationID) (Organization, error)
	// AddOrganization stores a new organization with a node of its own below
	// the root, and returns it with its Num. It returns a TakenError for the
	// name.
	AddOrganization(ctx context.Context, o Organization) (Organization, error)
	// SaveOrganization stores a change. It returns ErrNotFound, or a
	// TakenError for the name.
	SaveOrganization(ctx context.Context, o Organization) error
	// DeleteOrganization deletes an organization and its node. It returns
	// ErrNotFound, or ErrInUse while it has workspaces.
	DeleteOrganization(ctx context.Context, id OrganizationID) error
}

// Workspaces keep workspaces.
type Workspaces interface {
	// Workspaces and CountWorkspaces return what a filter chooses.
	Workspaces(ctx context.Context, f Filter) ([]Workspace, error)
	CountWorkspaces(ctx context.Context, f Filter) (int, error)
	// LockWorkspace reads a workspace and keeps everybody else from changing
	// it until the unit of work ends. It returns ErrNotFound.
	LockWorkspace(ctx context.Context, id ID) (Workspace, error)
	// AddWorkspace stores a new workspace with a node of its own below its
	// organization's, owned by the supervisor and sealed unless active, and
	// with its audience, and returns it with Num and Audience. It returns a
	// TakenError for the technical name, ErrNotFound for the organization or
	// the supervisor.
	AddWorkspace(ctx context.Context, w Workspace) (Workspace, error)
	// SaveWorkspace stores a change, the node's owner, parent and seal with
	// it. It returns ErrNotFound for the workspace, its organization or its
	// supervisor, or a TakenError for the technical name.
	SaveWorkspace(ctx context.Context, w Workspace) error
}

// Datastores keep what of a datastore is not an allocation.
type Datastores interface {
	// Datastores returns the settings of what a filter chooses.
	Datastores(ctx context.Context, f DatastoreFilter) ([]DatastoreSettings, error)
	// Datastore returns the settings of one. It returns ErrNotFound.
	Datastore(ctx context.Context, id DatastoreID) (DatastoreSettings, error)
	// AddDatastore stores new settings. It returns ErrNotFound for the
	// workspace and a TakenError when it has a datastore already.
	AddDatastore(ctx context.Context, d DatastoreSettings) error
	// SaveDatastore stores a change. It returns ErrNotFound.
	SaveDatastore(ctx context.Context, d DatastoreSettings) error
	// DeleteDatastore returns ErrNotFound, or ErrInUse while it has offerings.
	DeleteDatastore(ctx context.Context, id DatastoreID) error
}

// Users keep users.
type Users interface {
	// Users and CountUsers return what a filter chooses.
	Users(ctx context.Context, f UserFilter) ([]User, error)
	CountUsers(ctx context.Context, f UserFilter) (int, error)
	// AddUser stores a new user with a principal of his own, and returns him
	// with his Num. It returns a TakenError for the username or the e-mail.
	AddUser(ctx context.Context, u User) (User, error)
	// SaveUser stores a change, the principal's disabling and the membership
	// in the administrators with it, but neither LastCall nor LastLogin. It
	// returns ErrNotFound, or a TakenError for the username or the e-mail.
	SaveUser(ctx context.Context, u User) error
	// TouchUser sets LastCall alone. It returns ErrNotFound.
	TouchUser(ctx context.Context, u User) error
	// LockAdministrators keeps everybody else from changing who is a platform
	// administrator until the unit of work ends, and returns how many enabled
	// ones there are.
	LockAdministrators(ctx context.Context) (int, error)
}

// Groups keep groups.
type Groups interface {
	// Groups and CountGroups return what a filter chooses.
	Groups(ctx context.Context, f GroupFilter) ([]Group, error)
	CountGroups(ctx context.Context, f GroupFilter) (int, error)
	// AddGroup stores a new group with a principal of its own, and returns it
	// with its Num. It returns a TakenError for the name within the workspace,
	// and ErrNotFound for the workspace.
	AddGroup(ctx context.Context, g Group) (Group, error)
	// SaveGroup stores a change. It returns ErrNotFound or a TakenError.
	SaveGroup(ctx context.Context, g Group) error
	// DeleteGroup deletes a group, its place in workspaces and its rules, and
	// leaves its users alone. It returns ErrNotFound.
	DeleteGroup(ctx context.Context, id GroupID) error
	// Join puts a principal into a group, Part takes him out. Both report
	// whether that changed anything. Join returns ErrNotFound when the group or
	// the principal does not exist.
	Join(ctx context.Context, group, member rbac.Principal) (bool, error)
	Part(ctx context.Context, group, member rbac.Principal) (bool, error)
}

// Members keep who belongs to a workspace. Being one puts the principal into
// the workspace's audience. Roles are rules and not kept here, but listed: the
// roles of a member are the rules of origin "member" for him on the
// workspace's node.
type Members interface {
	// Members and CountMembers return what a filter chooses.
	Members(ctx context.Context, f MemberFilter) ([]Member, error)
	CountMembers(ctx context.Context, f MemberFilter) (int, error)
	// PutMember stores a member, new or not. It returns ErrNotFound when the
	// workspace or the principal does not exist.
	PutMember(ctx context.Context, m Member) error
	// DeleteMember deletes a member with his rules of origin "member", and
	// takes him out of the workspace's groups. It returns ErrNotFound.
	DeleteMember(ctx context.Context, workspace ID, p rbac.Principal) error
}
