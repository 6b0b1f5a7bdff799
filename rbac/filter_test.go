package rbac_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/platformtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestFilterInQuery puts what Filter answers into the query of a listing: pages
// are full, totals true, and the rows those that Check allows.
func TestFilterInQuery(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			w := platformtest.New(t, kind)
			rng := rand.New(rand.NewPCG(9, 9))
			all := []workspace.Workspace{w.Publisher, w.Club}
			for i := range 24 {
				all = append(all, w.Workspace(fmt.Sprint("space", i), w.Bob))
			}
			stored := w.DB.Workspaces()
			shown, checked := 0, 0
			for range 4 {
				w.OK(w.DB.Tx(t.Context(), func(ctx context.Context) error {
					for _, space := range all {
						r := rbac.Rule{Node: space.Num, Effect: rbac.Allow, Principal: w.Alice.Principal, Propagate: true}
						switch rng.IntN(4) {
						case 0:
							r.Effect = rbac.Deny
						case 1:
							continue
						case 2:
							r.Scope, r.Permission = workspace.Read.Scope(), workspace.Read.Name()
						}
						if _, err := w.Rights.Grant(ctx, r); err != nil {
							return err
						}
					}
					return nil
				}))
				for _, perm := range []rbac.Permission{workspace.Read, workspace.Update} {
					var want []rbac.Node
					for _, space := range all {
						yes, err := w.Rights.Check(t.Context(), w.Alice.Principal, space.Num, perm, rbac.Latest())
						if w.OK(err); yes {
							want = append(want, space.Num)
						}
					}
					checked += len(all)
					shown += len(want)
					filter, err := w.Rights.Filter(t.Context(), w.Alice.Principal, perm, rbac.Root, "", rbac.Latest())
					w.OK(err)
					const limit = 5
					var got []rbac.Node
					for {
						page, err := stored.Workspaces(t.Context(), workspace.Filter{Nodes: &filter, Offset: len(got), Limit: limit})
						w.OK(err)
						for _, space := range page {
							got = append(got, space.Num)
						}
						if len(page) < limit {
							break
						}
					}
					total, err := stored.CountWorkspaces(t.Context(), workspace.Filter{Nodes: &filter, Limit: limit})
					w.OK(err)
					slices.Sort(got)
					if !slices.Equal(got, want) || total != len(want) {
						t.Fatalf("%s: listed %v, %d in all, want %v", perm, got, total, want)
					}
				}
			}
			if shown < 20 || shown > checked*9/10 {
				t.Errorf("%d of %d workspaces were shown", shown, checked)
			}
		})
	}
}
