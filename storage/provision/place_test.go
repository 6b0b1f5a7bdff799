package provision_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
	"github.com/bailiwick-sdk/bailiwick/storage/provision"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// A place is where a test has databases made, all its own.
type place struct {
	database.Provisioner

	kind string
	// Where it is, for other processes.
	where string
	// connect opens a session as clients do.
	connect func(name database.Name) (*sql.DB, error)
	// state tells all that is there, to be compared.
	state func(t *testing.T) string
}

// cluster is one that asks everybody but the superuser for a password.
var cluster = sync.OnceValues(func() (*pgtest.Cluster, error) {
	c, err := pgtest.Start(false)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("pgx", c.Address("postgres"))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var hba string
	if err := db.QueryRow("SHOW hba_file").Scan(&hba); err != nil {
		return nil, err
	}
	for _, statement := range []string{
		`COPY (VALUES ('local all postgres trust'), ('local all all scram-sha-256')) TO '` + hba + `'`,
		"ALTER SYSTEM SET log_statement = 'all'", // which shows what the server is told
		"SELECT pg_reload_conf()",
		"CREATE ROLE clerk LOGIN CREATEDB CREATEROLE PASSWORD 'Pa55-of-the-clerk'",
	} {
		if _, err := db.Exec(statement); err != nil {
			return nil, err
		}
	}
	return c, nil
})

func clusterOf(t testing.TB) *pgtest.Cluster {
	t.Helper()
	c, err := cluster()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var prefixes atomic.Int64

// patience is short where nobody is waited for in vain.
const patience = 3 * time.Second

func newFolder(t testing.TB) *place {
	t.Helper()
	return openFolder(t, t.TempDir())
}

func openFolder(t testing.TB, dir string) *place {
	t.Helper()
	f, err := provision.OpenFolder(dir, &provision.FolderOptions{Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	return &place{
		Provisioner: f, kind: "folder", where: "folder " + dir,
		connect: func(name database.Name) (*sql.DB, error) { return f.Connect(context.Background(), name) },
		state: func(t *testing.T) string {
			t.Helper()
			var all strings.Builder
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				text, _ := os.ReadFile(filepath.Join(dir, entry.Name()))
				fmt.Fprintf(&all, "%s %x\n", entry, sha256.Sum256(text))
			}
			return all.String()
		},
	}
}

// newServer returns a place in the cluster with a prefix of its own, for the
// superuser or for the clerk, who is none.
func newServer(t testing.TB, user string) *place {
	t.Helper()
	return openServer(t, serverAddress(t, user), fmt.Sprintf("t%d-", prefixes.Add(1)))
}

func serverAddress(t testing.TB, user string) string {
	t.Helper()
	address := clusterOf(t).Address("postgres")
	if user != "postgres" {
		address = strings.Replace(address, "user=postgres", "user="+user+"&password=Pa55-of-the-clerk", 1)
	}
	return address
}

func openServer(t testing.TB, address, prefix string) *place {
	t.Helper()
	s, err := provision.Open(context.Background(), address, &provision.ServerOptions{Prefix: prefix, Patience: patience, Tools: tools()})
	if err != nil {
		t.Fatal(err)
	}
	return &place{
		Provisioner: s, kind: "server", where: "server " + address + " " + prefix,
		connect: func(name database.Name) (*sql.DB, error) {
			a, err := s.Access(context.Background(), name)
			if err != nil {
				return nil, err
			}
			return dial(a.Address)
		},
		state: func(t *testing.T) string {
			t.Helper()
			admin := super(t, "postgres")
			defer admin.Close()
			var all string
			if err := admin.QueryRow(`SELECT coalesce(string_agg(line, E'\n' ORDER BY line), '') FROM (
				SELECT concat_ws(' ', datname, datallowconn, datacl, shobj_description(oid, 'pg_database')) FROM pg_database
					WHERE starts_with(datname, $1)
				UNION ALL SELECT concat_ws(' ', rolname, rolpassword, rolsuper, rolcanlogin) FROM pg_authid WHERE starts_with(rolname, $1)
			) AS x (line)`, prefix).Scan(&all); err != nil {
				t.Fatal(err)
			}
			return all
		},
	}
}

// tools is where they are themselves: what Debian has in PATH looks for them for long.
func tools() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_restore")
	if len(found) != 1 {
		return ""
	}
	return filepath.Dir(found[0])
}

// super opens a database of the cluster as the superuser.
func super(t testing.TB, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", clusterOf(t).Address(name))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func dial(address string) (*sql.DB, error) {
	db, err := sql.Open("pgx", address)
	if err == nil {
		if err = db.Ping(); err != nil {
			db.Close()
		}
	}
	return db, err
}

// reopen returns the place as another process has it.
func (p *place) reopen(t testing.TB) *place {
	t.Helper()
	parts := strings.Split(p.where, " ")
	if parts[0] == "folder" {
		return openFolder(t, parts[1])
	}
	return openServer(t, parts[1], parts[2])
}

// each runs a test in a place of each kind.
func each(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	t.Parallel()
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		test(t, newFolder(t))
	})
	for _, user := range []string{"postgres", "clerk"} {
		t.Run("server as "+user, func(t *testing.T) {
			t.Parallel()
			p := newServer(t, user)
			t.Cleanup(func() { p.dropAll(t) })
			test(t, p)
		})
	}
}

// dropAll deletes what a test has left in the cluster, and wants nothing to be left then.
func (p *place) dropAll(t *testing.T) {
	t.Helper()
	names, err := p.Databases(context.Background())
	if err != nil {
		t.Error(err)
	}
	for _, name := range names {
		if err := p.Drop(context.Background(), name); err != nil {
			t.Errorf("drop %s: %v", name, err)
		}
	}
	if state := p.state(t); state != "" {
		t.Errorf("when all was dropped:\n%s", state)
	}
}

// session is connect for tests that cannot go on without.
func (p *place) session(t testing.TB, name database.Name) *sql.DB {
	t.Helper()
	db, err := p.connect(name)
	if err != nil {
		t.Fatalf("connect to %s: %v", name, err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func run(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// in runs statements in a session of a database.
func (p *place) in(t testing.TB, name database.Name, statements ...string) {
	t.Helper()
	db, err := p.connect(name)
	if err != nil {
		t.Fatalf("connect to %s: %v", name, err)
	}
	run(t, db, statements...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// one asks for one value.
func (p *place) one(t testing.TB, name database.Name, query string) string {
	t.Helper()
	db, err := p.connect(name)
	if err != nil {
		t.Fatalf("connect to %s: %v", name, err)
	}
	defer db.Close()
	var value string
	if err := db.QueryRow(query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func (p *place) create(t testing.TB, name, template database.Name) {
	t.Helper()
	if err := p.Create(t.Context(), name, template); err != nil {
		t.Fatalf("create %s from %q: %v", name, template, err)
	}
}

func (p *place) backup(t testing.TB, name database.Name) []byte {
	t.Helper()
	var text bytes.Buffer
	if err := p.Backup(t.Context(), name, &text); err != nil {
		t.Fatalf("backup of %s: %v", name, err)
	}
	return text.Bytes()
}

func want(t testing.TB, what string, err, expected error) {
	t.Helper()
	if !errors.Is(err, expected) {
		t.Errorf("%s: %v, want %v", what, err, expected)
	}
}

func (p *place) names(t testing.TB) string {
	t.Helper()
	names, err := p.Databases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(names)
}
