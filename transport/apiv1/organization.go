package apiv1

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func organizationRoutes() []route {
	read, users := organization(workspace.ReadOrganization), organization(workspace.ManageOrganizationUsers)
	platform := platform(workspace.ManageOrganizations)
	return []route{
		get("/organizations", "listOrganizations", signedIn(), (*lens).organizations),
		post("/organizations", "createOrganization", platform, (*lens).createOrganization),
		get("/organizations/{organization}", "getOrganization", read, (*lens).organization),
		patch("/organizations/{organization}", "updateOrganization", organization(workspace.UpdateOrganization), (*lens).updateOrganization),
		remove("/organizations/{organization}", "deleteOrganization", platform, (*lens).deleteOrganization),
		get("/organizations/{organization}/workspaces", "listOrganizationWorkspaces", read, (*lens).organizationWorkspaces),
		get("/organizations/{organization}/administrators", "listOrganizationAdministrators", read, (*lens).administrators),
		put("/organizations/{organization}/administrators/{user}", "addOrganizationAdministrator", users, (*lens).addAdministrator),
		remove("/organizations/{organization}/administrators/{user}", "removeOrganizationAdministrator", users, (*lens).removeAdministrator),
	}
}

// organizationWire is an organization.
type organizationWire struct {
	ID             workspace.OrganizationID `json:"id"`
	Num            rbac.Node                `json:"num"`
	Name           string                   `json:"name"`
	Siren          string                   `json:"siren"`
	Siret          string                   `json:"siret"`
	VAT            string                   `json:"vat"`
	EconomicModel  string                   `json:"economic_model"`
	Address        string                   `json:"address"`
	BillingAddress string                   `json:"billing_address"`
	Contact        string                   `json:"contact"`
	TechContact    string                   `json:"tech_contact"`
	Image          string                   `json:"image"`
	Network        string                   `json:"network"`
	Note           string                   `json:"note"`
	UploadsQuota   *int64                   `json:"uploads_quota"`
	DatabasesQuota *int64                   `json:"databases_quota"`
	Created        time.Time                `json:"created"`
	Updated        time.Time                `json:"updated"`
}

func organizationOf(o workspace.Organization) organizationWire {
	return organizationWire{
		ID: o.ID, Num: o.Num, Name: o.Name, Siren: o.Siren, Siret: o.Siret, VAT: o.VAT, EconomicModel: o.EconomicModel,
		Address: o.Address, BillingAddress: o.BillingAddress, Contact: o.Contact, TechContact: o.TechContact,
		Image: o.Image, Network: o.Network, Note: o.Note,
		UploadsQuota: limitOf(o.UploadsQuota), DatabasesQuota: limitOf(o.DatabasesQuota), Created: o.Created, Updated: o.Updated,
	}
}

// organizationPatch is a change of an organization, and what one is made of.
type organizationPatch struct {
	Name           opt[string] `json:"name"`
	Siren          opt[string] `json:"siren"`
	Siret          opt[string] `json:"siret"`
	VAT            opt[string] `json:"vat"`
	EconomicModel  opt[string] `json:"economic_model"`
	Address        opt[string] `json:"address"`
	BillingAddress opt[string] `json:"billing_address"`
	Contact        opt[string] `json:"contact"`
	TechContact    opt[string] `json:"tech_contact"`
	Image          opt[string] `json:"image"`
	Network        opt[string] `json:"network"`
	Note           opt[string] `json:"note"`
	UploadsQuota   opt[int64]  `json:"uploads_quota"`
	DatabasesQuota opt[int64]  `json:"databases_quota"`
}

func (p organizationPatch) apply(o *workspace.Organization) {
	p.Name.set(&o.Name)
	p.Siren.set(&o.Siren)
	p.Siret.set(&o.Siret)
	p.VAT.set(&o.VAT)
	p.EconomicModel.set(&o.EconomicModel)
	p.Address.set(&o.Address)
	p.BillingAddress.set(&o.BillingAddress)
	p.Contact.set(&o.Contact)
	p.TechContact.set(&o.TechContact)
	p.Image.set(&o.Image)
	p.Network.set(&o.Network)
	p.Note.set(&o.Note)
	setLimit(p.UploadsQuota, &o.UploadsQuota)
	setLimit(p.DatabasesQuota, &o.DatabasesQuota)
}

func (l *lens) organizations(c *call) (reply, error) {
	p, err := c.page(byCreationFirst(workspace.OrganizationFilter{}.Sortable())...)
	if err != nil {
		return reply{}, err
	}
	f := workspace.OrganizationFilter{Order: p.order, After: p.after, Limit: p.more()}
	if f.Search, err = c.text("q"); err != nil {
		return reply{}, err
	}
	if f.Created, err = c.created(); err != nil {
		return reply{}, err
	}
	found, total, err := l.Workspaces.VisibleOrganizations(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	return paged(p, found, total, organizationOf), nil
}

func (l *lens) createOrganization(c *call) (reply, error) {
	var body organizationPatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	o := workspace.Organization{UploadsQuota: quota.NoLimit, DatabasesQuota: quota.NoLimit}
	body.apply(&o)
	made, err := l.Workspaces.CreateOrganization(c.Context(), c.actor, o)
	if err != nil {
		return reply{}, err
	}
	return created(organizationOf(made), "organizations/", string(made.ID)), nil
}

func (l *lens) organization(c *call) (reply, error) {
	id, err := c.id("organization")
	if err != nil {
		return reply{}, err
	}
	o, err := l.Workspaces.Organization(c.Context(), c.actor, workspace.OrganizationID(id))
	if err != nil {
		return reply{}, err
	}
	return shown(organizationOf(o)), nil
}

func (l *lens) updateOrganization(c *call) (reply, error) {
	id, err := c.id("organization")
	if err != nil {
		return reply{}, err
	}
	var body organizationPatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	changed, err := l.Workspaces.UpdateOrganization(c.Context(), c.actor, workspace.OrganizationID(id), func(o *workspace.Organization) error {
		if err := c.current(organizationOf(*o)); err != nil {
			return err
		}
		body.apply(o)
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return shown(organizationOf(changed)), nil
}

func (l *lens) deleteOrganization(c *call) (reply, error) {
	id, err := c.id("organization")
	if err != nil {
		return reply{}, err
	}
	this := workspace.OrganizationID(id)
	if !c.conditional() {
		return gone(c, nil), l.Workspaces.DeleteOrganization(c.Context(), c.actor, this)
	}
	var was organizationWire
	err = l.Workspaces.HoldOrganization(c.Context(), c.actor, this, func(ctx context.Context) error {
		o, err := l.Workspaces.Organization(ctx, c.actor, this)
		if err != nil {
			return err
		}
		was = organizationOf(o)
		if err := c.current(was); err != nil {
			return err
		}
		return l.Workspaces.DeleteOrganization(ctx, c.actor, this)
	})
	return gone(c, was), err
}

func (l *lens) organizationWorkspaces(c *call) (reply, error) {
	id, err := c.id("organization")
	if err != nil {
		return reply{}, err
	}
	p, f, err := l.workspaceFilter(c)
	if err != nil {
		return reply{}, err
	}
	// Whoever may read the organization is told who is in charge: he could see
	// each of them alone.
	if _, err := l.Workspaces.Organization(c.Context(), c.actor, workspace.OrganizationID(id)); err != nil {
		return reply{}, err
	}
	f.Organization = workspace.OrganizationID(id)
	return l.workspacesPage(c, p, f)
}

func (l *lens) administrators(c *call) (reply, error) {
	id, err := c.id("organization")
	if err != nil {
		return reply{}, err
	}
	p, f, err := c.userFilter()
	if err != nil {
		return reply{}, err
	}
	found, total, err := l.Workspaces.OrganizationUsers(c.Context(), c.actor, workspace.OrganizationID(id), f)
	if err != nil {
		return reply{}, err
	}
	return paged(p, found, total, personOf), nil
}

// administrator returns one of the administrators of an organization.
func (l *lens) administrator(ctx context.Context, c *call, in workspace.OrganizationID, who workspace.UserID) (person, error) {
	found, _, err := l.Workspaces.OrganizationUsers(ctx, c.actor, in, workspace.UserFilter{IDs: []workspace.UserID{who}})
	if err != nil {
		return person{}, err
	}
	if len(found) == 0 {
		return person{}, workspace.ErrNotFound
	}
	return personOf(found[0]), nil
}

func (l *lens) addAdministrator(c *call) (reply, error) {
	first, second, err := c.ids("organization", "user")
	if err != nil {
		return reply{}, err
	}
	in, who := workspace.OrganizationID(first), workspace.UserID(second)
	if err := l.Workspaces.AddOrganizationUser(c.Context(), c.actor, in, who); err != nil {
		return reply{}, err
	}
	now, err := l.administrator(c.Context(), c, in, who)
	return ok(now), err
}

func (l *lens) removeAdministrator(c *call) (reply, error) {
	first, second, err := c.ids("organization", "user")
	if err != nil {
		return reply{}, err
	}
	in, who := workspace.OrganizationID(first), workspace.UserID(second)
	if !c.conditional() {
		return gone(c, nil), l.Workspaces.RemoveOrganizationUser(c.Context(), c.actor, in, who)
	}
	var was person
	err = l.Workspaces.HoldOrganization(c.Context(), c.actor, in, func(ctx context.Context) error {
		var err error
		if was, err = l.administrator(ctx, c, in, who); err != nil {
			return err
		}
		if err := c.current(was); err != nil {
			return err
		}
		return l.Workspaces.RemoveOrganizationUser(ctx, c.actor, in, who)
	})
	return gone(c, was), err
}
