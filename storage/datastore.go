package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

type datastoreRow struct {
	bun.BaseModel `bun:"table:datastores,alias:d"`

	Workspace      workspace.ID          `bun:"workspace_id,pk"`
	ID             workspace.DatastoreID `bun:"id"`
	MetadataPrefix string                `bun:"metadata_prefix"`
	LayerPrefix    string                `bun:"layer_prefix"`
	Sharings       bool                  `bun:"sharings"`
	Created        instant               `bun:"created"`
	Updated        instant               `bun:"updated"`
}

func datastoreRowOf(d workspace.DatastoreSettings) datastoreRow {
	return datastoreRow{
		Workspace: d.Workspace, ID: d.ID, MetadataPrefix: d.MetadataPrefix, LayerPrefix: d.LayerPrefix,
		Sharings: d.Sharings, Created: instantOf(d.Created), Updated: instantOf(d.Updated),
	}
}

func (r datastoreRow) settings() workspace.DatastoreSettings {
	return workspace.DatastoreSettings{
		ID: r.ID, Workspace: r.Workspace, MetadataPrefix: r.MetadataPrefix, LayerPrefix: r.LayerPrefix,
		Sharings: r.Sharings, Created: r.Created.time(), Updated: r.Updated.time(),
	}
}

// Datastores returns the settings of the datastores that a filter chooses.
func (w *Workspaces) Datastores(ctx context.Context, f workspace.DatastoreFilter) ([]workspace.DatastoreSettings, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []datastoreRow
	q := s.selects().Model(&rows)
	// Identifiers begin with the time and tell apart what was made at once.
	if f.Newest {
		q = q.OrderExpr("d.created DESC, d.id DESC")
	} else {
		q = q.OrderExpr("d.created ASC, d.id ASC")
	}
	if err := bounds(q, f.Offset, f.Limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: datastores: %w", err)
	}
	list := make([]workspace.DatastoreSettings, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.settings())
	}
	return list, nil
}

// Datastore returns the settings of a datastore.
func (w *Workspaces) Datastore(ctx context.Context, id workspace.DatastoreID) (workspace.DatastoreSettings, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return workspace.DatastoreSettings{}, err
	}
	var row datastoreRow
	err = s.selects().Model(&row).Where("d.id = ?", id).Scan(ctx)
	if none(err) {
		return workspace.DatastoreSettings{}, fmt.Errorf("%w: datastore %s", workspace.ErrNotFound, id)
	}
	if err != nil {
		return workspace.DatastoreSettings{}, fmt.Errorf("storage: datastore %s: %w", id, err)
	}
	return row.settings(), nil
}

// AddDatastore stores the settings of a new datastore.
func (w *Workspaces) AddDatastore(ctx context.Context, d workspace.DatastoreSettings) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	row := datastoreRowOf(d)
	_, err = s.inserts().Model(&row).Exec(ctx)
	switch {
	case isForeign(err):
		return fmt.Errorf("%w: workspace %s: %w", workspace.ErrNotFound, d.Workspace, err)
	case isUnique(err, "datastores", "workspace_id", "pkey"):
		return &workspace.TakenError{Field: "datastore", Value: string(d.Workspace)}
	case err != nil:
		return fmt.Errorf("storage: datastore %s: %w", d.ID, err)
	}
	return nil
}

// SaveDatastore stores a change of a datastore's settings.
func (w *Workspaces) SaveDatastore(ctx context.Context, d workspace.DatastoreSettings) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	row := datastoreRowOf(d)
	res, err := s.updates().Model(&row).Column("metadata_prefix", "layer_prefix", "sharings", "updated").
		Where("d.id = ?", d.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: datastore %s: %w", d.ID, err)
	}
	return found(res, "datastore", d.ID)
}

// DeleteDatastore deletes the settings of a datastore without offerings.
func (w *Workspaces) DeleteDatastore(ctx context.Context, id workspace.DatastoreID) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	d, err := w.Datastore(ctx, id)
	if err != nil {
		return err
	}
	// Offerings refer to the workspace: none can come in between.
	if err := s.lockWorkspace(ctx, d.Workspace, w.db.postgres()); err != nil {
		return err
	}
	n, err := s.selects().Table("offerings").Where("workspace_id = ?", d.Workspace).Count(ctx)
	if err != nil {
		return fmt.Errorf("storage: delete datastore %s: %w", id, err)
	}
	if n > 0 {
		return fmt.Errorf("%w: datastore %s by %d offerings", workspace.ErrInUse, id, n)
	}
	res, err := s.raw("DELETE FROM datastores WHERE id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: delete datastore %s: %w", id, err)
	}
	return found(res, "datastore", id)
}
