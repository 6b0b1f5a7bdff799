package mail

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

const (
	// lease is how long a server has for a letter that it took.
	lease = time.Minute
	// sending bounds one attempt, so that it ends well before the lease does.
	sending = 45 * time.Second
	// parting is how long an attempt may go on once delivering is to stop.
	parting = 10 * time.Second
	// patience is how long a letter is tried.
	patience = 24 * time.Hour
	// memory is how long letters are listed after they ended.
	memory = 30 * 24 * time.Hour

	firstPause   = 30 * time.Second
	longestPause = 2 * time.Hour
)

// Reasons of letters that no sender was asked about.
var (
	errOpen    = errors.New("it cannot be opened under this server's key")
	errExpired = errors.New("what it tells of expired before it could be sent")
	errStale   = errors.New("it was tried for 24 hours, the last time without an answer")
	errNone    = errors.New("mail: there is nothing to send with")
)

// Deliver sends what is due and returns how many letters were sent. What cannot
// be sent now is tried again later, first after half a minute, then after twice
// as long each time and at least every two hours, for a day; what was refused for
// good is given up. Neither is an error here: errors are those of the database.
// When ctx ends, letters that are being sent have a few seconds to be.
func (s *Service) Deliver(ctx context.Context) (int, error) {
	if err := s.equipped(); err != nil {
		return 0, err
	}
	var (
		mu   sync.Mutex
		sent int
		errs []error
		wait sync.WaitGroup
	)
	for range s.workers {
		wait.Go(func() {
			n, err := s.deliver(ctx)
			mu.Lock()
			defer mu.Unlock()
			sent += n
			errs = append(errs, err)
		})
	}
	wait.Wait()
	return sent, errors.Join(errs...)
}

// equipped reports what is missing to deliver with.
func (s *Service) equipped() error {
	switch {
	case s.sender == nil:
		return errNone
	case s.sealer == nil:
		return ErrNoSealer
	}
	return nil
}

// deliver sends one letter after another until none is due.
func (s *Service) deliver(ctx context.Context) (sent int, err error) {
	for ctx.Err() == nil {
		// Asking is a read, and claiming nothing would be a write.
		due, err := s.store.Due(ctx, s.clock())
		if err != nil || !due {
			return sent, err
		}
		l, sealed, err := s.claim(ctx)
		if errors.Is(err, ErrNotFound) {
			return sent, nil
		}
		if err != nil {
			return sent, err
		}
		ok, err := s.attempt(ctx, l, sealed)
		if err != nil {
			return sent, err
		}
		if ok {
			sent++
		}
	}
	return sent, nil
}

func (s *Service) claim(ctx context.Context) (l Letter, sealed string, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		now := s.clock()
		l, sealed, err = s.store.Claim(ctx, now, now.Add(lease))
		return err
	})
	return l, sealed, err
}

// attempt tries to send a letter that was claimed and notes what came of it.
func (s *Service) attempt(ctx context.Context, l Letter, sealed string) (bool, error) {
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), sending)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(parting, cancel) })()

	data, failed := s.open(l, sealed)
	final := failed != nil
	if failed == nil {
		final, failed = s.send(bound, l, data)
	}
	now := s.clock()
	switch {
	case failed == nil:
		l.State, l.Reason, l.Ended = Sent, "", now
	case final:
		l.State, l.Reason, l.Ended = Failed, reason(failed, data), now
	default:
		l.State, l.Reason, l.Due = Waiting, reason(failed, data), now.Add(pause(l.Attempts))
		if l.Due.After(l.Created.Add(patience)) {
			l.State, l.Ended = Failed, now
		}
	}
	if failed != nil {
		s.told(fmt.Errorf("mail: letter %s (%s), attempt %d: %s", l.ID, l.Kind, l.Attempts, l.Reason))
	}
	// Whatever ends meanwhile: a letter that was sent must not be sent again.
	settling, settled := context.WithTimeout(context.WithoutCancel(ctx), parting)
	defer settled()
	err := s.store.Tx(settling, func(ctx context.Context) error { return s.store.Settle(ctx, l) })
	if errors.Is(err, ErrNotFound) { // it took too long, and another has it
		return false, nil
	}
	return failed == nil, err
}

// send puts a letter into words and hands it over. It reports whether a failure
// is final.
func (s *Service) send(ctx context.Context, l Letter, data map[string]string) (final bool, err error) {
	now := s.clock()
	if expires, err := time.Parse(time.RFC3339, data["expires"]); err == nil && !now.Before(expires) {
		return true, errExpired
	}
	// A letter that ends the process each time it is tried comes by here. One
	// that had to wait for a server to be started is tried once in any case.
	if l.Attempts > 1 && now.After(l.Created.Add(patience)) {
		return true, errStale
	}
	e, err := s.word(ctx, l, data)
	if err != nil {
		return false, err
	}
	e.From, e.To, e.Date = s.from, l.To, now
	e.MessageID = string(l.ID) + "@" + s.domain
	err = s.sender.Send(ctx, e)
	return errors.Is(err, ErrRefused), err
}

// reason returns an error as it is kept: short, and without what is in the
// letter, should a sender have quoted it.
func reason(err error, data map[string]string) string {
	text := err.Error()
	for _, value := range data {
		if len(value) >= 8 {
			text = strings.ReplaceAll(text, value, "…")
		}
	}
	return oneLine(text, 300)
}

// pause returns how long to wait after an attempt: half a minute, then twice as
// long each time, and some of it by chance, so that what failed together is not
// tried together.
func pause(attempt int) time.Duration {
	d := longestPause
	if attempt < 12 {
		d = min(d, firstPause<<max(attempt-1, 0))
	}
	return d*4/5 + rand.N(d*2/5) //nolint:gosec // jitter needs no secrecy
}

// ring wakes [Service.Run] unless it is about to look anyway.
func (s *Service) ring() {
	select {
	case s.rung <- struct{}{}:
	default:
	}
}

// settled is how long after a letter was written its unit of work is likely to
// be committed.
const settled = 50 * time.Millisecond

// Run delivers until ctx ends: what this process writes within a moment, what
// others write and what is to be tried again at least every so often, a second
// when 0. Once an hour it forgets letters that ended 30 days ago. What goes wrong
// is told to Options.Told, and tried again. Without a sender or a sealer it says
// so there and returns.
func (s *Service) Run(ctx context.Context, every time.Duration) {
	if err := s.equipped(); err != nil {
		s.told(err)
		return
	}
	if every <= 0 {
		every = time.Second
	}
	turn := time.NewTicker(every)
	defer turn.Stop()
	var forgot time.Time
	for {
		if now := s.clock(); now.Sub(forgot) >= time.Hour {
			forgot = now
			if _, err := s.Forget(ctx); err != nil && ctx.Err() == nil {
				s.told(err)
			}
		}
		if _, err := s.Deliver(ctx); err != nil && ctx.Err() == nil {
			s.told(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		case <-s.rung:
			s.await(ctx)
		}
	}
}

// await delivers a letter that was just written, once the unit of work that it
// was written in has ended: it looks again and again, ever more seldom.
func (s *Service) await(ctx context.Context) {
	for wait := settled; wait < soon; wait *= 2 {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		n, err := s.Deliver(ctx)
		if err != nil && ctx.Err() == nil {
			s.told(err)
		}
		if n > 0 {
			return
		}
	}
}

// soon bounds for how long a unit of work that a letter was written in is waited for.
const soon = 8 * time.Second

// Forget deletes the letters that were sent or given up more than 30 days ago,
// and returns how many.
func (s *Service) Forget(ctx context.Context) (n int, err error) {
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		n, err = s.store.Forget(ctx, s.clock().Add(-memory))
		return err
	})
	return n, err
}
