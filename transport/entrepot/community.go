package entrepot

import (
	"context"
	"errors"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func (l *lens) community(c *call) (reply, error) {
	id, err := c.id("community")
	if err != nil {
		return reply{}, err
	}
	found, err := l.Workspaces.Workspace(c.Context(), c.actor, workspace.ID(id))
	if err != nil {
		return reply{}, err
	}
	return ok(communityDetails(found)), nil
}

func (l *lens) updateCommunity(c *call) (reply, error) { return l.patchCommunity(c, &communityPatch{}) }

func (l *lens) administerCommunity(c *call) (reply, error) {
	return l.patchCommunity(c, &administeredPatch{})
}

// A communityChange is the body of a PATCH of a community.
type communityChange interface {
	apply(w *workspace.Workspace)
	// payer is the organization that it names, empty for none.
	payer() string
}

func (l *lens) patchCommunity(c *call, patch communityChange) (reply, error) {
	id, err := c.id("community")
	if err != nil {
		return reply{}, err
	}
	if err := c.readSome(patch); err != nil {
		return reply{}, err
	}
	if err := l.named(c, patch.payer()); err != nil {
		return reply{}, err
	}
	changed, err := l.Workspaces.Update(c.Context(), c.actor, workspace.ID(id), func(w *workspace.Workspace) error {
		patch.apply(w)
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return ok(communityDetails(changed)), nil
}

// named refuses an organization of a body that does not exist, lest the answer
// be that the path does not.
func (l *lens) named(c *call, organization string) error {
	if organization == "" {
		return nil
	}
	_, err := l.Workspaces.Organization(c.Context(), c.actor, workspace.OrganizationID(organization))
	if errors.Is(err, workspace.ErrNotFound) {
		return invalid("organization", "an organization")
	}
	return err
}

func (l *lens) members(c *call) (reply, error) {
	ctx := c.Context()
	id, err := c.id("community")
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(false)
	if err != nil {
		return reply{}, err
	}
	in := workspace.ID(id)
	f := workspace.MemberFilter{Kind: rbac.User, Offset: p.offset, Limit: p.limit}
	if wanted := c.query["rights"]; len(wanted) > 0 {
		f.Roles, err = l.rolesWith(ctx, c.actor, wanted)
		if err != nil {
			return reply{}, err
		}
		// The supervisor holds every right without having been given one.
		found, err := l.Workspaces.Workspace(ctx, c.actor, in)
		if err != nil {
			return reply{}, err
		}
		f.Also = found.SupervisedBy.Num
	}
	members, total, err := l.Workspaces.Members(ctx, c.actor, in, f)
	if err != nil {
		return reply{}, err
	}
	nums := make([]rbac.Principal, 0, len(members))
	for _, m := range members {
		nums = append(nums, m.Principal)
	}
	people, err := l.Workspaces.People(ctx, c.actor, in, nums)
	if err != nil {
		return reply{}, err
	}
	list := make([]member, 0, len(members))
	for _, m := range members {
		list = append(list, memberOf(m, people[m.Principal]))
	}
	return listed(p, list, total)
}

// rolesWith returns, for each right that is wanted, the roles that amount to
// it: the right itself, and whatever other lenses gave that holds as much.
func (l *lens) rolesWith(ctx context.Context, actor workspace.Actor, wanted []string) ([][]rbac.RoleName, error) {
	names, err := rightsOf("rights", splitList(wanted))
	if err != nil {
		return nil, err
	}
	roles, err := l.Workspaces.Roles(ctx, actor)
	if err != nil {
		return nil, err
	}
	var lists [][]rbac.RoleName
	for _, name := range names {
		at := slices.IndexFunc(roles, func(r rbac.Role) bool { return r.Name == name })
		if at < 0 {
			continue
		}
		holds := func(r rbac.Role) bool {
			return r.Everything || !slices.ContainsFunc(roles[at].Permissions, func(p rbac.Permission) bool {
				return !slices.Contains(r.Permissions, p)
			})
		}
		var list []rbac.RoleName
		for _, r := range roles {
			if holds(r) {
				list = append(list, r.Name)
			}
		}
		lists = append(lists, list)
	}
	return lists, nil
}

func (l *lens) putMember(c *call) (reply, error) {
	ctx := c.Context()
	id, user, err := c.ids("community", "user")
	if err != nil {
		return reply{}, err
	}
	var body rightsBody
	if err := c.readSome(&body); err != nil {
		return reply{}, err
	}
	rights, err := rightsOf("rights", body.Rights)
	if err != nil {
		return reply{}, err
	}
	in := workspace.ID(id)
	who, err := l.Workspaces.Principal(ctx, c.actor, in, workspace.UserID(user))
	if err != nil {
		return reply{}, err
	}
	if _, err := l.Workspaces.PutMember(ctx, c.actor, in, who, rights); err != nil {
		return reply{}, err
	}
	return done(), nil
}

func (l *lens) removeMember(c *call) (reply, error) {
	ctx := c.Context()
	id, user, err := c.ids("community", "user")
	if err != nil {
		return reply{}, err
	}
	in := workspace.ID(id)
	who, err := l.Workspaces.Principal(ctx, c.actor, in, workspace.UserID(user))
	if err != nil {
		return reply{}, err
	}
	if err := l.Workspaces.RemoveMember(ctx, c.actor, in, who); err != nil {
		return reply{}, err
	}
	return done(), nil
}

func (l *lens) allCommunities(c *call) (reply, error) {
	p, err := c.page(true)
	if err != nil {
		return reply{}, err
	}
	f := workspace.Filter{Newest: p.newest, Offset: p.offset, Limit: p.limit}
	if err := c.texts(map[string]*string{"name": &f.Name, "technical_name": &f.TechnicalName}); err != nil {
		return reply{}, err
	}
	found, total, err := l.Workspaces.Workspaces(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	list := make([]community, 0, len(found))
	for _, d := range found {
		list = append(list, communityDetails(d))
	}
	return listed(p, list, total)
}

func (l *lens) createCommunity(c *call) (reply, error) {
	var body newCommunity
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	w, err := body.workspace()
	if err != nil {
		return reply{}, err
	}
	if err := l.named(c, string(w.Organization)); err != nil {
		return reply{}, err
	}
	made, err := l.Workspaces.Create(c.Context(), c.actor, w)
	if err != nil {
		return reply{}, err
	}
	return created(communityDetails(made)), nil
}
