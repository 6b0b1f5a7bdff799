// Package storage keeps everything in SQLite or PostgreSQL, through bun, and is
// the only package that knows of a table.
//
// [Open] gives a [DB]; its methods give the stores that the other packages
// declare: [DB.Rules] for rbac, [DB.Quotas] for quota, [DB.Workspaces] for
// workspace, and so on. [DB.Tx] is the unit of work that all of them join, and
// [Join] lets a host put our writes into a transaction of its own.
//
// What changes something must be inside a unit of work and fails with
// [ErrNoUnit] outside one, so that a context from before the unit cannot slip a
// write past it. A unit in which any statement failed refuses to commit, on
// both databases. Driver errors become the sentinels of the packages in
// errors.go and nowhere else.
package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/sqliteshim"
	"github.com/uptrace/bun/schema"
)

// Errors of the package itself.
var (
	// ErrNoUnit is returned for a write outside a unit of work.
	ErrNoUnit = errors.New("storage: a write outside a unit of work")
	// ErrUnitEnded is returned when a context is used after its unit of work
	// has ended.
	ErrUnitEnded = errors.New("storage: the unit of work has ended")
	// ErrUnitFailed is wrapped by the refusal to commit a unit in which
	// something failed; it wraps what failed as well.
	ErrUnitFailed = errors.New("storage: something failed in the unit of work")
	// ErrAddress is returned by [Open] for an address it does not understand.
	ErrAddress = errors.New("storage: the address must be sqlite:FILE or postgres://…")
)

// Options are what [Open] can be told; the zero value works.
type Options struct {
	// Connector wraps the connections, for example to trace or to count, but for
	// the one that is only asked, or tells, whether anything changed.
	Connector func(driver.Connector) driver.Connector
	// Exclusive has a SQLite file to itself for as long as it is open: nobody else
	// can open it through this package meanwhile, nor can it be opened while
	// somebody has it open, see [ErrOwned]. That nothing has changed is then
	// known without asking the file. It is refused for PostgreSQL, and where the
	// system cannot lock a file.
	Exclusive bool
	// MaxConns bounds the connections to PostgreSQL, and SQLite's readers; 16
	// and 4 when 0.
	MaxConns int
}

// A DB is an open database. It is safe for concurrent use.
type DB struct {
	// write has one connection on SQLite and is the same as read on PostgreSQL.
	write *bun.DB
	read  *bun.DB

	kept     statements
	watchers watchers
	awaited  atomic.Uint64 // what the pulse was when somebody last waited
	pulse    *pulse        // nil on PostgreSQL
	owner    *os.File      // the lock of a SQLite file
	listener *listener     // nil on SQLite
}

// Open opens a database by its address, "sqlite:bailiwick.db" or
// "postgres://user@host/name?…". It neither creates nor changes tables: see
// [DB.Migrate]. A SQLite file is made when it is not there.
//
// SQLite is opened one way only: write-ahead log, foreign keys, transactions
// that take the write lock when they begin, one writing connection, and
// synchronous=FULL, since with NORMAL a power cut loses commits that were
// acknowledged.
func Open(ctx context.Context, address string, opts *Options) (*DB, error) {
	if opts == nil {
		opts = &Options{}
	}
	var db *DB
	var err error
	switch {
	case strings.HasPrefix(address, "sqlite:"):
		db, err = openSQLite(strings.TrimPrefix(address, "sqlite:"), opts)
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		db, err = openPostgres(address, opts)
	default:
		err = ErrAddress
	}
	if err != nil {
		return nil, err
	}
	if err := db.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("storage: open: %w", err), db.Close())
	}
	return db, nil
}

func openSQLite(file string, opts *Options) (*DB, error) {
	if file == "" {
		return nil, ErrAddress
	}
	pragmas := []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}
	owner, err := own(file, opts.Exclusive)
	if err != nil {
		return nil, err
	}
	db := &DB{owner: owner}
	connector := func(lock string, more ...string) driver.Connector {
		query := url.Values{"_txlock": {lock}, "_pragma": append(slices.Clip(pragmas), more...)}
		return &sqliteConnector{address: "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + query.Encode()}
	}
	open := func(lock string, conns int, more ...string) *bun.DB {
		pool := sql.OpenDB(opts.wrap(connector(lock, more...)))
		pool.SetMaxOpenConns(conns)
		pool.SetMaxIdleConns(conns)
		return db.prepared(pool, sqlitedialect.New())
	}
	readers := opts.MaxConns
	if readers == 0 {
		readers = 4
	}
	db.write, db.read = open("immediate", 1), open("deferred", readers, "query_only(1)")
	db.pulse = &pulse{connect: reaching{connector("deferred", "query_only(1)")}, alone: opts.Exclusive}
	return db, nil
}

// sqliteConnector opens one file, always the same way.
type sqliteConnector struct{ address string }

func (c *sqliteConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := sqliteshim.Driver().Open(c.address)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	return conn, nil
}

func (c *sqliteConnector) Driver() driver.Driver { return sqliteshim.Driver() }

func openPostgres(address string, opts *Options) (*DB, error) {
	if opts.Exclusive {
		return nil, fmt.Errorf("%w: only a SQLite file can be opened exclusively", ErrAddress)
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	// bun writes arguments into the statement, so prepared statements would
	// fill a connection and never be used twice; they also break behind a
	// transaction-pooling proxy.
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	// It takes recursive tables for much larger than they are, and would compile
	// statements for longer than they run. Behind a proxy this reaches whom it
	// reaches; everything is right without it.
	plain := stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "SET jit = off"); err != nil {
			return fmt.Errorf("jit: %w", err)
		}
		return nil
	})
	pool := sql.OpenDB(opts.wrap(stdlib.GetConnector(*config, plain)))
	conns := opts.MaxConns
	if conns == 0 {
		conns = 16
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	db := &DB{listener: &listener{config: config}}
	db.write = db.prepared(pool, pgdialect.New())
	db.read = db.write
	return db, nil
}

func (o *Options) wrap(c driver.Connector) driver.Connector {
	if o.Connector != nil {
		c = o.Connector(c)
	}
	return reaching{c}
}

func (db *DB) prepared(pool *sql.DB, dialect schema.Dialect) *bun.DB {
	return bun.NewDB(pool, dialect).WithQueryHook(failures{db})
}

// Ping makes sure that the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.read.PingContext(ctx); err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	return nil
}

// Close closes all connections. Units of work still running fail.
func (db *DB) Close() error {
	if db.listener != nil {
		db.listener.close()
	}
	err := db.write.Close()
	if db.pulse != nil {
		err = errors.Join(err, db.pulse.close())
	}
	if db.read != db.write {
		err = errors.Join(db.read.Close(), err)
	}
	if db.owner != nil { // at last: until here there are connections
		if shut := db.owner.Close(); !errors.Is(shut, os.ErrClosed) {
			err = errors.Join(err, shut)
		}
	}
	if err != nil {
		return fmt.Errorf("storage: close: %w", err)
	}
	return nil
}

// postgres tells which of the two databases it is, for the few statements that
// differ.
func (db *DB) postgres() bool { return db.read == db.write }
