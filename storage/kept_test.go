package storage_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A forgetful connector gives connections on which nothing that was prepared is
// found again, once it forgets: as behind a proxy that hands them round.
type forgetful struct {
	driver.Connector

	forgets, forgot, taken atomic.Bool
}

func (f *forgetful) wrap(c driver.Connector) driver.Connector {
	f.Connector = c
	return f
}

func (f *forgetful) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := f.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &forgetfulConn{conn, f}, nil
}

type forgetfulConn struct {
	driver.Conn

	f *forgetful
}

// ResetSession is called before a connection is used again.
func (c *forgetfulConn) ResetSession(ctx context.Context) error {
	if c.f.forgets.Load() {
		c.f.forgot.Store(true)
		_, err := c.ExecContext(ctx, "DEALLOCATE ALL", nil)
		return err
	}
	return nil
}

func (c *forgetfulConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *forgetfulConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *forgetfulConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if c.f.taken.Load() { // what PostgreSQL says when somebody else's is there
		return nil, &pgconn.PgError{Code: "42P05", Message: "prepared statement already exists"}
	}
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

func (c *forgetfulConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
}

// TestPreparedStatementsLost takes away what is prepared on PostgreSQL's
// connections between any two statements, and then a column's type under what is
// prepared: questions are answered all the same.
func TestPreparedStatementsLost(t *testing.T) {
	t.Parallel()
	ask := func(db *storage.DB) error {
		facts, err := db.Rules().Facts(t.Context(), 21, 11)
		if err == nil && facts.Places[11].Class != "workspace" {
			t.Errorf("facts %+v", facts)
		}
		revisions, revErr := db.Rules().Revisions(t.Context(), 11, 404)
		if revErr == nil && (len(revisions) != 3 || revisions[0] == 0 || revisions[1] == 0 || revisions[2] != 0) {
			t.Errorf("revisions %v", revisions)
		}
		return errors.Join(err, revErr)
	}
	plant := func() string {
		address := dbtest.Postgres(t)
		dbtest.Plant(t, address, []rbac.Place{{Node: 11, Class: "workspace", Workspace: 11}},
			[]rbac.Identity{{Principal: 21, Kind: rbac.User}})
		return address
	}
	proxy := &forgetful{}
	db := dbtest.OpenWith(t, plant(), &storage.Options{Connector: proxy.wrap, MaxConns: 2})
	for i := range 20 {
		proxy.forgets.Store(i >= 10)
		if err := ask(db); err != nil {
			t.Fatal(i, err)
		}
	}
	if !proxy.forgot.Load() || !storage.SendsWhole(db) {
		t.Error("nothing was forgotten, or that was not noticed")
	}

	proxy = &forgetful{}
	proxy.taken.Store(true)
	db = dbtest.OpenWith(t, plant(), &storage.Options{Connector: proxy.wrap})
	if err := ask(db); err != nil || !storage.SendsWhole(db) {
		t.Error("where names are taken:", err)
	}

	db = dbtest.OpenWith(t, plant(), nil)
	if err := ask(db); err != nil {
		t.Fatal(err)
	}
	if storage.SendsWhole(db) {
		t.Error("statements are sent whole for no reason")
	}
	token := func() error {
		_, _, err := db.SignIn().TokenUser(t.Context(), "nobody's")
		return err
	}
	if err := token(); !errors.Is(err, workspace.ErrNotFound) {
		t.Fatal(err)
	}
	if _, err := storage.Writer(db).ExecContext(t.Context(), "ALTER TABLE users ALTER COLUMN language TYPE varchar(99)"); err != nil {
		t.Fatal(err)
	}
	if err := token(); !errors.Is(err, workspace.ErrNotFound) || !storage.SendsWhole(db) {
		t.Error("after a column changed its type:", err)
	}
}
