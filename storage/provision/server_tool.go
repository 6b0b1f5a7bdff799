package provision

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// tool returns the path of one of PostgreSQL's programs.
func (s *Server) tool(name string) (string, error) {
	if s.options.Tools != "" {
		return filepath.Join(s.options.Tools, name), nil
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is right
	if len(found) == 0 {
		return "", fmt.Errorf("%w: there is no %s", ErrOptions, name)
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	return slices.MaxFunc(found, func(a, b string) int { return cmp.Compare(version(a), version(b)) }), nil
}

// A login is a role that was made for one run of a tool.
type login struct{ role, database, password string }

// lend makes a role that has the rights of a database's own role and may connect
// to the one that is called so. It is deleted with takeBack, or by the next call.
func (c *call) lend(ctx context.Context, name database.Name, to string) (login, error) {
	password, verifier, err := newPassword()
	if err != nil {
		return login{}, err
	}
	l := login{role: c.real(name) + helper, database: to, password: password}
	attributes := " LOGIN PASSWORD " + literal(verifier)
	if c.super {
		// Policies that their owner has to keep to would keep rows out of a backup;
		// that of others he cannot read is not changed by it.
		attributes += " BYPASSRLS"
	}
	statements := slices.Concat(
		[]string{
			"CREATE ROLE " + quoted(l.role) + attributes,
			"COMMENT ON ROLE " + quoted(l.role) + " IS " + literal(c.mark()),
			"GRANT " + quoted(c.real(name)) + " TO " + quoted(l.role),
			"GRANT CONNECT ON DATABASE " + quoted(to) + " TO " + quoted(l.role),
		},
		c.joining(l.role),
	)
	err = c.again(ctx, func() error { return together(ctx, c.conn, statements...) })
	if err != nil {
		return login{}, fmt.Errorf("provision: role for a tool: %w", err)
	}
	return l, nil
}

// command prepares a run of a tool. Where it connects to is told by the
// environment, which others cannot read, unlike the arguments.
func (s *Server) command(ctx context.Context, name string, l login, args ...string) (*exec.Cmd, error) {
	path, err := s.tool(name)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // the operator's own
	for _, variable := range os.Environ() {
		// The process's own password, service or options are for itself.
		if !strings.HasPrefix(variable, "PG") || strings.HasPrefix(variable, "PGSSL") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C", "PGAPPNAME=bailiwick provision", "PGCONNECT_TIMEOUT=30", "PGPASSFILE="+os.DevNull)
	if l.role != "" {
		cmd.Env = append(cmd.Env, "PGHOST="+s.config.Host, "PGPORT="+strconv.Itoa(int(s.config.Port)),
			"PGUSER="+l.role, "PGDATABASE="+l.database, "PGPASSWORD="+l.password)
	}
	for _, name := range []string{"sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslsni"} {
		if s.query.Has(name) {
			cmd.Env = append(cmd.Env, "PG"+strings.ToUpper(name)+"="+s.query.Get(name))
		}
	}
	return cmd, nil
}

// run runs a tool to its end, and copies what it writes. It returns only when
// nothing is written any more.
func run(cmd *exec.Cmd, to io.Writer, secret string) error {
	said := &tail{}
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	_, copied := io.Copy(to, out)
	if copied != nil {
		_ = cmd.Process.Kill() // it would wait for us to read
	}
	ended := cmd.Wait()
	switch {
	case copied != nil:
		return fmt.Errorf("provision: %w", copied)
	case ended != nil:
		name := filepath.Base(cmd.Path)
		if line := said.line(secret); line != "" {
			return fmt.Errorf("provision: %s: %w: %s", name, ended, line)
		}
		return fmt.Errorf("provision: %s: %w", name, ended)
	}
	return nil
}

// A tail keeps the end of what is written to it.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	const enough = 4096
	t.text = append(t.text, p...)
	if len(t.text) > enough {
		t.text = slices.Clone(t.text[len(t.text)-enough:])
	}
	return len(p), nil
}

// line returns the last line of an error, what it is about being told behind it,
// without the password should it ever be there.
func (t *tail) line(secret string) string {
	var last, failed []byte
	for line := range bytes.Lines(bytes.TrimSpace(t.text)) {
		if last = bytes.TrimSpace(line); bytes.Contains(last, []byte(": error: ")) {
			failed = last
		}
	}
	if failed != nil {
		last = failed
	}
	if secret != "" {
		last = bytes.ReplaceAll(last, []byte(secret), []byte("…"))
	}
	return strings.ToValidUTF8(string(last), "�")
}

// ended says that it was the context, where a tool only tells that it was killed.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errors.Join(fmt.Errorf("provision: %w", ctx.Err()), err)
	}
	return err
}
