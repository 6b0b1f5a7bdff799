package drofus

import (
	"fmt"
	"strconv"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// home is where people begin.
func (l *lens) home(c *call) (reply, error) {
	links := grid{Caption: "What there is to administer", Columns: []string{"Page", "What for"}}
	for _, at := range []struct{ label, path, text string }{
		{wordProjects, "projects", "Projects with their databases and users"},
		{"Owners", "owners", "Whom projects and databases belong to"},
		{"Users", "users", "Who can sign in, and who is kept from it"},
		{"Databases", "database", "Real databases: lock them, end sessions, back them up"},
		{"Project users", membersPath, "Who may do what in which project"},
		{"E-mails", "emails", "What is mailed to new users"},
		{"Logins", "node/logins", "Who came with what"},
		{"Unique users", "node/unique_users", "How many people came"},
		{"Project data", "project_data", "Numbers about projects"},
	} {
		links.Rows = append(links.Rows, row{Cells: []cell{{Text: at.label, Path: at.path}, {Text: at.text}}})
	}
	if !c.html() {
		list := make([]record, 0, len(links.Rows))
		for _, r := range links.Rows {
			list = append(list, newRecord("resource", textOf("name", r.Cells[0].Text), textOf("path", "/"+r.Cells[0].Path)))
		}
		return listed("resources", list, nil), nil
	}
	page := &listPage{Title: "Administration", Table: links}
	for _, may := range []error{l.mayEnrol(c), l.mayCreateProjects(c)} {
		ok, err := permitted(may)
		if err != nil {
			return reply{}, err
		}
		if ok {
			return paper(page), nil
		}
	}
	page.Note = "You administer no project, so there is nothing to see on these pages."
	return paper(page), nil
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	return string(text[0]-'a'+'A') + text[1:]
}

func amount(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02 15:04 UTC")
}

// size is a number of bytes for people.
func size(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, units := float64(n)/unit, []string{"KiB", "MiB", "GiB", "TiB"}
	for len(units) > 1 && value >= unit {
		value, units = value/unit, units[1:]
	}
	return fmt.Sprintf("%.1f %s", value, units[0])
}

func ownerCell(o *workspace.Organization) cell {
	if o == nil || o.Num == 0 {
		return cell{}
	}
	return cell{Text: o.Name, Path: ownerPath(o.Num)}
}

func databaseCell(n database.Name) cell {
	if n == "" {
		return cell{}
	}
	return cell{Text: string(n), Path: databasePath(n)}
}

func (l *lens) projectsPage(c *call, found []workspace.Details, names map[workspace.DatabaseID]database.Name, all bool) (view, error) {
	if !c.html() {
		return nil, nil //nolint:nilnil // nobody looks at it
	}
	create, err := offerLink("New project", "projects/new", l.mayCreateProjects(c))
	if err != nil {
		return nil, err
	}
	table := grid{
		Caption: wordProjects, Columns: []string{wordName, "No", wordOwner, "Database", "Active"},
		Empty: "There are no such projects, or none that you administer.",
	}
	for _, w := range found {
		table.Rows = append(table.Rows, row{Cells: []cell{
			{Text: w.Name, Path: projectPath(w.Num)},
			{Text: w.Project.Number},
			ownerCell(w.PaidBy),
			databaseCell(names[w.Project.Database]),
			{Text: yes(w.Active)},
		}})
	}
	return &listPage{
		Title: wordProjects, New: create, Table: table,
		Search: &search{Parameter: "query", Label: "Name contains", Value: c.URL.Query().Get("query"), Filters: []filter{
			{Parameter: "show_all", Label: "Show inactive projects too", On: all},
		}},
		Note: amount(len(found), "project", "projects"),
	}, nil
}

func (l *lens) ownersPage(c *call, found []workspace.Organization) (view, error) {
	if !c.html() {
		return nil, nil //nolint:nilnil // nobody looks at it
	}
	create, err := offerLink("New owner", "owners/new", l.mayCreateOwners(c))
	if err != nil {
		return nil, err
	}
	table := grid{Caption: "Owners", Columns: []string{wordName, "Contact", "Technical contact"}, Empty: "There are no such owners, or none that you administer."}
	for _, o := range found {
		table.Rows = append(table.Rows, row{Cells: []cell{{Text: o.Name, Path: ownerPath(o.Num)}, {Text: o.Contact}, {Text: o.TechContact}}})
	}
	return &listPage{
		Title: "Owners", New: create, Table: table,
		Search: &search{Parameter: "query", Label: "Name contains", Value: c.URL.Query().Get("query")},
		Note:   amount(len(found), "owner", "owners"),
	}, nil
}

// usersPage has actions for who may do them with everybody. Others find them on the
// page of a user: whom they administer takes a while to find out.
func (l *lens) usersPage(c *call, found []workspace.User, text string, disabled bool) (view, error) {
	if !c.html() {
		return nil, nil //nolint:nilnil // nobody looks at it
	}
	create, err := offerLink("Add a user to a project", "project_users/new", l.mayEnrol(c))
	if err != nil {
		return nil, err
	}
	everybody, err := l.holds(c, rbac.Root, workspace.ManageUsers)
	if err != nil {
		return nil, err
	}
	administrators, err := l.holds(c, rbac.Root, workspace.Administer)
	if err != nil {
		return nil, err
	}
	table := grid{
		Caption: "Users", Columns: []string{wordUsername, wordName, "E-mail", "Last login", "Disabled"},
		Empty: "There are no such users, or none of a project that you administer.",
	}
	for _, u := range found {
		var actions []button
		if everybody && (administrators || !u.Administrator) {
			actions = userActions(c, u)
		}
		table.Rows = append(table.Rows, row{Cells: []cell{
			{Text: u.Username, Path: userPath(u)}, {Text: u.Name()}, {Text: u.Email}, {Text: stamp(u.LastLogin)}, {Text: yes(u.Disabled)},
		}, Actions: actions})
	}
	return &listPage{
		Title: "Users", New: create, Table: table,
		Search: &search{Parameter: "q", Label: "Name, username or e-mail contains", Value: text, Filters: []filter{
			{Parameter: "show_disabled", Label: "Show disabled users only", On: disabled},
		}},
		Note: amount(len(found), "user", "users"),
	}, nil
}

func (l *lens) projectUsersPage(c *call, found []enrolment) (view, error) {
	if !c.html() {
		return nil, nil //nolint:nilnil // nobody looks at it
	}
	create, err := offerLink("Add a user to a project", "project_users/new", l.mayEnrol(c))
	if err != nil {
		return nil, err
	}
	table := grid{
		Caption: "Project users", Columns: []string{wordUsername, wordName, wordProject, "User role", "Superuser"},
		Empty: "There are no users in projects that you administer.",
	}
	for _, e := range found {
		role := ""
		if e.role != nil {
			role = e.role.Name
		}
		table.Rows = append(table.Rows, row{Cells: []cell{
			{Text: e.Username, Path: e.path()},
			{Text: e.Name},
			{Text: e.project.Name, Path: projectPath(e.project.Num)},
			{Text: role},
			{Text: yes(e.superuser())},
		}})
	}
	return &listPage{
		Title: "Project users", New: create, Table: table,
		Note: amount(len(found), "project user", "project users"),
	}, nil
}

func (l *lens) databasesPage(c *call, found []database.Database, owners map[workspace.OrganizationID]workspace.Organization) (view, error) {
	if !c.html() {
		return nil, nil //nolint:nilnil // nobody looks at it
	}
	create, err := offerLink("New database", "database/new", l.mayCreateProjects(c))
	if err != nil {
		return nil, err
	}
	table := grid{
		Caption: "Databases", Columns: []string{wordName, wordOwner, "Size", "Disabled"},
		Empty: "There are no such databases, or none of a project that you administer.",
	}
	for _, d := range found {
		owner := owners[d.Organization]
		table.Rows = append(table.Rows, row{Cells: []cell{
			databaseCell(d.Name), ownerCell(&owner), {Text: size(d.Size)}, {Text: yes(d.Locked)},
		}})
	}
	return &listPage{
		Title: "Databases", New: create, Table: table,
		Search: &search{Parameter: "query", Label: "Name contains", Value: c.URL.Query().Get("query")},
		Note:   amount(len(found), "database", "databases"),
	}, nil
}

func (l *lens) emailsPage(c *call, found []mail.Notice, owners map[string]workspace.Organization) (view, error) {
	if !c.html() {
		return nil, nil //nolint:nilnil // nobody looks at it
	}
	create, err := offerLink("New e-mail", "emails/new", l.mayWriteEmails(c))
	if err != nil {
		return nil, err
	}
	table := grid{Caption: "E-mails", Columns: []string{wordName, "ID", "For", wordOwner}, Empty: "There are none."}
	for _, n := range found {
		owner := owners[n.Organization]
		table.Rows = append(table.Rows, row{Cells: []cell{
			{Text: n.Name, Path: emailPath(n.Num)}, {Text: strconv.FormatInt(n.Num, 10)}, {Text: occasion(n.Occasion)}, ownerCell(&owner),
		}})
	}
	return &listPage{Title: "E-mails", New: create, Table: table, Note: amount(len(found), "e-mail", "e-mails")}, nil
}

func occasion(o mail.Occasion) string {
	if o == mail.NewUser {
		return "new users"
	}
	return "reminders"
}

// figure shows a value of statistics to people.
func figure(f field) cell {
	switch {
	case f.null:
		return cell{}
	case f.kind == kindBoolean:
		return cell{Text: yes(f.text == "true")}
	case f.name == "database_size":
		n, _ := strconv.ParseInt(f.text, 10, 64) // it is one
		return cell{Text: size(n)}
	case f.name == "database_id":
		return databaseCell(database.Name(f.text))
	}
	return cell{Text: f.text}
}

// statisticsPage shows records as a table, each beginning with its project, and the
// period to choose.
func statisticsPage(p period, title string, list []record) *listPage {
	table := grid{Caption: title, Empty: "There is nothing to tell of this period."}
	if len(list) > 0 {
		table.Columns = []string{wordProject}
	}
	for i, r := range list {
		cells := make([]cell, 1, 1+len(r.fields))
		for _, f := range r.fields {
			switch f.name {
			case "from_date", "to_date":
				continue
			case "project_id":
				cells[0].Path = pathTo("projects", f.text)
				continue
			case "project_name":
				cells[0].Text = f.text
				continue
			}
			if i == 0 {
				table.Columns = append(table.Columns, humanised(f.name))
			}
			cells = append(cells, figure(f))
		}
		table.Rows = append(table.Rows, row{Cells: cells})
	}
	return &listPage{
		Title: title, Table: table,
		Search: &search{Submit: "Show", Days: []filterDay{
			{"from_date", "From", p.from.Format(time.DateOnly)}, {"to_date", "To", p.to.Format(time.DateOnly)},
		}},
		Note: "Both days are included, in UTC.",
		More: []link{{"Logins", "node/logins"}, {"Unique users", "node/unique_users"}, {"Project data", "project_data"}},
	}
}

// periodForm asks for another period where the one that was asked for is none.
func periodForm(c *call, title, path string) *formPage {
	q := c.URL.Query()
	return &formPage{
		Title: title, Path: path, Get: true, Submit: "Show", Back: &link{"The last years", path},
		Groups: []group{{Controls: []control{
			{Name: "from_date", Label: "From", Kind: "date", Value: q.Get("from_date")},
			{Name: "to_date", Label: "To", Kind: "date", Value: q.Get("to_date")},
		}}},
	}
}
