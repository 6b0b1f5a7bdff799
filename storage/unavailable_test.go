package storage_test

import (
	"context"
	"errors"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// TestUnavailable takes the database away from under an open DB: whoever asks
// is told that it cannot be reached, and is answered again when it is back.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Shared(t)
	address := dbtest.Postgres(t)
	db := dbtest.Open(t, address)
	row := func(ctx context.Context) error { _, err := db.Rules().Revision(ctx, rbac.Root); return err }
	if err := row(t.Context()); err != nil {
		t.Fatal(err)
	}
	name := pgtest.Database(address)
	if err := cluster.Exec(t.Context(), "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false"); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+name+"'"); err != nil {
		t.Fatal(err)
	}
	var away *storage.UnavailableError
	for _, ask := range []func(context.Context) error{
		row,
		func(ctx context.Context) error { return db.Tx(ctx, row) },
		db.Ping,
	} {
		// The first call on a connection that was ended may learn of that only.
		_ = ask(t.Context())
		if err := ask(t.Context()); !errors.As(err, &away) || !away.Unavailable() {
			t.Errorf("error %v, want an UnavailableError", err)
		}
	}
	if err := cluster.Exec(t.Context(), "ALTER DATABASE "+name+" ALLOW_CONNECTIONS true"); err != nil {
		t.Fatal(err)
	}
	if err := row(t.Context()); err != nil {
		t.Errorf("back again: %v", err)
	}
}
