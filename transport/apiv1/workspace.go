package apiv1

import (
	"context"
	"errors"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func workspaceRoutes() []route {
	return []route{
		get("/workspaces", "listWorkspaces", signedIn(), (*lens).workspaces),
		post("/workspaces", "createWorkspace", platform(workspace.ManageWorkspaces), (*lens).createWorkspace),
		get("/workspaces/{workspace}", "getWorkspace", member(workspace.Read), (*lens).workspace),
		patch("/workspaces/{workspace}", "updateWorkspace", member(workspace.Update), (*lens).updateWorkspace),
		post("/workspaces/{workspace}/activate", "activateWorkspace", above(""), (*lens).activate),
		post("/workspaces/{workspace}/deactivate", "deactivateWorkspace", above(""), (*lens).deactivate),
	}
}

// organizationReference is an organization by name.
type organizationReference struct {
	ID   workspace.OrganizationID `json:"id"`
	Num  rbac.Node                `json:"num,omitzero"`
	Name string                   `json:"name"`
}

// workspaceWire is a workspace.
type workspaceWire struct {
	ID            workspace.ID           `json:"id"`
	Num           rbac.Node              `json:"num"`
	Name          string                 `json:"name"`
	TechnicalName string                 `json:"technical_name"`
	Description   string                 `json:"description"`
	Contact       string                 `json:"contact"`
	Public        bool                   `json:"public"`
	Active        bool                   `json:"active"`
	Organization  *organizationReference `json:"organization"`
	Supervisor    person                 `json:"supervisor"`
	Datastore     workspace.DatastoreID  `json:"datastore,omitzero"`
	Project       projectWire            `json:"project"`
	CreatedBy     string                 `json:"created_by"`
	UpdatedBy     string                 `json:"updated_by"`
	Created       time.Time              `json:"created"`
	Updated       time.Time              `json:"updated"`
}

// workspacesShown returns what translates workspaces that the caller was shown.
func (l *lens) workspacesShown(ctx context.Context, c *call, found ...workspace.Details) (func(workspace.Details) workspaceWire, error) {
	databases, err := l.databasesOf(ctx, c, found)
	if err != nil {
		return nil, err
	}
	return func(d workspace.Details) workspaceWire {
		w := workspaceWire{
			ID: d.ID, Num: d.Num, Name: d.Name, TechnicalName: d.TechnicalName, Description: d.Description, Contact: d.Contact,
			Public: d.Public, Active: d.Active, Supervisor: personOf(d.SupervisedBy), Datastore: d.Datastore,
			Project: projectOf(d.Project, databases), CreatedBy: d.CreatedBy, UpdatedBy: d.UpdatedBy,
			Created: d.Created, Updated: d.Updated,
		}
		if o := d.PaidBy; o != nil {
			w.Organization = &organizationReference{ID: o.ID, Num: o.Num, Name: o.Name}
		}
		return w
	}, nil
}

func (l *lens) workspaceOf(ctx context.Context, c *call, d workspace.Details) (workspaceWire, error) {
	show, err := l.workspacesShown(ctx, c, d)
	if err != nil {
		return workspaceWire{}, err
	}
	return show(d), nil
}

// workspaceNow answers with a workspace as it is.
func (l *lens) workspaceNow(c *call, id workspace.ID) (reply, error) {
	found, err := l.Workspaces.Workspace(c.Context(), c.actor, id)
	if err != nil {
		return reply{}, err
	}
	wire, err := l.workspaceOf(c.Context(), c, found)
	return shown(wire), err
}

// unchanged refuses a change of a workspace that is no longer what was seen.
func (l *lens) unchanged(ctx context.Context, c *call, id workspace.ID) error {
	found, err := l.Workspaces.Workspace(ctx, c.actor, id)
	if err != nil {
		return err
	}
	wire, err := l.workspaceOf(ctx, c, found)
	if err != nil {
		return err
	}
	return c.current(wire)
}

// workspacePatch is a change of a workspace, and what one is made of.
type workspacePatch struct {
	Name          opt[string]                   `json:"name"`
	TechnicalName opt[string]                   `json:"technical_name"`
	Description   opt[string]                   `json:"description"`
	Contact       opt[string]                   `json:"contact"`
	Public        opt[bool]                     `json:"public"`
	Organization  opt[workspace.OrganizationID] `json:"organization"`
	Supervisor    opt[workspace.UserID]         `json:"supervisor"`
	Project       opt[projectPatch]             `json:"project"`
}

func (p workspacePatch) apply(w *workspace.Workspace) {
	p.Name.set(&w.Name)
	p.TechnicalName.set(&w.TechnicalName)
	p.Description.set(&w.Description)
	p.Contact.set(&w.Contact)
	p.Public.set(&w.Public)
	p.Organization.set(&w.Organization)
	p.Supervisor.set(&w.Supervisor)
	switch {
	case p.Project.null:
		w.Project = workspace.Project{Database: w.Project.Database}
	case p.Project.given:
		p.Project.value.apply(&w.Project)
	}
}

// workspaceFilter reads what lists of workspaces are asked for with.
func (l *lens) workspaceFilter(c *call) (page, workspace.Filter, error) {
	p, err := c.page(byCreationFirst(workspace.Filter{}.Sortable())...)
	if err != nil {
		return p, workspace.Filter{}, err
	}
	f := workspace.Filter{Order: p.order, After: p.after, Limit: p.more()}
	if f.Search, err = c.text("q"); err != nil {
		return p, f, err
	}
	if f.TechnicalName, err = c.text("technical_name"); err != nil {
		return p, f, err
	}
	organization, err := c.text("organization")
	if err != nil {
		return p, f, err
	}
	f.Organization = workspace.OrganizationID(organization)
	for name, flag := range map[string]**bool{"active": &f.Active, "public": &f.Public, "with_datastore": &f.WithDatastore} {
		if *flag, err = c.flag(name); err != nil {
			return p, f, err
		}
	}
	if f.Created, err = c.created(); err != nil {
		return p, f, err
	}
	f.Databases, err = l.using(c)
	return p, f, err
}

// using reads the database that workspaces are to use, nil for any.
func (l *lens) using(c *call) ([]workspace.DatabaseID, error) {
	text, err := c.text("database")
	if err != nil || text == "" {
		return nil, err
	}
	name, err := nameOf("database", text)
	if err != nil {
		return nil, err
	}
	none := []workspace.DatabaseID{} // which chooses nothing, as nil does not
	if l.Databases == nil {
		return none, nil
	}
	d, err := l.Databases.Database(c.Context(), c.actor, name)
	if errors.Is(err, database.ErrNotFound) {
		return none, nil
	}
	return []workspace.DatabaseID{d.ID}, err
}

// workspacesPage answers a page of the workspaces that the caller sees.
func (l *lens) workspacesPage(c *call, p page, f workspace.Filter) (reply, error) {
	found, total, err := l.Workspaces.Visible(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	show, err := l.workspacesShown(c.Context(), c, found...)
	if err != nil {
		return reply{}, err
	}
	return paged(p, found, total, show), nil
}

func (l *lens) workspaces(c *call) (reply, error) {
	p, f, err := l.workspaceFilter(c)
	if err != nil {
		return reply{}, err
	}
	return l.workspacesPage(c, p, f)
}

// named refuses an organization of a body that does not exist, lest the answer
// be that the path does not.
func (l *lens) named(c *call, o opt[workspace.OrganizationID]) error {
	if !o.given || o.value == "" {
		return nil
	}
	_, err := l.Workspaces.Organization(c.Context(), c.actor, o.value)
	if errors.Is(err, workspace.ErrNotFound) {
		return invalid("organization", "an organization")
	}
	return err
}

func (l *lens) createWorkspace(c *call) (reply, error) {
	var body workspacePatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if err := l.named(c, body.Organization); err != nil {
		return reply{}, err
	}
	var w workspace.Workspace
	body.apply(&w)
	if w.Supervisor == "" {
		return reply{}, invalid("supervisor", "a user")
	}
	if w.TechnicalName == "" { // the domain would make one of the name
		return reply{}, invalid("technical_name", "1 to 30 of A-Z a-z 0-9 _ - . and not dots alone")
	}
	made, err := l.Workspaces.Create(c.Context(), c.actor, w)
	if err != nil {
		return reply{}, ofProject(err)
	}
	wire, err := l.workspaceOf(c.Context(), c, made)
	return created(wire, "workspaces/", string(made.ID)), err
}

func (l *lens) workspace(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	return l.workspaceNow(c, workspace.ID(id))
}

func (l *lens) updateWorkspace(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	var body workspacePatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if err := l.named(c, body.Organization); err != nil {
		return reply{}, err
	}
	this := workspace.ID(id)
	var changed workspace.Details
	update := func(ctx context.Context) (err error) {
		changed, err = l.Workspaces.Update(ctx, c.actor, this, func(w *workspace.Workspace) error {
			body.apply(w)
			return nil
		})
		return ofProject(err)
	}
	err = l.heldWorkspace(c, this, func(ctx context.Context) error { return l.unchanged(ctx, c, this) }, update)
	if err != nil {
		return reply{}, err
	}
	wire, err := l.workspaceOf(c.Context(), c, changed)
	return shown(wire), err
}

// heldWorkspace changes something in a workspace: where that depends on what is
// there, only if check finds it so, and with nobody able to change it meanwhile.
func (l *lens) heldWorkspace(
	c *call, id workspace.ID, check, change func(ctx context.Context) error,
) error {
	if !c.conditional() {
		return change(c.Context())
	}
	return l.Workspaces.Hold(c.Context(), c.actor, id, func(ctx context.Context) error {
		if err := check(ctx); err != nil {
			return err
		}
		return change(ctx)
	})
}

func (l *lens) activate(c *call) (reply, error) { return l.setActive(c, l.Workspaces.Activate) }

func (l *lens) deactivate(c *call) (reply, error) { return l.setActive(c, l.Workspaces.Deactivate) }

func (l *lens) setActive(c *call, set func(context.Context, workspace.Actor, workspace.ID) error) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	if err := set(c.Context(), c.actor, workspace.ID(id)); err != nil {
		return reply{}, err
	}
	return l.workspaceNow(c, workspace.ID(id))
}
