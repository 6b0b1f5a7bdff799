package audit_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

func command() audit.Event { return audit.Event{Actor: "root", Principal: 5, Via: "command"} }

// prune prunes up to before the event of a place.
func (w *world) prune(chain string, before int64) audit.Checkpoint {
	w.Helper()
	at := w.clock()
	if before > 0 {
		list, err := w.trail.Links(w.Context(), chain, audit.Record{Event: audit.Event{Seq: before - 1, Num: 1 << 60}}, 1)
		w.ok(err)
		at = list[0].At
	}
	c, err := w.Prune(w.Context(), command(), chain, at)
	w.ok(err)
	return c
}

func TestPrune(t *testing.T) {
	each(t, func(w *world) {
		w.fill("w", 10)
		w.fill("v", 3)
		if c := w.prune("w", 1); c != (audit.Checkpoint{}) {
			w.Errorf("nothing is that old, and there is %+v", c)
		}
		c := w.prune("w", 5)
		if c.Seq != 4 || c.Removed != 4 || c.Chain != "w" || c.Signature == "" {
			w.Errorf("%+v", c)
		}
		if r := w.sound("w", 7); r.From != 4 || r.Head.Seq != 11 { // with the event that tells of it
			w.Errorf("%+v", r)
		}
		events, err := w.trail.List(w.Context(), audit.Filter{Workspace: "w", Newest: true, Limit: 1})
		w.ok(err)
		if e := events[0]; e.Action != "audit.prune" || e.Actor != "root" || e.Via != "command" || !strings.Contains(string(e.Detail), c.Hash) {
			w.Errorf("told as %+v", e)
		}
		// All of it, and again: the chain goes on from the head.
		if c := w.prune("w", 0); c.Seq != 11 || c.Removed != 7 {
			w.Errorf("%+v", c)
		}
		w.fill("w", 2)
		if r := w.sound("w", 3); r.From != 11 {
			w.Errorf("%+v", r)
		}
		w.sound("v", 3)
		// What is broken is not forgotten.
		w.exec("UPDATE audit_events SET actor = 'x' WHERE workspace_id = 'v' AND seq = 2")
		_, err = w.Prune(w.Context(), command(), "v", w.clock())
		broken, ok := errors.AsType[*audit.BrokenError](err)
		if !ok || !errors.Is(err, audit.ErrBroken) || broken.Report.Fault.Seq != 2 || !strings.Contains(err.Error(), "record 2 (") {
			w.Errorf("pruning what is broken: %v", err)
		}
		_, err = w.with(&audit.Options{}).Prune(w.Context(), command(), "w", w.clock())
		if !errors.Is(err, audit.ErrNoSigner) {
			w.Errorf("pruning without a signer: %v", err)
		}
	})
}

// TestCheckpointsAreHeld changes a checkpoint in every way.
func TestCheckpointsAreHeld(t *testing.T) {
	each(t, func(w *world) {
		w.fill("w", 10)
		w.fill("v", 10)
		w.prune("v", 5)
		w.prune("w", 5)
		w.sound("w", 7)
		for _, s := range []struct {
			service *audit.Service
			what    string
		}{
			{w.with(&audit.Options{}), "without the server's secret"},
			{w.with(&audit.Options{Signer: seal(w.T, "o")}), "was not signed by this server"},
		} {
			w.brokenFor(s.service, "w", 4, s.what)
		}
		const restore = `UPDATE audit_checkpoints SET seq = 4, hash = ?, removed = 4, at = ?, signature = ? WHERE workspace_id = 'w'`
		c, err := w.trail.Checkpoint(w.Context(), "w")
		w.ok(err)
		for change, seq := range map[string]int64{
			"seq = 3": 3, "hash = 'x'": 4, "removed = 3": 4, "at = at + 1": 4, "signature = ''": 4, "signature = 'zz'": 4,
			"signature = (SELECT signature FROM audit_checkpoints WHERE workspace_id = 'v')": 4,
		} {
			w.exec("UPDATE audit_checkpoints SET " + change + " WHERE workspace_id = 'w'")
			w.broken("w", seq, "was not signed by this server")
			w.exec(restore, c.Hash, c.At.UnixMicro(), c.Signature)
			w.sound("w", 7)
		}
		// More gone than it stands for, and it gone itself.
		w.exec("UPDATE audit_events SET seq = -5 WHERE workspace_id = 'w' AND seq = 5")
		w.broken("w", 5, "it is missing")
		w.exec("UPDATE audit_events SET seq = 5 WHERE workspace_id = 'w' AND seq = -5")
		w.exec("DELETE FROM audit_checkpoints WHERE workspace_id = 'w'")
		w.broken("w", 1, "it is missing")
		// A head that was set back behind it.
		w.exec("DELETE FROM audit_events WHERE workspace_id = 'v'")
		w.exec("UPDATE audit_heads SET seq = 3, hash = 'x' WHERE workspace_id = 'v'")
		w.broken("v", 4, "and has a checkpoint at 4")
	})
}

// TestBeforeTheChain has records of a time when there were no chains.
func TestBeforeTheChain(t *testing.T) {
	each(t, func(w *world) {
		for range 3 {
			w.insert("w", 0, "")
		}
		w.exec("INSERT INTO audit_heads (workspace_id, seq, hash, unchained) VALUES ('w', 0, '', 3)") // as the migration does
		w.fill("w", 2)
		if r := w.sound("w", 2); r.Unchained != 3 {
			w.Errorf("%+v", r)
		}
		middle := w.clock()
		if c, err := w.Prune(w.Context(), command(), "w", middle.Add(-2*time.Second)); err != nil || c.Removed != 3 || c.Seq != 0 {
			w.Errorf("%+v, %v", c, err)
		}
		if r := w.sound("w", 3); r.Unchained != 0 || r.From != 0 {
			w.Errorf("%+v", r)
		}
		w.exec("DELETE FROM audit_events WHERE workspace_id = 'w' AND seq = 1")
		w.broken("w", 1, "it is missing")
	})
}

func TestExpire(t *testing.T) {
	each(t, func(w *world) {
		w.fill("v", 2)
		w.fill("", 2)
		w.mu.Lock()
		w.now = w.now.Add(time.Hour)
		w.mu.Unlock()
		w.fill("w", 2)
		left, err := w.Expire(w.Context(), command())
		w.ok(err)
		if len(left) != 0 {
			w.Errorf("everything is kept, and %+v went", left)
		}
		s := w.with(&audit.Options{Signer: seal(w.T, "k"), Keep: time.Hour})
		left, err = s.Expire(w.Context(), command())
		w.ok(err)
		if len(left) != 2 || left[0].Chain != "" || left[1].Chain != "v" || left[1].Removed != 2 {
			w.Errorf("%+v", left)
		}
		for chain, checked := range map[string]int64{"": 1, "v": 1, "w": 2} {
			w.sound(chain, checked)
		}
	})
}

// TestPruneBesideEverything prunes, appends and verifies at once.
func TestPruneBesideEverything(t *testing.T) {
	each(t, func(w *world) {
		w.fill("w", 600)
		var all sync.WaitGroup
		stop := make(chan struct{})
		all.Go(func() {
			for i := range 20 {
				if i%4 == 3 {
					if _, err := w.Prune(w.Context(), command(), "w", w.clock()); err != nil {
						w.Error(err)
					}
				}
				w.fill("w", 1)
			}
			close(stop)
		})
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if r, err := w.Verify(w.Context(), "w"); err != nil || r.Fault != nil {
					w.Errorf("%v, %v", r.Fault, err)
				}
			}
		})
		all.Wait()
		r, err := w.Verify(w.Context(), "w")
		if err != nil || r.Fault != nil || r.From < 600 {
			w.Errorf("%+v, %v", r, err)
		}
	})
}

func TestExport(t *testing.T) {
	each(t, func(w *world) {
		w.fill("w", 1001)
		refused := audit.Event{
			Actor: "=cmd|' /C calc'!A1", Action: "request.refuse", Workspace: "w", Outcome: audit.Refused, Address: "+49",
			Reason: " -1+1", Object: audit.Object{Kind: "@x", ID: "\tx", Name: "a,\"b\"\nc"},
		}
		w.ok(w.Record(w.Context(), refused))
		var lines, table bytes.Buffer
		n, err := w.Export(w.Context(), audit.Filter{Workspace: "w"}, audit.NewJSONLines(&lines))
		w.ok(err)
		decoder := json.NewDecoder(&lines)
		var last audit.Line
		read := 0
		for ; decoder.More(); read++ {
			var l audit.Line
			w.ok(decoder.Decode(&l))
			if l.Num <= last.Num || l.Seq != last.Seq+1 {
				w.Fatalf("%d follows %d", l.Seq, last.Seq)
			}
			if read == 0 && (l.Outcome != audit.Allowed || string(l.Before) != `{"roles":[]}` || l.Behalf != "Émile") {
				w.Errorf("%+v", l)
			}
			last = l
		}
		if n != 1002 || read != 1002 || last.Actor != refused.Actor || last.Outcome != audit.Refused {
			w.Errorf("%d, %d, %+v", n, read, last)
		}
		n, err = w.Export(w.Context(), audit.Filter{Newest: true, Offset: 1, Limit: 501, Outcome: audit.Allowed}, audit.NewCSV(&table))
		w.ok(err)
		rows, err := csv.NewReader(&table).ReadAll()
		w.ok(err)
		if n != 501 || len(rows) != 502 || rows[0][0] != "num" || rows[1][20] != "1000" || rows[501][20] != "500" {
			w.Errorf("%d rows of %d, %v … %v", len(rows), n, rows[1], rows[len(rows)-1])
		}
		table.Reset()
		_, err = w.Export(w.Context(), audit.Filter{Outcome: audit.Refused}, audit.NewCSV(&table))
		w.ok(err)
		rows, err = csv.NewReader(&table).ReadAll()
		w.ok(err)
		for _, cell := range []struct {
			column int
			want   string
		}{{3, "'=cmd|' /C calc'!A1"}, {6, "'+49"}, {12, "' -1+1"}, {15, "'@x"}, {16, "'\tx"}, {17, "a,\"b\"\nc"}, {4, "0"}} {
			if got := rows[1][cell.column]; got != cell.want {
				w.Errorf("%s is %q, want %q", rows[0][cell.column], got, cell.want)
			}
		}
		table.Reset()
		_, err = w.Export(w.Context(), audit.Filter{Workspace: "none"}, audit.NewCSV(&table))
		if w.ok(err); !strings.HasPrefix(table.String(), "num,id,at") || strings.Count(table.String(), "\n") != 1 {
			w.Errorf("an empty table is %q", &table)
		}
		// What somebody wrote who had the database in his hands is shown.
		w.exec("UPDATE audit_events SET detail = '{oops' WHERE seq = 1002")
		lines.Reset()
		_, err = w.Export(w.Context(), audit.Filter{Outcome: audit.Refused}, audit.NewJSONLines(&lines))
		if w.ok(err); !strings.Contains(lines.String(), `"detail":"{oops"`) {
			w.Errorf("%s", &lines)
		}
	})
}
