package database

import (
	"context"
	"errors"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Rename gives a database another name, and ends its sessions. It needs
// [workspace.ManageWorkspaces] on the organization. Backups keep their names. It
// returns ErrExists for a name that is taken, ErrState and ErrBusy.
func (s *Service) Rename(ctx context.Context, actor workspace.Actor, name, to Name) (Database, error) {
	if err := to.Check(); err != nil {
		return Database{}, err
	}
	d, err := s.find(ctx, actor, name, workspace.ManageWorkspaces)
	if err != nil || name == to {
		return d, err
	}
	if err := s.reality(); err != nil {
		return Database{}, err
	}
	release, err := s.hold(ctx, append(name.alone(), to)...)
	if err != nil {
		return Database{}, err
	}
	defer release()
	if err := s.missing(ctx, to); err != nil {
		return Database{}, err
	}
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		var err error
		if d, err = s.locked(ctx, actor, name, workspace.ManageWorkspaces); err != nil {
			return err
		}
		d.State, d.Target, d.Updated = Renaming, to, s.clock()
		return s.store.SaveDatabase(ctx, d, Ready)
	})
	if err != nil {
		return Database{}, err
	}
	s.step("renaming")
	failed := s.provisioner.Rename(ctx, name, to)
	s.step("renamed")
	ctx, cancel := aftermath(ctx)
	defer cancel()
	settled, err := s.settle(ctx, actor, d)
	switch {
	case err != nil:
		return Database{}, errors.Join(failed, err)
	case settled.Name == to:
		return settled, nil
	case failed == nil:
		failed = errVanished
	}
	return Database{}, failed
}

// settle finishes the renaming of a database, or takes it back: it is called as
// what is there is.
func (s *Service) settle(ctx context.Context, actor workspace.Actor, d Database) (Database, error) {
	kept, moved := s.missing(ctx, d.Name), s.missing(ctx, d.Target)
	for _, err := range []error{kept, moved} {
		if err != nil && !errors.Is(err, ErrExists) {
			return Database{}, err
		}
	}
	// Where both are there, the one of the new name is another's.
	finished := kept == nil && moved != nil
	var settled Database
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		settled = d
		settled.State, settled.Target, settled.Updated = Ready, "", s.clock()
		if finished {
			settled.Name = d.Target
		}
		if err := s.store.SaveDatabase(ctx, settled, Renaming); err != nil {
			return err
		}
		if !finished {
			return nil
		}
		return s.record(ctx, actor, "database.rename", settled, "", map[string]any{"from": d.Name, "to": settled.Name})
	})
	if errors.Is(err, ErrState) {
		return s.overruled(ctx, d, finished)
	}
	if err != nil {
		return Database{}, err
	}
	s.step("settled")
	return settled, nil
}

// overruled is called where a database is not being renamed any more: somebody
// took who does for dead, whose hold was lost, and settled it. Where he did so
// before it was renamed, it gets its name back.
func (s *Service) overruled(ctx context.Context, d Database, moved bool) (Database, error) {
	now, err := one(s.store.Databases(ctx, Filter{IDs: []workspace.DatabaseID{d.ID}, States: []State{Ready}}))
	if err == nil && moved && now.Name == d.Name {
		err = s.provisioner.Rename(ctx, d.Target, d.Name)
	}
	if err != nil {
		return Database{}, err
	}
	return now, nil
}

// Delete deletes a database with all backups that are kept of it. It needs
// [workspace.ManageWorkspaces] on the organization, and returns ErrInUse while
// projects use it. Where it fails later than that, the database is nobody's any
// more, and [Service.Reconcile] goes on with deleting it.
func (s *Service) Delete(ctx context.Context, actor workspace.Actor, name Name) error {
	if _, err := s.find(ctx, actor, name, workspace.ManageWorkspaces); err != nil {
		return err
	}
	if err := s.reality(); err != nil {
		return err
	}
	release, err := s.hold(ctx, name.alone()...)
	if err != nil {
		return err
	}
	defer release()
	var d Database
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		var err error
		if d, err = s.locked(ctx, actor, name, workspace.ManageWorkspaces); err != nil {
			return err
		}
		projects, err := s.store.Workspaces(ctx, workspace.Filter{Databases: []workspace.DatabaseID{d.ID}, Limit: 1})
		if err != nil {
			return err
		}
		if len(projects) > 0 {
			return ErrInUse
		}
		n, err := s.doom(ctx, d)
		if err != nil {
			return err
		}
		d.State, d.Updated = Dropping, s.clock()
		if err := s.store.SaveDatabase(ctx, d, Ready); err != nil {
			return err
		}
		return s.record(ctx, actor, "database.delete", d, "", map[string]any{"size": d.Size, "backups": n})
	})
	if err != nil {
		return err
	}
	s.step("doomed")
	ctx, cancel := aftermath(ctx)
	defer cancel()
	return s.drop(ctx, d)
}

// doom says of all backups of a database that they are being deleted, and returns
// how many there are.
func (s *Service) doom(ctx context.Context, d Database) (int, error) {
	backups, err := s.store.Backups(ctx, BackupFilter{Databases: []workspace.DatabaseID{d.ID}, Lock: true})
	if err != nil {
		return 0, err
	}
	if len(backups) > 0 && s.opts.Files == nil {
		return 0, ErrNoFiles // they would be left
	}
	for _, b := range backups {
		from := b.State
		b.State = Dropping
		if err := s.store.SaveBackup(ctx, b, from); err != nil {
			return 0, err
		}
	}
	return len(backups), nil
}
