package workspace

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Pools lists the shared facilities, and how many there are. It needs
// [Administer].
func (s *Service) Pools(ctx context.Context, actor Actor, f quota.PoolFilter) ([]quota.Pool, int, error) {
	if err := s.require(ctx, actor, rbac.Root, Administer); err != nil {
		return nil, 0, err
	}
	return s.meter.Pools(ctx, f)
}

// Pool returns one. It needs [Administer].
func (s *Service) Pool(ctx context.Context, actor Actor, id quota.PoolID) (quota.Pool, error) {
	if err := s.require(ctx, actor, rbac.Root, Administer); err != nil {
		return quota.Pool{}, err
	}
	list, _, err := s.meter.Pools(ctx, quota.PoolFilter{IDs: []quota.PoolID{id}})
	return one(list, err)
}

// CreatePool makes a facility. It needs [ManagePools], and returns a TakenError
// for the technical name.
func (s *Service) CreatePool(ctx context.Context, actor Actor, p quota.Pool) (quota.Pool, error) {
	if err := s.require(ctx, actor, rbac.Root, ManagePools); err != nil {
		return quota.Pool{}, err
	}
	var made quota.Pool
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		var err error
		if made, err = s.meter.CreatePool(ctx, p); err != nil {
			return poolError(err, p)
		}
		return s.record(ctx, actor, poolEvent("pool.create", made), poolDetail(made))
	})
	return made, err
}

// UpdatePool changes a facility. It needs [ManagePools], and returns ErrNotFound
// or a TakenError for the technical name. A change of nothing leaves no trace.
func (s *Service) UpdatePool(ctx context.Context, actor Actor, id quota.PoolID, change func(*quota.Pool) error) (quota.Pool, error) {
	if err := s.require(ctx, actor, rbac.Root, ManagePools); err != nil {
		return quota.Pool{}, err
	}
	var changed quota.Pool
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		var before, wanted quota.Pool
		var err error
		changed, err = s.meter.UpdatePool(ctx, id, func(p *quota.Pool) error {
			before = *p
			before.Labels, before.URLs, before.Details = slices.Clone(p.Labels), slices.Clone(p.URLs), slices.Clone(p.Details)
			if err := change(p); err != nil {
				return err
			}
			wanted = *p
			if reflect.DeepEqual(before, wanted) {
				return errSame
			}
			return nil
		})
		if err != nil {
			changed = wanted
			return poolError(err, wanted)
		}
		return s.record(ctx, actor, poolEvent("pool.update", changed), poolDetail(changed).over(poolDetail(before)))
	})
	if errors.Is(err, errSame) {
		return changed, nil
	}
	return changed, err
}

// errSame ends a unit of work that would change nothing.
var errSame = errors.New("workspace: nothing changed")

// DeletePool deletes a facility that nobody was given. It needs [ManagePools],
// and returns ErrNotFound, or ErrInUse for one that somebody was given or that
// the platform itself needs.
func (s *Service) DeletePool(ctx context.Context, actor Actor, id quota.PoolID) error {
	return s.DeletePoolIf(ctx, actor, id, func(quota.Pool) error { return nil })
}

// DeletePoolIf is like [Service.DeletePool] for a facility that may is asked
// about first, as it is and stays until it is deleted.
func (s *Service) DeletePoolIf(ctx context.Context, actor Actor, id quota.PoolID, may func(quota.Pool) error) error {
	if err := s.require(ctx, actor, rbac.Root, ManagePools); err != nil {
		return err
	}
	switch id {
	case poolKeys, poolDocuments, poolUploads, poolSeats, poolResources, DatabasesPool:
		return fmt.Errorf("%w: the platform needs this facility", ErrInUse)
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		var p quota.Pool
		// A change locks it.
		_, err := s.meter.UpdatePool(ctx, id, func(there *quota.Pool) error {
			p = *there
			return may(p)
		})
		if err != nil {
			return poolError(err, p)
		}
		if err := inUse(s.meter.DeletePool(ctx, id), string(p.Kind)+" "+p.Name+" was given to somebody"); err != nil {
			return poolError(err, p)
		}
		return s.record(ctx, actor, poolEvent("pool.delete", p), poolDetail(p).went())
	})
}

// poolError says in the words of this package what quota refused.
func poolError(err error, p quota.Pool) error {
	switch {
	case errors.Is(err, quota.ErrNotFound):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case errors.Is(err, quota.ErrConflict):
		return &TakenError{Field: fieldTechnicalName, Value: p.TechnicalName}
	}
	return err
}

func poolEvent(action string, p quota.Pool) audit.Event {
	return audit.Event{Action: action, Object: audit.Object{Kind: string(p.Kind), ID: string(p.ID), Name: p.Name}}
}

// poolDetail leaves Details out: a host may keep there how to reach a facility.
func poolDetail(p quota.Pool) changes {
	return changes{
		"type": p.Type, fieldTechnicalName: p.TechnicalName, "unit": p.Unit, "capacity": p.Capacity, "open": p.Open,
	}
}
