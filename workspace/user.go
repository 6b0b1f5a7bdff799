package workspace

import (
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A User is a person or a service account.
type User struct {
	ID UserID
	// Num is the user as a principal.
	Num rbac.Principal
	// Username is what one signs in with: unique regardless of case, 1 to 100
	// characters without space or colon at either end.
	Username  string
	Email     string // unique regardless of case
	FirstName string
	LastName  string
	Language  string // a BCP 47 tag, "fr"
	// Technical marks a service account.
	Technical bool
	// Disabled users are refused everything, at once and everywhere.
	Disabled bool
	// Administrator is whether the user administers the platform.
	Administrator bool
	// LastCall is when a call of his last succeeded, kept to the minute.
	LastCall time.Time
	// LastLogin is when he last signed in with his password.
	LastLogin time.Time
	Created   time.Time
	Updated   time.Time
}

// A UserFilter chooses users. Its zero value chooses all, in order of
// creation.
type UserFilter struct {
	IDs           []UserID
	Nums          []rbac.Principal
	Username      string // exactly, regardless of case
	Email         string // exactly, regardless of case
	Search        string // in username, e-mail and names, regardless of case
	Group         rbac.Principal
	Administrator *bool
	Disabled      *bool
	Newest        bool // turns the order round
	Offset        int
	Limit         int // 0 for no bound
}
