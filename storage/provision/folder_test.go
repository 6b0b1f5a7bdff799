package provision_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/bailiwick-sdk/bailiwick/storage/provision"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func (p *place) dir() string { return strings.Fields(p.where)[1] }

// foreign opens a database beside us.
func (p *place) foreign(t testing.TB, name database.Name, more string) *sql.DB {
	t.Helper()
	db, err := sql.Open(sqliteshim.ShimName, "file:"+filepath.Join(p.dir(), string(name)+".sqlite")+more)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestOpenFolder(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", "a\x00b"} {
		if _, err := provision.OpenFolder(dir, nil); !errors.Is(err, provision.ErrOptions) {
			t.Errorf("%q: %v", dir, err)
		}
	}
	dir := filepath.Join(t.TempDir(), "a", "what? 100%#")
	f, err := provision.OpenFolder(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Create(t.Context(), "one", ""), f.Create(t.Context(), "two", "one")); err != nil {
		t.Fatal(err)
	}
	access, err := f.Access(t.Context(), "two")
	if err != nil || access != (database.Access{Address: filepath.Join(dir, "two.sqlite")}) {
		t.Errorf("%+v, %v", access, err)
	}
	entries, _ := os.ReadDir(dir)
	if fmt.Sprint(entries) != "[- one.sqlite - two.sqlite]" {
		t.Error(entries)
	}
	for _, name := range []string{".", "one.sqlite", "two.sqlite"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// TestFolderModes has all files be ours alone while they are written.
func TestFolderModes(t *testing.T) {
	t.Parallel()
	p := newFolder(t)
	p.create(t, "one", "")
	run(t, p.session(t, "one"), "CREATE TABLE a (n int)")
	if err := errors.Join(p.Lock(t.Context(), "one"), p.Backup(t.Context(), "one", writer(func(b []byte) (int, error) {
		entries, _ := os.ReadDir(p.dir())
		for _, entry := range entries {
			info, err := entry.Info()
			if err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: %v", entry.Name(), info.Mode())
			}
			if strings.Contains(entry.Name(), "half") {
				t.Errorf("while it is read there is %s", entry.Name())
			}
		}
		return len(b), nil
	}))); err != nil {
		t.Fatal(err)
	}
}

// TestForeignProgram does not take a file from under a program that reads it.
func TestForeignProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := provision.OpenFolder(dir, &provision.FolderOptions{Patience: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	p := openFolder(t, dir)
	p.create(t, "one", "")
	p.in(t, "one", "CREATE TABLE a (n int)")
	backup := p.backup(t, "one")
	db := p.foreign(t, "one", "")
	db.SetMaxOpenConns(1)
	run(t, db, "INSERT INTO a VALUES (1)")
	for what, err := range map[string]error{
		"drop": f.Drop(t.Context(), "one"), "rename": f.Rename(t.Context(), "one", "two"), "restore": f.Restore(t.Context(), "one", bytes.NewReader(backup)),
	} {
		want(t, what, err, database.ErrBusy)
	}
	run(t, db, "INSERT INTO a VALUES (2)")
	if n, err := f.EndSessions(t.Context(), "one"); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Rename(t.Context(), "one", "two"); err != nil {
		t.Error(err)
	}
	if got := p.one(t, "two", "SELECT sum(n) FROM a"); got != "3" {
		t.Error(got)
	}
}

// TestStopped ends the session of a process that does nothing at all: it is
// told to be busy, and when it goes on it can do nothing any more.
func TestStopped(t *testing.T) {
	t.Parallel()
	p := newFolder(t)
	p.create(t, "one", "")
	p.in(t, "one", "CREATE TABLE a (n int)")
	c := p.start(t, "sessions")
	c.begin()
	c.said()
	if said := c.said(); said != "<nil>" {
		t.Fatal(said)
	}
	if err := c.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	f, err := provision.OpenFolder(p.dir(), &provision.FolderOptions{Patience: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.EndSessions(t.Context(), "one")
	want(t, "end sessions", err, database.ErrBusy)
	want(t, "drop", f.Drop(t.Context(), "one"), database.ErrBusy)
	want(t, "rename", f.Rename(t.Context(), "one", "two"), database.ErrBusy)
	c.begin()
	if err := c.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if said := c.said(); said != "true true true" {
		t.Error(said)
	}
	if got := p.one(t, "one", "SELECT sum(n) FROM a"); got != "100" {
		t.Error(got)
	}
	if err := p.Drop(t.Context(), "one"); err != nil {
		t.Error(err)
	}
}

// TestDamaged restores over a database that is none any more, and refuses a
// backup that is.
func TestDamaged(t *testing.T) {
	t.Parallel()
	p := newFolder(t)
	p.create(t, "one", "")
	p.in(t, "one", "CREATE TABLE a (n int)", "CREATE INDEX i ON a (n)", "INSERT INTO a WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5000) SELECT n FROM r")
	backup := p.backup(t, "one")
	file := filepath.Join(p.dir(), "one.sqlite")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for what, damage := range map[string]func([]byte) []byte{
		"zeros inside": func(b []byte) []byte {
			return append(append(bytes.Clone(b[:8192]), make([]byte, 8192)...), b[16384:]...)
		},
		"cut": func(b []byte) []byte { return b[:len(b)-4096] }, "half a page": func(b []byte) []byte { return b[:len(b)-100] },
		"no header": func(b []byte) []byte { return append(make([]byte, 100), b[100:]...) }, "garbage": func([]byte) []byte { return bytes.Repeat([]byte("x"), 8192) },
		"nothing": func([]byte) []byte { return nil },
		"text":    func([]byte) []byte { return []byte("SQLite format 3\x00") },
	} {
		bad := damage(text)
		want(t, what, p.Restore(t.Context(), "one", bytes.NewReader(provision.Seal(false, bad))), database.ErrBackup)
		want(t, what, p.Restore(t.Context(), "two", bytes.NewReader(provision.Seal(false, bad))), database.ErrBackup)
		if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, text) {
			t.Errorf("%s: it was changed, %v", what, err)
		}
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.Restore(t.Context(), "one", bytes.NewReader(backup)); err != nil {
			t.Errorf("over %s: %v", what, err)
		}
		if got := p.one(t, "one", "SELECT sum(n) FROM a"); got != "12502500" {
			t.Errorf("over %s: %s", what, got)
		}
		if text, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if entries, _ := os.ReadDir(p.dir()); len(entries) != 1 {
		t.Error(entries)
	}
}

// TestLeftovers does not read the log of a database that is gone into the next
// one of its name, nor lock it.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	p := newFolder(t)
	p.create(t, "source", "")
	db := p.session(t, "source")
	run(t, db, "CREATE TABLE ghost (n int)")
	log, err := os.ReadFile(filepath.Join(p.dir(), "source.sqlite-wal"))
	if err != nil || len(log) == 0 {
		t.Fatal(err)
	}
	for file, text := range map[string][]byte{
		"one.sqlite-wal": log, "one.sqlite-shm": nil, "one.sqlite-journal": log, ".one.locked": nil, ".one.half.abc": log, ".one.half.abc-wal": log,
		".one.session.abc": nil, ".one.call": nil,
	} {
		if err := os.WriteFile(filepath.Join(p.dir(), file), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.names(t); got != "[source]" {
		t.Error(got)
	}
	p.create(t, "one", "")
	if got := p.one(t, "one", "SELECT count(*) FROM sqlite_schema"); got != "0" {
		t.Errorf("%s tables", got)
	}
	entries, _ := os.ReadDir(p.dir())
	for _, entry := range entries {
		if strings.Contains(entry.Name(), "one") && entry.Name() != "one.sqlite" {
			t.Errorf("left is %s", entry.Name())
		}
	}
	// What is none of ours is taken, and left alone.
	if err := errors.Join(os.Mkdir(filepath.Join(p.dir(), "folder.sqlite"), 0o700), os.Symlink("/etc/passwd", filepath.Join(p.dir(), "link.sqlite"))); err != nil {
		t.Fatal(err)
	}
	backup := p.backup(t, "one")
	for _, name := range []database.Name{"folder", "link"} {
		want(t, "create", p.Create(t.Context(), name, ""), database.ErrExists)
		want(t, "restore", p.Restore(t.Context(), name, bytes.NewReader(backup)), database.ErrExists)
		want(t, "rename", p.Rename(t.Context(), "one", name), database.ErrExists)
		for what, err := range calls(p, name) {
			want(t, what, err, database.ErrNotFound)
		}
	}
	if got := p.names(t); got != "[one source]" {
		t.Error(got)
	}
}

// TestSession uses one as [sql.DB]s are used, until it is ended under it.
func TestSession(t *testing.T) {
	t.Parallel()
	p := newFolder(t)
	p.create(t, "one", "")
	db := p.session(t, "one")
	run(t, db, "CREATE TABLE a (n int PRIMARY KEY)", "CREATE TABLE b (n int REFERENCES a)")
	if _, err := db.Exec("INSERT INTO b VALUES (7)"); err == nil {
		t.Error("foreign keys are not kept to")
	}
	stmt, err := db.Prepare("INSERT INTO a VALUES (?)")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	for i := range 10 {
		if _, err := stmt.Exec(i); err != nil {
			t.Fatal(err)
		}
	}
	query, err := db.Prepare("SELECT n FROM a WHERE n > ? ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	rows, err := query.Query(4)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil || n != 5 {
		t.Errorf("%d rows, %v", n, err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Stmt(stmt).Exec(100); err != nil { //nolint:sqlclosecheck // it is the transaction's
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := db.ExecContext(cancelled, "CREATE TABLE never AS WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 1000000000) SELECT count(*) FROM r"); err == nil || errors.Is(err, provision.ErrEnded) {
		t.Errorf("when the context ended: %v", err)
	}
	if got := p.one(t, "one", "SELECT count(*) FROM a"); got != "10" {
		t.Error(got)
	}
	// Many at once, ended in the middle of it.
	var group sync.WaitGroup
	for w := range 6 {
		group.Go(func() {
			for i := 0; ; i++ {
				var err error
				switch i % 3 {
				case 0:
					_, err = stmt.Exec(1000*w + i + 1000)
				case 1:
					var sum int
					err = db.QueryRow("SELECT sum(n) FROM a").Scan(&sum)
				case 2:
					if tx, begun := db.Begin(); begun != nil {
						err = begun
					} else {
						_, err = tx.Exec("UPDATE a SET n = n WHERE n = 1")
						err = errors.Join(err, tx.Commit())
					}
				}
				if errors.Is(err, provision.ErrEnded) {
					return
				}
				if err != nil && !strings.Contains(err.Error(), "constraint") {
					t.Error(err)
					return
				}
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	if n, err := p.EndSessions(t.Context(), "one"); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	group.Wait()
	if err := p.Rename(t.Context(), "one", "two"); err != nil {
		t.Error(err)
	}
	if _, err := stmt.Exec(1); !errors.Is(err, provision.ErrEnded) {
		t.Errorf("a statement of before: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(p.dir()); len(entries) != 1 {
		t.Error(entries)
	}
}

// TestSessionToldToEnd has nothing done from the moment on that a session is told
// to end, and not only when it notices.
func TestSessionToldToEnd(t *testing.T) {
	t.Parallel()
	p := newFolder(t)
	p.create(t, "one", "")
	p.in(t, "one", "CREATE TABLE a (n int)")
	for range 10 {
		db := p.session(t, "one")
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO a VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(p.dir(), ".one.session.*"))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		if err := os.Remove(files[0]); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); !errors.Is(err, provision.ErrEnded) {
			t.Errorf("commit: %v", err)
		}
		if _, err := db.Exec("INSERT INTO a VALUES (2)"); !errors.Is(err, provision.ErrEnded) {
			t.Errorf("insert: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if got := p.one(t, "one", "SELECT count(*) FROM a"); got != "0" {
		t.Error(got)
	}
}

// TestSessionWaitingForItself ends connections of which one waits for another.
func TestSessionWaitingForItself(t *testing.T) {
	t.Parallel()
	p := newFolder(t)
	p.create(t, "one", "")
	db := p.session(t, "one")
	run(t, db, "CREATE TABLE a (n int)")
	first, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if _, err := second.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	waited := make(chan error)
	go func() {
		_, err := first.ExecContext(t.Context(), "INSERT INTO a VALUES (1)")
		waited <- err
	}()
	time.Sleep(50 * time.Millisecond)
	start := time.Now()
	if n, err := p.EndSessions(t.Context(), "one"); n != 1 || err != nil || time.Since(start) >= patience {
		t.Errorf("%d after %v, %v", n, time.Since(start), err)
	}
	if err := <-waited; !errors.Is(err, provision.ErrEnded) {
		t.Errorf("who waited: %v", err)
	}
}

// TestTemplateIsWritten copies a template that somebody writes to.
func TestTemplateIsWritten(t *testing.T) {
	t.Parallel()
	p := newFolder(t)
	p.create(t, "template", "")
	db := p.session(t, "template")
	run(t, db, "CREATE TABLE a (n int)", "INSERT INTO a VALUES (1)")
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO a VALUES (2)"); err != nil {
		t.Fatal(err)
	}
	p.create(t, "one", "template")
	if err := tx.Commit(); err != nil {
		t.Error(err)
	}
	if got := p.one(t, "one", "SELECT sum(n) FROM a"); got != "1" {
		t.Error(got)
	}
}
