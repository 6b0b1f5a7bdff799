package paging_test

import (
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
)

func TestMarks(t *testing.T) {
	t.Parallel()
	type name string
	for _, c := range []struct{ got, want paging.Mark }{
		{paging.Text(name("Éva"), 7), paging.Mark{Value: "Éva", Num: 7}},
		{paging.Number(-3, 7), paging.Mark{Value: "-3", Num: 7}},
		{paging.Number(int64(1<<62), 7), paging.Mark{Value: "4611686018427387904", Num: 7}},
		{paging.Time(time.Time{}, 7), paging.Mark{Value: "0", Num: 7}},
		{paging.Time(time.Unix(1, 2000), 7), paging.Mark{Value: "1000002", Num: 7}},
		{paging.Flag(true, 7), paging.Mark{Value: "1", Num: 7}},
		{paging.Flag(false, 7), paging.Mark{Value: "0", Num: 7}},
	} {
		if c.got != c.want {
			t.Errorf("the mark is %+v, want %+v", c.got, c.want)
		}
	}
}
