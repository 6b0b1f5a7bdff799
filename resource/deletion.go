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

// mostAsked bounds how many resources a deletion can name.
const mostAsked = 1000

// A Deletion says what is to be deleted, and how.
type Deletion struct {
	// Nodes are 1 to 1000 resources.
	Nodes []rbac.Node
	// Partial leaves alone what cannot be deleted, in place of deleting nothing.
	Partial bool
	// Cascade lets go of what refers to what is deleted: it is taken out of
	// lists and of attributes that may be null, and what cannot be without it is
	// deleted too.
	Cascade bool
}

// A DeletionPlan is what a deletion would do.
type DeletionPlan struct {
	// Affected counts by class what would go, Unaffected what was asked for and
	// would stay, because the actor may not or it is not there; what he may not
	// even see is counted as of class "resource".
	Affected, Unaffected map[string]int
	// Referrers are what refers to what would go, from elsewhere. Deletion is
	// refused while there are some, unless it cascades: then they are what would
	// let go. A partial one leaves alone what they refer to.
	Referrers []Reference
	// Bytes are what is given back of the workspace's storage.
	Bytes int64
}

// hidden is the class that what nobody may see is counted as.
const hidden = "resource"

// Delete deletes resources with everything in them. It needs [Delete] on each
// and on everything below it, and [ManageChildren] on the parent of each (the
// seed of spec/ngw.md, see its §7), and to cascade [Update] on what refers to
// them, or the same for what is deleted too. What lies in something else that is
// deleted goes with that and needs nothing of its own parent. It returns a
// [ReferredError], and ErrRoot for what is a workspace, or above.
func (s *Service) Delete(ctx context.Context, actor workspace.Actor, d Deletion) (DeletionPlan, error) {
	asked, err := d.asked()
	if err != nil {
		return DeletionPlan{}, err
	}
	tops, err := s.within(ctx, actor, asked, d.Partial)
	if err != nil {
		return DeletionPlan{}, err
	}
	if len(tops) == 0 { // whoever may delete none of them locks nothing
		return s.PlanDelete(ctx, actor, d)
	}
	var done DeletionPlan
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		in := map[workspace.ID]workspace.Workspace{}
		for _, top := range tops {
			w, err := s.store.Lock(ctx, top)
			if err != nil {
				return err
			}
			in[w.ID] = w
		}
		f, err := s.fell(ctx, actor, d, asked)
		switch {
		case err != nil:
			return err
		case !d.Partial && f.refusal != nil:
			return f.refusal
		case !d.Cascade && len(f.plan.Referrers) > 0:
			return &ReferredError{By: f.plan.Referrers}
		}
		if f.plan.Bytes, err = s.bytes(ctx, f.trees); err != nil {
			return err
		}
		done = f.plan
		return s.clear(ctx, actor, f, in)
	})
	if err != nil {
		return DeletionPlan{}, err
	}
	return done, nil
}

// PlanDelete tells what [Service.Delete] would do, and does nothing. It is for
// everybody: it tells only how many there are. Where something stays and the
// deletion is not to be partial, it would be refused.
func (s *Service) PlanDelete(ctx context.Context, actor workspace.Actor, d Deletion) (DeletionPlan, error) {
	asked, err := d.asked()
	if err != nil {
		return DeletionPlan{}, err
	}
	f, err := s.fell(ctx, actor, d, asked)
	if err != nil {
		return DeletionPlan{}, err
	}
	f.plan.Bytes, err = s.bytes(ctx, f.trees)
	return f.plan, err
}

// asked returns what is to be deleted, each once.
func (d Deletion) asked() ([]rbac.Node, error) {
	var list []rbac.Node
	seen := map[rbac.Node]bool{}
	for _, n := range d.Nodes {
		if !seen[n] {
			seen[n] = true
			list = append(list, n)
		}
	}
	if len(list) == 0 || len(list) > mostAsked {
		return nil, &workspace.InvalidError{Field: "nodes", Expected: fmt.Sprintf("the numbers of 1 to %d resources", mostAsked)}
	}
	return list, nil
}

// within returns the nodes of the workspaces in which something may be deleted
// as it seems, in ascending order, none where all is refused. Unless it is to be
// partial, that is an error.
func (s *Service) within(ctx context.Context, actor workspace.Actor, asked []rbac.Node, partial bool) ([]rbac.Node, error) {
	tops := map[rbac.Node]bool{}
	var refusal error
	some := false
	for _, n := range asked {
		r, err := s.find(ctx, n)
		if err == nil {
			err = s.deletable(ctx, actor, r)
		}
		switch {
		case err == nil:
			tops[r.Top], some = true, true
		case errors.Is(err, rbac.ErrDenied):
			tops[r.Top] = true // it may not matter, where the parent goes too
		case !partial || !refuses(err):
			return nil, err
		}
		if refusal == nil {
			refusal = err
		}
	}
	switch {
	case some:
		return slices.Sorted(maps.Keys(tops)), nil
	case partial:
		return nil, nil
	}
	return nil, refusal
}

// deletable makes sure of what deleting a resource needs on itself and its
// parent.
func (s *Service) deletable(ctx context.Context, actor workspace.Actor, r Resource) error {
	if r.Num == r.Top || r.Top == rbac.Root {
		return fmt.Errorf("%w: %d", ErrRoot, r.Num)
	}
	if err := s.require(ctx, actor, r.Num, Delete); err != nil {
		return err
	}
	return s.require(ctx, actor, r.Parent, ManageChildren)
}

// refuses reports whether an error is about the resource, and not about the
// database.
func refuses(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, ErrRoot) || errors.Is(err, rbac.ErrDenied) || errors.Is(err, ErrReferred)
}

// clear does what was found out, in the workspaces that are locked.
func (s *Service) clear(ctx context.Context, actor workspace.Actor, f *felling, in map[workspace.ID]workspace.Workspace) error {
	for _, m := range f.mended {
		w, ok := in[m.before.Workspace]
		if !ok {
			return fmt.Errorf("%w: %d", ErrElsewhere, m.before.Num)
		}
		if err := s.mend(ctx, m); err != nil {
			return err
		}
		if err := s.record(ctx, actor, w, "resource.release", m.before, map[string]any{"references": m.of}, nil); err != nil {
			return err
		}
	}
	for _, t := range f.trees {
		w, ok := in[t.top.Workspace]
		if !ok {
			return fmt.Errorf("%w: %d", ErrElsewhere, t.top.Num)
		}
		if err := s.forget(ctx, w.ID, t.nodes); err != nil {
			return err
		}
		if _, err := s.store.Delete(ctx, t.top.Num); err != nil {
			return err
		}
		before := map[string]any{"class": t.top.Class, "parent": t.top.Parent, "display_name": t.top.DisplayName, "deleted": t.counts()}
		if err := s.record(ctx, actor, w, "resource.delete", t.top, before, nil); err != nil {
			return err
		}
	}
	return nil
}

// mend stores a resource that lets go of something.
func (s *Service) mend(ctx context.Context, m mending) error {
	class, ok := s.catalog.Class(m.before.Class)
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoClass, m.before.Class)
	}
	before, next := m.before, m.before
	var err error
	if before.Settings, err = s.unseal(before.ID, class, m.before.Settings); err != nil {
		return err
	}
	if next.Settings, err = s.unseal(next.ID, class, m.left); err != nil {
		return err
	}
	next.Updated = s.clock()
	return s.save(ctx, before, next)
}
