package quota_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// TestHistoryIsReplayed compares histories with what comes of going through all
// lines of the ledger from the beginning, for allocations in one another that
// move about meanwhile, and for pools.
func TestHistoryIsReplayed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		t.Helper()
		d := newDesk(t, db)
		d.at = d.at.UTC().Truncate(time.Microsecond)
		rapid.Check(t, func(t *rapid.T) {
			m := &machine{desk: d, db: db, model: model{capacities: []int64{1000, 1000}, units: true}}
			begun := m.at
			for _, capacity := range m.capacities {
				m.pools = append(m.pools, d.pool(capacity).ID)
			}
			for i, s := range []share{{0, -1, 500, 0}, {0, 0, 500, 0}, {0, 1, 500, 0}, {1, -1, 500, 0}, {0, 3, 500, 0}} {
				within := quota.AllocationID("")
				if s.within >= 0 {
					within = m.ids[s.within]
				}
				m.shares = append(m.shares, s)
				m.ids = append(m.ids, d.share(quota.Pool{ID: m.pools[s.pool]}, quota.Holder(fmt.Sprint(i)), within, s.limit))
			}
			for range rapid.IntRange(1, 25).Draw(t, "actions") {
				act := rapid.SampledFrom([]func(*rapid.T){m.consumes, m.consumes, m.consumes, m.releases, m.waits, m.waits, m.moves}).Draw(t, "action")
				act(t)
			}
			m.replays(t, begun)
			m.at = m.at.Add(time.Hour)
		})
	})
}

// replays asks for histories of everything, and wants them as they were.
func (m *machine) replays(t *rapid.T, begun time.Time) {
	f := quota.HistoryFilter{
		From: begun.Add(time.Duration(rapid.IntRange(-5, m.seconds).Draw(t, "from")) * time.Second),
		Step: time.Duration(rapid.IntRange(1, 9).Draw(t, "step")) * time.Second / 2,
	}
	f.To = f.From.Add(time.Duration(rapid.IntRange(1, 2*m.seconds+20).Draw(t, "to")) * time.Second / 2)
	if !f.From.Before(m.at) {
		f.From = m.at.Add(-time.Microsecond)
	}
	for i, id := range m.ids {
		f.Allocation, f.Pool = id, ""
		m.replay(t, f, func(j int) bool { return slices.Contains(m.chain(j), i) })
	}
	for i, id := range m.pools {
		f.Allocation, f.Pool = "", id
		m.replay(t, f, func(j int) bool { return m.reaches(j, i) })
	}
}

// replay wants a history to be what the lines of some shares say.
func (m *machine) replay(t *rapid.T, f quota.HistoryFilter, counts func(share int) bool) {
	points, err := m.History(context.Background(), f)
	if err != nil {
		t.Fatalf("History(%+v) = %v", f, err)
	}
	var lines []quota.Entry
	for i, id := range m.ids {
		if !counts(i) {
			continue
		}
		some, err := m.Ledger(context.Background(), quota.EntryFilter{Allocation: id})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, some...)
	}
	to := f.To
	if m.at.Before(to) {
		to = m.at
	}
	var want []quota.Point
	for at := f.From; ; at = at.Add(f.Step) {
		if to.Before(at) {
			at = to
		}
		p := quota.Point{At: at}
		for _, l := range lines {
			if !l.At.After(at) {
				p.Use += l.Amount
			}
		}
		if want = append(want, p); !at.Before(to) {
			break
		}
	}
	if !slices.Equal(points, want) {
		t.Fatalf("History(%+v) =\n%v, want\n%v", f, points, want)
	}
}

// TestHistoryFields asks for histories that make no sense, and for the longest.
func TestHistoryFields(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		t.Helper()
		d := newDesk(t, db)
		d.at = d.at.UTC().Truncate(time.Microsecond)
		p := d.pool(quota.NoLimit)
		id := d.share(p, "h", "", quota.NoLimit)
		d.must(d.consume(id, math.MaxInt64-1))
		from := d.at.Add(-399 * time.Hour)
		for _, c := range []struct {
			name string
			f    quota.HistoryFilter
			want error
		}{
			{"the longest", quota.HistoryFilter{Allocation: id, From: from, Step: time.Hour}, nil},
			{"a point more", quota.HistoryFilter{Allocation: id, From: from.Add(-time.Microsecond), Step: time.Hour}, quota.ErrInvalid},
			{"no step", quota.HistoryFilter{Allocation: id, From: from}, quota.ErrInvalid},
			{"backwards", quota.HistoryFilter{Allocation: id, From: from, Step: -time.Hour}, quota.ErrInvalid},
			{"part of a microsecond", quota.HistoryFilter{Allocation: id, From: from, Step: time.Hour + 1}, quota.ErrInvalid},
			{"of no time", quota.HistoryFilter{Allocation: id, From: d.at, Step: time.Hour}, quota.ErrInvalid},
			{"of the time to come", quota.HistoryFilter{Allocation: id, From: d.at, To: d.at.Add(time.Hour), Step: time.Hour}, quota.ErrInvalid},
			{"from the beginning of time", quota.HistoryFilter{Allocation: id, Step: math.MaxInt64 / 1000 * 1000}, nil},
			{"of nothing", quota.HistoryFilter{From: from, Step: time.Hour}, quota.ErrNotFound},
			{"of no allocation", quota.HistoryFilter{Allocation: quota.AllocationID(uid.New()), From: from, Step: time.Hour}, quota.ErrNotFound},
			{"of what is no identifier", quota.HistoryFilter{Allocation: "\x00", From: from, Step: time.Hour}, quota.ErrNotFound},
			{"of no pool", quota.HistoryFilter{Pool: quota.PoolID(uid.New()), From: from, Step: time.Hour}, quota.ErrNotFound},
		} {
			points, err := d.History(t.Context(), c.f)
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
			if err != nil {
				continue
			}
			last := points[len(points)-1]
			if len(points) > 400 || !last.At.Equal(d.at) || last.Use != math.MaxInt64-1 || points[0].Use != 0 || !points[0].At.Equal(c.f.From) {
				t.Errorf("%s: %d points, %v to %v", c.name, len(points), points[0], last)
			}
		}
	})
}
