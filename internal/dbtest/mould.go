package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
)

// A Mould makes databases that begin alike, at the cost of filling one of each
// kind. Its zero value is ready.
type Mould struct {
	sqlite struct {
		mu   sync.Mutex
		file []byte
	}
	postgres struct {
		mu    sync.Mutex
		names map[*pgtest.Cluster]string
	}
}

// SQLite returns the address of a fresh database as fill left one. Fill is called
// for the first one alone, with the address of a migrated database that it must
// have closed when it returns.
func (m *Mould) SQLite(tb testing.TB, fill func(address string)) string {
	tb.Helper()
	m.sqlite.mu.Lock()
	defer m.sqlite.mu.Unlock()
	file := filepath.Join(tb.TempDir(), "bailiwick.db")
	if m.sqlite.file == nil {
		address := SQLite(tb)
		fill(address)
		made, err := os.ReadFile(address[len("sqlite:"):])
		if err != nil {
			tb.Fatalf("dbtest: %v", err)
		}
		m.sqlite.file = made
	}
	if err := os.WriteFile(file, m.sqlite.file, 0o600); err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	return "sqlite:" + file
}

// Postgres is like [Mould.SQLite].
func (m *Mould) Postgres(tb testing.TB, fill func(address string)) string {
	tb.Helper()
	cluster := pgtest.Shared(tb)
	m.postgres.mu.Lock()
	defer m.postgres.mu.Unlock()
	name, made := m.postgres.names[cluster]
	if !made {
		var err error
		if name, err = cluster.Create(context.Background(), blank(tb, cluster)); err != nil {
			tb.Fatalf("dbtest: %v", err)
		}
		fill(cluster.Address(name))
		if m.postgres.names == nil {
			m.postgres.names = map[*pgtest.Cluster]string{}
		}
		m.postgres.names[cluster] = name
	}
	return copied(tb, cluster, name)
}
