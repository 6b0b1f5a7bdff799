package upload_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/blob"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A world is a service over a database and a folder, with a clock that stands
// still until a test moves it.
type world struct {
	*testing.T

	db      *storage.DB
	store   *storage.Uploads
	fault   *dbtest.Fault
	folder  string
	blobs   upload.Blobs
	uploads *upload.Service
	now     atomic.Int64 // microseconds
}

// small are options with which little is much.
func small() upload.Options {
	return upload.Options{Piece: 4, MaxSize: 100, GuestSize: 50, GuestBytes: 80, GuestFiles: 5, UserBytes: 500}
}

func newWorld(t *testing.T, kind dbtest.Kind) *world {
	t.Helper()
	w := &world{T: t, fault: &dbtest.Fault{}, folder: t.TempDir()}
	w.now.Store(time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC).UnixMicro())
	w.db = dbtest.OpenWith(t, kind.Make(t), &storage.Options{Connector: w.fault.Connector})
	w.store = w.db.Uploads()
	bucket, err := blob.Open(t.Context(), w.folder)
	w.ok(err)
	t.Cleanup(func() { _ = bucket.Close() })
	w.serve(bucket, small())
	return w
}

// serve has another service over the same database.
func (w *world) serve(blobs upload.Blobs, opts upload.Options) {
	opts.Now = w.clock
	w.blobs, w.uploads = blobs, upload.New(w.store, blobs, &opts)
}

func (w *world) clock() time.Time { return time.UnixMicro(w.now.Load()).UTC() }

func (w *world) pass(d time.Duration) { w.now.Add(d.Microseconds()) }

// each runs a test in a world on each kind of database.
func each(t *testing.T, test func(w *world)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, kind))
		})
	}
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) wants(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Errorf("error %v, want %v", err, want)
	}
}

func user(n rbac.Principal) workspace.Actor {
	return workspace.Actor{Principal: n, Name: "user", Via: "test", Address: "192.0.2.1"}
}

func guest(address string) workspace.Actor {
	return workspace.Actor{Principal: rbac.Guest, Via: "guest", Address: address}
}

func (w *world) begin(who workspace.Actor, size int64) upload.File {
	w.Helper()
	f, err := w.uploads.Begin(w.Context(), who, size, "file")
	w.ok(err)
	return f
}

func (w *world) append(who workspace.Actor, id upload.ID, at int64, text string, last bool) (upload.File, error) {
	w.Helper()
	return w.uploads.Append(w.Context(), who, id, at, strings.NewReader(text), last)
}

// send uploads a whole file.
func (w *world) send(who workspace.Actor, text string) upload.File {
	w.Helper()
	f, err := w.append(who, w.begin(who, int64(len(text))).ID, 0, text, true)
	w.ok(err)
	return f
}

func (w *world) read(id upload.ID) string {
	w.Helper()
	_, r, err := w.uploads.Read(w.Context(), id)
	w.ok(err)
	defer r.Close()
	text, err := io.ReadAll(r)
	w.ok(err)
	return string(text)
}

func (w *world) take(id upload.ID) upload.Content {
	w.Helper()
	_, c, err := w.uploads.Take(w.Context(), id)
	w.ok(err)
	return c
}

// refused wants an error, and everything as it was.
func (w *world) refused(want error, try func() error) {
	w.Helper()
	before := w.print()
	w.wants(try(), want)
	if w.print() != before {
		w.Errorf("refused with %v, and something was changed", want)
	}
}

// print tells everything that is kept.
func (w *world) print() string {
	w.Helper()
	return fmt.Sprint(dbtest.Fingerprint(w, w.db), w.files())
}

// files are the files in the folder.
func (w *world) files() []string {
	w.Helper()
	list := []string{}
	w.ok(filepath.WalkDir(w.folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, path)
		}
		return err
	}))
	return list
}

func (w *world) sweep() int {
	w.Helper()
	n, err := w.uploads.Sweep(w.Context())
	w.ok(err)
	return n
}

// swept waits until nothing is left to be waited for, and wants there to be so
// many files, and nothing in the database that is not of them.
func (w *world) swept(files int) {
	w.Helper()
	w.pass(4 * time.Hour)
	w.sweep()
	w.pass(time.Hour)
	w.sweep()
	if got := w.files(); len(got) != files {
		w.Errorf("left are %d files, want %d: %v", len(got), files, got)
	}
	blobs := 0
	w.ok(w.db.Tx(w.Context(), func(ctx context.Context) error {
		doomed, err := w.store.Doomed(ctx, w.clock().Add(time.Hour), "", 1000)
		blobs = len(doomed)
		return err
	}))
	if blobs != 0 {
		w.Errorf("%d blobs are doomed and not deleted", blobs)
	}
}

// charged wants a source to have so much.
func (w *world) charged(source string, bytes int64, files int) {
	w.Helper()
	b, f, err := w.store.Charged(w.Context(), source)
	w.ok(err)
	if b != bytes || f != files {
		w.Errorf("%s has %d bytes in %d files, want %d in %d", source, b, f, bytes, files)
	}
}
