package ngw_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestFeature makes, changes and deletes features one by one.
func TestFeature(t *testing.T) {
	eachMeadow(t, func(m *meadow) {
		m.want(m.Viewer, http.MethodGet, m.at("/feature/%ash"), "", http.StatusOK).Same(fmt.Sprintf(`{"id": %d, "geom": "POINT (0 0)",
			"fields": {"name": "ash", "height": 30, "big": "9007199254740993", "girth": 1.5, "planted": {"year": 1999, "month": 12, "day": 31},
				"hour": {"hour": 6, "minute": 30, "second": 0},
				"seen": {"year": 2024, "month": 2, "day": 29, "hour": 23, "minute": 59, "second": 58}, "alive": true, "more": {"a": [1, null, "x"]}},
			"extensions": {"attachment": null, "description": null}}`, m.ids["ash"]))
		m.want(m.Viewer, http.MethodGet, m.at("/feature/%bare?extensions="), "", http.StatusOK).Same(fmt.Sprintf(`{"id": %d, "geom": null,
			"fields": {"name": null, "height": null, "big": null, "girth": null, "planted": null, "hour": null, "seen": null, "alive": null, "more": null}}`, m.ids["bare"]))

		// What GDAL adds of its own is left alone (spec/ngw.md §0, row 8).
		made := read[struct{ ID int64 }](m.want(m.Ada, http.MethodPost, m.at("/feature/"), `{"geom": "POINT (3 4)", "vid": 5,
			"fields": {"name": "<b>elm</b>", "planted": {"year": 2000, "month": 1, "day": 2, "hour": 0, "minute": 0, "second": 0}},
			"extensions": {"type": "Feature", "properties": {}, "geometry": null, "description": "<p onclick='x()'>Old</p>"}}`, http.StatusOK))
		path := m.at(fmt.Sprintf("/feature/%d", made.ID))
		got := m.want(m.Viewer, http.MethodGet, path+"?fields=name,planted", "", http.StatusOK)
		got.Same(fmt.Sprintf(`{"id": %d, "geom": "POINT (3 4)", "fields": {"name": "<b>elm</b>", "planted": {"year": 2000, "month": 1, "day": 2}},
			"extensions": {"attachment": null, "description": "<p>Old</p>"}}`, made.ID))
		if head := m.Ask(m.Viewer, http.MethodHead, path, "").Wants(http.StatusOK); head.Text != "" || head.Header.Get("Content-Type") != "application/json" {
			m.Errorf("HEAD: %v %q", head.Header, head.Text)
		}

		// A change leaves alone what it does not name.
		m.want(m.Ada, http.MethodPut, path, `{"fields": {"height": 7}}`, http.StatusOK).Same(fmt.Sprintf(`{"id": %d}`, made.ID))
		m.want(m.Ada, http.MethodPut, path, `{"geom": null, "extensions": {"description": null, "attachment": null}}`, http.StatusOK)
		if got := m.want(m.Viewer, http.MethodGet, path, "", http.StatusOK).At("geom"); got != "POINT (3 4)" {
			m.Errorf("what was said of nothing is %v", got)
		}
		m.want(m.Ada, http.MethodPut, path+"?geom_null=true", `{"geom": null}`, http.StatusOK)
		m.want(m.Ada, http.MethodPut, path, `{}`, http.StatusOK)
		m.want(m.Viewer, http.MethodGet, path+"?fields=name,height", "", http.StatusOK).Same(fmt.Sprintf(`{"id": %d, "geom": null,
			"fields": {"name": "<b>elm</b>", "height": 7}, "extensions": {"attachment": null, "description": null}}`, made.ID))

		m.want(m.Ada, http.MethodDelete, path, "", http.StatusOK).Same(fmt.Sprintf(`{"id": %d}`, made.ID))
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			m.refused(m.Ada, method, path, "{}", http.StatusNotFound, "FeatureNotFound")
			m.refused(m.Ada, method, m.at("/feature/0"), "{}", http.StatusNotFound, "FeatureNotFound")
			m.refused(m.Ada, method, fmt.Sprintf("/api/resource/%d/feature/1", m.Survey.Num), "{}", http.StatusNotFound, "ResourceNotFound")
			m.refused(m.Ada, method, "/api/resource/999999/feature/1", "{}", http.StatusNotFound, "ResourceNotFound", "999999")
		}
	})
}

// TestFeatureBatch makes, changes and deletes many at once, all or none.
func TestFeatureBatch(t *testing.T) {
	eachMeadow(t, func(m *meadow) {
		ash, beech, bare := m.ids["ash"], m.ids["beech"], m.ids["bare"]
		answer := m.want(m.Ada, http.MethodPatch, m.at("/feature/"), fmt.Sprintf(`[{"fields": {"name": "new"}}, {"id": %d, "fields": {"name": "old"}},
			{"id": %d, "delete": true}, {"fields": {"name": "newer"}}]`, ash, beech), http.StatusOK)
		made := read[[]struct{ ID int64 }](answer)
		answer.Same(fmt.Sprintf(`[{"id": %d}, {"id": %d}, {"id": %d}, {"id": %d}]`, made[0].ID, ash, beech, made[3].ID))
		m.want(m.Ada, http.MethodGet, m.at("/feature/?fields=name&geom=no&extensions="), "", http.StatusOK).Same(fmt.Sprintf(`[
			{"id": %d, "fields": {"name": "old"}}, {"id": %d, "fields": {"name": null}},
			{"id": %d, "fields": {"name": "new"}}, {"id": %d, "fields": {"name": "newer"}}]`,
			ash, bare, made[0].ID, made[3].ID))
		m.want(m.Ada, http.MethodPatch, m.at("/feature/"), `[]`, http.StatusOK).Same(`[]`)

		// A geometry goes where that is meant, and not where it was not read.
		m.want(m.Ada, http.MethodPatch, m.at("/feature/"), fmt.Sprintf(`[{"id": %d, "geom": null}]`, ash), http.StatusOK)
		geometry := func() any { return m.want(m.Ada, http.MethodGet, m.at("/feature/%ash"), "", http.StatusOK).At("geom") }
		if got := geometry(); got != "POINT (0 0)" {
			m.Errorf("what was said of nothing is %v", got)
		}
		m.want(m.Ada, http.MethodPatch, m.at("/feature/?geom_null=true"), fmt.Sprintf(`[{"id": %d, "geom": null}]`, ash), http.StatusOK)
		if got := geometry(); got != nil {
			m.Errorf("what was taken away is %v", got)
		}

		// The last of each is wrong, and nothing of the others stays.
		before := m.everything()
		for body, field := range map[string]string{
			`[{"fields": {"name": "x"}}, {"fields": {"height": "tall"}}]`:                "1.fields.height",
			`[{"fields": {"name": "x"}}, {"fields": {"nothing": 1}}]`:                    "1.fields.nothing",
			`[{"fields": {"name": "x"}}, {"geom": "POINT (1"}]`:                          "1.geom",
			`[{"fields": {"name": "x"}}, {"geom": "LINESTRING (1 1, 2 2)"}]`:             "1.geom",
			`[{"fields": {"name": "x"}}, {"geom": {"type": "Point"}}]`:                   "1.geom",
			`[{"fields": {"name": "x"}}, {"id": 0}]`:                                     "1.id",
			`[{"fields": {"name": "x"}}, {"id": -1, "delete": true}]`:                    "1.id",
			`[{"fields": {"name": "x"}}, {"delete": true}]`:                              "1.id",
			`[{"fields": {"name": "x"}}, {"extensions": {"description": 5}}]`:            "1.extensions.description",
			`[{"fields": {"name": "x"}}, {"fields": {"planted": "1999-02-29"}}]`:         "1.fields.planted",
			`[{"fields": {"name": "x"}}, {"fields": {"hour": "25:00:00"}}]`:              "1.fields.hour",
			`[{"fields": {"name": "x"}}, {"fields": {"seen": "yesterday"}}]`:             "1.fields.seen",
			`[{"fields": {"name": "x"}}, {"fields": {"planted": {"year": 1}}}]`:          "1.fields.planted",
			`[{"fields": {"name": "x"}}, {"fields": {"alive": "perhaps"}}]`:              "1.fields.alive",
			`[{"fields": {"name": "x"}}, {"fields": {"height": 2147483648}}]`:            "1.fields.height",
			`[{"fields": {"name": "x"}}, {"fields": {"height": 1.5}}]`:                   "1.fields.height",
			`[{"fields": {"name": "x"}}, {"fields": {"big": "9223372036854775808"}}]`:    "1.fields.big",
			`[{"fields": {"name": "x"}}, {"fields": {"girth": "NaN"}}]`:                  "1.fields.girth",
			`[{"fields": {"name": "x"}}, {"fields": {"name": 5}}]`:                       "1.fields.name",
			fmt.Sprintf(`[{"fields": {"name": "x"}}, {"id": %d, "geom": "POINT"}]`, ash): "1.geom",
		} {
			f := m.refused(m.Ada, http.MethodPatch, m.at("/feature/"), body, http.StatusUnprocessableEntity, "ValidationError")
			if f.Data["field"] != field || !strings.Contains(f.Message, "'"+field+"'") {
				m.Errorf("%s: %v %s", body, f.Data, f.Message)
			}
		}
		m.refused(m.Ada, http.MethodPatch, m.at("/feature/"), fmt.Sprintf(`[{"fields": {"name": "x"}}, {"id": %d, "fields": {"name": "x"}}]`, beech),
			http.StatusNotFound, "FeatureNotFound")
		m.refused(m.Ada, http.MethodPatch, m.at("/feature/"), `[{"fields": {"name": "x"}}, {"id": 99999, "delete": true}]`, http.StatusNotFound, "FeatureNotFound")
		m.refused(m.Ada, http.MethodPatch, m.at("/feature/"), `[{"fields": {"name": "x"}}`, http.StatusBadRequest, "MalformedJSONBody")
		m.refused(m.Ada, http.MethodPatch, m.at("/feature/"), `[{"fields": {"name": "a\u0000b"}}]`, http.StatusBadRequest, "MalformedJSONBody", "0.fields.name")
		m.refused(m.Ada, http.MethodPatch, m.at("/feature/"), ``, http.StatusBadRequest, "MalformedJSONBody")
		m.refused(m.Ada, http.MethodPatch, m.at("/feature/"), `{"fields": {"name": "x"}}`, http.StatusUnprocessableEntity, "ValidationError")
		m.refused(m.Ada, http.MethodPatch, m.at("/feature/?geom_null=perhaps"), `[{"fields": {"name": "x"}}]`, http.StatusUnprocessableEntity, "ValidationError", "geom_null")
		m.refused(m.Ada, http.MethodPatch, m.at("/feature/?srs=900913"), `[{"fields": {"name": "x"}}]`, http.StatusUnprocessableEntity, "ValidationError", "srs")
		m.refused(m.Ada, http.MethodDelete, m.at("/feature/"), fmt.Sprintf(`[{"id": %d}, {"id": %d}]`, ash, beech), http.StatusNotFound, "FeatureNotFound")
		m.refused(m.Ada, http.MethodDelete, m.at("/feature/"), `[{}]`, http.StatusUnprocessableEntity, "ValidationError")
		m.refused(m.Ada, http.MethodDelete, m.at("/feature/"), `{"id": 1}`, http.StatusUnprocessableEntity, "ValidationError")
		m.refused(m.Ada, http.MethodDelete, m.at("/feature/"), `null`, http.StatusUnprocessableEntity, "ValidationError")
		if after := m.everything(); after != before {
			m.Errorf("something has changed: %s\nbefore %s", after, before)
		}

		m.want(m.Ada, http.MethodDelete, m.at("/feature/"), `[]`, http.StatusOK).Same(`[]`)
		m.want(m.Ada, http.MethodDelete, m.at("/feature/"), fmt.Sprintf(`[{"id": %d}, {"id": %d}]`, made[3].ID, ash), http.StatusOK).Same(fmt.Sprintf(`[%d, %d]`, made[3].ID, ash))
		m.want(m.Ada, http.MethodGet, m.at("/feature_count"), "", http.StatusOK).Same(`{"total_count": 2}`)
		m.want(m.Ada, http.MethodDelete, m.at("/feature/"), "", http.StatusOK).Same(`true`)
		m.want(m.Ada, http.MethodGet, m.at("/feature/"), "", http.StatusOK).Same(`[]`)
	})
}

// TestFeatureFormats writes and reads features in all formats there are.
func TestFeatureFormats(t *testing.T) {
	smallMeadow(t, func(m *meadow) {
		one := func(query string) string {
			m.Helper()
			return m.want(m.Viewer, http.MethodGet, m.at("/feature/%ash?extensions=&"+query), "", http.StatusOK).Text
		}
		for query, part := range map[string]string{
			"geom_format=geojson":             `"geom":{"type":"Point","coordinates":[0,0]}`,
			"geom_format=GeoJSON":             `"geom":{"type":"Point","coordinates":[0,0]}`,
			"geom_format=wkt":                 `"geom":"POINT (0 0)"`,
			"dt_format=iso":                   `"planted":"1999-12-31","hour":"06:30:00","seen":"2024-02-29T23:59:58"`,
			"dt_format=obj":                   `"planted":{"year":1999,"month":12,"day":31},"hour":{"hour":6,"minute":30,"second":0}`,
			"bigint_format=number":            `"big":9007199254740993`,
			"bigint_format=string":            `"big":"9007199254740993"`,
			"fields=height,name":              `"fields":{"name":"ash","height":30}`,
			"fields=":                         `"fields":{}`,
			"label=true&fields=height":        `"label":"ash","geom":"POINT (0 0)","fields":{"height":30}`,
			"geom=no&fields=name":             fmt.Sprintf(`{"id":%d,"fields":{"name":"ash"}}`, m.ids["ash"]),
			"geom=false&geom=true&fields=":    `"geom":"POINT (0 0)"`,
			"extensions=description&fields=":  `"extensions":{"description":null}`, // of two the last wins
			"extensions=other&fields=":        `"fields":{},"extensions":{}}`,
			"whatever=5&client=x&fields=name": `"fields":{"name":"ash"}`,
		} {
			if got := one(query); !strings.Contains(got, part) {
				m.Errorf("%s: %s, want %s", query, got, part)
			}
		}
		if got := m.want(m.Viewer, http.MethodGet, m.at("/feature/%bare?label=yes&fields="), "", http.StatusOK).Text; !strings.Contains(got, fmt.Sprintf(`"label":"#%d"`, m.ids["bare"])) {
			m.Errorf("a label of nothing: %s", got)
		}
		for _, path := range []string{"/feature/", "/feature/%ash"} {
			for _, query := range []string{
				"geom_format=gml", "dt_format=unix", "bigint_format=hex", "fields=nothing", "label=perhaps", "geom=perhaps", "srs=900913", "srs=x",
			} {
				name, _, _ := strings.Cut(query, "=")
				f := m.refused(m.Viewer, http.MethodGet, m.at(path+"?"+query), "", http.StatusUnprocessableEntity, "ValidationError", name)
				if fmt.Sprint(f.Data["location"]) != "[query "+name+"]" {
					m.Errorf("%s: %v", query, f.Data)
				}
			}
		}

		// One place, in both systems, in and out.
		here := m.at("/feature/%bare")
		m.want(m.Ada, http.MethodPut, here+"?srs=4326", `{"geom": "POINT (10 50)"}`, http.StatusOK)
		for query, want := range map[string][2]float64{"": {1113194.9079327357, 6446275.841017158}, "srs=3857&": {1113194.9079327357, 6446275.841017158}, "srs=4326&": {10, 50}} {
			got := read[struct {
				Geom struct{ Coordinates []float64 }
			}](m.want(m.Viewer, http.MethodGet, here+"?"+query+"geom_format=geojson", "", http.StatusOK))
			for i, x := range got.Geom.Coordinates {
				if d := x - want[i]; d > 1e-6 || d < -1e-6 {
					m.Errorf("%q: %v, want %v", query, got, want)
				}
			}
		}
		// Whatever a client says of the format, both are read.
		for _, geometry := range []string{`"POINT(1 2)"`, `"point (1 2)"`, `{"type": "Point", "coordinates": [1, 2]}`, `" POINT (1.0 2e0) "`} {
			for _, format := range []string{"", "?geom_format=geojson", "?geom_format=wkt"} {
				m.want(m.Ada, http.MethodPut, here+"?geom_null=yes", `{"geom": null}`, http.StatusOK)
				m.want(m.Ada, http.MethodPut, here+format, `{"geom": `+geometry+`}`, http.StatusOK)
				if got := m.want(m.Ada, http.MethodGet, here, "", http.StatusOK).Text; !strings.Contains(got, `"geom":"POINT (1 2)"`) {
					m.Errorf("%s%s: %s", geometry, format, got)
				}
			}
		}
		for body, want := range map[string]string{
			`{"fields": {"seen": "2024-05-06 07:08:09"}}`:        `"seen":"2024-05-06T07:08:09"`,
			`{"fields": {"seen": "2024/05/06 07:08:09+00"}}`:     `"seen":"2024-05-06T07:08:09"`,
			`{"fields": {"seen": "2024-05-06T07:08:09.123456"}}`: `"seen":"2024-05-06T07:08:09.123456"`,
			`{"fields": {"hour": "7:08"}}`:                       `"hour":"07:08:00"`,
			`{"fields": {"alive": 1}}`:                           `"alive":true`,
			`{"fields": {"alive": "false"}}`:                     `"alive":false`,
			`{"fields": {"height": "12"}}`:                       `"height":12`,
			`{"fields": {"height": 12.0}}`:                       `"height":12`,
			`{"fields": {"girth": "2.5e3"}}`:                     `"girth":2500`,
			`{"fields": {"big": -9223372036854775808}}`:          `"big":"-9223372036854775808"`,
			`{"fields": {"more": "text"}}`:                       `"more":"text"`,
			`{"fields": {"name": ""}}`:                           `"name":""`,
		} {
			m.want(m.Ada, http.MethodPut, here+"?dt_format=iso", body, http.StatusOK)
			if got := m.want(m.Ada, http.MethodGet, here+"?dt_format=iso", "", http.StatusOK).Text; !strings.Contains(got, want) {
				m.Errorf("%s: %s", body, got)
			}
		}
	})
}
