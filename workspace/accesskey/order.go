package accesskey

import (
	"math"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
)

// An Order is the order of a list, as
// [github.com/bailiwick-sdk/bailiwick/workspace.Order] is.
type Order = paging.Order

// A Mark is a place in a list, as
// [github.com/bailiwick-sdk/bailiwick/workspace.Mark] is.
type Mark = paging.Mark

// Sortable returns what keys can be put in order by. Keys that never expire come
// after all others, and keys that were never used before.
func (Filter) Sortable() []string {
	return []string{"title", "creator", "created", "expires", "last_used"}
}

// Mark returns where a key stands in a list of that order.
func (k Key) Mark(order Order) Mark {
	switch num := int64(k.Num); order.By {
	case "title":
		return paging.Text(k.Title, num)
	case "creator":
		return paging.Text(k.Creator.Name, num)
	case "created":
		return paging.Time(k.Created, num)
	case "expires":
		if k.Expires.IsZero() {
			return paging.Number(int64(math.MaxInt64), num)
		}
		return paging.Time(k.Expires, num)
	case "last_used":
		return paging.Time(k.LastUsed, num)
	default:
		return Mark{Num: num}
	}
}
