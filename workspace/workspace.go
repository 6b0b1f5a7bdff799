// Package workspace says who and where: organizations pay and group
// workspaces; a workspace has a supervisor and members with roles; users and
// groups are whom roles are given to; an invitation lets somebody become a
// member by himself; a workspace may have a datastore, its share of the
// platform's facilities.
//
// The rules it keeps: only who holds the right may act; the supervisor of a
// workspace holds everything in it and can only be replaced; a workspace may
// live without a datastore; deactivating a workspace refuses every new call on
// it at once, deletes nothing, and can be undone; every change is one unit of
// work that leaves an audit event.
//
// Authority is not kept here: being a member is a group, a role is a rule on
// the workspace's node, and [rbac.Engine] decides. Amounts are not counted
// here: a datastore's shares are allocations of [quota.Service]. What somebody
// may not see answers [ErrNotFound], what he may see and not do
// *[rbac.DeniedError]. Start with [New].
package workspace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Identifiers are UUIDs in lower case, made by the service.
type (
	// An ID identifies a workspace.
	ID string
	// An OrganizationID identifies an organization.
	OrganizationID string
	// A UserID identifies a user.
	UserID string
	// A GroupID identifies a group.
	GroupID string
	// A DatastoreID identifies a datastore.
	DatastoreID string
	// An InvitationID identifies an invitation.
	InvitationID string
	// A DatabaseID identifies a real database, see package workspace/database.
	DatabaseID string
)

// A Workspace is where people work together: a community with its datastore in
// the words of Géoplateforme, an organisation of JMap, a project of dRofus.
type Workspace struct {
	ID ID
	// Num is the workspace's node in the tree of authority.
	Num rbac.Node
	// Organization is who pays, empty for nobody.
	Organization OrganizationID
	Name         string // 1 to 99 characters
	// TechnicalName appears in addresses: unique regardless of case, 1 to 30
	// of A-Z a-z 0-9 _ - . (spec/entrepot.md §4.4).
	TechnicalName string
	Description   string
	Contact       string
	// Public workspaces are listed in the catalogue.
	Public bool
	// Active is false while the workspace is deactivated.
	Active bool
	// Supervisor is the user who holds everything and can only be replaced.
	Supervisor UserID
	// Audience is the group of all members, for rules that concern them all.
	Audience rbac.Principal
	// Datastore is empty for a workspace without one.
	Datastore DatastoreID
	// Project is what dRofus knows of it besides.
	Project Project
	// CreatedBy and UpdatedBy are the names of who made it and who last changed
	// it, as they were then.
	CreatedBy string
	UpdatedBy string
	Created   time.Time
	Updated   time.Time
}

// A Filter chooses workspaces. Its zero value chooses all, in order of
// creation.
type Filter struct {
	IDs          []ID
	Organization OrganizationID
	// Nodes keeps workspaces whose node satisfies the condition.
	Nodes *rbac.Condition
	// Nums keeps workspaces by number.
	Nums []rbac.Node
	// TechnicalName matches exactly, regardless of case.
	TechnicalName string
	// InName is in the name, regardless of case.
	InName string
	// Databases keeps workspaces whose data are in one of these.
	Databases []DatabaseID
	// Name matches regardless of case; % stands for any text.
	Name string
	// Search is in the name or the technical name, regardless of case.
	Search  string
	Public  *bool
	Active  *bool
	Created Period
	// Member keeps the workspaces that the principal is a member of, himself
	// or through a group.
	Member rbac.Principal
	// Supervisor keeps the workspaces that the principal supervises.
	Supervisor rbac.Principal
	// WithDatastore keeps workspaces that have, or have not, a datastore.
	WithDatastore *bool
	Order         Order
	After         *Mark
	// Newest turns the order of creation round.
	Newest bool
	Offset int
	Limit  int // 0 for no bound
}

// An Authorizer decides; [rbac.Engine] does.
type Authorizer interface {
	Check(ctx context.Context, p rbac.Principal, n rbac.Node, perm rbac.Permission, c rbac.Consistency) (bool, error)
	Require(ctx context.Context, p rbac.Principal, n rbac.Node, perm rbac.Permission, c rbac.Consistency) error
	Effective(ctx context.Context, p rbac.Principal, n rbac.Node, c rbac.Consistency) (rbac.Set, error)
	Covers(ctx context.Context, p rbac.Principal, r rbac.Rule) error
	Explain(ctx context.Context, p rbac.Principal, n rbac.Node, perm rbac.Permission, c rbac.Consistency) (rbac.Explanation, error)
	Simulate(ctx context.Context, changes []rbac.Change, f rbac.SimulationFilter, c rbac.Consistency) (rbac.Simulation, error)
	Revision(ctx context.Context, n rbac.Node) (rbac.Token, error)
	Filter(ctx context.Context, p rbac.Principal, perm rbac.Permission, under rbac.Node, class string, c rbac.Consistency) (rbac.Condition, error)
	Rules(ctx context.Context, f rbac.RuleFilter) ([]rbac.Rule, error)
	Grant(ctx context.Context, r rbac.Rule) (rbac.Rule, error)
	Revoke(ctx context.Context, f rbac.RuleFilter) (int, error)
	Roles(ctx context.Context) ([]rbac.Role, error)
	PutRole(ctx context.Context, r rbac.Role) error
	DeleteRole(ctx context.Context, name rbac.RoleName) error
}

// A Meter shares facilities out; [quota.Service] does.
type Meter interface {
	Pools(ctx context.Context, f quota.PoolFilter) ([]quota.Pool, int, error)
	CreatePool(ctx context.Context, p quota.Pool) (quota.Pool, error)
	UpdatePool(ctx context.Context, id quota.PoolID, change func(*quota.Pool) error) (quota.Pool, error)
	DeletePool(ctx context.Context, id quota.PoolID) error
	Allocations(ctx context.Context, f quota.AllocationFilter) ([]quota.Allocation, int, error)
	Allocate(ctx context.Context, a quota.Allocation) (quota.Allocation, error)
	UpdateAllocation(ctx context.Context, id quota.AllocationID, change func(*quota.Allocation) error) (quota.Allocation, error)
	Deallocate(ctx context.Context, id quota.AllocationID) error
	Counter
}

// A Counter counts what is taken of a share, and what is held for a while, and
// tells how that went.
type Counter interface {
	Consume(ctx context.Context, id quota.AllocationID, n int64, why quota.Reason) error
	Release(ctx context.Context, id quota.AllocationID, n int64, why quota.Reason) error
	Reserve(ctx context.Context, id quota.AllocationID, n int64, key string, lease time.Duration, why quota.Reason) (quota.Reservation, error)
	Reservation(ctx context.Context, id quota.ReservationID) (quota.Reservation, error)
	Cancel(ctx context.Context, id quota.ReservationID) error
	History(ctx context.Context, f quota.HistoryFilter) ([]quota.Point, error)
}

// A Trail records; an [audit.Store] does.
type Trail interface{ audit.Store }

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// KeysQuota and DocumentsQuota are what a new user may have: keys, 1000
	// when 0, and bytes of documents, 50,000,000 when 0.
	KeysQuota      int64
	DocumentsQuota int64
	// Signer knows the checkpoints of the trail again; without one a trail that
	// was pruned cannot be verified.
	Signer audit.Signer
	// InvitationLife is how long an invitation can be accepted, 7 days when 0.
	InvitationLife time.Duration
	// InvitationURL is the address that an invitation's link leads to, in which
	// {token} stands for the token: "/invitation?token={token}" when empty. One
	// that begins with a slash lies below PublicURL, "https://example.org".
	InvitationURL string
	PublicURL     string
	// Sealer encrypts the links of invitations. Without one they are shown once.
	Sealer Sealer
	// Mailer writes mails and keeps how they read. Without one there are none,
	// and who invites passes the link on.
	Mailer Mailer
	// Passwords keeps those of the accounts that are made by accepting an
	// invitation. Without it none are made: one signs in first. An account that is
	// made by enrolling has none then.
	Passwords Passwords
	// Server is what notices call the machine that the data are on, the host of
	// PublicURL when empty.
	Server string
	// Contents is told of what is about to be deleted with all below it. Without
	// it, nothing else is kept of what lies in workspaces.
	Contents Contents
}

// Contents are what somebody else keeps and counts of what lies in workspaces;
// resource.Service does.
type Contents interface {
	// Forget is called inside the unit of work that deletes a node, or a whole
	// workspace, before it does. An error undoes all of it. For what it keeps
	// nothing of it does nothing.
	Forget(ctx context.Context, n rbac.Node) error
}

// A Service keeps the rules of organizations, workspaces, users, groups,
// members and datastores. It is safe for concurrent use.
type Service struct {
	store          Store
	rights         Authorizer
	meter          Meter
	trail          Trail
	audits         *audit.Service
	mailer         Mailer
	now            func() time.Time
	keysQuota      int64
	documentsQuota int64
	life           time.Duration
	link           string
	sealer         Sealer
	passwords      Passwords
	contents       Contents
	server         string
}

// New makes a service of its collaborators.
func New(store Store, rights Authorizer, meter Meter, trail Trail, opts *Options) *Service {
	s := &Service{
		store: store, rights: rights, meter: meter, trail: trail,
		now: time.Now, keysQuota: 1000, documentsQuota: 50_000_000,
	}
	if opts == nil {
		opts = &Options{}
	}
	s.inviting(opts)
	if opts.Now != nil {
		s.now = opts.Now
	}
	s.audits = audit.New(trail, &audit.Options{Now: s.now, Signer: opts.Signer})
	s.mailer, s.contents = opts.Mailer, opts.Contents
	s.server = cmp.Or(opts.Server, hostOf(opts.PublicURL))
	if opts.KeysQuota != 0 {
		s.keysQuota = opts.KeysQuota
	}
	if opts.DocumentsQuota != 0 {
		s.documentsQuota = opts.DocumentsQuota
	}
	return s
}

func cleanWorkspace(w *Workspace) error {
	return first(
		line("name", &w.Name, 1, 99),
		technical(w.TechnicalName),
		prose("description", w.Description, 4000),
		line("contact", &w.Contact, 0, 255),
		cleanProject(&w.Project),
	)
}

// Create makes a workspace. Of what is given it takes Organization, Name,
// TechnicalName, Description, Contact, Public, Supervisor and Project; the new
// workspace is active, has no datastore, and the supervisor is its first member. A
// technical name that is empty is made of the name, see [Slug], with "-2" or
// another number behind it where that is taken. It needs [ManageWorkspaces] on the
// organization, or on the root. It returns ErrNotFound for a database that is not
// the organization's; that it can be used, package workspace/database sees to.
func (s *Service) Create(ctx context.Context, actor Actor, w Workspace) (Details, error) {
	if err := s.authorizeUnder(ctx, actor, w.Organization); err != nil {
		return Details{}, err
	}
	derived := w.TechnicalName == ""
	if derived {
		w.TechnicalName = Slug(w.Name)
	}
	if err := cleanWorkspace(&w); err != nil {
		return Details{}, err
	}
	var made Details
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		// This is what only one at a time can do: nobody derives the same name.
		supervisor, err := s.supervisor(ctx, w.Supervisor)
		if err != nil {
			return err
		}
		if derived {
			if w.TechnicalName, err = s.untaken(ctx, w.TechnicalName); err != nil {
				return err
			}
		}
		now := s.clock()
		added, err := s.store.AddWorkspace(ctx, Workspace{
			ID: ID(uid.New()), Organization: w.Organization, Name: w.Name, TechnicalName: w.TechnicalName,
			Description: w.Description, Contact: w.Contact, Public: w.Public, Active: true,
			Supervisor: supervisor.ID, Project: w.Project, CreatedBy: actor.Name, UpdatedBy: actor.Name, Created: now, Updated: now,
		})
		if err != nil {
			return err
		}
		_, err = s.rights.Grant(ctx, rbac.Rule{
			Node: added.Num, Effect: rbac.Allow, Principal: added.Audience, Role: RoleMember,
			Propagate: true, Origin: originAudience,
		})
		if err != nil {
			return err
		}
		if err := s.admit(ctx, added, supervisor); err != nil {
			return err
		}
		if made, err = one(s.details(ctx, added)); err != nil {
			return err
		}
		set := changes{fieldTechnicalName: added.TechnicalName, "public": added.Public, "supervisor": added.Supervisor}
		for field, value := range added.Project.differs(Project{}) {
			set[field] = value.(became).after //nolint:forcetypeassert // differs makes no other
		}
		if added.Project.Database != "" {
			set["database"] = added.Project.Database
		}
		return s.record(ctx, actor, added.event("workspace.create"), set)
	})
	return made, err
}

// authorizeUnder asks for [ManageWorkspaces] on an organization, or on the
// platform where there is none.
func (s *Service) authorizeUnder(ctx context.Context, actor Actor, id OrganizationID) error {
	if err := actor.Known(); err != nil {
		return err
	}
	if id == "" {
		return s.require(ctx, actor, rbac.Root, ManageWorkspaces)
	}
	o, err := s.organization(ctx, id)
	if err != nil {
		return err
	}
	return s.authorize(ctx, actor, o.Num, ReadOrganization, ManageWorkspaces)
}

// supervisor returns a user who may become one, and keeps him from being
// disabled until the unit of work ends.
func (s *Service) supervisor(ctx context.Context, id UserID) (User, error) {
	if id == "" {
		return User{}, fmt.Errorf("%w: there must be one", ErrSupervisor)
	}
	// Disabling takes the same lock before it looks for workspaces.
	if _, err := s.store.LockAdministrators(ctx); err != nil {
		return User{}, err
	}
	u, err := one(s.store.Users(ctx, UserFilter{IDs: []UserID{id}}))
	switch {
	case errors.Is(err, ErrNotFound):
		return User{}, &InvalidError{Field: "supervisor", Expected: "a user"}
	case err != nil:
		return User{}, err
	case u.Disabled:
		return User{}, fmt.Errorf("%w: %s is disabled", ErrSupervisor, u.Username)
	}
	return u, nil
}

// admit makes a user a member without roles unless he is one.
func (s *Service) admit(ctx context.Context, w Workspace, u User) error {
	is, err := s.store.CountMembers(ctx, MemberFilter{Workspace: w.ID, Principals: []rbac.Principal{u.Num}})
	if err != nil || is > 0 {
		return err
	}
	now := s.clock()
	m := Member{Workspace: w.ID, Principal: u.Num, User: u.ID, Created: now, Updated: now}
	if err := s.store.PutMember(ctx, m); err != nil {
		return err
	}
	return s.seat(ctx, w, m)
}

// Update changes Name, Description, Contact, Public and all of Project but the
// database, which needs [Update], Supervisor, which needs [Transfer], and TechnicalName and Organization, which
// need [ManageWorkspaces] above the workspace, and above the new organization.
// A new supervisor becomes a member if he is none; the former one stays a
// member with the roles that he was given. It returns ErrInUse for giving a
// workspace to another organization while its data are in a database of this one.
// A change of anything else is an InvalidError; one of nothing needs [Update] and
// leaves no trace.
func (s *Service) Update(ctx context.Context, actor Actor, id ID, change func(*Workspace) error) (Details, error) {
	var changed Details
	err := s.change(ctx, actor, id, s.on(actor, Read), func(ctx context.Context, w Workspace) error {
		next := w
		if err := change(&next); err != nil {
			return err
		}
		if err := first(cleanWorkspace(&next), next.fixed(w)); err != nil {
			return err
		}
		set := changes{}
		note(set, "name", w.Name, next.Name)
		note(set, "description", w.Description, next.Description)
		note(set, "contact", w.Contact, next.Contact)
		note(set, "public", w.Public, next.Public)
		maps.Copy(set, next.Project.differs(w.Project))
		edited := len(set) > 0
		note(set, fieldTechnicalName, w.TechnicalName, next.TechnicalName)
		note(set, "organization", w.Organization, next.Organization)
		note(set, "supervisor", w.Supervisor, next.Supervisor)
		// Who asks for no change must be one who could ask for some.
		if err := s.authorizeUpdate(ctx, actor, w, next, edited || len(set) == 0); err != nil {
			return err
		}
		if len(set) > 0 {
			next.Updated, next.UpdatedBy = s.clock(), actor.Name
			if err := s.save(ctx, w, next); err != nil {
				return err
			}
			if err := s.record(ctx, actor, next.event("workspace.update"), set); err != nil {
				return err
			}
		}
		var err error
		changed, err = one(s.details(ctx, next))
		return err
	})
	return changed, err
}

func (w Workspace) fixed(before Workspace) error {
	return first(
		fixed("id", before.ID, w.ID), fixed("num", before.Num, w.Num),
		fixed("active", before.Active, w.Active), fixed("audience", before.Audience, w.Audience),
		fixed("datastore", before.Datastore, w.Datastore),
		fixed("database", before.Project.Database, w.Project.Database),
		fixed("created_by", before.CreatedBy, w.CreatedBy), fixed("updated_by", before.UpdatedBy, w.UpdatedBy),
		fixed("created", before.Created, w.Created), fixed("updated", before.Updated, w.Updated),
	)
}

// authorizeUpdate asks for what each part of an update needs.
// Who names a supervisor holds everything himself, since that is what he gives.
func (s *Service) authorizeUpdate(ctx context.Context, actor Actor, w, next Workspace, edited bool) error {
	if edited {
		if err := s.on(actor, Update)(ctx, w); err != nil {
			return err
		}
	}
	if next.Supervisor != w.Supervisor {
		if err := s.on(actor, Transfer)(ctx, w); err != nil {
			return err
		}
		if err := s.cover(ctx, actor, rbac.Rule{Node: w.Num, Propagate: true}); err != nil {
			return err
		}
	}
	if next.TechnicalName != w.TechnicalName || next.Organization != w.Organization {
		if err := s.above(actor)(ctx, w); err != nil {
			return err
		}
	}
	if next.Organization != w.Organization {
		return s.authorizeUnder(ctx, actor, next.Organization)
	}
	return nil
}

// save stores what an update changed, and what follows from it.
func (s *Service) save(ctx context.Context, w, next Workspace) error {
	if next.Organization != w.Organization && w.Project.Database != "" {
		return fmt.Errorf("%w: the database of the workspace belongs to its organization", ErrInUse)
	}
	if next.Supervisor != w.Supervisor {
		u, err := s.supervisor(ctx, next.Supervisor)
		if err != nil {
			return err
		}
		if err := s.admit(ctx, w, u); err != nil {
			return err
		}
	}
	if err := s.store.SaveWorkspace(ctx, next); err != nil {
		return err
	}
	if next.Organization == w.Organization {
		return nil
	}
	return s.rebind(ctx, w, next)
}
