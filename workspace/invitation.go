package workspace

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// An Invitation lets somebody become a member of a workspace by himself. Who
// made it answers for it until it is accepted: he must hold then what it gives.
type Invitation struct {
	ID        InvitationID
	Num       int64
	Workspace ID
	Kind      InvitationKind
	// Email is whom a personal one is for, compared regardless of case.
	Email string
	// Domains are those that an address must be of, exactly, to come by an open
	// one, none for any. MaxUses is how many may come, Uses how many have.
	Domains []string
	MaxUses int64
	Uses    int64
	// Roles and Groups, which are of the workspace, are what it gives.
	Roles  []rbac.RoleName
	Groups []GroupID
	// Language is a BCP 47 tag, "en" unless said otherwise.
	Language string
	Inviter  Inviter
	State    InvitationState
	// Sent is how often its link was mailed, Mailed whether the present one was.
	Sent   int64
	Mailed bool
	// AcceptedBy is empty for an open one, which many accept.
	AcceptedBy UserID
	AcceptedAt time.Time
	Expires    time.Time
	Created    time.Time
	Updated    time.Time
}

// An InvitationKind says whom an invitation is for.
type InvitationKind string

// The kinds of invitations.
const (
	// Personal invitations are bound to an address and accepted once.
	Personal InvitationKind = "personal"
	// Open invitations are links that a number of people may use.
	Open InvitationKind = "open"
)

// An InvitationState is where an invitation stands.
type InvitationState string

// The states. From Pending an invitation goes to any of the others, from
// Expired back to Pending, when it is sent again, or to Revoked. The others are
// final.
const (
	Pending  InvitationState = "pending"
	Accepted InvitationState = "accepted"
	Declined InvitationState = "declined"
	Revoked  InvitationState = "revoked"
	Expired  InvitationState = "expired"
)

// An Inviter is who answers for an invitation: who made it, sent it again or
// changed what it gives last, as he was then.
type Inviter struct {
	User UserID // empty for who is no user and acts for none
	// Principal is who has the power: the user, or the key that he came with.
	Principal rbac.Principal
	Name      string
	Email     string
}

// An InvitationFilter chooses invitations. Its zero value chooses all, in order
// of creation.
type InvitationFilter struct {
	IDs       []InvitationID
	Workspace ID
	Kind      InvitationKind
	Email     string // exactly, regardless of case
	Search    string // in the address, regardless of case
	// EmailHas is in the address, and InviterEmailHas in that of who answers for
	// it, as it was then, regardless of case.
	EmailHas        string
	InviterEmailHas string
	// Roles keeps those that give one of them.
	Roles []rbac.RoleName
	// Created and Expires are when it was made and when it ends.
	Created Period
	Expires Period
	// Inviter keeps those that a principal answers for.
	Inviter rbac.Principal
	// InviterUser keeps those that a user answers for, himself or by a key that
	// acts for him.
	InviterUser UserID
	States      []InvitationState
	// At is when the states are those asked for: what is pending expires. The
	// service sets it; the zero time leaves states as they were set.
	At    time.Time
	Order Order
	After *Mark
	// Newest turns round the order of the list itself.
	Newest bool
	Offset int
	Limit  int // 0 for no bound
}

// A Ticket is what opens an invitation, as it is kept.
type Ticket struct {
	Digest string // of the token: SHA-256 in hexadecimal
	// Sealed is the token under the server's key, empty where there is none.
	Sealed string
	// Version counts the tokens that the invitation had.
	Version int64
	// Hold keeps a seat free, empty where seats are not counted.
	Hold quota.ReservationID
}

// An InvitationUse tells who came by an open invitation.
type InvitationUse struct {
	Invitation InvitationID
	User       UserID
	// Made is whether the account was made there: its address is only what
	// somebody said, and fits no list of domains.
	Made bool
	At   time.Time
}

// An InvitationUseFilter chooses uses. Its zero value chooses all.
type InvitationUseFilter struct {
	Invitation InvitationID
	User       UserID
	Made       *bool
}

// What bounds an invitation.
const (
	maxUses     = 10_000
	maxDomains  = 50
	longestLife = 366 * 24 * time.Hour
)

// at returns the invitation as it stands at a time.
func (i Invitation) at(now time.Time) Invitation {
	if i.State == Pending && !now.Before(i.Expires) {
		i.State = Expired
	}
	return i
}

// invitationEvent returns an event about an invitation.
func (w Workspace) invitationEvent(action string, i Invitation) audit.Event {
	name := i.Email
	if i.Kind == Open {
		name = "open link"
	}
	return w.about(action, audit.Object{Kind: "invitation", ID: string(i.ID), Name: name})
}

// gives is how the trail tells what an invitation gives.
func (i Invitation) gives() changes {
	c := changes{"kind": i.Kind, "roles": i.Roles, "groups": i.Groups, "language": i.Language, "expires": i.Expires}
	if i.Kind == Open {
		c["max_uses"], c["domains"] = i.MaxUses, i.Domains
	}
	return c
}

// cleanInvitation checks what is given of a new invitation, and fills in what
// is not.
func (s *Service) cleanInvitation(i *Invitation) error {
	if i.Kind == "" {
		i.Kind = Personal
	}
	now := s.clock()
	if i.Expires.IsZero() {
		i.Expires = now.Add(s.life)
	}
	i.Expires = i.Expires.UTC().Truncate(time.Microsecond)
	if !i.Expires.After(now) || i.Expires.After(now.Add(longestLife)) {
		return &InvalidError{Field: "expires", Expected: "a time to come, at most a year from now"}
	}
	if err := tongue(&i.Language); err != nil {
		return err
	}
	switch i.Kind {
	case Personal:
		if len(i.Domains) > 0 || i.MaxUses != 0 {
			return &InvalidError{Field: "kind", Expected: "open, for a list of domains or a number of uses"}
		}
		return address(&i.Email)
	case Open:
		if i.Email != "" {
			return &InvalidError{Field: "email", Expected: "none in an open invitation"}
		}
		if i.MaxUses < 1 || i.MaxUses > maxUses {
			return &InvalidError{Field: "max_uses", Expected: "1 to 10000"}
		}
		return domains(&i.Domains)
	}
	return &InvalidError{Field: "kind", Expected: "personal or open"}
}

// address checks an address and writes its domain, which has no case, in lower
// case.
func address(text *string) error {
	*text = strings.TrimSpace(*text)
	if err := email(*text); err != nil {
		return err
	}
	at := strings.LastIndexByte(*text, '@')
	*text = (*text)[:at] + strings.ToLower((*text)[at:])
	return nil
}

// domains checks a list of domains and returns each once, sorted, in lower case.
func domains(list *[]string) error {
	wrong := &InvalidError{Field: "domains", Expected: "at most 50 domains as example.org"}
	if len(*list) > maxDomains {
		return wrong
	}
	clean := []string{}
	for _, d := range *list {
		d = strings.ToLower(strings.TrimSpace(d))
		if strings.Contains(d, "@") || !strings.Contains(d, ".") || email("x@"+d) != nil {
			return wrong
		}
		clean = append(clean, d)
	}
	*list = distinct(clean)
	return nil
}

// admits reports whether an address may come by an open invitation.
func (i Invitation) admits(address string) bool {
	at := strings.LastIndexByte(address, '@')
	return len(i.Domains) == 0 || at >= 0 && slices.Contains(i.Domains, strings.ToLower(address[at+1:]))
}

// giving checks what an invitation gives, and that the actor may give it.
func (s *Service) giving(ctx context.Context, actor Actor, w Workspace, i *Invitation) error {
	known, err := s.rights.Roles(ctx)
	if err != nil {
		return err
	}
	if i.Roles, err = givable(known, i.Roles); err != nil {
		return err
	}
	i.Groups = distinct(i.Groups)
	groups, err := s.groupsOf(ctx, w, i.Groups)
	if err != nil {
		return err
	}
	if len(groups) != len(i.Groups) {
		return &InvalidError{Field: "groups", Expected: "groups of the workspace"}
	}
	return s.covers(ctx, actor, w, i.Roles, groups)
}

// groupsOf returns those groups that are of a workspace.
func (s *Service) groupsOf(ctx context.Context, w Workspace, ids []GroupID) ([]Group, error) {
	if len(ids) == 0 { // an empty list would choose none, and cost a statement
		return nil, nil
	}
	return s.store.Groups(ctx, GroupFilter{IDs: ids, Workspace: w.ID})
}

// inviter returns the actor as who answers for an invitation.
func (s *Service) inviter(ctx context.Context, actor Actor) (Inviter, error) {
	by := Inviter{Principal: actor.Principal, User: actor.User, Name: actor.Name}
	var u User
	var err error
	switch {
	case actor.User != "":
		u, err = s.own(ctx, actor)
	case actor.Behalf != "":
		by.User = actor.Behalf
		u, err = s.user(ctx, actor.Behalf)
	default:
		return by, nil
	}
	if err != nil {
		return by, err
	}
	by.Email = u.Email
	if name := strings.TrimSpace(u.FirstName + " " + u.LastName); name != "" {
		by.Name = name
	}
	return by, nil
}

// Invitations lists the invitations of a workspace, and how many there are. It
// needs [ManageMembers].
func (s *Service) Invitations(ctx context.Context, actor Actor, id ID, f InvitationFilter) ([]Invitation, int, error) {
	w, err := s.find(ctx, actor, id, s.on(actor, ManageMembers))
	if err != nil {
		return nil, 0, err
	}
	f.Workspace, f.At = w.ID, s.clock()
	list, err := s.store.Invitations(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	for k, i := range list {
		list[k] = i.at(f.At)
	}
	total, err := s.store.CountInvitations(ctx, f)
	return list, total, err
}

// Invitation returns one. It needs [ManageMembers].
func (s *Service) Invitation(ctx context.Context, actor Actor, id InvitationID) (Invitation, error) {
	i, err := s.invitation(ctx, actor, id)
	if err != nil {
		return Invitation{}, err
	}
	return i.at(s.clock()), nil
}

// invitation returns an invitation, as it is kept, to who may manage members
// of its workspace.
func (s *Service) invitation(ctx context.Context, actor Actor, id InvitationID) (Invitation, error) {
	if err := actor.Known(); err != nil {
		return Invitation{}, err
	}
	i, err := one(s.store.Invitations(ctx, InvitationFilter{IDs: []InvitationID{id}}))
	if err != nil {
		return Invitation{}, err
	}
	_, err = s.find(ctx, actor, i.Workspace, s.on(actor, ManageMembers))
	return i, err
}

// changeInvitation runs fn in a unit of work that holds the workspace locked,
// with the invitation as it stands.
func (s *Service) changeInvitation(
	ctx context.Context, actor Actor, id InvitationID, fn func(ctx context.Context, w Workspace, i Invitation) error,
) error {
	found, err := s.invitation(ctx, actor, id)
	if err != nil {
		return err
	}
	return s.change(ctx, actor, found.Workspace, s.on(actor, ManageMembers), func(ctx context.Context, w Workspace) error {
		i, err := one(s.store.Invitations(ctx, InvitationFilter{IDs: []InvitationID{id}}))
		if err != nil {
			return err
		}
		return fn(ctx, w, i)
	})
}

// settle moves an invitation to a state from one of others, and gives back the
// seat it held.
func (s *Service) settle(ctx context.Context, i Invitation, to InvitationState, from ...InvitationState) (Invitation, error) {
	i.State, i.Updated = to, s.clock()
	moved, err := s.store.SettleInvitation(ctx, i, from...)
	if err != nil {
		return i, err
	}
	if !moved {
		return i, ErrSettled
	}
	t, err := s.store.Ticket(ctx, i.ID)
	if err != nil {
		return i, err
	}
	return i, s.letGo(ctx, t)
}

// UpdateInvitation changes roles, groups and language of an invitation that is
// pending; who changes what it gives answers for it from then on. It needs
// [ManageMembers], and returns ErrSettled for one that is no longer pending. A
// change of anything else is an InvalidError, one of nothing leaves no trace.
func (s *Service) UpdateInvitation(
	ctx context.Context, actor Actor, id InvitationID, change func(*Invitation) error,
) (Invitation, error) {
	var changed Invitation
	err := s.changeInvitation(ctx, actor, id, func(ctx context.Context, w Workspace, i Invitation) error {
		now := s.clock()
		if i.at(now).State != Pending {
			return ErrSettled
		}
		next := i
		next.Roles, next.Groups, next.Domains = slices.Clone(i.Roles), slices.Clone(i.Groups), slices.Clone(i.Domains)
		if err := change(&next); err != nil {
			return err
		}
		if err := first(tongue(&next.Language), next.fixed(i)); err != nil {
			return err
		}
		next.Roles, next.Groups = distinct(next.Roles), distinct(next.Groups)
		set := changes{}
		if !slices.Equal(i.Roles, next.Roles) {
			set["roles"] = next.Roles
		}
		if !slices.Equal(i.Groups, next.Groups) {
			set["groups"] = next.Groups
		}
		if len(set) > 0 {
			if err := s.giving(ctx, actor, w, &next); err != nil {
				return err
			}
			var err error
			if next.Inviter, err = s.inviter(ctx, actor); err != nil {
				return err
			}
		}
		note(set, "language", i.Language, next.Language)
		changed = next
		if len(set) == 0 {
			return nil
		}
		changed.Updated = now
		if err := s.store.SaveInvitation(ctx, changed); err != nil {
			return err
		}
		return s.record(ctx, actor, w.invitationEvent("invitation.update", changed), set)
	})
	if err != nil {
		return Invitation{}, err
	}
	return changed, nil
}

func (i Invitation) fixed(before Invitation) error {
	listed := func(list []string) string { return strings.Join(list, " ") }
	return first(
		fixed("id", before.ID, i.ID), fixed("num", before.Num, i.Num), fixed("workspace", before.Workspace, i.Workspace),
		fixed("kind", before.Kind, i.Kind), fixed("email", before.Email, i.Email),
		fixed("domains", listed(before.Domains), listed(i.Domains)), fixed("max_uses", before.MaxUses, i.MaxUses),
		fixed("uses", before.Uses, i.Uses), fixed("inviter", before.Inviter, i.Inviter), fixed("state", before.State, i.State),
		fixed("sent", before.Sent, i.Sent), fixed("mailed", before.Mailed, i.Mailed),
		fixed("accepted_by", before.AcceptedBy, i.AcceptedBy), fixed("accepted_at", before.AcceptedAt, i.AcceptedAt),
		fixed("expires", before.Expires, i.Expires), fixed("created", before.Created, i.Created),
		fixed("updated", before.Updated, i.Updated),
	)
}

// RevokeInvitation makes the link of an invitation open nothing any more. It
// needs [ManageMembers], and returns ErrSettled for one that was answered.
// Doing so twice changes nothing.
func (s *Service) RevokeInvitation(ctx context.Context, actor Actor, id InvitationID) error {
	return s.changeInvitation(ctx, actor, id, func(ctx context.Context, w Workspace, i Invitation) error {
		if i.State == Revoked {
			return nil
		}
		i, err := s.settle(ctx, i, Revoked, Pending, Expired)
		if err != nil {
			return err
		}
		return s.record(ctx, actor, w.invitationEvent("invitation.revoke", i), nil)
	})
}
