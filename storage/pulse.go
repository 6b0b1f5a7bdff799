package storage

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// A pulse asks a SQLite file whether anybody committed to it: a connection that
// does nothing else sees every commit, this process's too, as somebody else's.
type pulse struct {
	connect driver.Connector

	// Where a DB has the file alone, what it commits itself is all there is, and
	// need only be counted. A host may have connections of its own, which are
	// seen from outside only: once it had us join one, nobody is alone.
	alone   bool
	joined  atomic.Bool
	commits atomic.Uint64
	// committing is how many are on their way: what they write can be read
	// before they are counted, so that the file has to be asked meanwhile.
	committing atomic.Int64

	mu     sync.Mutex
	conn   driver.Conn
	stmt   driver.StmtQueryContext
	value  [1]driver.Value
	closed bool
	// opened counts the connections: each begins to count commits anew.
	opened uint64
}

// Pulse returns a number that is another whenever anybody committed anything to
// a SQLite file. PostgreSQL has none.
func (r *Rules) Pulse(ctx context.Context) (uint64, bool, error) {
	if r.db.pulse == nil {
		return 0, false, nil
	}
	now, err := r.db.pulse.read(ctx)
	return now, err == nil, err
}

// seen marks the numbers that come from the file, so that none is one of those
// that were counted.
const seen = 1 << 63

// read returns a number that is another after a commit.
func (p *pulse) read(ctx context.Context) (uint64, error) {
	if p.alone && !p.joined.Load() && p.committing.Load() == 0 {
		return p.commits.Load(), nil
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, driver.ErrBadConn
	}
	if p.stmt == nil {
		if err := p.open(); err != nil { //nolint:contextcheck // the connection outlives the call
			return 0, err
		}
	}
	// What a context would cancel takes microseconds, and watching it as many.
	rows, err := p.stmt.QueryContext(context.Background(), nil) //nolint:contextcheck // see above
	if err == nil {
		err = rows.Next(p.value[:])
		err = errors.Join(err, rows.Close())
	}
	version, ok := p.value[0].(int64)
	if err == nil && !ok {
		err = fmt.Errorf("data_version is %T", p.value[0])
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("storage: pulse: %w", err), p.shut())
	}
	return seen | p.opened<<32 | uint64(uint32(version)), nil
}

func (p *pulse) open() error {
	conn, err := p.connect.Connect(context.Background())
	if err != nil {
		return fmt.Errorf("storage: pulse: %w", err)
	}
	p.conn = conn
	p.opened++
	stmt, err := conn.Prepare("PRAGMA data_version")
	if err == nil {
		var ok bool
		if p.stmt, ok = stmt.(driver.StmtQueryContext); !ok {
			err = errors.Join(io.ErrUnexpectedEOF, stmt.Close())
		}
	}
	if err != nil {
		return errors.Join(fmt.Errorf("storage: pulse: %w", err), p.shut())
	}
	return nil
}

// shut closes the connection, for a new one to be opened, whose numbers are
// others: they tell of a change that there may not have been.
func (p *pulse) shut() (err error) {
	if p.stmt != nil {
		if stmt, ok := p.stmt.(driver.Stmt); ok {
			err = stmt.Close()
		}
		p.stmt = nil
	}
	if p.conn != nil {
		err = errors.Join(err, p.conn.Close())
		p.conn = nil
	}
	return err
}

func (p *pulse) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return p.shut()
}
