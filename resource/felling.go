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

// A grove is a resource with all below it.
type grove struct {
	top Resource
	// nodes are by class, in order of number.
	nodes map[string][]rbac.Node
}

// counts tells how many there are of each class.
func (g grove) counts() map[string]int {
	counts := map[string]int{}
	for class, nodes := range g.nodes {
		counts[class] = len(nodes)
	}
	return counts
}

// A mending is a resource that can be without what it refers to.
type mending struct {
	before Resource
	left   Settings
	of     []Reference
}

// A felling is what a deletion comes to.
type felling struct {
	plan DeletionPlan
	// trees are what goes, none of which lies in another.
	trees  []grove
	mended []mending
	// refusal is the first that there was.
	refusal error
}

// A staying is what was asked for and stays.
type staying struct {
	node rbac.Node
	why  error
}

// fell finds out what a deletion comes to.
func (s *Service) fell(ctx context.Context, actor workspace.Actor, d Deletion, asked []rbac.Node) (*felling, error) {
	var trees []grove
	var stay []staying
	for _, n := range asked {
		g, err := s.grove(ctx, actor, n)
		switch {
		case err == nil:
			trees = append(trees, g)
		case refuses(err):
			stay = append(stay, staying{n, err})
		default:
			return nil, err
		}
	}
	f := &felling{}
	var left []staying
	var err error
	if d.Cascade {
		left, err = s.cascade(ctx, actor, f, trees, d.Partial)
	} else {
		left, err = s.unreferred(ctx, f, trees, d.Partial)
	}
	if err != nil {
		return nil, err
	}
	return f, s.tally(ctx, actor, f, append(stay, left...))
}

// grove returns a resource with all below it, if the actor may delete it.
func (s *Service) grove(ctx context.Context, actor workspace.Actor, n rbac.Node) (grove, error) {
	r, err := s.find(ctx, n)
	if err != nil {
		return grove{}, err
	}
	if err := s.deletable(ctx, actor, r); err != nil {
		return grove{}, err
	}
	may, err := s.rights.Filter(ctx, actor.Principal, Delete, n, "", rbac.Latest())
	if err != nil {
		return grove{}, fmt.Errorf("resource: what may be deleted below %d: %w", n, err)
	}
	g := grove{top: r, nodes: map[string][]rbac.Node{}}
	err = s.store.Below(ctx, n, func(some []Resource) error {
		for _, r := range some {
			if !may.Contains(r.Num) {
				return s.lacks(ctx, actor, r.Num, Delete)
			}
			g.nodes[r.Class] = append(g.nodes[r.Class], r.Num)
		}
		return nil
	})
	return g, err
}

// lacks says why somebody may not do what a list did not let him.
func (s *Service) lacks(ctx context.Context, actor workspace.Actor, n rbac.Node, perm rbac.Permission) error {
	if err := s.require(ctx, actor, n, perm); err != nil {
		return err
	}
	return &rbac.DeniedError{Explanation: rbac.Explanation{ // given meanwhile
		Principal: actor.Principal, Node: n, Permission: perm, Cause: rbac.ByDefault,
	}}
}

// goneWith returns everything in some trees.
func goneWith(trees []grove) map[rbac.Node]bool {
	gone := map[rbac.Node]bool{}
	for _, g := range trees {
		g.into(gone)
	}
	return gone
}

func (g grove) into(gone map[rbac.Node]bool) {
	for _, nodes := range g.nodes {
		for _, n := range nodes {
			gone[n] = true
		}
	}
}

// outermost leaves out the trees that lie in others.
func outermost(trees []grove, gone map[rbac.Node]bool) []grove {
	seen := map[rbac.Node]bool{}
	var list []grove
	for _, g := range trees {
		if !gone[g.top.Parent] && !seen[g.top.Num] {
			seen[g.top.Num] = true
			list = append(list, g)
		}
	}
	return list
}

func tops(trees []grove) []rbac.Node {
	nodes := make([]rbac.Node, 0, len(trees))
	for _, g := range trees {
		nodes = append(nodes, g.top.Num)
	}
	return nodes
}

// unreferred takes the trees that nothing elsewhere refers to or, unless that is
// to be partial, all of them with what does.
func (s *Service) unreferred(ctx context.Context, f *felling, trees []grove, partial bool) (stay []staying, err error) {
	for {
		gone := goneWith(trees)
		f.trees = outermost(trees, gone)
		refs, err := s.store.Referrers(ctx, tops(f.trees))
		if err != nil {
			return nil, fmt.Errorf("resource: referrers: %w", err)
		}
		if len(refs) == 0 || !partial {
			f.plan.Referrers = refs
			return stay, nil
		}
		// What one cannot go without the other may still.
		targets := map[rbac.Node]bool{}
		for _, r := range refs {
			targets[r.To] = true
		}
		kept := trees[:0:0]
		for _, g := range trees {
			if g.holds(targets) {
				stay = append(stay, staying{g.top.Num, &ReferredError{By: refs}})
			} else {
				kept = append(kept, g)
			}
		}
		trees = kept
	}
}

// holds reports whether one of some nodes is in a tree.
func (g grove) holds(some map[rbac.Node]bool) bool {
	for _, nodes := range g.nodes {
		if slices.ContainsFunc(nodes, func(n rbac.Node) bool { return some[n] }) {
			return true
		}
	}
	return false
}

// cascade takes the trees with what cannot be without them, and finds what can.
// Where that is refused for all together and it is to be partial, it takes one
// tree after another.
func (s *Service) cascade(ctx context.Context, actor workspace.Actor, f *felling, trees []grove, partial bool) ([]staying, error) {
	var stay []staying
	all, mended, err := s.spread(ctx, actor, nil, trees)
	switch {
	case err == nil:
	case !refuses(err):
		return nil, err
	case !partial:
		for _, g := range trees {
			stay = append(stay, staying{g.top.Num, err})
		}
		all = nil
	default:
		all, mended = nil, nil
		for _, g := range trees {
			more, changed, err := s.spread(ctx, actor, all, []grove{g})
			switch {
			case err == nil:
				all, mended = more, changed
			case refuses(err):
				stay = append(stay, staying{g.top.Num, err})
			default:
				return nil, err
			}
		}
	}
	f.trees, f.mended = outermost(all, goneWith(all)), mended
	for _, m := range mended {
		f.plan.Referrers = append(f.plan.Referrers, m.of...)
	}
	return stay, nil
}

// spread returns trees that go together with more of them and with what cannot
// be without those, and what can.
//
//nolint:gocognit // one walk, whose steps say nothing alone
func (s *Service) spread(ctx context.Context, actor workspace.Actor, trees, more []grove) ([]grove, []mending, error) {
	trees = append(slices.Clone(trees), more...)
	gone := goneWith(trees)
	touched := map[rbac.Node]mending{}
	for queue := tops(trees); len(queue) > 0; {
		refs, err := s.store.Referrers(ctx, queue)
		if err != nil {
			return nil, nil, fmt.Errorf("resource: referrers: %w", err)
		}
		queue = nil
		from := map[rbac.Node][]Reference{}
		for _, r := range refs {
			if !gone[r.From] {
				from[r.From] = append(from[r.From], r)
			}
		}
		for _, n := range slices.Sorted(maps.Keys(from)) {
			m, ok := touched[n]
			if !ok {
				if m.before, err = s.find(ctx, n); err != nil {
					return nil, nil, err
				}
			}
			m.of = append(m.of, from[n]...)
			class, ok := s.catalog.Class(m.before.Class)
			if !ok {
				return nil, nil, fmt.Errorf("%w: %s", ErrNoClass, m.before.Class)
			}
			var lost bool
			m.left, lost = without(class, m.before.Settings, gone)
			touched[n] = m
			if !lost || gone[n] {
				continue
			}
			g, err := s.grove(ctx, actor, n)
			if err != nil {
				return nil, nil, err
			}
			trees, queue = append(trees, g), append(queue, n)
			g.into(gone)
		}
	}
	mended, err := s.mendable(ctx, actor, touched, gone)
	return trees, mended, err
}

// mendable returns what lets go of what is gone, as it is then, if the actor may
// change it.
func (s *Service) mendable(ctx context.Context, actor workspace.Actor, touched map[rbac.Node]mending, gone map[rbac.Node]bool) ([]mending, error) {
	var list []mending
	for _, n := range slices.Sorted(maps.Keys(touched)) {
		if gone[n] {
			continue
		}
		if err := s.require(ctx, actor, n, Update); err != nil {
			return nil, err
		}
		m := touched[n]
		class, _ := s.catalog.Class(m.before.Class)
		m.left, _ = without(class, m.before.Settings, gone) // more may be gone than then
		list = append(list, m)
	}
	return list, nil
}

// tally counts what goes and what stays.
func (s *Service) tally(ctx context.Context, actor workspace.Actor, f *felling, stay []staying) error {
	f.plan.Affected, f.plan.Unaffected = map[string]int{}, map[string]int{}
	for _, g := range f.trees {
		for class, n := range g.counts() {
			f.plan.Affected[class] += n
		}
	}
	gone := goneWith(f.trees)
	for _, one := range stay {
		if gone[one.node] {
			continue // it goes with something else
		}
		if f.refusal == nil {
			f.refusal = one.why
		}
		class := hidden
		switch err := s.require(ctx, actor, one.node, Read); {
		case err == nil:
			r, err := s.find(ctx, one.node)
			if err != nil {
				return err
			}
			class = r.Class
		case !errors.Is(err, rbac.ErrDenied) && !errors.Is(err, ErrNotFound):
			return err
		}
		f.plan.Unaffected[class]++
	}
	return nil
}
