package signin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A LoginFilter chooses logins that were counted; its zero value means all.
type LoginFilter struct {
	// From and To are the first and the last day, in UTC; of either the time of
	// day is nothing. A zero one is no bound.
	From, To time.Time
	// Workspaces are those that logins were into. Nil means all, and an empty
	// list none.
	Workspaces []workspace.ID
	// Clients are types of clients, see [ClientType]. Nil means all, and an empty
	// list none.
	Clients []string
	// Nodes bounds the workspaces to those whose nodes it holds for. [Service]
	// sets it.
	Nodes *rbac.Condition
}

// check refuses a period that ends before it begins.
func (f LoginFilter) check() error {
	day := func(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
	if !f.From.IsZero() && !f.To.IsZero() && day(f.To).Before(day(f.From)) {
		return &workspace.InvalidError{Field: "from_date", Expected: "a day that is not after to_date"}
	}
	return nil
}

// A LoginCount is how many logins into a workspace there were with one type of
// client.
type LoginCount struct {
	Workspace workspace.ID
	Client    string // as [ClientType] names it
	Count     int64
}

// A UserCount is how many people came into a workspace, each counted once.
type UserCount struct {
	Workspace workspace.ID
	Users     int64
}

// Visits are the part of a [Store] that counts who came into which workspace: by
// day, by type of client and by person. Nothing else is kept of a login there.
type Visits interface {
	// CountLogin counts a login of a user on the day of at, in UTC: once in each
	// workspace that he is a member of at that moment, directly or through
	// groups, but for those that are deactivated and those that he, or one of his
	// groups, is suspended in. A user who is not there is counted nowhere. Logins
	// that are counted at the same time are all counted.
	CountLogin(ctx context.Context, user workspace.UserID, client string, at time.Time) error
	// CountVisit counts a login of a user into one workspace on the day of at, in
	// UTC, whether or not he is a member. It returns workspace.ErrNotFound for
	// the user and for the workspace.
	CountVisit(ctx context.Context, user workspace.UserID, in workspace.ID, client string, at time.Time) error
	// LoginCounts returns how many logins a filter chooses, by workspace, in the
	// order of their numbers, and by client, in that of letters. What there was
	// none of is left out.
	LoginCounts(ctx context.Context, f LoginFilter) ([]LoginCount, error)
	// UserCounts returns how many different people the logins are of that a
	// filter chooses, by workspace, in the order of their numbers: of all
	// workspaces that it chooses, those that nobody came into included.
	UserCounts(ctx context.Context, f LoginFilter) ([]UserCount, error)
	// FindWorkspaces returns those of workspaces that there are, in the order of
	// their numbers.
	FindWorkspaces(ctx context.Context, ids []workspace.ID) ([]workspace.Workspace, error)
}

// Visit counts a login of the actor into one workspace, with what his client
// calls itself, of which only [ClientType] is kept. It is for who lets him in
// there beside a sign-in: who gives him access to the real database of the
// workspace, in the unit of work of that, which it joins. Whom no workspace was
// named to is counted where he signs in; dRofus, whose statistics these are,
// counts by the project that somebody opens.
//
// It needs workspace.Read there, and returns workspace.ErrNotFound to everybody
// else. A personal key visits for whom it acts for. Other keys and commands are
// nobody: theirs are not counted. The trail is told by who lets him in.
func (s *Service) Visit(ctx context.Context, actor workspace.Actor, in workspace.ID, client string) error {
	list, err := s.store.FindWorkspaces(ctx, []workspace.ID{in})
	if err != nil {
		return err
	}
	if len(list) != 1 {
		return workspace.ErrNotFound
	}
	if err := s.authorize(ctx, actor, list[0], workspace.Read); err != nil {
		return err
	}
	person := cmp.Or(actor.User, actor.Behalf)
	if person == "" {
		return nil
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		return s.store.CountVisit(ctx, person, in, ClientType(client), s.instant())
	})
}

// Logins returns how many logins into workspaces there were, by workspace, in the
// order of their numbers, and by type of client, in that of letters. A login is
// the beginning of a session, or a password's exchange for an access token, and
// counts in each workspace that the user was a member of then, see
// [Visits.CountLogin]; and what [Service.Visit] counts. A call with a name and a
// password, or with a key, is none.
//
// Those workspaces are counted on which the actor holds workspace.ReadAudit; the
// others, and what there was no login with, are left out. A period that ends
// before it begins is a *workspace.InvalidError of "from_date"; how long one may
// be is not bounded.
func (s *Service) Logins(ctx context.Context, actor workspace.Actor, f LoginFilter) ([]LoginCount, error) {
	f, err := s.auditable(ctx, actor, f)
	if err != nil {
		return nil, err
	}
	return s.store.LoginCounts(ctx, f)
}

// UniqueUsers returns how many different people came into workspaces, in the
// order of the workspaces' numbers. It chooses like [Service.Logins], but tells of
// all workspaces on which the actor holds workspace.ReadAudit, with 0 of those
// that nobody came into. Who was deleted goes on being one of them.
func (s *Service) UniqueUsers(ctx context.Context, actor workspace.Actor, f LoginFilter) ([]UserCount, error) {
	f, err := s.auditable(ctx, actor, f)
	if err != nil {
		return nil, err
	}
	return s.store.UserCounts(ctx, f)
}

// auditable narrows a filter to the workspaces whose trail the actor may read.
func (s *Service) auditable(ctx context.Context, actor workspace.Actor, f LoginFilter) (LoginFilter, error) {
	if err := actor.Known(); err != nil {
		return f, err
	}
	if err := f.check(); err != nil {
		return f, err
	}
	nodes, err := s.rights.Filter(ctx, actor.Principal, workspace.ReadAudit, rbac.Root, workspace.ClassWorkspace, rbac.Latest())
	if errors.Is(err, rbac.ErrNoPrincipal) {
		return f, fmt.Errorf("%w: %w", rbac.ErrDenied, err)
	}
	f.Nodes = &nodes
	return f, err
}

// authorize lets pass who holds a permission on a workspace. Who may not see it
// is told that there is none.
func (s *Service) authorize(ctx context.Context, actor workspace.Actor, w workspace.Workspace, perm rbac.Permission) error {
	if actor.Known() != nil {
		return workspace.ErrNotFound
	}
	denied := s.rights.Require(ctx, actor.Principal, w.Num, perm, rbac.Latest())
	hidden := func(err error) bool {
		return errors.Is(err, rbac.ErrDenied) || errors.Is(err, rbac.ErrNoPrincipal) || errors.Is(err, rbac.ErrNoNode)
	}
	if !hidden(denied) {
		return denied
	}
	switch err := s.rights.Require(ctx, actor.Principal, w.Num, workspace.Read, rbac.Latest()); {
	case hidden(err):
		return workspace.ErrNotFound
	case err != nil:
		return err
	}
	return denied
}
