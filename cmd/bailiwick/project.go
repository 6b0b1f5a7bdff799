package main

import (
	"context"
	"encoding/json"

	"github.com/oapi-codegen/nullable"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type projectCommands struct {
	List   projectListCommand   `cmd:"" help:"List the workspaces that you may see, as projects."`
	Create projectCreateCommand `cmd:"" help:"Create a workspace with its database: both, or neither."`
}

// projectFields are what a workspace is besides where it is about a building.
type projectFields struct {
	Number      *string `help:"What people call it by, as 01."           placeholder:"TEXT"`
	Constructor *string `help:"Who builds."                              placeholder:"TEXT"`
	Type        *int64  `help:"A number of your own choice; 0 for none." placeholder:"NUMBER"`
	GrossArea   *string `help:"How many square metres, as 1250.5."       placeholder:"NUMBER"`
	Status      *string `help:"How far it is."                           placeholder:"TEXT"`
}

// project is nil when nothing is said of it.
func (f projectFields) project() *client.ProjectPatch {
	if f == (projectFields{}) {
		return nil
	}
	patch := &client.ProjectPatch{
		Number: changed(f.Number), Constructor: changed(f.Constructor), GrossArea: changed(f.GrossArea), Status: changed(f.Status),
	}
	switch {
	case f.Type == nil:
	case *f.Type == 0:
		patch.Type = nullable.NewNullNullable[int64]()
	default:
		patch.Type = nullable.NewNullableWithValue(*f.Type)
	}
	return patch
}

func projectType(w client.Workspace) string {
	n, err := w.Project.Type.Get()
	if err != nil { // none
		return ""
	}
	return number(n)
}

func projectView() view[client.Workspace] {
	type w = client.Workspace
	v := workspaceView()
	v.columns = []column[w]{
		{"TECHNICAL NAME", func(w w) string { return w.TechnicalName }},
		{headName, func(w w) string { return w.Name }},
		{"NUMBER", func(w w) string { return w.Project.Number }},
		{"TYPE", projectType},
		{"STATUS", func(w w) string { return w.Project.Status }},
		{"DATABASE", func(w w) string { return text(w.Project.Database) }},
		{"ACTIVE", func(w w) string { return yes(w.Active) }},
		{"ID", func(w w) string { return w.ID }},
	}
	return v
}

type projectListCommand struct{ workspaceListCommand }

// Run prints the projects.
func (c projectListCommand) Run(ctx context.Context, s streams) error {
	return c.list(ctx, s, projectView())
}

type projectCreateCommand struct {
	remoteFlags
	outputFlags
	projectFields

	Name          string  `arg:""                                                                      help:"The name."`
	TechnicalName string  `help:"The technical name; made of the name when missing."                   placeholder:"NAME"`
	Supervisor    string  `help:"The user who holds everything in it, by name, e-mail or identifier."  placeholder:"USER"   required:""`
	Organization  string  `help:"Who pays, by name or identifier."                                     placeholder:"NAME"`
	Description   string  `help:"What it is for."                                                      placeholder:"TEXT"`
	Contact       string  `help:"The address of who answers for it."                                   placeholder:"E-MAIL"`
	Database      string  `help:"A database that the organization has."                                placeholder:"NAME"   xor:"database"`
	NewDatabase   string  `help:"The name of a database to make."                                      placeholder:"NAME"   xor:"database"`
	Template      *string `help:"With --new-database: what it is to be a copy of; empty when missing." placeholder:"NAME"`
}

// Run creates the project and prints the workspace.
func (c projectCreateCommand) Run(ctx context.Context, s streams) error {
	if c.Template != nil && c.NewDatabase == "" {
		return usageError("--template: of which --new-database?")
	}
	api, err := c.dialLong(s)
	if err != nil {
		return err
	}
	made := client.ProjectNew{
		Name: c.Name, TechnicalName: given(c.TechnicalName), Description: given(c.Description), Contact: given(c.Contact),
		Project: c.project(), Database: given(c.Database),
	}
	if c.NewDatabase != "" {
		made.NewDatabase = &client.ProjectNewDatabase{Name: c.NewDatabase, Template: changed(c.Template)}
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
	body, err := said(api.CreateProjectWithResponse(ctx, made))
	if err != nil {
		return err
	}
	tellf(s, "created project %s", c.Name)
	if c.Output == "json" {
		return indented(s.out, body)
	}
	var told struct {
		Workspace json.RawMessage `json:"workspace"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return nonsense(err)
	}
	return show(s, c.outputFlags, projectView(), told.Workspace)
}
