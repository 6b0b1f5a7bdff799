package storage_test

import (
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/storagetest"
)

func TestRules(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			storagetest.Rules(t, func(t *testing.T) *storagetest.Backend {
				t.Helper()
				address := kind.Make(t)
				fault := &dbtest.Fault{}
				db := dbtest.OpenWith(t, address, &storage.Options{Connector: fault.Connector})
				return &storagetest.Backend{
					Rules: db.Rules(),
					Plant: func(tb testing.TB, places []rbac.Place, subjects []rbac.Identity) {
						tb.Helper()
						dbtest.Plant(tb, address, places, subjects)
					},
					Tx:          db.Tx,
					Fingerprint: func(tb testing.TB) string { tb.Helper(); return dbtest.Fingerprint(tb, db) },
					Fault:       fault,
				}
			})
		})
	}
}
