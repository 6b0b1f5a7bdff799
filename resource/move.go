package resource

import (
	"context"
	"errors"
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Move puts a resource, with all in it, into another parent. It needs [Read] on
// it, [Create] on it as it will be, and [ManageChildren] on the old parent and
// the new one. Moving it where it is needs [Read] and changes nothing. It returns
// ErrRoot for a workspace's own node, ErrCycle, ErrElsewhere, a [HierarchyError]
// and a [TakenError].
func (s *Service) Move(ctx context.Context, actor workspace.Actor, n, parent rbac.Node) (Resource, error) {
	if err := s.changeable(ctx, actor, n); err != nil {
		return Resource{}, err
	}
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		m, err := s.moved(ctx, actor, n, parent)
		if err != nil || m.before.Parent == m.after.Parent {
			return err
		}
		was, is := difference(m.before, m.after)
		return s.record(ctx, actor, m.in, "resource.move", m.after, was, is)
	})
	if err != nil {
		return Resource{}, err
	}
	return s.Resource(ctx, actor, n)
}

// differences is how many a simulation tells of.
const differences = 200

// errSupposed undoes a move that was only supposed.
var errSupposed = errors.New("resource: only supposed")

// SimulateMove tells who would lose and gain what by a move, up to 200
// differences, and moves nothing. It needs what [Service.Move] needs, and fails
// as that would. Never call it inside a unit of work, which it would undo.
func (s *Service) SimulateMove(ctx context.Context, actor workspace.Actor, n, parent rbac.Node) (rbac.Simulation, error) {
	if err := s.changeable(ctx, actor, n); err != nil {
		return rbac.Simulation{}, err
	}
	var before Resource
	// Whether it may be there is only known when it is.
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		m, err := s.moved(ctx, actor, n, parent)
		if err != nil {
			return err
		}
		before = m.before
		return errSupposed
	})
	switch {
	case !errors.Is(err, errSupposed):
		return rbac.Simulation{}, err
	case before.Parent == parent:
		return rbac.Simulation{}, nil
	}
	simulation, err := s.rights.Simulate(ctx, []rbac.Change{{Kind: rbac.ChangeMove, Node: n, Parent: parent}},
		rbac.SimulationFilter{Under: n, Limit: differences}, rbac.Latest())
	return simulation, told(err)
}

// A moving is a resource as it was and as it is where it was moved to.
type moving struct {
	before, after Resource
	in            workspace.Workspace
}

// moved moves a resource inside a unit of work.
func (s *Service) moved(ctx context.Context, actor workspace.Actor, n, parent rbac.Node) (moving, error) {
	before, w, err := s.locked(ctx, n)
	if err != nil {
		return moving{}, err
	}
	m := moving{before: before, after: before, in: w}
	if err := s.require(ctx, actor, n, Read); err != nil || before.Parent == parent {
		return m, err
	}
	to, err := s.find(ctx, parent)
	if err != nil {
		return m, err
	}
	for _, in := range []rbac.Node{before.Parent, parent} {
		if err := s.require(ctx, actor, in, ManageChildren); err != nil {
			return m, err
		}
	}
	class, ok := s.catalog.Class(before.Class)
	switch {
	case !ok:
		return m, fmt.Errorf("%w: %q", ErrNoClass, before.Class)
	case to.Num != rbac.Root && to.Top != before.Top:
		return m, fmt.Errorf("%w: %d into %d", ErrElsewhere, n, parent)
	}
	if err := hangs(class, to); err != nil {
		return m, err
	}
	m.after.Parent, m.after.Updated = parent, s.clock()
	// The settings are those of the store, secrets as it has them.
	if err := s.store.Save(ctx, m.after); err != nil {
		return m, err
	}
	return m, elsewhere(s.require(ctx, actor, n, Create), n, parent)
}
