package database_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// What each may, by what he holds and where: in one of two projects that share a
// database, in both, or above.
func TestAuthority(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		one, two := w.project("one", "a"), w.project("two", "a")
		other := w.project("other", "")
		both := []workspace.Workspace{one, two}
		kept, err := w.dbs.MakeBackup(w.Context(), w.manager, "a")
		w.OK(err)
		full := []rbac.Permission{workspace.ReadDatabase, workspace.ConnectDatabase, workspace.BackUpDatabase, workspace.LockDatabase}
		elsewhere := w.member("elsewhere", []workspace.Workspace{other}, full...)
		reader := w.member("reader", []workspace.Workspace{one}, workspace.ReadDatabase)
		half := w.member("half", []workspace.Workspace{one}, full...)
		seeing := w.member("seeing", both, workspace.ReadDatabase)
		backer := w.member("backer", both, workspace.ReadDatabase, workspace.BackUpDatabase)
		locker := w.member("locker", both, workspace.ReadDatabase, workspace.LockDatabase)
		project := w.User("project")
		for _, p := range both {
			w.Join(p, project, workspace.RoleProjectAdministrator)
		}
		unseeing := w.member("unseeing", both, workspace.BackUpDatabase, workspace.LockDatabase)
		ctx := w.Context()
		const hidden, denied, done = "hidden", "denied", "done"
		acts := []struct {
			name string
			do   func(who workspace.Actor) error
		}{
			{"Database", func(who workspace.Actor) error { _, err := w.dbs.Database(ctx, who, "a"); return err }},
			{"Stats", func(who workspace.Actor) error { _, err := w.dbs.Stats(ctx, who, "a"); return err }},
			{"Backup", func(who workspace.Actor) error { return w.dbs.Backup(ctx, who, "a", io.Discard) }},
			{"MakeBackup", func(who workspace.Actor) error { _, err := w.dbs.MakeBackup(ctx, who, "a"); return err }},
			{"Backups", func(who workspace.Actor) error {
				_, _, err := w.dbs.Backups(ctx, who, "a", database.BackupFilter{})
				return err
			}},
			{"OpenBackup", func(who workspace.Actor) error {
				_, from, err := w.dbs.OpenBackup(ctx, who, kept.Name)
				if err == nil {
					err = from.Close()
				}
				return err
			}},
			{"Lock", func(who workspace.Actor) error { _, _, err := w.dbs.Lock(ctx, who, "a"); return err }},
			{"Unlock", func(who workspace.Actor) error { _, _, err := w.dbs.Unlock(ctx, who, "a"); return err }},
			{"EndSessions", func(who workspace.Actor) error { _, _, err := w.dbs.EndSessions(ctx, who, "a"); return err }},
			{"RestoreBackup", func(who workspace.Actor) error { _, err := w.dbs.RestoreBackup(ctx, who, kept.Name); return err }},
			{"Rename", func(who workspace.Actor) error {
				_, err := w.dbs.Rename(ctx, who, "a", "b")
				if err == nil {
					_, err = w.dbs.Rename(ctx, who, "b", "a")
				}
				return err
			}},
			{"DeleteBackup", func(who workspace.Actor) error {
				b, err := w.dbs.MakeBackup(ctx, w.Admin, "a")
				w.OK(err)
				return w.dbs.DeleteBackup(ctx, who, b.Name)
			}},
		}
		//                      Database Stats Backup Make Backups Open Lock Unlock End Restore Rename DeleteBackup
		few := func(n int, want string) []string { return slices.Repeat([]string{want}, n) }
		for _, c := range []struct {
			name string
			who  workspace.Actor
			want []string
		}{
			{"administrator", w.Admin, few(12, done)},
			{"manager", w.manager, few(12, done)},
			{"another organization's", w.foreign, few(12, hidden)},
			{"stranger", w.Mallory, few(12, hidden)},
			{"in another project", elsewhere, few(12, hidden)},
			{"in all but cannot see", unseeing, few(12, hidden)},
			{"reads in one", reader, slices.Concat(few(2, done), few(10, denied))},
			{"all in one", half, slices.Concat(few(2, done), few(10, denied))},
			{"reads in both", seeing, slices.Concat(few(2, done), few(10, denied))},
			{"backs up", backer, slices.Concat(few(6, done), few(6, denied))},
			{"locks", locker, slices.Concat(few(2, done), few(4, denied), few(3, done), few(3, denied))},
			{"project administrator", project, slices.Concat(few(9, done), few(3, denied))},
			{"guest", workspace.Guest(""), few(12, denied)},
		} {
			for i, act := range acts {
				err := act.do(c.who)
				got := done
				if _, ok := errors.AsType[*rbac.DeniedError](err); ok {
					got = denied
				} else if errors.Is(err, database.ErrNotFound) {
					got = hidden
				}
				if got != c.want[i] || got == done && err != nil {
					w.Errorf("%s by %s: %s (%v), want %s", act.name, c.name, got, err, c.want[i])
				}
			}
		}
		w.consistent()
	})
}

// Lists show what one may see, their pages are full and their totals true.
func TestVisible(t *testing.T) {
	each(t, func(w *world) {
		var mine []workspace.Workspace
		var want []database.Name
		var backed []database.BackupName
		for i := range 12 {
			name := database.Name(fmt.Sprintf("d%02d", i))
			w.database(name)
			b, err := w.dbs.MakeBackup(w.Context(), w.manager, name)
			w.OK(err)
			if i%3 == 0 {
				mine = append(mine, w.project("p"+string(name), name))
				want, backed = append(want, name), append(backed, b.Name)
			}
		}
		shared := w.project("shared", want[0])
		_, err := w.dbs.Create(w.Context(), w.foreign, w.rival.ID, database.Draft{Name: "theirs"})
		w.OK(err)
		actor := w.member("actor", mine, workspace.ReadDatabase, workspace.BackUpDatabase)
		list := func(who workspace.Actor, f database.Filter, want []database.Name, total int) {
			w.Helper()
			found, n, err := w.dbs.Databases(w.Context(), who, f)
			w.OK(err)
			got := []database.Name{}
			for _, d := range found {
				got = append(got, d.Name)
			}
			if !slices.Equal(got, want) && len(got)+len(want) > 0 || n != total {
				w.Errorf("%+v shows %v of %d, want %v of %d", f, got, n, want, total)
			}
		}
		list(actor, database.Filter{}, want, 4)
		list(actor, database.Filter{Limit: 2}, want[:2], 4)
		list(actor, database.Filter{Offset: 2, Limit: 2}, want[2:], 4)
		list(actor, database.Filter{Search: "0"}, []database.Name{"d00", "d03", "d06", "d09"}, 4)
		list(actor, database.Filter{Organization: w.rival.ID}, nil, 0)
		list(actor, database.Filter{Visible: &database.Visibility{}, Lock: true}, want, 4) // which are not his to say
		list(actor, database.Filter{Order: database.Order{By: "name", Descending: true}, Limit: 1}, want[3:], 4)
		list(w.foreign, database.Filter{}, []database.Name{"theirs"}, 1)
		list(w.Mallory, database.Filter{}, nil, 0)
		_, n, err := w.dbs.Databases(w.Context(), w.Admin, database.Filter{})
		if err != nil || n != 13 {
			w.Errorf("the administrator sees %d, %v", n, err)
		}
		// The shared one he may not back up, since he is not in all of its projects.
		found, n, err := w.dbs.Backups(w.Context(), actor, "", database.BackupFilter{Limit: 2})
		if err != nil || n != 3 || len(found) != 2 || found[0].Name != backed[1] || found[1].Name != backed[2] {
			w.Errorf("backups are %+v of %d, %v", found, n, err)
		}
		w.Join(shared, actor)
		w.give(actor, shared, workspace.ReadDatabase)
		w.give(actor, shared, workspace.BackUpDatabase)
		if _, n, err = w.dbs.Backups(w.Context(), actor, "", database.BackupFilter{}); err != nil || n != 4 {
			w.Errorf("%d backups, %v", n, err)
		}
		// One that is being made is nobody's.
		w.OK(w.DB.Tx(w.Context(), func(ctx context.Context) error {
			d := w.rows()[0]
			d.State = database.Dropping
			return w.DB.Databases().SaveDatabase(ctx, d, database.Ready)
		}))
		list(actor, database.Filter{}, want[1:], 3)
		list(actor, database.Filter{States: []database.State{database.Dropping}}, want[:1], 1)
		if found, err := w.dbs.Find(w.Context(), actor, []workspace.DatabaseID{w.rows()[0].ID, w.rows()[1].ID, w.rows()[3].ID}); err != nil || len(found) != 1 {
			w.Errorf("found %v, %v", found, err)
		}
		if found, err := w.dbs.Find(w.Context(), actor, nil); err != nil || len(found) != 0 {
			w.Errorf("found %v, %v", found, err)
		}
	})
}

// TestStranger calls every method of the service with somebody who has nothing
// to do with what it is about, and wants him refused.
func TestStranger(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			stranger(newWorld(t, kind, folder(t, t.TempDir())))
		})
	}
}

func stranger(w *world) {
	d := w.database("here")
	p := w.project("p", "here")
	b, err := w.dbs.MakeBackup(w.Context(), w.manager, "here")
	w.OK(err)
	gone := w.member("gone", []workspace.Workspace{p}, workspace.ReadDatabase, workspace.BackUpDatabase)
	_, err = w.Workspaces.UpdateUser(w.Context(), w.Admin, gone.User, func(u *workspace.User) error { u.Disabled = true; return nil })
	w.OK(err)
	// These show what one may see, which is nothing.
	open := map[string]bool{"Databases": true, "Find": true, "Templates": true}
	// These are the server's own, and have no actor.
	own := map[string]bool{"Reconcile": true, "Measure": true, "AtStep": true}
	known := map[reflect.Type]any{
		reflect.TypeFor[context.Context]():          w.Context(),
		reflect.TypeFor[workspace.ID]():             p.ID,
		reflect.TypeFor[workspace.OrganizationID](): w.owner.ID,
		reflect.TypeFor[[]workspace.DatabaseID]():   []workspace.DatabaseID{d.ID},
		reflect.TypeFor[database.Name]():            database.Name("here"),
		reflect.TypeFor[database.BackupName]():      b.Name,
		reflect.TypeFor[database.Filter]():          database.Filter{},
		reflect.TypeFor[database.BackupFilter]():    database.BackupFilter{},
		reflect.TypeFor[database.Draft]():           database.Draft{Name: "new"},
		reflect.TypeFor[database.ProjectDraft]():    database.ProjectDraft{Workspace: w.draft("new"), New: &database.Draft{Name: "new"}},
		reflect.TypeFor[rbac.Permission]():          workspace.ReadDatabase,
		reflect.TypeFor[io.Writer]():                io.Discard,
		reflect.TypeFor[io.Reader]():                strings.NewReader(""),
	}
	w.real.fail(func(method string, _ database.Name) error {
		w.Errorf("a stranger came to %s", method)
		return nil
	})
	before := dbtest.Fingerprint(w, w.DB)
	service, called := reflect.ValueOf(w.dbs), 0
	for i := range service.NumMethod() {
		name := service.Type().Method(i).Name
		if own[name] {
			continue
		}
		for who, actor := range map[string]workspace.Actor{
			"stranger": w.Mallory, "another's manager": w.foreign, "guest": workspace.Guest(""), "nobody": {}, "disabled": gone,
			"everyone": {Principal: rbac.Everyone}, "authenticated": {Principal: rbac.Authenticated}, "owner": {Principal: rbac.Owner},
			"unknown": {Principal: 4711, User: w.manager.User}, "impostor": {Principal: w.Mallory.Principal, User: w.manager.User},
		} {
			method := service.Method(i)
			var args []reflect.Value
			for k := range method.Type().NumIn() {
				in := method.Type().In(k)
				if in == reflect.TypeFor[workspace.Actor]() {
					args = append(args, reflect.ValueOf(actor))
					continue
				}
				value, ok := known[in]
				if !ok {
					w.Fatalf("%s: say what to pass as %s", name, in)
				}
				args = append(args, reflect.ValueOf(value))
			}
			called++
			results := method.Call(args)
			err, _ := results[len(results)-1].Interface().(error)
			somebody := slices.Contains([]string{"stranger", "another's manager", "impostor"}, who)
			switch {
			case open[name] && somebody:
				if err != nil {
					w.Errorf("%s by %s: %v", name, who, err)
				}
			case !errors.Is(err, rbac.ErrDenied) && !errors.Is(err, workspace.ErrNotFound) && !errors.Is(err, database.ErrNotFound):
				w.Errorf("%s by %s: %v, want a refusal", name, who, err)
			case somebody && errors.Is(err, rbac.ErrDenied):
				w.Errorf("%s by %s: %v, which tells that it exists", name, who, err)
			}
			for _, result := range results[:len(results)-1] {
				list := result.Kind() == reflect.Map || result.Kind() == reflect.Slice
				if list && result.Len() > 0 || !list && !result.IsZero() {
					w.Errorf("%s by %s answers %v besides", name, who, result)
				}
			}
			if err != nil && strings.Contains(err.Error(), "here") {
				w.Errorf("%s by %s tells a name: %v", name, who, err)
			}
		}
	}
	if called < 200 {
		w.Errorf("only %d calls", called)
	}
	if dbtest.Fingerprint(w, w.DB) != before {
		w.Error("a refusal left something")
	}
	w.real.fail(nil)
	w.consistent()
}
