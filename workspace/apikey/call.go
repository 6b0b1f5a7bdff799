package apikey

import (
	"context"
	"errors"
	"net/netip"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// A Call is what somebody presents to use an offering.
type Call struct {
	// Hash, Headers, or Login with Password, or the Bearer who was recognised
	// by an access token: the first that is set counts. A host may give all
	// headers of a request: they count as set if they are those of a key, and
	// a Bearer if he has an OAUTH2 key.
	Hash     string
	Headers  map[string]string
	Login    string
	Password string
	Bearer   workspace.UserID

	Address   netip.Addr
	UserAgent string
	Referer   string
}

// A Pass is what [Service.Verify] found.
type Pass struct {
	// Key and User are who calls, empty for an open offering that was called
	// without a key.
	Key  ID
	User workspace.UserID
	// Permission is through which, empty where the offering is open.
	Permission offering.PermissionID
}

// maxHeaders bounds how many headers of a call are looked at.
const maxHeaders = 256

// Verify decides whether a call may use an offering, for the host that serves
// it. It returns ErrRefused for a credential that is unknown or restricted,
// for one that does not open the offering now, and for an offering that does
// not exist, telling no more than that.
//
// A key passes while an access of its own stands: one through a permission that
// its user still holds and that has not ended, or one to an offering that is
// open. An offering that is open passes all keys, and calls without any.
func (s *Service) Verify(ctx context.Context, c Call, on offering.ID) (Pass, error) {
	k, found, err := s.presented(ctx, c)
	if err != nil {
		return Pass{}, err
	}
	list, err := s.store.Offerings(ctx, offering.Filter{IDs: []offering.ID{on}})
	if err != nil {
		return Pass{}, err
	}
	if len(list) == 0 {
		return Pass{}, ErrRefused
	}
	o := list[0]
	who := rbac.Guest
	if found {
		if !k.admits(c) {
			return Pass{}, ErrRefused
		}
		who = k.Num
	}
	may, err := s.rights.Check(ctx, who, o.Num, workspace.UseOffering, rbac.Latest())
	switch {
	case errors.Is(err, rbac.ErrNoNode), errors.Is(err, rbac.ErrNoPrincipal): // deleted just now
		return Pass{}, ErrRefused
	case err != nil:
		return Pass{}, err
	case !may:
		return Pass{}, ErrRefused
	case !found:
		return Pass{}, nil
	case o.Open:
		return Pass{Key: k.ID, User: k.User}, nil
	}
	return s.through(ctx, k, o)
}

// through finds the permission that a key passes by. The engine has said yes
// already, to the key and to its user; but what the user holds by one
// permission must not hold up what the key was given through another, be that
// lost to the user or meant for OAUTH2 alone.
func (s *Service) through(ctx context.Context, k Key, o offering.Offering) (Pass, error) {
	accesses, err := s.store.Standing(ctx, k.ID, o.ID)
	if err != nil {
		return Pass{}, err
	}
	now := s.clock()
	for _, a := range accesses {
		p := a.Permission
		if p == nil || p.Ended(now) || p.OnlyOAuth && k.Type != OAuth2 {
			continue
		}
		return Pass{Key: k.ID, User: k.User, Permission: p.ID}, nil
	}
	return Pass{}, ErrRefused
}

// presented returns the key that a call presents, and whether it presents any.
func (s *Service) presented(ctx context.Context, c Call) (Key, bool, error) {
	if c.Hash != "" {
		return s.byDigest(ctx, Hash, c.Hash)
	}
	if k, found, err := s.byHeaders(ctx, c.Headers); found || err != nil {
		return k, found, err
	}
	if c.Login != "" {
		return s.byPassword(ctx, c.Login, c.Password)
	}
	if c.Bearer == "" {
		return Key{}, false, nil
	}
	k, _, err := s.one(ctx, Filter{User: c.Bearer, Type: OAuth2})
	if errors.Is(err, ErrNotFound) {
		return Key{}, false, nil
	}
	return k, err == nil, err
}

func (s *Service) byDigest(ctx context.Context, t Type, text string) (Key, bool, error) {
	k, _, err := s.store.KeyByLookup(ctx, digest(t, text))
	if errors.Is(err, ErrNotFound) {
		return Key{}, false, ErrRefused
	}
	return k, err == nil, err
}

// byHeaders finds the key whose headers are all among some; of several the one
// with the most.
func (s *Service) byHeaders(ctx context.Context, given map[string]string) (Key, bool, error) {
	if len(given) == 0 {
		return Key{}, false, nil
	}
	if len(given) > maxHeaders {
		return Key{}, false, ErrRefused
	}
	h := canonical(given)
	lookups := make([]string, 0, len(h))
	for _, name := range h.names() {
		lookups = append(lookups, h.lookup(name))
	}
	list, secrets, err := s.store.Keys(ctx, Filter{Type: Header, Lookups: lookups})
	if err != nil {
		return Key{}, false, err
	}
	best, most := Key{}, 0
	for i, k := range list {
		if n, ok := h.match(secrets[i].Verifier); ok && n > most {
			best, most = k, n
		}
	}
	return best, most > 0, nil
}

// byPassword finds a key by login and password. An unknown login costs what a
// wrong password does.
func (s *Service) byPassword(ctx context.Context, login, password string) (Key, bool, error) {
	k, secrets, err := s.store.KeyByLookup(ctx, digest(Basic, login))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Key{}, false, err
	}
	right, wrong := s.passwords.verify(ctx, secrets.Verifier, password)
	switch {
	case wrong != nil:
		return Key{}, false, wrong
	case err != nil || !right:
		return Key{}, false, ErrRefused
	}
	return k, true, nil
}
