package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// A sample is a backend with short ways to fill it.
type sample struct {
	*Backend

	t    *testing.T
	next int
}

func newSample(t *testing.T, open func(t *testing.T) *Backend) *sample {
	t.Helper()
	return &sample{Backend: open(t), t: t}
}

// at returns the n-th minute of the sample's time.
func at(n int) time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC).Add(time.Duration(n) * time.Minute)
}

// must runs fn in a unit of work that has to succeed.
func (s *sample) must(fn func(ctx context.Context) error) {
	s.t.Helper()
	if err := s.Tx(s.t.Context(), fn); err != nil {
		s.t.Fatalf("a change that must succeed: %v", err)
	}
}

// refused runs fn in a unit of work, wants it to fail with an error that is
// want, and the database to stay as it was.
func (s *sample) refused(want error, fn func(ctx context.Context) error) {
	s.t.Helper()
	_ = s.refusal(want, fn)
}

// refusal is like refused and returns the error.
func (s *sample) refusal(want error, fn func(ctx context.Context) error) error {
	s.t.Helper()
	before := s.Fingerprint(s.t)
	err := s.Tx(s.t.Context(), fn)
	if !errors.Is(err, want) {
		s.t.Fatalf("error %v, want %v", err, want)
	}
	if s.Fingerprint(s.t) != before {
		s.t.Fatalf("refused with %v, and something was kept", err)
	}
	return err
}

// taken runs fn in a unit of work and wants the refusal that a field's value is
// somebody else's.
func (s *sample) taken(field, value string, fn func(ctx context.Context) error) {
	s.t.Helper()
	err := s.refusal(workspace.ErrTaken, fn)
	taken, ok := errors.AsType[*workspace.TakenError](err)
	if !ok || taken.Field != field || taken.Value != value {
		s.t.Fatalf("error %v, want a TakenError of %s %q", err, field, value)
	}
}

// sweep sweeps over fn in a unit of work.
func (s *sample) sweep(fn func(ctx context.Context) error) {
	s.t.Helper()
	Sweep(s.t, s.Backend, func(ctx context.Context) error { return s.Tx(ctx, fn) })
}

// raises wants fn to raise the revisions of nodes, and the root's only when it
// is among them: otherwise every change would concern everybody.
func (s *sample) raises(fn func(ctx context.Context) error, nodes ...rbac.Node) {
	s.t.Helper()
	before := make([]rbac.Token, len(nodes))
	for i, n := range nodes {
		before[i] = s.revision(n)
	}
	root := s.revision(rbac.Root)
	s.must(fn)
	if after := s.revision(rbac.Root); !slices.Contains(nodes, rbac.Root) && after != root {
		s.t.Errorf("the revision of the root went from %+v to %+v, want it left alone", root, after)
	}
	for i, n := range nodes {
		if after := s.revision(n); after == before[i] || !after.Reaches(before[i]) {
			s.t.Errorf("revision of node %d went from %+v to %+v, want it raised", n, before[i], after)
		}
	}
}

func (s *sample) revision(n rbac.Node) rbac.Token {
	s.t.Helper()
	token, err := s.Rules.Revision(s.t.Context(), n)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

func (s *sample) number() int {
	s.next++
	return s.next
}

func (s *sample) organization(name string) workspace.Organization {
	s.t.Helper()
	o := workspace.Organization{
		ID: workspace.OrganizationID(uid.New()), Name: name, Siren: "130025265", Siret: "13002526500013",
		VAT: "FR00130025265", EconomicModel: "free", Note: "who they are", DatabasesQuota: 5, UploadsQuota: quota.NoLimit, Created: at(1), Updated: at(2),
	}
	s.must(func(ctx context.Context) (err error) {
		o, err = s.Workspaces.AddOrganization(ctx, o)
		return err
	})
	return o
}

func (s *sample) user(name string) workspace.User {
	s.t.Helper()
	u := workspace.User{
		ID: workspace.UserID(uid.New()), Username: name, Email: name + "@example.org",
		FirstName: "First", LastName: "Last", Language: "fr", Created: at(1), Updated: at(2),
	}
	s.must(func(ctx context.Context) (err error) {
		u, err = s.Workspaces.AddUser(ctx, u)
		return err
	})
	return u
}

func (s *sample) workspace(technical string, o workspace.OrganizationID, supervisor workspace.UserID) workspace.Workspace {
	s.t.Helper()
	w := workspace.Workspace{
		ID: workspace.ID(uid.New()), Organization: o, Name: "Name of " + technical, TechnicalName: technical,
		Description: "what it is for", Contact: "x@example.org", Active: true, Supervisor: supervisor,
		Project: workspace.Project{Number: "01", GrossArea: "12.5"}, CreatedBy: "ada", UpdatedBy: "eve", Created: at(1), Updated: at(2),
	}
	s.must(func(ctx context.Context) (err error) {
		w, err = s.Workspaces.AddWorkspace(ctx, w)
		return err
	})
	return w
}

// place returns a workspace with a supervisor, on the root.
func (s *sample) place() workspace.Workspace {
	s.t.Helper()
	n := s.number()
	return s.workspace(fmt.Sprintf("place%d", n), "", s.user(fmt.Sprintf("supervisor%d", n)).ID)
}

func (s *sample) group(name string, in workspace.ID) workspace.Group {
	s.t.Helper()
	g := workspace.Group{
		ID: workspace.GroupID(uid.New()), Workspace: in, Name: name, Description: "who they are",
		Created: at(1), Updated: at(2),
	}
	s.must(func(ctx context.Context) (err error) {
		g, err = s.Workspaces.AddGroup(ctx, g)
		return err
	})
	return g
}

func (s *sample) datastore(in workspace.ID) workspace.DatastoreSettings {
	s.t.Helper()
	d := workspace.DatastoreSettings{
		ID: workspace.DatastoreID(uid.New()), Workspace: in, MetadataPrefix: "m_", LayerPrefix: "l_",
		Sharings: true, Created: at(1), Updated: at(2),
	}
	s.must(func(ctx context.Context) error { return s.Workspaces.AddDatastore(ctx, d) })
	return d
}

// realDatabase returns a database of an organization's.
func (s *sample) realDatabase(name database.Name, o workspace.OrganizationID) workspace.DatabaseID {
	s.t.Helper()
	d := database.Database{
		ID: workspace.DatabaseID(uid.New()), Organization: o, Name: name, State: database.Ready, CreatedBy: "ada",
		Created: at(1), Updated: at(2),
	}
	s.must(func(ctx context.Context) error {
		_, err := s.Databases.AddDatabase(ctx, d)
		return err
	})
	return d.ID
}

// offering returns an offering on an endpoint that a workspace was given.
func (s *sample) offering(in workspace.ID) offering.Offering {
	s.t.Helper()
	pool := quota.Pool{
		ID: quota.PoolID(uid.New()), Kind: quota.Endpoint, Unit: quota.Count, Type: "WFS", Name: "endpoint",
		Capacity: quota.NoLimit, Details: []byte("{}"), Created: at(1), Updated: at(2),
	}
	share := quota.Allocation{
		ID: quota.AllocationID(uid.New()), Pool: pool.ID, Holder: quota.Holder(in), Limit: 10, Created: at(1), Updated: at(2),
	}
	o := offering.Offering{
		ID: offering.ID(uid.New()), Workspace: in, Endpoint: pool.ID, Allocation: share.ID, Type: "WFS",
		LayerName: "layer", Status: offering.Published, Available: true, Created: at(1), Updated: at(2),
	}
	s.must(func(ctx context.Context) (err error) {
		if _, err = s.Quotas.SavePool(ctx, pool); err != nil {
			return err
		}
		if _, err = s.Quotas.SaveAllocation(ctx, share); err != nil {
			return err
		}
		o, err = s.Offerings.AddOffering(ctx, o)
		return err
	})
	return o
}

func (s *sample) put(m workspace.Member) {
	s.t.Helper()
	s.must(func(ctx context.Context) error { return s.Workspaces.PutMember(ctx, m) })
}

// rule returns a rule that gives a role on a node.
func (s *sample) rule(n rbac.Node, p rbac.Principal, role rbac.RoleName, origin string) rbac.Rule {
	return rbac.Rule{
		ID: rbac.RuleID(uid.New()), Node: n, Effect: rbac.Allow, Principal: p, Role: role,
		Propagate: true, Origin: origin, Created: at(3),
	}
}

func (s *sample) give(r rbac.Rule) {
	s.t.Helper()
	s.must(func(ctx context.Context) error {
		_, err := s.Rules.AddRule(ctx, r)
		return err
	})
}

func (s *sample) event(action string, n int) audit.Event {
	return audit.Event{
		ID: audit.EventID(uid.New()), At: at(n), Principal: 7, Actor: "Zoë", Via: "basic", Address: "192.0.2.1",
		Action: action, Workspace: "w", Organization: "o",
		Object: audit.Object{Kind: "member", ID: "i", Name: "n"}, Detail: []byte(`{"roles":["a"]}`),
		Credential: "k", Behalf: "Émile", BehalfPrincipal: 6, Outcome: "", Reason: "why", Before: []byte(`{"roles":[]}`),
	}
}

// equal wants two values to be the same.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}

// chooses wants list and count to choose the wanted, in that order, and pages
// of the list to be parts of it.
func chooses[T any, K comparable](
	t *testing.T, what string, key func(T) K, want []K,
	list func(offset, limit int) ([]T, error), count func(offset, limit int) (int, error),
) {
	t.Helper()
	keys := func(offset, limit int) []K {
		items, err := list(offset, limit)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		got := []K{}
		for _, item := range items {
			got = append(got, key(item))
		}
		return got
	}
	equal(t, what, keys(0, 0), append([]K{}, want...))
	for _, bound := range []struct{ offset, limit int }{{0, 1}, {1, 0}, {1, 1}, {len(want), 5}} {
		part := []K{}
		for i := bound.offset; i < len(want) && (bound.limit == 0 || i < bound.offset+bound.limit); i++ {
			part = append(part, want[i])
		}
		equal(t, fmt.Sprintf("%s, page %+v", what, bound), keys(bound.offset, bound.limit), part)
		n, err := count(bound.offset, bound.limit)
		if err != nil || n != len(want) {
			t.Errorf("%s: count %d, %v with page %+v; want %d", what, n, err, bound, len(want))
		}
	}
}

// one returns the only one.
func one[T any](t *testing.T, list []T, err error) T {
	t.Helper()
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v; want one", list, err)
	}
	return list[0]
}

// together runs parts, each of which has a subtest with backends of its own.
func together(t *testing.T, open func(t *testing.T) *Backend, parts map[string]func(s *sample)) {
	t.Helper()
	for name, part := range parts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part(newSample(t, open))
		})
	}
}
