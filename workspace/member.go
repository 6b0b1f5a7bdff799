package workspace

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// A Member is a user or a group in a workspace, with roles.
type Member struct {
	Workspace ID
	Principal rbac.Principal
	// User or Group says who it is.
	User  UserID
	Group GroupID
	// Name is [User.Name] or the name of the group. Groups have neither of the
	// other two. The store reads all three where they are kept.
	Name     string
	Username string
	Email    string
	// Roles are what was given besides being a member, sorted by name. For the
	// supervisor they are what was given before he was one: he holds
	// everything.
	Roles []rbac.RoleName
	// Rights are those of [Rights] that the roles amount to, all five for the
	// supervisor. The service sets them; a store leaves them alone.
	Rights []rbac.RoleName
	// Suspended members are refused everything in the workspace, whatever they
	// were given, and keep it for when they are let in again.
	Suspended bool
	// Barred members are refused [Enter], whatever their roles.
	Barred bool
	// Groups are those of the workspace that he is in himself, sorted, for who
	// asks for them with [MemberFilter.WithGroups].
	Groups []GroupID
	// Created is when he joined, Updated when his roles last changed.
	Created time.Time
	Updated time.Time
}

// A MemberFilter chooses members. Its zero value chooses all, in order of
// joining.
type MemberFilter struct {
	Workspace ID
	// Nodes keeps members of workspaces whose node satisfies the condition.
	Nodes      *rbac.Condition
	Principals []rbac.Principal
	// Roles keeps members who were given at least one role of each list, and
	// Also keeps that principal whatever his roles.
	Roles [][]rbac.RoleName
	Also  rbac.Principal
	// Kind keeps users, or groups.
	Kind      rbac.Kind
	Suspended *bool
	Barred    *bool
	// WithGroups asks for [Member.Groups].
	WithGroups bool
	// Search is in the name, the username or the e-mail, regardless of case.
	Search string
	// NameHas is in the name, UsernameHas in the username and EmailHas in the
	// e-mail, regardless of case. The name of a user is [User.Name].
	NameHas     string
	UsernameHas string
	EmailHas    string
	Created     Period
	Order       Order
	// After needs Workspace: a principal has one place in each.
	After  *Mark
	Offset int
	Limit  int // 0 for no bound
}

// A Membership is a workspace as one of its members sees it.
type Membership struct {
	Workspace Workspace
	// Roles are what was given, to him or to a group he is in. Rights are those
	// of [Rights] that they amount to, all five for the supervisor.
	Roles  []rbac.RoleName
	Rights []rbac.RoleName
}

// Members lists who belongs to a workspace, with their roles, and how many
// there are in all. It needs [ReadMembers].
func (s *Service) Members(ctx context.Context, actor Actor, id ID, f MemberFilter) ([]Member, int, error) {
	w, err := s.find(ctx, actor, id, s.on(actor, ReadMembers))
	if err != nil {
		return nil, 0, err
	}
	f.Workspace = w.ID
	return s.members(ctx, f, w)
}

// members lists members of workspaces, which are read unless they are given.
func (s *Service) members(ctx context.Context, f MemberFilter, in ...Workspace) ([]Member, int, error) {
	list, err := s.store.Members(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.store.CountMembers(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	roles, err := s.rights.Roles(ctx)
	if err != nil {
		return nil, 0, err
	}
	if len(in) == 0 && len(list) > 0 {
		ids := make([]ID, 0, len(list))
		for _, m := range list {
			ids = append(ids, m.Workspace)
		}
		if in, err = s.store.Workspaces(ctx, Filter{IDs: distinct(ids)}); err != nil {
			return nil, 0, err
		}
	}
	of := map[ID]Workspace{}
	for _, w := range in {
		of[w.ID] = w
	}
	for i, m := range list {
		list[i].Rights = m.rights(of[m.Workspace], roles)
	}
	return list, total, nil
}

func (m Member) rights(w Workspace, roles []rbac.Role) []rbac.RoleName {
	if m.supervises(w) {
		return Rights()
	}
	return rightsOf(roles, m.Roles)
}

// Kind returns whether the member is a user or a group.
func (m Member) Kind() rbac.Kind {
	if m.Group != "" {
		return rbac.Group
	}
	return rbac.User
}

func (m Member) supervises(w Workspace) bool { return m.User != "" && m.User == w.Supervisor }

func (m Member) object(name string) audit.Object {
	if m.Group != "" {
		return audit.Object{Kind: "group", ID: string(m.Group), Name: name}
	}
	return audit.Object{Kind: "user", ID: string(m.User), Name: name}
}

// PutMember makes a user or a group a member with exactly these roles, or
// changes the roles of one who is, see [Service.ChangeRoles] for one who owns
// something. It needs [ManageMembers]. Doing so twice
// changes nothing. Roles that the actor does not hold himself are refused with
// a *[rbac.DeniedError].
//
// It returns ErrNotFound for a principal that does not exist, an InvalidError
// for "roles" that does not exist or may not be given in a workspace, and
// ErrSupervisor for a change of the supervisor's roles. A user who becomes one
// takes a seat, and is refused with a *[quota.ExceededError] where none is free.
func (s *Service) PutMember(ctx context.Context, actor Actor, id ID, p rbac.Principal, roles []rbac.RoleName) (Member, error) {
	return s.ChangeRoles(ctx, actor, id, p, roles, 0)
}

// ChangeRoles is like [Service.PutMember]. Where somebody owns something and the
// new roles do not allow that, another member, heir, owns it in his place
// (spec/jmap.md JA-12); it returns an OwnsError where heir is 0, and ErrHeir for
// one who may own nothing.
func (s *Service) ChangeRoles(
	ctx context.Context, actor Actor, id ID, p rbac.Principal, roles []rbac.RoleName, heir rbac.Principal,
) (Member, error) {
	var put Member
	err := s.change(ctx, actor, id, s.on(actor, ManageMembers), func(ctx context.Context, w Workspace) error {
		known, err := s.rights.Roles(ctx)
		if err != nil {
			return err
		}
		wanted, err := givable(known, roles)
		if err != nil {
			return err
		}
		m, name, err := s.candidate(ctx, w, p)
		if err != nil {
			return err
		}
		before, err := s.store.Members(ctx, MemberFilter{Workspace: w.ID, Principals: []rbac.Principal{p}})
		if err != nil {
			return err
		}
		if len(before) > 0 {
			m = before[0]
		}
		put = m
		same := slices.Equal(distinct(m.Roles), wanted)
		put.Roles = wanted
		put.Rights = put.rights(w, known)
		switch {
		case len(before) > 0 && same:
			return nil
		case m.supervises(w):
			return ErrSupervisor
		}
		if err := s.mayPut(ctx, actor, w, len(before) == 0, m.Roles, wanted); err != nil {
			return err
		}
		put.Updated = s.clock()
		if err := s.putRoles(ctx, w, &put, len(before) == 0); err != nil {
			return err
		}
		if err := s.relieve(ctx, actor, w, p, heir); err != nil {
			return err
		}
		set := changes{"roles": wanted}
		if len(before) > 0 {
			set = set.over(changes{"roles": distinct(m.Roles)})
		}
		return s.record(ctx, actor, w.about("member.put", m.object(name)), set)
	})
	return put, err
}

// putRoles stores a member with his roles; one who joins takes a seat.
func (s *Service) putRoles(ctx context.Context, w Workspace, m *Member, joins bool) error {
	if joins {
		m.Created = m.Updated
	}
	if err := s.store.PutMember(ctx, *m); err != nil {
		return err
	}
	if joins {
		if err := s.seat(ctx, w, *m); err != nil {
			return err
		}
	}
	return s.setRoles(ctx, w, m.Principal, m.Roles)
}

// mayPut makes sure that the actor holds what he gives: the roles that are new,
// and being a member at all where that is new.
func (s *Service) mayPut(ctx context.Context, actor Actor, w Workspace, joins bool, had, wanted []rbac.RoleName) error {
	added := slices.DeleteFunc(slices.Clone(wanted), func(r rbac.RoleName) bool { return slices.Contains(had, r) })
	if err := s.covers(ctx, actor, w, added, nil); err != nil {
		return err
	}
	if !joins {
		return nil
	}
	return s.coversMembership(ctx, actor, w)
}

// relieve transfers what somebody owns who may not own it any more.
func (s *Service) relieve(ctx context.Context, actor Actor, w Workspace, p, heir rbac.Principal) error {
	owns, err := s.store.CountHoldings(ctx, w.Num, p)
	if err != nil || owns == 0 {
		return err
	}
	if err := s.mayOwn(ctx, w, p); !errors.Is(err, ErrHeir) {
		return err
	}
	if heir == 0 {
		return &OwnsError{Holdings: owns}
	}
	_, err = s.bequeath(ctx, actor, w, p, heir)
	return err
}

// candidate returns the member that a principal would be, and his name. Groups
// of other workspaces are none of this one's business.
func (s *Service) candidate(ctx context.Context, w Workspace, p rbac.Principal) (Member, string, error) {
	m := Member{Workspace: w.ID, Principal: p}
	users, err := s.store.Users(ctx, UserFilter{Nums: []rbac.Principal{p}})
	if err != nil {
		return m, "", err
	}
	if len(users) > 0 {
		m.User = users[0].ID
		m.Name, m.Username, m.Email = users[0].Name(), users[0].Username, users[0].Email
		return m, users[0].Username, nil
	}
	g, err := one(s.store.Groups(ctx, GroupFilter{Nums: []rbac.Principal{p}}))
	if err != nil {
		return m, "", err
	}
	if g.Workspace != "" && g.Workspace != w.ID {
		return m, "", ErrNotFound
	}
	m.Group, m.Name = g.ID, g.Name
	return m, g.Name, nil
}

// setRoles gives a member the roles that he lacks and takes those away that he
// is not to have.
func (s *Service) setRoles(ctx context.Context, w Workspace, p rbac.Principal, wanted []rbac.RoleName) error {
	rules, err := s.rights.Rules(ctx, rbac.RuleFilter{
		Nodes: []rbac.Node{w.Num}, Principals: []rbac.Principal{p}, Origin: originMember,
	})
	if err != nil {
		return err
	}
	missing := slices.Clone(wanted)
	var surplus []rbac.RuleID
	for _, r := range rules {
		if i := slices.Index(missing, r.Role); i >= 0 {
			missing = slices.Delete(missing, i, i+1)
			continue
		}
		surplus = append(surplus, r.ID)
	}
	if len(surplus) > 0 { // an empty list would choose every rule
		f := rbac.RuleFilter{IDs: surplus, Nodes: []rbac.Node{w.Num}, Origin: originMember}
		if _, err := s.rights.Revoke(ctx, f); err != nil {
			return err
		}
	}
	for _, role := range missing {
		_, err := s.rights.Grant(ctx, rbac.Rule{
			Node: w.Num, Effect: rbac.Allow, Principal: p, Role: role, Propagate: true, Origin: originMember,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// RemoveMember ends a membership, with the roles that came with it, the rules
// that people made for him and the place in groups of the workspace, at once.
// It needs [ManageMembers], and returns ErrSupervisor for the supervisor,
// ErrNotFound for who is not a member himself, and an OwnsError for who owns
// something: [Service.Depart] disposes of that.
func (s *Service) RemoveMember(ctx context.Context, actor Actor, id ID, p rbac.Principal) error {
	return s.change(ctx, actor, id, s.on(actor, ManageMembers), func(ctx context.Context, w Workspace) error {
		return s.dismiss(ctx, actor, w, p, "member.remove")
	})
}

// Leave ends the actor's own membership. It returns ErrSupervisor to the
// supervisor, an OwnsError to who owns something, ErrNotFound to who is not a member himself, and ErrInactive while
// the workspace is deactivated: what is closed stays as it is.
func (s *Service) Leave(ctx context.Context, actor Actor, id ID) error {
	if err := s.signedIn(ctx, actor); err != nil {
		return err
	}
	belongs := func(ctx context.Context, w Workspace) error {
		if _, err := s.member(ctx, w, actor.Principal); err != nil {
			return err
		}
		if !w.Active {
			return ErrInactive
		}
		return nil
	}
	return s.change(ctx, actor, id, belongs, func(ctx context.Context, w Workspace) error {
		return s.dismiss(ctx, actor, w, actor.Principal, "member.leave")
	})
}

// member returns who is a member himself, not through a group.
func (s *Service) member(ctx context.Context, w Workspace, p rbac.Principal) (Member, error) {
	return one(s.store.Members(ctx, MemberFilter{Workspace: w.ID, Principals: []rbac.Principal{p}}))
}

// dismiss ends a membership.
func (s *Service) dismiss(ctx context.Context, actor Actor, w Workspace, p rbac.Principal, action string) error {
	m, err := s.member(ctx, w, p)
	if err != nil {
		return err
	}
	if m.supervises(w) {
		return ErrSupervisor
	}
	owns, err := s.store.CountHoldings(ctx, w.Num, p)
	if err != nil {
		return err
	}
	if owns > 0 {
		return &OwnsError{Holdings: owns}
	}
	return s.dismissed(ctx, actor, w, p, action, nil)
}

// dismissed ends a membership of who owns nothing any more.
func (s *Service) dismissed(ctx context.Context, actor Actor, w Workspace, p rbac.Principal, action string, detail changes) error {
	m, err := s.member(ctx, w, p)
	if err != nil {
		return err
	}
	_, name, err := s.candidate(ctx, w, p)
	if err != nil {
		return err
	}
	if err := s.store.DeleteMember(ctx, w.ID, p); err != nil {
		return err
	}
	if err := s.vacate(ctx, w, m); err != nil {
		return err
	}
	if detail == nil {
		detail = changes{}
	}
	detail["roles"] = was{distinct(m.Roles)}
	return s.record(ctx, actor, w.about(action, m.object(name)), detail)
}

// Memberships lists the workspaces of a user, in order of creation. Everybody
// may list his own; others' needs [ManageUsers].
func (s *Service) Memberships(ctx context.Context, actor Actor, id UserID) ([]Membership, error) {
	u, err := s.himself(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	groups, err := s.store.Groups(ctx, GroupFilter{Member: u.Num})
	if err != nil {
		return nil, err
	}
	as := []rbac.Principal{u.Num}
	for _, g := range groups {
		as = append(as, g.Num)
	}
	members, err := s.store.Members(ctx, MemberFilter{Principals: as})
	if err != nil {
		return nil, err
	}
	given := map[ID][]rbac.RoleName{}
	for _, m := range members {
		given[m.Workspace] = append(given[m.Workspace], m.Roles...)
	}
	workspaces, err := s.store.Workspaces(ctx, Filter{Member: u.Num})
	if err != nil {
		return nil, err
	}
	roles, err := s.rights.Roles(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Membership, 0, len(workspaces))
	for _, w := range workspaces {
		m := Membership{Workspace: w, Roles: distinct(given[w.ID])}
		m.Rights = Member{User: u.ID, Roles: m.Roles}.rights(w, roles)
		list = append(list, m)
	}
	return list, nil
}
