package workspace

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// An Organization pays, and groups workspaces.
type Organization struct {
	ID OrganizationID
	// Num is the organization's node in the tree of authority.
	Num  rbac.Node
	Name string // unique regardless of case, 1 to 99 characters
	// Siren, Siret and VAT are the numbers under which French companies and
	// their establishments are registered and taxed.
	Siren         string
	Siret         string
	VAT           string
	EconomicModel string
	// UploadsQuota bounds, in bytes, what all its workspaces deliver together;
	// [quota.NoLimit] for no bound.
	UploadsQuota int64
	Created      time.Time
	Updated      time.Time
}

// An OrganizationFilter chooses organizations. Its zero value chooses all, in
// order of creation.
type OrganizationFilter struct {
	IDs []OrganizationID
	// Nodes keeps organizations whose node satisfies the condition.
	Nodes *rbac.Condition
	// Name matches regardless of case; % stands for any text.
	Name   string
	Newest bool // turns the order round
	Offset int
	Limit  int // 0 for no bound
}

// CreateOrganization makes an organization. The ID, Num and times of what is
// given are ignored. It needs [ManageOrganizations].
func (s *Service) CreateOrganization(ctx context.Context, actor Actor, o Organization) (Organization, error) {
	panic("unbuilt")
}

// UpdateOrganization changes name, numbers, economic model and uploads quota.
// It needs [UpdateOrganization]; changing the quota needs [Allocate].
func (s *Service) UpdateOrganization(ctx context.Context, actor Actor, id OrganizationID, change func(*Organization) error) (Organization, error) {
	panic("unbuilt")
}

// DeleteOrganization deletes an organization without workspaces, with its
// administrators' rules. It needs [ManageOrganizations], and returns ErrInUse
// while there are workspaces.
func (s *Service) DeleteOrganization(ctx context.Context, actor Actor, id OrganizationID) error {
	panic("unbuilt")
}

// Organization returns one. It needs [ReadOrganization].
func (s *Service) Organization(ctx context.Context, actor Actor, id OrganizationID) (Organization, error) {
	panic("unbuilt")
}

// Organizations lists all organizations, and how many there are. It needs
// [Administer].
func (s *Service) Organizations(ctx context.Context, actor Actor, f OrganizationFilter) ([]Organization, int, error) {
	panic("unbuilt")
}

// OrganizationCatalog lists organizations by what everybody who is signed in
// may know: ID and Name.
func (s *Service) OrganizationCatalog(ctx context.Context, actor Actor, f OrganizationFilter) ([]Organization, int, error) {
	panic("unbuilt")
}

// OrganizationWorkspaces lists the workspaces of an organization. It needs
// [ReadOrganization].
func (s *Service) OrganizationWorkspaces(ctx context.Context, actor Actor, id OrganizationID, f Filter) ([]Workspace, int, error) {
	panic("unbuilt")
}

// OrganizationUsers lists the administrators of an organization. It needs
// [ReadOrganization].
func (s *Service) OrganizationUsers(ctx context.Context, actor Actor, id OrganizationID, f UserFilter) ([]User, int, error) {
	panic("unbuilt")
}

// AddOrganizationUser makes a user an administrator of an organization, who
// holds everything in it and in its workspaces. Doing so twice changes
// nothing. It needs [ManageOrganizationUsers].
func (s *Service) AddOrganizationUser(ctx context.Context, actor Actor, id OrganizationID, user UserID) error {
	panic("unbuilt")
}

// RemoveOrganizationUser undoes [Service.AddOrganizationUser]. It returns
// ErrNotFound for who is none.
func (s *Service) RemoveOrganizationUser(ctx context.Context, actor Actor, id OrganizationID, user UserID) error {
	panic("unbuilt")
}
