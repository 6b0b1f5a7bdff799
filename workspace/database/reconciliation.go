package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Reconcile finishes, or undoes, what somebody began with a database or a backup
// who is gone, and makes real locks what they should be. It is called when a
// server starts and every minute, by each of several servers. It goes on with
// the others where something fails with one, and returns all errors.
func (s *Service) Reconcile(ctx context.Context) error {
	if s.provisioner == nil {
		return nil
	}
	databases, err := s.store.Databases(ctx, Filter{})
	if err != nil {
		return err
	}
	var failed []error
	try := func(what Name, err error) {
		if err != nil && !errors.Is(err, ErrBusy) { // whoever is at it is alive
			failed = append(failed, fmt.Errorf("database: reconciling %s: %w", what, err))
		}
	}
	for _, d := range databases {
		if ctx.Err() != nil {
			return errors.Join(append(failed, ctx.Err())...)
		}
		if d.State == Ready {
			try(d.Name, s.compare(ctx, d))
		} else {
			try(d.Name, s.resume(ctx, d))
		}
	}
	backups, err := s.store.Backups(ctx, BackupFilter{States: []State{Making, Dropping}})
	if err != nil {
		return errors.Join(append(failed, err)...)
	}
	for _, b := range backups {
		if ctx.Err() != nil {
			return errors.Join(append(failed, ctx.Err())...)
		}
		try(b.DatabaseName, s.clear(ctx, b))
	}
	return errors.Join(failed...)
}

// resume goes on with what somebody began with a database, if he is gone.
func (s *Service) resume(ctx context.Context, d Database) error {
	names := d.Name.alone()
	if d.Target != "" {
		names = append(names, d.Target)
	}
	release, err := s.seize(ctx, names)
	if err != nil {
		return err
	}
	defer release()
	now, err := one(s.store.Databases(ctx, Filter{IDs: []workspace.DatabaseID{d.ID}}))
	if errors.Is(err, ErrNotFound) || err == nil && (now.State != d.State || now.Name != d.Name || now.Target != d.Target) {
		return nil // he is not, or was not when this was read
	}
	switch {
	case err != nil:
		return err
	case now.State == Making:
		_, err = s.undo(ctx, now, true)
	case now.State == Renaming:
		_, err = s.settle(ctx, workspace.Command("reconciler"), now)
	case now.State == Dropping:
		err = s.drop(ctx, now)
	}
	return err
}

// compare makes the real lock of a database what it should be.
func (s *Service) compare(ctx context.Context, d Database) error {
	stats, err := s.provisioner.Stats(ctx, d.Name)
	if err == nil && stats.Locked == d.Locked {
		return nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	release, failed := s.seize(ctx, []Name{d.Name})
	if failed != nil {
		return failed
	}
	defer release()
	now, failed := one(s.store.Databases(ctx, Filter{IDs: []workspace.DatabaseID{d.ID}, Names: []Name{d.Name}, States: []State{Ready}}))
	if errors.Is(failed, ErrNotFound) {
		return nil
	}
	if failed != nil {
		return failed
	}
	return s.latch(ctx, now)
}

// clear takes back, or deletes, what somebody has left of a backup, if he is gone:
// whoever is at a backup holds one of the names of its database that there are for
// that, and the database keeps its name meanwhile.
func (s *Service) clear(ctx context.Context, b Backup) error {
	d, err := one(s.store.Databases(ctx, Filter{IDs: []workspace.DatabaseID{b.Database}}))
	if errors.Is(err, ErrNotFound) || err == nil && d.State == Dropping {
		return nil // it goes with its database
	}
	if err != nil {
		return err
	}
	release, err := s.seize(ctx, d.Name.reading())
	if err != nil {
		return err
	}
	defer release()
	now, err := one(s.store.Databases(ctx, Filter{IDs: []workspace.DatabaseID{b.Database}}))
	if errors.Is(err, ErrNotFound) || err == nil && now.Name != d.Name {
		return nil
	}
	if err != nil {
		return err
	}
	b, err = one(s.store.Backups(ctx, BackupFilter{IDs: []BackupID{b.ID}}))
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && b.State == Ready:
		return nil
	case err != nil:
		return err
	case b.State == Making:
		_, err = s.retract(ctx, d.Organization, b)
		return err
	}
	return s.discard(ctx, d.Organization, b)
}
