package apiv1

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func groupRoutes() []route {
	read, manage := member(workspace.ReadMembers), member(workspace.ManageMembers)
	platform := platform(workspace.ManageUsers)
	return []route{
		get("/workspaces/{workspace}/groups", "listGroups", read, (*lens).workspaceGroups),
		post("/workspaces/{workspace}/groups", "createGroup", manage, (*lens).createWorkspaceGroup),
		get("/groups", "listPlatformGroups", platform, (*lens).platformGroups),
		post("/groups", "createPlatformGroup", platform, (*lens).createPlatformGroup),
		get("/groups/{group}", "getGroup", read, (*lens).group),
		patch("/groups/{group}", "updateGroup", manage, (*lens).updateGroup),
		remove("/groups/{group}", "deleteGroup", manage, (*lens).deleteGroup),
		get("/groups/{group}/users", "listGroupUsers", read, (*lens).groupUsers),
		put("/groups/{group}/users/{user}", "addGroupUser", manage, (*lens).addGroupUser),
		remove("/groups/{group}/users/{user}", "removeGroupUser", manage, (*lens).removeGroupUser),
	}
}

// groupWire is a group.
type groupWire struct {
	ID          workspace.GroupID `json:"id"`
	Num         rbac.Principal    `json:"num"`
	Workspace   workspace.ID      `json:"workspace,omitzero"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Members     int               `json:"members"`
	Created     time.Time         `json:"created"`
	Updated     time.Time         `json:"updated"`
}

func (groupWire) readings() []string { return []string{"members"} }

func groupOf(g workspace.Group) groupWire {
	return groupWire{
		ID: g.ID, Num: g.Num, Workspace: g.Workspace, Name: g.Name, Description: g.Description, Members: g.Members,
		Created: g.Created, Updated: g.Updated,
	}
}

// groupPatch is a change of a group, and what one is made of.
type groupPatch struct {
	Name        opt[string] `json:"name"`
	Description opt[string] `json:"description"`
}

func (p groupPatch) apply(g *workspace.Group) {
	p.Name.set(&g.Name)
	p.Description.set(&g.Description)
}

func (l *lens) groups(c *call, in workspace.ID) (reply, error) {
	p, err := c.page(byCreationFirst(workspace.GroupFilter{}.Sortable())...)
	if err != nil {
		return reply{}, err
	}
	f := workspace.GroupFilter{Workspace: in, Order: p.order, After: p.after, Limit: p.more()}
	if f.Search, err = c.text("q"); err != nil {
		return reply{}, err
	}
	found, total, err := l.Workspaces.Groups(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	return paged(p, found, total, groupOf), nil
}

func (l *lens) workspaceGroups(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	return l.groups(c, workspace.ID(id))
}

func (l *lens) platformGroups(c *call) (reply, error) { return l.groups(c, "") }

func (l *lens) createGroup(c *call, in workspace.ID, location string) (reply, error) {
	var body groupPatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	g := workspace.Group{Workspace: in}
	body.apply(&g)
	made, err := l.Workspaces.CreateGroup(c.Context(), c.actor, g)
	if err != nil {
		return reply{}, err
	}
	return created(groupOf(made), location, string(made.ID)), nil
}

func (l *lens) createWorkspaceGroup(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	return l.createGroup(c, workspace.ID(id), "../../groups/")
}

func (l *lens) createPlatformGroup(c *call) (reply, error) { return l.createGroup(c, "", "groups/") }

func (l *lens) group(c *call) (reply, error) {
	id, err := c.id("group")
	if err != nil {
		return reply{}, err
	}
	g, err := l.Workspaces.Group(c.Context(), c.actor, workspace.GroupID(id))
	if err != nil {
		return reply{}, err
	}
	return shown(groupOf(g)), nil
}

func (l *lens) updateGroup(c *call) (reply, error) {
	id, err := c.id("group")
	if err != nil {
		return reply{}, err
	}
	var body groupPatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	changed, err := l.Workspaces.UpdateGroup(c.Context(), c.actor, workspace.GroupID(id), func(g *workspace.Group) error {
		if err := c.current(groupOf(*g)); err != nil {
			return err
		}
		body.apply(g)
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return shown(groupOf(changed)), nil
}

// heldGroup changes something about a group: where that depends on what is
// there, only if check finds it so, and with nobody able to change it meanwhile.
func (l *lens) heldGroup(
	c *call, id workspace.GroupID, check func(ctx context.Context, g workspace.Group) error, change func(ctx context.Context) error,
) error {
	if !c.conditional() {
		return change(c.Context())
	}
	g, err := l.Workspaces.Group(c.Context(), c.actor, id)
	if err != nil {
		return err
	}
	held := func(ctx context.Context) error {
		// It may have changed before it was held.
		g, err := l.Workspaces.Group(ctx, c.actor, id)
		if err != nil {
			return err
		}
		if err := check(ctx, g); err != nil {
			return err
		}
		return change(ctx)
	}
	if g.Workspace == "" {
		return l.Workspaces.HoldUsers(c.Context(), c.actor, held)
	}
	return l.Workspaces.Hold(c.Context(), c.actor, g.Workspace, held)
}

func (l *lens) deleteGroup(c *call) (reply, error) {
	id, err := c.id("group")
	if err != nil {
		return reply{}, err
	}
	this := workspace.GroupID(id)
	var was groupWire
	err = l.heldGroup(c, this, func(_ context.Context, g workspace.Group) error {
		was = groupOf(g)
		return c.current(was)
	}, func(ctx context.Context) error { return l.Workspaces.DeleteGroup(ctx, c.actor, this) })
	return gone(c, was), err
}

func (l *lens) groupUsers(c *call) (reply, error) {
	id, err := c.id("group")
	if err != nil {
		return reply{}, err
	}
	p, f, err := c.userFilter()
	if err != nil {
		return reply{}, err
	}
	found, total, err := l.Workspaces.GroupUsers(c.Context(), c.actor, workspace.GroupID(id), f)
	if err != nil {
		return reply{}, err
	}
	return paged(p, found, total, personOf), nil
}

// groupUser returns one of the users in a group.
func (l *lens) groupUser(ctx context.Context, c *call, in workspace.GroupID, who workspace.UserID) (person, error) {
	found, _, err := l.Workspaces.GroupUsers(ctx, c.actor, in, workspace.UserFilter{IDs: []workspace.UserID{who}})
	if err != nil {
		return person{}, err
	}
	if len(found) == 0 {
		return person{}, workspace.ErrNotFound
	}
	return personOf(found[0]), nil
}

func (l *lens) addGroupUser(c *call) (reply, error) {
	first, second, err := c.ids("group", "user")
	if err != nil {
		return reply{}, err
	}
	in, who := workspace.GroupID(first), workspace.UserID(second)
	if err := l.Workspaces.AddToGroup(c.Context(), c.actor, in, who); err != nil {
		return reply{}, err
	}
	now, err := l.groupUser(c.Context(), c, in, who)
	return ok(now), err
}

func (l *lens) removeGroupUser(c *call) (reply, error) {
	first, second, err := c.ids("group", "user")
	if err != nil {
		return reply{}, err
	}
	in, who := workspace.GroupID(first), workspace.UserID(second)
	var was person
	err = l.heldGroup(c, in, func(ctx context.Context, _ workspace.Group) (err error) {
		if was, err = l.groupUser(ctx, c, in, who); err != nil {
			return err
		}
		return c.current(was)
	}, func(ctx context.Context) error { return l.Workspaces.RemoveFromGroup(ctx, c.actor, in, who) })
	return gone(c, was), err
}
