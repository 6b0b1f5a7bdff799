package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// What PostgreSQL's errors are told apart by.
const (
	lockNotAvailable   = "55P03"
	objectInUse        = "55006"
	duplicateDatabase  = "42P04"
	duplicateObject    = "42710"
	undefinedDatabase  = "3D000"
	dependentsExist    = "2BP01"
	concurrentlyUpdate = "XX000"
)

// code returns what an error of the server is told apart by.
func code(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Code
	}
	return ""
}

// release returns what ends a hold.
func (s *Server) release(ctx context.Context, conn *pgx.Conn, key int64) func() {
	ctx = context.WithoutCancel(ctx)
	return sync.OnceFunc(func() {
		// To close the session alone would not wait until it is so.
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		_, _ = conn.Exec(ctx, "SELECT pg_advisory_unlock("+strconv.FormatInt(key, 10)+")") // closed all the same
		closed(ctx, conn)
	})
}

// A call is one that has its names to itself, in a session that ends with it.
type call struct {
	*Server

	conn  *pgx.Conn
	names []database.Name
}

// exclusive names are locked alone. A template is shared with others.
type exclusive []database.Name

// alone begins a call about names, and clears away what is half-made of them.
func (s *Server) alone(ctx context.Context, names ...database.Name) (*call, error) {
	return s.call(ctx, names, s.patience)
}

func (s *Server) call(ctx context.Context, names exclusive, patience time.Duration, shared ...database.Name) (_ *call, err error) {
	conn, err := s.connect(ctx, "")
	if err != nil {
		return nil, err
	}
	c := &call{Server: s, conn: conn, names: names}
	defer func() {
		if err != nil {
			c.end(ctx)
		}
	}()
	// All in one order: two calls about the same two would wait for each other.
	var locks []string
	for _, name := range slices.Concat(names, shared) {
		lock := "pg_advisory_lock_shared"
		if slices.Contains(names, name) {
			lock = "pg_advisory_lock"
		}
		locks = append(locks, fmt.Sprintf("SELECT /* %s */ %s(%d)", name, lock, s.key("call", name)))
	}
	slices.Sort(locks)
	// The server's own wait is just to all, and ours would not be.
	wait := fmt.Sprintf("SET lock_timeout = %d", max(1, patience.Milliseconds()))
	err = c.exec(ctx, slices.Concat([]string{wait}, slices.Compact(locks), []string{"SET lock_timeout = 0"})...)
	if code(err) == lockNotAvailable {
		return nil, database.ErrBusy
	}
	if err != nil {
		return nil, fmt.Errorf("provision: lock: %w", err)
	}
	for _, name := range names {
		if err := c.clear(ctx, name); err != nil {
			return nil, fmt.Errorf("provision: clear away: %w", err)
		}
	}
	return c, nil
}

// end ends the call. It waits until the locks are gone, so that who is next need not.
func (c *call) end(ctx context.Context) {
	if !c.conn.IsClosed() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = c.conn.Exec(ctx, "SELECT pg_advisory_unlock_all()") // closed all the same
	}
	closed(ctx, c.conn)
}

// abandon clears away what a call has half-made, if it still can; the next call
// about the name does otherwise.
func (c *call) abandon(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.patience)
	defer cancel()
	for _, name := range c.names {
		if c.conn.IsClosed() {
			return
		}
		_ = c.clear(ctx, name) // see above
	}
}

// exec runs statements one by one.
func (c *call) exec(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := c.conn.Exec(ctx, statement); err != nil {
			return err //nolint:wrapcheck // by the caller
		}
	}
	return nil
}

// together runs statements in a transaction.
func together(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { //nolint:wrapcheck // by the caller
		for _, statement := range statements {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err //nolint:wrapcheck // by the caller
			}
		}
		return nil
	})
}

// strings asks for one column of texts.
func (c *call) strings(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := c.conn.Query(ctx, query, args...)
	if err != nil {
		return nil, err //nolint:wrapcheck // by the caller
	}
	return pgx.CollectRows(rows, pgx.RowTo[string]) //nolint:wrapcheck // by the caller
}

// A found database is one that is ours and finished.
type found struct{ locked bool }

// find returns a database, ErrNotFound for what is none of ours, and what is
// taken by another.
func (c *call) find(ctx context.Context, name database.Name) (_ found, taken bool, err error) {
	var f found
	var ours bool
	err = c.conn.QueryRow(ctx, `SELECT coalesce(shobj_description(d.oid, 'pg_database') = $2, FALSE), `+locked+`
		FROM pg_database AS d WHERE d.datname = $1`, c.real(name), c.mark()).Scan(&ours, &f.locked)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return found{}, false, database.ErrNotFound
	case err != nil:
		return found{}, false, fmt.Errorf("provision: find: %w", err)
	case !ours:
		return found{}, true, database.ErrNotFound
	}
	return f, true, nil
}

// about begins a call about one database that there is.
func (s *Server) about(ctx context.Context, name database.Name) (*call, found, error) {
	if err := check(name); err != nil {
		return nil, found{}, err
	}
	c, err := s.alone(ctx, name)
	if err != nil {
		return nil, found{}, err
	}
	f, _, err := c.find(ctx, name)
	if err != nil {
		c.end(ctx)
		return nil, found{}, err
	}
	return c, f, nil
}

// What calls beside each other exclude one another for.
const (
	forState  = "state"
	forBackup = "backup"
)

// beside begins a call about one database that leaves it where it is: it excludes
// those that do not, and others for the same purpose. A backup may take hours, and
// must keep nobody from locking meanwhile. It clears nothing away.
func (s *Server) beside(ctx context.Context, name database.Name, purpose string) (_ *call, _ found, err error) {
	if err := check(name); err != nil {
		return nil, found{}, err
	}
	conn, err := s.connect(ctx, "")
	if err != nil {
		return nil, found{}, err
	}
	c := &call{Server: s, conn: conn}
	defer func() {
		if err != nil {
			c.end(ctx)
		}
	}()
	err = c.exec(
		ctx,
		fmt.Sprintf("SET lock_timeout = %d", max(1, s.patience.Milliseconds())),
		fmt.Sprintf("SELECT pg_advisory_lock_shared(%d)", s.key("call", name)),
		fmt.Sprintf("SELECT pg_advisory_lock(%d)", s.key(purpose, name)),
		"SET lock_timeout = 0",
	)
	if code(err) == lockNotAvailable {
		return nil, found{}, database.ErrBusy
	}
	if err != nil {
		return nil, found{}, fmt.Errorf("provision: lock: %w", err)
	}
	f, _, err := c.find(ctx, name)
	return c, f, err
}

// idle is whether a role is of no use: no database is called so, and it owns
// nothing in any, as it would if somebody had renamed the database by hand. It
// is for statements about pg_roles AS r.
const idle = `NOT EXISTS (SELECT 1 FROM pg_database AS d WHERE d.datname = r.rolname)
	AND NOT EXISTS (SELECT 1 FROM pg_shdepend AS s WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid
		AND s.deptype = 'o' AND s.classid <> 'pg_largeobject'::regclass)`

// clear deletes what is half-made of a name.
func (c *call) clear(ctx context.Context, name database.Name) error {
	actual := c.real(name)
	half, err := c.strings(ctx, "SELECT datname FROM pg_database WHERE datname = ANY ($1)",
		[]string{actual + unfinished, actual + outgoing})
	if err != nil {
		return err
	}
	for _, one := range half {
		if err := c.exec(ctx, "DROP DATABASE IF EXISTS "+quoted(one)+" WITH (FORCE)"); err != nil {
			return err //nolint:wrapcheck // by the caller
		}
	}
	return c.clearRoles(ctx, actual+helper, actual)
}

// clearRoles deletes those of some roles that are ours and of no use.
func (c *call) clearRoles(ctx context.Context, names ...string) error {
	roles, err := c.strings(ctx, `SELECT r.rolname FROM pg_roles AS r
		WHERE r.rolname = ANY ($1) AND shobj_description(r.oid, 'pg_authid') = $2 AND `+idle+` ORDER BY r.rolname DESC`, names, c.mark())
	if err != nil {
		return err
	}
	for _, role := range roles {
		if err := c.dropRole(ctx, role); err != nil {
			return err
		}
	}
	return nil
}

// dropRole deletes a role and what it still has, wherever that is: its own
// database is gone, or not its own.
func (c *call) dropRole(ctx context.Context, role string) error {
	// A tool that outlived a killed process may still be logged in.
	if err := c.endAll(ctx, "a.usename = "+literal(role)); err != nil {
		return err
	}
	err := c.exec(ctx, "DROP ROLE IF EXISTS "+quoted(role))
	if code(err) != dependentsExist {
		return err
	}
	// Grants in databases copied from its own, and large objects, which anybody may
	// make wherever he may connect.
	places, err := c.strings(ctx, `SELECT DISTINCT d.datname FROM pg_shdepend AS s JOIN pg_database AS d ON d.oid = s.dbid
		JOIN pg_roles AS r ON r.oid = s.refobjid AND s.refclassid = 'pg_authid'::regclass
		WHERE r.rolname = $1 AND d.datallowconn AND d.datname <> current_database()`, role)
	if err != nil {
		return err
	}
	for _, place := range places {
		conn, err := c.connect(ctx, place)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "DROP OWNED BY "+quoted(role))
		closed(ctx, conn)
		if err != nil {
			return err //nolint:wrapcheck // by the caller
		}
	}
	return c.again(ctx, func() error {
		return together(ctx, c.conn, "DROP OWNED BY "+quoted(role), "DROP ROLE "+quoted(role))
	})
}

// again tries once more what failed only because another changed the same row
// of a catalog, as grants on one database by calls about two names do.
func (c *call) again(ctx context.Context, what func() error) error {
	return until(ctx, c.patience, func() (bool, error) {
		err := what()
		if code(err) == concurrentlyUpdate && strings.Contains(err.Error(), "concurrently") {
			return false, nil
		}
		return true, err
	})
}

// endAll ends the sessions that a condition about pg_stat_activity AS a is true
// of, and waits until they are gone.
func (c *call) endAll(ctx context.Context, which string) error {
	_, err := c.endSessions(ctx, which)
	return err
}

func (c *call) endSessions(ctx context.Context, which string) (int, error) {
	rows, err := c.conn.Query(ctx, `SELECT a.pid FROM pg_stat_activity AS a
		WHERE a.pid <> pg_backend_pid() AND a.usesysid IS NOT NULL AND a.leader_pid IS NULL AND `+which)
	if err != nil {
		return 0, err //nolint:wrapcheck // by the caller
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil || len(all) == 0 {
		return 0, err //nolint:wrapcheck // by the caller
	}
	_, err = c.conn.Exec(ctx, "SELECT pg_terminate_backend(p) FROM unnest($1::int[]) AS p", all)
	if err != nil {
		return 0, err //nolint:wrapcheck // by the caller
	}
	return len(all), until(ctx, c.patience, func() (bool, error) {
		var left int
		err := c.conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1)", all).Scan(&left)
		return left == 0, err //nolint:wrapcheck // by the caller
	})
}

// deserted runs statements together that need databases nobody is in. While they
// wait for those who are in them to go, nobody gets in, and who is in is sent away.
func (c *call) deserted(ctx context.Context, names []string, statements ...string) error {
	watch, err := c.connect(ctx, "")
	if err != nil {
		return err
	}
	defer closed(ctx, watch)
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			_, _ = watch.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = ANY ($1) AND usesysid IS NOT NULL`, names) // in vain at worst
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	defer func() { close(done); <-over }()
	return until(ctx, c.patience, func() (bool, error) {
		err := together(ctx, c.conn, statements...)
		if code(err) == objectInUse {
			return false, nil
		}
		return true, err
	})
}
