package database_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func TestRename(t *testing.T) {
	each(t, func(w *world) {
		d, other := w.database("before"), w.database("other")
		w.fill("before", 5)
		p := w.project("p", "before")
		var after database.Database
		w.leaves(func() {
			var err error
			after, err = w.dbs.Rename(w.Context(), w.manager, "before", "after")
			w.OK(err)
		}, "database.rename")
		if after.ID != d.ID || after.Name != "after" || after.State != database.Ready || after.Target != "" {
			w.Errorf("renamed is %+v", after)
		}
		if n := w.rooms("after"); n != 5 {
			w.Errorf("%d rooms", n)
		}
		_, err := w.dbs.Database(w.Context(), w.manager, "before")
		w.Wants(err, database.ErrNotFound)
		_, reached, err := w.dbs.Access(w.Context(), w.manager, p.ID)
		if err != nil || reached.Address == "" {
			w.Errorf("access %+v, %v", reached, err)
		}
		w.OK(w.real.Provisioner.Create(w.Context(), "stray", ""))
		w.leaves(func() {
			same, err := w.dbs.Rename(w.Context(), w.manager, "after", "after")
			if err != nil || same != after {
				w.Errorf("to its own name: %+v, %v", same, err)
			}
			for _, to := range []database.Name{other.Name, "stray"} {
				_, err = w.dbs.Rename(w.Context(), w.manager, "after", to)
				w.Wants(err, database.ErrExists)
			}
			for _, to := range hostile() {
				_, err = w.dbs.Rename(w.Context(), w.manager, "after", database.Name(to))
				w.Wants(err, database.ErrName)
				_, err = w.dbs.Rename(w.Context(), w.manager, database.Name(to), "fine")
				w.Wants(err, database.ErrName)
			}
			_, err = w.dbs.Rename(w.Context(), w.foreign, "after", "fine")
			w.Wants(err, database.ErrNotFound)
			_, err = w.dbs.Rename(w.Context(), w.manager, "nowhere", "fine")
			w.Wants(err, database.ErrNotFound)
		})
		w.OK(w.real.Provisioner.Drop(w.Context(), "stray"))
		w.consistent()
	})
}

// A renaming that fails is taken back, or finished, as what is there is.
func TestRenameFails(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		broken := errors.New("broken")
		w.real.fail(func(method string, _ database.Name) error {
			if method == "Rename" {
				return broken
			}
			return nil
		})
		_, err := w.dbs.Rename(w.Context(), w.manager, "a", "b")
		w.Wants(err, broken)
		w.consistent()
		w.real.fail(func(method string, name database.Name) error {
			if method == "Rename" {
				return errors.Join(w.real.Provisioner.Rename(w.Context(), name, "b"), broken)
			}
			return nil
		})
		w.leaves(func() {
			d, err := w.dbs.Rename(w.Context(), w.manager, "a", "b")
			if err != nil || d.Name != "b" {
				w.Errorf("renamed, but not said so: %+v, %v", d, err)
			}
		}, "database.rename")
		w.real.fail(nil)
		w.consistent()
		w.OK(w.dbs.Delete(w.Context(), w.manager, "b"))
		w.consistent()
	})
}

func TestDelete(t *testing.T) {
	each(t, func(w *world) {
		w.database("gone")
		w.database("stays")
		p := w.project("p", "gone")
		for range 3 {
			_, err := w.dbs.MakeBackup(w.Context(), w.manager, "gone")
			w.OK(err)
		}
		_, err := w.dbs.MakeBackup(w.Context(), w.manager, "stays")
		w.OK(err)
		w.consistent()
		w.leaves(func() {
			w.Wants(w.dbs.Delete(w.Context(), w.manager, "gone"), database.ErrInUse)
			w.Wants(w.dbs.Delete(w.Context(), w.foreign, "gone"), database.ErrNotFound)
			for _, name := range hostile() {
				w.Wants(w.dbs.Delete(w.Context(), w.manager, database.Name(name)), database.ErrName)
			}
			w.Wants(w.service(&database.Options{}).Delete(w.Context(), w.manager, "gone"), database.ErrInUse)
		})
		w.OK(w.dbs.SetDatabase(w.Context(), w.manager, p.ID, ""))
		w.Wants(w.service(&database.Options{}).Delete(w.Context(), w.manager, "gone"), database.ErrNoFiles)
		w.consistent()
		w.leaves(func() { w.OK(w.dbs.Delete(w.Context(), w.manager, "gone")) }, "database.delete")
		w.consistent()
		if there := w.there(); !slices.Equal(there, []database.Name{"stays"}) || len(w.kept()) != 1 {
			w.Errorf("there are %v and %v", there, w.kept())
		}
		w.database("gone") // its name is free
	})
}

// What was to be deleted is, in the end.
func TestDeleteFails(t *testing.T) {
	each(t, func(w *world) {
		broken := errors.New("broken")
		for _, fail := range []func(bool){
			func(on bool) {
				w.real.fail(func(method string, _ database.Name) error {
					if method == "Drop" && on {
						return broken
					}
					return nil
				})
			},
			func(on bool) {
				w.files.fail.Store(nil)
				if on {
					w.files.fail.Store(&broken)
				}
			},
		} {
			w.database("gone")
			_, err := w.dbs.MakeBackup(w.Context(), w.manager, "gone")
			w.OK(err)
			fail(true)
			w.Wants(w.dbs.Delete(w.Context(), w.manager, "gone"), broken)
			// It is nobody's by then.
			_, err = w.dbs.Database(w.Context(), w.manager, "gone")
			w.Wants(err, database.ErrNotFound)
			_, n, err := w.dbs.Backups(w.Context(), w.manager, "", database.BackupFilter{})
			if err != nil || n != 0 {
				w.Errorf("%d backups, %v", n, err)
			}
			_, err = w.dbs.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: "gone"})
			w.Wants(err, database.ErrExists)
			w.Wants(w.dbs.Reconcile(w.Context()), broken)
			fail(false)
			w.OK(w.dbs.Reconcile(w.Context()))
			w.consistent()
			if len(w.rows()) != 0 {
				w.Errorf("there are %v", w.rows())
			}
		}
	})
}
