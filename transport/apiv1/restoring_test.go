package apiv1_test

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// stock is what a place has of real databases: one that its workspace uses, with a
// kept backup, and one that nobody uses.
type stock struct {
	used, loose database.Name
	kept        database.BackupName
}

// named is what a part of a path names.
func (r stock) named(route apiv1.Route, part string, missing bool) string {
	switch {
	case part == "backup" && missing:
		return "nothing-20260504T100000Z.backup"
	case part == "backup":
		return string(r.kept)
	case missing:
		return "nothing"
	case route.Operation == "deleteDatabase":
		return string(r.loose)
	}
	return string(r.used)
}

// build makes the databases of a workspace.
func (w *world) build(in workspace.Details) stock {
	w.t.Helper()
	ctx, s := w.t.Context(), w.services.Databases
	r := stock{used: database.Name("db-" + in.Name), loose: database.Name("loose-" + in.Name)}
	for _, name := range []database.Name{r.used, r.loose} {
		_, err := s.Create(ctx, root(), in.Organization, database.Draft{Name: name})
		w.must(err)
	}
	w.must(s.SetDatabase(ctx, root(), in.ID, r.used))
	b, err := s.MakeBackup(ctx, root(), r.used)
	w.must(err)
	r.kept = b.Name
	return r
}

// backedUp is a backup of a database.
func (w *world) backedUp(name database.Name) string {
	w.t.Helper()
	var b bytes.Buffer
	w.must(w.services.Databases.Backup(w.t.Context(), root(), name, &b))
	return b.String()
}

// brings reports whether a request brings a backup.
func brings(s sent) bool {
	path, _, _ := strings.Cut(s.path, "?")
	return s.method == http.MethodPost && strings.HasPrefix(path, "/databases/") && strings.HasSuffix(path, "/restore")
}

// outside reports whether an operation changes what is outside of the database of
// the platform.
func outside(route apiv1.Route) bool {
	return route.Method != http.MethodGet &&
		(strings.Contains(route.Path, "database") || strings.Contains(route.Path, "backup") || route.Path == "/projects")
}

// undo runs fn in a unit of work that is undone, as fn says, and what the
// operation did besides with it.
func (w *world) undo(route apiv1.Route, fn func(ctx context.Context) error) error {
	w.t.Helper()
	if !outside(route) {
		return w.db.Tx(w.t.Context(), fn)
	}
	before := w.files()
	defer func() {
		after := w.files()
		for path := range after {
			if _, was := before[path]; !was {
				w.must(os.Remove(path))
			}
		}
		for path, content := range before {
			if is, there := after[path]; !there || !bytes.Equal(is, content) {
				w.must(os.WriteFile(path, content, 0o600))
			}
		}
	}()
	return w.db.Tx(w.t.Context(), fn)
}

// files are those that are in the folders of the world.
func (w *world) files() map[string][]byte {
	w.t.Helper()
	found := map[string][]byte{}
	for _, folder := range w.folders {
		w.must(filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			found[path], err = os.ReadFile(path)
			return err
		}))
	}
	return found
}
