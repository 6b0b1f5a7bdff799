package signin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Errors of identities.
var (
	// ErrNoIdentity is returned for an identity that is nobody's here.
	ErrNoIdentity = errors.New("signin: the identity is linked to no account")
	// ErrLastIdentity is returned for an attempt to unlink the one identity of a
	// user who has no password: he could not sign in any more.
	ErrLastIdentity = errors.New("signin: without this identity the user cannot sign in")
)

// viaIdentity is how an identity provider's session began.
const viaIdentity = "oidc"

// An IdentityID names an identity. It opens nothing.
type IdentityID string

// An Identity is who a user is at an identity provider. It is known by issuer and
// subject alone: an address of mail can be given to somebody else.
type Identity struct {
	ID      IdentityID
	User    workspace.UserID
	Issuer  string
	Subject string
	// Name is what the provider called him when it was linked, for people to tell
	// their identities apart. Nothing is decided by it.
	Name    string
	Created time.Time
}

// Claims are what an identity provider says of somebody, after what it says was
// verified. Only Issuer and Subject say who he is.
type Claims struct {
	Issuer  string
	Subject string
	// Username is what he is called there, a wish where an account is made.
	Username string
	// Email counts only where the provider has verified it.
	Email         string
	EmailVerified bool
	FirstName     string
	LastName      string
	Language      string // a BCP 47 tag
}

// Identities are the part of a [Store] that keeps who somebody is elsewhere.
type Identities interface {
	// AddIdentity stores an identity. It returns a *workspace.TakenError of
	// "subject" where it is somebody's, and workspace.ErrNotFound for the user.
	AddIdentity(ctx context.Context, i Identity) error
	// IdentityLogin returns the login of whom a subject of an issuer is, and the
	// identity, or workspace.ErrNotFound. Both are compared letter by letter.
	IdentityLogin(ctx context.Context, issuer, subject string) (Login, Identity, error)
	// FindIdentity returns an identity by its id, and the login of whom it is,
	// or workspace.ErrNotFound.
	FindIdentity(ctx context.Context, id IdentityID) (Login, Identity, error)
	// ListIdentities returns the identities of a user, the first to be linked
	// first.
	ListIdentities(ctx context.Context, user workspace.UserID) ([]Identity, error)
	// RemoveIdentity removes an identity, or returns workspace.ErrNotFound.
	RemoveIdentity(ctx context.Context, id IdentityID) error
	// EndVia ends the sessions of a user that began in one way.
	EndVia(ctx context.Context, user workspace.UserID, via string, why Ending) error
	// Spend notes by its digest that something was used, until it expires, and
	// forgets what expired at or before now. It returns workspace.ErrTaken for
	// what was used before.
	Spend(ctx context.Context, digest string, expires, now time.Time) error
}

// An Enroller makes accounts; a [workspace.Service] does.
type Enroller interface {
	// CreateUser makes a user, see [workspace.Service.CreateUser].
	CreateUser(ctx context.Context, actor workspace.Actor, u workspace.User) (workspace.User, error)
}

// Identify returns who an identity is here, for a request that comes with what
// its provider signed. No request may come here whose signature was not verified.
// It returns [ErrNoIdentity], and ErrRefused for a disabled user. It asks the
// database each time, so that an identity that is unlinked is refused at once.
func (s *Service) Identify(ctx context.Context, issuer, subject string) (workspace.User, error) {
	if (Claims{Issuer: issuer, Subject: subject}).check() != nil {
		return workspace.User{}, ErrNoIdentity
	}
	l, _, err := s.store.IdentityLogin(ctx, issuer, subject)
	switch {
	case errors.Is(err, workspace.ErrNotFound):
		return workspace.User{}, ErrNoIdentity
	case err != nil:
		return workspace.User{}, err
	case l.User.Disabled:
		return workspace.User{}, ErrRefused
	}
	return l.User, nil
}

// Enter signs in whom a provider has recognised, in a browser that is noted. No
// claims may come here that were not verified. It returns [ErrNoIdentity] for an
// identity that is nobody's here, and ErrRefused for a disabled user.
func (s *Service) Enter(ctx context.Context, who Claims, client, address string) (Session, error) {
	u, err := s.Identify(ctx, who.Issuer, who.Subject)
	if err != nil {
		return Session{}, err
	}
	var session Session
	err = s.store.Tx(ctx, func(ctx context.Context) (err error) {
		session, err = s.StartFor(ctx, u.ID, viaIdentity, client, address)
		if err != nil {
			return err
		}
		// The user's row is held now: whoever unlinks the identity did so before
		// this look at it, or finds the session to end.
		again, err := s.Identify(ctx, who.Issuer, who.Subject)
		if err == nil && again.ID != u.ID {
			err = ErrRefused
		}
		return err
	})
	if err != nil {
		return Session{}, err
	}
	return session, nil
}

// Enroll makes an account for an identity that is nobody's here, and links it. It
// is for providers whose people the operator lets in unseen. The account gets the
// name that it has there, with a number where that is taken here, and needs a
// verified e-mail address that nobody has: [*workspace.InvalidError] and
// [*workspace.TakenError] of "email" otherwise. An identity that somebody else
// linked at the same moment is his, and no error.
func (s *Service) Enroll(ctx context.Context, who Claims, address string) error {
	if err := who.check(); err != nil {
		return err
	}
	if s.accounts == nil {
		return ErrNoIdentity
	}
	if !who.EmailVerified || who.Email == "" {
		return &workspace.InvalidError{Field: "email", Expected: "an address that the identity provider has verified"}
	}
	for range 3 {
		err := s.enroll(ctx, who, address)
		taken, lost := errors.AsType[*workspace.TakenError](err)
		if !lost {
			return err
		}
		// He may have come in another window, to another server, just now.
		if _, _, other := s.store.IdentityLogin(ctx, who.Issuer, who.Subject); other == nil {
			return nil
		}
		if taken.Field != "username" { // that one was taken since it was looked for
			return err
		}
	}
	return ErrBusy
}

func (s *Service) enroll(ctx context.Context, who Claims, address string) error {
	name, err := s.free(ctx, who)
	if err != nil {
		return err
	}
	// It is the operator who lets this provider's people in, not who comes: he
	// may do nothing yet.
	actor := workspace.Actor{
		Principal: rbac.Administrators, Name: clip("sign-in at "+who.Issuer, 100), Via: viaIdentity, Address: address,
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		u, err := s.accounts.CreateUser(ctx, actor, workspace.User{
			Username: name, Email: who.Email, FirstName: clip(who.FirstName, 99), LastName: clip(who.LastName, 99), Language: spoken(who.Language),
		})
		if err != nil {
			return err
		}
		return s.link(ctx, actor, u, who)
	})
}

// free returns a username that nobody has at the moment, like the one that is
// wished.
func (s *Service) free(ctx context.Context, who Claims) (string, error) {
	wish := who.Username
	if wish == "" {
		wish = who.Email
	}
	// Not the whole of an address, which could be somebody else's.
	wish, _, _ = strings.Cut(wish, "@")
	wish = clip(strings.ReplaceAll(wish, ":", "-"), 60)
	if wish == "" {
		wish = "user"
	}
	for n := 1; n <= 20; n++ {
		name := wish
		if n > 1 {
			name += "-" + strconv.Itoa(n)
		}
		_, err := s.store.Login(ctx, name)
		if errors.Is(err, workspace.ErrNotFound) {
			return name, nil
		}
		if err != nil {
			return "", err
		}
	}
	return wish + "-" + strings.ToLower(secret()[:8]), nil
}

// clip returns what can be a line of at most so many characters.
func clip(text string, most int) string {
	text = strings.TrimSpace(named(text))
	if runes := []rune(text); len(runes) > most {
		text = strings.TrimSpace(string(runes[:most]))
	}
	return text
}

// spoken returns the tag of a language, nothing where it is none.
func spoken(tag string) string {
	if parsed, err := language.Parse(tag); err == nil && len(tag) <= 35 {
		return parsed.String()
	}
	return ""
}

// Link has the actor sign in with an identity from now on, whose claims its
// provider has just made and somebody has verified. Keys have no identity: the
// actor has to be a user. One that is his already is no error, one that is
// somebody else's a *workspace.TakenError of "subject".
func (s *Service) Link(ctx context.Context, actor workspace.Actor, who Claims) error {
	if actor.User == "" {
		return refused(actor)
	}
	u, err := s.charge(ctx, actor, actor.User, true)
	if err != nil {
		return err
	}
	return s.bind(ctx, actor, u, who)
}

// LinkFor has a user sign in with an identity from now on. Who does that can let
// anybody in as him: it needs workspace.Administer. An identity that is somebody
// else's is a *workspace.TakenError of "subject".
func (s *Service) LinkFor(ctx context.Context, actor workspace.Actor, user workspace.UserID, who Claims) error {
	if err := s.require(ctx, actor, workspace.Administer); err != nil {
		return err
	}
	l, err := s.store.Account(ctx, user)
	if err != nil {
		return err
	}
	return s.bind(ctx, actor, l.User, who)
}

// bind links an identity unless it is the user's already.
func (s *Service) bind(ctx context.Context, actor workspace.Actor, u workspace.User, who Claims) error {
	if err := who.check(); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.store.Hold(ctx, u.ID); err != nil {
			return err
		}
		l, _, err := s.store.IdentityLogin(ctx, who.Issuer, who.Subject)
		switch {
		case errors.Is(err, workspace.ErrNotFound):
			return s.link(ctx, actor, u, who)
		case err != nil:
			return err
		case l.User.ID != u.ID:
			return &workspace.TakenError{Field: "subject", Value: who.Subject}
		}
		return nil
	})
}

func (s *Service) link(ctx context.Context, actor workspace.Actor, u workspace.User, who Claims) error {
	name := clip(who.Username, 100)
	if name == "" {
		name = clip(who.Email, 100)
	}
	i := Identity{
		ID: IdentityID(uid.New()), User: u.ID, Issuer: who.Issuer, Subject: who.Subject, Name: name, Created: s.instant(),
	}
	if err := s.store.AddIdentity(ctx, i); err != nil {
		return err
	}
	return s.record(ctx, actor, i.Created, "user.link_identity", u, i.told())
}

// told is how the trail tells of an identity.
func (i Identity) told() map[string]string {
	return map[string]string{"identity": string(i.ID), "issuer": i.Issuer, "subject": i.Subject, "name": i.Name}
}

// Identities lists who a user is elsewhere, the first to be linked first.
// Everybody sees his own; others' need workspace.ManageUsers.
func (s *Service) Identities(ctx context.Context, actor workspace.Actor, user workspace.UserID) ([]Identity, error) {
	if _, err := s.charge(ctx, actor, user, false); err != nil {
		return nil, err
	}
	return s.store.ListIdentities(ctx, user)
}

// Unlink takes an identity away from its user, and ends the sessions that he
// began at identity providers, whichever. Everybody may unlink his own; others'
// need workspace.Administer. It returns [ErrLastIdentity] for the one that a user
// without password has left, whoever asks, and workspace.ErrNotFound for none,
// and to who may not know of it.
func (s *Service) Unlink(ctx context.Context, actor workspace.Actor, id IdentityID) error {
	missing := fmt.Errorf("%w: identity", workspace.ErrNotFound)
	l, i, err := s.store.FindIdentity(ctx, id)
	if errors.Is(err, workspace.ErrNotFound) {
		return missing
	}
	if err != nil {
		return err
	}
	if actor.User == "" || actor.User != l.User.ID {
		err = s.require(ctx, actor, workspace.Administer)
	} else {
		_, err = s.charge(ctx, actor, l.User.ID, true)
	}
	if err != nil {
		if errors.Is(err, rbac.ErrDenied) && !s.holds(ctx, actor, workspace.ManageUsers) {
			return missing
		}
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		held, err := s.store.Hold(ctx, l.User.ID)
		if err != nil {
			return err
		}
		list, err := s.store.ListIdentities(ctx, l.User.ID)
		if err != nil {
			return err
		}
		if held.Hash == "" && len(list) == 1 && list[0].ID == id {
			return ErrLastIdentity
		}
		if err := s.store.RemoveIdentity(ctx, id); err != nil {
			return err
		}
		if err := s.store.EndVia(ctx, l.User.ID, viaIdentity, IdentityUnlinked); err != nil {
			return err
		}
		return s.record(ctx, actor, s.instant(), "user.unlink_identity", held.User, i.told())
	})
}

// SpendOnce returns nil to the first who comes with a secret that works until it
// expires, on whichever server, and ErrRefused to everybody after him.
func (s *Service) SpendOnce(ctx context.Context, secret string, expires time.Time) error {
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		return s.store.Spend(ctx, digestOf(secret), expires, s.instant())
	})
	if errors.Is(err, workspace.ErrTaken) {
		return ErrRefused
	}
	return err
}

// check refuses what cannot be who somebody is.
func (c Claims) check() error {
	for field, text := range map[string]string{"issuer": c.Issuer, "subject": c.Subject} {
		// 255 is what OpenID Connect allows a subject.
		if text == "" || len(text) > 255 || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return &workspace.InvalidError{Field: field, Expected: "1 to 255 bytes of text on one line"}
		}
	}
	return nil
}
