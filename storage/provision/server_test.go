package provision_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/storage/provision"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// servers runs a test as the superuser and as the clerk.
func servers(t *testing.T, test func(t *testing.T, p *place, prefix string)) {
	t.Helper()
	t.Parallel()
	for _, user := range []string{"postgres", "clerk"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			p := newServer(t, user)
			t.Cleanup(func() { p.dropAll(t) })
			test(t, p, strings.Fields(p.where)[2])
		})
	}
}

// as runs statements in a database as the superuser.
func as(t testing.TB, name string, statements ...string) {
	t.Helper()
	db := super(t, name)
	defer db.Close()
	run(t, db, statements...)
}

func asked(t testing.TB, name, query string) string {
	t.Helper()
	db := super(t, name)
	defer db.Close()
	var value sql.NullString
	if err := db.QueryRow(query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value.String
}

// socket is the folder that the cluster is in.
func socket(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(clusterOf(t).Address("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("host")
}

func TestOpen(t *testing.T) {
	t.Parallel()
	clusterOf(t)
	as(t, "postgres", "DROP ROLE IF EXISTS intern", "CREATE ROLE intern LOGIN CREATEDB PASSWORD 'Pa55-of-the-clerk'")
	for what, try := range map[string]struct{ address, prefix string }{
		"a long prefix":        {serverAddress(t, "postgres"), "project-long"},
		"upper case":           {serverAddress(t, "postgres"), "Project-"},
		"an injection":         {serverAddress(t, "postgres"), `x"--`},
		"no prefix of letters": {serverAddress(t, "postgres"), "~"},
		"a role without right": {serverAddress(t, "intern"), "x-"},
		"no URL":               {"host=/tmp password=hunter2", "x-"},
		"a URL that is none":   {"postgres://u:hunter2@[::1/x", "x-"},
		"another driver":       {"mysql://u:hunter2@h/x", "x-"},
		"a bad port":           {"postgres://u:hunter2@h:port/x", "x-"},
	} {
		_, err := provision.Open(t.Context(), try.address, &provision.ServerOptions{Prefix: try.prefix})
		if !errors.Is(err, provision.ErrOptions) {
			t.Errorf("%s: %v", what, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := provision.Open(t.Context(), "postgres://u:hunter2@127.0.0.1:1/x?connect_timeout=1", nil)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("nobody there: %v", err)
	}
}

// TestStrangers leaves alone what is not ours.
func TestStrangers(t *testing.T) {
	servers(t, func(t *testing.T, p *place, prefix string) {
		as(t, "postgres", `CREATE DATABASE "`+prefix+`theirs"`, `CREATE ROLE "`+prefix+`person" LOGIN`)
		t.Cleanup(func() {
			as(t, "postgres", `DROP DATABASE "`+prefix+`theirs"`, `DROP ROLE "`+prefix+`person"`)
			p.dropAll(t)
		})
		before := p.state(t)
		ctx := t.Context()
		want(t, "create", p.Create(ctx, "theirs", ""), database.ErrExists)
		want(t, "create for a role", p.Create(ctx, "person", ""), database.ErrExists)
		for what, err := range calls(p, "theirs") {
			want(t, what, err, database.ErrNotFound)
		}
		want(t, "as a template", p.Create(ctx, "new", "theirs"), database.ErrNotFound)
		if got := p.names(t); got != "[]" {
			t.Error(got)
		}
		if after := p.state(t); after != before {
			t.Errorf("from\n%s\nto\n%s", before, after)
		}
		p.create(t, "ours", "")
		backup := p.backup(t, "ours")
		want(t, "restore", p.Restore(ctx, "theirs", bytes.NewReader(backup)), database.ErrExists)
		want(t, "rename", p.Rename(ctx, "ours", "theirs"), database.ErrExists)
		want(t, "rename for a role", p.Rename(ctx, "ours", "person"), database.ErrExists)
		// One that somebody renamed by hand has all it had.
		p.in(t, "ours", "CREATE TABLE a (n int)", "INSERT INTO a VALUES (1)")
		as(t, "postgres", `ALTER DATABASE "`+prefix+`ours" RENAME TO "`+prefix+`archive"`)
		if got := p.names(t); got != "[archive]" {
			t.Error(got)
		}
		want(t, "create", p.Create(ctx, "ours", ""), database.ErrExists)
		if got := asked(t, prefix+"archive", "SELECT n FROM public.a"); got != "1" {
			t.Errorf("left is %s", got)
		}
		as(t, "postgres", `ALTER DATABASE "`+prefix+`archive" RENAME TO "`+prefix+`ours"`)
		if err := p.Drop(ctx, "ours"); err != nil {
			t.Error(err)
		}
		if after := p.state(t); after != before {
			t.Errorf("from\n%s\nto\n%s", before, after)
		}
	})
}

// TestRole says what the role of a database may do, and what not.
func TestRole(t *testing.T) {
	servers(t, func(t *testing.T, p *place, prefix string) {
		p.create(t, "one", "")
		p.create(t, "other", "")
		first, err := p.Access(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		db, err := dial(first.Address)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if first.Username != prefix+"one" || len(first.Password) < 40 || !strings.Contains(first.Address, first.Password) {
			t.Errorf("%+v", first)
		}
		run(t, db, "CREATE TABLE public.a (n int)", "CREATE SCHEMA mine", "CREATE TABLE mine.b (n int)", "CREATE EXTENSION pg_trgm", "SELECT lo_create(0)")
		for _, statement := range []string{
			`DROP DATABASE "` + prefix + `one"`, `DROP DATABASE "` + prefix + `other"`,
			`ALTER DATABASE "` + prefix + `one" RENAME TO mine`, `COMMENT ON DATABASE "` + prefix + `one" IS 'x'`,
			`GRANT CONNECT ON DATABASE "` + prefix + `one" TO PUBLIC`, `ALTER DATABASE "` + prefix + `one" OWNER TO "` + prefix + `one"`,
			"CREATE ROLE x", "CREATE DATABASE x", `SET ROLE "` + prefix + `other"`, "SET ROLE postgres", "SET ROLE clerk",
			`COMMENT ON ROLE "` + prefix + `one" IS 'x'`, "CREATE EXTENSION file_fdw",
		} {
			_, err := db.Exec(statement)
			if err == nil && strings.HasPrefix(statement, "GRANT") { // it is only warned
				if asked(t, "postgres", `SELECT datacl::text LIKE '%{=%' OR datacl::text LIKE '%,=%' FROM pg_database WHERE datname = '`+prefix+`one'`) == "true" {
					err = nil
				} else {
					err = errors.New("nothing was granted")
				}
			}
			if err == nil {
				t.Errorf("the role may %s", statement)
			}
		}
		if _, err := dial(strings.Replace(first.Address, "/"+prefix+"one?", "/"+prefix+"other?", 1)); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("in another's database: %v", err)
		}
		second, err := p.Access(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dial(first.Address); err == nil || !strings.Contains(err.Error(), "28P01") {
			t.Errorf("with the password from before: %v", err)
		}
		db2, err := dial(second.Address)
		if err != nil {
			t.Fatal(err)
		}
		db2.Close()
		// What a role has elsewhere does not keep it from being deleted.
		maintenance, err := dial(strings.Replace(second.Address, "/"+prefix+"one?", "/postgres?", 1))
		if err != nil {
			t.Fatal(err)
		}
		run(t, maintenance, "SELECT lo_create(0)")
		maintenance.Close()
		db.Close()
		if err := p.Drop(t.Context(), "one"); err != nil {
			t.Error(err)
		}
	})
}

// TestClientsThatComeBack renames and restores under clients that connect again
// as soon as they were sent away.
func TestClientsThatComeBack(t *testing.T) {
	servers(t, func(t *testing.T, p *place, prefix string) {
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE a (n int)")
		backup := p.backup(t, "one")
		access, err := p.Access(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for range 6 {
			address := access.Address
			go func() {
				for ctx.Err() == nil {
					if db, err := dial(address); err == nil {
						db.Exec("SELECT pg_sleep(10)")
						db.Close()
					}
				}
			}()
		}
		for i := range 3 {
			// Who lets them in again has no end of it before his patience is over.
			if err := p.Restore(t.Context(), "one", bytes.NewReader(backup)); err != nil {
				t.Fatal(i, err)
			}
			if err := errors.Join(p.Rename(t.Context(), "one", "two"), p.Rename(t.Context(), "two", "one")); err != nil {
				t.Fatal(i, err)
			}
		}
		if err := p.Drop(t.Context(), "one"); err != nil {
			t.Error(err)
		}
	})
}

// TestExtensions restores those that only a superuser may make.
func TestExtensions(t *testing.T) {
	t.Parallel()
	prefix := fmt.Sprintf("t%d-", prefixes.Add(1))
	s, err := provision.Open(t.Context(), serverAddress(t, "postgres"), &provision.ServerOptions{Prefix: prefix, Patience: patience, Extensions: []string{"file_fdw", "earthdistance"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Create(t.Context(), "one", ""); err != nil {
		t.Fatal(err)
	}
	as(t, prefix+"one", "CREATE EXTENSION file_fdw", "CREATE EXTENSION cube", "CREATE EXTENSION earthdistance", "CREATE TABLE public.a (n int)", "ALTER TABLE public.a OWNER TO "+q(prefix+"one"))
	var backup bytes.Buffer
	if err := s.Backup(t.Context(), "one", &backup); err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(t.Context(), "two", bytes.NewReader(backup.Bytes())); err == nil {
		t.Error("cube was commented on by who does not own it")
	}
	s, err = provision.Open(t.Context(), serverAddress(t, "postgres"), &provision.ServerOptions{Prefix: prefix, Patience: patience, Extensions: []string{"file_fdw", "cube", "earthdistance"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(t.Context(), "two", bytes.NewReader(backup.Bytes())); err != nil {
		t.Fatal(err)
	}
	if got := asked(t, prefix+"two", "SELECT string_agg(extname, ' ' ORDER BY extname) || (SELECT count(*) FROM public.a) FROM pg_extension"); got != "cube earthdistance file_fdw plpgsql0" {
		t.Error(got)
	}
	for _, name := range []database.Name{"one", "two"} {
		if err := s.Drop(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
}

// TestNothingTold looks for passwords where others can see them while tools run.
func TestNothingTold(t *testing.T) {
	t.Parallel()
	address := serverAddress(t, "clerk")
	dir, prefix := t.TempDir(), fmt.Sprintf("t%d-", prefixes.Add(1))
	// Tools that tell what they were given, and then do what they are for.
	for _, name := range []string{"pg_dump", "pg_restore"} {
		script := "#!/bin/sh\n{ tr '\\0' ' ' </proc/$$/cmdline; echo; } >>" + dir + "/cmdline\nenv >>" + dir + "/env\n" +
			"if [ -e " + dir + "/fail ]; then echo first >&2; echo \"last $PGPASSWORD\" >&2; exit 1; fi\nexec " + name + ` "$@"` + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// What libpq would heed that is meant for this process.
	os.Setenv("PGNOTHING", "not-for-tools")
	s, err := provision.Open(t.Context(), address, &provision.ServerOptions{Prefix: prefix, Tools: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Create(t.Context(), "one", ""); err != nil {
		t.Fatal(err)
	}
	access, err := s.Access(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	var backup bytes.Buffer
	if err := s.Backup(t.Context(), "one", &backup); err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(t.Context(), "one", bytes.NewReader(backup.Bytes())); err != nil {
		t.Fatal(err)
	}
	environment, _ := os.ReadFile(filepath.Join(dir, "env"))
	secrets := []string{"Pa55-of-the-clerk", access.Password}
	for line := range strings.Lines(string(environment)) {
		if secret, ok := strings.CutPrefix(line, "PGPASSWORD="); ok {
			secrets = append(secrets, strings.TrimSpace(secret))
		}
	}
	if len(secrets) < 4 {
		t.Errorf("%d passwords", len(secrets))
	}
	if strings.Contains(string(environment), "not-for-tools") || strings.Contains(string(environment), secrets[0]) || strings.Contains(string(environment), secrets[1]) {
		t.Error("a tool was told more than its own password")
	}
	if err := os.WriteFile(filepath.Join(dir, "fail"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	failed := s.Backup(t.Context(), "one", io.Discard)
	if failed == nil || !strings.Contains(failed.Error(), "last …") || strings.Contains(failed.Error(), "first") {
		t.Errorf("a tool that fails: %v", failed)
	}
	os.Remove(filepath.Join(dir, "fail"))
	if err := s.Drop(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	cmdline, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
	if n := strings.Count(string(cmdline), "pg_"); n < 4 {
		t.Errorf("%d runs: %s", n, cmdline)
	}
	log, err := os.ReadFile(filepath.Join(socket(t), "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		for what, text := range map[string]string{"arguments": string(cmdline), "an error": failed.Error(), "the server's log": string(log)} {
			if strings.Contains(text, secret) && secret != "Pa55-of-the-clerk" {
				t.Errorf("a password is in %s", what)
			}
		}
	}
}

// TestVerifier logs in with what was made without the server.
func TestVerifier(t *testing.T) {
	t.Parallel()
	one, first, err := provision.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	two, second, err := provision.Verifier()
	if err != nil || one == two || first == second || len(one) != 43 {
		t.Errorf("%v: %d, %v", err, len(one), one == two)
	}
}
