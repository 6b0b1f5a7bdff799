package rbac

import "slices"

// A sorted is a map from numbers to places that versions share. What came last
// is kept apart, so that adding to a large one copies little.
type sorted struct {
	keys []int64
	at   []int32
	// fresh are at most recent many, and win over the others.
	freshKeys []int64
	freshAt   []int32
}

const recent = 1024

func (s *sorted) find(key int64) (int32, bool) {
	if i, ok := slices.BinarySearch(s.freshKeys, key); ok {
		return s.freshAt[i], true
	}
	if i, ok := slices.BinarySearch(s.keys, key); ok {
		return s.at[i], true
	}
	return -1, false
}

// with returns the map with an entry more, or another.
func (s *sorted) with(key int64, at int32) sorted {
	n := *s
	i, known := slices.BinarySearch(n.freshKeys, key)
	n.freshAt = slices.Clone(n.freshAt)
	if known {
		n.freshAt[i] = at
		return n
	}
	n.freshKeys = slices.Insert(slices.Clone(n.freshKeys), i, key)
	n.freshAt = slices.Insert(n.freshAt, i, at)
	if len(n.freshKeys) > recent {
		merged := sorted{keys: make([]int64, 0, n.len()), at: make([]int32, 0, n.len())}
		for key, at := range n.after(-1) {
			merged.keys, merged.at = append(merged.keys, key), append(merged.at, at)
		}
		return merged
	}
	return n
}

func (s *sorted) len() int { return len(s.keys) + len(s.freshKeys) }

// after goes through the entries with greater keys, in ascending order.
func (s *sorted) after(key int64) func(yield func(key int64, at int32) bool) {
	return func(yield func(int64, int32) bool) {
		i, _ := slices.BinarySearch(s.keys, key+1)
		j, _ := slices.BinarySearch(s.freshKeys, key+1)
		for i < len(s.keys) || j < len(s.freshKeys) {
			var k int64
			var at int32
			if j == len(s.freshKeys) || i < len(s.keys) && s.keys[i] < s.freshKeys[j] {
				k, at = s.keys[i], s.at[i]
				i++
			} else {
				k, at = s.freshKeys[j], s.freshAt[j]
				if i < len(s.keys) && s.keys[i] == k {
					i++
				}
				j++
			}
			if !yield(k, at) {
				return
			}
		}
	}
}
