package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// memberOrigin marks the rules that came with a membership.
const memberOrigin = "member"

// suspensionOrigin marks the rules that refuse suspended members everything.
const suspensionOrigin = "suspension"

// barredOrigin marks the rules that refuse barred members to enter.
const barredOrigin = "barred"

// organizationOrigin marks the rules of an organization's administrators.
const organizationOrigin = "organization"

// manualOrigin marks the rules that people made.
const manualOrigin = "manual"

type memberRow struct {
	bun.BaseModel `bun:"table:members,alias:m"`
	memberNames

	Workspace workspace.ID   `bun:"workspace_id,pk"`
	Principal rbac.Principal `bun:"principal,pk"`
	Created   instant        `bun:"created"`
	Updated   instant        `bun:"updated"`

	User      workspace.UserID  `bun:"user_id,scanonly"`
	Group     workspace.GroupID `bun:"group_id,scanonly"`
	Roles     string            `bun:"roles,scanonly"`
	Suspended bool              `bun:"suspended,scanonly"`
	Barred    bool              `bun:"barred,scanonly"`
	Groups    string            `bun:"groups,scanonly"`
	Username  string            `bun:"username,scanonly"`
	Email     string            `bun:"email,scanonly"`
	FirstName string            `bun:"first_name,scanonly"`
	LastName  string            `bun:"last_name,scanonly"`
	GroupName string            `bun:"group_name,scanonly"`
}

// memberNames are what a member is called, folded, and what he is. They are kept
// beside his workspace too, where an index has both.
type memberNames struct {
	NameFold     string `bun:"name_fold"`
	UsernameFold string `bun:"username_fold"`
	EmailFold    string `bun:"email_fold"`

	Kind rbac.Kind `bun:"kind"`
}

// rename changes what a principal, given by a statement, is called wherever he
// is a member. It comes after the change of what he is called, see
// [session.memberNames].
func (s session) rename(ctx context.Context, principal string, id any, name, username, email string) error {
	_, err := s.raw(`UPDATE members SET name_fold = ?1, username_fold = ?2, email_fold = ?3 WHERE principal = `+
		strings.Replace(principal, "?", "?0", 1)+` AND (name_fold <> ?1 OR username_fold <> ?2 OR email_fold <> ?3)`,
		id, name, username, email).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: rename members: %w", err)
	}
	return nil
}

// memberNames returns what a user or a group is called, and keeps that from
// changing until the unit of work ends: who renames him then finds the member
// that is made of it. Others have no name, and it returns ErrNotFound.
func (s session) memberNames(ctx context.Context, p rbac.Principal, postgres bool) (memberNames, error) {
	for _, statement := range []string{
		"SELECT name_fold, username_fold, email_fold, 'user' AS kind FROM users WHERE num = ?",
		"SELECT name_fold, '' AS username_fold, '' AS email_fold, 'group' AS kind FROM groups WHERE num = ?",
	} {
		if postgres {
			statement += " FOR SHARE"
		}
		var names memberNames
		err := s.raw(statement, p).Scan(ctx, &names)
		switch {
		case err == nil:
			return names, nil
		case !none(err):
			return names, fmt.Errorf("storage: member %d: %w", p, err)
		}
	}
	return memberNames{}, fmt.Errorf("%w: user or group %d", workspace.ErrNotFound, p)
}

func (r memberRow) member() (workspace.Member, error) {
	m := workspace.Member{
		Workspace: r.Workspace, Principal: r.Principal, User: r.User, Group: r.Group,
		Suspended: r.Suspended, Barred: r.Barred, Created: r.Created.time(), Updated: r.Updated.time(),
		Name: r.GroupName, Username: r.Username, Email: r.Email,
	}
	if m.User != "" {
		m.Name = workspace.User{FirstName: r.FirstName, LastName: r.LastName}.Name()
	}
	if err := decode(r.Roles, &m.Roles); err != nil {
		return workspace.Member{}, err
	}
	slices.Sort(m.Roles)
	m.Roles = slices.Compact(m.Roles)
	if len(m.Roles) == 0 {
		m.Roles = nil
	}
	if r.Groups == "" { // nobody asked
		return m, nil
	}
	if err := decode(r.Groups, &m.Groups); err != nil {
		return workspace.Member{}, err
	}
	if len(m.Groups) == 0 {
		m.Groups = nil
	}
	slices.Sort(m.Groups)
	return m, nil
}

// memberRules are the rules that the member m was given with his membership.
const memberRules = `FROM rules AS r JOIN workspaces AS w ON w.num = r.node
	WHERE w.id = m.workspace_id AND r.principal = m.principal AND r.origin = '` + memberOrigin + `' AND r.role <> ''`

// suspended and barred are the conditions that the member m is.
const (
	suspended = `EXISTS (SELECT 1 FROM rules AS r JOIN workspaces AS w ON w.num = r.node
	WHERE w.id = m.workspace_id AND r.principal = m.principal AND r.origin = '` + suspensionOrigin + `')`
	barred = `EXISTS (SELECT 1 FROM rules AS r JOIN workspaces AS w ON w.num = r.node
	WHERE w.id = m.workspace_id AND r.principal = m.principal AND r.origin = '` + barredOrigin + `')`
)

// placesIn are the groups of his workspace that the member m is in himself.
const placesIn = `FROM group_members AS gm JOIN groups AS place ON place.num = gm.group_num
	WHERE gm.member_num = m.principal AND place.workspace_id = m.workspace_id`

// selectMembers begins a query for members with their roles: one statement, so
// that both are of one moment.
func (db *DB) selectMembers(s session, rows *[]memberRow, groups bool) *bun.SelectQuery {
	array := func(column string) string {
		if db.postgres() {
			return "COALESCE(json_agg(" + column + "), '[]')::text"
		}
		return "json_group_array(" + column + ")"
	}
	places := "''"
	if groups {
		places = "(SELECT " + array("place.id") + " " + placesIn + ")"
	}
	return s.selects().Model(rows).
		ColumnExpr("?TableColumns, COALESCE(u.id, '') AS user_id, COALESCE(g.id, '') AS group_id").
		ColumnExpr("COALESCE(u.username, '') AS username, COALESCE(u.email, '') AS email").
		ColumnExpr("COALESCE(u.first_name, '') AS first_name, COALESCE(u.last_name, '') AS last_name").
		ColumnExpr("COALESCE(g.name, '') AS group_name").
		ColumnExpr("(SELECT " + array("r.role") + " " + memberRules + ") AS roles, " + suspended + " AS suspended").
		ColumnExpr(barred + " AS barred, " + places + " AS groups").
		Join("LEFT JOIN users AS u ON u.num = m.principal").
		Join("LEFT JOIN groups AS g ON g.num = m.principal")
}

func chooseMembers(q *bun.SelectQuery, f workspace.MemberFilter) *bun.SelectQuery {
	if f.Workspace != "" {
		q = q.Where("m.workspace_id = ?", f.Workspace)
	}
	if f.Nodes != nil {
		q = q.Where("m.workspace_id IN (SELECT w.id FROM workspaces AS w WHERE ?)", onNodes{"workspaces", "w.num", *f.Nodes})
	}
	q = oneOf(q, "m.principal", f.Principals)
	if f.Kind != "" {
		q = q.Where("m.kind = ?", f.Kind)
	}
	if f.Suspended != nil {
		q = q.Where(suspended+" = ?", *f.Suspended)
	}
	if f.Barred != nil {
		q = q.Where(barred+" = ?", *f.Barred)
	}
	q = membersNamed(q, f.Workspace, f.Search)
	q = contains(contains(contains(q, f.NameHas, "m.name_fold"), f.UsernameHas, "m.username_fold"), f.EmailHas, "m.email_fold")
	q = during(q, "m.created", f.Created)
	if len(f.Roles) == 0 {
		return q
	}
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery {
			for _, roles := range f.Roles {
				if len(roles) == 0 { // nobody has one of none
					q = q.Where(never)
					continue
				}
				q = q.Where("EXISTS (SELECT 1 "+memberRules+" AND r.role IN (?))", bun.List(roles))
			}
			return q
		})
		return q.WhereOr("m.principal = ?", f.Also)
	})
}

// membersNamed keeps members in whose names a text is. Which they are is found
// first, in the order in which they are kept: to look into each when its place in
// another order comes takes ten times as long. Of a single workspace no others
// need be looked into.
func membersNamed(q *bun.SelectQuery, in workspace.ID, text string) *bun.SelectQuery {
	if text == "" {
		return q
	}
	among := func(table, column string) *bun.SelectQuery {
		some := q.NewSelect().TableExpr(table).ColumnExpr("?.num", bun.Safe(table))
		if in != "" {
			some = some.Join("JOIN members AS known ON known.principal = ?.num", bun.Safe(table)).Where("known.workspace_id = ?", in)
		}
		return contains(some, text, table+"."+column)
	}
	return q.Where("m.principal IN (? UNION ALL ?)", among("users", "search_fold"), among("groups", "name_fold"))
}

func (db *DB) memberListing() listing {
	return listing{key: db.memberKey, names: workspace.MemberFilter{}.Sortable(), num: "m.principal", invalid: invalidWorkspace}
}

func (db *DB) memberKey(by string) key {
	switch by {
	case "", "created":
		return key{"m.created", numbers}
	case "updated":
		return key{"m.updated", numbers}
	case "name", "username", "email":
		return key{"m." + by + "_fold", folded}
	case "role":
		return key{"COALESCE((SELECT min(" + db.bytewise("r.role") + ") " + memberRules + "), '')", exact}
	case "kind":
		return key{"m.kind", exact}
	}
	return key{}
}

// Members returns the members that a filter chooses.
func (w *Workspaces) Members(ctx context.Context, f workspace.MemberFilter) ([]workspace.Member, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []memberRow
	if f.After != nil && f.Workspace == "" {
		return nil, invalidWorkspace("after", "a workspace beside it")
	}
	q := chooseMembers(w.db.selectMembers(s, &rows, f.WithGroups), f)
	if q, err = w.db.order(q, w.db.memberListing(), f.Order, false, f.After, f.Offset, f.Limit); err != nil {
		return nil, err
	}
	if err := q.OrderExpr("m.workspace_id").Scan(ctx); err != nil {
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
	n, err := chooseMembers(s.selects().Model((*memberRow)(nil)), f).Count(ctx)
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
	names, err := s.memberNames(ctx, m.Principal, w.db.postgres())
	if err != nil {
		return err
	}
	row := memberRow{
		Workspace: m.Workspace, Principal: m.Principal, memberNames: names,
		Created: instantOf(m.Created), Updated: instantOf(m.Updated),
	}
	_, err = s.inserts().Model(&row).On("CONFLICT (workspace_id, principal) DO UPDATE").
		Set("updated = excluded.updated, name_fold = excluded.name_fold").
		Set("username_fold = excluded.username_fold, email_fold = excluded.email_fold, kind = excluded.kind").Exec(ctx)
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
	_, err = s.touchRules(ctx, "DELETE FROM rules WHERE workspace = ? AND principal = ? AND origin IN (?, ?, ?, ?)",
		place.Num, p, memberOrigin, suspensionOrigin, barredOrigin, manualOrigin)
	if err != nil {
		return err
	}
	_, err = s.partWhere(ctx, `member_num = ?
		AND (group_num = ? OR group_num IN (SELECT num FROM groups WHERE workspace_id = ?))`, p, place.Audience, id)
	return err
}

// Belongs reports whether a principal is a member of a workspace himself, a
// group of it or a key of it.
func (w *Workspaces) Belongs(ctx context.Context, id workspace.ID, p rbac.Principal) (bool, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return false, err
	}
	var ours bool
	err = s.raw(`SELECT EXISTS (SELECT 1 FROM members WHERE workspace_id = ?0 AND principal = ?1)
		OR EXISTS (SELECT 1 FROM groups WHERE workspace_id = ?0 AND num = ?1)
		OR EXISTS (SELECT 1 FROM access_keys WHERE workspace_id = ?0 AND num = ?1)`, id, p).Scan(ctx, &ours)
	if err != nil {
		return false, fmt.Errorf("storage: principal %d: %w", p, err)
	}
	return ours, nil
}
