package database

import (
	"context"
	"errors"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A Draft says what database is to be made.
type Draft struct {
	Name Name
	// Template is what it is a copy of, empty for an empty database.
	Template Name
}

// A ProjectDraft says what project is to be made: a workspace, with a new
// database, with one that there is, or with none.
type ProjectDraft struct {
	Workspace workspace.Workspace
	New       *Draft
	Existing  Name
}

// CreateProject makes a workspace, and a database with it if it is to have a new
// one: both or neither, also when the process dies meanwhile. The database is
// zero where it has none. It needs [workspace.ManageWorkspaces] on the
// organization, which there must be for a database.
//
// It returns what workspace.Service.Create does, *NameError, ErrExists for the
// name of a new database, a *workspace.InvalidError of "template" for one that
// there is not or that the actor may not see, a *rbac.DeniedError for one that he
// may see and not back up, a *workspace.InvalidError of "database" for an existing
// one that is not the organization's, ErrState, ErrBusy, ErrNoProvisioner, and a
// *quota.ExceededError where there is no room for what the template takes up.
func (s *Service) CreateProject(ctx context.Context, actor workspace.Actor, draft ProjectDraft) (workspace.Details, Database, error) {
	if err := actor.Known(); err != nil {
		return workspace.Details{}, Database{}, err
	}
	if draft.New == nil {
		return s.createUpon(ctx, actor, draft)
	}
	if draft.Existing != "" {
		return workspace.Details{}, Database{}, invalid("database", "a new one or an existing one")
	}
	if err := s.rehearse(ctx, actor, draft.Workspace); err != nil {
		return workspace.Details{}, Database{}, err
	}
	if draft.Workspace.Organization == "" {
		return workspace.Details{}, Database{}, invalid("organization", "one that the database is to belong to")
	}
	var made workspace.Details
	d, err := s.create(ctx, actor, draft.Workspace.Organization, *draft.New, func(ctx context.Context, d Database) (workspace.ID, error) {
		var err error
		made, err = s.found(ctx, actor, draft.Workspace, d)
		return made.ID, err
	})
	if err != nil {
		return workspace.Details{}, Database{}, err
	}
	return made, d, nil
}

// found makes a workspace whose data are in a database, inside a unit of work.
func (s *Service) found(ctx context.Context, actor workspace.Actor, w workspace.Workspace, d Database) (workspace.Details, error) {
	w.Project.Database = d.ID
	return s.workspaces.Create(ctx, actor, w)
}

// errRehearsed takes back what only served to see whether it works.
var errRehearsed = errors.New("database: rehearsed")

// rehearse finds out whether a workspace could be made, before anything is begun
// that would have to be undone.
func (s *Service) rehearse(ctx context.Context, actor workspace.Actor, w workspace.Workspace) error {
	w.Project.Database = "" // it is not there yet
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.workspaces.Create(ctx, actor, w); err != nil {
			return err
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return nil
	}
	return err
}

// createUpon makes a project of the database that there is, or of none.
func (s *Service) createUpon(ctx context.Context, actor workspace.Actor, draft ProjectDraft) (workspace.Details, Database, error) {
	var made workspace.Details
	var d Database
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		d = Database{}
		var err error
		if draft.Existing != "" {
			// The right is asked for where the workspace is made. Who lacks it must not
			// learn here what databases there are.
			if err := s.mayPlace(ctx, actor, draft.Workspace.Organization); err != nil {
				return err
			}
			if d, err = s.ofOrganization(ctx, draft.Workspace.Organization, draft.Existing); err != nil {
				return err
			}
		}
		made, err = s.found(ctx, actor, draft.Workspace, d)
		return err
	})
	if err != nil {
		return workspace.Details{}, Database{}, err
	}
	return made, d, nil
}

// mayPlace lets pass who manages the workspaces of an organization, or, where
// there is none, those of the platform.
func (s *Service) mayPlace(ctx context.Context, actor workspace.Actor, id workspace.OrganizationID) error {
	if id == "" {
		return s.require(ctx, actor, rbac.Root, workspace.ManageWorkspaces)
	}
	return s.manages(ctx, actor, id)
}

// ofOrganization returns a database for a project of an organization, inside a
// unit of work that it cannot be deleted in.
func (s *Service) ofOrganization(ctx context.Context, id workspace.OrganizationID, name Name) (Database, error) {
	if id == "" || name.Check() != nil {
		return Database{}, noDatabase()
	}
	d, err := one(s.store.Databases(ctx, Filter{Organization: id, Names: []Name{name}, States: present(), Lock: true}))
	switch {
	case errors.Is(err, ErrNotFound):
		return Database{}, noDatabase()
	case err == nil && d.State != Ready:
		return Database{}, ErrState
	}
	return d, err
}

func noDatabase() error { return invalid("database", "a database of the organization") }

// SetDatabase gives a project another database of its organization, or none where
// the name is empty. It needs [workspace.ManageWorkspaces] on the organization,
// and returns a *workspace.InvalidError of "database" for one that is not the
// organization's. Doing so twice changes nothing.
func (s *Service) SetDatabase(ctx context.Context, actor workspace.Actor, in workspace.ID, name Name) error {
	if err := actor.Known(); err != nil {
		return err
	}
	w, err := one(s.store.Workspaces(ctx, workspace.Filter{IDs: []workspace.ID{in}}))
	if err != nil {
		return elsewhere(err)
	}
	if err := s.moves(ctx, actor, w); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		w, err := s.store.LockWorkspace(ctx, in)
		if err != nil {
			return err
		}
		if err := s.moves(ctx, actor, w); err != nil {
			return err
		}
		var d Database
		if name != "" {
			if d, err = s.ofOrganization(ctx, w.Organization, name); err != nil {
				return err
			}
		}
		if d.ID == w.Project.Database {
			return nil
		}
		before := d
		if w.Project.Database != "" {
			list, err := s.store.Databases(ctx, Filter{IDs: []workspace.DatabaseID{w.Project.Database}})
			if before, err = one(list, err); err != nil {
				return err
			}
		}
		if err := s.workspaces.SetDatabase(ctx, actor, in, d.ID); err != nil {
			return err
		}
		if d.ID == "" {
			return s.record(ctx, actor, "database.detach", before, in, nil)
		}
		return s.record(ctx, actor, "database.attach", d, in, nil)
	})
}

// moves lets pass who may say where the data of a workspace are. Who may not see
// it is told that there is none.
func (s *Service) moves(ctx context.Context, actor workspace.Actor, w workspace.Workspace) error {
	err := s.mayPlace(ctx, actor, w.Organization)
	if !errors.Is(err, rbac.ErrDenied) && !errors.Is(err, workspace.ErrNotFound) {
		return err
	}
	sees, failed := s.holds(ctx, actor, w.Num, workspace.Read)
	switch {
	case failed != nil:
		return failed
	case !sees:
		return workspace.ErrNotFound
	case errors.Is(err, workspace.ErrNotFound): // its organization is, to him
		return &rbac.DeniedError{Explanation: rbac.Explanation{
			Principal: actor.Principal, Node: w.Num, Permission: workspace.ManageWorkspaces, Cause: rbac.ByDefault,
		}}
	}
	return err
}

// elsewhere tells of a workspace that it is not found as that package does.
func elsewhere(err error) error {
	if errors.Is(err, ErrNotFound) {
		return workspace.ErrNotFound
	}
	return err
}
