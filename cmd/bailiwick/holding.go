package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

func holdingView() view[client.Holding] {
	type h = client.Holding
	return view[h]{
		id: func(h h) string { return number(h.Node) },
		columns: []column[h]{
			{"NODE", func(h h) string { return number(h.Node) }},
			{"CLASS", func(h h) string { return h.Class }},
			{"IN", func(h h) string { return number(h.Parent) }},
			{"BELOW", func(h h) string { return number(h.Below) }},
			{"OTHERS", func(h h) string { return numbers(h.Others) }},
			{"NEEDED BY", func(h h) string { return numbers(h.Foreign) }},
			{"KEPT BY", func(h h) string { return value(h.Kept) }},
		},
	}
}

func numbers(list []int64) string {
	texts := make([]string, 0, len(list))
	for _, n := range list {
		texts = append(texts, number(n))
	}
	return strings.Join(texts, ", ")
}

type memberHoldingsCommand struct {
	remoteFlags
	listFlags
	memberArgument
}

// Run prints what the member owns.
func (c memberHoldingsCommand) Run(ctx context.Context, s streams) error {
	api, in, principal, err := c.dialMember(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, holdingView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListHoldingsWithResponse(ctx, in, principal, &client.ListHoldingsParams{Sort: given(c.Sort), Cursor: cursor, Limit: limit}))
	})
}

type memberTransferCommand struct {
	remoteFlags
	changeFlags
	onceFlag
	sureFlag
	memberArgument

	To string `arg:"" help:"Who owns it afterwards: username, e-mail, identifier or number."`
}

// Run transfers everything that the member owns.
func (c memberTransferCommand) Run(ctx context.Context, s streams) error {
	api, in, principal, err := c.dialMember(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	heir, err := api.member(ctx, in, c.To)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Transfer everything that "+c.Member+" owns to "+c.To+"?"); err != nil {
			return err
		}
	}
	body, err := said(api.TransferHoldingsWithResponse(ctx, in, principal,
		&client.TransferHoldingsParams{DryRun: c.dry(), IdempotencyKey: c.once()}, client.Transfer{To: heir}))
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return indented(s.out, body)
	}
	var told client.Transferred
	if err := json.Unmarshal(body, &told); err != nil {
		return nonsense(err)
	}
	c.tellf(s, "transferred %d to %s", told.Transferred, c.To)
	return nil
}

// obstacles are what a problem names that stands in the way, a line each.
func obstacles(p client.Problem) []string {
	blockers, heirs := value(p.Blockers), value(p.Heirs)
	list := make([]string, 0, len(blockers)+len(heirs))
	for _, b := range blockers {
		list = append(list, clean(b.Text))
	}
	for _, h := range heirs {
		list = append(list, clean(fmt.Sprintf("%s (%s) could own it: --transfer-to %s", h.Name, words(h.Roles), h.Username)))
	}
	return list
}
