package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// require lets pass who holds a permission on a node.
func (s *Service) require(ctx context.Context, actor workspace.Actor, n rbac.Node, perm rbac.Permission) error {
	if err := actor.Known(); err != nil {
		return err
	}
	err := s.rights.Require(ctx, actor.Principal, n, perm, rbac.Latest())
	switch {
	case errors.Is(err, rbac.ErrNoPrincipal):
		return fmt.Errorf("%w: %w", rbac.ErrDenied, err)
	case errors.Is(err, rbac.ErrNoNode):
		return fmt.Errorf("%w: %w", workspace.ErrNotFound, err)
	}
	return err
}

// holds reports whether the actor holds a permission on a node.
func (s *Service) holds(ctx context.Context, actor workspace.Actor, n rbac.Node, perm rbac.Permission) (bool, error) {
	err := s.require(ctx, actor, n, perm)
	if errors.Is(err, rbac.ErrDenied) {
		return false, nil
	}
	return err == nil, err
}

// signedIn refuses who has not said who he is and who is disabled. It is for
// what needs no permission.
func (s *Service) signedIn(ctx context.Context, actor workspace.Actor) error {
	err := s.require(ctx, actor, rbac.Root, workspace.Administer)
	// That somebody is no administrator says nothing; that he is disabled does.
	if denied, ok := errors.AsType[*rbac.DeniedError](err); ok && denied.Explanation.Cause != rbac.ByDisabling {
		return actor.Known()
	}
	return err
}

// allow lets pass who holds a permission in every project of a database, at least
// one, or manages the workspaces of its organization. With [workspace.ReadDatabase]
// one project is enough, and [workspace.ManageWorkspaces] is the organization's
// alone. Who may not see the database is told that there is none.
func (s *Service) allow(ctx context.Context, actor workspace.Actor, d Database, perm rbac.Permission) error {
	o, err := one(s.store.Organizations(ctx, workspace.OrganizationFilter{IDs: []workspace.OrganizationID{d.Organization}}))
	if err != nil {
		return err
	}
	managing := s.require(ctx, actor, o.Num, workspace.ManageWorkspaces)
	if !errors.Is(managing, rbac.ErrDenied) {
		return managing
	}
	projects, err := s.store.Workspaces(ctx, workspace.Filter{Databases: []workspace.DatabaseID{d.ID}})
	if err != nil {
		return err
	}
	sees := false
	for i := 0; i < len(projects) && !sees; i++ {
		if sees, err = s.holds(ctx, actor, projects[i].Num, workspace.ReadDatabase); err != nil {
			return err
		}
	}
	switch {
	case !sees:
		return ErrNotFound
	case perm == workspace.ReadDatabase:
		return nil
	case perm == workspace.ManageWorkspaces:
		return managing
	}
	for _, p := range projects {
		if err := s.require(ctx, actor, p.Num, perm); err != nil {
			return err
		}
	}
	return nil
}

// manages lets pass who manages the workspaces of an organization. Who may not
// see it is told that there is none.
func (s *Service) manages(ctx context.Context, actor workspace.Actor, id workspace.OrganizationID) error {
	if err := actor.Known(); err != nil {
		return err
	}
	o, err := one(s.store.Organizations(ctx, workspace.OrganizationFilter{IDs: []workspace.OrganizationID{id}}))
	if errors.Is(err, ErrNotFound) {
		return workspace.ErrNotFound
	}
	if err != nil {
		return err
	}
	denied := s.require(ctx, actor, o.Num, workspace.ManageWorkspaces)
	if !errors.Is(denied, rbac.ErrDenied) {
		return denied
	}
	sees, err := s.holds(ctx, actor, o.Num, workspace.ReadOrganization)
	if err == nil && !sees {
		err = workspace.ErrNotFound
	}
	if err != nil {
		return err
	}
	return denied
}

// visible chooses the databases that the actor holds a permission in: in one
// project, or in all.
func (s *Service) visible(ctx context.Context, actor workspace.Actor, perm rbac.Permission, all bool) (*Visibility, error) {
	if err := s.signedIn(ctx, actor); err != nil {
		return nil, err
	}
	organizations, err := s.rights.Filter(ctx, actor.Principal, workspace.ManageWorkspaces, rbac.Root, workspace.ClassOrganization, rbac.Latest())
	if err != nil {
		return nil, err
	}
	workspaces, err := s.rights.Filter(ctx, actor.Principal, perm, rbac.Root, workspace.ClassWorkspace, rbac.Latest())
	return &Visibility{Organizations: organizations, Workspaces: workspaces, All: all}, err
}

// present are the states in which a database is somebody's.
func present() []State { return []State{Ready, Renaming} }

// find returns a database to who may do something with it.
func (s *Service) find(ctx context.Context, actor workspace.Actor, name Name, perm rbac.Permission) (Database, error) {
	return s.chosen(ctx, actor, Filter{Names: []Name{name}, States: present()}, perm)
}

func (s *Service) chosen(ctx context.Context, actor workspace.Actor, f Filter, perm rbac.Permission) (Database, error) {
	for _, name := range f.Names {
		if err := name.Check(); err != nil {
			return Database{}, err
		}
	}
	if err := actor.Known(); err != nil {
		return Database{}, err
	}
	d, err := one(s.store.Databases(ctx, f))
	if err != nil {
		return Database{}, err
	}
	if err := s.allow(ctx, actor, d, perm); err != nil {
		return Database{}, err
	}
	return d, nil
}

// locked is like find inside a unit of work, and keeps everybody else from
// changing the database until that ends. It returns ErrState where something is
// under way.
func (s *Service) locked(ctx context.Context, actor workspace.Actor, name Name, perm rbac.Permission) (Database, error) {
	d, err := s.chosen(ctx, actor, Filter{Names: []Name{name}, States: present(), Lock: true}, perm)
	if err == nil && d.State != Ready {
		return Database{}, ErrState
	}
	return d, err
}

// reality returns ErrNoProvisioner where there is none.
func (s *Service) reality() error {
	if s.provisioner == nil {
		return ErrNoProvisioner
	}
	return nil
}

// record appends an event to the trail, in the unit of work that ctx is in.
func (s *Service) record(ctx context.Context, actor workspace.Actor, action string, d Database, in workspace.ID, detail map[string]any) error {
	text, err := audit.Detail(detail)
	if err != nil {
		return fmt.Errorf("database: detail of %s: %w", action, err)
	}
	return s.trail.Append(ctx, actor.Signs(audit.Event{
		ID: audit.EventID(uid.New()), At: s.clock(), Action: action,
		Workspace: string(in), Organization: string(d.Organization),
		Object: audit.Object{Kind: "database", ID: string(d.ID), Name: string(d.Name)}, Detail: text,
	}))
}

func invalid(field, expected string) error {
	return &workspace.InvalidError{Field: field, Expected: expected}
}

// one returns what a list that was asked for by identifier or name holds.
func one[T any](list []T, err error) (T, error) {
	if err != nil || len(list) == 0 {
		var none T
		if err == nil {
			err = ErrNotFound
		}
		return none, err
	}
	return list[0], nil
}
