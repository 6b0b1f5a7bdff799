package main

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

func sessionView() view[client.Session] {
	type b = client.Session
	return view[b]{
		id: func(b b) string { return b.ID },
		columns: []column[b]{
			{"VIA", func(b b) string { return b.Via }},
			{"CLIENT", func(b b) string { return b.Client }},
			{"FROM", func(b b) string { return b.Address }},
			{headCreated, func(b b) string { return shownTime(b.Created) }},
			{"SEEN", func(b b) string { return shownTime(b.Seen) }},
			{"EXPIRES", func(b b) string { return shownTime(b.Expires) }},
			{"ID", func(b b) string { return b.ID }},
		},
	}
}

type userSessionsCommand struct {
	remoteFlags
	listFlags
	userArgument
}

// Run prints the sessions of the user.
func (c userSessionsCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialUser(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, sessionView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListUserSessionsWithResponse(ctx, id, &client.ListUserSessionsParams{Sort: given(c.Sort), Cursor: cursor, Limit: limit}))
	})
}

type userKickCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	userArgument
}

// Run ends all sessions and access tokens of the user.
func (c userKickCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialUser(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "End all sessions of "+c.Name+"?"); err != nil {
			return err
		}
	}
	body, err := said(api.KickUserWithResponse(ctx, id, &client.KickUserParams{DryRun: c.dry()}))
	if err != nil {
		return err
	}
	c.tellf(s, "ended all sessions of %s", c.Name)
	return list(s, listFlags{outputFlags: c.outputFlags}, sessionView(), func(*string, *int) ([]byte, error) { return body, nil })
}
