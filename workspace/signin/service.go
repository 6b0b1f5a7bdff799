package signin

import (
	"cmp"
	"context"
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
	store       Store
	rights      workspace.Authorizer
	trail       Trail
	now         func() time.Time
	life        time.Duration
	sessionLife time.Duration
	sessionIdle time.Duration
	workers     *workers
	memory      *memory
	flights     flights
	tidied      rota
	policy      policy
	derive      derive
	// decoy is what a password is checked against when there is no hash.
	decoy     digest
	mail      Mailer
	resetURL  string
	resetTime time.Duration
	accounts  Enroller
	reach     Reach
}

// New makes a service of its collaborators.
func New(store Store, rights workspace.Authorizer, trail Trail, opts *Options) *Service {
	var o Options
	if opts != nil {
		o = *opts
	}
	s := &Service{
		store: store, rights: rights, trail: trail,
		now:         o.Now,
		life:        cmp.Or(o.TokenLife, time.Hour),
		sessionLife: cmp.Or(o.SessionLife, 12*time.Hour),
		sessionIdle: cmp.Or(o.SessionIdle, time.Hour),
		// The other half is for those who are signed in.
		workers:   newWorkers(cmp.Or(o.Workers, max(1, runtime.GOMAXPROCS(0)/2)), cmp.Or(o.Waiting, 64)),
		memory:    newMemory(cmp.Or(o.Remember, time.Minute), memorySize),
		policy:    newPolicy(o.MinLength, o.Words),
		derive:    argon2.IDKey,
		decoy:     decoy(),
		mail:      o.Mail,
		resetURL:  o.ResetURL,
		resetTime: cmp.Or(o.ResetTime, 250*time.Millisecond),
		accounts:  o.Accounts,
		reach:     o.Reach,
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

func (s *Service) instant() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// SetPassword sets a user's password, which Options.MinLength and what is widely
// known bound, and ends his access tokens, sessions and resets. It needs
// workspace.ManageUsers, and that of somebody else workspace.Administer as well:
// who sets a password can become who it is of. One's own is for
// [Service.ChangePassword].
func (s *Service) SetPassword(ctx context.Context, actor workspace.Actor, id workspace.UserID, password string) error {
	if err := s.require(ctx, actor, workspace.ManageUsers); err != nil {
		return err
	}
	if actor.User == "" || actor.User != id {
		if err := s.require(ctx, actor, workspace.Administer); err != nil {
			return err
		}
	}
	l, err := s.store.Account(ctx, id)
	if err != nil {
		return err
	}
	if err := s.policy.check(password, l.User); err != nil {
		return err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		return s.change(ctx, actor, l, hash, "user.set_password")
	})
}

// ChangePassword sets the actor's own password, who has to know the one that it
// is. It ends his access tokens, sessions and resets. Keys have no password: the
// actor has to be a user. An old password that is not right is a
// *workspace.InvalidError of "old_password", and counts as a try.
func (s *Service) ChangePassword(ctx context.Context, actor workspace.Actor, old, password string) error {
	if actor.User == "" {
		return refused(actor)
	}
	u, err := s.charge(ctx, actor, actor.User, false)
	if err != nil {
		return err
	}
	if err := s.policy.check(password, u); err != nil {
		return err
	}
	wrong := &workspace.InvalidError{Field: "old_password", Expected: "the present password"}
	known, err := s.check(ctx, u.Username, old, actor.Address)
	switch {
	case errors.Is(err, ErrRefused):
		return wrong
	case err != nil:
		return err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		held, err := s.store.Hold(ctx, u.ID)
		if err != nil {
			return err
		}
		if !held.usable() || held.Hash != known.Hash { // changed meanwhile
			return wrong
		}
		return s.change(ctx, actor, held, hash, "user.change_password")
	})
}

func (s *Service) require(ctx context.Context, actor workspace.Actor, perm rbac.Permission) error {
	err := s.rights.Require(ctx, actor.Principal, rbac.Root, perm, rbac.Latest())
	if errors.Is(err, rbac.ErrNoPrincipal) {
		return fmt.Errorf("%w: %w", rbac.ErrDenied, err)
	}
	return err
}

// Password returns who signs in with a name and a password, from an address that
// may be empty. It returns ErrRefused for an unknown name, a wrong password and a
// disabled user, all at the same cost, and a [*ThrottledError] where the name or
// the network was tried too often. A password that was right a moment ago is no
// try, and no wait is asked of who knows it.
func (s *Service) Password(ctx context.Context, username, password, address string) (workspace.User, error) {
	l, err := s.check(ctx, username, password, address)
	return l.User, err
}

// check returns the login that a name and a password fit. It reads the
// database however well it knows the password.
func (s *Service) check(ctx context.Context, username, password, address string) (Login, error) {
	if !plausible(username) || !possible(password) {
		return Login{}, ErrRefused // tells nothing about who there is
	}
	l, err := s.login(ctx, username)
	if err != nil {
		return Login{}, err
	}
	if l.usable() && s.memory.knows(l.Hash, password, s.now()) {
		return l, nil
	}
	guess := s.memory.mark(l.Hash+"\n"+fold(username), password)
	right, err := s.flights.do(ctx, guess, func() (bool, error) { return s.try(ctx, l, username, password, address) })
	switch {
	case err != nil:
		return Login{}, err
	case !right:
		return Login{}, ErrRefused
	}
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

// try reports whether a password fits a login, and counts it if not.
func (s *Service) try(ctx context.Context, l Login, username, password, address string) (right bool, err error) {
	against := s.decoy
	if l.usable() {
		if against, err = parseDigest(l.Hash); err != nil {
			return false, err
		}
	}
	subjects := append([]subject{nameSubject(username)}, networkSubjects("network", address)...)
	// Who has to wait costs no place among those who wait for a worker.
	if err := s.mayTry(ctx, subjects); err != nil {
		return false, err
	}
	var claims []claim
	computed := false
	err = s.workers.run(ctx, func() (err error) {
		claims, err = s.claim(ctx, subjects)
		return err
	}, func() bool {
		right, computed = against.fits(s.derive, password) && l.usable(), true
		return right
	})
	switch {
	case err != nil && claims != nil && !computed: // he has gone and knows no more than before
		return false, errors.Join(err, s.returned(context.WithoutCancel(ctx), claims))
	case err != nil:
		return false, err
	case !right && l.User.ID != "" && locked(claims, username):
		return false, s.lock(ctx, l.User, address)
	case !right:
		return false, nil
	}
	if err := s.forgiven(ctx, username, claims); err != nil {
		return false, err
	}
	s.memory.learn(l.Hash, password, s.now())
	return true, nil
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
	e := actor.Signs(audit.Event{
		ID: audit.EventID(uid.New()), At: at,
		Action: action, Object: audit.Object{Kind: "user", ID: string(u.ID), Name: u.Username},
	})
	var err error
	if e.Detail, err = audit.Detail(detail); err != nil {
		return fmt.Errorf("signin: %w", err)
	}
	return s.trail.Append(ctx, e)
}
