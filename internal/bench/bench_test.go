package bench_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/quota"
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

// BenchmarkConsume takes one unit, which counts in the allocation and in the
// pool and leaves a line in the ledger; raw is the bare conditional statement.
func BenchmarkConsume(b *testing.B) {
	each(b, func(b *testing.B, w *world) {
		b.Run("service", func(b *testing.B) {
			w.rate(b, func() error {
				return w.Quotas.Consume(b.Context(), w.share.ID, 1, quota.Reason{Kind: "benchmark", Ref: "1"})
			})
		})
		b.Run("raw", func(b *testing.B) {
			query := w.query("UPDATE allocations SET used = used + 1 WHERE id = ? AND used + held <= bound - 1")
			w.rate(b, func() error {
				_, err := w.raw.ExecContext(b.Context(), query, string(w.share.ID))
				return err
			})
		})
	})
}

// BenchmarkUsersMe reads who one is, with all memberships, over HTTP; raw is a
// handler under gorilla/mux that answers the same bytes.
func BenchmarkUsersMe(b *testing.B) { get(b, func(*world) string { return "/users/me" }) }

// BenchmarkDatastore reads a datastore with all its shares, over HTTP; raw is
// a handler under gorilla/mux that answers the same bytes.
func BenchmarkDatastore(b *testing.B) {
	get(b, func(w *world) string { return "/datastores/" + string(w.datastore.ID) })
}

func get(b *testing.B, path func(*world) string) {
	b.Helper()
	each(b, func(b *testing.B, w *world) {
		router := mux.NewRouter().SkipClean(true)
		router.PathPrefix("/api/").Handler(http.StripPrefix("/api", entrepot.Handler(w.Services, nil)))
		router.Path("/token").Handler(transport.TokenHandler(w.Services))
		var same json.RawMessage
		router.Path("/raw").HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
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
		for _, c := range []struct{ name, path string }{{"lens", "/api" + path(w)}, {"raw", "/raw"}} {
			b.Run(c.name, func(b *testing.B) {
				w.rate(b, func() error {
					_, err := call(c.path)
					return err
				})
			})
		}
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
