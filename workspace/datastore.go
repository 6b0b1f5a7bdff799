package workspace

import (
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
