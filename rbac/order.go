package rbac

import "github.com/bailiwick-sdk/bailiwick/internal/paging"

// An Order is the order of a list: By names one of the columns that a filter
// calls Sortable, and the zero value is the order of the list itself.
type Order = paging.Order

// A Mark is a place in a list, that of the row with that value and number: a
// list that continues after a mark begins with the first row behind it, whether
// or not the row that it was taken of is still there.
type Mark = paging.Mark

// Sortable returns what rules can be put in order by. Those that never expire
// come first.
func (RuleFilter) Sortable() []string {
	return []string{"num", "node", "principal", "role", "effect", "expires", "created"}
}

// Mark returns where a rule stands in a list of that order.
func (r Rule) Mark(order Order) Mark {
	switch order.By {
	case "node":
		return paging.Number(r.Node, r.Num)
	case "principal":
		return paging.Number(r.Principal, r.Num)
	case "role":
		return paging.Text(r.Role, r.Num)
	case "effect":
		return paging.Text(r.Effect, r.Num)
	case "expires":
		return paging.Time(r.Expires, r.Num)
	case "created":
		return paging.Time(r.Created, r.Num)
	default:
		return Mark{Num: r.Num}
	}
}
