package ngw_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// people are five, with a field of each type that expressions compare.
const people = `[
	{"fields": {"name": "Alice", "age": 25, "score": 8.5, "city": "NYC", "born": "1998-05-15", "made": "2023-01-10T08:30:00", "starts": "09:00:00", "flag": true}},
	{"fields": {"name": "Bob", "age": 30, "score": 7.0, "city": "LA", "born": "1993-08-22", "made": "2023-02-15T14:45:30", "starts": "10:30:00", "flag": false}},
	{"fields": {"name": "Charlie", "age": 35, "score": 9.0, "city": "NYC", "born": "1988-12-01", "made": "2023-03-20T16:20:15", "starts": "08:00:00", "flag": true}},
	{"fields": {"name": "Diana", "age": 28, "score": 6.5, "city": "SF", "born": "1995-03-10", "made": "2023-01-25T11:15:00", "starts": "09:30:00", "flag": false}},
	{"fields": {"name": "Eve", "age": 32, "score": 8.0, "city": null, "born": "1991-07-18", "made": "2023-04-05T10:00:00", "starts": "08:30:00", "flag": null}}]`

// newCrowd makes a layer of them.
func newCrowd(w *ngwtest.World) *meadow {
	w.Helper()
	m := &meadow{World: w, ids: map[string]int64{}}
	m.trees = w.Layer("People", "NONE", 3857,
		ngwtest.Column{Keyname: "name", Type: feature.String}, ngwtest.Column{Keyname: "age", Type: feature.Integer},
		ngwtest.Column{Keyname: "score", Type: feature.Real}, ngwtest.Column{Keyname: "city", Type: feature.String},
		ngwtest.Column{Keyname: "born", Type: feature.Date}, ngwtest.Column{Keyname: "made", Type: feature.DateTime},
		ngwtest.Column{Keyname: "starts", Type: feature.Time}, ngwtest.Column{Keyname: "flag", Type: feature.Boolean})
	made := read[[]struct{ ID int64 }](m.want(m.Ada, http.MethodPatch, m.at("/feature/"), people, http.StatusOK))
	for i, name := range []string{"Alice", "Bob", "Charlie", "Diana", "Eve"} {
		m.ids[name] = made[i].ID
	}
	return m
}

// TestExpression chooses features by expressions as today's NextGIS Web has them.
func TestExpression(t *testing.T) {
	t.Parallel()
	ngwtest.Each(t, func(w *ngwtest.World) {
		m := newCrowd(w)
		for text, want := range map[string]string{
			`[]`: "Alice Bob Charlie Diana Eve", `{}`: "Alice Bob Charlie Diana Eve", `["all"]`: "Alice Bob Charlie Diana Eve", `["any"]`: "Alice Bob Charlie Diana Eve",
			`["==", ["get", "name"], "Alice"]`: "Alice", `[">", ["get", "age"], 30]`: "Charlie Eve", `[">=", ["get", "score"], 8.0]`: "Alice Charlie Eve",
			`["!=", ["get", "city"], "NYC"]`: "Bob Diana", `["<", ["get", "born"], "1995-01-01"]`: "Bob Charlie Eve", `["<=", ["get", "age"], 30]`: "Alice Bob Diana",
			`["==", ["get", "starts"], "09:00:00"]`: "Alice", `["<", ["get", "starts"], "09:00:00"]`: "Charlie Eve",
			`["==", ["get", "city"], null]`: "Eve", `["!=", ["get", "city"], null]`: "Alice Bob Charlie Diana", `["==", null, ["get", "city"]]`: "Eve",
			`["is_null", ["get", "city"]]`: "Eve", `["!is_null", ["get", "city"]]`: "Alice Bob Charlie Diana", `["is_null", ["get", "flag"]]`: "Eve",
			`["has", ["get", "city"]]`: "Alice Bob Charlie Diana", `["!has", ["get", "city"]]`: "Eve", `["is_null", ["fid"]]`: "",
			`["==", ["fid"], %Alice]`: "Alice", `["in", ["fid"], %Alice, %Bob]`: "Alice Bob", `["==", ["get", "id"], %Bob]`: "Bob",
			`[">", ["get", "name"], "Charlie"]`: "Diana Eve", `[">=", ["get", "name"], "Charlie"]`: "Charlie Diana Eve", `["<", ["get", "name"], "Charlie"]`: "Alice Bob",
			`[">", 30, ["get", "age"]]`: "Alice Diana", `["<=", 30, ["get", "age"]]`: "Bob Charlie Eve", `["==", "Bob", ["get", "name"]]`: "Bob", `["!=", 30, ["get", "age"]]`: "Alice Charlie Diana Eve",
			`["in", ["get", "name"], "Alice", "Bob", "Charlie"]`: "Alice Bob Charlie", `["in", ["get", "name"], "Alice"]`: "Alice", `["in", ["get", "name"], ["Alice", "Bob"]]`: "Alice Bob",
			`["!in", ["get", "city"], "NYC", "LA"]`: "Diana", `["!in", ["get", "city"], "NYC"]`: "Bob Diana", `["in", ["get", "age"], 25, 35]`: "Alice Charlie",
			`["ilike", ["get", "name"], "%E"]`: "Alice Charlie Eve", `["like", ["get", "name"], "%E"]`: "", `["ilike", ["get", "city"], "nyc"]`: "Alice Charlie",
			`["==", ["get", "flag"], true]`: "Alice Charlie", `["==", ["get", "flag"], false]`: "Bob Diana", `["==", ["get", "name"], 5]`: "", `[">", ["get", "age"], 29.5]`: "Bob Charlie Eve",
			`["any", ["==", ["get", "name"], "Alice"], ["==", ["get", "name"], "Bob"]]`:                                "Alice Bob",
			`["all", ["==", ["get", "city"], "NYC"], ["any", ["<", ["get", "age"], 27], [">", ["get", "age"], 33]]]`:   "Alice Charlie",
			`["all", [">=", ["get", "made"], "2023-01-01T00:00:00"], ["<", ["get", "made"], "2023-02-01T00:00:00"]]`:   "Alice Diana",
			`["all", ["all", ["==", ["get", "city"], "NYC"], ["==", ["get", "age"], 25]], ["==", ["get", "age"], 35]]`: "",
			`["==", ["get", "born"], {"year": 1998, "month": 5, "day": 15}]`:                                           "Alice",
		} {
			text = m.at(text)[len(m.at("")):]
			if got := m.chosen(m.Viewer, "filter="+url.QueryEscape(text)); got != want {
				m.Errorf("%s: %q, want %q", text, got, want)
			}
			count := fmt.Sprintf(`{"total_count": 5, "filtered_count": %d}`, len(strings.Fields(want)))
			switch {
			case text == `[]` || text == `{}`:
				count = `{"total_count": 5}`
			case !strings.HasPrefix(text, `["a`):
				continue // it is read as it is for the list
			}
			m.want(m.Viewer, http.MethodGet, m.at("/feature_count?filter="+url.QueryEscape(text)), "", http.StatusOK).Same(count)
		}
		if got := m.chosen(m.Viewer, "fld_city=NYC&order_by=-age&limit=1&offset=1&filter="+url.QueryEscape(`[">", ["get", "age"], 20]`)); got != "Alice" {
			m.Errorf("with all the rest: %q", got)
		}
	})
}

// TestExpressionRefusals tells an expression that is none from one of nothing.
func TestExpressionRefusals(t *testing.T) {
	w := small(t, nil)
	m := newCrowd(w)
	deep := strings.Repeat(`["all",`, 40) + `["is_null",["get","name"]]` + strings.Repeat(`]`, 40)
	wide := `["any"` + strings.Repeat(`,["is_null",["get","name"]]`, 2000) + `]`
	for _, text := range []string{
		`not JSON {`, `5`, `"x"`, `null`, `{"a": 1}`, `[123, ["get", "name"], "Alice"]`, `["unsupported", ["get", "name"], "Alice"]`,
		`["==", ["get", "nothing"], "value"]`, `["==", ["get"], "value"]`, `["==", ["fetch", "name"], "value"]`, `["==", ["get", ["get", "name"]], "value"]`,
		`["==", ["get", "name"]]`, `["==", ["get", "name"], 1, 2]`, `["=="]`, `["is_null", ["get", "name"], "extra"]`, `["is_null"]`, `["in", ["get", "name"]]`,
		`["in", ["get", "name"], []]`, `["!in", ["get", "name"]]`, `["in", ["get", "name"], ["get", "city"]]`, `["in", "Alice", ["get", "name"]]`, `["in", ["get", "age"], 1, null]`,
		`["==", ["get", "age"], true]`, `[">", ["get", "score"], true]`, `["==", ["get", "name"], {"x": 1}]`, `["==", ["get", "born"], 123]`,
		`["==", ["get", "starts"], 123]`, `["==", ["get", "made"], 123]`, `["get", ["get", "name"]]`, `["all", []]`, `["all", 5]`, `["<", ["get", "age"], null]`,
		`["==", ["get", "name"], ["get", "city"]]`, `["==", 1, 1]`, `["ilike", ["get", "age"], "x"]`, `["==", ["get", "name"], ["x"]]`, deep, wide,
	} {
		if text == wide || slices.Contains([]string{`["ilike", ["get", "age"], "x"]`}, text) {
			m.refused(m.Viewer, http.MethodGet, m.at("/feature_count?filter="+url.QueryEscape(text)), "", http.StatusUnprocessableEntity, "ValidationError")
			continue
		}
		f := m.refused(m.Viewer, http.MethodGet, m.at("/feature/?filter="+url.QueryEscape(text)), "", http.StatusUnprocessableEntity, "ValidationError", "Invalid filter expression", "'filter'")
		if fmt.Sprint(f.Data["location"]) != "[query filter]" {
			m.Errorf("%s: %v", text, f.Data)
		}
	}
}
