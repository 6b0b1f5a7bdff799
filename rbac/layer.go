package rbac

import (
	"cmp"
	"math/bits"
	"slices"
)

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
