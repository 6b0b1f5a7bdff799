package rbac

import (
	"slices"
	"sync/atomic"
	"time"
)

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
