package drofus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

const databaseRoot = "database"

// saysName is what is said of a name that cannot be a database's, see
// [database.Pattern].
const saysName = saysInvalid + " (expected up to 48 of a-z, 0-9, _ and -, beginning with a letter)"

// databases lists the databases within the caller's reach. The seed has no sample
// of one.
func (l *lens) databases(c *call) (reply, error) {
	found, err := l.allDatabases(c)
	if err != nil {
		return reply{}, err
	}
	owners, err := l.ownersOf(c, found...)
	if err != nil {
		return reply{}, err
	}
	list := make([]record, 0, len(found))
	for _, d := range found {
		list = append(list, databaseRecord(d, owners[d.Organization]))
	}
	page, err := l.databasesPage(c, found, owners)
	return listed("databases", list, page), err
}

func (l *lens) allDatabases(c *call) ([]database.Database, error) {
	if l.Databases == nil {
		return nil, nil
	}
	f := database.Filter{Search: c.URL.Query().Get("query"), Order: database.Order{By: "name"}}
	found, _, err := l.Databases.Databases(c.Context(), c.actor, f)
	if err != nil {
		return nil, err
	}
	return l.entered(c, found)
}

// entered returns those of some databases that the caller may come to from here:
// of owners whose projects he runs, and of projects that he administers. Who is
// barred from the web admin keeps the right to the database itself.
func (l *lens) entered(c *call, list []database.Database) ([]database.Database, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]workspace.DatabaseID, 0, len(list))
	owners := make([]workspace.OrganizationID, 0, len(list))
	for _, d := range list {
		ids, owners = append(ids, d.ID), append(owners, d.Organization)
	}
	known, _, err := l.Workspaces.AdministeredOrganizations(c.Context(), c.actor, workspace.OrganizationFilter{IDs: owners})
	if err != nil {
		return nil, err
	}
	if known, err = l.ownersWith(c, known, workspace.ManageWorkspaces); err != nil {
		return nil, err
	}
	projects, _, err := l.Workspaces.Administered(c.Context(), c.actor, workspace.Filter{Databases: ids})
	return slices.DeleteFunc(list, func(d database.Database) bool {
		return !slices.ContainsFunc(known, func(o workspace.Organization) bool { return o.ID == d.Organization }) &&
			!slices.ContainsFunc(projects, func(w workspace.Details) bool { return w.Project.Database == d.ID })
	}), err
}

// permits lets pass who holds a permission in a database, and may do so from here:
// in each of its projects.
func (l *lens) permits(c *call, d database.Database, perm rbac.Permission) error {
	if err := l.Databases.Permits(c.Context(), c.actor, d.Name, perm); err != nil {
		return err
	}
	return l.Databases.Permits(c.Context(), c.actor, d.Name, workspace.Enter)
}

// ownersOf returns the owners of databases that the caller may know of.
func (l *lens) ownersOf(c *call, list ...database.Database) (map[workspace.OrganizationID]workspace.Organization, error) {
	owners := map[workspace.OrganizationID]workspace.Organization{}
	ids := make([]workspace.OrganizationID, 0, len(list))
	for _, d := range list {
		ids = append(ids, d.Organization)
	}
	if len(ids) == 0 {
		return owners, nil
	}
	found, _, err := l.Workspaces.AdministeredOrganizations(c.Context(), c.actor, workspace.OrganizationFilter{IDs: ids})
	for _, o := range found {
		owners[o.ID] = o
	}
	return owners, err
}

func databaseRecord(d database.Database, owner workspace.Organization, more ...field) record {
	return newRecord(databaseRoot, append(more,
		timeOf("created_at", d.Created), textOrNull("created_by", d.CreatedBy), boolOf("disabled", d.Locked),
		textOf("id", string(d.Name)), textOf("name", string(d.Name)), intOf("owner_id", owner.Num).unless(owner.Num == 0),
		intOf("size", d.Size), textOrNull("template", string(d.Template)),
	)...)
}

// pathDatabase returns the database that the path names, within the caller's
// reach. Its name has no dots.
func (l *lens) pathDatabase(c *call) (database.Database, error) {
	text, err := c.segment("name")
	if err != nil {
		return database.Database{}, err
	}
	text, suffix := cutFormat(text)
	if err := c.wants(suffix); err != nil {
		return database.Database{}, err
	}
	name, err := database.ParseName(text)
	if err != nil || l.Databases == nil {
		return database.Database{}, workspace.ErrNotFound
	}
	d, err := l.Databases.Database(c.Context(), c.actor, name)
	if err != nil {
		return d, err
	}
	found, err := l.entered(c, []database.Database{d})
	if err == nil && len(found) == 0 {
		err = workspace.ErrNotFound
	}
	return d, err
}

func databasePath(n database.Name, more ...string) string {
	return pathTo(append([]string{"database", string(n)}, more...)...)
}

func (l *lens) database(c *call) (reply, error) {
	d, err := l.pathDatabase(c)
	if err != nil {
		return reply{}, err
	}
	return l.databaseReply(c, d, shown)
}

// databaseReply answers with a database as it is now.
func (l *lens) databaseReply(c *call, d database.Database, how func(record, view) reply) (reply, error) {
	owners, err := l.ownersOf(c, d)
	if err != nil {
		return reply{}, err
	}
	r := databaseRecord(d, owners[d.Organization])
	if !c.html() {
		return how(r, nil), nil
	}
	page, err := l.databasePage(c, d, r)
	return how(r, page), err
}

func (l *lens) createDatabase(c *call) (reply, error) {
	c.fields = map[string]string{"database.name": "name", "organization": "owner_id"}
	err := l.mayCreateProjects(c)
	if err != nil {
		return reply{}, err
	}
	if c.html() {
		if c.form, err = l.newDatabasePage(c); err != nil {
			return reply{}, err
		}
	}
	in, err := c.read(databaseRoot)
	if err != nil {
		return reply{}, err
	}
	in.need("name", "owner_id")
	owner, err := l.ownerOf(c, in.params)
	if err != nil {
		return reply{}, err
	}
	wanted := database.Draft{Name: databaseName(in.params, "name"), Template: databaseName(in.params, "template")}
	if err := in.faults.err(); err != nil {
		return reply{}, err
	}
	if l.Databases == nil {
		return reply{}, database.ErrNoProvisioner
	}
	d, err := l.Databases.Create(c.Context(), c.actor, owner, wanted)
	if err != nil {
		return reply{}, forbidden(c.actor, err)
	}
	return l.databaseReply(c, d, func(r record, _ view) reply { return made(r, databasePath(d.Name)) })
}

// databaseName reads the name of a database, "" where there is none.
func databaseName(p *params, field string) database.Name {
	text := p.text(field)
	if !text.here || text.value == "" {
		return ""
	}
	n, err := database.ParseName(text.value)
	if err != nil {
		p.blame(field, saysName)
	}
	return n
}

// updateDatabase renames a database.
func (l *lens) updateDatabase(c *call) (reply, error) {
	c.fields = map[string]string{"database.name": "name"}
	d, err := l.pathDatabase(c)
	if err != nil {
		return reply{}, err
	}
	if err := l.permits(c, d, workspace.ManageWorkspaces); err != nil {
		return reply{}, err
	}
	c.form = databaseForm(d)
	in, err := c.read(databaseRoot)
	if err != nil {
		return reply{}, err
	}
	in.keep("name")
	to := databaseName(in.params, "name")
	if err := in.faults.err(); err != nil {
		return reply{}, err
	}
	if to != "" && to != d.Name {
		if d, err = l.Databases.Rename(c.Context(), c.actor, d.Name, to); err != nil {
			return reply{}, err
		}
	}
	return l.databaseReply(c, d, func(r record, _ view) reply { return changed(r, databasePath(d.Name)) })
}

// deleteDatabase deletes a database that no project uses.
func (l *lens) deleteDatabase(c *call) (reply, error) {
	d, err := l.pathDatabase(c)
	if err != nil {
		return reply{}, err
	}
	return gone("database"), l.Databases.Delete(c.Context(), c.actor, d.Name)
}

func (l *lens) disableAll(c *call) (reply, error) {
	d, err := l.databaseAction(c, "disableall", "Disable all", "Nobody can connect to the database until it is enabled again. Sessions go on until they are ended.")
	if err != nil {
		return reply{}, err
	}
	d, n, err := l.Databases.Lock(c.Context(), c.actor, d.Name)
	return acted("disabled", d, err, intOf("disabled_users", n))
}

func (l *lens) enableAll(c *call) (reply, error) {
	d, err := l.databaseAction(c, "enableall", "Enable all", "All project users can connect to the database again, but for those who are disabled themselves.")
	if err != nil {
		return reply{}, err
	}
	d, n, err := l.Databases.Unlock(c.Context(), c.actor, d.Name)
	return acted("enabled", d, err, intOf("enabled_users", n))
}

// kickAll ends all sessions in a database, and those of our clients of its
// projects' users, but for the caller's own.
func (l *lens) kickAll(c *call) (reply, error) {
	d, err := l.databaseAction(c, "kickall", "Kick all", "All sessions of project users end. They can sign in again.")
	if err != nil {
		return reply{}, err
	}
	d, sessions, err := l.Databases.EndSessions(c.Context(), c.actor, d.Name)
	if err != nil {
		return reply{}, err
	}
	projects, _, err := l.Workspaces.Administered(c.Context(), c.actor, workspace.Filter{Databases: []workspace.DatabaseID{d.ID}})
	if err != nil {
		return reply{}, err
	}
	ids := make([]workspace.ID, 0, len(projects))
	for _, w := range projects {
		ids = append(ids, w.ID)
	}
	people, err := l.SignIn.KickMembers(c.Context(), c.actor, ids)
	return acted("kicked", d, err, intOf("ended_sessions", sessions), intOf("kicked_users", people))
}

// acted answers with what an action did to a database (DA-12).
func acted(told string, d database.Database, err error, more ...field) (reply, error) {
	r := newRecord(databaseRoot, append(more, textOf("id", string(d.Name)), boolOf("disabled", d.Locked))...)
	return done(told, r, databasePath(d.Name)), err
}

// databaseAction returns the database that an action is about, once it is
// confirmed.
func (l *lens) databaseAction(c *call, verb, label, text string) (database.Database, error) {
	d, err := l.pathDatabase(c)
	if err != nil {
		return d, err
	}
	// Nobody is asked to confirm what he may not do.
	if err := l.permits(c, d, workspace.LockDatabase); err != nil {
		return d, err
	}
	return d, c.confirmed(confirmPage{
		Title: label + " users of " + string(d.Name) + "?", Text: text,
		Action: button{Label: label, Path: databasePath(d.Name, verb), About: string(d.Name), Main: true},
		Back:   &link{"Back to " + string(d.Name), databasePath(d.Name)},
	})
}

// backUp sends a backup of a database as it is now (DA-17).
func (l *lens) backUp(c *call) (reply, error) {
	d, err := l.pathDatabase(c)
	if err != nil {
		return reply{}, err
	}
	if err := l.permits(c, d, workspace.BackUpDatabase); err != nil {
		return reply{}, err
	}
	if c.Method == http.MethodHead { // nobody makes one to say how large it is
		return reply{write: func(w http.ResponseWriter) { backupHeader(w, d.Name, l.clock()) }}, nil
	}
	out := &download{w: c.w, begin: func(w http.ResponseWriter) { backupHeader(w, d.Name, l.clock()) }}
	err = l.Databases.Backup(c.Context(), c.actor, d.Name, out)
	switch {
	case err != nil && !out.begun:
		return reply{}, err
	case err != nil: // half a backup must not look like a whole one
		if !errors.Is(err, context.Canceled) {
			transport.NoteError(c.Context(), fmt.Errorf("drofus: backup of %s: %w", d.Name, err))
		}
		panic(http.ErrAbortHandler)
	}
	return reply{write: func(w http.ResponseWriter) { out.start() }}, nil
}
