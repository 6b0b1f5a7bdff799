package rbac_test

import (
	"context"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// TestTrack wants every change to answer a token, with which another server
// answers no earlier than the change.
func TestTrack(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			w := tree()
			groups := []rbac.Identity{{Principal: staff, Kind: rbac.Group}, {Principal: crew, Kind: rbac.Group}}
			dbtest.Plant(t, address, w.places, append(groups, w.subjects...))
			here, there := dbtest.Open(t, address), dbtest.Open(t, address)
			track(t, here, there)
		})
	}
}

func track(t *testing.T, here, there *storage.DB) {
	t.Helper()
	schema := newSchema(t)
	engine, other := rbac.New(here.Rules(), schema, nil), rbac.New(there.Rules(), schema, nil)
	if err := other.Warm(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	ctx, tokens := rbac.Track(t.Context())
	for range 3 {
		change := func(fn func(ctx context.Context) error) rbac.Token {
			t.Helper()
			if err := here.Tx(ctx, fn); err != nil {
				t.Fatal(err)
			}
			list := tokens()
			if len(list) != 1 || list[0].Workspace != rbac.Root {
				t.Fatalf("tokens = %+v, want one of the root", list)
			}
			return list[0]
		}
		given := change(func(ctx context.Context) error {
			_, err := engine.Grant(ctx, rule())
			return err
		})
		ok, err := other.Check(t.Context(), alice, group, "resource.read", rbac.AtLeast(given))
		if err != nil || !ok {
			t.Fatalf("after a grant: %v, %v", ok, err)
		}
		taken := change(func(ctx context.Context) error {
			_, err := engine.Revoke(ctx, rbac.RuleFilter{Principals: []rbac.Principal{alice}})
			return err
		})
		if !taken.Reaches(given) || given.Reaches(taken) {
			t.Errorf("%+v is not after %+v", taken, given)
		}
		ok, err = other.Check(t.Context(), alice, group, "resource.read", rbac.AtLeast(taken))
		if err != nil || ok {
			t.Fatalf("after a revocation: %v, %v", ok, err)
		}
	}
	before := tokens()
	_ = here.Tx(ctx, func(ctx context.Context) error {
		_, _ = engine.Grant(ctx, rule())
		return context.Canceled
	})
	if after := tokens(); after[0] != before[0] {
		t.Errorf("what was rolled back left %+v", after)
	}
}
