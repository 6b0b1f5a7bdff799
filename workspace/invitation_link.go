package workspace

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// A Sealer encrypts what must be shown again, for a context without which it
// cannot be opened. An apikey.Sealer does.
type Sealer interface {
	Seal(plaintext, context []byte) (string, error)
	Open(text string, context []byte) ([]byte, error)
}

// An Invited is the answer to one of many invitations.
type Invited struct {
	Invitation Invitation
	Link       string
	Err        error
}

// defaultURL is where links lead unless a host says otherwise.
const defaultURL = "/invitation?token=" + placeholder

// placeholder stands for the token in the address of a link.
const placeholder = "{token}"

// tokenSize is how many random bytes a token is made of.
const tokenSize = 32

// mostInvited bounds how many are invited at once.
const mostInvited = 500

// inviting takes over what options say of invitations.
func (s *Service) inviting(opts *Options) {
	s.life = cmp.Or(opts.InvitationLife, 7*24*time.Hour)
	s.link = cmp.Or(opts.InvitationURL, defaultURL)
	if strings.HasPrefix(s.link, "/") {
		s.link = strings.TrimSuffix(opts.PublicURL, "/") + s.link
	}
	s.sealer, s.mailer, s.passwords = opts.Sealer, opts.Mailer, opts.Passwords
}

// linkOf returns the link that a token is in.
func (s *Service) linkOf(token string) string { return strings.ReplaceAll(s.link, placeholder, token) }

// digestOf returns what is kept of a token, and false for what none of ours can
// be, so that no database is asked for it.
func digestOf(token string) (string, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenSize {
		return "", false
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:]), true
}

// sealing is what a token is sealed for: one version of one invitation.
func sealing(id InvitationID, version int64) []byte {
	return fmt.Appendf(nil, "invitation %s %d", id, version)
}

// ticket makes the token of an invitation, and holds a seat for it.
func (s *Service) ticket(ctx context.Context, w Workspace, i Invitation, version int64) (Ticket, string, error) {
	raw := make([]byte, tokenSize)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	token := base64.RawURLEncoding.EncodeToString(raw)
	t := Ticket{Version: version}
	t.Digest, _ = digestOf(token)
	var err error
	if s.sealer != nil {
		if t.Sealed, err = s.sealer.Seal([]byte(token), sealing(i.ID, version)); err != nil {
			return t, "", err
		}
	}
	t.Hold, err = s.hold(ctx, w, i, version)
	return t, token, err
}

// Invite makes an invitation and returns it with its link, which is mailed to
// whom a personal one is for if there is a Mailer. Of what is given it takes
// Kind (personal unless said otherwise), Email, Domains, MaxUses, Roles, Groups,
// Language and Expires. It needs [ManageMembers], and everything that it gives.
//
// It returns an InvalidError for a field that is malformed, a TakenError for
// the "email" of a member, a PendingError for one that is invited already, and
// a *[quota.ExceededError] for a personal one where no seat is free.
func (s *Service) Invite(ctx context.Context, actor Actor, id ID, i Invitation) (Invitation, string, error) {
	var made Invitation
	var link string
	err := s.change(ctx, actor, id, s.on(actor, ManageMembers), func(ctx context.Context, w Workspace) error {
		next := Invitation{
			ID: InvitationID(uid.New()), Workspace: w.ID, Kind: i.Kind, Email: i.Email, Domains: slices.Clone(i.Domains),
			MaxUses: i.MaxUses, Roles: slices.Clone(i.Roles), Groups: slices.Clone(i.Groups), Language: i.Language,
			State: Pending, Expires: i.Expires, Created: s.clock(),
		}
		next.Updated = next.Created
		if err := s.cleanInvitation(&next); err != nil {
			return err
		}
		if err := s.giving(ctx, actor, w, &next); err != nil {
			return err
		}
		if err := s.unknown(ctx, w, next); err != nil {
			return err
		}
		var err error
		if next.Inviter, err = s.inviter(ctx, actor); err != nil {
			return err
		}
		t, token, err := s.ticket(ctx, w, next, 1)
		if err != nil {
			return err
		}
		link = s.linkOf(token)
		if err := s.send(ctx, w, &next, link); err != nil {
			return err
		}
		if made, err = s.store.AddInvitation(ctx, next, t); err != nil {
			return err
		}
		return s.record(ctx, actor, w.invitationEvent("invitation.create", made), made.gives())
	})
	if err != nil {
		return Invitation{}, "", err
	}
	return made, link, nil
}

// unknown refuses to invite who is a member, or is invited already. What has
// expired is put out of the way of a new one.
func (s *Service) unknown(ctx context.Context, w Workspace, i Invitation) error {
	if i.Kind != Personal {
		return nil
	}
	users, err := s.store.Users(ctx, UserFilter{Email: i.Email})
	if err != nil {
		return err
	}
	if len(users) > 0 {
		is, err := s.store.CountMembers(ctx, MemberFilter{Workspace: w.ID, Principals: []rbac.Principal{users[0].Num}})
		if err != nil {
			return err
		}
		if is > 0 {
			return &TakenError{Field: "email", Value: i.Email}
		}
	}
	return s.alone(ctx, w, i)
}

// alone makes sure that no other personal invitation of a workspace is pending
// for an address.
func (s *Service) alone(ctx context.Context, w Workspace, i Invitation) error {
	others, err := s.store.Invitations(ctx, InvitationFilter{
		Workspace: w.ID, Kind: Personal, Email: i.Email, States: []InvitationState{Pending},
	})
	if err != nil {
		return err
	}
	for _, other := range others {
		switch {
		case other.ID == i.ID:
		case other.at(s.clock()).State == Pending:
			return &PendingError{ID: other.ID}
		default:
			if _, err := s.settle(ctx, other, Expired, Pending); err != nil {
				return err
			}
		}
	}
	return nil
}

// send mails the link of a personal invitation, if there is a way to.
func (s *Service) send(ctx context.Context, w Workspace, i *Invitation, link string) error {
	i.Mailed = false
	if s.mailer == nil || i.Kind != Personal {
		return nil
	}
	known, err := s.rights.Roles(ctx)
	if err != nil {
		return err
	}
	var titles []string
	for _, r := range known {
		if slices.Contains(i.Roles, r.Name) {
			titles = append(titles, r.Title)
		}
	}
	i.Mailed = true
	i.Sent++
	return s.mailer.Enqueue(ctx, mail.Message{
		Kind: mail.Invitation, Language: i.Language, To: i.Email, Organization: string(w.Organization),
		Data: map[string]string{
			"inviter": i.Inviter.Name, "invitee": i.Email, "workspace": w.Name, "role": strings.Join(titles, ", "),
			"link": link, "expires": i.Expires.Format(time.RFC3339),
		},
	})
}

// InviteMany makes invitations, at most 500, each in a unit of work of its own,
// and answers for each: one that is refused keeps no other from being made. It
// needs [ManageMembers], without which none is tried. It must not be called in
// a unit of work.
func (s *Service) InviteMany(ctx context.Context, actor Actor, id ID, list []Invitation) ([]Invited, error) {
	if _, err := s.find(ctx, actor, id, s.on(actor, ManageMembers)); err != nil {
		return nil, err
	}
	if len(list) > mostInvited {
		return nil, &InvalidError{Field: "invitations", Expected: "at most 500"}
	}
	answers := make([]Invited, 0, len(list))
	for _, i := range list {
		var answer Invited
		answer.Invitation, answer.Link, answer.Err = s.Invite(ctx, actor, id, i)
		answers = append(answers, answer)
	}
	return answers, nil
}

// ResendInvitation gives an invitation that is pending, or has expired, a new
// link and a new life; the former link opens nothing any more. Who does so
// answers for it from then on, so he must hold everything that it gives. It
// needs [ManageMembers], and returns ErrSettled for one that was answered or
// revoked, and otherwise what [Service.Invite] returns.
func (s *Service) ResendInvitation(ctx context.Context, actor Actor, id InvitationID) (Invitation, string, error) {
	var sent Invitation
	var link string
	err := s.changeInvitation(ctx, actor, id, func(ctx context.Context, w Workspace, i Invitation) error {
		if i.State != Pending && i.State != Expired {
			return ErrSettled
		}
		if err := s.giving(ctx, actor, w, &i); err != nil {
			return err
		}
		if err := s.unknown(ctx, w, i); err != nil {
			return err
		}
		var err error
		if i.Inviter, err = s.inviter(ctx, actor); err != nil {
			return err
		}
		before, err := s.store.Ticket(ctx, i.ID)
		if err != nil {
			return err
		}
		if err := s.letGo(ctx, before); err != nil {
			return err
		}
		i.Updated = s.clock()
		i.Expires = i.Updated.Add(s.life)
		t, token, err := s.ticket(ctx, w, i, before.Version+1)
		if err != nil {
			return err
		}
		link = s.linkOf(token)
		if err := s.send(ctx, w, &i, link); err != nil {
			return err
		}
		if err := s.reopen(ctx, &i, t); err != nil {
			return err
		}
		sent = i
		return s.record(ctx, actor, w.invitationEvent("invitation.resend", i), i.gives())
	})
	if err != nil {
		return Invitation{}, "", err
	}
	return sent, link, nil
}

// reopen stores an invitation that is sent again.
func (s *Service) reopen(ctx context.Context, i *Invitation, t Ticket) error {
	i.State = Pending
	moved, err := s.store.SettleInvitation(ctx, *i, Pending, Expired)
	if err != nil {
		return err
	}
	if !moved {
		return ErrSettled
	}
	if err := s.store.SaveInvitation(ctx, *i); err != nil {
		return err
	}
	return s.store.SaveTicket(ctx, i.ID, t)
}

// InvitationLink shows the link of an invitation that is pending again, which
// leaves an event each time. It needs [ManageMembers], and returns ErrSettled
// for one that is no longer pending, and ErrNoLink where it was not kept or
// cannot be read any more.
func (s *Service) InvitationLink(ctx context.Context, actor Actor, id InvitationID) (string, error) {
	var link string
	err := s.changeInvitation(ctx, actor, id, func(ctx context.Context, w Workspace, i Invitation) error {
		if i.at(s.clock()).State != Pending {
			return ErrSettled
		}
		t, err := s.store.Ticket(ctx, i.ID)
		if err != nil {
			return err
		}
		if s.sealer == nil || t.Sealed == "" {
			return ErrNoLink
		}
		token, err := s.sealer.Open(t.Sealed, sealing(i.ID, t.Version))
		if err != nil { // sealed under another key
			return fmt.Errorf("%w: %w", ErrNoLink, err)
		}
		link = s.linkOf(string(token))
		return s.record(ctx, actor, w.invitationEvent("invitation.show_link", i), nil)
	})
	if err != nil {
		return "", err
	}
	return link, nil
}
