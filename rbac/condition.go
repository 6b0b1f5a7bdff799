package rbac

import (
	"slices"
	"sort"
)

// A Condition is a set of nodes, as [Engine.Filter] answers it: a listing that
// puts it into its query shows exactly the rows that [Engine.Check] would
// allow. The zero Condition holds no node.
type Condition struct{ ranges []Range }

// A Range is all nodes from First to Last, both included.
type Range struct{ First, Last Node }

// Only returns the condition that holds for the given nodes.
func Only(nodes ...Node) Condition {
	sorted := slices.Clone(nodes)
	slices.Sort(sorted)
	return ascending(slices.Compact(sorted))
}

// ascending is like Only for nodes in ascending order, each once.
func ascending(nodes []Node) Condition {
	var c Condition
	for _, n := range nodes {
		if last := len(c.ranges) - 1; last >= 0 && c.ranges[last].Last+1 == n {
			c.ranges[last].Last = n
			continue
		}
		c.ranges = append(c.ranges, Range{First: n, Last: n})
	}
	return c
}

// Contains reports whether the condition holds for a node.
func (c Condition) Contains(n Node) bool {
	i := sort.Search(len(c.ranges), func(i int) bool { return c.ranges[i].Last >= n })
	return i < len(c.ranges) && c.ranges[i].First <= n
}

// Ranges returns the nodes as disjoint ranges in ascending order, none of
// which touch.
func (c Condition) Ranges() []Range { return slices.Clone(c.ranges) }

// And returns the condition that holds where both do.
func (c Condition) And(d Condition) Condition {
	var both Condition
	for i, j := 0, 0; i < len(c.ranges) && j < len(d.ranges); {
		r, o := c.ranges[i], d.ranges[j]
		if first, last := max(r.First, o.First), min(r.Last, o.Last); first <= last {
			both.ranges = append(both.ranges, Range{First: first, Last: last})
		}
		if r.Last < o.Last {
			i++
		} else {
			j++
		}
	}
	return both
}
