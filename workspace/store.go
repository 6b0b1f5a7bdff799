package workspace

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Store keeps everything of this package. Methods that change something are
// called inside a unit of work and fail outside one. What goes in and comes
// out shares no memory with the caller. A list in a filter chooses what is in
// it: nothing when it is empty, everything when it is nil.
//
// A list comes in the filter's Order, and in that of creation or joining without
// one; rows that are equal in it come in order of number. It begins after the
// mark After. Texts compare folded, byte by byte. An order by what the filter
// does not name as Sortable returns an InvalidError of "sort", and a mark of
// another order one of "after". Order, After and bounds change no count.
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
	Parties
	Estates
	Invitations
	Preferences
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
	// ErrNotFound, or ErrInUse while it has workspaces or databases.
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
	// TakenError for the technical name, ErrNotFound for the organization, the
	// supervisor or a database that is not its organization's.
	AddWorkspace(ctx context.Context, w Workspace) (Workspace, error)
	// SaveWorkspace stores a change, the node's owner, parent and seal with
	// it. It returns ErrNotFound for the workspace, its organization, its
	// supervisor or a database that is not its organization's, or a TakenError
	// for the technical name.
	SaveWorkspace(ctx context.Context, w Workspace) error
	// DatabaseName returns what a database is called. It returns ErrNotFound.
	DatabaseName(ctx context.Context, id DatabaseID) (string, error)
	// DeleteWorkspace deletes a workspace with everything in it: nodes, rules,
	// members, groups, keys, invitations, what was permitted in it and to it, and
	// leaves its database alone. It returns ErrNotFound, or ErrInUse while it has
	// a datastore.
	DeleteWorkspace(ctx context.Context, id ID) error
	// AccessKey returns a key of a workspace by its number. It returns
	// ErrNotFound.
	AccessKey(ctx context.Context, in ID, key rbac.Principal) (KeyReference, error)
	// DeleteAccessKey deletes a key of a workspace with its principal, its rules
	// and its places in groups. It returns ErrNotFound, or ErrInUse while it owns
	// anything.
	DeleteAccessKey(ctx context.Context, in ID, key rbac.Principal) error
	// CountIn returns, by kind, how much else goes with a workspace: "nodes",
	// "keys", "invitations", "permissions".
	CountIn(ctx context.Context, id ID) (map[string]int, error)
	// NodeWorkspace returns the node of the workspace that a node lies in,
	// rbac.Root for one above workspaces. It returns ErrNotFound.
	NodeWorkspace(ctx context.Context, n rbac.Node) (rbac.Node, error)
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
	// DeleteUser deletes a user with his principal, places in groups, rules,
	// keys, sessions, tokens, resets, letters, permissions and preferences, and leaves nothing
	// that refers to him but the trail and snapshots of his name: his identifier
	// and his address go from the keys that he made and the invitations that he
	// answered for, or was sent. It returns ErrNotFound, or ErrInUse
	// while he is a member, supervises a workspace or owns anything.
	DeleteUser(ctx context.Context, id UserID) error
	// CountOf returns, by kind, how much else ends with a user: "keys",
	// "invitations", "permissions", "sessions".
	CountOf(ctx context.Context, id UserID) (map[string]int, error)
	// Concerned returns the workspaces that a principal is a member of or
	// supervises, or has rules or owns something in, or that a pending invitation
	// is to which he answers for or which is for his address, in ascending order.
	Concerned(ctx context.Context, p rbac.Principal) ([]ID, error)
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
// workspace's node, and he is suspended while there is one of origin
// "suspension", barred while there is one of origin "barred".
type Members interface {
	// Members and CountMembers return what a filter chooses.
	Members(ctx context.Context, f MemberFilter) ([]Member, error)
	CountMembers(ctx context.Context, f MemberFilter) (int, error)
	// PutMember stores a member, new or not. It returns ErrNotFound when the
	// workspace or the principal does not exist.
	PutMember(ctx context.Context, m Member) error
	// DeleteMember deletes a member with his rules of origin "member",
	// "suspension", "barred" and "manual" in the workspace, and takes him out of the
	// workspace's groups. It returns ErrNotFound.
	DeleteMember(ctx context.Context, workspace ID, p rbac.Principal) error
	// Belongs reports whether a principal is a member of a workspace himself, a
	// group of it or a key of it.
	Belongs(ctx context.Context, workspace ID, p rbac.Principal) (bool, error)
}

// Parties tell whom rules in a workspace can name: users who are members of it,
// its own groups and others that are, its keys, and those whom the filter has
// besides.
type Parties interface {
	// Parties and CountParties return what a filter chooses.
	Parties(ctx context.Context, f PartyFilter) ([]Party, error)
	CountParties(ctx context.Context, f PartyFilter) (int, error)
	// PartyNums returns the numbers of what a filter chooses, in ascending order
	// and whatever its bounds.
	PartyNums(ctx context.Context, f PartyFilter) ([]rbac.Principal, error)
}

// Invitations keep invitations with their tickets, and who came by open ones.
// A state is kept as it was set: nothing expires by itself.
type Invitations interface {
	// Invitations and CountInvitations return what a filter chooses.
	Invitations(ctx context.Context, f InvitationFilter) ([]Invitation, error)
	CountInvitations(ctx context.Context, f InvitationFilter) (int, error)
	// InvitationByDigest returns the invitation that a token opens. It returns
	// ErrNotFound.
	InvitationByDigest(ctx context.Context, digest string) (Invitation, error)
	// Ticket returns what opens an invitation. It returns ErrNotFound.
	Ticket(ctx context.Context, id InvitationID) (Ticket, error)
	// AddInvitation stores a new invitation with its ticket, and returns it with
	// its Num. It returns ErrPending while a personal one of the workspace for
	// the address, regardless of case, is pending, and ErrNotFound for the
	// workspace or a group.
	AddInvitation(ctx context.Context, i Invitation, t Ticket) (Invitation, error)
	// SaveInvitation stores a change of roles, groups, language, inviter,
	// sending, expiry and Updated, and leaves all else alone. It returns
	// ErrNotFound for the invitation or a group.
	SaveInvitation(ctx context.Context, i Invitation) error
	// SaveTicket stores another ticket, and the former one opens nothing any
	// more. It returns ErrNotFound.
	SaveTicket(ctx context.Context, id InvitationID, t Ticket) error
	// SettleInvitation stores State, AcceptedBy, AcceptedAt and Updated of an
	// invitation that is in one of the states from, in one statement, and
	// reports whether it was. It returns ErrPending for making one pending
	// beside another for the address.
	SettleInvitation(ctx context.Context, i Invitation, from ...InvitationState) (bool, error)
	// UseInvitation counts a use of an open invitation that is pending and has
	// uses left, in one statement, and reports whether it did: else nothing is
	// stored. The last use makes it accepted. It returns a TakenError for a user
	// who used it before, and ErrNotFound for the invitation.
	UseInvitation(ctx context.Context, u InvitationUse) (bool, error)
	// InvitationUses lists uses, in order of time and user.
	InvitationUses(ctx context.Context, f InvitationUseFilter) ([]InvitationUse, error)
}

// Preferences keep what users want kept of pages.
type Preferences interface {
	// Preferences returns those of a user in order of name.
	Preferences(ctx context.Context, user UserID) ([]Preference, error)
	// LockPreferences keeps everybody else from locking those of a user until the
	// unit of work ends. It returns ErrNotFound for the user.
	LockPreferences(ctx context.Context, user UserID) error
	// PutPreference stores a preference of a user in place of the one of that
	// name, if there is one. It returns ErrNotFound for the user.
	PutPreference(ctx context.Context, user UserID, p Preference) error
	// DeletePreference returns ErrNotFound.
	DeletePreference(ctx context.Context, user UserID, name string) error
}
