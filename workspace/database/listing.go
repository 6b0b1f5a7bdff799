package database

import (
	"context"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Templates returns the names of databases that everybody who may make one may
// copy. Everybody signed in may know them.
func (s *Service) Templates(ctx context.Context, actor workspace.Actor) ([]Name, error) {
	if err := s.signedIn(ctx, actor); err != nil {
		return nil, err
	}
	return slices.Clone(s.opts.Templates), nil
}

// Databases lists the databases that the actor may see, and how many there are:
// those of organizations whose workspaces he manages, and those of projects in
// which he holds [workspace.ReadDatabase]. Everybody signed in may. Without
// States, those that are being made or dropped are left out.
func (s *Service) Databases(ctx context.Context, actor workspace.Actor, f Filter) ([]Database, int, error) {
	var err error
	if f.Visible, err = s.visible(ctx, actor, workspace.ReadDatabase, false); err != nil {
		return nil, 0, err
	}
	f.Lock = false
	if f.States == nil {
		f.States = present()
	}
	list, err := s.store.Databases(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	n, err := s.store.CountDatabases(ctx, f)
	return list, n, err
}

// Database returns one to who may see it. It returns ErrName and ErrNotFound.
func (s *Service) Database(ctx context.Context, actor workspace.Actor, name Name) (Database, error) {
	return s.find(ctx, actor, name, workspace.ReadDatabase)
}

// Permits lets pass who holds a permission in what a database is of, as whatever is
// done with it asks: [workspace.ReadDatabase] in one of its projects, any other in
// all of them, or [workspace.ManageWorkspaces] on its organization. It returns
// ErrName, ErrNotFound to who may not see the database, and a *[rbac.DeniedError].
func (s *Service) Permits(ctx context.Context, actor workspace.Actor, name Name, perm rbac.Permission) error {
	_, err := s.find(ctx, actor, name, perm)
	return err
}

// Find returns databases by identifier as far as the actor may see them: what
// [workspace.Project].Database of several projects are. Everybody signed in may.
func (s *Service) Find(ctx context.Context, actor workspace.Actor, ids []workspace.DatabaseID) (map[workspace.DatabaseID]Database, error) {
	visible, err := s.visible(ctx, actor, workspace.ReadDatabase, false)
	if err != nil {
		return nil, err
	}
	found := map[workspace.DatabaseID]Database{}
	if len(ids) == 0 {
		return found, nil
	}
	list, err := s.store.Databases(ctx, Filter{IDs: ids, States: present(), Visible: visible})
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		found[d.ID] = d
	}
	return found, nil
}

// Stats returns what the provisioner knows of a database at the moment, to who
// may see it: its size, and how many sessions there are.
func (s *Service) Stats(ctx context.Context, actor workspace.Actor, name Name) (Stats, error) {
	if _, err := s.find(ctx, actor, name, workspace.ReadDatabase); err != nil {
		return Stats{}, err
	}
	if err := s.reality(); err != nil {
		return Stats{}, err
	}
	return s.provisioner.Stats(ctx, name)
}
