package quota

import (
	"context"
	"time"
)

// A Store keeps pools, allocations, reservations and the ledger. All methods
// that change something are called inside a unit of work.
type Store interface {
	// Tx runs fn in a unit of work, joining the one that ctx is in.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	// InUnit reports whether ctx is in a unit of work that Tx would join, a
	// host's transaction included.
	InUnit(ctx context.Context) bool

	// Pools and CountPools list what a filter chooses.
	Pools(ctx context.Context, f PoolFilter) ([]Pool, error)
	CountPools(ctx context.Context, f PoolFilter) (int, error)
	// SavePool stores a pool, new when its Num is 0, and returns it with its
	// Num. The use is left alone, and with a Num so are the identifier, kind,
	// unit and creation. It returns ErrConflict when the technical name is taken,
	// ErrNotFound when there is no pool with the Num.
	SavePool(ctx context.Context, p Pool) (Pool, error)
	// DeletePool returns ErrNotFound, or ErrInUse while it has allocations.
	DeletePool(ctx context.Context, id PoolID) error

	// Allocations and CountAllocations list what a filter chooses.
	Allocations(ctx context.Context, f AllocationFilter) ([]Allocation, error)
	CountAllocations(ctx context.Context, f AllocationFilter) (int, error)
	// SaveAllocation stores an allocation, new when its Num is 0, and returns
	// it with its Num. The counters are left alone, and with a Num so are the
	// identifier, holder, pool, slot and creation. It returns ErrConflict when
	// the holder has one for the pool and slot, ErrNotFound when there is none
	// with the Num, or the pool or the allocation it lies within does not exist.
	SaveAllocation(ctx context.Context, a Allocation) (Allocation, error)
	// DeleteAllocation returns ErrNotFound, or ErrInUse while anything is used
	// or held, or another allocation lies within. The reservations in it, all
	// settled, go with it; the ledger stays.
	DeleteAllocation(ctx context.Context, id AllocationID) error

	Counters
	Reservations
}

// Counters change what is used, each by one conditional statement a level.
type Counters interface {
	// Add adds use and held, either of which may be negative, to the counters
	// of one allocation, in one statement, and reports whether it did. With
	// bound, it does only if use+held stays within the limit. A counter does
	// not fall below 0, and use+held does not rise above the greatest number:
	// what would make them returns ErrInvalid. It returns ErrNotFound when there
	// is no such allocation, else the allocation as it is afterwards.
	//
	// What Add changed is locked until the unit of work ends: nobody else
	// changes it, or what it lies within. Adding 0 and 0 without bound only
	// locks.
	Add(ctx context.Context, id AllocationID, use, held int64, bound bool) (Allocation, bool, error)
	// AddPool does the same for the counter of a pool and its capacity.
	AddPool(ctx context.Context, id PoolID, amount int64, bound bool) (Pool, bool, error)
	// Book does all of a booking, in as few statements as the database allows,
	// and reports true; or it reports false: something in it has no room, lies
	// elsewhere, does not exist, or would make a counter fall below 0 or rise
	// above the greatest number. What it did until then is to be given up with
	// the unit of work. It locks as Add does.
	Book(ctx context.Context, b Booking) (bool, error)
	// Append adds a line to the ledger.
	Append(ctx context.Context, e Entry) error
	// Entries lists the ledger.
	Entries(ctx context.Context, f EntryFilter) ([]Entry, error)
	// Changes returns, all in one state of the database, what is used of the
	// chosen allocations now, and the sums of the lines of their ledger that are
	// later than From: for each of the filter's Steps those up to its end, which
	// is part of it, and at last those that are later than To. What lies within
	// an allocation, however far, as it lies now, counts as its own; nothing
	// counts twice. It chooses nothing where there is no such allocation or pool.
	Changes(ctx context.Context, f ChangeFilter) (use int64, sums []int64, err error)
	// Tallies adds up what every counter is made of, all in one state of the
	// database.
	Tallies(ctx context.Context) ([]Tally, error)
}

// Reservations keep what is held.
type Reservations interface {
	// Reservation returns one by its id, or ErrNotFound.
	Reservation(ctx context.Context, id ReservationID) (Reservation, error)
	// ReservationByKey returns one by its idempotency key, or ErrNotFound.
	ReservationByKey(ctx context.Context, key string) (Reservation, error)
	// AddReservation stores a new one. It returns ErrConflict when the key is
	// taken, after which the unit of work goes on as if it had not been tried,
	// and ErrNotFound when there is no such allocation.
	AddReservation(ctx context.Context, r Reservation) error
	// Settle moves a reservation that is held to another state, in one
	// statement. It returns ErrSettled when it is no longer held, after which
	// the unit of work goes on, and ErrNotFound when there is none.
	Settle(ctx context.Context, id ReservationID, to State, amount int64, at time.Time) error
	// Lapsed lists reservations that are held though their lease ended at or
	// before now, the oldest first, at most limit of them.
	Lapsed(ctx context.Context, now time.Time, limit int) ([]Reservation, error)
}

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
}

// A Service shares out and counts. It is safe for concurrent use by any number
// of processes on one database. Callers share commits within one Service, so a
// program should have one for a database.
type Service struct {
	store Store
	now   func() time.Time
	lanes lanes
	atlas atlas
}

// New makes a service over a store.
func New(store Store, opts *Options) *Service {
	s := &Service{store: store, now: time.Now}
	if opts != nil && opts.Now != nil {
		s.now = opts.Now
	}
	return s
}
