package signin_test

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
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// A password is exchanged for an access token, which ends when the password is
// changed.
func Example() {
	if err := example(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// ann
	// refused: true
}

func example(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "signin")
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
	rights := rbac.New(db.Rules(), workspace.Schema(), nil)
	people := workspace.New(db.Workspaces(), rights, quota.New(db.Quotas(), nil), db.Trail(), nil)
	service := signin.New(db.SignIn(), rights, db.Trail(), nil)

	operator := workspace.Command("operator")
	ann, err := people.CreateUser(ctx, operator, workspace.User{Username: "ann", Email: "ann@example.org"})
	if err != nil {
		return err
	}
	if err := service.SetPassword(ctx, operator, ann.ID, "twelve drummers drumming"); err != nil {
		return err
	}
	token, err := service.Issue(ctx, "ann", "twelve drummers drumming", "qgis", "")
	if err != nil {
		return err
	}
	who, err := service.Bearer(ctx, token.Secret)
	if err != nil {
		return err
	}
	fmt.Println(who.Username)

	if err := service.SetPassword(ctx, operator, ann.ID, "eleven pipers piping"); err != nil {
		return err
	}
	_, err = service.Bearer(ctx, token.Secret)
	fmt.Println("refused:", errors.Is(err, signin.ErrRefused))
	return nil
}
