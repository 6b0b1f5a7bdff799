// Program join keeps a row of its own and a consumption of Bailiwick's in one
// transaction: an order is there if and only if it was counted.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

type order struct { // the host's own: Bailiwick knows nothing of it
	ID    int64 `bun:",pk,autoincrement"`
	Bytes int64
}

func run(ctx context.Context, dir string) (err error) {
	file := filepath.Join(dir, "host.db")
	db, err := storage.Open(ctx, "sqlite:"+file, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Migrate(ctx, time.Now()); err != nil {
		return err
	}
	quotas := quota.New(db.Quotas(), nil)
	pool, err := quotas.CreatePool(ctx, quota.Pool{Kind: quota.Storage, Unit: quota.Bytes, Type: "DISK", Name: "disk", Capacity: quota.NoLimit})
	if err != nil {
		return err
	}
	share, err := quotas.Allocate(ctx, quota.Allocation{Pool: pool.ID, Holder: "customer 7", Slot: "data", Limit: 100})
	if err != nil {
		return err
	}
	opened, err := sql.Open(sqliteshim.ShimName, "file:"+file+"?_txlock=immediate&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	host := bun.NewDB(opened, sqlitedialect.New())
	defer func() { err = errors.Join(err, host.Close()) }()
	if _, err := host.NewCreateTable().Model((*order)(nil)).Exec(ctx); err != nil {
		return err
	}
	for _, bytes := range []int64{60, 60, 40} {
		err := host.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			placed := order{Bytes: bytes}
			if _, err := tx.NewInsert().Model(&placed).Exec(ctx); err != nil {
				return err
			}
			return quotas.Consume(db.Join(ctx, tx), share.ID, bytes, quota.Reason{Kind: "order", Ref: strconv.FormatInt(placed.ID, 10)})
		})
		orders, _ := host.NewSelect().Model((*order)(nil)).Count(ctx)
		share, _ := quotas.Allocation(ctx, share.ID)
		fmt.Printf("an order of %d: %v; %d orders, %d of %d bytes used\n", bytes, err, orders, share.Use, share.Limit)
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
