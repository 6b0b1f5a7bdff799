package entrepot

import (
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// permissionFilter reads what all lists of permissions can be filtered by.
func (c *call) permissionFilter(p page) (offering.PermissionFilter, error) {
	f := offering.PermissionFilter{Newest: p.newest, Offset: p.offset, Limit: p.limit}
	var licence, of string
	err := c.texts(map[string]*string{
		"licence": &f.Licence, "license": &licence, "layer_name": &f.LayerName, "type": &f.Type, "offering": &of,
	})
	if err != nil {
		return f, err
	}
	if f.Licence == "" {
		f.Licence = licence
	}
	if of != "" && !uid.Valid(of) {
		return f, invalid("offering", "an identifier")
	}
	f.Offering = offering.ID(of)
	f.OnlyOAuth, err = c.flag("only_oauth")
	return f, err
}

func (l *lens) heldPermissions(c *call) (reply, error) {
	p, err := c.page(true)
	if err != nil {
		return reply{}, err
	}
	f, err := c.permissionFilter(p)
	if err != nil {
		return reply{}, err
	}
	personal, err := c.flag("personal")
	if err != nil {
		return reply{}, err
	}
	community, err := c.flag("community")
	if err != nil {
		return reply{}, err
	}
	// Asking for one sort leaves the other out, unless it is asked for too.
	wants := func(this, other *bool) bool {
		if this != nil {
			return *this
		}
		return other == nil || !*other
	}
	found, total, err := l.Offerings.Held(c.Context(), c.actor, wants(personal, community), wants(community, personal), f)
	if err != nil {
		return reply{}, err
	}
	list := make([]held, 0, len(found))
	for _, g := range found {
		list = append(list, heldOf(g.Permission, false))
	}
	return listed(p, list, total)
}

func (l *lens) heldPermission(c *call) (reply, error) {
	id, err := c.id("permission")
	if err != nil {
		return reply{}, err
	}
	found, err := l.Offerings.HeldPermission(c.Context(), c.actor, offering.PermissionID(id))
	if err != nil {
		return reply{}, err
	}
	return ok(heldOf(found.Permission, true)), nil
}

func (l *lens) declinePermission(c *call) (reply, error) {
	id, err := c.id("permission")
	if err != nil {
		return reply{}, err
	}
	return done(), l.Offerings.Decline(c.Context(), c.actor, offering.PermissionID(id))
}

func (l *lens) permissions(c *call) (reply, error) {
	p, err := c.page(true)
	if err != nil {
		return reply{}, err
	}
	f, err := c.permissionFilter(p)
	if err != nil {
		return reply{}, err
	}
	in, err := l.find(c)
	if err != nil {
		return reply{}, err
	}
	found, total, err := l.Offerings.Permissions(c.Context(), c.actor, in.In.ID, f)
	if err != nil {
		return reply{}, err
	}
	return listed(p, givenList(found), total)
}

func (l *lens) createPermissions(c *call) (reply, error) {
	in, err := l.find(c)
	if err != nil {
		return reply{}, err
	}
	var body newPermission
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	grant, err := body.grant()
	if err != nil {
		return reply{}, err
	}
	made, err := l.Offerings.Permit(c.Context(), c.actor, in.In.ID, grant)
	if err != nil {
		return reply{}, err
	}
	return created(givenList(made)), nil
}

// findPermission returns a permission that the datastore of the path gave.
func (l *lens) findPermission(c *call) (offering.Given, error) {
	id, err := c.id("permission")
	if err != nil {
		return offering.Given{}, err
	}
	in, err := l.find(c)
	if err != nil {
		return offering.Given{}, err
	}
	return l.Offerings.Permission(c.Context(), c.actor, in.In.ID, offering.PermissionID(id))
}

func (l *lens) permission(c *call) (reply, error) {
	found, err := l.findPermission(c)
	if err != nil {
		return reply{}, err
	}
	return ok(givenOf(found)), nil
}

func (l *lens) updatePermission(c *call) (reply, error) {
	found, err := l.findPermission(c)
	if err != nil {
		return reply{}, err
	}
	var patch permissionPatch
	if err := c.readSome(&patch); err != nil {
		return reply{}, err
	}
	changed, err := l.Offerings.UpdatePermission(c.Context(), c.actor, found.Workspace, found.ID, patch.apply)
	if err != nil {
		return reply{}, err
	}
	return ok(givenOf(changed)), nil
}

func (l *lens) revokePermission(c *call) (reply, error) {
	found, err := l.findPermission(c)
	if err != nil {
		return reply{}, err
	}
	return done(), l.Offerings.Revoke(c.Context(), c.actor, found.Workspace, found.ID)
}
