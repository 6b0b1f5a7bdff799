package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	err = example(context.Background(), dir)
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		log.Fatal(err)
	}

	// Output:
	// true rbac: principal 1 has no map.edit on node 0 (requirement): it needs map.view on node 0
}

func example(ctx context.Context, dir string) error {
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "example.db"), nil)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Migrate(ctx, time.Now()); err != nil {
		return err
	}

	// The root is all there is in a new database, and its class "platform".
	schema, err := rbac.NewSchema([]rbac.Class{{
		Name:     "platform",
		Scopes:   []rbac.Scope{{Name: "map", Permissions: []string{"view", "edit"}}},
		Requires: []rbac.Requirement{{Permission: "map.edit", Needs: "map.view"}},
	}}, nil)
	if err != nil {
		return err
	}
	engine := rbac.New(db.Rules(), schema, nil)

	err = db.Tx(ctx, func(ctx context.Context) error {
		_, err := engine.Grant(ctx, rbac.Rule{
			Node: rbac.Root, Effect: rbac.Allow, Principal: rbac.Everyone, Scope: "map", Permission: "edit", Propagate: true,
		})
		return err
	})
	if err != nil {
		return err
	}

	err = engine.Require(ctx, rbac.Guest, rbac.Root, "map.edit", rbac.Latest())
	fmt.Println(errors.Is(err, rbac.ErrDenied), err)
	return nil
}
