package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Members tests [workspace.Members].
func Members(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"filters choose":                memberFilters,
		"roles are rules":               memberRoles,
		"putting keeps when he joined":  memberPut,
		"members are the audience":      memberAudience,
		"deleting deletes what he had":  memberDelete,
		"what is not there":             memberMissing,
		"nothing is kept of a half":     memberSweep,
		"what comes out is one's own":   memberAliasing,
		"being a member is a decision":  memberRevisions,
		"who cannot be a member is not": memberKinds,
		"suspension is a rule":          memberSuspension,
		"being barred is a rule":        memberBarred,
		"groups are told who asks":      memberGroups,
		"who belongs to a workspace":    memberBelongs,
		"a node lies in a workspace":    nodeWorkspace,
		"renaming moves a member":       memberRenamed,
		"renaming waits for joining":    memberRenamedMeanwhile,
		"marks of members need a place": memberMarks,
	})
}

func (s *sample) members(what string, f workspace.MemberFilter, want ...rbac.Principal) {
	s.t.Helper()
	chooses(s.t, what, func(m workspace.Member) rbac.Principal { return m.Principal }, want,
		func(offset, limit int) ([]workspace.Member, error) {
			f.Offset, f.Limit = offset, limit
			return s.Workspaces.Members(s.t.Context(), f)
		}, func(offset, limit int) (int, error) {
			f.Offset, f.Limit = offset, limit
			return s.Workspaces.CountMembers(s.t.Context(), f)
		})
}

func memberFilters(s *sample) {
	w, v := s.place(), s.place()
	a, b, g := s.user("a"), s.user("b"), s.group("g", w.ID)
	s.put(workspace.Member{Workspace: w.ID, Principal: b.Num, Created: at(1)})
	s.put(workspace.Member{Workspace: w.ID, Principal: a.Num, Created: at(2)})
	s.put(workspace.Member{Workspace: w.ID, Principal: g.Num, Created: at(3)})
	s.put(workspace.Member{Workspace: v.ID, Principal: a.Num, Created: at(4)})
	s.give(s.rule(w.Num, a.Num, "x", "member"))
	s.give(s.rule(w.Num, a.Num, "y", "member"))
	s.give(s.rule(w.Num, b.Num, "x", "member"))
	s.give(s.rule(v.Num, a.Num, "z", "member"))
	s.give(s.rule(w.Num, b.Num, "z", "elsewhere"))
	roles := func(lists ...[]rbac.RoleName) [][]rbac.RoleName { return lists }
	type names = []rbac.RoleName
	s.members("all", workspace.MemberFilter{}, b.Num, a.Num, g.Num, a.Num)
	s.members("of a workspace", workspace.MemberFilter{Workspace: w.ID}, b.Num, a.Num, g.Num)
	s.members("by principal", workspace.MemberFilter{Principals: []rbac.Principal{a.Num}}, a.Num, a.Num)
	s.members("by no principal", workspace.MemberFilter{Principals: []rbac.Principal{}})
	s.members("users", workspace.MemberFilter{Workspace: w.ID, Kind: rbac.User}, b.Num, a.Num)
	s.members("groups", workspace.MemberFilter{Kind: rbac.Group}, g.Num)
	s.members("by a role", workspace.MemberFilter{Workspace: w.ID, Roles: roles(names{"x"})}, b.Num, a.Num)
	s.members("by one of some roles", workspace.MemberFilter{Workspace: w.ID, Roles: roles(names{"y", "z"})}, a.Num)
	s.members("by two roles", workspace.MemberFilter{Workspace: w.ID, Roles: roles(names{"x"}, names{"y"})}, a.Num)
	s.members("by a role of another workspace", workspace.MemberFilter{Workspace: w.ID, Roles: roles(names{"z"})})
	s.members("by a role of none", workspace.MemberFilter{Roles: roles(names{})})
	s.members("by two roles or himself", workspace.MemberFilter{
		Workspace: w.ID, Roles: roles(names{"x"}, names{"y"}), Also: g.Num,
	}, a.Num, g.Num)
	s.members("himself, but of another kind", workspace.MemberFilter{
		Workspace: w.ID, Roles: roles(names{"x"}), Also: g.Num, Kind: rbac.User,
	}, b.Num, a.Num)
	s.members("by part of the name", workspace.MemberFilter{Workspace: w.ID, Search: "AST fi"}, b.Num, a.Num)
	s.members("by part of the username or the e-mail", workspace.MemberFilter{Workspace: w.ID, Search: "B@"}, b.Num)
	s.members("by part of the group's name", workspace.MemberFilter{Workspace: w.ID, Search: "G", Kind: rbac.Group}, g.Num)
	s.members("by the name alone", workspace.MemberFilter{Workspace: w.ID, NameHas: "AST fi"}, b.Num, a.Num)
	s.members("by a group's name alone", workspace.MemberFilter{Workspace: w.ID, NameHas: "G"}, g.Num)
	s.members("by what is in no name", workspace.MemberFilter{Workspace: w.ID, NameHas: "b"})
	s.members("by the username alone", workspace.MemberFilter{Workspace: w.ID, UsernameHas: "B"}, b.Num)
	s.members("by what is in no username", workspace.MemberFilter{Workspace: w.ID, UsernameHas: "@"})
	s.members("by the e-mail alone", workspace.MemberFilter{Workspace: w.ID, EmailHas: "A@EX"}, a.Num)
	s.members("by what is in no e-mail", workspace.MemberFilter{Workspace: w.ID, EmailHas: "first"})
	s.members("by a text that cannot be", workspace.MemberFilter{Search: "\x00"})
	s.members("by when they joined", workspace.MemberFilter{Created: workspace.Period{From: at(2), Before: at(4)}}, a.Num, g.Num)
	s.members("by all", workspace.MemberFilter{
		Workspace: w.ID, Principals: []rbac.Principal{a.Num, b.Num}, Roles: roles(names{"x"}), Kind: rbac.User, Search: "last",
		NameHas: "last", UsernameHas: "b", EmailHas: "b@",
		Created: workspace.Period{Before: at(2)},
	}, b.Num)
	here, nowhere := rbac.Only(v.Num), rbac.Condition{}
	s.members("by node", workspace.MemberFilter{Nodes: &here}, a.Num)
	s.members("by no node", workspace.MemberFilter{Nodes: &nowhere})
	s.members("by node and workspace", workspace.MemberFilter{Workspace: w.ID, Nodes: &here})
	s.members("himself, without roles to choose by", workspace.MemberFilter{Workspace: w.ID, Also: g.Num}, b.Num, a.Num, g.Num)
}

func (s *sample) readMember(w workspace.ID, p rbac.Principal) workspace.Member {
	s.t.Helper()
	list, err := s.Workspaces.Members(s.t.Context(), workspace.MemberFilter{Workspace: w, Principals: []rbac.Principal{p}})
	return one(s.t, list, err)
}

func memberRoles(s *sample) {
	w, v, u, g := s.place(), s.place(), s.user("u"), s.group("g", "")
	s.put(workspace.Member{Workspace: w.ID, Principal: u.Num, Roles: []rbac.RoleName{"ignored"}, Created: at(1), Updated: at(2)})
	s.put(workspace.Member{Workspace: w.ID, Principal: g.Num, Created: at(1), Updated: at(2)})
	equal(s.t, "without rules", s.readMember(w.ID, u.Num), workspace.Member{
		Workspace: w.ID, Principal: u.Num, User: u.ID, Name: "Last First", Username: "u", Email: "u@example.org",
		Created: at(1), Updated: at(2),
	})
	for _, rule := range []rbac.Rule{
		s.rule(w.Num, u.Num, `odd, "name"`, "member"),
		s.rule(w.Num, u.Num, "b", "member"),
		s.rule(w.Num, u.Num, "a", "member"),
		s.rule(w.Num, u.Num, "a", "member"),
		s.rule(w.Num, u.Num, "other origin", "x"),
		s.rule(v.Num, u.Num, "other place", "member"),
		s.rule(w.Num, g.Num, "of the group", "member"),
	} {
		s.give(rule)
	}
	named := s.rule(w.Num, u.Num, "", "member")
	named.Scope = "workspace"
	s.give(named)
	equal(s.t, "with rules", s.readMember(w.ID, u.Num), workspace.Member{
		Workspace: w.ID, Principal: u.Num, User: u.ID, Name: "Last First", Username: "u", Email: "u@example.org",
		Roles:   []rbac.RoleName{"a", "b", `odd, "name"`},
		Created: at(1), Updated: at(2),
	})
	equal(s.t, "a group", s.readMember(w.ID, g.Num), workspace.Member{
		Workspace: w.ID, Principal: g.Num, Group: g.ID, Name: "g", Roles: []rbac.RoleName{"of the group"},
		Created: at(1), Updated: at(2),
	})
}

func memberPut(s *sample) {
	w, u := s.place(), s.user("u")
	s.put(workspace.Member{Workspace: w.ID, Principal: u.Num, Created: at(1), Updated: at(2)})
	s.put(workspace.Member{Workspace: w.ID, Principal: u.Num, Created: at(8), Updated: at(9)})
	equal(s.t, "what is read", s.readMember(w.ID, u.Num), workspace.Member{
		Workspace: w.ID, Principal: u.Num, User: u.ID, Name: "Last First", Username: "u", Email: "u@example.org",
		Created: at(1), Updated: at(9),
	})
}

func memberAudience(s *sample) {
	w, u := s.place(), s.user("u")
	s.users("before", workspace.UserFilter{Group: w.Audience})
	s.put(workspace.Member{Workspace: w.ID, Principal: u.Num})
	s.users("after", workspace.UserFilter{Group: w.Audience}, "u")
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteMember(ctx, w.ID, u.Num) })
	s.users("in the end", workspace.UserFilter{Group: w.Audience})
}

func memberDelete(s *sample) {
	w, v, u, other := s.place(), s.place(), s.user("u"), s.user("other")
	inside, platform := s.group("g", w.ID), s.group("g", "")
	for _, m := range []workspace.Member{
		{Workspace: w.ID, Principal: u.Num}, {Workspace: v.ID, Principal: u.Num}, {Workspace: w.ID, Principal: other.Num},
	} {
		s.put(m)
	}
	s.join(inside.Num, u.Num)
	s.join(platform.Num, u.Num)
	s.join(inside.Num, other.Num)
	s.give(s.rule(w.Num, u.Num, "gone", "member"))
	s.give(s.rule(w.Num, u.Num, "", "suspension"))
	s.give(s.rule(w.Num, u.Num, "", "barred"))
	s.give(s.rule(s.offering(w.ID).Num, u.Num, "gone too", "manual"))
	s.give(s.rule(w.Num, u.Num, "other origin", "x"))
	s.give(s.rule(v.Num, u.Num, "other place", "member"))
	s.give(s.rule(w.Num, other.Num, "other one", "member"))
	s.raises(func(ctx context.Context) error { return s.Workspaces.DeleteMember(ctx, w.ID, u.Num) }, w.Num, rbac.Root)
	s.members("who is left", workspace.MemberFilter{Workspace: w.ID}, other.Num)
	s.members("where he is left", workspace.MemberFilter{Principals: []rbac.Principal{u.Num}}, u.Num)
	s.groups("his groups", workspace.GroupFilter{Member: u.Num}, platform.ID)
	s.groups("the other's groups", workspace.GroupFilter{Member: other.Num}, inside.ID)
	rules, err := s.Rules.Rules(s.t.Context(), rbac.RuleFilter{Principals: []rbac.Principal{u.Num, other.Num}})
	if err != nil {
		s.t.Fatal(err)
	}
	var left []rbac.RoleName
	for _, rule := range rules {
		left = append(left, rule.Role)
	}
	equal(s.t, "rules left", left, []rbac.RoleName{"other origin", "other place", "other one"})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.DeleteMember(ctx, w.ID, u.Num) })
}

func memberRevisions(s *sample) {
	w, u := s.place(), s.user("u")
	s.raises(func(ctx context.Context) error {
		return s.Workspaces.PutMember(ctx, workspace.Member{Workspace: w.ID, Principal: u.Num})
	}, w.Num, rbac.Root)
	s.raises(func(ctx context.Context) error { return s.Workspaces.DeleteMember(ctx, w.ID, u.Num) }, w.Num, rbac.Root)
}

func memberMissing(s *sample) {
	w, u := s.place(), s.user("u")
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		return s.Workspaces.PutMember(ctx, workspace.Member{Workspace: "nowhere", Principal: u.Num})
	})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		return s.Workspaces.PutMember(ctx, workspace.Member{Workspace: w.ID, Principal: 4711})
	})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.DeleteMember(ctx, "nowhere", u.Num) })
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.DeleteMember(ctx, w.ID, 4711) })
}

func memberKinds(s *sample) {
	w, v := s.place(), s.place()
	for _, p := range []rbac.Principal{rbac.Guest, rbac.Everyone, rbac.Administrators, rbac.Owner, w.Audience, v.Audience} {
		s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
			return s.Workspaces.PutMember(ctx, workspace.Member{Workspace: w.ID, Principal: p})
		})
	}
}

func memberAliasing(s *sample) {
	w, u := s.place(), s.user("u")
	s.put(workspace.Member{Workspace: w.ID, Principal: u.Num})
	s.give(s.rule(w.Num, u.Num, "a", "member"))
	s.readMember(w.ID, u.Num).Roles[0] = "changed"
	equal(s.t, "roles", s.readMember(w.ID, u.Num).Roles, []rbac.RoleName{"a"})
}

func memberSweep(s *sample) {
	w, u := s.place(), s.user("u")
	m := workspace.Member{Workspace: w.ID, Principal: u.Num}
	s.sweep(func(ctx context.Context) error { return s.Workspaces.PutMember(ctx, m) })
	s.give(s.rule(w.Num, u.Num, "a", "member"))
	s.sweep(func(ctx context.Context) error { return s.Workspaces.DeleteMember(ctx, w.ID, u.Num) })
}

func memberSuspension(s *sample) {
	w, v, a, b := s.place(), s.place(), s.user("a"), s.user("b")
	s.put(workspace.Member{Workspace: w.ID, Principal: a.Num, Created: at(1)})
	s.put(workspace.Member{Workspace: w.ID, Principal: b.Num, Created: at(2)})
	s.put(workspace.Member{Workspace: v.ID, Principal: a.Num, Created: at(3)})
	deny := s.rule(w.Num, a.Num, "", "suspension")
	deny.Effect = rbac.Deny
	s.give(deny)
	s.give(s.rule(w.Num, b.Num, "", "other"))
	yes, no := true, false
	s.members("suspended", workspace.MemberFilter{Suspended: &yes}, a.Num)
	s.members("not suspended", workspace.MemberFilter{Suspended: &no}, b.Num, a.Num)
	equal(s.t, "suspended there", s.readMember(w.ID, a.Num).Suspended, true)
	equal(s.t, "suspended elsewhere", s.readMember(v.ID, a.Num).Suspended, false)
	equal(s.t, "another suspended", s.readMember(w.ID, b.Num).Suspended, false)
}

func memberBarred(s *sample) {
	w, v, a, b := s.place(), s.place(), s.user("a"), s.user("b")
	s.put(workspace.Member{Workspace: w.ID, Principal: a.Num, Created: at(1)})
	s.put(workspace.Member{Workspace: w.ID, Principal: b.Num, Created: at(2)})
	s.put(workspace.Member{Workspace: v.ID, Principal: a.Num, Created: at(3)})
	deny := s.rule(w.Num, a.Num, "", "barred")
	deny.Effect, deny.Scope, deny.Permission = rbac.Deny, "administration", "enter"
	s.give(deny)
	s.give(s.rule(w.Num, b.Num, "", "suspension"))
	yes, no := true, false
	s.members("barred", workspace.MemberFilter{Barred: &yes}, a.Num)
	s.members("not barred", workspace.MemberFilter{Barred: &no}, b.Num, a.Num)
	equal(s.t, "barred there", s.readMember(w.ID, a.Num).Barred, true)
	equal(s.t, "nor suspended", s.readMember(w.ID, a.Num).Suspended, false)
	equal(s.t, "barred elsewhere", s.readMember(v.ID, a.Num).Barred, false)
	equal(s.t, "another barred", s.readMember(w.ID, b.Num).Barred, false)
}

func memberGroups(s *sample) {
	w, v, u, other := s.place(), s.place(), s.user("u"), s.user("other")
	for _, m := range []workspace.Member{
		{Workspace: w.ID, Principal: u.Num}, {Workspace: v.ID, Principal: u.Num}, {Workspace: w.ID, Principal: other.Num},
	} {
		s.put(m)
	}
	first, second, there, platform := s.group("one", w.ID), s.group("two", w.ID), s.group("one", v.ID), s.group("p", "")
	for _, g := range []workspace.Group{second, first, there, platform} {
		s.join(g.Num, u.Num)
	}
	s.join(first.Num, other.Num)
	s.join(second.Num, there.Num) // through which he is in it as well
	got := map[string][]workspace.GroupID{}
	list, err := s.Workspaces.Members(s.t.Context(), workspace.MemberFilter{WithGroups: true})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range list {
		got[m.Username+" in "+string(m.Workspace)] = m.Groups
	}
	in := func(ids ...workspace.GroupID) []workspace.GroupID { slices.Sort(ids); return ids }
	equal(s.t, "groups", got, map[string][]workspace.GroupID{
		"u in " + string(w.ID): in(first.ID, second.ID), "u in " + string(v.ID): in(there.ID), "other in " + string(w.ID): in(first.ID),
	})
	equal(s.t, "unless nobody asks", s.readMember(w.ID, u.Num).Groups, []workspace.GroupID(nil))
}

func memberBelongs(s *sample) {
	w, v, member, stranger := s.place(), s.place(), s.user("m"), s.user("s")
	inside, platform, invited := s.group("g", w.ID), s.group("p", ""), s.group("i", "")
	s.put(workspace.Member{Workspace: w.ID, Principal: member.Num})
	s.put(workspace.Member{Workspace: w.ID, Principal: invited.Num})
	s.put(workspace.Member{Workspace: v.ID, Principal: stranger.Num})
	s.join(invited.Num, stranger.Num)
	for p, want := range map[rbac.Principal]bool{
		member.Num: true, inside.Num: true, invited.Num: true, stranger.Num: false, platform.Num: false,
		w.Audience: false, rbac.Everyone: false, 4711: false,
	} {
		got, err := s.Workspaces.Belongs(s.t.Context(), w.ID, p)
		if err != nil || got != want {
			s.t.Errorf("Belongs(%d) = %t, %v, want %t", p, got, err, want)
		}
	}
}

func nodeWorkspace(s *sample) {
	w := s.place()
	o := s.offering(w.ID)
	for n, want := range map[rbac.Node]rbac.Node{rbac.Root: rbac.Root, w.Num: w.Num, o.Num: w.Num} {
		got, err := s.Workspaces.NodeWorkspace(s.t.Context(), n)
		if err != nil || got != want {
			s.t.Errorf("NodeWorkspace(%d) = %d, %v, want %d", n, got, err, want)
		}
	}
	_, err := s.Workspaces.NodeWorkspace(s.t.Context(), 4711)
	wants(s.t, "NodeWorkspace of none", err, workspace.ErrNotFound)
}

func (s *sample) byName(what string, w workspace.Workspace, want ...string) {
	s.t.Helper()
	list, err := s.Workspaces.Members(s.t.Context(), workspace.MemberFilter{Workspace: w.ID, Order: paging.Order{By: "name"}})
	var got []string
	for _, m := range list {
		got = append(got, m.Name)
	}
	equal(s.t, fmt.Sprintf("%s (%v)", what, err), got, want)
}

func memberRenamed(s *sample) {
	w, u, g := s.place(), s.user("u"), s.group("A", "")
	s.put(workspace.Member{Workspace: w.ID, Principal: u.Num})
	s.put(workspace.Member{Workspace: w.ID, Principal: g.Num})
	s.byName("before", w, "A", "Last First")
	g.Name = "Z"
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveGroup(ctx, g) })
	s.byName("the group renamed", w, "Last First", "Z")
	u.LastName, u.Username, u.Email = "ZZ", "0", "zz@example.org"
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, u) })
	s.byName("the user renamed", w, "Z", "ZZ First")
	// The group has neither and stands below every mark.
	for by, value := range map[string]string{"username": "00", "email": "zz@example.org0"} {
		o := paging.Order{By: by, Descending: true}
		list, err := s.Workspaces.Members(s.t.Context(), workspace.MemberFilter{
			Workspace: w.ID, Order: o, After: &paging.Mark{Value: value, Num: 1}, Limit: 1,
		})
		if m := one(s.t, list, err); m.Principal != u.Num {
			s.t.Errorf("behind the %s %s comes %+v", by, value, m)
		}
		list, err = s.Workspaces.Members(s.t.Context(), workspace.MemberFilter{Workspace: w.ID, Order: paging.Order{By: by}, Limit: 1})
		if m := one(s.t, list, err); m.Principal != g.Num {
			s.t.Errorf("by %s the first is %+v", by, m)
		}
	}
}

// memberRenamedMeanwhile: who is renamed while he is made a member stands where
// his new name does.
func memberRenamedMeanwhile(s *sample) {
	w, u, other := s.place(), s.user("u"), s.group("M", "")
	s.put(workspace.Member{Workspace: w.ID, Principal: other.Num})
	u.LastName = "ZZ"
	var renaming sync.WaitGroup
	joining := make(chan struct{})
	renaming.Go(func() {
		<-joining
		if err := s.Tx(s.t.Context(), func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, u) }); err != nil {
			s.t.Errorf("renaming: %v", err)
		}
	})
	s.must(func(ctx context.Context) error {
		err := s.Workspaces.PutMember(ctx, workspace.Member{Workspace: w.ID, Principal: u.Num})
		close(joining)
		time.Sleep(50 * time.Millisecond) // lets it come as far as it can
		return err
	})
	renaming.Wait()
	s.byName("both done", w, "M", "ZZ First")
}

func memberMarks(s *sample) {
	_, err := s.Workspaces.Members(s.t.Context(), workspace.MemberFilter{After: &paging.Mark{Value: "0"}})
	if invalid, ok := errors.AsType[*workspace.InvalidError](err); !ok || invalid.Field != "after" {
		s.t.Errorf("error %v, want an InvalidError of after", err)
	}
}
