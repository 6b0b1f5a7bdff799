package workspace

import (
	"context"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// The pools that every database has.
const (
	poolKeys      quota.PoolID = "00000000-0000-7000-8000-000000000020"
	poolDocuments quota.PoolID = "00000000-0000-7000-8000-000000000021"
	poolUploads   quota.PoolID = "00000000-0000-7000-8000-000000000022"
)

// DatabasesPool is the pool, and SlotDatabases the slot, of what an organization
// may take up with the real databases of its projects. Its share, held in the name
// of its ID, is made with [Organization.DatabasesQuota] as the limit by package
// workspace/database when the first database comes, with the organization locked;
// from then on this package keeps the limit in step.
const (
	DatabasesPool quota.PoolID = "00000000-0000-7000-8000-000000000028"
	SlotDatabases string       = "databases"
)

// An allowance is a share that somebody has without a datastore.
type allowance struct {
	pool  quota.PoolID
	slot  string
	field string
}

// userAllowances returns what users have: keys, then documents.
func userAllowances() []allowance {
	return []allowance{{poolKeys, "keys", "keys_quota"}, {poolDocuments, "documents", "documents_quota"}}
}

// of returns the share of a holder.
func (q allowance) of(holder string, limit int64) quota.Allocation {
	return quota.Allocation{Pool: q.pool, Holder: quota.Holder(holder), Slot: q.slot, Limit: limit}
}

// initial returns what a new user may have.
func (s *Service) initial(q allowance) int64 {
	if q.pool == poolKeys {
		return s.keysQuota
	}
	return s.documentsQuota
}

// allowances returns what a user has, in the order of userAllowances. What he
// was never given is a share of nothing, without ID.
func (s *Service) allowances(ctx context.Context, id UserID) ([]quota.Allocation, error) {
	held, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{
		Holders: []quota.Holder{quota.Holder(id)}, Pools: []quota.PoolID{poolKeys, poolDocuments},
	})
	if err != nil {
		return nil, err
	}
	var list []quota.Allocation
	for _, q := range userAllowances() {
		i := slices.IndexFunc(held, func(a quota.Allocation) bool { return a.Pool == q.pool && a.Slot == q.slot })
		if i < 0 {
			list = append(list, q.of(string(id), 0))
			continue
		}
		list = append(list, held[i])
	}
	return list, nil
}

// UserQuotas returns what a user may have, and has, of keys and of documents.
// Everybody may see his own; others' needs [ManageUsers].
func (s *Service) UserQuotas(ctx context.Context, actor Actor, id UserID) (keys, documents quota.Allocation, err error) {
	if _, err := s.himself(ctx, actor, id); err != nil {
		return quota.Allocation{}, quota.Allocation{}, err
	}
	list, err := s.allowances(ctx, id)
	if err != nil {
		return quota.Allocation{}, quota.Allocation{}, err
	}
	return list[0], list[1], nil
}

// SetUserQuotas sets what a user may have of keys and of bytes of documents;
// nil leaves it. It needs [ManageUsers].
func (s *Service) SetUserQuotas(ctx context.Context, actor Actor, id UserID, keys, documents *int64) error {
	if err := s.require(ctx, actor, rbac.Root, ManageUsers); err != nil {
		return err
	}
	limits := []*int64{keys, documents}
	for i, q := range userAllowances() {
		if limits[i] == nil {
			continue
		}
		if err := amount(q.field, *limits[i]); err != nil {
			return err
		}
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		u, err := s.user(ctx, id)
		if err != nil {
			return err
		}
		held, err := s.allowances(ctx, id)
		if err != nil {
			return err
		}
		set := changes{}
		for i, q := range userAllowances() {
			if limits[i] == nil || held[i].ID != "" && held[i].Limit == *limits[i] {
				continue
			}
			set[q.field] = *limits[i]
			if held[i].ID != "" {
				set[q.field] = became{held[i].Limit, *limits[i]}
			}
			if err := s.allow(ctx, held[i], q.of(string(id), *limits[i])); err != nil {
				return err
			}
		}
		if len(set) == 0 {
			return nil
		}
		return s.record(ctx, actor, u.event("user.set_quotas"), set)
	})
}

// allow changes the limit of a share, or makes it where there is none.
func (s *Service) allow(ctx context.Context, held, wanted quota.Allocation) error {
	if held.ID == "" {
		_, err := s.meter.Allocate(ctx, wanted)
		return err
	}
	_, err := s.meter.UpdateAllocation(ctx, held.ID, func(a *quota.Allocation) error {
		a.Limit = wanted.Limit
		return nil
	})
	return err
}

// organizationUploads is what bounds the uploads of an organization.
func organizationUploads() allowance { return allowance{pool: poolUploads, slot: SlotUploads} }

// uploadsBound returns the share of an organization that uploads of its
// workspaces lie within, without ID where nothing bounds them. The
// organization must be locked.
func (s *Service) uploadsBound(ctx context.Context, id OrganizationID) (quota.Allocation, error) {
	list, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{
		Holders: []quota.Holder{quota.Holder(id)}, Pools: []quota.PoolID{poolUploads}, Slot: SlotUploads,
	})
	if err != nil || len(list) == 0 {
		return quota.Allocation{}, err
	}
	return list[0], nil
}

// lockedBound is like uploadsBound, and locks the organization, so that no
// bound is set or removed meanwhile. Workspaces are locked before
// organizations.
func (s *Service) lockedBound(ctx context.Context, id OrganizationID) (quota.AllocationID, error) {
	if id == "" {
		return "", nil
	}
	if _, err := s.store.LockOrganization(ctx, id); err != nil {
		return "", err
	}
	bound, err := s.uploadsBound(ctx, id)
	return bound.ID, err
}

// setUploads makes the bound of an organization's uploads what its quota says,
// for the workspaces that it has as well. The organization must be locked.
func (s *Service) setUploads(ctx context.Context, before, after Organization) error {
	if before.UploadsQuota == after.UploadsQuota {
		return nil
	}
	bound, err := s.uploadsBound(ctx, after.ID)
	if err != nil {
		return err
	}
	if after.UploadsQuota != quota.NoLimit {
		wanted := organizationUploads().of(string(after.ID), after.UploadsQuota)
		if bound.ID != "" {
			return s.allow(ctx, bound, wanted)
		}
		if bound, err = s.meter.Allocate(ctx, wanted); err != nil {
			return err
		}
		uploads, err := s.uploadsIn(ctx, after.ID)
		if err != nil {
			return err
		}
		return s.bind(ctx, bound.ID, uploads...)
	}
	if bound.ID == "" {
		return nil
	}
	within, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{Within: bound.ID})
	if err != nil {
		return err
	}
	if err := s.bind(ctx, "", within...); err != nil {
		return err
	}
	return inUse(s.meter.Deallocate(ctx, bound.ID), "uploads of the organization")
}

// databases returns the share of an organization that its databases count in,
// without ID where it never had one. The organization must be locked.
func (s *Service) databases(ctx context.Context, id OrganizationID) (quota.Allocation, error) {
	list, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{
		Holders: []quota.Holder{quota.Holder(id)}, Pools: []quota.PoolID{DatabasesPool}, Slot: SlotDatabases,
	})
	if err != nil || len(list) == 0 {
		return quota.Allocation{}, err
	}
	return list[0], nil
}

// setDatabases makes the limit of an organization's databases what its quota
// says, where anything counts in it yet. The organization must be locked.
func (s *Service) setDatabases(ctx context.Context, after Organization) error {
	held, err := s.databases(ctx, after.ID)
	if err != nil || held.ID == "" || held.Limit == after.DatabasesQuota {
		return err
	}
	held.Limit = after.DatabasesQuota
	return s.allow(ctx, held, held)
}

// dropDatabases takes the share of an organization's databases away.
func (s *Service) dropDatabases(ctx context.Context, id OrganizationID) error {
	held, err := s.databases(ctx, id)
	if err != nil || held.ID == "" {
		return err
	}
	return inUse(s.meter.Deallocate(ctx, held.ID), "databases of the organization")
}

// uploadsIn returns what the workspaces of an organization have to deliver
// data to.
func (s *Service) uploadsIn(ctx context.Context, id OrganizationID) ([]quota.Allocation, error) {
	workspaces, err := s.store.Workspaces(ctx, Filter{Organization: id})
	if err != nil || len(workspaces) == 0 {
		return nil, err
	}
	holders := make([]quota.Holder, 0, len(workspaces))
	for _, w := range workspaces {
		holders = append(holders, w.holder())
	}
	list, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{
		Holders: holders, Kind: quota.Storage, Slot: SlotUploads,
	})
	return list, err
}

// bind moves shares within another, or out of where they lie.
func (s *Service) bind(ctx context.Context, within quota.AllocationID, list ...quota.Allocation) error {
	for _, a := range list {
		if a.Within == within {
			continue
		}
		_, err := s.meter.UpdateAllocation(ctx, a.ID, func(a *quota.Allocation) error {
			a.Within = within
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rebind moves the uploads of a workspace to the bound of the organization
// that pays for it now.
func (s *Service) rebind(ctx context.Context, before, after Workspace) error {
	// Both are locked in one order, whichever way a workspace moves.
	for _, id := range distinct([]OrganizationID{before.Organization, after.Organization}) {
		if id == "" {
			continue
		}
		if _, err := s.store.LockOrganization(ctx, id); err != nil {
			return err
		}
	}
	within, err := s.lockedBound(ctx, after.Organization)
	if err != nil {
		return err
	}
	uploads, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{
		Holders: []quota.Holder{after.holder()}, Kind: quota.Storage, Slot: SlotUploads,
	})
	if err != nil {
		return err
	}
	return s.bind(ctx, within, uploads...)
}

// holder is whom the shares of a workspace are given to.
func (w Workspace) holder() quota.Holder { return quota.Holder(w.ID) }
