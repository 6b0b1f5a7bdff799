package main

import (
	"context"

	"github.com/oapi-codegen/nullable"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type organizationCommands struct {
	List           organizationListCommand           `cmd:"" help:"List the organizations that you may see."`
	Get            organizationGetCommand            `cmd:"" help:"Show an organization."`
	Create         organizationCreateCommand         `cmd:"" help:"Create an organization."`
	Update         organizationUpdateCommand         `cmd:"" help:"Change an organization."`
	Delete         organizationDeleteCommand         `cmd:"" help:"Delete an organization that has no workspaces."`
	Administrators organizationAdministratorsCommand `cmd:"" help:"List who administers an organization."`
	Add            organizationAddCommand            `cmd:"" help:"Let users administer an organization."`
	Remove         organizationRemoveCommand         `cmd:"" help:"Let users administer an organization no more."`
}

func organizationView() view[client.Organization] {
	type o = client.Organization
	return view[o]{
		id: func(o o) string { return o.ID },
		columns: []column[o]{
			{headName, func(o o) string { return o.Name }},
			{"SIREN", func(o o) string { return o.Siren }},
			{"UPLOADS QUOTA", func(o o) string { return bound(o.UploadsQuota) }},
			{headCreated, func(o o) string { return shownTime(o.Created) }},
			{"ID", func(o o) string { return o.ID }},
		},
		more: []column[o]{
			{"NODE", func(o o) string { return number(o.Num) }},
			{"SIRET", func(o o) string { return o.Siret }},
			{"VAT", func(o o) string { return o.Vat }},
			{"ECONOMIC MODEL", func(o o) string { return o.EconomicModel }},
			{"ADDRESS", func(o o) string { return o.Address }},
			{"BILLING ADDRESS", func(o o) string { return o.BillingAddress }},
			{"CONTACT", func(o o) string { return o.Contact }},
			{"TECHNICAL CONTACT", func(o o) string { return o.TechContact }},
			{"IMAGE", func(o o) string { return o.Image }},
			{"NETWORK", func(o o) string { return o.Network }},
			{"NOTE", func(o o) string { return o.Note }},
			{"DATABASES QUOTA", func(o o) string { return bound(o.DatabasesQuota) }},
			{headUpdated, func(o o) string { return shownTime(o.Updated) }},
		},
	}
}

type organizationListCommand struct {
	remoteFlags
	listFlags
	searchFlag
}

// Run prints the organizations.
func (c organizationListCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, organizationView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListOrganizationsWithResponse(ctx, &client.ListOrganizationsParams{
			Q: given(c.Query), Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}

// organizationArgument names an organization.
type organizationArgument struct {
	Organization string `arg:"" help:"The organization, by name or identifier."`
}

func (a organizationArgument) dialTo(ctx context.Context, f remoteFlags, s streams) (api *remote, id string, err error) {
	if api, err = f.dial(s); err != nil {
		return nil, "", err
	}
	id, err = api.organization(ctx, a.Organization)
	return api, id, err
}

type organizationGetCommand struct {
	remoteFlags
	outputFlags
	organizationArgument
}

// Run prints the organization.
func (c organizationGetCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialTo(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.GetOrganizationWithResponse(ctx, id, &client.GetOrganizationParams{}))
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, organizationView(), body)
}

// organizationFields are what an organization is made of besides its name.
type organizationFields struct {
	Siren          *string `help:"The 9 digits of the SIREN."                                                                      placeholder:"DIGITS"`
	Siret          *string `help:"The 14 digits of the SIRET."                                                                     placeholder:"DIGITS"`
	VAT            *string `help:"The number of the value-added tax."                                                              name:"vat"           placeholder:"NUMBER"`
	EconomicModel  *string `help:"How it pays."                                                                                    placeholder:"TEXT"`
	Address        *string `help:"Where it is."                                                                                    placeholder:"TEXT"`
	BillingAddress *string `help:"Where invoices go."                                                                              placeholder:"TEXT"`
	Contact        *string `help:"Who answers for it."                                                                             placeholder:"TEXT"`
	TechContact    *string `help:"Who answers for what is technical."                                                              placeholder:"TEXT"`
	Image          *string `help:"The address of a picture."                                                                       placeholder:"URL"`
	Network        *string `help:"What it says of its network."                                                                    placeholder:"TEXT"`
	Note           *string `help:"What else there is to say."                                                                      placeholder:"TEXT"`
	UploadsQuota   *string `help:"How many bytes its workspaces may deliver together, as 10G; none for no bound."                  placeholder:"AMOUNT"`
	DatabasesQuota *string `help:"How many bytes its databases and their backups may take up together, as 10G; none for no bound." placeholder:"AMOUNT"`
}

// quotas are absent when nothing is said of them.
func (f organizationFields) quotas() (uploads, databases nullable.Nullable[int64], err error) {
	if f.UploadsQuota != nil {
		if uploads, err = amount(*f.UploadsQuota); err != nil {
			return uploads, databases, err
		}
	}
	if f.DatabasesQuota != nil {
		databases, err = amount(*f.DatabasesQuota)
	}
	return uploads, databases, err
}

type organizationCreateCommand struct {
	remoteFlags
	changeFlags
	onceFlag
	organizationFields

	Name string `arg:"" help:"The name."`
}

// Run creates the organization and prints it.
func (c organizationCreateCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	uploads, databases, err := c.quotas()
	if err != nil {
		return err
	}
	body, err := said(api.CreateOrganizationWithResponse(ctx, &client.CreateOrganizationParams{DryRun: c.dry(), IdempotencyKey: c.once()}, client.OrganizationNew{
		Name: c.Name, Siren: c.Siren, Siret: c.Siret, Vat: c.VAT, EconomicModel: c.EconomicModel, Address: c.Address,
		BillingAddress: c.BillingAddress, Contact: c.Contact, TechContact: c.TechContact, Image: c.Image, Network: c.Network, Note: c.Note,
		UploadsQuota: uploads, DatabasesQuota: databases,
	}))
	if err != nil {
		return err
	}
	c.tellf(s, "created organization %s", c.Name)
	return show(s, c.outputFlags, organizationView(), body)
}

type organizationUpdateCommand struct {
	remoteFlags
	changeFlags
	organizationArgument
	organizationFields

	Name *string `help:"The new name."`
}

// Run changes what is said, leaves the rest, and prints the organization.
func (c organizationUpdateCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialTo(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	uploads, databases, err := c.quotas()
	if err != nil {
		return err
	}
	body, err := said(api.UpdateOrganizationWithResponse(ctx, id, &client.UpdateOrganizationParams{DryRun: c.dry()}, client.OrganizationPatch{
		Name: c.Name, Siren: changed(c.Siren), Siret: changed(c.Siret), Vat: changed(c.VAT), EconomicModel: changed(c.EconomicModel),
		Address: changed(c.Address), BillingAddress: changed(c.BillingAddress), Contact: changed(c.Contact), TechContact: changed(c.TechContact),
		Image: changed(c.Image), Network: changed(c.Network), Note: changed(c.Note), UploadsQuota: uploads, DatabasesQuota: databases,
	}))
	if err != nil {
		return err
	}
	c.tellf(s, "changed organization %s", c.Organization)
	return show(s, c.outputFlags, organizationView(), body)
}

type organizationDeleteCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	organizationArgument
}

// Run deletes the organization.
func (c organizationDeleteCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialTo(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Delete organization "+c.Organization+"?"); err != nil {
			return err
		}
	}
	body, err := said(api.DeleteOrganizationWithResponse(ctx, id, &client.DeleteOrganizationParams{DryRun: c.dry()}))
	if err != nil {
		return err
	}
	return gone(s, c.changeFlags, organizationView(), body, "deleted organization "+c.Organization)
}

type organizationAdministratorsCommand struct {
	remoteFlags
	listFlags
	searchFlag
	organizationArgument
}

// Run prints who administers the organization.
func (c organizationAdministratorsCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialTo(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, personView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListOrganizationAdministratorsWithResponse(ctx, id, &client.ListOrganizationAdministratorsParams{
			Q: given(c.Query), Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}

type organizationAddCommand struct {
	remoteFlags
	changeFlags
	organizationArgument
	usersArgument
}

// Run lets the users administer the organization.
func (c organizationAddCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialTo(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return c.each(ctx, api, "", func(user, name string) error {
		_, err := said(api.AddOrganizationAdministratorWithResponse(ctx, id, user, &client.AddOrganizationAdministratorParams{DryRun: c.dry()}))
		if err != nil {
			return err
		}
		c.tellf(s, "%s administers organization %s", name, c.Organization)
		return nil
	})
}

type organizationRemoveCommand struct {
	remoteFlags
	changeFlags
	organizationArgument
	usersArgument
}

// Run lets the users administer the organization no more.
func (c organizationRemoveCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialTo(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return c.each(ctx, api, "", func(user, name string) error {
		_, err := said(api.RemoveOrganizationAdministratorWithResponse(ctx, id, user, &client.RemoveOrganizationAdministratorParams{DryRun: c.dry()}))
		if err != nil {
			return err
		}
		c.tellf(s, "%s administers organization %s no more", name, c.Organization)
		return nil
	})
}
