package quota_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// A storage of 100 bytes is shared out to an organization and a workspace in
// it. An upload reserves what it may need and settles at what it took.
func Example() {
	if err := upload(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// quota: storage "disk": 50 of 60 bytes used, 20 more asked for
	// 42 used, 38 free
}

func upload(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "quota")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "quota.db"), nil)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Migrate(ctx, time.Now()); err != nil {
		return err
	}
	quotas := quota.New(db.Quotas(), nil)

	disk, err := quotas.CreatePool(ctx, quota.Pool{Kind: quota.Storage, Unit: quota.Bytes, Name: "disk", Capacity: 100})
	if err != nil {
		return err
	}
	organization, err := quotas.Allocate(ctx, quota.Allocation{Pool: disk.ID, Holder: "ign", Limit: 80})
	if err != nil {
		return err
	}
	workspace, err := quotas.Allocate(ctx, quota.Allocation{Pool: disk.ID, Holder: "roads", Within: organization.ID, Limit: 60})
	if err != nil {
		return err
	}

	why := quota.Reason{Kind: "upload", Ref: "roads.gpkg"}
	held, err := quotas.Reserve(ctx, workspace.ID, 50, "attempt-1", time.Hour, why)
	if err != nil {
		return err
	}
	if err := quotas.Consume(ctx, workspace.ID, 20, quota.Reason{Kind: "upload", Ref: "rails.gpkg"}); errors.Is(err, quota.ErrExceeded) {
		fmt.Println(err)
	}
	if err := quotas.Commit(ctx, held.ID, 42); err != nil {
		return err
	}
	organization, err = quotas.Allocation(ctx, organization.ID)
	if err != nil {
		return err
	}
	fmt.Println(organization.Use, "used,", organization.Free(), "free")
	return nil
}
