package workspace

import (
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
	// Created is when he joined, Updated when his roles last changed.
	Created time.Time
	Updated time.Time
}

// A MemberFilter chooses members. Its zero value chooses all, in order of
// joining.
type MemberFilter struct {
	Workspace  ID
	Principals []rbac.Principal
	// Roles keeps members who were given all of these.
	Roles []rbac.RoleName
	// Kind keeps users, or groups.
	Kind   rbac.Kind
	Offset int
	Limit  int // 0 for no bound
}
