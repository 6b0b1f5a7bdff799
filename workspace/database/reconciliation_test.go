package database_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// A deed is something that takes several steps.
type deed struct {
	name string
	// prepare makes what it needs, and undo takes away what it has left when it
	// was done, so that it can be done again.
	prepare func(w *world)
	do      func(ctx context.Context, w *world) error
	// done and undone want the one or the other, whole.
	done, undone func(w *world) error
	undo         func(w *world)
}

// exists returns an error unless a database is known and there, or neither.
func (w *world) exists(name database.Name, want bool) error {
	known := slices.ContainsFunc(w.rows(), func(d database.Database) bool { return d.Name == name })
	if there := slices.Contains(w.there(), name); known != want || there != want {
		return fmt.Errorf("%s is known %t and there %t, want %t", name, known, there, want)
	}
	return nil
}

// uses returns an error unless a project is there and uses a database, or, where
// the name is empty, is not there.
func (w *world) uses(project string, name database.Name) error {
	list, err := w.DB.Workspaces().Workspaces(w.Context(), workspace.Filter{TechnicalName: project})
	if err != nil {
		return err
	}
	if name == "" {
		if len(list) > 0 {
			return fmt.Errorf("there is project %s", project)
		}
		return nil
	}
	if len(list) != 1 {
		return fmt.Errorf("there is no project %s", project)
	}
	for _, d := range w.rows() {
		if d.Name == name && d.ID == list[0].Project.Database {
			return nil
		}
	}
	return fmt.Errorf("project %s uses %s", project, list[0].Project.Database)
}

// depart deletes a project, if there is one.
func (w *world) depart(project string) {
	w.Helper()
	list, err := w.DB.Workspaces().Workspaces(w.Context(), workspace.Filter{TechnicalName: project})
	w.OK(err)
	for _, p := range list {
		_, err := w.Workspaces.Depart(w.Context(), w.Admin, workspace.Departure{Workspace: p.ID}, workspace.Disposal{}, "")
		w.OK(err)
	}
}

func (w *world) delete(name database.Name) {
	w.Helper()
	w.OK(w.dbs.Delete(w.Context(), w.Admin, name))
}

func deeds() []deed {
	template := func(w *world) {
		w.database("template")
		w.fill("template", 20)
	}
	kept := func(w *world) database.BackupName {
		list, _, err := w.dbs.Backups(w.Context(), w.Admin, "template", database.BackupFilter{})
		if err != nil || len(list) == 0 {
			return "" // which is refused
		}
		return list[0].Name
	}
	backups := func(want int) func(w *world) error {
		return func(w *world) error {
			_, n, err := w.dbs.Backups(w.Context(), w.Admin, "", database.BackupFilter{})
			if err == nil && n != want {
				err = fmt.Errorf("%d backups, want %d", n, want)
			}
			return err
		}
	}
	backUp := func(w *world) {
		w.Helper()
		_, err := w.dbs.MakeBackup(w.Context(), w.Admin, "template")
		w.OK(err)
	}
	return []deed{
		{
			name: "create project", prepare: template,
			do: func(ctx context.Context, w *world) error {
				_, _, err := w.dbs.CreateProject(ctx, w.manager, database.ProjectDraft{
					Workspace: w.draft("new"), New: &database.Draft{Name: "new", Template: "template"},
				})
				return err
			},
			done:   func(w *world) error { return errors.Join(w.exists("new", true), w.uses("new", "new")) },
			undone: func(w *world) error { return errors.Join(w.exists("new", false), w.uses("new", "")) },
			undo:   func(w *world) { w.depart("new"); w.delete("new") },
		},
		{
			name: "create and fail", prepare: template,
			do: func(ctx context.Context, w *world) error {
				w.real.fail(func(method string, name database.Name) error {
					if method == "Stats" && name == "new" && slices.Contains(w.there(), "new") {
						return errBroken
					}
					return nil
				})
				defer w.real.fail(nil)
				_, err := w.dbs.Create(ctx, w.manager, w.owner.ID, database.Draft{Name: "new", Template: "template"})
				if errors.Is(err, errBroken) {
					err = nil
				}
				return err
			},
			done:   func(w *world) error { return w.exists("new", false) },
			undone: func(w *world) error { return w.exists("new", false) },
			undo:   func(*world) {},
		},
		{
			name: "rename", prepare: template,
			do: func(ctx context.Context, w *world) error {
				_, err := w.dbs.Rename(ctx, w.manager, "template", "new")
				return err
			},
			done:   func(w *world) error { return errors.Join(w.exists("new", true), w.exists("template", false)) },
			undone: func(w *world) error { return errors.Join(w.exists("new", false), w.exists("template", true)) },
			undo: func(w *world) {
				_, err := w.dbs.Rename(w.Context(), w.manager, "new", "template")
				w.OK(err)
			},
		},
		{
			name: "delete", prepare: func(w *world) { template(w); backUp(w); backUp(w) },
			do:     func(ctx context.Context, w *world) error { return w.dbs.Delete(ctx, w.manager, "template") },
			done:   func(w *world) error { return errors.Join(w.exists("template", false), backups(0)(w)) },
			undone: func(w *world) error { return errors.Join(w.exists("template", true), backups(2)(w)) },
			undo:   func(w *world) { template(w); backUp(w); backUp(w) },
		},
		{
			name: "make backup", prepare: template,
			do: func(ctx context.Context, w *world) error {
				_, err := w.dbs.MakeBackup(ctx, w.manager, "template")
				return err
			},
			done: backups(1), undone: backups(0),
			undo: func(w *world) { w.OK(w.dbs.DeleteBackup(w.Context(), w.Admin, kept(w))) },
		},
		{
			name: "make backup and fail", prepare: template,
			do: func(ctx context.Context, w *world) error {
				w.real.fail(func(method string, _ database.Name) error {
					if method == "Backup" {
						return errBroken
					}
					return nil
				})
				defer w.real.fail(nil)
				_, err := w.dbs.MakeBackup(ctx, w.manager, "template")
				if errors.Is(err, errBroken) {
					err = nil
				}
				return err
			},
			done: backups(0), undone: backups(0), undo: func(*world) {},
		},
		{
			name: "delete backup", prepare: func(w *world) { template(w); backUp(w) },
			do:   func(ctx context.Context, w *world) error { return w.dbs.DeleteBackup(ctx, w.manager, kept(w)) },
			done: backups(0), undone: backups(1), undo: backUp,
		},
		{
			name: "lock", prepare: template,
			do: func(ctx context.Context, w *world) error {
				_, _, err := w.dbs.Lock(ctx, w.manager, "template")
				return err
			},
			done: func(w *world) error {
				if !w.rows()[0].Locked {
					return errors.New("not locked")
				}
				return nil
			},
			undone: func(w *world) error {
				if w.rows()[0].Locked {
					return errors.New("locked")
				}
				return nil
			},
			undo: func(w *world) {
				_, _, err := w.dbs.Unlock(w.Context(), w.manager, "template")
				w.OK(err)
			},
		},
	}
}

var errBroken = errors.New("broken")

// Whoever ends at any step of anything leaves what somebody finishes, or takes
// back.
func TestEndAtEachStep(t *testing.T) {
	each(t, func(w *world) {
		for _, deed := range deeds() {
			w.alone(func() { endAtEachStep(w, deed) })
		}
	})
}

// alone runs a part in which the databases of another are gone.
func (w *world) alone(part func()) {
	w.Helper()
	part()
	w.depart("new")
	for _, d := range w.rows() {
		w.delete(d.Name)
	}
	w.consistent()
}

func endAtEachStep(w *world, deed deed) {
	deed.prepare(w)
	for end := 1; ; end++ {
		steps, last := 0, ""
		w.dbs.AtStep(func(name string) {
			if steps, last = steps+1, name; steps == end {
				w.real.fail(nil)
				runtime.Goexit()
			}
		})
		finished, ended := false, make(chan struct{})
		go func() {
			defer close(ended)
			if err := deed.do(w.Context(), w); err != nil {
				w.Errorf("%s: %v", deed.name, err)
			}
			finished = true
		}()
		<-ended
		w.dbs.AtStep(func(string) {})
		what := fmt.Sprintf("%s, ended at step %d, %s", deed.name, end, last)
		if err := w.service(nil).Reconcile(w.Context()); err != nil {
			w.Errorf("%s: %v", what, err)
		}
		before := dbtest.Fingerprint(w, w.DB)
		w.OK(w.dbs.Reconcile(w.Context()))
		if dbtest.Fingerprint(w, w.DB) != before {
			w.Errorf("%s: reconciling again changes something", what)
		}
		w.consistent()
		done, undone := deed.done(w), deed.undone(w)
		if done != nil && (undone != nil || finished) {
			w.Fatalf("%s: neither %v, nor %v", what, done, undone)
		}
		if finished {
			if end < 2 {
				w.Errorf("%s has no steps", deed.name)
			}
			return
		}
		if w.Failed() {
			w.Fatalf("%s", what)
		}
		if done == nil {
			deed.undo(w)
		}
	}
}

// Whoever is alive is left alone by who reconciles meanwhile, at whatever step he
// is.
func TestReconcileMeanwhile(t *testing.T) {
	each(t, func(w *world) {
		other := w.service(nil)
		for _, deed := range deeds() {
			w.alone(func() {
				deed.prepare(w)
				steps := 0
				w.dbs.AtStep(func(string) {
					steps++
					w.OK(other.Reconcile(w.Context()))
					if deed.name != "create and fail" { // where measuring fails as well
						w.OK(other.Measure(w.Context()))
					}
				})
				if err := deed.do(w.Context(), w); err != nil || steps == 0 {
					w.Errorf("%s, reconciled %d times meanwhile: %v", deed.name, steps, err)
				}
				w.dbs.AtStep(func(string) {})
				w.consistent()
				w.OK(deed.done(w))
			})
		}
	})
}

// What was there and is gone is told, and stands in nobody's way.
func TestReconcileMissing(t *testing.T) {
	each(t, func(w *world) {
		w.database("gone")
		w.database("locked")
		w.OK(w.real.Provisioner.Drop(w.Context(), "gone"))
		w.OK(w.real.Provisioner.Lock(w.Context(), "locked"))
		w.Wants(w.dbs.Reconcile(w.Context()), database.ErrNotFound)
		stats, err := w.real.Provisioner.Stats(w.Context(), "locked")
		if err != nil || stats.Locked {
			w.Errorf("the other is %+v, %v", stats, err)
		}
		w.OK(w.dbs.Measure(w.Context()))
		w.OK(w.dbs.Delete(w.Context(), w.manager, "gone"))
		w.OK(w.dbs.Reconcile(w.Context()))
		w.consistent()
	})
}

// A renaming whose target was taken by hand is taken back.
func TestReconcileTakenTarget(t *testing.T) {
	each(t, func(w *world) {
		d := w.database("a")
		d.State, d.Target = database.Renaming, "b"
		w.OK(w.DB.Tx(w.Context(), func(ctx context.Context) error { return w.DB.Databases().SaveDatabase(ctx, d, database.Ready) }))
		w.OK(w.real.Provisioner.Create(w.Context(), "b", ""))
		_, _, err := w.dbs.Lock(w.Context(), w.manager, "a")
		w.Wants(err, database.ErrState)
		w.leaves(func() { w.OK(w.dbs.Reconcile(w.Context())) })
		if rows := w.rows(); rows[0].Name != "a" || rows[0].State != database.Ready {
			w.Errorf("it is %+v", rows)
		}
		w.OK(w.real.Provisioner.Drop(w.Context(), "b"))
		w.consistent()
	})
}

// One that fails keeps nobody from the others.
func TestReconcileGoesOn(t *testing.T) {
	each(t, func(w *world) {
		for _, name := range []database.Name{"a", "b", "c"} {
			d := w.database(name)
			d.State = database.Dropping
			w.OK(w.DB.Tx(w.Context(), func(ctx context.Context) error { return w.DB.Databases().SaveDatabase(ctx, d, database.Ready) }))
		}
		w.real.fail(func(method string, name database.Name) error {
			if method == "Drop" && name == "b" {
				return errBroken
			}
			return nil
		})
		w.Wants(w.dbs.Reconcile(w.Context()), errBroken)
		if rows := w.rows(); len(rows) != 1 || rows[0].Name != "b" {
			w.Errorf("left are %+v", rows)
		}
		w.real.fail(nil)
		w.OK(w.dbs.Reconcile(w.Context()))
		w.consistent()
	})
}
