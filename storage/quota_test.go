package storage_test

import (
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/storagetest"
)

func TestQuotas(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			storagetest.Quotas(t, func(t *testing.T) *storagetest.Backend {
				fault := &dbtest.Fault{}
				db := dbtest.OpenWith(t, kind.Make(t), &storage.Options{Connector: fault.Connector})
				return &storagetest.Backend{
					Quotas: db.Quotas(), Tx: db.Tx, Fault: fault,
					Fingerprint: func(tb testing.TB) string { tb.Helper(); return dbtest.Fingerprint(tb, db) },
				}
			})
		})
	}
}
