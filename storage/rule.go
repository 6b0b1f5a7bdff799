package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Rules keep the rules and roles, and read the facts that decisions follow
// from. They are an [rbac.Store].
type Rules struct{ db *DB }

// Rules returns the store of rules and roles.
func (db *DB) Rules() *Rules { return &Rules{db: db} }

var _ rbac.Store = (*Rules)(nil)

type ruleRow struct {
	bun.BaseModel `bun:"table:rules,alias:r"`

	Num        int64          `bun:"num,autoincrement"`
	ID         rbac.RuleID    `bun:"id"`
	Workspace  rbac.Node      `bun:"workspace"`
	Node       rbac.Node      `bun:"node"`
	Effect     rbac.Effect    `bun:"effect"`
	Principal  rbac.Principal `bun:"principal"`
	Role       rbac.RoleName  `bun:"role"`
	Scope      string         `bun:"scope"`
	Permission string         `bun:"permission"`
	Class      string         `bun:"class"`
	Propagate  bool           `bun:"propagate"`
	Expires    instant        `bun:"expires,nullzero"`
	Origin     string         `bun:"origin"`
	Created    instant        `bun:"created"`
}

func ruleRowOf(r rbac.Rule, workspace rbac.Node) ruleRow {
	return ruleRow{
		ID: r.ID, Workspace: workspace, Node: r.Node, Effect: r.Effect, Principal: r.Principal,
		Role: r.Role, Scope: r.Scope, Permission: r.Permission, Class: r.Class, Propagate: r.Propagate,
		Expires: instantOf(r.Expires), Origin: r.Origin, Created: instantOf(r.Created),
	}
}

func (r ruleRow) rule() rbac.Rule {
	return rbac.Rule{
		ID: r.ID, Num: r.Num, Node: r.Node, Effect: r.Effect, Principal: r.Principal,
		Role: r.Role, Scope: r.Scope, Permission: r.Permission, Class: r.Class, Propagate: r.Propagate,
		Expires: r.Expires.time(), Origin: r.Origin, Created: r.Created.time(),
	}
}

func (r *Rules) listing() listing {
	return listing{key: ruleKey, names: rbac.RuleFilter{}.Sortable(), num: "r.num", invalid: invalidRule}
}

func ruleKey(by string) key {
	switch by {
	case "", "num":
		return key{"", numbers}
	case "node", "principal", "created":
		return key{"r." + by, numbers}
	case "role", "effect":
		return key{"r." + by, exact}
	case "expires":
		return key{"COALESCE(r.expires, 0)", numbers}
	}
	return key{}
}

// Rules lists rules in the filter's order.
func (r *Rules) Rules(ctx context.Context, f rbac.RuleFilter) ([]rbac.Rule, error) {
	s, err := r.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []ruleRow
	q, err := r.db.order(chooseRules(s.selects().Model(&rows), f), r.listing(), f.Order, false, f.After, f.Offset, f.Limit)
	if err != nil {
		return nil, err
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: rules: %w", err)
	}
	list := make([]rbac.Rule, 0, len(rows))
	for _, row := range rows {
		list = append(list, row.rule())
	}
	return list, nil
}

// CountRules returns how many rules a filter chooses, whatever its bounds.
func (r *Rules) CountRules(ctx context.Context, f rbac.RuleFilter) (int, error) {
	s, err := r.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := chooseRules(s.selects().Model((*ruleRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count rules: %w", err)
	}
	return int(n), nil
}

func chooseRules(q *bun.SelectQuery, f rbac.RuleFilter) *bun.SelectQuery {
	q = oneOf(q, "r.id", f.IDs)
	q = oneOf(q, "r.node", f.Nodes)
	q = oneOf(q, "r.principal", f.Principals)
	q = oneOf(q, "r.role", f.Roles)
	if f.Origin != "" {
		q = q.Where("r.origin = ?", f.Origin)
	}
	if f.Within != rbac.Root {
		q = q.Where("r.workspace = ?", f.Within)
	}
	if f.Named {
		q = q.Where("r.role <> ''")
	}
	if f.Effect != "" {
		q = q.Where("r.effect = ?", f.Effect)
	}
	q = begins(q, "r.origin", f.OriginPrefix)
	if !f.ExpiringBefore.IsZero() {
		q = q.Where("r.expires < ?", instantOf(f.ExpiringBefore))
	}
	return q
}

// AddRule stores a rule, and returns it with its Num.
func (r *Rules) AddRule(ctx context.Context, rule rbac.Rule) (rbac.Rule, error) {
	s, err := r.db.writing(ctx)
	if err != nil {
		return rbac.Rule{}, err
	}
	workspace, err := r.lockNode(ctx, s, rule.Node)
	if err != nil {
		return rbac.Rule{}, err
	}
	if err := r.lockPrincipal(ctx, s, rule.Principal); err != nil {
		return rbac.Rule{}, err
	}
	row := ruleRowOf(rule, workspace)
	if _, err := s.inserts().Model(&row).Returning("num").Exec(ctx); err != nil {
		return rbac.Rule{}, fmt.Errorf("storage: add rule: %w", err)
	}
	s.touch(workspace, ruleChanged(row.Num))
	return row.rule(), nil
}

// lockNode keeps a node from being deleted or moved to another workspace, and
// returns the one that it lies in.
func (r *Rules) lockNode(ctx context.Context, s session, n rbac.Node) (rbac.Node, error) {
	q := s.selects().Model((*nodeRow)(nil)).Column("workspace").Where("num = ?", n)
	if r.db.postgres() {
		q = q.For("KEY SHARE")
	}
	var workspace rbac.Node
	switch err := q.Scan(ctx, &workspace); {
	case none(err):
		return 0, fmt.Errorf("%w: %d", rbac.ErrNoNode, n)
	case err != nil:
		return 0, fmt.Errorf("storage: node of a rule: %w", err)
	}
	return workspace, nil
}

// lockPrincipal keeps a principal from being deleted.
func (r *Rules) lockPrincipal(ctx context.Context, s session, p rbac.Principal) error {
	q := s.selects().Model((*principalRow)(nil)).Column("num").Where("num = ?", p)
	if r.db.postgres() {
		q = q.For("KEY SHARE")
	}
	var num rbac.Principal
	switch err := q.Scan(ctx, &num); {
	case none(err):
		return fmt.Errorf("%w: %d", rbac.ErrNoPrincipal, p)
	case err != nil:
		return fmt.Errorf("storage: principal of a rule: %w", err)
	}
	return nil
}

// DeleteRules deletes the rules that a filter chooses and returns how many.
func (r *Rules) DeleteRules(ctx context.Context, f rbac.RuleFilter) (int, error) {
	s, err := r.db.writing(ctx)
	if err != nil {
		return 0, err
	}
	if f.IDs == nil && f.Nodes == nil && f.Principals == nil && f.Roles == nil && f.Within == rbac.Root && f.Origin == "" && !f.Named &&
		f.Effect == "" && f.OriginPrefix == "" && f.ExpiringBefore.IsZero() {
		return 0, fmt.Errorf("%w: filter: it chooses every rule, expected a condition", rbac.ErrInvalid)
	}
	chosen := chooseRules(s.selects().Model((*ruleRow)(nil)).Column("r.num"), f)
	if chosen, err = r.db.order(chosen, r.listing(), f.Order, false, f.After, f.Offset, f.Limit); err != nil {
		return 0, err
	}
	return s.touchRules(ctx, "DELETE FROM rules WHERE num IN (?)", chosen)
}

type roleRow struct {
	bun.BaseModel `bun:"table:roles"`

	Name        rbac.RoleName `bun:"name,pk"`
	Title       string        `bun:"title"`
	Permissions string        `bun:"permissions"`
	Everything  bool          `bun:"everything"`
}

func (r roleRow) role() (rbac.Role, error) {
	role := rbac.Role{Name: r.Name, Title: r.Title, Everything: r.Everything}
	if err := decode(r.Permissions, &role.Permissions); err != nil {
		return role, fmt.Errorf("role %s: %w", r.Name, err)
	}
	if len(role.Permissions) == 0 {
		role.Permissions = nil
	}
	return role, nil
}

// Roles lists the stored roles, or those of them that are named, by name.
func (r *Rules) Roles(ctx context.Context, names ...rbac.RoleName) ([]rbac.Role, error) {
	s, err := r.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		names = nil
	}
	_, refused := r.db.writing(ctx)
	return s.roles(ctx, names, len(names) > 0 && refused == nil && r.db.postgres())
}

// roles reads the roles that are named, all when names is nil.
func (s session) roles(ctx context.Context, names []rbac.RoleName, lock bool) ([]rbac.Role, error) {
	var rows []roleRow
	q := oneOf(s.selects().Model(&rows), "name", names).Order("name")
	if lock {
		q = q.For("SHARE")
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: roles: %w", err)
	}
	list := make([]rbac.Role, 0, len(rows))
	for _, row := range rows {
		role, err := row.role()
		if err != nil {
			return nil, err
		}
		list = append(list, role)
	}
	return list, nil
}

// PutRole stores a role under its name, replacing what was there.
func (r *Rules) PutRole(ctx context.Context, role rbac.Role) error {
	s, err := r.db.writing(ctx)
	if err != nil {
		return err
	}
	permissions := role.Permissions
	if permissions == nil {
		permissions = []rbac.Permission{}
	}
	text, err := encode(permissions)
	if err != nil {
		return err
	}
	row := roleRow{Name: role.Name, Title: role.Title, Permissions: text, Everything: role.Everything}
	_, err = s.inserts().Model(&row).On("CONFLICT (name) DO UPDATE").
		Set("title = EXCLUDED.title").Set("permissions = EXCLUDED.permissions").Set("everything = EXCLUDED.everything").Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: put role: %w", err)
	}
	s.touch(rbac.Root, roleChanged(role.Name))
	return nil
}

// DeleteRole deletes a role that no rule names.
func (r *Rules) DeleteRole(ctx context.Context, name rbac.RoleName) error {
	s, err := r.db.writing(ctx)
	if err != nil {
		return err
	}
	// Whoever is about to make a rule with the role holds it, see Roles.
	lock := s.selects().Model((*roleRow)(nil)).Column("name").Where("name = ?", name)
	if r.db.postgres() {
		lock = lock.For("UPDATE")
	}
	var held rbac.RoleName
	switch err := lock.Scan(ctx, &held); {
	case none(err):
		return fmt.Errorf("%w: %q", rbac.ErrNoRole, name)
	case err != nil:
		return fmt.Errorf("storage: lock role: %w", err)
	}
	used, err := s.selects().Model((*ruleRow)(nil)).Where("r.role = ?", name).Exists(ctx)
	if err != nil {
		return fmt.Errorf("storage: use of a role: %w", err)
	}
	if used {
		return fmt.Errorf("%w: %q", rbac.ErrRoleInUse, name)
	}
	if _, err := s.deletes().Model((*roleRow)(nil)).Where("name = ?", name).Exec(ctx); err != nil {
		return fmt.Errorf("storage: delete role: %w", err)
	}
	s.touch(rbac.Root, roleChanged(name))
	return nil
}

// Revision returns the present state of the workspace that a node lies in.
func (r *Rules) Revision(ctx context.Context, n rbac.Node) (rbac.Token, error) {
	if err := r.db.settle(ctx); err != nil {
		return rbac.Token{}, err
	}
	s, err := r.db.reading(ctx)
	if err != nil {
		return rbac.Token{}, err
	}
	var t rbac.Token
	err = s.raw(`SELECT n.workspace, COALESCE(own.revision, 0) AS revision, COALESCE(above.revision, 0) AS above
		FROM nodes AS n LEFT JOIN revisions AS own ON own.workspace = n.workspace
		LEFT JOIN revisions AS above ON above.workspace = ? WHERE n.num = ?`, rbac.Root, n).Scan(ctx, &t)
	switch {
	case none(err):
		return rbac.Token{}, fmt.Errorf("%w: %d", rbac.ErrNoNode, n)
	case err != nil:
		return rbac.Token{}, fmt.Errorf("storage: revision: %w", err)
	}
	return t, nil
}
