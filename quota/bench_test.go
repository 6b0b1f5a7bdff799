package quota_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
)

// BenchmarkConsume measures consuming from an allocation in a pool, durable,
// and beside it, under raw, the bare update of one counter on the same
// database.
func BenchmarkConsume(b *testing.B) {
	durable := sync.OnceValues(func() (*pgtest.Cluster, error) { return pgtest.Start(true) })
	for _, kind := range []dbtest.Kind{
		{Name: "sqlite", Make: dbtest.SQLite},
		{Name: "postgres", Make: func(tb testing.TB) string {
			tb.Helper()
			cluster, err := durable()
			if err != nil {
				tb.Fatal(err)
			}
			return dbtest.PostgresIn(tb, cluster)
		}},
	} {
		b.Run(kind.Name, func(b *testing.B) {
			address := kind.Make(b)
			d := newDesk(b, dbtest.Open(b, address))
			p := d.pool(quota.NoLimit)
			id := d.share(p, "h", "", quota.NoLimit)
			deep := d.share(p, "deep", d.share(p, "middle", d.share(p, "outer", "", quota.NoLimit), quota.NoLimit), quota.NoLimit)
			for name, id := range map[string]quota.AllocationID{"flat": id, "nested": deep} {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						d.must(d.consume(id, 1))
					}
				})
			}
			b.Run("raw", func(b *testing.B) { raw(b, address, id) })
		})
	}
}

// raw updates one counter in a statement of its own, on a connection opened as
// the store opens its own.
func raw(b *testing.B, address string, id quota.AllocationID) {
	driver := "pgx"
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver = "sqliteshim"
		address = "file:" + file + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	update := fmt.Sprintf("UPDATE allocations SET used = used + 1 WHERE id = '%s' AND used + held <= bound - 1", id)
	for b.Loop() {
		if _, err := db.ExecContext(context.Background(), update); err != nil {
			b.Fatal(err)
		}
	}
}
