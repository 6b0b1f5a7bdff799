package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type memberCommands struct {
	List   memberListCommand   `cmd:"" help:"List the members of a workspace."`
	Get    memberGetCommand    `cmd:"" help:"Show a member."`
	Rights memberRightsCommand `cmd:"" help:"List what a member may do, and why."`
	Add    memberAddCommand    `cmd:"" help:"Make a user or a group a member."`
	Roles  memberRolesCommand  `cmd:"" help:"Change a member's roles."`

	Suspend  memberSuspendCommand  `cmd:"" help:"Refuse a member everything in the workspace, for the time being."`
	Resume   memberResumeCommand   `cmd:"" help:"End a suspension."`
	Holdings memberHoldingsCommand `cmd:"" help:"List what a member owns."`
	Transfer memberTransferCommand `cmd:"" help:"Transfer everything that a member owns."`
	Remove   memberRemoveCommand   `cmd:"" help:"End a membership, with what becomes of what is owned."`
}

func memberView() view[client.Member] {
	type m = client.Member
	return view[m]{
		id: func(m m) string { return number(m.Principal) },
		columns: []column[m]{
			{headName, memberName},
			{"FULL NAME", func(m m) string {
				if m.User == nil {
					return ""
				}
				return fullName(*m.User)
			}},
			{"E-MAIL", func(m m) string {
				if m.User == nil {
					return ""
				}
				return m.User.Email
			}},
			{"ROLES", memberRoles},
			{"SUSPENDED", func(m m) string { return yes(m.Suspended) }},
			{"JOINED", func(m m) string { return shownTime(m.Created) }},
			{headPrincipal, func(m m) string { return number(m.Principal) }},
		},
		more: []column[m]{
			{"KIND", func(m m) string { return string(m.Kind) }},
			{headUpdated, func(m m) string { return shownTime(m.Updated) }},
		},
	}
}

func fullName(p client.Person) string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// memberName is how the command line calls a member.
func memberName(m client.Member) string {
	switch {
	case m.User != nil:
		return m.User.Username
	case m.Group != nil:
		return groupMark + m.Group.Name
	}
	return number(m.Principal)
}

func memberRoles(m client.Member) string {
	if m.Supervisor {
		return words(append([]string{"supervisor"}, m.Roles...))
	}
	return words(m.Roles)
}

type memberListCommand struct {
	remoteFlags
	listFlags
	searchFlag
	workspaceArgument

	Suspended *bool `help:"Only who is suspended, or is not." negatable:""`

	Kind string   `default:""                                                                         enum:",user,group" help:"Only users, or only groups." placeholder:"KIND"`
	Role []string `help:"Only who was given this role. May be given more than once, for any of them." placeholder:"ROLE"`
}

// Run prints the members.
func (c memberListCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, memberView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListMembersWithResponse(ctx, id, &client.ListMembersParams{
			Kind: given(client.ListMembersParamsKind(c.Kind)), Role: given(strings.Join(c.Role, ",")),
			Q: given(c.Query), Suspended: c.Suspended, Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}

// memberArgument names a member of a workspace.
type memberArgument struct {
	workspaceArgument

	Member string `arg:"" help:"The member: username, e-mail, identifier or number, or group:NAME."`
}

// dialMember prepares to talk about the member.
func (a memberArgument) dialMember(ctx context.Context, f remoteFlags, s streams) (api *remote, in string, principal int64, err error) {
	if api, in, err = a.dialIn(ctx, f, s); err != nil {
		return nil, "", 0, err
	}
	principal, err = api.member(ctx, in, a.Member)
	return api, in, principal, err
}

type memberGetCommand struct {
	remoteFlags
	outputFlags
	memberArgument
}

// Run prints the member.
func (c memberGetCommand) Run(ctx context.Context, s streams) error {
	api, in, principal, err := c.dialMember(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.GetMemberWithResponse(ctx, in, principal, &client.GetMemberParams{}))
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, memberView(), body)
}

type memberRightsCommand struct {
	remoteFlags
	listFlags
	memberArgument
}

func rightView() view[client.Right] {
	type r = client.Right
	return view[r]{
		id: func(r r) string { return r.Permission },
		columns: []column[r]{
			{"PERMISSION", func(r r) string { return r.Permission }},
			{"ALLOWED", func(r r) string { return yes(r.Allowed) }},
			{"CAUSE", func(r r) string { return causeInWords(r.Cause) }},
			{"RULES", func(r r) string {
				rules := make([]string, 0, len(r.Rules))
				for _, rule := range r.Rules {
					rules = append(rules, ruleInWords(rule))
				}
				return strings.Join(rules, "; ")
			}},
		},
	}
}

// Run prints every permission of the workspace.
func (c memberRightsCommand) Run(ctx context.Context, s streams) error {
	api, in, principal, err := c.dialMember(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, rightView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListMemberRightsWithResponse(ctx, in, principal, &client.ListMemberRightsParams{Sort: given(c.Sort), Cursor: cursor, Limit: limit}))
	})
}

type memberAddCommand struct {
	remoteFlags
	changeFlags
	workspaceArgument

	Member string   `arg:""                                                       help:"Who: username, e-mail, identifier or number, or group:NAME."`
	Role   []string `help:"A role that he is given. May be given more than once." placeholder:"ROLE"`
}

// Run makes somebody a member who is none, and prints him.
func (c memberAddCommand) Run(ctx context.Context, s streams) error {
	api, in, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	principal, err := api.principal(ctx, in, c.Member)
	if err != nil {
		return err
	}
	_, err = said(api.GetMemberWithResponse(ctx, in, principal, &client.GetMemberParams{}))
	switch {
	case err == nil:
		return conflictError(c.Member + " is a member already: bailiwick member roles changes what he was given")
	case statusOf(err) != statusAbsent:
		return err
	}
	put := client.MemberPut{Roles: append([]string{}, c.Role...)}
	body, err := said(api.PutMemberWithResponse(ctx, in, principal, &client.PutMemberParams{DryRun: c.dry()}, put))
	if err != nil {
		return err
	}
	c.tellf(s, "added %s to workspace %s", c.Member, c.Workspace)
	return show(s, c.outputFlags, memberView(), body)
}

type memberRolesCommand struct {
	remoteFlags
	changeFlags
	memberArgument

	Roles      []string `arg:""                                                                                help:"Exactly these roles." name:"role" optional:""`
	TransferTo string   `help:"Who owns what he may not own any more: username, e-mail, identifier or number." placeholder:"WHO"`

	Give []string `help:"Add this role. May be given more than once."       placeholder:"ROLE"`
	Take []string `help:"Take this role away. May be given more than once." placeholder:"ROLE"`
	None bool     `help:"Take all roles away. He stays a member."`
}

// Run changes the roles and prints the member. What somebody else changes
// meanwhile is not lost: then it fails.
func (c memberRolesCommand) Run(ctx context.Context, s streams) error {
	if ways := []bool{len(c.Roles) > 0, len(c.Give)+len(c.Take) > 0, c.None}; !oneOf(ways) {
		return usageError("expected the roles, or --give and --take, or --none")
	}
	api, in, principal, err := c.dialMember(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	seen, err := api.GetMemberWithResponse(ctx, in, principal, &client.GetMemberParams{})
	text, err := said(seen, err)
	if err != nil {
		return err
	}
	var member client.Member
	if err := json.Unmarshal(text, &member); err != nil {
		return nonsense(err)
	}
	roles := append([]string{}, c.Roles...)
	if len(c.Give)+len(c.Take) > 0 {
		roles = append(slices.DeleteFunc(member.Roles, func(r string) bool {
			return slices.Contains(c.Take, r) || slices.Contains(c.Give, r)
		}), c.Give...)
	}
	put := client.MemberPut{Roles: roles}
	if c.TransferTo != "" {
		heir, err := api.member(ctx, in, c.TransferTo)
		if err != nil {
			return err
		}
		put.TransferTo = &heir
	}
	tag := seen.HTTPResponse.Header.Get("ETag")
	body, err := said(api.PutMemberWithResponse(ctx, in, principal, &client.PutMemberParams{DryRun: c.dry(), IfMatch: &tag}, put))
	if err != nil {
		return err
	}
	c.tellf(s, "changed the roles of %s", memberName(member))
	return show(s, c.outputFlags, memberView(), body)
}

// oneOf reports whether exactly one is true.
func oneOf(list []bool) bool {
	n := 0
	for _, is := range list {
		if is {
			n++
		}
	}
	return n == 1
}

// causeInWords says why an answer is what it is.
func causeInWords(c client.Cause) string {
	switch c {
	case "supervision":
		return "supervises it"
	case "rule":
		return "a rule allows it"
	case "deny":
		return "a rule denies it"
	case "requirement":
		return "what it requires is missing"
	case "seal":
		return "it is deactivated"
	case "default":
		return "nothing allows it"
	case "disabled":
		return "he is disabled"
	case "behalf":
		return "whom the key acts for may not"
	}
	return string(c)
}

// ruleInWords says what a rule says.
func ruleInWords(r client.Rule) string {
	text := fmt.Sprintf("%s principal %d %s", r.Effect, r.Principal, ruleNames(r))
	if r.Class != nil {
		text += " on each " + *r.Class
	}
	if !r.Propagate {
		text += " here only"
	}
	if r.Expires != nil {
		text += " until " + shownTime(*r.Expires)
	}
	if r.Origin != nil {
		text += " (" + *r.Origin + ")"
	}
	return text
}

// ruleNames is what a rule names: a role, a permission, a scope or everything.
func ruleNames(r client.Rule) string {
	switch {
	case r.Role != nil:
		return "role " + *r.Role
	case r.Permission != nil:
		return value(r.Scope) + "." + *r.Permission
	case r.Scope != nil:
		return *r.Scope + ".*"
	}
	return "everything"
}
