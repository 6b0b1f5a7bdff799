package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/entrepot"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// rate runs an operation as often as the benchmark wants and tells how many a
// second that was, and how many statements one took.
func (w *world) rate(b *testing.B, operation func() error) {
	b.Helper()
	w.count.Set(math.MaxInt64)
	for b.Loop() {
		if err := operation(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	if n := w.count.Clear(); n > 0 {
		b.ReportMetric(float64(n)/float64(b.N), "statements/op")
	}
}

// BenchmarkCheck asks whether a member may deliver data, always of the present
// state; raw is a statement that reads the rules of the path in one go.
func BenchmarkCheck(b *testing.B) {
	each(b, func(b *testing.B, w *world) {
		b.Run("engine", func(b *testing.B) {
			w.rate(b, func() error {
				return w.Rules.Require(b.Context(), w.user.Num, w.workspace.Num, workspace.Upload, rbac.Latest())
			})
		})
		b.Run("raw", func(b *testing.B) {
			query := w.query(`
WITH RECURSIVE path (num, parent) AS (
	SELECT num, parent FROM nodes WHERE num = ?
	UNION ALL
	SELECT n.num, n.parent FROM nodes n JOIN path p ON n.num = p.parent AND p.num <> 0
)
SELECT count(*) FROM rules r JOIN path p ON r.node = p.num
WHERE r.principal IN (2, 3, 6, ?) AND (r.propagate OR r.node = ?)`)
			w.rate(b, func() error {
				var n int
				return w.raw.QueryRowContext(b.Context(), query, int64(w.workspace.Num), int64(w.user.Num), int64(w.workspace.Num)).Scan(&n)
			})
		})
	})
}

// BenchmarkUsersMe reads who one is, with all memberships, over HTTP. Beside it,
// http is a handler under gorilla/mux that answers the same bytes, and raw the
// bare statements that read the same rows.
func BenchmarkUsersMe(b *testing.B) {
	get(b, func(*world) string { return "/users/me" }, func(w *world) []statement {
		return []statement{
			{"SELECT email, created, last_call, last_login, technical, id, last_name, first_name FROM users WHERE id = ?", string(w.user.ID)},
			{`SELECT w.id, w.name, w.technical_name, w.public, d.id, n.owner, n.sealed, r.role
				FROM members m JOIN workspaces w ON w.id = m.workspace_id JOIN nodes n ON n.num = w.num
				LEFT JOIN datastores d ON d.workspace_id = w.id
				LEFT JOIN rules r ON r.node = w.num AND r.principal = m.principal
				WHERE m.principal = ?`, int64(w.user.Num)},
			{"SELECT slot, bound, used, held FROM allocations WHERE holder = ?", string(w.user.ID)},
		}
	})
}

// BenchmarkDatastore reads a datastore with all its shares, over HTTP, beside
// the same two as [BenchmarkUsersMe].
func BenchmarkDatastore(b *testing.B) {
	get(b, func(w *world) string { return "/datastores/" + string(w.datastore.ID) }, func(w *world) []statement {
		return []statement{
			{`SELECT w.id, w.name, w.technical_name, w.description, w.contact, w.public, n.sealed,
					d.id, d.created, d.metadata_prefix, d.layer_prefix, d.sharings
				FROM datastores d JOIN workspaces w ON w.id = d.workspace_id JOIN nodes n ON n.num = w.num
				WHERE d.id = ?`, string(w.datastore.ID)},
			{`SELECT a.slot, a.bound, a.used, a.held, a.position, p.id, p.kind, p.name, p.technical_name, p.type,
					p.labels, p.urls, p.open, p.details
				FROM allocations a JOIN pools p ON p.id = a.pool_id
				WHERE a.holder = ? ORDER BY a.position`, string(w.workspace.ID)},
		}
	})
}

// A statement is a query with its only argument.
type statement struct {
	query    string
	argument any
}

// read runs statements one after another and reads all their rows.
func (w *world) read(ctx context.Context, list []statement) error {
	for _, s := range list {
		if err := w.readOne(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) readOne(ctx context.Context, s statement) error {
	rows, err := w.raw.QueryContext(ctx, s.query, s.argument)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	into := make([]any, len(columns))
	for i := range into {
		into[i] = new(any)
	}
	found := 0
	for ; rows.Next(); found++ {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil || found == 0 {
		return fmt.Errorf("%d rows for %v: %w", found, s.argument, err)
	}
	return nil
}

func get(b *testing.B, path func(*world) string, raw func(*world) []statement) {
	b.Helper()
	each(b, func(b *testing.B, w *world) {
		router := mux.NewRouter().SkipClean(true)
		router.PathPrefix("/api/").Handler(http.StripPrefix("/api", entrepot.Handler(w.Services, nil)))
		router.Path("/token").Handler(transport.TokenHandler(w.Services))
		var same json.RawMessage
		router.Path("/same").HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			if err := json.NewEncoder(rw).Encode(same); err != nil {
				b.Error(err)
			}
		})
		server := httptest.NewServer(router)
		defer server.Close()
		token := signIn(b, server, w.user.Username)
		call := func(path string) ([]byte, error) {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL+path, nil)
			if err != nil {
				return nil, err
			}
			r.Header.Set("Authorization", "Bearer "+token)
			answer, err := server.Client().Do(r)
			if err != nil {
				return nil, err
			}
			defer answer.Body.Close()
			text, err := io.ReadAll(answer.Body)
			if err == nil && answer.StatusCode != http.StatusOK {
				b.Fatalf("%s: %d %s", path, answer.StatusCode, text)
			}
			return text, err
		}
		text, err := call("/api" + path(w))
		if err != nil {
			b.Fatal(err)
		}
		same = bytes.TrimSpace(text)
		for _, c := range []struct{ name, path string }{{"lens", "/api" + path(w)}, {"http", "/same"}} {
			b.Run(c.name, func(b *testing.B) {
				w.rate(b, func() error {
					_, err := call(c.path)
					return err
				})
			})
		}
		b.Run("raw", func(b *testing.B) {
			list := raw(w)
			for i, s := range list {
				list[i].query = w.query(s.query)
			}
			w.rate(b, func() error { return w.read(b.Context(), list) })
		})
	})
}

func signIn(b *testing.B, server *httptest.Server, username string) string {
	b.Helper()
	form := url.Values{"grant_type": {"password"}, "username": {username}, "password": {password}, "client_id": {"benchmark"}}
	answer, err := http.Post(server.URL+"/token", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&token); err != nil || token.AccessToken == "" {
		b.Fatalf("no token: %d, %v", answer.StatusCode, err)
	}
	return token.AccessToken
}
