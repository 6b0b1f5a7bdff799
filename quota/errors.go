package quota

import (
	"errors"
	"fmt"
)

// Errors that the package returns.
var (
	// ErrNotFound is returned for a pool, an allocation or a reservation that
	// does not exist.
	ErrNotFound = errors.New("quota: not found")
	// ErrInvalid is wrapped by the refusal of a malformed argument; the error
	// names the field and what was expected.
	ErrInvalid = errors.New("quota: invalid")
	// ErrExceeded is wrapped by [ExceededError].
	ErrExceeded = errors.New("quota: exceeded")
	// ErrInUse is returned for an attempt to delete what is still used.
	ErrInUse = errors.New("quota: in use")
	// ErrConflict is returned when a name is taken, when a holder has an
	// allocation for the pool and slot already, and when an idempotency key
	// comes back with another amount or allocation.
	ErrConflict = errors.New("quota: conflict")
	// ErrUnknown is wrapped, with the context's error, when a caller stopped
	// waiting while his change was being committed: it may or may not have been
	// made. The ledger tells, and a Reserve may be repeated with its key.
	ErrUnknown = errors.New("quota: the outcome is not known")
	// ErrSettled is returned when a reservation is no longer held.
	ErrSettled = errors.New("quota: the reservation is settled")
)

// An ExceededError says which limit an amount did not fit in.
type ExceededError struct {
	Pool       PoolID
	PoolName   string
	Kind       Kind
	Unit       Unit
	Allocation AllocationID // empty when the pool's own capacity is exhausted
	Holder     Holder
	Slot       string
	Limit      int64
	Use        int64 // what reservations hold included
	Asked      int64
}

// Error tells the pool, the use, the limit and what was asked for.
func (e *ExceededError) Error() string {
	return fmt.Sprintf("quota: %s %q: %d of %d %s used, %d more asked for", e.Kind, e.PoolName, e.Use, e.Limit, e.Unit, e.Asked)
}

// Unwrap makes errors.Is(err, ErrExceeded) true.
func (e *ExceededError) Unwrap() error { return ErrExceeded }
