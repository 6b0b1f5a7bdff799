package apiv1_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// pretty is the JSON of a part of an answer.
func pretty(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestFeature(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		at := w.at("/features")
		full := `{"geometry": {"type": "Point", "coordinates": [15, 48]}, "description": "<i>x</i><script>y</script>", "properties": {"name": "Well",
			"people": 12, "stars": 9007199254740993, "depth": 1.5, "dug": "2020-02-29", "seen": "2020-02-29T12:30:00", "open": true, "more": {"a": [1.10]}}}`
		would := w.call(w.editor, post, at+"?dry_run=true", full, 200)
		a := w.call(w.editor, post, at, full, 201, "Idempotency-Key", "k")
		if again := w.call(w.editor, post, at, full, 201, "Idempotency-Key", "k"); again.text != a.text {
			t.Errorf("%s", again.text)
		}
		if would.text != a.text || a.header.Get("Location") != "features/2" {
			t.Errorf("%s %s", would.text, a.header.Get("Location"))
		}
		properties := `{"depth":1.5,"dug":"2020-02-29","more":{"a":[1.1]},"name":"Well","open":true,"people":12,"seen":"2020-02-29T12:30:00","stars":"9007199254740993"}`
		if got := pretty(a.value(t)["properties"]); got != properties || a.field(t, "description") != "<i>x</i>" {
			t.Errorf("%s", a.text)
		}
		one := at + "/2"
		got := w.call(w.viewer, get, one, "", 200)
		tag := got.header.Get("ETag")
		if got.text != a.text || tag != a.header.Get("ETag") {
			t.Errorf("made %s %s\nread %s %s", a.text, a.header.Get("ETag"), got.text, tag)
		}
		// It is kept in metres, and comes back but for the last digits.
		where, _ := got.field(t, "geometry.coordinates").([]any)
		if len(where) != 2 || math.Abs(where[0].(float64)-15) > 1e-9 || math.Abs(where[1].(float64)-48) > 1e-9 {
			t.Errorf("%s", got.text)
		}
		wkt := w.call(w.viewer, get, one+"?geometry=wkt&srs=3857&properties=name", "", 200)
		if g, _ := wkt.field(t, "geometry").(string); !strings.HasPrefix(g, "POINT(1669792.36") || pretty(wkt.field(t, "properties")) != `{"name":"Well"}` || wkt.header.Get("ETag") != tag {
			t.Errorf("%s %s", wkt.text, wkt.header.Get("ETag"))
		}
		w.call(w.viewer, get, one+"?geometry=none", "", 304, "If-None-Match", tag)
		if g := w.call(w.viewer, get, one+"?geometry=none&fields=geometry,id", "", 200).text; g != `{"geometry":null,"id":2}` {
			t.Errorf("%s", g)
		}

		b := w.call(w.editor, patch, one, `{"properties": {"name": null, "stars": "9007199254740995"}}`, 200, "If-Match", tag)
		if b.field(t, "properties.name") != nil || b.field(t, "properties.people") != 12.0 || b.field(t, "properties.stars") != "9007199254740995" ||
			pretty(b.field(t, "geometry")) != pretty(a.field(t, "geometry")) {
			t.Errorf("%s", b.text)
		}
		w.refused(w.editor, patch, one, `{"description": null}`, 412, "precondition_failed", "", "If-Match", tag)
		c := w.call(w.editor, patch, one+"?srs=3857&geometry=wkt", `{"geometry": "POINT(10 20)", "description": null}`, 200, "If-Match", b.header.Get("ETag"))
		if c.field(t, "geometry") != "POINT(10 20)" || c.field(t, "description") != nil || c.field(t, "properties.people") != 12.0 {
			t.Errorf("%s", c.text)
		}
		if none := w.call(w.editor, patch, one, `{"geometry": null}`, 200); none.field(t, "geometry") != nil {
			t.Errorf("%s", none.text)
		}

		for body, field := range map[string]string{
			`{"geometry": "OVAL (1 2)"}`: "geometry", `{"geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}`: "geometry",
			`{"geometry": [1, 2]}`: "geometry", `{"geometry": {"type": "Point", "coordinates": [15, 95]}}`: "geometry", `{"properties": {"people": 1.5}}`: "properties.people",
			`{"properties": {"nothing": 1}}`: "properties.nothing", `{"properties": {"dug": "yesterday"}}`: "properties.dug", `{"properties": {"id": 5}}`: "properties.id",
		} {
			w.refused(w.editor, post, at, body, 400, "invalid", field)
			if a := w.refused(w.editor, patch, one, body, 400, "invalid", field); a.value(t)["index"] != nil {
				t.Errorf("%s", a.text)
			}
		}
		w.refused(w.editor, post, at+"?srs=1", `{}`, 400, "invalid", "srs")
		w.refused(w.editor, get, at+"?geometry=svg", "", 400, "invalid", "geometry")
		w.refused(w.editor, get, one+"?properties=nothing", "", 400, "invalid", "properties")
		w.refused(w.editor, get, w.folder("/features"), "", 404, "no_layer", "")
		w.refused(w.editor, get, at+"/99", "", 404, "not_found", "")
		w.refused(w.editor, patch, at+"/99", `{}`, 404, "not_found", "")
		w.refused(w.viewer, post, at, `{}`, 403, "forbidden", "")

		if was := w.call(w.editor, remove, one+"?dry_run=true&geometry=wkt", "", 200); was.field(t, "id") != 2.0 {
			t.Errorf("%s", was.text)
		}
		w.refused(w.editor, remove, one, "", 412, "precondition_failed", "", "If-Match", tag)
		w.call(w.editor, remove, one, "", 204)
		w.refused(w.editor, remove, one, "", 404, "not_found", "")
	})
}

func TestFeatureChanges(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		at := w.at("/features")
		many := `{"features": [{"properties": {"name": "a"}, "geometry": "POINT (1 1)"}, {"id": 1, "properties": {"name": "b"}}, {"properties": {"name": "c"}}]}`
		if a := w.call(w.editor, post, at+"/bulk?dry_run=true", many, 200); pretty(a.value(t)["ids"]) != "[2,1,3]" {
			t.Errorf("%s", a.text)
		}
		for range 2 { // once
			if a := w.call(w.editor, post, at+"/bulk", many, 200, "Idempotency-Key", "bulk"); pretty(a.value(t)["ids"]) != "[2,1,3]" {
				t.Errorf("%s", a.text)
			}
		}
		for body, want := range map[string]string{
			`{"features": [{}, {"geometry": 5}]}`:                                  "400 invalid features.1.geometry 1",
			`{"features": [{"properties": {"people": "x"}}]}`:                      "400 invalid features.0.properties.people 0",
			`{"features": [{}, {"id": 99, "properties": {}}]}`:                     "404 not_found  1",
			`{"features": [{}, {}, {"delete": true}]}`:                             "400 invalid features.2.id 2",
			`{"features": [{"id": 1, "delete": true}, {"id": 1, "delete": true}]}`: "404 not_found  1",
			`{"features": [{"id": -1}]}`:                                           "400 invalid features.0.id 0",
		} {
			a := w.ask(t.Context(), sent{as: w.editor, method: post, path: at + "/bulk", body: body})
			p := a.value(t)
			field, _ := p["field"].(string)
			if got := fmt.Sprint(a.outcome(), " ", field, " ", p["index"]); got != want {
				t.Errorf("%s: %s, want %s", body, got, want)
			}
		}
		if n := w.call(w.viewer, get, at+"/count", "", 200).text; n != `{"total":3,"count":3}` {
			t.Errorf("%s", n)
		}
		w.refused(w.editor, remove, at, "", 400, "invalid", "ids")
		w.refused(w.editor, remove, at+"?all=true&ids=1", "", 400, "invalid", "ids")
		w.refused(w.editor, remove, at+"?ids=1,99", "", 404, "not_found", "")
		if n := w.call(w.editor, remove, at+"?all=true&dry_run=true", "", 200).text; n != `{"deleted":3}` {
			t.Errorf("%s", n)
		}
		if n := w.call(w.editor, remove, at+"?ids=1,2", "", 200).text; n != `{"deleted":2}` {
			t.Errorf("%s", n)
		}
		if n := w.call(w.editor, remove, at+"?all=true", "", 200).text; n != `{"deleted":1}` {
			t.Errorf("%s", n)
		}
	})
}

// TestFeatureLists chooses features, and turns their pages in every order.
func TestFeatureLists(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		at := w.at("/features")
		var many []string
		for i := range 9 { // beside the first, which has nothing but a name
			properties := fmt.Sprintf(`"name": "n%d", "people": %d, "depth": %d.5, "open": %v, "dug": "2020-01-0%d", "seen": "2020-01-01T00:00:0%d", "stars": "900719925474099%d"`,
				i%3, i/2, i%4, i%2 == 0, i+1, i%5, i)
			if i == 4 {
				properties = `"name": null`
			}
			many = append(many, fmt.Sprintf(`{"geometry": "POINT (%d %d)", "properties": {%s}}`, 20*i-80, i, properties))
		}
		w.call(w.editor, post, at+"/bulk", `{"features": [`+strings.Join(many, ", ")+`]}`, 200)

		ids := func(query string) string {
			t.Helper()
			var list []string
			for _, item := range w.call(w.viewer, get, at+query, "", 200).items(t) {
				list = append(list, fmt.Sprint(item["id"]))
			}
			return strings.Join(list, " ")
		}
		for query, want := range map[string]string{
			`?ids=3,2,99`: "2 3", `?q=FIRST`: "1", `?filter={"field": "people", "op": "ge", "value": 3}`: "8 9 10",
			`?filter={"all": [{"field": "name", "op": "eq", "value": "n0"}, {"any": [{"field": "open", "op": "eq", "value": false}, {"field": "id", "op": "in", "value": [2]}]}]}`: "2 5",
			`?filter={"field": "stars", "op": "eq", "value": "9007199254740993"}`:                                                                                                  "5", `?filter={"field": "name", "op": "isnull", "value": true}`: "6",
			`?filter={"field": "dug", "op": "lt", "value": "2020-01-03"}`: "2 3", `?filter={"field": "name", "op": "startswith", "value": "fi"}`: "1",
			`?bbox=-85,-1,-35,9`: "2 3 4", `?bbox=70,-10,-70,10`: "2 10", `?bbox=0,4,0,4`: "6", `?bbox=-50,0,-10,9&filter={"field": "people", "op": "eq", "value": 1}`: "4 5",
			`?intersects=POLYGON((-85 -1,-35 -1,-35 9,-85 9,-85 -1))`: "2 3 4", `?intersects={"type":"Point","coordinates":[80,8]}`: "10",
			`?srs=3857&bbox=-9000000,-100000,-6000000,900000`: "2 3",
			`?sort=-id&limit=2`: "10 9",
		} {
			if got := ids(escaped(query)); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		if a := w.call(w.viewer, get, at+"?limit=1&fields=id,properties&properties=name", "", 200); !strings.HasPrefix(a.text, `{"items":[{"id":1,"properties":{"name":"first"}}]`) {
			t.Errorf("%s", a.text)
		}
		for query, field := range map[string]string{
			`?filter={"field": "nothing", "op": "eq", "value": 1}`: "filter.nothing", `?filter={"field": "people", "op": "eq", "value": "x"}`: "filter.people",
			`?filter={"op": "eq"}`: "filter", `?filter={}`: "filter", `?filter={"field": "people"}`: "filter", `?filter=x`: "filter", `?filter={"x": 1}`: "filter",
			`?bbox=1,2,3`: "bbox", `?bbox=1,5,2,4`: "bbox", `?bbox=1,2,NaN,4`: "bbox", `?srs=3857&bbox=5,1,2,4`: "bbox", `?bbox=1,2,3,4&intersects=POINT(1 2)`: "intersects",
			`?intersects=x`: "intersects", `?intersects={"type":"x"}`: "intersects", `?sort=nothing`: "sort", `?sort=more`: "sort", `?ids=x`: "ids",
		} {
			w.refused(w.viewer, get, at+escaped(query), "", 400, "invalid", field)
		}
		for _, body := range []string{
			`{"bbox": [-85, -1, -35, 9]}`, `{"intersects": {"type": "Polygon", "coordinates": [[[-85, -1], [-35, -1], [-35, 9], [-85, 9], [-85, -1]]]}}`,
			`{"ids": [2, 3, 4]}`, `{"filter": {"field": "dug", "op": "in", "value": ["2020-01-01", "2020-01-02", "2020-01-03"]}}`,
		} {
			if a := w.call(w.viewer, post, at+"/search?limit=3&fields=id", body, 200); !strings.HasPrefix(a.text, `{"items":[{"id":2},{"id":3},{"id":4}]`) {
				t.Errorf("%s: %s", body, a.text)
			}
		}
		w.refused(w.viewer, post, at+"/search", `{"bbox": [1], "q": "x"}`, 400, "invalid", "bbox")
		if n := w.call(w.viewer, get, at+"/count?"+escaped(`bbox=-85,-1,-35,9`), "", 200).text; n != `{"total":10,"count":3}` {
			t.Errorf("%s", n)
		}
		extent := w.call(w.viewer, get, at+"/extent?ids=2,3", "", 200)
		if x, _ := extent.field(t, "extent.min_lon").(float64); x > -79.9 || x < -80.1 {
			t.Errorf("%s", extent.text)
		}
		if none := w.call(w.viewer, get, at+"/extent?ids=1", "", 200).text; none != `{"extent":null}` {
			t.Errorf("%s", none)
		}

		for _, by := range []string{"id", "name", "people", "stars", "depth", "dug", "seen", "open"} {
			whole := w.featurePages(at, by, 200)
			if got := w.featurePages(at, by, 3); !slices.Equal(got, whole) || len(whole) != 10 {
				t.Errorf("by %s: in pages %v, at once %v", by, got, whole)
			}
			back := w.featurePages(at, "-"+by, 4)
			slices.Reverse(back)
			if !slices.Equal(back, whole) {
				t.Errorf("by -%s: back %v, forth %v", by, back, whole)
			}
		}
		first := w.call(w.viewer, get, at+"?limit=1&sort=people", "", 200).value(t)["next"].(string)
		w.refused(w.viewer, get, at+"?sort=name&cursor="+first, "", 400, "invalid", "cursor")
		for _, forge := range []func(k map[string]any){
			func(k map[string]any) { k["v"] = `"x"` }, func(k map[string]any) { k["v"] = `x` }, func(k map[string]any) { k["v"] = `` },
			func(k map[string]any) { k["n"] = 0 }, func(k map[string]any) { k["v"] = `[1]` }, func(k map[string]any) { k["o"] = "more" },
		} {
			w.refused(w.viewer, get, at+"?sort=people&cursor="+forged(t, first, forge), "", 400, "invalid", "cursor")
		}
	})
}

// escaped writes the values of a query as it has them.
func escaped(query string) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		parts[i] = name + "=" + url.QueryEscape(value)
	}
	return strings.Join(parts, "&")
}

// featurePages reads all features page by page.
func (w *wood) featurePages(at, sort string, limit int) []string {
	w.t.Helper()
	var list []string
	cursor := ""
	for range 20 {
		// The order is kept whether what it is by is answered or not.
		a := w.call(w.viewer, get, fmt.Sprintf("%s?sort=%s&limit=%d&fields=id,properties&properties=depth%s", at, sort, limit, cursor), "", 200)
		for _, item := range a.items(w.t) {
			list = append(list, fmt.Sprint(item["id"]))
		}
		next, more := a.value(w.t)["next"].(string)
		if !more {
			return list
		}
		cursor = "&cursor=" + next
	}
	w.t.Fatalf("%s by %s never ends", at, sort)
	return nil
}

// TestFeatureRace changes one feature from everywhere: of those who know the
// same, one is in time.
func TestFeatureRace(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		one := w.at("/features/1")
		tag := w.call(w.editor, get, one, "", 200).header.Get("ETag")
		const all = 4
		status := make(chan int, all)
		for i := range all {
			go func() {
				a := w.ask(context.WithoutCancel(t.Context()), sent{
					as: w.editor, method: patch, path: one, body: fmt.Sprintf(`{"properties": {"people": %d}}`, i), header: map[string]string{"If-Match": tag},
				})
				status <- a.status
			}()
		}
		won := 0
		for range all {
			switch s := <-status; s {
			case 200:
				won++
			case 412:
			default:
				t.Errorf("status %d", s)
			}
		}
		if won != 1 {
			t.Errorf("%d were in time", won)
		}
	})
}

// TestOnlyData reads features with a rule that gives no more than that.
func TestOnlyData(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		for _, rule := range []string{`"scope": "resource", "permission": "read"`, `"scope": "data", "permission": "read"`} {
			w.call(w.boss, post, w.at("/rules"), fmt.Sprintf(`{"effect": "allow", "principal": %d, %s}`, w.member.Num, rule), 201)
		}
		a := w.call(w.member, get, w.at("/features"), "", 200)
		if len(a.items(t)) != 1 {
			t.Errorf("%s", a.text)
		}
		w.refused(w.member, patch, w.at("/features/1"), `{"properties": {}}`, 403, "forbidden", "")
	})
}
