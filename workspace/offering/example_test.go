package offering_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// A workspace publishes something and lets somebody use it for a while.
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

	author, reader, published := platform(ctx, workspaces, offerings)
	may := func(who rbac.Principal) bool {
		yes, err := rights.Check(ctx, who, published.Num, workspace.UseOffering, rbac.Latest())
		check(err)
		return yes
	}
	fmt.Println("before:", may(reader.Principal))
	given, err := offerings.Permit(ctx, author, published.Workspace, offering.Grant{
		Users: []workspace.UserID{reader.User}, Licence: "Accès restreint", Offerings: []offering.ID{published.ID},
		End: time.Now().Add(time.Hour),
	})
	check(err)
	fmt.Println("permitted:", may(reader.Principal), "others:", may(rbac.Guest))
	check(offerings.Decline(ctx, reader, given[0].ID))
	fmt.Println("declined:", may(reader.Principal))
	// Output:
	// before: false
	// permitted: true others: false
	// declined: false
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
