package storage_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestFactsOfOneState has somebody else take a user out of a group, and permit
// that group something, between the statements that read the facts about that
// user. He is never in the group and permitted at once, so the facts must not
// say so, in a unit of work neither.
func TestFactsOfOneState(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		for _, inUnit := range []bool{false, true} {
			// A unit on SQLite holds the lock that any change would need.
			if inUnit && kind.Name == "sqlite" {
				continue
			}
			name := kind.Name + " alone"
			if inUnit {
				name = kind.Name + " in a unit of work"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				factsOfOneState(t, kind, inUnit)
			})
		}
	}
}

func factsOfOneState(t *testing.T, kind dbtest.Kind, inUnit bool) {
	t.Helper()
	ctx, address, fault := t.Context(), kind.Make(t), &dbtest.Fault{}
	db := dbtest.OpenWith(t, address, &storage.Options{Connector: fault.Connector})
	other := dbtest.Open(t, address)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	var user workspace.User
	var group workspace.Group
	must(other.Tx(ctx, func(ctx context.Context) (err error) {
		if user, err = other.Workspaces().AddUser(ctx, workspace.User{ID: "u", Username: "u", Email: "u@example.org", Created: t0, Updated: t0}); err != nil {
			return err
		}
		if group, err = other.Workspaces().AddGroup(ctx, workspace.Group{ID: "g", Name: "group", Created: t0, Updated: t0}); err != nil {
			return err
		}
		_, err = other.Workspaces().Join(ctx, group.Num, user.Num)
		return err
	}))
	happened := 0
	fault.Watch(func(query string) {
		if happened > 0 || !strings.Contains(query, `FROM "rules"`) {
			return
		}
		happened++
		must(other.Tx(ctx, func(ctx context.Context) error {
			if _, err := other.Workspaces().Part(ctx, group.Num, user.Num); err != nil {
				return err
			}
			_, err := other.Rules().AddRule(ctx, rbac.Rule{
				ID: "r", Node: rbac.Root, Effect: rbac.Allow, Principal: group.Num, Scope: "platform", Created: t0,
			})
			return err
		}))
	})
	ask := func(ctx context.Context) error {
		facts, err := db.Rules().Facts(ctx, user.Num, rbac.Root)
		if err != nil {
			return err
		}
		if set := workspace.Schema().Evaluate(facts, time.Now())[rbac.Root]; set.Len() > 0 {
			t.Errorf("he may %v, which he never might", set.List())
		}
		return nil
	}
	if inUnit {
		must(db.Tx(ctx, ask))
	} else {
		must(ask(ctx))
	}
	if happened == 0 {
		t.Error("nothing happened between the statements")
	}
}
