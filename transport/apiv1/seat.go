package apiv1

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func seatRoutes() []route {
	return []route{
		get("/workspaces/{workspace}/seats", "getSeats", member(workspace.ReadMembers), (*lens).seats),
		put("/workspaces/{workspace}/seats", "putSeats", above(workspace.Allocate), (*lens).putSeats),
	}
}

// seatsWire is how many users a workspace has and may have.
type seatsWire struct {
	Used    int64  `json:"used"`
	Pending int64  `json:"pending"`
	Limit   *int64 `json:"limit"`
}

func (seatsWire) readings() []string { return []string{"used", "pending"} }

func (l *lens) seatsOf(ctx context.Context, c *call, in workspace.ID) (seatsWire, error) {
	s, err := l.Workspaces.Seats(ctx, c.actor, in)
	return seatsWire{Used: s.Used, Pending: s.Pending, Limit: limitOf(s.Limit)}, err
}

func (l *lens) seats(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	now, err := l.seatsOf(c.Context(), c, workspace.ID(id))
	if err != nil {
		return reply{}, err
	}
	return shown(now), nil
}

func (l *lens) putSeats(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	limit, err := c.limit()
	if err != nil {
		return reply{}, err
	}
	wanted := &limit
	switch {
	case limit == quota.NoLimit:
		wanted = nil
	case limit < 0:
		return reply{}, invalid("limit", "a limit, or null for none")
	}
	in := workspace.ID(id)
	var now seatsWire
	err = l.heldWorkspace(c, in, func(ctx context.Context) error {
		was, err := l.seatsOf(ctx, c, in)
		if err != nil {
			return err
		}
		return c.current(was)
	}, func(ctx context.Context) (err error) {
		if err := l.Workspaces.SetSeats(ctx, c.actor, in, wanted); err != nil {
			return err
		}
		now, err = l.seatsOf(ctx, c, in)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	return shown(now), nil
}
