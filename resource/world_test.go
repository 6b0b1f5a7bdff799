package resource_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/storagetest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// A world is a platform with two workspaces, each with a tree in which the
// built-in classes and those of species can lie. Its clock stands still until
// the test calls pass.
type world struct {
	*testing.T

	address    string
	db         *storage.DB
	fault      *dbtest.Fault
	keeper     *keeper
	rights     *rbac.Engine
	quotas     *quota.Service
	workspaces *workspace.Service
	resources  *resource.Service

	// Admin has the database in his hands, root is a user who administers the
	// platform. In the city, Boss is the supervisor, and the others are members
	// with the role that they are called after, or none. Mallory is a member
	// nowhere, the guest has not said who he is.
	admin, root                           workspace.Actor
	boss, manager, editor, viewer, member workspace.Actor
	mallory, guest                        workspace.Actor
	city, club                            workspace.Workspace
	now                                   atomic.Pointer[time.Time]
	grown                                 int
}

// each runs a test in a world on a fresh database of each kind.
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
	w := &world{T: t, fault: &dbtest.Fault{}, address: kind.Make(t), keeper: &keeper{deleted: map[rbac.Node]bool{}}}
	now := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	w.now.Store(&now)
	w.db = dbtest.OpenWith(t, w.address, &storage.Options{Connector: w.fault.Connector})
	w.rights, w.quotas, w.resources = w.serve(w.db)
	w.workspaces = workspace.New(w.db.Workspaces(), w.rights, w.quotas, w.db.Trail(),
		&workspace.Options{Now: w.clock, Contents: w.resources})

	w.admin, w.guest = workspace.Command("test"), workspace.Guest("192.0.2.9")
	w.root = w.account(workspace.User{Username: "root", Administrator: true})
	w.boss, w.manager, w.editor, w.viewer = w.user("boss"), w.user("manager"), w.user("editor"), w.user("viewer")
	w.member, w.mallory = w.user("member"), w.user("mallory")
	w.city, w.club = w.workspace("city", w.boss), w.workspace("club", w.user("chair"))
	w.join(w.city, w.manager, workspace.RoleAdministrator)
	w.join(w.city, w.editor, workspace.RoleEditor)
	w.join(w.city, w.viewer, workspace.RoleViewer)
	w.join(w.city, w.member)
	return w
}

// serve makes the services of a server on a database.
func (w *world) serve(db *storage.DB) (*rbac.Engine, *quota.Service, *resource.Service) {
	w.Helper()
	catalog, err := resource.NewCatalog(species())
	w.ok(err)
	schema, err := resource.Schema(catalog)
	w.ok(err)
	rights := rbac.New(db.Rules(), schema, &rbac.Options{Now: w.clock})
	quotas := quota.New(db.Quotas(), &quota.Options{Now: w.clock})
	resources := resource.New(db.Resources(), catalog, rights, quotas, db.Trail(),
		map[string]resource.Keeper{"leaf": w.keeper}, &resource.Options{Now: w.clock, Sealer: sealerOf(w.T, 0)})
	return rights, quotas, resources
}

// another returns the tree as another server on the same database has it.
func (w *world) another() *resource.Service {
	w.Helper()
	_, _, resources := w.serve(dbtest.Open(w, w.address))
	return resources
}

// species are the built-in classes and some that tests are easily made of:
// leaves lie in groups and in leaves, a needer cannot be without what it must
// refer to, and a wisher can.
func species() []resource.Class {
	parts := []resource.Attribute{
		{Name: "may", Kind: resource.Link, Nullable: true},
		{Name: "some", Kind: resource.List, Items: resource.Link, Default: []any{}},
		{Name: "word", Kind: resource.Secret, Nullable: true},
	}
	must := resource.Attribute{Name: "must", Kind: resource.Link, Required: true, Classes: []string{"leaf", "needer"}}
	return append(resource.Builtin(),
		resource.Class{Name: "leaf", Labels: resource.Labels{"en": "Leaf"}, Parents: []string{"resource_group", "leaf"}, Order: 900},
		resource.Class{
			Name: "needer", Labels: resource.Labels{"en": "Needer"}, Parents: []string{"resource_group", "leaf"}, Order: 901,
			Members: []resource.Member{{Name: "needer", Attributes: append([]resource.Attribute{must}, parts...)}},
		},
		resource.Class{
			Name: "wisher", Labels: resource.Labels{"en": "Wisher"}, Parents: []string{"resource_group"}, Order: 902,
			Members: []resource.Member{{Name: "wisher", Attributes: parts}},
		},
	)
}

// A keeper keeps three bytes of every leaf, and remembers what it was told.
type keeper struct {
	deleted map[rbac.Node]bool
	most    int // how many it was told of at once
	fails   error
}

func (k *keeper) Create(context.Context, *resource.Resource) error { return k.fails }

func (k *keeper) Update(context.Context, resource.Resource, *resource.Resource) error { return k.fails }

func (k *keeper) Delete(_ context.Context, _ workspace.ID, nodes []rbac.Node) error {
	k.most = max(k.most, len(nodes))
	for _, n := range nodes {
		k.deleted[n] = true
	}
	return k.fails
}

func (k *keeper) Volume(_ context.Context, _ workspace.ID, nodes []rbac.Node) (int64, error) {
	return int64(3 * len(nodes)), k.fails
}

func (w *world) clock() time.Time { return *w.now.Load() }

// pass lets time pass and returns the time as it is kept.
func (w *world) pass(d time.Duration) time.Time {
	now := w.clock().Add(d)
	w.now.Store(&now)
	return now.Truncate(time.Microsecond)
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// wants wants an error.
func (w *world) wants(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Errorf("error %v, want %v", err, want)
	}
}

// invalid wants the refusal of a field.
func (w *world) invalid(err error, field string) {
	w.Helper()
	if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Field != field {
		w.Errorf("error %v, want an InvalidError of %s", err, field)
	}
}

// denied wants the refusal of a permission on a node.
func (w *world) denied(err error, n rbac.Node, perm rbac.Permission) {
	w.Helper()
	denied, ok := errors.AsType[*rbac.DeniedError](err)
	if !ok || denied.Explanation.Node != n || denied.Explanation.Permission != perm {
		w.Errorf("error %v, want the refusal of %s on %d", err, perm, n)
	}
}

// unchanged wants an operation to be refused with an error, and to change
// nothing.
func (w *world) unchanged(want error, operation func() error) error {
	w.Helper()
	before := dbtest.Fingerprint(w, w.db)
	err := operation()
	w.wants(err, want)
	if dbtest.Fingerprint(w, w.db) != before {
		w.Errorf("refused with %v, and something was kept", err)
	}
	return err
}

// untouched wants something to leave the database as it is.
func (w *world) untouched(do func()) {
	w.Helper()
	before := dbtest.Fingerprint(w, w.db)
	do()
	if dbtest.Fingerprint(w, w.db) != before {
		w.Error("the database changed")
	}
}

func (w *world) user(name string) workspace.Actor {
	w.Helper()
	return w.account(workspace.User{Username: name})
}

func (w *world) account(u workspace.User) workspace.Actor {
	w.Helper()
	u.Email, u.FirstName, u.LastName, u.Language = u.Username+"@example.org", u.Username, "Test", "fr"
	u, err := w.workspaces.CreateUser(w.Context(), w.admin, u)
	w.ok(err)
	return workspace.Actor{Principal: u.Num, User: u.ID, Name: u.Username, Via: "basic", Address: "192.0.2.1"}
}

func (w *world) workspace(name string, supervisor workspace.Actor) workspace.Workspace {
	w.Helper()
	d, err := w.workspaces.Create(w.Context(), w.admin, workspace.Workspace{
		Name: name, TechnicalName: name, Contact: name + "@example.org", Supervisor: supervisor.User,
	})
	w.ok(err)
	return d.Workspace
}

func (w *world) join(in workspace.Workspace, who workspace.Actor, roles ...rbac.RoleName) {
	w.Helper()
	_, err := w.workspaces.PutMember(w.Context(), w.admin, in.ID, who.Principal, roles)
	w.ok(err)
}

// key returns a key as an actor: of a workspace, with a role, or somebody's own
// where none is named.
func (w *world) key(maker workspace.Actor, in workspace.ID, role rbac.RoleName) workspace.Actor {
	w.Helper()
	sealer, err := apikey.NewSealer(make([]byte, 32))
	w.ok(err)
	keys := accesskey.New(w.db.AccessKeys(), w.rights, w.quotas, w.db.Trail(), &accesskey.Options{Now: w.clock, Sealer: sealer})
	k, _, err := keys.Create(w.Context(), maker, accesskey.Key{
		Workspace: in, Title: "key", Role: role, Expires: w.clock().Add(24 * time.Hour),
	})
	w.ok(err)
	actor := workspace.Actor{Principal: k.Num, Name: "key", Via: "key", Credential: string(k.ID)}
	if in == "" {
		actor.Behalf, actor.BehalfName, actor.BehalfPrincipal = maker.User, maker.Name, maker.Principal
	}
	return actor
}

// grant puts a rule on a node, past everything that would refuse it.
func (w *world) grant(n rbac.Node, p rbac.Principal, perm rbac.Permission, propagate bool) {
	w.Helper()
	w.rule(rbac.Rule{Node: n, Effect: rbac.Allow, Principal: p, Scope: perm.Scope(), Permission: perm.Name(), Propagate: propagate})
}

// deny is like grant and takes away.
func (w *world) deny(n rbac.Node, p rbac.Principal, perm rbac.Permission, propagate bool) {
	w.Helper()
	w.rule(rbac.Rule{Node: n, Effect: rbac.Deny, Principal: p, Scope: perm.Scope(), Permission: perm.Name(), Propagate: propagate})
}

func (w *world) rule(r rbac.Rule) rbac.Rule {
	w.Helper()
	r.Origin = workspace.OriginManual
	w.ok(w.db.Tx(w.Context(), func(ctx context.Context) error {
		var err error
		r, err = w.rights.Grant(ctx, r)
		return err
	}))
	return r
}

// make has somebody make a resource that must be allowed.
func (w *world) make(who workspace.Actor, d resource.Draft) resource.Resource {
	w.Helper()
	r, err := w.resources.Create(w.Context(), who, d)
	w.ok(err)
	return r
}

// group makes a group as the boss.
func (w *world) group(parent rbac.Node, name string) resource.Resource {
	w.Helper()
	return w.make(w.boss, resource.Draft{Class: resource.ResourceGroup, Parent: parent, DisplayName: name})
}

// grow makes a resource of a class, with a name of its own, as root.
func (w *world) grow(class string, parent rbac.Node, values map[string]any) rbac.Node {
	w.Helper()
	w.grown++
	d := resource.Draft{Class: class, Parent: parent, DisplayName: fmt.Sprintf("%s %d", class, w.grown)}
	if values != nil {
		d.Settings = resource.Settings{class: values}
	}
	return w.make(w.root, d).Num
}

func (w *world) branch(parent rbac.Node) rbac.Node {
	w.Helper()
	return w.grow(resource.ResourceGroup, parent, nil)
}

func (w *world) leaf(parent rbac.Node) rbac.Node {
	w.Helper()
	return w.grow("leaf", parent, nil)
}

// stay and went want resources to be there still, and no longer.
func (w *world) stay(nodes ...rbac.Node) {
	w.Helper()
	for _, n := range nodes {
		_, err := w.resources.Resource(w.Context(), w.root, n)
		w.ok(err)
	}
}

func (w *world) went(nodes ...rbac.Node) {
	w.Helper()
	for _, n := range nodes {
		_, err := w.resources.Resource(w.Context(), w.root, n)
		w.wants(err, resource.ErrNotFound)
	}
}

// names returns what a list has, in its order.
func names(list []resource.Resource) []string {
	found := []string{}
	for _, r := range list {
		found = append(found, r.DisplayName)
	}
	return found
}

// lists wants somebody to see some resources in a list, and their number.
func (w *world) lists(who workspace.Actor, f resource.Filter, want ...string) {
	w.Helper()
	list, n, err := w.resources.Resources(w.Context(), who, f)
	w.ok(err)
	if want == nil {
		want = []string{}
	}
	if got := names(list); !slices.Equal(got, want) || f.Limit == 0 && n != len(want) {
		w.Errorf("%s sees %v, %d in all; want %v", who.Name, got, n, want)
	}
}

// trail returns everything that was recorded of resources, the first at first.
func (w *world) trail() []audit.Event {
	w.Helper()
	events, err := w.db.Trail().List(w.Context(), audit.Filter{})
	w.ok(err)
	return slices.DeleteFunc(events, func(e audit.Event) bool { return e.Object.Kind != "resource" })
}

// sweep makes each statement of an operation fail in turn, and wants an error
// and nothing kept each time, and success in the end.
func (w *world) sweep(operation func(ctx context.Context) error) {
	w.Helper()
	// Nothing may be loading beside the operation and take its fault.
	for _, n := range []rbac.Node{rbac.Root, w.city.Num, w.club.Num} {
		w.ok(w.rights.Warm(w.Context(), n))
	}
	storagetest.Sweep(w.T, &storagetest.Backend{
		Fault: w.fault, Fingerprint: func(tb testing.TB) string { tb.Helper(); return dbtest.Fingerprint(tb, w.db) },
	}, operation)
}

// compare tells how two values differ, nothing where they do not.
func compare(want, got any) string { return cmp.Diff(want, got) }

func asTaken(err error) (*resource.TakenError, bool) { return errors.AsType[*resource.TakenError](err) }
