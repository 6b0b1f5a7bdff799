package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// nodeRow is a node of the tree of authority.
type nodeRow struct {
	bun.BaseModel `bun:"table:nodes"`

	Num       rbac.Node      `bun:"num,pk,autoincrement"`
	Workspace rbac.Node      `bun:"workspace"`
	Parent    rbac.Node      `bun:"parent"`
	Class     string         `bun:"class"`
	Owner     rbac.Principal `bun:"owner,nullzero"`
	Sealed    bool           `bun:"sealed"`
}

// addNode stores a node, numbers it, and notes it. A node that starts a workspace
// lies in itself; with that comes a group, so that the root's revision rises:
// what was decided above workspaces may speak of the new one.
func (s session) addNode(ctx context.Context, n nodeRow, starts bool) (nodeRow, error) {
	n.Num = 0
	if _, err := s.inserts().Model(&n).Returning("num").Exec(ctx); err != nil {
		return n, fmt.Errorf("storage: add node: %w", err)
	}
	if starts {
		n.Workspace = n.Num
		if _, err := s.raw("UPDATE nodes SET workspace = num WHERE workspace = 0 AND num = ?", n.Num).Exec(ctx); err != nil {
			return n, fmt.Errorf("storage: add node: %w", err)
		}
	}
	s.touch(n.Workspace, nodeChanged(n.Num))
	return n, nil
}

// deleteNode deletes a node that has none below it, with its rules and links,
// and notes them.
func (s session) deleteNode(ctx context.Context, in, n rbac.Node) error {
	if _, err := s.touchRules(ctx, "DELETE FROM rules WHERE workspace = ? AND node = ?", in, n); err != nil {
		return err
	}
	if _, err := s.raw("DELETE FROM nodes WHERE workspace = ? AND num = ?", in, n).Exec(ctx); err != nil {
		return fmt.Errorf("storage: delete node %d: %w", n, err)
	}
	s.touch(in, nodeChanged(n))
	return nil
}

// principalRow is somebody who can be given something.
type principalRow struct {
	bun.BaseModel `bun:"table:principals"`

	Num      rbac.Principal `bun:"num,pk,autoincrement"`
	ID       string         `bun:"id"`
	Kind     rbac.Kind      `bun:"kind"`
	Disabled bool           `bun:"disabled"`
	BehalfOf rbac.Principal `bun:"behalf_of,nullzero"`
}

// addPrincipal stores a principal, numbers it, and notes it. The id is that of
// the user, group or key.
func (s session) addPrincipal(ctx context.Context, id string, kind rbac.Kind, behalf rbac.Principal) (rbac.Principal, error) {
	p := principalRow{ID: id, Kind: kind, BehalfOf: behalf}
	if _, err := s.inserts().Model(&p).Returning("num").Exec(ctx); err != nil {
		return 0, fmt.Errorf("storage: add principal: %w", err)
	}
	s.touch(rbac.Root, principalChanged(p.Num))
	return p.Num, nil
}

// NodeWorkspace returns the node of the workspace that a node lies in.
func (w *Workspaces) NodeWorkspace(ctx context.Context, n rbac.Node) (rbac.Node, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	var in rbac.Node
	switch err := s.raw("SELECT workspace FROM nodes WHERE num = ?", n).Scan(ctx, &in); {
	case none(err):
		return 0, fmt.Errorf("%w: node %d", workspace.ErrNotFound, n)
	case err != nil:
		return 0, fmt.Errorf("storage: node %d: %w", n, err)
	}
	return in, nil
}
