package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

type backupRow struct {
	bun.BaseModel `bun:"table:backups,alias:b"`

	Num          int64                `bun:"num,pk,autoincrement"`
	ID           database.BackupID    `bun:"id"`
	Database     workspace.DatabaseID `bun:"database_id"`
	DatabaseName database.Name        `bun:"database_name"`
	Name         database.BackupName  `bun:"name"`
	State        database.State       `bun:"state"`
	Size         int64                `bun:"size"`
	Digest       string               `bun:"digest"`
	CreatedBy    string               `bun:"created_by"`
	Created      instant              `bun:"created"`
}

func backupRowOf(b database.Backup) backupRow {
	return backupRow{
		Num: b.Num, ID: b.ID, Database: b.Database, DatabaseName: b.DatabaseName, Name: b.Name, State: b.State,
		Size: b.Size, Digest: b.Digest, CreatedBy: b.CreatedBy, Created: instantOf(b.Created),
	}
}

func (r backupRow) backup() database.Backup {
	return database.Backup{
		Num: r.Num, ID: r.ID, Database: r.Database, DatabaseName: r.DatabaseName, Name: r.Name, State: r.State,
		Size: r.Size, Digest: r.Digest, CreatedBy: r.CreatedBy, Created: r.Created.time(),
	}
}

func (s session) chooseBackups(q *bun.SelectQuery, f database.BackupFilter) *bun.SelectQuery {
	q = oneOf(q, "b.id", storables(f.IDs))
	q = oneOf(q, "b.name", storables(f.Names))
	q = oneOf(q, "b.database_id", storables(f.Databases))
	q = oneOf(q, "b.state", storables(f.States))
	if f.Visible != nil {
		q = q.Where("EXISTS (SELECT 1 FROM databases AS d WHERE d.id = b.database_id AND ?)", s.sees(*f.Visible))
	}
	return q
}

func backupListing() listing {
	return listing{key: backupKey, names: database.BackupFilter{}.Sortable(), num: "b.num", invalid: invalidWorkspace}
}

func backupKey(by string) key {
	switch by {
	case "":
		return key{"", numbers}
	case "name":
		return key{"b.name", exact}
	case "size", "created":
		return key{"b." + by, numbers}
	}
	return key{}
}

// Backups returns the backups that a filter chooses.
func (d *Databases) Backups(ctx context.Context, f database.BackupFilter) ([]database.Backup, error) {
	s, err := d.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []backupRow
	q, err := d.db.order(s.chooseBackups(s.selects().Model(&rows), f), backupListing(), f.Order, f.Newest, f.After, f.Offset, f.Limit)
	if err == nil && f.Lock {
		q, err = d.db.locking(ctx, q)
	}
	if err != nil {
		return nil, err
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: backups: %w", err)
	}
	list := make([]database.Backup, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.backup())
	}
	return list, nil
}

// CountBackups returns how many backups a filter chooses, whatever its bounds.
func (d *Databases) CountBackups(ctx context.Context, f database.BackupFilter) (int, error) {
	s, err := d.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := s.chooseBackups(s.selects().Model((*backupRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count backups: %w", err)
	}
	return int(n), nil
}

// AddBackup stores a new backup.
func (d *Databases) AddBackup(ctx context.Context, made database.Backup) (database.Backup, error) {
	s, err := d.db.writing(ctx)
	if err != nil {
		return database.Backup{}, err
	}
	row := backupRowOf(made)
	row.Num = 0
	_, err = s.inserts().Model(&row).Exec(ctx)
	switch {
	case isUnique(err, "backups", "name"):
		return database.Backup{}, fmt.Errorf("%w: %w", database.ErrExists, err)
	case isForeign(err):
		return database.Backup{}, fmt.Errorf("%w: %w", database.ErrNotFound, err)
	case err != nil:
		return database.Backup{}, fmt.Errorf("storage: add backup: %w", err)
	}
	return row.backup(), nil
}

// SaveBackup stores a change of a backup that is in a state.
func (d *Databases) SaveBackup(ctx context.Context, made database.Backup, from database.State) error {
	s, err := d.db.writing(ctx)
	if err != nil {
		return err
	}
	row := backupRowOf(made)
	res, err := s.updates().Model(&row).Column("state", "size", "digest").Where("id = ? AND state = ?", made.ID, from).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: save backup: %w", err)
	}
	return stood(changed(res))
}

// DeleteBackup deletes what is known of a backup that is in a state.
func (d *Databases) DeleteBackup(ctx context.Context, id database.BackupID, from database.State) error {
	s, err := d.db.writing(ctx)
	if err != nil {
		return err
	}
	res, err := s.raw("DELETE FROM backups WHERE id = ? AND state = ?", id, from).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: delete backup: %w", err)
	}
	return stood(changed(res))
}
