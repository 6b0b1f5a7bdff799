package rbac

import (
	"cmp"
	"slices"
	"time"
)

// facts returns what a store would read about a principal on a node, from
// memory. ok is false when a link leads to what is not in memory.
func (v *view) facts(p Principal, g *ground, at int32) (f Facts, ok bool) {
	f = Facts{
		Subject: v.summit.directory.identity(p, nil),
		Places:  map[Node]Place{}, Targets: []Node{g.nums.at(at)}, Roles: map[RoleName]Role{},
	}
	concerned := f.Subject.concerned()
	for next := []spot{{g, at}}; len(next) > 0; {
		s := next[len(next)-1]
		next = next[:len(next)-1]
		place := s.ground.placeAt(s.at)
		if _, known := f.Places[place.Node]; known {
			continue
		}
		f.Places[place.Node] = place
		for _, d := range s.ground.rules.at(s.at) {
			// A rule for a class that nothing has says nothing.
			if concerned[d.principal] && d.class < len(g.schema.list) {
				f.Rules = append(f.Rules, s.ground.ruleOf(d, place.Node))
				if role, stored := v.summit.namings.roles[d.name.role]; stored {
					f.Roles[role.Name] = role
				}
			}
		}
		for _, node := range append(linked(place), place.Parent) {
			to, there := v.spot(s.ground, node)
			if !there {
				return f, false
			}
			next = append(next, to)
		}
	}
	slices.SortFunc(f.Rules, func(a, b Rule) int { return cmp.Compare(a.Num, b.Num) })
	return f, true
}

// A spot is a place in a ground.
type spot struct {
	ground *ground
	at     int32
}

// spot finds a node, in a ground first.
func (v *view) spot(first *ground, n Node) (spot, bool) {
	for _, g := range []*ground{first, v.ground, v.summit.ground} {
		if at := g.find(n); at >= 0 {
			return spot{g, at}, true
		}
	}
	return spot{}, false
}

// concerned returns whose rules can matter to an identity.
func (i Identity) concerned() map[Principal]bool {
	list := map[Principal]bool{Guest: true, Everyone: true, Authenticated: true, Owner: true}
	for who := &i; who != nil; who = who.Behalf {
		list[who.Principal] = true
		for _, group := range who.Groups {
			list[group] = true
		}
	}
	return list
}

func linked(p Place) []Node {
	list := make([]Node, 0, len(p.Links)+1)
	for _, n := range p.Links {
		list = append(list, n)
	}
	return list
}

// ruleOf returns the rule that a directive was made of.
func (g *ground) ruleOf(d *directive, n Node) Rule {
	r := Rule{
		ID: d.id, Num: d.num, Node: n, Effect: Allow, Principal: d.principal, Role: d.name.role, Scope: d.name.scope,
		Permission: d.name.permission, Propagate: d.propagate, Origin: d.origin, Created: d.created,
	}
	if d.deny {
		r.Effect = Deny
	}
	if d.class >= 0 && d.class < len(g.schema.list) {
		r.Class = g.schema.list[d.class].Name
	}
	if d.expires != 0 {
		r.Expires = time.UnixMicro(d.expires).UTC()
	}
	return r
}

// identity returns what is known of a principal as facts tell it.
func (d *directory) identity(p Principal, chain []Principal) Identity {
	profile := d.profile(p)
	if profile == nil {
		return Identity{Principal: p}
	}
	who := Identity{Principal: p, Kind: profile.Kind, Disabled: profile.Disabled}
	if groups := d.groups(slices.Clone(profile.Groups)); len(groups) > 0 {
		slices.Sort(groups)
		who.Groups = groups
	}
	if profile.Behalf != 0 && d.profile(profile.Behalf) != nil && !slices.Contains(append(chain, p), profile.Behalf) {
		behalf := d.identity(profile.Behalf, append(chain, p))
		who.Behalf = &behalf
	}
	return who
}
