package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type ruleCommands struct {
	List   ruleListCommand   `cmd:"" help:"List the rules on a workspace and on what lies in it."`
	Get    ruleGetCommand    `cmd:"" help:"Show a rule."`
	Add    ruleAddCommand    `cmd:"" help:"Allow or deny somebody something."`
	Delete ruleDeleteCommand `cmd:"" help:"Delete a rule."`
}

func ruleView() view[client.Rule] {
	type r = client.Rule
	return view[r]{
		id: func(r r) string { return r.ID },
		columns: []column[r]{
			{"EFFECT", func(r r) string { return string(r.Effect) }},
			{headPrincipal, func(r r) string { return number(r.Principal) }},
			{"WHAT", ruleNames},
			{"NODE", func(r r) string { return number(r.Node) }},
			{"CLASS", func(r r) string { return value(r.Class) }},
			{"BELOW", func(r r) string { return yes(r.Propagate) }},
			{"EXPIRES", func(r r) string { return shownTimeOf(r.Expires) }},
			{"ORIGIN", func(r r) string { return value(r.Origin) }},
			{"ID", func(r r) string { return r.ID }},
		},
		more: []column[r]{
			{headCreated, func(r r) string { return shownTime(r.Created) }},
		},
	}
}

// anybody returns the number of who is named beside members: all of them, or
// who is not known before.
func (r *remote) anybody(ctx context.Context, in, name string) (int64, error) {
	switch name {
	case "everyone":
		return int64(rbac.Everyone), nil
	case "authenticated":
		return int64(rbac.Authenticated), nil
	case "guest":
		return int64(rbac.Guest), nil
	case "owner":
		return int64(rbac.Owner), nil
	}
	return r.member(ctx, in, name)
}

type ruleListCommand struct {
	remoteFlags
	listFlags
	workspaceArgument

	For    string `help:"Only those for this member: username, e-mail, identifier or number, group:NAME, everyone, authenticated, guest or owner." placeholder:"WHO"`
	Node   string `help:"Only those on these nodes, numbers separated by commas."                                                                  placeholder:"NODES"`
	Role   string `help:"Only those that name this role."                                                                                          placeholder:"ROLE"`
	Effect string `default:""                                                                                                                      enum:",allow,deny"   help:"Only those that allow, or deny." placeholder:"EFFECT"`
	Origin string `help:"Only those that are kept for this: member, manual and others."                                                            placeholder:"ORIGIN"`
}

// Run prints the rules.
func (c ruleListCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	principal := ""
	if c.For != "" {
		n, err := api.anybody(ctx, id, c.For)
		if err != nil {
			return err
		}
		principal = number(n)
	}
	return list(s, c.listFlags, ruleView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListRulesWithResponse(ctx, id, &client.ListRulesParams{
			Principal: given(principal), Node: given(c.Node), Role: given(c.Role), Effect: given(client.ListRulesParamsEffect(c.Effect)),
			Origin: given(c.Origin), Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}

type ruleArgument struct {
	workspaceArgument

	Rule string `arg:"" help:"The identifier of the rule."`
}

type ruleGetCommand struct {
	remoteFlags
	outputFlags
	ruleArgument
}

// Run prints the rule.
func (c ruleGetCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.GetRuleWithResponse(ctx, id, c.Rule, &client.GetRuleParams{}))
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, ruleView(), body)
}

type ruleAddCommand struct {
	remoteFlags
	changeFlags
	onceFlag
	workspaceArgument

	Effect     string `arg:""                                                                                        enum:"allow,deny"                                                                                               help:"${enum}."`
	Who        string `arg:""                                                                                        help:"The member: username, e-mail, identifier or number, group:NAME; everyone, authenticated, guest or owner."`
	Role       string `help:"What: a role."                                                                          placeholder:"ROLE"                                                                                              xor:"what"`
	Permission string `help:"What: a permission as workspace.update, or all of a scope as workspace.*."              placeholder:"PERMISSION"                                                                                        xor:"what"`
	Everything bool   `help:"What: everything."                                                                      xor:"what"`
	Node       int64  `help:"Where: the number of something in the workspace. The workspace itself when missing."`
	Class      string `help:"Only on nodes of this class."`
	Here       bool   `help:"Not below the node."`
	Expires    string `help:"When it ceases to count: 2026-12-31, until the end of that day, or a time in RFC 3339." placeholder:"TIME"`
}

// Run makes the rule and prints it; tried, with what it would do to whom.
func (c ruleAddCommand) Run(ctx context.Context, s streams) error {
	rule := client.RuleNew{
		Effect: client.RuleNewEffect(c.Effect), Role: given(c.Role), Class: given(c.Class), Node: c.Node, Expires: given(c.Expires),
	}
	switch scope, permission, ok := strings.Cut(c.Permission, "."); {
	case c.Permission == "" && c.Role == "" && !c.Everything:
		return usageError("--role, --permission or --everything: what is it?")
	case c.Permission == "":
	case !ok:
		return usageError("--permission " + c.Permission + ": expected one as workspace.update or workspace.*")
	default:
		rule.Scope = &scope
		if permission != "*" {
			rule.Permission = &permission
		}
	}
	if c.Here {
		rule.Propagate = new(bool)
	}
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	if rule.Node == 0 {
		if rule.Node, err = api.node(ctx, c.Workspace); err != nil {
			return err
		}
	}
	if rule.Principal, err = api.anybody(ctx, id, c.Who); err != nil {
		return err
	}
	body, err := said(api.AddRuleWithResponse(ctx, id, &client.AddRuleParams{DryRun: c.dry(), IdempotencyKey: c.once()}, rule))
	if err != nil {
		return err
	}
	c.tellf(s, "added a rule to workspace %s", c.Workspace)
	if !c.DryRun {
		return show(s, c.outputFlags, ruleView(), body)
	}
	return c.preview(s, body)
}

// preview prints what a rule would do.
func (c ruleAddCommand) preview(s streams, body []byte) error {
	if c.Output == "json" {
		return indented(s.out, body)
	}
	var told client.RulePreview
	if err := json.Unmarshal(body, &told); err != nil {
		return nonsense(err)
	}
	fmt.Fprintln(s.out, clean(ruleInWords(told.Rule)))
	for _, d := range told.Differences {
		for _, permission := range d.Given {
			fmt.Fprintln(s.out, clean(fmt.Sprintf("  principal %d gains %s on node %d", d.Principal, permission, d.Node)))
		}
		for _, permission := range d.Taken {
			fmt.Fprintln(s.out, clean(fmt.Sprintf("  principal %d loses %s on node %d", d.Principal, permission, d.Node)))
		}
	}
	switch {
	case told.More:
		fmt.Fprintln(s.out, "  and more")
	case len(told.Differences) == 0:
		fmt.Fprintln(s.out, "  nobody gains or loses anything")
	}
	return nil
}

type ruleDeleteCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	ruleArgument
}

// Run deletes the rule.
func (c ruleDeleteCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Delete rule "+c.Rule+"?"); err != nil {
			return err
		}
	}
	body, err := said(api.DeleteRuleWithResponse(ctx, id, c.Rule, &client.DeleteRuleParams{DryRun: c.dry()}))
	if err != nil {
		return err
	}
	return gone(s, c.changeFlags, ruleView(), body, "deleted rule "+c.Rule)
}
