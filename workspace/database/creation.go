package database

import (
	"context"
	"errors"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A row comes first, and says that a database is being made and what its
// organization was charged for it. Then the database is made, and last the row
// says that it is ready, in one unit of work with the project that it is for.
// Whoever dies before that leaves a row that somebody finds, and what is found
// with it is deleted before the row is: nothing is ever there that no row tells
// of.

// Create makes a database that no project uses yet. It needs
// [workspace.ManageWorkspaces] on the organization, and returns what
// [Service.CreateProject] does.
func (s *Service) Create(ctx context.Context, actor workspace.Actor, in workspace.OrganizationID, wanted Draft) (Database, error) {
	return s.create(ctx, actor, in, wanted, func(context.Context, Database) (workspace.ID, error) { return "", nil })
}

// create makes a database, and, in the unit of work in which it becomes one, what
// needs it.
func (s *Service) create(
	ctx context.Context, actor workspace.Actor, in workspace.OrganizationID, wanted Draft,
	with func(ctx context.Context, d Database) (workspace.ID, error),
) (Database, error) {
	if err := s.manages(ctx, actor, in); err != nil {
		return Database{}, err
	}
	if err := wanted.Name.Check(); err != nil {
		return Database{}, err
	}
	if err := s.reality(); err != nil {
		return Database{}, err
	}
	release, err := s.hold(ctx, wanted.Name)
	if err != nil {
		return Database{}, err
	}
	defer release()
	if wanted.Template != "" {
		if wanted.Template.Check() != nil {
			return Database{}, noTemplate()
		}
		let, err := s.holdOne(ctx, wanted.Template.reading())
		if err != nil {
			return Database{}, err
		}
		defer let()
	}
	d, err := s.announce(ctx, actor, in, wanted)
	if err != nil {
		return Database{}, err
	}
	s.step("announced")
	err = s.build(ctx, d)
	ours := !errors.Is(err, ErrExists) // made meanwhile by somebody who is not one of us
	if err == nil {
		var made Database
		if made, err = s.finish(ctx, actor, d, with); err == nil {
			return made, nil
		}
	}
	ctx, cancel := aftermath(ctx)
	defer cancel()
	done, undone := s.undo(ctx, d, ours)
	if done { // it was only not said that it is
		return one(s.store.Databases(ctx, Filter{IDs: []workspace.DatabaseID{d.ID}}))
	}
	return Database{}, errors.Join(err, undone)
}

func noTemplate() error { return invalid("template", "a database that can be copied") }

// announce says that a database is being made, and charges for as much as its
// template takes up. Nobody else is at the name.
func (s *Service) announce(ctx context.Context, actor workspace.Actor, in workspace.OrganizationID, wanted Draft) (Database, error) {
	// What is there without a row is not ours to delete if something goes wrong.
	if err := s.missing(ctx, wanted.Name); err != nil {
		return Database{}, err
	}
	if err := s.copies(ctx, actor, wanted.Template); err != nil {
		return Database{}, err
	}
	d := Database{
		ID: workspace.DatabaseID(uid.New()), Organization: in, Name: wanted.Name, Template: wanted.Template, State: Making,
		CreatedBy: actor.Name, Created: s.clock(),
	}
	d.Updated = d.Created
	if wanted.Template != "" {
		stats, err := s.provisioner.Stats(ctx, wanted.Template)
		if errors.Is(err, ErrNotFound) {
			return Database{}, noTemplate()
		}
		if err != nil {
			return Database{}, err
		}
		d.Counted = stats.Size
	}
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.store.LockOrganization(ctx, in); err != nil {
			return err
		}
		// Whoever held the lock may have taken the right away.
		if err := s.manages(ctx, actor, in); err != nil {
			return err
		}
		added, err := s.store.AddDatabase(ctx, d)
		if err != nil {
			return err
		}
		d.Num = added.Num
		return s.charge(ctx, in, d.Counted, d.reason())
	})
	return d, err
}

// missing returns ErrExists where there is a real database of a name.
func (s *Service) missing(ctx context.Context, name Name) error {
	_, err := s.provisioner.Stats(ctx, name)
	switch {
	case err == nil:
		return ErrExists
	case errors.Is(err, ErrNotFound):
		return nil
	}
	return err
}

// copies lets pass who may copy a template: who copies a database has all that a
// backup of it holds.
func (s *Service) copies(ctx context.Context, actor workspace.Actor, template Name) error {
	if template == "" || slices.Contains(s.opts.Templates, template) {
		return nil
	}
	d, err := s.find(ctx, actor, template, workspace.BackUpDatabase)
	switch {
	case errors.Is(err, ErrNotFound):
		return noTemplate()
	case err == nil && d.State != Ready:
		return ErrState
	}
	return err
}

// build makes the real database.
func (s *Service) build(ctx context.Context, d Database) error {
	err := s.provisioner.Create(ctx, d.Name, d.Template)
	if errors.Is(err, ErrNotFound) {
		return noTemplate()
	}
	if err == nil {
		s.step("created")
	}
	return err
}

// finish makes a database of what was built.
func (s *Service) finish(
	ctx context.Context, actor workspace.Actor, d Database, with func(ctx context.Context, d Database) (workspace.ID, error),
) (Database, error) {
	stats, err := s.provisioner.Stats(ctx, d.Name)
	if err != nil {
		return Database{}, hidden(err)
	}
	var made Database
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		made = d
		made.State, made.Size, made.Counted = Ready, stats.Size, stats.Size
		made.Measured = s.clock()
		made.Updated = made.Measured
		// It is ready only if nobody has begun to undo it.
		if err := s.store.SaveDatabase(ctx, made, Making); err != nil {
			return err
		}
		if err := s.charge(ctx, d.Organization, made.Counted-d.Counted, d.reason()); err != nil {
			return err
		}
		in, err := with(ctx, made)
		if err != nil {
			return err
		}
		return s.record(ctx, actor, "database.create", made, in, map[string]any{"template": made.Template, "size": made.Size})
	})
	if err != nil {
		return Database{}, err
	}
	s.step("committed")
	return made, nil
}

// hidden keeps an error of what must not fail so from being taken for an answer.
func hidden(err error) error {
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrExists) {
		return errVanished
	}
	return err
}

var errVanished = errors.New("database: what was just there is there no more")

// undo takes back what there is of a database that is being made: the real one, if
// that is ours, and then what is known of it. It reports whether nothing can be
// taken back since all is done.
func (s *Service) undo(ctx context.Context, d Database, ours bool) (done bool, err error) {
	if !ours {
		return false, s.store.Tx(ctx, func(ctx context.Context) error { return s.forget(ctx, d, Making) })
	}
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		next := d
		next.State, next.Updated = Dropping, s.clock()
		return s.store.SaveDatabase(ctx, next, Making)
	})
	if errors.Is(err, ErrState) {
		return s.overtaken(ctx, d)
	}
	if err != nil {
		return false, err
	}
	s.step("undoing")
	return false, s.drop(ctx, d)
}

// overtaken is called where a database is not being made any more: it is ready, or
// somebody took its maker for dead, whose hold was lost. He may have looked before
// the real one was made.
func (s *Service) overtaken(ctx context.Context, d Database) (done bool, err error) {
	named, err := s.store.Databases(ctx, Filter{Names: []Name{d.Name}})
	if err != nil {
		return false, err
	}
	ours := len(named) == 0 || named[0].ID == d.ID
	if !ours || len(named) > 0 && named[0].State == Ready {
		return ours, nil
	}
	if err := s.provisioner.Drop(ctx, d.Name); !errors.Is(err, ErrNotFound) {
		return false, err
	}
	return false, nil
}

// drop deletes what there is of a database that is being dropped, and then what
// is known of it.
func (s *Service) drop(ctx context.Context, d Database) error {
	if err := s.provisioner.Drop(ctx, d.Name); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	s.step("dropped")
	backups, err := s.store.Backups(ctx, BackupFilter{Databases: []workspace.DatabaseID{d.ID}})
	if err != nil {
		return err
	}
	for _, b := range backups {
		if err := s.discard(ctx, d.Organization, b); err != nil {
			return err
		}
		s.step("discarded")
	}
	return s.store.Tx(ctx, func(ctx context.Context) error { return s.forget(ctx, d, Dropping) })
}

// forget deletes what is known of a database, and gives back what it was charged
// with, inside a unit of work. It is no error that somebody else did.
func (s *Service) forget(ctx context.Context, d Database, from State) error {
	now, err := one(s.store.Databases(ctx, Filter{IDs: []workspace.DatabaseID{d.ID}, States: []State{from}, Lock: true}))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.charge(ctx, now.Organization, -now.Counted, now.reason()); err != nil {
		return err
	}
	return s.store.DeleteDatabase(ctx, now.ID, from)
}
