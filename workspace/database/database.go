// Package database gives projects real databases: made from templates, shared by
// projects, locked, backed up and restored, and counted in their organization's
// share.
//
// A [Database] is known here by a row, and is there in reality by what a
// [Provisioner] makes. The two are changed one after the other, and a process
// can die in between; so a row says what is under way, whoever is at it holds
// the name ([Provisioner].Hold), and [Service.Reconcile] finishes or undoes what
// somebody left who is gone. A project with a new database is there whole, or
// nothing of it is.
//
// Whoever manages the workspaces of an organization ([workspace.ManageWorkspaces])
// does everything with its databases. In projects there are rights to see, use,
// back up and lock the database; since a backup holds the data of all projects
// that share it, and a lock shuts them all out, those take the right in every
// one of them. Who may not see a database is told that there is none.
//
// The package does not touch databases itself, nor does it say what is in them.
// Start with [New].
package database

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Errors of the service, besides those of names and provisioners, those of
// workspace, *[rbac.DeniedError] and *[quota.ExceededError].
var (
	// ErrInUse is returned for deleting a database that projects use.
	ErrInUse = errors.New("database: projects use it")
	// ErrNoProvisioner is returned for what needs real databases where there are
	// none.
	ErrNoProvisioner = errors.New("database: no databases are made here")
	// ErrNoFiles is returned for what needs kept backups where none are kept.
	ErrNoFiles = errors.New("database: no backups are kept here")
	// ErrState is returned for what cannot be done while a database, or a backup,
	// is being made, renamed or deleted.
	ErrState = errors.New("database: something else is under way")
)

// A State says what is under way.
type State string

// The states of a database.
const (
	Making   State = "making" // nobody's yet
	Ready    State = "ready"
	Renaming State = "renaming"
	Dropping State = "dropping" // nobody's any more
)

// A Database is a real database of an organization. Several projects may share
// one ([workspace.Project].Database), or none use it.
type Database struct {
	ID           workspace.DatabaseID
	Num          int64
	Organization workspace.OrganizationID
	Name         Name // unique on the platform
	// Template is what it was made from, by its name then, empty for nothing.
	Template Name
	State    State
	// Target is the name that it is being given.
	Target Name
	// Locked databases let nobody connect. That it is takes effect within a minute
	// where it did not at once.
	Locked bool
	// Size is what it took up in bytes when it was Measured, and Counted how much
	// of that its organization's share is charged with: less where it has grown
	// past what there was room for.
	Size     int64
	Counted  int64
	Measured time.Time
	// CreatedBy is the name of who made it, as it was then.
	CreatedBy string
	Created   time.Time
	Updated   time.Time
}

// A Filter chooses databases. Its zero value chooses all, in order of creation.
type Filter struct {
	IDs          []workspace.DatabaseID
	Organization workspace.OrganizationID
	// Names keeps those that are called so.
	Names []Name
	// Search is in the name, regardless of case.
	Search string
	States []State
	Locked *bool
	// Visible keeps what somebody may see, which the service sets.
	Visible *Visibility
	Order   Order
	After   *Mark
	// Newest turns the order of creation round.
	Newest bool
	// Lock keeps everybody else from changing what is chosen until the unit of
	// work ends, and fails outside one.
	Lock   bool
	Offset int
	Limit  int // 0 for no bound
}

// A Visibility chooses the databases of organizations, and those of projects, by
// their nodes.
type Visibility struct {
	Organizations rbac.Condition
	// Workspaces are those that it is enough to have one of, or, with All, that
	// all projects of a database must be among, at least one.
	Workspaces rbac.Condition
	All        bool
}

// A Store keeps databases and backups. Methods that change something are called
// inside a unit of work and fail outside one. A list in a filter chooses what is
// in it: nothing when it is empty, everything when it is nil. Lists come in the
// filter's order and behind its mark as those of a [workspace.Store] do.
type Store interface {
	// Tx runs fn in a unit of work, joining the one that ctx is in.
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	Databases
	Backups
	Directory
}

// Databases keep what is known of databases.
type Databases interface {
	// Databases and CountDatabases return what a filter chooses.
	Databases(ctx context.Context, f Filter) ([]Database, error)
	CountDatabases(ctx context.Context, f Filter) (int, error)
	// AddDatabase stores a new database, and returns it with its Num. It returns
	// ErrExists for a name that another has or is to get, and
	// workspace.ErrNotFound for the organization.
	AddDatabase(ctx context.Context, d Database) (Database, error)
	// SaveDatabase stores a change of name, state, target, lock, size and what is
	// counted of it, of a database that is in a state, in one statement. It returns
	// ErrState for one that is in another or is not there, and ErrExists for a name
	// or a target that another has or is to get.
	SaveDatabase(ctx context.Context, d Database, from State) error
	// DeleteDatabase deletes what is known of a database that is in a state. It
	// returns ErrState for one that is in another or is not there, and ErrInUse
	// while projects use it or there are backups of it.
	DeleteDatabase(ctx context.Context, id workspace.DatabaseID, from State) error
	// CountUsers returns how many users who are not disabled are members of a
	// workspace that uses a database, themselves or by a group, each once.
	CountUsers(ctx context.Context, id workspace.DatabaseID) (int, error)
}

// Backups keep what is known of kept backups.
type Backups interface {
	// Backups and CountBackups return what a filter chooses.
	Backups(ctx context.Context, f BackupFilter) ([]Backup, error)
	CountBackups(ctx context.Context, f BackupFilter) (int, error)
	// AddBackup stores a new one, and returns it with its Num. It returns ErrExists
	// for the name, and ErrNotFound for the database.
	AddBackup(ctx context.Context, b Backup) (Backup, error)
	// SaveBackup stores a change of state, size and digest, of one that is in a
	// state, in one statement. It returns ErrState for one that is in another or is
	// not there.
	SaveBackup(ctx context.Context, b Backup, from State) error
	// DeleteBackup deletes what is known of one that is in a state. It returns
	// ErrState for one that is in another or is not there.
	DeleteBackup(ctx context.Context, id BackupID, from State) error
}

// A Directory tells who and where. Whoever asks has been authorized already.
type Directory interface {
	// Organizations and Workspaces return what a filter chooses.
	Organizations(ctx context.Context, f workspace.OrganizationFilter) ([]workspace.Organization, error)
	Workspaces(ctx context.Context, f workspace.Filter) ([]workspace.Workspace, error)
	// LockOrganization and LockWorkspace read one and keep everybody else from
	// changing it until the unit of work ends. They return workspace.ErrNotFound.
	LockOrganization(ctx context.Context, id workspace.OrganizationID) (workspace.Organization, error)
	LockWorkspace(ctx context.Context, id workspace.ID) (workspace.Workspace, error)
}

// Workspaces make workspaces, and say where their data are, joining the unit of
// work that ctx is in; a [workspace.Service] does.
type Workspaces interface {
	Create(ctx context.Context, actor workspace.Actor, w workspace.Workspace) (workspace.Details, error)
	SetDatabase(ctx context.Context, actor workspace.Actor, id workspace.ID, db workspace.DatabaseID) error
}

// An Authorizer decides; [rbac.Engine] does.
type Authorizer interface {
	Require(ctx context.Context, p rbac.Principal, n rbac.Node, perm rbac.Permission, c rbac.Consistency) error
	Filter(ctx context.Context, p rbac.Principal, perm rbac.Permission, under rbac.Node, class string, c rbac.Consistency) (rbac.Condition, error)
}

// A Meter counts; [quota.Service] does.
type Meter interface {
	Allocations(ctx context.Context, f quota.AllocationFilter) ([]quota.Allocation, int, error)
	Allocate(ctx context.Context, a quota.Allocation) (quota.Allocation, error)
	Consume(ctx context.Context, id quota.AllocationID, n int64, why quota.Reason) error
	Release(ctx context.Context, id quota.AllocationID, n int64, why quota.Reason) error
}

// A Trail records; an [audit.Store] does.
type Trail interface {
	Append(ctx context.Context, e audit.Event) error
}

// Files keep backups by name: lower-case letters, digits and slashes.
type Files interface {
	// Write stores what it reads until the end, whole or not at all.
	Write(ctx context.Context, name string, from io.Reader) error
	// Open reads a file. It returns an error that wraps [io/fs.ErrNotExist].
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// Delete deletes a file, and what attempts to write it have left. It is no
	// error that there is none.
	Delete(ctx context.Context, name string) error
}

// Options are what a [Service] can be told; the zero value works.
type Options struct {
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// Files keep backups. Without them none are kept, and those that are made are
	// downloaded at once.
	Files Files
	// Templates are the names of databases that everybody who may make one may
	// copy, besides those that he may back up.
	Templates []Name
	// Patience is how long is waited for somebody else who is at a database, before
	// it is ErrBusy; 2 seconds when 0.
	Patience time.Duration
}

// A Service keeps the rules of databases. It is safe for concurrent use.
type Service struct {
	store       Store
	provisioner Provisioner
	workspaces  Workspaces
	rights      Authorizer
	meter       Meter
	trail       Trail
	opts        Options
	// step is told what has just been done, by tests that end the process there.
	step func(name string)
}

// New makes a service of its collaborators. A nil provisioner makes it return
// ErrNoProvisioner for whatever needs one.
func New(
	store Store, provisioner Provisioner, workspaces Workspaces, rights Authorizer, meter Meter, trail Trail, opts *Options,
) *Service {
	s := &Service{
		store: store, provisioner: provisioner, workspaces: workspaces, rights: rights, meter: meter, trail: trail,
		step: func(string) {},
	}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	if s.opts.Patience == 0 {
		s.opts.Patience = 2 * time.Second
	}
	return s
}

// clock returns the time as it is kept.
func (s *Service) clock() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }
