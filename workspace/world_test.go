package workspace_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// A clock is moved by tests and by nothing else.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A world is a service over a database of its own, with an administrator.
type world struct {
	*workspace.Service

	t      testing.TB
	db     *storage.DB
	rights *rbac.Engine
	meter  *quota.Service
	clock  *clock
	admin  workspace.Actor
}

// over makes another service over a database, as another server would.
func over(t testing.TB, db *storage.DB) *world {
	c := &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600))}
	w := &world{t: t, db: db, clock: c}
	w.rights = rbac.New(db.Rules(), workspace.Schema(), &rbac.Options{Now: c.now})
	w.meter = quota.New(db.Quotas(), &quota.Options{Now: c.now})
	m := mailer(t, db, c)
	w.Service = workspace.New(db.Workspaces(), w.rights, w.meter, db.Trail(), &workspace.Options{Now: c.now, Mailer: m})
	return w
}

func mailer(t testing.TB, db *storage.DB, c *clock) *mail.Service {
	sealer, err := apikey.NewSealer(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s, err := mail.New(db.Mail(), nil, &mail.Options{Now: c.now, Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// settle makes the first administrator, as the command line does.
func settle(t testing.TB, db *storage.DB) *world {
	w := over(t, db)
	u, err := w.CreateUser(t.Context(), workspace.Command("install"), workspace.User{
		Username: "root", Email: "root@example.org", Administrator: true,
	})
	w.must(err)
	w.admin = as(u)
	return w
}

func newWorld(t testing.TB) *world { return settle(t, dbtest.New(t)) }

func (w *world) ctx() context.Context { return w.t.Context() }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("unexpected: %v", err)
	}
}

// as returns a user as an actor.
func as(u workspace.User) workspace.Actor {
	return workspace.Actor{Principal: u.Num, User: u.ID, Name: u.Username, Via: "basic", Address: "192.0.2.1"}
}

func (w *world) user(name string) (workspace.User, workspace.Actor) {
	w.t.Helper()
	u, err := w.CreateUser(w.ctx(), w.admin, workspace.User{Username: name, Email: name + "@example.org"})
	w.must(err)
	return u, as(u)
}

func (w *world) organization(name string, uploads int64) workspace.Organization {
	w.t.Helper()
	o, err := w.CreateOrganization(w.ctx(), w.admin, workspace.Organization{Name: name, UploadsQuota: uploads})
	w.must(err)
	return o
}

func (w *world) workspace(name string, supervisor workspace.User, o workspace.OrganizationID) workspace.Workspace {
	w.t.Helper()
	d, err := w.Create(w.ctx(), w.admin, workspace.Workspace{
		Name: name, TechnicalName: name, Supervisor: supervisor.ID, Organization: o, Contact: name + "@example.org",
	})
	w.must(err)
	return d.Workspace
}

// member makes a new user a member with roles.
func (w *world) member(in workspace.Workspace, name string, roles ...rbac.RoleName) (workspace.User, workspace.Actor) {
	w.t.Helper()
	u, actor := w.user(name)
	_, err := w.PutMember(w.ctx(), w.admin, in.ID, u.Num, roles)
	w.must(err)
	return u, actor
}

func (w *world) pool(kind quota.Kind, name string) quota.PoolID {
	w.t.Helper()
	unit := map[quota.Kind]quota.Unit{quota.Storage: quota.Bytes, quota.Endpoint: quota.Count}[kind]
	if unit == "" {
		unit = quota.None
	}
	p, err := w.CreatePool(w.ctx(), w.admin, quota.Pool{
		Kind: kind, Unit: unit, Type: "T", Name: name, TechnicalName: name, Capacity: quota.NoLimit,
	})
	w.must(err)
	return p.ID
}

// plan returns what a new datastore needs, of pools of its own.
func (w *world) plan(name string) workspace.Plan {
	w.t.Helper()
	storage := w.pool(quota.Storage, name+"-s")
	return workspace.Plan{
		Data:      []workspace.Portion{{Pool: storage, Limit: 100}},
		Uploads:   &workspace.Portion{Pool: storage, Limit: 200},
		Annexes:   &workspace.Portion{Pool: storage, Limit: 300},
		Endpoints: []workspace.Portion{{Pool: w.pool(quota.Endpoint, name+"-e"), Limit: 10}},
	}
}

// open gives a workspace a datastore and opens the workspace again.
func (w *world) open(in workspace.Workspace) workspace.Datastore {
	w.t.Helper()
	active := true
	p := w.plan(in.TechnicalName)
	p.Active = &active
	d, err := w.OpenDatastore(w.ctx(), w.admin, in.ID, p)
	w.must(err)
	return d
}

// events returns the actions of everything that happened since a count.
func (w *world) events(since int) []string {
	w.t.Helper()
	list, err := w.db.Trail().List(w.ctx(), audit.Filter{Offset: since})
	w.must(err)
	actions := []string{}
	for _, e := range list {
		actions = append(actions, e.Action)
	}
	return actions
}

func (w *world) count() int {
	w.t.Helper()
	n, err := w.db.Trail().Count(w.ctx(), audit.Filter{})
	w.must(err)
	return n
}

// leaves runs something and wants exactly these events of it.
func (w *world) leaves(do func(), actions ...string) {
	w.t.Helper()
	before := w.count()
	do()
	if got := w.events(before); !slices.Equal(got, actions) && len(got)+len(actions) > 0 {
		w.t.Errorf("events %v, want %v", got, actions)
	}
}

func wantErr(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("error %v, want %v", err, target)
	}
}

// wantInvalid wants an InvalidError for a field.
func wantInvalid(t testing.TB, err error, field string) {
	t.Helper()
	invalid, ok := errors.AsType[*workspace.InvalidError](err)
	if !ok || invalid.Field != field {
		t.Errorf("error %v, want an InvalidError for %s", err, field)
	}
}

// wantCause wants a refusal for a reason.
func wantCause(t testing.TB, err error, cause rbac.Cause) {
	t.Helper()
	denied, ok := errors.AsType[*rbac.DeniedError](err)
	if !ok || denied.Explanation.Cause != cause {
		t.Errorf("error %v, want a DeniedError by %s", err, cause)
	}
}

func detail(t testing.TB, e audit.Event) map[string]any {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		t.Fatalf("detail %q: %v", e.Detail, err)
	}
	return d
}
