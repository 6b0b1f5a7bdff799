// Package pgtest gives tests a real PostgreSQL: a throwaway cluster of its
// own, made by the first test of a process that asks and gone when the process
// is, however that ends.
//
// It needs the server's binaries (Debian's package postgresql) and nothing
// that runs already: the cluster listens on a unix socket in a temporary
// folder only. It runs as the user postgres, or nobody, when the tests run as
// root, since PostgreSQL refuses to. If it cannot start, tests fail; they are
// never skipped.
package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A Cluster is a running PostgreSQL.
type Cluster struct {
	dir  string
	next atomic.Int64

	mu    sync.Mutex
	admin *pgx.Conn
	major int // the server's version, once admin is connected
}

// cluster is shared by the tests of a process: starting one takes a second.
var cluster = sync.OnceValues(func() (*Cluster, error) { return Start(false) }) //nolint:gochecknoglobals // one a process

// Shared returns the cluster of this process. It does not wait for commits to
// reach the disk.
func Shared(tb testing.TB) *Cluster {
	tb.Helper()
	c, err := cluster()
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	return c
}

// supervise starts the server, tells when it is ready, and waits for its input
// to end, which happens when the parent ends; then it removes everything.
const supervise = `
set -eu
"$1/initdb" -D "$2/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$2/initdb.log" 2>&1 || { cat "$2/initdb.log"; exit 1; }
"$1/pg_ctl" -D "$2/data" -l "$2/server.log" -o "$3" -w start >"$2/start.log" 2>&1 || { cat "$2/start.log" "$2/server.log"; exit 1; }
echo ready
cat >/dev/null || true
"$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1 || true
rm -rf "$2"
`

// Start starts a cluster that lives as long as this process. A durable one
// waits for the disk at every commit, as in production.
func Start(durable bool) (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	parent := "" // where temporary folders are
	if !durable {
		parent = memory()
	}
	dir, err := os.MkdirTemp(parent, "pgtest")
	if err != nil {
		return nil, fmt.Errorf("temporary folder: %w", err)
	}
	credential, err := unprivileged(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	// Shared memory is kept in the folder as well, so that it goes with it.
	settings := "-c listen_addresses= -c unix_socket_directories=" + dir + " -c max_connections=300 -c dynamic_shared_memory_type=mmap"
	if !durable {
		settings += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"
	}
	cmd := exec.Command("sh", "-c", supervise, "pgtest", bin, dir, settings)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C")
	// A process group of its own: an interrupt at the terminal reaches the
	// tests first, and the cluster ends because they do.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential, Setpgid: true}
	in, out, err := pipes(cmd)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start: %w", err), os.RemoveAll(dir))
	}
	lines := bufio.NewScanner(out)
	var told []byte
	for lines.Scan() {
		if lines.Text() == "ready" {
			return &Cluster{dir: dir}, nil
		}
		told = append(append(told, lines.Bytes()...), '\n')
	}
	_ = in.Close()
	return nil, errors.Join(fmt.Errorf("PostgreSQL did not start: %s", told), cmd.Wait(), os.RemoveAll(dir)) //nolint:err113 // for a person
}

// held keeps the supervisors' inputs open until the process ends: an end that
// the collector found unused would be closed.
var held sync.Map //nolint:gochecknoglobals // one a process

func pipes(cmd *exec.Cmd) (io.WriteCloser, io.ReadCloser, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("input: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("output: %w", err)
	}
	held.Store(cmd, []any{in, out})
	return in, out, nil
}

// binaries finds the folder with initdb, the newest where there are several.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.New("no initdb: install PostgreSQL's server (Debian: apt-get install postgresql)") //nolint:err113 // for a person
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	best := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(best), nil
}

// unprivileged returns the user to run as, and gives him the folder.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nobody else
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			return nil, fmt.Errorf("hand over: %w", err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("run as root, and there is neither a user postgres nor nobody") //nolint:err113 // for a person
}

// Address returns the address of a database in the cluster.
func (c *Cluster) Address(name string) string {
	q := url.Values{"host": {c.dir}, "user": {"postgres"}, "database": {name}}
	return "postgres://?" + q.Encode()
}

// Create makes a database, a copy of template when that is not empty, and
// returns its name.
func (c *Cluster) Create(ctx context.Context, template string) (string, error) {
	name := fmt.Sprintf("t%d", c.next.Add(1))
	statement := "CREATE DATABASE " + name
	if template != "" {
		statement += " TEMPLATE " + template
		major, err := c.connect(ctx)
		if err != nil {
			return "", err
		}
		if major >= 15 { // before, it was the only way
			statement += " STRATEGY FILE_COPY" // twice as quick where nothing waits for the disk
		}
	}
	return name, c.Exec(ctx, statement)
}

// Drop removes a database and whoever is connected to it.
func (c *Cluster) Drop(ctx context.Context, name string) error {
	return c.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

// Exec runs a statement as the superuser.
func (c *Cluster) Exec(ctx context.Context, statement string) error {
	if _, err := c.connect(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.admin.Exec(ctx, statement); err != nil {
		return fmt.Errorf("pgtest: %s: %w", statement, err)
	}
	return nil
}

// connect connects the superuser, the first time, and returns the number of the
// server's version.
func (c *Cluster) connect(ctx context.Context) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.admin != nil {
		return c.major, nil
	}
	conn, err := pgx.Connect(ctx, c.Address("postgres"))
	if err != nil {
		return 0, fmt.Errorf("pgtest: %w", err)
	}
	version, _, _ := strings.Cut(conn.PgConn().ParameterStatus("server_version"), ".")
	if c.major, err = strconv.Atoi(version); err != nil {
		return 0, fmt.Errorf("pgtest: the server's version: %w", err)
	}
	c.admin = conn
	return c.major, nil
}

// Database returns the name of the database that an address leads to.
func Database(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Query().Get("database")
}
