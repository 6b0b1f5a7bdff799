package workspace

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
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

// CreateUser makes a user with quotas for keys and documents. The ID, Num and
// times of what is given are ignored. It needs [ManageUsers]; making an
// administrator needs [Administer] as well.
func (s *Service) CreateUser(ctx context.Context, actor Actor, u User) (User, error) {
	panic("unbuilt")
}

// UpdateUser changes a user. Everybody may change his own names and language;
// all else needs [ManageUsers]. It returns ErrLastAdministrator for disabling or demoting
// the last enabled administrator of the platform, and ErrInUse for disabling
// the supervisor of a workspace.
func (s *Service) UpdateUser(ctx context.Context, actor Actor, id UserID, change func(*User) error) (User, error) {
	panic("unbuilt")
}

// Me returns the actor as a user. It returns ErrNotFound to who is none.
func (s *Service) Me(ctx context.Context, actor Actor) (User, error) { panic("unbuilt") }

// User returns one. Everybody may see himself; others need [ManageUsers].
func (s *Service) User(ctx context.Context, actor Actor, id UserID) (User, error) { panic("unbuilt") }

// Users lists all users, and how many there are. It needs [ManageUsers].
func (s *Service) Users(ctx context.Context, actor Actor, f UserFilter) ([]User, int, error) {
	panic("unbuilt")
}

// People returns users by principal, for showing who the members that the
// actor was shown are. It needs [ReadMembers] in the workspace and leaves out
// whoever is neither a member of it nor its supervisor.
func (s *Service) People(ctx context.Context, actor Actor, in ID, nums []rbac.Principal) (map[rbac.Principal]User, error) {
	panic("unbuilt")
}

// UserQuotas returns what a user may have, and has, of keys and of documents.
// Everybody may see his own; others' needs [ManageUsers].
func (s *Service) UserQuotas(ctx context.Context, actor Actor, id UserID) (keys, documents quota.Allocation, err error) {
	panic("unbuilt")
}

// SetUserQuotas sets what a user may have of keys and of bytes of documents;
// nil leaves it. It needs [ManageUsers].
func (s *Service) SetUserQuotas(ctx context.Context, actor Actor, id UserID, keys, documents *int64) error {
	panic("unbuilt")
}

// Touch notes that a call of the actor succeeded, at most once a minute.
func (s *Service) Touch(ctx context.Context, actor Actor) error { panic("unbuilt") }
