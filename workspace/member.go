package workspace

import (
	"context"
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
	// Roles are what was given besides being a member, sorted by name. For the
	// supervisor they are what was given before he was one: he holds
	// everything.
	Roles []rbac.RoleName
	// Rights are those of [Rights] that the roles amount to, all five for the
	// supervisor. The service sets them; a store leaves them alone.
	Rights []rbac.RoleName
	// Created is when he joined, Updated when his roles last changed.
	Created time.Time
	Updated time.Time
}

// A MemberFilter chooses members. Its zero value chooses all, in order of
// joining.
type MemberFilter struct {
	Workspace  ID
	Principals []rbac.Principal
	// Roles keeps members who were given at least one role of each list, and
	// Also keeps that principal whatever his roles.
	Roles [][]rbac.RoleName
	Also  rbac.Principal
	// Kind keeps users, or groups.
	Kind   rbac.Kind
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
	for i, m := range list {
		list[i].Rights = m.rights(w, roles)
	}
	return list, total, nil
}

func (m Member) rights(w Workspace, roles []rbac.Role) []rbac.RoleName {
	if m.supervises(w) {
		return Rights()
	}
	return rightsOf(roles, m.Roles)
}

func (m Member) supervises(w Workspace) bool { return m.User != "" && m.User == w.Supervisor }

func (m Member) object(name string) audit.Object {
	if m.Group != "" {
		return audit.Object{Kind: "group", ID: string(m.Group), Name: name}
	}
	return audit.Object{Kind: "user", ID: string(m.User), Name: name}
}

// PutMember makes a user or a group a member with exactly these roles, or
// changes the roles of one who is. It needs [ManageMembers]. Doing so twice
// changes nothing.
//
// It returns ErrNotFound for a principal that does not exist, an InvalidError
// for "roles" that does not exist or may not be given in a workspace, and
// ErrSupervisor for a change of the supervisor's roles.
func (s *Service) PutMember(ctx context.Context, actor Actor, id ID, p rbac.Principal, roles []rbac.RoleName) (Member, error) {
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
		put.Updated = s.clock()
		if len(before) == 0 {
			put.Created = put.Updated
		}
		if err := s.store.PutMember(ctx, put); err != nil {
			return err
		}
		if err := s.setRoles(ctx, w, p, wanted); err != nil {
			return err
		}
		return s.record(ctx, actor, w.about("member.put", m.object(name)), changes{"roles": wanted})
	})
	return put, err
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
		return m, users[0].Username, nil
	}
	g, err := one(s.store.Groups(ctx, GroupFilter{Nums: []rbac.Principal{p}}))
	if err != nil {
		return m, "", err
	}
	if g.Workspace != "" && g.Workspace != w.ID {
		return m, "", ErrNotFound
	}
	m.Group = g.ID
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

// RemoveMember ends a membership, with the roles that came with it and the
// place in groups of the workspace, at once. It needs [ManageMembers], and
// returns ErrSupervisor for the supervisor and ErrNotFound for who is not a
// member himself.
func (s *Service) RemoveMember(ctx context.Context, actor Actor, id ID, p rbac.Principal) error {
	return s.change(ctx, actor, id, s.on(actor, ManageMembers), func(ctx context.Context, w Workspace) error {
		return s.dismiss(ctx, actor, w, p, "member.remove")
	})
}

// Leave ends the actor's own membership. It returns ErrSupervisor to the
// supervisor, ErrNotFound to who is not a member himself, and ErrInactive while
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
	_, name, err := s.candidate(ctx, w, p)
	if err != nil {
		return err
	}
	if err := s.store.DeleteMember(ctx, w.ID, p); err != nil {
		return err
	}
	return s.record(ctx, actor, w.about(action, m.object(name)), nil)
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
