package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
)

func resourceListing() listing {
	return listing{key: resourceKey, names: resource.Filter{}.Sortable(), num: "r.num", invalid: invalidResource}
}

func resourceKey(by string) key {
	switch by {
	case "":
		return key{"", numbers}
	case "name":
		return key{"r.name_fold", folded}
	case "class":
		return key{"r.class", exact}
	case "created", "updated":
		return key{"r." + by, numbers}
	case "owner":
		return key{"COALESCE(n.owner, 0)", numbers}
	}
	return key{}
}

func invalidResource(field, expected string) error {
	return fmt.Errorf("%w: %s: %s expected", resource.ErrInvalid, field, expected)
}

// choose adds the conditions of a filter.
func (r *Resources) choose(ctx context.Context, s session, q *bun.SelectQuery, f resource.Filter) (*bun.SelectQuery, error) {
	q = oneOf(q, "r.num", f.Nums)
	q = oneOf(q, "r.id", storables(f.IDs))
	q = oneOf(q, "r.parent", f.Parents)
	q = oneOf(q, "r.class", storables(f.Classes))
	q = oneOf(q, "r.keyname", storables(f.Keynames))
	q = oneOf(q, "r.display_name", storables(f.DisplayNames))
	q = nodesIn(q, "nodes", "r.num", f.Nodes)
	switch {
	case len(f.Workspaces) == 1: // the order by number is that of an index
		q = q.Where("r.workspace_id = (SELECT id FROM workspaces WHERE num = ?)", f.Workspaces[0])
	case f.Workspaces != nil:
		chosen := oneOf(s.selects().Table("workspaces").Column("id"), "num", f.Workspaces)
		q = q.Where("r.workspace_id IN (?)", chosen)
	}
	if f.Owners != nil {
		q = oneOf(q.Where("n.owner IS NOT NULL"), "n.owner", f.Owners)
	}
	if f.Like != "" {
		q = q.Where("?", r.db.matches("r.display_name", f.Like))
	}
	if f.ILike != "" {
		q = q.Where("?", r.db.resembles("r.name_fold", f.ILike))
	}
	for _, m := range f.Meta {
		q = r.chooseMeta(q, m)
	}
	return s.chooseUnder(ctx, q, f.Under)
}

// chooseUnder adds the condition that a resource lies at or below a node.
func (s session) chooseUnder(ctx context.Context, q *bun.SelectQuery, under *rbac.Node) (*bun.SelectQuery, error) {
	if under == nil || *under == rbac.Root {
		return q, nil
	}
	var top rbac.Node
	switch err := s.raw("SELECT workspace FROM nodes WHERE num = ?", *under).Scan(ctx, &top); {
	case none(err):
		return q.Where(never), nil
	case err != nil:
		return nil, fmt.Errorf("storage: node %d: %w", *under, err)
	case top == *under: // a column says it of all
		return q.Where("r.workspace_id = (SELECT id FROM workspaces WHERE num = ?)", top), nil
	}
	return q.Where("r.num IN ("+tree+"SELECT num FROM tree)", *under), nil
}

// chooseMeta adds a condition on an item of the meta.
func (r *Resources) chooseMeta(q *bun.SelectQuery, m resource.MetaCondition) *bun.SelectQuery {
	if !storable(m.Key) {
		if m.Has != nil && !*m.Has {
			return q
		}
		return q.Where(never)
	}
	const item = "EXISTS (SELECT 1 FROM resource_meta AS m WHERE m.workspace_id = r.workspace_id AND m.node = r.num AND m.name = ?"
	switch {
	case m.Has != nil && *m.Has:
		return q.Where(item+")", m.Key)
	case m.Has != nil:
		return q.Where("NOT "+item+")", m.Key)
	case m.Like != "":
		return q.Where(item+" AND m.kind = 'text' AND ?)", m.Key, r.db.matches("m.value", m.Like))
	case m.ILike != "":
		return q.Where(item+" AND m.kind = 'text' AND ?)", m.Key, r.db.resembles("m.value_fold", m.ILike))
	case m.Null:
		return q.Where(item+" AND m.kind = 'null')", m.Key)
	}
	kind, value := metaValue(m.Equals)
	switch {
	case !storable(value) || kind == "" || m.Equals == nil:
		return q.Where(never)
	case kind == "integer" || kind == "number": // 5 is 5.0
		return q.Where(item+" AND m.kind IN ('integer', 'number') AND m.value = ?)", m.Key, value)
	}
	return q.Where(item+" AND m.kind = ? AND m.value = ?)", m.Key, kind, value)
}

// storables returns the texts of a list that both databases could have kept.
func storables[T ~string](list []T) []T {
	if list == nil {
		return nil
	}
	kept := make([]T, 0, len(list))
	return append(kept, slices.DeleteFunc(slices.Clone(list), func(text T) bool { return !storable(string(text)) })...)
}

// matches is the condition that a column matches a pattern by case, in which %
// stands for any text and _ for any character, and nothing for these two.
func (db *DB) matches(column, pattern string) bun.Safe {
	switch {
	case !storable(pattern):
		return never
	case db.postgres():
		return bun.Safe(db.read.QueryGen().FormatQuery("? LIKE ? ESCAPE ''", bun.Ident(column), pattern))
	}
	// SQLite's LIKE takes no notice of case, and its GLOB spells patterns
	// otherwise.
	glob := strings.NewReplacer("%", "*", "_", "?", "*", "[*]", "?", "[?]", "[", "[[]").Replace(pattern)
	return bun.Safe(db.read.QueryGen().FormatQuery("? GLOB ?", bun.Ident(column), glob))
}

// resembles is like matches on a folded column, regardless of case.
func (db *DB) resembles(column, pattern string) bun.Safe {
	switch {
	case !storable(pattern):
		return never
	case db.postgres():
		return bun.Safe(db.read.QueryGen().FormatQuery("? LIKE ? ESCAPE ''", bun.Ident(column), fold(pattern)))
	}
	return bun.Safe(db.read.QueryGen().FormatQuery("? LIKE ?", bun.Ident(column), fold(pattern)))
}
