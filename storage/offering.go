package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// Offerings is the [offering.Store] of a database.
type Offerings struct{ db *DB }

// Offerings returns the store of offerings, permissions and traffic.
func (db *DB) Offerings() *Offerings { return &Offerings{db: db} }

// Tx runs fn in a unit of work, see [DB.Tx].
func (o *Offerings) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return o.db.Tx(ctx, fn)
}

// Workspaces returns the workspaces that a filter chooses.
func (o *Offerings) Workspaces(ctx context.Context, f workspace.Filter) ([]workspace.Workspace, error) {
	return o.db.Workspaces().Workspaces(ctx, f)
}

// Users returns the users that a filter chooses.
func (o *Offerings) Users(ctx context.Context, f workspace.UserFilter) ([]workspace.User, error) {
	return o.db.Workspaces().Users(ctx, f)
}

type offeringRow struct {
	bun.BaseModel `bun:"table:offerings,alias:o"`

	Workspace  workspace.ID       `bun:"workspace_id"`
	ID         offering.ID        `bun:"id,pk"`
	Num        rbac.Node          `bun:"num"`
	Allocation quota.AllocationID `bun:"allocation_id"`
	Endpoint   quota.PoolID       `bun:"endpoint_id"`
	Type       string             `bun:"type"`
	LayerName  string             `bun:"layer_name"`
	Status     offering.Status    `bun:"status"`
	Open       bool               `bun:"open"`
	Available  bool               `bun:"available"`
	URLs       string             `bun:"urls"`
	Created    instant            `bun:"created"`
	Updated    instant            `bun:"updated"`

	// Permission is set where offerings are read as a permission's.
	Permission offering.PermissionID `bun:"permission_id,scanonly"`
}

func offeringRowOf(o offering.Offering) (offeringRow, error) {
	urls, err := encode(o.URLs)
	return offeringRow{
		Workspace: o.Workspace, ID: o.ID, Num: o.Num, Allocation: o.Allocation, Endpoint: o.Endpoint,
		Type: o.Type, LayerName: o.LayerName, Status: o.Status, Open: o.Open, Available: o.Available,
		URLs: urls, Created: instantOf(o.Created), Updated: instantOf(o.Updated),
	}, err
}

func (r offeringRow) offering() (offering.Offering, error) {
	o := offering.Offering{
		ID: r.ID, Num: r.Num, Workspace: r.Workspace, Endpoint: r.Endpoint, Allocation: r.Allocation,
		Type: r.Type, LayerName: r.LayerName, Status: r.Status, Open: r.Open, Available: r.Available,
		Created: r.Created.time(), Updated: r.Updated.time(),
	}
	return o, decode(r.URLs, &o.URLs)
}

func chooseOfferings(q *bun.SelectQuery, f offering.Filter) *bun.SelectQuery {
	q = oneOf(q, "o.id", f.IDs)
	if f.Workspace != "" {
		q = q.Where("o.workspace_id = ?", f.Workspace)
	}
	if f.Endpoint != "" {
		q = q.Where("o.endpoint_id = ?", f.Endpoint)
	}
	if f.Open != nil {
		q = q.Where("o.open = ?", *f.Open)
	}
	return q
}

// Offerings returns the offerings that a filter chooses.
func (o *Offerings) Offerings(ctx context.Context, f offering.Filter) ([]offering.Offering, error) {
	s, err := o.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []offeringRow
	q := page(chooseOfferings(s.selects().Model(&rows), f), "o.num", false, f.Offset, f.Limit)
	if f.Lock {
		if q, err = o.db.locking(ctx, q); err != nil {
			return nil, err
		}
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: offerings: %w", err)
	}
	return offeringsOf(rows)
}

// locking makes a query keep everybody else from changing what it finds until
// the unit of work ends.
func (db *DB) locking(ctx context.Context, q *bun.SelectQuery) (*bun.SelectQuery, error) {
	if _, err := db.writing(ctx); err != nil {
		return nil, err
	}
	if db.postgres() {
		return q.For("UPDATE"), nil
	}
	return q, nil // whoever writes to SQLite is alone
}

func offeringsOf(rows []offeringRow) ([]offering.Offering, error) {
	list := make([]offering.Offering, 0, len(rows))
	for _, r := range rows {
		o, err := r.offering()
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

// CountOfferings returns how many offerings a filter chooses, whatever its
// bounds.
func (o *Offerings) CountOfferings(ctx context.Context, f offering.Filter) (int, error) {
	s, err := o.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := chooseOfferings(s.selects().Model((*offeringRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count offerings: %w", err)
	}
	return int(n), nil
}

// AddOffering stores a new offering with a node below its workspace's.
func (o *Offerings) AddOffering(ctx context.Context, made offering.Offering) (offering.Offering, error) {
	s, err := o.db.writing(ctx)
	if err != nil {
		return offering.Offering{}, err
	}
	var home rbac.Node
	err = s.raw(`SELECT w.num FROM workspaces AS w WHERE w.id = ?
		AND EXISTS (SELECT 1 FROM allocations AS a WHERE a.id = ?)`, made.Workspace, made.Allocation).Scan(ctx, &home)
	if none(err) {
		return offering.Offering{}, fmt.Errorf("%w: the workspace or the allocation", offering.ErrNotFound)
	}
	if err != nil {
		return offering.Offering{}, fmt.Errorf("storage: add offering: %w", err)
	}
	node, err := s.addNode(ctx, nodeRow{Workspace: home, Parent: home, Class: workspace.ClassOffering}, false)
	if err != nil {
		return offering.Offering{}, err
	}
	made.Num = node.Num
	row, err := offeringRowOf(made)
	if err != nil {
		return offering.Offering{}, err
	}
	_, err = s.inserts().Model(&row).Exec(ctx)
	switch {
	case isUnique(err, "offerings", "endpoint_id_layer_name"):
		return offering.Offering{}, &workspace.TakenError{Field: "layer_name", Value: made.LayerName}
	case isForeign(err):
		return offering.Offering{}, fmt.Errorf("%w: %w", offering.ErrNotFound, err)
	case err != nil:
		return offering.Offering{}, fmt.Errorf("storage: add offering: %w", err)
	}
	return row.offering()
}

// SaveOffering stores a change of status, availability and addresses.
func (o *Offerings) SaveOffering(ctx context.Context, made offering.Offering) error {
	s, err := o.db.writing(ctx)
	if err != nil {
		return err
	}
	row, err := offeringRowOf(made)
	if err != nil {
		return err
	}
	res, err := s.updates().Model(&row).Column("status", "available", "urls", "updated").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: save offering: %w", err)
	}
	ok, err := changed(res)
	if err == nil && !ok {
		err = fmt.Errorf("%w: offering %s", offering.ErrNotFound, made.ID)
	}
	return err
}

// DeleteOffering deletes an offering with everything that refers to it, but for
// the traffic that was counted.
func (o *Offerings) DeleteOffering(ctx context.Context, id offering.ID) error {
	found, err := o.Offerings(ctx, offering.Filter{IDs: []offering.ID{id}, Lock: true})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("%w: offering %s", offering.ErrNotFound, id)
	}
	s, err := o.db.writing(ctx)
	if err != nil {
		return err
	}
	node := nodeRow{Num: found[0].Num}
	if err := s.selects().Model(&node).WherePK().Scan(ctx); err != nil {
		return fmt.Errorf("storage: delete offering: %w", err)
	}
	for _, statement := range []*bun.RawQuery{
		s.raw("DELETE FROM accesses WHERE offering_id = ?", id),
		s.raw("DELETE FROM permission_offerings WHERE offering_id = ?", id),
		s.raw("DELETE FROM offerings WHERE id = ?", id),
	} {
		if _, err := statement.Exec(ctx); err != nil {
			return fmt.Errorf("storage: delete offering: %w", err)
		}
	}
	return s.deleteNode(ctx, node.Workspace, node.Num)
}
