package workspace

import (
	"context"
	"errors"
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Explain says why somebody may or may not do something on a node, and which
// smallest change would turn that round.
//
// About himself everybody may ask where he can see the node: where he holds
// something on it, or on the workspace that it lies in, and on the platform.
// About a member of a workspace may ask who holds [ReadMembers] there, about a
// key of it who holds [ManageKeys] and is none, and about anybody anywhere who
// holds [Administer]. Everything else is ErrNotFound.
func (s *Service) Explain(ctx context.Context, actor Actor, who rbac.Principal, n rbac.Node, perm rbac.Permission) (rbac.Explanation, error) {
	if err := s.signedIn(ctx, actor); err != nil {
		return rbac.Explanation{}, err
	}
	if err := s.authorizeExplain(ctx, actor, who, n); err != nil {
		return rbac.Explanation{}, err
	}
	x, err := s.rights.Explain(ctx, who, n, perm, rbac.Latest())
	return x, missing(err)
}

// authorizeExplain lets pass who may know why somebody may do what on a node.
func (s *Service) authorizeExplain(ctx context.Context, actor Actor, who rbac.Principal, n rbac.Node) error {
	everywhere, err := s.holds(ctx, actor, rbac.Root, Administer)
	if err != nil || everywhere {
		return err
	}
	token, err := s.rights.Revision(ctx, n)
	if err != nil {
		return missing(err)
	}
	if who != actor.Principal {
		return s.authorizeFellow(ctx, actor, who, token.Workspace)
	}
	for _, at := range []rbac.Node{n, token.Workspace} {
		if at == rbac.Root {
			if n == rbac.Root {
				return nil
			}
			continue // lying below the platform lets nobody see
		}
		set, err := s.rights.Effective(ctx, actor.Principal, at, rbac.Latest())
		if err != nil {
			return missing(err)
		}
		if set.Len() > 0 {
			return nil
		}
	}
	return ErrNotFound
}

// authorizeFellow lets pass who may see the members of a workspace, or its keys,
// one of whom it is about.
func (s *Service) authorizeFellow(ctx context.Context, actor Actor, who rbac.Principal, at rbac.Node) error {
	if at == rbac.Root { // no workspace
		return ErrNotFound
	}
	only := rbac.Only(at)
	w, err := one(s.store.Workspaces(ctx, Filter{Nodes: &only}))
	if err != nil {
		return err
	}
	switch _, err := s.store.AccessKey(ctx, w.ID, who); {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return err
	case actor.IsKey(): // which are told of no others
		return ErrNotFound
	default:
		return s.on(actor, ManageKeys)(ctx, w)
	}
	if err := s.on(actor, ReadMembers)(ctx, w); err != nil {
		return err
	}
	return s.belongs(ctx, w, who)
}

// MemberRights explains every permission that there is in a workspace for one of
// its members, those that he lacks as well, without what would change that.
// Everybody may ask about himself who holds [Read]; others need [ReadMembers].
func (s *Service) MemberRights(ctx context.Context, actor Actor, id ID, who rbac.Principal) ([]rbac.Explanation, error) {
	needed := ReadMembers
	if who == actor.Principal {
		needed = Read
	}
	w, err := s.find(ctx, actor, id, s.on(actor, needed))
	if err != nil {
		return nil, err
	}
	if err := s.belongs(ctx, w, who); err != nil {
		return nil, err
	}
	var list []rbac.Explanation
	for _, c := range Classes() {
		if c.Name != ClassWorkspace {
			continue
		}
		for _, scope := range c.Scopes {
			for _, name := range scope.Permissions {
				x, err := s.rights.Explain(ctx, who, w.Num, rbac.Of(scope.Name, name), rbac.Latest())
				if err != nil {
					return nil, missing(err)
				}
				list = append(list, x)
			}
		}
	}
	return list, nil
}

// belongs refuses who is no member, himself or through a group.
func (s *Service) belongs(ctx context.Context, w Workspace, who rbac.Principal) error {
	_, err := one(s.store.Workspaces(ctx, Filter{IDs: []ID{w.ID}, Member: who}))
	if errors.Is(err, ErrNotFound) {
		_, err = s.member(ctx, w, who)
	}
	return err
}

// missing says in the words of this package that there is no node or principal.
func missing(err error) error {
	if errors.Is(err, rbac.ErrNoNode) || errors.Is(err, rbac.ErrNoPrincipal) {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return err
}
