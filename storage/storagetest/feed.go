package storagetest

import (
	"cmp"
	"context"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Feed tests what the store of rules tells of changes.
func Feed(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"a state is everything that lies in a workspace": feedLoads,
		"since a state leads to the next":                feedLeadsOn,
		"every change is followed":                       feedFollows,
		"every method is walked":                         feedKnowsAll,
	})
}

func (s *sample) load(workspace rbac.Node) rbac.State {
	s.t.Helper()
	state, err := s.Rules.Load(s.t.Context(), workspace)
	if err != nil {
		s.t.Fatalf("Load(%d): %v", workspace, err)
	}
	return state
}

// since returns the deltas since some states, by workspace.
func (s *sample) since(states ...rbac.State) map[rbac.Node]rbac.Delta {
	s.t.Helper()
	have := map[rbac.Node]int64{}
	for _, state := range states {
		have[state.At.Workspace] = state.At.Revision
	}
	list, err := s.Rules.Since(s.t.Context(), have)
	if err != nil {
		s.t.Fatalf("Since(%v): %v", have, err)
	}
	deltas := map[rbac.Node]rbac.Delta{}
	for _, d := range list {
		from, named := have[d.Workspace]
		_, twice := deltas[d.Workspace]
		if !named || twice || d.From != from || d.To == from {
			s.t.Errorf("delta of %d leads from %d to %d, asked for %v", d.Workspace, d.From, d.To, have)
		}
		deltas[d.Workspace] = d
	}
	return deltas
}

// follow returns the state that a delta leads to, but for what is above.
func (s *sample) follow(state rbac.State, d rbac.Delta) rbac.State {
	s.t.Helper()
	if d.Unknown {
		s.t.Fatalf("the delta %+v is unknown", d)
	}
	state.At.Revision = d.To
	state.Places = merge(state.Places, d.Places, d.GonePlaces, func(p rbac.Place) rbac.Node { return p.Node })
	state.Rules = merge(state.Rules, d.Rules, d.GoneRules, func(r rbac.Rule) int64 { return r.Num })
	state.Profiles = merge(state.Profiles, d.Profiles, d.GoneProfiles, func(p rbac.Profile) rbac.Principal { return p.Principal })
	state.Roles = merge(state.Roles, d.Roles, d.GoneRoles, func(r rbac.Role) rbac.RoleName { return r.Name })
	return state
}

func merge[T any, K cmp.Ordered](list, changed []T, gone []K, key func(T) K) []T {
	for _, item := range changed {
		gone = append(gone, key(item))
	}
	list = slices.DeleteFunc(slices.Clone(list), func(item T) bool { return slices.Contains(gone, key(item)) })
	list = append(list, changed...)
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	if len(list) == 0 {
		return nil
	}
	return list
}

// sameState wants two states to be the same, but for what is above.
func (s *sample) sameState(what string, got, want rbac.State) {
	s.t.Helper()
	for _, state := range []*rbac.State{&got, &want} {
		state.At.Above = 0
		for _, list := range []func(){
			func() { state.Places = merge(state.Places, nil, nil, func(p rbac.Place) rbac.Node { return p.Node }) },
			func() { state.Rules = merge(state.Rules, nil, nil, func(r rbac.Rule) int64 { return r.Num }) },
			func() { state.Roles = merge(state.Roles, nil, nil, func(r rbac.Role) rbac.RoleName { return r.Name }) },
		} {
			list()
		}
	}
	equal(s.t, what, got, want)
}

func feedLoads(s *sample) {
	plantTree(s.t, s.Backend)
	rules := add(s.t, s.Backend, ruleOf(org, inner), ruleOf(layer, user), ruleOf(cable, robot))
	s.must(func(ctx context.Context) error { return s.Rules.PutRole(ctx, rbac.Role{Name: "r", Title: "R"}) })
	state := s.load(space)
	equal(s.t, "the moment", state.At, s.revision(space))
	equal(s.t, "Places", state.Places, []rbac.Place{
		{Node: space, Parent: org, Class: "workspace", Owner: user, Workspace: space, Sealed: true},
		{Node: folder, Parent: space, Class: "group", Workspace: space},
		{Node: layer, Parent: folder, Class: "layer", Workspace: space, Links: map[string]rbac.Node{"connection": cable, "style": absent}},
	})
	equal(s.t, "Rules", state.Rules, rules[1:2])
	equal(s.t, "Profiles and roles", len(state.Profiles)+len(state.Roles), 0)
	state = s.load(rbac.Root)
	equal(s.t, "the moment", state.At, s.revision(rbac.Root))
	equal(s.t, "Places", state.Places, []rbac.Place{{Class: "platform"}, {Node: org, Class: "organization"}})
	equal(s.t, "Rules", state.Rules[1:], rules[:1])
	equal(s.t, "Roles", state.Roles, []rbac.Role{{Name: "r", Title: "R"}})
	equal(s.t, "Profiles", state.Profiles, []rbac.Profile{
		{Principal: rbac.Guest, Kind: rbac.System}, {Principal: rbac.Everyone, Kind: rbac.System},
		{Principal: rbac.Authenticated, Kind: rbac.System}, {Principal: rbac.Administrators, Kind: rbac.Group},
		{Principal: rbac.Owner, Kind: rbac.System},
		{Principal: user, Kind: rbac.User, Groups: []rbac.Principal{inner}},
		{Principal: robot, Kind: rbac.Key, Behalf: user, Groups: []rbac.Principal{bots}},
		{Principal: inner, Kind: rbac.Group, Groups: []rbac.Principal{outer}},
		{Principal: outer, Kind: rbac.Group, Groups: []rbac.Principal{inner}},
		{Principal: bots, Kind: rbac.Group},
		{Principal: blocked, Kind: rbac.User, Disabled: true},
	})
	for _, n := range []rbac.Node{org, layer, absent} {
		_, err := s.Rules.Load(s.t.Context(), n)
		wants(s.t, "Load of what is no workspace", err, rbac.ErrNoNode)
	}
}

func feedLeadsOn(s *sample) {
	plantTree(s.t, s.Backend)
	before := []rbac.State{s.load(rbac.Root), s.load(space), s.load(other)}
	equal(s.t, "deltas of nothing", len(s.since(before...)), 0)
	add(s.t, s.Backend, ruleOf(layer, user), ruleOf(rbac.Root, user))
	s.must(func(ctx context.Context) error { return s.Rules.PutRole(ctx, rbac.Role{Name: "r", Title: "R"}) })
	deltas := s.since(before...)
	equal(s.t, "deltas", len(deltas), 2)
	for _, state := range before[:2] {
		n := state.At.Workspace
		s.sameState("what leads on", s.follow(state, deltas[n]), s.load(n))
	}
}
