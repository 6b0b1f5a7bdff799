package clients_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestConnectors has both versions of the connector do all that an application
// does.
func TestConnectors(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"connector1.mjs", "connector3.mjs"} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			ngwtest.Each(t, func(w *ngwtest.World) {
				member(w, "keeper", workspace.RoleAdministrator)
				member(w, "looker", workspace.RoleViewer)
				layer, _ := trees(w)
				away := hidden(w)
				s := node(w, script, map[string]any{
					"url": w.URL(), "login": "keeper", "password": password,
					"viewer": map[string]string{"login": "looker", "password": password},
					"group":  w.Survey.Num, "hidden": away, "layer": layer,
				})
				walked(s, w.Survey.Num)
				featured(s)
				attached(s)
				forbidden(s, away)
				if script == "connector3.mjs" {
					routed(s, w.Survey.Num, away)
				}
			})
		})
	}
}

// walked looks at what was seen of the tree.
func walked(s saw, group rbac.Node) {
	s.Helper()
	routes := text(s.at("routes"))
	for _, name := range []string{
		"auth.current_user", "pyramid.pkg_version", "resource.item", "resource.collection", "resource.search", "resource.permission",
		"feature_layer.feature.item", "feature_layer.feature.collection", "feature_layer.feature.count", "feature_layer.identify",
		"feature_attachment.collection", "file_upload.upload", "layer.extent",
	} {
		if !strings.Contains(routes, `"`+name+`"`) {
			s.Errorf("there is no route %s: %s", name, routes)
		}
	}
	s.want("version.nextgisweb", `"5.5.0"`)
	s.want("guest.value.keyname", `"guest"`)
	s.want("user.value.keyname", `"keeper"`)
	s.want("user.value.auth_medium", `"basic"`)
	s.refused("wrong", "Invalid login or password")
	s.want("root.id", `0`)
	s.want("root.cls", `"resource_group"`)
	s.want("root.parent", `null`)
	s.want("children", `["Survey"]`)
	s.want("recursive", `["Renamed", "Survey", "Trees"]`)
	s.want("made.parent", fmt.Sprintf(`{"id": %d}`, group))
	s.refused("twice", "display name is not unique")
	s.want("renamed", `{"value": {}}`)
	s.want("item.resource.display_name", `"Renamed"`)
	s.want("item.resource.keyname", `"toured"`)
	s.want("item.resource.parent.id", fmt.Sprint(group))
	s.want("item.resmeta.items", `{"source": "tour", "year": 2026}`)
	s.want("item.vector_layer.geometry_type", `"POINT"`)
	s.want("byKeyname", `"Renamed"`)
	s.want("unknownKeyname", `{"value": "undefined"}`)
	s.want("permission.data", `{"read": true, "write": true}`)
	s.want("permission.resource", `{"change_permissions": true, "create": true, "delete": true, "manage_children": true, "read": true, "update": true}`)
	s.want("ruled", `{"value": {}}`)
	s.want("rules", `[["deny", "data", "read", true]]`)
	s.want("viewerMay", `{"read": false, "write": false}`)
	s.refused("denied", "'read' permission in scope 'data'")
	s.want("unruled", `{"value": {}}`)
	s.want("allowed", `{"value": 2}`)
	s.want("deleted", `{"value": "undefined"}`)
	s.refused("gone", "was not found")
}

// featured looks at what was seen of features. The tour makes alder, birch,
// cedar and dogwood, as high as they are in this order.
func featured(s saw) {
	s.Helper()
	s.want("filters", `{"eq": [2], "ge": [3, 4], "ilike": [1, 3, 4], "in": [1, 4], "ordered": [3, 2], "box": [1, 2], "like": [3]}`)
	s.refused("unknownField", "fld_nothing")
	s.want("count", `{"total_count": 4}`)
	created := text(s.at("created.id"))
	s.want("changed", `{"id": `+created+`}`)
	s.want("feature.fields", `{"name": "elder", "height": 1}`)
	s.want("feature.geom.type", `"Point"`)
	s.want("feature.extensions", `{"attachment": null, "description": null}`)
	patched, _ := s.at("patched").([]any)
	if len(patched) != 3 {
		s.Fatalf("patched: %v", patched)
	}
	s.want("deletedFeature", text(patched[2]))
	s.refused("goneFeature", "The feature does not exist")
	s.want("patchDeleted", `[`+text(patched[1])+`, {"id": `+created+`}]`)
	s.want("left", `[9, 2]`)
	s.want("viewed", `[9, 2]`)
	s.refused("badFeature", "fields.height")
	if _, ok := s.at("extent.extent.maxLat").(float64); !ok {
		s.Errorf("extent: %s", text(s.at("extent")))
	}
}

// attached looks at what was seen of a file of five bytes.
func attached(s saw) {
	s.Helper()
	uploads, _ := s.at("upload.upload_meta").([]any)
	if len(uploads) != 1 {
		s.Fatalf("upload: %s", text(s.at("upload")))
	}
	upload := saw{s.T, map[string]any{"file": uploads[0]}}
	upload.want("file.name", `"bark.txt"`)
	upload.want("file.size", `5`)
	upload.want("file.mime_type", `"text/plain"`)
	id := text(s.at("attached.id"))
	item := `{"id": ` + id + `, "name": "bark.txt", "keyname": null, "size": 5, "mime_type": "text/plain", "description": %s, "is_image": false, "file_meta": {}}`
	s.want("attachments", fmt.Sprintf("["+item+"]", "null"))
	s.want("downloaded", `"bark\n"`)
	s.want("described", `{"id": `+id+`}`)
	s.want("attachment", fmt.Sprintf(item, `"Of the elder"`))
	s.refused("noImage", "not an image")
	s.want("detached", `{"value": null}`)
	s.refused("goneAttachment", "The attachment does not exist")
	s.refused("unknownUpload", "does not exist")
}

// forbidden looks at what was refused: in words, never in silence.
func forbidden(s saw, away rbac.Node) {
	s.Helper()
	s.refused("guestReads", "'read'", "'resource'")
	s.refused("guestCreates", "Insufficient")
	s.refused("hidden", fmt.Sprintf("resource id = %d", away))
	s.refused("hiddenFeatures", "'read' permission in scope 'data'", fmt.Sprintf("resource id = %d", away))
	s.refused("missing", "999999")
	s.refused("missingFeatures", "999999")
	s.refused("noLayer", "not a layer")
	s.want("viewer", `"looker"`)
	for _, what := range []string{"create", "patch", "change", "remove", "clear", "attach"} {
		s.refused("refused."+what, "'write' permission in scope 'data'")
	}
	s.refused("refused.rename", "'update'")
	s.refused("refused.remove_layer", "'delete'")
	s.want("stillThere", `[9, 2]`)
}

// routed looks at what the connector to come saw in its own way.
func routed(s saw, group, away rbac.Node) {
	s.Helper()
	s.want("route.item", fmt.Sprint(group))
	s.want("route.children", `["Trees"]`)
	features, _ := s.at("route.features").([]any)
	if len(features) != 1 || !strings.Contains(text(features[0]), `"name":"ash \u0026 beech"`) || strings.Contains(text(features[0]), "geom") {
		s.Errorf("route.features: %s", text(features))
	}
	if _, ok := s.at("route.created.id").(float64); !ok {
		s.Errorf("route.created: %s", text(s.at("route.created")))
	}
	if list, _ := s.at("route.patched").([]any); len(list) != 1 {
		s.Errorf("route.patched: %s", text(s.at("route.patched")))
	}
	s.refused("route.missing", "999999")
	s.want("route.missing.exception", `"nextgisweb.resource.exception.ResourceNotFound"`)
	s.refused("route.hidden", fmt.Sprintf("resource id = %d", away))
	s.want("route.hidden.exception", `"nextgisweb.core.exception.InsufficientPermissions"`)
	s.refused("route.invalid", "order_by")
}
