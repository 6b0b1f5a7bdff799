package database

import "github.com/bailiwick-sdk/bailiwick/internal/paging"

// An Order is the order of a list, as [workspace.Order] is.
type Order = paging.Order

// A Mark is a place in a list, as [workspace.Mark] is.
type Mark = paging.Mark

// Sortable returns what databases can be put in order by.
func (Filter) Sortable() []string { return []string{"name", "size", "created"} }

// Sortable returns what backups can be put in order by.
func (BackupFilter) Sortable() []string { return []string{"name", "size", "created"} }

// Mark returns where a database stands in a list of that order.
func (d Database) Mark(order Order) Mark {
	switch order.By {
	case "name":
		return paging.Text(d.Name, d.Num)
	case "size":
		return paging.Number(d.Size, d.Num)
	case "created":
		return paging.Time(d.Created, d.Num)
	default:
		return Mark{Num: d.Num}
	}
}

// Mark returns where a backup stands in a list of that order.
func (b Backup) Mark(order Order) Mark {
	switch order.By {
	case "name":
		return paging.Text(b.Name, b.Num)
	case "size":
		return paging.Number(b.Size, b.Num)
	case "created":
		return paging.Time(b.Created, b.Num)
	default:
		return Mark{Num: b.Num}
	}
}
