// Program entrepot-mux mounts the API Entrepôt in a router of gorilla/mux, at
// a prefix, beside a route of the program's own.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/entrepot"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// platform puts the services together over a database.
func platform(db *storage.DB) *transport.Services {
	rules, quotas, trail := rbac.New(db.Rules(), workspace.Schema(), nil), quota.New(db.Quotas(), nil), db.Trail()
	workspaces := workspace.New(db.Workspaces(), rules, quotas, trail, nil)
	offerings := offering.New(db.Offerings(), workspaces, rules, quotas, trail, nil)
	keys := apikey.New(db.Keys(), offerings, rules, quotas, trail, nil)
	sign := signin.New(db.SignIn(), rules, trail, nil)
	return &transport.Services{Workspaces: workspaces, Offerings: offerings, Keys: keys, SignIn: sign, Quotas: quotas, Rules: rules}
}

func run(ctx context.Context, dir string) (err error) {
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "bailiwick.db"), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Migrate(ctx, time.Now()); err != nil {
		return err
	}
	services, setup := platform(db), workspace.Command("setup")
	user, err := services.Workspaces.CreateUser(ctx, setup, workspace.User{Username: "ada", Email: "ada@example.org", FirstName: "Ada", LastName: "Lovelace"})
	if err != nil {
		return err
	}
	if err := services.SignIn.SetPassword(ctx, setup, user.ID, "analytical engine"); err != nil {
		return err
	}

	// Some clients write "//": do not redirect them.
	router := mux.NewRouter().SkipClean(true)
	router.PathPrefix("/geo/api/").Handler(http.StripPrefix("/geo/api", entrepot.Handler(services, nil))) //nolint:contextcheck // each request brings its own
	router.HandleFunc("/hello", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "the program's own") })

	for _, path := range []string{"/hello", "/geo/api/catalogs/communities", "/geo/api/administrator/datastores"} {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
		r.SetBasicAuth("ada", "analytical engine")
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		fmt.Printf("%s: %d %s\n", path, w.Code, w.Body)
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
