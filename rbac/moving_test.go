package rbac_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A moving world is one that changes between the questions.
type moving struct {
	schema *rbac.Schema
	rng    *rand.Rand
	places map[rbac.Node]rbac.Place
	rules  map[int64]rbac.Rule
	roles  map[rbac.RoleName]rbac.Role
	people map[rbac.Principal]rbac.Profile
	now    time.Time
	next   int64
	// away are nodes that were taken to another workspace, with where they were.
	away map[rbac.Node]rbac.Node
	// log names what changed since it was last told, by workspace.
	log map[rbac.Node]*lines
	// order is all nodes, ascending, nil when it must be found out again.
	order []rbac.Node
	// compiled are the workspaces, each kept up by deltas alone.
	compiled map[rbac.Node]*rbac.Compiled
}

// lines name what became another in a workspace, or above them all.
type lines struct {
	nodes  map[rbac.Node]bool
	rules  map[int64]bool
	people map[rbac.Principal]bool
	roles  map[rbac.RoleName]bool
}

func newMoving(s *rbac.Schema, rng *rand.Rand) *moving {
	w := randomWorld(rng.IntN)
	m := &moving{
		schema: s, rng: rng, places: map[rbac.Node]rbac.Place{}, rules: map[int64]rbac.Rule{}, roles: maps.Clone(w.roles),
		people: map[rbac.Principal]rbac.Profile{}, now: t0, next: 2000, away: map[rbac.Node]rbac.Node{},
		log: map[rbac.Node]*lines{}, compiled: map[rbac.Node]*rbac.Compiled{},
	}
	for _, p := range w.places {
		m.places[p.Node] = p
	}
	for _, r := range w.rules {
		m.rules[r.Num] = r
	}
	for _, p := range []rbac.Principal{rbac.Guest, rbac.Everyone, rbac.Authenticated, rbac.Owner} {
		m.people[p] = rbac.Profile{Principal: p, Kind: rbac.System}
	}
	m.people[rbac.Administrators] = rbac.Profile{Principal: rbac.Administrators, Kind: rbac.Group}
	m.people[staff] = rbac.Profile{Principal: staff, Kind: rbac.Group, Groups: []rbac.Principal{crew}}
	m.people[crew] = rbac.Profile{Principal: crew, Kind: rbac.Group}
	m.people[alice] = rbac.Profile{Principal: alice, Kind: rbac.User, Groups: []rbac.Principal{staff}, Disabled: w.subjects[0].Disabled}
	m.people[bob] = rbac.Profile{Principal: bob, Kind: rbac.User}
	m.people[key] = rbac.Profile{Principal: key, Kind: rbac.Key, Behalf: alice}
	m.compile()
	return m
}

// nodes are all nodes, ascending.
func (m *moving) nodes() []rbac.Node {
	if m.order == nil {
		m.order = slices.Sorted(maps.Keys(m.places))
	}
	return m.order
}

// state is what a feed would load.
func (m *moving) state(workspace rbac.Node) rbac.State {
	s := rbac.State{At: rbac.Token{Workspace: workspace}}
	for _, n := range m.nodes() {
		if p := m.places[n]; p.Workspace == workspace {
			s.Places = append(s.Places, p)
		}
	}
	for _, r := range m.rules {
		if m.places[r.Node].Workspace == workspace {
			s.Rules = append(s.Rules, r)
		}
	}
	slices.SortFunc(s.Rules, func(a, b rbac.Rule) int { return cmp.Compare(a.Num, b.Num) })
	if workspace == rbac.Root {
		s.Profiles = slices.SortedFunc(maps.Values(m.people), func(a, b rbac.Profile) int { return cmp.Compare(a.Principal, b.Principal) })
		s.Roles = slices.SortedFunc(maps.Values(m.roles), func(a, b rbac.Role) int { return cmp.Compare(a.Name, b.Name) })
	}
	return s
}

func (m *moving) workspaces() []rbac.Node {
	list := []rbac.Node{rbac.Root}
	for _, n := range m.nodes() {
		if n != rbac.Root && m.places[n].Workspace == n {
			list = append(list, n)
		}
	}
	return list
}

func (m *moving) compile() {
	above := m.state(rbac.Root)
	for _, w := range m.workspaces() {
		if w == rbac.Root {
			m.compiled[w] = rbac.Compile(m.schema, above, nil, m.now)
			continue
		}
		state := m.state(w)
		m.compiled[w] = rbac.Compile(m.schema, above, &state, m.now)
	}
}

// facts is the world as the facts about somebody on all nodes.
func (m *moving) facts(p rbac.Principal) rbac.Facts {
	f := rbac.Facts{Subject: m.identity(p), Places: m.places, Roles: m.roles, Targets: m.nodes()}
	for _, r := range m.rules {
		f.Rules = append(f.Rules, r)
	}
	return f
}

func (m *moving) identity(p rbac.Principal) rbac.Identity {
	profile := m.people[p]
	who := rbac.Identity{Principal: p, Kind: profile.Kind, Disabled: profile.Disabled}
	who.Groups = slices.Clone(profile.Groups)
	for i := 0; i < len(who.Groups); i++ {
		for _, g := range m.people[who.Groups[i]].Groups {
			if !slices.Contains(who.Groups, g) {
				who.Groups = append(who.Groups, g)
			}
		}
	}
	if profile.Behalf != 0 {
		behalf := m.identity(profile.Behalf)
		who.Behalf = &behalf
	}
	return who
}

// subjects are those who ask: everybody but groups and what rules alone name.
func (m *moving) subjects() []rbac.Principal {
	var list []rbac.Principal
	for p, profile := range m.people {
		if p == rbac.Guest || profile.Kind == rbac.User || profile.Kind == rbac.Key {
			list = append(list, p)
		}
	}
	slices.Sort(list)
	return list
}

// crosses reports whether links may lead from a workspace to another.
func (m *moving) crosses(workspace rbac.Node) bool {
	for _, p := range m.places {
		if p.Workspace != workspace && p.Workspace != rbac.Root {
			continue
		}
		for _, target := range p.Links {
			if t, there := m.places[target]; !there || t.Workspace != workspace && t.Workspace != rbac.Root {
				return true
			}
		}
	}
	return false
}

// below reports whether a node is another or below it.
func (m *moving) below(n, under rbac.Node) bool {
	for n != under {
		if n == rbac.Root {
			return false
		}
		n = m.places[n].Parent
	}
	return true
}

// named is the lines of a workspace, or of Root.
func (m *moving) named(workspace rbac.Node) *lines {
	if m.log[workspace] == nil {
		m.log[workspace] = &lines{
			map[rbac.Node]bool{}, map[int64]bool{}, map[rbac.Principal]bool{}, map[rbac.RoleName]bool{},
		}
	}
	return m.log[workspace]
}

// change changes something, once or several times.
func (m *moving) change() {
	for range 1 + m.rng.IntN(3) {
		m.once()
	}
}

// step changes something, and tells every workspace of it as a feed would.
func (m *moving) step() {
	m.change()
	m.tell()
}

// tell brings every workspace to the present by deltas.
func (m *moving) tell() {
	present := m.workspaces()
	maps.DeleteFunc(m.compiled, func(w rbac.Node, _ *rbac.Compiled) bool { return !slices.Contains(present, w) })
	above := m.delta(rbac.Root)
	for _, w := range present {
		if m.compiled[w] == nil {
			state := m.state(w)
			m.compiled[w] = rbac.Compile(m.schema, m.state(rbac.Root), &state, m.now)
			continue
		}
		m.compiled[w] = m.compiled[w].After(above, m.delta(w), m.now)
	}
	clear(m.log)
}

// delta is what became of what the lines of a workspace name, nil without any.
func (m *moving) delta(workspace rbac.Node) *rbac.Delta {
	log := m.log[workspace]
	if log == nil {
		return nil
	}
	d := &rbac.Delta{Workspace: workspace}
	for _, n := range slices.Sorted(maps.Keys(log.nodes)) {
		if p, there := m.places[n]; there && p.Workspace == workspace {
			d.Places = append(d.Places, p)
		} else {
			d.GonePlaces = append(d.GonePlaces, n)
		}
	}
	for _, num := range slices.Sorted(maps.Keys(log.rules)) {
		if r, there := m.rules[num]; there && m.places[r.Node].Workspace == workspace {
			d.Rules = append(d.Rules, r)
		} else {
			d.GoneRules = append(d.GoneRules, num)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(log.people)) {
		if profile, there := m.people[p]; there {
			d.Profiles = append(d.Profiles, profile)
		} else {
			d.GoneProfiles = append(d.GoneProfiles, p)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(log.roles)) {
		if role, there := m.roles[name]; there {
			d.Roles = append(d.Roles, role)
		} else {
			d.GoneRoles = append(d.GoneRoles, name)
		}
	}
	return d
}

func (m *moving) some() rbac.Place {
	nodes := m.nodes()
	return m.places[nodes[m.rng.IntN(len(nodes))]]
}

// put notes a node as it is now.
func (m *moving) put(p rbac.Place) {
	if was, there := m.places[p.Node]; !there {
		m.order = nil
	} else if was.Workspace != p.Workspace {
		m.named(was.Workspace).nodes[p.Node] = true
	}
	m.places[p.Node] = p
	m.named(p.Workspace).nodes[p.Node] = true
}

// rule notes a rule as it is now.
func (m *moving) rule(r rbac.Rule) {
	m.rules[r.Num] = r
	m.named(m.places[r.Node].Workspace).rules[r.Num] = true
}

func (m *moving) unrule(r rbac.Rule) {
	delete(m.rules, r.Num)
	m.named(m.places[r.Node].Workspace).rules[r.Num] = true
}

// person notes a principal as he is now.
func (m *moving) person(p rbac.Profile) {
	m.people[p.Principal] = p
	m.named(rbac.Root).people[p.Principal] = true
}

// someRule is one of the rules.
func (m *moving) someRule() (rbac.Rule, bool) {
	if len(m.rules) == 0 {
		return rbac.Rule{}, false
	}
	nums := slices.Sorted(maps.Keys(m.rules))
	return m.rules[nums[m.rng.IntN(len(nums))]], true
}

// newRule is a rule on some node.
func (m *moving) newRule(num int64) rbac.Rule {
	r := randomRule(m.rng.IntN, world{places: []rbac.Place{m.some()}, roles: m.roles}, num)
	r.Expires = time.Time{}
	if m.rng.IntN(4) == 0 {
		r.Expires = m.now.Add(time.Duration(m.rng.IntN(4)) * time.Second)
	}
	if m.rng.IntN(20) == 0 {
		r.Class = "unknown" // no class of the schema
	}
	return r
}

// String tells of the world what a failure is understood by.
func (m *moving) String() string {
	return fmt.Sprintf("at %s\nplaces %+v\nrules %+v\nroles %+v\npeople %+v",
		m.now, slices.SortedFunc(maps.Values(m.places), func(a, b rbac.Place) int { return cmp.Compare(a.Node, b.Node) }),
		slices.SortedFunc(maps.Values(m.rules), func(a, b rbac.Rule) int { return cmp.Compare(a.Num, b.Num) }), m.roles, m.people)
}
