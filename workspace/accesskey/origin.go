package accesskey

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// An Origin is where a request comes from.
type Origin struct {
	// Address is that of the caller, invalid when it is not known.
	Address netip.Addr
	// Origin is the header of that name, empty when there is none.
	Origin string
}

// touchTime bounds how long noting a use may take.
const touchTime = 5 * time.Second

// maxNoted bounds how many keys are remembered for having been noted.
const maxNoted = 10_000

// Authenticate returns who comes with a secret. It returns ErrRefused for one
// that is malformed, which it finds without asking the store, for one that is
// unknown or wrong, which cost the same, and for a key that was revoked, has
// expired, is disabled or whose user is, or that may not come from there. A key
// whose revocation was acknowledged, by any server, before the call is refused.
//
// It notes, to the minute and at most once in one, that the key was used.
func (s *Service) Authenticate(ctx context.Context, secret string, from Origin) (workspace.Actor, error) {
	prefix, secret, err := Parse(secret)
	if err != nil {
		return workspace.Actor{}, err
	}
	p, err := s.store.Presented(ctx, prefix)
	if err != nil && !errors.Is(err, workspace.ErrNotFound) {
		return workspace.Actor{}, err
	}
	now := s.clock()
	right := p.Secrets.match(secret, now) // also where there is no key
	if err != nil || !right || !p.stands(now) || !p.Key.admits(from) {
		return workspace.Actor{}, ErrRefused
	}
	s.touch(ctx, p.Key, now)
	return workspace.Actor{
		Principal: p.Key.Num, Name: p.Key.Title, Via: viaKey, Address: text(from.Address),
		Credential: string(p.Key.ID), Behalf: p.Key.User, BehalfName: p.UserName, BehalfPrincipal: p.UserNum,
	}, nil
}

// viaKey is how an actor came who is a key.
const viaKey = "key"

func text(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.Unmap().WithZone("").String()
}

func (p Presented) stands(now time.Time) bool {
	state := p.Key.State(now)
	return !p.Disabled && (state == Active || state == Rotating)
}

// admits reports whether a key may come from there. An address that is not
// known is in no network.
func (k Key) admits(from Origin) bool {
	address := from.Address.Unmap().WithZone("")
	within := func(p netip.Prefix) bool { return p.Contains(address) }
	if len(k.Networks) > 0 && !slices.ContainsFunc(k.Networks, within) {
		return false
	}
	if len(k.Origins) == 0 {
		return true
	}
	// Whoever is no browser can say what he likes, so that no origin at all
	// must not be better than a wrong one.
	origin, ok := originOf(from.Origin)
	if !ok || strings.HasPrefix(origin, below) {
		return false
	}
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return slices.ContainsFunc(k.Origins, func(allowed string) bool {
		if domain, wide := strings.CutPrefix(allowed, below); wide {
			return strings.HasSuffix(host, "."+domain)
		}
		return allowed == origin
	})
}

// touch notes that a key was used. The caller is let in already, so an error is
// nothing to him, and the next minute is another chance.
func (s *Service) touch(ctx context.Context, k Key, now time.Time) {
	minute := now.Truncate(time.Minute)
	if !k.LastUsed.Before(minute) || !s.first(k.ID, minute) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), touchTime)
	defer cancel()
	_ = s.store.Tx(ctx, func(ctx context.Context) error { return s.store.TouchKey(ctx, k.ID, minute) })
}

// first reports whether a use of the key was not noted in that minute, by this
// process, and remembers that it is now.
func (s *Service) first(id ID, minute time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noted[id].Equal(minute) {
		return false
	}
	if len(s.noted) >= maxNoted {
		s.noted = map[ID]time.Time{}
	}
	s.noted[id] = minute
	return true
}
