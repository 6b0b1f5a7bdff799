package resource

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// atOnce is how many resources a keeper is told of at a time.
const atOnce = 1000

// Forget gives back what is counted of a resource and everything in it, and has
// its keepers let go of what they keep, before something else deletes it: it is
// a workspace.Contents. What refers to something of it from elsewhere lets go of
// it, where it can be without. It is called inside the unit of work of the
// deletion, which holds the workspace locked, and does nothing for a node in
// which there is no resource.
func (s *Service) Forget(ctx context.Context, n rbac.Node) error {
	nodes := map[workspace.ID]map[string][]rbac.Node{}
	gone := map[rbac.Node]bool{}
	err := s.store.Below(ctx, n, func(some []Resource) error {
		for _, r := range some {
			if nodes[r.Workspace] == nil {
				nodes[r.Workspace] = map[string][]rbac.Node{}
			}
			nodes[r.Workspace][r.Class] = append(nodes[r.Workspace][r.Class], r.Num)
			gone[r.Num] = true
		}
		return nil
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	if err := s.release(ctx, n, gone); err != nil {
		return err
	}
	for _, in := range slices.Sorted(maps.Keys(nodes)) {
		if err := s.forget(ctx, in, nodes[in]); err != nil {
			return err
		}
	}
	return nil
}

// release has what refers to something at or below a node let go of it. What
// cannot be without keeps the number, which is nobody's from then on: whoever
// deletes so was told what needs it.
func (s *Service) release(ctx context.Context, n rbac.Node, gone map[rbac.Node]bool) error {
	refs, err := s.store.Referrers(ctx, []rbac.Node{n})
	if err != nil {
		return fmt.Errorf("resource: referrers: %w", err)
	}
	done := map[rbac.Node]bool{}
	for _, ref := range refs {
		if done[ref.From] {
			continue
		}
		done[ref.From] = true
		r, err := s.find(ctx, ref.From)
		if err != nil {
			return err
		}
		class, ok := s.catalog.Class(r.Class)
		if !ok {
			return fmt.Errorf("%w: %s", ErrNoClass, r.Class)
		}
		left, lost := without(class, r.Settings, gone)
		if lost {
			continue
		}
		if err := s.mend(ctx, mending{before: r, left: left}); err != nil {
			return err
		}
	}
	return nil
}

// forget has the keepers of some resources let go of what they keep, and gives
// back what is counted of them.
func (s *Service) forget(ctx context.Context, in workspace.ID, nodes map[string][]rbac.Node) error {
	counts := map[string]int{}
	for _, class := range slices.Sorted(maps.Keys(nodes)) {
		counts[class] = len(nodes[class])
		keeper := s.keepers[class]
		if keeper == nil {
			continue
		}
		for some := range slices.Chunk(nodes[class], atOnce) {
			if err := keeper.Delete(ctx, in, some); err != nil {
				return fmt.Errorf("resource: what is kept of %s: %w", class, err)
			}
		}
	}
	return s.refund(ctx, workspace.Workspace{ID: in}, counts)
}
