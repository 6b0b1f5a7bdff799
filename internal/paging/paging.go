// Package paging says in what order a list comes and where it is continued.
//
// An [Order] names a column. The rows of a list are put in order by it, and
// those that are equal in it by their number, so that no two stand at the same
// place. A [Mark] is such a place: the value and the number of a row. A list
// that continues after a mark begins with the first row behind it, whether the
// row it was taken of is still there or not: rows that come and go meanwhile
// make nobody see another row twice or not at all.
//
// The package knows no list. Which columns there are says each filter, what a
// row's mark is says each noun, and how marks travel is for who sends them.
// Start with [Order].
package paging

import (
	"strconv"
	"time"
)

// An Order is the order of a list. Its zero value is that of the list itself.
type Order struct {
	By         string
	Descending bool // turns round the order by number too
}

// A Mark is a place in a list that is in some order: the value of the column it
// is ordered by, as [Text], [Number], [Time] and [Flag] write it, and the row's
// number.
type Mark struct {
	Value string
	Num   int64
}

// Text returns the mark of a row whose column is a text, as it is shown.
func Text[T ~string](value T, num int64) Mark { return Mark{Value: string(value), Num: num} }

// Number returns the mark of a row whose column is a number.
func Number[T ~int | ~int64](value T, num int64) Mark {
	return Mark{Value: strconv.FormatInt(int64(value), 10), Num: num}
}

// Time returns the mark of a row whose column is a time. No time at all comes
// where 1970 begins.
func Time(value time.Time, num int64) Mark {
	if value.IsZero() {
		return Number(0, num)
	}
	return Number(value.UnixMicro(), num)
}

// Flag returns the mark of a row whose column is true or false, which comes
// first.
func Flag(value bool, num int64) Mark {
	if value {
		return Number(1, num)
	}
	return Number(0, num)
}
