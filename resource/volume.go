package resource

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// errUnread ends looking below where something may not be read.
var errUnread = errors.New("resource: not all of it may be read")

// Volume returns how many bytes a resource takes, with below everything in it.
// It needs [Read] on each: it returns 0 where the actor lacks it below.
func (s *Service) Volume(ctx context.Context, actor workspace.Actor, n rbac.Node, below bool) (int64, error) {
	r, err := s.find(ctx, n)
	if err != nil {
		return 0, err
	}
	if err := s.require(ctx, actor, n, Read); err != nil {
		return 0, err
	}
	if !below {
		return s.bytes(ctx, []grove{{top: r, nodes: map[string][]rbac.Node{r.Class: {n}}}})
	}
	may, err := s.rights.Filter(ctx, actor.Principal, Read, n, "", rbac.Latest())
	if err != nil {
		return 0, fmt.Errorf("resource: what may be read below %d: %w", n, err)
	}
	// Above workspaces there are several of them.
	in := map[workspace.ID]*grove{}
	err = s.store.Below(ctx, n, func(some []Resource) error {
		for _, r := range some {
			if !may.Contains(r.Num) {
				return errUnread
			}
			g := in[r.Workspace]
			if g == nil {
				g = &grove{top: r, nodes: map[string][]rbac.Node{}}
				in[r.Workspace] = g
			}
			g.nodes[r.Class] = append(g.nodes[r.Class], r.Num)
		}
		return nil
	})
	switch {
	case errors.Is(err, errUnread):
		return 0, nil
	case err != nil:
		return 0, err
	}
	var all []grove
	for _, id := range slices.Sorted(maps.Keys(in)) {
		all = append(all, *in[id])
	}
	return s.bytes(ctx, all)
}

// bytes returns how many bytes trees take.
func (s *Service) bytes(ctx context.Context, trees []grove) (int64, error) {
	var total int64
	for _, g := range trees {
		for _, class := range slices.Sorted(maps.Keys(g.nodes)) {
			keeper := s.keepers[class]
			if keeper == nil {
				continue
			}
			for some := range slices.Chunk(g.nodes[class], atOnce) {
				n, err := keeper.Volume(ctx, g.top.Workspace, some)
				if err != nil {
					return 0, fmt.Errorf("resource: volume of %s: %w", class, err)
				}
				total += n
			}
		}
	}
	return total, nil
}
