package provision

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/flock"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// A session is what [Folder.Connect] opens: connections that are there as long
// as a locked file says so. Whoever wants the session to end removes the file,
// and knows that it has when the lock is free.
type session struct {
	file file
	held *flock.Held
	// ctx ends with the session, and what it runs with it.
	ctx  context.Context //nolint:containedctx // a session's own
	stop context.CancelFunc
	over sync.Once

	mu    sync.Mutex
	conns []*sessionConn
}

// session makes a session of a database, whose name is shared meanwhile.
func (f *Folder) session(ctx context.Context, name database.Name) (*session, error) {
	s := &session{file: file{
		path: f.path(name), lock: "immediate", wait: 10 * time.Second,
		pragmas: []string{"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
	}}
	path := f.beside(name, "session."+strings.ToLower(rand.Text()))
	// Who counts the sessions may be looking at it this moment.
	err := until(ctx, f.patience, func() (bool, error) {
		var err error
		s.held, err = flock.Take(path)
		if errors.Is(err, flock.ErrLocked) {
			return false, nil
		}
		return err == nil, err //nolint:wrapcheck // below
	})
	if err != nil {
		return nil, fmt.Errorf("provision: connect: %w", err)
	}
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	go s.watch()
	return s, nil
}

// watch ends the session when it is told to.
func (s *session) watch() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
			if s.held.Removed() {
				s.end()
				return
			}
		}
	}
}

// ended reports whether nothing may be done any more. It does not wait for
// the watch: a process may have been stopped for an hour.
func (s *session) ended() bool { return s.ctx.Err() != nil || s.held.Removed() }

// end interrupts what runs, rolls back, closes and lets go of the lock.
func (s *session) end() {
	s.over.Do(func() {
		s.stop()
		s.mu.Lock()
		conns := slices.Clone(s.conns)
		s.mu.Unlock()
		// All at once: one may wait for the lock of another.
		var group sync.WaitGroup
		for _, c := range conns {
			group.Go(c.shut)
		}
		group.Wait()
		_ = s.held.Close() // the lock ends all the same
	})
}

// Close ends the session; it is called when its [sql.DB] is closed.
func (s *session) Close() error {
	s.end()
	return nil
}

func (s *session) Driver() driver.Driver { return s.file.Driver() }

func (s *session) Connect(ctx context.Context) (driver.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended() {
		return nil, ErrEnded
	}
	conn, err := s.file.Connect(ctx)
	if err != nil {
		return nil, err
	}
	raw, ok := conn.(rawConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%w: the driver of SQLite cannot be interrupted", ErrOptions), conn.Close())
	}
	c := &sessionConn{session: s, raw: raw}
	s.conns = append(s.conns, c)
	return c, nil
}

// rawConn is what a driver's connection must be.
type rawConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

// A sessionConn is one connection of a session. Everything that is done on it
// waits for what is being done, since the end of a session comes from beside.
type sessionConn struct {
	session *session
	raw     rawConn

	mu   sync.Mutex
	shed bool // closed, by whom ever
	// What has to be closed before the connection: SQLite keeps its locks else.
	tx   driver.Tx
	rows []*sessionRows
	kept []driver.Stmt
}

// do does something if the session has not ended, until it does.
func (c *sessionConn) do(ctx context.Context, what func(context.Context) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shed || c.session.ended() {
		return ErrEnded
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.session.ctx, cancel)() //nolint:contextcheck // the other that ends it
	err := what(ctx)
	if err != nil && c.session.ctx.Err() != nil {
		return ErrEnded
	}
	return err
}

// shut closes the connection, which rolls back what is not committed.
func (c *sessionConn) shut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.close() // nobody to tell
}

func (c *sessionConn) close() error {
	if c.shed {
		return nil
	}
	c.shed = true
	var err error
	for _, rows := range c.rows {
		err = errors.Join(err, rows.raw.Close())
	}
	if c.tx != nil {
		err = errors.Join(err, c.tx.Rollback())
	}
	for _, stmt := range c.kept {
		err = errors.Join(err, stmt.Close())
	}
	c.rows, c.tx, c.kept = nil, nil, nil
	return errors.Join(err, c.raw.Close())
}

func (c *sessionConn) Close() error {
	c.session.mu.Lock()
	c.session.conns = slices.DeleteFunc(c.session.conns, func(other *sessionConn) bool { return other == c })
	c.session.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.close()
}

func (c *sessionConn) Ping(ctx context.Context) error {
	return c.do(ctx, func(ctx context.Context) error {
		_, err := c.raw.ExecContext(ctx, "SELECT 1", nil)
		return err //nolint:wrapcheck // the driver's own
	})
}

func (c *sessionConn) IsValid() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.shed
}

func (c *sessionConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (result driver.Result, err error) {
	err = c.do(ctx, func(ctx context.Context) error {
		result, err = c.raw.ExecContext(ctx, query, args)
		return err //nolint:wrapcheck // the driver's own
	})
	return result, err
}

func (c *sessionConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.query(ctx, func(ctx context.Context) (driver.Rows, error) { return c.raw.QueryContext(ctx, query, args) })
}

func (c *sessionConn) query(ctx context.Context, what func(context.Context) (driver.Rows, error)) (driver.Rows, error) {
	var rows *sessionRows
	err := c.do(ctx, func(ctx context.Context) error {
		raw, err := what(ctx)
		if err != nil {
			return err
		}
		rows = &sessionRows{conn: c, raw: raw}
		c.rows = append(c.rows, rows)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

func (c *sessionConn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

func (c *sessionConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	err := c.do(ctx, func(ctx context.Context) error {
		tx, err := c.raw.BeginTx(ctx, opts)
		if err != nil {
			return err //nolint:wrapcheck // the driver's own
		}
		c.tx = tx
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sessionTx{c}, nil
}

func (c *sessionConn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (c *sessionConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	var stmt driver.Stmt
	err := c.do(ctx, func(ctx context.Context) (err error) {
		if stmt, err = c.raw.PrepareContext(ctx, query); err == nil {
			c.kept = append(c.kept, stmt)
		}
		return err //nolint:wrapcheck // the driver's own
	})
	if err != nil {
		return nil, err
	}
	return &sessionStmt{conn: c, raw: stmt}, nil
}
