package ngw_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
)

// chosen are the names of the trees that a query chooses, in its order.
func (m *meadow) chosen(who ngwtest.Person, query string) string {
	m.Helper()
	list := read[[]struct{ ID int64 }](m.want(who, http.MethodGet, m.at("/feature/?geom=no&fields=&extensions=&"+query), "", http.StatusOK))
	names := []string{}
	for _, f := range list {
		for name, id := range m.ids {
			if id == f.ID {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, " ")
}

// TestFilter chooses features in every way there is.
func TestFilter(t *testing.T) {
	eachMeadow(t, func(m *meadow) {
		for query, want := range map[string]string{
			"":                                  "ash beech bare",
			"fld_name=ash":                      "ash",
			"fld_name__eq=ash":                  "ash",
			"fld_name=ASH":                      "",
			"fld_name__ne=ash":                  "beech",
			"fld_name__like=%25ee%25":           "beech",
			"fld_name__like=a_h":                "ash",
			"fld_name__like=A_H":                "",
			"fld_name__ilike=A_H":               "ash",
			"fld_name__startswith=Beech+100%25": "beech",
			"fld_name__startswith=%25":          "",
			"fld_name__startswith=be":           "",
			"fld_name__in=ash,oak":              "ash",
			"fld_name__notin=ash,oak":           "beech",
			"fld_name__isnull=yes":              "bare",
			"fld_name__isnull=no":               "ash beech",
			"fld_height__gt=0":                  "ash",
			"fld_height__ge=30":                 "ash",
			"fld_height__lt=30":                 "beech",
			"fld_height__le=30":                 "ash beech",
			"fld_height__in=30,-2147483648":     "ash beech",
			"fld_height__ge=29.5":               "ash",
			"fld_big=9007199254740993":          "ash",
			"fld_big=9007199254740992":          "",
			"fld_girth__lt=0":                   "beech",
			"fld_girth=1.5":                     "ash",
			"fld_planted=1999-12-31":            "ash",
			"fld_planted__lt=1000-01-01":        "beech",
			"fld_hour__ge=06:30:00":             "ash",
			"fld_seen__ge=2024-02-29T23:59:58":  "ash",
			"fld_seen__lt=1970-01-01T00:00:00":  "beech",
			"fld_alive=true":                    "ash",
			"fld_alive=0":                       "beech",
			"fld_more__isnull=yes":              "beech bare",
			"fld_height__gt=-5&fld_name=ash":    "ash",
			"fld_height__gt=-5&fld_name=beech":  "",
			"fld_name=ash&fld_name=oak":         "",
			"id=%ash":                           "ash",
			"id__in=%bare,%ash":                 "ash bare",
			"id__gt=%ash":                       "beech bare",
			"id__ne=%ash":                       "beech bare",
			"like=Bee":                          "beech",
			"like=bee":                          "",
			"ilike=BEE":                         "beech",
			"ilike=e":                           "beech",
			"order_by=height":                   "bare beech ash",
			"order_by=-height":                  "ash beech bare",
			"order_by=-id":                      "bare beech ash",
			"order_by=%2Bheight":                "bare beech ash",
			"order_by=alive,-id":                "bare beech ash",
			"order_by=-id&limit=2":              "bare beech",
			"limit=1&offset=1":                  "beech",
			"limit=0":                           "",
			"offset=2":                          "bare",
			"offset=5":                          "",
			"limit=1&fld_name__isnull=no":       "ash",
		} {
			if got := m.chosen(m.Viewer, m.at(query)[len(m.at("")):]); got != want {
				m.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		for query, want := range map[string]string{
			"POLYGON ((-1 -1, 1 -1, 1 1, -1 1, -1 -1))": "ash",
			"POLYGON((10 10,11 10,11 11,10 11,10 10))":  "beech", // on the corner
			"POINT (10 10)":                                 "beech",
			"LINESTRING (0 0, 10 10)":                       "ash beech",
			"POLYGON ((0 1, 1 1, 1 2, 0 2, 0 1))":           "",
			"POLYGON ((-5 -5, 20 -5, 20 20, -5 -5))":        "ash beech",
			"POLYGON ((-5 -5, 20 -5, -5 20, -5 -5))":        "ash",
			"MULTIPOINT ((0 0), (10 10))":                   "ash beech",
			"POLYGON Z ((-1 -1 5, 1 -1 5, 1 1 5, -1 -1 5))": "ash",
			"POLYGON ((-1 -1 5, 1 -1 5, 1 1 5, -1 -1 5))":   "ash", // as OGR wrote it
		} {
			if got := m.chosen(m.Viewer, "intersects="+url.QueryEscape(query)); got != want {
				m.Errorf("%s: %q, want %q", query, got, want)
			}
			// A body may hold what no address can.
			a := m.want(m.Viewer, http.MethodGet, m.at("/feature_count"), fmt.Sprintf(`{"intersects": %q}`, query), http.StatusOK)
			n := 0
			if want != "" {
				n = len(strings.Fields(want))
			}
			a.Same(fmt.Sprintf(`{"total_count": 3, "filtered_count": %d}`, n))
		}
		small := "POLYGON((-0.00001 -0.00001,0.00001 -0.00001,0.00001 0.00001,-0.00001 0.00001,-0.00001 -0.00001))"
		if got := m.chosen(m.Viewer, "intersects_srs=4326&intersects="+url.QueryEscape(small)); got != "ash" {
			m.Errorf("in degrees: %q", got)
		}
		if got := m.chosen(m.Viewer, "order_by=-height&limit=1&offset=1&intersects="+url.QueryEscape("POLYGON((-1 -1,20 -1,20 20,-1 20,-1 -1))")); got != "beech" {
			m.Errorf("a page of a box: %q", got)
		}
	})
}

// TestFilterRefusals tells what is wrong with a query, on every route that takes
// one.
func TestFilterRefusals(t *testing.T) {
	smallMeadow(t, func(m *meadow) {
		for query, name := range map[string]string{
			"fld_nothing=1": "fld_nothing", "fld_name__near=1": "fld_name__near", "fld_=1": "fld_", "id__near=1": "id__near", "id=x": "id",
			"fld_height=tall": "fld_height", "fld_height__in=1,x": "fld_height__in", "fld_name__isnull=perhaps": "fld_name__isnull",
			"fld_planted=31.12.1999": "fld_planted", "fld_alive=x": "fld_alive", "fld_girth=x": "fld_girth", "fld_height__like=1": "height",
			"fld_more=1": "more", "order_by=nothing": "order_by", "order_by=-": "order_by", "order_by=more": "more", "limit=-1": "limit", "limit=x": "limit",
			"offset=-1": "offset", "limit=99999999999999999999": "limit", "intersects=POINT": "intersects", "intersects=x": "intersects",
			"intersects=POLYGON((0+0,1+1,0+1,1+0,0+0))": "intersects", "intersects=POINT(1+1)&intersects_srs=900913": "intersects_srs",
		} {
			for _, path := range []string{"/feature/", "/feature_count", "/feature_extent"} {
				if path != "/feature/" && !slices.Contains([]string{"fld_nothing", "fld_height", "intersects", "more"}, name) {
					continue // they are read as they are for the list
				}
				if strings.HasPrefix(query, "order_by") && path != "/feature/" {
					continue // nothing is put in order there
				}
				f := m.refused(m.Viewer, http.MethodGet, m.at(path+"?"+query), "", http.StatusUnprocessableEntity, "ValidationError")
				if !strings.Contains(f.Message, name) {
					m.Errorf("%s?%s: %q does not name it", path, query, f.Message)
				}
			}
		}
		m.refused(m.Viewer, http.MethodGet, m.at("/feature/"), `{"intersects": 5}`, http.StatusUnprocessableEntity, "ValidationError")
		m.refused(m.Viewer, http.MethodGet, m.at("/feature/"), `{"intersects": "x"}`, http.StatusUnprocessableEntity, "ValidationError")
		m.refused(m.Viewer, http.MethodGet, m.at("/feature/?limit=%zz"), "", http.StatusUnprocessableEntity, "ValidationError")
	})
}

// TestFilterKeyname keeps a field apart whose keyname looks like another's with
// an operator.
func TestFilterKeyname(t *testing.T) {
	w := small(t, nil)
	m := &meadow{World: w}
	m.trees = w.Layer("Odd", "NONE", 3857, ngwtest.Column{Keyname: "a", Type: feature.Integer},
		ngwtest.Column{Keyname: "a__gt", Type: feature.Integer}, ngwtest.Column{Keyname: "b__lt__gt", Type: feature.Integer})
	m.want(m.Ada, http.MethodPatch, m.at("/feature/"), `[{"fields": {"a": 1, "a__gt": 5, "b__lt__gt": 1}}, {"fields": {"a": 6, "a__gt": 7}}]`, http.StatusOK)
	for query, want := range map[string]int{
		"fld_a__gt=5": 1, "fld_a__gt__eq=7": 1, "fld_a__ge=5": 1, "fld_a__gt__gt=4": 2, "fld_b__lt__gt=1": 1, "fld_b__lt__gt__gt=0": 1,
	} {
		m.want(m.Viewer, http.MethodGet, m.at("/feature_count?"+query), "", http.StatusOK).Same(fmt.Sprintf(`{"total_count": 2, "filtered_count": %d}`, want))
	}
}

// TestSearchedFields looks for texts in fields that are searched, and in no
// others.
func TestSearchedFields(t *testing.T) {
	w := small(t, nil)
	m := &meadow{World: w}
	m.trees = rbac.Node(w.Plant(w.Ada, "vector_layer", int64(w.Survey.Num), "Quiet", object{"vector_layer": object{
		"srs": object{"id": 3857}, "geometry_type": "NONE", "fields": []object{
			{"keyname": "told", "display_name": "Told", "datatype": "STRING"},
			{"keyname": "untold", "display_name": "Untold", "datatype": "STRING", "text_search": false},
		},
	}}))
	m.want(m.Ada, http.MethodPatch, m.at("/feature/"), `[{"fields": {"told": "ash", "untold": "beech"}}, {"fields": {"told": "beech", "untold": "ash"}}]`, http.StatusOK)
	for query, want := range map[string]int{"like=ash": 1, "ilike=ASH": 1, "like=oak": 0, "like=e": 1} {
		m.want(m.Viewer, http.MethodGet, m.at("/feature_count?"+query), "", http.StatusOK).Same(fmt.Sprintf(`{"total_count": 2, "filtered_count": %d}`, want))
	}
}

// TestCount counts all, and what is asked for, whatever the page.
func TestCount(t *testing.T) {
	smallMeadow(t, func(m *meadow) {
		for query, want := range map[string]string{
			"": `{"total_count": 3}`, "?limit=1&offset=2&order_by=name": `{"total_count": 3}`,
			"?fld_name=ash&limit=0": `{"total_count": 3, "filtered_count": 1}`, "?fld_name=oak": `{"total_count": 3, "filtered_count": 0}`,
		} {
			m.want(m.Viewer, http.MethodGet, m.at("/feature_count"+query), "", http.StatusOK).Same(want)
		}
	})
}
