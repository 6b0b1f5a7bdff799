package quota

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Outside a unit of work, callers share commits. Who comes first becomes the
// leader of a batch of one and commits it; who comes meanwhile waits in line,
// and the first of those leads all of them next. So nobody waits for others to
// come, and a commit serves as many as came during the one before.
//
// There is a lane for each pool: those who draw on one would wait for its row
// anyway, and those who do not have nothing to do with each other, however long
// somebody keeps an allocation locked.

const (
	// most is how many a batch has, at most.
	most = 256
	// patience is how long a batch may take, at most. It does not end with the
	// context of its leader, who has no more of a say in it than the others.
	patience = 30 * time.Second
	// grace is how long a caller whose context has ended waits for the answer
	// when his batch has begun.
	grace = time.Second
)

// errLost is everybody's answer when the leader panicked.
var errLost = errors.New("quota: the commit was given up: there was a panic in it")

// A member is a caller in a lane.
type member struct {
	*claim

	ctx    context.Context //nolint:containedctx // the caller's: he waits while somebody else works for him
	stage  stage
	wake   chan struct{} // has something when he is to lead, or has his answer
	answer answer
}

// A stage is how far a member has come.
type stage int

const (
	waiting stage = iota
	leading
	begun
	answered
)

// lanes are where callers wait for each other. A lane is there while somebody
// leads it; those in it have not begun.
type lanes struct {
	mu   sync.Mutex
	open map[PoolID][]*member
}

// share puts a claim on an allocation into a batch and returns its answer.
func (s *Service) share(ctx context.Context, id AllocationID, c claim) (Reservation, error) {
	if err := ctx.Err(); err != nil {
		return Reservation{}, notBegun(err)
	}
	where, err := s.route(ctx, id)
	if err != nil {
		return Reservation{}, err
	}
	c.route = where
	m, lane := &member{claim: &c, ctx: ctx, wake: make(chan struct{}, 1)}, where.lane()
	if s.lanes.join(lane, m) || s.lanes.wait(lane, m) {
		s.lead(lane) //nolint:contextcheck // a batch does not end with its leader's context
	}
	answer := s.lanes.answer(m)
	return answer.reservation, answer.err
}

// join puts a member in line and reports whether he is to lead.
func (l *lanes) join(lane PoolID, m *member) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = map[PoolID][]*member{}
	}
	line, busy := l.open[lane]
	l.open[lane] = append(line, m)
	if !busy {
		m.stage = leading
	}
	return !busy
}

// wait waits until a member has his answer, or is to lead.
func (l *lanes) wait(lane PoolID, m *member) (lead bool) {
	select {
	case <-m.wake:
	case <-m.ctx.Done():
		if l.leave(lane, m) {
			return false
		}
		patient := time.NewTimer(grace)
		defer patient.Stop()
		select {
		case <-m.wake:
		case <-patient.C:
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return m.stage == leading
}

// leave takes a member whose context has ended out of the line, unless his
// batch has begun or is his to begin.
func (l *lanes) leave(lane PoolID, m *member) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m.stage != waiting {
		return false
	}
	l.open[lane] = slices.DeleteFunc(l.open[lane], func(other *member) bool { return other == m })
	m.tell(answer{err: notBegun(m.ctx.Err())})
	return true
}

// begin takes a batch off the line, the leader first. Those whose contexts have
// ended are left out and told so; a leader who is gone leads nobody.
func (l *lanes) begin(lane PoolID) []*member {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := l.open[lane]
	if err := line[0].ctx.Err(); err != nil {
		line[0].tell(answer{err: notBegun(err)})
		l.open[lane] = line[1:]
		return nil
	}
	batch := make([]*member, 0, min(most, len(line)))
	n := 0
	for ; n < len(line) && len(batch) < most; n++ {
		m := line[n]
		if err := m.ctx.Err(); err != nil {
			m.tell(answer{err: notBegun(err)})
			continue
		}
		m.stage = begun
		batch = append(batch, m)
	}
	l.open[lane] = slices.Clone(line[n:])
	return batch
}

// end gives everybody in a batch his answer, and the lead to the next in line.
func (l *lanes) end(lane PoolID, batch []*member, answers []answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, m := range batch {
		m.tell(answers[i])
	}
	if line := l.open[lane]; len(line) > 0 {
		line[0].stage = leading
		line[0].wake <- struct{}{}
		return
	}
	delete(l.open, lane)
}

// tell gives a member his answer.
func (m *member) tell(a answer) {
	m.stage, m.answer = answered, a
	select {
	case m.wake <- struct{}{}:
	default: // he was woken to lead, and is not waiting
	}
}

// answer returns a member's answer, if he has one.
func (l *lanes) answer(m *member) answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m.stage != answered {
		return answer{err: fmt.Errorf("%w: %w", ErrUnknown, m.ctx.Err())}
	}
	return m.answer
}

func notBegun(err error) error { return fmt.Errorf("quota: nothing was changed: %w", err) }

// lead commits a batch. Whatever becomes of it, its members get their answers
// and somebody else the lead: also when the store panics.
func (s *Service) lead(lane PoolID) {
	batch := s.lanes.begin(lane)
	answers := slices.Repeat([]answer{{err: errLost}}, len(batch))
	defer func() { s.lanes.end(lane, batch, answers) }()
	if len(batch) == 0 {
		return
	}
	ctx, cancel := outlasting(batch)
	defer cancel()
	claims := make([]*claim, len(batch))
	for i, m := range batch {
		claims[i] = m.claim
	}
	given, err := s.deal(ctx, claims)
	for i := range answers {
		if answers[i] = (answer{err: err}); err == nil {
			answers[i] = given[i]
		}
	}
}

// outlasting returns a context that has the values of the first member's and
// ends when the last member's does, or patience is at an end.
func outlasting(batch []*member) (context.Context, context.CancelFunc) {
	end := time.Now().Add(patience)
	last := time.Time{}
	for _, m := range batch {
		deadline, ok := m.ctx.Deadline()
		if !ok {
			deadline = end
		}
		if deadline.After(last) {
			last = deadline
		}
	}
	if last.After(end) {
		last = end
	}
	return context.WithDeadline(context.WithoutCancel(batch[0].ctx), last)
}
