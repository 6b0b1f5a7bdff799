package workspace

import (
	"context"
	"errors"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Visible lists the workspaces on which the actor holds [Read], and how many
// there are. Everybody signed in may.
func (s *Service) Visible(ctx context.Context, actor Actor, f Filter) ([]Details, int, error) {
	nodes, err := s.visible(ctx, actor, Read, ClassWorkspace)
	if err != nil {
		return nil, 0, err
	}
	f.Nodes = &nodes
	return s.list(ctx, f)
}

// Shown returns the workspace of a technical name to who holds [Read] on it,
// guests included where a rule gives it to them. It returns ErrNotFound to
// everybody else.
func (s *Service) Shown(ctx context.Context, actor Actor, technicalName string) (Workspace, error) {
	if technicalName == "" { // would choose all
		return Workspace{}, ErrNotFound
	}
	w, err := one(s.store.Workspaces(ctx, Filter{TechnicalName: technicalName, Limit: 1}))
	if err != nil {
		return Workspace{}, err
	}
	err = s.rights.Require(ctx, actor.Principal, w.Num, Read, rbac.Latest())
	if errors.Is(err, rbac.ErrDenied) || errors.Is(err, rbac.ErrNoPrincipal) || errors.Is(err, rbac.ErrNoNode) {
		return Workspace{}, ErrNotFound
	}
	if err != nil {
		return Workspace{}, err
	}
	return w, nil
}

// VisibleOrganizations lists the organizations on which the actor holds
// [ReadOrganization], and how many there are. Everybody signed in may.
func (s *Service) VisibleOrganizations(ctx context.Context, actor Actor, f OrganizationFilter) ([]Organization, int, error) {
	nodes, err := s.visible(ctx, actor, ReadOrganization, ClassOrganization)
	if err != nil {
		return nil, 0, err
	}
	f.Nodes = &nodes
	return s.organizations(ctx, f)
}

// visible returns the nodes of a class on which the actor holds a permission.
func (s *Service) visible(ctx context.Context, actor Actor, perm rbac.Permission, class string) (rbac.Condition, error) {
	if err := s.signedIn(ctx, actor); err != nil {
		return rbac.Condition{}, err
	}
	return s.rights.Filter(ctx, actor.Principal, perm, rbac.Root, class, rbac.Latest())
}

// Group returns one. It needs [ReadMembers] in its workspace, or [ManageUsers]
// for one of the platform.
func (s *Service) Group(ctx context.Context, actor Actor, id GroupID) (Group, error) {
	g, err := s.group(ctx, actor, id, ReadMembers)
	if err != nil {
		return Group{}, err
	}
	return g, nil
}

// GroupNames returns groups by principal, for showing which the members that
// the actor was shown are. It needs [ReadMembers] in the workspace, and leaves
// out those of other workspaces.
func (s *Service) GroupNames(ctx context.Context, actor Actor, in ID, nums []rbac.Principal) (map[rbac.Principal]Group, error) {
	if _, err := s.find(ctx, actor, in, s.on(actor, ReadMembers)); err != nil {
		return nil, err
	}
	groups := map[rbac.Principal]Group{}
	if len(nums) == 0 { // an empty list would choose every group
		return groups, nil
	}
	list, err := s.store.Groups(ctx, GroupFilter{Nums: distinct(nums)})
	if err != nil {
		return nil, err
	}
	for _, g := range list {
		if g.Workspace == "" || g.Workspace == in {
			groups[g.Num] = Group{ID: g.ID, Num: g.Num, Workspace: g.Workspace, Name: g.Name}
		}
	}
	return groups, nil
}
