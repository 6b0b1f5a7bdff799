package clients_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestKit has what maps are made of read, ask and attach.
func TestKit(t *testing.T) {
	t.Parallel()
	ngwtest.Each(t, func(w *ngwtest.World) {
		member(w, "keeper", workspace.RoleAdministrator)
		layer, first := trees(w)
		away := hidden(w)
		s := node(w, "kit.mjs", map[string]any{
			"url": w.URL(), "login": "keeper", "password": password,
			"layer": layer, "feature": first, "hidden": away, "other": w.Survey.Num,
		})
		s.want("count", `3`)
		for path, want := range map[string][]float64{
			"extent": {10, 50, 12, 52}, "resourceExtent": {10, 50, 12, 52}, "itemExtent": {10, 50, 10, 50},
			"item.geom.coordinates": {10, 50}, "feature.geometry.coordinates": {10, 50}, "identified.geometry.coordinates": {10, 50},
		} {
			s.near(path, want)
		}
		if list, _ := s.at("collection.features").([]any); len(list) != 3 {
			s.Errorf("collection: %s", text(list))
		}
		s.want("item.fields", `{"name": "ash & beech", "height": 1}`)
		s.want("item.extensions", `{"attachment": null, "description": null}`)
		s.want("feature.properties", `{"name": "ash & beech", "height": 1}`)
		s.want("all", `["cedar", "larch"]`)
		s.want("any", `["ash & beech", "cedar"]`)
		s.want("ids", `["ash & beech"]`)
		s.want("ordered", `["cedar", "ash & beech"]`)
		s.want("search", `["cedar"]`)
		s.want("some", fmt.Sprintf(`[{"id": %d, "fields": {"height": 1}}]`, first))
		s.want("within", `["ash & beech", "cedar"]`)
		s.want("distinct", `{"name": ["ash & beech", "cedar", "larch"]}`)
		s.want("titles", `["name", "height"]`)
		s.want("identify", fmt.Sprintf(`{"%d": {"features": [{"id": %d, "layerId": %d, "label": "ash & beech", "parent": "Survey",
			"fields": {"name": "ash & beech", "height": 1}}], "featureCount": 1}, "%d": {"error": "Forbidden"}, "%d": {"error": "Not implemented"},
			"featureCount": 1}`, layer, first, layer, away, w.Survey.Num))
		s.want("withAttachment.attachment", fmt.Sprintf(`[{"id": %s, "name": "leaf.txt", "keyname": null, "size": 4, "mime_type": "text/plain",
			"description": null, "is_image": false, "file_meta": {}}]`, text(s.at("attached.id"))))
		s.want("detached", `{"value": null}`)
		s.refused("hidden", fmt.Sprintf("resource id = %d", away))
		s.refused("missing", "999999")
		s.refused("unknownField", "fld_nothing")
	})
}

// near compares numbers behind a path.
func (s saw) near(path string, want []float64) {
	s.Helper()
	list, _ := s.at(path).([]any)
	for i, n := range list {
		x, _ := n.(float64)
		if i >= len(want) || math.Abs(x-want[i]) > 1e-9 {
			s.Errorf("%s: %v, want %v", path, list, want)
			return
		}
	}
	if len(list) != len(want) {
		s.Errorf("%s: %v, want %v", path, list, want)
	}
}
