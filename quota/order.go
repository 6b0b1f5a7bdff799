package quota

import "github.com/bailiwick-sdk/bailiwick/internal/paging"

// An Order is the order of a list: By names one of the columns that a filter
// calls Sortable, and the zero value is the order of the list itself.
type Order = paging.Order

// A Mark is a place in a list, that of the row with that value and number: a
// list that continues after a mark begins with the first row behind it, whether
// or not the row that it was taken of is still there.
type Mark = paging.Mark

// Sortable returns what pools can be put in order by.
func (PoolFilter) Sortable() []string {
	return []string{"name", "kind", "type", "capacity", "used", "created"}
}

// Sortable returns what allocations can be put in order by. Pools are in order
// of their identifiers, which is that of their creation.
func (AllocationFilter) Sortable() []string {
	return []string{"holder", "pool", "used", "limit", "created"}
}

// Mark returns where a pool stands in a list of that order.
func (p Pool) Mark(order Order) Mark {
	switch order.By {
	case "name":
		return paging.Text(p.Name, p.Num)
	case "kind":
		return paging.Text(p.Kind, p.Num)
	case "type":
		return paging.Text(p.Type, p.Num)
	case "capacity":
		return paging.Number(p.Capacity, p.Num)
	case "used":
		return paging.Number(p.Use, p.Num)
	case "created":
		return paging.Time(p.Created, p.Num)
	default:
		return Mark{Num: p.Num}
	}
}

// Mark returns where an allocation stands in a list of that order.
func (a Allocation) Mark(order Order) Mark {
	switch order.By {
	case "holder":
		return paging.Text(a.Holder, a.Num)
	case "pool":
		return paging.Text(a.Pool, a.Num)
	case "used":
		return paging.Number(a.Use, a.Num)
	case "limit":
		return paging.Number(a.Limit, a.Num)
	case "created":
		return paging.Time(a.Created, a.Num)
	default:
		return Mark{Num: a.Num}
	}
}
