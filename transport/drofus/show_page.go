package drofus

import (
	"slices"
	"strconv"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// deletion is a button that deletes what is at a path, and asks before.
func deletion(path, what string) button {
	return button{Label: "Delete", Path: path, Method: "delete", About: what, Ask: "Yes, delete", Bad: true}
}

// linked gives entries of a page links, by label.
func linked(list []entry, links map[string]cell) []entry {
	for i, e := range list {
		if to, ok := links[e.Label]; ok && to.Text != "" {
			list[i].Text, list[i].Path = to.Text, to.Path
		}
	}
	return list
}

// userActions are what whoever administers a user does with him: not with himself,
// as far as that would shut him out.
func userActions(c *call, u workspace.User) []button {
	kick := button{Label: "Kick", Path: userPath(u, "kick"), About: u.Username}
	switch {
	case u.ID == c.actor.User:
		return []button{kick}
	case u.Disabled:
		return []button{{Label: "Enable", Path: userPath(u, "enable"), About: u.Username}, kick}
	}
	return []button{{Label: "Disable", Path: userPath(u, "disable"), About: u.Username}, kick}
}

func (l *lens) projectPage(c *call, w workspace.Details, r record) (*showPage, error) {
	members, err := l.enrolments(c, []workspace.Details{w})
	if err != nil {
		return nil, err
	}
	names, err := l.databaseNames(c, w)
	if err != nil {
		return nil, err
	}
	entries := linked(entriesOf(r), map[string]cell{
		wordOwner: ownerCell(w.PaidBy), "Database": databaseCell(names[w.Project.Database]),
	})
	if w.Project.Constructor != "" {
		entries = append(entries, entry{Label: "Constructor", Text: w.Project.Constructor})
	}
	if w.Project.Type != 0 {
		entries = append(entries, entry{Label: "Project type", Text: strconv.FormatInt(w.Project.Type, 10)})
	}
	users := grid{Caption: "Project users", Columns: []string{wordUsername, wordName, "Superuser"}, Empty: "There are none."}
	for _, e := range members {
		users.Rows = append(users.Rows, row{Cells: []cell{{Text: e.Username, Path: e.path()}, {Text: e.Name}, {Text: yes(e.superuser())}}})
	}
	if users.New, err = offerLink("Add a user", "project_users/new?project_id="+strconv.FormatInt(int64(w.Num), 10), l.require(c, w.Num, workspace.ManageMembers)); err != nil {
		return nil, err
	}
	page := &showPage{Title: w.Name, Entries: entries, Tables: []grid{users}, Back: &link{"All projects", "projects"}}
	if page.Edit, err = offerLink("Edit", projectPath(w.Num)+"/edit", l.require(c, w.Num, workspace.Update)); err != nil {
		return nil, err
	}
	state := button{Label: "Deactivate", Path: projectPath(w.Num), Method: "patch", Values: []hidden{{"project[active]", "0"}}, About: w.Name}
	if !w.Active {
		state = button{Label: "Activate", Path: projectPath(w.Num), Method: "patch", Values: []hidden{{"project[active]", "1"}}, About: w.Name}
	}
	runs := l.mayRun(c, w)
	page.Actions, err = offers(offer(state, runs), offer(deletion(projectPath(w.Num), w.Name), runs))
	return page, err
}

func (l *lens) ownerPage(c *call, o workspace.Organization, r record) (*showPage, error) {
	projects, _, err := l.Workspaces.Administered(c.Context(), c.actor, workspace.Filter{Organization: o.ID})
	if err != nil {
		return nil, err
	}
	table := grid{Caption: wordProjects, Columns: []string{wordName, "No", "Active"}, Empty: "There are none."}
	for _, w := range projects {
		table.Rows = append(table.Rows, row{Cells: []cell{{Text: w.Name, Path: projectPath(w.Num)}, {Text: w.Project.Number}, {Text: yes(w.Active)}}})
	}
	page := &showPage{Title: o.Name, Entries: entriesOf(r), Tables: []grid{table}, Back: &link{"All owners", "owners"}}
	if page.Edit, err = offerLink("Edit", ownerPath(o.Num)+"/edit", l.require(c, o.Num, workspace.UpdateOrganization)); err != nil {
		return nil, err
	}
	page.Actions, err = offers(offer(deletion(ownerPath(o.Num), o.Name), l.mayCreateOwners(c)).unless(len(projects) > 0))
	return page, err
}

func (l *lens) userPage(c *call, u workspace.User, r record) (*showPage, error) {
	projects, _, err := l.Workspaces.Administered(c.Context(), c.actor, workspace.Filter{})
	if err != nil {
		return nil, err
	}
	members, err := l.enrolments(c, projects)
	if err != nil {
		return nil, err
	}
	table := grid{Caption: wordProjects, Columns: []string{wordProject, "Superuser", "Rights"}, Empty: "There are none that you administer."}
	for _, e := range members {
		if e.User == u.ID {
			table.Rows = append(table.Rows, row{Cells: []cell{
				{Text: e.project.Name, Path: projectPath(e.project.Num)}, {Text: yes(e.superuser())}, {Text: "Rights of " + u.Username, Path: e.path()},
			}})
		}
	}
	page := &showPage{Title: u.Username, Entries: entriesOf(r), Tables: []grid{table}, Back: &link{"All users", "users"}}
	administers := l.Workspaces.Administers(c.Context(), c.actor, u.ID)
	if page.Edit, err = offerLink("Edit", userPath(u, "edit"), administers); err != nil {
		return nil, err
	}
	var list []offered
	for _, b := range userActions(c, u) {
		list = append(list, offer(b, administers))
	}
	list = append(list, offer(deletion(userPath(u), u.Username), l.require(c, rbac.Root, workspace.Administer)).unless(u.ID == c.actor.User))
	page.Actions, err = offers(list...)
	return page, err
}

func (l *lens) projectUserPage(c *call, e enrolment) (*showPage, error) {
	role := ""
	if e.role != nil {
		role = e.role.Name
	}
	entries := append(make([]entry, 0, 16), []entry{
		{Label: wordUsername, Text: e.Username, Path: pathTo("users", e.Username)},
		{Label: wordName, Text: e.Name},
		{Label: wordProject, Text: e.project.Name, Path: projectPath(e.project.Num)},
		{Label: "Since", Text: stamp(e.Created), Time: e.Created.UTC().Format(time.RFC3339)},
		{Label: "User role", Text: role},
		{Label: "Superuser", Text: yes(e.superuser())},
	}...)
	for _, m := range workspace.Modules() {
		entries = append(entries, entry{Label: humanised(rightsName(m)), Text: levelLabel(levelOf(m.Grade(e.Roles)))})
	}
	entries = append(entries,
		entry{Label: "BIM administrator", Text: yes(hasRole(e.Roles, workspace.RoleBIMAdministrator))},
		entry{Label: "No web admin access", Text: yes(e.Barred)})
	page := &showPage{Title: e.Username + " in " + e.project.Name, Entries: entries, Back: &link{"All project users", membersPath}}
	manages := l.require(c, e.project.Num, workspace.ManageMembers)
	var err error
	if page.Edit, err = offerLink("Edit", e.path("edit"), manages); err != nil {
		return nil, err
	}
	remove := button{Label: "Remove", Path: e.path(), Method: "delete", About: e.Username + " from " + e.project.Name, Ask: "Yes, remove", Bad: true}
	page.Actions, err = offers(offer(remove, manages).unless(e.User == e.project.Supervisor))
	return page, err
}

func hasRole(roles []rbac.RoleName, role rbac.RoleName) bool { return slices.Contains(roles, role) }

// levelLabel names a level as dRofus does.
func levelLabel(level int64) string {
	switch level {
	case levelFull:
		return "1 Full"
	case levelLimited:
		return "2 Limited"
	case levelRead:
		return "3 Read"
	}
	return "4 None"
}

func (l *lens) databasePage(c *call, d database.Database, r record) (*showPage, error) {
	stats, err := l.Databases.Stats(c.Context(), c.actor, d.Name)
	if err != nil {
		return nil, err
	}
	owners, err := l.ownersOf(c, d)
	if err != nil {
		return nil, err
	}
	owner := owners[d.Organization]
	entries := linked(entriesOf(r), map[string]cell{wordOwner: ownerCell(&owner), "Size": {Text: size(stats.Size)}})
	entries = append(entries, entry{Label: "Sessions", Text: strconv.Itoa(stats.Sessions)})
	projects, _, err := l.Workspaces.Administered(c.Context(), c.actor, workspace.Filter{Databases: []workspace.DatabaseID{d.ID}})
	if err != nil {
		return nil, err
	}
	table := grid{Caption: wordProjects, Columns: []string{wordName, "No", "Active"}, Empty: "There are none that you administer."}
	for _, w := range projects {
		table.Rows = append(table.Rows, row{Cells: []cell{{Text: w.Name, Path: projectPath(w.Num)}, {Text: w.Project.Number}, {Text: yes(w.Active)}}})
	}
	lock := button{Label: "Disable all", Path: databasePath(d.Name, "disableall"), About: string(d.Name)}
	if d.Locked {
		lock = button{Label: "Enable all", Path: databasePath(d.Name, "enableall"), About: string(d.Name)}
	}
	may := func(perm rbac.Permission) error { return l.permits(c, d, perm) }
	backup, err := offerLink("Download a backup now", databasePath(d.Name, "get_backup_now"), may(workspace.BackUpDatabase))
	if err != nil {
		return nil, err
	}
	if backup != nil {
		entries = append(entries, entry{Label: "Backup", Text: backup.Label, Path: backup.Path})
	}
	page := &showPage{Title: string(d.Name), Entries: entries, Tables: []grid{table}, Back: &link{"All databases", "database"}}
	runs, locks := may(workspace.ManageWorkspaces), may(workspace.LockDatabase)
	if page.Edit, err = offerLink("Rename", databasePath(d.Name, "edit"), runs); err != nil {
		return nil, err
	}
	page.Actions, err = offers(
		offer(lock, locks), offer(button{Label: "Kick all", Path: databasePath(d.Name, "kickall"), About: string(d.Name)}, locks),
		offer(deletion(databasePath(d.Name), string(d.Name)), runs).unless(len(projects) > 0))
	return page, err
}

func (l *lens) emailPage(c *call, n mail.Notice, owner workspace.Organization, r record) (*showPage, error) {
	entries := linked(entriesOf(r), map[string]cell{wordOwner: ownerCell(&owner), "Type": {Text: "For " + occasion(n.Occasion)}})
	page := &showPage{Title: n.Name, Entries: entries, Back: &link{"All e-mails", "emails"}}
	changes := l.mayChangeEmail(c, owner)
	preview, err := offerLink("See it with sample values", emailPath(n.Num, "preview"), changes)
	if err != nil {
		return nil, err
	}
	if preview != nil {
		page.Entries = append(page.Entries, entry{Label: "Preview", Text: preview.Label, Path: preview.Path})
	}
	if n.Builtin {
		return page, nil
	}
	if page.Edit, err = offerLink("Edit", emailPath(n.Num, "edit"), changes); err != nil {
		return nil, err
	}
	page.Actions, err = offers(offer(deletion(emailPath(n.Num), n.Name), changes))
	return page, err
}
