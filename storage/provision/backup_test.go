package provision_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func TestBackup(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE a (n int PRIMARY KEY)", "CREATE TABLE b (n int REFERENCES a)", "CREATE VIEW v AS SELECT count(*) AS c FROM a",
			"INSERT INTO a VALUES (1), (2)", "INSERT INTO b VALUES (2)")
		text := p.backup(t, "one")
		p.in(t, "one", "DELETE FROM b", "DELETE FROM a", "INSERT INTO a VALUES (3)", "CREATE TABLE c (n int)")
		if err := p.Restore(t.Context(), "one", bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		// One that does not exist is made.
		if err := p.Restore(t.Context(), "two", bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		for _, name := range []database.Name{"one", "two"} {
			if got := p.one(t, name, "SELECT c FROM v"); got != "2" {
				t.Errorf("%s: %s in a", name, got)
			}
			p.in(t, name, "CREATE TABLE c (n int)", "INSERT INTO a VALUES (4)", "ALTER TABLE b ADD COLUMN m int", "DROP TABLE b")
			db := p.session(t, name)
			if _, err := db.Exec("INSERT INTO a VALUES (4)"); err == nil {
				t.Errorf("%s: no primary key", name)
			}
		}
		if got := p.names(t); got != "[one two]" {
			t.Error(got)
		}
	})
}

// TestRestoreKeeps has a lock and the way of clients stay as they are, and
// sessions ended.
func TestRestoreKeeps(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE a (n int)")
		text := p.backup(t, "one")
		db := p.session(t, "one")
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO a VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		for _, lock := range []bool{true, false} {
			change := p.Unlock
			if lock {
				change = p.Lock
			}
			if err := change(t.Context(), "one"); err != nil {
				t.Fatal(err)
			}
			if err := p.Restore(t.Context(), "one", bytes.NewReader(text)); err != nil {
				t.Fatal(err)
			}
			if stats, err := p.Stats(t.Context(), "one"); err != nil || stats.Locked != lock || stats.Sessions != 0 {
				t.Errorf("%+v, %v, want it to be locked: %v", stats, err, lock)
			}
		}
		if err := tx.Commit(); err == nil {
			t.Error("a session outlived a restore")
		}
		if got := p.one(t, "one", "SELECT count(*) FROM a"); got != "0" {
			t.Errorf("%s in a", got)
		}
		if p.kind == "folder" {
			return
		}
		access, err := p.Access(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Restore(t.Context(), "one", bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		again, err := dial(access.Address)
		if err != nil {
			t.Fatalf("the password did not outlive a restore: %v", err)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestRestoreRefused wants what is no backup, or not all of one, to change nothing.
func TestRestoreRefused(t *testing.T) { //nolint:tparallel // each is parallel
	others := map[string][]byte{}
	for _, p := range []*place{newFolder(t), newServer(t, "postgres")} {
		p.create(t, "other", "")
		p.in(t, "other", "CREATE TABLE other (n int)")
		others[p.kind] = p.backup(t, "other")
		if err := p.Drop(t.Context(), "other"); err != nil {
			t.Fatal(err)
		}
	}
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE a (n int)", "INSERT INTO a VALUES (1)")
		text := p.backup(t, "one")
		before := p.state(t)
		bad := map[string][]byte{
			"nothing": nil, "garbage": bytes.Repeat([]byte("garbage "), 1000), "zeros": make([]byte, 1<<16),
			"junk behind": append(bytes.Clone(text), 'x'), "twice": append(bytes.Clone(text), text...),
			"no beginning": text[1:],
		}
		for kind, other := range others {
			if kind != p.kind {
				bad["another kind's"] = other
			}
		}
		step := max(1, len(text)/200)
		for n := 0; n < len(text); n += step {
			bad[fmt.Sprintf("cut at %d of %d", n, len(text))] = text[:n]
			flipped := bytes.Clone(text)
			flipped[n] ^= 1
			bad[fmt.Sprintf("flipped at %d", n)] = flipped
		}
		for n := range 130 {
			bad[fmt.Sprintf("%d short", n+1)] = text[:len(text)-n-1]
		}
		for what, bytes_ := range bad {
			for _, name := range []database.Name{"one", "new"} {
				want(t, what, p.Restore(t.Context(), name, bytes.NewReader(bytes_)), database.ErrBackup)
			}
		}
		if after := p.state(t); after != before {
			t.Errorf("from\n%s\nto\n%s", before, after)
		}
		broken := errors.New("the line is dead")
		err := p.Restore(t.Context(), "one", io.MultiReader(bytes.NewReader(text), reader(func([]byte) (int, error) { return 0, broken })))
		if !errors.Is(err, broken) || errors.Is(err, database.ErrBackup) {
			t.Errorf("a reader that fails: %v", err)
		}
		if got := p.one(t, "one", "SELECT n FROM a"); got != "1" {
			t.Error(got)
		}
		err = p.Backup(t.Context(), "one", writer(func([]byte) (int, error) { return 0, broken }))
		if !errors.Is(err, broken) {
			t.Errorf("a writer that fails: %v", err)
		}
		p.in(t, "one", "DROP TABLE a")
	})
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }
