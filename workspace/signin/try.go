package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A bound is how often somebody may be wrong.
type bound struct {
	// free failures cost nothing; then each doubles the wait, which begins with
	// a second and is at most slow; most of them cost a window, and each further
	// one twice the one before.
	free, most int
	slow       time.Duration
	window     time.Duration
	// forget is how long after the last wait all is forgotten.
	forget time.Duration
}

const longestWindow = 24 * time.Hour

// nameBound bounds the guesses at one name: ten, over some two minutes at the
// least, and then one a window.
func nameBound() bound {
	return bound{free: 3, most: 10, slow: time.Minute, window: 15 * time.Minute, forget: 24 * time.Hour}
}

// networkBound bounds those from one network, behind which there may be many
// people.
func networkBound() bound {
	return bound{free: 50, most: 100, slow: time.Minute, window: 15 * time.Minute, forget: time.Hour}
}

// wait is how long to wait after so many failures.
func (b bound) wait(failures int) time.Duration {
	switch {
	case failures < b.free:
		return 0
	case failures < b.most:
		return min(time.Second<<min(failures-b.free, 20), b.slow)
	}
	return min(b.window<<min(failures-b.most, 20), longestWindow)
}

// A subject is what tries are counted of.
type subject struct {
	bound

	key string
}

// subjectOf hides what it is of: people type passwords where names belong.
func subjectOf(kind, text string, b bound) subject {
	sum := sha256.Sum256([]byte(kind + "\x00" + text))
	return subject{key: hex.EncodeToString(sum[:]), bound: b}
}

// nameSubject is a name, whoever has it or nobody.
func nameSubject(username string) subject { return subjectOf("name", fold(username), nameBound()) }

// networkSubjects are none where the address is unknown.
func networkSubjects(kind, address string) []subject {
	if network := networkOf(address); network != "" {
		return []subject{subjectOf(kind, network, networkBound())}
	}
	return nil
}

// networkOf returns the network that an address is counted with: of IPv6 the 64
// bits that one household has to itself.
func networkOf(address string) string {
	at, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	at = at.Unmap().WithZone("")
	if at.Is4() {
		return at.String()
	}
	return netip.PrefixFrom(at, 64).Masked().String()
}

// A claim is a try that was counted before anybody knew whether it is right.
type claim struct {
	subject

	until time.Time
	n     int // which of its tries it is
}

// throttled returns the error of who has to wait.
func (s *Service) throttled(until, now time.Time) error {
	return &ThrottledError{Until: until, After: until.Sub(now)}
}

// mayTry refuses who has to wait, at the cost of reading one row.
func (s *Service) mayTry(ctx context.Context, subjects []subject) error {
	keys := make([]string, 0, len(subjects))
	for _, sub := range subjects {
		keys = append(keys, sub.key)
	}
	until, err := s.store.WaitUntil(ctx, keys)
	if err != nil {
		return err
	}
	if now := s.instant(); now.Before(until) {
		return s.throttled(until, now)
	}
	return nil
}

// claim counts a try of each subject, or of none when one has to wait. It counts
// before it is known whether the try is right: what comes at the same moment is
// counted as well.
func (s *Service) claim(ctx context.Context, subjects []subject) ([]claim, error) {
	var claims []claim
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		claims = claims[:0]
		now := s.instant()
		for _, sub := range subjects {
			n, until, err := s.store.CountTry(ctx, sub.key, now, now.Add(-sub.forget))
			if err != nil {
				return err
			}
			if n == 0 {
				return s.throttled(until, now)
			}
			c := claim{subject: sub, until: now, n: n}
			if wait := sub.wait(n); wait > 0 {
				c.until = now.Add(wait)
				if err := s.store.DelayTry(ctx, sub.key, c.until); err != nil {
					return err
				}
			}
			claims = append(claims, c)
		}
		if !s.tidied.due(now) {
			return nil
		}
		return s.store.Tidy(ctx, now.Add(-longestWindow), now)
	})
	if err != nil {
		return nil, err
	}
	return claims, nil
}

// returned takes claims back.
func (s *Service) returned(ctx context.Context, claims []claim) error {
	return s.store.Tx(ctx, func(ctx context.Context) error {
		now := s.instant()
		for _, c := range claims {
			if err := s.store.ReturnTry(ctx, c.key, c.until, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// forgiven forgets what a name failed with, and takes back the other claims.
func (s *Service) forgiven(ctx context.Context, username string, claims []claim) error {
	name := nameSubject(username)
	return s.store.Tx(ctx, func(ctx context.Context) error {
		if err := s.store.ForgetTries(ctx, name.key); err != nil {
			return err
		}
		now := s.instant()
		for _, c := range claims {
			if c.key == name.key {
				continue
			}
			if err := s.store.ReturnTry(ctx, c.key, c.until, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// locked reports whether a name has been tried in vain so often that from now on
// only a few tries a day are taken.
func locked(claims []claim, username string) bool {
	name := nameSubject(username)
	for _, c := range claims {
		if c.key == name.key {
			return c.n == c.most
		}
	}
	return false
}

// lock has the trail tell that a user was locked out, by whom nobody knows, from
// where. Of names that nobody has it tells nothing: there is no end of them.
func (s *Service) lock(ctx context.Context, u workspace.User, address string) error {
	return s.store.Tx(ctx, func(ctx context.Context) error {
		return s.record(ctx, workspace.Guest(address), s.instant(), "user.lock", u, map[string]string{"cause": "too many wrong passwords"})
	})
}

// tidyEvery is how often a process clears away what counts no more.
const tidyEvery = 10 * time.Minute

// A rota tells when something is due that is done from time to time.
type rota struct{ next atomic.Int64 }

// due reports true once each time.
func (r *rota) due(now time.Time) bool {
	next := r.next.Load()
	return now.UnixMicro() >= next && r.next.CompareAndSwap(next, now.Add(tidyEvery).UnixMicro())
}
