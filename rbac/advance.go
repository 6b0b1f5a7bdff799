package rbac

import (
	"cmp"
	"maps"
	"slices"
)

// draft returns a version that can be changed until it is settled.
func (g *ground) draft() *ground {
	n := *g
	n.lists = g.lists.fork(g.size)
	n.aliens, n.tops = maps.Clone(g.aliens), slices.Clip(g.tops) // appending copies
	return &n
}

// after returns the ground with the changes of a delta. What it costs depends
// on the delta, and not on how many nodes there are.
func (g *ground) after(delta *Delta, now int64) *ground {
	if len(delta.Places)+len(delta.GonePlaces)+len(delta.Rules)+len(delta.GoneRules) == 0 {
		return g
	}
	n := g.draft()
	for _, node := range delta.GonePlaces {
		n.remove(node)
	}
	n.place(delta.Places)
	for _, num := range delta.GoneRules {
		n.unrule(num)
	}
	for i := range delta.Rules {
		n.rule(&delta.Rules[i], now)
	}
	n.forgetLate()
	if n.size-n.base+n.gone > max(4*pageSize, n.base/4) {
		return n.relaid(now)
	}
	n.settle()
	return n
}

// forget drops what is known of a place and all below it. Of places that were
// appended or moved all is dropped, by forgetLate.
func (g *ground) forget(at int32) {
	if at < g.base {
		g.lists.forget(at, g.ends[at])
	}
}

func (g *ground) forgetLate() {
	g.lists.forget(g.base, g.size)
	for _, at := range g.moved {
		g.lists.forget(at, g.ends[at])
	}
}

// remove takes a node away. What was below it hangs from nothing.
func (g *ground) remove(node Node) {
	at := g.find(node)
	if at < 0 {
		return
	}
	g.unhang(at)
	g.ruled -= len(g.rules.at(at))
	g.rules.set(at, nil)
	g.links.set(at, nil)
	g.classes.set(at, goneFlag)
	g.forget(at)
	g.gone++
}

// place puts nodes where they are now. All are there before the first is hung,
// since a child may be named before its parent.
func (g *ground) place(places []Place) {
	for i := range places {
		p := &places[i]
		if g.find(p.Node) >= 0 {
			continue
		}
		at := g.size
		g.size++
		if int(g.size) > len(g.lists.pages)<<g.lists.bits {
			g.lists = g.lists.fork(g.size)
		}
		g.lay(at, p, adrift)
		g.newer = g.newer.with(int64(p.Node), at)
	}
	for i := range places {
		p := &places[i]
		at := g.find(p.Node)
		if c := g.classOf(p); c != g.classes.at(at) || p.Owner != g.owners.at(at) || g.aliens[at] != "" {
			g.forget(at)
			g.classify(at, p)
			g.owners.set(at, p.Owner)
		}
		if len(p.Links) > 0 || g.links.at(at) != nil {
			g.links.set(at, linksOf(p))
		}
		g.hangFrom(at, p)
		g.adopt(at, p.Node)
	}
}

// hangFrom puts a place below the node that it hangs from now.
func (g *ground) hangFrom(at int32, p *Place) {
	parent := adrift
	if p.Node != Root {
		if above := g.find(p.Parent); above >= 0 {
			parent = above
		}
	}
	if parent == g.parents.at(at) {
		if parent != adrift || p.Node == Root || slices.Contains(g.tops, top{at, p.Parent}) {
			return
		}
	}
	g.forget(at)
	g.unhang(at)
	g.parents.set(at, parent)
	if at < g.base && !slices.Contains(g.moved, at) {
		g.moved = append(slices.Clip(g.moved), at)
	}
	switch {
	case parent == adrift:
		g.tops = append(slices.Clip(g.tops), top{at, p.Parent})
	case !g.native(at, parent):
		g.late.set(parent, append(slices.Clip(g.late.at(parent)), at))
	}
}

// unhang takes a place from where it hangs.
func (g *ground) unhang(at int32) {
	parent := g.parents.at(at)
	if parent == adrift {
		if i := slices.IndexFunc(g.tops, func(t top) bool { return t.at == at }); i >= 0 {
			g.tops = slices.Delete(slices.Clone(g.tops), i, i+1)
		}
		return
	}
	if i := slices.Index(g.late.at(parent), at); i >= 0 {
		g.late.set(parent, slices.Delete(slices.Clone(g.late.at(parent)), i, i+1))
	}
	g.parents.set(at, adrift)
}

// adopt hangs places that were waiting for a node below it.
func (g *ground) adopt(at int32, node Node) {
	for _, t := range slices.Clone(g.tops) {
		if t.above == node && t.at != at {
			g.forget(t.at)
			g.unhang(t.at)
			g.parents.set(t.at, at)
			if t.at < g.base && !slices.Contains(g.moved, t.at) {
				g.moved = append(slices.Clip(g.moved), t.at)
			}
			if !g.native(t.at, at) {
				g.late.set(at, append(slices.Clip(g.late.at(at)), t.at))
			}
		}
	}
}

// native reports whether a place was a child of another when all were laid.
func (g *ground) native(at, parent int32) bool {
	if at >= g.base || parent >= g.base || at <= parent || at >= g.ends[parent] {
		return false
	}
	child := parent + 1
	for child < at {
		child = g.ends[child]
	}
	return child == at
}

func (g *ground) unrule(num int64) {
	at, known := g.ruleAt.find(num)
	if !known {
		return
	}
	rules := g.rules.at(at)
	if i := slices.IndexFunc(rules, func(d *directive) bool { return d.num == num }); i >= 0 {
		if rules = slices.Delete(slices.Clone(rules), i, i+1); len(rules) == 0 {
			rules = nil
		}
		g.rules.set(at, rules)
		g.ruled--
		g.forget(at)
	}
}

// rule puts a rule where it is now, as it is now.
func (g *ground) rule(r *Rule, now int64) {
	g.unrule(r.Num)
	at := g.find(r.Node)
	d := g.namings.directive(r)
	if at < 0 || d.expires != 0 && d.expires <= now {
		return
	}
	if d.expires != 0 {
		g.until = min(g.until, d.expires)
	}
	rules := slices.Clip(g.rules.at(at))
	i, _ := slices.BinarySearchFunc(rules, d.num, func(d *directive, num int64) int { return cmp.Compare(d.num, num) })
	g.rules.set(at, slices.Insert(rules, i, d))
	g.ruled++
	g.ruleAt = g.ruleAt.with(d.num, at)
	g.forget(at)
}

// expire returns the ground without the rules that have ceased to count.
func (g *ground) expire(now int64) *ground {
	if now < g.until {
		return g
	}
	n := g.draft()
	n.until = forever
	for at := range n.size {
		rules := n.rules.at(at)
		ceased := func(d *directive) bool { return d.expires != 0 && d.expires <= now }
		if slices.ContainsFunc(rules, ceased) {
			left := slices.DeleteFunc(slices.Clone(rules), ceased)
			n.ruled -= len(rules) - len(left)
			n.rules.set(at, left)
			n.forget(at)
		}
		for _, d := range rules {
			if d.expires > now {
				n.until = min(n.until, d.expires)
			}
		}
	}
	n.forgetLate()
	n.settle()
	return n
}

// over returns the ground on what is above workspaces now, with the masks of
// what rules name now.
func (g *ground) over(from *ground, names *namings) *ground {
	if g.from == from && g.namings == names {
		return g
	}
	n := *g
	n.from, n.namings = from, names
	if g.namings == names && !n.shifted(g) {
		return &n
	}
	n.lists = newMemo[list](g.size, g.nums.bits)
	if g.namings != names {
		for at := range n.size {
			if rules := n.rules.at(at); len(rules) > 0 {
				n.rules.set(at, n.renamed(rules))
			}
		}
	}
	n.settle()
	return &n
}

// shifted reports whether a topmost place hangs from another list than it did
// in another version.
func (g *ground) shifted(was *ground) bool {
	for _, t := range g.tops {
		if g.hang(t.at) != was.hang(t.at) {
			return true
		}
	}
	return false
}

func (g *ground) renamed(rules []*directive) []*directive {
	list := make([]*directive, len(rules))
	for i, d := range rules {
		again := *d
		again.masks = g.namings.of(d.name)
		list[i] = &again
	}
	return list
}

// relaid returns the same ground with all places in order again.
func (g *ground) relaid(now int64) *ground {
	n := &ground{schema: g.schema, workspace: g.workspace, from: g.from, namings: g.namings, until: forever}
	places := make([]Place, 0, g.size-g.gone)
	for at := range g.inOrder(-1) {
		places = append(places, g.placeAt(at))
	}
	n.build(places)
	var rules []*directive
	var where []int32
	for at := range g.size {
		for _, d := range g.rules.at(at) {
			rules = append(rules, d)
			where = append(where, n.index.find(g.nums.at(at)))
		}
	}
	by := make([]int, len(rules))
	for i := range by {
		by[i] = i
	}
	slices.SortFunc(by, func(a, b int) int { return cmp.Compare(rules[a].num, rules[b].num) })
	sorted, at := make([]*directive, len(rules)), make([]int32, len(rules))
	for i, from := range by {
		sorted[i], at[i] = rules[from], where[from]
	}
	n.direct(at, sorted, now)
	n.settle()
	return n
}

// inOrder goes through the places in ascending order of nodes, from the first
// whose node is greater than after; from the very first when that is -1.
func (g *ground) inOrder(after Node) func(yield func(at int32) bool) {
	return func(yield func(int32) bool) {
		order := g.index.order
		first, _ := slices.BinarySearchFunc(order, after, func(at int32, n Node) int {
			if g.nums.at(at) <= n {
				return -1
			}
			return 1
		})
		order = order[first:]
		there := func(at int32) bool { return g.classes.at(at)&goneFlag == 0 }
		for node, at := range g.newer.after(int64(after)) {
			for len(order) > 0 && g.nums.at(order[0]) < Node(node) {
				if there(order[0]) && !yield(order[0]) {
					return
				}
				order = order[1:]
			}
			if there(at) && !yield(at) {
				return
			}
		}
		for _, at := range order {
			if there(at) && !yield(at) {
				return
			}
		}
	}
}

// children goes through the places below a place, in no particular order.
func (g *ground) children(parent int32) func(yield func(at int32) bool) {
	return func(yield func(int32) bool) {
		if parent < g.base {
			for at := parent + 1; at < g.ends[parent]; at = g.ends[at] {
				if g.parents.at(at) == parent && g.classes.at(at)&goneFlag == 0 && !yield(at) {
					return
				}
			}
		}
		for _, at := range g.late.at(parent) {
			if !yield(at) {
				return
			}
		}
	}
}
