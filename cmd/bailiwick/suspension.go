package main

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type memberSuspendCommand struct {
	remoteFlags
	changeFlags
	memberArgument
}

// Run suspends the member and prints him.
func (c memberSuspendCommand) Run(ctx context.Context, s streams) error {
	api, in, principal, err := c.dialMember(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.SuspendMemberWithResponse(ctx, in, principal, &client.SuspendMemberParams{DryRun: c.dry()}))
	if err != nil {
		return err
	}
	c.tellf(s, "suspended %s", c.Member)
	return show(s, c.outputFlags, memberView(), body)
}

type memberResumeCommand struct {
	remoteFlags
	changeFlags
	memberArgument
}

// Run ends the suspension and prints the member.
func (c memberResumeCommand) Run(ctx context.Context, s streams) error {
	api, in, principal, err := c.dialMember(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.ResumeMemberWithResponse(ctx, in, principal, &client.ResumeMemberParams{DryRun: c.dry()}))
	if err != nil {
		return err
	}
	c.tellf(s, "%s is suspended no more", c.Member)
	return show(s, c.outputFlags, memberView(), body)
}
