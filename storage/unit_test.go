package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func TestTxRefusesErrors(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		sentinel := errors.New("no")
		before := dbtest.Fingerprint(t, db)
		err := db.Tx(t.Context(), func(ctx context.Context) error {
			_ = db.Tx(ctx, func(context.Context) error { return sentinel })
			return nil
		})
		if !errors.Is(err, storage.ErrUnitFailed) || !errors.Is(err, sentinel) {
			t.Fatalf("Tx = %v, want ErrUnitFailed and the cause", err)
		}
		if after := dbtest.Fingerprint(t, db); after != before {
			t.Fatal("the database changed")
		}
	})
}

// A program may use two databases: what fails in one is not the other's fault.
func TestUnitsOfTwoDatabases(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			one, two := dbtest.Open(t, kind.Make(t)), dbtest.New(t)
			var inner error
			err := one.Tx(t.Context(), func(ctx context.Context) error {
				inner = two.Tx(ctx, func(ctx context.Context) error {
					if err := add(ctx, two, "kept"); err != nil {
						return err
					}
					_ = add(ctx, one, "twice")
					_ = add(ctx, one, "twice")
					return nil
				})
				return nil
			})
			if inner != nil {
				t.Errorf("the unit in which nothing failed: %v", inner)
			}
			if !errors.Is(err, storage.ErrUnitFailed) {
				t.Errorf("the unit in which something failed: %v, want ErrUnitFailed", err)
			}
			if names(t, one) != "" || names(t, two) != "kept" {
				t.Errorf("kept are %q and %q", names(t, one), names(t, two))
			}
		})
	}
}

// hosts are the ways in which a host may come to a transaction.
func hosts(t *testing.T, kind dbtest.Kind) map[string]func(t *testing.T) (*storage.DB, *bun.DB) {
	t.Helper()
	return map[string]func(t *testing.T) (*storage.DB, *bun.DB){
		"connections of the database": func(t *testing.T) (*storage.DB, *bun.DB) {
			db := dbtest.Open(t, kind.Make(t))
			return db, storage.Writer(db)
		},
		"connections of its own": func(t *testing.T) (*storage.DB, *bun.DB) {
			address := kind.Make(t)
			var host *bun.DB
			if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
				pool, err := sql.Open(sqliteshim.ShimName, "file:"+file+"?_pragma=busy_timeout(10000)&_txlock=immediate")
				if err != nil {
					t.Fatal(err)
				}
				host = bun.NewDB(pool, sqlitedialect.New())
			} else {
				pool, err := sql.Open("pgx", address)
				if err != nil {
					t.Fatal(err)
				}
				host = bun.NewDB(pool, pgdialect.New())
			}
			t.Cleanup(func() { host.Close() })
			return dbtest.Open(t, address), host
		},
	}
}

func add(ctx context.Context, db *storage.DB, name string) error {
	return db.Tx(ctx, func(ctx context.Context) error {
		_, err := db.Workspaces().AddOrganization(ctx, workspace.Organization{
			ID: workspace.OrganizationID(uid.New()), Name: name, Created: t0, Updated: t0,
		})
		return err
	})
}

func names(t *testing.T, db *storage.DB) string {
	t.Helper()
	list, err := db.Workspaces().Organizations(t.Context(), workspace.OrganizationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range list {
		names = append(names, o.Name)
	}
	return strings.Join(names, " ")
}

func TestJoin(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		for name, open := range hosts(t, kind) {
			t.Run(kind.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				db, host := open(t)
				if _, err := host.ExecContext(t.Context(), "CREATE TABLE host (note TEXT NOT NULL)"); err != nil {
					t.Fatal(err)
				}
				joins(t, db, host)
			})
		}
	}
}

func joins(t *testing.T, db *storage.DB, host *bun.DB) {
	t.Helper()
	own := errors.New("the host's own")
	note := func(ctx context.Context, tx bun.Tx, text string) {
		t.Helper()
		if _, err := tx.NewRaw("INSERT INTO host (note) VALUES (?)", text).Exec(ctx); err != nil {
			t.Errorf("the host's own change: %v", err)
		}
	}
	notes := func() string {
		var list []string
		if err := host.NewRaw("SELECT note FROM host ORDER BY note").Scan(t.Context(), &list); err != nil {
			t.Fatal(err)
		}
		return strings.Join(list, " ")
	}
	// The host commits, and what failed of ours is as if it had not been tried.
	err := host.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		joined := db.Join(ctx, tx)
		note(ctx, tx, "a")
		if err := add(joined, db, "first"); err != nil {
			t.Error(err)
		}
		if err := add(joined, db, "FIRST"); !errors.Is(err, workspace.ErrTaken) {
			t.Errorf("a taken name: %v", err)
		}
		note(ctx, tx, "b")
		err := db.Tx(joined, func(ctx context.Context) error {
			if err := add(ctx, db, "undone"); err != nil {
				t.Error(err)
			}
			return own
		})
		if !errors.Is(err, own) {
			t.Errorf("a change of ours that fails: %v", err)
		}
		err = db.Tx(joined, func(ctx context.Context) error {
			_ = add(ctx, db, "undone too")
			_ = add(ctx, db, "first")
			return nil
		})
		if !errors.Is(err, storage.ErrUnitFailed) {
			t.Errorf("a change of ours that swallows a failure: %v", err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.Tx(joined, func(ctx context.Context) error {
				_ = add(ctx, db, "undone by a panic")
				panic("of the caller")
			})
		}()
		if _, err := db.Workspaces().AddOrganization(joined, workspace.Organization{}); !errors.Is(err, storage.ErrNoUnit) {
			t.Errorf("a write beside a unit of ours: %v, want ErrNoUnit", err)
		}
		n, err := db.Workspaces().CountOrganizations(joined, workspace.OrganizationFilter{})
		if err != nil || n != 1 {
			t.Errorf("inside there are %d organizations, %v; want 1", n, err)
		}
		if err := add(joined, db, "second"); err != nil {
			t.Error(err)
		}
		note(ctx, tx, "c")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if names(t, db) != "first second" || notes() != "a b c" {
		t.Errorf("kept are %q and %q", names(t, db), notes())
	}
	// The host rolls back, and takes what is ours with it.
	before := dbtest.Fingerprint(t, db)
	err = host.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		note(ctx, tx, "d")
		if err := add(db.Join(ctx, tx), db, "third"); err != nil {
			t.Error(err)
		}
		return own
	})
	if !errors.Is(err, own) || dbtest.Fingerprint(t, db) != before {
		t.Errorf("rolled back with %v: %q and %q", err, names(t, db), notes())
	}
	// When the host's transaction has ended, so has what joined it.
	var ended context.Context
	if err := host.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		ended = db.Join(t.Context(), tx) //nolint:fatcontext // used when it should not be
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := add(ended, db, "late"); err == nil || names(t, db) != "first second" {
		t.Errorf("a change after the host's transaction ended: %v, %q", err, names(t, db))
	}
}
