package storage

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
)

// statements are those that either database takes longer to prepare than to run,
// kept prepared on each connection that they were run on.
//
// Behind a proxy that hands PostgreSQL's connections round, what was prepared on
// one is looked for on another. Nothing is answered wrongly then: a statement is
// refused, and from there on all are sent whole. So it is where somebody migrates
// the tables under a running server.
type statements struct {
	mu    sync.Mutex
	list  map[string]*sql.Stmt
	whole atomic.Bool // sent whole instead
}

// lost reports whether a statement was refused for having been prepared.
func lost(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == postgresNoStatement || pg.Code == postgresStatementThere || pg.Code == postgresChanged)
}

// eachKept is like each for a statement that comes again and again, letter by
// letter. In a transaction, where what is refused cannot be sent again and which
// is not on a reader's connection on SQLite, it is prepared each time.
func (db *DB) eachKept(ctx context.Context, s session, query string, columns int, row func(r *record), args ...any) error {
	// pgx would take a statement that it has prepared on the connection: this is
	// another, by a space.
	whole := func() error { return s.each(ctx, query+" ", columns, row, args...) }
	if s.conn != bun.IConn(db.read.DB) || db.kept.whole.Load() {
		return whole()
	}
	stmt, err := db.kept.prepare(ctx, db.read.DB, query) //nolint:sqlclosecheck // closed with the connections
	if err == nil {
		var rows *sql.Rows
		rows, err = stmt.QueryContext(ctx, args...)
		err = s.scan(rows, err, columns, row)
	}
	if lost(err) { // before the first row
		db.kept.whole.Store(true)
		return whole()
	}
	return err
}

// prepare returns a statement, which is closed with the connections.
func (k *statements) prepare(ctx context.Context, pool *sql.DB, query string) (*sql.Stmt, error) {
	k.mu.Lock()
	stmt := k.list[query]
	k.mu.Unlock()
	if stmt != nil {
		return stmt, nil
	}
	made, err := pool.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if stmt := k.list[query]; stmt != nil { // somebody was faster
		return stmt, made.Close() //nolint:sqlclosecheck // not in use
	}
	if k.list == nil {
		k.list = map[string]*sql.Stmt{}
	}
	k.list[query] = made
	return made, nil
}
