package workspace

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Roles lists all roles, built-in ones first. Everybody signed in may.
func (s *Service) Roles(ctx context.Context, actor Actor) ([]rbac.Role, error) { panic("unbuilt") }

// PutRole defines a role, or redefines it with effect on everybody who has it.
// It needs [ManageRoles].
func (s *Service) PutRole(ctx context.Context, actor Actor, r rbac.Role) error { panic("unbuilt") }

// DeleteRole deletes a role that nobody has. It needs [ManageRoles].
func (s *Service) DeleteRole(ctx context.Context, actor Actor, name rbac.RoleName) error {
	panic("unbuilt")
}
