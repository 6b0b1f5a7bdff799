package drofus

import (
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// dRofus counts levels of rights downwards: 1 Full, 2 Limited, 3 Read, 4 None
// (spec/drofus.md §2.2). They are turned round here; never compare a level.
const (
	levelFull    = 1
	levelLimited = 2
	levelRead    = 3
	levelNone    = 4
)

// levelOf is a grade as dRofus numbers it.
func levelOf(g workspace.Grade) int64 { return levelNone - int64(g) }

// gradeOf is a level as the domain has it. It is one of the four.
func gradeOf(level int64) workspace.Grade { return workspace.Grade(levelNone - level) }

// rightsName is the field of a module's level, as "room_rights".
func rightsName(m workspace.Module) string { return string(m) + "_rights" }

// withGrade returns roles with those of a module replaced by the one of a grade.
func withGrade(roles []rbac.RoleName, m workspace.Module, g workspace.Grade) []rbac.RoleName {
	for other := workspace.Reading; other <= workspace.FullAccess; other++ {
		roles = withRole(roles, m.Role(other), other == g)
	}
	return roles
}

// withRole returns roles with one of them, or without.
func withRole(roles []rbac.RoleName, role rbac.RoleName, with bool) []rbac.RoleName {
	kept := make([]rbac.RoleName, 0, len(roles)+1)
	for _, r := range roles {
		if r != role {
			kept = append(kept, r)
		}
	}
	if with {
		kept = append(kept, role)
	}
	return kept
}
