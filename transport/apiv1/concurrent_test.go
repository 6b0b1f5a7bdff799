package apiv1_test

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestAtOnce has several people call every operation at the same time, each in
// an order of his own, on things that they share, and take them away in the end.
// Whatever comes first, the server fails for nobody; what the race detector sees
// of the lens, it sees here.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string, db *storage.DB) {
		t.Helper()
		m := newMatrix(t, address, db)
		var callers []*persona
		for _, p := range m.personas {
			works := p.supervisor || slices.Contains([]rbac.RoleName{workspace.RoleAdministrator, workspace.RoleEditor}, p.role)
			if p.platform || works && !p.home.closed {
				callers = append(callers, p)
			}
		}
		var kind [6]atomic.Int64
		call := func(which func(apiv1.Route) bool) {
			var group sync.WaitGroup
			for i, p := range callers {
				var calls []sent
				for _, route := range apiv1.Routes() {
					if which(route) {
						v := [2]string{own, own}
						calls = append(calls, sent{as: p.someone, method: route.Method, path: m.path(route, p, v), body: m.body(route, p, v)})
					}
				}
				rand.New(rand.NewPCG(7, uint64(i))).Shuffle(len(calls), func(a, b int) { calls[a], calls[b] = calls[b], calls[a] })
				group.Go(func() {
					for _, s := range calls {
						a := m.ask(t.Context(), s)
						kind[a.status/100].Add(1)
						if a.status >= http.StatusInternalServerError {
							t.Errorf("%s %s as %s: %d %s", s.method, s.path, p.name, a.status, a.text)
						}
					}
				})
			}
			group.Wait()
		}
		ends := func(r apiv1.Route) bool {
			return r.Method == http.MethodDelete || strings.HasPrefix(r.Operation, "depart") || strings.HasPrefix(r.Operation, "deactivate")
		}
		call(func(r apiv1.Route) bool { return !ends(r) })
		if done := kind[2].Load(); done < 500 {
			t.Errorf("only %d calls succeeded", done)
		}
		call(ends)
		t.Logf("%d people: %d calls succeeded, %d were refused", len(callers), kind[2].Load(), kind[4].Load())
	})
}
