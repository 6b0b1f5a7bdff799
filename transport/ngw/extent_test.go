package ngw_test

import (
	"fmt"
	"math"
	"net/http"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
)

// TestExtent tells where layers and features lie, in degrees.
func TestExtent(t *testing.T) {
	eachMeadow(t, func(m *meadow) {
		m.want(m.Ada, http.MethodPut, m.at("/feature/%ash?srs=4326"), `{"geom": "POINT (10 50)"}`, http.StatusOK)
		m.want(m.Ada, http.MethodPut, m.at("/feature/%beech?srs=4326"), `{"geom": "POINT (-20 -5)"}`, http.StatusOK)
		for path, want := range map[string][4]float64{
			"/feature_extent": {-20, -5, 10, 50}, "/feature_extent?fld_name=ash&limit=0": {10, 50, 10, 50},
		} {
			m.lies(read[map[string]float64](m.want(m.Viewer, http.MethodGet, m.at(path), "", http.StatusOK)), want)
		}
		for path, want := range map[string][4]float64{
			"/extent": {-20, -5, 10, 50}, "/feature/%ash/extent": {10, 50, 10, 50},
		} {
			m.lies(read[struct{ Extent map[string]float64 }](m.want(m.Viewer, http.MethodGet, m.at(path), "", http.StatusOK)).Extent, want)
		}
		m.want(m.Viewer, http.MethodGet, m.at("/feature/%bare/extent"), "", http.StatusOK).Same(`{"extent": null}`)
		nowhere := `{"minLon": null, "minLat": null, "maxLon": null, "maxLat": null}`
		m.want(m.Viewer, http.MethodGet, m.at("/feature_extent?fld_name__isnull=yes"), "", http.StatusOK).Same(nowhere)
		m.refused(m.Viewer, http.MethodGet, m.at("/feature/99999/extent"), "", http.StatusNotFound, "FeatureNotFound")
		for _, n := range []int64{int64(m.Survey.Num), 999999} {
			m.refused(m.Ada, http.MethodGet, fmt.Sprintf("/api/resource/%d/extent", n), "", http.StatusNotFound, "ResourceNotFound")
			m.refused(m.Ada, http.MethodGet, fmt.Sprintf("/api/resource/%d/feature_extent", n), "", http.StatusNotFound, "ResourceNotFound")
		}
		m.want(m.Ada, http.MethodDelete, m.at("/feature/"), "", http.StatusOK)
		m.want(m.Viewer, http.MethodGet, m.at("/extent"), "", http.StatusOK).Same(`{"extent": ` + nowhere + `}`)
	})
}

func (m *meadow) lies(got map[string]float64, want [4]float64) {
	m.Helper()
	for i, name := range []string{"minLon", "minLat", "maxLon", "maxLat"} {
		if math.Abs(got[name]-want[i]) > 1e-9 {
			m.Errorf("%v, want %v", got, want)
		}
	}
}

// TestIdentify asks several layers at once, and is told of each what there is or
// why there is nothing to tell.
func TestIdentify(t *testing.T) {
	eachMeadow(t, func(m *meadow) {
		ask := func(who ngwtest.Person, body string) ngwtest.Answer {
			m.Helper()
			return m.want(who, http.MethodPost, "/api/feature_layer/identify", body, http.StatusOK)
		}
		body := fmt.Sprintf(`{"srs": 3857, "geom": "POLYGON((-1 -1,1 -1,1 1,-1 1,-1 -1))", "layers": [%d, %d, %d, 999999, %d]}`,
			m.trees, m.away, m.Survey.Num, m.trees)
		ask(m.Viewer, body).Same(fmt.Sprintf(`{"%d": {"features": [{"id": %d, "layerId": %d, "label": "ash", "parent": "Survey",
			"fields": {"name": "ash", "height": 30, "big": 9007199254740993, "girth": 1.5, "planted": "1999-12-31", "hour": "06:30:00",
				"seen": "2024-02-29T23:59:58", "alive": true, "more": {"a": [1, null, "x"]}}}],
			"featureCount": 1}, "%d": {"error": "Forbidden"}, "%d": {"error": "Not implemented"}, "999999": {"error": "Not found"}, "featureCount": 1}`,
			m.trees, m.ids["ash"], m.trees, m.away, m.Survey.Num))
		ask(ngwtest.Person{}, body).Same(fmt.Sprintf(`{"%d": {"error": "Forbidden"}, "%d": {"error": "Forbidden"}, "%d": {"error": "Forbidden"},
			"999999": {"error": "Not found"}, "featureCount": 0}`, m.trees, m.away, m.Survey.Num))
		ask(m.Viewer, `{"srs": 4326, "geom": "POINT (90 0)", "layers": []}`).Same(`{"featureCount": 0}`)
		ask(m.Viewer, fmt.Sprintf(`{"srs": 4326, "geom": "POINT (90 0)", "layers": [%d]}`, m.trees)).Same(fmt.Sprintf(`{"%d": {"features": [], "featureCount": 0}, "featureCount": 0}`, m.trees))
		for _, wrong := range []string{
			`{"srs": 900913, "geom": "POINT (0 0)", "layers": [1]}`, `{"srs": 3857, "geom": "POINT (0", "layers": [1]}`, `{"srs": 3857, "layers": [1]}`,
			`{"geom": "POINT (0 0)", "layers": [1]}`, `{"srs": 3857, "geom": "POINT (0 0)", "layers": ["x"]}`, `{"srs": 3857, "geom": "POINT (0 0)", "layers": 1}`,
			`{"srs": 3857, "geom": "POLYGON((0 0,1 1,0 1,1 0,0 0))", "layers": [1]}`,
		} {
			m.refused(m.Viewer, http.MethodPost, "/api/feature_layer/identify", wrong, http.StatusUnprocessableEntity, "ValidationError")
		}
		m.refused(m.Viewer, http.MethodPost, "/api/feature_layer/identify", `{`, http.StatusBadRequest, "MalformedJSONBody")
	})
}
