package quota

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
)

// A claim is what one caller asks of the counters.
type claim struct {
	verb  verb
	route route // where it counts; none when its allocation is gone
	n     int64
	why   Reason
	// Of a reservation to be made.
	key   string
	lease time.Duration
	// Of one to be settled: as it was found, and what is to become of it.
	reservation Reservation
	to          State
}

type verb int

const (
	consuming verb = iota + 1
	releasing
	reserving
	settling
)

// use and held are what the claim adds to the counters along its route.
func (c *claim) use() int64 {
	switch c.verb {
	case consuming, settling:
		return c.n
	case releasing:
		return -c.n
	}
	return 0
}

func (c *claim) held() int64 {
	switch c.verb {
	case reserving:
		return c.n
	case settling:
		return -c.reservation.Amount
	}
	return 0
}

// grows reports whether the claim must have room. What does not always fits,
// limits lowered or not.
func (c *claim) grows() bool { return c.use()+c.held() > 0 }

// entry is the line that the claim leaves in the ledger, if it leaves one.
func (c *claim) entry(now time.Time) (Entry, bool) {
	e := Entry{Allocation: c.route[0].id, Amount: c.use(), Reason: c.why, At: now}
	if c.verb == settling {
		e.Reason, e.Reservation = c.reservation.Reason, c.reservation.ID
	}
	return e, e.Amount != 0
}

// reserves returns the reservation that the claim asks for.
func (c *claim) reserves(id AllocationID, now time.Time) Reservation {
	return Reservation{
		ID: ReservationID(uid.New()), Allocation: id, Amount: c.n, Key: c.key, State: Held, Reason: c.why,
		// At least a microsecond, lest it be stored as having ended.
		Expires: now.Add(max(c.lease, time.Microsecond)).Truncate(time.Microsecond), Created: now, Updated: now,
	}
}

// An answer is what a caller is told.
type answer struct {
	reservation Reservation
	err         error
}

// A chart is everything that some claims change, in the order in which it is
// locked: what lies deepest comes first, so that each route is followed
// outwards, and what is as deep by its identifier. So no two batches wait for
// each other.
type chart struct {
	stops []stop
	pools []PoolID
	ok    bool // the routes agree with each other
}

func chartOf(claims []*claim) chart {
	type place struct {
		stop

		depth int
	}
	c := chart{ok: true}
	found := map[AllocationID]place{}
	for _, claim := range claims {
		for i, s := range claim.route {
			p := place{s, len(claim.route) - i}
			if known, ok := found[s.id]; ok && known != p {
				c.ok = false
			}
			found[s.id] = p
			c.pools = append(c.pools, s.pool)
		}
	}
	places := make([]place, 0, len(found))
	for _, p := range found {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.depth != b.depth {
			return b.depth - a.depth
		}
		return strings.Compare(string(a.id), string(b.id))
	})
	for _, p := range places {
		c.stops = append(c.stops, p.stop)
	}
	c.pools = distinct(c.pools)
	return c
}

// A bundle adds up what some claims change.
type bundle struct {
	levels  map[AllocationID]*Level
	draws   map[PoolID]*Draw
	entries []Entry
}

func newBundle() *bundle {
	return &bundle{levels: map[AllocationID]*Level{}, draws: map[PoolID]*Draw{}}
}

// add adds a claim, and reports whether all sums are numbers still.
func (b *bundle) add(c *claim, now time.Time) bool {
	use, held, grows, ok := c.use(), c.held(), c.grows(), true
	sum := func(to *int64, n int64) {
		if n > 0 && *to > math.MaxInt64-n || n < 0 && *to < -math.MaxInt64-n {
			ok = false
			return
		}
		*to += n
	}
	for _, s := range c.route {
		l := b.levels[s.id]
		if l == nil {
			l = &Level{Allocation: s.id, Pool: s.pool, Within: s.within}
			b.levels[s.id] = l
		}
		sum(&l.Use, use)
		sum(&l.Held, held)
		l.Bound = l.Bound || grows
	}
	for _, id := range c.route.pools() {
		d := b.draws[id]
		if d == nil {
			d = &Draw{Pool: id}
			b.draws[id] = d
		}
		sum(&d.Amount, use+held)
		d.Bound = d.Bound || grows
	}
	if e, ok := c.entry(now); ok {
		b.entries = append(b.entries, e)
	}
	return ok
}

// booking returns what was added up, in the order of a chart.
func (b *bundle) booking(c chart) Booking {
	booking := Booking{Entries: b.entries}
	for _, s := range c.stops {
		if l := b.levels[s.id]; l != nil {
			booking.Levels = append(booking.Levels, *l)
		}
	}
	for _, id := range c.pools {
		if d := b.draws[id]; d != nil {
			booking.Draws = append(booking.Draws, *d)
		}
	}
	return booking
}
