package rbac_test

import (
	"maps"
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// subtree is a node with all below it, parents first.
func (m *moving) subtree(top rbac.Node) []rbac.Node {
	list := []rbac.Node{top}
	for i := 0; i < len(list); i++ {
		for _, n := range m.nodes() {
			if n != rbac.Root && m.places[n].Parent == list[i] {
				list = append(list, n)
			}
		}
	}
	return list
}

// remove deletes nodes, with their rules.
func (m *moving) remove(nodes []rbac.Node) {
	for num, r := range m.rules {
		if slices.Contains(nodes, r.Node) {
			m.unrule(m.rules[num])
		}
	}
	for _, n := range nodes {
		m.named(m.places[n].Workspace).nodes[n] = true
		delete(m.places, n)
	}
	m.order = nil
}

// carry takes a node with all below it below another, which may be in another
// workspace.
func (m *moving) carry(top, to rbac.Node) {
	workspace := m.places[to].Workspace
	below := m.subtree(top)
	for num, r := range m.rules {
		if slices.Contains(below, r.Node) && m.places[r.Node].Workspace != workspace {
			m.named(m.places[r.Node].Workspace).rules[num] = true
			m.named(workspace).rules[num] = true
		}
	}
	for _, n := range below {
		p := m.places[n]
		if n == top {
			p.Parent = to
		}
		p.Workspace = workspace
		m.put(p)
	}
}

// link gives a place links to anywhere.
func (m *moving) link(p *rbac.Place) {
	p.Links = nil
	for _, relation := range []string{"connection", "storage", "peer"} {
		if m.rng.IntN(3) != 0 {
			continue
		}
		if p.Links == nil {
			p.Links = map[string]rbac.Node{}
		}
		if p.Links[relation] = m.some().Node; m.rng.IntN(20) == 0 {
			p.Links[relation] = 999_999 // which is not there
		}
	}
}

// grow has a node come.
func (m *moving) grow() {
	pick := m.rng.IntN
	m.next++
	parent := m.some()
	p := rbac.Place{
		Node: rbac.Node(m.next), Parent: parent.Node, Workspace: parent.Workspace,
		Class: []string{"space", "group", "layer", "raster", "connection", "plain", "unknown", "group", "layer"}[pick(9)],
		Owner: []rbac.Principal{0, alice, bob, key, rbac.Guest}[pick(5)], Sealed: pick(15) == 0,
	}
	if p.Class == "space" && p.Workspace == rbac.Root {
		p.Workspace = p.Node
	}
	if pick(3) == 0 {
		m.link(&p)
	}
	m.put(p)
}

// vary makes a world larger, and some unlike the others: with little that is
// given to all, with nodes that many have rules on, with somebody in many groups.
func (m *moving) vary() {
	for range m.rng.IntN(30) {
		m.grow()
	}
	if m.rng.IntN(6) == 0 {
		m.unrule(m.rules[99])
		for range 40 {
			m.grow()
		}
	}
	if m.rng.IntN(4) == 0 {
		m.crowd()
	}
	if m.rng.IntN(6) == 0 {
		p := m.people[alice]
		for i := range rbac.Principal(20) {
			g := rbac.Profile{Principal: many + i, Kind: rbac.Group}
			m.person(g)
			p.Groups = append(slices.Clip(p.Groups), g.Principal)
		}
		m.person(p)
	}
}

// crowd puts rules for many on a node, and among them some that matter.
func (m *moving) crowd() {
	n := m.some().Node
	for i := range 20 + m.rng.IntN(30) {
		m.next++
		r := m.newRule(m.next)
		if r.Node = n; m.rng.IntN(3) > 0 {
			r.Principal = many + rbac.Principal(i)
		}
		m.rule(r)
	}
}

func (m *moving) once() {
	pick := m.rng.IntN
	switch pick(18) {
	case 0, 1, 2: // a rule comes
		m.next++
		m.rule(m.newRule(m.next))
	case 3: // a rule becomes another where it is
		if r, some := m.someRule(); some {
			n := m.newRule(r.Num)
			n.Node = r.Node
			m.rule(n)
		}
	case 4: // a rule goes
		if r, some := m.someRule(); some && (r.Num != 99 || pick(4) == 0) {
			m.unrule(r)
		}
	case 5, 6:
		m.grow()
	case 7: // a node goes with all below it; links to it may stay
		p := m.some()
		if below := m.subtree(p.Node); p.Node != rbac.Root && (len(below) <= 3 || pick(6) == 0) && len(below) < len(m.places)*2/3 {
			m.remove(below)
		}
	case 8, 9: // a node moves within its workspace, or a workspace elsewhere
		p, to := m.some(), m.some()
		if p.Node == rbac.Root || m.below(to.Node, p.Node) {
			return
		}
		if p.Node == p.Workspace && to.Workspace == rbac.Root || p.Node != p.Workspace && to.Workspace == p.Workspace {
			p.Parent = to.Node
			m.put(p)
		}
	case 10: // to another workspace
		p, to := m.some(), m.some()
		if p.Workspace != rbac.Root && p.Node != p.Workspace && to.Workspace != rbac.Root && !m.below(to.Node, p.Node) {
			m.away[p.Node] = p.Parent
			m.carry(p.Node, to.Node)
		}
	case 11: // and back
		for _, n := range slices.Sorted(maps.Keys(m.away)) {
			p, there := m.places[n]
			home, stands := m.places[m.away[n]]
			delete(m.away, n)
			if there && stands && p.Workspace != rbac.Root && p.Node != p.Workspace && home.Workspace != rbac.Root && !m.below(home.Node, n) {
				m.carry(n, home.Node)
				return
			}
		}
	case 12: // it becomes another
		p := m.some()
		p.Owner, p.Sealed = []rbac.Principal{0, alice, bob, key}[pick(4)], pick(6) == 0
		if p.Class != "platform" && p.Class != "space" {
			p.Class = []string{"group", "layer", "raster", "connection", "unknown"}[pick(5)]
		}
		if pick(2) == 0 {
			m.link(&p)
		}
		m.put(p)
	case 13, 14:
		m.onePerson()
	case 15: // a role becomes another, comes or goes
		role := rbac.Role{Name: []rbac.RoleName{"stored", "stored", "gone"}[pick(3)], Permissions: permissions[pick(3) : 3+pick(3)]}
		m.roles[role.Name] = role
		if pick(4) == 0 {
			delete(m.roles, role.Name)
		}
		m.named(rbac.Root).roles[role.Name] = true
	case 16, 17:
		m.now = m.now.Add(time.Second)
	}
}

// Principals that come and go.
const (
	visitor rbac.Principal = 300 + iota // a user
	token                               // a key of his, or of bob
	club                                // a group

	many rbac.Principal = 400 // the first of those whom crowds are made of
)

// onePerson has somebody join or part, be disabled, come or go.
func (m *moving) onePerson() {
	pick := m.rng.IntN
	known := []rbac.Principal{alice, bob, key, staff, crew, visitor, token, club}
	p := m.people[known[pick(len(known))]]
	switch pick(5) {
	case 0:
		p.Groups = nil
	case 1, 2:
		p.Groups = []rbac.Principal{[]rbac.Principal{staff, crew, club, rbac.Guest}[pick(4)]}
	case 3:
		p.Disabled = pick(3) == 0
	case 4:
		m.comeOrGo()
		return
	}
	p.Groups = slices.DeleteFunc(p.Groups, func(g rbac.Principal) bool {
		_, there := m.people[g]
		return g == p.Principal || !there
	})
	if p.Principal != 0 {
		m.person(p)
	}
}

func (m *moving) comeOrGo() {
	pick := m.rng.IntN
	some := []rbac.Principal{visitor, token, club}[pick(3)]
	if _, there := m.people[some]; !there {
		p := rbac.Profile{Principal: some, Kind: rbac.User, Disabled: pick(5) == 0}
		switch some {
		case token:
			p.Kind = rbac.Key
			if p.Behalf = visitor; m.people[visitor].Principal == 0 || pick(2) == 0 {
				p.Behalf = bob
			}
		case club:
			p.Kind = rbac.Group
			p.Groups = []rbac.Principal{staff}
		}
		m.person(p)
		m.next++
		r := m.newRule(m.next)
		r.Principal = some
		m.rule(r)
		return
	}
	gone := []rbac.Principal{some}
	if some == visitor && m.people[token].Behalf == visitor {
		gone = append(gone, token)
	}
	for _, p := range gone { // with all that names him
		for _, r := range m.rules {
			if r.Principal == p {
				m.unrule(r)
			}
		}
		for _, n := range m.nodes() {
			if place := m.places[n]; place.Owner == p {
				place.Owner = 0
				m.put(place)
			}
		}
		for _, member := range slices.Sorted(maps.Keys(m.people)) {
			if profile := m.people[member]; slices.Contains(profile.Groups, p) {
				profile.Groups = slices.DeleteFunc(slices.Clone(profile.Groups), func(g rbac.Principal) bool { return g == p })
				m.person(profile)
			}
		}
		delete(m.people, p)
		m.named(rbac.Root).people[p] = true
	}
}
