package quota_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
)

// TestOwnUnits: inside a unit of work, or a host's transaction, nothing is
// shared: what was taken stays or goes with it.
func TestOwnUnits(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			db := dbtest.Open(t, address)
			d := newDesk(t, db)
			a := d.share(d.pool(100), "a", "", 10)
			no := errors.New("no")
			took := func(ctx context.Context) error {
				d.must(d.Consume(ctx, a, 7, quota.Reason{}))
				d.must(d.Release(ctx, a, 2, quota.Reason{}))
				r, err := d.Reserve(ctx, a, 3, "key", time.Minute, quota.Reason{})
				d.must(err)
				d.must(d.Commit(ctx, r.ID, 1))
				return no
			}
			if err := db.Tx(t.Context(), took); !errors.Is(err, no) {
				t.Fatal(err)
			}
			d.counts(a, 0, 0)

			tx, err := host(t, address).BeginTx(t.Context(), nil)
			d.must(err)
			joined := db.Join(t.Context(), tx)
			_ = took(joined)
			d.refused(d.Consume(joined, a, 5, quota.Reason{}), a)
			d.must(d.Consume(joined, a, 4, quota.Reason{})) // and it goes on
			d.must(tx.Commit())
			d.counts(a, 10, 0)
			d.refused(d.consume(a, 1), a)
			d.balanced()
		})
	}
}

// host opens a database as a program of its own would.
func host(t *testing.T, address string) *bun.DB {
	t.Helper()
	var db *bun.DB
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		pool, err := sql.Open(sqliteshim.ShimName, "file:"+file+"?_txlock=immediate&_pragma=busy_timeout(10000)")
		if err != nil {
			t.Fatal(err)
		}
		db = bun.NewDB(pool, sqlitedialect.New())
	} else {
		pool, err := sql.Open("pgx", address)
		if err != nil {
			t.Fatal(err)
		}
		db = bun.NewDB(pool, pgdialect.New())
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
