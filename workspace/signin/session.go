package signin

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// seeEvery is how exactly it is known when a session was last used.
const seeEvery = time.Minute

// A SessionID names a session. It opens nothing.
type SessionID string

// A Session is somebody's browser, signed in.
type Session struct {
	ID   SessionID
	User workspace.UserID
	// Secret is what the browser holds. Only who begins the session is told.
	Secret string
	// Via is how he signed in: "password", "oidc", "invitation".
	Via string
	// Client is what the browser calls itself, and Address where it was then.
	Client  string
	Address string
	Created time.Time
	// Seen is when it was last used, kept to the minute.
	Seen time.Time
	// Expires is when it ends, however much it is used.
	Expires time.Time
}

// secret returns 256 random bits as text.
func secret() string {
	random := make([]byte, tokenBytes)
	_, _ = rand.Read(random) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(random)
}

// secretive reports whether something can be what secret returned.
func secretive(text string) bool { return base64.RawURLEncoding.DecodedLen(len(text)) == tokenBytes }

// Start signs somebody in with his name and password, in a browser that is
// noted. The secret is a new one each time. It returns ErrRefused, ErrBusy and
// [*ThrottledError] as [Service.Password] does.
func (s *Service) Start(ctx context.Context, username, password, client, address string) (Session, error) {
	l, err := s.check(ctx, username, password, address)
	if err != nil {
		return Session{}, err
	}
	return s.begin(ctx, Session{User: l.User.ID, Via: "password", Client: client, Address: address}, func(again Login) bool {
		return again.Hash == l.Hash
	})
}

// StartFor signs in a user whom somebody else has recognised, in the way that
// via names: an identity provider, or the link of an invitation. No request may
// come here that was not. It returns ErrRefused for a user who is disabled or is
// not there.
func (s *Service) StartFor(ctx context.Context, user workspace.UserID, via, client, address string) (Session, error) {
	return s.begin(ctx, Session{User: user, Via: via, Client: client, Address: address}, func(Login) bool { return true })
}

func (s *Service) begin(ctx context.Context, session Session, still func(Login) bool) (Session, error) {
	kind := ClientType(session.Client)
	session.ID, session.Secret, session.Client = SessionID(uid.New()), secret(), named(session.Client)
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		now := s.instant()
		session.Created, session.Seen, session.Expires = now, now, now.Add(s.sessionLife)
		// Before his row is held: who adds a member locks the workspace, and then
		// the user.
		if err := s.store.CountLogin(ctx, session.User, kind, now); err != nil {
			return err
		}
		// The user's row is held, so that a change of password comes either
		// before this look at it or after the session is there to be ended.
		if err := s.store.SetLogin(ctx, session.User, now); err != nil {
			return err
		}
		l, err := s.store.Account(ctx, session.User)
		if err != nil {
			return err
		}
		if l.User.Disabled || !still(l) {
			return ErrRefused
		}
		if err := s.store.AddSession(ctx, digestOf(session.Secret), session, now); err != nil {
			return err
		}
		actor := workspace.Actor{
			Principal: l.User.Num, User: l.User.ID, Name: l.User.Username, Via: session.Via, Address: session.Address,
			Credential: string(session.ID),
		}
		return s.record(ctx, actor, now, "user.sign_in", l.User, map[string]string{
			"client": session.Client, "grant": "session", "session": string(session.ID),
		})
	})
	switch {
	case errors.Is(err, workspace.ErrNotFound): // removed just now
		return Session{}, ErrRefused
	case err != nil:
		return Session{}, err
	}
	return session, nil
}

// Session returns whose session a secret is of, and which. It returns ErrRefused
// for one that is unknown, and an [*EndedError] for one that has ended or was not
// used for too long, and for that of a disabled user. It asks the database each
// time, so that a session ends everywhere at once.
func (s *Service) Session(ctx context.Context, secret string) (workspace.User, Session, error) {
	none := func(err error) (workspace.User, Session, error) { return workspace.User{}, Session{}, err }
	if !secretive(secret) {
		return none(ErrRefused)
	}
	u, session, err := s.store.SessionUser(ctx, digestOf(secret))
	now := s.instant()
	switch {
	case errors.Is(err, workspace.ErrNotFound):
		return none(s.ended(ctx, secret))
	case err != nil:
		return none(err)
	case u.Disabled:
		return none(&EndedError{Why: UserDisabled})
	case !now.Before(session.Expires), !now.Before(session.Seen.Add(s.sessionIdle)):
		return none(&EndedError{Why: Expired})
	}
	// More often than its life allows would be a write for each call.
	if every := min(seeEvery, s.sessionIdle/4); now.Sub(session.Seen) >= every {
		err := s.store.Tx(ctx, func(ctx context.Context) error { return s.store.SeeSession(ctx, session.ID, now) })
		if err != nil {
			return none(err)
		}
		session.Seen = now
	}
	return u, session, nil
}

// Sessions lists the sessions of a user that have not ended, the last to begin
// first. Everybody sees his own; others' need workspace.ManageUsers or
// Options.Reach.
func (s *Service) Sessions(ctx context.Context, actor workspace.Actor, user workspace.UserID) ([]Session, error) {
	if _, err := s.within(ctx, actor, user, false); err != nil {
		return nil, err
	}
	now := s.instant()
	list, err := s.store.ListSessions(ctx, user, now)
	if err != nil {
		return nil, err
	}
	alive := list[:0]
	for _, session := range list {
		if now.Before(session.Seen.Add(s.sessionIdle)) {
			alive = append(alive, session)
		}
	}
	return alive, nil
}

// End ends a session. Everybody may end his own; others' need
// workspace.ManageUsers or Options.Reach, and those of an administrator of the
// platform workspace.Administer as well. It returns workspace.ErrNotFound for one that
// has ended, and to who may not know of it.
func (s *Service) End(ctx context.Context, actor workspace.Actor, id SessionID) error {
	u, _, err := s.store.FindSession(ctx, id)
	if errors.Is(err, workspace.ErrNotFound) {
		return fmt.Errorf("%w: session", workspace.ErrNotFound)
	}
	if err != nil {
		return err
	}
	if _, err := s.within(ctx, actor, u.ID, true); err != nil {
		if errors.Is(err, workspace.ErrNotFound) || errors.Is(err, rbac.ErrDenied) && !s.knows(ctx, actor, u.ID) {
			return fmt.Errorf("%w: session", workspace.ErrNotFound)
		}
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		if err := s.store.EndSession(ctx, id, endedBy(actor, u.ID)); err != nil {
			return err
		}
		return s.record(ctx, actor, s.instant(), "user.sign_out", u, map[string]string{"session": string(id)})
	})
}

// charge returns a user to himself and to who manages users, and, where
// something is to change, an administrator only to one.
func (s *Service) charge(ctx context.Context, actor workspace.Actor, id workspace.UserID, change bool) (workspace.User, error) {
	if actor.User == "" || actor.User != id {
		if err := s.require(ctx, actor, workspace.ManageUsers); err != nil {
			return workspace.User{}, err
		}
	}
	return s.charged(ctx, actor, id, change)
}

// charged returns a user to whom he is in the charge of, or within the reach of.
func (s *Service) charged(ctx context.Context, actor workspace.Actor, id workspace.UserID, change bool) (workspace.User, error) {
	own := actor.User != "" && actor.User == id
	l, err := s.store.Account(ctx, id)
	switch {
	case own && (errors.Is(err, workspace.ErrNotFound) || err == nil && (l.User.Num != actor.Principal || l.User.Disabled)):
		return workspace.User{}, refused(actor) // he only says so
	case err != nil:
		return workspace.User{}, err
	}
	if change && !own && l.User.Administrator {
		if err := s.require(ctx, actor, workspace.Administer); err != nil {
			return workspace.User{}, err
		}
	}
	return l.User, nil
}

// refused is the refusal of who cannot hold anything.
func refused(actor workspace.Actor) error {
	return &rbac.DeniedError{Explanation: rbac.Explanation{Principal: actor.Principal, Node: rbac.Root, Cause: rbac.ByDefault}}
}

// knows reports whether an actor may know of a user's sessions, whether or not he
// may end them.
func (s *Service) knows(ctx context.Context, actor workspace.Actor, user workspace.UserID) bool {
	_, err := s.within(ctx, actor, user, false)
	return err == nil
}

// holds reports whether an actor holds a permission on the platform. What cannot
// be found out he does not.
func (s *Service) holds(ctx context.Context, actor workspace.Actor, perm rbac.Permission) bool {
	return s.require(ctx, actor, perm) == nil
}
