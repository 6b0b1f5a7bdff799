package quota

import "context"

// Ledger returns the lines of the ledger that f chooses.
func (s *Service) Ledger(ctx context.Context, f EntryFilter) ([]Entry, error) {
	if err := checkTexts("filter", string(f.Allocation), f.Reason.Kind, f.Reason.Ref); err != nil {
		return nil, err
	}
	return s.store.Entries(ctx, f)
}

// A Counter names one of the numbers that are kept up to date rather than
// added up when asked for.
type Counter string

// The counters.
const (
	UseCounter  Counter = "use"
	HeldCounter Counter = "held"
)

// A Tally is what a counter says, and what it is made of.
type Tally struct {
	Pool PoolID
	// Allocation is empty for the counter of the pool itself.
	Allocation AllocationID
	Counter    Counter
	Counted    int64
	// Own is the sum of the allocation's ledger, or what its reservations
	// hold. A pool has none.
	Own int64
	// Within is what the allocations directly within count; for a pool, use
	// and held of its allocations that lie within no other of the pool.
	Within int64
}

// A Discrepancy is a counter that does not say what it should.
type Discrepancy struct {
	Pool PoolID
	// Allocation is empty for the counter of the pool itself.
	Allocation AllocationID
	Counter    Counter
	Counted    int64
	Expected   int64
}

// Reconcile adds up the ledger, what reservations hold and what lies within,
// and returns every counter that says otherwise: none, unless somebody changed
// the database by other means. It changes nothing, and may run beside anything.
func (s *Service) Reconcile(ctx context.Context) ([]Discrepancy, error) {
	tallies, err := s.store.Tallies(ctx)
	if err != nil {
		return nil, err
	}
	var found []Discrepancy
	for _, t := range tallies {
		if expected := t.Own + t.Within; t.Counted != expected {
			found = append(found, Discrepancy{
				Pool: t.Pool, Allocation: t.Allocation, Counter: t.Counter, Counted: t.Counted, Expected: expected,
			})
		}
	}
	return found, nil
}
