package storagetest

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
)

// Quotas tests a quota.Store, and the service over it with every statement
// failing in turn.
func Quotas(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	parts := []struct {
		name string
		test func(q *quotas, t *testing.T)
	}{
		{"NoUnit", (*quotas).noUnit},
		{"Pools", (*quotas).pools},
		{"PoolFilter", (*quotas).poolFilter},
		{"DeletePool", (*quotas).deletePool},
		{"Allocations", (*quotas).allocations},
		{"AllocationFilter", (*quotas).allocationFilter},
		{"DeleteAllocation", (*quotas).deleteAllocation},
		{"Add", (*quotas).add},
		{"AddPool", (*quotas).addPool},
		{"InUnit", (*quotas).inUnit},
		{"Book", (*quotas).book},
		{"BookTogether", (*quotas).bookTogether},
		{"Ledger", (*quotas).ledger},
		{"Changes", (*quotas).changes},
		{"Tallies", (*quotas).tallies},
		{"Reservations", (*quotas).reservations},
		{"Lapsed", (*quotas).lapsed},
		{"Sweep", (*quotas).sweep},
	}
	for _, part := range parts {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			q := &quotas{Backend: open(t), t: t}
			part.test(q, t)
		})
	}
}

// quotas is a backend with what its tests do again and again.
type quotas struct {
	*Backend

	t *testing.T
}

// dawn is when everything in these tests was created.
func dawn() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678000, time.UTC) }

// unit runs fn in a unit of work and returns its error.
func (q *quotas) unit(fn func(ctx context.Context) error) error {
	return q.Tx(q.t.Context(), fn)
}

// must is like unit and wants success.
func (q *quotas) must(fn func(ctx context.Context) error) {
	q.t.Helper()
	if err := q.unit(fn); err != nil {
		q.t.Fatal(err)
	}
}

// want is like unit and wants an error.
func (q *quotas) want(want error, what string, fn func(ctx context.Context) error) {
	q.t.Helper()
	if err := q.unit(fn); !errors.Is(err, want) {
		q.t.Fatalf("%s = %v, want %v", what, err, want)
	}
}

func freshPool(kind quota.Kind, name string, capacity int64) quota.Pool {
	return quota.Pool{
		ID: quota.PoolID(uid.New()), Kind: kind, Unit: quota.Bytes, Type: "S3", Name: name,
		Capacity: capacity, Details: json.RawMessage("{}"), Created: dawn(), Updated: dawn(),
	}
}

func (q *quotas) savePool(p quota.Pool) quota.Pool {
	q.t.Helper()
	q.must(func(ctx context.Context) (err error) {
		p, err = q.Quotas.SavePool(ctx, p)
		return err
	})
	return p
}

func freshAllocation(pool quota.PoolID, holder quota.Holder, within quota.AllocationID, limit int64) quota.Allocation {
	return quota.Allocation{
		ID: quota.AllocationID(uid.New()), Pool: pool, Holder: holder, Slot: "data", Within: within, Limit: limit,
		Created: dawn(), Updated: dawn(),
	}
}

func (q *quotas) saveAllocation(a quota.Allocation) quota.Allocation {
	q.t.Helper()
	q.must(func(ctx context.Context) (err error) {
		a, err = q.Quotas.SaveAllocation(ctx, a)
		return err
	})
	return a
}

// share makes a pool and an allocation in it.
func (q *quotas) share(capacity, limit int64) (quota.Pool, quota.Allocation) {
	q.t.Helper()
	p := q.savePool(freshPool(quota.Storage, "S", capacity))
	return p, q.saveAllocation(freshAllocation(p.ID, "h", "", limit))
}

// set brings an allocation's counters to what they should be.
func (q *quotas) set(id quota.AllocationID, use, held int64) {
	q.t.Helper()
	q.must(func(ctx context.Context) error {
		a, _, err := q.Quotas.Add(ctx, id, 0, 0, false)
		if err != nil {
			return err
		}
		_, _, err = q.Quotas.Add(ctx, id, use-a.Use, held-a.Held, false)
		return err
	})
}

func (q *quotas) pool(id quota.PoolID) quota.Pool {
	q.t.Helper()
	list, err := q.Quotas.Pools(q.t.Context(), quota.PoolFilter{IDs: []quota.PoolID{id}})
	if err != nil || len(list) != 1 {
		q.t.Fatalf("Pools = %v, %v", list, err)
	}
	return list[0]
}

func (q *quotas) allocation(id quota.AllocationID) quota.Allocation {
	q.t.Helper()
	list, err := q.Quotas.Allocations(q.t.Context(), quota.AllocationFilter{IDs: []quota.AllocationID{id}})
	if err != nil || len(list) != 1 {
		q.t.Fatalf("Allocations = %v, %v", list, err)
	}
	return list[0]
}

func (q *quotas) equal(what string, got, want any) {
	q.t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		q.t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// noUnit: what changes something fails outside a unit of work.
func (q *quotas) noUnit(t *testing.T) {
	p, a := q.share(10, 10)
	before := q.Fingerprint(t)
	s, ctx := q.Quotas, t.Context()
	for name, write := range map[string]func() error{
		"SavePool":         func() error { _, err := s.SavePool(ctx, freshPool("k", "n", 1)); return err },
		"DeletePool":       func() error { return s.DeletePool(ctx, p.ID) },
		"SaveAllocation":   func() error { _, err := s.SaveAllocation(ctx, freshAllocation(p.ID, "x", "", 1)); return err },
		"DeleteAllocation": func() error { return s.DeleteAllocation(ctx, a.ID) },
		"Add":              func() error { _, _, err := s.Add(ctx, a.ID, 1, 0, true); return err },
		"AddPool":          func() error { _, _, err := s.AddPool(ctx, p.ID, 1, true); return err },
		"Book":             func() error { _, err := s.Book(ctx, quota.Booking{}); return err },
		"Append":           func() error { return s.Append(ctx, quota.Entry{Allocation: a.ID, Amount: 1, At: dawn()}) },
		"AddReservation":   func() error { return s.AddReservation(ctx, freshReservation(a.ID, "k", time.Hour)) },
		"Settle":           func() error { return s.Settle(ctx, "x", quota.Cancelled, 0, dawn()) },
	} {
		if err := write(); err == nil {
			t.Errorf("%s outside a unit of work succeeded", name)
		}
	}
	if q.Fingerprint(t) != before {
		t.Error("the database changed")
	}
}

// pools: SavePool stores, new when the Num is 0, returns the Num, and leaves
// the use alone, and with a Num identifier, kind, unit and creation.
func (q *quotas) pools(t *testing.T) {
	p := freshPool(quota.Storage, "Été 100 %", quota.NoLimit)
	p.TechnicalName, p.Description, p.Open = "ete", "l'été\n", true
	p.Labels = []string{"a", "b'"}
	p.URLs = []quota.URL{{Type: "WMS", URL: "https://example.org/?a=b"}}
	p.Details = json.RawMessage(`{"a": [1, "é"]}`)
	p.Use = 99
	saved := q.savePool(p)
	if saved.Num <= 0 {
		t.Fatalf("Num = %d", saved.Num)
	}
	p.Num, p.Use = saved.Num, 0
	q.equal("SavePool", saved, p)
	q.equal("Pools", q.pool(p.ID), p)

	// What comes out is the caller's own.
	saved.Labels[0], saved.Details[1] = "changed", 'X'
	p.Labels[1] = "changed too"
	p.Labels = []string{"a", "b'"}
	q.equal("Pools after changing the copy", q.pool(p.ID), p)

	q.must(func(ctx context.Context) error {
		_, ok, err := q.Quotas.AddPool(ctx, p.ID, 7, true)
		if !ok {
			t.Errorf("AddPool = %v, %v", ok, err)
		}
		return err
	})
	next := freshPool(quota.Endpoint, "other", 3)
	next.Num, next.Unit, next.Use = p.Num, quota.Count, 50
	next.Created, next.Updated = dawn().Add(time.Hour), dawn().Add(time.Hour)
	want := next
	want.ID, want.Kind, want.Unit, want.Use, want.Created = p.ID, p.Kind, p.Unit, 7, p.Created
	q.equal("SavePool with a Num", q.savePool(next), want)
	q.equal("Pools after SavePool", q.pool(p.ID), want)

	next.Num = 1 << 40
	q.want(quota.ErrNotFound, "SavePool with a strange Num", func(ctx context.Context) error {
		_, err := q.Quotas.SavePool(ctx, next)
		return err
	})

	// The technical name is unique among the pools of a kind where it is set.
	named := freshPool(quota.Storage, "1", 1)
	named.TechnicalName = "t"
	named = q.savePool(named)
	twin := freshPool(quota.Storage, "2", 1)
	twin.TechnicalName = "t"
	save := func(ctx context.Context) error { _, err := q.Quotas.SavePool(ctx, twin); return err }
	q.want(quota.ErrConflict, "SavePool of a taken technical name", save)
	twin.Kind = quota.Check
	q.must(save)
	twin.ID, twin.Kind, twin.TechnicalName = quota.PoolID(uid.New()), quota.Storage, ""
	q.must(save)
	twin.ID = quota.PoolID(uid.New())
	twin = q.savePool(twin)
	twin.TechnicalName = "t"
	q.want(quota.ErrConflict, "SavePool into a taken technical name", save)
	q.savePool(named) // its own is not taken
}

// poolFilter: Pools and CountPools list what a filter chooses.
func (q *quotas) poolFilter(t *testing.T) {
	var ids []quota.PoolID
	for i, name := range []string{"Straße", "STRASSE 2", "100%", "a_b", "axb"} {
		p := freshPool("host", name, 1)
		p.Open = i%2 == 0
		if i == 4 {
			p.Kind, p.Type = "guest", "WMS"
		}
		ids = append(ids, q.savePool(p).ID)
	}
	yes, no := true, false
	for _, c := range []struct {
		name string
		f    quota.PoolFilter
		want []int
	}{
		{"kind", quota.PoolFilter{Kind: "host"}, []int{0, 1, 2, 3}},
		{"type", quota.PoolFilter{Type: "WMS"}, []int{4}},
		{"ids", quota.PoolFilter{IDs: []quota.PoolID{ids[3], ids[1]}}, []int{1, 3}},
		{"no ids", quota.PoolFilter{IDs: []quota.PoolID{}}, nil},
		{"name", quota.PoolFilter{Name: "strasse"}, []int{0}},
		{"name begins", quota.PoolFilter{Name: "strasse%"}, []int{0, 1}},
		{"name with an underscore", quota.PoolFilter{Name: "A_B"}, []int{3}},
		{"kinds", quota.PoolFilter{Kinds: []quota.Kind{"guest", "none"}}, []int{4}},
		{"no kinds", quota.PoolFilter{Kinds: []quota.Kind{}}, nil},
		{"search", quota.PoolFilter{Search: "TRASS"}, []int{0, 1}},
		{"search with an underscore", quota.PoolFilter{Kind: "host", Search: "_"}, []int{3}},
		{"open", quota.PoolFilter{Kind: "host", Open: &yes}, []int{0, 2}},
		{"closed", quota.PoolFilter{Kind: "host", Open: &no}, []int{1, 3}},
		{"newest", quota.PoolFilter{Kind: "host", Newest: true}, []int{3, 2, 1, 0}},
		{"page", quota.PoolFilter{Kind: "host", Offset: 1, Limit: 2}, []int{1, 2}},
		{"offset", quota.PoolFilter{Kind: "host", Offset: 3}, []int{3}},
		{"beyond", quota.PoolFilter{Kind: "host", Offset: 9, Limit: 2}, nil},
	} {
		list, err := q.Quotas.Pools(t.Context(), c.f)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, p := range list {
			got = append(got, slices.Index(ids, p.ID))
		}
		q.equal(c.name, got, c.want)
		all := c.f
		all.Offset, all.Limit = 0, 0
		everything, err := q.Quotas.Pools(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := q.Quotas.CountPools(t.Context(), c.f); err != nil || n != len(everything) {
			t.Errorf("%s: CountPools = %d, %v, want %d", c.name, n, err, len(everything))
		}
	}
	list, err := q.Quotas.Pools(t.Context(), quota.PoolFilter{})
	if err != nil || len(list) < 5 || !slices.IsSortedFunc(list, func(a, b quota.Pool) int { return int(a.Num - b.Num) }) {
		t.Errorf("the zero filter chose %d pools (%v), want all in order of creation", len(list), err)
	}
}

// deletePool: ErrNotFound, ErrInUse while it has allocations.
func (q *quotas) deletePool(*testing.T) {
	p, a := q.share(10, 10)
	remove := func(ctx context.Context) error { return q.Quotas.DeletePool(ctx, p.ID) }
	q.want(quota.ErrInUse, "DeletePool with an allocation", remove)
	q.must(func(ctx context.Context) error { return q.Quotas.DeleteAllocation(ctx, a.ID) })
	q.must(remove)
	q.want(quota.ErrNotFound, "DeletePool again", remove)
}

// add: the counters of one allocation.
func (q *quotas) add(t *testing.T) {
	const most = math.MaxInt64
	_, a := q.share(quota.NoLimit, 10)
	for _, c := range []struct {
		name                  string
		limit, used, reserved int64
		use, held             int64
		bound, ok             bool
		err                   error
	}{
		{"fits", 10, 3, 2, 4, 0, true, true, nil},
		{"fits exactly", 10, 3, 2, 5, 0, true, true, nil},
		{"held fits exactly", 10, 3, 2, 0, 5, true, true, nil},
		{"one too many", 10, 3, 2, 6, 0, true, false, nil},
		{"one too many held", 10, 3, 2, 0, 6, true, false, nil},
		{"one too many together", 10, 3, 2, 3, 3, true, false, nil},
		{"unbounded", 10, 3, 2, 60, 0, false, true, nil},
		{"over the limit, release", 10, 30, 2, -4, 0, false, true, nil},
		{"over the limit, still over", 10, 30, 2, -4, 0, true, false, nil},
		{"over the limit, back within", 10, 11, 0, -4, 0, true, true, nil},
		{"over the limit, growth", 10, 30, 0, 1, 0, true, false, nil},
		{"settle", 10, 3, 5, 5, -5, true, true, nil},
		{"settle at more", 10, 3, 5, 7, -5, true, true, nil},
		{"settle at too much", 10, 3, 5, 8, -5, true, false, nil},
		{"nothing", 0, 0, 0, 0, 0, true, true, nil},
		{"nothing over the limit", 0, 5, 0, 0, 0, true, false, nil},
		{"lock", 0, 5, 5, 0, 0, false, true, nil},
		{"to nothing", 10, 3, 2, -3, -2, false, true, nil},
		{"use below 0", 10, 3, 2, -4, 0, false, false, quota.ErrInvalid},
		{"use below 0, bound", 10, 3, 2, -4, 0, true, false, quota.ErrInvalid},
		{"held below 0", 10, 3, 2, 0, -3, false, false, quota.ErrInvalid},
		{"use below 0 though held grows", 10, 3, 2, -4, 6, false, false, quota.ErrInvalid},
		{"least number", 10, 3, 2, math.MinInt64, 0, false, false, quota.ErrInvalid},
		{"least numbers", 10, 3, 2, math.MinInt64, math.MinInt64, true, false, quota.ErrInvalid},
		{"negative overflow", 10, 3, 2, -most, -most, false, false, quota.ErrInvalid},
		{"up to the greatest number", most, most - 5, 0, 5, 0, true, true, nil},
		{"past the greatest number", most, most - 5, 0, 6, 0, true, false, nil},
		{"far past the greatest number", most, most, 0, most, 0, true, false, nil},
		{"together past the greatest number", most, 0, 0, most, 1, true, false, nil},
		{"everything at once", most, 0, 0, most, 0, true, true, nil},
		{"overflow from nothing", most, 0, 0, most, most, true, false, nil},
		{"unbounded past the greatest number", most, most - 5, 0, 6, 0, false, false, quota.ErrInvalid},
		{"unbounded overflow", 10, 0, 0, most, most, false, false, quota.ErrInvalid},
		{"everything back", 10, most, 0, -most, 0, false, true, nil},
		{"exchange", most, most, 0, -most, most, true, true, nil},
		{"huge into a small limit", 10, 0, 0, most, 0, true, false, nil},
	} {
		q.set(a.ID, 0, 0)
		q.set(a.ID, c.used, c.reserved)
		a.Limit = c.limit
		q.saveAllocation(a)
		want := q.allocation(a.ID)
		if c.ok {
			want.Use, want.Held = c.used+c.use, c.reserved+c.held
		}
		q.must(func(ctx context.Context) error {
			got, ok, err := q.Quotas.Add(ctx, a.ID, c.use, c.held, c.bound)
			if ok != c.ok || !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Errorf("%s: Add = %v, %v; want %v, %v", c.name, ok, err, c.ok, c.err)
			}
			q.equal(c.name+": the answer", got, want)
			return nil
		})
		q.equal(c.name, q.allocation(a.ID), want)
	}
	q.want(quota.ErrNotFound, "Add to nothing", func(ctx context.Context) error {
		_, _, err := q.Quotas.Add(ctx, quota.AllocationID(uid.New()), 1, 0, true)
		return err
	})
}

// addPool: the counter of a pool.
func (q *quotas) addPool(t *testing.T) {
	const most = math.MaxInt64
	for _, c := range []struct {
		name           string
		capacity, used int64
		amount         int64
		bound, ok      bool
		err            error
	}{
		{"fits exactly", 10, 3, 7, true, true, nil},
		{"one too many", 10, 3, 8, true, false, nil},
		{"unbounded", 10, 3, 8, false, true, nil},
		{"back", 10, 30, -3, false, true, nil},
		{"below 0", 10, 3, -4, false, false, quota.ErrInvalid},
		{"past the greatest number", most, most - 5, 6, true, false, nil},
		{"unbounded past the greatest number", 10, most - 5, 6, false, false, quota.ErrInvalid},
		{"least number", 10, 3, math.MinInt64, false, false, quota.ErrInvalid},
		{"lock", 0, 3, 0, false, true, nil},
	} {
		p := q.savePool(freshPool(quota.Storage, "p", c.capacity))
		q.must(func(ctx context.Context) error {
			_, ok, err := q.Quotas.AddPool(ctx, p.ID, c.used, false)
			if !ok {
				t.Errorf("%s: the beginning failed", c.name)
			}
			return err
		})
		p.Use = c.used
		if c.ok {
			p.Use += c.amount
		}
		q.must(func(ctx context.Context) error {
			got, ok, err := q.Quotas.AddPool(ctx, p.ID, c.amount, c.bound)
			if ok != c.ok || !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Errorf("%s: AddPool = %v, %v; want %v, %v", c.name, ok, err, c.ok, c.err)
			}
			q.equal(c.name+": the answer", got, p)
			return nil
		})
		q.equal(c.name, q.pool(p.ID), p)
	}
	q.want(quota.ErrNotFound, "AddPool to nothing", func(ctx context.Context) error {
		_, _, err := q.Quotas.AddPool(ctx, quota.PoolID(uid.New()), 1, true)
		return err
	})
}
