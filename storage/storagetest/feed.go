package storagetest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Feed tests what the store of rules tells of changes.
func Feed(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"a state is everything that lies in a workspace": feedLoads,
		"since a state leads to the next":                feedLeadsOn,
		"each delta is asked for":                        feedSince,
		"a unit sees its own":                            feedInUnit,
		"what everything changed in is unknown":          feedUnknown,
		"revisions come in order":                        feedRevisions,
		"writers at once leave no gap":                   feedAtOnce,
		"a pulse rises":                                  feedPulse,
		"watchers are told":                              feedWatch,
		"who waits is woken":                             feedAwait,
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
	made := slices.DeleteFunc(slices.Clone(state.Rules), func(r rbac.Rule) bool { return r.Origin == "builtin" })
	equal(s.t, "Rules", made, rules[:1])
	equal(s.t, "Roles", state.Roles, []rbac.Role{{Name: "r", Title: "R"}})
	equal(s.t, "Profiles", state.Profiles, []rbac.Profile{
		{Principal: rbac.Guest, Kind: rbac.System},
		{Principal: rbac.Everyone, Kind: rbac.System},
		{Principal: rbac.Authenticated, Kind: rbac.System},
		{Principal: rbac.Administrators, Kind: rbac.Group},
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

func feedSince(s *sample) {
	plantTree(s.t, s.Backend)
	ctx := s.t.Context()
	root, in := s.load(rbac.Root), s.load(space)
	equal(s.t, "deltas of none", len(s.since()), 0)
	s.must(func(ctx context.Context) error { return s.Rules.PutRole(ctx, rbac.Role{Name: "r"}) })
	added := add(s.t, s.Backend, ruleOf(layer, user))
	// Only what is named, and only what has another revision.
	equal(s.t, "deltas of the root", s.since(root), map[rbac.Node]rbac.Delta{
		rbac.Root: {From: root.At.Revision, To: root.At.Revision + 1, Roles: []rbac.Role{{Name: "r"}}},
	})
	equal(s.t, "deltas of both", s.since(s.load(rbac.Root), in), map[rbac.Node]rbac.Delta{
		space: {Workspace: space, From: in.At.Revision, To: in.At.Revision + 1, Rules: added},
	})
	// What came and went, and what is not there any more, is gone.
	s.must(func(ctx context.Context) error {
		n, err := s.Rules.DeleteRules(ctx, rbac.RuleFilter{Nodes: []rbac.Node{layer}})
		equal(s.t, "deleted", n, 1)
		return err
	})
	s.must(func(ctx context.Context) error { return s.Rules.DeleteRole(ctx, "r") })
	equal(s.t, "deltas of what is gone", s.since(root, in), map[rbac.Node]rbac.Delta{
		rbac.Root: {From: root.At.Revision, To: root.At.Revision + 2, GoneRoles: []rbac.RoleName{"r"}},
		space:     {Workspace: space, From: in.At.Revision, To: in.At.Revision + 2, GoneRules: []int64{added[0].Num}},
	})
	// What is not kept leaves no line.
	root, in = s.load(rbac.Root), s.load(space)
	s.refused(errOwn, func(ctx context.Context) error {
		_, err := s.Rules.AddRule(ctx, ruleOf(layer, user))
		return errors.Join(err, s.Rules.PutRole(ctx, rbac.Role{Name: "r"}), errOwn)
	})
	equal(s.t, "deltas of what was not kept", len(s.since(root, in)), 0)
	list, err := s.Rules.Since(ctx, map[rbac.Node]int64{absent: 0})
	if err != nil || len(list) > 0 {
		s.t.Errorf("since the beginning of no workspace: %v, %v", list, err)
	}
}

func feedInUnit(s *sample) {
	plantTree(s.t, s.Backend)
	equal(s.t, "InUnit outside", s.Rules.InUnit(s.t.Context()), false)
	before := s.load(space)
	s.must(func(ctx context.Context) error {
		equal(s.t, "InUnit inside", s.Rules.InUnit(ctx), true)
		for i := range 2 {
			added, err := s.Rules.AddRule(ctx, ruleOf(folder, user))
			if err != nil {
				return err
			}
			state, err := s.Rules.Load(ctx, space)
			if err != nil {
				return err
			}
			equal(s.t, "the last rule inside", state.Rules[i], added)
			token, err := s.Rules.Revision(ctx, layer)
			if err != nil {
				return err
			}
			equal(s.t, "the revision inside", token, state.At)
			revisions, err := s.Rules.Revisions(ctx, space)
			if err != nil {
				return err
			}
			equal(s.t, "the revisions inside", revisions, []int64{token.Above, token.Revision})
			deltas, err := s.Rules.Since(ctx, map[rbac.Node]int64{space: before.At.Revision})
			s.sameState("what leads on inside", s.follow(before, one(s.t, deltas, err)), state)
		}
		return nil
	})
	s.sameState("what leads on", s.follow(before, s.since(before)[space]), s.load(space))
}

func feedUnknown(s *sample) {
	plantTree(s.t, s.Backend)
	root, in := s.load(rbac.Root), s.load(space)
	s.Plant(s.t, []rbac.Place{{Node: 1100, Parent: space, Class: "group", Workspace: space}}, nil)
	for n, d := range s.since(root, in) {
		from := map[rbac.Node]int64{rbac.Root: root.At.Revision, space: in.At.Revision}[n]
		equal(s.t, "a delta of what was planted", d, rbac.Delta{Workspace: n, From: from, To: from + 1, Unknown: true})
	}
	// So is what is told of a future that never was.
	in.At.Revision = 1000
	d := s.since(in)[space]
	equal(s.t, "since the future", d, rbac.Delta{Workspace: space, From: 1000, To: s.revision(space).Revision, Unknown: true})
}

func feedRevisions(s *sample) {
	plantTree(s.t, s.Backend)
	add(s.t, s.Backend, ruleOf(layer, user))
	root, in, out := s.revision(rbac.Root).Revision, s.revision(space).Revision, s.revision(other).Revision
	for _, c := range []struct {
		of   []rbac.Node
		want []int64
	}{
		{nil, []int64{root}},
		{[]rbac.Node{other, space}, []int64{root, out, in}},
		{[]rbac.Node{space, absent, space, rbac.Root}, []int64{root, in, 0, in, root}},
	} {
		got, err := s.Rules.Revisions(s.t.Context(), c.of...)
		if err != nil {
			s.t.Error(err)
		}
		equal(s.t, "revisions", got, c.want)
	}
}

// feedAtOnce follows while others change the same workspaces.
func feedAtOnce(s *sample) {
	plantTree(s.t, s.Backend)
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 10 {
				err := s.Tx(s.t.Context(), func(ctx context.Context) error {
					_, err := s.Rules.AddRule(ctx, ruleOf(layer, user))
					_, again := s.Rules.AddRule(ctx, ruleOf(cable, user))
					return errors.Join(err, again, s.Rules.PutRole(ctx, rbac.Role{Name: "r", Title: uid.New()}))
				})
				if err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		writers.Wait()
		close(done)
	}()
	states := map[rbac.Node]rbac.State{rbac.Root: s.load(rbac.Root), space: s.load(space), other: s.load(other)}
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		default:
		}
		for n, d := range s.since(states[rbac.Root], states[space], states[other]) {
			states[n] = s.follow(states[n], d)
		}
	}
	for n, state := range states {
		s.sameState("what was followed", state, s.load(n))
	}
	equal(s.t, "rules", len(states[space].Rules), 40)
}

func feedPulse(s *sample) {
	plantTree(s.t, s.Backend)
	pulse := func() (n uint64, ok bool) {
		n, ok, err := s.Rules.Pulse(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		return n, ok
	}
	first, ok := pulse()
	if !ok {
		return
	}
	second, _ := pulse()
	equal(s.t, "the pulse when nothing happened", second, first)
	s.must(s.write)
	second, _ = pulse()
	if second == first {
		s.t.Error("a commit of this process does not show")
	}
	s.Plant(s.t, nil, nil)
	if third, _ := pulse(); third == second {
		s.t.Error("a commit of somebody else does not show")
	}
}

func feedWatch(s *sample) {
	plantTree(s.t, s.Backend)
	var told [][]rbac.Token
	open := false
	cancel := s.Rules.Watch(func(changed []rbac.Token) {
		if open {
			s.t.Error("told while the unit was open")
		}
		// Others see it by now.
		for _, token := range changed {
			if now := s.revision(token.Workspace); !now.Reaches(token) {
				s.t.Errorf("told of %+v, there is %+v", token, now)
			}
		}
		told = append(told, changed)
	})
	unit := func(fn func(ctx context.Context) error) error {
		told = nil
		return s.Tx(s.t.Context(), func(ctx context.Context) error {
			open = true
			defer func() { open = false }()
			return fn(ctx)
		})
	}
	both := func(ctx context.Context) error {
		_, err := s.Rules.AddRule(ctx, ruleOf(layer, user))
		return errors.Join(err, s.Rules.PutRole(ctx, rbac.Role{Name: "r"}))
	}
	wants(s.t, "Tx", unit(both), nil)
	root := s.revision(rbac.Root)
	equal(s.t, "what is told", told, [][]rbac.Token{{root, s.revision(space)}})
	wants(s.t, "Tx", unit(func(ctx context.Context) error {
		_, err := s.Rules.AddRule(ctx, ruleOf(cable, user))
		return err
	}), nil)
	equal(s.t, "what is told of one workspace", told, [][]rbac.Token{{s.revision(other)}})
	wants(s.t, "Tx", unit(func(ctx context.Context) error { return errors.Join(both(ctx), errOwn) }), errOwn)
	equal(s.t, "what is told of what is not kept", len(told), 0)
	wants(s.t, "Tx", unit(func(ctx context.Context) error { return s.Trail.Append(ctx, s.event("x", 1)) }), nil)
	equal(s.t, "what is told of what decides nothing", len(told), 0)
	cancel()
	wants(s.t, "Tx", unit(both), nil)
	equal(s.t, "what is told afterwards", len(told), 0)
}

func feedAwait(s *sample) {
	plantTree(s.t, s.Backend)
	const patience = 20 * time.Second
	// wait returns when there is nothing more that it could return for, or, the
	// second time, what did come of waiting.
	wait := func(limit time.Duration) error {
		ctx, cancel := context.WithTimeout(s.t.Context(), limit)
		defer cancel()
		return s.Rules.Await(ctx)
	}
	settle := func() {
		for range 100 {
			if errors.Is(wait(300*time.Millisecond), context.DeadlineExceeded) {
				return
			}
		}
		s.t.Fatal("it returns for nothing all the time")
	}
	for what, change := range map[string]func(){
		"this process":  func() { s.must(func(ctx context.Context) error { return s.Rules.PutRole(ctx, rbac.Role{Name: "r"}) }) },
		"somebody else": func() { add(s.t, s.Backend, ruleOf(layer, user)) },
	} {
		settle()
		woken := make(chan error, 2)
		for range 2 {
			go func() { woken <- wait(patience) }()
		}
		time.Sleep(20 * time.Millisecond)
		change()
		for range 2 {
			wants(s.t, "Await of a change by "+what, <-woken, nil)
		}
	}
	// What happens between two waits is not slept through.
	settle()
	s.must(func(ctx context.Context) error { return s.Rules.PutRole(ctx, rbac.Role{Name: "r"}) })
	wants(s.t, "Await after a change", wait(patience), nil)
}

// undecided are the methods that change something, or lock it, and that no
// decision depends on.
func undecided() []string {
	return []string{
		"Workspaces.SaveOrganization", "Workspaces.SaveGroup", "Workspaces.TouchUser", "Workspaces.LockAdministrators",
		"Workspaces.LockWorkspace", "Workspaces.LockOrganization",
		"Workspaces.AddDatastore", "Workspaces.SaveDatastore", "Workspaces.DeleteDatastore",
		"Workspaces.AddInvitation", "Workspaces.SaveInvitation", "Workspaces.SaveTicket",
		"Workspaces.SettleInvitation", "Workspaces.UseInvitation",
		"Workspaces.LockPreferences", "Workspaces.PutPreference", "Workspaces.DeletePreference",
		"Offerings.SaveOffering", "Offerings.AddTraffic", "Keys.SaveKey",
		"AccessKeys.LockWorkspace", "AccessKeys.Secrets", "AccessKeys.SaveSecrets", "AccessKeys.TouchKey",
		"Resources.Lock",
	}
}

// memberOrigin is that of the rules that go with a membership.
const memberOrigin = "member"
