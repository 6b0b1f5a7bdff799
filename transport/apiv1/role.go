package apiv1

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func roleRoutes() []route {
	platform := platform(workspace.ManageRoles)
	return []route{
		get("/roles", "listRoles", signedIn(), (*lens).roles),
		get("/roles/{role}", "getRole", signedIn(), (*lens).role),
		put("/roles/{role}", "putRole", platform, (*lens).putRole),
		remove("/roles/{role}", "deleteRole", platform, (*lens).deleteRole),
	}
}

// roleWire is a role.
type roleWire struct {
	Name        rbac.RoleName     `json:"name"`
	Title       string            `json:"title"`
	Permissions []rbac.Permission `json:"permissions"`
	Everything  bool              `json:"everything"`
	Builtin     bool              `json:"builtin"`
}

func roleOf(r rbac.Role) roleWire {
	return roleWire{Name: r.Name, Title: r.Title, Permissions: r.Permissions, Everything: r.Everything, Builtin: r.Builtin}
}

func (l *lens) roles(c *call) (reply, error) {
	columns := []column[roleWire]{
		{name: "name", text: func(r roleWire) string { return string(r.Name) }},
		{name: "title", text: func(r roleWire) string { return strings.ToLower(r.Title) + "\n" + string(r.Name) }},
	}
	p, err := c.page(names(columns)...)
	if err != nil {
		return reply{}, err
	}
	found, err := l.Workspaces.Roles(c.Context(), c.actor)
	if err != nil {
		return reply{}, err
	}
	return cut(p, all(found, roleOf), columns, func(roleWire) int64 { return 0 })
}

// roleName returns the name in the path, which came escaped.
func (c *call) roleName() (rbac.RoleName, error) {
	name, err := url.PathUnescape(mux.Vars(c.Request)["role"])
	if err != nil {
		return "", workspace.ErrNotFound
	}
	return rbac.RoleName(name), nil
}

func (l *lens) roleNamed(ctx context.Context, c *call, name rbac.RoleName) (roleWire, error) {
	found, err := l.Workspaces.Roles(ctx, c.actor)
	if err != nil {
		return roleWire{}, err
	}
	for _, r := range found {
		if r.Name == name {
			return roleOf(r), nil
		}
	}
	return roleWire{}, workspace.ErrNotFound
}

func (l *lens) role(c *call) (reply, error) {
	name, err := c.roleName()
	if err != nil {
		return reply{}, err
	}
	r, err := l.roleNamed(c.Context(), c, name)
	if err != nil {
		return reply{}, err
	}
	return shown(r), nil
}

// rolePut is what a role is to be.
type rolePut struct {
	Title       string             `json:"title"`
	Permissions *[]rbac.Permission `json:"permissions"`
}

func (l *lens) putRole(c *call) (reply, error) {
	name, err := c.roleName()
	if err != nil {
		return reply{}, err
	}
	var body rolePut
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if body.Permissions == nil {
		return reply{}, invalid("permissions", "the names of permissions")
	}
	var now roleWire
	err = l.Workspaces.HoldRoles(c.Context(), c.actor, func(ctx context.Context) error {
		was, err := l.roleNamed(ctx, c, name)
		if errors.Is(err, workspace.ErrNotFound) {
			err = c.absent()
		} else if err == nil {
			err = c.current(was)
		}
		if err != nil {
			return err
		}
		err = l.Workspaces.PutRole(ctx, c.actor, rbac.Role{Name: name, Title: body.Title, Permissions: *body.Permissions})
		if err != nil {
			return err
		}
		now, err = l.roleNamed(ctx, c, name)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	return shown(now), nil
}

func (l *lens) deleteRole(c *call) (reply, error) {
	name, err := c.roleName()
	if err != nil {
		return reply{}, err
	}
	var was roleWire
	err = l.Workspaces.HoldRoles(c.Context(), c.actor, func(ctx context.Context) (err error) {
		if was, err = l.roleNamed(ctx, c, name); err != nil {
			return err
		}
		if err := c.current(was); err != nil {
			return err
		}
		return l.Workspaces.DeleteRole(ctx, c.actor, name)
	})
	return gone(c, was), err
}
