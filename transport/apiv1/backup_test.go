package apiv1_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage/blob"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// TestBackups makes backups, downloads them, and makes a database what it was.
func TestBackups(t *testing.T) {
	sites(t, func(t *testing.T, e *site) {
		e.template("everybodys")
		e.project("Akl", "akl")
		// More than other bodies may be.
		padding := make([]string, 0, 40_000)
		for i := range 40_000 {
			sum := sha256.Sum256([]byte(fmt.Sprint(i)))
			padding = append(padding, "('"+hex.EncodeToString(sum[:])+"')")
		}
		e.run("akl", "CREATE TABLE padding (text TEXT)", "INSERT INTO padding VALUES "+strings.Join(padding, ","))

		fresh := e.call(e.boss, get, "/databases/akl/backup", "", 200)
		h := fresh.header
		if len(fresh.text) < 1<<20 || h.Get("Content-Type") != "application/octet-stream" || h.Get("Cache-Control") != "no-store" ||
			h.Get("Content-Disposition") != `attachment; filename="akl-20260504T100000Z.backup"` {
			t.Errorf("%d bytes, %v", len(fresh.text), h)
		}
		head := e.call(e.boss, http.MethodHead, "/databases/akl/backup", "", 200)
		if head.text != "" || head.header.Get("Content-Disposition") != h.Get("Content-Disposition") {
			t.Errorf("%v %q", head.header, head.text)
		}
		e.run("akl", "INSERT INTO rooms VALUES ('office')")
		kept := e.call(e.boss, post, "/databases/akl/backups", "", 201)
		name, _ := kept.field(t, "name").(string)
		if name != "akl-20260504T100000Z.backup" || kept.header.Get("Location") != "../../backups/"+name || kept.field(t, "state") != "ready" {
			t.Errorf("%v %s", kept.header, kept.text)
		}
		again := e.call(e.boss, post, "/databases/akl/backups", "", 201)
		if again.field(t, "name") != "akl-20260504T100000Z-2.backup" {
			t.Errorf("%s", again.text)
		}
		one := "/backups/" + name
		if got := e.call(e.boss, get, one, "", 200); got.text != kept.text || got.header.Get("ETag") != kept.header.Get("ETag") {
			t.Errorf("%s, want %s", got.text, kept.text)
		}
		file := e.call(e.boss, get, one+"/file", "", 200)
		sum := sha256.Sum256([]byte(file.text))
		if hex.EncodeToString(sum[:]) != kept.field(t, "sha256") || float64(len(file.text)) != kept.field(t, "size") ||
			file.header.Get("Content-Disposition") != "attachment; filename="+name {
			t.Errorf("%d bytes, %v", len(file.text), file.header)
		}
		if n := len(e.call(e.boss, get, "/backups", "", 200).items(t)); n != 2 {
			t.Errorf("%d backups", n)
		}
		e.run("akl", "INSERT INTO rooms VALUES ('cellar')")

		// Who makes the project's backups cannot overwrite it with them.
		e.refused(e.boss, post, one+"/restore", "", 403, "forbidden", "")
		e.refused(e.boss, post, "/databases/akl/restore", fresh.text, 403, "forbidden", "")
		e.refused(e.boss, remove, one, "", 403, "forbidden", "")
		before := e.rooms("akl")
		for what, junk := range map[string]string{"nothing": "", "text": "a backup", "half": fresh.text[:len(fresh.text)/2]} {
			e.refused(e.chief, post, "/databases/akl/restore", junk, 400, "no_backup", "", "Content-Type", "application/octet-stream")
			if got := e.rooms("akl"); got != before {
				t.Errorf("after %s there are %s, want %s", what, got, before)
			}
		}
		e.refused(e.chief, post, "/databases/akl/restore", "{}", 415, "unsupported_media_type", "", "Content-Type", "application/json")
		if d := e.call(e.chief, post, one+"/restore", "", 200); d.field(t, "name") != "akl" || e.rooms("akl") != "lobby office" {
			t.Errorf("%s: %s", d.text, e.rooms("akl"))
		}
		if d := e.call(e.chief, post, "/databases/akl/restore", fresh.text, 200); d.field(t, "name") != "akl" || e.rooms("akl") != "lobby" {
			t.Errorf("%s: %s", d.text, e.rooms("akl"))
		}
		// Backups keep their names, and their database.
		e.call(e.chief, patch, "/databases/akl", `{"name": "akl-2"}`, 200)
		e.call(e.chief, post, one+"/restore", "", 200)
		if got := e.rooms("akl-2"); got != "lobby office" {
			t.Errorf("there are %s", got)
		}
		if n := len(e.call(e.boss, get, "/databases/akl-2/backups?sort=-size", "", 200).items(t)); n != 2 {
			t.Errorf("%d backups", n)
		}
		e.call(e.chief, remove, one, "", 204)
		e.refused(e.chief, get, one, "", 404, "not_found", "")
		e.refused(e.chief, get, one+"/file", "", 404, "not_found", "")
	})
}

// TestRestoreLimit bounds a backup that is brought, and nothing else.
func TestRestoreLimit(t *testing.T) {
	t.Parallel()
	s := newSmall(t, dbtest.New(t))
	r := s.build(s.here)
	dump := s.backedUp(r.used)
	// Where nothing else is bounded, other bodies are.
	s.refused(s.admin, post, "/databases", `{"name": "`+strings.Repeat("x", 2<<20)+`"}`, 413, "too_large", "")
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	router.PathPrefix(prefix).Handler(http.StripPrefix(prefix, apiv1.Handler(s.services, &apiv1.Options{RestoreLimit: int64(len(dump)) - 1})))
	s.handler = watched(t, router)
	s.refused(s.admin, post, "/databases/"+string(r.used)+"/restore", dump, 413, "too_large", "")
}

// A broken provisioner stops in the middle of a backup, or before it.
type broken struct {
	database.Provisioner

	after int
}

func (b broken) Backup(ctx context.Context, name database.Name, to io.Writer) error {
	var all bytes.Buffer
	if err := b.Provisioner.Backup(ctx, name, &all); err != nil {
		return err
	}
	if _, err := to.Write(all.Bytes()[:b.after]); err != nil {
		return err
	}
	return errors.New("broken: the secret of the disk")
}

// fetched is an answer, if all of it came.
func fetched(client *http.Client, r *http.Request) (int, string, error) {
	a, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	return a.StatusCode, string(text), err
}

// TestHalfBackup breaks off an answer that would be half a backup, and keeps none.
func TestHalfBackup(t *testing.T) {
	sites(t, func(t *testing.T, e *site) {
		e.template("everybodys")
		server := httptest.NewServer(e.handlerAlone())
		t.Cleanup(server.Close)
		for _, after := range []int{0, 1000} {
			s := e.services
			bucket, err := blob.Folder(e.folders[0])
			e.must(err)
			s.Databases = database.New(e.db.Databases(), broken{e.provisioner, after}, s.Workspaces, s.Rules, s.Quotas, e.db.Trail(), &database.Options{
				Now: s.Now, Files: bucket,
			})
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+prefix+"/databases/everybodys/backup", http.NoBody)
			e.must(err)
			r.Header.Set("X-Test-User", e.chief.Username)
			status, text, err := fetched(server.Client(), r)
			switch {
			case after > 0 && err == nil:
				t.Errorf("half a backup is taken for a whole one: %d, %d bytes", status, len(text))
			case after == 0 && (err != nil || status != http.StatusInternalServerError || strings.Contains(text, "secret")):
				t.Errorf("%d %s %v", status, text, err)
			}
			e.refused(e.chief, post, "/databases/everybodys/backups", "", 500, "internal", "")
			if n := len(e.call(e.chief, get, "/backups", "", 200).items(t)); n != 0 {
				t.Errorf("%d are kept", n)
			}
		}
	})
}
