package console_test

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/uptrace/bun/driver/sqliteshim"
)

// How much there is of what a browser looks at.
const (
	scaleMembers   = 100_000
	scaleResources = 100_000
	scaleEvents    = 1_000_000
)

// TestBrowserScale has Chromium page and scroll through a workspace of unusual
// size, on SQLite: its rows are there soon after the server's answer, and the
// page holds no more at the end than at the beginning. The events are written
// below the log, which knows nothing of them: they are no part of its chain.
func TestBrowserScale(t *testing.T) {
	s := &server{T: t, dir: t.TempDir(), program: built(t, "cmd/bailiwick")}
	s.start()
	const password = "an otter swims upstream at 9"
	boss := s.post("/users", map[string]any{"username": "boss", "email": "boss@example.org", "first_name": "Boss", "last_name": "Large", "language": "en"})
	s.call(http.MethodPut, "/users/"+boss["id"].(string)+"/password", map[string]any{"password": password})
	place := s.post("/workspaces", map[string]any{"name": "Large", "technical_name": "large", "supervisor": boss["id"]})
	s.stop()
	s.fill(place["id"].(string), int64(place["num"].(float64)))
	s.start()
	defer s.stop()
	t.Log(tool(t, []string{
		"BAILIWICK_E2E_URL=" + s.url, "BAILIWICK_E2E_ADMIN_PASSWORD=" + adminPassword,
		"BAILIWICK_E2E_SCALE=" + place["id"].(string),
	}, "npx", "playwright", "test", "scale", "--workers", "1"))
}

const adminPassword = "the-password-of-admin"

// A server is the command, serving a database of SQLite.
type server struct {
	*testing.T

	dir, program, url string
	cmd               *exec.Cmd
}

func (s *server) file() string { return filepath.Join(s.dir, "b.db") }

func (s *server) start() {
	s.Helper()
	s.cmd = exec.CommandContext(s.Context(), s.program, "serve", "--listen", "127.0.0.1:0", "--database", "sqlite:"+s.file(),
		"--admin-password", adminPassword, "--secret-file", filepath.Join(s.dir, "secret"), "--mail-folder", filepath.Join(s.dir, "mail"),
		"--files", filepath.Join(s.dir, "files"))
	out, err := s.cmd.StdoutPipe()
	s.must(err)
	s.must(s.cmd.Start())
	place := regexp.MustCompile(`console\s+(http://\S+/)`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := place.FindStringSubmatch(lines.Text()); m != nil {
			s.url = m[1]
			go func() { // what it says besides is nobody's
				for lines.Scan() {
				}
			}()
			return
		}
	}
	s.Fatal("the server does not say where it is")
}

func (s *server) stop() {
	s.Helper()
	s.must(s.cmd.Process.Signal(syscall.SIGTERM))
	s.must(s.cmd.Wait())
}

func (s *server) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// call calls the native API as the administrator.
func (s *server) call(method, path string, body map[string]any) map[string]any {
	s.Helper()
	text, err := json.Marshal(body)
	s.must(err)
	r, err := http.NewRequestWithContext(s.Context(), method, strings.TrimSuffix(s.url, "console/")+"api/v1"+path, bytes.NewReader(text))
	s.must(err)
	r.SetBasicAuth("admin", adminPassword)
	r.Header.Set("Content-Type", "application/json")
	w, err := http.DefaultClient.Do(r)
	s.must(err)
	defer func() { s.must(w.Body.Close()) }()
	if w.StatusCode >= http.StatusBadRequest {
		s.Fatal(method, path, w.Status)
	}
	answer := map[string]any{}
	if w.StatusCode != http.StatusNoContent {
		s.must(json.NewDecoder(w.Body).Decode(&answer))
	}
	return answer
}

func (s *server) post(path string, body map[string]any) map[string]any {
	s.Helper()
	return s.call(http.MethodPost, path, body)
}

// fill writes members, resources and events into a workspace of a server that is
// stopped: how they came does not matter here.
func (s *server) fill(workspace string, node int64) {
	s.Helper()
	db, err := sql.Open(sqliteshim.ShimName, "file:"+s.file())
	s.must(err)
	defer func() { s.must(db.Close()) }()
	var person, resource int64
	s.must(errors.Join(
		db.QueryRowContext(s.Context(), "SELECT max(num) + 1 FROM principals").Scan(&person),
		db.QueryRowContext(s.Context(), "SELECT max(num) + 1 FROM nodes").Scan(&resource),
	))
	series := func(from int64, count int) string {
		return fmt.Sprintf("WITH RECURSIVE i (n) AS (SELECT %d UNION ALL SELECT n + 1 FROM i WHERE n < %d)", from, from+int64(count)-1)
	}
	people, things := series(person, scaleMembers), series(resource, scaleResources)
	const hash, name = "printf('%06d', i.n * 7919 % 1000003)", "printf('Resource %06d', i.n)"
	for _, statement := range []string{
		"INSERT INTO principals (num, id, kind) " + people + " SELECT n, 'p' || n, 'user' FROM i",
		`INSERT INTO users (id, num, username, username_fold, email, email_fold, first_name, last_name, name_fold, search_fold,
			language, technical, created, updated) ` + people + ` SELECT 'p' || n, n, 'u' || ` + hash + `, 'u' || ` + hash + `,
			'e' || ` + hash + `, 'e' || ` + hash + `, 'first', 'n' || ` + hash + `, 'n' || ` + hash + ` || ' first', 'u' || ` + hash + `,
			'fr', FALSE, n % 1000, n FROM i`,
		fmt.Sprintf(`INSERT INTO members (workspace_id, principal, created, updated, name_fold, username_fold, email_fold, kind)
			SELECT '%s', num, created, updated, name_fold, username_fold, email_fold, 'user' FROM users WHERE num >= %d`, workspace, person),
		fmt.Sprintf(`INSERT INTO rules (id, workspace, node, effect, principal, role, propagate, origin, created)
			SELECT id, %d, %[1]d, 'allow', num, 'Viewer', TRUE, 'member', 0 FROM users WHERE num >= %d`, node, person),
		fmt.Sprintf("INSERT INTO nodes (num, workspace, parent, class) %s SELECT n, %d, %[2]d, 'resource_group' FROM i", things, node),
		fmt.Sprintf(`INSERT INTO resources (workspace_id, num, id, parent, class, display_name, name_fold, description, meta, settings, created, updated)
			%s SELECT '%s', n, printf('00000000-0000-7000-9000-%%012d', n), %d, 'resource_group', %s, lower(%[4]s), '', '{}', '{}', 1, 1 FROM i`,
			things, workspace, node, name),
		fmt.Sprintf(`INSERT INTO audit_events (id, at, principal, actor, via, address, action, workspace_id, organization_id, object_kind, object_id,
			object_name, detail) %s SELECT printf('00000000-0000-7000-8000-%%012d', n), 1700000000000000 + n * 1000000, 0, 'ada', 'basic', '192.0.2.1',
			'member.put', '%s', '', 'user', 'u', 'user ' || n, '{}' FROM i`, series(1_000_000, scaleEvents), workspace),
		"ANALYZE",
	} {
		if _, err := db.ExecContext(s.Context(), statement); err != nil {
			s.Fatalf("%v in %.200s", err, statement)
		}
	}
}
