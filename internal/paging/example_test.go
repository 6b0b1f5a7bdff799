package paging_test

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
)

type town struct {
	num  int64
	name string
}

func (t town) Mark(paging.Order) paging.Mark { return paging.Text(t.name, t.num) }

// A list is read two at a time, and a town that was seen goes meanwhile.
func Example() {
	towns := []town{{1, "Rennes"}, {2, "Arles"}, {3, "Brest"}, {4, "Arles"}}
	order := paging.Order{By: "name"}
	page := func(after *paging.Mark) []town {
		slices.SortFunc(towns, func(a, b town) int {
			return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.num, b.num))
		})
		var found []town
		for _, t := range towns {
			behind := after == nil || t.name > after.Value || t.name == after.Value && t.num > after.Num
			if behind && len(found) < 2 {
				found = append(found, t)
			}
		}
		return found
	}

	first := page(nil)
	fmt.Println(first)
	towns = slices.DeleteFunc(towns, func(t town) bool { return t.num == 4 })
	last := first[len(first)-1].Mark(order)
	fmt.Println(page(&last))
	// Output:
	// [{2 Arles} {4 Arles}]
	// [{3 Brest} {1 Rennes}]
}
