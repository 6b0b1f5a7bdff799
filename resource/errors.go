package resource

import (
	"errors"
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Errors that the package returns, besides *[workspace.InvalidError],
// *[rbac.DeniedError] and *[quota.ExceededError].
var (
	// ErrNotFound is returned for a resource that does not exist.
	ErrNotFound = errors.New("resource: not found")
	// ErrInvalid is wrapped by a refusal that no field can be named for.
	ErrInvalid = errors.New("resource: invalid")
	// ErrCycle is wrapped for a move below what is moved.
	ErrCycle = errors.New("resource: a resource cannot be its own parent")
	// ErrElsewhere is returned for a move into another workspace.
	ErrElsewhere = errors.New("resource: a resource stays in its workspace")
	// ErrHierarchy is wrapped by [HierarchyError].
	ErrHierarchy = errors.New("resource: it cannot lie there")
	// ErrRoot is returned for an attempt to delete, move or rename here what is
	// a workspace, or above.
	ErrRoot = errors.New("resource: a workspace is changed as such")
	// ErrReferred is wrapped by [ReferredError].
	ErrReferred = errors.New("resource: something refers to it")
	// ErrNoClass is returned for a class that the catalog lacks.
	ErrNoClass = errors.New("resource: no such class")
	// ErrCatalog is wrapped by the refusal of a class that makes no sense.
	ErrCatalog = errors.New("resource: invalid class")
	// ErrNoSealer is returned for settings with secrets where nothing can be
	// encrypted.
	ErrNoSealer = errors.New("resource: nothing can be kept secret here")
	// ErrLockout is wrapped by [LockoutError].
	ErrLockout = errors.New("resource: an administrator would be locked out")
)

// A HierarchyError says that a class does not go where it was to go.
type HierarchyError struct {
	Class  string
	Parent rbac.Node
	// In is the class of the parent.
	In string
}

// Error tells which class, and where.
func (e *HierarchyError) Error() string {
	return fmt.Sprintf("resource: a %s cannot lie in %s %d", e.Class, e.In, e.Parent)
}

// Unwrap makes errors.Is(err, ErrHierarchy) true.
func (e *HierarchyError) Unwrap() error { return ErrHierarchy }

// A ReferredError lists what needs something that was to be deleted.
type ReferredError struct{ By []Reference }

// Error tells how many there are, and the first.
func (e *ReferredError) Error() string {
	return fmt.Sprintf("resource: %d is referred to by %d as %s (%d in all)", e.By[0].To, e.By[0].From, e.By[0].Name, len(e.By))
}

// Unwrap makes errors.Is(err, ErrReferred) true.
func (e *ReferredError) Unwrap() error { return ErrReferred }

// A LockoutError says that rules would take something from an administrator
// that he needs to mend them.
type LockoutError struct {
	Node       rbac.Node
	Principal  rbac.Principal
	Permission rbac.Permission
}

// Error tells what, and of whom.
func (e *LockoutError) Error() string {
	return fmt.Sprintf("resource: %s on %d cannot be taken from administrator %d", e.Permission, e.Node, e.Principal)
}

// Unwrap makes errors.Is(err, ErrLockout) true.
func (e *LockoutError) Unwrap() error { return ErrLockout }

// A TakenError is a name that a sibling has, beside what it wraps.
type TakenError struct {
	Field, Value string
	// By is who has it.
	By rbac.Node
}

// Error tells the field and the value.
func (e *TakenError) Error() string {
	return fmt.Sprintf("resource: %s %q is that of resource %d", e.Field, e.Value, e.By)
}

// ErrTaken is wrapped by [TakenError].
var ErrTaken = errors.New("resource: taken")

// Unwrap makes errors.Is(err, ErrTaken) true.
func (e *TakenError) Unwrap() error { return ErrTaken }
