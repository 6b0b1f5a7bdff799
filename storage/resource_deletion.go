package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// treeNums returns a node and all below it, in ascending order, none where it
// does not exist. The numbers of a large tree are read in one go, since walking
// down again for each part of it would be the square of its size.
func (s session) treeNums(ctx context.Context, n rbac.Node) ([]rbac.Node, error) {
	var nums []rbac.Node
	if err := s.raw(tree+"SELECT num FROM tree", n).Scan(ctx, &nums); err != nil && !none(err) {
		return nil, fmt.Errorf("storage: below node %d: %w", n, err)
	}
	slices.Sort(nums)
	return nums, nil
}

// A belowRow is what of a resource does not take long to read.
type belowRow struct {
	ID          resource.ID
	Num         rbac.Node
	WorkspaceID workspace.ID
	Top         rbac.Node
	Parent      rbac.Node
	Class       string
	Owner       rbac.Principal
	Keyname     string
	DisplayName string
	Created     instant
	Updated     instant
}

// Below calls yield for chunks of what lies at or below a node.
func (r *Resources) Below(ctx context.Context, n rbac.Node, yield func([]resource.Resource) error) error {
	s, err := r.db.reading(ctx)
	if err != nil {
		return err
	}
	nums, err := s.treeNums(ctx, n)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(nums, few) {
		var rows []belowRow
		err := s.raw(`SELECT r.id, r.num, r.workspace_id, n.workspace AS top, n.parent, n.class, COALESCE(n.owner, 0) AS owner,
				COALESCE(r.keyname, '') AS keyname, r.display_name, r.created, r.updated
			FROM resources AS r JOIN nodes AS n ON n.num = r.num WHERE r.num IN (`+string(appendNums(nil, some))+`) ORDER BY r.num`).
			Scan(ctx, &rows)
		if err != nil && !none(err) {
			return fmt.Errorf("storage: resources below node %d: %w", n, err)
		}
		if len(rows) == 0 {
			continue
		}
		list := make([]resource.Resource, 0, len(rows))
		for _, row := range rows {
			list = append(list, resource.Resource{
				ID: row.ID, Num: row.Num, Workspace: row.WorkspaceID, Top: row.Top, Parent: row.Parent, Class: row.Class,
				Owner: row.Owner, Keyname: row.Keyname, DisplayName: row.DisplayName,
				Created: row.Created.time(), Updated: row.Updated.time(),
			})
		}
		if err := yield(list); err != nil {
			return err
		}
	}
	return nil
}

// Referrers returns the references from elsewhere to nodes at or below some
// nodes.
func (r *Resources) Referrers(ctx context.Context, nodes []rbac.Node) ([]resource.Reference, error) {
	s, err := r.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	within := map[rbac.Node]bool{}
	var rows []struct {
		Node   rbac.Node
		Name   string
		Target rbac.Node
	}
	for _, n := range nodes {
		if within[n] {
			continue // it went with another
		}
		nums, err := s.treeNums(ctx, n)
		if err != nil {
			return nil, err
		}
		for _, num := range nums {
			within[num] = true
		}
		for some := range slices.Chunk(nums, few) {
			found := rows[:0:0]
			err := s.raw(`SELECT node, name, target FROM resource_references WHERE target IN (`+string(appendNums(nil, some))+`)`).
				Scan(ctx, &found)
			if err != nil && !none(err) {
				return nil, fmt.Errorf("storage: references to node %d: %w", n, err)
			}
			rows = append(rows, found...)
		}
	}
	var list []resource.Reference
	for _, row := range rows {
		if !within[row.Node] {
			list = append(list, resource.Reference{From: row.Node, Name: row.Name, To: row.Target})
		}
	}
	slices.SortFunc(list, func(a, b resource.Reference) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Name, b.Name), cmp.Compare(a.To, b.To))
	})
	return slices.Compact(list), nil
}

// Delete deletes a resource and all below it.
func (r *Resources) Delete(ctx context.Context, n rbac.Node) (int, error) {
	s, err := r.db.writing(ctx)
	if err != nil {
		return 0, err
	}
	deleted, err := s.deleteTree(ctx, n)
	if errors.Is(err, workspace.ErrNotFound) {
		err = fmt.Errorf("%w: %d", resource.ErrNotFound, n)
	}
	return deleted, err
}

// SetOwner makes somebody the owner of resources.
func (r *Resources) SetOwner(ctx context.Context, nodes []rbac.Node, to rbac.Principal, at time.Time) error {
	s, err := r.db.writing(ctx)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(nodes, few) {
		list := string(appendNums(nil, some))
		var rows []nodeRow
		err := s.raw("UPDATE nodes SET owner = ? WHERE num <> workspace AND num IN ("+list+") RETURNING workspace, num", to).Scan(ctx, &rows)
		if err != nil && !none(err) {
			return fmt.Errorf("storage: owner of %d nodes: %w", len(some), err)
		}
		if len(rows) != len(some) {
			return fmt.Errorf("%w: %d of %d nodes", resource.ErrNotFound, len(some)-len(rows), len(some))
		}
		for _, row := range rows {
			s.touch(row.Workspace, nodeChanged(row.Num))
		}
		if _, err := s.raw("UPDATE resources SET updated = ? WHERE num IN ("+list+")", instantOf(at)).Exec(ctx); err != nil {
			return fmt.Errorf("storage: owner of %d nodes: %w", len(some), err)
		}
	}
	return nil
}

// Known returns which of some principals exist and may be named in a workspace.
func (r *Resources) Known(ctx context.Context, in workspace.ID, principals []rbac.Principal) (map[rbac.Principal]rbac.Kind, error) {
	s, err := r.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	known := map[rbac.Principal]rbac.Kind{}
	for some := range slices.Chunk(principals, few) {
		var rows []principalRow
		err := s.raw(`SELECT p.num, p.kind FROM principals AS p WHERE p.num IN (`+string(appendNums(nil, some))+`) AND (
				EXISTS (SELECT 1 FROM users AS u WHERE u.num = p.num)
				OR p.num = ?1
				OR EXISTS (SELECT 1 FROM groups AS g WHERE g.num = p.num AND g.workspace_id IN (?0, ''))
				OR EXISTS (SELECT 1 FROM workspaces AS w WHERE w.audience = p.num AND w.id = ?0)
				OR EXISTS (SELECT 1 FROM access_keys AS k WHERE k.num = p.num AND k.workspace_id = ?0 AND ?0 <> ''))`,
			in, rbac.Administrators).Scan(ctx, &rows)
		if err != nil && !none(err) {
			return nil, fmt.Errorf("storage: principals: %w", err)
		}
		for _, row := range rows {
			known[row.Num] = row.Kind
		}
	}
	return known, nil
}

// Belongs reports whether a principal is a member of a workspace himself, a
// group of it or a key of it.
func (r *Resources) Belongs(ctx context.Context, in workspace.ID, p rbac.Principal) (bool, error) {
	return r.db.Workspaces().Belongs(ctx, in, p)
}

// Administrators returns the enabled users who administer the platform.
func (r *Resources) Administrators(ctx context.Context) ([]rbac.Principal, error) {
	s, err := r.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var list []rbac.Principal
	err = s.raw(`SELECT p.num FROM group_members AS m JOIN principals AS p ON p.num = m.member_num
		WHERE m.group_num = ? AND p.kind = ? AND NOT p.disabled ORDER BY p.num`, rbac.Administrators, rbac.User).Scan(ctx, &list)
	if err != nil && !none(err) {
		return nil, fmt.Errorf("storage: administrators: %w", err)
	}
	return list, nil
}
