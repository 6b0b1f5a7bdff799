package provision

import (
	"context"
	"database/sql/driver"
	"slices"
)

// A sessionTx is the transaction of a connection.
type sessionTx struct{ conn *sessionConn }

func (t sessionTx) Commit() error { return t.finish(driver.Tx.Commit) }

func (t sessionTx) Rollback() error { return t.finish(driver.Tx.Rollback) }

func (t sessionTx) finish(how func(driver.Tx) error) error {
	return t.conn.do(context.Background(), func(context.Context) error {
		tx := t.conn.tx
		t.conn.tx = nil
		return how(tx)
	})
}

// A sessionRows is rows of a connection that are not read to their end.
type sessionRows struct {
	conn *sessionConn
	raw  driver.Rows
}

func (r *sessionRows) Columns() []string { return r.raw.Columns() }

func (r *sessionRows) Next(values []driver.Value) error {
	return r.conn.do(context.Background(), func(context.Context) error { return r.raw.Next(values) })
}

func (r *sessionRows) Close() error {
	r.conn.mu.Lock()
	defer r.conn.mu.Unlock()
	if r.conn.shed {
		return nil
	}
	r.conn.rows = slices.DeleteFunc(r.conn.rows, func(other *sessionRows) bool { return other == r })
	return r.raw.Close() //nolint:wrapcheck // the driver's own
}

// A sessionStmt is a prepared statement of a connection.
type sessionStmt struct {
	conn *sessionConn
	raw  driver.Stmt
}

func (s *sessionStmt) NumInput() int { return s.raw.NumInput() }

func (s *sessionStmt) Close() error {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if s.conn.shed {
		return nil
	}
	s.conn.kept = slices.DeleteFunc(s.conn.kept, func(other driver.Stmt) bool { return other == s.raw })
	return s.raw.Close() //nolint:wrapcheck // the driver's own
}

func (s *sessionStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (result driver.Result, err error) {
	err = s.conn.do(ctx, func(ctx context.Context) error {
		if raw, ok := s.raw.(driver.StmtExecContext); ok {
			result, err = raw.ExecContext(ctx, args)
		} else {
			err = driver.ErrSkip
		}
		return err //nolint:wrapcheck // the driver's own
	})
	return result, err
}

func (s *sessionStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.query(ctx, func(ctx context.Context) (driver.Rows, error) {
		raw, ok := s.raw.(driver.StmtQueryContext)
		if !ok {
			return nil, driver.ErrSkip
		}
		return raw.QueryContext(ctx, args) //nolint:wrapcheck // the driver's own
	})
}

// Exec is what drivers had before contexts.
func (s *sessionStmt) Exec([]driver.Value) (driver.Result, error) { return nil, driver.ErrSkip }

// Query is what drivers had before contexts.
func (s *sessionStmt) Query([]driver.Value) (driver.Rows, error) { return nil, driver.ErrSkip }
