package apiv1

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func databaseRoutes() []route {
	read, lock, manage := sharing(workspace.ReadDatabase), sharing(workspace.LockDatabase), sharing(workspace.ManageWorkspaces)
	const one = "/databases/{database}"
	// What concerns a real database is more than one unit of work.
	return databasesOnly(
		get("/databases", "listDatabases", signedIn(), (*lens).databases),
		saga(post("/databases", "createDatabase", organization(workspace.ManageWorkspaces), (*lens).createDatabase)),
		get(one, "getDatabase", read, (*lens).database),
		saga(patch(one, "renameDatabase", manage, (*lens).renameDatabase)),
		saga(remove(one, "deleteDatabase", manage, (*lens).deleteDatabase)),
		saga(post(one+"/lock", "lockDatabase", lock, (*lens).lockDatabase)),
		saga(post(one+"/unlock", "unlockDatabase", lock, (*lens).unlockDatabase)),
		saga(post(one+"/end-sessions", "endDatabaseSessions", lock, (*lens).endDatabaseSessions)),
		get(one+"/stats", "getDatabaseStats", read, (*lens).databaseStats),
		get("/database-templates", "listDatabaseTemplates", signedIn(), (*lens).databaseTemplates),
		put("/workspaces/{workspace}/database", "putWorkspaceDatabase", above(""), (*lens).putWorkspaceDatabase),
		secretive(saga(post("/workspaces/{workspace}/database/access", "accessDatabase", member(workspace.ConnectDatabase), (*lens).accessDatabase))),
	)
}

func databasesOnly(routes ...route) []route {
	return where(func(l *lens) bool { return l.Databases != nil }, routes...)
}

// databaseWire is a real database.
type databaseWire struct {
	ID           workspace.DatabaseID  `json:"id"`
	Num          int64                 `json:"num"`
	Name         database.Name         `json:"name"`
	Organization organizationReference `json:"organization"`
	Template     *database.Name        `json:"template"`
	State        database.State        `json:"state"`
	Target       *database.Name        `json:"target"`
	Locked       bool                  `json:"locked"`
	Size         int64                 `json:"size"`
	Counted      int64                 `json:"counted"`
	Measured     *time.Time            `json:"measured"`
	CreatedBy    string                `json:"created_by"`
	Created      time.Time             `json:"created"`
	Updated      time.Time             `json:"updated"`
}

// readings are what is measured now and again.
func (databaseWire) readings() []string { return []string{"size", "counted", "measured"} }

// orNull is what is shown as null where there is none.
func orNull[T comparable](value T) *T {
	var none T
	if value == none {
		return nil
	}
	return &value
}

// databasesShown returns what translates databases that the caller was shown.
func (l *lens) databasesShown(ctx context.Context, c *call, found ...database.Database) (func(database.Database) databaseWire, error) {
	payers, err := l.payers(ctx, c, found)
	if err != nil {
		return nil, err
	}
	return func(d database.Database) databaseWire {
		wire := databaseWire{
			ID: d.ID, Num: d.Num, Name: d.Name, Organization: payers[d.Organization], Template: orNull(d.Template), State: d.State,
			Target: orNull(d.Target), Locked: d.Locked, Size: d.Size, Counted: d.Counted, CreatedBy: d.CreatedBy, Created: d.Created, Updated: d.Updated,
		}
		if !d.Measured.IsZero() {
			wire.Measured = &d.Measured
		}
		return wire
	}, nil
}

// payers returns the organizations of databases: those that the caller sees, and
// those that he knows of since they pay for a workspace that he sees.
func (l *lens) payers(ctx context.Context, c *call, found []database.Database) (map[workspace.OrganizationID]organizationReference, error) {
	payers := map[workspace.OrganizationID]organizationReference{}
	if len(found) == 0 {
		return payers, nil
	}
	ids := all(found, func(d database.Database) workspace.OrganizationID { return d.Organization })
	visible, _, err := l.Workspaces.VisibleOrganizations(ctx, c.actor, workspace.OrganizationFilter{IDs: ids})
	if err != nil {
		return nil, err
	}
	for _, o := range visible {
		payers[o.ID] = organizationReference{ID: o.ID, Num: o.Num, Name: o.Name}
	}
	var others []workspace.DatabaseID
	for _, d := range found {
		if _, known := payers[d.Organization]; !known {
			payers[d.Organization] = organizationReference{ID: d.Organization}
			others = append(others, d.ID)
		}
	}
	if len(others) == 0 {
		return payers, nil
	}
	using, _, err := l.Workspaces.Visible(ctx, c.actor, workspace.Filter{Databases: others})
	for _, w := range using {
		if o := w.PaidBy; o != nil {
			payers[o.ID] = organizationReference{ID: o.ID, Num: o.Num, Name: o.Name}
		}
	}
	return payers, err
}

func (l *lens) databaseOf(ctx context.Context, c *call, d database.Database) (databaseWire, error) {
	show, err := l.databasesShown(ctx, c, d)
	if err != nil {
		return databaseWire{}, err
	}
	return show(d), nil
}

// answerWith shows a database, or what has become of it.
func (l *lens) answerWith(c *call, d database.Database, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	wire, err := l.databaseOf(c.Context(), c, d)
	return shown(wire), err
}

// expectedName is what names of databases are.
const expectedName = "1 to 48 of a-z 0-9 _ and -, beginning with a letter"

// database returns the database that a path names. What cannot be a name names
// nothing.
func (c *call) database() (database.Name, error) {
	text, err := url.PathUnescape(mux.Vars(c.Request)["database"])
	if err != nil {
		return "", database.ErrNotFound
	}
	name, err := database.ParseName(text)
	if err != nil {
		return "", database.ErrNotFound
	}
	return name, nil
}

// nameOf reads a name in a field of the body.
func nameOf(field, text string) (database.Name, error) {
	name, err := database.ParseName(text)
	if err != nil {
		return "", invalid(field, expectedName)
	}
	return name, nil
}

// draftOf reads what database is to be made; below is what its fields are in.
func draftOf(below, name, template string) (database.Draft, error) {
	var draft database.Draft
	var err error
	if draft.Name, err = nameOf(below+"name", name); err != nil || template == "" {
		return draft, err
	}
	draft.Template, err = nameOf(below+"template", template)
	return draft, err
}

// drafted tells what is wrong with a database that was to be made by the fields
// of the body.
func drafted(below string, draft database.Draft, err error) error {
	if errors.Is(err, database.ErrExists) {
		return &workspace.TakenError{Field: below + "name", Value: string(draft.Name)}
	}
	if bad, is := errors.AsType[*workspace.InvalidError](err); is && bad.Field == "template" {
		return invalid(below+bad.Field, bad.Expected)
	}
	return err
}

func (l *lens) databases(c *call) (reply, error) {
	p, err := c.page(byCreationFirst(database.Filter{}.Sortable())...)
	if err != nil {
		return reply{}, err
	}
	f := database.Filter{Order: p.order, After: p.after, Limit: p.more()}
	if f.Search, err = c.text("q"); err != nil {
		return reply{}, err
	}
	organization, err := c.text("organization")
	if err != nil {
		return reply{}, err
	}
	f.Organization = workspace.OrganizationID(organization)
	if f.Locked, err = c.flag("locked"); err != nil {
		return reply{}, err
	}
	found, total, err := l.Databases.Databases(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	show, err := l.databasesShown(c.Context(), c, found...)
	if err != nil {
		return reply{}, err
	}
	return paged(p, found, total, show), nil
}

// databaseNew is what a database is made of.
type databaseNew struct {
	Organization opt[workspace.OrganizationID] `json:"organization"`
	Name         string                        `json:"name"`
	Template     opt[string]                   `json:"template"`
}

func (l *lens) createDatabase(c *call) (reply, error) {
	var body databaseNew
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if body.Organization.value == "" {
		return reply{}, invalid("organization", "an organization")
	}
	if err := l.named(c, body.Organization); err != nil {
		return reply{}, err
	}
	draft, err := draftOf("", body.Name, body.Template.value)
	if err != nil {
		return reply{}, err
	}
	made, err := l.Databases.Create(c.Context(), c.actor, body.Organization.value, draft)
	if err != nil {
		return reply{}, drafted("", draft, err)
	}
	wire, err := l.databaseOf(c.Context(), c, made)
	return created(wire, "databases/", string(made.Name)), err
}

func (l *lens) database(c *call) (reply, error) {
	name, err := c.database()
	if err != nil {
		return reply{}, err
	}
	d, err := l.Databases.Database(c.Context(), c.actor, name)
	return l.answerWith(c, d, err)
}

// databasePatch is another name.
type databasePatch struct {
	Name string `json:"name"`
}

func (l *lens) renameDatabase(c *call) (reply, error) {
	name, err := c.database()
	if err != nil {
		return reply{}, err
	}
	var body databasePatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	to, err := nameOf("name", body.Name)
	if err != nil {
		return reply{}, err
	}
	d, err := l.Databases.Rename(c.Context(), c.actor, name, to)
	return l.answerWith(c, d, drafted("", database.Draft{Name: to}, err))
}

func (l *lens) deleteDatabase(c *call) (reply, error) {
	name, err := c.database()
	if err != nil {
		return reply{}, err
	}
	return gone(c, nil), l.Databases.Delete(c.Context(), c.actor, name)
}

// databaseLock is a database with whom its lock concerns.
type databaseLock struct {
	Database databaseWire `json:"database"`
	Members  int          `json:"members"`
}

func (l *lens) lockDatabase(c *call) (reply, error) { return l.setLock(c, l.Databases.Lock) }

func (l *lens) unlockDatabase(c *call) (reply, error) { return l.setLock(c, l.Databases.Unlock) }

func (l *lens) setLock(
	c *call, set func(ctx context.Context, actor workspace.Actor, name database.Name) (database.Database, int, error),
) (reply, error) {
	name, err := c.database()
	if err != nil {
		return reply{}, err
	}
	d, n, err := set(c.Context(), c.actor, name)
	if err != nil {
		return reply{}, err
	}
	wire, err := l.databaseOf(c.Context(), c, d)
	return ok(databaseLock{Database: wire, Members: n}), err
}

// databaseSessions is a database with what was ended in it.
type databaseSessions struct {
	Database databaseWire `json:"database"`
	Sessions int          `json:"sessions"`
}

func (l *lens) endDatabaseSessions(c *call) (reply, error) {
	name, err := c.database()
	if err != nil {
		return reply{}, err
	}
	d, n, err := l.Databases.EndSessions(c.Context(), c.actor, name)
	if err != nil {
		return reply{}, err
	}
	wire, err := l.databaseOf(c.Context(), c, d)
	return ok(databaseSessions{Database: wire, Sessions: n}), err
}

// databaseStats is what is known of a database at the moment.
type databaseStats struct {
	Name     database.Name `json:"name"`
	Size     int64         `json:"size"`
	Sessions int           `json:"sessions"`
	Locked   bool          `json:"locked"`
	Changed  *time.Time    `json:"changed"`
}

func (l *lens) databaseStats(c *call) (reply, error) {
	name, err := c.database()
	if err != nil {
		return reply{}, err
	}
	stats, err := l.Databases.Stats(c.Context(), c.actor, name)
	if err != nil {
		return reply{}, err
	}
	wire := databaseStats{Name: stats.Name, Size: stats.Size, Sessions: stats.Sessions, Locked: stats.Locked}
	if !stats.Changed.IsZero() {
		wire.Changed = new(stats.Changed.UTC())
	}
	return ok(wire), nil
}

// databaseTemplate is a database that may be copied.
type databaseTemplate struct {
	Name database.Name `json:"name"`
}

func (l *lens) databaseTemplates(c *call) (reply, error) {
	columns := []column[databaseTemplate]{{name: "name", text: func(t databaseTemplate) string { return string(t.Name) }}}
	p, err := c.page(names(columns)...)
	if err != nil {
		return reply{}, err
	}
	found, err := l.Databases.Templates(c.Context(), c.actor)
	if err != nil {
		return reply{}, err
	}
	rows := all(found, func(name database.Name) databaseTemplate { return databaseTemplate{Name: name} })
	return cut(p, rows, columns, func(databaseTemplate) int64 { return 0 }) // no two have one name
}

// workspaceDatabasePut is which database a workspace is to use.
type workspaceDatabasePut struct {
	Database opt[string] `json:"database"`
}

func (l *lens) putWorkspaceDatabase(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	var body workspaceDatabasePut
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if !body.Database.given {
		return reply{}, invalid("database", "the name of one, or null for none")
	}
	var name database.Name
	if !body.Database.null {
		if name, err = nameOf("database", body.Database.value); err != nil {
			return reply{}, err
		}
	}
	this := workspace.ID(id)
	err = l.heldWorkspace(c, this, func(ctx context.Context) error { return l.unchanged(ctx, c, this) }, func(ctx context.Context) error {
		return l.Databases.SetDatabase(ctx, c.actor, this, name)
	})
	if err != nil {
		return reply{}, err
	}
	return l.workspaceNow(c, this)
}

// databaseAccess is how somebody connects to a database.
type databaseAccess struct {
	Database database.Name `json:"database"`
	Address  string        `json:"address"`
	Username *string       `json:"username"`
	Password *string       `json:"password"`
}

func (l *lens) accessDatabase(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	in := workspace.ID(id)
	d, access, err := l.Databases.Access(c.Context(), c.actor, in)
	if err != nil {
		return reply{}, err
	}
	// He is told nothing unless it is counted.
	if err := l.SignIn.Visit(c.Context(), c.actor, in, c.UserAgent()); err != nil {
		return reply{}, err
	}
	return ok(databaseAccess{
		Database: d.Name, Address: access.Address, Username: orNull(access.Username), Password: orNull(access.Password),
	}), nil
}
