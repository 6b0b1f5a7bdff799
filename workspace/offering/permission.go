package offering

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A Permission lets one beneficiary use some offerings of one workspace.
type Permission struct {
	ID        PermissionID
	Num       int64
	Workspace workspace.ID
	// User or Community is the beneficiary: a user himself, or all members of
	// a workspace. Exactly one is set.
	User      workspace.UserID
	Community workspace.ID
	Licence   string // 1 to 255 characters
	// End is when it ends, never when zero.
	End time.Time
	// OnlyOAuth restricts it to calls with an OAUTH2 key.
	OnlyOAuth bool
	Offerings []Offering
	Created   time.Time
	Updated   time.Time
}

// A PermissionFilter chooses permissions. Its zero value chooses all, in order
// of creation.
type PermissionFilter struct {
	IDs       []PermissionID
	Workspace workspace.ID
	Offering  ID
	// Beneficiaries keeps those given to the user (when set) or to one of the
	// communities; with neither, all.
	User        workspace.UserID
	Communities []workspace.ID
	OnlyOAuth   *bool
	Licence     string // regardless of case; % stands for any text
	LayerName   string // of one of its offerings; likewise
	Type        string // of one of its offerings
	Newest      bool   // turns the order round
	Offset      int
	Limit       int // 0 for no bound
}

// A Grant is what [Service.Permit] is told.
type Grant struct {
	// Users or Communities are the beneficiaries, of one sort; each gets a
	// permission of his own.
	Users       []workspace.UserID
	Communities []workspace.ID
	Licence     string
	End         time.Time
	OnlyOAuth   bool
	Offerings   []ID
}

// Given is a permission with whom it names.
type Given struct {
	Permission
	// Author is the workspace whose offerings they are.
	Author workspace.Workspace
	// ToUser or ToCommunity is the beneficiary.
	ToUser      *workspace.User
	ToCommunity *workspace.Workspace
}

// Permit gives permissions, one a beneficiary, in one unit of work. It needs
// [workspace.Broadcast] in the workspace whose offerings they are.
//
// It returns a *workspace.InvalidError for no or too many kinds of
// beneficiaries, a beneficiary or an offering that does not exist or is named
// twice, offerings of another workspace, and an end that has passed.
func (s *Service) Permit(ctx context.Context, actor workspace.Actor, in workspace.ID, g Grant) ([]Given, error) {
	panic("unbuilt")
}

// UpdatePermission changes Licence, End and Offerings (of which only the IDs
// count), and nothing else. It needs [workspace.Broadcast].
func (s *Service) UpdatePermission(ctx context.Context, actor workspace.Actor, in workspace.ID, id PermissionID, change func(*Permission) error) (Given, error) {
	panic("unbuilt")
}

// Revoke takes a permission away, at once, with the accesses it gave to keys.
// It needs [workspace.Broadcast].
func (s *Service) Revoke(ctx context.Context, actor workspace.Actor, in workspace.ID, id PermissionID) error {
	panic("unbuilt")
}

// Permission returns one that a workspace gave. It needs
// [workspace.ReadDatastore].
func (s *Service) Permission(ctx context.Context, actor workspace.Actor, in workspace.ID, id PermissionID) (Given, error) {
	panic("unbuilt")
}

// Permissions lists those that a workspace gave. It needs
// [workspace.ReadDatastore].
func (s *Service) Permissions(ctx context.Context, actor workspace.Actor, in workspace.ID, f PermissionFilter) ([]Given, int, error) {
	panic("unbuilt")
}

// Held lists what the actor himself may use: permissions given to him, unless
// personal is false, and to the workspaces he is a member of, unless community
// is false.
func (s *Service) Held(ctx context.Context, actor workspace.Actor, personal, community bool, f PermissionFilter) ([]Given, int, error) {
	panic("unbuilt")
}

// HeldPermission returns one of those that [Service.Held] lists.
func (s *Service) HeldPermission(ctx context.Context, actor workspace.Actor, id PermissionID) (Given, error) {
	panic("unbuilt")
}

// Decline gives a permission up. It returns ErrPersonal for one that was given
// to a workspace.
func (s *Service) Decline(ctx context.Context, actor workspace.Actor, id PermissionID) error {
	panic("unbuilt")
}
