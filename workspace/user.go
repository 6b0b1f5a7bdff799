package workspace

import (
	"context"
	"fmt"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
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
	IDs      []UserID
	Nums     []rbac.Principal
	Username string // exactly, regardless of case
	Email    string // exactly, regardless of case
	Search   string // in username, e-mail and names, regardless of case
	Group    rbac.Principal
	// MemberOf keeps the members, themselves or through groups, of workspaces
	// whose node satisfies the condition. With AdministratorOf, it keeps those as
	// well who administer an organization whose node satisfies that; each may be
	// there without the other.
	MemberOf        *rbac.Condition
	AdministratorOf *rbac.Condition
	Administrator   *bool
	Disabled        *bool
	Technical       *bool
	Created         Period
	// IdleSince keeps those of whom no call succeeded since.
	IdleSince time.Time
	Order     Order
	After     *Mark
	Newest    bool // turns the order of creation round
	Offset    int
	Limit     int // 0 for no bound
}

// named is how events tell of a user besides what they are about.
func (u User) named() changes { return changes{"user": u.ID, "username": u.Username} }

// shown leaves out what a user's fellow members need not know.
func (u User) shown() User {
	u.Administrator = false
	u.LastCall, u.LastLogin = time.Time{}, time.Time{}
	return u
}

func cleanUser(u *User) error {
	return first(
		username(u.Username), email(u.Email),
		line("first_name", &u.FirstName, 0, 99), line("last_name", &u.LastName, 0, 99),
		tongue(&u.Language),
	)
}

// user returns one, whoever asks.
func (s *Service) user(ctx context.Context, id UserID) (User, error) {
	return one(s.store.Users(ctx, UserFilter{IDs: []UserID{id}}))
}

// himself returns a user to himself and to who holds [ManageUsers].
func (s *Service) himself(ctx context.Context, actor Actor, id UserID) (User, error) {
	if actor.User == id && id != "" {
		return s.Me(ctx, actor)
	}
	if err := s.require(ctx, actor, rbac.Root, ManageUsers); err != nil {
		return User{}, err
	}
	return s.user(ctx, id)
}

// own returns the user that an actor is, and refuses one who only says so.
func (s *Service) own(ctx context.Context, actor Actor) (User, error) {
	u, err := s.user(ctx, actor.User)
	if err == nil && u.Num != actor.Principal {
		return User{}, refused(actor, rbac.Root, "")
	}
	return u, err
}

// people lists users as their fellows see them. What they do not see is not
// answered by an order or a condition either.
func (s *Service) people(ctx context.Context, f UserFilter) ([]User, int, error) {
	if err := shownIn(f.Order, f.Sortable(), "last_call", "last_login"); err != nil {
		return nil, 0, err
	}
	f.Administrator, f.IdleSince = nil, time.Time{}
	list, err := s.store.Users(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	for i, u := range list {
		list[i] = u.shown()
	}
	total, err := s.store.CountUsers(ctx, f)
	return list, total, err
}

// CreateUser makes a user with quotas for keys and documents. The ID, Num and
// times of what is given are ignored. It needs [ManageUsers]; making an
// administrator needs [Administer] as well.
func (s *Service) CreateUser(ctx context.Context, actor Actor, u User) (User, error) {
	if err := s.require(ctx, actor, rbac.Root, ManageUsers); err != nil {
		return User{}, err
	}
	if u.Administrator {
		if err := s.mayMakeAdministrator(ctx, actor); err != nil {
			return User{}, err
		}
	}
	if err := cleanUser(&u); err != nil {
		return User{}, err
	}
	var made User
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		if u.Administrator {
			if _, err := s.store.LockAdministrators(ctx); err != nil {
				return err
			}
		}
		var err error
		if made, err = s.register(ctx, u); err != nil {
			return err
		}
		return s.record(ctx, actor, made.event("user.create"), made.created())
	})
	return made, err
}

// register makes a user with quotas.
func (s *Service) register(ctx context.Context, u User) (User, error) {
	u.ID, u.Num = UserID(uid.New()), 0
	u.Created = s.clock()
	u.Updated, u.LastCall, u.LastLogin = u.Created, time.Time{}, time.Time{}
	made, err := s.store.AddUser(ctx, u)
	if err != nil {
		return User{}, err
	}
	for _, q := range userAllowances() {
		if _, err := s.meter.Allocate(ctx, q.of(string(made.ID), s.initial(q))); err != nil {
			return User{}, err
		}
	}
	return made, nil
}

// created is how the trail tells of a new user.
func (u User) created() changes {
	return changes{
		"username": u.Username, "technical": u.Technical, "administrator": u.Administrator, "disabled": u.Disabled,
	}
}

// UpdateUser changes a user. Everybody may change his own names and language;
// all else needs [ManageUsers], and [Administer] besides for his username and
// e-mail, and where he is, or becomes, an administrator. It returns ErrLastAdministrator for disabling or
// demoting the last enabled administrator of the platform, and ErrInUse for
// disabling the supervisor of a workspace.
func (s *Service) UpdateUser(ctx context.Context, actor Actor, id UserID, change func(*User) error) (User, error) {
	if _, err := s.himself(ctx, actor, id); err != nil {
		return User{}, err
	}
	var changed User
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		administrators, err := s.store.LockAdministrators(ctx)
		if err != nil {
			return err
		}
		u, err := s.himself(ctx, actor, id)
		if err != nil {
			return err
		}
		changed, err = s.updateUser(ctx, actor, u, administrators, "language", change)
		return err
	})
	return changed, err
}

// updateUser changes a user. Who may change him at all may change his names and
// what comes up to the field free, in this order: language, disabled. The
// administrators are locked.
func (s *Service) updateUser(
	ctx context.Context, actor Actor, u User, administrators int, free string, change func(*User) error,
) (User, error) {
	next := u
	if err := change(&next); err != nil {
		return User{}, err
	}
	if err := first(cleanUser(&next), next.fixed(u)); err != nil {
		return User{}, err
	}
	set := changes{}
	note(set, "first_name", u.FirstName, next.FirstName)
	note(set, "last_name", u.LastName, next.LastName)
	note(set, "language", u.Language, next.Language)
	own := len(set)
	note(set, "disabled", u.Disabled, next.Disabled)
	if free == "disabled" {
		own = len(set)
	}
	note(set, "username", u.Username, next.Username)
	note(set, "email", u.Email, next.Email)
	note(set, "technical", u.Technical, next.Technical)
	note(set, "administrator", u.Administrator, next.Administrator)
	if len(set) == 0 {
		return next, nil
	}
	if err := s.authorizeUser(ctx, actor, u, next, len(set) > own); err != nil {
		return User{}, err
	}
	if err := s.dispensable(ctx, u, next, administrators); err != nil {
		return User{}, err
	}
	next.Updated = s.clock()
	if err := s.store.SaveUser(ctx, next); err != nil {
		return User{}, err
	}
	return next, s.record(ctx, actor, next.event("user.update"), set)
}

func (u User) fixed(before User) error {
	return first(
		fixed("id", before.ID, u.ID), fixed("num", before.Num, u.Num),
		fixed("last_call", before.LastCall, u.LastCall), fixed("last_login", before.LastLogin, u.LastLogin),
		fixed("created", before.Created, u.Created), fixed("updated", before.Updated, u.Updated),
	)
}

// authorizeUser asks for what an update of a user needs.
func (s *Service) authorizeUser(ctx context.Context, actor Actor, u, next User, more bool) error {
	if more {
		if err := s.require(ctx, actor, rbac.Root, ManageUsers); err != nil {
			return err
		}
	}
	foreign := more || actor.User != u.ID
	if next.Administrator && !u.Administrator {
		return s.mayMakeAdministrator(ctx, actor)
	}
	// Whoever can have somebody's mail sent elsewhere can become him.
	if foreign && (u.Administrator || next.Administrator || next.Email != u.Email || next.Username != u.Username) {
		return s.require(ctx, actor, rbac.Root, Administer)
	}
	return nil
}

// mayMakeAdministrator lets pass who holds all that the administrators do.
func (s *Service) mayMakeAdministrator(ctx context.Context, actor Actor) error {
	if err := s.require(ctx, actor, rbac.Root, Administer); err != nil {
		return err
	}
	return s.cover(ctx, actor, everywhere())
}

// dispensable refuses to take away who is needed. The administrators are
// locked, which keeps him from becoming a supervisor meanwhile.
func (s *Service) dispensable(ctx context.Context, u, next User, administrators int) error {
	was, is := u.Administrator && !u.Disabled, next.Administrator && !next.Disabled
	if was && !is && administrators <= 1 {
		return ErrLastAdministrator
	}
	if u.Disabled || !next.Disabled {
		return nil
	}
	supervised, err := s.store.Workspaces(ctx, Filter{Supervisor: u.Num, Limit: 1})
	if err != nil {
		return err
	}
	if len(supervised) > 0 {
		return fmt.Errorf("%w: %s supervises %s", ErrInUse, u.Username, supervised[0].TechnicalName)
	}
	return nil
}

// Me returns the actor as a user. It returns ErrNotFound to who is none.
func (s *Service) Me(ctx context.Context, actor Actor) (User, error) {
	if err := s.signedIn(ctx, actor); err != nil {
		return User{}, err
	}
	return s.own(ctx, actor)
}

// User returns one. Everybody may see himself; others need [ManageUsers].
func (s *Service) User(ctx context.Context, actor Actor, id UserID) (User, error) {
	return s.himself(ctx, actor, id)
}

// Users lists all users, and how many there are. It needs [ManageUsers].
func (s *Service) Users(ctx context.Context, actor Actor, f UserFilter) ([]User, int, error) {
	if err := s.require(ctx, actor, rbac.Root, ManageUsers); err != nil {
		return nil, 0, err
	}
	list, err := s.store.Users(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.store.CountUsers(ctx, f)
	return list, total, err
}

// People returns users by principal, for showing who the members that the
// actor was shown are. It needs [ReadMembers] in the workspace and leaves out
// whoever is neither a member of it nor its supervisor. When they last came and
// whether they administer the platform is left out.
func (s *Service) People(ctx context.Context, actor Actor, in ID, nums []rbac.Principal) (map[rbac.Principal]User, error) {
	w, err := s.find(ctx, actor, in, s.on(actor, ReadMembers))
	if err != nil {
		return nil, err
	}
	people := map[rbac.Principal]User{}
	if len(nums) == 0 { // an empty list would choose everybody
		return people, nil
	}
	// The supervisor is always a member.
	users, err := s.store.Users(ctx, UserFilter{Nums: distinct(nums), Group: w.Audience})
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		people[u.Num] = u.shown()
	}
	return people, nil
}

// Touch notes that a call of the actor succeeded, at most once a minute. Who
// is no user leaves no note.
func (s *Service) Touch(ctx context.Context, actor Actor) error {
	if err := actor.Known(); err != nil {
		return err
	}
	if actor.User == "" {
		return nil
	}
	u, err := s.own(ctx, actor)
	if err != nil {
		return err
	}
	if u.Disabled {
		return refused(actor, rbac.Root, "")
	}
	now := s.clock()
	if now.Sub(u.LastCall) < time.Minute {
		return nil
	}
	u.LastCall = now
	return s.store.Tx(ctx, func(ctx context.Context) error { return s.store.TouchUser(ctx, u) })
}
