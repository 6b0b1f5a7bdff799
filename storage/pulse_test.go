package storage_test

import (
	"context"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// TestPulseOfNewConnection loses the connection that the pulse is felt on: what
// was committed before there is another must show.
func TestPulseOfNewConnection(t *testing.T) {
	t.Parallel()
	address := dbtest.SQLite(t)
	db, other := dbtest.Open(t, address), dbtest.Open(t, address)
	pulse := func() uint64 {
		now, ok, err := db.Rules().Pulse(t.Context())
		if err != nil || !ok {
			t.Fatalf("Pulse: %v, %v", ok, err)
		}
		return now
	}
	seen := map[uint64]bool{pulse(): true}
	for range 5 {
		if err := storage.LosePulse(db); err != nil {
			t.Fatal(err)
		}
		err := other.Tx(t.Context(), func(ctx context.Context) error {
			return other.Rules().PutRole(ctx, rbac.Role{Name: "r"})
		})
		if err != nil {
			t.Fatal(err)
		}
		now := pulse()
		if seen[now] {
			t.Fatalf("the pulse is %d, as it was before something was committed", now)
		}
		seen[now] = true
		if again := pulse(); again != now {
			t.Errorf("the pulse was %d and is %d, and nothing was committed", now, again)
		}
	}
}
