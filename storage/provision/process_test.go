package provision_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// TestInAnotherProcess is not a test: others run it.
func TestInAnotherProcess(t *testing.T) {
	what := os.Getenv("BAILIWICK_TEST_WHAT")
	if what == "" {
		t.Skip("nobody asked for it")
	}
	ctx := context.Background()
	p := (&place{where: os.Getenv("BAILIWICK_TEST_WHERE")}).reopen(t)
	fmt.Println("ready")
	in := bufio.NewReader(os.Stdin)
	in.ReadString('\n') // the word, or the end
	switch what {
	case "create":
		fmt.Println("said", p.Create(ctx, "one", "template"))
	case "hold":
		_, err := p.Hold(ctx, "one")
		fmt.Println("said", err)
		time.Sleep(time.Minute)
	case "sessions":
		db := p.session(t, "one")
		db.SetMaxOpenConns(1)
		fmt.Println("said", errOf(db.Exec("INSERT INTO a VALUES (100)")))
		tx, err := db.Begin()
		if err == nil {
			_, err = tx.Exec("INSERT INTO a VALUES (200)")
		}
		fmt.Println("said", err)
		in.ReadString('\n')
		fmt.Println("said", errOf(tx.Exec("INSERT INTO a VALUES (300)")) != nil, tx.Commit() != nil, db.Ping() != nil)
	case "work":
		backup, err := os.ReadFile(os.Getenv("BAILIWICK_TEST_BACKUP"))
		if err != nil {
			t.Fatal(err)
		}
		for {
			for _, err := range []error{
				p.Create(ctx, "one", "template"), p.Restore(ctx, "one", bytes.NewReader(backup)),
				p.Backup(ctx, "one", io.Discard), p.Lock(ctx, "one"), p.Rename(ctx, "one", "two"),
				p.Restore(ctx, "three", bytes.NewReader(backup)), p.Drop(ctx, "two"), p.Drop(ctx, "three"),
			} {
				if err != nil {
					fmt.Println("said", err)
				}
			}
		}
	}
}

// A child is another process, ready to begin.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func (p *place) start(t testing.TB, what string, env ...string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestInAnotherProcess$", "-test.v")
	cmd.Env = append(append(os.Environ(), "BAILIWICK_TEST_WHAT="+what, "BAILIWICK_TEST_WHERE="+p.where), env...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd, in, bufio.NewScanner(out)}
	t.Cleanup(c.kill)
	for c.out.Scan() {
		if c.out.Text() == "ready" {
			return c
		}
	}
	t.Fatalf("the other process did not start")
	return nil
}

func (c *child) begin() { fmt.Fprintln(c.in) }

// said returns what it says next.
func (c *child) said() string {
	for c.out.Scan() {
		if text, ok := strings.CutPrefix(c.out.Text(), "said "); ok {
			return text
		}
	}
	return "nothing more"
}

func (c *child) kill() {
	c.cmd.Process.Kill()
	c.cmd.Wait()
}

// TestCreateTwice has several processes make a database of one name at once.
func TestCreateTwice(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "template", "")
		p.in(t, "template", "CREATE TABLE a (n int)")
		for range 2 {
			children := []*child{p.start(t, "create"), p.start(t, "create"), p.start(t, "create")}
			for _, c := range children {
				c.begin()
			}
			won := 0
			for _, c := range children {
				switch said := c.said(); said {
				case "<nil>":
					won++
				case database.ErrExists.Error():
				default:
					t.Errorf("one said %s", said)
				}
				c.kill()
			}
			if won != 1 {
				t.Errorf("%d have made it", won)
			}
			p.in(t, "one", "INSERT INTO a VALUES (1)")
			if err := p.Drop(t.Context(), "one"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestHoldKilled(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		c := p.start(t, "hold")
		c.begin()
		if said := c.said(); said != "<nil>" {
			t.Fatal(said)
		}
		for range 5 {
			want(t, "while another process has it", errOf(p.Hold(t.Context(), "one")), database.ErrBusy)
		}
		c.kill()
		for start := time.Now(); ; {
			release, err := p.Hold(t.Context(), "one")
			if err == nil {
				release()
				break
			}
			if time.Since(start) > time.Minute {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Millisecond)
		}
		if p.kind == "folder" {
			if left, _ := os.ReadDir(strings.Fields(p.where)[1]); len(left) > 0 {
				t.Error(left)
			}
		}
	})
}

// TestSessionsElsewhere ends the sessions of another process, dead ones too.
func TestSessionsElsewhere(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE a (n int)")
		dead := p.start(t, "sessions")
		dead.begin()
		dead.said()
		if said := dead.said(); said != "<nil>" {
			t.Fatal(said)
		}
		dead.kill()
		c := p.start(t, "sessions")
		c.begin()
		c.said()
		if said := c.said(); said != "<nil>" {
			t.Fatal(said)
		}
		if stats, err := p.Stats(t.Context(), "one"); err != nil || stats.Sessions != 1 {
			t.Errorf("%+v, %v", stats, err)
		}
		if n, err := p.EndSessions(t.Context(), "one"); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		c.begin()
		if said := c.said(); said != "true true true" && (p.kind == "folder" || said != "true true false") {
			t.Errorf("what the other could not do any more: %s", said)
		}
		if got := p.one(t, "one", "SELECT sum(n) FROM a"); got != "200" {
			t.Errorf("sum %s: what was committed stays, and what was not does not", got)
		}
	})
}

// rounds is how often something is tried, or more where it was asked for.
func rounds(n int) int {
	if more, err := strconv.Atoi(os.Getenv("BAILIWICK_ROUNDS")); err == nil {
		return more
	}
	return n
}

// TestKilled kills a process that makes, restores, renames and drops at any
// moment, and wants nothing half-made to be seen, and all names to be usable.
func TestKilled(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.create(t, "template", "")
		fill := []string{"CREATE TABLE a (n int)", "CREATE TABLE whole (n int)"}
		p.in(t, "template", fill...)
		for range 20 {
			p.in(t, "template", "INSERT INTO a VALUES (1), (2), (3)")
		}
		p.in(t, "template", "INSERT INTO whole SELECT sum(n) FROM a")
		p.create(t, "source", "template")
		p.in(t, "source", "INSERT INTO a SELECT n + 1 FROM a", "DELETE FROM whole", "INSERT INTO whole SELECT sum(n) FROM a")
		file := filepath.Join(t.TempDir(), "backup")
		if err := os.WriteFile(file, p.backup(t, "source"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.Drop(t.Context(), "source"); err != nil {
			t.Fatal(err)
		}
		n, longest := rounds(40), 60*time.Millisecond
		if p.kind == "server" {
			n, longest = rounds(6), time.Second
		}
		for round := range n {
			c := p.start(t, "work", "BAILIWICK_TEST_BACKUP="+file)
			c.begin()
			time.Sleep(rand.N(longest))
			c.kill()
			if said := c.said(); said != "nothing more" {
				t.Errorf("round %d: before it was killed: %s", round, said)
			}
			p.whole(t, round)
		}
	})
}

// whole wants all databases to be whole, nothing else to be there, and their
// names to be of use, and leaves only the template.
func (p *place) whole(t *testing.T, round int) {
	t.Helper()
	var names []database.Name
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		var err error
		if names, err = p.Databases(t.Context()); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		state := p.state(t)
		if !strings.Contains(state, "~") && !strings.Contains(state, ".half.") {
			break
		}
		// What a dead process has asked the server for is done to its end.
		if p.kind == "folder" || time.Since(start) > time.Minute {
			t.Fatalf("round %d: half-made is\n%s", round, state)
		}
	}
	for _, name := range names {
		db, err := p.connect(name)
		if errors.Is(err, database.ErrLocked) {
			err = p.Unlock(t.Context(), name)
			if err == nil {
				db, err = p.connect(name)
			}
		}
		if err != nil {
			t.Fatalf("round %d: %s: %v", round, name, err)
		}
		var sum, stored int
		err = db.QueryRow("SELECT (SELECT sum(n) FROM a), (SELECT n FROM whole)").Scan(&sum, &stored)
		db.Close()
		if err != nil || sum != stored {
			t.Fatalf("round %d: %s is not whole: %d, %d, %v", round, name, sum, stored, err)
		}
	}
	for _, name := range []database.Name{"one", "two", "three"} {
		err := p.Drop(t.Context(), name)
		if err != nil && !errors.Is(err, database.ErrNotFound) {
			t.Fatalf("round %d: drop %s: %v", round, name, err)
		}
	}
	if round%4 == 0 {
		for _, name := range []database.Name{"one", "two", "three"} {
			p.create(t, name, "template")
			if err := p.Drop(t.Context(), name); err != nil {
				t.Fatalf("round %d: %s, made again: %v", round, name, err)
			}
		}
	}
	if got := p.names(t); got != "[template]" {
		t.Fatalf("round %d: %s", round, got)
	}
	for line := range strings.Lines(p.state(t)) {
		if !strings.Contains(line, "template") {
			t.Errorf("round %d: left is %s", round, line)
		}
	}
}
