// Program quota-rbac decides who may and how much without any HTTP: the engine
// with a vocabulary that the host extends, and quotas that nest.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func run(ctx context.Context, dir string) (err error) {
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "host.db"), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Migrate(ctx, time.Now()); err != nil {
		return err
	}

	// Who may: the platform learns of reports; publishing one needs reading it.
	classes := workspace.Classes()
	classes[0].Scopes = append(classes[0].Scopes, rbac.Scope{Name: "report", Permissions: []string{"read", "publish"}})
	classes[0].Requires = append(classes[0].Requires, rbac.Requirement{Permission: "report.publish", Needs: "report.read"})
	schema, err := rbac.NewSchema(classes, workspace.Roles())
	if err != nil {
		return err
	}
	engine := rbac.New(db.Rules(), schema, nil)
	for _, step := range []rbac.Rule{
		{Node: rbac.Root, Effect: rbac.Allow, Principal: rbac.Guest, Scope: "report", Permission: "publish"},
		{Node: rbac.Root, Effect: rbac.Allow, Principal: rbac.Everyone, Scope: "report", Permission: "read"},
		{Node: rbac.Root, Effect: rbac.Deny, Principal: rbac.Everyone, Scope: "report", Permission: "read"},
	} {
		if err := db.Tx(ctx, func(ctx context.Context) error { _, err := engine.Grant(ctx, step); return err }); err != nil {
			return err
		}
		why, err := engine.Explain(ctx, rbac.Guest, rbac.Root, "report.publish", rbac.Latest())
		if err != nil {
			return err
		}
		fmt.Printf("%s %s.%s: may publish %t (%s)\n", step.Effect, step.Scope, step.Permission, why.Allowed, why.Cause)
	}

	// How much: a team's share counts in its department's as well.
	quotas := quota.New(db.Quotas(), nil)
	pool, err := quotas.CreatePool(ctx, quota.Pool{Kind: "reports", Unit: quota.Count, Type: "PDF", Name: "reports", Capacity: 1000})
	if err != nil {
		return err
	}
	department, err := quotas.Allocate(ctx, quota.Allocation{Pool: pool.ID, Holder: "department", Limit: 5})
	for _, holder := range []quota.Holder{"red team", "blue team"} {
		team, failed := quotas.Allocate(ctx, quota.Allocation{Pool: pool.ID, Holder: holder, Within: department.ID, Limit: 4})
		if err = errors.Join(err, failed); err != nil {
			return err
		}
		fmt.Println(holder, quotas.Consume(ctx, team.ID, 3, quota.Reason{Kind: "report", Ref: "annual"}))
	}
	return nil
}

func main() {
	dir, err := os.MkdirTemp("", "bailiwick")
	if err == nil {
		err = errors.Join(run(context.Background(), dir), os.RemoveAll(dir))
	}
	if err != nil {
		log.Fatal(err)
	}
}
