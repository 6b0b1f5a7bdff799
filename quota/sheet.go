package quota

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Why an attempt is given up without an answer.
var (
	// errDoubt: not everybody gets what was asked for, or routes have changed.
	errDoubt = errors.New("quota: not all of it fits")
	// errMoved: a route does not lead where it did.
	errMoved = errors.New("quota: an allocation has moved")
	// errNothing: nobody got anything, and nothing needs a commit.
	errNothing = errors.New("quota: nothing to be done")
)

// deal answers claims in one unit of work, as if they had been asked one after
// another. An error is everybody's, and nothing was changed.
func (s *Service) deal(ctx context.Context, claims []*claim) ([]answer, error) {
	now := s.clock()
	answers, err := s.trust(ctx, claims, now)
	if !errors.Is(err, errDoubt) {
		return answers, err
	}
	for {
		answers, err := s.weigh(ctx, claims, now)
		found, lapsed := errors.AsType[*lapse](err)
		switch {
		case errors.Is(err, errDoubt):
			err = nil
		case errors.Is(err, errMoved):
			err = s.reroute(ctx, claims)
		case lapsed:
			err = s.expireAll(ctx, found.reservations)
		default:
			return answers, err
		}
		if err != nil {
			return nil, err
		}
	}
}

// trust books all claims together, which is right when all get what they ask:
// in the order in which those that give back come first, each had room.
func (s *Service) trust(ctx context.Context, claims []*claim, now time.Time) ([]answer, error) {
	sums, places := newBundle(), chartOf(claims)
	if !places.ok {
		return nil, errDoubt
	}
	for _, c := range claims {
		// Whether what is released was consumed there can be told only when it
		// is locked.
		if c.verb == releasing || len(c.route) == 0 || !sums.add(c, now) {
			return nil, errDoubt
		}
	}
	var answers []answer
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		answers = make([]answer, len(claims))
		ok, err := s.store.Book(ctx, sums.booking(places))
		if err == nil && !ok {
			err = errDoubt
		}
		if err != nil {
			return err
		}
		for i, c := range claims {
			if c.verb == reserving {
				answers[i].reservation = c.reserves(c.route[0].id, now)
			}
			if err := s.note(ctx, c, answers[i].reservation, now); err != nil {
				return err
			}
		}
		return nil
	})
	return answers, err
}

// note writes down the reservation that a claim makes, or that it settles. It
// returns errDoubt when somebody else did by now.
func (s *Service) note(ctx context.Context, c *claim, made Reservation, now time.Time) (err error) {
	switch c.verb {
	case reserving:
		err = s.store.AddReservation(ctx, made)
	case settling:
		err = s.store.Settle(ctx, c.reservation.ID, c.to, c.n, now)
	}
	if errors.Is(err, ErrConflict) || errors.Is(err, ErrSettled) || errors.Is(err, ErrNotFound) {
		return errDoubt
	}
	return err
}

// reroute finds out where claims count now.
func (s *Service) reroute(ctx context.Context, claims []*claim) error {
	for _, c := range claims {
		if len(c.route) == 0 {
			continue
		}
		r, err := s.explore(ctx, c.route[0].id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		c.route = r
	}
	return nil
}

// expireAll gives back what reservations hold whose leases have ended, unless
// somebody else settled them by now.
func (s *Service) expireAll(ctx context.Context, list []Reservation) error {
	claims := make([]*claim, 0, len(list))
	for _, r := range list {
		where, err := s.route(ctx, r.Allocation)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		claims = append(claims, &claim{verb: settling, route: where, reservation: r, to: Expired})
	}
	for some := range slices.Chunk(claims, most) {
		if _, err := s.deal(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// A sheet has the counters that claims are weighed on. All of them are locked,
// and are as they will be when what was granted so far is booked.
type sheet struct {
	*Service

	now     time.Time
	levels  map[AllocationID]*Allocation
	pools   map[PoolID]*Pool
	own     map[AllocationID]int64 // what was consumed there and not further within
	granted *bundle
	written []*claim               // those that make or settle a reservation
	made    map[string]Reservation // by key
	settled map[ReservationID]int  // by which claim, counted from 0
	turn    int                    // of the claim that is being answered
}

// weigh locks all counters, answers one claim after another, and books what it
// granted. It returns errMoved, or a lapse, when it has to be done again.
//
// The counters are read under the lock, and changed by conditional statements
// all the same: a mistake in the arithmetic here could refuse, but pass no limit.
func (s *Service) weigh(ctx context.Context, claims []*claim, now time.Time) ([]answer, error) {
	places := chartOf(claims)
	if !places.ok {
		return nil, errMoved
	}
	var answers []answer
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		answers = make([]answer, len(claims))
		sheet, err := s.sheet(ctx, claims, places, now)
		if err != nil {
			return err
		}
		for i, c := range claims {
			sheet.turn = i
			r, err := sheet.answer(ctx, c)
			if err != nil && !told(err) {
				return err
			}
			answers[i] = answer{r, err}
		}
		if err := sheet.lapsed(ctx, claims, answers); err != nil {
			return err
		}
		return sheet.write(ctx, places)
	})
	if errors.Is(err, errNothing) {
		err = nil
	}
	return answers, err
}

// told reports whether an error is the answer to one claim, and not everybody's.
func told(err error) bool {
	for _, is := range []error{ErrExceeded, ErrInvalid, ErrNotFound, ErrConflict, ErrSettled} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// sheet locks what claims change.
func (s *Service) sheet(ctx context.Context, claims []*claim, places chart, now time.Time) (*sheet, error) {
	sheet := &sheet{
		Service: s, now: now, granted: newBundle(),
		levels: map[AllocationID]*Allocation{}, pools: map[PoolID]*Pool{}, own: map[AllocationID]int64{},
		made: map[string]Reservation{}, settled: map[ReservationID]int{},
	}
	for _, place := range places.stops {
		a, _, err := s.store.Add(ctx, place.id, 0, 0, false)
		if errors.Is(err, ErrNotFound) || err == nil && (a.Pool != place.pool || a.Within != place.within) {
			return nil, errMoved
		}
		if err != nil {
			return nil, err
		}
		sheet.levels[a.ID] = &a
	}
	for _, id := range places.pools {
		if !slices.ContainsFunc(claims, (*claim).grows) {
			break // nobody asks what room there is
		}
		p, _, err := s.store.AddPool(ctx, id, 0, false)
		if err != nil {
			return nil, err
		}
		sheet.pools[p.ID] = &p
	}
	for _, c := range claims {
		if c.verb != releasing || len(c.route) == 0 {
			continue
		}
		// Whoever changes the use of one within must change this one's too, so
		// that the two cannot be seen apart.
		id := c.route[0].id
		within, err := s.store.Allocations(ctx, AllocationFilter{Within: id})
		if err != nil {
			return nil, err
		}
		sheet.own[id] = sheet.levels[id].Use
		for _, w := range within {
			sheet.own[id] -= w.Use
		}
	}
	return sheet, nil
}

// answer grants a claim, or returns why not.
func (s *sheet) answer(ctx context.Context, c *claim) (Reservation, error) {
	if len(c.route) == 0 {
		return Reservation{}, ErrNotFound
	}
	switch c.verb {
	case releasing:
		if own := s.own[c.route[0].id]; c.n > own {
			return Reservation{}, notConsumedHere(own, c.n)
		}
	case reserving:
		known, err := s.reserved(ctx, c.key)
		if err == nil && (known.Allocation != c.route[0].id || known.Amount != c.n) {
			err = ErrConflict
		}
		if !errors.Is(err, ErrNotFound) {
			return known, err
		}
	case settling:
		r, err := s.store.Reservation(ctx, c.reservation.ID)
		if err != nil {
			return Reservation{}, err
		}
		if _, ok := s.settled[r.ID]; ok || r.State != Held {
			return Reservation{}, ErrSettled
		}
	}
	if err := s.fits(c); err != nil {
		return Reservation{}, err
	}
	return s.grant(c)
}

// reserved returns the reservation of a key, or ErrNotFound.
func (s *sheet) reserved(ctx context.Context, key string) (Reservation, error) {
	if r, ok := s.made[key]; ok {
		return r, nil
	}
	return s.store.ReservationByKey(ctx, key)
}

// fits returns nil when there is room for a claim everywhere, or the refusal.
func (s *sheet) fits(c *claim) error {
	growth := c.use() + c.held()
	if !c.grows() {
		for _, place := range c.route {
			if a := s.levels[place.id]; a.Use+c.use() < 0 || a.Held+c.held() < 0 {
				return invalid("amount", "%d used and %d held cannot change by %d and %d", a.Use, a.Held, c.use(), c.held())
			}
		}
		return nil
	}
	for _, id := range c.route.pools() {
		if p := s.pools[id]; p.Unit == None {
			return nothingToCount(*p)
		}
	}
	for _, place := range c.route {
		if a := s.levels[place.id]; a.Use+a.Held > a.Limit-growth {
			return exceededAt(*a, *s.pools[a.Pool], growth)
		}
	}
	for _, id := range c.route.pools() {
		if p := s.pools[id]; p.Use > p.Capacity-growth {
			return exceededIn(*p, growth)
		}
	}
	return nil
}

// grant changes the counters by what a claim asks for.
func (s *sheet) grant(c *claim) (r Reservation, err error) {
	if !s.granted.add(c, s.now) { // more than the greatest number, there and back
		return r, fmt.Errorf("quota: %d more in one batch are too many", c.n)
	}
	for _, place := range c.route {
		a := s.levels[place.id]
		a.Use += c.use()
		a.Held += c.held()
	}
	for _, id := range c.route.pools() {
		if p := s.pools[id]; p != nil {
			p.Use += c.use() + c.held()
		}
	}
	s.own[c.route[0].id] += c.use()
	switch c.verb {
	case reserving:
		r = c.reserves(c.route[0].id, s.now)
		s.made[c.key] = r
		s.written = append(s.written, c)
	case settling:
		s.settled[c.reservation.ID] = s.turn
		s.written = append(s.written, c)
	}
	return r, nil
}

// lapsed returns a lapse when leases that ended were in the way of the first
// claim that was refused for want of room. What was settled before it was not,
// nor is what it settles itself.
func (s *sheet) lapsed(ctx context.Context, claims []*claim, answers []answer) error {
	var list []Reservation
	for i, c := range claims {
		if !errors.Is(answers[i].err, ErrExceeded) {
			continue
		}
		if list == nil {
			// Some more, lest what is settled be the only ones in many.
			var err error
			if list, err = s.store.Lapsed(ctx, s.now, lapsing+len(claims)); err != nil {
				return err
			}
		}
		inTheWay := slices.DeleteFunc(slices.Clone(list), func(r Reservation) bool {
			turn, ok := s.settled[r.ID]
			return ok && turn < i || r.ID == c.reservation.ID
		})
		if len(inTheWay) > 0 {
			return &lapse{inTheWay}
		}
	}
	return nil
}

// write books what was granted, and writes down the reservations.
func (s *sheet) write(ctx context.Context, places chart) error {
	if len(s.granted.levels) == 0 {
		return errNothing
	}
	ok, err := s.store.Book(ctx, s.granted.booking(places))
	if err == nil && !ok {
		err = errors.New("quota: what fits was refused: the counters do not add up")
	}
	if err != nil {
		return err
	}
	for _, c := range s.written {
		if err := s.note(ctx, c, s.made[c.key], s.now); err != nil {
			return err
		}
	}
	return nil
}
