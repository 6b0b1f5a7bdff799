package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// Databases is the [database.Store] of a database.
type Databases struct{ db *DB }

var _ database.Store = (*Databases)(nil)

// Databases returns the store of what is known of the real databases of projects
// and of their backups.
func (db *DB) Databases() *Databases { return &Databases{db: db} }

// Tx runs fn in a unit of work, see [DB.Tx].
func (d *Databases) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return d.db.Tx(ctx, fn)
}

// Organizations returns the organizations that a filter chooses.
func (d *Databases) Organizations(ctx context.Context, f workspace.OrganizationFilter) ([]workspace.Organization, error) {
	return d.db.Workspaces().Organizations(ctx, f)
}

// LockOrganization reads an organization and keeps everybody else from changing
// it.
func (d *Databases) LockOrganization(ctx context.Context, id workspace.OrganizationID) (workspace.Organization, error) {
	return d.db.Workspaces().LockOrganization(ctx, id)
}

// Workspaces returns the workspaces that a filter chooses.
func (d *Databases) Workspaces(ctx context.Context, f workspace.Filter) ([]workspace.Workspace, error) {
	return d.db.Workspaces().Workspaces(ctx, f)
}

// LockWorkspace reads a workspace and keeps everybody else from changing it.
func (d *Databases) LockWorkspace(ctx context.Context, id workspace.ID) (workspace.Workspace, error) {
	return d.db.Workspaces().LockWorkspace(ctx, id)
}

type databaseRow struct {
	bun.BaseModel `bun:"table:databases,alias:d"`

	Num          int64                    `bun:"num,pk,autoincrement"`
	ID           workspace.DatabaseID     `bun:"id"`
	Organization workspace.OrganizationID `bun:"organization_id"`
	Name         database.Name            `bun:"name"`
	Template     database.Name            `bun:"template"`
	State        database.State           `bun:"state"`
	Target       database.Name            `bun:"target,nullzero"`
	Locked       bool                     `bun:"locked"`
	Size         int64                    `bun:"size"`
	Counted      int64                    `bun:"counted"`
	Measured     instant                  `bun:"measured,nullzero"`
	CreatedBy    string                   `bun:"created_by"`
	Created      instant                  `bun:"created"`
	Updated      instant                  `bun:"updated"`
}

func databaseRowOf(d database.Database) databaseRow {
	return databaseRow{
		Num: d.Num, ID: d.ID, Organization: d.Organization, Name: d.Name, Template: d.Template, State: d.State,
		Target: d.Target, Locked: d.Locked, Size: d.Size, Counted: d.Counted, Measured: instantOf(d.Measured),
		CreatedBy: d.CreatedBy, Created: instantOf(d.Created), Updated: instantOf(d.Updated),
	}
}

func (r databaseRow) database() database.Database {
	return database.Database{
		Num: r.Num, ID: r.ID, Organization: r.Organization, Name: r.Name, Template: r.Template, State: r.State,
		Target: r.Target, Locked: r.Locked, Size: r.Size, Counted: r.Counted, Measured: r.Measured.time(),
		CreatedBy: r.CreatedBy, Created: r.Created.time(), Updated: r.Updated.time(),
	}
}

func (s session) chooseDatabases(q *bun.SelectQuery, f database.Filter) *bun.SelectQuery {
	q = oneOf(q, "d.id", storables(f.IDs))
	q = oneOf(q, "d.name", storables(f.Names))
	q = oneOf(q, "d.state", storables(f.States))
	q = contains(q, f.Search, "d.name") // names are folded as they are
	if f.Organization != "" {
		q = q.Where("d.organization_id = ?", f.Organization)
	}
	if f.Locked != nil {
		q = q.Where("d.locked = ?", *f.Locked)
	}
	if f.Visible != nil {
		q = q.Where("?", s.sees(*f.Visible))
	}
	return q
}

// sees is the condition that a database d is visible.
func (s session) sees(v database.Visibility) bun.Safe {
	used := func(by string, args ...any) *bun.SelectQuery {
		return s.db.NewSelect().Table("workspaces").Column("database_id").
			Where("database_id IS NOT NULL").Where(by, args...)
	}
	among := onNodes{"workspaces", "workspaces.num", v.Workspaces}
	paying := nodesIn(s.db.NewSelect().Table("organizations").Column("id"), "organizations", "organizations.num", &v.Organizations)
	if v.All {
		return bun.Safe(s.db.QueryGen().FormatQuery("(d.organization_id IN (?) OR d.id IN (?) AND d.id NOT IN (?))",
			paying, used("?", among), used("NOT (?)", among)))
	}
	return bun.Safe(s.db.QueryGen().FormatQuery("(d.organization_id IN (?) OR d.id IN (?))", paying, used("?", among)))
}

func databaseListing() listing {
	return listing{key: databaseKey, names: database.Filter{}.Sortable(), num: "d.num", invalid: invalidWorkspace}
}

func databaseKey(by string) key {
	switch by {
	case "":
		return key{"", numbers}
	case "name":
		return key{"d.name", exact}
	case "size", "created":
		return key{"d." + by, numbers}
	}
	return key{}
}

// Databases returns the databases that a filter chooses.
func (d *Databases) Databases(ctx context.Context, f database.Filter) ([]database.Database, error) {
	s, err := d.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []databaseRow
	q, err := d.db.order(s.chooseDatabases(s.selects().Model(&rows), f), databaseListing(), f.Order, f.Newest, f.After, f.Offset, f.Limit)
	if err == nil && f.Lock {
		q, err = d.db.locking(ctx, q)
	}
	if err != nil {
		return nil, err
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: databases: %w", err)
	}
	list := make([]database.Database, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.database())
	}
	return list, nil
}

// CountDatabases returns how many databases a filter chooses, whatever its
// bounds.
func (d *Databases) CountDatabases(ctx context.Context, f database.Filter) (int, error) {
	s, err := d.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := s.chooseDatabases(s.selects().Model((*databaseRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count databases: %w", err)
	}
	return int(n), nil
}

// naming is what PostgreSQL's transactions that give names take one after another.
const naming = 8_310_411_937

// vacant returns ErrExists for a name or a target that another database has or is
// to get: no constraint says so of two columns. Nobody else gives a name until the
// unit of work ends.
func (d *Databases) vacant(ctx context.Context, s session, made database.Database) error {
	if d.db.postgres() {
		if _, err := s.raw("SELECT pg_advisory_xact_lock(?)", naming).Exec(ctx); err != nil {
			return fmt.Errorf("storage: names of databases: %w", err)
		}
	}
	names := []database.Name{made.Name}
	if made.Target != "" {
		names = append(names, made.Target)
	}
	n, err := s.selects().Table("databases").Where("id <> ?", made.ID).
		Where("name IN (?) OR target IN (?)", bun.List(names), bun.List(names)).Count(ctx)
	if err != nil {
		return fmt.Errorf("storage: names of databases: %w", err)
	}
	if n > 0 {
		return database.ErrExists
	}
	return nil
}

// AddDatabase stores a new database.
func (d *Databases) AddDatabase(ctx context.Context, made database.Database) (database.Database, error) {
	s, err := d.db.writing(ctx)
	if err != nil {
		return database.Database{}, err
	}
	if err := d.vacant(ctx, s, made); err != nil {
		return database.Database{}, err
	}
	row := databaseRowOf(made)
	row.Num = 0
	_, err = s.inserts().Model(&row).Exec(ctx)
	switch {
	case isForeign(err):
		return database.Database{}, fmt.Errorf("%w: organization %s: %w", workspace.ErrNotFound, made.Organization, err)
	case err != nil:
		return database.Database{}, fmt.Errorf("storage: add database: %w", err)
	}
	return row.database(), nil
}

// SaveDatabase stores a change of a database that is in a state.
func (d *Databases) SaveDatabase(ctx context.Context, made database.Database, from database.State) error {
	s, err := d.db.writing(ctx)
	if err != nil {
		return err
	}
	// A measurement every minute need not wait for who gives names.
	if made.State != from {
		if err := d.vacant(ctx, s, made); err != nil {
			return err
		}
	}
	row := databaseRowOf(made)
	res, err := s.updates().Model(&row).Column("name", "state", "target", "locked", "size", "counted", "measured", "updated").
		Where("id = ? AND state = ?", made.ID, from).Exec(ctx)
	switch {
	case isUnique(err, "databases"):
		return fmt.Errorf("%w: %w", database.ErrExists, err)
	case err != nil:
		return fmt.Errorf("storage: save database: %w", err)
	}
	return stood(changed(res))
}

// stood returns ErrState where a statement changed nothing.
func stood(ok bool, err error) error {
	if err == nil && !ok {
		return database.ErrState
	}
	return err
}

// DeleteDatabase deletes what is known of a database that is in a state.
func (d *Databases) DeleteDatabase(ctx context.Context, id workspace.DatabaseID, from database.State) error {
	s, err := d.db.writing(ctx)
	if err != nil {
		return err
	}
	res, err := s.raw("DELETE FROM databases WHERE id = ? AND state = ?", id, from).Exec(ctx)
	switch {
	case isForeign(err):
		return fmt.Errorf("%w: %w", database.ErrInUse, err)
	case err != nil:
		return fmt.Errorf("storage: delete database: %w", err)
	}
	return stood(changed(res))
}

// CountUsers returns how many users are members of what uses a database.
func (d *Databases) CountUsers(ctx context.Context, id workspace.DatabaseID) (int, error) {
	s, err := d.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	err = s.raw(`WITH RECURSIVE there (num) AS (
		SELECT audience FROM workspaces WHERE database_id = ?
		UNION SELECT g.member_num FROM group_members AS g JOIN there ON g.group_num = there.num
	) SELECT COUNT(*) FROM there JOIN principals AS p ON p.num = there.num WHERE p.kind = 'user' AND NOT p.disabled`, id).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("storage: users of a database: %w", err)
	}
	return n, nil
}
