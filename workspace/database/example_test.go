package database_test

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
	"github.com/bailiwick-sdk/bailiwick/storage/blob"
	"github.com/bailiwick-sdk/bailiwick/storage/provision"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// An administrator makes a project with a database, keeps a backup of it, and
// shuts everybody out for a while.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "database")
	check(err)
	defer os.RemoveAll(dir)
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "example.db"), nil)
	check(err)
	defer db.Close()
	_, err = db.Migrate(ctx, time.Now())
	check(err)
	check(os.Mkdir(filepath.Join(dir, "projects"), 0o700))
	server, err := provision.OpenFolder(filepath.Join(dir, "projects"), nil)
	check(err)
	files, err := blob.Folder(filepath.Join(dir, "files"))
	check(err)
	defer files.Close()
	rights := rbac.New(db.Rules(), workspace.Schema(), nil)
	quotas := quota.New(db.Quotas(), nil)
	workspaces := workspace.New(db.Workspaces(), rights, quotas, db.Trail(), nil)
	databases := database.New(db.Databases(), server, workspaces, rights, quotas, db.Trail(), &database.Options{Files: files})
	check(databases.Reconcile(ctx)) // and every minute

	admin := workspace.Command("example")
	ann, err := workspaces.CreateUser(ctx, admin, workspace.User{Username: "ann", Email: "ann@example.org"})
	check(err)
	owner, err := workspaces.CreateOrganization(ctx, admin, workspace.Organization{
		Name: "Hospitals", UploadsQuota: quota.NoLimit, DatabasesQuota: 50_000_000,
	})
	check(err)
	project, made, err := databases.CreateProject(ctx, admin, database.ProjectDraft{
		Workspace: workspace.Workspace{Name: "North wing", TechnicalName: "north", Organization: owner.ID, Supervisor: ann.ID},
		New:       &database.Draft{Name: "akl-test"},
	})
	check(err)
	fmt.Println(project.Name, "has its data in", made.Name)

	backup, err := databases.MakeBackup(ctx, admin, "akl-test")
	check(err)
	fmt.Println("kept:", backup.Database == made.ID, backup.Size > 0)

	_, users, err := databases.Lock(ctx, admin, "akl-test")
	check(err)
	_, _, err = databases.Access(ctx, admin, project.ID)
	fmt.Println(users, "shut out:", errors.Is(err, database.ErrLocked))
	// Output:
	// North wing has its data in akl-test
	// kept: true true
	// 1 shut out: true
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
