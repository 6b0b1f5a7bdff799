package workspace

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// The slots that storages are allocated in.
const (
	SlotData    = "data"
	SlotUploads = "uploads"
	SlotAnnexes = "annexes"
)

// DatastoreSettings are what of a datastore is not an allocation.
type DatastoreSettings struct {
	ID        DatastoreID
	Workspace ID
	// MetadataPrefix and LayerPrefix are set before the file identifiers of
	// metadata and the layer names of configurations.
	MetadataPrefix string
	LayerPrefix    string
	// Sharings allows sharing stored data with other datastores.
	Sharings bool
	Created  time.Time
	Updated  time.Time
}

// A Datastore is a workspace's share of the platform's facilities.
type Datastore struct {
	DatastoreSettings

	// In is the workspace.
	In Workspace
	// Shares are its allocations with their pools: of storages by slot
	// ("data" in the order given, "uploads", "annexes"), then of endpoints,
	// processings and checks, each in the order given.
	Shares []Share
}

// A Share is an allocation with the pool that it is of.
type Share struct {
	quota.Allocation

	From quota.Pool
}

// A Plan says what a datastore is to be given. In an update, a nil list or
// pointer leaves what is there.
type Plan struct {
	Data        []Portion
	Uploads     *Portion
	Annexes     *Portion
	Endpoints   []Portion
	Processings []quota.PoolID
	Checks      []quota.PoolID
	// Empty prefixes remove, nil ones leave.
	MetadataPrefix *string
	LayerPrefix    *string
	Sharings       *bool
	// Active activates or deactivates the workspace with the same unit of
	// work; nil leaves it.
	Active *bool
}

// A Portion is a limit in a pool, in the pool's unit, at least 0.
type Portion struct {
	Pool  quota.PoolID
	Limit int64
}

// A DatastoreFilter chooses datastores. Its zero value chooses all, in order
// of creation.
type DatastoreFilter struct {
	Newest bool // turns the order round
	Offset int
	Limit  int // 0 for no bound
}

// OpenDatastore gives a workspace a datastore. The plan must name uploads,
// annexes, data and endpoints (which may be empty). The workspace is
// deactivated with it: an administrator activates it when all is in place. It
// needs [Allocate], and [ManageWorkspaces] above the workspace.
//
// It returns an InvalidError for a portion whose pool does not exist or is of
// another kind, or that is named twice, and a TakenError for a workspace that
// has a datastore.
func (s *Service) OpenDatastore(ctx context.Context, actor Actor, id ID, p Plan) (Datastore, error) {
	panic("unbuilt")
}

// UpdateDatastore changes what the plan names: a list replaces the list that
// was there. It needs what [Service.OpenDatastore] needs. It returns ErrInUse
// for taking away a share that is used; a limit below the use is allowed.
func (s *Service) UpdateDatastore(ctx context.Context, actor Actor, id DatastoreID, p Plan) (Datastore, error) {
	panic("unbuilt")
}

// CloseDatastore takes a datastore away. It needs what [Service.OpenDatastore]
// needs, and returns ErrInUse while anything in it is used.
func (s *Service) CloseDatastore(ctx context.Context, actor Actor, id DatastoreID) error {
	panic("unbuilt")
}

// Datastore returns one. It needs [ReadDatastore]: *rbac.DeniedError with cause
// rbac.BySeal tells a member that the workspace is deactivated.
func (s *Service) Datastore(ctx context.Context, actor Actor, id DatastoreID) (Datastore, error) {
	panic("unbuilt")
}

// Datastores lists all datastores without their shares, and how many there
// are. It needs [Administer].
func (s *Service) Datastores(ctx context.Context, actor Actor, f DatastoreFilter) ([]Datastore, int, error) {
	panic("unbuilt")
}
