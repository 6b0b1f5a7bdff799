package offering

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
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

// most bounds what one report may count, so that sums do not overflow.
const most = 1 << 53

// Report counts calls of an offering: what a host that serves it tells, with
// the key and the permission that apikey.Service.Verify named. Hits and bytes
// are at least 0. At is now when zero; Workspace and Endpoint are the
// offering's, whatever is given. It needs [workspace.Broadcast] in the
// offering's workspace. It leaves no trace in the trail, being one itself.
func (s *Service) Report(ctx context.Context, actor workspace.Actor, t Traffic) error {
	w, err := s.home(ctx, actor, t.Offering)
	if err != nil {
		return err
	}
	for _, amount := range []struct {
		field string
		n     int64
	}{{"hits", t.Hits}, {"bytes", t.Bytes}} {
		if amount.n < 0 || amount.n > most {
			return invalid(amount.field, "0 to 9007199254740992")
		}
	}
	// What a key or a permission was is counted also when it is no more.
	for _, name := range []struct{ field, id string }{
		{"key", t.Key}, {"permission", string(t.Permission)}, {"user", string(t.User)},
	} {
		if name.id != "" && !uid.Valid(name.id) {
			return invalid(name.field, "an identifier, or none")
		}
	}
	if t.At.IsZero() {
		t.At = s.clock()
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		o, err := s.store.Offerings(ctx, Filter{IDs: []ID{t.Offering}})
		if err != nil {
			return err
		}
		if len(o) == 0 {
			return ErrNotFound
		}
		t.Workspace, t.Endpoint = w.ID, o[0].Endpoint
		return s.store.AddTraffic(ctx, t)
	})
}

// MyTraffic sums up the actor's own traffic, all of it or that of one key or
// permission.
func (s *Service) MyTraffic(ctx context.Context, actor workspace.Actor, f TrafficFilter) ([]Day, error) {
	me, err := s.workspaces.Me(ctx, actor)
	if err != nil {
		return nil, err
	}
	f.User = me.ID
	return s.store.Days(ctx, f)
}

// Traffic sums up the traffic of a workspace's offerings, all of it or that of
// one endpoint or permission. It needs [workspace.ReadDatastore].
func (s *Service) Traffic(ctx context.Context, actor workspace.Actor, in workspace.ID, f TrafficFilter) ([]Day, error) {
	if _, err := s.authorize(ctx, actor, in, workspace.ReadDatastore); err != nil {
		return nil, err
	}
	// Who called is not the workspace's to know.
	return s.store.Days(ctx, TrafficFilter{
		Workspace: in, Endpoint: f.Endpoint, Permission: f.Permission, Since: f.Since, Until: f.Until,
	})
}
