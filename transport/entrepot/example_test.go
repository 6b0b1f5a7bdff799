package entrepot_test

import (
	"context"
	"fmt"
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
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// A host mounts the lens in its own router and asks it who somebody is.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "entrepot")
	check(err)
	defer os.RemoveAll(dir)
	db, err := storage.Open(ctx, "sqlite:"+filepath.Join(dir, "bailiwick.db"), nil)
	check(err)
	defer db.Close()
	_, err = db.Migrate(ctx, time.Now())
	check(err)

	rules := rbac.New(db.Rules(), workspace.Schema(), nil)
	quotas := quota.New(db.Quotas(), nil)
	workspaces := workspace.New(db.Workspaces(), rules, quotas, db.Trail(), nil)
	passwords := signin.New(db.SignIn(), rules, db.Trail(), nil)
	services := &transport.Services{Workspaces: workspaces, SignIn: passwords, Quotas: quotas, Rules: rules}

	us := workspace.Command("example")
	dave, err := workspaces.CreateUser(ctx, us, workspace.User{Username: "dave", Email: "dave@example.org"})
	check(err)
	check(passwords.SetPassword(ctx, us, dave.ID, "correct horse of Dave's stable"))
	_, err = workspaces.Create(ctx, us, workspace.Workspace{
		Name: "Communauté des tutoriels", TechnicalName: "tutoriels", Supervisor: dave.ID,
	})
	check(err)

	router := mux.NewRouter()
	const prefix = "/entrepot/api"
	router.PathPrefix(prefix).Handler(http.StripPrefix(prefix, entrepot.Handler(services, nil)))
	for _, secret := range []string{"correct horse of Dave's stable", "wrong horse"} {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, prefix+"/catalogs/communities", nil)
		r.SetBasicAuth("dave", secret)
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("Content-Range"), w.Body)
	}
	// Output:
	// 200 0-0/0 []
	// 401  {"error":"Unauthorized","error_description":["Une authentification valide est nécessaire"]}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
