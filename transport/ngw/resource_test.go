package ngw_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestComposites makes the five resources that the seed shows and compares what
// is answered with it, key by key.
func TestComposites(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		folder := w.Plant(w.Editor, "resource_group", top, "Demo")
		raster := w.Plant(w.Editor, "raster_layer", folder, "odm_orthophoto_low", object{
			"raster_layer": object{"srs": object{"id": 3857}, "xsize": 16996, "ysize": 17054, "band_count": 4},
		})
		style := w.Plant(w.Editor, "raster_style", raster, "Seneca country")
		lines := w.Plant(w.Editor, "vector_layer", folder, "lines", object{
			"vector_layer": object{"srs": object{"id": 3857}, "geometry_type": "LINESTRING"},
		})
		base := object{"basemap_layer": object{"url": "https://tile.example.org/{z}/{x}/{y}.png"}}
		hike, earth := w.Plant(w.Editor, "basemap_layer", folder, "Hike", base), w.Plant(w.Editor, "basemap_layer", folder, "Earth", base)
		layer := object{
			"layer_adapter": "image", "layer_enabled": true, "layer_max_scale_denom": nil, "item_type": "layer",
			"layer_min_scale_denom": nil, "display_name": "Seneca country", "layer_style_id": style, "layer_transparency": nil,
		}
		webmap := w.Plant(w.Editor, "webmap", folder, "OpenDroneMap sample", object{
			"webmap": object{
				"extent_left": -83.31, "extent_right": -83.3, "extent_bottom": 41.042, "extent_top": 41.034,
				"bookmark_resource": nil, "root_item": object{"item_type": "root", "children": []any{layer}},
			},
			"basemap_webmap": object{"basemaps": []any{
				object{"opacity": nil, "enabled": true, "position": 0, "display_name": "HikeBikeMap", "resource_id": hike},
				object{"opacity": nil, "enabled": true, "position": 1, "display_name": "Спутник", "resource_id": earth},
			}},
		})
		wfs := w.Plant(w.Editor, "wfsserver_service", folder, "WFS service for demo", object{"wfsserver_service": object{"layers": []any{
			object{"maxfeatures": 2222, "keyname": "lines", "display_name": "Просеки", "resource_id": lines},
		}}})
		sample := w.Plant(w.Editor, "resource_group", folder, "Sample folder")
		w.Plant(w.Editor, "resource_group", sample, "within")
		wms := w.Plant(w.Editor, "wmsserver_service", folder, "OpenDroneMap at NextGIS.com", object{"wmsserver_service": object{"layers": []any{
			object{"min_scale_denom": nil, "keyname": "seneca_country", "display_name": "Seneca country", "max_scale_denom": nil, "resource_id": style},
		}}})

		common := func(id int64, class, name string, children bool, interfaces, scopes string) string {
			return fmt.Sprintf(`"resource":{"id":%d,"cls":%q,"parent":{"id":%d,"parent":{"id":%d}},"owner_user":{"id":%d},"permissions":[],
				"keyname":null,"display_name":%q,"description":null,"children":%t,"interfaces":%s,"scopes":%s},"resmeta":{"items":{}}`,
				id, class, folder, top, w.Editor.Num, name, children, interfaces, scopes)
		}
		for id, want := range map[int64]string{
			webmap: common(webmap, "webmap", "OpenDroneMap sample", false, `[]`, `["resource","webmap","metadata"]`) + fmt.Sprintf(
				`,"webmap":{"extent_left":-83.31,"extent_right":-83.3,"extent_bottom":41.042,"extent_top":41.034,"bookmark_resource":null,
				"root_item":{"item_type":"root","children":[{"layer_adapter":"image","layer_enabled":true,"layer_max_scale_denom":null,
				"item_type":"layer","layer_min_scale_denom":null,"display_name":"Seneca country","layer_style_id":%d,"layer_transparency":null}]}},
				"basemap_webmap":{"basemaps":[{"opacity":null,"enabled":true,"position":0,"display_name":"HikeBikeMap","resource_id":%d},
				{"opacity":null,"enabled":true,"position":1,"display_name":"Спутник","resource_id":%d}]}`, style, hike, earth),
			raster: common(raster, "raster_layer", "odm_orthophoto_low", true, `["IBboxLayer"]`, `["resource","datastruct","data","metadata"]`) +
				`,"raster_layer":{"srs":{"id":3857},"xsize":16996,"ysize":17054,"band_count":4}`,
			wfs: common(wfs, "wfsserver_service", "WFS service for demo", false, `[]`, `["resource","service","metadata"]`) + fmt.Sprintf(
				`,"wfsserver_service":{"layers":[{"maxfeatures":2222,"keyname":"lines","display_name":"Просеки","resource_id":%d}]}`, lines),
			sample: common(sample, "resource_group", "Sample folder", true, `[]`, `["resource","metadata"]`),
			wms: common(wms, "wmsserver_service", "OpenDroneMap at NextGIS.com", false, `[]`, `["resource","service","metadata"]`) + fmt.Sprintf(
				`,"wmsserver_service":{"layers":[{"min_scale_denom":null,"keyname":"seneca_country","display_name":"Seneca country",
				"max_scale_denom":null,"resource_id":%d}]}`, style),
		} {
			var wanted any
			w.OK(json.Unmarshal([]byte("{"+want+"}"), &wanted))
			a := w.Call(w.Viewer, http.MethodGet, ngwtest.Item(id), nil).Wants(http.StatusOK)
			w.Contains(fmt.Sprint(id), a.Value(), wanted)
			if got := a.At("resource.creation_date"); got != "2024-05-06T07:08:09.123456" {
				w.Errorf("made at %v", got)
			}
			if len(a.Value().(object)) != 3 && id == sample {
				w.Errorf("members of %d: %s", id, a.Text)
			}
		}
		list := w.Call(w.Viewer, http.MethodGet, fmt.Sprintf("/api/resource/?parent=%d", folder), nil).Wants(http.StatusOK).List()
		if len(list) != 8 {
			w.Errorf("%d children", len(list))
		}
		a := w.Call(w.Viewer, http.MethodGet, ngwtest.Item(lines), nil)
		w.Contains("vector layer", a.Value(), object{"social": object{"image_exists": false, "description": nil}, "feature_layer": object{
			"versioning": object{"enabled": false}, "aggregations": []any{"min_max", "unique_values"},
		}})
	})
}

// TestRoot looks at what lies above resources: the platform as resource 0 with
// workspaces below, and a workspace shown alone as its own.
func TestRoot(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		folder := w.Plant(w.Editor, "resource_group", top, "folder")
		deep := w.Plant(w.Editor, "resource_group", folder, "deep")

		root := w.Call(w.Member, http.MethodGet, "/api/resource/0", nil).Wants(http.StatusOK)
		w.Contains("root", root.Value(), object{"resource": object{
			"id": 0.0, "cls": "resource_group", "parent": nil, "display_name": "Main resource group", "children": true, "interfaces": []any{},
			"scopes": []any{"resource", "metadata"},
		}})
		w.Call(w.Guest, http.MethodGet, "/api/resource/0", nil).Refused(http.StatusForbidden, "core.exception.InsufficientPermissions")
		w.Contains("workspace", w.Call(w.Member, http.MethodGet, ngwtest.Item(top), nil).Wants(http.StatusOK).Value(), object{"resource": object{
			"id": float64(top), "cls": "resource_group", "parent": object{"id": 0.0, "parent": object{"id": nil}}, "display_name": "Survey",
			"children": false, // nothing that a member without roles sees
		}})
		if got := w.Call(w.Viewer, http.MethodGet, ngwtest.Item(top), nil).At("resource.children"); got != true {
			t.Errorf("children: %v", got)
		}
		list := w.Call(w.Member, http.MethodGet, "/api/resource/?parent=0", nil).Wants(http.StatusOK)
		if list.At("0.resource.id") != float64(top) || len(list.List()) != 1 {
			w.Errorf("below the root: %s", list.Text)
		}
		if got := w.Call(w.Boss, http.MethodGet, "/api/resource/?parent=0", nil).List(); len(got) != 2 {
			w.Errorf("below the root, for an administrator: %v", got)
		}
		if got := w.Call(w.Member, http.MethodGet, "/api/resource/", nil); got.At("0.resource.id") != 0.0 || len(got.List()) != 1 {
			w.Errorf("the root: %s", got.Text)
		}
		w.Call(w.Guest, http.MethodGet, "/api/resource/", nil).Wants(http.StatusOK).Same(`[]`)
		w.Call(w.Viewer, http.MethodGet, "/api/resource/?parent=999999", nil).Wants(http.StatusOK).Same(`[]`)

		alone := w.Call(w.Viewer, http.MethodGet, "/w/survey/api/resource/0", nil).Wants(http.StatusOK)
		w.Contains("alone", alone.Value(), object{"resource": object{"id": 0.0, "parent": nil, "display_name": "Survey"}})
		w.Contains("alone", w.Call(w.Viewer, http.MethodGet, "/w/survey"+ngwtest.Item(folder), nil).Value(),
			object{"resource": object{"parent": object{"id": 0.0, "parent": object{"id": nil}}}})
		w.Contains("alone", w.Call(w.Viewer, http.MethodGet, "/w/survey"+ngwtest.Item(deep), nil).Value(),
			object{"resource": object{"parent": object{"id": float64(folder), "parent": object{"id": 0.0}}}})
		foreign := w.Plant(w.Neighbour, "resource_group", int64(w.Elsewhere.Num), "foreign")
		w.Call(w.Boss, http.MethodGet, "/w/survey"+ngwtest.Item(foreign), nil).Refused(http.StatusNotFound, "ResourceNotFound")
		w.Call(w.Boss, http.MethodDelete, "/w/survey"+ngwtest.Item(foreign), nil).Refused(http.StatusNotFound, "ResourceNotFound")
		w.Call(w.Boss, http.MethodPut, "/w/survey"+ngwtest.Item(foreign), object{}).Refused(http.StatusNotFound, "ResourceNotFound")
		w.Call(w.Boss, http.MethodPost, "/w/survey/api/resource/delete?resources="+fmt.Sprint(foreign), nil).
			Refused(http.StatusNotFound, "ResourceNotFound")
		if got := w.Call(w.Boss, http.MethodGet, "/w/survey/api/resource/search/", nil).List(); len(got) != 3 {
			w.Errorf("found %v", got)
		}
	})
}

// TestWorkspaces makes, renames and refuses to delete what lies in the root.
func TestWorkspaces(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		made := w.Plant(w.Boss, "resource_group", 0, "Город Тверь")
		list, _, err := w.Services.Workspaces.Visible(w.Context(), ngwtest.Root(), workspace.Filter{TechnicalName: "gorod-tver"})
		w.OK(err)
		if len(list) != 1 || int64(list[0].Num) != made || list[0].Supervisor != w.Boss.ID {
			w.Fatalf("made %v", list)
		}
		again := w.Plant(w.Boss, "resource_group", 0, "Город Тверь")
		if again == made {
			w.Error("made once")
		}
		named := w.Plant(w.Boss, "resource_group", 0, "Named", object{"resource": object{"keyname": "by-name"}})
		w.Call(w.Boss, http.MethodPost, "/api/resource/", object{"resource": object{
			"cls": "resource_group", "parent": object{"id": 0}, "display_name": "Other", "keyname": "by-name",
		}}).Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Boss, http.MethodPost, "/api/resource/", object{"resource": object{
			"cls": "webmap", "parent": object{"id": 0}, "display_name": "Map",
		}}).Refused(http.StatusUnprocessableEntity, "HierarchyError")
		w.Call(w.Ada, http.MethodPost, "/api/resource/", object{"resource": object{
			"cls": "resource_group", "parent": object{"id": 0}, "display_name": "Hers",
		}}).Refused(http.StatusForbidden, "InsufficientPermissions")

		w.Call(w.Boss, http.MethodPut, ngwtest.Item(named), object{"resource": object{"display_name": "Renamed"}}).Wants(http.StatusOK).Same(`{}`)
		if got := w.Call(w.Boss, http.MethodGet, ngwtest.Item(named), nil).At("resource.display_name"); got != "Renamed" {
			w.Errorf("called %v", got)
		}
		w.Call(w.Viewer, http.MethodPut, ngwtest.Item(int64(w.Survey.Num)), object{"resource": object{"display_name": "Mine"}}).
			Refused(http.StatusForbidden, "InsufficientPermissions")
		message := w.Call(w.Boss, http.MethodDelete, ngwtest.Item(named), nil).Refused(http.StatusUnprocessableEntity, "ResourceRootDeleteError").Message
		if !strings.Contains(message, "console") {
			w.Errorf("no word on where: %q", message)
		}
		w.Call(w.Boss, http.MethodDelete, ngwtest.Item(0), nil).Refused(http.StatusUnprocessableEntity, "ResourceRootDeleteError")
		w.Call(w.Ada, http.MethodDelete, "/w/survey"+ngwtest.Item(0), nil).Refused(http.StatusUnprocessableEntity, "ResourceRootDeleteError")
	})
}

// TestChange applies parts of a resource one after the other, all or none.
func TestChange(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		a, b := w.Plant(w.Admin, "resource_group", top, "a"), w.Plant(w.Admin, "resource_group", top, "b")
		n := w.Plant(w.Admin, "resource_group", a, "n", object{
			"resmeta":  object{"items": object{"key": "text", "n": 5, "f": 1.5, "b": true, "z": nil}},
			"resource": object{"description": `<p>about <a href="javascript:alert(1)">it</a></p>`, "keyname": "enn"},
		})
		got := w.Call(w.Admin, http.MethodGet, ngwtest.Item(n), nil)
		w.Contains("n", got.Value(), object{
			"resmeta":  object{"items": object{"key": "text", "n": 5.0, "f": 1.5, "b": true, "z": nil}},
			"resource": object{"keyname": "enn", "owner_user": object{"id": float64(w.Admin.Num)}},
		})
		if text, _ := got.At("resource.description").(string); strings.Contains(text, "javascript") || !strings.Contains(text, "about") {
			w.Errorf("described %q", text)
		}
		w.Call(w.Admin, http.MethodPut, ngwtest.Item(n), object{
			"resource": object{
				"parent": object{"id": b}, "owner_user": object{"id": w.Editor.Num}, "display_name": "moved", "keyname": nil, "description": nil,
				"permissions": []any{object{
					"action": "allow", "principal": object{"id": w.Member.Num}, "identity": "", "scope": "resource", "permission": "read", "propagate": true,
				}},
			},
			"resmeta": object{"items": object{"only": "this"}},
		}, "Content-Type", "application/x-www-form-urlencoded").Wants(http.StatusOK).Same(`{}`)
		got = w.Call(w.Admin, http.MethodGet, ngwtest.Item(n), nil)
		w.Contains("n", got.Value(), object{"resource": object{
			"parent": object{"id": float64(b), "parent": object{"id": float64(top)}}, "owner_user": object{"id": float64(w.Editor.Num)},
			"display_name": "moved", "keyname": nil, "description": nil, "permissions": []any{object{
				"action": "allow", "principal": object{"id": float64(w.Member.Num)}, "identity": "", "scope": "resource", "permission": "read",
				"propagate": true,
			}},
		}})
		if items, _ := json.Marshal(got.At("resmeta.items")); string(items) != `{"only":"this"}` {
			w.Errorf("metadata %s", items)
		}
		// What was answered is accepted, and changes nothing.
		before := dbtest.Fingerprint(w, w.DB)
		w.Call(w.Admin, http.MethodPut, ngwtest.Item(n), got.Text).Wants(http.StatusOK)
		if dbtest.Fingerprint(w, w.DB) != before {
			w.Error("what was there already changed something")
		}
		// The last part fails, and the parts before are undone.
		w.Plant(w.Admin, "resource_group", a, "taken")
		before = dbtest.Fingerprint(w, w.DB)
		w.Call(w.Admin, http.MethodPut, ngwtest.Item(n), object{"resource": object{
			"parent": object{"id": a}, "owner_user": object{"id": w.Admin.Num}, "permissions": []any{}, "display_name": "taken",
		}}).Refused(http.StatusUnprocessableEntity, "DisplayNameNotUnique")
		if dbtest.Fingerprint(w, w.DB) != before {
			w.Error("a part of what failed was kept")
		}
		// An ACL that takes the right away is judged before the name.
		w.Call(w.Editor, http.MethodPut, ngwtest.Item(n), object{"resource": object{"display_name": "by editor"}}).Wants(http.StatusOK)
		deny := object{"action": "deny", "principal": object{"id": w.Admin.Num}, "identity": "", "scope": "resource", "permission": "update", "propagate": true}
		w.Call(w.Admin, http.MethodPut, ngwtest.Item(n), object{"resource": object{"permissions": []any{deny}, "display_name": "late"}}).
			Refused(http.StatusForbidden, "InsufficientPermissions")
	})
}

// TestOlderCreation makes resources as clients up to 4.8 do.
func TestOlderCreation(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		path := fmt.Sprintf("/api/resource/?parent=%d&cls=resource_group", w.Survey.Num)
		a := w.Call(w.Editor, http.MethodPost, path, object{"resource": object{"display_name": "older"}}).Wants(http.StatusCreated)
		n := int64(a.At("id").(float64))
		if got := a.Header.Get("Location"); got != fmt.Sprint(n) {
			w.Errorf("location %q", got)
		}
		if got := w.Call(w.Editor, http.MethodGet, ngwtest.Item(n), nil).At("resource.display_name"); got != "older" {
			w.Errorf("called %v", got)
		}
	})
}
