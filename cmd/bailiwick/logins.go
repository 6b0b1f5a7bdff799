package main

import (
	"context"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type loginsCommand struct {
	remoteFlags
	listFlags

	From      string   `help:"The first day, as 2026-01-01."                                                      placeholder:"DAY"`
	To        string   `help:"The last day."                                                                      placeholder:"DAY"`
	Workspace []string `help:"Only this workspace, by technical name or identifier. May be given more than once." placeholder:"NAME" sep:"none"`
	Client    []string `help:"Only this type of client, as Revit. May be given more than once."                   placeholder:"TYPE" sep:"none"`
	Users     bool     `help:"Count how many people came, each once, and not how often."`
}

// Run prints the statistics.
func (c loginsCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	in := make([]string, 0, len(c.Workspace))
	for _, name := range c.Workspace {
		id, err := api.workspace(ctx, name)
		if err != nil {
			return err
		}
		in = append(in, id)
	}
	workspaces, clients := given(strings.Join(in, ",")), given(strings.Join(c.Client, ","))
	if c.Users {
		type u = client.LoginUsers
		return list(s, c.listFlags, view[u]{id: func(u u) string { return u.Workspace.ID }, columns: []column[u]{
			{"WORKSPACE", func(u u) string { return u.Workspace.TechnicalName }},
			{headName, func(u u) string { return u.Workspace.Name }},
			{"USERS", func(u u) string { return number(u.Users) }},
		}}, func(cursor *string, limit *int) ([]byte, error) {
			return said(api.ListLoginUsersWithResponse(ctx, &client.ListLoginUsersParams{
				From: given(c.From), To: given(c.To), Workspace: workspaces, Client: clients, Sort: given(c.Sort), Cursor: cursor, Limit: limit,
			}))
		})
	}
	type l = client.Logins
	return list(s, c.listFlags, view[l]{id: func(l l) string { return l.Workspace.ID }, columns: []column[l]{
		{"WORKSPACE", func(l l) string { return l.Workspace.TechnicalName }},
		{headName, func(l l) string { return l.Workspace.Name }},
		{"CLIENT", func(l l) string { return l.Client }},
		{"LOGINS", func(l l) string { return number(l.Count) }},
	}}, func(cursor *string, limit *int) ([]byte, error) {
		return said(api.ListLoginsWithResponse(ctx, &client.ListLoginsParams{
			From: given(c.From), To: given(c.To), Workspace: workspaces, Client: clients, Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}
