package resource

import "github.com/bailiwick-sdk/bailiwick/internal/paging"

// An Order is the order of a list: By names one of those that are Sortable, and
// the zero value is the order of numbers.
type Order = paging.Order

// A Mark is a place in a list: see [paging.Mark].
type Mark = paging.Mark

// Sortable returns what resources can be put in order by. "class" is the name
// of the class.
func (Filter) Sortable() []string { return []string{"name", "class", "created", "updated", "owner"} }

// Mark returns where a resource stands in a list of that order.
func (r Resource) Mark(order Order) Mark {
	switch num := int64(r.Num); order.By {
	case "name":
		return paging.Text(r.DisplayName, num)
	case "class":
		return paging.Text(r.Class, num)
	case "created":
		return paging.Time(r.Created, num)
	case "updated":
		return paging.Time(r.Updated, num)
	case "owner":
		return paging.Number(int64(r.Owner), num)
	default:
		return Mark{Num: num}
	}
}
