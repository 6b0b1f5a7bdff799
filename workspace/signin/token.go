package signin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// tokenBytes is how much randomness an access token is made of.
const tokenBytes = 32

// A Token is an access token as its client gets it, once.
type Token struct {
	Secret  string
	User    workspace.UserID
	Expires time.Time
}

// Issue exchanges a name and a password for an access token, on behalf of a
// client program that is noted. It returns ErrRefused and ErrBusy as
// [Service.Password] does.
func (s *Service) Issue(ctx context.Context, username, password, client, address string) (Token, error) {
	return s.issue(ctx, username, password, client, ClientType(client), address, "password", nil)
}

// IssueTechnical is like [Service.Issue] for service accounts, and refuses
// everybody else: no person's password is to be found in a program.
func (s *Service) IssueTechnical(ctx context.Context, username, password, address string) (Token, error) {
	// What it is called says who it is, and not what it comes with.
	return s.issue(ctx, username, password, username, clientUnknown, address, "client_credentials", func(u workspace.User) error {
		if !u.Technical {
			return ErrRefused
		}
		return nil
	})
}

func (s *Service) issue(ctx context.Context, username, password, client, kind, address, grant string, admit func(workspace.User) error) (Token, error) {
	l, err := s.check(ctx, username, password, address)
	if err != nil {
		return Token{}, err
	}
	if admit != nil {
		if err := admit(l.User); err != nil {
			return Token{}, err
		}
	}
	client = named(client)
	t := Token{Secret: secret(), User: l.User.ID}
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		now := s.instant()
		t.Expires = now.Add(s.life)
		if err := s.store.CountLogin(ctx, l.User.ID, kind, now); err != nil {
			return err
		}
		// Noting the login holds the user's row, so that a change of password
		// comes either before the next look at it or after the token is there
		// to be ended.
		if err := s.store.SetLogin(ctx, l.User.ID, now); err != nil {
			return err
		}
		again, err := s.store.Login(ctx, l.User.Username)
		if err != nil {
			return err
		}
		if !again.usable() || again.Hash != l.Hash {
			return ErrRefused
		}
		if err := s.store.AddToken(ctx, digestOf(t.Secret), t, client, now); err != nil {
			return err
		}
		actor := workspace.Actor{Principal: l.User.Num, User: l.User.ID, Name: l.User.Username, Via: "password", Address: address}
		return s.record(ctx, actor, now, "user.sign_in", l.User, map[string]string{"client": client, "grant": grant})
	})
	switch {
	case errors.Is(err, workspace.ErrNotFound): // removed just now
		return Token{}, ErrRefused
	case err != nil:
		return Token{}, err
	}
	return t, nil
}

// Bearer returns whose access token it is. It returns ErrRefused for one that
// is unknown or has ended, and for that of a disabled user. It asks the
// database each time, so that a token ends everywhere at once.
func (s *Service) Bearer(ctx context.Context, secret string) (workspace.User, error) {
	if !secretive(secret) {
		return workspace.User{}, ErrRefused
	}
	u, end, err := s.store.TokenUser(ctx, digestOf(secret))
	switch {
	case errors.Is(err, workspace.ErrNotFound):
		return workspace.User{}, ErrRefused
	case err != nil:
		return workspace.User{}, err
	case u.Disabled, !s.now().Before(end):
		return workspace.User{}, ErrRefused
	}
	return u, nil
}

// digestOf is what is kept of a token. It needs neither salt nor slowness: what
// is random cannot be guessed.
func digestOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// named returns what a client calls itself, as the trail can keep it.
func named(client string) string {
	text := []rune(strings.ToValidUTF8(client, ""))
	kept := make([]rune, 0, min(len(text), 100))
	for _, r := range text {
		if len(kept) == cap(kept) {
			break
		}
		if unicode.IsPrint(r) {
			kept = append(kept, r)
		}
	}
	return string(kept)
}
