package resource

import (
	"context"
	"errors"
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// known refuses the principals that only rules name. Who has not said who he is
// may do what rules give to everybody.
func known(actor workspace.Actor, n rbac.Node, perm rbac.Permission) error {
	switch actor.Principal {
	case 0, rbac.Everyone, rbac.Authenticated, rbac.Owner:
		return &rbac.DeniedError{Explanation: rbac.Explanation{
			Principal: actor.Principal, Node: n, Permission: perm, Cause: rbac.ByDefault,
		}}
	}
	return nil
}

// require lets pass who holds all of some permissions on a node.
func (s *Service) require(ctx context.Context, actor workspace.Actor, n rbac.Node, perms ...rbac.Permission) error {
	for _, perm := range perms {
		if err := known(actor, n, perm); err != nil {
			return err
		}
		if err := told(s.rights.Require(ctx, actor.Principal, n, perm, rbac.Latest())); err != nil {
			return err
		}
	}
	return nil
}

// told makes the errors of the engine those of the package.
func told(err error) error {
	switch {
	case errors.Is(err, rbac.ErrNoPrincipal):
		return fmt.Errorf("%w: %w", rbac.ErrDenied, err)
	case errors.Is(err, rbac.ErrNoNode):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

// creator returns who owns what an actor makes: himself, the user that he acts
// for, or nobody where he is no user and no key.
func creator(actor workspace.Actor) rbac.Principal {
	switch {
	case actor.BehalfPrincipal != 0:
		return actor.BehalfPrincipal
	case actor.Principal <= rbac.Owner:
		return 0
	}
	return actor.Principal
}

// find returns a resource as it is stored, or a workspace's own node, or the
// root.
func (s *Service) find(ctx context.Context, n rbac.Node) (Resource, error) {
	if n == rbac.Root {
		some, err := s.store.Resources(ctx, Filter{Tops: true, Limit: 1})
		return Resource{Class: workspace.ClassPlatform, Children: len(some) > 0}, err
	}
	list, err := s.store.Resources(ctx, Filter{Nums: []rbac.Node{n}, Tops: true})
	if err != nil {
		return Resource{}, err
	}
	if len(list) == 0 {
		return Resource{}, fmt.Errorf("%w: %d", ErrNotFound, n)
	}
	return list[0], nil
}

// locked returns a resource, or a workspace's own node, and keeps everybody
// else from changing the tree that it is in. It returns ErrRoot for the root.
func (s *Service) locked(ctx context.Context, n rbac.Node) (Resource, workspace.Workspace, error) {
	r, err := s.find(ctx, n)
	if err != nil {
		return Resource{}, workspace.Workspace{}, err
	}
	if r.Top == rbac.Root {
		return Resource{}, workspace.Workspace{}, ErrRoot
	}
	w, err := s.store.Lock(ctx, r.Top)
	if err != nil {
		return Resource{}, workspace.Workspace{}, err
	}
	// Whoever held the lock may have changed it.
	r, err = s.find(ctx, n)
	return r, w, err
}
