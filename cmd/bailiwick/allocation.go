package main

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type allocationCommands struct {
	List   allocationListCommand   `cmd:"" help:"List the shares that a workspace, or a user, was given."`
	Set    allocationSetCommand    `cmd:"" help:"Give a workspace, or a user, a share, or change it."`
	Remove allocationRemoveCommand `cmd:"" help:"Take a share of which nothing is used from a workspace."`
}

func allocationView() view[client.Allocation] {
	type a = client.Allocation
	return view[a]{
		id: func(a a) string { return value(a.ID) },
		columns: []column[a]{
			{"FACILITY", func(a a) string { return a.Pool.Name }},
			{"KIND", func(a a) string { return a.Pool.Kind }},
			{"SLOT", func(a a) string { return a.Slot }},
			{"USE", func(a a) string { return number(a.Use) }},
			{"HELD", func(a a) string { return number(a.Held) }},
			{"LIMIT", func(a a) string { return bound(a.Limit) }},
			{"UNIT", func(a a) string { return string(a.Pool.Unit) }},
			{"ID", func(a a) string { return value(a.ID) }},
		},
		more: []column[a]{
			{headCreated, func(a a) string { return shownTimeOf(a.Created) }},
			{headUpdated, func(a a) string { return shownTimeOf(a.Updated) }},
		},
	}
}

// holderFlags say who holds a share.
type holderFlags struct {
	Workspace string `help:"The workspace, by technical name or identifier." placeholder:"NAME" xor:"holder"`
	User      string `help:"The user, by name, e-mail or identifier."        placeholder:"USER" xor:"holder"`
}

// holder returns who is named.
func (f holderFlags) holder(ctx context.Context, api *remote) (workspace, user string, err error) {
	switch {
	case f.Workspace != "":
		workspace, err = api.workspace(ctx, f.Workspace)
	case f.User != "":
		user, err = api.userID(ctx, f.User)
	default:
		err = usageError("--workspace or --user: who holds it?")
	}
	return workspace, user, err
}

type allocationListCommand struct {
	remoteFlags
	listFlags
	holderFlags
}

// Run prints the shares.
func (c allocationListCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	workspace, user, err := c.holder(ctx, api)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, allocationView(), func(cursor *string, limit *int) ([]byte, error) {
		if user != "" {
			return said(api.ListUserAllocationsWithResponse(ctx, user, &client.ListUserAllocationsParams{Sort: given(c.Sort), Cursor: cursor, Limit: limit}))
		}
		return said(api.ListAllocationsWithResponse(ctx, workspace, &client.ListAllocationsParams{Sort: given(c.Sort), Cursor: cursor, Limit: limit}))
	})
}

type allocationSetCommand struct {
	remoteFlags
	changeFlags
	holderFlags

	Pool  string `arg:""                                                                  help:"The facility, by name, technical name or identifier."`
	Share string `arg:""                                                                  help:"How much: a number, with k, M, G, T or Ki, Mi, Gi, Ti behind it; none for no bound."`
	Slot  string `help:"Which of several shares of one facility: data, uploads, annexes." placeholder:"NAME"`
}

// Run gives the share and prints it.
func (c allocationSetCommand) Run(ctx context.Context, s streams) error {
	share, err := amount(c.Share)
	if err != nil {
		return err
	}
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	workspace, user, err := c.holder(ctx, api)
	if err != nil {
		return err
	}
	pool, err := api.pool(ctx, c.Pool)
	if err != nil {
		return err
	}
	put := client.AllocationPut{Limit: share}
	var body []byte
	if user != "" {
		if c.Slot != "" {
			return usageError("--slot: a user's shares have none")
		}
		body, err = said(api.PutUserAllocationWithResponse(ctx, user, pool, &client.PutUserAllocationParams{DryRun: c.dry()}, put))
	} else {
		body, err = said(api.PutAllocationWithResponse(ctx, workspace, pool, &client.PutAllocationParams{Slot: given(c.Slot), DryRun: c.dry()}, put))
	}
	if err != nil {
		return err
	}
	c.tellf(s, "gave %s%s of %s", c.Workspace, c.User, c.Pool)
	return show(s, c.outputFlags, allocationView(), body)
}

type allocationRemoveCommand struct {
	remoteFlags
	changeFlags
	sureFlag

	Workspace string `help:"The workspace, by technical name or identifier."                  placeholder:"NAME"                                          required:""`
	Pool      string `arg:""                                                                  help:"The facility, by name, technical name or identifier."`
	Slot      string `help:"Which of several shares of one facility: data, uploads, annexes." placeholder:"NAME"`
}

// Run takes the share away.
func (c allocationRemoveCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	workspace, err := api.workspace(ctx, c.Workspace)
	if err != nil {
		return err
	}
	pool, err := api.pool(ctx, c.Pool)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Take the share of "+c.Pool+" from "+c.Workspace+"?"); err != nil {
			return err
		}
	}
	if _, err := said(api.RemoveAllocationWithResponse(ctx, workspace, pool, &client.RemoveAllocationParams{Slot: given(c.Slot), DryRun: c.dry()})); err != nil {
		return err
	}
	c.tellf(s, "took the share of %s from %s", c.Pool, c.Workspace)
	return nil
}
