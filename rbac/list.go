package rbac

import (
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
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
