package main

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type roleCommands struct {
	List   roleListCommand   `cmd:"" help:"List the roles."`
	Get    roleGetCommand    `cmd:"" help:"Show a role."`
	Put    rolePutCommand    `cmd:"" help:"Create a role, or set what it holds."`
	Delete roleDeleteCommand `cmd:"" help:"Delete a role that nobody was given."`
}

func roleView() view[client.Role] {
	type r = client.Role
	permissions := func(r r) string {
		if r.Everything {
			return "everything"
		}
		return words(r.Permissions)
	}
	return view[r]{
		id: func(r r) string { return r.Name },
		columns: []column[r]{
			{headName, func(r r) string { return r.Name }},
			{"TITLE", func(r r) string { return r.Title }},
			{"BUILT IN", func(r r) string { return yes(r.Builtin) }},
			{"PERMISSIONS", permissions},
		},
	}
}

type roleListCommand struct {
	remoteFlags
	listFlags
}

// Run prints the roles.
func (c roleListCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, roleView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListRolesWithResponse(ctx, &client.ListRolesParams{Sort: given(c.Sort), Cursor: cursor, Limit: limit}))
	})
}

type roleGetCommand struct {
	remoteFlags
	outputFlags

	Name string `arg:"" help:"The name of the role."`
}

// Run prints the role.
func (c roleGetCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	body, err := said(api.GetRoleWithResponse(ctx, c.Name, &client.GetRoleParams{}))
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, roleView(), body)
}

type rolePutCommand struct {
	remoteFlags
	changeFlags

	Name       string   `arg:""                                                                  help:"The name of the role."`
	Title      string   `help:"What people read; the name when missing."                         placeholder:"TEXT"`
	Permission []string `help:"What it holds, as workspace.update. May be given more than once." placeholder:"PERMISSION"     required:""`
}

// Run makes the role what is said, and prints it.
func (c rolePutCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	put := client.RolePut{Title: c.Title, Permissions: c.Permission}
	if put.Title == "" {
		put.Title = c.Name
	}
	body, err := said(api.PutRoleWithResponse(ctx, c.Name, &client.PutRoleParams{DryRun: c.dry()}, put))
	if err != nil {
		return err
	}
	c.tellf(s, "set role %s", c.Name)
	return show(s, c.outputFlags, roleView(), body)
}

type roleDeleteCommand struct {
	remoteFlags
	changeFlags
	sureFlag

	Name string `arg:"" help:"The name of the role."`
}

// Run deletes the role.
func (c roleDeleteCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Delete role "+c.Name+"?"); err != nil {
			return err
		}
	}
	body, err := said(api.DeleteRoleWithResponse(ctx, c.Name, &client.DeleteRoleParams{DryRun: c.dry()}))
	if err != nil {
		return err
	}
	return gone(s, c.changeFlags, roleView(), body, "deleted role "+c.Name)
}
