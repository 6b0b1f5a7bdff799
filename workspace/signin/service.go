package signin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// A Service recognises people. It is safe for concurrent use.
type Service struct {
	store   Store
	rights  workspace.Authorizer
	trail   Trail
	now     func() time.Time
	life    time.Duration
	workers *workers
	memory  *memory
	derive  derive
	// decoy is what a password is checked against when there is no hash.
	decoy digest
}

// New makes a service of its collaborators.
func New(store Store, rights workspace.Authorizer, trail Trail, opts *Options) *Service {
	var o Options
	if opts != nil {
		o = *opts
	}
	s := &Service{
		store: store, rights: rights, trail: trail,
		now:     o.Now,
		life:    cmp.Or(o.TokenLife, time.Hour),
		workers: newWorkers(cmp.Or(o.Workers, runtime.GOMAXPROCS(0)), cmp.Or(o.Waiting, 64)),
		memory:  newMemory(cmp.Or(o.Remember, time.Minute), memorySize),
		derive:  argon2.IDKey,
		decoy:   decoy(),
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

func (s *Service) instant() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// SetPassword sets a user's password, 8 to 1024 bytes without NUL, and ends his
// access tokens. Everybody may set his own; others' needs
// workspace.ManageUsers, and that of an administrator of the platform
// workspace.Administer as well.
func (s *Service) SetPassword(ctx context.Context, actor workspace.Actor, id workspace.UserID, password string) error {
	own := actor.User != "" && actor.User == id
	if !own {
		if err := s.require(ctx, actor, workspace.ManageUsers); err != nil {
			return err
		}
	}
	if !acceptable(password) {
		return &workspace.InvalidError{Field: "password", Expected: "8 to 1024 bytes without NUL"}
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		now := s.instant()
		u, err := s.store.SetHash(ctx, id, hash, now)
		if err != nil {
			return err
		}
		// Who could set an administrator's password could become him.
		if u.Administrator && !own {
			if err := s.require(ctx, actor, workspace.Administer); err != nil {
				return err
			}
		}
		return s.record(ctx, actor, now, "user.set_password", u, nil)
	})
}

func (s *Service) require(ctx context.Context, actor workspace.Actor, perm rbac.Permission) error {
	return s.rights.Require(ctx, actor.Principal, rbac.Root, perm, rbac.Latest())
}

// Password returns who signs in with a name and a password. It returns
// ErrRefused for an unknown name, a wrong password and a disabled user, all at
// the same cost.
func (s *Service) Password(ctx context.Context, username, password string) (workspace.User, error) {
	l, err := s.check(ctx, username, password)
	return l.User, err
}

// check returns the login that a name and a password fit. It reads the
// database however well it knows the password.
func (s *Service) check(ctx context.Context, username, password string) (Login, error) {
	if !plausible(username) || !acceptable(password) {
		return Login{}, ErrRefused // tells nothing about who there is
	}
	l, err := s.login(ctx, username)
	if err != nil {
		return Login{}, err
	}
	against := s.decoy
	if l.usable() {
		if s.memory.knows(l.Hash, password, s.now()) {
			return l, nil
		}
		if against, err = parseDigest(l.Hash); err != nil {
			return Login{}, err
		}
	}
	right := false
	err = s.workers.run(ctx, func() {
		// The same client may have been right while this one was waiting.
		if l.usable() && s.memory.knows(l.Hash, password, s.now()) {
			right = true
			return
		}
		right = against.fits(s.derive, password)
	})
	switch {
	case err != nil:
		return Login{}, err
	case !right || !l.usable():
		return Login{}, ErrRefused
	}
	s.memory.learn(l.Hash, password, s.now())
	// Waiting and computing take long enough for the password to be changed
	// and the user to be disabled.
	again, err := s.login(ctx, username)
	if err != nil {
		return Login{}, err
	}
	if !again.usable() || again.Hash != l.Hash {
		return Login{}, ErrRefused
	}
	return again, nil
}

// login reads the login of a name, a zero one when there is none.
func (s *Service) login(ctx context.Context, username string) (Login, error) {
	l, err := s.store.Login(ctx, username)
	if errors.Is(err, workspace.ErrNotFound) {
		return Login{}, nil
	}
	return l, err
}

// usable reports whether anybody can sign in with it at all.
func (l Login) usable() bool { return l.User.ID != "" && !l.User.Disabled && l.Hash != "" }

// plausible reports whether something can be a username at all, and be asked
// of a database.
func plausible(username string) bool {
	return username != "" && len(username) <= 400 && utf8.ValidString(username) && !strings.ContainsRune(username, 0)
}

// record appends to the trail what an actor did to a user.
func (s *Service) record(ctx context.Context, actor workspace.Actor, at time.Time, action string, u workspace.User, detail map[string]string) error {
	e := audit.Event{
		ID: audit.EventID(uid.New()), At: at,
		Principal: int64(actor.Principal), Actor: actor.Name, Via: actor.Via, Address: actor.Address,
		Action: action, Object: audit.Object{Kind: "user", ID: string(u.ID), Name: u.Username},
	}
	if detail == nil {
		detail = map[string]string{}
	}
	var err error
	if e.Detail, err = json.Marshal(detail); err != nil {
		return fmt.Errorf("signin: %w", err)
	}
	return s.trail.Append(ctx, e)
}
