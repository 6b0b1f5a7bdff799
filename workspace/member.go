package workspace

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Member is a user or a group in a workspace, with roles.
type Member struct {
	Workspace ID
	Principal rbac.Principal
	// User or Group says who it is.
	User  UserID
	Group GroupID
	// Roles are what was given besides being a member, sorted by name. For the
	// supervisor they are what was given before he was one: he holds
	// everything.
	Roles []rbac.RoleName
	// Rights are those of [Rights] that the roles amount to, all five for the
	// supervisor. The service sets them; a store leaves them alone.
	Rights []rbac.RoleName
	// Created is when he joined, Updated when his roles last changed.
	Created time.Time
	Updated time.Time
}

// A MemberFilter chooses members. Its zero value chooses all, in order of
// joining.
type MemberFilter struct {
	Workspace  ID
	Principals []rbac.Principal
	// Roles keeps members who were given at least one role of each list, and
	// Also keeps that principal whatever his roles.
	Roles [][]rbac.RoleName
	Also  rbac.Principal
	// Kind keeps users, or groups.
	Kind   rbac.Kind
	Offset int
	Limit  int // 0 for no bound
}

// A Membership is a workspace as one of its members sees it.
type Membership struct {
	Workspace Workspace
	// Roles are what was given, to him or to a group he is in. Rights are those
	// of [Rights] that they amount to, all five for the supervisor.
	Roles  []rbac.RoleName
	Rights []rbac.RoleName
}

// Members lists who belongs to a workspace, with their roles, and how many
// there are in all. It needs [ReadMembers].
func (s *Service) Members(ctx context.Context, actor Actor, id ID, f MemberFilter) ([]Member, int, error) {
	panic("unbuilt")
}

// PutMember makes a user or a group a member with exactly these roles, or
// changes the roles of one who is. It needs [ManageMembers].
//
// It returns ErrNotFound for a principal that does not exist, an InvalidError
// for "roles" that does not exist or may not be given in a workspace, and
// ErrSupervisor for a change of the supervisor's roles.
func (s *Service) PutMember(ctx context.Context, actor Actor, id ID, p rbac.Principal, roles []rbac.RoleName) (Member, error) {
	panic("unbuilt")
}

// RemoveMember ends a membership, with the roles that came with it, at once.
// It needs [ManageMembers], and returns ErrSupervisor for the supervisor.
func (s *Service) RemoveMember(ctx context.Context, actor Actor, id ID, p rbac.Principal) error {
	panic("unbuilt")
}

// Leave ends the actor's own membership. It returns ErrSupervisor to the
// supervisor and ErrNotFound to who is not a member himself.
func (s *Service) Leave(ctx context.Context, actor Actor, id ID) error { panic("unbuilt") }

// Memberships lists the workspaces of a user, in order of creation. Everybody
// may list his own; others' needs [ManageUsers].
func (s *Service) Memberships(ctx context.Context, actor Actor, id UserID) ([]Membership, error) {
	panic("unbuilt")
}
