package storage_test

import (
	"context"
	"errors"
	"os"
	command "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// TestOpenInAnotherProcess is not a test: TestExclusive runs it.
func TestOpenInAnotherProcess(t *testing.T) {
	address := os.Getenv("BAILIWICK_TEST_ADDRESS")
	if address == "" {
		t.Skip("nobody asked for it")
	}
	db, err := storage.Open(t.Context(), address, &storage.Options{Exclusive: os.Getenv("BAILIWICK_TEST_EXCLUSIVE") != ""})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// openElsewhere opens a database in another process and returns what it said.
func openElsewhere(t *testing.T, address string, exclusive bool) (bool, string) {
	t.Helper()
	cmd := command.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOpenInAnotherProcess$")
	cmd.Env = append(os.Environ(), "BAILIWICK_TEST_ADDRESS="+address)
	if exclusive {
		cmd.Env = append(cmd.Env, "BAILIWICK_TEST_EXCLUSIVE=1")
	}
	out, err := cmd.CombinedOutput()
	return err == nil, string(out)
}

func TestExclusive(t *testing.T) {
	t.Parallel()
	address := dbtest.SQLite(t)
	file := strings.TrimPrefix(address, "sqlite:")
	link := filepath.Join(t.TempDir(), "other name.db")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, first := range []bool{false, true} {
		db, err := storage.Open(t.Context(), address, &storage.Options{Exclusive: first})
		if err != nil {
			t.Fatal(err)
		}
		for _, second := range []bool{false, true} {
			refused := first || second
			for _, name := range []string{address, "sqlite:" + link} {
				other, err := storage.Open(t.Context(), name, &storage.Options{Exclusive: second})
				if errors.Is(err, storage.ErrOwned) != refused {
					t.Errorf("exclusive %v beside %v: %v, want a refusal: %v", second, first, err, refused)
				}
				if err != nil && !strings.Contains(err.Error(), strings.TrimPrefix(name, "sqlite:")) {
					t.Errorf("%v does not name the file", err)
				}
				if err == nil {
					other.Close()
				}
				ok, said := openElsewhere(t, name, second)
				if ok == refused || refused && !strings.Contains(said, storage.ErrOwned.Error()) {
					t.Errorf("another process, exclusive %v beside %v: %v, %s", second, first, ok, said)
				}
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if ok, said := openElsewhere(t, address, true); !ok {
			t.Errorf("when it was closed: %s", said)
		}
	}
	if _, err := storage.Open(t.Context(), dbtest.Postgres(t), &storage.Options{Exclusive: true}); err == nil {
		t.Error("PostgreSQL was opened exclusively")
	}
}

func pulse(t *testing.T, db *storage.DB) uint64 {
	t.Helper()
	n, ok, err := db.Rules().Pulse(t.Context())
	if err != nil || !ok {
		t.Fatalf("Pulse = %v, %v", ok, err)
	}
	return n
}

func TestExclusivePulse(t *testing.T) {
	t.Parallel()
	address := dbtest.SQLite(t)
	db := dbtest.OpenWith(t, address, &storage.Options{Exclusive: true})
	last := pulse(t, db)
	want := func(what string, rises bool) {
		t.Helper()
		now := pulse(t, db)
		if (now != last) != rises {
			t.Errorf("%s: from %d to %d, want another: %v", what, last, now, rises)
		}
		last = now
	}
	want("nothing", false)
	if err := add(t.Context(), db, "one"); err != nil {
		t.Fatal(err)
	}
	want("a commit", true)
	if err := db.Tx(t.Context(), func(ctx context.Context) error {
		_, err := db.Rules().Roles(ctx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want("a commit of what only reads", true)
	if err := add(t.Context(), db, "one"); err == nil {
		t.Fatal("the same name twice")
	}
	want("a roll-back", false)
	// It is counted before anybody is told, in this process or by Tx.
	cancel := db.Rules().Watch(func([]rbac.Token) { want("a commit, when it is told of", true) })
	if err := add(t.Context(), db, "two"); err != nil {
		t.Fatal(err)
	}
	cancel()

	// What a host commits is not counted, so that it has to be looked for.
	err := storage.Writer(db).RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		return add(db.Join(ctx, tx), db, "three")
	})
	if err != nil {
		t.Fatal(err)
	}
	want("a host's commit", true)
	want("nothing after it", false)
	if _, err := storage.Writer(db).ExecContext(t.Context(), "UPDATE principals SET disabled = NOT disabled WHERE num = 1"); err != nil {
		t.Fatal(err)
	}
	want("a host's commit beside us", true)
	if err := add(t.Context(), db, "four"); err != nil {
		t.Fatal(err)
	}
	want("a commit of our own after that", true)
}
