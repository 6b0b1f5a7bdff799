package offering_test

import (
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/platformtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// A world is a platform that publishes.
type world struct{ *platformtest.World }

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, kind))
		})
	}
}

func newWorld(t *testing.T, kind dbtest.Kind) *world {
	t.Helper()
	return &world{platformtest.New(t, kind)}
}

// use returns how much of the endpoint the publisher has used.
func (w *world) use() int64 {
	w.Helper()
	list, err := w.DB.Quotas().Allocations(w.Context(), quota.AllocationFilter{Pools: []quota.PoolID{w.Endpoint.ID}})
	w.OK(err)
	return list[0].Use
}

// may wants it to be allowed, or not, to use an offering.
func (w *world) may(who workspace.Actor, on offering.Offering, want bool) {
	w.Helper()
	got, err := w.Rights.Check(w.Context(), who.Principal, on.Num, workspace.UseOffering, rbac.Latest())
	if err != nil || got != want {
		w.Errorf("%s may use %s: %t, %v; want %t", who.Name, on.LayerName, got, err, want)
	}
}
