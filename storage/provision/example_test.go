package provision_test

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/bailiwick-sdk/bailiwick/storage/provision"
)

// A project gets a database like the template, and back what was deleted.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "provision")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	folder, err := provision.OpenFolder(dir, nil)
	if err != nil {
		panic(err)
	}
	do := func(err error) {
		if err != nil {
			panic(err)
		}
	}

	do(folder.Create(ctx, "dev-template", ""))
	db, err := folder.Connect(ctx, "dev-template")
	do(err)
	_, err = db.ExecContext(ctx, "CREATE TABLE rooms (name TEXT); INSERT INTO rooms VALUES ('lobby')")
	do(err)
	do(db.Close())

	do(folder.Create(ctx, "akl-test", "dev-template"))
	var backup bytes.Buffer
	do(folder.Backup(ctx, "akl-test", &backup))

	session, err := folder.Connect(ctx, "akl-test")
	do(err)
	_, err = session.ExecContext(ctx, "DELETE FROM rooms")
	do(err)
	do(folder.Restore(ctx, "akl-test", &backup))
	fmt.Println(session.PingContext(ctx))

	session, err = folder.Connect(ctx, "akl-test")
	do(err)
	var name string
	do(session.QueryRowContext(ctx, "SELECT name FROM rooms").Scan(&name))
	fmt.Println(name)
	do(session.Close())
	// Output:
	// provision: the session has ended
	// lobby
}
