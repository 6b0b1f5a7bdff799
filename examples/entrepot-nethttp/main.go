// Program entrepot-nethttp mounts the API Entrepôt under net/http, in a host
// that knows who is calling by its own means: a header that its gateway sets.
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

func run(ctx context.Context, dir string) (err error) {
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "bailiwick.db"), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Migrate(ctx, time.Now()); err != nil {
		return err
	}
	rules, quotas, trail := rbac.New(db.Rules(), workspace.Schema(), nil), quota.New(db.Quotas(), nil), db.Trail()
	workspaces := workspace.New(db.Workspaces(), rules, quotas, trail, nil)
	offerings := offering.New(db.Offerings(), workspaces, rules, quotas, trail, nil)
	services := &transport.Services{
		Workspaces: workspaces, Offerings: offerings, Quotas: quotas, Rules: rules,
		Keys:   apikey.New(db.Keys(), offerings, rules, quotas, trail, nil),
		SignIn: signin.New(db.SignIn(), rules, trail, nil),
	}
	ada, err := workspaces.CreateUser(ctx, workspace.Command("setup"), workspace.User{Username: "ada", Email: "ada@example.org", FirstName: "Ada", LastName: "Lovelace"})
	if err != nil {
		return err
	}
	accounts := map[string]workspace.User{"ada": ada} // the host knows who is who
	services.Host = func(r *http.Request) (workspace.Actor, error) {
		user, known := accounts[r.Header.Get("X-Gateway-User")]
		if !known {
			return workspace.Actor{}, transport.ErrUnrecognised // leave it to passwords and tokens
		}
		return workspace.Actor{Principal: user.Num, User: user.ID, Name: user.Username, Via: "host"}, nil
	}

	router := http.NewServeMux()
	router.Handle("/api/", http.StripPrefix("/api", entrepot.Handler(services, nil))) //nolint:contextcheck // each request brings its own

	for _, name := range []string{"ada", "eve", ""} {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/catalogs/organizations", nil)
		r.Header.Set("X-Gateway-User", name)
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		fmt.Printf("%q: %d\n", name, w.Code)
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
