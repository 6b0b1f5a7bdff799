package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

type workspaceRow struct {
	bun.BaseModel `bun:"table:workspaces,alias:w"`

	ID            workspace.ID             `bun:"id,pk"`
	Num           rbac.Node                `bun:"num"`
	Organization  workspace.OrganizationID `bun:"organization_id,nullzero"`
	Name          string                   `bun:"name"`
	NameFold      string                   `bun:"name_fold"`
	TechnicalName string                   `bun:"technical_name"`
	TechnicalFold string                   `bun:"technical_fold"`
	Description   string                   `bun:"description"`
	Contact       string                   `bun:"contact"`
	Public        bool                     `bun:"public"`
	Audience      rbac.Principal           `bun:"audience"`
	Number        string                   `bun:"number"`
	Constructor   string                   `bun:"constructor"`
	ProjectType   int64                    `bun:"project_type"`
	GrossArea     string                   `bun:"gross_area"`
	Status        string                   `bun:"status"`
	Database      workspace.DatabaseID     `bun:"database_id,nullzero"`
	CreatedBy     string                   `bun:"created_by"`
	UpdatedBy     string                   `bun:"updated_by"`
	Created       instant                  `bun:"created"`
	Updated       instant                  `bun:"updated"`

	Supervisor workspace.UserID      `bun:"supervisor,scanonly"`
	Sealed     bool                  `bun:"sealed,scanonly"`
	Datastore  workspace.DatastoreID `bun:"datastore,scanonly"`
}

func workspaceRowOf(w workspace.Workspace) workspaceRow {
	return workspaceRow{
		ID: w.ID, Num: w.Num, Organization: w.Organization,
		Name: w.Name, NameFold: fold(w.Name),
		TechnicalName: w.TechnicalName, TechnicalFold: fold(w.TechnicalName),
		Description: w.Description, Contact: w.Contact, Public: w.Public, Audience: w.Audience,
		Number: w.Project.Number, Constructor: w.Project.Constructor, ProjectType: w.Project.Type,
		GrossArea: w.Project.GrossArea, Status: w.Project.Status, Database: w.Project.Database,
		CreatedBy: w.CreatedBy, UpdatedBy: w.UpdatedBy, Created: instantOf(w.Created), Updated: instantOf(w.Updated),
		Supervisor: w.Supervisor, Sealed: !w.Active, Datastore: w.Datastore,
	}
}

func (r workspaceRow) workspace() workspace.Workspace {
	return workspace.Workspace{
		ID: r.ID, Num: r.Num, Organization: r.Organization, Name: r.Name,
		TechnicalName: r.TechnicalName, Description: r.Description, Contact: r.Contact,
		Public: r.Public, Active: !r.Sealed, Supervisor: r.Supervisor, Audience: r.Audience,
		Datastore: r.Datastore,
		Project: workspace.Project{
			Number: r.Number, Constructor: r.Constructor, Type: r.ProjectType,
			GrossArea: r.GrossArea, Status: r.Status, Database: r.Database,
		},
		CreatedBy: r.CreatedBy, UpdatedBy: r.UpdatedBy, Created: r.Created.time(), Updated: r.Updated.time(),
	}
}

// groupsOf are all groups that a principal is in, directly or through another,
// and the principal himself.
const groupsOf = `(WITH RECURSIVE mine (num) AS (
	SELECT num FROM principals WHERE num = ?
	UNION SELECT g.group_num FROM group_members AS g JOIN mine ON g.member_num = mine.num
) SELECT num FROM mine)`

// selectWorkspaces begins a query for workspaces with what is kept on their
// nodes and of their datastores.
func (s session) selectWorkspaces(rows *[]workspaceRow) *bun.SelectQuery {
	return s.selects().Model(rows).
		ColumnExpr("?TableColumns, n.sealed, COALESCE(u.id, '') AS supervisor, COALESCE(d.id, '') AS datastore").
		Join("JOIN nodes AS n ON n.num = w.num").
		Join("LEFT JOIN users AS u ON u.num = n.owner").
		Join("LEFT JOIN datastores AS d ON d.workspace_id = w.id")
}

func chooseWorkspaces(q *bun.SelectQuery, f workspace.Filter) *bun.SelectQuery {
	q = oneOf(q, "w.id", f.IDs)
	q = oneOf(q, "w.num", f.Nums)
	q = nodesIn(q, "workspaces", "w.num", f.Nodes)
	q = oneOf(q, "w.database_id", f.Databases)
	q = contains(q, f.InName, "w.name_fold")
	q = like(q, "w.name_fold", f.Name)
	if f.Organization != "" {
		q = q.Where("w.organization_id = ?", f.Organization)
	}
	if f.TechnicalName != "" {
		q = q.Where("w.technical_fold = ?", fold(f.TechnicalName))
	}
	q = contains(q, f.Search, "w.name_fold", "w.technical_fold")
	q = during(q, "w.created", f.Created)
	if f.Active != nil {
		q = q.Where("n.sealed = ?", !*f.Active)
	}
	if f.Public != nil {
		q = q.Where("w.public = ?", *f.Public)
	}
	if f.Member != 0 {
		q = q.Where("w.id IN (SELECT workspace_id FROM members WHERE principal IN "+groupsOf+")", f.Member)
	}
	if f.Supervisor != 0 {
		q = q.Where("n.owner = ?", f.Supervisor)
	}
	if f.WithDatastore != nil {
		q = q.Where("(d.id IS NOT NULL) = ?", *f.WithDatastore)
	}
	return q
}

func workspaceListing() listing {
	return listing{key: workspaceKey, names: workspace.Filter{}.Sortable(), num: "w.num", invalid: invalidWorkspace}
}

func workspaceKey(by string) key {
	switch by {
	case "":
		return key{"", numbers}
	case "name":
		return key{"w.name_fold", folded}
	case "technical_name":
		return key{"w.technical_fold", folded}
	case "organization":
		return key{"COALESCE((SELECT o.name_fold FROM organizations AS o WHERE o.id = w.organization_id), '')", folded}
	case "created":
		return key{"w.created", numbers}
	case "active":
		return flag("NOT n.sealed")
	}
	return key{}
}

// Workspaces returns the workspaces that a filter chooses.
func (w *Workspaces) Workspaces(ctx context.Context, f workspace.Filter) ([]workspace.Workspace, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	return w.list(ctx, s, f)
}

func (w *Workspaces) list(ctx context.Context, s session, f workspace.Filter) ([]workspace.Workspace, error) {
	var rows []workspaceRow
	q, err := w.db.order(chooseWorkspaces(s.selectWorkspaces(&rows), f), workspaceListing(), f.Order, f.Newest, f.After, f.Offset, f.Limit)
	if err != nil {
		return nil, err
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: workspaces: %w", err)
	}
	list := make([]workspace.Workspace, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.workspace())
	}
	return list, nil
}

// CountWorkspaces returns how many workspaces a filter chooses, whatever its
// bounds.
func (w *Workspaces) CountWorkspaces(ctx context.Context, f workspace.Filter) (int, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := chooseWorkspaces(s.selectWorkspaces(&[]workspaceRow{}), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count workspaces: %w", err)
	}
	return int(n), nil
}

// LockWorkspace reads a workspace and keeps everybody else from changing it
// until the unit of work ends.
func (w *Workspaces) LockWorkspace(ctx context.Context, id workspace.ID) (workspace.Workspace, error) {
	s, err := w.db.writing(ctx)
	if err != nil {
		return workspace.Workspace{}, err
	}
	if err := s.lockWorkspace(ctx, id, w.db.postgres()); err != nil {
		return workspace.Workspace{}, err
	}
	list, err := w.list(ctx, s, workspace.Filter{IDs: []workspace.ID{id}})
	if err != nil {
		return workspace.Workspace{}, err
	}
	if len(list) != 1 {
		return workspace.Workspace{}, fmt.Errorf("%w: workspace %s", workspace.ErrNotFound, id)
	}
	return list[0], nil
}

// lockWorkspace makes others wait who lock the workspace, save it, or store
// something that refers to it.
func (s session) lockWorkspace(ctx context.Context, id workspace.ID, postgres bool) error {
	if !postgres {
		return nil
	}
	if _, err := s.raw("SELECT num FROM workspaces WHERE id = ? FOR UPDATE", id).Exec(ctx); err != nil {
		return fmt.Errorf("storage: lock workspace %s: %w", id, err)
	}
	return nil
}

// AddWorkspace stores a new workspace with its node and its audience.
func (w *Workspaces) AddWorkspace(ctx context.Context, added workspace.Workspace) (workspace.Workspace, error) {
	s, err := w.db.writing(ctx)
	if err != nil {
		return workspace.Workspace{}, err
	}
	if err := s.ownDatabase(ctx, added); err != nil {
		return workspace.Workspace{}, err
	}
	node, err := s.placeWorkspace(ctx, added)
	if err != nil {
		return workspace.Workspace{}, err
	}
	node, err = s.addNode(ctx, node, true)
	if err != nil {
		return workspace.Workspace{}, err
	}
	row := workspaceRowOf(added)
	row.Num = node.Num
	row.Datastore = ""
	row.Audience, err = s.addPrincipal(ctx, uid.New(), rbac.Group, 0)
	if err != nil {
		return workspace.Workspace{}, err
	}
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return workspace.Workspace{}, workspaceError(err, added)
	}
	return row.workspace(), nil
}

// placeWorkspace returns the node that a workspace is to have.
func (s session) placeWorkspace(ctx context.Context, w workspace.Workspace) (nodeRow, error) {
	node := nodeRow{Parent: rbac.Root, Class: workspace.ClassWorkspace, Sealed: !w.Active}
	var err error
	if w.Organization != "" {
		if node.Parent, err = s.organizationNode(ctx, w.Organization); err != nil {
			return node, err
		}
	}
	node.Owner, err = s.userPrincipal(ctx, w.Supervisor)
	return node, err
}

// SaveWorkspace stores a change of a workspace and of its node.
func (w *Workspaces) SaveWorkspace(ctx context.Context, saved workspace.Workspace) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	row := workspaceRowOf(saved)
	// The workspace's row goes first: it is the one that others lock.
	res, err := s.updates().Model(&row).ExcludeColumn("id", "num", "audience", "created").WherePK().Exec(ctx)
	if err != nil {
		return workspaceError(err, saved)
	}
	if err := found(res, "workspace", saved.ID); err != nil {
		return err
	}
	if err := s.ownDatabase(ctx, saved); err != nil {
		return err
	}
	node, err := s.placeWorkspace(ctx, saved)
	if err != nil {
		return err
	}
	var was nodeRow
	err = s.selects().Model(&was).Where("num = (SELECT num FROM workspaces WHERE id = ?)", saved.ID).Scan(ctx)
	if err != nil {
		return fmt.Errorf("storage: workspace %s: %w", saved.ID, err)
	}
	node.Num, node.Workspace = was.Num, was.Workspace
	if node == was {
		return nil
	}
	if _, err := s.updates().Model(&node).Column("parent", "owner", "sealed").Where("num = ?", was.Num).Exec(ctx); err != nil {
		return fmt.Errorf("storage: workspace %s: %w", saved.ID, err)
	}
	if node.Parent != was.Parent {
		// What the nodes above lead to is another than before.
		s.touch(rbac.Root)
	}
	s.touch(was.Workspace, nodeChanged(was.Num))
	return nil
}

// ownDatabase makes sure that the database of a workspace is its organization's.
func (s session) ownDatabase(ctx context.Context, w workspace.Workspace) error {
	if w.Project.Database == "" {
		return nil
	}
	var theirs bool
	err := s.raw("SELECT EXISTS (SELECT 1 FROM databases WHERE id = ? AND organization_id = ?)",
		w.Project.Database, w.Organization).Scan(ctx, &theirs)
	switch {
	case err != nil:
		return fmt.Errorf("storage: database of workspace %s: %w", w.ID, err)
	case !theirs:
		return fmt.Errorf("%w: database %s of organization %q", workspace.ErrNotFound, w.Project.Database, w.Organization)
	}
	return nil
}

// DatabaseName returns what a database is called.
func (w *Workspaces) DatabaseName(ctx context.Context, id workspace.DatabaseID) (string, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return "", err
	}
	var name string
	err = s.raw("SELECT name FROM databases WHERE id = ?", id).Scan(ctx, &name)
	if none(err) {
		return "", fmt.Errorf("%w: database %s", workspace.ErrNotFound, id)
	}
	if err != nil {
		return "", fmt.Errorf("storage: database %s: %w", id, err)
	}
	return name, nil
}

func workspaceError(err error, w workspace.Workspace) error {
	switch {
	case isUnique(err, "workspaces", "technical_fold"):
		return &workspace.TakenError{Field: "technical_name", Value: w.TechnicalName}
	case isForeign(err):
		return fmt.Errorf("%w: organization %q or database %q: %w", workspace.ErrNotFound, w.Organization, w.Project.Database, err)
	}
	return fmt.Errorf("storage: workspace %s: %w", w.ID, err)
}

// workspaceNode returns the node of a workspace.
func (s session) workspaceNode(ctx context.Context, id workspace.ID) (rbac.Node, error) {
	var num rbac.Node
	err := s.raw("SELECT num FROM workspaces WHERE id = ?", id).Scan(ctx, &num)
	if none(err) {
		return 0, fmt.Errorf("%w: workspace %s", workspace.ErrNotFound, id)
	}
	if err != nil {
		return 0, fmt.Errorf("storage: workspace %s: %w", id, err)
	}
	return num, nil
}
