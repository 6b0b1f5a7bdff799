package storage

import (
	"context"
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
)

// above are a node and all above it up to the root, with how far up.
const above = `WITH RECURSIVE above (num, parent, steps) AS (SELECT num, parent, 0 FROM nodes WHERE num = ?0
	UNION ALL SELECT n.num, n.parent, above.steps + 1 FROM nodes AS n JOIN above ON n.num = above.parent WHERE above.num <> above.parent) `

// Path returns the resources above a node, the highest first, and its own.
func (r *Resources) Path(ctx context.Context, n rbac.Node) ([]resource.Resource, error) {
	s, err := r.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []resourceRow
	err = s.selectResources(&rows, false).Join("JOIN ("+above+"SELECT num, steps FROM above) AS a ON a.num = r.num", n).
		OrderExpr("a.steps DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("storage: path of %d: %w", n, err)
	}
	return resourcesOf(rows)
}

// move hangs a node from another of its workspace.
func (r *Resources) move(ctx context.Context, s session, moved resourceRow, to rbac.Node) error {
	id, _, err := s.home(ctx, to)
	switch {
	case err != nil:
		return err
	case id != moved.Workspace:
		return fmt.Errorf("%w: %d into %d", resource.ErrElsewhere, moved.Num, to)
	}
	// Nobody else moves anything in the workspace from here on: of two moves
	// that would close a circle together, the second sees the first.
	if err := s.lockWorkspace(ctx, id, r.db.postgres()); err != nil {
		return err
	}
	var below bool
	if err := s.raw(above+"SELECT EXISTS (SELECT 1 FROM above WHERE num = ?1)", to, moved.Num).Scan(ctx, &below); err != nil {
		return fmt.Errorf("storage: above node %d: %w", to, err)
	}
	if below {
		return fmt.Errorf("%w: %d into %d", resource.ErrCycle, moved.Num, to)
	}
	if _, err := s.raw("UPDATE nodes SET parent = ? WHERE workspace = ? AND num = ?", to, moved.Top, moved.Num).Exec(ctx); err != nil {
		return fmt.Errorf("storage: move node %d: %w", moved.Num, err)
	}
	s.touch(moved.Top, nodeChanged(moved.Num))
	return nil
}
