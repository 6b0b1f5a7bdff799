package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

type accessRow struct {
	bun.BaseModel `bun:"table:accesses,alias:a"`

	ID         apikey.AccessID       `bun:"id"`
	Num        int64                 `bun:"num,pk,autoincrement"`
	Key        apikey.ID             `bun:"key_id"`
	Permission offering.PermissionID `bun:"permission_id,nullzero"`
	Offering   offering.ID           `bun:"offering_id"`
	Created    instant               `bun:"created"`
}

// Accesses lists the accesses of a key.
func (k *Keys) Accesses(ctx context.Context, key apikey.ID, offset, limit int) ([]apikey.Access, error) {
	s, err := k.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []accessRow
	q := s.selects().Model(&rows).Where("a.key_id = ?", key)
	if err := page(q, "a.num", false, offset, limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: accesses: %w", err)
	}
	return s.accessesOf(ctx, rows)
}

// CountAccesses returns how many accesses a key has.
func (k *Keys) CountAccesses(ctx context.Context, key apikey.ID) (int, error) {
	s, err := k.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := s.selects().Model((*accessRow)(nil)).Where("a.key_id = ?", key).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count accesses: %w", err)
	}
	return int(n), nil
}

// Standing lists the accesses of a key to one offering through what its user
// holds at present.
func (k *Keys) Standing(ctx context.Context, key apikey.ID, on offering.ID) ([]apikey.Access, error) {
	s, err := k.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []accessRow
	user := bun.SafeQuery("(SELECT u.num FROM users AS u JOIN keys AS k ON k.user_id = u.id WHERE k.id = ?)", key)
	q := s.selects().Model(&rows).
		Join("LEFT JOIN permissions AS p ON p.id = a.permission_id").
		Where("a.key_id = ?", key).
		Where("a.offering_id = ?", on).
		Where(`(a.permission_id IS NULL
			OR p.beneficiary_user = (SELECT k.user_id FROM keys AS k WHERE k.id = a.key_id)
			OR p.beneficiary_workspace IN (SELECT w.id FROM workspaces AS w WHERE w.audience IN `+groupsOf+`))`, user)
	if err := page(q, "a.num", false, 0, 0).Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: standing accesses: %w", err)
	}
	return s.accessesOf(ctx, rows)
}

// accessesOf puts offerings and permissions into accesses.
func (s session) accessesOf(ctx context.Context, rows []accessRow) ([]apikey.Access, error) {
	list := make([]apikey.Access, 0, len(rows))
	if len(rows) == 0 {
		return list, nil
	}
	var offeringIDs []offering.ID
	permissionIDs := []offering.PermissionID{""} // there is none of that name, and a list must not be empty
	for _, r := range rows {
		offeringIDs = append(offeringIDs, r.Offering)
		permissionIDs = append(permissionIDs, r.Permission)
	}
	var offerings []offeringRow
	if err := s.selects().Model(&offerings).Where("o.id IN (?)", bun.List(offeringIDs)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: offerings of accesses: %w", err)
	}
	published := make(map[offering.ID]offeringRow, len(offerings))
	for _, r := range offerings {
		published[r.ID] = r
	}
	var permissions []permissionRow
	if err := s.selects().Model(&permissions).Where("p.id IN (?)", bun.List(permissionIDs)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: permissions of accesses: %w", err)
	}
	given := make(map[offering.PermissionID]permissionRow, len(permissions))
	for _, r := range permissions {
		given[r.ID] = r
	}
	for _, r := range rows {
		on, ok := published[r.Offering]
		if !ok { // deleted between two statements, and the access with it
			continue
		}
		made, err := on.offering()
		if err != nil {
			return nil, err
		}
		a := apikey.Access{ID: r.ID, Num: r.Num, Key: r.Key, Offering: made, Created: r.Created.time()}
		if r.Permission != "" {
			through, ok := given[r.Permission]
			if !ok { // likewise
				continue
			}
			p := through.permission()
			a.Permission = &p
		}
		list = append(list, a)
	}
	return list, nil
}

// AddAccess stores a new access.
func (k *Keys) AddAccess(ctx context.Context, a apikey.Access) error {
	s, err := k.db.writing(ctx)
	if err != nil {
		return err
	}
	row := accessRow{ID: a.ID, Key: a.Key, Offering: a.Offering.ID, Created: instantOf(a.Created)}
	if a.Permission != nil {
		row.Permission = a.Permission.ID
		locked, err := k.Permissions(ctx, offering.PermissionFilter{IDs: []offering.PermissionID{row.Permission}, Lock: true})
		if err != nil {
			return err
		}
		// What it is for is read behind the lock: it may have changed before.
		n, err := s.selects().Table("permission_offerings").
			Where("permission_id = ?", row.Permission).Where("offering_id = ?", row.Offering).Count(ctx)
		if err != nil {
			return fmt.Errorf("storage: add access: %w", err)
		}
		if len(locked) == 0 || n == 0 {
			return fmt.Errorf("%w: offering %s in permission %s", apikey.ErrNotFound, row.Offering, row.Permission)
		}
	}
	_, err = s.inserts().Model(&row).Exec(ctx)
	if err == nil {
		return nil
	}
	switch v, _ := violated(err); v.kind {
	case unique:
		return &workspace.TakenError{Field: "offerings", Value: string(row.Offering)}
	case foreign:
		return fmt.Errorf("%w: the key or the offering: %w", apikey.ErrNotFound, err)
	case check, notNull:
	}
	return fmt.Errorf("storage: add access: %w", err)
}

// DeleteAccess deletes an access with its rules.
func (k *Keys) DeleteAccess(ctx context.Context, key apikey.ID, id apikey.AccessID) error {
	s, err := k.db.writing(ctx)
	if err != nil {
		return err
	}
	n, err := s.selects().Model((*accessRow)(nil)).Where("a.key_id = ?", key).Where("a.id = ?", id).Count(ctx)
	if err != nil {
		return fmt.Errorf("storage: delete access: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("%w: access %s", apikey.ErrNotFound, id)
	}
	return s.dropAccesses(ctx, s.db.QueryGen().FormatQuery("id = ?", id))
}
