package workspace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// A Share is an allocation with the pool that it is of.
type Share struct {
	quota.Allocation

	From quota.Pool
}

// rank orders shares by what they are of; others than those of a datastore
// have none.
func (a Share) rank() int {
	switch a.From.Kind {
	case quota.Storage:
		return 1 + slices.Index([]string{SlotData, SlotUploads, SlotAnnexes}, a.Slot)
	case quota.Endpoint:
		return 4
	case quota.Processing:
		return 5
	case quota.Check:
		return 6
	}
	return 0
}

func (a Share) String() string {
	if a.Slot != "" {
		return fmt.Sprintf("%s %q for %s", a.From.Kind, a.From.Name, a.Slot)
	}
	return fmt.Sprintf("%s %q", a.From.Kind, a.From.Name)
}

// shares returns what a workspace was given, in the order of a [Datastore].
func (s *Service) shares(ctx context.Context, w Workspace) ([]Share, error) {
	held, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{Holders: []quota.Holder{w.holder()}})
	if err != nil {
		return nil, err
	}
	ids := make([]quota.PoolID, 0, len(held))
	for _, a := range held {
		ids = append(ids, a.Pool)
	}
	pools, err := s.pools(ctx, ids)
	if err != nil {
		return nil, err
	}
	var list []Share
	for _, a := range held {
		if share := (Share{Allocation: a, From: pools[a.Pool]}); share.rank() > 0 {
			list = append(list, share)
		}
	}
	slices.SortStableFunc(list, func(a, b Share) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Position, b.Position), cmp.Compare(a.Num, b.Num))
	})
	return list, nil
}

// pools returns pools by identifier.
func (s *Service) pools(ctx context.Context, ids []quota.PoolID) (map[quota.PoolID]quota.Pool, error) {
	byID := map[quota.PoolID]quota.Pool{}
	if len(ids) == 0 {
		return byID, nil
	}
	list, _, err := s.meter.Pools(ctx, quota.PoolFilter{IDs: distinct(ids)})
	for _, p := range list {
		byID[p.ID] = p
	}
	return byID, err
}

// A lot is the shares of one kind and slot that a plan names.
type lot struct {
	kind     quota.Kind
	slot     string
	path     string // "endpoints[%d]"
	portions []Portion
}

// lots returns what a plan names.
func (p Plan) lots() []lot {
	var list []lot
	if p.Data != nil {
		list = append(list, lot{quota.Storage, SlotData, "storages.data[%d]", p.Data})
	}
	if p.Uploads != nil {
		list = append(list, lot{quota.Storage, SlotUploads, "storages.uploads", []Portion{*p.Uploads}})
	}
	if p.Annexes != nil {
		list = append(list, lot{quota.Storage, SlotAnnexes, "storages.annexes", []Portion{*p.Annexes}})
	}
	if p.Endpoints != nil {
		list = append(list, lot{quota.Endpoint, "", "endpoints[%d]", p.Endpoints})
	}
	if p.Processings != nil {
		list = append(list, lot{quota.Processing, "", "processings[%d]", entitlements(p.Processings)})
	}
	if p.Checks != nil {
		list = append(list, lot{quota.Check, "", "checks[%d]", entitlements(p.Checks)})
	}
	return list
}

// entitlements returns portions of what one has or has not.
func entitlements(ids []quota.PoolID) []Portion {
	list := make([]Portion, 0, len(ids))
	for _, id := range ids {
		list = append(list, Portion{Pool: id})
	}
	return list
}

// field names a part of the i-th portion.
func (l lot) field(i int, part string) string {
	path := l.path
	if l.slot == SlotData || l.slot == "" {
		path = fmt.Sprintf(path, i)
	}
	if l.kind == quota.Processing || l.kind == quota.Check {
		return path
	}
	return path + "." + part
}

// name is what the trail calls the lot.
func (l lot) name() string {
	if l.slot != "" {
		return "storages." + l.slot
	}
	return string(l.kind) + "s"
}

// told is how the trail tells of a lot.
func (l lot) told() []map[string]any {
	list := make([]map[string]any, 0, len(l.portions))
	for _, p := range l.portions {
		list = append(list, map[string]any{"pool": p.Pool, "limit": p.Limit})
	}
	return list
}

// of reports whether a share is one of the lot's kind and slot.
func (l lot) of(share Share) bool { return share.From.Kind == l.kind && share.Slot == l.slot }

// held returns the lot as it is among shares, which are in order.
func (l lot) held(shares []Share) lot {
	l.portions = nil
	for _, share := range shares {
		if l.of(share) {
			l.portions = append(l.portions, Portion{Pool: share.Pool, Limit: share.Limit})
		}
	}
	return l
}

// dealt returns what a workspace has of each kind and slot, as the trail tells
// of it.
func dealt(shares []Share) changes {
	list := changes{}
	for _, share := range shares {
		l := lot{kind: share.From.Kind, slot: share.Slot}
		if list[l.name()] == nil {
			list[l.name()] = l.held(shares).told()
		}
	}
	return list
}

// check refuses portions of what is not there, or named twice.
func (l lot) check(pools map[quota.PoolID]quota.Pool) error {
	seen := map[quota.PoolID]bool{}
	for i, p := range l.portions {
		if pool, ok := pools[p.Pool]; !ok || pool.Kind != l.kind {
			return &InvalidError{Field: l.field(i, string(l.kind)), Expected: "the identifier of a " + string(l.kind)}
		}
		if seen[p.Pool] {
			return &InvalidError{Field: l.field(i, string(l.kind)), Expected: "each " + string(l.kind) + " once"}
		}
		seen[p.Pool] = true
		if err := amount(l.field(i, "quota"), p.Limit); err != nil {
			return err
		}
	}
	return nil
}

// distribute makes the shares of a workspace what the lots say, leaves those
// of other kinds and slots alone, and adds what it changed.
func (s *Service) distribute(ctx context.Context, w Workspace, lots []lot, set changes) error {
	var ids []quota.PoolID
	for _, l := range lots {
		for _, p := range l.portions {
			ids = append(ids, p.Pool)
		}
	}
	pools, err := s.pools(ctx, ids)
	if err != nil {
		return err
	}
	for _, l := range lots {
		if err := l.check(pools); err != nil {
			return err
		}
	}
	held, err := s.shares(ctx, w)
	if err != nil {
		return err
	}
	within, err := s.lockedBound(ctx, w.Organization)
	if err != nil {
		return err
	}
	for _, l := range lots {
		changed, err := s.deal(ctx, w, l, held, within)
		if err != nil {
			return err
		}
		if changed {
			set[l.name()] = l.told()
			if had := l.held(held); len(had.portions) > 0 {
				set[l.name()] = became{had.told(), l.told()}
			}
		}
	}
	return nil
}

// deal makes the shares of one lot what it says, and reports whether that
// changed anything.
func (s *Service) deal(
	ctx context.Context, w Workspace, l lot, held []Share, within quota.AllocationID,
) (bool, error) {
	if l.slot != SlotUploads {
		within = ""
	}
	changed := false
	there := map[quota.PoolID]Share{}
	for _, share := range held {
		if !l.of(share) {
			continue
		}
		if !slices.ContainsFunc(l.portions, func(p Portion) bool { return p.Pool == share.Pool }) {
			if err := inUse(s.meter.Deallocate(ctx, share.ID), share.String()); err != nil {
				return false, err
			}
			changed = true
			continue
		}
		there[share.Pool] = share
	}
	for i, p := range l.portions {
		share, ok := there[p.Pool]
		var err error
		switch {
		case !ok:
			_, err = s.meter.Allocate(ctx, quota.Allocation{
				Pool: p.Pool, Holder: w.holder(), Slot: l.slot, Within: within, Limit: p.Limit, Position: i,
			})
		case share.Limit != p.Limit || share.Position != i || share.Within != within:
			_, err = s.meter.UpdateAllocation(ctx, share.ID, func(a *quota.Allocation) error {
				a.Limit, a.Position, a.Within = p.Limit, i, within
				return nil
			})
		default:
			continue
		}
		if err != nil {
			return false, err
		}
		changed = true
	}
	return changed, nil
}

// inUse says of what cannot be taken away what it is.
func inUse(err error, what string) error {
	if errors.Is(err, quota.ErrInUse) {
		return fmt.Errorf("%w: %s", ErrInUse, what)
	}
	return err
}
