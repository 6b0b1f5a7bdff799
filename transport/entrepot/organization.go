package entrepot

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

func (l *lens) organization(c *call) (reply, error) {
	id, err := c.id("organization")
	if err != nil {
		return reply{}, err
	}
	found, err := l.Workspaces.Organization(c.Context(), c.actor, workspace.OrganizationID(id))
	if err != nil {
		return reply{}, err
	}
	return ok(organizationOf(found)), nil
}

func (l *lens) organizationUsers(c *call) (reply, error) {
	id, err := c.id("organization")
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(true)
	if err != nil {
		return reply{}, err
	}
	users, total, err := l.Workspaces.OrganizationUsers(c.Context(), c.actor, workspace.OrganizationID(id),
		workspace.UserFilter{Newest: p.newest, Offset: p.offset, Limit: p.limit})
	if err != nil {
		return reply{}, err
	}
	list := make([]person, 0, len(users))
	for _, u := range users {
		list = append(list, personOf(u))
	}
	return listed(p, list, total)
}

func (l *lens) addOrganizationUser(c *call) (reply, error) {
	id, user, err := c.ids("organization", "user")
	if err != nil {
		return reply{}, err
	}
	if err := c.readSome(&struct{}{}); err != nil {
		return reply{}, err
	}
	return done(), l.Workspaces.AddOrganizationUser(c.Context(), c.actor,
		workspace.OrganizationID(id), workspace.UserID(user))
}

func (l *lens) removeOrganizationUser(c *call) (reply, error) {
	id, user, err := c.ids("organization", "user")
	if err != nil {
		return reply{}, err
	}
	return done(), l.Workspaces.RemoveOrganizationUser(c.Context(), c.actor,
		workspace.OrganizationID(id), workspace.UserID(user))
}

func (l *lens) organizationCommunities(c *call) (reply, error) {
	id, err := c.id("organization")
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(true)
	if err != nil {
		return reply{}, err
	}
	f := workspace.Filter{Newest: p.newest, Offset: p.offset, Limit: p.limit}
	if f.Name, err = c.text("name"); err != nil {
		return reply{}, err
	}
	found, total, err := l.Workspaces.OrganizationWorkspaces(c.Context(), c.actor, workspace.OrganizationID(id), f)
	if err != nil {
		return reply{}, err
	}
	list := make([]community, 0, len(found))
	for _, w := range found {
		list = append(list, communityOf(w))
	}
	return listed(p, list, total)
}

// withDatastore returns the communities of the organization of the path that
// have a datastore.
func (l *lens) withDatastore(c *call) ([]workspace.Workspace, error) {
	id, err := c.id("organization")
	if err != nil {
		return nil, err
	}
	found, _, err := l.Workspaces.OrganizationWorkspaces(c.Context(), c.actor, workspace.OrganizationID(id),
		workspace.Filter{WithDatastore: new(true)})
	return found, err
}

func (l *lens) organizationEndpoints(c *call) (reply, error) {
	p, err := c.page(false)
	if err != nil {
		return reply{}, err
	}
	communities, err := l.withDatastore(c)
	if err != nil {
		return reply{}, err
	}
	var list []endpointRow
	for _, w := range communities {
		d, err := l.Workspaces.Datastore(c.Context(), c.actor, w.Datastore)
		if err != nil {
			return reply{}, err
		}
		for _, s := range d.Shares {
			if s.From.Kind != quota.Endpoint {
				continue
			}
			e, err := endpointOf(s.From)
			if err != nil {
				return reply{}, err
			}
			list = append(list, endpointRow{
				Use: use(s.Allocation), Quota: s.Limit, Endpoint: e,
				Organization: string(w.Organization), Community: string(w.ID), Datastore: string(w.Datastore),
			})
		}
	}
	return cut(p, list)
}

func (l *lens) organizationOfferings(c *call) (reply, error) {
	p, err := c.page(false)
	if err != nil {
		return reply{}, err
	}
	communities, err := l.withDatastore(c)
	if err != nil {
		return reply{}, err
	}
	list, total, err := gather(c.Context(), p, communities,
		func(ctx context.Context, w workspace.Workspace, offset, limit int) ([]offering.Offering, int, error) {
			return l.Offerings.Offerings(ctx, c.actor, w.ID, offering.Filter{Offset: offset, Limit: limit})
		})
	if err != nil {
		return reply{}, err
	}
	return listed(p, offersOf(list, false), total)
}

func (l *lens) organizationPermissions(c *call) (reply, error) {
	p, err := c.page(false)
	if err != nil {
		return reply{}, err
	}
	communities, err := l.withDatastore(c)
	if err != nil {
		return reply{}, err
	}
	list, total, err := gather(c.Context(), p, communities,
		func(ctx context.Context, w workspace.Workspace, offset, limit int) ([]offering.Given, int, error) {
			return l.Offerings.Permissions(ctx, c.actor, w.ID, offering.PermissionFilter{Offset: offset, Limit: limit})
		})
	if err != nil {
		return reply{}, err
	}
	return listed(p, givenList(list), total)
}

// gather reads one page of the lists of several workspaces, laid end to end,
// and how long they are together.
func gather[T any](ctx context.Context, p page, in []workspace.Workspace,
	list func(ctx context.Context, w workspace.Workspace, offset, limit int) ([]T, int, error),
) ([]T, int, error) {
	var all []T
	total, skip := 0, p.offset
	for _, w := range in {
		// At least one, since a limit of 0 means none.
		items, n, err := list(ctx, w, skip, max(1, p.limit-len(all)))
		if err != nil {
			return nil, 0, err
		}
		all = append(all, items[:min(len(items), p.limit-len(all))]...)
		skip = max(0, skip-n)
		total += n
	}
	return all, total, nil
}

func (l *lens) allOrganizations(c *call) (reply, error) {
	p, err := c.page(true)
	if err != nil {
		return reply{}, err
	}
	f := workspace.OrganizationFilter{Newest: p.newest, Offset: p.offset, Limit: p.limit}
	if f.Name, err = c.text("name"); err != nil {
		return reply{}, err
	}
	found, total, err := l.Workspaces.Organizations(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	list := make([]organization, 0, len(found))
	for _, o := range found {
		list = append(list, organizationOf(o))
	}
	return listed(p, list, total)
}

func (l *lens) createOrganization(c *call) (reply, error) {
	var body organizationBody
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if body.UploadsQuota == nil {
		return reply{}, invalid("uploads_quota", "at least 0")
	}
	o := workspace.Organization{DatabasesQuota: quota.NoLimit} // the entrepot API knows no databases
	if err := body.apply(&o); err != nil {
		return reply{}, err
	}
	made, err := l.Workspaces.CreateOrganization(c.Context(), c.actor, o)
	if err != nil {
		return reply{}, err
	}
	return created(organizationOf(made)), nil
}

func (l *lens) updateOrganization(c *call) (reply, error) {
	id, err := c.id("organization")
	if err != nil {
		return reply{}, err
	}
	var body organizationBody
	if err := c.readSome(&body); err != nil {
		return reply{}, err
	}
	changed, err := l.Workspaces.UpdateOrganization(c.Context(), c.actor, workspace.OrganizationID(id), body.apply)
	if err != nil {
		return reply{}, err
	}
	return ok(organizationOf(changed)), nil
}

func (l *lens) deleteOrganization(c *call) (reply, error) {
	id, err := c.id("organization")
	if err != nil {
		return reply{}, err
	}
	return done(), l.Workspaces.DeleteOrganization(c.Context(), c.actor, workspace.OrganizationID(id))
}
