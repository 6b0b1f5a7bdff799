package storagetest

import (
	"context"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Groups tests [workspace.Groups].
func Groups(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"filters choose":               groupFilters,
		"adding gives a principal":     groupAdd,
		"names are taken in one place": groupTaken,
		"saving stores a change":       groupSave,
		"deleting leaves its users":    groupDelete,
		"joining and parting":          groupJoin,
		"groups are decisions":         groupRevisions,
		"what is not there":            groupMissing,
		"nothing is kept of a half":    groupSweep,
	})
}

func (s *sample) groups(what string, f workspace.GroupFilter, want ...workspace.GroupID) {
	s.t.Helper()
	chooses(s.t, what, func(g workspace.Group) workspace.GroupID { return g.ID }, want,
		func(offset, limit int) ([]workspace.Group, error) {
			f.Offset, f.Limit = offset, limit
			return s.Workspaces.Groups(s.t.Context(), f)
		}, func(offset, limit int) (int, error) {
			f.Offset, f.Limit = offset, limit
			return s.Workspaces.CountGroups(s.t.Context(), f)
		})
}

func groupFilters(s *sample) {
	s.groups("none yet", workspace.GroupFilter{})
	w, u := s.place(), s.user("u")
	a, b, c := s.group("Été", ""), s.group("été", w.ID), s.group("other", w.ID)
	s.join(b.Num, u.Num)
	s.groups("all", workspace.GroupFilter{}, a.ID, b.ID, c.ID)
	s.groups("by id", workspace.GroupFilter{IDs: []workspace.GroupID{c.ID, a.ID}}, a.ID, c.ID)
	s.groups("by no id", workspace.GroupFilter{IDs: []workspace.GroupID{}})
	s.groups("by number", workspace.GroupFilter{Nums: []rbac.Principal{b.Num, u.Num}}, b.ID)
	s.groups("by no number", workspace.GroupFilter{Nums: []rbac.Principal{}})
	s.groups("of a workspace", workspace.GroupFilter{Workspace: w.ID}, b.ID, c.ID)
	s.groups("of the platform", workspace.GroupFilter{Platform: true}, a.ID)
	s.groups("by member", workspace.GroupFilter{Member: u.Num}, b.ID)
	s.groups("by name", workspace.GroupFilter{Name: "ÉTÉ"}, a.ID, b.ID)
	s.groups("by pattern", workspace.GroupFilter{Name: "%HER"}, c.ID)
	s.groups("by part of the name", workspace.GroupFilter{Search: "T"}, a.ID, b.ID, c.ID)
	s.groups("by a percent sign", workspace.GroupFilter{Search: "%"})
	s.groups("by all", workspace.GroupFilter{
		IDs: []workspace.GroupID{b.ID}, Nums: []rbac.Principal{b.Num}, Workspace: w.ID, Member: u.Num, Name: "%t%", Search: "é",
	}, b.ID)
}

func (s *sample) join(group, member rbac.Principal) {
	s.t.Helper()
	s.must(func(ctx context.Context) error {
		_, err := s.Workspaces.Join(ctx, group, member)
		return err
	})
}

func (s *sample) readGroup(id workspace.GroupID) workspace.Group {
	s.t.Helper()
	list, err := s.Workspaces.Groups(s.t.Context(), workspace.GroupFilter{IDs: []workspace.GroupID{id}})
	return one(s.t, list, err)
}

func groupAdd(s *sample) {
	w := s.place()
	given := workspace.Group{
		ID: workspace.GroupID(uid.New()), Num: 999, Workspace: w.ID, Name: "N", Description: "D", Created: at(1), Updated: at(2),
	}
	var added workspace.Group
	s.must(func(ctx context.Context) (err error) {
		added, err = s.Workspaces.AddGroup(ctx, given)
		return err
	})
	if added.Num == 999 || added.Num <= rbac.Owner {
		s.t.Errorf("Num %d was not given by the store", added.Num)
	}
	given.Num = added.Num
	equal(s.t, "what was added", added, given)
	equal(s.t, "what is read", s.readGroup(given.ID), given)
	facts, err := s.Rules.Facts(s.t.Context(), added.Num, w.Num)
	if err != nil || facts.Subject.Kind != rbac.Group {
		s.t.Errorf("the principal is %+v, %v", facts.Subject, err)
	}
}

func groupTaken(s *sample) {
	w := s.place()
	s.group("Straße", w.ID)
	other := s.group("STRASSE", "") // another place
	s.taken("name", "strasse", func(ctx context.Context) error {
		_, err := s.Workspaces.AddGroup(ctx, workspace.Group{ID: workspace.GroupID(uid.New()), Workspace: w.ID, Name: "strasse"})
		return err
	})
	s.taken("name", "strasse", func(ctx context.Context) error {
		_, err := s.Workspaces.AddGroup(ctx, workspace.Group{ID: workspace.GroupID(uid.New()), Name: "strasse"})
		return err
	})
	third := s.group("third", "")
	third.Name = other.Name
	s.taken("name", "STRASSE", func(ctx context.Context) error { return s.Workspaces.SaveGroup(ctx, third) })
}

func groupSave(s *sample) {
	w := s.place()
	g, other := s.group("before", w.ID), s.group("other", w.ID)
	g.Name, g.Description, g.Updated = "after", "", at(9)
	saved := g
	saved.Num, saved.Workspace, saved.Created = 4711, "", at(8) // none changes
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveGroup(ctx, saved) })
	equal(s.t, "what is read", s.readGroup(g.ID), g)
	equal(s.t, "the other", s.readGroup(other.ID), other)
}

func groupDelete(s *sample) {
	w, u := s.place(), s.user("u")
	g, other := s.group("gone", w.ID), s.group("stays", w.ID)
	s.join(g.Num, u.Num)
	s.join(other.Num, u.Num)
	s.join(other.Num, g.Num)
	s.put(workspace.Member{Workspace: w.ID, Principal: g.Num})
	s.put(workspace.Member{Workspace: w.ID, Principal: other.Num})
	s.give(s.rule(w.Num, g.Num, workspace.RoleViewer, "member"))
	s.give(s.rule(rbac.Root, g.Num, workspace.RoleViewer, ""))
	s.give(s.rule(w.Num, other.Num, workspace.RoleViewer, "member"))
	s.raises(func(ctx context.Context) error { return s.Workspaces.DeleteGroup(ctx, g.ID) }, w.Num, rbac.Root)
	s.groups("what is left", workspace.GroupFilter{}, other.ID)
	s.groups("what is left of the user's", workspace.GroupFilter{Member: u.Num}, other.ID)
	s.members("who is left", workspace.MemberFilter{Workspace: w.ID}, other.Num)
	rules, err := s.Rules.Rules(s.t.Context(), rbac.RuleFilter{Principals: []rbac.Principal{g.Num, other.Num}})
	if rule := one(s.t, rules, err); rule.Principal != other.Num {
		s.t.Errorf("the rule left is %+v", rule)
	}
	s.readUser(u.ID)
	if again := s.group("gone", w.ID); again.Num <= g.Num {
		s.t.Errorf("number %d after %d was deleted", again.Num, g.Num)
	}
}

func groupJoin(s *sample) {
	g, u := s.group("g", ""), s.user("u")
	steps := []struct {
		what    string
		do      func(ctx context.Context, group, member rbac.Principal) (bool, error)
		changes bool
	}{
		{"parting before", s.Workspaces.Part, false},
		{"joining", s.Workspaces.Join, true},
		{"joining again", s.Workspaces.Join, false},
		{"parting", s.Workspaces.Part, true},
		{"parting again", s.Workspaces.Part, false},
	}
	for _, step := range steps {
		before := s.Fingerprint(s.t)
		s.must(func(ctx context.Context) error {
			changed, err := step.do(ctx, g.Num, u.Num)
			equal(s.t, step.what, changed, step.changes)
			return err
		})
		equal(s.t, step.what+" changes something", s.Fingerprint(s.t) != before, step.changes)
	}
}

func groupRevisions(s *sample) {
	w, u := s.place(), s.user("u")
	inside, platform := s.group("g", w.ID), s.group("g", "")
	for group, node := range map[rbac.Principal]rbac.Node{
		w.Audience: w.Num, inside.Num: w.Num, platform.Num: rbac.Root, rbac.Administrators: rbac.Root,
	} {
		s.raises(func(ctx context.Context) error {
			_, err := s.Workspaces.Join(ctx, group, u.Num)
			return err
		}, node, rbac.Root)
		s.raises(func(ctx context.Context) error {
			_, err := s.Workspaces.Part(ctx, group, u.Num)
			return err
		}, node, rbac.Root)
	}
}

func groupMissing(s *sample) {
	g, u := s.group("g", ""), s.user("u")
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		return s.Workspaces.SaveGroup(ctx, workspace.Group{ID: "nobody"})
	})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.DeleteGroup(ctx, "nobody") })
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Workspaces.AddGroup(ctx, workspace.Group{ID: workspace.GroupID(uid.New()), Workspace: "nowhere"})
		return err
	})
	for _, pair := range [][2]rbac.Principal{{g.Num, 4711}, {4711, u.Num}, {u.Num, g.Num}} {
		s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
			_, err := s.Workspaces.Join(ctx, pair[0], pair[1])
			return err
		})
	}
}

func groupSweep(s *sample) {
	w, u := s.place(), s.user("u")
	g := workspace.Group{ID: workspace.GroupID(uid.New()), Workspace: w.ID, Name: "g"}
	s.sweep(func(ctx context.Context) error {
		_, err := s.Workspaces.AddGroup(ctx, g)
		return err
	})
	g = s.readGroup(g.ID)
	g.Name = "h"
	s.sweep(func(ctx context.Context) error { return s.Workspaces.SaveGroup(ctx, g) })
	join := func(ctx context.Context) error {
		_, err := s.Workspaces.Join(ctx, g.Num, u.Num)
		return err
	}
	s.sweep(join)
	s.sweep(func(ctx context.Context) error {
		_, err := s.Workspaces.Part(ctx, g.Num, u.Num)
		return err
	})
	s.must(join)
	s.put(workspace.Member{Workspace: w.ID, Principal: g.Num})
	s.sweep(func(ctx context.Context) error { return s.Workspaces.DeleteGroup(ctx, g.ID) })
}
