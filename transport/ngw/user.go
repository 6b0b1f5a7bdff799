package ngw

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func userRoutes() []route {
	const list, item = "/api/component/auth/user/", "/api/component/auth/user/{id:[0-9]+}"
	viewer, administrator := Policy{Who: UserViewer}, Policy{Who: PlatformAdministrator}
	return []route{
		at(get, list, "auth.user.collection", Policy{Who: UserViewer}, (*lens).users),
		at(post, list, "auth.user.collection", administrator, (*lens).createUser),
		at(get, item, "auth.user.item", viewer, (*lens).user),
		at(put, item, "auth.user.item", administrator, (*lens).updateUser),
		at(remove, item, "auth.user.item", administrator, (*lens).deleteUser),
	}
}

// numbered is the answer to a change: who it was.
type numbered struct {
	ID int64 `json:"id"`
}

// principal returns the number of a user or group out of the path.
func (c *call) principal() (rbac.Principal, error) {
	n, err := strconv.ParseInt(mux.Vars(c.Request)["id"], 10, 64)
	if err != nil {
		return 0, errNoRoute
	}
	return rbac.Principal(n), nil
}

// managesUsers reports whether who calls may see all of every user.
func (l *lens) managesUsers(ctx context.Context, c *call) (bool, error) {
	if c.guest() {
		return false, nil
	}
	return l.Rules.Check(ctx, c.actor.Principal, rbac.Root, workspace.ManageUsers, rbac.Latest())
}

// people lists the users that a call is about: those of the platform, or the
// members of the workspace that is shown alone. The filter's Nums narrow it.
func (l *lens) people(ctx context.Context, c *call, nums ...rbac.Principal) ([]workspace.User, error) {
	f := workspace.UserFilter{Nums: nums}
	if c.workspace.ID == "" {
		list, _, err := l.Workspaces.Users(ctx, c.actor, f)
		return list, err
	}
	all, err := l.managesUsers(ctx, c)
	if err != nil {
		return nil, err
	}
	if all {
		f.Group = c.workspace.Audience
		list, _, err := l.Workspaces.Users(ctx, c.actor, f)
		return list, err
	}
	if len(nums) == 0 {
		members, _, err := l.Workspaces.Members(ctx, c.actor, c.workspace.ID, workspace.MemberFilter{Kind: rbac.User})
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			nums = append(nums, m.Principal)
		}
	}
	found, err := l.Workspaces.People(ctx, c.actor, c.workspace.ID, nums)
	if err != nil {
		return nil, err
	}
	list := make([]workspace.User, 0, len(found))
	for _, u := range found {
		list = append(list, u)
	}
	slices.SortFunc(list, func(a, b workspace.User) int { return int(a.Num - b.Num) })
	return list, nil
}

func (l *lens) users(c *call) (reply, error) {
	brief, err := c.boolean("brief", false)
	if err != nil {
		return reply{}, err
	}
	ctx := c.Context()
	all := systemUsers()
	list, err := l.people(ctx, c)
	switch {
	case err == nil:
	case brief && (errors.Is(err, rbac.ErrDenied) || errors.Is(err, workspace.ErrNotFound)):
		// Whoever may see nobody else sees himself: whom else the platform serves
		// is none of his business.
		if list, err = l.alone(ctx, c); err != nil {
			return reply{}, err
		}
	default:
		return reply{}, hiddenUsers(err)
	}
	var groups map[rbac.Principal][]int64
	if !brief {
		if groups, err = l.memberships(ctx, c); err != nil {
			return reply{}, err
		}
	}
	for _, u := range list {
		all = append(all, userOf(u, groups[u.Num]))
	}
	if !brief {
		return ok(all), nil
	}
	short := make([]briefUserWire, 0, len(all))
	for _, u := range all {
		short = append(short, u.briefUserWire)
	}
	return ok(short), nil
}

// alone lists the actor, if he is a user.
func (l *lens) alone(ctx context.Context, c *call) ([]workspace.User, error) {
	if c.actor.User == "" {
		return nil, nil
	}
	u, err := l.Workspaces.Me(ctx, c.actor)
	return []workspace.User{u}, err
}

// hiddenUsers tells who may not see users that he may not, also in a workspace
// that he sees.
func hiddenUsers(err error) error {
	if errors.Is(err, rbac.ErrDenied) || errors.Is(err, workspace.ErrNotFound) {
		return forbidden("You are not allowed to view users and groups.")
	}
	return err
}

func (l *lens) user(c *call) (reply, error) {
	n, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	ctx := c.Context()
	u, err := l.someone(ctx, c, n)
	if err != nil {
		return reply{}, err
	}
	if i := slices.IndexFunc(systemUsers(), func(w userWire) bool { return w.ID == int64(n) }); i >= 0 {
		return ok(systemUsers()[i]), nil
	}
	groups, err := l.groupsOf(ctx, c, u.Num)
	if err != nil {
		return reply{}, err
	}
	numbers := make([]int64, 0, len(groups))
	for _, g := range groups {
		numbers = append(numbers, int64(g.Num))
	}
	return ok(userOf(u, numbers)), nil
}

// someone returns a user by number to who may see users at all. A principal that
// nobody is gives the zero user.
func (l *lens) someone(ctx context.Context, c *call, n rbac.Principal) (workspace.User, error) {
	list, err := l.people(ctx, c, n)
	if err != nil {
		return workspace.User{}, hiddenUsers(err)
	}
	system := slices.ContainsFunc(systemUsers(), func(w userWire) bool { return w.ID == int64(n) })
	switch {
	case len(list) > 0:
		return list[0], nil
	case system:
		return workspace.User{}, nil
	}
	return workspace.User{}, noPrincipal("User", n)
}

func noPrincipal(kind string, n rbac.Principal) error {
	return &failure{
		Title: kind + " not found", Message: fmt.Sprintf("%s with id = %d was not found.", kind, n),
		Status: http.StatusNotFound, Exception: exUserNotFound, Data: map[string]any{"id": int64(n)},
	}
}

// A userForm is what is sent of a user. What is not there stays as it is.
type userForm struct {
	Keyname     *string           `json:"keyname"`
	DisplayName *string           `json:"display_name"`
	Email       *string           `json:"email"`
	Disabled    *bool             `json:"disabled"`
	Language    optional[*string] `json:"language"`
	Password    any               `json:"password"`
	MemberOf    *[]int64          `json:"member_of"`
	Description *string           `json:"description"`
	Alink       any               `json:"alink"`
	Permissions *[]string         `json:"permissions"`
}

// check refuses what nobody here can be given, before anything is changed.
func (f userForm) check(keyname string, permissions []string) error {
	if f.Keyname != nil && *f.Keyname != keyname {
		if err := checkKeyname(*f.Keyname); err != nil {
			return err
		}
	}
	switch f.Alink.(type) {
	case nil, bool:
		if f.Alink == true {
			return bodyError("alink", "null or false: there are no links that sign in")
		}
	default:
		return bodyError("alink", "null or false: there are no links that sign in")
	}
	if f.Description != nil && *f.Description != "" {
		return bodyError("description", "null: users have no description here")
	}
	if f.Permissions == nil {
		return nil
	}
	given := slices.Sorted(slices.Values(*f.Permissions))
	if !slices.Equal(slices.Compact(given), permissions) {
		return bodyError("permissions", "those that membership of administrators gives: no others are given by name")
	}
	return nil
}

// password returns the new password, nil where it stays.
func (f userForm) password() (*string, error) {
	switch p := f.Password.(type) {
	case nil:
		return nil, nil //nolint:nilnil // it stays
	case string:
		return &p, nil
	case bool:
		if p {
			return nil, nil //nolint:nilnil // it stays
		}
		return nil, bodyError("password", "text or true: who is not to sign in any more is disabled")
	}
	return nil, bodyError("password", "text, or true or false")
}

// checkKeyname holds new names to what NextGIS Web's clients can take.
func checkKeyname(name string) error {
	if !keynamePattern.MatchString(name) {
		return bodyError("keyname", "a letter and then letters, digits, _ and -")
	}
	return nil
}

var keynamePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_\-]*$`)

// noAddress is where mail to who has no address goes: nowhere (RFC 2606).
const noAddress = "@users.invalid"

func (l *lens) createUser(c *call) (reply, error) {
	var form userForm
	if err := c.read(&form); err != nil {
		return reply{}, err
	}
	switch {
	case form.Keyname == nil:
		return reply{}, bodyError("keyname", "text")
	case form.DisplayName == nil || strings.TrimSpace(*form.DisplayName) == "":
		return reply{}, bodyError("display_name", "text")
	}
	if form.Password == true {
		return reply{}, bodyError("password", "text or false: there is none to keep")
	}
	if form.Password == false {
		form.Password = nil
	}
	password, err := form.password()
	if err != nil {
		return reply{}, err
	}
	administrator := form.MemberOf != nil && slices.Contains(*form.MemberOf, int64(rbac.Administrators))
	if err := form.check("", permissionsOf(administrator)); err != nil {
		return reply{}, err
	}
	u := workspace.User{
		Username: *form.Keyname, Email: or(form.Email, *form.Keyname+noAddress), Language: or(form.Language.value, ""),
		Disabled: or(form.Disabled, false), Administrator: administrator,
	}
	setDisplayName(&u, *form.DisplayName)
	err = l.unit(c.Context(), func(ctx context.Context) error {
		made, err := l.Workspaces.CreateUser(ctx, c.actor, u)
		if err != nil {
			return err
		}
		u = made
		if password != nil {
			if err := l.SignIn.SetPassword(ctx, c.actor, made.ID, *password); err != nil {
				return err
			}
		}
		if c.workspace.ID != "" {
			if _, err := l.Workspaces.PutMember(ctx, c.actor, c.workspace.ID, made.Num, nil); err != nil {
				return err
			}
		}
		return l.putIntoGroups(ctx, c, made, form.MemberOf)
	})
	if err != nil {
		return reply{}, err
	}
	return created(numbered{ID: int64(u.Num)}), nil
}

// permissionsOf are what membership of administrators gives, as userOf tells.
func permissionsOf(administrator bool) []string {
	return userOf(workspace.User{Administrator: administrator}, nil).Permissions
}

// unit runs fn in a unit of work.
func (l *lens) unit(ctx context.Context, fn func(ctx context.Context) error) error {
	if l.Tx == nil {
		return notConfigured("The server is not set up to change several things at once.")
	}
	return l.Tx(ctx, fn)
}

func (l *lens) updateUser(c *call) (reply, error) {
	n, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	ctx := c.Context()
	u, err := l.someone(ctx, c, n)
	if err != nil {
		return reply{}, err
	}
	var form userForm
	if err := c.read(&form); err != nil {
		return reply{}, err
	}
	if u.Num == 0 {
		return l.updateSystemUser(n, form)
	}
	password, err := form.password()
	if err != nil {
		return reply{}, err
	}
	administrator := u.Administrator
	if form.MemberOf != nil && c.workspace.ID == "" {
		administrator = slices.Contains(*form.MemberOf, int64(rbac.Administrators))
	}
	if err := form.check(u.Username, permissionsOf(administrator)); err != nil {
		return reply{}, err
	}
	err = l.unit(ctx, func(ctx context.Context) error {
		changed, err := l.Workspaces.UpdateUser(ctx, c.actor, u.ID, func(u *workspace.User) error {
			u.Username, u.Email = or(form.Keyname, u.Username), or(form.Email, u.Email)
			u.Disabled = or(form.Disabled, u.Disabled)
			if c.workspace.ID == "" {
				u.Administrator = administrator
			}
			if form.Language.given {
				u.Language = or(form.Language.value, "")
			}
			if form.DisplayName != nil {
				setDisplayName(u, *form.DisplayName)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if password != nil {
			if err := l.SignIn.SetPassword(ctx, c.actor, u.ID, *password); err != nil {
				return err
			}
		}
		return l.putIntoGroups(ctx, c, changed, form.MemberOf)
	})
	if err != nil {
		return reply{}, err
	}
	return ok(numbered{ID: int64(n)}), nil
}

// updateSystemUser lets pass what changes nothing, as clients send back what they
// were shown.
func (l *lens) updateSystemUser(n rbac.Principal, form userForm) (reply, error) {
	list := systemUsers()
	was := list[slices.IndexFunc(list, func(w userWire) bool { return w.ID == int64(n) })]
	same := or(form.Keyname, was.Keyname) == was.Keyname && or(form.DisplayName, was.DisplayName) == was.DisplayName &&
		!or(form.Disabled, false) && (form.Password == nil || form.Password == false) && or(form.Description, "") == "" &&
		len(or(form.MemberOf, nil)) == 0 && len(or(form.Permissions, nil)) == 0
	if !same {
		return reply{}, invalid("The system user '" + was.Keyname + "' can not be changed.")
	}
	return ok(numbered{ID: int64(n)}), nil
}

func (l *lens) deleteUser(c *call) (reply, error) {
	n, err := c.principal()
	if err != nil {
		return reply{}, err
	}
	ctx := c.Context()
	u, err := l.someone(ctx, c, n)
	if err != nil {
		return reply{}, err
	}
	if u.Num == 0 {
		return reply{}, invalid("A system user can not be deleted.")
	}
	if c.actor.User == u.ID {
		return reply{}, invalid("You can not delete yourself.")
	}
	leaves := workspace.Departure{User: u.ID}
	if c.workspace.ID != "" {
		// His account is the platform's; what ends here is that he is a member.
		leaves = workspace.Departure{Workspace: c.workspace.ID, Member: u.Num}
	}
	if _, err := l.Workspaces.Depart(ctx, c.actor, leaves, workspace.Disposal{}, ""); err != nil {
		return reply{}, err
	}
	return empty(), nil
}

// blocked tells what stands against somebody's departure.
func blocked(e *workspace.BlockedError) failure {
	f := conflict(exValidation, "The user can not be deleted.")
	references := []any{}
	for _, b := range e.Blockers {
		switch b.Code {
		case "last_administrator":
			return conflict(exAdministrator, "There must be at least one enabled administrator.")
		case "owns_resources":
			references = append(references, []any{"resource", int64(b.Node)})
		}
	}
	if len(e.Blockers) > 0 {
		f.Message = "The user can not be deleted: " + e.Blockers[0].Text + "."
	}
	if len(references) > 0 {
		f.Message = fmt.Sprintf("The user can not be deleted: he owns %d resources, which must be given to somebody else first.", len(references))
		f.Data = map[string]any{"references_data": references}
	}
	return f
}
