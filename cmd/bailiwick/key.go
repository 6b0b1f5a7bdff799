package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type keyCommands struct {
	List   keyListCommand   `cmd:"" help:"List your keys, or those of a workspace."`
	Get    keyGetCommand    `cmd:"" help:"Show a key without its secret."`
	Create keyCreateCommand `cmd:"" help:"Create a key, and show its secret this once."`
	Rotate keyRotateCommand `cmd:"" help:"Give a key another secret, and show that this once."`
	Revoke keyRevokeCommand `cmd:"" help:"Refuse a key from now on, for good."`
	Delete keyDeleteCommand `cmd:"" help:"Delete a key."`
}

func keyView() view[client.Key] {
	type k = client.Key
	return view[k]{
		id: func(k k) string { return k.ID },
		columns: []column[k]{
			{"TITLE", func(k k) string { return k.Title }},
			{"STATE", func(k k) string { return string(k.State) }},
			{"ROLE", func(k k) string { return value(k.Role) }},
			{"CREATED BY", func(k k) string { return k.Creator.Name }},
			{"LAST USED", func(k k) string { return shownTimeOf(k.LastUsed) }},
			{"EXPIRES", func(k k) string { return shownTimeOf(k.Expires) }},
			{"PREFIX", func(k k) string { return k.Prefix }},
			{"ID", func(k k) string { return k.ID }},
		},
		more: []column[k]{
			{headPrincipal, func(k k) string { return number(k.Num) }},
			{"ADDRESS", func(k k) string { return k.Email }},
			{"SCOPES", func(k k) string { return words(k.Scopes) }},
			{"NODES", func(k k) string { return numbers(k.Nodes) }},
			{"NETWORKS", func(k k) string { return words(k.Networks) }},
			{"ORIGINS", func(k k) string { return words(k.Origins) }},
			{headCreated, func(k k) string { return shownTime(k.Created) }},
			{"OLD SECRET UNTIL", func(k k) string { return shownTimeOf(k.Overlap) }},
			{"REVOKED", func(k k) string { return shownTimeOf(k.Revoked) }},
			{"REVOKED BY", func(k k) string { return value(k.RevokedBy) }},
		},
	}
}

// homeFlag says whose keys they are.
type homeFlag struct {
	Workspace string `help:"The workspace whose keys they are, by technical name or identifier; your own when missing." placeholder:"NAME"`
}

// dialHome prepares to talk about keys: of a workspace, or one's own when id is
// empty.
func (h homeFlag) dialHome(ctx context.Context, f remoteFlags, s streams) (api *remote, id string, err error) {
	if api, err = f.dial(s); err != nil || h.Workspace == "" {
		return api, "", err
	}
	id, err = api.workspace(ctx, h.Workspace)
	return api, id, err
}

// keyFilter chooses keys.
type keyFilter struct{ search, states, roles, sort string }

// keys lists the keys of a workspace, or one's own for none.
func (r *remote) keys(ctx context.Context, in string, f keyFilter) pager {
	return func(cursor *string, limit *int) ([]byte, error) {
		if in == "" {
			return said(r.ListMyKeysWithResponse(ctx, &client.ListMyKeysParams{
				Q: given(f.search), State: given(f.states), Sort: given(f.sort), Cursor: cursor, Limit: limit,
			}))
		}
		return said(r.ListKeysWithResponse(ctx, in, &client.ListKeysParams{
			Q: given(f.search), State: given(f.states), Role: given(f.roles), Sort: given(f.sort), Cursor: cursor, Limit: limit,
		}))
	}
}

// key returns the identifier of a key by that, its title or its prefix.
func (r *remote) key(ctx context.Context, in, name string) (string, error) {
	if uid.Valid(name) {
		return name, nil
	}
	k, err := found("key", name, r.keys(ctx, in, keyFilter{}), func(k client.Key) bool {
		return strings.EqualFold(k.Title, name) || k.Prefix == name
	})
	return k.ID, err
}

type keyListCommand struct {
	remoteFlags
	listFlags
	searchFlag
	homeFlag

	State []string `help:"Only those in this state: active, rotating, expired or revoked. May be given more than once." placeholder:"STATE"`
	Role  []string `help:"Only those with this role, of a workspace. May be given more than once."                      placeholder:"ROLE"`
}

// Run prints the keys.
func (c keyListCommand) Run(ctx context.Context, s streams) error {
	api, in, err := c.dialHome(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	if in == "" && len(c.Role) > 0 {
		return usageError("--role is for the keys of a workspace")
	}
	return list(s, c.listFlags, keyView(), api.keys(ctx, in, keyFilter{
		search: c.Query, states: strings.Join(c.State, ","), roles: strings.Join(c.Role, ","), sort: c.Sort,
	}))
}

// keyArgument names a key.
type keyArgument struct {
	homeFlag

	Key string `arg:"" help:"The key: title, prefix or identifier."`
}

func (a keyArgument) dialKey(ctx context.Context, f remoteFlags, s streams) (api *remote, in, id string, err error) {
	if api, in, err = a.dialHome(ctx, f, s); err != nil {
		return nil, "", "", err
	}
	id, err = api.key(ctx, in, a.Key)
	return api, in, id, err
}

type keyGetCommand struct {
	remoteFlags
	outputFlags
	keyArgument
}

// Run prints the key.
func (c keyGetCommand) Run(ctx context.Context, s streams) error {
	api, in, id, err := c.dialKey(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	var body []byte
	if in == "" {
		body, err = said(api.GetMyKeyWithResponse(ctx, id, &client.GetMyKeyParams{}))
	} else {
		body, err = said(api.GetKeyWithResponse(ctx, in, id, &client.GetKeyParams{}))
	}
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, keyView(), body)
}

// secretFlags say how a key is printed whose secret is told.
type secretFlags struct {
	Output string `default:"table"                                                enum:"table,json,secret" env:"-" help:"How the key is printed: ${enum}. secret is that alone." placeholder:"FORMAT" short:"o"`
	DryRun bool   `help:"Try it, print what it would be, and keep nothing of it."`
}

// showSecret prints a key with its secret.
func (f secretFlags) showSecret(s streams, body []byte) error {
	switch f.Output {
	case "json":
		return indented(s.out, body)
	case "table":
		v := keyView()
		v.columns = append([]column[client.Key]{{"SECRET", func(k client.Key) string { return value(k.Secret) }}}, v.columns...)
		if err := show(s, outputFlags{Output: "table"}, v, body); err != nil {
			return err
		}
	default:
		var told client.Key
		if err := json.Unmarshal(body, &told); err != nil {
			return nonsense(err)
		}
		fmt.Fprintln(s.out, clean(value(told.Secret)))
	}
	if f.DryRun {
		fmt.Fprintln(s.err, "dry run, nothing is kept: this secret opens nothing")
	} else {
		fmt.Fprintln(s.err, "the secret is not shown again: whoever has it can do what the key may")
	}
	return nil
}

type keyCreateCommand struct {
	remoteFlags
	secretFlags
	onceFlag
	homeFlag

	Title   string   `arg:""                                                                                                               help:"What people recognise it by."`
	Role    string   `help:"What a key of a workspace may do: Editor or Viewer."                                                           placeholder:"ROLE"`
	Scope   []string `help:"Only this scope of permissions. May be given more than once."                                                  placeholder:"SCOPE"`
	Node    []int64  `help:"Only on this node and below. May be given more than once."                                                     placeholder:"NODE"`
	Network []string `help:"Only from this address or network, as 192.0.2.0/24. May be given more than once."                              placeholder:"NETWORK"`
	Origin  []string `help:"Only for pages of this origin, as https://maps.example.org. May be given more than once."                      placeholder:"ORIGIN"`
	Expires string   `help:"Until when it is good: 2026-12-31, the whole day, or a time in RFC 3339. A server may want one, and bound it." placeholder:"TIME"`
}

// Run creates the key and prints it with its secret.
func (c keyCreateCommand) Run(ctx context.Context, s streams) error {
	switch {
	case c.Workspace == "" && c.Role != "":
		return usageError("--role is for keys of a workspace: your own may do what you may")
	case c.Workspace != "" && c.Role == "":
		return usageError("--role: Editor or Viewer?")
	}
	api, in, err := c.dialHome(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	var expires nullable.Nullable[string]
	if c.Expires != "" {
		expires = nullable.NewNullableWithValue(c.Expires)
	}
	var body []byte
	if in == "" {
		body, err = said(api.CreateMyKeyWithResponse(ctx, &client.CreateMyKeyParams{DryRun: given(c.DryRun), IdempotencyKey: c.once()}, client.MyKeyNew{
			Title: c.Title, Scopes: some(c.Scope), Nodes: some(c.Node), Networks: some(c.Network), Origins: some(c.Origin), Expires: expires,
		}))
	} else {
		body, err = said(api.CreateKeyWithResponse(ctx, in, &client.CreateKeyParams{DryRun: given(c.DryRun), IdempotencyKey: c.once()}, client.KeyNew{
			Title: c.Title, Role: client.KeyNewRole(c.Role), Scopes: some(c.Scope), Nodes: some(c.Node), Networks: some(c.Network), Origins: some(c.Origin), Expires: expires,
		}))
	}
	if err != nil {
		return err
	}
	return c.showSecret(s, body)
}

// some is a pointer to a list that is not empty.
func some[T any](list []T) *[]T {
	if len(list) == 0 {
		return nil
	}
	return &list
}

type keyRotateCommand struct {
	remoteFlags
	secretFlags
	onceFlag
	keyArgument

	Overlap time.Duration `help:"How long the secret before stays good besides, as 24h." placeholder:"DURATION"`
}

// Run gives the key another secret and prints it.
func (c keyRotateCommand) Run(ctx context.Context, s streams) error {
	api, in, id, err := c.dialKey(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	rotation := client.Rotation{Overlap: given(int64(c.Overlap / time.Second))}
	var body []byte
	if in == "" {
		body, err = said(api.RotateMyKeyWithResponse(ctx, id, &client.RotateMyKeyParams{DryRun: given(c.DryRun), IdempotencyKey: c.once()}, rotation))
	} else {
		body, err = said(api.RotateKeyWithResponse(ctx, in, id, &client.RotateKeyParams{DryRun: given(c.DryRun), IdempotencyKey: c.once()}, rotation))
	}
	if err != nil {
		return err
	}
	return c.showSecret(s, body)
}

type keyRevokeCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	keyArgument
}

// Run revokes the key and prints it.
func (c keyRevokeCommand) Run(ctx context.Context, s streams) error {
	api, in, id, err := c.dialKey(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Revoke key "+c.Key+"?"); err != nil {
			return err
		}
	}
	var body []byte
	if in == "" {
		body, err = said(api.RevokeMyKeyWithResponse(ctx, id, &client.RevokeMyKeyParams{DryRun: c.dry()}))
	} else {
		body, err = said(api.RevokeKeyWithResponse(ctx, in, id, &client.RevokeKeyParams{DryRun: c.dry()}))
	}
	if err != nil {
		return err
	}
	c.tellf(s, "revoked key %s", c.Key)
	return show(s, c.outputFlags, keyView(), body)
}

type keyDeleteCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	disposalFlags
	keyArgument
}

// Run deletes the key, with what becomes of what it owns.
func (c keyDeleteCommand) Run(ctx context.Context, s streams) error {
	api, in, id, err := c.dialKey(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Delete key "+c.Key+"?"); err != nil {
			return err
		}
	}
	var body []byte
	if in == "" {
		if c.TransferTo != "" || c.Discard || c.Cascade {
			return usageError("a key of your own owns nothing")
		}
		body, err = said(api.DeleteMyKeyWithResponse(ctx, id, &client.DeleteMyKeyParams{DryRun: c.dry()}))
	} else {
		params := &client.DeleteKeyParams{DryRun: c.dry(), DeleteResources: given(c.Discard), Cascade: given(c.Cascade)}
		if c.TransferTo != "" {
			heir, err := api.member(ctx, in, c.TransferTo)
			if err != nil {
				return err
			}
			params.TransferTo = &heir
		}
		body, err = said(api.DeleteKeyWithResponse(ctx, in, id, params))
	}
	if err != nil {
		return err
	}
	return gone(s, c.changeFlags, keyView(), body, "deleted key "+c.Key)
}
