package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

// disposalFlags say what becomes of what somebody owns who leaves.
type disposalFlags struct {
	TransferTo string `help:"Who owns everything afterwards: username, e-mail, identifier or number." placeholder:"WHO"`
	Discard    bool   `env:"-"                                                                        help:"Delete what is owned alone and transferred to nobody, with all below it." name:"delete"`
	Cascade    bool   `env:"-"                                                                        help:"Let go of what is deleted where it is needed elsewhere."`
}

// A departure is how a server is told that somebody, or something, leaves.
type departure struct {
	what string // "ulysse from workspace tutoriels"
	send func(dry *bool, token string) ([]byte, error)
}

// depart shows what a departure would do, asks, and does just that: when
// something changed since it was shown, it fails.
func (d departure) depart(s streams, f changeFlags, sure sureFlag) error {
	preview, err := d.send(given(true), "")
	if err != nil {
		return err
	}
	var plan client.DeparturePlan
	if err := json.Unmarshal(preview, &plan); err != nil {
		return nonsense(err)
	}
	blocked := len(plan.Blockers) > 0
	switch {
	case f.DryRun || blocked:
		to := s.out
		if !f.DryRun {
			to = s.err
		}
		if f.Output == "json" && f.DryRun {
			err = indented(to, preview)
		} else {
			err = drawPlan(to, plan)
		}
		if err == nil && blocked {
			err = conflictError("removing " + d.what + " is blocked")
		}
		return err
	case !sure.Yes:
		if err := drawPlan(s.err, plan); err != nil {
			return err
		}
		if err := sure.sure(s, "Remove "+d.what+"?"); err != nil {
			return err
		}
	}
	done, err := d.send(nil, plan.Token)
	if err != nil {
		return err
	}
	f.tellf(s, "removed %s", d.what)
	if f.Output == "json" {
		return indented(s.out, done)
	}
	return nil
}

// drawPlan prints what a departure would do.
func drawPlan(w io.Writer, p client.DeparturePlan) error {
	line := func(format string, words ...any) { fmt.Fprintln(w, clean(fmt.Sprintf(format, words...))) }
	line("%s leaves", p.Name)
	for _, m := range p.Memberships {
		line("  ends    membership of %s in workspace %s: %s", m.Name, m.Workspace, shown(words(m.Roles)))
	}
	for _, g := range p.Groups {
		line("  ends    place in group %s", g.Name)
	}
	if n := len(p.Rules); n > 0 {
		line("  ends    %d rules", n)
	}
	for _, kind := range slices.Sorted(maps.Keys(p.Ended)) {
		if n := p.Ended[kind]; n > 0 {
			line("  ends    %d %s", n, kind)
		}
	}
	for _, workspace := range p.Supervised {
		line("  passes  supervision of workspace %s", workspace)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, h := range p.Holdings {
		fate := "stays with the others who own it"
		switch {
		case h.Deleted:
			fate = fmt.Sprintf("is deleted, with %d below it", h.Below)
		case h.To != nil:
			fate = fmt.Sprintf("goes to principal %d", *h.To)
		case len(h.Others) == 0:
			fate = "is owned by nobody else"
		}
		fmt.Fprintf(table, "  owns    %s %d\t%s\n", clean(h.Class), h.Node, fate)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, b := range p.Blockers {
		line("  blocked %s", b.Text)
	}
	return nil
}

type memberRemoveCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	disposalFlags
	memberArgument
}

// Run removes the member, with what becomes of what he owns.
func (c memberRemoveCommand) Run(ctx context.Context, s streams) error {
	api, in, principal, err := c.dialMember(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	how := client.MemberDeparture{Delete: given(c.Discard), Cascade: given(c.Cascade)}
	if c.TransferTo != "" {
		heir, err := api.member(ctx, in, c.TransferTo)
		if err != nil {
			return err
		}
		how.TransferTo = &heir
	}
	return departure{
		what: c.Member + " from workspace " + c.Workspace,
		send: func(dry *bool, token string) ([]byte, error) {
			how.Token = given(token)
			return said(api.DepartMemberWithResponse(ctx, in, principal, &client.DepartMemberParams{DryRun: dry}, how))
		},
	}.depart(s, c.changeFlags, c.sureFlag)
}

type userRemoveCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	disposalFlags
	userArgument

	Successor []string `help:"Who supervises a workspace afterwards, as WORKSPACE=USER. May be given more than once." placeholder:"WORKSPACE=USER" sep:"none"`
}

// Run removes the user from the platform, with what becomes of what he owns.
func (c userRemoveCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialUser(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	how := client.UserDeparture{Delete: given(c.Discard), Cascade: given(c.Cascade)}
	if c.TransferTo != "" {
		heir, err := api.principal(ctx, "", c.TransferTo)
		if err != nil {
			return err
		}
		how.TransferTo = &heir
	}
	var successors []client.Successor
	for _, text := range c.Successor {
		name, user, ok := strings.Cut(text, "=")
		if !ok {
			return usageError("--successor " + text + ": expected WORKSPACE=USER")
		}
		var one client.Successor
		if one.Workspace, err = api.workspace(ctx, name); err != nil {
			return err
		}
		if one.User, err = api.userID(ctx, user); err != nil {
			return err
		}
		successors = append(successors, one)
	}
	if successors != nil {
		how.Successors = &successors
	}
	return departure{
		what: "user " + c.Name,
		send: func(dry *bool, token string) ([]byte, error) {
			how.Token = given(token)
			return said(api.DepartUserWithResponse(ctx, id, &client.DepartUserParams{DryRun: dry}, how))
		},
	}.depart(s, c.changeFlags, c.sureFlag)
}

type workspaceRemoveCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	workspaceArgument
}

// Run removes the workspace with everything in it.
func (c workspaceRemoveCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialIn(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return departure{
		what: "workspace " + c.Workspace + " with everything in it",
		send: func(dry *bool, token string) ([]byte, error) {
			return said(api.DepartWorkspaceWithResponse(ctx, id, &client.DepartWorkspaceParams{DryRun: dry}, client.WorkspaceDeparture{Token: given(token)}))
		},
	}.depart(s, c.changeFlags, c.sureFlag)
}
