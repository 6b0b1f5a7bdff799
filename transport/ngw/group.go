package ngw

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func groupRoutes() []route {
	const list, item = "/api/component/auth/group/", "/api/component/auth/group/{id:[0-9]+}"
	viewer, administrator := Policy{Who: UserViewer}, Policy{Who: PlatformAdministrator}
	return []route{
		at(get, list, "auth.group.collection", viewer, (*lens).groups),
		at(post, list, "auth.group.collection", administrator, (*lens).createGroup),
		at(get, item, "auth.group.item", viewer, (*lens).group),
		at(put, item, "auth.group.item", administrator, (*lens).updateGroup),
		at(remove, item, "auth.group.item", administrator, (*lens).deleteGroup),
	}
}

// groupKeyname returns what programs call a group. Groups have one name, so it is
// made of that, with the number behind where the name itself cannot be one.
func groupKeyname(g workspace.Group) string {
	if keynamePattern.MatchString(g.Name) {
		return g.Name
	}
	var b strings.Builder
	for _, c := range g.Name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9' && b.Len() > 0, c == '-' && b.Len() > 0:
			b.WriteRune(c)
		case b.Len() > 0:
			b.WriteByte('_')
		}
	}
	if b.Len() == 0 {
		b.WriteString("group")
	}
	return fmt.Sprintf("%s_%d", b.String(), g.Num)
}

// groupsOf lists the groups that somebody is in, of those that a call is about.
func (l *lens) groupsOf(ctx context.Context, c *call, p rbac.Principal) ([]workspace.Group, error) {
	list, _, err := l.Workspaces.Groups(ctx, c.actor, workspace.GroupFilter{Workspace: c.workspace.ID, Member: p})
	return list, err
}

// memberships returns which groups everybody is in, of those that a call is
// about.
func (l *lens) memberships(ctx context.Context, c *call) (map[rbac.Principal][]int64, error) {
	list, _, err := l.Workspaces.Groups(ctx, c.actor, workspace.GroupFilter{Workspace: c.workspace.ID})
	if err != nil {
		return nil, hiddenUsers(err)
	}
	in := map[rbac.Principal][]int64{}
	for _, g := range list {
		users, _, err := l.Workspaces.GroupUsers(ctx, c.actor, g.ID, workspace.UserFilter{})
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			in[u.Num] = append(in[u.Num], int64(g.Num))
		}
	}
	return in, nil
}

// putIntoGroups has a user be in these groups of those that a call is about, and
// in no others; nil leaves them alone. Administrators is not among them: see
// workspace.User.
func (l *lens) putIntoGroups(ctx context.Context, c *call, u workspace.User, wanted *[]int64) error {
	if wanted == nil {
		return nil
	}
	current, err := l.groupsOf(ctx, c, u.Num)
	if err != nil {
		return err
	}
	in := map[int64]workspace.Group{}
	for _, g := range current {
		in[int64(g.Num)] = g
	}
	for _, n := range *wanted {
		if _, is := in[n]; is || n == int64(rbac.Administrators) && c.workspace.ID == "" {
			continue
		}
		g, err := l.groupByNumber(ctx, c, rbac.Principal(n))
		if err != nil {
			return badReference("member_of", n, err)
		}
		if err := l.Workspaces.AddToGroup(ctx, c.actor, g.ID, u.ID); err != nil {
			return err
		}
	}
	for n, g := range in {
		if slices.Contains(*wanted, n) {
			continue
		}
		if err := l.Workspaces.RemoveFromGroup(ctx, c.actor, g.ID, u.ID); err != nil {
			return err
		}
	}
	return nil
}

// badReference refuses a number in a body that names nobody.
func badReference(field string, n int64, err error) error {
	if f, ok := errors.AsType[*failure](err); ok && f.Exception == exUserNotFound {
		return bodyError(field, fmt.Sprintf("numbers of what there is, and there is no %d", n))
	}
	return err
}

// groupByNumber returns one of those that a call is about.
func (l *lens) groupByNumber(ctx context.Context, c *call, n rbac.Principal) (workspace.Group, error) {
	list, _, err := l.Workspaces.Groups(ctx, c.actor, workspace.GroupFilter{Workspace: c.workspace.ID, Nums: []rbac.Principal{n}})
	if err != nil {
		return workspace.Group{}, hiddenUsers(err)
	}
	if len(list) == 0 || list[0].Num == rbac.Administrators {
		return workspace.Group{}, noPrincipal("Group", n)
	}
	return list[0], nil
}

func (l *lens) groups(c *call) (reply, error) {
	brief, err := c.boolean("brief", false)
	if err != nil {
		return reply{}, err
	}
	ctx := c.Context()
	list, _, err := l.Workspaces.Groups(ctx, c.actor, workspace.GroupFilter{Workspace: c.workspace.ID})
	refused := errors.Is(err, rbac.ErrDenied) || errors.Is(err, workspace.ErrNotFound)
	if err != nil && (!brief || !refused) {
		return reply{}, hiddenUsers(err)
	}
	var all []groupWire
	if c.workspace.ID == "" {
		members := []int64{}
		if !brief {
			if members, err = l.administrators(ctx, c); err != nil {
				return reply{}, err
			}
		}
		all = append(all, administratorsOf(members))
	}
	for _, g := range list {
		if g.Num == rbac.Administrators {
			continue
		}
		var members []int64
		if !brief {
			if members, err = l.membersOf(ctx, c, g); err != nil {
				return reply{}, err
			}
		}
		all = append(all, groupOf(g, members))
	}
	if !brief {
		if all == nil {
			all = []groupWire{}
		}
		return ok(all), nil
	}
	short := make([]briefGroupWire, 0, len(all))
	for _, g := range all {
		short = append(short, g.briefGroupWire)
	}
	return ok(short), nil
}

// administrators lists the platform's administrators by number.
func (l *lens) administrators(ctx context.Context, c *call) ([]int64, error) {
	yes := true
	list, _, err := l.Workspaces.Users(ctx, c.actor, workspace.UserFilter{Administrator: &yes})
	return numbersOf(list), err
}

func (l *lens) membersOf(ctx context.Context, c *call, g workspace.Group) ([]int64, error) {
	list, _, err := l.Workspaces.GroupUsers(ctx, c.actor, g.ID, workspace.UserFilter{})
	return numbersOf(list), err
}

func numbersOf(users []workspace.User) []int64 {
	list := make([]int64, 0, len(users))
	for _, u := range users {
		list = append(list, int64(u.Num))
	}
	return list
}

func (l *lens) group(c *call) (reply, error) {
	n, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	ctx := c.Context()
	if n == rbac.Administrators && c.workspace.ID == "" {
		members, err := l.administrators(ctx, c)
		return ok(administratorsOf(members)), hidden(err)
	}
	g, err := l.groupByNumber(ctx, c, n)
	if err != nil {
		return reply{}, err
	}
	members, err := l.membersOf(ctx, c, g)
	return ok(groupOf(g, members)), err
}

// hidden is hiddenUsers where there may be no error at all.
func hidden(err error) error {
	if err == nil {
		return nil
	}
	return hiddenUsers(err)
}

// A groupForm is what is sent of a group. What is not there stays as it is.
type groupForm struct {
	Keyname     *string           `json:"keyname"`
	DisplayName *string           `json:"display_name"`
	Description optional[*string] `json:"description"`
	Register    *bool             `json:"register"`
	OAuth       *bool             `json:"oauth_mapping"`
	Members     *[]int64          `json:"members"`
	Permissions *[]string         `json:"permissions"`
}

func (f groupForm) check(keyname string, permissions []string) error {
	if f.Keyname != nil && *f.Keyname != keyname {
		if err := checkKeyname(*f.Keyname); err != nil {
			return err
		}
	}
	switch {
	case or(f.Register, false):
		return bodyError("register", "false: nobody registers himself here")
	case or(f.OAuth, false):
		return bodyError("oauth_mapping", "false: groups do not come from an identity provider")
	case f.Permissions != nil && !slices.Equal(slices.Sorted(slices.Values(*f.Permissions)), permissions):
		return bodyError("permissions", "no others than the group has: none are given by name")
	}
	return nil
}

func (l *lens) createGroup(c *call) (reply, error) {
	var form groupForm
	if err := c.read(&form); err != nil {
		return reply{}, err
	}
	switch {
	case form.Keyname == nil:
		return reply{}, bodyError("keyname", "text")
	case form.DisplayName == nil:
		return reply{}, bodyError("display_name", "text")
	}
	if err := form.check("", []string{}); err != nil {
		return reply{}, err
	}
	var made workspace.Group
	err := l.unit(c.Context(), func(ctx context.Context) error {
		var err error
		made, err = l.Workspaces.CreateGroup(ctx, c.actor, workspace.Group{
			Workspace: c.workspace.ID, Name: *form.DisplayName, Description: or(form.Description.value, ""),
		})
		if err != nil {
			return err
		}
		return l.putMembers(ctx, c, made, form.Members)
	})
	if err != nil {
		return reply{}, err
	}
	return created(numbered{ID: int64(made.Num)}), nil
}

// putMembers has these users be in a group, and no others; nil leaves them alone.
func (l *lens) putMembers(ctx context.Context, c *call, g workspace.Group, wanted *[]int64) error {
	if wanted == nil {
		return nil
	}
	current, _, err := l.Workspaces.GroupUsers(ctx, c.actor, g.ID, workspace.UserFilter{})
	if err != nil {
		return err
	}
	in := numbersOf(current)
	for _, n := range *wanted {
		if slices.Contains(in, n) {
			continue
		}
		u, err := l.someone(ctx, c, rbac.Principal(n))
		if err == nil && u.Num == 0 {
			err = noPrincipal("User", rbac.Principal(n))
		}
		if err != nil {
			return badReference("members", n, err)
		}
		if err := l.Workspaces.AddToGroup(ctx, c.actor, g.ID, u.ID); err != nil {
			return err
		}
	}
	for _, u := range current {
		if slices.Contains(*wanted, int64(u.Num)) {
			continue
		}
		if err := l.Workspaces.RemoveFromGroup(ctx, c.actor, g.ID, u.ID); err != nil {
			return err
		}
	}
	return nil
}

func (l *lens) updateGroup(c *call) (reply, error) {
	n, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	var form groupForm
	ctx := c.Context()
	if n == rbac.Administrators && c.workspace.ID == "" {
		return l.updateAdministrators(ctx, c)
	}
	g, err := l.groupByNumber(ctx, c, n)
	if err != nil {
		return reply{}, err
	}
	if err := c.read(&form); err != nil {
		return reply{}, err
	}
	if err := form.check(groupKeyname(g), []string{}); err != nil {
		return reply{}, err
	}
	err = l.unit(ctx, func(ctx context.Context) error {
		_, err := l.Workspaces.UpdateGroup(ctx, c.actor, g.ID, func(g *workspace.Group) error {
			g.Name = or(form.DisplayName, g.Name)
			if form.Description.given {
				g.Description = or(form.Description.value, "")
			}
			return nil
		})
		if err != nil {
			return err
		}
		return l.putMembers(ctx, c, g, form.Members)
	})
	if err != nil {
		return reply{}, err
	}
	return ok(numbered{ID: int64(n)}), nil
}

// updateAdministrators changes who is in the group of administrators; all else of
// it stays.
func (l *lens) updateAdministrators(ctx context.Context, c *call) (reply, error) {
	current, err := l.administrators(ctx, c)
	if err != nil {
		return reply{}, hiddenUsers(err)
	}
	was := administratorsOf(current)
	var form groupForm
	if err := c.read(&form); err != nil {
		return reply{}, err
	}
	if err := form.check(was.Keyname, was.Permissions); err != nil {
		return reply{}, err
	}
	if or(form.Keyname, was.Keyname) != was.Keyname || or(form.DisplayName, was.DisplayName) != was.DisplayName ||
		or(form.Description.value, "") != "" {
		return reply{}, invalid("Of the system group 'administrators' only the members can be changed.")
	}
	if form.Members == nil {
		return ok(numbered{ID: was.ID}), nil
	}
	err = l.unit(ctx, func(ctx context.Context) error {
		// Whoever comes is in before anybody goes: two administrators may change
		// places.
		if err := l.administering(ctx, c, *form.Members, current, true); err != nil {
			return err
		}
		return l.administering(ctx, c, current, *form.Members, false)
	})
	if err != nil {
		return reply{}, err
	}
	return ok(numbered{ID: was.ID}), nil
}

// administering has users administer the platform or not, but for those that are
// excepted.
func (l *lens) administering(ctx context.Context, c *call, whom, except []int64, administers bool) error {
	for _, n := range whom {
		if slices.Contains(except, n) {
			continue
		}
		u, err := l.someone(ctx, c, rbac.Principal(n))
		if err == nil && u.Num == 0 {
			err = noPrincipal("User", rbac.Principal(n))
		}
		if err != nil {
			return badReference("members", n, err)
		}
		_, err = l.Workspaces.UpdateUser(ctx, c.actor, u.ID, func(u *workspace.User) error {
			u.Administrator = administers
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *lens) deleteGroup(c *call) (reply, error) {
	n, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	if n == rbac.Administrators && c.workspace.ID == "" {
		if _, err := l.administrators(c.Context(), c); err != nil {
			return reply{}, hiddenUsers(err)
		}
		return reply{}, invalid("A system group can not be deleted.")
	}
	g, err := l.groupByNumber(c.Context(), c, n)
	if err != nil {
		return reply{}, err
	}
	if err := l.Workspaces.DeleteGroup(c.Context(), c.actor, g.ID); err != nil {
		return reply{}, err
	}
	return empty(), nil
}
