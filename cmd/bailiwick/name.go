package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

// found returns the one entry of a list that fits. A name that fits several is
// none.
func found[T any](kind, name string, fetch pager, fits func(T) bool) (T, error) {
	var one T
	n := 0
	err := pages(fetch, 0, func(item json.RawMessage) error {
		var next T
		if err := json.Unmarshal(item, &next); err != nil {
			return nonsense(err)
		}
		if fits(next) {
			one = next
			n++
		}
		return nil
	})
	switch {
	case err != nil:
		return one, err
	case n == 0:
		return one, &absentError{kind, name}
	case n > 1:
		return one, conflictError(fmt.Sprintf("%d are called %s: name the identifier", n, name))
	}
	return one, nil
}

// workspace returns the identifier of a workspace by that, or by its technical
// name.
func (r *remote) workspace(ctx context.Context, name string) (string, error) {
	if uid.Valid(name) {
		return name, nil
	}
	w, err := r.workspaceNamed(ctx, name)
	return w.ID, err
}

func (r *remote) workspaceNamed(ctx context.Context, name string) (client.Workspace, error) {
	return found("workspace", name, func(cursor *string, limit *int) ([]byte, error) {
		return said(r.ListWorkspacesWithResponse(ctx, &client.ListWorkspacesParams{TechnicalName: &name, Cursor: cursor, Limit: limit}))
	}, func(w client.Workspace) bool { return strings.EqualFold(w.TechnicalName, name) })
}

// node returns the number of a node by that, or of a workspace by its name.
func (r *remote) node(ctx context.Context, name string) (int64, error) {
	if n, err := strconv.ParseInt(name, 10, 64); err == nil {
		return n, nil
	}
	if name == platformName {
		return 0, nil
	}
	if uid.Valid(name) {
		body, err := said(r.GetWorkspaceWithResponse(ctx, name, &client.GetWorkspaceParams{}))
		if err != nil {
			return 0, err
		}
		var w client.Workspace
		if err := json.Unmarshal(body, &w); err != nil {
			return 0, nonsense(err)
		}
		return w.Num, nil
	}
	w, err := r.workspaceNamed(ctx, name)
	return w.Num, err
}

// organization returns the identifier of an organization by that, or by its
// name.
func (r *remote) organization(ctx context.Context, name string) (string, error) {
	if uid.Valid(name) {
		return name, nil
	}
	o, err := found("organization", name, func(cursor *string, limit *int) ([]byte, error) {
		return said(r.ListOrganizationsWithResponse(ctx, &client.ListOrganizationsParams{Q: &name, Cursor: cursor, Limit: limit}))
	}, func(o client.Organization) bool { return strings.EqualFold(o.Name, name) })
	return o.ID, err
}

// pool returns the identifier of a facility by that, its technical name or its
// name.
func (r *remote) pool(ctx context.Context, name string) (string, error) {
	if uid.Valid(name) {
		return name, nil
	}
	p, err := found("facility", name, func(cursor *string, limit *int) ([]byte, error) {
		return said(r.ListPoolsWithResponse(ctx, &client.ListPoolsParams{Q: &name, Cursor: cursor, Limit: limit}))
	}, func(p client.Pool) bool {
		return strings.EqualFold(p.TechnicalName, name) || strings.EqualFold(p.Name, name)
	})
	return p.ID, err
}

// user returns a user by his identifier, username or e-mail.
func (r *remote) user(ctx context.Context, name string) (client.User, error) {
	if uid.Valid(name) {
		body, err := said(r.GetUserWithResponse(ctx, name, &client.GetUserParams{}))
		if err != nil {
			return client.User{}, err
		}
		var u client.User
		err = json.Unmarshal(body, &u)
		return u, err
	}
	return found("user", name, func(cursor *string, limit *int) ([]byte, error) {
		return said(r.ListUsersWithResponse(ctx, &client.ListUsersParams{Q: &name, Cursor: cursor, Limit: limit}))
	}, func(u client.User) bool {
		return strings.EqualFold(u.Username, name) || strings.EqualFold(u.Email, name)
	})
}

// userID is like user, and asks nobody where the identifier is given.
func (r *remote) userID(ctx context.Context, name string) (string, error) {
	if uid.Valid(name) {
		return name, nil
	}
	u, err := r.user(ctx, name)
	return u.ID, err
}

// groupMark tells groups from users where both can be named.
const groupMark = "group:"

// group returns a group of a workspace, or of the platform, by its identifier or
// its name.
func (r *remote) group(ctx context.Context, in, name string) (client.Group, error) {
	name = strings.TrimPrefix(name, groupMark)
	if uid.Valid(name) {
		body, err := said(r.GetGroupWithResponse(ctx, name, &client.GetGroupParams{}))
		if err != nil {
			return client.Group{}, err
		}
		var g client.Group
		err = json.Unmarshal(body, &g)
		return g, err
	}
	return found("group", name, r.groups(ctx, in, name, ""), func(g client.Group) bool { return strings.EqualFold(g.Name, name) })
}

// groups lists the groups of a workspace, or of the platform for none.
func (r *remote) groups(ctx context.Context, in, search, sort string) pager {
	return func(cursor *string, limit *int) ([]byte, error) {
		if in == "" {
			return said(r.ListPlatformGroupsWithResponse(ctx, &client.ListPlatformGroupsParams{
				Q: given(search), Sort: given(sort), Cursor: cursor, Limit: limit,
			}))
		}
		return said(r.ListGroupsWithResponse(ctx, in, &client.ListGroupsParams{
			Q: given(search), Sort: given(sort), Cursor: cursor, Limit: limit,
		}))
	}
}

// member returns the number of a member by that, his username, e-mail or
// identifier, or by the name of a group behind "group:".
func (r *remote) member(ctx context.Context, in, name string) (int64, error) {
	if n, err := strconv.ParseInt(name, 10, 64); err == nil {
		return n, nil
	}
	group, named := strings.CutPrefix(name, groupMark)
	m, err := found("member", name, r.members(ctx, in, group), func(m client.Member) bool {
		if named {
			return isGroup(m, group)
		}
		return isUser(m, name) || m.Group != nil && m.Group.ID == name
	})
	return m.Principal, err
}

// principal is like member, for who is no member yet.
func (r *remote) principal(ctx context.Context, in, name string) (int64, error) {
	if n, err := strconv.ParseInt(name, 10, 64); err == nil {
		return n, nil
	}
	if strings.HasPrefix(name, groupMark) {
		g, err := r.group(ctx, in, name)
		return g.Num, err
	}
	u, err := r.user(ctx, name)
	return u.Num, err
}

// userIn returns the identifier of a user by that, or by his username or e-mail
// among the members of a workspace, where one is given: not everybody may look
// at all users.
func (r *remote) userIn(ctx context.Context, in, name string) (string, error) {
	if in == "" || uid.Valid(name) {
		return r.userID(ctx, name)
	}
	m, err := found("member", name, r.members(ctx, in, name), func(m client.Member) bool { return isUser(m, name) })
	if err != nil {
		return "", err
	}
	return m.User.ID, nil
}

// members lists the members of a workspace who may be called so.
func (r *remote) members(ctx context.Context, in, name string) pager {
	if uid.Valid(name) { // it is searched for in names alone
		name = ""
	}
	return func(cursor *string, limit *int) ([]byte, error) {
		return said(r.ListMembersWithResponse(ctx, in, &client.ListMembersParams{Q: given(name), Cursor: cursor, Limit: limit}))
	}
}

func isUser(m client.Member, name string) bool {
	return m.User != nil && (strings.EqualFold(m.User.Username, name) || strings.EqualFold(m.User.Email, name) || m.User.ID == name)
}

func isGroup(m client.Member, name string) bool {
	return m.Group != nil && (strings.EqualFold(m.Group.Name, name) || m.Group.ID == name)
}
