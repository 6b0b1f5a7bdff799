package apiv1

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func memberRoutes() []route {
	read, manage := member(workspace.ReadMembers), member(workspace.ManageMembers)
	return []route{
		get("/workspaces/{workspace}/members", "listMembers", read, (*lens).members),
		get("/workspaces/{workspace}/members/{principal}", "getMember", read, (*lens).member),
		put("/workspaces/{workspace}/members/{principal}", "putMember", manage, (*lens).putMember),
		remove("/workspaces/{workspace}/members/{principal}", "removeMember", manage, (*lens).removeMember),
		get("/workspaces/{workspace}/members/{principal}/rights", "listMemberRights", read, (*lens).memberRights),
	}
}

// groupReference is a group by name.
type groupReference struct {
	ID   workspace.GroupID `json:"id"`
	Num  rbac.Principal    `json:"num"`
	Name string            `json:"name"`
}

// memberWire is a user or a group in a workspace.
type memberWire struct {
	Principal  rbac.Principal  `json:"principal"`
	Kind       rbac.Kind       `json:"kind"`
	Name       string          `json:"name"`
	Username   string          `json:"username,omitzero"`
	Email      string          `json:"email,omitzero"`
	User       *person         `json:"user,omitzero"`
	Group      *groupReference `json:"group,omitzero"`
	Roles      []rbac.RoleName `json:"roles"`
	Rights     []rbac.RoleName `json:"rights"`
	Supervisor bool            `json:"supervisor"`
	Suspended  bool            `json:"suspended"`
	Created    time.Time       `json:"created"`
	Updated    time.Time       `json:"updated"`
}

// principal returns the workspace and the principal that a path names.
func (c *call) principal() (workspace.ID, rbac.Principal, error) {
	id, err := c.id("workspace")
	if err != nil {
		return "", 0, err
	}
	num, err := strconv.ParseInt(mux.Vars(c.Request)["principal"], 10, 64)
	if err != nil || num <= 0 {
		return "", 0, workspace.ErrNotFound
	}
	return workspace.ID(id), rbac.Principal(num), nil
}

// membersWith adds who members are.
func (l *lens) membersWith(ctx context.Context, c *call, in workspace.ID, found []workspace.Member) ([]memberWire, error) {
	w, err := l.Workspaces.Workspace(ctx, c.actor, in)
	if err != nil {
		return nil, err
	}
	nums := all(found, func(m workspace.Member) rbac.Principal { return m.Principal })
	people, err := l.Workspaces.People(ctx, c.actor, in, nums)
	if err != nil {
		return nil, err
	}
	groups, err := l.Workspaces.GroupNames(ctx, c.actor, in, nums)
	if err != nil {
		return nil, err
	}
	return all(found, func(m workspace.Member) memberWire {
		wire := memberWire{
			Principal: m.Principal, Kind: m.Kind(), Name: m.Name, Username: m.Username, Email: m.Email,
			Roles: m.Roles, Rights: m.Rights, Suspended: m.Suspended, Supervisor: m.User != "" && m.User == w.Supervisor,
			Created: m.Created, Updated: m.Updated,
		}
		if g, is := groups[m.Principal]; is {
			wire.Group = &groupReference{ID: g.ID, Num: g.Num, Name: g.Name}
		}
		if u, is := people[m.Principal]; is {
			who := personOf(u)
			wire.User = &who
		}
		return wire
	}), nil
}

func (l *lens) members(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(byCreationFirst(workspace.MemberFilter{}.Sortable())...)
	if err != nil {
		return reply{}, err
	}
	f := workspace.MemberFilter{Order: p.order, After: p.after, Limit: p.more()}
	if f.Search, err = c.text("q"); err != nil {
		return reply{}, err
	}
	if f.Principals, err = c.principals("principal"); err != nil {
		return reply{}, err
	}
	for name, has := range map[string]*string{"name": &f.NameHas, "username": &f.UsernameHas, "email": &f.EmailHas} {
		if *has, err = c.text(name); err != nil {
			return reply{}, err
		}
	}
	if f.Suspended, err = c.flag("suspended"); err != nil {
		return reply{}, err
	}
	if f.Created, err = c.created(); err != nil {
		return reply{}, err
	}
	kind, err := c.text("kind")
	if err != nil {
		return reply{}, err
	}
	if kind != "" {
		if err := oneOf("kind", kind, string(rbac.User), string(rbac.Group)); err != nil {
			return reply{}, err
		}
		f.Kind = rbac.Kind(kind)
	}
	roles, err := c.some("role")
	if err != nil {
		return reply{}, err
	}
	if roles != nil {
		f.Roles = [][]rbac.RoleName{all(roles, func(name string) rbac.RoleName { return rbac.RoleName(name) })}
	}
	found, total, err := l.Workspaces.Members(c.Context(), c.actor, workspace.ID(id), f)
	if err != nil {
		return reply{}, err
	}
	shown, next := trim(p, found, placed[workspace.Member](p))
	wires, err := l.membersWith(c.Context(), c, workspace.ID(id), shown)
	if err != nil {
		return reply{}, err
	}
	return ok(list[memberWire]{Items: wires, Next: next, Total: &total}), nil
}

// memberOf returns one member.
func (l *lens) memberOf(ctx context.Context, c *call, in workspace.ID, who rbac.Principal) (memberWire, error) {
	found, _, err := l.Workspaces.Members(ctx, c.actor, in, workspace.MemberFilter{Principals: []rbac.Principal{who}})
	if err != nil {
		return memberWire{}, err
	}
	if len(found) == 0 {
		return memberWire{}, workspace.ErrNotFound
	}
	list, err := l.membersWith(ctx, c, in, found)
	if err != nil {
		return memberWire{}, err
	}
	return list[0], nil
}

func (l *lens) member(c *call) (reply, error) {
	in, who, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	m, err := l.memberOf(c.Context(), c, in, who)
	if err != nil {
		return reply{}, err
	}
	return shown(m), nil
}

// memberPut is what a member is to have.
type memberPut struct {
	Roles      *[]rbac.RoleName `json:"roles"`
	TransferTo rbac.Principal   `json:"transfer_to"`
}

func (l *lens) putMember(c *call) (reply, error) {
	in, who, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	var body memberPut
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if body.Roles == nil {
		return reply{}, invalid("roles", "the names of roles")
	}
	var now memberWire
	err = l.heldWorkspace(c, in, func(ctx context.Context) error {
		was, err := l.memberOf(ctx, c, in, who)
		if errors.Is(err, workspace.ErrNotFound) {
			return c.absent()
		}
		if err != nil {
			return err
		}
		return c.current(was)
	}, func(ctx context.Context) error {
		was, unknown := l.memberOf(ctx, c, in, who)
		put, err := l.Workspaces.ChangeRoles(ctx, c.actor, in, who, *body.Roles, body.TransferTo)
		if err != nil {
			return l.owning(ctx, c, in, who, err)
		}
		list, err := l.membersWith(ctx, c, in, []workspace.Member{put})
		if who == c.actor.Principal && unknown == nil && errors.Is(err, rbac.ErrDenied) {
			// Whoever gave up seeing who is there is still told of himself.
			now = was
			now.Roles, now.Rights, now.Updated = put.Roles, put.Rights, put.Updated
			return nil
		}
		if err != nil {
			return err
		}
		now = list[0]
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return shown(now), nil
}

func (l *lens) removeMember(c *call) (reply, error) {
	in, who, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	var was memberWire
	err = l.heldWorkspace(c, in, func(ctx context.Context) (err error) {
		if was, err = l.memberOf(ctx, c, in, who); err != nil {
			return err
		}
		return c.current(was)
	}, func(ctx context.Context) error {
		return l.owning(ctx, c, in, who, l.Workspaces.RemoveMember(ctx, c.actor, in, who))
	})
	return gone(c, was), err
}

// right is a permission that a member has, or has not, with the reason.
type right struct {
	Permission rbac.Permission `json:"permission"`
	Allowed    bool            `json:"allowed"`
	Cause      rbac.Cause      `json:"cause"`
	Rules      []ruleWire      `json:"rules"`
	Missing    *missing        `json:"missing,omitzero"`
}

func rightOf(x rbac.Explanation) right {
	rules := slices.Concat(all(x.Path, func(s rbac.Step) []rbac.Rule { return s.Rules })...)
	return right{
		Permission: x.Permission, Allowed: x.Allowed, Cause: x.Cause, Rules: all(rules, ruleOf), Missing: missingOf(x),
	}
}

func (l *lens) memberRights(c *call) (reply, error) {
	in, who, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	columns := []column[right]{{name: "permission", text: func(r right) string { return string(r.Permission) }}}
	p, err := c.page(names(columns)...)
	if err != nil {
		return reply{}, err
	}
	found, err := l.Workspaces.MemberRights(c.Context(), c.actor, in, who)
	if err != nil {
		return reply{}, err
	}
	return cut(p, all(found, rightOf), columns, func(right) int64 { return 0 })
}
