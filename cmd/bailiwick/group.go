package main

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type groupCommands struct {
	List    groupListCommand    `cmd:"" help:"List the groups of a workspace."`
	Create  groupCreateCommand  `cmd:"" help:"Create a group."`
	Delete  groupDeleteCommand  `cmd:"" help:"Delete a group. Its users stay."`
	Members groupMembersCommand `cmd:"" help:"List the users in a group."`
	Add     groupAddCommand     `cmd:"" help:"Put users into a group."`
	Remove  groupRemoveCommand  `cmd:"" help:"Take users out of a group."`
}

func groupView() view[client.Group] {
	type g = client.Group
	return view[g]{
		id: func(g g) string { return g.ID },
		columns: []column[g]{
			{headName, func(g g) string { return g.Name }},
			{"DESCRIPTION", func(g g) string { return g.Description }},
			{"USERS", func(g g) string { return number(g.Members) }},
			{headPrincipal, func(g g) string { return number(g.Num) }},
			{headCreated, func(g g) string { return shownTime(g.Created) }},
			{"ID", func(g g) string { return g.ID }},
		},
	}
}

func personView() view[client.Person] {
	type p = client.Person
	return view[p]{
		id: func(p p) string { return p.ID },
		columns: []column[p]{
			{headName, func(p p) string { return p.Username }},
			{"FULL NAME", fullName},
			{"E-MAIL", func(p p) string { return p.Email }},
			{headPrincipal, func(p p) string { return number(p.Num) }},
			{"ID", func(p p) string { return p.ID }},
		},
	}
}

// groupsArgument names where groups are.
type groupsArgument struct {
	Workspace string `arg:"" help:"The workspace, by technical name or identifier; platform for the groups of the platform."`
}

// dialIn prepares to talk about the groups of a workspace, or of the platform
// when id is empty.
func (a groupsArgument) dialIn(ctx context.Context, f remoteFlags, s streams) (api *remote, id string, err error) {
	if api, err = f.dial(s); err != nil || a.Workspace == platformName {
		return api, "", err
	}
	id, err = api.workspace(ctx, a.Workspace)
	return api, id, err
}

type groupListCommand struct {
	remoteFlags
	listFlags
	searchFlag
	groupsArgument
}

// Run prints the groups.
func (c groupListCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, groupView(), api.groups(ctx, id, c.Query, c.Sort))
}

type groupCreateCommand struct {
	remoteFlags
	changeFlags
	onceFlag
	groupsArgument

	Name        string `arg:""                 help:"The name."`
	Description string `help:"What it is for." placeholder:"TEXT"`
}

// Run creates the group and prints it.
func (c groupCreateCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	made := client.GroupNew{Name: c.Name, Description: given(c.Description)}
	var body []byte
	if id == "" {
		body, err = said(api.CreatePlatformGroupWithResponse(ctx, &client.CreatePlatformGroupParams{DryRun: c.dry(), IdempotencyKey: c.once()}, made))
	} else {
		body, err = said(api.CreateGroupWithResponse(ctx, id, &client.CreateGroupParams{DryRun: c.dry(), IdempotencyKey: c.once()}, made))
	}
	if err != nil {
		return err
	}
	c.tellf(s, "created group %s", c.Name)
	return show(s, c.outputFlags, groupView(), body)
}

// groupArgument names a group.
type groupArgument struct {
	groupsArgument

	Group string `arg:"" help:"The group, by name or identifier."`
}

// dialGroup prepares to talk about the group.
func (a groupArgument) dialGroup(ctx context.Context, f remoteFlags, s streams) (*remote, client.Group, error) {
	api, id, err := a.dialIn(ctx, f, s)
	if err != nil {
		return nil, client.Group{}, err
	}
	group, err := api.group(ctx, id, a.Group)
	return api, group, err
}

type groupDeleteCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	groupArgument
}

// Run deletes the group.
func (c groupDeleteCommand) Run(ctx context.Context, s streams) error {
	api, group, err := c.dialGroup(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Delete group "+group.Name+"?"); err != nil {
			return err
		}
	}
	body, err := said(api.DeleteGroupWithResponse(ctx, group.ID, &client.DeleteGroupParams{DryRun: c.dry()}))
	if err != nil {
		return err
	}
	return gone(s, c.changeFlags, groupView(), body, "deleted group "+group.Name)
}

// gone tells that something went, and prints what would with a dry run.
func gone[T any](s streams, f changeFlags, v view[T], body []byte, told string) error {
	f.tellf(s, "%s", told)
	if !f.DryRun || len(body) == 0 {
		return nil
	}
	return show(s, f.outputFlags, v, body)
}

type groupMembersCommand struct {
	remoteFlags
	listFlags
	searchFlag
	groupArgument
}

// Run prints the users in the group.
func (c groupMembersCommand) Run(ctx context.Context, s streams) error {
	api, group, err := c.dialGroup(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, personView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListGroupUsersWithResponse(ctx, group.ID, &client.ListGroupUsersParams{
			Q: given(c.Query), Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}

// usersArgument names users who are put somewhere, or taken away.
type usersArgument struct {
	Users []string `arg:"" help:"The users, by name, e-mail or identifier." name:"user"`
}

// each calls do for each of the users, who are all found before it is called:
// among the members of a workspace where there is one, since not everybody may
// look at all users.
func (a usersArgument) each(ctx context.Context, api *remote, in string, do func(id, name string) error) error {
	ids := make([]string, 0, len(a.Users))
	for _, name := range a.Users {
		id, err := api.userIn(ctx, in, name)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	for i, id := range ids {
		if err := do(id, a.Users[i]); err != nil {
			return err
		}
	}
	return nil
}

type groupAddCommand struct {
	remoteFlags
	changeFlags
	groupArgument
	usersArgument
}

// Run puts the users into the group.
func (c groupAddCommand) Run(ctx context.Context, s streams) error {
	api, group, err := c.dialGroup(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return c.each(ctx, api, value(group.Workspace), func(id, name string) error {
		_, err := said(api.AddGroupUserWithResponse(ctx, group.ID, id, &client.AddGroupUserParams{DryRun: c.dry()}))
		if err != nil {
			return err
		}
		c.tellf(s, "put %s into group %s", name, group.Name)
		return nil
	})
}

type groupRemoveCommand struct {
	remoteFlags
	changeFlags
	groupArgument
	usersArgument
}

// Run takes the users out of the group.
func (c groupRemoveCommand) Run(ctx context.Context, s streams) error {
	api, group, err := c.dialGroup(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return c.each(ctx, api, value(group.Workspace), func(id, name string) error {
		_, err := said(api.RemoveGroupUserWithResponse(ctx, group.ID, id, &client.RemoveGroupUserParams{DryRun: c.dry()}))
		if err != nil {
			return err
		}
		c.tellf(s, "took %s out of group %s", name, group.Name)
		return nil
	})
}
