package idempotency_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
)

// A request that comes again with its key is answered as before.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "idempotency")
	check(err)
	defer os.RemoveAll(dir)
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "bailiwick.db"), nil)
	check(err)
	defer db.Close()
	_, err = db.Migrate(ctx, time.Now())
	check(err)

	orders := 0
	service := idempotency.New(db.Idempotency(), nil)
	for range 3 {
		request := idempotency.Request{Principal: 70, Key: "a key of mine", Digest: "one shirt, blue"}
		answer, again, err := service.Do(ctx, request, func(context.Context) (idempotency.Answer, error) {
			orders++
			return idempotency.Answer{Text: fmt.Appendf(nil, "order %d", orders)}, nil
		})
		fmt.Println(string(answer.Text), again, err)
	}
	// Output:
	// order 1 false <nil>
	// order 1 true <nil>
	// order 1 true <nil>
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
