package database_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// TestSweep makes every statement of everything fail in turn: what came of it is
// whole, or is taken back.
func TestSweep(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kind, folder(t, t.TempDir()))
			for _, deed := range deeds() {
				if kind.Name == "sqlite" || deed.name == "create project" || deed.name == "delete" {
					w.alone(func() { sweep(w, deed) })
				}
			}
		})
	}
}

func sweep(w *world, deed deed) {
	deed.prepare(w)
	for n := int64(1); ; n++ {
		if n > 1000 {
			w.Fatalf("%s has no end of statements", deed.name)
		}
		w.OK(w.Rights.Warm(w.Context(), rbac.Root))
		w.Fault.Set(n)
		err := deed.do(w.Context(), w)
		seen := w.Fault.Clear()
		what := fmt.Sprintf("%s, when statement %d fails (%v)", deed.name, n, err)
		w.OK(w.dbs.Reconcile(w.Context()))
		w.consistent()
		done, undone := deed.done(w), deed.undone(w)
		switch {
		case seen < n:
			w.OK(err)
			w.OK(done)
			return
		case err == nil && done != nil:
			w.Fatalf("%s: nobody noticed", what)
		case done != nil && undone != nil, w.Failed():
			w.Fatalf("%s: neither %v, nor %v", what, done, undone)
		case done == nil:
			deed.undo(w)
		}
	}
}

// What is one unit of work is kept whole or not at all.
func TestSweepUnits(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		p, q := w.project("p", ""), w.project("q", "a")
		w.OK(w.Rights.Warm(w.Context(), p.Num))
		w.OK(w.Rights.Warm(w.Context(), q.Num))
		w.Sweep(func(ctx context.Context) error { return w.dbs.SetDatabase(ctx, w.manager, p.ID, "a") })
		w.Sweep(func(ctx context.Context) error { return w.dbs.SetDatabase(ctx, w.manager, p.ID, "") })
		w.Sweep(func(ctx context.Context) error {
			_, _, err := w.dbs.CreateProject(ctx, w.manager, database.ProjectDraft{Workspace: w.draft("new"), Existing: "a"})
			return err
		})
		w.Sweep(func(ctx context.Context) error { _, _, err := w.dbs.Access(ctx, w.manager, q.ID); return err })
		w.Sweep(func(ctx context.Context) error { _, _, err := w.dbs.EndSessions(ctx, w.manager, "a"); return err })
		w.fill("a", 500)
		w.Sweep(w.dbs.Measure)
		w.consistent()
		list, err := w.DB.Workspaces().Workspaces(w.Context(), workspace.Filter{Organization: w.owner.ID})
		w.OK(err)
		if !slices.ContainsFunc(list, func(p workspace.Workspace) bool { return p.TechnicalName == "new" && p.Project.Database != "" }) {
			w.Errorf("there are %+v", list)
		}
	})
}
