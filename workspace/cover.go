package workspace

import (
	"context"
	"errors"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Nobody gives more than he has: whatever path a right is given by (a role, a
// place in a group, an invitation, a key, a rule, being made supervisor or
// administrator), the giver holds it himself, where it is given and below.

// everywhere is what only the platform's administrators hold.
func everywhere() rbac.Rule { return rbac.Rule{Node: rbac.Root, Propagate: true} }

// covers makes sure that somebody holds all that roles in a workspace, and
// places in groups, would give.
func (s *Service) covers(ctx context.Context, actor Actor, w Workspace, roles []rbac.RoleName, groups []Group) error {
	for _, role := range roles {
		if err := s.cover(ctx, actor, rbac.Rule{Node: w.Num, Role: role, Propagate: true}); err != nil {
			return err
		}
	}
	for _, g := range groups {
		if err := s.coversGroup(ctx, actor, g.Num); err != nil {
			return err
		}
	}
	return nil
}

// cover makes sure that somebody holds all that a rule would give.
func (s *Service) cover(ctx context.Context, actor Actor, r rbac.Rule) error {
	if err := actor.Known(); err != nil {
		return err
	}
	err := s.rights.Covers(ctx, actor.Principal, r)
	if errors.Is(err, rbac.ErrNoRole) {
		return &InvalidError{Field: "roles", Expected: "roles that exist"}
	}
	return err
}

// coversGroup makes sure that somebody holds all that being in a group gives.
// Who is in it does, and who holds everything.
func (s *Service) coversGroup(ctx context.Context, actor Actor, group rbac.Principal) error {
	his, err := s.store.Groups(ctx, GroupFilter{Member: actor.Principal})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(his, func(g Group) bool { return g.Num == group }) {
		return nil
	}
	if err := s.cover(ctx, actor, everywhere()); !errors.Is(err, rbac.ErrDenied) {
		return err
	}
	rules, err := s.rights.Rules(ctx, rbac.RuleFilter{Principals: []rbac.Principal{group}, Effect: rbac.Allow})
	if err != nil {
		return err
	}
	now := s.clock()
	for _, r := range rules {
		if !r.Expires.IsZero() && !now.Before(r.Expires) {
			continue
		}
		if err := s.cover(ctx, actor, r); err != nil {
			return err
		}
	}
	return nil
}

// coversMembership makes sure that somebody holds what every member has, unless
// he is one himself.
func (s *Service) coversMembership(ctx context.Context, actor Actor, w Workspace) error {
	member, err := s.store.CountMembers(ctx, MemberFilter{Workspace: w.ID, Principals: []rbac.Principal{actor.Principal}})
	if err != nil || member > 0 {
		return err
	}
	return s.coversGroup(ctx, actor, w.Audience)
}
