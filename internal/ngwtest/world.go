// Package ngwtest gives tests of the lens that speaks NextGIS Web's language a
// server that real clients can be pointed at.
package ngwtest

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"golang.org/x/crypto/argon2"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/blob"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/ngw"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// Password is what everybody signs in with.
const Password = "correct:horse battery"

// mount is where the lens is.
const mount = "/ngw"

// A Person is somebody who can sign in; the zero value is a guest.
type Person struct{ workspace.User }

// Actor is who he is to services.
func (p Person) Actor() workspace.Actor {
	return workspace.Actor{Principal: p.Num, User: p.ID, Name: p.Username, Via: "test"}
}

// Root is who fills a world.
func Root() workspace.Actor { return workspace.Command("test") }

// Options are how a world is to be; the zero value works.
type Options struct {
	// Lens are options of the lens.
	Lens *ngw.Options
	// Clock stands still at a time that is not zero, until [World.Pass].
	Clock time.Time
	// Refusals has the trail told of what is refused. Otherwise a refusal leaves
	// the database as it was.
	Refusals bool
}

// A Cast is who is in a world, and where.
type Cast struct {
	// Survey is supervised by Ada. Admin, Editor and Viewer have the roles there
	// that they are called by, Member has none. Elsewhere is supervised by
	// Neighbour. Outsider is in no workspace, and Boss administers the platform.
	Survey, Elsewhere                                             workspace.Workspace
	Ada, Admin, Editor, Viewer, Member, Neighbour, Outsider, Boss Person
	// Guest is nobody.
	Guest Person
}

// A World is a platform with two workspaces, behind a real server at /ngw/.
type World struct {
	*testing.T
	Cast

	DB       *storage.DB
	Services *transport.Services
	// Handler is what Server serves, for calls that share a context with the test.
	Handler http.Handler
	Server  *httptest.Server

	clock atomic.Int64 // microseconds, 0 for what time it is
	mu    sync.Mutex
	seen  []string
}

// Each runs a test in a world on each kind of database.
func Each(t *testing.T, test func(w *World)) {
	t.Helper()
	EachWith(t, Options{}, test)
}

// EachWith runs a test in a world with options on each kind of database.
func EachWith(t *testing.T, opts Options, test func(w *World)) {
	t.Helper()
	begins := map[string]func(*testing.T, *mould, Options) string{"sqlite": onSQLite, "postgres": onPostgres}
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			test(begin(t, opts, begins[kind.Name]))
		})
	}
}

// Small makes a world on the quicker database, for what no database makes a
// difference to.
func Small(t *testing.T, opts Options) *World {
	t.Helper()
	return begin(t, opts, onSQLite)
}

// A mould is what worlds on a kind of database are copies of, with who is in
// them.
type mould struct {
	databases        dbtest.Mould
	sqlite, postgres Cast
}

// moulds are by the clock that worlds begin with.
//
//nolint:gochecknoglobals // one a process
var moulds sync.Map // time.Time → *mould

func onSQLite(t *testing.T, m *mould, opts Options) string {
	t.Helper()
	return m.databases.SQLite(t, func(address string) { m.sqlite = filled(t, address, opts) })
}

func onPostgres(t *testing.T, m *mould, opts Options) string {
	t.Helper()
	return m.databases.Postgres(t, func(address string) { m.postgres = filled(t, address, opts) })
}

// filled puts people and workspaces into a database.
func filled(t *testing.T, address string, opts Options) Cast {
	t.Helper()
	db, err := storage.Open(t.Context(), address, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := assemble(t, db, opts)
	w.populate()
	w.OK(db.Close())
	return w.Cast
}

// begin makes a world that is a copy of the first one of its kind.
func begin(t *testing.T, opts Options, kind func(*testing.T, *mould, Options) string) *World {
	t.Helper()
	made, _ := moulds.LoadOrStore(opts.Clock, &mould{})
	m, _ := made.(*mould)
	address := kind(t, m, opts)
	w := assemble(t, dbtest.Open(t, address), opts)
	if w.Cast = m.sqlite; strings.HasPrefix(address, "postgres") {
		w.Cast = m.postgres
	}
	w.serve(opts)
	return w
}

// serve puts the lens behind a server.
func (w *World) serve(opts Options) {
	w.Helper()
	router := mux.NewRouter().SkipClean(true)
	router.PathPrefix(mount).Handler(http.StripPrefix(mount, ngw.Handler(w.Services, opts.Lens)))
	w.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.seen = append(w.seen, r.Method+" "+r.URL.RequestURI())
		w.mu.Unlock()
		router.ServeHTTP(rw, r)
	})
	w.Server = httptest.NewServer(w.Handler)
	w.Cleanup(w.Server.Close)
}

// assemble makes the services, as the server does.
func assemble(t *testing.T, db *storage.DB, opts Options) *World {
	t.Helper()
	w := &World{T: t, DB: db}
	if !opts.Clock.IsZero() {
		w.clock.Store(opts.Clock.UnixMicro())
	}
	sealer, err := apikey.NewSealer([]byte(strings.Repeat("k", 32)))
	w.OK(err)
	catalog := resource.Default()
	schema, err := resource.Schema(catalog)
	w.OK(err)
	rules := rbac.New(db.Rules(), schema, &rbac.Options{Now: w.Now})
	quotas := quota.New(db.Quotas(), &quota.Options{Now: w.Now})
	keepers := map[string]resource.Keeper{}
	resources := resource.New(db.Resources(), catalog, rules, quotas, db.Trail(), keepers, &resource.Options{Now: w.Now, Sealer: sealer})
	bucket, err := blob.Folder(w.TempDir())
	w.OK(err)
	w.Cleanup(func() { _ = bucket.Close() })
	uploads := upload.New(db.Uploads(), bucket, &upload.Options{Now: w.Now})
	features := feature.New(db.Features(), uploads, resources, rules, quotas, db.Trail(), &feature.Options{Now: w.Now})
	keepers["vector_layer"] = features
	w.Services = &transport.Services{
		Workspaces: workspace.New(db.Workspaces(), rules, quotas, db.Trail(), &workspace.Options{Now: w.Now}),
		Quotas:     quotas, Rules: rules, Resources: resources, Features: features, Uploads: uploads,
		SignIn: signin.New(db.SignIn(), rules, db.Trail(), &signin.Options{Now: w.Now, Remember: 24 * time.Hour}),
		Tx:     db.Tx, Now: w.Now, InsecureCookies: true,
	}
	if opts.Refusals {
		w.Services.Trail = audit.New(db.Trail(), &audit.Options{Now: w.Now})
	}
	return w
}

// populate makes people and workspaces.
func (w *World) populate() {
	w.Helper()
	w.Boss = w.Person("boss", true)
	w.Ada, w.Admin, w.Editor = w.Person("ada", false), w.Person("admin", false), w.Person("editor", false)
	w.Viewer, w.Member = w.Person("viewer", false), w.Person("member", false)
	w.Neighbour, w.Outsider = w.Person("neighbour", false), w.Person("outsider", false)
	w.Survey, w.Elsewhere = w.Workspace("Survey", w.Ada), w.Workspace("Elsewhere", w.Neighbour)
	w.Join(w.Admin, workspace.RoleAdministrator)
	w.Join(w.Editor, workspace.RoleEditor)
	w.Join(w.Viewer, workspace.RoleViewer)
	w.Join(w.Member)
}

// OK ends the test on an error.
func (w *World) OK(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// Now returns what time it is in the world.
func (w *World) Now() time.Time {
	if at := w.clock.Load(); at != 0 {
		return time.UnixMicro(at).UTC()
	}
	return time.Now()
}

// Pass lets time pass where the clock stands still.
func (w *World) Pass(d time.Duration) { w.clock.Add(d.Microseconds()) }

// Seen returns the requests since it was asked last: "GET /ngw/api/…?limit=1".
func (w *World) Seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

// URL is the lens as clients are told it.
func (w *World) URL() string { return w.Server.URL + mount }

// Person makes somebody.
func (w *World) Person(name string, administrator bool) Person {
	w.Helper()
	u, err := w.Services.Workspaces.CreateUser(w.Context(), Root(), workspace.User{
		Username: name, Email: name + "@example.org", FirstName: strings.ToUpper(name[:1]) + name[1:], LastName: "Test",
		Administrator: administrator, Language: "en",
	})
	w.OK(err)
	// As the service would, at a cost that many calls can bear.
	salt := []byte("salt-of-everybody")
	key := argon2.IDKey([]byte(Password), salt, 1, 8, 1, 32)
	encode := base64.RawStdEncoding.EncodeToString
	hash := fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, encode(salt), encode(key))
	w.OK(w.DB.Tx(w.Context(), func(ctx context.Context) error {
		_, err := w.DB.SignIn().SetHash(ctx, u.ID, hash, w.Now())
		return err
	}))
	return Person{u}
}

// Workspace makes one, called in lower case what it is called.
func (w *World) Workspace(name string, supervisor Person) workspace.Workspace {
	w.Helper()
	d, err := w.Services.Workspaces.Create(w.Context(), Root(), workspace.Workspace{
		Name: name, TechnicalName: strings.ToLower(name), Supervisor: supervisor.ID,
	})
	w.OK(err)
	return d.Workspace
}

// Join makes somebody a member of Survey, with these roles and no others.
func (w *World) Join(p Person, roles ...rbac.RoleName) {
	w.Helper()
	_, err := w.Services.Workspaces.PutMember(w.Context(), Root(), w.Survey.ID, p.Num, roles)
	w.OK(err)
}

// Open lets everybody, guests included, see that there is a Survey.
func (w *World) Open() {
	w.Helper()
	_, err := w.Services.Workspaces.AddRule(w.Context(), Root(), w.Survey.ID, rbac.Rule{
		Effect: rbac.Allow, Principal: rbac.Everyone, Node: w.Survey.Num, Scope: workspace.Read.Scope(), Permission: workspace.Read.Name(),
	})
	w.OK(err)
}

// A Column is a field of a layer that is to be.
type Column struct {
	Keyname string
	Type    feature.FieldType
	Label   bool
}

// Layer makes a layer in the workspace, owned by Ada.
func (w *World) Layer(name, geometry string, srs int, columns ...Column) rbac.Node {
	w.Helper()
	fields := make([]any, 0, len(columns))
	for _, c := range columns {
		fields = append(fields, map[string]any{
			"keyname": c.Keyname, "display_name": c.Keyname, "datatype": string(c.Type), "label_field": c.Label,
		})
	}
	r, err := w.Services.Resources.Create(w.Context(), w.Ada.Actor(), resource.Draft{
		Class: "vector_layer", Parent: w.Survey.Num, DisplayName: name,
		Settings: resource.Settings{"vector_layer": {
			"srs": map[string]any{"id": int64(srs)}, "geometry_type": geometry, "fields": fields,
		}},
	})
	w.OK(err)
	return r.Num
}

// Plant makes a resource through the lens and returns its number. What more says
// goes into the members of the body.
func (w *World) Plant(who Person, class string, parent int64, name string, more ...Object) int64 {
	w.Helper()
	body := Object{"resource": Object{"cls": class, "parent": Object{"id": parent}, "display_name": name}}
	for _, members := range more {
		for member, value := range members {
			if of, ok := value.(Object); ok && member == "resource" {
				maps.Copy(body["resource"].(Object), of) //nolint:forcetypeassert // made above
				continue
			}
			body[member] = value
		}
	}
	a := w.Call(who, http.MethodPost, "/api/resource/", body).Wants(http.StatusCreated)
	n, _ := a.At("id").(float64)
	if got := a.At("parent.id"); got != float64(parent) {
		w.Errorf("parent %v, want %d", got, parent)
	}
	return int64(n)
}

// Item is the path of a resource.
func Item(n int64) string { return fmt.Sprintf("/api/resource/%d", n) }
