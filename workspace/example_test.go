package workspace_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A workspace with a supervisor and a member, who may deliver data until it is
// closed.
func Example() {
	if err := run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// member: [UPLOAD], may deliver: true
	// closed, may deliver: false
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "bailiwick.db"), nil)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Migrate(ctx, time.Now()); err != nil {
		return err
	}
	rights := rbac.New(db.Rules(), workspace.Schema(), nil)
	service := workspace.New(db.Workspaces(), rights, quota.New(db.Quotas(), nil), db.Trail(), nil)

	// Whoever has the database in his hands makes the first users.
	command := workspace.Command("example")
	ada, err := service.CreateUser(ctx, command, workspace.User{Username: "ada", Email: "ada@example.org"})
	if err != nil {
		return err
	}
	bob, err := service.CreateUser(ctx, command, workspace.User{Username: "bob", Email: "bob@example.org"})
	if err != nil {
		return err
	}
	made, err := service.Create(ctx, command, workspace.Workspace{
		Name: "Tutorials", TechnicalName: "tutorials", Supervisor: ada.ID,
	})
	if err != nil {
		return err
	}

	// The supervisor decides who belongs to it.
	actor := workspace.Actor{Principal: ada.Num, User: ada.ID, Name: ada.Username}
	member, err := service.PutMember(ctx, actor, made.ID, bob.Num, []rbac.RoleName{workspace.RoleUpload})
	if err != nil {
		return err
	}
	may, err := rights.Check(ctx, bob.Num, made.Num, workspace.Upload, rbac.Latest())
	if err != nil {
		return err
	}
	fmt.Printf("member: %v, may deliver: %t\n", member.Rights, may)

	if err := service.Deactivate(ctx, command, made.ID); err != nil {
		return err
	}
	may, err = rights.Check(ctx, bob.Num, made.Num, workspace.Upload, rbac.Latest())
	fmt.Printf("closed, may deliver: %t\n", may)
	return err
}
