package storagetest

import (
	"context"
	"errors"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// Departures tests what of [workspace.Users] and [workspace.Workspaces] deletes
// for good.
func Departures(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"who is concerned":           departureConcerns,
		"a user goes":                departureUser,
		"a user who is needed":       departureUserNeeded,
		"a workspace goes":           departureWorkspace,
		"a workspace that is in use": departureWorkspaceInUse,
		"what goes is counted":       departureCounts,
		"a key goes":                 departureKey,
		"names go":                   departureNames,
		"nothing is kept of a half":  departureSweep,
	})
}

func departureConcerns(s *sample) {
	u, member, owner, ruled := s.user("u"), s.place(), s.place(), s.place()
	s.place()
	s.put(workspace.Member{Workspace: member.ID, Principal: u.Num})
	s.Plant(s.t, []rbac.Place{{Node: 9001, Parent: owner.Num, Class: "group", Workspace: owner.Num, Owner: u.Num}}, nil)
	s.give(s.rule(s.offering(ruled.ID).Num, u.Num, "x", "manual"))
	s.give(s.rule(rbac.Root, u.Num, "x", "manual"))
	ids, err := s.Workspaces.Concerned(s.t.Context(), u.Num)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "concerned", ids, []workspace.ID{member.ID, owner.ID, ruled.ID}) // made in ascending order
}

// A leaver is a user with all that a user can have, but for what keeps him.
type leaver struct {
	workspace.User

	key        apikey.Key
	permission offering.Permission
	offering   offering.Offering
	in         workspace.Workspace
}

func (s *sample) leaver(name string) leaver {
	s.t.Helper()
	l := leaver{User: s.user(name), in: s.place()}
	l.offering = s.offering(l.in.ID)
	l.permission = s.given(offering.Permission{User: l.ID}, l.offering)
	l.key = s.key(l.ID, apikey.Hash)
	s.access(l.key, &l.permission, l.offering)
	s.give(s.rule(l.offering.Num, l.Num, "", "permission/"+string(l.permission.ID)))
	s.give(s.rule(rbac.Root, l.Num, "x", "some"))
	s.give(s.rule(rbac.Root, l.key.Num, "x", "some"))
	s.join(s.group(name, "").Num, l.Num)
	return l
}

func departureUser(s *sample) {
	l, other := s.leaver("l"), s.leaver("other")
	s.raises(func(ctx context.Context) error { return s.Workspaces.DeleteUser(ctx, l.ID) }, rbac.Root, l.in.Num)
	s.users("who is left", workspace.UserFilter{IDs: []workspace.UserID{l.ID, other.ID}}, "other")
	for _, p := range []rbac.Principal{l.Num, l.key.Num} {
		_, err := s.Rules.Facts(s.t.Context(), p, rbac.Root)
		wants(s.t, "a principal who has gone", err, rbac.ErrNoPrincipal)
	}
	rules, err := s.Rules.Rules(s.t.Context(), rbac.RuleFilter{Principals: []rbac.Principal{l.Num, l.key.Num}})
	if err != nil || len(rules) > 0 {
		s.t.Errorf("rules left: %+v, %v", rules, err)
	}
	rules, err = s.Rules.Rules(s.t.Context(), rbac.RuleFilter{Principals: []rbac.Principal{other.Num, other.key.Num}})
	if err != nil || len(rules) != 4 {
		s.t.Errorf("rules of the other: %+v, %v", rules, err)
	}
	n, err := s.Offerings.CountPermissions(s.t.Context(), offering.PermissionFilter{})
	if err != nil || n != 1 {
		s.t.Errorf("%d permissions, %v", n, err)
	}
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.DeleteUser(ctx, l.ID) })
}

func departureUserNeeded(s *sample) {
	in := s.place()
	member, owner, ruler := s.user("m"), s.user("o"), s.user("r")
	s.put(workspace.Member{Workspace: in.ID, Principal: member.Num})
	s.Plant(s.t, []rbac.Place{{Node: 9001, Parent: in.Num, Class: "group", Workspace: in.Num, Owner: owner.Num}}, nil)
	s.give(s.rule(9001, ruler.Num, workspace.RoleOwner, "manual"))
	for _, id := range []workspace.UserID{member.ID, owner.ID, ruler.ID, in.Supervisor} {
		s.refused(workspace.ErrInUse, func(ctx context.Context) error { return s.Workspaces.DeleteUser(ctx, id) })
	}
}

func departureWorkspace(s *sample) {
	e, other := s.estate(), s.estate()
	g := s.group("inside", e.in.ID)
	s.put(workspace.Member{Workspace: e.in.ID, Principal: e.a.Num})
	s.put(workspace.Member{Workspace: other.in.ID, Principal: e.a.Num})
	s.join(g.Num, e.a.Num)
	o := s.offering(s.place().ID)
	p := s.given(offering.Permission{Community: e.in.ID}, o)
	s.give(s.rule(o.Num, e.in.Audience, "", "permission/"+string(p.ID)))
	s.raises(func(ctx context.Context) error { return s.Workspaces.DeleteWorkspace(ctx, e.in.ID) }, rbac.Root)
	for _, n := range []rbac.Node{e.in.Num, e.house, e.shelf, e.barn} {
		_, err := s.Workspaces.NodeWorkspace(s.t.Context(), n)
		wants(s.t, "a node of it", err, workspace.ErrNotFound)
	}
	for _, p := range []rbac.Principal{e.in.Audience, g.Num} {
		_, err := s.Rules.Facts(s.t.Context(), p, rbac.Root)
		wants(s.t, "a group of it", err, rbac.ErrNoPrincipal)
	}
	s.members("memberships left", workspace.MemberFilter{Principals: []rbac.Principal{e.a.Num}}, e.a.Num)
	rules, err := s.Rules.Rules(s.t.Context(), rbac.RuleFilter{Nodes: []rbac.Node{o.Num}})
	if err != nil || len(rules) > 0 {
		s.t.Errorf("rules for its members: %+v, %v", rules, err)
	}
	n, err := s.Offerings.CountPermissions(s.t.Context(), offering.PermissionFilter{})
	if err != nil || n != 0 {
		s.t.Errorf("%d permissions, %v", n, err)
	}
	equal(s.t, "another's", s.nodeOf(other.shelf), other.in.Num)
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.DeleteWorkspace(ctx, e.in.ID) })
}

func departureWorkspaceInUse(s *sample) {
	in := s.place()
	s.must(func(ctx context.Context) error {
		return s.Workspaces.AddDatastore(ctx, workspace.DatastoreSettings{ID: "d", Workspace: in.ID, Created: at(1), Updated: at(1)})
	})
	s.refused(workspace.ErrInUse, func(ctx context.Context) error { return s.Workspaces.DeleteWorkspace(ctx, in.ID) })
}

func departureCounts(s *sample) {
	l, e := s.leaver("l"), s.estate()
	of, err := s.Workspaces.CountOf(s.t.Context(), l.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "of a user", of, map[string]int{"keys": 1, "permissions": 1})
	in, err := s.Workspaces.CountIn(s.t.Context(), e.in.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "in a workspace", in, map[string]int{"nodes": 5})
}

func departureSweep(s *sample) {
	l, e := s.leaver("l"), s.estate()
	s.group("inside", e.in.ID)
	s.sweep(func(ctx context.Context) error { return s.Workspaces.DeleteUser(ctx, l.ID) })
	s.sweep(func(ctx context.Context) error { return s.Workspaces.DeleteWorkspace(ctx, e.in.ID) })
}

func departureKey(s *sample) {
	in, other := s.place(), s.place()
	k, theirs, kept := s.accessKey(in.ID, ""), s.accessKey(in.ID, ""), s.accessKey(other.ID, "")
	s.give(s.rule(in.Num, k.Num, "x", "manual"))
	s.join(s.group("g", in.ID).Num, k.Num)
	got, err := s.Workspaces.AccessKey(s.t.Context(), in.ID, k.Num)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "a key", got, workspace.KeyReference{ID: string(k.ID), Num: k.Num, Title: k.Title})
	for in, num := range map[workspace.ID]rbac.Principal{other.ID: k.Num, in.ID: kept.Num, "": k.Num} {
		_, err := s.Workspaces.AccessKey(s.t.Context(), in, num)
		wants(s.t, "the key of another", err, workspace.ErrNotFound)
		s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.DeleteAccessKey(ctx, in, num) })
	}
	s.Plant(s.t, []rbac.Place{{Node: 9001, Parent: in.Num, Class: "group", Workspace: in.Num, Owner: theirs.Num}}, nil)
	s.refused(workspace.ErrInUse, func(ctx context.Context) error { return s.Workspaces.DeleteAccessKey(ctx, in.ID, theirs.Num) })
	s.give(s.rule(9001, kept.Num, workspace.RoleOwner, "manual"))
	s.refused(workspace.ErrInUse, func(ctx context.Context) error { return s.Workspaces.DeleteAccessKey(ctx, other.ID, kept.Num) })
	s.raises(func(ctx context.Context) error { return s.Workspaces.DeleteAccessKey(ctx, in.ID, k.Num) }, rbac.Root, in.Num)
	_, err = s.Rules.Facts(s.t.Context(), k.Num, rbac.Root)
	wants(s.t, "a key that has gone", err, rbac.ErrNoPrincipal)
	s.accessKeys("who is left", accesskey.Filter{}, theirs.ID, kept.ID)
	s.sweep(func(ctx context.Context) error {
		return s.Workspaces.DeleteAccessKey(ctx, in.ID, s.accessKeyIn(ctx, in.ID).Num)
	})
}

// accessKeyIn makes a key in a unit of work.
func (s *sample) accessKeyIn(ctx context.Context, in workspace.ID) accesskey.Key {
	s.t.Helper()
	k, _ := s.AccessKeys.AddKey(ctx, s.freshAccessKey(in, ""), accesskey.Secrets{Hash: "h"})
	return k
}

func departureNames(s *sample) {
	u, in := s.user("u"), s.place()
	k := s.freshAccessKey(in.ID, "")
	k.Creator = accesskey.Creator{User: u.ID, Principal: u.Num, Name: "U", Email: u.Email}
	k = s.addAccessKey(k)
	mine, t := s.guest(in.ID, "somebody@example.org")
	mine.Inviter = workspace.Inviter{User: u.ID, Principal: u.Num, Name: "U", Email: u.Email}
	mine.State = workspace.Revoked
	mine = s.invite(mine, t)
	his, t := s.guest(in.ID, u.Email)
	his.State, his.AcceptedBy = workspace.Accepted, u.ID
	his = s.invite(his, t)
	other := s.invite(s.guest(in.ID, "other@example.org"))
	ids, err := s.Workspaces.Concerned(s.t.Context(), u.Num)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "nothing is pending", len(ids), 0)
	theirs, t := s.guest(s.place().ID, u.Email)
	theirs = s.invite(theirs, t)
	ids, err = s.Workspaces.Concerned(s.t.Context(), u.Num)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "something is", ids, []workspace.ID{theirs.Workspace})
	s.settles(theirs, workspace.Revoked, true, workspace.Pending)
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteUser(ctx, u.ID) })
	k.Creator.User, k.Creator.Email = "", ""
	equalKeys(s.t, "the key that he made", s.readAccessKey(k.ID), k)
	s.accessKeys("by his address", accesskey.Filter{Search: u.Email})
	s.accessKeys("by his name", accesskey.Filter{Search: "U", IDs: []accesskey.ID{k.ID}}, k.ID)
	equal(s.t, "who invited", s.readInvitation(mine.ID).Inviter, workspace.Inviter{Name: "U"})
	got := s.readInvitation(his.ID)
	equal(s.t, "what he was sent", got.Email+string(got.AcceptedBy), "")
	equal(s.t, "of another", s.readInvitation(other.ID).Inviter, other.Inviter)
}

func (w *walk) departureSteps() map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"Workspaces.DeleteAccessKey": func(ctx context.Context) error {
			keys, err := w.AccessKeys.Keys(ctx, accesskey.Filter{Limit: 1})
			if err != nil || len(keys) == 0 || keys[0].Workspace == "" {
				return errors.Join(err, errNone)
			}
			return w.Workspaces.DeleteAccessKey(ctx, keys[0].Workspace, keys[0].Num)
		},
		"Workspaces.DeleteUser": func(ctx context.Context) error {
			u, err := w.aUser(ctx)
			if err != nil {
				return err
			}
			return w.Workspaces.DeleteUser(ctx, u.ID)
		},
		"Workspaces.DeleteWorkspace": func(ctx context.Context) error {
			// What is published keeps its workspace.
			list, err := w.Workspaces.Workspaces(ctx, workspace.Filter{})
			if err != nil {
				return err
			}
			var free []workspace.ID
			for _, v := range list {
				n, err := w.Offerings.CountOfferings(ctx, offering.Filter{Workspace: v.ID})
				if err != nil {
					return err
				}
				if n == 0 {
					free = append(free, v.ID)
				}
			}
			id, err := pick(w, free, nil)
			if err != nil {
				return err
			}
			return w.Workspaces.DeleteWorkspace(ctx, id)
		},
	}
}

// gone reports whether a workspace is not there any more, and wants nothing to
// be left then of what was followed of it.
func (w *walk) gone(n rbac.Node, state rbac.State) bool {
	w.t.Helper()
	_, err := w.Workspaces.NodeWorkspace(w.t.Context(), n)
	if !errors.Is(err, workspace.ErrNotFound) {
		return false
	}
	if len(state.Places) > 0 || len(state.Rules) > 0 {
		w.t.Errorf("of workspace %d, which has gone, is left: %+v", n, state)
	}
	return true
}
