package audit_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// A world is a trail with a service over it, and the bare database below.
type world struct {
	*testing.T
	*audit.Service

	db      *storage.DB
	trail   *storage.Trail
	address string
	raw     *sql.DB

	mu  sync.Mutex
	now time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Second)
	return w.now
}

func seal(t *testing.T, with string) *audit.Seal {
	t.Helper()
	s, err := audit.NewSeal([]byte(strings.Repeat(with, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			w := &world{T: t, address: kind.Make(t), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
			w.db = dbtest.Open(t, w.address)
			w.trail = w.db.Trail()
			driver, source := "pgx", w.address
			if file, ok := strings.CutPrefix(w.address, "sqlite:"); ok {
				driver, source = sqliteshim.ShimName, "file:"+file+"?_pragma=busy_timeout(10000)"
			}
			var err error
			w.raw, err = sql.Open(driver, source)
			w.ok(err)
			t.Cleanup(func() { w.raw.Close() })
			w.Service = w.with(&audit.Options{Signer: seal(t, "k")})
			test(w)
		})
	}
}

func (w *world) with(o *audit.Options) *audit.Service {
	o.Now = w.clock
	return audit.New(w.trail, o)
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// exec changes the database as somebody would who has it in his hands.
func (w *world) exec(query string, args ...any) {
	w.Helper()
	if !strings.HasPrefix(w.address, "sqlite:") {
		for n := 1; strings.Contains(query, "?"); n++ {
			query = strings.Replace(query, "?", fmt.Sprintf("$%d", n), 1)
		}
	}
	_, err := w.raw.ExecContext(w.Context(), query, args...)
	w.ok(err)
}

// fill appends so many events to a chain.
func (w *world) fill(chain string, many int) {
	w.Helper()
	w.ok(w.db.Tx(w.Context(), func(ctx context.Context) error {
		for i := range many {
			err := w.trail.Append(ctx, audit.Event{
				ID: audit.EventID(uid.New()), At: w.clock(), Principal: 7, Actor: fmt.Sprintf("Zoë %d", i), Via: "key",
				Address: "192.0.2.1", Credential: "c", Behalf: "Émile", BehalfPrincipal: 6, Action: "member.put",
				Workspace: chain, Organization: "o", Object: audit.Object{Kind: "user", ID: "i", Name: "n"},
				Reason: "r", Detail: []byte(`{"roles":["a"]}`), Before: []byte(`{"roles":[]}`),
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// sound wants a chain to verify.
func (w *world) sound(chain string, checked int64, known ...audit.Head) audit.Report {
	w.Helper()
	r, err := w.Verify(w.Context(), chain, known...)
	w.ok(err)
	if r.Fault != nil || r.Checked != checked {
		w.Fatalf("%+v, %v; want %d sound records", r, r.Fault, checked)
	}
	return r
}

// broken wants a chain to be wrong at a record, for a reason.
func (w *world) broken(chain string, seq int64, what string, known ...audit.Head) {
	w.Helper()
	w.brokenFor(w.Service, chain, seq, what, known...)
}

func (w *world) brokenFor(s *audit.Service, chain string, seq int64, what string, known ...audit.Head) {
	w.Helper()
	r, err := s.Verify(w.Context(), chain, known...)
	w.ok(err)
	if r.Fault == nil || r.Fault.Seq != seq || !strings.Contains(r.Fault.What, what) {
		w.Errorf("%s: fault %v; want record %d, %q", chain, r.Fault, seq, what)
	}
}
