package rbac_test

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
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
	// compiled are the workspaces, each kept up by deltas alone.
	compiled map[rbac.Node]*rbac.Compiled
}

func newMoving(s *rbac.Schema, rng *rand.Rand) *moving {
	w := randomWorld(rng.IntN)
	m := &moving{
		schema: s, rng: rng, places: map[rbac.Node]rbac.Place{}, rules: map[int64]rbac.Rule{}, roles: maps.Clone(w.roles),
		people: map[rbac.Principal]rbac.Profile{}, now: t0, next: 2000, compiled: map[rbac.Node]*rbac.Compiled{},
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

// state is what a feed would load.
func (m *moving) state(workspace rbac.Node) rbac.State {
	s := rbac.State{At: rbac.Token{Workspace: workspace}}
	for _, p := range m.places {
		if p.Workspace == workspace {
			s.Places = append(s.Places, p)
		}
	}
	slices.SortFunc(s.Places, func(a, b rbac.Place) int { return cmp.Compare(a.Node, b.Node) })
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
	for n, p := range m.places {
		if n != rbac.Root && p.Workspace == n {
			list = append(list, n)
		}
	}
	slices.Sort(list)
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

// facts is the world as the facts about somebody on some nodes.
func (m *moving) facts(p rbac.Principal) rbac.Facts {
	f := rbac.Facts{Subject: m.identity(p), Places: m.places, Roles: m.roles}
	f.Targets = slices.Sorted(maps.Keys(m.places))
	for _, num := range slices.Sorted(maps.Keys(m.rules)) {
		f.Rules = append(f.Rules, m.rules[num])
	}
	return f
}

func (m *moving) identity(p rbac.Principal) rbac.Identity {
	profile := m.people[p]
	who := rbac.Identity{Principal: p, Kind: profile.Kind, Disabled: profile.Disabled}
	who.Groups = slices.Clone(profile.Groups)
	for i := 0; i < len(who.Groups); i++ { //nolint:intrange // there are more of them every time
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

// step changes something, and tells every workspace of it as a feed would.
func (m *moving) step() {
	deltas := map[rbac.Node]*rbac.Delta{}
	at := func(w rbac.Node) *rbac.Delta {
		if deltas[w] == nil {
			deltas[w] = &rbac.Delta{Workspace: w}
		}
		return deltas[w]
	}
	for range 1 + m.rng.IntN(3) {
		m.change(at)
	}
	present := m.workspaces()
	for _, w := range present {
		if m.compiled[w] == nil {
			state := m.state(w)
			m.compiled[w] = rbac.Compile(m.schema, m.state(rbac.Root), &state, m.now)
			continue
		}
		m.tidy(deltas[w])
		m.compiled[w] = m.compiled[w].After(deltas[rbac.Root], deltas[w], m.now)
	}
}

// tidy makes a delta tell what is, not what was on the way.
func (m *moving) tidy(d *rbac.Delta) {
	if d == nil {
		return
	}
	named := map[rbac.Node]bool{}
	for _, p := range d.Places {
		named[p.Node] = true
	}
	for _, n := range d.GonePlaces {
		named[n] = true
	}
	d.Places, d.GonePlaces = nil, nil
	for n := range named {
		if p, there := m.places[n]; there && p.Workspace == d.Workspace {
			d.Places = append(d.Places, p)
		} else {
			d.GonePlaces = append(d.GonePlaces, n)
		}
	}
	slices.SortFunc(d.Places, func(a, b rbac.Place) int { return cmp.Compare(a.Node, b.Node) })
	rules := map[int64]bool{}
	for _, r := range d.Rules {
		rules[r.Num] = true
	}
	for _, num := range d.GoneRules {
		rules[num] = true
	}
	d.Rules, d.GoneRules = nil, nil
	for _, num := range slices.Sorted(maps.Keys(rules)) {
		if r, there := m.rules[num]; there && m.places[r.Node].Workspace == d.Workspace {
			d.Rules = append(d.Rules, r)
		} else {
			d.GoneRules = append(d.GoneRules, num)
		}
	}
}

func (m *moving) some() rbac.Place {
	nodes := slices.Sorted(maps.Keys(m.places))
	return m.places[nodes[m.rng.IntN(len(nodes))]]
}

//nolint:gocognit // one case a kind of change
func (m *moving) change(at func(rbac.Node) *rbac.Delta) {
	pick := m.rng.IntN
	put := func(p rbac.Place) {
		m.places[p.Node] = p
		at(p.Workspace).Places = append(at(p.Workspace).Places, p)
	}
	w := world{roles: m.roles}
	for _, n := range slices.Sorted(maps.Keys(m.places)) {
		w.places = append(w.places, m.places[n])
	}
	switch pick(12) {
	case 0, 1, 2: // a rule comes, or becomes another
		m.next++
		r := randomRule(pick, w, m.next)
		r.Expires = time.Time{}
		if pick(4) == 0 {
			r.Expires = m.now.Add(time.Duration(pick(4)) * time.Second)
		}
		m.rules[r.Num] = r
		d := at(m.places[r.Node].Workspace)
		d.Rules = append(d.Rules, r)
	case 3: // a rule goes
		for num, r := range m.rules {
			delete(m.rules, num)
			d := at(m.places[r.Node].Workspace)
			d.GoneRules = append(d.GoneRules, num)
			break
		}
	case 4: // a node comes
		m.next++
		parent := m.some()
		p := rbac.Place{
			Node: rbac.Node(m.next), Parent: parent.Node, Workspace: parent.Workspace,
			Class: []string{"space", "group", "layer", "raster", "connection", "plain", "unknown"}[pick(7)],
			Owner: []rbac.Principal{0, alice, bob, key, rbac.Guest}[pick(5)], Sealed: pick(15) == 0,
		}
		if p.Class == "space" && p.Workspace == rbac.Root {
			p.Workspace = p.Node
		}
		put(p)
	case 5: // a leaf goes, with its rules
		p := m.some()
		for _, q := range m.places {
			if q.Parent == p.Node {
				return
			}
		}
		if p.Node == p.Workspace {
			return
		}
		delete(m.places, p.Node)
		d := at(p.Workspace)
		d.GonePlaces = append(d.GonePlaces, p.Node)
		for num, r := range m.rules {
			if r.Node == p.Node {
				delete(m.rules, num)
				d.GoneRules = append(d.GoneRules, num)
			}
		}
	case 6, 7: // a node moves within its workspace
		p, to := m.some(), m.some()
		if p.Node == rbac.Root || m.below(to.Node, p.Node) {
			return
		}
		if p.Node == p.Workspace && to.Workspace == rbac.Root || p.Node != p.Workspace && to.Workspace == p.Workspace {
			p.Parent = to.Node
			put(p)
		}
	case 8: // it becomes another
		p := m.some()
		p.Owner, p.Sealed = []rbac.Principal{0, alice, bob, key}[pick(4)], pick(6) == 0
		if p.Class != "platform" && p.Class != "space" {
			p.Class = []string{"group", "layer", "raster", "connection"}[pick(4)]
		}
		put(p)
	case 9: // somebody joins or parts, or is disabled
		p := m.people[[]rbac.Principal{alice, bob, key, staff}[pick(4)]]
		switch pick(3) {
		case 0:
			p.Groups = nil
		case 1:
			p.Groups = []rbac.Principal{[]rbac.Principal{staff, crew, rbac.Guest}[pick(3)]}
		case 2:
			p.Disabled = pick(3) == 0
		}
		if p.Principal == staff {
			p.Groups = slices.DeleteFunc(p.Groups, func(g rbac.Principal) bool { return g == staff })
		}
		m.people[p.Principal] = p
		d := at(rbac.Root)
		d.Profiles = slices.DeleteFunc(d.Profiles, func(q rbac.Profile) bool { return q.Principal == p.Principal })
		d.Profiles = append(d.Profiles, p)
	case 10: // a role becomes another
		role := rbac.Role{Name: "stored", Permissions: permissions[pick(3) : 3+pick(3)]}
		m.roles[role.Name] = role
		d := at(rbac.Root)
		d.Roles = []rbac.Role{role}
	case 11:
		m.now = m.now.Add(time.Second)
	}
}

// compare wants every way to ask to answer as the reference does.
func (m *moving) compare(t *testing.T, count *tally) {
	t.Helper()
	for _, p := range []rbac.Principal{alice, bob, key, rbac.Guest} {
		want := m.schema.Evaluate(m.facts(p), m.now)
		for _, w := range m.workspaces() {
			c, sureAll := m.compiled[w], !m.crosses(w)
			perm := permissions[m.rng.IntN(len(permissions))]
			under := m.some()
			f := rbac.ListFilter{Under: under.Node, Limit: m.rng.IntN(4), From: rbac.Node(m.rng.IntN(3) * 1003), Children: m.rng.IntN(3) == 0}
			if m.rng.IntN(3) == 0 {
				f.Class = "group"
			}
			var shown []rbac.Node
			for _, n := range slices.Sorted(maps.Keys(m.places)) {
				place := m.places[n]
				if place.Workspace != w {
					continue
				}
				set, sure := c.Effective(p, n)
				if !sure && sureAll {
					t.Fatalf("unsure about %d on %d", p, n)
				}
				if sure && !slices.Equal(set.List(), want[n].List()) {
					t.Fatalf("%d has %v on %d, want %v in %+v", p, set.List(), n, want[n].List(), m)
				}
				for _, perm := range m.schema.Permissions(place.Class) {
					got, sure := c.Decide(p, n, perm)
					if !sure {
						count.unsure++
						continue
					}
					if got != want[n].Has(perm) {
						t.Fatalf("%d, %s on %d: %v, want %v in %+v", p, perm, n, got, !got, m)
					}
					count.decisions++
					if got {
						count.allowed++
					}
				}
				if want[n].Has(perm) && n >= f.From && m.below(n, f.Under) && (f.Class == "" || f.Class == place.Class) &&
					(!f.Children || place.Parent == f.Under && n != rbac.Root) {
					shown = append(shown, n)
				}
			}
			if f.Limit > 0 && len(shown) > f.Limit {
				shown = shown[:f.Limit]
			}
			if under.Workspace == w {
				if got, sure := c.List(p, perm, f); sure && !slices.Equal(got, shown) {
					t.Fatalf("List(%d, %s, %+v) = %v, want %v in %+v", p, perm, f, got, shown, m)
				}
			}
		}
	}
}

type tally struct{ decisions, allowed, unsure int64 }

// differ compares at least so many decisions in worlds that change between them.
func differ(t *testing.T, decisions, seed int64) {
	t.Helper()
	schema := newSchema(t)
	var total tally
	var mu sync.Mutex
	var world atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for !t.Failed() {
				mu.Lock()
				done := total.decisions >= decisions
				mu.Unlock()
				if done {
					return
				}
				rng := rand.New(rand.NewPCG(uint64(seed), uint64(world.Add(1))))
				var count tally
				m := newMoving(schema, rng)
				m.compare(t, &count)
				for range 12 {
					m.step()
					m.compare(t, &count)
				}
				mu.Lock()
				total.decisions += count.decisions
				total.allowed += count.allowed
				total.unsure += count.unsure
				mu.Unlock()
			}
		})
	}
	all.Wait()
	share := float64(total.allowed) / float64(total.decisions)
	t.Logf("%d decisions in %d worlds, %.0f %% allowed, %d not answered from memory", total.decisions, world.Load(), 100*share, total.unsure)
	if share < 0.2 || share > 0.6 {
		t.Errorf("%.0f %% of the answers allow, want 20 to 60", 100*share)
	}
	if total.unsure*4 > total.decisions {
		t.Errorf("%d of %d questions were not answered from memory", total.unsure, total.decisions)
	}
}

func TestCompiledAgreesWithReference(t *testing.T) {
	t.Parallel()
	differ(t, 200_000, 11)
}
