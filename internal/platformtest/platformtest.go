// Package platformtest gives tests of what is built on workspaces a small
// platform to do it on.
package platformtest

import (
	"context"
	"errors"
	"sync/atomic"
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

// A World is a platform with a workspace that publishes, a workspace whose
// members are permitted, and somebody who is in neither. Its clock stands still
// until the test calls SetNow.
type World struct {
	*testing.T

	DB         *storage.DB
	Fault      *dbtest.Fault
	Rights     *rbac.Engine
	Quotas     *quota.Service
	Workspaces *workspace.Service
	Offerings  *offering.Service

	Admin, Author, Alice, Bob, Mallory workspace.Actor

	// Publisher, supervised by the author, may publish four layers on the
	// endpoint. Club is supervised by Bob, and Alice is a member.
	Publisher, Club workspace.Workspace
	Endpoint        quota.Pool

	now atomic.Pointer[time.Time] // engines look at it when they please
}

// Now returns what time it is in the world.
func (w *World) Now() time.Time { return *w.now.Load() }

// SetNow sets what time it is.
func (w *World) SetNow(now time.Time) { w.now.Store(&now) }

// New makes a world on a fresh database.
func New(t *testing.T, kind dbtest.Kind) *World {
	t.Helper()
	w := &World{T: t, Fault: &dbtest.Fault{}}
	w.SetNow(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	w.DB = dbtest.OpenWith(t, kind.Make(t), &storage.Options{Connector: w.Fault.Connector})
	w.Rights = rbac.New(w.DB.Rules(), workspace.Schema(), &rbac.Options{Now: w.Now})
	w.Quotas = quota.New(w.DB.Quotas(), &quota.Options{Now: w.Now})
	w.Workspaces = workspace.New(w.DB.Workspaces(), w.Rights, w.Quotas, w.DB.Trail(), &workspace.Options{Now: w.Now, KeysQuota: 5})
	w.Offerings = offering.New(w.DB.Offerings(), w.Workspaces, w.Rights, w.Quotas, w.DB.Trail(), &offering.Options{Now: w.Now})

	w.Admin = workspace.Command("test")
	w.Author, w.Alice, w.Bob, w.Mallory = w.User("author"), w.User("alice"), w.User("bob"), w.User("mallory")
	w.Endpoint = w.Pool(quota.Endpoint, quota.Count, "WFS")
	store := w.Pool(quota.Storage, quota.Bytes, "S3")
	w.Publisher = w.Workspace("publisher", w.Author)
	w.Club = w.Workspace("club", w.Bob)
	w.Join(w.Club, w.Alice)
	active := true
	_, err := w.Workspaces.OpenDatastore(t.Context(), w.Admin, w.Publisher.ID, workspace.Plan{
		Data: []workspace.Portion{{Pool: store.ID, Limit: 1000}}, Uploads: &workspace.Portion{Pool: store.ID, Limit: 1000},
		Annexes: &workspace.Portion{Pool: store.ID, Limit: 1000}, Processings: []quota.PoolID{}, Checks: []quota.PoolID{},
		Endpoints: []workspace.Portion{{Pool: w.Endpoint.ID, Limit: 4}}, Active: &active,
	})
	w.OK(err)
	return w
}

// OK ends the test on an error.
func (w *World) OK(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// Wants wants an error.
func (w *World) Wants(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Errorf("error %v, want %v", err, want)
	}
}

// Invalid wants the refusal of a field.
func (w *World) Invalid(err error, field string) {
	w.Helper()
	if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Field != field {
		w.Errorf("error %v, want an InvalidError of %s", err, field)
	}
}

// Taken wants the refusal of a field's value.
func (w *World) Taken(err error, field string) {
	w.Helper()
	if taken, ok := errors.AsType[*workspace.TakenError](err); !ok || taken.Field != field {
		w.Errorf("error %v, want a TakenError of %s", err, field)
	}
}

// User makes a user.
func (w *World) User(name string) workspace.Actor {
	w.Helper()
	u, err := w.Workspaces.CreateUser(w.Context(), w.Admin, workspace.User{
		Username: name, Email: name + "@example.org", FirstName: name, LastName: "Test", Language: "fr",
	})
	w.OK(err)
	return workspace.Actor{Principal: u.Num, User: u.ID, Name: name, Via: "basic", Address: "192.0.2.1"}
}

// Pool makes a facility without capacity.
func (w *World) Pool(kind quota.Kind, unit quota.Unit, sort string) quota.Pool {
	w.Helper()
	p, err := w.Workspaces.CreatePool(w.Context(), w.Admin, quota.Pool{
		Kind: kind, Unit: unit, Type: sort, Name: sort, TechnicalName: sort, Capacity: quota.NoLimit,
		URLs: []quota.URL{{Type: sort, URL: "https://example.org/" + sort}},
	})
	w.OK(err)
	return p
}

// Workspace makes a public workspace.
func (w *World) Workspace(name string, supervisor workspace.Actor) workspace.Workspace {
	w.Helper()
	d, err := w.Workspaces.Create(w.Context(), w.Admin, workspace.Workspace{
		Name: name, TechnicalName: name, Contact: name + "@example.org", Supervisor: supervisor.User, Public: true,
	})
	w.OK(err)
	return d.Workspace
}

// Join makes somebody a member.
func (w *World) Join(in workspace.Workspace, who workspace.Actor, roles ...rbac.RoleName) {
	w.Helper()
	_, err := w.Workspaces.PutMember(w.Context(), w.Admin, in.ID, who.Principal, roles)
	w.OK(err)
}

// Offering publishes a layer of the publisher.
func (w *World) Offering(layer string, open bool) offering.Offering {
	w.Helper()
	o, err := w.Offerings.Register(w.Context(), w.Author, offering.Offering{
		Workspace: w.Publisher.ID, Endpoint: w.Endpoint.ID, LayerName: layer, Open: open, Available: true,
	})
	w.OK(err)
	return o
}

// Permit lets a user use offerings.
func (w *World) Permit(who workspace.Actor, end time.Time, offerings ...offering.Offering) offering.Given {
	w.Helper()
	return w.Grant(offering.Grant{Users: []workspace.UserID{who.User}, End: end}, offerings...)
}

// Grant permits the use of offerings.
func (w *World) Grant(g offering.Grant, offerings ...offering.Offering) offering.Given {
	w.Helper()
	g.Licence = "Accès restreint"
	for _, o := range offerings {
		g.Offerings = append(g.Offerings, o.ID)
	}
	given, err := w.Offerings.Permit(w.Context(), w.Author, w.Publisher.ID, g)
	w.OK(err)
	return given[0]
}

// Trail returns everything that was recorded.
func (w *World) Trail() []audit.Event {
	w.Helper()
	events, err := w.DB.Trail().List(w.Context(), audit.Filter{})
	w.OK(err)
	return events
}

// Sweep makes each statement of an operation fail in turn, and wants an error
// and nothing kept each time, and success in the end.
func (w *World) Sweep(operation func(ctx context.Context) error) {
	w.Helper()
	// Nothing may be loading beside the operation and take its fault.
	for _, n := range []rbac.Node{rbac.Root, w.Publisher.Num, w.Club.Num} {
		w.OK(w.Rights.Warm(w.Context(), n))
	}
	before := dbtest.Fingerprint(w, w.DB)
	for n := int64(1); n < 500; n++ {
		w.Fault.Set(n)
		err := operation(w.Context())
		seen := w.Fault.Clear()
		if seen < n {
			w.OK(err)
			return
		}
		if err == nil {
			w.Fatalf("statement %d failed and nobody noticed", n)
		}
		if dbtest.Fingerprint(w, w.DB) != before {
			w.Fatalf("statement %d failed (%v) and something was kept", n, err)
		}
	}
	w.Fatal("the operation has no end of statements")
}
