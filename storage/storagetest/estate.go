package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Estates tests [workspace.Estates].
func Estates(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"holdings are what one owns":   estateHoldings,
		"one owns in place of another": estateReown,
		"a tree goes with all in it":   estateDelete,
		"what is not there":            estateMissing,
		"nothing is kept of a half":    estateSweep,
	})
}

// An estate is a workspace with nodes in it: house, in a's name and b's by a
// rule, with room and shelf below; garden, a's by a rule alone; barn, b's;
// and a link from the barn to the shelf.
type estate struct {
	in                               workspace.Workspace
	a, b, c                          workspace.User
	house, room, shelf, garden, barn rbac.Node
}

func (s *sample) estate() estate {
	s.t.Helper()
	nth := s.number()
	name := func(n string) string { return fmt.Sprintf("%s%d", n, nth) }
	e := estate{in: s.place(), a: s.user(name("a")), b: s.user(name("b")), c: s.user(name("c"))}
	base := rbac.Node(5000 + 100*nth)
	e.house, e.room, e.shelf, e.garden, e.barn = base, base+1, base+2, base+3, base+4
	w := e.in.Num
	s.Plant(s.t, []rbac.Place{
		{Node: e.house, Parent: w, Class: "group", Workspace: w, Owner: e.a.Num},
		{Node: e.room, Parent: e.house, Class: "group", Workspace: w},
		{Node: e.shelf, Parent: e.room, Class: "layer", Workspace: w},
		{Node: e.garden, Parent: w, Class: "group", Workspace: w},
		{Node: e.barn, Parent: w, Class: "group", Workspace: w, Owner: e.b.Num, Links: map[string]rbac.Node{"way": e.shelf}},
	}, nil)
	s.give(s.rule(e.house, e.b.Num, workspace.RoleOwner, "manual"))
	s.give(s.rule(e.garden, e.a.Num, workspace.RoleOwner, "manual"))
	s.give(s.rule(e.shelf, e.c.Num, "x", "manual"))
	s.give(s.rule(w, e.a.Num, workspace.RoleOwner, "manual")) // of the workspace itself
	denied := s.rule(e.barn, e.a.Num, workspace.RoleOwner, "manual")
	denied.Effect = rbac.Deny
	s.give(denied)
	return e
}

func (s *sample) holdings(e estate, p rbac.Principal) []workspace.Holding {
	s.t.Helper()
	list, err := s.Workspaces.Holdings(s.t.Context(), e.in.Num, p)
	if err != nil {
		s.t.Fatal(err)
	}
	n, err := s.Workspaces.CountHoldings(s.t.Context(), e.in.Num, p)
	if err != nil || n != len(list) {
		s.t.Errorf("CountHoldings = %d, %v, want %d", n, err, len(list))
	}
	return list
}

func (s *sample) reown(n rbac.Node, from, to rbac.Principal) {
	s.t.Helper()
	s.must(func(ctx context.Context) error { return s.Workspaces.Reown(ctx, n, from, to) })
}

func estateHoldings(s *sample) {
	e := s.estate()
	w := e.in.Num
	equal(s.t, "a's", s.holdings(e, e.a.Num), []workspace.Holding{
		{Node: e.house, Class: "group", Parent: w, Others: []rbac.Principal{e.b.Num}, Below: 2, Foreign: []rbac.Node{e.barn}},
		{Node: e.garden, Class: "group", Parent: w},
	})
	equal(s.t, "b's", s.holdings(e, e.b.Num), []workspace.Holding{
		{Node: e.house, Class: "group", Parent: w, Others: []rbac.Principal{e.a.Num}, Below: 2, Foreign: []rbac.Node{e.barn}},
		{Node: e.barn, Class: "group", Parent: w},
	})
	for n, want := range map[rbac.Node][]rbac.Principal{
		e.house: {e.a.Num, e.b.Num}, e.garden: {e.a.Num}, e.barn: {e.b.Num}, e.shelf: nil, e.in.Num: nil,
	} {
		owners, err := s.Workspaces.Owners(s.t.Context(), w, n)
		if err != nil {
			s.t.Fatal(err)
		}
		equal(s.t, "owners", len(owners), len(want))
		for i := range owners {
			equal(s.t, "an owner", owners[i], want[i])
		}
	}
	elsewhere, err := s.Workspaces.Owners(s.t.Context(), s.place().Num, e.house)
	if err != nil || elsewhere != nil {
		s.t.Errorf("owners elsewhere: %v, %v", elsewhere, err)
	}
	equal(s.t, "c's", s.holdings(e, e.c.Num), []workspace.Holding{})
	equal(s.t, "elsewhere", s.holdings(estate{in: s.place()}, e.a.Num), []workspace.Holding{})
	o := s.offering(e.in.ID)
	s.Plant(s.t, []rbac.Place{{Node: e.barn + 50, Parent: o.Num, Class: "group", Workspace: w}}, nil)
	equal(s.t, "what is kept", s.kept(o.Num), "offering layer")
}

// kept returns what forbids deleting a node.
func (s *sample) kept(n rbac.Node) string {
	s.t.Helper()
	u, in := s.user("keeper"), s.nodeOf(n)
	s.give(s.rule(n, u.Num, workspace.RoleOwner, "manual"))
	list, err := s.Workspaces.Holdings(s.t.Context(), in, u.Num)
	return one(s.t, list, err).Kept
}

func (s *sample) nodeOf(n rbac.Node) rbac.Node {
	s.t.Helper()
	in, err := s.Workspaces.NodeWorkspace(s.t.Context(), n)
	if err != nil {
		s.t.Fatal(err)
	}
	return in
}

func (s *sample) owner(e estate, n rbac.Node) (rbac.Principal, []rbac.Principal) {
	s.t.Helper()
	facts, err := s.Rules.Facts(s.t.Context(), e.c.Num, n)
	if err != nil {
		s.t.Fatal(err)
	}
	rules, err := s.Rules.Rules(s.t.Context(), rbac.RuleFilter{Nodes: []rbac.Node{n}, Roles: []rbac.RoleName{workspace.RoleOwner}, Effect: rbac.Allow})
	if err != nil {
		s.t.Fatal(err)
	}
	by := []rbac.Principal{}
	for _, r := range rules {
		by = append(by, r.Principal)
	}
	return facts.Places[n].Owner, by
}

func (s *sample) owned(what string, e estate, n rbac.Node, name rbac.Principal, rules ...rbac.Principal) {
	s.t.Helper()
	got, by := s.owner(e, n)
	if rules == nil {
		rules = []rbac.Principal{}
	}
	equal(s.t, what+": in the name of", got, name)
	equal(s.t, what+": by rules", by, rules)
}

func estateReown(s *sample) {
	e := s.estate()
	a, b, c := e.a.Num, e.b.Num, e.c.Num
	s.raises(func(ctx context.Context) error { return s.Workspaces.Reown(ctx, e.house, a, c) }, e.in.Num)
	s.owned("a name", e, e.house, c, b)
	s.raises(func(ctx context.Context) error { return s.Workspaces.Reown(ctx, e.garden, a, c) }, e.in.Num)
	s.owned("a rule", e, e.garden, 0, c)
	s.reown(e.house, b, c)
	s.owned("to who owns it", e, e.house, c)
	s.reown(e.house, c, c)
	s.owned("to himself", e, e.house, c)
	s.reown(e.house, c, 0)
	s.owned("to nobody", e, e.house, 0)

	e = s.estate()
	s.reown(e.house, e.a.Num, 0)
	s.owned("to nobody, beside another", e, e.house, e.b.Num)
	e = s.estate()
	s.reown(e.house, e.a.Num, e.b.Num)
	s.owned("a name to who has a rule", e, e.house, e.b.Num)
	e = s.estate()
	s.reown(e.house, e.b.Num, e.a.Num)
	s.owned("a rule to whose name it is in", e, e.house, e.a.Num)
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.Reown(ctx, e.house, e.b.Num, e.c.Num) })
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.Reown(ctx, e.in.Num, e.a.Num, e.c.Num) })
}

func estateDelete(s *sample) {
	e := s.estate()
	s.raises(func(ctx context.Context) error { return s.Workspaces.DeleteTree(ctx, e.house) }, e.in.Num)
	for _, n := range []rbac.Node{e.house, e.room, e.shelf} {
		_, err := s.Workspaces.NodeWorkspace(s.t.Context(), n)
		wants(s.t, "a node of the tree", err, workspace.ErrNotFound)
	}
	equal(s.t, "rules of the tree", len(s.rulesOn(e.shelf)), 0)
	equal(s.t, "the neighbour", s.nodeOf(e.garden), e.in.Num)
	facts, err := s.Rules.Facts(s.t.Context(), e.c.Num, e.barn)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "links that led there", len(facts.Places[e.barn].Links), 0)
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.DeleteTree(ctx, e.house) })
	s.refused(workspace.ErrInUse, func(ctx context.Context) error { return s.Workspaces.DeleteTree(ctx, e.in.Num) })
	s.refused(workspace.ErrInUse, func(ctx context.Context) error { return s.Workspaces.DeleteTree(ctx, rbac.Root) })
	o := s.offering(e.in.ID)
	s.refused(workspace.ErrInUse, func(ctx context.Context) error { return s.Workspaces.DeleteTree(ctx, o.Num) })
}

func estateMissing(s *sample) {
	e := s.estate()
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.Reown(ctx, 4711, e.a.Num, e.b.Num) })
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error { return s.Workspaces.DeleteTree(ctx, 4711) })
}

func estateSweep(s *sample) {
	e := s.estate()
	s.sweep(func(ctx context.Context) error { return s.Workspaces.Reown(ctx, e.house, e.a.Num, e.c.Num) })
	s.sweep(func(ctx context.Context) error { return s.Workspaces.DeleteTree(ctx, e.house) })
}

func (w *walk) estateSteps() map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"Workspaces.Reown": func(ctx context.Context) error {
			u, err := w.aUser(ctx)
			if err != nil || w.owned == rbac.Root {
				return errors.Join(err, errNone)
			}
			to := u.Num
			if w.rand.IntN(4) == 0 {
				to = 0
			}
			return w.Workspaces.Reown(ctx, w.owned, w.owner, to)
		},
		"Workspaces.DeleteTree": func(ctx context.Context) error {
			n, err := w.landed(ctx)
			if err != nil || w.rand.IntN(3) > 0 {
				return errors.Join(err, errNone)
			}
			return w.Workspaces.DeleteTree(ctx, n)
		},
	}
}

// landed returns some land that is left.
func (w *walk) landed(ctx context.Context) (rbac.Node, error) {
	w.land = slices.DeleteFunc(w.land, func(n rbac.Node) bool {
		_, err := w.Workspaces.NodeWorkspace(ctx, n)
		return errors.Is(err, workspace.ErrNotFound)
	})
	return pick(w, w.land, nil)
}

// own makes somebody an owner of some land, or of what is published.
func (w *walk) own(ctx context.Context) error {
	n, err := w.landed(ctx)
	if err != nil {
		o, none := w.anOffering(ctx)
		if none != nil {
			return none
		}
		n = o.Num
	}
	u, err := w.aUser(ctx)
	if err != nil {
		return err
	}
	w.owned, w.owner = n, u.Num
	_, err = w.Rules.AddRule(ctx, w.rule(n, u.Num, workspace.RoleOwner, "manual"))
	return err
}

// settled plants some land and returns what is loaded of that and of what is
// above.
func (w *walk) settled() map[rbac.Node]rbac.State {
	w.t.Helper()
	followed := map[rbac.Node]rbac.State{rbac.Root: {}}
	for range 3 {
		e := w.estate()
		w.land = append(w.land, e.house, e.shelf, e.barn, e.garden)
		followed[e.in.Num] = rbac.State{}
	}
	for n := range followed {
		followed[n] = w.load(n)
	}
	return followed
}
