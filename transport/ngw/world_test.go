package ngw_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/transport/ngw"
)

type object = ngwtest.Object

// noon is when clocks stand still.
func noon() time.Time { return time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC) }

// each runs a test at noon on both databases.
func each(t *testing.T, test func(w *ngwtest.World)) {
	t.Helper()
	t.Parallel()
	ngwtest.EachWith(t, ngwtest.Options{Clock: noon()}, test)
}

// one runs a test at noon on the quicker database. What it calls is called on both
// by TestMatrix; it is about words, which no database makes a difference to.
func one(t *testing.T, test func(w *ngwtest.World)) {
	t.Helper()
	test(small(t, nil))
}

// small is a world at noon on the quicker database, for what no database makes a
// difference to.
func small(t *testing.T, opts *ngw.Options) *ngwtest.World {
	t.Helper()
	t.Parallel()
	return ngwtest.Small(t, ngwtest.Options{Clock: noon(), Lens: opts})
}

// plain is a value as it comes out of JSON.
func plain(w *ngwtest.World, value any) any {
	w.Helper()
	text, err := json.Marshal(value)
	w.OK(err)
	var read any
	w.OK(json.Unmarshal(text, &read))
	return read
}

func contains(text, part string) bool { return strings.Contains(text, part) }
