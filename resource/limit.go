package resource

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// poolResources is the pool that every database has for resources of all
// classes. Those of one class have a pool once somebody limited them.
const poolResources quota.PoolID = "00000000-0000-7000-8000-000000000024"

// slotResources is the slot of a workspace's shares of them.
const slotResources = "resources"

// A Limit is how many resources a workspace has, and may have.
type Limit struct {
	// Class is empty for resources of all classes together.
	Class string
	Used  int64
	// Limit is [quota.NoLimit] where there is none.
	Limit int64
}

// A share is what a workspace may have of a class, of all when that is empty.
type share struct {
	quota.Allocation

	class string
	pool  quota.Pool
}

// shares returns what a workspace was limited in: by class, that of all last.
func (s *Service) shares(ctx context.Context, in workspace.ID) ([]share, error) {
	held, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{
		Holders: []quota.Holder{quota.Holder(in)}, Kind: quota.Resources, Slot: slotResources,
	})
	if err != nil || len(held) == 0 {
		return nil, err
	}
	var ids []quota.PoolID
	for _, a := range held {
		ids = append(ids, a.Pool)
	}
	pools, _, err := s.meter.Pools(ctx, quota.PoolFilter{IDs: ids})
	if err != nil {
		return nil, err
	}
	var list []share
	for _, a := range held {
		i := slices.IndexFunc(pools, func(p quota.Pool) bool { return p.ID == a.Pool })
		if i < 0 {
			continue
		}
		one := share{class: pools[i].Type, pool: pools[i], Allocation: a}
		if a.Pool == poolResources {
			one.class = ""
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b share) int {
		if (a.class == "") != (b.class == "") {
			return cmp.Compare(b.class, a.class)
		}
		return cmp.Compare(a.class, b.class)
	})
	return list, nil
}

func shareOf(list []share, class string) (share, bool) {
	i := slices.IndexFunc(list, func(one share) bool { return one.class == class })
	if i < 0 {
		return share{}, false
	}
	return list[i], true
}

// charge counts one more resource of a class in a workspace, which is locked. It
// returns a *[quota.ExceededError].
func (s *Service) charge(ctx context.Context, w workspace.Workspace, class string) error {
	list, err := s.shares(ctx, w.ID)
	if err != nil {
		return err
	}
	for _, one := range list {
		if one.class != "" && one.class != class {
			continue
		}
		if err := s.meter.Consume(ctx, one.ID, 1, quota.Reason{Kind: "resource", Ref: class}); err != nil {
			return err
		}
	}
	return nil
}

// refund gives back what was counted of resources that go.
func (s *Service) refund(ctx context.Context, w workspace.Workspace, byClass map[string]int) error {
	list, err := s.shares(ctx, w.ID)
	if err != nil {
		return err
	}
	total := 0
	for _, n := range byClass {
		total += n
	}
	for _, one := range list {
		n := total
		if one.class != "" {
			n = byClass[one.class]
		}
		if n == 0 {
			continue
		}
		if err := s.meter.Release(ctx, one.ID, int64(n), quota.Reason{Kind: "resource", Ref: one.class}); err != nil {
			return err
		}
	}
	return nil
}

// Limits lists the limits that a workspace has, that of all classes first, which
// is always there. It needs [workspace.Read].
func (s *Service) Limits(ctx context.Context, actor workspace.Actor, top rbac.Node) ([]Limit, error) {
	r, err := s.home(ctx, actor, top)
	if err != nil {
		return nil, err
	}
	list, err := s.shares(ctx, r.Workspace)
	if err != nil {
		return nil, err
	}
	all, counted := shareOf(list, "")
	limits := []Limit{{Used: all.Use + all.Held, Limit: all.Limit}}
	if !counted {
		n, err := s.count(ctx, top, "")
		if err != nil {
			return nil, err
		}
		limits[0] = Limit{Used: n, Limit: quota.NoLimit}
	}
	for _, one := range list {
		if one.class != "" && one.Limit != quota.NoLimit {
			limits = append(limits, Limit{Class: one.class, Used: one.Use + one.Held, Limit: one.Limit})
		}
	}
	return limits, nil
}

// home returns the node of a workspace to who may read that.
func (s *Service) home(ctx context.Context, actor workspace.Actor, top rbac.Node) (Resource, error) {
	r, err := s.find(ctx, top)
	if err != nil {
		return Resource{}, err
	}
	if r.Num != r.Top || r.Workspace == "" {
		return Resource{}, fmt.Errorf("%w: workspace %d", ErrNotFound, top)
	}
	return r, s.require(ctx, actor, top, workspace.Read)
}

// count returns how many resources of a class there are, of all when it is
// empty.
func (s *Service) count(ctx context.Context, top rbac.Node, class string) (int64, error) {
	f := Filter{Workspaces: []rbac.Node{top}}
	if class != "" {
		f.Classes = []string{class}
	}
	n, err := s.store.CountResources(ctx, f)
	return int64(n), err
}

// SetLimit limits how many resources of a class a workspace has, of all classes
// when it is empty, and lifts the limit with nil. A limit below what is there is
// allowed and refuses more. It needs [workspace.Allocate] on the platform, and
// returns ErrNoClass and, for a negative number, an InvalidError of "limit".
func (s *Service) SetLimit(ctx context.Context, actor workspace.Actor, top rbac.Node, class string, limit *int64) error {
	if err := s.limitable(ctx, actor, top); err != nil {
		return err
	}
	if _, ok := s.catalog.Class(class); class != "" && !ok {
		return fmt.Errorf("%w: %q", ErrNoClass, class)
	}
	wanted := quota.NoLimit
	if limit != nil {
		wanted = *limit
	}
	if wanted < 0 {
		return &workspace.InvalidError{Field: "limit", Expected: "a number of resources, from 0"}
	}
	set := func(ctx context.Context) error {
		r, w, err := s.locked(ctx, top)
		if err != nil {
			return err
		}
		if err := s.limitable(ctx, actor, top); err != nil {
			return err
		}
		return s.limit(ctx, actor, r, w, class, wanted)
	}
	err := s.store.Tx(ctx, set)
	if errors.Is(err, quota.ErrConflict) {
		// The first limit of a class makes its pool, which somebody else may have
		// done for another workspace at that moment.
		err = s.store.Tx(ctx, set)
	}
	return err
}

func (s *Service) limitable(ctx context.Context, actor workspace.Actor, top rbac.Node) error {
	if _, err := s.home(ctx, actor, top); err != nil {
		return err
	}
	return s.require(ctx, actor, rbac.Root, workspace.Allocate)
}

// limit sets a limit of a workspace, which is locked.
func (s *Service) limit(ctx context.Context, actor workspace.Actor, r Resource, w workspace.Workspace, class string, wanted int64) error {
	list, err := s.shares(ctx, w.ID)
	if err != nil {
		return err
	}
	one, counted := shareOf(list, class)
	was := quota.NoLimit
	if counted {
		was = one.Limit
	}
	if was == wanted {
		return nil
	}
	if !counted {
		if one.Allocation, err = s.begin(ctx, w, class); err != nil {
			return err
		}
	}
	_, err = s.meter.UpdateAllocation(ctx, one.ID, func(a *quota.Allocation) error {
		a.Limit = wanted
		return nil
	})
	if err != nil {
		return err
	}
	return s.record(ctx, actor, w, "resource.set_limit", r,
		map[string]any{"class": class, "limit": bounded(was)}, map[string]any{"class": class, "limit": bounded(wanted)})
}

// bounded is what the trail tells of a limit.
func bounded(limit int64) any {
	if limit == quota.NoLimit {
		return nil
	}
	return limit
}

// begin begins to count the resources of a class: it makes a share without
// limit, in which everything that is there is counted.
func (s *Service) begin(ctx context.Context, w workspace.Workspace, class string) (quota.Allocation, error) {
	pool, err := s.pool(ctx, class)
	if err != nil {
		return quota.Allocation{}, err
	}
	a, err := s.meter.Allocate(ctx, quota.Allocation{
		Pool: pool, Holder: quota.Holder(w.ID), Slot: slotResources, Limit: quota.NoLimit,
	})
	if err != nil {
		return a, err
	}
	n, err := s.count(ctx, w.Num, class)
	if err != nil || n == 0 {
		return a, err
	}
	return a, s.meter.Consume(ctx, a.ID, n, quota.Reason{Kind: "resource", Ref: class})
}

// pool returns the pool of a class, and makes it where there is none.
func (s *Service) pool(ctx context.Context, class string) (quota.PoolID, error) {
	if class == "" {
		return poolResources, nil
	}
	list, _, err := s.meter.Pools(ctx, quota.PoolFilter{Kind: quota.Resources, Type: class})
	if err != nil {
		return "", err
	}
	for _, p := range list {
		if p.ID != poolResources {
			return p.ID, nil
		}
	}
	made, err := s.meter.CreatePool(ctx, quota.Pool{
		Kind: quota.Resources, Unit: quota.Count, Type: class, Name: class, TechnicalName: class,
		Description: "Resources of the class " + class, Capacity: quota.NoLimit,
	})
	return made.ID, err
}

// CheckQuota makes sure that so many more resources of each class would fit
// into a workspace, as [quota.ExceededError] tells otherwise. Class is that of
// the limit that is in the way, empty for that of all classes. It is for
// everybody, takes nothing, and returns ErrNotFound, ErrNoClass and, for a
// negative number, an InvalidError that names the class.
func (s *Service) CheckQuota(ctx context.Context, top rbac.Node, more map[string]int64) (class string, err error) {
	r, err := s.find(ctx, top)
	if err != nil {
		return "", err
	}
	if r.Num != r.Top || r.Workspace == "" {
		return "", fmt.Errorf("%w: workspace %d", ErrNotFound, top)
	}
	var total int64
	for _, name := range slices.Sorted(maps.Keys(more)) {
		if _, ok := s.catalog.Class(name); !ok {
			return name, fmt.Errorf("%w: %q", ErrNoClass, name)
		}
		const most = 1 << 40 // so that no sum overflows
		if more[name] < 0 || more[name] > most {
			return name, &workspace.InvalidError{Field: name, Expected: "a number of resources, from 0"}
		}
		total += more[name]
	}
	list, err := s.shares(ctx, r.Workspace)
	if err != nil {
		return "", err
	}
	for _, one := range list { // that of all classes comes last
		asked := total
		if one.class != "" {
			asked = more[one.class]
		}
		if err := s.room(ctx, one, asked); err != nil {
			return one.class, err
		}
	}
	return "", nil
}

// room makes sure that so much more fits into a share, into what that lies
// within, and into their pools.
func (s *Service) room(ctx context.Context, one share, asked int64) error {
	for asked > 0 {
		used := one.Use + one.Held
		exceeded := &quota.ExceededError{
			Pool: one.Pool, PoolName: one.pool.Name, Kind: one.pool.Kind, Unit: one.pool.Unit,
			Allocation: one.ID, Holder: one.Holder, Slot: one.Slot, Limit: one.Limit, Use: used, Asked: asked,
		}
		if one.Limit-used < asked {
			return exceeded
		}
		if one.pool.Capacity-one.pool.Use < asked {
			exceeded.Allocation, exceeded.Holder, exceeded.Slot = "", "", ""
			exceeded.Limit, exceeded.Use = one.pool.Capacity, one.pool.Use
			return exceeded
		}
		if one.Within == "" {
			return nil
		}
		outer, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{IDs: []quota.AllocationID{one.Within}})
		if err != nil || len(outer) == 0 {
			return err
		}
		pools, _, err := s.meter.Pools(ctx, quota.PoolFilter{IDs: []quota.PoolID{outer[0].Pool}})
		if err != nil || len(pools) == 0 {
			return err
		}
		one = share{pool: pools[0], Allocation: outer[0]}
	}
	return nil
}
