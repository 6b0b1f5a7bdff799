package workspace

import (
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
