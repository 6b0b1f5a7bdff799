package apiv1

import (
	"context"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func meRoutes() []route {
	return []route{
		get("/me", "getMe", signedIn(), (*lens).me),
		patch("/me", "updateMe", signedIn(), (*lens).updateMe),
		get("/me/workspaces", "listMyWorkspaces", signedIn(), (*lens).myWorkspaces),
		remove("/me/workspaces/{workspace}", "leaveWorkspace", member(""), (*lens).leave),
	}
}

// workspaceReference is a workspace by name.
type workspaceReference struct {
	ID            workspace.ID `json:"id"`
	Num           rbac.Node    `json:"num"`
	Name          string       `json:"name"`
	TechnicalName string       `json:"technical_name"`
	Active        bool         `json:"active"`
}

// membership is a workspace as one of its members sees it.
type membership struct {
	Workspace  workspaceReference `json:"workspace"`
	Roles      []rbac.RoleName    `json:"roles"`
	Supervisor bool               `json:"supervisor"`
}

func membershipOf(m workspace.Membership, of workspace.UserID) membership {
	w := m.Workspace
	return membership{
		Workspace: workspaceReference{
			ID: w.ID, Num: w.Num, Name: w.Name, TechnicalName: w.TechnicalName, Active: w.Active,
		},
		Roles: m.Roles, Supervisor: w.Supervisor == of,
	}
}

// membershipColumns are what memberships can be put in order by. Workspaces are
// numbered as they are made.
func membershipColumns() []column[membership] {
	return []column[membership]{
		{name: byCreation, number: numbered},
		{name: "name", text: func(m membership) string { return strings.ToLower(m.Workspace.Name) }},
		{name: "technical_name", text: func(m membership) string { return strings.ToLower(m.Workspace.TechnicalName) }},
	}
}

func numbered(m membership) int64 { return int64(m.Workspace.Num) }

func (l *lens) me(c *call) (reply, error) {
	u, err := l.Workspaces.Me(c.Context(), c.actor)
	if err != nil {
		return reply{}, err
	}
	return shown(userOf(u)), nil
}

// mePatch is what one may change of oneself.
type mePatch struct {
	FirstName opt[string] `json:"first_name"`
	LastName  opt[string] `json:"last_name"`
	Language  opt[string] `json:"language"`
}

func (l *lens) updateMe(c *call) (reply, error) {
	var body mePatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	u, err := l.Workspaces.Me(c.Context(), c.actor)
	if err != nil {
		return reply{}, err
	}
	return l.changeUser(c, u.ID, func(u *workspace.User) {
		body.FirstName.set(&u.FirstName)
		body.LastName.set(&u.LastName)
		body.Language.set(&u.Language)
	})
}

func (l *lens) myWorkspaces(c *call) (reply, error) {
	p, err := c.page(names(membershipColumns())...)
	if err != nil {
		return reply{}, err
	}
	u, err := l.Workspaces.Me(c.Context(), c.actor)
	if err != nil {
		return reply{}, err
	}
	list, err := l.memberships(c.Context(), c.actor, u.ID)
	if err != nil {
		return reply{}, err
	}
	return cut(p, list, membershipColumns(), numbered)
}

func (l *lens) memberships(ctx context.Context, actor workspace.Actor, of workspace.UserID) ([]membership, error) {
	found, err := l.Workspaces.Memberships(ctx, actor, of)
	if err != nil {
		return nil, err
	}
	return all(found, func(m workspace.Membership) membership { return membershipOf(m, of) }), nil
}

func (l *lens) leave(c *call) (reply, error) {
	ctx := c.Context()
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	in := workspace.ID(id)
	var was membership
	leave := func(ctx context.Context) error {
		if c.conditional() {
			list, err := l.memberships(ctx, c.actor, c.actor.User)
			if err != nil {
				return err
			}
			for _, m := range list {
				if m.Workspace.ID == in {
					was = m
				}
			}
			if err := c.current(was); err != nil {
				return err
			}
		}
		return l.owning(ctx, c, in, c.actor.Principal, l.Workspaces.Leave(ctx, c.actor, in))
	}
	if c.conditional() {
		err = l.Workspaces.Hold(ctx, c.actor, in, leave)
	} else {
		err = leave(ctx)
	}
	if err != nil {
		return reply{}, err
	}
	return gone(c, was), nil
}
