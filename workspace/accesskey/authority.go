package accesskey

import (
	"context"
	"errors"
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func denied(actor workspace.Actor, n rbac.Node) error {
	return &rbac.DeniedError{Explanation: rbac.Explanation{
		Principal: actor.Principal, Node: n, Permission: workspace.ManageKeys, Cause: rbac.ByDefault,
	}}
}

// own lets pass who is a user and not disabled: what is done to personal keys
// is done to one's own, and it takes no permission.
func (s *Service) own(ctx context.Context, actor workspace.Actor) error {
	if actor.User == "" || actor.IsKey() {
		return denied(actor, rbac.Root)
	}
	err := s.rights.Require(ctx, actor.Principal, rbac.Root, workspace.Administer, rbac.Latest())
	if errors.Is(err, rbac.ErrNoPrincipal) {
		return fmt.Errorf("%w: %w", rbac.ErrDenied, err)
	}
	// That somebody is no administrator says nothing; that he is disabled does.
	if refusal, ok := errors.AsType[*rbac.DeniedError](err); ok && refusal.Explanation.Cause != rbac.ByDisabling {
		return nil
	}
	return err
}

// managesIn is manages for a workspace that is known by its identifier.
func (s *Service) managesIn(ctx context.Context, actor workspace.Actor, id workspace.ID) error {
	list, err := s.store.Workspaces(ctx, workspace.Filter{IDs: []workspace.ID{id}})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return workspace.ErrNotFound
	}
	return s.manages(ctx, actor, list[0])
}

// manages lets pass who manages the keys of a workspace. Who cannot see it is
// told that there is none.
func (s *Service) manages(ctx context.Context, actor workspace.Actor, w workspace.Workspace) error {
	err := s.rights.Require(ctx, actor.Principal, w.Num, workspace.ManageKeys, rbac.Latest())
	if err == nil && actor.IsKey() { // one that leaked must not make others
		return denied(actor, w.Num)
	}
	if !errors.Is(err, rbac.ErrDenied) {
		return gone(err)
	}
	seeing := s.rights.Require(ctx, actor.Principal, w.Num, workspace.Read, rbac.Latest())
	switch {
	case seeing == nil:
		return err
	case errors.Is(seeing, rbac.ErrDenied):
		return workspace.ErrNotFound
	}
	return gone(seeing)
}

// gone tells of what is no more.
func gone(err error) error {
	if errors.Is(err, rbac.ErrNoNode) || errors.Is(err, rbac.ErrNoPrincipal) {
		return fmt.Errorf("%w: %w", workspace.ErrNotFound, err)
	}
	return err
}

// itself reports whether an actor is the key.
func (k Key) itself(actor workspace.Actor) bool {
	return actor.Via == viaKey && actor.Credential == string(k.ID) && actor.Principal == k.Num
}

// find returns a key to who manages it, or, with self, to the key. Others are
// told that there is none, unless they are members of the workspace.
func (s *Service) find(ctx context.Context, actor workspace.Actor, id ID, self bool) (Key, error) {
	if err := actor.Known(); err != nil {
		return Key{}, err
	}
	list, err := s.store.Keys(ctx, Filter{IDs: []ID{id}})
	if err != nil {
		return Key{}, err
	}
	if len(list) == 0 {
		return Key{}, workspace.ErrNotFound
	}
	k := list[0]
	switch {
	case self && k.itself(actor):
		return k, nil
	case k.Workspace != "":
		err = s.managesIn(ctx, actor, k.Workspace)
	case k.User != actor.User:
		err = workspace.ErrNotFound
	default:
		err = s.own(ctx, actor)
	}
	if err != nil {
		return Key{}, err
	}
	return k, nil
}

// change runs fn in a unit of work that holds a key locked, with the workspace
// that it belongs to, if any. The right is asked for again behind the lock.
func (s *Service) change(
	ctx context.Context, actor workspace.Actor, id ID, self bool, fn func(ctx context.Context, w workspace.Workspace, k Key) error,
) error {
	k, err := s.find(ctx, actor, id, self)
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		var w workspace.Workspace
		if k.Workspace != "" {
			if w, err = s.store.LockWorkspace(ctx, k.Workspace); err != nil {
				return err
			}
			if !self || !k.itself(actor) {
				if err := s.manages(ctx, actor, w); err != nil {
					return err
				}
			}
		}
		list, err := s.store.Keys(ctx, Filter{IDs: []ID{id}, Lock: true})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return workspace.ErrNotFound
		}
		return fn(ctx, w, list[0])
	})
}
