package audit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// A host records a change of its own in the trail, in the unit of work of the
// change.
func Example() {
	if err := publish(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 2026-01-02 dave.lopper map.publish Roads {"layers":3}
}

func publish(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "audit")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "example.db"), nil)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Migrate(ctx, time.Now()); err != nil {
		return err
	}
	trail := db.Trail()
	err = db.Tx(ctx, func(ctx context.Context) error {
		return trail.Append(ctx, audit.Event{
			ID: "01a20143-1dc1-7dd5-8cae-482728b4c807", At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			Principal: 7, Actor: "dave.lopper", Via: "host", Action: "map.publish",
			Object: audit.Object{Kind: "map", ID: "12", Name: "Roads"}, Detail: json.RawMessage(`{"layers":3}`),
		})
	})
	if err != nil {
		return err
	}
	events, err := trail.List(ctx, audit.Filter{Actions: []string{"map."}})
	for _, e := range events {
		fmt.Println(e.At.Format(time.DateOnly), e.Actor, e.Action, e.Object.Name, string(e.Detail))
	}
	return err
}
