package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// Backup implements [database.Provisioner]. It is pg_dump's custom format, and
// then the seal. Who owns what and what was granted inside is not in it: all is
// the role's.
func (s *Server) Backup(ctx context.Context, name database.Name, to io.Writer) (err error) {
	c, _, err := s.beside(ctx, name, forBackup)
	if err != nil {
		return err
	}
	defer c.end(ctx)
	if err := c.clearRoles(ctx, c.real(name)+helper); err != nil { // of a backup that was killed
		return fmt.Errorf("provision: clear away: %w", err)
	}
	l, err := c.lend(ctx, name, c.real(name))
	if err != nil {
		return err
	}
	defer c.takeBack(ctx, l)
	cmd, err := c.command(ctx, "pg_dump", l, "--format=custom", "--no-owner", "--no-privileges", "--no-tablespaces",
		"--no-password", fmt.Sprintf("--lock-wait-timeout=%d", max(1, c.patience.Milliseconds())))
	if err != nil {
		return err
	}
	sealed := kindServer.sealer(to)
	if err := ended(ctx, run(cmd, sealed, l.password)); err != nil {
		return err
	}
	if err := sealed.finish(); err != nil {
		return fmt.Errorf("provision: backup: %w", err)
	}
	return nil
}

// takeBack deletes the role of a tool whatever happened, or leaves that to the next call.
func (c *call) takeBack(ctx context.Context, l login) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.patience)
	defer cancel()
	_ = c.dropRole(ctx, l.role) // see above
}

// Restore implements [database.Provisioner]. The backup is copied to a file and
// read to its end before the server is asked for anything. What is in it is
// done by a role with the rights of the database's own, in another database that
// then takes the place of the one there is. A backup with what that role may not
// do is refused: extensions of superusers, but for those of the options. What a
// role had been set for the database alone (ALTER ROLE … IN DATABASE) is lost.
func (s *Server) Restore(ctx context.Context, name database.Name, from io.Reader) (err error) {
	if err := check(name); err != nil {
		return err
	}
	archive, err := kindServer.spool(ctx, s.options.Spool, from)
	if err != nil {
		return err
	}
	defer archive.Close() //nolint:errcheck // it has no name any more
	listed, err := s.read(ctx, archive)
	if err != nil {
		return err
	}
	c, err := s.alone(ctx, name)
	if err != nil {
		return err
	}
	defer c.end(ctx)
	f, taken, err := c.find(ctx, name)
	missing := errors.Is(err, database.ErrNotFound)
	switch {
	case taken && missing:
		return database.ErrExists
	case err != nil && !missing:
		return err
	}
	defer func() {
		if err != nil {
			c.abandon(ctx)
		}
	}()
	if missing {
		if err := c.makeRole(ctx, name); err != nil {
			return err
		}
	}
	if err := c.fill(ctx, name, ""); err != nil {
		return err
	}
	if err := c.refill(ctx, name, archive, listed); err != nil {
		return err
	}
	if missing {
		return c.publish(ctx, name, false)
	}
	if err := c.publish(ctx, name, f.locked, c.retiring(name)...); err != nil {
		return err
	}
	_ = c.clear(ctx, name) // it is restored, and the old one not seen any more
	return nil
}

// read reads an archive to its end, and returns the list of what is in it where
// somebody wants to know.
func (s *Server) read(ctx context.Context, archive *os.File) ([]byte, error) {
	var listed bytes.Buffer
	if len(s.options.Extensions) > 0 {
		if err := s.pass(ctx, archive, &listed, "--list"); err != nil {
			return nil, err
		}
	}
	return listed.Bytes(), s.pass(ctx, archive, io.Discard, "--file=-", "--no-owner", "--no-privileges")
}

func (s *Server) pass(ctx context.Context, archive *os.File, to io.Writer, args ...string) error {
	cmd, err := s.command(ctx, "pg_restore", login{}, args...)
	if err != nil {
		return err
	}
	if err := reread(archive); err != nil {
		return err
	}
	cmd.Stdin = archive
	err = run(cmd, to, "")
	var failed *exec.ExitError
	if ctx.Err() == nil && errors.As(err, &failed) && failed.ExitCode() > 0 {
		return fmt.Errorf("%w: %w", database.ErrBackup, err)
	}
	return ended(ctx, err)
}

func reread(file *os.File) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("provision: restore: %w", err)
	}
	return nil
}

// refill restores an archive into the unfinished database of a name.
func (c *call) refill(ctx context.Context, name database.Name, archive *os.File, listed []byte) error {
	half := c.real(name) + unfinished
	granted, list := c.granted(listed)
	if err := c.extend(ctx, half, granted); err != nil {
		return err
	}
	l, err := c.lend(ctx, name, half)
	if err != nil {
		return err
	}
	defer c.takeBack(ctx, l)
	args := []string{
		"--dbname=" + half, "--role=" + c.real(name), "--exit-on-error",
		"--no-owner", "--no-privileges", "--no-tablespaces", "--no-password",
	}
	var listFile *os.File
	if len(granted) > 0 {
		if listFile, err = nameless(c.options.Spool, list); err != nil {
			return err
		}
		defer listFile.Close() //nolint:errcheck // it has no name any more
		args = append(args, "--use-list=/dev/fd/3")
	}
	cmd, err := c.command(ctx, "pg_restore", l, args...)
	if err != nil {
		return err
	}
	if listFile != nil {
		cmd.ExtraFiles = []*os.File{listFile}
	}
	if err := reread(archive); err != nil {
		return err
	}
	cmd.Stdin = archive
	if err := ended(ctx, run(cmd, io.Discard, l.password)); err != nil {
		return err
	}
	// What is in it may have made things as the lent role.
	conn, err := c.connect(ctx, half)
	if err != nil {
		return err
	}
	defer closed(ctx, conn)
	err = together(ctx, conn, "REASSIGN OWNED BY "+quoted(l.role)+" TO "+quoted(c.real(name)))
	if err != nil {
		return fmt.Errorf("provision: restore: %w", err)
	}
	return nil
}

// entries matches the lines of extensions, and of comments on them, in the list
// of an archive.
var entries = regexp.MustCompile(`(?m)^\d+; \d+ \d+ (?:EXTENSION - |COMMENT - EXTENSION )(\S+) .*\n`)

// granted returns which extensions of a backup are for us to make, and the list
// without them, since its role may not even comment on them.
func (c *call) granted(listed []byte) (names []string, list []byte) {
	list = entries.ReplaceAllFunc(listed, func(line []byte) []byte {
		name := string(entries.FindSubmatch(line)[1])
		if !slices.Contains(c.options.Extensions, name) {
			return line
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		return nil
	})
	return names, list
}

// extend makes extensions in a database that nothing of a stranger's is in yet.
func (c *call) extend(ctx context.Context, in string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	conn, err := c.connect(ctx, in)
	if err != nil {
		return err
	}
	defer closed(ctx, conn)
	statements := make([]string, len(names))
	for i, name := range names {
		statements[i] = "CREATE EXTENSION IF NOT EXISTS " + quoted(name) + " WITH SCHEMA public CASCADE"
	}
	if err := together(ctx, conn, statements...); err != nil {
		return fmt.Errorf("provision: restore: extensions: %w", err)
	}
	return nil
}

// nameless returns a file without a name that has some text, at its beginning.
func nameless(folder string, text []byte) (*os.File, error) {
	file, err := unnamed(folder)
	if err != nil {
		return nil, err
	}
	_, written := file.Write(text)
	_, sought := file.Seek(0, io.SeekStart)
	if err := errors.Join(written, sought); err != nil {
		return nil, errors.Join(fmt.Errorf("provision: restore: %w", err), file.Close())
	}
	return file, nil
}
