package workspace

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Passwords keep what people sign in with; signin.Service does.
type Passwords interface {
	// Set sets a user's password, in the caller's unit of work. It returns an
	// InvalidError for one that is not good enough.
	Set(ctx context.Context, user UserID, password string) error
}

// An Offer is what an invitation shows to who holds its link.
type Offer struct {
	Kind InvitationKind
	// Inviter and Workspace are names.
	Inviter   string
	Workspace string
	// Email is whom a personal one is for, and Account whether there is an
	// account of that address, which alone can accept then.
	Email   string
	Account bool
	// Domains are those that the address of an account must be of.
	Domains  []string
	Roles    []rbac.RoleName
	Language string
	Expires  time.Time
}

// An Acceptance is what somebody says of himself to have an account made. Who
// has one says nothing.
type Acceptance struct {
	// Username is the address when empty.
	Username string
	// Email is asked for by open invitations only.
	Email     string
	FirstName string
	LastName  string
	Language  string // the invitation's when empty
	Password  string
}

// InvitationOffer tells who holds the token of an invitation what it offers,
// and changes nothing. It returns ErrNotFound for what is none, was answered or
// revoked, all alike, ErrExpired, and ErrInactive while the workspace is
// deactivated.
func (s *Service) InvitationOffer(ctx context.Context, _ Actor, token string) (Offer, error) {
	digest, ok := digestOf(token)
	if !ok {
		return Offer{}, ErrNotFound
	}
	i, err := s.store.InvitationByDigest(ctx, digest)
	if err != nil {
		return Offer{}, err
	}
	w, err := one(s.store.Workspaces(ctx, Filter{IDs: []ID{i.Workspace}}))
	if err != nil {
		return Offer{}, err
	}
	if err := s.standing(w, i); err != nil {
		return Offer{}, err
	}
	offer := Offer{
		Kind: i.Kind, Inviter: i.Inviter.Name, Workspace: w.Name, Email: i.Email, Domains: i.Domains,
		Roles: i.Roles, Language: i.Language, Expires: i.Expires,
	}
	if i.Kind == Personal {
		n, err := s.store.CountUsers(ctx, UserFilter{Email: i.Email})
		if err != nil {
			return Offer{}, err
		}
		offer.Account = n > 0
	}
	return offer, nil
}

// standing refuses an invitation that cannot be answered.
func (s *Service) standing(w Workspace, i Invitation) error {
	switch i.at(s.clock()).State {
	case Pending:
	case Expired:
		return ErrExpired
	default:
		return ErrNotFound
	}
	if !w.Active {
		return ErrInactive
	}
	return nil
}

// answer runs fn in a unit of work that holds the workspace of an invitation
// locked, for who holds its token.
func (s *Service) answer(ctx context.Context, token string, fn func(ctx context.Context, w Workspace, i Invitation) error) error {
	digest, ok := digestOf(token)
	if !ok {
		return ErrNotFound
	}
	found, err := s.store.InvitationByDigest(ctx, digest)
	if err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		w, err := s.store.LockWorkspace(ctx, found.Workspace)
		if err != nil {
			return err
		}
		// It may have been sent again or answered before the lock was taken.
		i, err := s.store.InvitationByDigest(ctx, digest)
		if err != nil {
			return err
		}
		return fn(ctx, w, i)
	})
}

// DeclineInvitation refuses a personal invitation, for who holds its token. It
// returns what [Service.InvitationOffer] returns, and ErrNotFound for an open
// one, which others may still want.
func (s *Service) DeclineInvitation(ctx context.Context, actor Actor, token string) error {
	return s.answer(ctx, token, func(ctx context.Context, w Workspace, i Invitation) error {
		if i.Kind != Personal {
			return ErrNotFound
		}
		if err := s.standing(w, i); err != nil {
			return err
		}
		i, err := s.settle(ctx, i, Declined, Pending)
		if err != nil {
			return err
		}
		return s.record(ctx, actor, w.invitationEvent("invitation.decline", i), nil)
	})
}

// AcceptInvitation makes who holds the token of an invitation a member, with
// what it gives. A personal one is accepted by the account of its address,
// which must be signed in, or makes one where there is none; an open one by
// whoever is signed in, or makes an account of the address that is said, unless
// it has a list of domains: nobody has shown that such an address is his. The
// account is made with its password in the same unit of work.
//
// Seats, the end of the invitation and the power of who invited are looked at
// again. Of who is a member already nothing is changed, but that a personal
// invitation is used up: what he was given since was decided later. Accepting
// again by the same account returns the membership as it is; everybody else is
// told ErrNotFound.
//
// It returns what [Service.InvitationOffer] returns, ErrInviter, ErrSignIn, a
// *[quota.ExceededError] where no seat is free, an InvalidError for a field or
// for the "email" of an account that is of none of the domains, and a TakenError
// for "username" or "email".
func (s *Service) AcceptInvitation(ctx context.Context, actor Actor, token string, a Acceptance) (Member, error) {
	var joined Member
	err := s.answer(ctx, token, func(ctx context.Context, w Workspace, i Invitation) error {
		u, err := s.claimant(ctx, actor)
		if err != nil {
			return err
		}
		m, used, err := s.used(ctx, w, i, u)
		if used || err != nil {
			joined = m
			return err
		}
		if err := s.standing(w, i); err != nil {
			return err
		}
		account, err := s.account(ctx, i, u)
		if err != nil {
			return err
		}
		groups, err := s.groupsOf(ctx, w, i.Groups)
		if err != nil {
			return err
		}
		if err := s.vouched(ctx, w, i, groups); err != nil {
			return err
		}
		made := account.ID == ""
		if made {
			if account, actor, err = s.newcomer(ctx, actor, i, a); err != nil {
				return err
			}
		}
		joined, err = s.enter(ctx, actor, w, i, groups, account, made)
		return err
	})
	if err != nil {
		return Member{}, err
	}
	return joined, nil
}

// claimant returns the account that is signed in, none for a guest.
func (s *Service) claimant(ctx context.Context, actor Actor) (User, error) {
	if actor.Principal == rbac.Guest {
		return User{}, nil
	}
	return s.Me(ctx, actor) // a key is nobody who could join
}

// used returns the membership of an account that accepted an invitation before.
func (s *Service) used(ctx context.Context, w Workspace, i Invitation, u User) (Member, bool, error) {
	if u.ID == "" {
		return Member{}, false, nil
	}
	before := i.State == Accepted && i.AcceptedBy == u.ID
	if i.Kind == Open {
		uses, err := s.store.InvitationUses(ctx, InvitationUseFilter{Invitation: i.ID, User: u.ID})
		if err != nil {
			return Member{}, false, err
		}
		before = len(uses) > 0
	}
	if !before {
		return Member{}, false, nil
	}
	m, err := s.member(ctx, w, u.Num) // ErrNotFound when he was removed since
	if err != nil {
		return Member{}, false, err
	}
	m, err = s.righted(ctx, w, m)
	return m, true, err
}

// righted returns a member with the rights that his roles amount to.
func (s *Service) righted(ctx context.Context, w Workspace, m Member) (Member, error) {
	roles, err := s.rights.Roles(ctx)
	if err != nil {
		return Member{}, err
	}
	m.Rights = m.rights(w, roles)
	return m, nil
}

// account returns the account that accepts an invitation, one without ID where
// it is to be made.
func (s *Service) account(ctx context.Context, i Invitation, u User) (User, error) {
	if i.Kind == Personal {
		owners, err := s.store.Users(ctx, UserFilter{Email: i.Email})
		switch {
		case err != nil:
			return User{}, err
		case len(owners) > 0 && owners[0].ID != u.ID, len(owners) == 0 && s.passwords == nil:
			return User{}, ErrSignIn
		case len(owners) > 0:
			return u, nil
		}
		return User{}, nil
	}
	if u.ID == "" {
		if len(i.Domains) > 0 || s.passwords == nil {
			return User{}, ErrSignIn
		}
		return User{}, nil
	}
	if len(i.Domains) == 0 {
		return u, nil
	}
	yes := true
	unproven, err := s.store.InvitationUses(ctx, InvitationUseFilter{User: u.ID, Made: &yes})
	if err != nil {
		return User{}, err
	}
	if len(unproven) > 0 || !i.admits(u.Email) {
		return User{}, &InvalidError{Field: "email", Expected: "a confirmed address of " + strings.Join(i.Domains, ", ")}
	}
	return u, nil
}

// vouched refuses an invitation whose inviter may not admit any more, or not to
// so much.
func (s *Service) vouched(ctx context.Context, w Workspace, i Invitation, groups []Group) error {
	by := Actor{Principal: i.Inviter.Principal, User: i.Inviter.User, Name: i.Inviter.Name}
	err := s.require(ctx, by, w.Num, ManageMembers)
	if err == nil {
		err = s.covers(ctx, by, w, i.Roles, groups)
	}
	// Why he may not is nothing that the invited need to know.
	if errors.Is(err, rbac.ErrDenied) || errors.Is(err, ErrNotFound) {
		return ErrInviter
	}
	return err
}

// newcomer makes the account of somebody who accepts an invitation, and returns
// it as an actor as well.
func (s *Service) newcomer(ctx context.Context, actor Actor, i Invitation, a Acceptance) (User, Actor, error) {
	u := User{
		Username: a.Username, Email: i.Email, FirstName: a.FirstName, LastName: a.LastName,
		Language: cmp.Or(a.Language, i.Language),
	}
	if i.Kind == Open {
		u.Email = a.Email
		if err := address(&u.Email); err != nil {
			return User{}, actor, err
		}
	}
	u.Username = cmp.Or(u.Username, u.Email)
	if err := cleanUser(&u); err != nil {
		return User{}, actor, err
	}
	made, err := s.register(ctx, u)
	if err != nil {
		return User{}, actor, err
	}
	now := Actor{Principal: made.Num, User: made.ID, Name: made.Username, Via: "invitation", Address: actor.Address}
	if err := s.passwords.Set(ctx, made.ID, a.Password); err != nil {
		return User{}, actor, err
	}
	return made, now, s.record(ctx, now, made.event("user.create"), made.created())
}

// enter makes an account a member and the invitation used.
func (s *Service) enter(
	ctx context.Context, actor Actor, w Workspace, i Invitation, groups []Group, u User, made bool,
) (Member, error) {
	m, err := s.member(ctx, w, u.Num)
	is := err == nil
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Member{}, err
	}
	if is && i.Kind == Open {
		return s.righted(ctx, w, m)
	}
	if err := s.use(ctx, i, u, made); err != nil {
		return Member{}, err
	}
	set := u.named()
	if !is {
		if m, err = s.join(ctx, w, i, groups, u, set); err != nil {
			return Member{}, err
		}
	}
	if err := s.record(ctx, actor, w.invitationEvent("invitation.accept", i), set); err != nil {
		return Member{}, err
	}
	return s.righted(ctx, w, m)
}

// use makes a personal invitation accepted, and counts one of an open one.
func (s *Service) use(ctx context.Context, i Invitation, u User, made bool) error {
	now := s.clock()
	if i.Kind == Open {
		counted, err := s.store.UseInvitation(ctx, InvitationUse{Invitation: i.ID, User: u.ID, Made: made, At: now})
		if err == nil && !counted {
			err = ErrNotFound
		}
		return err
	}
	i.AcceptedBy, i.AcceptedAt = u.ID, now
	_, err := s.settle(ctx, i, Accepted, Pending)
	if errors.Is(err, ErrSettled) {
		return ErrNotFound
	}
	return err
}

// join makes an account a member with what an invitation gives, and adds to
// what the trail tells. Roles that are gone by now are not given.
func (s *Service) join(ctx context.Context, w Workspace, i Invitation, groups []Group, u User, set changes) (Member, error) {
	known, err := s.rights.Roles(ctx)
	if err != nil {
		return Member{}, err
	}
	m := Member{Workspace: w.ID, Principal: u.Num, User: u.ID, Created: s.clock()}
	m.Updated = m.Created
	for _, name := range i.Roles {
		if _, err := givable(known, []rbac.RoleName{name}); err == nil {
			m.Roles = append(m.Roles, name)
		}
	}
	if err := s.store.PutMember(ctx, m); err != nil {
		return Member{}, err
	}
	if err := s.seat(ctx, w, m); err != nil {
		return Member{}, err
	}
	if err := s.setRoles(ctx, w, m.Principal, m.Roles); err != nil {
		return Member{}, err
	}
	joined := []GroupID{}
	for _, g := range groups {
		if _, err := s.store.Join(ctx, g.Num, u.Num); err != nil {
			return Member{}, err
		}
		joined = append(joined, g.ID)
	}
	set["roles"], set["groups"] = m.Roles, joined
	return m, nil
}
