package main

import (
	"bytes"
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
	"github.com/bailiwick-sdk/bailiwick/storage/provision"
)

// TestProvisioner opens where databases are to be made, and says why they are not.
func TestProvisioner(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Shared(t)
	name, err := cluster.Create(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Drop(context.Background(), name) })
	for _, statement := range []string{"DROP ROLE IF EXISTS humble", "CREATE ROLE humble LOGIN PASSWORD 'hunter2 of the humble'"} {
		if err := cluster.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	super := cluster.Address(name)
	humble := strings.Replace(super, "user=postgres", "user=humble&password=hunter2+of+the+humble", 1)
	if humble == super {
		t.Fatalf("nobody else is in %s", super)
	}
	dir := t.TempDir()
	sqlite := "sqlite:" + filepath.Join(dir, "a.db")
	for what, c := range map[string]struct {
		platform      string
		flags         databasesFlags
		some          bool
		where, warned string
		refused       string
	}{
		"beside SQLite":         {platform: sqlite, some: true, where: "SQLite files in " + filepath.Join(dir, "a.db.databases")},
		"beside PostgreSQL":     {platform: super, some: true, where: "begin with project-."},
		"in a folder":           {platform: super, flags: databasesFlags{Databases: filepath.Join(dir, "b")}, some: true, where: filepath.Join(dir, "b")},
		"on a server":           {platform: sqlite, flags: databasesFlags{Databases: super, DatabasePrefix: "x-"}, some: true, where: "begin with x-."},
		"none":                  {platform: super, flags: databasesFlags{Databases: "none"}, where: "No databases"},
		"who may not":           {platform: humble, where: "No databases", warned: "CREATEDB"},
		"who may not but shall": {platform: sqlite, flags: databasesFlags{Databases: humble}, refused: "CREATEDB"},
		"no prefix":             {platform: sqlite, flags: databasesFlags{Databases: super, DatabasePrefix: "Nein"}, refused: "prefix"},
		"no folder":             {platform: sqlite, flags: databasesFlags{Databases: "/proc/nothing"}, refused: "/proc/nothing"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			if c.flags.DatabasePrefix == "" {
				c.flags.DatabasePrefix = "project-"
			}
			var log bytes.Buffer
			p, where, err := c.flags.provisioner(t.Context(), databaseFlag{Database: c.platform}, zerolog.New(&log))
			switch {
			case c.refused != "":
				if err == nil || !strings.Contains(err.Error(), c.refused) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%v", err)
				}
			case err != nil || (p != nil) != c.some || !strings.Contains(where, c.where):
				t.Errorf("%v %q %v", p, where, err)
			}
			if told := log.String(); !strings.Contains(told, c.warned) || c.warned == "" && told != "" || strings.Contains(told, "hunter2") {
				t.Errorf("the log tells %s", told)
			}
		})
	}
	if _, err := (databasesFlags{DatabaseTemplate: []string{"fine", "../not"}}).templates(); err == nil || !strings.Contains(err.Error(), "--database-template") {
		t.Errorf("%v", err)
	}
}

// TestTended has a server put right, when it starts, what became of a database
// while there was none.
func TestTended(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	address := "sqlite:" + filepath.Join(dir, "a.db")
	first := serving(t, address, "--admin-password", adminPassword)
	if out := first.out.String(); !strings.Contains(out, "SQLite files in "+filepath.Join(dir, "a.db.databases")) {
		t.Errorf("it says %s", out)
	}
	who := "admin:" + adminPassword
	status, body := first.call(t, http.MethodPost, "/api/v1/organizations", who, map[string]any{"name": "One"})
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	_, id, _ := strings.Cut(body, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	if status, body = first.call(t, http.MethodPost, "/api/v1/databases", who, map[string]any{"organization": id, "name": "akl"}); status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	first.stop(t)
	folder, err := provision.OpenFolder(filepath.Join(dir, "a.db.databases"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.Lock(t.Context(), "akl"); err != nil {
		t.Fatal(err)
	}
	serving(t, address)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		stats, err := folder.Stats(t.Context(), "akl")
		if err != nil {
			t.Fatal(err)
		}
		if !stats.Locked {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("it stays locked")
		}
	}
}
