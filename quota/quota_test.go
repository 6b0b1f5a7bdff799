package quota_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// A clock is moved by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock {
	return &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 6789, time.FixedZone("", 3600))}
}

// A desk is a service with what its tests do again and again.
type desk struct {
	*quota.Service
	*clock

	t testing.TB
}

func newDesk(t testing.TB, db *storage.DB) *desk {
	t.Helper()
	c := newClock()
	return &desk{Service: quota.New(db.Quotas(), &quota.Options{Now: c.now}), clock: c, t: t}
}

func (d *desk) pool(capacity int64) quota.Pool {
	d.t.Helper()
	p, err := d.CreatePool(context.Background(), quota.Pool{Kind: quota.Storage, Unit: quota.Bytes, Type: "S3", Name: "pool", Capacity: capacity})
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func (d *desk) share(p quota.Pool, holder quota.Holder, within quota.AllocationID, limit int64) quota.AllocationID {
	d.t.Helper()
	a, err := d.Allocate(context.Background(), quota.Allocation{Pool: p.ID, Holder: holder, Within: within, Limit: limit})
	if err != nil {
		d.t.Fatal(err)
	}
	return a.ID
}

func (d *desk) consume(id quota.AllocationID, n int64) error {
	return d.Consume(context.Background(), id, n, quota.Reason{Kind: "test", Ref: "1"})
}

func (d *desk) release(id quota.AllocationID, n int64) error {
	return d.Release(context.Background(), id, n, quota.Reason{Kind: "test", Ref: "1"})
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// counts wants use and held of an allocation.
func (d *desk) counts(id quota.AllocationID, use, held int64) {
	d.t.Helper()
	a, err := d.Allocation(context.Background(), id)
	if err != nil || a.Use != use || a.Held != held {
		d.t.Fatalf("use %d, held %d, %v; want %d, %d", a.Use, a.Held, err, use, held)
	}
}

// poolCounts wants the use of a pool.
func (d *desk) poolCounts(id quota.PoolID, use int64) {
	d.t.Helper()
	p, err := d.Pool(context.Background(), id)
	if err != nil || p.Use != use {
		d.t.Fatalf("pool's use %d, %v; want %d", p.Use, err, use)
	}
}

// balanced wants every counter to say what it should.
func (d *desk) balanced() {
	d.t.Helper()
	found, err := d.Reconcile(context.Background())
	if err != nil || len(found) != 0 {
		d.t.Fatalf("Reconcile = %+v, %v", found, err)
	}
}

func (d *desk) refused(err error, by quota.AllocationID) *quota.ExceededError {
	d.t.Helper()
	exceeded, ok := errors.AsType[*quota.ExceededError](err)
	if !ok || !errors.Is(err, quota.ErrExceeded) {
		d.t.Fatalf("error %v, want an ExceededError", err)
	}
	if exceeded.Allocation != by {
		d.t.Fatalf("refused by %q, want %q", exceeded.Allocation, by)
	}
	return exceeded
}

func TestPoolFields(t *testing.T) {
	t.Parallel()
	d := newDesk(t, dbtest.New(t))
	long := strings.Repeat("é", 256)
	for _, c := range []struct {
		field  string
		change func(p *quota.Pool)
	}{
		{"kind", func(p *quota.Pool) { p.Kind = "" }},
		{"kind", func(p *quota.Pool) { p.Kind = "a\nb" }},
		{"unit", func(p *quota.Pool) { p.Unit = "" }},
		{"unit", func(p *quota.Pool) { p.Unit = "miles" }},
		{"name", func(p *quota.Pool) { p.Name = "" }},
		{"name", func(p *quota.Pool) { p.Name = long }},
		{"name", func(p *quota.Pool) { p.Name = "a\x00b" }},
		{"name", func(p *quota.Pool) { p.Name = "a\x7fb" }},
		{"name", func(p *quota.Pool) { p.Name = "a\xffb" }},
		{"type", func(p *quota.Pool) { p.Type = "\t" }},
		{"technical name", func(p *quota.Pool) { p.TechnicalName = "a b" }},
		{"technical name", func(p *quota.Pool) { p.TechnicalName = "a\n" }},
		{"technical name", func(p *quota.Pool) { p.TechnicalName = "é" }},
		{"technical name", func(p *quota.Pool) { p.TechnicalName = strings.Repeat("a", 101) }},
		{"description", func(p *quota.Pool) { p.Description = "\x00" }},
		{"labels", func(p *quota.Pool) { p.Labels = []string{"a", ""} }},
		{"urls", func(p *quota.Pool) { p.URLs = []quota.URL{{URL: "https://example.org"}} }},
		{"urls", func(p *quota.Pool) { p.URLs = []quota.URL{{Type: "WMS", URL: "\xff"}} }},
		{"capacity", func(p *quota.Pool) { p.Capacity = -1 }},
		{"details", func(p *quota.Pool) { p.Details = json.RawMessage("[]") }},
		{"details", func(p *quota.Pool) { p.Details = json.RawMessage("{") }},
		{"details", func(p *quota.Pool) { p.Details = json.RawMessage("{} {}") }},
		{"details", func(p *quota.Pool) { p.Details = json.RawMessage("{\"a\":\"\xff\"}") }},
	} {
		p := quota.Pool{Kind: quota.Storage, Unit: quota.Bytes, Name: "n"}
		c.change(&p)
		if _, err := d.CreatePool(t.Context(), p); !errors.Is(err, quota.ErrInvalid) || !strings.Contains(err.Error(), ": "+c.field+": ") {
			t.Errorf("CreatePool(%+v) = %v, want ErrInvalid for %s", p, err, c.field)
		}
	}
	p, err := d.CreatePool(t.Context(), quota.Pool{
		ID: "x", Num: 9, Use: 5, Kind: "host's own", Unit: quota.None, Name: strings.Repeat("é", 255),
		TechnicalName: strings.Repeat("a", 97) + "_.-", Details: json.RawMessage(" {\"a\":1}"), Description: "two\nlines",
	})
	if err != nil || p.ID == "x" || p.Num == 9 || p.Use != 0 {
		t.Fatalf("CreatePool = %+v, %v", p, err)
	}
	if want := d.at.UTC().Truncate(time.Microsecond); !p.Created.Equal(want) || !p.Updated.Equal(want) {
		t.Errorf("created %s, want %s", p.Created, want)
	}
}

func TestUpdatePool(t *testing.T) {
	t.Parallel()
	d := newDesk(t, dbtest.New(t))
	p := d.pool(10)
	d.must(d.consume(d.share(p, "h", "", 10), 7))
	d.at = d.at.Add(time.Hour)
	got, err := d.UpdatePool(t.Context(), p.ID, func(p *quota.Pool) error {
		p.ID, p.Num, p.Use, p.Created = "x", 99, 0, time.Time{}
		p.Name, p.Capacity = "new", 5
		return nil
	})
	if err != nil || got.ID != p.ID || got.Num != p.Num || got.Use != 7 || got.Name != "new" || !got.Created.Equal(p.Created) || !got.Updated.After(p.Updated) {
		t.Fatalf("UpdatePool = %+v, %v", got, err)
	}
	no := errors.New("no")
	for _, c := range []struct {
		want   error
		change func(p *quota.Pool) error
	}{
		{no, func(*quota.Pool) error { return no }},
		{quota.ErrInvalid, func(p *quota.Pool) error { p.Kind = "else"; return nil }},
		{quota.ErrInvalid, func(p *quota.Pool) error { p.Unit = quota.Count; return nil }},
		{quota.ErrInvalid, func(p *quota.Pool) error { p.Name = ""; return nil }},
	} {
		if _, err := d.UpdatePool(t.Context(), p.ID, c.change); !errors.Is(err, c.want) {
			t.Errorf("UpdatePool = %v, want %v", err, c.want)
		}
	}
	if after, err := d.Pool(t.Context(), p.ID); err != nil || after.Name != "new" {
		t.Errorf("Pool = %+v, %v", after, err)
	}
	if err := d.DeletePool(t.Context(), p.ID); !errors.Is(err, quota.ErrInUse) {
		t.Errorf("DeletePool = %v, want ErrInUse", err)
	}
	empty := d.pool(1)
	d.must(d.DeletePool(t.Context(), empty.ID))
	for _, id := range []quota.PoolID{empty.ID, "", "x\x00"} {
		if _, err := d.Pool(t.Context(), id); !errors.Is(err, quota.ErrNotFound) {
			t.Errorf("Pool(%q) = %v, want ErrNotFound", id, err)
		}
		if err := d.DeletePool(t.Context(), id); !errors.Is(err, quota.ErrNotFound) {
			t.Errorf("DeletePool(%q) = %v, want ErrNotFound", id, err)
		}
		if _, err := d.UpdatePool(t.Context(), id, func(*quota.Pool) error { return nil }); !errors.Is(err, quota.ErrNotFound) {
			t.Errorf("UpdatePool(%q) = %v, want ErrNotFound", id, err)
		}
	}
}

func TestAllocationFields(t *testing.T) {
	t.Parallel()
	d := newDesk(t, dbtest.New(t))
	p := d.pool(10)
	counting, err := d.CreatePool(t.Context(), quota.Pool{Kind: quota.Endpoint, Unit: quota.Count, Name: "e", Capacity: 1})
	d.must(err)
	other := d.share(counting, "o", "", 1)
	const nowhere = "00000000-0000-7000-8000-00000000ffff"
	for _, c := range []struct {
		want   error
		field  string
		change func(a *quota.Allocation)
	}{
		{quota.ErrInvalid, "holder", func(a *quota.Allocation) { a.Holder = "" }},
		{quota.ErrInvalid, "holder", func(a *quota.Allocation) { a.Holder = "\x00" }},
		{quota.ErrInvalid, "slot", func(a *quota.Allocation) { a.Slot = strings.Repeat("s", 256) }},
		{quota.ErrInvalid, "limit", func(a *quota.Allocation) { a.Limit = -1 }},
		{quota.ErrInvalid, "within", func(a *quota.Allocation) { a.Within = other }},
		{quota.ErrNotFound, "", func(a *quota.Allocation) { a.Within = nowhere }},
		{quota.ErrNotFound, "", func(a *quota.Allocation) { a.Within = "\x00" }},
		{quota.ErrNotFound, "", func(a *quota.Allocation) { a.Pool = nowhere }},
		{quota.ErrNotFound, "", func(a *quota.Allocation) { a.Pool = "" }},
	} {
		a := quota.Allocation{Pool: p.ID, Holder: "h", Limit: 1}
		c.change(&a)
		if _, err := d.Allocate(t.Context(), a); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.field) {
			t.Errorf("Allocate(%+v) = %v, want %v %s", a, err, c.want, c.field)
		}
	}
	a, err := d.Allocate(t.Context(), quota.Allocation{ID: "x", Num: 7, Use: 1, Held: 1, Pool: p.ID, Holder: "h", Limit: quota.NoLimit})
	if err != nil || a.ID == "x" || a.Use != 0 || a.Held != 0 || a.Free() != quota.NoLimit {
		t.Fatalf("Allocate = %+v, %v", a, err)
	}
	if _, err := d.Allocate(t.Context(), quota.Allocation{Pool: p.ID, Holder: "h"}); !errors.Is(err, quota.ErrConflict) {
		t.Errorf("Allocate again = %v, want ErrConflict", err)
	}
	for _, change := range []func(a *quota.Allocation){
		func(a *quota.Allocation) { a.Holder = "else" },
		func(a *quota.Allocation) { a.Pool = counting.ID },
		func(a *quota.Allocation) { a.Slot = "else" },
		func(a *quota.Allocation) { a.Limit = -1 },
		func(a *quota.Allocation) { a.Within = other },
		func(b *quota.Allocation) { b.Within = a.ID },
	} {
		_, err := d.UpdateAllocation(t.Context(), a.ID, func(a *quota.Allocation) error { change(a); return nil })
		if !errors.Is(err, quota.ErrInvalid) {
			t.Errorf("UpdateAllocation = %v, want ErrInvalid", err)
		}
	}
	if list, n, err := d.Allocations(t.Context(), quota.AllocationFilter{Limit: 1}); err != nil || n != 2 || len(list) != 1 {
		t.Errorf("Allocations = %v, %d, %v; want 1 of 2", list, n, err)
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	d := newDesk(t, db)
	p := d.pool(10)
	a := d.share(p, "h", "", 10)
	ctx := t.Context()
	before := dbtest.Fingerprint(t, db)
	reserve := func(id quota.AllocationID, n int64, key string, lease time.Duration) error {
		_, err := d.Reserve(ctx, id, n, key, lease, quota.Reason{})
		return err
	}
	const nowhere = "00000000-0000-7000-8000-00000000ffff"
	for name, c := range map[string]struct {
		err, want error
	}{
		"consume 0":               {d.consume(a, 0), quota.ErrInvalid},
		"consume -1":              {d.consume(a, -1), quota.ErrInvalid},
		"consume the least":       {d.consume(a, math.MinInt64), quota.ErrInvalid},
		"release 0":               {d.release(a, 0), quota.ErrInvalid},
		"release -1":              {d.release(a, -1), quota.ErrInvalid},
		"release too much":        {d.release(a, 1), quota.ErrInvalid},
		"consume nowhere":         {d.consume(nowhere, 1), quota.ErrNotFound},
		"consume no id":           {d.consume("\x00", 1), quota.ErrNotFound},
		"release nowhere":         {d.release(nowhere, 1), quota.ErrNotFound},
		"release no id":           {d.release("", 1), quota.ErrNotFound},
		"reserve 0":               {reserve(a, 0, "k", 1), quota.ErrInvalid},
		"reserve without key":     {reserve(a, 1, "", 1), quota.ErrInvalid},
		"reserve with a long key": {reserve(a, 1, strings.Repeat("k", 256), 1), quota.ErrInvalid},
		"reserve without lease":   {reserve(a, 1, "k", 0), quota.ErrInvalid},
		"reserve for less":        {reserve(a, 1, "k", -time.Hour), quota.ErrInvalid},
		"reserve nowhere":         {reserve(nowhere, 1, "k", 1), quota.ErrNotFound},
		"reserve no id":           {reserve("x", 1, "k", 1), quota.ErrNotFound},
		"commit less than 0":      {d.Commit(ctx, nowhere, -1), quota.ErrInvalid},
		"commit nothing":          {d.Commit(ctx, nowhere, 1), quota.ErrNotFound},
		"cancel nothing":          {d.Cancel(ctx, nowhere), quota.ErrNotFound},
		"cancel no id":            {d.Cancel(ctx, "\x00"), quota.ErrNotFound},
		"reason":                  {d.Consume(ctx, a, 1, quota.Reason{Kind: "\x00"}), quota.ErrInvalid},
		"reason's reference":      {d.Release(ctx, a, 1, quota.Reason{Ref: "\n"}), quota.ErrInvalid},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
	if _, _, err := d.Pools(ctx, quota.PoolFilter{Name: "\x00"}); !errors.Is(err, quota.ErrInvalid) {
		t.Errorf("Pools of NUL = %v", err)
	}
	if _, _, err := d.Allocations(ctx, quota.AllocationFilter{Holders: []quota.Holder{"\xff"}}); !errors.Is(err, quota.ErrInvalid) {
		t.Errorf("Allocations of broken text = %v", err)
	}
	if _, err := d.Ledger(ctx, quota.EntryFilter{Reason: quota.Reason{Ref: "\x00"}}); !errors.Is(err, quota.ErrInvalid) {
		t.Errorf("Ledger of NUL = %v", err)
	}
	if dbtest.Fingerprint(t, db) != before {
		t.Error("something was kept")
	}
}
