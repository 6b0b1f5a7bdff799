package database_test

import (
	"bytes"
	"database/sql"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// TestServer goes through everything with databases of PostgreSQL.
func TestServer(t *testing.T) {
	t.Parallel()
	kind := dbtest.OnPostgres()
	p, _, _ := newServer(t)
	w := newWorld(t, kind, p)
	w.limit(quota.NoLimit)
	w.database("template")
	made, d, err := w.dbs.CreateProject(w.Context(), w.manager, database.ProjectDraft{
		Workspace: w.draft("new"), New: &database.Draft{Name: "akl-test", Template: "template"},
	})
	w.OK(err)
	if made.Project.Database != d.ID || d.Size < 1_000_000 {
		w.Errorf("made are %+v, %+v", made.Workspace, d)
	}
	connect := func(name database.Name) *sql.DB {
		w.Helper()
		_, access, err := w.dbs.Access(w.Context(), w.manager, made.ID)
		w.OK(err)
		if !strings.Contains(access.Address, string(name)) || access.Username == "" || access.Password == "" {
			w.Errorf("access to %s is by %s", name, access.Username)
		}
		db, err := sql.Open("pgx", access.Address)
		w.OK(err)
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	rooms := func(db *sql.DB, want int) {
		w.Helper()
		n := 0
		if err := db.QueryRowContext(w.Context(), "SELECT COUNT(*) FROM rooms").Scan(&n); err != nil || n != want {
			w.Errorf("%d rooms, %v; want %d", n, err, want)
		}
	}
	db := connect("akl-test")
	_, err = db.ExecContext(w.Context(), "CREATE TABLE rooms AS SELECT n FROM generate_series(1, 1000) AS n")
	w.OK(err)
	b, err := w.dbs.MakeBackup(w.Context(), w.manager, "akl-test")
	w.OK(err)
	var written bytes.Buffer
	w.OK(w.dbs.Backup(w.Context(), w.manager, "akl-test", &written))
	_, err = db.ExecContext(w.Context(), "DELETE FROM rooms WHERE n > 10")
	w.OK(err)
	_, _, err = w.dbs.Lock(w.Context(), w.manager, "akl-test")
	w.OK(err)
	if _, n, err := w.dbs.EndSessions(w.Context(), w.manager, "akl-test"); err != nil || n != 1 {
		w.Errorf("%d sessions were ended, %v", n, err)
	}
	if db.PingContext(w.Context()) == nil {
		w.Error("it lets in who is locked out")
	}
	_, err = w.dbs.RestoreBackup(w.Context(), w.manager, b.Name)
	w.OK(err)
	w.consistent() // and locked
	_, _, err = w.dbs.Unlock(w.Context(), w.manager, "akl-test")
	w.OK(err)
	db = connect("akl-test")
	rooms(db, 1000)
	_, err = db.ExecContext(w.Context(), "DROP TABLE rooms")
	w.OK(err)
	_, err = w.dbs.RestoreFrom(w.Context(), w.manager, "akl-test", bytes.NewReader(written.Bytes()))
	w.OK(err)
	_, err = w.dbs.Rename(w.Context(), w.manager, "akl-test", "akl-prod")
	w.OK(err)
	rooms(connect("akl-prod"), 1000)
	w.OK(w.dbs.Measure(w.Context()))
	w.OK(w.dbs.Reconcile(w.Context()))
	w.consistent()
	w.OK(w.dbs.SetDatabase(w.Context(), w.manager, made.ID, ""))
	w.OK(w.dbs.Delete(w.Context(), w.manager, "akl-prod"))
	w.OK(w.dbs.Delete(w.Context(), w.manager, "template"))
	w.consistent()
	if w.used(w.owner) != 0 || len(w.there()) != 0 {
		w.Errorf("left are %v, charged with %d", w.there(), w.used(w.owner))
	}
}
