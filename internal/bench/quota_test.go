package bench_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
)

// BenchmarkConsume has one caller take one unit again and again, which counts
// in the allocation and in the pool and leaves a line in the ledger. Raw is the
// bare statements that this needs, in one transaction, and raw-update a bare
// update of one counter, which keeps no ledger and knows no pool. Beside has the
// two take turns, so that whatever else the machine does is done to both, and
// tells their ratio.
func BenchmarkConsume(b *testing.B) {
	each(b, func(b *testing.B, w *world) {
		b.Run("beside", func(b *testing.B) {
			w.turns(b, 50, func() error {
				return w.Quotas.Consume(b.Context(), w.share.ID, 1, quota.Reason{Kind: "benchmark", Ref: "1"})
			}, func() error { return w.takeRaw(b.Context(), 1) })
		})
		for name, share := range map[string]quota.AllocationID{"service": w.share.ID, "nested": w.nested(b)} {
			b.Run(name, func(b *testing.B) {
				w.rate(b, func() error {
					return w.Quotas.Consume(b.Context(), share, 1, quota.Reason{Kind: "benchmark", Ref: "1"})
				})
			})
		}
		b.Run("raw", func(b *testing.B) {
			w.rate(b, func() error { return w.takeRaw(b.Context(), 1) })
		})
		b.Run("raw-update", func(b *testing.B) {
			query := w.query("UPDATE allocations SET used = used + 1 WHERE id = ? AND used + held <= bound - 1")
			w.rate(b, func() error {
				_, err := w.raw.ExecContext(b.Context(), query, string(w.share.ID))
				return err
			})
		})
	})
}

// turns runs two operations by turns, so many at a time, and tells how many a
// second there were of the first, and how that compares with the second.
func (w *world) turns(b *testing.B, many int, ours, raw func() error) {
	b.Helper()
	var spent [2]time.Duration
	for b.Loop() {
		for i, operation := range []func() error{ours, raw} {
			began := time.Now()
			for range many {
				if err := operation(); err != nil {
					b.Fatal(err)
				}
			}
			spent[i] += time.Since(began)
		}
	}
	n := float64(b.N * many)
	b.ReportMetric(n/spent[0].Seconds(), "ops/s")
	b.ReportMetric(n/spent[1].Seconds(), "raw-ops/s")
	b.ReportMetric(spent[1].Seconds()/spent[0].Seconds(), "of-raw")
}

// BenchmarkConsumeShared64 has 64 callers do the same on one allocation, which
// has room for what they take and no more. Raw is one caller who counts a
// hundred at a time, with a line of the ledger for each.
func BenchmarkConsumeShared64(b *testing.B) {
	const many = 64
	each(b, func(b *testing.B, w *world) {
		b.Run("service", func(b *testing.B) {
			refused := w.shared(b, many)
			if refused != 0 {
				b.Errorf("%d were refused though there was room", refused)
			}
		})
		b.Run("raw", func(b *testing.B) {
			const rows = 100
			b.ResetTimer()
			began, n := time.Now(), 0
			for n < b.N {
				if err := w.takeRaw(b.Context(), rows); err != nil {
					b.Fatal(err)
				}
				n += rows
			}
			b.ReportMetric(float64(n)/time.Since(began).Seconds(), "ops/s")
		})
	})
}

// shared has many callers consume b.N units of a fresh allocation that is as
// large, and then each one more. It wants the counter to say what they were
// told, and returns how many were refused before it was full.
func (w *world) shared(b *testing.B, many int) (refused int64) {
	b.Helper()
	ctx := context.Background()
	share, err := w.Quotas.Allocate(ctx, quota.Allocation{Pool: w.share.Pool, Holder: quota.Holder(uid.New()), Limit: int64(b.N)})
	if err != nil {
		b.Fatal(err)
	}
	why := quota.Reason{Kind: "benchmark", Ref: "1"}
	var mu sync.Mutex
	var yes int64
	callers := func(times func(caller int) int) {
		var wg sync.WaitGroup
		for caller := range many {
			wg.Go(func() {
				var mine, no int64
				for range times(caller) {
					if err := w.Quotas.Consume(ctx, share.ID, 1, why); err == nil {
						mine++
					} else {
						no++
					}
				}
				mu.Lock()
				defer mu.Unlock()
				yes, refused = yes+mine, refused+no
			})
		}
		wg.Wait()
	}
	w.count.Set(math.MaxInt64)
	b.ResetTimer()
	callers(func(caller int) int { return (b.N + caller) / many })
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64(w.count.Clear())/float64(b.N), "statements/op")
	early := refused
	callers(func(int) int { return 1 })
	after, err := w.Quotas.Allocation(ctx, share.ID)
	if err != nil {
		b.Fatal(err)
	}
	entries, err := w.Quotas.Ledger(ctx, quota.EntryFilter{Allocation: share.ID})
	if err != nil {
		b.Fatal(err)
	}
	if after.Use != yes || after.Use > after.Limit || int64(len(entries)) != yes {
		b.Errorf("%d of %d used, %d lines in the ledger, %d were told yes", after.Use, after.Limit, len(entries), yes)
	}
	return early
}

// nested returns an allocation three deep.
func (w *world) nested(b *testing.B) (id quota.AllocationID) {
	b.Helper()
	for range 3 {
		a, err := w.Quotas.Allocate(context.Background(), quota.Allocation{
			Pool: w.share.Pool, Holder: quota.Holder(uid.New()), Within: id, Limit: quota.NoLimit,
		})
		if err != nil {
			b.Fatal(err)
		}
		id = a.ID
	}
	return id
}

// takeRaw counts n in the allocation and in the pool, each by its conditional
// update, and appends n lines to the ledger, durably.
func (w *world) takeRaw(ctx context.Context, n int) (err error) {
	tx, err := w.raw.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback()
		}
	}()
	for _, change := range []statement{
		{fmt.Sprintf("UPDATE allocations SET used = used + %d WHERE id = ? AND used + held <= bound - %d", n, n), string(w.share.ID)},
		{fmt.Sprintf("UPDATE pools SET used = used + %d WHERE id = ? AND used <= capacity - %d", n, n), string(w.share.Pool)},
	} {
		result, err := tx.ExecContext(ctx, w.query(change.query), change.argument)
		if err != nil {
			return err
		}
		if rows, err := result.RowsAffected(); err != nil || rows != 1 {
			return fmt.Errorf("%d rows changed: %w", rows, err)
		}
	}
	var lines []any
	for range n {
		lines = append(lines, string(w.share.ID), int64(1), "benchmark", "1", "", time.Now().UnixMicro())
	}
	values := strings.Repeat(", (?, ?, ?, ?, ?, ?)", n)[2:]
	query := w.query("INSERT INTO ledger (allocation_id, amount, reason_kind, reason_ref, reservation_id, at) VALUES " + values)
	if _, err := tx.ExecContext(ctx, query, lines...); err != nil {
		return err
	}
	return tx.Commit()
}
