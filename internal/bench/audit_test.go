package bench_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// BenchmarkAppend appends events, each in a unit of its own: by one caller, by
// many to one chain, and by many each to his own. Beside has one caller take
// turns with the bare insertion of a row in a transaction, without chain.
func BenchmarkAppend(b *testing.B) {
	each(b, func(b *testing.B, w *world) {
		b.Run("beside", func(b *testing.B) {
			w.turns(b, 50, func() error { return w.appendEvent(b.Context(), "w") }, func() error { return w.appendRaw(b.Context()) })
		})
		b.Run("one", func(b *testing.B) {
			w.rate(b, func() error { return w.appendEvent(b.Context(), "w") })
		})
		b.Run("together", func(b *testing.B) { w.appendMany(b, func(int) string { return "w" }) })
		b.Run("apart", func(b *testing.B) { w.appendMany(b, strconv.Itoa) })
	})
}

func sampleEvent(chain string) audit.Event {
	return audit.Event{
		ID: audit.EventID(uid.New()), At: time.Now(), Principal: 70, Actor: "ada", Via: "basic", Address: "192.0.2.1",
		Action: "member.put", Workspace: chain, Organization: "o",
		Object: audit.Object{Kind: "user", ID: uid.New(), Name: "bob"}, Detail: []byte(`{"roles":["upload"]}`),
	}
}

func (w *world) appendEvent(ctx context.Context, chain string) error {
	return w.db.Tx(ctx, func(ctx context.Context) error { return w.db.Trail().Append(ctx, sampleEvent(chain)) })
}

// appendRaw is what an event costs that is not chained to the one before it.
func (w *world) appendRaw(ctx context.Context) error {
	e := sampleEvent("w")
	tx, err := w.raw.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, w.query(`INSERT INTO audit_events (id, at, principal, actor, via, address, action, workspace_id,
		organization_id, object_kind, object_id, object_name, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
		string(e.ID), e.At.UnixMicro(), e.Principal, e.Actor, e.Via, e.Address, e.Action, e.Workspace,
		e.Organization, e.Object.Kind, e.Object.ID, e.Object.Name, string(e.Detail))
	if err != nil {
		return err
	}
	return tx.Commit()
}

// appendMany has eight callers append.
func (w *world) appendMany(b *testing.B, chain func(caller int) string) {
	b.Helper()
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(b.N))
	began := time.Now()
	for caller := range 8 {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := w.appendEvent(b.Context(), chain(caller)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "ops/s")
}
