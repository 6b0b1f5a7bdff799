package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type backupCommands struct {
	List     backupListCommand     `cmd:"" help:"List the backups that are kept."`
	Get      backupGetCommand      `cmd:"" help:"Show a kept backup."`
	Make     backupMakeCommand     `cmd:"" help:"Make a backup of a database that the server keeps."`
	Download backupDownloadCommand `cmd:"" help:"Make a backup of a database and write it here; the server keeps none."`
	Save     backupSaveCommand     `cmd:"" help:"Write a kept backup here."`
	Restore  backupRestoreCommand  `cmd:"" help:"Make a database what it was when a backup was made. Sessions in it end."`
	Delete   backupDeleteCommand   `cmd:"" help:"Delete a kept backup."`
}

func backupView() view[client.Backup] {
	type b = client.Backup
	return view[b]{
		id: func(b b) string { return b.Name }, // which is what names it everywhere
		columns: []column[b]{
			{headName, func(b b) string { return b.Name }},
			{"DATABASE", func(b b) string { return b.Database }},
			{"SIZE", func(b b) string { return number(b.Size) }},
			{"CREATED BY", func(b b) string { return b.CreatedBy }},
			{headCreated, func(b b) string { return shownTime(b.Created) }},
			{"ID", func(b b) string { return b.ID }},
		},
		more: []column[b]{
			{"STATE", func(b b) string { return string(b.State) }},
			{"SHA-256", func(b b) string { return b.Sha256 }},
		},
	}
}

type backupListCommand struct {
	remoteFlags
	listFlags

	Database string `help:"Only those of this database, by name." placeholder:"NAME"`
}

// Run prints the backups.
func (c backupListCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	return list(s, c.listFlags, backupView(), func(cursor *string, limit *int) ([]byte, error) {
		if c.Database == "" {
			return said(api.ListBackupsWithResponse(ctx, &client.ListBackupsParams{Sort: given(c.Sort), Cursor: cursor, Limit: limit}))
		}
		return said(api.ListDatabaseBackupsWithResponse(ctx, c.Database, &client.ListDatabaseBackupsParams{
			Sort: given(c.Sort), Cursor: cursor, Limit: limit,
		}))
	})
}

// backupArgument names a kept backup.
type backupArgument struct {
	Backup string `arg:"" help:"The backup, by name."`
}

type backupGetCommand struct {
	remoteFlags
	outputFlags
	backupArgument
}

// Run prints the backup.
func (c backupGetCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	body, err := said(api.GetBackupWithResponse(ctx, c.Backup, &client.GetBackupParams{}))
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, backupView(), body)
}

type backupMakeCommand struct {
	remoteFlags
	outputFlags
	databaseArgument
}

// Run makes a backup and prints it.
func (c backupMakeCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dialLong(s)
	if err != nil {
		return err
	}
	body, err := said(api.CreateBackupWithResponse(ctx, c.Database))
	if err != nil {
		return err
	}
	tellf(s, "made a backup of database %s", c.Database)
	return show(s, c.outputFlags, backupView(), body)
}

// intoFlag says where a backup is written to.
type intoFlag struct {
	File string `help:"The file to write; the standard output when missing." placeholder:"FILE" short:"f"`
}

// write writes what comes to the file, which is there whole or not at all, and
// which only its owner can read.
func (f intoFlag) write(s streams, from io.Reader) (err error) {
	if f.File == "" {
		_, err := io.Copy(s.out, from)
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(f.File), filepath.Base(f.File)+".*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(draft.Name()))
		}
	}()
	_, copied := io.Copy(draft, from)
	if err := errors.Join(copied, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), f.File)
}

// into refuses to write to a screen.
func (f intoFlag) into(s streams) error {
	if f.File == "" && terminal(s.out) {
		return usageError("--file: a backup is nothing to look at")
	}
	return nil
}

// streamed is the body of an answer that is a file.
func streamed(w *http.Response, err error, parse func(*http.Response) (response, error)) (io.ReadCloser, error) {
	if err != nil {
		return nil, unreached(err)
	}
	if w.StatusCode == http.StatusOK {
		return w.Body, nil
	}
	defer w.Body.Close()
	parsed, err := parse(w)
	if _, err = said(parsed, err); err == nil {
		err = fmt.Errorf("the server answers %d", w.StatusCode)
	}
	return nil, err
}

type backupDownloadCommand struct {
	remoteFlags
	intoFlag
	databaseArgument
}

// Run writes a backup.
func (c backupDownloadCommand) Run(ctx context.Context, s streams) error {
	if err := c.into(s); err != nil {
		return err
	}
	api, err := c.dialLong(s)
	if err != nil {
		return err
	}
	w, err := api.GetDatabaseBackup(ctx, c.Database)
	content, err := streamed(w, err, func(w *http.Response) (response, error) { return client.ParseGetDatabaseBackupResponse(w) })
	if err != nil {
		return err
	}
	defer content.Close()
	if err := c.write(s, content); err != nil {
		return fmt.Errorf("download: %w", err)
	}
	tellf(s, "downloaded a backup of database %s", c.Database)
	return nil
}

type backupSaveCommand struct {
	remoteFlags
	intoFlag
	backupArgument
}

// Run writes the backup, and makes sure that it is what the server keeps.
func (c backupSaveCommand) Run(ctx context.Context, s streams) error {
	if err := c.into(s); err != nil {
		return err
	}
	api, err := c.dialLong(s)
	if err != nil {
		return err
	}
	body, err := said(api.GetBackupWithResponse(ctx, c.Backup, &client.GetBackupParams{}))
	if err != nil {
		return err
	}
	var kept client.Backup
	if err := json.Unmarshal(body, &kept); err != nil {
		return nonsense(err)
	}
	w, err := api.GetBackupFile(ctx, c.Backup)
	content, err := streamed(w, err, func(w *http.Response) (response, error) { return client.ParseGetBackupFileResponse(w) })
	if err != nil {
		return err
	}
	defer content.Close()
	if err := c.write(s, &proven{from: content, sum: sha256.New(), want: kept.Sha256}); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	tellf(s, "saved backup %s", c.Backup)
	return nil
}

// proven reads what must have a digest in the end.
type proven struct {
	from io.Reader
	sum  hash.Hash
	want string
}

// Read reads, and fails at the end of something else.
func (p *proven) Read(b []byte) (int, error) {
	n, err := p.from.Read(b)
	p.sum.Write(b[:n])
	if errors.Is(err, io.EOF) && hex.EncodeToString(p.sum.Sum(nil)) != p.want {
		return n, errors.New("what came is not what the server keeps")
	}
	return n, err //nolint:wrapcheck // a reader's errors are its callers'
}

type backupRestoreCommand struct {
	remoteFlags
	outputFlags
	sureFlag

	Backup   string `arg:""                                                           help:"The kept backup, by name." optional:""`
	Database string `help:"With --file: the database, by name."                       placeholder:"NAME"`
	File     string `help:"Restore what is in this file; - reads the standard input." placeholder:"FILE"               short:"f"`
}

// Run restores the backup and prints the database.
func (c backupRestoreCommand) Run(ctx context.Context, s streams) error {
	if (c.Backup == "") == (c.File == "") || (c.File == "") != (c.Database == "") {
		return usageError("name a kept backup, or --database and --file")
	}
	api, err := c.dialLong(s)
	if err != nil {
		return err
	}
	if c.Backup != "" {
		if err := c.sure(s, "Make the database what it was in "+c.Backup+", and lose what came later?"); err != nil {
			return err
		}
		body, err := said(api.RestoreBackupWithResponse(ctx, c.Backup))
		if err != nil {
			return err
		}
		tellf(s, "restored backup %s", c.Backup)
		return show(s, c.outputFlags, databaseView(), body)
	}
	if err := c.sure(s, "Make database "+c.Database+" what is in the file, and lose what it is?"); err != nil {
		return err
	}
	from := s.in
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		defer func() { _ = file.Close() }() // it was only read
		from = file
	}
	body, err := said(api.RestoreDatabaseWithBodyWithResponse(ctx, c.Database, "application/octet-stream", from))
	if err != nil {
		return err
	}
	tellf(s, "restored database %s", c.Database)
	return show(s, c.outputFlags, databaseView(), body)
}

type backupDeleteCommand struct {
	remoteFlags
	sureFlag
	backupArgument
}

// Run deletes the backup.
func (c backupDeleteCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	if err := c.sure(s, "Delete backup "+c.Backup+"?"); err != nil {
		return err
	}
	if _, err := said(api.DeleteBackupWithResponse(ctx, c.Backup)); err != nil {
		return err
	}
	tellf(s, "deleted backup %s", c.Backup)
	return nil
}
