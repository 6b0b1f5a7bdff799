package storage_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
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
		Mail:       db.Mail(),
		AccessKeys: db.AccessKeys(),
		Features:   db.Features(),
		Resources:  db.Resources(),

		Idempotency: db.Idempotency(),
		Uploads:     db.Uploads(),
		Databases:   db.Databases(),
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

// TestContractCallsEverything finds methods of stores that no test of the
// contract calls.
func TestContractCallsEverything(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("storagetest/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var source []byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	backend := reflect.TypeFor[storagetest.Backend]()
	for i := range backend.NumField() {
		store := backend.Field(i)
		if !strings.HasSuffix(store.Type.String(), ".Store") {
			continue
		}
		for j := range store.Type.NumMethod() {
			name := store.Type.Method(j).Name
			if name == "Tx" { // the backend's own stands for it
				continue
			}
			if !regexp.MustCompile(`\b` + store.Name + `\.` + name + `\b`).Match(source) {
				t.Errorf("%s.%s is called nowhere", store.Name, name)
			}
		}
	}
}

// TestContractRunsEverything finds exported parts of the contract that Run
// leaves out.
func TestContractRunsEverything(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("storagetest/*.go")
	if err != nil {
		t.Fatal(err)
	}
	part := regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(t \*testing\.T, open func`)
	run, err := os.ReadFile("storagetest/storagetest.go")
	if err != nil {
		t.Fatal(err)
	}
	parts := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range part.FindAllSubmatch(text, -1) {
			name := string(match[1])
			if name == "Run" {
				continue
			}
			parts++
			if !strings.Contains(string(run), `{"`+name+`", `+name+`}`) {
				t.Errorf("Run leaves out %s", name)
			}
		}
	}
	if parts < 10 {
		t.Errorf("only %d parts were found", parts)
	}
}
