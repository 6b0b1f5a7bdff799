package resource

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// vital is what it takes to mend the rules on a resource.
func vital() []rbac.Permission { return []rbac.Permission{Read, Update, ChangePermissions} }

// A guard is somebody who could mend the rules on a resource, and what he held of
// what that takes.
type guard struct {
	principal rbac.Principal
	held      []rbac.Permission
}

// guarded returns who can mend the rules on a resource, of the enabled
// administrators of the platform and the supervisor.
func (s *Service) guarded(ctx context.Context, r Resource) ([]guard, error) {
	who, err := s.store.Administrators(ctx)
	if err != nil {
		return nil, err
	}
	top, err := s.find(ctx, r.Top)
	if err != nil {
		return nil, err
	}
	if top.Owner != 0 && !slices.Contains(who, top.Owner) {
		who = append(who, top.Owner)
	}
	var list []guard
	for _, p := range who {
		set, err := s.rights.Effective(ctx, p, r.Num, rbac.Latest())
		if err != nil {
			return nil, fmt.Errorf("resource: what %d holds on %d: %w", p, r.Num, err)
		}
		g := guard{principal: p}
		for _, perm := range vital() {
			if set.Has(perm) {
				g.held = append(g.held, perm)
			}
		}
		if len(g.held) > 0 {
			list = append(list, g)
		}
	}
	return list, nil
}

// unharmed makes sure that none of those who could mend the rules on a resource
// has lost anything of what he held. It returns a [LockoutError].
func (s *Service) unharmed(ctx context.Context, n rbac.Node, guards []guard) error {
	for _, g := range guards {
		set, err := s.rights.Effective(ctx, g.principal, n, rbac.Latest())
		if err != nil {
			return fmt.Errorf("resource: what %d holds on %d: %w", g.principal, n, err)
		}
		for _, perm := range g.held {
			if !set.Has(perm) {
				return &LockoutError{Node: n, Principal: g.principal, Permission: perm}
			}
		}
	}
	return nil
}

// Effective returns what a principal holds on a resource. It needs [Read], and
// for another than the actor, the guest, everyone and who has said who he is,
// [ChangePermissions]. It returns an InvalidError of "principal" for who does not
// exist.
func (s *Service) Effective(ctx context.Context, actor workspace.Actor, n rbac.Node, p rbac.Principal) (rbac.Set, error) {
	if err := s.askable(ctx, actor, n, p); err != nil {
		return rbac.Set{}, err
	}
	set, err := s.rights.Effective(ctx, p, n, rbac.Latest())
	return set, nobody(err)
}

// Explain tells why a principal holds a permission, or not, and what would turn
// that round. It needs what [Service.Effective] needs, and fails as that does.
func (s *Service) Explain(
	ctx context.Context, actor workspace.Actor, n rbac.Node, p rbac.Principal, perm rbac.Permission,
) (rbac.Explanation, error) {
	if err := s.askable(ctx, actor, n, p); err != nil {
		return rbac.Explanation{}, err
	}
	x, err := s.rights.Explain(ctx, p, n, perm, rbac.Latest())
	return x, nobody(err)
}

// askable makes sure that somebody may ask what a principal holds on a resource.
func (s *Service) askable(ctx context.Context, actor workspace.Actor, n rbac.Node, p rbac.Principal) error {
	if _, err := s.find(ctx, n); err != nil {
		return err
	}
	if err := s.require(ctx, actor, n, Read); err != nil {
		return err
	}
	switch p {
	case actor.Principal, rbac.Guest, rbac.Everyone, rbac.Authenticated:
		return nil
	}
	return s.require(ctx, actor, n, ChangePermissions)
}

// nobody says which field it was that named nobody.
func nobody(err error) error {
	if errors.Is(err, rbac.ErrNoPrincipal) {
		return &workspace.InvalidError{Field: "principal", Expected: "somebody who exists"}
	}
	return err
}
