package ngw_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// TestSchema compares what classes and permissions there are with the seed, which
// is Russian (seeds/003, spec/ngw.md §4.2).
func TestSchema(t *testing.T) {
	w := small(t, nil)
	a := w.Call(w.Guest, http.MethodGet, "/resource/schema", nil, "Accept-Language", "ru").Wants(http.StatusOK)
	for class, want := range map[string]struct {
		label  string
		scopes []string
	}{
		"mapserver_style":      {"Стиль MapServer", []string{"resource", "data", "metadata"}},
		"postgis_connection":   {"Соединение PostGIS", []string{"connection", "resource", "metadata"}},
		"postgis_layer":        {"Слой PostGIS", []string{"resource", "datastruct", "data", "metadata"}},
		"raster_layer":         {"Растровый слой", []string{"resource", "datastruct", "data", "metadata"}},
		"raster_style":         {"Растровый стиль", []string{"resource", "data", "metadata"}},
		"resource":             {"Ресурс", []string{"resource", "metadata"}},
		"resource_group":       {"Группа ресурсов", []string{"resource", "metadata"}},
		"vector_layer":         {"Векторный слой", []string{"resource", "datastruct", "data", "metadata"}},
		"webmap":               {"Веб-карта", []string{"resource", "webmap", "metadata"}},
		"wfsserver_service":    {"Сервис WFS", []string{"resource", "service", "metadata"}},
		"wmsclient_connection": {"Соединение WMS", []string{"connection", "resource", "metadata"}},
		"wmsclient_layer":      {"C" + "лой WMS", []string{"resource", "datastruct", "data", "metadata"}},
		"wmsserver_service":    {"Сервис WMS", []string{"resource", "service", "metadata"}},
	} {
		at := "resources." + class + "."
		var scopes []string
		for _, scope := range a.At(at + "scopes").([]any) {
			scopes = append(scopes, scope.(string))
		}
		slices.Sort(scopes)
		slices.Sort(want.scopes)
		if a.At(at+"label") != want.label || a.At(at+"identity") != class || !slices.Equal(scopes, want.scopes) {
			t.Errorf("%s: %v", class, a.At("resources."+class))
		}
	}
	for _, class := range []string{
		"baselayers", "vector_style", "file_bucket", "lookup_table", "tileset", "basemap_layer", "qgis_vector_style", "svg_marker_library",
	} {
		if a.At("resources."+class+".identity") != class {
			t.Errorf("no %s", class)
		}
	}
	for permission, label := range map[string]string{
		"connection.connect": "Использование соединения", "connection.read": "Чтение параметров соединения",
		"connection.write": "Запись параметров соединения", "data.read": "Чтение", "data.write": "Запись", "datastruct.read": "Чтение",
		"datastruct.write": "Запись", "metadata.read": "Чтение", "metadata.write": "Запись", "resource.change_permissions": "Управление правами доступа",
		"resource.create": "Создание", "resource.delete": "Удаление", "resource.manage_children": "Управление дочерними ресурсами",
		"resource.read": "Чтение", "resource.update": "Изменение", "service.configure": "Настройка", "service.connect": "Подключение", "webmap.display": "Просмотр",
	} {
		var scope, name string
		for i := range permission {
			if permission[i] == '.' {
				scope, name = permission[:i], permission[i+1:]
			}
		}
		if got := a.At("scopes." + scope + ".permissions." + name + ".label"); got != label {
			t.Errorf("%s: %v", permission, got)
		}
	}
	for language, label := range map[string]string{"": "Vector layer", "en-GB": "Vector layer", "fr-FR,fr;q=0.9": "", "es": "", "xx": "Vector layer"} {
		got := w.Call(w.Guest, http.MethodGet, "/resource/schema", nil, "Accept-Language", language).At("resources.vector_layer.label")
		if label != "" && got != label || got == "" || label == "" && got == "Vector layer" {
			t.Errorf("%s: %v", language, got)
		}
	}
}

// TestBlueprint is the same as today's clients read it.
func TestBlueprint(t *testing.T) {
	w := small(t, nil)
	a := w.Call(w.Guest, http.MethodGet, "/api/component/resource/blueprint", nil).Wants(http.StatusOK)
	w.Contains("group", a.At("resources.resource_group"), object{
		"identity": "resource_group", "base_classes": []any{"resource"}, "interfaces": []any{}, "scopes": []any{"resource", "metadata"},
	})
	layer := a.At("resources.vector_layer").(object)
	for _, member := range []string{"label", "category", "order"} {
		if layer[member] == nil || layer[member] == "" {
			t.Errorf("no %s: %v", member, layer)
		}
	}
	if !slices.Contains(layer["interfaces"].([]any), any("IFeatureLayer")) {
		t.Errorf("interfaces: %v", layer)
	}
	for class, of := range a.At("resources").(object) {
		if category := of.(object)["category"]; category != nil && a.At(fmt.Sprintf("categories.%s.label", category)) == nil {
			t.Errorf("%s is in the category %v, which there is not", class, category)
		}
		for _, scope := range of.(object)["scopes"].([]any) {
			if a.At(fmt.Sprintf("scopes.%s.permissions", scope)) == nil {
				t.Errorf("%s has the scope %v, which there is not", class, scope)
			}
		}
	}
	w.Contains("permission", a.At("scopes.resource.permissions.read"), object{"identity": "read", "label": "Read"})
}
