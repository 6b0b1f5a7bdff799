package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Names returns what nodes are called.
func (r *Resources) Names(ctx context.Context, nodes []rbac.Node) (map[rbac.Node]string, error) {
	names := make(map[rbac.Node]string, len(nodes))
	if len(nodes) == 0 {
		return names, nil
	}
	s, err := r.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Num  rbac.Node
		Name string
	}
	err = s.raw(`SELECT num, display_name AS name FROM resources WHERE num IN (?0)
		UNION ALL SELECT num, name FROM workspaces WHERE num IN (?0)
		UNION ALL SELECT num, name FROM organizations WHERE num IN (?0)`, bun.List(nodes)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("storage: names of nodes: %w", err)
	}
	for _, row := range rows {
		names[row.Num] = row.Name
	}
	return names, nil
}
