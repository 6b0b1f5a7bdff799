package feature_test

import (
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/storage/blob"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// An estate is a world with a tree of real resources, a folder for files that a
// test can look into, and a clock that it can move.
type estate struct {
	*world

	folder     string
	blobs      *blob.Bucket
	quotas     *quota.Service
	resources  *resource.Service
	workspaces *workspace.Service
	passed     atomic.Int64

	group, layer rbac.Node
	feature      int64
}

// settle gives a world a tree, in which there is a layer with a feature in a
// group.
func settle(w *world) *estate {
	e := &estate{world: w, folder: w.TempDir()}
	bucket, err := blob.Open(w.Context(), e.folder)
	w.ok(err)
	w.Cleanup(func() { _ = bucket.Close() })
	e.blobs = bucket
	e.quotas = quota.New(w.db.Quotas(), &quota.Options{Now: e.clock})
	keepers := map[string]resource.Keeper{}
	e.resources = resource.New(w.db.Resources(), resource.Default(), w.rights, e.quotas, w.db.Trail(), keepers, &resource.Options{Now: e.clock})
	e.uploads = upload.New(w.db.Uploads(), bucket, &upload.Options{Now: e.clock})
	e.serve(&feature.Options{})
	keepers["vector_layer"] = e.features
	e.workspaces = workspace.New(w.db.Workspaces(), w.rights, e.quotas, w.db.Trail(), &workspace.Options{Now: e.clock, Contents: e.resources})
	e.group = e.make(e.home.Num, "resource_group", nil)
	e.layer = e.points(e.group)
	e.feature = e.put(e.layer, feature.Draft{})[0]
	return e
}

// serve has another service of features.
func (e *estate) serve(opts *feature.Options) {
	opts.Now = e.clock
	e.features = feature.New(e.db.Features(), e.uploads, e.resources, e.rights, e.quotas, e.db.Trail(), opts)
}

func (e *estate) clock() time.Time { return now().Add(time.Duration(e.passed.Load())) }

// estates runs a test in an estate on each kind of database.
func estates(t *testing.T, test func(e *estate)) {
	t.Helper()
	each(t, func(w *world) { test(settle(w)) })
}

func (e *estate) make(parent rbac.Node, class string, settings resource.Settings) rbac.Node {
	e.Helper()
	e.next++
	r, err := e.resources.Create(e.Context(), e.owner, resource.Draft{
		Parent: parent, Class: class, DisplayName: fmt.Sprint(class, e.next), Settings: settings,
	})
	e.ok(err)
	return r.Num
}

// points makes a layer of points.
func (e *estate) points(parent rbac.Node) rbac.Node {
	e.Helper()
	return e.make(parent, "vector_layer", resource.Settings{"vector_layer": {
		"srs": map[string]any{"id": int64(3857)}, "geometry_type": "POINT", "fields": []any{field("a", feature.String)},
	}})
}

// send uploads a file.
func (e *estate) send(name, content string) upload.ID {
	e.Helper()
	f, err := e.uploads.Begin(e.Context(), e.owner, int64(len(content)), name)
	e.ok(err)
	_, err = e.uploads.Append(e.Context(), e.owner, f.ID, 0, strings.NewReader(content), true)
	e.ok(err)
	return f.ID
}

// attach uploads a file and attaches it to the feature.
func (e *estate) attach(name, content string) feature.Attachment {
	e.Helper()
	return e.attachTo(e.layer, e.feature, name, content)
}

func (e *estate) attachTo(n rbac.Node, id int64, name, content string) feature.Attachment {
	e.Helper()
	a, err := e.features.Attach(e.Context(), e.owner, n, id, e.send(name, content), feature.Attachment{})
	e.ok(err)
	return a
}

// read returns what is attached.
func (e *estate) read(id int64) string {
	e.Helper()
	_, r, err := e.features.OpenAttachment(e.Context(), e.viewer, e.layer, e.feature, id)
	e.ok(err)
	defer r.Close()
	text, err := io.ReadAll(r)
	e.ok(err)
	return string(text)
}

// share gives the workspace so many bytes for what is attached.
func (e *estate) share(limit int64) quota.AllocationID {
	e.Helper()
	p, err := e.quotas.CreatePool(e.Context(), quota.Pool{
		Kind: quota.Storage, Unit: quota.Bytes, Type: "S3", Name: "annexes", Capacity: quota.NoLimit,
	})
	e.ok(err)
	a, err := e.quotas.Allocate(e.Context(), quota.Allocation{
		Pool: p.ID, Holder: quota.Holder(e.home.ID), Slot: workspace.SlotAnnexes, Limit: limit,
	})
	e.ok(err)
	return a.ID
}

// used wants so much of a share to be used, and the ledger to say so too.
func (e *estate) used(id quota.AllocationID, want int64) {
	e.Helper()
	a, err := e.quotas.Allocation(e.Context(), id)
	e.ok(err)
	if a.Use != want {
		e.Errorf("%d bytes are used, want %d", a.Use, want)
	}
	wrong, err := e.quotas.Reconcile(e.Context())
	e.ok(err)
	if len(wrong) != 0 {
		e.Errorf("the ledger says otherwise: %+v", wrong)
	}
}

// refused wants an error, and everything as it was.
func (e *estate) refused(want error, try func() error) {
	e.Helper()
	before := fmt.Sprint(dbtest.Fingerprint(e, e.db), e.files())
	e.wants(try(), want)
	if fmt.Sprint(dbtest.Fingerprint(e, e.db), e.files()) != before {
		e.Errorf("refused with %v, and something was changed", want)
	}
}

// files are the files in the folder.
func (e *estate) files() []string {
	e.Helper()
	list := []string{}
	e.ok(filepath.WalkDir(e.folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, path)
		}
		return err
	}))
	return list
}

// swept waits until nothing is left to be waited for, and wants so many files.
func (e *estate) swept(files int) {
	e.Helper()
	for range 2 {
		e.passed.Add(int64(3 * time.Hour))
		_, err := e.uploads.Sweep(e.Context())
		e.ok(err)
	}
	if got := e.files(); len(got) != files {
		e.Errorf("left are %d files, want %d", len(got), files)
	}
}
