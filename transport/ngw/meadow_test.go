package ngw_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// A meadow is a world with a layer of points that has a field of each type, and
// one in another workspace.
type meadow struct {
	*ngwtest.World

	trees rbac.Node
	// away is a layer that only the neighbour sees, with a feature of the number
	// awayID.
	away   rbac.Node
	awayID int64
	// ids are the numbers of the trees by name.
	ids map[string]int64
}

// planted are the trees of a meadow: one has all, one the least of everything,
// one nothing.
const planted = `[
	{"geom": "POINT (0 0)", "fields": {"name": "ash", "height": 30, "big": "9007199254740993", "girth": 1.5, "planted": "1999-12-31",
		"hour": "06:30:00", "seen": "2024-02-29T23:59:58", "alive": true, "more": {"a": [1, null, "x"]}}},
	{"geom": "POINT (10 10)", "fields": {"name": "Beech 100%", "height": -2147483648, "big": -5, "girth": -0.25, "planted": {"year": 1, "month": 1, "day": 1},
		"hour": {"hour": 0, "minute": 0, "second": 0}, "seen": {"year": 1969, "month": 7, "day": 20, "hour": 20, "minute": 17, "second": 40},
		"alive": false, "more": null}},
	{"geom": null, "fields": {}}]`

func newMeadow(w *ngwtest.World) *meadow {
	w.Helper()
	m := &meadow{World: w, ids: map[string]int64{}}
	m.trees = w.Layer("Trees", "POINT", 3857,
		ngwtest.Column{Keyname: "name", Type: feature.String, Label: true},
		ngwtest.Column{Keyname: "height", Type: feature.Integer}, ngwtest.Column{Keyname: "big", Type: feature.BigInt},
		ngwtest.Column{Keyname: "girth", Type: feature.Real}, ngwtest.Column{Keyname: "planted", Type: feature.Date},
		ngwtest.Column{Keyname: "hour", Type: feature.Time}, ngwtest.Column{Keyname: "seen", Type: feature.DateTime},
		ngwtest.Column{Keyname: "alive", Type: feature.Boolean}, ngwtest.Column{Keyname: "more", Type: feature.JSON})
	made := read[[]struct{ ID int64 }](m.want(m.Ada, http.MethodPatch, m.at("/feature/"), planted, http.StatusOK))
	for i, name := range []string{"ash", "beech", "bare"} {
		m.ids[name] = made[i].ID
	}
	r, err := w.Services.Resources.Create(w.Context(), w.Neighbour.Actor(), resource.Draft{
		Class: "vector_layer", Parent: w.Elsewhere.Num, DisplayName: "Secrets",
		Settings: resource.Settings{"vector_layer": {
			"srs": map[string]any{"id": int64(3857)}, "geometry_type": "POINT",
			"fields": []any{map[string]any{"keyname": "name", "display_name": "Name", "datatype": "STRING"}},
		}},
	})
	w.OK(err)
	m.away = r.Num
	m.awayID = read[struct{ ID int64 }](m.want(m.Neighbour, http.MethodPost, fmt.Sprintf("/api/resource/%d/feature/", m.away),
		`{"geom": "POINT (0 0)", "fields": {"name": "secret"}}`, http.StatusOK)).ID
	return m
}

// eachMeadow runs a test in a meadow on each kind of database.
func eachMeadow(t *testing.T, test func(m *meadow)) {
	t.Helper()
	t.Parallel()
	ngwtest.Each(t, func(w *ngwtest.World) {
		w.Helper()
		test(newMeadow(w))
	})
}

// smallMeadow runs a test in a meadow on the quicker database, for what no
// database makes a difference to.
func smallMeadow(t *testing.T, test func(m *meadow)) {
	t.Helper()
	test(newMeadow(small(t, nil)))
}

// at is a path of the layer; %ash in it is the number of a tree.
func (m *meadow) at(path string) string {
	for name, id := range m.ids {
		path = strings.ReplaceAll(path, "%"+name, fmt.Sprint(id))
	}
	return fmt.Sprintf("/api/resource/%d%s", m.trees, path)
}

// want calls the lens as somebody and wants a status, and of an error all that
// clients look for (spec/ngw.md §0, rows 3 to 5).
func (m *meadow) want(who ngwtest.Person, method, path, body string, status int, header ...string) ngwtest.Answer {
	m.Helper()
	var text any
	if body != "" {
		text = body
	}
	a := m.Serve(m.Request(who, method, path, text, header...))
	if a.Status != status && body != "" {
		m.Logf("body: %s", body)
	}
	a.Wants(status)
	if status >= http.StatusBadRequest && method != http.MethodHead {
		a.Failure()
	}
	return a
}

// refused wants an error of a status and an exception, and words in the message
// where they are given.
func (m *meadow) refused(who ngwtest.Person, method, path, body string, status int, exception string, words ...string) ngwtest.Failure {
	m.Helper()
	f := m.want(who, method, path, body, status).Refused(status, "."+exception)
	for _, word := range words {
		if !strings.Contains(f.Message, word) {
			m.Errorf("%s %s %s: %q does not tell %q", method, path, body, f.Message, word)
		}
	}
	return f
}

// read is the JSON of an answer.
func read[T any](a ngwtest.Answer) T {
	var v T
	a.Into(&v)
	return v
}

// everything is what the layer holds, to see whether something has changed.
func (m *meadow) everything() string {
	m.Helper()
	return m.want(m.Ada, http.MethodGet, m.at("/feature/"), "", http.StatusOK).Text
}
