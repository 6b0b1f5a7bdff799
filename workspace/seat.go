package workspace

import (
	"context"
	"strconv"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// poolSeats is the pool that every database has for seats, and poolResources the
// one for resources, which package resource counts.
const (
	poolSeats     quota.PoolID = "00000000-0000-7000-8000-000000000023"
	poolResources quota.PoolID = "00000000-0000-7000-8000-000000000024"
)

// slotSeats is the slot of a workspace's share of seats.
const slotSeats = "seats"

// Seats are how many users a workspace has and may have. A user who is a member
// himself takes one, and so does each personal invitation while it is pending;
// who is there through a group takes none.
type Seats struct {
	Used    int64
	Pending int64
	// Limit is [quota.NoLimit] where seats are not limited.
	Limit int64
}

// Seats tells how many seats of a workspace are taken. It needs [ReadMembers].
func (s *Service) Seats(ctx context.Context, actor Actor, id ID) (Seats, error) {
	w, err := s.find(ctx, actor, id, s.on(actor, ReadMembers))
	if err != nil {
		return Seats{}, err
	}
	used, err := s.store.CountMembers(ctx, MemberFilter{Workspace: w.ID, Kind: rbac.User})
	if err != nil {
		return Seats{}, err
	}
	pending, err := s.store.CountInvitations(ctx, s.holding(w))
	if err != nil {
		return Seats{}, err
	}
	taken := Seats{Used: int64(used), Pending: int64(pending), Limit: quota.NoLimit}
	share, err := s.seats(ctx, w)
	if share.ID != "" {
		taken.Limit = share.Limit
	}
	return taken, err
}

// holding chooses the invitations that each hold a seat.
func (s *Service) holding(w Workspace) InvitationFilter {
	return InvitationFilter{
		Workspace: w.ID, Kind: Personal, States: []InvitationState{Pending}, At: s.clock(),
	}
}

// SetSeats limits the seats of a workspace, and lifts the limit with nil. A
// limit below what is taken is allowed: nobody is removed, and nobody joins,
// until there is room again. It needs [Allocate] on the platform.
func (s *Service) SetSeats(ctx context.Context, actor Actor, id ID, limit *int64) error {
	may := func(ctx context.Context, w Workspace) error {
		if err := s.authorize(ctx, actor, w.Num, Read, Read); err != nil {
			return err
		}
		return s.require(ctx, actor, rbac.Root, Allocate)
	}
	return s.change(ctx, actor, id, may, func(ctx context.Context, w Workspace) error {
		wanted := quota.NoLimit
		if limit != nil {
			wanted = *limit
		}
		if err := amount("seats", wanted); err != nil {
			return err
		}
		share, err := s.seats(ctx, w)
		if err != nil {
			return err
		}
		unlimited := share.ID == "" || share.Limit == quota.NoLimit
		if unlimited && wanted == quota.NoLimit || !unlimited && share.Limit == wanted {
			return nil
		}
		if share.ID == "" {
			if share, err = s.count(ctx, w); err != nil {
				return err
			}
		}
		_, err = s.meter.UpdateAllocation(ctx, share.ID, func(a *quota.Allocation) error {
			a.Limit = wanted
			return nil
		})
		if err != nil {
			return err
		}
		return s.record(ctx, actor, w.event("workspace.set_seats"), changes{"seats": limit})
	})
}

// seats returns a workspace's share of seats, without ID where they were never
// limited.
func (s *Service) seats(ctx context.Context, w Workspace) (quota.Allocation, error) {
	list, _, err := s.meter.Allocations(ctx, quota.AllocationFilter{
		Holders: []quota.Holder{w.holder()}, Pools: []quota.PoolID{poolSeats}, Slot: slotSeats,
	})
	if err != nil || len(list) == 0 {
		return quota.Allocation{}, err
	}
	return list[0], nil
}

// count begins to count the seats of a workspace, which is locked: it makes a
// share without limit, in which everybody who is there takes his seat, and
// everybody who is invited holds his.
func (s *Service) count(ctx context.Context, w Workspace) (quota.Allocation, error) {
	share, err := s.meter.Allocate(ctx, quota.Allocation{
		Pool: poolSeats, Holder: w.holder(), Slot: slotSeats, Limit: quota.NoLimit,
	})
	if err != nil {
		return share, err
	}
	members, err := s.store.Members(ctx, MemberFilter{Workspace: w.ID, Kind: rbac.User})
	if err != nil {
		return share, err
	}
	for _, m := range members {
		if err := s.meter.Consume(ctx, share.ID, 1, m.reason()); err != nil {
			return share, err
		}
	}
	invited, err := s.store.Invitations(ctx, s.holding(w))
	if err != nil {
		return share, err
	}
	for _, i := range invited {
		t, err := s.store.Ticket(ctx, i.ID)
		if err != nil {
			return share, err
		}
		if t.Hold, err = s.hold(ctx, w, i, t.Version); err != nil {
			return share, err
		}
		if err := s.store.SaveTicket(ctx, i.ID, t); err != nil {
			return share, err
		}
	}
	return share, nil
}

// reason is what a member's seat is taken for.
func (m Member) reason() quota.Reason {
	return quota.Reason{Kind: "member", Ref: strconv.FormatInt(int64(m.Principal), 10)}
}

// seat takes a seat for a new member of a workspace, which is locked.
func (s *Service) seat(ctx context.Context, w Workspace, m Member) error {
	if m.User == "" {
		return nil
	}
	share, err := s.seats(ctx, w)
	if err != nil || share.ID == "" {
		return err
	}
	return s.meter.Consume(ctx, share.ID, 1, m.reason())
}

// vacate gives back the seat of who was a member.
func (s *Service) vacate(ctx context.Context, w Workspace, m Member) error {
	if m.User == "" {
		return nil
	}
	share, err := s.seats(ctx, w)
	if err != nil || share.ID == "" {
		return err
	}
	return s.meter.Release(ctx, share.ID, 1, m.reason())
}

// hold keeps a seat free for who is invited, as long as he can accept. It
// returns nothing where seats are not counted.
func (s *Service) hold(ctx context.Context, w Workspace, i Invitation, version int64) (quota.ReservationID, error) {
	if i.Kind != Personal {
		return "", nil
	}
	share, err := s.seats(ctx, w)
	if err != nil || share.ID == "" {
		return "", err
	}
	key := "invitation/" + string(i.ID) + "/" + strconv.FormatInt(version, 10)
	r, err := s.meter.Reserve(ctx, share.ID, 1, key, i.Expires.Sub(s.clock()), quota.Reason{
		Kind: "invitation", Ref: string(i.ID),
	})
	return r.ID, err
}

// letGo gives back the seat that an invitation held, unless its lease has ended
// and somebody took it.
func (s *Service) letGo(ctx context.Context, t Ticket) error {
	if t.Hold == "" {
		return nil
	}
	r, err := s.meter.Reservation(ctx, t.Hold)
	if err != nil || r.State != quota.Held {
		return err
	}
	return s.meter.Cancel(ctx, t.Hold)
}
