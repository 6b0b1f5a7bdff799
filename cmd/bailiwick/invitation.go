package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type invitationCommands struct {
	List   invitationListCommand   `cmd:"" help:"List the invitations of a workspace."`
	Resend invitationResendCommand `cmd:"" help:"Send an invitation again, with another link and another life."`
	Revoke invitationRevokeCommand `cmd:"" help:"Revoke an invitation."`
	Link   invitationLinkCommand   `cmd:"" help:"Show the link of an invitation. That you looked is written down."`
}

func invitationView() view[client.Invitation] {
	type i = client.Invitation
	return view[i]{
		id: func(i i) string { return i.ID },
		columns: []column[i]{
			{"FOR", invited},
			{"STATE", func(i i) string { return string(i.State) }},
			{"ROLES", func(i i) string { return words(i.Roles) }},
			{"INVITED BY", func(i i) string { return i.Inviter.Name }},
			{"MAILED", func(i i) string { return yes(i.Mailed) }},
			{"EXPIRES", func(i i) string { return shownTime(i.Expires) }},
			{"ID", func(i i) string { return i.ID }},
		},
		more: []column[i]{
			{"USES", func(i i) string {
				if i.Kind != "open" {
					return ""
				}
				return fmt.Sprintf("%d of %d", i.Uses, i.MaxUses)
			}},
			{"GROUPS", func(i i) string { return words(i.Groups) }},
			{"LANGUAGE", func(i i) string { return i.Language }},
			{headCreated, func(i i) string { return shownTime(i.Created) }},
			{"ACCEPTED", func(i i) string { return shownTimeOf(i.AcceptedAt) }},
			{"LINK", func(i i) string { return value(i.Link) }},
		},
	}
}

// invited is whom an invitation is for.
func invited(i client.Invitation) string {
	switch {
	case i.Email != "":
		return i.Email
	case len(i.Domains) > 0:
		return "anybody of " + words(i.Domains)
	}
	return "anybody"
}

type inviteCommand struct {
	remoteFlags
	changeFlags
	onceFlag
	workspaceArgument

	Email    string   `arg:""                                                                                                                                                                                      help:"The address of whom to invite." optional:""`
	File     string   `help:"Invite everybody in this CSV file, - for the standard input. The first line names the columns: email, and if wanted roles and groups, separated by semicolons, language and expires." placeholder:"FILE"`
	Open     bool     `help:"Make a link that several people may use, bound to no address."`
	Domain   []string `help:"Only for addresses of this domain, with --open. May be given more than once."                                                                                                         placeholder:"DOMAIN"`
	Uses     int64    `help:"How many may use it, with --open."                                                                                                                                                    placeholder:"NUMBER"`
	Role     []string `help:"A role that it gives. May be given more than once."                                                                                                                                   placeholder:"ROLE"`
	Group    []string `help:"A group that it puts into. May be given more than once."                                                                                                                              placeholder:"GROUP"`
	Language string   `help:"The language of the mail, as en."                                                                                                                                                     placeholder:"TAG"`
	Expires  string   `help:"Until when it can be accepted: 2026-12-31, the whole day, or a time in RFC 3339. A week when missing."                                                                                placeholder:"TIME"`
	Resend   bool     `help:"Send it again to who was invited already."`
}

// Run invites, and prints the invitation, or an answer for each of many.
func (c inviteCommand) Run(ctx context.Context, s streams) error {
	if !oneOf([]bool{c.Email != "", c.File != "", c.Open}) {
		return usageError("expected an address, --file or --open")
	}
	if !c.Open && (len(c.Domain) > 0 || c.Uses != 0) {
		return usageError("--domain and --uses are for --open")
	}
	if c.File != "" && (c.DryRun || c.IdempotencyKey != "") {
		return usageError("--file: each of them is invited by itself, so it cannot be tried, nor be done once")
	}
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	wanted := client.InvitationNew{Language: given(c.Language), Expires: given(c.Expires), Resend: given(c.Resend)}
	if wanted.Groups, err = api.groupsNamed(ctx, id, c.Group); err != nil {
		return err
	}
	if len(c.Role) > 0 {
		wanted.Roles = &c.Role
	}
	if c.File != "" {
		return c.many(ctx, s, api, id, wanted)
	}
	if c.Open {
		wanted.Kind = given(client.InvitationNewKind("open"))
		wanted.MaxUses = given(c.Uses)
		if len(c.Domain) > 0 {
			wanted.Domains = &c.Domain
		}
	} else {
		wanted.Email = &c.Email
	}
	body, err := said(api.CreateInvitationWithResponse(ctx, id, &client.CreateInvitationParams{DryRun: c.dry(), IdempotencyKey: c.once()}, wanted))
	if err != nil {
		return err
	}
	c.tellf(s, "invited %s", shown(c.Email))
	return show(s, c.outputFlags, invitationView(), body)
}

// groupsNamed returns the identifiers of groups, nil for none.
func (r *remote) groupsNamed(ctx context.Context, in string, names []string) (*[]string, error) {
	ids := make([]string, 0, len(names))
	for _, name := range names {
		if uid.Valid(name) {
			ids = append(ids, name)
			continue
		}
		g, err := r.group(ctx, in, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, g.ID)
	}
	return some(ids), nil
}

type invitationListCommand struct {
	remoteFlags
	listFlags
	searchFlag
	workspaceArgument

	State []string `help:"Only those in this state: pending, accepted, declined, revoked or expired. May be given more than once." placeholder:"STATE"`
	Kind  string   `default:""                                                                                                     enum:",personal,open" help:"Only personal ones, or only open ones." placeholder:"KIND"`
}

// Run prints the invitations.
func (c invitationListCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, invitationView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListInvitationsWithResponse(ctx, id, &client.ListInvitationsParams{
			Q: given(c.Query), State: given(strings.Join(c.State, ",")), Kind: given(client.ListInvitationsParamsKind(c.Kind)),
			Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}

// invitationArgument names an invitation.
type invitationArgument struct {
	Invitation string `arg:"" help:"The identifier of the invitation."`
}

type invitationResendCommand struct {
	remoteFlags
	changeFlags
	onceFlag
	invitationArgument
}

// Run sends the invitation again and prints it.
func (c invitationResendCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	body, err := said(api.ResendInvitationWithResponse(ctx, c.Invitation, &client.ResendInvitationParams{DryRun: c.dry(), IdempotencyKey: c.once()}))
	if err != nil {
		return err
	}
	c.tellf(s, "sent invitation %s again", c.Invitation)
	return show(s, c.outputFlags, invitationView(), body)
}

type invitationRevokeCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	invitationArgument
}

// Run revokes the invitation.
func (c invitationRevokeCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Revoke invitation "+c.Invitation+"?"); err != nil {
			return err
		}
	}
	body, err := said(api.RevokeInvitationWithResponse(ctx, c.Invitation, &client.RevokeInvitationParams{DryRun: c.dry()}))
	if err != nil {
		return err
	}
	return gone(s, c.changeFlags, invitationView(), body, "revoked invitation "+c.Invitation)
}

type invitationLinkCommand struct {
	remoteFlags
	invitationArgument

	Output string `default:"table" enum:"table,json" env:"-" help:"How the link is printed: ${enum}." placeholder:"FORMAT" short:"o"`
}

// Run prints the link.
func (c invitationLinkCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	body, err := said(api.ShowInvitationLinkWithResponse(ctx, c.Invitation))
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return indented(s.out, body)
	}
	var told client.Link
	if err := json.Unmarshal(body, &told); err != nil {
		return nonsense(err)
	}
	_, err = fmt.Fprintln(s.out, clean(told.Link))
	return err
}
