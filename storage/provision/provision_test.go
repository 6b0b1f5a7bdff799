package provision_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func TestCreate(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		if names, err := p.Databases(t.Context()); err != nil || names == nil || len(names) != 0 {
			t.Errorf("none: %v, %v", names, err)
		}
		p.create(t, "zoo", "")
		p.in(t, "zoo", "CREATE TABLE animals (name text)", "INSERT INTO animals VALUES ('owl')")
		p.create(t, "akl-test", "zoo")
		p.in(t, "akl-test", "INSERT INTO animals VALUES ('elk')", "CREATE TABLE more (n int)", "DROP TABLE more",
			"ALTER TABLE animals ADD COLUMN legs int")
		if got := p.one(t, "akl-test", "SELECT count(*) FROM animals"); got != "2" {
			t.Errorf("%s animals in the copy", got)
		}
		if got := p.one(t, "zoo", "SELECT count(*) FROM animals"); got != "1" {
			t.Errorf("%s animals in the template", got)
		}
		if got := p.names(t); got != "[akl-test zoo]" {
			t.Error(got)
		}
		want(t, "once more", p.Create(t.Context(), "zoo", ""), database.ErrExists)
		want(t, "once more from a template", p.Create(t.Context(), "zoo", "akl-test"), database.ErrExists)
		want(t, "of itself", p.Create(t.Context(), "zoo", "zoo"), database.ErrExists)
		want(t, "of what is not there", p.Create(t.Context(), "new", "nobody"), database.ErrNotFound)
		want(t, "of itself that is not there", p.Create(t.Context(), "new", "new"), database.ErrNotFound)
		if got := p.names(t); got != "[akl-test zoo]" {
			t.Error(got)
		}
	})
}

func TestNotFound(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "here", "")
		before := p.state(t)
		for what, err := range calls(p, "gone") {
			want(t, what, err, database.ErrNotFound)
		}
		if after := p.state(t); after != before {
			t.Errorf("from\n%s\nto\n%s", before, after)
		}
	})
}

// calls makes each call that is about a database that there is.
func calls(p *place, name database.Name) map[string]error {
	ctx := context.Background()
	all := map[string]error{}
	_, all["stats"] = p.Stats(ctx, name)
	all["backup"] = p.Backup(ctx, name, writer(func([]byte) (int, error) { panic("written") }))
	all["lock"] = p.Lock(ctx, name)
	all["unlock"] = p.Unlock(ctx, name)
	_, all["end sessions"] = p.EndSessions(ctx, name)
	all["rename"] = p.Rename(ctx, name, "other")
	all["drop"] = p.Drop(ctx, name)
	_, all["access"] = p.Access(ctx, name)
	return all
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestStats(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		before, err := p.Stats(t.Context(), "one")
		if err != nil || before.Name != "one" || before.Size == 0 || before.Sessions != 0 || before.Locked {
			t.Fatalf("%+v, %v", before, err)
		}
		if (p.kind == "folder") == before.Changed.IsZero() || time.Since(before.Changed) > time.Minute && p.kind == "folder" {
			t.Errorf("changed %v", before.Changed)
		}
		db := p.session(t, "one")
		run(t, db, "CREATE TABLE big (b text)")
		for range 40 {
			run(t, db, "INSERT INTO big VALUES ('"+strings.Repeat("0123456789", 5000)+"')")
		}
		if err := p.Lock(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		after, err := p.Stats(t.Context(), "one")
		if err != nil || after.Size <= before.Size || after.Sessions != 1 || !after.Locked || after.Changed.Before(before.Changed) {
			t.Errorf("%+v, %v", after, err)
		}
	})
}

func TestLock(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE a (n int)")
		p.create(t, "other", "")
		there := p.session(t, "one")
		there.SetMaxOpenConns(1)
		access, err := p.Access(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := p.Lock(t.Context(), "one"); err != nil {
				t.Fatal(err)
			}
		}
		run(t, there, "INSERT INTO a VALUES (1)")
		_, err = p.Access(t.Context(), "one")
		want(t, "access", err, database.ErrLocked)
		if _, err := p.connect("one"); !errors.Is(err, database.ErrLocked) {
			t.Errorf("connect: %v", err)
		}
		if p.kind == "server" {
			if _, err := dial(access.Address); err == nil || !strings.Contains(err.Error(), "42501") {
				t.Errorf("with a password from before: %v", err)
			}
		}
		p.in(t, "other", "CREATE TABLE a (n int)")
		// But the provisioner.
		if text := p.backup(t, "one"); len(text) == 0 {
			t.Error("no backup")
		}
		if _, err := p.EndSessions(t.Context(), "one"); err != nil {
			t.Error(err)
		}
		p.create(t, "copy", "one")
		if stats, err := p.Stats(t.Context(), "copy"); err != nil || stats.Locked {
			t.Errorf("the copy: %+v, %v", stats, err)
		}
		for range 2 {
			if err := p.Unlock(t.Context(), "one"); err != nil {
				t.Fatal(err)
			}
		}
		if got := p.one(t, "one", "SELECT n FROM a"); got != "1" {
			t.Error(got)
		}
		if p.kind == "server" {
			if a, err := p.Access(t.Context(), "one"); err != nil || a.Password == access.Password {
				t.Errorf("the same password: %v", err)
			}
		}
		// A lock goes with a name, and does not stay behind.
		if err := errors.Join(p.Lock(t.Context(), "one"), p.Rename(t.Context(), "one", "two")); err != nil {
			t.Fatal(err)
		}
		if stats, err := p.Stats(t.Context(), "two"); err != nil || !stats.Locked {
			t.Errorf("renamed: %+v, %v", stats, err)
		}
		p.create(t, "one", "")
		if stats, err := p.Stats(t.Context(), "one"); err != nil || stats.Locked {
			t.Errorf("another of the name: %+v, %v", stats, err)
		}
		if err := p.Drop(t.Context(), "two"); err != nil {
			t.Fatal(err)
		}
		p.create(t, "two", "")
		if stats, err := p.Stats(t.Context(), "two"); err != nil || stats.Locked {
			t.Errorf("another of the name: %+v, %v", stats, err)
		}
	})
}

func TestEndSessions(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE a (n int)")
		p.create(t, "other", "")
		other := p.session(t, "other")
		run(t, other, "CREATE TABLE a (n int)")
		if n, err := p.EndSessions(t.Context(), "one"); n != 0 || err != nil {
			t.Errorf("none: %d, %v", n, err)
		}
		// One is idle, one in a transaction, one busy, and one half-way through rows.
		idle, tx, working, rows := p.session(t, "one"), p.session(t, "one"), p.session(t, "one"), p.session(t, "one")
		for _, db := range []*sql.DB{idle, tx, working, rows} {
			db.SetMaxOpenConns(1)
			run(t, db, "SELECT 1")
		}
		open, err := rows.Query("WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10000000) SELECT n FROM r")
		if err != nil || !open.Next() {
			t.Fatal(err)
		}
		defer open.Close()
		unfinished, err := tx.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := unfinished.Exec("INSERT INTO a VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		failed := make(chan error)
		go func() {
			_, err := working.Exec("CREATE TABLE never AS WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 1000000000) SELECT count(*) FROM r")
			failed <- err
		}()
		time.Sleep(100 * time.Millisecond)
		if stats, err := p.Stats(t.Context(), "one"); err != nil || stats.Sessions != 4 {
			t.Errorf("%+v, %v", stats, err)
		}
		if n, err := p.reopen(t).EndSessions(t.Context(), "one"); n != 4 || err != nil {
			t.Errorf("%d ended, %v", n, err)
		}
		if err := <-failed; err == nil {
			t.Error("what was busy went on to its end")
		}
		if err := unfinished.Commit(); err == nil {
			t.Error("committed after the end")
		}
		for open.Next() {
			continue // what is left in memory
		}
		if open.Err() == nil {
			t.Error("rows to the end")
		}
		if stats, err := p.Stats(t.Context(), "one"); err != nil || stats.Sessions != 0 {
			t.Errorf("%+v, %v", stats, err)
		}
		if got := p.one(t, "one", "SELECT count(*) FROM a"); got != "0" {
			t.Errorf("%s in a", got)
		}
		run(t, other, "INSERT INTO a VALUES (1)")
		if p.kind == "folder" {
			for what, db := range map[string]*sql.DB{"idle": idle, "tx": tx, "working": working} {
				if err := db.Ping(); err == nil {
					t.Errorf("%s goes on", what)
				}
			}
		}
	})
}

func TestRename(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		p.create(t, "other", "")
		p.in(t, "one", "CREATE TABLE a (n int)")
		db := p.session(t, "one")
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO a VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		want(t, "to one there is", p.Rename(t.Context(), "one", "other"), database.ErrExists)
		want(t, "to itself", p.Rename(t.Context(), "one", "one"), database.ErrExists)
		if _, err := tx.Exec("INSERT INTO a VALUES (1)"); err != nil {
			t.Errorf("a refusal ended sessions: %v", err)
		}
		if err := p.Rename(t.Context(), "one", "two"); err != nil {
			t.Fatal(err)
		}
		if tx.Commit() == nil {
			t.Error("a session went on")
		}
		if got := p.names(t); got != "[other two]" {
			t.Error(got)
		}
		if got := p.one(t, "two", "SELECT count(*) FROM a"); got != "0" {
			t.Errorf("%s in a", got)
		}
		p.in(t, "two", "ALTER TABLE a ADD COLUMN m int")
		p.create(t, "one", "two")
		if err := p.Rename(t.Context(), "other", "third"); err != nil {
			t.Error(err)
		}
		if got := p.names(t); got != "[one third two]" {
			t.Error(got)
		}
	})
}

func TestDrop(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE a (n int)", "INSERT INTO a VALUES (1)")
		p.create(t, "copy", "one") // nothing in it keeps the template's role
		db := p.session(t, "one")
		run(t, db, "INSERT INTO a VALUES (2)")
		if err := p.Drop(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("INSERT INTO a VALUES (3)"); err == nil {
			t.Error("a session went on")
		}
		want(t, "stats", errOf(p.Stats(t.Context(), "one")), database.ErrNotFound)
		want(t, "once more", p.Drop(t.Context(), "one"), database.ErrNotFound)
		if got := p.names(t); got != "[copy]" {
			t.Error(got)
		}
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE a (n int)")
		if got := p.one(t, "one", "SELECT count(*) FROM a"); got != "0" {
			t.Errorf("%s in a", got)
		}
		for _, name := range []database.Name{"one", "copy"} {
			if err := p.Drop(t.Context(), name); err != nil {
				t.Error(err)
			}
		}
		if state := p.state(t); state != "" {
			t.Errorf("left is\n%s", state)
		}
	})
}

func errOf[T any](_ T, err error) error { return err }

func TestHold(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		q := p.reopen(t)
		release, err := p.Hold(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		want(t, "twice", errOf(p.Hold(t.Context(), "one")), database.ErrBusy)
		want(t, "elsewhere", errOf(q.Hold(t.Context(), "one")), database.ErrBusy)
		if took := time.Since(start); took >= patience {
			t.Errorf("it took %v", took)
		}
		// It does not exclude the other methods.
		if err := errors.Join(q.Lock(t.Context(), "one"), p.Unlock(t.Context(), "one")); err != nil {
			t.Error(err)
		}
		other, err := q.Hold(t.Context(), "nobody")
		if err != nil {
			t.Fatal(err)
		}
		other()
		for range 20 {
			release()
			release()
			if release, err = q.Hold(t.Context(), "one"); err != nil {
				t.Fatal(err)
			}
		}
		release()
	})
}

// TestPatience wants who waits for another in vain to be told, in time, and
// who does not to get it.
func TestPatience(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE a (n int)", "INSERT INTO a VALUES (1)")
		text := p.backup(t, "one")
		// Calls about one name, all at once and several times.
		var group sync.WaitGroup
		for i := range 6 {
			q := p.reopen(t)
			group.Go(func() {
				for range 3 {
					var err error
					switch i % 3 {
					case 0:
						err = q.Lock(t.Context(), "one")
					case 1:
						err = q.Backup(t.Context(), "one", io.Discard)
					case 2:
						err = q.Restore(t.Context(), "one", bytes.NewReader(text))
					}
					if err != nil && !errors.Is(err, database.ErrBusy) {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if err := p.Unlock(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		if got := p.one(t, "one", "SELECT n FROM a"); got != "1" {
			t.Error(got)
		}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.Create(cancelled, "two", ""); err == nil {
			t.Error("a context that has ended")
		}
		if got := p.names(t); got != "[one]" {
			t.Error(got)
		}
	})
}
