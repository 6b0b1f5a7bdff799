package workspace

import (
	"context"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// Shares lists what a workspace was given. It needs [ReadDatastore].
func (s *Service) Shares(ctx context.Context, actor Actor, id ID) ([]Share, error) {
	w, err := s.find(ctx, actor, id, s.on(actor, ReadDatastore))
	if err != nil {
		return nil, err
	}
	return s.shares(ctx, w)
}

// Allot gives a workspace a share of a pool, or changes the limit of the one
// that it has for that slot, and leaves its other shares alone. It needs
// [Allocate], and [ManageWorkspaces] above the workspace. Doing so twice changes
// nothing.
//
// It returns ErrNotFound for a pool that does not exist, and an InvalidError for
// a "slot" that is not one of the pool's kind, and for a "limit" below 0. Of
// uploads and of annexes a workspace has one share each: a second one is a
// TakenError for the slot.
func (s *Service) Allot(ctx context.Context, actor Actor, id ID, pool quota.PoolID, slot string, limit int64) (Share, error) {
	var made Share
	err := s.changeShare(ctx, actor, id, pool, slot, func(ctx context.Context, w Workspace, share Share) error {
		if err := amount("limit", limit); err != nil {
			return err
		}
		made = share
		if share.ID != "" && share.Limit == limit {
			return nil
		}
		if share.ID == "" {
			if err := s.single(ctx, w, slot); err != nil {
				return err
			}
		}
		wanted := share.Allocation
		wanted.Limit = limit
		if share.ID == "" && slot == SlotUploads {
			var err error
			if wanted.Within, err = s.lockedBound(ctx, w.Organization); err != nil {
				return err
			}
		}
		if err := s.allow(ctx, share.Allocation, wanted); err != nil {
			return err
		}
		after, err := s.share(ctx, w, pool, slot)
		if err != nil {
			return err
		}
		made = after
		return s.record(ctx, actor, w.event("workspace.allot"), changes{"pool": pool, "slot": slot, "limit": limit})
	})
	return made, err
}

// single refuses a second share of what a workspace has one of.
func (s *Service) single(ctx context.Context, w Workspace, slot string) error {
	if slot != SlotUploads && slot != SlotAnnexes {
		return nil
	}
	held, err := s.shares(ctx, w)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(held, func(a Share) bool { return a.Slot == slot }) {
		return &TakenError{Field: "slot", Value: slot}
	}
	return nil
}

// Withdraw takes a share away. It needs what [Service.Allot] needs, and returns
// ErrNotFound for a share that the workspace does not have, and ErrInUse while
// anything of it is used.
func (s *Service) Withdraw(ctx context.Context, actor Actor, id ID, pool quota.PoolID, slot string) error {
	return s.changeShare(ctx, actor, id, pool, slot, func(ctx context.Context, w Workspace, share Share) error {
		if share.ID == "" {
			return ErrNotFound
		}
		if err := inUse(s.meter.Deallocate(ctx, share.ID), share.String()); err != nil {
			return err
		}
		return s.record(ctx, actor, w.event("workspace.withdraw"), changes{"pool": pool, "slot": slot})
	})
}

// changeShare runs fn in a unit of work that holds the workspace locked, with
// the share that it has, or one without ID.
func (s *Service) changeShare(
	ctx context.Context, actor Actor, id ID, pool quota.PoolID, slot string,
	fn func(ctx context.Context, w Workspace, share Share) error,
) error {
	return s.change(ctx, actor, id, s.above(actor, Allocate), func(ctx context.Context, w Workspace) error {
		share, err := s.share(ctx, w, pool, slot)
		if err != nil {
			return err
		}
		if share.rank() < 1 || share.From.Kind != quota.Storage && slot != "" {
			return &InvalidError{Field: "slot", Expected: "data, uploads or annexes of a storage, and nothing of other facilities"}
		}
		return fn(ctx, w, share)
	})
}

// share returns what a workspace has of a pool for a slot, without ID where it
// has nothing. It returns ErrNotFound for a pool that does not exist.
func (s *Service) share(ctx context.Context, w Workspace, pool quota.PoolID, slot string) (Share, error) {
	pools, err := s.pools(ctx, []quota.PoolID{pool})
	if err != nil {
		return Share{}, err
	}
	from, ok := pools[pool]
	if !ok {
		return Share{}, ErrNotFound
	}
	held, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{
		Holders: []quota.Holder{w.holder()}, Pools: []quota.PoolID{pool},
	})
	if err != nil {
		return Share{}, err
	}
	i := slices.IndexFunc(held, func(a quota.Allocation) bool { return a.Slot == slot })
	if i >= 0 {
		return Share{Allocation: held[i], From: from}, nil
	}
	return Share{Allocation: quota.Allocation{Pool: pool, Holder: w.holder(), Slot: slot}, From: from}, nil
}
