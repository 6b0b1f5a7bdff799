// Package offering says what is published and who may call it: offerings that
// a workspace broadcasts on the endpoints it was given, permissions to use
// them, and the traffic that hosts report.
//
// An [Offering] takes one unit of its endpoint's allocation and has a node of
// its own in the tree of authority. A [Permission] lets a user, or all members
// of a workspace, use some offerings of one workspace until a date; it is kept
// as rules on the offerings' nodes, so that the engine that decides about
// everything else decides about calls as well: a permission that ends, a
// member who leaves, a workspace that is deactivated all take effect at once.
// An open offering may be used by everybody.
//
// The package does not serve offerings: whoever does registers them here with
// [Service.Register] and asks apikey.Service.Verify for each call. Start with
// [New].
package offering

import (
	"context"
	"errors"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Identifiers are UUIDs in lower case, made by the service.
type (
	// An ID identifies an offering.
	ID string
	// A PermissionID identifies a permission.
	PermissionID string
)

// Errors that the package returns, besides those of workspace.
var (
	// ErrNotFound is returned for what does not exist, and for what the actor
	// may not know to exist.
	ErrNotFound = errors.New("offering: not found")
	// ErrPersonal is returned to who wants to decline a permission that was not
	// given to himself.
	ErrPersonal = errors.New("offering: the permission is not personal")
)

// A Status is where an offering stands (spec/entrepot.md §4.3).
type Status string

// The statuses.
const (
	Publishing   Status = "PUBLISHING"
	Modifying    Status = "MODIFYING"
	Published    Status = "PUBLISHED"
	Unpublishing Status = "UNPUBLISHING"
	Unstable     Status = "UNSTABLE"
)

// An Offering is a layer published on an endpoint.
type Offering struct {
	ID ID
	// Num is the offering's node in the tree of authority.
	Num       rbac.Node
	Workspace workspace.ID
	// Endpoint is the pool it is published on, Allocation the share it takes a
	// unit of.
	Endpoint   quota.PoolID
	Allocation quota.AllocationID
	Type       string // the endpoint's: "WFS"
	LayerName  string // unique on its endpoint
	Status     Status
	// Open offerings may be used by everybody.
	Open bool
	// Available is false while the endpoint cannot serve it.
	Available bool
	URLs      []quota.URL
	Created   time.Time
	Updated   time.Time
}

// A Filter chooses offerings. Its zero value chooses all, in order of creation.
type Filter struct {
	IDs       []ID
	Workspace workspace.ID
	Endpoint  quota.PoolID
	Open      *bool
	// Lock keeps everybody else from changing what is chosen until the unit of
	// work ends, and fails outside one.
	Lock   bool
	Offset int
	Limit  int // 0 for no bound
}

// A Store keeps offerings, permissions and traffic. Methods that change
// something are called inside a unit of work and fail outside one.
type Store interface {
	// Tx runs fn in a unit of work, joining the one that ctx is in.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	// Offerings and CountOfferings return what a filter chooses.
	Offerings(ctx context.Context, f Filter) ([]Offering, error)
	CountOfferings(ctx context.Context, f Filter) (int, error)
	// AddOffering stores a new offering with a node of its own below its
	// workspace's, and returns it with its Num. It returns a
	// workspace.TakenError for the layer name, ErrNotFound for the workspace or
	// the allocation.
	AddOffering(ctx context.Context, o Offering) (Offering, error)
	// SaveOffering stores a change of status, availability and addresses. It
	// returns ErrNotFound.
	SaveOffering(ctx context.Context, o Offering) error
	// DeleteOffering deletes an offering, its node, the rules on it, its place
	// in permissions, and accesses to it. It returns ErrNotFound.
	DeleteOffering(ctx context.Context, id ID) error
	Directory
	Permissions
	Traffics
}

// A Directory tells who and where. Whoever asks has been authorized already.
type Directory interface {
	// Workspaces and Users return what a filter chooses.
	Workspaces(ctx context.Context, f workspace.Filter) ([]workspace.Workspace, error)
	Users(ctx context.Context, f workspace.UserFilter) ([]workspace.User, error)
}

// Permissions keep permissions.
type Permissions interface {
	// Permissions and CountPermissions return what a filter chooses, each with
	// its offerings in the order they were given.
	Permissions(ctx context.Context, f PermissionFilter) ([]Permission, error)
	CountPermissions(ctx context.Context, f PermissionFilter) (int, error)
	// AddPermission stores a new one. It returns ErrNotFound for the
	// beneficiary or an offering.
	AddPermission(ctx context.Context, p Permission) error
	// SavePermission stores a change of licence, end date and offerings;
	// accesses to offerings that are no longer in it are deleted, and the rules
	// of the others, of origin "access/" and their identifier, end when it does.
	// It returns ErrNotFound for the permission or an offering.
	SavePermission(ctx context.Context, p Permission) error
	// DeletePermission deletes one and the accesses it gave, with their rules.
	// It returns ErrNotFound.
	DeletePermission(ctx context.Context, id PermissionID) error
}

// Traffics keep traffic by day.
type Traffics interface {
	// AddTraffic adds to what was counted that day.
	AddTraffic(ctx context.Context, t Traffic) error
	// Days sums up traffic by day, in order.
	Days(ctx context.Context, f TrafficFilter) ([]Day, error)
}

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
}

// A Service keeps the rules of offerings and permissions. It is safe for
// concurrent use.
type Service struct {
	store      Store
	workspaces *workspace.Service
	rights     workspace.Authorizer
	meter      Meter
	trail      Trail
	now        func() time.Time
}

// A Meter counts; [quota.Service] does.
type Meter interface {
	Consume(ctx context.Context, id quota.AllocationID, n int64, why quota.Reason) error
	Release(ctx context.Context, id quota.AllocationID, n int64, why quota.Reason) error
}

// A Trail records; an [audit.Store] does.
type Trail interface {
	Append(ctx context.Context, e audit.Event) error
}

// New makes a service of its collaborators.
func New(store Store, workspaces *workspace.Service, rights workspace.Authorizer, meter Meter, trail Trail, opts *Options) *Service {
	s := &Service{store: store, workspaces: workspaces, rights: rights, meter: meter, trail: trail, now: time.Now}
	if opts != nil && opts.Now != nil {
		s.now = opts.Now
	}
	return s
}
