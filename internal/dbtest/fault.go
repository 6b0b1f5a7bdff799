package dbtest

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
)

// ErrFault is what a statement fails with when a [Fault] is due.
var ErrFault = errors.New("dbtest: the statement was made to fail")

// A Fault makes the n-th statement of a database fail, counting from when it
// is set. Beginning, committing and rolling back count as statements, except
// that rolling back always works.
type Fault struct {
	watch atomic.Pointer[func(query string)]
	left  atomic.Int64
	armed atomic.Bool
	seen  atomic.Int64
}

// Watch calls fn before every query from now on, so that a test can have
// something happen between two statements; nil ends it.
func (f *Fault) Watch(fn func(query string)) { f.watch.Store(&fn) }

func (f *Fault) watched(query string) {
	if fn := f.watch.Load(); fn != nil && *fn != nil {
		(*fn)(query)
	}
}

// Set arms the fault: the n-th statement from now on fails, counting from 1.
func (f *Fault) Set(n int64) {
	f.seen.Store(0)
	f.left.Store(n)
	f.armed.Store(true)
}

// Clear disarms the fault, and returns how many statements it saw since it was
// set.
func (f *Fault) Clear() int64 {
	f.armed.Store(false)
	return f.seen.Load()
}

func (f *Fault) due() error {
	if !f.armed.Load() {
		return nil
	}
	f.seen.Add(1)
	if f.left.Add(-1) == 0 {
		return ErrFault
	}
	return nil
}

// Connector wraps connections so that the fault reaches them, for
// storage.Options.
func (f *Fault) Connector(c driver.Connector) driver.Connector {
	return &faultConnector{Connector: c, fault: f}
}

type faultConnector struct {
	driver.Connector

	fault *Fault
}

func (c *faultConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // transparent
	}
	return &faultConn{Conn: conn, fault: c.fault}, nil
}

// faultConn passes everything on. Both drivers have the context methods.
type faultConn struct {
	driver.Conn

	fault *Fault
}

//nolint:wrapcheck,forcetypeassert // transparent
func (c *faultConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.fault.due(); err != nil {
		return nil, err
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

//nolint:wrapcheck,forcetypeassert // transparent
func (c *faultConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.fault.due(); err != nil {
		return nil, err
	}
	c.fault.watched(query)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

//nolint:wrapcheck,forcetypeassert // transparent
func (c *faultConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.fault.due(); err != nil {
		return nil, err
	}
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &faultStmt{Stmt: stmt, fault: c.fault, query: query}, nil
}

//nolint:wrapcheck,forcetypeassert // transparent
func (c *faultConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if err := c.fault.due(); err != nil {
		return nil, err
	}
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &faultTx{Tx: tx, fault: c.fault}, nil
}

//nolint:wrapcheck // transparent
func (c *faultConn) ResetSession(ctx context.Context) error {
	if r, ok := c.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

func (c *faultConn) IsValid() bool {
	v, ok := c.Conn.(driver.Validator)
	return !ok || v.IsValid()
}

//nolint:wrapcheck // transparent
func (c *faultConn) Ping(ctx context.Context) error {
	if p, ok := c.Conn.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

// CheckNamedValue lets the driver convert arguments as it would.
//
//nolint:wrapcheck // transparent
func (c *faultConn) CheckNamedValue(v *driver.NamedValue) error {
	if n, ok := c.Conn.(driver.NamedValueChecker); ok {
		return n.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

type faultTx struct {
	driver.Tx

	fault *Fault
}

// Commit fails before anything was committed: the transaction is rolled back,
// as the server's is when it dies.
func (t *faultTx) Commit() error {
	if err := t.fault.due(); err != nil {
		return errors.Join(err, t.Rollback())
	}
	return t.Tx.Commit() //nolint:wrapcheck // transparent
}

// faultStmt is a statement that was prepared, which fails like any other.
type faultStmt struct {
	driver.Stmt

	fault *Fault
	query string
}

//nolint:wrapcheck,forcetypeassert // transparent
func (s *faultStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.fault.due(); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

//nolint:wrapcheck,forcetypeassert // transparent
func (s *faultStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.fault.due(); err != nil {
		return nil, err
	}
	s.fault.watched(s.query)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}
