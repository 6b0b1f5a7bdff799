package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

type groupRow struct {
	bun.BaseModel `bun:"table:groups,alias:g"`

	ID          workspace.GroupID `bun:"id,pk"`
	Num         rbac.Principal    `bun:"num"`
	Workspace   workspace.ID      `bun:"workspace_id"`
	Name        string            `bun:"name"`
	NameFold    string            `bun:"name_fold"`
	Description string            `bun:"description"`
	Created     instant           `bun:"created"`
	Updated     instant           `bun:"updated"`

	Members int `bun:"members,scanonly"`
}

func groupRowOf(g workspace.Group) groupRow {
	return groupRow{
		ID: g.ID, Num: g.Num, Workspace: g.Workspace, Name: g.Name, NameFold: fold(g.Name),
		Description: g.Description, Created: instantOf(g.Created), Updated: instantOf(g.Updated),
	}
}

func (r groupRow) group() workspace.Group {
	return workspace.Group{
		ID: r.ID, Num: r.Num, Workspace: r.Workspace, Name: r.Name,
		Description: r.Description, Members: r.Members, Created: r.Created.time(), Updated: r.Updated.time(),
	}
}

// groupMembers is how many are in the group g themselves.
const groupMembers = "(SELECT count(*) FROM group_members AS gm WHERE gm.group_num = g.num)"

func groupListing() listing {
	return listing{key: groupKey, names: workspace.GroupFilter{}.Sortable(), num: "g.num", invalid: invalidWorkspace}
}

func groupKey(by string) key {
	switch by {
	case "":
		return key{"", numbers}
	case "name":
		return key{"g.name_fold", folded}
	case "created":
		return key{"g.created", numbers}
	case "members":
		return key{groupMembers, numbers}
	}
	return key{}
}

func chooseGroups(q *bun.SelectQuery, f workspace.GroupFilter) *bun.SelectQuery {
	q = oneOf(q, "g.id", f.IDs)
	q = oneOf(q, "g.num", f.Nums)
	if f.Workspace != "" {
		q = q.Where("g.workspace_id = ?", f.Workspace)
	}
	if f.Platform {
		q = q.Where("g.workspace_id = ''")
	}
	if f.Member != 0 {
		q = q.Where("g.num IN (SELECT group_num FROM group_members WHERE member_num = ?)", f.Member)
	}
	q = contains(q, f.Search, "g.name_fold")
	return like(q, "g.name_fold", f.Name)
}

// Groups returns the groups that a filter chooses.
func (w *Workspaces) Groups(ctx context.Context, f workspace.GroupFilter) ([]workspace.Group, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []groupRow
	q := chooseGroups(s.selects().Model(&rows).ColumnExpr("?TableColumns, "+groupMembers+" AS members"), f)
	if q, err = w.db.order(q, groupListing(), f.Order, false, f.After, f.Offset, f.Limit); err != nil {
		return nil, err
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: groups: %w", err)
	}
	list := make([]workspace.Group, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.group())
	}
	return list, nil
}

// CountGroups returns how many groups a filter chooses, whatever its bounds.
func (w *Workspaces) CountGroups(ctx context.Context, f workspace.GroupFilter) (int, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := chooseGroups(s.selects().Model((*groupRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count groups: %w", err)
	}
	return int(n), nil
}

// AddGroup stores a new group with a principal of its own.
func (w *Workspaces) AddGroup(ctx context.Context, g workspace.Group) (workspace.Group, error) {
	s, err := w.db.writing(ctx)
	if err != nil {
		return workspace.Group{}, err
	}
	if g.Workspace != "" {
		if _, err := s.workspaceNode(ctx, g.Workspace); err != nil {
			return workspace.Group{}, err
		}
	}
	num, err := s.addPrincipal(ctx, string(g.ID), rbac.Group, 0)
	if err != nil {
		return workspace.Group{}, err
	}
	row := groupRowOf(g)
	row.Num = num
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return workspace.Group{}, groupError(err, g)
	}
	return row.group(), nil
}

// SaveGroup stores a change of a group's name and description.
func (w *Workspaces) SaveGroup(ctx context.Context, g workspace.Group) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	row := groupRowOf(g)
	res, err := s.updates().Model(&row).Column("name", "name_fold", "description", "updated").WherePK().Exec(ctx)
	if err != nil {
		return groupError(err, g)
	}
	if err := found(res, "group", g.ID); err != nil {
		return err
	}
	return s.rename(ctx, "(SELECT num FROM groups WHERE id = ?)", g.ID, row.NameFold, "", "")
}

func groupError(err error, g workspace.Group) error {
	if isUnique(err, "groups", "workspace_id_name_fold") {
		return &workspace.TakenError{Field: "name", Value: g.Name}
	}
	return fmt.Errorf("storage: group %s: %w", g.ID, err)
}

// DeleteGroup deletes a group with its places in workspaces, in other groups
// and in rules.
func (w *Workspaces) DeleteGroup(ctx context.Context, id workspace.GroupID) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	var num rbac.Principal
	err = s.raw("SELECT num FROM groups WHERE id = ?", id).Scan(ctx, &num)
	if none(err) {
		return fmt.Errorf("%w: group %s", workspace.ErrNotFound, id)
	}
	if err != nil {
		return fmt.Errorf("storage: delete group %s: %w", id, err)
	}
	if _, err := s.touchRules(ctx, "DELETE FROM rules WHERE principal = ?", num); err != nil {
		return err
	}
	if _, err := s.partWhere(ctx, "group_num = ?0 OR member_num = ?0", num); err != nil {
		return err
	}
	for _, statement := range []string{
		"DELETE FROM members WHERE principal = ?0",
		"DELETE FROM groups WHERE num = ?0",
		"DELETE FROM principals WHERE num = ?0",
	} {
		if _, err := s.raw(statement, num).Exec(ctx); err != nil {
			return fmt.Errorf("storage: delete group %s: %w", id, err)
		}
	}
	s.touch(rbac.Root, principalChanged(num))
	return nil
}

// Join puts a principal into a group and reports whether he was not in it. It
// returns workspace.ErrNotFound when one of them does not exist.
func (w *Workspaces) Join(ctx context.Context, group, member rbac.Principal) (bool, error) {
	s, err := w.db.writing(ctx)
	if err != nil {
		return false, err
	}
	var there int
	err = s.raw("SELECT count(*) FROM principals WHERE (num = ? AND kind = ?) OR num = ?", group, rbac.Group, member).
		Scan(ctx, &there)
	if err != nil {
		return false, fmt.Errorf("storage: join group %d: %w", group, err)
	}
	if there != 2 {
		return false, fmt.Errorf("%w: group %d or principal %d", workspace.ErrNotFound, group, member)
	}
	return s.join(ctx, group, member)
}

// Part takes a principal out of a group and reports whether he was in it.
func (w *Workspaces) Part(ctx context.Context, group, member rbac.Principal) (bool, error) {
	s, err := w.db.writing(ctx)
	if err != nil {
		return false, err
	}
	if group == rbac.Administrators {
		if err := s.lockAdministrators(ctx, w.db.postgres()); err != nil {
			return false, err
		}
	}
	return s.part(ctx, group, member)
}

// join puts a principal into a group and notes him: groups are told of those
// who are in them, and belong to the root, whosever the group is.
func (s session) join(ctx context.Context, group, member rbac.Principal) (bool, error) {
	res, err := s.raw("INSERT INTO group_members (group_num, member_num) VALUES (?, ?) ON CONFLICT DO NOTHING", group, member).Exec(ctx)
	if isForeign(err) {
		return false, fmt.Errorf("%w: group %d or principal %d: %w", workspace.ErrNotFound, group, member, err)
	}
	if err != nil {
		return false, fmt.Errorf("storage: join group %d: %w", group, err)
	}
	joined, err := changed(res)
	if joined {
		s.touch(rbac.Root, principalChanged(member))
	}
	return joined, err
}

// part takes a principal out of a group and notes him.
func (s session) part(ctx context.Context, group, member rbac.Principal) (bool, error) {
	return s.partWhere(ctx, "group_num = ? AND member_num = ?", group, member)
}

// partWhere ends the memberships that a condition chooses, notes whose they
// were, and reports whether there were any.
func (s session) partWhere(ctx context.Context, condition string, args ...any) (bool, error) {
	var members []rbac.Principal
	err := s.raw("DELETE FROM group_members WHERE "+condition+" RETURNING member_num", args...).Scan(ctx, &members)
	if err != nil && !none(err) {
		return false, fmt.Errorf("storage: part from groups: %w", err)
	}
	for _, member := range members {
		s.touch(rbac.Root, principalChanged(member))
	}
	return len(members) > 0, nil
}
