package apiv1_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/blob"
	"github.com/bailiwick-sdk/bailiwick/storage/provision"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

const prefix = "/api/v1"

// world is a platform that tests fill through its services.
type world struct {
	t        *testing.T
	db       *storage.DB
	services *transport.Services
	handler  http.Handler
	clock    atomic.Int64 // microseconds
	mu       sync.Mutex
	people   map[string]workspace.Actor
	mails    *outbox
	folders  []string // of files and of databases
}

// An outbox keeps what was last to be sent, for the links in it.
type outbox struct {
	*mail.Service

	last atomic.Pointer[mail.Message]
}

func (o *outbox) Enqueue(ctx context.Context, m mail.Message) error {
	o.last.Store(&m)
	return o.Service.Enqueue(ctx, m)
}

// token is that of the link in the last mail.
func (o *outbox) token() string {
	_, token, _ := strings.Cut(o.last.Load().Data["link"], "token=")
	return token
}

// passwords are those of accounts that invitations make.
type passwords struct{ login *signin.Service }

func (p passwords) Set(ctx context.Context, id workspace.UserID, password string) error {
	return p.login.SetPassword(ctx, root(), id, password)
}

// reach says whom somebody administers. Who signs in is known before that is.
type reach struct{ *workspace.Service }

const portal = "https://portal.example.org"

// root is who fills it.
func root() workspace.Actor { return workspace.Command("test") }

// newWorld assembles the services over a database and mounts the lens under
// gorilla/mux, as a host does, with the document watching.
func newWorld(t *testing.T, db *storage.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, people: map[string]workspace.Actor{}}
	// Standing still, so that a call leaves no trace but its own.
	w.clock.Store(time.Date(2026, 5, 4, 10, 0, 0, 123456000, time.UTC).UnixMicro())
	now := func() time.Time { return time.UnixMicro(w.clock.Load()).UTC() }
	catalog := resource.Default()
	schema, err := resource.Schema(catalog)
	w.must(err)
	rules := rbac.New(db.Rules(), schema, &rbac.Options{Now: now})
	quotas := quota.New(db.Quotas(), &quota.Options{Now: now})
	sealer, err := apikey.NewSealer(bytes.Repeat([]byte{7}, 32))
	w.must(err)
	letters, err := mail.New(db.Mail(), nil, &mail.Options{Now: now, Sealer: sealer})
	w.must(err)
	w.mails = &outbox{Service: letters}
	reach := &reach{}
	login := signin.New(db.SignIn(), rules, db.Trail(), &signin.Options{
		Now: now, Remember: -1, Mail: w.mails, ResetURL: portal + "/password?token={token}", ResetTime: -1, Reach: reach,
	})
	keepers := map[string]resource.Keeper{}
	tree := resource.New(db.Resources(), catalog, rules, quotas, db.Trail(), keepers, &resource.Options{Now: now, Sealer: sealer})
	w.services = &transport.Services{
		Workspaces: workspace.New(db.Workspaces(), rules, quotas, db.Trail(), &workspace.Options{
			Now: now, Sealer: sealer, Mailer: w.mails, Passwords: passwords{login}, PublicURL: portal, Contents: tree,
		}),
		SignIn: login,
		AccessKeys: accesskey.New(db.AccessKeys(), rules, quotas, db.Trail(), &accesskey.Options{
			Now: now, Sealer: sealer, Coverer: rules,
		}),
		Mail:        letters,
		PublicURL:   portal,
		Quotas:      quotas,
		Rules:       rules,
		Now:         now,
		Tx:          db.Tx,
		Idempotency: idempotency.New(db.Idempotency(), &idempotency.Options{Now: now}),
		// How somebody signs in is tested where that is.
		Host: func(r *http.Request) (workspace.Actor, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if actor, is := w.people[r.Header.Get("X-Test-User")]; is {
				return actor, nil
			}
			return workspace.Actor{}, transport.ErrUnrecognised
		},
	}
	s := w.services
	reach.Service = s.Workspaces
	s.Resources = tree
	w.folders = []string{t.TempDir(), t.TempDir()}
	bucket, err := blob.Folder(w.folders[0])
	w.must(err)
	t.Cleanup(func() { _ = bucket.Close() })
	s.Uploads = upload.New(db.Uploads(), bucket, &upload.Options{Now: now})
	s.Features = feature.New(db.Features(), s.Uploads, s.Resources, rules, quotas, db.Trail(), &feature.Options{Now: now})
	keepers["vector_layer"] = s.Features
	folder, err := provision.OpenFolder(w.folders[1], nil)
	w.must(err)
	s.Databases = database.New(db.Databases(), folder, s.Workspaces, rules, quotas, db.Trail(), &database.Options{
		Now: now, Files: bucket, Templates: []database.Name{"template-a", "template-b"},
	})
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	router.PathPrefix(prefix).Handler(http.StripPrefix(prefix, apiv1.Handler(w.services, nil)))
	w.handler = watched(t, router)
	return w
}

// eachAddress runs a test on a fresh database of each kind, with its address.
func eachAddress(t *testing.T, test func(t *testing.T, address string, db *storage.DB)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			test(t, address, dbtest.Open(t, address))
		})
	}
}

// watched holds every request and answer to the document.
func watched(t *testing.T, next http.Handler) http.Handler {
	t.Helper()
	find := finder(t)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())

		asked := r.Clone(context.Background())
		asked.Body = io.NopCloser(bytes.NewReader(body))
		if asked.Method == http.MethodHead {
			asked.Method = http.MethodGet
		}
		asked.URL.Path = strings.ReplaceAll(asked.URL.Path, "//", "/")
		route, params, err := find.FindRoute(asked)
		if err != nil {
			if rec.Code != http.StatusNotFound && rec.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s is answered with %d and not in the document: %v", r.Method, r.URL, rec.Code, err)
			}
			return
		}
		input := &openapi3filter.RequestValidationInput{
			Request: asked, PathParams: params, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
		}
		if rec.Code < 300 {
			if err := openapi3filter.ValidateRequest(asked.Context(), input); err != nil {
				t.Errorf("%s %s was answered with %d, and the document does not allow it: %v\n%s", r.Method, r.URL, rec.Code, err, body)
			}
		}
		if r.Method == http.MethodHead {
			return
		}
		// What an answer is held to is made anew each time, and most are alike.
		alike := fmt.Sprint(route.Operation.OperationID, rec.Code, r.URL.Query().Has("fields"), slices.Sorted(maps.Keys(rec.Header())), sha256.Sum256(identifiers.ReplaceAll(rec.Body.Bytes(), []byte("0"))))
		if _, known := sound.Load(alike); known {
			return
		}
		err = openapi3filter.ValidateResponse(asked.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: input, Status: rec.Code, Header: rec.Header(),
			Body: io.NopCloser(bytes.NewReader(rec.Body.Bytes())),
			Options: &openapi3filter.Options{
				IncludeResponseStatus: true, MultiError: true,
				// Some of the fields are no whole thing.
				ExcludeResponseBody: r.URL.Query().Has("fields") && rec.Code < 300,
			},
		})
		if err != nil {
			t.Errorf("%s %s: the answer is not as the document has it: %v\n%d %s", r.Method, r.URL, err, rec.Code, rec.Body)
			return
		}
		sound.Store(alike, true)
	})
}

// sound are answers that are as the document has them, but for which of many
// identifiers and numbers of one form they name.
var (
	sound       sync.Map
	identifiers = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+`)
)

// routed finds operations in the document.
var routed = sync.OnceValues(func() (routers.Router, error) {
	doc, err := parsed()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// parsed is the document, read once.
var parsed = sync.OnceValues(func() (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(apiv1.Document())
	if err == nil {
		doc.Servers = openapi3.Servers{{URL: prefix}}
	}
	openapi3filter.RegisterBodyDecoder("application/merge-patch+json", openapi3filter.JSONBodyDecoder)
	for _, kind := range []string{"application/jsonl", "image/png", "image/jpeg"} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.FileBodyDecoder)
	}
	return doc, err
})

func finder(t *testing.T) routers.Router {
	t.Helper()
	router, err := routed()
	if err != nil {
		t.Fatal(err)
	}
	return router
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// someone is a user who can call.
type someone struct{ workspace.User }

func (w *world) user(name string, administrator bool) *someone {
	w.t.Helper()
	u, err := w.services.Workspaces.CreateUser(w.t.Context(), root(), workspace.User{
		Username: name, Email: name + "@example.org", FirstName: name, LastName: "Lopper", Administrator: administrator,
	})
	w.must(err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.people[name] = workspace.Actor{Principal: u.Num, User: u.ID, Name: u.Username, Via: "test"}
	return &someone{u}
}

func (w *world) organization(name string) workspace.Organization {
	w.t.Helper()
	o, err := w.services.Workspaces.CreateOrganization(w.t.Context(), root(), workspace.Organization{Name: name, UploadsQuota: quota.NoLimit, DatabasesQuota: quota.NoLimit})
	w.must(err)
	return o
}

func (w *world) workspace(name string, in workspace.OrganizationID, supervisor *someone) workspace.Details {
	w.t.Helper()
	d, err := w.services.Workspaces.Create(w.t.Context(), root(), workspace.Workspace{
		Organization: in, Name: name, TechnicalName: name, Supervisor: supervisor.ID,
	})
	w.must(err)
	return d
}

func (w *world) join(in workspace.ID, who *someone, roles ...rbac.RoleName) {
	w.t.Helper()
	_, err := w.services.Workspaces.PutMember(w.t.Context(), root(), in, who.Num, roles)
	w.must(err)
}

func (w *world) pool(name string) quota.Pool {
	w.t.Helper()
	p, err := w.services.Workspaces.CreatePool(w.t.Context(), root(), quota.Pool{
		Kind: quota.Endpoint, Unit: quota.Count, Name: name, TechnicalName: name, Capacity: quota.NoLimit,
	})
	w.must(err)
	return p
}

// sent is a request in the making.
type sent struct {
	as     *someone
	method string
	path   string
	body   string
	header map[string]string
}

// answer is what a call was answered with.
type answer struct {
	status int
	header http.Header
	text   string
}

func (w *world) ask(ctx context.Context, s sent) answer {
	w.t.Helper()
	r := httptest.NewRequestWithContext(ctx, s.method, prefix+s.path, strings.NewReader(s.body))
	if s.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if s.method == http.MethodPatch && strings.HasPrefix(s.path, "/uploads/") || brings(s) {
		r.Header.Set("Content-Type", "application/octet-stream")
	}
	for name, value := range s.header {
		r.Header.Set(name, value)
	}
	if s.as != nil {
		r.Header.Set("X-Test-User", s.as.Username)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return answer{status: rec.Code, header: rec.Header(), text: rec.Body.String()}
}

// call asks and fails the test for another status. Headers come in pairs.
func (w *world) call(as *someone, method, path, body string, status int, headers ...string) answer {
	w.t.Helper()
	s := sent{as: as, method: method, path: path, body: body, header: map[string]string{}}
	for i := 0; i+1 < len(headers); i += 2 {
		s.header[headers[i]] = headers[i+1]
	}
	a := w.ask(w.t.Context(), s)
	if a.status != status {
		w.t.Fatalf("%s %s: status %d, want %d: %s", method, path, a.status, status, a.text)
	}
	return a
}

// refused is call for a problem with a code and, unless it is empty, a field.
func (w *world) refused(as *someone, method, path, body string, status int, code, field string, headers ...string) answer {
	w.t.Helper()
	a := w.call(as, method, path, body, status, headers...)
	p := a.value(w.t)
	if p["code"] != code || field != "" && p["field"] != field {
		w.t.Errorf("%s %s: %s, want code %s of field %q", method, path, a.text, code, field)
	}
	return a
}

// value is the JSON of an answer.
func (a answer) value(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.text), &v); err != nil {
		t.Fatalf("no object: %v: %s", err, a.text)
	}
	return v
}

// items are what is on a page.
func (a answer) items(t *testing.T) []map[string]any {
	t.Helper()
	var v struct {
		Items []map[string]any `json:"items"`
	}
	if err := json.Unmarshal([]byte(a.text), &v); err != nil {
		t.Fatalf("no page: %v: %s", err, a.text)
	}
	return v.Items
}
