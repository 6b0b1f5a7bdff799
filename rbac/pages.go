package rbac

import (
	"math/bits"
	"sync/atomic"
)

// pageBits says how many entries the pages of a large table have: few enough
// that changing one entry copies little, many enough that the list of pages is
// short. Those of small tables have fewer.
const (
	pageBits    = 10
	leastBits   = 4
	pageSize    = 1 << pageBits
	pageMask    = pageSize - 1
	pagePointer = 8
)

// bitsFor returns how many bits of a position are that in a page, in a table
// that has so many entries at first.
func bitsFor(n int) uint8 {
	return uint8(min(max(bits.Len(uint(max(n, 1)-1)), leastBits), pageBits))
}

// A table is an array that versions share: setting an entry in one copies its
// page, and leaves other versions as they were. A page that is nil is full of
// zeros.
type table[T any] struct {
	pages [][]T
	bits  uint8
	// own says which pages belong to this version alone; nil when none does, as
	// in every version that others can see.
	own []bool
}

// at returns an entry, zero beyond the end.
func (t *table[T]) at(i int32) T {
	if p := int(i >> t.bits); p < len(t.pages) {
		if page := t.pages[p]; page != nil {
			return page[int(i)&(len(page)-1)]
		}
	}
	var zero T
	return zero
}

// set changes an entry of a version that nobody else can see yet.
func (t *table[T]) set(i int32, v T) {
	p := int(i >> t.bits)
	if t.own == nil || p >= len(t.pages) {
		t.fork(p + 1)
	}
	if !t.own[p] {
		page := make([]T, 1<<t.bits)
		copy(page, t.pages[p])
		t.pages[p], t.own[p] = page, true
	}
	t.pages[p][i&(1<<t.bits-1)] = v
}

// fork makes the list of pages this version's own, for at least n pages.
func (t *table[T]) fork(n int) {
	if n > len(t.pages) && len(t.pages) > 0 {
		n = max(n, len(t.pages)+len(t.pages)/4) // building goes on
	}
	n = max(n, len(t.pages))
	pages, own := make([][]T, n), make([]bool, n)
	copy(pages, t.pages)
	copy(own, t.own)
	t.pages, t.own = pages, own
}

// share ends the changing: from now on all pages are everybody's.
func (t *table[T]) share() { t.own = nil }

// size returns how many bytes the pages take, entries of entry bytes each.
func (t *table[T]) size(entry int) int {
	n := 0
	for _, page := range t.pages {
		n += len(page) * entry
	}
	return n + 3*pagePointer*len(t.pages)
}

// A memo is an array of what was found out, which may be forgotten at any time.
// Versions share its pages as they do those of a table, but anybody may fill in
// what is not known: it is known alike in every version that has the page.
type memo[T any] struct {
	pages []atomic.Pointer[memoPage[T]]
	bits  uint8
}

type memoPage[T any] []atomic.Pointer[T]

func newMemo[T any](n int32, bits uint8) memo[T] {
	return memo[T]{pages: make([]atomic.Pointer[memoPage[T]], (int(n)+1<<bits-1)>>bits), bits: bits}
}

func (m *memo[T]) page() *memoPage[T] {
	page := make(memoPage[T], 1<<m.bits)
	return &page
}

// get returns an entry, nil when it is not known.
func (m *memo[T]) get(i int32) *T {
	if p := int(i >> m.bits); p < len(m.pages) {
		if page := m.pages[p].Load(); page != nil {
			return (*page)[int(i)&(len(*page)-1)].Load()
		}
	}
	return nil
}

// put remembers an entry, if there is a place for it.
func (m *memo[T]) put(i int32, v *T) {
	p := int(i >> m.bits)
	if p >= len(m.pages) {
		return
	}
	page := m.pages[p].Load()
	if page == nil {
		page = m.page()
		if !m.pages[p].CompareAndSwap(nil, page) {
			page = m.pages[p].Load()
		}
	}
	(*page)[i&(1<<m.bits-1)].Store(v)
}

// fork returns a memo for n entries that knows what this one does.
func (m *memo[T]) fork(n int32) memo[T] {
	f := newMemo[T](n, m.bits)
	for p := range min(len(m.pages), len(f.pages)) {
		f.pages[p].Store(m.pages[p].Load())
	}
	return f
}

// forget drops the entries from first to before last in a version that nobody
// else can see yet. Whole pages go at once, so that the cost is that of the list
// of pages, whatever they hold.
func (m *memo[T]) forget(first, last int32) {
	for first < last {
		p := int(first >> m.bits)
		if p >= len(m.pages) {
			return
		}
		next := min(last, int32(p+1)<<m.bits)
		if old := m.pages[p].Load(); old != nil {
			var page *memoPage[T]
			if next-first < 1<<m.bits {
				page = m.page()
				for i := range *page {
					if at := int32(p)<<m.bits + int32(i); at < first || at >= next {
						(*page)[i].Store((*old)[i].Load())
					}
				}
			}
			m.pages[p].Store(page)
		}
		first = next
	}
}
