package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// userView is how the commands that ask a server print users.
func userView() view[client.User] {
	type u = client.User
	return view[u]{
		id: func(u u) string { return u.ID },
		columns: []column[u]{
			{headName, func(u u) string { return u.Username }},
			{"FULL NAME", func(u u) string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }},
			{"E-MAIL", func(u u) string { return u.Email }},
			{"STATUS", func(u u) string {
				return status(workspace.User{Administrator: u.Administrator, Technical: u.Technical, Disabled: u.Disabled})
			}},
			{"LANGUAGE", func(u u) string { return u.Language }},
			{"LAST LOGIN", func(u u) string { return shownTimeOf(u.LastLogin) }},
			{headPrincipal, func(u u) string { return number(u.Num) }},
			{"ID", func(u u) string { return u.ID }},
		},
	}
}

// userArgument names a user of a server.
type userArgument struct {
	Name string `arg:"" help:"The user: name, e-mail or identifier."`
}

func (a userArgument) dialUser(ctx context.Context, f remoteFlags, s streams) (api *remote, id string, err error) {
	if api, err = f.dial(s); err != nil {
		return nil, "", err
	}
	id, err = api.userID(ctx, a.Name)
	return api, id, err
}

type userGetCommand struct {
	remoteFlags
	outputFlags
	userArgument
}

// Run prints the user.
func (c userGetCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialUser(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.GetUserWithResponse(ctx, id, &client.GetUserParams{}))
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, userView(), body)
}

type userDisableCommand struct {
	remoteFlags
	changeFlags
	sureFlag
	userArgument
}

// Run disables the user and prints him.
func (c userDisableCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialUser(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := c.sure(s, "Refuse "+c.Name+" everything?"); err != nil {
			return err
		}
	}
	body, err := said(api.DisableUserWithResponse(ctx, id, &client.DisableUserParams{DryRun: c.dry()}))
	if err != nil {
		return err
	}
	c.tellf(s, "disabled user %s", c.Name)
	return show(s, c.outputFlags, userView(), body)
}

type userEnableCommand struct {
	remoteFlags
	changeFlags
	userArgument
}

// Run enables the user and prints him.
func (c userEnableCommand) Run(ctx context.Context, s streams) error {
	api, id, err := c.dialUser(ctx, c.remoteFlags, s)
	if err != nil {
		return err
	}
	body, err := said(api.EnableUserWithResponse(ctx, id, &client.EnableUserParams{DryRun: c.dry()}))
	if err != nil {
		return err
	}
	c.tellf(s, "enabled user %s", c.Name)
	return show(s, c.outputFlags, userView(), body)
}

// ask has a server create the user and then set the password. A password that
// the server refuses leaves a user who cannot sign in.
func (c userCreateCommand) ask(ctx context.Context, s streams) error {
	password, made, err := c.read(s.in)
	if err != nil {
		return err
	}
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	body, err := said(api.CreateUserWithResponse(ctx, &client.CreateUserParams{}, client.UserNew{
		Username: c.Name, Email: c.Email, FirstName: &c.FirstName, LastName: &c.LastName,
		Language: &c.Language, Technical: given(c.Technical), Administrator: given(c.Admin),
	}))
	if err != nil {
		return err
	}
	var user client.User
	if err := json.Unmarshal(body, &user); err != nil {
		return nonsense(err)
	}
	fmt.Fprintf(s.out, "created user %s (%s)\n", clean(user.Username), user.ID)
	if _, err := said(api.SetPasswordWithResponse(ctx, user.ID, client.SetPasswordJSONRequestBody{Password: password})); err != nil {
		return fmt.Errorf("the user has no password yet: %w", err)
	}
	if made {
		fmt.Fprintf(s.out, "password: %s\n", password)
	}
	return nil
}
