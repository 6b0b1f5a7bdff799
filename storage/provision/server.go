package provision

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// ServerOptions are what [Open] can be told; the zero value works.
type ServerOptions struct {
	// Prefix is what the real names of databases and roles begin with; "project-"
	// when empty. It is at most 11 of a-z 0-9 _ and -, and begins with a letter.
	// With another prefix one sees other databases; none of those in use may begin
	// with another.
	Prefix string
	// Patience is how long another's call about the same name is waited for, and
	// the sessions of a template; 10 seconds when 0.
	Patience time.Duration
	// Tools is the folder of pg_dump and pg_restore, which must not be older than
	// the server. When empty they are looked for in PATH, then where Debian has them.
	Tools string
	// Spool is the folder that a backup is copied to before it is restored; that
	// of temporary files when empty.
	Spool string
	// Clients is host:port where clients reach the server, when they do so
	// elsewhere than we do.
	Clients string
	// Extensions are those that may be restored though only a superuser may make
	// them, such as postgis: we make them, in the schema public, where a backup has
	// them. It takes a provisioner who may.
	Extensions []string
}

// A Server makes databases on a PostgreSQL server, 15 or later. It is safe for
// concurrent use, and keeps no connection but those of holds.
//
// The real name of a database is the prefix and its name. Its role is called the
// same; it owns what is in the database, but not the database, so that it can
// neither unlock nor rename nor delete it. What is not finished yet, or being
// deleted, has a ~ in its name, and gets or loses the one it is seen by at
// once: nobody else may make a database or a role that begins with the
// prefix and has a ~ in its name, since those are deleted. A database without
// our mark, which is its comment, is another's, and left alone.
//
// The provisioner is who the address names: a superuser, or a role with
// CREATEDB and CREATEROLE, who cannot end the sessions of superusers, nor give
// the role of a copy what a superuser owns in the template, nor back up tables
// whose policies their owner has to keep to. A password must do for roles
// to log in where the provisioner does, since backups are made and restored by
// roles made for that, which have the rights of the database's own.
//
// The lock of a database takes the right to connect from all but its owner, who
// is the provisioner; what others were granted by hand is not given back. Superusers
// are never kept out.
//
// Who excludes each other does so in the database that the address names: it
// must be the same for all. As long as it, and template1, let everybody
// connect, which they do unless it was revoked, so can the roles of projects; it is
// as well to have a database for this, or to revoke it.
type Server struct {
	config   *pgx.ConnConfig
	query    url.Values // the address's, for what libpq must be told as well
	options  ServerOptions
	user     string
	super    bool
	patience time.Duration
}

var _ database.Provisioner = (*Server)(nil)

// The endings of names that are not finished: at most four bytes, so that what a
// name may be long, the longest prefix and one of them fit into PostgreSQL's 63.
const (
	unfinished = "~new" // a database being made
	outgoing   = "~old" // one being deleted
	helper     = "~run" // a role for one backup, or one restore
)

// longestPrefix is what the endings leave.
const longestPrefix = 63 - 48 - len(unfinished)

var prefixes = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// Open returns a provisioner for a server, after asking whether it may do what
// it has to. The address, postgres://…, leads to the server itself and not to a
// pooler that gives each statement another session, and to a database that is
// no project's.
func Open(ctx context.Context, address string, opts *ServerOptions) (*Server, error) {
	if opts == nil {
		opts = &ServerOptions{}
	}
	s := &Server{options: *opts, patience: opts.Patience}
	s.options.Extensions = slices.Clone(opts.Extensions)
	if s.options.Prefix == "" {
		s.options.Prefix = "project-"
	}
	if s.patience == 0 {
		s.patience = patience
	}
	if !prefixes.MatchString(s.options.Prefix) || len(s.options.Prefix) > longestPrefix {
		return nil, fmt.Errorf("%w: the prefix is at most %d of a-z 0-9 _ and -, beginning with a letter", ErrOptions, longestPrefix)
	}
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return nil, fmt.Errorf("%w: the address must be postgres://…", ErrOptions)
	}
	var err error
	if s.config, err = pgx.ParseConfig(address); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	parsed, err := url.Parse(address)
	if err != nil {
		// It would quote the address, and the password in it.
		return nil, fmt.Errorf("%w: the address is no URL", ErrOptions)
	}
	s.query = parsed.Query()
	s.settle()
	conn, err := s.connect(ctx, "")
	if err != nil {
		return nil, err
	}
	defer closed(ctx, conn)
	var able bool
	err = conn.QueryRow(ctx, `SELECT rolname, rolsuper, rolsuper OR rolcreatedb AND rolcreaterole
		FROM pg_roles WHERE rolname = current_user`).Scan(&s.user, &s.super, &able)
	if err != nil {
		return nil, fmt.Errorf("provision: open: %w", err)
	}
	if !able {
		return nil, fmt.Errorf("%w: %s needs CREATEDB and CREATEROLE", ErrOptions, s.user)
	}
	return s, nil
}

// settle says how all our sessions are.
func (s *Server) settle() {
	maps.Copy(s.config.RuntimeParams, map[string]string{
		"application_name": "bailiwick provision",
		// A database's own functions and operators are not for us to run.
		"search_path": "pg_catalog",
		// What others are excluded by would end with the session.
		"idle_session_timeout": "0", "idle_in_transaction_session_timeout": "0",
		"statement_timeout": "0", "lock_timeout": "0", "default_transaction_read_only": "off",
		"standard_conforming_strings": "on",
		// Nor must it outlive a machine that lost its power by hours.
		"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
	})
}

// connect opens a session of the provisioner in a database, that of the address
// for "".
func (s *Server) connect(ctx context.Context, name string) (*pgx.Conn, error) {
	config := s.config.Copy()
	if name != "" {
		config.Database = name
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("provision: %w", err)
	}
	return conn, nil
}

// closed closes a session, also when the context has ended.
func closed(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = conn.Close(ctx) // the server does not need to be told
}

// real returns what a name is called on the server.
func (s *Server) real(name database.Name) string { return s.options.Prefix + string(name) }

// mark is the comment of what is ours and finished.
func (s *Server) mark() string { return "made by bailiwick, prefix " + s.options.Prefix }

// key returns what a name is locked by, for one purpose.
func (s *Server) key(purpose string, name database.Name) int64 {
	sum := sha256.Sum256([]byte("bailiwick provision\x00" + purpose + "\x00" + s.real(name)))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// quoted is an identifier in SQL, and literal a text.
func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// Databases implements [database.Provisioner].
func (s *Server) Databases(ctx context.Context) ([]database.Name, error) {
	conn, err := s.connect(ctx, "")
	if err != nil {
		return nil, err
	}
	defer closed(ctx, conn)
	half, err := s.halves(ctx, conn)
	if err != nil {
		return nil, err
	}
	for _, name := range half {
		// Where somebody is at it, it is being made, and what cannot be cleared away
		// is not seen all the same.
		if c, err := s.call(ctx, exclusive{name}, time.Millisecond); err == nil {
			c.end(ctx)
		}
	}
	rows, err := conn.Query(ctx, `SELECT datname FROM pg_database
		WHERE starts_with(datname, $1) AND shobj_description(oid, 'pg_database') = $2`, s.options.Prefix, s.mark())
	if err != nil {
		return nil, fmt.Errorf("provision: databases: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("provision: databases: %w", err)
	}
	found := []database.Name{}
	for _, name := range names {
		if name, err := database.ParseName(strings.TrimPrefix(name, s.options.Prefix)); err == nil {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found, nil
}

// halves returns the names of which something half-made is there.
func (s *Server) halves(ctx context.Context, conn *pgx.Conn) ([]database.Name, error) {
	rows, err := conn.Query(ctx, `
		SELECT datname FROM pg_database WHERE starts_with(datname, $1) AND right(datname, 4) = ANY ($2)
		UNION SELECT r.rolname FROM pg_roles AS r WHERE starts_with(r.rolname, $1) AND shobj_description(r.oid, 'pg_authid') = $3
			AND `+idle,
		s.options.Prefix, []string{unfinished, outgoing}, s.mark())
	if err != nil {
		return nil, fmt.Errorf("provision: databases: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("provision: databases: %w", err)
	}
	var names []database.Name
	for _, text := range found {
		text, _, _ = strings.Cut(strings.TrimPrefix(text, s.options.Prefix), "~")
		if name, err := database.ParseName(text); err == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// sessions counts those of a database, for statements about pg_database AS d.
const sessions = `(SELECT count(*) FROM pg_stat_activity AS a WHERE a.datid = d.oid AND a.usesysid IS NOT NULL
	AND a.leader_pid IS NULL AND a.usename <> d.datname || '` + helper + `')`

// locked is whether a database is, for statements about pg_database AS d.
const locked = `NOT EXISTS (SELECT 1 FROM aclexplode(d.datacl) AS x JOIN pg_roles AS r ON r.oid = x.grantee
	WHERE r.rolname = d.datname AND x.privilege_type = 'CONNECT')`

// Stats implements [database.Provisioner]. PostgreSQL does not tell when a
// database was last written to.
func (s *Server) Stats(ctx context.Context, name database.Name) (database.Stats, error) {
	if err := check(name); err != nil {
		return database.Stats{}, err
	}
	conn, err := s.connect(ctx, "")
	if err != nil {
		return database.Stats{}, err
	}
	defer closed(ctx, conn)
	stats := database.Stats{Name: name}
	err = conn.QueryRow(ctx, `SELECT pg_database_size(d.oid), `+sessions+`, `+locked+` FROM pg_database AS d
		WHERE d.datname = $1 AND shobj_description(d.oid, 'pg_database') = $2`, s.real(name), s.mark()).
		Scan(&stats.Size, &stats.Sessions, &stats.Locked)
	if errors.Is(err, pgx.ErrNoRows) || code(err) == undefinedDatabase {
		return database.Stats{}, database.ErrNotFound
	}
	if err != nil {
		return database.Stats{}, fmt.Errorf("provision: stats: %w", err)
	}
	return stats, nil
}

// Hold implements [database.Provisioner]. It ends as well when the connection to
// the server is lost, which whoever holds it is not told.
func (s *Server) Hold(ctx context.Context, name database.Name) (func(), error) {
	if err := check(name); err != nil {
		return nil, err
	}
	conn, err := s.connect(ctx, "")
	if err != nil {
		return nil, err
	}
	key := s.key("hold", name)
	var got bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&got); err != nil || !got {
		closed(ctx, conn)
		if err != nil {
			return nil, fmt.Errorf("provision: hold: %w", err)
		}
		return nil, database.ErrBusy
	}
	return s.release(ctx, conn, key), nil
}
