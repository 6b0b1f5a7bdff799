package entrepot_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"golang.org/x/crypto/argon2"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
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

const (
	password = "correct horse battery"
	prefix   = "/entrepot/api"
)

// world is a platform that tests fill through its services.
type world struct {
	t        *testing.T
	db       *storage.DB
	services *transport.Services
	handler  http.Handler
	clock    atomic.Int64 // microseconds
}

// root is who fills it.
func root() workspace.Actor { return workspace.Command("test") }

// newWorld assembles the services over a database and mounts the lens under
// gorilla/mux, as a host does.
func newWorld(t *testing.T, db *storage.DB) *world {
	t.Helper()
	w := &world{t: t, db: db}
	// Standing still, so that a call leaves no trace but its own.
	w.clock.Store(time.Date(2026, 5, 4, 10, 0, 0, 123456000, time.UTC).UnixMicro())
	now := func() time.Time { return time.UnixMicro(w.clock.Load()).UTC() }
	rules := rbac.New(db.Rules(), workspace.Schema(), &rbac.Options{Now: now})
	quotas := quota.New(db.Quotas(), &quota.Options{Now: now})
	workspaces := workspace.New(db.Workspaces(), rules, quotas, db.Trail(), &workspace.Options{Now: now})
	offerings := offering.New(db.Offerings(), workspaces, rules, quotas, db.Trail(), &offering.Options{Now: now})
	sealer, err := apikey.NewSealer([]byte(strings.Repeat("k", 32)))
	w.must(err)
	w.services = &transport.Services{
		Workspaces: workspaces, Offerings: offerings, Quotas: quotas, Rules: rules, Now: now,
		Keys: apikey.New(db.Keys(), offerings, rules, quotas, db.Trail(), &apikey.Options{Now: now, Sealer: sealer}),
		SignIn: signin.New(db.SignIn(), rules, db.Trail(), &signin.Options{
			Now: now, TokenLife: 24 * time.Hour, Remember: 24 * time.Hour,
		}),
	}
	router := mux.NewRouter().SkipClean(true)
	router.PathPrefix(prefix).Handler(http.StripPrefix(prefix, entrepot.Handler(w.services, nil)))
	w.handler = router
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// someone is a user with what it takes to call.
type someone struct {
	workspace.User

	token string
}

func (s *someone) actor() workspace.Actor {
	return workspace.Actor{Principal: s.Num, User: s.ID, Name: s.Username, Via: "test"}
}

// user makes a user who can sign in.
func (w *world) user(name string, administrator bool) *someone {
	w.t.Helper()
	ctx := w.t.Context()
	u, err := w.services.Workspaces.CreateUser(ctx, root(), workspace.User{
		Username: name, Email: name + "@example.org", FirstName: strings.ToUpper(name[:1]) + name[1:],
		LastName: "Lopper", Administrator: administrator,
	})
	w.must(err)
	// As the service would, at a cost that dozens of users can bear.
	w.must(w.db.Tx(ctx, func(ctx context.Context) error {
		_, err := w.db.SignIn().SetHash(ctx, u.ID, cheapHash(), w.services.Now())
		return err
	}))
	token, err := w.services.SignIn.Issue(ctx, name, password, "test", "")
	w.must(err)
	return &someone{User: u, token: token.Secret}
}

// cheapHash is the hash of the password that everybody has.
func cheapHash() string {
	salt := []byte("salt-of-everybody")
	key := argon2.IDKey([]byte(password), salt, 1, 8, 1, 32)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, encode(salt), encode(key))
}

// pool makes a shared facility.
func (w *world) pool(p quota.Pool) quota.Pool {
	w.t.Helper()
	if p.Capacity == 0 {
		p.Capacity = quota.NoLimit
	}
	made, err := w.services.Workspaces.CreatePool(w.t.Context(), root(), p)
	w.must(err)
	return made
}

// facilities are one of each kind.
type facilities struct {
	data, uploads, annexes, wms, wfs, check, processing quota.Pool
}

func (w *world) facilities(suffix string) facilities {
	w.t.Helper()
	details := func(text string) json.RawMessage { return json.RawMessage(text) }
	store := func(name, kind string, labels ...string) quota.Pool {
		return w.pool(quota.Pool{
			Kind: quota.Storage, Unit: quota.Bytes, Type: kind, Name: name + suffix, Labels: labels,
			Details: details(`{"type_infos":{"pot_name":"` + strings.ToLower(kind) + suffix + `"}}`),
		})
	}
	serve := func(name, technical, kind, url string) quota.Pool {
		return w.pool(quota.Pool{
			Kind: quota.Endpoint, Unit: quota.Count, Type: kind, Name: name + suffix, TechnicalName: technical + suffix,
			URLs: []quota.URL{{Type: url, URL: "https://data.example.org/" + technical}}, Open: true,
			Details: details(`{"metadata_fi":"` + technical + `"}`),
		})
	}
	return facilities{
		data:    store("Stockage PostgreSQL standard Partenaires", "POSTGRESQL", "PARTENAIRE", "VECTEUR"),
		uploads: store("Stockage OpenIO pour les livraisons", "S3", "LIVRAISON", "PERF"),
		annexes: store("Stockage OpenIO pour les annexes", "S3", "ANNEXE", "PERF"),
		wms:     serve("Service de diffusion WMS Vecteur principal", "gpf-geoserver-wms-v", "WMS-VECTOR", "WMS"),
		wfs:     serve("Service de diffusion WFS principal", "gpf-geoserver-wfs", "WFS", "WFS"),
		check: w.pool(quota.Pool{
			Kind: quota.Check, Unit: quota.None, Name: "Vérification standard" + suffix, Description: "Vérifie tout",
			Details: details(`{"orchestrator_job_name":"standard","priority":"STANDARD","default_uploads_check":["VECTOR"]}`),
		}),
		processing: w.pool(quota.Pool{
			Kind: quota.Processing, Unit: quota.None, Name: "Intégration en base" + suffix, Description: "Intègre",
			Details: details(`{"orchestrator_job_name":"vector-to-db","priority":"STANDARD",` +
				`"output_type":{"stored_data":"VECTOR-DB","storage":["POSTGRESQL"]}}`),
		}),
	}
}

func (f facilities) plan(active bool) workspace.Plan {
	return workspace.Plan{
		Data:    []workspace.Portion{{Pool: f.data.ID, Limit: 10_000_000_000}},
		Uploads: &workspace.Portion{Pool: f.uploads.ID, Limit: 10_000_000_000},
		Annexes: &workspace.Portion{Pool: f.annexes.ID, Limit: 10_000_000_000},
		Endpoints: []workspace.Portion{
			{Pool: f.wms.ID, Limit: 10}, {Pool: f.wfs.ID, Limit: 10},
		},
		Processings: []quota.PoolID{f.processing.ID}, Checks: []quota.PoolID{f.check.ID}, Active: new(active),
	}
}

// community makes a workspace, with an active datastore if there is a plan.
func (w *world) community(name string, in workspace.OrganizationID, supervisor *someone, plan *workspace.Plan) workspace.Details {
	w.t.Helper()
	ctx := w.t.Context()
	made, err := w.services.Workspaces.Create(ctx, root(), workspace.Workspace{
		Organization: in, Name: "Communauté " + name, TechnicalName: name, Contact: name + "@example.org", Public: true,
		Supervisor: supervisor.ID,
	})
	w.must(err)
	if plan == nil {
		return made
	}
	_, err = w.services.Workspaces.OpenDatastore(ctx, root(), made.ID, *plan)
	w.must(err)
	w.must(w.services.Workspaces.Activate(ctx, root(), made.ID))
	made, err = w.services.Workspaces.Workspace(ctx, root(), made.ID)
	w.must(err)
	return made
}

// join makes a user a member.
func (w *world) join(in workspace.ID, u *someone, rights ...rbac.RoleName) {
	w.t.Helper()
	_, err := w.services.Workspaces.PutMember(w.t.Context(), root(), in, u.Num, rights)
	w.must(err)
}

// answer is what a call was answered with.
type answer struct {
	status int
	header http.Header
	text   string
}

// ask calls the lens as somebody by token, or as nobody.
func (w *world) ask(as *someone, method, path, body string) answer {
	w.t.Helper()
	return w.askIn(w.t.Context(), as, false, method, path, body)
}

func (w *world) askIn(ctx context.Context, as *someone, basic bool, method, path, body string) answer {
	w.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(ctx, method, prefix+path, reader)
	r.Header.Set("Content-Type", "application/json")
	switch {
	case as == nil:
	case basic:
		r.SetBasicAuth(as.Username, password)
	default:
		r.Header.Set("Authorization", "Bearer "+as.token)
	}
	return w.serve(r)
}

func (w *world) serve(r *http.Request) answer {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return answer{status: rec.Code, header: rec.Header(), text: rec.Body.String()}
}

// want fails the test for another status.
func (w *world) want(a answer, status int) answer {
	w.t.Helper()
	if a.status != status {
		w.t.Fatalf("status %d, want %d: %s", a.status, status, a.text)
	}
	return a
}

// value is the JSON of an answer.
func (w *world) value(a answer) map[string]any {
	w.t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.text), &v); err != nil {
		w.t.Fatalf("no object: %v: %s", err, a.text)
	}
	return v
}

// offer publishes an offering.
func (w *world) offer(in workspace.ID, on quota.Pool, layer string, open bool) offering.Offering {
	w.t.Helper()
	made, err := w.services.Offerings.Register(w.t.Context(), root(), offering.Offering{
		Workspace: in, Endpoint: on.ID, LayerName: layer, Open: open, Available: true,
		URLs: []quota.URL{{Type: "WFS", URL: "https://data.example.org/" + layer}},
	})
	w.must(err)
	return made
}

// permit gives users a permission each.
func (w *world) permit(in workspace.ID, on offering.ID, users ...workspace.UserID) []offering.Given {
	w.t.Helper()
	made, err := w.services.Offerings.Permit(w.t.Context(), root(), in, offering.Grant{
		Users: users, Licence: "Accès restreint", Offerings: []offering.ID{on},
	})
	w.must(err)
	return made
}

// place returns a path with its parts filled in.
func place(format string, parts ...any) string { return fmt.Sprintf(format, parts...) }

// nobody is an identifier that nothing has.
func nobody() string { return uid.New() }
