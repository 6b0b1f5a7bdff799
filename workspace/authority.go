package workspace

import (
	"context"
	"errors"
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// refused is the refusal of who cannot hold anything.
func refused(actor Actor, n rbac.Node, perm rbac.Permission) error {
	return &rbac.DeniedError{Explanation: rbac.Explanation{
		Principal: actor.Principal, Node: n, Permission: perm, Cause: rbac.ByDefault,
	}}
}

// Known refuses who has not said who he is, with a *[rbac.DeniedError]. The
// principals that only rules name are nobody's.
func (a Actor) Known() error {
	switch a.Principal {
	case 0, rbac.Guest, rbac.Everyone, rbac.Authenticated, rbac.Owner:
		return refused(a, rbac.Root, "")
	}
	return nil
}

// signedIn refuses who has not said who he is and who is disabled. It is for
// what needs no permission.
func (s *Service) signedIn(ctx context.Context, actor Actor) error {
	err := s.require(ctx, actor, rbac.Root, Administer)
	// That somebody is no administrator says nothing; that he is disabled does.
	denied, ok := errors.AsType[*rbac.DeniedError](err)
	if !ok || denied.Explanation.Cause == rbac.ByDisabling {
		return err
	}
	return actor.Known()
}

// require lets pass who holds a permission on a node.
func (s *Service) require(ctx context.Context, actor Actor, n rbac.Node, perm rbac.Permission) error {
	if err := actor.Known(); err != nil {
		return err
	}
	err := s.rights.Require(ctx, actor.Principal, n, perm, rbac.Latest())
	switch {
	case errors.Is(err, rbac.ErrNoPrincipal):
		return fmt.Errorf("%w: %w", rbac.ErrDenied, err)
	case errors.Is(err, rbac.ErrNoNode):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}

// holds reports whether the actor holds a permission on a node.
func (s *Service) holds(ctx context.Context, actor Actor, n rbac.Node, perm rbac.Permission) (bool, error) {
	err := s.require(ctx, actor, n, perm)
	if errors.Is(err, rbac.ErrDenied) {
		return false, nil
	}
	return err == nil, err
}

// authorize lets pass who holds a permission on a node. Who lacks the one that
// it takes to see the node is told that there is none.
func (s *Service) authorize(ctx context.Context, actor Actor, n rbac.Node, seeing, perm rbac.Permission) error {
	denied := s.require(ctx, actor, n, perm)
	if !errors.Is(denied, rbac.ErrDenied) {
		return denied
	}
	if perm == seeing {
		return ErrNotFound
	}
	sees, err := s.holds(ctx, actor, n, seeing)
	if err != nil {
		return err
	}
	if !sees {
		return ErrNotFound
	}
	return denied
}

// A right is asked of the actor about a workspace.
type right func(ctx context.Context, w Workspace) error

// on asks for permissions on the workspace itself.
func (s *Service) on(actor Actor, perms ...rbac.Permission) right {
	return func(ctx context.Context, w Workspace) error {
		for _, perm := range perms {
			if err := s.authorize(ctx, actor, w.Num, Read, perm); err != nil {
				return err
			}
		}
		return nil
	}
}

// above asks for [ManageWorkspaces] above the workspace, and for more on the
// platform.
func (s *Service) above(actor Actor, perms ...rbac.Permission) right {
	return func(ctx context.Context, w Workspace) error {
		if err := s.authorize(ctx, actor, w.Num, Read, Read); err != nil {
			return err
		}
		n, err := s.payer(ctx, w.Organization)
		if err != nil {
			return err
		}
		if err := s.require(ctx, actor, n, ManageWorkspaces); err != nil {
			return err
		}
		for _, perm := range perms {
			if err := s.require(ctx, actor, rbac.Root, perm); err != nil {
				return err
			}
		}
		return nil
	}
}

// payer returns the node that the workspaces of an organization lie below, or
// those of none.
func (s *Service) payer(ctx context.Context, id OrganizationID) (rbac.Node, error) {
	if id == "" {
		return rbac.Root, nil
	}
	o, err := s.organization(ctx, id)
	return o.Num, err
}

// find returns a workspace to who holds a right there.
func (s *Service) find(ctx context.Context, actor Actor, id ID, may right) (Workspace, error) {
	if err := actor.Known(); err != nil {
		return Workspace{}, err
	}
	w, err := one(s.store.Workspaces(ctx, Filter{IDs: []ID{id}}))
	if err != nil {
		return Workspace{}, err
	}
	if err := may(ctx, w); err != nil {
		return Workspace{}, err
	}
	return w, nil
}

// change runs fn in a unit of work that holds the workspace locked. The right
// is asked for twice: before, so that who lacks it locks nothing, and again
// behind the lock, since whoever held that may have taken the right away.
func (s *Service) change(
	ctx context.Context, actor Actor, id ID, may right, fn func(ctx context.Context, w Workspace) error,
) error {
	if _, err := s.find(ctx, actor, id, may); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		w, err := s.store.LockWorkspace(ctx, id)
		if err != nil {
			return err
		}
		if err := may(ctx, w); err != nil {
			return err
		}
		return fn(ctx, w)
	})
}

// one returns what a list that was asked for by identifier holds.
func one[T any](list []T, err error) (T, error) {
	if err != nil || len(list) == 0 {
		var none T
		if err == nil {
			err = ErrNotFound
		}
		return none, err
	}
	return list[0], nil
}
