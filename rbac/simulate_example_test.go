package rbac_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// What would a rule give, and to whom? Nothing is written.
func ExampleEngine_Simulate() {
	ctx := context.Background()
	engine, done := empty(ctx)
	defer done()

	simulation, err := engine.Simulate(ctx, []rbac.Change{{
		Kind: rbac.ChangeGrant,
		Rule: rbac.Rule{Node: rbac.Root, Effect: rbac.Allow, Principal: rbac.Guest, Scope: "map", Permission: "view"},
	}}, rbac.SimulationFilter{}, rbac.Latest())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range simulation.Differences {
		fmt.Printf("principal %d gains %v on node %d\n", d.Principal, d.Given, d.Node)
	}
	// Output:
	// principal 1 gains [map.view] on node 0
}

// Handles save looking things up where the same is asked again and again, and an
// explanation says what would turn the answer round.
func ExampleEngine_Allowed() {
	ctx := context.Background()
	engine, done := empty(ctx)
	defer done()

	guest, root, edit := engine.Subject(rbac.Guest), engine.Target(rbac.Root), engine.Schema().Action("map.edit")
	allowed, err := engine.Allowed(ctx, guest, root, edit, rbac.Latest())
	if err != nil {
		fmt.Println(err)
		return
	}
	why, err := engine.Explain(ctx, rbac.Guest, rbac.Root, "map.edit", rbac.Latest())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(allowed, why.Cause)
	for _, change := range why.Flip {
		fmt.Println(change)
	}
	// Output:
	// false default
	// allow principal 1 map.edit on node 0
	// allow principal 1 map.view on node 0
}

// empty returns an engine over a new database without any rule for guests.
func empty(ctx context.Context) (engine *rbac.Engine, done func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "example.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := db.Migrate(ctx, time.Now()); err != nil {
		log.Fatal(err)
	}
	schema, err := rbac.NewSchema([]rbac.Class{{
		Name:     "platform",
		Scopes:   []rbac.Scope{{Name: "map", Permissions: []string{"view", "edit"}}},
		Requires: []rbac.Requirement{{Permission: "map.edit", Needs: "map.view"}},
	}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	return rbac.New(db.Rules(), schema, nil), func() {
		_ = db.Close()
		_ = os.RemoveAll(dir)
	}
}
