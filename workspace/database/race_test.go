package database_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// However many want a name at once, one gets it, with its project.
func TestOneName(t *testing.T) {
	each(t, func(w *world) {
		w.dbs = w.service(&database.Options{Files: w.files, Patience: 5 * time.Second})
		var all sync.WaitGroup
		var got atomic.Int64
		for i := range 6 {
			draft := database.ProjectDraft{Workspace: w.draft(fmt.Sprintf("p%d", i)), New: &database.Draft{Name: "wanted"}}
			all.Go(func() {
				switch _, _, err := w.dbs.CreateProject(w.Context(), w.manager, draft); {
				case err == nil:
					got.Add(1)
				case !errors.Is(err, database.ErrExists):
					w.Error(err)
				}
			})
		}
		all.Wait()
		w.consistent()
		if got.Load() != 1 || len(w.rows()) != 1 {
			w.Errorf("%d got it, and there are %+v", got.Load(), w.rows())
		}
	})
}

// However many copy at once, what there is room for is not passed.
func TestRoomAtOnce(t *testing.T) {
	each(t, func(w *world) {
		w.database("template")
		w.fill("template", 300)
		w.OK(w.dbs.Measure(w.Context()))
		size := w.used(w.owner)
		w.limit(4 * size)
		w.dbs = w.service(&database.Options{Files: w.files, Patience: 20 * time.Second})
		var all sync.WaitGroup
		var got atomic.Int64
		for i := range 6 {
			all.Go(func() {
				name := database.Name(fmt.Sprintf("copy%d", i))
				_, err := w.dbs.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: name, Template: "template"})
				switch {
				case err == nil:
					got.Add(1)
				case !errors.Is(err, quota.ErrExceeded):
					w.Error(err)
				}
			})
		}
		all.Wait()
		w.consistent()
		if got.Load() == 0 || got.Load() > 3 || w.used(w.owner) > 4*size {
			w.Errorf("%d copies, charged with %d of %d", got.Load(), w.used(w.owner), 4*size)
		}
	})
}

// Two who reconcile at once, and one who deletes, are in nobody's way.
func TestReconcileAtOnce(t *testing.T) {
	each(t, func(w *world) {
		w.dbs = w.service(&database.Options{Files: w.files, Patience: 20 * time.Second})
		for i := range 4 {
			w.database(database.Name(fmt.Sprintf("d%d", i)))
		}
		done := make(chan bool)
		var all, background sync.WaitGroup
		for range 2 {
			other := w.service(nil)
			background.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if err := errors.Join(other.Reconcile(w.Context()), other.Measure(w.Context())); err != nil {
						w.Error(err)
					}
				}
			})
		}
		for i := range 4 {
			name := database.Name(fmt.Sprintf("d%d", i))
			all.Go(func() {
				_, err := w.dbs.MakeBackup(w.Context(), w.manager, name)
				if err != nil {
					w.Error(err)
				}
				if _, err := w.dbs.Rename(w.Context(), w.manager, name, "new-"+name); err != nil {
					w.Error(err)
				}
				if _, _, err := w.dbs.Lock(w.Context(), w.manager, "new-"+name); err != nil {
					w.Error(err)
				}
				if err := w.dbs.Delete(w.Context(), w.manager, "new-"+name); err != nil {
					w.Error(err)
				}
			})
		}
		all.Wait()
		close(done)
		background.Wait()
		w.consistent()
		if len(w.rows()) != 0 || len(w.there()) != 0 {
			w.Errorf("left are %v", w.there())
		}
	})
}
