// Package blob keeps files in a bucket of gocloud.dev: a folder, S3, or whatever
// store of objects a host has opened. It is the [upload.Blobs] that servers use;
// a program that brings its own does without. Start with [Open].
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	gocloud "gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"github.com/bailiwick-sdk/bailiwick/resource/upload"
)

// ErrName is returned for a name that is none.
var ErrName = errors.New("blob: a name is lower-case letters, digits and slashes")

// A Bucket keeps files by name. It is safe for concurrent use.
type Bucket struct {
	bucket *gocloud.Bucket
	folder string // empty for what is none
}

var _ upload.Blobs = (*Bucket)(nil)

// New makes one of a bucket that was opened, and closes it with [Bucket.Close].
func New(bucket *gocloud.Bucket) *Bucket { return &Bucket{bucket: bucket} }

// Folder makes one of a folder, which is made when it is not there, for this
// user alone. What was written is on the disk before it counts as written.
func Folder(folder string) (*Bucket, error) {
	if folder == "" || strings.ContainsRune(folder, 0) {
		return nil, fmt.Errorf("%w: a folder is expected", ErrLocation)
	}
	folder, err := filepath.Abs(folder) // wherever the program goes
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	bucket, err := fileblob.OpenBucket(folder, &fileblob.Options{
		CreateDir: true, DirFileMode: 0o700,
		NoTempDir: true, // the other one may lie on another disk
		Metadata:  fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return &Bucket{bucket: bucket, folder: folder}, nil
}

// Close closes the bucket.
func (b *Bucket) Close() error {
	if err := b.bucket.Close(); err != nil {
		return fmt.Errorf("blob: %w", err)
	}
	return nil
}

var name = regexp.MustCompile(`^[a-z0-9]+(/[a-z0-9]+)*$`)

func check(n string) error {
	if len(n) > 200 || !name.MatchString(n) {
		return ErrName
	}
	return nil
}

// Write stores what it reads until the end, whole or not at all. It stores
// nothing once ctx has ended.
func (b *Bucket) Write(ctx context.Context, name string, from io.Reader) (err error) {
	if err := check(name); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx) // which is what undoes a write
	defer cancel()
	var file *os.File
	w, err := b.bucket.NewWriter(ctx, name, &gocloud.WriterOptions{
		ContentType: "application/octet-stream", DisableContentTypeDetection: true,
		BeforeWrite: func(as func(any) bool) error {
			as(&file)
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("blob: write %s: %w", name, err)
	}
	_, err = io.Copy(w, from)
	if err == nil && file != nil {
		err = file.Sync()
	}
	if err != nil {
		cancel()
		_ = w.Close()
		return fmt.Errorf("blob: write %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("blob: write %s: %w", name, err)
	}
	if file != nil {
		err = b.settle(filepath.Dir(file.Name()))
	}
	return err
}

// settle has the disk know of what is in a folder, and of the folder itself.
func (b *Bucket) settle(folder string) error {
	for b.folder != "" {
		dir, err := os.Open(folder) //nolint:gosec // one that was just written to
		if err != nil {
			return fmt.Errorf("blob: %w", err)
		}
		err = errors.Join(dir.Sync(), dir.Close())
		if err != nil {
			return fmt.Errorf("blob: %w", err)
		}
		if folder == b.folder || !strings.HasPrefix(folder, b.folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	return nil
}

// Open reads a file. It returns an error that wraps [io/fs.ErrNotExist].
func (b *Bucket) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := check(name); err != nil {
		return nil, err
	}
	r, err := b.bucket.NewReader(ctx, name, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("blob: %s: %w", name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("blob: open %s: %w", name, err)
	}
	return r, nil
}

// Delete deletes a file, and what attempts to write it have left. It is no error
// that there is none.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	if err := check(name); err != nil {
		return err
	}
	if err := b.bucket.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("blob: delete %s: %w", name, err)
	}
	if b.folder == "" {
		return nil
	}
	// A process that is killed leaves its temporary file beside the one it was
	// to become.
	left, err := filepath.Glob(filepath.Join(globbed(b.folder), filepath.FromSlash(name)+".*.tmp"))
	if err != nil {
		return fmt.Errorf("blob: delete %s: %w", name, err)
	}
	for _, file := range left {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("blob: delete %s: %w", name, err)
		}
	}
	return nil
}

var special = regexp.MustCompile(`[\\*?\[]`)

// globbed returns a path as a pattern that matches it alone.
func globbed(path string) string { return special.ReplaceAllString(path, `\$0`) }
