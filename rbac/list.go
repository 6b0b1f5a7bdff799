package rbac

import (
	"cmp"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A list is what the rules say on a node, and on every other on which they say
// the same: the chain from the root folded into what each principal is allowed
// and denied there. Nodes without rules of their own share their parent's lists,
// so there are about as many as there are nodes with rules, and depth costs
// nothing. A list never changes, but for what it remembers.
type list struct {
	class *class // nil when the schema lacks it, or the node hangs from nowhere
	// said is what rules say to principals, with what only this node's rules say
	// first.
	said *layer
	// ownAllow and ownDeny are what rules say to the owner, who is here.
	ownAllow, ownDeny uint64
	owner             Principal
	// leaves is what nodes below inherit.
	leaves *bequest
	// above is the list to ask for what is needed on the parent, nil where there
	// is nobody to ask; then it is met when satisfied is set, or else where the
	// need can do without.
	above     *list
	satisfied bool
	// free are the bits that no link can have a say in, however far up.
	free uint64
	// local is set when there are rules for this node alone.
	local bool

	// kin remembers the lists of nodes below that have nothing of their own, nil
	// until there are some: most nodes are leaves.
	kin atomic.Pointer[kin]
}

// kin are lists by the class of their nodes, those where it matters who owns
// the nodes by owner too.
type kin struct {
	below []atomic.Pointer[list]
	owned sync.Map // belonging → *list
}

// family returns what is remembered of nodes below.
func (l *list) family(classes int) *kin {
	if k := l.kin.Load(); k != nil {
		return k
	}
	l.kin.CompareAndSwap(nil, &kin{below: make([]atomic.Pointer[list], classes)})
	return l.kin.Load()
}

type belonging struct {
	class int
	owner Principal
}

// A layer is part of what rules say: what each principal is allowed and denied.
// Small layers are gone through, large ones looked into, and each is followed by
// a larger one, so that a list with few rules of its own below one with
// thousands of members copies none of them.
type layer struct {
	entries []entry // by principal, each once
	index   []int32 // of a large layer: positions + 1 by hash
	next    *layer
}

type entry struct {
	principal   Principal
	allow, deny uint64
}

// few is how many entries are gone through rather than looked into.
const fewEntries = 16

// A bequest is what nodes below a node inherit: the rules that propagate, who
// reigns, and whether it is sealed. Nodes that add nothing share their parent's.
type bequest struct {
	parent *bequest
	own    []*directive
	sealed bool
	// filtered is set when a rule here or above is for one class, owners when
	// one speaks to owners.
	filtered, owners bool
	reigns           []reign
	// folded remembers what everything from here up says, by class.
	folded []atomic.Pointer[folding]
}

// A reign is somebody who owns a sovereign node.
type reign struct {
	principal Principal
	interned  bool // at the seal or below
}

type folding struct {
	said              *layer
	ownAllow, ownDeny uint64
}

// A directive is a rule prepared for deciding.
type directive struct {
	num       int64
	principal Principal
	deny      bool
	propagate bool
	class     int   // its number, -1 for any
	expires   int64 // in microseconds since 1970, forever when 0
	name      naming
	// masks are what it names in each class.
	masks []uint64

	// The rest tells people which rule it is.
	id      RuleID
	origin  string
	created time.Time
}

// A naming is what a rule names.
type naming struct {
	role              RoleName
	scope, permission string
}

// says returns what a directive says on nodes of a class, on which only what is
// open may be allowed when it comes from the seal or below.
func (d *directive) says(c *class, sealed bool) (allow, deny uint64) {
	if d.class >= 0 && d.class != c.number {
		return 0, 0
	}
	mask := d.masks[c.number]
	switch {
	case d.deny:
		return 0, mask
	case sealed:
		return mask & c.open, 0
	}
	return mask, 0
}

// fold returns what a bequest says on nodes of a class.
func (b *bequest) fold(c *class) *folding {
	if f := b.folded[c.number].Load(); f != nil {
		return f
	}
	var chain []*bequest
	f := &folding{}
	for at := b; at != nil; at = at.parent {
		if known := at.folded[c.number].Load(); known != nil {
			f = known
			break
		}
		chain = append(chain, at)
	}
	for _, at := range slices.Backward(chain) {
		f = f.with(at.own, c, at.sealed)
		at.folded[c.number].Store(f)
	}
	return f
}

// with returns the folding with what some rules say besides.
func (f *folding) with(rules []*directive, c *class, sealed bool) *folding {
	var entries []entry
	g := *f
	for _, d := range rules {
		allow, deny := d.says(c, sealed)
		switch {
		case allow|deny == 0:
		case d.principal == Owner:
			g.ownAllow |= allow
			g.ownDeny |= deny
		default:
			entries = append(entries, entry{d.principal, allow, deny})
		}
	}
	if len(entries) > 0 {
		g.said = lay(entries, f.said)
	}
	return &g
}

// lay puts entries in front of a layer. Layers that are not much larger than
// what is put before them become one with it.
func lay(entries []entry, next *layer) *layer {
	entries = united(entries)
	for next != nil && (len(next.entries) <= fewEntries || len(next.entries) <= 2*len(entries)) {
		entries = united(append(slices.Clip(entries), next.entries...))
		next = next.next
	}
	l := &layer{entries: entries, next: next}
	if len(entries) > fewEntries {
		size := 1 << bits.Len(uint(2*len(entries)-1))
		l.index = make([]int32, size)
		for i, e := range entries {
			at := hash(e.principal) & uint64(size-1)
			for l.index[at] != 0 {
				at = (at + 1) & uint64(size-1)
			}
			l.index[at] = int32(i + 1)
		}
	}
	return l
}

// united sorts entries and makes one of those of one principal.
func united(entries []entry) []entry {
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.principal, b.principal) })
	kept := entries[:0]
	for _, e := range entries {
		if last := len(kept) - 1; last >= 0 && kept[last].principal == e.principal {
			kept[last].allow |= e.allow
			kept[last].deny |= e.deny
			continue
		}
		kept = append(kept, e)
	}
	return slices.Clip(kept)
}

func hash(p Principal) uint64 { return uint64(p) * 0x9e3779b97f4a7c15 >> 20 }

// find returns what a large layer says to a principal.
func (l *layer) find(p Principal) (allow, deny uint64) {
	last := uint64(len(l.index) - 1)
	for at := hash(p) & last; l.index[at] != 0; at = (at + 1) & last {
		if e := &l.entries[l.index[at]-1]; e.principal == p {
			return e.allow, e.deny
		}
	}
	return 0, 0
}

// A feature is what is of a node's own where lists are concerned.
type feature struct {
	class  *class
	owner  Principal
	sealed bool
	rules  []*directive
}

// under returns the list of a node below the one whose list it is called on,
// which is nil for the root's.
func (l *list) under(s *Schema, f feature) *list {
	var leaves *bequest
	sealed := f.sealed
	if l != nil {
		leaves = l.leaves
		sealed = sealed || leaves.sealed
	}
	reigns := f.class != nil && f.class.Sovereign && f.owner != 0 && f.owner != Guest
	plain := l != nil && len(f.rules) == 0 && sealed == leaves.sealed && !reigns
	if plain {
		return l.plainly(s, f)
	}
	b := leaves
	inherited := propagating(f.rules)
	if l == nil || len(inherited) > 0 || sealed != leaves.sealed || reigns {
		b = leaves.then(len(s.list), inherited, sealed)
		if reigns {
			b.reigns = append(slices.Clip(b.reigns), reign{f.owner, sealed})
		}
	}
	return l.child(f, b)
}

func propagating(rules []*directive) []*directive {
	n := 0
	for _, d := range rules {
		if d.propagate {
			n++
		}
	}
	switch n {
	case 0:
		return nil
	case len(rules):
		return rules
	}
	some := make([]*directive, 0, n)
	for _, d := range rules {
		if d.propagate {
			some = append(some, d)
		}
	}
	return some
}

// then returns the bequest of a node below, which adds something.
func (b *bequest) then(classes int, own []*directive, sealed bool) *bequest {
	n := &bequest{parent: b, own: own, sealed: sealed, folded: make([]atomic.Pointer[folding], classes)}
	if b != nil {
		n.filtered, n.owners, n.reigns = b.filtered, b.owners, b.reigns
	}
	for _, d := range own {
		n.filtered = n.filtered || d.class >= 0
		n.owners = n.owners || d.principal == Owner
	}
	return n
}

// plainly returns the list of a node below with nothing of its own.
func (l *list) plainly(s *Schema, f feature) *list {
	if !l.leaves.owners {
		f.owner = 0
	}
	switch {
	case f.class == nil:
		return l.child(f, l.leaves)
	case f.class == l.class && f.class.inherits && !l.local && f.owner == l.owner:
		return l
	case l.leaves.owners:
		key := belonging{f.class.number, f.owner}
		k := l.family(len(s.list))
		if known, ok := k.owned.Load(key); ok {
			return known.(*list) //nolint:forcetypeassert // nothing else is stored
		}
		made, _ := k.owned.LoadOrStore(key, l.child(f, l.leaves))
		return made.(*list) //nolint:forcetypeassert // nothing else is stored
	}
	known := &l.family(len(s.list)).below[f.class.number]
	if known.Load() == nil {
		known.CompareAndSwap(nil, l.child(f, l.leaves))
	}
	return known.Load()
}

// child makes the list of a node below.
func (l *list) child(f feature, b *bequest) *list {
	n := &list{class: f.class, leaves: b}
	if f.class == nil {
		return n
	}
	said := b.fold(f.class)
	var local []*directive
	for _, d := range f.rules {
		if !d.propagate {
			local = append(local, d)
		}
	}
	if len(local) > 0 {
		n.local = true
		said = said.with(local, f.class, b.sealed)
	}
	n.said, n.ownAllow, n.ownDeny = said.said, said.ownAllow, said.ownDeny
	if f.owner != Guest && (n.ownAllow|n.ownDeny != 0 || b.owners) {
		n.owner = f.owner
	}
	n.ask(l, f)
	n.free = n.unlinked()
	return n
}

// ask finds whom to ask for what is needed on the parent. Where whoever is
// allowed the guarded verb here is surely allowed it there, the parent need not
// be asked, but for what its own parent has to say.
func (l *list) ask(parent *list, f feature) {
	if len(l.class.above) == 0 || parent == nil {
		return
	}
	l.above = parent
	if parent.class == nil || l.class.guard.verb == 0 || !l.implies(parent, f) {
		return
	}
	bit := parent.class.index[l.class.guard.verb]
	switch need := parent.class.needs[bit]; {
	case need.above == 0:
		l.above, l.satisfied = nil, true
	case parent.above != nil || parent.satisfied:
		l.above, l.satisfied = parent.above, parent.satisfied
	case need.without == 0:
		l.above, l.satisfied = nil, true
	}
}

// implies reports whether whoever is allowed the guarded verb here is allowed
// it on the parent too. It may be cautious.
func (l *list) implies(parent *list, f feature) bool {
	guard := l.class.guard.verb
	bit := parent.class.index[guard]
	if bit < 0 || l.leaves.sealed || l.leaves.filtered || l.leaves.owners || parent.local ||
		len(l.leaves.reigns) != len(parent.leaves.reigns) {
		return false
	}
	if need := parent.class.needs[bit]; need.within != 1<<bit || need.linked ||
		need.above != 0 && parent.class.guard.verb != guard {
		return false
	}
	for _, d := range f.rules {
		if d.principal == Owner || d.class >= 0 {
			return false
		}
		if allow, _ := d.says(l.class, false); allow&(1<<l.class.index[guard]) != 0 {
			return false
		}
	}
	return true
}

// unlinked returns the bits that no link can have a say in.
func (l *list) unlinked() uint64 {
	var free uint64
	for bit, need := range l.class.needs {
		linked := need.linked
		for rest := need.above; rest != 0 && l.above != nil; rest &= rest - 1 {
			up := l.above
			if up.class == nil {
				break
			}
			if at := up.class.index[l.class.above[bits.TrailingZeros64(rest)].verb]; at >= 0 && up.free&(1<<at) == 0 {
				linked = true
			}
		}
		if !linked {
			free |= 1 << bit
		}
	}
	return free
}

// heard returns what rules say to a subject: what he is allowed and not denied,
// and what he holds whatever rules say.
func (l *list) heard(s *subject) (base, given uint64) {
	var allow, deny uint64
	for said := l.said; said != nil; said = said.next {
		if said.index == nil {
			for i := range said.entries {
				e := &said.entries[i]
				if s.sign>>(uint64(e.principal)&63)&1 != 0 && s.named(e.principal) {
					allow |= e.allow
					deny |= e.deny
				}
			}
			continue
		}
		for _, name := range s.names {
			a, d := said.find(name)
			allow |= a
			deny |= d
		}
	}
	if l.owner == s.principal && l.owner != 0 {
		allow |= l.ownAllow
		deny |= l.ownDeny
	}
	for _, r := range l.leaves.reigns {
		if r.principal == s.principal {
			if !r.interned {
				given = l.class.all()
				break
			}
			given = l.class.open
		}
	}
	return allow &^ deny, given
}

// An answer is yes, no, or not to be had from lists alone.
type answer int8

const (
	no answer = iota
	yes
	unsure
)

// allows answers for a subject who is not disabled, leaving whom he acts for
// aside. It is unsure where links have a say, and where something is held in
// spite of what it needs.
func (l *list) allows(s *subject, verb Action) answer {
	for {
		c := l.class
		if c == nil {
			return no
		}
		bit := c.index[verb.verb]
		if bit < 0 {
			return no
		}
		base, given := l.heard(s)
		if given>>bit&1 != 0 {
			return yes
		}
		n := &c.needs[bit]
		if base>>bit&1 == 0 {
			return no
		}
		if given != 0 || l.free>>bit&1 == 0 {
			return unsure
		}
		if base&n.within != n.within {
			return no
		}
		if n.above == 0 || l.satisfied {
			return yes
		}
		if l.above == nil {
			return yesIf(n.without == 0)
		}
		if n.above&(n.above-1) != 0 {
			return l.allowsAll(s, n.above)
		}
		verb, l = c.above[bits.TrailingZeros64(n.above)], l.above
	}
}

// allowsAll answers whether several verbs are held above.
func (l *list) allowsAll(s *subject, above uint64) answer {
	for ; above != 0; above &= above - 1 {
		if a := l.above.allows(s, l.class.above[bits.TrailingZeros64(above)]); a != yes {
			return a
		}
	}
	return yes
}

func yesIf(b bool) answer {
	if b {
		return yes
	}
	return no
}
