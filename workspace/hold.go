package workspace

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Hold runs fn in a unit of work that keeps everybody else from changing a
// workspace, its members, its groups and what it was given, so that what is read
// in fn is still so when fn changes it. It needs [Read]; what fn does needs what
// it needs.
func (s *Service) Hold(ctx context.Context, actor Actor, id ID, fn func(ctx context.Context) error) error {
	return s.change(ctx, actor, id, s.on(actor, Read), func(ctx context.Context, _ Workspace) error { return fn(ctx) })
}

// HoldOrganization is like [Service.Hold] for an organization and who
// administers it. It needs [ReadOrganization].
func (s *Service) HoldOrganization(ctx context.Context, actor Actor, id OrganizationID, fn func(ctx context.Context) error) error {
	if _, err := s.authorizeIn(ctx, actor, id, ReadOrganization); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.store.LockOrganization(ctx, id); err != nil {
			return err
		}
		return fn(ctx)
	})
}

// HoldRoles is like [Service.Hold] for what roles there are and what they hold.
// It needs [ManageRoles].
func (s *Service) HoldRoles(ctx context.Context, actor Actor, fn func(ctx context.Context) error) error {
	if err := s.require(ctx, actor, rbac.Root, ManageRoles); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		// Roles have no row that is always there; the platform has this one.
		if _, err := s.store.LockAdministrators(ctx); err != nil {
			return err
		}
		return fn(ctx)
	})
}

// HoldUsers is like [Service.Hold] for users and what they may have. It needs
// [ManageUsers].
func (s *Service) HoldUsers(ctx context.Context, actor Actor, fn func(ctx context.Context) error) error {
	if err := s.require(ctx, actor, rbac.Root, ManageUsers); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.store.LockAdministrators(ctx); err != nil {
			return err
		}
		return fn(ctx)
	})
}
