package rbac

import "sync/atomic"

// pageBits says how many entries a page has: few enough that changing one entry
// copies little, many enough that a table of pages is short.
const (
	pageBits = 10
	pageSize = 1 << pageBits
	pageMask = pageSize - 1
)

// A table is an array that versions share: setting an entry in one copies its
// page, and leaves other versions as they were. A page that is nil is full of
// zeros. The zero table is empty.
type table[T any] struct {
	pages []*[pageSize]T
	// own says which pages belong to this version alone; nil when none does, as
	// in every version that others can see.
	own []bool
}

// at returns an entry, zero beyond the end.
func (t *table[T]) at(i int32) T {
	if p := int(i >> pageBits); p < len(t.pages) && t.pages[p] != nil {
		return t.pages[p][i&pageMask]
	}
	var zero T
	return zero
}

// set changes an entry of a version that nobody else can see yet.
func (t *table[T]) set(i int32, v T) {
	p := int(i >> pageBits)
	if t.own == nil || p >= len(t.pages) {
		t.fork(p + 1)
	}
	if !t.own[p] {
		page := new([pageSize]T)
		if t.pages[p] != nil {
			*page = *t.pages[p]
		}
		t.pages[p], t.own[p] = page, true
	}
	t.pages[p][i&pageMask] = v
}

// fork makes the list of pages this version's own, for at least n pages.
func (t *table[T]) fork(n int) {
	n = max(n, len(t.pages))
	pages, own := make([]*[pageSize]T, n), make([]bool, n)
	copy(pages, t.pages)
	copy(own, t.own)
	t.pages, t.own = pages, own
}

// share ends the changing: from now on all pages are everybody's.
func (t *table[T]) share() { t.own = nil }

// size returns how many bytes the pages take, entries of entry bytes each.
func (t *table[T]) size(entry int) int {
	n := 0
	for _, p := range t.pages {
		if p != nil {
			n += pageSize * entry
		}
	}
	return n + 9*len(t.pages)
}

// A memo is an array of what was found out, which may be forgotten at any time.
// Versions share its pages as they do those of a table, but anybody may fill in
// what is not known: it is known alike in every version that has the page.
type memo[T any] struct {
	pages []atomic.Pointer[memoPage[T]]
}

type memoPage[T any] [pageSize]atomic.Pointer[T]

func newMemo[T any](n int32) memo[T] {
	return memo[T]{pages: make([]atomic.Pointer[memoPage[T]], (int(n)+pageSize-1)>>pageBits)}
}

// get returns an entry, nil when it is not known.
func (m *memo[T]) get(i int32) *T {
	if p := int(i >> pageBits); p < len(m.pages) {
		if page := m.pages[p].Load(); page != nil {
			return page[i&pageMask].Load()
		}
	}
	return nil
}

// put remembers an entry, if there is a place for it.
func (m *memo[T]) put(i int32, v *T) {
	p := int(i >> pageBits)
	if p >= len(m.pages) {
		return
	}
	page := m.pages[p].Load()
	if page == nil {
		page = new(memoPage[T])
		if !m.pages[p].CompareAndSwap(nil, page) {
			page = m.pages[p].Load()
		}
	}
	page[i&pageMask].Store(v)
}

// fork returns a memo for n entries that knows what this one does.
func (m *memo[T]) fork(n int32) memo[T] {
	f := newMemo[T](n)
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
		p := int(first >> pageBits)
		if p >= len(m.pages) {
			return
		}
		next := min(last, int32(p+1)<<pageBits)
		if old := m.pages[p].Load(); old != nil {
			var page *memoPage[T]
			if next-first < pageSize {
				page = new(memoPage[T])
				for i := range page {
					if at := int32(p)<<pageBits + int32(i); at < first || at >= next {
						page[i].Store(old[i].Load())
					}
				}
			}
			m.pages[p].Store(page)
		}
		first = next
	}
}
