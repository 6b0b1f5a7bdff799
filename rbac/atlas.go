package rbac

import (
	"sync"
	"sync/atomic"
)

// An atlas tells which workspace a node was last seen in. What it says is a
// hint: whoever follows it finds out when it is not true any more.
type atlas struct {
	mu    sync.Mutex
	pages atomic.Pointer[[]*atlasPage]
	size  atomic.Int64
}

type atlasPage [pageSize]atomic.Pointer[realm]

// find returns where a node was last seen, nil when that is not known.
func (a *atlas) find(n Node) *realm {
	pages := a.pages.Load()
	if pages == nil || n < 0 || int(n>>pageBits) >= len(*pages) {
		return nil
	}
	page := (*pages)[n>>pageBits]
	if page == nil {
		return nil
	}
	return page[n&pageMask].Load()
}

func (a *atlas) put(n Node, r *realm) {
	if n < 0 || n >= farthest {
		return
	}
	p := int(n >> pageBits)
	pages := a.pages.Load()
	if pages == nil || p >= len(*pages) || (*pages)[p] == nil {
		pages = a.grow(p)
	}
	(*pages)[p][n&pageMask].Store(r)
}

// grow returns the pages when there is one at p.
func (a *atlas) grow(p int) *[]*atlasPage {
	a.mu.Lock()
	defer a.mu.Unlock()
	var grown []*atlasPage
	if pages := a.pages.Load(); pages != nil {
		if p < len(*pages) && (*pages)[p] != nil {
			return pages
		}
		grown = append(grown, *pages...)
	}
	for len(grown) <= p {
		grown = append(grown, nil)
	}
	grown[p] = new(atlasPage)
	a.size.Add(8 * pageSize)
	a.pages.Store(&grown)
	return &grown
}

// clear forgets everything.
func (a *atlas) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pages.Store(nil)
	a.size.Store(0)
}

func (a *atlas) bytes() int64 { return a.size.Load() }
