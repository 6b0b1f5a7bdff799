package smtp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// A Folder writes mails into a folder, a file each, named by the first part of
// the Message-ID: a mail that is tried again replaces itself. It is safe for
// concurrent use, also by several processes.
type Folder struct{ path string }

var _ mail.Sender = (*Folder)(nil)

// NewFolder makes a sender that writes into a folder, which is made with the
// first mail. Nobody but its owner can read what is in it: mails hold links that
// sign in.
func NewFolder(path string) *Folder { return &Folder{path: path} }

// String returns the folder's path.
func (f *Folder) String() string { return f.path }

// Send writes a mail. The file appears whole under its name or not at all.
func (f *Folder) Send(ctx context.Context, e mail.Email) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	name, _, _ := strings.Cut(e.MessageID, "@")
	if name == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return fmt.Errorf("%w: no file can be named after it", mail.ErrRefused)
	}
	m, err := message(e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.path, 0o700); err != nil {
		return fmt.Errorf("smtp: folder: %w", err)
	}
	draft, err := os.CreateTemp(f.path, ".*.tmp") // 0600
	if err != nil {
		return fmt.Errorf("smtp: folder: %w", err)
	}
	_, written := m.WriteTo(draft)
	err = errors.Join(written, draft.Sync(), draft.Close())
	if err == nil {
		err = os.Rename(draft.Name(), filepath.Join(f.path, name+".eml"))
	}
	if err != nil {
		return fmt.Errorf("smtp: folder: %w", errors.Join(err, os.Remove(draft.Name())))
	}
	return f.sync()
}

// sync has the disk keep the name too.
func (f *Folder) sync() error {
	folder, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("smtp: folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("smtp: folder: %w", err)
	}
	return nil
}
