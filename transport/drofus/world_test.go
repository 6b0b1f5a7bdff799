package drofus_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
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
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/provision"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/drofus"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

const (
	password = "correct horse battery"
	prefix   = "/drofus"
	// base is where the lens is to requests of httptest.
	base = "http://example.com" + prefix
)

// A world is a platform with real databases: two owners, each with a project in a
// database of its own, and administrators of every kind.
//
//	owner AKL      database akl-test      project "dRofus dev template"
//	owner Beta     database beta-test     project "Beta"
type world struct {
	*testing.T

	db        *storage.DB
	services  *transport.Services
	lens      http.Handler
	provision database.Provisioner
	sent      *letters
	clock     atomic.Int64 // microseconds
	odd       int          // users of whose names no address can be made

	akl, beta                 workspace.Organization
	template, foreign, second workspace.Workspace // of akl, of beta, of akl without people

	// server administers the server, owner AKL, project the template, and outsider
	// Beta's project. member is one of the template without any rights.
	server, owner, project, outsider, member *someone
}

// letters keep what was sent.
type letters struct {
	mu   sync.Mutex
	list []mail.Email
}

func (l *letters) Send(_ context.Context, e mail.Email) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, e)
	return nil
}

// root is who fills it.
func root() workspace.Actor { return workspace.Command("test") }

// each runs a test in a world on each kind of database, whose projects have real
// databases of the same kind.
func each(t *testing.T, test func(w *world)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, kind, nil))
		})
	}
}

func provisioner(t *testing.T, kind dbtest.Kind, address string) database.Provisioner {
	t.Helper()
	if kind.Name == "sqlite" {
		folder, err := provision.OpenFolder(t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return folder
	}
	random := make([]byte, 4)
	_, _ = rand.Read(random)
	server, err := provision.Open(t.Context(), address, &provision.ServerOptions{Prefix: "d" + hex.EncodeToString(random) + "-"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		list, err := server.Databases(context.Background())
		for _, name := range list {
			if err := server.Drop(context.Background(), name); err != nil {
				t.Error(err)
			}
		}
		if err != nil {
			t.Error(err)
		}
	})
	return server
}

func newWorld(t *testing.T, kind dbtest.Kind, opts *drofus.Options) *world {
	t.Helper()
	address := kind.Make(t)
	w := &world{T: t, db: dbtest.Open(t, address), sent: &letters{}}
	w.provision = provisioner(t, kind, address)
	w.clock.Store(time.Date(2016, 11, 1, 9, 39, 14, 123456000, time.UTC).UnixMicro())
	now := func() time.Time { return time.UnixMicro(w.clock.Load()).UTC() }
	rules := rbac.New(w.db.Rules(), workspace.Schema(), &rbac.Options{Now: now})
	quotas := quota.New(w.db.Quotas(), &quota.Options{Now: now})
	sealer, err := apikey.NewSealer([]byte(strings.Repeat("k", 32)))
	w.must(err)
	outbox, err := mail.New(w.db.Mail(), w.sent, &mail.Options{Now: now, Sealer: sealer})
	w.must(err)
	set := &passwords{}
	workspaces := workspace.New(w.db.Workspaces(), rules, quotas, w.db.Trail(), &workspace.Options{
		Now: now, Mailer: outbox, Passwords: set, PublicURL: "https://adm.example.org",
	})
	set.login = signin.New(w.db.SignIn(), rules, w.db.Trail(), &signin.Options{
		Now: now, Remember: 24 * time.Hour, Reach: workspaces, Mail: outbox,
		ResetURL: "https://adm.example.org/drofus/password/reset?token={token}", ResetTime: time.Millisecond,
	})
	w.services = &transport.Services{
		Workspaces: workspaces, Quotas: quotas, Rules: rules, SignIn: set.login, Mail: outbox, Now: now, Tx: w.db.Tx,
		Databases: database.New(w.db.Databases(), w.provision, workspaces, rules, quotas, w.db.Trail(), &database.Options{
			Now: now, Templates: []database.Name{"dev-template"},
		}),
	}
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	router.PathPrefix(prefix + "/").Handler(http.StripPrefix(prefix, drofus.Handler(w.services, opts)))
	w.lens = router
	w.fill()
	return w
}

// passwords are those of the accounts that enrolling makes.
type passwords struct{ login *signin.Service }

func (p *passwords) Set(ctx context.Context, id workspace.UserID, text string) error {
	return p.login.SetPassword(ctx, root(), id, text)
}

func (w *world) fill() {
	w.Helper()
	ctx := w.Context()
	w.server = w.user("testadmin", true)
	w.owner, w.project = w.user("owneradmin", false), w.user("jo.smith", false)
	w.outsider, w.member = w.user("outsider", false), w.user("test.user", false)
	w.akl, w.beta = w.organization("AKL"), w.organization("Beta")
	w.must(w.services.Workspaces.AddOrganizationUser(ctx, root(), w.akl.ID, w.owner.ID))
	for _, o := range []struct {
		in   workspace.OrganizationID
		name database.Name
	}{{w.akl.ID, "akl-test"}, {w.beta.ID, "beta-test"}, {w.akl.ID, "dev-template"}} {
		_, err := w.services.Databases.Create(ctx, root(), o.in, database.Draft{Name: o.name})
		w.must(err)
	}
	w.template = w.newProject(w.akl, "dRofus dev template", "akl-test")
	w.foreign = w.newProject(w.beta, "Beta", "beta-test")
	w.second = w.newProject(w.akl, "Håkons Île", "akl-test")
	w.join(w.template, w.project, workspace.RoleProjectAdministrator)
	w.join(w.foreign, w.outsider, workspace.RoleProjectAdministrator)
	w.join(w.template, w.member)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) organization(name string) workspace.Organization {
	w.Helper()
	o, err := w.services.Workspaces.CreateOrganization(w.Context(), root(), workspace.Organization{
		Name: name, UploadsQuota: quota.NoLimit, DatabasesQuota: quota.NoLimit,
	})
	w.must(err)
	return o
}

func (w *world) newProject(o workspace.Organization, name string, in database.Name) workspace.Workspace {
	w.Helper()
	made, _, err := w.services.Databases.CreateProject(w.Context(), root(), database.ProjectDraft{
		Workspace: workspace.Workspace{Name: name, Organization: o.ID, Supervisor: w.server.ID, Project: workspace.Project{Number: "01"}},
		Existing:  in,
	})
	w.must(err)
	return made.Workspace
}

func (w *world) join(in workspace.Workspace, who *someone, roles ...rbac.RoleName) {
	w.Helper()
	_, err := w.services.Workspaces.PutMember(w.Context(), root(), in.ID, who.Num, roles)
	w.must(err)
}

// someone is a user who can sign in.
type someone struct{ workspace.User }

func (s *someone) actor() workspace.Actor {
	return workspace.Actor{Principal: s.Num, User: s.ID, Name: s.Username, Via: "test"}
}

func (w *world) user(name string, administrator bool) *someone {
	w.Helper()
	ctx := w.Context()
	u, err := w.services.Workspaces.CreateUser(ctx, root(), workspace.User{
		Username: name, Email: name + "@example.org", FirstName: "Ada", LastName: "Løvelace", Administrator: administrator,
	})
	w.must(err)
	w.setPassword(u.ID, password)
	return &someone{u}
}

// setPassword does as the service would, at a cost that dozens of users can bear.
func (w *world) setPassword(id workspace.UserID, text string) {
	w.Helper()
	salt := []byte("salt-of-everybody")
	key := argon2.IDKey([]byte(text), salt, 1, 8, 1, 32)
	encode := base64.RawStdEncoding.EncodeToString
	hash := fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, encode(salt), encode(key))
	w.must(w.db.Tx(w.Context(), func(ctx context.Context) error {
		_, err := w.db.SignIn().SetHash(ctx, id, hash, w.services.Now())
		return err
	}))
}

// A request is one of a script's, unless its headers say otherwise.
type request struct {
	method, path string
	as           *someone
	accept       string
	content      string
	body         string
	header       map[string]string
}

// An answer is what came back.
type answer struct {
	*testing.T

	status int
	header http.Header
	body   []byte
}

func (w *world) do(r request) *answer {
	w.Helper()
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	method := r.method
	if method == "" {
		method = http.MethodGet
	}
	sent := httptest.NewRequestWithContext(w.Context(), method, prefix+r.path, body)
	if r.as != nil {
		sent.SetBasicAuth(r.as.Username, password)
	}
	sent.Header.Set("User-Agent", "curl/7.50.3")
	sent.Header.Set("Accept", "*/*")
	if r.accept != "" {
		sent.Header.Set("Accept", r.accept)
	}
	if r.body != "" {
		sent.Header.Set("Content-Type", "application/json; charset=UTF-8")
	}
	if r.content != "" {
		sent.Header.Set("Content-Type", r.content)
	}
	for name, value := range r.header {
		sent.Header.Set(name, value)
	}
	got := httptest.NewRecorder()
	w.lens.ServeHTTP(got, sent)
	return &answer{T: w.T, status: got.Code, header: got.Header(), body: got.Body.Bytes()}
}

// json calls for JSON by the header Accept.
func (w *world) json(as *someone, method, path, body string) *answer {
	w.Helper()
	return w.do(request{method: method, path: path, as: as, accept: "application/json", body: body})
}

func (a *answer) wants(status int) *answer {
	a.Helper()
	if a.status != status {
		a.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// fields returns what is under a root of the JSON.
func (a *answer) fields(root string) map[string]any {
	a.Helper()
	var got map[string]map[string]any
	a.decode(&got)
	if got[root] == nil {
		a.Fatalf("no %q in %s", root, a.body)
	}
	return got[root]
}

// list returns what is under a root in each of the items of the JSON.
func (a *answer) list(root string) []map[string]any {
	a.Helper()
	var got []map[string]map[string]any
	a.decode(&got)
	list := make([]map[string]any, 0, len(got))
	for _, item := range got {
		if item[root] == nil {
			a.Fatalf("no %q in %v", root, item)
		}
		list = append(list, item[root])
	}
	return list
}

func (a *answer) decode(into any) {
	a.Helper()
	d := json.NewDecoder(bytes.NewReader(a.body))
	if err := d.Decode(into); err != nil {
		a.Fatalf("%v: %s", err, a.body)
	}
}

// says wants the body to be exactly that.
func (a *answer) says(want string) *answer {
	a.Helper()
	if string(a.body) != want {
		a.Fatalf("body\n%s\nwant\n%s", a.body, want)
	}
	return a
}

// has wants the body to have some text in it.
func (a *answer) has(texts ...string) *answer {
	a.Helper()
	for _, text := range texts {
		if !strings.Contains(string(a.body), text) {
			a.Fatalf("no %q in\n%s", text, a.body)
		}
	}
	return a
}

// projectID is how the lens names a project.
func projectID(w workspace.Workspace) string { return fmt.Sprint(int64(w.Num)) }
