package quota

import (
	"context"
	"errors"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
)

func (a Allocation) check() error {
	if err := checkName("holder", string(a.Holder)); err != nil {
		return err
	}
	if err := checkLine("slot", a.Slot); err != nil {
		return err
	}
	return checkLimit("limit", a.Limit)
}

func (f AllocationFilter) check() error {
	return errors.Join(
		checkTexts("filter", string(f.Kind), f.Slot, string(f.Within)),
		checkTexts("filter", f.IDs...), checkTexts("filter", f.Holders...), checkTexts("filter", f.Pools...),
	)
}

// Allocations returns the allocations that f chooses, and how many it would
// choose without offset and limit.
func (s *Service) Allocations(ctx context.Context, f AllocationFilter) ([]Allocation, int, error) {
	if err := f.check(); err != nil {
		return nil, 0, err
	}
	n, err := s.store.CountAllocations(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.store.Allocations(ctx, f)
	return list, n, err
}

// Allocation returns one allocation, or ErrNotFound.
func (s *Service) Allocation(ctx context.Context, id AllocationID) (Allocation, error) {
	if !uid.Valid(string(id)) {
		return Allocation{}, ErrNotFound
	}
	list, err := s.store.Allocations(ctx, AllocationFilter{IDs: []AllocationID{id}})
	if err != nil {
		return Allocation{}, err
	}
	if len(list) == 0 {
		return Allocation{}, ErrNotFound
	}
	return list[0], nil
}

// Allocate gives a holder a limit in a pool, with an identifier, a number and
// times of its own and nothing used. It returns ErrNotFound when there is no
// such pool or no allocation to lie within, and ErrConflict when the holder has
// one for the pool and slot. What an allocation lies within may be of another
// pool, which then counts as well, but must be of the same unit; and going
// outwards one never comes back to a pool one has left, which would count
// twice.
func (s *Service) Allocate(ctx context.Context, a Allocation) (Allocation, error) {
	a.ID, a.Num, a.Use, a.Held = AllocationID(uid.New()), 0, 0, 0
	if err := a.check(); err != nil {
		return Allocation{}, err
	}
	a.Created = s.clock()
	a.Updated = a.Created
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		pool, err := s.Pool(ctx, a.Pool)
		if err != nil {
			return err
		}
		outer, err := s.outwards(ctx, a.Within)
		if err != nil {
			return err
		}
		if err := s.fits(ctx, pool.Unit, outer, []Allocation{a}); err != nil {
			return err
		}
		saved, err := s.store.SaveAllocation(ctx, a)
		if err == nil {
			a = saved
		}
		return err
	})
	if err != nil {
		return Allocation{}, err
	}
	return a, nil
}

// UpdateAllocation changes limit, position and what the allocation lies
// within. Holder, slot and pool do not change; identifier, number, counters and
// times are not the caller's, and whatever change does to them is ignored. A
// limit below the use is allowed and refuses growth only. Moved within another
// allocation, it takes its use along, over limits if need be. Change may be
// called more than once, each time with what is stored.
func (s *Service) UpdateAllocation(ctx context.Context, id AllocationID, change func(*Allocation) error) (Allocation, error) {
	if !uid.Valid(string(id)) {
		return Allocation{}, ErrNotFound
	}
	var after Allocation
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		before, _, err := s.store.Add(ctx, id, 0, 0, false)
		if err != nil {
			return err
		}
		a := before
		if err := change(&a); err != nil {
			return err
		}
		a.ID, a.Num, a.Use, a.Held, a.Created = before.ID, before.Num, before.Use, before.Held, before.Created
		switch {
		case a.Holder != before.Holder:
			return invalid("holder", "%s expected, since it does not change", before.Holder)
		case a.Pool != before.Pool:
			return invalid("pool", "%s expected, since it does not change", before.Pool)
		case a.Slot != before.Slot:
			return invalid("slot", "%q expected, since it does not change", before.Slot)
		}
		if err := a.check(); err != nil {
			return err
		}
		if a.Within != before.Within {
			if err := s.move(ctx, before, a.Within); err != nil {
				return err
			}
		}
		a.Updated = s.clock()
		after, err = s.store.SaveAllocation(ctx, a)
		return err
	})
	if err != nil {
		return Allocation{}, err
	}
	return after, nil
}

// Deallocate removes an allocation and the settled reservations in it; the
// ledger stays. It returns ErrInUse while anything is used or held, or another
// allocation lies within.
func (s *Service) Deallocate(ctx context.Context, id AllocationID) error {
	if !uid.Valid(string(id)) {
		return ErrNotFound
	}
	return s.patiently(ctx, func(ctx context.Context, now time.Time) error {
		a, _, err := s.store.Add(ctx, id, 0, 0, false)
		if err != nil {
			return err
		}
		if a.Held > 0 {
			return s.lapsed(ctx, now, "", ErrInUse)
		}
		return s.store.DeleteAllocation(ctx, id)
	})
}

// move takes what an allocation uses and holds out of the allocations around
// it, and counts it in those around its new place. The allocation is locked;
// so are then all that matter, wherefore two moves at once cannot make a circle
// between them.
func (s *Service) move(ctx context.Context, a Allocation, within AllocationID) error {
	inner, err := s.inwards(ctx, a)
	if err != nil {
		return err
	}
	left, err := s.outwards(ctx, a.Within)
	if err != nil {
		return err
	}
	entered, err := s.outwards(ctx, within)
	if err != nil {
		return err
	}
	for _, o := range entered {
		if o.ID == a.ID {
			return invalid("within", "an allocation that does not lie within this one expected")
		}
	}
	pool, err := s.Pool(ctx, a.Pool)
	if err != nil {
		return err
	}
	if err := s.fits(ctx, pool.Unit, entered, inner); err != nil {
		return err
	}
	if a.Use == 0 && a.Held == 0 {
		return nil
	}
	if err := s.carry(ctx, a, left, -a.Use, -a.Held); err != nil {
		return err
	}
	return s.carry(ctx, a, entered, a.Use, a.Held)
}

// carry adds to the counters of the allocations around a, and to those of the
// pools of all of them.
func (s *Service) carry(ctx context.Context, a Allocation, outer []Allocation, use, held int64) error {
	for _, o := range outer {
		if _, _, err := s.store.Add(ctx, o.ID, use, held, false); err != nil {
			return err
		}
	}
	for _, pool := range counted(append([]Allocation{a}, outer...)) {
		if _, _, err := s.store.AddPool(ctx, pool, use+held, false); err != nil {
			return err
		}
	}
	return nil
}

// outwards locks and returns an allocation and those around it, from within
// outwards.
func (s *Service) outwards(ctx context.Context, id AllocationID) ([]Allocation, error) {
	var chain []Allocation
	for id != "" {
		if !uid.Valid(string(id)) {
			return nil, ErrNotFound
		}
		a, _, err := s.store.Add(ctx, id, 0, 0, false)
		if err != nil {
			return nil, err
		}
		chain = append(chain, a)
		id = a.Within
	}
	return chain, nil
}

// inwards returns an allocation and all that lie within it. Who adds one there
// locks it and what is around it first, so that the list holds as long as the
// lock on a does.
func (s *Service) inwards(ctx context.Context, a Allocation) ([]Allocation, error) {
	all := []Allocation{a}
	for i := 0; i < len(all); i++ {
		within, err := s.store.Allocations(ctx, AllocationFilter{Within: all[i].ID})
		if err != nil {
			return nil, err
		}
		all = append(all, within...)
	}
	return all, nil
}

// fits makes sure that the first of the inner allocations may lie within the
// outer ones: all are of one unit, and no pool is come back to.
func (s *Service) fits(ctx context.Context, unit Unit, outer, inner []Allocation) error {
	if len(outer) == 0 {
		return nil
	}
	pool, err := s.Pool(ctx, outer[0].Pool)
	if err != nil {
		return err
	}
	if pool.Unit != unit {
		return invalid("within", "an allocation in %s expected, not in %s", unit, pool.Unit)
	}
	left := map[PoolID]bool{}
	for _, a := range inner {
		left[a.Pool] = true
	}
	at := inner[0].Pool
	left[at] = false
	for _, o := range outer {
		if left[o.Pool] {
			return invalid("within", "an allocation that does not lead back to the pool %s expected", o.Pool)
		}
		if o.Pool != at {
			left[at] = true
			at = o.Pool
		}
	}
	return nil
}

// counted returns the pools in which the use of a chain of allocations counts,
// which is each of theirs, once.
func counted(chain []Allocation) []PoolID {
	pools := make([]PoolID, 0, len(chain))
	for _, a := range chain {
		pools = append(pools, a.Pool)
	}
	return distinct(pools)
}
