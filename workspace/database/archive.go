package database

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Backup writes a backup of a database to w, as it is at one instant, whatever is
// written to it meanwhile; see [Name.Backup] for what to call it. It needs
// [workspace.BackUpDatabase] in every project of the database, or
// [workspace.ManageWorkspaces] on its organization. What was written before an
// error is worth nothing; before ErrName, ErrNotFound, ErrState, ErrBusy and a
// *rbac.DeniedError nothing was.
func (s *Service) Backup(ctx context.Context, actor workspace.Actor, name Name, w io.Writer) error {
	return s.backingUp(ctx, actor, name, func(ctx context.Context, d Database) error {
		return s.record(ctx, actor, "database.backup", d, "", nil)
	}, func() error { return s.provisioner.Backup(ctx, name, w) })
}

// backingUp reads from a database that keeps its name meanwhile: first what is to
// be known of it, in a unit of work, and then the thing itself.
func (s *Service) backingUp(
	ctx context.Context, actor workspace.Actor, name Name, record func(ctx context.Context, d Database) error, act func() error,
) error {
	if _, err := s.find(ctx, actor, name, workspace.BackUpDatabase); err != nil {
		return err
	}
	if err := s.reality(); err != nil {
		return err
	}
	release, err := s.holdOne(ctx, name.reading())
	if err != nil {
		return err
	}
	defer release()
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		d, err := s.locked(ctx, actor, name, workspace.BackUpDatabase)
		if err != nil {
			return err
		}
		return record(ctx, d)
	})
	if err != nil {
		return err
	}
	return act()
}

// MakeBackup makes a backup that is kept, and charged to the organization's share.
// It needs what [Service.Backup] needs, and returns ErrNoFiles and a
// *quota.ExceededError besides, after which nothing is kept.
func (s *Service) MakeBackup(ctx context.Context, actor workspace.Actor, name Name) (Backup, error) {
	var d Database
	var b Backup
	err := s.backingUp(ctx, actor, name, func(ctx context.Context, now Database) error {
		if s.opts.Files == nil {
			return ErrNoFiles
		}
		d = now
		b = Backup{
			ID: BackupID(uid.New()), Database: d.ID, DatabaseName: d.Name, State: Making, CreatedBy: actor.Name, Created: s.clock(),
		}
		var err error
		if b.Name, err = s.unused(ctx, b); err != nil {
			return err
		}
		b, err = s.store.AddBackup(ctx, b)
		return err
	}, func() error {
		s.step("announced")
		err := s.keep(ctx, actor, d, &b)
		if err == nil {
			return nil
		}
		ctx, cancel := aftermath(ctx)
		defer cancel()
		done, undone := s.retract(ctx, d.Organization, b)
		if done { // it was only not said that it is
			b, err = one(s.store.Backups(ctx, BackupFilter{IDs: []BackupID{b.ID}}))
			return err
		}
		return errors.Join(err, undone)
	})
	if err != nil {
		return Backup{}, err
	}
	return b, nil
}

// unused returns a name for a backup that no other has. The database is locked, so
// that none gets it meanwhile.
func (s *Service) unused(ctx context.Context, b Backup) (BackupName, error) {
	for nth := 1; ; nth++ {
		name := b.DatabaseName.backup(b.Created, nth)
		n, err := s.store.CountBackups(ctx, BackupFilter{Names: []BackupName{name}})
		if err != nil || n == 0 {
			return name, err
		}
	}
}

// keep writes the file of a backup that is being made, and makes it one.
func (s *Service) keep(ctx context.Context, actor workspace.Actor, d Database, b *Backup) error {
	room, err := s.room(ctx, d.Organization)
	if err != nil {
		return err
	}
	written := &tally{sum: sha256.New(), room: room}
	if err := s.write(ctx, d.Name, b.file(), written); err != nil {
		return err
	}
	s.step("written")
	made := *b
	made.State, made.Size, made.Digest = Ready, written.n, hex.EncodeToString(written.sum.Sum(nil))
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		if err := s.store.SaveBackup(ctx, made, Making); err != nil {
			return err
		}
		if err := s.charge(ctx, d.Organization, made.Size, made.reason()); err != nil {
			return err
		}
		return s.record(ctx, actor, "database.make_backup", d, "", made.told())
	})
	if err != nil {
		return err
	}
	s.step("committed")
	*b = made
	return nil
}

// told is what the trail says of a backup.
func (b Backup) told() map[string]any {
	return map[string]any{"backup": b.Name, "size": b.Size, "digest": b.Digest}
}

// room returns what is left of an organization's share.
func (s *Service) room(ctx context.Context, id workspace.OrganizationID) (share quota.Allocation, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		share, err = s.share(ctx, id)
		return err
	})
	return share, err
}

// write has the provisioner write into a file.
func (s *Service) write(ctx context.Context, name Name, file string, through *tally) error {
	from, to := io.Pipe()
	through.to = to
	backed := make(chan error, 1)
	go func() {
		err := s.provisioner.Backup(ctx, name, through)
		_ = to.CloseWithError(err)
		backed <- err
	}()
	err := s.opts.Files.Write(ctx, file, from)
	if err != nil {
		_ = from.CloseWithError(err)
	} else {
		_ = from.CloseWithError(io.ErrClosedPipe)
	}
	if failed := <-backed; failed != nil { // which says why writing failed, or that it did
		return failed
	}
	return err
}

// A tally passes on what is written, counts it, and ends where there is no more
// room for it.
type tally struct {
	to   io.Writer
	sum  hash.Hash
	n    int64
	room quota.Allocation
}

func (t *tally) Write(p []byte) (int, error) {
	if free := t.room.Free(); free != quota.NoLimit && t.n+int64(len(p)) > free {
		return 0, &quota.ExceededError{
			Pool: t.room.Pool, PoolName: workspace.SlotDatabases, Kind: quota.Databases, Unit: quota.Bytes, Allocation: t.room.ID,
			Holder: t.room.Holder, Slot: t.room.Slot, Limit: t.room.Limit, Use: t.room.Use + t.room.Held, Asked: t.n + int64(len(p)),
		}
	}
	n, err := t.to.Write(p)
	t.sum.Write(p[:n])
	t.n += int64(n)
	return n, err
}

// retract takes back what there is of a backup that is being made, and reports
// whether nothing can be taken back since all is done.
func (s *Service) retract(ctx context.Context, id workspace.OrganizationID, b Backup) (done bool, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		next := b
		next.State = Dropping
		return s.store.SaveBackup(ctx, next, Making)
	})
	if errors.Is(err, ErrState) {
		now, err := one(s.store.Backups(ctx, BackupFilter{IDs: []BackupID{b.ID}}))
		if err != nil && !errors.Is(err, ErrNotFound) || now.State == Ready {
			return now.State == Ready, err
		}
		// Somebody took its maker for dead, and may have looked before it was written.
		return false, s.opts.Files.Delete(ctx, b.file())
	}
	if err != nil {
		return false, err
	}
	s.step("undoing")
	return false, s.discard(ctx, id, b)
}

// discard deletes the file of a backup that is being deleted, and then what is
// known of it.
func (s *Service) discard(ctx context.Context, id workspace.OrganizationID, b Backup) error {
	if s.opts.Files == nil {
		return ErrNoFiles
	}
	if err := s.opts.Files.Delete(ctx, b.file()); err != nil {
		return err
	}
	s.step("deleted")
	return s.store.Tx(ctx, func(ctx context.Context) error {
		now, err := one(s.store.Backups(ctx, BackupFilter{IDs: []BackupID{b.ID}, States: []State{Dropping}, Lock: true}))
		if errors.Is(err, ErrNotFound) {
			return nil // somebody else did
		}
		if err != nil {
			return err
		}
		if err := s.charge(ctx, id, -now.Size, now.reason()); err != nil {
			return err
		}
		return s.store.DeleteBackup(ctx, b.ID, Dropping)
	})
}

// Backups lists the kept backups of the databases that the actor may back up, and
// how many there are. Everybody signed in may. Where a database is named, it
// needs what [Service.Backup] needs, and returns ErrNotFound and a
// *rbac.DeniedError.
func (s *Service) Backups(ctx context.Context, actor workspace.Actor, name Name, f BackupFilter) ([]Backup, int, error) {
	var err error
	if f.Visible, err = s.visible(ctx, actor, workspace.BackUpDatabase, true); err != nil {
		return nil, 0, err
	}
	f.Lock, f.States = false, []State{Ready}
	if name != "" {
		d, err := s.find(ctx, actor, name, workspace.BackUpDatabase)
		if err != nil {
			return nil, 0, err
		}
		f.Databases = []workspace.DatabaseID{d.ID}
	}
	list, err := s.store.Backups(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	n, err := s.store.CountBackups(ctx, f)
	return list, n, err
}
