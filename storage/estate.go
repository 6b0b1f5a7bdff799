package storage

import (
	"context"
	"fmt"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// owning are the nodes in a workspace that a principal owns.
const owning = `SELECT n.num FROM nodes AS n WHERE n.owner = ?1 AND n.workspace = ?0 AND n.num <> n.workspace
	UNION SELECT r.node FROM rules AS r WHERE r.principal = ?1 AND r.workspace = ?0 AND r.node <> r.workspace
		AND r.role = ?2 AND r.effect = 'allow'`

// tree is a node and all below it.
const tree = `WITH RECURSIVE tree (num) AS (SELECT num FROM nodes WHERE num = ?0
	UNION ALL SELECT n.num FROM nodes AS n JOIN tree ON n.parent = tree.num WHERE n.num <> n.parent) `

// CountHoldings returns how much a principal owns in a workspace.
func (w *Workspaces) CountHoldings(ctx context.Context, in rbac.Node, p rbac.Principal) (int, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	var n int
	err = s.raw("SELECT count(*) FROM ("+owning+") AS held", in, p, workspace.RoleOwner).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("storage: count holdings of %d: %w", p, err)
	}
	return n, nil
}

// Holdings returns what a principal owns in a workspace.
func (w *Workspaces) Holdings(ctx context.Context, in rbac.Node, p rbac.Principal) ([]workspace.Holding, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []nodeRow
	err = s.raw("SELECT num, parent, class, owner FROM nodes WHERE num IN ("+owning+") ORDER BY num", in, p, workspace.RoleOwner).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("storage: holdings of %d: %w", p, err)
	}
	list := make([]workspace.Holding, 0, len(rows))
	for _, r := range rows {
		h := workspace.Holding{Node: r.Num, Class: r.Class, Parent: r.Parent}
		owners, err := s.owners(ctx, r.Num)
		if err != nil {
			return nil, err
		}
		for _, o := range owners {
			if o != p {
				h.Others = append(h.Others, o)
			}
		}
		if h.Below, h.Foreign, h.Kept, err = s.beneath(ctx, r.Num); err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, nil
}

// Owners returns who owns a node in a workspace.
func (w *Workspaces) Owners(ctx context.Context, in, n rbac.Node) ([]rbac.Principal, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	there, err := w.NodeWorkspace(ctx, n)
	if err != nil {
		return nil, err
	}
	if there != in || n == in {
		return nil, nil
	}
	return s.owners(ctx, n)
}

// owners returns who owns a node, in whose name it is first.
func (s session) owners(ctx context.Context, n rbac.Node) ([]rbac.Principal, error) {
	var list []rbac.Principal
	err := s.raw(`SELECT principal FROM (
			SELECT owner AS principal, 0 AS num FROM nodes WHERE num = ?0 AND owner IS NOT NULL
			UNION ALL SELECT principal, num FROM rules WHERE node = ?0 AND role = ?1 AND effect = 'allow') AS o
		ORDER BY num`, n, workspace.RoleOwner).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("storage: owners of node %d: %w", n, err)
	}
	var distinct []rbac.Principal
	for _, p := range list {
		if !slices.Contains(distinct, p) {
			distinct = append(distinct, p)
		}
	}
	return distinct, nil
}

// beneath tells what goes with a node, what elsewhere needs it, and what
// forbids deleting it.
func (s session) beneath(ctx context.Context, n rbac.Node) (below int, foreign []rbac.Node, kept string, err error) {
	if err := s.raw(tree+"SELECT count(*) - 1 FROM tree", n).Scan(ctx, &below); err != nil {
		return 0, nil, "", fmt.Errorf("storage: below node %d: %w", n, err)
	}
	err = s.raw(tree+`SELECT l.node FROM node_links AS l JOIN tree ON tree.num = l.target WHERE l.node NOT IN (SELECT num FROM tree)
		UNION SELECT r.node FROM resource_references AS r JOIN tree ON tree.num = r.target WHERE r.node NOT IN (SELECT num FROM tree)
		ORDER BY 1`, n).Scan(ctx, &foreign)
	if err != nil {
		return 0, nil, "", fmt.Errorf("storage: what needs node %d: %w", n, err)
	}
	kept, err = s.kept(ctx, n)
	return below, foreign, kept, err
}

// kept tells what at or below a node forbids deleting it.
func (s session) kept(ctx context.Context, n rbac.Node) (string, error) {
	var layer string
	err := s.raw(tree+`SELECT o.layer_name FROM offerings AS o JOIN tree ON tree.num = o.num ORDER BY o.num LIMIT 1`, n).Scan(ctx, &layer)
	switch {
	case none(err):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("storage: offerings below node %d: %w", n, err)
	}
	return "offering " + layer, nil
}

// Reown makes somebody an owner of a node in place of another.
func (w *Workspaces) Reown(ctx context.Context, n rbac.Node, from, to rbac.Principal) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	var row nodeRow
	err = s.raw("SELECT num, workspace, owner FROM nodes WHERE num = ? AND num <> workspace", n).Scan(ctx, &row)
	if err != nil && !none(err) {
		return fmt.Errorf("storage: node %d: %w", n, err)
	}
	owners, missing := s.owners(ctx, n)
	switch {
	case missing != nil:
		return missing
	case none(err), !slices.Contains(owners, from):
		return fmt.Errorf("%w: node %d of %d", workspace.ErrNotFound, n, from)
	case to == from:
		return nil
	}
	others := slices.DeleteFunc(owners, func(p rbac.Principal) bool { return p == from })
	if row.Owner == from {
		heir := to
		if heir == 0 && len(others) > 0 {
			heir = others[0]
		}
		if err := s.putInName(ctx, row, heir); err != nil {
			return err
		}
	}
	// One who has it in his name needs no rule, and nobody needs two.
	if to != 0 && row.Owner != from && !slices.Contains(others, to) {
		_, err = s.touchRules(ctx, `UPDATE rules SET principal = ? WHERE num IN (SELECT min(num) FROM rules
			WHERE workspace = ? AND node = ? AND principal = ? AND role = ?)`, to, row.Workspace, n, from, workspace.RoleOwner)
		if err != nil {
			return err
		}
	}
	_, err = s.touchRules(ctx, "DELETE FROM rules WHERE workspace = ? AND node = ? AND principal = ? AND role = ?",
		row.Workspace, n, from, workspace.RoleOwner)
	return err
}

// putInName gives a node to somebody, whose rule of ownership goes, or to
// nobody.
func (s session) putInName(ctx context.Context, n nodeRow, to rbac.Principal) error {
	var owner *rbac.Principal
	if to != 0 {
		owner = &to
	}
	if _, err := s.raw("UPDATE nodes SET owner = ? WHERE workspace = ? AND num = ?", owner, n.Workspace, n.Num).Exec(ctx); err != nil {
		return fmt.Errorf("storage: owner of node %d: %w", n.Num, err)
	}
	s.touch(n.Workspace, nodeChanged(n.Num))
	_, err := s.touchRules(ctx, "DELETE FROM rules WHERE workspace = ? AND node = ? AND principal = ? AND role = ?",
		n.Workspace, n.Num, to, workspace.RoleOwner)
	return err
}

// DeleteTree deletes a node with all below it.
func (w *Workspaces) DeleteTree(ctx context.Context, n rbac.Node) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	_, err = s.deleteTree(ctx, n)
	return err
}

// deleteTree deletes a node with all below it, with rules, links and what of
// them is resources, and returns how many nodes there were.
func (s session) deleteTree(ctx context.Context, n rbac.Node) (int, error) {
	var in rbac.Node
	switch err := s.raw("SELECT workspace FROM nodes WHERE num = ?", n).Scan(ctx, &in); {
	case none(err):
		return 0, fmt.Errorf("%w: node %d", workspace.ErrNotFound, n)
	case err != nil:
		return 0, fmt.Errorf("storage: node %d: %w", n, err)
	case in == rbac.Root || in == n:
		return 0, fmt.Errorf("%w: node %d", workspace.ErrInUse, n)
	}
	kept, err := s.kept(ctx, n)
	if err != nil {
		return 0, err
	}
	if kept != "" {
		return 0, fmt.Errorf("%w: %s", workspace.ErrInUse, kept)
	}
	nums, err := s.treeNums(ctx, n)
	if err != nil {
		return 0, err
	}
	for some := range slices.Chunk(nums, few) {
		list := string(appendNums(nil, some))
		// Links that led there lead nowhere, and whose they were decides otherwise.
		var linked []nodeRow
		err := s.raw("DELETE FROM node_links WHERE target IN ("+list+") RETURNING workspace, node AS num").Scan(ctx, &linked)
		if err != nil && !none(err) {
			return 0, fmt.Errorf("storage: links to node %d: %w", n, err)
		}
		for _, l := range linked {
			s.touch(l.Workspace, nodeChanged(l.Num))
		}
		if _, err := s.touchRules(ctx, "DELETE FROM rules WHERE workspace = ? AND node IN ("+list+")", in); err != nil {
			return 0, err
		}
		if _, err := s.raw("DELETE FROM nodes WHERE workspace = ? AND num IN ("+list+")", in).Exec(ctx); err != nil {
			return 0, fmt.Errorf("storage: delete node %d: %w", n, err)
		}
		for _, num := range some {
			s.touch(in, nodeChanged(num))
		}
	}
	return len(nums), nil
}
