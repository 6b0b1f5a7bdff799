package storage_test

import (
	"context"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// TestFactsOfOneState wants facts to come from one statement, which sees one
// state of the database, in a unit of work too: an answer that was made of a
// membership from before a change and a rule from after it would permit what
// was never permitted. Of several statements of a unit each sees, on
// PostgreSQL, what was committed before it.
func TestFactsOfOneState(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address, fault := kind.Make(t), &dbtest.Fault{}
			dbtest.Plant(t, address, []rbac.Place{
				{Node: 11, Class: "workspace", Workspace: 11, Links: map[string]rbac.Node{"peer": 12}},
				{Node: 12, Class: "workspace", Workspace: 12, Links: map[string]rbac.Node{"peer": 11}},
			}, []rbac.Identity{
				{Principal: 21, Kind: rbac.Group},
				{Principal: 22, Kind: rbac.User, Groups: []rbac.Principal{21}},
				{Principal: 23, Kind: rbac.Key, Behalf: &rbac.Identity{Principal: 22}},
			})
			db := dbtest.OpenWith(t, address, &storage.Options{Connector: fault.Connector})
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Error(err)
				}
			}
			must(db.Tx(t.Context(), func(ctx context.Context) error {
				if err := db.Rules().PutRole(ctx, rbac.Role{Name: "stored"}); err != nil {
					return err
				}
				_, err := db.Rules().AddRule(ctx, rbac.Rule{ID: "r", Node: 12, Effect: rbac.Allow, Principal: 21, Role: "stored", Created: t0})
				return err
			}))
			reads := func(ctx context.Context) {
				for name, read := range map[string]func() (rbac.Facts, error){
					"Facts":               func() (rbac.Facts, error) { return db.Rules().Facts(ctx, 23, 11) },
					"FactsBelow":          func() (rbac.Facts, error) { return db.Rules().FactsBelow(ctx, 23, 11, "") },
					"FactsBelow the root": func() (rbac.Facts, error) { return db.Rules().FactsBelow(ctx, 23, rbac.Root, "") },
					"FactsBelow of a class": func() (rbac.Facts, error) {
						return db.Rules().FactsBelow(ctx, 23, rbac.Root, "workspace")
					},
				} {
					statements := 0
					fault.Watch(func(string) { statements++ })
					facts, err := read()
					fault.Watch(nil)
					must(err)
					if statements != 1 {
						t.Errorf("%s takes %d statements, want one", name, statements)
					}
					behalf := facts.Subject.Behalf
					if behalf == nil || len(behalf.Groups) != 1 || len(facts.Places) != 3 || len(facts.Rules) != 1 || len(facts.Roles) != 1 {
						t.Errorf("%s are %+v, want something of each", name, facts)
					}
				}
			}
			reads(t.Context())
			must(db.Tx(t.Context(), func(ctx context.Context) error {
				reads(ctx)
				return nil
			}))
		})
	}
}
