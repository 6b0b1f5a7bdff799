package database

import (
	"context"
	"errors"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Lock keeps everybody from connecting to a database until it is unlocked, and
// returns how many members of its projects that shuts out. Sessions go on until
// they are ended, see [Service.EndSessions]. It needs [workspace.LockDatabase] in
// every project of the database, or [workspace.ManageWorkspaces] on its
// organization. Doing so twice changes nothing.
func (s *Service) Lock(ctx context.Context, actor workspace.Actor, name Name) (Database, int, error) {
	return s.setLock(ctx, actor, name, true)
}

// Unlock undoes [Service.Lock], and returns how many members may connect again. It
// needs the same. Who is disabled himself stays so.
func (s *Service) Unlock(ctx context.Context, actor workspace.Actor, name Name) (Database, int, error) {
	return s.setLock(ctx, actor, name, false)
}

func (s *Service) setLock(ctx context.Context, actor workspace.Actor, name Name, lock bool) (Database, int, error) {
	var d Database
	users := 0
	err := s.with(ctx, actor, name, workspace.LockDatabase, func(ctx context.Context, now Database) error {
		d = now
		var err error
		if users, err = s.store.CountUsers(ctx, d.ID); err != nil || d.Locked == lock {
			return err
		}
		d.Locked, d.Updated = lock, s.clock()
		if err := s.store.SaveDatabase(ctx, d, Ready); err != nil {
			return err
		}
		action := "database.unlock"
		if lock {
			action = "database.lock"
		}
		return s.record(ctx, actor, action, d, "", map[string]any{"users": users})
	}, func(Database) error {
		s.step("locking")
		return s.latch(ctx, d)
	})
	if err != nil {
		return Database{}, 0, err
	}
	return d, users, nil
}

// latch makes the real lock of a database what it should be.
func (s *Service) latch(ctx context.Context, d Database) error {
	if d.Locked {
		return s.provisioner.Lock(ctx, d.Name)
	}
	return s.provisioner.Unlock(ctx, d.Name)
}

// with does something with a real database that keeps its name meanwhile: first
// what is to be known of it, in a unit of work, and then the thing itself.
func (s *Service) with(
	ctx context.Context, actor workspace.Actor, name Name, perm rbac.Permission,
	record func(ctx context.Context, d Database) error, act func(d Database) error,
) error {
	if _, err := s.find(ctx, actor, name, perm); err != nil {
		return err
	}
	if err := s.reality(); err != nil {
		return err
	}
	release, err := s.hold(ctx, name)
	if err != nil {
		return err
	}
	defer release()
	var d Database
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		var err error
		if d, err = s.locked(ctx, actor, name, perm); err != nil {
			return err
		}
		return record(ctx, d)
	})
	if err != nil {
		return err
	}
	return act(d)
}

// EndSessions ends all sessions in a database, and returns how many there were.
// It needs what [Service.Lock] needs.
func (s *Service) EndSessions(ctx context.Context, actor workspace.Actor, name Name) (Database, int, error) {
	var d Database
	n := 0
	err := s.with(ctx, actor, name, workspace.LockDatabase, func(ctx context.Context, now Database) error {
		d = now
		return s.record(ctx, actor, "database.end_sessions", d, "", nil)
	}, func(Database) error {
		var err error
		n, err = s.provisioner.EndSessions(ctx, name)
		return err
	})
	if err != nil {
		return Database{}, 0, err
	}
	return d, n, nil
}

// Access returns how to connect to the database of a project. It needs
// [workspace.ConnectDatabase] there, and returns ErrNotFound for a project without
// a database and ErrLocked while it is locked. The password is told this once, and
// is in no record.
func (s *Service) Access(ctx context.Context, actor workspace.Actor, in workspace.ID) (Database, Access, error) {
	d, err := s.reached(ctx, actor, in)
	if err != nil {
		return Database{}, Access{}, err
	}
	if err := s.reality(); err != nil {
		return Database{}, Access{}, err
	}
	release, err := s.hold(ctx, d.Name)
	if err != nil {
		return Database{}, Access{}, err
	}
	defer release()
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		now, err := s.reached(ctx, actor, in)
		switch {
		case err != nil:
			return err
		case now.Name != d.Name: // it was renamed, or the project has another
			return ErrState
		}
		d = now
		return s.record(ctx, actor, "database.access", d, in, nil)
	})
	if err != nil {
		return Database{}, Access{}, err
	}
	access, err := s.provisioner.Access(ctx, d.Name)
	if err != nil {
		return Database{}, Access{}, err
	}
	return d, access, nil
}

// reached returns the database of a project to who may connect to it.
func (s *Service) reached(ctx context.Context, actor workspace.Actor, in workspace.ID) (Database, error) {
	if err := actor.Known(); err != nil {
		return Database{}, err
	}
	w, err := one(s.store.Workspaces(ctx, workspace.Filter{IDs: []workspace.ID{in}}))
	if err != nil {
		return Database{}, elsewhere(err)
	}
	denied := s.require(ctx, actor, w.Num, workspace.ConnectDatabase)
	if errors.Is(denied, rbac.ErrDenied) {
		sees, err := s.holds(ctx, actor, w.Num, workspace.Read)
		switch {
		case err != nil:
			return Database{}, err
		case !sees:
			return Database{}, workspace.ErrNotFound
		}
	}
	if denied != nil {
		return Database{}, denied
	}
	d, err := one(s.store.Databases(ctx, Filter{IDs: []workspace.DatabaseID{w.Project.Database}}))
	switch {
	case err != nil:
		return Database{}, err
	case d.State != Ready:
		return Database{}, ErrState
	case d.Locked:
		return Database{}, ErrLocked
	}
	return d, nil
}
