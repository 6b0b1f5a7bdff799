package offering

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Traffic is what one key (or nobody in particular) called an offering with on
// a day.
type Traffic struct {
	At         time.Time // any time of the day, in UTC
	Offering   ID
	Key        string // the identifier of the key, empty for none
	Permission PermissionID
	User       workspace.UserID
	Workspace  workspace.ID
	Endpoint   quota.PoolID
	Hits       int64
	Bytes      int64
}

// A TrafficFilter chooses traffic. Its zero value chooses all.
type TrafficFilter struct {
	User       workspace.UserID
	Key        string
	Permission PermissionID
	Workspace  workspace.ID
	Endpoint   quota.PoolID
	// Since and Until bound the days, both included, where they are set.
	Since time.Time
	Until time.Time
}

// A Day is the traffic of one day.
type Day struct {
	Day   time.Time // its first instant, in UTC
	Hits  int64
	Bytes int64
}

// Report counts calls of an offering: what a host that serves it tells, with
// the key and the permission that apikey.Service.Verify named. Hits and bytes
// are at least 0. It needs [workspace.Broadcast] in the offering's workspace.
func (s *Service) Report(ctx context.Context, actor workspace.Actor, t Traffic) error {
	panic("unbuilt")
}

// MyTraffic sums up the actor's own traffic, all of it or that of one key or
// permission.
func (s *Service) MyTraffic(ctx context.Context, actor workspace.Actor, f TrafficFilter) ([]Day, error) {
	panic("unbuilt")
}

// Traffic sums up the traffic of a workspace's offerings, all of it or that of
// one endpoint or permission. It needs [workspace.ReadDatastore].
func (s *Service) Traffic(ctx context.Context, actor workspace.Actor, in workspace.ID, f TrafficFilter) ([]Day, error) {
	panic("unbuilt")
}
