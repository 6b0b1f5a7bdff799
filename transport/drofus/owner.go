package drofus

import (
	"errors"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const ownerRoot = "owner"

func (l *lens) owners(c *call) (reply, error) {
	f := workspace.OrganizationFilter{Search: c.URL.Query().Get("query")}
	found, _, err := l.Workspaces.AdministeredOrganizations(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	list := make([]record, 0, len(found))
	for _, o := range found {
		list = append(list, ownerRecord(o))
	}
	page, err := l.ownersPage(c, found)
	return listed("owners", list, page), err
}

// ownerRecord is an owner as the seed's sample has it.
func ownerRecord(o workspace.Organization) record {
	return newRecord(ownerRoot,
		textOrNull("address", o.Address), textOrNull("billing_address", o.BillingAddress), textOrNull("contact", o.Contact),
		intOf("id", o.Num), textOrNull("image", o.Image), textOf("name", o.Name), textOrNull("network", o.Network),
		textOrNull("note", o.Note), textOrNull("tech_contact", o.TechContact),
	)
}

// findOwner returns an owner within the caller's reach by its number.
func (l *lens) findOwner(c *call, id int64) (workspace.Organization, error) {
	f := workspace.OrganizationFilter{Nums: []rbac.Node{rbac.Node(id)}}
	found, _, err := l.Workspaces.AdministeredOrganizations(c.Context(), c.actor, f)
	if err != nil {
		return workspace.Organization{}, err
	}
	if len(found) == 0 {
		return workspace.Organization{}, workspace.ErrNotFound
	}
	return found[0], nil
}

func (l *lens) pathOwner(c *call) (workspace.Organization, error) {
	id, err := c.number("id")
	if err != nil {
		return workspace.Organization{}, err
	}
	return l.findOwner(c, id)
}

func ownerPath(id rbac.Node) string { return pathTo("owners", strconv.FormatInt(int64(id), 10)) }

func (l *lens) owner(c *call) (reply, error) {
	o, err := l.pathOwner(c)
	if err != nil {
		return reply{}, err
	}
	r := ownerRecord(o)
	if !c.html() {
		return shown(r, nil), nil
	}
	page, err := l.ownerPage(c, o, r)
	return shown(r, page), err
}

// applyOwner takes over what was sent of an owner.
func applyOwner(p *params, o *workspace.Organization) {
	text := func(name string, into *string, limit int) {
		if t := p.text(name); t.sent() {
			*into = t.value
		}
		p.bound(limit, name)
	}
	p.keep("name")
	text("name", &o.Name, 99)
	text("address", &o.Address, 1000)
	text("billing_address", &o.BillingAddress, 1000)
	text("contact", &o.Contact, 255)
	text("image", &o.Image, 1000)
	text("network", &o.Network, 255)
	text("note", &o.Note, 4000)
	text("tech_contact", &o.TechContact, 255)
}

// createOwner makes an owner, whose use of the server nothing bounds: dRofus
// knows no quotas, and who administers the server sets them elsewhere.
func (l *lens) createOwner(c *call) (reply, error) {
	if err := l.mayCreateOwners(c); err != nil {
		return reply{}, err
	}
	c.form = ownerForm(c, workspace.Organization{})
	in, err := c.read(ownerRoot)
	if err != nil {
		return reply{}, err
	}
	in.need("name")
	o := workspace.Organization{UploadsQuota: quota.NoLimit, DatabasesQuota: quota.NoLimit}
	applyOwner(in.params, &o)
	if err := in.faults.err(); err != nil {
		return reply{}, err
	}
	if o, err = l.Workspaces.CreateOrganization(c.Context(), c.actor, o); err != nil {
		return reply{}, err
	}
	return made(ownerRecord(o), ownerPath(o.Num)), nil
}

func (l *lens) updateOwner(c *call) (reply, error) {
	o, err := l.pathOwner(c)
	if err != nil {
		return reply{}, err
	}
	if err := l.require(c, o.Num, workspace.UpdateOrganization); err != nil {
		return reply{}, err
	}
	c.form = ownerForm(c, o)
	in, err := c.read(ownerRoot)
	if err != nil {
		return reply{}, err
	}
	trial := o
	applyOwner(in.params, &trial) // for what is wrong with it
	if err := in.faults.err(); err != nil {
		return reply{}, err
	}
	o, err = l.Workspaces.UpdateOrganization(c.Context(), c.actor, o.ID, func(o *workspace.Organization) error {
		applyOwner(in.params, o)
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return changed(ownerRecord(o), ownerPath(o.Num)), nil
}

// deleteOwner deletes an owner without projects and databases (DA-22).
func (l *lens) deleteOwner(c *call) (reply, error) {
	o, err := l.pathOwner(c)
	if err != nil {
		return reply{}, err
	}
	err = l.Workspaces.DeleteOrganization(c.Context(), c.actor, o.ID)
	if errors.Is(err, workspace.ErrInUse) {
		return reply{}, faulty(onBase, "The owner has projects or databases")
	}
	return gone("owners"), err
}
