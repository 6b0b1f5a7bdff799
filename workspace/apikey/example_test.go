package apikey_test

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
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// A user makes a key, opens an offering with it, and whoever serves that asks
// about each call.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "apikey")
	check(err)
	defer os.RemoveAll(dir)
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "example.db"), nil)
	check(err)
	defer db.Close()
	_, err = db.Migrate(ctx, time.Now())
	check(err)
	rights := rbac.New(db.Rules(), workspace.Schema(), nil)
	quotas := quota.New(db.Quotas(), nil)
	workspaces := workspace.New(db.Workspaces(), rights, quotas, db.Trail(), nil)
	offerings := offering.New(db.Offerings(), workspaces, rights, quotas, db.Trail(), nil)
	sealer, err := apikey.NewSealer([]byte("32 random bytes that are secret."))
	check(err)
	keys := apikey.New(db.Keys(), offerings, rights, quotas, db.Trail(), &apikey.Options{Sealer: sealer})

	author, reader, published := platform(ctx, workspaces, offerings)
	given, err := offerings.Permit(ctx, author, published.Workspace, offering.Grant{
		Users: []workspace.UserID{reader.User}, Licence: "Accès restreint", Offerings: []offering.ID{published.ID},
	})
	check(err)
	key, err := keys.Create(ctx, reader, apikey.Key{Name: "QGIS", Type: apikey.Hash, UserAgent: ".*QGIS.*"}, apikey.Credential{})
	check(err)
	_, err = keys.Open(ctx, reader, key.ID, given[0].ID, []offering.ID{published.ID})
	check(err)

	call := apikey.Call{Hash: key.Hash, UserAgent: "Mozilla QGIS/33400"}
	pass, err := keys.Verify(ctx, call, published.ID)
	check(err)
	fmt.Println("permitted:", pass.Key == key.ID && pass.Permission == given[0].ID)

	check(offerings.Revoke(ctx, author, published.Workspace, given[0].ID))
	_, err = keys.Verify(ctx, call, published.ID)
	fmt.Println("revoked:", errors.Is(err, apikey.ErrRefused))
	// Output:
	// permitted: true
	// revoked: true
}

// platform sets up a workspace that publishes something.
func platform(ctx context.Context, workspaces *workspace.Service, offerings *offering.Service) (author, reader workspace.Actor, published offering.Offering) {
	admin := workspace.Command("example")
	person := func(name string) workspace.Actor {
		u, err := workspaces.CreateUser(ctx, admin, workspace.User{Username: name, Email: name + "@example.org", Language: "fr"})
		check(err)
		return workspace.Actor{Principal: u.Num, User: u.ID, Name: name, Via: "host"}
	}
	author, reader = person("author"), person("reader")
	home, err := workspaces.Create(ctx, admin, workspace.Workspace{Name: "Tutorials", TechnicalName: "tutorials", Supervisor: author.User})
	check(err)
	pool := func(kind quota.Kind, unit quota.Unit, sort string) quota.PoolID {
		p, err := workspaces.CreatePool(ctx, admin, quota.Pool{
			Kind: kind, Unit: unit, Type: sort, Name: sort, TechnicalName: sort, Capacity: quota.NoLimit,
		})
		check(err)
		return p.ID
	}
	endpoint, files := pool(quota.Endpoint, quota.Count, "WFS"), pool(quota.Storage, quota.Bytes, "S3")
	active := true
	_, err = workspaces.OpenDatastore(ctx, admin, home.ID, workspace.Plan{
		Data: []workspace.Portion{{Pool: files, Limit: 1 << 30}}, Uploads: &workspace.Portion{Pool: files, Limit: 1 << 30},
		Annexes: &workspace.Portion{Pool: files, Limit: 1 << 30}, Endpoints: []workspace.Portion{{Pool: endpoint, Limit: 10}},
		Active: &active,
	})
	check(err)
	published, err = offerings.Register(ctx, author, offering.Offering{
		Workspace: home.ID, Endpoint: endpoint, LayerName: "limites", Available: true,
	})
	check(err)
	return author, reader, published
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
