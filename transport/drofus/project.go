package drofus

import (
	"context"
	"errors"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

const projectRoot = "project"

// projects lists the projects within the caller's reach: the active ones, or with
// show_all=1 all of them (spec/drofus.md D-20 … D-22).
func (l *lens) projects(c *call) (reply, error) {
	f := workspace.Filter{InName: c.URL.Query().Get("query")}
	all := showsAll(c.URL.Query().Get("show_all"))
	if !all {
		f.Active = new(true)
	}
	found, _, err := l.Workspaces.Administered(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	names, err := l.databaseNames(c, found...)
	if err != nil {
		return reply{}, err
	}
	members, err := l.included(c, found)
	if err != nil {
		return reply{}, err
	}
	list := make([]record, 0, len(found))
	for _, w := range found {
		var more []field
		if members != nil {
			more = append(more, listOf("project_users", members[w.ID]))
		}
		list = append(list, projectRecord(w, names[w.Project.Database], more...))
	}
	page, err := l.projectsPage(c, found, names, all)
	return listed("projects", list, page), err
}

// showsAll reports whether show_all asks for inactive projects (DA-20).
func showsAll(text string) bool { return text == "1" || text == "true" }

// included returns the members of projects as records, where include asks for
// them (DA-18), and nil where it does not.
func (l *lens) included(c *call, projects []workspace.Details) (map[workspace.ID][]record, error) {
	if c.URL.Query().Get("include") != "project_users" || c.html() {
		return nil, nil //nolint:nilnil // nobody asked
	}
	all, err := l.enrolments(c, projects)
	if err != nil {
		return nil, err
	}
	members := map[workspace.ID][]record{}
	for _, m := range all {
		members[m.project.ID] = append(members[m.project.ID], m.record(false))
	}
	return members, nil
}

// databaseNames returns what the databases of projects are called.
func (l *lens) databaseNames(c *call, projects ...workspace.Details) (map[workspace.DatabaseID]database.Name, error) {
	names := map[workspace.DatabaseID]database.Name{}
	var ids []workspace.DatabaseID
	for _, w := range projects {
		if w.Project.Database != "" {
			ids = append(ids, w.Project.Database)
		}
	}
	if len(ids) == 0 || l.Databases == nil {
		return names, nil
	}
	found, err := l.Databases.Find(c.Context(), c.actor, ids)
	for id, d := range found {
		names[id] = d.Name
	}
	return names, err
}

// findProject returns a project within the caller's reach by its number.
func (l *lens) findProject(c *call, id int64) (workspace.Details, error) {
	found, _, err := l.Workspaces.Administered(c.Context(), c.actor, workspace.Filter{Nums: []rbac.Node{rbac.Node(id)}})
	if err != nil {
		return workspace.Details{}, err
	}
	if len(found) == 0 {
		return workspace.Details{}, workspace.ErrNotFound
	}
	return found[0], nil
}

// pathProject returns the project that the path names.
func (l *lens) pathProject(c *call) (workspace.Details, error) {
	id, err := c.number("id")
	if err != nil {
		return workspace.Details{}, err
	}
	return l.findProject(c, id)
}

func (l *lens) project(c *call) (reply, error) {
	w, err := l.pathProject(c)
	if err != nil {
		return reply{}, err
	}
	names, err := l.databaseNames(c, w)
	if err != nil {
		return reply{}, err
	}
	members, err := l.included(c, []workspace.Details{w})
	if err != nil {
		return reply{}, err
	}
	var more []field
	if members != nil {
		more = append(more, listOf("project_users", members[w.ID]))
	}
	r := projectRecord(w, names[w.Project.Database], more...)
	if !c.html() {
		return shown(r, nil), nil
	}
	page, err := l.projectPage(c, w, r)
	return shown(r, page), err
}

func projectPath(id rbac.Node) string { return pathTo("projects", strconv.FormatInt(int64(id), 10)) }

// projectFields are what the domain's fields are called in a project.
func projectFields() map[string]string {
	return map[string]string{
		"number": "no", "type": "project_type_id", "project_type": "project_type_id", "organization": "owner_id",
		"technical_name": "name", "template": "new_db_template", "database": "existing_db_name", "database.name": "new_db_name",
	}
}

// createProject makes a project, with a new database or in one that there is
// (spec/drofus.md "POST /projects").
func (l *lens) createProject(c *call) (reply, error) {
	c.fields = projectFields()
	err := l.mayCreateProjects(c)
	if err != nil {
		return reply{}, err
	}
	if c.html() {
		if c.form, err = l.newProjectPage(c); err != nil {
			return reply{}, err
		}
	}
	in, err := c.read(projectRoot)
	if err != nil {
		return reply{}, err
	}
	draft, err := l.projectDraft(c, in.params)
	if err != nil {
		return reply{}, err
	}
	if l.Databases == nil {
		return reply{}, database.ErrNoProvisioner
	}
	w, d, err := l.Databases.CreateProject(c.Context(), c.actor, draft)
	if err != nil {
		return reply{}, forbidden(c.actor, err)
	}
	return made(projectRecord(w, d.Name), projectPath(w.Num)), nil
}

// projectDraft reads what project is to be made. All that the way of making it
// needs has to be there.
func (l *lens) projectDraft(c *call, p *params) (database.ProjectDraft, error) {
	none := database.ProjectDraft{}
	p.need("new_db", "name", "constructor", "description", "owner_id", "project_type_id")
	fresh := p.flag("new_db")
	if fresh.here && fresh.value {
		p.need("new_db_template", "new_db_name")
	} else if fresh.here {
		p.need("existing_db_name")
	}
	w := workspace.Workspace{Supervisor: c.actor.User}
	applyProject(p, &w)
	owner, err := l.ownerOf(c, p)
	if err != nil {
		return none, err
	}
	draft := database.ProjectDraft{Workspace: w}
	draft.Workspace.Organization = owner
	if fresh.here && fresh.value {
		draft.New = &database.Draft{Name: databaseName(p, "new_db_name"), Template: databaseName(p, "new_db_template")}
	} else {
		draft.Existing = databaseName(p, "existing_db_name")
	}
	if c.actor.User == "" {
		p.blame(onBase, "A key cannot supervise a project: make it as a user")
	}
	return draft, p.faults.err()
}

// ownerOf reads owner_id, which names an owner within the caller's reach, and
// faults another; "" where none was sent.
func (l *lens) ownerOf(c *call, p *params) (workspace.OrganizationID, error) {
	id := p.integer("owner_id")
	if !id.here {
		return "", nil
	}
	o, err := l.findOwner(c, id.value)
	if errors.Is(err, workspace.ErrNotFound) {
		p.blame("owner_id", saysNotIncluded)
		return "", nil
	}
	return o.ID, err
}

// maxType bounds project_type_id: what types there are, the seed has lost.
const maxType = 1 << 31

// applyProject takes over what was sent of a project. What Rails would not let a
// client set, as its id, is left as it is (spec/drofus.md §2.1).
func applyProject(p *params, w *workspace.Workspace) {
	text := func(name string, into *string) {
		if t := p.text(name); t.sent() {
			*into = t.value
		}
	}
	p.keep("name")
	text("name", &w.Name)
	text("description", &w.Description)
	text("contact", &w.Contact)
	text("no", &w.Project.Number)
	text("constructor", &w.Project.Constructor)
	text("status", &w.Project.Status)
	p.bound(99, "name", "status")
	p.bound(4000, "description")
	p.bound(255, "contact", "constructor")
	p.bound(30, "no")
	if area := p.decimal("gross_area"); area.sent() {
		w.Project.GrossArea = area.value
	}
	if kind := p.integer("project_type_id"); kind.here && (kind.value < 1 || kind.value >= maxType) {
		p.blame("project_type_id", saysNotIncluded)
	} else if kind.sent() {
		w.Project.Type = kind.value
	}
}

// updateProject changes what was sent of a project, and whether it is active: all
// of it or nothing. PUT does the same as PATCH (DA-21).
func (l *lens) updateProject(c *call) (reply, error) {
	c.fields = projectFields()
	w, err := l.pathProject(c)
	if err != nil {
		return reply{}, err
	}
	if err := l.require(c, w.Num, workspace.Update); err != nil {
		return reply{}, err
	}
	if c.html() {
		if c.form, err = l.editProjectPage(c, w); err != nil {
			return reply{}, err
		}
	}
	in, err := c.read(projectRoot)
	if err != nil {
		return reply{}, err
	}
	owner, err := l.ownerOf(c, in.params)
	if err != nil {
		return reply{}, err
	}
	names, err := l.databaseNames(c, w)
	if err != nil {
		return reply{}, err
	}
	next := projectChange{params: in.params, w: w, owner: owner, in: names[w.Project.Database]}
	if err := l.unit(c.Context(), func(ctx context.Context) error { return l.changeProject(ctx, c, next) }); err != nil {
		return reply{}, err
	}
	if w, err = l.findProject(c, int64(w.Num)); err != nil {
		return reply{}, err
	}
	names, err = l.databaseNames(c, w)
	return changed(projectRecord(w, names[w.Project.Database]), projectPath(w.Num)), err
}

// A projectChange is what was sent of a project, and where it belongs now.
type projectChange struct {
	*params

	w     workspace.Details
	owner workspace.OrganizationID // that it is to have, empty for the one that it has
	in    database.Name
}

func (l *lens) changeProject(ctx context.Context, c *call, p projectChange) error {
	w, owner := p.w, p.owner
	active, to := p.flag("active"), p.text("database_id")
	trial := w.Workspace
	applyProject(p.params, &trial) // for what is wrong with it, before anything is changed
	if err := p.faults.err(); err != nil {
		return err
	}
	// A new owner has other databases.
	moves := owner != "" && owner != w.Organization
	if moves && w.Project.Database != "" {
		return faulty("owner_id", "cannot change while the project has a database of this owner")
	}
	_, err := l.Workspaces.Update(ctx, c.actor, w.ID, func(w *workspace.Workspace) error {
		applyProject(p.params, w)
		if owner != "" {
			w.Organization = owner
		}
		return nil
	})
	if err != nil {
		return err
	}
	if to.sent() {
		if err := l.moveProject(ctx, c, p, to.value); err != nil {
			return err
		}
	}
	switch {
	case !active.here || active.value == w.Active:
		return nil
	case active.value:
		return l.Workspaces.Activate(ctx, c.actor, w.ID)
	default:
		return l.Workspaces.Deactivate(ctx, c.actor, w.ID)
	}
}

// moveProject gives a project another database where database_id names another:
// clients send back what they read.
func (l *lens) moveProject(ctx context.Context, c *call, p projectChange, to string) error {
	if string(p.in) == to {
		return nil
	}
	if l.Databases == nil {
		return database.ErrNoProvisioner
	}
	if to != "" {
		if _, err := database.ParseName(to); err != nil {
			return faulty("database_id", saysNotIncluded)
		}
	}
	c.fields["database"] = "database_id"
	return l.Databases.SetDatabase(ctx, c.actor, p.w.ID, database.Name(to))
}

// deleteProject deletes a project with its members. Its database stays (DA-22).
func (l *lens) deleteProject(c *call) (reply, error) {
	w, err := l.pathProject(c)
	if err != nil {
		return reply{}, err
	}
	_, err = l.Workspaces.Depart(c.Context(), c.actor, workspace.Departure{Workspace: w.ID}, workspace.Disposal{}, "")
	if blocked, ok := errors.AsType[*workspace.BlockedError](err); ok {
		return reply{}, blockedBy(blocked)
	}
	return gone("projects"), err
}

// blockedBy says what stands against a deletion.
func blockedBy(err *workspace.BlockedError) error {
	found := &faults{}
	for _, b := range err.Blockers {
		found.add(onBase, "Something stands against it: "+b.Text)
	}
	return found.err()
}
