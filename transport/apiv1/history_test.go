package apiv1_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// toldHistory is a history as it is answered.
type toldHistory struct {
	Pool struct {
		ID   quota.PoolID `json:"id"`
		Unit string       `json:"unit"`
	} `json:"pool"`
	Step   string `json:"step"`
	Limit  *int64 `json:"limit"`
	Points []struct {
		At  time.Time `json:"at"`
		Use int64     `json:"use"`
	} `json:"points"`
}

func (s *small) history(as *someone, path string) toldHistory {
	s.t.Helper()
	var h toldHistory
	s.must(json.Unmarshal([]byte(s.call(as, get, path, "", 200).text), &h))
	return h
}

// uses are what was used, one after the other.
func (h toldHistory) uses() string {
	var list []string
	for _, p := range h.Points {
		list = append(list, fmt.Sprint(p.Use))
	}
	return strings.Join(list, " ")
}

// TestHistory has something used and given back in some days.
func TestHistory(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		ctx := t.Context()
		pool := s.pool("files")
		share, err := s.services.Workspaces.Allot(ctx, root(), s.here.ID, pool.ID, "", 50)
		s.must(err)
		elsewhere := s.workspace("elsewhere", "", s.boss)
		other, err := s.services.Workspaces.Allot(ctx, root(), elsewhere.ID, pool.ID, "", quota.NoLimit)
		s.must(err)
		at := func(day, hour int) { s.clock.Store(time.Date(2026, 5, day, hour, 0, 0, 0, time.UTC).UnixMicro()) }
		use := func(id quota.AllocationID, n int64) {
			t.Helper()
			if n < 0 {
				s.must(s.services.Quotas.Release(ctx, id, -n, quota.Reason{}))
				return
			}
			s.must(s.services.Quotas.Consume(ctx, id, n, quota.Reason{}))
		}
		at(10, 0)
		use(share.ID, 5)
		at(10, 6)
		use(share.ID, 7)
		use(other.ID, 100)
		at(12, 0)
		use(share.ID, -4)
		at(12, 9)
		_, err = s.services.Quotas.Reserve(ctx, share.ID, 3, uid.New(), time.Hour, quota.Reason{})
		s.must(err)
		ours, whole := s.at("/allocations/"+string(pool.ID)+"/history"), "/pools/"+string(pool.ID)+"/history"

		h := s.history(s.boss, ours)
		if len(h.Points) != 32 || h.Step != "day" || *h.Limit != 50 || h.Pool.ID != pool.ID || h.Pool.Unit != "count" ||
			!h.Points[0].At.Equal(time.Date(2026, 4, 12, 0, 0, 0, 0, time.UTC)) || !h.Points[31].At.Equal(s.services.Now()) {
			t.Errorf("%+v", h)
		}
		if hours := s.history(s.boss, ours+"?step=hour"); len(hours.Points) != 7*24+1 || hours.Step != "hour" {
			t.Errorf("%+v", hours)
		}
		for query, want := range map[string]string{
			"?from=2026-05-09":                                             "0 5 12 8 8",
			"?from=2026-05-09T18:00:00Z":                                   "0 5 12 8 8",
			"?from=2026-05-09&to=2026-05-11":                               "0 5 12 8",
			"?from=2026-05-09&to=2026-05-10":                               "0 5 12",
			"?from=2026-05-09&to=2026-05-10T06:00:00Z":                     "0 5 12",
			"?from=2026-05-09&to=2026-05-10T05:59:59Z":                     "0 5 5",
			"?from=2026-05-10T04:00:00Z&to=2026-05-10T08:00:00Z&step=hour": "5 5 12 12 12",
			"?from=2026-05-10&to=2099-01-01":                               "5 12 8 8",
			"?from=2026-05-12":                                             "8 8",
		} {
			if got := s.history(s.boss, ours+query).uses(); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		if h := s.history(s.admin, whole+"?from=2026-05-09"); h.uses() != "0 5 112 108 108" || h.Limit != nil {
			t.Errorf("%+v", h)
		}
		for query, field := range map[string]string{
			"?step=week": "step", "?step=hour&from=2026-04-20": "step", "?from=2024-01-01": "step", "?from=x": "from", "?to=x": "to",
			"?from=2026-05-13": "from", "?from=2026-05-10&to=2026-05-09": "from", "?from=2026-05-10T00:00:00Z&to=2026-05-10T00:00:00Z": "from",
		} {
			s.refused(s.boss, get, ours+query, "", 400, "invalid", field)
			s.refused(s.admin, get, whole+query, "", 400, "invalid", field)
		}
		s.refused(s.boss, get, ours+"?slot=data", "", 404, "not_found", "")
		s.refused(s.boss, get, s.at("/allocations/"+uid.New()+"/history"), "", 404, "not_found", "")
		s.refused(s.boss, get, whole, "", 403, "forbidden", "")
		s.refused(s.admin, get, "/pools/"+uid.New()+"/history", "", 404, "not_found", "")
		reader := s.user("reader", false)
		s.refused(reader, get, ours, "", 404, "not_found", "")
		s.join(s.here.ID, reader, workspace.RoleViewer)
		s.call(reader, get, s.at("/allocations"), "", 200)
		s.call(reader, get, ours, "", 200)
		s.join(s.here.ID, reader)
		list := s.ask(ctx, sent{as: reader, method: get, path: s.at("/allocations")}).status
		s.call(reader, get, ours, "", list) // who may read the one may read the other
	})
}
