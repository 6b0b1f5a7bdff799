// Package quota says how much: it shares facilities out in limits, counts what
// is used, and never lets a counter pass its limit, however many callers and
// processes there are.
//
// A [Pool] is a shared facility: a storage in bytes, an endpoint in offerings,
// a check or a processing that one simply may use. An [Allocation] gives a
// holder a limit in a pool. Allocations nest: what a workspace consumes also
// counts in the allocation of its organization ([Allocation.Within]) and in the
// pool itself, and all of them must have room. [Service.Consume] takes,
// [Service.Release] gives back; [Service.Reserve] takes for a while, until
// [Service.Commit] settles the true amount or [Service.Cancel] or the end of
// the lease gives it back. Every change leaves an [Entry] in the ledger. Many
// callers at once share commits, and inside a unit of work each has his own.
//
// Amounts are whole numbers of the pool's unit, at least 1. A limit below the
// use is allowed: it refuses growth and nothing else. Releasing always works.
//
// The package does not know who holds and who asks: a [Holder] is a name that
// the caller chose, and whoever calls has been authorized already. Start with
// [New].
package quota

import (
	"encoding/json"
	"math"
	"time"
)

// NoLimit is the limit, or capacity, of what is not limited.
const NoLimit int64 = math.MaxInt64

// Identifiers are UUIDs in lower case, made by the service.
type (
	// A PoolID identifies a pool.
	PoolID string
	// An AllocationID identifies an allocation.
	AllocationID string
	// A ReservationID identifies a reservation.
	ReservationID string
)

// A Holder names who holds an allocation, for example by his UUID.
type Holder string

// A Kind says what sort of facility a pool is. Hosts may add their own.
type Kind string

// The kinds of the four shared facilities of Géoplateforme, and of what users
// are granted.
const (
	Storage    Kind = "storage"
	Endpoint   Kind = "endpoint"
	Check      Kind = "check"
	Processing Kind = "processing"
	Keys       Kind = "keys"
	Documents  Kind = "documents"
	// Uploads bounds what all workspaces of an organization deliver together.
	Uploads Kind = "uploads"
	// Databases bounds what the real databases of an organization take up together.
	Databases Kind = "databases"
	// Seats bounds how many users are members of a workspace.
	Seats Kind = "seats"
	// Resources bounds how many resources there are in a workspace.
	Resources Kind = "resources"
)

// A Unit is what a pool counts.
type Unit string

// The units.
const (
	Bytes Unit = "bytes"
	Count Unit = "count"
	// None is the unit of a plain entitlement: one has it or not, and
	// consuming it is refused.
	None Unit = "none"
)

// A URL is an address at which a pool is reached.
type URL struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// A Pool is a shared facility.
type Pool struct {
	ID   PoolID
	Num  int64
	Kind Kind
	Unit Unit
	// Type is the facility's own sort: "S3", "WMS-VECTOR".
	Type string
	Name string
	// TechnicalName is unique among the pools of a kind where it is set.
	TechnicalName string
	Description   string
	Labels        []string
	URLs          []URL
	// Open facilities serve everybody, others whoever was permitted.
	Open bool
	// Capacity bounds the use of all allocations together, [NoLimit] for none.
	Capacity int64
	// Use is the present use of all allocations together, what reservations
	// hold included, as [Allocation.Held] has it.
	Use int64
	// Details is a JSON object of settings that quota keeps and does not read.
	Details json.RawMessage
	Created time.Time
	Updated time.Time
}

// An Allocation is a holder's share of a pool.
type Allocation struct {
	ID     AllocationID
	Num    int64
	Pool   PoolID
	Holder Holder
	// Slot tells apart allocations of one holder in one pool: "data",
	// "uploads", "annexes". A holder has at most one allocation for a pool and
	// slot.
	Slot string
	// Within is the allocation that the use counts in as well, empty for none.
	// It may be of another pool of the same unit, which then counts too.
	Within AllocationID
	Limit  int64
	// Use is what was consumed, here and in the allocations within.
	Use int64
	// Held is what reservations hold besides. One whose lease has ended holds
	// its amount until somebody needs the room, or it is settled after all.
	Held int64
	// Position orders the allocations of a holder.
	Position int
	Created  time.Time
	Updated  time.Time
}

// Free returns how much is neither used nor held here, at least 0. More can be
// consumed when the leases of some that hold have ended, and less when what is
// further out has less room.
func (a Allocation) Free() int64 {
	if a.Limit == NoLimit {
		return NoLimit
	}
	return max(0, a.Limit-a.Use-a.Held)
}

// A Reservation holds an amount for a while.
type Reservation struct {
	ID         ReservationID
	Allocation AllocationID
	Amount     int64
	// Key makes repeating a Reserve harmless.
	Key     string
	State   State
	Settled int64 // the amount that was committed
	Reason  Reason
	Expires time.Time
	Created time.Time
	Updated time.Time
}

// A State is where a reservation stands.
type State string

// The states.
const (
	Held      State = "held"
	Committed State = "committed"
	Cancelled State = "cancelled"
	Expired   State = "expired"
)

// A Reason says what an amount is for, so that the ledger can be compared with
// the truth: a kind ("upload") and the identifier of the thing.
type Reason struct {
	Kind string
	Ref  string
}

// An Entry is a line of the ledger: a change of an allocation's use, made
// there and not further within.
type Entry struct {
	Num         int64
	Allocation  AllocationID
	Amount      int64 // negative for what was given back
	Reason      Reason
	Reservation ReservationID
	At          time.Time
}

// A PoolFilter chooses pools. Its zero value chooses all, in order of creation;
// a list that is empty but not nil chooses none.
type PoolFilter struct {
	IDs   []PoolID
	Kind  Kind
	Kinds []Kind
	Type  string
	// Name matches regardless of case; % stands for any text.
	Name string
	// Search is in the name or the technical name, regardless of case.
	Search string
	Open   *bool
	Order  Order
	After  *Mark
	// Newest turns the order of creation round.
	Newest bool
	Offset int
	Limit  int // 0 for no bound
}

// An AllocationFilter chooses allocations. Its zero value chooses all, in order
// of holder, position and number; a list that is empty but not nil chooses none.
type AllocationFilter struct {
	IDs     []AllocationID
	Holders []Holder
	Pools   []PoolID
	Kind    Kind
	Slot    string
	Within  AllocationID
	// Over keeps those of which more is used and held than the limit.
	Over  bool
	Order Order
	// After needs an Order: that of holder, position and number has no marks.
	After  *Mark
	Offset int
	Limit  int
}

// An EntryFilter chooses lines of the ledger. Its zero value chooses all, in
// order of Num.
type EntryFilter struct {
	Allocation AllocationID
	Reason     Reason
	After      int64
	Limit      int
}
