package storage_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestMigrateTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		before := dbtest.Fingerprint(t, db)
		applied, err := db.Migrate(t.Context(), t0)
		if err != nil || len(applied) != 0 {
			t.Fatalf("Migrate again = %v, %v; want nothing to do", applied, err)
		}
		if after := dbtest.Fingerprint(t, db); after != before {
			t.Fatal("the database changed")
		}
	})
}

func TestTxRefusesErrors(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		sentinel := errors.New("no")
		before := dbtest.Fingerprint(t, db)
		err := db.Tx(t.Context(), func(ctx context.Context) error {
			_ = db.Tx(ctx, func(context.Context) error { return sentinel })
			return nil
		})
		if !errors.Is(err, storage.ErrUnitFailed) || !errors.Is(err, sentinel) {
			t.Fatalf("Tx = %v, want ErrUnitFailed and the cause", err)
		}
		if after := dbtest.Fingerprint(t, db); after != before {
			t.Fatal("the database changed")
		}
	})
}
