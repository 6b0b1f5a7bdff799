package entrepot

import (
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// stats is traffic in all and by day.
type stats struct {
	Total   hits   `json:"total"`
	Details []hits `json:"details"`
}

type hits struct {
	Begin stamp `json:"begin_date,omitzero"`
	End   stamp `json:"end_date,omitzero"`
	Bytes int64 `json:"data_transfer"`
	Hits  int64 `json:"hits"`
}

func statsOf(f offering.TrafficFilter, days []offering.Day, details bool) stats {
	made := stats{Total: hits{Begin: stamp{f.Since}, End: stamp{f.Until}}, Details: []hits{}}
	for i, d := range days {
		end := stamp{d.Day.AddDate(0, 0, 1)}
		if i == 0 && made.Total.Begin.IsZero() {
			made.Total.Begin = stamp{d.Day}
		}
		if i == len(days)-1 && made.Total.End.IsZero() {
			made.Total.End = end
		}
		made.Total.Bytes += d.Bytes
		made.Total.Hits += d.Hits
		if details {
			made.Details = append(made.Details, hits{Begin: stamp{d.Day}, End: end, Bytes: d.Bytes, Hits: d.Hits})
		}
	}
	return made
}

// answerStats reads which days are wanted, sums them up, and answers.
func (c *call) answerStats(f offering.TrafficFilter,
	days func(f offering.TrafficFilter) ([]offering.Day, error),
) (reply, error) {
	for name, target := range map[string]*time.Time{"start": &f.Since, "end": &f.Until} {
		at, err := c.instant(name)
		if err != nil {
			return reply{}, err
		}
		*target = at
	}
	details, err := c.flag("details")
	if err != nil {
		return reply{}, err
	}
	found, err := days(f)
	if err != nil {
		return reply{}, err
	}
	return ok(statsOf(f, found, details == nil || *details)), nil
}

// mine answers the caller's own traffic.
func (l *lens) mine(c *call, f offering.TrafficFilter) (reply, error) {
	return c.answerStats(f, func(f offering.TrafficFilter) ([]offering.Day, error) {
		return l.Offerings.MyTraffic(c.Context(), c.actor, f)
	})
}

// ours answers the traffic of a community's offerings.
func (l *lens) ours(c *call, in workspace.ID, f offering.TrafficFilter) (reply, error) {
	return c.answerStats(f, func(f offering.TrafficFilter) ([]offering.Day, error) {
		return l.Offerings.Traffic(c.Context(), c.actor, in, f)
	})
}

func (l *lens) myStats(c *call) (reply, error) { return l.mine(c, offering.TrafficFilter{}) }

func (l *lens) keyStats(c *call) (reply, error) {
	id, err := c.id("key")
	if err != nil {
		return reply{}, err
	}
	found, err := l.Keys.Key(c.Context(), c.actor, apikey.ID(id))
	if err != nil {
		return reply{}, err
	}
	return l.mine(c, offering.TrafficFilter{Key: string(found.ID)})
}

func (l *lens) heldPermissionStats(c *call) (reply, error) {
	id, err := c.id("permission")
	if err != nil {
		return reply{}, err
	}
	found, err := l.Offerings.HeldPermission(c.Context(), c.actor, offering.PermissionID(id))
	if err != nil {
		return reply{}, err
	}
	return l.mine(c, offering.TrafficFilter{Permission: found.ID})
}

func (l *lens) communityStats(c *call) (reply, error) {
	id, err := c.id("community")
	if err != nil {
		return reply{}, err
	}
	return l.ours(c, workspace.ID(id), offering.TrafficFilter{})
}

func (l *lens) permissionStats(c *call) (reply, error) {
	found, err := l.findPermission(c)
	if err != nil {
		return reply{}, err
	}
	return l.ours(c, found.Workspace, offering.TrafficFilter{Permission: found.ID})
}

func (l *lens) endpointStats(c *call) (reply, error) {
	in, share, err := l.share(c, quota.Endpoint, "endpoint")
	if err != nil {
		return reply{}, err
	}
	return l.ours(c, in.In.ID, offering.TrafficFilter{Endpoint: share.From.ID})
}
