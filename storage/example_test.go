package storage_test

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

// A unit of work keeps all that was done in it, or nothing.
func Example() {
	if err := work(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// applied 0001_foundation and more: true
	// the second step failed
	// 0 pools
}

func work(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "storage")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "example.db"), nil)
	if err != nil {
		return err
	}
	defer db.Close()
	applied, err := db.Migrate(ctx, time.Now())
	if err != nil {
		return err
	}
	fmt.Println("applied", applied[0], "and more:", len(applied) > 1)

	quotas := quota.New(db.Quotas(), nil)
	err = db.Tx(ctx, func(ctx context.Context) error {
		pool := quota.Pool{Kind: quota.Storage, Unit: quota.Bytes, Type: "S3", Name: "disk", Capacity: quota.NoLimit}
		if _, err := quotas.CreatePool(ctx, pool); err != nil {
			return err
		}
		return errors.New("the second step failed")
	})
	fmt.Println(err)
	_, pools, err := quotas.Pools(ctx, quota.PoolFilter{Kind: quota.Storage})
	fmt.Println(pools, "pools")
	return err
}
