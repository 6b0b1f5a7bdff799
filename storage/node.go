package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
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

// addNode stores a node, numbers it, and raises the revision. A node that
// starts a workspace lies in itself.
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
		// What was decided above workspaces may speak of the new one.
		if err := s.touch(ctx, rbac.Root); err != nil {
			return n, err
		}
	}
	return n, s.touch(ctx, n.Workspace)
}

// touch raises the revision of a workspace, or of everything above them, in
// the unit of work of a change that a decision can depend on.
func (s session) touch(ctx context.Context, workspace rbac.Node) error {
	_, err := s.raw(`INSERT INTO revisions (workspace, revision) VALUES (?, 1)
		ON CONFLICT (workspace) DO UPDATE SET revision = revisions.revision + 1`, workspace).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: raise revision: %w", err)
	}
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

// addPrincipal stores a principal and returns its number. The id is that of
// the user, group or key.
func (s session) addPrincipal(ctx context.Context, id string, kind rbac.Kind, behalf rbac.Principal) (rbac.Principal, error) {
	p := principalRow{ID: id, Kind: kind, BehalfOf: behalf}
	if _, err := s.inserts().Model(&p).Returning("num").Exec(ctx); err != nil {
		return 0, fmt.Errorf("storage: add principal: %w", err)
	}
	return p.Num, nil
}
