// Package storagetest is the contract of the stores, as tests that anyone's
// backend can run: for every sentence that an interface states, a subtest.
//
// A backend runs all of them or does not conform; there is nothing to skip.
// Call [Run] from a test with a function that makes an empty, migrated
// [Backend]. [Rules], [Quotas] and so on are its parts.
package storagetest

import (
	"context"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// A Backend is what is tested: stores over one empty database.
type Backend struct {
	Rules      rbac.Store
	Quotas     quota.Store
	Workspaces workspace.Store
	Trail      audit.Store
	SignIn     signin.Store
	Offerings  offering.Store
	Keys       apikey.Store
	Mail       mail.Store
	AccessKeys accesskey.Store
	Features   feature.Store
	Resources  resource.Store

	Idempotency idempotency.Store
	Uploads     upload.Store
	Databases   database.Store

	// Plant writes nodes and principals with the numbers they are given, as no
	// service would: chains of any depth, links in a circle, groups in groups.
	// Every place has its Workspace set. The root is changed, not added.
	Plant func(tb testing.TB, places []rbac.Place, subjects []rbac.Identity)
	// Tx is the unit of work that all stores join.
	Tx func(ctx context.Context, fn func(ctx context.Context) error) error
	// NoUnit is wrapped by the refusal of a write outside a unit of work.
	NoUnit error
	// Fingerprint returns a digest of everything in the database.
	Fingerprint func(tb testing.TB) string
	// Fault makes statements fail.
	Fault Fault
}

// stores are the stores of a backend by name.
func (b *Backend) stores() map[string]any {
	return map[string]any{
		"Uploads": b.Uploads, "Databases": b.Databases,
		"Rules": b.Rules, "Quotas": b.Quotas, "Workspaces": b.Workspaces, "Trail": b.Trail,
		"SignIn": b.SignIn, "Offerings": b.Offerings, "Keys": b.Keys, "AccessKeys": b.AccessKeys, "Mail": b.Mail,
		"Idempotency": b.Idempotency, "Features": b.Features, "Resources": b.Resources,
	}
}

// A Fault makes the n-th statement from now on fail.
type Fault interface {
	// Set arms it, counting from 1; beginning and committing count too.
	Set(n int64)
	// Clear disarms it and returns how many statements there were since.
	Clear() int64
}

// Run runs the whole contract, each part on backends of its own.
func Run(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	parts := []struct {
		name string
		test func(t *testing.T, open func(t *testing.T) *Backend)
	}{
		{"Unit", Unit},
		{"Organizations", Organizations},
		{"Workspaces", Workspaces},
		{"Datastores", Datastores},
		{"Users", Users},
		{"Groups", Groups},
		{"Members", Members},
		{"Parties", Parties},
		{"Estates", Estates},
		{"Departures", Departures},
		{"Orders", Orders},
		{"Invitations", Invitations},
		{"Preferences", Preferences},
		{"Trail", Trail},
		{"Rules", Rules},
		{"Feed", Feed},
		{"Quotas", Quotas},
		{"Uploads", Uploads},
		{"Databases", Databases},
		{"Attachments", Attachments},
		{"SignIn", SignIn},
		{"Logins", Logins},
		{"Offerings", Offerings},
		{"Keys", Keys},
		{"AccessKeys", AccessKeys},
		{"Mail", Mail},
		{"Notices", Notices},
		{"Idempotency", Idempotency},
		{"Resources", Resources},
		{"Features", Features},
	}
	for _, part := range parts {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, open)
		})
	}
}

// Sweep runs an operation again and again on one backend, making its first
// statement fail, then its second, and so on until none is left to fail. Each
// time but the last it wants an error and a database that did not change; the
// last time it wants success. The operation must be one that succeeds once.
func Sweep(t *testing.T, b *Backend, operation func(ctx context.Context) error) {
	t.Helper()
	ctx := t.Context()
	before := b.Fingerprint(t)
	for n := int64(1); ; n++ {
		if n > 1000 {
			t.Fatal("the operation has no end of statements")
		}
		b.Fault.Set(n)
		err := operation(ctx)
		seen := b.Fault.Clear()
		if seen < n { // nothing was left to fail
			if err != nil {
				t.Fatalf("without a fault: %v", err)
			}
			if n < 4 {
				t.Fatalf("the operation has only %d statements: does it begin and commit?", seen)
			}
			return
		}
		if err == nil {
			t.Fatalf("statement %d failed and nobody noticed", n)
		}
		if strings.Contains(err.Error(), "panic") {
			t.Fatalf("statement %d: %v", n, err)
		}
		if b.Fingerprint(t) != before {
			t.Fatalf("statement %d failed (%v) and something was kept", n, err)
		}
	}
}
