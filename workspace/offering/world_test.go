package offering_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// A world is a platform with a workspace that publishes, a workspace whose
// members are permitted, and somebody who is in neither.
type world struct {
	*testing.T

	db         *storage.DB
	fault      *dbtest.Fault
	now        time.Time
	rights     *rbac.Engine
	quotas     *quota.Service
	workspaces *workspace.Service
	offerings  *offering.Service

	admin, author, alice, bob, mallory workspace.Actor

	publisher, club workspace.Workspace
	endpoint        quota.Pool
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, kind))
		})
	}
}

func newWorld(t *testing.T, kind dbtest.Kind) *world {
	t.Helper()
	w := &world{T: t, fault: &dbtest.Fault{}, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	w.db = dbtest.OpenWith(t, kind.Make(t), &storage.Options{Connector: w.fault.Connector})
	clock := func() time.Time { return w.now }
	w.rights = rbac.New(w.db.Rules(), workspace.Schema(), &rbac.Options{Now: clock})
	w.quotas = quota.New(w.db.Quotas(), &quota.Options{Now: clock})
	w.workspaces = workspace.New(w.db.Workspaces(), w.rights, w.quotas, w.db.Trail(), &workspace.Options{Now: clock, KeysQuota: 5})
	w.offerings = offering.New(w.db.Offerings(), w.workspaces, w.rights, w.quotas, w.db.Trail(), &offering.Options{Now: clock})

	w.admin = workspace.Command("test")
	w.author, w.alice, w.bob, w.mallory = w.user("author"), w.user("alice"), w.user("bob"), w.user("mallory")
	w.endpoint = w.pool(quota.Endpoint, quota.Count, "WFS")
	store := w.pool(quota.Storage, quota.Bytes, "S3")
	w.publisher = w.workspace("publisher", w.author)
	w.club = w.workspace("club", w.bob)
	w.join(w.club, w.alice)
	active := true
	_, err := w.workspaces.OpenDatastore(t.Context(), w.admin, w.publisher.ID, workspace.Plan{
		Data: []workspace.Portion{{Pool: store.ID, Limit: 1000}}, Uploads: &workspace.Portion{Pool: store.ID, Limit: 1000},
		Annexes: &workspace.Portion{Pool: store.ID, Limit: 1000}, Processings: []quota.PoolID{}, Checks: []quota.PoolID{},
		Endpoints: []workspace.Portion{{Pool: w.endpoint.ID, Limit: 4}}, Active: &active,
	})
	w.ok(err)
	return w
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) wants(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Errorf("error %v, want %v", err, want)
	}
}

func (w *world) invalid(err error, field string) {
	w.Helper()
	if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Field != field {
		w.Errorf("error %v, want an InvalidError of %s", err, field)
	}
}

func (w *world) taken(err error, field string) {
	w.Helper()
	if taken, ok := errors.AsType[*workspace.TakenError](err); !ok || taken.Field != field {
		w.Errorf("error %v, want a TakenError of %s", err, field)
	}
}

func (w *world) user(name string) workspace.Actor {
	w.Helper()
	u, err := w.workspaces.CreateUser(w.Context(), w.admin, workspace.User{
		Username: name, Email: name + "@example.org", FirstName: name, LastName: "Test", Language: "fr",
	})
	w.ok(err)
	return workspace.Actor{Principal: u.Num, User: u.ID, Name: name, Via: "basic", Address: "192.0.2.1"}
}

func (w *world) pool(kind quota.Kind, unit quota.Unit, sort string) quota.Pool {
	w.Helper()
	p, err := w.workspaces.CreatePool(w.Context(), w.admin, quota.Pool{
		Kind: kind, Unit: unit, Type: sort, Name: sort, TechnicalName: sort, Capacity: quota.NoLimit,
		URLs: []quota.URL{{Type: sort, URL: "https://example.org/" + sort}},
	})
	w.ok(err)
	return p
}

func (w *world) workspace(name string, supervisor workspace.Actor) workspace.Workspace {
	w.Helper()
	d, err := w.workspaces.Create(w.Context(), w.admin, workspace.Workspace{
		Name: name, TechnicalName: name, Contact: name + "@example.org", Supervisor: supervisor.User, Public: true,
	})
	w.ok(err)
	return d.Workspace
}

func (w *world) join(in workspace.Workspace, who workspace.Actor, roles ...rbac.RoleName) {
	w.Helper()
	_, err := w.workspaces.PutMember(w.Context(), w.admin, in.ID, who.Principal, roles)
	w.ok(err)
}

func (w *world) offering(layer string, open bool) offering.Offering {
	w.Helper()
	o, err := w.offerings.Register(w.Context(), w.author, offering.Offering{
		Workspace: w.publisher.ID, Endpoint: w.endpoint.ID, LayerName: layer, Open: open, Available: true,
	})
	w.ok(err)
	return o
}

// use returns how much of the endpoint the publisher has used.
func (w *world) use() int64 {
	w.Helper()
	list, err := w.db.Quotas().Allocations(w.Context(), quota.AllocationFilter{Pools: []quota.PoolID{w.endpoint.ID}})
	w.ok(err)
	return list[0].Use
}

// may wants it to be allowed, or not, to use an offering.
func (w *world) may(who workspace.Actor, on offering.Offering, want bool) {
	w.Helper()
	got, err := w.rights.Check(w.Context(), who.Principal, on.Num, workspace.UseOffering, rbac.Latest())
	if err != nil || got != want {
		w.Errorf("%s may use %s: %t, %v; want %t", who.Name, on.LayerName, got, err, want)
	}
}

// permit lets a user use offerings.
func (w *world) permit(who workspace.Actor, end time.Time, offerings ...offering.Offering) offering.Given {
	w.Helper()
	return w.grant(offering.Grant{Users: []workspace.UserID{who.User}, End: end}, offerings...)
}

func (w *world) grant(g offering.Grant, offerings ...offering.Offering) offering.Given {
	w.Helper()
	g.Licence = "Accès restreint"
	for _, o := range offerings {
		g.Offerings = append(g.Offerings, o.ID)
	}
	given, err := w.offerings.Permit(w.Context(), w.author, w.publisher.ID, g)
	w.ok(err)
	return given[0]
}

func (w *world) trail() []audit.Event {
	w.Helper()
	events, err := w.db.Trail().List(w.Context(), audit.Filter{})
	w.ok(err)
	return events
}

// sweep makes each statement of an operation fail in turn, and wants an error
// and nothing kept each time, and success in the end.
func (w *world) sweep(operation func(ctx context.Context) error) {
	w.Helper()
	before := dbtest.Fingerprint(w, w.db)
	for n := int64(1); n < 500; n++ {
		w.fault.Set(n)
		err := operation(w.Context())
		seen := w.fault.Clear()
		if seen < n {
			w.ok(err)
			return
		}
		if err == nil {
			w.Fatalf("statement %d failed and nobody noticed", n)
		}
		if dbtest.Fingerprint(w, w.db) != before {
			w.Fatalf("statement %d failed (%v) and something was kept", n, err)
		}
	}
	w.Fatal("the operation has no end of statements")
}
