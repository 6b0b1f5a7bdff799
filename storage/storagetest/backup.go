package storagetest

import (
	"context"
	"fmt"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// freshBackup returns a backup of a database that is not stored.
func (s *sample) freshBackup(d database.Database, n int) database.Backup {
	return database.Backup{
		ID: database.BackupID(uid.New()), Database: d.ID, DatabaseName: d.Name, Name: d.Name.Backup(at(n)), State: database.Ready,
		Size: int64(n), Digest: strings.Repeat("0a", 32), CreatedBy: "Zoë", Created: at(n),
	}
}

func (s *sample) addBackup(b database.Backup) database.Backup {
	s.t.Helper()
	s.must(func(ctx context.Context) (err error) {
		b, err = s.Databases.AddBackup(ctx, b)
		return err
	})
	return b
}

func (s *sample) backup(d database.Database, n int) database.Backup {
	s.t.Helper()
	return s.addBackup(s.freshBackup(d, n))
}

func (s *sample) backups(what string, f database.BackupFilter, want ...database.BackupID) {
	s.t.Helper()
	chooses(s.t, what, func(b database.Backup) database.BackupID { return b.ID }, want,
		func(offset, limit int) ([]database.Backup, error) {
			f.Offset, f.Limit = offset, limit
			return s.Databases.Backups(s.t.Context(), f)
		}, func(offset, limit int) (int, error) {
			f.Offset, f.Limit = offset, limit
			return s.Databases.CountBackups(s.t.Context(), f)
		})
}

func backupFilters(s *sample) {
	s.backups("none yet", database.BackupFilter{})
	o := s.organization("O")
	d, e := s.database(o.ID, "d"), s.database(o.ID, "e")
	a, b := s.backup(d, 1), s.backup(e, 2)
	made := s.freshBackup(d, 3)
	made.State, made.Digest = database.Making, ""
	c := s.addBackup(made)
	s.backups("all", database.BackupFilter{}, a.ID, b.ID, c.ID)
	s.backups("newest", database.BackupFilter{Newest: true}, c.ID, b.ID, a.ID)
	s.backups("by id", database.BackupFilter{IDs: []database.BackupID{c.ID, a.ID}}, a.ID, c.ID)
	s.backups("by no id", database.BackupFilter{IDs: []database.BackupID{}})
	s.backups("by name", database.BackupFilter{Names: []database.BackupName{b.Name}}, b.ID)
	s.backups("by a name that cannot be", database.BackupFilter{Names: []database.BackupName{"\x00", "'"}})
	s.backups("by database", database.BackupFilter{Databases: []workspace.DatabaseID{d.ID}}, a.ID, c.ID)
	s.backups("by state", database.BackupFilter{States: []database.State{database.Ready}}, a.ID, b.ID)
	s.backups("by all", database.BackupFilter{
		IDs: []database.BackupID{a.ID, b.ID}, Names: []database.BackupName{a.Name, b.Name}, Databases: []workspace.DatabaseID{e.ID},
	}, b.ID)
}

func backupVisible(s *sample) {
	made := s.sharing()
	of := map[database.Name]database.BackupID{}
	for i, d := range made.list {
		of[d.Name] = s.backup(d, i).ID
	}
	ids := func(names []database.Name) []database.BackupID {
		found := make([]database.BackupID, 0, len(names))
		for _, name := range names {
			found = append(found, of[name])
		}
		return found
	}
	for _, c := range made.sights() {
		s.backups(c.what, database.BackupFilter{Visible: &c.sees}, ids(c.some)...)
		c.sees.All = true
		s.backups(c.what+", in all projects", database.BackupFilter{Visible: &c.sees}, ids(c.all)...)
	}
}

func backupOrders(s *sample) {
	o := s.organization("O")
	list := []database.Database{s.database(o.ID, "b"), s.database(o.ID, "a-"), s.database(o.ID, "a_")}
	f := database.BackupFilter{}
	orders(s, shelf[database.Backup]{
		sortable: f.Sortable(), mark: database.Backup.Mark, invalid: workspace.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]database.Backup, error) {
			return s.Databases.Backups(s.t.Context(), database.BackupFilter{Order: o, After: after, Limit: limit})
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Databases.CountBackups(s.t.Context(), database.BackupFilter{Order: o, After: after})
		},
		add: func(i int) {
			b := s.freshBackup(list[i%3], i)
			b.Size, b.Created = int64(i%4), at(i%3)
			s.addBackup(b)
		},
		remove: func(b database.Backup) {
			s.must(func(ctx context.Context) error { return s.Databases.DeleteBackup(ctx, b.ID, database.Ready) })
		},
	})
}

func backupAdd(s *sample) {
	o := s.organization("O")
	d := s.database(o.ID, "d")
	given := s.freshBackup(d, 1)
	given.Num, given.State, given.DatabaseName = 4711, database.Making, "was"
	added := s.addBackup(given)
	if added.Num == given.Num || added.Num == 0 {
		s.t.Errorf("Num %d was not given by the store", added.Num)
	}
	given.Num = added.Num
	equal(s.t, "what was added", added, given)
	list, err := s.Databases.Backups(s.t.Context(), database.BackupFilter{})
	equal(s.t, "what is read", one(s.t, list, err), given)
	s.refused(database.ErrExists, func(ctx context.Context) error {
		again := s.freshBackup(s.freshDatabase(o.ID, "d"), 1)
		again.Database = d.ID
		_, err := s.Databases.AddBackup(ctx, again)
		return err
	})
	s.refused(database.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Databases.AddBackup(ctx, s.freshBackup(s.freshDatabase(o.ID, "lost"), 2))
		return err
	})
}

func backupSave(s *sample) {
	o := s.organization("O")
	d := s.database(o.ID, "d")
	b, other := s.backup(d, 1), s.backup(d, 2)
	next := b
	next.State, next.Size, next.Digest = database.Dropping, 9, "other"
	saved := next
	// These do not change.
	saved.Num, saved.Database, saved.DatabaseName, saved.Name, saved.CreatedBy, saved.Created = 4711, "x", "x", "x", "x", at(9)
	for _, from := range []database.State{database.Making, database.Dropping, ""} {
		s.refused(database.ErrState, func(ctx context.Context) error { return s.Databases.SaveBackup(ctx, saved, from) })
		s.refused(database.ErrState, func(ctx context.Context) error { return s.Databases.DeleteBackup(ctx, b.ID, from) })
	}
	missing := saved
	missing.ID = database.BackupID(fmt.Sprintf("%036d", 1))
	s.refused(database.ErrState, func(ctx context.Context) error { return s.Databases.SaveBackup(ctx, missing, database.Ready) })
	s.refused(database.ErrState, func(ctx context.Context) error { return s.Databases.DeleteBackup(ctx, missing.ID, database.Ready) })
	s.must(func(ctx context.Context) error { return s.Databases.SaveBackup(ctx, saved, database.Ready) })
	list, err := s.Databases.Backups(s.t.Context(), database.BackupFilter{})
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "what is read", list, []database.Backup{next, other})
	s.must(func(ctx context.Context) error { return s.Databases.DeleteBackup(ctx, b.ID, database.Dropping) })
	s.backups("what is left", database.BackupFilter{}, other.ID)
}
