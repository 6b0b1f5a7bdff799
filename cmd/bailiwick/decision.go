package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

// nodeArgument names where something is to be allowed.
type nodeArgument struct {
	Permission string `arg:"" help:"The permission, as workspace.update."`
	Node       string `arg:"" help:"Where: a workspace by technical name or identifier, the number of a node, or platform."`
}

func (a nodeArgument) dialNode(ctx context.Context, f remoteFlags, s streams) (api *remote, node int64, err error) {
	if api, err = f.dial(s); err != nil {
		return nil, 0, err
	}
	node, err = api.node(ctx, a.Node)
	return api, node, err
}

type checkCommand struct {
	remoteFlags
	nodeArgument

	Output string `default:"table" enum:"table,json" env:"-" help:"How the answer is printed: ${enum}." placeholder:"FORMAT" short:"o"`
}

// Run prints whether the caller may, and fails with the status of a refusal when
// he may not.
func (c checkCommand) Run(ctx context.Context, s streams) error {
	api, node, err := c.dialNode(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.CheckWithResponse(ctx, client.Check{Node: &node, Permission: &c.Permission}))
	if err != nil {
		return err
	}
	var told struct {
		Allowed bool `json:"allowed"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return nonsense(err)
	}
	if c.Output == "json" {
		err = indented(s.out, body)
	} else {
		_, err = fmt.Fprintln(s.out, yes(told.Allowed))
	}
	if err == nil && !told.Allowed {
		err = refusedError("no " + c.Permission + " on " + c.Node + ": bailiwick explain tells why")
	}
	return err
}

type explainCommand struct {
	remoteFlags
	nodeArgument

	For    string `help:"About whom: username, e-mail, identifier or number, or group:NAME. Yourself when missing." placeholder:"WHO"`
	Output string `default:"table"                                                                                  enum:"table,json" env:"-" help:"How the answer is printed: ${enum}. table draws the path." placeholder:"FORMAT" short:"o"`
}

// Run draws why somebody may, or may not.
func (c explainCommand) Run(ctx context.Context, s streams) error {
	api, node, err := c.dialNode(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	asked := client.Explain{Node: node, Permission: c.Permission}
	if c.For != "" {
		principal, err := api.somebody(ctx, c.Node, c.For)
		if err != nil {
			return err
		}
		asked.Principal = &principal
	}
	body, err := said(api.ExplainWithResponse(ctx, asked))
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return indented(s.out, body)
	}
	var told client.Explanation
	if err := json.Unmarshal(body, &told); err != nil {
		return nonsense(err)
	}
	draw(s.out, told, "")
	return nil
}

// somebody returns the number of who is named, as a member of the workspace that
// a node is, if it is one and he is.
func (r *remote) somebody(ctx context.Context, node, name string) (int64, error) {
	if n, err := strconv.ParseInt(name, 10, 64); err == nil {
		return n, nil
	}
	if _, err := strconv.ParseInt(node, 10, 64); err == nil || node == platformName {
		return r.principal(ctx, "", name)
	}
	in, err := r.workspace(ctx, node)
	if err != nil {
		return 0, err
	}
	principal, err := r.member(ctx, in, name)
	if err != nil && statusOf(err) == statusAbsent {
		return r.principal(ctx, in, name)
	}
	return principal, err
}

// draw draws an explanation: the answer, the path from the root down with the
// rules that speak of it, what is missing, and what would turn the answer round.
func draw(w io.Writer, e client.Explanation, indent string) {
	may := "may not"
	if e.Allowed {
		may = "may"
	}
	line := func(depth int, format string, words ...any) {
		fmt.Fprintf(w, "%s%s%s\n", indent, strings.Repeat("   ", depth), clean(fmt.Sprintf(format, words...)))
	}
	line(0, "principal %d %s %s on node %d: %s", e.Principal, may, e.Permission, e.Node, causeInWords(e.Cause))
	for depth, step := range e.Path {
		marks := ""
		if step.Sovereign {
			marks += ", supervised by him"
		}
		if step.Sealed {
			marks += ", deactivated"
		}
		branch := ""
		if depth > 0 {
			branch = "└─ "
		}
		line(max(depth-1, 0), "%s%s %d%s", branch, step.Class, step.Node, marks)
		for _, rule := range step.Rules {
			line(depth, "│  %s", ruleInWords(rule))
		}
	}
	if e.Sealed != nil {
		line(0, "deactivated: node %d", *e.Sealed)
	}
	if m := e.Missing; m != nil {
		where := ""
		if m.Relation != nil {
			where = ", its " + *m.Relation
		}
		line(0, "%s requires %s on node %d%s:", m.Permission, m.Needs, m.Node, where)
	}
	if e.Why != nil {
		draw(w, *e.Why, indent+"   ")
	}
	if e.Behalf != nil {
		line(0, "whom the key acts for:")
		draw(w, *e.Behalf, indent+"   ")
	}
	if e.Flip != nil && len(*e.Flip) > 0 {
		line(0, "it would be otherwise with:")
		for _, change := range *e.Flip {
			line(0, "   %s", change.Text)
		}
	}
}
