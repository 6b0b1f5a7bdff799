package database_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func TestLock(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		w.fill("a", 1)
		one, two := w.project("one", "a"), w.project("two", "a")
		w.member("ada", []workspace.Workspace{one, two}, workspace.ReadDatabase)
		w.member("bea", []workspace.Workspace{two})
		session := w.connect("a")
		w.OK(session.PingContext(w.Context()))
		lock := func(actor workspace.Actor, want int) {
			w.Helper()
			d, n, err := w.dbs.Lock(w.Context(), actor, "a")
			if err != nil || n != want || !d.Locked {
				w.Errorf("locked is %+v, %d, %v; want %d", d, n, err, want)
			}
		}
		// Ada, Bea, and who supervises both.
		w.leaves(func() { lock(w.manager, 3) }, "database.lock")
		w.leaves(func() { lock(w.manager, 3) })
		w.consistent()
		_, _, err := w.dbs.Access(w.Context(), w.manager, one.ID)
		w.Wants(err, database.ErrLocked)
		if d, err := w.dbs.Database(w.Context(), w.manager, "a"); err != nil || !d.Locked {
			w.Errorf("read is %+v, %v", d, err)
		}
		w.OK(session.PingContext(w.Context())) // who is in stays
		d, n, err := w.dbs.EndSessions(w.Context(), w.manager, "a")
		if err != nil || n != 1 || d.Name != "a" {
			w.Errorf("ended are %d of %+v, %v", n, d, err)
		}
		if session.PingContext(w.Context()) == nil {
			w.Error("the session goes on")
		}
		w.leaves(func() {
			d, n, err := w.dbs.Unlock(w.Context(), w.manager, "a")
			if err != nil || n != 3 || d.Locked {
				w.Errorf("unlocked is %+v, %d, %v", d, n, err)
			}
		}, "database.unlock")
		w.consistent()
		if n := w.rooms("a"); n != 1 {
			w.Errorf("%d rooms", n)
		}
		for _, name := range hostile() {
			_, _, err := w.dbs.Lock(w.Context(), w.manager, database.Name(name))
			w.Wants(err, database.ErrName)
			_, _, err = w.dbs.EndSessions(w.Context(), w.manager, database.Name(name))
			w.Wants(err, database.ErrName)
		}
	})
}

// A lock that did not take effect does later; so does an unlocking, and what
// somebody did by hand is undone.
func TestLockLater(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		broken := errors.New("broken")
		w.real.fail(func(method string, _ database.Name) error {
			if method == "Lock" {
				return broken
			}
			return nil
		})
		_, _, err := w.dbs.Lock(w.Context(), w.manager, "a")
		w.Wants(err, broken)
		if d, err := w.dbs.Database(w.Context(), w.manager, "a"); err != nil || !d.Locked {
			w.Errorf("read is %+v, %v", d, err)
		}
		w.Wants(w.dbs.Reconcile(w.Context()), broken)
		w.real.fail(nil)
		w.OK(w.dbs.Reconcile(w.Context()))
		w.consistent()
		w.OK(w.real.Provisioner.Unlock(w.Context(), "a"))
		w.OK(w.dbs.Reconcile(w.Context()))
		w.consistent()
		_, _, err = w.dbs.Unlock(w.Context(), w.manager, "a")
		w.OK(err)
		w.OK(w.real.Provisioner.Lock(w.Context(), "a"))
		w.OK(w.dbs.Reconcile(w.Context()))
		w.consistent()
	})
}

// A copy of what is locked is not.
func TestLockedTemplate(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		_, _, err := w.dbs.Lock(w.Context(), w.manager, "a")
		w.OK(err)
		d, err := w.dbs.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: "copy", Template: "a"})
		if err != nil || d.Locked {
			w.Errorf("the copy is %+v, %v", d, err)
		}
		w.consistent()
	})
}

func TestAccess(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		p, bare := w.project("p", "a"), w.project("bare", "")
		ada := w.member("ada", []workspace.Workspace{p, bare}, workspace.ReadDatabase, workspace.ConnectDatabase)
		reader := w.member("reader", []workspace.Workspace{p}, workspace.ReadDatabase)
		w.leaves(func() {
			d, access, err := w.dbs.Access(w.Context(), ada, p.ID)
			if err != nil || d.Name != "a" || !strings.HasSuffix(access.Address, "/a.sqlite") {
				w.Errorf("access %+v, %+v, %v", d, access, err)
			}
		}, "database.access")
		events, err := w.DB.Trail().List(w.Context(), audit.Filter{Actions: []string{"database.access"}})
		if err != nil || len(events) != 1 || events[0].Workspace != string(p.ID) || string(events[0].Detail) != "{}" {
			w.Errorf("events %+v, %v", events, err)
		}
		w.leaves(func() {
			_, _, err := w.dbs.Access(w.Context(), ada, bare.ID)
			w.Wants(err, database.ErrNotFound)
			_, _, err = w.dbs.Access(w.Context(), reader, p.ID)
			w.denied("a reader", err)
			_, _, err = w.dbs.Access(w.Context(), w.Mallory, p.ID)
			w.Wants(err, workspace.ErrNotFound)
			_, _, err = w.dbs.Access(w.Context(), w.foreign, p.ID)
			w.Wants(err, workspace.ErrNotFound)
			_, _, err = w.dbs.Access(w.Context(), ada, "nowhere")
			w.Wants(err, workspace.ErrNotFound)
		})
	})
}

// Whoever is let pass, and then held up while the name goes over to another's
// database, does nothing to that.
func TestNameOfAnother(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		p := w.project("p", "a")
		kept, err := w.dbs.MakeBackup(w.Context(), w.manager, "a")
		w.OK(err)
		other := w.service(nil)
		ctx := w.Context()
		for what, do := range map[string]func() error{
			"Access":       func() error { _, _, err := w.dbs.Access(ctx, w.manager, p.ID); return err },
			"Lock":         func() error { _, _, err := w.dbs.Lock(ctx, w.manager, "a"); return err },
			"Unlock":       func() error { _, _, err := w.dbs.Unlock(ctx, w.manager, "a"); return err },
			"EndSessions":  func() error { _, _, err := w.dbs.EndSessions(ctx, w.manager, "a"); return err },
			"Backup":       func() error { return w.dbs.Backup(ctx, w.manager, "a", io.Discard) },
			"MakeBackup":   func() error { _, err := w.dbs.MakeBackup(ctx, w.manager, "a"); return err },
			"Rename":       func() error { _, err := w.dbs.Rename(ctx, w.manager, "a", "c"); return err },
			"Delete":       func() error { return w.dbs.Delete(ctx, w.manager, "a") },
			"DeleteBackup": func() error { return w.dbs.DeleteBackup(ctx, w.manager, kept.Name) },
			"RestoreFrom":  func() error { _, err := w.dbs.RestoreFrom(ctx, w.manager, "a", strings.NewReader("x")); return err },
			"RestoreBackup": func() error {
				_, err := w.dbs.RestoreBackup(ctx, w.manager, kept.Name)
				return err
			},
			"Create": func() error {
				_, err := w.dbs.Create(ctx, w.manager, w.owner.ID, database.Draft{Name: "copy", Template: "a"})
				return err
			},
		} {
			w.real.fail(func(method string, _ database.Name) error {
				if method != "Hold" {
					return nil
				}
				w.real.fail(nil)
				_, err := other.Rename(ctx, w.manager, "a", "b")
				w.OK(err)
				_, err = other.Create(ctx, w.foreign, w.rival.ID, database.Draft{Name: "a"})
				w.OK(err)
				w.real.fail(func(method string, name database.Name) error {
					if method != "Hold" && method != "Stats" {
						w.Errorf("%s: %s of %s", what, method, name)
					}
					return nil
				})
				return nil
			})
			err := do()
			invalid, ok := errors.AsType[*workspace.InvalidError](err)
			if !errors.Is(err, database.ErrNotFound) && !errors.Is(err, database.ErrState) && (!ok || invalid.Field != "template") {
				w.Errorf("%s: %v", what, err)
			}
			w.real.fail(nil)
			w.OK(other.Delete(ctx, w.foreign, "a"))
			_, err = other.Rename(ctx, w.manager, "b", "a")
			w.OK(err)
			w.consistent()
		}
	})
}
