package storage_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// A unit of work keeps all that was done in it, or nothing.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "example.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	applied, err := db.Migrate(ctx, time.Now())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("applied", applied)

	quotas := quota.New(db.Quotas(), nil)
	second := errors.New("the second step failed")
	err = db.Tx(ctx, func(ctx context.Context) error {
		pool := quota.Pool{Kind: quota.Storage, Unit: quota.Bytes, Type: "S3", Name: "disk", Capacity: quota.NoLimit}
		if _, err := quotas.CreatePool(ctx, pool); err != nil {
			return err
		}
		return second
	})
	fmt.Println(err)
	_, pools, err := quotas.Pools(ctx, quota.PoolFilter{Kind: quota.Storage})
	fmt.Println(pools, "pools", err)
	// Output:
	// applied [0001_foundation]
	// the second step failed
	// 0 pools <nil>
}
