package resource

import (
	"context"
	"errors"
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Transfer gives a resource another owner, and with below everything in it that
// has the same owner, and returns how many that were. It needs
// [ChangePermissions] on each and, since nobody gives more than he has, what
// rules give whoever owns it. The new owner is a member of the workspace who may
// own something (workspace.ErrHeir). Who owns it already makes it no change.
func (s *Service) Transfer(ctx context.Context, actor workspace.Actor, n rbac.Node, to rbac.Principal, below bool) (int, error) {
	if err := s.transferable(ctx, actor, n); err != nil {
		return 0, err
	}
	count := 0
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		r, w, err := s.locked(ctx, n)
		if err != nil {
			return err
		}
		if err := s.transferable(ctx, actor, n); err != nil {
			return err
		}
		if err := s.mayOwn(ctx, w, to); err != nil {
			return err
		}
		if r.Owner == to {
			return nil
		}
		nodes := []rbac.Node{n}
		if below {
			if nodes, err = s.ownedAlike(ctx, actor, r); err != nil {
				return err
			}
		}
		if err := s.coversOwning(ctx, actor, r, nodes); err != nil {
			return err
		}
		if err := s.store.SetOwner(ctx, nodes, to, s.clock()); err != nil {
			return err
		}
		count = len(nodes)
		return s.record(ctx, actor, w, "resource.transfer", r,
			map[string]any{"owner": r.Owner}, map[string]any{"owner": to, "resources": count})
	})
	return count, err
}

// transferable makes sure that somebody may give a resource to another.
func (s *Service) transferable(ctx context.Context, actor workspace.Actor, n rbac.Node) error {
	r, err := s.find(ctx, n)
	if err != nil {
		return err
	}
	if err := s.require(ctx, actor, n, ChangePermissions); err != nil {
		return err
	}
	if r.Num == r.Top || r.Top == rbac.Root {
		return fmt.Errorf("%w: %d", ErrRoot, n)
	}
	return nil
}

// ownedAlike returns what at or below a resource has the same owner.
func (s *Service) ownedAlike(ctx context.Context, actor workspace.Actor, top Resource) ([]rbac.Node, error) {
	may, err := s.rights.Filter(ctx, actor.Principal, ChangePermissions, top.Num, "", rbac.Latest())
	if err != nil {
		return nil, fmt.Errorf("resource: what may be given away below %d: %w", top.Num, err)
	}
	var nodes []rbac.Node
	err = s.store.Below(ctx, top.Num, func(some []Resource) error {
		for _, r := range some {
			if r.Owner != top.Owner {
				continue
			}
			if !may.Contains(r.Num) {
				return s.lacks(ctx, actor, r.Num, ChangePermissions)
			}
			nodes = append(nodes, r.Num)
		}
		return nil
	})
	return nodes, err
}

// mayOwn makes sure that somebody may own things in a workspace: a user who is a
// member himself and holds what editors do. It returns workspace.ErrHeir.
func (s *Service) mayOwn(ctx context.Context, w workspace.Workspace, p rbac.Principal) error {
	member, err := s.store.Belongs(ctx, w.ID, p)
	if err != nil {
		return err
	}
	known, err := s.store.Known(ctx, w.ID, []rbac.Principal{p})
	switch {
	case err != nil:
		return err
	case !member || known[p] != rbac.User:
		return workspace.ErrHeir
	}
	err = s.rights.Covers(ctx, p, rbac.Rule{Node: w.Num, Role: workspace.RoleEditor, Propagate: true})
	if errors.Is(err, rbac.ErrDenied) {
		return workspace.ErrHeir // it is not the actor who lacks something
	}
	return err
}

// coversOwning makes sure that somebody holds what rules give whoever owns some
// resources.
func (s *Service) coversOwning(ctx context.Context, actor workspace.Actor, top Resource, nodes []rbac.Node) error {
	rules, err := s.rights.Rules(ctx, rbac.RuleFilter{Principals: []rbac.Principal{rbac.Owner}, Effect: rbac.Allow})
	if err != nil || len(rules) == 0 {
		return err
	}
	path, err := s.store.Path(ctx, top.Num)
	if err != nil {
		return err
	}
	w, err := s.find(ctx, top.Top)
	if err != nil {
		return err
	}
	above := map[rbac.Node]bool{rbac.Root: true, w.Parent: true, top.Top: true}
	for _, r := range path {
		above[r.Num] = r.Num != top.Num
	}
	given := map[rbac.Node]bool{}
	for _, n := range nodes {
		given[n] = true
	}
	now := s.clock()
	for _, r := range rules {
		if !r.Expires.IsZero() && !now.Before(r.Expires) {
			continue
		}
		switch {
		case above[r.Node] && r.Propagate:
			r.Node = top.Num
		case given[r.Node]:
		default:
			continue
		}
		if err := s.rights.Covers(ctx, actor.Principal, r); err != nil {
			return err
		}
	}
	return nil
}
