package rbac

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync"
)

// A ground is the nodes of one workspace with the rules on them, in one
// version, or those above workspaces. Nodes are numbered by their place: at
// first in the order of a walk that goes down before it goes on, so that what
// lies below a node is a range; those that came later are appended. Versions
// share what did not change between them.
type ground struct {
	schema    *Schema
	workspace Node
	// from is what the topmost nodes hang from: the nodes above workspaces, nil
	// in the ground of those.
	from *ground
	// namings are the masks of what rules name, given the stored roles.
	namings *namings

	nums    table[Node]
	parents table[int32] // aloft, or adrift, where there is none here
	classes table[uint16]
	owners  table[Principal]
	rules   table[[]*directive]
	links   table[[]link]
	tops    []top
	// lately is the class that was looked up last, while this is being built.
	lately *class
	// aliens are the names of classes that the schema lacks.
	aliens map[int32]string
	// ends says of each node that was there at first where the range of what
	// lies below it ends.
	ends []int32
	// late are children that were appended or moved, by parent.
	late table[[]int32]
	// size is how many places there are, base how many of them were there at
	// first, gone how many are empty, moved those of the first that hang from
	// elsewhere now.
	size, base, gone int32
	moved            []int32

	index *index
	// newer finds the places that were appended, by node, and ruleAt those that
	// rules are or were on, by their number.
	newer, ruleAt sorted
	lists         memo[list]
	// until is when the first rule ceases to count, in microseconds since 1970.
	until int64
	ruled int
	bytes int

	// granted remembers which places have rules that speak to a principal.
	granted *sync.Map // Principal → []int32
	once    *sync.Once
}

// A link is a relation of a node to another.
type link struct {
	relation string
	target   Node
}

// A top is a place without parent here, and the node that it hangs from: one
// above workspaces, or none.
type top struct {
	at    int32
	above Node
}

// adrift is the parent of a place that has none here.
const adrift int32 = -1

// A class with its flags, as a table keeps it.
const (
	sealedFlag uint16 = 1 << 15
	goneFlag   uint16 = 1 << 14
	classBits         = goneFlag - 1 // the number of the class + 1, 0 for none
)

const forever = math.MaxInt64

// namings compile what rules name into masks, and are shared by all grounds
// until a stored role changes.
type namings struct {
	schema *Schema
	roles  map[RoleName]Role
	masks  sync.Map // naming → []uint64
}

func (n *namings) of(name naming) []uint64 {
	if known, ok := n.masks.Load(name); ok {
		return known.([]uint64) //nolint:forcetypeassert // nothing else is stored
	}
	r := Rule{Role: name.role, Scope: name.scope, Permission: name.permission}
	masks := make([]uint64, len(n.schema.list))
	for i, c := range n.schema.list {
		masks[i] = n.schema.named(r, n.roles, c)
	}
	made, _ := n.masks.LoadOrStore(name, masks)
	return made.([]uint64) //nolint:forcetypeassert // nothing else is stored
}

// directive prepares a rule.
func (n *namings) directive(r *Rule) *directive {
	d := &directive{
		num: r.Num, principal: r.Principal, deny: r.Effect == Deny, propagate: r.Propagate, class: -1,
		name: naming{r.Role, r.Scope, r.Permission}, id: r.ID, origin: r.Origin, created: r.Created,
	}
	if r.Class != "" {
		if c := n.schema.classes[r.Class]; c != nil {
			d.class = c.number
		} else {
			d.class = len(n.schema.list) // none has that number
		}
	}
	if !r.Expires.IsZero() {
		d.expires = r.Expires.UnixMicro()
	}
	d.masks = n.of(d.name)
	return d
}

// newGround builds the ground of a state. Those of workspaces hang from that of
// what is above them. now is the moment, in microseconds since 1970: rules that
// have ceased to count are left out.
func newGround(s *Schema, state *State, from *ground, names *namings, now int64) *ground {
	g := &ground{schema: s, workspace: state.At.Workspace, from: from, namings: names, until: forever}
	g.build(state.Places)
	at := make([]int32, len(state.Rules))
	made := make([]*directive, len(state.Rules))
	prepared := make([]directive, len(state.Rules))
	for i := range state.Rules {
		r := &state.Rules[i]
		at[i] = g.index.find(r.Node)
		prepared[i] = *names.directive(r)
		made[i] = &prepared[i]
	}
	g.direct(at, made, now)
	g.settle()
	return g
}

// build lays all places, which are in ascending order of nodes.
func (g *ground) build(places []Place) {
	bits := bitsFor(len(places))
	g.nums.bits, g.parents.bits, g.classes.bits, g.owners.bits = bits, bits, bits, bits
	g.rules.bits, g.links.bits, g.late.bits = bits, bits, bits
	order := walk(places, g.from == nil)
	g.size, g.base = int32(len(order)), int32(len(order))
	place := make([]int32, len(places)) // by position among the places
	for i := range place {
		place[i] = -1
	}
	for at, i := range order {
		place[i] = int32(at)
	}
	for at, i := range order {
		p := &places[i]
		parent := adrift
		if above, ok := search(places, p.Parent); ok && p.Node != Root {
			parent = place[above]
		}
		g.lay(int32(at), p, parent)
	}
	g.index = newIndex(places, place)
	ends := make([]int32, len(order))
	for at := int32(len(order)) - 1; at >= 0; at-- {
		ends[at] = max(ends[at], at+1)
		if above := g.parents.at(at); above >= 0 {
			ends[above] = max(ends[above], ends[at])
		}
	}
	g.ends = ends
}

// direct puts rules on the places that each is for, in order of their numbers.
func (g *ground) direct(at []int32, rules []*directive, now int64) {
	g.ruleAt = sorted{keys: make([]int64, 0, len(rules)), at: make([]int32, 0, len(rules))}
	count := make(map[int32]int32, len(rules))
	for i, d := range rules {
		if at[i] >= 0 && (d.expires == 0 || d.expires > now) {
			count[at[i]]++
		}
	}
	all := make([]*directive, 0, len(rules))
	for i, d := range rules {
		if at[i] < 0 || d.expires != 0 && d.expires <= now {
			continue
		}
		if d.expires != 0 {
			g.until = min(g.until, d.expires)
		}
		g.ruleAt.keys, g.ruleAt.at = append(g.ruleAt.keys, d.num), append(g.ruleAt.at, at[i])
		here := g.rules.at(at[i])
		if here == nil {
			n := len(all)
			all = all[:n+int(count[at[i]])]
			here = all[n:n:len(all)]
		}
		g.rules.set(at[i], append(here, d))
		g.ruled++
	}
}

// lay puts a node at a place.
func (g *ground) lay(at int32, p *Place, parent int32) {
	g.nums.set(at, p.Node)
	g.parents.set(at, parent)
	if parent == adrift && p.Node != Root {
		g.tops = append(g.tops, top{at, p.Parent})
	}
	g.classify(at, p)
	if owner := p.Owner; owner != g.owners.at(at) {
		g.owners.set(at, owner)
	}
	if len(p.Links) > 0 || g.links.at(at) != nil {
		g.links.set(at, linksOf(p))
	}
}

// classify notes the class of a node and whether it is sealed.
func (g *ground) classify(at int32, p *Place) {
	c := g.classOf(p)
	g.classes.set(at, c)
	if known := c&classBits != 0; !known || g.aliens[at] != "" {
		if g.aliens == nil {
			g.aliens = map[int32]string{}
		}
		if g.aliens[at] = p.Class; known {
			delete(g.aliens, at)
		}
	}
}

func (g *ground) classOf(p *Place) uint16 {
	// Nodes of a class mostly follow each other.
	if g.lately == nil || g.lately.Name != p.Class {
		g.lately = g.schema.classes[p.Class]
	}
	var c uint16
	if g.lately != nil {
		c = uint16(g.lately.number + 1)
	}
	if p.Sealed {
		c |= sealedFlag
	}
	return c
}

func linksOf(p *Place) []link {
	if len(p.Links) == 0 {
		return nil
	}
	list := make([]link, 0, len(p.Links))
	for relation, target := range p.Links {
		list = append(list, link{relation, target})
	}
	slices.SortFunc(list, func(a, b link) int { return cmp.Compare(a.relation, b.relation) })
	return list
}

// settle ends the building of a version.
func (g *ground) settle() {
	g.nums.share()
	g.parents.share()
	g.classes.share()
	g.owners.share()
	g.rules.share()
	g.links.share()
	g.late.share()
	if g.lists.pages == nil {
		g.lists = newMemo[list](g.size, g.nums.bits)
	}
	g.granted, g.once = new(sync.Map), new(sync.Once)
	g.bytes = g.nums.size(8) + g.parents.size(4) + g.classes.size(2) + g.owners.size(8) + g.rules.size(24) +
		g.links.size(24) + g.late.size(24) + 4*len(g.ends) + g.index.bytes() + 12*g.newer.len() +
		12*g.ruleAt.len() + 8*int(g.size) + 700*g.ruled + 1500
}

// walk returns the positions of places in an order that goes down before it
// goes on, those that hang from nothing here first to last, each with all below
// it. Places in a circle do not come up.
func walk(places []Place, top bool) []int32 {
	first, next := make([]int32, len(places)), make([]int32, len(places)) // children as chains, positions + 1
	var tops []int32
	for i := len(places) - 1; i >= 0; i-- {
		p := &places[i]
		above, ok := search(places, p.Parent)
		if !ok || top && p.Node == Root {
			tops = append(tops, int32(i))
			continue
		}
		next[i], first[above] = first[above], int32(i+1)
	}
	order := make([]int32, 0, len(places))
	stack := tops
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		order = append(order, i)
		from := len(stack)
		for child := first[i]; child != 0; child = next[child-1] {
			stack = append(stack, child-1)
		}
		slices.Reverse(stack[from:])
	}
	return order
}

// search finds a node among places in ascending order. Numbers mostly follow
// each other, so the position is guessed first.
func search(places []Place, n Node) (int, bool) {
	if len(places) == 0 {
		return 0, false
	}
	if guess := int(n - places[0].Node); guess >= 0 && guess < len(places) && places[guess].Node == n {
		return guess, true
	}
	return slices.BinarySearchFunc(places, n, func(p Place, n Node) int { return cmp.Compare(p.Node, n) })
}

// An index finds places by node. Nodes of a workspace mostly come in runs of
// numbers, so 64 of them share an entry: which of them there are, and where
// theirs begin among all places in the order of nodes.
type index struct {
	// blocks are those from first on, one after another, or where that would
	// leave most of them empty, sparse those that are not.
	first  Node
	blocks []block
	sparse map[Node]block
	order  []int32
}

type block struct {
	there uint64
	start int32
}

func newIndex(places []Place, place []int32) *index {
	x := &index{order: make([]int32, 0, len(places))}
	if len(places) > 0 {
		x.first = places[0].Node >> 6
		span := int(places[len(places)-1].Node>>6-x.first) + 1
		if span <= len(places)/8+16 {
			x.blocks = make([]block, span)
		} else {
			x.sparse = map[Node]block{}
		}
	}
	for i := range places {
		if place[i] < 0 {
			continue // in a circle
		}
		n := places[i].Node
		b := x.block(n >> 6)
		if b.there == 0 {
			b.start = int32(len(x.order))
		}
		b.there |= 1 << (uint64(n) & 63)
		if x.sparse != nil {
			x.sparse[n>>6] = b
		} else {
			x.blocks[n>>6-x.first] = b
		}
		x.order = append(x.order, place[i])
	}
	return x
}

func (x *index) block(at Node) block {
	if x.sparse != nil {
		return x.sparse[at]
	}
	if at -= x.first; at >= 0 && int(at) < len(x.blocks) {
		return x.blocks[at]
	}
	return block{}
}

func (x *index) find(n Node) int32 {
	b := x.block(n >> 6)
	bit := uint64(n) & 63
	if b.there>>bit&1 == 0 {
		return -1
	}
	return x.order[int(b.start)+bits.OnesCount64(b.there&(1<<bit-1))]
}

func (x *index) bytes() int { return 4*len(x.order) + 16*len(x.blocks) + 40*len(x.sparse) }

// find returns the place of a node, -1 when it is not here.
func (g *ground) find(n Node) int32 {
	at := g.index.find(n)
	if at >= 0 && (g.gone == 0 || g.classes.at(at)&goneFlag == 0) {
		return at
	}
	// One that went and came back has a place among the appended ones.
	at, _ = g.newer.find(int64(n))
	if at >= 0 && g.classes.at(at)&goneFlag != 0 {
		return -1
	}
	return at
}

// list returns what the rules say on a place.
func (g *ground) list(at int32) *list {
	if l := g.lists.get(at); l != nil {
		return l
	}
	var path []int32
	var l *list
	for here := at; ; {
		path = append(path, here)
		parent := g.parents.at(here)
		if parent < 0 {
			l = g.hang(here)
			break
		}
		if here = parent; g.classes.at(here)&goneFlag != 0 {
			l = g.schema.nowhere
			break
		}
		if l = g.lists.get(here); l != nil {
			break
		}
	}
	for _, here := range slices.Backward(path) {
		if l != g.schema.nowhere {
			l = l.under(g.schema, g.feature(here))
		}
		g.lists.put(here, l)
	}
	return l
}

// hang returns the list that a place hangs from which has no parent here, nil
// for the root.
func (g *ground) hang(at int32) *list {
	if g.from == nil && g.nums.at(at) == Root {
		return nil
	}
	for _, t := range g.tops {
		if t.at == at && g.from != nil {
			if above := g.from.find(t.above); above >= 0 {
				return g.from.list(above)
			}
		}
	}
	return g.schema.nowhere
}

func (g *ground) feature(at int32) feature {
	c := g.classes.at(at)
	f := feature{owner: g.owners.at(at), sealed: c&sealedFlag != 0, rules: g.rules.at(at)}
	if f.owner == Guest {
		f.owner = 0 // who owns nothing
	}
	if c &= classBits; c > 0 {
		f.class = g.schema.list[c-1]
	}
	return f
}
