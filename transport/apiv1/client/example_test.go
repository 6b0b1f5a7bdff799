package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// serve starts a server whose administrator's name is "ada".
func serve(ctx context.Context) (address string, stop func()) {
	dir, err := os.MkdirTemp("", "client")
	check(err)
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "bailiwick.db"), nil)
	check(err)
	_, err = db.Migrate(ctx, time.Now())
	check(err)
	rules := rbac.New(db.Rules(), workspace.Schema(), nil)
	quotas := quota.New(db.Quotas(), nil)
	workspaces := workspace.New(db.Workspaces(), rules, quotas, db.Trail(), nil)
	passwords := signin.New(db.SignIn(), rules, db.Trail(), nil)
	us := workspace.Command("example")
	ada, err := workspaces.CreateUser(ctx, us, workspace.User{Username: "ada", Email: "ada@example.org", Administrator: true})
	check(err)
	check(passwords.SetPassword(ctx, us, ada.ID, "correct horse battery"))
	server := httptest.NewServer(http.StripPrefix("/api/v1", apiv1.Handler(&transport.Services{
		Workspaces: workspaces, SignIn: passwords, Quotas: quotas, Rules: rules, Tx: db.Tx,
		Idempotency: idempotency.New(db.Idempotency(), nil),
	}, nil)))
	return server.URL + "/api/v1/", func() {
		server.Close()
		check(db.Close())
		check(os.RemoveAll(dir))
	}
}

// An administrator makes an organization, changes it if nobody else did, and is
// told why he may not do something.
func Example() {
	ctx := context.Background()
	address, stop := serve(ctx)
	defer stop()

	api, err := client.Dial(address, client.Basic("ada", "correct horse battery"))
	check(err)
	key := "make ours"
	for range 2 { // as after a timeout: it is made once
		made, err := api.CreateOrganizationWithResponse(ctx, &client.CreateOrganizationParams{IdempotencyKey: &key},
			client.OrganizationNew{Name: "Ours"})
		check(err)
		check(client.Refused(made.ApplicationProblemJSONDefault))
	}
	list, err := api.ListOrganizationsWithResponse(ctx, &client.ListOrganizationsParams{})
	check(err)
	check(client.Refused(list.ApplicationProblemJSONDefault))
	ours := list.JSON200.Items[0]
	fmt.Println(len(list.JSON200.Items), ours.Name, ours.UploadsQuota.IsNull())

	seen, err := api.GetOrganizationWithResponse(ctx, ours.ID, &client.GetOrganizationParams{})
	check(err)
	tag := seen.HTTPResponse.Header.Get("ETag")
	for range 2 {
		changed, err := api.UpdateOrganizationWithResponse(ctx, ours.ID, &client.UpdateOrganizationParams{IfMatch: &tag},
			client.OrganizationPatch{UploadsQuota: nullable.NewNullableWithValue[int64](5)})
		check(err)
		if err, is := errors.AsType[*client.RefusedError](client.Refused(changed.ApplicationProblemJSONDefault)); is {
			fmt.Println(err.Problem.Code)
			continue
		}
		fmt.Println(changed.JSON200.UploadsQuota.MustGet())
	}
	// Output:
	// 1 Ours true
	// 5
	// precondition_failed
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
