package main

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type seatCommands struct {
	Get seatGetCommand `cmd:"" help:"Show how many seats of a workspace are taken."`
	Set seatSetCommand `cmd:"" help:"Limit the seats of a workspace."`
}

func seatView() view[client.Seats] {
	type c = client.Seats
	return view[c]{
		id: func(c c) string { return number(c.Used) },
		columns: []column[c]{
			{"USED", func(c c) string { return number(c.Used) }},
			{"PENDING", func(c c) string { return number(c.Pending) }},
			{"LIMIT", func(c c) string { return bound(c.Limit) }},
		},
	}
}

type seatGetCommand struct {
	remoteFlags
	outputFlags
	workspaceArgument
}

// Run prints the seats.
func (c seatGetCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.GetSeatsWithResponse(ctx, id, &client.GetSeatsParams{}))
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, seatView(), body)
}

type seatSetCommand struct {
	remoteFlags
	changeFlags
	workspaceArgument

	Seats string `arg:"" help:"How many, none for no bound."`
}

// Run limits the seats and prints them.
func (c seatSetCommand) Run(ctx context.Context, s streams) error {
	limit, err := amount(c.Seats)
	if err != nil {
		return err
	}
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.PutSeatsWithResponse(ctx, id, &client.PutSeatsParams{DryRun: c.dry()}, client.AllocationPut{Limit: limit}))
	if err != nil {
		return err
	}
	c.tellf(s, "limited the seats of workspace %s", c.Workspace)
	return show(s, c.outputFlags, seatView(), body)
}
