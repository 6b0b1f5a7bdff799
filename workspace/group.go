package workspace

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Group is a set of users that roles can be given to as one. It belongs to a
// workspace, or to the platform.
type Group struct {
	ID GroupID
	// Num is the group as a principal.
	Num rbac.Principal
	// Workspace is empty for a group of the platform.
	Workspace ID
	// Name is 2 to 250 characters, unique in its workspace regardless of case.
	Name        string
	Description string
	Created     time.Time
	Updated     time.Time
}

// A GroupFilter chooses groups. Its zero value chooses all, in order of
// creation.
type GroupFilter struct {
	IDs  []GroupID
	Nums []rbac.Principal
	// Workspace keeps the groups of one workspace; Platform those of none.
	Workspace ID
	Platform  bool
	// Member keeps the groups that a principal is in.
	Member rbac.Principal
	Name   string // regardless of case; % stands for any text
	Offset int
	Limit  int // 0 for no bound
}

// CreateGroup makes a group. In a workspace it needs [ManageMembers], on the
// platform [ManageUsers]; so do all changes of groups.
func (s *Service) CreateGroup(ctx context.Context, actor Actor, g Group) (Group, error) {
	panic("unbuilt")
}

// UpdateGroup changes name and description.
func (s *Service) UpdateGroup(ctx context.Context, actor Actor, id GroupID, change func(*Group) error) (Group, error) {
	panic("unbuilt")
}

// DeleteGroup deletes a group, the roles it was given and its memberships, and
// leaves its users alone.
func (s *Service) DeleteGroup(ctx context.Context, actor Actor, id GroupID) error { panic("unbuilt") }

// Groups lists the groups of a workspace, which needs [ReadMembers], or of the
// platform, which needs [ManageUsers].
func (s *Service) Groups(ctx context.Context, actor Actor, f GroupFilter) ([]Group, int, error) {
	panic("unbuilt")
}

// GroupUsers lists the users in a group.
func (s *Service) GroupUsers(ctx context.Context, actor Actor, id GroupID, f UserFilter) ([]User, int, error) {
	panic("unbuilt")
}

// AddToGroup puts a user into a group. In a group of a workspace he must be a
// member of it. Doing so twice changes nothing.
func (s *Service) AddToGroup(ctx context.Context, actor Actor, id GroupID, user UserID) error {
	panic("unbuilt")
}

// RemoveFromGroup takes a user out. It returns ErrNotFound for who is not in.
func (s *Service) RemoveFromGroup(ctx context.Context, actor Actor, id GroupID, user UserID) error {
	panic("unbuilt")
}
