package resource

import (
	"context"
	"errors"
	"maps"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Names returns what some nodes are called, by node: resources, workspaces and
// organizations of which the actor holds [Read], [workspace.Read] or
// [workspace.ReadOrganization]. Others are left out.
func (s *Service) Names(ctx context.Context, actor workspace.Actor, nodes []rbac.Node) (map[rbac.Node]string, error) {
	if err := known(actor, rbac.Root, Read); err != nil {
		return nil, err
	}
	names, err := s.store.Names(ctx, nodes)
	if err != nil {
		return nil, err
	}
	var asked []rbac.Question
	for n := range names {
		for _, perm := range []rbac.Permission{Read, workspace.Read, workspace.ReadOrganization} {
			asked = append(asked, rbac.Question{Node: n, Permission: perm})
		}
	}
	may, err := s.rights.CheckMany(ctx, actor.Principal, asked, rbac.Latest())
	switch {
	case errors.Is(err, rbac.ErrNoNode): // one of them went meanwhile
		return map[rbac.Node]string{}, nil
	case err != nil:
		return nil, told(err)
	}
	seen := map[rbac.Node]bool{}
	for i, q := range asked {
		seen[q.Node] = seen[q.Node] || may[i]
	}
	maps.DeleteFunc(names, func(n rbac.Node, _ string) bool { return !seen[n] })
	return names, nil
}
