package drofus

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// named is the name of a control within a root: "project[name]".
func named(root, name string) string { return root + "[" + name + "]" }

func ownerOptions(list []workspace.Organization) []option {
	options := make([]option, 0, len(list))
	for _, o := range list {
		options = append(options, option{Value: strconv.FormatInt(int64(o.Num), 10), Label: o.Name})
	}
	return options
}

// choose puts a first option that is none before others, unless there is nothing to
// choose.
func choose(label string, list []option) []option {
	if len(list) == 1 {
		return list
	}
	return first(label, list)
}

// choices are what forms of projects and databases offer.
type choices struct {
	owners []workspace.Organization // whose projects the caller runs
	// databases are those of the owners.
	databases []database.Database
	templates []option
}

func (l *lens) choices(c *call) (choices, error) {
	var found choices
	owners, _, err := l.Workspaces.AdministeredOrganizations(c.Context(), c.actor, workspace.OrganizationFilter{})
	if err != nil {
		return found, err
	}
	if found.owners, err = l.ownersWith(c, owners, workspace.ManageWorkspaces); err != nil || l.Databases == nil {
		return found, err
	}
	all, _, err := l.Databases.Databases(c.Context(), c.actor, database.Filter{Order: database.Order{By: "name"}})
	if err != nil {
		return found, err
	}
	for _, d := range all {
		if found.owner(d) != nil {
			found.databases = append(found.databases, d)
		}
	}
	// What everybody may copy comes first, and the rest is his.
	names, err := l.Databases.Templates(c.Context(), c.actor)
	for _, n := range names {
		found.templates = append(found.templates, option{string(n), string(n)})
	}
	for _, o := range found.options("") {
		if !slices.Contains(names, database.Name(o.Value)) {
			found.templates = append(found.templates, o)
		}
	}
	return found, err
}

// owner returns whose a database is.
func (f choices) owner(d database.Database) *workspace.Organization {
	i := slices.IndexFunc(f.owners, func(o workspace.Organization) bool { return o.ID == d.Organization })
	if i < 0 {
		return nil
	}
	return &f.owners[i]
}

// options are the databases of an owner, or of all of them. Whose they are is said
// where there are several.
func (f choices) options(of workspace.OrganizationID) []option {
	var list []option
	for _, d := range f.databases {
		if of != "" && d.Organization != of {
			continue
		}
		label := string(d.Name)
		if of == "" && len(f.owners) > 1 {
			label += " (" + f.owner(d).Name + ")"
		}
		list = append(list, option{string(d.Name), label})
	}
	return list
}

// first puts an option before others.
func first(label string, list []option) []option { return append([]option{{Label: label}}, list...) }

func (l *lens) newProject(c *call) (reply, error) {
	if err := l.mayCreateProjects(c); err != nil {
		return reply{}, err
	}
	page, err := l.newProjectPage(c)
	return paper(page), err
}

func (l *lens) newProjectPage(c *call) (*formPage, error) {
	offers, err := l.choices(c)
	if err != nil {
		return nil, err
	}
	at := func(name string) string { return named(projectRoot, name) }
	return &formPage{
		Title: "New project", Path: "projects", Submit: "Create project", Back: &link{"All projects", "projects"},
		Groups: []group{
			{Legend: wordProject, Controls: []control{
				{Name: at("name"), Label: wordName, Required: true, Limit: 99},
				{Name: at("no"), Label: "No", Limit: 30},
				{Name: at("owner_id"), Label: wordOwner, Kind: "select", Options: choose("Choose an owner", ownerOptions(offers.owners)), Required: true},
				{Name: at("constructor"), Label: "Constructor", Required: true, Limit: 255},
				{Name: at("project_type_id"), Label: "Project type", Required: true, Value: "1", Hint: "A number."},
				{Name: at("description"), Label: "Description", Kind: "textarea", Required: true, Limit: 4000},
			}},
			{Legend: "Database", Controls: []control{
				{Name: at("new_db"), Label: "Which database", Kind: "select", Value: "1", Options: []option{
					{"1", "A new one, from a template"}, {"0", "One that there is"},
				}},
				{Name: at("new_db_name"), Label: "Name of the new database", Limit: 48, Hint: "a–z, 0–9, _ and -, beginning with a letter."},
				{Name: at("new_db_template"), Label: "Template of the new database", Kind: "select", Options: first("Choose a template", offers.templates)},
				{Name: at("existing_db_name"), Label: "Database that there is", Kind: "select", Options: first("Choose a database", offers.options(""))},
			}},
		},
	}, nil
}

func (l *lens) editProject(c *call) (reply, error) {
	w, err := l.pathProject(c)
	if err != nil {
		return reply{}, err
	}
	if err := l.require(c, w.Num, workspace.Update); err != nil {
		return reply{}, err
	}
	page, err := l.editProjectPage(c, w)
	return paper(page), err
}

func (l *lens) editProjectPage(c *call, w workspace.Details) (*formPage, error) {
	offers, err := l.choices(c)
	if err != nil {
		return nil, err
	}
	names, err := l.databaseNames(c, w)
	if err != nil {
		return nil, err
	}
	runs, err := permitted(l.mayRun(c, w))
	if err != nil {
		return nil, err
	}
	owner := ""
	if w.PaidBy != nil {
		owner = strconv.FormatInt(int64(w.PaidBy.Num), 10)
	}
	kind := ""
	if w.Project.Type != 0 {
		kind = strconv.FormatInt(w.Project.Type, 10)
	}
	at := func(name string) string { return named(projectRoot, name) }
	page := &formPage{
		Title: "Edit " + w.Name, Path: projectPath(w.Num), Method: "patch", Back: &link{"Back to " + w.Name, projectPath(w.Num)},
		Groups: []group{{Legend: wordProject, Controls: []control{
			{Name: at("name"), Label: wordName, Required: true, Limit: 99, Value: w.Name},
			{Name: at("no"), Label: "No", Limit: 30, Value: w.Project.Number},
			{Name: at("constructor"), Label: "Constructor", Limit: 255, Value: w.Project.Constructor},
			{Name: at("project_type_id"), Label: "Project type", Value: kind},
			{Name: at("status"), Label: "Status", Limit: 99, Value: w.Project.Status},
			{Name: at("gross_area"), Label: "Gross area", Value: w.Project.GrossArea, Hint: "In square metres, as 1250.5."},
			{Name: at("contact"), Label: "Contact", Limit: 255, Value: w.Contact},
			{Name: at("description"), Label: "Description", Kind: "textarea", Limit: 4000, Value: w.Description},
		}}},
	}
	if !runs {
		return page, nil
	}
	where := []control{{Name: at("active"), Label: "Active", Kind: "checkbox", Checked: w.Active, Hint: "Nobody comes into a project that is not."}}
	if w.Project.Database == "" { // a database is of its owner, and keeps the project there
		where = append(where, control{Name: at("owner_id"), Label: wordOwner, Kind: "select", Options: first("None", ownerOptions(offers.owners)), Value: owner})
	}
	where = append(where, control{
		Name: at("database_id"), Label: "Database", Kind: "select", Options: first("None", offers.options(w.Organization)),
		Value: string(names[w.Project.Database]), Hint: "One of the owner's.",
	})
	page.Groups = append(page.Groups, group{Legend: "Where it is", Controls: where})
	return page, nil
}

func (l *lens) newOwner(c *call) (reply, error) {
	if err := l.mayCreateOwners(c); err != nil {
		return reply{}, err
	}
	return paper(ownerForm(c, workspace.Organization{})), nil
}

func (l *lens) editOwner(c *call) (reply, error) {
	o, err := l.pathOwner(c)
	if err != nil {
		return reply{}, err
	}
	return paper(ownerForm(c, o)), l.require(c, o.Num, workspace.UpdateOrganization)
}

func ownerForm(_ *call, o workspace.Organization) *formPage {
	at := func(name string) string { return named(ownerRoot, name) }
	page := &formPage{
		Title: "New owner", Path: "owners", Submit: "Create owner", Back: &link{"All owners", "owners"},
		Groups: []group{{Controls: []control{
			{Name: at("name"), Label: wordName, Required: true, Limit: 99, Value: o.Name},
			{Name: at("address"), Label: "Address", Kind: "textarea", Limit: 1000, Value: o.Address},
			{Name: at("billing_address"), Label: "Billing address", Kind: "textarea", Limit: 1000, Value: o.BillingAddress},
			{Name: at("contact"), Label: "Contact", Limit: 255, Value: o.Contact},
			{Name: at("tech_contact"), Label: "Technical contact", Limit: 255, Value: o.TechContact},
			{Name: at("network"), Label: "Network", Limit: 255, Value: o.Network},
			{Name: at("image"), Label: "Image", Limit: 1000, Value: o.Image, Hint: "The address of a picture."},
			{Name: at("note"), Label: "Note", Kind: "textarea", Limit: 4000, Value: o.Note},
		}}},
	}
	if o.Num != 0 {
		page.Title, page.Path, page.Method, page.Submit = "Edit "+o.Name, ownerPath(o.Num), "patch", ""
		page.Back = &link{"Back to " + o.Name, ownerPath(o.Num)}
	}
	return page
}

func (l *lens) editUser(c *call) (reply, error) {
	u, err := l.pathUser(c, false)
	if err != nil {
		return reply{}, err
	}
	if err := l.Workspaces.Administers(c.Context(), c.actor, u.ID); err != nil {
		return reply{}, err
	}
	page, err := l.userForm(c, u)
	return paper(page), err
}

// userForm has the e-mail address for who administers the server: who can have
// somebody's mail sent elsewhere can become him.
func (l *lens) userForm(c *call, u workspace.User) (*formPage, error) {
	at := func(name string) string { return named(userRoot, name) }
	page := &formPage{
		Title: "Edit " + u.Username, Path: userPath(u), Method: "patch", Back: &link{"Back to " + u.Username, userPath(u)},
		Groups: []group{{Controls: []control{
			{Name: at("first_name"), Label: "First name", Limit: 99, Value: u.FirstName},
			{Name: at("last_name"), Label: "Last name", Limit: 99, Value: u.LastName},
		}}},
	}
	server, err := l.holds(c, rbac.Root, workspace.Administer)
	if server {
		into := &page.Groups[0]
		into.Controls = append(into.Controls, control{Name: at("email"), Label: "E-mail", Kind: "email", Required: true, Value: u.Email})
	}
	return page, err
}

// rightsControls are those of the levels and flags of a project user.
func rightsControls(e workspace.Enrolment) []control {
	at := func(name string) string { return named(memberRoot, name) }
	var list []control
	for _, m := range workspace.Modules() {
		c := control{
			Name: at(rightsName(m)), Label: humanised(rightsName(m)), Kind: "select", Value: strconv.FormatInt(levelOf(m.Grade(e.Roles)), 10),
		}
		for level := int64(levelFull); level <= levelNone; level++ {
			c.Options = append(c.Options, option{Value: strconv.FormatInt(level, 10), Label: levelLabel(level)})
		}
		list = append(list, c)
	}
	return append(list,
		control{Name: at("superuser"), Label: "Administrator of the project", Kind: "checkbox", Checked: hasRole(e.Roles, workspace.RoleProjectAdministrator)},
		control{Name: at("addon_admin"), Label: "BIM administrator", Kind: "checkbox", Checked: hasRole(e.Roles, workspace.RoleBIMAdministrator)},
		control{
			Name: at("no_web_admin_access"), Label: "No access to the web admin", Kind: "checkbox", Checked: e.Barred,
			Hint: "Keeps an administrator of the project from administering it here.",
		})
}

func (l *lens) newProjectUser(c *call) (reply, error) {
	if err := l.mayEnrol(c); err != nil {
		return reply{}, err
	}
	page, err := l.newProjectUserPage(c)
	return paper(page), err
}

func (l *lens) newProjectUserPage(c *call) (*formPage, error) {
	projects, _, err := l.Workspaces.Administered(c.Context(), c.actor, workspace.Filter{Active: new(true)})
	if err != nil {
		return nil, err
	}
	nodes, err := l.where(c, workspace.ClassWorkspace, workspace.ManageMembers)
	if err != nil {
		return nil, err
	}
	var options []option
	for _, w := range projects {
		if !nodes.Contains(w.Num) {
			continue
		}
		options = append(options, option{Value: strconv.FormatInt(int64(w.Num), 10), Label: w.Name})
	}
	mails := []option{{Label: "None"}}
	notices, _, err := l.Workspaces.Notices(c.Context(), c.actor, mail.NoticeFilter{})
	if err == nil { // without mail there are none to choose
		for _, n := range notices {
			mails = append(mails, option{Value: strconv.FormatInt(n.Num, 10), Label: n.Name})
		}
	}
	return &formPage{
		Title: "Add a user to a project", Path: membersPath, Submit: "Add", Back: &link{"All project users", membersPath},
		Groups: []group{
			{Legend: "User", Controls: []control{
				{Name: "user[username]", Label: wordUsername, Required: true, Limit: 100, Hint: "Whoever has no account yet is given one."},
				{Name: "user[first_name]", Label: "First name", Limit: 99},
				{Name: "user[last_name]", Label: "Last name", Limit: 99},
				{Name: "user[email]", Label: "E-mail", Kind: "email"},
				{Name: "mail_type", Label: "Mail to send", Kind: "select", Options: mails},
			}},
			{Legend: "Project and rights", Controls: append([]control{
				{Name: named(memberRoot, "project_id"), Label: wordProject, Kind: "select", Options: choose("Choose a project", options), Required: true, Value: c.URL.Query().Get("project_id")},
			}, rightsControls(workspace.Enrolment{})...)},
		},
	}, nil
}

func (l *lens) editProjectUser(c *call) (reply, error) {
	e, err := l.pathMember(c)
	if err != nil {
		return reply{}, err
	}
	if err := l.require(c, e.project.Num, workspace.ManageMembers); err != nil {
		return reply{}, err
	}
	page, err := l.editProjectUserPage(c, e)
	return paper(page), err
}

func (l *lens) editProjectUserPage(c *call, e enrolment) (*formPage, error) {
	groups, err := l.userRoles(c, e.project)
	if err != nil {
		return nil, err
	}
	role := control{Name: named(memberRoot, "user_role_id"), Label: "User role", Kind: "select", Options: []option{{Label: "None"}}}
	for _, g := range groups {
		role.Options = append(role.Options, option{Value: strconv.FormatInt(int64(g.Num), 10), Label: g.Name})
	}
	if e.role != nil {
		role.Value = strconv.FormatInt(int64(e.role.Num), 10)
	}
	held := workspace.Enrolment{Roles: e.Roles, Barred: e.Barred}
	return &formPage{
		Title: fmt.Sprintf("Edit %s in %s", e.Username, e.project.Name), Path: e.path(), Method: "patch",
		Back:   &link{"Back to " + e.Username, e.path()},
		Groups: []group{{Legend: "Rights", Controls: append([]control{role}, rightsControls(held)...)}},
	}, nil
}

func (l *lens) newDatabase(c *call) (reply, error) {
	if err := l.mayCreateProjects(c); err != nil {
		return reply{}, err
	}
	page, err := l.newDatabasePage(c)
	return paper(page), err
}

func (l *lens) newDatabasePage(c *call) (*formPage, error) {
	offers, err := l.choices(c)
	if err != nil {
		return nil, err
	}
	at := func(name string) string { return named(databaseRoot, name) }
	return &formPage{
		Title: "New database", Path: "database", Submit: "Create database", Back: &link{"All databases", "database"},
		Groups: []group{{Controls: []control{
			{Name: at("name"), Label: wordName, Required: true, Limit: 48, Hint: "a–z, 0–9, _ and -, beginning with a letter."},
			{Name: at("owner_id"), Label: wordOwner, Kind: "select", Options: choose("Choose an owner", ownerOptions(offers.owners)), Required: true},
			{Name: at("template"), Label: "Template", Kind: "select", Options: first("None: an empty database", offers.templates)},
		}}},
	}, nil
}

func (l *lens) editDatabase(c *call) (reply, error) {
	d, err := l.pathDatabase(c)
	if err != nil {
		return reply{}, err
	}
	return paper(databaseForm(d)), l.permits(c, d, workspace.ManageWorkspaces)
}

func databaseForm(d database.Database) *formPage {
	return &formPage{
		Title: "Rename " + string(d.Name), Path: databasePath(d.Name), Method: "patch", Submit: "Rename",
		Back: &link{"Back to " + string(d.Name), databasePath(d.Name)},
		Groups: []group{{Controls: []control{{
			Name: named(databaseRoot, "name"), Label: wordName, Required: true, Limit: 48, Value: string(d.Name),
			Hint: "a–z, 0–9, _ and -, beginning with a letter. Sessions in the database end.",
		}}}},
	}
}

func (l *lens) newEmail(c *call) (reply, error) {
	if err := l.mayWriteEmails(c); err != nil {
		return reply{}, err
	}
	page, err := l.newEmailPage(c)
	return paper(page), err
}

func (l *lens) newEmailPage(c *call) (*formPage, error) {
	owners, _, err := l.Workspaces.AdministeredOrganizations(c.Context(), c.actor, workspace.OrganizationFilter{})
	if err != nil {
		return nil, err
	}
	if owners, err = l.ownersWith(c, owners, workspace.UpdateOrganization); err != nil {
		return nil, err
	}
	options := choose("Choose an owner", ownerOptions(owners))
	server, err := l.holds(c, rbac.Root, workspace.Administer)
	if server {
		options = first("Everybody", ownerOptions(owners))
	}
	return emailForm(mail.Notice{Occasion: mail.NewUser}, options), err
}

func (l *lens) editEmail(c *call) (reply, error) {
	n, err := l.pathEmailToChange(c)
	if err == nil && n.Builtin {
		err = mail.ErrBuiltin
	}
	return paper(emailForm(n, nil)), builtinMail(err)
}

// emailForm is the form of a mail, which keeps its owner once it is there.
func emailForm(n mail.Notice, owners []option) *formPage {
	at := func(name string) string { return named(emailRoot, name) }
	controls := []control{
		{Name: at("name"), Label: wordName, Required: true, Limit: 99, Value: n.Name},
		{Name: at("type"), Label: "For", Kind: "select", Value: string(n.Occasion), Options: []option{
			{string(mail.NewUser), "New users"}, {string(mail.Reminder), "Reminders"},
		}},
		{Name: at("subject"), Label: "Subject", Required: true, Value: n.Subject},
		{
			Name: at("body"), Label: "Body", Kind: "textarea", Required: true, Value: n.Body,
			Hint: "Liquid: {{ project_user.first_name }}, {{ project_user.project.name }}, {{ pw }}. What begins with < is HTML.",
		},
	}
	page := &formPage{
		Title: "Edit " + n.Name, Path: emailPath(n.Num), Method: "patch", Back: &link{"Back to " + n.Name, emailPath(n.Num)},
		Groups: []group{{Controls: controls}},
	}
	if n.Num == 0 {
		page.Title, page.Path, page.Method, page.Submit = "New e-mail", "emails", "", "Create e-mail"
		page.Back = &link{"All e-mails", "emails"}
		into := &page.Groups[0]
		into.Controls = append(into.Controls, control{Name: at("owner_id"), Label: wordOwner, Kind: "select", Options: owners})
	}
	return page
}

func resetRequestForm() *formPage {
	return &formPage{
		Title: "Forgotten password", Path: "password/request_reset", Submit: "Send a mail",
		Groups: []group{{Controls: []control{
			{Name: named(userRoot, "username"), Label: wordUsername, Required: true, Fill: "username"},
		}}},
	}
}

func resetForm(token string) *formPage {
	at := func(name string) string { return named(userRoot, name) }
	return &formPage{
		Title: "Choose a password", Path: "password/reset", Submit: "Set the password",
		Groups: []group{{Controls: []control{
			{Name: at("token"), Kind: "hidden", Value: token},
			{Name: at("password"), Label: "New password", Kind: "password", Required: true, Fill: "new-password"},
			{Name: at("password_confirmation"), Label: "New password again", Kind: "password", Required: true, Fill: "new-password"},
		}}},
	}
}
