package database

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// kept returns a kept backup, with its database, to who may do something with it.
func (s *Service) kept(ctx context.Context, actor workspace.Actor, name BackupName, perm rbac.Permission, lock bool) (Database, Backup, error) {
	if err := name.Check(); err != nil {
		return Database{}, Backup{}, err
	}
	if err := actor.Known(); err != nil {
		return Database{}, Backup{}, err
	}
	b, err := one(s.store.Backups(ctx, BackupFilter{Names: []BackupName{name}, States: []State{Ready}, Lock: lock}))
	if err != nil {
		return Database{}, Backup{}, err
	}
	d, err := s.chosen(ctx, actor, Filter{IDs: []workspace.DatabaseID{b.Database}, States: present()}, perm)
	if err != nil {
		return Database{}, Backup{}, err
	}
	if s.opts.Files == nil {
		return Database{}, Backup{}, ErrNoFiles
	}
	return d, b, nil
}

// OpenBackup opens a kept backup for downloading. It needs what [Service.Backup]
// needs, and returns ErrBackup where the file is gone.
func (s *Service) OpenBackup(ctx context.Context, actor workspace.Actor, name BackupName) (Backup, io.ReadCloser, error) {
	_, b, err := s.kept(ctx, actor, name, workspace.BackUpDatabase, false)
	if err != nil {
		return Backup{}, nil, err
	}
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		var d Database
		var err error
		if d, b, err = s.kept(ctx, actor, name, workspace.BackUpDatabase, false); err != nil {
			return err
		}
		return s.record(ctx, actor, "database.download_backup", d, "", b.told())
	})
	if err != nil {
		return Backup{}, nil, err
	}
	content, err := s.open(ctx, b)
	if err != nil {
		return Backup{}, nil, err
	}
	return b, content, nil
}

func (s *Service) open(ctx context.Context, b Backup) (io.ReadCloser, error) {
	content, err := s.opts.Files.Open(ctx, b.file())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: its file is gone", ErrBackup)
	}
	return content, err
}

// DeleteBackup deletes a kept backup. It needs [workspace.ManageWorkspaces] on the
// organization.
func (s *Service) DeleteBackup(ctx context.Context, actor workspace.Actor, name BackupName) error {
	d, _, err := s.kept(ctx, actor, name, workspace.ManageWorkspaces, false)
	if err != nil {
		return err
	}
	if err := s.reality(); err != nil {
		return err
	}
	// Who finds it half deleted, and nobody there, goes on with it.
	release, err := s.holdOne(ctx, d.Name.reading())
	if err != nil {
		return err
	}
	defer release()
	var b Backup
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		var now Database
		var err error
		if now, b, err = s.kept(ctx, actor, name, workspace.ManageWorkspaces, true); err != nil {
			return err
		}
		if now.Name != d.Name {
			return ErrState
		}
		b.State = Dropping
		if err := s.store.SaveBackup(ctx, b, Ready); err != nil {
			return err
		}
		return s.record(ctx, actor, "database.delete_backup", now, "", b.told())
	})
	if err != nil {
		return err
	}
	s.step("doomed")
	ctx, cancel := aftermath(ctx)
	defer cancel()
	return s.discard(ctx, d.Organization, b)
}

// RestoreBackup makes a database what it was when a kept backup of it was made,
// and ends its sessions. It needs [workspace.ManageWorkspaces] on the
// organization. It returns ErrBackup for a file that is not what was kept, and
// then the database is what it was.
func (s *Service) RestoreBackup(ctx context.Context, actor workspace.Actor, name BackupName) (Database, error) {
	d, b, err := s.kept(ctx, actor, name, workspace.ManageWorkspaces, false)
	if err != nil {
		return Database{}, err
	}
	return s.restore(ctx, actor, d.Name, d.ID, b.told(), func() (io.ReadCloser, error) {
		// All of it is looked at first: who restores may not read to the end.
		content, err := s.checked(ctx, b)
		if err != nil {
			return nil, err
		}
		_, err = io.Copy(io.Discard, content)
		if err = errors.Join(err, content.Close()); err != nil {
			return nil, err
		}
		return s.checked(ctx, b)
	})
}

// RestoreFrom makes a database what a backup holds that somebody brings, as
// [Service.RestoreBackup] does. As long as that takes to come, nobody else locks,
// renames or deletes the database: they are told ErrBusy.
func (s *Service) RestoreFrom(ctx context.Context, actor workspace.Actor, name Name, from io.Reader) (Database, error) {
	return s.restore(ctx, actor, name, "", nil, func() (io.ReadCloser, error) { return io.NopCloser(from), nil })
}

// restore makes a database what a backup holds. Where an identifier is given, it
// must be that of the database.
func (s *Service) restore(
	ctx context.Context, actor workspace.Actor, name Name, id workspace.DatabaseID, told map[string]any,
	open func() (io.ReadCloser, error),
) (Database, error) {
	var d Database
	err := s.with(ctx, actor, name, workspace.ManageWorkspaces, func(ctx context.Context, now Database) error {
		if id != "" && now.ID != id {
			return ErrState // it was renamed, and this is another
		}
		d = now
		// It is told before it is done: one that is there has an event.
		return s.record(ctx, actor, "database.restore", d, "", told)
	}, func(Database) error {
		content, err := open()
		if err == nil {
			err = s.provisioner.Restore(ctx, d.Name, content)
			_ = content.Close() // it was only read
		}
		if err != nil {
			ctx, cancel := aftermath(ctx)
			defer cancel()
			return errors.Join(err, s.store.Tx(ctx, func(ctx context.Context) error {
				return s.record(ctx, actor, "database.restore_failed", d, "", told)
			}))
		}
		if weighed, err := s.weigh(ctx, d); err == nil { // else it is weighed later
			d = weighed
		}
		return nil
	})
	if err != nil {
		return Database{}, err
	}
	return d, nil
}

// checked opens a backup and ends with ErrBackup where it is not what was kept.
func (s *Service) checked(ctx context.Context, b Backup) (io.ReadCloser, error) {
	content, err := s.open(ctx, b)
	if err != nil {
		return nil, err
	}
	return &checking{ReadCloser: content, of: b, sum: sha256.New()}, nil
}

type checking struct {
	io.ReadCloser

	of  Backup
	sum hash.Hash
	n   int64
}

func (c *checking) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.sum.Write(p[:n])
	c.n += int64(n)
	if errors.Is(err, io.EOF) && (c.n != c.of.Size || hex.EncodeToString(c.sum.Sum(nil)) != c.of.Digest) {
		return n, fmt.Errorf("%w: its file is another", ErrBackup)
	}
	return n, err
}
