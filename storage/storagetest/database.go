package storagetest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// Databases tests [database.Store].
func Databases(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"filters choose":                 databaseFilters,
		"one sees what he may":           databaseVisible,
		"many ranges":                    databaseRanges,
		"lists have orders":              databaseOrders,
		"adding gives a number":          databaseAdd,
		"names are taken":                databaseTaken,
		"names are taken by one":         databaseTakenAtOnce,
		"saving needs the state":         databaseSave,
		"one of many changes a state":    databaseSaveAtOnce,
		"deleting needs the state":       databaseDelete,
		"what is used is not deleted":    databaseInUse,
		"organizations are in use":       databaseOwner,
		"workspaces leave it":            databaseLeft,
		"users are counted once":         databaseUsers,
		"who and where":                  databaseDirectory,
		"locking keeps others away":      databaseLocked,
		"backups: filters choose":        backupFilters,
		"backups: one sees what he may":  backupVisible,
		"backups: lists have orders":     backupOrders,
		"backups: adding gives a number": backupAdd,
		"backups: changes need a state":  backupSave,
		"nothing outside a unit":         databaseNoUnit,
		"nothing is kept of a half":      databaseSweep,
	})
}

// freshDatabase returns a database that is not stored.
func (s *sample) freshDatabase(in workspace.OrganizationID, name database.Name) database.Database {
	return database.Database{
		ID: workspace.DatabaseID(uid.New()), Organization: in, Name: name, Template: "dev-template", State: database.Ready,
		Size: 30, Counted: 20, Measured: at(3), CreatedBy: "Zoë", Created: at(1), Updated: at(2),
	}
}

func (s *sample) addDatabase(d database.Database) database.Database {
	s.t.Helper()
	s.must(func(ctx context.Context) (err error) {
		d, err = s.Databases.AddDatabase(ctx, d)
		return err
	})
	return d
}

func (s *sample) database(in workspace.OrganizationID, name database.Name) database.Database {
	s.t.Helper()
	return s.addDatabase(s.freshDatabase(in, name))
}

// keepsIn has a workspace keep its data in a database.
func (s *sample) keepsIn(w workspace.Workspace, d database.Database) {
	s.t.Helper()
	w.Project.Database = d.ID
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, w) })
}

func (s *sample) databases(what string, f database.Filter, want ...database.Name) {
	s.t.Helper()
	chooses(s.t, what, func(d database.Database) database.Name { return d.Name }, want,
		func(offset, limit int) ([]database.Database, error) {
			f.Offset, f.Limit = offset, limit
			return s.Databases.Databases(s.t.Context(), f)
		}, func(offset, limit int) (int, error) {
			f.Offset, f.Limit = offset, limit
			return s.Databases.CountDatabases(s.t.Context(), f)
		})
}

func databaseFilters(s *sample) {
	s.databases("none yet", database.Filter{})
	o, p := s.organization("O"), s.organization("P")
	a := s.database(o.ID, "akl-test")
	made := s.freshDatabase(p.ID, "akl_prod")
	made.State, made.Locked = database.Making, true
	b := s.addDatabase(made)
	c := s.freshDatabase(o.ID, "rest")
	c.State, c.Target = database.Renaming, "was"
	s.addDatabase(c)
	locked, open := true, false
	s.databases("all", database.Filter{}, "akl-test", "akl_prod", "rest")
	s.databases("newest", database.Filter{Newest: true}, "rest", "akl_prod", "akl-test")
	s.databases("by id", database.Filter{IDs: []workspace.DatabaseID{b.ID, a.ID}}, "akl-test", "akl_prod")
	s.databases("by no id", database.Filter{IDs: []workspace.DatabaseID{}})
	s.databases("by an id that cannot be", database.Filter{IDs: []workspace.DatabaseID{"\x00", "\xff"}})
	s.databases("by name", database.Filter{Names: []database.Name{"rest", "akl-test"}}, "akl-test", "rest")
	s.databases("by a name that it is to get", database.Filter{Names: []database.Name{"was"}})
	s.databases("by a name that cannot be", database.Filter{Names: []database.Name{"a\x00", "' OR 1=1 --"}})
	s.databases("by organization", database.Filter{Organization: o.ID}, "akl-test", "rest")
	s.databases("by search", database.Filter{Search: "L-T"}, "akl-test")
	s.databases("by search, _ for itself", database.Filter{Search: "l_"}, "akl_prod")
	s.databases("by search, % for itself", database.Filter{Search: "%"})
	s.databases("by a search that cannot be", database.Filter{Search: "a\x00"})
	s.databases("by state", database.Filter{States: []database.State{database.Making, database.Renaming}}, "akl_prod", "rest")
	s.databases("by no state", database.Filter{States: []database.State{}})
	s.databases("locked", database.Filter{Locked: &locked}, "akl_prod")
	s.databases("not locked", database.Filter{Locked: &open}, "akl-test", "rest")
	s.databases("by all", database.Filter{
		IDs: []workspace.DatabaseID{a.ID, b.ID}, Names: []database.Name{"akl-test"}, Organization: o.ID, Search: "akl", Newest: true,
	}, "akl-test")
}

func databaseOrders(s *sample) {
	o := s.organization("O")
	f := database.Filter{}
	orders(s, shelf[database.Database]{
		sortable: f.Sortable(), mark: database.Database.Mark, invalid: workspace.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]database.Database, error) {
			return s.Databases.Databases(s.t.Context(), database.Filter{Order: o, After: after, Limit: limit})
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Databases.CountDatabases(s.t.Context(), database.Filter{Order: o, After: after})
		},
		add: func(i int) {
			d := s.freshDatabase(o.ID, database.Name(fmt.Sprintf("%c%c%d", 'a'+i*7%26, "-_z"[i%3], i)))
			d.Size, d.Created = int64(i%4), at(i%3)
			s.addDatabase(d)
		},
		remove: func(d database.Database) {
			s.must(func(ctx context.Context) error { return s.Databases.DeleteDatabase(ctx, d.ID, database.Ready) })
		},
	})
}

func databaseAdd(s *sample) {
	o := s.organization("O")
	given := s.freshDatabase(o.ID, "akl-test")
	given.Num, given.Locked, given.State, given.Target = 4711, true, database.Renaming, "other"
	added := s.addDatabase(given)
	if added.Num == given.Num || added.Num == 0 {
		s.t.Errorf("Num %d was not given by the store", added.Num)
	}
	given.Num = added.Num
	equal(s.t, "what was added", added, given)
	list, err := s.Databases.Databases(s.t.Context(), database.Filter{})
	equal(s.t, "what is read", one(s.t, list, err), given)
	bare := s.freshDatabase(o.ID, "bare")
	bare.Template, bare.Size, bare.Counted, bare.Measured = "", 0, 0, at(0)
	bare = s.addDatabase(bare)
	list, err = s.Databases.Databases(s.t.Context(), database.Filter{Names: []database.Name{"bare"}})
	equal(s.t, "what is read of a bare one", one(s.t, list, err), bare)
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Databases.AddDatabase(ctx, s.freshDatabase(workspace.OrganizationID(uid.New()), "lost"))
		return err
	})
	s.must(func(ctx context.Context) error { return s.Databases.DeleteDatabase(ctx, bare.ID, database.Ready) })
	if again := s.database(o.ID, "bare"); again.Num <= bare.Num {
		s.t.Errorf("number %d after %d was deleted", again.Num, bare.Num)
	}
}

func databaseTaken(s *sample) {
	o, p := s.organization("O"), s.organization("P")
	a := s.database(o.ID, "a")
	b := s.freshDatabase(o.ID, "b")
	b.State, b.Target = database.Renaming, "c"
	b = s.addDatabase(b)
	for _, name := range []database.Name{"a", "b", "c"} {
		s.refused(database.ErrExists, func(ctx context.Context) error {
			_, err := s.Databases.AddDatabase(ctx, s.freshDatabase(p.ID, name))
			return err
		})
		target := s.freshDatabase(p.ID, "d")
		target.State, target.Target = database.Renaming, name
		s.refused(database.ErrExists, func(ctx context.Context) error {
			_, err := s.Databases.AddDatabase(ctx, target)
			return err
		})
		if name == "a" {
			continue
		}
		next := a
		next.State, next.Target = database.Renaming, name
		s.refused(database.ErrExists, func(ctx context.Context) error { return s.Databases.SaveDatabase(ctx, next, database.Ready) })
		next.Name, next.Target = name, ""
		s.refused(database.ErrExists, func(ctx context.Context) error { return s.Databases.SaveDatabase(ctx, next, database.Ready) })
	}
	// It may be given the name that it is to get, or keep its own.
	b.Name, b.Target, b.State = "c", "", database.Ready
	s.must(func(ctx context.Context) error { return s.Databases.SaveDatabase(ctx, b, database.Renaming) })
	s.database(p.ID, "b")
}

// However many want a name, one gets it.
func databaseTakenAtOnce(s *sample) {
	o := s.organization("O")
	moving := s.database(o.ID, "moving")
	var all sync.WaitGroup
	errs := make(chan error, 9)
	for range 8 {
		all.Go(func() {
			errs <- s.Tx(s.t.Context(), func(ctx context.Context) error {
				_, err := s.Databases.AddDatabase(ctx, s.freshDatabase(o.ID, "wanted"))
				return err
			})
		})
	}
	all.Go(func() {
		next := moving
		next.State, next.Target = database.Renaming, "wanted"
		errs <- s.Tx(s.t.Context(), func(ctx context.Context) error { return s.Databases.SaveDatabase(ctx, next, database.Ready) })
	})
	all.Wait()
	close(errs)
	got := 0
	for err := range errs {
		if err == nil {
			got++
			continue
		}
		wants(s.t, "a name that somebody else got", err, database.ErrExists)
	}
	if got != 1 {
		s.t.Errorf("%d got the name, want one", got)
	}
}

func databaseSave(s *sample) {
	o, p := s.organization("O"), s.organization("P")
	before, other := s.database(o.ID, "before"), s.database(o.ID, "other")
	next := before
	next.Name, next.State, next.Target, next.Locked = "after", database.Renaming, "target", true
	next.Size, next.Counted, next.Measured, next.Updated = 5, 4, at(8), at(9)
	saved := next
	// These do not change.
	saved.Num, saved.Organization, saved.Template, saved.CreatedBy, saved.Created = 4711, p.ID, "x", "x", at(7)
	for _, from := range []database.State{database.Making, database.Renaming, database.Dropping, ""} {
		s.refused(database.ErrState, func(ctx context.Context) error { return s.Databases.SaveDatabase(ctx, saved, from) })
	}
	s.must(func(ctx context.Context) error { return s.Databases.SaveDatabase(ctx, saved, database.Ready) })
	s.refused(database.ErrState, func(ctx context.Context) error { return s.Databases.SaveDatabase(ctx, saved, database.Ready) })
	missing := saved
	missing.ID, missing.Name, missing.Target = workspace.DatabaseID(uid.New()), "missing", ""
	s.refused(database.ErrState, func(ctx context.Context) error { return s.Databases.SaveDatabase(ctx, missing, database.Ready) })
	list, err := s.Databases.Databases(s.t.Context(), database.Filter{})
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "what is read", list, []database.Database{next, other})
}

// Who asks first changes a state, and the others are told.
func databaseSaveAtOnce(s *sample) {
	o := s.organization("O")
	d := s.database(o.ID, "d")
	var all sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range 8 {
		all.Go(func() {
			next := d
			next.State = database.Dropping
			err := s.Tx(s.t.Context(), func(ctx context.Context) error { return s.Databases.SaveDatabase(ctx, next, database.Ready) })
			if err != nil {
				wants(s.t, "too late", err, database.ErrState)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			done++
		})
	}
	all.Wait()
	if done != 1 {
		s.t.Errorf("%d changed it, want one", done)
	}
}

func databaseDelete(s *sample) {
	o := s.organization("O")
	d := s.database(o.ID, "gone")
	s.database(o.ID, "stays")
	for _, from := range []database.State{database.Making, database.Dropping} {
		s.refused(database.ErrState, func(ctx context.Context) error { return s.Databases.DeleteDatabase(ctx, d.ID, from) })
	}
	s.refused(database.ErrState, func(ctx context.Context) error {
		return s.Databases.DeleteDatabase(ctx, workspace.DatabaseID(uid.New()), database.Ready)
	})
	s.must(func(ctx context.Context) error { return s.Databases.DeleteDatabase(ctx, d.ID, database.Ready) })
	s.databases("what is left", database.Filter{}, "stays")
}

func databaseInUse(s *sample) {
	list := s.sharing().list
	s.refused(database.ErrInUse, func(ctx context.Context) error { return s.Databases.DeleteDatabase(ctx, list[0].ID, database.Ready) })
	b := s.backup(list[2], 1)
	s.refused(database.ErrInUse, func(ctx context.Context) error { return s.Databases.DeleteDatabase(ctx, list[2].ID, database.Ready) })
	s.must(func(ctx context.Context) error { return s.Databases.DeleteBackup(ctx, b.ID, database.Ready) })
	s.must(func(ctx context.Context) error { return s.Databases.DeleteDatabase(ctx, list[2].ID, database.Ready) })
}

func databaseOwner(s *sample) {
	o := s.organization("O")
	d := s.database(o.ID, "d")
	s.refused(workspace.ErrInUse, func(ctx context.Context) error { return s.Workspaces.DeleteOrganization(ctx, o.ID) })
	s.must(func(ctx context.Context) error { return s.Databases.DeleteDatabase(ctx, d.ID, database.Ready) })
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteOrganization(ctx, o.ID) })
}

func databaseLeft(s *sample) {
	users := s.sharing().users
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteWorkspace(ctx, users[2].ID) })
	s.databases("what was used by the workspace", database.Filter{}, "a", "b", "c")
}

func databaseLocked(s *sample) {
	o := s.organization("O")
	d := s.database(o.ID, "d")
	const callers, rounds = 4, 5
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range rounds {
				err := s.Tx(s.t.Context(), func(ctx context.Context) error {
					list, err := s.Databases.Databases(ctx, database.Filter{IDs: []workspace.DatabaseID{d.ID}, Lock: true})
					if err != nil {
						return err
					}
					list[0].Size++
					return s.Databases.SaveDatabase(ctx, list[0], database.Ready)
				})
				if err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	all.Wait()
	list, err := s.Databases.Databases(s.t.Context(), database.Filter{})
	if got := one(s.t, list, err).Size - d.Size; got != callers*rounds {
		s.t.Errorf("%d changes are left of %d", got, callers*rounds)
	}
}

func databaseUsers(s *sample) {
	made := s.sharing()
	list, users := made.list, made.users
	count := func(d database.Database, want int) {
		s.t.Helper()
		if n, err := s.Databases.CountUsers(s.t.Context(), d.ID); err != nil || n != want {
			s.t.Errorf("%d users, %v; want %d", n, err, want)
		}
	}
	count(list[0], 0)
	ada, bob, cid, dan := s.user("a1"), s.user("b1"), s.user("c1"), s.user("d1")
	g, inner := s.group("g", ""), s.group("inner", "")
	s.must(func(ctx context.Context) error {
		for _, pair := range [][2]rbac.Principal{{g.Num, inner.Num}, {inner.Num, bob.Num}, {g.Num, cid.Num}, {g.Num, ada.Num}} {
			if _, err := s.Workspaces.Join(ctx, pair[0], pair[1]); err != nil {
				return err
			}
		}
		return nil
	})
	s.put(workspace.Member{Workspace: users[0].ID, Principal: ada.Num, User: ada.ID, Created: at(1), Updated: at(1)})
	s.put(workspace.Member{Workspace: users[1].ID, Principal: ada.Num, User: ada.ID, Created: at(1), Updated: at(1)})
	count(list[0], 1)
	s.put(workspace.Member{Workspace: users[1].ID, Principal: g.Num, Group: g.ID, Created: at(1), Updated: at(1)})
	count(list[0], 3)
	cid.Disabled = true
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, cid) })
	count(list[0], 2)
	s.put(workspace.Member{Workspace: users[3].ID, Principal: dan.Num, User: dan.ID, Created: at(1), Updated: at(1)})
	count(list[0], 2)
	count(list[1], 0)
	if n, err := s.Databases.CountUsers(s.t.Context(), ""); err != nil || n != 0 {
		s.t.Errorf("%d users of none, %v", n, err)
	}
}

func databaseDirectory(s *sample) {
	made := s.sharing()
	o, list, users := made.o, made.list, made.users
	found, err := s.Databases.Organizations(s.t.Context(), workspace.OrganizationFilter{IDs: []workspace.OrganizationID{o.ID}})
	equal(s.t, "the organization", one(s.t, found, err), o)
	using, err := s.Databases.Workspaces(s.t.Context(), workspace.Filter{Databases: []workspace.DatabaseID{list[0].ID}})
	if err != nil || len(using) != 2 || using[0].ID != users[0].ID || using[1].ID != users[1].ID || using[0].Project.Database != list[0].ID {
		s.t.Errorf("it is used by %+v, %v", using, err)
	}
	s.must(func(ctx context.Context) error {
		locked, err := s.Databases.LockOrganization(ctx, o.ID)
		equal(s.t, "what is locked", locked, o)
		return err
	})
	s.must(func(ctx context.Context) error {
		locked, err := s.Databases.LockWorkspace(ctx, users[0].ID)
		equal(s.t, "what is locked", locked, using[0])
		return err
	})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Databases.LockOrganization(ctx, "nowhere")
		return err
	})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Databases.LockWorkspace(ctx, "nowhere")
		return err
	})
}

func databaseNoUnit(s *sample) {
	o := s.organization("O")
	d := s.database(o.ID, "d")
	b := s.backup(d, 1)
	ctx := s.t.Context()
	before := s.Fingerprint(s.t)
	for what, try := range map[string]func() error{
		"AddDatabase":    func() error { _, err := s.Databases.AddDatabase(ctx, s.freshDatabase(o.ID, "e")); return err },
		"SaveDatabase":   func() error { return s.Databases.SaveDatabase(ctx, d, database.Ready) },
		"DeleteDatabase": func() error { return s.Databases.DeleteDatabase(ctx, d.ID, database.Ready) },
		"AddBackup":      func() error { _, err := s.Databases.AddBackup(ctx, s.freshBackup(d, 2)); return err },
		"SaveBackup":     func() error { return s.Databases.SaveBackup(ctx, b, database.Ready) },
		"DeleteBackup":   func() error { return s.Databases.DeleteBackup(ctx, b.ID, database.Ready) },
		"Databases":      func() error { _, err := s.Databases.Databases(ctx, database.Filter{Lock: true}); return err },
		"Backups":        func() error { _, err := s.Databases.Backups(ctx, database.BackupFilter{Lock: true}); return err },
	} {
		wants(s.t, what+" outside a unit", try(), s.NoUnit)
	}
	if s.Fingerprint(s.t) != before {
		s.t.Error("something was changed outside a unit")
	}
}

func databaseSweep(s *sample) {
	o := s.organization("O")
	d := s.freshDatabase(o.ID, "d")
	s.sweep(func(ctx context.Context) error { _, err := s.Databases.AddDatabase(ctx, d); return err })
	d.State, d.Target = database.Renaming, "e"
	s.sweep(func(ctx context.Context) error { return s.Databases.SaveDatabase(ctx, d, database.Ready) })
	b := s.freshBackup(d, 1)
	s.sweep(func(ctx context.Context) error {
		if _, err := s.Databases.AddBackup(ctx, b); err != nil {
			return err
		}
		return s.Databases.SaveBackup(ctx, b, database.Ready)
	})
	s.sweep(func(ctx context.Context) error {
		if err := s.Databases.DeleteBackup(ctx, b.ID, database.Ready); err != nil {
			return err
		}
		return s.Databases.DeleteDatabase(ctx, d.ID, database.Renaming)
	})
}
