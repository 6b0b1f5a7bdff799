package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

const (
	// resetLife is how long the link of a mail works.
	resetLife = time.Hour
	// openResets is how many such mails may be under way to one user.
	openResets = 3
	// tokenPlace stands for the token in an address.
	tokenPlace = "{token}"
)

// Resettable reports whether there is mail to reset a password by.
func (s *Service) Resettable() bool { return s.mail != nil && strings.Contains(s.resetURL, tokenPlace) }

// RequestReset has a mail sent to the user of an e-mail address or a username,
// with a link to choose a new password by: for an hour, once, and as long as the
// password does not change. At most three of them are under way at a time.
//
// It returns the same after the same time, Options.ResetTime, whether there is
// such a user or not. Nobody who is disabled, or never had a password (he signs
// in elsewhere), is sent anything. It returns ErrNoMail where there is no mail,
// and a [*ThrottledError] to a network that asks again and again.
func (s *Service) RequestReset(ctx context.Context, nameOrEmail, address string) error {
	if !s.Resettable() {
		return ErrNoMail
	}
	answer := time.NewTimer(s.resetTime)
	defer answer.Stop()
	if err := s.askReset(ctx, nameOrEmail, address); err != nil {
		return err
	}
	select {
	case <-answer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Service) askReset(ctx context.Context, nameOrEmail, address string) error {
	if _, err := s.claim(ctx, networkSubjects("reset", address)); err != nil {
		return err
	}
	if !plausible(nameOrEmail) {
		return nil
	}
	found, err := s.store.Addressee(ctx, nameOrEmail)
	if errors.Is(err, workspace.ErrNotFound) || err == nil && !found.usable() {
		return nil
	}
	if err != nil {
		return err
	}
	token := secret()
	return s.store.Tx(ctx, func(ctx context.Context) error {
		l, err := s.store.Hold(ctx, found.User.ID)
		if errors.Is(err, workspace.ErrNotFound) || err == nil && !l.usable() {
			return nil
		}
		if err != nil {
			return err
		}
		now := s.instant()
		open, err := s.store.CountResets(ctx, l.User.ID, now)
		if err != nil || open >= openResets {
			return err
		}
		expires := now.Add(resetLife)
		if err := s.store.AddReset(ctx, digestOf(token), l.User.ID, now, expires); err != nil {
			return err
		}
		err = s.mail.Enqueue(ctx, mail.Message{
			Kind: mail.PasswordReset, Language: l.User.Language, To: l.User.Email,
			Data: map[string]string{
				"name": called(l.User), "link": strings.ReplaceAll(s.resetURL, tokenPlace, token),
				"expires": expires.Format(time.RFC3339),
			},
		})
		if err != nil {
			return err
		}
		return s.record(ctx, workspace.Guest(address), now, "user.request_reset", l.User, nil)
	})
}

// called is how a mail speaks to a user.
func called(u workspace.User) string {
	if name := strings.TrimSpace(u.FirstName + " " + u.LastName); name != "" {
		return name
	}
	return u.Username
}

// Reset sets the password of the user whom a token was sent to. It ends his
// sessions, access tokens and other such tokens, forgets who failed to guess his
// password, and has him told by mail. A token that was not sent, was used or has
// ended is a *workspace.InvalidError of "token", and a password that cannot be
// one leaves the token as it is.
func (s *Service) Reset(ctx context.Context, token, password, address string) error {
	network := networkSubjects("network", address)
	if err := s.mayTry(ctx, network); err != nil {
		return err
	}
	l, err := s.resetLogin(ctx, token)
	if errors.Is(err, workspace.ErrNotFound) {
		if _, err := s.claim(ctx, network); err != nil {
			return err
		}
		return errReset()
	}
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
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		held, err := s.store.Hold(ctx, l.User.ID)
		if err != nil {
			return err
		}
		if !held.usable() {
			return workspace.ErrNotFound
		}
		if err := s.store.EndReset(ctx, digestOf(token)); err != nil {
			return err
		}
		actor := workspace.Actor{Principal: held.User.Num, User: held.User.ID, Name: held.User.Username, Via: "mail", Address: address}
		return s.change(ctx, actor, held, hash, "user.reset_password")
	})
	if errors.Is(err, workspace.ErrNotFound) { // used just now
		return errReset()
	}
	return err
}

// resetLogin returns whose token it is, or workspace.ErrNotFound.
func (s *Service) resetLogin(ctx context.Context, token string) (Login, error) {
	if !secretive(token) {
		return Login{}, workspace.ErrNotFound
	}
	l, end, err := s.store.ResetLogin(ctx, digestOf(token))
	if errors.Is(err, workspace.ErrNotFound) || err == nil && (!l.usable() || !s.now().Before(end)) {
		return Login{}, workspace.ErrNotFound
	}
	return l, err
}

// errReset says the same whatever is wrong with a token.
func errReset() error {
	return &workspace.InvalidError{Field: "token", Expected: "the token of a mail of the last hour that was not used"}
}

// change sets a password in the unit of work that it is called in, with what
// goes with it. A first password is no change that its user has to hear of.
func (s *Service) change(ctx context.Context, actor workspace.Actor, l Login, hash, action string) error {
	now, u := s.instant(), l.User
	if _, err := s.store.SetHash(ctx, u.ID, hash, now); err != nil {
		return err
	}
	if err := s.store.ForgetTries(ctx, nameSubject(u.Username).key); err != nil {
		return err
	}
	if s.mail != nil && l.Hash != "" {
		err := s.mail.Enqueue(ctx, mail.Message{
			Kind: mail.PasswordChanged, Language: u.Language, To: u.Email,
			Data: map[string]string{"name": called(u), "at": now.Format(time.RFC3339)},
		})
		if err != nil {
			return err
		}
	}
	return s.record(ctx, actor, now, action, u, nil)
}
