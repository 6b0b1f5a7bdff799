package quota

// A Booking changes counters at several levels and the ledger together: what
// one caller takes or gives back, or many at once. [Counters.Book] does all of
// it or nothing.
type Booking struct {
	// Levels and Draws are changed in the order they are in.
	Levels []Level
	Draws  []Draw
	// Entries are appended to the ledger.
	Entries []Entry
}

// A Level is a change of an allocation's counters.
type Level struct {
	Allocation AllocationID
	// Pool and Within are where the allocation is believed to lie. It is not
	// changed when it lies elsewhere.
	Pool   PoolID
	Within AllocationID
	// Use and Held are added to the counters and may be negative.
	Use, Held int64
	// Bound levels are changed only where the counters are then within the
	// limit.
	Bound bool
}

// A Draw is a change of a pool's counter.
type Draw struct {
	Pool   PoolID
	Amount int64 // negative for what is given back
	// Bound pools are changed only where the counter is then within the
	// capacity, and they count: those of the unit [None] have no room.
	Bound bool
}
