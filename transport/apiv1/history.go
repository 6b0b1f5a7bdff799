package apiv1

import (
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func historyRoutes() []route {
	return []route{
		get("/workspaces/{workspace}/allocations/{pool}/history", "getAllocationHistory", member(workspace.ReadDatastore), (*lens).shareHistory),
		get("/pools/{pool}/history", "getPoolHistory", platform(workspace.Administer), (*lens).poolHistory),
	}
}

// point is what was used at a moment.
type point struct {
	At  time.Time `json:"at"`
	Use int64     `json:"use"`
}

// historyWire is how a use went.
type historyWire struct {
	Pool   poolReference `json:"pool"`
	Step   string        `json:"step"`
	Limit  *int64        `json:"limit"`
	Points []point       `json:"points"`
}

func historyOf(h workspace.History, step string) historyWire {
	return historyWire{
		Pool: poolReference{ID: h.Pool.ID, Kind: h.Pool.Kind, Name: h.Pool.Name, Unit: h.Pool.Unit}, Step: step, Limit: limitOf(h.Limit),
		Points: all(h.Points, func(p quota.Point) point { return point{At: p.At, Use: p.Use} }),
	}
}

// span reads of when a history is to be, and the name of its step.
func (c *call) span() (workspace.Span, string, error) {
	const hour, day = "hour", "day"
	step, err := c.text("step")
	if err != nil {
		return workspace.Span{}, "", err
	}
	span := workspace.Span{Step: time.Hour}
	if step == "" || step == day {
		step, span.Step = day, 24*time.Hour
	}
	if err := oneOf("step", step, hour, day); err != nil {
		return workspace.Span{}, "", err
	}
	if span.From, err = c.instant("from", false); err != nil {
		return workspace.Span{}, "", err
	}
	span.To, err = c.instant("to", true)
	return span, step, err
}

func (l *lens) shareHistory(c *call) (reply, error) {
	s, err := c.share()
	if err != nil {
		return reply{}, err
	}
	span, step, err := c.span()
	if err != nil {
		return reply{}, err
	}
	h, err := l.Workspaces.ShareHistory(c.Context(), c.actor, s.in, s.pool, s.slot, span)
	if err != nil {
		return reply{}, err
	}
	return ok(historyOf(h, step)), nil
}

func (l *lens) poolHistory(c *call) (reply, error) {
	id, err := c.id("pool")
	if err != nil {
		return reply{}, err
	}
	span, step, err := c.span()
	if err != nil {
		return reply{}, err
	}
	h, err := l.Workspaces.PoolHistory(c.Context(), c.actor, quota.PoolID(id), span)
	if err != nil {
		return reply{}, err
	}
	return ok(historyOf(h, step)), nil
}
