package workspace

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Person is who is to be enrolled. What is nil was not said.
type Person struct {
	Username  string
	Email     *string
	FirstName *string
	LastName  *string
	Language  *string
}

// An Enrolment is what a user, or a group, has in a workspace or is to have.
type Enrolment struct {
	// User is who it is; of a group nothing is said.
	User Person
	// Roles are given to him, and Groups, which are of the workspace, are those
	// that he is in himself.
	Roles  []rbac.RoleName
	Groups []GroupID
	// Barred refuses him [Enter], whatever his roles, and nothing else.
	Barred bool
	// Notice is the number of the notice to mail to him, 0 for none.
	Notice int64
}

// Enrolled is a member who was just made one.
type Enrolled struct {
	// Member has Groups and Barred.
	Member

	// New says that his account was made as well.
	New bool
}

// Enrol makes a user a member, with roles, in groups and barred or not, and mails
// him a notice, in one unit of work. It needs [ManageMembers], and everything
// that it gives. Where nobody has the username, an account is made, of which the
// notice may tell the password; whoever has it must be who is described: what is
// said of him equals what is registered, the e-mail regardless of case
// (spec/drofus.md D-51).
//
// It returns an InvalidError for "user.username", which has no comma where it is
// new, "user.email", "user.first_name", "user.last_name" and "user.language",
// "roles", "groups", and "mail_type" for what is no notice of everybody's or of
// the workspace's organization; a TakenError for "user.email" of somebody else and
// for the "username" of who is a member already; a *[quota.ExceededError] where no
// seat is free; ErrSupervisor and ErrSuperior for barring whom that has no effect
// on, as [Service.Suspend] does; and ErrNoMailer for a notice where none are
// written.
func (s *Service) Enrol(ctx context.Context, actor Actor, in ID, e Enrolment) (Enrolled, error) {
	var enrolled Enrolled
	err := s.change(ctx, actor, in, s.on(actor, ManageMembers), func(ctx context.Context, w Workspace) error {
		roles, groups, err := s.enrolling(ctx, w, e)
		if err != nil {
			return err
		}
		u, made, err := s.described(ctx, actor, e.User)
		if err != nil {
			return err
		}
		if _, err := s.member(ctx, w, u.Num); !errors.Is(err, ErrNotFound) {
			if err == nil {
				err = &TakenError{Field: "username", Value: u.Username}
			}
			return err
		}
		// Afterwards he is known from here as well.
		letter, err := s.notice(ctx, actor, w, u, made, e.Notice)
		if err != nil {
			return err
		}
		if err := s.admitted(ctx, actor, w, u, roles, groups, e.Barred); err != nil {
			return err
		}
		set := u.named()
		set["roles"], set["groups"], set["barred"], set["new"], set["notice"] = roles, idsOf(groups), e.Barred, made, e.Notice
		if err := s.record(ctx, actor, w.about("member.enrol", u.object()), set); err != nil {
			return err
		}
		if err := s.post(ctx, letter); err != nil {
			return err
		}
		m, err := s.enrolment(ctx, w, u.Num)
		enrolled = Enrolled{Member: m, New: made}
		return err
	})
	if err != nil {
		return Enrolled{}, err
	}
	return enrolled, nil
}

// admitted makes a user a member with all that he is to have.
func (s *Service) admitted(
	ctx context.Context, actor Actor, w Workspace, u User, roles []rbac.RoleName, groups []Group, barred bool,
) error {
	if err := s.mayPut(ctx, actor, w, true, nil, roles); err != nil {
		return err
	}
	m := Member{Workspace: w.ID, Principal: u.Num, User: u.ID, Roles: roles, Updated: s.clock()}
	if err := s.putRoles(ctx, w, &m, true); err != nil {
		return err
	}
	if err := s.regroup(ctx, actor, m, groups, nil); err != nil {
		return err
	}
	if !barred {
		return nil
	}
	return s.bar(ctx, w, m.Principal)
}

// enrolling checks the roles and groups of an enrolment.
func (s *Service) enrolling(ctx context.Context, w Workspace, e Enrolment) ([]rbac.RoleName, []Group, error) {
	known, err := s.rights.Roles(ctx)
	if err != nil {
		return nil, nil, err
	}
	roles, err := givable(known, e.Roles)
	if err != nil {
		return nil, nil, err
	}
	ids := distinct(e.Groups)
	groups, err := s.groupsOf(ctx, w, ids)
	if err == nil && len(groups) != len(ids) {
		err = &InvalidError{Field: "groups", Expected: "groups of the workspace"}
	}
	return roles, groups, err
}

func idsOf(groups []Group) []GroupID {
	ids := make([]GroupID, 0, len(groups))
	for _, g := range groups {
		ids = append(ids, g.ID)
	}
	slices.Sort(ids)
	return ids
}

// described returns the user who is described, and makes him where there is none.
func (s *Service) described(ctx context.Context, actor Actor, p Person) (u User, made bool, err error) {
	u, err = s.named(ctx, p.Username)
	if errors.Is(err, ErrNotFound) {
		// Who makes the same account meanwhile has made it when this is ours.
		if _, err := s.store.LockAdministrators(ctx); err != nil {
			return User{}, false, err
		}
		u, err = s.named(ctx, p.Username)
	}
	switch {
	case err == nil:
		return u, false, ofUser(s.matches(ctx, u, p))
	case errors.Is(err, ErrNotFound):
		u, err = s.introduce(ctx, actor, p)
		return u, true, ofUser(err)
	}
	return User{}, false, err
}

// named returns who has a username, regardless of case.
func (s *Service) named(ctx context.Context, name string) (User, error) {
	if name == "" { // would choose all
		return User{}, ErrNotFound
	}
	return one(s.store.Users(ctx, UserFilter{Username: name}))
}

// ofUser names the field of an error as one of the user who is enrolled.
func ofUser(err error) error {
	if invalid, ok := errors.AsType[*InvalidError](err); ok {
		return &InvalidError{Field: "user." + invalid.Field, Expected: invalid.Expected}
	}
	if taken, ok := errors.AsType[*TakenError](err); ok {
		return &TakenError{Field: "user." + taken.Field, Value: taken.Value}
	}
	return err
}

// matches makes sure that what is said of a user is what is registered.
func (s *Service) matches(ctx context.Context, u User, p Person) error {
	differs := func(field string) error { return &InvalidError{Field: field, Expected: "what is registered"} }
	if p.Username != u.Username {
		return differs("username")
	}
	for _, said := range []struct {
		field      string
		text       *string
		registered string
	}{{"first_name", p.FirstName, u.FirstName}, {"last_name", p.LastName, u.LastName}, {"language", p.Language, u.Language}} {
		// Space around it was not kept either.
		if said.text != nil && strings.TrimSpace(*said.text) != said.registered {
			return differs(said.field)
		}
	}
	if p.Email == nil {
		return nil
	}
	email := strings.TrimSpace(*p.Email)
	if email == "" { // would choose whatever he has
		return differs("email")
	}
	n, err := s.store.CountUsers(ctx, UserFilter{IDs: []UserID{u.ID}, Email: email})
	if err == nil && n == 0 {
		err = differs("email")
	}
	return err
}

// introduce makes an account of who is described.
func (s *Service) introduce(ctx context.Context, actor Actor, p Person) (User, error) {
	said := func(text *string) string {
		if text == nil {
			return ""
		}
		return *text
	}
	u := User{
		Username: p.Username, Email: said(p.Email), FirstName: said(p.FirstName), LastName: said(p.LastName),
		Language: said(p.Language),
	}
	if err := first(address(&u.Email), cleanUser(&u)); err != nil {
		return User{}, err
	}
	if strings.Contains(u.Username, ",") { // see spec/drofus.md DA-9
		return User{}, &InvalidError{Field: "username", Expected: "one without a comma"}
	}
	made, err := s.register(ctx, u)
	if err != nil {
		return User{}, err
	}
	return made, s.record(ctx, actor, made.event("user.create"), made.created())
}

// regroup puts a member into groups, of what he is given there the actor holds
// himself, and takes him out of others.
func (s *Service) regroup(ctx context.Context, actor Actor, m Member, join, part []Group) error {
	if len(join)+len(part) > 0 && m.User == "" {
		return &InvalidError{Field: "groups", Expected: "none for a group"}
	}
	for _, g := range join {
		if err := s.coversGroup(ctx, actor, g.Num); err != nil {
			return err
		}
		if _, err := s.store.Join(ctx, g.Num, m.Principal); err != nil {
			return err
		}
	}
	for _, g := range part {
		if _, err := s.store.Part(ctx, g.Num, m.Principal); err != nil {
			return err
		}
	}
	return nil
}

// entering is what a barred member is refused.
func entering(w Workspace) rbac.Rule {
	return rbac.Rule{
		Node: w.Num, Scope: Enter.Scope(), Permission: Enter.Name(), Propagate: true,
	}
}

// bar refuses a member to enter.
func (s *Service) bar(ctx context.Context, w Workspace, p rbac.Principal) error {
	if err := s.deniable(ctx, w, p); err != nil {
		return err
	}
	r := entering(w)
	r.Effect, r.Principal, r.Origin = rbac.Deny, p, originBarred
	_, err := s.rights.Grant(ctx, r)
	return err
}

// unbar lets a member enter again who may. The actor may himself: nobody frees
// himself.
func (s *Service) unbar(ctx context.Context, actor Actor, w Workspace, p rbac.Principal) error {
	if err := s.cover(ctx, actor, entering(w)); err != nil {
		return err
	}
	_, err := s.rights.Revoke(ctx, rbac.RuleFilter{
		Nodes: []rbac.Node{w.Num}, Principals: []rbac.Principal{p}, Origin: originBarred,
	})
	return err
}

// enrolment returns a member with his groups and rights.
func (s *Service) enrolment(ctx context.Context, w Workspace, p rbac.Principal) (Member, error) {
	m, err := one(s.store.Members(ctx, MemberFilter{Workspace: w.ID, Principals: []rbac.Principal{p}, WithGroups: true}))
	if err != nil {
		return Member{}, err
	}
	return s.righted(ctx, w, m)
}

// UpdateEnrolment changes the roles and groups of a member and whether he is
// barred. It needs [ManageMembers], and everything that it gives; who lets
// somebody enter again who was barred, [Enter]. A change of anything else is an
// InvalidError, one of nothing leaves no trace.
//
// It returns ErrNotFound for who is not a member himself, ErrSupervisor for
// another role of the supervisor, and what [Service.PutMember] and
// [Service.Suspend] return.
func (s *Service) UpdateEnrolment(ctx context.Context, actor Actor, in ID, p rbac.Principal, change func(*Enrolment) error) (Member, error) {
	var updated Member
	err := s.change(ctx, actor, in, s.on(actor, ManageMembers), func(ctx context.Context, w Workspace) error {
		m, err := s.enrolment(ctx, w, p)
		if err != nil {
			return err
		}
		before, err := s.enrolmentOf(ctx, m)
		if err != nil {
			return err
		}
		next, err := s.enrolmentOf(ctx, m)
		if err != nil {
			return err
		}
		if err := change(&next); err != nil {
			return err
		}
		if !reflect.DeepEqual(next.User, before.User) {
			return &InvalidError{Field: "user", Expected: "what it was"}
		}
		if err := fixed("mail_type", before.Notice, next.Notice); err != nil {
			return err
		}
		set, err := s.reenrol(ctx, actor, w, m, next)
		if err != nil {
			return err
		}
		if len(set) > 0 {
			name := m.Name
			if m.User != "" {
				name = m.Username
			}
			if err := s.record(ctx, actor, w.about("member.put", m.object(name)), set); err != nil {
				return err
			}
		}
		updated, err = s.enrolment(ctx, w, p)
		return err
	})
	if err != nil {
		return Member{}, err
	}
	return updated, nil
}

// enrolmentOf returns what a member has, in memory of its own.
func (s *Service) enrolmentOf(ctx context.Context, m Member) (Enrolment, error) {
	e := Enrolment{Roles: slices.Clone(m.Roles), Groups: slices.Clone(m.Groups), Barred: m.Barred}
	if m.User == "" {
		return e, nil
	}
	u, err := s.user(ctx, m.User)
	e.User = Person{Username: u.Username, Email: &u.Email, FirstName: &u.FirstName, LastName: &u.LastName, Language: &u.Language}
	return e, err
}

// reenrol gives a member what he is to have, and returns what that changed.
func (s *Service) reenrol(ctx context.Context, actor Actor, w Workspace, m Member, next Enrolment) (changes, error) {
	roles, groups, err := s.enrolling(ctx, w, next)
	if err != nil {
		return nil, err
	}
	set := changes{}
	if had := distinct(m.Roles); !slices.Equal(had, roles) {
		if m.supervises(w) {
			return nil, ErrSupervisor
		}
		if err := s.mayPut(ctx, actor, w, false, had, roles); err != nil {
			return nil, err
		}
		set["roles"] = became{had, roles}
	}
	if wanted := idsOf(groups); !slices.Equal(wanted, m.Groups) {
		set["groups"] = became{append([]GroupID{}, m.Groups...), wanted}
	}
	note(set, "barred", m.Barred, next.Barred)
	if len(set) == 0 {
		return set, nil
	}
	m.Roles, m.Updated = roles, s.clock()
	if err := s.putRoles(ctx, w, &m, false); err != nil {
		return nil, err
	}
	join := slices.DeleteFunc(slices.Clone(groups), func(g Group) bool { return slices.Contains(m.Groups, g.ID) })
	left := slices.DeleteFunc(slices.Clone(m.Groups), func(id GroupID) bool { return slices.Contains(idsOf(groups), id) })
	part, err := s.groupsOf(ctx, w, left)
	if err != nil {
		return nil, err
	}
	if err := s.regroup(ctx, actor, m, join, part); err != nil {
		return nil, err
	}
	switch {
	case next.Barred && !m.Barred:
		err = s.bar(ctx, w, m.Principal)
	case m.Barred && !next.Barred:
		err = s.unbar(ctx, actor, w, m.Principal)
	}
	if err != nil {
		return nil, err
	}
	return set, s.relieve(ctx, actor, w, m.Principal, 0)
}

// EnrolmentOf returns a member with his groups. It needs [ReadMembers], and
// returns ErrNotFound for who is not a member himself.
func (s *Service) EnrolmentOf(ctx context.Context, actor Actor, in ID, p rbac.Principal) (Member, error) {
	w, err := s.find(ctx, actor, in, s.on(actor, ReadMembers))
	if err != nil {
		return Member{}, err
	}
	return s.enrolment(ctx, w, p)
}

// Enrolments is like [Service.Members] with the groups of each.
func (s *Service) Enrolments(ctx context.Context, actor Actor, in ID, f MemberFilter) ([]Member, int, error) {
	f.WithGroups = true
	return s.Members(ctx, actor, in, f)
}

// AllEnrolments lists the members of all workspaces on which the actor holds
// [Enter] and [ReadMembers], with the groups of each, and how many there are.
// Everybody signed in may.
func (s *Service) AllEnrolments(ctx context.Context, actor Actor, f MemberFilter) ([]Member, int, error) {
	nodes, err := s.administers(ctx, actor, ReadMembers)
	if err != nil {
		return nil, 0, err
	}
	f.Nodes, f.WithGroups = &nodes, true
	return s.members(ctx, f)
}
