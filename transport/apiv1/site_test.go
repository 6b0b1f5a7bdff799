package apiv1_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/logtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/blob"
	"github.com/bailiwick-sdk/bailiwick/storage/provision"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// site is a small world whose real databases are of the kind of its own: files
// beside SQLite, databases of a server beside PostgreSQL.
type site struct {
	*small

	chief, manager, other *someone // of what pays, of the workspace as a project, of another organization
	beyond                workspace.Organization
	provisioner           database.Provisioner
	log                   *logtest.Journal
	// connect opens a database as clients do, and enter another way.
	connect func(address string) (*sql.DB, error)
	enter   func(name database.Name) (*sql.DB, error)
}

var sitePrefixes atomic.Int64

// sites runs a test on a site of each kind.
func sites(t *testing.T, test func(t *testing.T, e *site)) {
	t.Helper()
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string, db *storage.DB) {
		t.Helper()
		e := &site{small: newSmall(t, db), log: &logtest.Journal{}}
		if strings.HasPrefix(address, "postgres") {
			e.server(address)
		} else {
			e.folder()
		}
		s := e.services
		bucket, err := blob.Folder(e.folders[0])
		e.must(err)
		t.Cleanup(func() { _ = bucket.Close() })
		s.Databases = database.New(db.Databases(), e.provisioner, s.Workspaces, s.Rules, s.Quotas, db.Trail(), &database.Options{
			Now: s.Now, Files: bucket, Templates: []database.Name{"everybodys"},
		})
		s.Log = zerolog.New(e.log)
		e.beyond = e.organization("Beyond")
		e.chief, e.manager, e.other = e.user("chief", false), e.user("manager", false), e.user("other", false)
		e.must(s.Workspaces.AddOrganizationUser(t.Context(), root(), e.pays.ID, e.chief.ID))
		e.must(s.Workspaces.AddOrganizationUser(t.Context(), root(), e.beyond.ID, e.other.ID))
		e.join(e.here.ID, e.manager, workspace.RoleProjectAdministrator)
		for _, u := range []*someone{e.chief, e.manager, e.other} { // who called this minute leaves no trace
			e.call(u, get, "/me", "", 200)
		}
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("the log:\n%s", e.log)
			}
		})
		test(t, e)
	})
}

// handlerAlone is the lens without the document watching, which holds answers back.
func (e *site) handlerAlone() http.Handler {
	return http.StripPrefix(prefix, apiv1.Handler(e.services, nil))
}

func (e *site) folder() {
	e.t.Helper()
	folder, err := provision.OpenFolder(e.folders[1], nil)
	e.must(err)
	e.provisioner = folder
	e.enter = func(name database.Name) (*sql.DB, error) { return folder.Connect(context.Background(), name) }
	e.connect = func(address string) (*sql.DB, error) {
		return e.enter(database.Name(strings.TrimSuffix(filepath.Base(address), ".sqlite")))
	}
}

func (e *site) server(address string) {
	e.t.Helper()
	prefix := fmt.Sprintf("e%d-", sitePrefixes.Add(1))
	server, err := provision.Open(e.t.Context(), address, &provision.ServerOptions{Prefix: prefix})
	e.must(err)
	e.provisioner = server
	e.t.Cleanup(func() {
		names, err := server.Databases(context.Background())
		for _, name := range names {
			if err := server.Drop(context.Background(), name); err != nil {
				e.t.Error(err)
			}
		}
		if err != nil {
			e.t.Error(err)
		}
	})
	e.connect = func(address string) (*sql.DB, error) { return sql.Open("pgx", address) }
	e.enter = func(name database.Name) (*sql.DB, error) {
		access, err := server.Access(context.Background(), name)
		if err != nil {
			return nil, err
		}
		return e.connect(access.Address)
	}
}

// run runs statements in a database.
func (e *site) run(name database.Name, statements ...string) {
	e.t.Helper()
	db, err := e.enter(name)
	e.must(err)
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(e.t.Context(), statement); err != nil {
			e.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// rooms are what is in a database.
func (e *site) rooms(name database.Name) string {
	e.t.Helper()
	db, err := e.enter(name)
	e.must(err)
	defer db.Close()
	return e.read(db)
}

func (e *site) read(db *sql.DB) string {
	e.t.Helper()
	rows, err := db.QueryContext(e.t.Context(), "SELECT name FROM rooms ORDER BY name")
	e.must(err)
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		e.must(rows.Scan(&name))
		names = append(names, name)
	}
	e.must(rows.Err())
	return strings.Join(names, " ")
}

// real lists the databases that there really are.
func (e *site) real() string {
	e.t.Helper()
	names, err := e.provisioner.Databases(e.t.Context())
	e.must(err)
	slices.Sort(names)
	return fmt.Sprint(names)
}

// template makes a database with a room in it.
func (e *site) template(name database.Name) {
	e.t.Helper()
	e.call(e.admin, post, "/databases", fmt.Sprintf(`{"organization": %q, "name": %q}`, e.pays.ID, name), 201)
	e.run(name, "CREATE TABLE rooms (name TEXT PRIMARY KEY)", "INSERT INTO rooms VALUES ('lobby')")
}

// whole is all there is: in the database of the platform, and outside of it.
func (e *site) whole() string {
	e.t.Helper()
	all := dbtest.Fingerprint(e.t, e.db) + e.real()
	if _, server := e.provisioner.(*provision.Server); server {
		return all
	}
	return all + fmt.Sprint(e.files())
}

// project makes one whose database is a copy of the template.
func (e *site) project(name string, db database.Name) map[string]any {
	e.t.Helper()
	body := fmt.Sprintf(`{"name": %q, "supervisor": %q, "organization": %q, "new_database": {"name": %q, "template": "everybodys"}}`,
		name, e.boss.ID, e.pays.ID, db)
	return e.call(e.chief, post, "/projects", body, 201).value(e.t)
}
