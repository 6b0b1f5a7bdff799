package bench_test

import (
	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A flat is the same world as arrays and integers, folded once for good: the
// least that a decision about it could be. It knows no change, no freshness, and
// nothing but what occurs in these worlds.
type flat struct {
	// chain says of each node which list holds there.
	chain, parent []int32
	class         []uint8
	start         []int32 // of each list, into entries
	entries       []flatEntry
	// up is the node to ask for what is needed on the parent: the one above the
	// topmost that has the same list.
	up  []int32
	ngw bool
	// group is that of each user.
	group []int32
	// Texts that a host would know things by.
	users, nodes map[string]int32
	permissions  map[string]uint8
}

// A flatEntry is what one principal is allowed and denied; folder is what he is
// allowed on folders only.
type flatEntry struct {
	principal           int32
	allow, deny, folder uint8
}

// The bits of permissions; what a bit needs on the same node comes with it.
const (
	flatRead      = 1
	flatUpdate    = 4
	flatDataRead  = 1 << 6
	flatDataWrite = 1 << 7
	flatResource  = 1<<6 - 1
)

func flatNeed(p rbac.Permission) uint8 {
	switch p {
	case workload.Update:
		return flatUpdate | flatRead
	case workload.DataRead:
		return flatDataRead | flatRead
	case workload.DataWrite:
		return flatDataWrite | flatDataRead | flatRead
	}
	return flatRead
}

func newFlat(w *workload.World) *flat {
	n := len(w.Space.Places)
	f := &flat{
		chain: make([]int32, n), parent: make([]int32, n), class: make([]uint8, n), ngw: w.Options.NGW,
		group: make([]int32, len(w.Users)), users: map[string]int32{}, nodes: map[string]int32{}, permissions: map[string]uint8{},
	}
	for i, user := range w.Users {
		f.group[i] = int32(w.Group(user))
		f.users[userID(user)] = int32(i)
	}
	for _, p := range []rbac.Permission{workload.Read, workload.Update, workload.DataRead, workload.DataWrite} {
		f.permissions[string(p)] = flatNeed(p)
	}
	rules := make([][]rbac.Rule, n)
	for _, r := range w.Space.Rules {
		rules[r.Node-workload.Workspace] = append(rules[r.Node-workload.Workspace], r)
	}
	masks := map[string]uint8{"folder": flatResource, "workspace": flatResource, "layer": 255}
	lists := [][]flatEntry{nil}
	f.up = []int32{-1}
	add := func(list []flatEntry, up int32) int32 {
		lists, f.up = append(lists, list), append(f.up, up)
		return int32(len(lists) - 1)
	}
	below := make([]int32, n) // the list that children of a node begin with
	for i, p := range w.Space.Places {
		f.nodes[nodeID(p.Node)] = int32(i)
		f.class[i] = masks[p.Class]
		f.parent[i] = -1
		if i > 0 {
			f.parent[i] = int32(p.Parent - workload.Workspace)
			f.chain[i] = below[f.parent[i]]
		}
		below[i] = f.chain[i]
		var here, inherited []flatEntry
		local := false
		for j, r := range rules[i] {
			if j == 0 {
				here = append(here, lists[f.chain[i]]...)
				inherited = append(inherited, lists[f.chain[i]]...)
			}
			here = with(here, r)
			if local = local || !r.Propagate; r.Propagate {
				inherited = with(inherited, r)
			}
		}
		if len(rules[i]) > 0 {
			f.chain[i] = add(here, f.parent[i])
			below[i] = f.chain[i]
		}
		if local {
			below[i] = add(inherited, int32(i))
		}
	}
	for _, list := range lists {
		f.start = append(f.start, int32(len(f.entries)))
		f.entries = append(f.entries, list...)
	}
	f.start = append(f.start, int32(len(f.entries)))
	return f
}

func with(list []flatEntry, r rbac.Rule) []flatEntry {
	mask := uint8(255)
	switch {
	case r.Scope == "data":
		mask = flatDataRead | flatDataWrite
	case r.Scope == "resource" && r.Permission == "":
		mask = flatResource
	case r.Scope == "resource":
		mask = flatRead
	}
	i := 0
	for ; i < len(list); i++ {
		if list[i].principal == int32(r.Principal) {
			break
		}
	}
	if i == len(list) {
		list = append(list, flatEntry{principal: int32(r.Principal)})
	}
	switch {
	case r.Effect == rbac.Deny:
		list[i].deny |= mask
	case r.Class != "":
		list[i].folder |= mask
	default:
		list[i].allow |= mask
	}
	return list
}

// allowed decides: user and node by position, a permission by the bits that it
// needs.
func (f *flat) allowed(user, node int32, need uint8) bool {
	who, group := user+int32(workload.Supervisor)+1, f.group[user]
	for {
		held := f.held(who, group, node)
		if held&need != need {
			return false
		}
		if !f.ngw {
			return true
		}
		if node = f.up[f.chain[node]]; node < 0 {
			return true
		}
		need = flatRead
	}
}

// held returns everything that is allowed and not denied.
func (f *flat) held(who, group, node int32) uint8 {
	var allow, deny uint8
	chain := f.chain[node]
	for _, e := range f.entries[f.start[chain]:f.start[chain+1]] {
		if e.principal == who || e.principal == group || e.principal == int32(rbac.Authenticated) {
			allow |= e.allow
			deny |= e.deny
			if f.class[node] == flatResource && node > 0 {
				allow |= e.folder
			}
		}
	}
	return allow &^ deny & f.class[node]
}
