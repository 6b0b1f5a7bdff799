package apiv1

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func allocationRoutes() []route {
	give := above(workspace.Allocate)
	return []route{
		get("/users/{user}/allocations", "listUserAllocations", self(), (*lens).userAllocations),
		put("/users/{user}/allocations/{pool}", "putUserAllocation", platform(workspace.ManageUsers), (*lens).putUserAllocation),
		get("/workspaces/{workspace}/allocations", "listAllocations", member(workspace.ReadDatastore), (*lens).allocations),
		put("/workspaces/{workspace}/allocations/{pool}", "putAllocation", give, (*lens).putAllocation),
		remove("/workspaces/{workspace}/allocations/{pool}", "removeAllocation", give, (*lens).removeAllocation),
	}
}

// poolReference is a facility by name.
type poolReference struct {
	ID   quota.PoolID `json:"id"`
	Kind quota.Kind   `json:"kind"`
	Name string       `json:"name"`
	Unit quota.Unit   `json:"unit"`
}

// allocationWire is a share of a facility.
type allocationWire struct {
	ID      quota.AllocationID `json:"id,omitzero"`
	Num     int64              `json:"num,omitzero"`
	Pool    poolReference      `json:"pool"`
	Slot    string             `json:"slot"`
	Limit   *int64             `json:"limit"`
	Use     int64              `json:"use"`
	Held    int64              `json:"held"`
	Created time.Time          `json:"created,omitzero"`
	Updated time.Time          `json:"updated,omitzero"`
}

func (allocationWire) readings() []string { return []string{"use", "held"} }

func allocationOf(s workspace.Share) allocationWire {
	return allocationWire{
		ID: s.ID, Num: s.Num, Pool: poolReference{ID: s.From.ID, Kind: s.From.Kind, Name: s.From.Name, Unit: s.From.Unit},
		Slot: s.Slot, Limit: limitOf(s.Limit), Use: s.Use, Held: s.Held, Created: s.Created, Updated: s.Updated,
	}
}

// allocationColumns are what shares can be put in order by.
func allocationColumns() []column[allocationWire] {
	return []column[allocationWire]{
		{name: byCreation, number: func(a allocationWire) int64 { return a.Created.UnixMicro() }},
		{name: "pool", text: func(a allocationWire) string { return strings.ToLower(a.Pool.Name) }},
		{name: "kind", text: func(a allocationWire) string { return string(a.Pool.Kind) }},
		{name: "use", number: func(a allocationWire) int64 { return a.Use }},
		{name: "limit", number: func(a allocationWire) int64 {
			if a.Limit == nil {
				return math.MaxInt64 // none is more than any
			}
			return *a.Limit
		}},
	}
}

// allocationPut is what a share is to be.
type allocationPut struct {
	Limit opt[int64] `json:"limit"`
}

func (c *call) limit() (int64, error) {
	var body allocationPut
	if err := c.read(&body); err != nil {
		return 0, err
	}
	if !body.Limit.given {
		return 0, invalid("limit", "a limit, or null for none")
	}
	var limit int64
	setLimit(body.Limit, &limit)
	return limit, nil
}

// sharesOf returns what a user may have, keys before documents.
func (l *lens) sharesOf(ctx context.Context, c *call, of workspace.UserID) ([]workspace.Share, error) {
	keys, documents, err := l.Workspaces.UserQuotas(ctx, c.actor, of)
	if err != nil {
		return nil, err
	}
	var list []workspace.Share
	for _, a := range []quota.Allocation{keys, documents} {
		from, err := l.Quotas.Pool(ctx, a.Pool)
		if err != nil {
			return nil, err
		}
		list = append(list, workspace.Share{Allocation: a, From: from})
	}
	return list, nil
}

func (l *lens) userAllocations(c *call) (reply, error) {
	id, err := c.id("user")
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(names(allocationColumns())...)
	if err != nil {
		return reply{}, err
	}
	list, err := l.sharesOf(c.Context(), c, workspace.UserID(id))
	if err != nil {
		return reply{}, err
	}
	return cut(p, all(list, allocationOf), allocationColumns(), func(a allocationWire) int64 { return a.Num })
}

func (l *lens) putUserAllocation(c *call) (reply, error) {
	id, pool, err := c.ids("user", "pool")
	if err != nil {
		return reply{}, err
	}
	limit, err := c.limit()
	if err != nil {
		return reply{}, err
	}
	of := workspace.UserID(id)
	var now allocationWire
	err = l.Workspaces.HoldUsers(c.Context(), c.actor, func(ctx context.Context) error {
		was, err := l.sharesOf(ctx, c, of)
		if err != nil {
			return err
		}
		at := 0
		for at < len(was) && was[at].From.ID != quota.PoolID(pool) {
			at++
		}
		if at == len(was) {
			return workspace.ErrNotFound
		}
		if err := c.current(allocationOf(was[at])); err != nil {
			return err
		}
		limits := make([]*int64, len(was))
		limits[at] = &limit
		if err := l.Workspaces.SetUserQuotas(ctx, c.actor, of, limits[0], limits[1]); err != nil {
			return err
		}
		is, err := l.sharesOf(ctx, c, of)
		if err != nil {
			return err
		}
		now = allocationOf(is[at])
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return shown(now), nil
}

func (l *lens) allocations(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	p, err := c.page(names(allocationColumns())...)
	if err != nil {
		return reply{}, err
	}
	list, err := l.Workspaces.Shares(c.Context(), c.actor, workspace.ID(id))
	if err != nil {
		return reply{}, err
	}
	return cut(p, all(list, allocationOf), allocationColumns(), func(a allocationWire) int64 { return a.Num })
}

// share is which share a path names.
type share struct {
	in   workspace.ID
	pool quota.PoolID
	slot string
}

func (c *call) share() (share, error) {
	id, pool, err := c.ids("workspace", "pool")
	if err != nil {
		return share{}, err
	}
	slot, err := c.text("slot")
	return share{in: workspace.ID(id), pool: quota.PoolID(pool), slot: slot}, err
}

// shareOf returns a share that a workspace has.
func (l *lens) shareOf(ctx context.Context, c *call, s share) (allocationWire, bool, error) {
	list, err := l.Workspaces.Shares(ctx, c.actor, s.in)
	if err != nil {
		return allocationWire{}, false, err
	}
	for _, is := range list {
		if is.Pool == s.pool && is.Slot == s.slot {
			return allocationOf(is), true, nil
		}
	}
	return allocationWire{}, false, nil
}

func (l *lens) putAllocation(c *call) (reply, error) {
	s, err := c.share()
	if err != nil {
		return reply{}, err
	}
	limit, err := c.limit()
	if err != nil {
		return reply{}, err
	}
	var now workspace.Share
	err = l.heldWorkspace(c, s.in, func(ctx context.Context) error {
		was, there, err := l.shareOf(ctx, c, s)
		if err != nil {
			return err
		}
		if !there {
			return c.absent()
		}
		return c.current(was)
	}, func(ctx context.Context) (err error) {
		now, err = l.Workspaces.Allot(ctx, c.actor, s.in, s.pool, s.slot, limit)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	return shown(allocationOf(now)), nil
}

func (l *lens) removeAllocation(c *call) (reply, error) {
	s, err := c.share()
	if err != nil {
		return reply{}, err
	}
	var was allocationWire
	err = l.heldWorkspace(c, s.in, func(ctx context.Context) error {
		is, there, err := l.shareOf(ctx, c, s)
		if err != nil || !there {
			return err // that there is none is told by who takes it away
		}
		was = is
		return c.current(was)
	}, func(ctx context.Context) error { return l.Workspaces.Withdraw(ctx, c.actor, s.in, s.pool, s.slot) })
	return gone(c, was), err
}
