package main

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/oapi-codegen/nullable"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type poolCommands struct {
	List   poolListCommand   `cmd:"" help:"List the shared facilities."`
	Get    poolGetCommand    `cmd:"" help:"Show a shared facility."`
	Create poolCreateCommand `cmd:"" help:"Register a shared facility."`
	Update poolUpdateCommand `cmd:"" help:"Change a shared facility."`
	Delete poolDeleteCommand `cmd:"" help:"Delete a shared facility that nobody has a share of."`
}

func poolView() view[client.Pool] {
	type p = client.Pool
	return view[p]{
		id: func(p p) string { return p.ID },
		columns: []column[p]{
			{headName, func(p p) string { return p.Name }},
			{"KIND", func(p p) string { return p.Kind }},
			{"TYPE", func(p p) string { return p.Type }},
			{"UNIT", func(p p) string { return string(p.Unit) }},
			{"USE", func(p p) string { return number(p.Use) }},
			{"CAPACITY", func(p p) string { return bound(p.Capacity) }},
			{"OPEN", func(p p) string { return yes(p.Open) }},
			{"ID", func(p p) string { return p.ID }},
		},
		more: []column[p]{
			{"TECHNICAL NAME", func(p p) string { return p.TechnicalName }},
			{"DESCRIPTION", func(p p) string { return p.Description }},
			{"LABELS", func(p p) string { return words(p.Labels) }},
			{headCreated, func(p p) string { return shownTime(p.Created) }},
			{headUpdated, func(p p) string { return shownTime(p.Updated) }},
		},
	}
}

type poolListCommand struct {
	remoteFlags
	listFlags
	searchFlag

	Kind string `help:"Only those of this kind: storage, endpoint, processing, check and others."`
}

// Run prints the facilities.
func (c poolListCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, poolView(), func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListPoolsWithResponse(ctx, &client.ListPoolsParams{
			Q: given(c.Query), Kind: given(c.Kind), Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}

type poolGetCommand struct {
	remoteFlags
	outputFlags
	poolArgument
}

// Run prints the facility.
func (c poolGetCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialPool(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.GetPoolWithResponse(ctx, id, &client.GetPoolParams{}))
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, poolView(), body)
}

// poolFields are what a facility is made of besides what it is.
type poolFields struct {
	Type          *string  `help:"Its own sort: S3, WMS-VECTOR."                                           placeholder:"TEXT"`
	TechnicalName *string  `help:"The name for programs, unique among its kind."                           placeholder:"NAME"`
	Description   *string  `help:"What people are told of it."                                             placeholder:"TEXT"`
	Capacity      *string  `help:"What all shares together may use, as 10T; none for no bound."            placeholder:"AMOUNT"`
	Open          *bool    `help:"Let it serve everybody."                                                 negatable:""`
	Label         []string `help:"A label. May be given more than once."                                   placeholder:"TEXT"   sep:"none"`
	URL           []string `help:"An address where it is, as WFS=https://… May be given more than once."   name:"url"           placeholder:"TYPE=URL" sep:"none"`
}

// read returns what is not taken as it was typed: the addresses, nil where none
// were named, and the capacity, absent when nothing is said of it.
func (f poolFields) read() (urls []client.URL, capacity nullable.Nullable[int64], err error) {
	for _, text := range f.URL {
		kind, address, found := strings.Cut(text, "=")
		if !found {
			return nil, capacity, usageError("--url " + text + ": expected TYPE=URL")
		}
		urls = append(urls, client.URL{Type: kind, URL: address})
	}
	if f.Capacity != nil {
		capacity, err = amount(*f.Capacity)
	}
	return urls, capacity, err
}

type poolCreateCommand struct {
	remoteFlags
	changeFlags
	onceFlag
	poolFields

	Name string `arg:""                                                   help:"The name."`
	Kind string `help:"What it is: storage, endpoint, processing, check." required:""`
	Unit string `default:"bytes"                                          enum:"bytes,count,none" help:"What is shared out: ${enum}."`
}

// Run registers the facility and prints it.
func (c poolCreateCommand) Run(ctx context.Context, s streams) error {
	urls, capacity, err := c.read()
	if err != nil {
		return err
	}
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	made := client.PoolNew{
		Name: c.Name, Kind: c.Kind, Unit: client.PoolNewUnit(c.Unit), Type: c.Type, TechnicalName: c.TechnicalName,
		Description: c.Description, Capacity: capacity, Open: c.Open,
	}
	if c.Label != nil {
		made.Labels = &c.Label
	}
	if urls != nil {
		made.Urls = &urls
	}
	body, err := said(api.CreatePoolWithResponse(ctx, &client.CreatePoolParams{DryRun: c.dry(), IdempotencyKey: c.once()}, made))
	if err != nil {
		return err
	}
	c.tellf(s, "registered facility %s", c.Name)
	return show(s, c.outputFlags, poolView(), body)
}

// poolArgument names a facility.
type poolArgument struct {
	Pool string `arg:"" help:"The facility, by name, technical name or identifier."`
}

func (a poolArgument) dialPool(ctx context.Context, f remoteFlags, s streams) (api *remote, id string, err error) {
	if api, err = f.dial(s); err != nil {
		return nil, "", err
	}
	id, err = api.pool(ctx, a.Pool)
	return api, id, err
}

type poolUpdateCommand struct {
	remoteFlags
	changeFlags
	poolArgument
	poolFields

	Name *string `help:"The new name."`
}

// Run changes what is said, leaves the rest, and prints the facility.
func (c poolUpdateCommand) Run(ctx context.Context, s streams) error {
	urls, capacity, err := c.read()
	if err != nil {
		return err
	}
	api, id, err := c.dialPool(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	patch := client.PoolPatch{
		Name: c.Name, Type: changed(c.Type), TechnicalName: changed(c.TechnicalName), Description: changed(c.Description),
		Capacity: capacity, Open: c.Open,
	}
	if c.Label != nil {
		patch.Labels = nullable.NewNullableWithValue(c.Label)
	}
	if urls != nil {
		patch.Urls = nullable.NewNullableWithValue(urls)
	}
	body, err := said(api.UpdatePoolWithResponse(ctx, id, &client.UpdatePoolParams{DryRun: c.dry()}, patch))
	if err != nil {
		return err
	}
	c.tellf(s, "changed facility %s", c.Pool)
	return show(s, c.outputFlags, poolView(), body)
}

type poolDeleteCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	poolArgument
}

// Run deletes the facility.
func (c poolDeleteCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialPool(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Delete facility "+c.Pool+"?"); err != nil {
			return err
		}
	}
	if _, err := said(api.DeletePoolWithResponse(ctx, id, &client.DeletePoolParams{DryRun: c.dry()})); err != nil {
		return err
	}
	c.tellf(s, "deleted facility %s", c.Pool)
	return nil
}

// noBound is how the command line says that there is no limit.
const noBound = "none"

// amount reads how much, null for no bound.
func amount(text string) (nullable.Nullable[int64], error) {
	if text == noBound {
		return nullable.NewNullNullable[int64](), nil
	}
	wrong := usageError(text + ": expected a number as 500, 10G or 10GiB, or none")
	digits, binary := strings.CutSuffix(strings.TrimSuffix(text, "B"), "i")
	base := int64(1000)
	if binary {
		base = 1024
	}
	factor := int64(1)
	if digits == "" {
		return nil, wrong
	}
	if power := strings.IndexByte("kMGT", digits[len(digits)-1]); power >= 0 || digits[len(digits)-1] == 'K' {
		for range max(power, 0) + 1 {
			factor *= base
		}
		digits = digits[:len(digits)-1]
	} else if binary {
		return nil, wrong
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return nil, wrong
	}
	return nullable.NewNullableWithValue(n * factor), nil
}
