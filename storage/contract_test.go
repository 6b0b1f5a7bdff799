package storage_test

import (
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/storagetest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			storagetest.Run(t, func(t *testing.T) *storagetest.Backend { return backend(t, kind) })
		})
	}
}

// backend returns stores over a fresh database whose statements can be made to
// fail.
func backend(t *testing.T, kind dbtest.Kind) *storagetest.Backend {
	t.Helper()
	address := kind.Make(t)
	fault := &dbtest.Fault{}
	db := dbtest.OpenWith(t, address, &storage.Options{Connector: fault.Connector})
	return &storagetest.Backend{
		Rules:      db.Rules(),
		Quotas:     db.Quotas(),
		Workspaces: db.Workspaces(),
		Trail:      db.Trail(),
		SignIn:     db.SignIn(),
		Offerings:  db.Offerings(),
		Keys:       db.Keys(),
		Plant: func(tb testing.TB, places []rbac.Place, subjects []rbac.Identity) {
			tb.Helper()
			dbtest.Plant(tb, address, places, subjects)
		},
		Tx:          db.Tx,
		NoUnit:      storage.ErrNoUnit,
		Fingerprint: func(tb testing.TB) string { tb.Helper(); return dbtest.Fingerprint(tb, db) },
		Fault:       fault,
	}
}
