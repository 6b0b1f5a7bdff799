// Package resource is the tree that lies in workspaces: groups, layers, styles,
// connections, services, maps, each a node of the tree of authority with a
// class, a name, an owner, rules, and settings of its class.
//
// The rules it keeps: a class says what its resources can lie in, what can be
// permitted on them and what they are made of (see [Class]); names are unique
// among siblings, keynames in a workspace; nothing lies in itself; what a
// resource refers to is there, and is not deleted while something refers to it;
// who deletes something may delete all of it; nobody gives more than he has;
// every change is one unit of work that leaves an audit event.
//
// Who may what is decided by [rbac.Engine], by the permissions that [Schema]
// adds to those of workspaces. What a resource holds besides its settings
// (features, files) is kept by a [Keeper] of its class: package feature is one.
// Start with [NewCatalog] and [New].
//
// Methods that name a node return [ErrNotFound] where there is no resource of
// that number and *[rbac.DeniedError] where there is and the actor may not:
// numbers are no secret (spec/ngw.md §4.1).
package resource

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// An ID identifies a resource, beside its number: a UUID in lower case, made by
// the service.
type ID string

// A Resource is a node of a workspace's tree.
//
// The node of a workspace is one as well, of class [workspace.ClassWorkspace]
// and with the workspace's name, so that whoever walks the tree can begin with
// it. It is changed by workspace.Service and not here.
type Resource struct {
	ID ID
	// Num is its node in the tree of authority.
	Num rbac.Node
	// Workspace is where it lies, and Top the node of that.
	Workspace workspace.ID
	Top       rbac.Node
	// Parent is the node above it.
	Parent rbac.Node
	// Class is the name of its class.
	Class string
	// Owner is a user, or a key, or 0 for nobody.
	Owner rbac.Principal
	// Keyname finds it for programs, unique in the workspace; empty for none.
	Keyname string
	// DisplayName is 1 to 255 characters, unique among its siblings, by case.
	DisplayName string
	// Description is HTML, from which everything dangerous was taken; at most
	// 64 KiB.
	Description string
	// Meta are values for whoever uses the resource: string, float64, int64 for
	// a number without a fraction, bool or nil, by a name of 1 to 255
	// characters; at most 256.
	Meta map[string]any
	// Settings are what its class says, by member and attribute.
	Settings Settings
	// Children is whether anything lies in it; of what a [Service] returns, whether
	// anything does on which the actor holds [Read].
	Children bool
	Created  time.Time
	Updated  time.Time
}

// Settings are the values of a resource's attributes, by the member and the name
// of the attribute: Settings["webmap"]["extent_left"]. Values are those of JSON,
// numbers as float64, or int64 where an integer is declared. What is not there
// was never set.
type Settings map[string]map[string]any

// A Filter chooses resources. Its zero value chooses all; conditions add up.
type Filter struct {
	Nums []rbac.Node
	IDs  []ID
	// Workspaces chooses resources in some workspaces, by their nodes.
	Workspaces []rbac.Node
	// Parents chooses what lies directly in some nodes.
	Parents []rbac.Node
	// Under chooses a node and everything below it.
	Under *rbac.Node
	// Nodes keeps resources whose node satisfies the condition. A [Service]
	// sets it itself.
	Nodes    *rbac.Condition
	Classes  []string
	Owners   []rbac.Principal
	Keynames []string
	// DisplayNames match exactly. Like and ILike are patterns in which % stands
	// for any text and _ for any character, by case and regardless of it.
	DisplayNames []string
	Like, ILike  string
	// Meta are conditions on values of Meta.
	Meta []MetaCondition
	// Tops has the nodes of workspaces chosen as well.
	Tops bool
	// Order is that of Num when zero. After continues behind a resource in that
	// order; Limit bounds the answer, 0 for no bound.
	Order  Order
	After  *Mark
	Offset int
	Limit  int
	// Uncounted spares [Service.Resources] to count them: how many there are is
	// then 0. What is counted takes time, a page does not.
	Uncounted bool
}

// A MetaCondition is one on a value of [Resource.Meta]. Of Has, Equals, Like and
// ILike, one is set.
type MetaCondition struct {
	Key         string
	Has         *bool
	Equals      any // string, float64, int64, bool
	Null        bool
	Like, ILike string
}

// An Authorizer decides; [rbac.Engine] does.
type Authorizer interface {
	Check(ctx context.Context, p rbac.Principal, n rbac.Node, perm rbac.Permission, c rbac.Consistency) (bool, error)
	CheckMany(ctx context.Context, p rbac.Principal, questions []rbac.Question, c rbac.Consistency) ([]bool, error)
	Require(ctx context.Context, p rbac.Principal, n rbac.Node, perm rbac.Permission, c rbac.Consistency) error
	Effective(ctx context.Context, p rbac.Principal, n rbac.Node, c rbac.Consistency) (rbac.Set, error)
	Covers(ctx context.Context, p rbac.Principal, r rbac.Rule) error
	Explain(ctx context.Context, p rbac.Principal, n rbac.Node, perm rbac.Permission, c rbac.Consistency) (rbac.Explanation, error)
	Holders(ctx context.Context, n rbac.Node, f rbac.PrincipalFilter, c rbac.Consistency) ([]rbac.Holder, error)
	Simulate(ctx context.Context, changes []rbac.Change, f rbac.SimulationFilter, c rbac.Consistency) (rbac.Simulation, error)
	Filter(ctx context.Context, p rbac.Principal, perm rbac.Permission, under rbac.Node, class string, c rbac.Consistency) (rbac.Condition, error)
	List(ctx context.Context, p rbac.Principal, perm rbac.Permission, f rbac.ListFilter, c rbac.Consistency) ([]rbac.Node, error)
	Revision(ctx context.Context, n rbac.Node) (rbac.Token, error)
	Rules(ctx context.Context, f rbac.RuleFilter) ([]rbac.Rule, error)
	Grant(ctx context.Context, r rbac.Rule) (rbac.Rule, error)
	Revoke(ctx context.Context, f rbac.RuleFilter) (int, error)
	Schema() *rbac.Schema
}

// A Meter counts what is taken of shares; [quota.Service] does.
type Meter interface {
	Pools(ctx context.Context, f quota.PoolFilter) ([]quota.Pool, int, error)
	CreatePool(ctx context.Context, p quota.Pool) (quota.Pool, error)
	Allocations(ctx context.Context, f quota.AllocationFilter) ([]quota.Allocation, int, error)
	Allocate(ctx context.Context, a quota.Allocation) (quota.Allocation, error)
	UpdateAllocation(ctx context.Context, id quota.AllocationID, change func(*quota.Allocation) error) (quota.Allocation, error)
	Consume(ctx context.Context, id quota.AllocationID, n int64, why quota.Reason) error
	Release(ctx context.Context, id quota.AllocationID, n int64, why quota.Reason) error
}

// A Trail records; an [audit.Store] does.
type Trail interface {
	Append(ctx context.Context, e audit.Event) error
}

// A Sealer encrypts what must be read again, such as passwords of connections;
// apikey.Sealer does.
type Sealer interface {
	Seal(plaintext, context []byte) (string, error)
	Open(text string, context []byte) ([]byte, error)
}

// A Keeper keeps what resources of a class hold besides their settings. Its
// methods are called inside the unit of work of the change, after it was
// authorized; an error undoes all of it.
type Keeper interface {
	// Create is called when a resource was stored. It may complete the settings,
	// which are then stored again.
	Create(ctx context.Context, r *Resource) error
	// Update is called before changed settings are stored, which it may complete
	// or refuse.
	Update(ctx context.Context, before Resource, r *Resource) error
	// Delete is called before resources of the class are deleted.
	Delete(ctx context.Context, in workspace.ID, nodes []rbac.Node) error
	// Volume returns how many bytes resources of the class take.
	Volume(ctx context.Context, in workspace.ID, nodes []rbac.Node) (int64, error)
}

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// Sealer encrypts secrets in settings. Without one, resources with secrets
	// are refused.
	Sealer Sealer
}

// A Service keeps the rules of the tree. It is safe for concurrent use.
type Service struct {
	store   Store
	catalog *Catalog
	rights  Authorizer
	meter   Meter
	trail   Trail
	now     func() time.Time
	sealer  Sealer
	keepers map[string]Keeper
}

// New makes a service of its collaborators. Keepers are by the name of the class
// that they keep something for.
func New(store Store, catalog *Catalog, rights Authorizer, meter Meter, trail Trail, keepers map[string]Keeper, opts *Options) *Service {
	s := &Service{store: store, catalog: catalog, rights: rights, meter: meter, trail: trail, keepers: keepers, now: time.Now}
	if opts == nil {
		opts = &Options{}
	}
	if opts.Now != nil {
		s.now = opts.Now
	}
	s.sealer = opts.Sealer
	return s
}

// Catalog returns the classes that the service knows.
func (s *Service) Catalog() *Catalog { return s.catalog }
