package accesskey

import (
	"context"
	"errors"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// origin is that of the rules that a key was made with.
func (k Key) origin() string { return "key/" + string(k.ID) }

// rules returns what a new key is to hold, in a workspace, or wherever its user
// is. It returns a *workspace.InvalidError for scopes and nodes that are not
// there to be given.
func (s *Service) rules(ctx context.Context, actor workspace.Actor, w workspace.Workspace, k Key) ([]rbac.Rule, error) {
	nodes := k.Nodes
	if len(nodes) == 0 {
		nodes = []rbac.Node{w.Num} // the root for a personal key
	} else if err := s.checkNodes(ctx, actor, k); err != nil {
		return nil, err
	}
	wanted := []rbac.Rule{{Role: k.Role}}
	if len(k.Scopes) > 0 {
		permissions, err := s.narrowed(ctx, k)
		if err != nil {
			return nil, err
		}
		wanted = nil
		for _, p := range permissions {
			wanted = append(wanted, rbac.Rule{Scope: p.Scope(), Permission: p.Name()})
		}
	}
	var rules []rbac.Rule
	for _, n := range nodes {
		for _, r := range wanted {
			r.Node, r.Effect, r.Propagate, r.Expires, r.Origin = n, rbac.Allow, true, k.Expires, k.origin()
			rules = append(rules, r)
		}
	}
	return rules, nil
}

// checkNodes checks the nodes that a key is limited to: a workspace's key to
// those in it, a personal key to those on which its user can do something.
func (s *Service) checkNodes(ctx context.Context, actor workspace.Actor, k Key) error {
	if k.Workspace != "" {
		inside, err := s.store.NodesIn(ctx, k.Workspace, k.Nodes)
		if err != nil {
			return err
		}
		for i, n := range k.Nodes {
			if !slices.Contains(inside, n) {
				return invalid(at("nodes", i), "a node in the workspace")
			}
		}
		return nil
	}
	for i, n := range k.Nodes {
		held, err := s.rights.Effective(ctx, actor.Principal, n, rbac.Latest())
		if err != nil && !errors.Is(err, rbac.ErrNoNode) {
			return err
		}
		if err != nil || held.Len() == 0 {
			return invalid(at("nodes", i), "a node on which you can do something")
		}
	}
	return nil
}

// narrowed returns the permissions that the scopes of a key amount to, within
// its role if it has one, with those that they need to be of use.
func (s *Service) narrowed(ctx context.Context, k Key) ([]rbac.Permission, error) {
	known, err := s.givable(ctx, k.Role)
	if err != nil {
		return nil, err
	}
	var list []rbac.Permission
	for i, text := range k.Scopes {
		before := len(list)
		for _, p := range known {
			if string(p) == text || p.Scope() == text {
				list = append(list, p)
			}
		}
		if len(list) == before {
			return nil, invalid(at("scopes", i), "a permission or a scope, of what the role holds")
		}
	}
	slices.Sort(list)
	return s.needed(slices.Compact(list), known), nil
}

// givable returns the permissions of a role, or all there are.
func (s *Service) givable(ctx context.Context, name rbac.RoleName) ([]rbac.Permission, error) {
	if name != "" {
		roles, err := s.rights.Roles(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range roles {
			if r.Name == name {
				return r.Permissions, nil
			}
		}
		return nil, nil
	}
	var all []rbac.Permission
	schema := s.rights.Schema()
	for _, class := range schema.Classes() {
		all = append(all, schema.Permissions(class)...)
	}
	return all, nil
}

// needed adds to permissions what those need on the same node, of what is
// known.
func (s *Service) needed(list, known []rbac.Permission) []rbac.Permission {
	schema := s.rights.Schema()
	for i := 0; i < len(list); i++ { // which grows
		for _, name := range schema.Classes() {
			class, _ := schema.Class(name)
			for _, r := range class.Requires {
				if r.Relation == "" && r.Permission == list[i] && slices.Contains(known, r.Needs) && !slices.Contains(list, r.Needs) {
					list = append(list, r.Needs)
				}
			}
		}
	}
	return list
}

// give makes the rules of a new key. Nobody gives a workspace's key more than
// he has; a personal key cannot have more, whatever its rules say.
func (s *Service) give(ctx context.Context, actor workspace.Actor, k Key, rules []rbac.Rule) error {
	for _, r := range rules {
		r.Principal = k.Num
		if s.opts.Coverer != nil && k.Workspace != "" {
			if err := s.opts.Coverer.Covers(ctx, actor.Principal, r); err != nil {
				return err
			}
		}
		if _, err := s.rights.Grant(ctx, r); err != nil {
			return err
		}
	}
	return nil
}
