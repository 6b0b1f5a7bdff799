package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A violation is a constraint that a statement ran into, told alike for both
// databases.
type violation struct {
	kind constraint
	// table and columns name a unique constraint, as "users" and
	// "username_fold", several columns joined by "_"; PostgreSQL calls the
	// columns of a primary key "pkey". On SQLite foreign and check violations
	// have no name.
	table   string
	columns string
}

type constraint int

const (
	unique constraint = iota + 1
	foreign
	check
	notNull
)

// SQLite's extended result codes and PostgreSQL's states that we tell apart.
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteTooBig     = 18
	sqliteCheck      = 275
	sqliteForeign    = 787
	sqliteNotNull    = 1299
	sqlitePrimaryKey = 1555
	sqliteUnique     = 2067
	sqliteRowID      = 2579

	postgresNotNull       = "23502"
	postgresForeign       = "23503"
	postgresUnique        = "23505"
	postgresCheck         = "23514"
	postgresSerialization = "40001"
	postgresDeadlock      = "40P01"
	postgresObjectThere   = "42710"
	postgresTableThere    = "42P07"
	postgresLimit         = "54000"

	// Of a prepared statement: it is not there, there is one by its name, or the
	// tables have changed since.
	postgresNoStatement    = "26000"
	postgresStatementThere = "42P05"
	postgresChanged        = "0A000"
)

// sqliteError is what the errors of either SQLite driver can tell.
type sqliteError interface {
	error
	Code() int
}

// violated returns the constraint that an error tells of.
func violated(err error) (violation, bool) {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return postgresViolation(pg)
	}
	var lite sqliteError
	if !errors.As(err, &lite) {
		return violation{}, false
	}
	switch lite.Code() {
	case sqliteUnique, sqlitePrimaryKey, sqliteRowID:
		// "constraint failed: UNIQUE constraint failed: t.a, t.b (2067)"
		_, names, _ := strings.Cut(lite.Error(), "UNIQUE constraint failed: ")
		names, _, _ = strings.Cut(names, " (")
		v := violation{kind: unique}
		var columns []string
		for name := range strings.SplitSeq(names, ", ") {
			table, column, _ := strings.Cut(name, ".")
			v.table = table
			columns = append(columns, column)
		}
		v.columns = strings.Join(columns, "_")
		return v, true
	case sqliteForeign:
		return violation{kind: foreign}, true
	case sqliteCheck:
		return violation{kind: check}, true
	case sqliteNotNull:
		return violation{kind: notNull}, true
	}
	return violation{}, false
}

func postgresViolation(pg *pgconn.PgError) (violation, bool) {
	v := violation{table: pg.TableName}
	switch pg.Code {
	case postgresUnique:
		v.kind = unique
	case postgresForeign:
		v.kind = foreign
	case postgresCheck:
		v.kind = check
	case postgresNotNull:
		v.kind = notNull
	default:
		return violation{}, false
	}
	name := strings.TrimPrefix(pg.ConstraintName, pg.TableName+"_")
	v.columns = strings.TrimSuffix(strings.TrimSuffix(name, "_key"), "_pkey")
	return v, true
}

// isUnique reports whether err is the violation of a unique constraint on a
// table whose columns (or whose index's name, less the table's) are one of
// those named.
func isUnique(err error, table string, columns ...string) bool {
	v, ok := violated(err)
	if !ok || v.kind != unique || v.table != table {
		return false
	}
	if slices.Contains(columns, v.columns) {
		return true
	}
	return len(columns) == 0
}

// isForeign reports whether err is the violation of a foreign key.
func isForeign(err error) bool {
	v, ok := violated(err)
	return ok && v.kind == foreign
}

// collided reports whether a unit failed because of another and may be tried
// again.
func collided(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == postgresSerialization || pg.Code == postgresDeadlock
	}
	if lite, ok := errors.AsType[sqliteError](err); ok {
		primary := lite.Code() & 0xff
		return primary == sqliteBusy || primary == sqliteLocked
	}
	return false
}

// madeMeanwhile reports whether a table that was to be made if it was not there
// was made by somebody else at that moment: PostgreSQL looks first, and may run
// into the table, its type or an index entry of either.
func madeMeanwhile(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == postgresUnique || pg.Code == postgresObjectThere || pg.Code == postgresTableThere)
}

// tooLarge reports whether a row was larger than the database takes. PostgreSQL
// keeps a part of each value in a page of 8 KiB, which many texts together may
// fill.
func tooLarge(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == postgresLimit
	}
	lite, ok := errors.AsType[sqliteError](err)
	return ok && lite.Code() == sqliteTooBig
}

// none reports whether a query found no row.
func none(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// An UnavailableError means that the database could not be reached, as opposed
// to having answered. Nothing was changed, and trying again later may help.
type UnavailableError struct{ Err error }

// Error tells why the database could not be reached.
func (e *UnavailableError) Error() string {
	return "storage: the database cannot be reached: " + e.Err.Error()
}

// Unwrap returns the driver's error.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Unavailable reports true, for callers that know no more of it.
func (e *UnavailableError) Unavailable() bool { return true }

// reaching turns the errors of making a connection into UnavailableErrors.
type reaching struct{ driver.Connector }

func (c reaching) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil && ctx.Err() == nil {
		err = &UnavailableError{err}
	}
	return conn, err
}

// changed reports whether a statement changed any row.
func changed(res sql.Result) (bool, error) {
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("storage: rows affected: %w", err)
	}
	return n > 0, nil
}

// found returns workspace.ErrNotFound, naming what was looked for, when a
// statement changed no row.
func found(res sql.Result, noun string, id any) error {
	ok, err := changed(res)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: %s %v", workspace.ErrNotFound, noun, id)
	}
	return nil
}
