package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
	"github.com/bailiwick-sdk/bailiwick/internal/platformtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage/blob"
	"github.com/bailiwick-sdk/bailiwick/storage/provision"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// A world is a platform with two organizations, each with who manages it, and
// real databases.
type world struct {
	*platformtest.World

	dbs   *database.Service
	real  *reality
	files *vault
	dir   string // of the files

	owner, rival     workspace.Organization
	manager, foreign workspace.Actor
}

// A reality is a provisioner whose methods can be made to fail, or to be preceded
// by something.
type reality struct {
	database.Provisioner

	before atomic.Pointer[func(method string, name database.Name) error]
}

func (r *reality) ask(method string, name database.Name) error {
	if fn := r.before.Load(); fn != nil {
		return (*fn)(method, name)
	}
	return nil
}

func (r *reality) fail(fn func(method string, name database.Name) error) {
	if fn == nil {
		r.before.Store(nil)
		return
	}
	r.before.Store(&fn)
}

func (r *reality) Create(ctx context.Context, name, template database.Name) error {
	if err := r.ask("Create", name); err != nil {
		return err
	}
	return r.Provisioner.Create(ctx, name, template)
}

func (r *reality) Stats(ctx context.Context, name database.Name) (database.Stats, error) {
	if err := r.ask("Stats", name); err != nil {
		return database.Stats{}, err
	}
	return r.Provisioner.Stats(ctx, name)
}

func (r *reality) Backup(ctx context.Context, name database.Name, to io.Writer) error {
	if err := r.ask("Backup", name); err != nil {
		return err
	}
	return r.Provisioner.Backup(ctx, name, to)
}

func (r *reality) Restore(ctx context.Context, name database.Name, from io.Reader) error {
	if err := r.ask("Restore", name); err != nil {
		return err
	}
	return r.Provisioner.Restore(ctx, name, from)
}

func (r *reality) Lock(ctx context.Context, name database.Name) error {
	if err := r.ask("Lock", name); err != nil {
		return err
	}
	return r.Provisioner.Lock(ctx, name)
}

func (r *reality) Unlock(ctx context.Context, name database.Name) error {
	if err := r.ask("Unlock", name); err != nil {
		return err
	}
	return r.Provisioner.Unlock(ctx, name)
}

func (r *reality) EndSessions(ctx context.Context, name database.Name) (int, error) {
	if err := r.ask("EndSessions", name); err != nil {
		return 0, err
	}
	return r.Provisioner.EndSessions(ctx, name)
}

func (r *reality) Rename(ctx context.Context, name, to database.Name) error {
	if err := r.ask("Rename", name); err != nil {
		return err
	}
	return r.Provisioner.Rename(ctx, name, to)
}

func (r *reality) Drop(ctx context.Context, name database.Name) error {
	if err := r.ask("Drop", name); err != nil {
		return err
	}
	return r.Provisioner.Drop(ctx, name)
}

func (r *reality) Access(ctx context.Context, name database.Name) (database.Access, error) {
	if err := r.ask("Access", name); err != nil {
		return database.Access{}, err
	}
	return r.Provisioner.Access(ctx, name)
}

func (r *reality) Hold(ctx context.Context, name database.Name) (func(), error) {
	if err := r.ask("Hold", name); err != nil {
		return nil, err
	}
	return r.Provisioner.Hold(ctx, name)
}

// A vault keeps files, and may fail to.
type vault struct {
	database.Files

	fail atomic.Pointer[error]
}

func (v *vault) Write(ctx context.Context, name string, from io.Reader) error {
	if err := v.fail.Load(); err != nil {
		return *err
	}
	return v.Files.Write(ctx, name, from)
}

func (v *vault) Delete(ctx context.Context, name string) error {
	if err := v.fail.Load(); err != nil {
		return *err
	}
	return v.Files.Delete(ctx, name)
}

func folder(t testing.TB, dir string) database.Provisioner {
	t.Helper()
	f, err := provision.OpenFolder(dir, &provision.FolderOptions{Patience: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func server(t testing.TB, address, prefix string) database.Provisioner {
	t.Helper()
	s, err := provision.Open(t.Context(), address, &provision.ServerOptions{Prefix: prefix, Patience: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var prefixes atomic.Int64

// newServer returns a provisioner in the tests' cluster, whose databases are
// gone after the test, and where it is.
func newServer(t *testing.T) (p database.Provisioner, address, prefix string) {
	t.Helper()
	address, prefix = pgtest.Shared(t).Address("postgres"), fmt.Sprintf("d%d-", prefixes.Add(1))
	p = server(t, address, prefix)
	t.Cleanup(func() {
		names, err := p.Databases(context.Background())
		for _, name := range names {
			err = errors.Join(err, p.Drop(context.Background(), name))
		}
		if err != nil {
			t.Error(err)
		}
	})
	return p, address, prefix
}

// each runs a test on both databases, with real databases in a folder.
func each(t *testing.T, test func(w *world)) {
	t.Helper()
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, kind, folder(t, t.TempDir())))
		})
	}
}

func newWorld(t *testing.T, kind dbtest.Kind, p database.Provisioner) *world {
	t.Helper()
	w := &world{World: platformtest.New(t, kind), real: &reality{Provisioner: p}, dir: t.TempDir()}
	bucket, err := blob.Folder(w.dir)
	w.OK(err)
	t.Cleanup(func() { w.OK(bucket.Close()) })
	w.files = &vault{Files: bucket}
	w.dbs = w.service(nil)
	w.owner, w.manager = w.organization("owner", "manager")
	w.rival, w.foreign = w.organization("rival", "foreign")
	return w
}

// service returns another service on the same database.
func (w *world) service(opts *database.Options) *database.Service {
	if opts == nil {
		opts = &database.Options{Files: w.files, Patience: 50 * time.Millisecond}
	}
	opts.Now = w.Now
	return database.New(w.DB.Databases(), w.real, w.Workspaces, w.Rights, w.Quotas, w.DB.Trail(), opts)
}

func (w *world) organization(name, manager string) (workspace.Organization, workspace.Actor) {
	w.Helper()
	o, err := w.Workspaces.CreateOrganization(w.Context(), w.Admin, workspace.Organization{
		Name: name, UploadsQuota: quota.NoLimit, DatabasesQuota: 10_000_000,
	})
	w.OK(err)
	actor := w.User(manager)
	w.OK(w.Workspaces.AddOrganizationUser(w.Context(), w.Admin, o.ID, actor.User))
	return o, actor
}

// limit sets how much the databases of the owner may take up.
func (w *world) limit(n int64) {
	w.Helper()
	_, err := w.Workspaces.UpdateOrganization(w.Context(), w.Admin, w.owner.ID, func(o *workspace.Organization) error {
		o.DatabasesQuota = n
		return nil
	})
	w.OK(err)
}

// used is what an organization is charged with.
func (w *world) used(o workspace.Organization) int64 {
	w.Helper()
	list, _, err := w.Quotas.Allocations(w.Context(), quota.AllocationFilter{
		Holders: []quota.Holder{quota.Holder(o.ID)}, Pools: []quota.PoolID{workspace.DatabasesPool},
	})
	w.OK(err)
	if len(list) == 0 {
		return 0
	}
	if len(list) > 1 || list[0].Slot != workspace.SlotDatabases {
		w.Errorf("shares are %+v", list)
	}
	return list[0].Use
}

func (w *world) database(name database.Name) database.Database {
	w.Helper()
	d, err := w.dbs.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: name})
	w.OK(err)
	return d
}

func (w *world) draft(name string) workspace.Workspace {
	return workspace.Workspace{Name: name, TechnicalName: name, Organization: w.owner.ID, Supervisor: w.manager.User}
}

// project makes a project of the owner that uses a database, or none where the
// name is empty.
func (w *world) project(name string, uses database.Name) workspace.Workspace {
	w.Helper()
	d, _, err := w.dbs.CreateProject(w.Context(), w.manager, database.ProjectDraft{Workspace: w.draft(name), Existing: uses})
	w.OK(err)
	return d.Workspace
}

// member makes a new user a member of projects who holds some permissions there.
func (w *world) member(name string, in []workspace.Workspace, perms ...rbac.Permission) workspace.Actor {
	w.Helper()
	actor := w.User(name)
	for _, p := range in {
		w.Join(p, actor)
		for _, perm := range perms {
			w.give(actor, p, perm)
		}
	}
	return actor
}

// connect opens a session in a database of a folder.
func (w *world) connect(name database.Name) *sql.DB {
	w.Helper()
	f, ok := w.real.Provisioner.(*provision.Folder)
	if !ok {
		w.Fatal("not a folder")
	}
	db, err := f.Connect(w.Context(), name)
	w.OK(err)
	w.Cleanup(func() { _ = db.Close() })
	return db
}

// fill writes rows into a database.
func (w *world) fill(name database.Name, rows int) {
	w.Helper()
	db := w.connect(name)
	_, err := db.ExecContext(w.Context(), "CREATE TABLE IF NOT EXISTS rooms (name TEXT)")
	w.OK(err)
	_, err = db.ExecContext(w.Context(), "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO rooms SELECT 'room ' || i || hex(zeroblob(50)) FROM n", rows)
	w.OK(err)
	w.OK(db.Close())
}

func (w *world) rooms(name database.Name) int {
	w.Helper()
	db := w.connect(name)
	n := 0
	w.OK(db.QueryRowContext(w.Context(), "SELECT COUNT(*) FROM rooms").Scan(&n))
	w.OK(db.Close())
	return n
}

// there are the real databases.
func (w *world) there() []database.Name {
	w.Helper()
	names, err := w.real.Databases(w.Context())
	w.OK(err)
	return names
}

// kept are the files of backups.
func (w *world) kept() []string {
	w.Helper()
	var files []string
	w.OK(filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, strings.TrimPrefix(path, w.dir+"/"))
		}
		return err
	}))
	return files
}

// rows are all databases that are known, whatever is under way.
func (w *world) rows() []database.Database {
	w.Helper()
	list, err := w.DB.Databases().Databases(w.Context(), database.Filter{})
	w.OK(err)
	return list
}

// consistent wants what is known, what is there and what is charged to be the
// same, and nothing to be under way.
func (w *world) consistent() {
	w.Helper()
	used := map[workspace.OrganizationID]int64{}
	var known []database.Name
	organization := map[workspace.DatabaseID]workspace.OrganizationID{}
	for _, d := range w.rows() {
		known = append(known, d.Name)
		used[d.Organization] += d.Counted
		organization[d.ID] = d.Organization
		if d.State != database.Ready || d.Target != "" {
			w.Errorf("%s is %s", d.Name, d.State)
		}
		stats, err := w.real.Provisioner.Stats(w.Context(), d.Name)
		if err != nil || stats.Locked != d.Locked {
			w.Errorf("%s is %+v, %v; want locked %t", d.Name, stats, err, d.Locked)
		}
	}
	slices.Sort(known)
	if there := w.there(); !slices.Equal(there, known) {
		w.Errorf("known are %v, there are %v", known, there)
	}
	backups, err := w.DB.Databases().Backups(w.Context(), database.BackupFilter{})
	w.OK(err)
	var files []string
	for _, b := range backups {
		files = append(files, b.File())
		used[organization[b.Database]] += b.Size
		if b.State != database.Ready {
			w.Errorf("%s is %s", b.Name, b.State)
		}
	}
	slices.Sort(files)
	if kept := w.kept(); !slices.Equal(kept, files) {
		w.Errorf("known are the files %v, kept are %v", files, kept)
	}
	for _, o := range []workspace.Organization{w.owner, w.rival} {
		if got := w.used(o); got != used[o.ID] {
			w.Errorf("%s is charged with %d, want %d", o.Name, got, used[o.ID])
		}
	}
}

// leaves runs something and wants exactly these events of databases of it.
func (w *world) leaves(do func(), actions ...string) {
	w.Helper()
	filter := audit.Filter{Actions: []string{"database."}}
	before, err := w.DB.Trail().Count(w.Context(), filter)
	w.OK(err)
	do()
	filter.Offset = before
	list, err := w.DB.Trail().List(w.Context(), filter)
	w.OK(err)
	got := []string{}
	for _, e := range list {
		got = append(got, e.Action)
		if e.Organization != string(w.owner.ID) || e.Object.Kind != "database" || e.Object.Name == "" || e.Actor == "" {
			w.Errorf("event %+v", e)
		}
	}
	if !slices.Equal(got, actions) && len(got)+len(actions) > 0 {
		w.Errorf("events %v, want %v", got, actions)
	}
}

func (w *world) denied(what string, err error) {
	w.Helper()
	if _, ok := errors.AsType[*rbac.DeniedError](err); !ok {
		w.Errorf("%s: %v, want a DeniedError", what, err)
	}
}

// give gives somebody a permission in a project.
func (w *world) give(actor workspace.Actor, in workspace.Workspace, perm rbac.Permission) {
	w.Helper()
	w.OK(w.DB.Tx(w.Context(), func(ctx context.Context) error {
		_, err := w.Rights.Grant(ctx, rbac.Rule{
			Node: in.Num, Effect: rbac.Allow, Principal: actor.Principal, Scope: perm.Scope(), Permission: perm.Name(), Propagate: true,
		})
		return err
	}))
}
