package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/oapi-codegen/nullable"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type databaseCommands struct {
	List        databaseListCommand      `cmd:""         help:"List the databases that you may see."`
	Get         databaseGetCommand       `aliases:"show" cmd:""                                                                                       help:"Show a database."`
	Stats       databaseStatsCommand     `cmd:""         help:"Show how large a database is at the moment, and who is in it."`
	Templates   databaseTemplatesCommand `cmd:""         help:"List what everybody who may make a database may copy."`
	Create      databaseCreateCommand    `cmd:""         help:"Create a database that no workspace uses yet."`
	Rename      databaseRenameCommand    `cmd:""         help:"Give a database another name. Sessions in it end."`
	Delete      databaseDeleteCommand    `cmd:""         help:"Delete a database that no workspace uses, with all its backups."`
	Lock        databaseLockCommand      `cmd:""         help:"Keep everybody from connecting to a database."`
	Unlock      databaseUnlockCommand    `cmd:""         help:"Let people connect to a database again."`
	EndSessions databaseEndCommand       `cmd:""         help:"End all sessions in a database."`
	Use         databaseUseCommand       `cmd:""         help:"Give a workspace another database, or none."`
	Access      databaseAccessCommand    `cmd:""         help:"Show how you connect to the database of a workspace. The password is shown this once."`
}

// text is a text that may be null.
func text(n nullable.Nullable[string]) string {
	value, err := n.Get()
	if err != nil {
		return ""
	}
	return value
}

// tellf says what was done.
func tellf(s streams, format string, words ...any) {
	fmt.Fprintln(s.err, clean(fmt.Sprintf(format, words...)))
}

func databaseView() view[client.Database] {
	type d = client.Database
	return view[d]{
		id: func(d d) string { return d.Name }, // which is what names it everywhere
		columns: []column[d]{
			{headName, func(d d) string { return d.Name }},
			{"ORGANIZATION", func(d d) string { return d.Organization.Name }},
			{"LOCKED", func(d d) string { return yes(d.Locked) }},
			{"SIZE", func(d d) string { return number(d.Size) }},
			{headCreated, func(d d) string { return shownTime(d.Created) }},
			{"ID", func(d d) string { return d.ID }},
		},
		more: []column[d]{
			{"STATE", func(d d) string { return string(d.State) }},
			{"NEW NAME", func(d d) string { return text(d.Target) }},
			{"TEMPLATE", func(d d) string { return text(d.Template) }},
			{"COUNTED", func(d d) string { return number(d.Counted) }},
			{"MEASURED", func(d d) string {
				at, err := d.Measured.Get()
				if err != nil { // never
					return ""
				}
				return shownTime(at)
			}},
			{"CREATED BY", func(d d) string { return d.CreatedBy }},
			{headUpdated, func(d d) string { return shownTime(d.Updated) }},
		},
	}
}

type databaseListCommand struct {
	remoteFlags
	listFlags
	searchFlag

	Organization string `help:"Only those of this organization, by name or identifier." placeholder:"NAME"`
	Locked       bool   `help:"Only those that are locked."`
}

// Run prints the databases.
func (c databaseListCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	organization := c.Organization
	if organization != "" {
		if organization, err = api.organization(ctx, organization); err != nil {
			return err
		}
	}
	return list(s, c.listFlags, databaseView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListDatabasesWithResponse(ctx, &client.ListDatabasesParams{
			Q: given(c.Query), Organization: given(organization), Locked: given(c.Locked), Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}

// databaseArgument names a database.
type databaseArgument struct {
	Database string `arg:"" help:"The database, by name."`
}

type databaseGetCommand struct {
	remoteFlags
	outputFlags
	databaseArgument
}

// Run prints the database.
func (c databaseGetCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	body, err := said(api.GetDatabaseWithResponse(ctx, c.Database, &client.GetDatabaseParams{}))
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, databaseView(), body)
}

type databaseStatsCommand struct {
	remoteFlags
	outputFlags
	databaseArgument
}

// Run prints what is known of the database at the moment.
func (c databaseStatsCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	body, err := said(api.GetDatabaseStatsWithResponse(ctx, c.Database, &client.GetDatabaseStatsParams{}))
	if err != nil {
		return err
	}
	type d = client.DatabaseStats
	return show(s, c.outputFlags, view[d]{id: func(d d) string { return d.Name }, columns: []column[d]{
		{headName, func(d d) string { return d.Name }},
		{"SIZE", func(d d) string { return number(d.Size) }},
		{"SESSIONS", func(d d) string { return number(d.Sessions) }},
		{"LOCKED", func(d d) string { return yes(d.Locked) }},
		{"CHANGED", func(d d) string {
			at, err := d.Changed.Get()
			if err != nil { // nobody knows
				return ""
			}
			return shownTime(at)
		}},
	}}, body)
}

type databaseTemplatesCommand struct {
	remoteFlags
	listFlags
}

// Run prints what may be copied.
func (c databaseTemplatesCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	type d = client.DatabaseTemplate
	name := func(d d) string { return d.Name }
	return list(s, c.listFlags, view[d]{id: name, columns: []column[d]{{headName, name}}}, func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListDatabaseTemplatesWithResponse(ctx, &client.ListDatabaseTemplatesParams{
			Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}

type databaseCreateCommand struct {
	remoteFlags
	outputFlags

	Name         string  `arg:""                                                               help:"The name: unique, 1 to 48 of a-z 0-9 _ and -, beginning with a letter."`
	Organization string  `help:"Whose it is, by name or identifier."                           placeholder:"NAME"                                                            required:""`
	Template     *string `help:"The database that it is to be a copy of; empty where missing." placeholder:"NAME"`
}

// Run creates the database and prints it.
func (c databaseCreateCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dialLong(s)
	if err != nil {
		return err
	}
	organization, err := api.organization(ctx, c.Organization)
	if err != nil {
		return err
	}
	body, err := said(api.CreateDatabaseWithResponse(ctx, client.DatabaseNew{
		Organization: organization, Name: c.Name, Template: changed(c.Template),
	}))
	if err != nil {
		return err
	}
	tellf(s, "created database %s", c.Name)
	return show(s, c.outputFlags, databaseView(), body)
}

type databaseRenameCommand struct {
	remoteFlags
	outputFlags
	databaseArgument

	To string `arg:"" help:"The new name."`
}

// Run renames the database and prints it.
func (c databaseRenameCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	body, err := said(api.RenameDatabaseWithResponse(ctx, c.Database, client.DatabasePatch{Name: c.To}))
	if err != nil {
		return err
	}
	tellf(s, "renamed database %s to %s", c.Database, c.To)
	return show(s, c.outputFlags, databaseView(), body)
}

type databaseDeleteCommand struct {
	remoteFlags
	sureFlag
	databaseArgument
}

// Run deletes the database.
func (c databaseDeleteCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	if err := c.sure(s, "Delete database "+c.Database+" with all its backups?"); err != nil {
		return err
	}
	if _, err := said(api.DeleteDatabaseWithResponse(ctx, c.Database)); err != nil {
		return err
	}
	tellf(s, "deleted database %s", c.Database)
	return nil
}

// concerned prints a database out of an answer that tells more, of which n is
// what is counted.
func concerned(s streams, f outputFlags, body []byte, counted, format, name string) error {
	parts := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &parts); err != nil {
		return nonsense(err)
	}
	tellf(s, format, name, parts[counted])
	if f.Output != "json" {
		body = parts["database"]
	}
	return show(s, f, databaseView(), body)
}

type databaseLockCommand struct {
	remoteFlags
	outputFlags
	databaseArgument
}

// Run locks the database and prints it.
func (c databaseLockCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	body, err := said(api.LockDatabaseWithResponse(ctx, c.Database))
	if err != nil {
		return err
	}
	return concerned(s, c.outputFlags, body, "members", "locked database %s for %s members", c.Database)
}

type databaseUnlockCommand struct {
	remoteFlags
	outputFlags
	databaseArgument
}

// Run unlocks the database and prints it.
func (c databaseUnlockCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	body, err := said(api.UnlockDatabaseWithResponse(ctx, c.Database))
	if err != nil {
		return err
	}
	return concerned(s, c.outputFlags, body, "members", "unlocked database %s for %s members", c.Database)
}

type databaseEndCommand struct {
	remoteFlags
	outputFlags
	sureFlag
	databaseArgument
}

// Run ends the sessions in the database and prints it.
func (c databaseEndCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	if err := c.sure(s, "End all sessions in database "+c.Database+"?"); err != nil {
		return err
	}
	body, err := said(api.EndDatabaseSessionsWithResponse(ctx, c.Database))
	if err != nil {
		return err
	}
	return concerned(s, c.outputFlags, body, "sessions", "ended in database %s: %s sessions", c.Database)
}

type databaseUseCommand struct {
	remoteFlags
	changeFlags
	workspaceArgument

	Database string `arg:"" help:"The database, by name; none for none."`
}

// Run gives the workspace the database and prints it.
func (c databaseUseCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	put := client.WorkspaceDatabasePut{Database: nullable.NewNullableWithValue(c.Database)}
	if c.Database == noDatabases {
		put.Database = nullable.NewNullNullable[string]()
	}
	body, err := said(api.PutWorkspaceDatabaseWithResponse(ctx, id, &client.PutWorkspaceDatabaseParams{DryRun: c.dry()}, put))
	if err != nil {
		return err
	}
	c.tellf(s, "workspace %s uses database %s", c.Workspace, c.Database)
	return show(s, c.outputFlags, workspaceView(), body)
}

type databaseAccessCommand struct {
	remoteFlags
	outputFlags
	workspaceArgument
}

// Run prints how to connect.
func (c databaseAccessCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.AccessDatabaseWithResponse(ctx, id))
	if err != nil {
		return err
	}
	type a = client.DatabaseAccess
	address := func(a a) string { return a.Address }
	return show(s, c.outputFlags, view[a]{id: address, columns: []column[a]{
		{"DATABASE", func(a a) string { return a.Database }},
		{"ADDRESS", address},
		{"USERNAME", func(a a) string { return text(a.Username) }},
		{"PASSWORD", func(a a) string { return text(a.Password) }},
	}}, body)
}
