package apiv1

import (
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func userRoutes() []route {
	return []route{
		get("/users", "listUsers", platform(workspace.ManageUsers), (*lens).users),
		post("/users", "createUser", platform(workspace.ManageUsers), (*lens).createUser),
		get("/users/{user}", "getUser", self(), (*lens).user),
		patch("/users/{user}", "updateUser", self(), (*lens).updateUser),
		post("/users/{user}/disable", "disableUser", platform(workspace.ManageUsers), (*lens).disableUser),
		post("/users/{user}/enable", "enableUser", platform(workspace.ManageUsers), (*lens).enableUser),
		get("/users/{user}/workspaces", "listUserWorkspaces", self(), (*lens).userWorkspaces),
	}
}

// person is a user as others who work with him see him.
type person struct {
	ID        workspace.UserID `json:"id"`
	Num       rbac.Principal   `json:"num"`
	Username  string           `json:"username"`
	Email     string           `json:"email"`
	FirstName string           `json:"first_name"`
	LastName  string           `json:"last_name"`
}

func personOf(u workspace.User) person {
	return person{ID: u.ID, Num: u.Num, Username: u.Username, Email: u.Email, FirstName: u.FirstName, LastName: u.LastName}
}

// user is a user as he sees himself.
type user struct {
	person

	Language      string    `json:"language"`
	Technical     bool      `json:"technical"`
	Disabled      bool      `json:"disabled"`
	Administrator bool      `json:"administrator"`
	LastCall      time.Time `json:"last_call,omitzero"`
	LastLogin     time.Time `json:"last_login,omitzero"`
	Created       time.Time `json:"created"`
	Updated       time.Time `json:"updated"`
}

func (user) readings() []string { return []string{"last_call", "last_login"} }

func userOf(u workspace.User) user {
	return user{
		person: personOf(u), Language: u.Language, Technical: u.Technical, Disabled: u.Disabled,
		Administrator: u.Administrator, LastCall: u.LastCall, LastLogin: u.LastLogin, Created: u.Created, Updated: u.Updated,
	}
}

// userFilter reads what lists of users are asked for with. Those of people are
// not put in order by when somebody last came, which the service refuses.
func (c *call) userFilter() (page, workspace.UserFilter, error) {
	p, err := c.page(byCreationFirst(workspace.UserFilter{}.Sortable())...)
	if err != nil {
		return p, workspace.UserFilter{}, err
	}
	f := workspace.UserFilter{Order: p.order, After: p.after, Limit: p.more()}
	if f.Search, err = c.text("q"); err != nil {
		return p, f, err
	}
	if f.Disabled, err = c.flag("disabled"); err != nil {
		return p, f, err
	}
	if f.Technical, err = c.flag("technical"); err != nil {
		return p, f, err
	}
	f.Created, err = c.created()
	return p, f, err
}

func (l *lens) users(c *call) (reply, error) {
	p, f, err := c.userFilter()
	if err != nil {
		return reply{}, err
	}
	if f.IdleSince, err = c.instant("idle_since", false); err != nil {
		return reply{}, err
	}
	if f.Administrator, err = c.flag("administrator"); err != nil {
		return reply{}, err
	}
	found, total, err := l.Workspaces.Users(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	return paged(p, found, total, userOf), nil
}

// newUser is what a user is made of.
type newUser struct {
	Username      string `json:"username"`
	Email         string `json:"email"`
	FirstName     string `json:"first_name"`
	LastName      string `json:"last_name"`
	Language      string `json:"language"`
	Technical     bool   `json:"technical"`
	Administrator bool   `json:"administrator"`
}

func (l *lens) createUser(c *call) (reply, error) {
	var body newUser
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	made, err := l.Workspaces.CreateUser(c.Context(), c.actor, workspace.User{
		Username: body.Username, Email: body.Email, FirstName: body.FirstName, LastName: body.LastName,
		Language: body.Language, Technical: body.Technical, Administrator: body.Administrator,
	})
	if err != nil {
		return reply{}, err
	}
	return created(userOf(made), "users/", string(made.ID)), nil
}

func (l *lens) user(c *call) (reply, error) {
	id, err := c.id("user")
	if err != nil {
		return reply{}, err
	}
	u, err := l.Workspaces.User(c.Context(), c.actor, workspace.UserID(id))
	if err != nil {
		return reply{}, err
	}
	return shown(userOf(u)), nil
}

// userPatch is a change of a user.
type userPatch struct {
	mePatch

	Username      opt[string] `json:"username"`
	Email         opt[string] `json:"email"`
	Technical     opt[bool]   `json:"technical"`
	Administrator opt[bool]   `json:"administrator"`
}

func (l *lens) updateUser(c *call) (reply, error) {
	id, err := c.id("user")
	if err != nil {
		return reply{}, err
	}
	var body userPatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	return l.changeUser(c, workspace.UserID(id), func(u *workspace.User) {
		body.FirstName.set(&u.FirstName)
		body.LastName.set(&u.LastName)
		body.Language.set(&u.Language)
		body.Username.set(&u.Username)
		body.Email.set(&u.Email)
		body.Technical.set(&u.Technical)
		body.Administrator.set(&u.Administrator)
	})
}

// changeUser changes a user, if he is still what the caller saw.
func (l *lens) changeUser(c *call, id workspace.UserID, change func(u *workspace.User)) (reply, error) {
	changed, err := l.Workspaces.UpdateUser(c.Context(), c.actor, id, func(u *workspace.User) error {
		if err := c.current(userOf(*u)); err != nil {
			return err
		}
		change(u)
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return shown(userOf(changed)), nil
}

func (l *lens) disableUser(c *call) (reply, error) { return l.setDisabled(c, true) }

func (l *lens) enableUser(c *call) (reply, error) { return l.setDisabled(c, false) }

func (l *lens) setDisabled(c *call, disabled bool) (reply, error) {
	id, err := c.id("user")
	if err != nil {
		return reply{}, err
	}
	return l.changeUser(c, workspace.UserID(id), func(u *workspace.User) { u.Disabled = disabled })
}

func (l *lens) userWorkspaces(c *call) (reply, error) {
	id, err := c.id("user")
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(names(membershipColumns())...)
	if err != nil {
		return reply{}, err
	}
	list, err := l.memberships(c.Context(), c.actor, workspace.UserID(id))
	if err != nil {
		return reply{}, err
	}
	return cut(p, list, membershipColumns(), numbered)
}
