package audit_test

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// TestSumHasEveryField changes each field of an event in turn: but for Num and
// Hash, the sum is another.
func TestSumHasEveryField(t *testing.T) {
	t.Parallel()
	sums := map[string]string{audit.Event{}.Sum(""): "nothing", audit.Event{}.Sum("x"): "the hash before"}
	var fields func(path string, set func(e *audit.Event) reflect.Value)
	fields = func(path string, set func(e *audit.Event) reflect.Value) {
		var e audit.Event
		switch v := set(&e); {
		case path == ".Num" || path == ".Hash":
			return
		case v.Kind() == reflect.String:
			v.SetString("x")
		case v.Kind() == reflect.Int64:
			v.SetInt(1)
		case v.Kind() == reflect.Slice:
			v.SetBytes([]byte("x"))
		case v.Type() == reflect.TypeFor[time.Time]():
			v.Set(reflect.ValueOf(time.UnixMicro(1)))
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				fields(path+"."+v.Type().Field(i).Name, func(e *audit.Event) reflect.Value { return set(e).Field(i) })
			}
			return
		default:
			t.Fatalf("%s is a %s", path, v.Type())
		}
		sum := e.Sum("")
		if other, seen := sums[sum]; seen {
			t.Errorf("%s has the sum of %s", path, other)
		}
		sums[sum] = path
	}
	fields("", func(e *audit.Event) reflect.Value { return reflect.ValueOf(e).Elem() })
	if len(sums) < 22 {
		t.Errorf("only %d sums", len(sums))
	}
	// What ends one field does not begin the next.
	a, b := audit.Event{Actor: "ab", Via: "c"}, audit.Event{Actor: "a", Via: "bc"}
	if a.Sum("") == b.Sum("") {
		t.Error("two events have one encoding")
	}
}

// TestEveryColumnIsHeld changes every column of a record in turn.
func TestEveryColumnIsHeld(t *testing.T) {
	each(t, func(w *world) {
		rows, err := w.raw.QueryContext(w.Context(), "SELECT * FROM audit_events LIMIT 0") //nolint:unqueryvet // everything is meant
		w.ok(err)
		columns, err := rows.ColumnTypes()
		w.ok(errors.Join(err, rows.Err(), rows.Close())) //nolint:sqlclosecheck // the only connection is needed below
		if len(columns) != 23 {
			w.Errorf("%d columns", len(columns))
		}
		for _, c := range columns {
			name := c.Name()
			w.fill(name, 4)
			w.sound(name, 4)
			change := name + " || 'x'"
			if strings.Contains(strings.ToUpper(c.DatabaseTypeName()), "INT") {
				change = name + " + 100000"
			}
			w.exec("UPDATE audit_events SET "+name+" = "+change+" WHERE workspace_id = ? AND seq = 3", name)
			switch name {
			case "num":
				w.broken(name, 4, "it is listed before an earlier one")
			case "seq", "workspace_id":
				w.broken(name, 3, "it is missing")
			case "search_fold":
				w.broken(name, 3, "search_fold")
			default:
				w.broken(name, 3, "its hash")
			}
		}
		// Moved to a chain of its own it does not pass for that one's first.
		w.broken("workspace_idx", 3, "it is behind the head, 0")
	})
}

// TestNothingIsTakenOrPut deletes, inserts, moves and rewrites records.
func TestNothingIsTakenOrPut(t *testing.T) {
	each(t, func(w *world) {
		for name, c := range map[string]struct {
			do    func(chain string)
			seq   int64
			what  string
			known bool // against a head that was known
		}{
			"the first gone":  {func(c string) { w.exec("DELETE FROM audit_events WHERE workspace_id = ? AND seq = 1", c) }, 1, "it is missing", false},
			"one gone":        {func(c string) { w.exec("DELETE FROM audit_events WHERE workspace_id = ? AND seq = 3", c) }, 3, "it is missing", false},
			"the last gone":   {func(c string) { w.exec("DELETE FROM audit_events WHERE workspace_id = ? AND seq = 5", c) }, 5, "the head, 5", false},
			"the tail gone":   {func(c string) { w.exec("DELETE FROM audit_events WHERE workspace_id = ? AND seq > 2", c) }, 3, "the head, 5", false},
			"all gone":        {func(c string) { w.exec("DELETE FROM audit_events WHERE workspace_id = ?", c) }, 1, "the head, 5", false},
			"out of chain":    {func(c string) { w.exec("UPDATE audit_events SET seq = 0 WHERE workspace_id = ? AND seq = 5", c) }, 0, "1 records are of before the chain", false},
			"the head gone":   {func(c string) { w.exec("DELETE FROM audit_heads WHERE workspace_id = ?", c) }, 1, "behind the head, 0", false},
			"another head":    {func(c string) { w.exec("UPDATE audit_heads SET hash = 'x' WHERE workspace_id = ?", c) }, 5, "the head has another hash", false},
			"the head behind": {func(c string) { w.setHead(c, 4) }, 5, "it is behind the head, 4", false},
			"swapped": {func(c string) {
				for _, step := range [][2]int{{2, -2}, {3, 2}, {-2, 3}} {
					w.exec("UPDATE audit_events SET seq = ? WHERE workspace_id = ? AND seq = ?", step[1], c, step[0])
				}
			}, 2, "its hash", false},
			"one of before": {func(c string) { w.insert(c, 0, "") }, 0, "there were 0", false},
			"one put in":    {func(c string) { w.insert(c, 3, "x") }, 3, "it is there twice", false},
			"one put behind, rightly": {func(c string) {
				list, err := w.trail.Links(w.Context(), c, audit.Record{}, 9)
				w.ok(err)
				e := w.forged(c)
				e.Seq = 6
				w.insertEvent(e, e.Sum(list[4].Hash))
			}, 6, "it is behind the head, 5", false},
			"rewritten to the end": {func(c string) { w.rewrite(c, 3) }, 5, "the head has another hash", false},
			// With the head as well, it takes something older to see it.
			"rewritten with the head": {func(c string) { w.rewrite(c, 3); w.setHead(c, 5) }, 5, "it was known with another hash", true},
			"rolled back with the head": {func(c string) {
				w.exec("DELETE FROM audit_events WHERE workspace_id = ? AND seq > 3", c)
				w.setHead(c, 3)
			}, 4, "and was known up to 5", true},
			"gone with the head": {func(c string) {
				w.exec("DELETE FROM audit_events WHERE workspace_id = ?", c)
				w.exec("DELETE FROM audit_heads WHERE workspace_id = ?", c)
			}, 1, "and was known up to 5", true},
		} {
			if name == "one put in" { // who can do this can drop an index
				w.exec("DROP INDEX audit_events_chain")
			}
			w.fill(name, 5)
			head := w.sound(name, 5).Head
			w.sound(name, 5, head, audit.Head{Chain: "another", Seq: 9, Hash: "x"})
			c.do(name)
			if !c.known {
				w.broken(name, c.seq, c.what)
				continue
			}
			r, err := w.Verify(w.Context(), name)
			w.ok(err)
			if r.Fault != nil {
				w.Errorf("%s: %v", name, r.Fault)
			}
			w.broken(name, c.seq, c.what, head)
		}
	})
}

func (w *world) forged(chain string) audit.Event {
	return audit.Event{ID: audit.EventID(uid.New()), At: w.clock(), Actor: "forged", Action: "x", Workspace: chain}
}

func (w *world) insert(chain string, seq int64, hash string) {
	w.Helper()
	e := w.forged(chain)
	e.Seq = seq
	w.insertEvent(e, hash)
}

func (w *world) insertEvent(e audit.Event, hash string) {
	w.Helper()
	w.exec(`INSERT INTO audit_events (id, at, principal, actor, via, address, action, workspace_id, organization_id,
		object_kind, object_id, object_name, detail, search_fold, seq, hash) VALUES (?, ?, 0, ?, '', '', ?, ?, '', '', '', '', '', ?, ?, ?)`,
		string(e.ID), e.At.UnixMicro(), e.Actor, e.Action, e.Workspace, e.Actor+"\n\n", e.Seq, hash)
}

// rewrite changes a record and gives it and those behind it the hashes that they
// have then.
func (w *world) rewrite(chain string, from int) {
	w.Helper()
	w.exec("UPDATE audit_events SET address = '203.0.113.1' WHERE workspace_id = ? AND seq = ?", chain, from)
	list, err := w.trail.Links(w.Context(), chain, audit.Record{}, 9)
	w.ok(err)
	before := ""
	for _, link := range list {
		before = link.Sum(before)
		w.exec("UPDATE audit_events SET hash = ? WHERE workspace_id = ? AND seq = ?", before, chain, link.Seq)
	}
}

// setHead sets the head to a record.
func (w *world) setHead(chain string, seq int) {
	w.Helper()
	w.exec(`UPDATE audit_heads SET seq = ?, hash = (SELECT hash FROM audit_events WHERE workspace_id = ? AND seq = ?)
		WHERE workspace_id = ?`, seq, chain, seq, chain)
}

// TestVerifyReadsByPages wants chains longer than a page to verify, and a record
// that is there twice to be seen at the edge of one.
func TestVerifyReadsByPages(t *testing.T) {
	each(t, func(w *world) {
		w.fill("w", 1203)
		w.sound("w", 1203)
		w.exec("DROP INDEX audit_events_chain")
		w.insert("w", 500, "x")
		w.broken("w", 500, "it is there twice")
	})
}

// TestAppendOnTwoServers has two servers append to one chain at once, and a
// third verify meanwhile: it never sees a fault.
func TestAppendOnTwoServers(t *testing.T) {
	each(t, func(w *world) {
		const callers, times = 8, 25
		var all sync.WaitGroup
		for caller := range callers {
			db := w.db
			if caller%2 == 0 {
				db = dbtest.Open(w.T, w.address)
			}
			all.Go(func() {
				for range times {
					if err := audit.New(db.Trail(), nil).Record(w.Context(), audit.Event{Action: "x", Workspace: "w"}); err != nil {
						w.Error(err)
					}
				}
			})
		}
		ended := make(chan struct{})
		go func() { all.Wait(); close(ended) }()
		for running := true; running; {
			select {
			case <-ended:
				running = false
			default:
			}
			if r, err := w.Verify(w.Context(), "w"); err != nil || r.Fault != nil {
				w.Errorf("while it grows: %v, %v", r.Fault, err)
			}
		}
		w.sound("w", callers*times)
	})
}
