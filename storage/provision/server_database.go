package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// Create implements [database.Provisioner]. A template's sessions are waited for
// as long as the patience is.
func (s *Server) Create(ctx context.Context, name, template database.Name) (err error) {
	var from []database.Name
	if template != "" {
		from = append(from, template)
	}
	if err := check(slices.Concat([]database.Name{name}, from)...); err != nil {
		return err
	}
	c, err := s.call(ctx, exclusive{name}, s.patience, from...)
	if err != nil {
		return err
	}
	defer c.end(ctx)
	if _, taken, err := c.find(ctx, name); taken {
		return database.ErrExists
	} else if err != nil && !errors.Is(err, database.ErrNotFound) {
		return err
	}
	if template != "" {
		if _, _, err := c.find(ctx, template); err != nil {
			return err
		}
	}
	defer func() {
		if err != nil {
			c.abandon(ctx)
		}
	}()
	if err := c.makeRole(ctx, name); err != nil {
		return err
	}
	if err := c.fill(ctx, name, template); err != nil {
		return err
	}
	return c.publish(ctx, name, false)
}

// makeRole makes the role of a database, which nobody can log in as yet.
func (c *call) makeRole(ctx context.Context, name database.Name) error {
	role := c.real(name)
	statements := []string{"CREATE ROLE " + quoted(role) + " LOGIN", "COMMENT ON ROLE " + quoted(role) + " IS " + literal(c.mark())}
	err := together(ctx, c.conn, slices.Concat(statements, c.joining(role))...)
	if code(err) == duplicateObject { // ours would be gone: it is another's
		return database.ErrExists
	}
	if err != nil {
		return fmt.Errorf("provision: role: %w", err)
	}
	return nil
}

// joining makes us a member of a role, which who is no superuser has to be to give
// something to it, and to end its sessions.
func (c *call) joining(role string) []string {
	if c.super {
		return nil
	}
	return []string{"GRANT " + quoted(role) + " TO " + quoted(c.user)}
}

// fill makes the unfinished database, empty or from a template.
func (c *call) fill(ctx context.Context, name, template database.Name) error {
	role, half := c.real(name), quoted(c.real(name)+unfinished)
	from, owner := "template0", ""
	if template != "" {
		from, owner = quoted(c.real(template)), c.real(template)
	}
	err := until(ctx, c.patience, func() (bool, error) {
		if owner != "" {
			// The server waits for five seconds on its own, however long we would.
			var used bool
			err := c.conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_stat_activity
				WHERE datname = $1 AND usesysid IS NOT NULL)`, owner).Scan(&used)
			if used || err != nil {
				return false, err //nolint:wrapcheck // below
			}
		}
		// Until it is ours alone, everybody could connect.
		err := c.exec(ctx, "CREATE DATABASE "+half+" TEMPLATE "+from+" ALLOW_CONNECTIONS false")
		if code(err) == objectInUse {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		if errors.Is(err, database.ErrBusy) {
			return err
		}
		return fmt.Errorf("provision: create: %w", err)
	}
	err = c.exec(
		ctx,
		"REVOKE ALL ON DATABASE "+half+" FROM PUBLIC",
		"GRANT CREATE, TEMPORARY ON DATABASE "+half+" TO "+quoted(role),
		"ALTER DATABASE "+half+" ALLOW_CONNECTIONS true",
	)
	if err != nil {
		return fmt.Errorf("provision: create: %w", err)
	}
	conn, err := c.connect(ctx, role+unfinished)
	if err != nil {
		return err
	}
	defer closed(ctx, conn)
	h := handover{conn: conn, from: owner, to: role}
	if err := h.run(ctx); err != nil {
		return fmt.Errorf("provision: create: give to the role: %w", err)
	}
	return nil
}

// publish lets the unfinished database be seen, as it is all at once.
func (c *call) publish(ctx context.Context, name database.Name, locked bool, before ...string) error {
	actual := c.real(name)
	statements := append(slices.Clone(before), "COMMENT ON DATABASE "+quoted(actual+unfinished)+" IS "+literal(c.mark()))
	if !locked {
		statements = append(statements, "GRANT CONNECT ON DATABASE "+quoted(actual+unfinished)+" TO "+quoted(actual))
	}
	statements = append(statements, "ALTER DATABASE "+quoted(actual+unfinished)+" RENAME TO "+quoted(actual))
	err := c.deserted(ctx, []string{actual, actual + unfinished}, statements...)
	switch {
	case code(err) == duplicateDatabase: // somebody made it without asking us
		return database.ErrExists
	case errors.Is(err, database.ErrBusy):
		return err
	case err != nil:
		return fmt.Errorf("provision: publish: %w", err)
	}
	return nil
}

// retiring are the statements after which a database is not seen any more.
func (c *call) retiring(name database.Name) []string {
	actual, old := quoted(c.real(name)), quoted(c.real(name)+outgoing)
	return []string{
		"ALTER DATABASE " + actual + " RENAME TO " + old,
		"ALTER DATABASE " + old + " ALLOW_CONNECTIONS false",
		"COMMENT ON DATABASE " + old + " IS NULL",
	}
}

// Drop implements [database.Provisioner].
func (s *Server) Drop(ctx context.Context, name database.Name) error {
	c, _, err := s.about(ctx, name)
	if err != nil {
		return err
	}
	defer c.end(ctx)
	if err := c.deserted(ctx, []string{c.real(name)}, c.retiring(name)...); err != nil {
		return fmt.Errorf("provision: drop: %w", err)
	}
	if err := c.clear(ctx, name); err != nil {
		return fmt.Errorf("provision: drop: %w", err)
	}
	return nil
}

// Rename implements [database.Provisioner]. The role gets the other name as well;
// a password that the server keeps in the way of MD5 is lost by that.
func (s *Server) Rename(ctx context.Context, name, to database.Name) error {
	if err := check(name, to); err != nil {
		return err
	}
	c, err := s.alone(ctx, name, to)
	if err != nil {
		return err
	}
	defer c.end(ctx)
	if _, _, err := c.find(ctx, name); err != nil {
		return err
	}
	if _, taken, err := c.find(ctx, to); taken {
		return database.ErrExists
	} else if err != nil && !errors.Is(err, database.ErrNotFound) {
		return err
	}
	err = c.deserted(
		ctx, []string{c.real(name)},
		"ALTER DATABASE "+quoted(c.real(name))+" RENAME TO "+quoted(c.real(to)),
		"ALTER ROLE "+quoted(c.real(name))+" RENAME TO "+quoted(c.real(to)),
	)
	switch {
	case code(err) == duplicateDatabase, code(err) == duplicateObject:
		return database.ErrExists
	case err != nil:
		return fmt.Errorf("provision: rename: %w", err)
	}
	return nil
}

// EndSessions implements [database.Provisioner]. A backup goes on.
func (s *Server) EndSessions(ctx context.Context, name database.Name) (int, error) {
	c, _, err := s.beside(ctx, name, forState)
	if err != nil {
		return 0, err
	}
	defer c.end(ctx)
	n, err := c.endSessions(ctx, "a.datname = "+literal(c.real(name))+" AND a.usename <> "+literal(c.real(name)+helper))
	if err != nil {
		return n, fmt.Errorf("provision: end sessions: %w", err)
	}
	return n, nil
}
