package workspace

import (
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
