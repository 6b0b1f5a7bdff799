package storage

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

type permissionRow struct {
	bun.BaseModel `bun:"table:permissions,alias:p"`

	Workspace workspace.ID          `bun:"workspace_id"`
	ID        offering.PermissionID `bun:"id"`
	Num       int64                 `bun:"num,pk,autoincrement"`
	User      workspace.UserID      `bun:"beneficiary_user,nullzero"`
	Community workspace.ID          `bun:"beneficiary_workspace,nullzero"`
	Licence   string                `bun:"licence"`
	End       instant               `bun:"end_date,nullzero"`
	OnlyOAuth bool                  `bun:"only_oauth"`
	Created   instant               `bun:"created"`
	Updated   instant               `bun:"updated"`
}

func permissionRowOf(p offering.Permission) permissionRow {
	return permissionRow{
		Workspace: p.Workspace, ID: p.ID, User: p.User, Community: p.Community, Licence: p.Licence,
		End: instantOf(p.End), OnlyOAuth: p.OnlyOAuth, Created: instantOf(p.Created), Updated: instantOf(p.Updated),
	}
}

func (r permissionRow) permission() offering.Permission {
	return offering.Permission{
		ID: r.ID, Num: r.Num, Workspace: r.Workspace, User: r.User, Community: r.Community, Licence: r.Licence,
		End: r.End.time(), OnlyOAuth: r.OnlyOAuth, Created: r.Created.time(), Updated: r.Updated.time(),
	}
}

// choosePermissions adds the conditions of a filter but for its texts.
func choosePermissions(q *bun.SelectQuery, f offering.PermissionFilter) *bun.SelectQuery {
	q = oneOf(q, "p.id", f.IDs)
	if f.Workspace != "" {
		q = q.Where("p.workspace_id = ?", f.Workspace)
	}
	if f.Offering != "" {
		q = q.Where("p.id IN (SELECT permission_id FROM permission_offerings WHERE offering_id = ?)", f.Offering)
	}
	switch {
	case f.User != "" && len(f.Communities) > 0:
		q = q.Where("(p.beneficiary_user = ? OR p.beneficiary_workspace IN (?))", f.User, bun.List(f.Communities))
	case f.User != "":
		q = q.Where("p.beneficiary_user = ?", f.User)
	case len(f.Communities) > 0:
		q = q.Where("p.beneficiary_workspace IN (?)", bun.List(f.Communities))
	}
	if f.OnlyOAuth != nil {
		q = q.Where("p.only_oauth = ?", *f.OnlyOAuth)
	}
	if f.Type != "" {
		q = q.Where(`p.id IN (SELECT po.permission_id FROM permission_offerings AS po
			JOIN offerings AS o ON o.id = po.offering_id WHERE o.type = ?)`, f.Type)
	}
	return q
}

// resembling adds the conditions on texts. Neither database compares texts
// regardless of case as [fold] does, and neither text has a folded column, so
// they are compared here: among those that the rest of the filter left, which
// is what one workspace gave or one user holds.
func (s session) resembling(ctx context.Context, q *bun.SelectQuery, f offering.PermissionFilter) (*bun.SelectQuery, error) {
	if f.Licence == "" && f.LayerName == "" {
		return q, nil
	}
	var rows []struct {
		Num       int64
		Licence   string
		LayerName string
	}
	err := choosePermissions(s.selects().Model((*permissionRow)(nil)), f).
		ColumnExpr("p.num, p.licence, COALESCE(o.layer_name, '') AS layer_name").
		Join("LEFT JOIN permission_offerings AS po ON po.permission_id = p.id").
		Join("LEFT JOIN offerings AS o ON o.id = po.offering_id").
		Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("storage: texts of permissions: %w", err)
	}
	nums := []int64{}
	for _, r := range rows {
		if resembles(r.Licence, f.Licence) && resembles(r.LayerName, f.LayerName) {
			nums = append(nums, r.Num)
		}
	}
	return oneOf(q, "p.num", nums), nil
}

// resembles reports whether a text matches a pattern regardless of case, %
// standing for any text. The empty pattern matches everything.
func resembles(text, pattern string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(fold(pattern), "%")
	text, ok := strings.CutPrefix(fold(text), parts[0])
	if !ok || len(parts) == 1 {
		return ok && text == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		_, text, ok = strings.Cut(text, part)
		if !ok {
			return false
		}
	}
	return strings.HasSuffix(text, parts[last])
}

// Permissions returns the permissions that a filter chooses.
func (o *Offerings) Permissions(ctx context.Context, f offering.PermissionFilter) ([]offering.Permission, error) {
	s, err := o.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []permissionRow
	q := page(choosePermissions(s.selects().Model(&rows), f), "p.num", f.Newest, f.Offset, f.Limit)
	if q, err = s.resembling(ctx, q, f); err != nil {
		return nil, err
	}
	if f.Lock {
		if q, err = o.db.locking(ctx, q); err != nil {
			return nil, err
		}
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: permissions: %w", err)
	}
	return s.permissionsOf(ctx, rows)
}

// permissionsOf puts offerings into permissions.
func (s session) permissionsOf(ctx context.Context, rows []permissionRow) ([]offering.Permission, error) {
	list := make([]offering.Permission, 0, len(rows))
	at := make(map[offering.PermissionID]int, len(rows))
	ids := make([]offering.PermissionID, 0, len(rows))
	for i, r := range rows {
		list = append(list, r.permission())
		at[r.ID] = i
		ids = append(ids, r.ID)
	}
	if len(ids) == 0 {
		return list, nil
	}
	var placed []offeringRow
	err := s.selects().Model(&placed).ColumnExpr("o.*, po.permission_id").
		Join("JOIN permission_offerings AS po ON po.offering_id = o.id").
		Where("po.permission_id IN (?)", bun.List(ids)).
		OrderExpr("po.permission_id, po.position").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("storage: offerings of permissions: %w", err)
	}
	for _, r := range placed {
		made, err := r.offering()
		if err != nil {
			return nil, err
		}
		p := &list[at[r.Permission]]
		p.Offerings = append(p.Offerings, made)
	}
	return list, nil
}

// CountPermissions returns how many permissions a filter chooses, whatever its
// bounds.
func (o *Offerings) CountPermissions(ctx context.Context, f offering.PermissionFilter) (int, error) {
	s, err := o.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	q, err := s.resembling(ctx, choosePermissions(s.selects().Model((*permissionRow)(nil)), f), f)
	if err != nil {
		return 0, err
	}
	n, err := q.Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count permissions: %w", err)
	}
	return int(n), nil
}

// AddPermission stores a new permission.
func (o *Offerings) AddPermission(ctx context.Context, p offering.Permission) error {
	s, err := o.db.writing(ctx)
	if err != nil {
		return err
	}
	row := permissionRowOf(p)
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return permissionError(err)
	}
	return s.place(ctx, p)
}

func permissionError(err error) error {
	if isForeign(err) {
		return fmt.Errorf("%w: the beneficiary or an offering: %w", offering.ErrNotFound, err)
	}
	return fmt.Errorf("storage: permission: %w", err)
}

// place stores which offerings a permission is for.
func (s session) place(ctx context.Context, p offering.Permission) error {
	for i, made := range p.Offerings {
		_, err := s.raw("INSERT INTO permission_offerings (permission_id, offering_id, position) VALUES (?, ?, ?)",
			p.ID, made.ID, i).Exec(ctx)
		if err != nil {
			return permissionError(err)
		}
	}
	return nil
}

// lockPermission keeps everybody else from changing a permission, and from
// joining a key to an offering through it, until the unit of work ends.
func (o *Offerings) lockPermission(ctx context.Context, id offering.PermissionID) (session, error) {
	q := offering.PermissionFilter{IDs: []offering.PermissionID{id}, Lock: true}
	found, err := o.Permissions(ctx, q)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: permission %s", offering.ErrNotFound, id)
	}
	if err != nil {
		return session{}, err
	}
	return o.db.writing(ctx)
}

// SavePermission stores a change of licence, end and offerings. Accesses to
// offerings that are no longer in it are deleted, the others end with it.
func (o *Offerings) SavePermission(ctx context.Context, p offering.Permission) error {
	s, err := o.lockPermission(ctx, p.ID)
	if err != nil {
		return err
	}
	row := permissionRowOf(p)
	_, err = s.updates().Model(&row).Column("licence", "end_date", "updated").Where("p.id = ?", p.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: save permission: %w", err)
	}
	kept := make([]offering.ID, 0, len(p.Offerings))
	for _, made := range p.Offerings {
		kept = append(kept, made.ID)
	}
	gone := s.db.QueryGen().FormatQuery("permission_id = ?", p.ID)
	if len(kept) > 0 {
		gone = s.db.QueryGen().FormatQuery("permission_id = ? AND offering_id NOT IN (?)", p.ID, bun.List(kept))
	}
	if err := s.dropAccesses(ctx, gone); err != nil {
		return err
	}
	if _, err := s.raw("DELETE FROM permission_offerings WHERE permission_id = ?", p.ID).Exec(ctx); err != nil {
		return fmt.Errorf("storage: save permission: %w", err)
	}
	if err := s.place(ctx, p); err != nil {
		return err
	}
	_, err = s.touchRules(ctx, "UPDATE rules SET expires = ? WHERE "+ofAccesses,
		bun.NullZero(int64(row.End)), bun.Safe(s.db.QueryGen().FormatQuery("permission_id = ?", p.ID)))
	return err
}

// DeletePermission deletes a permission and the accesses it gave.
func (o *Offerings) DeletePermission(ctx context.Context, id offering.PermissionID) error {
	s, err := o.lockPermission(ctx, id)
	if err != nil {
		return err
	}
	if err := s.dropAccesses(ctx, s.db.QueryGen().FormatQuery("permission_id = ?", id)); err != nil {
		return err
	}
	for _, statement := range []*bun.RawQuery{
		s.raw("DELETE FROM permission_offerings WHERE permission_id = ?", id),
		s.raw("DELETE FROM permissions WHERE id = ?", id),
	} {
		if _, err := statement.Exec(ctx); err != nil {
			return fmt.Errorf("storage: delete permission: %w", err)
		}
	}
	return nil
}

// ofAccesses is the condition on rules that they are kept for an access that a
// condition chooses. Saying that the origin is not empty lets the index serve.
const ofAccesses = "origin <> '' AND origin IN (SELECT 'access/' || id FROM accesses WHERE ?)"

// dropAccesses deletes accesses that a condition chooses, with their rules.
func (s session) dropAccesses(ctx context.Context, condition string) error {
	chosen := bun.Safe(condition)
	if _, err := s.touchRules(ctx, "DELETE FROM rules WHERE "+ofAccesses, chosen); err != nil {
		return err
	}
	if _, err := s.raw("DELETE FROM accesses WHERE ?", chosen).Exec(ctx); err != nil {
		return fmt.Errorf("storage: delete accesses: %w", err)
	}
	return nil
}
