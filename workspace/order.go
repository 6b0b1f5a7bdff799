package workspace

import (
	"slices"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
)

// An Order is the order of a list: By names one of the columns that a filter
// calls Sortable, and the zero value is the order of the list itself.
type Order = paging.Order

// A Mark is a place in a list, that of the row with that value and number: a
// list that continues after a mark begins with the first row behind it, whether
// or not the row that it was taken of is still there.
type Mark = paging.Mark

// A Period is the time from From on, before Before; a zero end is open.
type Period struct {
	From   time.Time
	Before time.Time
}

// What the filters can order by. A store returns an InvalidError of "sort" for
// anything else, and one of "after" for a mark of another order.

// Sortable returns what organizations can be put in order by.
func (OrganizationFilter) Sortable() []string { return []string{"name", "created"} }

// Sortable returns what workspaces can be put in order by. Those without
// organization come where an organization without name would.
func (Filter) Sortable() []string {
	return []string{"name", fieldTechnicalName, "organization", "created", "active"}
}

// Sortable returns what users can be put in order by. The name has the last
// name first.
func (UserFilter) Sortable() []string {
	return []string{"username", "email", "name", "created", "last_call", "last_login", "disabled"}
}

// Sortable returns what groups can be put in order by.
func (GroupFilter) Sortable() []string { return []string{"name", "created", "members"} }

// Sortable returns what members can be put in order by. The role is the first
// that was given; groups have neither username nor e-mail.
func (MemberFilter) Sortable() []string {
	return []string{"name", "username", "email", "role", "kind", "created", "updated"}
}

// Sortable returns what invitations can be put in order by. The inviter is his
// address, as it is written, and the state that of the moment At.
func (InvitationFilter) Sortable() []string {
	return []string{"email", "inviter", "created", "expires", "state"}
}

// Mark returns where an invitation stands in a list of that order.
func (i Invitation) Mark(order Order) Mark {
	switch num := i.Num; order.By {
	case "email":
		return paging.Text(i.Email, num)
	case "inviter":
		return paging.Text(i.Inviter.Email, num)
	case "created":
		return paging.Time(i.Created, num)
	case "expires":
		return paging.Time(i.Expires, num)
	case "state":
		return paging.Text(i.State, num)
	default:
		return Mark{Num: num}
	}
}

// Mark returns where an organization stands in a list of that order.
func (o Organization) Mark(order Order) Mark {
	switch num := int64(o.Num); order.By {
	case "name":
		return paging.Text(o.Name, num)
	case "created":
		return paging.Time(o.Created, num)
	default:
		return Mark{Num: num}
	}
}

// Mark returns where a workspace stands in a list of that order.
func (d Details) Mark(order Order) Mark {
	switch num := int64(d.Num); order.By {
	case "name":
		return paging.Text(d.Name, num)
	case fieldTechnicalName:
		return paging.Text(d.TechnicalName, num)
	case "organization":
		if d.PaidBy == nil {
			return paging.Text("", num)
		}
		return paging.Text(d.PaidBy.Name, num)
	case "created":
		return paging.Time(d.Created, num)
	case "active":
		return paging.Flag(d.Active, num)
	default:
		return Mark{Num: num}
	}
}

// Name returns what a list shows of a user: his last name, then his first.
func (u User) Name() string { return strings.TrimSpace(u.LastName + " " + u.FirstName) }

// Mark returns where a user stands in a list of that order.
func (u User) Mark(order Order) Mark {
	switch num := int64(u.Num); order.By {
	case "username":
		return paging.Text(u.Username, num)
	case "email":
		return paging.Text(u.Email, num)
	case "name":
		return paging.Text(u.Name(), num)
	case "created":
		return paging.Time(u.Created, num)
	case "last_call":
		return paging.Time(u.LastCall, num)
	case "last_login":
		return paging.Time(u.LastLogin, num)
	case "disabled":
		return paging.Flag(u.Disabled, num)
	default:
		return Mark{Num: num}
	}
}

// Mark returns where a group stands in a list of that order.
func (g Group) Mark(order Order) Mark {
	switch num := int64(g.Num); order.By {
	case "name":
		return paging.Text(g.Name, num)
	case "created":
		return paging.Time(g.Created, num)
	case "members":
		return paging.Number(g.Members, num)
	default:
		return Mark{Num: num}
	}
}

// Mark returns where a member stands in a list of that order.
func (m Member) Mark(order Order) Mark {
	switch num := int64(m.Principal); order.By {
	case "name":
		return paging.Text(m.Name, num)
	case "username":
		return paging.Text(m.Username, num)
	case "email":
		return paging.Text(m.Email, num)
	case "role":
		if len(m.Roles) == 0 {
			return paging.Text("", num)
		}
		return paging.Text(m.Roles[0], num)
	case "kind":
		return paging.Text(m.Kind(), num)
	case "updated":
		return paging.Time(m.Updated, num)
	default:
		return paging.Time(m.Created, num)
	}
}

// shownIn refuses an order by what the list does not show.
func shownIn(order Order, sortable []string, hidden ...string) error {
	if !slices.Contains(hidden, order.By) {
		return nil
	}
	shown := slices.DeleteFunc(sortable, func(by string) bool { return slices.Contains(hidden, by) })
	return &InvalidError{Field: "sort", Expected: "one of " + strings.Join(shown, ", ")}
}
