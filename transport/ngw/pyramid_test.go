package ngw_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/transport/ngw"
)

// TestRouteMap names everything that the npm clients look up: what is not there
// they do not ask for, and tell nobody (spec/ngw.md §0, row 9).
func TestRouteMap(t *testing.T) {
	w := small(t, nil)
	a := w.Call(w.Guest, http.MethodGet, "/api/component/pyramid/route?client=NextGIS-NGW-Connector/1.19.6", nil).Wants(http.StatusOK)
	all := a.Value().(object)
	for _, name := range strings.Fields(`pyramid.route pyramid.pkg_version pyramid.settings pyramid.csettings auth.current_user auth.login_cookies
		auth.logout_cookies auth.user.collection auth.user.item(id) auth.group.collection auth.group.item(id) auth.permission resource.blueprint
		resource.schema resource.item(id) resource.collection resource.search resource.permission(id) resource.permission.explain(id)
		resource.volume(id) resource.quota_check resource.items.delete resource.attr layer.extent(id) feature_layer.feature.item(id,fid)
		feature_layer.feature.collection(id) feature_layer.feature.count(id) feature_layer.feature.extent(id) feature_layer.feature.item_extent(id,fid)
		feature_layer.identify feature_attachment.collection(id,fid) feature_attachment.item(id,fid,aid) feature_attachment.image(id,fid,aid)
		feature_attachment.download(id,fid,aid) file_upload.upload file_upload.collection file_upload.item(id) render.legend_symbols(id)
		spatial_ref_sys.collection`) {
		name, variables, _ := strings.Cut(strings.TrimSuffix(name, ")"), "(")
		row, _ := all[name].([]any)
		if len(row) == 0 {
			t.Errorf("%s is missing", name)
			continue
		}
		var of []string
		for _, variable := range row[1:] {
			of = append(of, variable.(string))
		}
		if strings.Join(of, ",") != variables {
			t.Errorf("%s: %v, want the variables %s", name, row, variables)
		}
		for i := range of {
			if !strings.Contains(row[0].(string), fmt.Sprintf("{%d}", i)) {
				t.Errorf("%s: %v", name, row)
			}
		}
	}
	w.Contains("item", all["resource.item"], []any{"/api/resource/{0}", "id"})
	for name, row := range all {
		path := row.([]any)[0].(string)
		for i := range row.([]any)[1:] {
			path = strings.Replace(path, fmt.Sprintf("{%d}", i), "1", 1)
		}
		if strings.ContainsAny(path, ":{}") || !strings.HasPrefix(path, "/") {
			t.Errorf("%s: %s", name, path)
		}
	}
	// What is named is there.
	for _, route := range ngw.Routes() {
		if route.Name != "" && all[route.Name] == nil {
			t.Errorf("%s is not told", route.Name)
		}
	}
}

// TestPyramid asks what clients ask before they do anything else.
func TestPyramid(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		const pyramid = "/api/component/pyramid/"
		get := func(who ngwtest.Person, path string) ngwtest.Answer {
			t.Helper()
			return w.Call(who, http.MethodGet, pyramid+path, nil)
		}
		var major, minor, patch int
		version := get(w.Guest, "pkg_version").Wants(http.StatusOK).At("nextgisweb")
		if _, err := fmt.Sscanf(fmt.Sprint(version), "%d.%d.%d", &major, &minor, &patch); err != nil || major < 3 || minor < 1 {
			t.Errorf("%v: GDAL asks for 3.1, number by number", version)
		}
		w.Pass(90 * time.Second)
		ping := get(w.Guest, "ping").Wants(http.StatusOK)
		if got := ping.At("current").(float64) - ping.At("started").(float64); got < 89.999 || got > 90.001 {
			t.Errorf("%s", ping.Text)
		}
		get(w.Guest, "healthcheck").Wants(http.StatusOK).Same(`{"success":true,"component":{}}`)
		for _, component := range []string{"pyramid", "resource", "auth", "webmap", "feature_layer", "file_upload"} {
			get(w.Guest, "settings?component="+component).Wants(http.StatusOK)
		}
		for _, bad := range []string{"settings", "settings?component=magic"} {
			get(w.Guest, bad).Refused(http.StatusUnprocessableEntity, "ValidationError")
		}
		for _, path := range []string{"csettings?pyramid=all", "csettings?pyramid=allow_origin", "statistics", "storage", "storage/estimate"} {
			for _, who := range []ngwtest.Person{w.Guest, w.Ada} {
				if f := get(who, path).Refused(http.StatusForbidden, "PyramidHTTPError"); f.Message != "Membership in the group 'administrators' required!" {
					t.Errorf("%s: %v", path, f)
				}
			}
			get(w.Boss, path).Wants(http.StatusOK)
		}
		if got := get(w.Guest, "csettings?pyramid=full_name").Wants(http.StatusOK).At("pyramid.full_name"); got == "" || got == nil {
			t.Error("no name")
		}
		if got := w.Call(w.Member, http.MethodGet, "/w/survey"+pyramid+"csettings?pyramid=full_name", nil).At("pyramid.full_name"); got != "Survey" {
			t.Errorf("the name of a workspace: %v", got)
		}
		get(w.Boss, "csettings?pyramid=magic").Refused(http.StatusUnprocessableEntity, "ValidationError")
		get(w.Boss, "csettings?other=all").Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Boss, http.MethodPut, pyramid+"csettings", object{}).Wants(http.StatusOK).Same(`{}`)
		w.Call(w.Boss, http.MethodPut, pyramid+"csettings", object{"pyramid": object{"allow_origin": []any{"*"}}}).Refused(http.StatusNotImplemented, "NotConfigured")
		w.Call(w.Ada, http.MethodPut, pyramid+"csettings", object{}).Refused(http.StatusForbidden, "PyramidHTTPError")
		storage := get(w.Boss, "storage").Wants(http.StatusOK)
		if storage.At(".data_volume") == nil && storage.Value().(object)[""].(object)["data_volume"] != 0.0 {
			t.Errorf("%s", storage.Text)
		}
		get(w.Boss, "storage/estimate").Wants(http.StatusOK).Same(`{"active":false}`)
		w.Call(w.Boss, http.MethodPost, pyramid+"storage/estimate", nil).Wants(http.StatusOK).Same(`{}`)
		w.Call(w.Ada, http.MethodPost, pyramid+"storage/estimate", nil).Refused(http.StatusForbidden, "PyramidHTTPError")
		get(w.Guest, "kind_of_data").Wants(http.StatusOK)
		if got := get(w.Boss, "statistics"); got.At("auth.user_count.all") != 8.0 {
			t.Errorf("%s", got.Text)
		}
		if got := w.Call(w.Boss, http.MethodGet, "/w/survey"+pyramid+"storage", nil).Wants(http.StatusOK).Value().(object)[""]; got == nil {
			t.Error("the storage of a workspace")
		}
	})
}

// TestSystems lists the reference systems that geometries can be in.
func TestSystems(t *testing.T) {
	w := small(t, nil)
	var ids []float64
	for _, one := range w.Call(w.Guest, http.MethodGet, "/api/component/spatial_ref_sys/", nil).Wants(http.StatusOK).List() {
		ids = append(ids, one.(object)["id"].(float64))
	}
	if !slices.Equal(ids, []float64{3857, 4326}) {
		t.Errorf("%v", ids)
	}
	if got := w.Call(w.Guest, http.MethodGet, "/api/component/spatial_ref_sys/3857", nil).Wants(http.StatusOK); got.At("auth_srid") != 3857.0 || got.At("auth_name") != "EPSG" {
		t.Errorf("%s", got.Text)
	}
	w.Call(w.Guest, http.MethodGet, "/api/component/spatial_ref_sys/1", nil).Wants(http.StatusNotFound)
	n := w.Plant(w.Ada, "vector_layer", int64(w.Survey.Num), "layer", object{"vector_layer": object{"srs": object{"id": 3857}, "geometry_type": "POINT"}})
	w.Call(w.Viewer, http.MethodGet, ngwtest.Item(n)+"/legend_symbols", nil).Refused(http.StatusNotImplemented, "NotConfigured")
	w.Call(w.Member, http.MethodGet, ngwtest.Item(n)+"/legend_symbols", nil).Refused(http.StatusForbidden, "InsufficientPermissions")
}
