package accesskey_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// An administrator makes a key for a program, which delivers data with it until
// it is revoked.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "accesskey")
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
	keys := accesskey.New(db.AccessKeys(), rights, quotas, db.Trail(), nil)

	admin := workspace.Command("example")
	u, err := workspaces.CreateUser(ctx, admin, workspace.User{Username: "ann", Email: "ann@example.org", Language: "en"})
	check(err)
	ann := workspace.Actor{Principal: u.Num, User: u.ID, Name: u.Username, Via: "host"}
	home, err := workspaces.Create(ctx, admin, workspace.Workspace{Name: "Town", TechnicalName: "town", Supervisor: u.ID})
	check(err)

	key, secret, err := keys.Create(ctx, ann, accesskey.Key{
		Workspace: home.ID, Title: "Nightly delivery", Role: workspace.RoleEditor, Scopes: []string{"datastore.upload"},
		Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Expires: time.Now().AddDate(0, 6, 0),
	})
	check(err)
	fmt.Println("a secret of", len(secret), "characters, made by", key.Creator.Email)

	from := accesskey.Origin{Address: netip.MustParseAddr("192.0.2.7")}
	program, err := keys.Authenticate(ctx, secret, from)
	check(err)
	may, err := rights.Check(ctx, program.Principal, home.Num, workspace.Upload, rbac.Latest())
	check(err)
	fmt.Println(program.Name, "may upload:", may)

	check(keys.Revoke(ctx, ann, key.ID))
	_, err = keys.Authenticate(ctx, secret, from)
	fmt.Println("revoked:", errors.Is(err, accesskey.ErrRefused))
	// Output:
	// a secret of 65 characters, made by ann@example.org
	// Nightly delivery may upload: true
	// revoked: true
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
