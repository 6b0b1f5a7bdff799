package storage

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// memberOrigin marks the rules that came with a membership.
const memberOrigin = "member"

type memberRow struct {
	bun.BaseModel `bun:"table:members,alias:m"`

	Workspace workspace.ID   `bun:"workspace_id,pk"`
	Principal rbac.Principal `bun:"principal,pk"`
	Created   instant        `bun:"created"`
	Updated   instant        `bun:"updated"`

	User  workspace.UserID  `bun:"user_id,scanonly"`
	Group workspace.GroupID `bun:"group_id,scanonly"`
	Roles string            `bun:"roles,scanonly"`
}

func (r memberRow) member() (workspace.Member, error) {
	m := workspace.Member{
		Workspace: r.Workspace, Principal: r.Principal, User: r.User, Group: r.Group,
		Created: r.Created.time(), Updated: r.Updated.time(),
	}
	if err := decode(r.Roles, &m.Roles); err != nil {
		return workspace.Member{}, err
	}
	slices.Sort(m.Roles)
	m.Roles = slices.Compact(m.Roles)
	if len(m.Roles) == 0 {
		m.Roles = nil
	}
	return m, nil
}

// memberRules are the rules that the member m was given with his membership.
const memberRules = `FROM rules AS r JOIN workspaces AS w ON w.num = r.node
	WHERE w.id = m.workspace_id AND r.principal = m.principal AND r.origin = '` + memberOrigin + `' AND r.role <> ''`

// selectMembers begins a query for members with their roles: one statement, so
// that both are of one moment.
func (db *DB) selectMembers(s session, rows *[]memberRow) *bun.SelectQuery {
	roles := "json_group_array(r.role)"
	if db.postgres() {
		roles = "COALESCE(json_agg(r.role), '[]')::text"
	}
	return s.selects().Model(rows).
		ColumnExpr("?TableColumns, COALESCE(u.id, '') AS user_id, COALESCE(g.id, '') AS group_id").
		ColumnExpr("(SELECT " + roles + " " + memberRules + ") AS roles").
		Join("JOIN principals AS p ON p.num = m.principal").
		Join("LEFT JOIN users AS u ON u.num = m.principal").
		Join("LEFT JOIN groups AS g ON g.num = m.principal")
}

func chooseMembers(q *bun.SelectQuery, f workspace.MemberFilter) *bun.SelectQuery {
	if f.Workspace != "" {
		q = q.Where("m.workspace_id = ?", f.Workspace)
	}
	q = oneOf(q, "m.principal", f.Principals)
	if f.Kind != "" {
		q = q.Where("p.kind = ?", f.Kind)
	}
	if len(f.Roles) == 0 {
		return q
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery {
			for _, roles := range f.Roles {
				if len(roles) == 0 { // nobody has one of none
					q = q.Where("1 = 0")
					continue
				}
				q = q.Where("EXISTS (SELECT 1 "+memberRules+" AND r.role IN (?))", bun.List(roles))
			}
			return q
		})
		return q.WhereOr("m.principal = ?", f.Also)
	})
}

// Members returns the members that a filter chooses, in order of joining.
func (w *Workspaces) Members(ctx context.Context, f workspace.MemberFilter) ([]workspace.Member, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []memberRow
	q := chooseMembers(w.db.selectMembers(s, &rows), f).OrderExpr("m.created, m.principal, m.workspace_id")
	if err := bounds(q, f.Offset, f.Limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: members: %w", err)
	}
	list := make([]workspace.Member, 0, len(rows))
	for _, r := range rows {
		m, err := r.member()
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// CountMembers returns how many members a filter chooses, whatever its bounds.
func (w *Workspaces) CountMembers(ctx context.Context, f workspace.MemberFilter) (int, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := chooseMembers(w.db.selectMembers(s, &[]memberRow{}), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count members: %w", err)
	}
	return int(n), nil
}

// memberPlace is where a membership has its effects.
type memberPlace struct {
	Num      rbac.Node
	Audience rbac.Principal
}

func (s session) memberPlace(ctx context.Context, id workspace.ID) (memberPlace, error) {
	var place memberPlace
	err := s.raw("SELECT num, audience FROM workspaces WHERE id = ?", id).Scan(ctx, &place)
	if none(err) {
		return place, fmt.Errorf("%w: workspace %s", workspace.ErrNotFound, id)
	}
	if err != nil {
		return place, fmt.Errorf("storage: workspace %s: %w", id, err)
	}
	return place, nil
}

// PutMember stores a member, who keeps the time he joined if he is one, and
// puts him into the workspace's audience.
func (w *Workspaces) PutMember(ctx context.Context, m workspace.Member) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	place, err := s.memberPlace(ctx, m.Workspace)
	if err != nil {
		return err
	}
	// Only users and groups that have a name can be members: an audience that
	// was one could hold itself.
	var named bool
	err = s.raw(`SELECT EXISTS (SELECT 1 FROM users WHERE num = ?0) OR EXISTS (SELECT 1 FROM groups WHERE num = ?0)`,
		m.Principal).Scan(ctx, &named)
	if err != nil {
		return fmt.Errorf("storage: member %d: %w", m.Principal, err)
	}
	if !named {
		return fmt.Errorf("%w: user or group %d", workspace.ErrNotFound, m.Principal)
	}
	row := memberRow{
		Workspace: m.Workspace, Principal: m.Principal,
		Created: instantOf(m.Created), Updated: instantOf(m.Updated),
	}
	_, err = s.inserts().Model(&row).On("CONFLICT (workspace_id, principal) DO UPDATE").Set("updated = excluded.updated").Exec(ctx)
	if isForeign(err) {
		return fmt.Errorf("%w: user or group %d: %w", workspace.ErrNotFound, m.Principal, err)
	}
	if err != nil {
		return fmt.Errorf("storage: member %d: %w", m.Principal, err)
	}
	_, err = s.join(ctx, place.Audience, m.Principal)
	return err
}

// DeleteMember deletes a member with what came with his membership: the rules
// of that origin, and his places in the audience and in the workspace's groups.
func (w *Workspaces) DeleteMember(ctx context.Context, id workspace.ID, p rbac.Principal) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	place, err := s.memberPlace(ctx, id)
	if err != nil {
		return err
	}
	res, err := s.raw("DELETE FROM members WHERE workspace_id = ? AND principal = ?", id, p).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: delete member %d: %w", p, err)
	}
	if err := found(res, "member", p); err != nil {
		return err
	}
	_, err = s.touchRules(ctx, "DELETE FROM rules WHERE node = ? AND principal = ? AND origin = ?", place.Num, p, memberOrigin)
	if err != nil {
		return err
	}
	_, err = s.partWhere(ctx, `member_num = ?
		AND (group_num = ? OR group_num IN (SELECT num FROM groups WHERE workspace_id = ?))`, p, place.Audience, id)
	return err
}
