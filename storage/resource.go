package storage

import (
	"context"
	"errors"
	"fmt"
	"html"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Resources is the [resource.Store] of a database.
type Resources struct{ db *DB }

// Resources returns the store of the tree in workspaces.
func (db *DB) Resources() *Resources { return &Resources{db: db} }

var _ resource.Store = (*Resources)(nil)

// Tx runs fn in a unit of work, see [DB.Tx].
func (r *Resources) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return r.db.Tx(ctx, fn)
}

type resourceRow struct {
	bun.BaseModel `bun:"table:resources,alias:r"`

	Workspace   workspace.ID `bun:"workspace_id"`
	Num         rbac.Node    `bun:"num,pk"`
	ID          resource.ID  `bun:"id"`
	Parent      rbac.Node    `bun:"parent"`
	Class       string       `bun:"class"`
	Keyname     string       `bun:"keyname,nullzero"`
	DisplayName string       `bun:"display_name"`
	NameFold    string       `bun:"name_fold"`
	Description string       `bun:"description"`
	Meta        string       `bun:"meta"`
	Settings    string       `bun:"settings"`
	Created     instant      `bun:"created"`
	Updated     instant      `bun:"updated"`

	Top      rbac.Node      `bun:"top,scanonly"`
	Owner    rbac.Principal `bun:"owner,scanonly"`
	Children bool           `bun:"children,scanonly"`
}

func resourceRowOf(r resource.Resource) (resourceRow, error) {
	settings := make(map[string]any, len(r.Settings))
	for member, values := range r.Settings {
		settings[member] = values
	}
	meta, err := encodeValues(r.Meta)
	if err != nil {
		return resourceRow{}, err
	}
	set, err := encodeValues(settings)
	return resourceRow{
		Workspace: r.Workspace, Num: r.Num, ID: r.ID, Parent: r.Parent, Class: r.Class, Keyname: r.Keyname,
		DisplayName: r.DisplayName, NameFold: fold(r.DisplayName), Description: r.Description, Meta: meta, Settings: set,
		Created: instantOf(r.Created), Updated: instantOf(r.Updated),
	}, err
}

func (r resourceRow) resource() (resource.Resource, error) {
	made := resource.Resource{
		ID: r.ID, Num: r.Num, Workspace: r.Workspace, Top: r.Top, Parent: r.Parent, Class: r.Class, Owner: r.Owner,
		Keyname: r.Keyname, DisplayName: r.DisplayName, Description: r.Description,
		Children: r.Children, Created: r.Created.time(), Updated: r.Updated.time(),
	}
	if r.Num == r.Top { // what describes a workspace is plain text
		made.Description = html.EscapeString(r.Description)
	}
	meta, err := decodeValues(r.Meta)
	if err != nil {
		return made, err
	}
	if len(meta) > 0 {
		made.Meta = meta
	}
	settings, err := decodeValues(r.Settings)
	if err != nil {
		return made, err
	}
	for member, values := range settings {
		if made.Settings == nil {
			made.Settings = resource.Settings{}
		}
		made.Settings[member], _ = values.(map[string]any)
	}
	return made, nil
}

func resourcesOf(rows []resourceRow) ([]resource.Resource, error) {
	list := make([]resource.Resource, 0, len(rows))
	for _, row := range rows {
		made, err := row.resource()
		if err != nil {
			return nil, fmt.Errorf("resource %d: %w", row.Num, err)
		}
		list = append(list, made)
	}
	return list, nil
}

// withTops are resources and, as such, workspaces.
const withTops = `(SELECT workspace_id, num, id, parent, class, keyname, display_name, name_fold, description, meta, settings,
		created, updated FROM resources
	UNION ALL SELECT w.id, w.num, w.id, place.parent, place.class, NULL, w.name, w.name_fold, w.description, '{}', '{}',
		w.created, w.updated FROM workspaces AS w JOIN nodes AS place ON place.num = w.num) AS r`

// selectResources begins a query for resources with what is kept on their nodes.
func (s session) selectResources(rows *[]resourceRow, tops bool) *bun.SelectQuery {
	q := s.selects().Model(rows)
	if tops {
		q = q.ModelTableExpr(withTops)
	}
	return q.ColumnExpr("?TableColumns").ColumnExpr(ofNode).Join("JOIN nodes AS n ON n.num = r.num")
}

// ofNode is what is kept, or can be told, of the node of a resource. Where most
// resources lie in one, PostgreSQL thinks that some of any parent's are found
// soon wherever it looks, and goes through all of them for each that has none:
// asked for the first by name, it has one index to look into.
const ofNode = `n.workspace AS top, COALESCE(n.owner, 0) AS owner,
	(SELECT child.num FROM resources AS child WHERE child.parent = r.num ORDER BY child.name_fold LIMIT 1) IS NOT NULL AS children`

// CountResources returns how many resources a filter chooses, whatever its
// bounds.
func (r *Resources) CountResources(ctx context.Context, f resource.Filter) (int, error) {
	s, err := r.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	q := s.selects().Model((*resourceRow)(nil))
	if f.Tops {
		q = q.ModelTableExpr(withTops)
	}
	if f.Owners != nil {
		q = q.Join("JOIN nodes AS n ON n.num = r.num")
	}
	if q, err = r.choose(ctx, s, q, f); err != nil {
		return 0, err
	}
	n, err := q.Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count resources: %w", err)
	}
	return int(n), nil
}

// Lock keeps everybody else from locking a workspace, by its node.
func (r *Resources) Lock(ctx context.Context, top rbac.Node) (workspace.Workspace, error) {
	s, err := r.db.writing(ctx)
	if err != nil {
		return workspace.Workspace{}, err
	}
	var id workspace.ID
	switch err := s.raw("SELECT id FROM workspaces WHERE num = ?", top).Scan(ctx, &id); {
	case none(err):
		return workspace.Workspace{}, fmt.Errorf("%w: workspace %d", resource.ErrNotFound, top)
	case err != nil:
		return workspace.Workspace{}, fmt.Errorf("storage: workspace %d: %w", top, err)
	}
	w, err := r.db.Workspaces().LockWorkspace(ctx, id)
	if errors.Is(err, workspace.ErrNotFound) { // it went while we waited
		err = fmt.Errorf("%w: workspace %d", resource.ErrNotFound, top)
	}
	return w, err
}

// Add stores a new resource with a node of its own.
func (r *Resources) Add(ctx context.Context, added resource.Resource) (resource.Resource, error) {
	s, err := r.db.writing(ctx)
	if err != nil {
		return resource.Resource{}, err
	}
	row, err := resourceRowOf(added)
	if err != nil {
		return resource.Resource{}, err
	}
	if row.Workspace, row.Top, err = s.home(ctx, row.Parent); err != nil {
		return resource.Resource{}, err
	}
	if err := s.vacant(ctx, row); err != nil {
		return resource.Resource{}, err
	}
	node, err := s.addNode(ctx, nodeRow{Workspace: row.Top, Parent: row.Parent, Class: row.Class, Owner: added.Owner}, false)
	if isForeign(err) {
		return resource.Resource{}, fmt.Errorf("%w: owner %d", resource.ErrNotFound, added.Owner)
	}
	if err != nil {
		return resource.Resource{}, err
	}
	row.Num, row.Owner = node.Num, node.Owner
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return resource.Resource{}, resourceError(err, row)
	}
	if err := s.setMeta(ctx, row, added.Meta); err != nil {
		return resource.Resource{}, err
	}
	return row.resource()
}

// home returns the workspace of a node that resources can lie in: one of them,
// or a workspace's own.
func (s session) home(ctx context.Context, parent rbac.Node) (workspace.ID, rbac.Node, error) {
	var id workspace.ID
	var top rbac.Node
	err := s.raw(`SELECT w.id, w.num FROM nodes AS n JOIN workspaces AS w ON w.num = n.workspace WHERE n.num = ?0
		AND (w.num = ?0 OR EXISTS (SELECT 1 FROM resources AS r WHERE r.num = ?0))`, parent).Scan(ctx, &id, &top)
	switch {
	case none(err):
		return "", 0, fmt.Errorf("%w: parent %d", resource.ErrNotFound, parent)
	case err != nil:
		return "", 0, fmt.Errorf("storage: parent %d: %w", parent, err)
	}
	return id, top, nil
}

// vacant makes sure that nobody else has the names of a resource. It looks
// before anything is stored, since PostgreSQL answers nothing after a refusal.
func (s session) vacant(ctx context.Context, row resourceRow) error {
	var other []struct {
		Field string
		Num   rbac.Node
	}
	err := s.raw(`SELECT 'display_name' AS field, num FROM resources WHERE parent = ?0 AND display_name = ?1 AND num <> ?2
		UNION ALL SELECT 'keyname', num FROM resources WHERE workspace_id = ?3 AND keyname = ?4 AND ?4 <> '' AND num <> ?2`,
		row.Parent, row.DisplayName, row.Num, row.Workspace, row.Keyname).Scan(ctx, &other)
	switch {
	case err != nil:
		return fmt.Errorf("storage: names of siblings: %w", err)
	case len(other) == 0:
		return nil
	case other[0].Field == "keyname":
		return &resource.TakenError{Field: "keyname", Value: row.Keyname, By: other[0].Num}
	}
	return &resource.TakenError{Field: "display_name", Value: row.DisplayName, By: other[0].Num}
}

// resourceError tells what of a resource the database refuses. Who took a name
// since we looked it does not say.
func resourceError(err error, row resourceRow) error {
	switch {
	case isUnique(err, "resources", "parent_display_name"):
		return &resource.TakenError{Field: "display_name", Value: row.DisplayName}
	case isUnique(err, "resources", "workspace_id_keyname"):
		return &resource.TakenError{Field: "keyname", Value: row.Keyname}
	}
	return fmt.Errorf("storage: resource %q: %w", row.DisplayName, err)
}

// Save stores a change of a resource, and moves it where its parent is another.
func (r *Resources) Save(ctx context.Context, saved resource.Resource) error {
	s, err := r.db.writing(ctx)
	if err != nil {
		return err
	}
	var found []resourceRow
	if err := s.selectResources(&found, false).Where("r.num = ?", saved.Num).Scan(ctx); err != nil {
		return fmt.Errorf("storage: resource %d: %w", saved.Num, err)
	}
	if len(found) == 0 {
		return fmt.Errorf("%w: %d", resource.ErrNotFound, saved.Num)
	}
	was := found[0]
	row, err := resourceRowOf(saved)
	if err != nil {
		return err
	}
	row.Workspace, row.ID, row.Class, row.Created = was.Workspace, was.ID, was.Class, was.Created
	if row.Parent != was.Parent {
		if err := r.move(ctx, s, was, row.Parent); err != nil {
			return err
		}
	}
	if err := s.vacant(ctx, row); err != nil {
		return err
	}
	_, err = s.updates().Model(&row).ExcludeColumn("workspace_id", "num", "id", "class", "created").Where("r.num = ?", row.Num).Exec(ctx)
	if err != nil {
		return resourceError(err, row)
	}
	if row.Meta != was.Meta {
		if err := s.setMeta(ctx, row, saved.Meta); err != nil {
			return err
		}
	}
	if saved.Owner == was.Owner {
		return nil
	}
	err = s.putInName(ctx, nodeRow{Num: was.Num, Workspace: was.Top}, saved.Owner)
	if isForeign(err) {
		return fmt.Errorf("%w: owner %d", resource.ErrNotFound, saved.Owner)
	}
	return err
}
