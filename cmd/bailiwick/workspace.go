package main

import (
	"context"

	"github.com/oapi-codegen/nullable"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type workspaceCommands struct {
	List       workspaceListCommand       `cmd:"" help:"List the workspaces that you may see."`
	Get        workspaceGetCommand        `cmd:"" help:"Show a workspace."`
	Create     workspaceCreateCommand     `cmd:"" help:"Create a workspace."`
	Update     workspaceUpdateCommand     `cmd:"" help:"Change a workspace."`
	Activate   workspaceActivateCommand   `cmd:"" help:"Put a workspace into use again."`
	Deactivate workspaceDeactivateCommand `cmd:"" help:"Take a workspace out of use. Nothing is deleted."`
	Remove     workspaceRemoveCommand     `cmd:"" help:"Remove a workspace with everything in it, for good."`
}

func workspaceView() view[client.Workspace] {
	type w = client.Workspace
	return view[w]{
		id: func(w w) string { return w.ID },
		columns: []column[w]{
			{"TECHNICAL NAME", func(w w) string { return w.TechnicalName }},
			{headName, func(w w) string { return w.Name }},
			{"ORGANIZATION", func(w w) string {
				o, err := w.Organization.Get()
				if err != nil { // nobody pays
					return ""
				}
				return o.Name
			}},
			{"SUPERVISOR", func(w w) string { return w.Supervisor.Username }},
			{"ACTIVE", func(w w) string { return yes(w.Active) }},
			{"PUBLIC", func(w w) string { return yes(w.Public) }},
			{headCreated, func(w w) string { return shownTime(w.Created) }},
			{"ID", func(w w) string { return w.ID }},
		},
		more: []column[w]{
			{"NODE", func(w w) string { return number(w.Num) }},
			{"DESCRIPTION", func(w w) string { return w.Description }},
			{"CONTACT", func(w w) string { return w.Contact }},
			{"DATASTORE", func(w w) string { return value(w.Datastore) }},
			{"NUMBER", func(w w) string { return w.Project.Number }},
			{"CONSTRUCTOR", func(w w) string { return w.Project.Constructor }},
			{"TYPE", projectType},
			{"GROSS AREA", func(w w) string { return w.Project.GrossArea }},
			{"STATUS", func(w w) string { return w.Project.Status }},
			{"DATABASE", func(w w) string { return text(w.Project.Database) }},
			{"CREATED BY", func(w w) string { return w.CreatedBy }},
			{"UPDATED BY", func(w w) string { return w.UpdatedBy }},
			{headUpdated, func(w w) string { return shownTime(w.Updated) }},
		},
	}
}

type workspaceListCommand struct {
	remoteFlags
	listFlags
	searchFlag

	Organization string `help:"Only those of this organization, by name or identifier." placeholder:"NAME"`
	Database     string `help:"Only those that use this database, by name."             placeholder:"NAME"`
}

// Run prints the workspaces.
func (c workspaceListCommand) Run(ctx context.Context, s streams) error {
	return c.list(ctx, s, workspaceView())
}

func (c workspaceListCommand) list(ctx context.Context, s streams, v view[client.Workspace]) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	if c.Organization == "" {
		return list(s, c.listFlags, v, func(cursor *string, limit *int) ([]byte, error) {
			return said(api.ListWorkspacesWithResponse(ctx, &client.ListWorkspacesParams{
				Q: given(c.Query), Database: given(c.Database), Sort: given(c.Sort), Cursor: cursor, Limit: limit,
			}))
		})
	}
	organization, err := api.organization(ctx, c.Organization)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, v, func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListOrganizationWorkspacesWithResponse(ctx, organization, &client.ListOrganizationWorkspacesParams{
			Q: given(c.Query), Database: given(c.Database), Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}

// workspaceArgument names the workspace that a command is about.
type workspaceArgument struct {
	Workspace string `arg:"" help:"The workspace, by technical name or identifier."`
}

// dialIn prepares to talk about the workspace.
func (a workspaceArgument) dialIn(ctx context.Context, f remoteFlags, s streams) (api *remote, id string, err error) {
	if api, err = f.dial(s); err != nil {
		return nil, "", err
	}
	id, err = api.workspace(ctx, a.Workspace)
	return api, id, err
}

type workspaceGetCommand struct {
	remoteFlags
	outputFlags
	workspaceArgument
}

// Run prints the workspace.
func (c workspaceGetCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.GetWorkspaceWithResponse(ctx, id, &client.GetWorkspaceParams{}))
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, workspaceView(), body)
}

type workspaceCreateCommand struct {
	remoteFlags
	changeFlags
	onceFlag
	projectFields

	TechnicalName string `arg:""                                                                     help:"The technical name: unique, 1 to 30 of A-Z a-z 0-9 _ - ."`
	Name          string `help:"The name; the technical name when missing."`
	Supervisor    string `help:"The user who holds everything in it, by name, e-mail or identifier." placeholder:"USER"                                              required:""`
	Organization  string `help:"Who pays, by name or identifier."                                    placeholder:"NAME"`
	Description   string `help:"What it is for."                                                     placeholder:"TEXT"`
	Contact       string `help:"The address of who answers for it."                                  placeholder:"E-MAIL"`
	Public        bool   `help:"List it in the catalogue."`
}

// Run creates the workspace and prints it.
func (c workspaceCreateCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	made := client.WorkspaceNew{
		Name: c.Name, TechnicalName: &c.TechnicalName, Description: given(c.Description), Contact: given(c.Contact), Public: given(c.Public),
		Project: c.project(),
	}
	if made.Name == "" {
		made.Name = c.TechnicalName
	}
	if made.Supervisor, err = api.userID(ctx, c.Supervisor); err != nil {
		return err
	}
	if c.Organization != "" {
		organization, err := api.organization(ctx, c.Organization)
		if err != nil {
			return err
		}
		made.Organization = &organization
	}
	body, err := said(api.CreateWorkspaceWithResponse(ctx, &client.CreateWorkspaceParams{DryRun: c.dry(), IdempotencyKey: c.once()}, made))
	if err != nil {
		return err
	}
	c.tellf(s, "created workspace %s", c.TechnicalName)
	return show(s, c.outputFlags, workspaceView(), body)
}

type workspaceUpdateCommand struct {
	remoteFlags
	changeFlags
	workspaceArgument
	projectFields

	TechnicalName *string `help:"The new technical name."`
	Name          *string `help:"The new name."`
	Supervisor    *string `help:"The user who holds everything in it from now on. The former one stays a member." placeholder:"USER"`
	Organization  *string `help:"Who pays from now on; empty for nobody."                                         placeholder:"NAME"`
	Description   *string `help:"What it is for."                                                                 placeholder:"TEXT"`
	Contact       *string `help:"The address of who answers for it."                                              placeholder:"E-MAIL"`
	Public        *bool   `help:"List it in the catalogue."                                                       negatable:""`
}

// Run changes what is said, leaves the rest, and prints the workspace.
func (c workspaceUpdateCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	patch := client.WorkspacePatch{
		Name: c.Name, TechnicalName: c.TechnicalName, Public: c.Public,
		Description: changed(c.Description), Contact: changed(c.Contact),
	}
	if project := c.project(); project != nil {
		patch.Project = nullable.NewNullableWithValue(*project)
	}
	if c.Supervisor != nil {
		supervisor, err := api.userID(ctx, *c.Supervisor)
		if err != nil {
			return err
		}
		patch.Supervisor = &supervisor
	}
	if c.Organization != nil {
		organization := *c.Organization
		if organization != "" {
			if organization, err = api.organization(ctx, organization); err != nil {
				return err
			}
		}
		patch.Organization = changed(&organization)
	}
	body, err := said(api.UpdateWorkspaceWithResponse(ctx, id, &client.UpdateWorkspaceParams{DryRun: c.dry()}, patch))
	if err != nil {
		return err
	}
	c.tellf(s, "changed workspace %s", c.Workspace)
	return show(s, c.outputFlags, workspaceView(), body)
}

// changed is a text in a patch: absent where it stays, null where it is emptied.
func changed(text *string) nullable.Nullable[string] {
	switch {
	case text == nil:
		return nil
	case *text == "":
		return nullable.NewNullNullable[string]()
	}
	return nullable.NewNullableWithValue(*text)
}

type workspaceActivateCommand struct {
	remoteFlags
	changeFlags
	workspaceArgument
}

// Run activates the workspace and prints it.
func (c workspaceActivateCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.ActivateWorkspaceWithResponse(ctx, id, &client.ActivateWorkspaceParams{DryRun: c.dry()}))
	if err != nil {
		return err
	}
	c.tellf(s, "activated workspace %s", c.Workspace)
	return show(s, c.outputFlags, workspaceView(), body)
}

type workspaceDeactivateCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	workspaceArgument
}

// Run deactivates the workspace and prints it.
func (c workspaceDeactivateCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Refuse all its members everything in workspace "+c.Workspace+"?"); err != nil {
			return err
		}
	}
	body, err := said(api.DeactivateWorkspaceWithResponse(ctx, id, &client.DeactivateWorkspaceParams{DryRun: c.dry()}))
	if err != nil {
		return err
	}
	c.tellf(s, "deactivated workspace %s", c.Workspace)
	return show(s, c.outputFlags, workspaceView(), body)
}
