package apiv1

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

func loginRoutes() []route {
	return []route{
		get("/login-statistics", "listLogins", signedIn(), (*lens).logins),
		get("/login-statistics/users", "listLoginUsers", signedIn(), (*lens).loginUsers),
	}
}

// loginsWire is how many logins into a workspace there were with a client.
type loginsWire struct {
	Workspace workspaceReference `json:"workspace"`
	Client    string             `json:"client"`
	Count     int64              `json:"count"`
}

// loginUsersWire is how many people came into a workspace.
type loginUsersWire struct {
	Workspace workspaceReference `json:"workspace"`
	Users     int64              `json:"users"`
}

// loginFilter reads which logins are asked for.
func (c *call) loginFilter() (f signin.LoginFilter, err error) {
	if f.From, err = c.instant("from", false); err != nil {
		return f, err
	}
	if f.To, err = c.instant("to", false); err != nil {
		return f, err
	}
	if f.Clients, err = c.some("client"); err != nil {
		return f, err
	}
	ids, err := c.some("workspace")
	if err != nil || ids == nil {
		return f, err
	}
	for _, id := range ids {
		if !uid.Valid(id) {
			return f, invalid("workspace", "identifiers with commas between them")
		}
		f.Workspaces = append(f.Workspaces, workspace.ID(id))
	}
	return f, nil
}

// ofPeriod names the bounds of a period as the query does.
func ofPeriod(err error) error {
	if bad, is := errors.AsType[*workspace.InvalidError](err); is && bad.Field == "from_date" {
		return invalid("from", "a day that is not after to")
	}
	return err
}

// referred returns workspaces by name.
func (l *lens) referred(c *call, ids []workspace.ID) (map[workspace.ID]workspaceReference, error) {
	found := map[workspace.ID]workspaceReference{}
	if len(ids) == 0 {
		return found, nil
	}
	list, _, err := l.Workspaces.Visible(c.Context(), c.actor, workspace.Filter{IDs: ids})
	for _, w := range list {
		found[w.ID] = workspaceReference{ID: w.ID, Num: w.Num, Name: w.Name, TechnicalName: w.TechnicalName, Active: w.Active}
	}
	return found, err
}

func (l *lens) logins(c *call) (reply, error) {
	of := func(w loginsWire) int64 { return int64(w.Workspace.Num) }
	client := func(w loginsWire) string { return strings.ToLower(w.Client) + " " + w.Client }
	// With the client each place is one row's alone.
	columns := []column[loginsWire]{
		{name: "workspace", text: func(w loginsWire) string { return fmt.Sprintf("%019d %s", of(w), client(w)) }},
		{name: "client", text: client},
		{name: "count", text: func(w loginsWire) string { return fmt.Sprintf("%019d %s", w.Count, client(w)) }},
	}
	p, err := c.page(names(columns)...)
	if err != nil {
		return reply{}, err
	}
	f, err := c.loginFilter()
	if err != nil {
		return reply{}, err
	}
	found, err := l.SignIn.Logins(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, ofPeriod(err)
	}
	at, err := l.referred(c, all(found, func(n signin.LoginCount) workspace.ID { return n.Workspace }))
	if err != nil {
		return reply{}, err
	}
	var rows []loginsWire
	for _, n := range found {
		if w, is := at[n.Workspace]; is { // what was deleted meanwhile is not
			rows = append(rows, loginsWire{Workspace: w, Client: n.Client, Count: n.Count})
		}
	}
	return cut(p, rows, columns, of)
}

func (l *lens) loginUsers(c *call) (reply, error) {
	of := func(w loginUsersWire) int64 { return int64(w.Workspace.Num) }
	columns := []column[loginUsersWire]{
		{name: "workspace", number: of},
		{name: "users", number: func(w loginUsersWire) int64 { return w.Users }},
	}
	p, err := c.page(names(columns)...)
	if err != nil {
		return reply{}, err
	}
	f, err := c.loginFilter()
	if err != nil {
		return reply{}, err
	}
	found, err := l.SignIn.UniqueUsers(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, ofPeriod(err)
	}
	at, err := l.referred(c, all(found, func(n signin.UserCount) workspace.ID { return n.Workspace }))
	if err != nil {
		return reply{}, err
	}
	var rows []loginUsersWire
	for _, n := range found {
		if w, is := at[n.Workspace]; is {
			rows = append(rows, loginUsersWire{Workspace: w, Users: n.Users})
		}
	}
	return cut(p, rows, columns, of)
}
