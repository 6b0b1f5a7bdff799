package quota_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// A model is what the service should do, in the plainest words there are: it
// keeps what each allocation consumed itself, and adds up the rest each time.
type model struct {
	seconds    int
	capacities []int64
	shares     []share
	held       []hold
	units      bool // each call is in a unit of work of its own caller's
}

type share struct {
	pool, within int // within is -1 for none
	limit, own   int64
}

type hold struct {
	share   int
	amount  int64
	expires int
	state   quota.State
	key     string
	id      quota.ReservationID
}

// chain returns an allocation and those around it.
func (m *model) chain(i int) []int {
	var chain []int
	for ; i >= 0 && len(chain) <= len(m.shares); i = m.shares[i].within {
		chain = append(chain, i)
	}
	return chain
}

func (m *model) use(i int) (use, held int64) {
	for j := range m.shares {
		if slices.Contains(m.chain(j), i) {
			use += m.shares[j].own
		}
	}
	for _, h := range m.held {
		if h.state == quota.Held && slices.Contains(m.chain(h.share), i) {
			held += h.amount
		}
	}
	return use, held
}

// reaches reports whether what an allocation uses counts in a pool.
func (m *model) reaches(i, pool int) bool {
	return slices.ContainsFunc(m.chain(i), func(j int) bool { return m.shares[j].pool == pool })
}

func (m *model) poolUse(pool int) int64 {
	var n int64
	for j, s := range m.shares {
		if m.reaches(j, pool) {
			n += s.own
		}
	}
	for _, h := range m.held {
		if h.state == quota.Held && m.reaches(h.share, pool) {
			n += h.amount
		}
	}
	return n
}

func (m *model) fits(i int, n int64) bool {
	for _, j := range m.chain(i) {
		if use, held := m.use(j); use+held+n > m.shares[j].limit {
			return false
		}
	}
	for pool, capacity := range m.capacities {
		if m.reaches(i, pool) && m.poolUse(pool)+n > capacity {
			return false
		}
	}
	return true
}

func (m *model) expire() {
	for i := range m.held {
		if h := &m.held[i]; h.state == quota.Held && h.expires <= m.seconds {
			h.state = quota.Expired
		}
	}
}

// room is fits, after expiring what lapsed if need be.
func (m *model) room(i int, n int64) bool {
	if m.fits(i, n) {
		return true
	}
	before := slices.Clone(m.held)
	m.expire()
	if m.fits(i, n) {
		return true
	}
	if m.units { // what was expired in it goes with it
		copy(m.held, before)
	}
	return false
}

// sound reports whether no chain is a circle or comes back to a pool.
func (m *model) sound() bool {
	for i := range m.shares {
		var pools []int
		chain := m.chain(i)
		if len(chain) > len(m.shares) {
			return false
		}
		for _, j := range chain {
			pools = append(pools, m.shares[j].pool)
		}
		pools = slices.Compact(pools)
		slices.Sort(pools)
		if len(slices.Compact(slices.Clone(pools))) != len(pools) {
			return false
		}
	}
	return true
}

// machine runs the service and the model side by side.
type machine struct {
	*desk
	model

	db    *storage.DB
	pools []quota.PoolID
	ids   []quota.AllocationID
}

// in makes a call as the machine's callers do: in a unit of work, or outside.
func (m *machine) in(call func(ctx context.Context) error) error {
	if m.units {
		return m.db.Tx(context.Background(), call)
	}
	return call(context.Background())
}

// TestModel compares the service with the model, for callers who share commits
// and for those who have a unit of work of their own.
func TestModel(t *testing.T) {
	t.Parallel()
	for name, units := range map[string]bool{"shared": false, "units": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testModel(t, units)
		})
	}
}

func testModel(t *testing.T, units bool) {
	db := dbtest.New(t)
	d := newDesk(t, db)
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{desk: d, db: db, model: model{capacities: []int64{60, 40}, units: units}}
		for _, capacity := range m.capacities {
			m.pools = append(m.pools, d.pool(capacity).ID)
		}
		for i, s := range []share{{0, -1, 50, 0}, {0, 0, 30, 0}, {0, 1, 20, 0}, {0, 0, 30, 0}, {1, -1, 30, 0}, {0, 4, 20, 0}, {1, -1, 20, 0}} {
			within := quota.AllocationID("")
			if s.within >= 0 {
				within = m.ids[s.within]
			}
			m.shares = append(m.shares, s)
			m.ids = append(m.ids, d.share(quota.Pool{ID: m.pools[s.pool]}, quota.Holder(fmt.Sprint(i)), within, s.limit))
		}
		t.Repeat(map[string]func(*rapid.T){
			"consume": m.consumes, "release": m.releases, "reserve": m.reserves, "commit": m.commits,
			"cancel": m.cancels, "limit": m.limits, "capacity": m.capacity, "move": m.moves, "wait": m.waits, "": m.compare,
		})
		m.at = m.at.Add(time.Hour) // the next run starts without leases in the way
	})
	d.balanced()
}

func (m *machine) draw(t *rapid.T) (int, int64) {
	return rapid.IntRange(0, len(m.ids)-1).Draw(t, "allocation"), int64(rapid.IntRange(1, 25).Draw(t, "amount"))
}

// agree wants the service to say what the model says.
func agree(t *rapid.T, what string, got error, ok bool, refusal error) {
	if ok && got != nil || !ok && !errors.Is(got, refusal) {
		t.Fatalf("%s = %v; the model says %v, %v", what, got, ok, refusal)
	}
}

func (m *machine) consumes(t *rapid.T) {
	i, n := m.draw(t)
	ok := m.room(i, n)
	if ok {
		m.shares[i].own += n
	}
	agree(t, "consume", m.in(func(ctx context.Context) error { return m.Consume(ctx, m.ids[i], n, quota.Reason{}) }), ok, quota.ErrExceeded)
}

func (m *machine) releases(t *rapid.T) {
	i, n := m.draw(t)
	ok := m.shares[i].own >= n
	if ok {
		m.shares[i].own -= n
	}
	agree(t, "release", m.in(func(ctx context.Context) error { return m.Release(ctx, m.ids[i], n, quota.Reason{}) }), ok, quota.ErrInvalid)
}

func (m *machine) reserves(t *rapid.T) {
	i, n := m.draw(t)
	lease := rapid.IntRange(1, 5).Draw(t, "lease")
	if len(m.held) > 0 && rapid.IntRange(0, 3).Draw(t, "repeat") == 0 {
		h := m.pick(t)
		r, err := m.reserve(m.ids[h.share], h.amount, h.key, time.Second)
		if err != nil || r.ID != h.id || r.State != h.state {
			t.Fatalf("Reserve again = %+v, %v; the model says %+v", r, err, h)
		}
		return
	}
	h := hold{share: i, amount: n, expires: m.seconds + lease, state: quota.Held, key: uid.New()}
	ok := m.room(i, n)
	r, err := m.reserve(m.ids[i], n, h.key, time.Duration(lease)*time.Second)
	agree(t, "Reserve", err, ok, quota.ErrExceeded)
	if ok {
		h.id = r.ID
		m.held = append(m.held, h)
	}
}

func (m *machine) reserve(id quota.AllocationID, n int64, key string, lease time.Duration) (r quota.Reservation, err error) {
	err = m.in(func(ctx context.Context) (err error) {
		r, err = m.Reserve(ctx, id, n, key, lease, quota.Reason{})
		return err
	})
	return r, err
}

func (m *machine) pick(t *rapid.T) *hold {
	if len(m.held) == 0 {
		t.Skip("nothing was reserved")
	}
	return &m.held[rapid.IntRange(0, len(m.held)-1).Draw(t, "reservation")]
}

func (m *machine) commits(t *rapid.T) {
	h := m.pick(t)
	actual := int64(rapid.IntRange(0, 30).Draw(t, "actual"))
	err := m.in(func(ctx context.Context) error { return m.Commit(ctx, h.id, actual) })
	if h.state != quota.Held {
		agree(t, "Commit", err, false, quota.ErrSettled)
		return
	}
	h.state = quota.Committed // out of the way, and not to be expired
	ok := actual <= h.amount || m.room(h.share, actual)
	if ok {
		m.shares[h.share].own += actual
	} else {
		h.state = quota.Held
	}
	agree(t, "Commit", err, ok, quota.ErrExceeded)
}

func (m *machine) cancels(t *rapid.T) {
	h := m.pick(t)
	ok := h.state == quota.Held
	if ok {
		h.state = quota.Cancelled
	}
	agree(t, "Cancel", m.in(func(ctx context.Context) error { return m.Cancel(ctx, h.id) }), ok, quota.ErrSettled)
}

func (m *machine) limits(t *rapid.T) {
	i, n := m.draw(t)
	m.shares[i].limit = 2 * n
	_, err := m.UpdateAllocation(context.Background(), m.ids[i], func(a *quota.Allocation) error { a.Limit = 2 * n; return nil })
	agree(t, "limit", err, true, nil)
}

func (m *machine) capacity(t *rapid.T) {
	i := rapid.IntRange(0, len(m.pools)-1).Draw(t, "pool")
	m.capacities[i] = int64(rapid.IntRange(0, 100).Draw(t, "capacity"))
	_, err := m.UpdatePool(context.Background(), m.pools[i], func(p *quota.Pool) error { p.Capacity = m.capacities[i]; return nil })
	agree(t, "capacity", err, true, nil)
}

func (m *machine) moves(t *rapid.T) {
	i, _ := m.draw(t)
	to := rapid.IntRange(-1, len(m.ids)-1).Draw(t, "to")
	within := quota.AllocationID("")
	if to >= 0 {
		within = m.ids[to]
	}
	before := m.shares[i].within
	m.shares[i].within = to
	ok := m.sound()
	if !ok {
		m.shares[i].within = before
	}
	_, err := m.UpdateAllocation(context.Background(), m.ids[i], func(a *quota.Allocation) error { a.Within = within; return nil })
	agree(t, "move", err, ok, quota.ErrInvalid)
}

func (m *machine) waits(t *rapid.T) {
	n := rapid.IntRange(1, 4).Draw(t, "seconds")
	m.seconds += n
	m.at = m.at.Add(time.Duration(n) * time.Second)
}

func (m *machine) compare(t *rapid.T) {
	list, _, err := m.Allocations(context.Background(), quota.AllocationFilter{IDs: m.ids})
	if err != nil || len(list) != len(m.ids) {
		t.Fatalf("Allocations = %v, %v", list, err)
	}
	for _, a := range list {
		use, held := m.use(slices.Index(m.ids, a.ID))
		if a.Use != use || a.Held != held {
			t.Fatalf("%s: use %d, held %d; the model says %d, %d", a.Holder, a.Use, a.Held, use, held)
		}
	}
	for i, id := range m.pools {
		p, err := m.Pool(context.Background(), id)
		if err != nil || p.Use != m.poolUse(i) {
			t.Fatalf("pool %d: use %d, %v; the model says %d", i, p.Use, err, m.poolUse(i))
		}
	}
}
