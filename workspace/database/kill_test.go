package database_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/blob"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// An order is what another process is to do, and where it is to die.
type order struct {
	Storage    string                   `json:"storage"` // address of the database
	Folder     string                   `json:"folder"`  // of real databases, or
	Server     string                   `json:"server"`
	Prefix     string                   `json:"prefix"`
	Files      string                   `json:"files"`
	Do         string                   `json:"do"`
	Owner      workspace.OrganizationID `json:"owner"`
	Supervisor workspace.UserID         `json:"supervisor"`
	// Step is where it kills itself, empty for nowhere.
	Step string `json:"step"`
}

// TestInAnotherProcess is not a test: others run it.
func TestInAnotherProcess(t *testing.T) {
	text := os.Getenv("BAILIWICK_TEST_ORDER")
	if text == "" {
		t.Skip("nobody asked for it")
	}
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(t.Context(), o.Storage, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := o.provisioner(t)
	files, err := blob.Folder(o.Files)
	if err != nil {
		t.Fatal(err)
	}
	rights := rbac.New(db.Rules(), workspace.Schema(), nil)
	meter := quota.New(db.Quotas(), nil)
	workspaces := workspace.New(db.Workspaces(), rights, meter, db.Trail(), nil)
	dbs := database.New(db.Databases(), p, workspaces, rights, meter, db.Trail(), &database.Options{Files: files})
	dbs.AtStep(func(name string) {
		if name == o.Step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	ctx, actor := context.Background(), workspace.Command("child")
	switch o.Do {
	case "create project":
		_, _, err = dbs.CreateProject(ctx, actor, database.ProjectDraft{
			Workspace: workspace.Workspace{Name: "new", TechnicalName: "new", Organization: o.Owner, Supervisor: o.Supervisor},
			New:       &database.Draft{Name: "new", Template: "template"},
		})
	case "rename":
		_, err = dbs.Rename(ctx, actor, "template", "new")
	case "delete":
		err = dbs.Delete(ctx, actor, "template")
	case "make backup":
		_, err = dbs.MakeBackup(ctx, actor, "template")
	}
	fmt.Println("said", err)
}

func (o order) provisioner(t *testing.T) database.Provisioner {
	t.Helper()
	if o.Folder != "" {
		return folder(t, o.Folder)
	}
	return server(t, o.Server, o.Prefix)
}

// run has another process do what is ordered, kills it after a while unless that
// is 0, and reports whether it said that it is done, and how long that took.
func (o order) run(w *world, after time.Duration) (done bool, took time.Duration) {
	w.Helper()
	text, err := json.Marshal(o)
	w.OK(err)
	cmd := exec.Command(os.Args[0], "-test.run=^TestInAnotherProcess$", "-test.v")
	cmd.Env = append(os.Environ(), "BAILIWICK_TEST_ORDER="+string(text))
	in, err := cmd.StdinPipe()
	w.OK(err)
	out, err := cmd.StdoutPipe()
	w.OK(err)
	w.OK(cmd.Start())
	defer func() {
		_ = cmd.Process.Kill() // it may have done so itself
		_ = cmd.Wait()
	}()
	lines := bufio.NewScanner(out)
	ready := false
	for !ready && lines.Scan() {
		ready = lines.Text() == "ready"
		if strings.Contains(lines.Text(), "FAIL") {
			w.Fatal(lines.Text())
		}
	}
	if !ready {
		w.Fatal("the other process did not start")
	}
	began := time.Now()
	_, _ = io.WriteString(in, "\n")
	if after > 0 {
		time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	}
	for lines.Scan() {
		if said, ok := strings.CutPrefix(lines.Text(), "said "); ok {
			if said != "<nil>" {
				w.Errorf("the other process said %s", said)
			}
			return true, time.Since(began)
		}
	}
	return false, 0
}

// settled reconciles until nothing is under way: what a dead process holds may
// take the server a moment to let go of.
func (w *world) settled() {
	w.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		err := w.dbs.Reconcile(w.Context())
		backups, failed := w.DB.Databases().CountBackups(w.Context(), database.BackupFilter{States: []database.State{database.Making, database.Dropping}})
		w.OK(failed)
		busy := slices.ContainsFunc(w.rows(), func(d database.Database) bool { return d.State != database.Ready })
		if err == nil && backups == 0 && !busy {
			return
		}
		if time.Now().After(end) {
			w.Fatalf("under way are %+v and %d backups, %v", w.rows(), backups, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// rounds are how often projects are made by somebody who is killed, and how often
// the other deeds are done so. Databases of PostgreSQL take their time: all of it,
// for as many as BAILIWICK_ROUNDS says.
func rounds(kind string) (projects, others int) {
	if n, err := strconv.Atoi(os.Getenv("BAILIWICK_ROUNDS")); err == nil {
		return n, n / 4
	}
	if kind == "sqlite" {
		return 100, 24
	}
	return 16, 4
}

// TestKilled kills who makes a project, and does some other things, at each step
// and in between: what there is afterwards is whole, or it is not there.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			var o order
			named := dbtest.Kind{Name: kind.Name, Make: func(tb testing.TB) string {
				tb.Helper()
				o.Storage = kind.Make(tb)
				return o.Storage
			}}
			var p database.Provisioner
			if kind.Name == "sqlite" {
				o.Folder = t.TempDir()
				p = folder(t, o.Folder)
			} else {
				p, o.Server, o.Prefix = newServer(t)
			}
			w := newWorld(t, named, p)
			w.dbs = w.service(&database.Options{Files: w.files, Patience: 10 * time.Second})
			w.limit(quota.NoLimit)
			o.Files, o.Owner, o.Supervisor = w.dir, w.owner.ID, w.manager.User
			projects, others := rounds(kind.Name)
			for _, deed := range deeds() {
				o.Do = deed.name
				switch deed.name {
				case "create project":
					killed(w, deed, o, projects, "", "announced", "created", "committed")
				case "rename":
					killed(w, deed, o, others, "", "renaming", "renamed", "settled")
				case "delete":
					killed(w, deed, o, others, "", "doomed", "dropped", "deleted", "discarded")
				case "make backup":
					killed(w, deed, o, others, "", "announced", "written", "committed")
				}
			}
		})
	}
}

// killed has a deed done by others who are killed, at each of some steps in turn,
// or at any moment where none is named.
func killed(w *world, deed deed, o order, rounds int, steps ...string) {
	w.Helper()
	bare := func(w *world) { w.database("template") }
	fill := map[string]func(w *world){"delete": func(w *world) {
		bare(w)
		for range 2 {
			_, err := w.dbs.MakeBackup(w.Context(), w.Admin, "template")
			w.OK(err)
		}
	}}
	prepare := fill[deed.name]
	if prepare == nil {
		prepare = bare
	}
	prepare(w)
	began := time.Now()
	done, whole := o.run(w, 0)
	if !done {
		w.Fatalf("%s: not done", deed.name)
	}
	w.OK(deed.done(w))
	random := rand.New(rand.NewPCG(uint64(began.UnixNano()), 1))
	undo := func() {
		w.Helper()
		if deed.name == "delete" {
			prepare(w)
			return
		}
		deed.undo(w)
	}
	undo()
	finished := 0
	for round := range rounds {
		var after time.Duration
		if o.Step = steps[round%len(steps)]; o.Step == "" {
			after = 1 + time.Duration(random.Int64N(int64(whole)))
		}
		done, _ := o.run(w, after)
		if done && o.Step != "" {
			w.Errorf("%s: it outlived step %s", deed.name, o.Step)
		}
		w.settled()
		w.consistent()
		isDone, isUndone := deed.done(w), deed.undone(w)
		if isDone != nil && (isUndone != nil || done) {
			w.Fatalf("%s, round %d, killed at %q after %s: neither %v, nor %v", deed.name, round, o.Step, after, isDone, isUndone)
		}
		if w.Failed() {
			w.Fatalf("%s, round %d, killed at %q after %s", deed.name, round, o.Step, after)
		}
		if isDone == nil {
			finished++
			undo()
		}
	}
	w.Logf("%s: %d rounds in %s, finished in %d", deed.name, rounds, time.Since(began).Round(time.Millisecond), finished)
	w.depart("new")
	for _, d := range w.rows() {
		w.delete(d.Name)
	}
	w.consistent()
}
