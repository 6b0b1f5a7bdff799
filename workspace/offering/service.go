package offering

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Register publishes an offering of a workspace on an endpoint that it was
// given, and takes one unit of that allocation. Of what is given it takes
// Workspace, Endpoint, LayerName, Open, Status (Published when empty),
// Available and URLs. It needs [workspace.Broadcast], and returns an
// *quota.ExceededError when the allocation is used up, and a
// *workspace.InvalidError for "endpoint" when there is none.
func (s *Service) Register(ctx context.Context, actor workspace.Actor, o Offering) (Offering, error) {
	w, err := s.authorize(ctx, actor, o.Workspace, workspace.Broadcast)
	if err != nil {
		return Offering{}, err
	}
	share, err := s.share(ctx, actor, w, o.Endpoint)
	if err != nil {
		return Offering{}, err
	}
	now := s.clock()
	made := Offering{
		ID: ID(uid.New()), Workspace: w.ID, Endpoint: share.Pool, Allocation: share.ID, Type: share.From.Type,
		LayerName: o.LayerName, Status: o.Status, Open: o.Open, Available: o.Available, URLs: slices.Clone(o.URLs),
		Created: now, Updated: now,
	}
	if made.Status == "" {
		made.Status = Published
	}
	if err := made.check(); err != nil {
		return Offering{}, err
	}
	var added Offering
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		var err error
		if added, err = s.store.AddOffering(ctx, made); err != nil {
			return err
		}
		if err := s.meter.Consume(ctx, added.Allocation, 1, added.reason()); err != nil {
			return err
		}
		if added.Open {
			if err := s.allow(ctx, rbac.Everyone, []Offering{added}, time.Time{}, "open"); err != nil {
				return err
			}
		}
		return s.record(ctx, actor, "offering.register", w.Workspace, added.object(), nil, map[string]any{
			"type": added.Type, "endpoint": added.Endpoint, "open": added.Open, "status": added.Status,
		})
	})
	return added, err
}

// Update changes status, availability and addresses of an offering, and
// nothing else. It needs [workspace.Broadcast].
func (s *Service) Update(ctx context.Context, actor workspace.Actor, id ID, change func(*Offering) error) (Offering, error) {
	w, err := s.home(ctx, actor, id)
	if err != nil {
		return Offering{}, err
	}
	var o Offering
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		var err error
		if o, err = s.locked(ctx, id); err != nil {
			return err
		}
		before := map[string]any{"status": o.Status, "available": o.Available}
		asked := o
		asked.URLs = slices.Clone(o.URLs)
		if err := change(&asked); err != nil {
			return err
		}
		o.Status, o.Available, o.URLs, o.Updated = asked.Status, asked.Available, slices.Clone(asked.URLs), s.clock()
		if err := o.check(); err != nil {
			return err
		}
		if err := s.store.SaveOffering(ctx, o); err != nil {
			return err
		}
		return s.record(ctx, actor, "offering.update", w.Workspace, o.object(), before, map[string]any{
			"status": o.Status, "available": o.Available,
		})
	})
	if err != nil {
		return Offering{}, err
	}
	return o, nil
}

// Withdraw takes an offering away, with its place in permissions, and with the
// permissions that were for nothing else, and gives its unit back. It needs
// [workspace.Broadcast].
func (s *Service) Withdraw(ctx context.Context, actor workspace.Actor, id ID) error {
	w, err := s.home(ctx, actor, id)
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		o, err := s.locked(ctx, id)
		if err != nil {
			return err
		}
		permissions, err := s.store.Permissions(ctx, PermissionFilter{Offering: id, Lock: true})
		if err != nil {
			return err
		}
		if err := s.store.DeleteOffering(ctx, id); err != nil {
			return err
		}
		for _, p := range permissions {
			if len(p.Offerings) > 1 {
				continue
			}
			if err := s.remove(ctx, actor, "permission.revoke", w.Workspace, p); err != nil {
				return err
			}
		}
		if err := s.meter.Release(ctx, o.Allocation, 1, o.reason()); err != nil {
			return err
		}
		return s.record(ctx, actor, "offering.withdraw", w.Workspace, o.object(), map[string]any{
			"type": o.Type, "endpoint": o.Endpoint, "open": o.Open, "status": o.Status, "available": o.Available,
		}, map[string]any{"type": o.Type, "endpoint": o.Endpoint})
	})
}

// Offerings lists the offerings of a workspace. It needs
// [workspace.ReadDatastore].
func (s *Service) Offerings(ctx context.Context, actor workspace.Actor, in workspace.ID, f Filter) ([]Offering, int, error) {
	if _, err := s.authorize(ctx, actor, in, workspace.ReadDatastore); err != nil {
		return nil, 0, err
	}
	f.Workspace, f.Lock = in, false
	list, err := s.store.Offerings(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	n, err := s.store.CountOfferings(ctx, f)
	return list, n, err
}

// clock returns the time as it is kept.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// authorize returns a workspace to who holds a permission there.
func (s *Service) authorize(ctx context.Context, actor workspace.Actor, in workspace.ID, perm rbac.Permission) (workspace.Details, error) {
	w, err := s.workspaces.Workspace(ctx, actor, in)
	if err != nil {
		return workspace.Details{}, err
	}
	if err := s.rights.Require(ctx, actor.Principal, w.Num, perm, rbac.Latest()); err != nil {
		return workspace.Details{}, err
	}
	return w, nil
}

// home returns the workspace of an offering to who may broadcast there.
func (s *Service) home(ctx context.Context, actor workspace.Actor, id ID) (workspace.Details, error) {
	list, err := s.store.Offerings(ctx, Filter{IDs: []ID{id}})
	if err != nil {
		return workspace.Details{}, err
	}
	if len(list) == 0 {
		return workspace.Details{}, ErrNotFound
	}
	w, err := s.authorize(ctx, actor, list[0].Workspace, workspace.Broadcast)
	if errors.Is(err, workspace.ErrNotFound) {
		return workspace.Details{}, ErrNotFound
	}
	return w, err
}

// locked returns an offering that nobody else can change or permit.
func (s *Service) locked(ctx context.Context, id ID) (Offering, error) {
	list, err := s.store.Offerings(ctx, Filter{IDs: []ID{id}, Lock: true})
	if err != nil {
		return Offering{}, err
	}
	if len(list) == 0 {
		return Offering{}, ErrNotFound
	}
	return list[0], nil
}

// share returns what a workspace was given of an endpoint.
func (s *Service) share(ctx context.Context, actor workspace.Actor, w workspace.Details, endpoint quota.PoolID) (workspace.Share, error) {
	missing := invalid("endpoint", "an endpoint that the workspace was given")
	if w.Datastore == "" {
		return workspace.Share{}, missing
	}
	d, err := s.workspaces.Datastore(ctx, actor, w.Datastore)
	if err != nil {
		return workspace.Share{}, err
	}
	for _, share := range d.Shares {
		if share.Pool == endpoint && share.From.Kind == quota.Endpoint {
			return share, nil
		}
	}
	return workspace.Share{}, missing
}

// allow lets a principal use offerings.
func (s *Service) allow(ctx context.Context, who rbac.Principal, offerings []Offering, until time.Time, origin string) error {
	for _, o := range offerings {
		_, err := s.rights.Grant(ctx, rbac.Rule{
			Node: o.Num, Effect: rbac.Allow, Principal: who,
			Scope: workspace.UseOffering.Scope(), Permission: workspace.UseOffering.Name(),
			Expires: until, Origin: origin,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (o Offering) reason() quota.Reason { return quota.Reason{Kind: "offering", Ref: string(o.ID)} }

func (o Offering) object() audit.Object {
	return audit.Object{Kind: "offering", ID: string(o.ID), Name: o.LayerName}
}

// record appends an event to the trail, in the unit of work that ctx is in:
// what was there before, nil for nothing, and what is there now.
func (s *Service) record(
	ctx context.Context, actor workspace.Actor, action string, in workspace.Workspace, object audit.Object,
	before, detail map[string]any,
) error {
	e := actor.Signs(audit.Event{
		ID: audit.EventID(uid.New()), At: s.clock(), Action: action,
		Workspace: string(in.ID), Organization: string(in.Organization), Object: object,
	})
	var err error
	if e.Detail, err = audit.Detail(detail); err != nil {
		return fmt.Errorf("offering: detail of %s: %w", action, err)
	}
	if before != nil {
		if e.Before, err = json.Marshal(before); err != nil {
			return fmt.Errorf("offering: what was before %s: %w", action, err)
		}
	}
	return s.trail.Append(ctx, e)
}
