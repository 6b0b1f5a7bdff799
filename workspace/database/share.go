package database

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// share returns what the databases of an organization count in, inside a unit of
// work. The first time it is made, with the limit that the organization has.
func (s *Service) share(ctx context.Context, id workspace.OrganizationID) (quota.Allocation, error) {
	held := func() ([]quota.Allocation, error) {
		list, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{
			Holders: []quota.Holder{quota.Holder(id)}, Pools: []quota.PoolID{workspace.DatabasesPool}, Slot: workspace.SlotDatabases,
		})
		return list, err
	}
	list, err := held()
	if err != nil || len(list) > 0 {
		return first(list), err
	}
	o, err := s.store.LockOrganization(ctx, id)
	if err != nil {
		return quota.Allocation{}, err
	}
	// Who held the lock may have made it.
	if list, err = held(); err != nil || len(list) > 0 {
		return first(list), err
	}
	return s.meter.Allocate(ctx, quota.Allocation{
		Pool: workspace.DatabasesPool, Holder: quota.Holder(id), Slot: workspace.SlotDatabases, Limit: o.DatabasesQuota,
	})
}

func first(list []quota.Allocation) quota.Allocation {
	if len(list) == 0 {
		return quota.Allocation{}
	}
	return list[0]
}

// charge takes so many bytes more of an organization's share, or gives some back
// where they are fewer, inside a unit of work.
func (s *Service) charge(ctx context.Context, id workspace.OrganizationID, n int64, why quota.Reason) error {
	if n == 0 {
		return nil
	}
	share, err := s.share(ctx, id)
	if err != nil {
		return err
	}
	if n < 0 {
		return s.meter.Release(ctx, share.ID, -n, why)
	}
	return s.meter.Consume(ctx, share.ID, n, why)
}

func (d Database) reason() quota.Reason { return quota.Reason{Kind: "database", Ref: string(d.ID)} }

func (b Backup) reason() quota.Reason { return quota.Reason{Kind: "backup", Ref: string(b.ID)} }
